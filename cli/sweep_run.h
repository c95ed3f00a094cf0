/* SPDX-License-Identifier: BSD-2-Clause
 * sweep_run.h - points as processes of this machine.
 * Knows: processes, signals, results. Must not know: grids, what a command does. */
#ifndef CLI_SWEEP_RUN_H
#define CLI_SWEEP_RUN_H

#include "cli/sweep_result.h"

#include <sys/types.h>

#define SWEEP_MAX_JOBS 1024u

/**
 * struct sweep_job - a point that runs.
 * @out, @errors: temporary files with its standard output and error. @deadline_ns: 0 for none.
 */
struct sweep_job {
    pid_t pid; /* 0: free */
    size_t point;
    FILE *out, *errors;
    uint64_t deadline_ns;
    bool is_late;
};

/** sweep_job_start - run @point in a process group of its own, which dies with this process.
 * Return: 0 or SIM_EIO, with a message. */
int sweep_job_start(struct sweep_job *job, const struct sweep_point *point, uint64_t timeout_ns);

/** sweep_job_kill - end it, and what it started. */
void sweep_job_kill(const struct sweep_job *job);

/**
 * sweep_job_finish - after it has ended with @status (of waitpid): write its result, free the job.
 * @state: what came of it. Return: 0, SIM_ENOMEM or SIM_EIO, with @diag.
 */
int sweep_job_finish(struct sweep_job *job, int status, const char *dir,
                     const struct sweep_plan *plan, enum sweep_state *state, struct sim_diag *diag);

/** sweep_job_drop - free a job that was killed: no result. */
void sweep_job_drop(struct sweep_job *job);

/**
 * struct sweep_run - what to run.
 * @todo: numbers of points. @title: of the line of progress.
 * @n_done, @n_failed: results of this run.
 * @signal: which signal ended it early; 0: none.
 */
struct sweep_run {
    struct sweep_plan *plan;
    const char *dir;
    const size_t *todo;
    size_t n_todo;
    uint32_t n_jobs;
    uint64_t timeout_ns;
    size_t n_done, n_failed;
    int signal;
};

/** sweep_run - run all of them; states of points follow. Return: 0, SIM_ENOMEM, SIM_EIO after a
 * message. */
int sweep_run(struct sweep_run *run);

/** sweep_now_ns - a clock that only goes forward. */
uint64_t sweep_now_ns(void);

#endif
