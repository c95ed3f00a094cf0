/* SPDX-License-Identifier: BSD-2-Clause
 * cmd_explore.c - iommusim explore: every outcome that conforming hardware may give. */
#include "cli/arch_smmuv3.h"
#include "cli/arch_vtd.h"
#include "cli/cli.h"
#include "cli/config.h"
#include "cli/explore_ids.h"
#include "cli/explore_report.h"
#include "cli/explore_reproduce.h"
#include "cli/lines.h"
#include "cli/rules.h"

#include "kernel-glue/trace/trc_file.h"

#include <argp.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#define MAX_SETS 32u

enum option_key {
    OPTION_SET = 256,
    OPTION_ATOM,
    OPTION_MAX_VIEWS,
    OPTION_LEVEL,
    OPTION_JSON,
    OPTION_ALL_OPS,
    OPTION_WITNESS,
    OPTION_ALLOW,
    OPTION_CONFLICT,
    OPTION_ORDER,
    OPTION_VMLINUX,
    OPTION_KASLR,
    OPTION_REPRODUCE,
};

struct options {
    const char *input;
    const char *vmlinux, *kaslr;
    const char *sets[MAX_SETS];
    size_t n_sets;
    struct rules_allow allow;
    struct xpl_params params;
    enum xpl_level level;
    bool wants_json, wants_all, has_witness, reproduces;
    uint64_t witness; /* from 1; 0 = none */
};

static uint32_t parse_number(const char *option, const char *arg, struct argp_state *state)
{
    uint64_t value = 0;

    if (!cli_number(arg, &value) || value > UINT32_MAX)
        argp_error(state, "%s is a number of 32 bits, not '%s'", option, arg);
    return (uint32_t)value;
}

static error_t parse_atom(struct options *options, const char *arg, struct argp_state *state)
{
    options->params.atom_bytes = parse_number("--atom", arg, state);
    if (options->params.atom_bytes != 8 && options->params.atom_bytes != 16)
        argp_error(state, "--atom is 8 or 16, not '%s'", arg);
    return 0;
}

static error_t parse_witness(struct options *options, const char *arg, struct argp_state *state)
{
    options->has_witness = strcmp(arg, "worst") != 0;
    if (options->has_witness && strcmp(arg, "none") != 0 &&
        (!cli_number(arg, &options->witness) || !options->witness))
        argp_error(state, "--witness is worst, none, or the number of an operation, not '%s'", arg);
    return 0;
}

static error_t parse_allow(struct options *options, const char *arg, struct argp_state *state)
{
    struct sim_diag diag;

    sim_diag_init(&diag, "--allow");
    if (rules_allow_word(&options->allow, arg, &diag))
        argp_error(state, "--allow: %s", diag.text);
    return 0;
}

static error_t parse_level(struct options *options, const char *arg, struct argp_state *state)
{
    if (strcmp(arg, "deployed") == 0)
        options->level = XPL_DEPLOYED;
    else if (strcmp(arg, "architecture") != 0)
        argp_error(state, "--level is architecture or deployed, not '%s'", arg);
    return 0;
}

static error_t parse_conflict(struct options *options, const char *arg, struct argp_state *state)
{
    options->params.same_tag_conflict = strcmp(arg, "strict") == 0;
    if (!options->params.same_tag_conflict && strcmp(arg, "either") != 0)
        argp_error(state, "--same-tag-conflict is strict or either, not '%s'", arg);
    return 0;
}

static error_t parse_order(struct options *options, const char *arg, struct argp_state *state)
{
    options->params.is_atc_in_order = strcmp(arg, "queue") == 0;
    if (!options->params.is_atc_in_order && strcmp(arg, "any") != 0)
        argp_error(state, "--device-tlb-order is any or queue, not '%s'", arg);
    return 0;
}

static error_t parse_option(int key, char *arg, struct argp_state *state)
{
    struct options *options = state->input;

    switch (key) {
    case OPTION_SET:
        if (options->n_sets == MAX_SETS)
            argp_error(state, "more than %u --set", MAX_SETS);
        else
            options->sets[options->n_sets++] = arg;
        return 0;
    case OPTION_ATOM:
        return parse_atom(options, arg, state);
    case OPTION_MAX_VIEWS:
        options->params.max_views = parse_number("--max-views", arg, state);
        return 0;
    case OPTION_LEVEL:
        return parse_level(options, arg, state);
    case OPTION_WITNESS:
        return parse_witness(options, arg, state);
    case OPTION_ALLOW:
        return parse_allow(options, arg, state);
    case OPTION_CONFLICT:
        return parse_conflict(options, arg, state);
    case OPTION_ORDER:
        return parse_order(options, arg, state);
    case OPTION_VMLINUX:
        options->vmlinux = arg;
        return 0;
    case OPTION_KASLR:
        options->kaslr = arg;
        return 0;
    case OPTION_JSON:
        options->wants_json = true;
        return 0;
    case OPTION_REPRODUCE:
        options->reproduces = true;
        return 0;
    case OPTION_ALL_OPS:
        options->wants_all = true;
        return 0;
    case ARGP_KEY_ARG:
        if (options->input)
            argp_error(state, "one input at a time; '%s' is one too many", arg);
        options->input = arg;
        return 0;
    case ARGP_KEY_NO_ARGS:
        argp_error(state, "an input file is missing");
        return EINVAL;
    default:
        return ARGP_ERR_UNKNOWN;
    }
}

/* ---- runs ---- */

/* The input is read twice; what is wrong with it is said the first time (@warns). */
static int read_all(const char *path, const char *input, bool warns,
                    const struct sim_record_sink *sink)
{
    struct cli_progress progress;
    const struct sim_record_sink counted = {cli_progress_put, &progress};
    struct trc_file_info info = {0};
    struct sim_diag diag;
    int err;

    sim_diag_init(&diag, input);
    cli_progress_start(&progress, warns ? "scan" : "explore", sink);
    err = trc_file_read(path, &counted, &info, &diag);
    cli_progress_end(&progress);
    if (err == SIM_ETRUNC) { /* LOST records stand for what is missing */
        if (warns)
            (void)cli_report(&diag, true);
        return CLI_OK;
    }
    if (err && !diag.error) {
        cli_error("no memory");
        return CLI_INTERNAL;
    }
    return err ? cli_report(&diag, false) : CLI_OK;
}

static int set_ids(const struct options *options, const struct rpl_scan *scan, struct xpl *xpl,
                   struct config *config)
{
    struct sim_diag diag;

    config_default(config);
    for (size_t i = 0; i < options->n_sets; i++) {
        sim_diag_init(&diag, "--set");
        if (config_set(config, options->sets[i], &diag)) {
            cli_error("--set: %s", diag.text);
            return CLI_USAGE;
        }
    }
    explore_set_ids(config, scan, xpl);
    return CLI_OK;
}

static int exit_code(const struct explore_result *result, enum xpl_level level,
                     const struct chk_order_report *rules)
{
    const struct xpl_report *report = result->report;

    if (explore_is_unshown(result))
        return CLI_INCONCLUSIVE;
    if (report->worst[level] != CHK_HITLESS || rules->n_violations)
        return CLI_VERDICT;
    return report->inconclusive ? CLI_INCONCLUSIVE : CLI_OK;
}

static int tell_json(const struct options *options, const struct explore_result *result,
                     const struct chk_order_report *rules)
{
    json_t *root = explore_json(result);
    int code;

    (void)json_object_set_new(root, "protocol", rules_json(rules));
    code = cli_json(root);
    return code == CLI_OK ? exit_code(result, options->level, rules) : code;
}

static int tell(const struct options *options, const struct explore_result *result,
                const struct chk_order_report *rules)
{
    const size_t n_ops = result->report->n_ops;
    size_t op = options->has_witness ? (size_t)options->witness - 1 : explore_worst(result);

    if (options->wants_json)
        return tell_json(options, result, rules);
    if (options->has_witness && !options->witness)
        op = n_ops;
    else if (options->has_witness && op >= n_ops) {
        cli_error("--witness: the stream has %zu operations", n_ops);
        return CLI_USAGE;
    }
    explore_print(result, options->wants_all);
    if (op < n_ops)
        explore_witness(result, op);
    explore_print_reproduced(result);
    rules_print(rules, stdout);
    return exit_code(result, options->level, rules);
}

/* The explorer and the rules take the same records. @ips: of each record, if lines are wanted. */
struct takers {
    struct xpl *xpl;
    struct chk_order *order;
    bool wants_ips, wants_records;
    uint64_t *ips;
    size_t n_ips, n_max_ips;
    struct sim_record *records;
    size_t n_records, n_max_records;
};

static int put_ip(struct takers *takers, uint64_t ip)
{
    if (takers->n_ips == takers->n_max_ips) {
        const size_t n = takers->n_max_ips ? takers->n_max_ips * 2 : 4096;
        uint64_t *grown = realloc(takers->ips, n * sizeof(*grown));

        if (!grown)
            return SIM_ENOMEM;
        takers->ips = grown;
        takers->n_max_ips = n;
    }
    takers->ips[takers->n_ips++] = ip;
    return 0;
}

/* Without its strings, which are gone when the file is read; a replay has them from the scan. */
static int put_record(struct takers *takers, const struct sim_record *rec)
{
    struct sim_record *copy;

    if (takers->n_records == takers->n_max_records) {
        const size_t n = takers->n_max_records ? takers->n_max_records * 2 : 4096;
        struct sim_record *grown = realloc(takers->records, n * sizeof(*grown));

        if (!grown)
            return SIM_ENOMEM;
        takers->records = grown;
        takers->n_max_records = n;
    }
    copy = &takers->records[takers->n_records++];
    *copy = *rec;
    if (rec->kind == SIM_R_META || rec->kind == SIM_R_DEVICE || rec->kind == SIM_R_MARK)
        sim_record_init(copy, SIM_R_EVENT); /* nothing */
    return 0;
}

static int put_all(void *ctx, const struct sim_record *rec)
{
    struct takers *takers = ctx;
    int err = takers->wants_ips ? put_ip(takers, lines_ip(rec)) : 0;

    if (!err && takers->wants_records)
        err = put_record(takers, rec);
    if (!err)
        err = xpl_put(takers->xpl, rec);
    return err ? err : chk_order_put(takers->order, rec);
}

/* That of the first unit: what a report calls things. */
static const struct chk_arch *arch_of(const struct rpl_scan *scan)
{
    return scan->units[0].arch == SIM_ARCH_VTD ? &arch_vtd : &arch_smmuv3;
}

static int reproduce_all(const struct options *options, const struct takers *takers,
                         const struct rpl_scan *scan, const struct config *config,
                         struct explore_result *result)
{
    const struct reproduce_stream stream = {.records = takers->records,
                                            .n_records = takers->n_records,
                                            .scan = scan,
                                            .arch = arch_of(scan),
                                            .config = config,
                                            .atom_bytes = options->params.atom_bytes};

    if (!options->reproduces)
        return CLI_OK;
    if (explore_reproduce(result, &stream, options->has_witness ? options->witness : 0)) {
        cli_error("no memory");
        return CLI_INTERNAL;
    }
    return CLI_OK;
}

static int explore(const struct options *options, const char *path, const struct rpl_scan *scan,
                   struct trc_lines *lines)
{
    static const struct chk_arch *const archs[] = {&arch_smmuv3, &arch_vtd};
    struct xpl *xpl = xpl_new(&options->params, archs, 2, scan->devices, scan->n_endpoints);
    struct chk_order *order = rules_new(&options->allow);
    struct config *config = calloc(1, sizeof(*config));
    struct takers takers = {.xpl = xpl,
                            .order = order,
                            .wants_ips = lines != NULL,
                            .wants_records = options->reproduces};
    const struct sim_record_sink sink = {put_all, &takers};
    struct explore_result result = {.input = options->input,
                                    .params = &options->params,
                                    .arch = arch_of(scan),
                                    .devices = scan->devices,
                                    .n_devices = scan->n_devices,
                                    .lines = lines};
    int code = CLI_INTERNAL;

    if (xpl && order && config)
        code = set_ids(options, scan, xpl, config);
    if (code == CLI_OK)
        code = read_all(path, options->input, false, &sink);
    if (code == CLI_OK && (xpl_finish(xpl) || chk_order_finish(order))) {
        cli_error("no memory");
        code = CLI_INTERNAL;
    }
    if (code == CLI_OK) {
        result.report = xpl_get_report(xpl);
        result.ips = takers.ips;
        result.n_ips = takers.n_ips;
        code = reproduce_all(options, &takers, scan, config, &result);
    }
    if (code == CLI_OK)
        code = tell(options, &result, chk_order_get_report(order));
    explore_reproduced_free(&result);
    free(config);
    free(takers.records);
    free(takers.ips);
    xpl_free(xpl);
    chk_order_free(order);
    return code;
}

static int check_scan(const char *input, const struct rpl_scan *scan)
{
    if (!scan->n_units) {
        cli_error("%s: no IOMMU in it: nothing names one, so its records have no hardware to act "
                  "on",
                  input);
        return CLI_BAD_INPUT;
    }
    for (size_t i = 0; i < scan->n_units; i++) {
        if (scan->units[i].arch == SIM_ARCH_SMMUV3 || scan->units[i].arch == SIM_ARCH_VTD)
            continue;
        cli_error("%s: unit %u is %s, which is not explored yet", input, scan->units[i].iommu,
                  sim_enum_word(SIM_SHOW_ARCH, scan->units[i].arch));
        return CLI_INCONCLUSIVE;
    }
    return CLI_OK;
}

static int run_file(const struct options *options, struct trc_lines *lines)
{
    struct rpl_scanner *scanner = rpl_scanner_new();
    const struct sim_record_sink sink = {rpl_scanner_put, scanner};
    const struct rpl_scan *scan;
    char kept_path[CLI_FD_PATH_BYTES];
    FILE *kept = NULL;
    const char *path = scanner ? cli_keep_input(options->input, kept_path, &kept) : NULL;
    int code = path ? read_all(path, options->input, true, &sink) : CLI_INTERNAL;

    if (code == CLI_OK) {
        scan = rpl_scanner_end(scanner);
        code = check_scan(options->input, scan);
        if (code == CLI_OK)
            code = explore(options, path, scan, lines);
    }
    if (kept)
        (void)fclose(kept);
    rpl_scanner_free(scanner);
    return code;
}

static int run(const struct options *options)
{
    struct trc_lines *lines = NULL;
    int code = lines_open(options->vmlinux, options->kaslr, &lines);
    int closed;

    if (code == CLI_OK)
        code = run_file(options, lines);
    closed = lines_close(lines);
    return closed == CLI_OK ? code : closed;
}

static const struct argp_option argp_options[] = {
    {"set", OPTION_SET, "ID=VALUE", 0,
     "an ID register (SMMU_IDR0, VTD_CAP, ...), instead of the stream's; may be given again", 1},
    {"atom", OPTION_ATOM, "8|16", 0, "bytes of an entry that hardware reads at once (8)", 1},
    {"max-views", OPTION_MAX_VIEWS, "N", 0,
     "combinations tried of one request at a time; with more, an operation is inconclusive "
     "(262144)",
     1},
    {"same-tag-conflict", OPTION_CONFLICT, "strict|either", 0,
     "two translations of one address under one tag: a fault too, or either of them (either)", 1},
    {"device-tlb-order", OPTION_ORDER, "any|queue", 0,
     "VT-d: an invalidation of a device TLB (type 3) may overtake one of the IOTLB by PASID "
     "(type 6), or waits for it (any)",
     1},
    {"level", OPTION_LEVEL, "architecture|deployed", 0,
     "which verdict the exit code tells (architecture)", 1},
    {"allow", OPTION_ALLOW, "ID=REASON", 0,
     "a protocol rule that may be broken (iommusim rules lists them); may be given again", 1},
    {"all-ops", OPTION_ALL_OPS, NULL, 0, "one line for every map and unmap, too", 2},
    {"witness", OPTION_WITNESS, "worst|none|N", 0, "which operation to tell, from 1", 2},
    {"vmlinux", OPTION_VMLINUX, "FILE", 0,
     "program with debug information that made the stores: tell function, file and line of each",
     2},
    {"kaslr", OPTION_KASLR, "OFFSET", 0, "how far from its linked address it ran", 2},
    {"reproduce", OPTION_REPRODUCE, NULL, 0,
     "replay each operation that is not hitless (or that of --witness), with requests, caches and "
     "reads so arranged that they show what was found",
     2},
    {"json", OPTION_JSON, NULL, 0, "everything as JSON (schema iommusim.explore/1)", 2},
    {NULL, 0, NULL, 0, NULL, 0}};

int cli_explore(int argc, char **argv)
{
    static const char doc[] =
        "Explores a stream of records: what may a request meet on any hardware that the "
        "architecture permits, whatever it fetches, caches and prefetches? INPUT is what iommusim "
        "import takes; - is standard input.\v"
        "Examples:\n"
        "  iommusim explore vm.iotr\n"
        "  iommusim explore vm.iotr --witness 4\n"
        "  iommusim explore vm.iotr --reproduce\n"
        "  iommusim explore vm.iotr --json > all.json\n\n"
        "Exit codes: 0 every operation is hitless and no protocol rule is "
        "broken, 1 an operation is not or a rule is, 2 usage, 3 input refused, 4 "
        "inconclusive, 5 I/O error or a bug. With --reproduce: 1 only if replays showed each class "
        "of each operation that is not hitless, 4 if one was not shown.";
    static const struct argp argp = {argp_options, parse_option, "INPUT", doc, NULL, NULL, NULL};
    struct options options = {.level = XPL_ARCHITECTURE};

    xpl_defaults(&options.params);
    if (argp_parse(&argp, argc, argv, 0, NULL, &options))
        return CLI_USAGE;
    return run(&options);
}
