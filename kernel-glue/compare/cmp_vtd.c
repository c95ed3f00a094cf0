/* SPDX-License-Identifier: BSD-2-Clause
 * cmp_vtd.c - names in VT-d's structures.
 * Knows: layouts of VT-d. Must not know: a model.
 *
 * Whether a table is installed is not followed yet: an entry counts as live if it is present. */
#include "kernel-glue/compare/cmp_private.h"

#include "models/vtd/vtd_layout.h"

static const struct cmp_rule rules[] = {
    {NULL, "DID", CMP_S_DOMAIN},        {NULL, "SID", CMP_S_STREAM},
    {"IOTLB_INV", "ADDR", CMP_S_NONE},  {"DEVTLB_INV", "ADDR", CMP_S_NONE},
    {"PIOTLB_INV", "ADDR", CMP_S_NONE}, {"PDEVTLB_INV", "ADDR", CMP_S_NONE},
    {"WAIT", "DATA", CMP_S_IGNORE},     {"WAIT", "ADDR", CMP_S_IGNORE},
    {"PGRP_RESP", "RID", CMP_S_STREAM}, {"IQH", "QH", CMP_S_IGNORE},
    {"IQT", "QT", CMP_S_IGNORE},        {"PQH", "QH", CMP_S_IGNORE},
    {"PQH", "PQH", CMP_S_IGNORE},       {"PQT", "PQT", CMP_S_IGNORE},
};

static const struct hw_decoder *decoder(uint8_t structure)
{
    static const struct {
        uint8_t structure;
        const char *word;
    } words[] = {
        {SIM_S_ROOT, "root"},      {SIM_S_CTX, "ctx"},       {SIM_S_PASID, "pasid"},
        {SIM_S_PTE_VTD, "pte_ss"}, {SIM_S_PTE_S1, "pte_fs"}, {SIM_S_PTE_S2, "pte_ss"},
        {SIM_S_QI, "qi"},          {SIM_S_IRTE, "irte"},     {SIM_S_PASID_DIR, "pasid_dir"}};

    for (size_t i = 0; i < sizeof(words) / sizeof(words[0]); i++) {
        if (words[i].structure == structure)
            return vtd_decoder_find(words[i].word);
    }
    return NULL;
}

static unsigned entry_bytes(const struct cmp_world *world, uint8_t structure)
{
    return structure == SIM_S_CTX && world->is_wide_ctx ? 32
                                                        : sim_structure_infos[structure].n_bytes;
}

/* The requester-id selects the place of root and context entries. */
static unsigned place(const struct cmp_world *world, uint8_t structure, enum cmp_space *space)
{
    *space = CMP_S_ENTRY;
    if (structure == SIM_S_ROOT)
        return 4;
    if (structure == SIM_S_CTX)
        return world->is_wide_ctx ? 5 : 4;
    *space = CMP_S_PAGE;
    return CMP_PAGE_LOG2;
}

static const struct hw_layout *reg_layout(uint64_t offset, const char **name)
{
    const struct hw_reg *reg = offset <= UINT32_MAX ? vtd_reg_at((uint32_t)offset) : NULL;

    *name = reg ? reg->name : NULL;
    return reg && reg->offset == offset ? reg->layout : NULL;
}

static void note_reg(struct cmp_world *world, const struct sim_rec_mmio *mmio)
{
    if (mmio->offset == VTD_REG_RTADDR)
        world->is_wide_ctx = vtd_RTADDR_TTM(&mmio->value) == VTD_RTADDR_TTM_SCALABLE;
}

static int note_entry(struct cmp_world *world, uint8_t structure, uint64_t pa,
                      const uint64_t *words)
{
    (void)world;
    (void)structure;
    (void)pa;
    (void)words;
    return 0;
}

static bool is_present(uint8_t structure, const uint64_t *words)
{
    switch (structure) {
    case SIM_S_ROOT:
        return vtd_ROOT_LEGACY_P(words);
    case SIM_S_CTX:
        return vtd_CTX_LEGACY_P(words);
    case SIM_S_PASID_DIR:
        return vtd_PASID_DIR_P(words);
    case SIM_S_PASID:
        return vtd_PASID_P(words);
    case SIM_S_PTE_VTD:
    case SIM_S_PTE_S1:
    case SIM_S_PTE_S2:
        return vtd_PTE_SS_R(words) || vtd_PTE_SS_W(words);
    default:
        return false;
    }
}

static bool is_live(const struct cmp_world *world, uint8_t structure, uint64_t pa,
                    const uint64_t *before, const uint64_t *after)
{
    (void)world;
    (void)pa;
    return is_present(structure, before) || is_present(structure, after);
}

const struct cmp_arch cmp_vtd = {
    .rules = rules,
    .n_rules = sizeof(rules) / sizeof(rules[0]),
    .command = SIM_S_QI,
    .decoder = decoder,
    .place = place,
    .entry_bytes = entry_bytes,
    .reg = reg_layout,
    .note_reg = note_reg,
    .note_entry = note_entry,
    .is_live = is_live,
};
