/* SPDX-License-Identifier: BSD-2-Clause
 * drv.c - which reference drivers there are.
 * Knows: their lists. Must not know: what a driver does. */
#include "kernel-glue/drivers/drv.h"

#include "kernel-glue/drivers/drv_all.h"

#include <string.h>

static const struct drv_ops *const *list_of(uint8_t arch)
{
    switch (arch) {
    case SIM_ARCH_SMMUV3:
        return drv_smmuv3_drivers;
    default:
        return NULL;
    }
}

const struct drv_ops *drv_find(uint8_t arch, const char *name)
{
    const struct drv_ops *const *list = list_of(arch);

    while (list && *list && strcmp((*list)->name, name) != 0)
        list++;
    return list ? *list : NULL;
}

const char *drv_name(uint8_t arch, uint32_t n)
{
    const struct drv_ops *const *list = list_of(arch);

    while (list && *list && n-- > 0)
        list++;
    return list && *list ? (*list)->name : NULL;
}
