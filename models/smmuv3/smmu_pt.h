/* SPDX-License-Identifier: BSD-2-Clause
 * smmu_pt.h - the VMSAv8-64 stage 1 translation table format as pure functions.
 * Knows: descriptors, levels, permissions. Must not know: time, memory, CDs, events, TLBs.
 *
 * A walk: smmu_pt_select_half, smmu_pt_begin, then as long as the step says HW_WALK_TABLE read 64
 * bits at step.at.address and hand them to smmu_pt_next; on HW_WALK_OK smmu_pt_check the leaf for
 * the access. A TLB keeps the leaf and repeats only the check. */
#ifndef SMMU_PT_H
#define SMMU_PT_H

#include <stdbool.h>
#include <stdint.h>

#include "models/common/hw_walk.h"

#ifdef __cplusplus
extern "C" {
#endif

/**
 * struct smmu_pt_s1 - one half (TTB0 or TTB1) of a stage 1 address space, as its CD tells.
 * @ttb:          first-level table; bits below the table's size are ignored (4.3).
 * @tsz:          T0SZ or T1SZ, legal (D08): the input has 64 - @tsz bits.
 * @granule_log2: 12, 14 or 16.
 * @output_bits:  effective IPS, min(IPS, OAS) (T03): 32..52.
 * @sh:           SHx of the CD; with @ds leaves have it instead of a field of their own.
 * @epd:          EPDx: no walks; every access is F_TRANSLATION (T02).
 * @tbi:          TBIx: bits [63:56] of an input address do not count (T01).
 * @had:          HADx: attributes in table descriptors are ignored.
 * @ds:           DS: 52-bit addresses with a 4 or 16 KiB granule.
 * @oas_52:       the implementation has 52-bit addresses: with a 64 KiB granule descriptors hold
 *                address bits [51:48], and level 1 may have blocks. IDR5.OAS decides, not IPS.
 * @affd:         no F_ACCESS for AF=0.
 * @ha, @hd:      hardware updates the access flag, the dirty state; @hd counts only with @ha.
 * @wxn:          what is writable is not executable.
 * @uwxn:         read by no function: what it asks for always holds in this format.
 * @pan:          no privileged data access to what is accessible unprivileged.
 * @epan:         for @pan, executable unprivileged is accessible too.
 * @one_privilege: the EL2 (without E2H) and EL3 worlds: no unprivileged accesses, one XN bit.
 */
struct smmu_pt_s1 {
    uint64_t ttb;
    uint8_t tsz;
    uint8_t granule_log2;
    uint8_t output_bits;
    uint8_t sh;
    bool epd;
    bool tbi;
    bool had;
    bool ds;
    bool oas_52;
    bool affd;
    bool ha;
    bool hd;
    bool wxn;
    bool uwxn;
    bool pan;
    bool epan;
    bool one_privilege;
};

/**
 * struct smmu_pt_leaf - a block or page, attributes of the tables above it included.
 * @pa:            output for the address that was walked.
 * @level:         -1..3; -1 and the blocks of some levels only with 52-bit addresses.
 * @page_log2:     size; pa and va agree in the bits below.
 * @contig_log2:   log2 of the descriptors in its contiguous group, 0 if it is in none. A hint.
 * @attr_indx:     byte of MAIR.
 * @sh:            shareability.
 * @ap:            AP[2:1] after APTable (SMMU_S1_PAGE_AP_*).
 * @dbm:           DBM, and no table above forbids writes: with HD, @ap's read-only is "clean".
 * @af, @ng, @nt:  as in the descriptor; nG has no meaning where there is no ASID, nT none in pages.
 * @uxn, @pxn:     after UXNTable, PXNTable. One-privilege worlds: uxn is XN, pxn has no meaning.
 */
struct smmu_pt_leaf {
    uint64_t pa;
    int level;
    uint8_t page_log2;
    uint8_t contig_log2;
    uint8_t attr_indx;
    uint8_t sh;
    uint8_t ap;
    bool dbm;
    bool af;
    bool ng;
    bool nt;
    bool uxn;
    bool pxn;
};

/**
 * struct smmu_pt_step - where a walk stands.
 * @at:         HW_WALK_TABLE: read 64 bits at at.address and call smmu_pt_next; else it is over.
 * @descriptor: address of the descriptor consumed last; the leaf's own on HW_WALK_OK (an update of
 *              AF or the dirty state writes there).
 * @ap_table:   APTable of all tables so far; @uxn_table, @pxn_table likewise.
 * @leaf:       valid on HW_WALK_OK.
 */
struct smmu_pt_step {
    struct hw_walk_result at;
    uint64_t descriptor;
    uint8_t ap_table;
    bool uxn_table;
    bool pxn_table;
    struct smmu_pt_leaf leaf;
};

/* An access: after the overrides of the STE. Writes are data; X is an instruction read. */
enum {
    SMMU_PT_R = 1 << 0,
    SMMU_PT_W = 1 << 1,
    SMMU_PT_X = 1 << 2,
    SMMU_PT_PRIVILEGED = 1 << 3,
    SMMU_PT_RWX = SMMU_PT_R | SMMU_PT_W | SMMU_PT_X,
};

/**
 * struct smmu_pt_verdict - may this access use this leaf?
 * @reason:    HW_WALK_OK, HW_WALK_ACCESS or HW_WALK_PERMISSION.
 * @granted:   the asked R, W, X that are allowed; none on HW_WALK_ACCESS. An ATS Translation
 *             Request answers with them (4.8).
 * @set_af:    hardware sets AF. With HW_WALK_PERMISSION it may, but need not.
 * @set_dirty: hardware clears AP[2] of the leaf; only on HW_WALK_OK.
 */
struct smmu_pt_verdict {
    enum hw_walk_reason reason;
    unsigned granted;
    bool set_af;
    bool set_dirty;
};

/**
 * smmu_pt_select_half - which half translates @va (T01, T02).
 * @upper: NULL in worlds with one half.
 *
 * Return: @lower or @upper; NULL for F_TRANSLATION: no such half, EPD, or outside its range.
 */
const struct smmu_pt_s1 *smmu_pt_select_half(const struct smmu_pt_s1 *lower,
                                             const struct smmu_pt_s1 *upper, uint64_t va);

/**
 * smmu_pt_begin - level and address of the first descriptor (D8.2, 4.3).
 * @va: of this half, see smmu_pt_select_half.
 */
void smmu_pt_begin(const struct smmu_pt_s1 *pt, uint64_t va, struct smmu_pt_step *step);

/** smmu_pt_level_log2 - log2 of the bytes that one descriptor of @level covers. */
unsigned smmu_pt_level_log2(const struct smmu_pt_s1 *pt, int level);

/**
 * smmu_pt_resume - go on at a table that a walk cache remembers.
 * @step: whole, as the smmu_pt_next that reached the table left it, for any address of the same
 *        table; only the place in the table is made that of @va.
 */
void smmu_pt_resume(const struct smmu_pt_s1 *pt, uint64_t va, struct smmu_pt_step *step);

/**
 * smmu_pt_next - consume the descriptor that @step asked for (D8.3, 4.3).
 * @descriptor: 64 bits, host-endian.
 *
 * Order: F_TRANSLATION, then F_ADDR_SIZE (4.1). Pure but for @step.
 */
void smmu_pt_next(const struct smmu_pt_s1 *pt, uint64_t va, uint64_t descriptor,
                  struct smmu_pt_step *step);

/**
 * smmu_pt_rights - SMMU_PT_RWX that @leaf allows (D8.4, 4.3), whatever its access flag.
 * @is_privileged: ignored where there is one privilege.
 */
unsigned smmu_pt_rights(const struct smmu_pt_s1 *pt, const struct smmu_pt_leaf *leaf,
                        bool is_privileged);

/** smmu_pt_is_clean - is @leaf not writable now, but hardware makes it so when it is written? */
bool smmu_pt_is_clean(const struct smmu_pt_s1 *pt, const struct smmu_pt_leaf *leaf);

/**
 * smmu_pt_check - F_ACCESS, then F_PERMISSION (4.1, 4.3), and what hardware updates (D8.5).
 * @access: at least one of SMMU_PT_RWX; SMMU_PT_PRIVILEGED.
 */
struct smmu_pt_verdict smmu_pt_check(const struct smmu_pt_s1 *pt, const struct smmu_pt_leaf *leaf,
                                     unsigned access);

/** struct smmu_pt_memory - where smmu_pt_walk reads; @read64 false = external abort. */
struct smmu_pt_memory {
    bool (*read64)(void *ctx, uint64_t pa, uint64_t *value);
    void *ctx;
};

/**
 * struct smmu_pt_walked - a whole walk.
 * @result:  HW_WALK_OK or a fault, never HW_WALK_TABLE.
 * @half:    who translated, or NULL.
 * @step:    as the last smmu_pt_next left it; zero without @half.
 * @verdict: of the check; zero if the walk found no leaf.
 * @n_reads: descriptors read, one that aborted included.
 */
struct smmu_pt_walked {
    struct hw_walk_result result;
    const struct smmu_pt_s1 *half;
    struct smmu_pt_step step;
    struct smmu_pt_verdict verdict;
    unsigned n_reads;
};

/** smmu_pt_walk - all of the above in one call, for tests and the explorer: no time passes. */
void smmu_pt_walk(const struct smmu_pt_s1 *lower, const struct smmu_pt_s1 *upper, uint64_t va,
                  unsigned access, const struct smmu_pt_memory *memory, struct smmu_pt_walked *out);

#ifdef __cplusplus
}
#endif
#endif
