/* SPDX-License-Identifier: BSD-2-Clause
 * lat_expect.c - experiments whose result was published or follows from the architecture: E7, E8,
 * E16 here, E12 to E15 in lat_expect_tbu.c.
 * Knows: the expected numbers, typed by hand. Must not know: who prints them. */
#include "bench/latency/lat_expect.h"

#include "bench/latency/lat.h"
#include "sim/record.h"

#include <inttypes.h>
#include <stdarg.h>

#define IOVA UINT64_C(0x1000000000)
#define LOCAL_PS UINT64_C(150000)
#define REMOTE_PS UINT64_C(460000)

struct lat_expect *lat_expect_add(struct lat_expects *e, const char *id, const char *configured)
{
    struct lat_expect *line = &e->list[e->n++];

    *line = (struct lat_expect){.id = id, .configured = configured, .reason = ""};
    return line;
}

void lat_expect_number(struct lat_expect *line, uint64_t result, uint64_t low, uint64_t high,
                       const char *unit)
{
    (void)snprintf(line->result, sizeof(line->result), "%" PRIu64 "%s", result, unit);
    if (low == high)
        (void)snprintf(line->expected, sizeof(line->expected), "%" PRIu64 "%s", low, unit);
    else
        (void)snprintf(line->expected, sizeof(line->expected), "%" PRIu64 " to %" PRIu64 "%s", low,
                       high, unit);
    line->within = result >= low && result <= high;
}

void lat_expect_milli(struct lat_expect *line, uint64_t result, uint64_t low, uint64_t high,
                      const char *unit)
{
    (void)snprintf(line->result, sizeof(line->result), "%" PRIu64 ".%03" PRIu64 "%s", result / 1000,
                   result % 1000, unit);
    (void)snprintf(line->expected, sizeof(line->expected),
                   "%" PRIu64 ".%03" PRIu64 " to %" PRIu64 ".%03" PRIu64 "%s", low / 1000,
                   low % 1000, high / 1000, high % 1000, unit);
    line->within = result >= low && result <= high;
}

void lat_expect_but(struct lat_expect *line, const char *reason)
{
    if (!line->within)
        line->reason = reason;
}

void lat_expect_missing(struct lat_expect *line, const char *expected)
{
    (void)snprintf(line->result, sizeof(line->result), "-");
    (void)snprintf(line->expected, sizeof(line->expected), "%s", expected);
    line->reason = "not in this model";
}

/* ---- E7: one CMD_SYNC on an empty queue ---- */

static uint64_t sync_ns(const char *preset, uint64_t mem_ps)
{
    struct lat_plan plan;

    lat_plan_init(&plan, preset);
    plan.mem_ps = mem_ps;
    return lat_time_invalidation(&plan, 0, false) / 1000;
}

static void e7_of(struct lat_expects *e, const char *preset, const char *name)
{
    const uint64_t local = sync_ns(preset, LOCAL_PS);
    const uint64_t remote = sync_ns(preset, REMOTE_PS);

    struct lat_expect *line = lat_expect_add(e, "E7", name);

    lat_expect_number(line, local, 240, 240, " ns");
    line->reason = "sync_cycles was chosen for this: a check, no prediction";
    line = lat_expect_add(e, "E7", "the same, queue in memory of 460 ns");
    lat_expect_number(line, remote, 550, 550, " ns");
    line->reason = "the latency of remote memory was chosen for this";
    lat_expect_milli(lat_expect_add(e, "E7", "remote to local"), 1000 * remote / local, 2250, 2350,
                     "");
}

static void e7(struct lat_expects *e)
{
    e7_of(e, "mmu600", "mmu600, one CMD_SYNC, queue in memory of 150 ns");
    e7_of(e, "server-arm", "server-arm, one CMD_SYNC, queue in memory of 150 ns");
}

/* ---- E8: N invalidations and one CMD_SYNC ---- */

static void e8(struct lat_expects *e)
{
    struct lat_plan plan;
    struct lat_expect *line;
    uint64_t last_ps = 0;
    uint64_t low = UINT64_MAX;
    uint64_t high = 0;
    uint64_t one_ps;

    lat_plan_init(&plan, "mmu600");
    for (uint64_t n = 1; n <= 4096; n *= 2) {
        const uint64_t ps = lat_time_invalidation(&plan, n, false);
        const uint64_t slope = n > 1 ? (ps - last_ps) / (n - n / 2) / 1000 : 0;

        last_ps = ps;
        if (n == 1)
            continue;
        low = slope < low ? slope : low;
        high = slope > high ? slope : high;
    }
    line = lat_expect_add(e, "E8", "mmu600, ns a TLBI_NH_VA, 1 to 4096 of them: the least");
    lat_expect_number(line, low, 150, 153, " ns");
    line->reason = "a round trip of 150 ns, and decoding";
    line = lat_expect_add(e, "E8", "the same: the most");
    lat_expect_number(line, high, 150, 153, " ns");
    one_ps = lat_time_invalidation(&plan, 1, false);
    lat_expect_number(lat_expect_add(e, "E8", "4096 pages by range: against one TLBI"),
                      lat_time_invalidation(&plan, 4096, true) / 1000, one_ps / 1000, one_ps / 1000,
                      " ns");
    line = lat_expect_add(e, "E8", "4095 pages by range: commands (5 bits of the number each)");
    lat_expect_number(line, (lat_time_invalidation(&plan, 4095, true) - one_ps) / 1000 / 150 + 1, 3,
                      3, "");
    line->reason = "by the time: each further one costs a round trip";
}

/* ---- E16: what a cold access reads ---- */

static struct lat_machine *cold_machine(const char *preset, bool two_level)
{
    struct lat_plan plan;
    struct lat_machine *m;

    lat_plan_init(&plan, preset);
    plan.s2_leaf = 3;
    plan.two_level = two_level;
    (void)lat_set(&plan, "walk_entries", 0);
    (void)lat_set_word(&plan, "cache_mode", "never");
    m = lat_new(&plan);
    lat_map(m, IOVA);
    (void)lat_ask(m, 0, IOVA);
    return m;
}

/* Every preset must read the same: the number, or 0 if they differ. */
static uint64_t cold_reads(bool two_level)
{
    uint64_t n = 0;

    for (size_t i = 0; i < smmu_params.n_presets; i++) {
        struct lat_machine *m = cold_machine(smmu_params.presets[i], two_level);
        const uint64_t n_here = lat_reads(m);

        n = i == 0 || n == n_here ? n_here : 0;
        lat_free(m);
    }
    return n;
}

static void e16(struct lat_expects *e)
{
    struct lat_machine *m = cold_machine("mmu600", false);
    struct lat_expect *line;

    line =
        lat_expect_add(e, "E16", "4 + 4 levels, no caches, one cold access: stage 1 descriptors");
    lat_expect_number(line, lat_reads_of(m, SIM_S_PTE_S1), 4, 4, "");
    line = lat_expect_add(e, "E16", "the same: stage 2 descriptors");
    lat_expect_number(line, lat_reads_of(m, SIM_S_PTE_S2), 24, 24, "");
    line->reason = "6 walks: of the CD, of 4 tables, of the address; 20 with the 4 above are the "
                   "24 of the walk";
    lat_free(m);
    line = lat_expect_add(e, "E16", "every preset: all entries read, linear tables");
    lat_expect_number(line, cold_reads(false), 30, 30, "");
    line->reason = "STE, 5 for the CD, 24 for the walk";
    line = lat_expect_add(e, "E16", "every preset: all entries read, tables of two levels");
    lat_expect_number(line, cold_reads(true), 36, 36, "");
}

size_t lat_expect_all(struct lat_expect list[LAT_MAX_EXPECTS])
{
    struct lat_expects e = {list, 0};

    e7(&e);
    e8(&e);
    lat_expect_e12(&e);
    lat_expect_e13(&e);
    lat_expect_e14(&e);
    lat_expect_e15(&e);
    e16(&e);
    return e.n;
}
