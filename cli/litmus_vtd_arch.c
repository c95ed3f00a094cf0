/* SPDX-License-Identifier: BSD-2-Clause
 * litmus_vtd_arch.c - VT-d as litmus tests see it: capability registers, a model, fault records.
 * Knows: registers. Must not know: the language. */
#include "cli/arch_vtd.h"
#include "cli/litmus_vtd.h"
#include "models/vtd/vtd.h"

#include <stdlib.h>
#include <string.h>

/* ---- capability registers ---- */

void lvt_ids(const struct config *config, struct vtd_ids *ids)
{
    vtd_ids_default(ids);
    for (size_t i = 0; i < config->n_ids; i++) {
        if (config->ids[i].is_vtd)
            (void)vtd_ids_set(ids, config->ids[i].offset, config->ids[i].value);
    }
}

/* "CAP" or "CAP.CM". @field: NULL for a whole register. Return: NULL if there is none. */
static const struct hw_reg *id_reg(const char *name, const struct hw_field **field)
{
    const char *dot = strchr(name, '.');
    char word[LITMUS_NAME_BYTES];
    const struct hw_reg *reg;
    struct vtd_ids scratch;

    (void)snprintf(word, sizeof(word), "%.*s", (int)(dot ? dot - name : (long)strlen(name)), name);
    reg = vtd_reg_find(word);
    vtd_ids_default(&scratch);
    *field = NULL;
    if (!reg || !vtd_ids_set(&scratch, reg->offset, 0))
        return NULL;
    if (dot)
        *field = hw_field_find(reg->layout, dot + 1);
    return dot && !*field ? NULL : reg;
}

static uint64_t id_value(const struct config *config, uint32_t offset)
{
    struct vtd_ids ids;

    lvt_ids(config, &ids);
    return offset == VTD_REG_VER ? ids.ver : offset == VTD_REG_CAP ? ids.cap : ids.ecap;
}

static int set_id(struct config *config, const char *name, uint64_t value)
{
    const struct hw_field *field;
    const struct hw_reg *reg = id_reg(name, &field);
    uint64_t word = value;
    size_t i = 0;

    if (!reg)
        return SIM_EINVAL;
    if (field) {
        word = id_value(config, reg->offset);
        hw_put(&word, field->msb, field->lsb, value);
        if (hw_get(&word, field->msb, field->lsb) != value)
            return SIM_EINVAL;
    }
    while (i < config->n_ids && (config->ids[i].offset != reg->offset || !config->ids[i].is_vtd))
        i++;
    if (i == CONFIG_MAX_IDS)
        return SIM_EINVAL;
    config->ids[i] = (struct config_id){reg->name, reg->offset, word, true};
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

/* ---- a model and its fault records ---- */

static int new_model(const struct config *config, struct sim_queue *queue,
                     const struct sim_port *port, struct sim_iommu *out)
{
    struct vtd_config vtd;

    vtd_config_default(&vtd);
    lvt_ids(config, &vtd.ids);
    vtd.param = config->vtd;
    vtd.choices.is_aw_ignored_without_ss = config->choices.aw_ignored != 0;
    return vtd_new(&vtd, queue, port, NULL, out);
}

/* Waits are for status words; this one is for records of other tools. */
static bool slot_is_done(const struct sim_iommu *iommu, uint32_t slot)
{
    (void)slot;
    return iommu->ops->reg_read(iommu->model, VTD_REG_IQH, 8) ==
           iommu->ops->reg_read(iommu->model, VTD_REG_IQT, 8);
}

static bool next_event(const struct sim_iommu *iommu, const struct sim_mem *mem, uint64_t words[4])
{
    const uint64_t status = iommu->ops->reg_read(iommu->model, VTD_REG_FSTS, 4);
    const uint64_t at = vtd_frcd_offset(iommu->ops->reg_read(iommu->model, VTD_REG_CAP, 8)) +
                        vtd_FSTS_FRI(&status) * VTD_WORDS_FRCD * sizeof(uint64_t);
    uint64_t clear[VTD_WORDS_FRCD] = {0};

    (void)mem;
    if (!vtd_FSTS_PPF(&status))
        return false;
    words[0] = iommu->ops->reg_read(iommu->model, at, 8);
    words[1] = iommu->ops->reg_read(iommu->model, at + 8, 8);
    vtd_FRCD_put_F(clear, 1);
    iommu->ops->reg_write(iommu->model, at + 12, 4, clear[1] >> 32);
    return true;
}

static uint32_t device(const struct litmus *litmus, uint64_t sid)
{
    return lvt_dev(lvt_of(litmus), sid);
}

static void *new_own(void)
{
    return calloc(1, sizeof(struct lvt));
}

static bool event_code(const char *name, uint32_t *code)
{
    for (size_t i = 0; i < vtd_n_faults; i++) {
        if (strcmp(vtd_faults[i].name, name) == 0) {
            *code = vtd_faults[i].code;
            return true;
        }
    }
    return false;
}

static const char *event_name(uint64_t code)
{
    const struct vtd_fault *fault = vtd_fault_find((unsigned)code);

    return fault ? fault->name : "unknown";
}

static const char *command_name(uint64_t word0)
{
    const uint64_t words[4] = {word0};

    return vtd_qi_type(words) == VTD_QI_NONE ? "" : vtd_qi_layout(vtd_qi_type(words))->name;
}

const struct litmus_arch litmus_vtd = {
    .name = "vtd",
    .check = &arch_vtd,
    .new = new_own,
    .free = free,
    .id = set_id,
    .has = has_id,
    .device = device,
    .domain = lvt_domain,
    .place = lvt_place,
    .event_code = event_code,
    .event_name = event_name,
    .command_name = command_name,
    .model = new_model,
    .slot_is_done = slot_is_done,
    .next_event = next_event,
    .verb = lvt_verb,
};
