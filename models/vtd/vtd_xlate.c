/* SPDX-License-Identifier: BSD-2-Clause
 * vtd_xlate.c - one request's way: mode, IOTLB, configuration, walk, answer or fault (3.4, 7.1).
 * Knows: the order of the checks, which outcome belongs to which kind of request. Must not know:
 * how caches are kept. */
#include "models/vtd/vtd_private.h"

int vtd_translation_new(struct vtd *vtd)
{
    (void)vtd;
    return 0;
}

void vtd_translation_free(struct vtd *vtd)
{
    (void)vtd;
}

void vtd_translation_reset(struct vtd *vtd)
{
    vtd->epoch++;
}

int vtd_translation_state(struct vtd *vtd, struct sim_snapshot *snapshot)
{
    (void)vtd;
    (void)snapshot;
    return 0;
}

bool vtd_submit(void *model, struct sim_dma *dma)
{
    struct vtd *vtd = model;

    dma->status = SIM_DMA_UR;
    sim_queue_at(vtd->queue, &vtd->source, vtd_now(vtd), &dma->done);
    return true;
}

void vtd_page_request(void *model, const struct sim_page_request *request)
{
    (void)model;
    (void)request;
}

void vtd_job_free(struct vtd_job *job)
{
    (void)job;
}

void vtd_drain_begin(struct vtd *vtd)
{
    vtd->phase ^= 1;
}

bool vtd_is_drained(const struct vtd *vtd)
{
    return vtd->n_in_flight[vtd->phase ^ 1] == 0;
}

uint32_t vtd_sweep_n(const struct vtd *vtd, const struct vtd_sweep *sweep)
{
    (void)sweep;
    return vtd->param.tlb_entries;
}

void vtd_sweep_do(struct vtd *vtd, struct vtd_sweep *sweep)
{
    (void)sweep;
    vtd->epoch++;
}

void vtd_sweep_all(struct vtd *vtd)
{
    vtd->epoch++;
}
