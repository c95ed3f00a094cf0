/* SPDX-License-Identifier: BSD-2-Clause
 * sweep.h - what iommusim sweep is asked to do.
 * Knows: the command line. Must not know: how it is done. */
#ifndef CLI_SWEEP_H
#define CLI_SWEEP_H

#include "cli/sweep_merge.h"
#include "cli/sweep_run.h"
#include "cli/sweep_slurm.h"

/** struct sweep_options - @dir: of results. @element_dir: where --element finds its list. Numbers
 * are 0 if nothing is asked for. */
struct sweep_options {
    const char *grid, *dir, *merge;
    uint64_t n_jobs, timeout_s;
    bool lists, is_dry, retries;
    bool is_slurm, waits, is_element;
    uint64_t element, n_elements, element_s, point_ms;
    struct sweep_slurm slurm;
};

/** Each does one of the things that iommusim sweep does. Return: an exit code. */
int sweep_grid_main(const struct sweep_options *options);
int sweep_merge_main(const char *dir);
int sweep_element_main(const struct sweep_options *options, const char *dir);

/** sweep_batch - the points @todo as an array of jobs. @plan: what DIR/plan.jsonl says. */
int sweep_batch(const struct sweep_options *options, struct sweep_plan *plan, size_t *todo,
                size_t n_todo);

/** sweep_find_todo - the points that still have to run; @todo has room for all. States of points
 * follow. Return: how many. */
size_t sweep_find_todo(struct sweep_plan *plan, const char *dir, bool retries, size_t *todo);

/** sweep_read_plan - DIR/plan.jsonl. Return: an exit code, after a message. */
int sweep_read_plan(struct sweep_plan *plan, const char *dir);

/** sweep_finish - write the tables, tell what failed. @n_now: how many points ran just now.
 * Return: an exit code. */
int sweep_finish(struct sweep_plan *plan, const char *dir, size_t n_now);

/** sweep_interrupted - a signal ended @run: say so, and end by it. */
int sweep_interrupted(const struct sweep_run *run);

#endif
