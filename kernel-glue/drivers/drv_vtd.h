/* SPDX-License-Identifier: BSD-2-Clause
 * drv_vtd.h - the reference drivers of VT-d.
 * Knows: drv.h. Must not know: how they work. */
#ifndef DRV_VTD_H
#define DRV_VTD_H

#include "kernel-glue/drivers/drv.h"

#ifdef __cplusplus
extern "C" {
#endif

/** drv_vtd - the n-th driver of VT-d; NULL after the last. */
const struct drv_ops *drv_vtd(uint32_t n);

#ifdef __cplusplus
}
#endif
#endif
