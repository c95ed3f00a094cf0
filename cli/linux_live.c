/* SPDX-License-Identifier: BSD-2-Clause
 * linux_live.c - the program that a kernel's driver is linked into: one scenario, live against the
 * machine, its records to a file. iommusim linux starts it; it runs alone under a debugger, too.
 * Knows: the machine, the driver's host. Must not know: how a verdict looks (iommusim replay). */
#include "cli/linux_live.h"

#include "cli/cli.h"
#include "cli/config.h"
#include "cli/replay_machine.h"
#include "cli/save.h"

#include <argp.h>
#include <errno.h>
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#define MAX_SETS 128u

enum option_key {
    OPTION_SCENARIO = 256,
    OPTION_OUT,
    OPTION_CONFIG,
    OPTION_SET,
    OPTION_PRESET,
    OPTION_CPU_TIME,
    OPTION_SEED,
    OPTION_SEEDS,
    OPTION_MSI,
    OPTION_QUIET,
    OPTION_KUNIT,
    OPTION_IOMMUFD,
};

struct options {
    const char *out, *config, *preset, *cpu_time;
    const char *sets[MAX_SETS];
    size_t n_sets;
    uint64_t seed, last_seed;
    bool kunit;
    struct lnx_config lnx;
};

static error_t parse_seeds(struct options *options, char *arg, struct argp_state *state)
{
    char *dots = strstr(arg, "..");

    if (dots)
        *dots = 0;
    if (!cli_number(arg, &options->seed) || (dots && !cli_number(dots + 2, &options->last_seed)))
        argp_error(state, "--seed is a number, --seeds are FIRST..LAST");
    if (!dots)
        options->last_seed = options->seed;
    return 0;
}

static error_t parse_option(int key, char *arg, struct argp_state *state)
{
    struct options *options = state->input;

    switch (key) {
    case OPTION_SCENARIO:
        options->lnx.scenario = arg;
        return 0;
    case OPTION_OUT:
        options->out = arg;
        return 0;
    case OPTION_CONFIG:
        options->config = arg;
        return 0;
    case OPTION_PRESET:
        options->preset = arg;
        return 0;
    case OPTION_CPU_TIME:
        options->cpu_time = arg;
        return 0;
    case OPTION_SET:
        if (options->n_sets == MAX_SETS)
            argp_error(state, "more than %u --set", MAX_SETS);
        else
            options->sets[options->n_sets++] = arg;
        return 0;
    case OPTION_SEED:
    case OPTION_SEEDS:
        return parse_seeds(options, arg, state);
    case OPTION_MSI:
        options->lnx.has_msi = true;
        return 0;
    case OPTION_QUIET:
        options->lnx.is_quiet = true;
        return 0;
    case OPTION_KUNIT:
        options->kunit = true;
        return 0;
    case OPTION_IOMMUFD:
        options->lnx.with_iommufd = true;
        return 0;
    case ARGP_KEY_END:
        if (!options->lnx.scenario == !options->kunit)
            argp_error(state, "either --scenario or --kunit");
        return 0;
    default:
        return ARGP_ERR_UNKNOWN;
    }
}

static const struct argp_option argp_options[] = {
    {"scenario", OPTION_SCENARIO, "FILE", 0, "what to do with the driver", 1},
    {"out", OPTION_OUT, "FILE", 0, "the records, as .iotr", 1},
    {"kunit", OPTION_KUNIT, NULL, 0, "the tree's own unit tests; --out is a folder then", 1},
    {"iommufd", OPTION_IOMMUFD, NULL, 0, "objects are those of the tree's iommufd", 1},
    {"seed", OPTION_SEED, "N", 0, "of the order of CPUs, and of traffic", 1},
    {"seeds", OPTION_SEEDS, "FIRST..LAST", 0, "one run for each, from the booted driver", 1},
    {"msi", OPTION_MSI, NULL, 0, "an SMMU's interrupts are messages", 1},
    {"quiet", OPTION_QUIET, NULL, 0, "no messages of the driver", 1},
    {"config", OPTION_CONFIG, "FILE", 0, "settings, as of iommusim replay", 2},
    {"preset", OPTION_PRESET, "NAME", 0, NULL, 2},
    {"set", OPTION_SET, "PATH=VALUE", 0, NULL, 2},
    {"cpu-time", OPTION_CPU_TIME, "model|zero", 0, NULL, 2},
    {NULL, 0, NULL, 0, NULL, 0}};

static int make_config(const struct options *options, struct config *config)
{
    struct sim_diag diag;

    sim_diag_init(&diag, "settings");
    config_default(config);
    if (options->preset && config_preset(config, options->preset, &diag))
        return cli_report(&diag, false);
    if (options->config && config_read(config, options->config, options->preset, &diag))
        return cli_report(&diag, false);
    for (size_t i = 0; i < options->n_sets; i++) {
        if (config_set(config, options->sets[i], &diag))
            return cli_report(&diag, false);
    }
    if (options->cpu_time && !config_cpu_time(config, options->cpu_time)) {
        cli_error("--cpu-time is model or zero, not '%s'", options->cpu_time);
        return CLI_USAGE;
    }
    config->rpl.seed = options->seed;
    return CLI_OK;
}

static int put_all(const void *lnx, const struct sim_record_sink *sink)
{
    return lnx_save(lnx, sink);
}

int linux_save(const char *path, const struct lnx *lnx)
{
    return save_records(path, &(struct save_source){put_all, lnx});
}

static int print_stats(const struct lnx_stats *stats, const struct chk_report *report)
{
    (void)printf("driver: %" PRIu64 " records, %" PRIu64 " stores, %" PRIu64
                 " register accesses, %" PRIu64 " waits, %" PRIu64 " interrupts, %" PRIu64
                 " changes of CPU\n",
                 stats->n_records, stats->n_stores, stats->n_registers, stats->n_waits,
                 stats->n_interrupts, stats->n_switches);
    (void)printf("driver: %" PRIu64 " errors, %" PRIu64 " warnings; %" PRIu64
                 " lines of the scenario ended otherwise than they say\n",
                 stats->n_errors, stats->n_warnings, stats->n_unexpected);
    (void)printf("live: %zu operations, worst %s\n", report->n_ops, chk_class_name(report->worst));
    if (stats->n_missed) {
        cli_error("%" PRIu64 " words of memory changed without a store that was seen, the first "
                  "at 0x%" PRIx64,
                  stats->n_missed, stats->missed_pa);
        return CLI_INTERNAL;
    }
    return stats->n_unexpected ? CLI_VERDICT : CLI_OK;
}

/* ---- the same records, replayed ---- */

/* What a replay finds must be what the live run found. Handlers of interrupts are the driver's own
 * here and a responder's there, and several CPUs look at hardware in between each other's acts:
 * then times differ a little. */
static int compare(const struct lnx *lnx, const struct chk_report *live,
                   const struct chk_report *again)
{
    const struct lnx_stats *stats = lnx_get_stats(lnx);
    const bool is_exact = !stats->n_interrupts && !stats->n_switches && !stats->n_late;
    size_t n_differ = live->n_ops == again->n_ops ? 0 : 1;

    for (size_t i = 0; i < live->n_ops && i < again->n_ops; i++) {
        const struct chk_op *a = &live->ops[i];
        const struct chk_op *b = &again->ops[i];

        n_differ += a->begin_ps != b->begin_ps || a->end_ps != b->end_ps || a->hw_ps != b->hw_ps ||
                    a->worst != b->worst || a->dma.issued != b->dma.issued;
    }
    if (!n_differ)
        (void)printf("replay of the records: the same to the picosecond\n");
    else if (!is_exact)
        (void)printf("replay of the records: %zu of %zu operations differ in time (interrupts, "
                     "several CPUs, slow requests)\n",
                     n_differ, live->n_ops);
    else
        cli_error("a bug of iommusim: %zu operations went another way in the replay of their "
                  "records",
                  n_differ);
    return n_differ && is_exact ? CLI_INTERNAL : CLI_OK;
}

static int replay_again(const struct lnx *lnx, const struct config *config,
                        const struct chk_report *live)
{
    struct rpl_scanner *scanner = rpl_scanner_new();
    struct sim_record_sink sink = {rpl_scanner_put, scanner};
    struct replay_machine *machine = NULL;
    struct sim_diag diag;
    int err = scanner ? lnx_save(lnx, &sink) : SIM_ENOMEM;
    int code = CLI_INTERNAL;

    sim_diag_init(&diag, "configuration");
    if (!err)
        machine = replay_machine_new(config, rpl_scanner_end(scanner), NULL, &diag);
    if (machine) {
        sink = (struct sim_record_sink){replay_machine_put, machine};
        err = lnx_save(lnx, &sink);
        if (!err)
            err = replay_machine_finish(machine);
        if (!err)
            code = compare(lnx, live, replay_machine_report(machine));
    }
    if (err)
        cli_error("the records cannot be replayed: error %d", err);
    replay_machine_free(machine);
    rpl_scanner_free(scanner);
    return code;
}

/* Boot is the same for all; each seed goes on from there in a process of its own. */
static int run_seeds(const struct options *options, struct lnx *lnx, struct replay_machine *machine)
{
    uint64_t n[CHK_N_CLASSES] = {0};
    uint64_t n_bad = 0;

    for (uint64_t seed = options->seed; seed <= options->last_seed; seed++) {
        int status = 0;
        const pid_t child = fork();

        if (child == 0) {
            const struct lnx_stats *stats = lnx_get_stats(lnx);

            lnx_reseed(lnx, seed);
            (void)lnx_run(lnx);
            lnx_halt(lnx);
            if (replay_machine_finish(machine) || stats->n_missed || stats->n_unexpected ||
                stats->n_warnings)
                _exit(CHK_N_CLASSES);
            _exit((int)replay_machine_report(machine)->worst);
        }
        if (child < 0 || waitpid(child, &status, 0) != child) {
            cli_error("no process for a run: %s", strerror(errno));
            return CLI_INTERNAL;
        }
        if (WIFEXITED(status) && WEXITSTATUS(status) < CHK_N_CLASSES) {
            n[WEXITSTATUS(status)]++;
            continue;
        }
        n_bad++;
        (void)printf("seed %" PRIu64 ": the run failed\n", seed);
    }
    for (unsigned i = 0; i < CHK_N_CLASSES; i++) {
        if (n[i])
            (void)printf("%" PRIu64 " runs: %s\n", n[i], chk_class_name((enum chk_class)i));
    }
    return n_bad ? CLI_INTERNAL : CLI_OK;
}

static int drive(const struct options *options, const struct config *config, struct lnx *lnx,
                 struct replay_machine *machine)
{
    const struct chk_report *report = replay_machine_report(machine);
    int err;
    int code, stated;

    lnx_bind(lnx, replay_machine_rpl(machine), replay_machine_mem(machine));
    replay_machine_watch(machine, lnx_wrote, lnx);
    if (options->kunit)
        return linux_kunit(lnx, options->out);
    err = lnx_boot(lnx);
    if (err) {
        cli_error("the driver does not start: %s", strerror(-err));
        return CLI_VERDICT;
    }
    if (options->last_seed > options->seed)
        return run_seeds(options, lnx, machine);
    (void)lnx_run(lnx);
    lnx_halt(lnx);
    if (replay_machine_finish(machine)) {
        cli_error("no memory");
        return CLI_INTERNAL;
    }
    code = options->out ? linux_save(options->out, lnx) : CLI_OK;
    stated = print_stats(lnx_get_stats(lnx), report);
    if (code == CLI_OK && stated != CLI_INTERNAL)
        code = replay_again(lnx, config, report);
    return code == CLI_OK ? stated : code;
}

static int run(struct options *options, struct config *config)
{
    struct replay_machine *machine;
    struct sim_diag diag;
    struct lnx *lnx;
    int code = make_config(options, config);

    if (code != CLI_OK)
        return code;
    sim_diag_init(&diag, options->kunit ? "unit tests" : options->lnx.scenario);
    options->lnx.seed = options->seed;
    options->lnx.irq_ns = config->rpl.cpu.irq_ns;
    lnx = lnx_new(&options->lnx, &diag);
    if (!lnx)
        return cli_report(&diag, false);
    sim_diag_init(&diag, "configuration");
    machine = replay_machine_new(config, lnx_scan(lnx), lnx_observer(lnx), &diag);
    code = machine ? drive(options, config, lnx, machine) : cli_report(&diag, false);
    replay_machine_free(machine);
    lnx_free(lnx);
    return code;
}

int main(int argc, char **argv)
{
    static const char doc[] = "Runs a Linux driver against a simulated IOMMU: what the scenario "
                              "says, live. iommusim linux adds verdicts.";
    static const struct argp argp = {argp_options, parse_option, NULL, doc, NULL, NULL, NULL};
    struct options *options = calloc(1, sizeof(*options));
    struct config *config = calloc(1, sizeof(*config));
    int code = CLI_INTERNAL;

    if (options && config && argp_parse(&argp, argc, argv, 0, NULL, options) == 0)
        code = run(options, config);
    free(config);
    free(options);
    return code;
}
