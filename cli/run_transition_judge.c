/* SPDX-License-Identifier: BSD-2-Clause
 * run_transition_judge.c - the records of a cell, replayed for costs and verdict, and explored.
 * Knows: machines, checks, the explorer. Must not know: scenarios, drivers. */
#include "cli/run_transition_private.h"

#include "cli/arch_smmuv3.h"
#include "cli/arch_vtd.h"
#include "cli/explore_ids.h"
#include "cli/replay.h"
#include "cli/replay_machine.h"
#include "cli/rules.h"
#include "sim/diag.h"
#include "sim/time.h"

#include <stdlib.h>
#include <string.h>

/* What is wrong at the end of a transition is wrong for so long at least. */
#define AFTER_NS 2000u

/* One run of the records, and what it is watched by. */
struct view {
    struct replay_machine *machine;
    struct cell_watch *watch;
};

struct judging {
    struct cell_job *job;
    struct rpl_scanner *scanner;
    const struct rpl_scan *scan;
    struct chk_order *order;
    struct xpl *xpl;
    struct view cost, verdict;
    struct cell_span span;
    const struct chk_op *ops[CELL_MAX_HALVES];
};

static int no_memory(void)
{
    cli_error("no memory");
    return CLI_INTERNAL;
}

static int put_all(const struct cell_job *job, const struct sim_record_sink *sink)
{
    int err = 0;

    for (size_t i = 0; !err && i < job->n_records; i++)
        err = sink->put(sink->ctx, &job->records[i]);
    return err;
}

/* ---- runs ---- */

static int scan(struct judging *judging)
{
    judging->scanner = rpl_scanner_new();
    judging->order = rules_new(&judging->job->config.allow);
    if (!judging->scanner || !judging->order ||
        put_all(judging->job, &(struct sim_record_sink){rpl_scanner_put, judging->scanner}) ||
        put_all(judging->job, &(struct sim_record_sink){chk_order_put, judging->order}) ||
        chk_order_finish(judging->order))
        return no_memory();
    judging->scan = rpl_scanner_end(judging->scanner);
    return CLI_OK;
}

static int make_view(struct judging *judging, struct view *view)
{
    const struct cell_job *job = judging->job;
    struct cell_whom whom = {.pasid = job->result->cell.pasid};
    struct sim_diag diag;

    trn_mapped(&job->params->scale, &whom.first, &whom.last);
    view->watch = cell_watch_new(job->n_before + 1, &whom);
    if (!view->watch)
        return no_memory();
    sim_diag_init(&diag, "configuration");
    view->machine = replay_machine_new(&judging->job->config, judging->scan,
                                       cell_watch_observer(view->watch), &diag);
    return view->machine ? CLI_OK : cli_report(&diag, false);
}

static int drive(const struct judging *judging, const struct view *view)
{
    if (put_all(judging->job, &(struct sim_record_sink){replay_machine_put, view->machine}) ||
        replay_machine_finish(view->machine))
        return no_memory();
    return CLI_OK;
}

/* The operations of the transition: those that begin with its records. */
static size_t find_ops(const struct judging *judging, const struct chk_report *report,
                       const struct chk_op **ops)
{
    size_t n = 0;

    for (size_t i = 0; i < report->n_ops && n < CELL_MAX_HALVES; i++) {
        if (report->ops[i].begin_seq > judging->job->n_before)
            ops[n++] = &report->ops[i];
    }
    return n;
}

static int run_cost(struct judging *judging)
{
    struct cell_result *result = judging->job->result;
    int code = make_view(judging, &judging->cost);
    size_t n;

    if (code == CLI_OK)
        code = drive(judging, &judging->cost);
    if (code != CLI_OK)
        return code;
    n = find_ops(judging, replay_machine_report(judging->cost.machine), judging->ops);
    result->n_halves = n;
    judging->span.window_ps = sim_ps_from_ns(judging->job->params->window_ns);
    if (n) {
        SIM_BUG_ON(!judging->ops[0] || !judging->ops[n - 1]);
        judging->span.begin_ps = judging->ops[0]->begin_ps;
        judging->span.end_ps = judging->ops[n - 1]->end_ps;
    }
    return CLI_OK;
}

/* Probes look at the transition alone. */
static int probe(struct judging *judging)
{
    size_t n, first = 0;
    const uint64_t *instants = replay_machine_instants(judging->cost.machine, &n);
    const uint64_t from_ps = judging->span.begin_ps - SIM_PS_PER_NS;
    const uint64_t until_ps = judging->span.end_ps + sim_ps_from_ns(AFTER_NS);

    while (first < n && instants[first] < from_ps)
        first++;
    while (n > first && instants[n - 1] > until_ps)
        n--;
    if (replay_machine_probe(judging->verdict.machine, &instants[first], n - first))
        return no_memory();
    if (replay_machine_stats(judging->cost.machine)->n_switch_instants_left_out)
        replay_machine_doubt(judging->verdict.machine,
                             "moments of a switch were not probed: probe.max_instants");
    return CLI_OK;
}

static int run_verdict(struct judging *judging)
{
    int code = make_view(judging, &judging->verdict);

    if (code == CLI_OK)
        code = probe(judging);
    return code == CLI_OK ? drive(judging, &judging->verdict) : code;
}

/* First to the watch, for its words, then to the machine. */
struct told {
    struct watch *watch;
    struct replay_machine *machine;
};

static int put_told(void *ctx, const struct sim_record *rec)
{
    const struct told *told = ctx;
    const int err = watch_put(told->watch, rec);

    return err ? err : replay_machine_put(told->machine, rec);
}

static json_t *make_story(struct judging *judging, struct watch *watch)
{
    const struct sim_observer observer = watch_observer(watch);
    const struct chk_report *report = replay_machine_report(judging->verdict.machine);
    const struct replay_result seen = {.scan = judging->scan, .verdicts = report};
    const struct chk_op *ops[CELL_MAX_HALVES];
    const size_t n = find_ops(judging, report, ops);
    struct sim_diag diag;
    struct told told = {.watch = watch};
    int err = SIM_ENOMEM;

    sim_diag_init(&diag, "configuration");
    told.machine = replay_machine_new(&judging->job->config, judging->scan, &observer, &diag);
    if (told.machine)
        err = put_all(judging->job, &(struct sim_record_sink){put_told, &told});
    if (!err)
        err = replay_machine_finish(told.machine);
    replay_machine_free(told.machine);
    return err || !n ? NULL
                     : replay_story_json(&seen, (size_t)(ops[0] - report->ops),
                                         (size_t)(ops[n - 1] - report->ops), watch);
}

/* One more run, watched closely. */
static int tell(struct judging *judging)
{
    struct cell_result *result = judging->job->result;
    const struct chk_op *const *ops = judging->ops;
    struct watch *watch;

    SIM_BUG_ON(!result->n_halves || !ops[0] || !ops[result->n_halves - 1]);
    watch = watch_new(ops[0]->begin_seq, ops[result->n_halves - 1]->end_seq, true);
    result->story = watch ? make_story(judging, watch) : NULL;
    watch_free(watch);
    return result->story ? CLI_OK : no_memory();
}

static int explore(struct judging *judging)
{
    static const struct chk_arch *const archs[] = {&arch_smmuv3, &arch_vtd};
    struct xpl_params params;

    xpl_defaults(&params);
    params.atom_bytes = cell_atom(&judging->job->result->cell);
    judging->xpl = xpl_new(&params, archs, 2, judging->scan->devices, judging->scan->n_endpoints);
    if (!judging->xpl)
        return no_memory();
    explore_set_ids(&judging->job->config, judging->scan, judging->xpl);
    if (put_all(judging->job, &(struct sim_record_sink){xpl_put, judging->xpl}) ||
        xpl_finish(judging->xpl))
        return no_memory();
    return CLI_OK;
}

/* ---- verdicts ---- */

static void worsen(enum chk_class *verdict, enum chk_class found)
{
    if (found > *verdict)
        *verdict = found;
}

static void add_why(struct cell_verdict *verdict, const char *why)
{
    verdict->inconclusive = true;
    if (!why)
        why = "it is not known why";
    for (size_t i = 0; i < verdict->n_whys; i++) {
        if (strcmp(verdict->why[i], why) == 0)
            return;
    }
    if (verdict->n_whys < CELL_MAX_WHYS)
        verdict->why[verdict->n_whys++] = why;
}

static void take_replay(const struct judging *judging, struct cell_result *result)
{
    const struct chk_report *report = replay_machine_report(judging->verdict.machine);
    const struct chk_op *ops[CELL_MAX_HALVES];
    const size_t n = find_ops(judging, report, ops);

    for (size_t i = 0; i < n && i < result->n_halves; i++) {
        struct cell_half *half = &result->halves[i];

        half->replay = ops[i]->worst;
        worsen(&result->verdict.replay, ops[i]->worst);
        if (ops[i]->inconclusive)
            add_why(&result->verdict, ops[i]->why);
    }
    if (n != result->n_halves || !n)
        add_why(&result->verdict, "the records do not mark the transition");
}

static void take_explored(const struct judging *judging, struct cell_result *result)
{
    const struct xpl_report *report = xpl_get_report(judging->xpl);
    size_t n = 0;

    for (size_t i = 0; i < report->n_ops && n < result->n_halves; i++) {
        const struct xpl_op *op = &report->ops[i];

        if (op->begin_seq <= judging->job->n_before)
            continue;
        for (unsigned level = 0; level < XPL_N_LEVELS; level++) {
            result->halves[n].explore[level] = op->worst[level];
            worsen(&result->verdict.explore[level], op->worst[level]);
        }
        if (op->inconclusive)
            add_why(&result->verdict, op->why);
        n++;
    }
    if (n != result->n_halves)
        add_why(&result->verdict, "the explorer does not find the transition");
}

/* Each half alone keeps its promise, but who goes from one domain to another is refused between. */
static void judge_gap(struct cell_result *result)
{
    struct cell_verdict *verdict = &result->verdict;

    if (result->n_halves < 2 || !trn_is_open(result->cell.from) || !trn_is_open(result->cell.to))
        return;
    worsen(&verdict->replay, CHK_BREAKS);
    for (unsigned level = 0; level < XPL_N_LEVELS; level++)
        worsen(&verdict->explore[level], CHK_BREAKS);
}

static void take_rules(const struct judging *judging, struct cell_verdict *verdict)
{
    const struct chk_order_report *report = chk_order_get_report(judging->order);

    for (size_t i = 0; i < report->n_hits; i++) {
        const struct chk_hit *hit = &report->hits[i];
        size_t k = 0;

        if (hit->since_seq <= judging->job->n_before || report->reason[hit->rule] ||
            chk_rules[hit->rule].kind == CHK_RULE_ADVICE)
            continue;
        verdict->n_violations++;
        while (k < verdict->n_rules && verdict->rules[k].rule != hit->rule)
            k++;
        if (k == CELL_MAX_RULES)
            continue;
        verdict->rules[k].rule = hit->rule;
        verdict->rules[k].n++;
        verdict->n_rules += k == verdict->n_rules;
    }
}

/* ---- costs ---- */

static void add_counts(struct chk_counts *to, const struct chk_counts *from, uint64_t *n)
{
    for (size_t i = 0; i < from->n; i++) {
        size_t k = 0;

        *n += from->of[i].n;
        while (k < to->n && strcmp(to->of[k].name, from->of[i].name) != 0)
            k++;
        if (k == CHK_MAX_COUNTS)
            continue;
        to->of[k].name = from->of[i].name;
        to->of[k].n += from->of[i].n;
        to->n += k == to->n;
    }
}

static void take_op(struct cell_costs *costs, const struct chk_op *op, struct cell_half *half)
{
    uint64_t n_events = 0;

    SIM_BUG_ON(!op);
    add_counts(&costs->stores, &op->stores, &costs->n_stores);
    add_counts(&costs->commands, &op->commands, &costs->n_commands);
    add_counts(&costs->events, &op->events, &n_events);
    costs->syncs += op->syncs;
    costs->driver_ps += op->cpu_ps;
    costs->wait_ps += op->hw_ps;
    costs->swept += op->swept;
    costs->killed += op->killed;
    costs->collateral += op->collateral;
    half->op = op->op;
    half->ret = op->ret;
    half->syncs = op->syncs;
    half->total_ps = op->end_ps - op->begin_ps;
}

static int take_costs(struct judging *judging, struct cell_result *result)
{
    struct cell_costs *costs = &result->costs;
    const bool is_gap = trn_is_open(result->cell.from) && trn_is_open(result->cell.to);
    int err = 0;

    for (size_t i = 0; i < result->n_halves; i++)
        take_op(costs, judging->ops[i], &result->halves[i]);
    if (!result->n_halves)
        return CLI_OK;
    costs->total_ps = judging->span.end_ps - judging->span.begin_ps;
    err = cell_watch_costs(judging->cost.watch, &judging->span, is_gap, costs);
    if (!err && is_gap)
        err = cell_watch_blocked(judging->verdict.watch, &judging->span, &costs->blocked_ps);
    return err ? no_memory() : CLI_OK;
}

/* ---- all of it ---- */

static int judge(struct judging *judging)
{
    struct cell_result *result = judging->job->result;
    int code = scan(judging);

    if (code == CLI_OK)
        code = run_cost(judging);
    if (code == CLI_OK && result->n_halves)
        code = run_verdict(judging);
    if (code == CLI_OK && result->n_halves && judging->job->wants_story)
        code = tell(judging);
    if (code == CLI_OK)
        code = explore(judging);
    if (code != CLI_OK)
        return code;
    if (result->n_halves)
        take_replay(judging, result);
    take_explored(judging, result);
    judge_gap(result);
    take_rules(judging, &result->verdict);
    return take_costs(judging, result);
}

int cell_judge(struct cell_job *job)
{
    struct judging judging = {.job = job};
    const int code = judge(&judging);

    replay_machine_free(judging.cost.machine);
    replay_machine_free(judging.verdict.machine);
    cell_watch_free(judging.cost.watch);
    cell_watch_free(judging.verdict.watch);
    xpl_free(judging.xpl);
    chk_order_free(judging.order);
    rpl_scanner_free(judging.scanner);
    return code;
}
