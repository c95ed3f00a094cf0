/* SPDX-License-Identifier: BSD-2-Clause
 * drv_smmuv3_fault.c - what hardware reports, and answers to it (8.6, 8.8).
 * Knows: event and PRI records, GERROR. Must not know: who decides about a fault. */
#include "kernel-glue/drivers/drv_smmuv3.h"

#include <errno.h>

static struct drv_device *device_of(const struct drv *drv, uint64_t sid)
{
    struct drv_device *device = drv->devices;

    while (device && device->info.requester != sid)
        device = device->next;
    return device;
}

/* ---- errors ---- */

/* The command that nobody knows becomes a CMD_SYNC that tells nobody. */
static int skip_command(struct drv *drv, uint64_t cons)
{
    const uint64_t n = UINT64_C(1) << drv->cmdq.log2;
    uint64_t cmd[2];

    dsm_cmd_sync(cmd);
    return dsm_store_cmd(drv, drv->cmdq.pa + (smmu_CMDQ_CONS_RD(&cons) & (n - 1)) * DSM_CMD_BYTES,
                         cmd);
}

static void answer_errors(struct drv *drv)
{
    const struct drv_port *port = &drv->port;
    const uint64_t now = port->read(port->ctx, SMMU_REG_GERROR, 4);
    const uint64_t seen = port->read(port->ctx, SMMU_REG_GERRORN, 4);
    const uint64_t active = now ^ seen;

    if (!active)
        return;
    if (smmu_GERROR_CMDQ_ERR(&active)) {
        const uint64_t cons = port->read(port->ctx, SMMU_REG_CMDQ_CONS, 4);

        if (smmu_CMDQ_CONS_ERR(&cons) == SMMU_CMDQ_CONS_ERR_CERROR_ILL)
            (void)skip_command(drv, cons);
        if (smmu_CMDQ_CONS_ERR(&cons) == SMMU_CMDQ_CONS_ERR_CERROR_ABT)
            return; /* the queue cannot go on */
    }
    (void)dsm_write(drv, SMMU_REG_GERRORN, now, 4);
}

/* ---- queues that hardware fills ---- */

struct outq {
    struct dsm_queue *queue;
    uint32_t prod, cons; /* registers */
    uint32_t n_bytes;
    uint64_t seen; /* the write pointer, once it was read: what comes later is for the next look */
    bool has_seen;
};

static struct outq event_queue(struct drv *drv)
{
    return (struct outq){.queue = &drv->evtq,
                         .prod = SMMU_REG_EVENTQ_PROD,
                         .cons = SMMU_REG_EVENTQ_CONS,
                         .n_bytes = DSM_EVT_BYTES};
}

static struct outq page_queue(struct drv *drv)
{
    return (struct outq){.queue = &drv->priq,
                         .prod = SMMU_REG_PRIQ_PROD,
                         .cons = SMMU_REG_PRIQ_CONS,
                         .n_bytes = DSM_CMD_BYTES};
}

/* Takes one record and gives its slot back. An overflow is acknowledged with it. */
static bool take(struct drv *drv, struct outq *out, uint64_t *words)
{
    const struct drv_port *port = &drv->port;
    const uint32_t n = UINT32_C(1) << out->queue->log2, mask = 2 * n - 1;
    uint32_t *cons = &out->queue->cons;
    uint64_t value = 0;

    if (!out->has_seen)
        out->seen = port->read(port->ctx, out->prod, 4);
    out->has_seen = true;
    if (((uint32_t)smmu_EVENTQ_PROD_WR(&out->seen) & mask) == *cons)
        return false;
    for (uint32_t i = 0; i < out->n_bytes / sizeof(*words); i++)
        words[i] =
            port->load(port->ctx, out->queue->pa + (uint64_t)(*cons & (n - 1)) * out->n_bytes +
                                      i * sizeof(*words));
    *cons = (*cons + 1) & mask;
    smmu_EVENTQ_CONS_put_RD(&value, *cons);
    smmu_EVENTQ_CONS_put_OVACKFLG(&value, smmu_EVENTQ_PROD_OVFLG(&out->seen));
    (void)dsm_barrier(drv, SIM_BARRIER_FULL); /* it has been read */
    (void)dsm_write(drv, out->cons, value, 4);
    return true;
}

static bool is_stall(const uint64_t *words)
{
    switch (smmu_UNKNOWN_EVT_number(words)) {
    case SMMU_EVT_F_TRANSLATION:
    case SMMU_EVT_F_ADDR_SIZE:
    case SMMU_EVT_F_ACCESS:
    case SMMU_EVT_F_PERMISSION:
        return smmu_F_TRANSLATION_Stall(words) != 0;
    default:
        return false;
    }
}

static bool next_stall(struct drv *drv, struct drv_fault *fault)
{
    struct outq out = event_queue(drv);
    uint64_t words[DSM_EVT_BYTES / sizeof(uint64_t)];

    while (take(drv, &out, words)) {
        struct drv_device *device = device_of(drv, smmu_F_TRANSLATION_SID(words));

        if (!is_stall(words) || !device)
            continue;
        *fault = (struct drv_fault){
            .device = device,
            .pasid = smmu_F_TRANSLATION_SSV(words) ? (uint32_t)smmu_F_TRANSLATION_SSID(words)
                                                   : DRV_NO_PASID,
            .tag = (uint32_t)smmu_F_TRANSLATION_STAG(words),
            .iova = smmu_F_TRANSLATION_InputAddr(words),
            .is_write = smmu_F_TRANSLATION_RnW(words) == 0,
            .is_last = true,
        };
        fault->group = fault->tag;
        return true;
    }
    return false;
}

static int answer_page(struct drv *drv, const struct drv_fault *fault, uint64_t answer)
{
    uint64_t cmd[2];

    dsm_cmd(cmd, SMMU_CMD_PRI_RESP);
    smmu_PRI_RESP_put_SID(cmd, fault->device->info.requester);
    smmu_PRI_RESP_put_SSV(cmd, fault->pasid != DRV_NO_PASID);
    smmu_PRI_RESP_put_SSID(cmd, fault->pasid != DRV_NO_PASID ? fault->pasid : 0);
    smmu_PRI_RESP_put_PRGIndex(cmd, fault->group);
    smmu_PRI_RESP_put_Resp(cmd, answer);
    return dsm_issue_one(drv, cmd, false);
}

/* The kernel's driver has no page requests: it refuses each group. */
static bool next_page(struct drv *drv, struct drv_fault *fault)
{
    struct outq out = page_queue(drv);
    uint64_t words[DSM_CMD_BYTES / sizeof(uint64_t)];

    while (drv->caps.pri && take(drv, &out, words)) {
        struct drv_device *device = device_of(drv, smmu_PRI_SID(words));

        if (!device)
            continue;
        *fault = (struct drv_fault){
            .device = device,
            .pasid = smmu_PRI_SSV(words) ? (uint32_t)smmu_PRI_SSID(words) : DRV_NO_PASID,
            .group = (uint32_t)smmu_PRI_PRGIndex(words),
            .iova = smmu_PRI_Addr_addr(words),
            .is_write = smmu_PRI_W(words) != 0,
            .is_last = smmu_PRI_Last(words) != 0,
        };
        if (drv->policy->is_short)
            return true;
        if (fault->is_last)
            (void)answer_page(drv, fault, SMMU_PRI_RESP_Resp_FAILURE);
    }
    return false;
}

bool dsm_next_fault(struct drv *drv, struct drv_fault *fault)
{
    answer_errors(drv);
    return next_stall(drv, fault) || next_page(drv, fault);
}

/* No CMD_SYNC: it says nothing about either command. */
int dsm_respond(struct drv *drv, const struct drv_fault *fault, bool is_success)
{
    uint64_t cmd[2];

    if (fault->device->is_ats_on && fault->device->info.flags & DRV_PRI)
        return answer_page(drv, fault,
                           is_success ? SMMU_PRI_RESP_Resp_SUCCESS : SMMU_PRI_RESP_Resp_INVALID);
    dsm_cmd(cmd, SMMU_CMD_RESUME);
    smmu_RESUME_put_SID(cmd, fault->device->info.requester);
    smmu_RESUME_put_STAG(cmd, fault->tag);
    if (is_success)
        smmu_RESUME_put_Ac(cmd, SMMU_RESUME_Ac_RETRY);
    else
        smmu_RESUME_put_Ab(cmd, SMMU_RESUME_Ab_ABORT);
    return dsm_issue_one(drv, cmd, false);
}
