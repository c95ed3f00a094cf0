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

static void put_costs(FILE *out, const struct result *result)
{
    json_t *costs = json_object_get(json_array_get(result->ops, 0), "costs");
    const char *name;
    json_t *value;

    html(out, "<h2>What it costs</h2>\n<div class=\"scroll narrow\" tabindex=\"0\" role=\"region\" "
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

static void put_latency(FILE *out, const struct result *result)
{
    static const char *const phases[] = {"before", "during", "after"};
    static const char *const figures[] = {"p50", "p99", "max"};
    const json_t *dma = json_object_get(json_object_get(result->json, "costs"), "dma");

    html(
        out,
        "<h2>Latency of requests</h2>\n<div class=\"scroll narrow\" tabindex=\"0\" role=\"region\" "
        "aria-label=\"Latency\"><table>\n<thead><tr><th scope=\"col\">Switch</th><th "
        "scope=\"col\" class=\"num\">Requests</th><th scope=\"col\" class=\"num\">Median</th>"
        "<th scope=\"col\" class=\"num\">99 of 100</th><th scope=\"col\" class=\"num\">Longest"
        "</th></tr></thead>\n<tbody>\n");
    for (size_t i = 0; i < sizeof(phases) / sizeof(phases[0]); i++) {
        const json_t *phase = json_object_get(dma, phases[i]);

        html(out, "<tr><th scope=\"row\">%s</th>", phases[i]);
        put_amount(out, "n", result_number(phase, "n"));
        for (size_t k = 0; k < sizeof(figures) / sizeof(figures[0]); k++)
            put_amount(out, "x_ns", result_number(phase, figures[k]));
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
        put_latency(out, result);
        put_halves(out, result);
    } else {
        html(out, "<p>It was not run, %s: %s (%s).</p>\n", result_text(result->json, "kind"),
             result_text(result->json, "reason"), result_text(result->json, "section"));
    }
    html(out, "</section>\n");
}
