/* SPDX-License-Identifier: BSD-2-Clause
 * hw_field.h - bit fields of hardware structures, described by tables.
 * Knows: words, bit positions, names. Must not know: any architecture.
 *
 * A structure is an array of 64-bit words, host-endian, word 0 first. Bits count over the whole
 * structure: bit 64 is bit 0 of word 1. A field never straddles two words. */
#ifndef HW_FIELD_H
#define HW_FIELD_H

#include <assert.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#ifdef __cplusplus
extern "C" {
#endif

#define HW_MAX_WORDS 8u /* the largest structure: 64 bytes */

/** hw_mask - @msb..@lsb of one word as a mask in place; both count from the word's own bit 0. */
static inline uint64_t hw_mask(unsigned msb, unsigned lsb)
{
    return (UINT64_MAX >> (63 - (msb - lsb))) << lsb;
}

/** hw_get - value of bits @msb..@lsb (absolute) of a structure. */
static inline uint64_t hw_get(const uint64_t *words, unsigned msb, unsigned lsb)
{
    return (words[lsb / 64] >> (lsb % 64)) & (UINT64_MAX >> (63 - (msb - lsb)));
}

/** hw_get_addr - the same bits left in place, as an address: bits below the field read 0. */
static inline uint64_t hw_get_addr(const uint64_t *words, unsigned msb, unsigned lsb)
{
    return words[lsb / 64] & hw_mask(msb % 64, lsb % 64);
}

/** hw_put - write @value into bits @msb..@lsb; bits of @value above the width are dropped. */
static inline void hw_put(uint64_t *words, unsigned msb, unsigned lsb, uint64_t value)
{
    const uint64_t mask = hw_mask(msb % 64, lsb % 64);

    words[lsb / 64] = (words[lsb / 64] & ~mask) | ((value << (lsb % 64)) & mask);
}

/* How a value is best shown. */
enum hw_show {
    HW_SHOW_NUMBER, /* decimal if small, else hexadecimal */
    HW_SHOW_ADDR,   /* an address: the field's bits in place */
    HW_SHOW_BITS,   /* a bit set: hexadecimal */
};

/**
 * struct hw_field - one line of a .def table.
 * @msb, @lsb: absolute bits, inclusive, in one word.
 * @used:      condition bit set by the architecture's layout header (who reads it, when).
 * @doc:       what it means, in a few words of ours.
 */
struct hw_field {
    const char *name;
    uint16_t msb, lsb;
    uint32_t used;
    enum hw_show show;
    const char *doc;
};

/** struct hw_encoding - a named value of a field. */
struct hw_encoding {
    const char *field;
    uint64_t value;
    const char *name;
    const char *doc;
};

/**
 * struct hw_layout - a whole structure.
 * @name:    the architecture's name ("STE", "CFGI_CD", "C_BAD_CD").
 * @title:   its name in words.
 * @section: where the architecture defines it.
 * @n_bits:  size; bits not covered by a field are reserved.
 */
struct hw_layout {
    const char *name;
    const char *title;
    const char *section;
    uint16_t n_bits;
    const struct hw_field *fields;
    size_t n_fields;
    const struct hw_encoding *encodings;
    size_t n_encodings;
};

/** hw_used - OR into @used (one word per 64 bits) the bits of all fields whose condition is in
 * @conditions. */
void hw_used(const struct hw_field *fields, size_t n_fields, uint32_t conditions, uint64_t *used);

/** hw_reserved_set - into @bits: the bits that are set in @words and belong to no field.
 * Return: true if there is any. */
bool hw_reserved_set(const struct hw_layout *layout, const uint64_t *words, uint64_t *bits);

/** hw_field_find - field by name, or NULL. */
const struct hw_field *hw_field_find(const struct hw_layout *layout, const char *name);

/** hw_encoding_find - the named value of @field that equals @value, or NULL. */
const struct hw_encoding *hw_encoding_find(const struct hw_layout *layout, const char *field,
                                           uint64_t value);

/** hw_has_encodings - does the table name values of @field at all? */
bool hw_has_encodings(const struct hw_layout *layout, const char *field);

/**
 * hw_layout_check - does the table keep its own rules?
 *
 * Fields inside n_bits, msb >= lsb, none straddling two words, no two overlapping, every encoding
 * of an existing field and small enough for it, no value named twice.
 * Return: NULL, or a static sentence; @culprit gets the field's or encoding's name.
 */
const char *hw_layout_check(const struct hw_layout *layout, const char **culprit);

#ifdef __cplusplus
}
#endif
#endif
