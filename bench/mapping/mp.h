/* SPDX-License-Identifier: BSD-2-Clause
 * mp.h - what it costs to map and unmap for each packet, and to map anew instead of to replace.
 * Knows: names and numbers. Must not know: registers, tables, how a machine is made. */
#ifndef BENCH_MAPPING_MP_H
#define BENCH_MAPPING_MP_H

#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>

#ifdef __cplusplus
extern "C" {
#endif

/* What Linux's page table code takes for one call (ns): kernel list, iommupt series, patch 12,
 * 2025, new implementation; a 4 KiB page, and 256 of them in one call. */
#define MP_MAP_NS 71u
#define MP_UNMAP_NS 77u
#define MP_MAP_256_NS 392u
#define MP_UNMAP_256_NS 225u

/** struct mp_out - a CSV, and the table as Markdown. @n_off: lines that are not as expected and
 * have no reason. */
struct mp_out {
    FILE *csv, *md;
    unsigned n_off;
};

/**
 * struct mp_line - a figure beside what is expected of it.
 * @expected: with @within, how far off it may be (0.02 = 2 %); below 0 = nothing is expected.
 * @why:      what is to be known if it is further off; "" else.
 */
struct mp_line {
    const char *experiment, *series, *what, *unit;
    double expected, simulated, within;
    const char *why;
};
void mp_put(struct mp_out *out, const struct mp_line *line);

void mp_packets_all(struct mp_out *out); /* E10, E11 */
void mp_replace_all(struct mp_out *out); /* E18 */

#ifdef __cplusplus
}
#endif
#endif
