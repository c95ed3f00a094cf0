/* SPDX-License-Identifier: BSD-2-Clause
 * cmd_sweep.c - iommusim sweep: every point of a grid, each once, and one table of all.
 * Knows: grids, plans, results. Must not know: what the command of a point does. */
#include "cli/cli.h"
#include "cli/sweep.h"

#include <argp.h>
#include <sched.h>
#include <string.h>

#define DEFAULT_ELEMENT_S 30u
#define MAX_NAME_BYTES 200u /* of what goes to sbatch */

enum option_key {
    OPTION_JOBS = 'j',
    OPTION_DIR = 'o',
    OPTION_TIMEOUT = 512,
    OPTION_LIST,
    OPTION_DRY_RUN,
    OPTION_RETRY,
    OPTION_MERGE,
    OPTION_SLURM,
    OPTION_PARTITION,
    OPTION_TIME,
    OPTION_ELEMENT_SECONDS,
    OPTION_POINT_MS,
    OPTION_WAIT,
    OPTION_ELEMENTS,
    OPTION_ELEMENT,
};

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

/* What every command line must have, once it is read. */
static error_t check(const struct sweep_options *options, struct argp_state *state)
{
    if (options->merge && (options->grid || options->is_slurm || options->is_element))
        argp_error(state, "--merge DIR stands alone");
    if (!options->grid && !options->merge)
        argp_error(state, "a grid file, or --merge DIR");
    if (options->is_slurm && (options->n_elements || options->is_element))
        argp_error(state, "--slurm makes its elements itself");
    if (!options->is_slurm && (options->waits || options->slurm.partition || options->slurm.time))
        argp_error(state, "--wait, --partition and --time belong to --slurm");
    return 0;
}

static const char *name(struct argp_state *state, const char *what, const char *arg)
{
    if (!*arg || strlen(arg) > MAX_NAME_BYTES)
        argp_error(state, "%s takes from 1 to %u bytes", what, MAX_NAME_BYTES);
    return arg;
}

static error_t parse_batch(int key, char *arg, struct argp_state *state)
{
    struct sweep_options *options = state->input;

    switch (key) {
    case OPTION_PARTITION:
        options->slurm.partition = name(state, "--partition", arg);
        return 0;
    case OPTION_TIME:
        options->slurm.time = name(state, "--time", arg);
        return 0;
    case OPTION_ELEMENT_SECONDS:
        number(state, "--element-seconds", arg, 1000000, &options->element_s);
        return 0;
    case OPTION_POINT_MS:
        number(state, "--point-ms", arg, 1000000000, &options->point_ms);
        return 0;
    case OPTION_ELEMENTS:
        number(state, "--elements", arg, SWEEP_MAX_ELEMENTS, &options->n_elements);
        return 0;
    case OPTION_ELEMENT:
        if (!cli_number(arg, &options->element) || options->element >= SWEEP_MAX_ELEMENTS)
            argp_error(state, "--element takes a number below %u, not '%s'", SWEEP_MAX_ELEMENTS,
                       arg);
        options->is_element = true;
        return 0;
    case ARGP_KEY_ARG:
        if (options->grid)
            argp_error(state, "one grid file at a time");
        options->grid = arg;
        return 0;
    case ARGP_KEY_END:
        return check(options, state);
    default:
        return ARGP_ERR_UNKNOWN;
    }
}

static error_t parse_option(int key, char *arg, struct argp_state *state)
{
    struct sweep_options *options = state->input;

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
    case OPTION_SLURM:
        options->is_slurm = true;
        return 0;
    case OPTION_WAIT:
        options->waits = true;
        return 0;
    default:
        return parse_batch(key, arg, state);
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
    {NULL, 0, NULL, 0, "On a cluster:", 0},
    {"slurm", OPTION_SLURM, NULL, 0, "run as a job array of Slurm", 0},
    {"partition", OPTION_PARTITION, "NAME", 0, "of sbatch", 0},
    {"time", OPTION_TIME, "LIMIT", 0, "of sbatch: how long an element may take", 0},
    {"element-seconds", OPTION_ELEMENT_SECONDS, "S", 0,
     "how long an element lasts at least, if there is so much to do (30)", 0},
    {"point-ms", OPTION_POINT_MS, "MS", 0, "how long a point lasts (three are measured)", 0},
    {"wait", OPTION_WAIT, NULL, 0, "until the array has ended; then write the tables", 0},
    {"elements", OPTION_ELEMENTS, "N", 0,
     "run nothing, and prepare DIR for N calls of --element, for another batch system", 0},
    {"element", OPTION_ELEMENT, "N", 0, "the work of element N of DIR, which stands for GRID", 0},
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
    struct sweep_options options = {.element_s = DEFAULT_ELEMENT_S};
    char dir[SWEEP_PATH_BYTES];

    if (argp_parse(&argp, argc, argv, 0, NULL, &options))
        return CLI_USAGE;
    if (!options.n_jobs)
        options.n_jobs = options.is_slurm ? 1 : n_processors();
    options.slurm.n_jobs = options.n_jobs;
    if (options.merge)
        return sweep_merge_main(options.merge);
    if (options.is_element)
        return sweep_element_main(&options, options.grid);
    if (!options.dir)
        options.dir = default_dir(options.grid, dir, sizeof(dir));
    return sweep_grid_main(&options);
}
