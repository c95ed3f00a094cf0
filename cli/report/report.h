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

/** struct report_side - one result. @command: the command line that makes it again; owned, NULL:
 * not known. */
struct report_side {
    struct result result;
    char *command;
};

void report_side_free(struct report_side *side);

/** report_page - the page of @n_sides results, one or two. @comparison: of two, and NULL if they
 * are lists. */
void report_page(FILE *out, const struct report_side *sides, size_t n_sides,
                 const json_t *comparison);

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

/** report_story - one operation told, with its pictures; or what there is of the worst one. */
void report_story(FILE *out, const struct result *result, const char *id);

/** report_number - the number @name of @object, 0 if there is none; never beyond 1e18. */
double report_number(const json_t *object, const char *name);

/** report_timeline - a story as a picture: software above, what requests saw below. */
void report_timeline(FILE *out, const json_t *story);

/** report_latency - of the whole run, with @ops as bands. */
void report_latency(FILE *out, const json_t *story, const json_t *ops);

/** report_phases - a table: latency before, during and after; @count: the member of a number. */
void report_phases(FILE *out, const json_t *latency, const char *count);

/** report_bars - two bars: waits and work of software, one behind the other, and below them how
 * long DMA was refused; @scale: thousandths of the width for a ns. */
void report_bars(FILE *out, double scale, const double ns[3]);

#define REPORT_MAX_ROWS 1000u

/** struct report_rows - rows of a table of operations that there is room for still: what is not
 * HITLESS goes first. */
struct report_rows {
    size_t bad, good, n_left_out;
};

void report_rows_start(struct report_rows *rows, const json_t *ops);

/** report_rows_take - has the row of @op room? Maps and unmaps that are HITLESS have no row. */
bool report_rows_take(struct report_rows *rows, const json_t *op);

/** report_rows_end - tells what was left out. */
void report_rows_end(FILE *out, const struct report_rows *rows);

/** report_key - an item of a legend: a square of the class, and words. */
void report_key(FILE *out, const char *class_name, const char *words);

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

/** report_sweep_may - the worst that permitted hardware may do at any point, if it is worse than
 * what was seen there; "" if nowhere. */
const char *report_sweep_may(const struct result *result);

/** report_list - a list of anything. */
void report_list(FILE *out, const struct result *result, const char *id);

/** report_list_headline - how many rows it has, and how many of each verdict. */
void report_list_headline(const struct result *result, char *text, size_t n_bytes);

/** report_lists_headline - in how many places two lists differ. */
void report_lists_headline(const struct result *a, const struct result *b, char *text,
                           size_t n_bytes);

/** report_list_changes - cells that differ between two lists, and rows that only one has. */
void report_list_changes(FILE *out, const struct result *a, const struct result *b);

/** report_list_alike - do both have the same columns? */
bool report_list_alike(const struct result *a, const struct result *b);

/* The style, made from cli/report/report.css by CMake. */
extern const char plot_report_css[];

#ifdef __cplusplus
}
#endif
#endif
