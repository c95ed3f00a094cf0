/* SPDX-License-Identifier: BSD-2-Clause
 * rpl_target.c - the addresses that the probes of a device try.
 * Knows: what is mapped. Must not know: what any answer should be. */
#include "kernel-glue/replay/rpl_private.h"

#define PAGE_BYTES UINT64_C(4096)
#define FALLBACK_IOVA PAGE_BYTES /* where nothing is mapped, this will do for a refusal */

/* A walk over the pieces that two domains both map, by address. */
struct pieces {
    const struct sim_intent *intent;
    uint64_t domain, other;
    size_t i, j, n_i, n_j;
    uint64_t first, last;
    uint64_t from, to; /* pieces are cut to this range, if @to is not 0 */
};

static struct pieces pieces_of(const struct rpl *rpl, uint64_t domain, uint64_t other)
{
    return (struct pieces){.intent = rpl->intent,
                           .domain = domain,
                           .other = other,
                           .n_i = sim_intent_n_ranges(rpl->intent, domain),
                           .n_j = sim_intent_n_ranges(rpl->intent, other),
                           .from = rpl->config->first,
                           .to = rpl->config->last};
}

static void range_of(const struct sim_intent *intent, uint64_t domain, size_t i, uint64_t *first,
                     uint64_t *last)
{
    uint64_t size, pa;

    sim_intent_range(intent, domain, i, first, &size, &pa);
    *last = *first + (size - 1);
}

/* Return: false at the end. */
static bool next_piece(struct pieces *p)
{
    while (p->i < p->n_i && p->j < p->n_j) {
        uint64_t a_first, a_last, b_first, b_last;

        range_of(p->intent, p->domain, p->i, &a_first, &a_last);
        range_of(p->intent, p->other, p->j, &b_first, &b_last);
        p->first = a_first > b_first ? a_first : b_first;
        p->last = a_last < b_last ? a_last : b_last;
        if (a_last < b_last)
            p->i++;
        else
            p->j++;
        if (p->to && p->first < p->from)
            p->first = p->from;
        if (p->to && p->last > p->to)
            p->last = p->to;
        if (p->first <= p->last)
            return true;
    }
    return false;
}

/* The @k-th of @n addresses spread over [first, last]: its first and last page, and between. */
static uint64_t spread(uint64_t first, uint64_t last, uint32_t k, uint32_t n)
{
    const uint64_t n_pages = (last - first) / PAGE_BYTES;

    return n < 2 ? first : first + n_pages * k / (n - 1) * PAGE_BYTES;
}

static void add(struct rpl_device *device, uint64_t iova)
{
    for (uint32_t i = 0; i < device->n_iovas; i++) {
        if (device->iova[i] == iova)
            return;
    }
    device->iova[device->n_iovas++] = iova;
}

/* The k-th address lies in the piece at k/(n-1) of the way, and there at the same part of it. */
static void choose_common(struct rpl *rpl, struct rpl_device *device, uint64_t domain,
                          uint64_t other)
{
    const uint32_t n = rpl->config->probe.iovas;
    struct pieces count = pieces_of(rpl, domain, other);
    struct pieces take = count;
    uint64_t n_pieces = 0;
    uint64_t at = 0;

    while (next_piece(&count))
        n_pieces++;
    for (uint32_t k = 0; k < n && n_pieces; k++) {
        const uint64_t want = n < 2 ? 0 : (n_pieces - 1) * k / (n - 1);

        while (at <= want && next_piece(&take))
            at++;
        add(device, spread(take.first, take.last, k, n));
    }
}

static void choose_first(struct rpl *rpl, struct rpl_device *device, uint64_t domain)
{
    uint64_t first, last;

    if (device->n_iovas == rpl->config->probe.iovas || !sim_intent_n_ranges(rpl->intent, domain))
        return;
    range_of(rpl->intent, domain, 0, &first, &last);
    add(device, first);
}

/* What @domain will map soon. */
static void choose_ahead(struct rpl *rpl, struct rpl_device *device, uint64_t domain)
{
    for (uint64_t i = rpl->live.cursor; i < rpl->n_put; i++) {
        const struct sim_record *rec = rpl_record_at(rpl, i);

        if (rec->kind != SIM_R_MAP || rec->map.domain != domain)
            continue;
        add(device, rec->map.iova);
        if (device->n_iovas == rpl->config->probe.iovas)
            return;
    }
}

/* Where neither maps anything, and none will soon: the addresses known last, as traffic has them.
 */
static void choose_otherwise(struct rpl *rpl, struct rpl_device *device, uint64_t domain,
                             uint64_t other, uint32_t n_known)
{
    choose_first(rpl, device, domain);
    choose_first(rpl, device, other);
    if (!device->n_iovas)
        choose_ahead(rpl, device, other);
    if (!device->n_iovas)
        device->n_iovas = n_known;
    if (!device->n_iovas)
        add(device, FALLBACK_IOVA);
}

/* @other is the domain that @device switches to, or @domain outside a switch. */
void rpl_target_choose(struct rpl *rpl, struct rpl_device *device, uint64_t domain, uint64_t other)
{
    const uint32_t n_known = device->is_ranged ? 0 : device->n_iovas;

    if (rpl->is_fork || !rpl->probes.snapshot)
        return;
    device->generation = sim_intent_generation(rpl->intent);
    device->is_ranged = false;
    device->n_iovas = 0;
    choose_common(rpl, device, domain, other);
    if (!sim_intent_n_ranges(rpl->intent, other))
        choose_common(rpl, device, domain, domain);
    else if (!sim_intent_n_ranges(rpl->intent, domain))
        choose_common(rpl, device, other, other);
    if (!device->n_iovas)
        choose_otherwise(rpl, device, domain, other, n_known);
}

void rpl_target_range(struct rpl *rpl, struct rpl_device *device, uint64_t iova, uint64_t size)
{
    const uint32_t n = rpl->config->probe.iovas;

    if (rpl->is_fork || !rpl->probes.snapshot || !size)
        return;
    device->generation = sim_intent_generation(rpl->intent);
    device->is_ranged = true;
    device->n_iovas = 0;
    for (uint32_t k = 0; k < n; k++)
        add(device, spread(iova, iova + (size - 1), k, n));
}
