/* SPDX-License-Identifier: BSD-2-Clause
 * sd_rig.h - a unit of either architecture, memory, a device that never rests, and a stopwatch.
 * Knows: struct sim_iommu, addresses. Must not know: what a word means, what is measured.
 *
 * Two maps of one window: a page of IOVA x is at x + SD_SHIFT in map 0, at x + 2 * SD_SHIFT in map
 * 1. Software's own work takes no time, memory always the same: what one sees is the unit. Every
 * answer is compared with the map that counts; a wrong one stops the program. */
#ifndef BENCH_SIDES_SD_RIG_H
#define BENCH_SIDES_SD_RIG_H

#include "bench/sides/sd.h"
#include "sim/iommu.h"
#include "sim/mem.h"
#include "sim/port.h"
#include "sim/rng.h"

#include <stdbool.h>
#include <stddef.h>

#ifdef __cplusplus
extern "C" {
#endif

enum {
    SD_MAX_REQUESTS = 1024,
    SD_N_PAGES = 32, /* that the device uses, at random */
    SD_N_MAPS = 2,
    SD_RANGE_PAGES = 512, /* what SD_UNMAP_2M takes away */
    SD_DEVICE = 0x20,     /* StreamID, requester id 00:04.0 */
    SD_MAX_SAMPLES = 65536,
    SD_PAGE_LOG2 = 12,
};

#define SD_PAGE UINT64_C(0x1000)
#define SD_SHIFT (UINT64_C(1) << 38)
#define SD_WINDOW UINT64_C(0x40000000)
#define SD_VICTIM UINT64_C(0x40200000) /* what is unmapped: page tables of its own */
#define SD_MEM_PS UINT64_C(150000)
#define SD_INTERVAL_PS UINT64_C(100000) /* from request to request */

enum sd_entry { SD_TABLE, SD_LEAF };

struct sd_rig;

/**
 * struct sd_arch - one architecture.
 * @preset:  of its parameters; @make: a unit out of reset in rig->iommu, with NULL or @entries of
 *           its IOTLB (0 = as the preset has it).
 * @entry:   a page table entry of @stage for @pa.
 * @boot:    tables for the first map, everything on. Page tables are there.
 * @move:    from the first store to the last completion. @undo: so that @move can be done again.
 */
struct sd_arch {
    const char *name;
    void (*make)(struct sd_rig *rig, const char *preset, uint32_t entries);
    uint64_t (*entry)(unsigned stage, uint64_t pa, enum sd_entry kind);
    void (*boot)(struct sd_rig *rig);
    void (*move)(struct sd_rig *rig, enum sd_move move);
    void (*undo)(struct sd_rig *rig, enum sd_move move);
};
extern const struct sd_arch sd_smmu, sd_vtd;

/** sd_vtd_cost - @n descriptors number @type (sd_vtd_types) and one wait. Return: time. */
#define SD_N_VTD_TYPES 7u
extern const char *const sd_vtd_types[SD_N_VTD_TYPES];
uint64_t sd_vtd_cost(struct sd_rig *rig, unsigned type, unsigned n);
/** sd_vtd_flush - a page of the first stage and a wait; @is_leaf: no table went (IH=1). */
void sd_vtd_flush(struct sd_rig *rig, uint64_t iova, bool is_leaf);
/** sd_vtd_flush_all - all of the first stage, and a wait. */
void sd_vtd_flush_all(struct sd_rig *rig);

struct sd_request {
    struct sim_dma dma;
    struct sd_rig *rig;
    struct sd_request *next;
    uint64_t start_ps;
    uint32_t moves; /* how many there had been at its start */
    bool is_open, is_probe, was_settled;
};

/** struct sd_sample - one request of the device. */
struct sd_sample {
    uint64_t start_ps, took_ps;
    bool is_refused;
};

/**
 * struct sd_rig - all of it.
 * @root:    page table of each map.
 * @map:     the one that counts, @is_blocked: none does.
 * @settled: no move is going on.
 * @stores, @commands, @waits: of the moves so far.
 */
struct sd_rig {
    const struct sd_arch *arch;
    unsigned stage; /* 1, 2 */
    struct sim_queue *queue;
    struct sim_mem *mem;
    struct sim_mem_port *mem_port;
    struct sim_port port;
    struct sim_iommu iommu;
    struct sim_source source;
    struct sim_rng rng;
    struct sim_event tick;
    struct sd_request request[SD_MAX_REQUESTS];
    struct sd_request *outside; /* not taken yet, the oldest first */
    struct sd_sample *samples;
    size_t n_samples;
    uint64_t root[SD_N_MAPS];
    uint64_t next_table;
    unsigned map;
    bool is_blocked, is_unmapped, is_settled, is_stopped;
    uint32_t moves, prod, status;
    uint64_t stores, commands, waits, reads;
};

/** sd_rig_new - booted, idle, first map. */
struct sd_rig *sd_rig_new(const struct sd_arch *arch, const char *preset, unsigned stage,
                          uint32_t entries);
void sd_rig_free(struct sd_rig *rig);

uint64_t sd_now_ps(const struct sd_rig *rig);
void sd_advance(struct sd_rig *rig, uint64_t until_ps);
/** sd_idle - until nothing more happens. The device must be stopped. */
void sd_idle(struct sd_rig *rig);

/** sd_start - the device begins, a request every SD_INTERVAL_PS. */
void sd_start(struct sd_rig *rig);
/** sd_ask - one request for @iova alone. Return: how long it took. */
uint64_t sd_ask(struct sd_rig *rig, uint64_t iova);
/** sd_probe - one request for the victim; its answer must be that of the map at its end. */
void sd_probe(struct sd_rig *rig);

/** sd_put - a word of a table, before anybody looks; sd_store, sd_store16 - one store of a move. */
void sd_put(struct sd_rig *rig, uint64_t pa, uint64_t word);
void sd_store(struct sd_rig *rig, uint64_t pa, uint64_t word);
void sd_store16(struct sd_rig *rig, uint64_t pa, const uint64_t words[2]);

/** sd_set_page - store the entry of one page of the window or the victim: mapped, or 0. */
void sd_set_page(struct sd_rig *rig, uint64_t iova, bool is_mapped);
/** sd_set_victim - store entries of the first @n pages: mapped, or 0. */
void sd_set_victim(struct sd_rig *rig, unsigned n, bool is_mapped);

void sd_reg_write(struct sd_rig *rig, uint64_t offset, uint32_t n_bytes, uint64_t value);
uint64_t sd_reg_read(const struct sd_rig *rig, uint64_t offset, uint32_t n_bytes);
/** sd_step - let one event happen. There must be one. */
void sd_step(struct sd_rig *rig);

#ifdef __cplusplus
}
#endif
#endif
