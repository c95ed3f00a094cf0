/* SPDX-License-Identifier: BSD-2-Clause
 * lat.h - experiments: what each one measures, and where its points and expectations go.
 * Knows: names and numbers. Must not know: how a machine is made. */
#ifndef BENCH_LATENCY_LAT_H
#define BENCH_LATENCY_LAT_H

#include "bench/latency/lat_machine.h"

#include <stdio.h>

#ifdef __cplusplus
extern "C" {
#endif

/** struct lat_out - where the points of one experiment with one preset go. */
struct lat_out {
    FILE *csv;
    const char *preset;
    uint64_t clock_ps;
};

/** struct lat_point - @label: what @x is in words, "" if it is a number. Its time is @ps / @n.
 * @n_reads: entries read from memory meanwhile, for all @n. */
struct lat_point {
    const char *series;
    const char *label;
    uint64_t x;
    uint64_t ps, n;
    uint64_t n_reads;
};

/** lat_put - one line of the CSV. */
void lat_put(const struct lat_out *out, const struct lat_point *point);

/** struct lat_experiment - one picture: curves over x.
 * @run: all points with the preset of @out. */
struct lat_experiment {
    const char *name;
    const char *x;
    const char *doc;
    void (*run)(const struct lat_out *out);
};

/* lat_xlate.c */
void lat_run_ladder(const struct lat_out *out);
void lat_run_footprint(const struct lat_out *out);
void lat_run_sizes(const struct lat_out *out);
/* lat_walk.c */
void lat_run_walk(const struct lat_out *out);
void lat_run_nested(const struct lat_out *out);
/* lat_inval.c */
void lat_run_scope(const struct lat_out *out);
void lat_run_size(const struct lat_out *out);
void lat_run_commands(const struct lat_out *out);
void lat_run_sync(const struct lat_out *out);
/* lat_load.c */
void lat_run_tbus(const struct lat_out *out);
void lat_run_burst(const struct lat_out *out);
void lat_run_prefetch(const struct lat_out *out);

/* ---- what several files measure with ---- */

/** lat_tlb_size - the parameter that has the size of the main TLB of @plan: the TBU's, or if there
 * is none the TCU's. */
const char *lat_tlb_size(const struct lat_plan *plan);

/** lat_one_entry - make a cache of one entry, whatever it was. */
void lat_one_entry(struct lat_plan *plan, const char *entries, const char *ways);

/** lat_invalidate - put N TLBIs for @n_pages pages from @iova on: one for each page, or
 * (@is_range) as few as there can be. Return: how many commands. */
unsigned lat_invalidate(struct lat_machine *m, uint64_t iova, uint64_t n_pages, bool is_range);

/** lat_time_invalidation - doorbell to the end of @n_pages invalidations and a CMD_SYNC, with
 * @mem_ps of memory. */
uint64_t lat_time_invalidation(const struct lat_plan *plan, uint64_t n_pages, bool is_range);

/* ---- expectations ---- */

/**
 * struct lat_expect - one line of the table.
 * @within: does the result meet the expectation? @reason: why not, or what is to be known; "".
 */
struct lat_expect {
    const char *id;
    const char *configured;
    char result[96];
    char expected[96];
    bool within;
    const char *reason;
};

#define LAT_MAX_EXPECTS 64u

/** lat_expect_all - run E7, E8, E12 to E16. Return: how many lines. */
size_t lat_expect_all(struct lat_expect list[LAT_MAX_EXPECTS]);

#ifdef __cplusplus
}
#endif
#endif
