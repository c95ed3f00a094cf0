/* SPDX-License-Identifier: BSD-2-Clause
 * rpl_probe.c - what would a request see that is sent at this moment?
 * Knows: instants, forks of the machine. Must not know: which answer is a good one.
 *
 * At an instant the state of the whole machine is taken; for each address one request is sent and
 * the machine, software included, runs on until it is answered; then everything is put back. The
 * answer is told when the run itself has come to the record that was the newest then, so that
 * whoever judges it knows all promises made until then, and none made later. */
#include "kernel-glue/replay/rpl_private.h"

#include "sim/diag.h"
#include "sim/time.h"

#include <stdlib.h>
#include <string.h>

#define PROBE_BYTES 64u
#define MAX_BYSTANDERS 4u /* other devices of the unit: one address each */

/* @number: of the probe, so that answers of one seq keep their order. */
struct rpl_pending {
    struct sim_dma_seen seen;
    uint64_t number;
    bool has_fact;
    struct sim_fact fact;
};

/* ---- answers, waiting for the run to come to their record ---- */

static bool is_before(const struct rpl_pending *a, const struct rpl_pending *b)
{
    if (a->seen.answer_seq != b->seen.answer_seq)
        return a->seen.answer_seq < b->seen.answer_seq;
    return a->number < b->number;
}

static void swap(struct rpl_pending *a, struct rpl_pending *b)
{
    const struct rpl_pending was = *a;

    *a = *b;
    *b = was;
}

static bool make_room(struct rpl_probes *probes)
{
    const size_t room = probes->room ? 2 * probes->room : 256;
    struct rpl_pending *bigger;

    if (probes->n_answers < probes->room)
        return true;
    bigger = realloc(probes->answers, room * sizeof(*bigger));
    if (!bigger)
        return false;
    probes->answers = bigger;
    probes->room = room;
    return true;
}

static void push(struct rpl *rpl, const struct rpl_pending *pending)
{
    struct rpl_probes *probes = &rpl->probes;
    size_t i;

    if (!make_room(probes)) {
        rpl_fail(rpl, SIM_ENOMEM);
        return;
    }
    i = probes->n_answers++;
    probes->answers[i] = *pending;
    for (; i && is_before(&probes->answers[i], &probes->answers[(i - 1) / 2]); i = (i - 1) / 2)
        swap(&probes->answers[i], &probes->answers[(i - 1) / 2]);
}

static struct rpl_pending pop(struct rpl_probes *probes)
{
    struct rpl_pending *heap = probes->answers;
    const struct rpl_pending first = heap[0];
    size_t i = 0;

    heap[0] = heap[--probes->n_answers];
    for (;;) {
        size_t child = 2 * i + 1;

        if (child + 1 < probes->n_answers && is_before(&heap[child + 1], &heap[child]))
            child++;
        if (child >= probes->n_answers || !is_before(&heap[child], &heap[i]))
            return first;
        swap(&heap[child], &heap[i]);
        i = child;
    }
}

/* Tell the answers that came while record @seq or one before it was the newest. */
void rpl_probe_deliver(struct rpl *rpl, uint64_t seq)
{
    struct rpl_probes *probes = &rpl->probes;
    const struct sim_observer *observer = rpl->observer;

    while (probes->n_answers && probes->answers[0].seen.answer_seq <= seq) {
        const struct rpl_pending pending = pop(probes);

        if (pending.has_fact && observer->fact)
            observer->fact(observer->ctx, &pending.fact, pending.seen.answer_seq);
        rpl_tell_dma(rpl, &pending.seen);
    }
}

/* ---- one fork ---- */

static void answered(void *ctx)
{
    struct rpl_probes *probes = ctx;

    probes->is_answered = true;
}

/* It takes the first slot that becomes free: traffic that waits, too, would be ahead of it for
 * ever. Return: false if it found none until @limit_ps. */
static bool submit(struct rpl *rpl, const struct sim_iommu *model, uint64_t limit_ps)
{
    struct sim_queue *queue = rpl->machine->queue;

    while (!model->ops->submit(model->model, &rpl->probes.dma)) {
        if (sim_queue_next_ps(queue) > limit_ps)
            return false;
        (void)sim_queue_run_one(queue);
    }
    return true;
}

/* Send the request that probes->dma holds and let the machine run on. Return: was it answered? */
static bool run_on(struct rpl *rpl, uint32_t unit, struct sim_dma_seen *seen)
{
    struct rpl_probes *probes = &rpl->probes;
    struct sim_queue *queue = rpl->machine->queue;
    const uint64_t limit_ps = rpl_now(rpl) + sim_ps_from_ns(rpl->config->probe.limit_ns);

    probes->is_answered = false;
    probes->has_fact = false;
    seen->issue_ps = rpl_now(rpl);
    seen->issue_seq = rpl->live.seq;
    if (!submit(rpl, &rpl->machine->units[unit].model, limit_ps))
        return false;
    seen->issue_ps = rpl_now(rpl);
    seen->issue_seq = rpl->live.seq;
    while (!probes->is_answered && sim_queue_next_ps(queue) <= limit_ps)
        (void)sim_queue_run_one(queue);
    if (probes->is_answered)
        rpl_dma_seen(seen, &probes->dma, rpl_now(rpl), rpl->live.seq);
    return probes->is_answered;
}

/* Send one request, put everything back. */
static void probe(struct rpl *rpl, const struct sim_device *device, uint32_t unit, uint32_t k)
{
    struct rpl_probes *probes = &rpl->probes;
    const struct rpl_device *state = &rpl->devices[device - rpl->scan->devices];
    struct rpl_pending pending = {.seen = {.dev = device->dev, .is_probe = true},
                                  .number = probes->n_made};

    probes->dma = (struct sim_dma){
        .iova = state->iova[k],
        .n_bytes = PROBE_BYTES,
        .requester = device->requester[k % device->n_requesters],
        .pasid = device->pasid,
        .has_pasid = device->has_pasid,
        .kind = SIM_DMA_UNTRANSLATED,
        .access = k % 2 ? SIM_DMA_WRITE : SIM_DMA_READ,
        .tbu = (uint8_t)device->dev, /* as its traffic */
        .done = {.fn = answered, .ctx = probes},
    };
    probes->n_made++;
    if (run_on(rpl, unit, &pending.seen)) {
        pending.has_fact = probes->has_fact;
        pending.fact = probes->fact;
    } else {
        rpl->stats.n_probes_unanswered++;
        rpl_dma_seen(&pending.seen, &probes->dma, rpl_now(rpl), rpl->live.seq);
        pending.seen.status = SIM_DMA_PENDING;
    }
    push(rpl, &pending);
    sim_snapshot_restore(probes->snapshot);
    sim_mem_journal_rollback(rpl->machine->mem);
}

/* ---- one instant ---- */

/* The unit of a device that can be probed, or RPL_NO_UNIT. */
static uint32_t unit_of(const struct rpl *rpl, size_t i)
{
    const struct sim_device *device = &rpl->scan->devices[i];

    return device->n_requesters ? rpl_unit_index(rpl, device->iommu) : RPL_NO_UNIT;
}

/* A device that had nothing to try may have something now. The page of an unmap stays the one to
 * try while that is looked at: once it is unmapped, it must not be found again. */
static void refresh(struct rpl *rpl, struct rpl_device *device)
{
    const bool is_outdated = device->generation != sim_intent_generation(rpl->intent);

    if (device->is_ranged && device->epoch == rpl->live.epoch)
        return;
    if (device->has_domain && !device->is_switching &&
        (!device->n_iovas || (is_outdated && (device->n_iovas == 1 || device->is_ranged))))
        rpl_target_choose(rpl, device, device->domain, device->domain);
}

/* What an ATC keeps hides what becomes of an address that it does not keep: both are tried. */
static void probe_warm_and_cold(struct rpl *rpl, const struct sim_device *device, uint32_t unit,
                                uint32_t k)
{
    struct sim_atc *atc = rpl->machine->units[unit].atc;

    probe(rpl, device, unit, k);
    if (atc && sim_atc_empty(atc, device->requester[k % device->n_requesters]))
        probe(rpl, device, unit, k);
}

static void probe_all(struct rpl *rpl)
{
    uint32_t n_bystanders = 0;

    for (size_t i = 0; i < rpl->scan->n_endpoints; i++) {
        const struct rpl_device *device = &rpl->devices[i];
        const uint32_t unit = unit_of(rpl, i);
        const bool is_watched = device->epoch == rpl->live.epoch;
        uint32_t n = device->n_iovas;

        if (unit == RPL_NO_UNIT || !n)
            continue;
        if (!is_watched) {
            if (!device->has_domain || n_bystanders == MAX_BYSTANDERS)
                continue;
            n_bystanders++;
            n = 1;
        }
        for (uint32_t k = 0; k < n; k++)
            probe_warm_and_cold(rpl, &rpl->scan->devices[i], unit, k);
    }
}

uint64_t rpl_probe_next_ps(const struct rpl *rpl)
{
    const struct rpl_probes *probes = &rpl->probes;

    return probes->next < probes->n_instants ? probes->instants[probes->next] : SIM_TIME_NEVER;
}

/* Everything up to the instant has happened, and nothing after it. */
void rpl_probe_instant(struct rpl *rpl)
{
    struct rpl_probes *probes = &rpl->probes;
    int error;

    while (rpl_probe_next_ps(rpl) <= rpl_now(rpl))
        probes->next++;
    if (!rpl->live.epoch)
        return;
    for (size_t i = 0; i < rpl->scan->n_endpoints; i++)
        refresh(rpl, &rpl->devices[i]);
    error = sim_snapshot_take(probes->snapshot);
    if (error) {
        rpl_fail(rpl, error);
        return;
    }
    rpl->is_fork = true;
    sim_mem_journal_begin(rpl->machine->mem);
    probe_all(rpl);
    sim_mem_journal_end(rpl->machine->mem);
    rpl->is_fork = false;
    rpl->stats.n_probes = probes->n_made;
}

/* ---- turning it on ---- */

static int add_regions(struct rpl *rpl, struct sim_snapshot *snapshot)
{
    const size_t n = rpl->scan->n_endpoints;
    int error = sim_snapshot_add(snapshot, &rpl->live, sizeof(rpl->live));

    if (!error)
        error = sim_snapshot_add(snapshot, rpl->marks, rpl->n_marks * sizeof(*rpl->marks));
    if (!error && n)
        error = sim_snapshot_add(snapshot, rpl->devices, n * sizeof(*rpl->devices));
    for (size_t i = 0; i < n && !error; i++) {
        if (rpl->traffic[i])
            error = traffic_state(rpl->traffic[i], snapshot);
    }
    return error;
}

/* Each instant, and the moments just before and after it; ascending, without doubles. */
static int set_instants(struct rpl *rpl, const uint64_t *instants_ps, size_t n_instants)
{
    struct rpl_probes *probes = &rpl->probes;
    const uint64_t around = rpl->config->probe.around_ps;
    size_t at[3] = {0, 0, 0};

    probes->instants = malloc((3 * n_instants + 1) * sizeof(uint64_t));
    if (!probes->instants)
        return SIM_ENOMEM;
    for (;;) {
        uint64_t first = SIM_TIME_NEVER;

        for (size_t i = 0; i < 3; i++) {
            const uint64_t t = at[i] < n_instants ? instants_ps[at[i]] + i * around : first;

            first = t < first ? t : first;
        }
        if (first == SIM_TIME_NEVER)
            return 0;
        for (size_t i = 0; i < 3; i++) {
            while (at[i] < n_instants && instants_ps[at[i]] + i * around == first)
                at[i]++;
        }
        probes->instants[probes->n_instants++] = first > around ? first - around : 0;
    }
}

int rpl_snapshot(struct rpl *rpl, struct sim_snapshot *snapshot, const uint64_t *instants_ps,
                 size_t n_instants)
{
    int error;

    SIM_BUG_ON(rpl->n_put || rpl->probes.snapshot);
    if (!rpl->intent)
        rpl->intent = sim_intent_new();
    if (!rpl->intent)
        return SIM_ENOMEM;
    error = add_regions(rpl, snapshot);
    if (!error)
        error = set_instants(rpl, instants_ps, n_instants);
    if (error)
        return error;
    rpl->probes.snapshot = snapshot;
    rpl->instants.is_on = false;
    return 0;
}

void rpl_probe_free(struct rpl *rpl)
{
    free(rpl->probes.instants);
    free(rpl->probes.answers);
}
