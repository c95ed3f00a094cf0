/* SPDX-License-Identifier: BSD-2-Clause
 * hw_print.h - a raw structure in words a person reads.
 * Knows: tables of fields. Must not know: any architecture; it asks the decoder it is given.
 *
 * Pure: no time, no output; the command line and the reports render the result. */
#ifndef HW_PRINT_H
#define HW_PRINT_H

#include "models/common/hw_field.h"

#ifdef __cplusplus
extern "C" {
#endif

#define HW_MAX_ROWS 96u
#define HW_MAX_COMPLAINTS 24u
#define HW_TEXT_BYTES 192u

/** struct hw_hints - what the raw words do not say. Zero = unknown. */
struct hw_hints {
    uint8_t granule_log2; /* page tables: 12, 14 or 16 */
    uint8_t level;        /* page tables: architecture's level + 1, so that 0 is unknown */
    bool is_legacy;       /* VT-d root and context: legacy mode instead of scalable mode */
};

/** struct hw_row - one field. @meaning is never empty if a value has a name or a doc. */
struct hw_row {
    const struct hw_field *field;
    uint64_t value;
    const char *encoding; /* name of the value, or NULL */
    bool is_used;         /* hardware reads the field in this configuration */
    char meaning[HW_TEXT_BYTES];
};

/** struct hw_decoded - all rows, lowest bit first, and what is wrong with the words. */
struct hw_decoded {
    const struct hw_layout *layout;
    size_t n_rows;
    struct hw_row rows[HW_MAX_ROWS];
    size_t n_complaints;
    char complaints[HW_MAX_COMPLAINTS][HW_TEXT_BYTES];
};

/**
 * struct hw_decoder - one kind of structure that can be decoded.
 * @word:        its name on the command line, lower case ("ste", "qi").
 * @n_words_min, @n_words_max: how many words it may be given.
 * @select:      which layout the words are in; never NULL as a result (an unknown opcode gives a
 *               layout of its own with the opcode field only).
 * @conditions:  the used-conditions that hold for these words; NULL = all.
 * @explain:     what a value means beyond its encoding, into @text (sizes, counts, addresses);
 *               NULL or an empty text = nothing more to say.
 * @complain:    adds architecture-specific complaints with hw_complain; NULL = none.
 */
struct hw_decoder {
    const char *word;
    const char *title;
    uint8_t n_words_min, n_words_max;
    const struct hw_layout *(*select)(const uint64_t *words, const struct hw_hints *hints);
    uint32_t (*conditions)(const uint64_t *words, const struct hw_hints *hints);
    void (*explain)(const struct hw_layout *layout, const struct hw_field *field, uint64_t value,
                    const uint64_t *words, char *text, size_t n_bytes);
    void (*complain)(const uint64_t *words, const struct hw_hints *hints, struct hw_decoded *out);
};

/** hw_decode - @words has HW_MAX_WORDS words, those not given are 0. Always fills @out. */
void hw_decode(const struct hw_decoder *decoder, const uint64_t *words,
               const struct hw_hints *hints, struct hw_decoded *out);

/** hw_decode_layout - the same for a layout alone (registers). */
void hw_decode_layout(const struct hw_layout *layout, const uint64_t *words,
                      struct hw_decoded *out);

/**
 * hw_brief - "SID=32 SSID=0 Leaf=LAST": the fields that are used and not 0, in one line.
 * @conditions: as from struct hw_decoder. Always terminated; cut at @n_bytes.
 */
void hw_brief(const struct hw_layout *layout, const uint64_t *words, uint32_t conditions,
              char *text, size_t n_bytes);

/** hw_brief_change - "V 1->0 ASID 3->4": the fields of word @index in which @after differs from
 * @before. Whole structures are given, so that encodings can be told. */
void hw_brief_change(const struct hw_layout *layout, unsigned index, const uint64_t *before,
                     const uint64_t *after, char *text, size_t n_bytes);

/** hw_complain - add one sentence; further ones than fit are dropped. */
void hw_complain(struct hw_decoded *out, const char *fmt, ...)
    __attribute__((format(printf, 2, 3)));

#ifdef __cplusplus
}
#endif
#endif
