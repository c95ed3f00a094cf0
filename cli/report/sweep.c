/* SPDX-License-Identifier: BSD-2-Clause
 * sweep.c - the table of a sweep, as parts of a page: heat maps of transitions, or rows. */
#include "cli/report/report.h"

#include <string.h>

#define MAX_OPEN 12u    /* tables that are open at once */
#define MAX_GROUPS 400u /* tables */
#define MAX_STATES 64u  /* of heat maps, on each side */
#define MAX_PAIRS 3000u
#define MAX_BESIDE 6u  /* states of tables that stand side by side */
#define MAX_ROWS 5000u /* of a plain table */
#define MAX_COSTS 6u   /* columns of it */
#define AMOUNT_BYTES 48u

/* Of a cell, and no axis of a grid: the same for all. */
#define OTHER_AXES "sets", "gap_ns", "window_ns", "mapped_bytes"

static const char *axis(const json_t *op, const char *name)
{
    return result_text(json_object_get(op, "axes"), name);
}

static const json_t *first_verdict(const json_t *op)
{
    return json_object_iter_value(json_object_iter(json_object_get(op, "verdicts")));
}

/* The worst of the other verdicts of an operation, if it is worse than the first: NULL if not. */
static const char *worst_beside(const json_t *op)
{
    int worst = result_rank(result_text(first_verdict(op), "word"));
    const char *found = NULL;
    const char *level;
    json_t *verdict;

    json_object_foreach (json_object_get(op, "verdicts"), level, verdict) {
        const char *word = result_text(verdict, "word");

        if (result_rank(word) <= worst)
            continue;
        worst = result_rank(word);
        found = word;
    }
    return found;
}

/* What permitted hardware may do stands beside what the simulated one did. */
static void put_beside(FILE *out, const json_t *op)
{
    const char *word = worst_beside(op);

    if (word)
        html(out, "<span class=\"may\">may: %s</span>", word);
}

const char *report_sweep_may(const struct result *result)
{
    const char *worst = "";
    size_t i;
    json_t *op;

    json_array_foreach (result->ops, i, op) {
        const char *word = worst_beside(op);

        if (word && result_rank(word) > result_rank(worst))
            worst = word;
    }
    return worst;
}

static void put_cell(FILE *out, const json_t *op)
{
    const json_t *verdict = first_verdict(op);
    const char *kind = result_text(op, "kind");

    if (verdict) {
        report_verdict(out, result_text(verdict, "word"),
                       json_is_true(json_object_get(verdict, "inconclusive")));
        put_beside(out, op);
    } else if (*kind)
        html(out, "<span class=\"v v-none\" title=\"%s\">%s</span>", result_text(op, "reason"),
             kind);
    else
        html(out, "<span class=\"v v-none\" title=\"%s\">%s</span>", result_text(op, "why"),
             result_text(op, "state"));
}

/* How many points have something worse beside their first verdict. */
static void put_key_to_cells(FILE *out, const json_t *ops)
{
    size_t n = 0;
    size_t i;
    json_t *op;

    json_array_foreach (ops, i, op) {
        n += worst_beside(op) != NULL;
    }
    if (n)
        (void)fprintf(out,
                      "<p>A verdict is what was seen on the simulated hardware, with its timing. "
                      "<em>may</em>: what hardware that the architecture permits may do is worse; "
                      "so it is at %zu points.</p>\n",
                      n);
}

/* ---- Groups --------------------------------------------------------------------------------- */

static bool is_among(const char *word, const char *const *words)
{
    for (; *words; words++) {
        if (strcmp(word, *words) == 0)
            return true;
    }
    return false;
}

/* "arch smmuv3, driver best": the axes but @without, and but those that have no value or are off.
 */
static json_t *group_name(const json_t *op, const char *const *without)
{
    json_t *all = json_string("");
    const char *name;
    json_t *value;

    json_object_foreach (json_object_get(op, "axes"), name, value) {
        const char *text = json_string_value(value);
        json_t *longer;

        if (is_among(name, without) || !*text || strcmp(text, "false") == 0)
            continue;
        longer = json_sprintf("%s%s%s %s", json_string_value(all),
                              *json_string_value(all) ? ", " : "", name, text);
        json_decref(all);
        all = longer;
    }
    return all;
}

/* Name of a group: its operations, borrowed from @ops' reference. */
static json_t *make_groups(const json_t *ops, const char *const *without)
{
    json_t *groups = json_object();
    size_t i;
    json_t *op;

    json_array_foreach (ops, i, op) {
        json_t *name = group_name(op, without);
        json_t *group = json_object_get(groups, json_string_value(name));

        if (!group) {
            group = json_array();
            (void)json_object_set_new(groups, json_string_value(name), group);
        }
        (void)json_array_append(group, op);
        json_decref(name);
    }
    return groups;
}

/* The values of an axis, in the order in which they appear. */
static json_t *values_of(const json_t *ops, const char *name)
{
    json_t *values = json_object();
    size_t i;
    json_t *op;

    json_array_foreach (ops, i, op) {
        (void)json_object_set_new(values, axis(op, name), json_true());
    }
    return values;
}

/* ---- Heat maps ------------------------------------------------------------------------------ */

/* "from", a line end, "to": the cell, the first of its name; a new object. */
static json_t *index_cells(const json_t *group)
{
    json_t *cells = json_object();
    size_t i;
    json_t *op;

    json_array_foreach (group, i, op) {
        json_t *name = json_sprintf("%s\n%s", axis(op, "from"), axis(op, "to"));

        if (!json_object_get(cells, json_string_value(name)))
            (void)json_object_set(cells, json_string_value(name), op);
        json_decref(name);
    }
    return cells;
}

static const json_t *find_cell(const json_t *cells, const char *from, const char *to)
{
    json_t *name = json_sprintf("%s\n%s", from, to);
    const json_t *op = json_object_get(cells, json_string_value(name));

    json_decref(name);
    return op;
}

static void put_heat_row(FILE *out, const json_t *cells, const char *from, json_t *tos)
{
    const char *to;
    json_t *value;

    html(out, "<tr><th scope=\"row\">%s</th>", from);
    json_object_foreach (tos, to, value) {
        const json_t *op = find_cell(cells, from, to);

        html(out, "<td>");
        if (op)
            put_cell(out, op);
        html(out, "</td>");
    }
    html(out, "</tr>\n");
}

/* Nothing but what cannot be done: no need to see it at once. */
static bool has_verdict(const json_t *group)
{
    size_t i;
    json_t *op;

    json_array_foreach (group, i, op) {
        if (first_verdict(op))
            return true;
    }
    return false;
}

static void put_heat(FILE *out, const char *name, const json_t *group, bool is_open)
{
    json_t *froms = values_of(group, "from");
    json_t *tos = values_of(group, "to");
    json_t *cells = index_cells(group);
    char tally[512];
    const char *word;
    json_t *value;

    html(out, is_open ? "<details open>\n" : "<details>\n");
    report_tally(group, tally, sizeof(tally));
    html(out, "<summary>%s: %s", *name ? name : "all", tally);
    html(out,
         "</summary>\n<div class=\"scroll\" tabindex=\"0\" role=\"region\" aria-label=\"%s\">"
         "<table class=\"heat\">\n<thead><tr><th scope=\"col\">from \\ to</th>",
         *name ? name : "all");
    json_object_foreach (tos, word, value) {
        html(out, "<th scope=\"col\">%s</th>", word);
    }
    html(out, "</tr></thead>\n<tbody>\n");
    json_object_foreach (froms, word, value) {
        put_heat_row(out, cells, word, tos);
    }
    html(out, "</tbody></table></div>\n");
    if (json_array_size(group) > json_object_size(cells))
        (void)fprintf(out,
                      "<p class=\"soft\">Of points that differ in nothing but what is no axis the "
                      "first is drawn; %zu are not.</p>\n",
                      json_array_size(group) - json_object_size(cells));
    html(out, "</details>\n");
    json_decref(cells);
    json_decref(froms);
    json_decref(tos);
}

static void put_heats(FILE *out, const json_t *ops)
{
    static const char *const without[] = {"from", "to", OTHER_AXES, NULL};
    json_t *groups = make_groups(ops, without);
    const char *name;
    json_t *group;
    json_t *tos = values_of(ops, "to");
    size_t n = 0, n_groups = 0;

    html(out, "<h2>Verdicts, from each state to each other</h2>\n");
    html(out, json_object_size(tos) > MAX_BESIDE ? "<div>\n" : "<div class=\"heats\">\n");
    json_object_foreach (groups, name, group) {
        if (n_groups++ < MAX_GROUPS)
            put_heat(out, name, group, has_verdict(group) && n++ < MAX_OPEN);
    }
    html(out, "</div>\n");
    if (n_groups > MAX_GROUPS)
        (void)fprintf(out, "<p class=\"soft\">%zu more tables are left out.</p>\n",
                      n_groups - MAX_GROUPS);
    json_decref(tos);
    json_decref(groups);
}

/* ---- Replace against detach and attach ------------------------------------------------------ */

static double of(const json_t *op, const char *name)
{
    return result_number(json_object_get(op, "costs"), name);
}

static void put_amount(FILE *out, const json_t *op, const char *name)
{
    char text[AMOUNT_BYTES];

    compare_amount(name, of(op, name), text, sizeof(text));
    html(out, "<td class=\"num\">%s</td>", text);
}

static void put_bar(FILE *out, const char *class, int y, double width)
{
    if (width > 0)
        (void)fprintf(out, "<rect class=\"%s\" y=\"%d\" width=\"%.3f\" height=\"9\"/>", class, y,
                      width);
}

static void put_pair(FILE *out, const json_t *replace, const json_t *apart, double most)
{
    const double a = of(replace, "blocked_ns"), b = of(apart, "blocked_ns");

    html(out, "<tr class=\"member\"><th scope=\"row\">%s to %s</th><td>", axis(replace, "from"),
         axis(replace, "to"));
    put_cell(out, replace);
    html(out, "</td>");
    put_amount(out, replace, "total_ns");
    put_amount(out, apart, "total_ns");
    put_amount(out, replace, "blocked_ns");
    put_amount(out, apart, "blocked_ns");
    html(out, "<td class=\"bars\"><svg viewBox=\"0 0 1000 24\" preserveAspectRatio=\"none\" "
              "aria-hidden=\"true\">");
    if (most > 0) {
        put_bar(out, "b-hw", 2, a * 1000 / most);
        put_bar(out, "b-blocked", 13, b * 1000 / most);
    }
    html(out, "</svg></td></tr>\n");
}

static const json_t *find_by(const json_t *group, const char *by)
{
    size_t i;
    json_t *op;

    json_array_foreach (group, i, op) {
        if (strcmp(axis(op, "by"), by) == 0 && first_verdict(op))
            return op;
    }
    return NULL;
}

/* Operations that have a partner, by the axes but those of @without. */
static size_t count_pairs(json_t *groups)
{
    const char *name;
    json_t *group;
    size_t n = 0;

    json_object_foreach (groups, name, group) {
        n += find_by(group, "replace") && find_by(group, "detach-attach");
    }
    return n;
}

/* One scale for all bars of a block. */
static double longest(const json_t *ops)
{
    double most = 0;
    size_t i;
    json_t *op;

    json_array_foreach (ops, i, op) {
        most = of(op, "blocked_ns") > most ? of(op, "blocked_ns") : most;
    }
    return most;
}

/* All pairs that differ in from and to only. */
static void put_block(FILE *out, const char *title, const json_t *ops, size_t *n_pairs)
{
    const double most = longest(ops);
    static const char *const without[] = {"by", OTHER_AXES, NULL};
    json_t *groups = make_groups(ops, without);
    const char *name;
    json_t *group;

    if (count_pairs(groups))
        html(out, "<tr class=\"total\"><th scope=\"rowgroup\" colspan=\"7\">%s</th></tr>\n",
             *title ? title : "all");
    json_object_foreach (groups, name, group) {
        const json_t *replace = find_by(group, "replace");
        const json_t *apart = find_by(group, "detach-attach");

        if (replace && apart && (*n_pairs)++ < MAX_PAIRS)
            put_pair(out, replace, apart, most);
    }
    json_decref(groups);
}

static void put_pair_head(FILE *out)
{
    html(out, "<h2>Replace against detach and attach</h2>\n<ul class=\"legend\"><li><svg "
              "viewBox=\"0 0 10 10\" aria-hidden=\"true\"><rect class=\"b-hw\" width=\"10\" "
              "height=\"10\"/></svg>DMA refused, replace</li><li><svg viewBox=\"0 0 10 10\" "
              "aria-hidden=\"true\"><rect class=\"b-blocked\" width=\"10\" height=\"10\"/></svg>"
              "DMA refused, detach and attach</li></ul>\n");
    html(out, "<div class=\"scroll\" tabindex=\"0\" role=\"region\" aria-label=\"Replace against "
              "detach and attach\"><table>\n<thead><tr><th scope=\"col\">Cell</th><th "
              "scope=\"col\">Replace</th><th scope=\"col\" class=\"num\">It takes</th><th "
              "scope=\"col\" class=\"num\">Both halves take</th><th scope=\"col\" class=\"num\">"
              "It refuses DMA</th><th scope=\"col\" class=\"num\">They refuse it</th><th "
              "scope=\"col\">DMA refused, to one scale</th></tr></thead>\n<tbody>\n");
}

static void put_pairs(FILE *out, const json_t *ops)
{
    static const char *const inner[] = {"by", OTHER_AXES, NULL};
    static const char *const outer[] = {"by", "from", "to", OTHER_AXES, NULL};
    json_t *all = make_groups(ops, inner);
    json_t *groups = make_groups(ops, outer);
    const char *name;
    json_t *group;
    size_t n_pairs = 0;

    if (count_pairs(all)) {
        put_pair_head(out);
        json_object_foreach (groups, name, group) {
            put_block(out, name, group, &n_pairs);
        }
        html(out, "</tbody></table></div>\n");
        if (n_pairs > MAX_PAIRS)
            (void)fprintf(out, "<p class=\"soft\">%zu more pairs are left out.</p>\n",
                          n_pairs - MAX_PAIRS);
    }
    json_decref(all);
    json_decref(groups);
}

/* ---- Rows ----------------------------------------------------------------------------------- */

/* The first costs that the first point with a result has. */
static size_t choose_costs(const json_t *ops, const char **names)
{
    size_t n = 0;
    size_t i;
    json_t *op;

    json_array_foreach (ops, i, op) {
        const char *name;
        json_t *value;

        json_object_foreach (json_object_get(op, "costs"), name, value) {
            if (n < MAX_COSTS)
                names[n++] = name;
        }
        if (n)
            break;
    }
    return n;
}

/* Axes that have several values, by name: those are columns. */
static json_t *find_columns(const json_t *ops)
{
    json_t *first = json_object_get(json_array_get(ops, 0), "axes");
    json_t *columns = json_object();
    const char *name;
    json_t *value;
    size_t i;
    json_t *op;

    json_object_foreach (first, name, value) {
        json_array_foreach (ops, i, op) {
            if (strcmp(axis(op, name), json_string_value(value)) != 0)
                (void)json_object_set_new(columns, name, json_true());
        }
    }
    return columns;
}

static void put_constants(FILE *out, const json_t *ops, const json_t *columns)
{
    bool is_first = true;
    const char *name;
    json_t *value;

    json_object_foreach (json_object_get(json_array_get(ops, 0), "axes"), name, value) {
        if (json_object_get(columns, name) || !*json_string_value(value))
            continue;
        html(out, is_first ? "<p>Of all points: %s <code>%s</code>" : ", %s <code>%s</code>", name,
             json_string_value(value));
        is_first = false;
    }
    if (!is_first)
        html(out, ".</p>\n");
}

/** struct columns - @axes: an object with their names. */
struct columns {
    json_t *axes;
    const char *costs[MAX_COSTS];
    size_t n_costs;
};

static void put_row(FILE *out, const json_t *op, const struct columns *columns)
{
    const char *name;
    json_t *value;

    html(out, "<tr>");
    json_object_foreach (columns->axes, name, value) {
        html(out, "<td>%s</td>", axis(op, name));
    }
    html(out, "<td>");
    put_cell(out, op);
    html(out, "</td>");
    for (size_t i = 0; i < columns->n_costs; i++)
        put_amount(out, op, columns->costs[i]);
    html(out, "</tr>\n");
}

static void put_row_head(FILE *out, const struct columns *columns)
{
    const char *name;
    json_t *value;

    html(out, "<div class=\"scroll\" tabindex=\"0\" role=\"region\" aria-label=\"Points\"><table>\n"
              "<thead><tr>");
    json_object_foreach (columns->axes, name, value) {
        html(out, "<th scope=\"col\">%s</th>", name);
    }
    html(out, "<th scope=\"col\">Verdict</th>");
    for (size_t i = 0; i < columns->n_costs; i++) {
        char text[128];

        compare_cost_name(columns->costs[i], text, sizeof(text));
        html(out, "<th scope=\"col\" class=\"num\">%s</th>", text);
    }
    html(out, "</tr></thead>\n<tbody>\n");
}

static void put_rows(FILE *out, const json_t *ops)
{
    struct columns columns = {.axes = find_columns(ops)};
    const size_t n_ops = json_array_size(ops);

    columns.n_costs = choose_costs(ops, columns.costs);
    html(out, "<h2>Points</h2>\n");
    put_constants(out, ops, columns.axes);
    put_row_head(out, &columns);
    for (size_t i = 0; i < n_ops && i < MAX_ROWS; i++)
        put_row(out, json_array_get(ops, i), &columns);
    html(out, "</tbody></table></div>\n");
    if (n_ops > MAX_ROWS)
        (void)fprintf(out, "<p>%zu more points are left out; the table has them.</p>\n",
                      n_ops - MAX_ROWS);
    json_decref(columns.axes);
}

/* From each state to each other, if they are few enough for a picture. */
static bool is_of_transitions(const json_t *ops)
{
    const json_t *first = json_array_get(ops, 0);
    json_t *froms = values_of(ops, "from");
    json_t *tos = values_of(ops, "to");
    const bool is_small =
        json_object_size(froms) <= MAX_STATES && json_object_size(tos) <= MAX_STATES;

    json_decref(froms);
    json_decref(tos);
    return *axis(first, "from") && *axis(first, "to") && is_small;
}

void report_sweep(FILE *out, const struct result *result, const char *id)
{
    const json_t *first = json_array_get(result->ops, 0);

    html(out, "<section id=\"%s-sweep\">\n", id);
    put_key_to_cells(out, result->ops);
    if (!first) {
        html(out, "<p>The table has no points.</p>\n");
    } else if (is_of_transitions(result->ops)) {
        put_heats(out, result->ops);
        put_pairs(out, result->ops);
    } else {
        put_rows(out, result->ops);
    }
    html(out, "</section>\n");
}
