/* SPDX-License-Identifier: BSD-2-Clause
 * drv_smmuv3_unmap.c - takes mappings out of a page table, with their invalidations (8.7).
 * Knows: descriptors, what has been gathered for one TLBI. Must not know: who uses the domain. */
#include "kernel-glue/drivers/drv_smmuv3.h"

#include <errno.h>

/* What is gone from the table and not yet from the TLB: one stretch of pages of one size. */
struct gather {
    struct drv_domain *domain;
    uint64_t first, end, granule;
};

static int gather_sync(struct gather *gather)
{
    const struct dsm_range range = {.iova = gather->first,
                                    .n_bytes = gather->end - gather->first,
                                    .granule = gather->granule,
                                    .is_leaf = true};
    const int err = gather->granule ? dsm_inval_range(gather->domain, &range) : 0;

    gather->granule = 0;
    return err;
}

static int gather_add(struct gather *gather, uint64_t iova, uint64_t size)
{
    int err = 0;

    if (gather->granule && (gather->granule != size || iova != gather->end))
        err = gather_sync(gather);
    if (!gather->granule) {
        gather->granule = size;
        gather->first = iova;
    }
    gather->end = iova + size;
    return err;
}

/* ---- tables that are not used any more ---- */

static void free_table(struct drv_domain *domain, uint64_t pa)
{
    dsm_free(domain->drv, pa, UINT64_C(1) << domain->pt.granule_log2);
}

/* The way from the first table to the one that is looked at. */
struct descent {
    uint64_t table[DSM_LEVELS + 1];
    uint64_t next[DSM_LEVELS + 1]; /* entry to look at */
};

static uint64_t n_entries(const struct dsm_pt *pt, uint32_t level)
{
    const uint32_t bytes_log2 = level == pt->start_level ? pt->root_log2 : pt->granule_log2;

    return UINT64_C(1) << (bytes_log2 - 3);
}

void dsm_pt_free_below(struct drv_domain *domain, uint64_t pa, uint32_t level)
{
    const struct drv_port *port = &domain->drv->port;
    struct descent way = {.table = {0}};
    uint32_t at = level;

    way.table[level] = pa;
    for (;;) {
        const bool is_last = at == DSM_LEVELS - 1;
        uint64_t pte;

        if (is_last || way.next[at] == n_entries(&domain->pt, at)) {
            if (at == level)
                break;
            free_table(domain, way.table[at--]);
            continue;
        }
        pte = port->load(port->ctx, way.table[at] + way.next[at]++ * sizeof(pte));
        if (!pte || dsm_pte_is_leaf(pte, at))
            continue;
        at++;
        way.table[at] = dsm_pte_address(&domain->pt, pte);
        way.next[at] = 0;
    }
    if (level > domain->pt.start_level)
        free_table(domain, pa);
}

void dsm_pt_free(struct drv_domain *domain)
{
    const struct dsm_pt *pt = &domain->pt;
    const uint64_t n_bytes = UINT64_C(1) << pt->root_log2;

    if (!pt->root)
        return;
    dsm_pt_free_below(domain, pt->root, pt->start_level);
    dsm_free(domain->drv, pt->root, n_bytes < 4096 ? 4096 : n_bytes);
}

/* ---- unmapping ---- */

/* Part of a block goes: a table takes its place that has the rest of it. */
static int split(struct drv_domain *domain, uint64_t entry, uint32_t level, uint64_t *table)
{
    struct drv_port *port = &domain->drv->port;
    const struct dsm_pt *pt = &domain->pt;
    const uint64_t block = port->load(port->ctx, entry);
    const uint64_t size = UINT64_C(1) << dsm_pt_shift(pt, level);
    const uint64_t pa = dsm_pte_address(pt, block);
    int err = port->alloc(port->ctx, UINT64_C(1) << pt->granule_log2, SIM_S_PAGES, table);

    for (uint64_t i = 0; !err && i < n_entries(pt, level); i++) {
        const uint64_t pte = dsm_pte_with_address(pt, block, pa + i * size);

        err = dsm_pte_store(domain, *table + i * sizeof(pte), dsm_pte_kind(pte, level));
    }
    return err ? err : dsm_pt_link(domain, entry, *table);
}

/* Entries at @entry with @n pages of one size, all in one table. */
struct stretch {
    uint64_t iova, entry, n, size;
    uint32_t level;
};

static int drop_table(struct drv_domain *domain, const struct stretch *at, uint64_t i, uint64_t pte)
{
    const struct dsm_range range = {.iova = at->iova + i * at->size,
                                    .n_bytes = at->size,
                                    .granule = UINT64_C(1) << domain->pt.granule_log2};
    int err = dsm_pte_store(domain, at->entry + i * sizeof(pte), 0);

    if (err)
        return err;
    err = dsm_inval_range(domain, &range);
    dsm_pt_free_below(domain, dsm_pte_address(&domain->pt, pte), at->level + 1);
    return err;
}

/* Tables first, each on its own; then all entries up to one that is empty. */
static int clear(struct gather *gather, struct stretch *at)
{
    struct drv_domain *domain = gather->domain;
    const struct drv_port *port = &domain->drv->port;
    int err = 0;

    for (uint64_t i = 0; !err && i < at->n; i++) {
        const uint64_t pte = port->load(port->ctx, at->entry + i * sizeof(pte));

        if (!pte)
            at->n = i;
        else if (!dsm_pte_is_leaf(pte, at->level))
            err = drop_table(domain, at, i, pte);
    }
    for (uint64_t i = 0; !err && i < at->n; i++)
        err = dsm_store(domain->drv, domain->pt.structure, at->entry + i * sizeof(uint64_t), 0);
    if (!err)
        err = dsm_flush(domain->drv, at->entry, at->n * sizeof(uint64_t));
    for (uint64_t i = 0; !err && i < at->n; i++)
        err = gather_add(gather, at->iova + i * at->size, at->size);
    return err;
}

/* Return: 1: @at is found, 0: nothing is mapped there, or an error. */
static int find(struct drv_domain *domain, struct stretch *at)
{
    const struct drv_port *port = &domain->drv->port;
    const struct dsm_pt *pt = &domain->pt;
    uint64_t table = pt->root;

    for (at->level = pt->start_level;; at->level++) {
        const uint32_t index = dsm_pt_index(pt, at->iova, at->level);
        uint64_t pte;

        at->entry = table + (uint64_t)index * sizeof(pte);
        pte = port->load(port->ctx, at->entry);
        if (!pte)
            return 0;
        if (UINT64_C(1) << dsm_pt_shift(pt, at->level) == at->size) {
            const uint64_t room = dsm_pt_entries(pt, index);

            at->n = at->n < room ? at->n : room;
            return 1;
        }
        if (!dsm_pte_is_leaf(pte, at->level)) {
            table = dsm_pte_address(pt, pte);
            continue;
        }
        if (!domain->drv->policy->splits_blocks)
            return 0;
        if (split(domain, at->entry, at->level + 1, &table))
            return -ENOMEM;
    }
}

/* A process gives memory back: which pages were there at all nobody knows any more, so one TLBI is
 * about all of it. Its tables stay. */
static int unmap_process(struct drv_domain *domain, uint64_t iova, uint64_t n_bytes)
{
    const struct drv_port *port = &domain->drv->port;
    const uint64_t granule = UINT64_C(1) << domain->pt.granule_log2;
    const struct dsm_range range = {.iova = iova, .n_bytes = n_bytes, .granule = granule};
    int err = 0;

    for (uint64_t at = 0; !err && at < n_bytes; at += granule) {
        struct stretch page = {.iova = iova + at, .size = granule, .n = 1};

        if (find(domain, &page) > 0 && port->load(port->ctx, page.entry))
            err = dsm_pte_store(domain, page.entry, 0);
    }
    return err ? err : dsm_inval_range(domain, &range);
}

int dsm_unmap(struct drv *drv, struct drv_domain *domain, uint64_t iova, uint64_t n_bytes,
              uint64_t *n_unmapped)
{
    struct gather gather = {.domain = domain};
    int err = 0;

    (void)drv;
    *n_unmapped = 0;
    if (!domain->is_ours || (iova | n_bytes) & ((UINT64_C(1) << domain->pt.granule_log2) - 1))
        return -EINVAL;
    if (n_bytes && (iova + n_bytes - 1) >> domain->pt.ias)
        return -ERANGE;
    if (domain->spec.kind == DRV_SVA) {
        *n_unmapped = n_bytes;
        return unmap_process(domain, iova, n_bytes);
    }
    while (!err && *n_unmapped < n_bytes) {
        struct stretch at = {.iova = iova + *n_unmapped};
        int found;

        at.size = dsm_pt_chunk(&domain->pt, at.iova, 0, n_bytes - *n_unmapped, &at.n);
        found = find(domain, &at);
        if (found <= 0)
            break;
        err = clear(&gather, &at);
        *n_unmapped += at.n * at.size;
        if (!at.n)
            break;
    }
    return err ? err : gather_sync(&gather);
}
