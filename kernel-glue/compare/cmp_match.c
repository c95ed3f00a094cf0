/* SPDX-License-Identifier: BSD-2-Clause
 * cmp_match.c - the items of two intervals, one by one; what is left over is a difference.
 * Knows: items, names. Must not know: architectures. */
#include "kernel-glue/compare/cmp_private.h"

#include "sim/diag.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define MAX_DIFFS 4096u
#define MIN_ROOM 64u
#define WINDOW 4096u /* how far away a moved item is looked for, in items */

struct cmp_diff *cmp_add(struct cmp_run *run, enum cmp_kind kind, int *err)
{
    struct cmp_report *report = run->report;
    struct cmp_diff *diff;

    *err = 0;
    if (kind == CMP_EXTRA) {
        report->n_extra++;
    } else {
        report->n_real++;
        run->part->n_real++;
    }
    if (report->n_diffs == MAX_DIFFS) {
        report->is_cut = true;
        return NULL;
    }
    if (report->n_diffs == run->diffs_room) {
        const size_t room = run->diffs_room ? 2 * run->diffs_room : MIN_ROOM;
        void *bigger = realloc(report->diffs, room * sizeof(*report->diffs));

        *err = bigger ? 0 : SIM_ENOMEM;
        if (!bigger)
            return NULL;
        report->diffs = bigger;
        run->diffs_room = room;
    }
    diff = &report->diffs[report->n_diffs++];
    memset(diff, 0, sizeof(*diff));
    diff->kind = kind;
    run->part->n++;
    return diff;
}

static void fill_place(struct cmp_place *place, const struct cmp_side *side,
                       const struct cmp_item *item)
{
    place->has = true;
    place->cpu = item->act->cpu;
    place->interval = item->interval + 1;
    place->time_ns = item->act->time_ns;
    place->begin_ns = side->begin_ns;
    place->ip = item->act->ip;
    cmp_item_text(item, place->text);
}

/* ---- one pair of intervals ---- */

struct matcher {
    struct cmp_run *run;
    struct cmp_side *side[CMP_N_SIDES];
    int err;
};

static struct cmp_diff *complain(struct matcher *m, enum cmp_kind kind, const struct cmp_item *a,
                                 const struct cmp_item *b)
{
    struct cmp_diff *diff = cmp_add(m->run, kind, &m->err);

    if (diff && a)
        fill_place(&diff->side[CMP_A], m->side[CMP_A], a);
    if (diff && b)
        fill_place(&diff->side[CMP_B], m->side[CMP_B], b);
    return diff;
}

static bool has_place(const struct cmp_act *act)
{
    return act->kind == CMP_ACT_STORE;
}

static bool do_refs_fit(const struct cmp_names *names, const struct cmp_act *a,
                        const struct cmp_act *b)
{
    if (a->n_refs != b->n_refs)
        return false;
    for (unsigned i = 0; i < a->n_refs; i++) {
        if (!cmp_names_fit(names, &a->refs[i], &b->refs[i]))
            return false;
    }
    return true;
}

static bool does_place_fit(const struct cmp_names *names, const struct cmp_act *a,
                           const struct cmp_act *b)
{
    return !has_place(a) || cmp_names_fit(names, &a->where, &b->where);
}

static bool is_place_known(const struct cmp_names *names, const struct cmp_act *a,
                           const struct cmp_act *b)
{
    return !has_place(a) || cmp_names_are(names, &a->where, &b->where);
}

/* How well two items belong together. */
enum fit { FIT_NOT, FIT_SLOT, FIT_PLACE, FIT_ALL, FIT_KNOWN };

static enum fit fit_of(const struct cmp_names *names, const struct cmp_item *a,
                       const struct cmp_item *b)
{
    if (a->slot != b->slot)
        return FIT_NOT;
    if (!does_place_fit(names, a->act, b->act))
        return FIT_SLOT;
    if (a->shape != b->shape || !do_refs_fit(names, a->act, b->act))
        return FIT_PLACE;
    return is_place_known(names, a->act, b->act) ? FIT_KNOWN : FIT_ALL;
}

static void bind(struct matcher *m, const struct cmp_act *a, const struct cmp_act *b)
{
    struct cmp_names *names = &m->run->names;

    if (has_place(a) && !m->err)
        m->err = cmp_names_bind(names, &a->where, &b->where);
    for (unsigned i = 0; i < a->n_refs && a->n_refs == b->n_refs && !m->err; i++) {
        if (a->refs[i].space == b->refs[i].space)
            m->err = cmp_names_bind(names, &a->refs[i], &b->refs[i]);
    }
}

static void join(struct matcher *m, size_t i, size_t j)
{
    m->side[CMP_A]->items[i].partner = j;
    m->side[CMP_B]->items[j].partner = i;
    bind(m, m->side[CMP_A]->items[i].act, m->side[CMP_B]->items[j].act);
}

/* The best partner of item @i among @n items of B from @first on, if it is at least @wanted. */
static size_t find_partner(struct matcher *m, size_t i, size_t first, size_t n, enum fit wanted)
{
    enum fit best = (enum fit)(wanted - 1);
    size_t found = SIZE_MAX;

    for (size_t j = first; j < first + n && best < FIT_KNOWN; j++) {
        enum fit fit;

        if (m->side[CMP_B]->items[j].partner != SIZE_MAX)
            continue;
        fit = fit_of(&m->run->names, &m->side[CMP_A]->items[i], &m->side[CMP_B]->items[j]);
        if (fit > best) {
            best = fit;
            found = j;
        }
    }
    return found;
}

static void tell_values(struct matcher *m, size_t i, size_t j)
{
    const struct cmp_item *a = &m->side[CMP_A]->items[i];
    const struct cmp_item *b = &m->side[CMP_B]->items[j];
    const bool is_name = a->shape == b->shape;
    struct cmp_diff *diff = complain(m, is_name ? CMP_NAME : CMP_VALUE, a, b);

    if (!diff)
        return;
    if (a->act->is_loose != b->act->is_loose && a->act->plain[0] == b->act->plain[0]) {
        diff->kind = CMP_ORDER;
        (void)snprintf(diff->what, sizeof(diff->what),
                       "no barrier between it and the stores before it in %s",
                       a->act->is_loose ? "A" : "B");
        return;
    }
    if (is_name && do_refs_fit(&m->run->names, a->act, b->act))
        (void)snprintf(diff->what, sizeof(diff->what),
                       "goes to another %s: A's 0x%" PRIx64 ", B's 0x%" PRIx64,
                       cmp_space_word((enum cmp_space)a->act->where.space), a->act->pa, b->act->pa);
    else
        cmp_values_text(&m->run->names, a->act, b->act, diff->what);
}

/* Values that only hardware which reads an entry that is not valid could see. */
static void tell_extra(struct matcher *m, size_t i, size_t j)
{
    const struct cmp_item *a = &m->side[CMP_A]->items[i];
    const struct cmp_item *b = &m->side[CMP_B]->items[j];
    struct cmp_diff *diff;

    if (a->n_acts == b->n_acts)
        return;
    diff = complain(m, CMP_EXTRA, a, b);
    if (diff)
        (void)snprintf(diff->what, sizeof(diff->what),
                       "stored %" PRIu32 " times in A, %" PRIu32
                       " times in B; the last values are equal, and the entry is not live",
                       a->n_acts, b->n_acts);
}

static void match_interval(struct matcher *m, const struct cmp_interval *a,
                           const struct cmp_interval *b)
{
    for (size_t i = a->first; i < a->first + a->n && !m->err; i++) {
        const size_t j = find_partner(m, i, b->first, b->n, FIT_ALL);

        if (j == SIZE_MAX)
            continue;
        join(m, i, j);
        tell_extra(m, i, j);
    }
    for (enum fit wanted = FIT_PLACE; wanted >= FIT_SLOT; wanted--) {
        for (size_t i = a->first; i < a->first + a->n && !m->err; i++) {
            size_t j;

            if (m->side[CMP_A]->items[i].partner != SIZE_MAX)
                continue;
            j = find_partner(m, i, b->first, b->n, wanted);
            if (j == SIZE_MAX)
                continue;
            tell_values(m, i, j);
            join(m, i, j);
        }
    }
}

/* Are commands, and stores to live entries, in the same order? */
static void match_order(struct matcher *m, const struct cmp_interval *a, uint8_t kind)
{
    size_t newest = 0;

    for (size_t i = a->first; i < a->first + a->n && !m->err; i++) {
        const struct cmp_item *item = &m->side[CMP_A]->items[i];
        struct cmp_diff *diff;

        if (item->partner == SIZE_MAX || item->act->kind != kind ||
            (kind == CMP_ACT_STORE && !item->act->is_live))
            continue;
        if (item->partner + 1 > newest) {
            newest = item->partner + 1;
            continue;
        }
        diff = complain(m, CMP_ORDER, item, &m->side[CMP_B]->items[item->partner]);
        if (diff)
            (void)snprintf(diff->what, sizeof(diff->what),
                           "%s in another order: earlier in B than in A",
                           kind == CMP_ACT_STORE ? "stores to live entries" : "commands");
    }
}

/* ---- what is left ---- */

static bool is_other_life(const struct cmp_names *names, const struct cmp_act *a,
                          const struct cmp_act *b)
{
    return a->kind == CMP_ACT_STORE && b->kind == CMP_ACT_STORE && a->is_live != b->is_live &&
           cmp_act_structure(a) == cmp_act_structure(b) && a->index == b->index &&
           a->offset == b->offset && does_place_fit(names, a, b);
}

static size_t find_left(struct matcher *m, size_t i, bool is_other)
{
    const struct cmp_side *b = m->side[CMP_B];
    const struct cmp_item *item = &m->side[CMP_A]->items[i];
    const size_t first = i > WINDOW ? i - WINDOW : 0;

    for (size_t j = first; j < b->n_items && j < i + WINDOW; j++) {
        if (b->items[j].partner != SIZE_MAX)
            continue;
        if (is_other ? is_other_life(&m->run->names, item->act, b->items[j].act)
                     : fit_of(&m->run->names, item, &b->items[j]) >= FIT_ALL)
            return j;
    }
    return SIZE_MAX;
}

static void tell_life(struct matcher *m, size_t i, size_t j)
{
    const struct cmp_act *a = m->side[CMP_A]->items[i].act;
    const struct cmp_act *b = m->side[CMP_B]->items[j].act;
    struct cmp_diff *diff =
        complain(m, CMP_LIVE, &m->side[CMP_A]->items[i], &m->side[CMP_B]->items[j]);
    char values[CMP_TEXT_BYTES / 2] = "";

    if (!diff)
        return;
    if (a->plain[0] != b->plain[0] || !do_refs_fit(&m->run->names, a, b)) {
        cmp_values_text(&m->run->names, a, b, diff->what);
        (void)snprintf(values, sizeof(values), "; %.300s", diff->what);
    }
    (void)snprintf(diff->what, sizeof(diff->what),
                   "hardware can reach the entry at this store in %s, not in %s%s",
                   a->is_live ? "A" : "B", a->is_live ? "B" : "A", values);
}

/* @pairs: intervals of A to those of B. */
static void tell_moved(struct matcher *m, size_t i, size_t j, const size_t *pairs)
{
    const struct cmp_item *a = &m->side[CMP_A]->items[i];
    const struct cmp_item *b = &m->side[CMP_B]->items[j];
    struct cmp_diff *diff = complain(m, CMP_ORDER, a, b);
    const char *what = "in another interval";

    for (size_t k = 0; k < m->side[CMP_A]->n_intervals; k++) {
        if (pairs[k] == b->interval)
            what = a->interval < k
                       ? "in A before a barrier, register write or wait; in B with what follows it"
                       : "in A behind a barrier, register write or wait; in B with what is before";
    }
    if (diff)
        (void)snprintf(diff->what, sizeof(diff->what), "%s", what);
}

static void match_left(struct matcher *m, const size_t *pairs)
{
    for (size_t i = 0; i < m->side[CMP_A]->n_items && !m->err; i++) {
        bool is_other = true;
        size_t j;

        if (m->side[CMP_A]->items[i].partner != SIZE_MAX)
            continue;
        j = find_left(m, i, true);
        if (j == SIZE_MAX) {
            is_other = false;
            j = find_left(m, i, false);
        }
        if (j == SIZE_MAX)
            continue;
        if (is_other)
            tell_life(m, i, j);
        else
            tell_moved(m, i, j, pairs);
        join(m, i, j);
    }
}

static void tell_missing(struct matcher *m, int side)
{
    for (size_t i = 0; i < m->side[side]->n_items && !m->err; i++) {
        const struct cmp_item *item = &m->side[side]->items[i];
        struct cmp_diff *diff;

        if (item->partner != SIZE_MAX)
            continue;
        diff = side == CMP_A ? complain(m, CMP_MISSING, item, NULL)
                             : complain(m, CMP_MISSING, NULL, item);
        if (diff)
            (void)snprintf(diff->what, sizeof(diff->what), "only in %s", side == CMP_A ? "A" : "B");
    }
}

static void tell_result(struct matcher *m)
{
    const struct cmp_side *a = m->side[CMP_A];
    const struct cmp_side *b = m->side[CMP_B];
    struct cmp_diff *diff;

    if (!a->has_result || !b->has_result || a->ret == b->ret)
        return;
    diff = cmp_add(m->run, CMP_RESULT, &m->err);
    if (diff)
        (void)snprintf(diff->what, sizeof(diff->what),
                       "the operation returns %" PRId32 " in A, %" PRId32 " in B", a->ret, b->ret);
}

int cmp_match(struct cmp_run *run, struct cmp_side *a, struct cmp_side *b)
{
    struct matcher m = {.run = run, .side = {a, b}};
    size_t *pairs = calloc(a->n_intervals + 1, sizeof(*pairs));

    m.err = pairs ? cmp_align(a, b, pairs) : SIM_ENOMEM;
    if (!m.err)
        tell_result(&m);
    for (size_t i = 0; i < a->n_intervals && !m.err; i++) {
        if (pairs[i] == SIZE_MAX)
            continue;
        match_interval(&m, &a->intervals[i], &b->intervals[pairs[i]]);
        match_order(&m, &a->intervals[i], CMP_ACT_COMMAND);
        match_order(&m, &a->intervals[i], CMP_ACT_STORE);
    }
    if (!m.err)
        match_left(&m, pairs);
    tell_missing(&m, CMP_A);
    tell_missing(&m, CMP_B);
    free(pairs);
    return m.err;
}
