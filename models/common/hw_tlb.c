/* SPDX-License-Identifier: BSD-2-Clause
 * hw_tlb.c - an associative array of tags.
 * Knows: sets, ways, victims. Must not know: what a tag or its payload means. */
#include "models/common/hw_tlb.h"

#include "sim/diag.h"

#include <stdlib.h>
#include <string.h>

/* An empty entry matches no query: its key has no HW_TLB_VALID, and that bit counts. */
static const struct hw_tlb_tag empty_tag = {.key = 0, .key_mask = HW_TLB_VALID};

int hw_tlb_init(struct hw_tlb *tlb, uint32_t n_entries, uint32_t n_ways)
{
    *tlb = (struct hw_tlb){.n_ways = n_ways ? n_ways : n_entries};
    if (n_entries == 0 || n_entries % tlb->n_ways)
        return SIM_EINVAL;
    tlb->n_sets = n_entries / tlb->n_ways;
    tlb->tags = calloc(n_entries, sizeof(tlb->tags[0]));
    tlb->next_way = calloc(tlb->n_sets, sizeof(tlb->next_way[0]));
    tlb->is_used = calloc(n_entries, sizeof(tlb->is_used[0]));
    if (!tlb->tags || !tlb->next_way || !tlb->is_used) {
        hw_tlb_free(tlb);
        return SIM_ENOMEM;
    }
    for (uint32_t i = 0; i < n_entries; i++)
        tlb->tags[i] = empty_tag;
    return 0;
}

void hw_tlb_free(struct hw_tlb *tlb)
{
    free(tlb->tags);
    free(tlb->next_way);
    free(tlb->is_used);
    tlb->tags = NULL;
    tlb->next_way = NULL;
    tlb->is_used = NULL;
}

/* ---- victims ---- */

void hw_tlb_replacement(struct hw_tlb *tlb, enum hw_tlb_replace replace, uint64_t seed)
{
    tlb->replace = replace;
    sim_rng_seed(&tlb->rng, seed);
}

void hw_tlb_use(struct hw_tlb *tlb, uint32_t index)
{
    const uint32_t set = index / tlb->n_ways;

    if (tlb->is_used[index])
        return;
    if (++tlb->next_way[set] == tlb->n_ways) {
        memset(&tlb->is_used[(size_t)set * tlb->n_ways], 0, tlb->n_ways);
        tlb->next_way[set] = 1;
    }
    tlb->is_used[index] = 1;
}

static uint32_t first_unused(const struct hw_tlb *tlb, uint32_t set)
{
    for (uint32_t way = 0; way < tlb->n_ways; way++) {
        if (!tlb->is_used[(size_t)set * tlb->n_ways + way])
            return way;
    }
    return 0; /* of one way */
}

static uint32_t victim(struct hw_tlb *tlb, uint32_t set)
{
    uint32_t way;

    switch (tlb->replace) {
    case HW_TLB_RANDOM:
        return (uint32_t)sim_rng_below(&tlb->rng, tlb->n_ways);
    case HW_TLB_PLRU:
        return first_unused(tlb, set);
    case HW_TLB_ROUND_ROBIN:
        break;
    }
    way = tlb->next_way[set];
    tlb->next_way[set] = way + 1 == tlb->n_ways ? 0 : way + 1;
    return way;
}

/* ---- entries ---- */

static bool is_same(const struct hw_tlb_tag *a, const struct hw_tlb_tag *b)
{
    return a->va == b->va && a->key == b->key && a->va_mask == b->va_mask &&
           a->key_mask == b->key_mask;
}

static void count(struct hw_tlb_sizes *sizes, const struct hw_tlb_tag *tag, bool is_more)
{
    const unsigned log2 = (unsigned)__builtin_ctzll(tag->va_mask);

    if (is_more)
        sizes->n_entries[log2]++;
    else
        sizes->n_entries[log2]--;
    if (sizes->n_entries[log2])
        sizes->in_use |= UINT64_C(1) << log2;
    else
        sizes->in_use &= ~(UINT64_C(1) << log2);
}

/* The same tag, else an empty way, else a victim. */
static uint32_t choose_way(struct hw_tlb *tlb, uint32_t set, const struct hw_tlb_tag *tag)
{
    const struct hw_tlb_tag *first = &tlb->tags[(size_t)set * tlb->n_ways];
    const struct hw_tlb_tag *end = first + tlb->n_ways;

    for (const struct hw_tlb_tag *at = first; at < end; at++) {
        if (is_same(at, tag))
            return (uint32_t)(at - first);
    }
    if (tlb->n_valid == hw_tlb_n_entries(tlb))
        return victim(tlb, set);
    for (const struct hw_tlb_tag *at = first; at < end; at++) {
        if (!(at->key & HW_TLB_VALID))
            return (uint32_t)(at - first);
    }
    return victim(tlb, set);
}

uint32_t hw_tlb_put(struct hw_tlb *tlb, uint32_t set, const struct hw_tlb_tag *tag,
                    bool *had_victim)
{
    const uint64_t marks = HW_TLB_VALID | (tlb->is_blind ? HW_TLB_BLIND : 0);
    const struct hw_tlb_tag entry = {tag->key | marks, tag->key_mask | marks, tag->va,
                                     tag->va_mask};
    const uint32_t index = set * tlb->n_ways + choose_way(tlb, set, &entry);
    struct hw_tlb_tag *place = &tlb->tags[index];
    const bool was_valid = place->key & HW_TLB_VALID;

    *had_victim = was_valid && !is_same(place, &entry);
    if (*had_victim && tlb->keeps) {
        *had_victim = false;
        return HW_TLB_NONE;
    }
    if (!was_valid)
        tlb->n_valid++;
    if (tlb->sizes) {
        if (was_valid)
            count(tlb->sizes, place, false);
        count(tlb->sizes, &entry, true);
    }
    *place = entry;
    hw_tlb_hit(tlb, index);
    return index;
}

void hw_tlb_drop(struct hw_tlb *tlb, uint32_t index)
{
    if (hw_tlb_is_valid(tlb, index)) {
        tlb->n_valid--;
        if (tlb->sizes)
            count(tlb->sizes, &tlb->tags[index], false);
    }
    tlb->tags[index] = empty_tag;
    if (tlb->replace == HW_TLB_PLRU && tlb->is_used[index]) {
        tlb->is_used[index] = 0;
        tlb->next_way[index / tlb->n_ways]--;
    }
}

void hw_tlb_clear(struct hw_tlb *tlb)
{
    const uint32_t n = hw_tlb_n_entries(tlb);

    for (uint32_t i = 0; i < n && tlb->n_valid; i++)
        hw_tlb_drop(tlb, i);
}

uint32_t hw_tlb_sweep(struct hw_tlb *tlb,
                      bool (*match)(void *ctx, const struct hw_tlb_tag *tag, uint32_t index),
                      void *ctx)
{
    const uint32_t n = hw_tlb_n_entries(tlb);
    uint32_t n_dropped = 0;

    if (tlb->n_valid == 0)
        return 0;
    for (uint32_t i = 0; i < n; i++) {
        if (!hw_tlb_is_valid(tlb, i) || !match(ctx, &tlb->tags[i], i))
            continue;
        hw_tlb_drop(tlb, i);
        n_dropped++;
    }
    return n_dropped;
}
