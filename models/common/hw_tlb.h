/* SPDX-License-Identifier: BSD-2-Clause
 * hw_tlb.h - an associative array of tags: TLBs, walk caches, caches of configuration.
 * Knows: sets, ways, matching under masks, victims. Must not know: what a tag or its payload means.
 *
 * A tag matches a query if key and address agree in the bits of the tag's own masks. So an entry
 * chooses its page size and whether it cares about an address-space identifier. The owner keeps
 * payloads in an array of its own, by the same index. */
#ifndef HW_TLB_H
#define HW_TLB_H

#include "sim/rng.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#ifdef __cplusplus
extern "C" {
#endif

#define HW_TLB_VALID (UINT64_C(1) << 63) /* set in the key of every entry and of every query */
#define HW_TLB_BLIND (UINT64_C(1) << 61) /* in no query: the entry is there and never found */
#define HW_TLB_NONE UINT32_MAX

/** struct hw_tlb_tag - @key_mask: bits of key that count (HW_TLB_VALID always); @va_mask likewise.
 */
struct hw_tlb_tag {
    uint64_t key;
    uint64_t key_mask;
    uint64_t va;
    uint64_t va_mask;
};

/** enum hw_tlb_replace - who goes from a full set. Pseudo LRU: each entry has a bit that a hit
 * sets; the bit that would be the last one to be set clears all others. The first entry without
 * goes. */
enum hw_tlb_replace {
    HW_TLB_ROUND_ROBIN,
    HW_TLB_RANDOM,
    HW_TLB_PLRU,
};

/** struct hw_tlb_sizes - which page sizes an array has entries of, as the masks of its tags say. */
struct hw_tlb_sizes {
    uint32_t n_entries[64]; /* by size_log2 */
    uint64_t in_use;        /* bit per size_log2 */
};

struct hw_tlb {
    struct hw_tlb_tag *tags; /* n_sets * n_ways */
    uint32_t *next_way;      /* n_sets; pseudo LRU: bits that are set */
    uint8_t *is_used;        /* n_sets * n_ways; pseudo LRU: the bits */
    enum hw_tlb_replace replace;
    struct sim_rng rng;
    bool keeps;    /* a full set takes nothing more */
    bool is_blind; /* look-ups find nothing */
    uint32_t n_sets;
    uint32_t n_ways;
    uint32_t n_valid;
    uint32_t recent;            /* the last hit: tried first */
    struct hw_tlb_sizes *sizes; /* kept up to date, if not NULL */
};

/** hw_tlb_init - @n_ways 0: one set of all entries. Return: 0, SIM_ENOMEM, or SIM_EINVAL if
 * @n_entries is 0 or no multiple of @n_ways. */
int hw_tlb_init(struct hw_tlb *tlb, uint32_t n_entries, uint32_t n_ways);
void hw_tlb_free(struct hw_tlb *tlb);
/** hw_tlb_replacement - round robin unless this says otherwise; of an empty array. */
void hw_tlb_replacement(struct hw_tlb *tlb, enum hw_tlb_replace replace, uint64_t seed);
/** hw_tlb_use - pseudo LRU: set the bit of an entry. */
void hw_tlb_use(struct hw_tlb *tlb, uint32_t index);
/** hw_tlb_hit - tell that an entry was found and used. */
static inline void hw_tlb_hit(struct hw_tlb *tlb, uint32_t index)
{
    if (tlb->replace == HW_TLB_PLRU && !tlb->is_used[index])
        hw_tlb_use(tlb, index);
}
static inline uint32_t hw_tlb_n_entries(const struct hw_tlb *tlb)
{
    return tlb->n_sets * tlb->n_ways;
}

/** hw_tlb_set - the set of a hash. */
static inline uint32_t hw_tlb_set(const struct hw_tlb *tlb, uint64_t hash)
{
    const uint64_t mixed = hash * UINT64_C(0x9e3779b97f4a7c15);

    return (uint32_t)(((mixed >> 32) * tlb->n_sets) >> 32);
}

/** hw_tlb_set_in_part - the same where the sets are @n_parts arrays side by side. */
static inline uint32_t hw_tlb_set_in_part(const struct hw_tlb *tlb, uint64_t hash, uint32_t part,
                                          uint32_t n_parts)
{
    const uint32_t n_sets = tlb->n_sets / n_parts;
    const uint64_t mixed = hash * UINT64_C(0x9e3779b97f4a7c15);

    return part * n_sets + (uint32_t)(((mixed >> 32) * n_sets) >> 32);
}

static inline bool hw_tlb_matches(const struct hw_tlb_tag *tag, uint64_t key, uint64_t va)
{
    return (((tag->key ^ key) & tag->key_mask) | ((tag->va ^ va) & tag->va_mask)) == 0;
}

/** hw_tlb_find - index of an entry of @set that matches, or HW_TLB_NONE. */
static inline uint32_t hw_tlb_find(const struct hw_tlb *tlb, uint32_t set, uint64_t key,
                                   uint64_t va)
{
    const uint32_t first = set * tlb->n_ways;

    for (uint32_t way = 0; way < tlb->n_ways; way++) {
        if (hw_tlb_matches(&tlb->tags[first + way], key, va))
            return first + way;
    }
    return HW_TLB_NONE;
}

/** hw_tlb_find_recent - the same for arrays of one set, quick if the same entry is hit again. */
static inline uint32_t hw_tlb_find_recent(struct hw_tlb *tlb, uint64_t key, uint64_t va)
{
    if (!hw_tlb_matches(&tlb->tags[tlb->recent], key, va)) {
        const uint32_t index = hw_tlb_find(tlb, 0, key, va);

        if (index == HW_TLB_NONE)
            return HW_TLB_NONE;
        tlb->recent = index;
    }
    return tlb->recent;
}

/** hw_tlb_find_sized - the same for arrays whose sets go by page: one look-up for each size in use,
 * smallest first. @hashed: the bits of @va that choose a set, in place. */
static inline uint32_t hw_tlb_find_sized(const struct hw_tlb *tlb, uint64_t key, uint64_t va,
                                         uint64_t hashed)
{
    for (uint64_t left = tlb->sizes->in_use; left; left &= left - 1) {
        const uint32_t set = hw_tlb_set(tlb, hashed >> __builtin_ctzll(left));
        const uint32_t index = hw_tlb_find(tlb, set, key, va);

        if (index != HW_TLB_NONE)
            return index;
    }
    return HW_TLB_NONE;
}

/** hw_tlb_n_sizes - look-ups that hw_tlb_find_sized may need, at least 1. */
static inline unsigned hw_tlb_n_sizes(const struct hw_tlb_sizes *sizes)
{
    return sizes->in_use ? (unsigned)__builtin_popcountll(sizes->in_use) : 1;
}

/** hw_tlb_put - make room in @set and enter @tag; an entry with the same tag is replaced.
 * Return: its index, for the payload, or HW_TLB_NONE if the set is full and keeps what it has.
 * @had_victim: another valid entry had to go. */
uint32_t hw_tlb_put(struct hw_tlb *tlb, uint32_t set, const struct hw_tlb_tag *tag,
                    bool *had_victim);

/** hw_tlb_drop - remove one entry. hw_tlb_clear - all of them; of an array that was never made,
 * none. */
void hw_tlb_drop(struct hw_tlb *tlb, uint32_t index);
void hw_tlb_clear(struct hw_tlb *tlb);

static inline bool hw_tlb_is_valid(const struct hw_tlb *tlb, uint32_t index)
{
    return (tlb->tags[index].key & HW_TLB_VALID) != 0;
}

/** hw_tlb_sweep - drop every valid entry that @match says; @index is that of the payload.
 * Return: how many were dropped. The number visited is hw_tlb_n_entries. */
uint32_t hw_tlb_sweep(struct hw_tlb *tlb,
                      bool (*match)(void *ctx, const struct hw_tlb_tag *tag, uint32_t index),
                      void *ctx);

#ifdef __cplusplus
}
#endif
#endif
