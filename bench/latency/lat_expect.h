/* SPDX-License-Identifier: BSD-2-Clause
 * lat_expect.h - how a line of the table of expectations is made.
 * Knows: results and limits. Must not know: who prints them. */
#ifndef BENCH_LATENCY_LAT_EXPECT_H
#define BENCH_LATENCY_LAT_EXPECT_H

#include "bench/latency/lat.h"

#ifdef __cplusplus
extern "C" {
#endif

struct lat_expects {
    struct lat_expect *list;
    size_t n;
};

/** lat_expect_add - a new line. */
struct lat_expect *lat_expect_add(struct lat_expects *e, const char *id, const char *configured);
/** lat_expect_number - @result must be from @low to @high; @unit follows the numbers. */
void lat_expect_number(struct lat_expect *line, uint64_t result, uint64_t low, uint64_t high,
                       const char *unit);
/** lat_expect_milli - the same in thousandths. */
void lat_expect_milli(struct lat_expect *line, uint64_t result, uint64_t low, uint64_t high,
                      const char *unit);
/** lat_expect_but - why it is not as expected, if it is not. */
void lat_expect_but(struct lat_expect *line, const char *reason);
/** lat_expect_missing - the model has no such part. */
void lat_expect_missing(struct lat_expect *line, const char *expected);

/* lat_expect_tbu.c */
void lat_expect_e12(struct lat_expects *e);
void lat_expect_e13(struct lat_expects *e);
void lat_expect_e14(struct lat_expects *e);
void lat_expect_e15(struct lat_expects *e);

#ifdef __cplusplus
}
#endif
#endif
