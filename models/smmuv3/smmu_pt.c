/* SPDX-License-Identifier: BSD-2-Clause
 * smmu_pt.c - the VMSAv8-64 stage 1 translation table format as pure functions.
 * Knows: descriptors, levels, permissions. Must not know: time, memory, CDs, events, TLBs. */
#include "models/smmuv3/smmu_pt.h"

#include "models/smmuv3/smmu_layout.h"

/* Geometry, in bits. */
enum {
    DESCRIPTOR_LOG2 = 3,
    LAST_LEVEL = 3,
    GRANULE_4K = 12,
    GRANULE_16K = 14,
    GRANULE_64K = 16,
    HALF_BIT = 55,       /* of a VA: selects the half */
    TOP_BYTE_BIT = 56,   /* of a VA: TBI ignores from here */
    OA_BITS = 48,        /* more than that needs other descriptor bits */
    DS_OA_TOP_BIT = 50,  /* with DS, SH has the address from here on */
    WIDE_TABLE_LOG2 = 6, /* with more than OA_BITS a first table is aligned to 64 bytes */
};

/* Each bit of AP[2:1] and APTable has a meaning of its own. */
enum {
    AP_UNPRIVILEGED = SMMU_S1_PAGE_AP_RW,
    AP_READ_ONLY = SMMU_S1_PAGE_AP_PRIV_RO,
    APT_NO_UNPRIVILEGED = SMMU_S1_TABLE_APTable_NO_UNPRIVILEGED,
    APT_NO_WRITE = SMMU_S1_TABLE_APTable_NO_WRITE,
};

/* Bits below @n_bits, which is less than 64. */
static uint64_t low_mask(unsigned n_bits)
{
    return (UINT64_C(1) << n_bits) - 1;
}

/* Lowest VA bit of the index of @level: 12 / 21 / 30 / 39 / 48 with 4 KiB (4.3). */
static unsigned index_low_bit(const struct smmu_pt_s1 *pt, int level)
{
    const unsigned g = pt->granule_log2;

    return g + (g - DESCRIPTOR_LOG2) * (unsigned)(LAST_LEVEL - level);
}

const struct smmu_pt_s1 *smmu_pt_select_half(const struct smmu_pt_s1 *lower,
                                             const struct smmu_pt_s1 *upper, uint64_t va)
{
    const bool is_upper = (va >> HALF_BIT) & 1;
    const struct smmu_pt_s1 *pt = is_upper ? upper : lower;
    uint64_t extension;

    if (!pt || pt->epd)
        return NULL;
    /* Bits above the input size that differ from the half's: all must be clear. */
    extension = is_upper ? ~va : va;
    if (pt->tbi)
        extension &= low_mask(TOP_BYTE_BIT);
    return extension >> (64 - pt->tsz) ? NULL : pt;
}

void smmu_pt_begin(const struct smmu_pt_s1 *pt, uint64_t va, struct smmu_pt_step *step)
{
    const unsigned input_bits = 64u - pt->tsz;
    const unsigned bits_per_level = pt->granule_log2 - (unsigned)DESCRIPTOR_LOG2;
    const unsigned n_levels = (input_bits - pt->granule_log2 + bits_per_level - 1) / bits_per_level;
    const int level = LAST_LEVEL + 1 - (int)n_levels;
    const unsigned low = index_low_bit(pt, level);
    const uint64_t index = (va & low_mask(input_bits)) >> low;
    unsigned table_log2 = input_bits - low + DESCRIPTOR_LOG2;

    if (pt->output_bits > OA_BITS && table_log2 < WIDE_TABLE_LOG2)
        table_log2 = WIDE_TABLE_LOG2;
    *step = (struct smmu_pt_step){
        .at = {.reason = HW_WALK_TABLE,
               .level = level,
               .stage = 1,
               .address = (pt->ttb & ~low_mask(table_log2)) | index << DESCRIPTOR_LOG2},
    };
}

/* Do descriptors hold 52-bit addresses, and may the level above have blocks for it? */
static bool is_wide(const struct smmu_pt_s1 *pt)
{
    return pt->granule_log2 == GRANULE_64K ? pt->oas_52 : pt->ds;
}

/* With DS, SH is not the shareability; a 64 KiB granule has no DS. */
static bool is_sh_address(const struct smmu_pt_s1 *pt)
{
    return pt->granule_log2 != GRANULE_64K && pt->ds;
}

/* Address in a descriptor, table or leaf, that is aligned to 2^@align_log2 bytes: the layouts of
 * all granules and levels differ only in where it ends. */
static uint64_t output_address(const struct smmu_pt_s1 *pt, uint64_t descriptor,
                               unsigned align_log2)
{
    uint64_t oa = smmu_S1_PAGE_OA_addr(&descriptor) & ~low_mask(align_log2);

    if (!is_wide(pt))
        return oa;
    if (is_sh_address(pt)) {
        oa |= smmu_S1_PAGE_OA_49_48_addr(&descriptor);
        oa |= smmu_S1_PAGE_SH(&descriptor) << DS_OA_TOP_BIT; /* the same bits of a table */
    } else {
        oa |= smmu_S1_PAGE_64K_OA_51_48(&descriptor) << OA_BITS;
    }
    return oa;
}

/* First level that may hold blocks without 52-bit addresses; those add the level above. */
static int first_block_level(const struct smmu_pt_s1 *pt)
{
    return pt->granule_log2 == GRANULE_4K ? 1 : 2;
}

static bool is_block_allowed(const struct smmu_pt_s1 *pt, int level)
{
    return level >= first_block_level(pt) - (is_wide(pt) ? 1 : 0);
}

/* The bit is reserved in the blocks that only 52-bit addresses have. */
static uint8_t contig_log2(const struct smmu_pt_s1 *pt, uint64_t descriptor, int level)
{
    if (!smmu_S1_PAGE_Contig(&descriptor) || level < first_block_level(pt))
        return 0;
    switch (pt->granule_log2) {
    case GRANULE_4K:
        return 4;
    case GRANULE_16K:
        return level == LAST_LEVEL ? 7 : 5;
    default:
        return 5;
    }
}

static void fault(struct smmu_pt_step *step, enum hw_walk_reason reason, uint64_t va)
{
    step->at.reason = reason;
    step->at.address = va;
}

unsigned smmu_pt_level_log2(const struct smmu_pt_s1 *pt, int level)
{
    return index_low_bit(pt, level);
}

/* Where in a table of @level, the first one excepted, the descriptor for @va is, in bytes. */
static uint64_t table_offset(const struct smmu_pt_s1 *pt, uint64_t va, int level)
{
    const unsigned bits_per_level = pt->granule_log2 - (unsigned)DESCRIPTOR_LOG2;

    return ((va >> index_low_bit(pt, level)) & low_mask(bits_per_level)) << DESCRIPTOR_LOG2;
}

void smmu_pt_resume(const struct smmu_pt_s1 *pt, uint64_t va, struct smmu_pt_step *step)
{
    step->at.address &= ~low_mask(pt->granule_log2);
    step->at.address |= table_offset(pt, va, step->at.level);
}

static void next_table(const struct smmu_pt_s1 *pt, uint64_t va, uint64_t descriptor,
                       struct smmu_pt_step *step)
{
    const uint64_t table = output_address(pt, descriptor, pt->granule_log2);
    const int level = step->at.level + 1;

    if (table >> pt->output_bits) {
        fault(step, HW_WALK_ADDR_SIZE, va);
        return;
    }
    if (!pt->had) {
        step->ap_table |= (uint8_t)smmu_S1_TABLE_APTable(&descriptor);
        step->uxn_table |= smmu_S1_TABLE_UXNTable(&descriptor) != 0;
        step->pxn_table |= smmu_S1_TABLE_PXNTable(&descriptor) != 0;
    }
    step->at.level = level;
    step->at.address = table | table_offset(pt, va, level);
}

static void next_leaf(const struct smmu_pt_s1 *pt, uint64_t va, uint64_t descriptor,
                      struct smmu_pt_step *step)
{
    const int level = step->at.level;
    const unsigned page_log2 = index_low_bit(pt, level);
    const uint64_t page = output_address(pt, descriptor, page_log2);
    const bool is_read_only = step->ap_table & APT_NO_WRITE;
    unsigned ap = (unsigned)smmu_S1_PAGE_AP(&descriptor);

    if (page >> pt->output_bits) {
        fault(step, HW_WALK_ADDR_SIZE, va);
        return;
    }
    if (step->ap_table & APT_NO_UNPRIVILEGED)
        ap &= ~(unsigned)AP_UNPRIVILEGED;
    if (is_read_only)
        ap |= AP_READ_ONLY;
    step->leaf = (struct smmu_pt_leaf){
        .pa = page | (va & low_mask(page_log2)),
        .page_log2 = (uint8_t)page_log2,
        .contig_log2 = contig_log2(pt, descriptor, level),
        .level = level,
        .attr_indx = (uint8_t)smmu_S1_PAGE_AttrIndx(&descriptor),
        .sh = is_sh_address(pt) ? pt->sh : (uint8_t)smmu_S1_PAGE_SH(&descriptor),
        .ap = (uint8_t)ap,
        .dbm = smmu_S1_PAGE_DBM(&descriptor) && !is_read_only,
        .af = smmu_S1_PAGE_AF(&descriptor) != 0,
        .ng = smmu_S1_PAGE_nG(&descriptor) != 0,
        .nt = level != LAST_LEVEL && smmu_S1_BLOCK_nT(&descriptor),
        .uxn = step->uxn_table || smmu_S1_PAGE_UXN(&descriptor),
        .pxn = step->pxn_table || smmu_S1_PAGE_PXN(&descriptor),
    };
    step->at.reason = HW_WALK_OK;
    step->at.address = step->leaf.pa;
}

void smmu_pt_next(const struct smmu_pt_s1 *pt, uint64_t va, uint64_t descriptor,
                  struct smmu_pt_step *step)
{
    const int level = step->at.level;
    const bool is_valid = smmu_PTE_INVALID_Valid(&descriptor) != 0;
    const bool is_block = smmu_S1_PAGE_Kind(&descriptor) == 0; /* else a page or a table */
    const bool is_leaf = level == LAST_LEVEL ? !is_block : is_block && is_block_allowed(pt, level);

    step->descriptor = step->at.address;
    if (is_valid && is_leaf)
        next_leaf(pt, va, descriptor, step);
    else if (is_valid && !is_block)
        next_table(pt, va, descriptor, step);
    else
        fault(step, HW_WALK_TRANSLATION, va);
}

/* HD without HA does nothing: an update of the dirty state sets AF too. */
static bool is_clean_writable(const struct smmu_pt_s1 *pt, const struct smmu_pt_leaf *leaf)
{
    return pt->ha && pt->hd && leaf->dbm && (leaf->ap & AP_READ_ONLY);
}

unsigned smmu_pt_rights(const struct smmu_pt_s1 *pt, const struct smmu_pt_leaf *leaf,
                        bool is_privileged)
{
    const bool is_writable = !(leaf->ap & AP_READ_ONLY) || is_clean_writable(pt, leaf);
    const bool is_open = leaf->ap & AP_UNPRIVILEGED;
    bool r = true;
    bool w = is_writable;
    bool x = !leaf->uxn;

    if (!pt->one_privilege && is_privileged) {
        x = !leaf->pxn && !(is_open && is_writable);
    } else if (!pt->one_privilege) {
        r = is_open;
        w = is_open && is_writable;
    }
    if (pt->wxn && w)
        x = false;
    if (pt->pan && !pt->one_privilege && is_privileged && (is_open || (pt->epan && !leaf->uxn))) {
        r = false; /* data only: x stays */
        w = false;
    }
    return (r ? SMMU_PT_R : 0u) | (w ? SMMU_PT_W : 0u) | (x ? SMMU_PT_X : 0u);
}

struct smmu_pt_verdict smmu_pt_check(const struct smmu_pt_s1 *pt, const struct smmu_pt_leaf *leaf,
                                     unsigned access)
{
    struct smmu_pt_verdict verdict = {.reason = HW_WALK_OK};
    const unsigned asked = access & SMMU_PT_RWX;

    if (!leaf->af && !pt->ha && !pt->affd) {
        verdict.reason = HW_WALK_ACCESS;
        return verdict;
    }
    verdict.granted = asked & smmu_pt_rights(pt, leaf, access & SMMU_PT_PRIVILEGED);
    verdict.set_af = !leaf->af && pt->ha;
    if (verdict.granted != asked)
        verdict.reason = HW_WALK_PERMISSION;
    else
        verdict.set_dirty = (asked & SMMU_PT_W) && is_clean_writable(pt, leaf);
    return verdict;
}

void smmu_pt_walk(const struct smmu_pt_s1 *lower, const struct smmu_pt_s1 *upper, uint64_t va,
                  unsigned access, const struct smmu_pt_memory *memory, struct smmu_pt_walked *out)
{
    const struct smmu_pt_s1 *pt = smmu_pt_select_half(lower, upper, va);
    struct hw_walk_result *at = &out->step.at;

    *out = (struct smmu_pt_walked){
        .half = pt,
        .result = {.reason = HW_WALK_TRANSLATION, .level = 0, .stage = 1, .address = va},
    };
    if (!pt)
        return;
    smmu_pt_begin(pt, va, &out->step);
    while (at->reason == HW_WALK_TABLE) {
        uint64_t descriptor = 0;

        out->n_reads++;
        if (!memory->read64(memory->ctx, at->address, &descriptor))
            at->reason = HW_WALK_EABT;
        else
            smmu_pt_next(pt, va, descriptor, &out->step);
    }
    out->result = *at;
    if (at->reason != HW_WALK_OK)
        return;
    out->verdict = smmu_pt_check(pt, &out->step.leaf, access);
    if (out->verdict.reason != HW_WALK_OK) {
        out->result.reason = out->verdict.reason;
        out->result.address = va;
    }
}
