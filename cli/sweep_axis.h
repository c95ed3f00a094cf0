/* SPDX-License-Identifier: BSD-2-Clause
 * sweep_axis.h - axes and rules of one block of a grid file.
 * Knows: YAML nodes, patterns of file names. Must not know: points. */
#ifndef CLI_SWEEP_AXIS_H
#define CLI_SWEEP_AXIS_H

#include "api/settings/yaml_file.h"
#include "cli/sweep_grid.h"

/** sweep_axes_read - the mapping "axes" of @block; an axis that it has already gets new values.
 * Return: 0, SIM_EFORMAT, SIM_ENOMEM. */
int sweep_axes_read(struct yaml_file *file, yaml_node_t *node, struct sweep_pool *pool,
                    struct sweep_block *block);

/** sweep_rules_read - the list "skip" or "only" of @block, whose axes are known. */
int sweep_rules_read(struct yaml_file *file, yaml_node_t *node, bool is_only,
                     struct sweep_block *block);

/** sweep_block_free - what the two took. */
void sweep_block_free(struct sweep_block *block);

#endif
