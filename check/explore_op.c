/* SPDX-License-Identifier: BSD-2-Clause
 * explore_op.c - operations: what they may change, and what class each answer gives them.
 * Knows: marks, old and new targets, phases. Must not know: caches, layouts. */
#include "check/explore_private.h"

#include <stdlib.h>
#include <string.h>

struct xpl_cpu *xpl_cpu_of(struct xpl_core *core, uint16_t number)
{
    while (core->n_cpus <= number) {
        if (!xpl_grow(core, (void **)&core->cpus, core->n_cpus, &core->n_max_cpus,
                      sizeof(*core->cpus)))
            return NULL;
        memset(&core->cpus[core->n_cpus], 0, sizeof(*core->cpus));
        core->cpus[core->n_cpus++].op = XPL_NONE;
    }
    return &core->cpus[number];
}

uint32_t xpl_op_now(const struct xpl_core *core)
{
    return core->cpu < core->n_cpus ? core->cpus[core->cpu].op : XPL_NONE;
}

/* ---- classes ---- */

void xpl_op_class(struct xpl_core *core, uint32_t op, enum xpl_source source,
                  enum chk_class verdict)
{
    enum chk_class *worst;

    if (verdict == CHK_HITLESS)
        return;
    if (op == XPL_NONE) {
        core->bad_outside++;
        return;
    }
    core->ops[op].classes[core->level] |= 1u << verdict;
    worst = source == XPL_ENTRY ? &core->ops[op].entry_worst[core->level]
                                : &core->ops[op].tlb_worst[core->level];
    if (*worst < verdict)
        *worst = verdict;
    if (core->ops[op].worst[core->level] < verdict)
        core->ops[op].worst[core->level] = verdict;
}

void xpl_op_hole(struct xpl_core *core, uint32_t op, const char *why)
{
    core->is_incomplete = true;
    if (!core->why)
        core->why = why;
    if (op == XPL_NONE || core->ops[op].inconclusive)
        return;
    core->ops[op].inconclusive = true;
    core->ops[op].why = why;
}

/* Addresses in a row are one entry. */
static bool goes_on(const struct xpl_op *op, const struct xpl_table *table)
{
    const struct xpl_table *last = op->n_tables ? &op->tables[op->n_tables - 1] : NULL;

    return last && !table->page && !last->page && last->verdict == table->verdict &&
           last->what == table->what && last->last + 1 == table->first &&
           memcmp(&last->tag, &table->tag, sizeof(last->tag)) == 0;
}

const char *xpl_note_text(unsigned note)
{
    static const char *const text[] = {
        "a guest's tables are not looked into: they are compared by their address",
        "no record says where the device should be led: new is what memory says",
        "no request uses the domain",
        "type 3 shares a wait with a PIOTLB before it: device_tlb_order decides",
    };

    return note < XPL_N_NOTES ? text[note] : "";
}

static void add_table(struct xpl_core *core, uint32_t op_index, enum xpl_source source,
                      const struct xpl_table *table)
{
    struct xpl_op *op;
    uint32_t n_max;

    xpl_op_class(core, op_index, source, table->verdict);
    if (op_index == XPL_NONE)
        return;
    op = &core->ops[op_index];
    if (goes_on(op, table)) {
        op->tables[op->n_tables - 1].last = table->last;
        return;
    }
    n_max = op->n_tables;
    if (!xpl_grow(core, (void **)&op->tables, op->n_tables, &n_max, sizeof(*op->tables)))
        return;
    op->tables[op->n_tables++] = *table;
}

void xpl_op_table(struct xpl_core *core, uint32_t op, const struct xpl_table *table)
{
    add_table(core, op, XPL_TLB, table);
}

/* Memory itself breaks a promise, whatever is cached. */
void xpl_op_promise(struct xpl_core *core, uint32_t op, const struct xpl_table *table)
{
    add_table(core, op, XPL_ENTRY, table);
}

static bool is_refused(const struct chk_target *target)
{
    return target->kind == CHK_REFUSED;
}

/* Do @target's entry @which and a translation that is filed under @tag show as much? Caches of
 * tables show less. */
static bool shows_alike(const struct chk_target *target, unsigned which, const struct chk_tag *tag)
{
    const struct chk_tag *own = &target->tlb[which].tag;

    return own->stage == tag->stage && (which < target->n_tlbs || own->world == tag->world);
}

/* A second stage from a cache of tables is one of @target's if the first stage above it is. */
static bool is_beside(const struct chk_target *target, unsigned which, const struct chk_target *met)
{
    return which < target->n_tlbs || target->tlb[which].tag.stage != 2 ||
           (target->kind == met->kind &&
            target->tlb[0].regime.root[1] == met->tlb[1].regime.root[1]);
}

/* Is the translation that @met shows one of @target's, whatever it is filed under? */
static bool has_regime(const struct chk_target *target, const struct chk_target *met)
{
    for (unsigned i = 0; i < met->n_tlbs; i++) {
        bool is_there = false;

        for (unsigned j = 0; j < target->n_tlbs + target->n_shared; j++)
            is_there = is_there ||
                       (shows_alike(target, j, &met->tlb[i].tag) && is_beside(target, j, met) &&
                        memcmp(&target->tlb[j].regime, &met->tlb[i].regime,
                               sizeof(met->tlb[i].regime)) == 0);
        if (!is_there)
            return false;
    }
    return met->n_tlbs > 0;
}

/* Does @target look under the tag that @met was found by? */
static bool has_tag(const struct chk_target *target, const struct chk_target *met)
{
    for (unsigned i = 0; i < target->n_tlbs + target->n_shared; i++) {
        if (chk_tag_meets(&target->tlb[i].tag, &met->tlb[0].tag))
            return true;
    }
    return false;
}

static enum chk_class judge_entry(const struct xpl_stream *stream, const struct chk_target *seen,
                                  enum xpl_phase phase)
{
    const struct chk_target *old = &stream->old_target;
    const struct chk_target *new = &stream->new_target;

    if (chk_target_equal(seen, new))
        return CHK_HITLESS;
    if (phase == XPL_DURING) {
        if (chk_target_equal(seen, old))
            return CHK_HITLESS;
        if (!is_refused(seen))
            return CHK_TORN;
        return is_refused(old) || is_refused(new) ? CHK_HITLESS : CHK_BREAKS;
    }
    if (is_refused(seen))
        return is_refused(new) ? CHK_HITLESS : CHK_STALE_REFUSAL;
    return CHK_STALE;
}

/* A PASID whose translation a switch of its device does not change. */
static bool is_left_alone(const struct xpl_stream *stream)
{
    return stream->request.pasid != CHK_NO_PASID &&
           chk_target_equal(&stream->old_target, &stream->new_target);
}

/* What was filed rightly, or under a tag that nothing uses from now on, is old; what a mix filed
 * where the new configuration looks is poison. */
static enum chk_class judge_tlb(const struct xpl_stream *stream, const struct chk_target *seen,
                                enum xpl_phase phase)
{
    const bool is_old = has_regime(&stream->old_target, seen);

    if (has_regime(&stream->new_target, seen))
        return CHK_HITLESS;
    if (stream->is_bystander || is_left_alone(stream))
        return CHK_POISONS;
    if (phase == XPL_DURING)
        return is_old ? CHK_HITLESS : CHK_TORN;
    if (!has_tag(&stream->new_target, seen))
        return CHK_STALE;
    return is_old && has_tag(&stream->old_target, seen) ? CHK_STALE : CHK_POISONS;
}

/* Nothing in it is of the request's PASID alone. */
static bool is_shared(const struct xpl_stream *stream, const struct xpl_seen *seen)
{
    const uint32_t n = seen->view.n_structures;
    const struct chk_key *key = n ? &seen->view.structure[n - 1].key : NULL;

    if (seen->source != XPL_ENTRY)
        return false;
    if (key && (key->structure == SIM_S_PASID || key->structure == SIM_S_PASID_DIR))
        return false; /* found by PASID, those of requests without one, too */
    return !(key && key->structure == SIM_S_CD && key->index == stream->request.pasid);
}

static uint64_t refusal_bit(const struct chk_target *target)
{
    return UINT64_C(1) << (target->event & 63);
}

static bool is_charged_refusal(const struct xpl_stream *stream, const struct chk_target *target)
{
    return is_refused(target) && (stream->refusals_charged & refusal_bit(target)) != 0;
}

/* An answer that an earlier operation left behind is charged to that one. */
static bool is_left_over(const struct xpl_stream *stream, const struct xpl_seen *seen)
{
    const struct chk_target *old = &stream->old_target;

    if (!stream->is_charged && !stream->is_bystander &&
        !(stream->has_older && is_shared(stream, seen)))
        return false; /* nobody was in charge before */
    if (seen->source == XPL_TLB)
        return seen->is_exposed && !has_regime(old, &seen->target);
    if (seen->newest > stream->begin_seq)
        return false;
    if (!chk_target_equal(&seen->target, old))
        return true;
    /* Before a device that was refused in any case it harmed nobody, unless before that. */
    return seen->target.event != old->event &&
           (!stream->is_charged || is_charged_refusal(stream, &seen->target));
}

static enum chk_class judge(const struct xpl_stream *stream, const struct xpl_seen *seen,
                            enum xpl_phase phase)
{
    if (seen->is_unknown || phase == XPL_BEFORE || is_left_over(stream, seen))
        return CHK_HITLESS;
    return seen->source == XPL_ENTRY || is_refused(&seen->target)
               ? judge_entry(stream, &seen->target, phase)
               : judge_tlb(stream, &seen->target, phase);
}

static bool has_bad(const struct xpl_stream *stream, const struct xpl_list *list,
                    enum xpl_phase phase)
{
    for (uint32_t i = 0; i < list->n; i++) {
        if (judge(stream, &list->seen[i], phase) != CHK_HITLESS)
            return true;
    }
    return false;
}

/* ---- outcomes of a slot ---- */

static uint32_t keep_view(struct xpl_core *core, struct xpl_op *op, const struct xpl_seen *seen)
{
    uint32_t n_max = op->n_views_kept;

    if (!xpl_grow(core, (void **)&op->views, op->n_views_kept, &n_max, sizeof(*op->views)))
        return XPL_NO_VIEW;
    op->views[op->n_views_kept] = seen->view;
    return op->n_views_kept++;
}

static void add_outcome(struct xpl_core *core, const struct xpl_stream *stream,
                        const struct xpl_seen *seen, enum xpl_phase phase, bool keeps_views)
{
    struct xpl_op *op = &core->ops[stream->op];
    struct xpl_slot *slot = &op->slots[stream->slot];
    uint32_t n_max = slot->n_outcomes;
    struct xpl_outcome outcome = {
        .phase = phase,
        .source = seen->source,
        .verdict = judge(stream, seen, phase),
        .is_old = chk_target_equal(&seen->target, &stream->old_target),
        .is_new = chk_target_equal(&seen->target, &stream->new_target),
        .is_left_over = is_left_over(stream, seen),
        .seq = seen->fresh_seq,
        .view = XPL_NO_VIEW,
        .target = seen->target,
    };

    if (seen->is_unknown) {
        slot->inconclusive = true;
        slot->why = "hardware may read a word that the stream does not tell";
        xpl_op_hole(core, stream->op, slot->why);
    }
    if (keeps_views &&
        (outcome.verdict != CHK_HITLESS || (phase == XPL_BEFORE ? outcome.is_old : outcome.is_new)))
        outcome.view = keep_view(core, op, seen);
    if (outcome.verdict != CHK_HITLESS) {
        slot->classes[seen->source] |= 1u << outcome.verdict;
        if (slot->worst < outcome.verdict)
            slot->worst = outcome.verdict;
        xpl_op_class(core, stream->op, seen->source, outcome.verdict);
    }
    if (!xpl_grow(core, (void **)&slot->outcomes, slot->n_outcomes, &n_max,
                  sizeof(*slot->outcomes)))
        return;
    slot->outcomes[slot->n_outcomes++] = outcome;
    op->n_outcomes++;
    core->n_outcomes++;
}

static void add_list(struct xpl_core *core, const struct xpl_stream *stream,
                     const struct xpl_list *list, enum xpl_phase phase, bool keeps_views)
{
    for (uint32_t i = 0; i < list->n; i++)
        add_outcome(core, stream, &list->seen[i], phase, keeps_views);
}

static uint32_t new_slot(struct xpl_core *core, const struct xpl_stream *stream, uint32_t op_index,
                         bool is_switched)
{
    struct xpl_op *op = &core->ops[op_index];
    uint32_t n_max = op->n_slots;
    struct xpl_slot *slot;

    if (!xpl_grow(core, (void **)&op->slots, op->n_slots, &n_max, sizeof(*op->slots)))
        return XPL_NONE;
    slot = &op->slots[op->n_slots];
    memset(slot, 0, sizeof(*slot));
    slot->request = stream->request;
    slot->dev = stream->dev;
    slot->iommu = core->units[stream->unit].iommu;
    slot->is_switched = is_switched;
    return op->n_slots++;
}

/* ---- switches ---- */

/* What requests may meet now, those included that a device has translated before. */
static void copy_now(struct xpl_core *core, struct xpl_list *to, const struct xpl_stream *from)
{
    to->n = 0;
    for (uint32_t i = 0; i < from->now.n; i++)
        xpl_list_add(core, to, &from->now.seen[i]);
    for (uint32_t i = 0; i < from->atc.n && from->has_ats; i++)
        xpl_list_add(core, to, &from->atc.seen[i]);
    if (from->has_ats)
        xpl_atc_refuse(core, from, to);
}

/* What leads to the PASIDs of a requester is charged once, not for each of them. */
static void share_refusals(struct xpl_core *core, const struct xpl_stream *stream, uint64_t shared)
{
    for (uint32_t i = 0; i < core->n_streams && shared; i++) {
        struct xpl_stream *other = &core->streams[i];

        if (other != stream && other->unit == stream->unit &&
            other->request.requester == stream->request.requester)
            other->refusals_charged |= shared;
    }
}

/* Refusals that stay, and that an operation up to this one was charged with. */
static void note_refusals(struct xpl_core *core, struct xpl_stream *stream)
{
    uint64_t left = 0, shared = 0;

    for (uint32_t i = 0; i < stream->after.n; i++) {
        const struct xpl_seen *seen = &stream->after.seen[i];

        if (seen->source == XPL_ENTRY && is_refused(&seen->target) &&
            (judge(stream, seen, XPL_AFTER) == CHK_STALE_REFUSAL || is_left_over(stream, seen) ||
             is_charged_refusal(stream, &seen->target)))
            left |= refusal_bit(&seen->target);
        if (is_shared(stream, seen))
            shared |= left & refusal_bit(&seen->target);
    }
    stream->refusals_charged = left;
    share_refusals(core, stream, shared);
}

/* What was left out when the stream was last looked at, or before, may be met in this window: it
 * is not known which entries would have been reached, so no store to them tells. */
static void doubt_window(struct xpl_core *core, const struct xpl_stream *stream, uint32_t op)
{
    const char *why = stream->is_cut ? XPL_MORE_VIEWS : XPL_MORE_VALUES;
    struct xpl_slot *slot;

    if (core->tables_left_out)
        xpl_op_hole(core, op, core->tables_left_out);
    if (!stream->is_cut && !core->values_left_out)
        return;
    xpl_op_hole(core, op, why);
    if (stream->slot == XPL_NONE)
        return;
    slot = &core->ops[op].slots[stream->slot];
    slot->inconclusive = true;
    slot->why = why;
}

/* The window of the stream's last operation is over. */
static void close_window(struct xpl_core *core, struct xpl_stream *stream)
{
    const bool is_bad =
        has_bad(stream, &stream->during, XPL_DURING) || has_bad(stream, &stream->after, XPL_AFTER);
    struct xpl_slot *slot;

    if (stream->op == XPL_NONE || stream->slot == XPL_NONE)
        return;
    doubt_window(core, stream, stream->op);
    slot = &core->ops[stream->op].slots[stream->slot];
    slot->old_target = stream->old_target;
    slot->new_target = stream->new_target;
    if (!stream->is_bystander &&
        (slot->old_target.kind == CHK_OPAQUE || slot->new_target.kind == CHK_OPAQUE))
        core->ops[stream->op].notes |= XPL_NOTE_GUEST;
    add_list(core, stream, &stream->before, XPL_BEFORE, is_bad);
    add_list(core, stream, &stream->during, XPL_DURING, is_bad);
    add_list(core, stream, &stream->after, XPL_AFTER, is_bad);
    if (!stream->is_bystander)
        xpl_atc_answers(core, stream, &stream->during, stream->op, stream->slot, NULL);
    note_refusals(core, stream);
    slot->n_views += stream->window_views;
    core->ops[stream->op].n_views += stream->window_views;
    stream->is_charged = stream->is_charged || !stream->is_bystander;
    stream->closed_op = stream->op;
    stream->op = XPL_NONE;
}

static bool is_pasid_op(uint8_t op)
{
    return op == SIM_OP_SET_PASID || op == SIM_OP_REPLACE_PASID || op == SIM_OP_REMOVE_PASID;
}

/* What is done for one PASID of a device must not change what its other requests get. */
static bool must_keep(const struct xpl_core *core, const struct xpl_stream *stream)
{
    const struct xpl_op *op = &core->ops[stream->op];

    return stream->is_bystander && is_pasid_op(op->op) && op->dev == stream->dev;
}

void xpl_end_switch(struct xpl_core *core, struct xpl_stream *stream, int32_t ret)
{
    if (!stream->in_switch)
        return;
    stream->in_switch = false;
    stream->new_target =
        (ret && !stream->is_lent) || must_keep(core, stream) ? stream->old_target : stream->memory;
    copy_now(core, &stream->after, stream);
}

void xpl_begin_switch(struct xpl_core *core, struct xpl_stream *stream, uint32_t op, bool is_lent)
{
    if (stream->in_switch && !(stream->is_bystander && !is_lent))
        return;
    if (stream->in_switch)
        xpl_end_switch(core, stream, 0);
    close_window(core, stream);
    stream->op = op;
    stream->slot = new_slot(core, stream, op, !is_lent);
    stream->in_switch = true;
    stream->is_lent = is_lent;
    stream->is_bystander = false;
    stream->begin_seq = core->seq;
    stream->old_target = stream->memory;
    doubt_window(core, stream, op);
    for (uint32_t i = 0; i < stream->now.n; i++)
        stream->now.seen[i].is_exposed = stream->now.seen[i].source == XPL_TLB;
    for (uint32_t i = 0; i < stream->atc.n; i++)
        stream->atc.seen[i].is_exposed = true; /* what it keeps, an earlier one left there */
    copy_now(core, &stream->before, stream);
    copy_now(core, &stream->during, stream);
    stream->window_views = 0;
}

/* @stream->memory has changed outside of a switch of its own; @old is what it was. */
void xpl_lend(struct xpl_core *core, struct xpl_stream *stream)
{
    const uint32_t op = xpl_op_now(core);

    if (op != XPL_NONE) {
        xpl_begin_switch(core, stream, op, true);
        return;
    }
    close_window(core, stream);
    stream->is_charged = false; /* whatever comes of it is the next operation's */
}

/* A translation of operation @op answers requests that it has nothing to do with. */
void xpl_bystander(struct xpl_core *core, struct xpl_stream *stream, uint32_t op)
{
    xpl_begin_switch(core, stream, op, true);
    stream->is_bystander = true;
}

struct xpl_list *xpl_window(struct xpl_stream *stream)
{
    if (stream->in_switch)
        return &stream->during;
    return stream->op != XPL_NONE ? &stream->after : NULL;
}

void xpl_see(struct xpl_core *core, struct xpl_stream *stream, const struct xpl_seen *seen)
{
    struct xpl_list *list = xpl_window(stream);

    if (list)
        xpl_list_add(core, list, seen);
}

void xpl_op_close_all(struct xpl_core *core)
{
    for (uint32_t i = 0; i < core->n_streams; i++)
        close_window(core, &core->streams[i]);
    xpl_atc_finish(core);
}

void xpl_op_free(struct xpl_op *op)
{
    for (uint32_t i = 0; i < op->n_slots; i++)
        free(op->slots[i].outcomes);
    free(op->slots);
    free(op->tables);
    free(op->views);
}
