/* SPDX-License-Identifier: BSD-2-Clause
 * explore_pte.c - changes of page tables, as translations may still have them.
 * Knows: descriptors that were overwritten, invalidations, freed pages. Must not know: layouts.
 *
 * A store into a table that a root leads to (explore_place.c) that changes a valid
 * descriptor makes a run: addresses for which hardware may still use what was there
 * (explore_run.c). A run ends with an invalidation of its tag and addresses, published after the
 * store, that is known complete. */
#include "check/explore_private.h"

#include <stdlib.h>
#include <string.h>

#define PAGE_BYTES 4096u
#define WORD_BYTES 8u
#define MAX_FILLED 256u
#define SCATTERED "pages were unmapped from more places than the explorer keeps, and one is freed"

/* ---- runs ---- */

static bool is_same_space(const struct xpl_run *run, const struct xpl_tlb *tlb)
{
    return run->unit == tlb->unit && memcmp(&run->tag, &tlb->tag, sizeof(run->tag)) == 0 &&
           memcmp(&run->regime, &tlb->regime, sizeof(run->regime)) == 0;
}

/* A global leaf is found under any id. */
static bool finds(const struct xpl_tlb *tlb, const struct xpl_run *run)
{
    return run->pte.kind == CHK_PTE_LEAF && run->pte.is_global && run->unit == tlb->unit &&
           xpl_tlb_is_found(&run->tag, true, &tlb->tag);
}

/* May a request use the tag with these tables? Else the run sleeps. */
static bool is_awake(const struct xpl_core *core, const struct xpl_run *run)
{
    if (run->is_atc)
        return true; /* whatever the IOMMU does */
    if (run->is_combined && !xpl_guest_is_here(core, run->unit, &run->tag))
        return false;
    for (uint32_t i = 0; i < core->n_tlbs; i++) {
        const struct xpl_tlb *tlb = &core->tlbs[i];
        struct xpl_run like = *run;

        if (run->is_combined)
            like.tag = tlb->tag; /* the guest's half has no name here */
        if (tlb->is_live && tlb->is_made && (is_same_space(&like, tlb) || finds(tlb, run)))
            return true;
    }
    return false;
}

static void tell(struct xpl_core *core, struct xpl_run *run, enum chk_class verdict, uint64_t page,
                 const char *what)
{
    const struct xpl_table table = {.verdict = verdict,
                                    .tag = run->tag,
                                    .first = run->first,
                                    .last = run->last,
                                    .page = page,
                                    .seq = run->seq,
                                    .what = what};

    run->is_told = true;
    xpl_op_table(core, run->op != XPL_NONE ? run->op : xpl_op_now(core), &table);
}

/* What a guest's tables and these make together has the guest's addresses: any. */
static bool has_guest(const struct xpl_core *core, const struct xpl_tlb *tlb)
{
    return tlb->tag.stage == 2 && xpl_guest_was_here(core, tlb->unit, &tlb->tag);
}

/* Devices with ATS that may have asked for it keep it until they are told. */
static void add_kept(struct xpl_core *core, const struct xpl_tlb *tlb, const struct xpl_run *run)
{
    for (uint32_t i = 0; i < core->n_streams; i++) {
        const struct xpl_stream *stream = &core->streams[i];
        struct xpl_run kept = *run;

        if (stream->unit == tlb->unit)
            xpl_atc_answers(core, stream, &stream->now, run->op, XPL_NONE, &tlb->tag);
        kept.is_atc = true;
        kept.dev = stream->dev;
        kept.request = stream->request;
        for (uint32_t j = 0; stream->has_ats && j < stream->atc.n; j++) {
            const struct chk_target *target = &stream->atc.seen[j].target;

            if (stream->unit != tlb->unit || !target->n_tlbs ||
                memcmp(&target->tlb[0].tag, &tlb->tag, sizeof(tlb->tag)) != 0)
                continue;
            xpl_run_add(core, &kept);
            break;
        }
    }
}

static bool differs(const struct chk_pte *a, const struct chk_pte *b)
{
    return a->kind != b->kind || a->pa != b->pa || a->prot != b->prot || a->attrs != b->attrs ||
           (a->kind == CHK_PTE_TABLE && a->next.address != b->next.address);
}

static void take_pages(struct xpl_run *run)
{
    const struct chk_table *next = &run->pte.next;

    if (run->pte.kind == CHK_PTE_TABLE) {
        run->page_first = next->address;
        run->page_last = next->address + (uint64_t)next->n_entries * WORD_BYTES - 1;
    } else {
        run->page_first = run->pte.pa;
        run->page_last = run->pte.pa + ((UINT64_C(1) << run->span_log2) - 1);
    }
}

static void change(struct xpl_core *core, const struct xpl_tlb *tlb, const struct chk_table *table,
                   uint32_t index, const struct chk_pte *pte, bool is_below)
{
    struct xpl_run run;

    memset(&run, 0, sizeof(run));
    run.tag = tlb->tag;
    run.regime = tlb->regime;
    run.pte = *pte;
    run.first = table->first + ((uint64_t)index << table->span_log2);
    run.last = run.first + ((UINT64_C(1) << table->span_log2) - 1);
    run.span_log2 = table->span_log2;
    run.seq = core->seq;
    run.last_seq = core->seq;
    run.gone = XPL_NEVER;
    run.cpu = core->cpu;
    run.unit = tlb->unit;
    run.op = xpl_op_now(core);
    run.level = table->level;
    run.from = core->store_pa;
    run.to = core->store_pa + (WORD_BYTES - 1);
    run.is_live = true;
    run.is_below = is_below;
    run.is_unsnooped = tlb->is_unsnooped;
    run.is_late = tlb->is_unsnooped || xpl_late_is_buffered(core, tlb->unit);
    take_pages(&run);
    xpl_run_add(core, &run);
    if (pte->kind == CHK_PTE_LEAF)
        add_kept(core, tlb, &run);
    if (!has_guest(core, tlb))
        return;
    run.tag.stage = 1;
    run.is_combined = true;
    run.first = 0;
    run.last = UINT64_MAX;
    xpl_run_add(core, &run);
}

/* A table gets another place while hardware may still read it at its old one. */
static void reuse(struct xpl_core *core, const struct xpl_tlb *tlb, const struct chk_table *table)
{
    for (uint32_t i = 0; i < core->n_runs; i++) {
        struct xpl_run *run = &core->runs[i];
        const bool is_same = run->first == table->first && run->pte.next.level == table->level &&
                             is_same_space(run, tlb);

        if (run->is_live && run->pte.kind == CHK_PTE_TABLE && !run->is_combined && !is_same &&
            run->page_first <= table->address && run->page_last >= table->address &&
            is_awake(core, run))
            tell(core, run, CHK_DANGLES, table->address,
                 "a table gets another place while hardware may read it at its old one");
    }
}

/* Below a descriptor that leads to its table no more: entries of every level may be held. */
static void change_below(struct xpl_core *core, uint32_t tlb, const struct chk_table *table,
                         uint32_t index, const struct chk_pte *pte)
{
    if (!pte->is_faulting)
        change(core, &core->tlbs[tlb], table, index, pte, true);
}

static void conflict(struct xpl_core *core, const struct xpl_tlb *tlb, const struct chk_pte *before,
                     const struct chk_pte *after, uint64_t first)
{
    const bool is_resized = before->kind != after->kind;
    const bool is_moved = is_resized || before->pa != after->pa;
    const bool is_free = is_resized && before->is_break_free;
    const struct xpl_table table = {.verdict = CHK_BREAKS,
                                    .tag = tlb->tag,
                                    .first = first,
                                    .last = first,
                                    .seq = core->seq,
                                    .what = "two translations of one address meet (break before "
                                            "make)"};

    if (core->params->same_tag_conflict && tlb->is_made && is_moved && !is_free &&
        before->kind != CHK_PTE_INVALID && after->kind != CHK_PTE_INVALID)
        xpl_op_table(core, xpl_op_now(core), &table);
}

static void store_place(struct xpl_core *core, const struct xpl_place *at, uint64_t pa,
                        uint64_t old, uint64_t word)
{
    const struct xpl_place place = *at;
    const uint32_t tlb = place.tlb;
    const uint32_t index = (uint32_t)((pa - place.table.address) / WORD_BYTES);
    struct chk_pte before, after;

    xpl_place_decode(core, &core->tlbs[tlb], &place.table, index, old, &before);
    xpl_place_decode(core, &core->tlbs[tlb], &place.table, index, word, &after);
    if (!differs(&before, &after))
        return;
    conflict(core, &core->tlbs[tlb], &before, &after,
             place.table.first + ((uint64_t)index << place.table.span_log2));
    if (before.kind == CHK_PTE_INVALID && core->tlbs[tlb].is_made)
        core->cpus[core->cpu].map_seq = core->seq;
    if (before.kind != CHK_PTE_INVALID && !before.is_faulting)
        change(core, &core->tlbs[tlb], &place.table, index, &before, false);
    if (before.kind == CHK_PTE_TABLE)
        xpl_place_drop(core, tlb, &before.next, change_below);
    xpl_place_leaf(core, tlb, &place.table, index, &after);
    if (after.kind != CHK_PTE_TABLE)
        return;
    reuse(core, &core->tlbs[tlb], &after.next);
    xpl_pte_link(core, tlb, &after.next, before.kind != CHK_PTE_INVALID);
    xpl_place_add(core, tlb, &after.next);
}

/* A store changes the lists of places, so those that it goes to are copied first. */
void xpl_pte_store(struct xpl_core *core, uint64_t pa, uint64_t old, uint64_t word)
{
    struct xpl_place found[XPL_SHARED];
    unsigned n;

    if (old == word)
        return;
    n = xpl_place_find(core, pa, found);
    for (unsigned i = 0; i < n; i++)
        store_place(core, &found[i], pa, old, word);
}

/* Contents that are there without stores: tables among them have changed. */
void xpl_pte_fill(struct xpl_core *core, uint64_t first, uint64_t last, uint64_t fill)
{
    uint64_t pages[MAX_FILLED];
    const unsigned n = xpl_place_pages(core, first, last, pages, MAX_FILLED);

    if (n == MAX_FILLED)
        xpl_op_hole(core, xpl_op_now(core), "more tables get new contents than is followed");
    for (unsigned i = 0; i < n; i++) {
        for (uint64_t pa = pages[i]; pa < pages[i] + PAGE_BYTES; pa += WORD_BYTES) {
            if (pa >= first && pa <= last)
                xpl_pte_store(core, pa, sim_mem_read64(core->mem, pa), fill);
        }
    }
}

void xpl_pte_settle(struct xpl_core *core, uint16_t cpu, uint64_t before)
{
    for (uint32_t i = 0; i < core->n_runs; i++) {
        struct xpl_run *run = &core->runs[i];

        if (run->is_live && run->cpu == cpu && run->gone == XPL_NEVER && run->last_seq < before)
            run->gone = xpl_late_is_any(core, run->unit, run->is_unsnooped, run->from, run->to)
                            ? XPL_IN_LINE
                            : core->seq;
    }
}

/* ---- invalidations ---- */

/* Does a table lead to it that hardware may still hold? Then it may be read again. */
static bool has_table_run(const struct xpl_core *core, const struct xpl_run *leaf)
{
    if (!leaf->is_below)
        return false;
    for (uint32_t i = 0; i < core->n_runs; i++) {
        const struct xpl_run *run = &core->runs[i];

        if (run->is_live && run->pte.kind == CHK_PTE_TABLE && run->seq == leaf->seq &&
            run->first <= leaf->last && run->last >= leaf->first && run->unit == leaf->unit &&
            memcmp(&run->tag, &leaf->tag, sizeof(run->tag)) == 0)
            return true;
    }
    return false;
}

static bool is_dropped(const struct xpl_core *core, const struct xpl_run *run,
                       const struct chk_command *c)
{
    const struct xpl_unit *unit = &core->units[run->unit];
    const unsigned n_levels = unit->arch->last_level + 1u - (unsigned)run->level;
    struct chk_tlb_entry entry;

    memset(&entry, 0, sizeof(entry));
    entry.tag = run->tag;
    entry.first = run->first;
    entry.last = run->last;
    entry.level = run->level;
    if (!run->is_combined) /* each level has the bits of a granule but for 3 */
        entry.granule_log2 = (uint8_t)((run->span_log2 + 3 * (n_levels - 1)) / n_levels);
    entry.is_global = run->pte.is_global;
    entry.is_table = run->pte.kind == CHK_PTE_TABLE;
    entry.is_combined = run->is_combined;
    return unit->arch->drops_tlb(&unit->regs, c, &entry);
}

/* What both stages make together is made again as long as the lower half is there. */
static bool is_made_again(const struct xpl_core *core, const struct xpl_run *combined,
                          const struct chk_command *c)
{
    for (uint32_t i = 0; i < core->n_runs; i++) {
        const struct xpl_run *run = &core->runs[i];

        if (run->is_live && !run->is_atc && !run->is_combined && run->unit == combined->unit &&
            run->tag.stage == 2 && run->tag.space == combined->tag.space &&
            run->seq <= combined->seq && combined->seq <= run->last_seq &&
            !is_dropped(core, run, c))
            return true;
    }
    return false;
}

static void purge_kind(struct xpl_core *core, uint32_t unit, const struct xpl_command *command,
                       uint32_t kind, bool is_combined)
{
    const struct chk_command *c = &command->command;
    const uint32_t n = core->n_runs;

    for (uint32_t i = 0; i < n; i++) {
        const struct xpl_run *run = &core->runs[i];

        if (!run->is_live || run->is_atc || run->unit != unit || run->gone > command->door_seq ||
            run->pte.kind != kind || run->is_combined != is_combined ||
            (kind == CHK_PTE_LEAF && has_table_run(core, run)))
            continue;
        if (is_dropped(core, run, c) && !(is_combined && is_made_again(core, run, c)))
            xpl_run_cut(core, i, c);
    }
}

void xpl_pte_purge(struct xpl_core *core, uint32_t unit, const struct xpl_command *command,
                   bool is_combined)
{
    purge_kind(core, unit, command, CHK_PTE_TABLE, is_combined);
    purge_kind(core, unit, command, CHK_PTE_LEAF, is_combined);
}

/* May the IOMMU still answer as the run says? */
static bool is_answered(const struct xpl_core *core, const struct xpl_run *kept)
{
    for (uint32_t i = 0; i < core->n_runs; i++) {
        const struct xpl_run *run = &core->runs[i];

        if (run->is_live && !run->is_atc && !run->is_combined && run->unit == kept->unit &&
            run->first <= kept->last && run->last >= kept->first &&
            memcmp(&run->tag, &kept->tag, sizeof(run->tag)) == 0)
            return true;
    }
    return false;
}

void xpl_pte_purge_atc(struct xpl_core *core, const struct xpl_stream *stream,
                       const struct xpl_command *command)
{
    const struct chk_command *c = &command->command;
    const uint32_t n = core->n_runs;

    for (uint32_t i = 0; i < n; i++) {
        const struct xpl_run *run = &core->runs[i];

        if (run->is_live && run->is_atc && run->gone <= command->door_seq &&
            memcmp(&run->request, &stream->request, sizeof(run->request)) == 0 &&
            run->first <= c->last && run->last >= c->first && !is_answered(core, run))
            xpl_run_cut(core, i, c);
    }
}

/* ---- verdicts ---- */

static void tell_late(struct xpl_core *core, const struct xpl_mark *mark, uint32_t op, uint64_t seq,
                      const char *what)
{
    const struct xpl_table table = {.verdict = CHK_STALE_REFUSAL,
                                    .first = mark->a,
                                    .last = mark->a + (mark->b ? mark->b - 1 : 0),
                                    .seq = seq,
                                    .what = what};

    xpl_op_table(core, op, &table);
}

/* A map that is over must work: with recorded order, only what a barrier follows does for sure. */
static void end_map(struct xpl_core *core, const struct xpl_mark *mark, uint32_t op)
{
    const uint64_t begin = core->ops[op].begin_seq;
    const uint64_t seq = core->cpus[core->cpu].map_seq;
    uint64_t late;

    if (mark->op != SIM_OP_MAP)
        return;
    if (core->is_recorded && seq > begin)
        tell_late(core, mark, op, seq, "a descriptor may not be visible yet (no barrier)");
    late = xpl_late_map(core, core->cpu, begin, XPL_NONE);
    if (late)
        tell_late(core, mark, op, late, "a descriptor may not have reached memory yet (no flush)");
}

/* Neither may what a switch leads to be missed after it. */
static void end_switch(struct xpl_core *core, const struct xpl_mark *mark, uint32_t op)
{
    const struct xpl_mark all = {.op = mark->op, .a = 0, .b = 0};
    const uint64_t late = xpl_late_map(core, XPL_NOBODY, 0, op);

    if (late)
        tell_late(core, &all, op, late,
                  "a table's contents may not have reached memory yet (no flush)");
}

void xpl_pte_end(struct xpl_core *core, const struct xpl_mark *mark)
{
    const uint32_t op = xpl_op_now(core);

    if (op == XPL_NONE)
        return;
    if (mark->op == SIM_OP_MAP || mark->op == SIM_OP_UNMAP)
        end_map(core, mark, op);
    else if (core->cpus[core->cpu].depth)
        return; /* what is around it may go on */
    else
        end_switch(core, mark, op);
    for (uint32_t i = 0; i < core->n_runs; i++) {
        struct xpl_run *run = &core->runs[i];

        if (run->is_live && !run->is_told && run->op == op && run->cpu == core->cpu &&
            run->pte.kind == CHK_PTE_LEAF && is_awake(core, run))
            tell(core, run, CHK_STALE, 0,
                 "a translation that the tables no longer have may be used");
    }
}

/* Requests may use the tag again: what its tables lost meanwhile is still there. */
void xpl_pte_wake(struct xpl_core *core, uint32_t tlb)
{
    for (uint32_t i = 0; i < core->n_runs; i++) {
        struct xpl_run *run = &core->runs[i];

        if (!run->is_live || run->is_told || run->pte.kind != CHK_PTE_LEAF ||
            !(is_same_space(run, &core->tlbs[tlb]) || finds(&core->tlbs[tlb], run)))
            continue;
        run->op = xpl_op_now(core);
        tell(core, run, CHK_STALE, 0, "a tag is used again that translations are left under");
    }
}

/* The same of a guest: what the tables below it lost. */
void xpl_pte_wake_guest(struct xpl_core *core, const struct xpl_guest *guest)
{
    for (uint32_t i = 0; i < core->n_runs; i++) {
        struct xpl_run *run = &core->runs[i];

        if (!run->is_live || run->is_told || !run->is_combined || run->unit != guest->unit ||
            run->tag.space != guest->space || run->pte.kind != CHK_PTE_LEAF)
            continue;
        run->op = xpl_op_now(core);
        tell(core, run, CHK_STALE, 0, "a guest is back that translations are left of");
    }
}

void xpl_pte_free(struct xpl_core *core, uint64_t first, uint64_t last)
{
    for (uint64_t page = first / PAGE_BYTES * PAGE_BYTES; page <= last; page += PAGE_BYTES) {
        const struct xpl_table table = {.verdict = CHK_DANGLES,
                                        .page = page,
                                        .seq = core->seq,
                                        .what = "a table is freed that a root still leads to"};

        if (xpl_place_is_in(core, page))
            xpl_op_table(core, xpl_op_now(core), &table);
    }
    for (uint32_t i = 0; i < core->n_runs; i++) {
        struct xpl_run *run = &core->runs[i];

        if (!run->is_live || run->page_first > last || run->page_last < first ||
            !is_awake(core, run))
            continue;
        if (run->is_scattered)
            xpl_op_hole(core, run->op != XPL_NONE ? run->op : xpl_op_now(core), SCATTERED);
        else
            tell(core, run, CHK_DANGLES, first > run->page_first ? first : run->page_first,
                 "hardware may still use a page that is freed");
    }
}
