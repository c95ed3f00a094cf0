/* SPDX-License-Identifier: BSD-2-Clause
 * result.h - files of results, and their operations in one form, whichever command made them.
 * Knows: the schemas of results. Must not know: how a result was computed, formats of output. */
#ifndef CLI_RESULT_H
#define CLI_RESULT_H

#include "sim/diag.h"

#include <jansson.h>
#include <stdbool.h>

#ifdef __cplusplus
extern "C" {
#endif

enum result_kind {
    RESULT_REPLAY,     /* iommusim.replay/1: replay, run, linux */
    RESULT_EXPLORE,    /* iommusim.explore/1 */
    RESULT_TRANSITION, /* iommusim.transition/1 */
    RESULT_SWEEP,      /* the table of iommusim sweep, or of make bench-transitions */
    RESULT_COMPARISON, /* iommusim.compare/1 */
    RESULT_LIST,       /* anything else that is a table: for pages only */
    RESULT_N_KINDS,
};

/**
 * struct result - one file.
 * @ops: operations in one form, owned: objects with
 *   op, device (may be empty), pasid (integer or null), number (from 1), ret (integer or null),
 *   detail (what a person tells equal operations apart by), verdicts (level: {word, inconclusive,
 *   why}), costs (name: number; the unit ends the name).
 * @list: only of a RESULT_LIST, owned: title, columns (names), n_keys (so many of them name a row),
 *   rows (lists of texts as long), details (names of long texts), texts (of each row, a list as
 *   long as details).
 */
struct result {
    enum result_kind kind;
    const char *path;
    json_t *json;
    json_t *ops;
    json_t *list;
};

/** result_can_compare - does it have verdicts or costs that compare_results knows? */
bool result_can_compare(const struct result *result);

/**
 * result_read - the result in @path.
 * Return: 0; SIM_EIO, SIM_EFORMAT or SIM_ENOMEM, and @diag says why: no result of a kind that is
 * known here, or one with a part missing. result_free only after 0.
 */
int result_read(struct result *result, const char *path, struct sim_diag *diag);

/** result_take - the same for JSON in memory; takes the reference @json. */
int result_take(struct result *result, const char *path, json_t *json, struct sim_diag *diag);
void result_free(struct result *result);

/** result_is_file - does @path begin like a result (a folder of a sweep is one), and not like a
 * stream of records? */
bool result_is_file(const char *path);

/** result_schema - "iommusim.replay/1". */
const char *result_schema(enum result_kind kind);

/** result_settings - name: word, of everything that says how a result was made; a new object. */
json_t *result_settings(const struct result *result);

/** result_rules - protocol rules that were broken: name: how often; borrowed, NULL for none. */
json_t *result_rules(const struct result *result);

/** result_input - what was replayed, explored or run, "" if the file does not say. */
const char *result_input(const struct result *result);

/* ---- Words of verdicts ----------------------------------------------------------------------- */

/** result_rank - severity of a class, from 0 for HITLESS; INCONCLUSIVE has nothing proven: 0.
 * Return: -1 for a word that is none. */
int result_rank(const char *word);

/** result_meaning - the class in a line, for a person. Return: NULL for a word that is none. */
const char *result_meaning(const char *word);

/** result_word - the words by index, NULL behind the last; in rising severity. */
const char *result_word(size_t i);

/* ---- Members that may be missing ------------------------------------------------------------- */

/** result_text - a string of @object, "" if it has none of that name. */
const char *result_text(const json_t *object, const char *name);
/** result_number - the number at "a.b.c", 0 if there is none. */
double result_number(const json_t *object, const char *path);

#ifdef __cplusplus
}
#endif
#endif
