/* SPDX-License-Identifier: BSD-2-Clause
 * run_transition_run.c - runs one cell: its scenario beside a machine, then the judgement.
 * Knows: scenarios, drivers, machines. Must not know: verdicts, formats of output. */
#include "cli/run_transition_private.h"

#include "cli/replay_machine.h"
#include "cli/save.h"
#include "models/smmuv3/smmu_layout.h"
#include "sim/outfile.h"

#include <stdlib.h>
#include <string.h>

#define TEXT_NAME "the transition"

static int no_memory(void)
{
    cli_error("no memory");
    return CLI_INTERNAL;
}

/* ---- the load ---- */

static const char *const idle[] = {"traffic.kind=none"};
static const char *const nic[] = {"traffic.kind=nic", "traffic.interval_ns=100",
                                  "traffic.max_outstanding=16"};
static const char *const nvme[] = {"traffic.kind=nvme", "traffic.interval_ns=600",
                                   "traffic.max_outstanding=32", "traffic.read_percent=70"};

const char *const *cell_profile(const struct trn_cell *cell, size_t *n_sets)
{
    switch (cell->load) {
    case TRN_NIC:
        *n_sets = sizeof(nic) / sizeof(nic[0]);
        return nic;
    case TRN_NVME:
        *n_sets = sizeof(nvme) / sizeof(nvme[0]);
        return nvme;
    case TRN_N_LOADS:
    case TRN_IDLE:
    default:
        *n_sets = sizeof(idle) / sizeof(idle[0]);
        return idle;
    }
}

/* ---- live ---- */

/* Line @n of the scenario, behind its head and a comment. */
static const char *line_of(const char *text, size_t n, int *n_bytes)
{
    const char *at = text;

    for (n += 2; n > 0; n--)
        at = strchr(at, '\n') + 1;
    *n_bytes = (int)strcspn(at, "\n");
    return at;
}

/* What the table of legal cells does not know: this hardware, or this driver on it, says no. */
static void not_offered(struct cell_job *job, size_t n, int err)
{
    struct cell_result *result = job->result;
    int n_bytes;
    const char *text = line_of(job->text, n, &n_bytes);

    (void)snprintf(result->text, sizeof(result->text), "%.*s: -%s", n_bytes, text,
                   strerrorname_np(-err));
    result->judgement = (struct trn_judgement){.kind = TRN_NOT_OFFERED,
                                               .rule = TRN_RULE_DRIVER,
                                               .reason = result->text,
                                               .section = "this driver on this hardware"};
}

static int run_all_lines(struct cell_job *job)
{
    struct run *run = job->run;
    int err = 0;

    for (size_t i = 0; i < job->n_setup; i++) {
        err = run_nth(run, i);
        if (err) {
            not_offered(job, i, err);
            return CLI_OK;
        }
    }
    job->n_before = run_n_records(run);
    for (size_t i = job->n_setup; !err && i < run_n_lines(run); i++)
        err = run_nth(run, i);
    job->result->actual = err;
    job->n_records = run_n_records(run);
    return CLI_OK;
}

static int drive(struct cell_job *job, struct replay_machine *machine)
{
    const struct run_stats *stats = run_get_stats(job->run);
    int code, err;

    run_bind(job->run, replay_machine_rpl(machine), replay_machine_mem(machine));
    err = run_start(job->run);
    if (err) {
        cli_error("the driver does not start: %s", strerror(-err));
        return CLI_VERDICT;
    }
    code = run_all_lines(job);
    run_halt(job->run);
    if (stats->error) {
        cli_error("the simulation fails with error %d", stats->error);
        return CLI_INTERNAL;
    }
    if (stats->n_leaked_bytes) {
        cli_error("a bug of the driver: tables are left");
        return CLI_INTERNAL;
    }
    return code;
}

/* What software does depends on no traffic. */
static int run_live(struct cell_job *job)
{
    const struct run_config run_config = {
        .scenario = TEXT_NAME,
        .text = job->text,
        .ops = drv_find(job->result->cell.arch, job->result->cell.driver),
        .is_quiet = true};
    struct config *config = malloc(sizeof(*config));
    struct replay_machine *machine = NULL;
    struct sim_diag diag;
    int code = CLI_INTERNAL;

    if (!config)
        return no_memory();
    *config = job->config;
    config->rpl.traffic.kind = 0;
    sim_diag_init(&diag, TEXT_NAME);
    job->run = run_new(&run_config, &diag);
    if (job->run)
        machine = replay_machine_new(config, run_scan(job->run), run_observer(job->run), &diag);
    code = machine ? drive(job, machine) : cli_report(&diag, false);
    replay_machine_free(machine);
    free(config);
    return code;
}

/* ---- what is kept ---- */

struct keeper {
    struct sim_record *records;
    size_t n, room;
};

static int keep(void *ctx, const struct sim_record *rec)
{
    struct keeper *keeper = ctx;

    if (keeper->n < keeper->room)
        keeper->records[keeper->n++] = *rec;
    return 0;
}

/* What comes after the transition, when everything is given back, is no part of it. */
static int keep_records(struct cell_job *job)
{
    struct keeper keeper = {.room = job->n_records};

    job->records = malloc((job->n_records + 1) * sizeof(*job->records));
    if (!job->records)
        return no_memory();
    keeper.records = job->records;
    return run_save(job->run, &(struct sim_record_sink){keep, &keeper}) ? CLI_INTERNAL : CLI_OK;
}

static int put_all(const void *ctx, const struct sim_record_sink *sink)
{
    const struct cell_job *job = ctx;
    int err = 0;

    for (size_t i = 0; !err && i < job->n_records; i++)
        err = sink->put(sink->ctx, &job->records[i]);
    return err;
}

static int save_script(const struct cell_job *job, const char *path)
{
    struct sim_diag diag;
    struct sim_outfile *out;

    sim_diag_init(&diag, path);
    out = sim_outfile_open(path, &diag);
    if (!out)
        return cli_report(&diag, false);
    (void)fputs(job->text, sim_outfile_stream(out));
    return sim_outfile_commit(out, &diag) ? cli_report(&diag, false) : CLI_OK;
}

/* ---- all of it ---- */

/* Twice the window: first caches get warm, then it is measured. Maps are no part of it. Devices
 * keep to what both ends map. */
static void set_up(struct cell_job *job)
{
    struct rpl_config *rpl = &job->config.rpl;
    const uint64_t quiet_ns = 2 * job->params->window_ns;

    rpl->cpu.quiet_ns = (uint32_t)quiet_ns;
    rpl->cpu.quiet_map_ns = 0;
    rpl->probe.map_ops = 0;
    rpl->has_gap = job->result->cell.from != TRN_BLOCKED && job->result->cell.to != TRN_BLOCKED;
    rpl->gap_ns = job->params->gap_ns;
    trn_mapped(&job->params->scale, &rpl->first, &rpl->last);
}

static bool has_id(const struct config *config, uint32_t offset)
{
    for (size_t i = 0; i < config->n_ids; i++) {
        if (!config->ids[i].is_vtd && config->ids[i].offset == offset)
            return true;
    }
    return false;
}

/* An SMMU that has what the cell is about, unless the user says which one it is. */
static void set_ids(struct config *config, const struct trn_cell *cell)
{
    struct smmu_ids ids;
    uint64_t idr0;

    const bool is_sva = cell->from == TRN_SVA || cell->to == TRN_SVA;

    if (cell->arch != SIM_ARCH_SMMUV3 || has_id(config, SMMU_REG_IDR0))
        return;
    smmu_ids_default(&ids);
    idr0 = ids.idr0;
    smmu_IDR0_put_ATS(&idr0, cell->has_ats);
    smmu_IDR0_put_PRI(&idr0, cell->has_ats && is_sva);
    if (is_sva && !cell->has_ats)
        smmu_IDR0_put_STALL_MODEL(&idr0, SMMU_IDR0_STALL_MODEL_BOTH);
    config->ids[config->n_ids++] =
        (struct config_id){.name = "IDR0", .offset = SMMU_REG_IDR0, .value = idr0};
}

static int run_job(struct cell_job *job, const struct cell_output *output)
{
    int code;

    job->text = trn_scenario(&job->result->cell, &job->params->scale, &job->n_setup);
    if (!job->text)
        return no_memory();
    set_up(job);
    set_ids(&job->config, &job->result->cell);
    code = output->script ? save_script(job, output->script) : CLI_OK;
    if (code == CLI_OK)
        code = run_live(job);
    if (code != CLI_OK || job->result->judgement.kind != TRN_RUNS)
        return code;
    code = keep_records(job);
    if (code == CLI_OK && output->records)
        code = save_records(output->records, &(struct save_source){put_all, job});
    return code == CLI_OK ? cell_judge(job) : code;
}

int cell_run(const struct config *config, const struct cell_params *params,
             const struct trn_cell *cell, const struct cell_output *output,
             struct cell_result *result)
{
    struct cell_job *job;
    int code;

    memset(result, 0, sizeof(*result));
    result->cell = *cell;
    result->params = *params;
    trn_judge(cell, &result->judgement);
    if (result->judgement.kind != TRN_RUNS)
        return CLI_OK;
    job = calloc(1, sizeof(*job));
    if (!job)
        return no_memory();
    job->config = *config;
    job->params = params;
    job->result = result;
    job->wants_story = output->wants_story;
    code = run_job(job, output);
    run_free(job->run);
    free(job->records);
    free(job->text);
    free(job);
    return code;
}

void cell_free(struct cell_result *result)
{
    if (result)
        json_decref(result->story);
    free(result);
}

/* ---- what a result says ---- */

uint32_t cell_atom(const struct trn_cell *cell)
{
    return strcmp(cell->driver, "best-16") == 0 ? 16 : 8;
}

const char *cell_verdict_word(enum chk_class verdict, bool inconclusive)
{
    return verdict == CHK_HITLESS && inconclusive ? "INCONCLUSIVE" : chk_class_name(verdict);
}

int cell_exit_code(const struct cell_result *result)
{
    if (result->judgement.kind != TRN_RUNS)
        return CLI_INCONCLUSIVE;
    if (result->verdict.replay != CHK_HITLESS || result->verdict.n_violations ||
        result->actual != result->expected)
        return CLI_VERDICT;
    return result->verdict.inconclusive ? CLI_INCONCLUSIVE : CLI_OK;
}
