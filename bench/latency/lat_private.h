/* SPDX-License-Identifier: BSD-2-Clause
 * lat_private.h - the machine from inside.
 * Knows: everything of lat_machine.c and lat_tables.c. Must not know: what is measured. */
#ifndef BENCH_LATENCY_LAT_PRIVATE_H
#define BENCH_LATENCY_LAT_PRIVATE_H

#include "bench/latency/lat_machine.h"
#include "sim/mem.h"

#ifdef __cplusplus
extern "C" {
#endif

enum {
    LAT_SID = 0x20,
    LAT_SID_BITS = 8,
    LAT_SPLIT = 6,
    LAT_MAX_TBUS = 16,
    LAT_MAX_STRUCTURES = 32, /* more than enum sim_structure has */
};

#define LAT_STRTAB UINT64_C(0x10000)

/* @load: NULL, or what goes on when it is answered. */
struct lat_request {
    struct sim_dma dma;
    struct lat_machine *machine;
    struct lat_load *load;
    struct lat_request *next;
    uint64_t start_ps, end_ps;
    bool is_open;
};

/* A tree of tables. @next: where the next table goes; @stride: how far from each other they are. */
struct lat_space {
    uint64_t root, next, stride;
    uint8_t top;
};

struct lat_machine {
    struct lat_plan plan;
    struct sim_queue *queue;
    struct sim_mem *mem;
    struct sim_mem_port *mem_port;
    struct sim_port port;
    struct sim_iommu smmu;
    struct lat_space s1, s2;
    struct lat_request request[LAT_MAX_REQUESTS];
    struct lat_request *outside[LAT_MAX_TBUS]; /* not taken yet */
    uint32_t prod;
    uint64_t n_reads[LAT_MAX_STRUCTURES];
};

/* ---- lat_tables.c ---- */

/** lat_make_tables - stream table, CD and the first tables of the machine's plan. */
void lat_make_tables(struct lat_machine *m);

#ifdef __cplusplus
}
#endif
#endif
