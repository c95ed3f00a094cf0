/* SPDX-License-Identifier: BSD-2-Clause
 * traffic_spans.c - the addresses that a device may use, listed so that any page is found fast.
 * Knows: what domains map. Must not know: who asks for which page, records, models.
 *
 * Domains change with nearly every record of a busy trace. The list is made anew only when as many
 * requests were drawn as an eighth of its length, or when a draft turns out to be outdated, which
 * is checked for each one while the list is older than the domains. */
#include "sim/traffic/traffic_private.h"

#define MANY_RANGES 65536u

/* The part of [iova, last] that the device keeps to. Return: false: none of it. */
static bool clip(const struct traffic *traffic, uint64_t *iova, uint64_t *last)
{
    const struct traffic_wiring *wiring = &traffic->wiring;

    if (!wiring->last)
        return true;
    if (*iova > wiring->last || *last < wiring->first)
        return false;
    *iova = *iova < wiring->first ? wiring->first : *iova;
    *last = *last > wiring->last ? wiring->last : *last;
    return true;
}

/* Add [iova, last], joined to the one before if it follows. Return: false if there is no room. */
static bool add_span(struct traffic *traffic, uint64_t iova, uint64_t last)
{
    struct spans *spans = &traffic->spans;
    struct span *before = spans->n ? &spans->of[spans->n - 1] : NULL;
    uint64_t n_bytes;

    if (!clip(traffic, &iova, &last))
        return true;
    n_bytes = last - iova + 1;
    if (before && before->iova + before->n_bytes == iova &&
        before->n_bytes + n_bytes <= MAX_RANGE_BYTES && n_bytes <= MAX_RANGE_BYTES) {
        before->n_bytes += (uint32_t)n_bytes;
        return true;
    }
    if (spans->n == MAX_RANGES)
        return false;
    if (!n_bytes || n_bytes > MAX_RANGE_BYTES)
        n_bytes = MAX_RANGE_BYTES;
    spans->of[spans->n++] = (struct span){.iova = iova, .n_bytes = (uint32_t)n_bytes};
    return true;
}

/* The pieces of [iova, last] that the second domain maps too, or every @stride-th of them. */
static bool add_common(struct traffic *traffic, size_t stride, uint64_t iova, uint64_t last)
{
    const struct sim_intent *intent = traffic->wiring.intent;
    const uint64_t domain = traffic->spans.domains[1];
    const size_t n = sim_intent_n_ranges(intent, domain);
    uint64_t at, size, pa;

    for (size_t i = sim_intent_find(intent, domain, iova); i < n; i += stride) {
        sim_intent_range(intent, domain, i, &at, &size, &pa);
        if (at > last)
            break;
        if (!add_span(traffic, at > iova ? at : iova,
                      at + (size - 1) < last ? at + (size - 1) : last))
            return false;
    }
    return true;
}

/* Every @stride-th range of the first domain. Return: false if there are too many. */
static bool list_some(struct traffic *traffic, size_t stride)
{
    const struct sim_intent *intent = traffic->wiring.intent;
    const uint64_t domain = traffic->spans.domains[0];
    const size_t n = sim_intent_n_ranges(intent, domain);
    uint64_t iova, size, pa;

    traffic->spans.n = 0;
    for (size_t i = 0; i < n; i += stride) {
        sim_intent_range(intent, domain, i, &iova, &size, &pa);
        if (!(traffic->spans.n_domains == 2 ? add_common(traffic, stride, iova, iova + (size - 1))

                                            : add_span(traffic, iova, iova + (size - 1))))
            return false;
    }
    return true;
}

/* What @first maps; with @n 2, what @second maps too. */
static void list_ranges(struct traffic *traffic, uint64_t first, uint64_t second, uint8_t n)
{
    struct spans *spans = &traffic->spans;
    size_t stride = 1 + sim_intent_n_ranges(traffic->wiring.intent, first) / MANY_RANGES;

    spans->domains[0] = first;
    spans->domains[1] = second;
    spans->n_domains = n;
    while (!list_some(traffic, stride))
        stride *= 2;
}

static uint32_t pages_of(const struct span *span)
{
    const uint64_t last = span->iova + (span->n_bytes - 1);

    return (uint32_t)((last >> PAGE_LOG2) - (span->iova >> PAGE_LOG2)) + 1;
}

static void number_pages(struct spans *spans)
{
    uint32_t n_slices, slice_pages, at = 0;

    spans->n_pages = 0;
    for (uint32_t i = 0; i < spans->n; i++) {
        spans->of[i].first_page = spans->n_pages;
        spans->n_pages += pages_of(&spans->of[i]);
    }
    spans->slice_log2 = 0;
    while ((spans->n_pages - 1) >> spans->slice_log2 >= MAX_SLICES ||
           (spans->n_pages - 1) >> spans->slice_log2 > spans->n)
        spans->slice_log2++;
    slice_pages = 1u << spans->slice_log2;
    n_slices = (spans->n_pages - 1) / slice_pages + 1;
    for (uint32_t slice = 0; slice < n_slices; slice++) {
        while (at + 1 < spans->n && spans->of[at + 1].first_page <= slice * slice_pages)
            at++;
        spans->slices[slice] = (uint16_t)at;
    }
    spans->slices[n_slices] = (uint16_t)(spans->n - 1);
}

static void list_anew(struct traffic *traffic)
{
    const struct sim_intent *intent = traffic->wiring.intent;
    const uint64_t domain = traffic->domain, other = traffic->other;
    struct spans *spans = &traffic->spans;

    spans->generation = sim_intent_generation(intent);
    spans->serial++;
    spans->n_drawn = 0;
    spans->is_listed = true;
    if (sim_intent_n_ranges(intent, domain)) {
        list_ranges(traffic, domain, other, domain == other ? 1 : 2);
        if (!spans->n)
            list_ranges(traffic, domain, other, 1);
    } else if (traffic->kind == SIM_DOMAIN_IDENTITY && sim_intent_n_ranges(intent, other)) {
        list_ranges(traffic, other, domain, 1);
    } else if (traffic->kind == SIM_DOMAIN_PAGING && domain == other) {
        spans->n = 0;
    } else {
        spans->n_domains = 0; /* the addresses known last */
    }
    if (spans->n)
        number_pages(spans);
}

bool traffic_spans_update(struct traffic *traffic)
{
    struct spans *spans = &traffic->spans;

    if (traffic->kind == SIM_DOMAIN_BLOCKED)
        return spans->n != 0;
    if (!spans->is_listed || (spans->generation != sim_intent_generation(traffic->wiring.intent) &&
                              spans->n_drawn >= spans->n / 8))
        list_anew(traffic);
    return spans->n != 0;
}

static bool is_mapped(const struct traffic *traffic, uint64_t domain, const struct draft *draft)
{
    const struct sim_intent *intent = traffic->wiring.intent;
    const size_t at = sim_intent_find(intent, domain, draft->iova);
    uint64_t iova, size, pa;

    if (at >= sim_intent_n_ranges(intent, domain))
        return false;
    sim_intent_range(intent, domain, at, &iova, &size, &pa);
    return iova <= draft->iova && iova + (size - 1) >= draft->iova + (draft->n_bytes - 1);
}

bool traffic_spans_allow(struct traffic *traffic, const struct draft *draft)
{
    const uint64_t generation = sim_intent_generation(traffic->wiring.intent);
    struct spans *spans = &traffic->spans;
    bool is_good = true;

    spans->n_drawn++;
    if (traffic->kind == SIM_DOMAIN_BLOCKED ||
        (spans->generation == generation && draft->serial == spans->serial))
        return true;
    for (unsigned i = 0; i < spans->n_domains; i++)
        is_good = is_good && is_mapped(traffic, spans->domains[i], draft);
    if (!is_good && spans->generation != generation)
        list_anew(traffic);
    return is_good;
}

struct span traffic_spans_page(const struct spans *spans, uint32_t number)
{
    const uint32_t slice = number >> spans->slice_log2;
    uint32_t low = spans->slices[slice], high = spans->slices[slice + 1];
    const struct span *span;
    uint64_t iova, last, page;

    while (low < high) {
        const uint32_t middle = (low + high + 1) / 2;

        if (spans->of[middle].first_page <= number)
            low = middle;
        else
            high = middle - 1;
    }
    span = &spans->of[low];
    last = span->iova + (span->n_bytes - 1);
    page = (span->iova >> PAGE_LOG2) + (number - span->first_page);
    iova = page << PAGE_LOG2;
    if (last > (iova | (PAGE_BYTES - 1)))
        last = iova | (PAGE_BYTES - 1);
    if (iova < span->iova)
        iova = span->iova;
    return (struct span){.iova = iova, .n_bytes = (uint32_t)(last - iova) + 1};
}
