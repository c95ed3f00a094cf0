/* SPDX-License-Identifier: BSD-2-Clause
 * cli.h - what the commands share.
 * Knows: exit codes, terminals, JSON. Must not know: models. */
#ifndef CLI_H
#define CLI_H

#include "sim/diag.h"
#include "sim/outfile.h"
#include "sim/record.h"

#include <jansson.h>
#include <stdio.h>

enum cli_exit {
    CLI_OK = 0,           /* done, and every verdict as wanted */
    CLI_VERDICT = 1,      /* a verdict or a comparison failed */
    CLI_USAGE = 2,        /* wrong command line */
    CLI_BAD_INPUT = 3,    /* an input was refused */
    CLI_INCONCLUSIVE = 4, /* part of an input is missing or not modelled */
    CLI_INTERNAL = 5,     /* I/O error, or a bug of ours */
};

int cli_import(int argc, char **argv);
int cli_decode(int argc, char **argv);
int cli_check(int argc, char **argv);
int cli_show(int argc, char **argv);
int cli_diff(int argc, char **argv);
int cli_compare(int argc, char **argv);
int cli_report_page(int argc, char **argv);
int cli_replay(int argc, char **argv);
int cli_linux(int argc, char **argv);
int cli_litmus(int argc, char **argv);
int cli_explore(int argc, char **argv);
int cli_rules(int argc, char **argv);
int cli_run(int argc, char **argv);
int cli_sweep(int argc, char **argv);

/** cli_number - a whole word, decimal or 0x and hexadecimal, as the text language has it.
 * Return: false if @text is anything else, or has more than 64 bits. */
bool cli_number(const char *text, uint64_t *value);

/** cli_error - "iommusim: " and a sentence, on standard error. */
void cli_error(const char *fmt, ...) __attribute__((format(printf, 1, 2)));

/** cli_report - print @diag as error or warning. Return: the exit code that fits its error. */
int cli_report(const struct sim_diag *diag, bool is_warning);

/** cli_wrap - the words of @text, broken into lines of up to 100 columns, and a newline. @column:
 * how much of the first line is printed already; the others begin with @indent blanks. */
void cli_wrap(FILE *out, int column, int indent, const char *text);

/** cli_json - write @json and a newline to standard output, keys in their order; frees @json.
 * Return: CLI_OK or CLI_INTERNAL. */
int cli_json(json_t *json);

/** cli_json_hex - "0x1f" as a JSON string: JSON numbers lose the top bits of 64. */
json_t *cli_json_hex(uint64_t value);

/**
 * cli_temporary_file - a file without a name, in TMPDIR or the system's place for such files.
 * @path: by which it can be opened again, from its begin, as long as the result is open.
 * Return: NULL after a message.
 */
#define CLI_FD_PATH_BYTES 32u
FILE *cli_temporary_file(char *path);

/**
 * cli_keep_input - an input that can be read several times: @input itself if it is a file, or a
 * copy of it in a temporary file ("-": standard input).
 * @path: room for CLI_FD_PATH_BYTES. @kept: the copy, for the caller to close, or NULL.
 * Return: by which it can be opened; NULL after a message.
 */
const char *cli_keep_input(const char *input, char *path, FILE **kept);

/**
 * struct cli_progress - counts records on their way to a sink; says so on a terminal only.
 */
struct cli_progress {
    const struct sim_record_sink *sink;
    const char *what;
    uint64_t n_records;
    uint64_t next_ns; /* when to print again */
    bool is_terminal;
    bool has_printed;
};

/** cli_progress_start - records go on to @sink (borrowed). */
void cli_progress_start(struct cli_progress *progress, const char *what,
                        const struct sim_record_sink *sink);
/** cli_progress_put - put of a struct sim_record_sink. */
int cli_progress_put(void *progress, const struct sim_record *rec);
/** cli_progress_end - wipe the line. */
void cli_progress_end(struct cli_progress *progress);

#endif
