/* SPDX-License-Identifier: BSD-2-Clause
 * headline.c - the verdict of a result in plain words. */
#include "cli/report/report.h"

#include <string.h>

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

    json_array_foreach (result->ops, i, op) {
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
    json_array_foreach (result->ops, i, op) {
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

static void operations(const struct result *result, char *text, size_t n_bytes)
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

/* ---- One transition ------------------------------------------------------------------------- */

static const char *phrase(const char *word)
{
    const int rank = result_rank(word);

    if (strcmp(word, "INCONCLUSIVE") == 0)
        return "inconclusive";
    if (rank >= result_rank("TORN"))
        return "not safe, a request reached a wrong place";
    return rank > 0 ? "safe, not hitless" : "hitless";
}

static void transition(const struct result *result, char *text, size_t n_bytes)
{
    const json_t *cell = json_object_get(result->json, "cell");
    const json_t *op = json_array_get(result->ops, 0);
    const json_t *verdicts = json_object_get(op, "verdicts");
    const char *seen = result_text(verdict_of(op), "word");
    const char *may = result_text(json_object_get(verdicts, "explore_architecture"), "word");
    const double blocked = result_number(json_object_get(op, "costs"), "blocked_ns");
    char amount[48];
    char refused[96] = "";

    if (!op) {
        (void)snprintf(text, n_bytes, "From %s to %s by %s: not run, %s.",
                       result_text(cell, "from"), result_text(cell, "to"), result_text(cell, "by"),
                       result_text(result->json, "kind"));
        return;
    }
    compare_amount("x_ns", blocked, amount, sizeof(amount));
    if (blocked > 0)
        (void)snprintf(refused, sizeof(refused), "; DMA that both ends serve was refused for %s",
                       amount);
    (void)snprintf(text, n_bytes, "From %s to %s by %s: %s%s.%s%s", result_text(cell, "from"),
                   result_text(cell, "to"), result_text(cell, "by"), phrase(seen), refused,
                   result_rank(may) > result_rank(seen) ? " Permitted hardware may do worse: " : "",
                   result_rank(may) > result_rank(seen) ? may : "");
}

/* ---- A sweep -------------------------------------------------------------------------------- */

/* Why a point has no verdict: its transition was not run, or the point was not. */
static const char *reason(const json_t *op)
{
    const char *kind = result_text(op, "kind");

    return *kind ? kind : result_text(op, "state");
}

static size_t add_word(char *text, size_t used, size_t n_bytes, size_t n, const char *word)
{
    if (!n || used >= n_bytes)
        return used;
    return used +
           (size_t)snprintf(text + used, n_bytes - used, "%s%zu %s", used ? ", " : "", n, word);
}

void report_tally(const json_t *ops, char *text, size_t n_bytes)
{
    static const char *const reasons[] = {"illegal", "not-offered", "failed", "missing"};
    size_t n_other = 0;
    size_t used = 0;
    size_t i;
    json_t *op;

    text[0] = '\0';
    for (size_t w = 0; result_word(w); w++) {
        size_t n = 0;

        json_array_foreach (ops, i, op) {
            n += strcmp(result_text(verdict_of(op), "word"), result_word(w)) == 0;
        }
        used = add_word(text, used, n_bytes, n, result_word(w));
    }
    json_array_foreach (ops, i, op) {
        n_other += verdict_of(op) == NULL;
    }
    for (size_t r = 0; r < sizeof(reasons) / sizeof(reasons[0]); r++) {
        size_t n = 0;

        json_array_foreach (ops, i, op) {
            n += !verdict_of(op) && strcmp(reason(op), reasons[r]) == 0;
        }
        used = add_word(text, used, n_bytes, n, reasons[r]);
        n_other -= n;
    }
    (void)add_word(text, used, n_bytes, n_other, "without a verdict");
}

static void sweep(const struct result *result, char *text, size_t n_bytes)
{
    const size_t n = json_array_size(result->ops);
    char tally[512];

    report_tally(result->ops, tally, sizeof(tally));
    (void)snprintf(text, n_bytes, "%zu point%s%s%s", n, n == 1 ? "" : "s", n ? ": " : ".", tally);
}

void report_headline(const struct result *result, char *text, size_t n_bytes)
{
    if (result->kind == RESULT_TRANSITION)
        transition(result, text, n_bytes);
    else if (result->kind == RESULT_SWEEP)
        sweep(result, text, n_bytes);
    else if (result->kind == RESULT_COMPARISON)
        compare_headline(result->json, text, n_bytes);
    else if (result->kind == RESULT_LIST)
        report_list_headline(result, text, n_bytes);
    else
        operations(result, text, n_bytes);
}
