/* SPDX-License-Identifier: BSD-2-Clause
 * replay.h - what the parts of iommusim replay share: the runs of one stream, and their result.
 * Knows: machines, reports. Must not know: options, formats of output.
 *
 * A stream runs up to four times. The cost run has the configured traffic alone. The verdict run
 * is the same with probes at every moment at which something may have changed. The told run is
 * the cost run again, watched closely for one operation: its story and its picture. For files of
 * viewers (view.h) the cost run comes a third time. */
#ifndef CLI_REPLAY_H
#define CLI_REPLAY_H

#include "check/chk_order.h"
#include "cli/cli.h"
#include "cli/config.h"
#include "cli/replay_machine.h"
#include "cli/replay_watch.h"

/**
 * struct replay_result - what the runs found; see replay_run.
 * @costs:    report of the cost run: figures of time.
 * @verdicts: report of the verdict run: classes, probes; that of the cost run if @has_probes is
 *            false. Both have the same operations.
 * @rules:    protocol rules that the stream breaks.
 * @damage:   warning about the input, empty if it is whole.
 */
struct replay_result {
    const char *input;
    const struct config *config;
    const struct rpl_scan *scan;
    const struct chk_report *costs;
    const struct chk_report *verdicts;
    const struct rpl_stats *cost_stats;
    const struct rpl_stats *stats;
    const struct chk_order_report *rules;
    bool has_probes;
    char damage[1024];
};

struct replay;

/** replay_new - @path is read again for each run, so it must not be a pipe; @input is its name for
 * people. All borrowed. Return: NULL without memory. */
struct replay *replay_new(const char *path, const char *input, const struct config *config);
void replay_free(struct replay *replay);

/**
 * replay_run - scan, cost run and, with @wants_probes, verdict run. Errors are reported.
 * Return: CLI_OK and @result, good until replay_free; or the exit code.
 */
int replay_run(struct replay *replay, bool wants_probes, struct replay_result *result);

/** replay_tell - the told run; after replay_run. Return: CLI_OK or the exit code. */
int replay_tell(struct replay *replay, struct watch *watch);

/** replay_again - the cost run once more, with @observer, who gets all kinds of facts; after
 * replay_run. Return: CLI_OK or the exit code. */
int replay_again(struct replay *replay, const char *what, const struct sim_observer *observer);

/** replay_worst - index of the operation that a person should look at first: the worst verdict,
 * a failed replace before others, then the first. n_ops if there is none. */
size_t replay_worst(const struct replay_result *result);

/** replay_verdict - "HITLESS", "BREAKS", ...; "INCONCLUSIVE" if nothing worse was proven. */
const char *replay_verdict(const struct chk_op *op);

/** replay_is_inconclusive - is something missing, for one operation or for all? */
bool replay_is_inconclusive(const struct replay_result *result);

/** replay_exit_code - 0, 1 or 4. */
int replay_exit_code(const struct replay_result *result);

/** replay_is_map - is it a map or an unmap, of which there are many? */
bool replay_is_map(const struct chk_op *op);

/** replay_dma_result - "old", "REFUSED", ... */
const char *replay_dma_result(enum chk_result result);

/** replay_cpu_source - whether cpu figures come from a model or are an upper bound. */
const char *replay_cpu_source(const struct config *config);

/* ---- The options of iommusim replay, which other commands take as well (cmd_replay.c) -----------
 */

#define REPLAY_MAX_SETS 128u
#define REPLAY_MAX_WORDS (2 * REPLAY_MAX_SETS + 8)

struct replay_options;
struct argp;
extern const struct argp replay_argp; /* a child of theirs; its input is a struct replay_options */

/** replay_options_new - @name: what people know the stream as, if it is no argument. */
struct replay_options *replay_options_new(const char *name);
void replay_options_name(struct replay_options *options, const char *name);
void replay_options_free(struct replay_options *options);

/** replay_options_program - what ran, for function, file and line of each store, unless --vmlinux
 * names another one. If it cannot be read there are no lines, and no error. */
void replay_options_program(struct replay_options *options, const char *path);

/** replay_options_profile - settings on top of preset and file, below those of --set. Borrowed. */
void replay_options_profile(struct replay_options *options, const char *const *sets, size_t n_sets);

/** replay_options_preset, replay_options_sets - as they were given; NULL: none. */
const char *replay_options_preset(const struct replay_options *options);
const char *const *replay_options_sets(const struct replay_options *options, size_t *n_sets);

/** replay_options_json - is JSON wanted? */
bool replay_options_json(const struct replay_options *options);

/** replay_options_list - is the list of settings all that is wanted? */
bool replay_options_list(const struct replay_options *options);

/** replay_options_words - the options that say what the machine is, as words of a command line;
 * room for REPLAY_MAX_WORDS. Return: how many. */
size_t replay_options_words(const struct replay_options *options, const char **words);

/** replay_options_output - the name of an option that asks for output or a comparison, NULL if
 * there is none: for commands that print in their own way. */
const char *replay_options_output(const struct replay_options *options);

/** replay_options_story - which operation is told, n_ops for none. Return: CLI_OK or CLI_USAGE. */
int replay_options_story(const struct replay_options *options, const struct replay_result *result,
                         size_t *op);

/** replay_options_tells - is a story wanted at all? */
bool replay_options_tells(const struct replay_options *options);

/** replay_options_lines - source lines for a story, NULL if none are wanted. Return: CLI_OK or the
 * exit code. */
struct trc_lines;
int replay_options_lines(const struct replay_options *options, struct trc_lines **lines);

/** replay_options_probes - are probes wanted? */
bool replay_options_probes(const struct replay_options *options);

/** replay_options_config - the settings that they make. Return: CLI_OK or the exit code. */
int replay_options_config(const struct replay_options *options, struct config *config);

/** replay_command - all runs and all output for the stream @input. Return: the exit code. */
int replay_command(struct replay_options *options, const char *input, const struct config *config);

/* ---- Output ---------------------------------------------------------------------------------- */

/** replay_print - tables and notes, for people. */
void replay_print(const struct replay_result *result, bool shows_all_ops);

/** replay_print_story - what software did in operation @op, and what requests saw meanwhile. */
void replay_print_story(const struct replay_result *result, size_t op, const struct watch *watch,
                        FILE *out);

/** replay_tell_lines - the lines of the story of operations @first..@last, which @watch watched;
 * times in us since the first began. Return: 0 or SIM_ENOMEM. */
int replay_tell_lines(const struct replay_result *result, size_t first, size_t last,
                      const struct watch *watch, FILE *out);

/** replay_story_json - the same for machines, with all that a picture of it needs, and the latency
 * of the whole run: member "story". Return: NULL without memory. */
json_t *replay_story_json(const struct replay_result *result, size_t first, size_t last,
                          const struct watch *watch);

/** replay_answer_ends - until when what requests saw in stretch @index holds: the first answer of
 * its row that differs. Return: false if a stretch before says it, too. */
bool replay_answer_ends(const struct chk_op *op, size_t index, uint64_t *end_ps);

/** replay_print_end - the last line: the verdict of the whole stream in words. */
void replay_print_end(const struct replay_result *result);

/** replay_json - the whole result (schema iommusim.replay/1). Return: NULL without memory. */
json_t *replay_json(const struct replay_result *result);

/** replay_csv - a header and a line per operation. */
void replay_csv(const struct replay_result *result, FILE *out);

#endif
