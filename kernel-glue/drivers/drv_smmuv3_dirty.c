/* SPDX-License-Identifier: BSD-2-Clause
 * drv_smmuv3_dirty.c - which pages devices have written (HTTU).
 * Knows: descriptors that hardware marks. Must not know: bitmaps. */
#include "kernel-glue/drivers/drv_smmuv3.h"

#include <errno.h>

enum { MAX_COMMANDS = 64 }; /* beyond, everything of the tag goes */

/* From the first attach on hardware marks what is written; software only starts with a clean table.
 */
int dsm_dirty_tracking(struct drv *drv, struct drv_domain *domain, bool on)
{
    (void)drv;
    (void)on;
    return domain->spec.flags & DRV_DIRTY ? 0 : -EOPNOTSUPP;
}

static bool is_dirty(uint64_t pte)
{
    return smmu_S1_PAGE_DBM(&pte) && smmu_S1_PAGE_AP(&pte) == SMMU_S1_PAGE_AP_RW;
}

/* The leaf that translates @iova, or 0; @size: how much it or the gap covers. */
static uint64_t leaf_at(const struct drv_domain *domain, uint64_t iova, uint64_t *entry,
                        uint64_t *size)
{
    const struct drv_port *port = &domain->drv->port;
    const struct dsm_pt *pt = &domain->pt;
    uint64_t table = pt->root;

    for (uint32_t level = pt->start_level;; level++) {
        uint64_t pte;

        *entry = table + (uint64_t)dsm_pt_index(pt, iova, level) * sizeof(pte);
        *size = UINT64_C(1) << dsm_pt_shift(pt, level);
        pte = port->load(port->ctx, *entry);
        if (!pte || dsm_pte_is_leaf(pte, level))
            return pte;
        table = dsm_pte_address(pt, pte);
    }
}

static int make_clean(struct drv_domain *domain, uint64_t entry, uint64_t pte)
{
    smmu_S1_PAGE_put_AP(&pte, SMMU_S1_PAGE_AP_RO);
    return dsm_pte_store(domain, entry, pte);
}

/* A translation that is still held as dirty would not mark its page again. */
static int forget(struct drv_domain *domain, const struct dsm_range *range)
{
    if (!domain->drv->caps.ril && range->n_bytes / range->granule > MAX_COMMANDS)
        return dsm_inval_domain(domain);
    return dsm_inval_range(domain, range);
}

int dsm_read_dirty(struct drv *drv, struct drv_domain *domain, uint64_t iova, uint64_t n_bytes,
                   void (*seen)(void *ctx, uint64_t iova, uint64_t n_bytes), void *ctx)
{
    const struct dsm_range range = {.iova = iova,
                                    .n_bytes = n_bytes,
                                    .granule = UINT64_C(1) << domain->pt.granule_log2,
                                    .is_leaf = false};
    const uint64_t end = iova + n_bytes;
    bool has_some = false;
    int err = 0;

    if (!(domain->spec.flags & DRV_DIRTY))
        return -EOPNOTSUPP;
    while (!err && iova < end) {
        uint64_t entry, size;
        const uint64_t pte = leaf_at(domain, iova, &entry, &size);

        iova &= ~(size - 1);
        if (pte && is_dirty(pte)) {
            if (seen) /* else it is only cleared */
                seen(ctx, iova, size);
            err = make_clean(domain, entry, pte);
            has_some = true;
        }
        iova += size;
    }
    return !err && has_some && drv->policy->is_short ? forget(domain, &range) : err;
}
