/* SPDX-License-Identifier: BSD-2-Clause
 * result_db.c - the table of a sweep out of SQLite.
 *
 * A file of somebody else's may have anything in it: only a plain table is read, nothing in it is
 * trusted, and what takes too long is given up. */
#include "cli/result_private.h"

#include <sqlite3.h>

#define STEPS 1000000
#define MAX_STEPS 5000 /* of those */
#define MAX_DB_COLUMNS 2000

static int give_up(void *data)
{
    int *n = data;

    return ++*n > MAX_STEPS;
}

static const char *text_at(sqlite3_stmt *statement, int column)
{
    const char *text = (const char *)sqlite3_column_text(statement, column);

    return text ? text : "";
}

static bool has_points(sqlite3 *db)
{
    static const char sql[] =
        "SELECT 1 FROM sqlite_master WHERE name = 'points' AND type = 'table' "
        "AND sql LIKE 'CREATE TABLE %'";
    sqlite3_stmt *statement = NULL;
    const bool is_there = sqlite3_prepare_v2(db, sql, -1, &statement, NULL) == SQLITE_OK &&
                          sqlite3_step(statement) == SQLITE_ROW;

    (void)sqlite3_finalize(statement);
    return is_there;
}

static json_t *make_row(sqlite3_stmt *statement, int n, bool is_head)
{
    json_t *row = json_array();

    for (int i = 0; i < n; i++) {
        const char *name = is_head ? sqlite3_column_name(statement, i) : text_at(statement, i);
        json_t *text = json_string(name ? name : "");

        (void)json_array_append_new(row, text ? text : json_string("?")); /* no UTF-8 */
    }
    return row;
}

static int read_points(sqlite3 *db, json_t **head, json_t **rows, struct sim_diag *diag)
{
    sqlite3_stmt *statement = NULL;
    int state = SQLITE_ERROR, n;

    if (!has_points(db))
        return sim_diag_text(diag, SIM_EFORMAT, 0, 0,
                             "no table \"points\" in it: no sweep.sqlite of iommusim sweep");
    if (sqlite3_prepare_v2(db, "SELECT * FROM points", -1, &statement, NULL) != SQLITE_OK)
        return sim_diag_text(diag, SIM_EFORMAT, 0, 0, "%s", sqlite3_errmsg(db));
    n = sqlite3_column_count(statement);
    *head = make_row(statement, n <= MAX_DB_COLUMNS ? n : 0, true);
    *rows = json_array();
    while (n <= MAX_DB_COLUMNS && (state = sqlite3_step(statement)) == SQLITE_ROW)
        (void)json_array_append_new(*rows, make_row(statement, n, false));
    if (state != SQLITE_DONE) {
        (void)sim_diag_text(diag, SIM_EFORMAT, 0, 0, "%s", sqlite3_errmsg(db));
        json_decref(*head);
        json_decref(*rows);
    }
    (void)sqlite3_finalize(statement);
    return state == SQLITE_DONE ? 0 : SIM_EFORMAT;
}

int result_read_db(const char *path, json_t **head, json_t **rows, struct sim_diag *diag)
{
    sqlite3 *db = NULL;
    int n_steps = 0;
    int err;

    if (sqlite3_open_v2(path, &db, SQLITE_OPEN_READONLY, NULL) != SQLITE_OK) {
        err = sim_diag_text(diag, SIM_EIO, 0, 0, "%s", db ? sqlite3_errmsg(db) : "no memory");
    } else {
        (void)sqlite3_db_config(db, SQLITE_DBCONFIG_DEFENSIVE, 1, NULL);
        (void)sqlite3_db_config(db, SQLITE_DBCONFIG_TRUSTED_SCHEMA, 0, NULL);
        sqlite3_progress_handler(db, STEPS, give_up, &n_steps);
        err = read_points(db, head, rows, diag);
    }
    (void)sqlite3_close(db);
    return err;
}
