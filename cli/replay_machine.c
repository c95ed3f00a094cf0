/* SPDX-License-Identifier: BSD-2-Clause
 * replay_machine.c - builds a machine and binds its parts: records go in, facts come out. */
#include "cli/replay_machine.h"

#include "cli/replay_unit.h"
#include "sim/mem.h"
#include "sim/posted.h"
#include "sim/snapshot.h"

#include <stdlib.h>
#include <string.h>

#define MEMORY_LIMIT_BYTES (UINT64_C(4) << 30)

/* One IOMMU and its way to memory. */
struct unit {
    struct replay_machine *machine;
    uint16_t iommu;
    uint8_t arch;
    struct sim_mem_port *mem_port;
    struct sim_port port;
    struct sim_tap tap;
    struct sim_iommu model;
    bool has_model;
    struct sim_atc *atc;
};

struct replay_machine {
    const struct config *config;
    uint64_t facts; /* bit per kind that is wanted; ALL_FACTS: by an observer without a check */
    const struct sim_observer *also;
    struct sim_queue *queue;
    struct sim_mem *mem;
    struct sim_posted posted; /* if parts.posted is set */
    uint32_t n_ats_functions;
    struct unit units[RPL_MAX_UNITS];
    struct rpl_machine parts;
    struct sim_snapshot *snapshot;
    struct chk *chk;
    struct sim_observer chk_observer;
    struct sim_observer observer;
    struct rpl *rpl;
    struct rpl_config rpl_config;
    const struct replay_hold *hold;
    const struct replay_front *front; /* NULL: models are called directly */
};

/* ---- What a model asks of the world --------------------------------------------------------- */

/* A model keeps its tap from birth on, before there is a replay to take facts. Requests are told to
 * the observer by whoever sends them, not as facts of a model. */
#define DMA_FACTS (UINT64_C(1) << SIM_FACT_DMA_ISSUED | UINT64_C(1) << SIM_FACT_DMA_ANSWERED)
/* They cost time, and only few watchers want them. */
#define DEAR_FACTS (UINT64_C(1) << SIM_FACT_TLB_LOOKED_UP | UINT64_C(1) << SIM_FACT_QUEUE_MOVED)
#define ALL_FACTS UINT64_MAX
#define MODEL_FACTS (((UINT64_C(1) << SIM_N_FACTS) - 1) & ~(DMA_FACTS | DEAR_FACTS))

static void unit_fact(void *ctx, const struct sim_fact *fact)
{
    const struct unit *unit = ctx;

    rpl_on_fact(unit->machine->rpl, fact);
}

static bool is_held(const struct unit *unit, struct sim_access *access)
{
    const struct replay_hold *hold = unit->machine->hold;

    return hold && unit == &unit->machine->units[0] && hold->wants(hold->ctx, access);
}

/* A model that reads what nobody wrote works with zeros: whatever follows is a guess. */
static void unit_access(void *ctx, struct sim_access *access)
{
    struct unit *unit = ctx;

    if (access->op == SIM_ACCESS_READ &&
        !sim_mem_is_known(unit->machine->mem, access->pa, access->n_bytes)) {
        const struct sim_fact fact = {.time_ps = sim_queue_now_ps(unit->machine->queue),
                                      .kind = SIM_FACT_UNKNOWN_READ,
                                      .iommu = unit->iommu,
                                      .arg = {access->structure, access->pa, access->n_bytes}};

        sim_tap_emit(&unit->tap, &fact);
    }
    if (!is_held(unit, access))
        sim_mem_port_access(unit->mem_port, access);
}

static void unit_irq(void *ctx, enum sim_irq source, bool level)
{
    const struct unit *unit = ctx;

    rpl_on_irq(unit->machine->rpl, unit->iommu, source, level);
}

static void unit_ats_inv(void *ctx, const struct sim_ats_inv *inv)
{
    sim_atc_inv(((const struct unit *)ctx)->atc, inv);
}

static void unit_page_response(void *ctx, const struct sim_page_response *response)
{
    sim_atc_page_response(((const struct unit *)ctx)->atc, response);
}

static void unit_flush_writes(void *ctx)
{
    sim_posted_flush_buffer(&((const struct unit *)ctx)->machine->posted);
}

static const struct sim_port_ops unit_port_ops = {
    .access = unit_access,
    .irq = unit_irq,
    .ats_inv = unit_ats_inv,
    .page_response = unit_page_response,
    .flush_writes = unit_flush_writes,
};

static void unit_see(void *ctx, struct sim_access *access)
{
    sim_posted_hide(ctx, access);
}

/* ---- Watchers ------------------------------------------------------------------------------- */

static void tee_record(void *ctx, const struct sim_record_seen *seen)
{
    const struct replay_machine *machine = ctx;

    machine->chk_observer.record(machine->chk_observer.ctx, seen);
    if (machine->also->record)
        machine->also->record(machine->also->ctx, seen);
}

static void tee_fact(void *ctx, const struct sim_fact *fact, uint64_t seq)
{
    const struct replay_machine *machine = ctx;

    machine->chk_observer.fact(machine->chk_observer.ctx, fact, seq);
    if (machine->also->fact)
        machine->also->fact(machine->also->ctx, fact, seq);
}

static void tee_dma(void *ctx, const struct sim_dma_seen *seen)
{
    const struct replay_machine *machine = ctx;

    machine->chk_observer.dma(machine->chk_observer.ctx, seen);
    if (machine->also->dma)
        machine->also->dma(machine->also->ctx, seen);
}

/* ---- Building ------------------------------------------------------------------------------- */

/* Without ATS they only pass on what comes. */
static struct sim_atc *new_endpoints(const struct replay_machine *machine, const struct unit *unit,
                                     uint16_t port)
{
    const struct sim_atc_wiring wiring = {
        .queue = machine->queue,
        .behind = unit->model,
        .port = port,
        .n_functions = machine->n_ats_functions,
        .seed = machine->config->rpl.seed,
    };

    return sim_atc_new(&machine->config->atc, &wiring);
}

static int make_model(const struct replay_machine *machine, const struct replay_unit_wiring *wiring,
                      struct sim_iommu *out)
{
    return machine->front ? machine->front->make(machine->front->ctx, wiring, out)
                          : replay_unit_new(wiring, out);
}

static int build_unit(struct replay_machine *machine, const struct rpl_scan_unit *scanned,
                      struct sim_diag *diag)
{
    const size_t index = machine->parts.n_units;
    struct unit *unit = &machine->units[index];
    const struct sim_mem_timing timing = sim_mem_param_timing(&machine->config->mem);
    int err;

    if (!replay_unit_is_modelled(scanned->arch))
        return sim_diag_text(diag, SIM_EUNIMPL, 0, 0,
                             "IOMMU %u is of architecture %s, which is not modelled yet",
                             scanned->iommu, sim_enum_word(SIM_SHOW_ARCH, scanned->arch));
    unit->machine = machine;
    unit->iommu = scanned->iommu;
    unit->port = (struct sim_port){&unit_port_ops, unit};
    unit->tap = (struct sim_tap){machine->facts & ~DMA_FACTS, unit_fact, unit};
    unit->mem_port =
        sim_mem_port_new(machine->mem, machine->queue, &timing, (uint16_t)index, false);
    if (!unit->mem_port)
        return sim_diag_text(diag, SIM_ENOMEM, 0, 0, "no memory for a machine");
    unit->arch = scanned->arch;
    err = make_model(machine,
                     &(struct replay_unit_wiring){machine->config, scanned, index, machine->queue,
                                                  &unit->port, &unit->tap},
                     &unit->model);
    if (err == SIM_EINVAL)
        return sim_diag_text(diag, err, 0, 0,
                             "the settings of section %s do not fit each other: a cache's "
                             "entries must be a multiple of its ways",
                             scanned->arch == SIM_ARCH_VTD ? "vtd" : "smmu");
    if (err)
        return sim_diag_text(diag, err, 0, 0, "no memory for a machine");
    unit->has_model = true;
    unit->atc = new_endpoints(machine, unit, (uint16_t)index);
    if (!unit->atc)
        return sim_diag_text(diag, SIM_ENOMEM, 0, 0, "no memory for a machine");
    machine->parts.units[index] = (struct rpl_unit){.iommu = scanned->iommu,
                                                    .arch = scanned->arch,
                                                    .model = sim_atc_front(unit->atc),
                                                    .atc = unit->atc};
    machine->parts.n_units++;
    return 0;
}

/* Which stores units see late, where the stream tells what was flushed (docs/replay.md). */
static void post_stores(struct replay_machine *machine, const struct rpl_scan *scan)
{
    bool is_cached = false;
    bool has_buffer = false;

    for (size_t i = 0; i < scan->n_units && scan->is_recorded_from_start; i++) {
        is_cached |= replay_unit_misses_caches(machine->config, &scan->units[i]);
        has_buffer |= replay_unit_has_buffer(machine->config, &scan->units[i]);
    }
    if (!is_cached && !has_buffer)
        return;
    machine->posted.has_buffer = has_buffer;
    machine->parts.posted = &machine->posted;
    machine->parts.is_cached = is_cached;
    for (size_t i = 0; i < machine->parts.n_units; i++)
        sim_mem_port_view(machine->units[i].mem_port, unit_see, &machine->posted);
}

static int bind_check(struct replay_machine *machine, const struct rpl_scan *scan)
{
    const uint8_t arch = scan->n_units ? scan->units[0].arch : (uint8_t)SIM_ARCH_SMMUV3;

    machine->chk = chk_new(replay_names(arch), scan->devices, scan->n_devices, scan->resolution_ns);
    if (!machine->chk)
        return SIM_ENOMEM;
    if (scan->registers_unknown)
        chk_blind(machine->chk, "the stream lacks the set-up of the hardware, or all registers");
    else if (scan->maps_unknown)
        chk_blind(machine->chk, "maps without their iommu:map events: what they map is not known");
    machine->chk_observer = chk_observer(machine->chk);
    machine->observer = machine->chk_observer;
    if (machine->also)
        machine->observer = (struct sim_observer){tee_record, tee_fact, tee_dma, machine};
    return 0;
}

static int bind(struct replay_machine *machine, const struct rpl_scan *scan)
{
    if (machine->facts == ALL_FACTS)
        machine->observer = *machine->also;
    else if (bind_check(machine, scan))
        return SIM_ENOMEM;
    machine->rpl_config = machine->config->rpl;
    machine->rpl_config.tells_requests = machine->facts >> SIM_FACT_DMA_ISSUED & 1;
    machine->rpl = rpl_new(&machine->rpl_config, &machine->parts, scan, &machine->observer);
    return machine->rpl ? 0 : SIM_ENOMEM;
}

static struct replay_machine *new_machine(const struct config *config, const struct rpl_scan *scan,
                                          const struct sim_observer *also, uint64_t facts,
                                          const struct replay_front *front, struct sim_diag *diag)
{
    struct replay_machine *machine = calloc(1, sizeof(*machine));
    int err = 0;

    if (!machine) {
        (void)sim_diag_text(diag, SIM_ENOMEM, 0, 0, "no memory for a machine");
        return NULL;
    }
    machine->config = config;
    machine->also = also;
    machine->facts = facts;
    machine->front = front;
    if (front) {
        machine->parts.run_one = front->run_one;
        machine->parts.run_ctx = front->ctx;
    }
    for (size_t i = 0; i < scan->n_devices && scan->has_ats; i++)
        machine->n_ats_functions += scan->devices[i].n_requesters;
    machine->queue = sim_queue_new();
    machine->mem = sim_mem_new(MEMORY_LIMIT_BYTES);
    if (!machine->queue || !machine->mem)
        err = sim_diag_text(diag, SIM_ENOMEM, 0, 0, "no memory for a machine");
    machine->parts.queue = machine->queue;
    machine->parts.mem = machine->mem;
    for (size_t i = 0; i < scan->n_units && !err; i++)
        err = build_unit(machine, &scan->units[i], diag);
    if (!err)
        post_stores(machine, scan);
    if (!err && bind(machine, scan))
        err = sim_diag_text(diag, SIM_ENOMEM, 0, 0, "no memory for a machine");
    if (!err)
        return machine;
    replay_machine_free(machine);
    return NULL;
}

struct replay_machine *replay_machine_new(const struct config *config, const struct rpl_scan *scan,
                                          const struct sim_observer *also, struct sim_diag *diag)
{
    return new_machine(config, scan, also, MODEL_FACTS, NULL, diag);
}

struct replay_machine *replay_machine_new_behind(const struct config *config,
                                                 const struct rpl_scan *scan,
                                                 const struct sim_observer *also,
                                                 const struct replay_front *front,
                                                 struct sim_diag *diag)
{
    return new_machine(config, scan, also, MODEL_FACTS, front, diag);
}

struct replay_machine *replay_machine_new_watched(const struct config *config,
                                                  const struct rpl_scan *scan,
                                                  const struct sim_observer *observer,
                                                  struct sim_diag *diag)
{
    return new_machine(config, scan, observer, ALL_FACTS, NULL, diag);
}

void replay_machine_free(struct replay_machine *machine)
{
    if (!machine)
        return;
    if (machine->rpl)
        rpl_free(machine->rpl);
    for (size_t i = 0; i < RPL_MAX_UNITS; i++) {
        struct unit *unit = &machine->units[i];

        sim_atc_free(unit->atc);
        if (unit->has_model)
            unit->model.ops->free(unit->model.model);
        if (unit->mem_port)
            sim_mem_port_free(unit->mem_port);
    }
    if (machine->chk)
        chk_free(machine->chk);
    sim_snapshot_free(machine->snapshot);
    sim_mem_free(machine->mem);
    if (machine->queue)
        sim_queue_free(machine->queue);
    free(machine);
}

int replay_machine_probe(struct replay_machine *machine, const uint64_t *instants_ps,
                         size_t n_instants)
{
    struct sim_snapshot *snapshot = sim_snapshot_new();
    int err;

    if (!snapshot)
        return SIM_ENOMEM;
    machine->snapshot = snapshot;
    err = sim_queue_state(machine->queue, snapshot);
    if (!err && machine->parts.posted)
        err = sim_snapshot_add(snapshot, &machine->posted, sizeof(machine->posted));
    for (size_t i = 0; i < machine->parts.n_units && !err; i++) {
        struct unit *unit = &machine->units[i];

        err = sim_mem_port_state(unit->mem_port, snapshot);
        if (!err)
            err = replay_unit_state(unit->arch, unit->model.model, snapshot);
        if (!err)
            err = sim_atc_state(unit->atc, snapshot);
    }
    return err ? err : rpl_snapshot(machine->rpl, snapshot, instants_ps, n_instants);
}

struct rpl *replay_machine_rpl(struct replay_machine *machine)
{
    return machine->rpl;
}

struct sim_mem *replay_machine_mem(struct replay_machine *machine)
{
    return machine->mem;
}

void replay_machine_watch(struct replay_machine *machine,
                          void (*wrote)(void *ctx, const struct sim_access *access), void *ctx)
{
    for (size_t i = 0; i < machine->parts.n_units; i++)
        sim_mem_port_watch(machine->units[i].mem_port, wrote, ctx);
}

void replay_machine_hold(struct replay_machine *machine, const struct replay_hold *hold)
{
    machine->hold = hold;
}

void replay_machine_pass(struct replay_machine *machine, struct sim_access *access)
{
    sim_mem_port_access(machine->units[0].mem_port, access);
}

struct sim_iommu replay_machine_front(const struct replay_machine *machine)
{
    return machine->parts.units[0].model;
}

void replay_machine_forget(struct replay_machine *machine, uint32_t requester)
{
    (void)sim_atc_empty(machine->units[0].atc, requester); /* without ATS it keeps nothing */
}

struct sim_queue *replay_machine_queue(struct replay_machine *machine)
{
    return machine->queue;
}

int replay_machine_put(void *machine, const struct sim_record *rec)
{
    return rpl_put(((struct replay_machine *)machine)->rpl, rec);
}

void replay_machine_doubt(struct replay_machine *machine, const char *why)
{
    chk_doubt(machine->chk, why);
}

int replay_machine_finish(struct replay_machine *machine)
{
    const int err = rpl_finish(machine->rpl);

    return err || !machine->chk ? err : chk_finish(machine->chk);
}

const struct chk_report *replay_machine_report(const struct replay_machine *machine)
{
    return chk_get_report(machine->chk);
}

const struct rpl_stats *replay_machine_stats(const struct replay_machine *machine)
{
    return rpl_get_stats(machine->rpl);
}

const uint64_t *replay_machine_instants(const struct replay_machine *machine, size_t *n_instants)
{
    return rpl_instants(machine->rpl, n_instants);
}
