/* SPDX-License-Identifier: BSD-2-Clause
 * reproduce_machine.c - the machine of a plan, and what is called how in each architecture.
 * Knows: settings of both models. Must not know: requests, which plan comes next. */
#include "cli/reproduce_private.h"

#include "cli/arch_vtd.h"
#include "cli/replay_unit.h"
#include "sim/diag.h"

#include "models/smmuv3/smmu_layout.h"
#include "models/vtd/vtd_layout.h"

enum {
    STORE_NS = 10,
    SEEDED_ATOM_CYCLES = 20,
    SLOW_CYCLES = 15000,
};

static bool is_vtd(const struct reproduce_stream *stream)
{
    return stream->arch->arch == SIM_ARCH_VTD;
}

/* ---- names ---- */

bool reproduce_is_command(unsigned structure)
{
    return structure == SIM_S_CMD || structure == SIM_S_QI;
}

bool reproduce_is_sync(const struct reproduce_stream *stream, const struct sim_record *rec)
{
    return replay_names(stream->arch->arch)->is_sync(rec->store.value, rec->store.value_hi);
}

bool reproduce_is_config(unsigned structure)
{
    return structure == SIM_S_L1STD || structure == SIM_S_STE || structure == SIM_S_L1CD ||
           structure == SIM_S_CD || structure == SIM_S_ROOT || structure == SIM_S_CTX ||
           structure == SIM_S_PASID_DIR || structure == SIM_S_PASID;
}

struct chk_tag reproduce_tag(const struct reproduce_stream *stream, const struct chk_target *target)
{
    struct chk_tag tag = target->tlb[0].tag;

    if (is_vtd(stream))
        tag.world = ARCH_VTD_IOTLB;
    return tag;
}

static bool is_nested(const struct chk_target *target)
{
    return target->tlb[0].regime.field[ARCH_VTD_CLASS] == ARCH_VTD_NESTED;
}

/* A cache of tables shows one stage: the other one is that of @by. */
void reproduce_complete(const struct reproduce_stream *stream, struct chk_target *target,
                        const struct chk_target *by)
{
    struct chk_regime *regime = &target->tlb[0].regime;
    const struct chk_regime *from = &by->tlb[0].regime;

    if (!is_vtd(stream) || target->tlb[0].tag.world == ARCH_VTD_IOTLB || !is_nested(by))
        return;
    for (unsigned i = 0; i < 2; i++)
        regime->root[i] = regime->root[i] ? regime->root[i] : from->root[i];
    for (unsigned i = 0; i < CHK_REGIME_FIELDS; i++)
        regime->field[i] = regime->field[i] ? regime->field[i] : from->field[i];
    regime->field[ARCH_VTD_CLASS] = ARCH_VTD_NESTED;
}

enum reproduce_stages reproduce_split(const struct reproduce_stream *stream,
                                      const struct chk_target *target, struct chk_regime *first,
                                      struct chk_regime *second)
{
    const struct chk_regime *regime = &target->tlb[0].regime;

    *first = *regime;
    if (!is_vtd(stream))
        return target->kind == CHK_OPAQUE ? REPRODUCE_UNKNOWN : REPRODUCE_ONE;
    if (!is_nested(target))
        return REPRODUCE_ONE;
    *second = *regime;
    second->root[1] = 0;
    second->field[ARCH_VTD_CLASS] = ARCH_VTD_SS;
    first->root[0] = regime->root[1];
    first->root[1] = 0;
    first->field[ARCH_VTD_CLASS] = ARCH_VTD_FS;
    return REPRODUCE_TWO;
}

/* ---- ID registers ---- */

static void set_smmu_ids(const struct reproduce_stream *stream, struct chk_arch_unit *unit)
{
    struct smmu_ids ids;

    replay_unit_ids(stream->config, &stream->scan->units[0], &ids);
    stream->arch->set(unit, SMMU_REG_IDR0, ids.idr0);
    stream->arch->set(unit, SMMU_REG_IDR1, ids.idr1);
    stream->arch->set(unit, SMMU_REG_IDR3, ids.idr3);
    stream->arch->set(unit, SMMU_REG_IDR5, ids.idr5);
}

static void set_vtd_ids(const struct reproduce_stream *stream, struct chk_arch_unit *unit)
{
    struct vtd_ids ids;

    replay_unit_vtd_ids(stream->config, &stream->scan->units[0], &ids);
    stream->arch->set(unit, VTD_REG_VER, ids.ver);
    stream->arch->set(unit, VTD_REG_CAP, ids.cap);
    stream->arch->set(unit, VTD_REG_ECAP, ids.ecap);
}

void reproduce_unit(const struct reproduce_stream *stream, struct chk_arch_unit *unit)
{
    stream->arch->init(unit);
    if (is_vtd(stream))
        set_vtd_ids(stream, unit);
    else
        set_smmu_ids(stream, unit);
}

/* ---- settings ---- */

static void set(struct config *config, const char *setting)
{
    struct sim_diag diag;

    sim_diag_init(&diag, "reproduce");
    SIM_BUG_ON(config_set(config, setting, &diag));
}

static void configure_smmu(const struct reproduce_plan *plan, uint32_t atom_bytes,
                           struct config *config)
{
    set(config, plan->seed         ? "smmu.cache_mode=random"
                : plan->has_caches ? "smmu.cache_mode=hold"
                                   : "smmu.cache_mode=never");
    set(config, plan->seed ? "smmu.prefetch=reachable" : "smmu.prefetch=none");
    config->smmu.clock_ps = 1000;
    config->smmu.seed = plan->seed;
    config->smmu.cfg_negative = 1;
    config->smmu.atom_bytes = atom_bytes;
    config->smmu.atom_cycles = plan->seed ? SEEDED_ATOM_CYCLES : 0;
}

/* An invalidation of configuration, and a wait, need not end what has begun (4.4). */
static void configure_vtd(const struct reproduce_plan *plan, struct config *config)
{
    set(config, plan->seed         ? "vtd.cache_mode=random"
                : plan->has_caches ? "vtd.cache_mode=hold"
                                   : "vtd.cache_mode=never");
    set(config, plan->seed ? "vtd.prefetch=reachable" : "vtd.prefetch=none");
    set(config, plan->seed ? "vtd.atom_order=random" : "vtd.atom_order=up");
    set(config, "vtd.cm_cache=yes");
    set(config, "vtd.wait_drains=no");
    config->vtd.clock_ps = 1000;
    config->vtd.inval_cycles = plan->is_slow ? SLOW_CYCLES : 0;
    config->vtd.seed = plan->seed;
    config->vtd.atom_bytes = VTD_ATOM_BYTES;
    config->vtd.atom_cycles = plan->seed ? SEEDED_ATOM_CYCLES : 0;
}

void reproduce_configure(const struct reproduce_stream *stream, const struct reproduce_plan *plan,
                         struct config *config)
{
    struct sim_diag diag;

    *config = *stream->config;
    sim_diag_init(&diag, "reproduce");
    SIM_BUG_ON(config_preset(config, "zero", &diag));
    if (is_vtd(stream))
        configure_vtd(plan, config);
    else
        configure_smmu(plan, stream->atom_bytes, config);
    config->atc.hit_ns = config->atc.link_ns = config->atc.inv_ns = 0;
    config->rpl.cpu_time = RPL_CPU_MODEL;
    config->rpl.cpu.store_ns = config->rpl.cpu.mmio_write_ns = STORE_NS;
    config->rpl.cpu.mmio_read_ns = STORE_NS;
    config->rpl.cpu.barrier_ns = config->rpl.cpu.poll_ns = STORE_NS;
    config->rpl.cpu.quiet_ns = config->rpl.cpu.quiet_map_ns = 0;
    config->rpl.cpu.wait_limit_us = 10000;
    config->rpl.traffic.kind = TRAFFIC_NONE;
}
