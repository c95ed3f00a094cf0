/* SPDX-License-Identifier: BSD-2-Clause
 * ord_vtd_queue.c - rules of the invalidation queue: where it is, what is published in it.
 * Knows: rings. Must not know: what a descriptor does. */
#include "check/vtd/ord_vtd.h"

#include <inttypes.h>

#define PAGE_LOG2 12u

bool ordv_queue_is_on(const struct ordv_unit *unit)
{
    return (unit->levels & ORDV_BITS(GCMD, QIE)) != 0;
}

static bool is_wide(const struct ordv_queue *queue)
{
    return vtd_IQA_DW(&queue->iqa) == VTD_IQA_DW_256;
}

static unsigned slot_log2(const struct ordv_queue *queue)
{
    return is_wide(queue) ? 5 : 4;
}

static uint32_t n_slots(const struct ordv_queue *queue)
{
    return 1u << (vtd_IQA_QS(&queue->iqa) + PAGE_LOG2 - slot_log2(queue));
}

static uint64_t slot_address(const struct ordv_queue *queue, uint32_t slot)
{
    return vtd_IQA_IQA_addr(&queue->iqa) + ((uint64_t)slot << slot_log2(queue));
}

static struct ordv_slot *slot_of(struct ordv *v, struct ordv_queue *queue, uint32_t slot)
{
    void *slots = queue->slots;

    if (!ord_room(v->order, &slots, &queue->slots_room, slot, sizeof(*queue->slots)))
        return NULL;
    queue->slots = slots;
    return &queue->slots[slot];
}

/* What stopped the queue may, and must, be overwritten. */
static void store_slot(struct ordv *v, struct ordv_unit *unit, uint32_t i)
{
    struct ordv_queue *queue = &unit->queue;
    struct ordv_slot *slot = slot_of(v, queue, i);

    if (!slot)
        return;
    slot->stored = v->order->seq;
    if (slot->index <= queue->done || queue->error_seq || slot->is_told)
        return;
    slot->is_told = true;
    ord_hit(v->order, CHK_RULE_VTD_SLOT_LIVE, unit->iommu,
            "slot %u holds a descriptor that no wait is known to be behind of", i);
}

void ordv_queue_store(struct ordv *v, uint64_t pa)
{
    for (size_t i = 0; i < ORDV_MAX_UNITS; i++) {
        struct ordv_queue *queue = &v->units[i].queue;
        const uint64_t base = vtd_IQA_IQA_addr(&queue->iqa);

        if (!queue->has_base || pa < base ||
            pa - base >= (uint64_t)n_slots(queue) << slot_log2(queue))
            continue;
        queue->store_seq = v->order->seq;
        store_slot(v, &v->units[i], (uint32_t)((pa - base) >> slot_log2(queue)));
    }
}

void ordv_queue_base(struct ordv *v, struct ordv_unit *unit, uint64_t value)
{
    if (ordv_queue_is_on(unit)) {
        ord_hit(v->order, CHK_RULE_VTD_IQA_LIVE, unit->iommu,
                "0x%" PRIx64 " written to IQA while QIE is set", value);
        return;
    }
    unit->queue.iqa = value;
    unit->queue.has_base = true;
}

/* ---- Publication ----------------------------------------------------------------------------- */

static bool is_wait(const uint64_t *words)
{
    return vtd_qi_type(words) == VTD_QI_WAIT;
}

static bool is_invalidation(const uint64_t *words)
{
    switch (vtd_qi_type(words)) {
    case VTD_QI_CC_INV:
    case VTD_QI_IOTLB_INV:
    case VTD_QI_DEVTLB_INV:
    case VTD_QI_PIOTLB_INV:
    case VTD_QI_PC_INV:
    case VTD_QI_PDEVTLB_INV:
        return true;
    default:
        return false;
    }
}

/* Return: false if nothing was stored there since it was published last. */
static bool take_slot(struct ordv *v, struct ordv_unit *unit, uint32_t i)
{
    struct ordv_slot *slot = slot_of(v, &unit->queue, i);
    const bool is_fresh = !slot || slot->stored != 0;

    if (!is_fresh)
        ord_hit(v->order, CHK_RULE_VTD_SLOT_UNWRITTEN, unit->iommu,
                "slot %u is published, but no descriptor was stored in it", i);
    if (slot)
        *slot = (struct ordv_slot){.index = unit->queue.head};
    return is_fresh;
}

static void publish(struct ordv *v, struct ordv_unit *unit, uint32_t slot)
{
    struct ordv_queue *queue = &unit->queue;
    struct ordv_issue *issue = ordv_issue_of(v, unit, v->order->rec->cpu);
    uint64_t words[4] = {0};
    const struct ordv_command command = {words, queue->head};

    ordv_read(v, slot_address(queue, slot), words, is_wide(queue) ? 4 : 2);
    queue->head++;
    if (!take_slot(v, unit, slot) || !ordv_desc_check(v, unit, words))
        return;
    if (is_wait(words))
        queue->last_wait = queue->head;
    if (vtd_qi_type(words) == VTD_QI_PGRP_RESP)
        ordv_page_response(v, unit, words);
    if (is_invalidation(words))
        ordv_late_command(v, unit);
    if (is_invalidation(words) && issue) {
        issue->last = queue->head;
        issue->last_seq = v->order->seq;
    }
    ordv_flush_command(unit, &command);
    ordv_duty_command(unit, &command);
}

/* Is it a place where a descriptor may end? */
static bool check_tail(struct ordv *v, const struct ordv_unit *unit, uint64_t value)
{
    const struct ordv_queue *queue = &unit->queue;
    const uint64_t bytes = (uint64_t)n_slots(queue) << slot_log2(queue);

    if (value & ((UINT64_C(1) << slot_log2(queue)) - 1)) {
        ord_hit(v->order, CHK_RULE_VTD_IQT_UNALIGNED, unit->iommu,
                "IQT 0x%" PRIx64 " is not a multiple of %u bytes", value, 1u << slot_log2(queue));
        return false;
    }
    if (value < bytes)
        return true;
    ord_hit(v->order, CHK_RULE_VTD_IQT_BEYOND, unit->iommu,
            "IQT 0x%" PRIx64 ", the queue has 0x%" PRIx64 " bytes", value, bytes);
    return false;
}

void ordv_queue_tail(struct ordv *v, struct ordv_unit *unit, uint64_t value)
{
    struct ordv_queue *queue = &unit->queue;
    const bool is_live = ordv_queue_is_on(unit) && queue->has_base && queue->has_tail;
    uint32_t tail, slot;

    if (queue->has_base && !check_tail(v, unit, value))
        return;
    tail = (uint32_t)(value >> slot_log2(queue));
    slot = queue->tail;
    queue->tail = tail;
    queue->has_tail = true;
    for (; is_live && slot != tail; slot = (slot + 1) & (n_slots(queue) - 1))
        publish(v, unit, slot);
}

/* ---- Completion ------------------------------------------------------------------------------ */

/* How many descriptors were published behind the newest wait that writes to @address. */
static bool find_signal(const struct ordv *v, const struct ordv_queue *queue, uint64_t address,
                        uint64_t *behind)
{
    const uint64_t n = queue->head - queue->done;

    for (*behind = 0; *behind < n && *behind < n_slots(queue); (*behind)++) {
        const uint32_t slot = (uint32_t)(queue->tail - 1 - *behind) & (n_slots(queue) - 1);
        uint64_t words[2];

        ordv_read(v, slot_address(queue, slot), words, 2);
        if (is_wait(words) && vtd_WAIT_SW(words) && vtd_WAIT_ADDR_addr(words) == address)
            return true;
    }
    return false;
}

void ordv_queue_wait(struct ordv *v, struct ordv_unit *unit, const struct sim_rec_wait *rec)
{
    struct ordv_queue *queue = &unit->queue;
    uint64_t behind, done;

    if (!queue->has_base)
        return;
    behind = (queue->tail - 1 - rec->index) & (n_slots(queue) - 1);
    if (rec->cond == SIM_COND_QUEUE && rec->addr != slot_address(queue, 0))
        return;
    if (rec->cond == SIM_COND_MEM && !find_signal(v, queue, rec->addr, &behind))
        return;
    if (behind >= queue->head)
        return;
    done = queue->head - behind;
    if (done <= queue->done)
        return;
    queue->done = done;
    ordv_duty_complete(unit);
}
