/* SPDX-License-Identifier: BSD-2-Clause
 * vtd_job.c - the life of one translation: slots, phases, data, answer.
 * Knows: what a job holds and when it gives it back. Must not know: how anything is looked up. */
#include "models/vtd/vtd_xlate.h"

#include "models/common/hw_move.h"
#include "sim/diag.h"

#include <stdlib.h>
#include <string.h>

/* ---- drains ---- */

void vtd_drain_begin(struct vtd *vtd)
{
    SIM_BUG_ON(!vtd_is_drained(vtd));
    hw_flight_turn(&vtd->flight);
}

bool vtd_is_drained(const struct vtd *vtd)
{
    return hw_flight_is_over(&vtd->flight);
}

bool vtd_are_drained(const struct vtd *vtd, bool of_reads, bool of_writes)
{
    for (uint32_t i = 0; i < vtd->n_jobs; i++) {
        const struct vtd_job *job = &vtd->jobs[i];
        const bool is_asked_for = job->access_bits & VTD_PT_W ? of_writes : of_reads;

        if (job->is_in_flight && job->phase != vtd->flight.phase &&
            (job->state != VTD_JOB_DATA || is_asked_for))
            return false;
    }
    return true;
}

void vtd_job_land(struct vtd_job *job)
{
    if (!job->is_in_flight)
        return;
    job->is_in_flight = false;
    hw_flight_end(&job->vtd->flight, job->phase);
    vtd_progress(job->vtd);
}

/* ---- birth and end ---- */

void vtd_job_free(struct vtd_job *job)
{
    struct vtd *vtd = job->vtd;

    vtd_walk_release(job);
    if (job->has_slot)
        vtd->request_slots.n_free++;
    if (job->is_missed)
        vtd->n_misses--;
    vtd_replay_end(job);
    if (job->is_prefetch)
        vtd->n_prefetches--;
    job->has_slot = false;
    job->is_missed = false;
    job->is_prefetch = false;
    job->state = VTD_JOB_FREE;
    hw_fifo_put(job->is_page ? &vtd->free_pages : &vtd->free_jobs, &job->link);
    vtd_job_land(job);
}

void vtd_job_wake(struct vtd_job *job, enum vtd_job_state state, uint64_t n_cycles)
{
    job->state = state;
    vtd_wake(job->vtd, &job->event, n_cycles);
}

struct vtd_job *vtd_job_new(struct vtd *vtd, struct hw_fifo *pool, struct sim_dma *dma)
{
    struct vtd_job *job = hw_fifo_take(pool);

    if (!job)
        return NULL;
    job->dma = dma;
    job->state = VTD_JOB_TLB;
    job->is_in_flight = true;
    job->phase = hw_flight_begin(&vtd->flight);
    job->epoch = vtd->epoch;
    job->root = vtd->root;
    job->is_prefetch = !dma && !job->is_page;
    job->is_zombie = false;
    job->is_reading = false;
    job->has_slot = false;
    job->has_walk = false;
    job->is_missed = false;
    job->is_configured = false;
    job->is_address = false;
    job->is_interrupt = false;
    job->wants_write = false;
    job->fpd = false;
    job->fetch = NULL;
    job->pasid = 0;
    job->access_bits = 0;
    job->n_moved = 0;
    job->followers = (struct hw_fifo){0};
    return job;
}

/* ---- the answer ---- */

static void reply(struct vtd_job *job)
{
    struct vtd *vtd = job->vtd;
    struct sim_dma *dma = job->dma;

    dma->status = job->status;
    if (job->status == SIM_DMA_OK) {
        const struct vtd_translation *found = &job->found;

        dma->page_log2 = found->name.size_log2;
        dma->pa = found->pa | (dma->iova & ((UINT64_C(1) << found->name.size_log2) - 1));
        dma->granted = found->rights;
    }
    if (vtd_wants(vtd, SIM_FACT_DMA_ANSWERED)) {
        const uint64_t rest[3] = {dma->iova, dma->pa, dma->status};

        vtd_fact(vtd, SIM_FACT_DMA_ANSWERED, dma->requester,
                 dma->has_pasid ? dma->pasid : SIM_NO_PASID, rest);
    }
    job->dma = NULL;
    sim_queue_at(vtd->queue, &vtd->source, vtd_now(vtd), &dma->done);
    vtd_job_free(job);
}

static void move_data(struct vtd_job *job);

static void data_moved(void *ctx)
{
    struct vtd_job *job = ctx;

    job->is_reading = false;
    if (job->is_zombie) {
        vtd_job_free(job);
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

static void move_data(struct vtd_job *job)
{
    const uint64_t size = UINT64_C(1) << job->found.name.size_log2;
    const uint64_t pa = job->found.pa | (job->dma->iova & (size - 1));

    job->access.done = (struct sim_wake){data_moved, job};
    if (!hw_move_ask(&job->access, job->dma, pa, job->n_moved)) {
        reply(job);
        return;
    }
    job->state = VTD_JOB_DATA;
    job->is_reading = true;
    sim_port_access(&job->vtd->port, &job->access);
}

void vtd_job_answer(struct vtd_job *job)
{
    vtd_walk_release(job);
    job->state = VTD_JOB_DATA;
    if (job->vtd->caps.ver_max < VTD_VER_DRAINS)
        vtd_progress(job->vtd);
    if (job->status == SIM_DMA_OK && job->dma->data && !vtd_is_tr(job) && !job->is_interrupt)
        move_data(job);
    else
        reply(job);
}

/* ---- steps ---- */

static void step(void *ctx)
{
    struct vtd_job *job = ctx;

    switch (job->state) {
    case VTD_JOB_TLB:
        vtd_xlate_look(job);
        return;
    case VTD_JOB_CFG:
        vtd_cfg_lookup(job);
        return;
    case VTD_JOB_WALK:
        vtd_walk_go(job);
        return;
    case VTD_JOB_SS:
        vtd_ss_go(job);
        return;
    case VTD_JOB_PAGE: /* its event is vtd_prq.c's, as the job is */
    case VTD_JOB_FREE:
    case VTD_JOB_WALK_WAIT:
    case VTD_JOB_DATA:
        return; /* nothing is scheduled in these */
    }
}

void vtd_job_init(struct vtd *vtd)
{
    for (uint32_t i = 0; i < vtd->n_jobs; i++) {
        struct vtd_job *job = &vtd->jobs[i];

        job->vtd = vtd;
        job->event = (struct sim_event){.fn = step, .ctx = job};
        job->is_page = i >= vtd->n_jobs - VTD_PAGE_JOBS;
        hw_fifo_put(job->is_page ? &vtd->free_pages : &vtd->free_jobs, &job->link);
    }
}

/* ---- reset ---- */

static void abort_job(struct vtd_job *job)
{
    struct vtd *vtd = job->vtd;

    sim_queue_cancel(vtd->queue, &job->event);
    vtd_cfg_abandon(job);
    if (job->dma) {
        job->dma->status = SIM_DMA_ABORT;
        sim_queue_at(vtd->queue, &vtd->source, vtd_now(vtd), &job->dma->done);
        job->dma = NULL;
    }
    job->followers = (struct hw_fifo){0};
    if (job->is_reading)
        job->is_zombie = true;
    else
        vtd_job_free(job);
}

void vtd_job_abort_all(struct vtd *vtd)
{
    vtd->fetcher.slots.waiting = (struct hw_fifo){0};
    vtd->walk_slots.waiting = (struct hw_fifo){0};
    for (uint32_t i = 0; i < vtd->n_jobs; i++) {
        struct vtd_job *job = &vtd->jobs[i];

        if (job->state != VTD_JOB_FREE && !job->is_zombie)
            abort_job(job);
    }
}

/* ---- all of translation ---- */

static void resolve_limits(struct vtd_param *param)
{
    if (!param->request_slots)
        param->request_slots = VTD_NO_LIMIT_SLOTS;
    if (!param->walk_slots || param->walk_slots > param->request_slots + VTD_PREFETCH_JOBS)
        param->walk_slots = param->request_slots + VTD_PREFETCH_JOBS;
    if (!param->cfg_slots)
        param->cfg_slots = VTD_NO_LIMIT_FETCHES;
}

static int make_pools(struct vtd *vtd)
{
    const struct vtd_param *param = &vtd->param;

    vtd->n_jobs = param->request_slots + VTD_PREFETCH_JOBS + VTD_PAGE_JOBS;
    vtd->jobs = calloc(vtd->n_jobs, sizeof(vtd->jobs[0]));
    vtd->walkers = calloc(param->walk_slots, sizeof(vtd->walkers[0]));
    if (!vtd->jobs || !vtd->walkers)
        return SIM_ENOMEM;
    vtd->request_slots.n_free = param->request_slots;
    vtd->walk_slots.n_free = param->walk_slots;
    return 0;
}

int vtd_translation_new(struct vtd *vtd)
{
    int err;

    resolve_limits(&vtd->param);
    err = vtd_caches_new(vtd);
    if (!err)
        err = make_pools(vtd);
    if (!err)
        err = vtd_cfg_new(vtd);
    if (err) {
        vtd_translation_free(vtd);
        return err;
    }
    sim_rng_seed(&vtd->rng, vtd->param.seed);
    vtd_job_init(vtd);
    vtd_prefetch_init(vtd);
    return 0;
}

void vtd_translation_free(struct vtd *vtd)
{
    vtd_caches_free(vtd);
    free(vtd->jobs);
    hw_fetcher_free(&vtd->fetcher);
    free(vtd->walkers);
    vtd->jobs = NULL;
    vtd->walkers = NULL;
}

void vtd_translation_reset(struct vtd *vtd)
{
    vtd->epoch++; /* what zombies bring is for nobody */
    vtd_prefetch_reset(vtd);
    vtd_job_abort_all(vtd);
    vtd_caches_clear(vtd);
}

int vtd_translation_state(struct vtd *vtd, struct sim_snapshot *snapshot)
{
    int err = vtd_caches_state(vtd, snapshot);

    if (!err)
        err = sim_snapshot_add(snapshot, vtd->jobs, vtd->n_jobs * sizeof(vtd->jobs[0]));
    if (!err)
        err = hw_fetcher_state(&vtd->fetcher, snapshot);
    if (!err)
        err = sim_snapshot_add(snapshot, vtd->walkers,
                               vtd->param.walk_slots * sizeof(vtd->walkers[0]));
    return err;
}
