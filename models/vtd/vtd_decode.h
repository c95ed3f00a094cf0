/* SPDX-License-Identifier: BSD-2-Clause
 * vtd_decode.h - the two halves of the decoder, for vtd_decode.c alone.
 * Knows: layouts. Must not know: time, memory. */
#ifndef VTD_DECODE_H
#define VTD_DECODE_H

#include "models/vtd/vtd_layout.h"

/** vtd_explain - what @value of @field means beyond its name; an empty @text if there is no more.
 */
void vtd_explain(const struct hw_layout *layout, const struct hw_field *field, uint64_t value,
                 const uint64_t *words, char *text, size_t n_bytes);

/* What is wrong with the words alone, with the fault code that hardware would report. */
void vtd_complain_root(const uint64_t *words, const struct hw_hints *hints, struct hw_decoded *out);
void vtd_complain_ctx(const uint64_t *words, const struct hw_hints *hints, struct hw_decoded *out);
void vtd_complain_pasid_dir(const uint64_t *words, const struct hw_hints *hints,
                            struct hw_decoded *out);
void vtd_complain_pasid(const uint64_t *words, const struct hw_hints *hints,
                        struct hw_decoded *out);
void vtd_complain_pte_fs(const uint64_t *words, const struct hw_hints *hints,
                         struct hw_decoded *out);
void vtd_complain_pte_ss(const uint64_t *words, const struct hw_hints *hints,
                         struct hw_decoded *out);
void vtd_complain_qi(const uint64_t *words, const struct hw_hints *hints, struct hw_decoded *out);
void vtd_complain_frcd(const uint64_t *words, const struct hw_hints *hints, struct hw_decoded *out);
void vtd_complain_prq(const uint64_t *words, const struct hw_hints *hints, struct hw_decoded *out);
void vtd_complain_irte(const uint64_t *words, const struct hw_hints *hints, struct hw_decoded *out);
void vtd_complain_fault(const uint64_t *words, const struct hw_hints *hints,
                        struct hw_decoded *out);
void vtd_complain_reg(const struct hw_layout *layout, const uint64_t *words,
                      struct hw_decoded *out);

#endif
