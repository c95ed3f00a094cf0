/* SPDX-License-Identifier: BSD-2-Clause
 * yaml_file.c - YAML by libyaml's documents. Nothing here calls itself: depth of input is not depth
 * of stack. */
#include "api/settings/yaml_file.h"

#include <ctype.h>
#include <errno.h>
#include <inttypes.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define MAX_FILE_BYTES (1L << 20)
#define MAX_WORD_BYTES 64u /* longer ones are not compared for likeness */

static uint32_t line_of(yaml_mark_t mark)
{
    return (uint32_t)mark.line + 1;
}

/* What is no text at all has an offset and no line: count. */
static int fail_text(const yaml_parser_t *parser, FILE *stream, struct sim_diag *diag)
{
    uint32_t line = 1, column = 1;
    int byte;

    rewind(stream);
    for (size_t i = 0; i < parser->problem_offset && (byte = getc(stream)) != EOF; i++) {
        column = byte == '\n' ? 1 : column + 1;
        line += byte == '\n';
    }
    return sim_diag_text(diag, SIM_EFORMAT, line, column, "not YAML: %s", parser->problem);
}

static int fail_parse(const yaml_parser_t *parser, FILE *stream, struct sim_diag *diag)
{
    if (parser->error == YAML_READER_ERROR && parser->problem)
        return fail_text(parser, stream, diag);
    if (parser->error == YAML_MEMORY_ERROR)
        return sim_diag_text(diag, SIM_ENOMEM, 0, 0, "no memory to read YAML");
    return sim_diag_text(diag, SIM_EFORMAT, line_of(parser->problem_mark),
                         (uint32_t)parser->problem_mark.column + 1, "not YAML: %s",
                         parser->problem ? parser->problem : "unreadable");
}

/* Two equal keys in one mapping: which of them did the writer mean? */
static int check_doubles(struct yaml_file *file, const yaml_node_t *node)
{
    struct yaml_pair first;
    struct yaml_pair second;

    for (size_t i = 0; yaml_pair_next(file, node, &i, &first);) {
        if (!first.key)
            return yaml_fail(file, first.key_node, "a key must be a word");
        for (size_t j = i; yaml_pair_next(file, node, &j, &second);) {
            if (second.key && strcmp(first.key, second.key) == 0)
                return yaml_fail(file, second.key_node, "'%s' stands twice", first.key);
        }
    }
    return 0;
}

static int check_nodes(struct yaml_file *file)
{
    int err = 0;

    for (int i = 1; !err; i++) {
        const yaml_node_t *node = yaml_document_get_node(&file->document, i);

        if (!node)
            break;
        if (node->type == YAML_MAPPING_NODE)
            err = check_doubles(file, node);
    }
    return err;
}

/* A second document behind the first would be passed over in silence. */
static int check_end(yaml_parser_t *parser, FILE *stream, struct sim_diag *diag)
{
    yaml_document_t more;
    const yaml_node_t *root;
    int err = 0;

    if (!yaml_parser_load(parser, &more))
        return fail_parse(parser, stream, diag);
    root = yaml_document_get_root_node(&more);
    if (root)
        err = sim_diag_text(diag, SIM_EFORMAT, line_of(root->start_mark), 1,
                            "a second YAML document; one file is one document");
    yaml_document_delete(&more);
    return err;
}

static int load(struct yaml_file *file, FILE *stream, struct sim_diag *diag)
{
    yaml_parser_t parser;
    int err = 0;

    if (!yaml_parser_initialize(&parser))
        return sim_diag_text(diag, SIM_ENOMEM, 0, 0, "no memory to read YAML");
    yaml_parser_set_input_file(&parser, stream);
    if (!yaml_parser_load(&parser, &file->document)) {
        err = fail_parse(&parser, stream, diag);
        yaml_parser_delete(&parser);
        return err;
    }
    file->root = yaml_document_get_root_node(&file->document);
    if (file->root)
        err = check_end(&parser, stream, diag);
    if (!err)
        err = check_nodes(file);
    if (err)
        yaml_document_delete(&file->document);
    yaml_parser_delete(&parser);
    return err;
}

int yaml_file_read(struct yaml_file *file, const char *path, struct sim_diag *diag)
{
    FILE *stream = fopen(path, "re");
    int err;

    memset(file, 0, sizeof(*file));
    file->diag = diag;
    if (!stream)
        return sim_diag_text(diag, SIM_EIO, 0, 0, "cannot open: %s", strerror(errno));
    if (fseek(stream, 0, SEEK_END) == 0 && ftell(stream) > MAX_FILE_BYTES)
        err = sim_diag_text(diag, SIM_EFORMAT, 0, 0, "too large for a file that a person wrote");
    else {
        rewind(stream);
        errno = 0;
        err = load(file, stream, diag);
    }
    (void)fclose(stream);
    return err;
}

void yaml_file_free(struct yaml_file *file)
{
    yaml_document_delete(&file->document);
}

int yaml_fail(const struct yaml_file *file, const yaml_node_t *node, const char *fmt, ...)
{
    char text[SIM_DIAG_TEXT_BYTES];
    va_list args;

    va_start(args, fmt);
    (void)vsnprintf(text, sizeof(text), fmt, args);
    va_end(args);
    return sim_diag_text(file->diag, SIM_EFORMAT, node ? line_of(node->start_mark) : 0,
                         node ? (uint32_t)node->start_mark.column + 1 : 0, "%s", text);
}

int yaml_need_mapping(const struct yaml_file *file, const yaml_node_t *node, const char *what)
{
    if (node && node->type == YAML_MAPPING_NODE)
        return 0;
    return yaml_fail(file, node, "%s must be a mapping (lines of 'key: value')", what);
}

int yaml_need_list(const struct yaml_file *file, const yaml_node_t *node, const char *what)
{
    if (node && node->type == YAML_SEQUENCE_NODE)
        return 0;
    return yaml_fail(file, node, "%s must be a list (lines that begin with '-')", what);
}

bool yaml_pair_next(struct yaml_file *file, const yaml_node_t *mapping, size_t *index,
                    struct yaml_pair *pair)
{
    const yaml_node_pair_t *first = mapping->data.mapping.pairs.start;
    const size_t n = (size_t)(mapping->data.mapping.pairs.top - first);

    if (*index >= n)
        return false;
    pair->key_node = yaml_document_get_node(&file->document, first[*index].key);
    pair->value = yaml_document_get_node(&file->document, first[*index].value);
    pair->key = yaml_word(pair->key_node);
    (*index)++;
    return true;
}

yaml_node_t *yaml_item_next(struct yaml_file *file, const yaml_node_t *list, size_t *index)
{
    const yaml_node_item_t *first = list->data.sequence.items.start;
    const size_t n = (size_t)(list->data.sequence.items.top - first);

    if (*index >= n)
        return NULL;
    return yaml_document_get_node(&file->document, first[(*index)++]);
}

const char *yaml_word(const yaml_node_t *node)
{
    if (!node || node->type != YAML_SCALAR_NODE)
        return NULL;
    return (const char *)node->data.scalar.value;
}

int yaml_get_number(const struct yaml_file *file, const yaml_node_t *node, uint64_t *value)
{
    const char *word = yaml_word(node);

    if (word && settings_number(word, value))
        return 0;
    return yaml_fail(file, node, "'%s' is not a number (12 or 0x1f)", word ? word : "this");
}

int yaml_get_int(const struct yaml_file *file, const yaml_node_t *node, int64_t *value)
{
    const char *word = yaml_word(node);
    const bool is_negative = word && word[0] == '-';
    uint64_t number;

    if (word && settings_number(word + is_negative, &number) && number <= INT32_MAX) {
        *value = is_negative ? -(int64_t)number : (int64_t)number;
        return 0;
    }
    return yaml_fail(file, node, "'%s' is not a whole number", word ? word : "this");
}

int yaml_get_bool(const struct yaml_file *file, const yaml_node_t *node, bool *value)
{
    const char *word = yaml_word(node);

    if (!word || (strcmp(word, "true") != 0 && strcmp(word, "false") != 0))
        return yaml_fail(file, node, "'%s' is neither true nor false", word ? word : "this");
    *value = word[0] == 't';
    return 0;
}

int yaml_unknown_key(const struct yaml_file *file, const struct yaml_pair *pair, const char *where,
                     const char *const *known, size_t n_known)
{
    const char *nearest = settings_nearest(pair->key, known, n_known);

    if (nearest)
        return yaml_fail(file, pair->key_node, "%s has no '%s'; did you mean '%s'?", where,
                         pair->key, nearest);
    return yaml_fail(file, pair->key_node, "%s has no '%s'", where, pair->key);
}

bool settings_number(const char *text, uint64_t *value)
{
    const bool is_hex = text[0] == '0' && (text[1] == 'x' || text[1] == 'X');
    char *end = NULL;

    if (!isxdigit((unsigned char)text[is_hex ? 2 : 0]))
        return false;
    errno = 0;
    *value = strtoull(text, &end, is_hex ? 16 : 10);
    return errno == 0 && *end == '\0' && end != text;
}

static size_t min3(size_t a, size_t b, size_t c)
{
    const size_t ab = a < b ? a : b;

    return ab < c ? ab : c;
}

/* How many letters must be added, dropped or changed (Levenshtein). */
static size_t distance(const char *a, const char *b)
{
    const size_t n_a = strlen(a);
    const size_t n_b = strlen(b);
    size_t row[MAX_WORD_BYTES + 1];

    if (n_a > MAX_WORD_BYTES || n_b > MAX_WORD_BYTES)
        return SIZE_MAX;
    for (size_t j = 0; j <= n_b; j++)
        row[j] = j;
    for (size_t i = 1; i <= n_a; i++) {
        size_t diagonal = row[0];

        row[0] = i;
        for (size_t j = 1; j <= n_b; j++) {
            const size_t above = row[j];

            row[j] = min3(above + 1, row[j - 1] + 1, diagonal + (a[i - 1] != b[j - 1]));
            diagonal = above;
        }
    }
    return row[n_b];
}

const char *settings_nearest(const char *word, const char *const *known, size_t n_known)
{
    const size_t limit = strlen(word) / 2 + 1;
    const char *best = NULL;
    size_t best_distance = limit;

    for (size_t i = 0; i < n_known; i++) {
        const size_t d = distance(word, known[i]);

        if (d < best_distance) {
            best = known[i];
            best_distance = d;
        }
    }
    return best;
}
