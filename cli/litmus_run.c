/* SPDX-License-Identifier: BSD-2-Clause
 * litmus_run.c - one litmus test on one hardware: a machine, its program, and who watches.
 * Knows: acts, a model's two tables of functions. Must not know: any architecture.
 *
 * Software's stores become visible in another order in runs that want to find mistakes: until
 * something orders them (a barrier, a register write, a wait), only two stores to one place keep
 * theirs (semantics of recorded barriers). Where stores keep their order (x86), they are late. */
#include "cli/litmus.h"
#include "sim/atc/atc.h"
#include "sim/diag.h"
#include "sim/rng.h"
#include "sim/time.h"

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#define MEMORY_LIMIT_BYTES (UINT64_C(256) << 20) /* more than a file may fill */

enum {
    MAX_IN_FLIGHT = 64,
    MAX_WATCHES = 8,
    MAX_WATCHING = 8, /* requests of watches in flight: hardware must get through them */
    MAX_HELD = 64,
    SLOW_STEP_NS = 700, /* between two acts, at most */
    WAIT_STEP_NS = 200, /* between two looks */
    WATCH_NS = 100000,  /* of a wait: with requests of watches */
    REST_NS = 20000,    /* at the end, so that what is late is seen */
    PATIENCE_NS = 100 * 1000 * 1000,
};

/* A request in flight. @act: whose answers it may have. */
struct flight {
    struct run *run;
    const struct litmus_act *act;
    struct sim_dma dma;
    bool is_used, is_refused;
};

struct held_store {
    bool is_command;
    uint64_t pa;
    uint32_t n_bytes;
    uint8_t bytes[16];
};

struct run {
    const struct litmus *litmus;
    const struct litmus_variant *variant;
    struct litmus_run *result;
    struct config config;
    struct sim_queue *queue;
    struct sim_mem *mem;
    struct sim_mem_port *mem_port;
    struct sim_port port;
    struct sim_iommu iommu, front;
    struct sim_atc *atc;
    struct sim_rng rng;
    struct flight flights[MAX_IN_FLIGHT];
    const struct litmus_act *watches[MAX_WATCHES];
    unsigned n_watches;
    struct held_store held[MAX_HELD];
    unsigned n_held;
    uint32_t requester[32]; /* of the device records, by number */
    bool is_body;
};

/* ---- the port -------------------------------------------------------------------------------- */

static void on_access(void *ctx, struct sim_access *access)
{
    sim_mem_port_access(((struct run *)ctx)->mem_port, access);
}

static void on_irq(void *ctx, enum sim_irq source, bool level)
{
    (void)ctx;
    (void)source;
    (void)level;
}

static void on_ats_inv(void *ctx, const struct sim_ats_inv *inv)
{
    sim_atc_inv(((struct run *)ctx)->atc, inv);
}

static void on_page_response(void *ctx, const struct sim_page_response *response)
{
    sim_atc_page_response(((struct run *)ctx)->atc, response);
}

static const struct sim_port_ops port_ops = {
    .access = on_access,
    .irq = on_irq,
    .ats_inv = on_ats_inv,
    .page_response = on_page_response,
};

/* ---- failures -------------------------------------------------------------------------------- */

static void fail(struct run *run, uint32_t line, const char *what)
{
    struct litmus_run *result = run->result;

    if (result->has_failed)
        return;
    result->has_failed = true;
    result->line = line;
    (void)snprintf(result->why, sizeof(result->why), "%s", what);
}

static void fail_answer(struct run *run, const struct flight *flight)
{
    const struct litmus_arch *arch = run->litmus->arch;
    const struct sim_dma *dma = &flight->dma;
    char request[128];
    char permitted[256];
    char answer[64];
    char why[LITMUS_WHY_BYTES];

    litmus_request_text(&flight->act->dma, request, sizeof(request));
    litmus_outcomes_text(arch, &flight->act->dma, permitted, sizeof(permitted));
    if (dma->status == SIM_DMA_OK)
        (void)snprintf(answer, sizeof(answer), "pa 0x%" PRIx64, dma->pa);
    else if (dma->event)
        (void)snprintf(answer, sizeof(answer), "event %s", arch->event_name(dma->event));
    else
        (void)snprintf(answer, sizeof(answer), "%s",
                       dma->status == SIM_DMA_UR       ? "ur"
                       : dma->status == SIM_DMA_RAZ_WI ? "raz"
                                                       : "abort");
    (void)snprintf(why, sizeof(why), "%s gave %s, permitted: %s", request, answer, permitted);
    fail(run, flight->act->line, why);
}

/* ---- requests -------------------------------------------------------------------------------- */

static void answered(void *ctx)
{
    struct flight *flight = ctx;
    struct run *run = flight->run;
    const struct litmus_request *request = &flight->act->dma;
    bool is_permitted = false;

    flight->is_used = false;
    run->result->n_answers++;
    for (unsigned i = 0; i < request->n_outcomes; i++)
        is_permitted = is_permitted || litmus_fits(&request->outcome[i], &flight->dma);
    for (size_t i = 0; i < run->litmus->n_acts; i++) {
        const struct litmus_act *act = &run->litmus->acts[i];

        if (act->kind == LITMUS_ACT_SEEN && &run->litmus->acts[act->seen.of] == flight->act &&
            litmus_fits(&act->seen.outcome, &flight->dma))
            run->result->seen[i] = true;
    }
    if (!is_permitted)
        fail_answer(run, flight);
}

static void submit(struct run *run, struct flight *flight)
{
    flight->is_refused = !run->front.ops->submit(run->front.model, &flight->dma);
}

static struct flight *send(struct run *run, const struct litmus_act *act)
{
    const struct litmus_request *request = &act->dma;
    struct flight *flight = NULL;

    for (unsigned i = 0; i < MAX_IN_FLIGHT && !flight; i++) {
        if (!run->flights[i].is_used)
            flight = &run->flights[i];
    }
    if (!flight)
        return NULL;
    *flight = (struct flight){.run = run, .act = act, .is_used = true};
    flight->dma = (struct sim_dma){
        .iova = request->iova,
        .n_bytes = request->n_bytes,
        .requester = request->requester,
        .pasid = request->pasid,
        .has_pasid = request->has_pasid,
        .kind = SIM_DMA_UNTRANSLATED,
        .access = request->access,
        .done = {.fn = answered, .ctx = flight},
    };
    submit(run, flight);
    return flight;
}

static void offer_again(struct run *run)
{
    for (unsigned i = 0; i < MAX_IN_FLIGHT; i++) {
        if (run->flights[i].is_used && run->flights[i].is_refused)
            submit(run, &run->flights[i]);
    }
}

/* ---- time ------------------------------------------------------------------------------------ */

static void pass(struct run *run, uint64_t ns)
{
    (void)sim_queue_advance(run->queue, sim_queue_now_ps(run->queue) + ns * SIM_PS_PER_NS);
    offer_again(run);
}

static void watch(struct run *run)
{
    unsigned n_open = 0;

    for (unsigned i = 0; i < MAX_IN_FLIGHT; i++)
        n_open += run->flights[i].is_used;
    for (unsigned i = 0; i < run->n_watches && n_open < MAX_WATCHING; i++) {
        if (!run->variant->is_slow || sim_rng_below(&run->rng, 2))
            (void)send(run, run->watches[i]);
    }
}

/* What lies between two acts of software. */
static void between(struct run *run)
{
    if (!run->variant->is_slow) {
        pass(run, 1000);
        watch(run);
        pass(run, 1000);
        return;
    }
    watch(run);
    pass(run, sim_rng_below(&run->rng, SLOW_STEP_NS));
}

/* ---- stores ---------------------------------------------------------------------------------- */

static void land(struct run *run, unsigned i)
{
    const struct held_store store = run->held[i];

    memmove(&run->held[i], &run->held[i + 1], (run->n_held - i - 1) * sizeof(run->held[0]));
    run->n_held--;
    SIM_BUG_ON(sim_mem_write(run->mem, store.pa, store.bytes, store.n_bytes));
}

/* Any of them but those behind another one to the same place. */
static void land_one(struct run *run)
{
    const bool is_in_order = run->litmus->arch->check->is_in_order;
    unsigned i = is_in_order ? 0 : (unsigned)sim_rng_below(&run->rng, run->n_held);

    for (unsigned k = 0; k < i; k++) {
        if (run->held[k].pa / 16 == run->held[i].pa / 16 &&
            run->held[k].pa < run->held[i].pa + run->held[i].n_bytes &&
            run->held[i].pa < run->held[k].pa + run->held[k].n_bytes) {
            i = k;
            break;
        }
    }
    land(run, i);
}

/* Everything before is visible. */
static void order(struct run *run)
{
    while (run->n_held) {
        land_one(run);
        if (run->is_body)
            between(run);
    }
}

static void land_commands(struct run *run)
{
    for (unsigned i = 0; i < run->n_held;) {
        if (run->held[i].is_command)
            land(run, i);
        else
            i++;
    }
}

static void hold(struct run *run, const struct sim_rec_store *rec, uint64_t pa, const void *bytes,
                 uint32_t n_bytes)
{
    struct held_store *store;

    if (run->n_held == MAX_HELD)
        land_one(run);
    store = &run->held[run->n_held++];
    store->is_command = rec->structure == SIM_S_CMD || rec->structure == SIM_S_QI;
    store->pa = pa;
    store->n_bytes = n_bytes;
    memcpy(store->bytes, bytes, n_bytes);
    if (run->variant->caches != LITMUS_CACHES_ADVERSARIAL || !run->is_body)
        order(run);
    else if (sim_rng_below(&run->rng, 2))
        land_one(run);
}

static void do_store(struct run *run, const struct sim_record *rec)
{
    const uint64_t words[2] = {rec->store.value, rec->store.value_hi};

    if (rec->store.width < 16 || rec->flags & SIM_RF_ATOMIC) {
        hold(run, &rec->store, rec->store.pa, words, rec->store.width);
        return;
    }
    hold(run, &rec->store, rec->store.pa, &words[0], 8);
    hold(run, &rec->store, rec->store.pa + 8, &words[1], 8);
}

/* ---- waits ----------------------------------------------------------------------------------- */

static const struct flight *in_flight(const struct run *run)
{
    for (unsigned i = 0; i < MAX_IN_FLIGHT; i++) {
        if (run->flights[i].is_used)
            return &run->flights[i];
    }
    return NULL;
}

static uint64_t read_memory(const struct run *run, uint64_t pa, uint32_t n_bytes)
{
    uint64_t value = 0;

    sim_mem_read(run->mem, pa, &value, n_bytes);
    return value;
}

static bool is_true(const struct run *run, const struct sim_rec_wait *wait)
{
    uint64_t value;

    if (wait->cond == SIM_COND_QUEUE)
        return run->litmus->arch->slot_is_done(&run->iommu, wait->index);
    value = wait->cond == SIM_COND_REG ? run->iommu.ops->reg_read(run->iommu.model, wait->addr,
                                                                  wait->mask > UINT32_MAX ? 8 : 4)
                                       : read_memory(run, wait->addr, 8);
    return (value & wait->mask) == wait->value;
}

/* Devices send while software waits, but not for ever: without caches, one request can stay behind
 * as long as others come, and a CMD_SYNC waits for it. */
static void do_wait(struct run *run, uint32_t line, const struct sim_rec_wait *wait)
{
    const uint64_t start_ps = sim_queue_now_ps(run->queue);
    const uint64_t limit_ps = start_ps + PATIENCE_NS * SIM_PS_PER_NS;
    const uint64_t watched_ps = start_ps + WATCH_NS * SIM_PS_PER_NS;
    bool is_over;

    while (!is_true(run, wait)) {
        if (run->is_body && sim_queue_now_ps(run->queue) < watched_ps)
            watch(run);
        pass(run, run->variant->is_slow ? WAIT_STEP_NS : 10);
        is_over = sim_queue_now_ps(run->queue) > watched_ps && !in_flight(run) &&
                  sim_queue_next_ps(run->queue) == SIM_TIME_NEVER;
        if ((is_over && !is_true(run, wait)) || sim_queue_now_ps(run->queue) > limit_ps) {
            fail(run, line, "software waited in vain");
            return;
        }
    }
}

/* ---- acts ------------------------------------------------------------------------------------ */

static void do_record(struct run *run, const struct litmus_act *act)
{
    const struct sim_record *rec = &act->rec;

    switch ((enum sim_record_kind)rec->kind) {
    case SIM_R_STORE:
        do_store(run, rec);
        break;
    case SIM_R_MEMORY:
        SIM_BUG_ON(sim_mem_fill64(run->mem, rec->memory.pa, rec->memory.size, rec->memory.fill));
        break;
    case SIM_R_FREE: /* somebody else's data now */
        order(run);
        SIM_BUG_ON(sim_mem_fill64(run->mem, rec->memfree.pa, rec->memfree.size, 0));
        break;
    case SIM_R_MMIO_WRITE: /* a queue's slots before its pointer; else only barriers order */
        if (run->litmus->arch->check->is_in_order)
            order(run);
        land_commands(run);
        run->iommu.ops->reg_write(run->iommu.model, rec->mmio.offset, rec->mmio.width,
                                  rec->mmio.value);
        break;
    case SIM_R_BARRIER:
        order(run);
        break;
    case SIM_R_WAIT:
        order(run);
        do_wait(run, act->line, &rec->wait);
        break;
    case SIM_R_DEVICE:
        if (rec->device.dev < sizeof(run->requester) / sizeof(run->requester[0]))
            run->requester[rec->device.dev] = rec->device.requester;
        break;
    case SIM_R_ATS:
        order(run);
        SIM_BUG_ON(rec->ats.dev >= sizeof(run->requester) / sizeof(run->requester[0]));
        SIM_BUG_ON(sim_atc_switch(run->atc, run->requester[rec->ats.dev],
                                  rec->ats.on == SIM_ONOFF_ON, rec->ats.pri == SIM_ONOFF_ON));
        break;
    case SIM_R_END: /* who acts on its return does so behind a register write, or a lock */
        if (run->litmus->arch->check->is_in_order)
            order(run);
        break;
    case SIM_R_META: /* from here: what software means, and what it saw */
    case SIM_R_IOMMU:
    case SIM_R_MMIO_READ:
    case SIM_R_BEGIN:
    case SIM_R_MAP:
    case SIM_R_UNMAP:
    case SIM_R_EVENT:
    case SIM_R_LOST:
    case SIM_R_MARK:
    case SIM_R_GROUP:
    case SIM_R_FAULT:
    case SIM_R_DMA:
    case SIM_N_RECORD_KINDS:
        break;
    }
}

static void do_dma(struct run *run, const struct litmus_act *act)
{
    const uint64_t limit_ps = sim_queue_now_ps(run->queue) + PATIENCE_NS * SIM_PS_PER_NS;
    const struct flight *flight;

    if (run->litmus->arch->check->is_in_order)
        order(run); /* software tells the device by a register write */
    while ((flight = send(run, act)) == NULL)
        pass(run, 10);
    while (act->kind == LITMUS_ACT_DMA && flight->is_used && flight->act == act) {
        pass(run, 10);
        if (sim_queue_now_ps(run->queue) > limit_ps) {
            fail(run, act->line, "the request has no answer");
            return;
        }
    }
}

static void do_read(struct run *run, const struct litmus_act *act)
{
    const struct litmus_read *read = &act->read;
    const uint64_t value = read->is_reg
                               ? run->iommu.ops->reg_read(run->iommu.model, read->at, read->n_bytes)
                               : read_memory(run, read->at, read->n_bytes);
    char why[128];

    if ((value & read->mask) == read->value)
        return;
    (void)snprintf(why, sizeof(why), "read 0x%" PRIx64 " (0x%" PRIx64 " under the mask)", value,
                   value & read->mask);
    fail(run, act->line, why);
}

/* Hardware has written what it is going to write when nothing is left to do. */
static void do_event(struct run *run, const struct litmus_act *act)
{
    const struct litmus_event *event = &act->event;
    uint64_t words[4] = {0};
    char why[LITMUS_WHY_BYTES];
    bool is_there;

    pass(run, REST_NS);
    is_there = run->litmus->arch->next_event(&run->iommu, run->mem, words);
    for (unsigned i = 0; i < 4 && is_there && !event->is_none; i++) {
        if ((words[i] & event->mask[i]) != event->value[i])
            is_there = false;
    }
    if (is_there != event->is_none)
        return;
    (void)snprintf(why, sizeof(why),
                   "next event 0x%" PRIx64 " 0x%" PRIx64 " 0x%" PRIx64 " 0x%" PRIx64 ", wanted: %s",
                   words[0], words[1], words[2], words[3], event->is_none ? "none" : event->text);
    fail(run, act->line, why);
}

static void do_act(struct run *run, const struct litmus_act *act)
{
    switch ((enum litmus_act_kind)act->kind) {
    case LITMUS_ACT_RECORD:
        do_record(run, act);
        break;
    case LITMUS_ACT_START:
        run->is_body = true;
        break;
    case LITMUS_ACT_DMA:
    case LITMUS_ACT_ASYNC:
        do_dma(run, act);
        break;
    case LITMUS_ACT_WATCH:
        if (run->n_watches < MAX_WATCHES)
            run->watches[run->n_watches++] = act;
        else
            fail(run, act->line, "more than 8 watches at once");
        break;
    case LITMUS_ACT_UNWATCH:
        run->n_watches = 0;
        break;
    case LITMUS_ACT_EVENT:
        do_event(run, act);
        break;
    case LITMUS_ACT_READ:
        do_read(run, act);
        break;
    case LITMUS_ACT_ABORTS:
        SIM_BUG_ON(sim_mem_forget(run->mem, act->range.pa, act->range.n_bytes));
        break;
    case LITMUS_ACT_SEEN:
    case LITMUS_ACT_EXISTS:
    case LITMUS_ACT_FORALL:
    case LITMUS_ACT_CLASS:
    case LITMUS_ACT_COUNT:
        return; /* of the whole */
    }
    if (run->is_body)
        between(run);
}

/* ---- the machine ----------------------------------------------------------------------------- */

static int build(struct run *run)
{
    const struct sim_mem_timing timing = sim_mem_param_timing(&run->config.mem);
    struct sim_atc_wiring wiring = {.n_functions = 16, .seed = run->variant->seed};
    int err;

    run->queue = sim_queue_new();
    run->mem = sim_mem_new(MEMORY_LIMIT_BYTES);
    if (!run->queue || !run->mem)
        return SIM_ENOMEM;
    run->mem_port = sim_mem_port_new(run->mem, run->queue, &timing, 0, true);
    if (!run->mem_port)
        return SIM_ENOMEM;
    run->port = (struct sim_port){&port_ops, run};
    err = run->litmus->arch->model(&run->config, run->queue, &run->port, &run->iommu);
    if (err)
        return err;
    wiring.queue = run->queue;
    wiring.behind = run->iommu;
    run->atc = sim_atc_new(&run->config.atc, &wiring);
    if (!run->atc)
        return SIM_ENOMEM;
    run->front = sim_atc_front(run->atc);
    sim_rng_seed(&run->rng, run->variant->seed);
    return 0;
}

static void tear_down(struct run *run)
{
    sim_atc_free(run->atc);
    if (run->iommu.ops)
        run->iommu.ops->free(run->iommu.model);
    if (run->mem_port)
        sim_mem_port_free(run->mem_port);
    sim_mem_free(run->mem);
    if (run->queue)
        sim_queue_free(run->queue);
    free(run);
}

static void come_to_rest(struct run *run)
{
    const uint64_t limit_ps = sim_queue_now_ps(run->queue) + PATIENCE_NS * SIM_PS_PER_NS;

    do
        pass(run, REST_NS);
    while (in_flight(run) && sim_queue_now_ps(run->queue) < limit_ps);
    if (in_flight(run))
        fail(run, in_flight(run)->act->line, "the request has no answer");
}

int litmus_run(const struct litmus *litmus, const struct litmus_variant *variant,
               struct litmus_run *result)
{
    struct run *run = calloc(1, sizeof(*run));
    int err;

    if (!run)
        return SIM_ENOMEM;
    run->litmus = litmus;
    run->variant = variant;
    run->result = result;
    litmus_configure(litmus, variant, &run->config);
    err = build(run);
    for (size_t i = 0; i < litmus->n_acts && !err && !result->has_failed; i++)
        do_act(run, &litmus->acts[i]);
    if (!err) {
        order(run);
        run->n_watches = 0;
        come_to_rest(run);
    }
    tear_down(run);
    return err;
}
