/* SPDX-License-Identifier: BSD-2-Clause
 * chk_slot.c - what each device, and each PASID of it, may be answered by: now and shortly before.
 * Knows: phases, domains. Must not know: answers. */
#include "check/chk_private.h"
#include "sim/diag.h"

#include <stdlib.h>
#include <string.h>

#define N_FIRST_SLOTS 16u

/* ---- By device and PASID --------------------------------------------------------------------- */

static uint64_t key_of(uint32_t dev, uint32_t pasid)
{
    return (uint64_t)dev << 32 | pasid;
}

/* Return: index of the first slot that is not before @key. */
static size_t place_of(const struct chk *chk, uint64_t key)
{
    size_t low = 0, high = chk->n_slots;

    while (low < high) {
        const size_t middle = low + (high - low) / 2;

        if (key_of(chk->slots[middle]->dev, chk->slots[middle]->pasid) < key)
            low = middle + 1;
        else
            high = middle;
    }
    return low;
}

struct chk_slot *chk_slot_find(struct chk *chk, uint32_t dev, uint32_t pasid)
{
    struct chk_slot *slot = chk->last_slot;
    size_t i;

    if (slot && slot->dev == dev && slot->pasid == pasid)
        return slot;
    i = place_of(chk, key_of(dev, pasid));
    if (i == chk->n_slots || chk->slots[i]->dev != dev || chk->slots[i]->pasid != pasid)
        return NULL;
    chk->last_slot = chk->slots[i];
    return chk->slots[i];
}

static uint16_t unit_of(const struct chk *chk, uint32_t dev)
{
    for (size_t i = 0; i < chk->n_devices; i++) {
        if (chk->devices[i].dev == dev)
            return chk->devices[i].iommu;
    }
    return CHK_MAX_UNITS;
}

static struct chk_slot *insert(struct chk *chk, uint32_t dev, uint32_t pasid)
{
    const size_t at = place_of(chk, key_of(dev, pasid));
    struct chk_slot *slot;

    if (chk->n_slots == chk->n_max_slots) {
        const size_t n_max = chk->n_max_slots ? 2 * chk->n_max_slots : N_FIRST_SLOTS;
        struct chk_slot **grown = realloc(chk->slots, n_max * sizeof(struct chk_slot *));

        if (!grown)
            return NULL;
        chk->slots = grown;
        chk->n_max_slots = n_max;
    }
    slot = calloc(1, sizeof(*slot));
    if (!slot)
        return NULL;
    slot->dev = dev;
    slot->iommu = unit_of(chk, dev);
    slot->pasid = pasid;
    slot->switched_by = CHK_NONE;
    slot->lost_seq = chk->lost_seq; /* nobody knew it then */
    slot->live[0] = CHK_NONE;
    slot->live[1] = CHK_NONE;
    memmove(&chk->slots[at + 1], &chk->slots[at], (chk->n_slots - at) * sizeof(struct chk_slot *));
    chk->slots[at] = slot;
    chk->n_slots++;
    return slot;
}

/* Return: the slot, made if need be; NULL without memory. */
struct chk_slot *chk_slot_get(struct chk *chk, uint32_t dev, uint32_t pasid)
{
    struct chk_slot *slot = chk_slot_find(chk, dev, pasid);

    if (slot)
        return slot;
    slot = insert(chk, dev, pasid);
    if (!slot)
        chk->error = SIM_ENOMEM;
    return slot;
}

/* ---- Segments -------------------------------------------------------------------------------- */

struct chk_segment *chk_newest(struct chk_slot *slot)
{
    return slot->n_segments ? &slot->segment[(slot->n_segments - 1) % CHK_N_SEGMENTS] : NULL;
}

/* What came after the last operation came before this one. */
static void take_tail(struct chk *chk, struct chk_slot *slot, uint32_t op)
{
    struct chk_live *from = chk_live_of(chk, slot->live[0]), *to = chk_live_of(chk, op);

    if (!from || !to || from->tail_taken == op)
        return;
    from->tail_taken = op;
    if (chk_sampler_add(&to->before, &from->tail))
        chk->error = SIM_ENOMEM;
}

static void new_window(struct chk *chk, struct chk_slot *slot, uint32_t op)
{
    chk_stretch_flush(chk, slot);
    take_tail(chk, slot, op);
    chk_live_drop(chk, slot->live[1]);
    slot->live[1] = slot->live[0];
    slot->live[0] = op;
    chk_live_hold(chk, op);
    slot->domain_before = slot->domain;
    if (slot->lost_seq)
        chk_op_inconclusive(chk, op, "events were lost before the operation");
}

void chk_push(struct chk *chk, struct chk_slot *slot, const struct chk_segment *segment)
{
    struct chk_segment *newest = chk_newest(slot);

    if (!newest || newest->op != segment->op)
        new_window(chk, slot, segment->op);
    if (!newest || newest->from_seq != segment->from_seq)
        newest = &slot->segment[slot->n_segments++ % CHK_N_SEGMENTS];
    *newest = *segment;
}

static bool is_running(const struct chk *chk, uint32_t op)
{
    return op != CHK_NONE && chk->extra[op].is_open;
}

/*
 * An operation that concerns the slot has begun. One that may switch it is not disturbed by
 * another one: that one will wait for it, and come back at its own switch.
 */
void chk_enter(struct chk *chk, struct chk_slot *slot, uint32_t op)
{
    const struct chk_segment *newest = chk_newest(slot);
    const bool is_table = op != CHK_NONE && chk->extra[op].is_table;
    const struct chk_segment segment = {.from_seq = chk->seq,
                                        .op = op,
                                        .phase = is_table ? CHK_PHASE_TABLE : CHK_PHASE_BEFORE,
                                        .domain = slot->domain};

    if (newest && is_running(chk, newest->op) && !chk->extra[newest->op].is_table)
        return;
    chk_push(chk, slot, &segment);
}

/* A mark that switches the slot has begun, in @op. */
void chk_switch_mark(struct chk *chk, struct chk_slot *slot, uint32_t op)
{
    const struct chk_segment *newest = chk_newest(slot);
    const struct chk_segment segment = {
        .from_seq = chk->seq, .op = op, .phase = CHK_PHASE_BEFORE, .domain = slot->domain};

    if (!newest || newest->op != op)
        chk_push(chk, slot, &segment);
    chk_stretch_cut(chk, slot);
    memset(slot->new_only, 0, sizeof(slot->new_only));
    memset(slot->refused_new_only, 0, sizeof(slot->refused_new_only));
}

static void note_switch(struct chk *chk, uint32_t op)
{
    if (op != CHK_NONE && !chk->ops[op].switch_begin_seq) {
        chk->ops[op].switch_begin_seq = chk->seq;
        chk->ops[op].switch_begin_ps = chk->now_ps;
    }
}

/* The first access of the switch is visible. What else the device has may feel it, too. */
void chk_switch_begin(struct chk *chk, struct chk_slot *slot, const struct chk_domain *target,
                      uint32_t op)
{
    note_switch(chk, op);
    for (size_t i = place_of(chk, key_of(slot->dev, 0)); i < chk->n_slots; i++) {
        struct chk_slot *other = chk->slots[i];
        struct chk_segment segment = {
            .from_seq = chk->seq, .op = op, .phase = CHK_PHASE_SWITCH, .domain = other->domain};

        if (other->dev != slot->dev)
            break;
        if (other == slot) {
            segment.is_target = true;
            segment.has_other = true;
            segment.other = *target;
        }
        chk_push(chk, other, &segment);
    }
}

static void push_after(struct chk *chk, struct chk_slot *slot, uint32_t op, bool is_old,
                       bool has_failed)
{
    const struct chk_segment segment = {.from_seq = chk->seq,
                                        .op = op,
                                        .phase = CHK_PHASE_AFTER,
                                        .is_old = is_old,
                                        .has_failed = has_failed,
                                        .domain = slot->domain};

    chk_push(chk, slot, &segment);
}

static void end_switch_of_device(struct chk *chk, const struct chk_slot *slot, uint32_t op)
{
    if (op != CHK_NONE && chk->ops[op].switch_begin_seq) {
        chk->ops[op].switch_end_seq = chk->seq;
        chk->ops[op].switch_end_ps = chk->now_ps;
    }
    for (size_t i = place_of(chk, key_of(slot->dev, 0)); i < chk->n_slots; i++) {
        struct chk_slot *other = chk->slots[i];

        if (other->dev != slot->dev)
            break;
        if (other != slot && chk_newest(other) && chk_newest(other)->op == op &&
            chk_newest(other)->phase == CHK_PHASE_SWITCH)
            push_after(chk, other, op, true, false);
    }
}

/* The switch has returned without an error. */
void chk_switch_end(struct chk *chk, struct chk_slot *slot, const struct chk_domain *target,
                    uint32_t op)
{
    end_switch_of_device(chk, slot, op);
    slot->domain = *target;
    slot->switched_by = op;
    push_after(chk, slot, op, false, false);
}

/* Nothing but the old domain was allowed. Return to it, and look again at what was let pass. */
void chk_switch_failed(struct chk *chk, struct chk_slot *slot, uint32_t op)
{
    struct chk_segment *newest = chk_newest(slot);

    end_switch_of_device(chk, slot, op);
    if (newest && newest->phase == CHK_PHASE_SWITCH && newest->op == op) {
        chk_stretch_flush(chk, slot);
        chk_stretch_failed(chk_live_of(chk, op), newest->from_seq);
        newest->has_other = false;
        if (slot->new_only[0] + slot->new_only[1])
            chk_op_class(chk, op, CHK_TORN);
        if (slot->refused_new_only[0] + slot->refused_new_only[1])
            chk_op_class(chk, op, CHK_BREAKS);
        if (op != CHK_NONE) {
            chk->ops[op].dma.new_ -= slot->new_only[0];
            chk->ops[op].dma.mixed += slot->new_only[0];
            chk->ops[op].probes.new_ -= slot->new_only[1];
            chk->ops[op].probes.mixed += slot->new_only[1];
        }
    }
    push_after(chk, slot, op, true, true);
}

/* The operation has ended. */
void chk_leave(struct chk *chk, struct chk_slot *slot, uint32_t op)
{
    const struct chk_segment *newest = chk_newest(slot);
    const bool has_failed = op != CHK_NONE && chk->ops[op].ret != 0 && !chk->extra[op].is_table;

    if (!newest || newest->op != op)
        return;
    if (has_failed && slot->switched_by == op && slot->domain.id != slot->domain_before.id) {
        slot->domain = slot->domain_before;
        push_after(chk, slot, op, true, true);
    } else if (newest->phase != CHK_PHASE_AFTER) {
        push_after(chk, slot, op, true, has_failed);
    }
    if (slot->lost_seq && op != CHK_NONE && chk->ops[op].begin_seq > slot->lost_seq &&
        slot->switched_by == op && !has_failed)
        slot->lost_seq = 0;
}
