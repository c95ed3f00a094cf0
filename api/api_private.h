/* SPDX-License-Identifier: BSD-2-Clause
 * api_private.h - the parts of the library's interface, among themselves.
 * Knows: a simulation's parts. Must not know: what any bit means. */
#ifndef API_PRIVATE_H
#define API_PRIVATE_H

#include "include/iommusim/iommusim.h"
#include "models/smmuv3/smmu.h"
#include "models/vtd/vtd.h"
#include "sim/mem_param.h"
#include "sim/record.h"

#include <stdbool.h>

#ifdef __cplusplus
extern "C" {
#endif

struct iommusim_config {
    enum iommusim_arch arch;
    struct smmu_config smmu;
    struct vtd_config vtd;
    struct sim_mem_param mem;
    uint64_t run_seed; /* added to the unit's, as the program does */
    uint64_t max_bytes;
    uint64_t doorbell, doorbell_bytes;
};

/** api_smmu, api_vtd - what a model is made of. */
struct smmu_config api_smmu(const struct iommusim_config *config);
struct vtd_config api_vtd(const struct iommusim_config *config);

/** struct api_request - a request under way. @next: while it is free. */
struct api_request {
    struct sim_dma dma;
    struct iommusim *sim;
    struct iommusim_dma *theirs;
    struct api_request *next;
};

/** struct api_memory - memory, and when its accesses complete. @own: NULL: it is the world's.
 * @slot_free_ps: timing.n_slots of them. */
struct api_memory {
    struct sim_mem *own;
    struct sim_mem_timing timing;
    struct sim_source source;
    uint64_t next_start_ps;
    uint64_t *slot_free_ps;
    uint32_t slot;
};

struct api_recorder;

/** struct iommusim - @n_inside: callbacks of the world that have not returned. @is_running: time
 * passes. */
struct iommusim {
    enum iommusim_arch arch;
    struct iommusim_world world;
    uint64_t doorbell, doorbell_bytes;
    struct sim_queue *queue;
    struct api_memory memory;
    struct sim_port port;
    struct sim_tap tap;
    struct sim_iommu iommu;
    struct api_recorder *recorder; /* NULL: nothing is recorded */
    struct api_request *free_requests;
    uint32_t n_inside;
    bool is_running;
    struct api_request requests[IOMMUSIM_MAX_IN_FLIGHT];
};

/* ---- memory (api_memory.c) ---- */

/** api_memory_init - Return: 0 or IOMMUSIM_ENOMEM; api_memory_end in either case. */
int api_memory_init(struct iommusim *sim, const struct iommusim_config *config);
void api_memory_end(struct iommusim *sim);
/** api_memory_access - the port's function. */
void api_memory_access(void *ctx, struct sim_access *access);

/* ---- time (api.c) ---- */

/** api_step - all of the next instant that is not after @until_ps. Return: false: there is none. */
bool api_step(struct iommusim *sim, uint64_t until_ps);

/* ---- recording (api_record.c) ---- */

/** api_record - what @rec says has been done, now. Return: 0, also if nothing is recorded. */
int api_record(struct iommusim *sim, const struct sim_record *rec);
/** api_record_start - iommusim_record_start; @has_barriers: they are told, else they are implied.
 */
int api_record_start(struct iommusim *sim, const char *path, uint64_t base, bool has_barriers);
/** api_record_drop - a recording that nobody stopped. */
void api_record_drop(struct iommusim *sim);

/** api_is_busy - a callback may not do that. */
static inline bool api_is_busy(const struct iommusim *sim)
{
    return sim->n_inside != 0;
}

static inline uint64_t api_reg_read(const struct iommusim *sim, uint64_t offset, uint32_t n_bytes)
{
    return sim->iommu.ops->reg_read(sim->iommu.model, offset, n_bytes);
}

#ifdef __cplusplus
}
#endif
#endif
