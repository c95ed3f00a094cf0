/* SPDX-License-Identifier: BSD-2-Clause
 * yaml_file.h - a YAML file that a person wrote, with the place of everything in it.
 * Knows: YAML, lines and columns. Must not know: what any key means.
 *
 * Readers walk down from the root, node by node. Every function that refuses something records
 * file, line and column in the file's sim_diag and returns SIM_EFORMAT. */
#ifndef API_SETTINGS_YAML_FILE_H
#define API_SETTINGS_YAML_FILE_H

#include "sim/diag.h"

#include <stdbool.h>
#include <yaml.h>

/** struct yaml_file - an open file; see yaml_file_read. @root is NULL if the file is empty. */
struct yaml_file {
    yaml_document_t document;
    yaml_node_t *root;
    struct sim_diag *diag;
};

/** struct yaml_pair - one "key: value" of a mapping. */
struct yaml_pair {
    const char *key;
    yaml_node_t *key_node;
    yaml_node_t *value;
};

/**
 * yaml_file_read - the one document of @path.
 *
 * Refuses what is not YAML, a second document, and a key that stands twice in one mapping.
 * Return: 0; SIM_EIO, SIM_ENOMEM or SIM_EFORMAT, and @diag says where. yaml_file_free only after 0.
 */
int yaml_file_read(struct yaml_file *file, const char *path, struct sim_diag *diag);
void yaml_file_free(struct yaml_file *file);

/** yaml_fail - refuse @node with a sentence. Return: SIM_EFORMAT. */
int yaml_fail(const struct yaml_file *file, const yaml_node_t *node, const char *fmt, ...)
    __attribute__((format(printf, 3, 4)));

/** yaml_need_mapping, yaml_need_list - refuse @node unless it is one; @what: "section smmu". */
int yaml_need_mapping(const struct yaml_file *file, const yaml_node_t *node, const char *what);
int yaml_need_list(const struct yaml_file *file, const yaml_node_t *node, const char *what);

/** yaml_pair_next - the pair at @index of a mapping, which grows by one; false behind the last. */
bool yaml_pair_next(struct yaml_file *file, const yaml_node_t *mapping, size_t *index,
                    struct yaml_pair *pair);

/** yaml_item_next - the same for the items of a list; NULL behind the last. */
yaml_node_t *yaml_item_next(struct yaml_file *file, const yaml_node_t *list, size_t *index);

/** yaml_word - the text of a scalar; NULL, without a complaint, if @node is none. */
const char *yaml_word(const yaml_node_t *node);

/** yaml_get_number, yaml_get_int, yaml_get_bool - a scalar's value: a number as settings_number
 * takes it, a decimal number with a sign, true or false. */
int yaml_get_number(const struct yaml_file *file, const yaml_node_t *node, uint64_t *value);
int yaml_get_int(const struct yaml_file *file, const yaml_node_t *node, int64_t *value);
int yaml_get_bool(const struct yaml_file *file, const yaml_node_t *node, bool *value);

/** yaml_unknown_key - refuse a key; @known are those that would have been right. */
int yaml_unknown_key(const struct yaml_file *file, const struct yaml_pair *pair, const char *where,
                     const char *const *known, size_t n_known);

/** settings_number - a whole word, decimal or 0x and hexadecimal, as the text language has it.
 * Return: false if @text is anything else, or has more than 64 bits. */
bool settings_number(const char *text, uint64_t *value);

/** settings_nearest - which of @known is spelled most like @word; NULL if none is close. */
const char *settings_nearest(const char *word, const char *const *known, size_t n_known);

#endif
