/* SPDX-License-Identifier: BSD-2-Clause
 * smmu_stall.c - transactions that wait for software after a fault (3.12.2, 4.7).
 * Knows: STAGs, who waits for what. Must not know: which faults stall, how records are written.
 *
 * A stalled job keeps its slot of the TBU and its STAG until it is over; all else it gives back.
 * While software may see its record it is parked: no CMD_SYNC waits for it, no invalidation touches
 * it. States: STALLED has a STAG and a record, STALL_WAIT waits for a STAG, STALL_TWIN shares the
 * fate of a stall like it and has no record. */
#include "models/smmuv3/smmu_stall.h"

#include "models/smmuv3/smmu_private.h"

enum {
    PAGE_LOG2 = 12, /* duplicates are faults of one such page */
};

uint32_t smmu_stall_slots(const struct smmu *smmu)
{
    const uint64_t idr5 = smmu->config.ids.idr5;
    const uint32_t most = (uint32_t)smmu_IDR5_STALL_MAX(&idr5);

    if (smmu->caps.stall_model == SMMU_IDR0_STALL_MODEL_TERMINATE)
        return 0;
    if (!most) /* says that it stalls, and how many: one of the two is wrong */
        return 1;
    return most < smmu->n_jobs ? most : smmu->n_jobs;
}

/* ---- STAGs ---- */

static bool take_stag(struct smmu_job *job)
{
    struct smmu *smmu = job->smmu;

    for (uint32_t i = 0; i < smmu->n_stalls && !job->has_stag; i++) {
        if (smmu->stalls[i])
            continue;
        smmu->stalls[i] = job;
        job->stag = (uint16_t)i;
        job->has_stag = true;
    }
    return job->has_stag;
}

void smmu_stall_release(struct smmu_job *job)
{
    struct smmu *smmu = job->smmu;
    struct smmu_job *next;

    if (!job->has_stag)
        return;
    job->has_stag = false;
    smmu->stalls[job->stag] = NULL;
    next = hw_fifo_take(&smmu->stalls_waiting);
    if (!next)
        return;
    (void)take_stag(next); /* kept for it, whatever the retry comes to */
    smmu_stall_retry(next);
}

/* ---- a stall begins ---- */

/* V05: the same stream, the same page, the same cause. */
static bool is_same_fault(const struct smmu_job *other, const struct smmu_job *job)
{
    const uint64_t address = smmu_F_TRANSLATION_InputAddr(job->record);
    uint64_t words[4];

    memcpy(words, other->record, sizeof(words));
    if ((smmu_F_TRANSLATION_InputAddr(words) ^ address) >> PAGE_LOG2)
        return false;
    smmu_F_TRANSLATION_put_InputAddr(words, address);
    smmu_F_TRANSLATION_put_STAG(words, 0);
    smmu_F_TRANSLATION_put_Stall(words, 0);
    return memcmp(words, job->record, sizeof(words)) == 0;
}

static struct smmu_job *find_twin(const struct smmu_job *job)
{
    const struct smmu *smmu = job->smmu;

    for (uint32_t i = 0; smmu->param.stall_dup && i < smmu->n_stalls; i++) {
        struct smmu_job *other = smmu->stalls[i];

        if (other && other->state == SMMU_JOB_STALLED && is_same_fault(other, job))
            return other;
    }
    return NULL;
}

static void record(struct smmu_job *job)
{
    smmu_F_TRANSLATION_put_Stall(job->record, SMMU_F_TRANSLATION_Stall_STALLED);
    smmu_F_TRANSLATION_put_STAG(job->record, job->stag);
    job->is_recorded = false;
    job->n_holders++;
    smmu_job_wake(job, SMMU_JOB_STALLED, job->smmu->param.event_cycles);
}

void smmu_stall_begin(struct smmu_job *job)
{
    struct smmu *smmu = job->smmu;
    struct smmu_job *twin;

    if (!smmu->is_enabled) { /* R11: it would end at once */
        smmu_xlate_refuse(job, SIM_DMA_ABORT);
        return;
    }
    smmu_walk_release(job);
    smmu_job_leave(job);
    twin = find_twin(job);
    if (twin) {
        job->state = SMMU_JOB_STALL_TWIN;
        hw_fifo_put(&twin->followers, &job->link);
        smmu_stall_release(job);
    } else if (take_stag(job)) {
        record(job);
        return;
    } else {
        job->state = SMMU_JOB_STALL_WAIT;
        hw_fifo_put(&smmu->stalls_waiting, &job->link);
    }
    smmu_job_park(job);
}

void smmu_stall_recorded(struct smmu_job *job)
{
    job->is_recorded = true;
    smmu_job_park(job);
}

/* ---- it ends ---- */

/* V05: each on its own, whatever became of the one that was recorded. */
static void release_twins(struct smmu_job *job)
{
    struct hw_fifo twins = job->followers;
    struct smmu_job *twin;

    job->followers = (struct hw_fifo){0};
    while ((twin = hw_fifo_take(&twins))) {
        smmu_job_unpark(twin);
        smmu_job_again(twin);
    }
}

void smmu_stall_retry(struct smmu_job *job)
{
    release_twins(job);
    job->n_holders = 1; /* the record is written, or not wanted any more */
    smmu_job_unpark(job);
    smmu_job_again(job);
}

static void terminate(struct smmu_job *job, enum sim_dma_status status)
{
    smmu_job_unpark(job);
    job->state = SMMU_JOB_EVENT;
    smmu_evt_forget(job);
    smmu_xlate_refuse(job, status);
}

void smmu_stall_resume(struct smmu *smmu, const uint64_t *words)
{
    const uint64_t stag = smmu_RESUME_STAG(words);
    struct smmu_job *job = stag < smmu->n_stalls ? smmu->stalls[stag] : NULL;
    const bool is_abort = smmu_RESUME_Ab(words) == SMMU_RESUME_Ab_ABORT || smmu->caps.term_model;

    /* A token that software cannot have seen is not one. */
    if (!job || job->state != SMMU_JOB_STALLED || !job->is_recorded ||
        job->sid != smmu_RESUME_SID(words))
        return;
    if (smmu_RESUME_Ac(words) == SMMU_RESUME_Ac_RETRY) {
        smmu_stall_retry(job);
        return;
    }
    release_twins(job);
    terminate(job, is_abort ? SIM_DMA_ABORT : SIM_DMA_RAZ_WI);
}

/* Also those that software has not heard of: they would fail again, or succeed, after it was told
 * that all is over. */
static void end_all(struct smmu *smmu, bool is_every_sid, uint64_t sid)
{
    for (uint32_t i = 0; i < smmu->n_jobs; i++) {
        struct smmu_job *job = &smmu->jobs[i];

        if (!is_every_sid && job->sid != sid)
            continue;
        if (job->state != SMMU_JOB_STALLED && job->state != SMMU_JOB_STALL_WAIT &&
            job->state != SMMU_JOB_STALL_TWIN)
            continue;
        (void)hw_fifo_remove(&smmu->stalls_waiting, &job->link);
        job->followers = (struct hw_fifo){0}; /* of the same stream: this loop finds them */
        terminate(job, SIM_DMA_ABORT);
    }
}

void smmu_stall_term(struct smmu *smmu, const uint64_t *words)
{
    end_all(smmu, false, smmu_STALL_TERM_SID(words));
}

void smmu_stall_end_all(struct smmu *smmu)
{
    end_all(smmu, true, 0);
}

void smmu_stall_reset(struct smmu *smmu)
{
    smmu->stalls_waiting = (struct hw_fifo){0};
    for (uint32_t i = 0; i < smmu->n_stalls; i++) {
        if (smmu->stalls[i])
            smmu->stalls[i]->has_stag = false;
        smmu->stalls[i] = NULL;
    }
}
