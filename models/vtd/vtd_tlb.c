/* SPDX-License-Identifier: BSD-2-Clause
 * vtd_tlb.c - what goes into the IOTLB, and finds it again (6.2.3).
 * Knows: keys and names of translations. Must not know: when anybody looks, what drops entries.
 *
 * What finds an entry is who asks; the domain is only a name, for invalidations. So a translation
 * outlives the entry of configuration that it came from. */
#include "models/vtd/vtd_xlate.h"

enum {
    KEY_PASID_SHIFT = 16,
    KEY_HAS_PASID_SHIFT = 40,
    KEY_SUPERVISOR_SHIFT = 41,
};

static uint64_t key_of(const struct vtd_job *job, bool has_pasid)
{
    const bool is_supervisor = has_pasid && (job->access_bits & VTD_PT_SUPERVISOR);
    const uint64_t pasid = has_pasid ? job->request.pasid : 0;

    return HW_TLB_VALID | job->request.source_id | pasid << KEY_PASID_SHIFT |
           (uint64_t)has_pasid << KEY_HAS_PASID_SHIFT |
           (uint64_t)is_supervisor << KEY_SUPERVISOR_SHIFT;
}

uint64_t vtd_tlb_key(const struct vtd_job *job)
{
    return key_of(job, job->request.has_pasid);
}

struct vtd_name vtd_name_of(const struct vtd_job *job, uint64_t address, unsigned size_log2)
{
    return (struct vtd_name){
        .va = address >> size_log2 << size_log2,
        .did = job->config.did,
        .pasid = job->pasid,
        .kind = vtd_is_legacy(job) ? (uint8_t)VTD_KIND_LEGACY : (uint8_t)job->config.pasid.pgtt,
        .size_log2 = (uint8_t)size_log2,
    };
}

/* ---- look-up ---- */

static uint32_t find(struct vtd_caches *cache, uint64_t key, uint64_t address)
{
    struct hw_tlb *tlb = &cache->tlb;

    if (tlb->n_sets == 1)
        return hw_tlb_find_recent(tlb, key, address);
    return hw_tlb_find_sized(tlb, key, address, address);
}

/* For who watches: was the answer there? 2: the main TLB (fact.def). A request that missed looks
 * again when it has its configuration, at no cost: that is not told. */
static void told(const struct vtd_job *job, bool is_found)
{
    const uint64_t rest[3] = {job->iova, 2, is_found};

    if (!job->is_missed && !job->is_prefetch && vtd_wants(job->vtd, SIM_FACT_TLB_LOOKED_UP))
        vtd_fact(job->vtd, SIM_FACT_TLB_LOOKED_UP, job->request.source_id,
                 job->request.has_pasid ? job->request.pasid : SIM_NO_PASID, rest);
}

bool vtd_tlb_find(struct vtd_job *job)
{
    struct vtd *vtd = job->vtd;
    struct vtd_caches *cache = &vtd->cache;
    uint32_t index = find(cache, vtd_tlb_key(job), job->iova);

    if (index == HW_TLB_NONE && vtd->param.rid_hit && job->request.has_pasid &&
        !(job->access_bits & VTD_PT_SUPERVISOR)) {
        index = find(cache, key_of(job, false), job->iova);
        if (index != HW_TLB_NONE && cache->tlb_data[index].name.pasid != job->request.pasid)
            index = HW_TLB_NONE;
    }
    told(job, index != HW_TLB_NONE);
    if (index == HW_TLB_NONE)
        return false;
    hw_tlb_hit(&cache->tlb, index);
    job->found = cache->tlb_data[index];
    return true;
}

/* ---- filling ---- */

void vtd_tlb_fill(struct vtd_job *job, const struct vtd_translation *entry)
{
    struct vtd *vtd = job->vtd;
    struct vtd_caches *cache = &vtd->cache;
    const unsigned size_log2 = entry->name.size_log2;
    const uint64_t mask = UINT64_MAX << size_log2;
    const struct hw_tlb_tag tag = {vtd_tlb_key(job), UINT64_MAX, job->iova & mask, mask};
    uint32_t index;
    bool had_victim;

    if (!vtd_may_keep(job))
        return;
    index =
        hw_tlb_put(&cache->tlb, hw_tlb_set(&cache->tlb, job->iova >> size_log2), &tag, &had_victim);
    if (index == HW_TLB_NONE)
        return;
    cache->tlb_data[index] = *entry;
    vtd_fact(vtd, SIM_FACT_TLB_FILLED, job->request.source_id,
             job->request.has_pasid ? job->request.pasid : SIM_NO_PASID,
             (const uint64_t[3]){entry->name.va, entry->pa, size_log2});
}
