/* SPDX-License-Identifier: BSD-2-Clause
 * expect.c - reads expectations. */
#include "cli/expect.h"

#include "api/settings/yaml_file.h"
#include "cli/expect_private.h"

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#define ARRAY_LEN(a) (sizeof(a) / sizeof((a)[0]))

static int read_word(const struct yaml_file *file, const yaml_node_t *node, char *word)
{
    const char *text = yaml_word(node);

    if (!text || !*text)
        return yaml_fail(file, node, "a word is expected here");
    if (strlen(text) >= EXPECT_WORD_BYTES)
        return yaml_fail(file, node, "longer than any name");
    memcpy(word, text, strlen(text) + 1);
    return 0;
}

static int read_op_name(const struct yaml_file *file, const yaml_node_t *node, uint64_t *op)
{
    const char *word = yaml_word(node);

    if (word && sim_enum_value(SIM_SHOW_OP, word, strlen(word), op))
        return 0;
    return yaml_fail(file, node, "no operation is called '%s' (attach, replace, detach, map ...)",
                     word ? word : "this");
}

static int read_verdict(const struct yaml_file *file, const yaml_node_t *node, char *verdict)
{
    const char *names[CHK_N_CLASSES + 2];
    const char *nearest;
    int err;

    for (int i = 0; i < CHK_N_CLASSES; i++)
        names[i] = chk_class_name((enum chk_class)i);
    names[CHK_N_CLASSES] = "INCONCLUSIVE";
    names[CHK_N_CLASSES + 1] = "any";
    err = read_word(file, node, verdict);
    for (size_t i = 0; i < ARRAY_LEN(names) && !err; i++) {
        if (strcmp(names[i], verdict) == 0)
            return 0;
    }
    if (err)
        return err;
    nearest = settings_nearest(verdict, names, ARRAY_LEN(names));
    return yaml_fail(file, node, "no verdict is called '%s'%s%s%s", verdict,
                     nearest ? "; did you mean " : "", nearest ? nearest : "", nearest ? "?" : "");
}

static int read_flag(const struct yaml_file *file, const yaml_node_t *node,
                     struct expect_flag *flag)
{
    flag->is_given = true;
    return yaml_get_bool(file, node, &flag->is_set);
}

/* A number, or "any": one or more. */
static int read_count(const struct yaml_file *file, const yaml_node_t *node, uint64_t *n)
{
    const char *word = yaml_word(node);

    if (word && strcmp(word, "any") == 0) {
        *n = EXPECT_ANY;
        return 0;
    }
    return yaml_get_number(file, node, n);
}

static int read_counts(struct yaml_file *file, const yaml_node_t *node,
                       struct expect_counts *counts)
{
    struct yaml_pair pair;
    int err = yaml_need_mapping(file, node, "counts by name");

    counts->is_given = true;
    for (size_t i = 0; !err && yaml_pair_next(file, node, &i, &pair);) {
        if (counts->n == EXPECT_MAX_COUNTS)
            return yaml_fail(file, pair.key_node, "more than %u names", EXPECT_MAX_COUNTS);
        err = read_word(file, pair.key_node, counts->of[counts->n].name);
        if (!err)
            err = read_count(file, pair.value, &counts->of[counts->n].n);
        counts->n++;
    }
    return err;
}

static int read_syncs(const struct yaml_file *file, const yaml_node_t *node, bool *has,
                      uint64_t *syncs)
{
    *has = true;
    return read_count(file, node, syncs);
}

static int read_part_pair(struct yaml_file *file, const struct yaml_pair *pair,
                          struct expect_part *part)
{
    static const char *const known[] = {"stores", "commands", "syncs"};

    if (strcmp(pair->key, "stores") == 0)
        return read_counts(file, pair->value, &part->stores);
    if (strcmp(pair->key, "commands") == 0)
        return read_counts(file, pair->value, &part->commands);
    if (strcmp(pair->key, "syncs") == 0)
        return read_syncs(file, pair->value, &part->has_syncs, &part->syncs);
    return yaml_unknown_key(file, pair, "a part", known, ARRAY_LEN(known));
}

static int read_parts(struct yaml_file *file, const yaml_node_t *node, struct expect_op *op)
{
    struct yaml_pair outer;
    struct yaml_pair inner;
    int err = yaml_need_mapping(file, node, "parts");

    for (size_t i = 0; !err && yaml_pair_next(file, node, &i, &outer);) {
        struct expect_part *part = &op->parts[op->n_parts];

        if (op->n_parts == EXPECT_MAX_PARTS)
            return yaml_fail(file, outer.key_node, "more than %u parts", EXPECT_MAX_PARTS);
        op->n_parts++;
        err = read_op_name(file, outer.key_node, &part->op);
        if (!err)
            err = yaml_need_mapping(file, outer.value, "a part");
        for (size_t k = 0; !err && yaml_pair_next(file, outer.value, &k, &inner);)
            err = read_part_pair(file, &inner, part);
    }
    return err;
}

/* The keys of an operation, by what their values are. */
static int read_op_words(const struct yaml_file *file, const struct yaml_pair *pair,
                         struct expect_op *op, bool *is_known)
{
    *is_known = true;
    if (strcmp(pair->key, "op") == 0)
        return read_op_name(file, pair->value, &op->op);
    if (strcmp(pair->key, "device") == 0)
        return read_word(file, pair->value, op->device);
    if (strcmp(pair->key, "verdict") == 0)
        return read_verdict(file, pair->value, op->verdict);
    if (strcmp(pair->key, "safe") == 0)
        return read_flag(file, pair->value, &op->safe);
    if (strcmp(pair->key, "hitless") == 0)
        return read_flag(file, pair->value, &op->hitless);
    if (strcmp(pair->key, "inconclusive") == 0)
        return read_flag(file, pair->value, &op->inconclusive);
    *is_known = false;
    return 0;
}

static int read_op_pair(struct yaml_file *file, const struct yaml_pair *pair, struct expect_op *op)
{
    static const char *const known[] = {"op",     "number",  "device",       "verdict", "ret",
                                        "safe",   "hitless", "inconclusive", "stores",  "commands",
                                        "events", "syncs",   "parts"};
    bool is_known;
    const int err = read_op_words(file, pair, op, &is_known);

    if (is_known)
        return err;
    if (strcmp(pair->key, "ret") == 0) {
        op->has_ret = true;
        return yaml_get_int(file, pair->value, &op->ret);
    }
    if (strcmp(pair->key, "number") == 0)
        return yaml_get_number(file, pair->value, &op->number);
    if (strcmp(pair->key, "stores") == 0)
        return read_counts(file, pair->value, &op->stores);
    if (strcmp(pair->key, "commands") == 0)
        return read_counts(file, pair->value, &op->commands);
    if (strcmp(pair->key, "events") == 0)
        return read_counts(file, pair->value, &op->events);
    if (strcmp(pair->key, "syncs") == 0)
        return read_syncs(file, pair->value, &op->has_syncs, &op->syncs);
    if (strcmp(pair->key, "parts") == 0)
        return read_parts(file, pair->value, op);
    return yaml_unknown_key(file, pair, "an operation", known, ARRAY_LEN(known));
}

static int read_op(struct yaml_file *file, const yaml_node_t *node, struct expect_op *op)
{
    struct yaml_pair pair;
    bool has_op = false;
    int err = yaml_need_mapping(file, node, "an operation");

    for (size_t i = 0; !err && yaml_pair_next(file, node, &i, &pair);) {
        has_op |= strcmp(pair.key, "op") == 0;
        err = read_op_pair(file, &pair, op);
    }
    op->line = (uint32_t)node->start_mark.line + 1;
    return err || has_op ? err : yaml_fail(file, node, "an operation needs 'op: replace' or such");
}

static int read_ops(struct yaml_file *file, const yaml_node_t *node, struct expect *expect)
{
    const yaml_node_t *item;
    size_t n;
    int err = yaml_need_list(file, node, "operations");

    if (err)
        return err;
    n = (size_t)(node->data.sequence.items.top - node->data.sequence.items.start);
    expect->ops = calloc(n + 1, sizeof(*expect->ops));
    if (!expect->ops)
        return sim_diag_text(file->diag, SIM_ENOMEM, 0, 0, "no memory");
    for (size_t i = 0; !err && (item = yaml_item_next(file, node, &i)) != NULL;)
        err = read_op(file, item, &expect->ops[expect->n_ops++]);
    return err;
}

static int read_defaults(struct yaml_file *file, const yaml_node_t *node, struct expect *expect)
{
    struct yaml_pair pair;
    int err = yaml_need_mapping(file, node, "default");

    for (size_t i = 0; !err && yaml_pair_next(file, node, &i, &pair);) {
        if (expect->n_defaults == EXPECT_MAX_DEFAULTS)
            return yaml_fail(file, pair.key_node, "more than there are operations");
        err = read_op_name(file, pair.key_node, &expect->defaults[expect->n_defaults].op);
        if (!err)
            err = read_verdict(file, pair.value, expect->defaults[expect->n_defaults].verdict);
        expect->n_defaults++;
    }
    return err;
}

static int read_rules(struct yaml_file *file, const yaml_node_t *node, struct expect *expect)
{
    struct yaml_pair pair;
    int err = yaml_need_mapping(file, node, "rules");

    expect->has_rules = true;
    for (size_t i = 0; !err && yaml_pair_next(file, node, &i, &pair);) {
        const enum chk_rule_id rule = chk_rule_find(pair.key);

        if (rule == CHK_N_RULES)
            return yaml_fail(file, pair.key_node, "no such rule; iommusim rules lists them");
        err = read_count(file, pair.value, &expect->rules[rule]);
    }
    return err;
}

static int read_pair(struct yaml_file *file, const struct yaml_pair *pair, struct expect *expect)
{
    static const char *const known[] = {"operations", "default", "lost_events", "rules"};

    if (strcmp(pair->key, "operations") == 0)
        return read_ops(file, pair->value, expect);
    if (strcmp(pair->key, "default") == 0)
        return read_defaults(file, pair->value, expect);
    if (strcmp(pair->key, "rules") == 0)
        return read_rules(file, pair->value, expect);
    if (strcmp(pair->key, "lost_events") == 0) {
        expect->has_lost = true;
        return read_count(file, pair->value, &expect->lost);
    }
    return yaml_unknown_key(file, pair, "a file of expectations", known, ARRAY_LEN(known));
}

struct expect *expect_read(const char *path, struct sim_diag *diag)
{
    struct expect *expect = calloc(1, sizeof(*expect));
    struct yaml_file file;
    struct yaml_pair pair;
    int err;

    if (!expect) {
        (void)sim_diag_text(diag, SIM_ENOMEM, 0, 0, "no memory");
        return NULL;
    }
    err = yaml_file_read(&file, path, diag);
    if (err) {
        free(expect);
        return NULL;
    }
    (void)snprintf(expect->file, sizeof(expect->file), "%s", path);
    err = yaml_need_mapping(&file, file.root, "a file of expectations");
    for (size_t i = 0; !err && yaml_pair_next(&file, file.root, &i, &pair);)
        err = read_pair(&file, &pair, expect);
    if (!err && !expect->ops && !expect->n_defaults)
        err =
            yaml_fail(&file, file.root, "neither 'operations' nor 'default': nothing is expected");
    yaml_file_free(&file);
    if (!err)
        return expect;
    expect_free(expect);
    return NULL;
}

void expect_free(struct expect *expect)
{
    if (!expect)
        return;
    free(expect->ops);
    free(expect);
}
