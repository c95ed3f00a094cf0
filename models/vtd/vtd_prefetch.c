/* SPDX-License-Identifier: BSD-2-Clause
 * vtd_prefetch.c - what is read before anybody asks for it: the next page, whatever can be reached
 * (6.2: hardware may, whenever translation is on).
 * Knows: when and for whom a prefetch starts. Must not know: what is done with what it finds.
 *
 * A prefetch is a job without a request. It fills caches under the rule of epochs as every job, and
 * drains wait for it. It makes no fault record and changes no memory. */
#include "models/vtd/vtd_xlate.h"

enum {
    MAX_DELAY_CYCLES = 256, /* until something reachable is read */
    REACH_EVERY = 2,        /* chances for it, on average */
};

static void start(struct vtd *vtd, const struct vtd_request *request, bool is_address,
                  uint64_t iova)
{
    struct vtd_job *job;

    if (!vtd->is_translating || vtd->n_prefetches == VTD_PREFETCH_JOBS)
        return;
    job = vtd_job_new(vtd, &vtd->free_jobs, NULL);
    if (!job)
        return;
    vtd->n_prefetches++;
    job->request = *request;
    job->request.kind = VTD_REQUEST_UNTRANSLATED;
    job->pasid = request->pasid;
    job->iova = iova;
    job->is_address = is_address;
    if (vtd_root_refuses(&job->root, &vtd->caps, &job->request))
        vtd_job_free(job);
    else
        vtd_cfg_start(job);
}

/* The source itself, one beside it, or another PASID of it. */
static void reach_out(struct vtd *vtd, const struct vtd_request *request)
{
    struct vtd_prefetcher *prefetcher = &vtd->prefetcher;

    if (sim_event_is_scheduled(&prefetcher->event) || sim_rng_below(&vtd->rng, REACH_EVERY))
        return;
    prefetcher->request = *request;
    switch (sim_rng_below(&vtd->rng, 4)) {
    case 0:
        prefetcher->request.source_id ^= 1;
        break;
    case 1:
        prefetcher->request.has_pasid = !request->has_pasid;
        break;
    case 2:
        prefetcher->request.has_pasid = true;
        prefetcher->request.pasid ^= 1;
        break;
    default:
        break;
    }
    vtd_wake(vtd, &prefetcher->event, sim_rng_below(&vtd->rng, MAX_DELAY_CYCLES));
}

void vtd_prefetch_next(const struct vtd_job *job)
{
    struct vtd *vtd = job->vtd;
    const uint64_t size = UINT64_C(1) << job->found.name.size_log2;
    const uint64_t next = (job->iova & -size) + size;

    if (vtd->param.prefetch == VTD_PREFETCH_NEXT_PAGE && next)
        start(vtd, &job->request, true, next);
    if (vtd->param.prefetch == VTD_PREFETCH_REACHABLE)
        reach_out(vtd, &job->request);
}

static void reach(void *ctx)
{
    struct vtd *vtd = ctx;

    start(vtd, &vtd->prefetcher.request, false, 0);
}

void vtd_prefetch_init(struct vtd *vtd)
{
    vtd->prefetcher.event = (struct sim_event){.fn = reach, .ctx = vtd};
}

void vtd_prefetch_reset(struct vtd *vtd)
{
    sim_queue_cancel(vtd->queue, &vtd->prefetcher.event);
}
