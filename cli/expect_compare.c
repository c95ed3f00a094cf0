/* SPDX-License-Identifier: BSD-2-Clause
 * expect_compare.c - holds expectations against a report.
 *
 * Operations are taken in their order. The next expectation is used if it is about the same kind
 * of operation; else "default" counts, if it has that kind; maps and unmaps that nobody named
 * must be HITLESS; anything else is a difference. */
#include "cli/expect_private.h"

#include <inttypes.h>
#include <string.h>

struct comparison {
    const struct expect *expect;
    FILE *out;
    size_t n_differences;
    size_t index; /* of the operation */
    const struct chk_op *op;
};

/* "expect.yaml:12: operation 3 (replace of 0000:00:04.0): " and the rest is the caller's. */
static void begin_difference(struct comparison *c, uint32_t line)
{
    c->n_differences++;
    (void)fprintf(c->out, "%s:", c->expect->file);
    if (line)
        (void)fprintf(c->out, "%" PRIu32 ":", line);
    if (c->op)
        (void)fprintf(c->out, " operation %zu (%s%s%s):", c->index + 1,
                      sim_enum_word(SIM_SHOW_OP, c->op->op), c->op->device[0] ? " of " : "",
                      c->op->device);
}

static void print_count(FILE *out, uint64_t n)
{
    if (n == EXPECT_ANY)
        (void)fputs("some", out);
    else
        (void)fprintf(out, "%" PRIu64, n);
}

static void compare_count(struct comparison *c, uint32_t line, const char *where, const char *what,
                          const uint64_t n[2])
{
    const uint64_t expected = n[0];
    const uint64_t found = n[1];

    if (expected == EXPECT_ANY ? found > 0 : expected == found)
        return;
    begin_difference(c, line);
    (void)fprintf(c->out, "%s %s: ", where, what);
    print_count(c->out, expected);
    (void)fprintf(c->out, " expected, %" PRIu64 " found\n", found);
}

static uint64_t count_of(const struct chk_counts *counts, const char *name)
{
    for (size_t i = 0; i < counts->n; i++) {
        if (strcmp(counts->of[i].name, name) == 0)
            return counts->of[i].n;
    }
    return 0;
}

static bool has_name(const struct expect_counts *counts, const char *name)
{
    for (size_t i = 0; i < counts->n; i++) {
        if (strcmp(counts->of[i].name, name) == 0)
            return true;
    }
    return false;
}

static void compare_counts(struct comparison *c, uint32_t line, const char *where,
                           const struct expect_counts *expected, const struct chk_counts *found)
{
    if (!expected->is_given)
        return;
    for (size_t i = 0; i < expected->n; i++) {
        const uint64_t n[2] = {expected->of[i].n, count_of(found, expected->of[i].name)};

        compare_count(c, line, where, expected->of[i].name, n);
    }
    for (size_t i = 0; i < found->n; i++) {
        const uint64_t n[2] = {0, found->of[i].n};

        if (!has_name(expected, found->of[i].name))
            compare_count(c, line, where, found->of[i].name, n);
    }
}

static void compare_syncs(struct comparison *c, uint32_t line, const char *where, bool is_given,
                          const uint64_t n[2])
{
    if (is_given)
        compare_count(c, line, where, "syncs", n);
}

static void compare_part(struct comparison *c, uint32_t line, const struct expect_part *expected)
{
    static const struct chk_part none;
    const struct chk_part *found = &none;
    const char *word = sim_enum_word(SIM_SHOW_OP, expected->op);
    char where[64];
    uint64_t n[2];

    for (size_t i = 0; i < c->op->n_parts && found == &none; i++) {
        if (c->op->parts[i].op == expected->op)
            found = &c->op->parts[i];
    }
    if (found == &none) {
        begin_difference(c, line);
        (void)fprintf(c->out, " it has no part '%s'\n", word);
        return;
    }
    (void)snprintf(where, sizeof(where), " %s: stores", word);
    compare_counts(c, line, where, &expected->stores, &found->stores);
    (void)snprintf(where, sizeof(where), " %s: commands", word);
    compare_counts(c, line, where, &expected->commands, &found->commands);
    (void)snprintf(where, sizeof(where), " %s:", word);
    n[0] = expected->syncs;
    n[1] = found->syncs;
    compare_syncs(c, line, where, expected->has_syncs, n);
}

static void compare_flag(struct comparison *c, uint32_t line, const char *what,
                         const struct expect_flag *expected, bool found)
{
    if (!expected->is_given || expected->is_set == found)
        return;
    begin_difference(c, line);
    (void)fprintf(c->out, " %s: %s expected, %s found\n", what, expected->is_set ? "true" : "false",
                  found ? "true" : "false");
}

static void compare_verdict(struct comparison *c, uint32_t line, const char *expected)
{
    const char *found = c->op->worst == CHK_HITLESS && c->op->inconclusive
                            ? "INCONCLUSIVE"
                            : chk_class_name(c->op->worst);

    if (!expected[0] || strcmp(expected, "any") == 0 || strcmp(expected, found) == 0)
        return;
    begin_difference(c, line);
    (void)fprintf(c->out, " verdict: %s expected, %s found%s%s\n", expected, found,
                  c->op->why ? ": " : "", c->op->why ? c->op->why : "");
}

static void compare_op(struct comparison *c, const struct expect_op *expected)
{
    const struct chk_op *op = c->op;
    const uint64_t syncs[2] = {expected->syncs, op->syncs};

    if (expected->device[0] && strcmp(expected->device, op->device) != 0) {
        begin_difference(c, expected->line);
        (void)fprintf(c->out, " device: %s expected\n", expected->device);
    }
    if (expected->has_ret && expected->ret != op->ret) {
        begin_difference(c, expected->line);
        (void)fprintf(c->out, " ret: %" PRId64 " expected, %" PRId32 " found\n", expected->ret,
                      op->ret);
    }
    compare_verdict(c, expected->line, expected->verdict);
    compare_flag(c, expected->line, "safe", &expected->safe, op->safe);
    compare_flag(c, expected->line, "hitless", &expected->hitless, op->hitless);
    compare_flag(c, expected->line, "inconclusive", &expected->inconclusive, op->inconclusive);
    compare_counts(c, expected->line, " stores", &expected->stores, &op->stores);
    compare_counts(c, expected->line, " commands", &expected->commands, &op->commands);
    compare_counts(c, expected->line, " events", &expected->events, &op->events);
    compare_syncs(c, expected->line, "", expected->has_syncs, syncs);
    for (size_t i = 0; i < expected->n_parts; i++)
        compare_part(c, expected->line, &expected->parts[i]);
}

/* Nobody named the operation. */
static void compare_unnamed(struct comparison *c)
{
    for (size_t i = 0; i < c->expect->n_defaults; i++) {
        if (c->expect->defaults[i].op == c->op->op) {
            compare_verdict(c, 0, c->expect->defaults[i].verdict);
            return;
        }
    }
    if (c->op->op == SIM_OP_MAP || c->op->op == SIM_OP_UNMAP) {
        compare_verdict(c, 0, chk_class_name(CHK_HITLESS));
        return;
    }
    begin_difference(c, 0);
    (void)fputs(" was not expected\n", c->out);
}

/* Is the operation at hand the one that @expected is about? */
static bool is_meant(const struct comparison *c, const struct expect_op *expected)
{
    return expected->op == c->op->op && (!expected->number || expected->number == c->index + 1);
}

size_t expect_compare(const struct expect *expect, const struct chk_report *report, FILE *out)
{
    struct comparison c = {.expect = expect, .out = out};
    size_t next = 0;

    for (c.index = 0; c.index < report->n_ops; c.index++) {
        c.op = &report->ops[c.index];
        if (next < expect->n_ops && is_meant(&c, &expect->ops[next]))
            compare_op(&c, &expect->ops[next++]);
        else
            compare_unnamed(&c);
    }
    c.op = NULL;
    for (; next < expect->n_ops; next++) {
        begin_difference(&c, expect->ops[next].line);
        (void)fprintf(out, " this %s did not happen\n",
                      sim_enum_word(SIM_SHOW_OP, expect->ops[next].op));
    }
    if (expect->has_lost) {
        const uint64_t n[2] = {expect->lost, report->lost_events};

        compare_count(&c, 0, "", "lost_events", n);
    }
    if (report->bad_outside) {
        begin_difference(&c, 0);
        (void)fprintf(out, " %" PRIu64 " answers outside every operation were not promised\n",
                      report->bad_outside);
    }
    return c.n_differences;
}

size_t expect_compare_rules(const struct expect *expect, const struct chk_order_report *report,
                            FILE *out)
{
    size_t n = 0;

    for (unsigned i = 0; expect->has_rules && i < CHK_N_RULES; i++) {
        const uint64_t wanted = expect->rules[i], found = report->count[i];

        if (wanted == found || (wanted == EXPECT_ANY && found > 0))
            continue;
        n++;
        if (wanted == EXPECT_ANY)
            (void)fprintf(out, "%s: rule %s: any expected, none found\n", expect->file,
                          chk_rules[i].id);
        else
            (void)fprintf(out, "%s: rule %s: %" PRIu64 " expected, %" PRIu64 " found\n",
                          expect->file, chk_rules[i].id, wanted, found);
    }
    return n;
}
