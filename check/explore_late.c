/* SPDX-License-Identifier: BSD-2-Clause
 * explore_late.c - stores that hardware may not see yet: no barrier orders them, or their line is
 * in a cache that is not snooped, or they are in a buffer before memory.
 * Knows: words before and after stores, lines, who snoops. Must not know: layouts.
 *
 * A line goes to memory whole, at any time, and for sure when it is flushed; so what hardware sees
 * of a line is what was there at one moment since. A buffer is emptied by an invalidation, too. */
#include "check/explore_private.h"

#include <stdlib.h>
#include <string.h>

#define WORD_BYTES 8u
#define LINE_BYTES 64u
#define MAX_LOOSE 8u /* stores of one atom that are not ordered when it is reached */

/* ---- no barrier yet ---- */

/* The words of the atom at @pa that a store was to: a bit each. */
static uint32_t words_in(const struct xpl_loose *loose, uint64_t pa, unsigned per_atom)
{
    uint32_t words = 0;

    for (unsigned i = 0; i < loose->n_words; i++) {
        const uint64_t at = loose->pa + (uint64_t)i * WORD_BYTES;

        if (at >= pa && at - pa < (uint64_t)per_atom * WORD_BYTES)
            words |= 1u << (at - pa) / WORD_BYTES;
    }
    return words;
}

/* What memory shows to those who have not seen the stores @subset of @list. Return: false if a
 * later one to the same word is not among them. */
static bool undo(struct xpl_loose *const *list, unsigned n, unsigned per_atom, uint64_t pa,
                 uint32_t subset, struct xpl_value *value)
{
    uint32_t seen = 0; /* words that a later store has changed for them */

    for (unsigned i = n; i-- > 0;) {
        const uint32_t words = words_in(list[i], pa, per_atom);

        if (!(subset >> i & 1)) {
            seen |= words;
            continue;
        }
        if (words & seen)
            return false;
        for (unsigned w = 0; w < 2; w++) {
            if (words >> w & 1)
                value->word[w] =
                    list[i]->old[(pa + (uint64_t)w * WORD_BYTES - list[i]->pa) / WORD_BYTES];
        }
        value->lacks |= words;
        if (value->n_over < XPL_OVERS)
            value->over[value->n_over++] = (struct xpl_over){list[i]->seq, list[i]->cpu};
    }
    return true;
}

/* Stores without a barrier after them: what they overwrote may be seen for a while. */
void xpl_loose_hold(struct xpl_core *core, const struct xpl_item *item, struct xpl_atom *atom,
                    uint64_t pa, const struct xpl_value *current)
{
    struct xpl_loose *list[MAX_LOOSE];
    unsigned n = 0;

    for (uint32_t i = 0; i < core->n_loose; i++) {
        if (!words_in(&core->loose[i], pa, item->words_per_atom) ||
            (!core->is_recorded && core->loose[i].cpu == core->cpu))
            continue;
        if (n == MAX_LOOSE) {
            core->values_left_out = true;
            xpl_op_hole(core, xpl_op_now(core), "too many stores of one entry are not ordered");
            return;
        }
        list[n++] = &core->loose[i];
    }
    for (uint32_t subset = 1; subset < 1u << n; subset++) {
        struct xpl_value value = *current;

        if (undo(list, n, item->words_per_atom, pa, subset, &value))
            xpl_hold_value(core, atom, &value);
    }
}

/* ---- the line is in a cache, or the word in a buffer ---- */

static uint32_t hash_line(uint64_t pa)
{
    const uint64_t line = pa / LINE_BYTES;

    return (uint32_t)((line ^ line >> 13) % XPL_LATE_BUCKETS);
}

static bool is_same_line(uint64_t a, uint64_t b)
{
    return a / LINE_BYTES == b / LINE_BYTES;
}

static bool is_buffered(const struct xpl_unit *unit)
{
    return unit->is_ours && unit->arch->is_buffered && unit->arch->is_buffered(&unit->regs);
}

bool xpl_late_is_buffered(const struct xpl_core *core, uint32_t unit)
{
    return is_buffered(&core->units[unit]);
}

bool xpl_late_is_unsnooped(const struct xpl_core *core, uint32_t unit)
{
    const struct chk_arch *arch = core->units[unit].arch;

    return core->is_recorded && arch->is_unsnooped && arch->is_unsnooped(&core->units[unit].regs);
}

/* May a read of this machine not find what is in a cache? Without flushes in the stream, they are
 * assumed. */
static bool may_be_unsnooped(const struct xpl_core *core)
{
    for (uint32_t i = 0; core->is_recorded && i < core->n_units; i++) {
        const struct xpl_unit *unit = &core->units[i];

        if (unit->is_ours && unit->arch->may_be_unsnooped &&
            unit->arch->may_be_unsnooped(&unit->regs))
            return true;
    }
    return false;
}

static bool is_any_buffered(const struct xpl_core *core)
{
    for (uint32_t i = 0; i < core->n_units; i++) {
        if (is_buffered(&core->units[i]))
            return true;
    }
    return false;
}

static bool make_buckets(struct xpl_core *core)
{
    if (core->by_line)
        return true;
    core->by_line = malloc(XPL_LATE_BUCKETS * sizeof(*core->by_line));
    if (!core->by_line) {
        core->error = SIM_ENOMEM;
        return false;
    }
    memset(core->by_line, 0xff, XPL_LATE_BUCKETS * sizeof(*core->by_line));
    core->idle_late = XPL_NONE;
    return true;
}

static uint32_t idle_late(struct xpl_core *core)
{
    const uint32_t i = core->idle_late;

    if (i != XPL_NONE) {
        core->idle_late = core->lates[i].next;
        return i;
    }
    if (!xpl_grow(core, (void **)&core->lates, core->n_lates, &core->n_max_lates,
                  sizeof(*core->lates)))
        return XPL_NONE;
    return core->n_lates++;
}

static void unlink_late(struct xpl_core *core, uint32_t *at)
{
    const uint32_t i = *at;

    *at = core->lates[i].next;
    core->lates[i] = (struct xpl_late){.next = core->idle_late};
    core->idle_late = i;
}

/* Of so many stores to one line the oldest are not kept. */
static void limit_line(struct xpl_core *core, uint64_t pa)
{
    uint32_t *at = &core->by_line[hash_line(pa)];
    uint32_t n = 0;

    while (*at != XPL_NONE) {
        struct xpl_late *late = &core->lates[*at];
        const bool is_here = is_same_line(late->pa, pa);

        n += is_here;
        if (is_here && n > XPL_MAX_LATE) {
            unlink_late(core, at);
            continue;
        }
        late->is_oldest_kept = late->is_oldest_kept || (is_here && n == XPL_MAX_LATE);
        at = &late->next;
    }
}

void xpl_late_store(struct xpl_core *core, uint64_t pa, const uint64_t *words, unsigned n_words)
{
    const bool is_in_cache = may_be_unsnooped(core);
    struct xpl_late *late;
    uint32_t i;

    if ((!is_in_cache && !is_any_buffered(core)) || !make_buckets(core))
        return;
    i = idle_late(core);
    if (i == XPL_NONE)
        return;
    late = &core->lates[i];
    *late = (struct xpl_late){.pa = pa,
                              .seq = core->seq,
                              .left = is_in_cache ? 0 : core->seq,
                              .n_words = n_words,
                              .cpu = core->cpu};
    for (unsigned w = 0; w < n_words; w++) {
        late->old[w] = sim_mem_read64(core->mem, pa + (uint64_t)w * WORD_BYTES);
        late->word[w] = words[w];
    }
    late->next = core->by_line[hash_line(pa)];
    core->by_line[hash_line(pa)] = i;
    limit_line(core, pa);
}

bool xpl_late_is_missed(const struct xpl_core *core, uint32_t unit, bool is_unsnooped,
                        const struct xpl_late *late)
{
    const uint64_t since = is_unsnooped ? late->left : late->seq;

    if (is_unsnooped && !late->left)
        return true;
    return is_buffered(&core->units[unit]) && since >= core->units[unit].flush_seq;
}

static bool is_in(const struct xpl_late *late, uint64_t first, uint64_t n_bytes)
{
    return late->pa < first + n_bytes && late->pa + (uint64_t)late->n_words * WORD_BYTES > first;
}

unsigned xpl_late_find(struct xpl_core *core, uint32_t unit, bool is_unsnooped, uint64_t pa,
                       const struct xpl_late **list)
{
    unsigned n = 0;

    if (!core->by_line || !(is_unsnooped || is_buffered(&core->units[unit])))
        return 0;
    for (uint32_t i = core->by_line[hash_line(pa)]; i != XPL_NONE; i = core->lates[i].next) {
        const struct xpl_late *late = &core->lates[i];

        if (!is_same_line(late->pa, pa) || !xpl_late_is_missed(core, unit, is_unsnooped, late))
            continue;
        if (late->is_oldest_kept)
            xpl_op_hole(core, xpl_op_now(core), "too many stores of one line are not flushed");
        list[n++] = late; /* limit_line */
    }
    for (unsigned i = 0; i < n / 2; i++) { /* the chain has the newest first */
        const struct xpl_late *late = list[i];

        list[i] = list[n - 1 - i];
        list[n - 1 - i] = late;
    }
    return n;
}

bool xpl_late_is_any(struct xpl_core *core, uint32_t unit, bool is_unsnooped, uint64_t first,
                     uint64_t last)
{
    const struct xpl_late *list[XPL_MAX_LATE];

    if (!core->by_line || !(is_unsnooped || is_buffered(&core->units[unit])))
        return false;
    for (uint64_t pa = first / LINE_BYTES * LINE_BYTES; pa <= last; pa += LINE_BYTES) {
        const unsigned n = xpl_late_find(core, unit, is_unsnooped, pa, list);

        for (unsigned i = 0; i < n; i++) {
            if (is_in(list[i], first, last - first + 1))
                return true;
        }
    }
    return false;
}

static bool is_seen_by_all(const struct xpl_core *core, const struct xpl_late *late)
{
    for (uint32_t i = 0; i < core->n_units; i++) {
        if (xpl_late_is_missed(core, i, true, late) || xpl_late_is_missed(core, i, false, late))
            return false;
    }
    return true;
}

static void forget_seen(struct xpl_core *core, uint32_t *at)
{
    while (*at != XPL_NONE) {
        if (is_seen_by_all(core, &core->lates[*at]))
            unlink_late(core, at);
        else
            at = &core->lates[*at].next;
    }
}

void xpl_late_flush_line(struct xpl_core *core, uint64_t pa)
{
    if (!core->by_line)
        return;
    for (uint32_t i = core->by_line[hash_line(pa)]; i != XPL_NONE; i = core->lates[i].next) {
        if (is_same_line(core->lates[i].pa, pa) && !core->lates[i].left)
            core->lates[i].left = core->seq;
    }
    forget_seen(core, &core->by_line[hash_line(pa)]);
    xpl_hold_flush_line(core, pa);
    xpl_pte_flush(core, XPL_NONE, pa, core->seq);
}

void xpl_late_flush_buffer(struct xpl_core *core, uint32_t unit, uint64_t before)
{
    if (core->units[unit].flush_seq >= before || !is_buffered(&core->units[unit]))
        return;
    core->units[unit].flush_seq = before;
    for (uint32_t b = 0; core->by_line && b < XPL_LATE_BUCKETS; b++)
        forget_seen(core, &core->by_line[b]);
    xpl_hold_flush_buffer(core, unit, before);
    xpl_pte_flush(core, unit, 0, before);
}

/* What is there without a store is in memory. */
void xpl_late_fill(struct xpl_core *core, uint64_t first, uint64_t last)
{
    for (uint32_t b = 0; core->by_line && b < XPL_LATE_BUCKETS; b++) {
        uint32_t *at = &core->by_line[b];

        while (*at != XPL_NONE) {
            if (is_in(&core->lates[*at], first, last - first + 1))
                unlink_late(core, at);
            else
                at = &core->lates[*at].next;
        }
    }
}

/* Is any walk late? */
static bool has_late_walks(const struct xpl_core *core)
{
    bool is_any = is_any_buffered(core);

    for (uint32_t i = 0; i < core->n_tlbs && !is_any; i++)
        is_any = core->tlbs[i].is_live && core->tlbs[i].is_made && core->tlbs[i].is_unsnooped;
    return is_any;
}

uint64_t xpl_late_map(struct xpl_core *core, uint16_t cpu, uint64_t since, uint32_t op)
{
    uint64_t newest = 0;

    if (!core->by_line || !has_late_walks(core))
        return 0;
    for (uint32_t i = 0; i < core->n_lates; i++) {
        const struct xpl_late *late = &core->lates[i];

        if (late->n_words && late->seq > since && late->seq > newest &&
            (cpu == XPL_NOBODY || late->cpu == cpu) && xpl_pte_misses(core, late, op))
            newest = late->seq;
    }
    return newest;
}

void xpl_late_free(struct xpl_core *core)
{
    free(core->by_line);
    free(core->lates);
}
