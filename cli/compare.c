/* SPDX-License-Identifier: BSD-2-Clause
 * compare.c - two results, operation by operation: schema iommusim.compare/1. */
#include "cli/compare.h"

#include "cli/cli.h"

#include <inttypes.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

/* What became of something. */
enum change {
    CHANGE_SAME,
    CHANGE_BETTER,
    CHANGE_UNCLEAR, /* less is known now */
    CHANGE_WORSE,
    N_CHANGES,
};

static const char *const change_names[N_CHANGES] = {
    [CHANGE_SAME] = "same",
    [CHANGE_BETTER] = "better",
    [CHANGE_UNCLEAR] = "unclear",
    [CHANGE_WORSE] = "worse",
};

/** struct tally - @changes: of operations; @n_costs: costs beyond the tolerance. */
struct tally {
    size_t changes[N_CHANGES];
    size_t rules[N_CHANGES];
    size_t n_only_a, n_only_b, n_costs, n_more;
    double tolerance;
    json_t *totals; /* name: [a, b] */
};

/* ---- Costs ---------------------------------------------------------------------------------- */

static bool is_within(double a, double b, double tolerance)
{
    return tolerance >= 0 && fabs(b - a) * 100 <= tolerance * fabs(a);
}

/* Members of a sum are told; only the sum is judged. */
static bool is_judged(const char *name)
{
    return strchr(name, '.') == NULL;
}

static json_t *cost(const char *name, double a, double b)
{
    return json_pack("{s:s, s:f, s:f, s:f, s:o}", "name", name, "a", a, "b", b, "difference", b - a,
                     "ratio", a != 0 ? json_real(b / a) : json_null());
}

static void put_cost(struct tally *tally, json_t *list, const char *name, double a, double b)
{
    if (a == b || is_within(a, b, tally->tolerance))
        return;
    if (is_judged(name)) {
        tally->n_costs++;
        tally->n_more += b > a;
    }
    (void)json_array_append_new(list, cost(name, a, b));
}

/* Percentiles and maxima of several operations have no sum. */
static bool has_sum(const char *name)
{
    return is_judged(name) && strncmp(name, "latency_", 8) != 0 && !strstr(name, "_max_");
}

static void add_total(json_t *totals, const char *name, double a, double b)
{
    json_t *total = json_object_get(totals, name);

    if (!has_sum(name))
        return;
    a += json_number_value(json_array_get(total, 0));
    b += json_number_value(json_array_get(total, 1));
    (void)json_object_set_new(totals, name, json_pack("[f, f]", a, b));
}

static void compare_cost(struct tally *tally, json_t *list, const char *name, const json_t *a,
                         const json_t *b)
{
    const double before = json_number_value(json_object_get(a, name));
    const double after = json_number_value(json_object_get(b, name));

    put_cost(tally, list, name, before, after);
    add_total(tally->totals, name, before, after);
}

static bool is_member(const char *name, const char *sum)
{
    const size_t n = strlen(sum);

    return strncmp(name, sum, n) == 0 && name[n] == '.';
}

/* Members stand below their sum. */
static void compare_members(struct tally *tally, json_t *list, const char *sum, json_t *a,
                            json_t *b)
{
    const char *name;
    json_t *value;

    json_object_foreach (a, name, value) {
        if (is_member(name, sum))
            compare_cost(tally, list, name, a, b);
    }
    json_object_foreach (b, name, value) {
        if (is_member(name, sum) && !json_object_get(a, name))
            compare_cost(tally, list, name, a, b);
    }
}

static json_t *compare_costs(struct tally *tally, json_t *a, json_t *b)
{
    json_t *list = json_array();
    const char *name;
    json_t *value;

    json_object_foreach (a, name, value) {
        if (!is_judged(name))
            continue;
        compare_cost(tally, list, name, a, b);
        compare_members(tally, list, name, a, b);
    }
    json_object_foreach (b, name, value) {
        if (!is_judged(name) || json_object_get(a, name))
            continue;
        compare_cost(tally, list, name, a, b);
        compare_members(tally, list, name, a, b);
    }
    return list;
}

static json_t *make_totals(json_t *totals)
{
    json_t *list = json_array();
    const char *name;
    json_t *total;

    json_object_foreach (totals, name, total) {
        (void)json_array_append_new(list, cost(name, json_number_value(json_array_get(total, 0)),
                                               json_number_value(json_array_get(total, 1))));
    }
    return list;
}

/* ---- Verdicts ------------------------------------------------------------------------------- */

/* A class beside "inconclusive" is what was proven at least. */
static enum change change_of(const json_t *a, const json_t *b)
{
    const int rank_a = result_rank(result_text(a, "word"));
    const int rank_b = result_rank(result_text(b, "word"));
    const bool open_a = json_is_true(json_object_get(a, "inconclusive"));
    const bool open_b = json_is_true(json_object_get(b, "inconclusive"));

    if (rank_b > rank_a)
        return CHANGE_WORSE;
    if (open_b && (rank_b < rank_a || !open_a))
        return CHANGE_UNCLEAR;
    return rank_b < rank_a || (open_a && !open_b) ? CHANGE_BETTER : CHANGE_SAME;
}

static enum change worst_of(enum change x, enum change y)
{
    return x > y ? x : y;
}

static json_t *compare_verdicts(json_t *a, json_t *b, enum change *worst)
{
    json_t *list = json_array();
    const char *level;
    json_t *verdict;

    json_object_foreach (a, level, verdict) {
        const json_t *other = json_object_get(b, level);
        enum change change;

        if (!other)
            continue;
        change = change_of(verdict, other);
        *worst = worst_of(*worst, change);
        (void)json_array_append_new(
            list,
            json_pack("{s:s, s:s, s:s, s:b, s:b, s:s}", "level", level, "a",
                      result_text(verdict, "word"), "b", result_text(other, "word"),
                      "a_inconclusive", json_is_true(json_object_get(verdict, "inconclusive")),
                      "b_inconclusive", json_is_true(json_object_get(other, "inconclusive")),
                      "change", change_names[change]));
    }
    return list;
}

/* What ended well and fails now is worse, whatever its verdict. */
static enum change compare_ret(json_t *a, json_t *b)
{
    if (!json_is_integer(a) || !json_is_integer(b) || json_equal(a, b))
        return CHANGE_SAME;
    if (json_integer_value(a) == 0)
        return CHANGE_WORSE;
    return json_integer_value(b) == 0 ? CHANGE_BETTER : CHANGE_UNCLEAR;
}

/* ---- Operations ----------------------------------------------------------------------------- */

static json_t *member(const json_t *op, const char *name)
{
    json_t *value = json_object_get(op, name);

    return value ? json_incref(value) : json_null();
}

static json_t *compare_op(struct tally *tally, const json_t *a, const json_t *b)
{
    json_t *ret_a = json_object_get(a, "ret");
    json_t *ret_b = json_object_get(b, "ret");
    enum change change = compare_ret(ret_a, ret_b);
    json_t *verdicts =
        compare_verdicts(json_object_get(a, "verdicts"), json_object_get(b, "verdicts"), &change);
    json_t *costs = compare_costs(tally, json_object_get(a, "costs"), json_object_get(b, "costs"));

    tally->changes[change]++;
    return json_pack("{s:s, s:s, s:s, s:s, s:o, s:o, s:o, s:s, s:o, s:o, s:o, s:o}", "op",
                     result_text(a, "op"), "device", result_text(a, "device"), "device_b",
                     result_text(b, "device"), "detail", result_text(a, "detail"), "pasid",
                     member(a, "pasid"), "a", member(a, "number"), "b", member(b, "number"),
                     "change", change_names[change], "ret_a", member(a, "ret"), "ret_b",
                     member(b, "ret"), "verdicts", verdicts, "costs", costs);
}

/* One that has no partner. */
static json_t *lone_op(const json_t *op, bool is_a)
{
    json_t *verdicts = json_array();
    const char *level;
    json_t *verdict;

    json_object_foreach (json_object_get(op, "verdicts"), level, verdict) {
        (void)json_array_append_new(
            verdicts,
            json_pack("{s:s, s:s, s:b}", "level", level, is_a ? "a" : "b",
                      result_text(verdict, "word"), is_a ? "a_inconclusive" : "b_inconclusive",
                      json_is_true(json_object_get(verdict, "inconclusive"))));
    }
    return json_pack("{s:s, s:s, s:s, s:s, s:o, s:o, s:o, s:s, s:o, s:o, s:o, s:o}", "op",
                     result_text(op, "op"), "device", result_text(op, "device"), "device_b",
                     result_text(op, "device"), "detail", result_text(op, "detail"), "pasid",
                     member(op, "pasid"), "a", is_a ? member(op, "number") : json_null(), "b",
                     is_a ? json_null() : member(op, "number"), "change",
                     is_a ? "only a" : "only b", "ret_a", is_a ? member(op, "ret") : json_null(),
                     "ret_b", is_a ? json_null() : member(op, "ret"), "verdicts", verdicts, "costs",
                     json_array());
}

static json_t *compare_ops(struct tally *tally, const struct result *a, const struct result *b)
{
    json_t *list = json_array();
    size_t n = 0;
    struct compare_pair *pairs = compare_align(a->ops, b->ops, &n);

    if (!pairs) {
        json_decref(list);
        return NULL;
    }
    for (size_t i = 0; i < n; i++) {
        const json_t *op_a = json_array_get(a->ops, pairs[i].a);
        const json_t *op_b = json_array_get(b->ops, pairs[i].b);

        tally->n_only_a += !op_b;
        tally->n_only_b += !op_a;
        (void)json_array_append_new(list, op_a && op_b ? compare_op(tally, op_a, op_b)
                                                       : lone_op(op_a ? op_a : op_b, op_a != NULL));
    }
    free(pairs);
    return list;
}

/* ---- Settings and rules --------------------------------------------------------------------- */

static json_t *compare_settings(const struct result *a, const struct result *b)
{
    json_t *list = json_array();
    json_t *of_a = result_settings(a);
    json_t *of_b = result_settings(b);
    const char *name;
    json_t *value;

    json_object_foreach (of_a, name, value) {
        if (!json_equal(value, json_object_get(of_b, name)))
            (void)json_array_append_new(list, json_pack("{s:s, s:O, s:o}", "name", name, "a", value,
                                                        "b", member(of_b, name)));
    }
    json_object_foreach (of_b, name, value) {
        if (!json_object_get(of_a, name))
            (void)json_array_append_new(
                list, json_pack("{s:s, s:n, s:O}", "name", name, "a", "b", value));
    }
    json_decref(of_a);
    json_decref(of_b);
    return list;
}

static void put_rule(struct tally *tally, json_t *list, const char *rule, double a, double b)
{
    const enum change change = b > a ? CHANGE_WORSE : b < a ? CHANGE_BETTER : CHANGE_SAME;

    if (change == CHANGE_SAME)
        return;
    tally->rules[change]++;
    (void)json_array_append_new(list,
                                json_pack("{s:s, s:I, s:I, s:s}", "rule", rule, "a", (json_int_t)a,
                                          "b", (json_int_t)b, "change", change_names[change]));
}

/* Protocol rules by how often they are broken, and answers that nobody can be charged with. */
static json_t *compare_rules(struct tally *tally, const struct result *a, const struct result *b)
{
    json_t *list = json_array();
    json_t *of_a = result_rules(a);
    json_t *of_b = result_rules(b);
    const char *outside = a->kind == RESULT_REPLAY ? "summary.bad_outside" : "bad_outside";
    const char *rule;
    json_t *n;

    json_object_foreach (of_a, rule, n) {
        put_rule(tally, list, rule, json_number_value(n), result_number(of_b, rule));
    }
    json_object_foreach (of_b, rule, n) {
        if (!json_object_get(of_a, rule))
            put_rule(tally, list, rule, 0, json_number_value(n));
    }
    put_rule(tally, list, "bad answers outside of operations", result_number(a->json, outside),
             result_number(b->json, outside));
    return list;
}

/* ---- All ------------------------------------------------------------------------------------ */

static const char *outcome(const struct tally *tally)
{
    if (tally->changes[CHANGE_WORSE] || tally->rules[CHANGE_WORSE])
        return "worse";
    if (tally->tolerance >= 0 && tally->n_more)
        return "costlier";
    if (tally->changes[CHANGE_UNCLEAR] || tally->n_only_a || tally->n_only_b)
        return "unclear";
    if (tally->changes[CHANGE_BETTER] || tally->rules[CHANGE_BETTER])
        return "better";
    return tally->n_costs ? "costs" : "same";
}

static json_t *about(const struct result *result)
{
    return json_pack("{s:s, s:s, s:s, s:I}", "file", result->path, "input", result_input(result),
                     "arch", result_text(result->json, "arch"), "operations",
                     (json_int_t)json_array_size(result->ops));
}

json_t *compare_results(const struct result *a, const struct result *b, double tolerance)
{
    struct tally tally = {.tolerance = tolerance, .totals = json_object()};
    json_t *ops = compare_ops(&tally, a, b);
    json_t *rules = compare_rules(&tally, a, b);
    json_t *totals = make_totals(tally.totals);

    json_decref(tally.totals);
    if (!ops) {
        json_decref(rules);
        json_decref(totals);
        return NULL;
    }
    return json_pack(
        "{s:s, s:s, s:o, s:o, s:o, s:s, s:{s:I, s:I, s:I, s:I, s:I, s:I, s:I, s:I, s:I, s:I}, s:o, "
        "s:o, s:o, "
        "s:o}",
        "schema", "iommusim.compare/1", "kind", result_schema(a->kind), "a", about(a), "b",
        about(b), "tolerance_percent", tolerance < 0 ? json_null() : json_real(tolerance),
        "outcome", outcome(&tally), "counts", "same", (json_int_t)tally.changes[CHANGE_SAME],
        "better", (json_int_t)tally.changes[CHANGE_BETTER], "unclear",
        (json_int_t)tally.changes[CHANGE_UNCLEAR], "worse", (json_int_t)tally.changes[CHANGE_WORSE],
        "only_a", (json_int_t)tally.n_only_a, "only_b", (json_int_t)tally.n_only_b, "rules_worse",
        (json_int_t)tally.rules[CHANGE_WORSE], "rules_better",
        (json_int_t)tally.rules[CHANGE_BETTER], "costs", (json_int_t)tally.n_costs, "costs_more",
        (json_int_t)tally.n_more, "settings", compare_settings(a, b), "rules", rules, "totals",
        totals, "operations", ops);
}

int compare_exit_code(const json_t *comparison)
{
    const char *word = result_text(comparison, "outcome");

    if (strcmp(word, "worse") == 0 || strcmp(word, "costlier") == 0)
        return CLI_VERDICT;
    return strcmp(word, "unclear") == 0 ? CLI_INCONCLUSIVE : CLI_OK;
}
