/* SPDX-License-Identifier: BSD-2-Clause
 * report_run.c - replays a stream for a page: its result, a story, pictures. */
#include "cli/report_run.h"

#include "cli/lines.h"
#include "cli/replay_plot.h"

#include <dirent.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define PATH_BYTES 4096u

/** struct run - a replay on its way into a page. */
struct run {
    const struct replay_options *options;
    struct replay *replay;
    struct replay_result result;
    struct report_side *side;
};

/* ---- Pictures ------------------------------------------------------------------------------- */

/* The whole file; NULL if it cannot be read. */
static char *read_whole(const char *path)
{
    FILE *file = fopen(path, "re");
    char *text = NULL;
    size_t n = 0;

    if (!file)
        return NULL;
    if (getdelim(&text, &n, '\0', file) < 0) {
        free(text);
        text = NULL;
    }
    (void)fclose(file);
    return text;
}

static void read_picture(const char *folder, const char *name, struct report_picture *picture)
{
    char path[PATH_BYTES];

    if (snprintf(path, sizeof(path), "%s/%s.svg", folder, name) < (int)sizeof(path))
        picture->svg = read_whole(path);
}

static void remove_folder(const char *folder)
{
    DIR *dir = opendir(folder);
    struct dirent *entry;

    while (dir && (entry = readdir(dir)) != NULL)
        (void)unlinkat(dirfd(dir), entry->d_name, 0); /* "." and ".." refuse it */
    if (dir)
        (void)closedir(dir);
    (void)rmdir(folder);
}

static int draw(const struct run *run, const struct watch *watch)
{
    const char *wanted = getenv("TMPDIR");
    char folder[PATH_BYTES];
    int code;

    (void)snprintf(folder, sizeof(folder), "%s/iommusim.XXXXXX",
                   wanted && *wanted ? wanted : P_tmpdir);
    if (!mkdtemp(folder)) {
        cli_error("cannot make a temporary folder %s: %s", folder, strerror(errno));
        return CLI_INTERNAL;
    }
    code = replay_plot(&run->result, run->side->story_op - 1, watch, folder);
    run->side->pictures[0] = (struct report_picture){
        .title = "The operation on a line of time",
        .words = "From above: stores, commands, register writes and waits of software, then what "
                 "the device's requests and probes saw."};
    run->side->pictures[1] = (struct report_picture){
        .title = "Latency of requests",
        .words = "Latency of the device's requests over the whole run; operations are grey bands, "
                 "crosses are requests that were refused."};
    read_picture(folder, "operation", &run->side->pictures[0]);
    read_picture(folder, "latency", &run->side->pictures[1]);
    remove_folder(folder);
    return code;
}

/* ---- Story ---------------------------------------------------------------------------------- */

static int tell(const struct run *run, size_t op, const struct watch *watch)
{
    size_t n_bytes = 0;
    FILE *out = open_memstream(&run->side->story, &n_bytes);

    if (!out) {
        cli_error("no memory");
        return CLI_INTERNAL;
    }
    replay_print_story(&run->result, op, watch, out);
    return fclose(out) == 0 ? CLI_OK : CLI_INTERNAL;
}

static int tell_and_draw(const struct run *run, size_t op, struct watch *watch, int *drawn)
{
    int code = replay_tell(run->replay, watch);

    if (code == CLI_OK)
        code = tell(run, op, watch);
    run->side->story_op = op + 1;
    if (code == CLI_OK && draw(run, watch) != CLI_OK)
        *drawn = CLI_INTERNAL;
    return code;
}

static int look_closely(const struct run *run, int *drawn)
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
        code = tell_and_draw(run, op, watch, drawn);
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
               const char *input, struct report_side *side, int *drawn)
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
        code = look_closely(&run, drawn);
    side->command = make_command(options, input);
    replay_free(run.replay);
    return code;
}
