/* SPDX-License-Identifier: BSD-2-Clause
 * replay_options.c - options of iommusim replay, which other commands take as well.
 * Knows: words, settings. Must not know: runs, output. */
#include "cli/replay_options.h"

#include <argp.h>
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
    OPTION_PERFETTO,
    OPTION_FST,
    OPTION_VCD,
    OPTION_EXPECT,
    OPTION_ALLOW,
    OPTION_NO_PROBES,
    OPTION_STORY,
    OPTION_ALL_OPS,
    OPTION_VMLINUX,
    OPTION_KASLR,
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

/* Standard output is the report's. */
static error_t parse_end(const struct replay_options *options, struct argp_state *state)
{
    const struct {
        const char *option, *path;
    } files[] = {{"--csv", options->csv},
                 {"--perfetto", options->views.perfetto},
                 {"--fst", options->views.fst},
                 {"--vcd", options->views.vcd}};

    if (!options->input && !options->wants_list)
        argp_error(state, "an input file is missing");
    for (size_t i = 0; i < sizeof(files) / sizeof(files[0]); i++) {
        if (files[i].path && strcmp(files[i].path, "-") == 0)
            argp_error(state, "%s needs the name of a file", files[i].option);
    }
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
    case OPTION_PERFETTO:
        return &options->views.perfetto;
    case OPTION_FST:
        return &options->views.fst;
    case OPTION_VCD:
        return &options->views.vcd;
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
    for (size_t i = 0; i < options->n_profile + options->n_sets; i++) {
        const char *set =
            i < options->n_profile ? options->profile[i] : options->sets[i - options->n_profile];

        if (config_set(config, set, &diag))
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
    {"perfetto", OPTION_PERFETTO, "FILE", 0,
     "the whole run on lines of time, for ui.perfetto.dev: operations with verdicts, what software "
     "and hardware did, requests",
     3},
    {"fst", OPTION_FST, "FILE", 0, "the run as signals, for GTKWave and its like", 3},
    {"vcd", OPTION_VCD, "FILE", 0, "the same as text, for every viewer of waveforms", 3},
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

void replay_options_profile(struct replay_options *options, const char *const *sets, size_t n_sets)
{
    options->profile = sets;
    options->n_profile = n_sets;
}

const char *replay_options_preset(const struct replay_options *options)
{
    return options->preset;
}

const char *const *replay_options_sets(const struct replay_options *options, size_t *n_sets)
{
    *n_sets = options->n_sets;
    return options->sets;
}

bool replay_options_json(const struct replay_options *options)
{
    return options->wants_json;
}

bool replay_options_tells(const struct replay_options *options)
{
    return options->story != STORY_NONE;
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
    if (options->views.perfetto)
        return "--perfetto";
    if (options->views.fst)
        return "--fst";
    if (options->views.vcd)
        return "--vcd";
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
