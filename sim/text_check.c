/* SPDX-License-Identifier: BSD-2-Clause
 * text_check.c - compares statements of litmus tests and scenarios with their signatures. */
#include "sim/text.h"

#include <string.h>

enum verb_file {
    VERB_SCENARIO = 1 << SIM_TEXT_SCENARIO,
    VERB_LITMUS = 1 << SIM_TEXT_LITMUS,
    VERB_BOTH = VERB_SCENARIO | VERB_LITMUS,
};

struct verb {
    unsigned files;
    const char *verb;
    const char *signature;
};

static const struct verb verbs[] = {
#define V(kind, verb, signature, doc) {VERB_##kind, verb, signature},
#include "sim/text_verbs.def"
};

/* One word of a signature: name, what follows it ('=' or ':' or nothing), type, suffix. */
struct item {
    const char *name;
    uint32_t n_name;
    char form; /* ':' '=' '+' '.' (rest) or '>' */
    char type;
    bool is_optional;
    bool is_required;
};

/* The next item of a signature; false at its end. */
static bool next_item(const char **at, struct item *item)
{
    const char *s = *at + strspn(*at, " ");
    const size_t n = strcspn(s, " ");

    if (n == 0)
        return false;
    *at = s + n;
    item->is_optional = s[n - 1] == '?';
    item->is_required = s[n - 1] == '!';
    item->name = s;
    item->n_name = (uint32_t)strcspn(s, ":= ");
    item->form = s[item->n_name];
    item->type = item->form ? s[item->n_name + 1] : '\0'; /* "+word" and ">" have none */
    if (s[0] == '+') {
        item->form = '+';
        item->name++;
        item->n_name--;
    } else if (s[0] == '.') {
        item->form = '.';
    } else if (s[0] == '>') {
        item->form = '>';
    }
    return true;
}

static bool name_is(const struct sim_token *token, const struct item *item)
{
    return token->kind == SIM_TOKEN_WORD && token->n_bytes == item->n_name &&
           memcmp(token->bytes, item->name, item->n_name) == 0;
}

static bool has_type(const struct sim_arg *arg, char type)
{
    const struct sim_token *value = arg->value;

    for (uint32_t i = 0; type == 'l' && i < arg->n_values; i++) {
        if (value[2 * (size_t)i].kind != SIM_TOKEN_NUMBER)
            return false;
    }
    if (type == 'v')
        return true;
    if (type == 'l')
        return arg->count == 1;
    if (arg->n_values != 1)
        return false;
    if (type == 'c')
        return value->kind == SIM_TOKEN_WORD ||
               (value->kind == SIM_TOKEN_NUMBER && arg->count == 1);
    if (arg->count != 1)
        return false;
    if (type == 'n')
        return value->kind == SIM_TOKEN_NUMBER;
    if (type == 'w')
        return value->kind == SIM_TOKEN_WORD;
    return value->kind != SIM_TOKEN_NUMBER;
}

static const char *type_words(char type)
{
    switch (type) {
    case 'n':
        return "a number";
    case 'w':
        return "a word";
    case 's':
        return "a string";
    case 'l':
        return "numbers, with commas between them";
    case 'c':
        return "a word, or word*count";
    default:
        return "a value";
    }
}

static int check_type(const struct sim_text *text, const struct sim_arg *arg,
                      const struct item *item)
{
    if (has_type(arg, item->type))
        return 0;
    if (item->form == '.')
        return sim_text_fail(text, arg->value, "this must be %s", type_words(item->type));
    return sim_text_fail(text, arg->value, "%.*s must be %s", (int)item->n_name, item->name,
                         type_words(item->type));
}

/* The item that a key=value or a bare word belongs to; false if there is none. */
static bool find_item(const char *signature, const struct sim_token *name, char form,
                      struct item *item)
{
    while (next_item(&signature, item)) {
        if (item->form != form)
            continue;
        if (name_is(name, item))
            return true;
        if (item->n_name == 1 && item->name[0] == '*') { /* any other key: a field's name */
            item->name = name->bytes;
            item->n_name = name->n_bytes;
            return true;
        }
    }
    return false;
}

static int check_keyed(const struct sim_text *text, const struct verb *verb,
                       const struct sim_stmt *stmt, uint32_t index)
{
    const struct sim_arg *arg = &stmt->args[index];
    struct item item;

    if (!find_item(verb->signature, arg->key, '=', &item))
        return sim_text_fail(text, arg->key, "%s has no such key", verb->verb);
    for (uint32_t i = 0; i < index; i++) {
        if (stmt->args[i].key && name_is(stmt->args[i].key, &item))
            return sim_text_fail(text, arg->key, "%.*s is given twice", (int)item.n_name,
                                 item.name);
    }
    return check_type(text, arg, &item);
}

/* The next positional item at or after *at; false if only keys and words remain. */
static bool next_position(const char **at, struct item *item)
{
    while (next_item(at, item)) {
        if (item->form == ':' || item->form == '.')
            return true;
    }
    return false;
}

static int check_positional(const struct sim_text *text, const struct verb *verb,
                            const struct sim_arg *arg, const char **at)
{
    const char *before = *at;
    struct item item;

    if (arg->n_values == 1 && arg->count == 1 && find_item(verb->signature, arg->value, '+', &item))
        return 0;
    if (!next_position(at, &item))
        return sim_text_fail(text, arg->value, "%s takes no further word", verb->verb);
    if (item.form == '.')
        *at = before;
    return check_type(text, arg, &item);
}

static bool key_is_given(const struct sim_stmt *stmt, const struct item *item)
{
    for (uint32_t i = 0; i < stmt->n_args; i++) {
        if (stmt->args[i].key && name_is(stmt->args[i].key, item))
            return true;
    }
    return false;
}

static int check_missing(const struct sim_text *text, const struct verb *verb,
                         const struct sim_stmt *stmt, const char *at)
{
    const char *keys = verb->signature;
    bool may_have_result = false;
    bool must_have_result = false;
    struct item item;

    while (next_item(&at, &item)) {
        if (item.form == ':' && !item.is_optional)
            return sim_text_fail(text, stmt->verb, "%s lacks its %.*s", verb->verb,
                                 (int)item.n_name, item.name);
    }
    while (next_item(&keys, &item)) {
        if (item.form == '=' && item.is_required && !key_is_given(stmt, &item))
            return sim_text_fail(text, stmt->verb, "%s lacks its %.*s=", verb->verb,
                                 (int)item.n_name, item.name);
        if (item.form == '>') {
            may_have_result = true;
            must_have_result = item.is_required;
        }
    }
    if (stmt->has_result && !may_have_result)
        return sim_text_fail(text, stmt->verb, "%s has no result", verb->verb);
    if (!stmt->has_result && must_have_result)
        return sim_text_fail(text, stmt->verb, "%s lacks its result", verb->verb);
    return 0;
}

static const struct verb *find_verb(enum sim_text_kind kind, const struct sim_stmt *stmt)
{
    for (size_t i = 0; i < sizeof(verbs) / sizeof(verbs[0]); i++) {
        if (verbs[i].files & 1U << kind && sim_token_is(stmt->verb, verbs[i].verb))
            return &verbs[i];
    }
    return NULL;
}

bool sim_text_is_verb(enum sim_text_kind kind, const struct sim_stmt *stmt)
{
    return find_verb(kind, stmt) != NULL;
}

int sim_text_check(const struct sim_text *text, enum sim_text_kind kind,
                   const struct sim_stmt *stmt)
{
    const struct verb *verb = find_verb(kind, stmt);
    const char *at;

    if (!verb)
        return sim_text_fail(text, stmt->verb, "unknown verb");
    at = verb->signature;
    for (uint32_t i = 0; i < stmt->n_args; i++) {
        const int err = stmt->args[i].key ? check_keyed(text, verb, stmt, i)
                                          : check_positional(text, verb, &stmt->args[i], &at);

        if (err)
            return err;
    }
    return check_missing(text, verb, stmt, at);
}
