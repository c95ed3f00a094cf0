/* SPDX-License-Identifier: BSD-2-Clause
 * sweep_axis.c - values of axes: words, flags, names of files. */
#include "cli/sweep_axis.h"

#include <fnmatch.h>
#include <glob.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#define MAX_ARG_BYTES 8192u
#define MAX_NAME_BYTES 128u

/* What belongs to the axis that is being read. */
struct place {
    struct yaml_file *file;
    struct sweep_pool *pool;
    struct sweep_axis *axis;
};

static int no_memory(const struct yaml_file *file)
{
    return sim_diag_text(file->diag, SIM_ENOMEM, 0, 0, "no memory");
}

void sweep_block_free(struct sweep_block *block)
{
    for (uint32_t i = 0; i < block->n_rules; i++) {
        for (uint32_t a = 0; a < block->n_axes && block->rules[i].hits; a++)
            free(block->rules[i].hits[a]);
        free(block->rules[i].hits);
    }
    for (uint32_t i = 0; i < block->n_axes; i++)
        free(block->axes[i].values);
    free(block->rules);
}

/* ---- values ---------------------------------------------------------------------------------- */

static int grow(struct sweep_axis *axis)
{
    const uint32_t room = axis->room ? axis->room * 2 : 8;
    struct sweep_value *values;

    if (axis->n_values < axis->room)
        return 0;
    values = realloc(axis->values, room * sizeof(*values));
    if (!values)
        return SIM_ENOMEM;
    axis->values = values;
    axis->room = room;
    return 0;
}

/* @arg: NULL for an option that is left out. */
static int add_value(const struct place *place, const yaml_node_t *node, const char *text,
                     const char *arg)
{
    struct sweep_axis *axis = place->axis;
    struct sweep_value *value;

    for (uint32_t i = 0; i < axis->n_values; i++) {
        if (strcmp(axis->values[i].text, text) == 0)
            return yaml_fail(place->file, node, "'%s' stands twice in %s", text, axis->name);
    }
    if (axis->n_values == SWEEP_MAX_VALUES)
        return yaml_fail(place->file, node, "%s has more than %u values", axis->name,
                         SWEEP_MAX_VALUES);
    if (grow(axis))
        return no_memory(place->file);
    value = &axis->values[axis->n_values];
    value->text = sweep_pool_add(place->pool, text);
    value->arg = arg ? sweep_pool_add(place->pool, arg) : NULL;
    if (!value->text || (arg && !value->arg))
        return no_memory(place->file);
    axis->n_values++;
    return 0;
}

static int add_word(const struct place *place, const yaml_node_t *node, const char *text)
{
    const struct sweep_axis *axis = place->axis;
    char arg[MAX_ARG_BYTES];
    int n;

    if (axis->kind == SWEEP_INPUT)
        return add_value(place, node, text, text);
    n = snprintf(arg, sizeof(arg), axis->kind == SWEEP_SET ? "--set=%s=%s" : "--%s=%s", axis->name,
                 text);
    if (n < 0 || (size_t)n >= sizeof(arg))
        return yaml_fail(place->file, node, "a value of %s is longer than %u bytes", axis->name,
                         MAX_ARG_BYTES);
    return add_value(place, node, text, arg);
}

/* A flag stands for itself: --name, or nothing. Quoted words never are flags. */
static int add_scalar(const struct place *place, const yaml_node_t *node)
{
    const struct sweep_axis *axis = place->axis;
    const char *text = yaml_word(node);
    const bool is_plain = text && node->data.scalar.style == YAML_PLAIN_SCALAR_STYLE;
    char arg[MAX_ARG_BYTES];

    if (!text)
        return yaml_fail(place->file, node, "a value of %s must be a word, a number, true or false",
                         axis->name);
    if (strlen(text) != node->data.scalar.length)
        return yaml_fail(place->file, node, "a value of %s has a NUL in it", axis->name);
    if (is_plain && (strcmp(text, "null") == 0 || strcmp(text, "~") == 0 || !*text))
        return add_value(place, node, "", NULL);
    if (axis->kind != SWEEP_OPTION || !is_plain)
        return add_word(place, node, text);
    if (strcmp(text, "false") == 0)
        return add_value(place, node, text, NULL);
    if (strcmp(text, "true") != 0)
        return add_word(place, node, text);
    (void)snprintf(arg, sizeof(arg), "--%s", axis->name);
    return add_value(place, node, text, arg);
}

/* ---- names of files -------------------------------------------------------------------------- */

/* JSON, and with it every result, has no other text. */
static bool is_utf8(const char *text)
{
    const unsigned char *at = (const unsigned char *)text;

    while (*at) {
        const unsigned n_more = *at < 0x80 ? 0 : *at < 0xe0 ? 1 : *at < 0xf0 ? 2 : 3;

        if ((*at >= 0x80 && *at < 0xc2) || *at > 0xf4)
            return false;
        at++;
        for (unsigned i = 0; i < n_more; i++, at++) {
            if ((*at & 0xc0) != 0x80)
                return false;
        }
    }
    return true;
}

static int compare_names(const void *a, const void *b)
{
    const char *const *left = a;
    const char *const *right = b;

    return strcmp(*left, *right);
}

static int add_matches(const struct place *place, const yaml_node_t *node, const glob_t *found)
{
    int err = 0;

    /* By bytes: in the order of a language, two machines would number points differently. */
    qsort(found->gl_pathv, found->gl_pathc, sizeof(char *), compare_names);
    for (size_t i = 0; i < found->gl_pathc && !err; i++) {
        if (!is_utf8(found->gl_pathv[i]))
            err = yaml_fail(place->file, node, "the name '%s' is not UTF-8", found->gl_pathv[i]);
        else
            err = add_word(place, node, found->gl_pathv[i]);
    }
    return err;
}

/* A file of just that name goes before a pattern: names may have brackets. */
static int add_files(const struct place *place, const yaml_node_t *node)
{
    const char *pattern = yaml_word(node);
    struct stat about;
    glob_t found;
    int err;

    if (!pattern || !*pattern || strlen(pattern) != node->data.scalar.length)
        return yaml_fail(place->file, node, "%s takes names of files", place->axis->name);
    if (stat(pattern, &about) == 0)
        return add_word(place, node, pattern);
    err = glob(pattern, GLOB_NOSORT, NULL, &found);
    if (err == GLOB_NOMATCH)
        return yaml_fail(place->file, node, "there is no file '%s'", pattern);
    if (err)
        return yaml_fail(place->file, node, "'%s' cannot be searched", pattern);
    err = add_matches(place, node, &found);
    globfree(&found);
    return err;
}

/* ---- axes ------------------------------------------------------------------------------------ */

static int add_node(const struct place *place, const yaml_node_t *node)
{
    return place->axis->is_file ? add_files(place, node) : add_scalar(place, node);
}

static int read_values(const struct place *place, yaml_node_t *node)
{
    yaml_node_t *item;
    int err = 0;

    place->axis->n_values = 0;
    if (node->type == YAML_SCALAR_NODE)
        return add_node(place, node);
    if (yaml_need_list(place->file, node, place->axis->name))
        return SIM_EFORMAT;
    for (size_t i = 0; !err && (item = yaml_item_next(place->file, node, &i));)
        err = add_node(place, item);
    if (!err && !place->axis->n_values)
        err = yaml_fail(place->file, node, "%s has no value", place->axis->name);
    return err;
}

static struct sweep_axis *find_axis(struct sweep_block *block, const char *name)
{
    for (uint32_t i = 0; i < block->n_axes; i++) {
        if (strcmp(block->axes[i].name, name) == 0)
            return &block->axes[i];
    }
    return NULL;
}

/* The axis called so, made if there is none, becomes @place's. */
static int open_axis(struct place *place, const struct yaml_pair *pair, enum sweep_axis_kind kind,
                     struct sweep_block *block)
{
    struct sweep_axis *axis = find_axis(block, pair->key);

    place->axis = axis;
    if (axis && axis->kind != kind)
        return yaml_fail(place->file, pair->key_node, "'%s' is an option and a setting", pair->key);
    if (axis)
        return 0;
    if (block->n_axes == SWEEP_MAX_COLUMNS)
        return yaml_fail(place->file, pair->key_node, "more than %u axes", SWEEP_MAX_COLUMNS);
    axis = &block->axes[block->n_axes];
    axis->name = sweep_pool_add(place->pool, pair->key);
    if (!axis->name)
        return no_memory(place->file);
    axis->kind = kind;
    block->n_axes++;
    place->axis = axis;
    return 0;
}

/* script: {files: [a*.scn]} - an option whose values are names of files. */
static int find_files(struct yaml_file *file, const struct yaml_pair *outer, yaml_node_t **values)
{
    static const char *const known[] = {"files"};
    struct yaml_pair pair = {NULL, NULL, NULL};

    *values = NULL;
    for (size_t i = 0; yaml_pair_next(file, outer->value, &i, &pair);) {
        if (strcmp(pair.key, known[0]) != 0)
            return yaml_unknown_key(file, &pair, outer->key, known, 1);
        *values = pair.value;
    }
    return *values ? 0 : yaml_fail(file, outer->value, "%s has no value", outer->key);
}

static int take_axis(const struct place *place, const struct yaml_pair *pair,
                     enum sweep_axis_kind kind, struct sweep_block *block)
{
    const bool has_files = kind == SWEEP_OPTION && pair->value->type == YAML_MAPPING_NODE;
    struct place here = *place;
    yaml_node_t *values = pair->value;
    int err = open_axis(&here, pair, kind, block);

    if (!err && has_files)
        err = find_files(place->file, pair, &values);
    if (err)
        return err;
    here.axis->is_file = has_files || kind == SWEEP_INPUT;
    return read_values(&here, values);
}

static int read_set(const struct place *place, yaml_node_t *node, struct sweep_block *block)
{
    struct yaml_pair pair;
    int err = yaml_need_mapping(place->file, node, "set");

    for (size_t i = 0; !err && yaml_pair_next(place->file, node, &i, &pair);) {
        if (!*pair.key || strchr(pair.key, '=') || strlen(pair.key) > MAX_NAME_BYTES)
            return yaml_fail(place->file, pair.key_node, "'%s' is no path of a setting", pair.key);
        err = take_axis(place, &pair, SWEEP_SET, block);
    }
    return err;
}

/* json is what makes a result, and help has none. */
static bool is_option(const char *name)
{
    return strspn(name, "abcdefghijklmnopqrstuvwxyz0123456789-") == strlen(name) && *name &&
           *name != '-' && strlen(name) <= MAX_NAME_BYTES && strcmp(name, "json") != 0 &&
           strcmp(name, "help") != 0;
}

int sweep_axes_read(struct yaml_file *file, yaml_node_t *node, struct sweep_pool *pool,
                    struct sweep_block *block)
{
    const struct place place = {file, pool, NULL};
    struct yaml_pair pair;
    int err = yaml_need_mapping(file, node, "axes");

    for (size_t i = 0; !err && yaml_pair_next(file, node, &i, &pair);) {
        if (strcmp(pair.key, "set") == 0)
            err = read_set(&place, pair.value, block);
        else if (strcmp(pair.key, "input") == 0)
            err = take_axis(&place, &pair, SWEEP_INPUT, block);
        else if (!is_option(pair.key))
            err = yaml_fail(file, pair.key_node, "'%s' is no long option of a command", pair.key);
        else
            err = take_axis(&place, &pair, SWEEP_OPTION, block);
    }
    return err;
}

/* ---- rules ----------------------------------------------------------------------------------- */

static bool fits(const struct sweep_axis *axis, const struct sweep_value *value, const char *word)
{
    return strcmp(value->text, word) == 0 || (axis->is_file && fnmatch(word, value->text, 0) == 0);
}

/* Mark the values that @node names. One that the axis does not have is a slip of the pen. */
static int mark(const struct yaml_file *file, const yaml_node_t *node,
                const struct sweep_axis *axis, uint8_t *hits)
{
    const char *word = yaml_word(node);
    bool is_found = false;

    if (!word)
        return yaml_fail(file, node, "a value of %s must be a word", axis->name);
    if (node->data.scalar.style == YAML_PLAIN_SCALAR_STYLE &&
        (strcmp(word, "null") == 0 || strcmp(word, "~") == 0))
        word = "";
    for (uint32_t i = 0; i < axis->n_values; i++) {
        if (!fits(axis, &axis->values[i], word))
            continue;
        hits[i] = 1;
        is_found = true;
    }
    return is_found ? 0 : yaml_fail(file, node, "%s has no value '%s'", axis->name, word);
}

static int mark_all(struct yaml_file *file, yaml_node_t *node, const struct sweep_axis *axis,
                    uint8_t *hits)
{
    yaml_node_t *item;
    int err = 0;

    if (node->type == YAML_SCALAR_NODE)
        return mark(file, node, axis, hits);
    if (yaml_need_list(file, node, axis->name))
        return SIM_EFORMAT;
    for (size_t i = 0; !err && (item = yaml_item_next(file, node, &i));)
        err = mark(file, item, axis, hits);
    return err;
}

static int no_axis(const struct yaml_file *file, const struct yaml_pair *pair,
                   const struct sweep_block *block)
{
    const char *names[SWEEP_MAX_COLUMNS];

    for (uint32_t i = 0; i < block->n_axes; i++)
        names[i] = block->axes[i].name;
    return yaml_unknown_key(file, pair, "the grid", names, block->n_axes);
}

static int read_rule(struct yaml_file *file, yaml_node_t *node, struct sweep_block *block,
                     struct sweep_rule *rule)
{
    struct yaml_pair pair;
    int err = yaml_need_mapping(file, node, rule->is_only ? "an item of only" : "an item of skip");

    rule->hits = calloc(block->n_axes + 1, sizeof(*rule->hits));
    if (!rule->hits)
        return no_memory(file);
    for (size_t i = 0; !err && yaml_pair_next(file, node, &i, &pair);) {
        const struct sweep_axis *axis = find_axis(block, pair.key);

        if (!axis)
            return no_axis(file, &pair, block);
        rule->hits[axis - block->axes] = calloc(axis->n_values, 1);
        if (!rule->hits[axis - block->axes])
            return no_memory(file);
        err = mark_all(file, pair.value, axis, rule->hits[axis - block->axes]);
    }
    return err;
}

int sweep_rules_read(struct yaml_file *file, yaml_node_t *node, bool is_only,
                     struct sweep_block *block)
{
    yaml_node_t *item;
    int err = yaml_need_list(file, node, is_only ? "only" : "skip");

    for (size_t i = 0; !err && (item = yaml_item_next(file, node, &i));) {
        struct sweep_rule *rules =
            realloc(block->rules, (block->n_rules + 1) * sizeof(*block->rules));

        if (!rules)
            return no_memory(file);
        block->rules = rules;
        rules[block->n_rules] = (struct sweep_rule){is_only, NULL};
        err = read_rule(file, item, block, &rules[block->n_rules++]);
    }
    return err;
}
