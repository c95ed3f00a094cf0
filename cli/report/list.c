/* SPDX-License-Identifier: BSD-2-Clause
 * list.c - lists of anything, and what differs between two of them, as parts of a page. */
#include "cli/report/report.h"

#include <stdlib.h>
#include <string.h>

#define MAX_ROWS 2000u
#define MAX_CHANGES 500u
#define MAX_DETAILS 10u /* rows whose long texts are shown */

static const char *text_at(const json_t *list, size_t i)
{
    const char *text = json_string_value(json_array_get(list, i));

    return text ? text : "";
}

static bool is_number(const char *text)
{
    char *end = NULL;

    (void)strtod(text, &end);
    return end != text && *end == '\0' && strncmp(text, "0x", 2) != 0;
}

static void put_cell(FILE *out, const char *text, bool is_key)
{
    if (result_rank(text) >= 0) {
        html(out, "<td>");
        report_verdict(out, text, false);
        html(out, "</td>");
    } else if (is_number(text)) {
        html(out, "<td class=\"num\">%s</td>", text);
    } else {
        html(out, is_key && *text ? "<td class=\"who\"><code>%s</code></td>" : "<td>%s</td>", text);
    }
}

static void put_head(FILE *out, const json_t *list)
{
    const json_t *columns = json_object_get(list, "columns");
    const json_t *first = json_array_get(json_object_get(list, "rows"), 0);
    size_t i;
    json_t *name;

    html(out, "<thead><tr>");
    json_array_foreach (columns, i, name) {
        html(out,
             is_number(text_at(first, i)) ? "<th scope=\"col\" class=\"num\">%s</th>"
                                          : "<th scope=\"col\">%s</th>",
             json_string_value(name));
    }
    html(out, "</tr></thead>\n<tbody>\n");
}

/* Long texts, if few rows have them: else the page would be nothing else. */
static void put_details(FILE *out, const json_t *list)
{
    const json_t *names = json_object_get(list, "details");
    const json_t *rows = json_object_get(list, "rows");
    size_t i, k;
    json_t *texts;
    json_t *name;

    if (json_array_size(rows) > MAX_DETAILS)
        return;
    json_array_foreach (json_object_get(list, "texts"), i, texts) {
        json_array_foreach (names, k, name) {
            if (!*text_at(texts, k))
                continue;
            html(out,
                 "<h3><code>%s</code>: %s</h3>\n<div class=\"scroll\" tabindex=\"0\" "
                 "role=\"region\" aria-label=\"%s\"><pre>%s</pre></div>\n",
                 text_at(json_array_get(rows, i), 0), json_string_value(name),
                 json_string_value(name), text_at(texts, k));
        }
    }
}

void report_list(FILE *out, const struct result *result, const char *id)
{
    const json_t *rows = json_object_get(result->list, "rows");
    const size_t n_keys = (size_t)json_integer_value(json_object_get(result->list, "n_keys"));
    const size_t n = json_array_size(rows);
    size_t i, k;
    json_t *row;
    json_t *text;

    html(out,
         "<section id=\"%s-list\">\n<h2>%s</h2>\n<div class=\"%s\" tabindex=\"0\" role=\"region\" "
         "aria-label=\"Rows\"><table class=\"list\">\n",
         id, result_text(result->list, "title"), n > 24 ? "scroll tall" : "scroll");
    put_head(out, result->list);
    json_array_foreach (rows, i, row) {
        if (i == MAX_ROWS)
            break;
        html(out, "<tr>");
        json_array_foreach (row, k, text) {
            put_cell(out, json_string_value(text), k < n_keys);
        }
        html(out, "</tr>\n");
    }
    if (!n)
        html(out, "<tr><td>nothing</td></tr>\n");
    html(out, "</tbody></table></div>\n");
    if (n > MAX_ROWS)
        (void)fprintf(out, "<p class=\"soft\">%zu more rows are left out; the file has them.</p>\n",
                      n - MAX_ROWS);
    put_details(out, result->list);
    html(out, "</section>\n");
}

void report_list_headline(const struct result *result, char *text, size_t n_bytes)
{
    const json_t *rows = json_object_get(result->list, "rows");
    const json_t *columns = json_object_get(result->list, "columns");
    json_t *words = json_object();
    size_t column = 0, i;
    json_t *row;
    const char *word;
    json_t *count;
    int n = snprintf(text, n_bytes, "%s: %zu", result_text(result->list, "title"),
                     json_array_size(rows));

    while (column < json_array_size(columns) && strcmp(text_at(columns, column), "verdict") != 0)
        column++;
    json_array_foreach (rows, i, row) {
        word = text_at(row, column);
        (void)json_object_set_new(
            words, word, json_integer(json_integer_value(json_object_get(words, word)) + 1));
    }
    json_object_foreach (words, word, count) {
        if (!*word || n < 0 || (size_t)n >= n_bytes)
            continue;
        n += snprintf(text + n, n_bytes - (size_t)n, ", %" JSON_INTEGER_FORMAT " %.40s",
                      json_integer_value(count), word);
    }
    json_decref(words);
}

/* ---- Two of them ---------------------------------------------------------------------------- */

/* The name of a row: its keys, and which of those with the same ones it is. */
static json_t *name_of(const json_t *list, const json_t *row, json_t *seen)
{
    const size_t n_keys = (size_t)json_integer_value(json_object_get(list, "n_keys"));
    json_t *name = json_string(text_at(row, 0));
    json_int_t n;

    for (size_t i = 1; i < n_keys; i++) {
        json_t *longer = json_sprintf("%s %s", json_string_value(name), text_at(row, i));

        json_decref(name);
        name = longer;
    }
    n = json_integer_value(json_object_get(seen, json_string_value(name))) + 1;
    (void)json_object_set_new(seen, json_string_value(name), json_integer(n));
    if (n > 1) {
        json_t *longer = json_sprintf("%s (%" JSON_INTEGER_FORMAT ")", json_string_value(name), n);

        json_decref(name);
        name = longer;
    }
    return name;
}

static json_t *by_name(const json_t *list)
{
    json_t *named = json_object();
    json_t *seen = json_object();
    size_t i;
    json_t *row;

    json_array_foreach (json_object_get(list, "rows"), i, row) {
        json_t *name = name_of(list, row, seen);

        (void)json_object_set(named, json_string_value(name), row);
        json_decref(name);
    }
    json_decref(seen);
    return named;
}

/** struct changes - @out: NULL to count them only; @n: how many. */
struct changes {
    FILE *out;
    size_t n;
};

static void put_change(struct changes *changes, const char *name, const char *column, const char *a,
                       const char *b)
{
    if (changes->n++ >= MAX_CHANGES || !changes->out)
        return;
    html(changes->out, "<tr><th scope=\"row\"><code>%s</code></th><td>%s</td>", name, column);
    put_cell(changes->out, a, false);
    put_cell(changes->out, b, false);
    html(changes->out, "</tr>\n");
}

static void put_row_changes(struct changes *changes, const char *name, const json_t *columns,
                            const json_t *a, const json_t *b)
{
    size_t i;
    json_t *column;

    json_array_foreach (columns, i, column) {
        if (strcmp(text_at(a, i), text_at(b, i)) != 0)
            put_change(changes, name, json_string_value(column), text_at(a, i), text_at(b, i));
    }
}

static void put_all_changes(struct changes *changes, const json_t *a, const json_t *b)
{
    json_t *of_a = by_name(a), *of_b = by_name(b);
    const char *name;
    json_t *row;

    json_object_foreach (of_a, name, row) {
        const json_t *other = json_object_get(of_b, name);

        if (other)
            put_row_changes(changes, name, json_object_get(a, "columns"), row, other);
        else
            put_change(changes, name, "", "only here", "");
    }
    json_object_foreach (of_b, name, row) {
        if (!json_object_get(of_a, name))
            put_change(changes, name, "", "", "only here");
    }
    json_decref(of_a);
    json_decref(of_b);
}

void report_lists_headline(const struct result *a, const struct result *b, char *text,
                           size_t n_bytes)
{
    struct changes changes = {.out = NULL};

    put_all_changes(&changes, a->list, b->list);
    if (changes.n)
        (void)snprintf(text, n_bytes, "a and b differ in %zu places", changes.n);
    else
        (void)snprintf(text, n_bytes, "a and b are the same");
}

void report_list_changes(FILE *out, const struct result *a, const struct result *b)
{
    struct changes changes = {.out = out};

    html(out, "<section id=\"changes\">\n<h2>What changed</h2>\n<div class=\"scroll\" "
              "tabindex=\"0\" role=\"region\" aria-label=\"Changes\"><table>\n<thead><tr><th "
              "scope=\"col\">Row</th><th scope=\"col\">Column</th><th scope=\"col\">a</th><th "
              "scope=\"col\">b</th></tr></thead>\n<tbody>\n");
    put_all_changes(&changes, a->list, b->list);
    if (!changes.n)
        html(out, "<tr><td colspan=\"4\">nothing</td></tr>\n");
    html(out, "</tbody></table></div>\n");
    if (changes.n > MAX_CHANGES)
        (void)fprintf(out, "<p class=\"soft\">%zu more changes are left out.</p>\n",
                      changes.n - MAX_CHANGES);
    html(out, "</section>\n");
}

bool report_list_alike(const struct result *a, const struct result *b)
{
    return json_equal(json_object_get(a->list, "columns"), json_object_get(b->list, "columns"));
}
