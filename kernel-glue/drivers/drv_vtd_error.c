/* SPDX-License-Identifier: BSD-2-Clause
 * drv_vtd_error.c - what becomes of a submission that the queue did not finish.
 * Knows: FSTS, the queue's head and tail. Must not know: what was invalidated. */
#include "kernel-glue/drivers/drv_vtd_private.h"

static uint32_t stride_of(const struct drv *drv)
{
    return drv->queue.bytes / drv->queue.n;
}

/* Put the wait of the submission, which asks for nothing wrong, over the descriptor that hardware
 * does not take. */
static void replace_bad(struct drv *drv, uint32_t bad, uint32_t wait)
{
    const uint32_t step = stride_of(drv);

    for (uint32_t at = 0; at < step; at += 2 * DVTD_ENTRY) {
        uint64_t words[2];

        dvtd_load_words(drv, drv->queue.base + UINT64_C(1) * wait * step + at, words, 2);
        dvtd_store16(drv, SIM_S_QI, drv->queue.base + UINT64_C(1) * bad * step + at, words);
    }
}

int dvtd_queue_error(struct drv *drv, uint32_t first, uint32_t n)
{
    const uint64_t status = dvtd_read(drv, VTD_REG_FSTS, 4);
    const uint32_t wait = (first + n) % drv->queue.n;
    uint64_t clear = 0;

    if (vtd_FSTS_IQE(&status)) {
        const uint32_t bad = (uint32_t)dvtd_read(drv, VTD_REG_IQH, 4) / stride_of(drv);

        if ((bad + drv->queue.n - first) % drv->queue.n >= n)
            return -ETIMEDOUT; /* another one's */
        replace_bad(drv, bad, wait);
        vtd_FSTS_put_IQE(&clear, 1);
        dvtd_write(drv, VTD_REG_FSTS, clear, 4);
        return -EINVAL;
    }
    if (vtd_FSTS_ITE(&status)) {
        (void)dvtd_read(drv, VTD_REG_IQH, 4);
        (void)dvtd_read(drv, VTD_REG_IQT, 4);
        (void)dvtd_read(drv, VTD_REG_IQERCD, 8);
        vtd_FSTS_put_ITE(&clear, 1);
        dvtd_write(drv, VTD_REG_FSTS, clear, 4);
        return -EAGAIN;
    }
    if (vtd_FSTS_ICE(&status)) {
        vtd_FSTS_put_ICE(&clear, 1);
        dvtd_write(drv, VTD_REG_FSTS, clear, 4);
    }
    return -ETIMEDOUT;
}
