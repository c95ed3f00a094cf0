/* SPDX-License-Identifier: BSD-2-Clause
 * smmu.h - an SMMUv3 as a struct sim_iommu: configuration, create, state.
 * Knows: its own parameters. Must not know: drivers, traces, verdicts. */
#ifndef SMMU_H
#define SMMU_H

#include "models/smmuv3/smmu_caps.h"
#include "sim/iommu.h"
#include "sim/param.h"
#include "sim/port.h"
#include "sim/snapshot.h"
#include "sim/tap.h"

#ifdef __cplusplus
extern "C" {
#endif

/** struct smmu_param - see smmu_param.def. */
struct smmu_param {
#define P(name, unit, mmu600, zero, gem5, mmu700, mmu500, server, min, max, source, doc)           \
    uint32_t name;
#include "models/smmuv3/smmu_param.def"
#undef P
};

extern const struct sim_param_table smmu_params; /* section "smmu" */

/** struct smmu_ids - ID registers as software reads them (6.3). */
struct smmu_ids {
    uint32_t idr0, idr1, idr2, idr3, idr4, idr5, iidr, aidr;
};

/** smmu_ids_default - a stage 1 and 2 SMMUv3.2 of 48 bits with everything that the model has. */
void smmu_ids_default(struct smmu_ids *ids);

/** smmu_ids_set - one ID register by its offset. Return: false if none is there. */
bool smmu_ids_set(struct smmu_ids *ids, uint64_t offset, uint32_t value);

/**
 * struct smmu_config - what an instance is.
 * @iommu:   its number, for facts.
 * @choices: what the architecture leaves open in the meaning of structures.
 * @source_port: its first port number of rank IOMMU in the queue; it uses SMMU_SOURCE_PORTS.
 */
#define SMMU_SOURCE_PORTS 1u
struct smmu_config {
    struct smmu_ids ids;
    struct smmu_param param;
    struct smmu_choices choices;
    uint32_t iommu;
    uint16_t source_port;
};

/** smmu_config_default - default IDs and the default preset. */
void smmu_config_default(struct smmu_config *config);

/**
 * smmu_new - an SMMU just out of reset.
 * @config: copied. @port, @tap: copied, what they point to is borrowed until freed; @tap may be
 * NULL. Return: 0 and @out; SIM_ENOMEM; SIM_EINVAL (a parameter outside its range, or sizes that do
 * not fit: entries must be a multiple of ways).
 */
int smmu_new(const struct smmu_config *config, struct sim_queue *queue, const struct sim_port *port,
             const struct sim_tap *tap, struct sim_iommu *out);

/** smmu_state - add every region of @model (from smmu_new) to @snapshot. Return: 0 or SIM_ENOMEM.
 */
int smmu_state(void *model, struct sim_snapshot *snapshot);

/** enum smmu_unimpl - what this model leaves out: first argument of FACT_UNIMPL; the second one has
 * a detail (StreamID, offset). */
enum smmu_unimpl {
    SMMU_UNIMPL_NONE,
    SMMU_UNIMPL_STALL,
    SMMU_UNIMPL_HTTU,
    SMMU_UNIMPL_ATS,
    SMMU_UNIMPL_PRI,
    SMMU_UNIMPL_LPAE,
    SMMU_UNIMPL_VMS,
    SMMU_UNIMPL_REGISTER,
    SMMU_UNIMPL_E0PD,
};

/** smmu_unimpl_name - in words. */
const char *smmu_unimpl_name(uint64_t what);

/** struct smmu_stats - counters since reset, for benchmarks and tests. */
struct smmu_stats {
    uint64_t n_requests, n_utlb_hits, n_tbu_hits, n_tlb_hits, n_walks, n_walk_reads, n_cfg_reads,
        n_faults, n_commands, n_syncs, n_events;
};
const struct smmu_stats *smmu_get_stats(const void *model);

#ifdef __cplusplus
}
#endif
#endif
