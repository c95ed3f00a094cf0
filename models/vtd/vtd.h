/* SPDX-License-Identifier: BSD-2-Clause
 * vtd.h - a VT-d remapping unit as a struct sim_iommu: configuration, create, state.
 * Knows: its own parameters. Must not know: drivers, traces, verdicts. */
#ifndef VTD_H
#define VTD_H

#include "models/vtd/vtd_caps.h"
#include "sim/iommu.h"
#include "sim/param.h"
#include "sim/port.h"
#include "sim/snapshot.h"
#include "sim/tap.h"

#ifdef __cplusplus
extern "C" {
#endif

/** struct vtd_param - see vtd_param.def. */
struct vtd_param {
#define P(name, unit, bdw, zero, snb, ivb, hsw_2620, hsw_2637, min, max, source, doc) uint32_t name;
#include "models/vtd/vtd_param.def"
#undef P
};

extern const struct sim_param_table vtd_params; /* section "vtd" */

/** vtd_ids_default - a unit of 48 bits (57 in the first stage) with everything that the model has:
 * scalable mode, nested, PASID, ATS, PRI, queued invalidation. */
void vtd_ids_default(struct vtd_ids *ids);

/** vtd_ids_set - one capability register by its offset. Return: false if none is there. */
bool vtd_ids_set(struct vtd_ids *ids, uint64_t offset, uint64_t value);

/**
 * struct vtd_config - what an instance is.
 * @haw_bits: host address width; 0: as MGAW, 52 at most.
 * @choices:  what the architecture leaves open in the meaning of structures.
 * @iommu:    its number, for facts.
 * @source_port: its first port number of rank IOMMU in the queue; it uses VTD_SOURCE_PORTS.
 */
#define VTD_SOURCE_PORTS 1u
struct vtd_config {
    struct vtd_ids ids;
    unsigned haw_bits;
    struct vtd_choices choices;
    struct vtd_param param;
    uint32_t iommu;
    uint16_t source_port;
};

/** vtd_config_default - default capabilities and the default preset. */
void vtd_config_default(struct vtd_config *config);

/**
 * vtd_new - a unit just out of reset.
 * @config: copied. @port, @tap: copied, what they point to is borrowed until freed; @tap may be
 * NULL. Return: 0 and @out; SIM_ENOMEM; SIM_EINVAL (a parameter outside its range, or sizes that do
 * not fit: entries must be a multiple of ways).
 */
int vtd_new(const struct vtd_config *config, struct sim_queue *queue, const struct sim_port *port,
            const struct sim_tap *tap, struct sim_iommu *out);

/** vtd_state - add every region of @model (from vtd_new) to @snapshot. Return: 0 or SIM_ENOMEM. */
int vtd_state(void *model, struct sim_snapshot *snapshot);

/** enum vtd_unimpl - what this model leaves out: first argument of FACT_UNIMPL; the second one has
 * a detail (offset, source id). */
enum vtd_unimpl {
    VTD_UNIMPL_NONE,
    VTD_UNIMPL_INTERRUPT, /* remapping of interrupt requests */
    VTD_UNIMPL_HPT,       /* host permission tables */
    VTD_UNIMPL_MEMORY_TYPE,
    VTD_UNIMPL_REGISTER,
    VTD_UNIMPL_AFL,
    VTD_UNIMPL_UNDEFINED, /* software did what the architecture leaves undefined */
};

/** vtd_unimpl_name - in words. */
const char *vtd_unimpl_name(uint64_t what);

/** struct vtd_stats - counters since reset, for benchmarks and tests. */
struct vtd_stats {
    uint64_t n_requests, n_tlb_hits, n_walks, n_walk_reads, n_cfg_reads, n_faults, n_descriptors,
        n_waits, n_page_requests;
};
const struct vtd_stats *vtd_get_stats(const void *model);

#ifdef __cplusplus
}
#endif
#endif
