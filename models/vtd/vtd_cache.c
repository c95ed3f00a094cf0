/* SPDX-License-Identifier: BSD-2-Clause
 * vtd_cache.c - memory for the caches of a remapping unit, their modes, entries that go at random.
 * Knows: sizes, ways, modes. Must not know: what is in an entry. */
#include "models/vtd/vtd_xlate.h"

#include "sim/diag.h"

#include <stdlib.h>
#include <string.h>

enum {
    HOLD_FACTOR = 8, /* what is never evicted needs room: as many sets, of more ways */
    SHAKE_EVERY = 8, /* look-ups, on average */
    N_ARRAYS = 3 + 2 * VTD_PSC_LEVELS,
};

/* Every array of tags, and its payloads. */
struct array {
    struct hw_tlb *tags;
    void **data;
    size_t n_bytes; /* of one payload */
    uint32_t n_entries, n_ways;
};

static void list_arrays(struct vtd *vtd, struct array list[N_ARRAYS])
{
    struct vtd_caches *c = &vtd->cache;
    const struct vtd_param *param = &vtd->param;
    const uint32_t n_tlb =
        param->tlb_entries > param->tlb_reserved ? param->tlb_entries - param->tlb_reserved : 0;

    list[0] = (struct array){&c->tlb, (void **)&c->tlb_data, sizeof(c->tlb_data[0]), n_tlb,
                             param->tlb_ways};
    list[1] = (struct array){&c->ctx, (void **)&c->ctx_data, sizeof(c->ctx_data[0]),
                             param->ctx_entries, param->cfg_ways};
    list[2] = (struct array){&c->pasid, (void **)&c->pasid_data, sizeof(c->pasid_data[0]),
                             param->pasid_entries, param->cfg_ways};
    for (uint32_t i = 0; i < VTD_PSC_LEVELS; i++) {
        list[3 + i] =
            (struct array){&c->fs_psc[i], (void **)&c->fs_psc_data[i], sizeof(c->fs_psc_data[i][0]),
                           param->psc_entries, param->psc_ways};
        list[3 + VTD_PSC_LEVELS + i] =
            (struct array){&c->ss_psc[i], (void **)&c->ss_psc_data[i], sizeof(c->ss_psc_data[i][0]),
                           param->psc_entries, param->psc_ways};
    }
}

static int make(const struct vtd *vtd, const struct array *array)
{
    const uint32_t room = vtd->param.cache_mode == VTD_CACHE_HOLD ? HOLD_FACTOR : 1;
    const int err = hw_tlb_init(array->tags, array->n_entries * room, array->n_ways * room);

    if (err)
        return err;
    array->tags->keeps = vtd->param.cache_mode == VTD_CACHE_HOLD;
    array->tags->is_blind = vtd->param.cache_mode == VTD_CACHE_ALWAYS_MISS;
    *array->data = calloc((size_t)array->n_entries * room, array->n_bytes);
    return *array->data ? 0 : SIM_ENOMEM;
}

int vtd_caches_new(struct vtd *vtd)
{
    struct array list[N_ARRAYS];

    list_arrays(vtd, list);
    for (uint32_t i = 0; i < N_ARRAYS; i++) {
        const bool may_be_empty = i >= 3;
        const int err = may_be_empty && list[i].n_entries == 0 ? 0 : make(vtd, &list[i]);

        if (err)
            return err;
    }
    hw_tlb_replacement(&vtd->cache.tlb, (enum hw_tlb_replace)vtd->param.tlb_replace,
                       (uint64_t)vtd->param.seed << 32);
    return 0;
}

void vtd_caches_free(struct vtd *vtd)
{
    struct array list[N_ARRAYS];

    list_arrays(vtd, list);
    for (uint32_t i = 0; i < N_ARRAYS; i++) {
        hw_tlb_free(list[i].tags);
        free(*list[i].data);
        *list[i].data = NULL;
    }
}

static void clear(struct hw_tlb *tlb)
{
    const uint32_t n = tlb->tags ? hw_tlb_n_entries(tlb) : 0;

    for (uint32_t i = 0; i < n && tlb->n_valid; i++) {
        if (hw_tlb_is_valid(tlb, i))
            hw_tlb_drop(tlb, i);
    }
}

void vtd_caches_clear(struct vtd *vtd)
{
    struct array list[N_ARRAYS];

    list_arrays(vtd, list);
    for (uint32_t i = 0; i < N_ARRAYS; i++)
        clear(list[i].tags);
    memset(vtd->cache.n_pages, 0, sizeof(vtd->cache.n_pages));
    vtd->cache.page_sizes = 0;
}

static int add(struct sim_snapshot *snapshot, const struct array *array)
{
    const struct hw_tlb *tlb = array->tags;
    const uint32_t n = tlb->tags ? hw_tlb_n_entries(tlb) : 0;
    int err = 0;

    if (n)
        err = sim_snapshot_add(snapshot, tlb->tags, n * sizeof(tlb->tags[0]));
    if (n && !err)
        err = sim_snapshot_add(snapshot, tlb->next_way, tlb->n_sets * sizeof(tlb->next_way[0]));
    if (n && !err)
        err = sim_snapshot_add(snapshot, tlb->is_used, n * sizeof(tlb->is_used[0]));
    if (n && !err)
        err = sim_snapshot_add(snapshot, *array->data, n * array->n_bytes);
    return err;
}

int vtd_caches_state(struct vtd *vtd, struct sim_snapshot *snapshot)
{
    struct array list[N_ARRAYS];
    int err = 0;

    list_arrays(vtd, list);
    for (uint32_t i = 0; i < N_ARRAYS && !err; i++)
        err = add(snapshot, &list[i]);
    return err;
}

/* ---- entries that go when they like ---- */

void vtd_cache_shake(struct vtd *vtd)
{
    struct array list[N_ARRAYS];
    struct hw_tlb *tlb;
    uint32_t n, index;

    if (sim_rng_below(&vtd->rng, SHAKE_EVERY))
        return;
    list_arrays(vtd, list);
    tlb = list[sim_rng_below(&vtd->rng, N_ARRAYS)].tags;
    n = tlb->n_valid ? hw_tlb_n_entries(tlb) : 0;
    if (n == 0)
        return;
    index = (uint32_t)sim_rng_below(&vtd->rng, n); /* the first valid one from there on */
    while (!hw_tlb_is_valid(tlb, index))
        index = index + 1 == n ? 0 : index + 1;
    if (tlb == &vtd->cache.tlb)
        vtd_tlb_forget(vtd, index);
    hw_tlb_drop(tlb, index);
}
