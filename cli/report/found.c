/* SPDX-License-Identifier: BSD-2-Clause
 * found.c - what the explorer found, as a part of a page: a witness of each class. */
#include "cli/report/report.h"

#include <inttypes.h>
#include <string.h>

#define MAX_OPS 200u
#define MAX_WORDS 16u

/* ---- How many outcomes there are ------------------------------------------------------------ */

/* Of an operation: outcomes by class, as words of result_word. */
static void count_outcomes(const json_t *op, double *counts)
{
    size_t i, k;
    json_t *slot;
    json_t *outcome;

    for (i = 0; i < MAX_WORDS; i++)
        counts[i] = 0;
    json_array_foreach (json_object_get(op, "slots"), i, slot) {
        json_array_foreach (json_object_get(slot, "outcomes"), k, outcome) {
            for (size_t w = 0; result_word(w); w++)
                counts[w] += strcmp(result_text(outcome, "verdict"), result_word(w)) == 0;
        }
    }
}

static void put_outcomes(FILE *out, const json_t *op, double most)
{
    double counts[MAX_WORDS] = {0}, x = 0;

    count_outcomes(op, counts);
    for (size_t w = 0; result_word(w); w++) {
        if (counts[w] > 0)
            (void)fprintf(out, "%s%.0f %s", x > 0 ? ", " : "", counts[w], result_word(w));
        x += counts[w];
    }
    html(out, "</td><td class=\"bars\"><svg viewBox=\"0 0 1000 24\" preserveAspectRatio=\"none\" "
              "aria-hidden=\"true\">");
    x = 0;
    for (size_t w = 0; result_word(w) && most > 0; w++) {
        const double width = counts[w] * 1000 / most;

        if (width > 0)
            (void)fprintf(out,
                          "<rect class=\"x-%zu\" x=\"%.3f\" y=\"5\" width=\"%.3f\" height=\"14\"/>",
                          w, x, width);
        x += width;
    }
    html(out, "</svg></td></tr>\n");
}

static double sum_outcomes(const json_t *op)
{
    double counts[MAX_WORDS] = {0}, sum = 0;

    count_outcomes(op, counts);
    for (size_t w = 0; result_word(w); w++)
        sum += counts[w];
    return sum;
}

static void put_all_outcomes(FILE *out, const json_t *ops)
{
    double most = 0;
    size_t n = 0;
    size_t i;
    json_t *op;

    json_array_foreach (ops, i, op) {
        const double sum = sum_outcomes(op);

        most = sum > most ? sum : most;
    }
    html(out,
         "<div class=\"scroll tall\" tabindex=\"0\" role=\"region\" aria-label=\"Outcomes\">"
         "<table>\n<thead><tr><th scope=\"col\">Operation</th><th scope=\"col\">Outcomes that "
         "requests may have</th><th scope=\"col\">Drawn to one scale</th></tr></thead>\n<tbody>\n");
    json_array_foreach (ops, i, op) {
        if (sum_outcomes(op) <= 0 || n++ >= REPORT_MAX_ROWS)
            continue;
        (void)fprintf(out, "<tr><th scope=\"row\">%zu ", i + 1);
        html(out, "%s</th><td class=\"why\">", result_text(op, "op"));
        put_outcomes(out, op, most);
    }
    if (!n)
        html(out, "<tr><td>none</td></tr>\n");
    html(out, "</tbody></table></div>\n");
    if (n > REPORT_MAX_ROWS)
        (void)fprintf(out, "<p class=\"soft\">%zu more operations are left out.</p>\n",
                      n - REPORT_MAX_ROWS);
}

/* ---- Witnesses ------------------------------------------------------------------------------ */

/* One outcome of each class but HITLESS, the first. */
struct witnesses {
    const json_t *outcome[16];
    const json_t *slot[16];
    size_t n;
};

static void collect(const json_t *slot, struct witnesses *found)
{
    size_t i;
    json_t *outcome;

    json_array_foreach (json_object_get(slot, "outcomes"), i, outcome) {
        const char *word = result_text(outcome, "verdict");
        size_t k = 0;

        if (result_rank(word) < 1)
            continue;
        while (k < found->n && strcmp(result_text(found->outcome[k], "verdict"), word) != 0)
            k++;
        if (k < found->n || k == sizeof(found->outcome) / sizeof(found->outcome[0]))
            continue;
        found->outcome[k] = outcome;
        found->slot[k] = slot;
        found->n++;
    }
}

/* "CD word 0 = 0x0 (record 575)" for what differs is too long: each structure that was held. */
static void put_held(FILE *out, const json_t *outcome)
{
    size_t i, w;
    json_t *held;
    json_t *word;

    html(out, "<td><details><summary>what hardware held</summary><code>");
    json_array_foreach (json_object_get(outcome, "held"), i, held) {
        html(out, "%s %s:", result_text(held, "structure"), result_text(held, "address"));
        json_array_foreach (json_object_get(held, "words"), w, word) {
            html(out, " %s", result_text(word, "value"));
        }
        html(out, "<br>");
    }
    html(out, "</code></details></td>");
}

static void put_witness(FILE *out, const json_t *slot, const json_t *outcome)
{
    const json_t *pasid = json_object_get(slot, "pasid");

    html(out, "<tr><td>");
    report_verdict(out, result_text(outcome, "verdict"), false);
    html(out, "</td><td class=\"who\"><code>%s</code>", result_text(slot, "sid"));
    if (json_is_integer(pasid))
        (void)fprintf(out, ", PASID %" JSON_INTEGER_FORMAT, json_integer_value(pasid));
    html(out, "</td><td>%s</td><td class=\"why\">%s</td><td class=\"num\">",
         result_text(outcome, "phase"), result_text(json_object_get(outcome, "target"), "text"));
    (void)fprintf(out, "%.0f</td>", result_number(outcome, "record"));
    if (json_array_size(json_object_get(outcome, "held")))
        put_held(out, outcome);
    else
        html(out, "<td></td>");
    html(out, "</tr>\n");
}

/* Return: does it have one? */
static bool find_witnesses(const json_t *op, struct witnesses *found)
{
    size_t i;
    json_t *slot;

    found->n = 0;
    json_array_foreach (json_object_get(op, "slots"), i, slot) {
        collect(slot, found);
    }
    return found->n > 0;
}

static void put_op(FILE *out, const json_t *op, size_t number)
{
    const char *finding = result_text(op, "finding");
    struct witnesses found;
    size_t i;

    (void)find_witnesses(op, &found);
    (void)fprintf(out, "<h3>Operation %zu, ", number);
    html(out, "%s of <code>%s</code></h3>\n", result_text(op, "op"),
         *result_text(op, "device") ? result_text(op, "device") : "no device");
    if (*finding)
        html(out, "<p>A known finding: <code>%s</code>.</p>\n", finding);
    html(out,
         "<div class=\"scroll\" tabindex=\"0\" role=\"region\" aria-label=\"Witnesses\"><table>"
         "\n<thead><tr><th scope=\"col\">Class</th><th scope=\"col\">StreamID</th>"
         "<th scope=\"col\">When</th><th scope=\"col\">What a request may get</th>"
         "<th scope=\"col\" class=\"num\">From record</th><th scope=\"col\">Because</th></tr>"
         "</thead>\n<tbody>\n");
    for (i = 0; i < found.n; i++)
        put_witness(out, found.slot[i], found.outcome[i]);
    html(out, "</tbody></table></div>\n");
}

void report_found(FILE *out, const struct result *result, const char *id)
{
    struct witnesses found;
    size_t n = 0;
    size_t i;
    json_t *op;

    html(out, "<section id=\"%s-found\">\n<h2>What permitted hardware may do</h2>\n", id);
    put_all_outcomes(out, json_object_get(result->json, "operations"));
    html(out, "<p>A witness of "
              "each class, the first that was found. <em>Architecture</em>: everything that the "
              "architecture permits; <em>deployed</em>: without prefetches that no known hardware "
              "does.</p>\n");
    json_array_foreach (json_object_get(result->json, "operations"), i, op) {
        if (find_witnesses(op, &found) && n++ < MAX_OPS)
            put_op(out, op, i + 1);
    }
    if (n > MAX_OPS)
        (void)fprintf(out, "<p class=\"soft\">Witnesses of %zu more operations are left out.</p>\n",
                      n - MAX_OPS);
    html(out, "</section>\n");
}
