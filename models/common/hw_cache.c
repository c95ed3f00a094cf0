/* SPDX-License-Identifier: BSD-2-Clause
 * hw_cache.c - arrays of tags with their payloads.
 * Knows: sizes, ways, modes. Must not know: what is in an entry, who looks. */
#include "models/common/hw_cache.h"

#include "sim/diag.h"

#include <stdlib.h>

enum {
    HOLD_FACTOR = 8, /* what is never evicted needs room: as many sets, of more ways */
    SHAKE_EVERY = 8, /* look-ups, on average */
};

int hw_cache_make(const struct hw_cache *cache, enum hw_cache_mode mode)
{
    const uint32_t room = mode == HW_CACHE_HOLD ? HOLD_FACTOR : 1;
    int err;

    cache->tags->sizes = cache->sizes;
    if (cache->n_entries == 0)
        return cache->may_be_empty ? 0 : SIM_EINVAL;
    err = hw_tlb_init(cache->tags, cache->n_entries * room, cache->n_ways * room);
    if (err)
        return err;
    hw_tlb_replacement(cache->tags, cache->replace, cache->seed);
    cache->tags->keeps = mode == HW_CACHE_HOLD;
    cache->tags->is_blind = mode == HW_CACHE_ALWAYS_MISS;
    cache->tags->sizes = cache->sizes;
    *cache->data = calloc((size_t)cache->n_entries * room, cache->n_bytes);
    return *cache->data ? 0 : SIM_ENOMEM;
}

void hw_cache_free(const struct hw_cache *cache)
{
    hw_tlb_free(cache->tags);
    free(*cache->data);
    *cache->data = NULL;
}

int hw_cache_state(const struct hw_cache *cache, struct sim_snapshot *snapshot)
{
    const struct hw_tlb *tlb = cache->tags;
    const uint32_t n = hw_tlb_n_entries(tlb);
    int err = 0;

    if (n)
        err = sim_snapshot_add(snapshot, tlb->tags, n * sizeof(tlb->tags[0]));
    if (n && !err)
        err = sim_snapshot_add(snapshot, tlb->next_way, tlb->n_sets * sizeof(tlb->next_way[0]));
    if (n && !err)
        err = sim_snapshot_add(snapshot, tlb->is_used, n * sizeof(tlb->is_used[0]));
    if (n && !err)
        err = sim_snapshot_add(snapshot, *cache->data, n * cache->n_bytes);
    return err;
}

/* ---- entries that go when they like ---- */

bool hw_cache_shakes(struct sim_rng *rng)
{
    return sim_rng_below(rng, SHAKE_EVERY) == 0;
}

void hw_cache_drop_any(struct hw_tlb *tlb, struct sim_rng *rng)
{
    const uint32_t n = tlb->n_valid ? hw_tlb_n_entries(tlb) : 0;
    uint32_t index;

    if (n == 0)
        return;
    index = (uint32_t)sim_rng_below(rng, n); /* the first valid one from there on */
    while (!hw_tlb_is_valid(tlb, index))
        index = index + 1 == n ? 0 : index + 1;
    hw_tlb_drop(tlb, index);
}
