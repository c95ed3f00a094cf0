/* SPDX-License-Identifier: BSD-2-Clause
 * sweep_batch.c - a sweep as elements of an array: how many, their list, the work of one. */
#include "cli/sweep.h"

#include "cli/cli.h"

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define NS_PER_S UINT64_C(1000000000)
#define NS_PER_MS UINT64_C(1000000)
#define N_SAMPLES 3u

/* ---- how long a point takes ------------------------------------------------------------------ */

/* The first, the middle and the last point run here, one after the other. Their results count. */
static int measure(const struct sweep_options *options, struct sweep_plan *plan, const size_t *todo,
                   size_t n_todo, uint64_t *point_ms)
{
    const size_t sample[N_SAMPLES] = {todo[0], todo[n_todo / 2], todo[n_todo - 1]};
    struct sweep_run run = {.plan = plan,
                            .dir = options->dir,
                            .todo = sample,
                            .n_todo = n_todo < N_SAMPLES ? n_todo : N_SAMPLES,
                            .n_jobs = 1,
                            .timeout_ns = options->timeout_s * NS_PER_S};
    const uint64_t start_ns = sweep_now_ns();

    if (sweep_run(&run))
        return CLI_INTERNAL;
    if (run.signal)
        return sweep_interrupted(&run);
    *point_ms = (sweep_now_ns() - start_ns) / run.n_todo / NS_PER_MS + 1;
    return CLI_OK;
}

static size_t count_done(const struct sweep_plan *plan)
{
    size_t n = 0;

    for (size_t i = 0; i < plan->n_points; i++)
        n += plan->points[i].state == SWEEP_DONE;
    return n;
}

/* ---- all elements ---------------------------------------------------------------------------- */

static int write_elements(const struct sweep_options *options, size_t *todo, size_t n_todo,
                          uint32_t n_elements)
{
    const struct sweep_elements elements = {.n_elements = n_elements,
                                            .timeout_s = options->timeout_s,
                                            .retries = options->retries,
                                            .points = todo,
                                            .n_points = n_todo};
    struct sim_diag diag;

    sim_diag_init(&diag, options->dir);
    return sweep_elements_write(&elements, options->dir, &diag) ? cli_report(&diag, false) : CLI_OK;
}

/* @n_before: points that had a result when the sweep began. */
static int wait_for(const struct sweep_options *options, struct sweep_plan *plan, const char *job,
                    size_t n_before)
{
    size_t *todo = calloc(plan->n_points, sizeof(*todo));
    int code = CLI_INTERNAL;

    if (todo && !sweep_slurm_wait(job)) {
        (void)sweep_find_todo(plan, options->dir, false, todo);
        code = sweep_finish(plan, options->dir, count_done(plan) - n_before);
    }
    free(todo);
    return code;
}

static int submit(const struct sweep_options *options, struct sweep_plan *plan, uint32_t n_elements,
                  size_t n_before)
{
    char job[SWEEP_JOB_BYTES];
    char *dir = realpath(options->dir, NULL);
    const int err = dir ? sweep_slurm_submit(&options->slurm, dir, n_elements, job) : SIM_EIO;

    free(dir);
    if (err)
        return CLI_INTERNAL;
    (void)printf("job %s of Slurm: %" PRIu32 " element%s\n", job, n_elements,
                 n_elements == 1 ? "" : "s");
    (void)fflush(stdout);
    if (options->waits)
        return wait_for(options, plan, job, n_before);
    (void)printf("when it has ended: iommusim sweep --merge %s\n", options->dir);
    return CLI_OK;
}

int sweep_batch(const struct sweep_options *options, struct sweep_plan *plan, size_t *todo,
                size_t n_todo)
{
    const size_t n_before = count_done(plan);
    uint64_t point_ms = options->point_ms;
    uint32_t n_elements = (uint32_t)options->n_elements;
    int code = CLI_OK;

    if (!n_todo)
        return sweep_finish(plan, options->dir, 0);
    if (!n_elements && !point_ms) {
        code = measure(options, plan, todo, n_todo, &point_ms);
        n_todo = sweep_find_todo(plan, options->dir, options->retries, todo);
    }
    if (!code && !n_todo)
        return sweep_finish(plan, options->dir, count_done(plan) - n_before);
    if (!n_elements)
        n_elements = sweep_elements_count(n_todo, point_ms, options->element_s, options->n_jobs);
    if (!code)
        code = write_elements(options, todo, n_todo, n_elements);
    if (code)
        return code;
    if (options->is_slurm)
        return submit(options, plan, n_elements, n_before);
    (void)printf("%zu points for iommusim sweep --element 0 to %" PRIu32 " %s\n", n_todo,
                 n_elements - 1, options->dir);
    return CLI_OK;
}

/* ---- one element ----------------------------------------------------------------------------- */

/* The points of the element that have no result yet. Return: how many; @todo has room. */
static size_t find_own(const struct sweep_options *options, struct sweep_plan *plan,
                       const struct sweep_elements *elements, const char *dir, size_t *todo)
{
    size_t n = 0;

    for (size_t i = options->element; i < elements->n_points; i += elements->n_elements) {
        struct sweep_point *point;

        if (elements->points[i] >= plan->n_points)
            continue;
        point = &plan->points[elements->points[i]];
        point->state = sweep_result_state(dir, point->key, NULL);
        if (point->state == SWEEP_MISSING || (elements->retries && point->state == SWEEP_FAILED))
            todo[n++] = elements->points[i];
    }
    return n;
}

/* The key says which program and which inputs a result is of: are they still the same? */
static int check_same(struct sweep_plan *plan, const size_t *todo, size_t n_todo,
                      struct sim_diag *diag)
{
    char program[SWEEP_SUM_CHARS];
    char key[SWEEP_SUM_CHARS];

    if (sweep_file_sum("/proc/self/exe", program, diag))
        return SIM_EIO;
    if (strcmp(program, plan->program) != 0)
        return sim_diag_text(diag, SIM_EFORMAT, 0, 0,
                             "the sweep was made for another build of iommusim");
    for (size_t i = 0; i < n_todo; i++) {
        if (sweep_plan_key(plan, &plan->points[todo[i]], key, diag))
            return SIM_EIO;
        if (strcmp(key, plan->points[todo[i]].key) != 0)
            return sim_diag_text(diag, SIM_EFORMAT, 0, 0,
                                 "an input of point %zu has changed since the sweep was made",
                                 todo[i]);
    }
    return 0;
}

static int run_own(const struct sweep_options *options, struct sweep_plan *plan,
                   const struct sweep_elements *elements, const char *dir)
{
    size_t *todo = calloc(elements->n_points / elements->n_elements + 1, sizeof(*todo));
    struct sweep_run run = {.plan = plan,
                            .dir = dir,
                            .todo = todo,
                            .n_jobs = (uint32_t)options->n_jobs,
                            .timeout_ns = elements->timeout_s * NS_PER_S};
    struct sim_diag diag;
    int code = CLI_INTERNAL;

    sim_diag_init(&diag, dir);
    if (todo) {
        run.n_todo = find_own(options, plan, elements, dir, todo);
        if (check_same(plan, todo, run.n_todo, &diag))
            code = cli_report(&diag, false);
        else if (!run.n_todo || !sweep_run(&run))
            code = CLI_OK;
    }
    free(todo);
    if (run.signal)
        return sweep_interrupted(&run);
    (void)printf("element %" PRIu64 ": %zu points, %zu done now, %zu failed\n", options->element,
                 run.n_todo, run.n_done, run.n_failed);
    return code;
}

/* @dir: absolute. Names of files in the plan start where the sweep was made. */
static int run_element(const struct sweep_options *options, const char *dir)
{
    struct sweep_elements elements;
    struct sweep_plan plan;
    struct sim_diag diag;
    int code = sweep_read_plan(&plan, dir);

    sim_diag_init(&diag, dir);
    if (!code && sweep_elements_read(&elements, dir, &diag)) {
        code = cli_report(&diag, false);
    } else if (!code) {
        if (options->element >= elements.n_elements) {
            cli_error("%s has %" PRIu32 " elements", dir, elements.n_elements);
            code = CLI_USAGE;
        } else if (chdir(plan.folder) != 0) {
            cli_error("the folder in which the sweep was made, %s, is not here", plan.folder);
            code = CLI_BAD_INPUT;
        } else {
            code = run_own(options, &plan, &elements, dir);
        }
        free(elements.points);
    }
    sweep_plan_free(&plan);
    return code;
}

int sweep_element_main(const struct sweep_options *options, const char *dir)
{
    char *absolute = realpath(dir, NULL);
    int code;

    if (!absolute) {
        cli_error("there is no folder %s", dir);
        return CLI_BAD_INPUT;
    }
    code = run_element(options, absolute);
    free(absolute);
    return code;
}
