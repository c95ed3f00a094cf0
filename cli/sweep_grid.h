/* SPDX-License-Identifier: BSD-2-Clause
 * sweep_grid.h - a grid file: which options take which values, and which combinations count.
 * Knows: the YAML of docs/sweep.md, patterns of file names. Must not know: what an option means. */
#ifndef CLI_SWEEP_GRID_H
#define CLI_SWEEP_GRID_H

#include "cli/sweep_plan.h"

#ifdef __cplusplus
extern "C" {
#endif

#define SWEEP_MAX_VALUES 4096u      /* of one axis */
#define SWEEP_MAX_PRODUCT 10000000u /* combinations of one grid, before skip and only */

/** enum sweep_axis_kind - "--name=value", "--set=name=value", or an argument without a name. */
enum sweep_axis_kind { SWEEP_OPTION, SWEEP_SET, SWEEP_INPUT };

/** struct sweep_value - @text: as it stands in a row. @arg: NULL if the option is left out. */
struct sweep_value {
    const char *text;
    const char *arg;
};

/** struct sweep_axis - words belong to the plan's pool. @is_file: values came from patterns. */
struct sweep_axis {
    const char *name;
    enum sweep_axis_kind kind;
    bool is_file;
    struct sweep_value *values;
    uint32_t n_values, room;
};

/** struct sweep_rule - an item of skip or only. @hits: for each axis NULL (any value will do), or a
 * byte for each value. */
struct sweep_rule {
    bool is_only;
    uint8_t **hits;
};

/** struct sweep_block - one product. */
struct sweep_block {
    const char *command;
    struct sweep_axis axes[SWEEP_MAX_COLUMNS];
    uint32_t n_axes;
    struct sweep_rule *rules;
    uint32_t n_rules;
};

/**
 * sweep_grid_read - every point of the grid file @path, into a plan that sweep_plan_init made.
 * Return: 0; SIM_EFORMAT with file and line, SIM_EFULL (too many points), SIM_EIO, SIM_ENOMEM.
 */
int sweep_grid_read(struct sweep_plan *plan, const char *path, struct sim_diag *diag);

#ifdef __cplusplus
}
#endif
#endif
