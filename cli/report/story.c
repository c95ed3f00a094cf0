/* SPDX-License-Identifier: BSD-2-Clause
 * story.c - one operation told; rules that were broken; where a result comes from. */
#include "cli/report/report.h"
#include "include/iommusim/version.h"

#include <inttypes.h>
#include <string.h>

#define MAX_LINES 4000u
#define MAX_RULES 400u /* there are fewer */
#define LARGEST 1e18   /* differences of what is smaller are exact enough, and finite */

double report_number(const json_t *object, const char *name)
{
    const double value = json_number_value(json_object_get(object, name));

    return value > LARGEST ? LARGEST : value < -LARGEST ? -LARGEST : value;
}

/* ---- The story ------------------------------------------------------------------------------ */

/* Lines that tell what requests saw stand out. */
static void put_lines(FILE *out, const json_t *story)
{
    const json_t *lines = json_object_get(story, "lines");
    const double n_left_out = report_number(story, "lines_left_out");
    size_t i;
    json_t *line;

    html(out,
         "<p>What software did, and (marked, with &gt;&gt;) what requests saw meanwhile; times "
         "in us since the operation began:</p>\n<div class=\"scroll tall\" tabindex=\"0\" "
         "role=\"region\" aria-label=\"Story\"><pre>");
    json_array_foreach (lines, i, line) {
        const char *text = json_string_value(line);

        if (text && strstr(text, ">> "))
            html(out, "<span class=\"saw\">%s</span>\n", text);
        else if (text)
            html(out, "%s\n", text);
        if (i >= MAX_LINES)
            break;
    }
    if (n_left_out > 0)
        (void)fprintf(out, "        ... %.10g more lines\n", n_left_out);
    html(out, "</pre></div>\n");
}

/* The first of the operations with the worst verdict. */
static const json_t *find_worst(const struct result *result)
{
    const char *worst = report_worst(result);
    size_t i;
    json_t *op;

    json_array_foreach (json_object_get(result->json, "operations"), i, op) {
        if (strcmp(result_text(op, "verdict"), worst) == 0)
            return op;
    }
    return NULL;
}

/* Build, switch and release: what every result has. */
static void put_parts(FILE *out, const json_t *op)
{
    const double begin = report_number(op, "begin_ns");
    const json_t *parts = json_object_get(op, "parts");
    size_t i;
    json_t *part;

    if (!json_array_size(parts))
        return;
    html(out, "<div class=\"scroll narrow\" tabindex=\"0\" role=\"region\" aria-label=\"Parts\">"
              "<table><caption>Its parts; times since it began</caption>\n<thead><tr><th "
              "scope=\"col\">Part</th><th scope=\"col\" class=\"num\">From</th><th scope=\"col\" "
              "class=\"num\">To</th><th scope=\"col\" class=\"num\">Waits</th></tr></thead>\n"
              "<tbody>\n");
    json_array_foreach (parts, i, part) {
        const double waits = report_number(part, "syncs");
        char from[48], to[48];

        compare_amount("x_ns", report_number(part, "begin_ns") - begin, from, sizeof(from));
        compare_amount("x_ns", report_number(part, "end_ns") - begin, to, sizeof(to));
        html(out, "<tr><th scope=\"row\">%s</th><td class=\"num\">%s</td><td class=\"num\">%s</td>",
             result_text(part, "op"), from, to);
        (void)fprintf(out, "<td class=\"num\">%.10g</td></tr>\n", waits);
    }
    html(out, "</tbody></table></div>\n");
}

static void put_untold(FILE *out, const struct result *result, const char *id)
{
    const json_t *op = find_worst(result);

    if (!op)
        return;
    html(out, "<section id=\"%s-story\">\n<h2>The worst operation: %s</h2>\n", id,
         result_text(op, "op"));
    put_parts(out, op);
    report_phases(out, json_object_get(op, "latency_ns"), "requests");
    html(out, "<p class=\"soft\">Its story is not in the file: it was made with <code>--story none"
              "</code>, or by an older iommusim.</p>\n</section>\n");
}

static void put_told(FILE *out, double number, const json_t *ops)
{
    const bool is_there = number >= 1 && number <= (double)json_array_size(ops);
    const json_t *op = is_there ? json_array_get(ops, (size_t)number - 1) : NULL;

    (void)fprintf(out, "operation %.10g", number);
    if (op)
        html(out, ", %s: %s", result_text(op, "op"), result_text(op, "verdict"));
    html(out, "</h2>\n");
}

void report_story(FILE *out, const struct result *result, const char *id)
{
    const json_t *story = json_object_get(result->json, "story");
    const json_t *ops = json_object_get(result->json, "operations");
    const double number = report_number(story, "operation");

    if (!json_is_object(story)) {
        put_untold(out, result, id);
        return;
    }
    html(out, "<section id=\"%s-story\">\n<h2>The story of ", id);
    if (result->kind == RESULT_TRANSITION)
        html(out, "the transition</h2>\n");
    else
        put_told(out, number, ops);
    report_timeline(out, story);
    if (number >= 1 && number <= (double)json_array_size(ops))
        report_phases(out, json_object_get(json_array_get(ops, (size_t)number - 1), "latency_ns"),
                      "requests");
    put_lines(out, story);
    report_latency(out, story, ops);
    html(out, "</section>\n");
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
    size_t n_rules = 0;

    if (!json_object_size(counts))
        return;
    html(out,
         "<section id=\"%s-rules\">\n<h2>Protocol rules that were broken</h2>\n<div "
         "class=\"scroll\" tabindex=\"0\" role=\"region\" aria-label=\"Rules\"><table>\n<thead>"
         "<tr><th scope=\"col\">Rule</th><th scope=\"col\" class=\"num\">Times</th>"
         "<th scope=\"col\">The first time</th></tr></thead>\n<tbody>\n",
         id);
    json_object_foreach (counts, rule, n) {
        if (n_rules++ == MAX_RULES)
            break;
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
                      "<details>\n<summary>Settings and identification registers: %zu"
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
         *result_input(result) ? result_input(result) : result->path,
         *result_text(result->json, "schema") ? result_text(result->json, "schema")
                                              : result_schema(result->kind),
         IOMMUSIM_VERSION);
    if (*damage)
        html(out, "<p><strong>The input is damaged:</strong> %s</p>\n", damage);
    put_settings(out, result);
    html(out, "</section>\n");
}
