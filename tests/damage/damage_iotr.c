/* SPDX-License-Identifier: BSD-2-Clause
 * damage_iotr.c - damages .iotr files. Checksums are made right again, so that damage gets past
 * them. Format: docs/iotr-format.md. */
#include "tests/damage/damage.h"

#include <stdbool.h>
#include <stdlib.h>
#include <string.h>
#include <xxhash.h>
#include <zstd.h>

#define FILE_HEADER_BYTES 32u
#define FRAME_HEADER_BYTES 40u
#define COLUMN_HEADER_BYTES 6u
#define MAX_RAW_BYTES (8u << 20)

static void frame_hash(struct copy *c, size_t at)
{
    if (at + FRAME_HEADER_BYTES <= c->n)
        put_le(c, at + 32, XXH64(c->bytes + at, 32, 0), 8);
}

static size_t frame_bytes(const struct copy *c, size_t at)
{
    return FRAME_HEADER_BYTES + (size_t)get_le(c, at + 12, 4);
}

/* A frame of a file that is still whole; with_end: possibly the end mark. */
static size_t pick_frame(struct copy *c, bool with_end)
{
    size_t places[256] = {0};
    size_t n = 0;

    for (size_t at = FILE_HEADER_BYTES; at < c->n && n < N_OF(places); at += frame_bytes(c, at)) {
        if (with_end || c->bytes[at] == 'F')
            places[n++] = at;
    }
    return places[pick(c, n)];
}

static struct copy unpack(struct copy *c, size_t at)
{
    struct copy raw = {next_random(c), (size_t)get_le(c, at + 8, 4), NULL};

    raw.bytes = get_memory(raw.n);
    if (ZSTD_isError(ZSTD_decompress(raw.bytes, raw.n, c->bytes + at + FRAME_HEADER_BYTES,
                                     (size_t)get_le(c, at + 12, 4))))
        die("a frame of the input is damaged already");
    return raw;
}

/* Put a payload in the place of a frame's own, with checksums that are right. */
static void pack(struct copy *c, size_t at, struct copy *raw)
{
    const size_t n_bound = ZSTD_compressBound(raw->n);
    uint8_t *packed = get_memory(n_bound);
    const size_t n = ZSTD_compress(packed, n_bound, raw->bytes, raw->n, 3);

    splice(c, at + FRAME_HEADER_BYTES, (size_t)get_le(c, at + 12, 4), packed, n);
    put_le(c, at + 8, raw->n, 4);
    put_le(c, at + 12, n, 4);
    put_le(c, at + 24, XXH64(packed, n, 0), 8);
    frame_hash(c, at);
    free(packed);
    free(raw->bytes);
}

static void frame_header(struct copy *c)
{
    static const uint8_t places[] = {4, 8, 12, 16};
    const size_t at = pick_frame(c, true);
    const size_t field = at + places[pick(c, N_OF(places))];
    const uint64_t value =
        pick(c, 2) ? hostile_number(c) : get_le(c, field, 4) + (pick(c, 2) ? 1 : UINT64_MAX);

    put_le(c, field, value, field == at + 16 ? 8 : 4);
    frame_hash(c, at);
}

static void file_header(struct copy *c)
{
    put_le(c, 8 + 2 * pick(c, 8), hostile_number(c), 2);
    put_le(c, 24, XXH64(c->bytes, 24, 0), 8);
}

static void raw_bytes(struct copy *c)
{
    const size_t at = pick_frame(c, false);
    struct copy raw = unpack(c, at);

    any_way(&raw);
    pack(c, at, &raw);
}

/* Columns of a payload that is still whole. */
static size_t pick_column(struct copy *raw)
{
    size_t places[256] = {0};
    size_t n = 0;

    for (size_t at = 0; at + COLUMN_HEADER_BYTES < raw->n && n < N_OF(places);
         at += COLUMN_HEADER_BYTES + raw->bytes[at] + (size_t)get_le(raw, at + 2, 4))
        places[n++] = at;
    return places[pick(raw, n)];
}

static void column(struct copy *c)
{
    static const char *const names[] = {"kind",     "time_ns",   "cpu",        "flags",
                                        "STORE.pa", "STORE.new", "META.value", "."};
    const size_t at = pick_frame(c, false);
    struct copy raw = unpack(c, at);
    const size_t column = pick_column(&raw);
    const size_t data = column + COLUMN_HEADER_BYTES + raw.bytes[column];
    const size_t n = (size_t)get_le(&raw, column + 2, 4);
    const char *name = names[pick(c, N_OF(names))];

    switch (pick(c, 6)) {
    case 0: /* beyond its frame, or into the next column */
        put_le(&raw, column + 2, pick(c, 2) ? hostile_number(c) : n + 1 - 2 * pick(c, 2), 4);
        break;
    case 1: /* an encoding that is unknown, or not its own */
        raw.bytes[column + 1] = (uint8_t)(pick(c, 2) ? pick(c, 4) : next_random(c));
        break;
    case 2: /* varints without an end: strings and numbers that are too long */
        memset(raw.bytes + data, 0xff, n < 1 + pick(c, 40) ? n : 1 + pick(c, 11));
        break;
    case 3: /* another name */
        splice(&raw, column + COLUMN_HEADER_BYTES, raw.bytes[column], name, strlen(name));
        raw.bytes[column] = (uint8_t)strlen(name);
        break;
    case 4: /* values beyond their field */
        for (size_t i = 0; i < n; i++)
            raw.bytes[data + i] = (uint8_t)next_random(c) & (pick(c, 64) ? 0xff : 0x7f);
        break;
    default: /* the column once more */
        splice(&raw, data + n, 0, raw.bytes + column, data + n - column);
        break;
    }
    pack(c, at, &raw);
}

static void kinds(struct copy *c)
{
    const size_t at = pick_frame(c, false);
    struct copy raw = unpack(c, at);
    const size_t data = COLUMN_HEADER_BYTES + 4U;

    for (unsigned i = 0; i < 4; i++)
        raw.bytes[data + pick(c, (size_t)get_le(c, at + 4, 4))] =
            (uint8_t)(pick(c, 2) ? pick(c, 24) : next_random(c));
    pack(c, at, &raw);
}

static void long_string(struct copy *c)
{
    static const uint8_t head[] =
        "\x04\x00\x01\x00\x00\x00kind\x12\x09\x02\x00\x08\x00\x00MARK.text";
    const size_t at = pick_frame(c, false);
    const size_t n = 1020 + pick(c, 8);
    struct copy raw = {0, sizeof(head) - 1 + 2 + n, NULL};

    raw.bytes = get_memory(raw.n);
    memset(raw.bytes, '\x1b', raw.n);
    memcpy(raw.bytes, head, sizeof(head) - 1);
    put_le(&raw, 13, n + 2, 4);
    put_le(&raw, sizeof(head) - 1, (n & 0x7f) | 0x80 | (n >> 7) << 8, 2);
    put_le(c, at + 4, 1, 4);
    pack(c, at, &raw);
}

static void many_columns(struct copy *c)
{
    const size_t at = pick_frame(c, false);
    struct copy raw = unpack(c, at);
    const size_t n = raw.n;
    uint8_t *columns = get_memory(MAX_RAW_BYTES - n);

    splice(&raw, n, 0, columns, (MAX_RAW_BYTES - n) / COLUMN_HEADER_BYTES * COLUMN_HEADER_BYTES);
    pack(c, at, &raw);
    free(columns);
    if (pick(c, 2)) { /* as dense a bomb as the format can hold */
        const size_t n_frame = frame_bytes(c, at);

        for (unsigned i = 0; i < 100; i++)
            splice(c, at, 0, c->bytes + at, n_frame);
    }
}

static void bomb(struct copy *c)
{
    const size_t at = pick_frame(c, false);
    struct copy raw = {0, 64U << 20, NULL};

    raw.bytes = get_memory(raw.n);
    pack(c, at, &raw);
    put_le(c, at + 8, pick(c, 2) ? MAX_RAW_BYTES : pick(c, MAX_RAW_BYTES), 4);
    frame_hash(c, at);
}

static void packed_bytes(struct copy *c)
{
    const size_t at = pick_frame(c, false);
    const size_t n = frame_bytes(c, at) - FRAME_HEADER_BYTES;
    uint8_t *packed = c->bytes + at + FRAME_HEADER_BYTES;

    for (size_t i = 0; i <= pick(c, 8); i++)
        packed[pick(c, pick(c, 2) ? n : 16)] ^= (uint8_t)(1U << pick(c, 8));
    put_le(c, at + 24, XXH64(packed, n, 0), 8);
    frame_hash(c, at);
}

static void repeat_frames(struct copy *c)
{
    const size_t at = pick_frame(c, true);
    const size_t n = frame_bytes(c, at);
    const size_t n_times = n < 100 ? 5000 : n < 8192 ? 200 : 20;
    uint8_t *frames = get_memory(n * n_times);

    for (size_t i = 0; i < n_times; i++)
        memcpy(frames + i * n, c->bytes + at, n);
    splice(c, at, 0, frames, n * n_times);
    free(frames);
}

/* What a reader that looks for frames takes for one. */
static void false_frames(struct copy *c)
{
    const unsigned style = (unsigned)pick(c, 3);
    const size_t at = pick_frame(c, true);
    const size_t n = style == 2 ? FRAME_HEADER_BYTES : 4;
    const size_t n_times = (4U << 20) / n;
    struct copy spam = {0, n * n_times, NULL};

    spam.bytes = get_memory(spam.n);
    memcpy(spam.bytes, style == 0 ? "END!" : "FRAM", 4);
    put_le(&spam, 4, 1, 4);
    put_le(&spam, 8, 1000, 4);
    put_le(&spam, 12, 4000000, 4);
    frame_hash(&spam, 0);
    for (size_t i = 1; i < n_times; i++)
        memcpy(spam.bytes + i * n, spam.bytes, n);
    splice(c, at, 0, spam.bytes, spam.n);
    free(spam.bytes);
}

static void no_end(struct copy *c)
{
    c->n -= FRAME_HEADER_BYTES;
}

const struct way iotr_ways[N_IOTR_WAYS] = {{"frame_header", frame_header},
                                           {"file_header", file_header},
                                           {"raw_bytes", raw_bytes},
                                           {"column", column},
                                           {"kinds", kinds},
                                           {"long_string", long_string},
                                           {"column", column},
                                           {"raw_bytes", raw_bytes},
                                           {"many_columns", many_columns},
                                           {"bomb", bomb},
                                           {"packed_bytes", packed_bytes},
                                           {"repeat_frames", repeat_frames},
                                           {"false_frames", false_frames},
                                           {"no_end", no_end}};
