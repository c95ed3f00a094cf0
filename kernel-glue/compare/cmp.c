/* SPDX-License-Identifier: BSD-2-Clause
 * cmp.c - which operation of one stream belongs to which of the other.
 * Knows: operations and what lies between them. Must not know: intervals, names. */
#include "kernel-glue/compare/cmp_private.h"

#include "kernel-glue/replay/rpl_marks.h"
#include "sim/diag.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define N_CPUS 65536u
#define N_OPS 64u

struct spans {
    struct cmp_span *spans;
    size_t n;
    bool *is_taken;
};

const char *cmp_kind_word(enum cmp_kind kind)
{
    static const char *const words[CMP_N_KINDS] = {"operation", "result", "value", "name",
                                                   "missing",   "order",  "live",  "extra"};

    return words[kind];
}

static size_t end_of(const struct cmp_stream *stream, size_t begin)
{
    const size_t end = stream->acts[begin].partner;

    return end == SIZE_MAX ? stream->n_acts : end;
}

static struct cmp_span *add_span(struct spans *spans, size_t first, size_t end)
{
    struct cmp_span *span = &spans->spans[spans->n++];

    *span = (struct cmp_span){
        .first = first, .end = end, .has = true, .op = CMP_NO_OP, .after = CMP_NO_OP};
    return span;
}

static void add_op(struct spans *spans, const struct cmp_stream *stream, size_t begin,
                   uint64_t number)
{
    struct cmp_span *span = add_span(spans, begin + 1, end_of(stream, begin));

    span->op = stream->acts[begin].op;
    span->cpu = stream->acts[begin].cpu;
    span->number = number;
}

/* All operations of one kind. */
static void spans_of_op(struct spans *spans, const struct cmp_stream *stream,
                        const struct cmp_options *options, int side)
{
    uint64_t n = 0;

    for (size_t i = 0; i < stream->n_acts; i++) {
        if (stream->acts[i].kind != CMP_ACT_BEGIN || stream->acts[i].op != options->op)
            continue;
        n++;
        if (options->number[side] == 0 || options->number[side] == n)
            add_op(spans, stream, i, n);
    }
}

static bool is_op(const struct cmp_act *act)
{
    return act->kind == CMP_ACT_BEGIN && rpl_mark_counts(act->op);
}

/* Operations that are part of no other, and what is between them while none is open. @open_until:
 * by CPU. */
static void spans_of_all(struct spans *spans, const struct cmp_stream *stream, size_t *open_until)
{
    uint64_t numbers[N_OPS] = {0};
    const struct cmp_span *last = NULL;
    size_t busy_until = 0; /* of all CPUs */
    size_t free_since = 0;

    for (size_t i = 0; i <= stream->n_acts; i++) {
        const struct cmp_act *act = &stream->acts[i];
        const bool is_end = i == stream->n_acts;

        if (!is_end && (!is_op(act) || i < open_until[act->cpu]))
            continue;
        if (i >= busy_until && i > free_since) {
            struct cmp_span *between = add_span(spans, free_since, i);

            between->any_cpu = true;
            between->after = last ? last->op : CMP_NO_OP;
            between->number = last ? last->number : 0;
        }
        if (is_end)
            break;
        add_op(spans, stream, i, ++numbers[act->op % N_OPS]);
        last = &spans->spans[spans->n - 1];
        open_until[act->cpu] = last->end;
        if (last->end > busy_until)
            busy_until = last->end;
        free_since = busy_until + 1;
    }
}

static int find_spans(struct spans *spans, const struct cmp_stream *stream,
                      const struct cmp_options *options, int side)
{
    const size_t room = 2 * stream->counts.n_ops + 2;
    size_t *open_until = calloc(N_CPUS, sizeof(*open_until));

    spans->spans = calloc(room, sizeof(*spans->spans));
    spans->is_taken = calloc(room, sizeof(*spans->is_taken));
    if (spans->spans && spans->is_taken && open_until) {
        if (options->wants_op)
            spans_of_op(spans, stream, options, side);
        else
            spans_of_all(spans, stream, open_until);
    }
    free(open_until);
    return spans->spans && spans->is_taken && open_until ? 0 : SIM_ENOMEM;
}

static bool is_pair(const struct cmp_span *a, const struct cmp_span *b,
                    const struct cmp_options *options)
{
    if (options->wants_op && options->number[CMP_A])
        return true;
    return a->op == b->op && a->after == b->after && a->number == b->number;
}

static struct cmp_span find_pair(struct spans *spans, const struct cmp_span *span,
                                 const struct cmp_options *options, size_t *from)
{
    for (size_t n = 0; n < spans->n; n++) {
        const size_t i = (*from + n) % spans->n;

        if (spans->is_taken[i] || !is_pair(span, &spans->spans[i], options))
            continue;
        spans->is_taken[i] = true;
        *from = i + 1;
        return spans->spans[i];
    }
    return (struct cmp_span){0};
}

static void count(struct cmp_part *part, int side, const struct cmp_side *of)
{
    part->n_intervals[side] = of->n_intervals;
    for (size_t i = 0; i < of->n_items; i++) {
        part->n_stores[side] += of->items[i].act->kind == CMP_ACT_STORE;
        part->n_commands[side] += of->items[i].act->kind == CMP_ACT_COMMAND;
    }
}

static int compare_items(struct cmp_run *run, struct cmp_side sides[CMP_N_SIDES])
{
    struct cmp_part *part = run->part;
    int err = 0;

    for (int side = CMP_A; side < CMP_N_SIDES; side++)
        count(part, side, &sides[side]);
    cmp_names_forget(&run->names, CMP_S_DATA);
    if (part->op != CMP_NO_OP && part->has[CMP_A] != part->has[CMP_B]) {
        struct cmp_diff *diff = cmp_add(run, CMP_OPERATION, &err);

        if (diff)
            (void)snprintf(diff->what, sizeof(diff->what), "the operation is only in %s",
                           part->has[CMP_A] ? "A" : "B");
        return err;
    }
    return cmp_match(run, &sides[CMP_A], &sides[CMP_B]);
}

static int compare_part(struct cmp_run *run, const struct cmp_stream *const streams[CMP_N_SIDES],
                        const struct cmp_span spans[CMP_N_SIDES])
{
    const struct cmp_span *known = spans[CMP_A].has ? &spans[CMP_A] : &spans[CMP_B];
    struct cmp_side sides[CMP_N_SIDES];
    int err = 0;

    memset(sides, 0, sizeof(sides));
    run->part = &run->report->parts[run->report->n_parts++];
    *run->part =
        (struct cmp_part){.op = known->op, .after = known->after, .first = run->report->n_diffs};
    for (int side = CMP_A; side < CMP_N_SIDES && !err; side++) {
        run->part->has[side] = spans[side].has;
        run->part->number[side] = spans[side].number;
        err = cmp_side_make(&sides[side], streams[side], &spans[side], run->options,
                            run->report->used_barriers);
    }
    if (!err)
        err = compare_items(run, sides);
    cmp_side_free(&sides[CMP_A]);
    cmp_side_free(&sides[CMP_B]);
    return err;
}

static int compare_all(struct cmp_run *run, const struct cmp_stream *const streams[CMP_N_SIDES],
                       struct spans of[CMP_N_SIDES])
{
    size_t from = 0;
    int err = 0;

    run->report->parts = calloc(of[CMP_A].n + of[CMP_B].n + 1, sizeof(*run->report->parts));
    if (!run->report->parts)
        return SIM_ENOMEM;
    for (size_t i = 0; i < of[CMP_A].n && !err; i++) {
        const struct cmp_span spans[CMP_N_SIDES] = {
            of[CMP_A].spans[i], find_pair(&of[CMP_B], &of[CMP_A].spans[i], run->options, &from)};

        err = compare_part(run, streams, spans);
    }
    for (size_t i = 0; i < of[CMP_B].n && !err; i++) {
        const struct cmp_span spans[CMP_N_SIDES] = {{0}, of[CMP_B].spans[i]};

        if (!of[CMP_B].is_taken[i])
            err = compare_part(run, streams, spans);
    }
    return err;
}

int cmp_run(const struct cmp_stream *a, const struct cmp_stream *b,
            const struct cmp_options *options, struct cmp_report *report)
{
    const struct cmp_stream *const streams[CMP_N_SIDES] = {a, b};
    struct cmp_run run = {.options = options, .report = report};
    struct spans spans[CMP_N_SIDES];
    int err;

    memset(spans, 0, sizeof(spans));
    memset(report, 0, sizeof(*report));
    report->used_barriers =
        options->barriers == CMP_BARRIERS_YES ||
        (options->barriers == CMP_BARRIERS_AUTO && a->counts.n_barriers && b->counts.n_barriers);
    err = find_spans(&spans[CMP_A], a, options, CMP_A);
    if (!err)
        err = find_spans(&spans[CMP_B], b, options, CMP_B);
    if (!err)
        err = compare_all(&run, streams, spans);
    cmp_names_free(&run.names);
    for (int side = CMP_A; side < CMP_N_SIDES; side++) {
        free(spans[side].spans);
        free(spans[side].is_taken);
    }
    return err;
}

void cmp_report_free(struct cmp_report *report)
{
    free(report->parts);
    free(report->diffs);
    memset(report, 0, sizeof(*report));
}
