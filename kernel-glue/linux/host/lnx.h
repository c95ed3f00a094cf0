/* SPDX-License-Identifier: BSD-2-Clause
 * lnx.h - a kernel's own driver, run in this process beside a simulated machine.
 * Knows: records, a replay that software runs beside. Must not know: any model, any kernel.
 *
 * The driver's memory is an arena; each of its stores, register accesses, barriers and waits is a
 * record, which takes effect at once and is kept. What hardware writes is put into the arena when
 * it happens. At the end both memories must be the same. */
#ifndef LNX_H
#define LNX_H

#include "kernel-glue/replay/rpl.h"
#include "sim/diag.h"

#ifdef __cplusplus
extern "C" {
#endif

/** struct lnx_config - @n_messages_max: of the driver, that are shown. @has_msi: the SMMU's
 * interrupts are messages. @seed: of the order of CPUs. */
struct lnx_config {
    const char *scenario; /* NULL: lnx_unit_tests, no driver */
    bool with_iommufd;    /* objects are those of the tree's iommufd */
    uint64_t seed;
    bool has_msi;
    bool is_quiet;
    uint32_t irq_ns;
};

struct lnx;

/** lnx_new - reads the scenario. Return: NULL, and @diag says why. One at a time in a process. */
struct lnx *lnx_new(const struct lnx_config *config, struct sim_diag *diag);
void lnx_free(struct lnx *lnx);

/** lnx_scan - what the stream will be about, before there is one; good until lnx_free. */
const struct rpl_scan *lnx_scan(struct lnx *lnx);

/** lnx_observer - to be bound to the machine beside the check: it hears of answers to requests. */
const struct sim_observer *lnx_observer(struct lnx *lnx);

/** lnx_wrote - to be called for whatever hardware has written. */
void lnx_wrote(void *lnx, const struct sim_access *access);

/** lnx_bind - the machine; before anything of the following. Borrowed. */
void lnx_bind(struct lnx *lnx, struct rpl *rpl, struct sim_mem *mem);

/**
 * lnx_boot - the driver probes the SMMU, the scenario's devices are there.
 * lnx_run - the scenario's lines. lnx_halt - its devices go back to the kernel.
 * Return: 0, or a negative errno of the kernel.
 */
int lnx_boot(struct lnx *lnx);
int lnx_run(struct lnx *lnx);
void lnx_halt(struct lnx *lnx);

/** struct lnx_transition - a table entry that a unit test had the driver write.
 * @n_stores: to the entry. @was_invalid: at one of the syncs, though neither before nor after. */
struct lnx_transition {
    char test[64];
    bool is_cd;
    bool was_invalid;
    uint64_t n_stores, n_syncs;
};

/**
 * lnx_unit_tests - the tree's own unit tests, each transition on an SMMU of its own. Instead of
 * lnx_boot.
 * @done:  called after each transition; lnx_save gives its records.
 * Return: how many suites failed, or -ENODEV: there are none.
 */
int lnx_unit_tests(struct lnx *lnx,
                   void (*done)(void *ctx, const struct lnx_transition *transition), void *ctx);

/** lnx_reseed - the order of CPUs from here on. */
void lnx_reseed(struct lnx *lnx, uint64_t seed);

/** lnx_save - all records, with the kind of memory that each store turned out to be in. Return: 0
 * or what the sink returned. */
int lnx_save(const struct lnx *lnx, const struct sim_record_sink *sink);

/** struct lnx_stats - @n_missed: words of memory that changed without a store that was seen.
 * @n_late: requests of the scenario that took longer than a replay gives them.
 * @n_unexpected: lines of the scenario that did not end as they say. @n_errors: messages of the
 * driver of level error. @n_warnings: WARN_ON. @error: of the simulation, SIM_E... */
struct lnx_stats {
    uint64_t n_records, n_stores, n_registers, n_barriers, n_waits, n_switches;
    uint64_t n_interrupts, n_missed, n_late, n_unexpected, n_errors, n_warnings;
    uint64_t missed_pa;
    int error;
};
const struct lnx_stats *lnx_get_stats(const struct lnx *lnx);

#ifdef __cplusplus
}
#endif
#endif
