/* SPDX-License-Identifier: BSD-2-Clause
 * cmd_sweep.c - iommusim sweep: every point of a grid, each once, and one table of all.
 * Knows: grids, plans, results. Must not know: what the command of a point does. */
#include "cli/cli.h"
#include "cli/sweep_grid.h"
#include "cli/sweep_merge.h"
#include "cli/sweep_run.h"

#include <argp.h>
#include <sched.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define NS_PER_S UINT64_C(1000000000)
#define MAX_TOLD 20u /* failures that are told one by one */

enum option_key {
    OPTION_JOBS = 'j',
    OPTION_DIR = 'o',
    OPTION_TIMEOUT = 512,
    OPTION_LIST,
    OPTION_DRY_RUN,
    OPTION_RETRY,
    OPTION_MERGE,
};

struct options {
    const char *grid, *dir, *merge;
    uint64_t n_jobs, timeout_s;
    bool lists, is_dry, retries;
};

/* ---- what there is --------------------------------------------------------------------------- */

/* Points that still have to run: @todo has room for all. Return: how many. */
static size_t find_todo(struct sweep_plan *plan, const char *dir, bool retries, size_t *todo)
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

static int read_plan(struct sweep_plan *plan, const char *dir)
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

static int merge(const struct sweep_plan *plan, const char *dir, size_t n[3])
{
    struct sim_diag diag;

    sim_diag_init(&diag, dir);
    if (sweep_merge(plan, dir, n, &diag))
        return cli_report(&diag, false);
    if (n[SWEEP_MISSING] + n[SWEEP_FAILED])
        return CLI_INCONCLUSIVE;
    return CLI_OK;
}

static int merge_folder(const char *dir)
{
    struct sweep_plan plan;
    size_t n[3] = {0, 0, 0};
    int code = read_plan(&plan, dir);

    if (!code) {
        code = merge(&plan, dir, n);
        (void)printf("%zu points: %zu done, %zu failed, %zu missing; tables %s/sweep.csv and "
                     "sweep.sqlite\n",
                     plan.n_points, n[SWEEP_DONE], n[SWEEP_FAILED], n[SWEEP_MISSING], dir);
    }
    sweep_plan_free(&plan);
    return code;
}

/* The shell is to see that a signal ended us. */
static int interrupted(const struct sweep_run *run)
{
    cli_error(
        "stopped by a signal; %zu of %zu points are done, the same command line does the rest",
        run->n_done + run->n_failed, run->n_todo);
    (void)signal(run->signal, SIG_DFL);
    (void)raise(run->signal);
    return CLI_INTERNAL;
}

static int run_local(const struct options *options, struct sweep_plan *plan, const size_t *todo,
                     size_t n_todo)
{
    struct sweep_run run = {.plan = plan,
                            .dir = options->dir,
                            .todo = todo,
                            .n_todo = n_todo,
                            .n_jobs = (uint32_t)options->n_jobs,
                            .timeout_ns = options->timeout_s * NS_PER_S};
    size_t n[3];
    int code;

    if (n_todo && sweep_run(&run))
        return CLI_INTERNAL;
    if (run.signal)
        return interrupted(&run);
    code = merge(plan, options->dir, n);
    tell_failures(plan, options->dir);
    (void)printf("%zu points: %zu done now, %zu were done, %zu failed; tables %s/sweep.csv and "
                 "sweep.sqlite\n",
                 plan->n_points, run.n_done, n[SWEEP_DONE] - run.n_done, n[SWEEP_FAILED],
                 options->dir);
    return code;
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

static int prepare(const struct options *options, const struct sweep_plan *plan)
{
    char path[SWEEP_PATH_BYTES];
    struct sim_diag diag;

    sim_diag_init(&diag, options->dir);
    tell_other_program(plan, options->dir);
    if (sweep_result_folders(options->dir, &diag))
        return cli_report(&diag, false);
    if (plan_path(options->dir, path) || sweep_plan_write(plan, path, &diag))
        return cli_report(&diag, false);
    return CLI_OK;
}

static int run_plan(const struct options *options, struct sweep_plan *plan)
{
    size_t *todo = calloc(plan->n_points, sizeof(*todo));
    size_t n_todo;
    int code;

    if (!todo) {
        cli_error("no memory");
        return CLI_INTERNAL;
    }
    n_todo = find_todo(plan, options->dir, options->retries, todo);
    if (options->is_dry) {
        code = list(plan, todo, n_todo);
    } else {
        code = prepare(options, plan);
        if (!code)
            code = run_local(options, plan, todo, n_todo);
    }
    free(todo);
    return code;
}

static int run_grid(const struct options *options)
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

/* ---- command line ---------------------------------------------------------------------------- */

static uint64_t n_processors(void)
{
    cpu_set_t set;

    if (sched_getaffinity(0, sizeof(set), &set) != 0 || CPU_COUNT(&set) < 1)
        return 1;
    return (uint64_t)CPU_COUNT(&set);
}

/* "grids/unmap.yaml" works in "unmap.sweep", in the current folder. */
static const char *default_dir(const char *grid, char *room, size_t n_bytes)
{
    const char *slash = strrchr(grid, '/');
    const char *name = slash ? slash + 1 : grid;
    const char *dot = strrchr(name, '.');
    const int n = dot && dot != name ? (int)(dot - name) : (int)strlen(name);

    (void)snprintf(room, n_bytes, "%.*s.sweep", n, name);
    return room;
}

static void number(struct argp_state *state, const char *what, const char *arg, uint64_t max,
                   uint64_t *value)
{
    if (!cli_number(arg, value) || !*value || *value > max)
        argp_error(state, "%s takes a number from 1 to %llu, not '%s'", what,
                   (unsigned long long)max, arg);
}

static error_t parse_option(int key, char *arg, struct argp_state *state)
{
    struct options *options = state->input;

    switch (key) {
    case OPTION_JOBS:
        number(state, "--jobs", arg, SWEEP_MAX_JOBS, &options->n_jobs);
        return 0;
    case OPTION_DIR:
        options->dir = arg;
        return 0;
    case OPTION_TIMEOUT:
        number(state, "--timeout", arg, 1000000, &options->timeout_s);
        return 0;
    case OPTION_LIST:
        options->lists = true;
        return 0;
    case OPTION_DRY_RUN:
        options->is_dry = true;
        return 0;
    case OPTION_RETRY:
        options->retries = true;
        return 0;
    case OPTION_MERGE:
        options->merge = arg;
        return 0;
    case ARGP_KEY_ARG:
        if (options->grid)
            argp_error(state, "one grid file at a time");
        options->grid = arg;
        return 0;
    case ARGP_KEY_END:
        if (!options->grid == !options->merge)
            argp_error(state, "a grid file, or --merge DIR");
        return 0;
    default:
        return ARGP_ERR_UNKNOWN;
    }
}

static const struct argp_option argp_options[] = {
    {"out", OPTION_DIR, "DIR", 0, "folder of results and tables (GRID.sweep)", 0},
    {"jobs", OPTION_JOBS, "N", 0, "processes at a time (the processors that there are)", 0},
    {"timeout", OPTION_TIMEOUT, "S", 0, "end a point that takes longer; it counts as failed", 0},
    {"retry", OPTION_RETRY, NULL, 0, "run points again that failed", 0},
    {"list", OPTION_LIST, NULL, 0, "print every point's command line and exit", 0},
    {"dry-run", OPTION_DRY_RUN, NULL, 0, "print those that would run now and exit", 0},
    {"merge", OPTION_MERGE, "DIR", 0, "only write the tables anew, from the results in DIR", 0},
    {NULL, 0, NULL, 0, NULL, 0}};

int cli_sweep(int argc, char **argv)
{
    static const char doc[] =
        "Runs every combination of a grid of options: one command line of iommusim (run, replay, "
        "explore, litmus, linux) each, with --json. A result is kept in a file of its own, and "
        "nothing is run twice: what is there is skipped, unless the program, the command line or "
        "an "
        "input has changed. Then all results become one table, sweep.csv and sweep.sqlite.\v"
        "Examples:\n"
        "  iommusim sweep --list examples/sweep/tlb.yaml\n"
        "  iommusim sweep --jobs 4 --timeout 60 examples/sweep/tlb.yaml\n"
        "  sqlite3 tlb.sweep/sweep.sqlite 'SELECT * FROM points LIMIT 5'\n\n"
        "Exit code 4 if a point has no result. A point's own exit codes 1 and 4 are results. "
        "Grid files: docs/sweep.md.";
    static const struct argp argp = {argp_options, parse_option, "GRID", doc, NULL, NULL, NULL};
    struct options options = {.n_jobs = n_processors()};
    char dir[SWEEP_PATH_BYTES];

    if (argp_parse(&argp, argc, argv, 0, NULL, &options))
        return CLI_USAGE;
    if (options.merge)
        return merge_folder(options.merge);
    if (!options.dir)
        options.dir = default_dir(options.grid, dir, sizeof(dir));
    return run_grid(&options);
}
