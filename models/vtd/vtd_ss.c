/* SPDX-License-Identifier: BSD-2-Clause
 * vtd_ss.c - the entries of a second stage, one after the other: for a request's own address, for
 * what the first stage made of it, for the first stage's tables (3.7, 3.8).
 * Knows: entries as vtd_pt.c explains them. Must not know: who wants the walk. */
#include "models/vtd/vtd_xlate.h"

static bool is_final(const struct vtd_job *job)
{
    return job->ss_why == VTD_SS_WHY_FINAL;
}

/* Whose fault it would be. */
static enum vtd_pt_use use_of(const struct vtd_job *job)
{
    if (vtd_is_legacy(job))
        return VTD_PT_USE_LEGACY;
    if (!vtd_is_nested(job))
        return VTD_PT_USE_SS;
    if (is_final(job))
        return VTD_PT_USE_NESTED;
    return job->fs_step.level == job->fs.levels ? VTD_PT_USE_FS_ROOT : VTD_PT_USE_FS_TABLE;
}

/* A translation request asks for whatever there is. To read the first stage's tables means to set
 * bits in them, so with SSADE they must be writable, and get dirty (3.8.1). */
static unsigned access_of(const struct vtd_job *job)
{
    if (!is_final(job))
        return VTD_PT_R | (job->ss.is_ad_on ? (unsigned)VTD_PT_W : 0);
    return vtd_is_tr(job) ? 0 : job->access_bits & ~(unsigned)VTD_PT_SUPERVISOR;
}

void vtd_ss_start(struct vtd_job *job, uint64_t gpa, enum vtd_ss_why why)
{
    const struct vtd_param *param = &job->vtd->param;
    unsigned n_tried;

    job->gpa = gpa;
    job->ss_why = why;
    n_tried = vtd_psc_find_ss(job, access_of(job));
    vtd_job_wake(job, VTD_JOB_SS,
                 (uint64_t)n_tried * param->psc_cycles + param->step_cycles +
                     (vtd_has_fs(job) ? 0 : param->walk_floor_cycles));
}

/* ---- faults ---- */

static int root_error(const struct vtd_job *job)
{
    if (!vtd_is_legacy(job))
        return VTD_F_7Bh;
    return job->vtd->caps.choices.is_ss_root_fault_03 ? VTD_F_03h : VTD_F_07h;
}

static int access_error(const struct vtd_job *job)
{
    if (job->ss_step.level == job->ss.levels)
        return root_error(job);
    return vtd_is_legacy(job) ? VTD_F_07h : VTD_F_78h;
}

/* 6.2: with caching mode what is not present may be kept, unless a first stage says so. */
static void keep_fault(struct vtd_job *job, int code)
{
    const bool is_kept = job->ss_step.state == VTD_PT_NOT_PRESENT;
    const struct vtd_translation entry = {
        .name = vtd_name_of(job, job->iova, VTD_PAGE_LOG2),
        .fpd = job->fpd,
        .fault = code,
    };

    if (is_kept && vtd_keeps_faults(job->vtd) && !vtd_has_fs(job))
        vtd_tlb_fill(job, &entry);
}

static void fail(struct vtd_job *job, enum vtd_pt_state state)
{
    const int code = vtd_pt_ss_fault(state, use_of(job), access_of(job));

    keep_fault(job, code);
    vtd_xlate_fault(job, code);
}

/* ---- one entry ---- */

static void entry_read(void *ctx)
{
    struct vtd_job *job = ctx;
    const struct vtd *vtd = job->vtd;
    struct vtd_pt_step *step = &job->ss_step;

    job->is_reading = false;
    if (job->is_zombie) {
        vtd_job_free(job);
        return;
    }
    if (job->access.status != SIM_ACCESS_OK) {
        vtd_xlate_fault(job, access_error(job));
        return;
    }
    job->ss_entry = vtd_walk_value(job);
    vtd_fact(vtd, SIM_FACT_WALK_STEP, SIM_S_PTE_S2, step->level,
             (const uint64_t[3]){step->address, job->ss_entry});
    job->before = *step;
    vtd_pt_ss_next(&job->ss, job->gpa, access_of(job), job->ss_entry, step);
    if (step->state == VTD_PT_TABLE && !step->set)
        vtd_psc_fill_ss(job);
    vtd_job_wake(job, VTD_JOB_SS, vtd->param.step_cycles);
}

/* ---- a leaf ---- */

static void use_leaf(struct vtd_job *job)
{
    const struct vtd_pt_leaf *leaf = &job->ss_step.leaf;
    uint8_t rights = leaf->rights;

    if (!is_final(job)) {
        job->table_pa = leaf->pa;
        job->table_rights = rights;
        vtd_walk_translated(job);
        return;
    }
    if (job->ss.is_ad_on && !leaf->is_dirty) /* the first write has to come by here */
        rights &= (uint8_t)~VTD_PT_W;
    if (vtd_has_fs(job)) {
        vtd_walk_combine(job, leaf->pa, leaf->page_log2, rights);
        return;
    }
    job->found = (struct vtd_translation){
        .name = vtd_name_of(job, job->iova, leaf->page_log2),
        .pa = leaf->pa >> leaf->page_log2 << leaf->page_log2,
        .rights = rights,
    };
    vtd_tlb_fill(job, &job->found);
    vtd_xlate_found(job);
}

/* What a translation request would write to becomes dirty now, if all stages let it. */
static struct vtd_pt_verdict check_leaf(const struct vtd_job *job)
{
    const struct vtd_pt_leaf *leaf = &job->ss_step.leaf;
    const bool is_writable =
        (leaf->rights & VTD_PT_W) && (!vtd_has_fs(job) || (job->found.rights & VTD_PT_W));
    unsigned access = access_of(job);

    if (is_final(job) && vtd_is_tr(job) && job->wants_write && is_writable)
        access |= VTD_PT_W;
    return vtd_pt_ss_check(&job->ss, leaf, access);
}

static void go_leaf(struct vtd_job *job)
{
    const struct vtd_pt_verdict verdict = check_leaf(job);
    const uint64_t set = job->ss_step.set | verdict.set;

    if (verdict.state != VTD_PT_LEAF)
        fail(job, verdict.state);
    else if (set)
        vtd_ad_ss(job, set);
    else
        use_leaf(job);
}

void vtd_ss_go(struct vtd_job *job)
{
    struct vtd_pt_step *step = &job->ss_step;

    if (step->state == VTD_PT_LEAF)
        go_leaf(job);
    else if (step->state != VTD_PT_TABLE)
        fail(job, step->state);
    else if (step->set)
        vtd_ad_ss(job, step->set);
    else
        vtd_walk_read(job, SIM_S_PTE_S2, step->address, entry_read);
}

void vtd_ss_updated(struct vtd_job *job, bool is_good)
{
    struct vtd_pt_step *step = &job->ss_step;

    if (!is_good) { /* somebody was quicker: read it again */
        *step = job->before;
    } else {
        step->set = 0;
        if (job->update & UINT64_C(1) << VTD_LSB_PTE_SS_D)
            step->leaf.is_dirty = true;
        if (step->state == VTD_PT_TABLE)
            vtd_psc_fill_ss(job);
    }
    vtd_job_wake(job, VTD_JOB_SS, job->vtd->param.step_cycles);
}
