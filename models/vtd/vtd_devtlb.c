/* SPDX-License-Identifier: BSD-2-Clause
 * vtd_devtlb.c - invalidations that go to devices and come back, late or never (4, 4.3).
 * Knows: tags, time-outs, how many may be on their way. Must not know: what a device keeps, in
 * which order descriptors run. */
#include "models/vtd/vtd_control.h"
#include "sim/time.h"

enum {
    PAGE_LOG2 = 12,
    WHOLE_LOG2 = 52, /* of pages: the whole address space */
    ITAG_SHIFT = 8,  /* an itag: generation above, slot below */
    ITAG_SLOT = 0xff,
    MIP_OF_0 = 32, /* what a field of 0 stands for */
};

/* ---- what a descriptor names ---- */

static bool is_plain(const uint64_t *words)
{
    return vtd_qi_type(words) == VTD_QI_DEVTLB_INV;
}

static uint16_t source_of(const uint64_t *words)
{
    return (uint16_t)(is_plain(words) ? vtd_DEVTLB_INV_SID(words) : vtd_PDEVTLB_INV_SID(words));
}

/* Who is throttled: the physical function, if the unit is told which. */
static uint16_t function_of(const struct vtd *vtd, const uint64_t *words)
{
    const unsigned n_low = VTD_MSB_DEVTLB_INV_PFSID_LO - VTD_LSB_DEVTLB_INV_PFSID_LO + 1;

    if (!vtd->caps.dit)
        return source_of(words);
    if (is_plain(words))
        return (uint16_t)(vtd_DEVTLB_INV_PFSID_HI(words) << n_low | vtd_DEVTLB_INV_PFSID_LO(words));
    return (uint16_t)(vtd_PDEVTLB_INV_PFSID_HI(words) << n_low | vtd_PDEVTLB_INV_PFSID_LO(words));
}

static uint32_t mip_of(const uint64_t *words)
{
    const uint64_t mip = is_plain(words) ? vtd_DEVTLB_INV_MIP(words) : vtd_PDEVTLB_INV_MIP(words);

    return mip ? (uint32_t)mip : MIP_OF_0;
}

bool vtd_devtlb_may_send(const struct vtd *vtd, const uint64_t *words)
{
    const uint16_t function = function_of(vtd, words);
    uint32_t n = 0;

    if (vtd->devtlb.n_sent >= vtd->param.devtlb_slots)
        return false;
    if (!vtd->param.devtlb_mip)
        return true;
    for (uint32_t i = 0; i < VTD_MAX_DEVTLB; i++)
        n += vtd->devtlb.slot[i].is_busy && vtd->devtlb.slot[i].function_id == function;
    return n < mip_of(words);
}

/* ---- there and back ---- */

static uint32_t itag_of(const struct vtd_devtlb_slot *slot)
{
    return (uint32_t)(slot - slot->vtd->devtlb.slot) | slot->generation << ITAG_SHIFT;
}

static struct sim_ats_inv message_of(const struct vtd_devtlb_slot *slot, const uint64_t *words)
{
    const bool has_pasid = !is_plain(words);
    struct sim_ats_inv message = {
        .requester = slot->source_id,
        .pasid = has_pasid ? (uint32_t)vtd_PDEVTLB_INV_PASID(words) : 0,
        .has_pasid = has_pasid,
        .is_global = has_pasid && vtd_PDEVTLB_INV_G(words),
        .itag = itag_of(slot),
    };
    unsigned n_log2;

    if (vtd_devtlb_range(words, &message.address, &n_log2))
        message.n_bytes = n_log2 >= WHOLE_LOG2 ? 0 : UINT64_C(1) << (n_log2 + PAGE_LOG2);
    return message;
}

void vtd_devtlb_send(struct vtd_pending *pending)
{
    struct vtd *vtd = pending->vtd;
    struct vtd_devtlb_slot *slot = vtd->devtlb.slot;
    struct sim_ats_inv message;

    while (slot->is_busy)
        slot++;
    slot->is_busy = true;
    slot->pending = pending;
    slot->source_id = source_of(pending->words);
    slot->function_id = function_of(vtd, pending->words);
    vtd->devtlb.n_sent++;
    message = message_of(slot, pending->words);
    sim_queue_at(vtd->queue, &vtd->source,
                 vtd_now(vtd) + sim_ps_from_ns((uint64_t)vtd->param.devtlb_timeout_us * 1000),
                 &slot->timeout);
    vtd_fact(vtd, SIM_FACT_ATS_INV_SENT, message.requester,
             message.has_pasid ? message.pasid : SIM_NO_PASID,
             (const uint64_t[3]){message.address, message.n_bytes, message.itag});
    vtd->port.ops->ats_inv(vtd->port.ctx, &message);
}

static void end(struct vtd_devtlb_slot *slot)
{
    slot->is_busy = false;
    slot->generation++;
    slot->vtd->devtlb.n_sent--;
}

static void timed_out(void *ctx)
{
    struct vtd_devtlb_slot *slot = ctx;

    end(slot);
    vtd_qi_abort(slot->pending);
    vtd_qi_timed_out(slot->vtd, slot->source_id);
}

/* Nobody waits for it: too late, or never asked for. */
static void unexpected(struct vtd *vtd, uint16_t source_id)
{
    if (!vtd_FSTS_ICE(&vtd->reg[VTD_RI_FSTS]))
        vtd_IQERCD_put_ICESID(&vtd->reg[VTD_RI_IQERCD], source_id);
    vtd_event_set(vtd, VTD_MESSAGE_FAULT, VTD_MASK(FSTS, ICE));
}

void vtd_ats_complete(void *model, uint32_t itag)
{
    struct vtd *vtd = model;
    struct vtd_devtlb_slot *slot;

    if ((itag & ITAG_SLOT) >= VTD_MAX_DEVTLB) {
        unexpected(vtd, 0);
        return;
    }
    slot = &vtd->devtlb.slot[itag & ITAG_SLOT];
    if (!slot->is_busy || itag != itag_of(slot)) {
        unexpected(vtd, slot->source_id);
        return;
    }
    sim_queue_cancel(vtd->queue, &slot->timeout);
    vtd_fact(vtd, SIM_FACT_ATS_INV_DONE, slot->source_id, itag, (const uint64_t[3]){0});
    end(slot);
    vtd_qi_answered(slot->pending);
}

void vtd_devtlb_init(struct vtd *vtd)
{
    for (uint32_t i = 0; i < VTD_MAX_DEVTLB; i++) {
        vtd->devtlb.slot[i].vtd = vtd;
        vtd_event_make(&vtd->devtlb.slot[i].timeout, timed_out, &vtd->devtlb.slot[i]);
    }
}

/* What a device still answers is for nobody, and an error. */
void vtd_devtlb_reset(struct vtd *vtd)
{
    for (uint32_t i = 0; i < VTD_MAX_DEVTLB; i++) {
        struct vtd_devtlb_slot *slot = &vtd->devtlb.slot[i];

        sim_queue_cancel(vtd->queue, &slot->timeout);
        if (slot->is_busy)
            slot->generation++;
        slot->is_busy = false;
    }
    vtd->devtlb.n_sent = 0;
}
