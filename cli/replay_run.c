/* SPDX-License-Identifier: BSD-2-Clause
 * replay_run.c - runs one stream: scan, cost run, verdict run, told run. */
#include "cli/replay.h"
#include "cli/replay_unit.h"

#include "kernel-glue/trace/trc_file.h"
#include "kernel-glue/trace/trc_iotr.h"

#include <errno.h>
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

/* @kept, @writer: a kernel's trace is decoded once, by a child with little memory; its records are
 * kept for the other runs. */
struct replay {
    const char *path;
    const char *input;
    const struct config *config;
    struct trc_file_info info;
    struct rpl_scanner *scanner;
    struct chk_order *order;
    const struct rpl_scan *scan;
    struct replay_machine *cost;
    struct replay_machine *verdict;
    FILE *kept;
    char kept_path[CLI_FD_PATH_BYTES];
    struct trc_iotr_writer *writer;
    struct sim_diag kept_diag;
    char damage[1024];
};

struct replay *replay_new(const char *path, const char *input, const struct config *config)
{
    struct replay *replay = calloc(1, sizeof(*replay));

    if (!replay)
        return NULL;
    replay->path = path;
    replay->input = input;
    replay->config = config;
    replay->scanner = rpl_scanner_new();
    replay->order = rules_new(&config->allow);
    if (replay->scanner && replay->order)
        return replay;
    replay_free(replay);
    return NULL;
}

void replay_free(struct replay *replay)
{
    if (!replay)
        return;
    replay_machine_free(replay->cost);
    replay_machine_free(replay->verdict);
    rpl_scanner_free(replay->scanner);
    chk_order_free(replay->order);
    trc_iotr_writer_free(replay->writer);
    if (replay->kept)
        (void)fclose(replay->kept);
    free(replay);
}

static int no_memory(void)
{
    cli_error("no memory");
    return CLI_INTERNAL;
}

/* Every record of the file to @sink. Damage is warned of once. */
static int read_all(struct replay *replay, const char *what, const struct sim_record_sink *sink)
{
    struct cli_progress progress;
    const struct sim_record_sink counted = {cli_progress_put, &progress};
    struct sim_diag diag;
    int err;

    memset(&replay->info, 0, sizeof(replay->info));
    sim_diag_init(&diag, replay->input);
    cli_progress_start(&progress, what, sink);
    err = trc_file_read(replay->path, &counted, &replay->info, &diag);
    cli_progress_end(&progress);
    if (err == SIM_ETRUNC) {
        if (!replay->damage[0]) {
            sim_diag_format(&diag, replay->damage, sizeof(replay->damage));
            (void)cli_report(&diag, true);
        }
        return CLI_OK;
    }
    if (err && !diag.error) /* of the sink */
        return err == SIM_ENOMEM ? no_memory() : CLI_INTERNAL;
    return err ? cli_report(&diag, false) : CLI_OK;
}

static int begin_to_keep(struct replay *replay)
{
    sim_diag_init(&replay->kept_diag, "temporary file");
    replay->kept = cli_temporary_file(replay->kept_path);
    if (!replay->kept)
        return sim_diag_text(&replay->kept_diag, SIM_EIO, 0, 0, "there is no place for it");
    replay->writer = trc_iotr_writer_new(replay->kept, &replay->kept_diag);
    return replay->writer ? 0 : SIM_ENOMEM;
}

static int put_scan(void *ctx, const struct sim_record *rec)
{
    struct replay *replay = ctx;
    const enum trc_file_kind kind = replay->info.kind; /* known before the first record */
    int err = rpl_scanner_put(replay->scanner, rec);

    if (!err)
        err = chk_order_put(replay->order, rec);

    if (err || (kind != TRC_FILE_TRACE_DAT && kind != TRC_FILE_FTRACE_TEXT))
        return err;
    if (!replay->writer)
        err = begin_to_keep(replay);
    return err ? err : trc_iotr_put(replay->writer, rec);
}

static int scan_and_keep(struct replay *replay)
{
    const struct sim_record_sink sink = {put_scan, replay};
    int code = read_all(replay, "scan", &sink);

    if (replay->kept_diag.error)
        return cli_report(&replay->kept_diag, false);
    if (code == CLI_OK && chk_order_finish(replay->order))
        code = no_memory();
    if (code != CLI_OK || !replay->writer)
        return code;
    if (trc_iotr_finish(replay->writer))
        return cli_report(&replay->kept_diag, false);
    if (fflush(replay->kept) != 0) {
        cli_error("cannot write a temporary file: %s", strerror(errno));
        return CLI_INTERNAL;
    }
    replay->path = replay->kept_path;
    return CLI_OK;
}

/* Can it be replayed at all? */
static int check_scan(const struct replay *replay)
{
    const struct rpl_scan *scan = replay->scan;

    if (scan->n_units == 0) {
        cli_error("%s: no IOMMU in it: nothing names one, so its records have no hardware to act "
                  "on",
                  replay->input);
        return CLI_BAD_INPUT;
    }
    for (size_t i = 0; i < scan->n_units; i++) {
        if (replay_unit_is_modelled(scan->units[i].arch))
            continue;
        cli_error("%s: IOMMU %u is of architecture %s, and only smmuv3 and vtd are modelled: no "
                  "verdict. iommusim show tells what software did",
                  replay->input, scan->units[i].iommu,
                  sim_enum_word(SIM_SHOW_ARCH, scan->units[i].arch));
        return CLI_INCONCLUSIVE;
    }
    return CLI_OK;
}

static struct replay_machine *
new_machine(const struct replay *replay, const struct sim_observer *also, bool is_judged, int *code)
{
    struct sim_diag diag;
    struct replay_machine *machine;

    sim_diag_init(&diag, "configuration");
    machine = is_judged ? replay_machine_new(replay->config, replay->scan, also, &diag)
                        : replay_machine_new_watched(replay->config, replay->scan, also, &diag);
    if (!machine)
        *code = cli_report(&diag, false) == CLI_BAD_INPUT && diag.error != SIM_ENOMEM
                    ? CLI_BAD_INPUT
                    : CLI_INTERNAL;
    return machine;
}

static int drive(struct replay *replay, const char *what, struct replay_machine *machine)
{
    const struct sim_record_sink sink = {replay_machine_put, machine};
    int code = read_all(replay, what, &sink);

    if (code == CLI_OK && replay_machine_finish(machine))
        code = no_memory();
    return code;
}

/* What both runs must agree on. Which operation is charged with a wrong answer is not among it:
 * probes find out what an earlier one left behind. */
static bool is_same(const struct chk_op *x, const struct chk_op *y)
{
    return x->begin_ps == y->begin_ps && x->end_ps == y->end_ps && x->hw_ps == y->hw_ps &&
           x->before.n == y->before.n && x->during.n == y->during.n && x->after.n == y->after.n;
}

/* Probes run on copies: if they have left a trace in the machine, no figure can be believed. */
static int compare_runs(const struct chk_report *a, const struct chk_report *b)
{
    if (a->n_ops != b->n_ops) {
        cli_error("a bug of iommusim: two runs found %zu and %zu operations", a->n_ops, b->n_ops);
        return CLI_INTERNAL;
    }
    for (size_t i = 0; i < a->n_ops; i++) {
        const struct chk_op *x = &a->ops[i];
        const struct chk_op *y = &b->ops[i];

        if (is_same(x, y))
            continue;
        cli_error("a bug of iommusim: operation %zu took %" PRIu64 " ps of hardware time in one "
                  "run and %" PRIu64 " in another",
                  i + 1, x->hw_ps, y->hw_ps);
        return CLI_INTERNAL;
    }
    return CLI_OK;
}

static int run_verdict(struct replay *replay)
{
    size_t n_instants;
    const uint64_t *instants = replay_machine_instants(replay->cost, &n_instants);
    int code = CLI_OK;

    replay->verdict = new_machine(replay, NULL, true, &code);
    if (!replay->verdict)
        return code;
    if (replay_machine_probe(replay->verdict, instants, n_instants))
        return no_memory();
    if (replay_machine_stats(replay->cost)->n_switch_instants_left_out)
        replay_machine_doubt(replay->verdict,
                             "moments of a switch were not probed: probe.max_instants");
    code = drive(replay, "verdict run", replay->verdict);
    if (code != CLI_OK)
        return code;
    return compare_runs(replay_machine_report(replay->cost),
                        replay_machine_report(replay->verdict));
}

int replay_run(struct replay *replay, bool wants_probes, struct replay_result *result)
{
    const struct replay_machine *verdict;
    int code = scan_and_keep(replay);

    if (code != CLI_OK)
        return code;
    replay->scan = rpl_scanner_end(replay->scanner);
    code = check_scan(replay);
    if (code != CLI_OK)
        return code;
    replay->cost = new_machine(replay, NULL, true, &code);
    if (!replay->cost)
        return code;
    code = drive(replay, "cost run", replay->cost);
    if (code == CLI_OK && wants_probes)
        code = run_verdict(replay);
    if (code != CLI_OK)
        return code;
    verdict = wants_probes ? replay->verdict : replay->cost;
    memset(result, 0, sizeof(*result));
    result->input = replay->input;
    result->config = replay->config;
    result->scan = replay->scan;
    result->costs = replay_machine_report(replay->cost);
    result->verdicts = replay_machine_report(verdict);
    result->cost_stats = replay_machine_stats(replay->cost);
    result->stats = replay_machine_stats(verdict);
    result->rules = chk_order_get_report(replay->order);
    result->has_probes = wants_probes;
    memcpy(result->damage, replay->damage, sizeof(result->damage));
    return CLI_OK;
}

/* First to the watch, for its words, then to the machine. */
struct told {
    struct watch *watch;
    struct replay_machine *machine;
    const struct rpl_tables *tables;
};

static int put_told(void *ctx, const struct sim_record *rec)
{
    const struct told *told = ctx;
    struct sim_record staged;
    int err;

    rpl_tables_stage(told->tables, rec, &staged);
    err = watch_put(told->watch, &staged);
    return err ? err : replay_machine_put(told->machine, rec);
}

int replay_tell(struct replay *replay, struct watch *watch)
{
    const struct sim_observer observer = watch_observer(watch);
    int code = CLI_OK;
    struct told told = {watch, new_machine(replay, &observer, true, &code), replay->scan->tables};
    const struct sim_record_sink sink = {put_told, &told};

    if (!told.machine)
        return code;
    code = read_all(replay, "told run", &sink);
    if (code == CLI_OK && replay_machine_finish(told.machine))
        code = no_memory();
    if (code == CLI_OK)
        code =
            compare_runs(replay_machine_report(replay->cost), replay_machine_report(told.machine));
    replay_machine_free(told.machine);
    return code;
}

/* Who watches must not change what happens. */
static int compare_stats(const struct rpl_stats *a, const struct rpl_stats *b)
{
    if (a->n_records == b->n_records && a->n_responses == b->n_responses &&
        a->n_wait_timeouts == b->n_wait_timeouts && a->end_ps == b->end_ps)
        return CLI_OK;
    cli_error("a bug of iommusim: one run ended at %" PRIu64 " ps and another at %" PRIu64,
              a->end_ps, b->end_ps);
    return CLI_INTERNAL;
}

int replay_again(struct replay *replay, const char *what, const struct sim_observer *observer)
{
    int code = CLI_OK;
    struct replay_machine *machine = new_machine(replay, observer, false, &code);

    if (!machine)
        return code;
    code = drive(replay, what, machine);
    if (code == CLI_OK)
        code = compare_stats(replay_machine_stats(replay->cost), replay_machine_stats(machine));
    replay_machine_free(machine);
    return code;
}

/* ---- What a result says --------------------------------------------------------------------- */

bool replay_is_map(const struct chk_op *op)
{
    return op->op == SIM_OP_MAP || op->op == SIM_OP_UNMAP;
}

const char *replay_verdict(const struct chk_op *op)
{
    return op->worst == CHK_HITLESS && op->inconclusive ? "INCONCLUSIVE"
                                                        : chk_class_name(op->worst);
}

/* What should be looked at first: larger is sooner. */
static unsigned interest(const struct chk_op *op)
{
    unsigned score = (unsigned)op->worst * 4;

    if (score == 0 && op->inconclusive)
        score = 2;
    if (!replay_is_map(op))
        score++;
    return score;
}

size_t replay_worst(const struct replay_result *result)
{
    const struct chk_report *report = result->verdicts;
    size_t best = report->n_ops;

    for (size_t i = 0; i < report->n_ops; i++) {
        if (best == report->n_ops || interest(&report->ops[i]) > interest(&report->ops[best]))
            best = i;
    }
    return best;
}

bool replay_is_inconclusive(const struct replay_result *result)
{
    const struct chk_report *report = result->verdicts;
    bool is_inconclusive = report->inconclusive || report->n_ops == 0 || result->damage[0];

    for (size_t i = 0; i < report->n_ops; i++)
        is_inconclusive |= report->ops[i].inconclusive;
    return is_inconclusive;
}

int replay_exit_code(const struct replay_result *result)
{
    const struct chk_report *report = result->verdicts;

    if (report->bad_outside || result->rules->n_violations)
        return CLI_VERDICT;
    for (size_t i = 0; i < report->n_ops; i++) {
        if (report->ops[i].worst != CHK_HITLESS)
            return CLI_VERDICT;
    }
    return replay_is_inconclusive(result) ? CLI_INCONCLUSIVE : CLI_OK;
}

const char *replay_dma_result(enum chk_result result)
{
    static const char *const names[] = {
        [CHK_RESULT_OLD] = "old",         [CHK_RESULT_NEW] = "new",
        [CHK_RESULT_SAME] = "same",       [CHK_RESULT_REFUSED_OK] = "refused as promised",
        [CHK_RESULT_REFUSED] = "REFUSED", [CHK_RESULT_MIXED] = "MIXED",
        [CHK_RESULT_STALE] = "STALE",     [CHK_RESULT_UNCHECKED] = "not judged",
    };

    return names[result];
}

const char *replay_cpu_source(const struct config *config)
{
    switch (config->rpl.cpu_time) {
    case RPL_CPU_TRACE:
        return "trace (upper bound)";
    case RPL_CPU_ZERO:
        return "zero";
    case RPL_CPU_SCALE:
        return "scaled";
    case RPL_CPU_MODEL:
    default:
        return "model";
    }
}
