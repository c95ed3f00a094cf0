/* SPDX-License-Identifier: BSD-2-Clause
 * result_table.c - tables as results, an operation per row: of a sweep, and of make
 * bench-transitions.
 *
 * Columns of a sweep are point, state, exit, why, then the axes, then values of each point's JSON
 * by their path. Those of the benchmark are the axes of a transition, then figures. A row's
 * operation is named by its axes; its verdicts are the columns that hold words of verdicts, its
 * costs the numbers. */
#include "cli/result_private.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define N_FIXED 4u

static const char *const fixed[N_FIXED] = {"point", "state", "exit", "why"};

/* The table of make bench-transitions. */
#define N_BENCH_AXES 8u
static const char *const bench[] = {"arch", "driver", "load", "pasid",  "ats",
                                    "by",   "from",   "to",   "verdict"};
#define N_BENCH (sizeof(bench) / sizeof(bench[0]))

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

/** struct layout - columns @first..@end are axes. */
struct layout {
    size_t first, end;
    bool is_bench;
};

static bool has_names(const json_t *head, const char *const *names, size_t n)
{
    for (size_t i = 0; i < n; i++) {
        if (strcmp(text_at(head, i), names[i]) != 0)
            return false;
    }
    return true;
}

static size_t end_of_axes(const json_t *head)
{
    size_t i = N_FIXED;

    while (i < json_array_size(head) && !is_value(text_at(head, i)))
        i++;
    return i;
}

static bool is_cost(const struct layout *layout, const char *name)
{
    return layout->is_bench || begins(name, "costs.") || begins(name, "operations.") ||
           begins(name, "run.") || begins(name, "halves.") ||
           strcmp(name, "protocol.violations") == 0;
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
    return end != text && *end == '\0' && isfinite(*value);
}

/* ---- Rows ----------------------------------------------------------------------------------- */

/* Presets stand behind the figures, if there are several. */
static bool is_axis(const struct layout *layout, const json_t *head, size_t i)
{
    return (i >= layout->first && i < layout->end) ||
           (layout->is_bench && strcmp(text_at(head, i), "preset") == 0);
}

static void put_axes(json_t *axes, const json_t *head, const json_t *row,
                     const struct layout *layout)
{
    for (size_t i = layout->first; i < json_array_size(head); i++) {
        const char *name = text_at(head, i);

        if (is_axis(layout, head, i))
            (void)json_object_set_new(axes, name + (begins(name, "axis.") ? 5 : 0),
                                      json_string(text_at(row, i)));
        else if (begins(name, "cell.") && !json_object_get(axes, name + 5))
            (void)json_object_set_new(axes, name + 5, json_string(text_at(row, i)));
    }
}

/* "from=s1 to=s2" of the axes proper: what is in every table of the same grid. */
static json_t *row_name(const json_t *head, const json_t *row, const struct layout *layout)
{
    json_t *all = json_string("");

    for (size_t i = layout->first; i < json_array_size(head); i++) {
        json_t *longer;

        if (!is_axis(layout, head, i))
            continue;
        longer = json_sprintf("%s%s%s=%s", json_string_value(all), i > layout->first ? " " : "",
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
           strcmp(name, "architecture") == 0 || strcmp(name, "verdict") == 0;
}

static void put_verdicts(json_t *verdicts, const json_t *head, const json_t *row,
                         const struct layout *layout, bool wants_whole)
{
    const bool open = is_open(head, row);

    for (size_t i = layout->end; i < json_array_size(head); i++) {
        const char *word = text_at(row, i);

        if (is_whole(text_at(head, i)) != wants_whole || result_rank(word) < 0)
            continue;
        (void)json_object_set_new(verdicts, text_at(head, i),
                                  json_pack("{s:s, s:b, s:s}", "word", word, "inconclusive",
                                            open || strcmp(word, "INCONCLUSIVE") == 0, "why", ""));
    }
}

static void put_costs(json_t *costs, const json_t *head, const json_t *row,
                      const struct layout *layout)
{
    for (size_t i = layout->end; i < json_array_size(head); i++) {
        char name[256];
        double value;

        if (!is_cost(layout, text_at(head, i)) || !is_number(text_at(row, i), &value))
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

static json_t *make_row(const json_t *head, const json_t *row, const struct layout *layout,
                        size_t number)
{
    json_t *axes = json_object();
    json_t *verdicts = json_object();
    json_t *costs = json_object();

    put_axes(axes, head, row, layout);
    put_verdicts(verdicts, head, row, layout, true);
    put_verdicts(verdicts, head, row, layout, false);
    put_costs(costs, head, row, layout);
    return json_pack("{s:o, s:s, s:n, s:I, s:n, s:s, s:o, s:o, s:o, s:s, s:s, s:s, s:s}", "op",
                     row_name(head, row, layout), "device", "", "pasid", "number",
                     (json_int_t)number, "ret", "detail", "", "verdicts", verdicts, "costs", costs,
                     "axes", axes, "state", layout->is_bench ? "done" : text_at(row, 1), "kind",
                     layout->is_bench ? "ran" : value_of(head, row, "kind"), "reason",
                     value_of(head, row, "reason"), "why", layout->is_bench ? "" : text_at(row, 3));
}

/* ---- The table ------------------------------------------------------------------------------ */

static bool find_layout(const json_t *head, struct layout *layout)
{
    if (has_names(head, bench, N_BENCH)) {
        *layout = (struct layout){.end = N_BENCH_AXES, .is_bench = true};
        return true;
    }
    *layout = (struct layout){.first = N_FIXED};
    if (!has_names(head, fixed, N_FIXED))
        return false;
    layout->end = end_of_axes(head);
    return true;
}

bool result_is_table(const json_t *head)
{
    struct layout layout;

    return find_layout(head, &layout);
}

int result_take_table(struct result *result, const char *path, json_t *head, json_t *rows,
                      struct sim_diag *diag)
{
    struct layout layout;
    size_t i;
    json_t *row;
    int err = 0;

    *result = (struct result){
        .kind = RESULT_SWEEP, .path = path, .json = json_object(), .ops = json_array()};
    if (!find_layout(head, &layout))
        err = sim_diag_text(diag, SIM_EFORMAT, 1, 0,
                            "no table of iommusim sweep: its first column is '%.40s', not '%s'",
                            text_at(head, 0), fixed[0]);
    json_array_foreach (rows, i, row) {
        if (!err)
            (void)json_array_append_new(result->ops, make_row(head, row, &layout, i + 1));
    }
    json_decref(head);
    json_decref(rows);
    if (err)
        result_free(result);
    return err;
}
