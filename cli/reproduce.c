/* SPDX-License-Identifier: BSD-2-Clause
 * reproduce.c - which plans are tried for an operation, and in which order.
 * Knows: operations, plans. Must not know: how a replay runs. */
#include "cli/reproduce_private.h"

#include <stdlib.h>
#include <string.h>

#define MAX_WANTED 64u
#define MAX_VIEWS 24u
#define SEEDS 48u

/* ---- what is wanted ---- */

static void want(struct reproduced *result, const struct reproduce_wanted *wanted)
{
    if (result->n_wanted < MAX_WANTED)
        result->wanted[result->n_wanted++] = *wanted;
}

static void want_all(struct reproduce_job *job)
{
    const struct xpl_op *op = job->op;

    for (uint32_t s = 0; s < op->n_slots; s++) {
        for (uint32_t i = 0; i < op->slots[s].n_outcomes; i++) {
            const struct xpl_outcome *outcome = &op->slots[s].outcomes[i];
            const struct reproduce_wanted wanted = {
                .slot = s, .outcome = i, .verdict = outcome->verdict};

            if (outcome->verdict == CHK_HITLESS)
                continue;
            want(job->result, &wanted);
            job->last = outcome->seq > job->last ? outcome->seq : job->last;
        }
    }
    for (uint32_t t = 0; t < op->n_tables; t++) {
        const struct reproduce_wanted wanted = {
            .is_table = true, .table = t, .verdict = op->tables[t].verdict};

        if (wanted.verdict == CHK_HITLESS)
            continue;
        want(job->result, &wanted);
        job->last = op->tables[t].seq > job->last ? op->tables[t].seq : job->last;
    }
    if (job->last > job->stream->n_records)
        job->last = job->stream->n_records;
}

/* ---- the stream as far as it matters ---- */

static int follow(struct reproduce_job *job, struct sim_mem *mem)
{
    int err = 0;

    for (uint64_t i = 0; i < job->last && !err; i++) {
        const struct sim_record *rec = &job->stream->records[i];

        if (rec->kind == SIM_R_MMIO_WRITE)
            (void)job->stream->arch->write(&job->unit, rec->mmio.offset, rec->mmio.width,
                                           rec->mmio.value);
        if (i + 1 >= job->op->begin_seq)
            continue; /* pages that the operation takes away count */
        if (rec->kind == SIM_R_MEMORY)
            err = sim_mem_fill64(mem, rec->memory.pa, rec->memory.size, rec->memory.fill);
        if (rec->kind != SIM_R_STORE)
            continue;
        err = sim_mem_write(mem, rec->store.pa, &rec->store.value,
                            rec->store.width < 8 ? rec->store.width : 8);
        if (!err && rec->store.width == 16)
            err = sim_mem_write64(mem, rec->store.pa + 8, rec->store.value_hi);
    }
    return err;
}

static int prepare(struct reproduce_job *job)
{
    struct sim_mem *mem = sim_mem_new(UINT64_C(1) << 30);
    int err;

    if (!mem)
        return SIM_ENOMEM;
    reproduce_unit(job->stream, &job->unit);
    err = follow(job, mem);
    if (!err)
        reproduce_choose(job, mem);
    sim_mem_free(mem);
    return err;
}

/* ---- plans ---- */

static bool is_over(const struct reproduce_job *job)
{
    return job->result->n_shown == job->result->n_wanted;
}

/* Nothing is held: what memory says, what caches keep. */
static int try_simple(struct reproduce_job *job, uint64_t delayed)
{
    struct reproduce_plan plan = {.first = job->op->begin_seq, .delayed = delayed};
    int err = reproduce_run(job, &plan);

    plan.has_caches = true;
    for (unsigned i = 0; i < (job->stream->scan->has_ats ? 5 : 4) && !err && !is_over(job); i++) {
        plan.is_forgetful = i == 4;
        plan.is_lazy = i < 2 || plan.is_forgetful;
        plan.has_warmth = i % 2 == 0 && !plan.is_forgetful;
        err = reproduce_run(job, &plan);
    }
    return err;
}

static bool is_act(const struct sim_record *rec)
{
    return rec->kind == SIM_R_STORE || rec->kind == SIM_R_WAIT || rec->kind == SIM_R_BEGIN ||
           rec->kind == SIM_R_MMIO_WRITE || rec->kind == SIM_R_ATS;
}

static uint64_t newest_word(const struct xpl_view *view)
{
    uint64_t newest = 0;

    for (uint32_t i = 0; i < view->n_structures; i++) {
        for (unsigned w = 0; w < view->structure[i].n_words; w++) {
            if (view->structure[i].word_seq[w] > newest)
                newest = view->structure[i].word_seq[w];
        }
    }
    return newest;
}

/* A first request at each record in turn; it meets what is held for it. */
static int try_each(struct reproduce_job *job, const struct xpl_view *view)
{
    struct reproduce_plan plan = {.view = view, .has_caches = true};
    const uint64_t newest = view ? newest_word(view) : 0;
    int err = 0;

    for (unsigned form = 0; form < 8; form++) {
        plan.has_warmth = form % 4 >= 2;
        plan.is_lazy = form % 2 == 0;
        plan.is_alone = form >= 4;
        for (uint64_t seq = job->op->begin_seq; seq <= job->op->end_seq && !err; seq++) {
            if (!is_act(&job->stream->records[seq - 1]))
                continue;
            plan.first = seq;
            plan.next = view && newest > seq ? newest : seq;
            err = reproduce_run(job, &plan);
            if (is_over(job))
                return err;
        }
    }
    return err;
}

static int try_views(struct reproduce_job *job)
{
    int err = 0;

    for (uint32_t i = 0; i < job->result->n_wanted && i < MAX_VIEWS && !err; i++) {
        const struct reproduce_wanted *wanted = &job->result->wanted[i];
        const struct xpl_outcome *outcome;

        if (is_over(job))
            return 0;
        if (wanted->is_table)
            continue;
        outcome = &job->op->slots[wanted->slot].outcomes[wanted->outcome];
        if (outcome->view != XPL_NO_VIEW &&
            (wanted->kind == REPRODUCE_NOT || outcome->source == XPL_ENTRY))
            err = try_each(job, &job->op->views[outcome->view]);
    }
    return err;
}

/* A store that nothing orders may be seen late. */
static int try_delays(struct reproduce_job *job)
{
    int err = 0;

    for (uint64_t seq = job->op->begin_seq; seq <= job->op->end_seq && !err; seq++) {
        const struct sim_record *rec = &job->stream->records[seq - 1];

        if (is_over(job) || !job->stream->scan->barriers_recorded || job->stream->arch->is_in_order)
            return 0;
        if (rec->kind == SIM_R_STORE && !reproduce_is_command(rec->store.structure))
            err = try_simple(job, seq);
    }
    return err;
}

/* Commands between two CMD_SYNCs act in any order. Descriptors that take long do so as far as their
 * kinds allow. */
static int try_swaps(struct reproduce_job *job)
{
    struct reproduce_plan plan = {.has_caches = true, .has_warmth = true, .is_lazy = true};
    int err = 0;

    plan.first = job->op->begin_seq;
    if (job->stream->arch->is_queue_in_order) {
        plan.is_lazy = false;
        plan.is_slow = true;
        return reproduce_run(job, &plan);
    }
    for (uint64_t seq = job->op->begin_seq; seq <= job->op->end_seq && !err; seq++) {
        plan.swapped = seq;
        if (reproduce_may_swap(job, seq) && !is_over(job))
            err = reproduce_run(job, &plan);
    }
    return err;
}

static int try_seeds(struct reproduce_job *job)
{
    struct reproduce_plan plan = {.has_caches = true, .first = job->op->begin_seq};
    int err = 0;

    for (plan.seed = 1; plan.seed <= SEEDS && !err && !is_over(job); plan.seed++) {
        plan.has_warmth = plan.seed % 2;
        plan.is_lazy = plan.seed / 2 % 2;
        err = reproduce_run(job, &plan);
    }
    return err;
}

int reproduce(const struct reproduce_stream *stream, const struct xpl_op *op,
              struct reproduced *result)
{
    struct reproduce_job *job = calloc(1, sizeof(*job));
    int err = 0;

    *result = (struct reproduced){.wanted = calloc(MAX_WANTED, sizeof(*result->wanted))};
    if (!job || !result->wanted)
        err = SIM_ENOMEM;
    if (!err) {
        job->stream = stream;
        job->op = op;
        job->result = result;
        job->last = op->end_seq;
        want_all(job);
        err = prepare(job);
    }
    if (!err && !is_over(job))
        err = try_simple(job, 0);
    if (!err && !is_over(job))
        err = try_swaps(job);
    if (!err && !is_over(job))
        err = try_each(job, NULL);
    if (!err && !is_over(job))
        err = try_views(job);
    if (!err && !is_over(job))
        err = try_delays(job);
    if (!err && !is_over(job))
        err = try_seeds(job);
    free(job);
    return err;
}

void reproduced_free(struct reproduced *result)
{
    free(result->wanted);
    result->wanted = NULL;
}

bool reproduce_shows(const struct reproduced *result, enum chk_class verdict)
{
    for (uint32_t i = 0; i < result->n_wanted; i++) {
        if (result->wanted[i].verdict == verdict && result->wanted[i].kind != REPRODUCE_NOT)
            return true;
    }
    return false;
}
