/* SPDX-License-Identifier: BSD-2-Clause
 * smmu_s2.c - stage 2: of a whole request, and of every address that stage 1 reads on its way
 * (3.3, 4.4 to 4.6).
 * Knows: stage 2 entries of the main TLB and of the walk cache, descriptors as smmu_pt_s2.c
 * explains them. Must not know: what stage 1 wants the address for beyond enum smmu_s2_use. */
#include "models/smmuv3/smmu_private.h"

enum {
    DESCRIPTOR_BYTES = 8,
};

/* Where a stage 2 translation stands. */
enum {
    S2_LOOKUP,
    S2_WALK,
};

static uint64_t offset_in(const struct smmu_translation *entry, uint64_t ipa)
{
    return ipa & ((UINT64_C(1) << entry->name.size_log2) - 1);
}

/* What this access needs of stage 2: structures are data reads of no privilege (4.4). */
static unsigned access_of(const struct smmu_job *job)
{
    if (job->s2_use == SMMU_S2_USE_IN)
        return job->access_bits;
    return SMMU_PT_R | SMMU_PT_S2_STRUCTURE |
           (job->s2_use == SMMU_S2_USE_TT_UPDATE ? (unsigned)SMMU_PT_W : 0);
}

void smmu_s2_translate(struct smmu_job *job, uint64_t ipa, enum smmu_s2_use use)
{
    job->ipa = ipa;
    job->s2_use = use;
    job->s2_phase = S2_LOOKUP;
    smmu_job_wake(job, SMMU_JOB_S2, smmu_tlb_lookup_cycles(job->smmu));
}

/* ---- it is known ---- */

/* Both stages: the smaller page, the rights that both give. */
static void combine(struct smmu_job *job)
{
    struct smmu_translation *both = &job->found;
    const struct smmu_translation *s2 = &job->s2_found;
    const uint64_t pa = s2->pa | offset_in(s2, job->ipa);

    if (s2->name.size_log2 < both->name.size_log2)
        both->name.size_log2 = s2->name.size_log2;
    both->name.va = job->walk_va >> both->name.size_log2 << both->name.size_log2;
    both->name.stage = SMMU_STAGE_BOTH;
    both->pa = pa >> both->name.size_log2 << both->name.size_log2;
    both->rights[0] &= s2->rights[0];
    both->rights[1] &= s2->rights[1];
}

static void translated(struct smmu_job *job)
{
    const uint64_t pa = job->s2_found.pa | offset_in(&job->s2_found, job->ipa);

    if (job->s2_use == SMMU_S2_USE_CD) {
        smmu_walk_release(job);
        smmu_cfg_translated(job, pa);
    } else if (job->s2_use == SMMU_S2_USE_TT) {
        smmu_walk_translated(job, pa);
    } else if (job->s2_use == SMMU_S2_USE_TT_UPDATE) {
        smmu_httu_write(job, pa);
    } else if (job->half) {
        combine(job);
        smmu_tlb_fill(job);
        job->is_walked = true;
        smmu_xlate_found(job);
    } else { /* stage 1 is skipped */
        job->found = job->s2_found;
        smmu_xlate_found(job);
    }
}

/* As in stage 1: what a translation request would write to becomes dirty if it may. What stage 1
 * makes read-only stays clean in both (3.13.7). */
static bool makes_dirty(const struct smmu_job *job)
{
    const bool is_privileged = (job->access_bits & SMMU_PT_PRIVILEGED) != 0;

    return job->wants_write && job->s2_use == SMMU_S2_USE_IN &&
           (!job->half || (job->found.rights[is_privileged] & SMMU_PT_W));
}

/* A TLB hit: only the rights are to be checked (the access flag was when it was filled). */
static bool is_allowed(const struct smmu_job *job)
{
    const struct smmu_translation *entry = &job->s2_found;
    const bool is_privileged = (job->access_bits & SMMU_PT_PRIVILEGED) != 0;

    if (job->s2_use != SMMU_S2_USE_IN)
        return !(access_of(job) & SMMU_PT_RWX & ~(unsigned)entry->rights[0]) &&
               !(job->s2.ptw && entry->is_device);
    if (makes_dirty(job) && job->s2.hd && !(entry->rights[is_privileged] & SMMU_PT_W))
        return false; /* it may only be clean */
    return !((job->access_bits & SMMU_PT_RWX) & ~entry->rights[is_privileged]);
}

/* ---- the walk ---- */

static void begin_walk(struct smmu_job *job)
{
    const struct smmu *smmu = job->smmu;
    const unsigned n_tried = smmu_walk_cache_find_s2(job);

    job->s2_phase = S2_WALK;
    smmu_job_wake(job, SMMU_JOB_S2,
                  (uint64_t)n_tried * smmu->param.walk_cycles + smmu->param.step_cycles);
}

void smmu_s2_start(struct smmu_job *job)
{
    if (job->has_walk || smmu_walk_take(job, SMMU_NO_PAGE))
        begin_walk(job);
}

static void descriptor_read(void *ctx)
{
    struct smmu_job *job = ctx;
    struct smmu *smmu = job->smmu;
    const struct hw_walk_result at = job->s2_step.at;
    uint64_t value;

    job->is_reading = false;
    if (job->is_zombie) {
        smmu_job_free(job);
        return;
    }
    if (job->access.status != SIM_ACCESS_OK) {
        job->s2_step.at.reason = HW_WALK_EABT;
    } else {
        value = smmu_descriptor_of(job, job->ste.s2.is_big_endian);
        job->s2_descriptor = value;
        smmu_fact(smmu, SIM_FACT_WALK_STEP, SIM_S_PTE_S2, (uint64_t)(int64_t)at.level,
                  (const uint64_t[3]){at.address, value});
        smmu_pt_s2_next(&job->s2, job->ipa, value, &job->s2_step);
        smmu_walk_cache_fill_s2(job);
    }
    smmu_job_wake(job, SMMU_JOB_S2, smmu->param.step_cycles);
}

static void read_descriptor(struct smmu_job *job)
{
    job->access = (struct sim_access){
        .pa = job->s2_step.at.address,
        .n_bytes = DESCRIPTOR_BYTES,
        .op = SIM_ACCESS_READ,
        .structure = SIM_S_PTE_S2,
        .done = {descriptor_read, job},
    };
    job->is_reading = true;
    job->smmu->stats.n_walk_reads++;
    smmu_port_access(job->smmu, &job->access);
}

static void take_leaf(struct smmu_job *job)
{
    const struct smmu_pt_s2_leaf *leaf = &job->s2_step.leaf;
    const uint8_t size_log2 =
        smmu_entry_log2(job->smmu, leaf->page_log2, leaf->contig_log2, leaf->pa, job->ipa);

    job->s2_found = (struct smmu_translation){
        .name = {.va = job->ipa >> size_log2 << size_log2,
                 .vmid = (uint16_t)job->ste.vmid,
                 .world = (uint8_t)job->ste.world,
                 .size_log2 = size_log2,
                 .leaf_log2 = size_log2,
                 .granule_log2 = job->s2.granule_log2,
                 .level = (int8_t)leaf->level,
                 .stage = SMMU_STAGE_2},
        .pa = leaf->pa >> size_log2 << size_log2,
        .rights = {(uint8_t)smmu_pt_s2_rights(&job->s2, leaf, false),
                   (uint8_t)smmu_pt_s2_rights(&job->s2, leaf, true)},
        .is_device = leaf->is_device,
    };
}

static void use_leaf(struct smmu_job *job)
{
    take_leaf(job);
    if (smmu_pt_s2_is_clean(&job->s2,
                            &job->s2_step.leaf)) { /* the first write has to come by here */
        job->s2_found.rights[0] &= (uint8_t)~SMMU_PT_W;
        job->s2_found.rights[1] &= (uint8_t)~SMMU_PT_W;
    }
    smmu_tlb_fill_s2(job);
    translated(job);
}

/* An update of stage 2 may come in the middle of one of stage 1: what that one wants is kept. */
static void update_leaf(struct smmu_job *job, bool is_dirty)
{
    job->s2_httu_kept = (struct smmu_httu){job->httu_old, job->httu_stage, job->httu_dirty};
    smmu_httu_start(job, SMMU_STAGE_2, job->s2_descriptor, is_dirty);
    smmu_httu_write(job, job->s2_step.descriptor);
}

void smmu_s2_updated(struct smmu_job *job, bool is_good, bool is_changed)
{
    struct smmu_pt_s2_leaf *leaf = &job->s2_step.leaf;
    const bool is_dirty = job->httu_dirty;

    job->httu_old = job->s2_httu_kept.old;
    job->httu_stage = job->s2_httu_kept.stage;
    job->httu_dirty = job->s2_httu_kept.is_dirty;
    if (!is_good) {
        smmu_xlate_s2_fault(job, HW_WALK_EABT);
        return;
    }
    if (!is_changed) { /* read it again */
        job->s2_step.at.reason = HW_WALK_TABLE;
        job->s2_step.at.address = job->s2_step.descriptor;
        smmu_job_wake(job, SMMU_JOB_S2, job->smmu->param.step_cycles);
        return;
    }
    leaf->af = true;
    if (is_dirty)
        leaf->s2ap |= SMMU_S2_PAGE_S2AP_W;
    use_leaf(job);
}

static struct smmu_pt_verdict check_leaf(const struct smmu_job *job)
{
    const struct smmu_pt_s2_leaf *leaf = &job->s2_step.leaf;
    const bool wants_write = makes_dirty(job);
    const struct smmu_pt_verdict asked =
        smmu_pt_s2_check(&job->s2, leaf, access_of(job) | (wants_write ? (unsigned)SMMU_PT_W : 0));

    if (wants_write && (asked.reason != HW_WALK_OK || !asked.set_dirty))
        return smmu_pt_s2_check(&job->s2, leaf, access_of(job));
    return asked;
}

static void go_on(struct smmu_job *job)
{
    struct smmu_pt_verdict verdict;

    if (job->s2_step.at.reason == HW_WALK_TABLE) {
        read_descriptor(job);
        return;
    }
    if (job->s2_step.at.reason != HW_WALK_OK) {
        smmu_xlate_s2_fault(job, job->s2_step.at.reason);
        return;
    }
    verdict = check_leaf(job);
    if (verdict.reason != HW_WALK_OK) {
        smmu_xlate_s2_fault(job, verdict.reason);
        return;
    }
    if (job->is_prefetch && verdict.set_af) /* memory is changed for requests only */
        smmu_job_free(job);
    else if (verdict.set_af || verdict.set_dirty)
        update_leaf(job, verdict.set_dirty);
    else
        use_leaf(job);
}

/* A look-up ended: an entry that does not allow the access may only be clean. */
static void look(struct smmu_job *job)
{
    const bool is_found = smmu_tlb_find_s2(job);

    if (is_found && is_allowed(job))
        translated(job);
    else if (is_found && !job->s2.hd)
        smmu_xlate_s2_fault(job, HW_WALK_PERMISSION);
    else
        smmu_s2_start(job);
}

void smmu_s2_go(struct smmu_job *job)
{
    if (job->s2_phase == S2_WALK)
        go_on(job);
    else
        look(job);
}
