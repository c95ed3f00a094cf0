/* SPDX-License-Identifier: BSD-2-Clause
 * text.h - statements of iommusim-text/1: what records, litmus tests and scenarios share.
 * Knows: lines, verbs, arguments. Must not know: what a verb does. Grammar: docs/text-language.md.
 *
 * A file starts with "iommusim-text/1 records" (or litmus, or scenario). Then one statement a
 * line:  [@time[/cpu]] verb argument... [-> result... [| result...]]  */
#ifndef SIM_TEXT_H
#define SIM_TEXT_H

#include "sim/lex.h"
#include "sim/record.h"

#include <stdio.h>

#ifdef __cplusplus
extern "C" {
#endif

#define SIM_TEXT_VERSION "iommusim-text/1"
#define SIM_TEXT_MAX_ARGS 64u
#define SIM_TEXT_MAX_RESULTS 32u

enum sim_text_kind { SIM_TEXT_RECORDS, SIM_TEXT_LITMUS, SIM_TEXT_SCENARIO, SIM_N_TEXT_KINDS };

/** struct sim_arg - one argument: value, key=value, key=value,value or word*count. Values are
 * tokens first..first+2*(n_values-1) of the lexer's line (commas lie between them). */
struct sim_arg {
    const struct sim_token *key;   /* NULL: positional */
    const struct sim_token *value; /* the first value */
    uint32_t n_values;
    uint64_t count;      /* of word*count; 1 otherwise */
    bool is_alternative; /* of a result: a '|' stands before it */
};

/** struct sim_stmt - one statement, good until the next line. */
struct sim_stmt {
    uint32_t line;
    bool has_time;
    uint64_t time_ns; /* absolute, already added up */
    uint16_t cpu;
    const struct sim_token *verb;
    uint32_t n_args;
    struct sim_arg args[SIM_TEXT_MAX_ARGS];
    bool has_result;
    uint32_t n_results;
    struct sim_arg results[SIM_TEXT_MAX_RESULTS];
};

struct sim_text;

/**
 * sim_text_open - start reading.
 * @file: borrowed until close; read to its end, never seeked.
 * @diag: borrowed until close; gets the first error.
 * Return: NULL without memory.
 */
struct sim_text *sim_text_open(FILE *file, struct sim_diag *diag);
void sim_text_close(struct sim_text *text);

/** sim_text_header - read the first line. Return: 0 or SIM_EFORMAT. */
int sim_text_header(struct sim_text *text, enum sim_text_kind *kind);

/**
 * sim_text_next - the next statement; comments, blank lines and "let" are done inside.
 * Return: 1 with @stmt filled, 0 at the end, or SIM_E... with the place in diag.
 */
int sim_text_next(struct sim_text *text, struct sim_stmt *stmt);

/** sim_text_fail - an error at a token of the current line. Return: SIM_EFORMAT. */
int sim_text_fail(const struct sim_text *text, const struct sim_token *at, const char *fmt, ...)
    __attribute__((format(printf, 3, 4)));

/** sim_token_is - is the token this word? */
bool sim_token_is(const struct sim_token *token, const char *word);

/**
 * sim_text_check - does the statement follow its verb's signature (text_verbs.def)?
 * For records, and for record verbs in a litmus test, sim_text_record says so instead.
 * Return: 0 or SIM_EFORMAT.
 */
int sim_text_check(const struct sim_text *text, enum sim_text_kind kind,
                   const struct sim_stmt *stmt);

/** sim_text_is_verb - has text_verbs.def the verb for files of that kind? In a litmus test it goes
 * before a record verb of the same name. */
bool sim_text_is_verb(enum sim_text_kind kind, const struct sim_stmt *stmt);

/** sim_text_is_record - is the verb one of record.def? */
bool sim_text_is_record(const struct sim_stmt *stmt);

/** sim_text_record - statement to record. Strings point into the statement's line. Return: 0 or
 * SIM_EFORMAT. */
int sim_text_record(const struct sim_text *text, const struct sim_stmt *stmt,
                    struct sim_record *rec);

#define SIM_TEXT_MAX_RECORD_BYTES 8400u /* longest line that sim_text_print_record makes */

/** sim_text_print_record - record as one line with its '\n', no terminating 0.
 * @line: at least SIM_TEXT_MAX_RECORD_BYTES. Return: bytes written. */
size_t sim_text_print_record(const struct sim_record *rec, char *line);

#ifdef __cplusplus
}
#endif
#endif
