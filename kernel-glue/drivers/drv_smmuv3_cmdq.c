/* SPDX-License-Identifier: BSD-2-Clause
 * drv_smmuv3_cmdq.c - puts commands into the queue and waits for them.
 * Knows: the queue's slots and pointers. Must not know: why a command is sent. */
#include "kernel-glue/drivers/drv_smmuv3.h"

#include <errno.h>

enum {
    SYNC_MEMATTR = 0xf, /* CMD_SYNC.MSIAttr: inner and outer write-back */
    MAX_POLLS = 1000,   /* for room in the queue */
};

void dsm_cmd(uint64_t *cmd, uint64_t op)
{
    cmd[0] = 0;
    cmd[1] = 0;
    smmu_UNKNOWN_CMD_put_op(cmd, op);
}

static uint32_t wrap_mask(const struct dsm_queue *queue)
{
    return (UINT32_C(2) << queue->log2) - 1;
}

static uint64_t slot_pa(const struct dsm_queue *queue, uint32_t at)
{
    return queue->pa + (uint64_t)(at & (wrap_mask(queue) >> 1)) * DSM_CMD_BYTES;
}

static bool has_room(const struct dsm_queue *queue, uint32_t n)
{
    const uint32_t n_used = (queue->prod - queue->cons) & wrap_mask(queue);

    return n_used + n <= (UINT32_C(1) << queue->log2);
}

static int make_room(struct drv *drv, uint32_t n)
{
    for (int i = 0; i < MAX_POLLS && !has_room(&drv->cmdq, n); i++) {
        const uint64_t cons = drv->port.read(drv->port.ctx, SMMU_REG_CMDQ_CONS, 4);

        drv->cmdq.cons = (uint32_t)smmu_CMDQ_CONS_RD(&cons) & wrap_mask(&drv->cmdq);
    }
    return has_room(&drv->cmdq, n) ? 0 : -ETIMEDOUT;
}

/* With MSIs the SMMU writes 0 over the CMD_SYNC itself, which needs coherent queues. */
static bool has_msi_polling(const struct drv *drv)
{
    return drv->caps.msi && drv->caps.is_coherent;
}

void dsm_cmd_sync(uint64_t *cmd)
{
    dsm_cmd(cmd, SMMU_CMD_SYNC);
    smmu_CMD_SYNC_put_MSH(cmd, SMMU_CMD_SYNC_MSH_ISH);
    smmu_CMD_SYNC_put_MSIAttr(cmd, SYNC_MEMATTR);
    smmu_CMD_SYNC_put_CS(cmd, SMMU_CMD_SYNC_CS_SEV);
}

static void make_sync(const struct drv *drv, uint64_t pa, uint64_t *cmd)
{
    dsm_cmd_sync(cmd);
    if (!has_msi_polling(drv))
        return;
    smmu_CMD_SYNC_put_CS(cmd, SMMU_CMD_SYNC_CS_IRQ);
    smmu_CMD_SYNC_put_MSIAddr(cmd, pa >> SMMU_LSB_CMD_SYNC_MSIAddr % 64);
}

static int put_cmd(struct drv *drv, const uint64_t *cmd)
{
    const int err = dsm_store_cmd(drv, slot_pa(&drv->cmdq, drv->cmdq.prod), cmd);

    drv->cmdq.prod = (drv->cmdq.prod + 1) & wrap_mask(&drv->cmdq);
    return err;
}

static int wait_sync(struct drv *drv, uint32_t at)
{
    const uint32_t n_slots = UINT32_C(1) << drv->cmdq.log2;
    int err;

    if (has_msi_polling(drv))
        err = dsm_wait_mem(drv, slot_pa(&drv->cmdq, at));
    else
        err = dsm_wait_slot(drv, at & (n_slots - 1));
    drv->is_late = err != 0;
    if (err)
        return err;
    drv->cmdq.cons = (at + 1) & wrap_mask(&drv->cmdq);
    dsm_free_held(drv);
    return 0;
}

int dsm_issue(struct drv *drv, uint64_t (*cmds)[2], uint32_t n, bool with_sync)
{
    uint64_t sync[2];
    uint32_t at = 0;
    int err = make_room(drv, n + with_sync);

    for (uint32_t i = 0; !err && i < n; i++)
        err = put_cmd(drv, cmds[i]);
    if (!err && with_sync) {
        at = drv->cmdq.prod;
        make_sync(drv, slot_pa(&drv->cmdq, at), sync);
        err = put_cmd(drv, sync);
    }
    if (!err)
        err = dsm_barrier(drv, SIM_BARRIER_WRITE);
    if (!err)
        err = dsm_write(drv, SMMU_REG_CMDQ_PROD, drv->cmdq.prod, 4);
    if (!err && with_sync)
        err = wait_sync(drv, at);
    return err;
}

int dsm_issue_one(struct drv *drv, const uint64_t *cmd, bool with_sync)
{
    uint64_t cmds[1][2] = {{cmd[0], cmd[1]}};

    return dsm_issue(drv, cmds, 1, with_sync);
}

int dsm_batch_add(struct drv *drv, struct dsm_batch *batch, const uint64_t *cmd)
{
    int err = 0;

    if (batch->n == DSM_BATCH) {
        err = dsm_issue(drv, batch->words, batch->n, false);
        batch->n = 0;
    }
    batch->words[batch->n][0] = cmd[0];
    batch->words[batch->n++][1] = cmd[1];
    return err;
}

int dsm_batch_sync(struct drv *drv, struct dsm_batch *batch)
{
    const uint32_t n = batch->n;

    batch->n = 0;
    return dsm_issue(drv, batch->words, n, true);
}
