/* SPDX-License-Identifier: BSD-2-Clause
 * sweep_grid.c - a grid file becomes points: products in the order in which they are written, the
 * last axis first. */
#include "cli/sweep_axis.h"

#include <stdlib.h>
#include <string.h>

/* Commands that are worth a sweep: each has --json. */
static const char *const commands[] = {"replay", "run", "explore", "litmus", "linux"};
static const char no_story[] = "--story=none";
#define N_COMMANDS (sizeof(commands) / sizeof(commands[0]))

static const char *const block_keys[] = {"command", "axes", "skip", "only"};
static const char *const top_keys[] = {"command", "axes", "skip", "only", "grids", "columns"};
/* Beside grids: what all of them share. */
static const char *const common_keys[] = {"command", "axes", "grids", "columns"};
#define N(keys) (sizeof(keys) / sizeof((keys)[0]))

/* ---- points ---------------------------------------------------------------------------------- */

static bool rule_hits(const struct sweep_rule *rule, const struct sweep_block *block,
                      const uint32_t *at)
{
    for (uint32_t i = 0; i < block->n_axes; i++) {
        if (rule->hits[i] && !rule->hits[i][at[i]])
            return false;
    }
    return true;
}

/* skip goes before only; without only, everything is wanted. */
static bool is_wanted(const struct sweep_block *block, const uint32_t *at)
{
    bool has_only = false;
    bool is_hit = false;

    for (uint32_t i = 0; i < block->n_rules; i++) {
        const bool hits = rule_hits(&block->rules[i], block, at);

        if (hits && !block->rules[i].is_only)
            return false;
        has_only |= block->rules[i].is_only;
        is_hit |= hits;
    }
    return !has_only || is_hit;
}

static bool tells_stories(const char *command)
{
    return strcmp(command, "explore") != 0 && strcmp(command, "litmus") != 0;
}

/* A table has no room for a story, unless an axis asks for it. Options in the order of the axes,
 * then --json, then what has no name. */
static int add_point(struct sweep_plan *plan, const struct sweep_block *block, const uint32_t *at,
                     struct sim_diag *diag)
{
    const char *values[SWEEP_MAX_COLUMNS] = {NULL};
    const char *args[SWEEP_MAX_COLUMNS + 5];
    const char *input = NULL;
    uint32_t n = 0;

    args[n++] = block->command;
    if (tells_stories(block->command))
        args[n++] = no_story;
    for (uint32_t i = 0; i < block->n_axes; i++) {
        const struct sweep_axis *axis = &block->axes[i];
        const struct sweep_value *value = &axis->values[at[i]];
        const int column = sweep_plan_column(plan, axis->name);

        if (column < 0)
            return sim_diag_text(diag, column, 0, 0, "more than %u axes", SWEEP_MAX_COLUMNS);
        values[column] = value->text;
        if (axis->kind == SWEEP_INPUT)
            input = value->arg;
        else if (value->arg)
            args[n++] = value->arg;
    }
    args[n++] = "--json";
    if (input) {
        args[n++] = "--";
        args[n++] = input;
    }
    return sweep_plan_add(plan, args, n, values, diag);
}

static bool step(const struct sweep_block *block, uint32_t *at)
{
    for (uint32_t i = block->n_axes; i-- > 0;) {
        if (++at[i] < block->axes[i].n_values)
            return true;
        at[i] = 0;
    }
    return false;
}

static int multiply(const struct yaml_file *file, const yaml_node_t *node,
                    const struct sweep_block *block)
{
    uint64_t n = 1;

    for (uint32_t i = 0; i < block->n_axes; i++) {
        n *= block->axes[i].n_values;
        if (n > SWEEP_MAX_PRODUCT)
            return yaml_fail(file, node, "the axes of this grid have more than %u combinations",
                             SWEEP_MAX_PRODUCT);
    }
    return 0;
}

static int add_points(struct sweep_plan *plan, const struct yaml_file *file,
                      const yaml_node_t *node, const struct sweep_block *block)
{
    uint32_t at[SWEEP_MAX_COLUMNS] = {0};
    int err = multiply(file, node, block);

    while (!err) {
        if (is_wanted(block, at))
            err = add_point(plan, block, at, file->diag);
        if (!step(block, at))
            break;
    }
    return err;
}

/* ---- the file -------------------------------------------------------------------------------- */

static yaml_node_t *child(struct yaml_file *file, const yaml_node_t *mapping, const char *key)
{
    struct yaml_pair pair;

    for (size_t i = 0; yaml_pair_next(file, mapping, &i, &pair);) {
        if (strcmp(pair.key, key) == 0)
            return pair.value;
    }
    return NULL;
}

static int check_keys(struct yaml_file *file, const yaml_node_t *mapping, const char *const *known,
                      size_t n_known)
{
    struct yaml_pair pair;

    for (size_t i = 0; yaml_pair_next(file, mapping, &i, &pair);) {
        size_t k = 0;

        while (k < n_known && strcmp(pair.key, known[k]) != 0)
            k++;
        if (k == n_known)
            return yaml_unknown_key(file, &pair, "a grid", known, n_known);
    }
    return 0;
}

static int read_command(struct yaml_file *file, const yaml_node_t *node, struct sweep_block *block)
{
    const char *word = yaml_word(node);

    for (size_t i = 0; word && i < N_COMMANDS; i++) {
        if (strcmp(commands[i], word) == 0) {
            block->command = commands[i];
            return 0;
        }
    }
    return yaml_fail(file, node, "command is replay, run, explore, litmus or linux");
}

/* Command and axes of @node on top of those that @block has. */
static int read_base(struct yaml_file *file, const yaml_node_t *node, struct sweep_pool *pool,
                     struct sweep_block *block)
{
    yaml_node_t *command = child(file, node, "command");
    yaml_node_t *axes = child(file, node, "axes");
    int err = command ? read_command(file, command, block) : 0;

    return !err && axes ? sweep_axes_read(file, axes, pool, block) : err;
}

static int read_rules(struct yaml_file *file, const yaml_node_t *node, struct sweep_block *block)
{
    yaml_node_t *skip = child(file, node, "skip");
    yaml_node_t *only = child(file, node, "only");
    int err = skip ? sweep_rules_read(file, skip, false, block) : 0;

    return !err && only ? sweep_rules_read(file, only, true, block) : err;
}

/* @node: a grid; @common: the top of the file if that is another mapping. */
static int read_block(struct sweep_plan *plan, struct yaml_file *file, const yaml_node_t *common,
                      const yaml_node_t *node)
{
    struct sweep_block *block = calloc(1, sizeof(*block));
    int err;

    if (!block)
        return sim_diag_text(file->diag, SIM_ENOMEM, 0, 0, "no memory");
    err = common ? read_base(file, common, plan->pool, block) : 0;
    if (!err)
        err = read_base(file, node, plan->pool, block);
    if (!err && !block->command)
        err = yaml_fail(file, node, "the grid has no command");
    if (!err)
        err = read_rules(file, node, block);
    if (!err)
        err = add_points(plan, file, node, block);
    sweep_block_free(block);
    free(block);
    return err;
}

static int read_blocks(struct sweep_plan *plan, struct yaml_file *file, yaml_node_t *list)
{
    yaml_node_t *item;
    int err = check_keys(file, file->root, common_keys, N(common_keys));

    if (!err)
        err = yaml_need_list(file, list, "grids");
    for (size_t i = 0; !err && (item = yaml_item_next(file, list, &i));) {
        err = yaml_need_mapping(file, item, "a grid");
        if (!err)
            err = check_keys(file, item, block_keys, N(block_keys));
        if (!err)
            err = read_block(plan, file, file->root, item);
    }
    return err;
}

/* Patterns of paths in results. */
static int read_columns(struct sweep_plan *plan, struct yaml_file *file, const yaml_node_t *list)
{
    const yaml_node_t *item;
    int err = yaml_need_list(file, list, "columns");

    for (size_t i = 0; !err && (item = yaml_item_next(file, list, &i));) {
        const char *word = yaml_word(item);

        if (!word || plan->n_picks == SWEEP_MAX_COLUMNS)
            return yaml_fail(file, item, "columns are at most %u words", SWEEP_MAX_COLUMNS);
        plan->picks[plan->n_picks] = sweep_pool_add(plan->pool, word);
        if (!plan->picks[plan->n_picks++])
            return sim_diag_text(file->diag, SIM_ENOMEM, 0, 0, "no memory");
    }
    return err;
}

static int read_file(struct sweep_plan *plan, struct yaml_file *file)
{
    yaml_node_t *list;
    yaml_node_t *columns;
    int err = yaml_need_mapping(file, file->root, "a grid file");

    if (!err)
        err = check_keys(file, file->root, top_keys, N(top_keys));
    if (err)
        return err;
    list = child(file, file->root, "grids");
    columns = child(file, file->root, "columns");
    if (columns)
        err = read_columns(plan, file, columns);
    if (!err)
        err = list ? read_blocks(plan, file, list) : read_block(plan, file, NULL, file->root);
    if (!err && !plan->n_points)
        err = yaml_fail(file, file->root, "no point is left");
    return err;
}

int sweep_grid_read(struct sweep_plan *plan, const char *path, struct sim_diag *diag)
{
    struct yaml_file file;
    int err = yaml_file_read(&file, path, diag);

    if (err)
        return err;
    err = read_file(plan, &file);
    if (!err && sweep_plan_unique(plan))
        err = sim_diag_text(diag, SIM_ENOMEM, 0, 0, "no memory");
    yaml_file_free(&file);
    return err;
}
