/* SPDX-License-Identifier: BSD-2-Clause
 * changes.c - what differs between two results, as parts of a page. */
#include "cli/report/report.h"

#include <inttypes.h>
#include <string.h>

#define AMOUNT_BYTES 48u
#define MAX_DETAILS 200u

static const char *word_or_dash(const json_t *value)
{
    return json_is_string(value) ? json_string_value(value) : "-";
}

static void put_change(FILE *out, const char *change)
{
    const char *class = strcmp(change, "worse") == 0    ? "c-worse"
                        : strcmp(change, "better") == 0 ? "c-better"
                                                        : "c-other";

    html(out, "<span class=\"v %s\">%s</span>", class, change);
}

static void put_settings(FILE *out, const json_t *comparison)
{
    size_t i;
    json_t *setting;

    if (!json_array_size(json_object_get(comparison, "settings")))
        return;
    html(out, "<h3>Settings that differ</h3>\n<div class=\"scroll\" tabindex=\"0\" role=\"region\" "
              "aria-label=\"Settings\"><table>\n<thead><tr><th scope=\"col\">Setting</th>"
              "<th scope=\"col\">a</th><th scope=\"col\">b</th></tr></thead>\n<tbody>\n");
    json_array_foreach (json_object_get(comparison, "settings"), i, setting) {
        html(out,
             "<tr><th scope=\"row\"><code>%s</code></th><td><code>%s</code></td><td><code>%s"
             "</code></td></tr>\n",
             result_text(setting, "name"), word_or_dash(json_object_get(setting, "a")),
             word_or_dash(json_object_get(setting, "b")));
    }
    html(out, "</tbody></table></div>\n");
}

static void put_integer(FILE *out, const json_t *number)
{
    if (json_is_integer(number))
        (void)fprintf(out, "%" JSON_INTEGER_FORMAT, json_integer_value(number));
    else
        (void)fputs("&#8211;", out);
}

/* Whose, and its numbers in a and b. */
static void put_who(FILE *out, const json_t *op)
{
    const char *device = result_text(op, "device");
    const char *other = result_text(op, "device_b");
    const json_t *pasid = json_object_get(op, "pasid");

    html(out, "<td class=\"who\"><code>%s</code>", *device ? device : "-");
    if (strcmp(device, other) != 0)
        html(out, " / <code>%s</code>", other);
    if (json_is_integer(pasid)) {
        html(out, "<br>PASID ");
        put_integer(out, pasid);
    }
    html(out, "</td><td class=\"num\">");
    put_integer(out, json_object_get(op, "a"));
    html(out, "</td><td class=\"num\">");
    put_integer(out, json_object_get(op, "b"));
    html(out, "</td></tr>\n");
}

static void put_verdict_row(FILE *out, const json_t *op, const json_t *verdict)
{
    const char *change = result_text(op, "change");
    const char *level = result_text(verdict, "level");
    const bool is_lone = strncmp(change, "only", 4) == 0;

    html(out, "<tr><th scope=\"row\">%s</th><td>", result_text(op, "op"));
    report_verdict(out, result_text(verdict, "a"),
                   json_is_true(json_object_get(verdict, "a_inconclusive")));
    html(out, "</td><td>");
    report_verdict(out, result_text(verdict, "b"),
                   json_is_true(json_object_get(verdict, "b_inconclusive")));
    html(out, "</td><td>");
    put_change(out, is_lone ? change : result_text(verdict, "change"));
    html(out, strcmp(level, "verdict") == 0 ? "</td>" : " (%s)</td>", level);
    put_who(out, op);
}

/* What fails in one of the two only has no verdict that says so. */
static void put_ret_row(FILE *out, const json_t *op)
{
    const json_t *a = json_object_get(op, "ret_a");
    const json_t *b = json_object_get(op, "ret_b");

    if (!json_is_integer(a) || !json_is_integer(b) || json_equal(a, b))
        return;
    html(out, "<tr><th scope=\"row\">%s</th><td>returned ", result_text(op, "op"));
    put_integer(out, a);
    html(out, "</td><td>returned ");
    put_integer(out, b);
    html(out, "</td><td>");
    put_change(out, json_integer_value(a) == 0   ? "worse"
                    : json_integer_value(b) == 0 ? "better"
                                                 : "unclear");
    html(out, "</td>");
    put_who(out, op);
}

/* Maps and unmaps that are the same are too many to list. */
static bool is_listed(const json_t *op, const char *change)
{
    const char *name = result_text(op, "op");

    return strcmp(result_text(op, "change"), change) == 0 &&
           !(strcmp(change, "same") == 0 &&
             (strcmp(name, "map") == 0 || strcmp(name, "unmap") == 0));
}

/* Return: operations that are left out since the table is long enough; @n counts all. */
static size_t put_verdict_rows(FILE *out, const json_t *comparison, const char *change, size_t *n)
{
    size_t n_left_out = 0;
    size_t i, k;
    json_t *op;
    json_t *verdict;

    json_array_foreach (json_object_get(comparison, "operations"), i, op) {
        if (!is_listed(op, change))
            continue;
        if ((*n)++ >= REPORT_MAX_ROWS) {
            n_left_out++;
            continue;
        }
        json_array_foreach (json_object_get(op, "verdicts"), k, verdict) {
            put_verdict_row(out, op, verdict);
        }
        put_ret_row(out, op);
    }
    return n_left_out;
}

static bool has_listed(const json_t *comparison)
{
    size_t i;
    json_t *op;

    json_array_foreach (json_object_get(comparison, "operations"), i, op) {
        if (is_listed(op, result_text(op, "change")))
            return true;
    }
    return false;
}

static void put_verdicts(FILE *out, const json_t *comparison)
{
    static const char *const order[] = {"worse", "unclear", "only a", "only b", "better", "same"};

    size_t n = 0, n_left_out = 0;

    if (!has_listed(comparison))
        return;
    html(out, "<h3>Verdicts</h3>\n<div class=\"scroll\" tabindex=\"0\" role=\"region\" "
              "aria-label=\"Verdicts\"><table>\n<thead><tr><th scope=\"col\">Operation</th>"
              "<th scope=\"col\">a</th><th scope=\"col\">b</th><th scope=\"col\">Change</th>"
              "<th scope=\"col\">Device</th><th scope=\"col\" class=\"num\"># in a</th>"
              "<th scope=\"col\" class=\"num\"># in b</th></tr></thead>\n<tbody>\n");
    for (size_t i = 0; i < sizeof(order) / sizeof(order[0]); i++)
        n_left_out += put_verdict_rows(out, comparison, order[i], &n);
    html(out, "</tbody></table></div>\n");
    if (n_left_out)
        (void)fprintf(out,
                      "<p class=\"soft\">%zu more are left out, what is worse stands first.</p>\n",
                      n_left_out);
}

static void put_rules(FILE *out, const json_t *comparison)
{
    size_t i;
    json_t *rule;

    if (!json_array_size(json_object_get(comparison, "rules")))
        return;
    html(out, "<h3>Rules, by how often they are broken</h3>\n<div class=\"scroll\" tabindex=\"0\" "
              "role=\"region\" aria-label=\"Rules\"><table>\n<thead><tr><th scope=\"col\">Rule</th>"
              "<th scope=\"col\" class=\"num\">a</th><th scope=\"col\" class=\"num\">b</th>"
              "<th scope=\"col\">Change</th></tr></thead>\n<tbody>\n");
    json_array_foreach (json_object_get(comparison, "rules"), i, rule) {
        html(out, "<tr><th scope=\"row\"><code>%s</code></th>", result_text(rule, "rule"));
        (void)fprintf(out, "<td class=\"num\">%.0f</td><td class=\"num\">%.0f</td><td>",
                      result_number(rule, "a"), result_number(rule, "b"));
        put_change(out, result_text(rule, "change"));
        html(out, "</td></tr>\n");
    }
    html(out, "</tbody></table></div>\n");
}

/* ---- Costs ---------------------------------------------------------------------------------- */

static void put_cells(FILE *out, const json_t *cost)
{
    static const char *const members[] = {"a", "b", "difference"};
    const char *name = result_text(cost, "name");
    char text[AMOUNT_BYTES];

    compare_cost_name(name, text, sizeof(text));
    html(out, "<th scope=\"row\">%s</th>", text);
    for (size_t i = 0; i < sizeof(members) / sizeof(members[0]); i++) {
        const double value = result_number(cost, members[i]);

        compare_amount(name, value, text, sizeof(text));
        html(out, "<td class=\"num\">%s%s</td>", i == 2 && value > 0 ? "+" : "", text);
    }
    compare_ratio(cost, text, sizeof(text));
    html(out, "<td class=\"num\">%s</td>", text);
}

/* a above b, each against the larger of the two. */
static void put_pair(FILE *out, const json_t *cost)
{
    const double a = result_number(cost, "a"), b = result_number(cost, "b");
    const double scale = 1000 / (a > b ? a : b);

    html(out, "<td class=\"bars\"><svg viewBox=\"0 0 1000 24\" preserveAspectRatio=\"none\" "
              "aria-hidden=\"true\">");
    if (a > 0)
        (void)fprintf(out, "<rect class=\"b-cpu\" y=\"2\" width=\"%.3f\" height=\"9\"/>",
                      a * scale);
    if (b > 0)
        (void)fprintf(out, "<rect class=\"b-hw\" y=\"13\" width=\"%.3f\" height=\"9\"/>",
                      b * scale);
    html(out, "</svg></td></tr>\n");
}

static void put_cost_head(FILE *out, const char *label)
{
    html(out,
         "<div class=\"scroll\" tabindex=\"0\" role=\"region\" aria-label=\"%s\"><table>\n"
         "<thead><tr><th scope=\"col\">Cost</th><th scope=\"col\" class=\"num\">a</th>"
         "<th scope=\"col\" class=\"num\">b</th><th scope=\"col\" class=\"num\">Difference</th>"
         "<th scope=\"col\" class=\"num\">b / a</th><th scope=\"col\">a above b</th></tr>"
         "</thead>\n<tbody>\n",
         label);
}

static bool is_nothing(const json_t *cost)
{
    return result_number(cost, "a") == 0 && result_number(cost, "b") == 0;
}

static void put_totals(FILE *out, const json_t *comparison)
{
    size_t n = 0;
    size_t i;
    json_t *cost;

    json_array_foreach (json_object_get(comparison, "totals"), i, cost) {
        n += !is_nothing(cost);
    }
    if (!n)
        return;
    html(out,
         "<h3>Costs of all operations that both have</h3>\n<ul class=\"legend\"><li><svg "
         "viewBox=\"0 0 10 10\" aria-hidden=\"true\"><rect class=\"b-cpu\" width=\"10\" "
         "height=\"10\"/></svg>a</li><li><svg viewBox=\"0 0 10 10\" aria-hidden=\"true\"><rect "
         "class=\"b-hw\" width=\"10\" height=\"10\"/></svg>b</li></ul>\n");
    put_cost_head(out, "Totals");
    json_array_foreach (json_object_get(comparison, "totals"), i, cost) {
        if (is_nothing(cost))
            continue;
        html(out, "<tr>");
        put_cells(out, cost);
        put_pair(out, cost);
    }
    html(out, "</tbody></table></div>\n");
}

static void put_op_costs(FILE *out, const json_t *op)
{
    const char *device = result_text(op, "device");
    size_t i;
    json_t *cost;

    html(out, *device ? "<details>\n<summary>%s of %s: " : "<details>\n<summary>%s%s: ",
         result_text(op, "op"), device);
    (void)fprintf(out,
                  "operation %" JSON_INTEGER_FORMAT " in a, %" JSON_INTEGER_FORMAT
                  " in b, %zu figures differ</summary>\n",
                  json_integer_value(json_object_get(op, "a")),
                  json_integer_value(json_object_get(op, "b")),
                  json_array_size(json_object_get(op, "costs")));
    put_cost_head(out, "Costs");
    json_array_foreach (json_object_get(op, "costs"), i, cost) {
        html(out, strchr(result_text(cost, "name"), '.') ? "<tr class=\"member\">" : "<tr>");
        put_cells(out, cost);
        put_pair(out, cost);
    }
    html(out, "</tbody></table></div>\n</details>\n");
}

static void put_costs(FILE *out, const json_t *comparison)
{
    size_t n = 0;
    size_t i;
    json_t *op;

    json_array_foreach (json_object_get(comparison, "operations"), i, op) {
        if (!json_array_size(json_object_get(op, "costs")))
            continue;
        if (!n++)
            html(out, "<h3>Costs that differ, by operation</h3>\n");
        if (n <= MAX_DETAILS)
            put_op_costs(out, op);
    }
    if (n > MAX_DETAILS)
        (void)fprintf(out,
                      "<p class=\"soft\">Costs differ in %zu more operations; <code>iommusim "
                      "compare</code> tells them all.</p>\n",
                      n - MAX_DETAILS);
}

void report_changes(FILE *out, const json_t *comparison)
{
    html(out, "<section id=\"changes\">\n<h2>What changed</h2>\n");
    put_verdicts(out, comparison);
    put_rules(out, comparison);
    put_totals(out, comparison);
    put_costs(out, comparison);
    put_settings(out, comparison);
    html(out, "</section>\n");
}
