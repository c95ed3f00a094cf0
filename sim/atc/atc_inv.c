/* SPDX-License-Identifier: BSD-2-Clause
 * atc_inv.c - invalidations: what they name, when they are answered (PCIe 10.3).
 * Knows: entries, requests that use them. Must not know: how a request goes on. */
#include "sim/atc/atc_private.h"

static bool names_range(const struct sim_ats_inv *inv, uint64_t va, uint64_t n_bytes)
{
    if (!inv->n_bytes)
        return true;
    return va <= inv->address + (inv->n_bytes - 1) && va + (n_bytes - 1) >= inv->address;
}

/* Of a translation with or without PASID. */
static bool names_pasid(const struct atc_inv *inv, bool has_pasid, uint32_t pasid)
{
    const struct sim_ats_inv *message = &inv->message;

    if (!message->has_pasid)
        return !has_pasid || message->is_whole || inv->atc->param.plain_drops_all;
    return has_pasid && (message->is_global || message->pasid == pasid);
}

void atc_flush(struct sim_atc *atc, struct atc_function *function)
{
    for (uint32_t i = 0; i < atc->param.entries; i++)
        function->entries[i].is_valid = false;
    function->next = 0;
}

static void drop_entries(struct sim_atc *atc, const struct atc_inv *inv)
{
    for (uint32_t i = 0; i < atc->param.entries; i++) {
        struct atc_entry *entry = &inv->function->entries[i];

        if (!entry->is_valid || !names_pasid(inv, entry->has_pasid, entry->pasid) ||
            !names_range(&inv->message, entry->va, UINT64_C(1) << entry->page_log2))
            continue;
        entry->is_valid = false;
        atc->stats.n_dropped++;
    }
}

static bool uses_translation(const struct atc_slot *slot)
{
    return (slot->state == ATC_SEND || slot->state == ATC_SENT) &&
           slot->dma.kind == SIM_DMA_TRANSLATED;
}

static bool waits_for_translation(const struct atc_slot *slot)
{
    return slot->state == ATC_ASK || slot->state == ATC_ASKED || slot->state == ATC_ANSWER;
}

static void mark_slots(struct sim_atc *atc, struct atc_inv *inv)
{
    for (uint32_t i = 0; i < atc->param.slots; i++) {
        struct atc_slot *slot = &atc->slots[i];
        const struct sim_dma *from = slot->from;

        if (slot->state == ATC_FREE || slot->function != inv->function ||
            !names_pasid(inv, from->has_pasid, from->pasid))
            continue;
        if (!names_range(&inv->message, from->iova, from->n_bytes ? from->n_bytes : 1)) {
            slot->is_narrow = true;
        } else if (waits_for_translation(slot)) {
            slot->is_void = true;
        } else if (uses_translation(slot)) {
            slot->held_by |= UINT64_C(1) << (inv - atc->invs);
            inv->n_held++;
        }
    }
}

static void answer(struct atc_inv *inv)
{
    inv->is_done = true;
    atc_wake(inv->atc, &inv->event, inv->atc->param.link_ns);
}

/* It is carried out when this fires first, and its answer has arrived when it does the second time.
 */
static void step(void *ctx)
{
    struct atc_inv *inv = ctx;
    struct sim_atc *atc = inv->atc;

    if (inv->is_done) {
        inv->is_busy = false;
        atc->behind.ops->ats_complete(atc->behind.model, inv->message.itag);
        return;
    }
    if (inv->function) {
        drop_entries(atc, inv);
        mark_slots(atc, inv);
    }
    if (!inv->n_held)
        answer(inv);
}

void atc_inv_release(struct sim_atc *atc, struct atc_slot *slot)
{
    for (uint64_t left = slot->held_by; left; left &= left - 1) {
        struct atc_inv *inv = &atc->invs[__builtin_ctzll(left)];

        if (--inv->n_held == 0)
            answer(inv);
    }
    slot->held_by = 0;
}

void atc_inv_forget(struct sim_atc *atc, const struct atc_function *function)
{
    for (uint32_t i = 0; i < ATC_MAX_INVS; i++) {
        struct atc_inv *inv = &atc->invs[i];

        if (!inv->is_busy || inv->function != function)
            continue;
        sim_queue_cancel(atc->queue, &inv->event);
        inv->is_busy = false;
        inv->n_held = 0;
        for (uint32_t s = 0; s < atc->param.slots; s++)
            atc->slots[s].held_by &= ~(UINT64_C(1) << i);
    }
}

void atc_inv_init(struct sim_atc *atc)
{
    for (uint32_t i = 0; i < ATC_MAX_INVS; i++) {
        atc->invs[i].atc = atc;
        atc->invs[i].event = (struct sim_event){.fn = step, .ctx = &atc->invs[i]};
    }
}

static bool is_lost(struct sim_atc *atc)
{
    return atc->param.inv_lost_permille &&
           sim_rng_below(&atc->rng, 1000) < atc->param.inv_lost_permille;
}

/* A function without ATS refuses (UR), which ends it as well (3.9.1.5). It is behind what the
 * function sent before, as an answer is. */
void sim_atc_inv(struct sim_atc *atc, const struct sim_ats_inv *message)
{
    struct atc_function *function = atc_function_of(atc, message->requester);
    const uint64_t jitter_ns =
        atc->param.inv_jitter_ns ? sim_rng_below(&atc->rng, atc->param.inv_jitter_ns + 1) : 0;
    struct atc_inv *inv = atc->invs;

    atc->stats.n_invs++;
    while (inv < atc->invs + ATC_MAX_INVS && inv->is_busy)
        inv++;
    if (inv == atc->invs + ATC_MAX_INVS || is_lost(atc)) {
        atc->stats.n_lost++;
        return;
    }
    inv->is_busy = true;
    inv->is_done = false;
    inv->n_held = 0;
    inv->function = function;
    inv->message = *message;
    atc_wake(atc, &inv->event, (uint64_t)atc->param.link_ns + atc->param.inv_ns + jitter_ns);
}
