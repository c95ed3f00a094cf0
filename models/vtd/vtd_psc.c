/* SPDX-License-Identifier: BSD-2-Clause
 * vtd_psc.c - paging-structure caches: where walks of each stage may begin (6.2.4).
 * Knows: tables by domain, PASID and address. Must not know: what a walk is for. */
#include "models/vtd/vtd_xlate.h"

enum {
    KEY_PASID_SHIFT = 16,
    LOWEST_LEVEL = 2, /* of an entry that leads to a table */
};

/* The caches of one stage, as one walk sees them. */
struct side {
    struct hw_tlb *tags;
    struct vtd_psc_entry **data;
    uint64_t key;
    uint64_t address;
};

static struct side fs_side(struct vtd_job *job)
{
    struct vtd_caches *cache = &job->vtd->cache;

    return (struct side){cache->fs_psc, cache->fs_psc_data,
                         HW_TLB_VALID | job->config.did | (uint64_t)job->pasid << KEY_PASID_SHIFT,
                         job->iova};
}

static struct side ss_side(struct vtd_job *job)
{
    struct vtd_caches *cache = &job->vtd->cache;

    return (struct side){cache->ss_psc, cache->ss_psc_data, HW_TLB_VALID | job->config.did,
                         job->gpa};
}

static uint32_t set_of(const struct hw_tlb *tlb, const struct side *side, unsigned level)
{
    return hw_tlb_set(tlb, (side->address >> vtd_pt_log2(level)) + side->key * 31);
}

/* What the entry of @level for the address led to, or NULL. */
static const struct vtd_psc_entry *find(const struct side *side, unsigned level)
{
    struct hw_tlb *tlb = &side->tags[level - LOWEST_LEVEL];
    const uint32_t index = hw_tlb_find(tlb, set_of(tlb, side, level), side->key, side->address);

    if (index == HW_TLB_NONE)
        return NULL;
    hw_tlb_hit(tlb, index);
    return &side->data[level - LOWEST_LEVEL][index];
}

/* Where tables that the caches know already lack a right in @needed, the walk says so itself. */
static unsigned resume(const struct vtd *vtd, const struct side *side, unsigned needed,
                       struct vtd_pt_step *step)
{
    const unsigned top = step->level;
    unsigned n_tried = 0;

    if (vtd->param.psc_entries == 0 || step->state != VTD_PT_TABLE)
        return 0;
    for (unsigned level = LOWEST_LEVEL; level <= top; level++) {
        const struct vtd_psc_entry *entry = find(side, level);

        n_tried++;
        if (!entry || (needed & ~(unsigned)entry->rights))
            continue;
        step->level = entry->level;
        step->rights = entry->rights;
        step->is_user = entry->is_user;
        vtd_pt_resume(entry->table, side->address, step);
        break;
    }
    return n_tried;
}

unsigned vtd_psc_find_fs(struct vtd_job *job)
{
    const struct side side = fs_side(job);

    vtd_pt_fs_begin(&job->fs, job->iova, &job->fs_step);
    return resume(job->vtd, &side, 0, &job->fs_step);
}

unsigned vtd_psc_find_ss(struct vtd_job *job, unsigned access)
{
    const struct side side = ss_side(job);

    vtd_pt_ss_begin(&job->ss, job->gpa, &job->ss_step);
    return resume(job->vtd, &side, access & (VTD_PT_R | VTD_PT_W), &job->ss_step);
}

static void fill(struct vtd_job *job, const struct side *side, const struct vtd_pt_step *step)
{
    const unsigned level = step->level + 1u; /* of the entry that led there */
    const unsigned log2 = vtd_pt_log2(level);
    struct hw_tlb *tlb = &side->tags[level - LOWEST_LEVEL];
    const uint64_t mask = UINT64_MAX << log2;
    const struct hw_tlb_tag tag = {side->key, UINT64_MAX, side->address & mask, mask};
    uint32_t index;
    bool had_victim;

    if (!vtd_may_keep(job) || job->vtd->param.psc_entries == 0)
        return;
    index = hw_tlb_put(tlb, set_of(tlb, side, level), &tag, &had_victim);
    if (index == HW_TLB_NONE)
        return;
    side->data[level - LOWEST_LEVEL][index] = (struct vtd_psc_entry){
        .name = vtd_name_of(job, side->address, log2),
        .table = step->address & ~(uint64_t)((1u << VTD_PAGE_LOG2) - 1),
        .level = step->level,
        .rights = step->rights,
        .is_user = step->is_user,
    };
}

void vtd_psc_fill_fs(struct vtd_job *job)
{
    const struct side side = fs_side(job);

    fill(job, &side, &job->fs_step);
}

void vtd_psc_fill_ss(struct vtd_job *job)
{
    const struct side side = ss_side(job);

    fill(job, &side, &job->ss_step);
}
