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

static void drop_read_ahead(struct vtd *vtd)
{
    struct vtd_qi_state *qi = &vtd->qi;

    hw_ahead_drop(&qi->ahead);
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

void vtd_qi_moved(const struct vtd *vtd)
{
    const uint32_t n_bytes = queue_bytes(vtd);
    const uint64_t rest[3] = {vtd_qi_index(vtd, head(vtd)),
                              vtd_qi_index(vtd, (tail(vtd) + n_bytes - head(vtd)) % n_bytes)};

    vtd_fact(vtd, SIM_FACT_QUEUE_MOVED, SIM_S_QI, vtd_qi_index(vtd, tail(vtd)), rest);
}

static void consume(struct vtd *vtd, struct hw_ahead_slot *slot)
{
    slot->state = HW_AHEAD_IDLE;
    vtd_IQH_put_QH(&vtd->reg[VTD_RI_IQH], after(vtd, slot->pos) >> VTD_LSB_IQH_QH);
    vtd_qi_moved(vtd);
}

static void decode(void *ctx)
{
    struct vtd *vtd = ctx;
    struct vtd_qi_state *qi = &vtd->qi;
    struct hw_ahead_slot *slot = hw_ahead_at(&qi->ahead, head(vtd));
    unsigned error;

    qi->is_blocked = false;
    if (!slot || slot->state == HW_AHEAD_READING)
        return;
    error = slot->state == HW_AHEAD_READ ? vtd_qi_check(vtd, slot->words) : VTD_IQERCD_IQEI_READ;
    if (error) {
        stop_with(vtd, error);
        return;
    }
    if (!vtd_qi_has_room(vtd)) {
        qi->is_blocked = true;
        return;
    }
    consume(vtd, slot);
    vtd_qi_take(vtd, slot->words, slot->pos);
    vtd_qi_kick(vtd);
}

/* ---- reading ahead ---- */

static uint32_t next_pos(const void *owner, uint32_t offset)
{
    return after(owner, offset);
}

static void ask(void *owner, struct hw_ahead_slot *slot)
{
    const struct vtd *vtd = owner;

    slot->access.pa = vtd_IQA_IQA_addr(&vtd->reg[VTD_RI_IQA]) + slot->pos;
    slot->access.n_bytes = descriptor_bytes(vtd);
    slot->access.structure = SIM_S_QI;
    sim_port_access(&vtd->port, &slot->access);
}

static void took(void *owner, const struct hw_ahead_slot *slot)
{
    if (slot)
        vtd_fact(owner, SIM_FACT_CMD_FETCHED, slot->access.pa, slot->words[0],
                 (const uint64_t[3]){slot->words[1]});
    vtd_qi_kick(owner);
}

static const struct hw_ahead_ops ahead_ops = {next_pos, ask, took};

void vtd_qi_kick(struct vtd *vtd)
{
    struct vtd_qi_state *qi = &vtd->qi;
    const struct hw_ahead_slot *slot;
    unsigned error;

    if (!vtd_GSTS_QIES(&vtd->reg[VTD_RI_GSTS]) || qi->is_closing || has_error(vtd))
        return;
    if (hw_ahead_is_idle(&qi->ahead))
        qi->ahead.next = head(vtd);
    error = tail_error(vtd);
    if (error) {
        stop_with(vtd, error);
        return;
    }
    hw_ahead_read(&qi->ahead, tail(vtd));
    slot = hw_ahead_at(&qi->ahead, head(vtd));
    if (slot && slot->state != HW_AHEAD_READING && !qi->is_blocked &&
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
    vtd->qi.ahead.next = head(vtd);
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
    return vtd->qi.n_line == 0 && hw_ahead_is_idle(&vtd->qi.ahead);
}

void vtd_qi_init(struct vtd *vtd)
{
    struct vtd_qi_state *qi = &vtd->qi;

    hw_ahead_init(&qi->ahead, &ahead_ops, vtd, vtd->param.qi_slots);
    vtd_event_make(&qi->decode, decode, vtd);
    vtd_qi_run_init(vtd);
}

void vtd_qi_reset(struct vtd *vtd)
{
    struct vtd_qi_state *qi = &vtd->qi;

    drop_read_ahead(vtd);
    qi->is_closing = false;
    qi->ahead.next = 0;
    vtd_qi_run_reset(vtd);
}
