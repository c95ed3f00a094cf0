/* SPDX-License-Identifier: BSD-2-Clause
 * hw_cache.h - arrays of tags with their payloads, as a model lists them: made, emptied, saved, let
 * go of entries at random, freed.
 * Knows: sizes, ways, modes. Must not know: what is in an entry, who looks. */
#ifndef HW_CACHE_H
#define HW_CACHE_H

#include "models/common/hw_tlb.h"
#include "sim/snapshot.h"

#ifdef __cplusplus
extern "C" {
#endif

/** enum hw_cache_mode - values of cache_mode: what an implementation may do with its caches. */
enum hw_cache_mode {
    HW_CACHE_NORMAL,
    HW_CACHE_NEVER,       /* nothing is kept; the models see to it */
    HW_CACHE_ALWAYS_MISS, /* kept, and never found */
    HW_CACHE_HOLD,        /* nothing is evicted; there is more room for it */
    HW_CACHE_RANDOM,      /* see hw_cache_shakes */
};

/**
 * struct hw_cache - one array: where it is, and how it is to be. Models make the list when they
 * need it; the state is in the arrays.
 * @data:  the pointer to its payloads, @n_bytes each, by the tags' index.
 * @sizes: of arrays whose sets go by page; else NULL.
 */
struct hw_cache {
    struct hw_tlb *tags;
    void **data;
    size_t n_bytes;
    uint32_t n_entries, n_ways; /* as hw_tlb_init */
    bool may_be_empty;          /* no entries: no array; else that is an error */
    enum hw_tlb_replace replace;
    uint64_t seed;
    struct hw_tlb_sizes *sizes;
};

/** HW_CACHE - the beginning of a struct hw_cache, of lvalues for tags and payloads. */
#define HW_CACHE(tlb, payload)                                                                     \
    .tags = &(tlb), .data = (void **)&(payload), .n_bytes = sizeof((payload)[0])

/** hw_cache_make - Return: 0, SIM_ENOMEM, SIM_EINVAL; whatever it is, free it. */
int hw_cache_make(const struct hw_cache *cache, enum hw_cache_mode mode);
void hw_cache_free(const struct hw_cache *cache);
/** hw_cache_state - tags and payloads belong to @snapshot. Return: 0 or SIM_ENOMEM. */
int hw_cache_state(const struct hw_cache *cache, struct sim_snapshot *snapshot);

/** hw_cache_shakes - something is looked up in mode RANDOM: is an entry of some cache to go? */
bool hw_cache_shakes(struct sim_rng *rng);
/** hw_cache_drop_any - of @tlb, if it has any. */
void hw_cache_drop_any(struct hw_tlb *tlb, struct sim_rng *rng);

#ifdef __cplusplus
}
#endif
#endif
