/* SPDX-License-Identifier: BSD-2-Clause
 * lat_load.c - many requests: from many TBUs, in bursts, in order with prefetch.
 * Knows: patterns of addresses. Must not know: where the points go. */
#include "bench/latency/lat.h"
#include "models/smmuv3/smmu_layout.h"
#include "sim/rng.h"

#define IOVA UINT64_C(0x40000000)
#define TBU_BYTES (UINT64_C(1) << 32) /* the part of the address space that one TBU uses */
#define NEAR UINT64_C(0x200000)       /* what one leaf table covers */

enum {
    IN_FLIGHT = 16, /* of each TBU */
    N_HOT = 8,
    N_COLD = 1024,
    N_REQUESTS = 1000, /* of each TBU */
};

/* ---- TBUs ---- */

struct pages {
    struct sim_rng rng;
    uint64_t n;
};

static uint64_t some_page(void *ctx, unsigned tbu)
{
    struct pages *pages = ctx;

    return IOVA + tbu * TBU_BYTES + LAT_PAGE * sim_rng_below(&pages->rng, pages->n);
}

static struct lat_machine *make_tbus(const char *preset, unsigned n_tbus, uint64_t n_pages)
{
    struct lat_plan plan;
    struct lat_machine *m;

    lat_plan_init(&plan, preset);
    (void)lat_set(&plan, "n_tbus", n_tbus);
    m = lat_new(&plan);
    for (unsigned tbu = 0; tbu < n_tbus; tbu++)
        lat_map_pages(m, IOVA + tbu * TBU_BYTES, n_pages);
    return m;
}

/* Time between two answers, and what one request takes. */
static void put_requests(const struct lat_out *out, unsigned n_tbus, uint64_t n_pages)
{
    struct pages pages = {.n = n_pages};
    struct lat_load load = {.n_tbus = n_tbus,
                            .n_in_flight = IN_FLIGHT,
                            .n_requests = (uint64_t)N_REQUESTS * n_tbus,
                            .next = some_page,
                            .ctx = &pages};
    struct lat_machine *m = make_tbus(out->preset, n_tbus, n_pages);
    const bool is_hot = n_pages == N_HOT;
    uint64_t n_reads;

    sim_rng_seed(&pages.rng, n_pages);
    lat_run(m, &load); /* warm */
    n_reads = lat_reads(m);
    lat_run(m, &load);
    n_reads = lat_reads(m) - n_reads;
    lat_put(out,
            &(struct lat_point){is_hot ? "8 pages a TBU: time between answers"
                                       : "1024 pages a TBU: time between answers",
                                "", n_tbus, load.end_ps - load.begin_ps, load.n_requests, n_reads});
    lat_put(out,
            &(struct lat_point){is_hot ? "8 pages a TBU: latency" : "1024 pages a TBU: latency", "",
                                n_tbus, load.sum_ps, load.n_requests, n_reads});
    lat_free(m);
}

static void put_tbu_inval(const struct lat_out *out, unsigned n_tbus)
{
    struct lat_plan plan;

    lat_plan_init(&plan, out->preset);
    (void)lat_set(&plan, "n_tbus", n_tbus);
    lat_put(out, &(struct lat_point){"TLBI_NH_VA and CMD_SYNC", "", n_tbus,
                                     lat_time_invalidation(&plan, 1, false), 1, 0});
}

/* The same while every TBU has misses in flight: the mean of some that come at any moment. */
static void put_tbu_inval_loaded(const struct lat_out *out, unsigned n_tbus)
{
    enum {
        N_SYNCS = 32,
    };
    struct pages pages = {.n = N_COLD};
    struct lat_load load = {.n_tbus = n_tbus,
                            .n_in_flight = IN_FLIGHT,
                            .n_requests = UINT32_MAX,
                            .next = some_page,
                            .ctx = &pages};
    struct lat_machine *m = make_tbus(out->preset, n_tbus, N_COLD);
    uint64_t ps = 0;

    sim_rng_seed(&pages.rng, n_tbus);
    lat_start(m, &load);
    for (uint64_t i = 0; i < N_SYNCS; i++) {
        lat_wait(m, 10 * LAT_MEM_PS + i * 1000);
        (void)lat_invalidate(m, IOVA + i * LAT_PAGE, 1, false);
        lat_put_sync(m);
        ps += lat_ring(m);
    }
    lat_stop(&load);
    lat_idle(m);
    lat_put(out,
            &(struct lat_point){"TLBI_NH_VA and CMD_SYNC under load", "", n_tbus, ps, N_SYNCS, 0});
    lat_free(m);
}

void lat_run_tbus(const struct lat_out *out)
{
    for (unsigned n = 1; n <= lat_max("n_tbus"); n *= 2) {
        put_requests(out, n, N_HOT);
        put_requests(out, n, N_COLD);
        put_tbu_inval(out, n);
        put_tbu_inval_loaded(out, n);
    }
}

/* ---- bursts ---- */

/* @n misses at one instant, each with one read left to do, and a hit that comes just after them. */
static void put_burst(const struct lat_out *out, unsigned n)
{
    const uint64_t hot = IOVA + NEAR - LAT_PAGE;
    struct lat_plan plan;
    struct lat_machine *m;
    uint64_t last_ps = 0;

    lat_plan_init(&plan, out->preset);
    m = lat_new(&plan);
    lat_map_pages(m, IOVA, NEAR / LAT_PAGE);
    (void)lat_ask(m, 0, hot);
    for (unsigned i = 0; i < n; i++)
        lat_send(m, i, 0, IOVA + 2 * (uint64_t)i * LAT_PAGE);
    lat_send(m, n, 0, hot);
    lat_idle(m);
    for (unsigned i = 0; i < n; i++)
        last_ps = lat_took_ps(m, i) > last_ps ? lat_took_ps(m, i) : last_ps;
    lat_put(out, &(struct lat_point){"the last miss", "", n, last_ps, 1, 0});
    lat_put(out, &(struct lat_point){"a hit behind them", "", n, lat_took_ps(m, n), 1, 0});
    lat_free(m);
}

void lat_run_burst(const struct lat_out *out)
{
    for (unsigned n = 1; n <= 40; n++)
        put_burst(out, n);
}

/* ---- prefetch ---- */

/* Pages in order, a request every @every_ns, whether the one before is answered or not. */
static void put_rate(const struct lat_out *out, const char *word, uint64_t every_ns)
{
    enum {
        N_LINEAR = 256,
    };
    struct lat_plan plan;
    struct lat_machine *m;
    uint64_t ps = 0;
    uint64_t n_reads;

    lat_plan_init(&plan, out->preset);
    if (!lat_set_word(&plan, "prefetch", word))
        return; /* not in this model */
    m = lat_new(&plan);
    lat_map_pages(m, IOVA, N_LINEAR + 1);
    lat_warm(m);
    n_reads = lat_reads(m);
    for (unsigned i = 0; i < N_LINEAR; i++) {
        lat_send(m, i, 0, IOVA + (uint64_t)i * LAT_PAGE);
        lat_wait(m, every_ns * 1000);
    }
    lat_idle(m);
    for (unsigned i = 0; i < N_LINEAR; i++)
        ps += lat_took_ps(m, i);
    lat_put(out, &(struct lat_point){word, "", every_ns, ps, N_LINEAR, lat_reads(m) - n_reads});
    lat_free(m);
}

void lat_run_prefetch(const struct lat_out *out)
{
    static const char *const words[] = {"none", "next_page"};

    for (size_t w = 0; w < sizeof(words) / sizeof(words[0]); w++) {
        for (uint64_t every_ns = 25; every_ns <= 500; every_ns += 25)
            put_rate(out, words[w], every_ns);
    }
}
