/* SPDX-License-Identifier: BSD-2-Clause
 * explore_atc.c - translations that a device with ATS may keep for itself.
 * Knows: answers that a device was given, invalidations of its cache. Must not know: layouts.
 *
 * While a function's ATS is on, it may ask for every translation that the IOMMU may answer with,
 * and use it until it is told to drop it. An invalidation that completes while the IOMMU may still
 * answer as before drops nothing for sure. */
#include "check/explore_private.h"

#include <string.h>

void xpl_atc_switch(struct xpl_core *core, const struct sim_rec_ats *rec)
{
    for (uint32_t i = 0; i < core->n_streams; i++) {
        struct xpl_stream *stream = &core->streams[i];

        if (stream->dev != rec->dev)
            continue;
        stream->has_ats = rec->on != 0;
        stream->atc.n = 0; /* a function without ATS has forgotten all */
        stream->is_dirty = true;
    }
    for (uint32_t i = 0; i < core->n_runs; i++) {
        struct xpl_run *run = &core->runs[i];

        if (run->is_atc && run->dev == rec->dev && !rec->on)
            run->is_live = false;
    }
}

static void refuse(struct xpl_core *core, struct xpl_stream *stream, const struct xpl_seen *by)
{
    struct xpl_seen seen = *by;

    memset(&seen.target, 0, sizeof(seen.target));
    seen.source = XPL_TLB;
    seen.target.kind = CHK_REFUSED;
    seen.target.refusal = CHK_REFUSAL_LOST;
    seen.target.rule = "a translated request";
    seen.fresh_seq = core->seq;
    xpl_see(core, stream, &seen);
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
        (void)xpl_list_add(core, &stream->atc, &kept);
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

            kept->is_exposed = xpl_was_exposed(stream, kept);
            xpl_see(core, stream, kept);
        }
        for (uint32_t j = 0; stream->atc.n && j < stream->now.n; j++) {
            const struct xpl_seen *seen = &stream->now.seen[j];

            if (seen->source == XPL_ENTRY && !(seen->target.ats & CHK_ATS_PASSES))
                refuse(core, stream, seen);
        }
    }
}

static bool names(const struct chk_command *c, const struct chk_request *request)
{
    return c->requester == request->requester &&
           (c->pasid == CHK_NO_PASID || c->pasid == request->pasid);
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
