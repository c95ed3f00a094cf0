/* SPDX-License-Identifier: BSD-2-Clause
 * operations.c - the operations of a result: verdicts, costs, rules, story. */
#include "cli/report/report.h"

#include <inttypes.h>
#include <string.h>

#define AMOUNT_BYTES 48u
#define LONG_TABLE 24u /* rows */

static bool is_hitless(const json_t *op)
{
    const json_t *verdict =
        json_object_iter_value(json_object_iter(json_object_get(op, "verdicts")));

    return strcmp(result_text(verdict, "word"), "HITLESS") == 0;
}

/* There may be thousands of these; a table has them only if something is wrong. */
static bool is_routine(const json_t *op)
{
    const char *name = result_text(op, "op");

    return (strcmp(name, "map") == 0 || strcmp(name, "unmap") == 0) && is_hitless(op);
}

void report_rows_start(struct report_rows *rows, const json_t *ops)
{
    size_t i;
    json_t *op;

    *rows = (struct report_rows){.n_left_out = 0};
    json_array_foreach (ops, i, op) {
        rows->bad += !is_hitless(op);
    }
    rows->bad = rows->bad < REPORT_MAX_ROWS ? rows->bad : REPORT_MAX_ROWS;
    rows->good = REPORT_MAX_ROWS - rows->bad;
}

bool report_rows_take(struct report_rows *rows, const json_t *op)
{
    size_t *room = is_hitless(op) ? &rows->good : &rows->bad;

    if (is_routine(op))
        return false;
    if (!*room) {
        rows->n_left_out++;
        return false;
    }
    (*room)--;
    return true;
}

void report_rows_end(FILE *out, const struct report_rows *rows)
{
    if (rows->n_left_out)
        (void)fprintf(
            out,
            "<p class=\"soft\">Left out here, so that the page stays small: %zu operations,"
            " HITLESS ones first; the result has them.</p>\n",
            rows->n_left_out);
}

static void put_number(FILE *out, const json_t *number)
{
    if (json_is_integer(number))
        (void)fprintf(out, "%" JSON_INTEGER_FORMAT, json_integer_value(number));
    else
        (void)fputs("&#8211;", out);
}

/* Maps of a domain that several use have none. */
static const char *device_of(const json_t *op)
{
    const char *device = result_text(op, "device");

    return *device ? device : "-";
}

static void put_verdicts(FILE *out, const json_t *op)
{
    const char *level;
    json_t *verdict;

    json_object_foreach (json_object_get(op, "verdicts"), level, verdict) {
        html(out, "<td>");
        report_verdict(out, result_text(verdict, "word"),
                       json_is_true(json_object_get(verdict, "inconclusive")));
        html(out, "</td>");
    }
}

/* The verdict stands early: a narrow screen shows the first columns. */
static void put_who(FILE *out, const json_t *op)
{
    const json_t *pasid = json_object_get(op, "pasid");

    html(out, "<tr><th scope=\"row\" class=\"num\">");
    put_number(out, json_object_get(op, "number"));
    html(out, "</th><td>%s</td>", result_text(op, "op"));
    put_verdicts(out, op);
    html(out, "<td class=\"who\"><code>%s</code>", device_of(op));
    if (json_is_integer(pasid)) {
        html(out, "<br>PASID ");
        put_number(out, pasid);
    }
    html(out, "</td>");
    if (*result_text(op, "detail"))
        html(out, "<td class=\"who\">%s</td>", result_text(op, "detail"));
}

static void put_amount(FILE *out, const json_t *op, const char *name)
{
    char text[AMOUNT_BYTES];

    compare_amount(name, result_number(json_object_get(op, "costs"), name), text, sizeof(text));
    html(out, "<td class=\"num\">%s</td>", text);
}

/* What the original says beside the verdict. */
static void put_remark(FILE *out, const struct result *result, const json_t *op)
{
    const json_int_t number = json_integer_value(json_object_get(op, "number"));
    const json_t *origin =
        json_array_get(json_object_get(result->json, "operations"), (size_t)number - 1);
    const char *why = result_text(origin, "why");
    const char *note = result_text(origin, "note");
    const json_int_t ret = json_integer_value(json_object_get(op, "ret"));

    html(out, "<td class=\"why\">");
    if (ret)
        (void)fprintf(out, "returned %" JSON_INTEGER_FORMAT "%s", ret, *why || *note ? "; " : "");
    html(out, "%s%s%s</td></tr>\n", why, *why && *note ? "; " : "", note);
}

static void put_head(FILE *out, const struct result *result)
{
    const bool is_explored = result->kind == RESULT_EXPLORE;

    html(out, "<thead><tr><th scope=\"col\" class=\"num\">#</th><th scope=\"col\">Operation</th>");
    html(out, is_explored ? "<th scope=\"col\">Architecture</th><th scope=\"col\">Deployed</th>"
                          : "<th scope=\"col\">Verdict</th>");
    html(out, "<th scope=\"col\">Device</th>");
    if (!is_explored)
        html(out, "<th scope=\"col\">Domain</th><th scope=\"col\" class=\"num\">Refused</th>"
                  "<th scope=\"col\" class=\"num\">DMA blocked</th>");
    html(out, "<th scope=\"col\" class=\"num\">Stores</th><th scope=\"col\" class=\"num\">Commands"
              "</th><th scope=\"col\" class=\"num\">Waits</th><th scope=\"col\">Remarks</th></tr>"
              "</thead>\n");
}

static void put_row(FILE *out, const struct result *result, const json_t *op)
{
    put_who(out, op);
    if (result->kind == RESULT_REPLAY) {
        put_amount(out, op, "dma_refused");
        put_amount(out, op, "dma_blocked_ns");
    }
    put_amount(out, op, "stores");
    put_amount(out, op, "commands");
    put_amount(out, op, "syncs");
    put_remark(out, result, op);
}

/* ---- Bars ----------------------------------------------------------------------------------- */

static double of(const json_t *op, const char *name)
{
    return result_number(json_object_get(op, "costs"), name);
}

/* One length for all, so that bars can be compared. */
static double longest_bar(const json_t *ops)
{
    double most = 0;
    size_t i;
    json_t *op;

    json_array_foreach (ops, i, op) {
        const double work = of(op, "hw_ns") + of(op, "cpu_ns");
        const double blocked = of(op, "dma_blocked_ns");

        most = work > most ? work : most;
        most = blocked > most ? blocked : most;
    }
    return most;
}

static void put_rect(FILE *out, const char *class, double x, double width, int lane)
{
    if (width > 0)
        (void)fprintf(out, "<rect class=\"%s\" x=\"%.3f\" y=\"%d\" width=\"%.3f\" height=\"8\"/>",
                      class, x, lane * 12 + 2, width);
}

void report_bars(FILE *out, double scale, const double ns[3])
{
    html(out, "<svg viewBox=\"0 0 1000 24\" preserveAspectRatio=\"none\" aria-hidden=\"true\">");
    put_rect(out, "b-hw", 0, ns[0] * scale, 0);
    put_rect(out, "b-cpu", ns[0] * scale, ns[1] * scale, 0);
    put_rect(out, "b-blocked", 0, ns[2] * scale, 1);
    html(out, "</svg>");
}

static void put_cost_row(FILE *out, const json_t *op, double scale)
{
    html(out, "<tr><th scope=\"row\">");
    put_number(out, json_object_get(op, "number"));
    html(out, " %s</th>", result_text(op, "op"));
    put_amount(out, op, "hw_ns");
    put_amount(out, op, "cpu_ns");
    put_amount(out, op, "dma_blocked_ns");
    put_amount(out, op, "refill_ns");
    html(out, "<td class=\"bars\">");
    report_bars(out, scale,
                (double[]){of(op, "hw_ns"), of(op, "cpu_ns"), of(op, "dma_blocked_ns")});
    html(out, "</td></tr>\n");
}

void report_key(FILE *out, const char *class_name, const char *words)
{
    html(out,
         "<li><svg class=\"%s\" viewBox=\"0 0 10 10\" aria-hidden=\"true\"><rect class=\"%s\" "
         "width=\"10\" height=\"10\"/></svg>%s</li>\n",
         class_name, class_name, words);
}

/* A long table scrolls by itself: what follows is worth finding. */
static const char *scroll_class(const json_t *ops)
{
    size_t n = 0;
    size_t i;
    json_t *op;

    json_array_foreach (ops, i, op) {
        n += !is_routine(op);
    }
    return n > LONG_TABLE ? "scroll tall" : "scroll";
}

static void put_costs(FILE *out, const struct result *result, const char *id)
{
    const double longest = longest_bar(result->ops);
    struct report_rows rows;
    size_t i;
    json_t *op;

    report_rows_start(&rows, result->ops);
    html(out, "<section id=\"%s-costs\">\n<h3>What each operation costs</h3>\n", id);
    html(out, "<ul class=\"legend\">");
    report_key(out, "b-hw", "software waits for the IOMMU");
    report_key(out, "b-cpu", "software's own work");
    report_key(out, "b-blocked", "DMA of the device refused");
    html(out, "</ul>\n<div class=\"%s\" tabindex=\"0\" role=\"region\" aria-label=\"Costs\">",
         scroll_class(result->ops));
    html(out, "<table>\n<thead><tr><th scope=\"col\">Operation</th><th scope=\"col\" class=\"num\">"
              "Waits</th><th scope=\"col\" class=\"num\">Software</th><th scope=\"col\" "
              "class=\"num\">DMA blocked</th><th scope=\"col\" class=\"num\">Until refilled</th>"
              "<th scope=\"col\">Drawn to one scale</th></tr></thead>\n<tbody>\n");
    json_array_foreach (result->ops, i, op) {
        if (report_rows_take(&rows, op))
            put_cost_row(out, op, longest > 0 ? 1000 / longest : 0);
    }
    html(out, "</tbody></table></div>\n");
    report_rows_end(out, &rows);
    html(out, "</section>\n");
}

static void put_table(FILE *out, const struct result *result)
{
    struct report_rows rows;
    size_t i;
    json_t *op;

    html(out,
         "<div class=\"%s\" tabindex=\"0\" role=\"region\" aria-label=\"Operations\">"
         "<table>\n",
         scroll_class(result->ops));
    put_head(out, result);
    report_rows_start(&rows, result->ops);
    html(out, "<tbody>\n");
    json_array_foreach (result->ops, i, op) {
        if (report_rows_take(&rows, op))
            put_row(out, result, op);
    }
    html(out, "</tbody></table></div>\n");
    report_rows_end(out, &rows);
}

void report_operations(FILE *out, const struct report_side *side, const char *id)
{
    const struct result *result = &side->result;
    const size_t n_ops = json_array_size(result->ops);
    size_t n_routine = 0;
    size_t i;
    json_t *op;

    json_array_foreach (result->ops, i, op) {
        n_routine += is_routine(op);
    }
    html(out, "<section id=\"%s-operations\">\n<h2>Operations</h2>\n", id);
    if (n_routine < n_ops)
        put_table(out, result);
    if (!n_ops)
        html(out, "<p>There are none.</p>\n");
    if (n_routine)
        (void)fprintf(out, "<p class=\"soft\">Left out, since HITLESS: maps and unmaps, %zu.</p>\n",
                      n_routine);
    html(out, "</section>\n");
    if (result->kind == RESULT_REPLAY && n_routine < n_ops)
        put_costs(out, result, id);
}
