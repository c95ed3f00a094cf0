/* SPDX-License-Identifier: BSD-2-Clause
 * api_config.c - what a unit will be: ID registers, presets, parameters.
 * Knows: tables of parameters. Must not know: what a parameter does. */
#include "api/api_private.h"
#include "models/vtd/vtd_layout.h"

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
    char *end;

    if (!sim_param_word(param, text, value))
        return 0;
    if (*text < '0' || *text > '9') /* strtoull takes signs and blanks */
        return IOMMUSIM_EINVAL;
    *value = strtoull(text, &end, 0); /* too much stays too much */
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

void iommusim_config_memory(struct iommusim_config *config, uint64_t max_bytes)
{
    config->max_bytes = max_bytes;
}

void iommusim_config_doorbell(struct iommusim_config *config, uint64_t base, uint64_t n_bytes)
{
    config->doorbell = base;
    config->doorbell_bytes = n_bytes;
}
