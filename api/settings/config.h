/* SPDX-License-Identifier: BSD-2-Clause
 * config.h - every setting of a run: what the hardware is, what software costs, what devices send.
 * Knows: tables of parameters, the YAML of docs/config.md. Must not know: what a parameter does.
 *
 * A setting starts from a preset; a file's values go on top of it, those of --set on top of both.
 * The program and the library read with this and with nothing else. */
#ifndef API_SETTINGS_CONFIG_H
#define API_SETTINGS_CONFIG_H

#include "api/settings/allow.h"
#include "kernel-glue/replay/rpl.h"
#include "models/smmuv3/smmu.h"
#include "models/vtd/vtd.h"
#include "sim/diag.h"
#include "sim/mem_param.h"

#include <stdbool.h>

#ifdef __cplusplus
extern "C" {
#endif

#define CONFIG_MAX_IDS 16u

/** enum config_section - parts of a configuration that have a table of parameters. */
enum config_section {
    CONFIG_SMMU,
    CONFIG_VTD,
    CONFIG_MEM,
    CONFIG_CPU,
    CONFIG_PROBE,
    CONFIG_TRAFFIC,
    CONFIG_ATC,
    CONFIG_CHOICES,
    CONFIG_N_SECTIONS
};

/** struct config_choices - struct smmu_choices as parameters, and what of struct vtd_choices a
 * driver depends on. */
struct config_choices {
    uint32_t ste_fetch_truncated;
    uint32_t nested_cd_ptr_checked;
    uint32_t txsz_clamped;
    uint32_t aw_ignored;
};

/** struct config_id - an ID register that the user gave: of an SMMU, or a capability register. */
struct config_id {
    const char *name;
    uint32_t offset;
    uint64_t value;
    bool is_vtd;
};

/**
 * struct config - see docs/config.md.
 * @rpl: everything that a replay takes: cpu, probe, traffic, seed, cpu_time.
 * @preset: what each section started from.
 * @allow: protocol rules that may be broken.
 */
struct config {
    struct smmu_param smmu;
    struct vtd_param vtd;
    struct sim_mem_param mem;
    struct sim_atc_param atc;
    struct config_choices choices;
    struct rpl_config rpl;
    const char *preset[CONFIG_N_SECTIONS];
    struct config_id ids[CONFIG_MAX_IDS];
    size_t n_ids;
    struct rules_allow allow;
};

/** config_default - every section's first preset. */
void config_default(struct config *config);

/**
 * config_preset - set every section that has a preset of that name; the others stay.
 * Return: 0, or SIM_EINVAL if no section has one; @diag names those that there are.
 */
int config_preset(struct config *config, const char *name, struct sim_diag *diag);

/**
 * config_read - the settings of a YAML file.
 * @preset: what the file's values go on top of; it replaces the file's own "preset". May be NULL.
 * Return: 0, SIM_EIO, SIM_ENOMEM, or SIM_EFORMAT with file and line.
 */
int config_read(struct config *config, const char *path, const char *preset, struct sim_diag *diag);

/** config_set - one "path=value" of --set. Return: 0, or SIM_EINVAL and @diag says why. */
int config_set(struct config *config, const char *assignment, struct sim_diag *diag);

/** config_cpu_time - "model", "trace", "zero" or "scale=2.5". Return: false if it is none. */
bool config_cpu_time(struct config *config, const char *word);

/** config_cpu_time_name - what reports call it. */
const char *config_cpu_time_name(enum rpl_cpu_time cpu_time);

/** config_unit_seed - of two seeds, a unit's parameter and the run's. */
uint32_t config_unit_seed(uint32_t param, uint64_t run);

/** config_smmu_choices, config_vtd_choices - section "choices", as each model takes it; the choices
 * that have no parameter stay as they are. */
void config_smmu_choices(const struct config_choices *from, struct smmu_choices *to);
void config_vtd_choices(const struct config_choices *from, struct vtd_choices *to);

/** config_table - the parameters of a section. */
const struct sim_param_table *config_table(enum config_section section);

/** config_values - the struct that those parameters lie in. */
const void *config_values(const struct config *config, enum config_section section);

#ifdef __cplusplus
}
#endif
#endif
