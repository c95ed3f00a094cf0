/* SPDX-License-Identifier: BSD-2-Clause
 * sweep_table.c - columns are found point by point, so that memory does not grow with the points;
 * their order is that in which the points, by number, first have them. */
#define HASH_NONFATAL_OOM 1
#include "cli/sweep_table.h"

#include "cli/cli.h"
#include "cli/sweep_flat.h"
#include "cli/sweep_result.h"

#include <ctype.h>
#include <fnmatch.h>
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>
#include <uthash.h>

#define MAX_PATHS 100000u

static const char *const fixed[] = {"point", "state", "exit", "why"};
#define N_FIXED (sizeof(fixed) / sizeof(fixed[0]))

/* A path of results. @column: SIZE_MAX if it has none. */
struct path {
    UT_hash_handle hh;
    size_t column;
    bool is_item;
    char text[];
};

/* A name that is taken, in small letters. */
struct name {
    UT_hash_handle hh;
    char text[];
};

struct sweep_table {
    const struct sweep_plan *plan;
    struct path *paths;
    struct name *taken;
    size_t n_paths, n_passed_over;
    bool has_results;
    bool is_met[SWEEP_MAX_COLUMNS]; /* a pattern of the plan, by a path */
    char **names;
    size_t n_columns;
    struct sweep_cell *cells;
};

struct sweep_table *sweep_table_new(const struct sweep_plan *plan)
{
    struct sweep_table *table = calloc(1, sizeof(*table));

    if (table)
        table->plan = plan;
    return table;
}

void sweep_table_free(struct sweep_table *table)
{
    struct path *path = table ? table->paths : NULL;
    struct name *name = table ? table->taken : NULL;

    if (!table)
        return;
    HASH_CLEAR(hh, table->paths); /* the tables; their elements still form lists */
    HASH_CLEAR(hh, table->taken);
    while (path) {
        struct path *next = path->hh.next;

        free(path);
        path = next;
    }
    while (name) {
        struct name *next = name->hh.next;

        free(name);
        name = next;
    }
    for (size_t i = 0; i < table->n_columns; i++)
        free(table->names[i]);
    free(table->names);
    free(table->cells);
    free(table);
}

/* ---- columns --------------------------------------------------------------------------------- */

static struct path *find_path(const struct sweep_table *table, const char *text)
{
    struct path *path;

    HASH_FIND_STR(table->paths, text, path);
    return path;
}

static bool is_picked(struct sweep_table *table, const char *text)
{
    const struct sweep_plan *plan = table->plan;
    bool is_hit = !plan->n_picks;

    for (uint32_t i = 0; i < plan->n_picks; i++) {
        const bool is_met = fnmatch(plan->picks[i], text, FNM_NOESCAPE) == 0;

        table->is_met[i] |= is_met;
        is_hit |= is_met;
    }
    return is_hit;
}

const char *sweep_table_unmet(const struct sweep_table *table, uint32_t *index)
{
    while (table->has_results && *index < table->plan->n_picks) {
        if (!table->is_met[(*index)++])
            return table->plan->picks[*index - 1];
    }
    return NULL;
}

static int add_path(struct sweep_table *table, const struct sweep_flat *flat)
{
    const size_t n_bytes = strlen(flat->path) + 1;
    struct path *path = calloc(1, sizeof(*path) + n_bytes);

    if (!path)
        return SIM_ENOMEM;
    memcpy(path->text, flat->path, n_bytes);
    path->is_item = flat->is_item;
    HASH_ADD_KEYPTR(hh, table->paths, path->text, n_bytes - 1, path);
    if (!path->hh.tbl) {
        free(path);
        return SIM_ENOMEM;
    }
    table->n_paths++;
    return 0;
}

int sweep_table_learn(struct sweep_table *table, json_t *result)
{
    struct sweep_flat flat;
    int err = 0;

    table->has_results |= json_is_object(result);
    sweep_flat_start(&flat, result);
    while (!err && sweep_flat_next(&flat)) {
        if (find_path(table, flat.path) || !is_picked(table, flat.path))
            continue;
        if (table->n_paths == MAX_PATHS)
            table->n_passed_over++;
        else
            err = add_path(table, &flat);
    }
    return err;
}

/* Return: 1 if the name, in any case, is taken; SIM_ENOMEM. */
static int take_name(struct sweep_table *table, const char *text)
{
    const size_t n = strlen(text);
    struct name *name = calloc(1, sizeof(*name) + n + 1);
    struct name *other;

    if (!name)
        return SIM_ENOMEM;
    for (size_t i = 0; i < n; i++)
        name->text[i] = (char)tolower((unsigned char)text[i]);
    HASH_FIND_STR(table->taken, name->text, other);
    if (other) {
        free(name);
        return 1;
    }
    HASH_ADD_KEYPTR(hh, table->taken, name->text, n, name);
    if (name->hh.tbl)
        return 0;
    free(name);
    return SIM_ENOMEM;
}

/* A column called @text; if that is taken, by @prefix and the name; if that is, too, with "_"s. */
static int add_column(struct sweep_table *table, const char *prefix, const char *text)
{
    const size_t room = strlen(prefix) + strlen(text) + 64;
    char *name = malloc(room);
    int err = 1;

    if (!name)
        return SIM_ENOMEM;
    (void)snprintf(name, room, "%s", text);
    for (unsigned i = 0; err > 0 && i < 64; i++) {
        err = take_name(table, name);
        if (err > 0)
            (void)snprintf(name, room, "%s%s%.*s", prefix, text, (int)i,
                           "________________________________________________________________");
    }
    if (err) {
        free(name);
        return SIM_ENOMEM;
    }
    table->names[table->n_columns++] = name;
    return 0;
}

static int add_columns(struct sweep_table *table, bool has_items, size_t room)
{
    struct path *path;
    int err = 0;

    for (size_t i = 0; i < N_FIXED && !err; i++)
        err = add_column(table, "", fixed[i]);
    for (uint32_t i = 0; i < table->plan->n_columns && !err; i++)
        err = add_column(table, "axis.", table->plan->columns[i]);
    for (path = table->paths; path && !err; path = path->hh.next) {
        path->column = SIZE_MAX;
        if ((path->is_item && !has_items) || table->n_columns == room)
            continue;
        path->column = table->n_columns;
        err = add_column(table, "json.", path->text);
    }
    return err;
}

int sweep_table_settle(struct sweep_table *table, size_t *n_dropped)
{
    const size_t n_wanted = N_FIXED + table->plan->n_columns + table->n_paths;
    const bool fits = n_wanted <= SWEEP_TABLE_COLUMNS;
    const size_t room = fits ? n_wanted : SWEEP_TABLE_COLUMNS;
    int err;

    table->names = calloc(room, sizeof(*table->names));
    table->cells = calloc(room, sizeof(*table->cells));
    if (!table->names || !table->cells)
        return SIM_ENOMEM;
    err = add_columns(table, fits, room);
    *n_dropped = n_wanted - table->n_columns + table->n_passed_over;
    return err;
}

size_t sweep_table_n_columns(const struct sweep_table *table)
{
    return table->n_columns;
}

const char *sweep_table_name(const struct sweep_table *table, size_t column)
{
    return table->names[column];
}

/* ---- rows ------------------------------------------------------------------------------------ */

static struct sweep_cell text_cell(const char *text)
{
    return (struct sweep_cell){.kind = text ? SWEEP_TEXT : SWEEP_NOTHING, .text = text};
}

static struct sweep_cell whole_cell(int64_t value)
{
    return (struct sweep_cell){.kind = SWEEP_WHOLE, .whole = value};
}

/* A number, if it is spelled as a table would spell it. */
static struct sweep_cell axis_cell(const char *text)
{
    char again[24];
    uint64_t value;

    if (text && isdigit((unsigned char)text[0]) && cli_number(text, &value) && value <= INT64_MAX) {
        (void)snprintf(again, sizeof(again), "%" PRIu64, value);
        if (strcmp(text, again) == 0)
            return whole_cell((int64_t)value);
    }
    return text_cell(text);
}

static struct sweep_cell json_cell(const json_t *value)
{
    if (json_is_string(value))
        return text_cell(json_string_value(value));
    if (json_is_integer(value))
        return whole_cell(json_integer_value(value));
    if (json_is_real(value))
        return (struct sweep_cell){.kind = SWEEP_REAL, .real = json_real_value(value)};
    if (json_is_boolean(value))
        return (struct sweep_cell){.kind = SWEEP_TRUTH, .whole = json_is_true(value)};
    return (struct sweep_cell){.kind = SWEEP_NOTHING};
}

const struct sweep_cell *sweep_table_row(struct sweep_table *table, size_t number, json_t *json)
{
    const struct sweep_point *point = &table->plan->points[number];
    static const char *const words[] = {
        [SWEEP_MISSING] = "missing", [SWEEP_DONE] = "done", [SWEEP_FAILED] = "failed"};
    struct sweep_cell *cells = table->cells;
    struct sweep_flat flat;
    const json_t *value;
    const char *why;

    memset(cells, 0, table->n_columns * sizeof(*cells));
    cells[0] = whole_cell((int64_t)number);
    cells[1] = text_cell(words[sweep_result_judge(json, &why)]);
    cells[2] = json_cell(json_object_get(json, "exit"));
    cells[3] = text_cell(*why ? why : NULL);
    for (uint32_t i = 0; i < point->n_values; i++)
        cells[N_FIXED + i] = axis_cell(point->values[i]);
    sweep_flat_start(&flat, json_object_get(json, "result"));
    while ((value = sweep_flat_next(&flat))) {
        const struct path *path = find_path(table, flat.path);

        if (path && path->column != SIZE_MAX)
            cells[path->column] = json_cell(value);
    }
    return cells;
}
