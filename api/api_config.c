/* SPDX-License-Identifier: BSD-2-Clause
 * api_config.c - what a unit will be: ID registers, presets, parameters.
 * Knows: tables of parameters. Must not know: what a parameter does. */
#include "api/api_private.h"
#include "api/settings/config.h"
#include "models/vtd/vtd_layout.h"
#include "sim/diag.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { N_TABLES = 2 };

struct part {
    const struct sim_param_table *table;
    void *values;
};

/* The unit's parameters and memory's. */
static void find_parts(struct iommusim_config *config, struct part parts[N_TABLES])
{
    if (config->arch == IOMMUSIM_SMMUV3)
        parts[0] = (struct part){&smmu_params, &config->smmu.param};
    else
        parts[0] = (struct part){&vtd_params, &config->vtd.param};
    parts[1] = (struct part){&sim_mem_params, &config->mem};
}

struct iommusim_config *iommusim_config_new(enum iommusim_arch arch)
{
    struct iommusim_config *config;

    if (arch != IOMMUSIM_SMMUV3 && arch != IOMMUSIM_VTD)
        return NULL;
    config = calloc(1, sizeof(*config));
    if (!config)
        return NULL;
    config->arch = arch;
    smmu_config_default(&config->smmu);
    vtd_config_default(&config->vtd);
    (void)sim_param_preset(&sim_mem_params, sim_mem_params.presets[0],
                           &config->mem); /* it is there */
    config->run_seed = 1;
    config->max_bytes = UINT64_C(1) << 30;
    if (arch == IOMMUSIM_VTD)
        iommusim_config_doorbell(config, 0xfee00000, 0x100000);
    return config;
}

void iommusim_config_free(struct iommusim_config *config)
{
    free(config);
}

int iommusim_config_id(struct iommusim_config *config, uint64_t offset, uint64_t value)
{
    if (config->arch == IOMMUSIM_VTD) {
        if (offset == VTD_REG_VER && value > UINT32_MAX)
            return IOMMUSIM_ERANGE;
        return vtd_ids_set(&config->vtd.ids, offset, value) ? 0 : IOMMUSIM_EINVAL;
    }
    if (!smmu_ids_set(&(struct smmu_ids){0}, offset, 0))
        return IOMMUSIM_EINVAL;
    if (value > UINT32_MAX)
        return IOMMUSIM_ERANGE;
    (void)smmu_ids_set(&config->smmu.ids, offset, (uint32_t)value); /* it is there */
    return 0;
}

int iommusim_config_preset(struct iommusim_config *config, const char *preset)
{
    struct part parts[N_TABLES];
    int error = IOMMUSIM_EINVAL;

    find_parts(config, parts);
    for (size_t i = 0; i < N_TABLES; i++) {
        if (!sim_param_preset(parts[i].table, preset, parts[i].values))
            error = 0;
    }
    return error;
}

static int parse(const struct sim_param *param, const char *text, uint64_t *value)
{
    const bool is_hex = text[0] == '0' && (text[1] == 'x' || text[1] == 'X');
    char *end;

    if (!sim_param_word(param, text, value))
        return 0;
    if (*text < '0' || *text > '9') /* strtoull takes signs and blanks */
        return IOMMUSIM_EINVAL;
    *value = strtoull(text, &end, is_hex ? 16 : 10); /* too much stays too much */
    return *end ? IOMMUSIM_EINVAL : 0;
}

int iommusim_config_set(struct iommusim_config *config, const char *name, const char *value)
{
    struct part parts[N_TABLES];

    find_parts(config, parts);
    for (size_t i = 0; i < N_TABLES; i++) {
        const size_t n_section = strlen(parts[i].table->section);
        const struct sim_param *param;
        uint64_t number;
        int error;

        if (strncmp(name, parts[i].table->section, n_section) != 0 || name[n_section] != '.')
            continue;
        param = sim_param_find(parts[i].table, name + n_section + 1);
        if (!param)
            return IOMMUSIM_EINVAL;
        error = parse(param, value, &number);
        return error ? error : sim_param_set(param, number, parts[i].values);
    }
    return IOMMUSIM_EINVAL;
}

int iommusim_config_parameter(const struct iommusim_config *config, uint32_t index,
                              struct iommusim_parameter *parameter)
{
    struct iommusim_config copy = *config; /* parts are for changing */
    struct part parts[N_TABLES];

    find_parts(&copy, parts);
    for (size_t i = 0; i < N_TABLES; i++) {
        const struct sim_param_table *table = parts[i].table;
        const struct sim_param *param;

        if (index >= table->n_params) {
            index -= (uint32_t)table->n_params;
            continue;
        }
        param = &table->params[index];
        (void)snprintf(parameter->name, sizeof(parameter->name), "%s.%s", table->section,
                       param->name);
        parameter->unit = param->unit;
        parameter->doc = param->doc;
        parameter->value = sim_param_get(param, parts[i].values);
        parameter->min = param->min;
        parameter->max = param->max;
        return 0;
    }
    return IOMMUSIM_ERANGE;
}

struct smmu_config api_smmu(const struct iommusim_config *config)
{
    struct smmu_config smmu = config->smmu;

    smmu.param.seed = config_unit_seed(smmu.param.seed, config->run_seed);
    return smmu;
}

struct vtd_config api_vtd(const struct iommusim_config *config)
{
    struct vtd_config vtd = config->vtd;

    vtd.param.seed = config_unit_seed(vtd.param.seed, config->run_seed);
    return vtd;
}

/* What is there now, for a file to change. */
static void to_settings(const struct iommusim_config *config, struct config *settings)
{
    config_default(settings);
    settings->smmu = config->smmu.param;
    settings->vtd = config->vtd.param;
    settings->mem = config->mem;
    settings->rpl.seed = config->run_seed;
    settings->choices.ste_fetch_truncated = config->smmu.choices.is_ste_fetch_truncated;
    settings->choices.nested_cd_ptr_checked = config->smmu.choices.is_nested_cd_ptr_checked;
    settings->choices.txsz_clamped = config->smmu.choices.is_txsz_clamped;
    settings->choices.aw_ignored = config->vtd.choices.is_aw_ignored_without_ss;
}

static void from_settings(const struct config *settings, struct iommusim_config *config)
{
    config->smmu.param = settings->smmu;
    config->vtd.param = settings->vtd;
    config->mem = settings->mem;
    config->run_seed = settings->rpl.seed;
    config_smmu_choices(&settings->choices, &config->smmu.choices);
    config_vtd_choices(&settings->choices, &config->vtd.choices);
    for (size_t i = 0; i < settings->n_ids; i++) {
        const struct config_id *id = &settings->ids[i];

        if (id->is_vtd == (config->arch == IOMMUSIM_VTD))
            (void)iommusim_config_id(config, id->offset, id->value); /* the reader has checked it */
    }
}

int iommusim_config_load(struct iommusim_config *config, const char *path, char *error,
                         size_t n_error_bytes)
{
    struct config *settings;
    struct sim_diag diag;
    int err;

    if (!path)
        return IOMMUSIM_EINVAL;
    settings = malloc(sizeof(*settings));
    if (!settings)
        return IOMMUSIM_ENOMEM;
    sim_diag_init(&diag, path);
    to_settings(config, settings);
    err = config_read(settings, path, NULL, &diag);
    if (!err)
        from_settings(settings, config);
    else if (error && n_error_bytes)
        sim_diag_format(&diag, error, n_error_bytes);
    free(settings);
    return err;
}

void iommusim_config_memory(struct iommusim_config *config, uint64_t max_bytes)
{
    config->max_bytes = max_bytes;
}

void iommusim_config_doorbell(struct iommusim_config *config, uint64_t base, uint64_t n_bytes)
{
    config->doorbell = base;
    config->doorbell_bytes = n_bytes;
}
