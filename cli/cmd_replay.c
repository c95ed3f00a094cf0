/* SPDX-License-Identifier: BSD-2-Clause
 * cmd_replay.c - iommusim replay: a stream of records against simulated hardware. */
#include "cli/cli.h"
#include "cli/expect.h"
#include "cli/lines.h"
#include "cli/replay.h"
#include "cli/replay_plot.h"

#include <argp.h>
#include <errno.h>
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#define MAX_SETS REPLAY_MAX_SETS

enum option_key {
    OPTION_CONFIG = 256,
    OPTION_SET,
    OPTION_PRESET,
    OPTION_CPU_TIME,
    OPTION_SEED,
    OPTION_LIST,
    OPTION_JSON,
    OPTION_CSV,
    OPTION_PLOTS,
    OPTION_EXPECT,
    OPTION_ALLOW,
    OPTION_NO_PROBES,
    OPTION_STORY,
    OPTION_ALL_OPS,
    OPTION_VMLINUX,
    OPTION_KASLR,
};

enum story_choice {
    STORY_WORST,
    STORY_NONE,
    STORY_NUMBER,
};

struct replay_options {
    const char *input;
    const char *name; /* of it for people, NULL: its path */
    const char *config;
    const char *preset;
    const char *cpu_time;
    const char *seed;
    const char *csv;
    const char *plots;
    const char *expect;
    const char *vmlinux;
    const char *kaslr;
    const char *program;
    const char *sets[MAX_SETS];
    size_t n_sets;
    const char *allows[CHK_N_RULES];
    size_t n_allows;
    enum story_choice story;
    uint64_t story_number; /* from 1 */
    bool wants_json;
    bool wants_list;
    bool wants_no_probes;
    bool wants_all_ops;
};

static error_t parse_story(struct replay_options *options, const char *arg,
                           struct argp_state *state)
{
    if (strcmp(arg, "worst") == 0) {
        options->story = STORY_WORST;
    } else if (strcmp(arg, "none") == 0) {
        options->story = STORY_NONE;
    } else if (cli_number(arg, &options->story_number) && options->story_number > 0) {
        options->story = STORY_NUMBER;
    } else {
        argp_error(state, "--story is worst, none, or the number of an operation, not '%s'", arg);
    }
    return 0;
}

static error_t add_set(struct replay_options *options, const char *arg, struct argp_state *state)
{
    if (options->n_sets == MAX_SETS)
        argp_error(state, "more than %u --set; a file for --config has no limit", MAX_SETS);
    else
        options->sets[options->n_sets++] = arg;
    return 0;
}

static error_t add_allow(struct replay_options *options, const char *arg, struct argp_state *state)
{
    if (options->n_allows == CHK_N_RULES)
        argp_error(state, "more --allow than there are rules");
    else
        options->allows[options->n_allows++] = arg;
    return 0;
}

static error_t parse_end(const struct replay_options *options, struct argp_state *state)
{
    if (!options->input && !options->wants_list)
        argp_error(state, "an input file is missing");
    if (options->csv && strcmp(options->csv, "-") == 0)
        argp_error(state, "--csv needs the name of a file");
    return 0;
}

/* Options that only keep a word. */
static const char **place_of(struct replay_options *options, int key)
{
    switch (key) {
    case OPTION_CONFIG:
        return &options->config;
    case OPTION_PRESET:
        return &options->preset;
    case OPTION_CPU_TIME:
        return &options->cpu_time;
    case OPTION_SEED:
        return &options->seed;
    case OPTION_CSV:
        return &options->csv;
    case OPTION_PLOTS:
        return &options->plots;
    case OPTION_EXPECT:
        return &options->expect;
    case OPTION_VMLINUX:
        return &options->vmlinux;
    case OPTION_KASLR:
        return &options->kaslr;
    default:
        return NULL;
    }
}

static error_t parse_option(int key, char *arg, struct argp_state *state)
{
    struct replay_options *options = state->input;
    const char **place = place_of(options, key);

    if (place) {
        *place = arg;
        return 0;
    }
    switch (key) {
    case OPTION_SET:
        return add_set(options, arg, state);
    case OPTION_ALLOW:
        return add_allow(options, arg, state);
    case OPTION_STORY:
        return parse_story(options, arg, state);
    case OPTION_LIST:
        options->wants_list = true;
        return 0;
    case OPTION_JSON:
        options->wants_json = true;
        return 0;
    case OPTION_NO_PROBES:
        options->wants_no_probes = true;
        return 0;
    case OPTION_ALL_OPS:
        options->wants_all_ops = true;
        return 0;
    case ARGP_KEY_ARG:
        if (options->input)
            argp_error(state, "one input at a time; '%s' is one too many", arg);
        options->input = arg;
        return 0;
    case ARGP_KEY_END:
        return parse_end(options, state);
    default:
        return ARGP_ERR_UNKNOWN;
    }
}

/* ---- Settings ------------------------------------------------------------------------------- */

/* Words of the command line are wrong usage, words of a file are bad input. */
static int usage(const char *option, const struct sim_diag *diag)
{
    cli_error("%s: %s", option, diag->text);
    return CLI_USAGE;
}

int replay_options_config(const struct replay_options *options, struct config *config)
{
    struct sim_diag diag;
    uint64_t seed;

    sim_diag_init(&diag, options->config ? options->config : "--preset");
    config_default(config);
    if (options->preset && config_preset(config, options->preset, &diag))
        return usage("--preset", &diag);
    if (options->config && config_read(config, options->config, options->preset, &diag))
        return cli_report(&diag, false);
    for (size_t i = 0; i < options->n_sets; i++) {
        if (config_set(config, options->sets[i], &diag))
            return usage("--set", &diag);
    }
    for (size_t i = 0; i < options->n_allows; i++) {
        if (rules_allow_word(&config->allow, options->allows[i], &diag))
            return usage("--allow", &diag);
    }
    if (options->cpu_time && !config_cpu_time(config, options->cpu_time)) {
        cli_error("--cpu-time is model, trace, zero or scale=FACTOR, not '%s'", options->cpu_time);
        return CLI_USAGE;
    }
    if (options->seed && (!cli_number(options->seed, &seed) || seed > INT64_MAX)) {
        cli_error("--seed is a number of 63 bits, not '%s'", options->seed);
        return CLI_USAGE;
    }
    if (options->seed)
        config->rpl.seed = seed;
    return CLI_OK;
}

/* ---- Output --------------------------------------------------------------------------------- */

int replay_options_story(const struct replay_options *options, const struct replay_result *result,
                         size_t *op)
{
    const size_t n_ops = result->verdicts->n_ops;

    *op = options->story == STORY_NONE ? n_ops : replay_worst(result);
    if (options->story != STORY_NUMBER)
        return CLI_OK;
    if (options->story_number > n_ops) {
        cli_error("--story %" PRIu64 ": the stream has %zu operations", options->story_number,
                  n_ops);
        return CLI_USAGE;
    }
    *op = (size_t)options->story_number - 1;
    return CLI_OK;
}

static int write_csv(const char *path, const struct replay_result *result)
{
    struct sim_diag diag;
    struct sim_outfile *out;

    sim_diag_init(&diag, path);
    out = sim_outfile_open(path, &diag);
    if (!out)
        return cli_report(&diag, false);
    replay_csv(result, sim_outfile_stream(out));
    return sim_outfile_commit(out, &diag) ? cli_report(&diag, false) : CLI_OK;
}

/* A picture is of the worst operation even if its story is not wanted. */
static int choose_op(const struct replay_options *options, const struct replay_result *result,
                     size_t *op)
{
    const int code = replay_options_story(options, result, op);

    if (options->story == STORY_NONE && options->plots)
        *op = replay_worst(result);
    return code;
}

static bool wants_story(const struct replay_options *options)
{
    return !options->wants_json && options->story != STORY_NONE;
}

/* Story and pictures need one more run. */
static int tell_with(const struct replay_options *options, struct replay *replay,
                     const struct replay_result *result, size_t index, struct trc_lines *lines)
{
    const bool has_op = index < result->verdicts->n_ops;
    const struct chk_op *op = has_op ? &result->verdicts->ops[index] : NULL;
    struct watch *watch =
        watch_new(op ? op->begin_seq : 1, op ? op->end_seq : 0, options->plots != NULL);
    int code;

    if (!watch) {
        cli_error("no memory");
        return CLI_INTERNAL;
    }
    watch_lines(watch, lines);
    code = replay_tell(replay, watch);
    if (code == CLI_OK && has_op && wants_story(options))
        replay_print_story(result, index, watch, stdout);
    if (code == CLI_OK && options->plots)
        code = replay_plot(result, index, watch, options->plots);
    watch_free(watch);
    return code;
}

int replay_options_lines(const struct replay_options *options, struct trc_lines **lines)
{
    struct sim_diag diag;

    if (!options->program || options->vmlinux)
        return lines_open(options->vmlinux, options->kaslr, lines);
    sim_diag_init(&diag, options->program);
    *lines = trc_lines_open(options->program, 0, &diag);
    return CLI_OK;
}

static int tell(const struct replay_options *options, struct replay *replay,
                const struct replay_result *result, size_t index)
{
    const bool has_op = index < result->verdicts->n_ops;
    struct trc_lines *lines;
    int closed;
    int code;

    if (!options->plots && (!has_op || !wants_story(options)))
        return CLI_OK;
    code = replay_options_lines(options, &lines);
    if (code)
        return code;
    code = tell_with(options, replay, result, index, lines);
    closed = lines_close(lines);
    return code ? code : closed;
}

/* What --expect found, as text in memory. */
struct outcome {
    const struct expect *expect;
    char *text;
    size_t n_bytes;
    size_t n_differences;
};

static int compare(struct outcome *outcome, const struct replay_result *result)
{
    FILE *stream = open_memstream(&outcome->text, &outcome->n_bytes);

    if (!stream) {
        cli_error("no memory");
        return CLI_INTERNAL;
    }
    outcome->n_differences = expect_compare(outcome->expect, result->verdicts, stream);
    outcome->n_differences += expect_compare_rules(outcome->expect, result->rules, stream);
    if (fclose(stream) != 0) {
        cli_error("no memory");
        return CLI_INTERNAL;
    }
    return CLI_OK;
}

static json_t *json_outcome(const struct replay_options *options, const struct outcome *outcome)
{
    json_t *list = json_array();
    char *save = NULL;

    for (char *line = strtok_r(outcome->text, "\n", &save); line;
         line = strtok_r(NULL, "\n", &save))
        (void)json_array_append_new(list, json_string(line));
    return json_pack("{s:s, s:b, s:o}", "file", options->expect, "as_expected",
                     outcome->n_differences == 0, "differences", list);
}

static int print(const struct replay_options *options, const struct replay_result *result,
                 const struct outcome *outcome)
{
    if (options->wants_json) {
        json_t *root = replay_json(result);

        if (outcome)
            (void)json_object_set_new(root, "expected", json_outcome(options, outcome));
        return cli_json(root);
    }
    rules_print(result->rules, stdout);
    replay_print_end(result);
    if (!outcome)
        return CLI_OK;
    if (outcome->n_differences == 0)
        (void)printf("As expected by %s.\n", options->expect);
    else
        (void)printf("Not as expected, %zu difference%s:\n%s", outcome->n_differences,
                     outcome->n_differences == 1 ? "" : "s", outcome->text);
    return CLI_OK;
}

static int report(const struct replay_options *options, struct replay *replay,
                  const struct replay_result *result, const struct expect *expect)
{
    struct outcome outcome = {.expect = expect};
    size_t op;
    int told = CLI_OK;
    int code = choose_op(options, result, &op);

    if (code == CLI_OK && options->csv)
        code = write_csv(options->csv, result);
    if (code == CLI_OK && expect)
        code = compare(&outcome, result);
    if (code == CLI_OK && !options->wants_json)
        replay_print(result, options->wants_all_ops);
    if (code == CLI_OK)
        told = tell(options, replay, result, op); /* a picture that fails hides no verdict */
    if (code == CLI_OK)
        code = print(options, result, expect ? &outcome : NULL);
    if (code == CLI_OK)
        code = told;
    free(outcome.text);
    if (code != CLI_OK)
        return code;
    if (expect)
        return outcome.n_differences ? CLI_VERDICT : CLI_OK;
    return replay_exit_code(result);
}

static int run_file(const struct replay_options *options, const char *path,
                    const struct config *config, const struct expect *expect)
{
    struct replay *replay =
        replay_new(path, options->name ? options->name : options->input, config);
    struct replay_result result;
    int code;

    if (!replay) {
        cli_error("no memory");
        return CLI_INTERNAL;
    }
    code = replay_run(replay, !options->wants_no_probes, &result);
    if (code == CLI_OK)
        code = report(options, replay, &result, expect);
    replay_free(replay);
    return code;
}

int replay_command(struct replay_options *options, const char *input, const struct config *config)
{
    struct expect *expect = NULL;
    struct sim_diag diag;
    char kept_path[CLI_FD_PATH_BYTES];
    const char *path;
    FILE *kept = NULL;
    int code;

    options->input = input;
    if (options->expect) {
        sim_diag_init(&diag, options->expect);
        expect = expect_read(options->expect, &diag);
        if (!expect)
            return cli_report(&diag, false);
    }
    path = cli_keep_input(options->input, kept_path, &kept); /* a stream runs several times */
    code = path ? run_file(options, path, config, expect) : CLI_INTERNAL;
    if (kept)
        (void)fclose(kept);
    expect_free(expect);
    return code;
}

static const struct argp_option argp_options[] = {
    {NULL, 0, NULL, 0, "The machine:", 1},
    {"config", OPTION_CONFIG, "FILE", 0, "settings in YAML (docs/config.md)", 1},
    {"set", OPTION_SET, "PATH=VALUE", 0,
     "one setting, for example smmu.tlb_entries=64 or SMMU_IDR0=0x...; on top of --config; may be "
     "given again",
     1},
    {"preset", OPTION_PRESET, "NAME", 0,
     "where every section that has such a preset starts from: mmu600 (default), zero, gem5 ...", 1},
    {"cpu-time", OPTION_CPU_TIME, "model|trace|zero|scale=F", 0,
     "what software costs: nanoseconds per act (default), the trace's own times, nothing, or the "
     "trace's times F-fold",
     1},
    {"seed", OPTION_SEED, "N", 0, "of everything that is random", 1},
    {"list-parameters", OPTION_LIST, NULL, 0, "every setting with unit, default and source", 1},
    {NULL, 0, NULL, 0, "The verdict:", 2},
    {"no-probes", OPTION_NO_PROBES, NULL, 0,
     "judge by the traffic alone: quicker, but may miss what is short", 2},
    {"expect", OPTION_EXPECT, "FILE", 0,
     "compare with what is expected (YAML): 0 if everything is as it says, else 1", 2},
    {"allow", OPTION_ALLOW, "ID=REASON", 0,
     "a protocol rule that may be broken (iommusim rules lists them); may be given again", 2},
    {NULL, 0, NULL, 0, "Output:", 3},
    {"all-ops", OPTION_ALL_OPS, NULL, 0, "one line for every map and unmap, too", 3},
    {"story", OPTION_STORY, "worst|none|N", 0, "which operation to tell, from 1", 3},
    {"vmlinux", OPTION_VMLINUX, "FILE", 0,
     "the kernel or program that made the trace, with debug information: the story has function, "
     "file and line of each store",
     3},
    {"kaslr", OPTION_KASLR, "OFFSET", 0, "how far from its linked address it ran", 3},
    {"json", OPTION_JSON, NULL, 0, "everything as JSON (schema iommusim.replay/1)", 3},
    {"csv", OPTION_CSV, "FILE", 0, "a line per operation", 3},
    {"plots", OPTION_PLOTS, "FOLDER", 0, "pictures with their data: latency, operation, cost", 3},
    {NULL, 0, NULL, 0, NULL, 0}};

const struct argp replay_argp = {argp_options, parse_option, NULL, NULL, NULL, NULL, NULL};

struct replay_options *replay_options_new(const char *name)
{
    struct replay_options *options = calloc(1, sizeof(*options));

    if (options)
        options->input = options->name = name;
    return options;
}

void replay_options_name(struct replay_options *options, const char *name)
{
    options->name = name;
}

void replay_options_program(struct replay_options *options, const char *path)
{
    options->program = path;
}

void replay_options_free(struct replay_options *options)
{
    free(options);
}

bool replay_options_list(const struct replay_options *options)
{
    return options->wants_list;
}

bool replay_options_probes(const struct replay_options *options)
{
    return !options->wants_no_probes;
}

const char *replay_options_output(const struct replay_options *options)
{
    if (options->wants_json)
        return "--json";
    if (options->csv)
        return "--csv";
    if (options->plots)
        return "--plots";
    if (options->expect)
        return "--expect";
    return options->wants_all_ops ? "--all-ops" : NULL;
}

size_t replay_options_words(const struct replay_options *options, const char **words)
{
    const struct {
        const char *option, *word;
    } all[] = {{"--config", options->config},
               {"--preset", options->preset},
               {"--cpu-time", options->cpu_time},
               {"--seed", options->seed}};
    size_t n = 0;

    for (size_t i = 0; i < sizeof(all) / sizeof(all[0]); i++) {
        if (!all[i].word)
            continue;
        words[n++] = all[i].option;
        words[n++] = all[i].word;
    }
    for (size_t i = 0; i < options->n_sets; i++) {
        words[n++] = "--set";
        words[n++] = options->sets[i];
    }
    return n;
}

int cli_replay(int argc, char **argv)
{
    static const char doc[] =
        "Replays a stream of records against simulated IOMMUs with device traffic in flight: is "
        "each operation hitless, is it safe, what does it cost? INPUT is what iommusim import "
        "takes; - is standard input.\v"
        "Examples:\n"
        "  iommusim replay trace.dat\n"
        "  iommusim replay vm.iotr --preset zero --story 4\n"
        "  iommusim replay vm.iotr --set mem.latency_ns=460 --json > far.json\n\n"
        "Exit codes: 0 every operation is hitless (or all is as --expect says), 1 a verdict "
        "failed, 2 usage, 3 input refused, 4 inconclusive, 5 I/O error or a bug.";
    static const struct argp argp = {argp_options, parse_option, "INPUT", doc, NULL, NULL, NULL};
    struct replay_options *options = calloc(1, sizeof(*options));
    struct config *config = calloc(1, sizeof(*config));
    int code = CLI_USAGE;

    if (!options || !config) {
        cli_error("no memory");
        code = CLI_INTERNAL;
    } else if (argp_parse(&argp, argc, argv, 0, NULL, options) == 0) {
        code = CLI_OK;
        if (options->wants_list)
            config_list(stdout);
        else
            code = replay_options_config(options, config);
        if (code == CLI_OK && !options->wants_list)
            code = replay_command(options, options->input, config);
    }
    free(config);
    free(options);
    return code;
}
