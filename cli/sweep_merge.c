/* SPDX-License-Identifier: BSD-2-Clause
 * sweep_merge.c - the results are read twice, once for the columns and once for the rows. */
#include "cli/sweep_merge.h"

#include "cli/cli.h"
#include "cli/sweep_result.h"

#include <stdlib.h>
#include <string.h>

/* Both tables while they are written. */
struct merge {
    const struct sweep_plan *plan;
    const char *dir;
    struct sweep_table *table;
    struct sim_outfile *csv;
    struct sweep_db *db;
    struct sim_diag *diag;
};

static int no_memory(const struct merge *merge)
{
    return sim_diag_text(merge->diag, SIM_ENOMEM, 0, 0, "no memory");
}

static int learn(const struct merge *merge)
{
    size_t n_dropped = 0;
    uint32_t at = 0;
    const char *pattern;
    int err = 0;

    for (size_t i = 0; i < merge->plan->n_points && !err; i++) {
        json_t *json;

        err = sweep_result_read(merge->dir, merge->plan->points[i].key, &json);
        if (!err)
            err = sweep_table_learn(merge->table, json_object_get(json, "result"));
        json_decref(json);
    }
    if (!err)
        err = sweep_table_settle(merge->table, &n_dropped);
    if (err)
        return no_memory(merge);
    while ((pattern = sweep_table_unmet(merge->table, &at)))
        cli_error("warning: no result has what column '%s' of the grid asks for", pattern);
    if (n_dropped)
        cli_error("%zu paths of results are no columns: a table has at most %u. Table results of "
                  "sweep.sqlite has them all; 'columns' in the grid says which you want",
                  n_dropped, SWEEP_TABLE_COLUMNS);
    return 0;
}

static int open_tables(struct merge *merge)
{
    char path[SWEEP_PATH_BYTES];
    int n = snprintf(path, sizeof(path), "%s/sweep.csv", merge->dir);

    if (n < 0 || (size_t)n >= sizeof(path) - 8)
        return sim_diag_text(merge->diag, SIM_EINVAL, 0, 0, "the name of the folder is too long");
    merge->csv = sim_outfile_open(path, merge->diag);
    if (!merge->csv)
        return SIM_EIO;
    sweep_csv_head(sim_outfile_stream(merge->csv), merge->table);
    (void)snprintf(path, sizeof(path), "%s/sweep.sqlite", merge->dir);
    merge->db = sweep_db_new(path, merge->table, merge->diag);
    return merge->db ? 0 : SIM_EIO;
}

static int add_row(const struct merge *merge, size_t number, json_t *json)
{
    json_t *result = json_object_get(json, "result");
    char *text = json_is_object(result) ? json_dumps(result, JSON_COMPACT) : NULL;
    const struct sweep_cell *cells = sweep_table_row(merge->table, number, json);
    int err = json_is_object(result) && !text ? no_memory(merge) : 0;

    if (!err) {
        sweep_csv_row(sim_outfile_stream(merge->csv), cells, sweep_table_n_columns(merge->table));
        err = sweep_db_add(merge->db, cells, text);
    }
    free(text);
    return err;
}

static int add_rows(const struct merge *merge, size_t n[3])
{
    int err = 0;

    for (size_t i = 0; i < merge->plan->n_points && !err; i++) {
        json_t *json;

        err = sweep_result_read(merge->dir, merge->plan->points[i].key, &json);
        if (err)
            return no_memory(merge);
        n[sweep_result_judge(json, NULL)]++;
        err = add_row(merge, i, json);
        json_decref(json);
    }
    return err;
}

static int commit(struct merge *merge)
{
    int err = sweep_db_commit(merge->db);

    merge->db = NULL;
    if (!err) {
        err = sim_outfile_commit(merge->csv, merge->diag);
        merge->csv = NULL;
    }
    return err;
}

int sweep_merge(const struct sweep_plan *plan, const char *dir, size_t n[3], struct sim_diag *diag)
{
    struct merge merge = {.plan = plan, .dir = dir, .diag = diag};
    int err;

    memset(n, 0, 3 * sizeof(n[0]));
    merge.table = sweep_table_new(plan);
    err = merge.table ? learn(&merge) : no_memory(&merge);
    if (!err)
        err = open_tables(&merge);
    if (!err)
        err = add_rows(&merge, n);
    if (!err)
        err = commit(&merge);
    sweep_db_abort(merge.db);
    sim_outfile_abort(merge.csv);
    sweep_table_free(merge.table);
    return err;
}
