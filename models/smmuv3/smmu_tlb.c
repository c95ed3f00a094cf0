/* SPDX-License-Identifier: BSD-2-Clause
 * smmu_tlb.c - what goes into micro TLBs, the main TLB and the walk cache, and finds it again.
 * Knows: tags of translations. Must not know: when anybody looks, what drops entries. */
#include "models/smmuv3/smmu_private.h"

enum {
    TOP_BYTE_BIT = 56,    /* of a VA: TBI ignores from here */
    FRAGMENT_LOG2 = 12,   /* pages of micro TLBs with sets */
    KEY_LEVEL_SHIFT = 40, /* walk cache: above smmu_key */
    DEEPEST_TABLE = 2,    /* level of the last descriptor that can lead to a table */
    N_LEVELS = 4,         /* arrays of a walk cache by stage and level; -1 is with 0 */
    N_PARTS = 2 * N_LEVELS,
    TOLD_TBU = 1, /* fact.def: tlb_looked_up, where */
    TOLD_TCU = 2,
};

/* Bits of an address that say which page it is in. */
static uint64_t page_mask(const struct smmu_name *name)
{
    const uint64_t mask = UINT64_MAX << name->size_log2;

    return name->is_tbi ? mask & (UINT64_MAX >> (64 - TOP_BYTE_BIT)) : mask;
}

static uint64_t page_hash(uint64_t va, unsigned size_log2)
{
    return (va & (UINT64_MAX >> (64 - TOP_BYTE_BIT))) >> size_log2;
}

/* An invalidation since the job began may have named what it found (smmu_private.h). */
static bool may_fill(const struct smmu_job *job)
{
    return job->epoch == job->smmu->epoch && job->smmu->is_enabled &&
           job->smmu->param.cache_mode != HW_CACHE_NEVER;
}

/* For who watches: was the answer there? */
static void told(const struct smmu_job *job, const struct smmu_main_tlb *tlb, unsigned where,
                 uint64_t address, bool is_found)
{
    const uint64_t rest[3] = {address, where, is_found};

    if (smmu_wants(job->smmu, SIM_FACT_TLB_LOOKED_UP) && tlb->tags.tags)
        smmu_fact(job->smmu, SIM_FACT_TLB_LOOKED_UP, job->sid, job->ssv ? job->ssid : SIM_NO_PASID,
                  rest);
}

/* ---- micro TLB: by stream ---- */

uint32_t smmu_utlb_find(const struct smmu *smmu, struct smmu_tbu *tbu, uint64_t key, uint64_t iova)
{
    struct hw_tlb *utlb = &tbu->utlb;
    const uint32_t index =
        utlb->n_sets == 1
            ? hw_tlb_find_recent(utlb, key, iova)
            : hw_tlb_find(utlb, hw_tlb_set(utlb, page_hash(iova, FRAGMENT_LOG2)), key, iova);

    (void)smmu;
    if (index != HW_TLB_NONE)
        hw_tlb_hit(utlb, index);
    return index;
}

void smmu_override_rights(const struct smmu_overrides *overrides, uint8_t *rights)
{
    if (overrides->priv == SMMU_PRIV_UNPRIVILEGED)
        rights[1] = rights[0];
    else if (overrides->priv == SMMU_PRIV_PRIVILEGED)
        rights[0] = rights[1];
    for (unsigned i = 0; i < 2; i++) {
        const uint8_t r = rights[i] & SMMU_PT_R;
        const uint8_t w = rights[i] & SMMU_PT_W;
        const uint8_t x = rights[i] & SMMU_PT_X;

        if (overrides->inst == SMMU_INST_DATA)
            rights[i] = (uint8_t)(w | r | (r ? SMMU_PT_X : 0));
        else if (overrides->inst == SMMU_INST_INSTRUCTION)
            rights[i] = (uint8_t)(w | x | (x ? SMMU_PT_R : 0));
    }
}

static void utlb_fill(struct smmu_job *job)
{
    struct smmu *smmu = job->smmu;
    struct smmu_tbu *tbu = &smmu->tbu[job->tbu];
    struct smmu_translation entry = job->found;
    struct hw_tlb_tag tag = {.key = smmu_utlb_key(job->sid, job->ssv, job->ssid),
                             .key_mask = UINT64_MAX};
    uint32_t set = 0;
    uint32_t index;
    bool had_victim;

    if (tbu->utlb.n_sets > 1 && entry.name.size_log2 > FRAGMENT_LOG2) {
        const uint64_t inside = job->iova & ((UINT64_C(1) << entry.name.size_log2) - 1);

        entry.pa |= inside >> FRAGMENT_LOG2 << FRAGMENT_LOG2;
        entry.name.va |= inside >> FRAGMENT_LOG2 << FRAGMENT_LOG2;
        entry.name.size_log2 = FRAGMENT_LOG2;
    }
    if (tbu->utlb.n_sets > 1)
        set = hw_tlb_set(&tbu->utlb, page_hash(job->iova, FRAGMENT_LOG2));
    tag.va_mask = page_mask(&entry.name);
    tag.va = job->iova & tag.va_mask;
    index = hw_tlb_put(&tbu->utlb, set, &tag, &had_victim);
    if (index == HW_TLB_NONE)
        return;
    tbu->utlb_data[index] = entry;
    smmu_fact(smmu, SIM_FACT_TLB_FILLED, job->sid, job->ssv ? job->ssid : SIM_NO_PASID,
              (const uint64_t[3]){entry.name.va, entry.pa, entry.name.size_log2});
}

/* ---- a main TLB of either kind ---- */

static bool main_find(struct smmu_main_tlb *tlb, uint64_t key, uint64_t address,
                      struct smmu_translation *found)
{
    const uint32_t index = hw_tlb_find_sized(&tlb->tags, key, address, page_hash(address, 0));

    if (index == HW_TLB_NONE)
        return false;
    *found = tlb->data[index];
    hw_tlb_hit(&tlb->tags, index);
    return true;
}

static void main_fill(struct smmu_main_tlb *tlb, struct hw_tlb_tag *tag, uint64_t address,
                      const struct smmu_translation *entry)
{
    const struct smmu_name *name = &entry->name;
    uint32_t index;
    bool had_victim;

    tag->va_mask = page_mask(name);
    tag->va = address & tag->va_mask;
    index = hw_tlb_put(&tlb->tags, hw_tlb_set(&tlb->tags, page_hash(address, name->size_log2)), tag,
                       &had_victim);
    if (index != HW_TLB_NONE)
        tlb->data[index] = *entry;
}

/* ---- main TLB of a TBU: by stream ---- */

bool smmu_tbu_find(struct smmu_job *job)
{
    struct smmu_main_tlb *tlb = &job->smmu->tbu[job->tbu].tlb;
    bool is_found;

    if (job->ssv && job->ssid >> SMMU_SSID_BITS)
        return false; /* wider than there are: the TCU will say so */
    is_found = main_find(tlb, smmu_utlb_key(job->sid, job->ssv, job->ssid), job->iova, &job->found);
    told(job, tlb, TOLD_TBU, job->iova, is_found);
    job->smmu->stats.n_tbu_hits += is_found;
    return is_found;
}

void smmu_tbu_fill(struct smmu_job *job)
{
    struct smmu_main_tlb *tlb = &job->smmu->tbu[job->tbu].tlb;
    struct hw_tlb_tag tag = {.key = smmu_utlb_key(job->sid, job->ssv, job->ssid),
                             .key_mask = UINT64_MAX};

    if (!may_fill(job))
        return;
    utlb_fill(job);
    if (tlb->tags.tags)
        main_fill(tlb, &tag, job->iova, &job->found);
}

/* ---- main TLB of the TCU: by world, VMID, ASID; stage 2 by VMID and IPA ---- */

static uint64_t job_key(const struct smmu_job *job)
{
    const uint64_t key = smmu_key((unsigned)job->ste.world, job->ste.vmid, job->cd.asid);

    return job->ste.has_s2 ? key | SMMU_KEY_NESTED : key;
}

static uint64_t s2_key(const struct smmu_job *job)
{
    return smmu_key((unsigned)job->ste.world, job->ste.vmid, 0) | SMMU_KEY_S2;
}

uint64_t smmu_tlb_lookup_cycles(const struct smmu *smmu)
{
    if (!smmu->param.tlb_entries)
        return 0;
    return (uint64_t)smmu->param.tlb_cycles * hw_tlb_n_sizes(&smmu->cache.tlb.sizes);
}

static bool tlb_find(const struct smmu_job *job, uint64_t key, uint64_t address,
                     struct smmu_translation *found)
{
    struct smmu *smmu = job->smmu;
    const bool is_found = main_find(&smmu->cache.tlb, key, address, found);

    told(job, &smmu->cache.tlb, TOLD_TCU, address, is_found);
    smmu->stats.n_tlb_hits += is_found;
    return is_found;
}

bool smmu_tlb_find(struct smmu_job *job)
{
    return tlb_find(job, job_key(job), job->iova, &job->found);
}

bool smmu_tlb_find_s2(struct smmu_job *job)
{
    return tlb_find(job, s2_key(job), job->ipa, &job->s2_found);
}

static void tlb_fill(struct smmu_job *job, uint64_t key, uint64_t address,
                     const struct smmu_translation *entry)
{
    struct hw_tlb_tag tag = {.key = key, .key_mask = UINT64_MAX};

    if (!may_fill(job) || !job->smmu->param.tlb_entries)
        return;
    if (entry->name.is_global) {
        tag.key &= ~SMMU_KEY_ASID;
        tag.key_mask &= ~SMMU_KEY_ASID;
    }
    main_fill(&job->smmu->cache.tlb, &tag, address, entry);
}

void smmu_tlb_fill(struct smmu_job *job)
{
    tlb_fill(job, job_key(job), job->iova, &job->found);
}

void smmu_tlb_fill_s2(struct smmu_job *job)
{
    tlb_fill(job, s2_key(job), job->ipa, &job->s2_found);
}

/* ---- walk cache: tables and leaves, by what the main TLB goes by, and level ---- */

uint32_t smmu_walk_cache_entries(const struct smmu_param *param)
{
    return param->walk_split ? param->walk_entries * N_PARTS : param->walk_entries;
}

static uint64_t level_key(uint64_t key, int level)
{
    return key | (uint64_t)(unsigned)(level + 1) << KEY_LEVEL_SHIFT;
}

static uint32_t walk_set(const struct smmu *smmu, uint64_t key, int level, unsigned size_log2,
                         uint64_t address)
{
    const struct hw_tlb *walk = &smmu->cache.walk;
    /* Together, levels are kept apart: all have an entry for address 0. */
    const uint64_t hash =
        page_hash(address, size_log2) + ((uint64_t)(unsigned)(level + 1) << KEY_LEVEL_SHIFT);
    const uint32_t part = (key & SMMU_KEY_S2 ? N_LEVELS : 0) + (uint32_t)(level > 0 ? level : 0);

    return smmu->param.walk_split ? hw_tlb_set_in_part(walk, hash, part, N_PARTS)
                                  : hw_tlb_set(walk, hash);
}

/* What the descriptor of @level for @address is or led to, or NULL. */
static const struct smmu_walk_entry *walk_find(struct smmu *smmu, uint64_t key, int level,
                                               unsigned size_log2, uint64_t address)
{
    struct smmu_caches *cache = &smmu->cache;
    const uint32_t set = walk_set(smmu, key, level, size_log2, address);
    const uint32_t index = hw_tlb_find(&cache->walk, set, level_key(key, level), address);

    if (index == HW_TLB_NONE)
        return NULL;
    hw_tlb_hit(&cache->walk, index);
    return &cache->walk_data[index];
}

static int deepest(const struct smmu *smmu)
{
    return DEEPEST_TABLE + (smmu->param.walk_leaf ? 1 : 0);
}

static void resume(struct smmu_job *job, const struct smmu_walk_entry *entry, int level)
{
    struct smmu_pt_step *step = &job->step;

    step->at.address = entry->table;
    step->ap_table = entry->ap_table;
    step->uxn_table = entry->uxn_table;
    step->pxn_table = entry->pxn_table;
    if (entry->is_leaf) {
        step->at.level = level;
        job->descriptor = entry->descriptor;
        smmu_pt_next(job->half, job->iova, entry->descriptor, step);
        return;
    }
    step->at.level = level + 1;
    smmu_pt_resume(job->half, job->iova, step);
}

unsigned smmu_walk_cache_find(struct smmu_job *job)
{
    struct smmu *smmu = job->smmu;
    unsigned n_tried = 0;

    smmu_pt_begin(job->half, job->iova, &job->step);
    if (!smmu->param.walk_entries)
        return 0;
    for (int level = deepest(smmu); level >= job->step.at.level; level--) {
        const struct smmu_walk_entry *entry =
            walk_find(smmu, job_key(job), level, smmu_pt_level_log2(job->half, level), job->iova);

        n_tried++;
        if (!entry)
            continue;
        resume(job, entry, level);
        break;
    }
    return n_tried;
}

static void resume_s2(struct smmu_job *job, const struct smmu_walk_entry *entry, int level)
{
    struct smmu_pt_s2_step *step = &job->s2_step;

    step->at.address = entry->table;
    if (entry->is_leaf) {
        step->at.level = level;
        job->s2_descriptor = entry->descriptor;
        smmu_pt_s2_next(&job->s2, job->ipa, entry->descriptor, step);
        return;
    }
    step->at.level = level + 1;
    smmu_pt_s2_resume(&job->s2, job->ipa, step);
}

unsigned smmu_walk_cache_find_s2(struct smmu_job *job)
{
    struct smmu *smmu = job->smmu;
    unsigned n_tried = 0;

    smmu_pt_s2_begin(&job->s2, job->ipa, &job->s2_step);
    if (!smmu->param.walk_entries || job->s2_step.at.reason != HW_WALK_TABLE)
        return 0;
    for (int level = deepest(smmu); level >= job->s2_step.at.level; level--) {
        const struct smmu_walk_entry *entry =
            walk_find(smmu, s2_key(job), level, smmu_pt_s2_level_log2(&job->s2, level), job->ipa);

        n_tried++;
        if (!entry)
            continue;
        resume_s2(job, entry, level);
        break;
    }
    return n_tried;
}

/* Leaves without AF are never kept (D8.5): whoever comes next has to see whether it is set. */
static bool may_keep(const struct smmu_job *job, enum hw_walk_reason reason, bool has_af)
{
    const struct smmu_param *param = &job->smmu->param;

    if (!may_fill(job) || !param->walk_entries)
        return false;
    return reason == HW_WALK_TABLE || (reason == HW_WALK_OK && has_af && param->walk_leaf);
}

static void walk_fill(struct smmu_job *job, uint64_t key, uint64_t address,
                      struct smmu_walk_entry *entry)
{
    struct smmu_caches *cache = &job->smmu->cache;
    struct smmu_name *name = &entry->name;
    struct hw_tlb_tag tag = {.key = level_key(key, name->level), .key_mask = UINT64_MAX};
    uint32_t index;
    bool had_victim;

    name->vmid = (uint16_t)job->ste.vmid;
    name->world = (uint8_t)job->ste.world;
    tag.va_mask = page_mask(name);
    tag.va = address & tag.va_mask;
    index =
        hw_tlb_put(&cache->walk, walk_set(job->smmu, key, name->level, name->size_log2, address),
                   &tag, &had_victim);
    if (index != HW_TLB_NONE)
        cache->walk_data[index] = *entry;
}

/* A command that names any address of a group takes all of its leaves along: from one of them the
 * entry of the whole group would be made again. */
static uint8_t group_log2(const struct smmu_job *job, unsigned size_log2, unsigned contig_log2)
{
    return (uint8_t)(size_log2 + (job->smmu->param.contig ? contig_log2 : 0));
}

static void keep_step(struct smmu_job *job)
{
    const struct smmu_pt_s1 *half = job->half;
    const struct smmu_pt_step *step = &job->step;
    const bool is_leaf = step->at.reason == HW_WALK_OK;
    const int level = is_leaf ? step->leaf.level : step->at.level - 1;
    const unsigned size_log2 = smmu_pt_level_log2(half, level);
    struct smmu_walk_entry entry = {
        .name = {.va = job->walk_va >> size_log2 << size_log2,
                 .asid = job->cd.asid,
                 .stage = SMMU_STAGE_1,
                 .size_log2 = (uint8_t)size_log2,
                 .leaf_log2 = group_log2(job, size_log2, is_leaf ? step->leaf.contig_log2 : 0),
                 .granule_log2 = half->granule_log2,
                 .level = (int8_t)level,
                 .is_global = is_leaf && smmu_is_global(job),
                 .is_tbi = half->tbi},
        .is_leaf = is_leaf,
        .table = is_leaf ? step->descriptor : step->at.address,
        .descriptor = job->descriptor,
        .ap_table = step->ap_table,
        .uxn_table = step->uxn_table,
        .pxn_table = step->pxn_table,
    };

    walk_fill(job, job_key(job), job->iova, &entry);
}

void smmu_walk_cache_fill(struct smmu_job *job)
{
    if (may_keep(job, job->step.at.reason, job->step.leaf.af))
        keep_step(job);
}

static void keep_step_s2(struct smmu_job *job)
{
    const struct smmu_pt_s2_step *step = &job->s2_step;
    const bool is_leaf = step->at.reason == HW_WALK_OK;
    const int level = is_leaf ? step->leaf.level : step->at.level - 1;
    const unsigned size_log2 = smmu_pt_s2_level_log2(&job->s2, level);
    struct smmu_walk_entry entry = {
        .name = {.va = job->ipa >> size_log2 << size_log2,
                 .stage = SMMU_STAGE_2,
                 .size_log2 = (uint8_t)size_log2,
                 .leaf_log2 = group_log2(job, size_log2, is_leaf ? step->leaf.contig_log2 : 0),
                 .granule_log2 = job->s2.granule_log2,
                 .level = (int8_t)level},
        .is_leaf = is_leaf,
        .table = is_leaf ? step->descriptor : step->at.address,
        .descriptor = job->s2_descriptor,
    };

    walk_fill(job, s2_key(job), job->ipa, &entry);
}

void smmu_walk_cache_fill_s2(struct smmu_job *job)
{
    if (may_keep(job, job->s2_step.at.reason, job->s2_step.leaf.af))
        keep_step_s2(job);
}
