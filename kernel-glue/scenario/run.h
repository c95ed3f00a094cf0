/* SPDX-License-Identifier: BSD-2-Clause
 * run.h - a scenario, run by objects and a reference driver beside a simulated machine.
 * Knows: records, a replay that software runs beside, objects. Must not know: any model inside,
 * which driver it is.
 *
 * Each act of the driver is a record, which takes effect at once and is kept. */
#ifndef RUN_H
#define RUN_H

#include "kernel-glue/drivers/drv.h"
#include "kernel-glue/replay/rpl.h"
#include "sim/diag.h"

#ifdef __cplusplus
extern "C" {
#endif

/** struct run_config - @fault_limit_ns: page requests without an answer are refused then; 0: never.
 * @text: the scenario itself, instead of a file; @scenario is its name then. Only
 * read, and only by run_new.
 * @pasid_by_flag: as of struct iofd_config. @is_quiet: lines that end otherwise than they say are
 * only counted. */
struct run_config {
    const char *scenario;
    char *text;
    const struct drv_ops *ops;
    uint64_t fault_limit_ns;
    bool pasid_by_flag;
    bool is_quiet;
};

struct run;

/** run_new - reads the scenario. Return: NULL, and @diag says why. */
struct run *run_new(const struct run_config *config, struct sim_diag *diag);
void run_free(struct run *run);

/** run_scan - what the stream will be about, before there is one; good until run_free. */
const struct rpl_scan *run_scan(struct run *run);

/** run_observer - to be bound to the machine beside the check: it hears of answers to requests. */
const struct sim_observer *run_observer(struct run *run);

/** run_bind - the machine; before anything of the following. Borrowed. */
void run_bind(struct run *run, struct rpl *rpl, struct sim_mem *mem);

/**
 * run_start - the driver is made and sets the unit up. run_lines - the scenario. run_halt -
 * everything is detached and freed; the unit stays on.
 * Return: 0, or a negative errno of the driver.
 */
int run_start(struct run *run);
int run_lines(struct run *run);
void run_halt(struct run *run);

/** run_save - all records. Return: 0 or what the sink returned. */
int run_save(const struct run *run, const struct sim_record_sink *sink);

/**
 * struct run_stats - @n_unexpected: lines that did not end as they say. @n_leaked_bytes: of tables
 * after run_halt, beyond what the driver had for the unit and each device.
 * @n_live_bytes: of tables now. @n_steps, @n_allocs:
 * waits, and allocations of tables and objects, since the last fail-next. @error: SIM_E..., of the
 * simulation.
 */
struct run_stats {
    uint64_t n_records, n_lines, n_unexpected, n_waits, n_timeouts, n_events;
    uint64_t n_leaked_bytes, n_live_bytes;
    uint64_t n_steps, n_allocs;
    int error;
};
const struct run_stats *run_get_stats(const struct run *run);

/** run_n_records - how many run_save would give now. */
size_t run_n_records(const struct run *run);

/** run_fail - the @n-th allocation or wait of hardware from now on fails; what fail-next does. */
enum run_fail {
    RUN_FAIL_NOTHING,
    RUN_FAIL_ALLOC,
    RUN_FAIL_TABLE,
    RUN_FAIL_STEP,
    RUN_FAIL_COMMAND, /* a command that is no sync reaches memory with an opcode that nobody knows
                       */
};
void run_fail(struct run *run, enum run_fail what, uint64_t n);

/** run_n_lines, run_nth - the scenario line by line, for who wants to know what each says; lines of
 * blocks are no good here. Return: 0 or a negative errno. */
size_t run_n_lines(const struct run *run);
int run_nth(struct run *run, size_t n);

/** run_line - one more line, as if the scenario had it: for tests. Return: 0 or a negative errno.
 */
int run_line(struct run *run, const char *text);

#ifdef __cplusplus
}
#endif
#endif
