/* SPDX-License-Identifier: BSD-2-Clause
 * smmu_priq.c - page requests of devices, the queue that they go to, and the answers (3.9, 8).
 * Knows: records, queue pointers, overflow, automatic answers. Must not know: who asks for pages.
 *
 * A page request is a job of a pool of its own: nobody else may take its place, since its sender
 * cannot be told to wait. */
#include "models/smmuv3/smmu_priq.h"

#include "models/common/hw_ring.h"
#include "models/smmuv3/smmu_private.h"

enum {
    RECORD_BYTES = 16,
    MAX_REQUESTS = 64,   /* under way at once: credits of PCIe keep devices from sending more */
    MAX_WITHOUT_PRI = 4, /* where every one of them is refused */
    CODE_SUCCESS = 0,    /* PCIe's response codes */
    CODE_INVALID = 1,
    CODE_FAILURE = 15,
};

uint32_t smmu_priq_jobs(const struct smmu *smmu)
{
    const uint64_t idr0 = smmu->config.ids.idr0;

    return smmu_IDR0_PRI(&idr0) ? MAX_REQUESTS : MAX_WITHOUT_PRI;
}

/* ---- the queue ---- */

static unsigned log2_size(const struct smmu *smmu)
{
    const unsigned wanted = (unsigned)smmu_PRIQ_BASE_LOG2SIZE(&smmu->reg[SMMU_RI_PRIQ_BASE]);
    const unsigned has = (unsigned)smmu_IDR1_PRIQS(&smmu->reg[SMMU_RI_IDR1]);
    const unsigned most = has < SMMU_QUEUE_LOG2 ? has : SMMU_QUEUE_LOG2;

    return wanted < most ? wanted : most;
}

/* Q01: the base is aligned to the size of the queue, at least to 32 bytes. */
static uint64_t slot_address(const struct smmu *smmu, uint32_t pos)
{
    const unsigned log2 = log2_size(smmu);
    const uint64_t size = (uint64_t)RECORD_BYTES << log2;
    const uint64_t base = smmu_PRIQ_BASE_ADDR_addr(&smmu->reg[SMMU_RI_PRIQ_BASE]);

    return (base & ~(size - 1)) + (uint64_t)hw_ring_index(pos, log2) * RECORD_BYTES;
}

static uint32_t prod_pos(const struct smmu *smmu)
{
    return hw_ring_pos(smmu_PRIQ_PROD_WR(&smmu->reg[SMMU_RI_PRIQ_PROD]), log2_size(smmu));
}

static uint32_t cons_pos(const struct smmu *smmu)
{
    return hw_ring_pos(smmu_PRIQ_CONS_RD(&smmu->reg[SMMU_RI_PRIQ_CONS]), log2_size(smmu));
}

static uint32_t write_pos(const struct smmu *smmu)
{
    return hw_ring_pos((uint64_t)prod_pos(smmu) + smmu->n_pages_writing, log2_size(smmu));
}

static bool is_full(const struct smmu *smmu)
{
    const unsigned log2 = log2_size(smmu);

    return hw_ring_used(write_pos(smmu), cons_pos(smmu), log2) >= UINT32_C(1) << log2;
}

/* R13 */
static bool is_enabled(const struct smmu *smmu)
{
    return smmu->is_enabled && smmu_CR0_PRIQEN(&smmu->reg[SMMU_RI_CR0]) &&
           smmu_CR0_PRIQEN(&smmu->reg[SMMU_RI_CR0ACK]);
}

static bool has_abort(const struct smmu *smmu)
{
    return smmu_gerror_is_active(smmu, SMMU_MASK(GERROR, PRIQ_ABT_ERR));
}

static bool has_overflow(const struct smmu *smmu)
{
    return smmu_PRIQ_PROD_OVFLG(&smmu->reg[SMMU_RI_PRIQ_PROD]) !=
           smmu_PRIQ_CONS_OVACKFLG(&smmu->reg[SMMU_RI_PRIQ_CONS]);
}

/* ---- answers ---- */

static void respond(struct smmu_job *job, uint8_t code, bool has_pasid)
{
    const struct smmu *smmu = job->smmu;
    const struct sim_page_response response = {
        .requester = job->sid,
        .pasid = has_pasid ? job->ssid : 0,
        .has_pasid = has_pasid,
        .group = (uint16_t)smmu_PRI_PRGIndex(job->record),
        .code = code,
    };

    smmu->port.ops->page_response(smmu->port.ctx, &response);
    smmu_job_free(job);
}

static bool always_has_pasid(const struct smmu_job *job)
{
    return job->ssv && smmu_IDR3_PPS(&job->smmu->reg[SMMU_RI_IDR3]);
}

/* Without a PASID it would be a page request like any other. */
static bool is_stop_marker(const struct smmu_job *job)
{
    return job->ssv && smmu_PRI_Last(job->record) && !smmu_PRI_R(job->record) &&
           !smmu_PRI_W(job->record);
}

/* Q12: nobody is there to answer, whichever request of its group it is. Never with a PASID (8.2).
 */
static void refuse(struct smmu_job *job)
{
    if (is_stop_marker(job))
        smmu_job_free(job);
    else
        respond(job, CODE_FAILURE, false);
}

/* Q11, Q12: as if the pages were there; the device will ask again. Whether it expects its PASID in
 * the answer is in its STE. */
static void drop(struct smmu_job *job)
{
    if (!smmu_PRI_Last(job->record) || is_stop_marker(job))
        smmu_job_free(job);
    else if (!job->ssv || always_has_pasid(job))
        respond(job, CODE_SUCCESS, job->ssv);
    else
        smmu_cfg_start(job);
}

void smmu_priq_looked_up(struct smmu_job *job, const struct smmu_ste *ste)
{
    if (ste)
        respond(job, CODE_SUCCESS, ste->ppar);
    else
        respond(job, CODE_FAILURE, false);
}

/* 4.5.2 */
void smmu_priq_respond(const struct smmu *smmu, const uint64_t *words)
{
    static const uint8_t codes[] = {
        [SMMU_PRI_RESP_Resp_FAILURE] = CODE_FAILURE,
        [SMMU_PRI_RESP_Resp_INVALID] = CODE_INVALID,
        [SMMU_PRI_RESP_Resp_SUCCESS] = CODE_SUCCESS,
    };
    const bool has_pasid = smmu_PRI_RESP_SSV(words) && smmu->caps.ssid_bits;
    const struct sim_page_response response = {
        .requester = (uint32_t)smmu_PRI_RESP_SID(words),
        .pasid = has_pasid ? (uint32_t)smmu_PRI_RESP_SSID(words) : 0,
        .has_pasid = has_pasid,
        .group = (uint16_t)smmu_PRI_RESP_PRGIndex(words),
        .code = codes[smmu_PRI_RESP_Resp(words)],
    };

    smmu->port.ops->page_response(smmu->port.ctx, &response);
}

/* ---- records ---- */

static void kick(struct smmu *smmu);

static void overflow(struct smmu *smmu)
{
    if (has_overflow(smmu))
        return;
    smmu->reg[SMMU_RI_PRIQ_PROD] ^= SMMU_MASK(PRIQ_PROD, OVFLG);
    smmu_fact(smmu, SIM_FACT_QUEUE_OVERFLOW, SIM_S_PRI, 0, (const uint64_t[3]){0});
}

/* Q04, and CFG2.LO: when to interrupt. */
static void publish(struct smmu_job *job)
{
    struct smmu *smmu = job->smmu;
    const unsigned log2 = log2_size(smmu);
    const uint32_t pos = prod_pos(smmu);
    const bool is_at_last =
        smmu_PRIQ_IRQ_CFG2_LO(&smmu->reg[SMMU_RI_PRIQ_IRQ_CFG2]) == SMMU_PRIQ_IRQ_CFG2_LO_LAST;
    const bool was_empty = hw_ring_used(pos, cons_pos(smmu), log2) == 0;

    smmu_PRIQ_PROD_put_WR(&smmu->reg[SMMU_RI_PRIQ_PROD], hw_ring_next(pos, log2));
    if (is_at_last ? smmu_PRI_Last(job->record) != 0 : was_empty)
        smmu_irq_priq(smmu);
    smmu_job_free(job);
}

/* An aborted record is not in the queue, nor are those that were on their way behind it: where they
 * are is not where PROD points to. */
static bool is_lost(const struct smmu_job *job)
{
    const struct smmu *smmu = job->smmu;

    return has_abort(smmu) || job->access.status != SIM_ACCESS_OK ||
           job->access.pa != slot_address(smmu, prod_pos(smmu));
}

/* In order, whatever the order in which memory took them. */
static void record_written(void *ctx)
{
    struct smmu_job *job = ctx;
    struct smmu *smmu = job->smmu;
    struct smmu_job *first;

    job->is_reading = false;
    if (job->is_zombie) {
        smmu_job_free(job);
        return;
    }
    job->is_written = true;
    if (job->access.status != SIM_ACCESS_OK)
        smmu_gerror_raise(smmu, SMMU_MASK(GERROR, PRIQ_ABT_ERR));
    while ((first = hw_fifo_first(&smmu->pages_writing)) && first->is_written) {
        (void)hw_fifo_take(&smmu->pages_writing);
        smmu->n_pages_writing--;
        if (is_lost(first))
            refuse(first);
        else
            publish(first);
    }
    kick(smmu);
    smmu_mmio_progress(smmu);
}

static void start_write(struct smmu_job *job)
{
    struct smmu *smmu = job->smmu;
    struct sim_access *access = &job->access;

    if (!is_enabled(smmu) || has_abort(smmu)) {
        refuse(job);
        return;
    }
    if (has_overflow(smmu) || is_full(smmu)) {
        overflow(smmu);
        drop(job);
        return;
    }
    *access = (struct sim_access){
        .pa = slot_address(smmu, write_pos(smmu)),
        .n_bytes = RECORD_BYTES,
        .op = SIM_ACCESS_WRITE,
        .structure = SIM_S_PRI,
        .done = {record_written, job},
    };
    hw_bytes_put(access->data, job->record, RECORD_BYTES);
    job->is_written = false;
    job->is_reading = true;
    hw_fifo_put(&smmu->pages_writing, &job->link);
    smmu->n_pages_writing++;
    smmu_port_access(smmu, access);
}

static void kick(struct smmu *smmu)
{
    while (smmu->pages_waiting.head && smmu->n_pages_writing < smmu->param.priq_slots)
        start_write(hw_fifo_take(&smmu->pages_waiting));
}

void smmu_priq_drop_waiting(struct smmu *smmu)
{
    struct smmu_job *job;

    while ((job = hw_fifo_take(&smmu->pages_waiting)))
        refuse(job);
}

void smmu_priq_made(struct smmu_job *job)
{
    hw_fifo_put(&job->smmu->pages_waiting, &job->link);
    kick(job->smmu);
}

/* What comes with a PASID. */
static void put_pasid(uint64_t *record, const struct sim_page_request *request)
{
    smmu_PRI_put_SSID(record, request->pasid);
    smmu_PRI_put_X(record, (request->access & SIM_DMA_EXECUTE) != 0);
    smmu_PRI_put_Priv(record, (request->access & SIM_DMA_PRIVILEGED) != 0);
}

void smmu_priq_request(void *model, const struct sim_page_request *request)
{
    struct smmu *smmu = model;
    struct smmu_job *job = smmu_job_new_page(smmu);
    uint64_t *record;

    if (!job) /* more than there are credits for: as if the message had been lost */
        return;
    record = job->record;
    job->sid = request->requester;
    job->ssv = request->has_pasid && smmu->caps.ssid_bits;
    job->ssid = request->pasid;
    job->iova = request->address;
    memset(record, 0, sizeof(job->record));
    smmu_PRI_put_SID(record, request->requester);
    smmu_PRI_put_SSV(record, job->ssv);
    if (job->ssv)
        put_pasid(record, request);
    smmu_PRI_put_R(record, (request->access & SIM_DMA_READ) != 0);
    smmu_PRI_put_W(record, (request->access & SIM_DMA_WRITE) != 0);
    smmu_PRI_put_Last(record, request->is_last);
    smmu_PRI_put_PRGIndex(record, request->group);
    smmu_PRI_put_Addr(record, request->address >> SMMU_LSB_PRI_Addr % 64);
    smmu_job_wake(job, SMMU_JOB_PAGE, smmu->param.event_cycles);
}

void smmu_priq_reset(struct smmu *smmu)
{
    smmu->pages_waiting = (struct hw_fifo){0};
    smmu->pages_writing = (struct hw_fifo){0};
    smmu->n_pages_writing = 0;
}
