/* SPDX-License-Identifier: BSD-2-Clause
 * intent_ask.c - which answers to a request were allowed, at any moment of an interval.
 * Knows: ranges and moments. Must not know: records, who asks. */
#include "sim/diag.h"
#include "sim/intent.h"
#include "sim/intent_private.h"

#define MAX_WINDOWS 16u

/* Moments from <= t < to at which a request was sure to be served. */
struct window {
    uint64_t from, to;
};

struct question {
    uint64_t iova;
    uint64_t first, last;
    struct window sure[MAX_WINDOWS];
    size_t n_sure;
    struct sim_intent_answer *out;
};

static void add_target(struct question *q, const struct range *range)
{
    struct sim_intent_answer *out = q->out;
    const uint64_t pa = range->pa + (q->iova - range->iova);

    for (unsigned i = 0; i < out->n_targets; i++) {
        if (out->pa[i] == pa && out->has_prot[i] == range->has_prot && out->prot[i] == range->prot)
            return;
    }
    if (out->n_targets == SIM_INTENT_TARGETS) {
        out->is_opaque = true;
        return;
    }
    out->pa[out->n_targets] = pa;
    out->prot[out->n_targets] = range->prot;
    out->has_prot[out->n_targets] = range->has_prot;
    out->n_targets++;
}

/* @range had not ended when the question begins. */
static void consider(struct question *q, const struct range *range)
{
    if (range->may <= q->last)
        add_target(q, range);
    if (range->must >= range->refuse || range->must > q->last || range->refuse <= q->first)
        return;
    if (q->n_sure == MAX_WINDOWS)
        q->out->is_opaque = true;
    else
        q->sure[q->n_sure++] = (struct window){range->must, range->refuse};
}

static bool covers(const struct range *range, uint64_t domain, uint64_t iova)
{
    return range->domain == domain && range->iova <= iova && range->last >= iova;
}

static void consider_mark(struct question *q, const struct mark *mark, uint64_t domain)
{
    const struct range_list *items = &mark->items;
    size_t i = items->is_unsorted ? 0 : sim_ranges_find(items, q->iova);
    bool is_found = false;

    for (; i < items->n; i++) {
        if (covers(&items->of[i], domain, q->iova)) {
            consider(q, &items->of[i]);
            is_found = true;
        } else if (!items->is_unsorted) {
            break;
        }
    }
    /* A map has begun here, and its MAP record, which tells where to, has not come yet. */
    if (mark->op == SIM_OP_MAP && !is_found && mark->has_range && mark->domain == domain &&
        mark->iova <= q->iova && mark->last >= q->iova && mark->begin_seq <= q->last)
        q->out->is_opaque = true;
}

static void consider_domain(struct question *q, const struct domain *domain)
{
    const size_t at = sim_ranges_find(&domain->live, q->iova);

    if (at < domain->live.n && domain->live.of[at].iova <= q->iova)
        consider(q, &domain->live.of[at]);
    for (size_t i = domain->gone.n; i-- > 0;) {
        const struct range *range = &domain->gone.of[i];

        if (range->end <= q->first)
            break;
        if (range->iova <= q->iova && range->last >= q->iova)
            consider(q, range);
    }
}

/* Was there a moment of the question at which nothing was sure to be served? */
static bool has_gap(const struct question *q)
{
    uint64_t t = q->first;
    bool grows = true;

    while (grows) {
        grows = false;
        for (size_t i = 0; i < q->n_sure; i++) {
            if (q->sure[i].from > t || q->sure[i].to <= t)
                continue;
            t = q->sure[i].to;
            grows = true;
            if (t > q->last)
                return false;
        }
    }
    return true;
}

/* NOLINTNEXTLINE(readability-function-size): who, where and when; each caller has them apart */
void sim_intent_ask(const struct sim_intent *intent, uint64_t domain, enum sim_domain_kind kind,
                    uint64_t iova, uint64_t first_seq, uint64_t last_seq,
                    struct sim_intent_answer *out)
{
    const struct domain *found;
    struct question q;

    SIM_BUG_ON(first_seq > last_seq || last_seq == SIM_SEQ_NEVER);
    *out = (struct sim_intent_answer){.refusal = kind == SIM_DOMAIN_BLOCKED};
    if (kind == SIM_DOMAIN_OPAQUE)
        out->is_opaque = true;
    if (kind == SIM_DOMAIN_IDENTITY) {
        out->pa[0] = iova;
        out->n_targets = 1;
    }
    if (kind != SIM_DOMAIN_PAGING)
        return;
    q.iova = iova;
    q.first = first_seq;
    q.last = last_seq;
    q.n_sure = 0;
    q.out = out;
    found = sim_intent_domain(intent, domain);
    if (found)
        consider_domain(&q, found);
    for (size_t i = 0; i < intent->n_marks; i++)
        consider_mark(&q, &intent->marks[i], domain);
    out->refusal = has_gap(&q);
}

size_t sim_intent_n_ranges(const struct sim_intent *intent, uint64_t domain)
{
    const struct domain *found = sim_intent_domain(intent, domain);

    return found ? found->live.n : 0;
}

void sim_intent_range(const struct sim_intent *intent, uint64_t domain, size_t index,
                      uint64_t *iova, uint64_t *size, uint64_t *pa)
{
    const struct domain *found = sim_intent_domain(intent, domain);
    const struct range *range;

    SIM_BUG_ON(!found || index >= found->live.n);
    range = &found->live.of[index];
    *iova = range->iova;
    *size = range->last - range->iova + 1;
    *pa = range->pa;
}

size_t sim_intent_find(const struct sim_intent *intent, uint64_t domain, uint64_t iova)
{
    const struct domain *found = sim_intent_domain(intent, domain);

    return found ? sim_ranges_find(&found->live, iova) : 0;
}
