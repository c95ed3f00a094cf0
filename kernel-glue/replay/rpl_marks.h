/* SPDX-License-Identifier: BSD-2-Clause
 * rpl_marks.h - which operations are open on a CPU: a small stack of marks.
 * Knows: BEGIN and END records. Must not know: what an operation does. */
#ifndef RPL_MARKS_H
#define RPL_MARKS_H

#include "sim/record.h"

#ifdef __cplusplus
extern "C" {
#endif

#define RPL_MAX_MARKS 12u

/** struct rpl_marks - marks of one CPU, outermost first. All 0: none is open.
 * @n: open ones; those beyond RPL_MAX_MARKS are only counted. */
struct rpl_marks {
    uint32_t n;
    uint32_t dev[RPL_MAX_MARKS];
    uint8_t op[RPL_MAX_MARKS];
    bool is_watched; /* for who keeps them: is the outermost one looked at? */
};

/** rpl_mark_counts - is it one of the operations that a replay is about? The others (alloc, free)
 * are not kept. */
bool rpl_mark_counts(uint8_t op);

/** rpl_marks_begin - open a mark. Return: true if it is the outermost one. */
bool rpl_marks_begin(struct rpl_marks *marks, uint8_t op, uint32_t dev);

/**
 * rpl_marks_end - close the innermost mark of @op on CPU @cpu and all inside it.
 * @marks: of @n_cpus CPUs.
 *
 * A task may have moved: if none is open there, one of the same operation and device on another
 * CPU is closed. Return: the CPU whose outermost mark this closed, or RPL_NO_CPU.
 */
#define RPL_NO_CPU SIZE_MAX
size_t rpl_marks_end(struct rpl_marks *marks, size_t n_cpus, size_t cpu, uint8_t op, uint32_t dev);

/** rpl_marks_dev - the device of the innermost open mark of @op, or SIM_NO_DEV. */
uint32_t rpl_marks_dev(const struct rpl_marks *marks, uint8_t op);

#ifdef __cplusplus
}
#endif
#endif
