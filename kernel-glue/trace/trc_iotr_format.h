/* SPDX-License-Identifier: BSD-2-Clause
 * trc_iotr_format.h - the bytes of an .iotr file, for its writer and its reader only.
 * All numbers are little-endian. Format: docs/iotr-format.md. */
#ifndef TRC_IOTR_FORMAT_H
#define TRC_IOTR_FORMAT_H

#include <stddef.h>
#include <stdint.h>

#define IOTR_VERSION_MAJOR 1u
#define IOTR_VERSION_MINOR 0u

/* File header: magic 8, major 2, minor 2, zero 4, zero 8, xxh64 of the first 24 bytes. */
#define IOTR_FILE_HEADER_BYTES 32u
/* Frame header: magic 4, records 4, raw bytes 4, compressed bytes 4, number of the first record 8,
 * xxh64 of the compressed bytes 8, xxh64 of the first 32 bytes of this header 8. */
#define IOTR_FRAME_HEADER_BYTES 40u
#define IOTR_FRAME_MAGIC UINT32_C(0x4d415246) /* "FRAM" */
#define IOTR_END_MAGIC UINT32_C(0x21444e45)   /* "END!" */
/* Column header: name length 1, encoding 1, data bytes 4; then the name, then the data. */
#define IOTR_COLUMN_HEADER_BYTES 6u

enum iotr_encoding {
    IOTR_BYTES = 0,  /* one byte a value */
    IOTR_DELTA = 1,  /* difference to the value before, zigzag, 7 bits a byte */
    IOTR_STRING = 2, /* length, 7 bits a byte, then the bytes */
};

static inline void iotr_put_le(uint8_t *at, uint64_t value, unsigned n_bytes)
{
    for (unsigned i = 0; i < n_bytes; i++)
        at[i] = (uint8_t)(value >> 8 * i);
}

static inline uint64_t iotr_get_le(const uint8_t *at, unsigned n_bytes)
{
    uint64_t value = 0;

    for (unsigned i = 0; i < n_bytes; i++)
        value |= (uint64_t)at[i] << 8 * i;
    return value;
}

#endif
