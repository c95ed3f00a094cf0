/* SPDX-License-Identifier: BSD-2-Clause
 * run_transition_watch.c - requests, fills and reads around a transition, kept with their times.
 * Knows: what a watcher is told. Must not know: who is to blame. */
#include "cli/run_transition_watch.h"

#include "sim/diag.h"

#include <stdlib.h>
#include <string.h>

/** struct request - one that has been answered. */
struct request {
    uint64_t issue_ps, latency_ps;
    bool is_refused;
};

/** struct times - when something happened, ascending. */
struct times {
    uint64_t *ps;
    size_t n, room;
};

struct cell_watch {
    struct sim_observer observer;
    uint64_t first_seq;
    struct cell_whom whom;
    struct request *requests, *probes;
    size_t n_requests, requests_room, n_probes, probes_room;
    struct times fills, reads, stores;
    uint64_t last_sync_ps;
    uint64_t seq, register_writes, register_reads;
    int error;
};

/* ---- what is told ---- */

static bool grow(struct cell_watch *watch, void *array, size_t n, size_t *room, size_t n_bytes)
{
    const size_t wanted = *room ? 2 * *room : 256;
    void *grown;

    if (n < *room)
        return true;
    grown = realloc(*(void **)array, wanted * n_bytes);
    if (!grown) {
        watch->error = SIM_ENOMEM;
        return false;
    }
    *(void **)array = grown;
    *room = wanted;
    return true;
}

static void note(struct cell_watch *watch, struct times *times, uint64_t now_ps)
{
    if (grow(watch, &times->ps, times->n, &times->room, sizeof(*times->ps)))
        times->ps[times->n++] = now_ps;
}

static void on_record(void *ctx, const struct sim_record_seen *seen)
{
    struct cell_watch *watch = ctx;

    watch->seq = seen->seq;
    if (seen->seq < watch->first_seq)
        return;
    switch (seen->rec->kind) {
    case SIM_R_STORE:
        note(watch, &watch->stores, seen->end_ps);
        break;
    case SIM_R_MMIO_WRITE:
        watch->register_writes++;
        break;
    case SIM_R_MMIO_READ:
        watch->register_reads++;
        break;
    default:
        break;
    }
}

static void on_fact(void *ctx, const struct sim_fact *fact, uint64_t seq)
{
    struct cell_watch *watch = ctx;

    switch (fact->kind) {
    case SIM_FACT_TLB_FILLED:
        note(watch, &watch->fills, fact->time_ps);
        break;
    case SIM_FACT_ATOM_FETCHED:
    case SIM_FACT_WALK_STEP:
        note(watch, &watch->reads, fact->time_ps);
        break;
    case SIM_FACT_SYNC_VISIBLE:
        if (seq >= watch->first_seq)
            watch->last_sync_ps = fact->time_ps;
        break;
    default:
        break;
    }
}

static void on_dma(void *ctx, const struct sim_dma_seen *seen)
{
    struct cell_watch *watch = ctx;
    const uint32_t pasid = seen->has_pasid ? seen->pasid : TRN_NO_PASID;
    const struct request request = {.issue_ps = seen->issue_ps,
                                    .latency_ps = seen->answer_ps - seen->issue_ps,
                                    .is_refused = seen->status != SIM_DMA_OK};

    if (pasid != watch->whom.pasid || seen->iova < watch->whom.first ||
        seen->iova > watch->whom.last)
        return;
    if (seen->is_probe) {
        if (grow(watch, &watch->probes, watch->n_probes, &watch->probes_room, sizeof(request)))
            watch->probes[watch->n_probes++] = request;
    } else if (grow(watch, &watch->requests, watch->n_requests, &watch->requests_room,
                    sizeof(request))) {
        watch->requests[watch->n_requests++] = request;
    }
}

struct cell_watch *cell_watch_new(uint64_t first_seq, const struct cell_whom *whom)
{
    struct cell_watch *watch = calloc(1, sizeof(*watch));

    if (!watch)
        return NULL;
    watch->first_seq = first_seq;
    watch->whom = *whom;
    watch->observer =
        (struct sim_observer){.record = on_record, .fact = on_fact, .dma = on_dma, .ctx = watch};
    return watch;
}

void cell_watch_free(struct cell_watch *watch)
{
    if (!watch)
        return;
    free(watch->requests);
    free(watch->probes);
    free(watch->fills.ps);
    free(watch->reads.ps);
    free(watch->stores.ps);
    free(watch);
}

const struct sim_observer *cell_watch_observer(const struct cell_watch *watch)
{
    return &watch->observer;
}

/* ---- what comes out ---- */

static int by_issue(const void *a, const void *b)
{
    const struct request *x = a, *y = b;

    return x->issue_ps < y->issue_ps ? -1 : x->issue_ps > y->issue_ps;
}

static int by_value(const void *a, const void *b)
{
    const uint64_t x = *(const uint64_t *)a, y = *(const uint64_t *)b;

    return x < y ? -1 : x > y;
}

/* Nearest rank, as everywhere. */
static uint64_t percentile(const uint64_t *sorted, size_t n, unsigned percent)
{
    return sorted[(n * percent + 99) / 100 - 1];
}

/* Of requests that were served and issued in [from_ps, until_ps). */
static int latency(const struct cell_watch *watch, uint64_t from_ps, uint64_t until_ps,
                   struct chk_latency *latency)
{
    uint64_t *values = malloc((watch->n_requests + 1) * sizeof(*values));
    size_t n = 0;

    if (!values)
        return SIM_ENOMEM;
    for (size_t i = 0; i < watch->n_requests; i++) {
        const struct request *request = &watch->requests[i];

        if (!request->is_refused && request->issue_ps >= from_ps && request->issue_ps < until_ps)
            values[n++] = request->latency_ps;
    }
    qsort(values, n, sizeof(*values), by_value);
    *latency = (struct chk_latency){.n = n};
    if (n) {
        latency->p50 = percentile(values, n, 50);
        latency->p99 = percentile(values, n, 99);
        latency->max = values[n - 1];
    }
    free(values);
    return 0;
}

static uint64_t count_between(const struct times *times, uint64_t from_ps, uint64_t until_ps)
{
    uint64_t n = 0;

    for (size_t i = 0; i < times->n; i++)
        n += times->ps[i] >= from_ps && times->ps[i] < until_ps;
    return n;
}

/* From each first refused request to the first served one after it; the last gap may end with its
 * last refused one. Requests of one moment are refused if one of them is. */
static uint64_t blocked(const struct request *requests, size_t n, const struct cell_span *span)
{
    uint64_t sum_ps = 0, gap_ps = 0, last_ps = 0;
    bool is_blocked = false;

    for (size_t i = 0; i < n;) {
        const uint64_t now_ps = requests[i].issue_ps;
        bool is_refused = false;

        for (; i < n && requests[i].issue_ps == now_ps; i++)
            is_refused |= requests[i].is_refused;
        if (now_ps + span->window_ps < span->begin_ps)
            continue;
        if (is_refused) {
            gap_ps = is_blocked ? gap_ps : now_ps;
            last_ps = now_ps;
        } else if (is_blocked) {
            sum_ps += now_ps - gap_ps;
        }
        is_blocked = is_refused;
    }
    return is_blocked ? sum_ps + last_ps - gap_ps : sum_ps;
}

/* The first and the last store of the operations: a process's table, say, that is made before the
 * first or freed after the last is no part of them. Return: false if there is none. */
static bool stores_between(const struct cell_watch *watch, const struct cell_span *span,
                           uint64_t *first_ps, uint64_t *last_ps)
{
    const struct times *stores = &watch->stores;
    size_t i = 0, n = stores->n;

    while (i < n && stores->ps[i] < span->begin_ps)
        i++;
    while (n > i && stores->ps[n - 1] > span->end_ps)
        n--;
    if (i == n)
        return false;
    *first_ps = stores->ps[i];
    *last_ps = stores->ps[n - 1];
    return true;
}

static void refill(const struct cell_watch *watch, const struct cell_span *span, uint64_t from_ps,
                   struct cell_costs *costs)
{
    const uint64_t until_ps = span->end_ps + span->window_ps;

    costs->misses = count_between(&watch->fills, from_ps, until_ps);
    costs->misses_before =
        count_between(&watch->fills, span->begin_ps - span->window_ps, span->begin_ps);
    costs->reads = count_between(&watch->reads, from_ps, until_ps);
    for (size_t i = 0; costs->before.n && i < watch->n_requests; i++) {
        const struct request *request = &watch->requests[i];

        if (!request->is_refused && request->issue_ps >= from_ps && request->issue_ps < until_ps &&
            request->latency_ps > costs->before.p50)
            costs->refill_ps += request->latency_ps - costs->before.p50;
    }
}

int cell_watch_costs(struct cell_watch *watch, const struct cell_span *span, bool is_gap,
                     struct cell_costs *costs)
{
    const uint64_t until_ps = span->end_ps + span->window_ps;
    uint64_t first_ps = span->begin_ps;
    uint64_t last_ps = first_ps;
    const bool has_store = stores_between(watch, span, &first_ps, &last_ps);
    int err = watch->error;

    costs->register_writes = watch->register_writes;
    costs->register_reads = watch->register_reads;
    if (last_ps < watch->last_sync_ps && watch->last_sync_ps <= span->end_ps)
        last_ps = watch->last_sync_ps;
    if (has_store)
        costs->window_ps = last_ps - first_ps;
    if (!err)
        err = latency(watch, span->begin_ps - span->window_ps, span->begin_ps, &costs->before);
    if (!err)
        err = latency(watch, span->begin_ps, span->end_ps, &costs->during);
    if (!err)
        err = latency(watch, span->end_ps, until_ps, &costs->after);
    if (err)
        return err;
    refill(watch, span, first_ps, costs);
    if (watch->n_requests)
        qsort(watch->requests, watch->n_requests, sizeof(*watch->requests), by_issue);
    for (size_t i = 0; is_gap && i < watch->n_requests; i++)
        costs->n_refused += watch->requests[i].is_refused &&
                            watch->requests[i].issue_ps + span->window_ps >= span->begin_ps;
    if (is_gap)
        costs->dma_blocked_ps = blocked(watch->requests, watch->n_requests, span);
    return 0;
}

int cell_watch_blocked(struct cell_watch *watch, const struct cell_span *span, uint64_t *blocked_ps)
{
    if (watch->n_probes)
        qsort(watch->probes, watch->n_probes, sizeof(*watch->probes), by_issue);
    *blocked_ps = blocked(watch->probes, watch->n_probes, span);
    return watch->error;
}
