/* SPDX-License-Identifier: BSD-2-Clause
 * drv_vtd_unmap.c - unmapping: entries go, then what is cached of them, then their tables.
 * Knows: tables, flushes. Must not know: who asked. */
#include "kernel-glue/drivers/drv_vtd_private.h"

enum { TABLE_ENTRIES = 512, MAX_LEVELS = 6 };

/** struct clearing - @first, @last: what goes. */
struct clearing {
    struct drv *drv;
    const struct drv_domain *domain;
    uint64_t first, last;
};

/** struct frame - a table on the way down. @iova: where it begins. @from, @to: of the entries that
 * were cleared in it. @place: the entry that leads to it, if that one goes as well. */
struct frame {
    uint64_t table, iova, i, from, to, place;
    unsigned level;
};

/* All tables below an entry that goes: they are not cleared, only freed. */
static void collect(struct drv *drv, uint64_t pte, unsigned level)
{
    struct frame stack[MAX_LEVELS] = {{.table = dvtd_pte_table(pte), .level = level - 1}};
    unsigned depth = 1;

    dvtd_table_free_later(drv, stack[0].table);
    while (depth) {
        struct frame *frame = &stack[depth - 1];
        uint64_t below;

        if (frame->level < 2 || frame->i == TABLE_ENTRIES) {
            depth--;
            continue;
        }
        below = dvtd_load(drv, frame->table + frame->i++ * DVTD_ENTRY);
        if (!dvtd_pte_is_table(below, frame->level))
            continue;
        stack[depth++] = (struct frame){.table = dvtd_pte_table(below), .level = frame->level - 1};
        dvtd_table_free_later(drv, dvtd_pte_table(below));
    }
}

static void clear_entry(const struct clearing *clearing, struct frame *frame, uint64_t at)
{
    dvtd_pte_store(clearing->drv, clearing->domain, at, 0);
    frame->from = frame->from ? frame->from : at;
    frame->to = at + DVTD_ENTRY;
}

/* Entries of a table, up to one that leads to a table of which a part goes. Linux 7 clears those
 * that go as a whole, too, from below. Return: there is one, @below. */
static bool clear_some(const struct clearing *clearing, struct frame *frame, struct frame *below)
{
    const bool is_deep = clearing->drv->policy->orders_tables;
    const uint64_t size = UINT64_C(1) << dvtd_level_log2(frame->level);

    while (frame->i < TABLE_ENTRIES) {
        const uint64_t at = frame->table + frame->i * DVTD_ENTRY;
        const uint64_t start = frame->iova + frame->i++ * size;
        bool is_table, is_covered;
        uint64_t pte;

        if (start > clearing->last)
            break;
        pte = dvtd_load(clearing->drv, at);
        if (start + size - 1 < clearing->first || !dvtd_pte_present(pte))
            continue;
        is_covered = clearing->first <= start && clearing->last >= start + size - 1;
        is_table = dvtd_pte_is_table(pte, frame->level);
        if (is_table && (is_deep || !is_covered)) {
            *below = (struct frame){.table = dvtd_pte_table(pte),
                                    .iova = start,
                                    .place = is_covered ? at : 0,
                                    .level = frame->level - 1};
            return true;
        }
        if (is_table)
            collect(clearing->drv, pte, frame->level);
        if (is_covered)
            clear_entry(clearing, frame, at);
    }
    return false;
}

static void clear_all(const struct clearing *clearing)
{
    const struct drv_domain *domain = clearing->domain;
    struct frame stack[MAX_LEVELS] = {{.table = domain->root, .level = domain->levels}};
    unsigned depth = 1;

    while (depth) {
        struct frame *frame = &stack[depth - 1];

        if (clear_some(clearing, frame, &stack[depth])) {
            depth++;
            continue;
        }
        if (frame->to)
            dvtd_pte_flush(clearing->drv, domain, frame->from, frame->to - frame->from);
        depth--;
        if (frame->place) {
            dvtd_table_free_later(clearing->drv, frame->table);
            clear_entry(clearing, &stack[depth - 1], frame->place);
        }
    }
}

void dvtd_drop_table(struct drv *drv, const struct drv_domain *domain, uint64_t place,
                     unsigned level)
{
    const uint64_t pte = dvtd_load(drv, place);

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

/* Kernels before 7 flush in between if pages of another size follow. */
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

    if (drv->policy->orders_tables) /* all at once, whatever sizes its pages have */
        size = n_bytes;

    if (!dvtd_pte_present(dvtd_leaf(drv, domain, iova, &level, &place)))
        return 0;
    if (size < UINT64_C(1) << dvtd_level_log2(level))
        size = UINT64_C(1) << dvtd_level_log2(level);
    clearing.last = iova + size - 1;
    clear_all(&clearing);
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

/* Linux 6.12 clears the top level before it gives its tables back, 7 and best do not. */
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
        if (drv->policy->is_hitless || drv->policy->orders_tables)
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
