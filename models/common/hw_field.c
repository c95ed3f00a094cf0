/* SPDX-License-Identifier: BSD-2-Clause
 * hw_field.c - reads tables of fields. */
#include "models/common/hw_field.h"

#include <string.h>

static uint64_t field_mask(const struct hw_field *field)
{
    return hw_mask(field->msb % 64U, field->lsb % 64U);
}

void hw_used(const struct hw_field *fields, size_t n_fields, uint32_t conditions, uint64_t *used)
{
    for (size_t i = 0; i < n_fields; i++) {
        if (fields[i].used & conditions)
            used[fields[i].lsb / 64] |= field_mask(&fields[i]);
    }
}

bool hw_reserved_set(const struct hw_layout *layout, const uint64_t *words, uint64_t *bits)
{
    uint64_t known[HW_MAX_WORDS] = {0};
    const unsigned n_words = (layout->n_bits + 63U) / 64;
    bool any = false;

    hw_used(layout->fields, layout->n_fields, UINT32_MAX, known);
    for (unsigned i = 0; i < n_words; i++) {
        bits[i] = words[i] & ~known[i];
        any |= bits[i] != 0;
    }
    return any;
}

const struct hw_field *hw_field_find(const struct hw_layout *layout, const char *name)
{
    for (size_t i = 0; i < layout->n_fields; i++) {
        if (strcmp(layout->fields[i].name, name) == 0)
            return &layout->fields[i];
    }
    return NULL;
}

const struct hw_encoding *hw_encoding_find(const struct hw_layout *layout, const char *field,
                                           uint64_t value)
{
    for (size_t i = 0; i < layout->n_encodings; i++) {
        const struct hw_encoding *enc = &layout->encodings[i];

        if (enc->value == value && strcmp(enc->field, field) == 0)
            return enc;
    }
    return NULL;
}

bool hw_has_encodings(const struct hw_layout *layout, const char *field)
{
    for (size_t i = 0; i < layout->n_encodings; i++) {
        if (strcmp(layout->encodings[i].field, field) == 0)
            return true;
    }
    return false;
}

static const char *check_field(const struct hw_layout *layout, const struct hw_field *field,
                               uint64_t *taken)
{
    if (field->msb < field->lsb)
        return "msb below lsb";
    if (field->msb >= layout->n_bits)
        return "beyond the structure";
    if (field->msb / 64 != field->lsb / 64)
        return "straddles two words";
    if (field->used == 0)
        return "nobody uses it";
    if (taken[field->lsb / 64] & field_mask(field))
        return "overlaps another field";
    taken[field->lsb / 64] |= field_mask(field);
    return NULL;
}

static const char *check_encoding(const struct hw_layout *layout, size_t index)
{
    const struct hw_encoding *enc = &layout->encodings[index];
    const struct hw_field *field = hw_field_find(layout, enc->field);

    if (!field)
        return "encoding of a field that is not there";
    if (enc->value > UINT64_MAX >> (63 - (field->msb - field->lsb)))
        return "encoding wider than its field";
    if (hw_encoding_find(layout, enc->field, enc->value) != enc)
        return "value named twice";
    return NULL;
}

const char *hw_layout_check(const struct hw_layout *layout, const char **culprit)
{
    uint64_t taken[HW_MAX_WORDS] = {0};
    const char *wrong = NULL;

    *culprit = layout->name;
    if (layout->n_bits == 0 || layout->n_bits > HW_MAX_WORDS * 64)
        return "size out of range";
    for (size_t i = 0; i < layout->n_fields && !wrong; i++) {
        *culprit = layout->fields[i].name;
        wrong = check_field(layout, &layout->fields[i], taken);
    }
    for (size_t i = 0; i < layout->n_encodings && !wrong; i++) {
        *culprit = layout->encodings[i].name;
        wrong = check_encoding(layout, i);
    }
    return wrong;
}
