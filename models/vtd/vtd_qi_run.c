/* SPDX-License-Identifier: BSD-2-Clause
 * vtd_qi_run.c - descriptors that were taken from the queue: who may run, waits (4.4).
 * Knows: order, fences, drains, when a descriptor is complete. Must not know: which entries an
 * invalidation drops, how a device is told. */
#include "models/vtd/vtd_control.h"
#include "sim/diag.h"

enum inval_order { ORDER_OLDEST, ORDER_YOUNGEST, ORDER_RANDOM };

static struct vtd_pending *in_line(struct vtd *vtd, uint32_t i)
{
    return &vtd->qi.pending[vtd->qi.line[i]];
}

static void fact_about(const struct vtd_pending *p, enum sim_fact_kind kind)
{
    vtd_fact(p->vtd, kind, p->type, p->words[0], (const uint64_t[3]){p->words[1]});
}

static bool is_type(const struct vtd_pending *p, uint32_t types)
{
    return (types >> p->type & 1) != 0;
}

#define TYPE(name) (UINT32_C(1) << VTD_QI_##name)
#define DEVTLBS (TYPE(DEVTLB_INV) | TYPE(PDEVTLB_INV))
#define SWEEPS                                                                                     \
    (TYPE(CC_INV) | TYPE(IOTLB_INV) | TYPE(PIOTLB_INV) | TYPE(PC_INV) | TYPE(IEC_INV) |            \
     TYPE(HPT_INV))

/* ---- who waits for whom ---- */

/* Types that have to be complete before one of @type may start (4.4). */
static uint32_t needed_by(unsigned type)
{
    switch (type) {
    case VTD_QI_IOTLB_INV:
    case VTD_QI_PIOTLB_INV:
        return TYPE(CC_INV) | TYPE(PC_INV);
    case VTD_QI_PC_INV:
        return TYPE(CC_INV);
    case VTD_QI_DEVTLB_INV:
        return TYPE(IOTLB_INV) | TYPE(IEC_INV);
    case VTD_QI_PDEVTLB_INV:
        return TYPE(IOTLB_INV) | TYPE(PIOTLB_INV) | TYPE(IEC_INV);
    case VTD_QI_WAIT:
        return UINT32_MAX;
    default:
        return 0;
    }
}

static uint16_t device_of(const struct vtd_pending *p)
{
    if (p->type == VTD_QI_DEVTLB_INV)
        return (uint16_t)vtd_DEVTLB_INV_SID(p->words);
    if (p->type == VTD_QI_PDEVTLB_INV)
        return (uint16_t)vtd_PDEVTLB_INV_SID(p->words);
    return (uint16_t)vtd_PGRP_RESP_RID(p->words);
}

/* Answers and invalidations reach a device in the order of the queue. */
static bool is_before_on_link(const struct vtd_pending *older, const struct vtd_pending *p)
{
    const bool is_pair = (is_type(older, DEVTLBS) && p->type == VTD_QI_PGRP_RESP) ||
                         (older->type == VTD_QI_PGRP_RESP && is_type(p, DEVTLBS));

    return is_pair && older->state == VTD_PENDING_WAITING && device_of(older) == device_of(p);
}

static bool holds_back(const struct vtd_pending *older, const struct vtd_pending *p)
{
    if (older->type == VTD_QI_WAIT && vtd_WAIT_FN(older->words))
        return true;
    return is_type(older, needed_by(p->type)) || is_before_on_link(older, p);
}

static uint32_t n_sweeping(struct vtd *vtd)
{
    uint32_t n = 0;

    for (uint32_t i = 0; i < vtd->qi.n_line; i++) {
        const struct vtd_pending *p = in_line(vtd, i);

        n += is_type(p, SWEEPS) && p->state != VTD_PENDING_WAITING;
    }
    return n;
}

static bool may_start(struct vtd *vtd, uint32_t at)
{
    const struct vtd_pending *p = in_line(vtd, at);

    if (p->state != VTD_PENDING_WAITING)
        return false;
    for (uint32_t i = 0; i < at; i++) {
        if (holds_back(in_line(vtd, i), p))
            return false;
    }
    if (is_type(p, SWEEPS))
        return n_sweeping(vtd) < vtd->param.inval_slots;
    return !is_type(p, DEVTLBS) || vtd_devtlb_may_send(vtd, p->words);
}

/* ---- ends ---- */

static void leave(struct vtd_pending *p)
{
    struct vtd_qi_state *qi = &p->vtd->qi;
    uint32_t at = 0;

    while (&qi->pending[qi->line[at]] != p)
        at++;
    qi->n_line--;
    for (; at < qi->n_line; at++)
        qi->line[at] = qi->line[at + 1];
    p->state = VTD_PENDING_FREE;
}

static void complete(struct vtd_pending *p)
{
    struct vtd *vtd = p->vtd;

    leave(p);
    vtd->stats.n_waits += p->type == VTD_QI_WAIT;
    fact_about(p, SIM_FACT_CMD_COMPLETED);
    vtd_look_again(vtd);
}

/* The status is visible before the interrupt is. */
static void wait_is_visible(struct vtd_pending *p)
{
    struct vtd *vtd = p->vtd;

    if (vtd_WAIT_SW(p->words) || vtd_WAIT_IF(p->words))
        vtd_fact(vtd, SIM_FACT_SYNC_VISIBLE, vtd_IQA_IQA_addr(&vtd->reg[VTD_RI_IQA]),
                 vtd_qi_index(vtd, p->offset), (const uint64_t[3]){0});
    complete(p);
    if (vtd_WAIT_IF(p->words))
        vtd_event_set(vtd, VTD_MESSAGE_INV, VTD_MASK(ICS, IWC));
}

static void status_written(void *ctx)
{
    struct vtd_pending *p = ctx;

    if (p->is_stale) {
        p->is_stale = false;
        p->state = VTD_PENDING_FREE;
        vtd_look_again(p->vtd);
        return;
    }
    wait_is_visible(p);
}

static void write_status(struct vtd_pending *p)
{
    const uint64_t data = vtd_WAIT_DATA(p->words);
    struct sim_access *access = &p->access;

    *access = (struct sim_access){
        .pa = vtd_WAIT_ADDR_addr(p->words),
        .n_bytes = 4,
        .op = SIM_ACCESS_WRITE,
        .structure = SIM_S_OTHER,
        .done = {status_written, p},
    };
    hw_bytes_put(access->data, &data, access->n_bytes);
    p->state = VTD_PENDING_WRITING;
    sim_port_access(&p->vtd->port, access);
}

static void finish_wait(struct vtd_pending *p)
{
    if (vtd_WAIT_SW(p->words))
        write_status(p);
    else
        wait_is_visible(p);
}

/* ---- work ---- */

static void drain(struct vtd_pending *p, unsigned what)
{
    p->state = VTD_PENDING_DRAINING;
    p->drained = (uint8_t)what;
    p->ticket = vtd_drain_ticket(p->vtd);
}

/* All that was to be waited for is over; the rest is the wait's own floor. */
static void count_wait(struct vtd_pending *p)
{
    struct vtd *vtd = p->vtd;
    const uint64_t now = vtd_now(vtd);

    p->state = VTD_PENDING_RUNNING;
    sim_queue_at(vtd->queue, &vtd->source, p->ready_ps > now ? p->ready_ps : now, &p->event);
}

static void work_done(void *ctx)
{
    struct vtd_pending *p = ctx;
    struct vtd_sweep sweep;

    if (p->type == VTD_QI_WAIT) {
        finish_wait(p);
        return;
    }
    if (vtd_qi_sweep(p->words, &sweep))
        vtd_sweep_do(p->vtd, &sweep);
    else if (p->type == VTD_QI_IEC_INV)
        vtd_flush_writes(p->vtd);
    /* Walks that used what is gone now, and their data, are over first. */
    if (p->type == VTD_QI_IOTLB_INV)
        drain(p, vtd_drain_wanted(p->vtd, vtd_IOTLB_INV_DR(p->words) != 0,
                                  vtd_IOTLB_INV_DW(p->words) != 0));
    else if (p->type == VTD_QI_PIOTLB_INV)
        drain(p, VTD_DRAIN_ALL);
    else
        complete(p);
}

static void start_wait(struct vtd_pending *p)
{
    if (p->vtd->param.wait_drains || vtd_WAIT_PD(p->words))
        drain(p, VTD_DRAIN_ALL);
    else
        count_wait(p);
}

static void start(struct vtd_pending *p)
{
    struct vtd *vtd = p->vtd;
    struct vtd_sweep sweep;
    uint64_t n_cycles = vtd->param.inval_cycles;

    fact_about(p, SIM_FACT_CMD_EXECUTED);
    vtd->stats.n_descriptors++;
    switch (p->type) {
    case VTD_QI_WAIT:
        start_wait(p);
        return;
    case VTD_QI_DEVTLB_INV:
    case VTD_QI_PDEVTLB_INV:
        p->state = VTD_PENDING_SENT;
        vtd_devtlb_send(p);
        return;
    case VTD_QI_PGRP_RESP:
        vtd_prq_respond(vtd, p->words);
        complete(p);
        return;
    case VTD_QI_HPT_INV:
        vtd_fact_unimpl(vtd, VTD_UNIMPL_HPT, p->type);
        break;
    default:
        break;
    }
    if (vtd_qi_sweep(p->words, &sweep))
        n_cycles = vtd_inval_cycles(vtd, &sweep);
    p->state = VTD_PENDING_RUNNING;
    vtd_wake(vtd, &p->event, n_cycles);
}

/* ---- progress ---- */

/* Those page requests too that were looked up when the drain was over. */
static bool is_drained(struct vtd_pending *p)
{
    const struct vtd_prq_state *prq = &p->vtd->prq;

    if (!vtd_drain_has(p->vtd, p->ticket, p->drained))
        return false;
    if (p->type != VTD_QI_WAIT || !vtd_WAIT_PD(p->words))
        return true;
    if (!p->has_pages) {
        p->has_pages = true;
        p->pages = prq->n_put;
    }
    return prq->n_ended >= p->pages;
}

/* One that waited for requests goes on. Return: false if there is none. */
static bool go_on(struct vtd *vtd)
{
    for (uint32_t i = 0; i < vtd->qi.n_line; i++) {
        struct vtd_pending *p = in_line(vtd, i);

        if (p->state != VTD_PENDING_DRAINING || !is_drained(p))
            continue;
        if (p->type == VTD_QI_WAIT)
            count_wait(p);
        else
            complete(p);
        return true;
    }
    return false;
}

static bool start_one(struct vtd *vtd)
{
    struct vtd_pending *ready[VTD_MAX_PENDING];
    uint32_t n = 0;

    for (uint32_t i = 0; i < vtd->qi.n_line; i++) {
        if (may_start(vtd, i))
            ready[n++] = in_line(vtd, i);
    }
    if (!n)
        return false;
    if (vtd->param.inval_order == ORDER_YOUNGEST)
        start(ready[n - 1]);
    else if (vtd->param.inval_order == ORDER_RANDOM)
        start(ready[sim_rng_below(&vtd->rng, n)]);
    else
        start(ready[0]);
    return true;
}

void vtd_qi_progress(struct vtd *vtd)
{
    while (go_on(vtd) || start_one(vtd))
        continue;
    if (vtd_qi_has_room(vtd))
        vtd_qi_room(vtd);
}

/* ---- in ---- */

static struct vtd_pending *free_pending(struct vtd *vtd)
{
    for (uint32_t i = 0; i < VTD_MAX_PENDING; i++) {
        if (vtd->qi.pending[i].state == VTD_PENDING_FREE)
            return &vtd->qi.pending[i];
    }
    return NULL;
}

bool vtd_qi_has_room(struct vtd *vtd)
{
    return free_pending(vtd) != NULL;
}

void vtd_qi_take(struct vtd *vtd, const uint64_t *words, uint32_t offset)
{
    struct vtd_qi_state *qi = &vtd->qi;
    struct vtd_pending *p = free_pending(vtd);

    SIM_BUG_ON(!p);
    p->state = VTD_PENDING_WAITING;
    p->type = (uint8_t)vtd_qi_type(words);
    p->offset = offset;
    p->has_pages = false;
    p->ready_ps = vtd_now(vtd) + (uint64_t)vtd->param.wait_cycles * vtd->param.clock_ps;
    for (uint32_t i = 0; i < VTD_DESCRIPTOR_WORDS; i++)
        p->words[i] = words[i];
    qi->line[qi->n_line++] = (uint8_t)(p - qi->pending);
    vtd_look_again(vtd);
}

/* ---- a device did not answer (4.3) ---- */

/* From the oldest that a device has not answered on, nothing is guaranteed: what has not begun does
 * not begin. Waits are aborted wherever they are, but for those whose status is on its way. */
void vtd_qi_abort(struct vtd_pending *late)
{
    struct vtd *vtd = late->vtd;
    const struct vtd_qi_state *qi = &vtd->qi;
    bool is_behind = false;
    uint32_t i = 0;

    while (i < qi->n_line) {
        struct vtd_pending *p = in_line(vtd, i);
        const bool is_wait = p->type == VTD_QI_WAIT && p->state != VTD_PENDING_WRITING;

        is_behind = is_behind || p->state == VTD_PENDING_SENT;
        if (p == late || is_wait || (is_behind && p->state == VTD_PENDING_WAITING)) {
            sim_queue_cancel(vtd->queue, &p->event);
            leave(p);
        } else {
            i++;
        }
    }
    vtd_look_again(vtd);
}

void vtd_qi_answered(struct vtd_pending *p)
{
    complete(p);
}

void vtd_qi_run_init(struct vtd *vtd)
{
    for (uint32_t i = 0; i < VTD_MAX_PENDING; i++) {
        struct vtd_pending *p = &vtd->qi.pending[i];

        p->vtd = vtd;
        vtd_event_make(&p->event, work_done, p);
    }
}

void vtd_qi_run_reset(struct vtd *vtd)
{
    for (uint32_t i = 0; i < VTD_MAX_PENDING; i++) {
        struct vtd_pending *p = &vtd->qi.pending[i];

        sim_queue_cancel(vtd->queue, &p->event);
        if (p->state == VTD_PENDING_WRITING)
            p->is_stale = true;
        else
            p->state = VTD_PENDING_FREE;
    }
    vtd->qi.n_line = 0;
}
