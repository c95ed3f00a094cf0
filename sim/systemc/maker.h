// SPDX-License-Identifier: BSD-2-Clause
// maker.h - how a unit's SystemC side gets its model.
// Knows: struct sim_iommu. Must not know: any architecture, SystemC.
#ifndef SIM_SYSTEMC_MAKER_H
#define SIM_SYSTEMC_MAKER_H

#include "sim/iommu.h"
#include "sim/port.h"
#include "sim/snapshot.h"
#include "sim/tap.h"

namespace iommusim_tlm
{

/**
 * maker - @make: of @config, the unit @number of its queue. Return: 0 or SIM_E... @state: the
 * model's regions. @n_register_bytes: how far registers reach.
 * @outer: who else wants the model's facts; NULL: nobody.
 */
struct maker {
    int (*make)(const void *config, unsigned number, struct sim_queue *queue,
                const struct sim_port *port, const struct sim_tap *tap, struct sim_iommu *out);
    int (*state)(const void *config, void *model, struct sim_snapshot *snapshot);
    void (*count)(void *model, uint64_t *n_tlb_hits, uint64_t *n_walks); /* may be NULL */
    const void *config;
    uint64_t n_register_bytes;
    const struct sim_tap *outer;
    /* NULL, or: the port that the messages which have no socket go to (interrupts of replays). */
    const struct sim_port *aside;
};

} // namespace iommusim_tlm

#endif
