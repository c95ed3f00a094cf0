/* SPDX-License-Identifier: BSD-2-Clause
 * result_list.c - what is neither verdict nor cost, as a table: lists in other schemas, and tables
 * of benchmarks.
 * Knows: where the list of a schema is. Must not know: what it is about. */
#include "cli/result_private.h"

#include <stdlib.h>
#include <string.h>

#define MAX_COLUMNS 8u
#define MAX_TABLE_COLUMNS 64u

/** struct listed - a schema that is a list. @path: where it is; @columns: paths in each item, the
 * first @n_keys name it; @details: long texts. */
struct listed {
    const char *schema, *title, *path;
    const char *columns[MAX_COLUMNS];
    json_int_t n_keys;
    const char *details[3];
};

static const struct listed all_listed[] = {
    {"iommusim.litmus/1",
     "Litmus tests",
     "files",
     {"test", "verdict", "runs", "answers", "doc", "file"},
     1,
     {NULL}},
    {"iommusim.rules/1",
     "Protocol rules",
     "rules",
     {"id", "kind", "section", "title", "why", "fix"},
     1,
     {"bad", "good"}},
    {"iommusim.cells/1",
     "Transitions that a driver can be asked for",
     "drivers",
     {"arch", "driver", "runs", "illegal", "not_offered"},
     2,
     {NULL}},
    {"iommusim.decode/1",
     "Fields",
     "fields",
     {"name", "msb", "lsb", "value", "used", "meaning"},
     1,
     {NULL}},
    {"iommusim.import/1",
     "Events of a trace",
     "by_event",
     {"event", "seen", "records", "folded", "ignored", "unexplained"},
     1,
     {NULL}},
    {"iommusim.diff/1",
     "Parts of two streams",
     "parts",
     {"op", "a.number", "b.number", "a.stores", "b.stores", "a.commands", "b.commands",
      "differences"},
     2,
     {NULL}},
};

/* Of a list, how long it is. */
static json_t *text_of(const json_t *value)
{
    char *text;
    json_t *string;

    if (json_is_string(value))
        return json_string(json_string_value(value));
    if (!value || json_is_null(value))
        return json_string("");
    if (json_is_boolean(value))
        return json_string(json_is_true(value) ? "yes" : "no");
    if (json_is_array(value))
        return json_sprintf("%zu", json_array_size(value));
    text =
        json_is_number(value) ? json_dumps(value, JSON_ENCODE_ANY | JSON_REAL_PRECISION(10)) : NULL;
    string = json_string(text ? text : "");
    free(text);
    return string;
}

static json_t *texts_of(const json_t *item, const char *const *paths, size_t n)
{
    json_t *texts = json_array();

    for (size_t i = 0; i < n && paths[i]; i++)
        (void)json_array_append_new(texts, text_of(result_at(item, paths[i])));
    return texts;
}

static json_t *names_of(const char *const *names, size_t n)
{
    json_t *list = json_array();

    for (size_t i = 0; i < n && names[i]; i++)
        (void)json_array_append_new(list, json_string(names[i]));
    return list;
}

static json_t *make_list(const struct listed *listed, const json_t *items)
{
    json_t *rows = json_array();
    json_t *texts = json_array();
    size_t i;
    json_t *item;

    json_array_foreach (items, i, item) {
        (void)json_array_append_new(rows, texts_of(item, listed->columns, MAX_COLUMNS));
        (void)json_array_append_new(texts, texts_of(item, listed->details, 3));
    }
    return json_pack("{s:s, s:o, s:I, s:o, s:o, s:o}", "title", listed->title, "columns",
                     names_of(listed->columns, MAX_COLUMNS), "n_keys", listed->n_keys, "rows", rows,
                     "details", names_of(listed->details, 3), "texts", texts);
}

bool result_find_list(struct result *result)
{
    const char *schema = result_text(result->json, "schema");

    for (size_t i = 0; i < sizeof(all_listed) / sizeof(all_listed[0]); i++) {
        const json_t *items = json_object_get(result->json, all_listed[i].path);

        if (strcmp(schema, all_listed[i].schema) != 0 || !json_is_array(items))
            continue;
        result->kind = RESULT_LIST;
        result->list = make_list(&all_listed[i], items);
        return true;
    }
    return false;
}

/* ---- Tables --------------------------------------------------------------------------------- */

/* A row is named by what stands before the first figure. */
static size_t count_keys(const json_t *row)
{
    size_t i = 0;
    char *end = NULL;

    for (; i < json_array_size(row); i++) {
        const char *text = json_string_value(json_array_get(row, i));

        (void)strtod(text ? text : "", &end);
        if (text && *text && *end == '\0')
            break;
    }
    return i ? i : 1;
}

int result_take_list(struct result *result, const char *path, json_t *head, json_t *rows)
{
    const size_t n_keys = count_keys(json_array_get(rows, 0));

    *result = (struct result){
        .kind = RESULT_LIST, .path = path, .json = json_object(), .ops = json_array()};
    result->list = json_pack("{s:s, s:o, s:I, s:o, s:[], s:[]}", "title", "A table", "columns",
                             head, "n_keys", (json_int_t)n_keys, "rows", rows, "details", "texts");
    return 0;
}

static json_t *find_head(const json_t *list)
{
    json_t *first = json_array_get(list, 0);
    json_t *head = json_array();
    const char *name;
    json_t *value;

    json_object_foreach (first, name, value) {
        (void)json_array_append_new(head, json_string(name));
    }
    return head;
}

static json_t *make_row(const json_t *head, const json_t *item)
{
    json_t *row = json_array();
    size_t i;
    json_t *name;

    json_array_foreach (head, i, name) {
        const json_t *value = json_object_get(item, json_string_value(name));

        if (value && !json_is_object(value) && !json_is_array(value))
            (void)json_array_append_new(row, text_of(value));
    }
    return row;
}

bool result_rows(const json_t *list, json_t **head, json_t **rows)
{
    bool is_table;
    size_t i;
    json_t *item;

    if (!json_is_array(list))
        return false;
    *head = find_head(list);
    *rows = json_array();
    is_table = json_array_size(*head) > 0 && json_array_size(*head) <= MAX_TABLE_COLUMNS;
    json_array_foreach (list, i, item) {
        json_t *row = is_table ? make_row(*head, item) : NULL;

        is_table = row && json_array_size(row) == json_array_size(*head) &&
                   json_object_size(item) == json_array_size(*head);
        if (!is_table) {
            json_decref(row);
            break;
        }
        (void)json_array_append_new(*rows, row);
    }
    if (is_table)
        return true;
    json_decref(*head);
    json_decref(*rows);
    return false;
}
