/* SPDX-License-Identifier: BSD-2-Clause
 * drv_vtd_unmap.c - unmapping: entries go, then what is cached of them, then their tables.
 * Knows: tables, flushes. Must not know: who asked. */
#include "kernel-glue/drivers/drv_vtd_private.h"

enum { TABLE_ENTRIES = 512 };

/** struct clearing - @first, @last: what goes. */
struct clearing {
    struct drv *drv;
    const struct drv_domain *domain;
    uint64_t first, last;
};

/* All tables below an entry that goes: they are not cleared, only freed. */
static void collect(struct drv *drv, uint64_t pte, unsigned level)
{
    const uint64_t table = dvtd_pte_table(pte);

    dvtd_table_free_later(drv, table);
    for (uint64_t at = 0; level > 2 && at < DVTD_PAGE; at += DVTD_ENTRY) {
        const uint64_t below = dvtd_load(drv, table + at);

        if (dvtd_pte_is_table(below, level - 1))
            collect(drv, below, level - 1);
    }
}

/* One table; @iova is where it begins. */
static void clear_table(const struct clearing *clearing, uint64_t table, unsigned level,
                        uint64_t iova)
{
    const uint64_t size = UINT64_C(1) << dvtd_level_log2(level);
    const uint64_t skip = clearing->first > iova ? (clearing->first - iova) / size : 0;
    uint64_t from = 0, to = 0;

    for (uint64_t i = skip; i < TABLE_ENTRIES; i++) {
        const uint64_t start = iova + i * size, end = start + size - 1;
        const uint64_t at = table + i * DVTD_ENTRY;
        uint64_t pte;

        if (start > clearing->last)
            break;
        pte = dvtd_load(clearing->drv, at);
        if (!dvtd_pte_present(pte))
            continue;
        if (clearing->first > start || clearing->last < end) {
            if (dvtd_pte_is_table(pte, level))
                clear_table(clearing, dvtd_pte_table(pte), level - 1, start);
            continue;
        }
        if (dvtd_pte_is_table(pte, level))
            collect(clearing->drv, pte, level);
        dvtd_pte_store(clearing->drv, clearing->domain, at, 0);
        from = from ? from : at;
        to = at + DVTD_ENTRY;
    }
    if (to)
        dvtd_pte_flush(clearing->drv, clearing->domain, from, to - from);
}

void dvtd_clear_range(struct drv *drv, const struct drv_domain *domain, uint64_t place,
                      unsigned level, uint64_t iova)
{
    const uint64_t pte = dvtd_load(drv, place);

    (void)iova;
    collect(drv, pte, level);
    dvtd_pte_store(drv, domain, place, 0);
    dvtd_pte_flush(drv, domain, place, DVTD_ENTRY);
}

/* ---- unmap ---- */

/** struct gather - what was unmapped and not flushed yet; @page: size of its pages, 0: nothing. */
struct gather {
    uint64_t first, last, page;
};

static void sync(struct drv *drv, struct drv_domain *domain, struct gather *gather)
{
    if (gather->page)
        dvtd_flush_range(drv, domain, gather->first, gather->last,
                         drv->n_freed == 0 && domain->spec.kind != DRV_SVA);
    gather->page = 0;
    dvtd_free_collected(drv);
}

/* The kernel flushes in between if pages of another size follow. */
static void add(struct drv *drv, struct drv_domain *domain, struct gather *gather,
                const struct gather *more)
{
    const bool is_other = gather->page != more->page && !drv->policy->is_hitless;

    if (gather->page && (is_other || more->first != gather->last + 1))
        sync(drv, domain, gather);
    if (!gather->page)
        gather->first = more->first;
    gather->last = more->last;
    gather->page = more->page;
}

/* How much of [iova, +n_bytes) is asked for at once: pages of one size, up to where larger ones can
 * be. */
static uint64_t chunk(const struct drv_domain *domain, uint64_t iova, uint64_t n_bytes)
{
    unsigned level = domain->super_levels + 1U;
    uint64_t page;

    while (level > 1 && (iova % (UINT64_C(1) << dvtd_level_log2(level)) ||
                         n_bytes >> dvtd_level_log2(level) == 0))
        level--;
    page = UINT64_C(1) << dvtd_level_log2(level);
    if (level <= domain->super_levels) {
        const uint64_t larger = UINT64_C(1) << dvtd_level_log2(level + 1);
        const uint64_t to_next = larger - iova % larger;

        if (to_next + larger <= n_bytes)
            n_bytes = to_next;
    }
    return n_bytes - n_bytes % page;
}

/* A page that is larger than what is left goes whole. */
static uint64_t unmap_some(struct drv *drv, struct drv_domain *domain, uint64_t iova,
                           uint64_t n_bytes, struct gather *gather)
{
    struct clearing clearing = {.drv = drv, .domain = domain, .first = iova};
    struct gather more = {.first = iova};
    uint64_t size = chunk(domain, iova, n_bytes), place;
    unsigned level;

    if (!dvtd_pte_present(dvtd_leaf(drv, domain, iova, &level, &place)))
        return 0;
    if (size < UINT64_C(1) << dvtd_level_log2(level))
        size = UINT64_C(1) << dvtd_level_log2(level);
    clearing.last = iova + size - 1;
    clear_table(&clearing, domain->root, domain->levels, 0);
    more.last = clearing.last;
    more.page = size;
    add(drv, domain, gather, &more);
    return size;
}

int dvtd_unmap(struct drv *drv, struct drv_domain *domain, uint64_t iova, uint64_t n_bytes,
               uint64_t *n_unmapped)
{
    struct gather gather = {0};
    uint64_t some = 1;

    *n_unmapped = 0;
    if (!domain->owns_root || (iova | n_bytes) % DVTD_PAGE)
        return -EINVAL;
    (void)dvtd_take_error(drv);
    while (*n_unmapped < n_bytes && some) {
        some = unmap_some(drv, domain, iova + *n_unmapped, n_bytes - *n_unmapped, &gather);
        *n_unmapped += some;
    }
    sync(drv, domain, &gather);
    return dvtd_take_error(drv);
}

/* Linux clears the top level before it gives its tables back, best does not. */
void dvtd_free_tables(struct drv *drv, struct drv_domain *domain)
{
    uint64_t from = 0, to = 0;

    for (uint64_t i = 0; i < TABLE_ENTRIES; i++) {
        const uint64_t at = domain->root + i * DVTD_ENTRY;
        const uint64_t pte = dvtd_load(drv, at);

        if (!dvtd_pte_present(pte))
            continue;
        if (dvtd_pte_is_table(pte, domain->levels))
            collect(drv, pte, domain->levels);
        if (drv->policy->is_hitless)
            continue;
        dvtd_pte_store(drv, domain, at, 0);
        from = from ? from : at;
        to = at + DVTD_ENTRY;
    }
    if (to)
        dvtd_pte_flush(drv, domain, from, to - from);
    dvtd_table_free_later(drv, domain->root);
    dvtd_free_collected(drv);
}
