/* SPDX-License-Identifier: BSD-2-Clause
 * arch_smmuv3_pte.c - SMMUv3 for check/: page tables of both stages.
 * Knows: the model's walks. Must not know: the model's caches. */
#include "cli/arch_smmuv3.h"

#include "models/smmuv3/smmu_layout.h"
#include "models/smmuv3/smmu_pt_s2.h"

#include <string.h>

enum {
    ADDRESS_BITS = 64,
    WIDE_BITS = 52,
    MAX_LOG2 = 62,
};

/* One address space of a regime: stage 1 has two halves. */
struct space {
    bool is_s2, is_upper;
    struct smmu_pt_s1 s1;
    struct smmu_pt_s2 s2;
};

static bool half_of(const struct smmu_caps *caps, const struct smmu_cd *cd, unsigned i,
                    struct smmu_pt_s1 *out)
{
    const struct smmu_half *half = &cd->half[i];

    *out = (struct smmu_pt_s1){
        .ttb = half->ttb,
        .tsz = (uint8_t)half->tsz,
        .granule_log2 = (uint8_t)half->granule_log2,
        .output_bits = (uint8_t)cd->ips_bits,
        .sh = (uint8_t)half->walk.sh,
        .had = half->had,
        .ds = cd->ds,
        .oas_52 = caps->oas_bits >= WIDE_BITS,
        .affd = cd->affd,
        .ha = cd->ha,
        .hd = cd->hd,
    };
    return half->is_enabled && !cd->is_lpae;
}

static bool space_s1(const struct chk_arch_unit *unit, const struct chk_tag *tag,
                     const struct chk_regime *regime, bool is_upper, struct space *out)
{
    const struct smmu_caps *caps = &arch_smmuv3_look(unit)->caps;
    const struct smmu_ste ste = {.has_s1 = true, .world = (enum smmu_world)tag->world};
    uint64_t words[SMMU_WORDS_CD];
    struct smmu_cd cd;

    memcpy(words, regime->field, sizeof(words));
    smmu_CD_put_A(words, 1); /* what the regime left out, as it is always legal */
    smmu_CD_put_S(words, caps->stall_model == SMMU_IDR0_STALL_MODEL_STALL);
    memset(out, 0, sizeof(*out));
    out->is_upper = is_upper;
    if (smmu_cd_decode(words, &ste, caps, &cd))
        return false;
    return half_of(caps, &cd, is_upper, &out->s1);
}

static bool space_s2(const struct chk_arch_unit *unit, const struct chk_regime *regime,
                     struct space *out)
{
    const struct smmu_caps *caps = &arch_smmuv3_look(unit)->caps;
    const struct smmu_ctrl ctrl = {0};
    uint64_t words[SMMU_WORDS_STE];
    struct smmu_ste ste;

    memcpy(words, regime->field, sizeof(words));
    smmu_STE_put_V(words, 1);
    smmu_STE_put_Config(words, SMMU_STE_Config_S2);
    smmu_STE_put_S2S(words, caps->stall_model == SMMU_IDR0_STALL_MODEL_STALL);
    memset(out, 0, sizeof(*out));
    out->is_s2 = true;
    if (smmu_ste_decode(words, caps, &ctrl, &ste) || ste.s2.is_lpae)
        return false;
    smmu_pt_s2_from_ste(&ste.s2, caps, caps->xnx, &out->s2);
    return true;
}

static bool space_of(const struct chk_arch_unit *unit, const struct chk_tag *tag,
                     const struct chk_regime *regime, bool is_upper, struct space *out)
{
    return tag->stage == 2 ? !is_upper && space_s2(unit, regime, out)
                           : space_s1(unit, tag, regime, is_upper, out);
}

static void root_of(const struct space *space, struct chk_table *table)
{
    const unsigned tsz = space->is_s2 ? space->s2.tsz : space->s1.tsz;
    const unsigned input_bits = ADDRESS_BITS - tsz;
    unsigned log2;

    memset(table, 0, sizeof(*table));
    table->first = space->is_upper ? ~UINT64_C(0) << input_bits : 0;
    if (space->is_s2) {
        struct smmu_pt_s2_step step;

        smmu_pt_s2_begin(&space->s2, 0, &step);
        table->address = step.at.address;
        table->level = (int16_t)step.at.level;
        log2 = smmu_pt_s2_level_log2(&space->s2, step.at.level);
    } else {
        struct smmu_pt_step step;

        smmu_pt_begin(&space->s1, table->first, &step);
        table->address = step.at.address;
        table->level = (int16_t)step.at.level;
        log2 = smmu_pt_level_log2(&space->s1, step.at.level);
    }
    table->stage = space->is_s2 ? 2 : 1;
    table->span_log2 = (uint8_t)(log2 < MAX_LOG2 ? log2 : MAX_LOG2);
    table->n_entries = input_bits > log2 ? (uint32_t)1 << (input_bits - log2) : 1;
}

unsigned arch_smmuv3_roots(const struct chk_arch_unit *unit, const struct chk_tag *tag,
                           const struct chk_regime *regime, struct chk_table table[2])
{
    struct space space;
    unsigned n = 0;

    for (unsigned i = 0; i < 2; i++) {
        if (space_of(unit, tag, regime, i == 1, &space))
            root_of(&space, &table[n++]);
    }
    return n;
}

static void take_next(const struct space *space, uint64_t address, uint64_t first, int level,
                      struct chk_pte *pte)
{
    const unsigned granule = space->is_s2 ? space->s2.granule_log2 : space->s1.granule_log2;
    const unsigned log2 = space->is_s2 ? smmu_pt_s2_level_log2(&space->s2, level)
                                       : smmu_pt_level_log2(&space->s1, level);

    pte->kind = CHK_PTE_TABLE;
    pte->next = (struct chk_table){
        .address = address & ~((UINT64_C(1) << granule) - 1),
        .first = first,
        .n_entries = (uint32_t)1 << (granule - 3),
        .span_log2 = (uint8_t)log2,
        .level = (int16_t)level,
        .stage = space->is_s2 ? 2 : 1,
    };
}

static uint8_t prot_of(unsigned rights)
{
    return (uint8_t)((rights & SMMU_PT_R ? SIM_PROT_R : 0u) |
                     (rights & SMMU_PT_W ? SIM_PROT_W : 0u) |
                     (rights & SMMU_PT_X ? SIM_PROT_X : 0u));
}

static void pte_s1(const struct space *space, uint64_t va, int level, uint64_t word,
                   struct chk_pte *pte)
{
    struct smmu_pt_step step = {.at = {.reason = HW_WALK_TABLE, .level = level, .stage = 1}};
    const struct smmu_pt_leaf *leaf = &step.leaf;

    smmu_pt_next(&space->s1, va, word, &step);
    if (step.at.reason == HW_WALK_TABLE) {
        take_next(space, step.at.address, va, step.at.level, pte);
        pte->attrs =
            (uint64_t)step.ap_table | (uint64_t)step.uxn_table << 8 | (uint64_t)step.pxn_table << 9;
    } else if (step.at.reason == HW_WALK_OK) {
        pte->kind = CHK_PTE_LEAF;
        pte->pa = leaf->pa;
        pte->is_global = !leaf->ng;
        pte->is_faulting = !leaf->af && !space->s1.ha && !space->s1.affd;
        pte->is_break_free = leaf->nt;
        pte->prot = prot_of(smmu_pt_rights(&space->s1, leaf, true) |
                            smmu_pt_rights(&space->s1, leaf, false));
        pte->attrs = (uint64_t)leaf->attr_indx | (uint64_t)leaf->sh << 8 |
                     (uint64_t)leaf->ap << 12 | (uint64_t)leaf->uxn << 16 |
                     (uint64_t)leaf->pxn << 17 | (uint64_t)leaf->ng << 18;
    }
}

static void pte_s2(const struct space *space, uint64_t ipa, int level, uint64_t word,
                   struct chk_pte *pte)
{
    struct smmu_pt_s2_step step = {.at = {.reason = HW_WALK_TABLE, .level = level, .stage = 2}};
    const struct smmu_pt_s2_leaf *leaf = &step.leaf;

    smmu_pt_s2_next(&space->s2, ipa, word, &step);
    if (step.at.reason == HW_WALK_TABLE) {
        take_next(space, step.at.address, ipa, step.at.level, pte);
    } else if (step.at.reason == HW_WALK_OK) {
        pte->kind = CHK_PTE_LEAF;
        pte->pa = leaf->pa;
        pte->is_faulting = !leaf->af && !space->s2.ha && !space->s2.affd;
        pte->is_break_free = leaf->nt;
        pte->prot = prot_of(smmu_pt_s2_rights(&space->s2, leaf, false));
        pte->attrs = (uint64_t)leaf->mem_attr | (uint64_t)leaf->sh << 8 |
                     (uint64_t)leaf->s2ap << 12 | (uint64_t)leaf->uxn << 16 |
                     (uint64_t)leaf->pxn << 17;
    }
}

void arch_smmuv3_pte(const struct chk_arch_unit *unit, const struct chk_tag *tag,
                     const struct chk_regime *regime, const struct chk_table *table, uint64_t word,
                     struct chk_pte *pte)
{
    const uint64_t input = table->first;
    struct space space;

    memset(pte, 0, sizeof(*pte));
    if (!space_of(unit, tag, regime, tag->stage == 1 && input >> 55 & 1, &space))
        return;
    if (space.is_s2)
        pte_s2(&space, input, table->level, word, pte);
    else
        pte_s1(&space, input, table->level, word, pte);
    if (!arch_smmuv3_look(unit)->caps.bbml)
        pte->is_break_free = false; /* nT is not looked at (3.21.1) */
    else if (arch_smmuv3_look(unit)->caps.bbml >= 2)
        pte->is_break_free = true;
}
