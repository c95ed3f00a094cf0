/* SPDX-License-Identifier: BSD-2-Clause
 * param.c - named parameters: finding, checking, presets, words.
 * Knows: names, units, limits, presets. Must not know: what any of them does. */
#include "sim/param.h"

#include "sim/diag.h"

#include <stdio.h>
#include <string.h>

static const char enum_prefix[] = "enum:";

static void put(const struct sim_param *param, uint32_t value, void *config)
{
    memcpy((char *)config + param->offset, &value, sizeof(value));
}

/* The words of an "enum:" unit, or NULL. */
static const char *words_of(const struct sim_param *param)
{
    const size_t n_prefix = sizeof(enum_prefix) - 1;

    return strncmp(param->unit, enum_prefix, n_prefix) ? NULL : param->unit + n_prefix;
}

const struct sim_param *sim_param_find(const struct sim_param_table *table, const char *name)
{
    for (size_t i = 0; i < table->n_params; i++) {
        if (!strcmp(table->params[i].name, name))
            return &table->params[i];
    }
    return NULL;
}

int sim_param_preset(const struct sim_param_table *table, const char *name, void *config)
{
    SIM_BUG_ON(table->n_presets > SIM_PARAM_MAX_PRESETS);
    for (size_t i = 0; i < table->n_presets; i++) {
        if (strcmp(table->presets[i], name) != 0)
            continue;
        for (size_t p = 0; p < table->n_params; p++)
            put(&table->params[p], table->params[p].value[i], config);
        return 0;
    }
    return SIM_EINVAL;
}

int sim_param_set(const struct sim_param *param, uint64_t value, void *config)
{
    if (value < param->min || value > param->max)
        return SIM_ERANGE;
    put(param, (uint32_t)value, config);
    return 0;
}

uint32_t sim_param_get(const struct sim_param *param, const void *config)
{
    uint32_t value;

    memcpy(&value, (const char *)config + param->offset, sizeof(value));
    return value;
}

int sim_param_check(const struct sim_param_table *table, const void *config)
{
    for (size_t i = 0; i < table->n_params; i++) {
        const struct sim_param *param = &table->params[i];
        const uint32_t value = sim_param_get(param, config);

        if (value < param->min || value > param->max)
            return SIM_EINVAL;
    }
    return 0;
}

int sim_param_word(const struct sim_param *param, const char *word, uint64_t *value)
{
    const char *at = words_of(param);
    const size_t n_word = strlen(word);

    if (!at || !n_word)
        return SIM_EINVAL;
    for (uint64_t i = 0;; i++) {
        const size_t n = strcspn(at, ",");

        if (n == n_word && !memcmp(at, word, n)) {
            *value = i;
            return 0;
        }
        if (!at[n])
            return SIM_EINVAL;
        at += n + 1;
    }
}

void sim_param_word_of(const struct sim_param *param, uint32_t value, char *buf, size_t n_bytes)
{
    const char *at = words_of(param);

    if (!n_bytes)
        return;
    buf[0] = '\0';
    for (uint32_t i = 0; at; i++) {
        const int n = (int)strcspn(at, ",");

        if (i == value) {
            (void)snprintf(buf, n_bytes, "%.*s", n, at);
            return;
        }
        at = at[n] ? at + n + 1 : NULL;
    }
}
