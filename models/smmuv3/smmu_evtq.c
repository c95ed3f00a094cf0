/* SPDX-License-Identifier: BSD-2-Clause
 * smmu_evtq.c - event records and the queue that they go to (3.5, 7.2, 7.3).
 * Knows: layouts of records, queue pointers, overflow. Must not know: why a translation failed. */
#include "models/common/hw_ring.h"
#include "models/smmuv3/smmu_private.h"
#include "models/smmuv3/smmu_stall.h"

void smmu_evt_begin(struct smmu_job *job, unsigned number)
{
    memset(job->record, 0, sizeof(job->record));
    smmu_F_TRANSLATION_put_number(job->record, number);
    smmu_F_TRANSLATION_put_SID(job->record, job->sid);
    if (job->ssv) {
        /* 7.3.9: the one record that tells a SubstreamID without a valid bit */
        smmu_F_TRANSLATION_put_SSV(job->record, number != SMMU_EVT_C_BAD_SUBSTREAMID);
        smmu_F_TRANSLATION_put_SSID(job->record, job->ssid);
    }
}

static unsigned log2_size(const struct smmu *smmu)
{
    const unsigned wanted = (unsigned)smmu_EVENTQ_BASE_LOG2SIZE(&smmu->reg[SMMU_RI_EVENTQ_BASE]);
    const unsigned has = (unsigned)smmu_IDR1_EVENTQS(&smmu->reg[SMMU_RI_IDR1]);
    const unsigned most = has < SMMU_QUEUE_LOG2 ? has : SMMU_QUEUE_LOG2;

    return wanted < most ? wanted : most;
}

/* Q01: the base is aligned to the size of the queue. */
static uint64_t slot_address(const struct smmu *smmu, uint32_t pos)
{
    const unsigned log2 = log2_size(smmu);
    const uint64_t size = (uint64_t)SMMU_EVT_BYTES << log2;
    const uint64_t base = smmu_EVENTQ_BASE_ADDR_addr(&smmu->reg[SMMU_RI_EVENTQ_BASE]);

    return (base & ~(size - 1)) + (uint64_t)hw_ring_index(pos, log2) * SMMU_EVT_BYTES;
}

static uint32_t prod_pos(const struct smmu *smmu)
{
    return hw_ring_pos(smmu_EVENTQ_PROD_WR(&smmu->reg[SMMU_RI_EVENTQ_PROD]), log2_size(smmu));
}

static uint32_t cons_pos(const struct smmu *smmu)
{
    return hw_ring_pos(smmu_EVENTQ_CONS_RD(&smmu->reg[SMMU_RI_EVENTQ_CONS]), log2_size(smmu));
}

static bool is_enabled(const struct smmu *smmu)
{
    return smmu_CR0_EVENTQEN(&smmu->reg[SMMU_RI_CR0]) &&
           smmu_CR0_EVENTQEN(&smmu->reg[SMMU_RI_CR0ACK]);
}

static bool has_abort(const struct smmu *smmu)
{
    return smmu_gerror_is_active(smmu, SMMU_MASK(GERROR, EVENTQ_ABT_ERR));
}

static void fact_about(const struct smmu_job *job, enum sim_fact_kind kind, uint64_t pa)
{
    const uint64_t rest[3] = {job->ssv ? job->ssid : SIM_NO_PASID, job->iova, pa};

    smmu_fact(job->smmu, kind, smmu_F_TRANSLATION_number(job->record), job->sid, rest);
}

/* V03: the record of a stall is held until the queue takes it; no CMD_SYNC waits for that. */
static void lose(struct smmu_job *job)
{
    if (job->state == SMMU_JOB_STALLED) {
        hw_fifo_put(&job->smmu->events_held, &job->link);
        smmu_job_park(job);
        return;
    }
    fact_about(job, SIM_FACT_EVENT_LOST, 0);
    smmu_job_free(job);
}

/* Q10: one overflow is active at a time; it does not keep later records out. */
static void overflow(struct smmu *smmu)
{
    uint64_t *prod = &smmu->reg[SMMU_RI_EVENTQ_PROD];
    const uint64_t acknowledged = smmu_EVENTQ_CONS_OVACKFLG(&smmu->reg[SMMU_RI_EVENTQ_CONS]);

    if (smmu_EVENTQ_PROD_OVFLG(prod) != acknowledged)
        return;
    smmu_EVENTQ_PROD_put_OVFLG(prod, !acknowledged);
    smmu_fact(smmu, SIM_FACT_QUEUE_OVERFLOW, SIM_S_EVT, 0, (const uint64_t[3]){0});
}

/* Q04: the record first, then PROD, then the interrupt. */
static void publish(struct smmu_job *job)
{
    struct smmu *smmu = job->smmu;
    const unsigned log2 = log2_size(smmu);
    const uint32_t pos = prod_pos(smmu);
    const bool was_empty = hw_ring_used(pos, cons_pos(smmu), log2) == 0;

    smmu_EVENTQ_PROD_put_WR(&smmu->reg[SMMU_RI_EVENTQ_PROD], hw_ring_next(pos, log2));
    smmu->stats.n_events++;
    fact_about(job, SIM_FACT_EVENT_RECORDED, job->access.pa);
    if (was_empty)
        smmu_irq_eventq(smmu);
    if (job->state == SMMU_JOB_STALLED)
        smmu_stall_recorded(job);
    smmu_job_free(job);
}

/* Q14: a record that was aborted is lost, and so are those already on their way behind it: they are
 * not where PROD points to, even if software has acknowledged the error meanwhile. */
static bool is_lost(const struct smmu_job *job)
{
    const struct smmu *smmu = job->smmu;

    return has_abort(smmu) || job->access.status != SIM_ACCESS_OK ||
           job->access.pa != slot_address(smmu, prod_pos(smmu));
}

/* Records become visible in order, whatever the order in which memory took them. */
static void record_written(void *ctx)
{
    struct smmu_job *job = ctx;
    struct smmu *smmu = job->smmu;
    struct smmu_job *first;

    job->is_reading = false;
    if (job->is_zombie) {
        smmu_job_free(job);
        return;
    }
    job->is_written = true;
    if (job->access.status != SIM_ACCESS_OK)
        smmu_gerror_raise(smmu, SMMU_MASK(GERROR, EVENTQ_ABT_ERR));
    while ((first = hw_fifo_first(&smmu->events_writing)) && first->is_written) {
        (void)hw_fifo_take(&smmu->events_writing);
        smmu->n_events_writing--;
        if (is_lost(first))
            lose(first);
        else
            publish(first);
    }
    smmu_evt_kick(smmu);
    smmu_mmio_progress(smmu);
}

static uint32_t write_pos(const struct smmu *smmu)
{
    return hw_ring_pos((uint64_t)prod_pos(smmu) + smmu->n_events_writing, log2_size(smmu));
}

static bool is_full(const struct smmu *smmu)
{
    const unsigned log2 = log2_size(smmu);

    return hw_ring_used(write_pos(smmu), cons_pos(smmu), log2) >= UINT32_C(1) << log2;
}

static void start_write(struct smmu_job *job)
{
    struct smmu *smmu = job->smmu;
    struct sim_access *access = &job->access;

    if (!is_enabled(smmu) || has_abort(smmu)) {
        lose(job);
        return;
    }
    if (is_full(smmu)) {
        if (job->state != SMMU_JOB_STALLED)
            overflow(smmu);
        lose(job);
        return;
    }
    *access = (struct sim_access){
        .pa = slot_address(smmu, write_pos(smmu)),
        .n_bytes = SMMU_EVT_BYTES,
        .op = SIM_ACCESS_WRITE,
        .structure = SIM_S_EVT,
        .done = {record_written, job},
    };
    hw_bytes_put(access->data, job->record, SMMU_EVT_BYTES);
    job->is_written = false;
    job->is_reading = true;
    hw_fifo_put(&smmu->events_writing, &job->link);
    smmu->n_events_writing++;
    smmu_port_access(smmu, access);
}

/* V03, Y04: what was found before an invalidation is not recorded after its CMD_SYNC. */
static void end_hold(struct smmu_job *job)
{
    if (job->epoch != job->smmu->epoch) {
        smmu_stall_retry(job);
        return;
    }
    smmu_job_unpark(job);
    start_write(job);
}

void smmu_evt_kick(struct smmu *smmu)
{
    while (smmu->n_events_writing < smmu->param.event_slots) {
        const bool is_writable = is_enabled(smmu) && !has_abort(smmu) && !is_full(smmu);

        if (smmu->events_held.head && is_writable)
            end_hold(hw_fifo_take(&smmu->events_held));
        else if (smmu->events_waiting.head)
            start_write(hw_fifo_take(&smmu->events_waiting));
        else
            return;
    }
}

void smmu_evt_forget(struct smmu_job *job)
{
    struct smmu *smmu = job->smmu;

    if (sim_event_is_scheduled(&job->event))
        sim_queue_cancel(smmu->queue, &job->event);
    else if (!hw_fifo_remove(&smmu->events_waiting, &job->link) &&
             !hw_fifo_remove(&smmu->events_held, &job->link))
        return;
    smmu_job_free(job);
}

void smmu_evt_drop_waiting(struct smmu *smmu)
{
    struct smmu_job *job;

    while ((job = hw_fifo_take(&smmu->events_waiting)))
        lose(job);
}

void smmu_evt_put(struct smmu_job *job)
{
    job->state = SMMU_JOB_EVENT;
    smmu_wake(job->smmu, &job->event, job->smmu->param.event_cycles);
}

void smmu_evt_made(struct smmu_job *job)
{
    hw_fifo_put(&job->smmu->events_waiting, &job->link);
    smmu_evt_kick(job->smmu);
}
