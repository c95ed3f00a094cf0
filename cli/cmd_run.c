/* SPDX-License-Identifier: BSD-2-Clause
 * cmd_run.c - iommusim run: a scenario, by objects and a reference driver, against simulated
 * hardware; its records are then replayed for verdicts.
 * Knows: the machine, a run, options of a replay. Must not know: what a driver does. */
#include "cli/cli.h"
#include "cli/replay.h"
#include "cli/run_transition.h"
#include "cli/save.h"
#include "kernel-glue/drivers/drv.h"
#include "kernel-glue/scenario/run.h"

#include <argp.h>
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#define DEFAULT_DRIVER "linux-6.12"

enum option_key {
    OPTION_ARCH = 512,
    OPTION_SCRIPT,
    OPTION_DRIVER,
    OPTION_DRIVERS,
    OPTION_OUT,
    OPTION_FAULT_LIMIT,
    OPTION_PASID_BY_FLAG,
    OPTION_NO_REPLAY,
};

struct options {
    struct replay_options *replay;
    struct transition_options *transition;
    const char *driver, *out;
    uint8_t arch;
    bool lists_drivers, no_replay;
    struct run_config run;
};

static error_t check(struct options *options, struct argp_state *state)
{
    if (options->lists_drivers || replay_options_list(options->replay))
        return 0;
    if (!options->run.scenario && !transition_is_wanted(options->transition))
        argp_error(state, "--script FILE, or --from and --to, say what to do");
    if (options->run.scenario && transition_is_wanted(options->transition))
        argp_error(state, "either --script, or --from and --to");
    options->run.ops = drv_find(options->arch, options->driver);
    if (!options->run.ops)
        argp_error(state, "there is no driver '%s' of this architecture; --drivers lists them",
                   options->driver);
    return 0;
}

static error_t parse_arch(struct options *options, const char *arg, struct argp_state *state)
{
    uint64_t arch;

    if (!sim_enum_value(SIM_SHOW_ARCH, arg, strlen(arg), &arch) || arch == SIM_ARCH_UNKNOWN)
        argp_error(state, "--arch is smmuv3 or vtd, not '%s'", arg);
    options->arch = (uint8_t)arch;
    return 0;
}

static error_t parse_option(int key, char *arg, struct argp_state *state)
{
    struct options *options = state->input;

    switch (key) {
    case ARGP_KEY_INIT:
        state->child_inputs[0] = options->replay;
        state->child_inputs[1] = options->transition;
        return 0;
    case OPTION_ARCH:
        return parse_arch(options, arg, state);
    case OPTION_SCRIPT:
        options->run.scenario = arg;
        return 0;
    case OPTION_DRIVER:
        options->driver = arg;
        return 0;
    case OPTION_DRIVERS:
        options->lists_drivers = true;
        return 0;
    case OPTION_OUT:
        options->out = arg;
        return 0;
    case OPTION_FAULT_LIMIT:
        if (!cli_number(arg, &options->run.fault_limit_ns))
            argp_error(state, "--fault-limit is a number of ns, not '%s'", arg);
        return 0;
    case OPTION_PASID_BY_FLAG:
        options->run.pasid_by_flag = true;
        return 0;
    case OPTION_NO_REPLAY:
        options->no_replay = true;
        return 0;
    case ARGP_KEY_END:
        return check(options, state);
    default:
        return ARGP_ERR_UNKNOWN;
    }
}

static const struct argp_option argp_options[] = {
    {NULL, 0, NULL, 0, "The run:", -1},
    {"script", OPTION_SCRIPT, "FILE", 0, "what to do (docs/objects.md)", -1},
    {"arch", OPTION_ARCH, "smmuv3|vtd", 0, "which IOMMU (smmuv3)", -1},
    {"driver", OPTION_DRIVER, "NAME", 0, "which reference driver (" DEFAULT_DRIVER ")", -1},
    {"drivers", OPTION_DRIVERS, NULL, 0, "list them and exit", -1},
    {"out", OPTION_OUT, "FILE", 0, "keep the records, as .iotr", -1},
    {"fault-limit", OPTION_FAULT_LIMIT, "NS", 0,
     "page requests that nobody has answered so long are refused", -1},
    {"pasid-by-flag", OPTION_PASID_BY_FLAG, NULL, 0,
     "only page tables made for that (hwpt ... pasid) go to a PASID, as in Linux 6.15", -1},
    {"no-replay", OPTION_NO_REPLAY, NULL, 0, "only the lines' own results, no verdicts", -1},
    {NULL, 0, NULL, 0, NULL, 0}};

/* ---- the run ---- */

static int put_all(const void *run, const struct sim_record_sink *sink)
{
    return run_save(run, sink);
}

static int tell(const struct run_stats *stats)
{
    (void)fprintf(stderr,
                  "run: %" PRIu64 " lines, %" PRIu64 " records, %" PRIu64 " waits (%" PRIu64
                  " given up), %" PRIu64 " events; %" PRIu64 " lines ended otherwise than they "
                  "say\n",
                  stats->n_lines, stats->n_records, stats->n_waits, stats->n_timeouts,
                  stats->n_events, stats->n_unexpected);
    if (stats->error) {
        cli_error("the simulation fails with error %d", stats->error);
        return CLI_INTERNAL;
    }
    if (stats->n_leaked_bytes) {
        cli_error("a bug of the driver: %" PRIu64 " bytes of tables are left",
                  stats->n_leaked_bytes);
        return CLI_INTERNAL;
    }
    return stats->n_unexpected ? CLI_VERDICT : CLI_OK;
}

static int drive(struct run *run, struct replay_machine *machine)
{
    int err;

    run_bind(run, replay_machine_rpl(machine), replay_machine_mem(machine));
    err = run_start(run);
    if (err) {
        cli_error("the driver does not start: %s", strerror(-err));
        return CLI_VERDICT;
    }
    (void)run_lines(run);
    run_halt(run);
    if (replay_machine_finish(machine)) {
        cli_error("no memory");
        return CLI_INTERNAL;
    }
    return tell(run_get_stats(run));
}

static int live(const struct options *options, const struct config *config, struct run **made)
{
    struct replay_machine *machine;
    struct sim_diag diag;
    struct run *run;
    int code;

    sim_diag_init(&diag, options->run.scenario);
    run = run_new(&options->run, &diag);
    if (!run)
        return cli_report(&diag, false);
    *made = run;
    sim_diag_init(&diag, "configuration");
    machine = replay_machine_new(config, run_scan(run), run_observer(run), &diag);
    code = machine ? drive(run, machine) : cli_report(&diag, false);
    replay_machine_free(machine);
    return code;
}

/* Verdicts and costs, as of any other stream. */
static int judge(const struct options *options, const struct run *run, const struct config *config)
{
    char path[CLI_FD_PATH_BYTES];
    FILE *file;
    int code;

    replay_options_name(options->replay, options->run.scenario);
    if (options->out)
        return replay_command(options->replay, options->out, config);
    file = cli_temporary_file(path);
    if (!file)
        return CLI_INTERNAL;
    code = save_stream(file, &(struct save_source){put_all, run});
    if (code == CLI_OK)
        code = replay_command(options->replay, path, config);
    (void)fclose(file);
    return code;
}

static int run_command(struct options *options, struct config *config)
{
    struct run *run = NULL;
    int code = replay_options_config(options->replay, config);
    int ended, saved;

    if (code != CLI_OK)
        return code;
    ended = live(options, config, &run);
    saved = options->out && run && ended <= CLI_VERDICT
                ? save_records(options->out, &(struct save_source){put_all, run})
                : CLI_OK;
    if (saved == CLI_OK && ended <= CLI_VERDICT && !options->no_replay)
        code = judge(options, run, config);
    run_free(run);
    if (saved != CLI_OK)
        return saved;
    return ended != CLI_OK && (code == CLI_OK || ended != CLI_VERDICT) ? ended : code;
}

static int list_drivers(void)
{
    static const uint8_t archs[] = {SIM_ARCH_SMMUV3, SIM_ARCH_VTD};

    for (size_t i = 0; i < sizeof(archs); i++) {
        const char *name;

        for (uint32_t n = 0; (name = drv_name(archs[i], n)); n++)
            (void)printf("%-7s %-12s %s\n", sim_enum_word(SIM_SHOW_ARCH, archs[i]), name,
                         drv_find(archs[i], name)->doc);
    }
    return CLI_OK;
}

int cli_run(int argc, char **argv)
{
    static const char doc[] =
        "Runs a scenario: objects as iommufd has them, and a reference driver that turns what they "
        "ask for into stores, commands and register writes, which the simulated IOMMU meets at "
        "once. Its records are then replayed for verdicts, as iommusim replay does.\v"
        "Examples:\n"
        "  iommusim run --script kernel-glue/capture/scenarios/basic.scn\n"
        "  iommusim run --script my.scn --arch vtd --driver best --out my.iotr\n"
        "  iommusim run --from s1 --to s2 --by detach-attach --load nic --driver best\n"
        "  iommusim run --cells\n"
        "  iommusim run --drivers\n\n"
        "Exit codes: as of iommusim replay; 1 also if a line of the scenario did not end as it "
        "says.";
    static const struct argp_child children[] = {
        {&replay_argp, 0, NULL, 0}, {&transition_argp, 0, NULL, 0}, {NULL, 0, NULL, 0}};
    static const struct argp argp = {argp_options, parse_option, NULL, doc, children, NULL, NULL};
    struct options *options = calloc(1, sizeof(*options));
    struct config *config = calloc(1, sizeof(*config));
    int code = CLI_INTERNAL;

    if (options) {
        options->replay = replay_options_new("the run");
        options->transition = transition_options_new();
        options->driver = DEFAULT_DRIVER;
        options->arch = SIM_ARCH_SMMUV3;
    }
    if (!options || !config || !options->replay || !options->transition) {
        cli_error("no memory");
    } else if (argp_parse(&argp, argc, argv, 0, NULL, options) == 0) {
        code = CLI_OK;
        if (options->lists_drivers)
            code = list_drivers();
        else if (replay_options_list(options->replay))
            config_list(stdout);
        else if (transition_is_wanted(options->transition))
            code = transition_command(options->transition, options->replay, options->arch,
                                      options->driver, options->out);
        else
            code = run_command(options, config);
    }
    if (options) {
        replay_options_free(options->replay);
        transition_options_free(options->transition);
    }
    free(config);
    free(options);
    return code;
}
