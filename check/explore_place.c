/* SPDX-License-Identifier: BSD-2-Clause
 * explore_place.c - which pages are tables that a regime's root leads to.
 * Knows: roots, tables, memory. Must not know: what changes of them mean, layouts. */
#include "check/explore_private.h"

#define PAGE_BYTES 4096u
#define WORD_BYTES 8u
#define MAX_LEVELS 6u

/* struct xpl_tlb.globals: bit i for root i. */
enum {
    LOWER = 1 << 0,
    UPPER = 1 << 1,
};

static uint32_t hash_page(uint64_t pa)
{
    const uint64_t page = pa / PAGE_BYTES;

    return (uint32_t)((page ^ page >> 13) % XPL_BUCKETS);
}

/* What is stored there is not seen from now on, whoever does it. */
static void leave_out(struct xpl_core *core, const char *why)
{
    core->tables_left_out = why;
    xpl_op_hole(core, xpl_op_now(core), why);
}

static uint32_t idle_place(struct xpl_core *core)
{
    const uint32_t i = core->idle_place;

    if (i != XPL_NONE) {
        core->idle_place = core->places[i].next;
        return i;
    }
    if (core->n_places >= core->params->max_tables) {
        leave_out(core, "there are more tables than the explorer follows (max_tables)");
        return XPL_NONE;
    }
    if (!xpl_grow(core, (void **)&core->places, core->n_places, &core->n_max_places,
                  sizeof(*core->places)))
        return XPL_NONE;
    return core->n_places++;
}

static void add_places(struct xpl_core *core, uint32_t tlb, const struct chk_table *table)
{
    const uint64_t last = table->address + (uint64_t)table->n_entries * WORD_BYTES - 1;

    if (!table->n_entries)
        return; /* what is filed has no tables */
    for (uint64_t page = table->address / PAGE_BYTES; page <= last / PAGE_BYTES; page++) {
        const uint32_t i = idle_place(core);
        uint32_t *head = &core->by_page[hash_page(page * PAGE_BYTES)];

        if (i == XPL_NONE)
            return;
        core->places[i] = (struct xpl_place){*table, page * PAGE_BYTES, tlb, *head};
        *head = i;
    }
}

static void drop_places(struct xpl_core *core, uint32_t tlb, const struct chk_table *table)
{
    const uint64_t last = table->address + (uint64_t)table->n_entries * WORD_BYTES - 1;

    if (!table->n_entries)
        return; /* what is filed has no tables */
    for (uint64_t page = table->address / PAGE_BYTES; page <= last / PAGE_BYTES; page++) {
        uint32_t *at = &core->by_page[hash_page(page * PAGE_BYTES)];

        while (*at != XPL_NONE) {
            struct xpl_place *place = &core->places[*at];
            const uint32_t i = *at;

            if (place->tlb != tlb || place->table.address != table->address ||
                place->table.first != table->first) {
                at = &place->next;
                continue;
            }
            *at = place->next;
            place->next = core->idle_place;
            core->idle_place = i;
        }
    }
}

void xpl_place_decode(const struct xpl_core *core, const struct xpl_tlb *tlb,
                      const struct chk_table *table, uint32_t index, uint64_t word,
                      struct chk_pte *pte)
{
    const struct xpl_unit *unit = &core->units[tlb->unit];
    struct chk_table entry = *table;

    entry.first += (uint64_t)index << table->span_log2;
    unit->arch->pte(&unit->regs, &tlb->tag, &tlb->regime, &entry, word, pte);
}

/* Where a walk of a whole tree stands. */
struct level {
    struct chk_table table;
    uint32_t index;
};

/* @table and all below it. @found: told of each valid descriptor, may be NULL. */
static void visit(struct xpl_core *core, uint32_t tlb, const struct chk_table *table,
                  void (*enter)(struct xpl_core *, uint32_t, const struct chk_table *),
                  xpl_found *found)
{
    struct level stack[MAX_LEVELS] = {{.table = *table}};
    unsigned depth = 1;

    enter(core, tlb, table);
    while (depth) {
        struct level *at = &stack[depth - 1];
        struct chk_pte pte;
        uint64_t word;

        if (at->index == at->table.n_entries) {
            depth--;
            continue;
        }
        word = sim_mem_read64(core->mem, at->table.address + (uint64_t)at->index * WORD_BYTES);
        if (!word) {
            at->index++;
            continue;
        }
        xpl_place_decode(core, &core->tlbs[tlb], &at->table, at->index++, word, &pte);
        if (found && pte.kind != CHK_PTE_INVALID)
            found(core, tlb, &at->table, at->index - 1, &pte);
        if (pte.kind == CHK_PTE_TABLE && pte.next.level > at->table.level && depth < MAX_LEVELS) {
            stack[depth++] = (struct level){.table = pte.next};
            enter(core, tlb, &pte.next);
        }
    }
}

/* Is it found under any id? A half of the addresses keeps that in mind. */
void xpl_place_leaf(struct xpl_core *core, uint32_t tlb, const struct chk_table *table,
                    uint32_t index, const struct chk_pte *pte)
{
    (void)index;
    if (pte->kind == CHK_PTE_LEAF && pte->is_global && !pte->is_faulting)
        core->tlbs[tlb].globals |= table->first >> 63 ? UPPER : LOWER;
}

void xpl_place_add(struct xpl_core *core, uint32_t tlb, const struct chk_table *table)
{
    visit(core, tlb, table, add_places, xpl_place_leaf);
}

void xpl_place_drop(struct xpl_core *core, uint32_t tlb, const struct chk_table *table,
                    xpl_found *found)
{
    visit(core, tlb, table, drop_places, found);
}

void xpl_place_each(struct xpl_core *core, uint32_t tlb, const struct chk_table *table,
                    void (*enter)(struct xpl_core *, uint32_t, const struct chk_table *))
{
    visit(core, tlb, table, enter, NULL);
}

void xpl_place_follow(struct xpl_core *core, uint32_t tlb)
{
    const struct xpl_unit *unit = &core->units[core->tlbs[tlb].unit];
    struct chk_table root[2];
    const unsigned n =
        unit->arch->roots(&unit->regs, &core->tlbs[tlb].tag, &core->tlbs[tlb].regime, root);

    for (unsigned i = 0; i < n; i++)
        xpl_place_add(core, tlb, &root[i]);
}

void xpl_place_forget(struct xpl_core *core, uint32_t tlb)
{
    for (uint32_t b = 0; b < XPL_BUCKETS; b++) {
        uint32_t *at = &core->by_page[b];

        while (*at != XPL_NONE) {
            struct xpl_place *place = &core->places[*at];
            const uint32_t i = *at;

            if (place->tlb != tlb) {
                at = &place->next;
                continue;
            }
            *at = place->next;
            place->next = core->idle_place;
            core->idle_place = i;
        }
    }
}

static bool holds(const struct xpl_place *place, uint64_t pa)
{
    return place->page == pa / PAGE_BYTES * PAGE_BYTES && pa >= place->table.address &&
           (pa - place->table.address) / WORD_BYTES < place->table.n_entries;
}

/* Copies of the places that hold @pa: a store changes the lists. Return: how many. */
unsigned xpl_place_find(struct xpl_core *core, uint64_t pa, struct xpl_place *found)
{
    unsigned n = 0;

    for (uint32_t i = core->by_page[hash_page(pa)]; i != XPL_NONE; i = core->places[i].next) {
        if (!holds(&core->places[i], pa))
            continue;
        if (n == XPL_SHARED) {
            leave_out(core, "a table is shared more often than the explorer follows");
            break;
        }
        found[n++] = core->places[i];
    }
    return n;
}

/* Pages of tables between @first and @last, each once, @n_max at most. Return: how many. */
unsigned xpl_place_pages(const struct xpl_core *core, uint64_t first, uint64_t last,
                         uint64_t *pages, unsigned n_max)
{
    unsigned n = 0;

    for (uint32_t b = 0; b < XPL_BUCKETS; b++) {
        for (uint32_t i = core->by_page[b]; i != XPL_NONE && n < n_max; i = core->places[i].next) {
            const uint64_t page = core->places[i].page;
            unsigned j = 0;

            while (j < n && pages[j] != page)
                j++;
            if (j == n && page <= last && page + (PAGE_BYTES - 1) >= first)
                pages[n++] = page;
        }
    }
    return n;
}

bool xpl_place_is_in(const struct xpl_core *core, uint64_t page)
{
    for (uint32_t i = core->by_page[hash_page(page)]; i != XPL_NONE; i = core->places[i].next) {
        const struct xpl_tlb *tlb = &core->tlbs[core->places[i].tlb];

        if (core->places[i].page == page && tlb->is_live && tlb->is_made)
            return true;
    }
    return false;
}
