/* SPDX-License-Identifier: BSD-2-Clause
 * report.h - results as one page of HTML: what its parts share.
 * Knows: results in one form, HTML. Must not know: models, how runs are made. */
#ifndef CLI_REPORT_REPORT_H
#define CLI_REPORT_REPORT_H

#include "cli/compare.h"
#include "cli/report/html.h"

#ifdef __cplusplus
extern "C" {
#endif

#define REPORT_N_PICTURES 2u

/** struct report_picture - a picture that gnuplot drew. @svg: owned, NULL if there is none. */
struct report_picture {
    char *svg;
    const char *title, *words; /* for who cannot see it */
};

/**
 * struct report_side - one result, and what only a run of the stream can tell.
 * @command:  the command line that makes the result again; owned, NULL: not known.
 * @story:    of operation @story_op (from 1); owned, NULL: not told.
 */
struct report_side {
    struct result result;
    char *command;
    char *story;
    size_t story_op;
    struct report_picture pictures[REPORT_N_PICTURES];
};

void report_side_free(struct report_side *side);

/** report_page - the page of one result, or of two and their comparison. @comparison: NULL for
 * one; @command: how the page itself is made again. */
void report_page(FILE *out, const struct report_side *sides, const json_t *comparison);

/* ---- Its parts ------------------------------------------------------------------------------- */

/** report_headline - the verdict of a result in plain words. */
void report_headline(const struct result *result, char *text, size_t n_bytes);

/** report_tally - "3 BREAKS, 9 HITLESS", by the first verdict of each. */
void report_tally(const json_t *ops, char *text, size_t n_bytes);

/** report_verdict - a cell's content: the word on its colour. */
void report_verdict(FILE *out, const char *word, bool is_inconclusive);

/** report_worst - the worst verdict of a result's operations, "" without any. */
const char *report_worst(const struct result *result);

/** report_operations - the table of operations, and bars of their costs. */
void report_operations(FILE *out, const struct report_side *side, const char *id);

/** report_rules - protocol rules that were broken. */
void report_rules(FILE *out, const struct result *result, const char *id);

/** report_story - one operation told, with its pictures. */
void report_story(FILE *out, const struct report_side *side, const char *id);

/** report_found - what the explorer found, operation by operation. */
void report_found(FILE *out, const struct result *result, const char *id);

/** report_origin - how a result was obtained. */
void report_origin(FILE *out, const struct report_side *side, const char *id);

/** report_changes - what differs between two results. */
void report_changes(FILE *out, const json_t *comparison);

/** report_transition - one transition: judgements, costs, halves. */
void report_transition(FILE *out, const struct result *result, const char *id);

/** report_sweep - tables of verdicts of a sweep. */
void report_sweep(FILE *out, const struct result *result, const char *id);

/** report_picture - one picture; @id: a name for its parts, one of a kind in the page. */
void report_picture(FILE *out, const struct report_picture *picture, const char *id);

/* The style, made from cli/report/report.css by CMake. */
extern const char plot_report_css[];

#ifdef __cplusplus
}
#endif
#endif
