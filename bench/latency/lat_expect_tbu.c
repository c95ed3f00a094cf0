/* SPDX-License-Identifier: BSD-2-Clause
 * lat_expect_tbu.c - E12 to E15: what data sheets and a published simulator let expect of TBUs.
 * Knows: the expected numbers, typed by hand. Must not know: who prints them. */
#include "bench/latency/lat_expect.h"
#include "models/smmuv3/smmu_layout.h"

#include <string.h>

#define IOVA UINT64_C(0x40000000)

static bool has_preset(const char *name)
{
    for (size_t i = 0; i < smmu_params.n_presets; i++) {
        if (strcmp(smmu_params.presets[i], name) == 0)
            return true;
    }
    return false;
}

static uint64_t cycles(const struct lat_plan *plan, uint64_t ps)
{
    return ps / plan->smmu.param.clock_ps;
}

/* ---- E12: eight walks of a TBU ---- */

#define WALKERS "mmu500-walkers"

static struct lat_machine *walkers_machine(struct lat_plan *plan)
{
    struct lat_machine *m;

    lat_plan_init(plan, WALKERS);
    m = lat_new(plan);
    lat_map_pages(m, IOVA, 512);
    (void)lat_ask(m, 0, IOVA); /* the hit; tables above the leaf are known from now on */
    return m;
}

/* Cycles of a hit that comes just after @n misses; @first: of the first of them, @last: of the
 * last. */
static uint64_t hit_behind(unsigned n, uint64_t *first, uint64_t *last)
{
    struct lat_plan plan;
    struct lat_machine *m = walkers_machine(&plan);
    uint64_t took;

    for (unsigned i = 0; i < n; i++)
        lat_send(m, i, 0, IOVA + (i + UINT64_C(1)) * 2 * LAT_PAGE);
    lat_send(m, n, 0, IOVA);
    lat_idle(m);
    took = cycles(&plan, lat_took_ps(m, n));
    *first = n ? cycles(&plan, lat_took_ps(m, 0)) : 0;
    *last = n ? cycles(&plan, lat_took_ps(m, n - 1)) : 0;
    lat_free(m);
    return took;
}

struct pages {
    uint64_t n;
};

static uint64_t next_page(void *ctx, unsigned tbu)
{
    struct pages *pages = ctx;

    (void)tbu;
    return IOVA + LAT_PAGE * (1 + pages->n++ % 511);
}

/* Thousandths of cycles between two answers of misses that never end; each page is asked for once.
 */
static uint64_t time_between(void)
{
    struct pages pages = {0};
    struct lat_load load = {
        .n_tbus = 1, .n_in_flight = 32, .n_requests = 480, .next = next_page, .ctx = &pages};
    struct lat_plan plan;
    struct lat_machine *m = walkers_machine(&plan);

    lat_run(m, &load);
    lat_free(m);
    return 1000 * cycles(&plan, load.end_ps - load.begin_ps) / load.n_requests;
}

void lat_expect_e12(struct lat_expects *e)
{
    struct lat_expect *line = lat_expect_add(e, "E12", WALKERS ": a hit");
    uint64_t first, last, walk, hit;

    if (!has_preset(WALKERS)) {
        lat_expect_missing(line, "2 cycles; the ninth miss stalls; 8 walks at once");
        return;
    }
    lat_expect_number(line, hit_behind(0, &first, &last), 2, 2, " cycles");
    line = lat_expect_add(e, "E12", "a hit behind 8 misses");
    lat_expect_number(line, hit_behind(8, &walk, &last), 2, 2, " cycles");
    line = lat_expect_add(e, "E12", "8 misses at once: the last one against the first");
    lat_expect_number(line, last, walk, walk + 7, " cycles");
    line->reason = "one may start each cycle";
    line = lat_expect_add(e, "E12", "9 misses: the ninth");
    hit = hit_behind(9, &first, &last);
    lat_expect_number(line, last, 2 * walk - 2, 2 * walk + 8, " cycles");
    line = lat_expect_add(e, "E12", "a hit behind 9 misses waits for the first walk");
    lat_expect_number(line, hit, walk, walk + 4, " cycles");
    line = lat_expect_add(e, "E12", "many misses: time between answers, against a walk / 8");
    lat_expect_milli(line, time_between(), 1000 * walk / 8, 1010 * walk / 8, " cycles");
}

/* ---- E13: one look-up of the main TLB for each page size in use ---- */

enum {
    N_OF_SIZE =
        61, /* more than requests in flight: the micro TLB, of one entry, has none of them */
};

static uint64_t size_iova(unsigned leaf, unsigned which)
{
    return ((uint64_t)leaf << 39) + ((uint64_t)which << (39 - 9 * leaf));
}

struct mix {
    unsigned n_sizes, n;
};

static uint64_t next_of_mix(void *ctx, unsigned tbu)
{
    struct mix *mix = ctx;
    const unsigned n = mix->n++;

    (void)tbu;
    return size_iova(3 - n % mix->n_sizes, n / mix->n_sizes % N_OF_SIZE);
}

/* Thousandths of cycles between hits of the main TLB, 32 in flight, pages of @n_sizes sizes in
 * turn: how long one keeps the TLB busy. */
static uint64_t time_between_hits(unsigned n_sizes)
{
    struct mix mix = {.n_sizes = n_sizes};
    struct lat_load load = {.n_tbus = 1,
                            .n_in_flight = 1,
                            .n_requests = (uint64_t)N_OF_SIZE * n_sizes,
                            .next = next_of_mix,
                            .ctx = &mix};
    struct lat_plan plan;
    struct lat_machine *m;

    lat_plan_init(&plan, "mmu600");
    lat_one_entry(&plan, "utlb_entries", "utlb_ways");
    m = lat_new(&plan);
    for (unsigned i = 0; i < N_OF_SIZE * n_sizes; i++)
        lat_map_block(m, size_iova(3 - i % n_sizes, i / n_sizes), 3 - i % n_sizes);
    lat_run(m, &load);
    load.n_in_flight = 32;
    load.n_requests = 6100;
    lat_run(m, &load);
    lat_free(m);
    return 1000 * cycles(&plan, load.end_ps - load.begin_ps) / load.n_requests;
}

void lat_expect_e13(struct lat_expects *e)
{
    struct lat_expect *line;

    line = lat_expect_add(e, "E13", "mmu600, main TLB with one page size: time between hits");
    lat_expect_milli(line, time_between_hits(1), 1000, 1010, " cycles");
    line->reason = "one look-up begins each cycle";
    lat_expect_milli(lat_expect_add(e, "E13", "with 2 page sizes"), time_between_hits(2), 2000,
                     2020, " cycles");
    lat_expect_milli(lat_expect_add(e, "E13", "with 3 page sizes"), time_between_hits(3), 3000,
                     3030, " cycles");
}

/* ---- E14: prefetch of the next page ---- */

struct linear {
    uint64_t sum_ns, n_reads, n_quick;
};

/* 256 pages in order, a request every @every_ns. Quick: answered by the TBU. */
static struct linear run_linear(const char *preset, const char *word, uint64_t every_ns)
{
    struct linear linear = {0};
    struct lat_plan plan;
    struct lat_machine *m;

    lat_plan_init(&plan, preset);
    (void)lat_set_word(&plan, "prefetch", word);
    m = lat_new(&plan);
    lat_map_pages(m, IOVA, 257);
    lat_warm(m);
    for (unsigned i = 0; i < 256; i++) {
        lat_send(m, i, 0, IOVA + (uint64_t)i * LAT_PAGE);
        lat_wait(m, every_ns * 1000);
    }
    lat_idle(m);
    for (unsigned i = 0; i < 256; i++) {
        const uint64_t ps = lat_took_ps(m, i);

        linear.sum_ns += ps / 1000;
        linear.n_quick += cycles(&plan, ps) < UINT64_C(2) * lat_get(&plan, "link_cycles");
    }
    linear.n_reads = lat_reads(m);
    lat_free(m);
    return linear;
}

/* A walk that is left one read takes some 180 ns. */
static void e14_of(struct lat_expects *e, const char *preset, const char *name)
{
    const struct linear fast_off = run_linear(preset, "none", 100);
    const struct linear fast = run_linear(preset, "next_page", 100);
    const struct linear slow_off = run_linear(preset, "none", 1000);
    const struct linear slow = run_linear(preset, "next_page", 1000);
    struct lat_expect *line = lat_expect_add(e, "E14", name);

    lat_expect_number(line, fast.sum_ns / 256, fast_off.sum_ns / 256, 2 * fast_off.sum_ns / 256,
                      " ns");
    line->reason = "requests come faster than walks end: no gain; the range begins at the mean "
                   "without prefetch";
    line = lat_expect_add(e, "E14", "the same, one every 1000 ns");
    lat_expect_number(line, slow.sum_ns / 256, 0, slow_off.sum_ns / 256 - 100, " ns");
    line->reason = "a gain of 100 ns or more";
    line = lat_expect_add(e, "E14", "the same: requests that the TBU answers");
    lat_expect_number(line, slow.n_quick, slow_off.n_quick, slow_off.n_quick, "");
    line->reason = "as many as without prefetch: it fills caches of the TCU only";
    line = lat_expect_add(e, "E14", "the same: entries read");
    lat_expect_number(line, slow.n_reads, slow_off.n_reads, 2 * slow_off.n_reads, "");
    line->reason = "as many as without prefetch, or more";
}

void lat_expect_e14(struct lat_expects *e)
{
    struct lat_plan plan;

    lat_plan_init(&plan, "mmu600");
    if (!lat_set_word(&plan, "prefetch", "next_page")) {
        lat_expect_missing(lat_expect_add(e, "E14", "mmu600 and mmu700, pages in order, prefetch"),
                           "a gain only if the time between requests exceeds a walk");
        return;
    }
    e14_of(e, "mmu600", "mmu600, prefetch, pages in order, one every 100 ns: mean latency");
    e14_of(e, "mmu700", "mmu700, prefetch, pages in order, one every 100 ns: mean latency");
}

/* ---- E15: cycles of a published simulator ---- */

enum gem5_case {
    GEM5_OFF,
    GEM5_MICRO_HIT,
    GEM5_MAIN_HIT,
    GEM5_WALK_CACHE_HIT,
    GEM5_WHOLE_WALK,
    GEM5_CONFIG_MISS,
};

/* The STE is dropped, tables and translations stay. */
static void forget_configuration(struct lat_machine *m)
{
    uint64_t words[SMMU_WORDS_CFGI_STE_RANGE] = {0};

    smmu_CFGI_STE_RANGE_put_op(words, SMMU_CMD_CFGI_STE_RANGE);
    smmu_CFGI_STE_RANGE_put_Range(words, 31);
    lat_command(m, words);
    lat_put_sync(m);
    (void)lat_ring(m);
}

/* What must be cached is, by requests for the pages after @IOVA. */
static void prepare(struct lat_machine *m, enum gem5_case which)
{
    lat_map_pages(m, IOVA, 2);
    if (which == GEM5_OFF)
        return;
    lat_warm(m);
    if (which == GEM5_MICRO_HIT || which == GEM5_MAIN_HIT)
        (void)lat_ask(m, 0, IOVA);
    if (which != GEM5_WHOLE_WALK && which != GEM5_MICRO_HIT)
        (void)lat_ask(m, 0, IOVA + LAT_PAGE);
    if (which == GEM5_CONFIG_MISS)
        forget_configuration(m);
}

static uint64_t gem5_cycles(enum gem5_case which, uint64_t mem_cycles)
{
    struct lat_plan plan;
    struct lat_machine *m;
    uint64_t n;

    lat_plan_init(&plan, "gem5");
    plan.mem_ps = mem_cycles * plan.smmu.param.clock_ps;
    plan.is_off = which == GEM5_OFF;
    if (which == GEM5_MAIN_HIT)
        lat_one_entry(&plan, "utlb_entries", "utlb_ways");
    m = lat_new(&plan);
    prepare(m, which);
    n = cycles(&plan, lat_ask(m, 0, IOVA));
    lat_free(m);
    return n;
}

/* @base and @factor: cycles = base + factor * M. */
void lat_expect_e15(struct lat_expects *e)
{
    static const struct {
        enum gem5_case which;
        uint64_t mem_cycles;
        uint64_t expected; /* as published: 2, 2, 5, 31 + M, 45 + 4 M, 31 + M + 2 (1 + M) */
        const char *name;
    } lines[] = {
        {GEM5_OFF, 59, 2, "gem5, M = 59 cycles: SMMU off"},
        {GEM5_MICRO_HIT, 59, 2, "gem5, M = 59: micro TLB hit"},
        {GEM5_MAIN_HIT, 59, 5, "gem5, M = 59: main TLB hit"},
        {GEM5_WALK_CACHE_HIT, 59, 90, "gem5, M = 59: walk cache hit at level 2, 31 + M"},
        {GEM5_WALK_CACHE_HIT, 150, 181, "gem5, M = 150: the same"},
        {GEM5_WHOLE_WALK, 59, 281, "gem5, M = 59: walk of 4 levels, 45 + 4 M"},
        {GEM5_WHOLE_WALK, 150, 645, "gem5, M = 150: the same"},
        {GEM5_CONFIG_MISS, 59, 210, "gem5, M = 59: configuration miss, 31 + M + 2 (1 + M)"},
        {GEM5_CONFIG_MISS, 150, 483, "gem5, M = 150: the same"},
    };

    for (size_t i = 0; i < sizeof(lines) / sizeof(lines[0]); i++) {
        struct lat_expect *line = lat_expect_add(e, "E15", lines[i].name);

        lat_expect_number(line, gem5_cycles(lines[i].which, lines[i].mem_cycles), lines[i].expected,
                          lines[i].expected, " cycles");
        lat_expect_but(line, lines[i].which == GEM5_CONFIG_MISS
                                 ? "an entry is read in eight pieces, a cycle apart"
                                 : "the TCU's port takes no cycle for a request");
    }
}
