/* SPDX-License-Identifier: BSD-2-Clause
 * lat_xlate.c - what one request costs, by where its answer is found.
 * Knows: how to bring caches into a state. Must not know: where the points go. */
#include "bench/latency/lat.h"
#include "sim/diag.h"
#include "sim/rng.h"

#define IOVA UINT64_C(0x40000000)
enum {
    N_OF_SIZE = 61,
};

#define OTHER (IOVA + UINT64_C(0x8000000000)) /* shares no table but the first */

const char *lat_tlb_size(const struct lat_plan *plan)
{
    return lat_get(plan, "tbu_tlb_entries") ? "tbu_tlb_entries" : "tlb_entries";
}

void lat_one_entry(struct lat_plan *plan, const char *entries, const char *ways)
{
    (void)lat_set(plan, entries, 1); /* a model without such a cache has none to shrink */
    (void)lat_set(plan, ways, 0);
}

static void put_one(const struct lat_out *out, unsigned step, const char *label, uint64_t ps,
                    uint64_t n_reads)
{
    lat_put(out, &(struct lat_point){"one request", label, step, ps, 1, n_reads});
}

/* ---- ladder: one step down after the other ---- */

static void step_off(const struct lat_out *out)
{
    struct lat_plan plan;
    struct lat_machine *m;

    lat_plan_init(&plan, out->preset);
    plan.is_off = true;
    m = lat_new(&plan);
    put_one(out, 0, "SMMU off", lat_ask(m, 0, IOVA), 0);
    lat_free(m);
}

/* A hit of the first cache of @plan that still has room for two pages. */
static void step_hit(const struct lat_out *out, const struct lat_plan *plan, unsigned step,
                     const char *label)
{
    struct lat_machine *m = lat_new(plan);
    uint64_t n_reads;
    uint64_t ps;

    lat_map_pages(m, IOVA, 2);
    (void)lat_ask(m, 0, IOVA);
    (void)lat_ask(m, 0, IOVA + LAT_PAGE);
    n_reads = lat_reads(m);
    ps = lat_ask(m, 0, IOVA);
    put_one(out, step, label, ps, lat_reads(m) - n_reads);
    lat_free(m);
}

static void steps_of_hits(const struct lat_out *out)
{
    struct lat_plan plan;

    lat_plan_init(&plan, out->preset);
    step_hit(out, &plan, 1, "micro TLB hit");
    lat_one_entry(&plan, "utlb_entries", "utlb_ways");
    if (lat_get(&plan, "tbu_tlb_entries"))
        step_hit(out, &plan, 2, "main TLB hit in the TBU");
    (void)lat_set(&plan, "tbu_tlb_entries", 0);
    if (lat_get(&plan, "tlb_entries"))
        step_hit(out, &plan, 3, "TLB hit in the TCU");
}

/* A miss of every TLB; @is_near: the walk cache knows all but the leaf. */
static void step_walk(const struct lat_out *out, unsigned step, bool is_near, bool is_configured)
{
    struct lat_plan plan;
    struct lat_machine *m;
    uint64_t n_reads;
    uint64_t ps;

    lat_plan_init(&plan, out->preset);
    m = lat_new(&plan);
    lat_map_pages(m, IOVA, 2);
    lat_map(m, OTHER);
    if (is_configured)
        lat_warm(m);
    if (is_near)
        (void)lat_ask(m, 0, IOVA + LAT_PAGE);
    n_reads = lat_reads(m);
    ps = lat_ask(m, 0, IOVA);
    put_one(out, step,
            is_near         ? "walk cache hit"
            : is_configured ? "whole walk"
                            : "walk and configuration",
            ps, lat_reads(m) - n_reads);
    lat_free(m);
}

void lat_run_ladder(const struct lat_out *out)
{
    step_off(out);
    steps_of_hits(out);
    step_walk(out, 4, true, true);
    step_walk(out, 5, false, true);
    step_walk(out, 6, false, false);
}

/* ---- footprint: random pages of a window that grows ---- */

struct window {
    struct sim_rng rng;
    uint64_t n_pages;
    uint64_t n_in_order; /* first every page once */
};

static uint64_t next_of_window(void *ctx, unsigned tbu)
{
    struct window *window = ctx;

    (void)tbu;
    if (window->n_in_order < window->n_pages)
        return IOVA + LAT_PAGE * window->n_in_order++;
    return IOVA + LAT_PAGE * sim_rng_below(&window->rng, window->n_pages);
}

static void put_window(const struct lat_out *out, uint64_t n_pages)
{
    enum {
        N_REQUESTS = 4096,
    };
    struct window window = {.n_pages = n_pages};
    struct lat_load load = {.n_tbus = 1, .n_in_flight = 1, .next = next_of_window, .ctx = &window};
    struct lat_plan plan;
    struct lat_machine *m;
    uint64_t n_reads;

    lat_plan_init(&plan, out->preset);
    m = lat_new(&plan);
    sim_rng_seed(&window.rng, n_pages);
    lat_map_pages(m, IOVA, n_pages);
    load.n_requests = n_pages + N_REQUESTS;
    lat_run(m, &load);
    n_reads = lat_reads(m);
    load.n_requests = N_REQUESTS;
    lat_run(m, &load);
    lat_put(out, &(struct lat_point){"random pages one by one", "", n_pages, load.sum_ps,
                                     N_REQUESTS, lat_reads(m) - n_reads});
    lat_free(m);
}

void lat_run_footprint(const struct lat_out *out)
{
    for (uint64_t n_pages = 4; n_pages <= 16384; n_pages *= 2)
        put_window(out, n_pages);
}

/* ---- sizes: pages of several sizes in the main TLB ---- */

/* More pages of each size than requests in flight, in turn: none is asked for again while the micro
 * TLB, of one entry, still has it. */
static uint64_t size_iova(unsigned leaf, unsigned which)
{
    return ((uint64_t)leaf << 39) + ((uint64_t)which << (39 - 9 * leaf));
}

struct mix {
    unsigned n_sizes;
    unsigned n;
};

static uint64_t next_of_mix(void *ctx, unsigned tbu)
{
    struct mix *mix = ctx;
    const unsigned n = mix->n++;

    (void)tbu;
    return size_iova(3 - n % mix->n_sizes, n / mix->n_sizes % N_OF_SIZE);
}

static void put_sizes(const struct lat_out *out, unsigned n_sizes, unsigned n_in_flight)
{
    enum {
        N_REQUESTS = 6100,
    };
    struct mix mix = {.n_sizes = n_sizes};
    struct lat_load load = {.n_tbus = 1,
                            .n_in_flight = 1,
                            .n_requests = (uint64_t)N_OF_SIZE * n_sizes,
                            .next = next_of_mix,
                            .ctx = &mix};
    struct lat_plan plan;
    struct lat_machine *m;
    uint64_t n_reads;

    lat_plan_init(&plan, out->preset);
    lat_one_entry(&plan, "utlb_entries", "utlb_ways");
    m = lat_new(&plan);
    for (unsigned i = 0; i < N_OF_SIZE * n_sizes; i++)
        lat_map_block(m, size_iova(3 - i % n_sizes, i / n_sizes), 3 - i % n_sizes);
    lat_run(m, &load);
    n_reads = lat_reads(m);
    load.n_in_flight = n_in_flight;
    load.n_requests = N_REQUESTS;
    lat_run(m, &load);
    lat_put(out, &(struct lat_point){n_in_flight == 1 ? "latency of a hit" : "time between hits",
                                     "", n_sizes,
                                     n_in_flight == 1 ? load.sum_ps : load.end_ps - load.begin_ps,
                                     N_REQUESTS, lat_reads(m) - n_reads});
    lat_free(m);
}

void lat_run_sizes(const struct lat_out *out)
{
    for (unsigned n = 1; n <= 3; n++)
        put_sizes(out, n, 1);
    for (unsigned n = 1; n <= 3; n++)
        put_sizes(out, n, 32);
}
