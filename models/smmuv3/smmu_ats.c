/* SPDX-License-Identifier: BSD-2-Clause
 * smmu_ats.c - Address Translation Services: what a device may ask and send (3.9), invalidations
 * that go to its ATC and come back, or do not (3.9.1, 4.5, 4.7.3).
 * Knows: which answer belongs to which outcome. Must not know: what a device keeps. */
#include "models/smmuv3/smmu_private.h"
#include "sim/time.h"

enum {
    PAGE_LOG2 = 12,  /* unit of ATC_INV, and of an answer that grants nothing */
    WHOLE_LOG2 = 52, /* ATC_INV.Size that means everything */
    ITAG_SHIFT = 8,  /* an itag: generation above, slot below */
    ITAG_SLOT = 0xff,
};

/* ---- what a request is refused with (3.9, 7.3.6, 7.3.8) ---- */

static void bad_request(struct smmu_job *job)
{
    const struct sim_dma *dma = job->dma;
    uint64_t *record = job->record;

    smmu_evt_begin(job, SMMU_EVT_F_BAD_ATS_TREQ);
    smmu_F_BAD_ATS_TREQ_put_P(record, (dma->access & SIM_DMA_PRIVILEGED) != 0);
    smmu_F_BAD_ATS_TREQ_put_X(record, (dma->access & SIM_DMA_EXECUTE) != 0);
    smmu_F_BAD_ATS_TREQ_put_W(record, (dma->access & SIM_DMA_WRITE) != 0);
    smmu_F_BAD_ATS_TREQ_put_R(record, 1);
    smmu_F_BAD_ATS_TREQ_put_InputAddr(record, job->iova >> PAGE_LOG2);
    smmu_xlate_refuse_and_record(job, SMMU_EVT_F_BAD_ATS_TREQ, SIM_DMA_UR);
}

static void forbidden(struct smmu_job *job)
{
    smmu_evt_begin(job, SMMU_EVT_F_TRANSL_FORBIDDEN);
    smmu_F_TRANSL_FORBIDDEN_put_RnW(job->record, !(job->dma->access & SIM_DMA_WRITE));
    smmu_F_TRANSL_FORBIDDEN_put_InputAddr(job->record, job->iova);
    smmu_xlate_refuse_and_record(job, SMMU_EVT_F_TRANSL_FORBIDDEN, SIM_DMA_ABORT);
}

/* R32: neither is possible while the SMMU is off. */
void smmu_ats_refuse_disabled(struct smmu_job *job)
{
    if (job->ats == SIM_DMA_TRANSLATION_REQUEST)
        bad_request(job);
    else
        forbidden(job);
}

/* ---- with a good STE in hand ---- */

static bool end_request(struct smmu_job *job)
{
    const struct smmu_ste *ste = &job->ste;

    if (ste->is_abort) { /* silent */
        smmu_xlate_refuse(job, SIM_DMA_UR);
        return true;
    }
    if (ste->config == SMMU_CONFIG_BYPASS || ste->eats == SMMU_EATS_OFF) {
        bad_request(job);
        return true;
    }
    return false;
}

/* F_STREAM_DISABLED and what follows it in 3.9.1.3 is for requests with a PASID (IDR3.PASIDTT),
 * which are not modelled. */
static bool end_translated(struct smmu_job *job)
{
    const struct smmu_ste *ste = &job->ste;
    const bool is_split = ste->eats == SMMU_EATS_SPLIT;
    /* 3.9.1.1: silent; under split-stage ATS the size that counts is another one */
    const bool is_too_large = !is_split && !smmu_address_fits(job->iova, job->smmu->caps.oas_bits);

    if (!ste->is_abort && (ste->config == SMMU_CONFIG_BYPASS || ste->eats == SMMU_EATS_OFF))
        forbidden(job);
    else if (ste->is_abort || is_too_large)
        smmu_xlate_refuse(job, SIM_DMA_ABORT);
    else if (is_split)
        smmu_xlate_translated(job);
    else
        smmu_xlate_identity(job);
    return true;
}

bool smmu_ats_ends_at_ste(struct smmu_job *job)
{
    if (job->ats == SIM_DMA_UNTRANSLATED)
        return false;
    if (job->ste.eats == SMMU_EATS_DPT) {
        smmu_fact_unimpl(job->smmu, SMMU_UNIMPL_ATS, job->sid);
        smmu_xlate_refuse(job, SIM_DMA_ABORT);
        return true;
    }
    return job->ats == SIM_DMA_TRANSLATED ? end_translated(job) : end_request(job);
}

/* ---- faults of a translation request: an answer, seldom an event (3.9.1) ---- */

void smmu_ats_answer_nothing(struct smmu_job *job)
{
    job->found = (struct smmu_translation){.name = {.size_log2 = PAGE_LOG2},
                                           .pa = job->iova >> PAGE_LOG2 << PAGE_LOG2};
    job->status = SIM_DMA_OK;
    smmu_job_answer(job);
}

bool smmu_ats_is_split(const struct smmu_job *job)
{
    return job->ats == SIM_DMA_TRANSLATION_REQUEST && job->ste.eats == SMMU_EATS_SPLIT;
}

bool smmu_ats_is_recorded(const struct smmu_job *job, int number)
{
    const bool is_recorded = smmu_cfg_is_recorded(number, &job->smmu->ctrl);

    if (job->ats == SIM_DMA_UNTRANSLATED && !job->is_page)
        return is_recorded;
    return job->smmu->rec_cfg_ats && (is_recorded || job->ats == SIM_DMA_TRANSLATED);
}

/* ---- answers of a translation request (3.9.1.2, 13.6.3, 13.7) ---- */

/* What is asked for and permitted; there is no execution without reading. */
uint8_t smmu_ats_granted(const struct smmu_job *job)
{
    const uint8_t access = job->dma->access;
    const uint8_t asked = (uint8_t)(SMMU_PT_R | (access & SIM_DMA_WRITE ? SMMU_PT_W : 0) |
                                    (access & SIM_DMA_EXECUTE ? SMMU_PT_X : 0));
    uint8_t rights[2] = {job->found.rights[0], job->found.rights[1]};
    uint8_t granted;

    smmu_override_rights(&job->ste.overrides, rights);
    granted = rights[(access & SIM_DMA_PRIVILEGED) != 0] & asked;
    return granted & SMMU_PT_R ? granted : granted & (uint8_t)~SMMU_PT_X;
}

/* Under split-stage ATS the rights and the size are those of both stages, the address is that of
 * stage 1. */
void smmu_ats_found(struct smmu_job *job)
{
    const uint8_t granted = smmu_ats_granted(job);

    smmu_walk_release(job); /* its followers want what the walk came to */
    if (!granted) {
        smmu_ats_answer_nothing(job);
        return;
    }
    job->found.rights[0] = granted;
    job->found.rights[1] = granted;
    if (smmu_ats_is_split(job))
        job->found.pa = job->ipa >> job->found.name.size_log2 << job->found.name.size_log2;
    job->status = SIM_DMA_OK;
    smmu_job_answer(job);
}

/* ---- CMD_ATC_INV ---- */

static struct smmu_atc_inv *free_slot(struct smmu *smmu)
{
    for (uint32_t i = 0; i < smmu->param.atc_slots; i++) {
        if (!smmu->atc.slot[i].is_busy)
            return &smmu->atc.slot[i];
    }
    return NULL;
}

static void end(struct smmu_atc_inv *inv)
{
    struct smmu *smmu = inv->smmu;

    inv->is_busy = false;
    inv->generation++;
    smmu->atc.n_busy--;
    smmu_cmdq_progress(smmu);
    if (smmu->cmdq.is_blocked)
        smmu_cmdq_kick(smmu);
}

static void timed_out(void *ctx)
{
    struct smmu_atc_inv *inv = ctx;

    inv->smmu->atc.has_timed_out = true;
    end(inv);
}

static uint32_t itag_of(const struct smmu_atc_inv *inv)
{
    return (uint32_t)(inv - inv->smmu->atc.slot) | inv->generation << ITAG_SHIFT;
}

bool smmu_atc_inv_send(struct smmu *smmu, const uint64_t *words)
{
    const unsigned size = (unsigned)smmu_ATC_INV_Size(words);
    const uint64_t n_bytes = size >= WHOLE_LOG2 ? 0 : UINT64_C(1) << (size + PAGE_LOG2);
    const bool has_pasid = smmu_ATC_INV_SSV(words) && smmu->caps.ssid_bits;
    struct smmu_atc_inv *inv = free_slot(smmu);
    struct sim_ats_inv message;

    if (!inv)
        return false;
    inv->is_busy = true;
    inv->words[0] = words[0];
    inv->words[1] = words[1];
    smmu->atc.n_busy++;
    message = (struct sim_ats_inv){
        .requester = (uint32_t)smmu_ATC_INV_SID(words),
        .pasid = has_pasid ? (uint32_t)smmu_ATC_INV_SSID(words) : 0,
        .has_pasid = has_pasid,
        .is_global = has_pasid && smmu_ATC_INV_Global(words),
        .is_whole = !has_pasid,
        .itag = itag_of(inv),
        .address = n_bytes ? smmu_ATC_INV_Addr_addr(words) & ~(n_bytes - 1) : 0,
        .n_bytes = n_bytes,
    };
    sim_queue_at(smmu->queue, &smmu->source,
                 smmu_now(smmu) + sim_ps_from_ns((uint64_t)smmu->param.atc_timeout_us * 1000),
                 &inv->timeout);
    smmu_fact(smmu, SIM_FACT_ATS_INV_SENT, message.requester,
              message.has_pasid ? message.pasid : SIM_NO_PASID,
              (const uint64_t[3]){message.address, message.n_bytes, message.itag});
    smmu->port.ops->ats_inv(smmu->port.ctx, &message);
    return true;
}

void smmu_ats_complete(void *model, uint32_t itag)
{
    struct smmu *smmu = model;
    struct smmu_atc_inv *inv;

    if ((itag & ITAG_SLOT) >= SMMU_MAX_ATC_SLOTS)
        return;
    inv = &smmu->atc.slot[itag & ITAG_SLOT];
    if (!inv->is_busy || itag != itag_of(inv)) /* too late, or never asked for */
        return;
    sim_queue_cancel(smmu->queue, &inv->timeout);
    smmu_fact(smmu, SIM_FACT_ATS_INV_DONE, smmu_ATC_INV_SID(inv->words), itag,
              (const uint64_t[3]){0});
    smmu_fact(smmu, SIM_FACT_CMD_COMPLETED, smmu_UNKNOWN_CMD_op(inv->words), inv->words[0],
              (const uint64_t[3]){inv->words[1]});
    end(inv);
}

void smmu_ats_init(struct smmu *smmu)
{
    for (uint32_t i = 0; i < SMMU_MAX_ATC_SLOTS; i++) {
        smmu->atc.slot[i].smmu = smmu;
        smmu_event_init(&smmu->atc.slot[i].timeout, timed_out, &smmu->atc.slot[i]);
    }
}

/* What a device still answers is for nobody. */
void smmu_ats_reset(struct smmu *smmu)
{
    for (uint32_t i = 0; i < SMMU_MAX_ATC_SLOTS; i++) {
        struct smmu_atc_inv *inv = &smmu->atc.slot[i];

        sim_queue_cancel(smmu->queue, &inv->timeout);
        if (inv->is_busy)
            inv->generation++;
        inv->is_busy = false;
    }
    smmu->atc.n_busy = 0;
    smmu->atc.has_timed_out = false;
}
