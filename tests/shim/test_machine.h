/* SPDX-License-Identifier: BSD-2-Clause
 * test_machine.h - the smallest machine around one model: a clock, memory, a log of all it did.
 * Knows: registers by offset, memory by address, requests. Must not know: what any bit means.
 *
 * RAM is [0, TEST_MACHINE_RAM_BYTES), all zero, and every word that was stored elsewhere. Whatever
 * else the model touches is an external abort. */
#ifndef TESTS_SHIM_TEST_MACHINE_H
#define TESTS_SHIM_TEST_MACHINE_H

#include "sim/iommu.h"
#include "sim/mem.h"
#include "sim/port.h"
#include "sim/snapshot.h"
#include "sim/tap.h"

#ifdef __cplusplus
extern "C" {
#endif

#define TEST_MACHINE_RAM_BYTES UINT64_C(0x1000000)

struct test_machine;

/**
 * struct test_machine_model - what there is of a model beside struct sim_iommu.
 * @make: of @config, the model's own. Return: 0, or an error if it refuses it.
 */
struct test_machine_model {
    int (*make)(const void *config, struct sim_queue *queue, const struct sim_port *port,
                const struct sim_tap *tap, struct sim_iommu *out);
    int (*state)(void *model, struct sim_snapshot *snapshot);
};

/** struct test_machine_irq - one wired interrupt. */
struct test_machine_irq {
    uint64_t time_ps;
    enum sim_irq source;
    bool level;
};

/** struct test_machine_access - one access of the model, when it asked for it. */
struct test_machine_access {
    uint64_t time_ps;
    uint64_t pa;
    uint32_t n_bytes;
    uint8_t op;
    uint8_t structure;
};

/** struct test_machine_page - one answer to a page request. */
struct test_machine_page {
    uint64_t time_ps;
    struct sim_page_response response;
};

/** test_machine_new - out of reset, at time 0; @model is kept. Return: NULL if it refuses @config.
 */
struct test_machine *test_machine_new(const struct test_machine_model *model, const void *config,
                                      const struct sim_mem_timing *timing);
void test_machine_free(struct test_machine *machine);

/** test_machine_iommu - the model itself. */
const struct sim_iommu *test_machine_iommu(const struct test_machine *machine);

/** test_machine_load, test_machine_store - one aligned little-endian word of 8 bytes, now. */
uint64_t test_machine_load(const struct test_machine *machine, uint64_t pa);
void test_machine_store(struct test_machine *machine, uint64_t pa, uint64_t value);
/** test_machine_store_at - the same at a time to come; of one instant, before hardware looks. */
void test_machine_store_at(struct test_machine *machine, uint64_t time_ps, uint64_t pa,
                           uint64_t value);
/** test_machine_break - accesses to this range abort until somebody stores there again. */
void test_machine_break(struct test_machine *machine, uint64_t pa, uint64_t n_bytes);

/** test_machine_post - a store that stays in the CPU's cache, and then in the model's write buffer
 * if
 * @has_buffer (of all stores the same). test_machine_clflush - of the line: it leaves the cache. */
void test_machine_post(struct test_machine *machine, uint64_t pa, uint64_t value, bool has_buffer);
void test_machine_clflush(struct test_machine *machine, uint64_t pa);

uint64_t test_machine_now_ps(const struct test_machine *machine);
/** test_machine_run - until nothing more will happen. */
void test_machine_run(struct test_machine *machine);
/** test_machine_run_until - every event up to and including @time_ps. */
void test_machine_run_until(struct test_machine *machine, uint64_t time_ps);
/** test_machine_step - one event. Return: false if there was none. */
bool test_machine_step(struct test_machine *machine);

/** test_machine_queue - for what else lives in it: rank and port of its own. */
struct sim_queue *test_machine_queue(const struct test_machine *machine);
/** test_machine_add_state - all of it but its log belongs to @snapshot. */
void test_machine_add_state(struct test_machine *machine, struct sim_snapshot *snapshot);
/** test_machine_take, test_machine_restore - with its memory. Only once. */
void test_machine_take(struct test_machine *machine, struct sim_snapshot *snapshot);
void test_machine_restore(struct test_machine *machine, const struct sim_snapshot *snapshot);

/** The log: what there is of each kind, in order. Pointers are good until the machine moves on. */
size_t test_machine_n_facts(const struct test_machine *machine);
const struct sim_fact *test_machine_facts(const struct test_machine *machine);
size_t test_machine_n_ats_invs(const struct test_machine *machine);
const struct sim_ats_inv *test_machine_ats_invs(const struct test_machine *machine);
size_t test_machine_n_irqs(const struct test_machine *machine);
const struct test_machine_irq *test_machine_irqs(const struct test_machine *machine);
size_t test_machine_n_accesses(const struct test_machine *machine);
const struct test_machine_access *test_machine_accesses(const struct test_machine *machine);
size_t test_machine_n_pages(const struct test_machine *machine);
const struct test_machine_page *test_machine_pages(const struct test_machine *machine);

#ifdef __cplusplus
}
#endif
#endif
