/* SPDX-License-Identifier: BSD-2-Clause
 * cmd_compare.c - iommusim compare: what changed between two results. */
#include "cli/cli.h"
#include "cli/compare.h"

#include <argp.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

enum option_key {
    OPTION_TOLERANCE = 256,
    OPTION_ALL,
    OPTION_JSON,
};

struct options {
    const char *input[2];
    size_t n_inputs;
    double tolerance; /* negative: costs are not judged */
    bool wants_all, wants_json;
};

static error_t parse_tolerance(struct options *options, const char *arg, struct argp_state *state)
{
    char *end = NULL;

    options->tolerance = strtod(arg, &end);
    if (end == arg || *end != '\0' || !isfinite(options->tolerance) || options->tolerance < 0)
        argp_error(state, "--tolerance is a number of per cent from 0, not '%s'", arg);
    return 0;
}

static error_t parse_option(int key, char *arg, struct argp_state *state)
{
    struct options *options = state->input;

    switch (key) {
    case OPTION_TOLERANCE:
        return parse_tolerance(options, arg, state);
    case OPTION_ALL:
        options->wants_all = true;
        return 0;
    case OPTION_JSON:
        options->wants_json = true;
        return 0;
    case ARGP_KEY_ARG:
        if (options->n_inputs == 2)
            argp_error(state, "two results are compared; '%s' is one too many", arg);
        else
            options->input[options->n_inputs++] = arg;
        return 0;
    case ARGP_KEY_END:
        if (options->n_inputs < 2)
            argp_error(state, "two files of results are needed");
        return 0;
    default:
        return ARGP_ERR_UNKNOWN;
    }
}

static int read_result(struct result *result, const char *path)
{
    struct sim_diag diag;

    sim_diag_init(&diag, path);
    if (!result_read(result, path, &diag))
        return CLI_OK;
    (void)cli_report(&diag, false);
    return diag.error == SIM_EIO ? CLI_INTERNAL : CLI_BAD_INPUT;
}

static int compare(const struct options *options, const struct result *a, const struct result *b)
{
    json_t *comparison;
    int code;

    if (!result_can_compare(a) || !result_can_compare(b)) {
        const struct result *list = result_can_compare(a) ? b : a;

        cli_error("%s is %s, without verdicts and costs to compare; iommusim report shows it",
                  list->path, result_schema(list->kind));
        return CLI_BAD_INPUT;
    }
    if (a->kind != b->kind) {
        cli_error("%s is %s, %s is %s: only results of one kind can be compared", a->path,
                  result_schema(a->kind), b->path, result_schema(b->kind));
        return CLI_BAD_INPUT;
    }
    comparison = compare_results(a, b, options->tolerance);
    if (!comparison) {
        cli_error("no memory");
        return CLI_INTERNAL;
    }
    code = compare_exit_code(comparison);
    if (options->wants_json) {
        const int written = cli_json(comparison); /* frees it */

        return written ? written : code;
    }
    compare_print(comparison, options->wants_all, stdout);
    json_decref(comparison);
    return code;
}

int cli_compare(int argc, char **argv)
{
    static const struct argp_option argp_options[] = {
        {"tolerance", OPTION_TOLERANCE, "PERCENT", 0,
         "leave out costs that differ by no more; one that grows by more counts as worse", 0},
        {"all", OPTION_ALL, NULL, 0, "list operations with the same verdict, too", 0},
        {"json", OPTION_JSON, NULL, 0, "JSON, schema iommusim.compare/1", 0},
        {NULL, 0, NULL, 0, NULL, 0}};
    static const char doc[] =
        "What changed between two results of iommusim: files that replay, run, linux or explore "
        "wrote with --json, or tables of sweep. Operations are paired by kind, device, PASID and "
        "order. Verdicts come first, then costs with difference and ratio."
        "\v"
        "Examples:\n"
        "  iommusim compare before.json after.json\n"
        "  iommusim compare linux.json best.json --tolerance 5\n"
        "\n"
        "Exit codes: 0 the same, better, or only other costs; 1 a verdict, a result or a rule is "
        "worse, or a cost beyond --tolerance; 2 usage, 3 not two results of one kind, 4 less is "
        "known than before, or the operations are not the same, 5 I/O error.";
    static const struct argp argp = {argp_options, parse_option, "A B", doc, NULL, NULL, NULL};
    struct options options = {.tolerance = -1};
    struct result results[2];
    size_t n = 0;
    int code = CLI_OK;

    if (argp_parse(&argp, argc, argv, 0, NULL, &options) != 0)
        return CLI_USAGE;
    while (n < 2 && code == CLI_OK) {
        code = read_result(&results[n], options.input[n]);
        n += code == CLI_OK;
    }
    if (code == CLI_OK)
        code = compare(&options, &results[0], &results[1]);
    while (n-- > 0)
        result_free(&results[n]);
    return code;
}
