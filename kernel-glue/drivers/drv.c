/* SPDX-License-Identifier: BSD-2-Clause
 * drv.c - which reference drivers there are.
 * Knows: their lists. Must not know: what a driver does. */
#include "kernel-glue/drivers/drv.h"

#include "kernel-glue/drivers/drv_all.h"
#include "kernel-glue/drivers/drv_vtd.h"

#include <string.h>

static const struct drv_ops *smmuv3(uint32_t n)
{
    const struct drv_ops *const *list = drv_smmuv3_drivers;

    while (*list && n-- > 0)
        list++;
    return *list;
}

static const struct drv_ops *nth(uint8_t arch, uint32_t n)
{
    switch (arch) {
    case SIM_ARCH_SMMUV3:
        return smmuv3(n);
    case SIM_ARCH_VTD:
        return drv_vtd(n);
    default:
        return NULL;
    }
}

const struct drv_ops *drv_find(uint8_t arch, const char *name)
{
    const struct drv_ops *ops;

    for (uint32_t n = 0; (ops = nth(arch, n)); n++) {
        if (strcmp(ops->name, name) == 0)
            return ops;
    }
    return NULL;
}

const char *drv_name(uint8_t arch, uint32_t n)
{
    const struct drv_ops *ops = nth(arch, n);

    return ops ? ops->name : NULL;
}
