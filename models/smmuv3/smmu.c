/* SPDX-License-Identifier: BSD-2-Clause
 * smmu.c - making, wiring, resetting and freeing an SMMUv3.
 * Knows: the parts. Must not know: what they do. */
#include "models/smmuv3/smmu.h"

#include "models/smmuv3/smmu_priq.h"
#include "models/smmuv3/smmu_private.h"
#include "models/smmuv3/smmu_stall.h"
#include "sim/diag.h"
#include "sim/time.h"

#include <stdlib.h>

static const char *const preset_names[] = {"mmu600", "zero",           "gem5",
                                           "mmu700", "mmu500-walkers", "server-arm"};

static const struct sim_param param_list[] = {
#define P(name, unit, mmu600, zero, gem5, mmu700, mmu500, server, min, max, source, doc)           \
    {#name,                                                                                        \
     unit,                                                                                         \
     doc,                                                                                          \
     source,                                                                                       \
     offsetof(struct smmu_param, name),                                                            \
     min,                                                                                          \
     max,                                                                                          \
     {mmu600, zero, gem5, mmu700, mmu500, server}},
#include "models/smmuv3/smmu_param.def"
#undef P
};

const struct sim_param_table smmu_params = {
    "smmu", param_list, sizeof(param_list) / sizeof(param_list[0]), preset_names,
    sizeof(preset_names) / sizeof(preset_names[0])};

void smmu_config_default(struct smmu_config *config)
{
    *config = (struct smmu_config){0};
    smmu_ids_default(&config->ids);
    SIM_BUG_ON(sim_param_preset(&smmu_params, preset_names[0], &config->param));
}

static int check_params(const struct smmu_param *param)
{
    if (sim_param_check(&smmu_params, param))
        return SIM_EINVAL;
    return param->atom_bytes == 8 || param->atom_bytes == 16 ? 0 : SIM_EINVAL;
}

/* "No limit" still needs a number where memory is taken. */
static void resolve_limits(struct smmu_param *param)
{
    if (!param->tbu_slots)
        param->tbu_slots = SMMU_NO_LIMIT_SLOTS / param->n_tbus;
    if (!param->tcu_slots)
        param->tcu_slots = param->tbu_slots * param->n_tbus + SMMU_PREFETCH_JOBS;
    if (!param->walk_slots || param->walk_slots > param->tcu_slots)
        param->walk_slots = param->tcu_slots;
    if (!param->cfg_slots)
        param->cfg_slots = SMMU_NO_LIMIT_FETCHES;
    if (!param->cmd_slots)
        param->cmd_slots = 1;
    if (!param->inval_slots)
        param->inval_slots = SMMU_MAX_INVAL_SLOTS;
    if (!param->atc_slots)
        param->atc_slots = SMMU_MAX_ATC_SLOTS;
    if (!param->event_slots)
        param->event_slots = UINT32_MAX;
    if (!param->priq_slots)
        param->priq_slots = UINT32_MAX;
}

/* ---- facts and lists ---- */

void smmu_fact(const struct smmu *smmu, enum sim_fact_kind kind, uint64_t a0, uint64_t a1,
               const uint64_t rest[3])
{
    struct sim_fact fact;

    if (!smmu_wants(smmu, kind))
        return;
    fact = (struct sim_fact){
        .time_ps = smmu_now(smmu),
        .kind = kind,
        .iommu = smmu->config.iommu,
        .arg = {a0, a1, rest[0], rest[1], rest[2]},
    };
    sim_tap_emit(&smmu->tap, &fact);
}

void smmu_fact_unimpl(const struct smmu *smmu, enum smmu_unimpl what, uint64_t code)
{
    smmu_fact(smmu, SIM_FACT_UNIMPL, what, code, (const uint64_t[3]){0});
}

const char *smmu_unimpl_name(uint64_t what)
{
    static const char *const names[] = {
        [SMMU_UNIMPL_STALL] = "the stall model (CD.S)",
        [SMMU_UNIMPL_HTTU] = "hardware update of the access flag of tables (HAFT)",
        [SMMU_UNIMPL_ATS] = "ATS by device permission tables (EATS=11)",
        [SMMU_UNIMPL_PRI] = "page requests (PRI)",
        [SMMU_UNIMPL_LPAE] = "VMSAv8-32 LPAE tables",
        [SMMU_UNIMPL_VMS] = "virtual machine structures",
        [SMMU_UNIMPL_REGISTER] = "a register's function",
        [SMMU_UNIMPL_E0PD] = "CD.E0PD",
    };

    if (what >= sizeof(names) / sizeof(names[0]) || !names[what])
        return "an unknown feature";
    return names[what];
}

/* ---- life ---- */

static void reset(void *model)
{
    struct smmu *smmu = model;

    smmu->n_resets++;
    smmu->port_free_ps = 0;
    /* Jobs last: their end must not complete a CMD_SYNC or a handshake. */
    smmu_mmio_reset(smmu);
    smmu_cmdq_reset(smmu);
    smmu_ats_reset(smmu);
    smmu_irq_reset(smmu);
    smmu_prefetch_reset(smmu);
    smmu_job_abort_all(smmu);
    smmu_caches_clear(smmu);
    smmu->stats = (struct smmu_stats){0};
}

static void free_smmu(void *model)
{
    struct smmu *smmu = model;

    smmu_caches_free(smmu);
    free(smmu->jobs);
    hw_fetcher_free(&smmu->fetcher);
    free(smmu->walkers);
    free(smmu->stalls);
    free(smmu->messages);
    free(smmu);
}

static int make_pools(struct smmu *smmu)
{
    const struct smmu_param *param = &smmu->param;

    smmu->n_jobs = param->n_tbus * param->tbu_slots + SMMU_PREFETCH_JOBS + smmu_priq_jobs(smmu);
    smmu->jobs = calloc(smmu->n_jobs, sizeof(smmu->jobs[0]));
    smmu->walkers = calloc(param->walk_slots, sizeof(smmu->walkers[0]));
    smmu->n_messages = (param->inval_slots + 1) * param->n_tbus;
    /* NOLINTNEXTLINE(clang-analyzer-optin.portability.UnixAPI): there is a TBU */
    smmu->messages = calloc(smmu->n_messages, sizeof(smmu->messages[0]));
    if (!smmu->jobs || !smmu->walkers || !smmu->messages)
        return SIM_ENOMEM;
    smmu->n_stalls = smmu_stall_slots(smmu);
    smmu->stalls = smmu->n_stalls ? calloc(smmu->n_stalls, sizeof(struct smmu_job *)) : NULL;
    if (smmu->n_stalls && !smmu->stalls)
        return SIM_ENOMEM;
    for (uint32_t i = 0; i < param->n_tbus; i++)
        smmu->tbu[i].n_free = param->tbu_slots;
    smmu->tcu.n_free = param->tcu_slots;
    smmu->walk_slots.n_free = param->walk_slots;
    return 0;
}

static uint64_t next_event_ps(void *model)
{
    return sim_queue_next_ps(((struct smmu *)model)->queue);
}

static void advance(void *model, uint64_t until_ps)
{
    (void)sim_queue_advance(((struct smmu *)model)->queue, until_ps);
}

static void answer(void *model, const uint64_t words[2])
{
    struct smmu *smmu = model;
    const uint64_t opcode = smmu_UNKNOWN_CMD_op(words);

    if (smmu_cmd_is_illegal(smmu, words))
        return;
    if (opcode == SMMU_CMD_RESUME)
        smmu_stall_resume(smmu, words);
    else if (opcode == SMMU_CMD_PRI_RESP && smmu->is_enabled)
        smmu_priq_respond(smmu, words);
}

static const struct sim_iommu_ops smmu_ops = {
    .reg_read = smmu_reg_read,
    .reg_write = smmu_reg_write,
    .submit = smmu_submit,
    .ats_complete = smmu_ats_complete,
    .page_request = smmu_priq_request,
    .reset = reset,
    .next_event_ps = next_event_ps,
    .advance = advance,
    .free = free_smmu,
    .answer = answer,
};

int smmu_new(const struct smmu_config *config, struct sim_queue *queue, const struct sim_port *port,
             const struct sim_tap *tap, struct sim_iommu *out)
{
    const struct smmu_idr idr = {config->ids.idr0, config->ids.idr1, config->ids.idr3,
                                 config->ids.idr5};
    struct smmu *smmu;
    int err = check_params(&config->param);

    if (err)
        return err;
    smmu = calloc(1, sizeof(*smmu));
    if (!smmu)
        return SIM_ENOMEM;
    smmu->queue = queue;
    smmu->port = *port;
    smmu->tap = tap ? *tap : (struct sim_tap){0};
    smmu->source = (struct sim_source){.rank = SIM_RANK_IOMMU, .port = config->source_port};
    smmu->config = *config;
    smmu->param = config->param;
    resolve_limits(&smmu->param);
    smmu_caps_parse(&idr, &smmu->caps);
    smmu->caps.choices = config->choices;
    err = smmu_caches_new(smmu);
    if (!err)
        err = make_pools(smmu);
    if (!err)
        err = smmu_cfg_new(smmu);
    sim_rng_seed(&smmu->rng, smmu->param.seed);
    if (err) {
        free_smmu(smmu);
        return err;
    }
    smmu_job_init(smmu);
    smmu_cmdq_init(smmu);
    smmu_ats_init(smmu);
    smmu_broadcast_init(smmu);
    smmu_irq_init(smmu);
    smmu_prefetch_init(smmu);
    smmu_mmio_reset(smmu);
    *out = (struct sim_iommu){&smmu_ops, smmu};
    return 0;
}

/* ---- state ---- */

int smmu_state(void *model, struct sim_snapshot *snapshot)
{
    struct smmu *smmu = model;
    int err = sim_snapshot_add(snapshot, smmu, sizeof(*smmu));

    if (!err)
        err = smmu_caches_state(smmu, snapshot);
    if (!err)
        err = sim_snapshot_add(snapshot, smmu->jobs, smmu->n_jobs * sizeof(smmu->jobs[0]));
    if (!err)
        err = hw_fetcher_state(&smmu->fetcher, snapshot);
    if (!err)
        err = sim_snapshot_add(snapshot, smmu->walkers,
                               smmu->param.walk_slots * sizeof(smmu->walkers[0]));
    if (!err && smmu->n_stalls)
        err = sim_snapshot_add(snapshot, smmu->stalls, smmu->n_stalls * sizeof(struct smmu_job *));
    if (!err)
        err = sim_snapshot_add(snapshot, smmu->messages,
                               smmu->n_messages * sizeof(smmu->messages[0]));
    return err;
}

const struct smmu_stats *smmu_get_stats(const void *model)
{
    return &((const struct smmu *)model)->stats;
}
