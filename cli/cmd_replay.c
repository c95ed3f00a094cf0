/* SPDX-License-Identifier: BSD-2-Clause
 * cmd_replay.c - iommusim replay: a stream of records against simulated hardware. */
#include "cli/cli.h"
#include "cli/expect.h"
#include "cli/lines.h"
#include "cli/replay.h"
#include "cli/replay_options.h"
#include "cli/replay_plot.h"
#include "cli/view.h"

#include <argp.h>
#include <errno.h>
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

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

/* Of one operation: as text, or for JSON. */
static int tell_op(const struct replay_options *options, const struct replay_result *result,
                   size_t index, const struct watch *watch, json_t **story)
{
    if (options->story == STORY_NONE)
        return CLI_OK;
    if (!options->wants_json) {
        replay_print_story(result, index, watch, stdout);
        return CLI_OK;
    }
    *story = replay_story_json(result, index, index, watch);
    if (*story)
        return CLI_OK;
    cli_error("no memory");
    return CLI_INTERNAL;
}

/* Story and pictures need one more run. */
static int tell_with(const struct replay_options *options, struct replay *replay,
                     const struct replay_result *result, size_t index, struct trc_lines *lines,
                     json_t **story)
{
    const bool has_op = index < result->verdicts->n_ops;
    const struct chk_op *op = has_op ? &result->verdicts->ops[index] : NULL;
    struct watch *watch = watch_new(op ? op->begin_seq : 1, op ? op->end_seq : 0,
                                    options->plots != NULL || options->wants_json);
    int code;

    if (!watch) {
        cli_error("no memory");
        return CLI_INTERNAL;
    }
    watch_lines(watch, lines);
    code = replay_tell(replay, watch);
    if (code == CLI_OK && has_op)
        code = tell_op(options, result, index, watch, story);
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
                const struct replay_result *result, size_t index, json_t **story)
{
    const bool has_op = index < result->verdicts->n_ops;
    struct trc_lines *lines;
    int closed;
    int code;

    if (!options->plots && (!has_op || options->story == STORY_NONE))
        return CLI_OK;
    code = replay_options_lines(options, &lines);
    if (code)
        return code;
    code = tell_with(options, replay, result, index, lines, story);
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

/* @story: borrowed, NULL for none. */
static int print(const struct replay_options *options, const struct replay_result *result,
                 const struct outcome *outcome, json_t *story)
{
    if (options->wants_json) {
        json_t *root = replay_json(result);

        if (story)
            (void)json_object_set(root, "story", story);
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
    json_t *story = NULL;
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
        told =
            tell(options, replay, result, op, &story); /* a picture that fails hides no verdict */
    if (code == CLI_OK && told == CLI_OK && view_wanted(&options->views))
        told = view_write(replay, result, &options->views);
    if (code == CLI_OK)
        code = print(options, result, expect ? &outcome : NULL, story);
    if (code == CLI_OK)
        code = told;
    free(outcome.text);
    json_decref(story);
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
    const struct argp argp = {
        replay_argp.options, replay_argp.parser, "INPUT", doc, NULL, NULL, NULL};
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
