/* SPDX-License-Identifier: BSD-2-Clause
 * explore_tlb.c - translations that a TLB may hold, whole address spaces at a time.
 * Knows: tags, regimes, who could file what. Must not know: descriptors, layouts.
 *
 * Whatever a request may meet may be filed, at any time and by prefetch. An entry is found by its
 * tag alone: under one tag, the tables of another configuration answer. A tag that no request may
 * use is dormant and does no harm. */
#include "check/explore_private.h"

#include <string.h>

/* Shared ones, too. */
static unsigned n_tags(const struct chk_target *target)
{
    return target->n_tlbs + target->n_shared;
}

static struct xpl_tlb *find(struct xpl_core *core, uint32_t unit, const struct chk_tag *tag,
                            const struct chk_regime *regime)
{
    for (uint32_t i = 0; i < core->n_tlbs; i++) {
        struct xpl_tlb *tlb = &core->tlbs[i];

        if (tlb->is_live && tlb->unit == unit && memcmp(&tlb->tag, tag, sizeof(*tag)) == 0 &&
            memcmp(&tlb->regime, regime, sizeof(*regime)) == 0)
            return tlb;
    }
    return NULL;
}

static struct xpl_tlb *file(struct xpl_core *core)
{
    for (uint32_t i = 0; i < core->n_tlbs; i++) {
        if (!core->tlbs[i].is_live)
            return &core->tlbs[i];
    }
    if (!xpl_grow(core, (void **)&core->tlbs, core->n_tlbs, &core->n_max_tlbs, sizeof(*core->tlbs)))
        return NULL;
    return &core->tlbs[core->n_tlbs++];
}

static bool has_tables(const struct xpl_unit *unit, const struct chk_tag *tag,
                       const struct chk_regime *regime)
{
    struct chk_table table[2];

    return unit->arch->roots(&unit->regs, tag, regime, table) > 0;
}

static void make_one(struct xpl_core *core, const struct xpl_stream *stream,
                     const struct xpl_seen *seen, unsigned which)
{
    const struct chk_tag *tag = &seen->target.tlb[which].tag;
    const struct chk_regime *regime = &seen->target.tlb[which].regime;
    const bool is_unsnooped = core->is_recorded && seen->target.is_unsnooped;
    const bool is_relinked = stream->in_switch && stream->old_target.kind != CHK_REFUSED;
    struct xpl_tlb *tlb = find(core, stream->unit, tag, regime);

    if (tlb) {
        const bool is_woken = !tlb->was_made && !tlb->is_made;

        if (is_woken)
            xpl_pte_wake(core, (uint32_t)(tlb - core->tlbs));
        tlb->is_made = true;
        tlb->is_unsnooped = tlb->is_unsnooped || is_unsnooped;
        if (is_woken) {
            tlb->made_op = stream->op;
            xpl_pte_follow(core, (uint32_t)(tlb - core->tlbs), is_relinked);
        }
        if (tlb->newest < seen->newest)
            tlb->newest = seen->newest;
        return;
    }
    if (!has_tables(&core->units[stream->unit], tag, regime))
        return; /* nothing of it is ever translated */
    tlb = file(core);
    if (!tlb)
        return;
    memset(tlb, 0, sizeof(*tlb));
    tlb->tag = *tag;
    tlb->regime = *regime;
    tlb->unit = stream->unit;
    tlb->since = core->seq;
    tlb->newest = seen->newest;
    tlb->op = stream->op;
    tlb->kind = seen->target.kind;
    tlb->is_live = true;
    tlb->is_made = true;
    tlb->is_unsnooped = is_unsnooped;
    xpl_place_follow(core, (uint32_t)(tlb - core->tlbs));
    tlb->made_op = stream->op;
    xpl_pte_follow(core, (uint32_t)(tlb - core->tlbs), is_relinked);
}

void xpl_tlb_make(struct xpl_core *core)
{
    for (uint32_t i = 0; i < core->n_tlbs; i++) {
        core->tlbs[i].was_made = core->tlbs[i].is_made;
        core->tlbs[i].is_made = false;
        core->tlbs[i].is_unsnooped = false;
    }
    xpl_guest_forget(core);
    for (uint32_t i = 0; i < core->n_streams; i++) {
        const struct xpl_stream *stream = &core->streams[i];

        for (uint32_t j = 0; stream->is_started && j < stream->now.n; j++) {
            const struct xpl_seen *seen = &stream->now.seen[j];

            for (unsigned k = 0; seen->source == XPL_ENTRY && k < n_tags(&seen->target); k++)
                make_one(core, stream, seen, k);
            if (seen->source == XPL_ENTRY && seen->target.kind == CHK_OPAQUE)
                xpl_guest_make(core, stream->unit, &seen->target);
        }
    }
}

/* Addresses that show what @command drops as a whole: all, or one that it does not name. */
static void ask_for(const struct chk_command *command, struct chk_tlb_entry *entry)
{
    entry->last = UINT64_MAX;
    if (command->first == 0 && command->last == UINT64_MAX)
        return;
    entry->first = command->first ? 0 : command->last + 1;
    entry->last = entry->first;
}

/* What a request may still meet is filed again at once: the sweep may have been first. */
void xpl_tlb_purge(struct xpl_core *core, uint32_t unit, const struct xpl_command *command)
{
    const struct chk_command *c = &command->command;

    for (uint32_t i = 0; i < core->n_tlbs; i++) {
        struct xpl_tlb *tlb = &core->tlbs[i];
        struct chk_tlb_entry entry;

        memset(&entry, 0, sizeof(entry));
        entry.tag = tlb->tag;
        ask_for(c, &entry);
        entry.is_global = tlb->globals != 0;
        if (!tlb->is_live || tlb->unit != unit ||
            !core->units[unit].arch->drops_tlb(&core->units[unit].regs, c, &entry))
            continue;
        if (tlb->is_made)
            continue;
        tlb->is_live = false;
        xpl_place_forget(core, i);
    }
    xpl_guest_purge(core, unit, c);
    xpl_tlb_look(core);
}

/* ---- who meets what ---- */

/* Does a request that looks under @by find what is filed under @tag? */
bool xpl_tlb_is_found(const struct chk_tag *tag, bool is_global, const struct chk_tag *by)
{
    struct chk_tag like = *tag;

    if (is_global)
        like.id = by->id;
    return chk_tag_meets(&like, by);
}

/* Has a half that @tlb has global leaves in other tables there? */
static bool has_other_globals(const struct xpl_tlb *tlb, const struct chk_regime *regime)
{
    for (unsigned half = 0; half < 2; half++) {
        if (tlb->globals >> half & 1 && tlb->regime.root[half] != regime->root[half])
            return true;
    }
    return false;
}

static bool meets(const struct xpl_tlb *tlb, const struct xpl_stream *stream,
                  const struct xpl_seen *seen, unsigned which)
{
    const struct chk_tag *tag = &seen->target.tlb[which].tag;
    const struct chk_regime *regime = &seen->target.tlb[which].regime;

    if (!tlb->is_live || tlb->unit != stream->unit)
        return false;
    if (xpl_tlb_is_found(&tlb->tag, false, tag))
        return memcmp(&tlb->regime, regime, sizeof(tlb->regime)) != 0;
    return has_other_globals(tlb, regime) && xpl_tlb_is_found(&tlb->tag, true, tag);
}

/* Was it so already when the switch began? */
bool xpl_was_exposed(const struct xpl_stream *stream, const struct xpl_seen *met)
{
    for (uint32_t i = 0; i < stream->before.n; i++) {
        const struct xpl_seen *seen = &stream->before.seen[i];

        if (seen->source == XPL_TLB && chk_target_equal(&seen->target, &met->target))
            return true;
    }
    return false;
}

/* Known since the operation that begins now: it is watched in a moment. */
static bool is_new(const struct xpl_core *core, const struct xpl_stream *stream)
{
    return stream->op == XPL_NONE && !stream->begin_seq &&
           (core->level == XPL_DEPLOYED || stream->request.pasid != CHK_NO_PASID);
}

/* What the last operation on these requests filed rightly, and what was stored outside of all
 * operations does not agree with. */
static bool is_nobodys(const struct xpl_stream *stream, const struct xpl_tlb *tlb)
{
    return stream->op == XPL_NONE && tlb->op != XPL_NONE && tlb->op == stream->closed_op;
}

/* Of @target, the entry @which alone answers, with what was filed there. */
static void answer(struct chk_target *target, unsigned which, const struct xpl_tlb *tlb)
{
    const struct chk_tag tag = target->tlb[which].tag;
    const uint64_t beside = which >= target->n_tlbs ? target->tlb[0].regime.root[1] : 0;

    memset(target->tlb, 0, sizeof(target->tlb));
    target->n_tlbs = 1;
    target->n_shared = 0;
    target->tlb[0].tag = tag;
    target->tlb[0].regime = tlb->regime;
    if (tag.stage == 2)
        target->tlb[1].regime.root[1] = beside; /* the first stage that goes on with it */
    if (target->kind != CHK_REFUSED && target->kind != CHK_BYPASS && tlb->kind != CHK_BYPASS)
        return;
    target->kind = tlb->kind;
    target->refusal = CHK_REFUSAL_NONE;
    target->event = 0;
    target->rule = NULL;
}

static void look_one(struct xpl_core *core, struct xpl_stream *stream, uint32_t index,
                     unsigned which)
{
    for (uint32_t i = 0; i < core->n_tlbs; i++) {
        const struct xpl_tlb *tlb = &core->tlbs[i];
        struct xpl_seen met;

        if (!meets(tlb, stream, &stream->now.seen[index], which))
            continue;
        met = stream->now.seen[index];
        met.source = XPL_TLB;
        answer(&met.target, which, tlb);
        met.fresh_seq = core->seq;
        if (is_nobodys(stream, tlb)) {
            (void)xpl_list_add(core, &stream->now, &met);
            continue;
        }
        if (tlb->op != stream->op && tlb->since > stream->begin_seq && !stream->in_switch) {
            if (tlb->op == XPL_NONE || tlb->op != xpl_op_now(core)) {
                if (!is_new(core, stream))
                    xpl_op_class(core, tlb->op, XPL_TLB, CHK_POISONS); /* this one did nothing */
                (void)xpl_list_add(core, &stream->now, &met);
                continue;
            }
            xpl_bystander(core, stream, tlb->op);
        }
        met.is_exposed = tlb->newest <= stream->begin_seq && xpl_was_exposed(stream, &met);
        xpl_list_add(core, &stream->now, &met);
        xpl_see(core, stream, &met);
    }
}

static void strip(struct xpl_list *list)
{
    uint32_t kept = 0;

    for (uint32_t i = 0; i < list->n; i++) {
        if (list->seen[i].source == XPL_ENTRY)
            list->seen[kept++] = list->seen[i];
    }
    list->n = kept;
}

void xpl_tlb_look(struct xpl_core *core)
{
    for (uint32_t i = 0; i < core->n_streams; i++) {
        struct xpl_stream *stream = &core->streams[i];
        uint32_t n;

        if (!stream->is_started)
            continue;
        strip(&stream->now);
        n = stream->now.n;
        for (uint32_t j = 0; j < n; j++) {
            for (unsigned k = 0; k < n_tags(&stream->now.seen[j].target); k++)
                look_one(core, stream, j, k);
        }
    }
}
