/* SPDX-License-Identifier: BSD-2-Clause
 * sweep_table.h - results as rows: number, state, exit code, reason, axes, scalars of the JSON.
 * Knows: columns and cells. Must not know: files of tables. */
#ifndef CLI_SWEEP_TABLE_H
#define CLI_SWEEP_TABLE_H

#include "cli/sweep_plan.h"

#include <jansson.h>

#ifdef __cplusplus
extern "C" {
#endif

#define SWEEP_TABLE_COLUMNS 1900u /* SQLite has 2000 */

/** struct sweep_cell - one value. @text is borrowed; what there is none of is SWEEP_NOTHING. */
enum sweep_cell_kind { SWEEP_NOTHING, SWEEP_TEXT, SWEEP_WHOLE, SWEEP_REAL, SWEEP_TRUTH };
struct sweep_cell {
    enum sweep_cell_kind kind;
    const char *text;
    int64_t whole; /* of a truth: 0 or 1 */
    double real;
};

struct sweep_table;

/** sweep_table_new - the columns that every table of @plan (borrowed) has. Return: NULL: no memory.
 */
struct sweep_table *sweep_table_new(const struct sweep_plan *plan);
void sweep_table_free(struct sweep_table *table);

/** sweep_table_learn - the columns that @result, a point's JSON, needs. Return: 0 or SIM_ENOMEM. */
int sweep_table_learn(struct sweep_table *table, json_t *result);

/**
 * sweep_table_settle - all are known: drop what is too much, give each its name.
 * @n_dropped: columns that the table does not have, since it would have more than
 *   SWEEP_TABLE_COLUMNS; those of arrays go first.
 * Return: 0 or SIM_ENOMEM.
 */
int sweep_table_settle(struct sweep_table *table, size_t *n_dropped);

/** sweep_table_unmet - the next pattern of the plan's columns, from @index (0 at first) on, that no
 * path of the results fits. Return: NULL behind the last, and if there is no result. */
const char *sweep_table_unmet(const struct sweep_table *table, uint32_t *index);

/** sweep_table_n_columns, sweep_table_name - after that; no two names differ in case alone. */
size_t sweep_table_n_columns(const struct sweep_table *table);
const char *sweep_table_name(const struct sweep_table *table, size_t column);

/** sweep_table_row - the cells of point @number, whose file is @json (NULL: there is none). They
 * hold until @json is freed. */
const struct sweep_cell *sweep_table_row(struct sweep_table *table, size_t number, json_t *json);

#ifdef __cplusplus
}
#endif
#endif
