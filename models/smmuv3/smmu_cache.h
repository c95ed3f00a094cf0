/* SPDX-License-Identifier: BSD-2-Clause
 * smmu_cache.h - what the TCU and each TBU remember.
 * Knows: what an entry of each cache holds. Must not know: who looks, what drops entries. For the
 * model's own files. */
#ifndef SMMU_CACHE_H
#define SMMU_CACHE_H

#include "models/common/hw_cache.h"
#include "models/smmuv3/smmu_cfg_decode.h"
#include "models/smmuv3/smmu_link.h"
#include "models/smmuv3/smmu_pt.h"
#include "models/smmuv3/smmu_pt_s2.h"
#include "models/smmuv3/smmu_tlb.h"

#ifdef __cplusplus
extern "C" {
#endif

/* A CD as translations use it. @event: 0, or why it is none. */
struct smmu_cd_view {
    int event;
    uint8_t unimpl; /* enum smmu_unimpl, 0 = all is modelled */
    uint16_t asid;
    bool s, r, a;
    bool is_big_endian;
    bool has_upper;
    bool e0pd[SMMU_CD_HALVES];
    struct smmu_pt_s1 half[SMMU_CD_HALVES];
};

struct smmu_ste_view {
    int event;
    uint8_t unimpl;
    struct smmu_ste ste;
    struct smmu_pt_s2 s2; /* if ste.has_s2 */
};

/* The caches of the TCU and of each TBU: tags, and payloads by the same index. */
struct smmu_caches {
    struct hw_tlb l1std, ste, l1cd, cd, walk;
    struct smmu_main_tlb tlb;
    uint64_t *l1std_data;
    struct smmu_ste_view *ste_data;
    uint64_t *l1cd_data;
    struct smmu_cd_view *cd_data;
    struct smmu_walk_entry *walk_data;
};

struct smmu_tbu {
    struct hw_tlb utlb;
    struct smmu_translation *utlb_data;
    struct smmu_main_tlb tlb;
    struct smmu_pipe lookups;  /* of the main TLB */
    struct smmu_link up, down; /* to the TCU, from it */
    uint32_t n_free;           /* slots for requests that missed */
    bool is_stuck;             /* a miss found none free, and nobody may pass it */
};

#ifdef __cplusplus
}
#endif
#endif
