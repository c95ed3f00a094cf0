/* SPDX-License-Identifier: BSD-2-Clause
 * ord_vtd_pte.c - rules of page tables: entries that go, tables that are given back.
 * Knows: links between pages of tables. Must not know: what else an entry may say (9.7, 9.8). */
#include "check/vtd/ord_vtd.h"

#include "sim/diag.h"

#include <inttypes.h>
#include <stdlib.h>

#define PAGE_MASK UINT64_C(0xfff)
#define PAGE_LOG2 12u
#define LEVEL_LOG2 9u
#define MAX_LEVELS 5u
#define MIN_PAGES 64u
#define PAGE_HASH UINT64_C(0x9e3779b97f4a7c15)

/* ---- Pages ----------------------------------------------------------------------------------- */

static struct ordv_page *place_of(struct ordv_page *pages, size_t room, uint64_t pa)
{
    size_t i = (size_t)((pa >> PAGE_LOG2) * PAGE_HASH >> 32) & (room - 1);

    while (pages[i].pa && pages[i].pa != (pa | 1))
        i = (i + 1) & (room - 1);
    return &pages[i];
}

static struct ordv_page *page_of(const struct ordv *v, uint64_t pa)
{
    struct ordv_page *page =
        v->pages_room ? place_of(v->pages, v->pages_room, pa & ~PAGE_MASK) : NULL;

    return page && page->pa ? page : NULL;
}

static bool grow(struct ordv *v)
{
    const size_t room = v->pages_room ? v->pages_room * 2 : MIN_PAGES;
    struct ordv_page *pages = calloc(room, sizeof(*pages));

    if (!pages) {
        v->order->error = SIM_ENOMEM;
        return false;
    }
    for (size_t i = 0; i < v->pages_room; i++) {
        if (v->pages[i].pa)
            *place_of(pages, room, v->pages[i].pa & ~PAGE_MASK) = v->pages[i];
    }
    free(v->pages);
    v->pages = pages;
    v->pages_room = room;
    return true;
}

/* ---- Entries; both formats have present, rights, PS and address in the same bits --------------*/

static bool is_present(uint64_t entry)
{
    return vtd_PTE_SS_R(&entry) || vtd_PTE_SS_W(&entry);
}

static bool leads_to(uint64_t entry, uint64_t page)
{
    return is_present(entry) && vtd_PTE_SS_ADDR_addr(&entry) == page;
}

/* Did an entry lose something that a cache may have? */
static bool is_less(uint64_t before, uint64_t after)
{
    const uint64_t rights = ORDV_BITS(PTE_SS, R) | ORDV_BITS(PTE_SS, W);
    const uint64_t same = ORDV_BITS(PTE_SS, ADDR) | ORDV_BITS(PTE_SS, PS);

    return is_present(before) && (!is_present(after) || ((before ^ after) & same) != 0 ||
                                  (before & ~after & rights) != 0);
}

/* The entry at @slot leads to @child. A table that is mapped as data, too, keeps its place: what
 * was there first, since its memory was given out, is the table. */
static void link_page(struct ordv *v, uint64_t child, uint64_t slot)
{
    struct ordv_page *page;

    if (2 * (v->n_pages + 1) > v->pages_room && !grow(v))
        return;
    page = place_of(v->pages, v->pages_room, child & ~PAGE_MASK);
    v->n_pages += page->pa == 0;
    page->pa = (child & ~PAGE_MASK) | 1;
    if (!page->parent || !leads_to(sim_mem_read64(v->order->mem, page->parent), child))
        page->parent = slot;
}

static void forget_pages(struct ordv *v, uint64_t first, uint64_t size)
{
    const uint64_t start = first & ~PAGE_MASK;

    for (uint64_t at = start; at - start < size; at += PAGE_MASK + 1) {
        if (page_of(v, at))
            page_of(v, at)->parent = 0;
    }
}

/* ---- Who walks here -------------------------------------------------------------------------- */

/* On the way up from an entry: @first, of the addresses below it, and how far it is. */
struct way {
    uint64_t slot, page, first;
    unsigned depth;
};

static unsigned index_of(uint64_t slot)
{
    return (unsigned)((slot & PAGE_MASK) / 8);
}

/* Is an invalidation for an earlier entry of the list one for this one, too? */
static bool is_served(const struct ordv_unit *unit, size_t i, unsigned stage)
{
    const struct ordv_conf *conf = &unit->confs[i];

    for (size_t k = 0; k < i; k++) {
        const struct ordv_conf *other = &unit->confs[k];

        if (other->did == conf->did && other->root[stage] == conf->root[stage] &&
            (stage == 0 || other->pasid == conf->pasid))
            return true;
    }
    return false;
}

static void add_duty(struct ordv *v, struct ordv_unit *unit, const struct ordv_conf *conf,
                     unsigned stage, const struct way *way, const struct ord_stored *stored)
{
    const unsigned level = conf->levels[stage] - way->depth;
    const unsigned log2 = PAGE_LOG2 + LEVEL_LOG2 * (level - 1);
    const struct ordv_conf of = *conf;
    struct ordv_duty *duty = ordv_duty_new(v, unit, ORDV_PTE);

    if (!duty)
        return;
    duty->pa = stored->pa;
    duty->sid = of.sid;
    duty->pasid = of.pasid;
    duty->did = of.did;
    duty->before[0] = stored->before[0];
    duty->is_first_stage = stage == 1;
    duty->by_domain = stage == 0;
    duty->first = way->first << log2;
    duty->last = duty->first + ((UINT64_C(1) << log2) - 1);
    duty->is_table = level > 1 && !vtd_PTE_SS_PS(stored->before);
    duty->needs[ORDV_IOTLB] = true;
    duty->needs[ORDV_DEV] = ordv_has_ats(v, unit, of.sid);
}

static void add_duties(struct ordv *v, struct ordv_unit *unit, const struct way *way,
                       const struct ord_stored *stored)
{
    const size_t n = unit->n_confs;

    for (size_t i = 0; i < n; i++) {
        for (unsigned stage = 0; stage < 2; stage++) {
            const struct ordv_conf *conf = &unit->confs[i];

            if (conf->root[stage] == way->page && conf->levels[stage] > way->depth &&
                (!is_served(unit, i, stage) || ordv_has_ats(v, unit, conf->sid)))
                add_duty(v, unit, conf, stage, way, stored);
        }
    }
}

static bool has_conf(const struct ordv_unit *unit, const struct ordv_conf *conf, unsigned stage)
{
    for (size_t i = 0; i < unit->n_confs; i++) {
        if (unit->confs[i].did == conf->did && unit->confs[i].root[stage] == conf->root[stage])
            return true;
    }
    return false;
}

/* An entry that went, and whose IOTLB invalidation is not even published, translates still. An
 * unmap leaves a duty for each page, and each of them comes here: without such entries it is not
 * looked. */
static void add_duties_of_gone(struct ordv *v, struct ordv_unit *unit, const struct way *way,
                               const struct ord_stored *stored)
{
    const size_t n = unit->n_entry_duties ? unit->n_duties : 0;

    for (size_t i = 0; i < n; i++) {
        const struct ordv_duty *duty = &unit->duties[i];
        struct ordv_conf conf;

        if (!duty->needs[ORDV_IOTLB] || duty->index[ORDV_IOTLB] != ORDV_NO_INDEX ||
            !ordv_conf_before(unit, duty, &conf))
            continue;
        for (unsigned stage = 0; stage < 2; stage++) {
            if (conf.root[stage] == way->page && conf.levels[stage] > way->depth &&
                !has_conf(unit, &conf, stage))
                add_duty(v, unit, &conf, stage, way, stored);
        }
    }
}

/* One level up; false at a page that nothing leads to any more. */
static bool climb(const struct ordv *v, struct way *way)
{
    const struct ordv_page *page = page_of(v, way->page);

    if (!page || !page->parent || !leads_to(sim_mem_read64(v->order->mem, page->parent), way->page))
        return false;
    way->depth++;
    way->slot = page->parent;
    way->page = page->parent & ~PAGE_MASK;
    way->first |= (uint64_t)index_of(way->slot) << (LEVEL_LOG2 * way->depth);
    return way->depth < MAX_LEVELS;
}

void ordv_pte_store(struct ordv *v, const struct ord_stored *stored)
{
    struct way way = {stored->pa, stored->pa & ~PAGE_MASK, index_of(stored->pa), 0};

    if (is_present(stored->after[0]) && !vtd_PTE_SS_PS(stored->after))
        link_page(v, vtd_PTE_SS_ADDR_addr(stored->after), stored->pa);
    if (!is_less(stored->before[0], stored->after[0]))
        return;
    do {
        for (size_t i = 0; i < ORDV_MAX_UNITS; i++) {
            if (!v->units[i].is_used || !ordv_is_on(&v->units[i]))
                continue;
            add_duties(v, &v->units[i], &way, stored);
            add_duties_of_gone(v, &v->units[i], &way, stored);
        }
    } while (climb(v, &way));
}

bool ordv_pte_is_walked(const struct ordv *v, const struct ordv_unit *unit, uint64_t pa,
                        bool is_unsnooped)
{
    struct way way = {pa, pa & ~PAGE_MASK, index_of(pa), 0};

    do {
        for (size_t i = 0; i < unit->n_confs; i++) {
            const struct ordv_conf *conf = &unit->confs[i];

            if ((!is_unsnooped || conf->is_unsnooped) &&
                ((conf->root[0] == way.page && conf->levels[0] > way.depth) ||
                 (conf->root[1] == way.page && conf->levels[1] > way.depth)))
                return true;
        }
    } while (climb(v, &way));
    return false;
}

/* ---- Tables that are given back -------------------------------------------------------------- */

static bool tell_early(struct ordv *v, const struct ordv_unit *unit, uint64_t page, uint64_t slot)
{
    for (size_t i = 0; i < unit->n_duties; i++) {
        const struct ordv_duty *duty = &unit->duties[i];

        if (duty->kind != ORDV_PTE || duty->pa != slot || !duty->is_table)
            continue;
        ord_hit_since(v->order, CHK_RULE_VTD_FREED_EARLY, unit->iommu, &duty->since,
                      "table 0x%" PRIx64 " hung at 0x%" PRIx64
                      ", whose invalidation nobody saw complete",
                      page, slot);
        return true;
    }
    return false;
}

/* Is what hangs @depth levels below @root a table there? Below the last level are pages. */
static bool is_table_of(const struct ordv_conf *conf, uint64_t root, unsigned depth)
{
    return (conf->root[0] == root && depth < conf->levels[0]) ||
           (conf->root[1] == root && depth < conf->levels[1]);
}

static bool tell_linked(struct ordv *v, const struct ordv_unit *unit, uint64_t page, uint64_t root,
                        unsigned depth)
{
    for (size_t i = 0; i < unit->n_confs; i++) {
        const struct ordv_conf *conf = &unit->confs[i];

        if (!is_table_of(conf, root, depth))
            continue;
        ord_hit(v->order, CHK_RULE_VTD_FREED_LINKED, unit->iommu,
                "0x%" PRIx64 " is a table of requester 0x%x, domain %u", page, conf->sid,
                conf->did);
        return true;
    }
    return false;
}

static void free_page(struct ordv *v, const struct ordv_unit *unit, uint64_t page)
{
    bool is_linked = true;
    uint64_t at = page;

    for (unsigned depth = 0; depth < MAX_LEVELS; depth++) {
        const struct ordv_page *known = page_of(v, at);

        if (is_linked && tell_linked(v, unit, page, at, depth))
            return;
        if (!known || !known->parent || tell_early(v, unit, page, known->parent))
            return;
        is_linked &= leads_to(sim_mem_read64(v->order->mem, known->parent), at);
        at = known->parent & ~PAGE_MASK;
    }
}

void ordv_pte_free(struct ordv *v, const struct sim_rec_memfree *rec)
{
    const uint64_t first = rec->pa & ~PAGE_MASK;

    for (uint64_t at = first; at - first < rec->size; at += PAGE_MASK + 1) {
        for (size_t i = 0; i < ORDV_MAX_UNITS; i++) {
            if (v->units[i].is_used && ordv_is_on(&v->units[i]))
                free_page(v, &v->units[i], at);
        }
    }
    forget_pages(v, rec->pa, rec->size);
}

/* Memory that is given out: who led to it before led to what it was then. */
void ordv_pte_memory(struct ordv *v, const struct sim_rec_memory *rec)
{
    forget_pages(v, rec->pa, rec->size);
}
