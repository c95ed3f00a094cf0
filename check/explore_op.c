/* SPDX-License-Identifier: BSD-2-Clause
 * explore_op.c - operations: what they may change, and what class each answer gives them.
 * Knows: marks, old and new targets, phases. Must not know: caches, layouts. */
#include "check/explore_private.h"

#include <stdlib.h>
#include <string.h>

#define MAX_WATCHED 64u /* requests that are reported though nothing happens to them */

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

static void add_table(struct xpl_core *core, uint32_t op_index, enum xpl_source source,
                      const struct xpl_table *table)
{
    struct xpl_op *op;
    uint32_t n_max;

    xpl_op_class(core, op_index, source, table->verdict);
    if (op_index == XPL_NONE)
        return;
    op = &core->ops[op_index];
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

/* Is the translation that @met shows one of @target's, whatever it is filed under? */
static bool has_regime(const struct chk_target *target, const struct chk_target *met)
{
    for (unsigned i = 0; i < met->n_tlbs; i++) {
        const uint32_t stage = met->tlb[i].tag.stage;
        bool is_there = false;

        for (unsigned j = 0; j < target->n_tlbs; j++)
            is_there = is_there || (target->tlb[j].tag.stage == stage &&
                                    memcmp(&target->tlb[j].regime, &met->tlb[i].regime,
                                           sizeof(met->tlb[i].regime)) == 0);
        if (!is_there)
            return false;
    }
    return met->n_tlbs > 0;
}

/* Does @target look under the tags that @met was found by? */
static bool has_tag(const struct chk_target *target, const struct chk_target *met)
{
    for (unsigned i = 0; i < met->n_tlbs && i < target->n_tlbs; i++) {
        if (memcmp(&target->tlb[i].tag, &met->tlb[i].tag, sizeof(met->tlb[i].tag)) != 0)
            return false;
    }
    return met->n_tlbs > 0 && target->n_tlbs > 0;
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

/* What was filed rightly, or under a tag that nothing uses from now on, is old; what a mix filed
 * where the new configuration looks is poison. */
static enum chk_class judge_tlb(const struct xpl_stream *stream, const struct chk_target *seen,
                                enum xpl_phase phase)
{
    const bool is_old = has_regime(&stream->old_target, seen);

    if (has_regime(&stream->new_target, seen))
        return CHK_HITLESS;
    if (stream->is_bystander)
        return CHK_POISONS;
    if (phase == XPL_DURING)
        return is_old ? CHK_HITLESS : CHK_TORN;
    if (!has_tag(&stream->new_target, seen))
        return CHK_STALE;
    return is_old && has_tag(&stream->old_target, seen) ? CHK_STALE : CHK_POISONS;
}

/* An answer that an earlier operation left behind is charged to that one. */
static bool is_left_over(const struct xpl_stream *stream, const struct xpl_seen *seen)
{
    const struct chk_target *old = &stream->old_target;

    if (!stream->is_charged && !stream->is_bystander)
        return false; /* nobody was in charge before */
    if (seen->source == XPL_TLB)
        return seen->is_exposed && !has_regime(old, &seen->target);
    return seen->newest <= stream->begin_seq &&
           !(chk_target_equal(&seen->target, old) && seen->target.event == old->event);
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
    struct xpl_outcome outcome;
    uint32_t n_max = slot->n_outcomes;

    memset(&outcome, 0, sizeof(outcome));
    outcome.phase = phase;
    outcome.source = seen->source;
    outcome.target = seen->target;
    outcome.seq = seen->fresh_seq;
    outcome.view = XPL_NO_VIEW;
    outcome.is_left_over = is_left_over(stream, seen);
    outcome.is_old = chk_target_equal(&seen->target, &stream->old_target);
    outcome.is_new = chk_target_equal(&seen->target, &stream->new_target);
    if (seen->is_unknown) {
        slot->inconclusive = true;
        slot->why = "hardware may read a word that the stream does not tell";
        xpl_op_hole(core, stream->op, slot->why);
    }
    outcome.verdict = judge(stream, seen, phase);
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
        (void)xpl_list_add(core, to, &from->now.seen[i]);
    for (uint32_t i = 0; i < from->atc.n && from->has_ats; i++)
        (void)xpl_list_add(core, to, &from->atc.seen[i]);
}

/* What was left out when the stream was last looked at, or before, may be met in this window: it
 * is not known which entries would have been reached, so no store to them tells. */
static void doubt_window(struct xpl_core *core, const struct xpl_stream *stream, uint32_t op)
{
    const char *why = stream->is_cut ? XPL_MORE_VIEWS : XPL_MORE_VALUES;
    struct xpl_slot *slot;

    if (!stream->is_cut && !core->values_left_out)
        return;
    xpl_op_hole(core, op, why);
    if (stream->slot == XPL_NONE || op == XPL_NONE)
        return;
    slot = &core->ops[op].slots[stream->slot];
    slot->inconclusive = true;
    if (!slot->why)
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
    add_list(core, stream, &stream->before, XPL_BEFORE, is_bad);
    add_list(core, stream, &stream->during, XPL_DURING, is_bad);
    add_list(core, stream, &stream->after, XPL_AFTER, is_bad);
    if (!stream->is_bystander) {
        xpl_atc_answers(core, stream, &stream->during, stream->op, stream->slot, NULL);
        xpl_atc_answers(core, stream, &stream->after, stream->op, stream->slot, NULL);
    }
    slot->n_views += stream->window_views;
    core->ops[stream->op].n_views += stream->window_views;
    stream->is_charged = stream->is_charged || !stream->is_bystander;
    stream->op = XPL_NONE;
    stream->slot = XPL_NONE;
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

static void end_switch(struct xpl_core *core, struct xpl_stream *stream, int32_t ret)
{
    if (!stream->in_switch)
        return;
    stream->in_switch = false;
    stream->new_target =
        (ret && !stream->is_lent) || must_keep(core, stream) ? stream->old_target : stream->memory;
    copy_now(core, &stream->after, stream);
}

static void begin_switch(struct xpl_core *core, struct xpl_stream *stream, uint32_t op,
                         bool is_lent)
{
    if (stream->in_switch && !(stream->is_bystander && !is_lent))
        return;
    if (stream->in_switch)
        end_switch(core, stream, 0);
    close_window(core, stream);
    stream->op = op;
    stream->slot = new_slot(core, stream, op, !is_lent);
    stream->in_switch = true;
    stream->is_lent = is_lent;
    stream->is_bystander = false;
    stream->cpu = core->cpu;
    stream->begin_seq = core->seq;
    stream->old_target = stream->memory;
    doubt_window(core, stream, op);
    copy_now(core, &stream->before, stream);
    copy_now(core, &stream->during, stream);
    stream->after.n = 0;
    stream->window_views = 0;
}

/* @stream->memory has changed outside of a switch of its own; @old is what it was. */
void xpl_lend(struct xpl_core *core, struct xpl_stream *stream)
{
    const uint32_t op = xpl_op_now(core);

    if (op != XPL_NONE) {
        begin_switch(core, stream, op, true);
        return;
    }
    close_window(core, stream);
    stream->is_charged = false; /* whatever comes of it is the next operation's */
}

/* A translation of operation @op answers requests that it has nothing to do with. */
void xpl_bystander(struct xpl_core *core, struct xpl_stream *stream, uint32_t op)
{
    begin_switch(core, stream, op, true);
    stream->is_bystander = true;
}

void xpl_see(struct xpl_core *core, struct xpl_stream *stream, const struct xpl_seen *seen)
{
    if (stream->in_switch)
        (void)xpl_list_add(core, &stream->during, seen);
    else if (stream->op != XPL_NONE)
        (void)xpl_list_add(core, &stream->after, seen);
}

/* ---- marks ---- */

static bool is_operation(uint8_t op)
{
    return op != SIM_OP_ALLOC && op != SIM_OP_FREE;
}

static bool is_switching(uint8_t op)
{
    switch (op) {
    case SIM_OP_ATTACH:
    case SIM_OP_REPLACE:
    case SIM_OP_DETACH:
    case SIM_OP_DRV_ATTACH:
    case SIM_OP_SET_PASID:
    case SIM_OP_REPLACE_PASID:
    case SIM_OP_REMOVE_PASID:
        return true;
    default:
        return false;
    }
}

static uint32_t new_op(struct xpl_core *core, const struct sim_rec_mark *rec)
{
    struct xpl_op *op;

    if (core->n_ops == XPL_MAX_OPS) {
        core->ops_left_out++;
        return XPL_NONE;
    }
    if (!xpl_grow(core, (void **)&core->ops, core->n_ops, &core->n_max_ops, sizeof(*core->ops)))
        return XPL_NONE;
    op = &core->ops[core->n_ops];
    memset(op, 0, sizeof(*op));
    op->op = rec->op;
    op->dev = rec->dev;
    op->pasid = rec->pasid;
    op->domain = rec->domain;
    op->begin_seq = core->seq;
    op->begin_ns = core->now_ns;
    return core->n_ops++;
}

static void start_streams(struct xpl_core *core, uint32_t dev, uint32_t pasid)
{
    for (uint32_t i = 0; i < core->n_streams; i++) {
        struct xpl_stream *stream = &core->streams[i];
        const uint32_t own = stream->request.pasid;

        if (stream->dev != dev || stream->is_started || !core->units[stream->unit].regs.is_on ||
            (own != CHK_NO_PASID && own != pasid))
            continue;
        stream->is_started = true;
        stream->is_dirty = true;
    }
}

static void make_pasid(struct xpl_core *core, uint32_t dev, uint32_t pasid)
{
    const uint32_t n = core->n_streams;

    for (uint32_t i = 0; i < n && pasid != CHK_NO_PASID; i++) {
        const struct chk_request request = {core->streams[i].request.requester, pasid};
        const bool is_started = core->streams[i].is_started;
        struct xpl_stream *stream;

        if (core->streams[i].dev != dev || core->streams[i].request.pasid != CHK_NO_PASID)
            continue;
        stream = xpl_stream_get(core, core->streams[i].unit, dev, &request);
        if (stream && !stream->is_started && is_started) {
            stream->is_started = true;
            stream->is_dirty = true;
        }
    }
}

/* Requests that the operation has nothing to do with must not notice it. */
static void watch_others(struct xpl_core *core, uint32_t op)
{
    for (uint32_t i = 0; i < core->n_streams && core->n_streams <= MAX_WATCHED; i++) {
        struct xpl_stream *stream = &core->streams[i];

        if (stream->is_started && !stream->in_switch && stream->op != op)
            xpl_bystander(core, stream, op);
    }
}

static void begin_device(struct xpl_core *core, uint32_t op, uint32_t dev, uint32_t pasid)
{
    bool is_found = false;

    make_pasid(core, dev, pasid);
    start_streams(core, dev, pasid);
    xpl_look(core);
    for (uint32_t i = 0; i < core->n_streams; i++) {
        struct xpl_stream *stream = &core->streams[i];

        if (stream->dev != dev || !stream->is_started)
            continue;
        if (pasid != CHK_NO_PASID && stream->request.pasid != pasid)
            continue;
        is_found = true;
        begin_switch(core, stream, op, false);
        if (stream->lost_seq)
            xpl_op_hole(core, op, "events were lost");
    }
    if (!is_found)
        xpl_op_hole(core, op, "the requests of the device are not known, or its unit is off");
    watch_others(core, op);
}

void xpl_mark_begin(struct xpl_core *core, const struct sim_rec_mark *rec)
{
    struct xpl_cpu *cpu = xpl_cpu_of(core, core->cpu);
    struct xpl_mark *mark;

    if (!cpu || cpu->depth == XPL_DEPTH)
        return;
    mark = &cpu->mark[cpu->depth++];
    *mark = (struct xpl_mark){rec->op, rec->dev, rec->pasid,           rec->domain,
                              rec->a,  rec->b,   is_switching(rec->op)};
    if (cpu->op == XPL_NONE && is_operation(rec->op))
        cpu->op = new_op(core, rec);
    if (cpu->op == XPL_NONE)
        return;
    if (core->ops[cpu->op].dev == SIM_NO_DEV)
        core->ops[cpu->op].dev = rec->dev;
    if (mark->is_switch && rec->dev != SIM_NO_DEV)
        begin_device(core, cpu->op, rec->dev, rec->pasid);
}

static bool is_open(const struct xpl_cpu *cpu)
{
    for (uint32_t i = 0; i < cpu->depth; i++) {
        if (is_operation(cpu->mark[i].op))
            return true;
    }
    return false;
}

static void end_streams(struct xpl_core *core, uint32_t op, uint32_t dev, int32_t ret)
{
    for (uint32_t i = 0; i < core->n_streams; i++) {
        struct xpl_stream *stream = &core->streams[i];

        if (stream->op != op || (dev != SIM_NO_DEV && stream->dev != dev))
            continue;
        end_switch(core, stream, ret);
        if (!ret)
            stream->lost_seq = 0;
    }
}

/* An unmap has no window, yet what requests may meet decides about it. */
static void doubt_op(struct xpl_core *core, uint32_t op)
{
    for (uint32_t i = 0; i < core->n_streams; i++) {
        if (core->streams[i].is_started && core->streams[i].is_cut)
            xpl_op_hole(core, op, XPL_MORE_VIEWS);
    }
    if (core->values_left_out)
        xpl_op_hole(core, op, XPL_MORE_VALUES);
}

/* @is_told: its own END is here; else it ends with its parent, or with the stream. */
static void end_mark(struct xpl_core *core, struct xpl_cpu *cpu, int32_t ret, bool is_told)
{
    const struct xpl_mark mark = cpu->mark[--cpu->depth];
    const uint32_t op = cpu->op;

    if (op == XPL_NONE)
        return;
    if (mark.op == SIM_OP_DRV_ATTACH)
        end_streams(core, op, mark.dev, ret);
    xpl_intent_end(core, op, &mark, ret, is_told);
    xpl_pte_end(core, &mark);
    if (is_open(cpu))
        return;
    end_streams(core, op, SIM_NO_DEV, ret);
    doubt_op(core, op);
    core->ops[op].end_seq = core->seq;
    core->ops[op].end_ns = core->now_ns;
    core->ops[op].ret = ret;
    cpu->op = XPL_NONE;
}

void xpl_mark_end(struct xpl_core *core, const struct sim_rec_mark_end *rec)
{
    struct xpl_cpu *cpu = xpl_cpu_of(core, core->cpu);
    uint32_t depth;

    if (!cpu)
        return;
    for (depth = cpu->depth; depth > 0 && cpu->mark[depth - 1].op != rec->op; depth--)
        ;
    while (depth > 0 && cpu->depth >= depth) /* what was not closed ends with its parent */
        end_mark(core, cpu, cpu->depth == depth ? rec->ret : 0, cpu->depth == depth);
}

void xpl_mark_finish(struct xpl_core *core)
{
    for (uint32_t c = 0; c < core->n_cpus; c++) {
        struct xpl_cpu *cpu = &core->cpus[c];

        core->cpu = (uint16_t)c;
        if (cpu->op != XPL_NONE)
            xpl_op_hole(core, cpu->op, "the operation's end is missing");
        while (cpu->depth)
            end_mark(core, cpu, 0, false);
    }
    xpl_op_close_all(core);
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
