/* SPDX-License-Identifier: BSD-2-Clause
 * api_device.c - what devices send: requests, answers to invalidations, page requests.
 * Knows: requests and their slots. Must not know: tables, registers. */
#include "api/api_private.h"

enum { PAGE_BYTES = 4096 };

static void on_done(void *ctx)
{
    struct api_request *request = ctx;
    struct iommusim *sim = request->sim;
    struct iommusim_dma *dma = request->theirs;

    dma->status = request->dma.status;
    dma->pa = request->dma.pa;
    dma->page_log2 = request->dma.page_log2;
    dma->granted = request->dma.granted;
    dma->event = request->dma.event;
    request->next = sim->free_requests;
    sim->free_requests = request;
    if (dma->done)
        dma->done(dma->ctx, dma);
}

static bool is_wrong(const struct iommusim_dma *dma)
{
    const uint32_t all = IOMMUSIM_READ | IOMMUSIM_WRITE | IOMMUSIM_EXECUTE | IOMMUSIM_PRIVILEGED;

    return !dma->n_bytes || dma->n_bytes > PAGE_BYTES - dma->iova % PAGE_BYTES ||
           !(dma->access & ~(uint32_t)IOMMUSIM_PRIVILEGED) || dma->access & ~all ||
           dma->kind > IOMMUSIM_TRANSLATION_REQUEST || dma->tbu > UINT8_MAX;
}

int iommusim_submit(struct iommusim *sim, struct iommusim_dma *dma)
{
    struct api_request *request = sim->free_requests;

    if (api_is_busy(sim))
        return IOMMUSIM_EBUSY;
    if (is_wrong(dma))
        return IOMMUSIM_EINVAL;
    if (!request)
        return IOMMUSIM_EFULL;
    request->dma = (struct sim_dma){
        .iova = dma->iova,
        .n_bytes = dma->n_bytes,
        .requester = dma->requester,
        .pasid = dma->pasid == IOMMUSIM_NO_PASID ? 0 : dma->pasid,
        .has_pasid = dma->pasid != IOMMUSIM_NO_PASID,
        .kind = (uint8_t)dma->kind,
        .access = (uint8_t)dma->access,
        .tbu = (uint8_t)dma->tbu,
        .data = dma->data,
        .done = {.fn = on_done, .ctx = request},
    };
    dma->status = IOMMUSIM_PENDING;
    request->theirs = dma;
    if (!sim->iommu.ops->submit(sim->iommu.model, &request->dma))
        return IOMMUSIM_EFULL;
    sim->free_requests = request->next;
    return 0;
}

int iommusim_dma_wait(struct iommusim *sim, struct iommusim_dma *dma)
{
    int error;

    if (sim->is_running)
        return IOMMUSIM_EBUSY;
    do
        error = iommusim_submit(sim, dma);
    while (error == IOMMUSIM_EFULL && api_step(sim, UINT64_MAX));
    while (!error && dma->status == IOMMUSIM_PENDING) {
        if (!api_step(sim, UINT64_MAX))
            error = IOMMUSIM_ETIMEDOUT;
    }
    return error;
}

int iommusim_ats_complete(struct iommusim *sim, uint32_t itag)
{
    if (api_is_busy(sim))
        return IOMMUSIM_EBUSY;
    sim->iommu.ops->ats_complete(sim->iommu.model, itag);
    return 0;
}

int iommusim_ask_page(struct iommusim *sim, const struct iommusim_page_request *request)
{
    const struct sim_page_request ours = {
        .address = request->address,
        .requester = request->requester,
        .pasid = request->pasid == IOMMUSIM_NO_PASID ? 0 : request->pasid,
        .has_pasid = request->pasid != IOMMUSIM_NO_PASID,
        .group = (uint16_t)request->group,
        .access = (uint8_t)request->access,
        .is_last = request->is_last != 0,
    };

    if (api_is_busy(sim))
        return IOMMUSIM_EBUSY;
    if (request->group > UINT16_MAX || request->access > UINT8_MAX)
        return IOMMUSIM_EINVAL;
    sim->iommu.ops->page_request(sim->iommu.model, &ours);
    return 0;
}
