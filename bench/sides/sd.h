/* SPDX-License-Identifier: BSD-2-Clause
 * sd.h - both architectures side by side: what is done to each, what is measured.
 * Knows: names and numbers. Must not know: registers, tables, how a machine is made. */
#ifndef BENCH_SIDES_SD_H
#define BENCH_SIDES_SD_H

#include <stdint.h>
#include <stdio.h>

#ifdef __cplusplus
extern "C" {
#endif

/** enum sd_move - what software does; the same on both architectures. */
enum sd_move {
    SD_FS_SWAP,    /* another first-stage table, as few stores as the architecture lets */
    SD_FS_REPLACE, /* another first-stage domain, as drivers do it */
    SD_SS_SWAP,
    SD_SS_REPLACE,
    SD_UNMAP_4K,    /* a page of the first stage */
    SD_UNMAP_2M,    /* 512 pages of the first stage, by one range */
    SD_UNMAP_4K_SS, /* a page of the second stage */
    SD_DETACH,
    SD_N_MOVES,
};

/** struct sd_out - where figures go: @csv, @md: a line for each move and architecture; @course:
 * what the device sees before, during and after it. */
struct sd_out {
    FILE *csv, *md, *course;
};

/** sd_moves_all - every move on both architectures, with each pair of presets. */
void sd_moves_all(const struct sd_out *out);

/** sd_cost_all - invalidation descriptors of VT-d: @grid: type, size of the IOTLB, number. @again:
 * by type what a device that uses SD_N_PAGES pages pays when it uses them again. */
void sd_cost_all(FILE *grid, FILE *again);

/** sd_put_tenths - ",12.3" of @ps / @n in nanoseconds, cut off: the same on every machine. */
void sd_put_tenths(FILE *out, const char *before, uint64_t ps, uint64_t n);

#ifdef __cplusplus
}
#endif
#endif
