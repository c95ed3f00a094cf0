/* SPDX-License-Identifier: BSD-2-Clause
 * explore_json.c - what iommusim explore found, as JSON: schema iommusim.explore/1.
 * Knows: reports. Must not know: options. */
#include "cli/explore_report.h"
#include "cli/explore_reproduce.h"
#include "cli/explore_words.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#define TARGET_BYTES 256u

static json_t *json_id(uint32_t id)
{
    return id == CHK_NO_ID ? json_null() : json_integer(id);
}

static json_t *json_tlb(const struct explore_result *result, const struct chk_target *target,
                        unsigned i)
{
    const struct chk_tag *tag = &target->tlb[i].tag;
    const struct chk_regime *regime = &target->tlb[i].regime;
    uint32_t space, id;

    explore_ids(result->arch, tag, &space, &id);
    return json_pack("{s:i, s:i, s:o, s:o, s:o, s:o}", "stage", (int)tag->stage, "world",
                     (int)tag->world, "space", json_id(space), "id", json_id(id), "root",
                     cli_json_hex(regime->root[0]), "root_high", cli_json_hex(regime->root[1]));
}

static json_t *json_target(const struct explore_result *result, const struct chk_target *target)
{
    static const char *const kinds[] = {"refused", "bypass", "translated", "guest"};
    char text[TARGET_BYTES];
    json_t *tlbs = json_array();
    json_t *json;

    explore_target(result, target, text, sizeof(text));
    for (unsigned i = 0; i < target->n_tlbs; i++)
        (void)json_array_append_new(tlbs, json_tlb(result, target, i));
    json = json_pack("{s:s, s:s, s:o}", "kind", kinds[target->kind], "text", text, "tables", tlbs);
    if (json && target->kind == CHK_REFUSED)
        (void)json_object_set_new(json, "event", json_string(result->arch->event(target->event)));
    return json;
}

static json_t *json_frame(const struct trc_frame *frame)
{
    return json_pack("{s:s, s:s, s:i}", "function", frame->function, "file", frame->file, "line",
                     (int)frame->line);
}

/* The innermost function first. */
static json_t *json_store(const struct explore_result *result, uint64_t seq)
{
    const uint64_t ip = explore_ip(result, seq);
    const struct trc_place *place = ip ? trc_lines_find(result->lines, ip) : NULL;
    json_t *frames = json_array();

    for (uint32_t i = 0; place && i < place->n; i++)
        (void)json_array_append_new(frames, json_frame(&place->frames[i]));
    return frames;
}

static json_t *json_held(const struct explore_result *result, const struct xpl_words *held)
{
    json_t *words = json_array();

    for (unsigned w = 0; w < held->n_words; w++)
        (void)json_array_append_new(words, json_pack("{s:o, s:I, s:o}", "value",
                                                     cli_json_hex(held->word[w]), "record",
                                                     (json_int_t)held->word_seq[w], "store",
                                                     json_store(result, held->word_seq[w])));
    return json_pack("{s:s, s:o, s:i, s:o, s:o}", "structure",
                     sim_structure_infos[held->key.structure].name, "sid",
                     cli_json_hex(held->key.requester), "index", (int)held->key.index, "address",
                     cli_json_hex(held->address), "words", words);
}

/* What hardware held; empty where nothing was kept, as for permitted outcomes. */
static json_t *json_view(const struct explore_result *result, const struct xpl_op *op,
                         uint32_t view)
{
    json_t *list = json_array();

    for (uint32_t i = 0; view != XPL_NO_VIEW && i < op->views[view].n_structures; i++)
        (void)json_array_append_new(list, json_held(result, &op->views[view].structure[i]));
    return list;
}

static json_t *json_outcome(const struct explore_result *result, const struct xpl_op *op,
                            const struct xpl_slot *slot, const struct xpl_outcome *outcome)
{
    static const char *const phases[] = {"before", "during", "after"};

    return json_pack(
        "{s:s, s:s, s:s, s:b, s:b, s:b, s:I, s:s?, s:o, s:o}", "phase", phases[outcome->phase],
        "source", outcome->source == XPL_ENTRY ? "entry" : "tlb", "verdict",
        chk_class_name(outcome->verdict), "is_old", outcome->is_old, "is_new", outcome->is_new,
        "is_left_over", outcome->is_left_over, "record", (json_int_t)outcome->seq, "finding",
        explore_finding(op, slot, outcome), "held", json_view(result, op, outcome->view), "target",
        json_target(result, &outcome->target));
}

static json_t *json_classes(uint32_t classes)
{
    json_t *list = json_array();

    for (unsigned i = 0; i < CHK_N_CLASSES; i++) {
        if (classes >> i & 1)
            (void)json_array_append_new(list, json_string(chk_class_name((enum chk_class)i)));
    }
    return list;
}

static json_t *json_slot(const struct explore_result *result, const struct xpl_op *op,
                         const struct xpl_slot *slot)
{
    json_t *outcomes = json_array();
    json_t *json;

    for (uint32_t i = 0; i < slot->n_outcomes; i++)
        (void)json_array_append_new(outcomes, json_outcome(result, op, slot, &slot->outcomes[i]));
    json = json_pack("{s:i, s:o, s:o, s:b, s:b, s:s, s:o, s:o, s:I, s:o, s:o, s:o}", "iommu",
                     (int)slot->iommu, "sid", cli_json_hex(slot->request.requester), "pasid",
                     json_id(slot->request.pasid), "is_switched", slot->is_switched, "inconclusive",
                     slot->inconclusive, "worst", chk_class_name(slot->worst), "entry",
                     json_classes(slot->classes[XPL_ENTRY]), "tlb",
                     json_classes(slot->classes[XPL_TLB]), "views", (json_int_t)slot->n_views,
                     "old", json_target(result, &slot->old_target), "new",
                     json_target(result, &slot->new_target), "outcomes", outcomes);
    return json;
}

static json_t *json_table(const struct explore_result *result, const struct xpl_table *table)
{
    uint32_t space, id;

    explore_ids(result->arch, &table->tag, &space, &id);
    return json_pack("{s:s, s:s, s:o, s:o, s:o, s:I, s:o, s:o}", "verdict",
                     chk_class_name(table->verdict), "what", table->what, "first",
                     cli_json_hex(table->first), "last", cli_json_hex(table->last), "page",
                     cli_json_hex(table->page), "record", (json_int_t)table->seq, "space",
                     json_id(space), "id", json_id(id));
}

static json_t *json_level(const struct xpl_op *op, enum xpl_level level)
{
    return json_pack("{s:s, s:s, s:s, s:o}", "verdict", explore_verdict(op, level), "entry",
                     chk_class_name(op->entry_worst[level]), "tlb",
                     chk_class_name(op->tlb_worst[level]), "classes",
                     json_classes(op->classes[level]));
}

static json_t *json_notes(const struct xpl_op *op)
{
    json_t *list = json_array();

    for (unsigned i = 0; i < XPL_N_NOTES; i++) {
        if (op->notes >> i & 1)
            (void)json_array_append_new(list, json_string(xpl_note_text(i)));
    }
    return list;
}

static json_t *json_op(const struct explore_result *result, const struct xpl_op *op)
{
    json_t *slots = json_array();
    json_t *tables = json_array();
    json_t *reproduced = explore_reproduced_json(result, (size_t)(op - result->report->ops));

    for (uint32_t i = 0; i < op->n_slots; i++)
        (void)json_array_append_new(slots, json_slot(result, op, &op->slots[i]));
    for (uint32_t i = 0; i < op->n_tables; i++)
        (void)json_array_append_new(tables, json_table(result, &op->tables[i]));
    return json_pack(
        "{s:s, s:s, s:i, s:I, s:I, s:I, s:I, s:I, s:I, s:I, s:b, s:s, s:s?, s:o, s:o, s:o, s:o, "
        "s:o, s:o}",
        "op", sim_enum_word(SIM_SHOW_OP, op->op), "device", explore_device(result, op->dev), "ret",
        (int)op->ret, "begin", (json_int_t)op->begin_seq, "end", (json_int_t)op->end_seq, "stores",
        (json_int_t)op->stores, "commands", (json_int_t)op->commands, "syncs",
        (json_int_t)op->syncs, "views", (json_int_t)op->n_views, "outcomes",
        (json_int_t)op->n_outcomes, "inconclusive", op->inconclusive, "why", op->why ? op->why : "",
        "finding", explore_known(op), "architecture", json_level(op, XPL_ARCHITECTURE), "deployed",
        json_level(op, XPL_DEPLOYED), "slots", slots, "tables", tables, "notes", json_notes(op),
        "reproduced", reproduced);
}

json_t *explore_json(const struct explore_result *result)
{
    const struct xpl_report *report = result->report;
    json_t *ops = json_array();

    for (size_t i = 0; i < report->n_ops; i++)
        (void)json_array_append_new(ops, json_op(result, &report->ops[i]));
    return json_pack(
        "{s:s, s:s, s:I, s:I, s:I, s:{s:i, s:i, s:i, s:i, s:s, s:s, s:b}, s:b, s:s, s:I, s:s, s:s, "
        "s:o}",
        "schema", "iommusim.explore/1", "input", result->input, "records",
        (json_int_t)report->n_records, "views", (json_int_t)report->n_views, "outcomes",
        (json_int_t)report->n_outcomes, "rules", "atom_bytes", (int)explore_atom(result),
        "max_values", (int)result->params->max_values, "max_views", (int)result->params->max_views,
        "max_tables", (int)result->params->max_tables, "same_tag_conflict",
        explore_conflict(result->params), "device_tlb_order", explore_order(result->params),
        "ordering_assumed", report->ordering_assumed, "inconclusive", report->inconclusive, "why",
        report->why ? report->why : "", "bad_outside", (json_int_t)report->bad_outside,
        "architecture", chk_class_name(report->worst[XPL_ARCHITECTURE]), "deployed",
        chk_class_name(report->worst[XPL_DEPLOYED]), "operations", ops);
}
