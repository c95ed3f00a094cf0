/* SPDX-License-Identifier: BSD-2-Clause
 * lat_tables.c - stream table, CD table and page tables as software writes them.
 * Knows: what the fields mean. Must not know: time, requests, commands. */
#include "bench/latency/lat_private.h"
#include "models/smmuv3/smmu_layout.h"
#include "sim/diag.h"

enum {
    LEAF_LEVEL = 3,
    TOP_SHIFT = 39, /* what an entry of level 0 covers */
    LEVEL_BITS = 9,
    ENTRIES = 512,
    VA_BITS = 48,
    STE_BYTES = 64,
    MEM_ATTR_WB = 0xf, /* normal memory, write-back */
    CD_INDEX_BITS = 8,
};

#define STES UINT64_C(0x18000) /* second level */
#define CDS UINT64_C(0x20000)
#define L1CDS UINT64_C(0x30000)
#define TABLES UINT64_C(0x1000000)

/* Where things lie that stage 2 translates: each in a region of its own, so that no walk helps
 * another one. Data has region 0, or those from 256 on (LAT_SHIFT). */
enum {
    REGION_CD = 1,
    REGION_L1CD,
    REGION_TABLES,
};

static unsigned shift_of(unsigned level)
{
    return TOP_SHIFT - LEVEL_BITS * level;
}

static void write_words(struct lat_machine *m, uint64_t pa, const uint64_t *words, size_t n)
{
    for (size_t i = 0; i < n; i++)
        SIM_BUG_ON(sim_mem_write64(m->mem, pa + 8 * i, words[i]));
}

/* ---- page tables ---- */

static uint64_t table_word(uint64_t address)
{
    uint64_t word = address;

    smmu_S1_TABLE_4K_put_Valid(&word, 1);
    smmu_S1_TABLE_4K_put_Kind(&word, 1);
    return word;
}

static uint64_t s1_leaf_word(uint64_t address, unsigned level)
{
    uint64_t word = address;

    smmu_S1_PAGE_4K_put_Valid(&word, 1);
    smmu_S1_PAGE_4K_put_Kind(&word, level == LEAF_LEVEL);
    smmu_S1_PAGE_4K_put_AP(&word, SMMU_S1_PAGE_4K_AP_RW);
    smmu_S1_PAGE_4K_put_SH(&word, SMMU_S1_PAGE_4K_SH_ISH);
    smmu_S1_PAGE_4K_put_AF(&word, 1);
    smmu_S1_PAGE_4K_put_nG(&word, 1);
    return word;
}

static uint64_t s2_leaf_word(uint64_t address, unsigned level)
{
    uint64_t word = address;

    smmu_S2_PAGE_4K_put_Valid(&word, 1);
    smmu_S2_PAGE_4K_put_Kind(&word, level == LEAF_LEVEL);
    smmu_S2_PAGE_4K_put_MemAttr(&word, MEM_ATTR_WB);
    smmu_S2_PAGE_4K_put_S2AP(&word, SMMU_S2_PAGE_4K_S2AP_RW);
    smmu_S2_PAGE_4K_put_SH(&word, SMMU_S2_PAGE_4K_SH_ISH);
    smmu_S2_PAGE_4K_put_AF(&word, 1);
    return word;
}

static uint64_t new_table(struct lat_space *space)
{
    const uint64_t table = space->next;

    space->next += space->stride;
    return table;
}

/* The slot of @level for @address; @is_made: is the table that it stands in new? */
static uint64_t descend(struct lat_machine *m, struct lat_space *space, uint64_t address,
                        unsigned leaf, uint64_t made[LEAF_LEVEL + 1])
{
    uint64_t table = space->root;
    uint64_t slot = 0;

    for (unsigned level = space->top; level <= leaf; level++) {
        uint64_t word;

        slot = table + (address >> shift_of(level) & (ENTRIES - 1)) * 8;
        word = sim_mem_read64(m->mem, slot);
        made[level] = 0;
        if (level == leaf)
            break;
        if (!word) {
            made[level] = new_table(space);
            word = table_word(made[level]);
            SIM_BUG_ON(sim_mem_write64(m->mem, slot, word));
        }
        table = smmu_S1_TABLE_4K_OA_addr(&word);
    }
    return slot;
}

static uint64_t start_of_page(uint64_t address, unsigned level)
{
    return address >> shift_of(level) << shift_of(level);
}

/* Stage 2 is the identity. */
static void map_s2(struct lat_machine *m, uint64_t ipa)
{
    const unsigned leaf = m->plan.s2_leaf;
    uint64_t made[LEAF_LEVEL + 1];
    uint64_t slot;

    if (!leaf)
        return;
    slot = descend(m, &m->s2, ipa, leaf, made);
    SIM_BUG_ON(sim_mem_write64(m->mem, slot, s2_leaf_word(start_of_page(ipa, leaf), leaf)));
}

void lat_map_block(struct lat_machine *m, uint64_t iova, unsigned leaf)
{
    uint64_t made[LEAF_LEVEL + 1];
    const uint64_t slot = descend(m, &m->s1, iova, leaf, made);

    for (unsigned level = m->s1.top; level < leaf; level++) {
        if (made[level])
            map_s2(m, made[level]);
    }
    SIM_BUG_ON(
        sim_mem_write64(m->mem, slot, s1_leaf_word(start_of_page(iova, leaf) + LAT_SHIFT, leaf)));
    map_s2(m, iova + LAT_SHIFT);
}

void lat_map(struct lat_machine *m, uint64_t iova)
{
    lat_map_block(m, iova, m->plan.s1_leaf);
}

void lat_map_pages(struct lat_machine *m, uint64_t iova, uint64_t n)
{
    for (uint64_t i = 0; i < n; i++)
        lat_map_block(m, iova + i * LAT_PAGE, LEAF_LEVEL);
}

/* ---- configuration ---- */

/* 5.2: S2SL0 counts down from level 2 with a granule of 4 KiB. */
static uint64_t s2_start(unsigned level)
{
    return 2 - level;
}

static uint64_t input_bits(unsigned top)
{
    return VA_BITS - LEVEL_BITS * top;
}

static void make_cd(struct lat_machine *m, uint64_t address)
{
    uint64_t cd[SMMU_WORDS_CD] = {0};

    smmu_CD_put_T0SZ(cd, 64 - input_bits(m->s1.top));
    smmu_CD_put_EPD1(cd, 1);
    smmu_CD_put_V(cd, 1);
    smmu_CD_put_IPS(cd, SMMU_CD_IPS_B48);
    smmu_CD_put_AA64(cd, SMMU_CD_AA64_V8_64);
    smmu_CD_put_R(cd, 1);
    smmu_CD_put_A(cd, 1);
    smmu_CD_put_ASID(cd, 1);
    cd[SMMU_LSB_CD_TTB0 / 64] |= m->s1.root;
    write_words(m, address, cd, SMMU_WORDS_CD);
}

static void make_ste(struct lat_machine *m, uint64_t address, uint64_t cds)
{
    const struct lat_plan *plan = &m->plan;
    uint64_t ste[SMMU_WORDS_STE] = {0};

    smmu_STE_put_V(ste, 1);
    smmu_STE_put_Config(ste, plan->s2_leaf ? SMMU_STE_Config_NESTED : SMMU_STE_Config_S1);
    ste[SMMU_LSB_STE_S1ContextPtr / 64] |= cds;
    if (plan->two_level) {
        smmu_STE_put_S1Fmt(ste, SMMU_STE_S1Fmt_TWO_4K);
        smmu_STE_put_S1CDMax(ste, CD_INDEX_BITS);
        smmu_STE_put_S1DSS(ste, SMMU_STE_S1DSS_SSID0);
    }
    smmu_STE_put_S2VMID(ste, 1);
    if (plan->s2_leaf) {
        smmu_STE_put_S2T0SZ(ste, 64 - input_bits(plan->s2_top));
        smmu_STE_put_S2SL0(ste, s2_start(plan->s2_top));
        smmu_STE_put_S2TG(ste, SMMU_STE_S2TG_G4K);
        smmu_STE_put_S2PS(ste, SMMU_STE_S2PS_B48);
        smmu_STE_put_S2AA64(ste, SMMU_STE_S2AA64_V8_64);
        smmu_STE_put_S2R(ste, 1);
        ste[SMMU_LSB_STE_S2TTB / 64] |= m->s2.root;
    }
    write_words(m, address, ste, SMMU_WORDS_STE);
}

/* Two levels of the stream table: the first descriptor covers every StreamID that is used. */
static void make_l1std(struct lat_machine *m)
{
    uint64_t word = STES;

    smmu_L1STD_put_Span(&word, LAT_SPLIT + 1);
    write_words(m, LAT_STRTAB, &word, 1);
}

static void make_l1cd(struct lat_machine *m, uint64_t address, uint64_t cds)
{
    uint64_t word = cds;

    smmu_L1CD_put_V(&word, 1);
    write_words(m, address, &word, 1);
}

void lat_make_tables(struct lat_machine *m)
{
    const struct lat_plan *plan = &m->plan;
    const uint64_t region = UINT64_C(1) << shift_of(plan->s2_top);
    const uint64_t cds = plan->s2_leaf ? REGION_CD * region : CDS;
    const uint64_t l1cds = plan->s2_leaf ? REGION_L1CD * region : L1CDS;

    m->s2 = (struct lat_space){.next = TABLES, .stride = LAT_PAGE, .top = plan->s2_top};
    m->s1 = (struct lat_space){.next = TABLES, .stride = LAT_PAGE, .top = plan->s1_top};
    if (plan->s2_leaf) {
        m->s1.next = REGION_TABLES * region;
        m->s1.stride = region;
        m->s2.root = new_table(&m->s2);
    }
    m->s1.root = new_table(&m->s1);
    map_s2(m, m->s1.root);
    map_s2(m, cds);
    make_cd(m, cds);
    if (plan->two_level) {
        map_s2(m, l1cds);
        make_l1cd(m, l1cds, cds);
        make_l1std(m);
    }
    make_ste(m, (plan->two_level ? STES : LAT_STRTAB) + (uint64_t)LAT_SID * STE_BYTES,
             plan->two_level ? l1cds : cds);
}
