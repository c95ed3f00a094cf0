/* SPDX-License-Identifier: BSD-2-Clause
 * run_transition_watch.h - what a transition costs whom, beside what the check counts.
 * Knows: records, facts, requests. Must not know: machines, verdicts. */
#ifndef CLI_RUN_TRANSITION_WATCH_H
#define CLI_RUN_TRANSITION_WATCH_H

#include "cli/run_transition.h"
#include "sim/observe.h"

struct cell_watch;

/** struct cell_whom - requests that count: with this PASID, to [first, last], which both ends map.
 */
struct cell_whom {
    uint32_t pasid;
    uint64_t first, last;
};

/** cell_watch_new - of records from @first_seq on. */
struct cell_watch *cell_watch_new(uint64_t first_seq, const struct cell_whom *whom);
void cell_watch_free(struct cell_watch *watch);
const struct sim_observer *cell_watch_observer(const struct cell_watch *watch);

/** struct cell_span - when the transition began and ended. */
struct cell_span {
    uint64_t begin_ps, end_ps, window_ps;
};

/** cell_watch_costs - of the cost run, into @costs. @is_gap: a refusal is one too many. Return: 0
 * or SIM_ENOMEM. */
int cell_watch_costs(struct cell_watch *watch, const struct cell_span *span, bool is_gap,
                     struct cell_costs *costs);

/** cell_watch_blocked - of the verdict run: how long probes were refused. */
int cell_watch_blocked(struct cell_watch *watch, const struct cell_span *span,
                       uint64_t *blocked_ps);

#endif
