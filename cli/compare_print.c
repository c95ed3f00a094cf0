/* SPDX-License-Identifier: BSD-2-Clause
 * compare_print.c - a comparison for people. */
#include "cli/compare.h"

#include <inttypes.h>
#include <string.h>

#define AMOUNT_BYTES 48u

/* Names come out of files: nothing of them may reach a terminal as anything but letters. */
static void put(FILE *out, const char *text, int width)
{
    for (; *text; text++, width--)
        (void)fputc(*text >= 0x20 && *text < 0x7f ? *text : '?', out);
    for (; width > 0; width--)
        (void)fputc(' ', out);
}

static bool has_change(const json_t *op, const char *change)
{
    return strcmp(result_text(op, "change"), change) == 0;
}

static bool is_lone(const json_t *op)
{
    return strncmp(result_text(op, "change"), "only", 4) == 0;
}

static void print_number(FILE *out, const json_t *number)
{
    if (json_is_integer(number))
        (void)fprintf(out, "%5" JSON_INTEGER_FORMAT, json_integer_value(number));
    else
        (void)fprintf(out, "%5s", "-");
}

/* "    4     4  replace  0000:00:04.0" */
static void print_who(FILE *out, const json_t *op)
{
    const char *device = result_text(op, "device");
    const char *other = result_text(op, "device_b");
    const json_t *pasid = json_object_get(op, "pasid");

    print_number(out, json_object_get(op, "a"));
    print_number(out, json_object_get(op, "b"));
    (void)fputs("  ", out);
    put(out, result_text(op, "op"), 14);
    put(out, device, strcmp(device, other) == 0 ? 14 : 0);
    if (strcmp(device, other) != 0) {
        (void)fputc('/', out);
        put(out, other, 0);
    }
    if (json_is_integer(pasid))
        (void)fprintf(out, " PASID %-6" JSON_INTEGER_FORMAT, json_integer_value(pasid));
}

static void print_about(FILE *out, const json_t *comparison, const char *side)
{
    const json_t *about = json_object_get(comparison, side);
    const char *input = result_text(about, "input");

    (void)fprintf(out, "%s: ", side);
    put(out, result_text(about, "file"), 0);
    (void)fputs(*input ? " (" : "", out);
    put(out, input, 0);
    (void)fprintf(out, "%s, %.0f operations\n", *input ? ")" : "",
                  result_number(about, "operations"));
}

static const char *word(const json_t *value)
{
    return json_is_string(value) ? json_string_value(value) : "-";
}

static void print_settings(FILE *out, const json_t *comparison)
{
    const json_t *settings = json_object_get(comparison, "settings");
    size_t i;
    json_t *setting;

    if (!json_array_size(settings))
        return;
    (void)fputs("\nSettings that differ:\n", out);
    json_array_foreach (settings, i, setting) {
        (void)fputs("  ", out);
        put(out, result_text(setting, "name"), 30);
        (void)fputc(' ', out);
        put(out, word(json_object_get(setting, "a")), 0);
        (void)fputs(" -> ", out);
        put(out, word(json_object_get(setting, "b")), 0);
        (void)fputc('\n', out);
    }
}

/* ---- Verdicts ------------------------------------------------------------------------------- */

static void print_verdict(FILE *out, const json_t *op, const json_t *verdict)
{
    const char *a = result_text(verdict, "a");
    const char *b = result_text(verdict, "b");
    const char *level = result_text(verdict, "level");
    char text[64];

    print_who(out, op);
    (void)snprintf(text, sizeof(text), "%s%s", *a ? a : "-",
                   json_is_true(json_object_get(verdict, "a_inconclusive")) ? "?" : "");
    (void)fprintf(out, " %-15s", text);
    (void)snprintf(text, sizeof(text), "%s%s", *b ? b : "-",
                   json_is_true(json_object_get(verdict, "b_inconclusive")) ? "?" : "");
    (void)fprintf(out, " -> %-15s ", text);
    put(out, is_lone(op) ? result_text(op, "change") : result_text(verdict, "change"), 0);
    if (has_change(verdict, "worse"))
        (void)fputs("  <<<", out);
    if (strcmp(level, "verdict") != 0) {
        (void)fputs("  (", out);
        put(out, level, 0);
        (void)fputc(')', out);
    }
    (void)fputc('\n', out);
}

static void print_ret(FILE *out, const json_t *op)
{
    const json_t *a = json_object_get(op, "ret_a");
    const json_t *b = json_object_get(op, "ret_b");

    if (is_lone(op) || json_equal(a, b) || !json_is_integer(a) || !json_is_integer(b))
        return;
    print_who(out, op);
    (void)fprintf(out, " returns %" JSON_INTEGER_FORMAT " -> %" JSON_INTEGER_FORMAT "%s\n",
                  json_integer_value(a), json_integer_value(b),
                  json_integer_value(a) == 0 ? "  <<<" : "");
}

/* @change: which to print: the worst stand first. NULL: all that are left. */
static void print_changes(FILE *out, const json_t *comparison, const char *change)
{
    size_t i, k;
    json_t *op;
    json_t *verdict;

    json_array_foreach (json_object_get(comparison, "operations"), i, op) {
        if (!has_change(op, change))
            continue;
        json_array_foreach (json_object_get(op, "verdicts"), k, verdict) {
            print_verdict(out, op, verdict);
        }
        print_ret(out, op);
    }
}

static void print_verdicts(FILE *out, const json_t *comparison, bool shows_all)
{
    static const char *const order[] = {"worse", "unclear", "only a", "only b", "better"};
    const json_t *counts = json_object_get(comparison, "counts");
    const size_t n = json_array_size(json_object_get(comparison, "operations"));

    if (!shows_all && result_number(counts, "same") == (double)n)
        return;
    (void)fprintf(out, "\nVerdicts%s:\n    a    b  operation     device\n",
                  shows_all ? "" : " that differ");
    for (size_t i = 0; i < sizeof(order) / sizeof(order[0]); i++)
        print_changes(out, comparison, order[i]);
    if (shows_all)
        print_changes(out, comparison, "same");
}

static void print_rules(FILE *out, const json_t *comparison)
{
    const json_t *rules = json_object_get(comparison, "rules");
    size_t i;
    json_t *rule;

    if (!json_array_size(rules))
        return;
    (void)fputs("\nRules, by how often they are broken:\n", out);
    json_array_foreach (rules, i, rule) {
        (void)fputs("  ", out);
        put(out, result_text(rule, "rule"), 36);
        (void)fprintf(out, " %.0f -> %.0f  %s\n", result_number(rule, "a"),
                      result_number(rule, "b"), result_text(rule, "change"));
    }
}

/* ---- Costs ---------------------------------------------------------------------------------- */

static void print_cost(FILE *out, const json_t *cost)
{
    const char *name = result_text(cost, "name");
    const double difference = result_number(cost, "difference");
    char text[AMOUNT_BYTES], signed_text[AMOUNT_BYTES + 1];

    compare_cost_name(name, text, sizeof(text));
    (void)fputs(strchr(name, '.') ? "              " : "            ", out);
    put(out, text, strchr(name, '.') ? 22 : 24);
    compare_amount(name, result_number(cost, "a"), text, sizeof(text));
    (void)fprintf(out, " %12s", text);
    compare_amount(name, result_number(cost, "b"), text, sizeof(text));
    (void)fprintf(out, " -> %12s", text);
    compare_amount(name, difference, text, sizeof(text));
    (void)snprintf(signed_text, sizeof(signed_text), "%s%s", difference > 0 ? "+" : "", text);
    compare_ratio(cost, text, sizeof(text));
    (void)fprintf(out, " %13s  %s\n", signed_text, text);
}

static void print_costs(FILE *out, const json_t *comparison)
{
    bool is_first = true;
    size_t i, k;
    json_t *op;
    json_t *cost;

    json_array_foreach (json_object_get(comparison, "operations"), i, op) {
        if (!json_array_size(json_object_get(op, "costs")))
            continue;
        if (is_first)
            (void)fputs("\nCosts that differ:\n    a    b  operation     device\n", out);
        is_first = false;
        print_who(out, op);
        (void)fputc('\n', out);
        json_array_foreach (json_object_get(op, "costs"), k, cost) {
            print_cost(out, cost);
        }
    }
}

static void print_totals(FILE *out, const json_t *comparison)
{
    bool is_first = true;
    size_t i;
    json_t *cost;

    json_array_foreach (json_object_get(comparison, "totals"), i, cost) {
        if (result_number(cost, "a") == result_number(cost, "b"))
            continue;
        if (is_first)
            (void)fputs("\nAll operations that both have:\n", out);
        is_first = false;
        print_cost(out, cost);
    }
}

void compare_print(const json_t *comparison, bool shows_all, FILE *out)
{
    char text[512];

    print_about(out, comparison, "a");
    print_about(out, comparison, "b");
    print_settings(out, comparison);
    print_verdicts(out, comparison, shows_all);
    print_rules(out, comparison);
    print_costs(out, comparison);
    print_totals(out, comparison);
    compare_headline(comparison, text, sizeof(text));
    (void)fprintf(out, "\nComparison: %s\n", text);
}
