/* SPDX-License-Identifier: BSD-2-Clause
 * smmu_tbu.c - a request that the micro TLB of its TBU does not know: main TLB of the TBU, link.
 * Knows: what a TBU does before the TCU hears of a request. Must not know: what the TCU does. */
#include "models/smmuv3/smmu_private.h"

static void cross_link(struct smmu_job *job)
{
    struct smmu *smmu = job->smmu;

    job->state = SMMU_JOB_TO_TCU;
    sim_queue_at(smmu->queue, &smmu->source, smmu_link_cross(smmu, &smmu->tbu[job->tbu].up),
                 &job->event);
}

void smmu_tbu_miss(struct smmu_job *job)
{
    struct smmu *smmu = job->smmu;
    const struct smmu_param *param = &smmu->param;
    struct smmu_tbu *tbu = &smmu->tbu[job->tbu];
    uint64_t last_ps;

    if (!param->tbu_tlb_entries || job->ats != SIM_DMA_UNTRANSLATED) {
        if (param->link_interval) /* others may start meanwhile */
            smmu_job_wake(job, SMMU_JOB_TBU, param->utlb_cycles);
        else
            smmu_job_wake(job, SMMU_JOB_TO_TCU, (uint64_t)param->utlb_cycles + param->link_cycles);
        return;
    }
    last_ps = smmu_pipe_begin(
        &tbu->lookups, smmu_now(smmu) + (uint64_t)param->utlb_cycles * param->clock_ps,
        hw_tlb_n_sizes(&tbu->tlb.sizes), param->tbu_lookup_slots, param->clock_ps);
    job->state = SMMU_JOB_TBU;
    sim_queue_at(smmu->queue, &smmu->source,
                 last_ps + (uint64_t)param->tbu_tlb_cycles * param->clock_ps, &job->event);
}

void smmu_tbu_look(struct smmu_job *job)
{
    const struct sim_dma *dma = job->dma;

    /* What is kept here is the whole way, of requests that ask for no more than that. */
    if (job->ats != SIM_DMA_UNTRANSLATED || !smmu_tbu_find(job) ||
        smmu_needed_rights(dma) & ~job->found.rights[(dma->access & SIM_DMA_PRIVILEGED) != 0]) {
        cross_link(job);
        return;
    }
    job->status = SIM_DMA_OK;
    job->is_cacheable = true;
    job->state = SMMU_JOB_DATA;
    smmu_job_arrive(job);
}
