/* SPDX-License-Identifier: BSD-2-Clause
 * explore_walk.c - walks of page tables that miss stores: of a table linked early, of a late line.
 * Knows: tables, stores that are late (explore_late.c). Must not know: layouts. */
#include "check/explore_private.h"

#define WORD_BYTES 8u
#define LINE_BYTES 64u

static void decode(const struct xpl_core *core, uint32_t tlb, const struct chk_table *table,
                   uint64_t pa, uint64_t word, struct chk_pte *pte)
{
    const uint32_t index = (uint32_t)((pa - table->address) / WORD_BYTES);

    xpl_place_decode(core, &core->tlbs[tlb], table, index, word, pte);
}

static void tell(struct xpl_core *core, uint32_t tlb, const struct chk_table *table, uint64_t pa,
                 uint64_t seq, enum chk_class verdict)
{
    const uint64_t index = (pa - table->address) / WORD_BYTES;
    const uint64_t first = table->first + (index << table->span_log2);
    const struct xpl_table told = {.verdict = verdict,
                                   .tag = core->tlbs[tlb].tag,
                                   .first = first,
                                   .last = first + ((UINT64_C(1) << table->span_log2) - 1),
                                   .seq = seq,
                                   .what = "a table is linked before its contents are visible"};

    xpl_op_table(core, xpl_op_now(core), &told);
}

/* The table of a descriptor, of which hardware may read @old, as it was before the store @seq. */
static void find_early(struct xpl_core *core, uint32_t tlb, const struct chk_table *table,
                       uint64_t pa, uint64_t old, uint64_t seq)
{
    struct chk_pte pte;

    decode(core, tlb, table, pa, old, &pte);
    if (pte.kind != CHK_PTE_INVALID)
        tell(core, tlb, table, pa, seq, CHK_TORN);
}

/* What translated before, and does so when the store is seen, does not in between. */
static void find_gap(struct xpl_core *core, uint32_t tlb, const struct chk_table *table,
                     uint64_t pa, uint64_t old, uint64_t seq)
{
    struct chk_pte before, now;

    decode(core, tlb, table, pa, old, &before);
    decode(core, tlb, table, pa, sim_mem_read64(core->mem, pa), &now);
    if (before.kind == CHK_PTE_INVALID && now.kind != CHK_PTE_INVALID)
        tell(core, tlb, table, pa, seq, CHK_BREAKS);
}

/* The same, where it is its line that comes later. */
static void find_late(struct xpl_core *core, uint32_t tlb, const struct chk_table *table)
{
    const struct xpl_tlb *of = &core->tlbs[tlb];
    const struct xpl_late *list[XPL_MAX_LATE];
    const uint64_t end = table->address + (uint64_t)table->n_entries * WORD_BYTES;

    for (uint64_t line = table->address; line < end; line += LINE_BYTES) {
        const unsigned n = xpl_late_find(core, of->unit, of->is_unsnooped, line, list);

        for (unsigned i = 0; i < n * 2; i++) {
            const struct xpl_late *late = list[i / 2];
            const uint64_t pa = late->pa + (uint64_t)(i % 2) * WORD_BYTES;

            if (i % 2 >= late->n_words || pa < table->address || pa >= end ||
                late->old[i % 2] == late->word[i % 2])
                continue;
            find_early(core, tlb, table, pa, late->old[i % 2], late->seq);
            if (core->is_relinked)
                find_gap(core, tlb, table, pa, late->old[i % 2], late->seq);
        }
    }
}

/* A table is found at once, its contents later: what was there before is read. */
void xpl_pte_link(struct xpl_core *core, uint32_t tlb, const struct chk_table *table,
                  bool is_relinked)
{
    const uint64_t n_bytes = (uint64_t)table->n_entries * WORD_BYTES;

    if (!core->tlbs[tlb].is_made)
        return;
    for (uint32_t i = 0; core->is_recorded && i < core->n_loose; i++) {
        const struct xpl_loose *loose = &core->loose[i];

        if (loose->pa >= table->address && loose->pa - table->address < n_bytes)
            find_early(core, tlb, table, loose->pa, loose->old[0], loose->seq);
    }
    core->is_relinked = is_relinked;
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
void xpl_pte_follow(struct xpl_core *core, uint32_t tlb, bool is_relinked)
{
    const struct xpl_unit *unit = &core->units[core->tlbs[tlb].unit];
    struct chk_table root[2];
    const unsigned n =
        unit->arch->roots(&unit->regs, &core->tlbs[tlb].tag, &core->tlbs[tlb].regime, root);

    core->is_relinked = is_relinked;
    for (unsigned i = 0; i < n && core->by_line; i++) {
        if (root[i].n_entries)
            xpl_place_each(core, tlb, &root[i], find_late);
    }
}

/* Is word @w of @late in the table of @place one that maps, and may a walk miss it? */
static bool misses(struct xpl_core *core, const struct xpl_place *place,
                   const struct xpl_late *late, unsigned w)
{
    const struct xpl_tlb *tlb = &core->tlbs[place->tlb];
    const uint64_t pa = late->pa + (uint64_t)w * WORD_BYTES;
    struct chk_pte before, now;

    decode(core, place->tlb, &place->table, pa, late->old[w], &before);
    decode(core, place->tlb, &place->table, pa, sim_mem_read64(core->mem, pa), &now);
    return before.kind == CHK_PTE_INVALID && now.kind != CHK_PTE_INVALID &&
           xpl_late_is_missed(core, tlb->unit, tlb->is_unsnooped, late);
}

bool xpl_pte_misses(struct xpl_core *core, const struct xpl_late *late, uint32_t op)
{
    struct xpl_place found[XPL_SHARED];

    for (unsigned w = 0; w < late->n_words; w++) {
        const unsigned n = xpl_place_find(core, late->pa + (uint64_t)w * WORD_BYTES, found);

        for (unsigned i = 0; i < n; i++) {
            const struct xpl_tlb *tlb = &core->tlbs[found[i].tlb];

            if (tlb->is_live && tlb->is_made && (op == XPL_NONE || tlb->made_op == op) &&
                misses(core, &found[i], late, w))
                return true;
        }
    }
    return false;
}
