/* SPDX-License-Identifier: BSD-2-Clause
 * page.c - the page: head, headline, parts, words. */
#include "cli/report/report.h"
#include "include/iommusim/version.h"

#include <ctype.h>
#include <stdlib.h>
#include <string.h>

#define LINE_BYTES 1024u

void report_side_free(struct report_side *side)
{
    result_free(&side->result);
    free(side->command);
}

void report_verdict(FILE *out, const char *word, bool is_inconclusive)
{
    char name[32] = "none";
    size_t i = 0;

    if (result_rank(word) >= 0) {
        for (; i < sizeof(name) - 1 && word[i]; i++)
            name[i] = (char)tolower((unsigned char)word[i]);
        name[i] = '\0';
    }
    html(out, "<span class=\"v v-%s\">%s</span>", name, *word ? word : "-");
    if (is_inconclusive && strcmp(word, "INCONCLUSIVE") != 0)
        (void)fputs(" <span title=\"and part of it is inconclusive\">?</span>", out);
}

/* A sentence begins with a capital. */
static void put_sentence(FILE *out, char *text)
{
    text[0] = (char)toupper((unsigned char)text[0]);
    html(out, "%s", text);
}

/* ---- Frame ---------------------------------------------------------------------------------- */

static const char *input_of(const struct result *result)
{
    return *result_input(result) ? result_input(result) : result->path;
}

static void put_head(FILE *out, const struct report_side *sides, bool is_two)
{
    html(out,
         "<!DOCTYPE html>\n<html lang=\"en\">\n<head>\n<meta charset=\"utf-8\">\n"
         "<meta name=\"viewport\" content=\"width=device-width, initial-scale=1\">\n"
         "<meta name=\"generator\" content=\"iommusim %s\">\n<title>iommusim: %s",
         IOMMUSIM_VERSION, input_of(&sides[0].result));
    if (is_two)
        html(out, " and %s", input_of(&sides[1].result));
    html(out, "</title>\n<style>\n");
    (void)fputs(plot_report_css, out);
    html(out, "</style>\n</head>\n<body>\n");
}

static void put_tile(FILE *out, const char *name, const char *value)
{
    html(out, "<li><span class=\"name\">%s</span><strong>%s</strong></li>\n", name, value);
}

static double largest(const struct result *result, const char *cost)
{
    double most = 0;
    size_t i;
    json_t *op;

    json_array_foreach (result->ops, i, op) {
        const double value = result_number(json_object_get(op, "costs"), cost);

        most = value > most ? value : most;
    }
    return most;
}

static void put_time(FILE *out, const struct result *result, const char *name, const char *cost)
{
    char text[64];

    compare_amount("x_ns", largest(result, cost), text, sizeof(text));
    put_tile(out, name, text);
}

static void put_count(FILE *out, const char *name, double n)
{
    char text[64];

    (void)snprintf(text, sizeof(text), "%.0f", n);
    put_tile(out, name, text);
}

static void put_tiles(FILE *out, const struct result *result)
{
    const double n_ops = (double)json_array_size(result->ops);

    html(out, "<ul class=\"tiles\">\n<li><span class=\"name\">Worst verdict</span><strong>");
    report_verdict(out, report_worst(result), false);
    html(out, "</strong></li>\n");
    if (result->kind == RESULT_SWEEP && *report_sweep_may(result)) {
        html(out, "<li><span class=\"name\">Permitted hardware may do</span><strong>");
        report_verdict(out, report_sweep_may(result), false);
        html(out, "</strong></li>\n");
    }
    if (result->kind == RESULT_TRANSITION) {
        put_time(out, result, "It takes", "total_ns");
        put_time(out, result, "DMA refused", "blocked_ns");
        put_count(out, "Waits for hardware", largest(result, "syncs"));
    } else {
        put_count(out, result->kind == RESULT_SWEEP ? "Points" : "Operations", n_ops);
    }
    if (result->kind == RESULT_REPLAY) {
        put_time(out, result, "DMA refused, longest", "dma_blocked_ns");
        put_time(out, result, "Wait for hardware, longest", "hw_ns");
    }
    if (json_object_get(result->json, "protocol"))
        put_count(out, "Protocol rules broken", result_number(result->json, "protocol.violations"));
    html(out, "</ul>\n");
}

static const char *kind_words(const struct result *result)
{
    switch (result->kind) {
    case RESULT_EXPLORE:
        return "Exploration: every outcome that the architecture permits";
    case RESULT_TRANSITION:
        return "One transition";
    case RESULT_SWEEP:
        return "A sweep";
    case RESULT_COMPARISON:
        return "Comparison";
    case RESULT_LIST:
        return "A list";
    case RESULT_REPLAY:
    case RESULT_N_KINDS:
    default:
        return "Replay on simulated hardware";
    }
}

/* ---- Parts ---------------------------------------------------------------------------------- */

static void put_side(FILE *out, const struct report_side *side, const char *id)
{
    if (side->result.kind == RESULT_SWEEP) {
        report_sweep(out, &side->result, id);
        return;
    }
    if (side->result.kind == RESULT_LIST) {
        report_list(out, &side->result, id);
        return;
    }
    if (side->result.kind == RESULT_TRANSITION) {
        report_transition(out, &side->result, id);
        if (json_object_get(side->result.json, "story"))
            report_story(out, &side->result, id);
        report_rules(out, &side->result, id);
        return;
    }
    report_operations(out, side, id);
    if (side->result.kind == RESULT_EXPLORE)
        report_found(out, &side->result, id);
    if (side->result.kind == RESULT_REPLAY)
        report_story(out, &side->result, id);
    report_rules(out, &side->result, id);
}

static void put_one(FILE *out, const struct report_side *side)
{
    const struct result *result = &side->result;
    char text[LINE_BYTES];

    report_headline(result, text, sizeof(text));
    html(out, "<header>\n<p class=\"kicker\">%s &#183; <code>%s</code>%s%s</p>\n<h1>",
         kind_words(result), input_of(result), *result_text(result->json, "arch") ? ", " : "",
         result_text(result->json, "arch"));
    put_sentence(out, text);
    html(out, "</h1>\n");
    if (result_can_compare(result))
        put_tiles(out, result);
    html(out, "</header>\n<main>\n");
    if (result->kind == RESULT_COMPARISON)
        report_changes(out, result->json);
    else
        put_side(out, side, "a");
    report_origin(out, side, "a");
}

static void put_two(FILE *out, const struct report_side *sides, const json_t *comparison)
{
    char text[LINE_BYTES];

    if (comparison)
        compare_headline(comparison, text, sizeof(text));
    else
        report_lists_headline(&sides[0].result, &sides[1].result, text, sizeof(text));
    html(out,
         "<header>\n<p class=\"kicker\">Comparison &#183; a: <code>%s</code>, b: "
         "<code>%s</code></p>\n<h1>",
         sides[0].result.path, sides[1].result.path);
    if (text[0] && text[1] == ' ') /* a name */
        html(out, "%s", text);
    else
        put_sentence(out, text);
    html(out, "</h1>\n<nav aria-label=\"Parts\"><a href=\"#changes\">What changed</a>"
              "<a href=\"#a\">a by itself</a><a href=\"#b\">b by itself</a>");
    if (comparison)
        html(out, "<a href=\"#words\">Words</a>");
    html(out, "</nav>\n</header>\n<main>\n");
    if (comparison)
        report_changes(out, comparison);
    else
        report_list_changes(out, &sides[0].result, &sides[1].result);
    for (size_t i = 0; i < 2; i++) {
        const char *id = i == 0 ? "a" : "b";

        report_headline(&sides[i].result, text, sizeof(text));
        html(out, "<section id=\"%s\">\n<h2 class=\"side\">%s: <code>%s</code></h2>\n<p>", id, id,
             sides[i].result.path);
        put_sentence(out, text);
        html(out, "</p>\n");
        put_side(out, &sides[i], id);
        report_origin(out, &sides[i], id);
        html(out, "</section>\n");
    }
}

static void put_words(FILE *out)
{
    html(out, "<section id=\"words\">\n<h2>What the verdicts mean</h2>\n<dl class=\"words\">\n");
    for (size_t i = 0; result_word(i); i++) {
        html(out, "<dt>");
        report_verdict(out, result_word(i), false);
        html(out, "</dt><dd>%s.</dd>\n", result_meaning(result_word(i)));
    }
    html(out, "</dl>\n<p class=\"soft\">They stand in rising severity. <em>Safe</em>: no request "
              "got to a wrong place. <em>Hitless</em>: nothing was refused, either. A ? beside a "
              "verdict: it is proven, and something else is open.</p>\n</section>\n");
}

void report_page(FILE *out, const struct report_side *sides, size_t n_sides,
                 const json_t *comparison)
{
    put_head(out, sides, n_sides == 2);
    if (n_sides == 2)
        put_two(out, sides, comparison);
    else
        put_one(out, &sides[0]);
    if (sides[0].result.kind != RESULT_LIST)
        put_words(out);
    html(out,
         "</main>\n<footer>Made by iommusim %s report. The hardware is simulated: a figure is "
         "as good as the settings it was made with.</footer>\n</body>\n</html>\n",
         IOMMUSIM_VERSION);
}
