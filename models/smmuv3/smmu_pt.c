/* SPDX-License-Identifier: BSD-2-Clause
 * smmu_pt.c - the VMSAv8-64 stage 1 translation table format as pure functions.
 * Knows: descriptors, levels, permissions. Must not know: time, memory, CDs, events, TLBs. */
#include "models/smmuv3/smmu_pt.h"

#include "models/smmuv3/smmu_pt_private.h"

/* Bits of a virtual address. */
enum {
    HALF_BIT = 55,     /* selects the half */
    TOP_BYTE_BIT = 56, /* TBI ignores from here */
};

/* Each bit of AP[2:1] and APTable has a meaning of its own. */
enum {
    AP_UNPRIVILEGED = SMMU_S1_PAGE_AP_RW,
    AP_READ_ONLY = SMMU_S1_PAGE_AP_PRIV_RO,
    APT_NO_UNPRIVILEGED = SMMU_S1_TABLE_APTable_NO_UNPRIVILEGED,
    APT_NO_WRITE = SMMU_S1_TABLE_APTable_NO_WRITE,
};

static struct smmu_pt_shape shape_of(const struct smmu_pt_s1 *pt)
{
    return (struct smmu_pt_shape){
        .granule_log2 = pt->granule_log2,
        .output_bits = pt->output_bits,
        .ds = pt->ds,
        .oas_52 = pt->oas_52,
    };
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
        extension &= smmu_pt_low_mask(TOP_BYTE_BIT);
    return extension >> (64 - pt->tsz) ? NULL : pt;
}

void smmu_pt_begin(const struct smmu_pt_s1 *pt, uint64_t va, struct smmu_pt_step *step)
{
    const struct smmu_pt_shape shape = shape_of(pt);
    const unsigned input_bits = 64u - pt->tsz;
    const unsigned bits_per_level = smmu_pt_bits_per_level(pt->granule_log2);
    const unsigned n_levels = (input_bits - pt->granule_log2 + bits_per_level - 1) / bits_per_level;
    const int level = SMMU_PT_LAST_LEVEL + 1 - (int)n_levels;

    *step = (struct smmu_pt_step){
        .at = {.reason = HW_WALK_TABLE,
               .level = level,
               .stage = 1,
               .address = smmu_pt_first_address(&shape, pt->ttb, level, input_bits, va)},
    };
}

static void fault(struct smmu_pt_step *step, enum hw_walk_reason reason, uint64_t va)
{
    step->at.reason = reason;
    step->at.address = va;
}

unsigned smmu_pt_level_log2(const struct smmu_pt_s1 *pt, int level)
{
    return smmu_pt_index_low_bit(pt->granule_log2, level);
}

void smmu_pt_resume(const struct smmu_pt_s1 *pt, uint64_t va, struct smmu_pt_step *step)
{
    step->at.address &= ~smmu_pt_low_mask(pt->granule_log2);
    step->at.address |= smmu_pt_table_offset(pt->granule_log2, va, step->at.level);
}

static void next_table(const struct smmu_pt_s1 *pt, uint64_t va, uint64_t descriptor,
                       struct smmu_pt_step *step)
{
    const struct smmu_pt_shape shape = shape_of(pt);
    const uint64_t table = smmu_pt_output_address(&shape, descriptor, pt->granule_log2);
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
    step->at.address = table | smmu_pt_table_offset(pt->granule_log2, va, level);
}

static void next_leaf(const struct smmu_pt_s1 *pt, uint64_t va, uint64_t descriptor,
                      struct smmu_pt_step *step)
{
    const struct smmu_pt_shape shape = shape_of(pt);
    const int level = step->at.level;
    const unsigned page_log2 = smmu_pt_index_low_bit(pt->granule_log2, level);
    const uint64_t page = smmu_pt_output_address(&shape, descriptor, page_log2);
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
        .pa = page | (va & smmu_pt_low_mask(page_log2)),
        .page_log2 = (uint8_t)page_log2,
        .contig_log2 = smmu_pt_contig_log2(&shape, descriptor, level),
        .level = level,
        .attr_indx = (uint8_t)smmu_S1_PAGE_AttrIndx(&descriptor),
        .sh = smmu_pt_is_sh_address(&shape) ? pt->sh : (uint8_t)smmu_S1_PAGE_SH(&descriptor),
        .ap = (uint8_t)ap,
        .dbm = smmu_S1_PAGE_DBM(&descriptor) && !is_read_only,
        .af = smmu_S1_PAGE_AF(&descriptor) != 0,
        .ng = smmu_S1_PAGE_nG(&descriptor) != 0,
        .nt = level != SMMU_PT_LAST_LEVEL && smmu_S1_BLOCK_nT(&descriptor),
        .uxn = step->uxn_table || smmu_S1_PAGE_UXN(&descriptor),
        .pxn = step->pxn_table || smmu_S1_PAGE_PXN(&descriptor),
    };
    step->at.reason = HW_WALK_OK;
    step->at.address = step->leaf.pa;
}

void smmu_pt_next(const struct smmu_pt_s1 *pt, uint64_t va, uint64_t descriptor,
                  struct smmu_pt_step *step)
{
    const struct smmu_pt_shape shape = shape_of(pt);

    step->descriptor = step->at.address;
    switch (smmu_pt_kind_of(&shape, descriptor, step->at.level)) {
    case SMMU_PT_TABLE:
        next_table(pt, va, descriptor, step);
        return;
    case SMMU_PT_LEAF:
        next_leaf(pt, va, descriptor, step);
        return;
    case SMMU_PT_INVALID:
    default:
        fault(step, HW_WALK_TRANSLATION, va);
        return;
    }
}

/* HD without HA does nothing: an update of the dirty state sets AF too. */
bool smmu_pt_is_clean(const struct smmu_pt_s1 *pt, const struct smmu_pt_leaf *leaf)
{
    return pt->ha && pt->hd && leaf->dbm && (leaf->ap & AP_READ_ONLY);
}

unsigned smmu_pt_rights(const struct smmu_pt_s1 *pt, const struct smmu_pt_leaf *leaf,
                        bool is_privileged)
{
    const bool is_writable = !(leaf->ap & AP_READ_ONLY) || smmu_pt_is_clean(pt, leaf);
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
        verdict.set_dirty = (asked & SMMU_PT_W) && smmu_pt_is_clean(pt, leaf);
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
