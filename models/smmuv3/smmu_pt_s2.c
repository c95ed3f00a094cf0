/* SPDX-License-Identifier: BSD-2-Clause
 * smmu_pt_s2.c - the VMSAv8-64 stage 2 translation table format as pure functions.
 * Knows: descriptors, levels, permissions, concatenated tables. Must not know: time, memory, words
 * of an STE, events, TLBs. */
#include "models/smmuv3/smmu_pt_s2.h"

#include "models/smmuv3/smmu_cfg_decode.h"
#include "models/smmuv3/smmu_pt_private.h"

enum {
    WIDE_OAS_BITS = 52,
    /* Each bit of S2AP has a meaning of its own. */
    AP_READ = SMMU_S2_PAGE_S2AP_R,
    AP_WRITE = SMMU_S2_PAGE_S2AP_W,
    /* MemAttr. Without FWB the upper half tells Device from the outer cacheability of Normal memory
     * and the lower half is the inner one, of which 0 is reserved; with FWB one bit tells. */
    MEMATTR_OUTER = 0xc,
    MEMATTR_INNER = 0x3,
    MEMATTR_FWB_NORMAL = 0x4,
};

static struct smmu_pt_shape shape_of(const struct smmu_pt_s2 *pt)
{
    return (struct smmu_pt_shape){
        .granule_log2 = pt->granule_log2,
        .output_bits = pt->output_bits,
        .ds = pt->ds,
        .oas_52 = pt->oas_52,
    };
}

void smmu_pt_s2_from_ste(const struct smmu_s2 *s2, const struct smmu_caps *caps, bool xnx,
                         struct smmu_pt_s2 *out)
{
    *out = (struct smmu_pt_s2){
        .ttb = s2->ttb,
        .tsz = (uint8_t)s2->t0sz,
        .start_level = s2->start_level,
        .granule_log2 = (uint8_t)s2->granule_log2,
        .output_bits = (uint8_t)s2->ps_bits,
        .sh = (uint8_t)s2->walk.sh,
        .ds = s2->ds,
        .oas_52 = caps->oas_bits >= WIDE_OAS_BITS,
        .affd = s2->affd,
        .ha = s2->ha,
        .hd = s2->hd,
        .ptw = s2->ptw,
        .fwb = s2->fwb,
        .xnx = xnx,
    };
}

static void fault(struct smmu_pt_s2_step *step, enum hw_walk_reason reason, uint64_t ipa)
{
    step->at.reason = reason;
    step->at.address = ipa;
}

void smmu_pt_s2_begin(const struct smmu_pt_s2 *pt, uint64_t ipa, struct smmu_pt_s2_step *step)
{
    const struct smmu_pt_shape shape = shape_of(pt);
    const unsigned input_bits = 64u - pt->tsz;
    const int level = pt->start_level;

    *step = (struct smmu_pt_s2_step){.at = {.stage = 2}};
    if (ipa >> input_bits) {
        fault(step, HW_WALK_TRANSLATION, ipa);
        return;
    }
    step->at.reason = HW_WALK_TABLE;
    step->at.level = level;
    step->at.address = smmu_pt_first_address(&shape, pt->ttb, level, input_bits, ipa);
}

unsigned smmu_pt_s2_level_log2(const struct smmu_pt_s2 *pt, int level)
{
    return smmu_pt_index_low_bit(pt->granule_log2, level);
}

void smmu_pt_s2_resume(const struct smmu_pt_s2 *pt, uint64_t ipa, struct smmu_pt_s2_step *step)
{
    step->at.address &= ~smmu_pt_low_mask(pt->granule_log2);
    step->at.address |= smmu_pt_table_offset(pt->granule_log2, ipa, step->at.level);
}

static void next_table(const struct smmu_pt_s2 *pt, uint64_t ipa, uint64_t descriptor,
                       struct smmu_pt_s2_step *step)
{
    const struct smmu_pt_shape shape = shape_of(pt);
    const uint64_t table = smmu_pt_output_address(&shape, descriptor, pt->granule_log2);
    const int level = step->at.level + 1;

    if (table >> pt->output_bits) {
        fault(step, HW_WALK_ADDR_SIZE, ipa);
        return;
    }
    step->at.level = level;
    step->at.address = table | smmu_pt_table_offset(pt->granule_log2, ipa, level);
}

static bool is_device(const struct smmu_pt_s2 *pt, unsigned mem_attr)
{
    if (pt->fwb)
        return !(mem_attr & MEMATTR_FWB_NORMAL);
    return !(mem_attr & MEMATTR_OUTER) || !(mem_attr & MEMATTR_INNER);
}

/* With XNX two bits code one for each privilege; without, the upper one is for both. */
static void take_execute_never(const struct smmu_pt_s2 *pt, uint64_t descriptor,
                               struct smmu_pt_s2_leaf *leaf)
{
    unsigned xn = (unsigned)smmu_S2_PAGE_XN(&descriptor);

    if (!pt->xnx)
        xn &= SMMU_S2_PAGE_XN_NEVER;
    leaf->uxn = xn == SMMU_S2_PAGE_XN_NEVER || xn == SMMU_S2_PAGE_XN_PRIVILEGED;
    leaf->pxn = xn == SMMU_S2_PAGE_XN_NEVER || xn == SMMU_S2_PAGE_XN_UNPRIVILEGED;
}

static void next_leaf(const struct smmu_pt_s2 *pt, uint64_t ipa, uint64_t descriptor,
                      struct smmu_pt_s2_step *step)
{
    const struct smmu_pt_shape shape = shape_of(pt);
    const int level = step->at.level;
    const unsigned page_log2 = smmu_pt_index_low_bit(pt->granule_log2, level);
    const uint64_t page = smmu_pt_output_address(&shape, descriptor, page_log2);

    if (page >> pt->output_bits) {
        fault(step, HW_WALK_ADDR_SIZE, ipa);
        return;
    }
    step->leaf = (struct smmu_pt_s2_leaf){
        .pa = page | (ipa & smmu_pt_low_mask(page_log2)),
        .level = level,
        .page_log2 = (uint8_t)page_log2,
        .contig_log2 = smmu_pt_contig_log2(&shape, descriptor, level),
        .mem_attr = (uint8_t)smmu_S2_PAGE_MemAttr(&descriptor),
        .sh = smmu_pt_is_sh_address(&shape) ? pt->sh : (uint8_t)smmu_S2_PAGE_SH(&descriptor),
        .s2ap = (uint8_t)smmu_S2_PAGE_S2AP(&descriptor),
        .dbm = smmu_S2_PAGE_DBM(&descriptor) != 0,
        .af = smmu_S2_PAGE_AF(&descriptor) != 0,
        .nt = level != SMMU_PT_LAST_LEVEL && smmu_S2_BLOCK_nT(&descriptor),
        .is_device = is_device(pt, (unsigned)smmu_S2_PAGE_MemAttr(&descriptor)),
    };
    take_execute_never(pt, descriptor, &step->leaf);
    step->at.reason = HW_WALK_OK;
    step->at.address = step->leaf.pa;
}

void smmu_pt_s2_next(const struct smmu_pt_s2 *pt, uint64_t ipa, uint64_t descriptor,
                     struct smmu_pt_s2_step *step)
{
    const struct smmu_pt_shape shape = shape_of(pt);

    step->descriptor = step->at.address;
    switch (smmu_pt_kind_of(&shape, descriptor, step->at.level)) {
    case SMMU_PT_TABLE:
        next_table(pt, ipa, descriptor, step);
        return;
    case SMMU_PT_LEAF:
        next_leaf(pt, ipa, descriptor, step);
        return;
    case SMMU_PT_INVALID:
    default:
        fault(step, HW_WALK_TRANSLATION, ipa);
        return;
    }
}

/* HD without HA does nothing: an update of the dirty state sets AF too. */
bool smmu_pt_s2_is_clean(const struct smmu_pt_s2 *pt, const struct smmu_pt_s2_leaf *leaf)
{
    return pt->ha && pt->hd && leaf->dbm && !(leaf->s2ap & AP_WRITE);
}

unsigned smmu_pt_s2_rights(const struct smmu_pt_s2 *pt, const struct smmu_pt_s2_leaf *leaf,
                           bool is_privileged)
{
    const bool r = leaf->s2ap & AP_READ;
    const bool w = (leaf->s2ap & AP_WRITE) || smmu_pt_s2_is_clean(pt, leaf);
    const bool x = !(is_privileged ? leaf->pxn : leaf->uxn);

    return (r ? SMMU_PT_R : 0u) | (w ? SMMU_PT_W : 0u) | (x ? SMMU_PT_X : 0u);
}

struct smmu_pt_verdict smmu_pt_s2_check(const struct smmu_pt_s2 *pt,
                                        const struct smmu_pt_s2_leaf *leaf, unsigned access)
{
    struct smmu_pt_verdict verdict = {.reason = HW_WALK_OK};
    const unsigned asked = access & SMMU_PT_RWX;

    if (!leaf->af && !pt->ha && !pt->affd) {
        verdict.reason = HW_WALK_ACCESS;
        return verdict;
    }
    if (!((access & SMMU_PT_S2_STRUCTURE) && pt->ptw && leaf->is_device))
        verdict.granted = asked & smmu_pt_s2_rights(pt, leaf, access & SMMU_PT_PRIVILEGED);
    verdict.set_af = !leaf->af && pt->ha;
    if (verdict.granted != asked)
        verdict.reason = HW_WALK_PERMISSION;
    else
        verdict.set_dirty = (asked & SMMU_PT_W) && smmu_pt_s2_is_clean(pt, leaf);
    return verdict;
}

void smmu_pt_s2_walk(const struct smmu_pt_s2 *pt, uint64_t ipa, unsigned access,
                     const struct smmu_pt_memory *memory, struct smmu_pt_s2_walked *out)
{
    struct hw_walk_result *at = &out->step.at;

    *out = (struct smmu_pt_s2_walked){0};
    smmu_pt_s2_begin(pt, ipa, &out->step);
    while (at->reason == HW_WALK_TABLE) {
        uint64_t descriptor = 0;

        out->n_reads++;
        if (!memory->read64(memory->ctx, at->address, &descriptor))
            at->reason = HW_WALK_EABT;
        else
            smmu_pt_s2_next(pt, ipa, descriptor, &out->step);
    }
    out->result = *at;
    if (at->reason != HW_WALK_OK)
        return;
    out->verdict = smmu_pt_s2_check(pt, &out->step.leaf, access);
    if (out->verdict.reason != HW_WALK_OK) {
        out->result.reason = out->verdict.reason;
        out->result.address = ipa;
    }
}
