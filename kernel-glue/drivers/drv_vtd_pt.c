/* SPDX-License-Identifier: BSD-2-Clause
 * drv_vtd_pt.c - page tables of both stages, and mapping into them.
 * Knows: entries, levels (1: 4 KiB). Must not know: what caches them. */
#include "kernel-glue/drivers/drv_vtd_private.h"

#include <stdlib.h>

enum { BITS_PER_LEVEL = 9, TABLE_ENTRIES = 512 };

/* ---- entries ---- */

unsigned dvtd_level_log2(unsigned level)
{
    return DVTD_PAGE_LOG2 + BITS_PER_LEVEL * (level - 1);
}

/* Bits 0 and 1 are P and R/W of a first stage, R and W of a second. */
bool dvtd_pte_present(uint64_t pte)
{
    return vtd_PTE_SS_R(&pte) || vtd_PTE_SS_W(&pte);
}

bool dvtd_pte_is_table(uint64_t pte, unsigned level)
{
    return level > 1 && dvtd_pte_present(pte) && !vtd_PTE_SS_PS(&pte);
}

uint64_t dvtd_pte_table(uint64_t pte)
{
    return vtd_PTE_SS_ADDR_addr(&pte);
}

uint8_t dvtd_pte_structure(const struct drv_domain *domain)
{
    return domain->stage == 1 ? SIM_S_PTE_S1 : SIM_S_PTE_S2;
}

static uint64_t entry_at(uint64_t table, uint64_t iova, unsigned level)
{
    return table + (iova >> dvtd_level_log2(level)) % TABLE_ENTRIES * DVTD_ENTRY;
}

/* Tables of a process are the CPU's: nobody writes them back. */
static bool is_snooped(const struct drv *drv, const struct drv_domain *domain)
{
    return drv->is_walk_coherent || domain->spec.kind == DRV_SVA;
}

void dvtd_pte_store(struct drv *drv, const struct drv_domain *domain, uint64_t pa, uint64_t pte)
{
    dvtd_store(drv, dvtd_pte_structure(domain), pa, pte);
}

void dvtd_pte_flush(struct drv *drv, const struct drv_domain *domain, uint64_t pa, uint64_t n_bytes)
{
    if (!is_snooped(drv, domain))
        dvtd_flush_lines(drv, pa, n_bytes);
}

static uint64_t table_pte(const struct drv_domain *domain, uint64_t table)
{
    uint64_t pte = table;

    if (domain->stage == 1) {
        vtd_PTE_FS_put_P(&pte, 1);
        vtd_PTE_FS_put_RW(&pte, 1);
        vtd_PTE_FS_put_US(&pte, 1);
        vtd_PTE_FS_put_A(&pte, 1);
    } else {
        vtd_PTE_SS_put_R(&pte, 1);
        vtd_PTE_SS_put_W(&pte, 1);
    }
    return pte;
}

/** struct run - what is left to map. @gone_first, @gone_last: where tables were dropped, unflushed.
 */
struct run {
    uint64_t iova, pa, n_bytes;
    uint8_t prot;
    bool has_gone;
    uint64_t gone_first, gone_last;
};

/* As Linux: what can be written can be read, but for second stages of 7. */
static uint64_t leaf_pte(const struct drv *drv, const struct drv_domain *domain,
                         const struct run *run, unsigned level)
{
    const uint64_t is_writable = run->prot & SIM_PROT_W ? 1 : 0;
    const bool is_readable = run->prot & SIM_PROT_R || !drv->policy->orders_tables;
    uint64_t pte = run->pa;

    if (domain->stage == 1) {
        vtd_PTE_FS_put_P(&pte, 1);
        vtd_PTE_FS_put_RW(&pte, is_writable);
        vtd_PTE_FS_put_US(&pte, 1);
        vtd_PTE_FS_put_A(&pte, 1);
        vtd_PTE_FS_put_D(&pte, is_writable);
        vtd_PTE_FS_put_PS(&pte, level > 1);
    } else {
        vtd_PTE_SS_put_R(&pte, is_readable);
        vtd_PTE_SS_put_W(&pte, is_writable);
        vtd_PTE_SS_put_SNP(&pte, domain->snoops);
        vtd_PTE_SS_put_PS(&pte, level > 1);
    }
    return pte;
}

/* ---- tables ---- */

int dvtd_new_table(struct drv *drv, const struct drv_domain *domain, uint64_t *pa)
{
    int err;

    if (drv->n_tables == drv->freed_room) {
        const uint32_t room = drv->freed_room ? 2 * drv->freed_room : TABLE_ENTRIES;
        uint64_t *bigger = realloc(drv->freed, room * sizeof(*bigger));

        if (!bigger)
            return -ENOMEM;
        drv->freed = bigger;
        drv->freed_room = room;
    }
    err = dvtd_alloc(drv, DVTD_PAGE, is_snooped(drv, domain), pa);
    drv->n_tables += !err;
    return err;
}

void dvtd_table_free_later(struct drv *drv, uint64_t pa)
{
    drv->freed[drv->n_freed++] = pa;
}

void dvtd_free_collected(struct drv *drv)
{
    drv->n_tables -= drv->n_freed;
    while (drv->n_freed)
        drv->port.free(drv->port.ctx, drv->freed[--drv->n_freed], DVTD_PAGE);
}

uint64_t dvtd_leaf(struct drv *drv, const struct drv_domain *domain, uint64_t iova, unsigned *level,
                   uint64_t *pa)
{
    uint64_t table = domain->root;

    for (*level = domain->levels;; (*level)--) {
        uint64_t pte;

        *pa = entry_at(table, iova, *level);
        pte = dvtd_load(drv, *pa);
        if (!dvtd_pte_is_table(pte, *level))
            return pte;
        table = dvtd_pte_table(pte);
    }
}

/* The entry of @iova at @level; tables down to it are made. */
static int reach(struct drv *drv, const struct drv_domain *domain, uint64_t iova, unsigned level,
                 uint64_t *pa)
{
    uint64_t table = domain->root;

    for (unsigned at = domain->levels; at > level; at--) {
        const uint64_t place = entry_at(table, iova, at);
        uint64_t pte = dvtd_load(drv, place);

        if (!dvtd_pte_present(pte)) {
            uint64_t new;
            const int err = dvtd_new_table(drv, domain, &new);

            if (err)
                return err;
            pte = table_pte(domain, new);
            if (drv->policy->orders_tables)
                dvtd_barrier(drv);
            dvtd_pte_store(drv, domain, place, pte);
            dvtd_pte_flush(drv, domain, place, DVTD_ENTRY);
        } else if (!dvtd_pte_is_table(pte, at)) {
            return -EEXIST;
        }
        table = dvtd_pte_table(pte);
    }
    *pa = entry_at(table, iova, level);
    return 0;
}

/* ---- large pages ---- */

/* The largest leaf for the start of a range. */
static unsigned level_for(const struct drv_domain *domain, uint64_t iova, uint64_t pa,
                          uint64_t n_bytes)
{
    unsigned level = domain->super_levels + 1U;

    while (level > 1 && ((iova | pa) % (UINT64_C(1) << dvtd_level_log2(level)) ||
                         n_bytes >> dvtd_level_log2(level) == 0))
        level--;
    return level;
}

/* An empty table (its pages were unmapped before) stands where a large page will: best flushes what
 * may still lead there and gives it back then, Linux 7 at the end. */
static void drop_table(struct drv *drv, struct drv_domain *domain, uint64_t place, unsigned level,
                       struct run *run)
{
    const uint64_t last = run->iova + (UINT64_C(1) << dvtd_level_log2(level)) - 1;

    dvtd_drop_table(drv, domain, place, level);
    if (drv->policy->orders_tables) {
        run->gone_first = run->has_gone ? run->gone_first : run->iova;
        run->gone_last = last;
        run->has_gone = true;
        return;
    }
    dvtd_flush_range(drv, domain, run->iova, last, false);
    dvtd_free_collected(drv);
}

/* Kernels before 7 make room for a whole run of large pages first. They give a table back before
 * they flush, from where it was to the end of the run. */
static void make_room(struct drv *drv, struct drv_domain *domain, uint64_t first, unsigned level,
                      const struct run *run)
{
    const uint64_t size = UINT64_C(1) << dvtd_level_log2(level);
    const uint64_t n_places = (DVTD_PAGE - first % DVTD_PAGE) / DVTD_ENTRY;
    const uint64_t n = run->n_bytes / size < n_places ? run->n_bytes / size : n_places;

    if (level == 1 || drv->policy->is_hitless || drv->policy->orders_tables)
        return;
    for (uint64_t i = 0; i < n; i++) {
        const uint64_t at = first + i * DVTD_ENTRY;

        if (!dvtd_pte_is_table(dvtd_load(drv, at), level))
            continue;
        dvtd_drop_table(drv, domain, at, level);
        dvtd_free_collected(drv);
        dvtd_flush_range(drv, domain, run->iova + i * size, run->iova + n * size - 1, false);
    }
}

static void flush_gone(struct drv *drv, struct drv_domain *domain, const struct run *run)
{
    if (!run->has_gone)
        return;
    dvtd_flush_range(drv, domain, run->gone_first, run->gone_last, false);
    dvtd_free_collected(drv);
}

/* ---- map ---- */

/* Entries side by side, to the end of the table or of the range. */
static int map_run(struct drv *drv, struct drv_domain *domain, struct run *run)
{
    const unsigned level = level_for(domain, run->iova, run->pa, run->n_bytes);
    const uint64_t size = UINT64_C(1) << dvtd_level_log2(level);
    uint64_t first, at;
    const int err = reach(drv, domain, run->iova, level, &first);

    if (err)
        return err;
    make_room(drv, domain, first, level, run);
    for (at = first; run->n_bytes >= size && (at == first || at % DVTD_PAGE); at += DVTD_ENTRY) {
        const uint64_t old = dvtd_load(drv, at);

        if (dvtd_pte_is_table(old, level))
            drop_table(drv, domain, at, level, run);
        else if (dvtd_pte_present(old))
            break;
        dvtd_pte_store(drv, domain, at, leaf_pte(drv, domain, run, level));
        run->iova += size;
        run->pa += size;
        run->n_bytes -= size;
    }
    if (at != first)
        dvtd_pte_flush(drv, domain, first, at - first);
    return run->n_bytes >= size && at % DVTD_PAGE ? -EEXIST : 0;
}

static int check_map(const struct drv *drv, const struct drv_domain *domain, const struct run *run)
{
    if (!domain->owns_root || !run->n_bytes || !(run->prot & SIM_PROT_RW) ||
        (run->iova | run->pa | run->n_bytes) % DVTD_PAGE)
        return -EINVAL;
    if (run->iova + run->n_bytes - 1 < run->iova ||
        run->iova + run->n_bytes - 1 > dvtd_aperture_end(domain))
        return -EFAULT;
    if (!(run->prot & SIM_PROT_W) && domain->spec.flags & DRV_NEST_PARENT &&
        drv->policy->refuses_read_only)
        return -EINVAL;
    return 0;
}

/* Nothing of a map was done: kernels before 7 unmap these 0 bytes, and flush what that gathers,
 * which is everything. */
static void forget_nothing(struct drv *drv, struct drv_domain *domain)
{
    if (domain->owns_root && domain->stage == 2 && !drv->policy->is_hitless &&
        !drv->policy->orders_tables)
        dvtd_flush_range(drv, domain, 0, UINT64_MAX, true);
    (void)dvtd_take_error(drv);
}

int dvtd_map(struct drv *drv, struct drv_domain *domain, uint64_t iova, uint64_t pa,
             uint64_t n_bytes, uint8_t prot)
{
    struct run run = {.iova = iova, .pa = pa, .n_bytes = n_bytes, .prot = prot};
    int err = check_map(drv, domain, &run);

    (void)dvtd_take_error(drv);
    if (err) {
        forget_nothing(drv, domain);
        return err;
    }
    domain->has_mappings = true;
    while (run.n_bytes && !err)
        err = map_run(drv, domain, &run);
    flush_gone(drv, domain, &run);
    if (!err) {
        dvtd_flush_mapped(drv, domain, iova, iova + n_bytes - 1);
        err = dvtd_take_error(drv);
    }
    if (err && run.iova == iova)
        forget_nothing(drv, domain);
    if (err && run.iova != iova) {
        uint64_t n_unmapped;

        (void)dvtd_unmap(drv, domain, iova, run.iova - iova, &n_unmapped);
        (void)dvtd_take_error(drv);
    }
    return err;
}
