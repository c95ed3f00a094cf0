/* SPDX-License-Identifier: BSD-2-Clause
 * drv_smmuv3_free.c - gives memory of tables back, but not before hardware has let go of it.
 * Knows: whether the last CMD_SYNC was seen to complete. Must not know: what was in the memory. */
#include "kernel-glue/drivers/drv_smmuv3.h"

#include <stdlib.h>

/** struct dsm_held - memory that the SMMU may still read. */
struct dsm_held {
    uint64_t pa, n_bytes;
    struct dsm_held *next;
};

/* If the host has no memory to remember it, it is lost: better than given to somebody else. */
void dsm_free(struct drv *drv, uint64_t pa, uint64_t n_bytes)
{
    struct dsm_held *held;

    if (!drv->is_late) {
        drv->port.free(drv->port.ctx, pa, n_bytes);
        return;
    }
    held = malloc(sizeof(*held));
    if (!held)
        return;
    *held = (struct dsm_held){.pa = pa, .n_bytes = n_bytes, .next = drv->held};
    drv->held = held;
}

void dsm_free_held(struct drv *drv)
{
    drv->is_late = false;
    while (drv->held) {
        struct dsm_held *held = drv->held;

        drv->held = held->next;
        drv->port.free(drv->port.ctx, held->pa, held->n_bytes);
        free(held);
    }
}
