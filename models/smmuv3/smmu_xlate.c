/* SPDX-License-Identifier: BSD-2-Clause
 * smmu_xlate.c - one request's way: micro TLB, configuration, main TLB, walk, answer or fault
 * (3.3, 3.12, 15.1).
 * Knows: the order of the checks, which event is which. Must not know: how caches are kept. */
#include "models/smmuv3/smmu_priq.h"
#include "models/smmuv3/smmu_private.h"
#include "models/smmuv3/smmu_stall.h"
#include "sim/time.h"

enum {
    HALF_BIT = 55,      /* of a VA: selects the half */
    IDENTITY_LOG2 = 12, /* page size of an answer that is not translated */
};

/* ---- a request comes in ---- */

static void answer_now(struct smmu *smmu, struct sim_dma *dma, enum sim_dma_status status)
{
    dma->status = (uint8_t)status;
    if (smmu_wants(smmu, SIM_FACT_DMA_ANSWERED)) {
        const uint64_t rest[3] = {dma->iova, dma->pa, dma->status};

        smmu_fact(smmu, SIM_FACT_DMA_ANSWERED, dma->requester,
                  dma->has_pasid ? dma->pasid : SIM_NO_PASID, rest);
    }
    sim_queue_at(smmu->queue, &smmu->source,
                 smmu_now(smmu) + (uint64_t)smmu->param.utlb_cycles * smmu->param.clock_ps,
                 &dma->done);
}

static void start_job(struct smmu_job *job, const struct sim_dma *dma)
{
    job->sid = dma->requester;
    job->ssid = dma->pasid;
    job->ssv = dma->has_pasid;
    job->iova = dma->iova;
}

/* The address is the answer. */
static void found_identity(struct smmu_job *job)
{
    job->found = (struct smmu_translation){
        .name = {.size_log2 = IDENTITY_LOG2},
        .pa = job->iova >> IDENTITY_LOG2 << IDENTITY_LOG2,
        .rights = {SMMU_PT_RWX, SMMU_PT_RWX},
    };
}

/* An answer that the TBU has already: only the data, or an observer, need a job for it. */
static bool answer_from_tbu(struct smmu *smmu, struct sim_dma *dma,
                            const struct smmu_translation *entry)
{
    struct smmu_job *job = smmu_job_new(smmu, dma);

    if (!job)
        return false;
    start_job(job, dma);
    if (entry)
        job->found = *entry;
    else
        found_identity(job);
    job->status = SIM_DMA_OK;
    smmu_wake(smmu, &job->answer, smmu->param.utlb_cycles);
    job->state = SMMU_JOB_DATA;
    return true;
}

/* The address goes out as it came in. Silent whatever happens. */
static bool pass_unchecked(struct smmu *smmu, struct sim_dma *dma)
{
    if (!smmu_address_fits(dma->iova, smmu->caps.oas_bits)) {
        answer_now(smmu, dma, SIM_DMA_ABORT);
        return true;
    }
    if (dma->data)
        return answer_from_tbu(smmu, dma, NULL);
    dma->pa = dma->iova;
    dma->page_log2 = IDENTITY_LOG2;
    dma->granted = SMMU_PT_RWX;
    answer_now(smmu, dma, SIM_DMA_OK);
    return true;
}

/* R31: SMMUEN=0. */
static bool bypass_globally(struct smmu *smmu, struct sim_dma *dma)
{
    if (!smmu_GBPA_ABORT(&smmu->reg[SMMU_RI_GBPA]))
        return pass_unchecked(smmu, dma);
    answer_now(smmu, dma, SIM_DMA_ABORT);
    return true;
}

static bool submit_miss(struct smmu *smmu, struct smmu_tbu *tbu, struct sim_dma *dma)
{
    struct smmu_job *job = tbu->n_free ? smmu_job_new(smmu, dma) : NULL;

    if (!job) {
        tbu->is_stuck = !tbu->n_free && !smmu->param.hit_under_miss;
        return false;
    }
    start_job(job, dma);
    job->tbu = (uint8_t)(tbu - smmu->tbu);
    job->has_tbu = true;
    tbu->n_free--;
    smmu_tbu_miss(job);
    return true;
}

static void count_request(struct smmu *smmu, const struct sim_dma *dma)
{
    smmu->stats.n_requests++;
    if (smmu_wants(smmu, SIM_FACT_DMA_ISSUED)) {
        const uint64_t rest[3] = {dma->iova, dma->access, 0};

        smmu_fact(smmu, SIM_FACT_DMA_ISSUED, dma->requester,
                  dma->has_pasid ? dma->pasid : SIM_NO_PASID, rest);
    }
}

/* The micro TLB's answer to a request that has been taken. */
static void told(const struct smmu *smmu, const struct smmu_tbu *tbu, const struct sim_dma *dma,
                 bool is_found)
{
    const uint64_t rest[3] = {dma->iova, 0, is_found};

    if (smmu_wants(smmu, SIM_FACT_TLB_LOOKED_UP) && tbu->utlb.tags)
        smmu_fact(smmu, SIM_FACT_TLB_LOOKED_UP, dma->requester,
                  dma->has_pasid ? dma->pasid : SIM_NO_PASID, rest);
}

/* The quick way: the micro TLB says yes and no byte moves. One event, the answer. */
static void answer_hit(struct smmu *smmu, struct sim_dma *dma, const struct smmu_translation *entry)
{
    const uint64_t done_ps =
        smmu_now(smmu) + (uint64_t)smmu->param.utlb_cycles * smmu->param.clock_ps;
    const uint64_t free_ps = done_ps + (uint64_t)smmu->param.data_cycles * smmu->param.clock_ps;

    dma->pa = entry->pa | (dma->iova & ((UINT64_C(1) << entry->name.size_log2) - 1));
    dma->page_log2 = entry->name.size_log2;
    dma->granted = entry->rights[(dma->access & SIM_DMA_PRIVILEGED) != 0];
    dma->status = SIM_DMA_OK;
    smmu_busy_until(smmu, free_ps, true);
    sim_queue_at(smmu->queue, &smmu->source, done_ps, &dma->done);
}

/* A SubstreamID that is wider than there are is not in any cache; the lookup will say so. */
static uint32_t find_in_tbu(const struct smmu *smmu, struct smmu_tbu *tbu,
                            const struct sim_dma *dma)
{
    if (dma->has_pasid && dma->pasid >> SMMU_SSID_BITS)
        return HW_TLB_NONE;
    return smmu_utlb_find(smmu, tbu, smmu_utlb_key(dma->requester, dma->has_pasid, dma->pasid),
                          dma->iova);
}

/* Micro TLBs are not for devices that translate themselves. */
static bool submit_ats(struct smmu *smmu, struct smmu_tbu *tbu, struct sim_dma *dma)
{
    struct smmu_job *job;

    if (smmu->is_enabled) {
        const bool is_checked = dma->kind == SIM_DMA_TRANSLATION_REQUEST || smmu->ctrl.ats_check ||
                                !smmu_IDR0_ATS(&smmu->reg[SMMU_RI_IDR0]);

        return is_checked ? submit_miss(smmu, tbu, dma) : pass_unchecked(smmu, dma);
    }
    job = smmu_job_new(smmu, dma);
    if (!job)
        return false;
    start_job(job, dma);
    job->state = SMMU_JOB_DATA;
    smmu_ats_refuse_disabled(job);
    return true;
}

bool smmu_submit(void *model, struct sim_dma *dma)
{
    struct smmu *smmu = model;
    struct smmu_tbu *tbu = &smmu->tbu[dma->tbu % smmu->param.n_tbus];
    uint32_t index;
    bool is_taken;

    dma->event = 0;
    if (dma->kind != SIM_DMA_UNTRANSLATED) {
        is_taken = submit_ats(smmu, tbu, dma);
    } else if (!smmu->is_enabled) {
        is_taken = bypass_globally(smmu, dma);
    } else if (tbu->is_stuck) {
        return false;
    } else {
        if (smmu->param.cache_mode == HW_CACHE_RANDOM)
            smmu_cache_shake(smmu);
        index = find_in_tbu(smmu, tbu, dma);
        if (index != HW_TLB_NONE &&
            !(smmu_needed_rights(dma) &
              ~tbu->utlb_data[index].rights[(dma->access & SIM_DMA_PRIVILEGED) != 0])) {
            const struct smmu_translation *entry = &tbu->utlb_data[index];

            smmu->stats.n_utlb_hits++;
            if (!dma->data && !smmu_wants(smmu, SIM_FACT_DMA_ANSWERED)) {
                count_request(smmu, dma);
                told(smmu, tbu, dma, true);
                answer_hit(smmu, dma, entry);
                return true;
            }
            is_taken = answer_from_tbu(smmu, dma, entry);
            if (is_taken)
                told(smmu, tbu, dma, true);
        } else {
            is_taken = submit_miss(smmu, tbu, dma);
            if (is_taken)
                told(smmu, tbu, dma, false);
        }
    }
    if (is_taken)
        count_request(smmu, dma);
    return is_taken;
}

/* ---- it ends ---- */

void smmu_xlate_refuse(struct smmu_job *job, enum sim_dma_status status)
{
    job->status = (uint8_t)status;
    job->smmu->stats.n_faults++;
    smmu_job_answer(job);
}

/* Answer the requester and, apart from that, write the record. */
static void refuse_and_record(struct smmu_job *job, enum sim_dma_status status)
{
    job->n_holders++;
    smmu_evt_put(job);
    smmu_xlate_refuse(job, status);
}

void smmu_xlate_refuse_and_record(struct smmu_job *job, int number, enum sim_dma_status status)
{
    job->dma->event = (uint32_t)number;
    refuse_and_record(job, status);
}

static void begin_config_record(struct smmu_job *job, int number, uint64_t fetch_pa)
{
    smmu_evt_begin(job, (unsigned)number);
    if (number == SMMU_EVT_F_STE_FETCH || number == SMMU_EVT_F_CD_FETCH)
        smmu_F_STE_FETCH_put_FetchAddr(job->record,
                                       fetch_pa >> SMMU_LSB_F_STE_FETCH_FetchAddr % 64);
}

/* 8.1: there is no STE that says how to answer a page request. */
static void page_fault(struct smmu_job *job, int number, uint64_t fetch_pa)
{
    const bool is_recorded = smmu_ats_is_recorded(job, number);

    job->n_holders += is_recorded;
    smmu_priq_looked_up(job, NULL);
    if (!is_recorded)
        return;
    begin_config_record(job, number, fetch_pa);
    smmu_evt_put(job);
}

void smmu_xlate_config_fault(struct smmu_job *job, int number, uint64_t fetch_pa)
{
    if (job->is_prefetch) { /* never an event */
        smmu_job_free(job);
        return;
    }
    if (job->is_page) {
        page_fault(job, number, fetch_pa);
        return;
    }
    job->dma->event = (uint32_t)number;
    if (!smmu_ats_is_recorded(job, number)) {
        smmu_xlate_refuse(job, SIM_DMA_ABORT);
        return;
    }
    begin_config_record(job, number, fetch_pa);
    refuse_and_record(job, SIM_DMA_ABORT);
}

static int event_of(enum hw_walk_reason reason)
{
    switch (reason) {
    case HW_WALK_ADDR_SIZE:
        return SMMU_EVT_F_ADDR_SIZE;
    case HW_WALK_ACCESS:
        return SMMU_EVT_F_ACCESS;
    case HW_WALK_PERMISSION:
        return SMMU_EVT_F_PERMISSION;
    case HW_WALK_EABT:
        return SMMU_EVT_F_WALK_EABT;
    case HW_WALK_OK:
    case HW_WALK_TABLE:
    case HW_WALK_TRANSLATION:
        return SMMU_EVT_F_TRANSLATION;
    }
    return SMMU_EVT_F_TRANSLATION;
}

/* 6.1: the access as it is after the overrides of the STE. */
static void put_access(struct smmu_job *job, unsigned what)
{
    const bool is_read = !(job->access_bits & SMMU_PT_W);
    uint64_t *record = job->record;

    smmu_F_TRANSLATION_put_PnU(record, (job->access_bits & SMMU_PT_PRIVILEGED) != 0);
    smmu_F_TRANSLATION_put_InD(record, is_read && (job->access_bits & SMMU_PT_X));
    smmu_F_TRANSLATION_put_RnW(record, is_read);
    smmu_F_TRANSLATION_put_CLASS(record, what);
    smmu_F_TRANSLATION_put_InputAddr(record, job->iova);
}

/* A translation request that faults has an answer all the same; one whose tables cannot be read is
 * like one with a bad configuration (3.9). Return: false if the fault is to be recorded. */
static bool end_ats(struct smmu_job *job, bool is_abort)
{
    if (job->ats != SIM_DMA_TRANSLATION_REQUEST)
        return false;
    if (!is_abort)
        smmu_ats_answer_nothing(job);
    else if (smmu_ats_is_recorded(job, SMMU_EVT_F_WALK_EABT))
        return false;
    else
        smmu_xlate_refuse(job, SIM_DMA_ABORT);
    return true;
}

/* 3.5: a fault of a stage that asks for it. ATS requests have an answer of their own. */
static bool is_stalling(const struct smmu_job *job, bool stage_stalls)
{
    return stage_stalls && job->dma->kind == SIM_DMA_UNTRANSLATED;
}

void smmu_xlate_walk_fault(struct smmu_job *job, enum hw_walk_reason reason)
{
    const int number = event_of(reason);
    const bool is_abort = reason == HW_WALK_EABT;

    if (job->is_prefetch) {
        smmu_job_free(job);
        return;
    }
    job->dma->event = (uint32_t)number;
    if (end_ats(job, is_abort))
        return;
    smmu_evt_begin(job, (unsigned)number);
    put_access(job, is_abort ? SMMU_F_WALK_EABT_CLASS_TT : SMMU_F_TRANSLATION_CLASS_IN);
    if (is_abort) { /* 3.5: no choice of the CD */
        smmu_F_WALK_EABT_put_FetchAddr(job->record,
                                       job->access.pa >> SMMU_LSB_F_WALK_EABT_FetchAddr % 64);
        refuse_and_record(job, SIM_DMA_ABORT);
        return;
    }
    if (is_stalling(job, job->cd.s))
        smmu_stall_begin(job);
    else if (job->cd.r)
        refuse_and_record(job, job->cd.a ? SIM_DMA_ABORT : SIM_DMA_RAZ_WI);
    else
        smmu_xlate_refuse(job, job->cd.a ? SIM_DMA_ABORT : SIM_DMA_RAZ_WI);
}

/* 13.1: what the request becomes under the overrides of its STE. */
static uint8_t overridden_access(const struct smmu_job *job)
{
    const struct smmu_overrides *overrides = &job->ste.overrides;
    uint8_t access = smmu_needed_rights(job->dma);
    bool is_privileged = (job->dma->access & SIM_DMA_PRIVILEGED) != 0;

    if (overrides->inst == SMMU_INST_DATA && (access & SMMU_PT_X))
        access = (uint8_t)((access & ~SMMU_PT_X) | SMMU_PT_R);
    else if (overrides->inst == SMMU_INST_INSTRUCTION && (access & SMMU_PT_R))
        access = (uint8_t)((access & ~SMMU_PT_R) | SMMU_PT_X);
    if (overrides->priv != SMMU_PRIV_INCOMING)
        is_privileged = overrides->priv == SMMU_PRIV_PRIVILEGED;
    return (uint8_t)(access | (is_privileged ? SMMU_PT_PRIVILEGED : 0));
}

static unsigned class_of(enum smmu_s2_use use)
{
    switch (use) {
    case SMMU_S2_USE_CD:
        return SMMU_F_TRANSLATION_CLASS_CD;
    case SMMU_S2_USE_TT:
    case SMMU_S2_USE_TT_UPDATE:
        return SMMU_F_TRANSLATION_CLASS_TT;
    case SMMU_S2_USE_IN:
        return SMMU_F_TRANSLATION_CLASS_IN;
    }
    return SMMU_F_TRANSLATION_CLASS_IN;
}

/* 3.5, 4.6: the flags are those of stage 2, whatever it was asked for; it never ends in RAZ/WI. */
void smmu_xlate_s2_fault(struct smmu_job *job, enum hw_walk_reason reason)
{
    const int number = event_of(reason);

    if (job->is_prefetch) {
        smmu_job_free(job);
        return;
    }
    if (job->s2_use == SMMU_S2_USE_CD)
        job->access_bits = overridden_access(job); /* nobody has asked yet */
    job->dma->event = (uint32_t)number;
    if (end_ats(job, reason == HW_WALK_EABT))
        return;
    smmu_evt_begin(job, (unsigned)number);
    put_access(job, class_of(job->s2_use));
    smmu_F_TRANSLATION_put_S2(job->record, 1);
    if (reason == HW_WALK_EABT) {
        smmu_F_WALK_EABT_put_FetchAddr(job->record,
                                       job->access.pa >> SMMU_LSB_F_WALK_EABT_FetchAddr % 64);
        refuse_and_record(job, SIM_DMA_ABORT);
        return;
    }
    smmu_F_TRANSLATION_put_IPA(job->record, job->ipa >> SMMU_LSB_F_TRANSLATION_IPA % 64);
    if (reason == HW_WALK_PERMISSION && class_of(job->s2_use) == SMMU_F_TRANSLATION_CLASS_TT)
        smmu_F_PERMISSION_put_TTRnW(job->record, job->s2_use == SMMU_S2_USE_TT);
    if (is_stalling(job, job->ste.s2.s))
        smmu_stall_begin(job);
    else if (job->ste.s2.r)
        refuse_and_record(job, SIM_DMA_ABORT);
    else
        smmu_xlate_refuse(job, SIM_DMA_ABORT);
}

/* ---- it goes on ---- */

void smmu_xlate_lookup(struct smmu_job *job)
{
    if (!job->smmu->param.tlb_entries) {
        smmu_walk_start(job);
        return;
    }
    smmu_job_wake(job, SMMU_JOB_TLB, smmu_tlb_lookup_cycles(job->smmu));
}

static bool has_rights(const struct smmu_job *job)
{
    const bool is_privileged = (job->access_bits & SMMU_PT_PRIVILEGED) != 0;

    if (job->wants_write && !(job->found.rights[is_privileged] & SMMU_PT_W))
        return false; /* it may only be clean: the walk tells */
    return !((job->access_bits & SMMU_PT_RWX) & ~job->found.rights[is_privileged]);
}

/* An entry of both stages does not tell which of them refuses, nor one of a page with dirty state
 * whether it is only clean: the walk does. */
void smmu_xlate_look(struct smmu_job *job)
{
    if (!smmu_ats_is_split(job) && (job->has_found || smmu_tlb_find(job)) &&
        (has_rights(job) || (job->found.name.stage != SMMU_STAGE_BOTH && !job->half->hd)))
        smmu_xlate_found(job);
    else
        smmu_walk_start(job);
}

/* T05: stage 1 is skipped; the address must still be one that the system has. */
static void bypass(struct smmu_job *job)
{
    const struct smmu_caps *caps = &job->smmu->caps;

    if (!smmu_address_fits(job->iova, job->ste.has_s2 ? caps->ias_bits : caps->oas_bits)) {
        job->dma->event = SMMU_EVT_F_ADDR_SIZE;
        if (end_ats(job, false))
            return;
        smmu_evt_begin(job, SMMU_EVT_F_ADDR_SIZE);
        put_access(job, SMMU_F_TRANSLATION_CLASS_IN);
        refuse_and_record(job, SIM_DMA_ABORT);
        return;
    }
    if (job->ste.has_s2) {
        smmu_s2_translate(job, job->iova, SMMU_S2_USE_IN);
        return;
    }
    smmu_xlate_identity(job);
}

void smmu_xlate_identity(struct smmu_job *job)
{
    found_identity(job);
    if (job->ats == SIM_DMA_TRANSLATION_REQUEST) { /* 3.9.1.2, 13.6.4: R=W=1 and no more */
        job->found.rights[0] = SMMU_PT_R | SMMU_PT_W;
        job->found.rights[1] = SMMU_PT_R | SMMU_PT_W;
    }
    job->status = SIM_DMA_OK;
    smmu_job_answer(job);
}

/* 3.9.1.3: data of no privilege, whatever the device says, but for the overrides. */
void smmu_xlate_translated(struct smmu_job *job)
{
    const uint8_t access = job->dma->access & (SIM_DMA_READ | SIM_DMA_WRITE);

    job->dma->access = access ? access : SIM_DMA_READ; /* there are no instructions */
    job->access_bits = overridden_access(job);
    job->half = NULL;
    bypass(job);
}

/* A translation request learns what is permitted, whatever it asks for. */
static void ask_for_all(struct smmu_job *job)
{
    job->wants_write = (job->access_bits & SMMU_PT_W) != 0;
    job->access_bits &= SMMU_PT_PRIVILEGED;
}

void smmu_xlate_configured(struct smmu_job *job, enum smmu_cd_use use)
{
    const struct smmu_cd_view *cd = &job->cd;
    const unsigned i = (job->iova >> HALF_BIT) & 1;

    if (job->is_prefetch && (!job->is_address || use != SMMU_CD_USE_INDEX)) {
        smmu_job_free(job);
        return;
    }
    if (use == SMMU_CD_USE_ABORT) { /* E02: silent */
        smmu_xlate_refuse(job, SIM_DMA_ABORT);
        return;
    }
    job->access_bits = job->is_prefetch ? SMMU_PT_PRIVILEGED : overridden_access(job);
    job->half = NULL;
    if (job->ats == SIM_DMA_TRANSLATION_REQUEST)
        ask_for_all(job);
    if (use == SMMU_CD_USE_BYPASS) {
        bypass(job);
        return;
    }
    job->half = smmu_pt_select_half(&cd->half[0], cd->has_upper ? &cd->half[1] : NULL, job->iova);
    if (!job->half || (cd->e0pd[i] && !(job->access_bits & SMMU_PT_PRIVILEGED))) {
        smmu_xlate_walk_fault(job, HW_WALK_TRANSLATION);
        return;
    }
    smmu_xlate_lookup(job);
}

void smmu_xlate_found(struct smmu_job *job)
{
    if (job->ats == SIM_DMA_TRANSLATION_REQUEST) {
        smmu_ats_found(job);
        return;
    }
    if (!has_rights(job)) {
        smmu_xlate_walk_fault(job, HW_WALK_PERMISSION);
        return;
    }
    if (job->smmu->param.prefetch != SMMU_PREFETCH_NONE)
        smmu_prefetch_next(job);
    smmu_walk_release(job); /* its followers have overrides of their own */
    smmu_override_rights(&job->ste.overrides, job->found.rights);
    job->status = SIM_DMA_OK;
    job->is_cacheable = job->ats == SIM_DMA_UNTRANSLATED;
    smmu_job_answer(job);
}
