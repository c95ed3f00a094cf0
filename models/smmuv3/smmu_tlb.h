/* SPDX-License-Identifier: BSD-2-Clause
 * smmu_tlb.h - micro TLBs, main TLB and walk cache: tags, look-ups, fills (smmu_tlb.c).
 * Knows: tags. Must not know: when anybody looks, what drops entries. For the model's own files. */
#ifndef SMMU_TLB_H
#define SMMU_TLB_H

#include "models/common/hw_tlb.h"
#include "models/smmuv3/smmu_cfg_decode.h"

#ifdef __cplusplus
extern "C" {
#endif

struct smmu;
struct smmu_job;
struct smmu_param;
struct smmu_tbu;

/* Stages that an entry of a TLB or walk cache comes from. */
enum smmu_stage {
    SMMU_STAGE_1,
    SMMU_STAGE_2,
    SMMU_STAGE_BOTH,
};

/* By what an invalidation names an entry of a TLB or walk cache.
 * @va:    first address covered; with TBI the top byte is that of bit 55.
 * @leaf_log2: what the leaf covers. The entry may be a part of that: stage 2 has smaller pages, or
 *         the micro TLB keeps small ones. An address in any part names all of them.
 * @level: of the leaf; of a table, of the descriptor that points to it. */
struct smmu_name {
    uint64_t va;
    uint16_t asid, vmid;
    uint8_t world;
    uint8_t stage; /* enum smmu_stage; va is an IPA in those of stage 2 */
    uint8_t size_log2, leaf_log2;
    uint8_t granule_log2;
    int8_t level;
    bool is_global;
    bool is_tbi;
};

/* What a TLB entry gives; rights by privilege, [0] unprivileged. */
struct smmu_translation {
    struct smmu_name name;
    uint64_t pa; /* of the page */
    uint8_t rights[2];
    bool is_device; /* stage 2 alone says so */
};

/* A table that a walk reached: of the level after name.level. Or a leaf of that level: its
 * descriptor, and in @table where that is. */
struct smmu_walk_entry {
    struct smmu_name name;
    bool is_leaf;
    uint64_t table;
    uint64_t descriptor;
    uint8_t ap_table;
    bool uxn_table, pxn_table;
};

/** struct smmu_main_tlb - of the TCU or of a TBU: tags, payloads by the same index, and which page
 * sizes are in it: each look-up tries one size. Without tags there is none. */
struct smmu_main_tlb {
    struct hw_tlb tags;
    struct smmu_translation *data;
    struct hw_tlb_sizes sizes;
};

/** smmu_key - tag key of a world, VMID and ASID; SMMU_KEY_ASID are its bits of the ASID. */
#define SMMU_KEY_ASID UINT64_C(0xffff)
#define SMMU_KEY_NESTED (UINT64_C(1) << 48) /* stage 1 entries of streams that have both stages */
#define SMMU_KEY_S2 (UINT64_C(1) << 49)     /* stage 2 entries: VMID, no ASID */
static inline uint64_t smmu_key(unsigned world, unsigned vmid, unsigned asid)
{
    return HW_TLB_VALID | (uint64_t)world << 32 | (uint64_t)vmid << 16 | asid;
}
/** smmu_stream_key - tag key of a StreamID. */
static inline uint64_t smmu_stream_key(uint32_t sid)
{
    return HW_TLB_VALID | sid;
}
/** smmu_utlb_key - tag key of a stream and substream. */
#define SMMU_KEY_SSV (UINT64_C(1) << 62)
static inline uint64_t smmu_utlb_key(uint32_t sid, bool ssv, uint32_t ssid)
{
    return smmu_stream_key(sid) | (ssv ? SMMU_KEY_SSV | (uint64_t)ssid << 32 : 0);
}
static inline uint32_t smmu_utlb_key_sid(uint64_t key)
{
    return (uint32_t)key;
}
static inline uint32_t smmu_utlb_key_ssid(uint64_t key)
{
    return key & SMMU_KEY_SSV ? (uint32_t)(key >> 32) & UINT32_C(0xfffff) : 0;
}

/** smmu_utlb_find - index of the micro TLB's entry, or HW_TLB_NONE. */
uint32_t smmu_utlb_find(const struct smmu *smmu, struct smmu_tbu *tbu, uint64_t key, uint64_t iova);
/** smmu_override_rights - @rights (unprivileged, privileged) as requests of a stream have them:
 * the overrides of its STE are in them (13.1). Those of the main TLB are without. */
void smmu_override_rights(const struct smmu_overrides *overrides, uint8_t *rights);
/** smmu_tbu_fill - enter job->found into the micro TLB and the main TLB of the job's TBU, unless
 * an invalidation has come between. */
void smmu_tbu_fill(struct smmu_job *job);
/** smmu_tbu_find - look up the TBU's main TLB into job->found. Return: whether it was there. */
bool smmu_tbu_find(struct smmu_job *job);
/** smmu_tlb_find - look up the main TLB into job->found. Return: whether it was there. */
bool smmu_tlb_find(struct smmu_job *job);
void smmu_tlb_fill(struct smmu_job *job);
/** smmu_tlb_lookup_cycles - one look-up: page size after page size. */
uint64_t smmu_tlb_lookup_cycles(const struct smmu *smmu);
/** smmu_tlb_find_s2, smmu_tlb_fill_s2 - the same by IPA: job->ipa and job->s2_found. */
bool smmu_tlb_find_s2(struct smmu_job *job);
void smmu_tlb_fill_s2(struct smmu_job *job);
/** smmu_walk_cache_find - the deepest table or the leaf known for the job's address into job->step.
 * Return: levels tried. */
unsigned smmu_walk_cache_find(struct smmu_job *job);
/** smmu_walk_cache_find_s2, smmu_walk_cache_fill_s2 - the same for job->ipa and job->s2_step. */
unsigned smmu_walk_cache_find_s2(struct smmu_job *job);
void smmu_walk_cache_fill_s2(struct smmu_job *job);
/** smmu_walk_cache_fill - job->descriptor led to the table or leaf in job->step. */
void smmu_walk_cache_fill(struct smmu_job *job);
/** smmu_walk_cache_entries - of the whole array: of every stage and level if they are apart. */
uint32_t smmu_walk_cache_entries(const struct smmu_param *param);

#ifdef __cplusplus
}
#endif
#endif
