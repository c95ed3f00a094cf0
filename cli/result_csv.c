/* SPDX-License-Identifier: BSD-2-Clause
 * result_csv.c - the table that iommusim sweep writes: an operation per row.
 *
 * Columns are point, state, exit, why, then the axes, then values of each point's JSON by their
 * path. A row's operation is named by its axes; its verdicts are the columns that hold words of
 * verdicts, its costs the numbers below some paths. */
#include "cli/result_private.h"

#include <ctype.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define MAX_FIELD_BYTES (1u << 20)
#define N_FIXED 4u

static const char *const fixed[N_FIXED] = {"point", "state", "exit", "why"};

/* ---- Reading -------------------------------------------------------------------------------- */

/** struct reader - @line: where the record begins; @field: grows. */
struct reader {
    FILE *file;
    struct sim_diag *diag;
    uint32_t line, next_line;
    char *field;
    size_t n, room;
};

static int put_byte(struct reader *reader, int c)
{
    if (reader->n + 1 >= reader->room) {
        const size_t room = reader->room ? 2 * reader->room : 256;
        char *field = room <= MAX_FIELD_BYTES ? realloc(reader->field, room) : NULL;

        if (!field)
            return sim_diag_text(reader->diag, SIM_EFORMAT, reader->line, 0, "a field is too long");
        reader->field = field;
        reader->room = room;
    }
    reader->field[reader->n++] = (char)c;
    reader->field[reader->n] = '\0';
    return 0;
}

/* In quotes, behind the first one. @end: what follows the last. */
static int read_quoted(struct reader *reader, int *end)
{
    int err = 0;

    while (!err) {
        int c = getc(reader->file);

        if (c == EOF)
            return sim_diag_text(reader->diag, SIM_EFORMAT, reader->line, 0,
                                 "quotes are not closed");
        reader->next_line += c == '\n';
        if (c == '"') {
            *end = getc(reader->file);
            if (*end != '"')
                return 0;
        }
        err = put_byte(reader, c);
    }
    return err;
}

/* @end: the comma, line end or EOF behind it. */
static int read_field(struct reader *reader, int *end)
{
    int c = getc(reader->file);
    int err = 0;

    reader->n = 0;
    if (reader->field)
        reader->field[0] = '\0';
    if (c == '"')
        err = read_quoted(reader, &c);
    while (!err && c != ',' && c != '\n' && c != EOF) {
        err = c == '\r' ? 0 : put_byte(reader, c);
        c = getc(reader->file);
    }
    *end = c;
    reader->next_line += c == '\n';
    return err;
}

/* Return: 0 and @fields (empty at the end of the file), or the error. */
static int read_row(struct reader *reader, json_t **fields)
{
    int end = ',';
    int err = 0;

    *fields = json_array();
    reader->line = reader->next_line;
    while (!err && end == ',') {
        err = read_field(reader, &end);
        if (err || (end == EOF && !json_array_size(*fields) && !reader->n))
            break;
        if (json_array_append_new(*fields, json_string(reader->n ? reader->field : "")))
            err = sim_diag_text(reader->diag, SIM_EFORMAT, reader->line, 0, "a field is not UTF-8");
    }
    if (err)
        json_decref(*fields);
    return err;
}

/* ---- Columns -------------------------------------------------------------------------------- */

static const char *text_at(const json_t *fields, size_t i)
{
    const char *text = json_string_value(json_array_get(fields, i));

    return text ? text : "";
}

static bool begins(const char *text, const char *begin)
{
    return strncmp(text, begin, strlen(begin)) == 0;
}

/* Does a result's JSON have such a value? Axes end where these begin. */
static bool is_value(const char *name)
{
    static const char *const begins_with[] = {
        "json.", "config.",  "units.", "devices.", "summary.", "protocol.", "run.",
        "cell.", "verdict.", "costs.", "halves.",  "ret.",     "rules.",    "operations."};
    static const char *const names[] = {
        "schema", "trace", "records",  "lost_events",  "damage", "operations", "halves",
        "views",  "kind",  "outcomes", "inconclusive", "rule",   "reason",     "section",
        "costs",  "ret",   "verdict",  "bad_outside",  "units",  "devices",    "architecture"};

    for (size_t i = 0; i < sizeof(begins_with) / sizeof(begins_with[0]); i++) {
        if (begins(name, begins_with[i]))
            return true;
    }
    for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++) {
        if (strcmp(name, names[i]) == 0)
            return true;
    }
    return false;
}

static size_t end_of_axes(const json_t *head)
{
    size_t i = N_FIXED;

    while (i < json_array_size(head) && !is_value(text_at(head, i)))
        i++;
    return i;
}

static bool is_cost(const char *name)
{
    return begins(name, "costs.") || begins(name, "operations.") || begins(name, "run.") ||
           begins(name, "halves.") || strcmp(name, "protocol.violations") == 0;
}

/* Paths become names of costs: with the unit at the end, and no dots, which say "part of a sum". */
static void cost_name(const char *path, char *name, size_t n_bytes)
{
    const bool is_inner_ns = strstr(path, ".cost_ns.") || strstr(path, ".latency_ns.");
    const size_t skip = begins(path, "costs.") ? strlen("costs.") : 0;

    (void)snprintf(name, n_bytes, "%s%s", path + skip, is_inner_ns ? "_ns" : "");
    for (; *name; name++)
        *name = *name == '.' ? '/' : *name;
}

static bool is_number(const char *text, double *value)
{
    char *end = NULL;

    *value = strtod(text, &end);
    return end != text && *end == '\0';
}

/* ---- Rows ----------------------------------------------------------------------------------- */

static void put_axes(json_t *axes, const json_t *head, const json_t *row, size_t n_axes)
{
    for (size_t i = N_FIXED; i < json_array_size(head); i++) {
        const char *name = text_at(head, i);

        if (i < n_axes)
            (void)json_object_set_new(axes, name + (begins(name, "axis.") ? 5 : 0),
                                      json_string(text_at(row, i)));
        else if (begins(name, "cell.") && !json_object_get(axes, name + 5))
            (void)json_object_set_new(axes, name + 5, json_string(text_at(row, i)));
    }
}

/* "from=s1 to=s2" of the axes proper: what is in every table of the same grid. */
static json_t *row_name(const json_t *head, const json_t *row, size_t n_axes)
{
    json_t *all = json_string("");

    for (size_t i = N_FIXED; i < n_axes; i++) {
        json_t *longer = json_sprintf("%s%s%s=%s", json_string_value(all), i > N_FIXED ? " " : "",
                                      text_at(head, i), text_at(row, i));

        json_decref(all);
        all = longer;
    }
    return all;
}

static bool is_open(const json_t *head, const json_t *row)
{
    static const char *const names[] = {"verdict.inconclusive", "summary.inconclusive",
                                        "inconclusive"};

    for (size_t i = N_FIXED; i < json_array_size(head); i++) {
        for (size_t k = 0; k < sizeof(names) / sizeof(names[0]); k++) {
            if (strcmp(text_at(head, i), names[k]) == 0 && strcmp(text_at(row, i), "true") == 0)
                return true;
        }
    }
    return false;
}

/* Is it the verdict of the whole point? It stands before those of its parts. */
static bool is_whole(const char *name)
{
    return strcmp(name, "verdict.replay") == 0 || strcmp(name, "summary.worst") == 0 ||
           strcmp(name, "architecture") == 0;
}

static void put_verdicts(json_t *verdicts, const json_t *head, const json_t *row, size_t n_axes,
                         bool wants_whole)
{
    const bool open = is_open(head, row);

    for (size_t i = n_axes; i < json_array_size(head); i++) {
        const char *word = text_at(row, i);

        if (is_whole(text_at(head, i)) != wants_whole || result_rank(word) < 0)
            continue;
        (void)json_object_set_new(verdicts, text_at(head, i),
                                  json_pack("{s:s, s:b, s:s}", "word", word, "inconclusive",
                                            open || strcmp(word, "INCONCLUSIVE") == 0, "why", ""));
    }
}

static void put_costs(json_t *costs, const json_t *head, const json_t *row, size_t n_axes)
{
    for (size_t i = n_axes; i < json_array_size(head); i++) {
        char name[256];
        double value;

        if (!is_cost(text_at(head, i)) || !is_number(text_at(row, i), &value))
            continue;
        cost_name(text_at(head, i), name, sizeof(name));
        (void)json_object_set_new(costs, name, json_real(value));
    }
}

/* What the row says of itself: "kind", "reason", "section" of a transition. */
static const char *value_of(const json_t *head, const json_t *row, const char *name)
{
    for (size_t i = 0; i < json_array_size(head); i++) {
        if (strcmp(text_at(head, i), name) == 0)
            return text_at(row, i);
    }
    return "";
}

static json_t *make_row(const json_t *head, const json_t *row, size_t number)
{
    const size_t n_axes = end_of_axes(head);
    json_t *axes = json_object();
    json_t *verdicts = json_object();
    json_t *costs = json_object();

    put_axes(axes, head, row, n_axes);
    put_verdicts(verdicts, head, row, n_axes, true);
    put_verdicts(verdicts, head, row, n_axes, false);
    put_costs(costs, head, row, n_axes);
    return json_pack("{s:o, s:s, s:n, s:I, s:n, s:s, s:o, s:o, s:o, s:s, s:s, s:s, s:s}", "op",
                     row_name(head, row, n_axes), "device", "", "pasid", "number",
                     (json_int_t)number, "ret", "detail", "", "verdicts", verdicts, "costs", costs,
                     "axes", axes, "state", text_at(row, 1), "kind", value_of(head, row, "kind"),
                     "reason", value_of(head, row, "reason"), "why", text_at(row, 3));
}

/* ---- The table ------------------------------------------------------------------------------ */

static int check_head(const json_t *head, struct sim_diag *diag)
{
    for (size_t i = 0; i < N_FIXED; i++) {
        if (strcmp(text_at(head, i), fixed[i]) != 0)
            return sim_diag_text(diag, SIM_EFORMAT, 1, 0,
                                 "no table of iommusim sweep: column %zu is '%.40s', not '%s'",
                                 i + 1, text_at(head, i), fixed[i]);
    }
    return 0;
}

static int read_rows(struct reader *reader, const json_t *head, json_t *ops)
{
    json_t *row;
    int err;

    for (;;) {
        size_t n;

        err = read_row(reader, &row);
        if (err)
            return err;
        n = json_array_size(row);
        if (n == json_array_size(head))
            (void)json_array_append_new(ops, make_row(head, row, json_array_size(ops) + 1));
        json_decref(row);
        if (n == 0)
            return 0;
        if (n != json_array_size(head))
            return sim_diag_text(reader->diag, SIM_EFORMAT, reader->line, 0,
                                 "%zu fields, the first line has %zu", n, json_array_size(head));
    }
}

static int read_table(struct reader *reader, struct result *result)
{
    json_t *head;
    int err = read_row(reader, &head);

    if (err)
        return err;
    err = check_head(head, reader->diag);
    if (!err)
        err = read_rows(reader, head, result->ops);
    json_decref(head);
    return err;
}

int result_read_csv(struct result *result, const char *path, struct sim_diag *diag)
{
    struct reader reader = {.file = fopen(path, "re"), .diag = diag, .next_line = 1};
    int err;

    if (!reader.file)
        return sim_diag_text(diag, SIM_EIO, 0, 0, "cannot open: %s", strerror(errno));
    *result = (struct result){
        .kind = RESULT_SWEEP, .path = path, .json = json_object(), .ops = json_array()};
    err = read_table(&reader, result);
    (void)fclose(reader.file);
    free(reader.field);
    if (err)
        result_free(result);
    return err;
}
