/* SPDX-License-Identifier: BSD-2-Clause
 * cmd_litmus.c - iommusim litmus: runs litmus tests and reports as KTAP or JSON. */
#include "cli/cli.h"
#include "cli/litmus.h"

#include <argp.h>
#include <errno.h>
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#define MAX_CHECKS 64u
#define DEFAULT_SEEDS 8u

enum { OPTION_JSON = 256, OPTION_SEEDS, OPTION_SET, OPTION_RECORDS };

struct options {
    char **files;
    int n_files;
    struct config config;
    uint64_t n_seeds;
    bool wants_json, wants_records;
};

enum verdict { PASSED, FAILED, SKIPPED };

/* One line of a file's report. */
struct check {
    char name[128];
    enum verdict verdict;
    uint32_t line; /* 0: no line of the file */
    char why[LITMUS_WHY_BYTES];
};

struct report {
    const char *path;
    char name[LITMUS_NAME_BYTES];
    char doc[256];
    enum verdict verdict;
    char skip[LITMUS_WHY_BYTES];
    struct check checks[MAX_CHECKS];
    uint32_t n_checks;
    uint64_t n_runs, n_answers;
};

/* ---- one file -------------------------------------------------------------------------------- */

static struct check *add_check(struct report *report)
{
    struct check *check = &report->checks[report->n_checks];

    if (report->n_checks + 1 < MAX_CHECKS) /* the last one takes the rest */
        report->n_checks++;
    memset(check, 0, sizeof(*check));
    return check;
}

static int run_group(const struct litmus *litmus, struct report *report,
                     struct litmus_variant variant, uint64_t n_seeds, bool *seen)
{
    static const char *const caches[] = {"off", "at their largest", "adversarial"};
    struct check *check = add_check(report);

    (void)snprintf(check->name, sizeof(check->name), "caches %s, waits %s", caches[variant.caches],
                   variant.is_slow ? "slow" : "immediate");
    for (variant.seed = 1; variant.seed <= n_seeds; variant.seed++) {
        struct litmus_run run = {.seen = seen};
        const int err = litmus_run(litmus, &variant, &run);

        if (err)
            return err;
        report->n_runs++;
        report->n_answers += run.n_answers;
        if (!run.has_failed)
            continue;
        check->verdict = FAILED;
        check->line = run.line;
        (void)snprintf(check->why, sizeof(check->why), "%.480s (seed %" PRIu64 ")", run.why,
                       variant.seed);
        return 0;
    }
    return 0;
}

static int run_all(const struct litmus *litmus, struct report *report, uint64_t n_seeds, bool *seen)
{
    int err = 0;

    for (unsigned caches = LITMUS_CACHES_OFF; caches <= LITMUS_CACHES_ADVERSARIAL && !err;
         caches++) {
        const bool is_random = caches == LITMUS_CACHES_ADVERSARIAL;
        const struct litmus_variant immediate = {(enum litmus_caches)caches, false, 0};
        const struct litmus_variant slow = {(enum litmus_caches)caches, true, 0};

        err = run_group(litmus, report, immediate, is_random ? n_seeds : 1, seen);
        if (!err)
            err = run_group(litmus, report, slow, n_seeds, seen);
    }
    return err;
}

static void judge_seen(const struct litmus *litmus, const struct litmus_act *act, bool is_seen,
                       struct report *report)
{
    struct check *check = add_check(report);
    char outcome[64];

    litmus_outcome_text(litmus->arch, &act->seen.outcome, outcome, sizeof(outcome));
    (void)snprintf(check->name, sizeof(check->name), "line %" PRIu32 ": seen %s", act->line,
                   outcome);
    check->line = act->line;
    check->verdict = is_seen ? PASSED : FAILED;
    if (!is_seen)
        (void)snprintf(check->why, sizeof(check->why), "no run had this answer");
}

static void judge_ask(const struct litmus *litmus, const struct litmus_explored *explored,
                      const struct litmus_act *act, struct report *report)
{
    static const char *const parts[] = {"class", "entry", "tlb"};
    struct check *check = add_check(report);
    enum litmus_answer answer;
    size_t n = (size_t)snprintf(check->name, sizeof(check->name), "line %" PRIu32 ": %s", act->line,
                                act->kind == LITMUS_ACT_CLASS    ? parts[act->classes.part]
                                : act->kind == LITMUS_ACT_EXISTS ? "exists "
                                                                 : "forall ");

    if (act->kind == LITMUS_ACT_CLASS) {
        for (uint32_t i = 0; i < act->classes.n && n < sizeof(check->name); i++)
            n += (size_t)snprintf(check->name + n, sizeof(check->name) - n, " %s",
                                  act->classes.name[i]);
    } else {
        litmus_outcomes_text(litmus->arch, &act->question.request, check->name + n,
                             sizeof(check->name) - n);
    }
    check->line = act->line;
    answer = litmus_ask(explored, act, check->why, sizeof(check->why));
    check->verdict = answer == LITMUS_YES ? PASSED : answer == LITMUS_NO ? FAILED : SKIPPED;
}

static void judge_count(const struct litmus_act *act, struct report *report)
{
    struct check *check = add_check(report);

    (void)snprintf(check->name, sizeof(check->name), "line %" PRIu32 ": %s*%" PRIu64, act->line,
                   act->count.name, act->count.wanted);
    check->line = act->line;
    if (act->count.is == act->count.wanted)
        return;
    check->verdict = FAILED;
    (void)snprintf(check->why, sizeof(check->why), "the operation has %" PRIu64, act->count.is);
}

static void judge(const struct litmus *litmus, struct report *report, const bool *seen)
{
    struct litmus_explored *explored = litmus_explore(litmus);

    for (size_t i = 0; i < litmus->n_acts; i++) {
        const struct litmus_act *act = &litmus->acts[i];

        if (act->kind == LITMUS_ACT_SEEN)
            judge_seen(litmus, act, seen[i], report);
        else if (act->kind == LITMUS_ACT_COUNT)
            judge_count(act, report);
        else if (act->kind == LITMUS_ACT_EXISTS || act->kind == LITMUS_ACT_FORALL ||
                 act->kind == LITMUS_ACT_CLASS)
            judge_ask(litmus, explored, act, report);
    }
    litmus_explored_free(explored);
    for (uint32_t i = 0; i < report->n_checks; i++) {
        if (report->checks[i].verdict == FAILED)
            report->verdict = FAILED;
    }
}

static int print_records(const struct litmus *litmus)
{
    char line[SIM_TEXT_MAX_RECORD_BYTES];

    (void)puts("iommusim-text/1 records");
    for (size_t i = 0; i < litmus->n_acts; i++) {
        size_t n_bytes;

        if (litmus->acts[i].kind != LITMUS_ACT_RECORD)
            continue;
        n_bytes = sim_text_print_record(&litmus->acts[i].rec, line);
        (void)fwrite(line, 1, n_bytes, stdout);
    }
    return CLI_OK;
}

static int no_memory(void)
{
    cli_error("no memory");
    return CLI_INTERNAL;
}

static int run_file(const struct options *options, const char *path, struct report *report)
{
    struct sim_diag diag;
    struct litmus *litmus = litmus_read(path, &options->config, &diag);
    bool *seen;
    int err = 0;

    memset(report, 0, sizeof(*report));
    report->path = path;
    if (!litmus)
        return cli_report(&diag, false);
    (void)snprintf(report->name, sizeof(report->name), "%s", litmus->name[0] ? litmus->name : path);
    (void)snprintf(report->doc, sizeof(report->doc), "%s", litmus->doc);
    (void)snprintf(report->skip, sizeof(report->skip), "%s", litmus->skip);
    if (litmus->skip[0]) {
        report->verdict = SKIPPED;
    } else if (options->wants_records) {
        (void)print_records(litmus);
    } else {
        seen = calloc(litmus->n_acts + 1, sizeof(*seen));
        err = seen ? run_all(litmus, report, options->n_seeds, seen) : SIM_ENOMEM;
        if (!err)
            judge(litmus, report, seen);
        free(seen);
    }
    litmus_free(litmus);
    if (err == SIM_EINVAL) {
        cli_error("%s: the settings of section smmu or vtd do not fit each other", path);
        return CLI_BAD_INPUT;
    }
    return err ? no_memory() : CLI_OK;
}

/* ---- KTAP ------------------------------------------------------------------------------------ */

static void print_check(const struct report *report, uint32_t number)
{
    const struct check *check = &report->checks[number];

    if (check->verdict == FAILED)
        (void)printf("    # %s:%" PRIu32 ": %s\n", report->path, check->line, check->why);
    (void)printf("    %s %" PRIu32 " - %s", check->verdict == FAILED ? "not ok" : "ok", number + 1,
                 check->name);
    if (check->verdict == SKIPPED)
        (void)printf(" # SKIP %s", check->why);
    (void)putchar('\n');
}

static void print_report(const struct report *report, int number)
{
    if (report->verdict != SKIPPED) {
        (void)printf("    KTAP version 1\n    # Subtest: %s\n    1..%" PRIu32 "\n", report->name,
                     report->n_checks);
        for (uint32_t i = 0; i < report->n_checks; i++)
            print_check(report, i);
    }
    (void)printf("%s %d - %s", report->verdict == FAILED ? "not ok" : "ok", number, report->name);
    if (report->verdict == SKIPPED)
        (void)printf(" # SKIP %s", report->skip);
    (void)putchar('\n');
}

/* ---- JSON ------------------------------------------------------------------------------------ */

static const char *verdict_word(enum verdict verdict)
{
    return verdict == PASSED ? "pass" : verdict == FAILED ? "fail" : "skip";
}

static json_t *json_check(const struct check *check)
{
    json_t *json =
        json_pack("{s:s, s:s}", "name", check->name, "verdict", verdict_word(check->verdict));

    if (json && check->line)
        (void)json_object_set_new(json, "line", json_integer((json_int_t)check->line));
    if (json && check->why[0])
        (void)json_object_set_new(json, "why", json_string(check->why));
    return json;
}

static json_t *json_report(const struct report *report)
{
    json_t *checks = json_array();
    json_t *json;

    for (uint32_t i = 0; i < report->n_checks; i++)
        (void)json_array_append_new(checks, json_check(&report->checks[i]));
    json = json_pack("{s:s, s:s, s:s, s:s, s:I, s:I, s:o}", "file", report->path, "test",
                     report->name, "doc", report->doc, "verdict", verdict_word(report->verdict),
                     "runs", (json_int_t)report->n_runs, "answers", (json_int_t)report->n_answers,
                     "checks", checks);
    if (json && report->verdict == SKIPPED)
        (void)json_object_set_new(json, "why", json_string(report->skip));
    return json;
}

/* ---- all files ------------------------------------------------------------------------------- */

struct totals {
    uint64_t n[3], n_errors;
    int worst;
    json_t *files;
};

static int run_files(const struct options *options, struct totals *totals)
{
    struct report *report = malloc(sizeof(*report));

    if (!report)
        return no_memory();
    for (int i = 0; i < options->n_files; i++) {
        const int code = run_file(options, options->files[i], report);

        if (code) {
            totals->worst = code > totals->worst ? code : totals->worst;
            totals->n_errors++;
            if (!options->wants_json && !options->wants_records)
                (void)printf("not ok %d - %s\n", i + 1, options->files[i]);
            continue;
        }
        totals->n[report->verdict]++;
        if (report->verdict == FAILED && totals->worst < CLI_VERDICT)
            totals->worst = CLI_VERDICT;
        if (options->wants_json)
            (void)json_array_append_new(totals->files, json_report(report));
        else if (!options->wants_records)
            print_report(report, i + 1);
    }
    free(report);
    return CLI_OK;
}

static int run(const struct options *options)
{
    struct totals totals = {.files = json_array()};
    int code;

    if (!options->wants_json && !options->wants_records)
        (void)printf("KTAP version 1\n1..%d\n", options->n_files);
    code = run_files(options, &totals);
    if (code || options->wants_records || !options->wants_json) {
        json_decref(totals.files);
        if (!code && !options->wants_records)
            (void)printf("# Totals: pass:%" PRIu64 " fail:%" PRIu64 " xfail:0 xpass:0 skip:%" PRIu64
                         " error:%" PRIu64 "\n",
                         totals.n[PASSED], totals.n[FAILED], totals.n[SKIPPED], totals.n_errors);
        return code ? code : totals.worst;
    }
    code = cli_json(json_pack("{s:s, s:I, s:I, s:I, s:o}", "schema", "iommusim.litmus/1", "passed",
                              (json_int_t)totals.n[PASSED], "failed", (json_int_t)totals.n[FAILED],
                              "skipped", (json_int_t)totals.n[SKIPPED], "files", totals.files));
    return code ? code : totals.worst;
}

/* ---- command line ---------------------------------------------------------------------------- */

static error_t parse_option(int key, char *arg, struct argp_state *state)
{
    struct options *options = state->input;
    struct sim_diag diag;

    switch (key) {
    case OPTION_JSON:
        options->wants_json = true;
        return 0;
    case OPTION_RECORDS:
        options->wants_records = true;
        return 0;
    case OPTION_SEEDS:
        if (!cli_number(arg, &options->n_seeds) || !options->n_seeds || options->n_seeds > 1000000)
            argp_error(state, "--seeds takes a number from 1 to 1000000, not '%s'", arg);
        return 0;
    case OPTION_SET:
        sim_diag_init(&diag, "--set");
        if (config_set(&options->config, arg, &diag))
            argp_error(state, "--set %s: %s", arg, diag.text);
        return 0;
    case ARGP_KEY_ARGS:
        options->files = state->argv + state->next;
        options->n_files = state->argc - state->next;
        return 0;
    case ARGP_KEY_NO_ARGS:
        argp_error(state, "a file is missing");
        return EINVAL;
    default:
        return ARGP_ERR_UNKNOWN;
    }
}

int cli_litmus(int argc, char **argv)
{
    static const struct argp_option argp_options[] = {
        {"json", OPTION_JSON, NULL, 0, "as JSON (schema iommusim.litmus/1)", 0},
        {"seeds", OPTION_SEEDS, "N", 0, "runs of each kind of hardware that has random in it (8)",
         0},
        {"set", OPTION_SET, "PATH=VALUE", 0,
         "a setting of the hardware, as iommusim replay takes it; SMMU_IDR0=... too", 0},
        {"records", OPTION_RECORDS, NULL, 0,
         "do not run: print what software does as records (.iotr.txt)", 0},
        {NULL, 0, NULL, 0, NULL, 0}};
    static const char doc[] =
        "Runs litmus tests: what software does to an IOMMU's tables, and which answers a device "
        "may get. Each test runs with caches off, at their largest and adversarial, with waits "
        "immediate and slow; an answer that the test does not permit fails it. The report is "
        "KTAP.\v"
        "Examples:\n"
        "  iommusim litmus tests/litmus/*.litmus\n"
        "  iommusim litmus --seeds 100 my.litmus\n"
        "  iommusim litmus --records my.litmus > my.iotr.txt\n\n"
        "Exit code 1 if a test failed, 3 if a file breaks the language. A test that needs what "
        "the hardware has not is skipped. The language: docs/litmus.md.";
    static const struct argp argp = {argp_options, parse_option, "FILE...", doc, NULL, NULL, NULL};
    struct options options = {.n_seeds = DEFAULT_SEEDS};

    config_default(&options.config);
    if (argp_parse(&argp, argc, argv, 0, NULL, &options))
        return CLI_USAGE;
    return run(&options);
}
