/* SPDX-License-Identifier: BSD-2-Clause
 * latency.c - latency of requests, over the run and around one operation.
 * Knows: the members "story" and "latency_ns", SVG. Must not know: who made them. */
#include "cli/report/report.h"

#include <math.h>
#include <string.h>

#define LEFT 70.0
#define RIGHT 985.0
#define TOP 22.0
#define BOTTOM 210.0
#define MAX_BANDS 400u
#define MAX_BINS 1000u
#define N_PHASES 3u

/** struct chart - @end: of the time that it shows, in ns; @decades: of latency, from 1 ns. */
struct chart {
    FILE *out;
    double end, decades;
};

static double x_of(const struct chart *chart, double ns)
{
    const double part = ns / chart->end;

    return LEFT + (RIGHT - LEFT) * (part < 0 ? 0 : part > 1 ? 1 : part);
}

static double y_of(const struct chart *chart, double ns)
{
    const double part = ns > 1 ? log10(ns) / chart->decades : 0;

    return BOTTOM - (BOTTOM - TOP) * (part > 1 ? 1 : part);
}

static void put_axes(const struct chart *chart)
{
    const double ten = pow(10, floor(log10(chart->end / 6)));
    const double step = ten * (chart->end / 6 / ten < 2 ? 2 : chart->end / 6 / ten < 5 ? 5 : 10);

    for (unsigned i = 0; i <= (unsigned)chart->decades; i++) {
        const double y = y_of(chart, pow(10, i));
        char text[48];

        if (i < 3)
            (void)snprintf(text, sizeof(text), "%.0f ns", pow(10, i));
        else
            (void)snprintf(text, sizeof(text), "%.0f %s", pow(10, i % 3),
                           i < 6   ? "us"
                           : i < 9 ? "ms"
                                   : "s");
        (void)fprintf(chart->out,
                      "<line class=\"t-grid\" x1=\"%.0f\" x2=\"%.0f\" y1=\"%.1f\" y2=\"%.1f\"/>"
                      "<text class=\"t-lane\" x=\"%.0f\" y=\"%.1f\">%s</text>\n",
                      LEFT, RIGHT, y, y, LEFT - 8, y + 4, text);
    }
    for (unsigned i = 0; i < 12 && step * i <= chart->end; i++)
        (void)fprintf(chart->out, "<text class=\"t-tick\" x=\"%.1f\" y=\"%.0f\">%.6g</text>\n",
                      x_of(chart, step * i), BOTTOM + 30, step * i / 1000);
    (void)fprintf(chart->out,
                  "<text class=\"t-tick\" x=\"%.0f\" y=\"%.0f\">us of simulated time</text>\n",
                  (LEFT + RIGHT) / 2, BOTTOM + 47);
}

static void put_band(const struct chart *chart, double x, double width)
{
    (void)fprintf(chart->out,
                  "<rect class=\"t-band\" x=\"%.1f\" y=\"%.0f\" width=\"%.1f\" "
                  "height=\"%.0f\"/>",
                  x, TOP, width < 1 ? 1 : width, BOTTOM - TOP);
}

/* Operations, with their numbers where there is room. */
static void put_bands(const struct chart *chart, const json_t *ops)
{
    double free_from = 0;
    unsigned n = 0;
    size_t i;
    json_t *op;

    json_array_foreach (ops, i, op) {
        const double x = x_of(chart, report_number(op, "begin_ns"));
        const double width = x_of(chart, report_number(op, "end_ns")) - x;
        const char *name = result_text(op, "op");

        if (strcmp(name, "map") == 0 || strcmp(name, "unmap") == 0 || !(width >= 0) ||
            n++ >= MAX_BANDS)
            continue;
        put_band(chart, x, width);
        if (x < free_from)
            continue;
        (void)fprintf(chart->out, "<text class=\"t-tick\" x=\"%.1f\" y=\"%.0f\">%zu</text>\n",
                      x + width / 2, TOP - 7, i + 1);
        free_from = x + 24;
    }
}

static void put_bin(const struct chart *chart, const json_t *bin, double width)
{
    const double x = x_of(chart, report_number(bin, "begin_ns"));
    const double high = y_of(chart, report_number(bin, "max_ns"));
    const double middle = y_of(chart, report_number(bin, "p50_ns"));

    (void)fprintf(chart->out,
                  "<rect class=\"t-most\" x=\"%.1f\" y=\"%.1f\" width=\"%.1f\" height=\"%.1f\"/>"
                  "<rect class=\"t-middle\" x=\"%.1f\" y=\"%.1f\" width=\"%.1f\" height=\"3\"/>\n",
                  x, high, width, middle > high ? middle - high : 0, x, middle - 1.5, width);
    if (report_number(bin, "refused") > 0)
        (void)fprintf(chart->out,
                      "<path class=\"t-cross\" d=\"M%.1f %.1fl8 8m0 -8l-8 8\"><title>%.10g refused"
                      "</title></path>\n",
                      x + width / 2 - 4, BOTTOM + 5, report_number(bin, "refused"));
}

static double largest(const json_t *list, const char *name)
{
    double most = 0;
    size_t i;
    json_t *item;

    json_array_foreach (list, i, item) {
        const double value = report_number(item, name);

        most = value > most ? value : most;
    }
    return most;
}

static void put_chart(const struct chart *chart, const json_t *story, const json_t *ops)
{
    const json_t *latency = json_object_get(story, "latency");
    const double begin = report_number(story, "begin_ns"), x = x_of(chart, begin);
    const json_t *bins = json_object_get(latency, "bins");
    const double width = x_of(chart, report_number(latency, "bin_ns")) - LEFT;
    size_t i;
    json_t *bin;

    (void)fprintf(chart->out,
                  "<svg viewBox=\"0 0 1000 %.0f\" role=\"img\" aria-label=\"Latency of "
                  "requests over the run\">\n",
                  BOTTOM + 52);
    if (ops)
        put_bands(chart, ops);
    else
        put_band(chart, x, x_of(chart, begin + report_number(story, "end_ns")) - x);
    put_axes(chart);
    json_array_foreach (bins, i, bin) {
        if (i < MAX_BINS)
            put_bin(chart, bin, width < 1.5 ? 1.5 : width);
    }
    html(chart->out, "</svg>\n");
}

void report_latency(FILE *out, const json_t *story, const json_t *ops)
{
    const json_t *latency = json_object_get(story, "latency");
    const json_t *bins = json_object_get(latency, "bins");
    const double most = largest(bins, "max_ns");
    struct chart chart = {.out = out, .decades = most > 10 ? ceil(log10(most)) : 1};
    const double every = report_number(latency, "every");

    chart.end = largest(bins, "begin_ns") + report_number(latency, "bin_ns");
    if (!json_array_size(bins) || !(chart.end > 1e-3 && chart.end < 1e18) || chart.decades > 12)
        return;
    html(out, "<figure>\n<div class=\"picture scroll\" tabindex=\"0\" role=\"region\" "
              "aria-label=\"Latency of requests over the run\">\n");
    put_chart(&chart, story, ops);
    html(out, "</div>\n<ul class=\"legend\">");
    report_key(out, "t-middle", "median");
    report_key(out, "t-most", "from there to the longest");
    report_key(out, "t-band", ops ? "an operation, with its number" : "the transition");
    if (largest(bins, "refused") > 0)
        report_key(out, "b-blocked", "crosses: requests that were refused");
    html(out, "</ul>\n<figcaption>Latency of the device's requests over the whole run; each step "
              "upwards is ten times as long.");
    if (every > 1)
        (void)fprintf(out, " One of %.10g requests that went well is counted.", every);
    html(out, "</figcaption>\n</figure>\n");
}

/* ---- Before, during and after --------------------------------------------------------------- */

void report_phases(FILE *out, const json_t *latency, const char *count)
{
    static const char *const phases[N_PHASES] = {"before", "during", "after"};
    static const char *const figures[] = {"p50", "p99", "max"};

    double n = 0;

    for (size_t i = 0; i < N_PHASES; i++)
        n += report_number(json_object_get(latency, phases[i]), count);
    if (!(n > 0)) {
        html(out, "<p class=\"soft\">Around it no latency was measured.</p>\n");
        return;
    }
    html(out, "<div class=\"scroll narrow\" tabindex=\"0\" role=\"region\" aria-label=\"Latency\">"
              "<table><caption>Latency of the device's requests around the switch</caption>\n"
              "<thead><tr><th scope=\"col\">Switch</th><th scope=\"col\" class=\"num\">Requests"
              "</th><th scope=\"col\" class=\"num\">Median</th><th scope=\"col\" class=\"num\">"
              "99 of 100</th><th scope=\"col\" class=\"num\">Longest</th></tr></thead>\n<tbody>\n");
    for (size_t i = 0; i < N_PHASES; i++) {
        const json_t *phase = json_object_get(latency, phases[i]);

        html(out, "<tr><th scope=\"row\">%s</th>", phases[i]);
        (void)fprintf(out, "<td class=\"num\">%.10g</td>", report_number(phase, count));
        for (size_t k = 0; k < sizeof(figures) / sizeof(figures[0]); k++) {
            char text[48];

            compare_amount("x_ns", report_number(phase, figures[k]), text, sizeof(text));
            html(out, "<td class=\"num\">%s</td>", text);
        }
        html(out, "</tr>\n");
    }
    html(out, "</tbody></table></div>\n");
}
