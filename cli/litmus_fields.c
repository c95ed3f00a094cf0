/* SPDX-License-Identifier: BSD-2-Clause
 * litmus_fields.c - fields of structures as litmus tests write them: FIELD=number, word or place.
 * Knows: layouts. Must not know: any of them by name. */
#include "cli/litmus.h"
#include "models/common/hw_print.h"
#include "sim/diag.h"

#include <string.h>

static bool encoding_value(const struct hw_layout *layout, const char *field,
                           const struct sim_token *word, uint64_t *value)
{
    for (size_t i = 0; i < layout->n_encodings; i++) {
        const struct hw_encoding *encoding = &layout->encodings[i];

        if (strcmp(encoding->field, field) == 0 && sim_token_is(word, encoding->name)) {
            *value = encoding->value;
            return true;
        }
    }
    return false;
}

static int put_field(const struct litmus *litmus, const struct sim_text *text,
                     const struct sim_arg *arg, const struct hw_layout *layout, uint64_t *words)
{
    const struct sim_token *token = arg->value;
    const struct hw_field *field;
    char name[LITMUS_NAME_BYTES];
    uint64_t value = token->number;
    unsigned n_bits;

    litmus_word(arg->key, name, sizeof(name));
    field = hw_field_find(layout, name);
    if (!field)
        return sim_text_fail(text, arg->key, "%s has no field %s", layout->name, name);
    if (token->kind == SIM_TOKEN_WORD && !encoding_value(layout, name, token, &value) &&
        !litmus->arch->place(litmus, token, &value))
        return sim_text_fail(text, token, "no value of %s, and no table", name);
    if (token->kind == SIM_TOKEN_STRING)
        return sim_text_fail(text, token, "a field has a number or a word");
    if (field->show == HW_SHOW_ADDR) { /* addresses are given whole */
        const uint64_t mask = hw_mask(field->msb % 64, field->lsb % 64);

        if (value & ~mask)
            return sim_text_fail(text, token, "%s cannot hold the address", name);
        value >>= field->lsb % 64;
    }
    n_bits = field->msb - field->lsb + 1U;
    if (n_bits < 64 && value >> n_bits)
        return sim_text_fail(text, token, "%s has %u bits", name, n_bits);
    hw_put(words, field->msb, field->lsb, value);
    return 0;
}

static bool is_known(const char *known, const struct sim_token *key)
{
    while (*known) {
        const size_t n = strcspn(known, " ");

        if (n == key->n_bytes && memcmp(known, key->bytes, n) == 0)
            return true;
        known += n + (known[n] == ' ');
    }
    return false;
}

int litmus_fields(const struct litmus *litmus, const struct sim_text *text,
                  const struct sim_stmt *stmt, const struct hw_layout *layout, const char *known,
                  uint64_t *words)
{
    int err = 0;

    for (uint32_t i = 0; i < stmt->n_args && !err; i++) {
        if (stmt->args[i].key && !is_known(known, stmt->args[i].key))
            err = put_field(litmus, text, &stmt->args[i], layout, words);
    }
    return err;
}
