/* SPDX-License-Identifier: BSD-2-Clause
 * sweep_main.c - from a grid to tables, on this machine. */
#include "cli/sweep.h"

#include "cli/cli.h"
#include "cli/sweep_grid.h"

#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define NS_PER_S UINT64_C(1000000000)
#define MAX_TOLD 20u /* failures that are told one by one */

/* ---- what there is --------------------------------------------------------------------------- */

size_t sweep_find_todo(struct sweep_plan *plan, const char *dir, bool retries, size_t *todo)
{
    size_t n = 0;

    for (size_t i = 0; i < plan->n_points; i++) {
        struct sweep_point *point = &plan->points[i];

        point->state = sweep_result_state(dir, point->key, NULL);
        if (point->state == SWEEP_MISSING || (retries && point->state == SWEEP_FAILED))
            todo[n++] = i;
    }
    return n;
}

static int plan_path(const char *dir, char *path)
{
    const int n = snprintf(path, SWEEP_PATH_BYTES, "%s/plan.jsonl", dir);

    return n < 0 || (size_t)n >= SWEEP_PATH_BYTES ? SIM_EINVAL : 0;
}

int sweep_read_plan(struct sweep_plan *plan, const char *dir)
{
    char path[SWEEP_PATH_BYTES];
    struct sim_diag diag;
    int err;

    memset(plan, 0, sizeof(*plan));
    if (plan_path(dir, path)) {
        cli_error("the name of the folder is too long");
        return CLI_INTERNAL;
    }
    sim_diag_init(&diag, path);
    err = sweep_plan_read(plan, path, &diag);
    return err ? cli_report(&diag, false) : CLI_OK;
}

/* Results of another program would be other results: they stay, and are not used. */
static void tell_other_program(const struct sweep_plan *plan, const char *dir)
{
    struct sweep_plan before;
    struct sim_diag diag;
    char path[SWEEP_PATH_BYTES];

    if (plan_path(dir, path) || access(path, R_OK) != 0)
        return;
    sim_diag_init(&diag, path);
    if (sweep_plan_read(&before, path, &diag))
        (void)cli_report(&diag, true);
    else if (strcmp(before.program, plan->program) != 0)
        cli_error("%s has results of another build of iommusim: they stay, and are not used", dir);
    sweep_plan_free(&before);
}

static void tell_failures(const struct sweep_plan *plan, const char *dir)
{
    size_t n_told = 0;
    size_t n_failed = 0;

    for (size_t i = 0; i < plan->n_points; i++) {
        char *why = NULL;

        if (plan->points[i].state != SWEEP_FAILED || ++n_failed > MAX_TOLD)
            continue;
        (void)sweep_result_state(dir, plan->points[i].key, &why);
        cli_error("point %zu gave no result: %s. To see it:", i, why ? why : "unknown");
        sweep_plan_print(stderr, &plan->points[i]);
        (void)fputc('\n', stderr);
        free(why);
        n_told++;
    }
    if (n_failed > n_told)
        cli_error("... and %zu more; column 'why' of the table tells of all", n_failed - n_told);
}

/* ---- ends ------------------------------------------------------------------------------------ */

int sweep_finish(struct sweep_plan *plan, const char *dir, size_t n_now)
{
    size_t n[3];
    struct sim_diag diag;

    sim_diag_init(&diag, dir);
    if (sweep_merge(plan, dir, n, &diag))
        return cli_report(&diag, false);
    tell_failures(plan, dir);
    (void)printf("%zu point%s: %zu done now, %zu were done, %zu failed, %zu missing; tables "
                 "%s/sweep.csv and sweep.sqlite\n",
                 plan->n_points, plan->n_points == 1 ? "" : "s", n_now, n[SWEEP_DONE] - n_now,
                 n[SWEEP_FAILED], n[SWEEP_MISSING], dir);
    return n[SWEEP_MISSING] + n[SWEEP_FAILED] ? CLI_INCONCLUSIVE : CLI_OK;
}

int sweep_merge_main(const char *dir)
{
    struct sweep_plan plan;
    size_t *todo;
    int code = sweep_read_plan(&plan, dir);

    if (code) {
        sweep_plan_free(&plan);
        return code;
    }
    todo = calloc(plan.n_points + 1, sizeof(*todo));
    code = CLI_INTERNAL;
    if (todo) {
        (void)sweep_find_todo(&plan, dir, false, todo);
        code = sweep_finish(&plan, dir, 0);
    } else {
        cli_error("no memory");
    }
    free(todo);
    sweep_plan_free(&plan);
    return code;
}

/* The shell is to see that a signal ended us. */
int sweep_interrupted(const struct sweep_run *run)
{
    cli_error(
        "stopped by a signal; %zu of %zu points are done, the same command line does the rest",
        run->n_done + run->n_failed, run->n_todo);
    (void)signal(run->signal, SIG_DFL);
    (void)raise(run->signal);
    return CLI_INTERNAL;
}

static int run_local(const struct sweep_options *options, struct sweep_plan *plan,
                     const size_t *todo, size_t n_todo)
{
    struct sweep_run run = {.plan = plan,
                            .dir = options->dir,
                            .todo = todo,
                            .n_todo = n_todo,
                            .n_jobs = (uint32_t)options->n_jobs,
                            .timeout_ns = options->timeout_s * NS_PER_S};

    if (n_todo && sweep_run(&run))
        return CLI_INTERNAL;
    return run.signal ? sweep_interrupted(&run) : sweep_finish(plan, options->dir, run.n_done);
}

/* ---- a grid ---------------------------------------------------------------------------------- */

static int list(const struct sweep_plan *plan, const size_t *numbers, size_t n)
{
    for (size_t i = 0; i < n; i++) {
        const size_t number = numbers ? numbers[i] : i;

        (void)printf("%zu\t", number);
        sweep_plan_print(stdout, &plan->points[number]);
        (void)putchar('\n');
    }
    (void)printf("%zu points\n", n);
    return CLI_OK;
}

static void clean(const char *dir)
{
    const size_t n = sweep_result_clean(dir);

    if (n)
        cli_error("%zu file%s of a run that was killed in %s: removed", n, n == 1 ? "" : "s", dir);
}

static int prepare(const struct sweep_options *options, const struct sweep_plan *plan)
{
    char path[SWEEP_PATH_BYTES];
    struct sim_diag diag;

    sim_diag_init(&diag, options->dir);
    tell_other_program(plan, options->dir);
    if (sweep_result_folders(options->dir, &diag))
        return cli_report(&diag, false);
    clean(options->dir);
    if (plan_path(options->dir, path) || sweep_plan_write(plan, path, &diag))
        return cli_report(&diag, false);
    return CLI_OK;
}

static int run_plan(const struct sweep_options *options, struct sweep_plan *plan)
{
    size_t *todo = calloc(plan->n_points, sizeof(*todo));
    size_t n_todo;
    int code;

    if (!todo) {
        cli_error("no memory");
        return CLI_INTERNAL;
    }
    n_todo = sweep_find_todo(plan, options->dir, options->retries, todo);
    if (options->is_dry) {
        code = list(plan, todo, n_todo);
    } else {
        code = prepare(options, plan);
        if (!code)
            code = options->is_slurm || options->n_elements
                       ? sweep_batch(options, plan, todo, n_todo)
                       : run_local(options, plan, todo, n_todo);
    }
    free(todo);
    return code;
}

int sweep_grid_main(const struct sweep_options *options)
{
    struct sweep_plan plan;
    struct sim_diag diag;
    int code;

    sim_diag_init(&diag, options->grid);
    if (sweep_plan_init(&plan, &diag) || sweep_grid_read(&plan, options->grid, &diag))
        code = cli_report(&diag, false);
    else if (options->lists)
        code = list(&plan, NULL, plan.n_points);
    else
        code = run_plan(options, &plan);
    sweep_plan_free(&plan);
    return code;
}
