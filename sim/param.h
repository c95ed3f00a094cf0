/* SPDX-License-Identifier: BSD-2-Clause
 * param.h - named parameters: every latency, width and size that a user may set.
 * Knows: names, units, limits, presets. Must not know: what any of them does.
 *
 * A table stands in a .def file, one line per parameter, so that the struct, the defaults of every
 * preset, --help and the manual come from one place. Every parameter is a uint32_t. */
#ifndef SIM_PARAM_H
#define SIM_PARAM_H

#include <stddef.h>
#include <stdint.h>

#ifdef __cplusplus
extern "C" {
#endif

#define SIM_PARAM_MAX_PRESETS 6u

/**
 * struct sim_param - one parameter.
 * @unit:   "ns", "cycles", "entries", ...; "enum:a,b,c" = a word, stored as its index.
 * @source: where the values come from: "measured", "datasheet", "gem5", "architecture", "assumed",
 *          "choice" (of ours, about software and traffic), "-".
 * @offset: of the uint32_t in its struct.
 */
struct sim_param {
    const char *name;
    const char *unit;
    const char *doc;
    const char *source;
    uint32_t offset;
    uint32_t min, max;
    uint32_t value[SIM_PARAM_MAX_PRESETS];
};

/** struct sim_param_table - the parameters of one part ("smmu", "mem", "cpu", "traffic").
 * @presets: names; value[i] of each parameter belongs to presets[i]. presets[0] is the default. */
struct sim_param_table {
    const char *section;
    const struct sim_param *params;
    size_t n_params;
    const char *const *presets;
    size_t n_presets;
};

/** sim_param_find - by name, or NULL. */
const struct sim_param *sim_param_find(const struct sim_param_table *table, const char *name);

/** sim_param_preset - set every parameter of @config to those of preset @name.
 * Return: 0, or SIM_EINVAL if the table has no such preset (nothing is changed). */
int sim_param_preset(const struct sim_param_table *table, const char *name, void *config);

/** sim_param_set - one parameter, checked. Return: 0, or SIM_ERANGE. */
int sim_param_set(const struct sim_param *param, uint64_t value, void *config);

/** sim_param_check - is every parameter of @config within its limits? Return: 0, or SIM_EINVAL. */
int sim_param_check(const struct sim_param_table *table, const void *config);

/** sim_param_get - its value in @config. */
uint32_t sim_param_get(const struct sim_param *param, const void *config);

/** sim_param_word - Return: 0 and the index of @word in an "enum:" unit, or SIM_EINVAL. */
int sim_param_word(const struct sim_param *param, const char *word, uint64_t *value);

/** sim_param_word_of - the word for a value of an "enum:" unit into @buf; "" if it has none. */
void sim_param_word_of(const struct sim_param *param, uint32_t value, char *buf, size_t n_bytes);

#ifdef __cplusplus
}
#endif
#endif
