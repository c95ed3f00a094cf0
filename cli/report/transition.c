/* SPDX-License-Identifier: BSD-2-Clause
 * transition.c - one transition, as parts of a page: its cell, verdicts, costs, halves. */
#include "cli/report/report.h"

#include <inttypes.h>
#include <string.h>

#define AMOUNT_BYTES 48u

static void put_amount(FILE *out, const char *name, double value)
{
    char text[AMOUNT_BYTES];

    compare_amount(name, value, text, sizeof(text));
    html(out, "<td class=\"num\">%s</td>", text);
}

/* Three judgements of one thing. */
static void put_judgements(FILE *out, const struct result *result)
{
    static const struct {
        const char *level, *words;
    } rows[] = {
        {"replay", "seen on the simulated hardware, with its timing"},
        {"explore_architecture", "the worst that the architecture permits"},
        {"explore_deployed", "the same without prefetches that no known hardware does"},
    };
    const json_t *verdicts = json_object_get(json_array_get(result->ops, 0), "verdicts");

    html(out, "<h2>Verdicts</h2>\n<div class=\"scroll narrow\" tabindex=\"0\" role=\"region\" "
              "aria-label=\"Verdicts\"><table>\n<thead><tr><th scope=\"col\">Verdict</th><th "
              "scope=\"col\">By whom</th></tr></thead>\n<tbody>\n");
    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        const json_t *verdict = json_object_get(verdicts, rows[i].level);
        const char *why = result_text(verdict, "why");

        html(out, "<tr><td>");
        report_verdict(out, result_text(verdict, "word"),
                       json_is_true(json_object_get(verdict, "inconclusive")));
        html(out, "</td><td>%s%s%s</td></tr>\n", rows[i].words, *why ? "; open: " : "", why);
    }
    html(out, "</tbody></table></div>\n");
}

static double of(const struct result *result, const char *name)
{
    return result_number(json_object_get(json_array_get(result->ops, 0), "costs"), name);
}

/* All of it is the longest. */
static void put_bars(FILE *out, const struct result *result)
{
    const double total = of(result, "total_ns"), blocked = of(result, "blocked_ns");
    const double longest = total > blocked ? total : blocked;

    if (!(longest > 0))
        return;
    html(out, "<ul class=\"legend\">");
    report_key(out, "b-hw", "software waits for the IOMMU");
    report_key(out, "b-cpu", "software's own work");
    report_key(out, "b-blocked", "DMA that both ends serve is refused");
    html(out, "</ul>\n<div class=\"bars narrow\">");
    report_bars(out, 1000 / longest,
                (double[]){of(result, "wait_ns"), of(result, "driver_ns"), blocked});
    html(out, "</div>\n");
}

static void put_costs(FILE *out, const struct result *result)
{
    json_t *costs = json_object_get(json_array_get(result->ops, 0), "costs");
    const char *name;
    json_t *value;

    html(out, "<h2>What it costs</h2>\n");
    put_bars(out, result);
    html(out, "<div class=\"scroll narrow\" tabindex=\"0\" role=\"region\" "
              "aria-label=\"Costs\"><table>\n<thead><tr><th scope=\"col\">Cost</th><th "
              "scope=\"col\" class=\"num\">Of the switch</th></tr></thead>\n<tbody>\n");
    json_object_foreach (costs, name, value) {
        char text[AMOUNT_BYTES];

        if (strncmp(name, "latency_", 8) == 0)
            continue;
        compare_cost_name(name, text, sizeof(text));
        html(out, strchr(name, '.') ? "<tr class=\"member\">" : "<tr>");
        html(out, "<th scope=\"row\">%s</th>", text);
        put_amount(out, name, json_number_value(value));
        html(out, "</tr>\n");
    }
    html(out, "</tbody></table></div>\n");
}

static void put_halves(FILE *out, const struct result *result)
{
    const json_t *halves = json_object_get(result->json, "halves");
    size_t i;
    json_t *half;

    if (json_array_size(halves) < 2)
        return;
    html(out, "<h2>Its halves</h2>\n<div class=\"scroll narrow\" tabindex=\"0\" role=\"region\" "
              "aria-label=\"Halves\"><table>\n<thead><tr><th scope=\"col\">Operation</th><th "
              "scope=\"col\">Replay</th><th scope=\"col\">Architecture</th><th scope=\"col\">"
              "Deployed</th><th scope=\"col\" class=\"num\">Waits</th><th scope=\"col\" "
              "class=\"num\">Time</th></tr></thead>\n<tbody>\n");
    json_array_foreach (halves, i, half) {
        html(out, "<tr><th scope=\"row\">%s</th><td>", result_text(half, "op"));
        report_verdict(out, result_text(half, "replay"), false);
        html(out, "</td><td>");
        report_verdict(out, result_text(half, "explore_architecture"), false);
        html(out, "</td><td>");
        report_verdict(out, result_text(half, "explore_deployed"), false);
        html(out, "</td>");
        put_amount(out, "n", result_number(half, "syncs"));
        put_amount(out, "x_ns", result_number(half, "total_ns"));
        html(out, "</tr>\n");
    }
    html(out,
         "</tbody></table></div>\n<p class=\"soft\">In the gap between them DMA is refused, and "
         "that was asked for: each half by itself may be hitless.</p>\n");
}

void report_transition(FILE *out, const struct result *result, const char *id)
{
    html(out, "<section id=\"%s-transition\">\n", id);
    if (json_array_size(result->ops)) {
        put_judgements(out, result);
        put_costs(out, result);
        html(out, "<h2>Latency of requests</h2>\n");
        report_phases(out, json_object_get(json_object_get(result->json, "costs"), "dma"), "n");
        put_halves(out, result);
    } else {
        html(out, "<p>It was not run, %s: %s (%s).</p>\n", result_text(result->json, "kind"),
             result_text(result->json, "reason"), result_text(result->json, "section"));
    }
    html(out, "</section>\n");
}
