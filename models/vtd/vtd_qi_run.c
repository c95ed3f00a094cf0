/* SPDX-License-Identifier: BSD-2-Clause
 * vtd_qi_run.c - descriptors that were fetched: what may run, waits (4.4).
 * Knows: order, drains. Must not know: what an invalidation drops. */
#include "models/vtd/vtd_control.h"

void vtd_qi_progress(struct vtd *vtd)
{
    (void)vtd;
}
