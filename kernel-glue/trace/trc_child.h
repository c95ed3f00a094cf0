/* SPDX-License-Identifier: BSD-2-Clause
 * trc_child.h - runs a source of events in a child process with limits.
 * Knows: processes, pipes, limits. Must not know: what the events mean.
 *
 * A damaged trace can make a library crash, hang or eat memory; here that ends the child, and the
 * input is refused with a reason. What arrives from the child is not trusted either. */
#ifndef TRC_CHILD_H
#define TRC_CHILD_H

#include "kernel-glue/trace/trc_event.h"

#ifdef __cplusplus
extern "C" {
#endif

/**
 * struct trc_limits - what the child may use.
 * @memory_bytes: address space; in builds with a sanitizer, resident memory.
 * @silence_s:    seconds without an event, after which it counts as hung.
 */
struct trc_limits {
    uint64_t memory_bytes;
    unsigned silence_s;
};

extern const struct trc_limits trc_default_limits;

/** trc_child_limit - called in a child: limits, no core file, no terminal; it ends with its parent.
 */
void trc_child_limit(const struct trc_limits *limits);

/**
 * trc_child_run - run @source(@ctx) in a child and pass its events on to @sink here.
 *
 * Events arrive in order and are checked: kinds, slots, lengths.
 * Return: what the source returned, its diagnosis in @diag; SIM_EFORMAT if it crashed, hung or
 * went over a limit (diag says which, and after which byte if the source has offsets); what @sink
 * returned if it stopped; SIM_EIO if no child can be had.
 */
int trc_child_run(trc_source_fn *source, void *ctx, const struct trc_limits *limits,
                  const struct trc_event_sink *sink, struct sim_diag *diag);

#ifdef __cplusplus
}
#endif
#endif
