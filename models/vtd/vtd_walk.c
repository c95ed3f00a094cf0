/* SPDX-License-Identifier: BSD-2-Clause
 * vtd_walk.c - walk slots, and the entries of a first stage, one after the other (3.6, 3.8).
 * Knows: slots, entries as vtd_pt.c explains them. Must not know: who wants the walk. */
#include "models/vtd/vtd_xlate.h"

enum {
    ENTRY_BYTES = 8,
    SAME_PAGE_SHARE = 0, /* of same_page */
};

/* ---- slots ---- */

/* Who walks for the same page of the same source as @job, or NULL. */
static struct vtd_job *find_twin(const struct vtd_job *job)
{
    const struct vtd *vtd = job->vtd;
    const uint64_t page = job->iova >> VTD_PAGE_LOG2;
    uint32_t n_busy = vtd->param.walk_slots - vtd->walk_slots.n_free;

    for (const struct vtd_walker *walker = vtd->walkers; n_busy; walker++) {
        if (!walker->job)
            continue;
        if (walker->page == page && walker->job->epoch == job->epoch &&
            vtd_tlb_key(walker->job) == vtd_tlb_key(job))
            return walker->job;
        n_busy--;
    }
    return NULL;
}

static bool take_slot(struct vtd_job *job)
{
    struct vtd *vtd = job->vtd;
    uint32_t i = 0;

    if (vtd->walk_slots.n_free == 0 && job->is_prefetch) { /* is in nobody's way */
        vtd_job_free(job);
        return false;
    }
    if (vtd->walk_slots.n_free == 0) {
        job->state = VTD_JOB_WALK_WAIT;
        hw_fifo_put(&vtd->walk_slots.waiting, &job->link);
        return false;
    }
    while (vtd->walkers[i].job)
        i++;
    vtd->walk_slots.n_free--;
    vtd->walkers[i] = (struct vtd_walker){job, job->iova >> VTD_PAGE_LOG2};
    job->walk_index = i;
    job->has_walk = true;
    vtd->stats.n_walks++;
    return true;
}

void vtd_walk_release(struct vtd_job *job)
{
    struct vtd *vtd = job->vtd;
    struct hw_fifo followers = job->followers;
    struct vtd_job *next;

    if (!job->has_walk)
        return;
    job->has_walk = false;
    job->followers = (struct hw_fifo){0};
    vtd->walkers[job->walk_index].job = NULL;
    vtd->walk_slots.n_free++;
    while ((next = hw_fifo_take(&followers)))
        vtd_job_wake(next, VTD_JOB_TLB, vtd->param.tlb_cycles);
    while (vtd->walk_slots.n_free && (next = hw_fifo_take(&vtd->walk_slots.waiting)))
        vtd_walk_start(next);
}

/* ---- begin ---- */

static void begin(struct vtd_job *job)
{
    const struct vtd *vtd = job->vtd;
    const struct vtd_pasid *entry = &job->config.pasid;
    unsigned n_tried;

    if (entry->pgtt != VTD_PGTT_FS)
        vtd_pt_ss_from(&entry->ss, &vtd->caps, &job->ss);
    if (!vtd_has_fs(job)) {
        vtd_ss_start(job, job->iova, VTD_SS_WHY_FINAL);
        return;
    }
    vtd_pt_fs_from(&entry->fs, &vtd->caps, vtd->caps.haw_bits, &job->fs);
    n_tried = vtd_psc_find_fs(job);
    vtd_job_wake(job, VTD_JOB_WALK,
                 (uint64_t)n_tried * vtd->param.psc_cycles + vtd->param.step_cycles +
                     vtd->param.walk_floor_cycles);
}

/* Nobody passes it. */
static void replay(struct vtd_job *job)
{
    job->is_replayed = true;
    job->vtd->n_replays++;
    vtd_job_wake(job, VTD_JOB_TLB, job->vtd->param.replay_cycles);
}

void vtd_replay_end(struct vtd_job *job)
{
    if (job->is_replayed)
        job->vtd->n_replays--;
    job->is_replayed = false;
}

void vtd_walk_start(struct vtd_job *job)
{
    const struct vtd *vtd = job->vtd;
    struct vtd_job *twin = find_twin(job);

    if (twin && job->is_prefetch) {
        vtd_job_free(job);
    } else if (twin && vtd->param.same_page == SAME_PAGE_SHARE) {
        job->state = VTD_JOB_WALK_WAIT;
        hw_fifo_put(&twin->followers, &job->link);
    } else if (twin) {
        replay(job);
    } else if (take_slot(job)) {
        begin(job);
    }
}

/* ---- one entry ---- */

uint64_t vtd_walk_value(const struct vtd_job *job)
{
    uint64_t value;

    hw_bytes_get(&value, job->access.data, ENTRY_BYTES);
    return value;
}

void vtd_walk_read(struct vtd_job *job, enum sim_structure structure, uint64_t pa,
                   void (*done)(void *ctx))
{
    const struct vtd_pasid *entry = &job->config.pasid;

    job->access = (struct sim_access){
        .pa = pa,
        .n_bytes = ENTRY_BYTES,
        .op = SIM_ACCESS_READ,
        .structure = (uint8_t)structure,
        .is_unsnooped = structure == SIM_S_PTE_S1 ? !entry->fs.is_snooped : !entry->ss.is_snooped,
        .done = {done, job},
    };
    job->is_reading = true;
    job->vtd->stats.n_walk_reads++;
    sim_port_access(&job->vtd->port, &job->access);
}

static void entry_read(void *ctx)
{
    struct vtd_job *job = ctx;
    const struct vtd *vtd = job->vtd;
    struct vtd_pt_step *step = &job->fs_step;

    job->is_reading = false;
    if (job->is_zombie) {
        vtd_job_free(job);
        return;
    }
    if (job->access.status != SIM_ACCESS_OK) {
        vtd_xlate_fault(job, step->level == job->fs.levels ? VTD_F_73h : VTD_F_70h);
        return;
    }
    job->fs_entry = vtd_walk_value(job);
    vtd_fact(vtd, SIM_FACT_WALK_STEP, SIM_S_PTE_S1, step->level,
             (const uint64_t[3]){step->address, job->fs_entry});
    job->before = *step;
    vtd_pt_fs_next(&job->fs, job->iova, job->fs_entry, step);
    if (step->state == VTD_PT_TABLE && !step->set)
        vtd_psc_fill_fs(job);
    vtd_job_wake(job, VTD_JOB_WALK, vtd->param.step_cycles);
}

void vtd_walk_translated(struct vtd_job *job)
{
    vtd_walk_read(job, SIM_S_PTE_S1, job->table_pa, entry_read);
}

/* Nested: the tables of the first stage have guest addresses (3.8). */
static void read_entry(struct vtd_job *job)
{
    if (vtd_is_nested(job)) {
        vtd_ss_start(job, job->fs_step.address, VTD_SS_WHY_FS_TABLE);
        return;
    }
    job->table_pa = job->fs_step.address;
    vtd_walk_translated(job);
}

/* ---- a leaf ---- */

static void finish(struct vtd_job *job)
{
    vtd_tlb_fill(job, &job->found);
    vtd_xlate_found(job);
}

static void use_leaf(struct vtd_job *job)
{
    const struct vtd_pt_leaf *leaf = &job->fs_step.leaf;
    uint8_t rights = leaf->rights;

    if ((job->access_bits & VTD_PT_SUPERVISOR) && !job->fs.wpe)
        rights |= VTD_PT_W;
    if (!leaf->is_dirty) /* the first write has to come by here */
        rights &= (uint8_t)~VTD_PT_W;
    job->found = (struct vtd_translation){
        .name = vtd_name_of(job, job->iova, leaf->page_log2),
        .pa = leaf->pa >> leaf->page_log2 << leaf->page_log2,
        .rights = rights,
    };
    if (vtd_is_nested(job))
        vtd_ss_start(job, leaf->pa, VTD_SS_WHY_FINAL);
    else
        finish(job);
}

/* Both stages: the smaller page, the rights that both give. */
void vtd_walk_combine(struct vtd_job *job, uint64_t pa, unsigned size_log2, unsigned rights)
{
    struct vtd_translation *found = &job->found;

    if (found->name.size_log2 < size_log2)
        size_log2 = found->name.size_log2;
    found->name = vtd_name_of(job, job->iova, size_log2);
    found->pa = pa >> size_log2 << size_log2;
    found->rights &= (uint8_t)rights;
    finish(job);
}

/* What a translation request would write to becomes dirty now, if it may be written to. */
static struct vtd_pt_verdict check_leaf(const struct vtd_job *job)
{
    const struct vtd_pt_leaf *leaf = &job->fs_step.leaf;
    unsigned access = job->access_bits;

    if (vtd_is_tr(job)) {
        const struct vtd_pt_verdict writes = vtd_pt_fs_check(&job->fs, leaf, access | VTD_PT_W);

        if (job->wants_write && writes.state == VTD_PT_LEAF)
            return writes;
        access &= ~(unsigned)VTD_PT_W;
    }
    if (job->is_prefetch) /* that of a user of the page, whoever it will be */
        return (struct vtd_pt_verdict){.state = leaf->is_user ? VTD_PT_LEAF : VTD_PT_NO_USER};
    return vtd_pt_fs_check(&job->fs, leaf, access);
}

static void go_leaf(struct vtd_job *job)
{
    const struct vtd_pt_verdict verdict = check_leaf(job);
    const uint64_t set = job->fs_step.set | verdict.set;

    if (verdict.state != VTD_PT_LEAF)
        vtd_xlate_fault(job, vtd_pt_fs_fault(verdict.state));
    else if (set)
        vtd_ad_fs(job, set);
    else
        use_leaf(job);
}

void vtd_walk_go(struct vtd_job *job)
{
    struct vtd_pt_step *step = &job->fs_step;

    if (step->state == VTD_PT_LEAF)
        go_leaf(job);
    else if (step->state != VTD_PT_TABLE)
        vtd_xlate_fault(job, vtd_pt_fs_fault(step->state));
    else if (step->set)
        vtd_ad_fs(job, step->set);
    else
        read_entry(job);
}

void vtd_walk_updated(struct vtd_job *job, bool is_good)
{
    struct vtd_pt_step *step = &job->fs_step;

    if (!is_good) { /* somebody was quicker: read it again */
        *step = job->before;
    } else {
        step->set = 0;
        if (job->update & UINT64_C(1) << VTD_LSB_PTE_FS_D)
            step->leaf.is_dirty = true;
        if (step->state == VTD_PT_TABLE)
            vtd_psc_fill_fs(job);
    }
    vtd_job_wake(job, VTD_JOB_WALK, job->vtd->param.step_cycles);
}
