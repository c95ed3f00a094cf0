/* SPDX-License-Identifier: BSD-2-Clause
 * explore_walk.c - page table walks that miss a store: of a table that is linked before its
 * contents are visible, of a line that is late. Knows: tables, stores that are late
 * (explore_late.c). Must not know: layouts. */
#include "check/explore_private.h"

#define WORD_BYTES 8u
#define LINE_BYTES 64u

/* The table of a descriptor, of which hardware may read what was there before the store @seq. */
static void find_early(struct xpl_core *core, uint32_t tlb, const struct chk_table *table,
                       uint64_t pa, uint64_t old, uint64_t seq)
{
    const uint64_t index = (pa - table->address) / WORD_BYTES;
    struct xpl_table told = {.verdict = CHK_TORN,
                             .tag = core->tlbs[tlb].tag,
                             .first = table->first + (index << table->span_log2),
                             .seq = seq,
                             .what = "a table is linked before its contents are visible"};
    struct chk_pte pte;

    xpl_place_decode(core, &core->tlbs[tlb], table, (uint32_t)index, old, &pte);
    told.last = told.first + ((UINT64_C(1) << table->span_log2) - 1);
    if (pte.kind != CHK_PTE_INVALID)
        xpl_op_table(core, xpl_op_now(core), &told);
}

/* The same, where it is its line that comes later. */
static void find_late(struct xpl_core *core, uint32_t tlb, const struct chk_table *table)
{
    const struct xpl_tlb *of = &core->tlbs[tlb];
    const struct xpl_late *list[XPL_MAX_LATE];
    const uint64_t end = table->address + (uint64_t)table->n_entries * WORD_BYTES;

    for (uint64_t pa = table->address; pa < end; pa += LINE_BYTES) {
        const unsigned n = xpl_late_find(core, of->unit, of->is_unsnooped, pa, list);

        for (unsigned i = 0; i < n; i++) {
            if (list[i]->pa >= table->address && list[i]->pa < end &&
                list[i]->old[0] != list[i]->word[0])
                find_early(core, tlb, table, list[i]->pa, list[i]->old[0], list[i]->seq);
        }
    }
}

/* A table is found at once, its contents later: what was there before is read. */
void xpl_pte_link(struct xpl_core *core, uint32_t tlb, const struct chk_table *table)
{
    const uint64_t n_bytes = (uint64_t)table->n_entries * WORD_BYTES;

    if (!core->tlbs[tlb].is_made)
        return;
    for (uint32_t i = 0; core->is_recorded && i < core->n_loose; i++) {
        const struct xpl_loose *loose = &core->loose[i];

        if (loose->pa >= table->address && loose->pa - table->address < n_bytes)
            find_early(core, tlb, table, loose->pa, loose->old[0], loose->seq);
    }
    if (core->by_line)
        xpl_place_each(core, tlb, table, find_late);
}

void xpl_pte_flush(struct xpl_core *core, uint32_t unit, uint64_t pa, uint64_t before)
{
    const uint64_t first = pa / LINE_BYTES * LINE_BYTES;

    for (uint32_t i = 0; i < core->n_runs; i++) {
        struct xpl_run *run = &core->runs[i];
        const bool is_it = unit == XPL_NONE ? run->from < first + LINE_BYTES && run->to >= first
                                            : run->unit == unit;

        if (run->is_live && run->gone == XPL_IN_LINE && is_it &&
            !xpl_late_is_any(core, run->unit, run->is_unsnooped, run->from, run->to))
            run->gone = before;
    }
}

/* The tables were there before the root that leads to them. */
void xpl_pte_follow(struct xpl_core *core, uint32_t tlb)
{
    const struct xpl_unit *unit = &core->units[core->tlbs[tlb].unit];
    struct chk_table root[2];
    const unsigned n =
        unit->arch->roots(&unit->regs, &core->tlbs[tlb].tag, &core->tlbs[tlb].regime, root);

    for (unsigned i = 0; i < n && core->by_line; i++) {
        if (root[i].n_entries)
            xpl_place_each(core, tlb, &root[i], find_late);
    }
}

/* Is @late in the table of @place a store that maps, and may a walk miss it? */
static bool misses(struct xpl_core *core, const struct xpl_place *place,
                   const struct xpl_late *late)
{
    const struct xpl_tlb *tlb = &core->tlbs[place->tlb];
    const uint32_t index = (uint32_t)((late->pa - place->table.address) / WORD_BYTES);
    struct chk_pte before, now;

    xpl_place_decode(core, tlb, &place->table, index, late->old[0], &before);
    xpl_place_decode(core, tlb, &place->table, index, sim_mem_read64(core->mem, late->pa), &now);
    return before.kind == CHK_PTE_INVALID && now.kind != CHK_PTE_INVALID &&
           xpl_late_is_missed(core, tlb->unit, tlb->is_unsnooped, late);
}

bool xpl_pte_misses(struct xpl_core *core, const struct xpl_late *late, uint32_t op)
{
    struct xpl_place found[XPL_SHARED];
    const unsigned n = xpl_place_find(core, late->pa, found);

    for (unsigned i = 0; i < n; i++) {
        const struct xpl_tlb *tlb = &core->tlbs[found[i].tlb];

        if (tlb->is_live && tlb->is_made && (op == XPL_NONE || tlb->op == op) &&
            misses(core, &found[i], late))
            return true;
    }
    return false;
}
