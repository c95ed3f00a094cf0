/* SPDX-License-Identifier: BSD-2-Clause
 * smmu_decode.h - the parts of the decoder, for smmu_decode.c alone.
 * Knows: layouts. Must not know: time, memory. */
#ifndef SMMU_DECODE_H
#define SMMU_DECODE_H

#include "models/smmuv3/smmu_layout.h"

/** smmu_explain - what @value of @field means beyond its name; an empty @text if nothing more. */
void smmu_explain(const struct hw_layout *layout, const struct hw_field *field, uint64_t value,
                  const uint64_t *words, char *text, size_t n_bytes);

/* What is wrong with the words alone, with the event or error that hardware would report and the
 * rule of the facts sheet ("E05"). Rules that need an ID register are left out or say so. */
void smmu_complain_l1std(const uint64_t *words, const struct hw_hints *hints,
                         struct hw_decoded *out);
void smmu_complain_ste(const uint64_t *words, const struct hw_hints *hints, struct hw_decoded *out);
void smmu_complain_l1cd(const uint64_t *words, const struct hw_hints *hints,
                        struct hw_decoded *out);
void smmu_complain_cd(const uint64_t *words, const struct hw_hints *hints, struct hw_decoded *out);
void smmu_complain_pte(const uint64_t *words, const struct hw_hints *hints, struct hw_decoded *out);
void smmu_complain_cmd(const uint64_t *words, const struct hw_hints *hints, struct hw_decoded *out);
void smmu_complain_evt(const uint64_t *words, const struct hw_hints *hints, struct hw_decoded *out);
void smmu_complain_pri(const uint64_t *words, const struct hw_hints *hints, struct hw_decoded *out);

#endif
