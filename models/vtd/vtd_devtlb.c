/* SPDX-License-Identifier: BSD-2-Clause
 * vtd_devtlb.c - invalidations that go to devices, and come back or do not (4).
 * Knows: tags, time-outs. Must not know: what a device keeps. */
#include "models/vtd/vtd_control.h"

void vtd_devtlb_init(struct vtd *vtd)
{
    (void)vtd;
}
void vtd_devtlb_reset(struct vtd *vtd)
{
    (void)vtd;
}
void vtd_ats_complete(void *model, uint32_t itag)
{
    (void)model;
    (void)itag;
}
