/* SPDX-License-Identifier: BSD-2-Clause
 * config.c - settings from presets, files and the command line. */
#include "api/settings/config.h"

#include "api/settings/yaml_file.h"
#include "models/smmuv3/smmu_layout.h"
#include "models/vtd/vtd_layout.h"

#include <inttypes.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#define MAX_PARAMS 128u
#define WHY_BYTES 300u
#define PPM 1e6

#define CHOICE(name, doc)                                                                          \
    {                                                                                              \
#name, "enum:no,yes", doc, "architecture", offsetof(struct config_choices, name), 0, 1,    \
        {                                                                                          \
            0                                                                                      \
        }                                                                                          \
    }

static const struct sim_param choice_params[] = {
    CHOICE(ste_fetch_truncated,
           "an L1STD or STE beyond the output address size: F_STE_FETCH, or the address is cut"),
    CHOICE(nested_cd_ptr_checked,
           "a nested CD pointer beyond the input size of stage 2: stage 2 says so, or C_BAD_..."),
    CHOICE(txsz_clamped, "CD.TxSZ outside its range: C_BAD_CD, or the nearest legal one (3.0)"),
    CHOICE(aw_ignored, "VT-d without a second stage, AW of a PASID entry: reserved, or ignored"),
};
static const char *const choice_presets[] = {"default"};
static const struct sim_param_table choices_table = {
    "choices", choice_params, sizeof(choice_params) / sizeof(choice_params[0]), choice_presets, 1};

static const char *const top_keys[] = {"preset", "seed", "cpu_time", "idr",     "smmu", "vtd",
                                       "mem",    "cpu",  "probe",    "traffic", "atc",  "choices"};
#define N_TOP_KEYS (sizeof(top_keys) / sizeof(top_keys[0]))

/* Where each section's values lie in struct config. */
static const size_t offsets[CONFIG_N_SECTIONS] = {
    [CONFIG_SMMU] = offsetof(struct config, smmu),
    [CONFIG_VTD] = offsetof(struct config, vtd),
    [CONFIG_MEM] = offsetof(struct config, mem),
    [CONFIG_CPU] = offsetof(struct config, rpl.cpu),
    [CONFIG_PROBE] = offsetof(struct config, rpl.probe),
    [CONFIG_TRAFFIC] = offsetof(struct config, rpl.traffic),
    [CONFIG_ATC] = offsetof(struct config, atc),
    [CONFIG_CHOICES] = offsetof(struct config, choices),
};

static const char *const cpu_times[] = {"model", "trace", "zero", "scale"};

const struct sim_param_table *config_table(enum config_section section)
{
    static const struct sim_param_table *const tables[CONFIG_N_SECTIONS] = {
        [CONFIG_SMMU] = &smmu_params,       [CONFIG_VTD] = &vtd_params,
        [CONFIG_MEM] = &sim_mem_params,     [CONFIG_CPU] = &rpl_cpu_params,
        [CONFIG_PROBE] = &rpl_probe_params, [CONFIG_TRAFFIC] = &traffic_params,
        [CONFIG_ATC] = &sim_atc_params,     [CONFIG_CHOICES] = &choices_table,
    };

    return tables[section];
}

const void *config_values(const struct config *config, enum config_section section)
{
    return (const uint8_t *)config + offsets[section];
}

static void *values(struct config *config, enum config_section section)
{
    return (uint8_t *)config + offsets[section];
}

static bool find_section(const char *name, enum config_section *section)
{
    for (int i = 0; i < CONFIG_N_SECTIONS; i++) {
        *section = (enum config_section)i;
        if (strcmp(config_table(*section)->section, name) == 0)
            return true;
    }
    return false;
}

static bool set_preset(struct config *config, enum config_section section, const char *name)
{
    const struct sim_param_table *table = config_table(section);

    for (size_t i = 0; i < table->n_presets; i++) {
        if (strcmp(table->presets[i], name) != 0)
            continue;
        (void)sim_param_preset(table, name, values(config, section)); /* it has that preset */
        config->preset[section] = table->presets[i];
        return true;
    }
    return false;
}

void config_default(struct config *config)
{
    memset(config, 0, sizeof(*config));
    for (int i = 0; i < CONFIG_N_SECTIONS; i++)
        (void)set_preset(config, (enum config_section)i,
                         config_table((enum config_section)i)->presets[0]);
    config->rpl.cpu_time = RPL_CPU_MODEL;
    config->rpl.scale_ppm = (uint32_t)PPM;
    config->rpl.seed = 1;
}

/* "mmu600, zero, ..." of all sections, each once. */
static void list_presets(char *text, size_t n_bytes)
{
    size_t n = 0;

    text[0] = '\0';
    for (int i = 0; i < CONFIG_N_SECTIONS; i++) {
        const struct sim_param_table *table = config_table((enum config_section)i);

        for (size_t k = 0; k < table->n_presets && n < n_bytes; k++) {
            if (!strstr(text, table->presets[k]))
                n += (size_t)snprintf(text + n, n_bytes - n, "%s%s", n ? ", " : "",
                                      table->presets[k]);
        }
    }
}

static bool preset_everywhere(struct config *config, const char *name)
{
    bool is_known = false;

    for (int i = 0; i < CONFIG_N_SECTIONS; i++)
        is_known |= set_preset(config, (enum config_section)i, name);
    return is_known;
}

int config_preset(struct config *config, const char *name, struct sim_diag *diag)
{
    char names[WHY_BYTES];

    if (preset_everywhere(config, name))
        return 0;
    list_presets(names, sizeof(names));
    return sim_diag_text(diag, SIM_EINVAL, 0, 0, "no preset is called '%s'; there are: %s", name,
                         names);
}

uint32_t config_unit_seed(uint32_t param, uint64_t run)
{
    return (uint32_t)((param + run) & INT32_MAX);
}

void config_smmu_choices(const struct config_choices *from, struct smmu_choices *to)
{
    to->is_ste_fetch_truncated = from->ste_fetch_truncated != 0;
    to->is_nested_cd_ptr_checked = from->nested_cd_ptr_checked != 0;
    to->is_txsz_clamped = from->txsz_clamped != 0;
}

void config_vtd_choices(const struct config_choices *from, struct vtd_choices *to)
{
    to->is_aw_ignored_without_ss = from->aw_ignored != 0;
}

/* ---- One setting: @why tells what is wrong with it ------------------------------------------ */

/* "section smmu has no 'tlb_entry'; did you mean 'tlb_entries'?" */
static int unknown_param(const struct sim_param_table *table, const char *name, char *why)
{
    const char *names[MAX_PARAMS];
    size_t n = 0;
    const char *nearest;

    for (; n < table->n_params && n < MAX_PARAMS; n++)
        names[n] = table->params[n].name;
    nearest = settings_nearest(name, names, n);
    (void)snprintf(why, WHY_BYTES, "section %s has no '%s'%s%s%s", table->section, name,
                   nearest ? "; did you mean '" : "", nearest ? nearest : "", nearest ? "'?" : "");
    return SIM_EINVAL;
}

static int set_param(struct config *config, enum config_section section, const char *name,
                     const char *word, char *why)
{
    const struct sim_param_table *table = config_table(section);
    const struct sim_param *param = sim_param_find(table, name);
    const bool is_enum = param && strncmp(param->unit, "enum:", 5) == 0;
    uint64_t value = 0;

    if (!param)
        return unknown_param(table, name, why);
    if (is_enum && sim_param_word(param, word, &value) != 0) {
        (void)snprintf(why, WHY_BYTES, "%s.%s is one of %s, not '%s'", table->section, name,
                       param->unit + 5, word);
        return SIM_EINVAL;
    }
    if (!is_enum && !settings_number(word, &value)) {
        (void)snprintf(why, WHY_BYTES, "%s.%s: '%s' is not a number (12 or 0x1f)", table->section,
                       name, word);
        return SIM_EINVAL;
    }
    if (sim_param_set(param, value, values(config, section)) != 0) {
        (void)snprintf(why, WHY_BYTES, "%s.%s is from %" PRIu32 " to %" PRIu32 " %s, not %s",
                       table->section, name, param->min, param->max, is_enum ? "" : param->unit,
                       word);
        return SIM_EINVAL;
    }
    return 0;
}

static const struct hw_reg *find_smmu_id(const char *name)
{
    const struct hw_reg *reg = smmu_reg_find(strncmp(name, "SMMU_", 5) == 0 ? name + 5 : name);
    struct smmu_ids scratch;

    smmu_ids_default(&scratch);
    return reg && smmu_ids_set(&scratch, reg->offset, 0) ? reg : NULL;
}

static const struct hw_reg *find_vtd_id(const char *name)
{
    const struct hw_reg *reg = strncmp(name, "VTD_", 4) == 0 ? vtd_reg_find(name + 4) : NULL;
    struct vtd_ids scratch;

    vtd_ids_default(&scratch);
    return reg && vtd_ids_set(&scratch, reg->offset, 0) ? reg : NULL;
}

/* ID registers are called as in the specification, SMMU_IDR0, or without the SMMU_; VTD_CAP. */
static int set_id(struct config *config, const char *name, const char *word, char *why)
{
    const struct hw_reg *vtd = find_vtd_id(name);
    const struct hw_reg *reg = vtd ? vtd : find_smmu_id(name);
    uint64_t value;
    size_t i = 0;

    if (!reg) {
        (void)snprintf(why, WHY_BYTES,
                       "'%s' is no ID register (SMMU_IDR0 to SMMU_IDR5, SMMU_IIDR, "
                       "SMMU_AIDR, VTD_VER, VTD_CAP, VTD_ECAP)",
                       name);
        return SIM_EINVAL;
    }
    if (!settings_number(word, &value) || (reg->n_bytes == 4 && value > UINT32_MAX)) {
        (void)snprintf(why, WHY_BYTES, "%s: '%s' is not a number of %u bits", name, word,
                       8u * reg->n_bytes);
        return SIM_EINVAL;
    }
    while (i < config->n_ids &&
           (config->ids[i].offset != reg->offset || config->ids[i].is_vtd != (vtd != NULL)))
        i++;
    SIM_BUG_ON(i == CONFIG_MAX_IDS); /* there are fewer of them */
    config->ids[i] = (struct config_id){reg->name, reg->offset, value, vtd != NULL};
    config->n_ids = i < config->n_ids ? config->n_ids : i + 1;
    return 0;
}

bool config_cpu_time(struct config *config, const char *word)
{
    static const char scale[] = "scale=";
    char *end = NULL;
    double factor;

    for (int i = RPL_CPU_MODEL; i <= RPL_CPU_ZERO; i++) {
        if (strcmp(word, cpu_times[i]) != 0)
            continue;
        config->rpl.cpu_time = (enum rpl_cpu_time)i;
        return true;
    }
    if (strncmp(word, scale, sizeof(scale) - 1) != 0)
        return false;
    word += sizeof(scale) - 1;
    factor = strtod(word, &end);
    if (end == word || *end || !isfinite(factor) || factor < 0 || factor * PPM > UINT32_MAX)
        return false;
    config->rpl.cpu_time = RPL_CPU_SCALE;
    config->rpl.scale_ppm = (uint32_t)(factor * PPM + 0.5);
    return true;
}

const char *config_cpu_time_name(enum rpl_cpu_time cpu_time)
{
    return cpu_times[cpu_time];
}

/* A key of the first level whose value is a word; preset is none: it comes first. */
static int set_top(struct config *config, const char *key, const char *word, char *why)
{
    if (strcmp(key, "seed") == 0) {
        if (settings_number(word, &config->rpl.seed) && config->rpl.seed <= INT64_MAX)
            return 0; /* JSON has no larger ones */
        (void)snprintf(why, WHY_BYTES, "seed: '%s' is not a number of 63 bits", word);
    } else if (strcmp(key, "cpu_time") == 0) {
        if (config_cpu_time(config, word))
            return 0;
        (void)snprintf(why, WHY_BYTES, "cpu_time is model, trace, zero or scale=FACTOR, not '%s'",
                       word);
    } else {
        const char *nearest = settings_nearest(key, top_keys, N_TOP_KEYS);

        (void)snprintf(why, WHY_BYTES, "there is no setting '%s'%s%s%s", key,
                       nearest ? "; did you mean '" : "", nearest ? nearest : "",
                       nearest ? "'?" : "");
    }
    return SIM_EINVAL;
}

int config_set(struct config *config, const char *assignment, struct sim_diag *diag)
{
    const char *equals = strchr(assignment, '=');
    const char *dot = memchr(assignment, '.', equals ? (size_t)(equals - assignment) : 0);
    char path[128];
    char why[WHY_BYTES];
    enum config_section section;
    int err;

    if (!equals || equals == assignment || (size_t)(equals - assignment) >= sizeof(path))
        return sim_diag_text(diag, SIM_EINVAL, 0, 0,
                             "'%s' is not PATH=VALUE, for example smmu.tlb_entries=64", assignment);
    (void)snprintf(path, sizeof(path), "%.*s", (int)(equals - assignment), assignment);
    if (dot) {
        const char *name = path + (dot - assignment) + 1;

        path[dot - assignment] = '\0';
        if (find_section(path, &section))
            err = set_param(config, section, name, equals + 1, why);
        else if (strcmp(path, "idr") == 0)
            err = set_id(config, name, equals + 1, why);
        else
            err = set_top(config, path, "", why);
    } else if (strncmp(path, "SMMU_", 5) == 0 || strncmp(path, "VTD_", 4) == 0) {
        err = set_id(config, path, equals + 1, why);
    } else {
        err = set_top(config, path, equals + 1, why);
    }
    return err ? sim_diag_text(diag, SIM_EINVAL, 0, 0, "%s", why) : 0;
}

/* ---- A file --------------------------------------------------------------------------------- */

static int unknown_preset(const struct yaml_file *file, const struct yaml_pair *pair)
{
    char names[WHY_BYTES];

    list_presets(names, sizeof(names));
    return yaml_fail(file, pair->value, "no such preset here; there are: %s", names);
}

/* The preset of a section, or (@has_section is false) of all. */
static int read_preset(struct config *config, struct yaml_file *file, const yaml_node_t *mapping,
                       bool has_section, enum config_section section)
{
    struct yaml_pair pair;

    for (size_t i = 0; yaml_pair_next(file, mapping, &i, &pair);) {
        const char *name = yaml_word(pair.value);

        if (strcmp(pair.key, "preset") != 0)
            continue;
        if (!name ||
            !(has_section ? set_preset(config, section, name) : preset_everywhere(config, name)))
            return unknown_preset(file, &pair);
    }
    return 0;
}

static int read_section(struct config *config, struct yaml_file *file, const yaml_node_t *mapping,
                        bool is_ids, enum config_section section)
{
    struct yaml_pair pair;
    char why[WHY_BYTES];
    int err;

    err = yaml_need_mapping(file, mapping, "a section");
    if (!err && !is_ids)
        err = read_preset(config, file, mapping, true, section);
    for (size_t i = 0; !err && yaml_pair_next(file, mapping, &i, &pair);) {
        const char *word = yaml_word(pair.value);

        if (!is_ids && strcmp(pair.key, "preset") == 0)
            continue;
        if (!word)
            return yaml_fail(file, pair.value, "'%s' needs one value", pair.key);
        err = is_ids ? set_id(config, pair.key, word, why)
                     : set_param(config, section, pair.key, word, why);
        if (err)
            return yaml_fail(file, pair.key_node, "%s", why);
    }
    return err;
}

/* "allow: {ID: reason}" - rules that may be broken. */
static int read_allow(struct config *config, struct yaml_file *file, const yaml_node_t *mapping)
{
    struct yaml_pair pair;
    char why[WHY_BYTES];
    int err = yaml_need_mapping(file, mapping, "allow");

    for (size_t i = 0; !err && yaml_pair_next(file, mapping, &i, &pair);) {
        if (rules_allow_one(&config->allow, pair.key, yaml_word(pair.value), why))
            err = yaml_fail(file, pair.key_node, "%s", why);
    }
    return err;
}

static int read_pair(struct config *config, struct yaml_file *file, const struct yaml_pair *pair)
{
    const char *word = yaml_word(pair->value);
    enum config_section section = CONFIG_SMMU;
    char why[WHY_BYTES];

    if (strcmp(pair->key, "preset") == 0) /* done already */
        return 0;
    if (find_section(pair->key, &section))
        return read_section(config, file, pair->value, false, section);
    if (strcmp(pair->key, "idr") == 0)
        return read_section(config, file, pair->value, true, section);
    if (strcmp(pair->key, "allow") == 0)
        return read_allow(config, file, pair->value);
    if (set_top(config, pair->key, word ? word : "", why))
        return yaml_fail(file, pair->key_node, "%s", why);
    return 0;
}

int config_read(struct config *config, const char *path, const char *preset, struct sim_diag *diag)
{
    struct yaml_file file;
    struct yaml_pair pair;
    int err = yaml_file_read(&file, path, diag);

    if (err)
        return err;
    if (file.root) {
        err = yaml_need_mapping(&file, file.root, "a configuration");
        if (!err && !preset)
            err = read_preset(config, &file, file.root, false, CONFIG_SMMU);
        if (!err && preset)
            err = config_preset(config, preset, diag);
        for (size_t i = 0; !err && yaml_pair_next(&file, file.root, &i, &pair);)
            err = read_pair(config, &file, &pair);
    }
    yaml_file_free(&file);
    return err;
}
