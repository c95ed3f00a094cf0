/* SPDX-License-Identifier: BSD-2-Clause
 * sweep_plan.h - the points of a sweep: command lines, their keys, and what stands in their rows.
 * Knows: words, keys, the file plan.jsonl. Must not know: grids, what a command does.
 *
 * A key is the sum of the program, of the command line, and of every file that an argument (or what
 * stands behind its first "=") names. So a result is found again exactly if nothing has changed
 * that it depends on. */
#ifndef CLI_SWEEP_PLAN_H
#define CLI_SWEEP_PLAN_H

#include "cli/sweep_pool.h"

#include <stdbool.h>
#include <stdio.h>

#ifdef __cplusplus
extern "C" {
#endif

#define SWEEP_MAX_POINTS 1000000u
#define SWEEP_MAX_COLUMNS 256u /* axes, of all grids together */
#define SWEEP_MAX_ARGS 256u

/** enum sweep_state - what is known of a point: no result, a result, a run that gave none. */
enum sweep_state { SWEEP_MISSING, SWEEP_DONE, SWEEP_FAILED };

/**
 * struct sweep_point - one command line.
 * @args: without the program's name; words of the plan's pool.
 * @values: words for the first @n_values columns of the plan; NULL where the point's grid has no
 * such axis.
 */
struct sweep_point {
    char key[SWEEP_SUM_CHARS];
    enum sweep_state state;
    uint32_t n_args, n_values;
    const char **args;
    const char **values;
};

/**
 * struct sweep_plan - all points, in their order.
 * @program: sum of the executable. @folder: where names of files start, absolute.
 * @columns: names of the axes. @picks: patterns of what else becomes a column; none: everything.
 */
struct sweep_plan {
    struct sweep_pool *pool;
    char program[SWEEP_SUM_CHARS];
    const char *folder;
    const char *columns[SWEEP_MAX_COLUMNS];
    uint32_t n_columns;
    const char *picks[SWEEP_MAX_COLUMNS];
    uint32_t n_picks;
    struct sweep_point *points;
    size_t n_points, room;
};

/** sweep_plan_init - no points yet; the program is the one that runs, the folder the current one.
 * Return: 0, SIM_ENOMEM or SIM_EIO, with @diag; sweep_plan_free in every case. */
int sweep_plan_init(struct sweep_plan *plan, struct sim_diag *diag);
void sweep_plan_free(struct sweep_plan *plan);

/** sweep_plan_column - the number of the column called @name, made if there is none.
 * Return: SIM_ENOMEM or SIM_EFULL, too. */
int sweep_plan_column(struct sweep_plan *plan, const char *name);

/**
 * sweep_plan_add - a point more, with its key. What @args and @values point to is copied.
 * @values: one for each column that the plan has by now.
 * Return: 0; SIM_ENOMEM, SIM_EIO, SIM_EFULL beyond SWEEP_MAX_POINTS, with @diag.
 */
int sweep_plan_add(struct sweep_plan *plan, const char *const *args, uint32_t n_args,
                   const char *const *values, struct sim_diag *diag);

/** sweep_plan_unique - drop every point that has the key of an earlier one. Return: 0, SIM_ENOMEM.
 */
int sweep_plan_unique(struct sweep_plan *plan);

/** sweep_plan_key - the key of @point as things are now. Return: 0, SIM_ENOMEM, SIM_EIO, with
 * @diag. */
int sweep_plan_key(struct sweep_plan *plan, const struct sweep_point *point, char *key,
                   struct sim_diag *diag);

/** sweep_plan_write - the file @path, whole or not at all. Return: 0, SIM_ENOMEM or SIM_EIO. */
int sweep_plan_write(const struct sweep_plan *plan, const char *path, struct sim_diag *diag);

/** sweep_plan_read - what sweep_plan_write wrote; sweep_plan_free in every case.
 * Return: 0, SIM_ENOMEM, SIM_EIO, SIM_EFORMAT with the line. */
int sweep_plan_read(struct sweep_plan *plan, const char *path, struct sim_diag *diag);

/** sweep_plan_print - the command line of @point, for a shell, without a newline. */
void sweep_plan_print(FILE *out, const struct sweep_point *point);

#ifdef __cplusplus
}
#endif
#endif
