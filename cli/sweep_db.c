/* SPDX-License-Identifier: BSD-2-Clause
 * sweep_db.c - the table as a SQLite file: table points, a row a point; table results, its JSON.
 *
 * One transaction with fixed settings into an empty file: the same rows give the same bytes. */
#include "cli/sweep_merge.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <sqlite3.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

struct sweep_db {
    sqlite3 *db;
    sqlite3_stmt *point;
    sqlite3_stmt *result;
    size_t n_columns;
    struct sim_diag *diag;
    char *path;
    char *temporary;
};

static int fail(const struct sweep_db *db, const char *what)
{
    return sim_diag_text(db->diag, SIM_EIO, 0, 0, "cannot write %s: %s", db->path, what);
}

static int run(const struct sweep_db *db, const char *sql)
{
    if (sqlite3_exec(db->db, sql, NULL, NULL, NULL) == SQLITE_OK)
        return 0;
    return fail(db, sqlite3_errmsg(db->db));
}

/* ---- statements ------------------------------------------------------------------------------ */

static void put_name(FILE *out, const char *name)
{
    (void)fputc('"', out);
    for (; *name; name++) {
        if (*name == '"')
            (void)fputc('"', out);
        (void)fputc(*name, out);
    }
    (void)fputc('"', out);
}

/* "CREATE TABLE points (...)" or "INSERT INTO points VALUES (...)". */
static char *statement(const struct sweep_table *table, bool is_create)
{
    char *text = NULL;
    size_t n_bytes = 0;
    FILE *out = open_memstream(&text, &n_bytes);

    if (!out)
        return NULL;
    (void)fputs(is_create ? "CREATE TABLE points (" : "INSERT INTO points VALUES (", out);
    for (size_t i = 0; i < sweep_table_n_columns(table); i++) {
        if (i)
            (void)fputc(',', out);
        if (!is_create)
            (void)fputc('?', out);
        else
            put_name(out, sweep_table_name(table, i));
        if (is_create && i == 0)
            (void)fputs(" INTEGER PRIMARY KEY", out);
    }
    (void)fputc(')', out);
    if (fclose(out) == 0)
        return text;
    free(text);
    return NULL;
}

static int create(struct sweep_db *db, const struct sweep_table *table)
{
    char *make = statement(table, true);
    char *insert = statement(table, false);
    int err = make && insert ? 0 : fail(db, "no memory");

    if (!err)
        err = run(db, "PRAGMA page_size = 4096; PRAGMA encoding = 'UTF-8';"
                      "PRAGMA auto_vacuum = 0; PRAGMA journal_mode = OFF;"
                      "PRAGMA synchronous = OFF; BEGIN");
    if (!err)
        err = run(db, make);
    if (!err)
        err = run(db, "CREATE TABLE results (point INTEGER PRIMARY KEY, json TEXT)");
    if (!err && (sqlite3_prepare_v2(db->db, insert, -1, &db->point, NULL) != SQLITE_OK ||
                 sqlite3_prepare_v2(db->db, "INSERT INTO results VALUES (?, ?)", -1, &db->result,
                                    NULL) != SQLITE_OK))
        err = fail(db, sqlite3_errmsg(db->db));
    free(make);
    free(insert);
    return err;
}

/* ---- the file -------------------------------------------------------------------------------- */

static int open_temporary(struct sweep_db *db)
{
    const mode_t mask = umask(0);
    int fd;

    (void)umask(mask);
    fd = mkostemp(db->temporary, O_CLOEXEC);
    if (fd < 0) {
        db->temporary[0] = '\0'; /* there is nothing to remove */
        return fail(db, strerror(errno));
    }
    (void)fchmod(fd, 0666 & ~mask);
    (void)close(fd);
    if (sqlite3_open_v2(db->temporary, &db->db, SQLITE_OPEN_READWRITE, NULL) != SQLITE_OK)
        return fail(db, "SQLite cannot open it");
    return 0;
}

struct sweep_db *sweep_db_new(const char *path, const struct sweep_table *table,
                              struct sim_diag *diag)
{
    struct sweep_db *db = calloc(1, sizeof(*db));
    const size_t n_bytes = strlen(path) + sizeof(".XXXXXX");

    if (db) {
        db->diag = diag;
        db->n_columns = sweep_table_n_columns(table);
        db->path = strdup(path);
        db->temporary = malloc(n_bytes);
    }
    if (!db || !db->path || !db->temporary) {
        (void)sim_diag_text(diag, SIM_ENOMEM, 0, 0, "no memory");
        if (db && db->temporary)
            db->temporary[0] = '\0';
        sweep_db_abort(db);
        return NULL;
    }
    (void)snprintf(db->temporary, n_bytes, "%s.XXXXXX", path);
    if (open_temporary(db) || create(db, table)) {
        sweep_db_abort(db);
        return NULL;
    }
    return db;
}

static int bind(sqlite3_stmt *statement, int column, const struct sweep_cell *cell)
{
    switch (cell->kind) {
    case SWEEP_NOTHING:
        return sqlite3_bind_null(statement, column);
    case SWEEP_TEXT:
        return sqlite3_bind_text(statement, column, cell->text, -1, SQLITE_STATIC);
    case SWEEP_WHOLE:
    case SWEEP_TRUTH:
        return sqlite3_bind_int64(statement, column, cell->whole);
    case SWEEP_REAL:
        return sqlite3_bind_double(statement, column, cell->real);
    }
    return SQLITE_MISUSE;
}

static int step(const struct sweep_db *db, sqlite3_stmt *statement, bool is_bound)
{
    if (!is_bound || sqlite3_step(statement) != SQLITE_DONE ||
        sqlite3_reset(statement) != SQLITE_OK)
        return fail(db, sqlite3_errmsg(db->db));
    return 0;
}

int sweep_db_add(struct sweep_db *db, const struct sweep_cell *cells, const char *text)
{
    bool is_bound = true;
    int err;

    for (size_t i = 0; i < db->n_columns; i++)
        is_bound &= bind(db->point, (int)i + 1, &cells[i]) == SQLITE_OK;
    err = step(db, db->point, is_bound);
    if (err || !text)
        return err;
    is_bound = bind(db->result, 1, &cells[0]) == SQLITE_OK &&
               sqlite3_bind_text(db->result, 2, text, -1, SQLITE_STATIC) == SQLITE_OK;
    return step(db, db->result, is_bound);
}

static void close_db(struct sweep_db *db)
{
    (void)sqlite3_finalize(db->point);
    (void)sqlite3_finalize(db->result);
    (void)sqlite3_close(db->db);
    db->point = NULL;
    db->result = NULL;
    db->db = NULL;
}

void sweep_db_abort(struct sweep_db *db)
{
    if (!db)
        return;
    close_db(db);
    if (db->temporary && db->temporary[0])
        (void)unlink(db->temporary);
    free(db->temporary);
    free(db->path);
    free(db);
}

static int sync_file(const char *path)
{
    const int fd = open(path, O_RDONLY | O_CLOEXEC);
    const int err = fd < 0 || fsync(fd) != 0 ? SIM_EIO : 0;

    if (fd >= 0)
        (void)close(fd);
    return err;
}

int sweep_db_commit(struct sweep_db *db)
{
    int err = run(db, "COMMIT");

    close_db(db);
    if (!err && (sync_file(db->temporary) || rename(db->temporary, db->path) != 0))
        err = fail(db, strerror(errno));
    if (!err)
        db->temporary[0] = '\0';
    sweep_db_abort(db);
    return err;
}
