/* SPDX-License-Identifier: BSD-2-Clause
 * vtd.c - making, wiring, resetting and freeing a remapping unit.
 * Knows: the parts. Must not know: what they do. */
#include "models/vtd/vtd.h"

#include "models/vtd/vtd_control.h"
#include "sim/diag.h"

#include <stdlib.h>

static const char *const preset_names[] = {"bdw", "zero", "snb", "ivb", "hsw_2620", "hsw_2637"};

static const struct sim_param param_list[] = {
#define P(name, unit, bdw, zero, snb, ivb, hsw_2620, hsw_2637, min, max, source, doc)              \
    {#name,                                                                                        \
     unit,                                                                                         \
     doc,                                                                                          \
     source,                                                                                       \
     offsetof(struct vtd_param, name),                                                             \
     min,                                                                                          \
     max,                                                                                          \
     {bdw, zero, snb, ivb, hsw_2620, hsw_2637}},
#include "models/vtd/vtd_param.def"
#undef P
};

const struct sim_param_table vtd_params = {"vtd", param_list,
                                           sizeof(param_list) / sizeof(param_list[0]), preset_names,
                                           sizeof(preset_names) / sizeof(preset_names[0])};

void vtd_config_default(struct vtd_config *config)
{
    *config = (struct vtd_config){0};
    vtd_ids_default(&config->ids);
    SIM_BUG_ON(sim_param_preset(&vtd_params, preset_names[0], &config->param));
}

static int check_params(const struct vtd_param *param)
{
    if (sim_param_check(&vtd_params, param))
        return SIM_EINVAL;
    return param->atom_bytes == 8 || param->atom_bytes == 16 ? 0 : SIM_EINVAL;
}

static uint32_t or_else(uint32_t value, uint32_t limit)
{
    return value ? value : limit;
}

/* "No limit" still needs a number where memory is taken; the rest of them are translation's. */
static void resolve_limits(struct vtd_param *param)
{
    param->qi_slots = or_else(param->qi_slots, 1);
    param->inval_slots = or_else(param->inval_slots, VTD_MAX_PENDING);
    param->devtlb_slots = or_else(param->devtlb_slots, VTD_MAX_DEVTLB);
    param->fault_slots = or_else(param->fault_slots, VTD_MAX_FAULT_SLOTS);
    param->prq_slots = or_else(param->prq_slots, VTD_MAX_PRQ_SLOTS);
}

/* ---- facts ---- */

void vtd_fact(const struct vtd *vtd, enum sim_fact_kind kind, uint64_t a0, uint64_t a1,
              const uint64_t rest[3])
{
    struct sim_fact fact;

    if (!vtd_wants(vtd, kind))
        return;
    fact = (struct sim_fact){
        .time_ps = vtd_now(vtd),
        .kind = kind,
        .iommu = vtd->config.iommu,
        .arg = {a0, a1, rest[0], rest[1], rest[2]},
    };
    sim_tap_emit(&vtd->tap, &fact);
}

void vtd_fact_unimpl(const struct vtd *vtd, enum vtd_unimpl what, uint64_t code)
{
    vtd_fact(vtd, SIM_FACT_UNIMPL, what, code, (const uint64_t[3]){0});
}

const char *vtd_unimpl_name(uint64_t what)
{
    static const char *const names[] = {
        [VTD_UNIMPL_INTERRUPT] = "remapping of interrupt requests",
        [VTD_UNIMPL_HPT] = "host permission tables",
        [VTD_UNIMPL_MEMORY_TYPE] = "memory types",
        [VTD_UNIMPL_REGISTER] = "a register's function",
        [VTD_UNIMPL_AFL] = "advanced fault logging",
        [VTD_UNIMPL_UNDEFINED] = "what the architecture leaves undefined",
    };

    if (what >= sizeof(names) / sizeof(names[0]) || !names[what])
        return "an unknown feature";
    return names[what];
}

/* ---- life ---- */

static void reset(void *model)
{
    struct vtd *vtd = model;

    /* Jobs last: their end must not complete a wait or a handshake. */
    vtd_mmio_reset(vtd);
    vtd_drain_reset(vtd);
    vtd_gcmd_reset(vtd);
    vtd_reg_inval_reset(vtd);
    vtd_event_reset(vtd);
    vtd_fault_reset(vtd);
    vtd_qi_reset(vtd);
    vtd_devtlb_reset(vtd);
    vtd_prq_reset(vtd);
    vtd_translation_reset(vtd);
    vtd->stats = (struct vtd_stats){0};
}

static void free_vtd(void *model)
{
    struct vtd *vtd = model;

    vtd_translation_free(vtd);
    free(vtd);
}

static uint64_t next_event_ps(void *model)
{
    return sim_queue_next_ps(((struct vtd *)model)->queue);
}

static void advance(void *model, uint64_t until_ps)
{
    (void)sim_queue_advance(((struct vtd *)model)->queue, until_ps);
}

static const struct sim_iommu_ops vtd_ops = {
    .reg_read = vtd_reg_read,
    .reg_write = vtd_reg_write,
    .submit = vtd_submit,
    .ats_complete = vtd_ats_complete,
    .page_request = vtd_page_request,
    .reset = reset,
    .next_event_ps = next_event_ps,
    .advance = advance,
    .free = free_vtd,
    .answer = vtd_answer,
};

static void init(struct vtd *vtd)
{
    vtd_drain_init(vtd);
    vtd_gcmd_init(vtd);
    vtd_reg_inval_init(vtd);
    vtd_event_init(vtd);
    vtd_fault_init(vtd);
    vtd_qi_init(vtd);
    vtd_devtlb_init(vtd);
    vtd_mmio_reset(vtd);
}

int vtd_new(const struct vtd_config *config, struct sim_queue *queue, const struct sim_port *port,
            const struct sim_tap *tap, struct sim_iommu *out)
{
    struct vtd *vtd;
    int err = check_params(&config->param);

    if (err)
        return err;
    vtd = calloc(1, sizeof(*vtd));
    if (!vtd)
        return SIM_ENOMEM;
    vtd->queue = queue;
    vtd->port = *port;
    vtd->tap = tap ? *tap : (struct sim_tap){0};
    vtd->source = (struct sim_source){.rank = SIM_RANK_IOMMU, .port = config->source_port};
    vtd->config = *config;
    vtd->param = config->param;
    resolve_limits(&vtd->param);
    vtd_caps_parse(&config->ids, &vtd->caps);
    vtd->caps.choices = config->choices;
    if (config->haw_bits)
        vtd->caps.haw_bits = config->haw_bits;
    init(vtd);
    err = vtd_translation_new(vtd);
    if (err) {
        free_vtd(vtd);
        return err;
    }
    *out = (struct sim_iommu){&vtd_ops, vtd};
    return 0;
}

int vtd_state(void *model, struct sim_snapshot *snapshot)
{
    struct vtd *vtd = model;
    const int err = sim_snapshot_add(snapshot, vtd, sizeof(*vtd));

    return err ? err : vtd_translation_state(vtd, snapshot);
}

const struct vtd_stats *vtd_get_stats(const void *model)
{
    return &((const struct vtd *)model)->stats;
}
