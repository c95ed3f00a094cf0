/* SPDX-License-Identifier: BSD-2-Clause
 * hw_print.c - fills in rows and the complaints that every architecture shares. */
#include "models/common/hw_print.h"

#include <inttypes.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

void hw_complain(struct hw_decoded *out, const char *fmt, ...)
{
    va_list args;

    if (out->n_complaints == HW_MAX_COMPLAINTS)
        return;
    va_start(args, fmt);
    (void)vsnprintf(out->complaints[out->n_complaints], HW_TEXT_BYTES, fmt, args);
    va_end(args);
    out->n_complaints++;
}

static void complain_reserved(const struct hw_layout *layout, const uint64_t *words,
                              struct hw_decoded *out)
{
    uint64_t bits[HW_MAX_WORDS] = {0};

    if (!hw_reserved_set(layout, words, bits))
        return;
    for (unsigned i = 0; i < HW_MAX_WORDS; i++) {
        if (bits[i])
            hw_complain(out, "word %u: reserved bits set: 0x%" PRIx64, i, bits[i]);
    }
}

/* A flag's words say what 1 means, unless they name both values themselves. */
static bool is_denied(const struct hw_row *row)
{
    return !row->encoding && row->field->msb == row->field->lsb && row->value == 0 &&
           !strchr(row->field->doc, '=') && !strpbrk(row->field->doc, "01");
}

static void fill_row(const struct hw_decoder *decoder, const struct hw_layout *layout,
                     const struct hw_field *field, const uint64_t *words, struct hw_row *row)
{
    const struct hw_encoding *enc;
    char more[HW_TEXT_BYTES / 2] = "";

    row->field = field;
    row->value = hw_get(words, field->msb, field->lsb);
    row->is_used = true;
    enc = hw_encoding_find(layout, field->name, row->value);
    row->encoding = enc ? enc->name : NULL;
    if (decoder && decoder->explain)
        decoder->explain(layout, field, row->value, words, more, sizeof(more));
    (void)snprintf(row->meaning, sizeof(row->meaning), "%s%s%s%s", is_denied(row) ? "not: " : "",
                   enc ? enc->doc : field->doc, more[0] ? "; " : "", more);
}

/* Room for one more row where its bits belong: lowest first. */
static struct hw_row *place_row(struct hw_decoded *out, uint16_t lsb)
{
    size_t at = out->n_rows++;

    for (; at > 0 && out->rows[at - 1].field->lsb > lsb; at--)
        out->rows[at] = out->rows[at - 1];
    return &out->rows[at];
}

static void fill_rows(const struct hw_decoder *decoder, const struct hw_layout *layout,
                      const uint64_t *words, uint32_t conditions, struct hw_decoded *out)
{
    out->layout = layout;
    for (size_t i = 0; i < layout->n_fields && out->n_rows < HW_MAX_ROWS; i++) {
        const struct hw_field *field = &layout->fields[i];
        struct hw_row *row = place_row(out, field->lsb);

        fill_row(decoder, layout, field, words, row);
        row->is_used = (field->used & conditions) != 0;
        if (row->is_used && !row->encoding && hw_has_encodings(layout, field->name))
            hw_complain(out, "%s: value %" PRIu64 " is reserved", field->name, row->value);
    }
    complain_reserved(layout, words, out);
}

void hw_decode(const struct hw_decoder *decoder, const uint64_t *words,
               const struct hw_hints *hints, struct hw_decoded *out)
{
    const uint32_t conditions =
        decoder->conditions ? decoder->conditions(words, hints) : UINT32_MAX;

    memset(out, 0, sizeof(*out));
    fill_rows(decoder, decoder->select(words, hints), words, conditions, out);
    if (decoder->complain)
        decoder->complain(words, hints, out);
}

void hw_decode_layout(const struct hw_layout *layout, const uint64_t *words, struct hw_decoded *out)
{
    memset(out, 0, sizeof(*out));
    fill_rows(NULL, layout, words, UINT32_MAX, out);
}

/* A value as a word if it has one. */
static void print_value(const struct hw_layout *layout, const struct hw_field *field,
                        const uint64_t *words, char *text, size_t n_bytes)
{
    const uint64_t value = hw_get(words, field->msb, field->lsb);
    const struct hw_encoding *enc = hw_encoding_find(layout, field->name, value);

    if (enc)
        (void)snprintf(text, n_bytes, "%s", enc->name);
    else if (field->show == HW_SHOW_ADDR)
        (void)snprintf(text, n_bytes, "0x%" PRIx64, hw_get_addr(words, field->msb, field->lsb));
    else if (value > 9)
        (void)snprintf(text, n_bytes, "0x%" PRIx64, value);
    else
        (void)snprintf(text, n_bytes, "%" PRIu64, value);
}

static void append(char *text, size_t n_bytes, const char *more)
{
    const size_t n = strlen(text);

    (void)snprintf(text + n, n_bytes - n, "%s%s", n ? " " : "", more);
}

void hw_brief(const struct hw_layout *layout, const uint64_t *words, uint32_t conditions,
              char *text, size_t n_bytes)
{
    text[0] = '\0';
    for (size_t i = 0; i < layout->n_fields; i++) {
        const struct hw_field *field = &layout->fields[i];
        char value[48];
        char item[96];

        if (!(field->used & conditions) || hw_get(words, field->msb, field->lsb) == 0)
            continue;
        print_value(layout, field, words, value, sizeof(value));
        (void)snprintf(item, sizeof(item), "%.40s=%s", field->name, value);
        append(text, n_bytes, item);
    }
}

void hw_brief_change(const struct hw_layout *layout, unsigned index, const uint64_t *before,
                     const uint64_t *after, char *text, size_t n_bytes)
{
    text[0] = '\0';
    for (size_t i = 0; i < layout->n_fields; i++) {
        const struct hw_field *field = &layout->fields[i];
        char was[48];
        char is[48];
        char item[160];

        if (field->lsb / 64U != index ||
            hw_get(before, field->msb, field->lsb) == hw_get(after, field->msb, field->lsb))
            continue;
        print_value(layout, field, before, was, sizeof(was));
        print_value(layout, field, after, is, sizeof(is));
        (void)snprintf(item, sizeof(item), "%.40s %s->%s", field->name, was, is);
        append(text, n_bytes, item);
    }
}
