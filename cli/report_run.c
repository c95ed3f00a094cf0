/* SPDX-License-Identifier: BSD-2-Clause
 * report_run.c - replays a stream for a page: its result, with a story. */
#include "cli/report_run.h"

#include "cli/lines.h"

#include <stdlib.h>
#include <string.h>

/** struct run - a replay on its way into a page. */
struct run {
    const struct replay_options *options;
    struct replay *replay;
    struct replay_result result;
    struct report_side *side;
};

/* ---- Story ---------------------------------------------------------------------------------- */

static int tell(const struct run *run, size_t op, struct watch *watch)
{
    int code = replay_tell(run->replay, watch);
    json_t *story = code == CLI_OK ? replay_story_json(&run->result, op, op, watch) : NULL;

    if (code != CLI_OK)
        return code;
    if (story && json_object_set_new(run->side->result.json, "story", story) == 0)
        return CLI_OK;
    cli_error("no memory");
    return CLI_INTERNAL;
}

static int look_closely(const struct run *run)
{
    const struct chk_report *verdicts = run->result.verdicts;
    struct trc_lines *lines = NULL;
    struct watch *watch;
    size_t op;
    int code = replay_options_story(run->options, &run->result, &op);
    int closed;

    if (code != CLI_OK || op >= verdicts->n_ops)
        return code;
    code = replay_options_lines(run->options, &lines);
    if (code != CLI_OK)
        return code;
    watch = watch_new(verdicts->ops[op].begin_seq, verdicts->ops[op].end_seq, true);
    if (watch) {
        watch_lines(watch, lines);
        code = tell(run, op, watch);
    } else {
        cli_error("no memory");
        code = CLI_INTERNAL;
    }
    watch_free(watch);
    closed = lines_close(lines);
    return code ? code : closed;
}

/* ---- Result --------------------------------------------------------------------------------- */

/* A word as a shell takes it: quoted where it must be. */
static void put_word(FILE *out, const char *word)
{
    static const char plain[] = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789"
                                "-_./=:,+%@";

    if (*word && word[strspn(word, plain)] == '\0') {
        (void)fprintf(out, " %s", word);
        return;
    }
    (void)fputs(" '", out);
    for (; *word; word++)
        (void)fputs(*word == '\'' ? "'\\''" : (char[]){*word, '\0'}, out);
    (void)fputc('\'', out);
}

static char *make_command(const struct replay_options *options, const char *input)
{
    const char *words[REPLAY_MAX_WORDS];
    const size_t n_words = replay_options_words(options, words);
    char *text = NULL;
    size_t n_bytes = 0;
    FILE *out = open_memstream(&text, &n_bytes);

    if (!out)
        return NULL;
    (void)fputs("iommusim replay", out);
    put_word(out, input);
    for (size_t i = 0; i < n_words; i++)
        put_word(out, words[i]);
    (void)fputs(replay_options_probes(options) ? " --json" : " --no-probes --json", out);
    (void)fclose(out);
    return text;
}

static int take_result(const struct run *run, const char *input)
{
    json_t *json = replay_json(&run->result);
    struct sim_diag diag;

    sim_diag_init(&diag, input);
    if (!json) {
        cli_error("no memory");
        return CLI_INTERNAL;
    }
    return result_take(&run->side->result, input, json, &diag) ? cli_report(&diag, false) : CLI_OK;
}

int report_run(const struct replay_options *options, const struct config *config, const char *path,
               const char *input, struct report_side *side)
{
    struct run run = {.options = options, .replay = replay_new(path, input, config), .side = side};
    int code;

    if (!run.replay) {
        cli_error("no memory");
        return CLI_INTERNAL;
    }
    code = replay_run(run.replay, replay_options_probes(options), &run.result);
    if (code == CLI_OK)
        code = take_result(&run, input);
    if (code == CLI_OK)
        code = look_closely(&run);
    side->command = make_command(options, input);
    replay_free(run.replay);
    return code;
}
