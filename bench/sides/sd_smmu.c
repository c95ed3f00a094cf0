/* SPDX-License-Identifier: BSD-2-Clause
 * sd_smmu.c - SMMUv3 as one side: its tables, and what a driver does for each move.
 * Knows: STE, CD, commands. Must not know: what is measured. */
#include "bench/sides/sd_rig.h"
#include "models/smmuv3/smmu.h"
#include "models/smmuv3/smmu_layout.h"
#include "sim/diag.h"

#include <string.h>

enum {
    SID_BITS = 8,
    CMDQ_LOG2 = 8,
    COMMAND_BYTES = 16,
    STE_BYTES = 64,
    VA_BITS = 48,
    MEM_ATTR_WB = 0xf,
    START_LEVEL_0 = 2, /* 5.2: S2SL0 with a granule of 4 KiB */
    RANGE_SCALE = 9,   /* 2^9 pages */
    MAX_WORDS = SMMU_WORDS_STE,
};

#define STRTAB UINT64_C(0x10000)
#define STE (STRTAB + (uint64_t)SD_DEVICE * STE_BYTES)
#define CD UINT64_C(0x20000)
#define STATUS UINT64_C(0x30000)
#define CMDQ UINT64_C(0x40000)

/* ---- what words are ---- */

static uint64_t entry(unsigned stage, uint64_t pa, enum sd_entry kind)
{
    uint64_t word = pa;

    smmu_S1_TABLE_4K_put_Valid(&word, 1);
    smmu_S1_TABLE_4K_put_Kind(&word, 1);
    if (kind == SD_TABLE)
        return word;
    if (stage == 1) {
        smmu_S1_PAGE_4K_put_AP(&word, SMMU_S1_PAGE_4K_AP_RW);
        smmu_S1_PAGE_4K_put_SH(&word, SMMU_S1_PAGE_4K_SH_ISH);
        smmu_S1_PAGE_4K_put_AF(&word, 1);
        smmu_S1_PAGE_4K_put_nG(&word, 1);
    } else {
        smmu_S2_PAGE_4K_put_MemAttr(&word, MEM_ATTR_WB);
        smmu_S2_PAGE_4K_put_S2AP(&word, SMMU_S2_PAGE_4K_S2AP_RW);
        smmu_S2_PAGE_4K_put_SH(&word, SMMU_S2_PAGE_4K_SH_ISH);
        smmu_S2_PAGE_4K_put_AF(&word, 1);
    }
    return word;
}

static void make_cd(const struct sd_rig *rig, uint64_t asid, uint64_t cd[SMMU_WORDS_CD])
{
    memset(cd, 0, SMMU_WORDS_CD * sizeof(*cd));
    smmu_CD_put_T0SZ(cd, 64 - VA_BITS);
    smmu_CD_put_EPD1(cd, 1);
    smmu_CD_put_V(cd, 1);
    smmu_CD_put_IPS(cd, SMMU_CD_IPS_B48);
    smmu_CD_put_AA64(cd, SMMU_CD_AA64_V8_64);
    smmu_CD_put_R(cd, 1);
    smmu_CD_put_A(cd, 1);
    smmu_CD_put_ASID(cd, asid);
    cd[SMMU_LSB_CD_TTB0 / 64] |= rig->root[rig->map];
}

static void make_ste(const struct sd_rig *rig, uint64_t vmid, uint64_t ste[SMMU_WORDS_STE])
{
    memset(ste, 0, SMMU_WORDS_STE * sizeof(*ste));
    smmu_STE_put_V(ste, 1);
    if (rig->stage == 1) {
        smmu_STE_put_Config(ste, SMMU_STE_Config_S1);
        ste[SMMU_LSB_STE_S1ContextPtr / 64] |= CD;
        smmu_STE_put_S1DSS(ste, SMMU_STE_S1DSS_SSID0);
        return;
    }
    smmu_STE_put_Config(ste, SMMU_STE_Config_S2);
    smmu_STE_put_S2VMID(ste, vmid);
    smmu_STE_put_S2T0SZ(ste, 64 - VA_BITS);
    smmu_STE_put_S2SL0(ste, START_LEVEL_0);
    smmu_STE_put_S2TG(ste, SMMU_STE_S2TG_G4K);
    smmu_STE_put_S2PS(ste, SMMU_STE_S2PS_B48);
    smmu_STE_put_S2AA64(ste, SMMU_STE_S2AA64_V8_64);
    smmu_STE_put_S2R(ste, 1);
    ste[SMMU_LSB_STE_S2TTB / 64] |= rig->root[rig->map];
}

/* ---- commands ---- */

static void command(struct sd_rig *rig, const uint64_t *words)
{
    const uint64_t index = rig->prod & ((1u << CMDQ_LOG2) - 1);
    const uint64_t slot = CMDQ + index * COMMAND_BYTES;

    for (unsigned i = 0; i < COMMAND_BYTES / sizeof(*words); i++)
        sd_put(rig, slot + i * sizeof(*words), words[i]);
    rig->prod = (rig->prod + 1) & ((2u << CMDQ_LOG2) - 1);
    rig->commands++;
}

/* Done when its number is in memory, as drivers have it where there are MSIs. */
static void sync(struct sd_rig *rig)
{
    uint64_t words[SMMU_WORDS_CMD_SYNC] = {0};

    rig->status++;
    smmu_CMD_SYNC_put_op(words, SMMU_CMD_SYNC);
    smmu_CMD_SYNC_put_CS(words, SMMU_CMD_SYNC_CS_IRQ);
    smmu_CMD_SYNC_put_MSH(words, SMMU_CMD_SYNC_MSH_ISH);
    smmu_CMD_SYNC_put_MSIAttr(words, MEM_ATTR_WB);
    smmu_CMD_SYNC_put_MSIData(words, rig->status);
    words[SMMU_LSB_CMD_SYNC_MSIAddr / 64] |= STATUS;
    command(rig, words);
    rig->waits++;
    sd_reg_write(rig, SMMU_REG_CMDQ_PROD, 4, rig->prod);
    while (sim_mem_read64(rig->mem, STATUS) != rig->status)
        sd_step(rig);
}

static void drop_entry(struct sd_rig *rig, uint64_t opcode)
{
    uint64_t words[SMMU_WORDS_CFGI_STE] = {0};

    smmu_CFGI_STE_put_op(words, opcode);
    smmu_CFGI_STE_put_SID(words, SD_DEVICE);
    smmu_CFGI_STE_put_Leaf(words, SMMU_CFGI_STE_Leaf_LAST);
    command(rig, words);
    sync(rig);
}

/* Every translation of a tag: an ASID of the host, or a VMID. */
static void drop_tag(struct sd_rig *rig, uint64_t tag)
{
    uint64_t words[SMMU_WORDS_TLBI_NH_ASID] = {0};

    if (rig->stage == 1) {
        smmu_TLBI_NH_ASID_put_op(words, SMMU_CMD_TLBI_NH_ASID);
        smmu_TLBI_NH_ASID_put_ASID(words, tag);
    } else {
        smmu_TLBI_S12_VMALL_put_op(words, SMMU_CMD_TLBI_S12_VMALL);
        smmu_TLBI_S12_VMALL_put_VMID(words, tag);
    }
    command(rig, words);
    sync(rig);
}

static void drop_page(struct sd_rig *rig, unsigned scale)
{
    uint64_t words[SMMU_WORDS_TLBI_NH_VA] = {0};

    if (rig->stage == 1) {
        smmu_TLBI_NH_VA_put_op(words, SMMU_CMD_TLBI_NH_VA);
        smmu_TLBI_NH_VA_put_ASID(words, 1);
    } else {
        smmu_TLBI_NH_VA_put_op(words, SMMU_CMD_TLBI_S2_IPA);
        smmu_TLBI_NH_VA_put_VMID(words, 1);
    }
    smmu_TLBI_NH_VA_put_Leaf(words, SMMU_TLBI_NH_VA_Leaf_LAST);
    words[SMMU_LSB_TLBI_NH_VA_Addr / 64] |= SD_VICTIM;
    if (scale) {
        smmu_TLBI_NH_VA_put_TG(words, SMMU_TLBI_NH_VA_TG_G4K);
        smmu_TLBI_NH_VA_put_SCALE(words, scale);
    }
    command(rig, words);
    sync(rig);
}

/* ---- moves ---- */

static void store_words(struct sd_rig *rig, uint64_t pa, const uint64_t *words, unsigned from,
                        unsigned n)
{
    for (unsigned i = from; i < from + n; i++)
        sd_store(rig, pa + i * sizeof(*words), words[i]);
}

/* One word differs, and nobody looks at another one. A TLBI may run before a CFGI that is ahead of
 * it, and what is read then is old: each needs a SYNC. */
static void swap(struct sd_rig *rig)
{
    uint64_t words[MAX_WORDS];

    if (rig->stage == 1) {
        make_cd(rig, 1, words);
        store_words(rig, CD, words, SMMU_LSB_CD_TTB0 / 64, 1);
        drop_entry(rig, SMMU_CMD_CFGI_CD);
    } else {
        make_ste(rig, 1, words);
        store_words(rig, STE, words, SMMU_LSB_STE_S2TTB / 64, 1);
        drop_entry(rig, SMMU_CMD_CFGI_STE);
    }
    drop_tag(rig, 1);
}

/* Two words differ: not valid, the rest, valid. The tag of a map is its number and 1. */
static void replace(struct sd_rig *rig)
{
    const uint64_t opcode = rig->stage == 1 ? SMMU_CMD_CFGI_CD : SMMU_CMD_CFGI_STE;
    const uint64_t pa = rig->stage == 1 ? CD : STE;
    uint64_t words[MAX_WORDS];

    if (rig->stage == 1)
        make_cd(rig, rig->map + 1, words);
    else
        make_ste(rig, rig->map + 1, words);
    sd_store(rig, pa, 0);
    drop_entry(rig, opcode);
    store_words(rig, pa, words, 1, 3);
    drop_entry(rig, opcode);
    store_words(rig, pa, words, 0, 1);
    drop_entry(rig, opcode);
    drop_tag(rig, 2 - rig->map);
}

/* STE: abort, then what abort does not use; CD: not valid, then the rest. */
static void detach(struct sd_rig *rig)
{
    uint64_t ste[SMMU_WORDS_STE] = {0};

    smmu_STE_put_V(ste, 1);
    smmu_STE_put_Config(ste, SMMU_STE_Config_ABORT);
    store_words(rig, STE, ste, 0, 1);
    drop_entry(rig, SMMU_CMD_CFGI_STE);
    store_words(rig, STE, ste, 1, 1);
    drop_entry(rig, SMMU_CMD_CFGI_STE);
    sd_store(rig, CD, 0);
    drop_entry(rig, SMMU_CMD_CFGI_CD);
    sd_store(rig, CD + sizeof(*ste), 0);
    drop_entry(rig, SMMU_CMD_CFGI_CD);
    drop_tag(rig, 1);
}

static void attach(struct sd_rig *rig)
{
    uint64_t cd[SMMU_WORDS_CD], ste[SMMU_WORDS_STE];

    make_cd(rig, 1, cd);
    make_ste(rig, 1, ste);
    store_words(rig, CD, cd, 1, SMMU_WORDS_CD - 1);
    store_words(rig, CD, cd, 0, 1);
    drop_entry(rig, SMMU_CMD_CFGI_CD);
    store_words(rig, STE, ste, 1, 1);
    drop_entry(rig, SMMU_CMD_CFGI_STE);
    store_words(rig, STE, ste, 0, 1);
    drop_entry(rig, SMMU_CMD_CFGI_STE);
}

static void move(struct sd_rig *rig, enum sd_move what)
{
    switch (what) {
    case SD_FS_SWAP:
    case SD_SS_SWAP:
        swap(rig);
        return;
    case SD_FS_REPLACE:
    case SD_SS_REPLACE:
        replace(rig);
        return;
    case SD_UNMAP_4K:
    case SD_UNMAP_4K_SS:
        sd_set_victim(rig, 1, false);
        drop_page(rig, 0);
        return;
    case SD_UNMAP_2M:
        sd_set_victim(rig, SD_RANGE_PAGES, false);
        drop_page(rig, RANGE_SCALE);
        return;
    case SD_DETACH:
        detach(rig);
        return;
    case SD_N_MOVES:
        return;
    }
}

static void undo(struct sd_rig *rig, enum sd_move what)
{
    if (what == SD_DETACH)
        attach(rig);
    else if (what == SD_UNMAP_2M)
        sd_set_victim(rig, SD_RANGE_PAGES, true);
    else if (what == SD_UNMAP_4K || what == SD_UNMAP_4K_SS)
        sd_set_victim(rig, 1, true);
}

/* ---- life ---- */

static void make(struct sd_rig *rig, const char *preset, uint32_t entries)
{
    struct smmu_config config;

    SIM_BUG_ON(entries);
    smmu_config_default(&config);
    SIM_BUG_ON(sim_param_preset(&smmu_params, preset, &config.param));
    SIM_BUG_ON(smmu_new(&config, rig->queue, &rig->port, NULL, &rig->iommu));
}

static void boot(struct sd_rig *rig)
{
    uint64_t words[MAX_WORDS], cfg = 0, cmdq = CMDQ, cr0 = 0;

    make_ste(rig, 1, words);
    for (unsigned i = 0; i < SMMU_WORDS_STE; i++)
        sd_put(rig, STE + i * sizeof(*words), words[i]);
    make_cd(rig, 1, words);
    for (unsigned i = 0; i < SMMU_WORDS_CD; i++)
        sd_put(rig, CD + i * sizeof(*words), words[i]);
    smmu_STRTAB_BASE_CFG_put_LOG2SIZE(&cfg, SID_BITS);
    smmu_CMDQ_BASE_put_LOG2SIZE(&cmdq, CMDQ_LOG2);
    smmu_CR0_put_SMMUEN(&cr0, 1);
    smmu_CR0_put_CMDQEN(&cr0, 1);
    sd_reg_write(rig, SMMU_REG_STRTAB_BASE, 8, STRTAB);
    sd_reg_write(rig, SMMU_REG_STRTAB_BASE_CFG, 4, cfg);
    sd_reg_write(rig, SMMU_REG_CMDQ_BASE, 8, cmdq);
    sd_reg_write(rig, SMMU_REG_CR0, 4, cr0);
    sd_idle(rig);
    SIM_BUG_ON(sd_reg_read(rig, SMMU_REG_CR0ACK, 4) != cr0);
}

const struct sd_arch sd_smmu = {
    .name = "SMMUv3",
    .make = make,
    .entry = entry,
    .boot = boot,
    .move = move,
    .undo = undo,
};
