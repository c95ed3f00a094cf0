/* SPDX-License-Identifier: BSD-2-Clause
 * litmus_smmuv3_arch.c - SMMUv3 as litmus tests see it: ID registers, a model, its queues.
 * Knows: registers of queues. Must not know: the language. */
#include "cli/arch_smmuv3.h"
#include "cli/litmus_smmuv3.h"

#include <stdlib.h>
#include <string.h>

/* ---- ID registers ---------------------------------------------------------------------------- */

/* "IDR0" or "IDR0.ATS". @field: NULL for a whole register. Return: NULL if there is none. */
static const struct hw_reg *id_reg(const char *name, const struct hw_field **field)
{
    const char *dot = strchr(name, '.');
    char word[LITMUS_NAME_BYTES];
    const struct hw_reg *reg;
    struct smmu_ids scratch;

    (void)snprintf(word, sizeof(word), "%.*s", (int)(dot ? dot - name : (long)strlen(name)), name);
    reg = smmu_reg_find(word);
    smmu_ids_default(&scratch);
    *field = NULL;
    if (!reg || !smmu_ids_set(&scratch, reg->offset, 0))
        return NULL;
    if (dot)
        *field = hw_field_find(reg->layout, dot + 1);
    return dot && !*field ? NULL : reg;
}

static uint32_t default_id(uint64_t offset)
{
    struct smmu_ids ids;

    smmu_ids_default(&ids);
    switch (offset) {
    case SMMU_REG_IDR0:
        return ids.idr0;
    case SMMU_REG_IDR1:
        return ids.idr1;
    case SMMU_REG_IDR3:
        return ids.idr3;
    case SMMU_REG_IDR5:
        return ids.idr5;
    case SMMU_REG_AIDR:
        return ids.aidr;
    default:
        return 0;
    }
}

static uint32_t id_value(const struct config *config, uint64_t offset)
{
    for (size_t i = 0; i < config->n_ids; i++) {
        if (config->ids[i].offset == offset && !config->ids[i].is_vtd)
            return (uint32_t)config->ids[i].value;
    }
    return default_id(offset);
}

static int set_id(struct config *config, const char *name, uint64_t value)
{
    const struct hw_field *field;
    const struct hw_reg *reg = id_reg(name, &field);
    uint64_t word;
    size_t i = 0;

    if (!reg)
        return SIM_EINVAL;
    word = value;
    if (field) {
        word = id_value(config, reg->offset);
        hw_put(&word, field->msb, field->lsb, value);
        if (hw_get(&word, field->msb, field->lsb) != value)
            return SIM_EINVAL;
    }
    while (i < config->n_ids && (config->ids[i].offset != reg->offset || config->ids[i].is_vtd))
        i++;
    if (i == CONFIG_MAX_IDS || word > UINT32_MAX)
        return SIM_EINVAL;
    config->ids[i] = (struct config_id){reg->name, reg->offset, (uint32_t)word, false};
    if (i == config->n_ids)
        config->n_ids++;
    return 0;
}

static int has_id(const struct config *config, const char *name, uint64_t value)
{
    const struct hw_field *field;
    const struct hw_reg *reg = id_reg(name, &field);
    uint64_t word;

    if (!reg)
        return SIM_EINVAL;
    word = id_value(config, reg->offset);
    if (field)
        word = hw_get(&word, field->msb, field->lsb);
    return word == value;
}

/* ---- a model and its queues ------------------------------------------------------------------ */

static int new_model(const struct config *config, struct sim_queue *queue,
                     const struct sim_port *port, struct sim_iommu *out)
{
    struct smmu_config smmu;

    smmu_config_default(&smmu);
    for (size_t i = 0; i < config->n_ids; i++) {
        if (!config->ids[i].is_vtd)
            (void)smmu_ids_set(&smmu.ids, config->ids[i].offset, (uint32_t)config->ids[i].value);
    }
    smmu.param = config->smmu;
    smmu.choices.is_ste_fetch_truncated = config->choices.ste_fetch_truncated != 0;
    smmu.choices.is_nested_cd_ptr_checked = config->choices.nested_cd_ptr_checked != 0;
    smmu.choices.is_txsz_clamped = config->choices.txsz_clamped != 0;
    return smmu_new(&smmu, queue, port, NULL, out);
}

static uint64_t read_reg(const struct sim_iommu *iommu, uint64_t offset)
{
    return iommu->ops->reg_read(iommu->model, offset, 4);
}

static bool slot_is_done(const struct sim_iommu *iommu, uint32_t slot)
{
    const uint64_t cons = read_reg(iommu, SMMU_REG_CMDQ_CONS);
    const uint64_t prod = read_reg(iommu, SMMU_REG_CMDQ_PROD);
    const uint64_t ahead = (slot - smmu_CMDQ_CONS_RD(&cons)) & ((1u << LSM_CMDQ_LOG2) - 1);
    const uint64_t open =
        (smmu_CMDQ_PROD_WR(&prod) - smmu_CMDQ_CONS_RD(&cons)) & ((2u << LSM_CMDQ_LOG2) - 1);

    return ahead >= open;
}

static bool next_event(const struct sim_iommu *iommu, const struct sim_mem *mem, uint64_t words[4])
{
    const uint64_t prod = read_reg(iommu, SMMU_REG_EVENTQ_PROD);
    uint64_t cons = read_reg(iommu, SMMU_REG_EVENTQ_CONS);
    const uint64_t mask = (2u << LSM_EVTQ_LOG2) - 1;
    const uint64_t at = smmu_EVENTQ_CONS_RD(&cons);

    if (((smmu_EVENTQ_PROD_WR(&prod) ^ at) & mask) == 0)
        return false;
    sim_mem_read(mem, LSM_EVTQ + (at & mask >> 1) * 4 * sizeof(uint64_t), words,
                 4 * sizeof(uint64_t));
    smmu_EVENTQ_CONS_put_RD(&cons, (at + 1) & mask);
    iommu->ops->reg_write(iommu->model, SMMU_REG_EVENTQ_CONS, 4, cons);
    return true;
}

static uint32_t device(const struct litmus *litmus, uint64_t sid)
{
    return lsm_dev(lsm_of(litmus), sid);
}

static void *new_own(void)
{
    return calloc(1, sizeof(struct lsm));
}

static bool event_code(const char *name, uint32_t *code)
{
    for (uint32_t i = 0; i < 256; i++) {
        if (strcmp(smmu_evt_name(i), name) == 0) {
            *code = i;
            return true;
        }
    }
    return false;
}

static const char *command_name(uint64_t word0)
{
    return smmu_cmd_name(smmu_UNKNOWN_CMD_op(&word0));
}

const struct litmus_arch litmus_smmuv3 = {
    .name = "smmuv3",
    .check = &arch_smmuv3,
    .new = new_own,
    .free = free,
    .id = set_id,
    .has = has_id,
    .device = device,
    .domain = lsm_domain,
    .place = lsm_place,
    .event_code = event_code,
    .event_name = smmu_evt_name,
    .command_name = command_name,
    .model = new_model,
    .slot_is_done = slot_is_done,
    .next_event = next_event,
    .verb = lsm_verb,
};
