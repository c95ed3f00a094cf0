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
    free(side->story);
    for (size_t i = 0; i < REPORT_N_PICTURES; i++)
        free(side->pictures[i].svg);
}

void report_verdict(FILE *out, const char *word, bool is_inconclusive)
{
    char name[32] = "none";
    size_t i = 0;

    if (result_rank(word) >= 0) {
        for (; word[i] && i < sizeof(name) - 1; i++)
            name[i] = (char)tolower((unsigned char)word[i]);
        name[i] = '\0';
    }
    html(out, "<span class=\"v v-%s\">%s</span>", name, *word ? word : "-");
    if (is_inconclusive && strcmp(word, "INCONCLUSIVE") != 0)
        (void)fputs(" <span title=\"and part of it is inconclusive\">?</span>", out);
}

/* ---- Headline ------------------------------------------------------------------------------- */

/* Of one level of verdicts, by index. */
static const json_t *verdict_of(const json_t *op)
{
    return json_object_iter_value(json_object_iter(json_object_get(op, "verdicts")));
}

const char *report_worst(const struct result *result)
{
    const char *worst = "";
    size_t i;
    json_t *op;

    json_array_foreach(result->ops, i, op)
    {
        const char *word = result_text(verdict_of(op), "word");

        /* INCONCLUSIVE has the rank of HITLESS and is more worth telling */
        if (!*worst || result_rank(word) > result_rank(worst) ||
            (result_rank(word) == result_rank(worst) && strcmp(word, "INCONCLUSIVE") == 0))
            worst = word;
    }
    return worst;
}

/* Operations that are at least so bad, and those about which something is open. */
static size_t count_from(const struct result *result, int rank, size_t *n_open)
{
    size_t n = 0;
    size_t i;
    json_t *op;

    *n_open = 0;
    json_array_foreach(result->ops, i, op)
    {
        n += result_rank(result_text(verdict_of(op), "word")) >= rank;
        *n_open += json_is_true(json_object_get(verdict_of(op), "inconclusive"));
    }
    return n;
}

/* What is wrong, by what was done to find out. */
static const char *unsafe_words(const struct result *result)
{
    return result->kind == RESULT_EXPLORE
               ? "a request may reach a wrong place, or be served what is gone, on hardware that "
                 "the architecture permits"
               : "a request reached a wrong place, or was served what is gone";
}

static const char *refused_words(const struct result *result)
{
    return result->kind == RESULT_EXPLORE
               ? "requests may be refused though neither the old nor the new mapping refuses them; "
                 "no permitted hardware lets one reach a wrong place"
               : "requests were refused though neither the old nor the new mapping refuses them; "
                 "none reached a wrong place";
}

void report_headline(const struct result *result, char *text, size_t n_bytes)
{
    const size_t n_ops = json_array_size(result->ops);
    size_t n_open;
    const size_t n_bad = count_from(result, 1, &n_open);
    const size_t n_unsafe = count_from(result, result_rank("TORN"), &n_open);
    const char *plural = n_ops == 1 ? "" : "s";
    char open[128] = "";

    if (n_open)
        (void)snprintf(open, sizeof(open), " About %zu of %zu operation%s something is open.",
                       n_open, n_ops, plural);
    if (!n_ops)
        (void)snprintf(text, n_bytes, "There is no operation to judge.");
    else if (n_unsafe)
        (void)snprintf(text, n_bytes, "Not safe: in %zu of %zu operation%s %s.%s", n_unsafe, n_ops,
                       plural, unsafe_words(result), open);
    else if (n_bad)
        (void)snprintf(text, n_bytes, "Safe, not hitless: in %zu of %zu operation%s %s.%s", n_bad,
                       n_ops, plural, refused_words(result), open);
    else if (n_open)
        (void)snprintf(text, n_bytes,
                       "Inconclusive: nothing bad was proven, but that is no "
                       "pass.%s",
                       open);
    else
        (void)snprintf(text, n_bytes,
                       "Hitless: in %s operation%s each request got what the old or the new "
                       "mapping promises.",
                       n_ops == 1 ? "the one" : "all", plural);
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

    json_array_foreach(result->ops, i, op)
    {
        const double value = result_number(json_object_get(op, "costs"), cost);

        most = value > most ? value : most;
    }
    return most;
}

static void put_tiles(FILE *out, const struct result *result)
{
    const double rules = result_number(result->json, "protocol.violations");
    char text[64];

    html(out, "<ul class=\"tiles\">\n<li><span class=\"name\">Worst verdict</span><strong>");
    report_verdict(out, report_worst(result), false);
    html(out, "</strong></li>\n");
    (void)snprintf(text, sizeof(text), "%zu", json_array_size(result->ops));
    put_tile(out, "Operations", text);
    if (result->kind == RESULT_REPLAY) {
        compare_amount("x_ns", largest(result, "dma_blocked_ns"), text, sizeof(text));
        put_tile(out, "DMA refused, longest", text);
        compare_amount("x_ns", largest(result, "hw_ns"), text, sizeof(text));
        put_tile(out, "Wait for hardware, longest", text);
    }
    if (json_object_get(result->json, "protocol")) {
        (void)snprintf(text, sizeof(text), "%.0f", rules);
        put_tile(out, "Protocol rules broken", text);
    }
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
    report_operations(out, side, id);
    if (side->result.kind == RESULT_EXPLORE)
        report_found(out, &side->result, id);
    report_story(out, side, id);
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
    put_tiles(out, result);
    html(out, "</header>\n<main>\n");
    put_side(out, side, "a");
    report_origin(out, side, "a");
}

static void put_two(FILE *out, const struct report_side *sides, const json_t *comparison)
{
    char text[LINE_BYTES];

    compare_headline(comparison, text, sizeof(text));
    html(out,
         "<header>\n<p class=\"kicker\">Comparison &#183; a: <code>%s</code>, b: "
         "<code>%s</code></p>\n<h1>",
         sides[0].result.path, sides[1].result.path);
    html(out, "%s", text);
    html(out, "</h1>\n<nav aria-label=\"Parts\"><a href=\"#changes\">What changed</a>"
              "<a href=\"#a\">a by itself</a><a href=\"#b\">b by itself</a>"
              "<a href=\"#words\">Words</a></nav>\n</header>\n<main>\n");
    report_changes(out, comparison);
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

void report_page(FILE *out, const struct report_side *sides, const json_t *comparison)
{
    put_head(out, sides, comparison != NULL);
    if (comparison)
        put_two(out, sides, comparison);
    else
        put_one(out, &sides[0]);
    put_words(out);
    html(out,
         "</main>\n<footer>Made by iommusim %s report. The hardware is simulated: a figure is "
         "as good as the settings it was made with.</footer>\n</body>\n</html>\n",
         IOMMUSIM_VERSION);
}
