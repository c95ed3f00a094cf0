/* SPDX-License-Identifier: BSD-2-Clause
 * chk_cost.c - what an operation did and what it waited for.
 * Knows: stores, commands, waits. Must not know: verdicts. */
#include "check/chk_private.h"
#include "sim/diag.h"

#define SLOT_BYTES 16u /* of a command queue: a store to its low half brings the command */

/* ---- Stores, commands, registers ------------------------------------------------------------- */

/* Counts of the stage that runs; before the first one, of what leads to it. NULL: of none. */
static struct chk_counts *stores_of_part(struct chk_live *live)
{
    if (!live)
        return NULL;
    if (live->part_is_open)
        return &live->parts[live->n_parts - 1].stores;
    return live->has_lead ? &live->lead_stores : NULL;
}

static struct chk_counts *commands_of_part(struct chk_live *live)
{
    if (!live)
        return NULL;
    if (live->part_is_open)
        return &live->parts[live->n_parts - 1].commands;
    return live->has_lead ? &live->lead_commands : NULL;
}

static void count_sync(struct chk_op *op, struct chk_live *live)
{
    op->syncs++;
    if (live && live->part_is_open)
        live->parts[live->n_parts - 1].syncs++;
    else if (live && live->has_lead)
        live->lead_syncs++;
}

static void count_command(struct chk *chk, uint32_t op, const struct sim_rec_store *store)
{
    struct chk_live *live = chk_live_of(chk, op);
    struct chk_counts *of_part = commands_of_part(live);
    const char *name = "command";

    if (store->pa % SLOT_BYTES)
        return;
    if (chk->names.command)
        name = chk->names.command(store->value, store->value_hi);
    if (!name)
        return;
    chk_count(&chk->ops[op].commands, name, 1);
    if (of_part)
        chk_count(of_part, name, 1);
    if (chk->names.is_sync && chk->names.is_sync(store->value, store->value_hi))
        count_sync(&chk->ops[op], live);
}

static bool is_command(uint8_t structure)
{
    return structure == SIM_S_CMD || structure == SIM_S_QI;
}

static void count_store(struct chk *chk, uint32_t op, const struct sim_record *rec)
{
    struct chk_counts *of_part = stores_of_part(chk_live_of(chk, op));
    const char *name = sim_structure_infos[rec->store.structure].json_name;
    const uint64_t n = rec->store.width == 16 && !(rec->flags & SIM_RF_ATOMIC) ? 2 : 1;

    chk_count(&chk->ops[op].stores, name, n);
    if (of_part)
        chk_count(of_part, name, n);
}

/* Does this access belong to a switch? Its first one begins it. */
static bool is_switching(struct chk *chk, struct chk_cpu *cpu)
{
    struct chk_mark *mark;

    if (cpu->switcher == CHK_NONE || cpu->is_in_table)
        return false;
    mark = &cpu->mark[cpu->switcher];
    if (!mark->has_begun) {
        mark->has_begun = true;
        chk_switch_begin(chk, mark->slot, &mark->target, cpu->op);
    }
    return true;
}

void chk_on_store(struct chk *chk, const struct sim_record_seen *seen)
{
    const struct sim_record *rec = seen->rec;
    struct chk_cpu *cpu = chk_cpu(chk, rec->cpu);
    bool in_switch;

    if (!cpu)
        return;
    in_switch = is_switching(chk, cpu);
    if (chk->resolution_ns)
        chk_near(chk, &(struct chk_near){.time_ns = rec->time_ns,
                                         .address = rec->store.pa & ~UINT64_C(7),
                                         .op = cpu->op,
                                         .cpu = rec->cpu,
                                         .kind = SIM_R_STORE,
                                         .in_switch = in_switch});
    if (cpu->op == CHK_NONE)
        return;
    if (is_command(rec->store.structure)) {
        count_command(chk, cpu->op, &rec->store);
        return;
    }
    chk->extra[cpu->op].switch_stores += in_switch;
    count_store(chk, cpu->op, rec);
}

void chk_on_mmio(struct chk *chk, const struct sim_record_seen *seen)
{
    const struct sim_record *rec = seen->rec;
    struct chk_cpu *cpu = chk_cpu(chk, rec->cpu);
    bool in_switch;

    if (!cpu)
        return;
    in_switch = is_switching(chk, cpu);
    if (chk->resolution_ns)
        chk_near(chk, &(struct chk_near){.time_ns = rec->time_ns,
                                         .address = rec->mmio.offset,
                                         .op = cpu->op,
                                         .cpu = rec->cpu,
                                         .iommu = rec->mmio.iommu,
                                         .kind = SIM_R_MMIO_WRITE,
                                         .in_switch = in_switch});
    cpu->has_doorbell = true;
    cpu->doorbell_ps = seen->end_ps;
    chk->doorbell_op = cpu->op;
    if (cpu->op != CHK_NONE)
        chk->ops[cpu->op].mmio_writes++;
}

/* ---- Waits ----------------------------------------------------------------------------------- */

/*
 * When software could see that what it waits for is done: the newest sync of that slot, else the
 * newest of the unit, after @from_ps. Else when it saw it.
 */
static uint64_t visible_ps(const struct chk *chk, const struct sim_record_seen *seen,
                           uint64_t from_ps)
{
    const struct sim_rec_wait *wait = &seen->rec->wait;
    uint64_t n = chk->n_syncs < CHK_N_SYNCS ? chk->n_syncs : CHK_N_SYNCS;
    uint64_t other_ps = seen->end_ps;

    for (uint64_t i = chk->n_syncs; n > 0; n--) {
        const struct chk_sync *sync = &chk->sync[--i % CHK_N_SYNCS];

        if (sync->time_ps < from_ps)
            break;
        if (sync->iommu != wait->iommu || sync->time_ps > seen->end_ps)
            continue;
        if (wait->cond == SIM_COND_QUEUE && sync->queue == wait->addr && sync->index == wait->index)
            return sync->time_ps;
        if (other_ps == seen->end_ps)
            other_ps = sync->time_ps;
    }
    return other_ps;
}

void chk_on_wait(struct chk *chk, const struct sim_record_seen *seen)
{
    const struct sim_rec_wait *wait = &seen->rec->wait;
    struct chk_cpu *cpu = chk_cpu(chk, seen->rec->cpu);
    struct chk_live *live;
    struct chk_op *op;
    uint64_t from_ps = seen->start_ps, until_ps = seen->end_ps;

    if (seen->gave_up)
        chk->has_stuck_wait = true;
    if (!cpu || cpu->op == CHK_NONE)
        return;
    if (seen->gave_up)
        chk_op_inconclusive(chk, cpu->op, CHK_STUCK_WAIT);
    live = chk_live_of(chk, cpu->op);
    op = &chk->ops[cpu->op];
    if (wait->ret)
        chk_op_inconclusive(chk, cpu->op, "the driver gave up waiting");
    if (!live)
        return;
    if (wait->cond != SIM_COND_REG) {
        if (cpu->has_doorbell && cpu->doorbell_ps >= op->begin_ps)
            from_ps = cpu->doorbell_ps;
        until_ps = visible_ps(chk, seen, from_ps);
    }
    if (from_ps < live->hw_until_ps) /* that was counted already */
        from_ps = live->hw_until_ps;
    if (until_ps < from_ps)
        until_ps = from_ps;
    live->hw_until_ps = until_ps;
    op->hw_ps += until_ps - from_ps;
    if (chk_sample(&live->syncs, until_ps - from_ps))
        chk->error = SIM_ENOMEM;
}

/* ---- Figures --------------------------------------------------------------------------------- */

static struct chk_latency latency_of(struct chk_sampler *sampler)
{
    chk_sampler_sort(sampler);
    return (struct chk_latency){.n = sampler->total,
                                .p50 = chk_percentile(sampler, 50),
                                .p99 = chk_percentile(sampler, 99),
                                .max = sampler->max};
}

void chk_cost_finish(struct chk_op *op, struct chk_live *live)
{
    const uint64_t total_ps = op->end_ps - op->begin_ps;

    op->before = latency_of(&live->before);
    op->during = latency_of(&live->during);
    op->after = latency_of(&live->after);
    for (uint32_t i = 0; op->before.n && i < live->after.n; i++) {
        if (live->after.value[i] > op->before.p50)
            op->refill_ps += (live->after.value[i] - op->before.p50) * live->after.stride;
    }
    chk_sampler_sort(&live->syncs);
    op->sync_p50_ps = chk_percentile(&live->syncs, 50);
    op->sync_max_ps = live->syncs.max;
    op->cpu_ps = total_ps > op->hw_ps ? total_ps - op->hw_ps : 0;
    if (live->has_gap) /* it never came back, as far as was seen */
        op->dma_blocked_ps += live->gap_last_ps - live->gap_ps;
    live->has_gap = false;
}
