/* SPDX-License-Identifier: BSD-2-Clause
 * hw_bytes.h - words of a model as bytes of memory, little-endian, and back.
 * Knows: the order of bytes. Must not know: what they mean. */
#ifndef HW_BYTES_H
#define HW_BYTES_H

#include <stdint.h>

#ifdef __cplusplus
extern "C" {
#endif

/** hw_bytes_put - @n_bytes of @words into @bytes. */
static inline void hw_bytes_put(uint8_t *bytes, const uint64_t *words, uint32_t n_bytes)
{
    for (uint32_t i = 0; i < n_bytes; i++)
        bytes[i] = (uint8_t)(words[i / 8] >> (8 * (i % 8)));
}

/** hw_bytes_get - @n_bytes of @bytes into @words; what is left of the last word is 0. */
static inline void hw_bytes_get(uint64_t *words, const uint8_t *bytes, uint32_t n_bytes)
{
    for (uint32_t i = 0; i * 8 < n_bytes; i++)
        words[i] = 0;
    for (uint32_t i = 0; i < n_bytes; i++)
        words[i / 8] |= (uint64_t)bytes[i] << (8 * (i % 8));
}

#ifdef __cplusplus
}
#endif
#endif
