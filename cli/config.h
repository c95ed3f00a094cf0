/* SPDX-License-Identifier: BSD-2-Clause
 * config.h - the settings of a run, shown.
 * Knows: the settings (api/settings), JSON. Must not know: what a parameter does. */
#ifndef CLI_CONFIG_H
#define CLI_CONFIG_H

#include "api/settings/config.h"
#include "cli/rules.h"

#include <jansson.h>
#include <stdio.h>

#ifdef __cplusplus
extern "C" {
#endif

/** config_json - every parameter by section, seed and cpu_time. Return: NULL without memory. */
json_t *config_json(const struct config *config);

/** config_list - a table of every parameter, for people. */
void config_list(FILE *out);

#ifdef __cplusplus
}
#endif
#endif
