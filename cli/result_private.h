/* SPDX-License-Identifier: BSD-2-Clause
 * result_private.h - what the readers of results share. */
#ifndef CLI_RESULT_PRIVATE_H
#define CLI_RESULT_PRIVATE_H

#include "cli/result.h"

/** result_at - the member at "a.b.c" of @object, NULL if there is none. */
const json_t *result_at(const json_t *object, const char *path);

/** result_operations - fill @result->ops from its JSON. Return: 0 or SIM_EFORMAT. */
int result_operations(struct result *result, struct sim_diag *diag);

/** result_read_csv - the table of a sweep; see result_read. */
int result_read_csv(struct result *result, const char *path, struct sim_diag *diag);

#endif
