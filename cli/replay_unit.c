/* SPDX-License-Identifier: BSD-2-Clause
 * replay_unit.c - one IOMMU of a machine, whatever its architecture: made, saved, called. */
#include "cli/replay_unit.h"

#include "models/smmuv3/smmu_layout.h"
#include "models/vtd/vtd_caps.h"
#include "models/vtd/vtd_layout.h"

/* ---- how each calls things ---- */

static const char *smmu_command(uint64_t word0, uint64_t word1)
{
    (void)word1;
    return smmu_cmd_name(smmu_UNKNOWN_CMD_op(&word0));
}

static bool smmu_is_sync(uint64_t word0, uint64_t word1)
{
    (void)word1;
    return smmu_UNKNOWN_CMD_op(&word0) == SMMU_CMD_SYNC;
}

static const char *smmu_event(uint64_t code)
{
    return smmu_evt_name(code);
}

static bool smmu_is_permission(uint64_t code)
{
    return code == SMMU_EVT_F_PERMISSION;
}

/* The upper half of a 32-byte descriptor is a store of its own, and no descriptor. */
static const char *vtd_command(uint64_t word0, uint64_t word1)
{
    const uint64_t words[4] = {word0, word1};

    return vtd_qi_type(words) == VTD_QI_NONE ? NULL : vtd_qi_layout(vtd_qi_type(words))->name;
}

static bool vtd_is_sync(uint64_t word0, uint64_t word1)
{
    const uint64_t words[4] = {word0, word1};

    return vtd_qi_type(words) == VTD_QI_WAIT;
}

static const char *vtd_event(uint64_t code)
{
    const struct vtd_fault *fault = vtd_fault_find((unsigned)code);

    return fault ? fault->name : "F_UNKNOWN";
}

/* A right that is missing at the end of a walk (5.1). Legacy mode has no other reason for an entry
 * without any. */
static bool vtd_is_permission(uint64_t code)
{
    return code == VTD_F_05h || code == VTD_F_06h || code == VTD_F_85h || code == VTD_F_86h;
}

static enum chk_power_effect vtd_power(uint64_t offset, uint64_t value)
{
    if (offset != VTD_REG_GCMD)
        return CHK_POWER_NONE;
    return vtd_GCMD_TE(&value) ? CHK_POWER_ON : CHK_POWER_OFF;
}

const struct chk_names *replay_names(uint8_t arch)
{
    static const struct chk_names smmu = {smmu_command, smmu_is_sync, smmu_event,
                                          smmu_is_permission, NULL};
    static const struct chk_names vtd = {vtd_command, vtd_is_sync, vtd_event, vtd_is_permission,
                                         vtd_power};

    return arch == SIM_ARCH_VTD ? &vtd : &smmu;
}

/* ---- models ---- */

bool replay_unit_is_modelled(uint8_t arch)
{
    return arch == SIM_ARCH_SMMUV3 || arch == SIM_ARCH_VTD;
}

void replay_unit_ids(const struct config *config, const struct rpl_scan_unit *unit,
                     struct smmu_ids *ids)
{
    smmu_ids_default(ids);
    for (size_t i = 0; i < unit->n_ids; i++)
        (void)smmu_ids_set(ids, unit->id[i].offset, (uint32_t)unit->id[i].value);
    for (size_t i = 0; i < config->n_ids; i++) {
        if (!config->ids[i].is_vtd)
            (void)smmu_ids_set(ids, config->ids[i].offset, (uint32_t)config->ids[i].value);
    }
}

void replay_unit_vtd_ids(const struct config *config, const struct rpl_scan_unit *unit,
                         struct vtd_ids *ids)
{
    vtd_ids_default(ids);
    for (size_t i = 0; i < unit->n_ids; i++)
        (void)vtd_ids_set(ids, unit->id[i].offset, unit->id[i].value);
    for (size_t i = 0; i < config->n_ids; i++) {
        if (config->ids[i].is_vtd)
            (void)vtd_ids_set(ids, config->ids[i].offset, config->ids[i].value);
    }
}

static void vtd_caps_of(const struct config *config, const struct rpl_scan_unit *unit,
                        struct vtd_caps *caps)
{
    struct vtd_ids ids;

    replay_unit_vtd_ids(config, unit, &ids);
    vtd_caps_parse(&ids, caps);
}

bool replay_unit_misses_caches(const struct config *config, const struct rpl_scan_unit *unit)
{
    struct vtd_caps caps;

    vtd_caps_of(config, unit, &caps);
    return unit->arch == SIM_ARCH_VTD && (!caps.coherent || (caps.smts && !caps.smpwcs));
}

bool replay_unit_has_buffer(const struct config *config, const struct rpl_scan_unit *unit)
{
    struct vtd_caps caps;

    vtd_caps_of(config, unit, &caps);
    return unit->arch == SIM_ARCH_VTD && caps.rwbf;
}

static int new_smmu(const struct replay_unit_wiring *w, struct sim_iommu *out)
{
    const struct config *config = w->config;
    struct smmu_config smmu;

    smmu_config_default(&smmu);
    replay_unit_ids(config, w->scanned, &smmu.ids);
    smmu.param = config->smmu;
    smmu.param.seed = config_unit_seed(smmu.param.seed, config->rpl.seed);
    config_smmu_choices(&config->choices, &smmu.choices);
    smmu.iommu = w->scanned->iommu;
    smmu.source_port = (uint16_t)(w->index * SMMU_SOURCE_PORTS);
    return smmu_new(&smmu, w->queue, w->port, w->tap, out);
}

static int new_vtd(const struct replay_unit_wiring *w, struct sim_iommu *out)
{
    struct vtd_config vtd;

    vtd_config_default(&vtd);
    replay_unit_vtd_ids(w->config, w->scanned, &vtd.ids);
    vtd.param = w->config->vtd;
    vtd.param.seed = config_unit_seed(vtd.param.seed, w->config->rpl.seed);
    config_vtd_choices(&w->config->choices, &vtd.choices);
    vtd.iommu = w->scanned->iommu;
    vtd.source_port = (uint16_t)(w->index * SMMU_SOURCE_PORTS);
    return vtd_new(&vtd, w->queue, w->port, w->tap, out);
}

int replay_unit_new(const struct replay_unit_wiring *wiring, struct sim_iommu *out)
{
    return wiring->scanned->arch == SIM_ARCH_VTD ? new_vtd(wiring, out) : new_smmu(wiring, out);
}

int replay_unit_state(uint8_t arch, void *model, struct sim_snapshot *snapshot)
{
    return arch == SIM_ARCH_VTD ? vtd_state(model, snapshot) : smmu_state(model, snapshot);
}
