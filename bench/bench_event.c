/* SPDX-License-Identifier: BSD-2-Clause
 * bench_event.c - what an event and a memory word cost the host.
 * Knows: the event core, sim_mem. Must not know: any model. Prints a table; host speed only, so
 * its figures differ from machine to machine and are no golden CSV. */
#include "sim/event.h"
#include "sim/mem.h"
#include "sim/time.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <time.h>

#define N_DELAYS 1024u /* power of two */
#define N_EVENTS UINT64_C(20000000)
#define N_READS UINT64_C(50000000)
#define N_PAGES 1024u
#define PERIOD_PS UINT64_C(1000)

struct bench {
    struct sim_queue *queue;
    struct sim_source source;
    uint64_t delay_ps[N_DELAYS];
    uint64_t n_run;
    uint64_t n_stop;
};

struct bench_event {
    struct sim_event event;
    struct bench *bench;
};

static uint64_t next_random(uint64_t *state)
{
    *state ^= *state << 13;
    *state ^= *state >> 7;
    *state ^= *state << 17;
    return *state;
}

static uint64_t host_ns(void)
{
    struct timespec ts;

    (void)clock_gettime(CLOCK_MONOTONIC, &ts);
    return (uint64_t)ts.tv_sec * UINT64_C(1000000000) + (uint64_t)ts.tv_nsec;
}

static void again(void *ctx)
{
    struct bench_event *e = ctx;
    struct bench *b = e->bench;
    const uint64_t delay_ps = b->delay_ps[b->n_run++ & (N_DELAYS - 1)];

    if (b->n_run < b->n_stop)
        sim_queue_at(b->queue, &b->source, sim_queue_now_ps(b->queue) + delay_ps, &e->event);
}

/* Mixed: a third each of next cycle, a few cycles, a memory access; nothing beyond a microsecond,
 * and nothing that the host's branch predictor could learn. Otherwise 7 cycles, as in a pipeline.
 */
static void fill_delays(struct bench *b, bool is_mixed)
{
    uint64_t state = 88172645463325252u;

    for (uint32_t i = 0; i < N_DELAYS; i++) {
        const uint64_t r = next_random(&state) >> 8;
        const uint64_t cycles[] = {1, 1 + r % 16, 50 + r % 500};

        b->delay_ps[i] = PERIOD_PS * (is_mixed ? cycles[r / 1024 % 3] : 7);
    }
}

static int bench_queue(uint32_t n_in_flight, bool is_mixed)
{
    struct bench b = {.source = {.rank = SIM_RANK_IOMMU}, .n_stop = N_EVENTS};
    struct bench_event *events = calloc(n_in_flight, sizeof(*events));
    uint64_t start_ns, took_ns;

    b.queue = sim_queue_new();
    if (!events || !b.queue) {
        sim_queue_free(b.queue);
        free(events);
        return 1;
    }
    fill_delays(&b, is_mixed);
    for (uint32_t i = 0; i < n_in_flight; i++) {
        events[i] = (struct bench_event){.event = {.fn = again, .ctx = &events[i]}, .bench = &b};
        sim_queue_at(b.queue, &b.source, b.delay_ps[i & (N_DELAYS - 1)], &events[i].event);
    }
    start_ns = host_ns();
    (void)sim_queue_advance(b.queue, SIM_TIME_NEVER);
    took_ns = host_ns() - start_ns;
    printf("event   %5" PRIu32 " %-10s %7.2f ns  %7.1f M/s\n", n_in_flight,
           is_mixed ? "mixed" : "one delay", (double)took_ns / (double)b.n_run,
           1e3 * (double)b.n_run / (double)took_ns);
    sim_queue_free(b.queue);
    free(events);
    return 0;
}

/* One instant, @n events, scheduled in the order of their keys or against it. */
static int bench_instant(uint32_t n, bool is_reverse)
{
    struct bench b = {.n_stop = 0};
    struct bench_event *events = calloc(n, sizeof(*events));
    uint64_t start_ns, took_ns;

    b.queue = sim_queue_new();
    if (!events || !b.queue) {
        sim_queue_free(b.queue);
        free(events);
        return 1;
    }
    start_ns = host_ns();
    for (uint32_t i = 0; i < n; i++) {
        struct sim_source source = {.next = is_reverse ? n - i : i};

        events[i] = (struct bench_event){.event = {.fn = again, .ctx = &events[i]}, .bench = &b};
        sim_queue_at(b.queue, &source, 0, &events[i].event);
    }
    (void)sim_queue_advance(b.queue, 0);
    took_ns = host_ns() - start_ns;
    printf("instant %5" PRIu32 " %-10s %7.2f ns  %7.3f ms in all\n", n,
           is_reverse ? "backwards" : "in order", (double)took_ns / n, 1e-6 * (double)took_ns);
    sim_queue_free(b.queue);
    free(events);
    return 0;
}

static int bench_mem(uint32_t n_pages)
{
    struct sim_mem *mem = sim_mem_new(UINT64_C(64) << 20);
    const uint64_t mask = (uint64_t)n_pages * 4096 - 8;
    uint64_t start_ns, took_ns, pa = 0, sum = 0;

    if (!mem)
        return 1;
    for (uint64_t at = 0; at <= mask; at += 8) {
        if (sim_mem_write64(mem, at, at)) {
            sim_mem_free(mem);
            return 1;
        }
    }
    start_ns = host_ns();
    for (uint64_t i = 0; i < N_READS; i++) {
        sum += sim_mem_read64(mem, pa);
        pa = (pa * 5 + 4104) & mask;
    }
    took_ns = host_ns() - start_ns;
    printf("read64  %5" PRIu32 " pages      %7.2f ns  %7.1f M/s  (sum %" PRIx64 ")\n", n_pages,
           (double)took_ns / (double)N_READS, 1e3 * (double)N_READS / (double)took_ns, sum);
    sim_mem_free(mem);
    return 0;
}

int main(void)
{
    const uint32_t in_flight[] = {1, 16, 256, 4096};
    int failed = 0;

    for (size_t i = 0; i < sizeof(in_flight) / sizeof(in_flight[0]); i++)
        failed |= bench_queue(in_flight[i], false);
    for (size_t i = 0; i < sizeof(in_flight) / sizeof(in_flight[0]); i++)
        failed |= bench_queue(in_flight[i], true);
    failed |= bench_instant(10000, false);
    failed |= bench_instant(10000, true);
    failed |= bench_mem(1);
    failed |= bench_mem(N_PAGES);
    return failed;
}
