/* SPDX-License-Identifier: BSD-2-Clause
 * rpl_vtd.c - what a driver of a VT-d remapping unit does beside what the stream shows.
 * Knows: registers, queues and descriptors as software sees them. Must not know: the model.
 *
 * A driver marks the status word of a wait descriptor as in use before it submits it; that word is
 * its own, so no store of it is in a stream. The stream's handling of another machine's faults and
 * page requests is not replayed; the handlers here take what this model produced (1.5, 5.3, 7.9 of
 * the facts). */
#include "kernel-glue/replay/rpl_private.h"

#include "models/vtd/vtd_layout.h"

#include <string.h>

enum {
    NARROW_BYTES = 16,
    WIDE_BYTES = 32,
    RECORD_BYTES = 16, /* of a fault */
    PAGE_REQUEST_BYTES = 32,
    PAGE_BYTES_LOG2 = 12,
    STATUS_BYTES = 4,
    HALF = 32,
};

static uint64_t reg_read(const struct rpl *rpl, uint32_t unit, uint64_t offset, uint32_t n_bytes)
{
    const struct sim_iommu *model = &rpl->machine->units[unit].model;

    return model->ops->reg_read(model->model, offset, n_bytes);
}

static void respond(struct rpl_responder *responder, uint64_t offset, uint32_t n_bytes,
                    uint64_t value)
{
    const struct sim_iommu *model = &responder->rpl->machine->units[responder->unit].model;

    if (!responder->rpl->is_fork)
        responder->rpl->stats.n_responses++;
    model->ops->reg_write(model->model, offset, n_bytes, value);
}

/* ---- what is an answer ---- */

static uint64_t offset_of(const struct sim_record *rec)
{
    if (rec->kind == SIM_R_MMIO_WRITE)
        return rec->mmio.offset;
    if (rec->kind == SIM_R_MMIO_READ)
        return rec->mmio_read.offset;
    return rec->wait.cond == SIM_COND_REG ? rec->wait.addr : UINT64_MAX;
}

static bool is_fault_record(const struct rpl *rpl, uint32_t unit, uint64_t offset)
{
    const uint64_t cap = reg_read(rpl, unit, VTD_REG_CAP, 8);
    const uint64_t first = vtd_frcd_offset(cap);

    return offset >= first && offset - first < (uint64_t)vtd_n_frcd(cap) * RECORD_BYTES;
}

/* Fault records, their status, and pointers of the page request queue, while the unit runs. */
bool rpl_vtd_is_answer(const struct rpl *rpl, uint32_t unit, const struct sim_record *rec)
{
    const uint64_t *gcmd = &rpl->live.responders[unit].cr0;
    const uint64_t offset = offset_of(rec);

    if (!vtd_GCMD_TE(gcmd) && !vtd_GCMD_QIE(gcmd))
        return false;
    switch (offset) {
    case VTD_REG_FSTS:
        return true;
    case VTD_REG_PRS:
    case VTD_REG_PQH:
    case VTD_REG_PQT:
        return vtd_GCMD_TE(gcmd);
    default:
        return offset != UINT64_MAX && is_fault_record(rpl, unit, offset);
    }
}

void rpl_vtd_written(struct rpl *rpl, uint32_t unit, const struct sim_rec_mmio *rec)
{
    if (rec->offset == VTD_REG_GCMD)
        rpl->live.responders[unit].cr0 = rec->value;
}

/* ---- waits ---- */

/* A wait descriptor is on its way to the queue: its status is that of one that is not done. */
void rpl_vtd_stored(const struct rpl *rpl, const struct sim_rec_store *rec)
{
    const uint64_t words[VTD_WORDS_WAIT] = {rec->value, rec->value_hi};
    uint32_t in_use;

    if (rec->structure != SIM_S_QI || rec->width != NARROW_BYTES || rpl->beside.is_on ||
        vtd_qi_type(words) != VTD_QI_WAIT || !vtd_WAIT_SW(words))
        return;
    in_use = ~(uint32_t)vtd_WAIT_DATA(words);
    (void)sim_mem_write(rpl->machine->mem, vtd_WAIT_ADDR_addr(words), &in_use, STATUS_BYTES);
}

/* Has the wait in that slot written its status? One that writes none is done when its slot was
 * fetched: nothing else tells software. */
bool rpl_vtd_slot_is_done(const struct rpl *rpl, uint32_t unit, uint64_t base, uint32_t index)
{
    const uint64_t iqa = reg_read(rpl, unit, VTD_REG_IQA, 8);
    const uint64_t stride = vtd_IQA_DW(&iqa) ? WIDE_BYTES : NARROW_BYTES;
    uint64_t words[VTD_WORDS_WAIT] = {0};
    uint32_t status = 0;

    if (vtd_IQA_IQA_addr(&iqa) != base)
        return false;
    sim_mem_read(rpl->machine->mem, base + index * stride, words, NARROW_BYTES);
    if (vtd_qi_type(words) != VTD_QI_WAIT || !vtd_WAIT_SW(words))
        return reg_read(rpl, unit, VTD_REG_IQH, 8) == reg_read(rpl, unit, VTD_REG_IQT, 8);
    sim_mem_read(rpl->machine->mem, vtd_WAIT_ADDR_addr(words), &status, STATUS_BYTES);
    return status == vtd_WAIT_DATA(words);
}

/* ---- the handlers ---- */

static void after(struct rpl *rpl, uint64_t delay_ps, struct sim_event *event)
{
    if (!sim_event_is_scheduled(event))
        sim_queue_at(rpl->machine->queue, &rpl->live.responder_source, rpl_now(rpl) + delay_ps,
                     event);
}

/* Every record is emptied, then the rest of the status. */
static void faults(void *ctx)
{
    struct rpl_responder *responder = ctx;
    struct rpl *rpl = responder->rpl;
    const uint64_t cap = reg_read(rpl, responder->unit, VTD_REG_CAP, 8);
    const uint64_t at = vtd_frcd_offset(cap);
    uint64_t status;

    if (rpl->is_over)
        return;
    responder->error_ps = rpl_now(rpl) + 1;
    for (unsigned i = 0; i < vtd_n_frcd(cap); i++) {
        uint64_t words[VTD_WORDS_FRCD] = {0};
        uint64_t clear[VTD_WORDS_FRCD] = {0};

        words[1] = reg_read(rpl, responder->unit, at + (uint64_t)i * RECORD_BYTES + 8, 8);
        vtd_FRCD_put_F(clear, 1);
        if (vtd_FRCD_F(words))
            respond(responder, at + (uint64_t)i * RECORD_BYTES + 12, 4, clear[1] >> HALF);
    }
    status = reg_read(rpl, responder->unit, VTD_REG_FSTS, 4);
    if (status)
        respond(responder, VTD_REG_FSTS, 4, status);
}

static void answer_page(const struct rpl_responder *responder, const uint64_t *request)
{
    const struct sim_iommu *model = &responder->rpl->machine->units[responder->unit].model;
    uint64_t words[VTD_WORDS_PGRP_RESP] = {0};

    if (!vtd_PRQ_LPIG(request) || (!vtd_PRQ_R(request) && !vtd_PRQ_W(request)) ||
        !model->ops->answer)
        return;
    vtd_PGRP_RESP_put_TYPE(words, VTD_QI_PGRP_RESP);
    vtd_PGRP_RESP_put_PP(words, vtd_PRQ_PP(request));
    vtd_PGRP_RESP_put_RID(words, vtd_PRQ_RID(request));
    vtd_PGRP_RESP_put_PASID(words, vtd_PRQ_PASID(request));
    vtd_PGRP_RESP_put_PRGI(words, vtd_PRQ_PRGI(request));
    vtd_PGRP_RESP_put_RC(words, VTD_PGRP_RESP_RC_SUCCESS);
    model->ops->answer(model->model, words);
    if (!responder->rpl->is_fork)
        responder->rpl->stats.n_responses++;
}

static void page_requests(void *ctx)
{
    struct rpl_responder *responder = ctx;
    struct rpl *rpl = responder->rpl;
    const uint64_t pqa = reg_read(rpl, responder->unit, VTD_REG_PQA, 8);
    const uint64_t size = UINT64_C(1) << (vtd_PQA_PQS(&pqa) + PAGE_BYTES_LOG2);
    const uint64_t tail = reg_read(rpl, responder->unit, VTD_REG_PQT, 8);
    uint64_t head = reg_read(rpl, responder->unit, VTD_REG_PQH, 8);

    if (rpl->is_over)
        return;
    respond(responder, VTD_REG_PRS, 4, reg_read(rpl, responder->unit, VTD_REG_PRS, 4));
    while (head != tail) {
        uint64_t request[VTD_WORDS_PRQ] = {0};

        sim_mem_read(rpl->machine->mem, vtd_PQA_PQA_addr(&pqa) + head, request, sizeof(request));
        answer_page(responder, request);
        head = (head + PAGE_REQUEST_BYTES) & (size - 1);
    }
    respond(responder, VTD_REG_PQH, 8, head);
}

/* The unit has sent a message already: it is not masked. */
void rpl_vtd_interrupt(struct rpl *rpl, uint32_t unit, enum sim_irq source)
{
    struct rpl_responder *responder = &rpl->live.responders[unit];

    if (source == SIM_IRQ_FAULT)
        after(rpl, rpl_error_delay(rpl, responder), &responder->evtq);
    else if (source == SIM_IRQ_PAGE_REQ)
        after(rpl, rpl->cost.irq + rpl->cost.respond, &responder->priq);
}

void rpl_vtd_init(struct rpl *rpl, uint32_t unit)
{
    struct rpl_responder *responder = &rpl->live.responders[unit];

    responder->rpl = rpl;
    responder->unit = unit;
    if (rpl->scan->translation_on_at_start) {
        vtd_GCMD_put_TE(&responder->cr0, 1);
        vtd_GCMD_put_QIE(&responder->cr0, 1);
    }
    responder->evtq = (struct sim_event){.fn = faults, .ctx = responder};
    responder->priq = (struct sim_event){.fn = page_requests, .ctx = responder};
}
