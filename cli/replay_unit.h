/* SPDX-License-Identifier: BSD-2-Clause
 * replay_unit.h - one IOMMU of a machine, whatever its architecture: made, saved, called.
 * Knows: both models. Must not know: who drives them. */
#ifndef CLI_REPLAY_UNIT_H
#define CLI_REPLAY_UNIT_H

#include "check/chk.h"
#include "cli/config.h"

#ifdef __cplusplus
extern "C" {
#endif

/** replay_unit_is_modelled - is there a model of SIM_ARCH_@arch? */
bool replay_unit_is_modelled(uint8_t arch);

/** struct replay_unit_wiring - @index: of the unit in the stream. */
struct replay_unit_wiring {
    const struct config *config;
    const struct rpl_scan_unit *scanned;
    size_t index;
    struct sim_queue *queue;
    const struct sim_port *port;
    const struct sim_tap *tap;
};

/** replay_unit_new - a model out of reset. Return: 0, SIM_ENOMEM, SIM_EINVAL (settings). */
int replay_unit_new(const struct replay_unit_wiring *wiring, struct sim_iommu *out);

/** replay_unit_state - add the model's regions to @snapshot. Return: 0 or SIM_ENOMEM. */
int replay_unit_state(uint8_t arch, void *model, struct sim_snapshot *snapshot);

/** replay_unit_misses_caches - do some of its reads not see what is in the CPUs' caches?
 * replay_unit_has_buffer - may stores stand in a buffer before memory? (VT-d: ECAP.C, SMPWCS;
 * CAP.RWBF) */
bool replay_unit_misses_caches(const struct config *config, const struct rpl_scan_unit *unit);
bool replay_unit_has_buffer(const struct config *config, const struct rpl_scan_unit *unit);

/** replay_unit_ids, replay_unit_vtd_ids - ID registers of a unit of the stream: defaults, then what
 * the stream's software read, then what the user set. */
void replay_unit_ids(const struct config *config, const struct rpl_scan_unit *unit,
                     struct smmu_ids *ids);
void replay_unit_vtd_ids(const struct config *config, const struct rpl_scan_unit *unit,
                         struct vtd_ids *ids);

/** replay_names - how an architecture calls commands and events. */
const struct chk_names *replay_names(uint8_t arch);

#ifdef __cplusplus
}
#endif

#endif
