/* SPDX-License-Identifier: BSD-2-Clause
 * smmu_machine.h - the smallest machine around one SMMUv3: a clock, memory, a log of all it did.
 * Knows: registers by offset, memory by address, requests. Must not know: what any bit means.
 *
 * RAM is [0, SMMU_MACHINE_RAM_BYTES), all zero, and every word that was stored elsewhere. Whatever
 * else the SMMU touches is an external abort. */
#ifndef TESTS_SHIM_SMMU_MACHINE_H
#define TESTS_SHIM_SMMU_MACHINE_H

#include "models/smmuv3/smmu.h"
#include "sim/iommu.h"
#include "sim/mem.h"
#include "sim/port.h"
#include "sim/tap.h"

#ifdef __cplusplus
extern "C" {
#endif

#define SMMU_MACHINE_RAM_BYTES UINT64_C(0x1000000)

struct smmu_machine;

/** struct smmu_machine_config - everything of it is copied. */
struct smmu_machine_config {
    struct smmu_config smmu;
    struct sim_mem_timing timing;
};

/** struct smmu_machine_irq - one wired interrupt. */
struct smmu_machine_irq {
    uint64_t time_ps;
    enum sim_irq source;
    bool level;
};

/** struct smmu_machine_access - one access of the SMMU, when it asked for it. */
struct smmu_machine_access {
    uint64_t time_ps;
    uint64_t pa;
    uint32_t n_bytes;
    uint8_t op;
    uint8_t structure;
};

/** struct smmu_machine_page - one answer to a page request. */
struct smmu_machine_page {
    uint64_t time_ps;
    struct sim_page_response response;
};

/** smmu_machine_config_init - defaults of the model, parameters of @preset, memory without delay.
 * An unknown preset is our bug. */
void smmu_machine_config_init(struct smmu_machine_config *config, const char *preset);

/** smmu_machine_new - out of reset, at time 0. Return: NULL if the model refuses its config. */
struct smmu_machine *smmu_machine_new(const struct smmu_machine_config *config);
void smmu_machine_free(struct smmu_machine *machine);

/** smmu_machine_iommu - the model itself. */
const struct sim_iommu *smmu_machine_iommu(const struct smmu_machine *machine);

/** smmu_machine_load, smmu_machine_store - one aligned little-endian word of 8 bytes, now. */
uint64_t smmu_machine_load(const struct smmu_machine *machine, uint64_t pa);
void smmu_machine_store(struct smmu_machine *machine, uint64_t pa, uint64_t value);
/** smmu_machine_store_at - the same at a time to come; of one instant, before hardware looks. */
void smmu_machine_store_at(struct smmu_machine *machine, uint64_t time_ps, uint64_t pa,
                           uint64_t value);
/** smmu_machine_break - accesses to this range abort until somebody stores there again. */
void smmu_machine_break(struct smmu_machine *machine, uint64_t pa, uint64_t n_bytes);

uint64_t smmu_machine_now_ps(const struct smmu_machine *machine);
/** smmu_machine_run - until nothing more will happen. */
void smmu_machine_run(struct smmu_machine *machine);
/** smmu_machine_run_until - every event up to and including @time_ps. */
void smmu_machine_run_until(struct smmu_machine *machine, uint64_t time_ps);
/** smmu_machine_step - one event. Return: false if there was none. */
bool smmu_machine_step(struct smmu_machine *machine);

/** smmu_machine_queue - for what else lives in it: rank and port of its own. */
struct sim_queue *smmu_machine_queue(const struct smmu_machine *machine);
/** smmu_machine_add_state - all of it but its log belongs to @snapshot. */
void smmu_machine_add_state(struct smmu_machine *machine, struct sim_snapshot *snapshot);
/** smmu_machine_take, smmu_machine_restore - with its memory. Only once. */
void smmu_machine_take(struct smmu_machine *machine, struct sim_snapshot *snapshot);
void smmu_machine_restore(struct smmu_machine *machine, const struct sim_snapshot *snapshot);

/** The log: what there is of each kind, in order. Pointers are good until the machine moves on. */
size_t smmu_machine_n_facts(const struct smmu_machine *machine);
const struct sim_fact *smmu_machine_facts(const struct smmu_machine *machine);
size_t smmu_machine_n_ats_invs(const struct smmu_machine *machine);
const struct sim_ats_inv *smmu_machine_ats_invs(const struct smmu_machine *machine);
size_t smmu_machine_n_irqs(const struct smmu_machine *machine);
const struct smmu_machine_irq *smmu_machine_irqs(const struct smmu_machine *machine);
size_t smmu_machine_n_accesses(const struct smmu_machine *machine);
const struct smmu_machine_access *smmu_machine_accesses(const struct smmu_machine *machine);
size_t smmu_machine_n_pages(const struct smmu_machine *machine);
const struct smmu_machine_page *smmu_machine_pages(const struct smmu_machine *machine);

#ifdef __cplusplus
}
#endif
#endif
