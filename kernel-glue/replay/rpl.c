/* SPDX-License-Identifier: BSD-2-Clause
 * rpl.c - a replay from outside: records in, the machine runs, watchers are told.
 * Knows: the ring of waiting records, the loop. Must not know: what any record does. */
#include "kernel-glue/replay/rpl_private.h"

#include "sim/diag.h"
#include "sim/time.h"

#include <stdlib.h>
#include <string.h>

#define PASID_SEED UINT64_C(0x9e3779b97f4a7c15) /* odd: no two PASIDs alike */
#define FORGET_EVERY 65536u /* records; intent keeps what ended until it is told to forget */

/* What every replay looks at itself. */
#define INSTANT_FACTS                                                                              \
    (UINT64_C(1) << SIM_FACT_ATOM_FETCHED | UINT64_C(1) << SIM_FACT_ENTRY_CACHED |                 \
     UINT64_C(1) << SIM_FACT_ENTRY_DROPPED | UINT64_C(1) << SIM_FACT_WALK_STEP |                   \
     UINT64_C(1) << SIM_FACT_TLB_FILLED | UINT64_C(1) << SIM_FACT_TLB_SWEPT |                      \
     UINT64_C(1) << SIM_FACT_CMD_EXECUTED | UINT64_C(1) << SIM_FACT_SYNC_VISIBLE)
/* What makes an answer doubtful. */
#define DOUBT_FACTS (UINT64_C(1) << SIM_FACT_UNIMPL | UINT64_C(1) << SIM_FACT_UNKNOWN_READ)
/* Answers reach the observer by another way. */
#define DMA_FACTS (UINT64_C(1) << SIM_FACT_DMA_ISSUED | UINT64_C(1) << SIM_FACT_DMA_ANSWERED)

/* ---- for the other files ---- */

uint64_t rpl_now(const struct rpl *rpl)
{
    return sim_queue_now_ps(rpl->machine->queue);
}

const struct sim_record *rpl_record_at(const struct rpl *rpl, uint64_t index)
{
    return &rpl->ring[index % RPL_RING_RECORDS];
}

uint32_t rpl_unit_index(const struct rpl *rpl, uint16_t iommu)
{
    for (uint32_t i = 0; i < rpl->machine->n_units; i++) {
        if (rpl->machine->units[i].iommu == iommu)
            return i;
    }
    return RPL_NO_UNIT;
}

/* Devices are numbered in the order of the stream, so the first guess is nearly always right. */
size_t rpl_endpoint_index(const struct rpl *rpl, uint32_t dev, uint32_t pasid)
{
    const struct rpl_scan *scan = rpl->scan;
    const bool has_pasid = pasid != UINT32_MAX;
    const size_t first = has_pasid ? scan->n_devices : 0;
    const size_t end = has_pasid ? scan->n_endpoints : scan->n_devices;

    if (!has_pasid && dev < scan->n_devices && scan->devices[dev].dev == dev)
        return dev;
    for (size_t i = first; dev != SIM_NO_DEV && i < end; i++) {
        if (scan->devices[i].dev == dev && (!has_pasid || scan->devices[i].pasid == pasid))
            return i;
    }
    return RPL_NO_DEVICE;
}

void rpl_fail(struct rpl *rpl, int error)
{
    if (!rpl->error)
        rpl->error = error;
}

void rpl_tell_dma(struct rpl *rpl, const struct sim_dma_seen *seen)
{
    if (!rpl->is_fork && rpl->observer->dma)
        rpl->observer->dma(rpl->observer->ctx, seen);
}

/* Told by who sends, so that what an endpoint asks for itself is not among it. */
void rpl_tell_issued(struct rpl *rpl, uint16_t iommu, const struct sim_dma *dma)
{
    const struct sim_fact fact = {
        .time_ps = rpl_now(rpl),
        .kind = SIM_FACT_DMA_ISSUED,
        .iommu = iommu,
        .arg = {dma->requester, dma->has_pasid ? dma->pasid : SIM_NO_PASID, dma->iova, dma->access},
    };

    if (!rpl->is_fork && rpl->observer->fact)
        rpl->observer->fact(rpl->observer->ctx, &fact, rpl->live.seq);
}

/* ---- what the machine tells ---- */

static void traffic_answered(void *ctx, const struct sim_dma_seen *seen)
{
    rpl_tell_dma(ctx, seen);
}

static void traffic_issued(void *ctx, const struct sim_device *device, const struct sim_dma *dma)
{
    rpl_tell_issued(ctx, device->iommu, dma);
}

void rpl_on_fact(void *ctx, const struct sim_fact *fact)
{
    struct rpl *rpl = ctx;
    const uint64_t bit = UINT64_C(1) << fact->kind;

    if (fact->kind == SIM_FACT_EVENT_RECORDED && !rpl->beside.is_on)
        rpl_on_irq(rpl, (uint16_t)fact->iommu, SIM_IRQ_EVENTQ, true);
    if (rpl->is_fork) {
        if (bit & DOUBT_FACTS && !rpl->probes.has_fact) {
            rpl->probes.has_fact = true;
            rpl->probes.fact = *fact;
        }
        return;
    }
    if (bit & INSTANT_FACTS)
        rpl_instant(rpl);
    if (rpl->observer->fact)
        rpl->observer->fact(rpl->observer->ctx, fact, rpl->live.seq);
}

void rpl_on_irq(struct rpl *rpl, uint16_t iommu, enum sim_irq source, bool level)
{
    const uint32_t unit = rpl_unit_index(rpl, iommu);

    if (rpl->is_over)
        return;
    if (rpl->beside.is_on) {
        if (level)
            rpl->beside.irq(rpl->beside.ctx, iommu, source);
        return;
    }
    if (level && unit != RPL_NO_UNIT && rpl->machine->units[unit].arch == SIM_ARCH_SMMUV3)
        rpl_smmuv3_interrupt(rpl, unit, source);
    if (level && unit != RPL_NO_UNIT && rpl->machine->units[unit].arch == SIM_ARCH_VTD)
        rpl_vtd_interrupt(rpl, unit, source);
}

uint64_t rpl_facts_wanted(const struct rpl *rpl)
{
    const uint64_t all = (UINT64_C(1) << SIM_N_FACTS) - 1;
    const uint64_t own = INSTANT_FACTS | DOUBT_FACTS | UINT64_C(1) << SIM_FACT_EVENT_RECORDED;

    return rpl->observer->fact ? all & ~DMA_FACTS : own;
}

/* ---- making one ---- */

static int make_traffic(struct rpl *rpl)
{
    const struct rpl_config *config = rpl->config;

    rpl->intent = sim_intent_new();
    if (!rpl->intent)
        return SIM_ENOMEM;
    for (size_t i = 0; i < rpl->scan->n_endpoints; i++) {
        const struct sim_device *device = &rpl->scan->devices[i];
        const uint32_t unit = rpl_unit_index(rpl, device->iommu);
        const struct traffic_wiring wiring = {
            .queue = rpl->machine->queue,
            .iommu = unit == RPL_NO_UNIT ? NULL : &rpl->machine->units[unit].model,
            .intent = rpl->intent,
            .seq = &rpl->live.seq,
            .answered = traffic_answered,
            .issued = config->tells_requests ? traffic_issued : NULL,
            .ctx = rpl,
            .first = config->first,
            .last = config->last,
        };

        if (!device->n_requesters || unit == RPL_NO_UNIT || i >= RPL_PORT_DMA)
            continue;
        rpl->traffic[i] =
            traffic_new(&config->traffic, &wiring, device, (uint16_t)i,
                        config->seed + device->dev +
                            (device->has_pasid ? PASID_SEED * (device->pasid + UINT64_C(1)) : 0));
        if (!rpl->traffic[i])
            return SIM_ENOMEM;
    }
    return 0;
}

static int make(struct rpl *rpl)
{
    const size_t n_devices = rpl->scan->n_endpoints + 1; /* calloc(0) may give NULL */

    rpl->n_marks = (size_t)rpl->scan->max_cpu + 1;
    rpl->traffic = calloc(n_devices, sizeof(struct traffic *));
    rpl->devices = calloc(n_devices, sizeof(*rpl->devices));
    rpl->marks = calloc(rpl->n_marks, sizeof(*rpl->marks));
    rpl->ring = calloc(RPL_RING_RECORDS, sizeof(*rpl->ring));
    if (!rpl->traffic || !rpl->devices || !rpl->marks || !rpl->ring || rpl_instants_init(rpl))
        return SIM_ENOMEM;
    rpl_exec_init(rpl);
    rpl_dma_init(rpl);
    for (uint32_t i = 0; i < rpl->machine->n_units; i++) {
        if (rpl->machine->units[i].arch == SIM_ARCH_VTD)
            rpl_vtd_init(rpl, i);
        else
            rpl_smmuv3_init(rpl, i);
    }
    return rpl->config->traffic.kind == TRAFFIC_NONE ? 0 : make_traffic(rpl);
}

struct rpl *rpl_new(const struct rpl_config *config, const struct rpl_machine *machine,
                    const struct rpl_scan *scan, const struct sim_observer *observer)
{
    struct rpl *rpl = calloc(1, sizeof(*rpl));

    SIM_BUG_ON(machine->n_units > RPL_MAX_UNITS);
    SIM_BUG_ON(config->probe.iovas > RPL_MAX_IOVAS);
    if (!rpl)
        return NULL;
    rpl->config = config;
    rpl->machine = machine;
    rpl->scan = scan;
    rpl->observer = observer;
    if (make(rpl)) {
        rpl_free(rpl);
        return NULL;
    }
    return rpl;
}

void rpl_free(struct rpl *rpl)
{
    if (!rpl)
        return;
    for (size_t i = 0; rpl->traffic && i < rpl->scan->n_endpoints; i++)
        traffic_free(rpl->traffic[i]);
    free(rpl->traffic);
    free(rpl->devices);
    free(rpl->marks);
    free(rpl->ring);
    sim_intent_free(rpl->intent);
    rpl_instants_free(rpl);
    rpl_probe_free(rpl);
    free(rpl);
}

/* ---- the loop ---- */

static bool run_one(const struct rpl *rpl)
{
    const struct rpl_machine *machine = rpl->machine;

    return machine->run_one ? machine->run_one(machine->run_ctx)
                            : sim_queue_run_one(machine->queue);
}

/* One event of the machine, or the probes of an instant that comes before it. */
static void step(struct rpl *rpl)
{
    struct sim_queue *queue = rpl->machine->queue;

    if (rpl->probes.snapshot) {
        const uint64_t instant_ps = rpl_probe_next_ps(rpl);

        if (instant_ps < sim_queue_next_ps(queue)) {
            if (instant_ps > rpl_now(rpl))
                (void)sim_queue_advance(queue, instant_ps);
            rpl_probe_instant(rpl);
            return;
        }
    }
    SIM_BUG_ON(!run_one(rpl)); /* software has records, so it has an event */
}

static void run_until(struct rpl *rpl, uint64_t until_ps)
{
    while (!rpl->error && rpl_probe_next_ps(rpl) <= until_ps) {
        if (rpl_probe_next_ps(rpl) > rpl_now(rpl))
            (void)sim_queue_advance(rpl->machine->queue, rpl_probe_next_ps(rpl));
        rpl_probe_instant(rpl);
    }
    while (rpl->machine->run_one && sim_queue_next_ps(rpl->machine->queue) <= until_ps)
        (void)run_one(rpl);
    (void)sim_queue_advance(rpl->machine->queue, until_ps);
}

/* Run until at most @n_left records wait. */
void rpl_run_records(struct rpl *rpl, uint64_t n_left)
{
    if (rpl->n_put > rpl->live.cursor)
        rpl_exec_kick(rpl);
    while (!rpl->error && rpl->n_put - rpl->live.cursor > n_left)
        step(rpl);
    if (rpl->intent && rpl->live.seq - rpl->forgotten_seq >= FORGET_EVERY) {
        rpl->forgotten_seq = rpl->live.seq;
        sim_intent_forget(rpl->intent, rpl->live.seq);
    }
}

/* Strings are the caller's, and who watches knows devices and properties from the scan. */
static void drop_strings(struct sim_record *rec)
{
    if (rec->kind == SIM_R_META) {
        rec->meta.key = (struct sim_str){"", 0};
        rec->meta.value = rec->meta.key;
    } else if (rec->kind == SIM_R_DEVICE) {
        rec->device.name = (struct sim_str){"", 0};
    } else if (rec->kind == SIM_R_MARK) {
        rec->note.text = (struct sim_str){"", 0};
    }
}

int rpl_put(void *ctx, const struct sim_record *rec)
{
    struct rpl *rpl = ctx;
    struct sim_record *place;

    if (rpl->n_put - rpl->live.cursor == RPL_RING_RECORDS)
        rpl_run_records(rpl, RPL_LOOK_AHEAD);
    if (rpl->error)
        return rpl->error;
    place = &rpl->ring[rpl->n_put % RPL_RING_RECORDS];
    rpl_tables_stage(rpl->scan->tables, rec, place);
    drop_strings(place);
    rpl->n_put++;
    return 0;
}

/* An error that comes again with every acknowledge would go on for ever: it is left alone after as
 * long as a wait would be. */
static void come_to_rest(struct rpl *rpl)
{
    struct sim_queue *queue = rpl->machine->queue;
    const uint64_t limit_ps = rpl_now(rpl) + rpl->cost.wait_limit;

    while (sim_queue_next_ps(queue) <= limit_ps && run_one(rpl))
        continue;
    rpl->is_over = true;
    while (rpl->machine->run_one && run_one(rpl))
        continue;
    (void)sim_queue_advance(queue, SIM_TIME_NEVER);
}

int rpl_finish(struct rpl *rpl)
{
    uint64_t until_ps;

    rpl_run_records(rpl, 0);
    if (rpl->error)
        return rpl->error;
    until_ps = rpl_now(rpl) + rpl->cost.quiet;
    if (until_ps < rpl->live.free_ps)
        until_ps = rpl->live.free_ps;
    run_until(rpl, until_ps);
    for (size_t i = 0; i < rpl->scan->n_endpoints; i++) {
        if (rpl->traffic[i])
            traffic_stop(rpl->traffic[i]);
    }
    come_to_rest(rpl);
    rpl_probe_deliver(rpl, UINT64_MAX);
    rpl_instants_close(rpl);
    rpl->stats.end_ps = rpl_now(rpl);
    return rpl->error;
}

const uint64_t *rpl_instants(const struct rpl *rpl, size_t *n_instants)
{
    *n_instants = rpl->instants.n_all;
    return rpl->instants.all;
}

const struct rpl_stats *rpl_get_stats(const struct rpl *rpl)
{
    return &rpl->stats;
}
