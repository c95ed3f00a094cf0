/* SPDX-License-Identifier: BSD-2-Clause
 * smmu_pt_s2.h - the VMSAv8-64 stage 2 translation table format as pure functions.
 * Knows: descriptors, levels, permissions, concatenated tables. Must not know: time, memory, words
 * of an STE, events, TLBs.
 *
 * A walk: smmu_pt_s2_begin, then as long as the step says HW_WALK_TABLE read 64 bits at
 * step.at.address and hand them to smmu_pt_s2_next; on HW_WALK_OK smmu_pt_s2_check the leaf for the
 * access. A TLB keeps the leaf and repeats only the check.
 *
 * Accesses are those of smmu_pt.h. What the SMMU itself reads through stage 2 on behalf of stage 1
 * is SMMU_PT_R | SMMU_PT_S2_STRUCTURE; the update of a stage 1 descriptor is that and SMMU_PT_W. */
#ifndef SMMU_PT_S2_H
#define SMMU_PT_S2_H

#include "models/smmuv3/smmu_pt.h"

#ifdef __cplusplus
extern "C" {
#endif

struct smmu_caps;
struct smmu_s2;

/**
 * struct smmu_pt_s2 - a stage 2 address space, as its STE tells.
 * @ttb:          first table, or the first of up to 16 side by side; bits below the size of all of
 *                them are ignored (4.4).
 * @tsz:          S2T0SZ, legal with @start_level (E14, E15): the input has 64 - @tsz bits.
 * @start_level:  -1..3
 * @granule_log2: 12, 14 or 16.
 * @output_bits:  effective S2PS, min(S2PS, OAS) (T04): 32..52.
 * @sh:           S2SH0; with @ds leaves have it instead of a field of their own.
 * @ds:           S2DS: 52-bit addresses with a 4 or 16 KiB granule.
 * @oas_52:       the implementation has 52-bit addresses: with a 64 KiB granule descriptors hold
 *                address bits [51:48], and level 1 may have blocks. IDR5.OAS decides, not S2PS.
 * @affd:         no F_ACCESS for AF=0.
 * @ha, @hd:      hardware updates the access flag, the dirty state; @hd counts only with @ha.
 * @ptw:          SMMU_PT_S2_STRUCTURE in Device memory is F_PERMISSION. Without it such an access
 *                is allowed; IDR3.PTWNNC only says of which memory type it then is (6.3.4).
 * @fwb:          S2FWB: MemAttr has the other code.
 * @xnx:          IDR3.XNX: execute-never differs by privilege.
 */
struct smmu_pt_s2 {
    uint64_t ttb;
    int start_level;
    uint8_t tsz;
    uint8_t granule_log2;
    uint8_t output_bits;
    uint8_t sh;
    bool ds;
    bool oas_52;
    bool affd;
    bool ha;
    bool hd;
    bool ptw;
    bool fwb;
    bool xnx;
};

/**
 * smmu_pt_s2_from_ste - what a walk needs of a decoded STE.
 * @s2:  legal and not LPAE.
 * @xnx: IDR3.XNX.
 */
void smmu_pt_s2_from_ste(const struct smmu_s2 *s2, const struct smmu_caps *caps, bool xnx,
                         struct smmu_pt_s2 *out);

/**
 * struct smmu_pt_s2_leaf - a block or page.
 * @pa:          output for the IPA that was walked.
 * @level:       0..3; the blocks of some levels only with 52-bit addresses.
 * @page_log2:   size; pa and IPA agree in the bits below.
 * @contig_log2: log2 of the descriptors in its contiguous group, 0 if it is in none. A hint.
 * @mem_attr:    MemAttr as in the descriptor; @fwb of the address space says how it is coded.
 * @sh:          shareability.
 * @s2ap:        S2AP (SMMU_S2_PAGE_S2AP_*).
 * @dbm:         with HD, a leaf that is not writable is "clean".
 * @af, @nt:     as in the descriptor; nT has no meaning in pages.
 * @uxn, @pxn:   not executable unprivileged, privileged. Without XNX they are the same.
 * @is_device:   MemAttr alone makes it any Device type, whatever stage 1 says. Reserved codes do.
 */
struct smmu_pt_s2_leaf {
    uint64_t pa;
    int level;
    uint8_t page_log2;
    uint8_t contig_log2;
    uint8_t mem_attr;
    uint8_t sh;
    uint8_t s2ap;
    bool dbm;
    bool af;
    bool nt;
    bool uxn;
    bool pxn;
    bool is_device;
};

/**
 * struct smmu_pt_s2_step - where a walk stands.
 * @at:         HW_WALK_TABLE: read 64 bits at at.address and call smmu_pt_s2_next; else it is over.
 *              Its stage is 2, and the input of the stage is the IPA.
 * @descriptor: address of the descriptor consumed last; the leaf's own on HW_WALK_OK (an update of
 *              AF or the dirty state writes there).
 * @leaf:       valid on HW_WALK_OK.
 */
struct smmu_pt_s2_step {
    struct hw_walk_result at;
    uint64_t descriptor;
    struct smmu_pt_s2_leaf leaf;
};

/* Added to an access: a stage 1 descriptor, a CD or an L1CD. Always data, of no privilege. */
enum {
    SMMU_PT_S2_STRUCTURE = 1 << 4,
};

/**
 * smmu_pt_s2_begin - level and address of the first descriptor (D8.2, 4.4).
 *
 * HW_WALK_TRANSLATION at level 0 if @ipa is outside the input range (T04): nothing is to be read.
 */
void smmu_pt_s2_begin(const struct smmu_pt_s2 *pt, uint64_t ipa, struct smmu_pt_s2_step *step);

/** smmu_pt_s2_level_log2 - log2 of the bytes that one descriptor of @level covers. */
unsigned smmu_pt_s2_level_log2(const struct smmu_pt_s2 *pt, int level);

/**
 * smmu_pt_s2_resume - go on at a table that a walk cache remembers.
 * @step: whole, as the smmu_pt_s2_next that reached the table left it, for any address of the same
 *        table; only the place in the table is made that of @ipa.
 */
void smmu_pt_s2_resume(const struct smmu_pt_s2 *pt, uint64_t ipa, struct smmu_pt_s2_step *step);

/**
 * smmu_pt_s2_next - consume the descriptor that @step asked for (D8.3, 4.3).
 * @descriptor: 64 bits, host-endian.
 *
 * Order: F_TRANSLATION, then F_ADDR_SIZE (4.1). Pure but for @step.
 */
void smmu_pt_s2_next(const struct smmu_pt_s2 *pt, uint64_t ipa, uint64_t descriptor,
                     struct smmu_pt_s2_step *step);

/**
 * smmu_pt_s2_rights - SMMU_PT_RWX that @leaf allows (D8.4, 4.3), whatever its access flag. An
 * instruction read needs no read permission. Not for SMMU_PT_S2_STRUCTURE, see @ptw.
 */
unsigned smmu_pt_s2_rights(const struct smmu_pt_s2 *pt, const struct smmu_pt_s2_leaf *leaf,
                           bool is_privileged);

/** smmu_pt_s2_is_clean - is @leaf not writable now, but hardware makes it so when it is written? */
bool smmu_pt_s2_is_clean(const struct smmu_pt_s2 *pt, const struct smmu_pt_s2_leaf *leaf);

/**
 * smmu_pt_s2_check - F_ACCESS, then F_PERMISSION (4.1, 4.4), and what hardware updates (3.13).
 * @access: at least one of SMMU_PT_RWX; SMMU_PT_PRIVILEGED, SMMU_PT_S2_STRUCTURE.
 *
 * Return: as smmu_pt_check; set_dirty asks for S2AP[1] to be set. A CD is only read, so its access
 * never asks.
 */
struct smmu_pt_verdict smmu_pt_s2_check(const struct smmu_pt_s2 *pt,
                                        const struct smmu_pt_s2_leaf *leaf, unsigned access);

/**
 * struct smmu_pt_s2_walked - a whole walk.
 * @result:  HW_WALK_OK or a fault, never HW_WALK_TABLE.
 * @step:    as the last smmu_pt_s2_begin or smmu_pt_s2_next left it.
 * @verdict: of the check; zero if the walk found no leaf.
 * @n_reads: descriptors read, one that aborted included.
 */
struct smmu_pt_s2_walked {
    struct hw_walk_result result;
    struct smmu_pt_s2_step step;
    struct smmu_pt_verdict verdict;
    unsigned n_reads;
};

/** smmu_pt_s2_walk - all of the above in one call, for tests and the explorer: no time passes. */
void smmu_pt_s2_walk(const struct smmu_pt_s2 *pt, uint64_t ipa, unsigned access,
                     const struct smmu_pt_memory *memory, struct smmu_pt_s2_walked *out);

#ifdef __cplusplus
}
#endif
#endif
