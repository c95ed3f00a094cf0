/* SPDX-License-Identifier: BSD-2-Clause
 * rpl_exec.c - software as a state machine in the event queue: one record after the other.
 * Knows: what each record does and costs. Must not know: who watches, what is concluded.
 *
 * All CPUs are one timeline, since the recorded order of all records is kept. A record starts when
 * the one before is done and takes effect at the end of its cost. No stack lives across records,
 * so a copy of struct rpl_live can run on from any moment. */
#include "kernel-glue/replay/rpl_private.h"

#include "sim/diag.h"
#include "sim/time.h"

#include <string.h>

#define ERROR_AGAIN_NS 1000u

#define MAX_GAP_NS UINT64_C(1000000000000) /* 17 minutes: keeps products in 64 bits */

/* ---- costs ---- */

static void set_costs(struct rpl *rpl)
{
    const struct rpl_cpu *cpu = &rpl->config->cpu;
    const enum rpl_cpu_time mode = rpl->config->cpu_time;
    struct rpl_cost *cost = &rpl->cost;
    const bool is_implied = !rpl->scan->barriers_recorded;

    cost->is_stamped = mode == RPL_CPU_TRACE || mode == RPL_CPU_SCALE;
    cost->quiet = sim_ps_from_ns(cpu->quiet_ns);
    cost->quiet_map = sim_ps_from_ns(cpu->quiet_map_ns);
    cost->wait_limit = sim_ps_from_ns((uint64_t)cpu->wait_limit_us * 1000);
    if (mode == RPL_CPU_ZERO)
        return;
    cost->look = sim_ps_from_ns(cpu->mmio_read_ns);
    cost->poll = sim_ps_from_ns(cpu->poll_ns);
    cost->irq = sim_ps_from_ns(cpu->irq_ns);
    cost->respond = sim_ps_from_ns(cpu->respond_ns);
    if (cost->is_stamped)
        return;
    cost->kind[SIM_R_STORE] = sim_ps_from_ns(cpu->store_ns);
    cost->kind[SIM_R_MMIO_WRITE] =
        sim_ps_from_ns((uint64_t)cpu->mmio_write_ns + (is_implied ? cpu->barrier_ns : 0));
    cost->kind[SIM_R_MMIO_READ] = sim_ps_from_ns(cpu->mmio_read_ns);
    cost->kind[SIM_R_BARRIER] = sim_ps_from_ns(cpu->barrier_ns);
}

uint64_t rpl_error_delay(const struct rpl *rpl, const struct rpl_responder *responder)
{
    const uint64_t delay_ps = rpl->cost.irq + rpl->cost.respond;
    const bool is_again = responder->error_ps == rpl_now(rpl) + 1;

    return !delay_ps && is_again ? sim_ps_from_ns(ERROR_AGAIN_NS) : delay_ps;
}

/* A look at memory is a load of a cached line; one at a register goes to the unit and back. */
uint64_t rpl_exec_look_cost(const struct rpl *rpl, bool is_memory)
{
    return is_memory ? 0 : rpl->cost.look;
}

static uint64_t look_cost(const struct rpl *rpl, const struct sim_rec_wait *wait)
{
    return rpl_exec_look_cost(rpl, wait->cond == SIM_COND_MEM);
}

/* What software did between the record before and this one, by the stamps. A wait's stamp is that
 * of its end, and what it took then is not software's time. Between operations time is cut. */
static uint64_t stamped_gap(const struct rpl *rpl, const struct sim_record *rec)
{
    const struct rpl_live *live = &rpl->live;
    uint64_t end_ns = rec->time_ns;
    uint64_t gap_ps;

    if (rec->kind == SIM_R_WAIT)
        end_ns = end_ns > rec->wait.took_ns ? end_ns - rec->wait.took_ns : 0;
    if (!live->has_begun || end_ns <= live->trace_ns)
        return 0;
    end_ns -= live->trace_ns;
    if (end_ns > MAX_GAP_NS)
        end_ns = MAX_GAP_NS;
    gap_ps = end_ns * SIM_PS_PER_NS;
    if (rpl->config->cpu_time == RPL_CPU_SCALE)
        gap_ps = end_ns * rpl->config->scale_ppm / (1000000 / SIM_PS_PER_NS);
    return !live->n_open && gap_ps > rpl->cost.quiet ? rpl->cost.quiet : gap_ps;
}

/* ---- telling ---- */

static bool is_intent(uint8_t kind)
{
    return kind == SIM_R_BEGIN || kind == SIM_R_END || kind == SIM_R_MAP || kind == SIM_R_UNMAP;
}

void rpl_exec_tell(struct rpl *rpl, const struct sim_record *rec, uint64_t end_ps)
{
    const struct rpl_live *live = &rpl->live;
    const struct sim_record_seen seen = {
        .rec = rec,
        .seq = live->seq,
        .start_ps = live->start_ps,
        .end_ps = end_ps,
        .gave_up = rec->kind == SIM_R_WAIT && live->gave_up,
    };

    if (rpl->is_fork)
        return;
    rpl->stats.n_records++;
    if (rpl->intent && is_intent(rec->kind))
        rpl_fail(rpl, sim_intent_record(rpl->intent, rec, live->seq));
    if (rpl->observer->record)
        rpl->observer->record(rpl->observer->ctx, &seen);
}

/* From now on facts and answers come after this record. Answers of probes that came before it are
 * told first. */
void rpl_exec_advance_seq(struct rpl *rpl)
{
    if (!rpl->is_fork && rpl->probes.n_answers)
        rpl_probe_deliver(rpl, rpl->live.seq);
    rpl->live.seq++;
}

/* ---- effects; each returns whether the record is done ---- */

static bool store(struct rpl *rpl, const struct sim_record *rec)
{
    const struct sim_rec_store *what = &rec->store;
    const bool is_two = what->width == 16 && !(rec->flags & SIM_RF_ATOMIC);
    const uint64_t words[2] = {rpl_smmuv3_stored(rpl, what), what->value_hi};
    struct rpl_live *live = &rpl->live;

    if (live->phase == RPL_HALF) {
        rpl_fail(rpl, rpl_late_store(rpl, what, what->pa + 8, &words[1], 8));
        rpl_instant(rpl);
        return true;
    }
    rpl_exec_advance_seq(rpl);
    rpl_vtd_stored(rpl, what);
    rpl_fail(rpl, rpl_late_store(rpl, what, what->pa, words, is_two ? 8 : what->width));
    rpl_instant(rpl);
    if (is_two) {
        live->phase = RPL_HALF;
        live->due_ps += rpl->cost.kind[SIM_R_STORE];
    }
    rpl_exec_tell(rpl, rec, live->due_ps);
    return !is_two;
}

static bool mmio_write(struct rpl *rpl, const struct sim_record *rec)
{
    const uint32_t unit = rpl_unit_index(rpl, rec->mmio.iommu);

    rpl_exec_advance_seq(rpl);
    if (rpl->live.is_answer) {
        if (!rpl->is_fork)
            rpl->stats.n_answers++;
    } else if (unit != RPL_NO_UNIT) {
        const struct sim_iommu *model = &rpl->machine->units[unit].model;

        if (rpl->machine->units[unit].arch == SIM_ARCH_SMMUV3)
            rpl_smmuv3_written(rpl, unit, &rec->mmio);
        else if (rpl->machine->units[unit].arch == SIM_ARCH_VTD)
            rpl_vtd_written(rpl, unit, &rec->mmio);
        model->ops->reg_write(model->model, rec->mmio.offset, rec->mmio.width, rec->mmio.value);
        rpl_instant(rpl);
    }
    rpl_exec_tell(rpl, rec, rpl->live.due_ps);
    return true;
}

static bool wait_is_over(struct rpl *rpl, const struct sim_rec_wait *wait)
{
    struct rpl_live *live = &rpl->live;
    uint64_t limit_ps = rpl->stats.n_wait_timeouts < RPL_MAX_LONG_WAITS ? rpl->cost.wait_limit : 0;

    live->gave_up = false;
    if (live->is_answer || rpl_wait_holds(rpl, wait))
        return true;
    if (wait->ret)
        limit_ps = sim_ps_from_ns(wait->took_ns);
    if (sim_queue_next_ps(rpl->machine->queue) != SIM_TIME_NEVER &&
        live->due_ps - live->start_ps < limit_ps)
        return false;
    live->gave_up = !wait->ret;
    if (live->gave_up && !rpl->is_fork)
        rpl->stats.n_wait_timeouts++;
    return true;
}

/* Looks that cost nothing come when something else has happened, and after all of that instant. */
static bool wait_for(struct rpl *rpl, const struct sim_record *rec)
{
    struct sim_queue *queue = rpl->machine->queue;
    struct rpl_live *live = &rpl->live;
    const uint64_t pause_ps = rpl->cost.poll + look_cost(rpl, &rec->wait);

    if (wait_is_over(rpl, &rec->wait)) {
        if (live->is_answer && !rpl->is_fork)
            rpl->stats.n_answers++;
        rpl_exec_advance_seq(rpl);
        rpl_exec_tell(rpl, rec, live->due_ps);
        return true;
    }
    if (pause_ps) {
        live->due_ps += pause_ps;
    } else {
        live->due_ps = sim_queue_next_ps(queue);
        sim_queue_at(queue, &live->look_source, live->due_ps, &live->look);
    }
    return false;
}

static bool mark(struct rpl *rpl, const struct sim_record *rec)
{
    struct rpl_live *live = &rpl->live;

    rpl_exec_advance_seq(rpl);
    rpl_exec_tell(rpl, rec, live->due_ps);
    rpl_instant(rpl); /* what was promised changes here */
    if (rec->kind == SIM_R_BEGIN)
        rpl_op_begin(rpl, rec);
    else
        live->free_ps = live->due_ps + rpl_op_end(rpl, rec);
    return true;
}

static bool dma(struct rpl *rpl, const struct sim_record *rec)
{
    if (!rpl_dma_has_room(rpl)) {
        rpl->live.due_ps += RPL_RETRY_PS;
        return false;
    }
    rpl_exec_advance_seq(rpl);
    rpl_dma_record(rpl, &rec->dma);
    rpl_exec_tell(rpl, rec, rpl->live.due_ps);
    if (!rpl->live.n_open) /* who asks between operations wants to see what is there then */
        rpl->live.free_ps = rpl->live.due_ps + rpl->cost.quiet;
    return true;
}

/* Configuration space of a function. */
static void switch_ats(struct rpl *rpl, const struct sim_rec_ats *rec)
{
    const size_t i = rpl_endpoint_index(rpl, rec->dev, UINT32_MAX);
    const struct sim_device *device = i == RPL_NO_DEVICE ? NULL : &rpl->scan->devices[i];
    const uint32_t unit = device ? rpl_unit_index(rpl, device->iommu) : RPL_NO_UNIT;

    if (unit == RPL_NO_UNIT || !rpl->machine->units[unit].atc)
        return;
    for (uint32_t r = 0; r < device->n_requesters; r++) {
        const int error =
            sim_atc_switch(rpl->machine->units[unit].atc, device->requester[r], rec->on, rec->pri);

        if (error)
            rpl_fail(rpl, error);
    }
}

static bool other(struct rpl *rpl, const struct sim_record *rec)
{
    if (rpl->live.is_answer && !rpl->is_fork)
        rpl->stats.n_answers++;
    rpl_exec_advance_seq(rpl);
    if (rec->kind == SIM_R_ATS)
        switch_ats(rpl, &rec->ats);
    if (rec->kind == SIM_R_MEMORY)
        rpl_late_fill(rpl, &rec->memory);
    if (rec->kind == SIM_R_BARRIER && rpl->machine->posted) {
        rpl_late_flush(rpl, &rec->barrier);
        rpl_instant(rpl);
    }
    if (rec->kind == SIM_R_MEMORY)
        rpl_fail(rpl, sim_mem_fill64(rpl->machine->mem, rec->memory.pa, rec->memory.size,
                                     rec->memory.fill));
    rpl_exec_tell(rpl, rec, rpl->live.due_ps);
    return true;
}

static bool take_effect(struct rpl *rpl, const struct sim_record *rec)
{
    switch (rec->kind) {
    case SIM_R_STORE:
        return store(rpl, rec);
    case SIM_R_MMIO_WRITE:
        return mmio_write(rpl, rec);
    case SIM_R_WAIT:
        return wait_for(rpl, rec);
    case SIM_R_BEGIN:
    case SIM_R_END:
        return mark(rpl, rec);
    case SIM_R_DMA:
        return dma(rpl, rec);
    default:
        return other(rpl, rec);
    }
}

/* ---- one after the other ---- */

static bool is_answer(const struct rpl *rpl, const struct sim_record *rec)
{
    uint32_t unit = RPL_NO_UNIT;

    if (rpl->beside.is_on)
        return false;
    if (rec->kind == SIM_R_MMIO_WRITE)
        unit = rpl_unit_index(rpl, rec->mmio.iommu);
    else if (rec->kind == SIM_R_MMIO_READ)
        unit = rpl_unit_index(rpl, rec->mmio_read.iommu);
    else if (rec->kind == SIM_R_WAIT)
        unit = rpl_unit_index(rpl, rec->wait.iommu);
    if (unit == RPL_NO_UNIT)
        return false;
    return rpl->machine->units[unit].arch == SIM_ARCH_VTD ? rpl_vtd_is_answer(rpl, unit, rec)
                                                          : rpl_smmuv3_is_answer(rpl, unit, rec);
}

static void take_in_hand(struct rpl *rpl, const struct sim_record *rec)
{
    struct rpl_live *live = &rpl->live;
    const uint64_t now_ps = rpl_now(rpl);

    live->phase = RPL_START;
    live->is_answer = is_answer(rpl, rec);
    live->start_ps = live->free_ps > now_ps ? live->free_ps : now_ps;
    if (rpl->cost.is_stamped)
        live->start_ps += stamped_gap(rpl, rec);
    else if (rpl_op_is_first(rpl, rec))
        live->start_ps += rpl->cost.quiet;
    live->trace_ns = rec->time_ns;
    live->has_begun = true;
    live->due_ps = live->start_ps;
    if (live->is_answer)
        return;
    live->due_ps += rpl->cost.kind[rec->kind];
    if (rec->kind == SIM_R_WAIT)
        live->due_ps += look_cost(rpl, &rec->wait);
}

static void run(void *ctx)
{
    struct rpl *rpl = ctx;
    struct rpl_live *live = &rpl->live;
    struct sim_queue *queue = rpl->machine->queue;
    const uint64_t now_ps = sim_queue_now_ps(queue);

    while (live->cursor < rpl->n_put) {
        const struct sim_record *rec = rpl_record_at(rpl, live->cursor);

        if (live->phase == RPL_NEXT)
            take_in_hand(rpl, rec);
        if (sim_event_is_scheduled(&live->look))
            return;
        if (live->due_ps > now_ps) {
            sim_queue_at(queue, &live->software_source, live->due_ps, &live->software);
            return;
        }
        live->free_ps = live->due_ps;
        if (!take_effect(rpl, rec))
            continue;
        live->phase = RPL_NEXT;
        live->cursor++;
    }
}

void rpl_exec_init(struct rpl *rpl)
{
    struct rpl_live *live = &rpl->live;

    set_costs(rpl);
    live->software_source = (struct sim_source){SIM_RANK_SOFTWARE, RPL_PORT_SOFTWARE, 0};
    live->look_source = (struct sim_source){SIM_RANK_OBSERVER, RPL_PORT_LOOK, 0};
    live->responder_source = (struct sim_source){SIM_RANK_SOFTWARE, RPL_PORT_RESPONDER, 0};
    live->software.fn = run;
    live->software.ctx = rpl;
    live->look.fn = run;
    live->look.ctx = rpl;
}

/* A record came while software had nothing to do. */
void rpl_exec_kick(struct rpl *rpl)
{
    struct rpl_live *live = &rpl->live;

    if (!sim_event_is_scheduled(&live->software) && !sim_event_is_scheduled(&live->look))
        sim_queue_at(rpl->machine->queue, &live->software_source, rpl_now(rpl), &live->software);
}
