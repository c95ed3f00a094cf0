/* SPDX-License-Identifier: BSD-2-Clause
 * vtd_pt.h - the two page table formats as pure functions: first stage and second stage (9.7, 9.8).
 * Knows: entries, levels, permissions. Must not know: time, memory, PASID entries, fault codes.
 *
 * A walk: vtd_pt_fs_begin (or _ss_), then as long as the step says VTD_PT_TABLE read 64 bits at
 * step.address and hand them to vtd_pt_fs_next; after each of them set step.set in the entry at
 * step.descriptor, if it is not 0; on VTD_PT_LEAF check the leaf for the access. A TLB keeps the
 * leaf and repeats only the check. */
#ifndef VTD_PT_H
#define VTD_PT_H

#include <stdbool.h>
#include <stdint.h>

#ifdef __cplusplus
extern "C" {
#endif

struct vtd_caps;
struct vtd_fs;
struct vtd_ss;

/* An access. A zero-length read asks for R, unless CAP.ZLR lets it pass by W. */
enum {
    VTD_PT_R = 1 << 0,
    VTD_PT_W = 1 << 1,
    VTD_PT_SUPERVISOR = 1 << 2,
    VTD_PT_ZERO_LENGTH = 1 << 3,
};

/** enum vtd_pt_state - where a walk stands, or why it ended. The reasons are the same for both
 * modes; vtd_pt_fs_fault and vtd_pt_ss_fault give the codes. */
enum vtd_pt_state {
    VTD_PT_TABLE,       /* read the entry at address, then go on */
    VTD_PT_LEAF,        /* done */
    VTD_PT_LIMIT,       /* not canonical; beyond the input width */
    VTD_PT_NOT_PRESENT, /* P=0; R=W=0 */
    VTD_PT_RESERVED,
    VTD_PT_NO_USER,  /* user request, U/S=0 */
    VTD_PT_NO_WRITE, /* write without the right */
    VTD_PT_NO_READ,
};

/** struct vtd_pt_fs - a first-stage address space. @haw_bits: width of table and page addresses
 * (those of a guest if nested). @has_1g: CAP.FS1GP. */
struct vtd_pt_fs {
    uint64_t table;
    uint8_t levels; /* 4 or 5 */
    uint8_t haw_bits;
    bool has_1g;
    bool wpe, eafe;
};

/** struct vtd_pt_ss - a second-stage address space. @is_ad_on: SSADE. @has_zlr: CAP.ZLR.
 * @has_sc: ECAP.SC; @has_ir_iw: RTADDR.SSIRWE. */
struct vtd_pt_ss {
    uint64_t table;
    uint8_t levels; /* 3, 4 or 5 */
    uint8_t input_bits;
    uint8_t haw_bits;
    bool has_2m, has_1g;
    bool has_sc, has_zlr, has_mts;
    bool is_ad_on;
};

/** struct vtd_pt_leaf - a page, rights of the tables above it included. @pa: of the address that
 * was walked. @rights: VTD_PT_R, VTD_PT_W. @is_user: first stage: user requests are allowed.
 * @is_dirty: D of the entry. @memory_type: PAT index (first stage) or EMT. @snp: accesses snoop. */
struct vtd_pt_leaf {
    uint64_t pa;
    uint8_t level; /* 1: 4 KiB, 2: 2 MiB, 3: 1 GiB */
    uint8_t page_log2;
    uint8_t rights;
    uint8_t memory_type;
    bool is_user;
    bool is_dirty;
    bool snp, ipat;
};

/** struct vtd_pt_step - @level: of the entry at @address, or of the one consumed last.
 * @descriptor: address of the entry consumed last. @set: bits that hardware sets in it before it
 * may use it (A, EA). @rights, @is_user: of all entries so far. */
struct vtd_pt_step {
    enum vtd_pt_state state;
    uint8_t level;
    uint8_t rights;
    bool is_user;
    uint64_t address;
    uint64_t descriptor;
    uint64_t set;
    struct vtd_pt_leaf leaf;
};

/** struct vtd_pt_verdict - of an access to a leaf. @set: bits to set in the leaf's entry (D) before
 * the access. */
struct vtd_pt_verdict {
    enum vtd_pt_state state; /* VTD_PT_LEAF: allowed */
    uint64_t set;
};

/** vtd_pt_fs_from, vtd_pt_ss_from - what a walk needs of a decoded entry. @gaw_bits: width of what
 * the first stage puts out: HAW, or the second stage's input. */
void vtd_pt_fs_from(const struct vtd_fs *fs, const struct vtd_caps *caps, unsigned gaw_bits,
                    struct vtd_pt_fs *out);
void vtd_pt_ss_from(const struct vtd_ss *ss, const struct vtd_caps *caps, struct vtd_pt_ss *out);

/** vtd_pt_fs_begin - first entry (3.6). VTD_PT_LIMIT if @iova is not canonical. */
void vtd_pt_fs_begin(const struct vtd_pt_fs *pt, uint64_t iova, struct vtd_pt_step *step);

/** vtd_pt_fs_next - consume the entry that @step asked for: P, then reserved bits. */
void vtd_pt_fs_next(const struct vtd_pt_fs *pt, uint64_t iova, uint64_t entry,
                    struct vtd_pt_step *step);

/** vtd_pt_fs_check - U/S, then R/W (3.6.1), and D. @is_recorded_dirty of a TLB: leaf.is_dirty. */
struct vtd_pt_verdict vtd_pt_fs_check(const struct vtd_pt_fs *pt, const struct vtd_pt_leaf *leaf,
                                      unsigned access);

/** vtd_pt_ss_begin - first entry (3.7). VTD_PT_LIMIT if @iova is beyond the input width. */
void vtd_pt_ss_begin(const struct vtd_pt_ss *pt, uint64_t iova, struct vtd_pt_step *step);

/**
 * vtd_pt_ss_next - consume the entry that @step asked for.
 * @access: what is asked for; 0 = whatever there is (a translation request).
 *
 * Order in one entry: rights, then reserved bits.
 */
void vtd_pt_ss_next(const struct vtd_pt_ss *pt, uint64_t iova, unsigned access, uint64_t entry,
                    struct vtd_pt_step *step);

/** vtd_pt_ss_check - rights (3.7.1), and D with SSADE. */
struct vtd_pt_verdict vtd_pt_ss_check(const struct vtd_pt_ss *pt, const struct vtd_pt_leaf *leaf,
                                      unsigned access);

/** vtd_pt_resume - of either stage: begin in the middle, at the entries of step->level in @table,
 * with the rights that step has of the levels above. */
void vtd_pt_resume(uint64_t table, uint64_t iova, struct vtd_pt_step *step);

/** enum vtd_pt_use - whose second-stage fault it is. */
enum vtd_pt_use {
    VTD_PT_USE_LEGACY,
    VTD_PT_USE_SS,        /* second stage only */
    VTD_PT_USE_NESTED,    /* output of the first stage */
    VTD_PT_USE_FS_ROOT,   /* nested: first table of the first stage */
    VTD_PT_USE_FS_TABLE,  /* nested: another one */
    VTD_PT_USE_FS_UPDATE, /* nested: an A/D update in one */
};

/** vtd_pt_fs_fault, vtd_pt_ss_fault - the reason code of a walk or check that ended with @state
 * (5.1 of the facts: 04h-06h, 0Ch, 70h-86h). */
int vtd_pt_fs_fault(enum vtd_pt_state state);
int vtd_pt_ss_fault(enum vtd_pt_state state, enum vtd_pt_use use, unsigned access);

/** vtd_pt_log2 - bytes that one entry of @level covers, as log2: 12, 21, 30, 39, 48. */
static inline unsigned vtd_pt_log2(unsigned level)
{
    return 12 + 9 * (level - 1);
}

#ifdef __cplusplus
}
#endif
#endif
