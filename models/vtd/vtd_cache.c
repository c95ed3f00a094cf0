/* SPDX-License-Identifier: BSD-2-Clause
 * vtd_cache.c - the list of a remapping unit's caches, and what is done with all of them.
 * Knows: sizes, ways. Must not know: what is in an entry. */
#include "models/vtd/vtd_xlate.h"

enum { N_CACHES = 3 + 2 * VTD_PSC_LEVELS };

static void list_caches(struct vtd *vtd, struct hw_cache list[N_CACHES])
{
    struct vtd_caches *c = &vtd->cache;
    const struct vtd_param *param = &vtd->param;
    const uint32_t n_tlb =
        param->tlb_entries > param->tlb_reserved ? param->tlb_entries - param->tlb_reserved : 0;
    const struct hw_cache psc = {
        .n_entries = param->psc_entries, .n_ways = param->psc_ways, .may_be_empty = true};

    list[0] = (struct hw_cache){
        HW_CACHE(c->tlb, c->tlb_data),       .n_entries = n_tlb,
        .n_ways = param->tlb_ways,           .replace = (enum hw_tlb_replace)param->tlb_replace,
        .seed = (uint64_t)param->seed << 32, .sizes = &c->sizes};
    list[1] = (struct hw_cache){HW_CACHE(c->ctx, c->ctx_data), .n_entries = param->ctx_entries,
                                .n_ways = param->cfg_ways};
    list[2] = (struct hw_cache){HW_CACHE(c->pasid, c->pasid_data),
                                .n_entries = param->pasid_entries, .n_ways = param->cfg_ways};
    for (uint32_t i = 0; i < 2 * VTD_PSC_LEVELS; i++) {
        const uint32_t level = i % VTD_PSC_LEVELS;
        const bool is_fs = i < VTD_PSC_LEVELS;

        list[3 + i] = psc;
        list[3 + i].tags = is_fs ? &c->fs_psc[level] : &c->ss_psc[level];
        list[3 + i].data = (void **)(is_fs ? &c->fs_psc_data[level] : &c->ss_psc_data[level]);
        list[3 + i].n_bytes = sizeof(c->fs_psc_data[0][0]);
    }
}

int vtd_caches_new(struct vtd *vtd)
{
    struct hw_cache list[N_CACHES];
    int err = 0;

    list_caches(vtd, list);
    for (uint32_t i = 0; i < N_CACHES && !err; i++)
        err = hw_cache_make(&list[i], (enum hw_cache_mode)vtd->param.cache_mode);
    return err;
}

void vtd_caches_free(struct vtd *vtd)
{
    struct hw_cache list[N_CACHES];

    list_caches(vtd, list);
    for (uint32_t i = 0; i < N_CACHES; i++)
        hw_cache_free(&list[i]);
}

void vtd_caches_clear(struct vtd *vtd)
{
    struct hw_cache list[N_CACHES];

    list_caches(vtd, list);
    for (uint32_t i = 0; i < N_CACHES; i++)
        hw_tlb_clear(list[i].tags);
}

int vtd_caches_state(struct vtd *vtd, struct sim_snapshot *snapshot)
{
    struct hw_cache list[N_CACHES];
    int err = 0;

    list_caches(vtd, list);
    for (uint32_t i = 0; i < N_CACHES && !err; i++)
        err = hw_cache_state(&list[i], snapshot);
    return err;
}

void vtd_cache_shake(struct vtd *vtd)
{
    struct hw_cache list[N_CACHES];

    if (!hw_cache_shakes(&vtd->rng))
        return;
    list_caches(vtd, list);
    hw_cache_drop_any(list[sim_rng_below(&vtd->rng, N_CACHES)].tags, &vtd->rng);
}
