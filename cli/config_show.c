/* SPDX-License-Identifier: BSD-2-Clause
 * config_show.c - a configuration for machines, and what could be configured for people. */
#include "cli/cli.h"
#include "cli/config.h"

#include <inttypes.h>
#include <string.h>

#define WORD_BYTES 64u

static bool is_enum(const struct sim_param *param)
{
    return strncmp(param->unit, "enum:", 5) == 0;
}

static json_t *json_value(const struct sim_param *param, uint32_t value)
{
    char word[WORD_BYTES];

    if (!is_enum(param))
        return json_integer((json_int_t)value);
    sim_param_word_of(param, value, word, sizeof(word));
    return json_string(word);
}

json_t *config_json(const struct config *config)
{
    json_t *root = json_pack("{s:s}", "cpu_time", config_cpu_time_name(config->rpl.cpu_time));

    if (config->rpl.cpu_time == RPL_CPU_SCALE)
        (void)json_object_set_new(root, "cpu_scale", json_real(config->rpl.scale_ppm / 1e6));
    for (int i = 0; i < CONFIG_N_SECTIONS; i++) {
        const enum config_section section = (enum config_section)i;
        const struct sim_param_table *table = config_table(section);
        json_t *object = json_pack("{s:s}", "preset", config->preset[section]);

        for (size_t k = 0; k < table->n_params; k++) {
            const struct sim_param *param = &table->params[k];

            (void)json_object_set_new(
                object, param->name,
                json_value(param, sim_param_get(param, config_values(config, section))));
        }
        (void)json_object_set_new(root, table->section, object);
    }
    return root;
}

static void list_param(const struct sim_param_table *table, const struct sim_param *param,
                       FILE *out)
{
    (void)fprintf(out, "\n  %s.%s  (", table->section, param->name);
    if (is_enum(param)) /* by word only, so there is no range */
        (void)fprintf(out, "%s", param->unit + 5);
    else
        (void)fprintf(out, "%s; from %" PRIu32 " to %" PRIu32, param->unit, param->min, param->max);
    (void)fprintf(out, "; source: %s)\n      %s\n", param->source, param->doc);
    (void)fputs("     ", out);
    for (size_t i = 0; i < table->n_presets; i++) {
        char word[WORD_BYTES];

        if (is_enum(param))
            sim_param_word_of(param, param->value[i], word, sizeof(word));
        else
            (void)snprintf(word, sizeof(word), "%" PRIu32, param->value[i]);
        (void)fprintf(out, " %s%s = %s", table->presets[i], i == 0 ? " (default)" : "", word);
        (void)fputs(i + 1 < table->n_presets ? "," : "\n", out);
    }
}

void config_list(FILE *out)
{
    (void)fputs("preset    a name that any section below has\n"
                "seed      of everything that is random (default 1)\n"
                "cpu_time  model, trace, zero or scale=FACTOR (default model)\n"
                "idr       SMMU_IDR0 to SMMU_IDR5, SMMU_IIDR, SMMU_AIDR: raw values of 32 bits;\n"
                "          VTD_VER, VTD_CAP, VTD_ECAP: of 32 and 64 bits;\n"
                "          else those that the stream's software read, else those of a default\n",
                out);
    for (int i = 0; i < CONFIG_N_SECTIONS; i++) {
        const struct sim_param_table *table = config_table((enum config_section)i);

        (void)fprintf(out, "\nSection %s. Presets:", table->section);
        for (size_t k = 0; k < table->n_presets; k++)
            (void)fprintf(out, " %s", table->presets[k]);
        (void)fputc('\n', out);
        for (size_t k = 0; k < table->n_params; k++)
            list_param(table, &table->params[k], out);
    }
}
