/* SPDX-License-Identifier: BSD-2-Clause
 * run_transition_json.c - a cell's result as JSON, schema iommusim.transition/1.
 * Knows: the schema (docs/schema/transition.schema.json). Must not know: how it came about. */
#include "cli/run_transition.h"

#include <string.h>

static json_t *json_ns(uint64_t ps)
{
    return json_real((double)ps / 1e3);
}

static json_t *json_n(uint64_t n)
{
    return json_integer((json_int_t)n);
}

static json_t *json_text(const char *text)
{
    return text ? json_string(text) : json_null();
}

static json_t *json_counts(const struct chk_counts *counts)
{
    json_t *object = json_object();

    for (size_t i = 0; i < counts->n; i++)
        (void)json_object_set_new(object, counts->of[i].name, json_n(counts->of[i].n));
    return object;
}

static json_t *json_cell(const struct cell_result *result, const struct cell_hardware *hardware)
{
    const struct trn_cell *cell = &result->cell;
    json_t *sets = json_array();
    json_t *object;

    for (size_t i = 0; i < hardware->n_sets; i++)
        (void)json_array_append_new(sets, json_string(hardware->sets[i]));
    object = json_pack("{s:s, s:s, s:s, s:o, s:b, s:s, s:s, s:s}", "arch",
                       sim_enum_word(SIM_SHOW_ARCH, cell->arch), "from", trn_state_name(cell->from),
                       "to", trn_state_name(cell->to), "pasid",
                       cell->pasid == TRN_NO_PASID ? json_null() : json_n(cell->pasid), "ats",
                       cell->has_ats, "by", trn_by_name(cell->by), "driver", cell->driver, "load",
                       trn_load_name(cell->load));
    (void)json_object_set_new(object, "preset", json_text(hardware->preset));
    (void)json_object_set_new(object, "sets", sets);
    (void)json_object_set_new(object, "gap_ns", json_n(result->params.gap_ns));
    (void)json_object_set_new(object, "window_ns", json_n(result->params.window_ns));
    (void)json_object_set_new(object, "mapped_bytes", json_n(result->params.scale.n_bytes));
    (void)json_object_set_new(object, "large_leaves",
                              json_boolean(result->params.scale.has_large_leaves));
    (void)json_object_set_new(object, "atom_bytes", json_n(cell_atom(cell)));
    return object;
}

static json_t *json_rules(const struct cell_verdict *verdict)
{
    json_t *object = json_object();

    for (size_t i = 0; i < verdict->n_rules; i++)
        (void)json_object_set_new(object, chk_rules[verdict->rules[i].rule].id,
                                  json_n(verdict->rules[i].n));
    return object;
}

static json_t *json_verdict(const struct cell_result *result)
{
    const struct cell_verdict *verdict = &result->verdict;
    json_t *why = json_array();

    for (size_t i = 0; i < verdict->n_whys; i++)
        (void)json_array_append_new(why, json_string(verdict->why[i]));
    return json_pack("{s:s, s:s, s:s, s:b, s:b, s:b, s:o, s:o}", "replay",
                     cell_verdict_word(verdict->replay, verdict->inconclusive),
                     "explore_architecture",
                     cell_verdict_word(verdict->explore[XPL_ARCHITECTURE], verdict->inconclusive),
                     "explore_deployed",
                     cell_verdict_word(verdict->explore[XPL_DEPLOYED], verdict->inconclusive),
                     "hitless", verdict->replay == CHK_HITLESS && !verdict->inconclusive, "safe",
                     verdict->replay < CHK_TORN, "inconclusive", verdict->inconclusive, "why", why,
                     "rules", json_rules(verdict));
}

static json_t *json_latency(const struct chk_latency *latency)
{
    return json_pack("{s:o, s:o, s:o, s:o}", "n", json_n(latency->n), "p50", json_ns(latency->p50),
                     "p99", json_ns(latency->p99), "max", json_ns(latency->max));
}

static json_t *json_dma(const struct cell_costs *costs)
{
    return json_pack("{s:o, s:o, s:o, s:o}", "before", json_latency(&costs->before), "during",
                     json_latency(&costs->during), "after", json_latency(&costs->after), "refused",
                     json_n(costs->n_refused));
}

static json_t *json_costs(const struct cell_costs *costs)
{
    json_t *object =
        json_pack("{s:o, s:o, s:o, s:o, s:o, s:o, s:o, s:o}", "n_stores", json_n(costs->n_stores),
                  "stores", json_counts(&costs->stores), "n_commands", json_n(costs->n_commands),
                  "commands", json_counts(&costs->commands), "syncs", json_n(costs->syncs),
                  "register_writes", json_n(costs->register_writes), "register_reads",
                  json_n(costs->register_reads), "events", json_counts(&costs->events));

    (void)json_object_set_new(object, "window_ns", json_ns(costs->window_ps));
    (void)json_object_set_new(object, "total_ns", json_ns(costs->total_ps));
    (void)json_object_set_new(object, "driver_ns", json_ns(costs->driver_ps));
    (void)json_object_set_new(object, "wait_ns", json_ns(costs->wait_ps));
    (void)json_object_set_new(object, "blocked_ns", json_ns(costs->blocked_ps));
    (void)json_object_set_new(object, "dma_blocked_ns", json_ns(costs->dma_blocked_ps));
    (void)json_object_set_new(object, "dma", json_dma(costs));
    (void)json_object_set_new(object, "refill",
                              json_pack("{s:o, s:o, s:o, s:o}", "misses", json_n(costs->misses),
                                        "misses_before", json_n(costs->misses_before), "reads",
                                        json_n(costs->reads), "ns", json_ns(costs->refill_ps)));
    (void)json_object_set_new(object, "tlb",
                              json_pack("{s:o, s:o, s:o}", "swept", json_n(costs->swept), "killed",
                                        json_n(costs->killed), "collateral",
                                        json_n(costs->collateral)));
    return object;
}

static json_t *json_halves(const struct cell_result *result)
{
    json_t *list = json_array();

    for (size_t i = 0; i < result->n_halves; i++) {
        const struct cell_half *half = &result->halves[i];

        (void)json_array_append_new(
            list, json_pack("{s:s, s:i, s:s, s:s, s:s, s:o, s:o}", "op",
                            sim_enum_word(SIM_SHOW_OP, half->op), "ret", (int)half->ret, "replay",
                            chk_class_name(half->replay), "explore_architecture",
                            chk_class_name(half->explore[XPL_ARCHITECTURE]), "explore_deployed",
                            chk_class_name(half->explore[XPL_DEPLOYED]), "syncs",
                            json_n(half->syncs), "total_ns", json_ns(half->total_ps)));
    }
    return list;
}

json_t *cell_json(const struct cell_result *result, const struct cell_hardware *hardware)
{
    const bool has_run = result->judgement.kind == TRN_RUNS;
    json_t *root =
        json_pack("{s:s, s:o, s:s}", "schema", "iommusim.transition/1", "cell",
                  json_cell(result, hardware), "kind", trn_kind_name(result->judgement.kind));

    (void)json_object_set_new(root, "rule", json_text(trn_rule_name(result->judgement.rule)));
    (void)json_object_set_new(root, "reason", json_text(result->judgement.reason));
    (void)json_object_set_new(root, "section", json_text(result->judgement.section));
    (void)json_object_set_new(
        root, "ret",
        has_run ? json_pack("{s:i, s:i}", "expected", result->expected, "actual", result->actual)
                : json_null());
    (void)json_object_set_new(root, "verdict", has_run ? json_verdict(result) : json_null());
    (void)json_object_set_new(root, "costs", has_run ? json_costs(&result->costs) : json_null());
    (void)json_object_set_new(root, "halves", has_run ? json_halves(result) : json_array());
    if (result->story)
        (void)json_object_set(root, "story", result->story);
    return root;
}
