/* SPDX-License-Identifier: BSD-2-Clause
 * vtd_machine.h - the smallest machine around one VT-d unit: a clock, memory, a log of all it did.
 * Knows: registers by offset, memory by address, requests. Must not know: what any bit means.
 *
 * RAM is [0, VTD_MACHINE_RAM_BYTES), all zero, and every word that was stored elsewhere. Whatever
 * else the unit touches is an external abort. */
#ifndef TESTS_SHIM_VTD_MACHINE_H
#define TESTS_SHIM_VTD_MACHINE_H

#include "models/vtd/vtd.h"
#include "sim/iommu.h"
#include "sim/mem.h"
#include "sim/port.h"
#include "sim/tap.h"

#ifdef __cplusplus
extern "C" {
#endif

#define VTD_MACHINE_RAM_BYTES UINT64_C(0x1000000)

struct vtd_machine;

/** struct vtd_machine_config - everything of it is copied. */
struct vtd_machine_config {
    struct vtd_config vtd;
    struct sim_mem_timing timing;
};

/** struct vtd_machine_irq - one wired interrupt. */
struct vtd_machine_irq {
    uint64_t time_ps;
    enum sim_irq source;
    bool level;
};

/** struct vtd_machine_access - one access of the unit, when it asked for it. */
struct vtd_machine_access {
    uint64_t time_ps;
    uint64_t pa;
    uint32_t n_bytes;
    uint8_t op;
    uint8_t structure;
};

/** struct vtd_machine_page - one answer to a page request. */
struct vtd_machine_page {
    uint64_t time_ps;
    struct sim_page_response response;
};

/** vtd_machine_config_init - defaults of the model, parameters of @preset, memory without delay.
 * An unknown preset is our bug. */
void vtd_machine_config_init(struct vtd_machine_config *config, const char *preset);

/** vtd_machine_new - out of reset, at time 0. Return: NULL if the model refuses its config. */
struct vtd_machine *vtd_machine_new(const struct vtd_machine_config *config);
void vtd_machine_free(struct vtd_machine *machine);

/** vtd_machine_iommu - the model itself. */
const struct sim_iommu *vtd_machine_iommu(const struct vtd_machine *machine);

/** vtd_machine_load, vtd_machine_store - one aligned little-endian word of 8 bytes, now. */
uint64_t vtd_machine_load(const struct vtd_machine *machine, uint64_t pa);
void vtd_machine_store(struct vtd_machine *machine, uint64_t pa, uint64_t value);
/** vtd_machine_store_at - the same at a time to come; of one instant, before hardware looks. */
void vtd_machine_store_at(struct vtd_machine *machine, uint64_t time_ps, uint64_t pa,
                          uint64_t value);
/** vtd_machine_break - accesses to this range abort until somebody stores there again. */
void vtd_machine_break(struct vtd_machine *machine, uint64_t pa, uint64_t n_bytes);

/** vtd_machine_post - a store that stays in the CPU's cache, and then in the unit's write buffer if
 * @has_buffer (of all stores the same). vtd_machine_clflush - of the line: it leaves the cache. */
void vtd_machine_post(struct vtd_machine *machine, uint64_t pa, uint64_t value, bool has_buffer);
void vtd_machine_clflush(struct vtd_machine *machine, uint64_t pa);

uint64_t vtd_machine_now_ps(const struct vtd_machine *machine);
/** vtd_machine_run - until nothing more will happen. */
void vtd_machine_run(struct vtd_machine *machine);
/** vtd_machine_run_until - every event up to and including @time_ps. */
void vtd_machine_run_until(struct vtd_machine *machine, uint64_t time_ps);
/** vtd_machine_step - one event. Return: false if there was none. */
bool vtd_machine_step(struct vtd_machine *machine);

/** vtd_machine_queue - for what else lives in it: rank and port of its own. */
struct sim_queue *vtd_machine_queue(const struct vtd_machine *machine);
/** vtd_machine_add_state - all of it but its log belongs to @snapshot. */
void vtd_machine_add_state(struct vtd_machine *machine, struct sim_snapshot *snapshot);
/** vtd_machine_take, vtd_machine_restore - with its memory. Only once. */
void vtd_machine_take(struct vtd_machine *machine, struct sim_snapshot *snapshot);
void vtd_machine_restore(struct vtd_machine *machine, const struct sim_snapshot *snapshot);

/** The log: what there is of each kind, in order. Pointers are good until the machine moves on. */
size_t vtd_machine_n_facts(const struct vtd_machine *machine);
const struct sim_fact *vtd_machine_facts(const struct vtd_machine *machine);
size_t vtd_machine_n_ats_invs(const struct vtd_machine *machine);
const struct sim_ats_inv *vtd_machine_ats_invs(const struct vtd_machine *machine);
size_t vtd_machine_n_irqs(const struct vtd_machine *machine);
const struct vtd_machine_irq *vtd_machine_irqs(const struct vtd_machine *machine);
size_t vtd_machine_n_accesses(const struct vtd_machine *machine);
const struct vtd_machine_access *vtd_machine_accesses(const struct vtd_machine *machine);
size_t vtd_machine_n_pages(const struct vtd_machine *machine);
const struct vtd_machine_page *vtd_machine_pages(const struct vtd_machine *machine);

#ifdef __cplusplus
}
#endif
#endif
