/* SPDX-License-Identifier: BSD-2-Clause
 * vtd_cfg_private.h - what the decoders of structures share.
 * Knows: layouts, features. Must not know: time, memory, a model's state. */
#ifndef VTD_CFG_PRIVATE_H
#define VTD_CFG_PRIVATE_H

#include "models/vtd/vtd_cfg_decode.h"
#include "models/vtd/vtd_layout.h"

/* Is a bit of the @n_words of an entry set that no field of the layout has, or that is in @also? */
bool vtd_cfg_is_reserved(const struct hw_layout *layout, size_t n_words, const uint64_t *entry,
                         const uint64_t *also);

/* Bits from @n_bits up. */
uint64_t vtd_cfg_above(unsigned n_bits);

/* @aw: one that vtd_caps_aw_levels knows. */
void vtd_cfg_second_stage(const struct vtd_caps *caps, uint64_t aw, uint64_t table,
                          struct vtd_ss *out);

#endif
