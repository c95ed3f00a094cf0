/* SPDX-License-Identifier: BSD-2-Clause
 * chk_stretch.c - what requests saw, over time: rows of equal answers, in the order of issue.
 * Knows: judged answers. Must not know: how they were judged.
 *
 * A slot has one row for its traffic, and one for each address that probes look at. */
#include "check/chk_private.h"
#include "sim/diag.h"

#include <stdlib.h>

#define N_FIRST_RUNS 16u

static int grow_runs(struct chk_live *live)
{
    const uint32_t n_max = live->n_max_runs ? 2 * live->n_max_runs : N_FIRST_RUNS;
    struct chk_run *grown = realloc(live->runs, n_max * sizeof(*grown));

    if (!grown)
        return SIM_ENOMEM;
    live->runs = grown;
    live->n_max_runs = n_max;
    return 0;
}

static struct chk_cursor *cursor_of(struct chk_rows *rows, uint64_t iova, bool is_probe)
{
    struct chk_cursor *cursor;

    if (!is_probe)
        return &rows->traffic;
    for (uint32_t i = 0; i < CHK_N_PROBE_ADDRESSES; i++) {
        if (rows->probe[i].op != CHK_NONE && rows->probe[i].iova == iova)
            return &rows->probe[i];
    }
    cursor = &rows->probe[rows->next_probe];
    rows->next_probe = (rows->next_probe + 1) % CHK_N_PROBE_ADDRESSES;
    cursor->iova = iova;
    cursor->op = CHK_NONE;
    return cursor;
}

static bool goes_on(const struct chk_run *run, const struct chk_answer *answer)
{
    return run->stretch.result == (enum chk_result)answer->result &&
           run->stretch.event == answer->event && run->is_new_only == answer->is_new_only;
}

static void begin_run(struct chk *chk, struct chk_live *live, const struct chk_answer *answer,
                      bool is_probe)
{
    if (live->n_runs == live->n_max_runs && grow_runs(live)) {
        chk->error = SIM_ENOMEM;
        return;
    }
    live->runs[live->n_runs++] =
        (struct chk_run){.stretch = {.result = (enum chk_result)answer->result,
                                     .first_ps = answer->issue_ps,
                                     .last_ps = answer->issue_ps,
                                     .first_seq = answer->issue_seq,
                                     .last_seq = answer->issue_seq,
                                     .n = 1,
                                     .iova = answer->iova,
                                     .pa = answer->pa,
                                     .requester = answer->requester,
                                     .event = answer->event,
                                     .is_probe = is_probe},
                         .is_new_only = answer->is_new_only};
}

static void append(struct chk *chk, struct chk_rows *rows, const struct chk_answer *answer,
                   bool is_probe)
{
    struct chk_cursor *cursor = cursor_of(rows, answer->iova, is_probe);
    struct chk_live *live = chk_live_of(chk, answer->op);

    if (!live)
        return;
    if (cursor->op == answer->op && goes_on(&live->runs[cursor->index], answer)) {
        struct chk_stretch *stretch = &live->runs[cursor->index].stretch;

        stretch->n++;
        if (answer->issue_ps > stretch->last_ps) {
            stretch->last_ps = answer->issue_ps;
            stretch->last_seq = answer->issue_seq;
        }
        return;
    }
    if (live->n_runs == CHK_MAX_STRETCHES) {
        chk->ops[answer->op].stretches_cut = true;
        return;
    }
    begin_run(chk, live, answer, is_probe);
    if (live->n_runs) {
        cursor->op = answer->op;
        cursor->index = live->n_runs - 1;
    }
}

static void forget_cursors(struct chk_rows *rows)
{
    rows->traffic.op = CHK_NONE;
    for (uint32_t i = 0; i < CHK_N_PROBE_ADDRESSES; i++)
        rows->probe[i].op = CHK_NONE;
}

static int make_rows(struct chk_slot *slot)
{
    slot->rows = calloc(1, sizeof(*slot->rows));
    if (!slot->rows)
        return SIM_ENOMEM;
    forget_cursors(slot->rows);
    return 0;
}

static const struct chk_answer *take_first(struct chk_order *order)
{
    const struct chk_answer *first = &order->waiting[order->head];

    order->head = (order->head + 1) % CHK_N_WAITING;
    order->n--;
    return first;
}

void chk_stretch(struct chk *chk, struct chk_slot *slot, const struct chk_answer *answer,
                 bool is_probe)
{
    struct chk_order *order;
    uint32_t i;

    if (!slot->rows && make_rows(slot)) {
        chk->error = SIM_ENOMEM;
        return;
    }
    order = &slot->rows->order[is_probe];
    if (order->n == CHK_N_WAITING)
        append(chk, slot->rows, take_first(order), is_probe);
    for (i = order->n++; i > 0; i--) {
        const struct chk_answer *before = &order->waiting[(order->head + i - 1) % CHK_N_WAITING];

        if (before->issue_ps <= answer->issue_ps)
            break;
        order->waiting[(order->head + i) % CHK_N_WAITING] = *before;
    }
    order->waiting[(order->head + i) % CHK_N_WAITING] = *answer;
}

void chk_stretch_flush(struct chk *chk, struct chk_slot *slot)
{
    if (!slot->rows)
        return;
    for (unsigned is_probe = 0; is_probe < 2; is_probe++) {
        while (slot->rows->order[is_probe].n)
            append(chk, slot->rows, take_first(&slot->rows->order[is_probe]), is_probe);
    }
}

/* Rows do not go on over this moment. */
void chk_stretch_cut(struct chk *chk, struct chk_slot *slot)
{
    chk_stretch_flush(chk, slot);
    if (slot->rows)
        forget_cursors(slot->rows);
}

/* What a switch since @from_seq alone allowed was not allowed: it has failed. */
void chk_stretch_failed(struct chk_live *live, uint64_t from_seq)
{
    for (uint32_t i = 0; live && i < live->n_runs; i++) {
        struct chk_stretch *stretch = &live->runs[i].stretch;

        if (!live->runs[i].is_new_only || stretch->last_seq < from_seq)
            continue;
        stretch->result = stretch->result == CHK_RESULT_NEW ? CHK_RESULT_MIXED : CHK_RESULT_REFUSED;
    }
}
