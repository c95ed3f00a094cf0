/* SPDX-License-Identifier: BSD-2-Clause
 * intent_ranges.c - lists of ranges of addresses: find, cut, take out.
 * Knows: ranges. Must not know: records, what a range is for. */
#include "sim/diag.h"
#include "sim/intent_private.h"

#include <stdlib.h>
#include <string.h>

#define MIN_RANGES 4u

void sim_ranges_free(struct range_list *list)
{
    free(list->of);
    *list = (struct range_list){0};
}

size_t sim_ranges_find(const struct range_list *list, uint64_t iova)
{
    const struct range *base = list->of;
    size_t n = list->n;

    if (!n)
        return 0;
    /* The answer is in [base, base + n]. No branch on the outcome: it is chance. */
    while (n > 1) {
        const size_t half = n / 2;

        base += base[half - 1].last < iova ? half : 0;
        n -= half;
    }
    return (size_t)(base - list->of) + (base->last < iova);
}

bool sim_ranges_overlap(const struct range_list *list, const struct range *range)
{
    size_t at;

    if (!list->n || list->of[list->n - 1].last < range->iova)
        return false;
    at = sim_ranges_find(list, range->iova);
    return list->of[at].iova <= range->last;
}

static int reserve_one(struct range_list *list)
{
    const size_t n_max = list->n_max ? 2 * list->n_max : MIN_RANGES;
    struct range *of;

    if (list->of && list->n < list->n_max)
        return 0;
    of = realloc(list->of, n_max * sizeof(*of));
    if (!of)
        return SIM_ENOMEM;
    list->of = of;
    list->n_max = n_max;
    return 0;
}

static int insert_at(struct range_list *list, size_t index, const struct range *range)
{
    if (reserve_one(list))
        return SIM_ENOMEM;
    memmove(&list->of[index + 1], &list->of[index], (list->n - index) * sizeof(*range));
    list->of[index] = *range;
    list->n++;
    return 0;
}

int sim_ranges_push(struct range_list *list, const struct range *range)
{
    const struct range *before = list->n ? &list->of[list->n - 1] : NULL;

    if (!before)
        list->is_unsorted = false;
    else if (before->domain != range->domain || before->last >= range->iova)
        list->is_unsorted = true;
    return insert_at(list, list->n, range);
}

int sim_ranges_insert(struct range_list *list, const struct range *range)
{
    size_t index = list->n;

    if (index && list->of[index - 1].last >= range->iova)
        index = sim_ranges_find(list, range->iova);
    return insert_at(list, index, range);
}

/* The range at @index ends before @at, the rest follows it (or comes last, if order is lost). */
static int split_one(struct range_list *list, size_t index, uint64_t at)
{
    struct range rest = list->of[index];

    rest.pa += at - rest.iova;
    rest.iova = at;
    if (insert_at(list, list->is_unsorted ? list->n : index + 1, &rest))
        return SIM_ENOMEM;
    list->of[index].last = at - 1;
    return 0;
}

int sim_ranges_split(struct range_list *list, uint64_t domain, uint64_t at)
{
    const size_t n = list->n;
    size_t i = list->is_unsorted ? 0 : sim_ranges_find(list, at);

    for (; i < n; i++) {
        const struct range *range = &list->of[i];

        if (range->domain == domain && range->iova < at && range->last >= at &&
            split_one(list, i, at))
            return SIM_ENOMEM;
        if (!list->is_unsorted)
            break;
    }
    return 0;
}

int sim_ranges_take(struct range_list *from, const struct range *what, struct range_list *to)
{
    size_t at, kept;

    if (!from->n)
        return 0;
    if (sim_ranges_split(from, what->domain, what->iova) ||
        (what->last != UINT64_MAX && sim_ranges_split(from, what->domain, what->last + 1)))
        return SIM_ENOMEM;
    at = from->is_unsorted ? 0 : sim_ranges_find(from, what->iova);
    kept = at;
    for (; at < from->n; at++) {
        const struct range *range = &from->of[at];

        if (!from->is_unsorted && range->iova > what->last)
            break;
        if (range->domain != what->domain || range->iova < what->iova || range->last > what->last)
            from->of[kept++] = *range;
        else if (sim_ranges_push(to, range))
            return SIM_ENOMEM;
    }
    memmove(&from->of[kept], &from->of[at], (from->n - at) * sizeof(*from->of));
    from->n -= at - kept;
    return 0;
}

void sim_ranges_drop(struct range_list *list, size_t n)
{
    memmove(list->of, &list->of[n], (list->n - n) * sizeof(*list->of));
    list->n -= n;
}
