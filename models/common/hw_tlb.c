/* SPDX-License-Identifier: BSD-2-Clause
 * hw_tlb.c - an associative array of tags.
 * Knows: sets, ways, victims. Must not know: what a tag or its payload means. */
#include "models/common/hw_tlb.h"

#include "sim/diag.h"

#include <stdlib.h>

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
    if (!tlb->tags || !tlb->next_way) {
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
    tlb->tags = NULL;
    tlb->next_way = NULL;
}

static bool is_same(const struct hw_tlb_tag *a, const struct hw_tlb_tag *b)
{
    return a->va == b->va && a->key == b->key && a->va_mask == b->va_mask &&
           a->key_mask == b->key_mask;
}

/* The same tag, else an empty way, else the next one in turn. */
static uint32_t choose_way(struct hw_tlb *tlb, uint32_t set, const struct hw_tlb_tag *tag)
{
    const struct hw_tlb_tag *tags = &tlb->tags[(size_t)set * tlb->n_ways];
    const uint32_t next = tlb->next_way[set];

    for (uint32_t way = 0; way < tlb->n_ways; way++) {
        if (is_same(&tags[way], tag))
            return way;
    }
    for (uint32_t way = 0; way < tlb->n_ways && tlb->n_valid < hw_tlb_n_entries(tlb); way++) {
        if (!(tags[way].key & HW_TLB_VALID))
            return way;
    }
    tlb->next_way[set] = next + 1 == tlb->n_ways ? 0 : next + 1;
    return next;
}

uint32_t hw_tlb_put(struct hw_tlb *tlb, uint32_t set, const struct hw_tlb_tag *tag,
                    bool *had_victim)
{
    const uint32_t index = set * tlb->n_ways + choose_way(tlb, set, tag);
    struct hw_tlb_tag *place = &tlb->tags[index];
    const bool was_valid = place->key & HW_TLB_VALID;

    *had_victim = was_valid && !is_same(place, tag);
    if (!was_valid)
        tlb->n_valid++;
    *place = *tag;
    place->key |= HW_TLB_VALID;
    place->key_mask |= HW_TLB_VALID;
    return index;
}

void hw_tlb_drop(struct hw_tlb *tlb, uint32_t index)
{
    if (hw_tlb_is_valid(tlb, index))
        tlb->n_valid--;
    tlb->tags[index] = empty_tag;
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
