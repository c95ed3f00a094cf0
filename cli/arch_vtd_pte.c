/* SPDX-License-Identifier: BSD-2-Clause
 * arch_vtd_pte.c - VT-d for check/: page tables of both stages.
 * Knows: the model's walks. Must not know: the model's caches. */
#include "cli/arch_vtd.h"

#include "models/vtd/vtd_pt.h"

#include <string.h>

enum {
    TOP = 5,        /* chk_table.level grows on the way down: 5 minus the architecture's */
    TABLE_BITS = 9, /* entries of a table, log2 */
    ENTRY_BYTES = 8,
    FS_BITS_PER_LEVEL = 9,
};

static enum arch_vtd_class class_of(const struct chk_regime *regime)
{
    return (enum arch_vtd_class)regime->field[ARCH_VTD_CLASS];
}

/* Of the regimes that have tables of this host, the nested one has them in its second stage. */
static bool is_first_stage(const struct chk_regime *regime)
{
    return class_of(regime) == ARCH_VTD_FS;
}

static unsigned levels_of(const struct chk_regime *regime)
{
    return (unsigned)(is_first_stage(regime) ? regime->field[ARCH_VTD_FS_LEVELS]
                                             : regime->field[ARCH_VTD_SS_LEVELS] >> 8);
}

static unsigned input_bits_of(const struct chk_regime *regime)
{
    return (unsigned)(regime->field[ARCH_VTD_SS_LEVELS] & 0xff);
}

static void root_of(const struct chk_regime *regime, unsigned n_input_bits, struct chk_table *table)
{
    const unsigned levels = levels_of(regime);
    const unsigned log2 = vtd_pt_log2(levels);

    memset(table, 0, sizeof(*table));
    table->address = regime->root[0];
    table->n_entries = n_input_bits > log2 ? (uint32_t)1 << (n_input_bits - log2) : 1;
    table->span_log2 = (uint8_t)log2;
    table->stage = is_first_stage(regime) ? 1 : 2;
    table->level = (int16_t)(TOP - (int)levels);
}

/* Canonical addresses: the lower and the upper half of the first table. */
static unsigned roots_of_fs(const struct chk_regime *regime, struct chk_table table[2])
{
    const unsigned bits = vtd_pt_log2(levels_of(regime) + 1u) - 1;

    root_of(regime, bits, &table[0]);
    table[1] = table[0];
    table[1].address += (uint64_t)table[0].n_entries * ENTRY_BYTES;
    table[1].first = UINT64_MAX << bits;
    return 2;
}

unsigned arch_vtd_roots(const struct chk_arch_unit *unit, const struct chk_tag *tag,
                        const struct chk_regime *regime, struct chk_table table[2])
{
    (void)unit;
    if (class_of(regime) == ARCH_VTD_NONE)
        return 0;
    memset(table, 0, sizeof(*table));
    if (class_of(regime) == ARCH_VTD_PASS || tag->world != ARCH_VTD_IOTLB)
        return 1; /* identity; what others file follows the tables */
    if (is_first_stage(regime))
        return roots_of_fs(regime, table);
    root_of(regime, input_bits_of(regime), &table[0]);
    return 1;
}

static uint8_t prot_of(unsigned rights)
{
    return (uint8_t)((rights & VTD_PT_R ? SIM_PROT_R : 0u) | (rights & VTD_PT_W ? SIM_PROT_W : 0u));
}

static void take_leaf(const struct vtd_pt_leaf *leaf, struct chk_pte *pte)
{
    pte->kind = CHK_PTE_LEAF;
    pte->pa = leaf->pa;
    pte->prot = leaf->is_user ? prot_of(leaf->rights) : 0;
    pte->attrs = (uint64_t)leaf->memory_type | (uint64_t)leaf->snp << 8 |
                 (uint64_t)leaf->ipat << 9 | (uint64_t)leaf->is_user << 10 |
                 (uint64_t)leaf->rights << 12;
}

static void take_table(const struct chk_table *table, const struct vtd_pt_step *step,
                       struct chk_pte *pte)
{
    const uint64_t page = ((uint64_t)ENTRY_BYTES << TABLE_BITS) - 1;

    pte->kind = CHK_PTE_TABLE;
    pte->attrs = (uint64_t)step->rights | (uint64_t)step->is_user << 8;
    pte->next = (struct chk_table){
        .address = step->address & ~page,
        .first = table->first,
        .n_entries = (uint32_t)1 << TABLE_BITS,
        .span_log2 = (uint8_t)vtd_pt_log2(step->level),
        .stage = table->stage,
        .level = (int16_t)(TOP - (int)step->level),
    };
}

void arch_vtd_pte(const struct chk_arch_unit *unit, const struct chk_tag *tag,
                  const struct chk_regime *regime, const struct chk_table *table, uint64_t word,
                  struct chk_pte *pte)
{
    const struct vtd_caps *caps = &arch_vtd_look(unit)->caps;
    struct vtd_pt_step step = {
        .state = VTD_PT_TABLE,
        .level = (uint8_t)(TOP - table->level),
        .rights = VTD_PT_R | VTD_PT_W,
        .is_user = true,
    };

    memset(pte, 0, sizeof(*pte));
    pte->is_break_free = true; /* no fault: fragments of either size answer (6.1) */
    if (tag->world != ARCH_VTD_IOTLB)
        return;
    if (is_first_stage(regime)) {
        const struct vtd_fs fs = {.levels = levels_of(regime)};
        struct vtd_pt_fs pt;

        vtd_pt_fs_from(&fs, caps, caps->haw_bits, &pt);
        vtd_pt_fs_next(&pt, table->first, word, &step);
    } else {
        const struct vtd_ss ss = {.levels = levels_of(regime), .input_bits = input_bits_of(regime)};
        struct vtd_pt_ss pt;

        vtd_pt_ss_from(&ss, caps, &pt);
        vtd_pt_ss_next(&pt, table->first, 0, word, &step);
    }
    if (step.state == VTD_PT_LEAF)
        take_leaf(&step.leaf, pte);
    else if (step.state == VTD_PT_TABLE)
        take_table(table, &step, pte);
}
