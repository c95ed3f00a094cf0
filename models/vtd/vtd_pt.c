/* SPDX-License-Identifier: BSD-2-Clause
 * vtd_pt.c - page table entries of both stages, one at a time.
 * Knows: entries, levels, permissions. Must not know: time, memory, PASID entries. */
#include "models/vtd/vtd_pt.h"

#include "models/vtd/vtd_cfg_decode.h"
#include "models/vtd/vtd_layout.h"

enum {
    INDEX_BITS = 9,
    ENTRY_BYTES = 8,
    LEVEL_1G = 3,
    LEVEL_2M = 2,
    LEVEL_4K = 1,
    BITS_FS_PAT = 12, /* of a large page: no part of its address */
    ADDRESS_BITS = 64,
};

static uint64_t bit(unsigned lsb)
{
    return (uint64_t)1 << lsb;
}

/* Bits msb..lsb; none if msb < lsb. */
static uint64_t bits(unsigned msb, unsigned lsb)
{
    return msb < lsb ? 0 : (UINT64_MAX >> (ADDRESS_BITS - 1 - (msb - lsb))) << lsb;
}

static uint64_t entry_address(uint64_t table, unsigned level, uint64_t iova)
{
    const uint64_t index = (iova >> vtd_pt_log2(level)) & bits(INDEX_BITS - 1, 0);

    return table + index * ENTRY_BYTES;
}

static void end(struct vtd_pt_step *step, enum vtd_pt_state state)
{
    step->state = state;
}

static void begin(uint64_t table, unsigned levels, uint64_t iova, struct vtd_pt_step *step)
{
    const struct vtd_pt_step none = {0};

    *step = none;
    step->level = (uint8_t)levels;
    step->rights = VTD_PT_R | VTD_PT_W;
    step->is_user = true;
    step->address = entry_address(table, levels, iova);
}

static uint64_t page_address(uint64_t address, unsigned level, uint64_t iova)
{
    const unsigned log2 = vtd_pt_log2(level);

    return (address & ~bits(log2 - 1, 0)) | (iova & bits(log2 - 1, 0));
}

static void go_down(uint64_t table, uint64_t iova, struct vtd_pt_step *step)
{
    step->level--;
    step->state = VTD_PT_TABLE;
    step->address = entry_address(table, step->level, iova);
}

void vtd_pt_resume(uint64_t table, uint64_t iova, struct vtd_pt_step *step)
{
    step->state = VTD_PT_TABLE;
    step->address = entry_address(table, step->level, iova);
}

/* ---- first stage -----------------------------------------------------------------------------*/

void vtd_pt_fs_from(const struct vtd_fs *fs, const struct vtd_caps *caps, unsigned gaw_bits,
                    struct vtd_pt_fs *out)
{
    *out = (struct vtd_pt_fs){.table = fs->table,
                              .levels = (uint8_t)fs->levels,
                              .haw_bits = (uint8_t)gaw_bits,
                              .has_1g = caps->fs_1g,
                              .wpe = fs->wpe,
                              .eafe = fs->eafe};
}

static bool is_canonical(const struct vtd_pt_fs *pt, uint64_t iova)
{
    const uint64_t high = bits(ADDRESS_BITS - 1, vtd_pt_log2(pt->levels + 1u) - 1);

    return (iova & high) == 0 || (iova & high) == high;
}

void vtd_pt_fs_begin(const struct vtd_pt_fs *pt, uint64_t iova, struct vtd_pt_step *step)
{
    begin(pt->table, pt->levels, iova, step);
    if (!is_canonical(pt, iova))
        end(step, VTD_PT_LIMIT);
}

static bool is_leaf(uint64_t is_large, unsigned level)
{
    return level == LEVEL_4K || (is_large && (level == LEVEL_2M || level == LEVEL_1G));
}

static bool is_fs_reserved(const struct vtd_pt_fs *pt, const uint64_t *entry, unsigned level)
{
    const uint64_t is_large = vtd_PTE_FS_PS(entry);
    uint64_t reserved = bits(VTD_MSB_PTE_FS_ADDR, pt->haw_bits);

    if (level > LEVEL_1G || (level == LEVEL_1G && !pt->has_1g))
        reserved |= bit(VTD_LSB_PTE_FS_PS);
    else if (is_large && level > LEVEL_4K)
        reserved |= bits(vtd_pt_log2(level) - 1, BITS_FS_PAT + 1);
    return (*entry & reserved) != 0;
}

static uint8_t fs_memory_type(const uint64_t *entry, unsigned level)
{
    const uint64_t high = level == LEVEL_4K ? vtd_PTE_FS_PS(entry) : (*entry >> BITS_FS_PAT) & 1u;

    return (uint8_t)(high << 2 | vtd_PTE_FS_PCD(entry) << 1 | vtd_PTE_FS_PWT(entry));
}

static void fs_leaf(const uint64_t *entry, uint64_t iova, struct vtd_pt_step *step)
{
    step->state = VTD_PT_LEAF;
    step->leaf =
        (struct vtd_pt_leaf){.pa = page_address(vtd_PTE_FS_ADDR_addr(entry), step->level, iova),
                             .level = step->level,
                             .page_log2 = (uint8_t)vtd_pt_log2(step->level),
                             .rights = step->rights,
                             .memory_type = fs_memory_type(entry, step->level),
                             .is_user = step->is_user,
                             .is_dirty = vtd_PTE_FS_D(entry) != 0};
}

void vtd_pt_fs_next(const struct vtd_pt_fs *pt, uint64_t iova, uint64_t entry,
                    struct vtd_pt_step *step)
{
    step->descriptor = step->address;
    step->set = 0;
    if (!vtd_PTE_FS_P(&entry)) {
        end(step, VTD_PT_NOT_PRESENT);
        return;
    }
    if (is_fs_reserved(pt, &entry, step->level)) {
        end(step, VTD_PT_RESERVED);
        return;
    }
    if (!vtd_PTE_FS_RW(&entry))
        step->rights &= (uint8_t)~VTD_PT_W;
    step->is_user &= vtd_PTE_FS_US(&entry) != 0;
    if (!vtd_PTE_FS_A(&entry))
        step->set |= bit(VTD_LSB_PTE_FS_A);
    if (pt->eafe && !vtd_PTE_FS_EA(&entry))
        step->set |= bit(VTD_LSB_PTE_FS_EA);
    if (is_leaf(vtd_PTE_FS_PS(&entry), step->level))
        fs_leaf(&entry, iova, step);
    else
        go_down(vtd_PTE_FS_ADDR_addr(&entry), iova, step);
}

struct vtd_pt_verdict vtd_pt_fs_check(const struct vtd_pt_fs *pt, const struct vtd_pt_leaf *leaf,
                                      unsigned access)
{
    const bool is_supervisor = (access & VTD_PT_SUPERVISOR) != 0;
    const bool is_writable = (leaf->rights & VTD_PT_W) || (is_supervisor && !pt->wpe);
    struct vtd_pt_verdict verdict = {.state = VTD_PT_LEAF};

    if (!is_supervisor && !leaf->is_user)
        verdict.state = VTD_PT_NO_USER;
    else if ((access & VTD_PT_W) && !is_writable)
        verdict.state = VTD_PT_NO_WRITE;
    else if ((access & VTD_PT_W) && !leaf->is_dirty)
        verdict.set = bit(VTD_LSB_PTE_FS_D);
    return verdict;
}

/* ---- second stage ----------------------------------------------------------------------------*/

void vtd_pt_ss_from(const struct vtd_ss *ss, const struct vtd_caps *caps, struct vtd_pt_ss *out)
{
    *out = (struct vtd_pt_ss){.table = ss->table,
                              .levels = (uint8_t)ss->levels,
                              .input_bits = (uint8_t)ss->input_bits,
                              .haw_bits = (uint8_t)caps->haw_bits,
                              .has_2m = caps->ss_2m,
                              .has_1g = caps->ss_1g,
                              .has_sc = caps->sc,
                              .has_zlr = caps->zlr,
                              .has_mts = caps->mts,
                              .is_ad_on = ss->is_ad_on};
}

void vtd_pt_ss_begin(const struct vtd_pt_ss *pt, uint64_t iova, struct vtd_pt_step *step)
{
    begin(pt->table, pt->levels, iova, step);
    if (pt->input_bits < ADDRESS_BITS && iova >> pt->input_bits)
        end(step, VTD_PT_LIMIT);
}

/* VTD_PT_LEAF: nothing is missing. */
static enum vtd_pt_state missing_right(const struct vtd_pt_ss *pt, unsigned rights, unsigned access)
{
    const bool is_free_read = (access & VTD_PT_ZERO_LENGTH) && pt->has_zlr && (rights & VTD_PT_W);

    if (!(rights & (VTD_PT_R | VTD_PT_W)))
        return VTD_PT_NOT_PRESENT;
    if ((access & VTD_PT_W) && !(rights & VTD_PT_W))
        return VTD_PT_NO_WRITE;
    if ((access & VTD_PT_R) && !(rights & VTD_PT_R) && !is_free_read)
        return VTD_PT_NO_READ;
    return VTD_PT_LEAF;
}

static bool is_ss_reserved(const struct vtd_pt_ss *pt, const uint64_t *entry, unsigned level)
{
    const bool is_large_ok = (level == LEVEL_2M && pt->has_2m) || (level == LEVEL_1G && pt->has_1g);
    const bool is_a_leaf = is_leaf(vtd_PTE_SS_PS(entry), level);
    uint64_t reserved = bits(VTD_MSB_PTE_SS_ADDR, pt->haw_bits);

    if (level != LEVEL_4K && !is_large_ok)
        reserved |= bit(VTD_LSB_PTE_SS_PS);
    else if (is_a_leaf && level > LEVEL_4K)
        reserved |= bits(vtd_pt_log2(level) - 1, VTD_LSB_PTE_SS_ADDR);
    if (!is_a_leaf || !pt->has_sc)
        reserved |= bit(VTD_LSB_PTE_SS_SNP);
    return (*entry & reserved) != 0;
}

static void ss_leaf(const struct vtd_pt_ss *pt, const uint64_t *entry, uint64_t iova,
                    struct vtd_pt_step *step)
{
    step->state = VTD_PT_LEAF;
    step->leaf =
        (struct vtd_pt_leaf){.pa = page_address(vtd_PTE_SS_ADDR_addr(entry), step->level, iova),
                             .level = step->level,
                             .page_log2 = (uint8_t)vtd_pt_log2(step->level),
                             .rights = step->rights,
                             .is_user = true,
                             .is_dirty = vtd_PTE_SS_D(entry) != 0,
                             .snp = vtd_PTE_SS_SNP(entry) != 0};
    if (pt->has_mts) {
        step->leaf.memory_type = (uint8_t)vtd_PTE_SS_EMT(entry);
        step->leaf.ipat = vtd_PTE_SS_IPAT(entry) != 0;
    }
}

void vtd_pt_ss_next(const struct vtd_pt_ss *pt, uint64_t iova, unsigned access, uint64_t entry,
                    struct vtd_pt_step *step)
{
    enum vtd_pt_state missing;

    step->descriptor = step->address;
    step->set = 0;
    if (!vtd_PTE_SS_R(&entry))
        step->rights &= (uint8_t)~VTD_PT_R;
    if (!vtd_PTE_SS_W(&entry))
        step->rights &= (uint8_t)~VTD_PT_W;
    missing = vtd_PTE_SS_R(&entry) || vtd_PTE_SS_W(&entry) ? missing_right(pt, step->rights, access)
                                                           : VTD_PT_NOT_PRESENT;
    if (missing != VTD_PT_LEAF) {
        end(step, missing);
        return;
    }
    if (is_ss_reserved(pt, &entry, step->level)) {
        end(step, VTD_PT_RESERVED);
        return;
    }
    if (pt->is_ad_on && !vtd_PTE_SS_A(&entry))
        step->set |= bit(VTD_LSB_PTE_SS_A);
    if (is_leaf(vtd_PTE_SS_PS(&entry), step->level))
        ss_leaf(pt, &entry, iova, step);
    else
        go_down(vtd_PTE_SS_ADDR_addr(&entry), iova, step);
}

struct vtd_pt_verdict vtd_pt_ss_check(const struct vtd_pt_ss *pt, const struct vtd_pt_leaf *leaf,
                                      unsigned access)
{
    struct vtd_pt_verdict verdict = {.state = missing_right(pt, leaf->rights, access)};

    if (verdict.state == VTD_PT_LEAF && (access & VTD_PT_W) && pt->is_ad_on && !leaf->is_dirty)
        verdict.set = bit(VTD_LSB_PTE_SS_D);
    return verdict;
}

/* ---- reason codes ----------------------------------------------------------------------------*/

int vtd_pt_fs_fault(enum vtd_pt_state state)
{
    switch (state) {
    case VTD_PT_LIMIT:
        return VTD_F_80h;
    case VTD_PT_NOT_PRESENT:
        return VTD_F_71h;
    case VTD_PT_RESERVED:
        return VTD_F_72h;
    case VTD_PT_NO_USER:
        return VTD_F_81h;
    case VTD_PT_NO_WRITE:
        return VTD_F_85h;
    case VTD_PT_NO_READ:
        return VTD_F_86h;
    case VTD_PT_TABLE:
    case VTD_PT_LEAF:
    default:
        return 0;
    }
}

/* The first stage's own table, read or updated through the second stage. */
static int fault_of_fs_table(enum vtd_pt_use use)
{
    if (use == VTD_PT_USE_FS_ROOT)
        return VTD_F_75h;
    return use == VTD_PT_USE_FS_UPDATE ? VTD_F_77h : VTD_F_76h;
}

static int limit_fault(enum vtd_pt_use use)
{
    if (use == VTD_PT_USE_LEGACY)
        return VTD_F_04h;
    return use == VTD_PT_USE_SS ? VTD_F_84h : VTD_F_74h;
}

int vtd_pt_ss_fault(enum vtd_pt_state state, enum vtd_pt_use use, unsigned access)
{
    const bool is_legacy = use == VTD_PT_USE_LEGACY;
    const bool is_of_table =
        use == VTD_PT_USE_FS_ROOT || use == VTD_PT_USE_FS_TABLE || use == VTD_PT_USE_FS_UPDATE;

    switch (state) {
    case VTD_PT_LIMIT:
        return limit_fault(use);
    case VTD_PT_RESERVED:
        return is_legacy ? VTD_F_0Ch : VTD_F_7Ah;
    case VTD_PT_NOT_PRESENT:
        if (is_legacy)
            return access & VTD_PT_W ? VTD_F_05h : VTD_F_06h;
        return VTD_F_79h;
    case VTD_PT_NO_WRITE:
        if (is_of_table)
            return fault_of_fs_table(use);
        return is_legacy ? VTD_F_05h : VTD_F_85h;
    case VTD_PT_NO_READ:
        if (is_of_table)
            return fault_of_fs_table(use);
        return is_legacy ? VTD_F_06h : VTD_F_86h;
    case VTD_PT_NO_USER:
    case VTD_PT_TABLE:
    case VTD_PT_LEAF:
    default:
        return 0;
    }
}
