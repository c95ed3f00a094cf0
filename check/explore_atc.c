/* SPDX-License-Identifier: BSD-2-Clause
 * explore_atc.c - translations that a device with ATS may keep for itself.
 * Knows: answers that a device was given, invalidations of its cache. Must not know: layouts.
 *
 * While a function's ATS is on, it may ask for every translation that the IOMMU may answer with,
 * and use it until it is told to drop it. An invalidation that completes while the IOMMU may still
 * answer as before drops nothing for sure. */
#include "check/explore_private.h"

#include <string.h>

static void remember(struct xpl_core *core, uint32_t dev, bool is_on)
{
    uint32_t i = 0;

    while (i < core->n_ats_told && core->ats_told[i].dev != dev)
        i++;
    if (i == core->n_ats_told &&
        xpl_grow(core, (void **)&core->ats_told, i, &core->n_max_ats_told, sizeof(*core->ats_told)))
        core->n_ats_told++;
    if (i < core->n_ats_told)
        core->ats_told[i] = (struct xpl_ats_told){dev, is_on};
}

/* Requests that become known later: their device was told before. */
void xpl_atc_inherit(const struct xpl_core *core, struct xpl_stream *stream)
{
    for (uint32_t i = 0; i < core->n_ats_told; i++) {
        if (core->ats_told[i].dev != stream->dev)
            continue;
        stream->has_ats = core->ats_told[i].is_on;
        stream->is_ats_told = true;
    }
}

void xpl_atc_switch(struct xpl_core *core, const struct sim_rec_ats *rec)
{
    remember(core, rec->dev, rec->on != 0);
    for (uint32_t i = 0; i < core->n_streams; i++) {
        struct xpl_stream *stream = &core->streams[i];

        if (stream->dev != rec->dev)
            continue;
        stream->has_ats = rec->on != 0;
        stream->is_ats_told = true;
        stream->atc.n = 0; /* a function without ATS has forgotten all */
        stream->is_dirty = true;
    }
    for (uint32_t i = 0; i < core->n_runs; i++) {
        if (core->runs[i].is_atc && core->runs[i].dev == rec->dev && !rec->on)
            xpl_run_drop(core, i);
    }
}

/* Does @target answer translation requests, with translations under @tag (NULL: any)? */
static bool answers(const struct chk_target *target, const struct chk_tag *tag)
{
    if (!(target->ats & CHK_ATS_ANSWERS) || target->kind == CHK_REFUSED)
        return false;
    return !tag || (target->n_tlbs && memcmp(&target->tlb[0].tag, tag, sizeof(*tag)) == 0);
}

/* Operation @op is about requests of @stream, which may meet @list: translated ones are not known
 * while no record says if the device has ATS on. */
void xpl_atc_answers(struct xpl_core *core, const struct xpl_stream *stream,
                     const struct xpl_list *list, uint32_t op, uint32_t slot,
                     const struct chk_tag *tag)
{
    const struct xpl_ats_open open = {op, slot, stream->dev};
    bool may_answer = false;

    if (op == XPL_NONE || stream->is_ats_told || core->params->has_all_ats)
        return;
    for (uint32_t i = 0; i < list->n; i++)
        may_answer = may_answer || answers(&list->seen[i].target, tag);
    if (!may_answer)
        return;
    for (uint32_t i = core->n_ats_open > 4 ? core->n_ats_open - 4 : 0; i < core->n_ats_open; i++) {
        if (memcmp(&core->ats_open[i], &open, sizeof(open)) == 0)
            return;
    }
    if (xpl_grow(core, (void **)&core->ats_open, core->n_ats_open, &core->n_max_ats_open,
                 sizeof(*core->ats_open)))
        core->ats_open[core->n_ats_open++] = open;
}

static bool is_told(const struct xpl_core *core, uint32_t dev)
{
    for (uint32_t i = 0; i < core->n_ats_told; i++) {
        if (core->ats_told[i].dev == dev)
            return true;
    }
    return false;
}

/* A record may come later: a driver turns the device's ATS on after the STE's. */
void xpl_atc_finish(struct xpl_core *core)
{
    static const char why[] = "an entry has ATS on, and no ats record says if its device has";

    for (uint32_t i = 0; i < core->n_ats_open; i++) {
        const struct xpl_ats_open *open = &core->ats_open[i];

        if (is_told(core, open->dev))
            continue;
        if (open->slot != XPL_NONE) {
            core->ops[open->op].slots[open->slot].inconclusive = true;
            core->ops[open->op].slots[open->slot].why = why;
        }
        xpl_op_hole(core, open->op, why);
    }
}

static void refuse(struct xpl_core *core, struct xpl_list *to, const struct xpl_seen *by,
                   const char *rule)
{
    struct xpl_seen seen = *by;

    memset(&seen.target, 0, sizeof(seen.target));
    seen.source = XPL_TLB;
    seen.target.kind = CHK_REFUSED;
    seen.target.refusal = CHK_REFUSAL_LOST;
    seen.target.rule = rule;
    seen.fresh_seq = core->seq;
    xpl_list_add(core, to, &seen);
}

/* What does not let the device use what it has refuses it; so does what does not let it ask, though
 * memory does. */
void xpl_atc_refuse(struct xpl_core *core, const struct xpl_stream *stream, struct xpl_list *to)
{
    const bool memory_answers = (stream->memory.ats & CHK_ATS_ANSWERS) != 0;

    for (uint32_t i = 0; i < stream->now.n; i++) {
        const struct xpl_seen *seen = &stream->now.seen[i];

        if (seen->source != XPL_ENTRY || seen->target.kind == CHK_REFUSED)
            continue;
        if (stream->atc.n && !(seen->target.ats & CHK_ATS_PASSES))
            refuse(core, to, seen, "a translated request");
        else if (memory_answers && !(seen->target.ats & CHK_ATS_ANSWERS))
            refuse(core, to, seen, "a translation request");
    }
}

/* What the IOMMU may answer now is what the device may keep. */
static void fill(struct xpl_core *core, struct xpl_stream *stream)
{
    for (uint32_t i = 0; i < stream->now.n; i++) {
        const struct xpl_seen *seen = &stream->now.seen[i];
        struct xpl_seen kept;

        if (!(seen->target.ats & CHK_ATS_ANSWERS) || seen->target.kind == CHK_REFUSED)
            continue;
        kept = *seen;
        kept.source = XPL_TLB;
        xpl_list_add(core, &stream->atc, &kept);
    }
}

void xpl_atc_look(struct xpl_core *core)
{
    for (uint32_t i = 0; i < core->n_streams; i++) {
        struct xpl_stream *stream = &core->streams[i];

        if (!stream->is_started || !stream->has_ats)
            continue;
        fill(core, stream);
        for (uint32_t j = 0; j < stream->atc.n; j++) {
            struct xpl_seen *kept = &stream->atc.seen[j];

            kept->is_exposed = kept->newest <= stream->begin_seq && xpl_was_exposed(stream, kept);
            xpl_see(core, stream, kept);
        }
        if (xpl_window(stream))
            xpl_atc_refuse(core, stream, xpl_window(stream));
    }
}

static bool names(const struct chk_command *c, const struct chk_request *request)
{
    if (c->requester != request->requester || (c->is_with_pasid && request->pasid == CHK_NO_PASID))
        return false;
    return c->is_plain ? request->pasid == CHK_NO_PASID
                       : c->pasid == CHK_NO_PASID || c->pasid == request->pasid;
}

/* Before anything else of the same interval: the IOMMU may answer as before it. */
void xpl_atc_purge(struct xpl_core *core, uint32_t unit, const struct xpl_command *command)
{
    const struct chk_command *c = &command->command;

    for (uint32_t i = 0; i < core->n_streams; i++) {
        struct xpl_stream *stream = &core->streams[i];

        if (stream->unit != unit || !stream->has_ats || !names(c, &stream->request))
            continue;
        xpl_pte_purge_atc(core, stream, command);
        if (c->first != 0 || c->last != UINT64_MAX)
            continue;
        stream->atc.n = 0;
        fill(core, stream);
    }
}
