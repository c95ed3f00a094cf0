/* SPDX-License-Identifier: BSD-2-Clause
 * fuzz_check.c - what must hold of an SMMUv3 whatever software and devices do.
 * Knows: registers, queue pointers, the slots inside the model. Must not know: how the machine got
 * where it is. */
#include "models/common/hw_ring.h"
#include "models/smmuv3/smmu_private.h"
#include "sim/diag.h"
#include "sim/time.h"
#include "tests/fuzz/fuzz_smmu.h"

/* CR0ACK: SMMUEN PRIQEN EVENTQEN CMDQEN ATSCHK VMW[8:6] DPT_WALK_EN (6.3.10). */
#define CR0ACK_BITS UINT64_C(0x5df)
#define IRQ_CTRLACK_BITS UINT64_C(7)

/* Looked at after every event: a table of registers to search would cost more than the model. */
static const uint64_t *reg(const struct fuzz *fuzz, enum smmu_reg_index index)
{
    return &((const struct smmu *)fuzz->iommu.model)->reg[index];
}

void fuzz_look(const struct fuzz *fuzz, struct fuzz_seen *seen)
{
    *seen = (struct fuzz_seen){
        .cr0ack = *reg(fuzz, SMMU_RI_CR0ACK),
        .irq_ctrlack = *reg(fuzz, SMMU_RI_IRQ_CTRLACK),
        .cmdq_cons = *reg(fuzz, SMMU_RI_CMDQ_CONS),
        .evtq_prod = *reg(fuzz, SMMU_RI_EVENTQ_PROD),
        .n_recorded = fuzz->n_recorded,
        .n_overflows = fuzz->n_overflows,
    };
}

static unsigned log2_size(const struct fuzz *fuzz, enum smmu_reg_index base)
{
    const uint64_t *idr1 = reg(fuzz, SMMU_RI_IDR1);
    const bool is_cmdq = base == SMMU_RI_CMDQ_BASE;
    const unsigned most = (unsigned)(is_cmdq ? smmu_IDR1_CMDQS(idr1) : smmu_IDR1_EVENTQS(idr1));
    const unsigned wanted = (unsigned)smmu_CMDQ_BASE_LOG2SIZE(reg(fuzz, base));

    return wanted < most ? wanted : most;
}

unsigned fuzz_cmdq_log2(const struct fuzz *fuzz)
{
    return log2_size(fuzz, SMMU_RI_CMDQ_BASE);
}

/* ---- the command queue ---- */

static bool is_cmdq_on(const struct fuzz *fuzz)
{
    const uint64_t enables = *reg(fuzz, SMMU_RI_CR0) | *reg(fuzz, SMMU_RI_CR0ACK);

    return smmu_CR0_CMDQEN(&enables) != 0;
}

void fuzz_check_prod(struct fuzz *fuzz, const struct fuzz_seen *before, uint64_t prod_before)
{
    const unsigned log2 = log2_size(fuzz, SMMU_RI_CMDQ_BASE);
    const uint32_t cons = hw_ring_pos(*reg(fuzz, SMMU_RI_CMDQ_CONS), log2);
    const uint32_t cons_before = hw_ring_pos(before->cmdq_cons, log2);
    const uint32_t prod = hw_ring_pos(*reg(fuzz, SMMU_RI_CMDQ_PROD), log2);
    const uint32_t used = hw_ring_used(prod, cons, log2);

    if (!is_cmdq_on(fuzz)) {
        fuzz->is_abused = false;
        return;
    }
    /* More commands than the queue holds, commands taken back, or rules of guards broken that this
     * SMMU does not hold software to. */
    if (used > UINT32_C(1) << log2 || fuzz->config.param.guards ||
        used < hw_ring_used(hw_ring_pos(prod_before, log2), cons_before, log2))
        fuzz->is_abused = true;
}

static void check_cons(const struct fuzz *fuzz, const struct fuzz_seen *before)
{
    const unsigned log2 = log2_size(fuzz, SMMU_RI_CMDQ_BASE);
    const uint32_t cons = hw_ring_pos(*reg(fuzz, SMMU_RI_CMDQ_CONS), log2);
    const uint32_t cons_before = hw_ring_pos(before->cmdq_cons, log2);
    const uint32_t prod = hw_ring_pos(*reg(fuzz, SMMU_RI_CMDQ_PROD), log2);

    if (!fuzz->is_abused)
        SIM_BUG_ON(hw_ring_used(prod, cons, log2) > hw_ring_used(prod, cons_before, log2));
}

/* ---- the event queue ---- */

static void check_evtq(const struct fuzz *fuzz, const struct fuzz_seen *before)
{
    const unsigned log2 = log2_size(fuzz, SMMU_RI_EVENTQ_BASE);
    const uint64_t prod = *reg(fuzz, SMMU_RI_EVENTQ_PROD);
    const uint32_t moved =
        hw_ring_used(hw_ring_pos(prod, log2), hw_ring_pos(before->evtq_prod, log2), log2);
    const bool is_flipped =
        smmu_EVENTQ_PROD_OVFLG(&prod) != smmu_EVENTQ_PROD_OVFLG(&before->evtq_prod);

    SIM_BUG_ON(moved != hw_ring_pos(fuzz->n_recorded - before->n_recorded, log2));
    SIM_BUG_ON(is_flipped != (fuzz->n_overflows - before->n_overflows) % 2);
}

void fuzz_check_record(const struct fuzz *fuzz, const struct sim_fact *fact)
{
    const unsigned log2 = log2_size(fuzz, SMMU_RI_EVENTQ_BASE);
    const uint64_t *base = reg(fuzz, SMMU_RI_EVENTQ_BASE);
    const uint64_t first = smmu_EVENTQ_BASE_ADDR_addr(base) & ~((UINT64_C(32) << log2) - 1);
    const uint64_t prod = *reg(fuzz, SMMU_RI_EVENTQ_PROD);
    const uint64_t pa = fact->arg[4];
    const uint64_t word = sim_mem_read64(fuzz->mem, pa);

    if (fuzz->config.param.guards) /* the queue may be moved while a record is written */
        return;
    SIM_BUG_ON(pa != first + 32 * (uint64_t)hw_ring_index(prod - 1, log2));
    SIM_BUG_ON(smmu_F_TRANSLATION_number(&word) != fact->arg[0]);
    SIM_BUG_ON(smmu_F_TRANSLATION_SID(&word) != fact->arg[1]);
}

/* ---- handshakes, reset ---- */

/* An acknowledge bit moves only to what software wrote. */
void fuzz_check_handshakes(const struct fuzz *fuzz, const struct fuzz_seen *before)
{
    const uint64_t cr0 = *reg(fuzz, SMMU_RI_CR0);
    const uint64_t cr0ack = *reg(fuzz, SMMU_RI_CR0ACK);
    const uint64_t irq_ctrl = *reg(fuzz, SMMU_RI_IRQ_CTRL);
    const uint64_t irq_ctrlack = *reg(fuzz, SMMU_RI_IRQ_CTRLACK);

    SIM_BUG_ON((cr0ack ^ before->cr0ack) & (cr0ack ^ cr0));
    SIM_BUG_ON((irq_ctrlack ^ before->irq_ctrlack) & (irq_ctrlack ^ irq_ctrl));
    SIM_BUG_ON((cr0 | cr0ack) & ~CR0ACK_BITS);
    SIM_BUG_ON((irq_ctrl | irq_ctrlack) & ~IRQ_CTRLACK_BITS);
}

/* Out of reset, and nobody has written a register: nothing of the life before shows. */
static void check_fresh(const struct fuzz *fuzz)
{
    SIM_BUG_ON(*reg(fuzz, SMMU_RI_CR0ACK));
    SIM_BUG_ON(*reg(fuzz, SMMU_RI_GERROR));
    SIM_BUG_ON(*reg(fuzz, SMMU_RI_CMDQ_CONS));
    SIM_BUG_ON(*reg(fuzz, SMMU_RI_EVENTQ_PROD));
}

void fuzz_check_access(const struct fuzz *fuzz, const struct sim_access *access)
{
    const struct smmu *smmu = fuzz->iommu.model;

    SIM_BUG_ON(access->n_bytes == 0 || access->n_bytes > SIM_ACCESS_MAX_BYTES);
    if (!fuzz->is_just_reset)
        return;
    /* Only devices move, and they bypass. */
    SIM_BUG_ON(access->structure != SIM_S_OTHER);
    for (unsigned i = 0; i < SMMU_N_MSI; i++)
        SIM_BUG_ON(access == &smmu->msi[i].access);
}

void fuzz_check_event(struct fuzz *fuzz, const struct fuzz_seen *before)
{
    fuzz_check_handshakes(fuzz, before);
    check_cons(fuzz, before);
    check_evtq(fuzz, before);
    if (fuzz->is_just_reset)
        check_fresh(fuzz);
    if (!is_cmdq_on(fuzz))
        fuzz->is_abused = false;
}

/* ---- answers ---- */

void fuzz_check_answer(const struct fuzz_dma *dma)
{
    const struct sim_dma *d = &dma->dma;

    SIM_BUG_ON(!dma->is_taken || dma->n_answers != 1);
    SIM_BUG_ON(d->status == SIM_DMA_PENDING);
    if (d->status != SIM_DMA_OK)
        return;
    /* A translation request is told of a fault by rights that it does not get. */
    if (d->kind == SIM_DMA_TRANSLATION_REQUEST && !(d->granted & (SIM_DMA_READ | SIM_DMA_WRITE)))
        return;
    SIM_BUG_ON(d->page_log2 < 12 || d->page_log2 > 52);
    SIM_BUG_ON((d->pa ^ d->iova) & ((UINT64_C(1) << d->page_log2) - 1));
    SIM_BUG_ON(d->event);
}

/* ---- at rest ---- */

static void check_tlb_counts(const struct smmu_main_tlb *tlb)
{
    uint32_t n_pages[64] = {0};
    uint32_t n_valid = 0;

    for (uint32_t i = 0; i < hw_tlb_n_entries(&tlb->tags); i++) {
        if (!hw_tlb_is_valid(&tlb->tags, i))
            continue;
        n_valid++;
        n_pages[tlb->data[i].name.size_log2 & 63]++;
    }
    SIM_BUG_ON(n_valid != tlb->tags.n_valid);
    for (unsigned i = 0; i < 64; i++) {
        SIM_BUG_ON(n_pages[i] != tlb->sizes.n_entries[i]);
        SIM_BUG_ON((tlb->sizes.in_use >> i & 1) != (n_pages[i] != 0));
    }
}

void fuzz_check_purged(const struct fuzz *fuzz)
{
    const struct smmu *smmu = fuzz->iommu.model;
    const struct smmu_caches *cache = &smmu->cache;

    if (smmu->param.prefetch != SMMU_PREFETCH_NONE) /* somebody may always come (K01) */
        return;
    SIM_BUG_ON(cache->l1std.n_valid || cache->ste.n_valid);
    SIM_BUG_ON(cache->l1cd.n_valid || cache->cd.n_valid);
    SIM_BUG_ON(cache->tlb.tags.n_valid || cache->walk.n_valid);
    for (uint32_t i = 0; i < smmu->param.n_tbus; i++)
        SIM_BUG_ON(smmu->tbu[i].utlb.n_valid || smmu->tbu[i].tlb.tags.n_valid);
}

static uint32_t length_of(const struct hw_fifo *fifo)
{
    uint32_t n = 0;

    for (const struct hw_link *link = fifo->head; link; link = link->next)
        n++;
    return n;
}

/* Who waits for software is stalled: it has a token of its own and a record, or waits for a token
 * while none is free, or for another one like it. */
static void check_stall(const struct smmu *smmu, const struct smmu_job *job)
{
    SIM_BUG_ON(!job->dma || job->is_in_flight || job->has_tcu || job->has_walk);
    if (job->state == SMMU_JOB_STALLED) {
        SIM_BUG_ON(!job->has_stag || smmu->stalls[job->stag] != job);
        SIM_BUG_ON(!job->is_recorded && !smmu->events_held.head);
        return;
    }
    SIM_BUG_ON(job->has_stag);
    for (uint32_t i = 0; job->state == SMMU_JOB_STALL_WAIT && i < smmu->n_stalls; i++)
        SIM_BUG_ON(!smmu->stalls[i]);
}

static bool is_stalled(const struct smmu_job *job)
{
    return job->state == SMMU_JOB_STALLED || job->state == SMMU_JOB_STALL_WAIT ||
           job->state == SMMU_JOB_STALL_TWIN;
}

uint32_t fuzz_check_stalls(const struct fuzz *fuzz)
{
    const struct smmu *smmu = fuzz->iommu.model;
    uint32_t n_stalled = 0;

    for (uint32_t i = 0; i < smmu->n_jobs; i++) {
        if (!is_stalled(&smmu->jobs[i]))
            continue;
        check_stall(smmu, &smmu->jobs[i]);
        n_stalled++;
    }
    for (uint32_t i = 0; i < smmu->n_stalls; i++)
        SIM_BUG_ON(smmu->stalls[i] && smmu->stalls[i]->state != SMMU_JOB_STALLED);
    SIM_BUG_ON(n_stalled && !smmu->is_enabled);
    return n_stalled;
}

/* Every slot has come back, but those of the TBU that stalled requests keep. */
static void check_slots(const struct smmu *smmu, uint32_t n_stalled)
{
    uint32_t n_tbu = n_stalled;

    SIM_BUG_ON(length_of(&smmu->free_jobs) + length_of(&smmu->free_pages) + n_stalled !=
               smmu->n_jobs);
    SIM_BUG_ON(smmu->pages_waiting.head || smmu->pages_writing.head || smmu->n_pages_writing);
    SIM_BUG_ON(smmu->flight.n[0] || smmu->flight.n[1] || smmu->n_prefetches);
    SIM_BUG_ON(smmu->tcu.n_free != smmu->param.tcu_slots || smmu->tcu.waiting.head);
    SIM_BUG_ON(smmu->fetcher.slots.n_free != smmu->fetcher.n_fetches ||
               smmu->fetcher.slots.waiting.head);
    SIM_BUG_ON(smmu->walk_slots.n_free != smmu->param.walk_slots || smmu->walk_slots.waiting.head);
    SIM_BUG_ON(smmu->events_waiting.head || smmu->events_writing.head || smmu->n_events_writing);
    for (uint32_t i = 0; i < smmu->param.n_tbus; i++)
        n_tbu += smmu->tbu[i].n_free;
    SIM_BUG_ON(n_tbu != smmu->param.n_tbus * smmu->param.tbu_slots);
    for (uint32_t i = 0; i < smmu->fetcher.n_fetches; i++)
        SIM_BUG_ON(smmu->fetcher.fetches[i].is_busy);
    for (uint32_t i = 0; i < smmu->param.walk_slots; i++)
        SIM_BUG_ON(smmu->walkers[i].job);
    SIM_BUG_ON(smmu->cmdq.n_inval || smmu->cmdq.is_decoding || smmu->cmdq.is_syncing);
}

static void check_registers(const struct fuzz *fuzz)
{
    const unsigned log2 = log2_size(fuzz, SMMU_RI_CMDQ_BASE);
    const uint64_t gbpa = *reg(fuzz, SMMU_RI_GBPA);
    const uint64_t errors = *reg(fuzz, SMMU_RI_GERROR) ^ *reg(fuzz, SMMU_RI_GERRORN);
    const uint64_t unread = hw_ring_used(hw_ring_pos(*reg(fuzz, SMMU_RI_CMDQ_PROD), log2),
                                         hw_ring_pos(*reg(fuzz, SMMU_RI_CMDQ_CONS), log2), log2);

    SIM_BUG_ON(*reg(fuzz, SMMU_RI_CR0) != *reg(fuzz, SMMU_RI_CR0ACK));
    SIM_BUG_ON(*reg(fuzz, SMMU_RI_IRQ_CTRL) != *reg(fuzz, SMMU_RI_IRQ_CTRLACK));
    SIM_BUG_ON(smmu_GBPA_Update(&gbpa));
    if (is_cmdq_on(fuzz) && !smmu_GERROR_CMDQ_ERR(&errors) && !fuzz->is_abused)
        SIM_BUG_ON(unread);
}

/* Whoever has stalled waits for software, and keeps what it holds. Not across a reset. */
static bool may_wait(const struct fuzz *fuzz)
{
    const uint64_t *idr0 = reg(fuzz, SMMU_RI_IDR0);

    return smmu_IDR0_STALL_MODEL(idr0) != SMMU_IDR0_STALL_MODEL_TERMINATE && !fuzz->is_just_reset;
}

void fuzz_check_rest(const struct fuzz *fuzz)
{
    const struct smmu *smmu = fuzz->iommu.model;
    const uint32_t n_stalled = fuzz_check_stalls(fuzz);
    uint32_t n_open = 0;

    SIM_BUG_ON(fuzz->iommu.ops->next_event_ps(fuzz->iommu.model) != SIM_TIME_NEVER);
    for (uint32_t i = 0; i < fuzz->n_dmas; i++) {
        SIM_BUG_ON(fuzz->dmas[i].n_answers > fuzz->dmas[i].is_taken);
        n_open += fuzz->dmas[i].is_taken - fuzz->dmas[i].n_answers;
    }
    SIM_BUG_ON(n_open != n_stalled || (n_stalled && !may_wait(fuzz)));
    check_registers(fuzz);
    check_slots(smmu, n_stalled);
    check_tlb_counts(&smmu->cache.tlb);
    for (uint32_t i = 0; i < smmu->param.n_tbus; i++)
        check_tlb_counts(&smmu->tbu[i].tlb);
}
