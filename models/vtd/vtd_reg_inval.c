/* SPDX-License-Identifier: BSD-2-Clause
 * vtd_reg_inval.c - invalidations by register (1.4).
 * Knows: CCMD, IVA, IOTLB. Must not know: what is dropped. */
#include "models/vtd/vtd_control.h"

void vtd_reg_inval_init(struct vtd *vtd)
{
    (void)vtd;
}
void vtd_reg_inval_reset(struct vtd *vtd)
{
    (void)vtd;
}
void vtd_reg_inval_progress(struct vtd *vtd)
{
    (void)vtd;
}
