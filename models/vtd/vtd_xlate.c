/* SPDX-License-Identifier: BSD-2-Clause
 * vtd_xlate.c - one request's way: mode, IOTLB, configuration, walk, answer or fault (3.4, 7.1).
 * Knows: the order of the checks, which outcome belongs to which kind of request. Must not know:
 * how caches are kept. */
#include "models/vtd/vtd_xlate.h"

enum {
    VER_WITHOUT_EXECUTE = 8,
    PASID_MASK = (1 << 20) - 1, /* PCIe has no wider ones */
};

/* What goes to 0xFEEx_xxxx is an interrupt, or should not be (3.14). */
static bool is_interrupt_address(uint64_t address)
{
    return address >> 20 == 0xfee;
}

static uint64_t pa_of(const struct vtd_job *job)
{
    const uint64_t size = UINT64_C(1) << job->found.name.size_log2;

    return job->found.pa | (job->iova & (size - 1));
}

/* ---- protected memory (10.4.16): blocked, and no record ---- */

static bool is_protected(const struct vtd *vtd, uint64_t pa)
{
    const uint64_t grain = (UINT64_C(1) << VTD_LSB_PLMBASE_ADDR) - 1;
    const uint64_t *reg = vtd->reg;

    if (!vtd->is_protected)
        return false;
    return (vtd->caps.plmr && pa >= reg[VTD_RI_PLMBASE] && pa <= (reg[VTD_RI_PLMLIMIT] | grain)) ||
           (vtd->caps.phmr && pa >= reg[VTD_RI_PHMBASE] && pa <= (reg[VTD_RI_PHMLIMIT] | grain));
}

/* ---- it ends ---- */

static void refuse(struct vtd_job *job, enum sim_dma_status status)
{
    job->status = (uint8_t)status;
    vtd_job_answer(job);
}

static void found_identity(struct vtd_job *job, uint8_t rights)
{
    const uint64_t page = job->iova >> VTD_PAGE_LOG2 << VTD_PAGE_LOG2;

    job->found = (struct vtd_translation){
        .name = vtd_name_of(job, page, VTD_PAGE_LOG2), .pa = page, .rights = rights};
}

static void answer_rights(struct vtd_job *job, uint8_t rights)
{
    if (!rights)
        found_identity(job, 0);
    job->found.rights = rights;
    job->status = SIM_DMA_OK;
    vtd_job_answer(job);
}

/* 5.1: what each kind of request gets. */
static void answer_fault(struct vtd_job *job, int code)
{
    const struct vtd_fault *fault = vtd_fault_find((unsigned)code);

    if (!vtd_is_tr(job) || !fault) {
        refuse(job, SIM_DMA_UR);
        return;
    }
    switch (fault->ats) {
    case VTD_ATS_CA:
        refuse(job, SIM_DMA_ABORT);
        return;
    case VTD_ATS_S0:
    case VTD_ATS_SE: /* nothing is left of the rights, or it were no fault */
        answer_rights(job, 0);
        return;
    case VTD_ATS_UR:
    case VTD_ATS_ANY:
    case VTD_ATS_NONE:
        refuse(job, SIM_DMA_UR);
        return;
    }
}

static void end_page(struct vtd_job *job, int code)
{
    job->state = VTD_JOB_PAGE;
    vtd_job_land(job);
    vtd_prq_put(job, code);
}

void vtd_xlate_fault(struct vtd_job *job, int code)
{
    struct vtd *vtd = job->vtd;

    if (job->is_prefetch) {
        vtd_job_free(job);
        return;
    }
    vtd->stats.n_faults++;
    vtd_fault_put(vtd, &job->request, code, job->fpd, job->access_bits, job->iova);
    if (job->is_page) {
        end_page(job, code);
        return;
    }
    job->dma->event = (uint32_t)code;
    answer_fault(job, code);
}

/* What is asked for and exists; a device that does not mean to write is not given the right. */
static uint8_t granted(const struct vtd_job *job)
{
    return job->found.rights & (uint8_t)(VTD_PT_R | (job->wants_write ? VTD_PT_W : 0));
}

void vtd_xlate_found(struct vtd_job *job)
{
    const struct vtd *vtd = job->vtd;
    const uint64_t pa = pa_of(job);

    if (job->is_prefetch) {
        vtd_job_free(job);
        return;
    }
    if (is_interrupt_address(pa)) {
        vtd_xlate_fault(job, vtd_is_legacy(job) ? VTD_F_0Eh : VTD_F_87h);
        return;
    }
    if (job->has_walk)
        vtd_prefetch_next(job);
    if (vtd_is_tr(job)) {
        answer_rights(job, granted(job));
        return;
    }
    if (vtd->param.pmr_checked && is_protected(vtd, pa))
        refuse(job, SIM_DMA_UR);
    else
        refuse(job, SIM_DMA_OK);
}

/* ---- with its configuration ---- */

static int above_haw(const struct vtd_job *job)
{
    return vtd_is_legacy(job) ? VTD_F_04h : VTD_F_83h;
}

void vtd_xlate_translated(struct vtd_job *job)
{
    if (!vtd_address_fits(job->iova, job->vtd->caps.haw_bits)) {
        vtd_xlate_fault(job, above_haw(job));
        return;
    }
    found_identity(job, VTD_PT_R | VTD_PT_W);
    vtd_xlate_found(job);
}

/* 0, or what the entry has against the kind of access. */
static int refuses_access(const struct vtd_job *job)
{
    const struct vtd *vtd = job->vtd;
    const struct vtd_pasid *entry = &job->config.pasid;
    const bool is_supervisor = (job->access_bits & VTD_PT_SUPERVISOR) != 0;

    if (vtd_is_legacy(job))
        return 0;
    if (job->request.is_exec && vtd->caps.ver_max < VER_WITHOUT_EXECUTE)
        return VTD_F_5Ch;
    if (is_supervisor && vtd_has_fs(job) && !entry->fs.sre)
        return VTD_F_5Dh;
    if (is_supervisor && entry->pgtt == VTD_PGTT_PT && vtd->caps.choices.is_pt_sre_checked &&
        !entry->fs.sre)
        return VTD_F_5Dh;
    return 0;
}

static void pass_through(struct vtd_job *job)
{
    if (!vtd_address_fits(job->iova, job->vtd->caps.haw_bits)) {
        vtd_xlate_fault(job, above_haw(job));
        return;
    }
    found_identity(job, VTD_PT_R | VTD_PT_W);
    vtd_tlb_fill(job, &job->found);
    vtd_xlate_found(job);
}

/* A request without PASID to the interrupt range that is no interrupt (3.14, 4.2.3). */
static void end_interrupt_address(struct vtd_job *job)
{
    if (vtd_is_tr(job)) {
        found_identity(job, VTD_PT_W);
        answer_rights(job, VTD_PT_W);
    } else {
        vtd_xlate_fault(job, vtd_is_legacy(job) ? VTD_F_0Eh : VTD_F_87h);
    }
}

void vtd_xlate_configured(struct vtd_job *job)
{
    const int fault = refuses_access(job);

    job->is_configured = true;
    if (fault)
        vtd_xlate_fault(job, fault);
    else if (job->is_page)
        end_page(job, 0);
    else if (job->is_prefetch && !job->is_address)
        vtd_job_free(job);
    else if (!job->request.has_pasid && is_interrupt_address(job->iova) && !job->is_prefetch)
        end_interrupt_address(job);
    else if (job->config.pasid.pgtt == VTD_PGTT_PT)
        pass_through(job);
    else
        vtd_xlate_look(job); /* somebody may have filled it meanwhile */
}

/* ---- the IOTLB ---- */

/* An entry that grants too little does not say why: the walk does. */
static bool has_rights(const struct vtd_job *job)
{
    const unsigned rights = job->found.rights;
    unsigned needed = job->access_bits & (VTD_PT_R | VTD_PT_W);

    if (vtd_is_tr(job))
        needed = job->wants_write ? VTD_PT_W : 0;
    else if ((job->access_bits & VTD_PT_ZERO_LENGTH) && job->vtd->caps.zlr && (rights & VTD_PT_W))
        needed = 0;
    return !(needed & ~rights);
}

/* 05h and 06h depend on who asks. */
static int kept_fault(const struct vtd_job *job)
{
    if (job->found.fault == VTD_F_05h || job->found.fault == VTD_F_06h)
        return job->access_bits & VTD_PT_W ? VTD_F_05h : VTD_F_06h;
    return job->found.fault;
}

static bool use_tlb(struct vtd_job *job)
{
    if (!vtd_tlb_find(job))
        return false;
    if (job->found.fault) {
        job->fpd = job->found.fpd;
        vtd_xlate_fault(job, kept_fault(job));
        return true;
    }
    if (!has_rights(job) || is_interrupt_address(pa_of(job)))
        return false;
    job->vtd->stats.n_tlb_hits++;
    vtd_xlate_found(job);
    return true;
}

void vtd_xlate_look(struct vtd_job *job)
{
    struct vtd *vtd = job->vtd;

    vtd_replay_end(job);
    if (vtd->param.cache_mode == HW_CACHE_RANDOM)
        vtd_cache_shake(vtd);
    if (use_tlb(job))
        return;
    if (!job->is_missed && !job->is_prefetch) {
        job->is_missed = true;
        vtd->n_misses++;
    }
    if (job->is_configured)
        vtd_walk_start(job);
    else
        vtd_cfg_start(job);
}

/* ---- a request comes in ---- */

static enum vtd_request_kind kind_of(const struct sim_dma *dma)
{
    if (dma->kind == SIM_DMA_TRANSLATION_REQUEST)
        return VTD_REQUEST_TRANSLATION;
    return dma->kind == SIM_DMA_TRANSLATED ? VTD_REQUEST_TRANSLATED : VTD_REQUEST_UNTRANSLATED;
}

static void take_request(struct vtd_job *job)
{
    const struct sim_dma *dma = job->dma;
    const bool is_tr = dma->kind == SIM_DMA_TRANSLATION_REQUEST;
    const bool is_write = (dma->access & SIM_DMA_WRITE) != 0;

    job->request = (struct vtd_request){
        .source_id = (uint16_t)dma->requester,
        .kind = kind_of(dma),
        .has_pasid = dma->has_pasid,
        .pasid = dma->has_pasid ? dma->pasid & PASID_MASK : 0,
        .is_exec = is_tr && (dma->access & SIM_DMA_EXECUTE),
    };
    job->iova = dma->iova;
    job->pasid = job->request.pasid;
    if ((dma->access & (SIM_DMA_READ | SIM_DMA_EXECUTE)) || is_tr)
        job->access_bits |= VTD_PT_R;
    if (is_write)
        job->access_bits |= VTD_PT_W;
    if (dma->has_pasid && (dma->access & SIM_DMA_PRIVILEGED))
        job->access_bits |= VTD_PT_SUPERVISOR;
    if (dma->n_bytes == 0 && !is_write && !is_tr)
        job->access_bits |= VTD_PT_ZERO_LENGTH;
    job->wants_write = is_tr && (is_write || !job->vtd->caps.nwfs);
}

static bool is_interrupt(const struct vtd_job *job)
{
    return job->request.kind == VTD_REQUEST_UNTRANSLATED && !job->request.has_pasid &&
           (job->access_bits & (VTD_PT_R | VTD_PT_W)) == VTD_PT_W &&
           is_interrupt_address(job->iova);
}

/* Remapping of interrupts is not modelled: it goes wherever it goes, not to memory. */
static void end_interrupt(struct vtd_job *job)
{
    vtd_fact_unimpl(job->vtd, VTD_UNIMPL_INTERRUPT, job->request.source_id);
    job->is_interrupt = true;
    found_identity(job, VTD_PT_W);
    refuse(job, SIM_DMA_OK);
}

/* TES=0: addresses are physical, and nobody has ATS. */
static void pass_unchecked(struct vtd_job *job)
{
    const struct vtd *vtd = job->vtd;

    if (job->request.kind != VTD_REQUEST_UNTRANSLATED ||
        !vtd_address_fits(job->iova, vtd->caps.haw_bits) || is_protected(vtd, job->iova)) {
        refuse(job, SIM_DMA_UR);
        return;
    }
    found_identity(job, VTD_PT_R | VTD_PT_W);
    refuse(job, SIM_DMA_OK);
}

/* PCIe: a malformed packet. Nobody records it. */
static bool crosses_page(const struct vtd_job *job)
{
    const uint64_t size = UINT64_C(1) << VTD_PAGE_LOG2;

    return job->request.kind != VTD_REQUEST_TRANSLATION &&
           (job->iova & (size - 1)) + job->dma->n_bytes > size;
}

static void begin(struct vtd_job *job)
{
    struct vtd *vtd = job->vtd;
    int fault;

    if (crosses_page(job)) {
        refuse(job, SIM_DMA_UR);
        return;
    }
    if (is_interrupt(job)) {
        end_interrupt(job);
        return;
    }
    if (!vtd->is_translating) {
        pass_unchecked(job);
        return;
    }
    fault = vtd_root_refuses(&job->root, &vtd->caps, &job->request);
    if (fault)
        vtd_xlate_fault(job, fault);
    else if (job->request.kind == VTD_REQUEST_UNTRANSLATED)
        vtd_job_wake(job, VTD_JOB_TLB, vtd->param.tlb_cycles);
    else
        vtd_cfg_start(job);
}

static void count_request(struct vtd *vtd, const struct sim_dma *dma)
{
    vtd->stats.n_requests++;
    if (vtd_wants(vtd, SIM_FACT_DMA_ISSUED)) {
        const uint64_t rest[3] = {dma->iova, dma->access, 0};

        vtd_fact(vtd, SIM_FACT_DMA_ISSUED, dma->requester,
                 dma->has_pasid ? dma->pasid : SIM_NO_PASID, rest);
    }
}

bool vtd_submit(void *model, struct sim_dma *dma)
{
    struct vtd *vtd = model;
    const uint32_t limit = vtd->param.hit_under_miss;
    struct vtd_job *job;

    if (vtd->request_slots.n_free == 0 || vtd->n_replays || (limit && vtd->n_misses > limit))
        return false;
    job = vtd_job_new(vtd, &vtd->free_jobs, dma);
    if (!job)
        return false;
    dma->event = 0;
    vtd->request_slots.n_free--;
    job->has_slot = true;
    count_request(vtd, dma);
    take_request(job);
    begin(job);
    return true;
}

void vtd_page_request(void *model, const struct sim_page_request *request)
{
    struct vtd *vtd = model;
    struct vtd_job *job = vtd_job_new(vtd, &vtd->free_pages, NULL);
    int fault;

    if (!job) { /* more than are looked up at once: as if the queue were full */
        vtd_prq_drop(vtd, request);
        return;
    }
    job->page = *request;
    job->iova = request->address;
    job->request = (struct vtd_request){
        .source_id = (uint16_t)request->requester,
        .kind = VTD_REQUEST_PAGE,
        .has_pasid = request->has_pasid,
        .pasid = request->has_pasid ? request->pasid & PASID_MASK : 0,
    };
    job->pasid = job->request.pasid;
    if (request->access & SIM_DMA_READ)
        job->access_bits |= VTD_PT_R;
    if (request->access & SIM_DMA_WRITE)
        job->access_bits |= VTD_PT_W;
    fault = vtd_root_refuses(&job->root, &vtd->caps, &job->request);
    if (fault)
        vtd_xlate_fault(job, fault);
    else
        vtd_cfg_start(job);
}
