/* SPDX-License-Identifier: BSD-2-Clause
 * drv_vtd_flush.c - what is cached of a domain goes: by pages, or all of it.
 * Knows: who has the domain, which descriptor reaches which kind of entry. Must not know: tables.
 */
#include "kernel-glue/drivers/drv_vtd_private.h"

/** struct extent - 2^n_log2 pages at address, naturally aligned; @is_all: everything. */
struct extent {
    uint64_t address;
    unsigned n_log2;
    bool is_leaf, is_all;
};

static const struct extent everything = {.n_log2 = DVTD_ALL_PAGES, .is_all = true};

/* The smallest aligned power of two of pages around [first, last]. */
static struct extent extent_of(uint64_t first, uint64_t last, bool is_leaf)
{
    const uint64_t from = first >> DVTD_PAGE_LOG2, to = last >> DVTD_PAGE_LOG2;
    struct extent extent = {.is_leaf = is_leaf};

    while (extent.n_log2 < DVTD_ALL_PAGES && from >> extent.n_log2 != to >> extent.n_log2)
        extent.n_log2++;
    if (extent.n_log2 == DVTD_ALL_PAGES)
        return everything;
    extent.address = from >> extent.n_log2 << (extent.n_log2 + DVTD_PAGE_LOG2);
    return extent;
}

/* @stage: of the table that changed; a second stage under a nested entry counts as the second. */
static void flush_iotlb(struct dvtd_batch *batch, const struct dvtd_att *att, uint8_t stage,
                        const struct extent *extent)
{
    const struct drv *drv = batch->drv;

    if (stage == 1 && extent->is_all)
        dvtd_piotlb(batch, att->did, att->pasid);
    else if (stage == 1)
        dvtd_piotlb_page(batch, att->did, att->pasid, extent->address, extent->n_log2,
                         extent->is_leaf);
    else if (extent->is_all || !vtd_CAP_PSI(&drv->cap) || extent->n_log2 > vtd_CAP_MAMV(&drv->cap))
        dvtd_iotlb_inv(batch, VTD_IOTLB_INV_G_domain, att->did);
    else
        dvtd_iotlb_page(batch, att->did, extent->address, extent->n_log2, extent->is_leaf);
}

/* One flush reaches every device that has the domain under the same PASID. */
static bool is_repeated(const struct dvtd_att *list, const struct dvtd_att *att, bool is_nested)
{
    while (list != att) {
        if (list->did == att->did && list->pasid == att->pasid)
            return true;
        list = is_nested ? list->next_of_parent : list->next_of_domain;
    }
    return false;
}

/* Linux flushes the whole device by a descriptor without PASID. */
static void flush_device(struct dvtd_batch *batch, const struct dvtd_att *att,
                         const struct extent *extent)
{
    const bool is_rid = extent->is_all && !batch->drv->policy->is_hitless;

    dvtd_devtlb(batch, att->device, is_rid ? 0 : att->pasid, extent->address, extent->n_log2);
}

/* Which addresses of a guest a page of the second stage serves, nobody knows. */
static void flush_below(struct dvtd_batch *batch, const struct dvtd_att *att)
{
    dvtd_devtlb(batch, att->device, att->pasid, 0, DVTD_ALL_PAGES);
}

/* Linux: each user in turn. A device's flush without PASID may overtake one by PASID before it. */
static void flush_in_turn(struct dvtd_batch *batch, const struct drv_domain *domain,
                          const struct extent *extent)
{
    for (const struct dvtd_att *att = domain->atts; att; att = att->next_of_domain) {
        if (!is_repeated(domain->atts, att, false))
            flush_iotlb(batch, att, domain->stage, extent);
        if (att->has_devtlb)
            flush_device(batch, att, extent);
    }
    for (const struct dvtd_att *att = domain->nested; att; att = att->next_of_parent) {
        if (!is_repeated(domain->nested, att, true))
            flush_iotlb(batch, att, 2, extent);
        if (att->has_devtlb)
            flush_below(batch, att);
    }
}

/* Best: the unit, then the devices; a fence where hardware would not keep that order. */
static void flush_unit_first(struct dvtd_batch *batch, const struct drv_domain *domain,
                             const struct extent *extent)
{
    bool needs_fence = false;

    for (const struct dvtd_att *att = domain->atts; att; att = att->next_of_domain) {
        if (!is_repeated(domain->atts, att, false))
            flush_iotlb(batch, att, domain->stage, extent);
        needs_fence |= domain->stage == 1 && att->has_devtlb && att->pasid == 0;
    }
    for (const struct dvtd_att *att = domain->nested; att; att = att->next_of_parent) {
        if (!is_repeated(domain->nested, att, true))
            flush_iotlb(batch, att, 2, extent);
    }
    if (needs_fence)
        dvtd_fence(batch);
    for (const struct dvtd_att *att = domain->atts; att; att = att->next_of_domain) {
        if (att->has_devtlb)
            flush_device(batch, att, extent);
    }
    for (const struct dvtd_att *att = domain->nested; att; att = att->next_of_parent) {
        if (att->has_devtlb)
            flush_below(batch, att);
    }
}

static void flush(struct drv *drv, const struct drv_domain *domain, const struct extent *extent)
{
    struct dvtd_batch batch;

    dvtd_batch_init(&batch, drv);
    if (drv->policy->is_hitless)
        flush_unit_first(&batch, domain, extent);
    else
        flush_in_turn(&batch, domain, extent);
    dvtd_batch_run(&batch);
}

void dvtd_flush_range(struct drv *drv, struct drv_domain *domain, uint64_t first, uint64_t last,
                      bool is_leaf)
{
    const struct extent extent = extent_of(first, last, is_leaf);

    flush(drv, domain, &extent);
}

/* A page that was not there: only caching mode may have kept that, of a second stage; and stores
 * may wait in a write buffer. Linux flushes that buffer once for each user of the domain. */
void dvtd_flush_mapped(struct drv *drv, struct drv_domain *domain, uint64_t first, uint64_t last)
{
    const struct extent extent = extent_of(first, last, false);
    struct dvtd_batch batch;

    dvtd_batch_init(&batch, drv);
    for (const struct dvtd_att *att = domain->atts; att; att = att->next_of_domain) {
        if (!vtd_CAP_CM(&drv->cap) || domain->stage == 1)
            dvtd_write_buffer(drv);
        else if (!is_repeated(domain->atts, att, false))
            flush_iotlb(&batch, att, domain->stage, &extent);
        if (drv->policy->is_hitless && !vtd_CAP_CM(&drv->cap))
            break;
    }
    for (const struct dvtd_att *att = domain->nested; att; att = att->next_of_parent) {
        if (vtd_CAP_CM(&drv->cap) && !is_repeated(domain->nested, att, true))
            flush_iotlb(&batch, att, domain->stage, &extent);
    }
    dvtd_batch_run(&batch);
}

int dvtd_flush(struct drv *drv, struct drv_domain *domain)
{
    (void)dvtd_take_error(drv);
    flush(drv, domain, &everything);
    return dvtd_take_error(drv);
}

/* ---- a guest's ---- */

enum { REQUEST_ADDRESS, REQUEST_PAGES, REQUEST_FLAGS, REQUEST_WORDS };
enum { FLAG_LEAF = 1 };

static int check_request(const uint64_t *request)
{
    if (request[REQUEST_FLAGS] & ~(uint64_t)FLAG_LEAF)
        return -EOPNOTSUPP;
    if (request[REQUEST_ADDRESS] % DVTD_PAGE || !request[REQUEST_PAGES] ||
        (request[REQUEST_PAGES] == UINT64_MAX && request[REQUEST_ADDRESS]))
        return -EINVAL;
    return 0;
}

int dvtd_invalidate(struct drv *drv, struct drv_domain *domain, struct drv_device *device,
                    const uint64_t *words, uint32_t n, uint32_t *n_done)
{
    int err = 0;

    (void)device;
    *n_done = 0;
    if (domain->spec.kind != DRV_NESTED)
        return -EINVAL;
    (void)dvtd_take_error(drv);
    while (*n_done < n && !err) {
        const uint64_t *request = &words[*n_done * (size_t)REQUEST_WORDS];
        const uint64_t address = request[REQUEST_ADDRESS], n_pages = request[REQUEST_PAGES];

        err = check_request(request);
        if (err)
            break;
        if (n_pages > (UINT64_MAX - address) >> DVTD_PAGE_LOG2)
            flush(drv, domain, &everything);
        else
            dvtd_flush_range(drv, domain, address, address + (n_pages << DVTD_PAGE_LOG2) - 1,
                             (request[REQUEST_FLAGS] & FLAG_LEAF) != 0);
        err = dvtd_take_error(drv);
        *n_done += !err;
    }
    return err;
}
