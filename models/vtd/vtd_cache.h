/* SPDX-License-Identifier: BSD-2-Clause
 * vtd_cache.h - what a remapping unit remembers (6.1 of the architecture's caching rules).
 * Knows: what an entry of each cache holds. Must not know: who looks, what drops entries. For the
 * model's own files. */
#ifndef VTD_CACHE_H
#define VTD_CACHE_H

#include "models/common/hw_cache.h"
#include "models/vtd/vtd_cfg_decode.h"
#include "models/vtd/vtd_pt.h"

#ifdef __cplusplus
extern "C" {
#endif

/* A context entry as translations use it; key: source id. @fault: 0, or why it is none (kept with
 * caching mode alone). */
struct vtd_ctx_view {
    int fault;
    bool is_scalable;
    struct vtd_ctx ctx;           /* scalable mode */
    struct vtd_ctx_legacy legacy; /* legacy mode; its DID tags the entry */
};

/* A PASID entry as translations use it; key: source id and PASID; tags: DID and PASID. */
struct vtd_pasid_view {
    int fault;
    bool fpd;
    uint32_t did; /* 0 for a faulting one with caching mode */
    struct vtd_pasid pasid;
};

/* By what an invalidation names an entry of the IOTLB or of a paging-structure cache. */
struct vtd_name {
    uint64_t va; /* first address covered */
    uint32_t did, pasid;
    uint8_t kind; /* enum vtd_pgtt; VTD_KIND_LEGACY */
    uint8_t size_log2;
};
enum { VTD_KIND_LEGACY = 8 };

/* What an IOTLB entry gives. @rights: VTD_PT_R, VTD_PT_W of all stages; a page whose D is still to
 * be set has no W here. @fault: with caching mode, 0 otherwise; @fpd: goes with it. */
struct vtd_translation {
    struct vtd_name name;
    uint64_t pa; /* of the page */
    uint8_t rights;
    bool fpd;
    int fault;
};

/* A table that a walk reached: first stage in its own table address (a guest's if nested), second
 * stage alike. */
struct vtd_psc_entry {
    struct vtd_name name;
    uint64_t table;
    uint8_t level; /* of the entries in the table */
    uint8_t rights;
    bool is_user;
};

/* Tags, and payloads by the same index. Paging-structure caches: one for each stage and level. */
enum { VTD_PSC_LEVELS = 4 }; /* index 0: what entries of level 2 lead to */
struct vtd_caches {
    struct hw_tlb ctx, pasid, tlb;
    struct hw_tlb fs_psc[VTD_PSC_LEVELS], ss_psc[VTD_PSC_LEVELS];
    struct vtd_ctx_view *ctx_data;
    struct vtd_pasid_view *pasid_data;
    struct vtd_translation *tlb_data;
    struct vtd_psc_entry *fs_psc_data[VTD_PSC_LEVELS], *ss_psc_data[VTD_PSC_LEVELS];
    struct hw_tlb_sizes sizes; /* of the IOTLB */
};

#ifdef __cplusplus
}
#endif
#endif
