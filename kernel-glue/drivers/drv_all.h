/* SPDX-License-Identifier: BSD-2-Clause
 * drv_all.h - lists of drivers, one per architecture.
 * Knows: that there are such lists. Must not know: what is in them. */
#ifndef DRV_ALL_H
#define DRV_ALL_H

#include "kernel-glue/drivers/drv.h"

#ifdef __cplusplus
extern "C" {
#endif

extern const struct drv_ops *const drv_smmuv3_drivers[]; /* NULL behind the last */

#ifdef __cplusplus
}
#endif
#endif
