/* SPDX-License-Identifier: BSD-2-Clause
 * smmu_cfg_decode.h - what configuration structures mean: stream table, STE, CD table, CD.
 * Knows: layouts, features, the rules of validity. Must not know: time, memory, a model's state.
 *
 * Every function is pure: raw words in, plain words out. A rule has the name of the facts sheet
 * ("E05"), so that a report and a test can say which one it was.
 *
 * The order of one lookup (15.1), up to the start of translation:
 *   smmu_strtab_check_sid, [L1STD: smmu_l1std_address, smmu_l1std_check,] smmu_ste_address,
 *   smmu_ste_decode, smmu_ssid_decode, [L1CD: smmu_l1cd_address, smmu_l1cd_check,]
 *   smmu_cd_address, smmu_cd_decode.
 * Tables of VMSAv8-32 LPAE: their flags are decoded, their sizes are not; is_lpae says so. */
#ifndef SMMU_CFG_DECODE_H
#define SMMU_CFG_DECODE_H

#include "models/smmuv3/smmu_caps.h"

#ifdef __cplusplus
extern "C" {
#endif

/**
 * struct smmu_ctrl - control register bits in effect that change what an STE means.
 * @ats_check:   CR0.ATSCHK (may be cached with an STE: 6.3.9)
 * @e2h:         CR2.E2H
 * @rec_inv_sid: CR2.RECINVSID
 */
struct smmu_ctrl {
    bool ats_check;
    bool e2h;
    bool rec_inv_sid;
};

/** smmu_cfg_is_recorded - is a configuration error recorded at all, the event queue permitting?
 * @event: SMMU_EVT_C_* or SMMU_EVT_F_*; every one but C_BAD_STREAMID is (7.3.3, S07). */
bool smmu_cfg_is_recorded(int event, const struct smmu_ctrl *ctrl);

/* ---- stream table (5.1, 6.3.24, 6.3.25) ------------------------------------------------------*/

enum smmu_strtab_format {
    SMMU_STRTAB_LINEAR,
    SMMU_STRTAB_TWO_LEVEL,
};

/**
 * struct smmu_strtab - a stream table.
 * @base:     aligned to the size of the table, or of its first level.
 * @log2size: StreamID bits covered, at most those that the SMMU has.
 * @split:    StreamID bits of a second-level table: 6, 8 or 10; 0 if linear.
 */
struct smmu_strtab {
    uint64_t base;
    unsigned log2size;
    enum smmu_strtab_format fmt;
    unsigned split;
};

/** smmu_strtab_parse - from the values of STRTAB_BASE and STRTAB_BASE_CFG (S01-S04). */
void smmu_strtab_parse(uint64_t base, uint32_t base_cfg, const struct smmu_caps *caps,
                       struct smmu_strtab *out);

/** smmu_strtab_check_sid - 0, or SMMU_EVT_C_BAD_STREAMID if @sid is beyond the table (S01). */
int smmu_strtab_check_sid(const struct smmu_strtab *strtab, uint32_t sid);

/** smmu_ste_address - where the STE of @sid is; linear tables only (S03). */
uint64_t smmu_ste_address(const struct smmu_strtab *strtab, uint32_t sid);

/** smmu_l1std_address - where the L1STD of @sid is; two-level tables only (S04). */
uint64_t smmu_l1std_address(const struct smmu_strtab *strtab, uint32_t sid);

/**
 * smmu_l1std_check - does an L1STD lead to the STE of @sid?
 * @address: where that STE is; written only on success.
 *
 * Return: 0, or SMMU_EVT_C_BAD_STREAMID (S05, S06).
 */
int smmu_l1std_check(uint64_t l1std, uint32_t sid, const struct smmu_strtab *strtab,
                     uint64_t *address);

/** smmu_ste_fetch_check - may an L1STD or STE be read at @address? One beyond OAS is cut, or it is
 * SMMU_EVT_F_STE_FETCH: see struct smmu_choices (3.4.3, S08). */
int smmu_ste_fetch_check(const struct smmu_caps *caps, uint64_t *address);

/* ---- attributes ------------------------------------------------------------------------------*/

enum smmu_shareability {
    SMMU_SH_NON,
    SMMU_SH_INCOMING, /* overrides only */
    SMMU_SH_OUTER,
    SMMU_SH_INNER,
};

enum smmu_cacheability {
    SMMU_CACHE_NON,
    SMMU_CACHE_WB_ALLOC,
    SMMU_CACHE_WT,
    SMMU_CACHE_WB,
};

/** struct smmu_table_attrs - how the SMMU itself reads a table. */
struct smmu_table_attrs {
    enum smmu_cacheability inner, outer;
    enum smmu_shareability sh;
};

enum smmu_priv_override {
    SMMU_PRIV_INCOMING,
    SMMU_PRIV_UNPRIVILEGED,
    SMMU_PRIV_PRIVILEGED,
};

enum smmu_inst_override {
    SMMU_INST_INCOMING,
    SMMU_INST_DATA,
    SMMU_INST_INSTRUCTION, /* of reads; a write is always data */
};

/**
 * struct smmu_overrides - what becomes of a transaction's own attributes (13.1). Where the STE does
 * not reach or the SMMU cannot, all are incoming.
 * @mem_attr:    if @has_mem_attr: coded as MemAttr of a stage 2 descriptor, reserved codes
 * resolved.
 * @read_alloc:  if @has_alloc; so are the two after it.
 */
struct smmu_overrides {
    bool has_mem_attr;
    unsigned mem_attr;
    bool has_alloc;
    bool read_alloc, write_alloc, is_transient;
    enum smmu_shareability sh;
    enum smmu_priv_override priv;
    enum smmu_inst_override inst;
};

/* ---- STE (5.2) -------------------------------------------------------------------------------*/

enum smmu_world {
    SMMU_WORLD_NS_EL1,
    SMMU_WORLD_EL2,
    SMMU_WORLD_EL2_E2H,
};

enum smmu_ste_config {
    SMMU_CONFIG_ABORT,
    SMMU_CONFIG_BYPASS,
    SMMU_CONFIG_S1,
    SMMU_CONFIG_S2,
    SMMU_CONFIG_NESTED,
};

enum smmu_cd_table_format {
    SMMU_CDTAB_LINEAR,
    SMMU_CDTAB_TWO_LEVEL_4K,
    SMMU_CDTAB_TWO_LEVEL_64K,
};

enum smmu_dss {
    SMMU_DSS_TERMINATE,
    SMMU_DSS_BYPASS,
    SMMU_DSS_SSID0,
};

enum smmu_eats {
    SMMU_EATS_OFF,
    SMMU_EATS_FULL,
    SMMU_EATS_SPLIT,
    SMMU_EATS_DPT,
};

/**
 * struct smmu_s2 - stage 2 of an STE.
 * @is_lpae:      the six that follow (t0sz to ttb) are not decoded and read 0.
 * @start_level:  -1..3
 * @ps_bits:      output size in effect.
 * @ttb:          as programmed: a walk drops the bits below the size of its first table.
 * @affd:         the access flag is not checked.
 * @ptw:          a stage 1 walk or CD read that hits Device memory faults.
 * @s, @r:        faults stall; faults are recorded.
 * @ha, @hd:      hardware updates the access flag; the dirty state (never without @ha).
 * @fwb:          stage 2 forces write-back.
 */
struct smmu_s2 {
    bool is_lpae;
    unsigned t0sz;
    int start_level;
    unsigned granule_log2;
    unsigned ps_bits;
    bool ds;
    uint64_t ttb;
    struct smmu_table_attrs walk;
    bool is_big_endian;
    bool affd, ptw;
    bool s, r;
    bool ha, hd, haft;
    bool fwb;
};

/**
 * struct smmu_ste - a decoded STE. What @config leaves unused reads 0 (INCOMING, OFF).
 * @rule:           NULL, or why the STE is illegal; then nothing else is set.
 * @is_abort:       Config=0xx: every transaction is aborted and nothing is recorded.
 * @s1_context_ptr: an IPA if @has_s2. As programmed: the address functions drop the low bits.
 * @s1_cd_max:      log2 of the number of CDs; 0 without substreams, @s1_fmt and @s1_dss are 0 then.
 * @cd_fetch:       how L1CDs and CDs are read.
 * @s1stalld:       CD.S must be 0.
 * @eats:           in effect.
 * @vmid:           tag of what NS-EL1 worlds translate; 0 in others.
 * @mev:            events may be merged.
 * @ppar:           automatic PRI responses carry the PASID.
 * @vms_ptr:        if @has_vms: the virtual machine structure.
 */
struct smmu_ste {
    const char *rule;
    enum smmu_ste_config config;
    bool is_abort;
    bool has_s1, has_s2;
    enum smmu_world world;
    uint64_t s1_context_ptr;
    enum smmu_cd_table_format s1_fmt;
    unsigned s1_cd_max;
    enum smmu_dss s1_dss;
    struct smmu_table_attrs cd_fetch;
    bool s1stalld;
    enum smmu_eats eats;
    unsigned vmid;
    struct smmu_overrides overrides;
    bool mev, ppar;
    bool has_vms;
    uint64_t vms_ptr;
    struct smmu_s2 s2;
};

/**
 * smmu_ste_decode - what an STE means, or why it means nothing.
 * @ste: 8 words, host-endian, as fetched.
 * @out: always written; see struct smmu_ste.rule.
 *
 * Return: 0, or SMMU_EVT_C_BAD_STE (rules E01-E18, the first in that order).
 */
int smmu_ste_decode(const uint64_t *ste, const struct smmu_caps *caps, const struct smmu_ctrl *ctrl,
                    struct smmu_ste *out);

/* ---- which CD (3.3.2, 5.2, 5.3) --------------------------------------------------------------*/

enum smmu_cd_use {
    SMMU_CD_USE_ABORT,  /* Config=0xx: silent abort */
    SMMU_CD_USE_BYPASS, /* no CD is read, stage 1 is skipped */
    SMMU_CD_USE_INDEX,
};

/** struct smmu_cd_choice - the CD of a transaction. @index: of the CD table. */
struct smmu_cd_choice {
    enum smmu_cd_use use;
    uint32_t index;
};

/**
 * smmu_ssid_decode - which CD a transaction uses.
 * @ste: decoded without an event.
 * @ssv: the transaction has a SubstreamID, @ssid.
 * @out: written only on success.
 *
 * Return: 0, SMMU_EVT_C_BAD_SUBSTREAMID or SMMU_EVT_F_STREAM_DISABLED.
 */
int smmu_ssid_decode(const struct smmu_ste *ste, const struct smmu_caps *caps, bool ssv,
                     uint32_t ssid, struct smmu_cd_choice *out);

/** smmu_cd_address - where CD @index is; linear tables only (C01). */
uint64_t smmu_cd_address(const struct smmu_ste *ste, uint32_t index);

/** smmu_l1cd_address - where the L1CD of CD @index is; two-level tables only (C02). */
uint64_t smmu_l1cd_address(const struct smmu_ste *ste, uint32_t index);

/**
 * smmu_l1cd_check - does an L1CD lead to CD @index?
 * @address: where that CD is; written only on success.
 *
 * Return: 0, or SMMU_EVT_C_BAD_SUBSTREAMID (C03).
 */
int smmu_l1cd_check(uint64_t l1cd, uint32_t index, const struct smmu_ste *ste,
                    const struct smmu_caps *caps, uint64_t *address);

/* ---- CD (5.4) --------------------------------------------------------------------------------*/

/**
 * struct smmu_half - one half of a CD's address space.
 * @is_enabled: tables may be walked. If not, or if LPAE, tsz, granule_log2 and ttb read 0.
 * @ttb:        as programmed: a walk drops the bits below the size of its first table.
 * @had:        no hierarchical attributes.
 * @tbi:        the top byte is ignored.
 * @e0pd:       unprivileged access faults.
 */
struct smmu_half {
    bool is_enabled;
    unsigned tsz;
    unsigned granule_log2;
    uint64_t ttb;
    struct smmu_table_attrs walk;
    bool had;
    bool tbi;
    bool e0pd;
};

enum {
    SMMU_CD_HALVES = 2,
    SMMU_MAIR_TYPES = 8,
};

/**
 * struct smmu_cd - a decoded CD.
 * @rule:       NULL, or why the CD is illegal; then nothing else is set.
 * @half:       [0] translates addresses with bit 55 clear, [1] the others.
 * @ips_bits:   output size in effect.
 * @asid:       0 in the EL2 world, which has none.
 * @aset:       the ASID is not shared with processors.
 * @s, @r, @a:  faults stall; are recorded; end in an abort (not in RAZ/WI).
 * @affd:       the access flag is not checked.
 * @ha, @hd:    hardware updates the access flag; the dirty state (never without @ha).
 * @epan:       PAN counts execute permission too.
 * @mair:       memory types, coded as in MAIR_EL1.
 */
struct smmu_cd {
    const char *rule;
    bool is_lpae;
    struct smmu_half half[SMMU_CD_HALVES];
    unsigned ips_bits;
    unsigned asid;
    bool aset;
    bool s, r, a;
    bool affd;
    bool ha, hd, haft;
    bool wxn, uwxn;
    bool pan, epan;
    bool ds;
    bool is_big_endian;
    uint8_t mair[SMMU_MAIR_TYPES];
};

/**
 * smmu_cd_decode - what a CD means, or why it means nothing.
 * @cd:  8 words, host-endian, as fetched.
 * @ste: that led to it, decoded without an event.
 * @out: always written; see struct smmu_cd.rule.
 *
 * Return: 0, or SMMU_EVT_C_BAD_CD (rules D01-D10, the first in that order).
 */
int smmu_cd_decode(const uint64_t *cd, const struct smmu_ste *ste, const struct smmu_caps *caps,
                   struct smmu_cd *out);

#ifdef __cplusplus
}
#endif
#endif
