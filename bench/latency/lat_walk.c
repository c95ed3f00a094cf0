/* SPDX-License-Identifier: BSD-2-Clause
 * lat_walk.c - walks by what they have to read, of one stage and of two.
 * Knows: which tables two addresses share. Must not know: where the points go. */
#include "bench/latency/lat.h"

#define IOVA UINT64_C(0x1000000000)

/* ---- one stage ---- */

/* Nothing is cached but the configuration; tables and leaf are chosen so that @n_reads are due. */
static void put_cold(const struct lat_out *out, unsigned n_reads)
{
    struct lat_plan plan;
    struct lat_machine *m;
    uint64_t before;
    uint64_t ps;

    lat_plan_init(&plan, out->preset);
    plan.s1_top = n_reads == 4 ? 0 : 1;
    plan.s1_leaf = (uint8_t)(plan.s1_top + n_reads - 1);
    m = lat_new(&plan);
    lat_map(m, IOVA);
    lat_warm(m);
    before = lat_reads(m);
    ps = lat_ask(m, 0, IOVA);
    lat_put(out,
            &(struct lat_point){"walk caches empty", "", n_reads, ps, 1, lat_reads(m) - before});
    lat_free(m);
}

/* An earlier walk left tables of this one in the walk cache, so that @n_reads are due. */
static void put_warm(const struct lat_out *out, unsigned n_reads)
{
    const uint64_t other = IOVA + (UINT64_C(1) << (12 + 9 * (n_reads - 1)));
    struct lat_plan plan;
    struct lat_machine *m;
    uint64_t before;
    uint64_t ps;

    lat_plan_init(&plan, out->preset);
    m = lat_new(&plan);
    lat_map(m, IOVA);
    lat_map(m, other);
    (void)lat_ask(m, 0, other);
    before = lat_reads(m);
    ps = lat_ask(m, 0, IOVA);
    lat_put(out, &(struct lat_point){"after a walk that shares tables", "", n_reads, ps, 1,
                                     lat_reads(m) - before});
    lat_free(m);
}

void lat_run_walk(const struct lat_out *out)
{
    for (unsigned n = 1; n <= 4; n++)
        put_cold(out, n);
    for (unsigned n = 1; n <= 4; n++)
        put_warm(out, n);
}

/* ---- two stages ---- */

static void set_levels(unsigned n_levels, uint8_t *top, uint8_t *leaf)
{
    *top = n_levels == 4 ? 0 : 1;
    *leaf = (uint8_t)(*top + n_levels - 1);
}

static void put_nested(const struct lat_out *out, unsigned n_s1, unsigned n_s2, bool is_cached)
{
    static const char *const cold[] = {"stage 1 only", "1 level of stage 2", "2 levels of stage 2",
                                       "3 levels of stage 2", "4 levels of stage 2"};
    struct lat_plan plan;
    struct lat_machine *m;
    uint64_t before;
    uint64_t ps;

    lat_plan_init(&plan, out->preset);
    set_levels(n_s1, &plan.s1_top, &plan.s1_leaf);
    if (n_s2)
        set_levels(n_s2, &plan.s2_top, &plan.s2_leaf);
    if (!is_cached)
        (void)lat_set(&plan, "walk_entries", 0);
    m = lat_new(&plan);
    lat_map(m, IOVA);
    lat_warm(m);
    if (is_cached) { /* the same tables, the next page of each stage */
        lat_map(m, IOVA + LAT_PAGE);
        (void)lat_ask(m, 0, IOVA + LAT_PAGE);
    }
    before = lat_reads(m);
    ps = lat_ask(m, 0, IOVA);
    lat_put(out,
            &(struct lat_point){is_cached ? "4 levels of stage 2 and warm walk caches" : cold[n_s2],
                                "", n_s1, ps, 1, lat_reads(m) - before});
    lat_free(m);
}

void lat_run_nested(const struct lat_out *out)
{
    for (unsigned n_s2 = 0; n_s2 <= 4; n_s2++) {
        for (unsigned n_s1 = 1; n_s1 <= 4; n_s1++)
            put_nested(out, n_s1, n_s2, false);
    }
    put_nested(out, 4, 4, true);
}
