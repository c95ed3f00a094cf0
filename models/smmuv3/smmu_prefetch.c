/* SPDX-License-Identifier: BSD-2-Clause
 * smmu_prefetch.c - what is read before anybody asks for it: by command, the next page, whatever
 * can be reached (7.2, K01).
 * Knows: when and for whom a prefetch starts. Must not know: what is done with what it finds.
 *
 * A prefetch is a job without a request. It fills caches of the TCU alone, under the rule of epochs
 * as every job, and a CMD_SYNC waits for it. It makes no event and changes no memory. */
#include "models/smmuv3/smmu_private.h"

enum {
    GRAIN_LOG2 = 12,        /* of PREFETCH_ADDR.Stride */
    MAX_DELAY_CYCLES = 256, /* until something reachable is read */
    REACH_EVERY = 2,        /* chances for it, on average */
};

static struct smmu_job *new_prefetch(struct smmu *smmu, uint32_t sid, bool ssv, uint32_t ssid)
{
    struct smmu_job *job;

    if (!smmu->is_enabled || smmu->n_prefetches == SMMU_PREFETCH_JOBS)
        return NULL;
    job = smmu_job_new(smmu, NULL);
    if (!job)
        return NULL;
    smmu->n_prefetches++;
    job->sid = sid;
    job->ssv = ssv;
    job->ssid = ssid;
    job->iova = 0;
    return job;
}

/* ---- by command: hints ---- */

void smmu_prefetch_config(struct smmu *smmu, const uint64_t *words)
{
    struct smmu_job *job = new_prefetch(smmu, (uint32_t)smmu_PREFETCH_CONFIG_SID(words),
                                        smmu_PREFETCH_CONFIG_SSV(words) != 0,
                                        (uint32_t)smmu_PREFETCH_CONFIG_SSID(words));

    if (job)
        smmu_cfg_start(job);
}

static bool prefetch_page(struct smmu *smmu, uint32_t sid, bool ssv, uint32_t ssid, uint64_t iova)
{
    struct smmu_job *job = new_prefetch(smmu, sid, ssv, ssid);

    if (!job)
        return false;
    job->is_address = true;
    job->iova = iova;
    smmu_cfg_start(job);
    return true;
}

void smmu_prefetch_address(struct smmu *smmu, const uint64_t *words)
{
    const uint64_t n = UINT64_C(1) << smmu_PREFETCH_ADDR_Size(words);
    const uint64_t stride = UINT64_C(1) << (GRAIN_LOG2 + smmu_PREFETCH_ADDR_Stride(words));
    const uint64_t first = smmu_PREFETCH_ADDR_Addr_addr(words);

    if (smmu->param.prefetch == SMMU_PREFETCH_NONE)
        return;
    for (uint64_t i = 0; i < n; i++) {
        if (!prefetch_page(smmu, (uint32_t)smmu_PREFETCH_ADDR_SID(words),
                           smmu_PREFETCH_ADDR_SSV(words) != 0,
                           (uint32_t)smmu_PREFETCH_ADDR_SSID(words), first + i * stride))
            return; /* no job is free: the rest is forgotten */
    }
}

/* ---- the next page ---- */

void smmu_prefetch_next(const struct smmu_job *job)
{
    struct smmu *smmu = job->smmu;
    const uint64_t size = UINT64_C(1) << job->found.name.size_log2;

    if (job->is_prefetch || !job->has_walk)
        return;
    if (smmu->param.prefetch == SMMU_PREFETCH_NEXT_PAGE && (job->iova & -size) + size)
        (void)prefetch_page(smmu, job->sid, job->ssv, job->ssid, (job->iova & -size) + size);
    smmu_prefetch_reachable(smmu, job->sid, job->ssv, job->ssid);
}

/* ---- whatever can be reached ---- */

/* The stream itself, one beside it, or another substream; what is in no table is not read (K02). */
void smmu_prefetch_reachable(struct smmu *smmu, uint32_t sid, bool ssv, uint32_t ssid)
{
    struct smmu_prefetcher *prefetcher = &smmu->prefetcher;

    if (smmu->param.prefetch != SMMU_PREFETCH_REACHABLE || !smmu->is_enabled ||
        sim_event_is_scheduled(&prefetcher->event) || sim_rng_below(&smmu->rng, REACH_EVERY))
        return;
    prefetcher->sid = sid;
    prefetcher->ssv = ssv;
    prefetcher->ssid = ssid;
    switch (sim_rng_below(&smmu->rng, 4)) {
    case 0:
        prefetcher->sid = sid + 1;
        break;
    case 1:
        prefetcher->sid = sid ? sid - 1 : 0;
        break;
    case 2:
        prefetcher->ssv = true;
        prefetcher->ssid = ssid ^ 1;
        break;
    default:
        break;
    }
    smmu_wake(smmu, &prefetcher->event, sim_rng_below(&smmu->rng, MAX_DELAY_CYCLES));
}

static void reach(void *ctx)
{
    struct smmu *smmu = ctx;
    const struct smmu_prefetcher *prefetcher = &smmu->prefetcher;
    struct smmu_job *job = new_prefetch(smmu, prefetcher->sid, prefetcher->ssv, prefetcher->ssid);

    if (job)
        smmu_cfg_start(job);
}

void smmu_prefetch_init(struct smmu *smmu)
{
    smmu_event_init(&smmu->prefetcher.event, reach, smmu);
}

void smmu_prefetch_reset(struct smmu *smmu)
{
    sim_queue_cancel(smmu->queue, &smmu->prefetcher.event);
}
