/* SPDX-License-Identifier: BSD-2-Clause
 * ord_torn.c - several words of one entry change between two invalidations (3.21.3).
 * Knows: which bits of an entry are read. Must not know: who reads it. */
#include "check/smmuv3/ord_smmu.h"

#include <inttypes.h>
#include <string.h>

struct view {
    const struct hw_layout *layout;
    bool is_ste;
};

static bool is_valid(const struct view *view, const uint64_t *words)
{
    return view->is_ste ? smmu_STE_V(words) : smmu_CD_V(words);
}

/* Bits that hardware may act upon. EATS and MEV mix without harm: no address comes of them. */
static void used_bits(const struct view *view, const uint64_t *words, uint64_t *used)
{
    const uint32_t conditions =
        view->is_ste ? smmu_ste_conditions(words) : smmu_cd_conditions(words);

    hw_used(view->layout->fields, view->layout->n_fields, conditions, used);
    if (view->is_ste) {
        smmu_STE_put_EATS(used, 0);
        smmu_STE_put_MEV(used, 0);
    }
}

/* Words that differ in bits that count; two that only 16-byte stores changed are one. */
static unsigned n_changed(const struct view *view, const uint64_t *before, const uint64_t *after,
                          uint8_t atomic_pairs)
{
    uint64_t used[ORD_WORDS] = {0};
    unsigned n = 0;

    used_bits(view, before, used);
    used_bits(view, after, used);
    for (unsigned i = 0; i < ORD_WORDS; i += 2) {
        const bool low = ((before[i] ^ after[i]) & used[i]) != 0;
        const bool high = ((before[i + 1] ^ after[i + 1]) & used[i + 1]) != 0;

        n += low && high && (atomic_pairs & (1u << i / 2)) ? 1 : (unsigned)low + (unsigned)high;
    }
    return n;
}

static enum chk_rule_id rule_of(const struct view *view, bool was_valid, bool is_valid_now)
{
    if (was_valid && is_valid_now)
        return view->is_ste ? CHK_RULE_STE_TORN : CHK_RULE_CD_TORN;
    if (is_valid_now)
        return view->is_ste ? CHK_RULE_STE_VALID_EARLY : CHK_RULE_CD_VALID_EARLY;
    return view->is_ste ? CHK_RULE_STE_CLEAR_EARLY : CHK_RULE_CD_CLEAR_EARLY;
}

/* The duty that the change began with: the oldest one of the entry. */
static struct ord_duty *oldest(struct ord_unit *unit, const struct ord_duty *duty)
{
    return ord_duty_of(unit, duty->kind, duty->pa, duty->sid);
}

static void note_pairs(struct ord_duty *first, bool is_atomic, const struct ord_stored *stored)
{
    for (unsigned i = 0; i < stored->n_words; i++) {
        const unsigned pair = (unsigned)((stored->pa - first->pa) / 16);

        if (is_atomic)
            first->atomic_pairs |= (uint8_t)(1u << pair);
        else
            first->plain_pairs |= (uint8_t)(1u << pair);
    }
}

void ord_torn_check(struct ord_smmu *smmu, struct ord_unit *unit, struct ord_duty *duty,
                    bool is_atomic, const struct ord_stored *stored)
{
    const struct view view = {duty->kind == ORD_DUTY_STE ? &smmu_layout_STE : &smmu_layout_CD,
                              duty->kind == ORD_DUTY_STE};
    struct ord_duty *first = oldest(unit, duty);
    uint64_t after[ORD_WORDS];
    bool was, is;

    ord_read(smmu, duty->pa, after, ORD_WORDS);
    note_pairs(first, is_atomic, stored);
    was = is_valid(&view, first->before);
    is = is_valid(&view, after);
    if (first->is_torn || (!was && !is) ||
        n_changed(&view, first->before, after, first->atomic_pairs & (uint8_t)~first->plain_pairs) <
            2)
        return;
    first->is_torn = true;
    ord_hit_since(smmu->order, rule_of(&view, was, is), unit->iommu, &first->since,
                  "%s 0x%" PRIx64 " of StreamID 0x%x: q0 0x%" PRIx64 " q1 0x%" PRIx64
                  " -> q0 0x%" PRIx64 " q1 0x%" PRIx64,
                  view.layout->name, duty->pa, duty->sid, first->before[0], first->before[1],
                  after[0], after[1]);
}
