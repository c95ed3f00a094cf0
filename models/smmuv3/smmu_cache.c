/* SPDX-License-Identifier: BSD-2-Clause
 * smmu_cache.c - the list of the caches of TCU and TBUs, and what is done with all of them.
 * Knows: sizes, ways. Must not know: what is in an entry. */
#include "models/smmuv3/smmu_private.h"

enum {
    N_TCU = 6,
    MAX_CACHES = N_TCU + 2 * SMMU_MAX_TBUS,
};

static struct hw_cache main_tlb(struct smmu_main_tlb *tlb, uint32_t n_entries, uint32_t n_ways)
{
    return (struct hw_cache){HW_CACHE(tlb->tags, tlb->data), .n_entries = n_entries,
                             .n_ways = n_ways, .may_be_empty = true, .sizes = &tlb->sizes};
}

/* Of every array but those of configuration other victims. */
static void choose_victims(struct hw_cache *cache, uint32_t replace, uint64_t seed)
{
    cache->replace = (enum hw_tlb_replace)replace;
    cache->seed = seed;
}

static void list_cfg(struct smmu *smmu, struct hw_cache *list)
{
    struct smmu_caches *c = &smmu->cache;
    const struct hw_cache of[] = {{HW_CACHE(c->l1std, c->l1std_data)},
                                  {HW_CACHE(c->ste, c->ste_data)},
                                  {HW_CACHE(c->l1cd, c->l1cd_data)},
                                  {HW_CACHE(c->cd, c->cd_data)}};

    for (uint32_t i = 0; i < sizeof(of) / sizeof(of[0]); i++) {
        list[i] = of[i];
        list[i].n_entries = smmu->param.cfg_entries;
        list[i].n_ways = smmu->param.cfg_ways;
    }
}

/* Return: how many there are. */
static uint32_t list_caches(struct smmu *smmu, struct hw_cache list[MAX_CACHES])
{
    const struct smmu_param *param = &smmu->param;
    struct smmu_caches *c = &smmu->cache;
    const uint64_t seed = (uint64_t)param->seed << 32;
    uint32_t n = N_TCU;

    list_cfg(smmu, list);
    list[4] = (struct hw_cache){
        HW_CACHE(c->walk, c->walk_data), .n_entries = smmu_walk_cache_entries(param),
        .n_ways = param->walk_ways ? param->walk_ways : param->walk_entries, .may_be_empty = true};
    choose_victims(&list[4], param->walk_replace, seed + 1);
    list[5] = main_tlb(&c->tlb, param->tlb_entries, param->tlb_ways);
    choose_victims(&list[5], param->tlb_replace, seed);
    for (uint32_t i = 0; i < param->n_tbus; i++, n += 2) {
        struct smmu_tbu *tbu = &smmu->tbu[i];

        list[n] = main_tlb(&tbu->tlb, param->tbu_tlb_entries, param->tbu_tlb_ways);
        choose_victims(&list[n], param->tlb_replace, seed + 3 + 2 * (uint64_t)i);
        list[n + 1] =
            (struct hw_cache){HW_CACHE(tbu->utlb, tbu->utlb_data), .n_entries = param->utlb_entries,
                              .n_ways = param->utlb_ways};
        choose_victims(&list[n + 1], param->utlb_replace, seed + 2 + 2 * (uint64_t)i);
    }
    return n;
}

int smmu_caches_new(struct smmu *smmu)
{
    struct hw_cache list[MAX_CACHES];
    const uint32_t n = list_caches(smmu, list);
    int err = 0;

    for (uint32_t i = 0; i < n && !err; i++)
        err = hw_cache_make(&list[i], (enum hw_cache_mode)smmu->param.cache_mode);
    return err;
}

void smmu_caches_free(struct smmu *smmu)
{
    struct hw_cache list[MAX_CACHES];
    const uint32_t n = list_caches(smmu, list);

    for (uint32_t i = 0; i < n; i++)
        hw_cache_free(&list[i]);
}

void smmu_caches_clear(struct smmu *smmu)
{
    struct hw_cache list[MAX_CACHES];
    const uint32_t n = list_caches(smmu, list);

    for (uint32_t i = 0; i < n; i++)
        hw_tlb_clear(list[i].tags);
    for (uint32_t i = 0; i < smmu->param.n_tbus; i++)
        smmu->tbu[i].lookups = (struct smmu_pipe){0};
}

int smmu_caches_state(struct smmu *smmu, struct sim_snapshot *snapshot)
{
    struct hw_cache list[MAX_CACHES];
    const uint32_t n = list_caches(smmu, list);
    int err = 0;

    for (uint32_t i = 0; i < n && !err; i++)
        err = hw_cache_state(&list[i], snapshot);
    return err;
}

void smmu_cache_shake(struct smmu *smmu)
{
    struct hw_cache list[MAX_CACHES];
    uint32_t n;

    if (!hw_cache_shakes(&smmu->rng))
        return;
    n = list_caches(smmu, list);
    hw_cache_drop_any(list[sim_rng_below(&smmu->rng, n)].tags, &smmu->rng);
}
