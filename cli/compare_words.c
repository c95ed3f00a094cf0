/* SPDX-License-Identifier: BSD-2-Clause
 * compare_words.c - figures and outcomes of a comparison in words. */
#include "cli/compare.h"

#include <inttypes.h>
#include <math.h>
#include <string.h>

static bool is_time(const char *name)
{
    const size_t n = strlen(name);

    return n > 3 && strcmp(name + n - 3, "_ns") == 0;
}

void compare_amount(const char *name, double value, char *text, size_t n_bytes)
{
    if (!is_time(name))
        (void)snprintf(text, n_bytes, "%.10g", value);
    else if (fabs(value) < 1000)
        (void)snprintf(text, n_bytes, "%.4g ns", value);
    else if (fabs(value) < 1e6)
        (void)snprintf(text, n_bytes, "%.3f us", value / 1e3);
    else
        (void)snprintf(text, n_bytes, fabs(value) < 1e18 ? "%.3f ms" : "%.4g ms", value / 1e6);
}

void compare_ratio(const json_t *cost, char *text, size_t n_bytes)
{
    const json_t *ratio = json_object_get(cost, "ratio");

    if (!json_is_number(ratio))
        (void)snprintf(text, n_bytes, "new");
    else if (json_number_value(ratio) == 0)
        (void)snprintf(text, n_bytes, "gone");
    else
        (void)snprintf(text, n_bytes, "x%.3g", json_number_value(ratio));
}

void compare_cost_name(const char *name, char *text, size_t n_bytes)
{
    size_t n = strlen(name) - (is_time(name) ? 3 : 0);
    const char *dot = strchr(name, '.');

    if (dot) {
        name = dot + 1; /* a command's or structure's own name stays as it is */
        (void)snprintf(text, n_bytes, "%s", name);
        return;
    }
    if (n >= n_bytes)
        n = n_bytes - 1;
    for (size_t i = 0; i < n; i++)
        text[i] = name[i] == '_' ? ' ' : name[i];
    text[n] = '\0';
}

static const char *count(const json_t *comparison, const char *name, char *text, size_t n_bytes)
{
    char path[32];

    (void)snprintf(path, sizeof(path), "counts.%s", name);
    (void)snprintf(text, n_bytes, "%.0f", result_number(comparison, path));
    return text;
}

/* "2 worse, 1 better, 5 the same" */
static void put_counts(const json_t *comparison, char *text, size_t n_bytes)
{
    static const struct {
        const char *name, *words;
    } parts[] = {
        {"worse", "worse"},
        {"unclear", "unclear"},
        {"better", "better"},
        {"same", "the same"},
        {"only_a", "only in a"},
        {"only_b", "only in b"},
        {"rules_worse", "rules broken more often"},
        {"rules_better", "rules broken less often"},
    };
    size_t n = 0;

    text[0] = '\0';
    for (size_t i = 0; i < sizeof(parts) / sizeof(parts[0]); i++) {
        char number[32];

        (void)count(comparison, parts[i].name, number, sizeof(number));
        if (strcmp(number, "0") == 0 || n >= n_bytes)
            continue;
        n += (size_t)snprintf(text + n, n_bytes - n, "%s%s %s", n ? ", " : "", number,
                              parts[i].words);
    }
    if (!n)
        (void)snprintf(text, n_bytes, "no operations");
}

void compare_headline(const json_t *comparison, char *text, size_t n_bytes)
{
    static const struct {
        const char *outcome, *sentence;
    } all[] = {
        {"worse", "b is worse than a"},
        {"costlier", "b costs more than a, beyond what is tolerated"},
        {"unclear",
         "b cannot be called as good as a: less is known of it, or the operations differ"},
        {"better", "b is better than a"},
        {"costs", "the verdicts of b are those of a, costs differ"},
        {"same", "b is the same as a"},
    };
    const char *outcome = result_text(comparison, "outcome");
    const char *sentence = outcome;
    char counts[256];

    for (size_t i = 0; i < sizeof(all) / sizeof(all[0]); i++) {
        if (strcmp(all[i].outcome, outcome) == 0)
            sentence = all[i].sentence;
    }
    put_counts(comparison, counts, sizeof(counts));
    (void)snprintf(text, n_bytes, "%s. Operations: %s.", sentence, counts);
}
