/* SPDX-License-Identifier: BSD-2-Clause
 * replay_story.c - one operation told: what software did, and what requests saw meanwhile. */
#include "cli/replay.h"
#include "cli/replay_unit.h"

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#define MAX_DEPTH 8u
#define FOLD_FROM 6u  /* runs of at least that many lines are folded ... */
#define FOLD_KEEPS 2u /* ... behind so many */

static double us(uint64_t ps)
{
    return (double)ps / 1e6;
}

/* Filling and emptying tables is long and always the same. */
static bool is_routine(const struct watch_item *item)
{
    switch (item->kind) {
    case SIM_R_STORE:
        return item->structure == SIM_S_PTE || item->structure == SIM_S_PTE_S1 ||
               item->structure == SIM_S_PTE_S2;
    case SIM_R_MAP:
    case SIM_R_UNMAP:
    case SIM_R_MEMORY:
    case SIM_R_FREE:
        return true;
    case SIM_R_BEGIN:
    case SIM_R_END:
        return item->op == SIM_OP_MAP || item->op == SIM_OP_UNMAP;
    default:
        return false;
    }
}

/* ---- What requests saw ---------------------------------------------------------------------- */

/* Equal answers that follow each other, of traffic or of probes; @n_addresses of probes began to
 * get them together. */
struct span {
    enum chk_result result;
    bool is_probe;
    uint32_t event;
    uint64_t first_ps, last_ps;
    uint64_t first_seq;
    uint64_t n;
    uint64_t iova, pa;
    size_t n_addresses;
};

static bool is_one_row(const struct span *span, const struct chk_stretch *stretch)
{
    return span->is_probe == stretch->is_probe && (!span->is_probe || span->iova == stretch->iova);
}

/* The newest span of the row that a stretch belongs to, or NULL. */
static struct span *row_of(struct span *spans, size_t n, const struct chk_stretch *stretch)
{
    while (n > 0 && !is_one_row(&spans[n - 1], stretch))
        n--;
    return n ? &spans[n - 1] : NULL;
}

static int by_first(const void *a, const void *b)
{
    const struct span *x = a;
    const struct span *y = b;

    if (x->first_ps != y->first_ps)
        return x->first_ps < y->first_ps ? -1 : 1;
    if (x->first_seq != y->first_seq)
        return x->first_seq < y->first_seq ? -1 : 1;
    if (x->is_probe != y->is_probe)
        return x->is_probe ? 1 : -1;
    return x->iova < y->iova ? -1 : x->iova > y->iova;
}

/* Spans of several addresses that say the same, one after the other, become one. */
static size_t merge_addresses(struct span *spans, size_t n)
{
    size_t n_merged = 0;

    for (size_t i = 0; i < n; i++) {
        struct span *last = &spans[n_merged ? n_merged - 1 : 0];

        if (n_merged && last->is_probe && spans[i].is_probe && last->result == spans[i].result &&
            last->event == spans[i].event) {
            last->n += spans[i].n;
            last->n_addresses++;
            last->last_ps = spans[i].last_ps > last->last_ps ? spans[i].last_ps : last->last_ps;
        } else {
            spans[n_merged++] = spans[i];
        }
    }
    return n_merged;
}

/* Behind the @n spans that there are. Return: the number of all; @spans has room for one more per
 * stretch. */
static size_t add_spans(const struct chk_op *op, struct span *spans, size_t n)
{

    for (size_t i = 0; i < op->n_stretches; i++) {
        const struct chk_stretch *stretch = &op->stretches[i];
        struct span *row = row_of(spans, n, stretch);

        if (row && row->result == stretch->result && row->event == stretch->event) {
            row->last_ps = stretch->last_ps;
            row->n += stretch->n;
            continue;
        }
        spans[n] = (struct span){.result = stretch->result,
                                 .is_probe = stretch->is_probe,
                                 .event = stretch->event,
                                 .first_ps = stretch->first_ps,
                                 .last_ps = stretch->last_ps,
                                 .first_seq = stretch->first_seq,
                                 .n = stretch->n,
                                 .iova = stretch->iova,
                                 .pa = stretch->pa,
                                 .n_addresses = 1};
        n++;
    }
    return n;
}

static void print_span(FILE *out, const struct chk_names *names, const struct span *span,
                       uint64_t begin_ps)
{
    const bool is_refused =
        span->result == CHK_RESULT_REFUSED || span->result == CHK_RESULT_REFUSED_OK;

    (void)fprintf(out, "%11.3f    >> %s 0x%" PRIx64, us(span->first_ps) - us(begin_ps),
                  span->is_probe ? "probe" : "traffic", span->iova);
    if (span->n_addresses > 1)
        (void)fprintf(out, " and %zu more", span->n_addresses - 1);
    (void)fprintf(out, ": %s", replay_dma_result(span->result));
    if (is_refused && span->event)
        (void)fprintf(out, ", %s", names->event(span->event));
    if (!is_refused)
        (void)fprintf(out, ", pa 0x%" PRIx64, span->pa);
    if (span->n > 1)
        (void)fprintf(out, "; %" PRIu64 " requests in %.3f us", span->n,
                      us(span->last_ps - span->first_ps));
    (void)fputc('\n', out);
}

/* ---- The story ------------------------------------------------------------------------------ */

struct teller {
    FILE *out;
    const struct watch *watch;
    const struct chk_names *names;
    const struct span *spans;
    size_t n_spans, next_span;
    uint64_t begin_ps;
};

/* Spans that begin before the moment, or at it but with a record before @seq as the newest. */
static bool has_span(const struct teller *teller, uint64_t until_ps, uint64_t seq)
{
    const struct span *span = &teller->spans[teller->next_span];

    return teller->next_span < teller->n_spans &&
           (span->first_ps < until_ps || (span->first_ps == until_ps && span->first_seq < seq));
}

static void tell_spans(struct teller *teller, uint64_t until_ps, uint64_t seq)
{
    while (has_span(teller, until_ps, seq))
        print_span(teller->out, teller->names, &teller->spans[teller->next_span++],
                   teller->begin_ps);
}

static void tell_item(struct teller *teller, size_t index)
{
    const struct watch_item *item = &teller->watch->items[index];
    const uint64_t seq = teller->watch->first_seq + index;
    const int indent = 2 * (int)(item->depth < MAX_DEPTH ? item->depth : MAX_DEPTH);

    tell_spans(teller, item->start_ps, seq);
    (void)fprintf(teller->out, "%11.3f  %*s%s\n", us(item->start_ps) - us(teller->begin_ps), indent,
                  "", item->text);
    if (item->kind != SIM_R_WAIT || item->hw_end_ps <= item->hw_start_ps)
        return;
    tell_spans(teller, item->hw_end_ps, seq);
    (void)fprintf(teller->out, "%11.3f  %*s  done, %.3f us after the register write\n",
                  us(item->hw_end_ps) - us(teller->begin_ps), indent, "",
                  us(item->hw_end_ps - item->hw_start_ps));
}

/* How many items from @first on are routine, with no answer to tell between them. */
static size_t routine_run(const struct teller *teller, size_t first)
{
    const struct watch *watch = teller->watch;
    size_t n = 0;

    while (first + n < watch->n_items && is_routine(&watch->items[first + n]) &&
           (n == 0 ||
            !has_span(teller, watch->items[first + n].start_ps, watch->first_seq + first + n)))
        n++;
    return n;
}

static void tell(struct teller *teller)
{
    const struct watch *watch = teller->watch;
    size_t i = 0;

    while (i < watch->n_items) {
        const size_t n = routine_run(teller, i);

        if (n < FOLD_FROM) {
            tell_item(teller, i++);
            continue;
        }
        for (size_t k = 0; k < FOLD_KEEPS; k++)
            tell_item(teller, i + k);
        (void)fprintf(teller->out, "        ...  %zu more: maps, unmaps, stores to page tables\n",
                      n - FOLD_KEEPS);
        i += n;
    }
    if (watch->n_unwatched)
        (void)fprintf(teller->out, "        ...  %" PRIu64 " more records\n", watch->n_unwatched);
    tell_spans(teller, UINT64_MAX, UINT64_MAX);
}

int replay_tell_lines(const struct replay_result *result, size_t first, size_t last,
                      const struct watch *watch, FILE *out)
{
    const struct chk_op *ops = result->verdicts->ops;
    struct teller teller = {.out = out,
                            .watch = watch,
                            .names = replay_names(result->scan->units[0].arch),
                            .begin_ps = ops[first].begin_ps};
    struct span *spans;
    size_t n = 1;

    for (size_t i = first; i <= last; i++)
        n += ops[i].n_stretches;
    spans = calloc(n, sizeof(*spans));
    if (!spans)
        return SIM_ENOMEM;
    n = 0;
    for (size_t i = first; i <= last; i++)
        n = add_spans(&ops[i], spans, n);
    qsort(spans, n, sizeof(*spans), by_first);
    teller.spans = spans;
    teller.n_spans = merge_addresses(spans, n);
    tell(&teller);
    free(spans);
    return 0;
}

void replay_print_story(const struct replay_result *result, size_t op, const struct watch *watch,
                        FILE *out)
{
    const struct chk_op *verdict = &result->verdicts->ops[op];

    (void)fprintf(out, "\nOperation %zu, %s%s%s, %s; times in us since its begin:\n\n", op + 1,
                  sim_enum_word(SIM_SHOW_OP, verdict->op), verdict->device[0] ? " of " : "",
                  verdict->device, replay_verdict(verdict));
    (void)replay_tell_lines(result, op, op, watch, out);
}
