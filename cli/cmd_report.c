/* SPDX-License-Identifier: BSD-2-Clause
 * cmd_report.c - iommusim report: one result, or two and what changed, as a page of HTML. */
#include "cli/cli.h"
#include "cli/replay.h"
#include "cli/report/report.h"
#include "cli/report_run.h"
#include "sim/outfile.h"

#include <argp.h>
#include <stdlib.h>
#include <string.h>

struct options {
    struct replay_options *replay;
    const char *input[2];
    size_t n_inputs;
    const char *out;
};

static error_t parse_end(const struct options *options, struct argp_state *state)
{
    const char *output = replay_options_output(options->replay);

    if (replay_options_list(options->replay))
        return 0;
    if (!options->n_inputs)
        argp_error(state, "a result or a trace is missing");
    else if (!options->out)
        argp_error(state, "-o FILE says where the page goes; - is standard output");
    else if (output)
        argp_error(state, "%s is of no use here: the page is the output", output);
    return 0;
}

static error_t parse_option(int key, char *arg, struct argp_state *state)
{
    struct options *options = state->input;

    switch (key) {
    case ARGP_KEY_INIT:
        state->child_inputs[0] = options->replay;
        return 0;
    case 'o':
        options->out = arg;
        return 0;
    case ARGP_KEY_ARG:
        if (options->n_inputs == 2)
            argp_error(state, "one or two inputs; '%s' is one too many", arg);
        else
            options->input[options->n_inputs++] = arg;
        return 0;
    case ARGP_KEY_END:
        return parse_end(options, state);
    default:
        return ARGP_ERR_UNKNOWN;
    }
}

static int read_file(struct result *result, const char *path, const char *name)
{
    struct sim_diag diag;

    sim_diag_init(&diag, name);
    if (!result_read(result, path, &diag)) {
        result->path = name;
        return CLI_OK;
    }
    (void)cli_report(&diag, false);
    return diag.error == SIM_EIO ? CLI_INTERNAL : CLI_BAD_INPUT;
}

static int read_side(const struct options *options, const struct config *config, const char *input,
                     struct report_side *side)
{
    const char *words[REPLAY_MAX_WORDS];
    char kept_path[CLI_FD_PATH_BYTES];
    FILE *kept = NULL;
    const char *path = cli_keep_input(input, kept_path, &kept);
    int code = CLI_INTERNAL;

    if (path && !result_is_file(path)) {
        code = report_run(options->replay, config, path, input, side);
    } else if (path && replay_options_words(options->replay, words)) {
        cli_error("%s is a result already: %s says nothing about it", input, words[0]);
        code = CLI_USAGE;
    } else if (path) {
        code = read_file(&side->result, path, input);
    }
    if (kept)
        (void)fclose(kept);
    return code;
}

static int write_page(const struct options *options, const struct report_side *sides,
                      const json_t *comparison)
{
    struct sim_diag diag;
    struct sim_outfile *out;

    sim_diag_init(&diag, options->out);
    out = sim_outfile_open(options->out, &diag);
    if (!out)
        return cli_report(&diag, false);
    report_page(sim_outfile_stream(out), sides, options->n_inputs, comparison);
    return sim_outfile_commit(out, &diag) ? cli_report(&diag, false) : CLI_OK;
}

static int write_both(const struct options *options, const struct report_side *sides)
{
    const struct result *a = &sides[0].result, *b = &sides[1].result;
    const bool is_list = a->kind == RESULT_LIST;
    json_t *comparison;
    int code;

    if (a->kind != b->kind || (is_list && !report_list_alike(a, b)) ||
        (!is_list && !result_can_compare(a))) {
        cli_error("%s is %s, %s is %s: only results of one kind can be compared%s",
                  options->input[0], result_schema(a->kind), options->input[1],
                  result_schema(b->kind), is_list ? ", and lists with the same columns" : "");
        return CLI_BAD_INPUT;
    }
    if (is_list)
        return write_page(options, sides, NULL);
    comparison = compare_results(&sides[0].result, &sides[1].result, -1);
    if (!comparison) {
        cli_error("no memory");
        return CLI_INTERNAL;
    }
    code = write_page(options, sides, comparison);
    json_decref(comparison);
    return code;
}

static int report(const struct options *options, const struct config *config)
{
    struct report_side sides[2] = {{.command = NULL}, {.command = NULL}};
    int code = CLI_OK;

    for (size_t i = 0; i < options->n_inputs && code == CLI_OK; i++)
        code = read_side(options, config, options->input[i], &sides[i]);
    if (code == CLI_OK)
        code =
            options->n_inputs == 2 ? write_both(options, sides) : write_page(options, sides, NULL);
    report_side_free(&sides[0]);
    report_side_free(&sides[1]);
    return code;
}

static int run(const struct options *options)
{
    struct config *config = calloc(1, sizeof(*config));
    int code = CLI_INTERNAL;

    if (!config)
        cli_error("no memory");
    else if (replay_options_list(options->replay))
        code = (config_list(stdout), CLI_OK);
    else
        code = replay_options_config(options->replay, config);
    if (code == CLI_OK && !replay_options_list(options->replay))
        code = report(options, config);
    free(config);
    return code;
}

int cli_report_page(int argc, char **argv)
{
    static const struct argp_option argp_options[] = {
        {NULL, 0, NULL, 0, "The page:", -1},
        {"output", 'o', "FILE", 0, "where it goes; - is standard output", -1},
        {NULL, 0, NULL, 0, NULL, 0}};
    static const char doc[] =
        "Makes one page of HTML, with all pictures in it: of a result (what replay, run, linux or "
        "explore wrote with --json, or the table of a sweep), of a trace or stream, which is "
        "replayed for it, or of two of them and what changed."
        "\v"
        "Examples:\n"
        "  iommusim report trace.dat -o page.html\n"
        "  iommusim report vm.iotr --preset mmu700 --story 6 -o page.html\n"
        "  iommusim report linux.json best.json -o compared.html\n\n"
        "Exit codes: 0 the page is written, whatever its verdict; 2 usage, 3 input refused, "
        "5 I/O error.";
    static const struct argp_child children[] = {{&replay_argp, 0, NULL, 0}, {NULL, 0, NULL, 0}};
    static const struct argp argp = {argp_options, parse_option, "INPUT [INPUT2]", doc, children,
                                     NULL,         NULL};
    struct options options = {.replay = replay_options_new("the input")};
    int code = CLI_USAGE;

    if (!options.replay) {
        cli_error("no memory");
        code = CLI_INTERNAL;
    } else if (argp_parse(&argp, argc, argv, 0, NULL, &options) == 0) {
        code = run(&options);
    }
    replay_options_free(options.replay);
    return code;
}
