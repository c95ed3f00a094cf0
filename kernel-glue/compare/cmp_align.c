/* SPDX-License-Identifier: BSD-2-Clause
 * cmp_align.c - intervals of a part, and which of one stream belongs to which of the other.
 * Knows: acts, hashes of what must be equal. Must not know: what an act does. */
#include "kernel-glue/compare/cmp_private.h"

#include "sim/diag.h"

#include <stdlib.h>
#include <string.h>

#define MAX_CELLS (UINT64_C(1) << 22) /* of a table of costs; beyond, intervals go by number */

/* ---- intervals ---- */

static bool ends_alone(const struct cmp_act *act)
{
    return act->kind == CMP_ACT_REGISTER || act->kind == CMP_ACT_WAIT;
}

/* A store to an entry that hardware cannot reach. */
static bool is_hidden(const struct cmp_act *act)
{
    return act && act->kind == CMP_ACT_STORE && !act->is_live;
}

/* An item of the interval that is open, for another store to the same word. */
static struct cmp_item *same_word(struct cmp_side *side, size_t first, const struct cmp_act *act)
{
    for (size_t i = side->n_items; i-- > first;) {
        struct cmp_item *item = &side->items[i];

        if (is_hidden(item->act) && item->act->pa == act->pa)
            return item;
    }
    return NULL;
}

static void add_item(struct cmp_side *side, size_t first, const struct cmp_act *act)
{
    struct cmp_item *item = NULL;

    if (is_hidden(act))
        item = same_word(side, first, act);
    if (item) {
        item->act = act;
        item->n_acts++;
        return;
    }
    side->items[side->n_items++] =
        (struct cmp_item){.first = act, .act = act, .n_acts = 1, .partner = SIZE_MAX};
}

/* A word that nobody could read and that is what it was is no change. */
static bool is_no_change(const struct cmp_item *item)
{
    const struct cmp_act *act = item->act;

    return is_hidden(act) && item->first->before[act->index] == act->after[act->index];
}

static void close_interval(struct cmp_side *side, size_t first, bool barriers)
{
    size_t n = first;

    for (size_t i = first; i < side->n_items; i++) {
        if (!is_no_change(&side->items[i]))
            side->items[n++] = side->items[i];
    }
    side->n_items = n;
    if (n == first)
        return;
    for (size_t i = first; i < n; i++) {
        const struct cmp_act *act = side->items[i].act;
        const bool is_loose = barriers && act && act->is_loose;

        side->items[i].slot = cmp_act_slot(act);
        side->items[i].shape = cmp_act_shape(act) ^ (is_loose ? 1U : 0U);
        side->items[i].interval = (uint32_t)side->n_intervals;
    }
    side->intervals[side->n_intervals++] = (struct cmp_interval){first, n - first};
}

static void take_act(struct cmp_side *side, const struct cmp_act *act, bool barriers, size_t *first)
{
    const bool is_alone = ends_alone(act);

    if (act->kind == CMP_ACT_BEGIN || act->kind == CMP_ACT_END)
        return;
    if (is_alone || (act->kind == CMP_ACT_BARRIER && barriers)) {
        close_interval(side, *first, barriers);
        *first = side->n_items;
    }
    if (act->kind == CMP_ACT_BARRIER)
        return;
    add_item(side, *first, act);
    if (is_alone) {
        close_interval(side, *first, barriers);
        *first = side->n_items;
    }
}

int cmp_side_make(struct cmp_side *side, const struct cmp_stream *stream,
                  const struct cmp_span *span, const struct cmp_options *options, bool barriers)
{
    const size_t n = span->has && stream->acts ? span->end - span->first : 0;
    size_t first = 0;

    memset(side, 0, sizeof(*side));
    side->stream = stream;
    side->items = calloc(n + 1, sizeof(*side->items));
    side->intervals = calloc(n + 1, sizeof(*side->intervals));
    if (!side->items || !side->intervals)
        return SIM_ENOMEM;
    for (size_t i = span->first; i < span->first + n; i++) {
        const struct cmp_act *act = &stream->acts[i];

        if (!span->any_cpu && act->cpu != span->cpu)
            continue;
        if (act->kind == CMP_ACT_BEGIN && options->skip >> act->op & 1 && act->partner < span->end)
            i = act->partner;
        else
            take_act(side, act, barriers, &first);
    }
    close_interval(side, first, barriers);
    if (n)
        side->begin_ns = stream->acts[span->first ? span->first - 1 : 0].time_ns;
    if (span->has && stream->acts && span->op != CMP_NO_OP && span->end < stream->n_acts) {
        side->has_result = true;
        side->ret = stream->acts[span->end].ret;
    }
    return 0;
}

void cmp_side_free(struct cmp_side *side)
{
    free(side->items);
    free(side->intervals);
}

/* ---- costs ---- */

struct hashes {
    uint64_t *slots, *shapes; /* sorted within each interval, items by items */
};

static int by_value(const void *a, const void *b)
{
    const uint64_t x = *(const uint64_t *)a;
    const uint64_t y = *(const uint64_t *)b;

    return x < y ? -1 : x > y;
}

static int make_hashes(const struct cmp_side *side, struct hashes *hashes)
{
    hashes->slots = calloc(side->n_items + 1, sizeof(*hashes->slots));
    hashes->shapes = calloc(side->n_items + 1, sizeof(*hashes->shapes));
    if (!hashes->slots || !hashes->shapes)
        return SIM_ENOMEM;
    for (size_t i = 0; i < side->n_items; i++) {
        hashes->slots[i] = side->items[i].slot;
        hashes->shapes[i] = side->items[i].shape;
    }
    for (size_t i = 0; i < side->n_intervals; i++) {
        const struct cmp_interval *interval = &side->intervals[i];

        qsort(hashes->slots + interval->first, interval->n, sizeof(*hashes->slots), by_value);
        qsort(hashes->shapes + interval->first, interval->n, sizeof(*hashes->shapes), by_value);
    }
    return 0;
}

static size_t in_common(const uint64_t *a, size_t n_a, const uint64_t *b, size_t n_b)
{
    size_t n = 0;
    size_t i = 0;
    size_t j = 0;

    while (i < n_a && j < n_b) {
        if (a[i] == b[j]) {
            n++;
            i++;
            j++;
        } else if (a[i] < b[j]) {
            i++;
        } else {
            j++;
        }
    }
    return n;
}

struct aligner {
    const struct cmp_side *a, *b;
    struct hashes of_a, of_b;
    size_t from, end_a, end_b; /* what is not equal at begin and end */
};

/* 0 = the same; 1 for another value; 2 for an item without partner on either side. */
static uint32_t cost(const struct aligner *aligner, size_t i, size_t j)
{
    const struct cmp_interval *a = &aligner->a->intervals[i];
    const struct cmp_interval *b = &aligner->b->intervals[j];
    const size_t slots =
        in_common(aligner->of_a.slots + a->first, a->n, aligner->of_b.slots + b->first, b->n);
    const size_t shapes =
        in_common(aligner->of_a.shapes + a->first, a->n, aligner->of_b.shapes + b->first, b->n);

    return (uint32_t)(2 * (a->n + b->n) - 3 * slots - shapes);
}

static void trim(struct aligner *aligner, size_t *pairs)
{
    aligner->end_a = aligner->a->n_intervals;
    aligner->end_b = aligner->b->n_intervals;
    while (aligner->from < aligner->end_a && aligner->from < aligner->end_b &&
           cost(aligner, aligner->from, aligner->from) == 0) {
        pairs[aligner->from] = aligner->from;
        aligner->from++;
    }
    while (aligner->end_a > aligner->from && aligner->end_b > aligner->from &&
           cost(aligner, aligner->end_a - 1, aligner->end_b - 1) == 0) {
        aligner->end_a--;
        aligner->end_b--;
        pairs[aligner->end_a] = aligner->end_b;
    }
}

static uint32_t items_a(const struct aligner *aligner, size_t i)
{
    return (uint32_t)(2 * aligner->a->intervals[aligner->from + i].n);
}

static uint32_t items_b(const struct aligner *aligner, size_t j)
{
    return (uint32_t)(2 * aligner->b->intervals[aligner->from + j].n);
}

/* The cost of the rest behind intervals i and j, from that of fewer. @cell: its place in a table
 * with rows of @row. */
static uint32_t cheapest(const struct aligner *aligner, const uint32_t *cell, size_t row, size_t i,
                         size_t j)
{
    const bool has_a = i < aligner->end_a - aligner->from;
    const bool has_b = j < aligner->end_b - aligner->from;
    uint32_t best = has_a || has_b ? UINT32_MAX : 0;

    if (has_a)
        best = cell[row] + items_a(aligner, i);
    if (has_b && cell[1] + items_b(aligner, j) < best)
        best = cell[1] + items_b(aligner, j);
    if (has_a && has_b) {
        const uint32_t both = cell[row + 1] + cost(aligner, aligner->from + i, aligner->from + j);

        best = both < best ? both : best;
    }
    return best;
}

/* The cheapest way through the rest, from the end; then along it, from the begin. */
static int align_rest(const struct aligner *aligner, size_t *pairs)
{
    const size_t n = aligner->end_a - aligner->from;
    const size_t m = aligner->end_b - aligner->from;
    const size_t row = m + 1;
    uint32_t *best = calloc((n + 1) * row, sizeof(*best));
    size_t i;
    size_t j;

    if (!best)
        return SIM_ENOMEM;
    for (i = n + 1; i-- > 0;) {
        for (j = row; j-- > 0;)
            best[i * row + j] = cheapest(aligner, &best[i * row + j], row, i, j);
    }
    for (i = 0, j = 0; i < n && j < m;) {
        const uint32_t *cell = &best[i * row + j];

        if (*cell == cell[row + 1] + cost(aligner, aligner->from + i, aligner->from + j))
            pairs[aligner->from + i++] = aligner->from + j++;
        else if (*cell == cell[row] + items_a(aligner, i))
            i++;
        else
            j++;
    }
    free(best);
    return 0;
}

static int align(struct aligner *aligner, size_t *pairs)
{
    uint64_t n;
    uint64_t m;

    if (make_hashes(aligner->a, &aligner->of_a) || make_hashes(aligner->b, &aligner->of_b))
        return SIM_ENOMEM;
    trim(aligner, pairs);
    n = aligner->end_a - aligner->from;
    m = aligner->end_b - aligner->from;
    if ((n + 1) * (m + 1) <= MAX_CELLS)
        return align_rest(aligner, pairs);
    for (size_t i = 0; i < n && i < m; i++)
        pairs[aligner->from + i] = aligner->from + i;
    return 0;
}

int cmp_align(const struct cmp_side *a, const struct cmp_side *b, size_t *pairs)
{
    struct aligner aligner = {.a = a, .b = b};
    int err;

    for (size_t i = 0; i < a->n_intervals; i++)
        pairs[i] = SIZE_MAX;
    err = align(&aligner, pairs);
    free(aligner.of_a.slots);
    free(aligner.of_a.shapes);
    free(aligner.of_b.slots);
    free(aligner.of_b.shapes);
    return err;
}
