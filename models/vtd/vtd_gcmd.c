/* SPDX-License-Identifier: BSD-2-Clause
 * vtd_gcmd.c - commands of GCMD, and PMEN (1.3, 1.6).
 * Knows: handshakes. Must not know: what a translation is. */
#include "models/vtd/vtd_control.h"

void vtd_gcmd_init(struct vtd *vtd)
{
    (void)vtd;
}
void vtd_gcmd_reset(struct vtd *vtd)
{
    (void)vtd;
}
void vtd_gcmd_progress(struct vtd *vtd)
{
    (void)vtd;
}
