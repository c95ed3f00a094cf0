/* SPDX-License-Identifier: BSD-2-Clause
 * vtd_sweep.c - what each invalidation drops (6.5.2; the table of every descriptor and cache).
 * Knows: names of cached entries. Must not know: who asks, descriptors, registers, time. */
#include "models/vtd/vtd_xlate.h"

enum {
    ADDRESS_BITS = 57, /* what names compare: above, an address only repeats its sign */
};

struct pass {
    struct vtd *vtd;
    struct vtd_sweep *sweep;
    const struct vtd_psc_entry *psc; /* of the array that is being swept */
};

static void dropped(const struct pass *pass, enum sim_structure structure, uint16_t source_id,
                    uint64_t pasid)
{
    vtd_fact(pass->vtd, SIM_FACT_ENTRY_DROPPED, structure, source_id, (const uint64_t[3]){pasid});
}

/* ---- configuration ---- */

/* FM: which of the low three bits of a source do not count. */
static bool names_source(const struct vtd_sweep *sweep, uint16_t source_id)
{
    static const uint16_t ignored[] = {0, 0x4, 0x6, 0x7};

    return ((source_id ^ sweep->source_id) & (uint16_t)~ignored[sweep->function_mask & 3]) == 0;
}

/* Scalable-mode entries have no domain. What is none is kept with domain 0, as is a root entry
 * that leads nowhere. */
static bool names_ctx(const struct vtd_sweep *sweep, const struct vtd_ctx_view *view,
                      uint16_t source_id)
{
    const bool is_domain = view->is_scalable || view->legacy.did == sweep->did;

    if (sweep->kind == VTD_SWEEP_CC_GLOBAL)
        return true;
    return is_domain && (sweep->kind == VTD_SWEEP_CC_DOMAIN || names_source(sweep, source_id));
}

static bool match_ctx(void *ctx, const struct hw_tlb_tag *tag, uint32_t index)
{
    const struct pass *pass = ctx;
    const uint16_t source_id = (uint16_t)tag->key;

    if (!names_ctx(pass->sweep, &pass->vtd->cache.ctx_data[index], source_id))
        return false;
    dropped(pass, SIM_S_CTX, source_id, SIM_NO_PASID);
    return true;
}

static bool match_pasid(void *ctx, const struct hw_tlb_tag *tag, uint32_t index)
{
    const struct pass *pass = ctx;
    const struct vtd_sweep *sweep = pass->sweep;
    const uint32_t pasid = (uint32_t)(tag->key >> 16 & 0xfffff);
    const bool is_domain = pass->vtd->cache.pasid_data[index].did == sweep->did;

    if (sweep->kind == VTD_SWEEP_PC_DOMAIN && !is_domain)
        return false;
    if (sweep->kind == VTD_SWEEP_PC_PASID && !(is_domain && pasid == sweep->pasid))
        return false;
    dropped(pass, SIM_S_PASID, (uint16_t)tag->key, pasid);
    return true;
}

/* ---- translations ---- */

static uint64_t low_bits(uint64_t address)
{
    return address & (UINT64_MAX >> (64 - ADDRESS_BITS));
}

/* Do the pages of the sweep and the bytes of the name have any in common? Both are aligned powers
 * of two: then one is in the other. */
static bool overlaps(const struct vtd_sweep *sweep, const struct vtd_name *name)
{
    const unsigned swept_log2 = sweep->am + VTD_PAGE_LOG2;
    const unsigned log2 = swept_log2 > name->size_log2 ? swept_log2 : name->size_log2;

    return log2 >= ADDRESS_BITS || (low_bits(sweep->address) ^ low_bits(name->va)) >> log2 == 0;
}

static bool is_fs_kind(const struct vtd_name *name)
{
    return name->kind == VTD_PGTT_FS || name->kind == VTD_PGTT_NESTED;
}

static bool names_translation(struct vtd_sweep *sweep, const struct vtd_name *name)
{
    const bool is_domain = name->did == sweep->did;
    const bool is_pasid = is_domain && name->pasid == sweep->pasid;

    switch (sweep->kind) {
    case VTD_SWEEP_TLB_GLOBAL:
        return true;
    case VTD_SWEEP_TLB_DOMAIN:
        return is_domain;
    case VTD_SWEEP_TLB_PAGE: /* whose address the second stage never sees: all of them */
        if (is_domain && is_fs_kind(name)) {
            sweep->collateral++;
            return true;
        }
        return is_domain && overlaps(sweep, name);
    case VTD_SWEEP_PTLB_PASID:
        return is_pasid && name->kind != VTD_KIND_LEGACY;
    case VTD_SWEEP_PTLB_PAGE:
        return is_pasid && is_fs_kind(name) && overlaps(sweep, name);
    case VTD_SWEEP_CC_GLOBAL:
    case VTD_SWEEP_CC_DOMAIN:
    case VTD_SWEEP_CC_DEVICE:
    case VTD_SWEEP_PC_GLOBAL:
    case VTD_SWEEP_PC_DOMAIN:
    case VTD_SWEEP_PC_PASID:
        break;
    }
    return false;
}

static bool match_tlb(void *ctx, const struct hw_tlb_tag *tag, uint32_t index)
{
    const struct pass *pass = ctx;

    (void)tag;
    return names_translation(pass->sweep, &pass->vtd->cache.tlb_data[index].name);
}

static bool match_fs_psc(void *ctx, const struct hw_tlb_tag *tag, uint32_t index)
{
    const struct pass *pass = ctx;
    const struct vtd_sweep *sweep = pass->sweep;
    const struct vtd_name *name = &pass->psc[index].name;
    const bool is_domain = name->did == sweep->did;
    const bool is_pasid = is_domain && name->pasid == sweep->pasid;

    (void)tag;
    if (sweep->kind == VTD_SWEEP_PTLB_PAGE)
        return is_pasid && !sweep->is_leaf_only && overlaps(sweep, name);
    if (sweep->kind == VTD_SWEEP_PTLB_PASID)
        return is_pasid;
    return is_domain || sweep->kind == VTD_SWEEP_TLB_GLOBAL;
}

/* No PASID-based invalidation touches tables of the second stage. */
static bool match_ss_psc(void *ctx, const struct hw_tlb_tag *tag, uint32_t index)
{
    const struct pass *pass = ctx;
    const struct vtd_sweep *sweep = pass->sweep;
    const struct vtd_name *name = &pass->psc[index].name;
    const bool is_domain = name->did == sweep->did;

    (void)tag;
    if (sweep->kind == VTD_SWEEP_PTLB_PAGE || sweep->kind == VTD_SWEEP_PTLB_PASID)
        return false;
    if (sweep->kind == VTD_SWEEP_TLB_PAGE)
        return is_domain && !sweep->is_leaf_only && overlaps(sweep, name);
    return is_domain || sweep->kind == VTD_SWEEP_TLB_GLOBAL;
}

/* ---- sweeps ---- */

static bool is_ctx(const struct vtd_sweep *sweep)
{
    return sweep->kind <= VTD_SWEEP_CC_DEVICE;
}

static bool is_pasid_cache(const struct vtd_sweep *sweep)
{
    return sweep->kind >= VTD_SWEEP_PC_GLOBAL && sweep->kind <= VTD_SWEEP_PC_PASID;
}

static void sweep_psc(struct pass *pass, struct hw_tlb *tlb, const struct vtd_psc_entry *data,
                      bool (*match)(void *ctx, const struct hw_tlb_tag *tag, uint32_t index))
{
    if (!tlb->tags)
        return;
    pass->psc = data;
    pass->sweep->killed += hw_tlb_sweep(tlb, match, pass);
    pass->sweep->visited += hw_tlb_n_entries(tlb);
}

static void sweep_translations(struct pass *pass)
{
    struct vtd_caches *cache = &pass->vtd->cache;
    struct vtd_sweep *sweep = pass->sweep;

    sweep->killed += hw_tlb_sweep(&cache->tlb, match_tlb, pass);
    sweep->visited += hw_tlb_n_entries(&cache->tlb);
    for (unsigned i = 0; i < VTD_PSC_LEVELS; i++) {
        sweep_psc(pass, &cache->fs_psc[i], cache->fs_psc_data[i], match_fs_psc);
        sweep_psc(pass, &cache->ss_psc[i], cache->ss_psc_data[i], match_ss_psc);
    }
    vtd_fact(pass->vtd, SIM_FACT_TLB_SWEPT, sweep->visited, sweep->killed,
             (const uint64_t[3]){sweep->collateral});
}

uint32_t vtd_sweep_n(const struct vtd *vtd, const struct vtd_sweep *sweep)
{
    const struct vtd_param *param = &vtd->param;

    if (is_ctx(sweep))
        return param->ctx_entries;
    if (is_pasid_cache(sweep))
        return param->pasid_entries;
    return param->tlb_entries > param->psc_entries ? param->tlb_entries : param->psc_entries;
}

void vtd_sweep_do(struct vtd *vtd, struct vtd_sweep *sweep)
{
    struct vtd_caches *cache = &vtd->cache;
    struct pass pass = {.vtd = vtd, .sweep = sweep};

    vtd_flush_writes(vtd);
    vtd->epoch++;
    sweep->visited = 0;
    sweep->killed = 0;
    sweep->collateral = 0;
    if (is_ctx(sweep)) {
        sweep->killed = hw_tlb_sweep(&cache->ctx, match_ctx, &pass);
        sweep->visited = hw_tlb_n_entries(&cache->ctx);
    } else if (is_pasid_cache(sweep)) {
        sweep->killed = hw_tlb_sweep(&cache->pasid, match_pasid, &pass);
        sweep->visited = hw_tlb_n_entries(&cache->pasid);
    } else {
        sweep_translations(&pass);
    }
}

void vtd_sweep_all(struct vtd *vtd)
{
    static const enum vtd_sweep_kind kinds[] = {VTD_SWEEP_CC_GLOBAL, VTD_SWEEP_PC_GLOBAL,
                                                VTD_SWEEP_TLB_GLOBAL};

    for (unsigned i = 0; i < sizeof(kinds) / sizeof(kinds[0]); i++) {
        struct vtd_sweep sweep = {.kind = kinds[i]};

        vtd_sweep_do(vtd, &sweep);
    }
}
