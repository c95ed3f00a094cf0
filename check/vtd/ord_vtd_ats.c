/* SPDX-License-Identifier: BSD-2-Clause
 * ord_vtd_ats.c - rules of devices that translate by themselves.
 * Knows: contexts. Must not know: what a device caches. */
#include "check/vtd/ord_vtd.h"

#include <inttypes.h>

bool ordv_has_ats(const struct ordv *v, const struct ordv_unit *unit, uint32_t sid)
{
    bool is_allowed = false;
    bool is_on = false;

    for (size_t i = 0; i < unit->n_ctxs; i++)
        is_allowed |= unit->ctxs[i].sid == sid && unit->ctxs[i].has_ats;
    for (size_t i = 0; i < v->order->n_devices; i++)
        is_on |= v->order->devices[i].requester == sid && v->order->devices[i].has_ats;
    return is_allowed && is_on;
}

/* Is the context entry as memory has it what the unit goes by? */
static bool is_settled(struct ordv_unit *unit, uint64_t pa)
{
    return !ordv_duty_of(unit, ORDV_CTX, pa) && !ordv_duty_of(unit, ORDV_CTX_LEGACY, pa);
}

static void check_on(struct ordv *v, struct ordv_unit *unit, uint32_t sid)
{
    for (size_t i = 0; i < unit->n_ctxs; i++) {
        const struct ordv_ctx *ctx = &unit->ctxs[i];

        if (ctx->sid != sid)
            continue;
        if (!ctx->has_ats)
            ord_hit(v->order, CHK_RULE_VTD_ATS_EARLY, unit->iommu,
                    "ATS of requester 0x%x is switched on, its context entry 0x%" PRIx64
                    " refuses translation requests",
                    sid, ctx->pa);
        else if (!is_settled(unit, ctx->pa))
            ord_hit(v->order, CHK_RULE_VTD_ATS_EARLY, unit->iommu,
                    "ATS of requester 0x%x is switched on before the invalidation of its context "
                    "entry 0x%" PRIx64 " was complete",
                    sid, ctx->pa);
        return;
    }
}

void ordv_ats_record(struct ordv *v, const struct sim_rec_ats *rec)
{
    const struct chk_order *order = v->order;

    for (size_t i = 0; rec->on == SIM_ONOFF_ON && i < order->n_devices; i++) {
        if (order->devices[i].dev != rec->dev)
            continue;
        for (size_t u = 0; u < ORDV_MAX_UNITS; u++) {
            if (v->units[u].is_used && ordv_is_on(&v->units[u]))
                check_on(v, &v->units[u], order->devices[i].requester);
        }
    }
}
