/* SPDX-License-Identifier: BSD-2-Clause
 * rpl_dma.c - requests that a stream brings itself (DMA records).
 * Knows: a model's submit. Must not know: what a request stands for. */
#include "kernel-glue/replay/rpl_private.h"

#include "sim/diag.h"

#include <string.h>

/* A stream's requests are told apart by requester; several devices may share one. */
static uint32_t dev_of(const struct rpl *rpl, uint32_t requester)
{
    for (size_t i = 0; i < rpl->scan->n_devices; i++) {
        const struct sim_device *device = &rpl->scan->devices[i];

        for (uint32_t r = 0; r < device->n_requesters; r++) {
            if (device->requester[r] == requester)
                return device->dev;
        }
    }
    return SIM_NO_DEV;
}

void rpl_dma_seen(struct sim_dma_seen *seen, const struct sim_dma *dma, uint64_t answer_ps,
                  uint64_t answer_seq)
{
    seen->answer_ps = answer_ps;
    seen->answer_seq = answer_seq;
    seen->requester = dma->requester;
    seen->pasid = dma->pasid;
    seen->has_pasid = dma->has_pasid;
    seen->access = dma->access;
    seen->status = dma->status;
    seen->event = dma->event;
    seen->n_bytes = dma->n_bytes;
    seen->iova = dma->iova;
    seen->pa = dma->pa;
}

static void answered(void *ctx)
{
    struct rpl_dma *slot = ctx;
    struct rpl *rpl = slot->rpl;
    struct sim_dma_seen seen = {.issue_ps = slot->issue_ps, .issue_seq = slot->issue_seq};

    seen.dev = dev_of(rpl, slot->dma.requester);
    rpl_dma_seen(&seen, &slot->dma, rpl_now(rpl), rpl->live.seq);
    slot->is_used = false;
    rpl_tell_dma(rpl, &seen);
}

static void submit(struct rpl_dma *slot)
{
    struct rpl *rpl = slot->rpl;
    const struct sim_iommu *model = &rpl->machine->units[slot->unit].model;

    slot->is_refused = !model->ops->submit(model->model, &slot->dma);
    if (slot->is_refused && !sim_event_is_scheduled(&rpl->live.dma_retry))
        sim_queue_at(rpl->machine->queue, &rpl->live.dma_source, rpl_now(rpl) + RPL_RETRY_PS,
                     &rpl->live.dma_retry);
}

static void retry(void *ctx)
{
    struct rpl *rpl = ctx;

    for (size_t i = 0; i < RPL_MAX_DMA; i++) {
        struct rpl_dma *slot = &rpl->live.dmas[i];

        if (slot->is_used && slot->is_refused)
            submit(slot);
    }
}

void rpl_dma_init(struct rpl *rpl)
{
    struct rpl_live *live = &rpl->live;

    live->dma_source = (struct sim_source){.rank = SIM_RANK_ENDPOINT, .port = RPL_PORT_DMA};
    live->dma_retry.fn = retry;
    live->dma_retry.ctx = rpl;
    for (size_t i = 0; i < RPL_MAX_DMA; i++)
        live->dmas[i].rpl = rpl;
}

static struct rpl_dma *free_slot(struct rpl *rpl)
{
    for (size_t i = 0; i < RPL_MAX_DMA; i++) {
        if (!rpl->live.dmas[i].is_used)
            return &rpl->live.dmas[i];
    }
    return NULL;
}

bool rpl_dma_has_room(struct rpl *rpl)
{
    return free_slot(rpl) != NULL;
}

void rpl_dma_record(struct rpl *rpl, const struct sim_rec_dma *rec)
{
    const uint32_t unit = rpl_unit_index(rpl, rec->iommu);
    struct rpl_dma *slot = free_slot(rpl);

    SIM_BUG_ON(!slot);
    if (unit == RPL_NO_UNIT)
        return;
    slot->dma = (struct sim_dma){
        .iova = rec->iova,
        .n_bytes = rec->n_bytes,
        .requester = rec->requester,
        .pasid = rec->pasid == UINT32_MAX ? 0 : rec->pasid,
        .has_pasid = rec->pasid != UINT32_MAX,
        .kind = SIM_DMA_UNTRANSLATED,
        .access = rec->access, /* the same bits */
        .done = {.fn = answered, .ctx = slot},
    };
    slot->unit = unit;
    slot->is_used = true;
    slot->issue_ps = rpl_now(rpl);
    slot->issue_seq = rpl->live.seq;
    if (rpl->config->tells_requests)
        rpl_tell_issued(rpl, rec->iommu, &slot->dma);
    submit(slot);
}
