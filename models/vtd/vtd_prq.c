/* SPDX-License-Identifier: BSD-2-Clause
 * vtd_prq.c - page requests: the queue that software reads, answers of both (5.4).
 * Knows: records, overflow, who answers a group. Must not know: how a device's right to ask is
 * looked up. */
#include "models/vtd/vtd_control.h"
#include "models/vtd/vtd_xlate.h"

enum {
    RECORD_BYTES = 32,
    RECORD_WORDS = 4,
    PAGE_BYTES = 4096,
    CODE_SUCCESS = VTD_PGRP_RESP_RC_SUCCESS,
    CODE_INVALID = VTD_PGRP_RESP_RC_INVALID,
    CODE_FAILURE = VTD_PGRP_RESP_RC_FAILURE,
};

static uint32_t queue_bytes(const struct vtd *vtd)
{
    return (uint32_t)PAGE_BYTES << vtd_PQA_PQS(&vtd->reg[VTD_RI_PQA]);
}

/* Where the next record goes: behind those that are being written. */
static uint32_t write_offset(const struct vtd *vtd)
{
    const uint32_t tail = (uint32_t)vtd_PQT_PQT_addr(&vtd->reg[VTD_RI_PQT]);

    return (tail + vtd->prq.n_writing * RECORD_BYTES) % queue_bytes(vtd);
}

static bool is_full(const struct vtd *vtd)
{
    const uint32_t head = (uint32_t)vtd_PQH_PQH_addr(&vtd->reg[VTD_RI_PQH]);

    return (write_offset(vtd) + RECORD_BYTES) % queue_bytes(vtd) == head;
}

/* ---- answers ---- */

static bool is_stop_marker(const struct vtd *vtd, const struct sim_page_request *page)
{
    return vtd->caps.sms && page->is_last && !(page->access & (SIM_DMA_READ | SIM_DMA_WRITE));
}

/* Who asked last for a group, and not to say that it stops, expects an answer. */
static void respond(const struct vtd *vtd, const struct sim_page_request *page, uint8_t code)
{
    const struct sim_page_response response = {
        .requester = page->requester,
        .pasid = page->has_pasid ? page->pasid : 0,
        .has_pasid = page->has_pasid,
        .group = page->group,
        .code = code,
    };

    if (page->is_last && !is_stop_marker(vtd, page))
        vtd->port.ops->page_response(vtd->port.ctx, &response);
}

void vtd_prq_respond(const struct vtd *vtd, const uint64_t *words)
{
    const bool has_pasid = vtd_PGRP_RESP_PP(words) != 0;
    const struct sim_page_response response = {
        .requester = (uint32_t)vtd_PGRP_RESP_RID(words),
        .pasid = has_pasid ? (uint32_t)vtd_PGRP_RESP_PASID(words) : 0,
        .has_pasid = has_pasid,
        .group = (uint16_t)vtd_PGRP_RESP_PRGI(words),
        .code = (uint8_t)vtd_PGRP_RESP_RC(words),
    };

    vtd->port.ops->page_response(vtd->port.ctx, &response);
}

void vtd_answer(void *model, const uint64_t words[2])
{
    const struct vtd *vtd = model;
    const uint64_t whole[VTD_DESCRIPTOR_WORDS] = {words[0], words[1]};

    if (vtd->caps.prs && vtd_qi_type(whole) == VTD_QI_PGRP_RESP &&
        vtd_qi_is_well_formed(&vtd->caps, whole))
        vtd_prq_respond(vtd, whole);
}

/* ---- records ---- */

static void kick(struct vtd *vtd);

static void end(struct vtd_job *job)
{
    struct vtd *vtd = job->vtd;

    vtd->prq.n_ended++;
    vtd_job_free(job);
    vtd_look_again(vtd);
}

/* Answered as if the page were there now; the device will ask again. One overflow is told. */
void vtd_prq_drop(struct vtd *vtd, const struct sim_page_request *page)
{
    if (!vtd_PRS_PRO(&vtd->reg[VTD_RI_PRS])) {
        vtd_fact(vtd, SIM_FACT_QUEUE_OVERFLOW, SIM_S_PRQ, 0, (const uint64_t[3]){0});
        vtd_event_set(vtd, VTD_MESSAGE_PAGE, VTD_MASK(PRS, PRO));
    }
    respond(vtd, page, CODE_SUCCESS);
}

/* The record first, then the tail, then the message. */
static void publish(struct vtd_job *job)
{
    struct vtd *vtd = job->vtd;
    const uint64_t tail = vtd_PQT_PQT_addr(&vtd->reg[VTD_RI_PQT]);

    vtd->prq.n_writing--;
    vtd_PQT_put_PQT(&vtd->reg[VTD_RI_PQT],
                    (tail + RECORD_BYTES) % queue_bytes(vtd) >> VTD_LSB_PQT_PQT);
    vtd->stats.n_page_requests++;
    vtd_reg_effect(vtd, VTD_RI_PQT);
    vtd_event_set(vtd, VTD_MESSAGE_PAGE, VTD_MASK(PRS, PPR));
    end(job);
}

/* A record that memory refused is not in the queue, nor are those that were on their way behind it:
 * they are not where the tail points to. */
static bool is_lost(const struct vtd_job *job)
{
    const uint64_t *reg = job->vtd->reg;

    return job->access.status != SIM_ACCESS_OK ||
           job->access.pa !=
               vtd_PQA_PQA_addr(&reg[VTD_RI_PQA]) + vtd_PQT_PQT_addr(&reg[VTD_RI_PQT]);
}

/* Nobody will see it: the device is told, and stops asking. */
static void lose(struct vtd_job *job)
{
    job->vtd->prq.n_writing--;
    respond(job->vtd, &job->page, CODE_FAILURE);
    end(job);
}

/* In order, whatever the order in which memory took them. */
static void record_written(void *ctx)
{
    struct vtd_job *job = ctx;
    struct vtd *vtd = job->vtd;
    struct vtd_job *first;

    job->is_reading = false;
    if (job->is_zombie) {
        vtd_job_free(job);
        return;
    }
    while ((first = hw_fifo_first(&vtd->pages_writing)) && !first->is_reading) {
        (void)hw_fifo_take(&vtd->pages_writing);
        if (is_lost(first))
            lose(first);
        else
            publish(first);
    }
    kick(vtd);
}

/* What was translated for that page before will be asked for anew. */
static void forget_page(struct vtd_job *job)
{
    const enum vtd_pgtt pgtt = job->config.pasid.pgtt;
    struct vtd_sweep sweep = {
        .kind = VTD_SWEEP_TLB_PAGE,
        .did = job->config.did,
        .pasid = job->pasid,
        .address = job->page.address / PAGE_BYTES * PAGE_BYTES,
    };

    if (pgtt == VTD_PGTT_FS)
        sweep.kind = VTD_SWEEP_PTLB_PAGE;
    else if (pgtt == VTD_PGTT_NESTED)
        sweep.kind = VTD_SWEEP_TLB_DOMAIN;
    vtd_sweep_do(job->vtd, &sweep);
}

static void fill_record(const struct sim_page_request *page, uint64_t *words)
{
    vtd_PRQ_put_TYPE(words, VTD_PRQ_TYPE_PAGE_REQ);
    vtd_PRQ_put_RID(words, page->requester);
    vtd_PRQ_put_R(words, (page->access & SIM_DMA_READ) != 0);
    vtd_PRQ_put_W(words, (page->access & SIM_DMA_WRITE) != 0);
    vtd_PRQ_put_LPIG(words, page->is_last);
    vtd_PRQ_put_PRGI(words, page->group);
    vtd_PRQ_put_ADDR(words, page->address >> VTD_LSB_PRQ_ADDR % 64);
    if (!page->has_pasid)
        return;
    vtd_PRQ_put_PP(words, 1);
    vtd_PRQ_put_PASID(words, page->pasid);
    vtd_PRQ_put_EXR(words, (page->access & SIM_DMA_EXECUTE) != 0);
    vtd_PRQ_put_PMR(words, (page->access & SIM_DMA_PRIVILEGED) != 0);
}

static void write_record(struct vtd_job *job)
{
    struct vtd *vtd = job->vtd;
    struct sim_access *access = &job->access;
    uint64_t words[RECORD_WORDS] = {0};

    fill_record(&job->page, words);
    *access = (struct sim_access){
        .pa = vtd_PQA_PQA_addr(&vtd->reg[VTD_RI_PQA]) + write_offset(vtd),
        .n_bytes = RECORD_BYTES,
        .op = SIM_ACCESS_WRITE,
        .structure = SIM_S_PRQ,
        .done = {record_written, job},
    };
    hw_bytes_put(access->data, words, RECORD_BYTES);
    job->is_reading = true;
    vtd->prq.n_writing++;
    hw_fifo_put(&vtd->pages_writing, &job->link);
    sim_port_access(&vtd->port, access);
}

static void start_write(struct vtd_job *job)
{
    struct vtd *vtd = job->vtd;

    if (vtd_PRS_PRO(&vtd->reg[VTD_RI_PRS]) || is_full(vtd)) {
        vtd_prq_drop(vtd, &job->page);
        end(job);
        return;
    }
    if (!is_stop_marker(vtd, &job->page))
        forget_page(job);
    write_record(job);
}

static void kick(struct vtd *vtd)
{
    while (vtd->pages_waiting.head && vtd->prq.n_writing < vtd->param.prq_slots)
        start_write(hw_fifo_take(&vtd->pages_waiting));
}

void vtd_prq_put(struct vtd_job *job, int fault)
{
    struct vtd *vtd = job->vtd;

    if (fault) {
        respond(vtd, &job->page, CODE_INVALID);
        vtd_job_free(job);
        return;
    }
    vtd->prq.n_put++;
    hw_fifo_put(&vtd->pages_waiting, &job->link);
    kick(vtd);
}

/* Jobs are translation's to abort. */
void vtd_prq_reset(struct vtd *vtd)
{
    vtd->pages_waiting = (struct hw_fifo){0};
    vtd->pages_writing = (struct hw_fifo){0};
    vtd->prq = (struct vtd_prq_state){0};
}
