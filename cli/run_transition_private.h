/* SPDX-License-Identifier: BSD-2-Clause
 * run_transition_private.h - a cell while it is run, for its own files only. */
#ifndef CLI_RUN_TRANSITION_PRIVATE_H
#define CLI_RUN_TRANSITION_PRIVATE_H

#include "cli/run_transition.h"
#include "cli/run_transition_watch.h"

#include "kernel-glue/scenario/run.h"

/** struct cell_job - @config: the user's, with what a cell needs. @records: of set-up (@n_before)
 * and transition; their strings are the run's. */
struct cell_job {
    struct config config;
    const struct cell_params *params;
    struct cell_result *result;
    char *text;
    size_t n_setup; /* lines of it */
    struct run *run;
    struct sim_record *records;
    size_t n_before, n_records;
    bool wants_story;
};

/** cell_judge - replays and explores the records. Return: CLI_OK or the exit code. */
int cell_judge(struct cell_job *job);

#endif
