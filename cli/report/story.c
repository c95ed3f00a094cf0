/* SPDX-License-Identifier: BSD-2-Clause
 * story.c - one operation told; rules that were broken; where a result comes from. */
#include "cli/report/report.h"
#include "include/iommusim/version.h"

#include <inttypes.h>
#include <string.h>

/* ---- The story ------------------------------------------------------------------------------ */

/* Lines that tell what requests saw stand out. */
static void put_lines(FILE *out, const char *story)
{
    char line[4096];

    story += strspn(story, "\n");
    while (*story) {
        const size_t n = strcspn(story, "\n");

        (void)snprintf(line, sizeof(line), "%.*s", (int)(n < sizeof(line) ? n : sizeof(line) - 1),
                       story);
        if (strstr(line, ">> "))
            html(out, "<span class=\"saw\">%s</span>\n", line);
        else
            html(out, "%s\n", line);
        story += n + (story[n] == '\n');
    }
}

static void put_latency_row(FILE *out, const json_t *op, const char *phase)
{
    static const char *const figures[] = {"p50", "p99", "max"};
    char name[64];
    char text[48];

    (void)snprintf(name, sizeof(name), "latency_ns.%s.requests", phase);
    html(out, "<tr><th scope=\"row\">%s</th>", phase);
    (void)fprintf(out, "<td class=\"num\">%.0f</td>", result_number(op, name));
    for (size_t i = 0; i < sizeof(figures) / sizeof(figures[0]); i++) {
        (void)snprintf(name, sizeof(name), "latency_ns.%s.%s", phase, figures[i]);
        compare_amount("x_ns", result_number(op, name), text, sizeof(text));
        html(out, "<td class=\"num\">%s</td>", text);
    }
    html(out, "</tr>\n");
}

static void put_latency(FILE *out, const struct report_side *side)
{
    const json_t *op =
        json_array_get(json_object_get(side->result.json, "operations"), side->story_op - 1);

    html(out, "<div class=\"scroll\" tabindex=\"0\" role=\"region\" aria-label=\"Latency\"><table>"
              "<caption>Latency of the device's requests around it</caption>\n<thead><tr>"
              "<th scope=\"col\">Switch</th><th scope=\"col\" class=\"num\">Requests</th>"
              "<th scope=\"col\" class=\"num\">Median</th><th scope=\"col\" class=\"num\">99 of 100"
              "</th><th scope=\"col\" class=\"num\">Longest</th></tr></thead>\n<tbody>\n");
    put_latency_row(out, op, "before");
    put_latency_row(out, op, "during");
    put_latency_row(out, op, "after");
    html(out, "</tbody></table></div>\n");
}

void report_story(FILE *out, const struct report_side *side, const char *id)
{
    if (!side->story)
        return;
    html(out, "<section id=\"%s-story\">\n<h2>The story of operation ", id);
    (void)fprintf(out, "%zu</h2>\n", side->story_op);
    for (size_t i = 0; i < REPORT_N_PICTURES; i++) {
        char name[64];

        (void)snprintf(name, sizeof(name), "%s-p%zu", id, i);
        report_picture(out, &side->pictures[i], name);
    }
    put_latency(out, side);
    html(out, "<p>What software did, and (marked, with &gt;&gt;) what requests saw meanwhile:</p>\n"
              "<div class=\"scroll\" tabindex=\"0\" role=\"region\" aria-label=\"Story\"><pre>");
    put_lines(out, side->story);
    html(out, "</pre></div>\n</section>\n");
}

/* ---- Rules ---------------------------------------------------------------------------------- */

static const char *first_hit(const json_t *protocol, const char *rule)
{
    size_t i;
    json_t *hit;

    json_array_foreach (json_object_get(protocol, "hits"), i, hit) {
        if (strcmp(result_text(hit, "rule"), rule) == 0)
            return result_text(hit, "text");
    }
    return "";
}

void report_rules(FILE *out, const struct result *result, const char *id)
{
    const json_t *protocol = json_object_get(result->json, "protocol");
    json_t *counts = result_rules(result);
    const char *rule;
    json_t *n;

    if (!json_object_size(counts))
        return;
    html(out,
         "<section id=\"%s-rules\">\n<h2>Protocol rules that were broken</h2>\n<div "
         "class=\"scroll\" tabindex=\"0\" role=\"region\" aria-label=\"Rules\"><table>\n<thead>"
         "<tr><th scope=\"col\">Rule</th><th scope=\"col\" class=\"num\">Times</th>"
         "<th scope=\"col\">The first time</th></tr></thead>\n<tbody>\n",
         id);
    json_object_foreach (counts, rule, n) {
        html(out, "<tr><th scope=\"row\"><code>%s</code></th><td class=\"num\">", rule);
        (void)fprintf(out, "%.0f</td>", json_number_value(n));
        html(out, "<td class=\"why\">%s</td></tr>\n", first_hit(protocol, rule));
    }
    html(out,
         "</tbody></table></div>\n<p class=\"soft\"><code>iommusim rules NAME</code> tells what "
         "a rule wants and why.</p>\n</section>\n");
}

/* ---- Origin --------------------------------------------------------------------------------- */

static void put_settings(FILE *out, const struct result *result)
{
    json_t *settings = result_settings(result);
    const char *name;
    json_t *value;

    if (json_object_size(settings)) {
        (void)fprintf(out,
                      "<details>\n<summary>All %zu settings and identification registers"
                      "</summary>\n",
                      json_object_size(settings));
        html(out, "<div class=\"scroll\" tabindex=\"0\" role=\"region\" aria-label=\"Settings\">"
                  "<table>\n<thead><tr><th scope=\"col\">Setting</th><th scope=\"col\">Value</th>"
                  "</tr></thead>\n<tbody>\n");
        json_object_foreach (settings, name, value) {
            html(out, "<tr><th scope=\"row\"><code>%s</code></th><td><code>%s</code></td></tr>\n",
                 name, json_string_value(value));
        }
        html(out, "</tbody></table></div>\n</details>\n");
    }
    json_decref(settings);
}

void report_origin(FILE *out, const struct report_side *side, const char *id)
{
    const struct result *result = &side->result;
    const char *damage = result_text(result->json, "damage");

    html(out, "<section id=\"%s-origin\">\n<h2>How this was obtained</h2>\n", id);
    if (side->command)
        html(out,
             "<p>The page is of a run of its own; the same result as JSON comes from</p>\n<div "
             "class=\"scroll\"><pre>%s</pre></div>\n",
             side->command);
    else
        html(out, "<p>From the file <code>%s</code>.</p>\n", result->path);
    html(out, "<p>Input <code>%s</code>, schema <code>%s</code>, iommusim %s.</p>\n",
         *result_input(result) ? result_input(result) : result->path, result_schema(result->kind),
         IOMMUSIM_VERSION);
    if (*damage)
        html(out, "<p><strong>The input is damaged:</strong> %s</p>\n", damage);
    put_settings(out, result);
    html(out, "</section>\n");
}
