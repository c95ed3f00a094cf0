/* SPDX-License-Identifier: BSD-2-Clause
 * result_ops.c - the operations of a result in one form. */
#include "cli/result_private.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

/* ---- Costs ---------------------------------------------------------------------------------- */

/**
 * struct metric - a figure of an operation.
 * @path: where it stands; @name: what it is called here.
 */
struct metric {
    const char *path;
    const char *name;
};

/* Members that count by name; their sum is a figure, too. */
static const struct metric counted[] = {
    {"stores", "stores"},
    {"commands", "commands"},
    {"events", "events"},
};

static const struct metric replay_metrics[] = {
    {"syncs", "syncs"},
    {"mmio_writes", "register_writes"},
    {"cost_ns.hw", "hw_ns"},
    {"cost_ns.cpu", "cpu_ns"},
    {"cost_ns.sync_max", "sync_max_ns"},
    {"cost_ns.dma_blocked", "dma_blocked_ns"},
    {"cost_ns.refill", "refill_ns"},
    {"tlb.killed", "tlb_killed"},
    {"tlb.collateral", "tlb_collateral"},
    {"dma.faulted", "dma_refused"},
    {"latency_ns.before.p50", "latency_before_p50_ns"},
    {"latency_ns.before.p99", "latency_before_p99_ns"},
    {"latency_ns.before.max", "latency_before_max_ns"},
    {"latency_ns.during.p50", "latency_during_p50_ns"},
    {"latency_ns.during.p99", "latency_during_p99_ns"},
    {"latency_ns.during.max", "latency_during_max_ns"},
    {"latency_ns.after.p50", "latency_after_p50_ns"},
    {"latency_ns.after.p99", "latency_after_p99_ns"},
    {"latency_ns.after.max", "latency_after_max_ns"},
};

static const struct metric transition_metrics[] = {
    {"syncs", "syncs"},
    {"register_writes", "register_writes"},
    {"register_reads", "register_reads"},
    {"window_ns", "window_ns"},
    {"total_ns", "total_ns"},
    {"driver_ns", "driver_ns"},
    {"wait_ns", "wait_ns"},
    {"blocked_ns", "blocked_ns"},
    {"dma_blocked_ns", "dma_blocked_ns"},
    {"dma.refused", "dma_refused"},
    {"refill.misses", "refill_misses"},
    {"refill.reads", "refill_reads"},
    {"refill.ns", "refill_ns"},
    {"tlb.killed", "tlb_killed"},
    {"tlb.collateral", "tlb_collateral"},
    {"dma.before.p50", "latency_before_p50_ns"},
    {"dma.before.p99", "latency_before_p99_ns"},
    {"dma.before.max", "latency_before_max_ns"},
    {"dma.during.p50", "latency_during_p50_ns"},
    {"dma.during.p99", "latency_during_p99_ns"},
    {"dma.during.max", "latency_during_max_ns"},
    {"dma.after.p50", "latency_after_p50_ns"},
    {"dma.after.p99", "latency_after_p99_ns"},
    {"dma.after.max", "latency_after_max_ns"},
};

static const struct metric explore_metrics[] = {
    {"stores", "stores"},
    {"commands", "commands"},
    {"syncs", "syncs"},
};

static void put_counts(json_t *costs, const struct metric *metric, json_t *counts)
{
    const char *key;
    json_t *value;
    double sum = 0;

    json_object_foreach (counts, key, value) {
        sum += json_number_value(value);
    }
    (void)json_object_set_new(costs, metric->name, json_real(sum));
    json_object_foreach (counts, key, value) {
        char name[96];

        (void)snprintf(name, sizeof(name), "%s.%s", metric->name, key);
        if (json_is_number(value))
            (void)json_object_set_new(costs, name, json_real(json_number_value(value)));
    }
}

static void put_metrics(json_t *costs, const json_t *op, const struct metric *metrics, size_t n)
{
    for (size_t i = 0; i < n; i++) {
        const json_t *value = result_at(op, metrics[i].path);

        if (json_is_number(value))
            (void)json_object_set_new(costs, metrics[i].name, json_real(json_number_value(value)));
    }
}

static json_t *make_costs(enum result_kind kind, const json_t *op)
{
    json_t *costs = json_object();

    if (kind == RESULT_EXPLORE) {
        put_metrics(costs, op, explore_metrics,
                    sizeof(explore_metrics) / sizeof(explore_metrics[0]));
        return costs;
    }
    for (size_t i = 0; i < sizeof(counted) / sizeof(counted[0]); i++)
        put_counts(costs, &counted[i], json_object_get(op, counted[i].path));
    if (kind == RESULT_TRANSITION)
        put_metrics(costs, op, transition_metrics,
                    sizeof(transition_metrics) / sizeof(transition_metrics[0]));
    else
        put_metrics(costs, op, replay_metrics, sizeof(replay_metrics) / sizeof(replay_metrics[0]));
    return costs;
}

/* ---- Who and what --------------------------------------------------------------------------- */

/* The explorer's operations have no PASID of their own: that of the one slot that is switched. */
static json_t *explored_pasid(const json_t *op)
{
    const json_t *slots = json_object_get(op, "slots");
    json_t *pasid = NULL;
    size_t i;
    json_t *slot;

    json_array_foreach (slots, i, slot) {
        if (!json_is_true(json_object_get(slot, "is_switched")))
            continue;
        if (pasid && !json_equal(pasid, json_object_get(slot, "pasid")))
            return json_null();
        pasid = json_object_get(slot, "pasid");
    }
    return json_is_integer(pasid) ? json_incref(pasid) : json_null();
}

static json_t *make_pasid(enum result_kind kind, const json_t *op)
{
    json_t *pasid = json_object_get(op, "pasid");

    if (kind == RESULT_EXPLORE)
        return explored_pasid(op);
    return json_is_integer(pasid) ? json_incref(pasid) : json_null();
}

static json_t *make_detail(enum result_kind kind, const json_t *op)
{
    if (kind == RESULT_EXPLORE)
        return json_string("");
    return json_sprintf("%.20s to %.20s", result_text(op, "old_kind"), result_text(op, "new_kind"));
}

/* ---- Verdicts ------------------------------------------------------------------------------- */

static bool put_verdict(json_t *verdicts, const char *level, const char *word, const json_t *op)
{
    if (result_rank(word) < 0)
        return false;
    (void)json_object_set_new(verdicts, level,
                              json_pack("{s:s, s:b, s:s}", "word", word, "inconclusive",
                                        json_is_true(json_object_get(op, "inconclusive")) ||
                                            strcmp(word, "INCONCLUSIVE") == 0,
                                        "why", result_text(op, "why")));
    return true;
}

static bool put_verdicts(enum result_kind kind, const json_t *op, json_t *verdicts)
{
    static const char *const levels[] = {"architecture", "deployed"};
    bool ok = true;

    if (kind != RESULT_EXPLORE)
        return put_verdict(verdicts, "verdict", result_text(op, "verdict"), op);
    for (size_t i = 0; i < sizeof(levels) / sizeof(levels[0]); i++)
        ok &= put_verdict(verdicts, levels[i],
                          result_text(json_object_get(op, levels[i]), "verdict"), op);
    return ok;
}

/* Return: NULL if @op is not what the schema says. */
static json_t *make_op(enum result_kind kind, const json_t *op, size_t number)
{
    json_t *ret = json_object_get(op, "ret");
    json_t *verdicts = json_object();
    const char *name = result_text(op, "op");

    if (!*name || !verdicts || !put_verdicts(kind, op, verdicts)) {
        json_decref(verdicts);
        return NULL;
    }
    return json_pack("{s:s, s:s, s:o, s:I, s:o, s:o, s:o, s:o}", "op", name, "device",
                     result_text(op, "device"), "pasid", make_pasid(kind, op), "number",
                     (json_int_t)number, "ret",
                     json_is_integer(ret) ? json_incref(ret) : json_null(), "detail",
                     make_detail(kind, op), "verdicts", verdicts, "costs", make_costs(kind, op));
}

/* ---- One transition ------------------------------------------------------------------------- */

/* The reasons, one behind the other. */
static json_t *join(const json_t *texts)
{
    json_t *all = json_string("");
    size_t i;
    json_t *text;

    json_array_foreach (texts, i, text) {
        json_t *longer = json_sprintf("%s%s%s", json_string_value(all), i ? "; " : "",
                                      json_is_string(text) ? json_string_value(text) : "");

        json_decref(all);
        all = longer;
    }
    return all;
}

static bool put_judgements(const json_t *verdict, json_t *verdicts)
{
    static const char *const levels[] = {"replay", "explore_architecture", "explore_deployed"};
    const bool is_open = json_is_true(json_object_get(verdict, "inconclusive"));

    for (size_t i = 0; i < sizeof(levels) / sizeof(levels[0]); i++) {
        const char *word = result_text(verdict, levels[i]);

        if (result_rank(word) < 0)
            return false;
        (void)json_object_set_new(verdicts, levels[i],
                                  json_pack("{s:s, s:b, s:o}", "word", word, "inconclusive",
                                            is_open || strcmp(word, "INCONCLUSIVE") == 0, "why",
                                            join(json_object_get(verdict, "why"))));
    }
    return true;
}

/* Two cells are partners whatever they are: how they differ is what is asked. One that was not run
 * has no operation. */
static int transition(struct result *result, struct sim_diag *diag)
{
    const json_t *cell = json_object_get(result->json, "cell");
    const json_t *costs = json_object_get(result->json, "costs");
    json_t *ret = json_object_get(json_object_get(result->json, "ret"), "actual");
    json_t *verdicts;

    if (!json_is_object(cell) || !*result_text(result->json, "kind"))
        return sim_diag_text(diag, SIM_EFORMAT, 0, 0, "%s without \"cell\" or \"kind\"",
                             result_schema(result->kind));
    if (strcmp(result_text(result->json, "kind"), "ran") != 0)
        return 0;
    verdicts = json_object();
    if (!put_judgements(json_object_get(result->json, "verdict"), verdicts)) {
        json_decref(verdicts);
        return sim_diag_text(diag, SIM_EFORMAT, 0, 0, "%s without its verdicts",
                             result_schema(result->kind));
    }
    (void)json_array_append_new(
        result->ops, json_pack("{s:s, s:s, s:n, s:i, s:o, s:o, s:o, s:o}", "op", "transition",
                               "device", "", "pasid", "number", 1, "ret",
                               json_is_integer(ret) ? json_incref(ret) : json_null(), "detail",
                               json_sprintf("%s to %s by %s", result_text(cell, "from"),
                                            result_text(cell, "to"), result_text(cell, "by")),
                               "verdicts", verdicts, "costs", make_costs(result->kind, costs)));
    return 0;
}

int result_operations(struct result *result, struct sim_diag *diag)
{
    const json_t *ops = json_object_get(result->json, "operations");
    size_t i;
    json_t *op;

    if (result->kind == RESULT_TRANSITION)
        return transition(result, diag);
    if (!json_is_array(ops))
        return sim_diag_text(diag, SIM_EFORMAT, 0, 0, "%s without \"operations\"",
                             result_schema(result->kind));
    json_array_foreach (ops, i, op) {
        json_t *made = make_op(result->kind, op, i + 1);

        if (!made)
            return sim_diag_text(diag, SIM_EFORMAT, 0, 0,
                                 "operation %zu is not what %s says: its name or verdict", i + 1,
                                 result_schema(result->kind));
        (void)json_array_append_new(result->ops, made);
    }
    return 0;
}
