/* SPDX-License-Identifier: BSD-2-Clause
 * drv_vtd_dirty.c - dirty pages: hardware marks them in a second stage while SSADE is set.
 * Knows: SSADE, the D bit. Must not know: who migrates what. */
#include "kernel-glue/drivers/drv_vtd_private.h"

/* A present entry, changed by one store of 8 bytes. */
static void switch_entry(struct drv *drv, const struct dvtd_att *att, bool on)
{
    struct dvtd_batch batch;
    uint64_t pa, words[VTD_WORDS_PASID];

    if (dvtd_pasid_at(drv, att->device, att->pasid, &pa))
        return;
    dvtd_load_words(drv, pa, words, VTD_WORDS_PASID);
    if (vtd_PASID_SSADE(words) == on)
        return;
    vtd_PASID_put_SSADE(words, on);
    dvtd_store(drv, SIM_S_PASID, pa, words[0]);
    dvtd_flush_table(drv, pa, sizeof(words));
    dvtd_batch_init(&batch, drv);
    dvtd_pasid_inv(&batch, VTD_PC_INV_G_pasid, att->did, att->pasid);
    dvtd_batch_step(&batch);
    dvtd_iotlb_inv(&batch, VTD_IOTLB_INV_G_domain, att->did);
    dvtd_batch_step(&batch);
    if (att->device->is_ats_on)
        dvtd_devtlb(&batch, att->device, att->pasid, 0, DVTD_ALL_PAGES);
    dvtd_batch_run(&batch);
}

static void switch_all(struct drv *drv, const struct drv_domain *domain, bool on)
{
    for (const struct dvtd_att *att = domain->atts; att; att = att->next_of_domain)
        switch_entry(drv, att, on);
    for (const struct dvtd_att *att = domain->nested; att; att = att->next_of_parent)
        switch_entry(drv, att, on);
}

int dvtd_dirty_tracking(struct drv *drv, struct drv_domain *domain, bool on)
{
    int err;

    if (!(domain->spec.flags & DRV_DIRTY))
        return -EOPNOTSUPP;
    if (domain->tracks_dirty == on)
        return 0;
    (void)dvtd_take_error(drv);
    switch_all(drv, domain, on);
    err = dvtd_take_error(drv);
    if (err) {
        switch_all(drv, domain, !on);
        (void)dvtd_take_error(drv);
        return err;
    }
    domain->tracks_dirty = on;
    return 0;
}

int dvtd_read_dirty(struct drv *drv, struct drv_domain *domain, uint64_t iova, uint64_t n_bytes,
                    void (*seen)(void *ctx, uint64_t iova, uint64_t n_bytes), void *ctx)
{
    const uint64_t end = iova + n_bytes;
    uint64_t first = UINT64_MAX, last = 0;

    if (!(domain->spec.flags & DRV_DIRTY))
        return -EOPNOTSUPP;
    if (!domain->tracks_dirty && seen)
        return -EINVAL;
    (void)dvtd_take_error(drv);
    while (iova < end) {
        unsigned level;
        uint64_t place, pte = dvtd_leaf(drv, domain, iova, &level, &place);
        const uint64_t size = UINT64_C(1) << dvtd_level_log2(level);
        const uint64_t page = iova - iova % size;

        if (dvtd_pte_present(pte) && vtd_PTE_SS_D(&pte)) {
            vtd_PTE_SS_put_D(&pte, 0);
            dvtd_pte_store(drv, domain, place, pte);
            dvtd_pte_flush(drv, domain, place, DVTD_ENTRY);
            if (seen)
                seen(ctx, page, size);
            first = first < page ? first : page;
            last = page + size - 1;
        }
        iova = page + size;
    }
    if (first <= last)
        dvtd_flush_range(drv, domain, first, last, true);
    return dvtd_take_error(drv);
}
