/* SPDX-License-Identifier: BSD-2-Clause
 * chk_op.c - the life of an operation: from its BEGIN to the last answer that it is judged by.
 * Knows: operations. Must not know: how a request is judged. */
#include "check/chk_private.h"
#include "sim/diag.h"

#include <stdlib.h>
#include <string.h>

#define N_FIRST_OPS 64u

/* ---- What lives ------------------------------------------------------------------------------ */

static struct chk_live *new_live(struct chk *chk)
{
    struct chk_live **live;
    uint32_t *idle;

    live = realloc(chk->live, (chk->n_live + 1) * sizeof(struct chk_live *));
    if (!live)
        return NULL;
    chk->live = live;
    idle = realloc(chk->idle_live, (chk->n_live + 1) * sizeof(*idle));
    if (!idle)
        return NULL;
    chk->idle_live = idle;
    live[chk->n_live] = calloc(1, sizeof(**live));
    if (!live[chk->n_live])
        return NULL;
    return live[chk->n_live++];
}

/* Return: index of one that nobody uses, CHK_NONE without memory. Its buffers stay with it. */
static uint32_t take_live(struct chk *chk)
{
    if (chk->n_idle_live)
        return chk->idle_live[--chk->n_idle_live];
    return new_live(chk) ? chk->n_live - 1 : CHK_NONE;
}

static void clear_live(struct chk_live *live)
{
    chk_sampler_clear(&live->before);
    chk_sampler_clear(&live->during);
    chk_sampler_clear(&live->after);
    chk_sampler_clear(&live->tail);
    chk_sampler_clear(&live->syncs);
    live->tail_taken = CHK_NONE;
    live->has_gap = false;
    live->n_runs = 0;
    live->n_parts = 0;
    live->part_is_open = false;
    live->has_lead = true;
    live->lead_stores.n = 0;
    live->lead_commands.n = 0;
    live->lead_syncs = 0;
    live->hw_until_ps = 0;
}

struct chk_live *chk_live_of(const struct chk *chk, uint32_t op)
{
    if (op == CHK_NONE || chk->extra[op].live == CHK_NONE)
        return NULL;
    return chk->live[chk->extra[op].live];
}

void chk_live_hold(struct chk *chk, uint32_t op)
{
    struct chk_live *live = chk_live_of(chk, op);

    if (live)
        live->refs++;
}

static void copy_out(struct chk *chk, struct chk_op *op, const struct chk_live *live)
{
    if (live->n_parts) {
        op->parts = calloc(live->n_parts, sizeof(*op->parts));
        if (op->parts) {
            memcpy(op->parts, live->parts, live->n_parts * sizeof(*op->parts));
            op->n_parts = live->n_parts;
        } else {
            chk->error = SIM_ENOMEM;
        }
    }
    if (live->n_runs) {
        op->stretches = calloc(live->n_runs, sizeof(*op->stretches));
        if (op->stretches) {
            for (uint32_t i = 0; i < live->n_runs; i++)
                op->stretches[i] = live->runs[i].stretch;
            op->n_stretches = live->n_runs;
        } else {
            chk->error = SIM_ENOMEM;
        }
    }
}

/* When nobody holds it any more, its figures go into the report. */
void chk_live_drop(struct chk *chk, uint32_t op)
{
    struct chk_live *live = chk_live_of(chk, op);

    if (!live || --live->refs)
        return;
    if (chk_sampler_add(&live->after, &live->tail))
        chk->error = SIM_ENOMEM;
    chk_cost_finish(&chk->ops[op], live);
    copy_out(chk, &chk->ops[op], live);
    chk->idle_live[chk->n_idle_live++] = chk->extra[op].live;
    chk->extra[op].live = CHK_NONE;
}

/* ---- Begin and end --------------------------------------------------------------------------- */

static int grow_ops(struct chk *chk)
{
    const uint32_t n_max = chk->n_max_ops ? 2 * chk->n_max_ops : N_FIRST_OPS;
    struct chk_op *ops = realloc(chk->ops, n_max * sizeof(*ops));
    struct chk_extra *extra;

    if (!ops)
        return SIM_ENOMEM;
    chk->ops = ops;
    extra = realloc(chk->extra, n_max * sizeof(*extra));
    if (!extra)
        return SIM_ENOMEM;
    chk->extra = extra;
    chk->n_max_ops = n_max;
    return 0;
}

static void describe(const struct chk *chk, struct chk_op *op, uint32_t dev)
{
    op->dev = dev;
    for (size_t i = 0; i < chk->n_devices; i++) {
        const struct sim_device *device = &chk->devices[i];

        if (device->dev != dev)
            continue;
        memcpy(op->device, device->name, sizeof(op->device));
        op->device[sizeof(op->device) - 1] = 0;
        op->iommu = device->iommu;
        op->has_requester = device->n_requesters > 0;
        if (op->has_requester)
            op->requester = device->requester[0];
    }
}

static bool is_table_op(uint8_t op)
{
    return op == SIM_OP_MAP || op == SIM_OP_UNMAP;
}

/* A mark is reported as the operation that it means to a device. */
static uint8_t reported_as(uint8_t op)
{
    switch (op) {
    case SIM_OP_GROUP_ATTACH:
    case SIM_OP_DRV_ATTACH:
        return SIM_OP_ATTACH;
    case SIM_OP_GROUP_REPLACE:
        return SIM_OP_REPLACE;
    case SIM_OP_GROUP_DETACH:
        return SIM_OP_DETACH;
    default:
        return op;
    }
}

static void fill_in(struct chk *chk, uint32_t index, const struct sim_record_seen *seen)
{
    const struct sim_rec_mark *mark = &seen->rec->mark;
    struct chk_op *op = &chk->ops[index];
    struct chk_extra *extra = &chk->extra[index];

    memset(op, 0, sizeof(*op));
    memset(extra, 0, sizeof(*extra));
    op->op = reported_as(mark->op);
    op->pasid = mark->pasid;
    op->cpu = seen->rec->cpu;
    op->trace_begin_ns = seen->rec->time_ns;
    op->begin_ps = seen->end_ps;
    op->begin_seq = seen->seq;
    describe(chk, op, mark->dev);
    extra->is_open = true;
    extra->is_table = is_table_op(mark->op);
    if (extra->is_table) {
        extra->domain = mark->domain;
        extra->iova = mark->a;
        extra->n_bytes = mark->b;
        op->old_domain = op->new_domain = mark->domain;
        op->has_old_domain = op->has_new_domain = mark->domain != 0;
        op->old_kind = op->new_kind = SIM_DOMAIN_PAGING;
    }
}

/* Return: its index; CHK_NONE if there is no room: then it is counted and not judged. */
uint32_t chk_op_begin(struct chk *chk, const struct sim_record_seen *seen)
{
    uint32_t live;

    if (chk->n_ops == CHK_MAX_OPS) {
        chk->report.ops_left_out++;
        return CHK_NONE;
    }
    if (chk->n_ops == chk->n_max_ops && grow_ops(chk)) {
        chk->error = SIM_ENOMEM;
        return CHK_NONE;
    }
    live = take_live(chk);
    if (live == CHK_NONE) {
        chk->error = SIM_ENOMEM;
        return CHK_NONE;
    }
    fill_in(chk, chk->n_ops, seen);
    chk->extra[chk->n_ops].live = live;
    clear_live(chk->live[live]);
    chk->live[live]->op = chk->n_ops;
    chk->live[live]->refs = 1;
    return chk->n_ops++;
}

/* The device is known only from a mark inside. */
void chk_op_device(struct chk *chk, uint32_t op, uint32_t dev)
{
    if (op != CHK_NONE && chk->ops[op].dev == SIM_NO_DEV)
        describe(chk, &chk->ops[op], dev);
}

void chk_op_end(struct chk *chk, uint32_t index, const struct sim_record_seen *seen, int32_t ret)
{
    struct chk_op *op;
    struct chk_live *live = chk_live_of(chk, index);

    if (index == CHK_NONE)
        return;
    op = &chk->ops[index];
    op->ret = ret;
    op->trace_end_ns = seen->rec ? seen->rec->time_ns : chk->now_ns;
    op->end_ps = seen->end_ps;
    op->end_seq = seen->seq;
    chk->extra[index].is_open = false;
    chk_part_end(chk, live);
    chk_live_drop(chk, index);
}

/* ---- Judgement ------------------------------------------------------------------------------- */

/* The first reason stays. */
void chk_op_inconclusive(struct chk *chk, uint32_t op, const char *why)
{
    if (op == CHK_NONE || chk->ops[op].inconclusive)
        return;
    chk->ops[op].inconclusive = true;
    chk->ops[op].why = why;
}

void chk_op_class(struct chk *chk, uint32_t op, enum chk_class verdict)
{
    if (op == CHK_NONE)
        chk->report.bad_outside++;
    else
        chk->ops[op].classes |= 1u << verdict;
}

/* Does a command only ask the hardware to look ahead? Such a one changes nothing. */
static bool is_lone_prefetch(const struct chk_op *op)
{
    return op->commands.n == 1 && op->commands.of[0].n == 1 &&
           !strcmp(op->commands.of[0].name, "PREFETCH_CONFIG") && op->mmio_writes <= 1;
}

static const char *note_of(const struct chk_op *op, const struct chk_extra *extra)
{
    if (op->ret && op->classes)
        return op->op == SIM_OP_REPLACE  ? "failed replace disturbed old"
               : op->op == SIM_OP_ATTACH ? "failed attach disturbed old"
                                         : "failed operation disturbed old";
    if (extra->is_off)
        return "its IOMMU does not translate yet";
    if (extra->is_table)
        return NULL;
    if (!op->stores.n && !op->commands.n && !op->mmio_writes)
        return "no access at all";
    if (!op->stores.n && is_lone_prefetch(op))
        return "a lone PREFETCH_CONFIG";
    return extra->has_no_common ? "0 common IOVAs" : NULL;
}

/* Stores to what leads a device to its tables. */
static bool has_configured(const struct chk_op *op)
{
    static const uint8_t kinds[] = {SIM_S_L1STD, SIM_S_STE, SIM_S_L1CD,      SIM_S_CD,
                                    SIM_S_ROOT,  SIM_S_CTX, SIM_S_PASID_DIR, SIM_S_PASID};

    for (size_t i = 0; i < op->stores.n; i++) {
        for (size_t k = 0; k < sizeof(kinds); k++) {
            if (strcmp(op->stores.of[i].name, sim_structure_infos[kinds[k]].json_name) == 0)
                return true;
        }
    }
    return false;
}

/* Is it clear what was judged, and was there anything to judge by? */
static void look_for_evidence(struct chk *chk, uint32_t index)
{
    const struct chk_op *op = &chk->ops[index];
    const struct chk_extra *extra = &chk->extra[index];

    if (!extra->is_table && !op->has_requester)
        chk_op_inconclusive(chk, index, "the trace does not tell the device's StreamID");
    if (!extra->is_table && !extra->switch_stores && has_configured(op))
        chk_op_inconclusive(chk, index, "the trace does not mark where the switch is (drv_attach)");
    if (!extra->switch_stores || extra->is_off)
        return;
    if (!extra->n_in_switch)
        chk_op_inconclusive(chk, index, "no request was in flight during the switch");
    else if (!extra->n_checked)
        chk_op_inconclusive(chk, index, "it is not known what the requests should have seen");
}

void chk_op_judge(struct chk *chk, uint32_t index)
{
    struct chk_op *op = &chk->ops[index];
    const uint32_t unsafe =
        1u << CHK_TORN | 1u << CHK_STALE | 1u << CHK_POISONS | 1u << CHK_DANGLES;

    chk->extra[index].is_off = !chk->extra[index].is_table && op->has_requester &&
                               chk_is_off(chk, op->iommu, op->begin_seq, op->end_seq);
    if (chk->blind_why)
        chk_op_inconclusive(chk, index, chk->blind_why);
    look_for_evidence(chk, index);
    op->worst = CHK_HITLESS;
    for (unsigned i = CHK_HITLESS; i < CHK_N_CLASSES; i++) {
        if (op->classes >> i & 1)
            op->worst = (enum chk_class)i;
    }
    op->safe = !(op->classes & unsafe);
    op->hitless = op->worst == CHK_HITLESS && !op->inconclusive;
    op->note = note_of(op, &chk->extra[index]);
}
