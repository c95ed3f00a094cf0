/* SPDX-License-Identifier: BSD-2-Clause
 * explore_run.c - runs: descriptors that were changed, as translations may still have them.
 * Knows: addresses on both sides. Must not know: why they were changed, what is made of them.
 *
 * Leaves in a row are one run, if what they lead to is in a row, too, so that each page of it is
 * known. There may be many more of them than is worth keeping: then only the bounds are. */
#include "check/explore_private.h"

#include <string.h>

static uint32_t idle_run(struct xpl_core *core)
{
    for (uint32_t i = core->first_idle_run; i < core->n_runs; i++) {
        if (!core->runs[i].is_live) {
            core->first_idle_run = i + 1;
            return i;
        }
    }
    core->first_idle_run = core->n_runs;
    if (!xpl_grow(core, (void **)&core->runs, core->n_runs, &core->n_max_runs, sizeof(*core->runs)))
        return XPL_NONE;
    core->first_idle_run++;
    return core->n_runs++;
}

/* Nothing that may happen to one of them later can spare the other, but for the address. */
static bool is_alike(const struct xpl_run *run, const struct xpl_run *next)
{
    return run->is_live && run->unit == next->unit && run->op == next->op &&
           run->cpu == next->cpu && run->level == next->level &&
           run->is_combined == next->is_combined && run->is_below == next->is_below &&
           run->is_told == next->is_told && run->is_atc == next->is_atc &&
           run->is_unsnooped == next->is_unsnooped && run->is_late == next->is_late &&
           (!run->is_late || (next->from >= run->from && next->from <= run->to + 1)) &&
           run->pte.kind == CHK_PTE_LEAF && next->pte.kind == CHK_PTE_LEAF &&
           run->pte.is_global == next->pte.is_global && (!run->is_below || run->seq == next->seq) &&
           memcmp(&run->request, &next->request, sizeof(run->request)) == 0 &&
           memcmp(&run->tag, &next->tag, sizeof(run->tag)) == 0 &&
           memcmp(&run->regime, &next->regime, sizeof(run->regime)) == 0;
}

static bool goes_on(const struct xpl_run *run, const struct xpl_run *next)
{
    return is_alike(run, next) && (run->is_combined || run->last + 1 == next->first);
}

static bool has_pages_in_a_row(const struct xpl_run *run, const struct xpl_run *next)
{
    return !run->is_scattered && !next->is_scattered && run->page_last + 1 == next->page_first &&
           run->pte.prot == next->pte.prot && run->pte.attrs == next->pte.attrs;
}

static void join(struct xpl_run *run, const struct xpl_run *next)
{
    if (!has_pages_in_a_row(run, next))
        run->is_scattered = true;
    if (next->page_first < run->page_first)
        run->page_first = next->page_first;
    if (next->page_last > run->page_last)
        run->page_last = next->page_last;
    run->last = next->last;
    if (next->to > run->to)
        run->to = next->to;
    if (next->gone > run->gone)
        run->gone = next->gone;
    if (next->last_seq > run->last_seq)
        run->last_seq = next->last_seq;
    if (next->seq < run->seq)
        run->seq = next->seq;
}

void xpl_run_add(struct xpl_core *core, const struct xpl_run *run)
{
    const bool is_full = core->n_live_runs >= XPL_MAX_RUNS;
    uint32_t to;

    for (unsigned i = 0; i < XPL_RECENT; i++) {
        const uint32_t recent = core->recent_run[i];

        if (recent < core->n_runs && goes_on(&core->runs[recent], run) &&
            (is_full || has_pages_in_a_row(&core->runs[recent], run))) {
            join(&core->runs[recent], run);
            return;
        }
    }
    to = idle_run(core);
    if (to == XPL_NONE)
        return;
    core->runs[to] = *run;
    core->n_live_runs++;
    core->recent_run[core->next_recent++ % XPL_RECENT] = to;
}

void xpl_run_drop(struct xpl_core *core, uint32_t index)
{
    if (!core->runs[index].is_live)
        return;
    core->runs[index].is_live = false;
    core->n_live_runs--;
    if (index < core->first_idle_run)
        core->first_idle_run = index;
}

/* ---- invalidations ---- */

/* Addresses that the command takes from a run of leaves. */
static void taken(const struct xpl_run *run, const struct chk_command *c, uint64_t *first,
                  uint64_t *last)
{
    const uint64_t mask = (UINT64_C(1) << run->span_log2) - 1;

    *first = c->first & ~mask;
    *last = c->last | mask;
    if (*first < run->first)
        *first = run->first;
    if (*last > run->last)
        *last = run->last;
}

static void add_rest(struct xpl_core *core, const struct xpl_run *run, uint64_t first,
                     uint64_t last)
{
    struct xpl_run rest = *run;

    rest.first = first;
    rest.last = last;
    if (!run->is_scattered) {
        rest.page_first = run->page_first + (first - run->first);
        rest.page_last = run->page_first + (last - run->first);
    }
    xpl_run_add(core, &rest);
}

/* What the command names goes, the rest stays. */
void xpl_run_cut(struct xpl_core *core, uint32_t index, const struct chk_command *c)
{
    const struct xpl_run run = core->runs[index];
    uint64_t first, last;

    taken(&run, c, &first, &last);
    if (run.is_combined && (c->first != 0 || c->last != UINT64_MAX))
        return; /* of unknown size and address */
    xpl_run_drop(core, index);
    if (run.pte.kind == CHK_PTE_TABLE)
        return;
    if (first > run.first)
        add_rest(core, &run, run.first, first - 1);
    if (last < run.last)
        add_rest(core, &run, last + 1, run.last);
}
