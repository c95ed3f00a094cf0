/* SPDX-License-Identifier: BSD-2-Clause
 * cmp_smmuv3.c - names in SMMUv3's structures, and which entries hardware can reach.
 * Knows: layouts of the SMMUv3. Must not know: a model. */
#include "kernel-glue/compare/cmp_private.h"

#include "models/smmuv3/smmu_layout.h"
#include "sim/diag.h"

enum { ENTRY_BYTES = 64, MAX_DEPTH = 8 };

static const struct cmp_rule rules[] = {
    {NULL, "SID", CMP_S_STREAM},
    {NULL, "ASID", CMP_S_ASID},
    {NULL, "VMID", CMP_S_DOMAIN},
    {"STE", "S2VMID", CMP_S_DOMAIN},
    {NULL, "Addr", CMP_S_NONE}, /* virtual, in commands */
    {"CMDQ_PROD", "WR", CMP_S_IGNORE},
    {"CMDQ_CONS", "RD", CMP_S_IGNORE},
    {"EVENTQ_CONS", "RD", CMP_S_IGNORE},
    {"EVENTQ_PROD", "WR", CMP_S_IGNORE},
    {"PRIQ_CONS", "RD", CMP_S_IGNORE},
    {"PRIQ_PROD", "WR", CMP_S_IGNORE},
    {"CMD_SYNC", "MSIData", CMP_S_IGNORE},
    {"CMD_SYNC", "MSIAddr", CMP_S_IGNORE}, /* the slot that it is in */
};

static const struct hw_decoder *decoder(uint8_t structure)
{
    static const struct {
        uint8_t structure;
        const char *word;
    } words[] = {{SIM_S_L1STD, "l1std"}, {SIM_S_STE, "ste"},      {SIM_S_L1CD, "l1cd"},
                 {SIM_S_CD, "cd"},       {SIM_S_PTE, "pte_s1"},   {SIM_S_PTE_S1, "pte_s1"},
                 {SIM_S_CMD, "cmd"},     {SIM_S_PTE_S2, "pte_s2"}};

    for (size_t i = 0; i < sizeof(words) / sizeof(words[0]); i++) {
        if (words[i].structure == structure)
            return smmu_decoder_find(words[i].word);
    }
    return NULL;
}

/* A StreamID selects the place of an STE and of the descriptor above it. */
static unsigned place(const struct cmp_world *world, uint8_t structure, enum cmp_space *space)
{
    (void)world;
    *space = CMP_S_ENTRY;
    if (structure == SIM_S_STE)
        return 6;
    if (structure == SIM_S_L1STD)
        return 3;
    *space = CMP_S_PAGE;
    return CMP_PAGE_LOG2;
}

static unsigned entry_bytes(const struct cmp_world *world, uint8_t structure)
{
    (void)world;
    return sim_structure_infos[structure].n_bytes;
}

static const struct hw_layout *reg_layout(uint64_t offset, const char **name)
{
    const struct hw_reg *reg = smmu_reg_at(offset);

    *name = reg ? reg->name : NULL;
    return reg && reg->offset == offset ? reg->layout : NULL;
}

static void note_reg(struct cmp_world *world, const struct sim_rec_mmio *mmio)
{
    if (mmio->iommu >= CMP_MAX_UNITS)
        return;
    if (mmio->offset == SMMU_REG_STRTAB_BASE) {
        world->unit[mmio->iommu].base = smmu_STRTAB_BASE_ADDR_addr(&mmio->value);
        world->unit[mmio->iommu].is_known = true;
    } else if (mmio->offset == SMMU_REG_STRTAB_BASE_CFG) {
        world->unit[mmio->iommu].cfg = mmio->value;
    } else if (mmio->offset == SMMU_REG_CR0) {
        world->unit[mmio->iommu].is_on = smmu_CR0_SMMUEN(&mmio->value) != 0;
    }
}

static bool is_within(uint64_t pa, uint64_t base, uint64_t n_bytes)
{
    return pa >= base && pa - base < n_bytes;
}

static uint64_t l1_bytes(uint64_t cfg)
{
    const uint64_t log2 = smmu_STRTAB_BASE_CFG_LOG2SIZE(&cfg);
    const uint64_t split = smmu_STRTAB_BASE_CFG_SPLIT(&cfg);

    if (smmu_STRTAB_BASE_CFG_FMT(&cfg) != SMMU_STRTAB_BASE_CFG_FMT_TWO)
        return 0;
    return log2 > split ? UINT64_C(8) << (log2 - split) : 8;
}

/* Is @pa in a stream table that a unit uses? A stream that begins later does not tell. */
static bool is_l1std_used(const struct cmp_world *world, uint64_t pa)
{
    bool is_known = false;

    for (unsigned i = 0; i < CMP_MAX_UNITS; i++) {
        is_known |= world->unit[i].is_known;
        if (world->unit[i].is_known && world->unit[i].is_on &&
            is_within(pa, world->unit[i].base, l1_bytes(world->unit[i].cfg)))
            return true;
    }
    return !is_known;
}

static bool is_ste_used(const struct cmp_world *world, uint64_t pa)
{
    const struct cmp_entry *entry;
    const struct cmp_entry *next;
    bool is_known = false;

    for (unsigned i = 0; i < CMP_MAX_UNITS; i++) {
        const uint64_t cfg = world->unit[i].cfg;

        is_known |= world->unit[i].is_known;
        if (world->unit[i].is_known && world->unit[i].is_on && !l1_bytes(cfg) &&
            is_within(pa, world->unit[i].base,
                      (uint64_t)ENTRY_BYTES << smmu_STRTAB_BASE_CFG_LOG2SIZE(&cfg)))
            return true;
    }
    for (entry = world->lists[CMP_L_FIRST]; entry; entry = next) {
        const uint64_t word = sim_mem_read64(world->mem, entry->pa);
        const uint64_t n_bytes = (uint64_t)ENTRY_BYTES * smmu_l1std_stes(smmu_L1STD_Span(&word));

        next = entry->hh.next;
        if (is_within(pa, smmu_L1STD_L2Ptr_addr(&word), n_bytes) && is_l1std_used(world, entry->pa))
            return true;
    }
    return !is_known;
}

/* How many CDs one leaf table of the STE has, log2. */
static unsigned cd_split(const uint64_t *ste)
{
    return smmu_STE_S1Fmt(ste) == SMMU_STE_S1Fmt_TWO_4K ? 6 : 10;
}

static bool has_s1(const uint64_t *ste)
{
    const uint64_t config = smmu_STE_Config(ste);

    return smmu_STE_V(ste) && (config == SMMU_STE_Config_S1 || config == SMMU_STE_Config_NESTED);
}

static bool has_s2(const uint64_t *ste)
{
    const uint64_t config = smmu_STE_Config(ste);

    return smmu_STE_V(ste) && (config == SMMU_STE_Config_S2 || config == SMMU_STE_Config_NESTED);
}

/* Does the STE lead to the level 1 descriptor at @pa? */
static bool leads_to_l1cd(const uint64_t *ste, uint64_t pa)
{
    const uint64_t log2 = smmu_STE_S1CDMax(ste);
    const unsigned split = cd_split(ste);
    const uint64_t n = log2 > split ? UINT64_C(1) << (log2 - split) : 1;

    return has_s1(ste) && smmu_STE_S1Fmt(ste) != SMMU_STE_S1Fmt_LINEAR &&
           is_within(pa, smmu_STE_S1ContextPtr_addr(ste), 8 * n);
}

/* A table of one CD may be reached from several STEs; any will do. */
static bool is_reached(const struct cmp_world *world, uint64_t pa,
                       bool (*leads)(const struct cmp_world *world, const uint64_t *ste,
                                     uint64_t pa))
{
    const struct cmp_entry *entry;
    const struct cmp_entry *next;

    for (entry = world->lists[CMP_L_STREAM]; entry; entry = next) {
        uint64_t ste[HW_MAX_WORDS];

        next = entry->hh.next;
        sim_mem_read(world->mem, entry->pa, ste, sizeof(ste));
        if (leads(world, ste, pa) && is_ste_used(world, entry->pa))
            return true;
    }
    return false;
}

static bool ste_to_l1cd(const struct cmp_world *world, const uint64_t *ste, uint64_t pa)
{
    (void)world;
    return leads_to_l1cd(ste, pa);
}

static bool ste_to_cd(const struct cmp_world *world, const uint64_t *ste, uint64_t pa)
{
    const struct cmp_entry *entry;
    const struct cmp_entry *next;

    if (!has_s1(ste))
        return false;
    if (smmu_STE_S1Fmt(ste) == SMMU_STE_S1Fmt_LINEAR)
        return is_within(pa, smmu_STE_S1ContextPtr_addr(ste),
                         (uint64_t)ENTRY_BYTES << smmu_STE_S1CDMax(ste));
    for (entry = world->lists[CMP_L_CONTEXT_TABLE]; entry; entry = next) {
        const uint64_t word = sim_mem_read64(world->mem, entry->pa);

        next = entry->hh.next;
        if (smmu_L1CD_V(&word) && leads_to_l1cd(ste, entry->pa) &&
            is_within(pa, smmu_L1CD_L2Ptr_addr(&word), (uint64_t)ENTRY_BYTES << cd_split(ste)))
            return true;
    }
    return false;
}

static bool ste_to_s2(const struct cmp_world *world, const uint64_t *ste, uint64_t pa)
{
    return has_s2(ste) &&
           cmp_page_first(world, smmu_STE_S2TTB_addr(ste)) == cmp_page_first(world, pa);
}

/* Does a CD or STE in use hold the address of this table? */
static bool is_root(const struct cmp_world *world, uint64_t pa)
{
    const uint64_t first = cmp_page_first(world, pa);
    const struct cmp_entry *entry;
    const struct cmp_entry *next;

    if (is_reached(world, pa, ste_to_s2))
        return true;
    for (entry = world->lists[CMP_L_CONTEXT]; entry; entry = next) {
        uint64_t cd[HW_MAX_WORDS];

        next = entry->hh.next;
        sim_mem_read(world->mem, entry->pa, cd, sizeof(cd));
        if (smmu_CD_V(cd) &&
            (cmp_page_first(world, smmu_CD_TTB0_addr(cd)) == first ||
             cmp_page_first(world, smmu_CD_TTB1_addr(cd)) == first) &&
            is_reached(world, entry->pa, ste_to_cd))
            return true;
    }
    return false;
}

/* Up through the descriptors that lead to the table of @pa. */
static bool is_table_used(const struct cmp_world *world, uint64_t pa)
{
    for (unsigned depth = 0; depth < MAX_DEPTH; depth++) {
        const struct cmp_page *page;
        uint64_t word;

        if (is_root(world, pa))
            return true;
        page = cmp_page_find(world, pa);
        if (!page || !page->parent)
            return false;
        word = sim_mem_read64(world->mem, page->parent);
        if (!smmu_S1_TABLE_Valid(&word) || !smmu_S1_TABLE_Kind(&word) ||
            cmp_page_find(world, smmu_S1_TABLE_OA_addr(&word)) != page)
            return false;
        pa = page->parent;
    }
    return false;
}

static int note_entry(struct cmp_world *world, uint8_t structure, uint64_t pa,
                      const uint64_t *words)
{
    struct cmp_page *child;

    switch (structure) {
    case SIM_S_L1STD:
        return smmu_L1STD_Span(words) ? cmp_list_add(world, CMP_L_FIRST, pa) : 0;
    case SIM_S_STE:
        return has_s1(words) || has_s2(words) ? cmp_list_add(world, CMP_L_STREAM, pa) : 0;
    case SIM_S_L1CD:
        return smmu_L1CD_V(words) ? cmp_list_add(world, CMP_L_CONTEXT_TABLE, pa) : 0;
    case SIM_S_CD:
        return smmu_CD_V(words) ? cmp_list_add(world, CMP_L_CONTEXT, pa) : 0;
    case SIM_S_PTE:
    case SIM_S_PTE_S1:
    case SIM_S_PTE_S2:
        child = smmu_S1_TABLE_Valid(words) && smmu_S1_TABLE_Kind(words)
                    ? cmp_page_find(world, smmu_S1_TABLE_OA_addr(words))
                    : NULL;
        if (child && child->is_table)
            child->parent = pa;
        return 0;
    default:
        return 0;
    }
}

static bool is_live(const struct cmp_world *world, uint8_t structure, uint64_t pa,
                    const uint64_t *before, const uint64_t *after)
{
    switch (structure) {
    case SIM_S_L1STD:
        return (smmu_L1STD_Span(before) || smmu_L1STD_Span(after)) && is_l1std_used(world, pa);
    case SIM_S_STE:
        return (smmu_STE_V(before) || smmu_STE_V(after)) && is_ste_used(world, pa);
    case SIM_S_L1CD:
        return (smmu_L1CD_V(before) || smmu_L1CD_V(after)) && is_reached(world, pa, ste_to_l1cd);
    case SIM_S_CD:
        return (smmu_CD_V(before) || smmu_CD_V(after)) && is_reached(world, pa, ste_to_cd);
    case SIM_S_PTE:
    case SIM_S_PTE_S1:
    case SIM_S_PTE_S2:
        return (smmu_S1_TABLE_Valid(before) || smmu_S1_TABLE_Valid(after)) &&
               is_table_used(world, pa);
    default:
        return false;
    }
}

const struct cmp_arch cmp_smmuv3 = {
    .rules = rules,
    .n_rules = sizeof(rules) / sizeof(rules[0]),
    .command = SIM_S_CMD,
    .decoder = decoder,
    .place = place,
    .entry_bytes = entry_bytes,
    .reg = reg_layout,
    .note_reg = note_reg,
    .note_entry = note_entry,
    .is_live = is_live,
};
