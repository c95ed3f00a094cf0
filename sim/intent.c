/* SPDX-License-Identifier: BSD-2-Clause
 * intent.c - what software promised: domains, and the marks that are still open.
 * Knows: domains, ranges, the order of records. Must not know: any table format or model.
 *
 * A domain keeps two lists: `live`, what must work at this moment, and `gone`, what once did, by
 * the moment of its end. What an open mark is about to change stands in the mark: targets of a
 * map that is not finished, ranges that an unmap has taken out of `live`. The END of the mark puts
 * them where they belong. An unmap takes out the whole range of its BEGIN, because from there on
 * a refusal may be seen, and gives back what no UNMAP record named. */
#include "sim/intent.h"

#include "sim/diag.h"
#include "sim/intent_private.h"

#include <stdlib.h>
#include <string.h>

#define SWEEP_RANGES 64u

struct sim_intent *sim_intent_new(void)
{
    return calloc(1, sizeof(struct sim_intent));
}

void sim_intent_free(struct sim_intent *intent)
{
    struct domain *domain, *next;

    if (!intent)
        return;
    domain = intent->domains;
    HASH_CLEAR(hh, intent->domains); /* the table; its elements still form a list */
    for (; domain; domain = next) {
        next = domain->hh.next;
        sim_ranges_free(&domain->live);
        sim_ranges_free(&domain->gone);
        free(domain);
    }
    for (size_t i = 0; i < intent->n_marks; i++)
        sim_ranges_free(&intent->marks[i].items);
    sim_ranges_free(&intent->spare);
    free(intent);
}

/* ---- domains ---- */

struct domain *sim_intent_domain(const struct sim_intent *intent, uint64_t id)
{
    struct domain *domain;

    HASH_FIND(hh, intent->domains, &id, sizeof(id), domain);
    return domain;
}

static struct domain *get_domain(struct sim_intent *intent, uint64_t id)
{
    struct domain *domain = sim_intent_domain(intent, id);

    if (domain)
        return domain;
    domain = calloc(1, sizeof(*domain));
    if (!domain)
        return NULL;
    domain->id = id;
    HASH_ADD(hh, intent->domains, id, sizeof(domain->id), domain);
    if (!domain->hh.tbl) {
        free(domain);
        return NULL;
    }
    return domain;
}

/* @range may not be used from the moment @seq on. */
static int bury(struct sim_intent *intent, struct range *range, uint64_t seq)
{
    struct domain *domain = get_domain(intent, range->domain);

    if (!domain)
        return SIM_ENOMEM;
    range->end = seq;
    if (range->refuse > seq)
        range->refuse = seq;
    intent->n_gone++;
    return sim_ranges_push(&domain->gone, range);
}

/* Out of `live` what @what covers; what comes after counts from the moment @seq on. */
static int bury_live(struct sim_intent *intent, struct domain *domain, const struct range *what,
                     uint64_t seq)
{
    struct range_list taken = {0};
    int error = sim_ranges_take(&domain->live, what, &taken);

    for (size_t i = 0; i < taken.n && !error; i++)
        error = bury(intent, &taken.of[i], seq);
    sim_ranges_free(&taken);
    return error;
}

/* @range must work from now on, @seq; whatever it covers gives way. */
static int make_live(struct sim_intent *intent, const struct range *range, uint64_t seq)
{
    struct domain *domain = get_domain(intent, range->domain);
    int error = 0;

    if (!domain)
        return SIM_ENOMEM;
    if (sim_ranges_overlap(&domain->live, range))
        error = bury_live(intent, domain, range, seq);
    return error ? error : sim_ranges_insert(&domain->live, range);
}

/* What an unmap had taken but not removed comes back, where no other mapping has its place now. */
static int give_back(struct sim_intent *intent, const struct range *range, uint64_t seq)
{
    struct domain *domain = get_domain(intent, range->domain);
    struct range_list newer = {0};
    int error;

    if (!domain)
        return SIM_ENOMEM;
    error = sim_ranges_take(&domain->live, range, &newer);
    if (!error) {
        struct range old = *range;

        old.refuse = SIM_SEQ_NEVER;
        error = sim_ranges_insert(&domain->live, &old);
    }
    for (size_t i = 0; i < newer.n && !error; i++)
        error = make_live(intent, &newer.of[i], seq);
    sim_ranges_free(&newer);
    return error;
}

/* ---- marks ---- */

static bool is_removal(const struct mark *mark)
{
    return mark->op == SIM_OP_UNMAP || mark->op == SIM_OP_FREE;
}

static int close_map(struct sim_intent *intent, struct mark *mark, uint64_t seq, bool failed)
{
    int error = 0;

    for (size_t i = 0; i < mark->items.n && !error; i++) {
        struct range *range = &mark->items.of[i];

        if (failed) {
            error = bury(intent, range, seq);
        } else {
            range->must = seq;
            error = make_live(intent, range, seq);
        }
    }
    return error;
}

static int close_unmap(struct sim_intent *intent, struct mark *mark, uint64_t seq, bool failed)
{
    const bool all = mark->op == SIM_OP_FREE && !failed;
    int error = 0;

    for (size_t i = 0; i < mark->items.n && !error; i++) {
        struct range *range = &mark->items.of[i];

        error = all || range->is_removed ? bury(intent, range, seq) : give_back(intent, range, seq);
    }
    return error;
}

static int close_mark(struct sim_intent *intent, size_t index, uint64_t seq, bool failed)
{
    struct mark mark = intent->marks[index];
    int error = 0;

    memmove(&intent->marks[index], &intent->marks[index + 1],
            (intent->n_marks - index - 1) * sizeof(mark));
    intent->n_marks--;
    if (mark.op == SIM_OP_MAP || is_removal(&mark))
        intent->generation++;
    if (mark.op == SIM_OP_MAP)
        error = close_map(intent, &mark, seq, failed);
    else if (is_removal(&mark))
        error = close_unmap(intent, &mark, seq, failed);
    if (mark.items.of) {
        sim_ranges_free(&intent->spare);
        intent->spare = mark.items;
    }
    return error;
}

/* @size bytes of @domain. Return: false if there are none. */
static bool make_range(struct range *range, uint64_t domain, uint64_t iova, uint64_t size)
{
    *range = (struct range){.domain = domain, .iova = iova, .last = iova + (size - 1)};
    if (size && range->last < iova)
        range->last = UINT64_MAX;
    range->refuse = SIM_SEQ_NEVER;
    range->end = SIM_SEQ_NEVER;
    return size != 0;
}

/* What a mark says it is about; a freed domain loses everything. Return: false if it does not. */
static bool announced(struct range *range, uint8_t op, const struct sim_rec_mark *mark)
{
    if (op == SIM_OP_MAP || op == SIM_OP_UNMAP)
        return make_range(range, mark->domain, mark->a, mark->b);
    (void)make_range(range, mark->domain, 0, UINT64_MAX);
    range->last = UINT64_MAX;
    return op == SIM_OP_FREE && mark->domain;
}

/*
 * The innermost mark that says it is about @range (NULL: that says nothing), on @cpu or, since a
 * task may have moved, on another; or else the innermost on @cpu. SIZE_MAX if there is none.
 */
static size_t find_mark(const struct sim_intent *intent, uint16_t cpu, uint8_t op,
                        const struct range *range)
{
    size_t on_cpu = SIZE_MAX, elsewhere = SIZE_MAX;

    for (size_t i = intent->n_marks; i-- > 0;) {
        const struct mark *mark = &intent->marks[i];
        const bool fits = range && mark->op == op && mark->has_range &&
                          mark->domain == range->domain && mark->iova <= range->iova &&
                          mark->last >= range->last;

        if (fits && mark->cpu == cpu)
            return i;
        if (fits && elsewhere == SIZE_MAX)
            elsewhere = i;
        if (mark->op == op && mark->cpu == cpu && on_cpu == SIZE_MAX)
            on_cpu = i;
    }
    return elsewhere != SIZE_MAX ? elsewhere : on_cpu;
}

/* From the moment @seq on, @what may be refused: it moves from where it is to the unmap @mark. What
 * another CPU's unfinished map has there goes too. */
static int take_out(struct sim_intent *intent, struct mark *mark, const struct range *what,
                    uint64_t seq)
{
    struct domain *domain = sim_intent_domain(intent, what->domain);
    const size_t n = mark->items.n;
    int error = 0;

    if (domain)
        error = sim_ranges_take(&domain->live, what, &mark->items);
    for (size_t i = 0; i < intent->n_marks && !error; i++) {
        if (intent->marks[i].op == SIM_OP_MAP && what->is_removed)
            error = sim_ranges_take(&intent->marks[i].items, what, &mark->items);
    }
    for (size_t i = n; i < mark->items.n; i++) {
        mark->items.of[i].refuse = seq;
        mark->items.of[i].is_removed = what->is_removed;
    }
    return error;
}

static int begin(struct sim_intent *intent, const struct sim_record *rec, uint64_t seq)
{
    struct range range;
    struct mark *mark;
    int error = 0;

    if (intent->n_marks == MAX_MARKS)
        error = close_mark(intent, 0, seq, false);
    if (error)
        return error;
    mark = &intent->marks[intent->n_marks++];
    *mark = (struct mark){.cpu = rec->cpu, .op = rec->mark.op, .domain = rec->mark.domain};
    mark->begin_seq = seq;
    if (mark->op != SIM_OP_MAP && !is_removal(mark))
        return 0;
    intent->generation++;
    mark->items = intent->spare;
    mark->items.n = 0;
    intent->spare = (struct range_list){0};
    mark->has_range = announced(&range, mark->op, &rec->mark);
    mark->iova = range.iova;
    mark->last = range.last;
    if (mark->op == SIM_OP_MAP || !mark->has_range)
        return 0;
    return take_out(intent, mark, &range, seq);
}

/* Its address was another domain's before, of which nobody saw the end. */
static int begin_domain(struct sim_intent *intent, uint64_t id, uint64_t seq)
{
    const struct range all = {.domain = id, .last = UINT64_MAX};
    struct domain *domain = sim_intent_domain(intent, id);

    if (!domain || !domain->live.n)
        return 0;
    intent->generation++;
    return bury_live(intent, domain, &all, seq);
}

static int end(struct sim_intent *intent, const struct sim_record *rec, uint64_t seq)
{
    const uint8_t op = rec->mark_end.op;
    const struct sim_rec_mark as_begin = {
        .domain = rec->mark_end.domain, .a = rec->mark_end.a, .b = rec->mark_end.b};
    struct range range;
    size_t index;
    uint16_t cpu;
    int error = 0;

    index = find_mark(intent, rec->cpu, op, announced(&range, op, &as_begin) ? &range : NULL);
    if (op == SIM_OP_ALLOC && !rec->mark_end.ret)
        error = begin_domain(intent, as_begin.domain, seq);
    if (index == SIZE_MAX || error)
        return error;
    cpu = intent->marks[index].cpu;
    for (size_t i = intent->n_marks; i-- > index + 1 && !error;) {
        if (intent->marks[i].cpu == cpu)
            error = close_mark(intent, i, seq, false);
    }
    return error ? error : close_mark(intent, index, seq, rec->mark_end.ret != 0);
}

/* ---- maps and unmaps ---- */

/* Which mark @range belongs to; its domain, if the record does not tell. */
static struct mark *mark_for(struct sim_intent *intent, uint16_t cpu, uint8_t op,
                             struct range *range)
{
    const size_t index = find_mark(intent, cpu, op, range);

    if (index == SIZE_MAX)
        return NULL;
    for (size_t i = index + 1; i-- > 0 && !range->domain;) {
        if (intent->marks[i].cpu == intent->marks[index].cpu && intent->marks[i].op == op)
            range->domain = intent->marks[i].domain;
    }
    return &intent->marks[index];
}

static int map(struct sim_intent *intent, const struct sim_record *rec, uint64_t seq)
{
    const struct sim_rec_map *map = &rec->map;
    struct mark *mark;
    struct range range;

    if (!make_range(&range, map->domain, map->iova, map->size))
        return 0;
    mark = mark_for(intent, rec->cpu, SIM_OP_MAP, &range);
    range.pa = map->pa;
    range.prot = map->prot;
    range.has_prot = rec->flags & SIM_RF_PROT;
    range.may = mark ? mark->begin_seq : seq;
    range.must = mark ? SIM_SEQ_NEVER : seq;
    intent->generation++;
    return mark ? sim_ranges_push(&mark->items, &range) : make_live(intent, &range, seq);
}

static int unmap(struct sim_intent *intent, const struct sim_record *rec, uint64_t seq)
{
    const struct sim_rec_unmap *unmap = &rec->unmap;
    struct domain *domain;
    struct mark *mark;
    struct range range;
    int error;

    if (!make_range(&range, unmap->domain, unmap->iova, unmap->unmapped))
        return 0;
    mark = mark_for(intent, rec->cpu, SIM_OP_UNMAP, &range);
    intent->generation++;
    if (!mark) {
        domain = sim_intent_domain(intent, range.domain);
        return domain ? bury_live(intent, domain, &range, seq) : 0;
    }
    error = sim_ranges_split(&mark->items, range.domain, range.iova);
    if (!error && range.last != UINT64_MAX)
        error = sim_ranges_split(&mark->items, range.domain, range.last + 1);
    if (error)
        return error;
    for (size_t i = mark->items.is_unsorted ? 0 : sim_ranges_find(&mark->items, range.iova);
         i < mark->items.n; i++) {
        struct range *item = &mark->items.of[i];

        if (item->domain == range.domain && item->iova >= range.iova && item->last <= range.last)
            item->is_removed = true;
        else if (!mark->items.is_unsorted)
            break;
    }
    range.is_removed = true;
    return take_out(intent, mark, &range, mark->begin_seq);
}

int sim_intent_record(struct sim_intent *intent, const struct sim_record *rec, uint64_t seq)
{
    if (rec->kind == SIM_R_BEGIN)
        return begin(intent, rec, seq);
    if (rec->kind == SIM_R_END)
        return end(intent, rec, seq);
    if (rec->kind == SIM_R_MAP)
        return map(intent, rec, seq);
    if (rec->kind == SIM_R_UNMAP)
        return unmap(intent, rec, seq);
    return 0;
}

uint64_t sim_intent_generation(const struct sim_intent *intent)
{
    return intent->generation;
}

void sim_intent_forget(struct sim_intent *intent, uint64_t seq)
{
    struct domain *domain;

    /* Seldom, so that it costs the same per range however often it is called. */
    if (intent->n_gone < 2 * intent->n_gone_swept + SWEEP_RANGES)
        return;
    intent->n_gone = 0;
    for (domain = intent->domains; domain; domain = domain->hh.next) {
        size_t n = 0;

        while (n < domain->gone.n && domain->gone.of[n].end <= seq)
            n++;
        if (n)
            sim_ranges_drop(&domain->gone, n);
        intent->n_gone += domain->gone.n;
    }
    intent->n_gone_swept = intent->n_gone;
}
