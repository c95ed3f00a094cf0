/* SPDX-License-Identifier: BSD-2-Clause
 * sweep_merge.h - all results of a sweep in two tables: sweep.csv and sweep.sqlite.
 * Knows: rows. Must not know: processes. */
#ifndef CLI_SWEEP_MERGE_H
#define CLI_SWEEP_MERGE_H

#include "cli/sweep_table.h"

#ifdef __cplusplus
extern "C" {
#endif

/**
 * sweep_merge - write both tables into @dir, whole or not at all. The bytes depend on the plan and
 * on the results only.
 * @n: how many points are missing, done, failed (by enum sweep_state).
 * Return: 0, SIM_ENOMEM, SIM_EIO, with @diag. Columns that are left out are told on standard error.
 */
int sweep_merge(const struct sweep_plan *plan, const char *dir, size_t n[3], struct sim_diag *diag);

/** sweep_csv_head, sweep_csv_row - a line as RFC 4180 has it, but for the end of the line. */
void sweep_csv_head(FILE *out, const struct sweep_table *table);
void sweep_csv_row(FILE *out, const struct sweep_cell *cells, size_t n_cells);

struct sweep_db;

/** sweep_db_new - a database beside @path, with the columns of @table. Return: NULL, with @diag. */
struct sweep_db *sweep_db_new(const char *path, const struct sweep_table *table,
                              struct sim_diag *diag);

/** sweep_db_add - a row; @text: all that the point said, as JSON; NULL: nothing.
 * Return: 0 or SIM_EIO, with @diag. */
int sweep_db_add(struct sweep_db *db, const struct sweep_cell *cells, const char *text);

/** sweep_db_commit - give the file its name; frees @db. Return: 0 or SIM_EIO. */
int sweep_db_commit(struct sweep_db *db);
/** sweep_db_abort - remove it; frees @db. NULL is allowed. */
void sweep_db_abort(struct sweep_db *db);

#ifdef __cplusplus
}
#endif
#endif
