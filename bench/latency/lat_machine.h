/* SPDX-License-Identifier: BSD-2-Clause
 * lat_machine.h - one SMMUv3 with memory, tables, requests and commands, and a stopwatch.
 * Knows: public headers of the model. Must not know: what is measured, where it is written.
 *
 * One address space: a page of IOVA x is at x + LAT_SHIFT. Under stage 2 that is an intermediate
 * address, and stage 2 is the identity. Memory answers after mem_ps and has no other limit, so what
 * one sees is the SMMU. Whatever fails here is our own mistake: the program stops. */
#ifndef BENCH_LATENCY_LAT_MACHINE_H
#define BENCH_LATENCY_LAT_MACHINE_H

#include "models/smmuv3/smmu.h"

#ifdef __cplusplus
extern "C" {
#endif

#define LAT_PAGE UINT64_C(0x1000)
#define LAT_SHIFT (UINT64_C(1) << 38)
#define LAT_MEM_PS UINT64_C(150000)
#define LAT_MAX_REQUESTS 512u

/**
 * struct lat_plan - what machine to make.
 * @s1_top, @s1_leaf: level of the first table, and of pages and blocks (0..3; 4 KiB granule).
 * @s2_top, @s2_leaf: the same of stage 2; s2_leaf 0 = no stage 2.
 * @two_level: stream table and CD table have two levels each.
 * @is_off:    SMMUEN stays 0.
 */
struct lat_plan {
    struct smmu_config smmu;
    uint64_t mem_ps;
    uint8_t s1_top, s1_leaf, s2_top, s2_leaf;
    bool two_level, is_off;
};

/** lat_plan_init - parameters of @preset (a cycle of "zero" is 1 ns, too), stage 1 of four levels
 * with 4 KiB pages. */
void lat_plan_init(struct lat_plan *plan, const char *preset);

/** lat_set - one parameter by name. Return: false if the model has no such parameter, or no such
 * value of it. */
bool lat_set(struct lat_plan *plan, const char *name, uint64_t value);
/** lat_set_word - the same for a parameter that is a word. */
bool lat_set_word(struct lat_plan *plan, const char *name, const char *word);
/** lat_get - its value, 0 if there is no such parameter. */
uint32_t lat_get(const struct lat_plan *plan, const char *name);
/** lat_max - the largest value it may have, 0 if there is no such parameter. */
uint32_t lat_max(const char *name);

struct lat_machine;

/** lat_new - switched on, idle. */
struct lat_machine *lat_new(const struct lat_plan *plan);
void lat_free(struct lat_machine *m);

/** lat_map - map the page at @iova; lat_map_block: as a page or block of level @leaf. */
void lat_map(struct lat_machine *m, uint64_t iova);
void lat_map_block(struct lat_machine *m, uint64_t iova, unsigned leaf);
/** lat_map_pages - @n pages of 4 KiB from @iova on. */
void lat_map_pages(struct lat_machine *m, uint64_t iova, uint64_t n);

uint64_t lat_now_ps(const struct lat_machine *m);
/** lat_wait - let @ps pass. */
void lat_wait(struct lat_machine *m, uint64_t ps);
/** lat_idle - until nothing more happens. */
void lat_idle(struct lat_machine *m);

/** lat_reads - entries read from memory so far, whatever their size; commands do not count. */
uint64_t lat_reads(const struct lat_machine *m);
/** lat_reads_of - those of one enum sim_structure. */
uint64_t lat_reads_of(const struct lat_machine *m, unsigned structure);

/* ---- requests ---- */

/** lat_send - request number @i enters at TBU @tbu now. What the SMMU does not take waits outside,
 * and is offered again at every answer, the oldest first. */
void lat_send(struct lat_machine *m, unsigned i, unsigned tbu, uint64_t iova);
/** lat_took_ps - from lat_send of request @i to its answer. It must have been answered. */
uint64_t lat_took_ps(const struct lat_machine *m, unsigned i);
/** lat_ask - one request alone. Return: how long it took. */
uint64_t lat_ask(struct lat_machine *m, unsigned tbu, uint64_t iova);
/** lat_warm - STE and CD are fetched, and nothing else happens. */
void lat_warm(struct lat_machine *m);

/**
 * struct lat_load - requests that follow each other.
 * @n_tbus:      the first ones take part.
 * @n_in_flight: of each TBU; an answer makes place for the next request.
 * @n_requests:  in all.
 * @next:        IOVA of the next request of a TBU.
 * The rest is filled in: when the first began and the last ended, and the sum of all times.
 */
struct lat_load {
    unsigned n_tbus, n_in_flight;
    uint64_t n_requests;
    uint64_t (*next)(void *ctx, unsigned tbu);
    void *ctx;
    uint64_t n_left, n_open;
    uint64_t begin_ps, end_ps, sum_ps;
};

/** lat_start - begin; @load must live until its last answer. lat_stop: no further request.
 * lat_run: start, and wait for the end. */
void lat_start(struct lat_machine *m, struct lat_load *load);
void lat_stop(struct lat_load *load);
void lat_run(struct lat_machine *m, struct lat_load *load);

/* ---- commands ---- */

/** lat_command - put one command into the queue. */
void lat_command(struct lat_machine *m, const uint64_t *words);
/** lat_put_sync - a CMD_SYNC. */
void lat_put_sync(struct lat_machine *m);
/** lat_ring - the doorbell. Return: time until every command is consumed. */
uint64_t lat_ring(struct lat_machine *m);

#ifdef __cplusplus
}
#endif
#endif
