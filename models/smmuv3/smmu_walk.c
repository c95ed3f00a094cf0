/* SPDX-License-Identifier: BSD-2-Clause
 * smmu_walk.c - reads the descriptors of a stage 1 walk, one after the other (4.3).
 * Knows: walk slots, descriptors as smmu_pt.c explains them. Must not know: who wants the walk. */
#include "models/smmuv3/smmu_private.h"

enum {
    DESCRIPTOR_BYTES = 8,
    PAGE_LOG2 = 12, /* requests of one such page share a walk */
    TOP_BYTE_SHIFT = 8,
};

/* Did @other begin under the same tables, and is it still looking? */
static bool is_twin(const struct smmu_job *other, const struct smmu_job *job)
{
    return other->cd.asid == job->cd.asid && other->ste.vmid == job->ste.vmid &&
           other->ste.world == job->ste.world && other->ste.has_s2 == job->ste.has_s2 &&
           other->epoch == job->epoch && !other->is_walked;
}

/* Who walks for the same page as @job, or NULL. Walkers that are busy stand close together. */
static struct smmu_job *find_twin(const struct smmu_job *job)
{
    const struct smmu *smmu = job->smmu;
    const uint64_t page = job->iova >> PAGE_LOG2;
    uint32_t n_busy = smmu->param.walk_slots - smmu->walk_slots.n_free;

    for (const struct smmu_walker *walker = smmu->walkers; n_busy; walker++) {
        if (!walker->job)
            continue;
        if (walker->page == page && is_twin(walker->job, job))
            return walker->job;
        n_busy--;
    }
    return NULL;
}

static uint32_t free_walker(const struct smmu *smmu)
{
    uint32_t i = 0;

    while (smmu->walkers[i].job)
        i++;
    return i;
}

bool smmu_walk_take(struct smmu_job *job, uint64_t page)
{
    struct smmu *smmu = job->smmu;

    if (smmu->walk_slots.n_free == 0 && job->is_prefetch) { /* is in nobody's way */
        smmu_job_free(job);
        return false;
    }
    if (smmu->walk_slots.n_free == 0) {
        job->state = page == SMMU_NO_PAGE ? SMMU_JOB_S2_WAIT : SMMU_JOB_WALK_WAIT;
        hw_fifo_put(&smmu->walk_slots.waiting, &job->link);
        return false;
    }
    smmu->walk_slots.n_free--;
    job->has_walk = true;
    job->walk_index = free_walker(smmu);
    smmu->walkers[job->walk_index] = (struct smmu_walker){job, page};
    smmu->stats.n_walks++;
    return true;
}

void smmu_walk_start(struct smmu_job *job)
{
    struct smmu *smmu = job->smmu;
    struct smmu_job *twin = find_twin(job);
    unsigned n_tried;

    if (twin) {
        job->state = SMMU_JOB_WALK_WAIT;
        hw_fifo_put(&twin->followers, &job->link);
        return;
    }
    if (!smmu_walk_take(job, job->iova >> PAGE_LOG2))
        return;
    job->walk_va = job->half->tbi
                       ? (uint64_t)((int64_t)(job->iova << TOP_BYTE_SHIFT) >> TOP_BYTE_SHIFT)
                       : job->iova;
    job->found.name = (struct smmu_name){
        .asid = job->cd.asid,
        .vmid = (uint16_t)job->ste.vmid,
        .world = (uint8_t)job->ste.world,
        .stage = SMMU_STAGE_1,
        .granule_log2 = job->half->granule_log2,
        .is_tbi = job->half->tbi,
    };
    n_tried = smmu_walk_cache_find(job);
    smmu_job_wake(job, SMMU_JOB_WALK,
                  (uint64_t)n_tried * smmu->param.walk_cycles + smmu->param.step_cycles);
}

/* Where there is no main TLB that could tell, the walk does. */
static void hand_over(const struct smmu_job *job, struct smmu_job *follower)
{
    if (job->smmu->param.tlb_entries || !job->is_walked) {
        smmu_xlate_lookup(follower);
        return;
    }
    follower->found = job->found;
    follower->has_found = true;
    smmu_job_wake(follower, SMMU_JOB_TLB, 0);
}

void smmu_walk_release(struct smmu_job *job)
{
    struct smmu *smmu = job->smmu;
    struct hw_fifo followers = job->followers;
    struct smmu_job *next;

    if (!job->has_walk)
        return;
    job->has_walk = false;
    job->followers = (struct hw_fifo){0};
    smmu->walkers[job->walk_index].job = NULL;
    smmu->walk_slots.n_free++;
    while ((next = hw_fifo_take(&followers)))
        hand_over(job, next);
    next = hw_fifo_take(&smmu->walk_slots.waiting);
    if (next && next->state == SMMU_JOB_S2_WAIT)
        smmu_s2_start(next);
    else if (next)
        smmu_walk_start(next);
}

/* ---- one descriptor ---- */

uint64_t smmu_descriptor_of(const struct smmu_job *job, bool is_big_endian)
{
    const uint8_t *bytes = job->access.data;
    uint64_t value = 0;

    for (unsigned i = 0; i < DESCRIPTOR_BYTES; i++) {
        const unsigned place = is_big_endian ? DESCRIPTOR_BYTES - 1 - i : i;

        value |= (uint64_t)bytes[i] << (8 * place);
    }
    return value;
}

static void descriptor_read(void *ctx)
{
    struct smmu_job *job = ctx;
    struct smmu *smmu = job->smmu;
    const struct hw_walk_result at = job->step.at;
    uint64_t value;

    job->is_reading = false;
    if (job->is_zombie) {
        smmu_job_free(job);
        return;
    }
    if (job->access.status != SIM_ACCESS_OK) {
        job->step.at.reason = HW_WALK_EABT;
        smmu_job_wake(job, SMMU_JOB_WALK, smmu->param.step_cycles);
        return;
    }
    value = smmu_descriptor_of(job, job->cd.is_big_endian);
    smmu_fact(smmu, SIM_FACT_WALK_STEP, SIM_S_PTE_S1, (uint64_t)(int64_t)at.level,
              (const uint64_t[3]){at.address, value});
    job->descriptor = value;
    smmu_pt_next(job->half, job->iova, value, &job->step);
    smmu_walk_cache_fill(job);
    smmu_job_wake(job, SMMU_JOB_WALK, smmu->param.step_cycles);
}

void smmu_walk_translated(struct smmu_job *job, uint64_t pa)
{
    struct sim_access *access = &job->access;

    *access = (struct sim_access){
        .pa = pa,
        .n_bytes = DESCRIPTOR_BYTES,
        .op = SIM_ACCESS_READ,
        .structure = SIM_S_PTE_S1,
        .done = {descriptor_read, job},
    };
    job->is_reading = true;
    job->smmu->stats.n_walk_reads++;
    smmu_port_access(job->smmu, access);
}

/* Under stage 2 the tables of stage 1 have intermediate addresses. */
static void read_descriptor(struct smmu_job *job)
{
    if (job->ste.has_s2)
        smmu_s2_translate(job, job->step.at.address, SMMU_S2_USE_TT);
    else
        smmu_walk_translated(job, job->step.at.address);
}

/* A leaf: what it grants, whoever asks. */
static void take_leaf(struct smmu_job *job)
{
    const struct smmu_pt_leaf *leaf = &job->step.leaf;
    struct smmu_translation *found = &job->found;
    const uint8_t size_log2 =
        smmu_entry_log2(job->smmu, leaf->page_log2, leaf->contig_log2, leaf->pa, job->iova);

    found->name.size_log2 = size_log2;
    found->name.leaf_log2 = size_log2;
    found->name.level = (int8_t)leaf->level;
    found->name.va = job->walk_va >> size_log2 << size_log2;
    found->name.is_global = smmu_is_global(job);
    found->pa = leaf->pa >> size_log2 << size_log2;
    found->rights[0] = (uint8_t)smmu_pt_rights(job->half, leaf, false);
    found->rights[1] = (uint8_t)smmu_pt_rights(job->half, leaf, true);
    if (smmu_pt_is_clean(job->half, leaf)) { /* the first write has to come by here */
        found->rights[0] &= (uint8_t)~SMMU_PT_W;
        found->rights[1] &= (uint8_t)~SMMU_PT_W;
    }
}

static void use_leaf(struct smmu_job *job)
{
    take_leaf(job);
    /* 3.9.1.2: a page that stage 1 gives no right to is not looked up in stage 2 */
    if (job->ats == SIM_DMA_TRANSLATION_REQUEST && !smmu_ats_granted(job)) {
        smmu_ats_answer_nothing(job);
        return;
    }
    if (job->ste.has_s2) {
        smmu_s2_translate(job, job->step.leaf.pa, SMMU_S2_USE_IN);
        return;
    }
    smmu_tlb_fill(job);
    job->is_walked = true;
    smmu_xlate_found(job);
}

/* 3.13: under stage 2 the descriptor must be writable there. */
static void update_leaf(struct smmu_job *job, bool is_dirty)
{
    smmu_httu_start(job, SMMU_STAGE_1, job->descriptor, is_dirty);
    if (job->ste.has_s2)
        smmu_s2_translate(job, job->step.descriptor, SMMU_S2_USE_TT_UPDATE);
    else
        smmu_httu_write(job, job->step.descriptor);
}

void smmu_walk_updated(struct smmu_job *job, bool is_good, bool is_changed)
{
    struct smmu_pt_leaf *leaf = &job->step.leaf;

    if (!is_good) {
        smmu_xlate_walk_fault(job, HW_WALK_EABT);
        return;
    }
    if (!is_changed) { /* read it again */
        job->step.at.reason = HW_WALK_TABLE;
        job->step.at.address = job->step.descriptor;
        smmu_job_wake(job, SMMU_JOB_WALK, job->smmu->param.step_cycles);
        return;
    }
    leaf->af = true;
    if (job->httu_dirty)
        leaf->ap &= (uint8_t)~SMMU_S1_PAGE_AP_PRIV_RO;
    use_leaf(job);
}

/* A translation request asks for no right. If the device would write to a page that is only clean,
 * it becomes dirty now, provided that it may. */
static struct smmu_pt_verdict check_leaf(const struct smmu_job *job)
{
    const struct smmu_pt_leaf *leaf = &job->step.leaf;
    const struct smmu_pt_verdict asked =
        smmu_pt_check(job->half, leaf, job->access_bits | (job->wants_write ? SMMU_PT_W : 0));

    if (job->wants_write && (asked.reason != HW_WALK_OK || !asked.set_dirty))
        return smmu_pt_check(job->half, leaf, job->access_bits);
    return asked;
}

void smmu_walk_go(struct smmu_job *job)
{
    struct smmu_pt_verdict verdict;

    if (job->step.at.reason == HW_WALK_TABLE) {
        read_descriptor(job);
        return;
    }
    if (job->step.at.reason != HW_WALK_OK) {
        smmu_xlate_walk_fault(job, job->step.at.reason);
        return;
    }
    verdict = check_leaf(job);
    if (verdict.reason != HW_WALK_OK) {
        smmu_xlate_walk_fault(job, verdict.reason);
        return;
    }
    if (job->is_prefetch && verdict.set_af) /* memory is changed for requests only */
        smmu_job_free(job);
    else if (verdict.set_af || verdict.set_dirty)
        update_leaf(job, verdict.set_dirty);
    else
        use_leaf(job);
}
