/* SPDX-License-Identifier: BSD-2-Clause
 * sd_vtd.c - VT-d in scalable mode as the other side; its descriptors one by one.
 * Knows: PASID entries, descriptors. Must not know: what is measured.
 *
 * The device uses no PASID: RID_PASID is 0, and entry 0 is what SMMUv3 has in STE and CD. */
#include "bench/sides/sd_rig.h"
#include "models/vtd/vtd.h"
#include "models/vtd/vtd_layout.h"
#include "sim/diag.h"

#include <string.h>

enum {
    QI_SIZE_LOG2 = 9, /* 512 descriptors of 32 bytes */
    QI_PAGES_LOG2 = 2,
    DESCRIPTOR_BYTES = 32,
    RANGE_MASK = 9, /* AM: 2^9 pages */
    FIRST_DID = 2,  /* that of a map is its number and this; 0 and 1 have other uses */
};

#define ROOT UINT64_C(0x10000)
#define CONTEXTS UINT64_C(0x11000)
#define DIRECTORY UINT64_C(0x12000)
#define PASIDS UINT64_C(0x13000)
#define STATUS UINT64_C(0x20000)
#define QUEUE UINT64_C(0x40000)

/* ---- what words are ---- */

static uint64_t entry(unsigned stage, uint64_t pa, enum sd_entry kind)
{
    uint64_t word = pa;

    if (stage == 1) {
        vtd_PTE_FS_put_P(&word, 1);
        vtd_PTE_FS_put_RW(&word, 1);
        vtd_PTE_FS_put_US(&word, 1);
        vtd_PTE_FS_put_A(&word, 1);
        vtd_PTE_FS_put_D(&word, kind == SD_LEAF);
    } else {
        vtd_PTE_SS_put_R(&word, 1);
        vtd_PTE_SS_put_W(&word, 1);
    }
    return word;
}

static void make_pasid(const struct sd_rig *rig, uint64_t did, uint64_t words[VTD_WORDS_PASID])
{
    const uint64_t root = rig->root[rig->map] >> SD_PAGE_LOG2;

    memset(words, 0, VTD_WORDS_PASID * sizeof(*words));
    vtd_PASID_put_P(words, 1);
    vtd_PASID_put_AW(words, VTD_PASID_AW_48);
    vtd_PASID_put_DID(words, did);
    vtd_PASID_put_PWSNP(words, 1);
    if (rig->stage == 1) {
        vtd_PASID_put_PGTT(words, VTD_PASID_PGTT_FS);
        vtd_PASID_put_FSPTPTR(words, root);
    } else {
        vtd_PASID_put_PGTT(words, VTD_PASID_PGTT_SS);
        vtd_PASID_put_SSPTPTR(words, root);
    }
}

/* ---- descriptors ---- */

static void descriptor(struct sd_rig *rig, const uint64_t *words)
{
    const uint64_t slot = QUEUE + (uint64_t)rig->prod * DESCRIPTOR_BYTES;

    for (unsigned i = 0; i < DESCRIPTOR_BYTES / sizeof(*words); i++)
        sd_put(rig, slot + i * sizeof(*words), words[i]);
    rig->prod = (rig->prod + 1) & ((1u << QI_SIZE_LOG2) - 1);
    rig->commands++;
}

static void wait(struct sd_rig *rig)
{
    uint64_t words[VTD_WORDS_WAIT] = {0};

    rig->status++;
    vtd_WAIT_put_TYPE(words, VTD_QI_WAIT);
    vtd_WAIT_put_SW(words, 1);
    vtd_WAIT_put_DATA(words, rig->status);
    words[VTD_LSB_WAIT_ADDR / 64] |= STATUS;
    descriptor(rig, words);
    rig->waits++;
    sd_reg_write(rig, VTD_REG_IQT, 8, (uint64_t)rig->prod * DESCRIPTOR_BYTES);
    while (sim_mem_read64(rig->mem, STATUS) != rig->status)
        sd_step(rig);
}

static void put_cc(struct sd_rig *rig)
{
    uint64_t words[VTD_WORDS_CC_INV] = {0};

    vtd_CC_INV_put_TYPE(words, VTD_QI_CC_INV);
    vtd_CC_INV_put_G(words, VTD_CC_INV_G_device);
    vtd_CC_INV_put_SID(words, SD_DEVICE);
    descriptor(rig, words);
}

static void put_pc(struct sd_rig *rig, uint64_t did)
{
    uint64_t words[VTD_WORDS_PC_INV] = {0};

    vtd_PC_INV_put_TYPE(words, VTD_QI_PC_INV);
    vtd_PC_INV_put_G(words, VTD_PC_INV_G_pasid);
    vtd_PC_INV_put_DID(words, did);
    descriptor(rig, words);
}

/* @iova: the page; nobody looks at it if the granularity is another one. */
static void put_iotlb(struct sd_rig *rig, uint64_t did, uint64_t granularity, uint64_t iova)
{
    uint64_t words[VTD_WORDS_IOTLB_INV] = {0};

    vtd_IOTLB_INV_put_TYPE(words, VTD_QI_IOTLB_INV);
    vtd_IOTLB_INV_put_G(words, granularity);
    vtd_IOTLB_INV_put_DW(words, 1);
    vtd_IOTLB_INV_put_DR(words, 1);
    if (granularity != VTD_IOTLB_INV_G_global)
        vtd_IOTLB_INV_put_DID(words, did);
    if (granularity == VTD_IOTLB_INV_G_page) {
        vtd_IOTLB_INV_put_IH(words, 1);
        words[VTD_LSB_IOTLB_INV_ADDR / 64] |= iova;
    }
    descriptor(rig, words);
}

static void put_piotlb(struct sd_rig *rig, uint64_t did, uint64_t granularity, uint64_t iova,
                       uint64_t mask)
{
    uint64_t words[VTD_WORDS_PIOTLB_INV] = {0};

    vtd_PIOTLB_INV_put_TYPE(words, VTD_QI_PIOTLB_INV);
    vtd_PIOTLB_INV_put_G(words, granularity);
    vtd_PIOTLB_INV_put_DID(words, did);
    if (granularity == VTD_PIOTLB_INV_G_page) {
        vtd_PIOTLB_INV_put_AM(words, mask);
        vtd_PIOTLB_INV_put_IH(words, 1);
        words[VTD_LSB_PIOTLB_INV_ADDR / 64] |= iova;
    }
    descriptor(rig, words);
}

/* ---- moves ---- */

/* The entry has changed: what was made of the old one goes. Descriptors of translations run behind
 * those of configuration, so one wait is enough; drivers have one for each. */
static void drop_old(struct sd_rig *rig, uint64_t did, bool waits_twice)
{
    put_pc(rig, did);
    if (waits_twice)
        wait(rig);
    if (rig->stage == 1)
        put_piotlb(rig, did, VTD_PIOTLB_INV_G_pasid, 0, 0);
    else
        put_iotlb(rig, did, VTD_IOTLB_INV_G_domain, 0);
    wait(rig);
}

/* One store of 16 bytes: the table of the first stage, or that of the second and the domain. */
static void swap(struct sd_rig *rig)
{
    const unsigned at = rig->stage == 1 ? VTD_LSB_PASID_FSPTPTR / 64 : 0;
    uint64_t words[VTD_WORDS_PASID];

    make_pasid(rig, FIRST_DID + (rig->stage == 1 ? 0 : rig->map), words);
    sd_store16(rig, PASIDS + at * sizeof(*words), words + at);
    drop_old(rig, FIRST_DID + (rig->stage == 1 ? 0 : 1 - rig->map), false);
}

static void tear_down(struct sd_rig *rig, uint64_t did)
{
    uint64_t first = sim_mem_read64(rig->mem, PASIDS);

    vtd_PASID_put_P(&first, 0);
    sd_store(rig, PASIDS, first);
    drop_old(rig, did, true);
    for (unsigned i = 0; i < VTD_WORDS_PASID; i++)
        sd_store(rig, PASIDS + i * sizeof(first), 0);
}

/* From not present to present: nothing was cached, so nothing is to be dropped. */
static void set_up(struct sd_rig *rig, uint64_t did)
{
    uint64_t words[VTD_WORDS_PASID];

    make_pasid(rig, did, words);
    for (unsigned i = VTD_WORDS_PASID - 1; i > 0; i--)
        if (words[i])
            sd_store(rig, PASIDS + i * sizeof(*words), words[i]);
    sd_store(rig, PASIDS, words[0]);
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
        tear_down(rig, FIRST_DID + 1 - rig->map);
        set_up(rig, FIRST_DID + rig->map);
        return;
    case SD_UNMAP_4K:
        sd_set_victim(rig, 1, false);
        put_piotlb(rig, FIRST_DID, VTD_PIOTLB_INV_G_page, SD_VICTIM, 0);
        break;
    case SD_UNMAP_2M:
        sd_set_victim(rig, SD_RANGE_PAGES, false);
        put_piotlb(rig, FIRST_DID, VTD_PIOTLB_INV_G_page, SD_VICTIM, RANGE_MASK);
        break;
    case SD_UNMAP_4K_SS:
        sd_set_victim(rig, 1, false);
        put_iotlb(rig, FIRST_DID, VTD_IOTLB_INV_G_page, SD_VICTIM);
        break;
    case SD_DETACH:
        tear_down(rig, FIRST_DID);
        return;
    case SD_N_MOVES:
        return;
    }
    wait(rig);
}

static void undo(struct sd_rig *rig, enum sd_move what)
{
    if (what == SD_DETACH)
        set_up(rig, FIRST_DID);
    else if (what == SD_UNMAP_2M)
        sd_set_victim(rig, SD_RANGE_PAGES, true);
    else if (what == SD_UNMAP_4K || what == SD_UNMAP_4K_SS)
        sd_set_victim(rig, 1, true);
}

/* ---- one descriptor after the other ---- */

const char *const sd_vtd_types[SD_N_VTD_TYPES] = {
    "context cache device", "PASID cache PASID", "IOTLB page",   "IOTLB domain",
    "IOTLB global",         "PIOTLB page",       "PIOTLB PASID",
};

/* In the order of their names; pages: the first one that the device uses. */
static void put_type(struct sd_rig *rig, unsigned type)
{
    switch (type) {
    case 0:
        put_cc(rig);
        return;
    case 1:
        put_pc(rig, FIRST_DID);
        return;
    case 2:
        put_iotlb(rig, FIRST_DID, VTD_IOTLB_INV_G_page, SD_WINDOW);
        return;
    case 3:
        put_iotlb(rig, FIRST_DID, VTD_IOTLB_INV_G_domain, 0);
        return;
    case 4:
        put_iotlb(rig, FIRST_DID, VTD_IOTLB_INV_G_global, 0);
        return;
    case 5:
        put_piotlb(rig, FIRST_DID, VTD_PIOTLB_INV_G_page, SD_WINDOW, 0);
        return;
    default:
        put_piotlb(rig, FIRST_DID, VTD_PIOTLB_INV_G_pasid, 0, 0);
        return;
    }
}

uint64_t sd_vtd_cost(struct sd_rig *rig, unsigned type, unsigned n)
{
    const uint64_t start_ps = sd_now_ps(rig);

    SIM_BUG_ON(type >= SD_N_VTD_TYPES || n + 2 > 1u << QI_SIZE_LOG2);
    for (unsigned i = 0; i < n; i++)
        put_type(rig, type);
    wait(rig);
    return sd_now_ps(rig) - start_ps;
}

void sd_vtd_flush(struct sd_rig *rig, uint64_t iova, bool is_leaf)
{
    uint64_t words[VTD_WORDS_PIOTLB_INV] = {0};

    vtd_PIOTLB_INV_put_TYPE(words, VTD_QI_PIOTLB_INV);
    vtd_PIOTLB_INV_put_G(words, VTD_PIOTLB_INV_G_page);
    vtd_PIOTLB_INV_put_DID(words, FIRST_DID + rig->map);
    vtd_PIOTLB_INV_put_IH(words, is_leaf);
    words[VTD_LSB_PIOTLB_INV_ADDR / 64] |= iova;
    descriptor(rig, words);
    wait(rig);
}

void sd_vtd_flush_all(struct sd_rig *rig)
{
    put_piotlb(rig, FIRST_DID + rig->map, VTD_PIOTLB_INV_G_pasid, 0, 0);
    wait(rig);
}

/* ---- life ---- */

static void make(struct sd_rig *rig, const char *preset, uint32_t entries)
{
    struct vtd_config config;

    vtd_config_default(&config);
    SIM_BUG_ON(sim_param_preset(&vtd_params, preset, &config.param));
    if (entries)
        config.param.tlb_entries = entries;
    SIM_BUG_ON(vtd_new(&config, rig->queue, &rig->port, NULL, &rig->iommu));
}

static void make_tables(struct sd_rig *rig)
{
    uint64_t root[VTD_WORDS_ROOT] = {0}, context[VTD_WORDS_CTX] = {0}, directory = 0;
    uint64_t pasid[VTD_WORDS_PASID];

    vtd_ROOT_put_LP(root, 1);
    vtd_ROOT_put_LCTP(root, CONTEXTS >> SD_PAGE_LOG2);
    vtd_CTX_put_P(context, 1);
    vtd_CTX_put_PASIDDIRPTR(context, DIRECTORY >> SD_PAGE_LOG2);
    vtd_PASID_DIR_put_P(&directory, 1);
    vtd_PASID_DIR_put_SMPTBLPTR(&directory, PASIDS >> SD_PAGE_LOG2);
    make_pasid(rig, FIRST_DID, pasid);
    SIM_BUG_ON(sim_mem_write(rig->mem, ROOT, root, sizeof(root)));
    SIM_BUG_ON(
        sim_mem_write(rig->mem, CONTEXTS + SD_DEVICE * sizeof(context), context, sizeof(context)));
    sd_put(rig, DIRECTORY, directory);
    SIM_BUG_ON(sim_mem_write(rig->mem, PASIDS, pasid, sizeof(pasid)));
}

static void boot(struct sd_rig *rig)
{
    uint64_t rtaddr = ROOT, iqa = QUEUE, latch = 0, queue = 0, both = 0, status;

    make_tables(rig);
    vtd_RTADDR_put_TTM(&rtaddr, VTD_RTADDR_TTM_SCALABLE);
    vtd_IQA_put_QS(&iqa, QI_PAGES_LOG2);
    vtd_IQA_put_DW(&iqa, VTD_IQA_DW_256);
    vtd_GCMD_put_SRTP(&latch, 1);
    vtd_GCMD_put_QIE(&queue, 1);
    vtd_GCMD_put_QIE(&both, 1);
    vtd_GCMD_put_TE(&both, 1);
    sd_reg_write(rig, VTD_REG_RTADDR, 8, rtaddr);
    sd_reg_write(rig, VTD_REG_GCMD, 4, latch);
    sd_idle(rig);
    sd_reg_write(rig, VTD_REG_IQA, 8, iqa);
    sd_reg_write(rig, VTD_REG_GCMD, 4, queue);
    sd_idle(rig);
    sd_reg_write(rig, VTD_REG_GCMD, 4, both);
    sd_idle(rig);
    status = sd_reg_read(rig, VTD_REG_GSTS, 4);
    SIM_BUG_ON(!vtd_GSTS_TES(&status) || !vtd_GSTS_QIES(&status));
}

const struct sd_arch sd_vtd = {
    .name = "VT-d",
    .make = make,
    .entry = entry,
    .boot = boot,
    .move = move,
    .undo = undo,
};
