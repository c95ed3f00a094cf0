/* SPDX-License-Identifier: BSD-2-Clause
 * vtd_qi.c - the invalidation queue's consumer: reads ahead, checks, hands over (4.3).
 * Knows: head and tail, errors, when the queue stands still. Must not know: what a descriptor does
 * (vtd_qi_run.c), which are valid (vtd_qi_check.c).
 *
 * The head passes a descriptor once it has been read and found good, not when it is complete. */
#include "models/vtd/vtd_control.h"

enum {
    NARROW_BYTES = 16,
    WIDE_BYTES = 32,
    PAGE_BYTES = 4096,
};

static uint32_t descriptor_bytes(const struct vtd *vtd)
{
    return vtd_IQA_DW(&vtd->reg[VTD_RI_IQA]) == VTD_IQA_DW_256 ? WIDE_BYTES : NARROW_BYTES;
}

static uint32_t queue_bytes(const struct vtd *vtd)
{
    return (uint32_t)PAGE_BYTES << vtd_IQA_QS(&vtd->reg[VTD_RI_IQA]);
}

static uint32_t head(const struct vtd *vtd)
{
    return (uint32_t)vtd_IQH_QH_addr(&vtd->reg[VTD_RI_IQH]);
}

static uint32_t tail(const struct vtd *vtd)
{
    return (uint32_t)vtd_IQT_QT_addr(&vtd->reg[VTD_RI_IQT]);
}

static uint32_t after(const struct vtd *vtd, uint32_t offset)
{
    return (offset + descriptor_bytes(vtd)) % queue_bytes(vtd);
}

uint32_t vtd_qi_index(const struct vtd *vtd, uint32_t offset)
{
    return offset / descriptor_bytes(vtd);
}

static bool has_error(const struct vtd *vtd)
{
    const uint64_t *fsts = &vtd->reg[VTD_RI_FSTS];

    return vtd_FSTS_IQE(fsts) || vtd_FSTS_ITE(fsts);
}

static struct vtd_qi_slot *slot_of(struct vtd_qi_state *qi, uint32_t offset)
{
    for (uint32_t i = 0; i < VTD_MAX_QI_SLOTS; i++) {
        struct vtd_qi_slot *slot = &qi->slot[i];

        if (slot->state != VTD_QI_IDLE && !slot->is_dropped && slot->offset == offset)
            return slot;
    }
    return NULL;
}

/* What was read ahead is not to be used; a read that is under way ends in vain. */
static void drop_read_ahead(struct vtd *vtd)
{
    struct vtd_qi_state *qi = &vtd->qi;

    for (uint32_t i = 0; i < VTD_MAX_QI_SLOTS; i++) {
        struct vtd_qi_slot *slot = &qi->slot[i];

        if (slot->state == VTD_QI_READING)
            slot->is_dropped = true;
        else
            slot->state = VTD_QI_IDLE;
    }
    sim_queue_cancel(vtd->queue, &qi->decode);
    qi->is_blocked = false;
}

/* ---- errors ---- */

static void stop_with(struct vtd *vtd, uint64_t error)
{
    drop_read_ahead(vtd);
    vtd_IQERCD_put_IQEI(&vtd->reg[VTD_RI_IQERCD], error);
    vtd_event_set(vtd, VTD_MESSAGE_FAULT, VTD_MASK(FSTS, IQE));
}

void vtd_qi_timed_out(struct vtd *vtd, uint16_t source_id)
{
    drop_read_ahead(vtd);
    if (!vtd_FSTS_ITE(&vtd->reg[VTD_RI_FSTS]))
        vtd_IQERCD_put_ITESID(&vtd->reg[VTD_RI_IQERCD], source_id);
    vtd_event_set(vtd, VTD_MESSAGE_FAULT, VTD_MASK(FSTS, ITE));
}

/* 0, or what is wrong with the tail. */
static unsigned tail_error(const struct vtd *vtd)
{
    if (tail(vtd) >= queue_bytes(vtd))
        return VTD_IQERCD_IQEI_TAIL;
    return tail(vtd) % descriptor_bytes(vtd) ? VTD_IQERCD_IQEI_ALIGN : VTD_IQERCD_IQEI_NONE;
}

/* ---- one descriptor after the other ---- */

static void consume(struct vtd *vtd, struct vtd_qi_slot *slot)
{
    slot->state = VTD_QI_IDLE;
    vtd_IQH_put_QH(&vtd->reg[VTD_RI_IQH], after(vtd, slot->offset) >> VTD_LSB_IQH_QH);
}

static void decode(void *ctx)
{
    struct vtd *vtd = ctx;
    struct vtd_qi_state *qi = &vtd->qi;
    struct vtd_qi_slot *slot = slot_of(qi, head(vtd));
    unsigned error;

    qi->is_blocked = false;
    if (!slot || slot->state == VTD_QI_READING)
        return;
    error = slot->state == VTD_QI_READ ? vtd_qi_check(vtd, slot->words) : VTD_IQERCD_IQEI_READ;
    if (error) {
        stop_with(vtd, error);
        return;
    }
    if (!vtd_qi_has_room(vtd)) {
        qi->is_blocked = true;
        return;
    }
    consume(vtd, slot);
    vtd_qi_take(vtd, slot->words, slot->offset);
    vtd_qi_kick(vtd);
}

static void descriptor_read(void *ctx)
{
    struct vtd_qi_slot *slot = ctx;
    struct vtd *vtd = slot->vtd;

    if (slot->is_dropped) {
        slot->is_dropped = false;
        slot->state = VTD_QI_IDLE;
        vtd_qi_kick(vtd);
        return;
    }
    for (uint32_t i = 0; i < VTD_DESCRIPTOR_WORDS; i++)
        slot->words[i] = 0;
    for (uint32_t i = 0; i < slot->access.n_bytes; i++)
        slot->words[i / 8] |= (uint64_t)slot->access.data[i] << (8 * (i % 8));
    slot->state = slot->access.status == SIM_ACCESS_OK ? VTD_QI_READ : VTD_QI_READ_ABORTED;
    vtd_fact(vtd, SIM_FACT_CMD_FETCHED, slot->access.pa, slot->words[0],
             (const uint64_t[3]){slot->words[1]});
    vtd_qi_kick(vtd);
}

static void read_one(struct vtd_qi_slot *slot, uint32_t offset)
{
    struct vtd *vtd = slot->vtd;

    slot->state = VTD_QI_READING;
    slot->offset = offset;
    slot->access = (struct sim_access){
        .pa = vtd_IQA_IQA_addr(&vtd->reg[VTD_RI_IQA]) + offset,
        .n_bytes = descriptor_bytes(vtd),
        .op = SIM_ACCESS_READ,
        .structure = SIM_S_QI,
        .done = {descriptor_read, slot},
    };
    sim_port_access(&vtd->port, &slot->access);
}

static void read_ahead(struct vtd *vtd)
{
    struct vtd_qi_state *qi = &vtd->qi;

    for (uint32_t i = 0; i < vtd->param.qi_slots; i++) {
        const uint32_t offset = qi->fetch_next;

        if (qi->slot[i].state != VTD_QI_IDLE)
            continue;
        if (offset == tail(vtd))
            return;
        qi->fetch_next = after(vtd, offset);
        read_one(&qi->slot[i], offset);
    }
}

/* Is nothing read ahead? What was dropped does not count. */
static bool is_nothing_read(const struct vtd_qi_state *qi)
{
    for (uint32_t i = 0; i < VTD_MAX_QI_SLOTS; i++) {
        if (qi->slot[i].state != VTD_QI_IDLE && !qi->slot[i].is_dropped)
            return false;
    }
    return true;
}

void vtd_qi_kick(struct vtd *vtd)
{
    struct vtd_qi_state *qi = &vtd->qi;
    const struct vtd_qi_slot *slot;
    unsigned error;

    if (!vtd_GSTS_QIES(&vtd->reg[VTD_RI_GSTS]) || qi->is_closing || has_error(vtd))
        return;
    if (is_nothing_read(qi))
        qi->fetch_next = head(vtd);
    error = tail_error(vtd);
    if (error) {
        stop_with(vtd, error);
        return;
    }
    read_ahead(vtd);
    slot = slot_of(qi, head(vtd));
    if (slot && slot->state != VTD_QI_READING && !qi->is_blocked &&
        !sim_event_is_scheduled(&qi->decode))
        vtd_wake(vtd, &qi->decode, vtd->param.qi_cycles);
}

void vtd_qi_room(struct vtd *vtd)
{
    if (!vtd->qi.is_blocked)
        return;
    vtd->qi.is_blocked = false;
    vtd_qi_kick(vtd);
}

/* ---- on and off ---- */

void vtd_qi_open(struct vtd *vtd)
{
    vtd->qi.is_closing = false;
    vtd->qi.fetch_next = head(vtd);
}

/* 4.3: only a queue that is empty, whose last wait is complete, may be switched off. */
void vtd_qi_close(struct vtd *vtd)
{
    if (vtd->qi.is_closing)
        return;
    if (vtd->qi.n_line || (head(vtd) != tail(vtd) && !has_error(vtd)))
        vtd_fact_unimpl(vtd, VTD_UNIMPL_UNDEFINED, VTD_REG_IQH);
    vtd->qi.is_closing = true;
    drop_read_ahead(vtd);
}

bool vtd_qi_is_idle(const struct vtd *vtd)
{
    return vtd->qi.n_line == 0 && is_nothing_read(&vtd->qi);
}

void vtd_qi_init(struct vtd *vtd)
{
    struct vtd_qi_state *qi = &vtd->qi;

    for (uint32_t i = 0; i < VTD_MAX_QI_SLOTS; i++)
        qi->slot[i].vtd = vtd;
    vtd_event_make(&qi->decode, decode, vtd);
    vtd_qi_run_init(vtd);
}

void vtd_qi_reset(struct vtd *vtd)
{
    struct vtd_qi_state *qi = &vtd->qi;

    drop_read_ahead(vtd);
    qi->is_closing = false;
    qi->fetch_next = 0;
    vtd_qi_run_reset(vtd);
}
