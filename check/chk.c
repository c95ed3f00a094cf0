/* SPDX-License-Identifier: BSD-2-Clause
 * chk.c - takes what a replay tells, and hands out the report.
 * Knows: which file wants which record and fact. Must not know: any rule. */
#include "check/chk.h"

#include "check/chk_private.h"
#include "sim/diag.h"

#include <stdlib.h>

#define FORGET_EVERY 4096u /* records */

const char *chk_class_name(enum chk_class verdict)
{
    static const char *const names[CHK_N_CLASSES] = {
        [CHK_HITLESS] = "HITLESS", [CHK_BREAKS] = "BREAKS", [CHK_STALE_REFUSAL] = "STALE-REFUSAL",
        [CHK_TORN] = "TORN",       [CHK_STALE] = "STALE",   [CHK_POISONS] = "POISONS",
        [CHK_DANGLES] = "DANGLES",
    };

    return verdict < CHK_N_CLASSES ? names[verdict] : "";
}

struct chk *chk_new(const struct chk_names *names, const struct sim_device *devices,
                    size_t n_devices, uint64_t resolution_ns)
{
    struct chk *chk = calloc(1, sizeof(*chk));

    if (!chk)
        return NULL;
    chk->names = *names;
    chk->devices = devices;
    chk->n_devices = n_devices;
    chk->resolution_ns = resolution_ns;
    chk->doorbell_op = CHK_NONE;
    chk->intent = sim_intent_new();
    if (!chk->intent) {
        free(chk);
        return NULL;
    }
    return chk;
}

static void free_live(struct chk_live *live)
{
    free(live->before.value);
    free(live->during.value);
    free(live->after.value);
    free(live->tail.value);
    free(live->syncs.value);
    free(live->runs);
    free(live);
}

void chk_free(struct chk *chk)
{
    if (!chk)
        return;
    for (uint32_t i = 0; i < chk->n_ops; i++) {
        free(chk->ops[i].parts);
        free(chk->ops[i].stretches);
    }
    free(chk->ops);
    free(chk->extra);
    for (uint32_t i = 0; i < chk->n_live; i++)
        free_live(chk->live[i]);
    free(chk->live);
    free(chk->idle_live);
    for (size_t i = 0; i < chk->n_slots; i++) {
        free(chk->slots[i]->rows);
        free(chk->slots[i]);
    }
    free(chk->slots);
    for (uint32_t i = 0; i < chk->n_cpus; i++)
        free(chk->cpus[i]);
    free(chk->cpus);
    sim_intent_free(chk->intent);
    free(chk);
}

/* ---- What the replay tells ------------------------------------------------------------------- */

static void take_promise(struct chk *chk, const struct sim_record_seen *seen)
{
    if (sim_intent_record(chk->intent, seen->rec, seen->seq))
        chk->error = SIM_ENOMEM;
}

static uint32_t op_of_cpu(struct chk *chk, uint16_t number)
{
    const struct chk_cpu *cpu = chk_cpu(chk, number);

    return cpu ? cpu->op : CHK_NONE;
}

static void on_record(void *ctx, const struct sim_record_seen *seen)
{
    struct chk *chk = ctx;
    const struct sim_record *rec = seen->rec;

    chk->seq = seen->seq;
    chk->now_ps = seen->end_ps;
    chk->now_ns = rec->time_ns;
    switch (rec->kind) {
    case SIM_R_STORE:
        chk_on_store(chk, seen);
        break;
    case SIM_R_MMIO_WRITE:
        chk_on_mmio(chk, seen);
        chk_on_power(chk, seen);
        break;
    case SIM_R_WAIT:
        chk_on_wait(chk, seen);
        break;
    case SIM_R_BEGIN:
        take_promise(chk, seen);
        chk_mark_begin(chk, seen);
        break;
    case SIM_R_END:
        take_promise(chk, seen);
        chk_mark_end(chk, seen);
        break;
    case SIM_R_MAP:
    case SIM_R_UNMAP:
        take_promise(chk, seen);
        break;
    case SIM_R_MEMORY:
        chk_on_memory(chk, rec->memory.pa, rec->memory.size);
        break;
    case SIM_R_FREE:
        chk_on_free(chk, rec->memfree.pa, rec->memfree.size, op_of_cpu(chk, rec->cpu));
        break;
    case SIM_R_LOST:
        chk_on_lost(chk, rec->lost.n);
        break;
    default:
        break;
    }
    if (chk->seq % FORGET_EVERY == 0 && chk->seq > CHK_INTENT_RECORDS) {
        chk->forgotten_seq = chk->seq - CHK_INTENT_RECORDS;
        sim_intent_forget(chk->intent, chk->forgotten_seq);
    }
}

/* A command's effect is the operation's that rang last: a fact does not tell who wrote it. */
static void on_swept(struct chk *chk, const struct sim_fact *fact)
{
    struct chk_op *op;

    if (chk->doorbell_op == CHK_NONE)
        return;
    op = &chk->ops[chk->doorbell_op];
    op->swept += fact->arg[0];
    op->killed += fact->arg[1];
    op->collateral += fact->arg[2];
}

/* An event is the operation's that the device is in the window of. */
static void on_event(struct chk *chk, const struct sim_fact *fact)
{
    const uint64_t code = fact->arg[0];
    const char *name = chk->names.event ? chk->names.event(code) : NULL;

    for (size_t i = 0; i < chk->n_devices; i++) {
        const struct sim_device *device = &chk->devices[i];

        for (uint32_t k = 0; k < device->n_requesters; k++) {
            struct chk_slot *slot;
            const struct chk_segment *newest;

            if (device->requester[k] != fact->arg[1] || device->iommu != fact->iommu)
                continue;
            slot = chk_slot_find(chk, device->dev, CHK_NO_PASID);
            newest = slot ? chk_newest(slot) : NULL;
            if (newest && newest->op != CHK_NONE)
                chk_count(&chk->ops[newest->op].events, name ? name : "event", 1);
            return;
        }
    }
}

static void on_sync(struct chk *chk, const struct sim_fact *fact)
{
    chk->sync[chk->n_syncs++ % CHK_N_SYNCS] = (struct chk_sync){.time_ps = fact->time_ps,
                                                                .queue = fact->arg[0],
                                                                .index = fact->arg[1],
                                                                .iommu = fact->iommu};
}

static void on_fact(void *ctx, const struct sim_fact *fact, uint64_t seq)
{
    struct chk *chk = ctx;

    (void)seq; /* facts come in order: it is that of the last record */
    switch (fact->kind) {
    case SIM_FACT_ATOM_FETCHED:
        chk_on_table_read(chk, fact->arg[1]);
        break;
    case SIM_FACT_WALK_STEP:
        chk_on_table_read(chk, fact->arg[2]);
        break;
    case SIM_FACT_TLB_SWEPT:
        on_swept(chk, fact);
        break;
    case SIM_FACT_EVENT_RECORDED:
        on_event(chk, fact);
        break;
    case SIM_FACT_SYNC_VISIBLE:
        on_sync(chk, fact);
        break;
    case SIM_FACT_UNIMPL:
    case SIM_FACT_UNKNOWN_READ:
        chk_on_hole(chk, fact);
        break;
    default:
        break;
    }
}

static void on_dma(void *ctx, const struct sim_dma_seen *seen)
{
    chk_judge(ctx, seen);
}

void chk_blind(struct chk *chk, const char *why)
{
    chk->blind_why = why;
}

void chk_doubt(struct chk *chk, const char *why)
{
    chk->doubt_why = why;
}

struct sim_observer chk_observer(struct chk *chk)
{
    return (struct sim_observer){.record = on_record, .fact = on_fact, .dma = on_dma, .ctx = chk};
}

/* ---- The report ------------------------------------------------------------------------------ */

static void report_whole(struct chk *chk)
{
    struct chk_report *report = &chk->report;

    if (chk->blind_why)
        report->why = chk->blind_why;
    else if (report->lost_events)
        report->why = "events were lost";
    else if (chk->has_stuck_wait)
        report->why = CHK_STUCK_WAIT;
    else if (report->ops_left_out)
        report->why = "there are more operations than a report has room for";
    else if (chk->doubt_why)
        report->why = chk->doubt_why;
    for (uint32_t i = 0; i < chk->n_ops; i++) {
        if (chk->ops[i].worst > report->worst)
            report->worst = chk->ops[i].worst;
        if (chk->ops[i].inconclusive && !report->why)
            report->why = chk->ops[i].why;
    }
    report->inconclusive = report->why != NULL;
    report->ops = chk->ops;
    report->n_ops = chk->n_ops;
}

int chk_finish(struct chk *chk)
{
    chk_mark_finish(chk);
    for (size_t i = 0; i < chk->n_slots; i++) {
        chk_stretch_flush(chk, chk->slots[i]);
        chk_live_drop(chk, chk->slots[i]->live[1]);
        chk_live_drop(chk, chk->slots[i]->live[0]);
        chk->slots[i]->live[0] = chk->slots[i]->live[1] = CHK_NONE;
    }
    for (uint32_t i = 0; i < chk->n_ops; i++)
        chk_op_judge(chk, i);
    report_whole(chk);
    return chk->error;
}

const struct chk_report *chk_get_report(const struct chk *chk)
{
    return &chk->report;
}
