/* SPDX-License-Identifier: BSD-2-Clause
 * text_record.c - statement to record and back, by the table of record.def. */
#include "sim/text.h"

#include <string.h>

static const struct sim_record_info *find_kind(const struct sim_stmt *stmt, uint8_t *kind)
{
    for (unsigned i = 0; i < SIM_N_RECORD_KINDS; i++) {
        const struct sim_record_info *info = &sim_record_infos[i];

        if (info->name && sim_token_is(stmt->verb, info->verb)) {
            *kind = (uint8_t)i;
            return info;
        }
    }
    return NULL;
}

bool sim_text_is_record(const struct sim_stmt *stmt)
{
    uint8_t kind;

    return find_kind(stmt, &kind) != NULL;
}

static int set_string(const struct sim_text *text, const struct sim_field_info *field,
                      const struct sim_token *value, struct sim_record *rec)
{
    struct sim_str *str = sim_field_str(rec, field);

    if (value->kind != SIM_TOKEN_STRING && value->kind != SIM_TOKEN_WORD)
        return sim_text_fail(text, value, "%s must be a string", field->name);
    if (value->n_bytes > SIM_STR_MAX_BYTES)
        return sim_text_fail(text, value, "%s is longer than %u bytes", field->name,
                             SIM_STR_MAX_BYTES);
    str->bytes = value->bytes;
    str->n_bytes = value->n_bytes;
    return 0;
}

static int set_field(const struct sim_text *text, const struct sim_field_info *field,
                     const struct sim_arg *arg, struct sim_record *rec)
{
    const struct sim_token *value = arg->value;
    uint64_t number = value->number;

    if (arg->n_values != 1 || arg->count != 1)
        return sim_text_fail(text, value, "%s takes one value", field->name);
    if (field->show == SIM_SHOW_STR)
        return set_string(text, field, value, rec);
    if (field->show >= SIM_SHOW_STRUCTURE) {
        if (value->kind != SIM_TOKEN_WORD ||
            !sim_enum_value((enum sim_show)field->show, value->bytes, value->n_bytes, &number))
            return sim_text_fail(text, value, "unknown word for %s", field->name);
    } else if (value->kind != SIM_TOKEN_NUMBER) {
        return sim_text_fail(text, value, "%s must be a number", field->name);
    } else if (value->is_negative && field->show != SIM_SHOW_INT) {
        return sim_text_fail(text, value, "%s must not be negative", field->name);
    }
    if (!sim_field_fits(field, number) ||
        (field->show == SIM_SHOW_INT && !value->is_negative && number > INT64_MAX))
        return sim_text_fail(text, value, "%s does not fit in %u bits", field->name,
                             8U * field->n_bytes);
    sim_field_set(rec, field, number);
    rec->flags |= field->flag;
    return 0;
}

static const struct sim_field_info *find_position(const struct sim_record_info *info,
                                                  unsigned position)
{
    for (unsigned i = 0; i < info->n_fields; i++) {
        if (info->fields[i].place == position)
            return &info->fields[i];
    }
    return NULL;
}

static const struct sim_field_info *find_key(const struct sim_record_info *info,
                                             const struct sim_token *key)
{
    for (unsigned i = 0; i < info->n_fields; i++) {
        if (info->fields[i].place == SIM_PLACE_KEY && sim_token_is(key, info->fields[i].name))
            return &info->fields[i];
    }
    return NULL;
}

static int set_word(const struct sim_text *text, const struct sim_record_info *info,
                    const struct sim_arg *arg, struct sim_record *rec)
{
    for (unsigned i = 0; i < info->n_words; i++) {
        if (arg->n_values == 1 && arg->count == 1 &&
            sim_token_is(arg->value, info->words[i].word)) {
            if (rec->flags & info->words[i].flag)
                return sim_text_fail(text, arg->value, "the word stands there twice");
            rec->flags |= info->words[i].flag;
            return 0;
        }
    }
    return sim_text_fail(text, arg->value, "%s takes no further word", info->verb);
}

static int set_key(const struct sim_text *text, const struct sim_record_info *info,
                   const struct sim_arg *arg, uint32_t *seen, struct sim_record *rec)
{
    const struct sim_field_info *field = find_key(info, arg->key);
    uint32_t bit;

    if (!field)
        return sim_text_fail(text, arg->key, "%s has no such key", info->verb);
    bit = UINT32_C(1) << (field - info->fields);
    if (*seen & bit)
        return sim_text_fail(text, arg->key, "%s is given twice", field->name);
    *seen |= bit;
    return set_field(text, field, arg, rec);
}

int sim_text_record(const struct sim_text *text, const struct sim_stmt *stmt,
                    struct sim_record *rec)
{
    const struct sim_record_info *info;
    const char *wrong;
    uint32_t seen = 0;
    unsigned position = 0;
    uint8_t kind;

    info = find_kind(stmt, &kind);
    if (!info)
        return sim_text_fail(text, stmt->verb, "unknown record");
    if (stmt->has_result)
        return sim_text_fail(text, stmt->verb, "a record has no result");
    sim_record_init(rec, (enum sim_record_kind)kind);
    rec->time_ns = stmt->time_ns;
    rec->cpu = stmt->cpu;
    for (uint32_t i = 0; i < stmt->n_args; i++) {
        const struct sim_arg *arg = &stmt->args[i];
        int err;

        if (arg->key)
            err = set_key(text, info, arg, &seen, rec);
        else if (position < info->n_positions)
            err = set_field(text, find_position(info, ++position), arg, rec);
        else
            err = set_word(text, info, arg, rec);
        if (err)
            return err;
    }
    if (position < info->n_positions)
        return sim_text_fail(text, stmt->verb, "%s lacks its %s", info->verb,
                             find_position(info, position + 1)->name);
    wrong = sim_record_check(rec);
    return wrong ? sim_text_fail(text, stmt->verb, "%s", wrong) : 0;
}

/* Printing. Lines are built by hand: ten million of them should take seconds. */

static char *put_bytes(char *at, const char *bytes, size_t n_bytes)
{
    memcpy(at, bytes, n_bytes);
    return at + n_bytes;
}

static char *put_word(char *at, const char *word)
{
    return put_bytes(at, word, strlen(word));
}

static char *put_dec(char *at, uint64_t value)
{
    char digits[20];
    unsigned n = 0;

    do {
        digits[n++] = (char)('0' + value % 10);
        value /= 10;
    } while (value);
    while (n)
        *at++ = digits[--n];
    return at;
}

static char *put_hex(char *at, uint64_t value)
{
    static const char digits[] = "0123456789abcdef";
    const unsigned n = value ? (67U - (unsigned)__builtin_clzll(value)) / 4 : 1;

    *at++ = '0';
    *at++ = 'x';
    for (unsigned i = n; i-- > 0;)
        *at++ = digits[value >> i * 4 & 15];
    return at;
}

static char *put_string(char *at, const struct sim_str *str)
{
    static const char digits[] = "0123456789abcdef";

    *at++ = '"';
    for (uint32_t i = 0; i < str->n_bytes; i++) {
        const unsigned char c = (unsigned char)str->bytes[i];

        if (c == '"' || c == '\\') {
            *at++ = '\\';
            *at++ = (char)c;
        } else if (c < 0x20 || c > 0x7e) {
            *at++ = '\\';
            *at++ = 'x';
            *at++ = digits[c >> 4];
            *at++ = digits[c & 15];
        } else {
            *at++ = (char)c;
        }
    }
    *at++ = '"';
    return at;
}

static char *put_value(char *at, const struct sim_record *rec, const struct sim_field_info *field)
{
    struct sim_str str;
    uint64_t value;

    if (field->show == SIM_SHOW_STR) {
        memcpy(&str, (const char *)rec + field->offset, sizeof(str));
        return put_string(at, &str);
    }
    value = sim_field_get(rec, field);
    if (field->show == SIM_SHOW_HEX)
        return put_hex(at, value);
    if (field->show >= SIM_SHOW_STRUCTURE) {
        const char *word = sim_enum_word((enum sim_show)field->show, value);

        return put_word(at, word ? word : "?");
    }
    if (field->show == SIM_SHOW_INT && (int64_t)value < 0) {
        *at++ = '-';
        value = 0 - value;
    }
    return put_dec(at, value);
}

static bool is_shown(const struct sim_record *rec, const struct sim_field_info *field)
{
    if (field->flag)
        return (rec->flags & field->flag) != 0;
    if (field->show == SIM_SHOW_INT)
        return (uint32_t)sim_field_get(rec, field) != (uint32_t)field->dflt;
    return sim_field_get(rec, field) != field->dflt;
}

size_t sim_text_print_record(const struct sim_record *rec, char *line)
{
    const struct sim_record_info *info = &sim_record_infos[rec->kind];
    char *at = line;

    *at++ = '@';
    at = put_dec(at, rec->time_ns);
    if (rec->cpu) {
        *at++ = '/';
        at = put_dec(at, rec->cpu);
    }
    *at++ = ' ';
    at = put_word(at, info->verb);
    for (unsigned i = 1; i <= info->n_positions; i++) {
        *at++ = ' ';
        at = put_value(at, rec, find_position(info, i));
    }
    for (unsigned i = 0; i < info->n_fields; i++) {
        const struct sim_field_info *field = &info->fields[i];

        if (field->place != SIM_PLACE_KEY || !is_shown(rec, field))
            continue;
        *at++ = ' ';
        at = put_word(at, field->name);
        *at++ = '=';
        at = put_value(at, rec, field);
    }
    for (unsigned i = 0; i < info->n_words; i++) {
        if (rec->flags & info->words[i].flag) {
            *at++ = ' ';
            at = put_word(at, info->words[i].word);
        }
    }
    *at++ = '\n';
    return (size_t)(at - line);
}
