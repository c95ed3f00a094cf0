/* SPDX-License-Identifier: BSD-2-Clause
 * run_transition.c - iommusim run --from X --to Y, and --cells: options, and what is told.
 * Knows: options, cells. Must not know: how a cell is run. */
#include "cli/run_transition.h"

#include "cli/replay.h"
#include "kernel-glue/drivers/drv.h"

#include <argp.h>
#include <stdlib.h>
#include <string.h>

#define DEFAULT_WINDOW_NS 50000u
#define MAX_WINDOW_NS 100000000u
#define MAX_MAPPED_BYTES (UINT64_C(1) << 40)
#define MAX_PROCESS_BYTES (UINT64_C(4) << 20) /* pages come in one by one */

enum option_key {
    OPTION_FROM = 768,
    OPTION_TO,
    OPTION_BY,
    OPTION_PASID,
    OPTION_ATS,
    OPTION_LOAD,
    OPTION_GAP,
    OPTION_WINDOW,
    OPTION_MAPPED,
    OPTION_LARGE,
    OPTION_SCRIPT_OUT,
    OPTION_CELLS,
};

struct transition_options {
    struct trn_cell cell;
    struct cell_params params;
    const char *script;
    bool has_from, has_to, has_other, lists_cells;
};

static void parse_state(const char *option, const char *arg, enum trn_state *state,
                        struct argp_state *argp)
{
    if (!trn_state_find(arg, state))
        argp_error(argp, "%s: there is no state '%s'; --cells lists them", option, arg);
}

static uint64_t parse_number(const char *option, const char *arg, uint64_t min, uint64_t max,
                             struct argp_state *argp)
{
    uint64_t value = 0;

    if (!cli_number(arg, &value) || value < min || value > max)
        argp_error(argp, "%s is a number from %llu to %llu, not '%s'", option,
                   (unsigned long long)min, (unsigned long long)max, arg);
    return value;
}

static bool has_process(enum trn_state state)
{
    return trn_is_nested(state) || trn_is_table(state) || state == TRN_SVA;
}

static error_t parse_end(const struct transition_options *options, struct argp_state *argp)
{
    if (options->has_from != options->has_to)
        argp_error(argp, "--from and --to belong together");
    if (options->has_other && !options->has_from)
        argp_error(argp, "this option says more of a transition: --from and --to are missing");
    if (options->params.scale.n_bytes % 4096)
        argp_error(argp, "--mapped is a multiple of 4096");
    if (options->params.scale.n_bytes > MAX_PROCESS_BYTES &&
        (has_process(options->cell.from) || has_process(options->cell.to)))
        argp_error(argp, "--mapped is 4194304 at most where a guest or a process is about");
    return 0;
}

static error_t parse_axis(int key, const char *arg, struct transition_options *options,
                          struct argp_state *argp)
{
    options->has_other = true;
    switch (key) {
    case OPTION_BY:
        if (!trn_by_find(arg, &options->cell.by))
            argp_error(argp, "--by is replace or detach-attach, not '%s'", arg);
        return 0;
    case OPTION_PASID:
        options->cell.pasid = (uint32_t)parse_number("--pasid", arg, 1, TRN_MAX_PASID, argp);
        return 0;
    case OPTION_ATS:
        options->cell.has_ats = true;
        return 0;
    case OPTION_LOAD:
        if (!trn_load_find(arg, &options->cell.load))
            argp_error(argp, "--load is idle, nic or nvme, not '%s'", arg);
        return 0;
    case OPTION_GAP:
        options->params.gap_ns = parse_number("--gap", arg, 0, MAX_WINDOW_NS, argp);
        return 0;
    case OPTION_WINDOW:
        options->params.window_ns = parse_number("--window", arg, 1, MAX_WINDOW_NS, argp);
        return 0;
    case OPTION_MAPPED:
        options->params.scale.n_bytes = parse_number("--mapped", arg, 4096, MAX_MAPPED_BYTES, argp);
        return 0;
    case OPTION_LARGE:
        options->params.scale.has_large_leaves = true;
        return 0;
    case OPTION_SCRIPT_OUT:
        options->script = arg;
        return 0;
    default:
        return ARGP_ERR_UNKNOWN;
    }
}

static error_t parse_option(int key, char *arg, struct argp_state *argp)
{
    struct transition_options *options = argp->input;

    switch (key) {
    case OPTION_FROM:
        parse_state("--from", arg, &options->cell.from, argp);
        options->has_from = true;
        return 0;
    case OPTION_TO:
        parse_state("--to", arg, &options->cell.to, argp);
        options->has_to = true;
        return 0;
    case OPTION_CELLS:
        options->lists_cells = true;
        return 0;
    case ARGP_KEY_END:
        return parse_end(options, argp);
    default:
        return key >= OPTION_BY && key <= OPTION_SCRIPT_OUT ? parse_axis(key, arg, options, argp)
                                                            : ARGP_ERR_UNKNOWN;
    }
}

static const struct argp_option argp_options[] = {
    {NULL, 0, NULL, 0, "One transition instead of a scenario (docs/transitions.md):", -2},
    {"from", OPTION_FROM, "STATE", 0, "what the device, or its PASID, has", -2},
    {"to", OPTION_TO, "STATE", 0, "what it gets", -2},
    {"by", OPTION_BY, "replace|detach-attach", 0, "in one call, or in two (replace)", -2},
    {"pasid", OPTION_PASID, "N", 0, "of the requests with this PASID (those without one)", -2},
    {"ats", OPTION_ATS, NULL, 0, "the device can translate itself", -2},
    {"load", OPTION_LOAD, "idle|nic|nvme", 0, "what it does meanwhile (idle)", -2},
    {"gap", OPTION_GAP, "NS", 0, "what user space takes between detach and attach (0)", -2},
    {"window", OPTION_WINDOW, "NS", 0,
     "how long before and after requests are measured; as long again warms caches (50000)", -2},
    {"mapped", OPTION_MAPPED, "BYTES", 0, "what each domain maps, in pages of 4 KiB (262144)", -2},
    {"large-leaves", OPTION_LARGE, NULL, 0,
     "in leaves as large as the driver makes them instead (of 2 MiB and more)", -2},
    {"script-out", OPTION_SCRIPT_OUT, "FILE", 0, "keep the scenario, as .scn", -2},
    {"cells", OPTION_CELLS, NULL, 0,
     "list every state, load and driver, and which cells there are; and exit", -2},
    {NULL, 0, NULL, 0, NULL, 0}};

const struct argp transition_argp = {argp_options, parse_option, NULL, NULL, NULL, NULL, NULL};

struct transition_options *transition_options_new(void)
{
    struct transition_options *options = calloc(1, sizeof(*options));

    if (!options)
        return NULL;
    options->cell.pasid = TRN_NO_PASID;
    options->params =
        (struct cell_params){.scale = trn_scale_default(), .window_ns = DEFAULT_WINDOW_NS};
    return options;
}

void transition_options_free(struct transition_options *options)
{
    free(options);
}

bool transition_is_wanted(const struct transition_options *options)
{
    return options->has_from || options->lists_cells;
}

/* ---- the command ---- */

static int tell(const struct replay_options *replay, const struct cell_result *result)
{
    struct cell_hardware hardware = {.preset = replay_options_preset(replay)};
    int code = CLI_OK;

    hardware.sets = replay_options_sets(replay, &hardware.n_sets);
    if (replay_options_json(replay))
        code = cli_json(cell_json(result, &hardware));
    else
        cell_print(result);
    return code == CLI_OK ? cell_exit_code(result) : code;
}

static int list_cells(const struct replay_options *replay)
{
    if (replay_options_json(replay))
        return cli_json(cells_json());
    cells_print();
    return CLI_OK;
}

static int run(struct transition_options *options, struct replay_options *replay,
               const char *records)
{
    const struct cell_output output = {.records = records,
                                       .script = options->script,
                                       .wants_story = replay_options_json(replay) &&
                                                      replay_options_tells(replay)};
    struct config *config = calloc(1, sizeof(*config));
    struct cell_result *result = calloc(1, sizeof(*result));
    const char *const *profile;
    size_t n_sets;
    int code = CLI_INTERNAL;

    if (!config || !result) {
        cli_error("no memory");
    } else {
        profile = cell_profile(&options->cell, &n_sets);
        replay_options_profile(replay, profile, n_sets);
        code = replay_options_config(replay, config);
    }
    if (code == CLI_OK)
        code = cell_run(config, &options->params, &options->cell, &output, result);
    if (code == CLI_OK)
        code = tell(replay, result);
    cell_free(result);
    free(config);
    return code;
}

int transition_command(struct transition_options *options, struct replay_options *replay,
                       uint8_t arch, const char *driver, const char *records)
{
    if (options->lists_cells)
        return list_cells(replay);
    options->cell.arch = arch;
    options->cell.driver = driver;
    return run(options, replay, records);
}
