/* SPDX-License-Identifier: BSD-2-Clause
 * explore_mark.c - where operations begin and end, and whom they concern.
 * Knows: marks. Must not know: how an answer is judged, caches, layouts. */
#include "check/explore_private.h"

#include <string.h>

#define MAX_WATCHED 64u /* requests that are reported though nothing happens to them */
#define MAX_TRIED 64u   /* PASIDs that nobody has named */
#define MAX_FOUND 4u    /* ... of a requester */

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
    if (is_switching(rec->op))
        op->notes = XPL_NOTE_NO_PROMISE;
    return core->n_ops++;
}

static bool is_serving(const struct xpl_unit *unit)
{
    return unit->regs.is_on || (unit->is_ours && unit->arch->passes_when_off);
}

static void start_streams(struct xpl_core *core, uint32_t dev, uint32_t pasid)
{
    for (uint32_t i = 0; i < core->n_streams; i++) {
        struct xpl_stream *stream = &core->streams[i];
        const uint32_t own = stream->request.pasid;

        if (stream->dev != dev || stream->is_started || !is_serving(&core->units[stream->unit]) ||
            (own != CHK_NO_PASID && own != pasid && pasid != CHK_NO_PASID))
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
        const struct xpl_stream *base = &core->streams[i];
        const bool is_started = base->is_started;
        const bool is_charged = base->is_charged || (base->op != XPL_NONE && !base->is_bystander);
        struct xpl_stream *stream;

        if (base->dev != dev || base->request.pasid != CHK_NO_PASID)
            continue;
        stream = xpl_stream_get(core, base->unit, dev, &request);
        if (stream && !stream->is_started && is_started) {
            stream->has_older = is_charged;
            stream->is_started = true;
            stream->is_dirty = true;
        }
    }
}

/* PASIDs that are in use though no operation has named them: a few of each requester. Those of a
 * guest whose tables lead to all of them are alike. */
static void find_pasids_of(struct xpl_core *core, uint32_t stream)
{
    const uint32_t unit = core->streams[stream].unit, dev = core->streams[stream].dev;
    struct chk_request request = {core->streams[stream].request.requester, 1};
    struct chk_target last, target;
    uint32_t n_found = 0;

    core->streams[stream].is_searched = true;
    for (; request.pasid <= MAX_TRIED && n_found < MAX_FOUND; request.pasid++) {
        xpl_read_memory(core, unit, &request, &target);
        if (target.kind == CHK_REFUSED)
            continue;
        if (n_found && target.kind == CHK_OPAQUE && chk_target_equal(&target, &last))
            return;
        make_pasid(core, dev, request.pasid);
        last = target;
        n_found++;
    }
}

/* Of @dev, and once of every other device: they may share what it uses, or a map changes. */
static void find_pasids(struct xpl_core *core, uint32_t dev)
{
    const uint32_t n = core->n_streams;

    for (uint32_t i = 0; i < n; i++) {
        const struct xpl_stream *base = &core->streams[i];

        if (base->request.pasid == CHK_NO_PASID && core->units[base->unit].regs.is_on &&
            ((base->dev == dev && dev != SIM_NO_DEV) || !base->is_searched))
            find_pasids_of(core, i);
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
    find_pasids(core, dev);
    start_streams(core, dev, pasid);
    xpl_look(core);
    for (uint32_t i = 0; i < core->n_streams; i++) {
        struct xpl_stream *stream = &core->streams[i];

        if (stream->dev != dev || !stream->is_started)
            continue;
        if (pasid != CHK_NO_PASID && stream->request.pasid != pasid)
            continue;
        is_found = true;
        xpl_begin_switch(core, stream, op, false);
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

    if (!cpu)
        return;
    if (cpu->depth == XPL_DEPTH) {
        cpu->n_deeper++;
        xpl_op_hole(core, cpu->op, "operations are nested deeper than the explorer follows");
        return;
    }
    mark = &cpu->mark[cpu->depth++];
    *mark = (struct xpl_mark){rec->op, rec->dev, rec->pasid,           rec->domain,
                              rec->a,  rec->b,   is_switching(rec->op)};
    if (cpu->op == XPL_NONE && is_operation(rec->op))
        cpu->op = new_op(core, rec);
    if (cpu->op == XPL_NONE)
        return;
    if (core->ops[cpu->op].dev == SIM_NO_DEV)
        core->ops[cpu->op].dev = rec->dev;
    if (mark->is_switch && rec->dev != SIM_NO_DEV) {
        begin_device(core, cpu->op, rec->dev, rec->pasid);
    } else {
        find_pasids(core, SIM_NO_DEV);
        xpl_look(core);
    }
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
        xpl_end_switch(core, stream, ret);
        if (!ret)
            stream->lost_seq = 0;
    }
}

/* Hardware of which too little was seen: whatever it is asked, nothing follows. But a map alone
 * takes nothing away: it may come before anything is set up. */
static void doubt_hardware(struct xpl_core *core, uint32_t op)
{
    bool is_set_up = false;

    for (uint32_t i = 0; i < core->n_units; i++) {
        is_set_up = is_set_up || core->units[i].is_set_up;
        if (core->units[i].is_ours && core->units[i].is_set_up && !core->units[i].regs.is_known)
            xpl_op_hole(core, op, "no record tells what the hardware can do (ID registers)");
    }
    if (!is_set_up && core->ops[op].op != SIM_OP_MAP)
        xpl_op_hole(core, op, "no register of an IOMMU is written: it is not known if it is on");
}

/* An unmap has no window, yet what requests may meet decides about it. */
static void doubt_op(struct xpl_core *core, uint32_t op)
{
    doubt_hardware(core, op);
    for (uint32_t i = 0; i < core->n_streams; i++) {
        if (core->streams[i].is_started && core->streams[i].is_cut)
            xpl_op_hole(core, op, XPL_MORE_VIEWS);
    }
    if (core->values_left_out)
        xpl_op_hole(core, op, XPL_MORE_VALUES);
    if (core->tables_left_out)
        xpl_op_hole(core, op, core->tables_left_out);
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
    if (cpu->n_deeper) {
        cpu->n_deeper--;
        return;
    }
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
