/* SPDX-License-Identifier: BSD-2-Clause
 * smmu_job.c - the life of one translation: slots, links, data, answer.
 * Knows: what a job holds and when it gives it back. Must not know: how anything is looked up. */
#include "models/common/hw_move.h"
#include "models/smmuv3/smmu_priq.h"
#include "models/smmuv3/smmu_private.h"
#include "models/smmuv3/smmu_stall.h"

static void land(struct smmu_job *job)
{
    struct smmu *smmu = job->smmu;

    job->is_in_flight = false;
    hw_flight_end(&smmu->flight, job->phase);
    if (job->is_old)
        smmu->n_translating--;
}

static void release(struct smmu_job *job)
{
    struct smmu *smmu = job->smmu;

    smmu_walk_release(job);
    smmu_job_leave(job);
    smmu_stall_release(job);
    if (job->has_tbu) {
        smmu->tbu[job->tbu].n_free++;
        smmu->tbu[job->tbu].is_stuck = false;
    }
    if (job->is_prefetch)
        smmu->n_prefetches--;
    if (job->is_in_flight)
        land(job);
    job->has_tbu = false;
    job->state = SMMU_JOB_FREE;
    hw_fifo_put(job->is_page ? &smmu->free_pages : &smmu->free_jobs, &job->link);
    smmu_cmdq_progress(smmu);
    smmu_mmio_progress(smmu);
}

void smmu_job_free(struct smmu_job *job)
{
    if (--job->n_holders == 0)
        release(job);
}

void smmu_job_wake(struct smmu_job *job, enum smmu_job_state state, uint64_t n_cycles)
{
    job->state = state;
    smmu_wake(job->smmu, &job->event, n_cycles);
}

/* ---- software decides when it goes on ---- */

void smmu_job_park(struct smmu_job *job)
{
    struct smmu *smmu = job->smmu;

    if (!job->is_in_flight)
        return;
    land(job);
    smmu_cmdq_progress(smmu);
    smmu_mmio_progress(smmu);
}

void smmu_job_unpark(struct smmu_job *job)
{
    struct smmu *smmu = job->smmu;

    if (job->is_in_flight)
        return;
    job->is_in_flight = true;
    job->phase = hw_flight_begin(&smmu->flight);
    if (job->is_old)
        smmu->n_translating++;
}

void smmu_job_again(struct smmu_job *job)
{
    job->epoch = job->smmu->epoch;
    job->is_walked = false;
    job->has_found = false;
    smmu_job_wake(job, SMMU_JOB_TO_TCU, 0);
}

/* ---- the TCU's slots ---- */

void smmu_job_enter(struct smmu_job *job)
{
    struct hw_slots *tcu = &job->smmu->tcu;

    if (tcu->n_free == 0) {
        hw_fifo_put(&tcu->waiting, &job->link);
        return;
    }
    tcu->n_free--;
    job->has_tcu = true;
    smmu_cfg_start(job);
}

void smmu_job_leave(struct smmu_job *job)
{
    struct hw_slots *tcu = &job->smmu->tcu;
    struct smmu_job *next;

    if (!job->has_tcu)
        return;
    job->has_tcu = false;
    tcu->n_free++;
    next = hw_fifo_take(&tcu->waiting);
    if (next)
        smmu_job_enter(next);
}

/* ---- the answer ---- */

/* The requester has its answer; the job lives on while its record is being written. */
static void reply(struct smmu_job *job)
{
    struct smmu *smmu = job->smmu;
    struct sim_dma *dma = job->dma;

    dma->status = job->status;
    if (job->status == SIM_DMA_OK) {
        const struct smmu_translation *found = &job->found;

        dma->page_log2 = found->name.size_log2;
        dma->pa = found->pa | (dma->iova & ((UINT64_C(1) << found->name.size_log2) - 1));
        dma->granted = found->rights[(dma->access & SIM_DMA_PRIVILEGED) != 0];
    } else if (job->status == SIM_DMA_RAZ_WI && dma->data && !(dma->access & SIM_DMA_WRITE)) {
        memset(dma->data, 0, dma->n_bytes);
    }
    if (smmu_wants(smmu, SIM_FACT_DMA_ANSWERED)) {
        const uint64_t rest[3] = {dma->iova, dma->pa, dma->status};

        smmu_fact(smmu, SIM_FACT_DMA_ANSWERED, dma->requester,
                  dma->has_pasid ? dma->pasid : SIM_NO_PASID, rest);
    }
    job->dma = NULL;
    sim_queue_at(smmu->queue, &smmu->source, smmu_now(smmu), &dma->done);
    if (job->status == SIM_DMA_OK && smmu->param.data_cycles) {
        /* Nothing more is to be done; the fabric is busy with the data for a while. */
        const uint64_t until =
            smmu_now(smmu) + (uint64_t)smmu->param.data_cycles * smmu->param.clock_ps;

        smmu_busy_until(smmu, until, job->is_old);
    }
    smmu_job_free(job);
}

static void move_data(struct smmu_job *job);

static void data_moved(void *ctx)
{
    struct smmu_job *job = ctx;

    job->is_reading = false;
    if (job->is_zombie) {
        smmu_job_free(job);
        return;
    }
    if (job->access.status != SIM_ACCESS_OK) {
        job->status = SIM_DMA_ABORT;
        reply(job);
        return;
    }
    job->n_moved = hw_move_took(&job->access, job->dma, job->n_moved);
    move_data(job);
}

static void move_data(struct smmu_job *job)
{
    const uint64_t size = UINT64_C(1) << job->found.name.size_log2;
    const uint64_t pa = job->found.pa | (job->dma->iova & (size - 1));

    job->access.done = (struct sim_wake){data_moved, job};
    if (!hw_move_ask(&job->access, job->dma, pa, job->n_moved)) {
        reply(job);
        return;
    }
    job->state = SMMU_JOB_DATA;
    job->is_reading = true;
    sim_port_access(&job->smmu->port, &job->access);
}

void smmu_job_arrive(struct smmu_job *job)
{
    if (job->status == SIM_DMA_OK) {
        if (job->is_cacheable)
            smmu_tbu_fill(job);
        if (job->dma->data) {
            move_data(job);
            return;
        }
    }
    reply(job);
}

/* Back at the TBU. */
static void arrive(void *ctx)
{
    smmu_job_arrive(ctx);
}

void smmu_job_answer(struct smmu_job *job)
{
    struct smmu *smmu = job->smmu;

    smmu_walk_release(job);
    smmu_job_leave(job);
    if (!job->dma) {
        smmu_job_free(job);
        return;
    }
    job->dma->event = job->status == SIM_DMA_OK ? 0 : job->dma->event;
    sim_queue_at(smmu->queue, &smmu->source,
                 job->has_tbu ? smmu_link_cross(smmu, &smmu->tbu[job->tbu].down) : smmu_now(smmu),
                 &job->answer);
}

/* ---- steps ---- */

static void step(void *ctx)
{
    struct smmu_job *job = ctx;

    switch (job->state) {
    case SMMU_JOB_TBU:
        smmu_tbu_look(job);
        return;
    case SMMU_JOB_TO_TCU:
        smmu_job_enter(job);
        return;
    case SMMU_JOB_CFG:
        smmu_cfg_lookup(job);
        return;
    case SMMU_JOB_TLB:
        smmu_xlate_look(job);
        return;
    case SMMU_JOB_WALK:
        smmu_walk_go(job);
        return;
    case SMMU_JOB_S2:
        smmu_s2_go(job);
        return;
    case SMMU_JOB_EVENT:
    case SMMU_JOB_STALLED:
        smmu_evt_made(job);
        return;
    case SMMU_JOB_PAGE:
        smmu_priq_made(job);
        return;
    case SMMU_JOB_FREE:
    case SMMU_JOB_WALK_WAIT:
    case SMMU_JOB_S2_WAIT:
    case SMMU_JOB_DATA:
    case SMMU_JOB_STALL_WAIT:
    case SMMU_JOB_STALL_TWIN:
        return; /* nothing is scheduled in these */
    }
}

static struct smmu_job *begin(struct smmu *smmu, struct hw_fifo *pool, struct sim_dma *dma)
{
    struct smmu_job *job = hw_fifo_take(pool);

    if (!job)
        return NULL;
    job->dma = dma;
    job->is_in_flight = false;
    job->is_old = smmu->is_enabled;
    smmu_job_unpark(job);
    job->epoch = smmu->epoch;
    job->n_holders = 1;
    job->is_zombie = false;
    job->is_reading = false;
    job->has_tcu = false;
    job->has_walk = false;
    job->has_tbu = false;
    job->has_stag = false;
    job->is_prefetch = !dma && !job->is_page;
    job->ats = dma ? dma->kind : SIM_DMA_UNTRANSLATED;
    job->wants_write = false;
    job->is_address = false;
    job->is_cacheable = false;
    job->is_walked = false;
    job->has_found = false;
    job->fetch = NULL;
    job->n_moved = 0;
    job->followers = (struct hw_fifo){0};
    return job;
}

struct smmu_job *smmu_job_new(struct smmu *smmu, struct sim_dma *dma)
{
    return begin(smmu, &smmu->free_jobs, dma);
}

struct smmu_job *smmu_job_new_page(struct smmu *smmu)
{
    return begin(smmu, &smmu->free_pages, NULL);
}

void smmu_job_init(struct smmu *smmu)
{
    for (uint32_t i = 0; i < smmu->n_jobs; i++) {
        struct smmu_job *job = &smmu->jobs[i];

        job->smmu = smmu;
        smmu_event_init(&job->event, step, job);
        smmu_event_init(&job->answer, arrive, job);
        job->is_page = i >= smmu->n_jobs - smmu_priq_jobs(smmu);
        hw_fifo_put(job->is_page ? &smmu->free_pages : &smmu->free_jobs, &job->link);
    }
}

/* ---- reset ---- */

static void abort_job(struct smmu_job *job)
{
    struct smmu *smmu = job->smmu;

    sim_queue_cancel(smmu->queue, &job->event);
    sim_queue_cancel(smmu->queue, &job->answer);
    smmu_cfg_abandon(job);
    if (job->dma) {
        job->dma->status = SIM_DMA_ABORT;
        sim_queue_at(smmu->queue, &smmu->source, smmu_now(smmu), &job->dma->done);
        job->dma = NULL;
    }
    job->n_holders = 1;
    job->followers = (struct hw_fifo){0};
    if (job->is_reading)
        job->is_zombie = true;
    else
        smmu_job_free(job);
}

void smmu_job_abort_all(struct smmu *smmu)
{
    smmu->tcu.waiting = (struct hw_fifo){0};
    smmu->fetcher.slots.waiting = (struct hw_fifo){0};
    smmu->walk_slots.waiting = (struct hw_fifo){0};
    smmu->events_waiting = (struct hw_fifo){0};
    smmu->events_writing = (struct hw_fifo){0};
    smmu->events_held = (struct hw_fifo){0};
    smmu->n_events_writing = 0;
    smmu_stall_reset(smmu);
    smmu_priq_reset(smmu);
    for (uint32_t i = 0; i < smmu->n_jobs; i++) {
        if (smmu->jobs[i].state != SMMU_JOB_FREE)
            abort_job(&smmu->jobs[i]);
    }
}
