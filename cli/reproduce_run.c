/* SPDX-License-Identifier: BSD-2-Clause
 * reproduce_run.c - one directed replay: requests at chosen records, reads that are held back.
 * Knows: machines, plans. Must not know: which plan comes next.
 *
 * Hardware takes no time, software does: a request is over before the next record, unless a piece
 * of an entry is held until memory has the word that is wanted, or a command is held for a while.
 */
#include "cli/reproduce_private.h"

#include <stdlib.h>
#include <string.h>

enum {
    N_HELD = 128,
    N_WORDS = 4096, /* of a hash table, a power of two */
    MAX_PULSES = 256,
    LAZY_PS = 20 * 1000 * 1000,
    PULSE_PS = 7 * 1000 * 1000,
    PATIENCE_PS = 200 * 1000 * 1000,
};

struct run;

/* One access that is kept. @is_command: for a while; else until memory has what is wanted. */
struct held {
    struct run *run;
    struct sim_access *access;
    const uint64_t *wanted;
    struct sim_event event;
};

/* A request of its own, beside those of the stream: while software waits, too. */
struct pulse {
    struct run *run;
    struct sim_dma dma;
    uint64_t issued;
    bool is_in_flight;
};

struct word {
    uint64_t pa, value;
    bool is_used;
};

/* @at: of each record that was put, the record of the stream that was the newest. */
struct run {
    const struct reproduce_job *job;
    const struct reproduce_plan *plan;
    struct replay_machine *machine;
    struct sim_mem *mem;
    struct sim_source source, pulse_source;
    struct sim_event pulse;
    struct pulse pulses[REPRODUCE_REQUESTS];
    struct held held[N_HELD];
    struct word words[N_WORDS];
    uint64_t *at;
    size_t n_put, n_max;
    uint64_t now, n_pulses;
    struct config config;
};

/* ---- what hardware reads ---- */

static struct word *word_at(struct run *run, uint64_t pa)
{
    size_t i = (size_t)(pa / sizeof(uint64_t) * UINT64_C(0x9e3779b97f4a7c15) >> 40) % N_WORDS;

    for (size_t n = 0; n < N_WORDS; n++, i = (i + 1) % N_WORDS) {
        if (!run->words[i].is_used || run->words[i].pa == pa)
            return &run->words[i];
    }
    return NULL;
}

static void remember(struct run *run, uint64_t pa, uint64_t value)
{
    struct word *word = word_at(run, pa);

    if (word)
        *word = (struct word){pa, value, true};
}

/* What hardware read last of every structure of @view are the words of @view. */
static bool has_words(struct run *run, const struct xpl_view *view)
{
    for (uint32_t i = 0; i < view->n_structures; i++) {
        const struct xpl_words *words = &view->structure[i];

        for (unsigned w = 0; w < words->n_words; w++) {
            const struct word *word = word_at(run, words->address + w * sizeof(uint64_t));

            if (!word || !word->is_used || word->value != words->word[w])
                return false;
        }
    }
    return view->n_structures != 0;
}

static void on_fact(void *ctx, const struct sim_fact *fact, uint64_t seq)
{
    struct run *run = ctx;

    (void)seq;
    if (fact->kind != SIM_FACT_ATOM_FETCHED)
        return;
    remember(run, fact->arg[1], fact->arg[2]);
    if (fact->arg[4] > sizeof(uint64_t))
        remember(run, fact->arg[1] + sizeof(uint64_t), fact->arg[3]);
}

/* ---- holding ---- */

static bool is_there(const struct run *run, const struct sim_access *access, const uint64_t *wanted)
{
    for (uint32_t i = 0; i < access->n_bytes / sizeof(uint64_t); i++) {
        if (sim_mem_read64(run->mem, access->pa + i * sizeof(uint64_t)) != wanted[i])
            return false;
    }
    return true;
}

/* Will a store yet to come make the word so? */
static bool will_be(const struct run *run, uint64_t pa, uint64_t value)
{
    const struct reproduce_job *job = run->job;

    for (uint64_t i = run->now; i < job->last; i++) {
        const struct sim_record *rec = &job->stream->records[i];

        if (rec->kind == SIM_R_STORE &&
            ((rec->store.pa == pa && rec->store.value == value) ||
             (rec->store.width == 16 && rec->store.pa + 8 == pa && rec->store.value_hi == value)))
            return true;
    }
    return false;
}

static const uint64_t *wanted_of(const struct run *run, const struct sim_access *access)
{
    const struct xpl_view *view = run->plan->view;

    for (uint32_t i = 0; view && i < view->n_structures; i++) {
        const struct xpl_words *words = &view->structure[i];
        const uint64_t end = words->address + words->n_words * sizeof(uint64_t);

        if (words->key.structure == access->structure && access->pa >= words->address &&
            access->pa + access->n_bytes <= end)
            return &words->word[(access->pa - words->address) / sizeof(uint64_t)];
    }
    return NULL;
}

static void pass(void *ctx)
{
    struct held *held = ctx;
    struct sim_access *access = held->access;

    held->access = NULL;
    sim_queue_cancel(replay_machine_queue(held->run->machine), &held->event);
    replay_machine_pass(held->run->machine, access);
}

static bool keep(struct run *run, struct sim_access *access, const uint64_t *wanted)
{
    struct sim_queue *queue = replay_machine_queue(run->machine);
    const uint64_t patience = wanted ? PATIENCE_PS : LAZY_PS;

    for (size_t i = 0; i < N_HELD; i++) {
        struct held *held = &run->held[i];

        if (held->access)
            continue;
        held->access = access;
        held->wanted = wanted;
        sim_queue_at(queue, &run->source, sim_queue_now_ps(queue) + patience, &held->event);
        return true;
    }
    return false;
}

static void use_of_page(struct run *run, uint64_t pa);

static bool wants(void *ctx, struct sim_access *access)
{
    struct run *run = ctx;
    const uint64_t *wanted = wanted_of(run, access);

    if (access->op != SIM_ACCESS_READ)
        return false;
    use_of_page(run, access->pa);
    if (reproduce_is_command(access->structure))
        return run->plan->is_lazy && keep(run, access, NULL);
    if (!wanted || is_there(run, access, wanted))
        return false;
    for (uint32_t i = 0; i < access->n_bytes / sizeof(uint64_t); i++) {
        const uint64_t pa = access->pa + i * sizeof(uint64_t);

        if (sim_mem_read64(run->mem, pa) != wanted[i] && !will_be(run, pa, wanted[i]))
            return false;
    }
    return keep(run, access, wanted);
}

static void on_record(void *ctx, const struct sim_record_seen *seen)
{
    struct run *run = ctx;
    struct sim_queue *queue = replay_machine_queue(run->machine);

    run->now = seen->seq <= run->n_put ? run->at[seen->seq - 1] : run->now;
    if ((run->plan->is_lazy || run->plan->is_slow) && run->now >= run->plan->first &&
        run->now >= run->plan->next && run->now < run->job->last &&
        !sim_event_is_scheduled(&run->pulse))
        sim_queue_at(queue, &run->pulse_source, sim_queue_now_ps(queue) + PULSE_PS, &run->pulse);
    for (size_t i = 0; i < N_HELD; i++) {
        struct held *held = &run->held[i];

        if (held->access && held->wanted && is_there(run, held->access, held->wanted))
            pass(held);
    }
}

/* ---- what requests show ---- */

static void show(const struct run *run, struct reproduce_wanted *wanted, enum reproduce_kind kind)
{
    const struct reproduce_plan *plan = run->plan;
    char delay[40] = "", seed[32] = "", swap[40] = "";

    wanted->kind = kind;
    run->job->result->n_shown++;
    if (plan->delayed)
        (void)snprintf(delay, sizeof(delay), ", store %llu late",
                       (unsigned long long)plan->delayed);
    if (plan->swapped)
        (void)snprintf(swap, sizeof(swap), ", command %llu later",
                       (unsigned long long)plan->swapped);
    (void)snprintf(seed, sizeof(seed), "random, seed %u", (unsigned)plan->seed);
    (void)snprintf(wanted->how, sizeof(wanted->how),
                   "caches %s%s, commands %s, requests from record %llu%s%s%s",
                   plan->seed         ? seed
                   : plan->has_caches ? "keep all"
                                      : "off",
                   plan->has_warmth     ? " (warm)"
                   : plan->is_forgetful ? " (but devices)"
                                        : "",
                   plan->is_lazy   ? "late"
                   : plan->is_slow ? "slow"
                                   : "at once",
                   (unsigned long long)plan->first, plan->view ? ", pieces held" : "", delay, swap);
}

static bool is_in_phase(const struct xpl_op *op, enum xpl_phase phase, uint64_t first,
                        uint64_t last)
{
    if (phase == XPL_AFTER)
        return first >= op->end_seq;
    return phase == XPL_DURING && first >= op->begin_seq && last <= op->end_seq;
}

static enum reproduce_kind judge(struct run *run, const struct xpl_slot *slot,
                                 const struct xpl_outcome *outcome, const struct sim_dma_seen *dma)
{
    const struct xpl_op *op = run->job->op;
    const struct reproduce_effect is = {true, dma->status != SIM_DMA_OK, dma->pa};
    struct chk_target target = outcome->target;
    struct reproduce_effect met, old, new;

    reproduce_complete(run->job->stream, &target, &slot->new_target);
    reproduce_effect(run->job, run->mem, &target, dma->iova, &met);
    reproduce_effect(run->job, run->mem, &slot->old_target, dma->iova, &old);
    reproduce_effect(run->job, run->mem, &slot->new_target, dma->iova, &new);
    if (reproduce_is_same(&is, &met) && !reproduce_is_same(&met, &new) &&
        (outcome->phase == XPL_AFTER || !reproduce_is_same(&met, &old)))
        return REPRODUCE_ANSWER;
    if (outcome->source != XPL_ENTRY || outcome->view == XPL_NO_VIEW ||
        (met.is_known && !reproduce_is_same(&is, &met)))
        return REPRODUCE_NOT;
    return has_words(run, &op->views[outcome->view]) ? REPRODUCE_WORDS : REPRODUCE_NOT;
}

static bool is_of(const struct chk_request *request, const struct sim_dma_seen *dma)
{
    return request->requester == dma->requester &&
           request->pasid == (dma->has_pasid ? dma->pasid : CHK_NO_PASID);
}

/* What memory has for a device counts for any address that it asks for. */
static bool is_in_table(const struct xpl_op *op, const struct xpl_table *table,
                        const struct sim_dma_seen *dma)
{
    const struct chk_request request = {dma->requester, dma->has_pasid ? dma->pasid : CHK_NO_PASID};

    if (reproduce_is_whole(table))
        return reproduce_is_about(op, &request);
    return dma->iova >= table->first && dma->iova <= table->last;
}

static bool shows_table(const struct xpl_op *op, const struct xpl_table *table,
                        const struct sim_dma_seen *dma)
{
    const bool is_refused = dma->status != SIM_DMA_OK;

    return is_in_table(op, table, dma) && table->verdict != CHK_DANGLES &&
           (table->verdict == CHK_STALE_REFUSAL) == is_refused;
}

static enum reproduce_kind judge_one(struct run *run, const struct reproduce_wanted *wanted,
                                     const struct sim_dma_seen *dma, uint64_t first)
{
    const struct xpl_op *op = run->job->op;
    const struct xpl_slot *slot;

    if (wanted->kind != REPRODUCE_NOT)
        return REPRODUCE_NOT;
    if (wanted->is_table)
        return first >= op->end_seq && shows_table(op, &op->tables[wanted->table], dma)
                   ? REPRODUCE_ANSWER
                   : REPRODUCE_NOT;
    slot = &op->slots[wanted->slot];
    if (!is_of(&slot->request, dma) ||
        !is_in_phase(op, slot->outcomes[wanted->outcome].phase, first, run->now))
        return REPRODUCE_NOT;
    return judge(run, slot, &slot->outcomes[wanted->outcome], dma);
}

/* @first: the newest record of the stream when the request was sent. */
static void take_answer(struct run *run, const struct sim_dma_seen *dma, uint64_t first)
{
    if (dma->status == SIM_DMA_OK)
        use_of_page(run, dma->pa);
    for (uint32_t i = 0; i < run->job->result->n_wanted; i++) {
        struct reproduce_wanted *wanted = &run->job->result->wanted[i];
        const enum reproduce_kind kind = judge_one(run, wanted, dma, first);

        if (kind != REPRODUCE_NOT)
            show(run, wanted, kind);
    }
}

static void on_dma(void *ctx, const struct sim_dma_seen *dma)
{
    struct run *run = ctx;
    const bool is_ours = dma->issue_seq && dma->issue_seq <= run->n_put;

    take_answer(run, dma, is_ours ? run->at[dma->issue_seq - 1] : 0);
}

static void pulse_done(void *ctx)
{
    struct pulse *pulse = ctx;
    const struct sim_dma *dma = &pulse->dma;
    const struct sim_dma_seen seen = {.requester = dma->requester,
                                      .pasid = dma->pasid,
                                      .has_pasid = dma->has_pasid,
                                      .status = dma->status,
                                      .event = dma->event,
                                      .iova = dma->iova,
                                      .pa = dma->pa};

    pulse->is_in_flight = false;
    take_answer(pulse->run, &seen, pulse->issued);
}

static void send_pulse(struct run *run, uint32_t i)
{
    const struct sim_iommu front = replay_machine_front(run->machine);
    const struct reproduce_request *request = &run->job->requests[i];
    struct pulse *pulse = &run->pulses[i];

    if (pulse->is_in_flight)
        return;
    if (run->plan->is_forgetful)
        replay_machine_forget(run->machine, request->request.requester);
    *pulse = (struct pulse){.run = run, .issued = run->now};
    pulse->dma.iova = request->iova;
    pulse->dma.n_bytes = 4;
    pulse->dma.requester = request->request.requester;
    pulse->dma.has_pasid = request->request.pasid != CHK_NO_PASID;
    pulse->dma.pasid = pulse->dma.has_pasid ? request->request.pasid : 0;
    pulse->dma.access = SIM_DMA_READ;
    pulse->dma.done.fn = pulse_done;
    pulse->dma.done.ctx = pulse;
    pulse->is_in_flight = front.ops->submit(front.model, &pulse->dma);
}

/* Only while software waits is there as much time. */
static void on_pulse(void *ctx)
{
    struct run *run = ctx;
    struct sim_queue *queue = replay_machine_queue(run->machine);

    for (uint32_t i = 0; i < run->job->n_requests; i++)
        send_pulse(run, i);
    if (run->now < run->job->last && ++run->n_pulses < MAX_PULSES)
        sim_queue_at(queue, &run->pulse_source, sim_queue_now_ps(queue) + PULSE_PS, &run->pulse);
}

/* Has the page been freed? */
static bool is_freed(const struct run *run, uint64_t page)
{
    const struct reproduce_job *job = run->job;

    for (uint64_t i = job->op->begin_seq; i <= run->now && i <= job->last; i++) {
        const struct sim_record *rec = &job->stream->records[i - 1];

        if (rec->kind == SIM_R_FREE && page >= rec->memfree.pa &&
            page - rec->memfree.pa < rec->memfree.size)
            return true;
    }
    return false;
}

static void use_of_page(struct run *run, uint64_t pa)
{
    const struct xpl_op *op = run->job->op;

    for (uint32_t i = 0; i < run->job->result->n_wanted; i++) {
        struct reproduce_wanted *wanted = &run->job->result->wanted[i];
        const struct xpl_table *table = wanted->is_table ? &op->tables[wanted->table] : NULL;

        if (wanted->kind == REPRODUCE_NOT && table && table->verdict == CHK_DANGLES &&
            pa >= table->page && pa - table->page < 4096 && is_freed(run, table->page))
            show(run, wanted, REPRODUCE_PAGE);
    }
}

/* ---- the stream ---- */

/* @after: the newest record of the stream when it takes effect. */
static int put(struct run *run, const struct sim_record *rec, uint64_t after)
{
    if (run->n_put == run->n_max) {
        const size_t n = run->n_max ? run->n_max * 2 : 4096;
        uint64_t *grown = realloc(run->at, n * sizeof(*grown));

        if (!grown)
            return SIM_ENOMEM;
        run->at = grown;
        run->n_max = n;
    }
    run->at[run->n_put++] = after;
    return replay_machine_put(run->machine, rec);
}

static int put_requests(struct run *run, uint64_t after, uint64_t time_ns)
{
    const struct reproduce_job *job = run->job;
    int err = 0;

    for (uint32_t i = 0; i < job->n_requests && !err; i++) {
        struct sim_record rec;

        if (run->plan->is_alone && after == run->plan->first &&
            !reproduce_is_about(job->op, &job->requests[i].request))
            continue;

        sim_record_init(&rec, SIM_R_DMA);
        rec.time_ns = time_ns;
        rec.dma.requester = job->requests[i].request.requester;
        rec.dma.pasid = job->requests[i].request.pasid;
        rec.dma.iova = job->requests[i].iova;
        rec.dma.n_bytes = 4;
        rec.dma.access = SIM_PROT_R;
        rec.dma.iommu = job->op->n_slots ? job->op->slots[0].iommu : 0;
        err = put(run, &rec, after);
    }
    return err;
}

static int feed(struct run *run)
{
    const struct reproduce_job *job = run->job;
    const struct reproduce_plan *plan = run->plan;
    bool is_delayed = false;
    int err = 0;

    for (uint64_t seq = 1; seq <= job->last && !err; seq++) {
        const struct sim_record rec = reproduce_as_put(job, plan, seq);

        if (is_delayed && reproduce_ends_delay(job, plan, &rec)) {
            err = put(run, &job->stream->records[plan->delayed - 1], seq - 1);
            is_delayed = false;
        }
        if (seq == plan->delayed)
            is_delayed = true;
        else if (!err)
            err = put(run, &rec, seq);
        if (!err && reproduce_asks_after(job, plan, seq))
            err = put_requests(run, seq, rec.time_ns);
    }
    return err;
}

int reproduce_run(struct reproduce_job *job, const struct reproduce_plan *plan)
{
    struct run *run = calloc(1, sizeof(*run));
    const struct sim_observer observer = {on_record, on_fact, on_dma, run};
    const struct replay_hold hold = {wants, run};
    struct sim_diag diag;
    int err;

    if (!run)
        return SIM_ENOMEM;
    run->job = job;
    run->plan = plan;
    run->source = (struct sim_source){.rank = SIM_RANK_OBSERVER, .port = 1};
    run->pulse_source = (struct sim_source){.rank = SIM_RANK_OBSERVER, .port = 2};
    run->pulse.fn = on_pulse;
    run->pulse.ctx = run;
    for (size_t i = 0; i < N_HELD; i++) {
        run->held[i].run = run;
        run->held[i].event.fn = pass;
        run->held[i].event.ctx = &run->held[i];
    }
    reproduce_configure(job->stream, plan, &run->config);
    sim_diag_init(&diag, "reproduce");
    run->machine = replay_machine_new(&run->config, job->stream->scan, &observer, &diag);
    err = run->machine ? 0 : diag.error ? diag.error : SIM_ENOMEM;
    if (!err) {
        run->mem = replay_machine_mem(run->machine);
        replay_machine_hold(run->machine, &hold);
        err = feed(run);
    }
    if (!err)
        err = replay_machine_finish(run->machine);
    replay_machine_free(run->machine);
    free(run->at);
    free(run);
    job->result->n_plans++;
    return err;
}
