/* SPDX-License-Identifier: BSD-2-Clause
 * vtd_qi_check.c - which descriptors are valid (4, 4.3).
 * Knows: reserved bits, modes. Must not know: time. */
#include "models/vtd/vtd_control.h"

unsigned vtd_qi_check(const struct vtd *vtd, const uint64_t *words)
{
    (void)vtd;
    (void)words;
    return 0;
}
