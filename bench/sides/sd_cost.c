/* SPDX-License-Identifier: BSD-2-Clause
 * sd_cost.c - what invalidations cost on VT-d: type, size of the IOTLB, how many before one wait,
 * and what the device pays afterwards.
 * Knows: the grid. Must not know: descriptors. */
#include "bench/sides/sd_rig.h"

#include <inttypes.h>

enum {
    MIN_ENTRIES = 32,
    MAX_ENTRIES = 65536,
    MAX_OUTSTANDING = 256,
};

/* Each point has a unit of its own: nothing is left over from another one. */
static uint64_t cost_of(unsigned type, uint32_t entries, unsigned n)
{
    struct sd_rig *rig = sd_rig_new(&sd_vtd, "bdw", 1, entries);
    const uint64_t ps = sd_vtd_cost(rig, type, n);

    sd_rig_free(rig);
    return ps;
}

static void put(FILE *csv, unsigned type, uint32_t entries, unsigned n)
{
    const uint64_t ps = cost_of(type, entries, n);

    (void)fprintf(csv, "%s,%" PRIu32 ",%u", n ? sd_vtd_types[type] : "wait alone", entries, n);
    sd_put_tenths(csv, ",", ps, 1);
    sd_put_tenths(csv, ",", ps, n ? n : 1);
    (void)fputc('\n', csv);
}

static void put_grid(FILE *csv)
{
    (void)fputs("descriptor,entries,outstanding,ns,ns_each\n", csv);
    put(csv, 0, MIN_ENTRIES, 0);
    for (unsigned type = 0; type < SD_N_VTD_TYPES; type++)
        for (uint32_t entries = MIN_ENTRIES; entries <= MAX_ENTRIES; entries *= 2)
            for (unsigned n = 1; n <= MAX_OUTSTANDING; n *= 2)
                put(csv, type, entries, n);
}

/* Every page once, one after the other. */
static uint64_t pass(struct sd_rig *rig)
{
    uint64_t ps = 0;

    for (unsigned i = 0; i < SD_N_PAGES; i++)
        ps += sd_ask(rig, SD_WINDOW + i * SD_PAGE);
    return ps;
}

static void put_again(FILE *csv, const char *preset, unsigned type)
{
    struct sd_rig *rig = sd_rig_new(&sd_vtd, preset, 1, 0);
    uint64_t before_ps, after_ps, reads;

    (void)pass(rig);
    before_ps = pass(rig);
    (void)fprintf(csv, "%s,%s", preset, sd_vtd_types[type]);
    sd_put_tenths(csv, ",", sd_vtd_cost(rig, type, 1), 1);
    reads = rig->reads;
    after_ps = pass(rig);
    sd_put_tenths(csv, ",", after_ps - before_ps, 1);
    (void)fprintf(csv, ",%" PRIu64 "\n", rig->reads - reads);
    sd_rig_free(rig);
}

void sd_cost_all(FILE *grid, FILE *again)
{
    put_grid(grid);
    (void)fputs("preset,descriptor,ns,again_ns,reads\n", again);
    for (unsigned type = 0; type < SD_N_VTD_TYPES; type++)
        put_again(again, "bdw", type);
    for (unsigned type = 0; type < SD_N_VTD_TYPES; type++)
        put_again(again, "zero", type);
}
