/* SPDX-License-Identifier: BSD-2-Clause
 * wave_fst.c - fast signal trace, the compressed format of GTKWave.
 * Knows: the format. Must not know: what a signal means.
 *
 * The file is a header, blocks of changes, a block of widths and one of names. Each block begins
 * with a byte that says what it is and its length, from the length on; numbers there are 64 bits,
 * high byte first, and inside data they are varints, low bits first. Changes are collected until a
 * block is full, so that memory stays as it is. In a block each signal has a chain of its own:
 * pairs of (steps in the block's table of times since the change before, value). */
#include "sim/wave_private.h"

#include "sim/diag.h"

#include <stdlib.h>
#include <string.h>
#include <zlib.h>

enum {
    BLOCK_HEADER = 0,
    BLOCK_WIDTHS = 3,
    BLOCK_NAMES = 4,
    BLOCK_CHANGES = 8,
    HEADER_BYTES = 329,
    HEADER_VERSION_BYTES = 128,
    HEADER_DATE_BYTES = 119,
    LENGTH_BYTES = 8,
    NAME_SCOPE = 254,
    NAME_UP = 255,
    SCOPE_MODULE = 0,
    VAR_WIRE = 16,
    VAR_STRING = 21,
    PICOSECONDS = -12,
    ZLIB_LEVEL = 4,
    GZIP_WINDOW = 15 + 16, /* zlib's way to ask for gzip's header */
    VARINT_BYTES = 10,
    MAX_CHANGES = 1 << 16,
    MAX_TEXT_BYTES = 1 << 18,
    CHAIN_BYTES = MAX_CHANGES * (VARINT_BYTES + 8) + MAX_TEXT_BYTES,
};

#define TEXT_WIDTH UINT32_MAX /* "of any length" */

struct change {
    uint32_t signal;
    uint32_t step;  /* in times */
    uint64_t value; /* of a text: where it begins in texts */
};

/* @base: values at the block's begin. @first: of each signal in @order, and the end; @where: chains
 * in the block, 0 without. @is_first_block: what was before is unknown. */
struct fst {
    uint8_t *names;
    size_t n_name_bytes, name_room;
    uint64_t n_scopes, n_blocks;
    struct change changes[MAX_CHANGES];
    uint32_t order[MAX_CHANGES];
    uint64_t times[MAX_CHANGES + 1];
    char texts[MAX_TEXT_BYTES];
    uint32_t n_changes, n_times, n_text_bytes;
    uint8_t chain[CHAIN_BYTES];
    uint8_t *packed;
    size_t packed_room;
    uint8_t *base;
    size_t n_base_bytes;
    uint32_t *first;
    uint64_t *where;
};

/* ---- bytes ---- */

static size_t put_varint(uint8_t *to, uint64_t value)
{
    size_t n = 0;

    for (; value > 0x7f; value >>= 7)
        to[n++] = (uint8_t)(value | 0x80);
    to[n++] = (uint8_t)value;
    return n;
}

/* Signed: bit 6 of the last byte is the sign. Ours are never below 0. */
static size_t put_signed(uint8_t *to, uint64_t value)
{
    size_t n = 0;

    for (; value > 0x3f; value >>= 7)
        to[n++] = (uint8_t)(value | 0x80);
    to[n++] = (uint8_t)value;
    return n;
}

/* Errors are the stream's and are seen at the end. */
static void write_bytes(struct wave *wave, const void *bytes, size_t n_bytes)
{
    (void)fwrite(bytes, 1, n_bytes, wave->out);
}

static void write_byte(struct wave *wave, unsigned byte)
{
    (void)fputc((int)byte, wave->out);
}

static void write_u64(struct wave *wave, uint64_t value)
{
    for (unsigned shift = 64; shift > 0; shift -= 8)
        write_byte(wave, (unsigned)(value >> (shift - 8) & 0xff));
}

static size_t write_varint(struct wave *wave, uint64_t value)
{
    uint8_t bytes[VARINT_BYTES];
    const size_t n = put_varint(bytes, value);

    write_bytes(wave, bytes, n);
    return n;
}

static uint64_t place(struct wave *wave)
{
    const off_t at = ftello(wave->out);

    if (at < 0)
        wave->error = SIM_EIO;
    return at < 0 ? 0 : (uint64_t)at;
}

static void seek(struct wave *wave, uint64_t at)
{
    if (!wave->error && fseeko(wave->out, (off_t)at, SEEK_SET) != 0)
        wave->error = SIM_EIO;
}

/* The block's length goes where begin_block left room. Return: where that is. */
static uint64_t begin_block(struct wave *wave, unsigned kind)
{
    uint64_t at;

    write_byte(wave, kind);
    at = place(wave);
    write_u64(wave, 0);
    return at;
}

static void end_block(struct wave *wave, uint64_t at)
{
    const uint64_t end = place(wave);

    seek(wave, at);
    write_u64(wave, end - at);
    seek(wave, end);
}

/* What does not get smaller stays as it is: @from itself, and a length of @n_bytes, say so. */
static const uint8_t *pack(struct fst *fst, const uint8_t *from, size_t n_bytes, size_t *n_packed)
{
    uLongf n = (uLongf)fst->packed_room;

    *n_packed = n_bytes;
    if (compress2(fst->packed, &n, from, (uLong)n_bytes, ZLIB_LEVEL) != Z_OK || n >= n_bytes)
        return from;
    *n_packed = (size_t)n;
    return fst->packed;
}

/* ---- names ---- */

static void add_name(struct wave *wave, const uint8_t *bytes, size_t n_bytes)
{
    struct fst *fst = wave->state;

    if (fst->n_name_bytes + n_bytes > fst->name_room) {
        const size_t room = (fst->name_room + n_bytes) * 2;
        uint8_t *names = realloc(fst->names, room);

        if (!names) {
            wave->error = SIM_ENOMEM;
            return;
        }
        fst->names = names;
        fst->name_room = room;
    }
    memcpy(fst->names + fst->n_name_bytes, bytes, n_bytes);
    fst->n_name_bytes += n_bytes;
}

static void fst_scope(struct wave *wave, const char *name)
{
    struct fst *fst = wave->state;
    uint8_t entry[WAVE_NAME_BYTES + 4] = {NAME_UP};
    size_t n = 1;

    if (name) {
        entry[0] = NAME_SCOPE;
        entry[1] = SCOPE_MODULE;
        n = 2 + strlen(name) + 2; /* no component behind it */
        memcpy(entry + 2, name, strlen(name) + 1);
        fst->n_scopes++;
    }
    add_name(wave, entry, n);
}

static void fst_declare(struct wave *wave, uint32_t signal, const char *name)
{
    const unsigned n_bits = wave->all[signal].n_bits;
    uint8_t entry[WAVE_NAME_BYTES + 4 + VARINT_BYTES] = {n_bits ? VAR_WIRE : VAR_STRING};
    size_t n = 2 + strlen(name) + 1; /* no direction */

    memcpy(entry + 2, name, strlen(name) + 1);
    n += put_varint(entry + n, n_bits);
    entry[n++] = 0; /* no alias */
    add_name(wave, entry, n);
}

static void write_names(struct wave *wave)
{
    struct fst *fst = wave->state;
    const uint64_t at = begin_block(wave, BLOCK_NAMES);
    z_stream stream = {.next_in = fst->names, .avail_in = (uInt)fst->n_name_bytes};
    size_t room;
    uint8_t *out;

    write_u64(wave, fst->n_name_bytes);
    if (deflateInit2(&stream, ZLIB_LEVEL, Z_DEFLATED, GZIP_WINDOW, 8, Z_DEFAULT_STRATEGY) != Z_OK) {
        wave->error = SIM_ENOMEM;
        return;
    }
    room = deflateBound(&stream, (uLong)fst->n_name_bytes);
    out = malloc(room);
    stream.next_out = out;
    stream.avail_out = (uInt)room;
    if (!out || deflate(&stream, Z_FINISH) != Z_STREAM_END)
        wave->error = SIM_ENOMEM;
    else
        write_bytes(wave, out, room - stream.avail_out);
    (void)deflateEnd(&stream);
    free(out);
    end_block(wave, at);
}

/* ---- widths ---- */

static void write_widths(struct wave *wave)
{
    const uint64_t at = begin_block(wave, BLOCK_WIDTHS);
    size_t n_bytes = 0;
    uint8_t unused[VARINT_BYTES];

    for (uint32_t i = 0; i < wave->n; i++)
        n_bytes += put_varint(unused, wave->all[i].n_bits ? wave->all[i].n_bits : TEXT_WIDTH);
    write_u64(wave, n_bytes);
    write_u64(wave, wave->n);
    for (uint32_t i = 0; i < wave->n; i++)
        (void)write_varint(wave, wave->all[i].n_bits ? wave->all[i].n_bits : TEXT_WIDTH);
    end_block(wave, at);
}

/* ---- the header, written twice: as room, and when all is known ---- */

static void write_header(struct wave *wave)
{
    static const char version[HEADER_VERSION_BYTES] = "iommusim";
    static const char date[HEADER_DATE_BYTES] = "-"; /* same input, same bytes */
    const struct fst *fst = wave->state;
    const double e = 2.7182818284590452354; /* by which readers find the order of its bytes */

    write_byte(wave, BLOCK_HEADER);
    write_u64(wave, HEADER_BYTES);
    write_u64(wave, 0);
    write_u64(wave, wave->time_ps);
    write_bytes(wave, &e, sizeof(e));
    write_u64(wave, sizeof(*fst));
    write_u64(wave, fst->n_scopes);
    write_u64(wave, wave->n);
    write_u64(wave, wave->n);
    write_u64(wave, fst->n_blocks);
    write_byte(wave, (uint8_t)PICOSECONDS);
    write_bytes(wave, version, sizeof(version));
    write_bytes(wave, date, sizeof(date));
    write_byte(wave, 0); /* of a Verilog simulation, as far as a viewer cares */
    write_u64(wave, 0);  /* time zero */
}

/* ---- changes ---- */

/* All values as digits, one after the other; texts have none. */
static void keep_base(const struct wave *wave, bool is_unknown)
{
    const struct fst *fst = wave->state;
    uint8_t *to = fst->base;

    for (uint32_t i = 0; i < wave->n; i++) {
        for (unsigned bit = wave->all[i].n_bits; bit-- > 0;)
            *to++ = (uint8_t)(is_unknown ? 'x' : '0' + (wave->all[i].value >> bit & 1));
    }
}

static size_t put_value(const struct fst *fst, const struct change *change, unsigned n_bits,
                        uint8_t *to)
{
    const uint32_t step = change->step;
    size_t n;

    if (n_bits == 1)
        return put_varint(to, (uint64_t)step << 2 | change->value << 1);
    n = put_varint(to, (uint64_t)step << 1);
    if (n_bits == 0) {
        const char *text = fst->texts + change->value;
        const size_t length = strlen(text);

        n += put_varint(to + n, length);
        for (size_t i = 0; i < length; i++) /* no end: its length says where that is */
            to[n++] = (uint8_t)text[i];
        return n;
    }
    for (unsigned left = n_bits; left > 0;
         left = left > 8 ? left - 8 : 0) /* first bit at the top */
        to[n++] = (uint8_t)(left >= 8 ? change->value >> (left - 8) : change->value << (8 - left));
    return n;
}

/* Return: bytes of the signal's chain in fst->chain. */
static size_t make_chain(struct wave *wave, uint32_t signal)
{
    struct fst *fst = wave->state;
    uint32_t before = 0;
    size_t n = 0;

    for (uint32_t i = fst->first[signal]; i < fst->first[signal + 1]; i++) {
        struct change change = fst->changes[fst->order[i]];
        const uint32_t step = change.step;

        change.step -= before;
        before = step;
        n += put_value(fst, &change, wave->all[signal].n_bits, fst->chain + n);
    }
    return n;
}

/* Each signal's changes together, in the order of time. */
static void sort_changes(struct wave *wave)
{
    struct fst *fst = wave->state;
    uint32_t sum = 0;

    memset(fst->first, 0, (wave->n + 1) * sizeof(*fst->first));
    for (uint32_t i = 0; i < fst->n_changes; i++)
        fst->first[fst->changes[i].signal]++;
    for (uint32_t s = 0; s <= wave->n; s++) {
        const uint32_t n = fst->first[s];

        fst->first[s] = sum;
        sum += n;
    }
    for (uint32_t i = 0; i < fst->n_changes; i++)
        fst->order[fst->first[fst->changes[i].signal]++] = i;
    for (uint32_t s = wave->n; s > 0; s--) /* each begin has moved to the next one's */
        fst->first[s] = fst->first[s - 1];
    fst->first[0] = 0;
}

/* Return: bytes of all chains before they were packed. */
static uint64_t write_chains(struct wave *wave, uint64_t start)
{
    struct fst *fst = wave->state;
    uint64_t n_all = 0;

    for (uint32_t s = 0; s < wave->n; s++) {
        const uint8_t *bytes;
        size_t n_packed;
        size_t n;

        fst->where[s] = 0;
        if (fst->first[s] == fst->first[s + 1])
            continue;
        n = make_chain(wave, s);
        n_all += n;
        fst->where[s] = place(wave) - start;
        bytes = pack(fst, fst->chain, n, &n_packed);
        (void)write_varint(wave, n_packed == n ? 0 : n);
        write_bytes(wave, bytes, n_packed);
    }
    return n_all;
}

/* Where each chain begins: the way from the one before, or how many signals have none. */
static void write_where(struct wave *wave)
{
    const struct fst *fst = wave->state;
    const uint64_t start = place(wave);
    uint64_t before = 0;
    uint64_t n_none = 0;
    uint64_t end;

    for (uint32_t s = 0; s <= wave->n; s++) {
        uint8_t bytes[VARINT_BYTES];

        if (s < wave->n && !fst->where[s]) {
            n_none++;
            continue;
        }
        if (n_none)
            (void)write_varint(wave, n_none << 1);
        n_none = 0;
        if (s == wave->n)
            break;
        write_bytes(wave, bytes, put_signed(bytes, (fst->where[s] - before) << 1 | 1));
        before = fst->where[s];
    }
    end = place(wave);
    write_u64(wave, end - start);
}

static void write_times(struct wave *wave)
{
    struct fst *fst = wave->state;
    const uint8_t *bytes;
    size_t n_packed;
    size_t n = 0;

    for (uint32_t i = 0; i < fst->n_times; i++)
        n += put_varint(fst->chain + n, fst->times[i] - (i ? fst->times[i - 1] : 0));
    bytes = pack(fst, fst->chain, n, &n_packed);
    write_bytes(wave, bytes, n_packed);
    write_u64(wave, n);
    write_u64(wave, n_packed);
    write_u64(wave, fst->n_times);
}

static void flush_block(struct wave *wave)
{
    struct fst *fst = wave->state;
    const uint64_t at = begin_block(wave, BLOCK_CHANGES);
    const uint8_t *base;
    uint64_t memory_at, end, n_all;
    size_t n_packed;

    sort_changes(wave);
    write_u64(wave, fst->times[0]);
    write_u64(wave, fst->times[fst->n_times - 1]);
    memory_at = place(wave);
    write_u64(wave, 0);
    base = pack(fst, fst->base, fst->n_base_bytes, &n_packed);
    (void)write_varint(wave, fst->n_base_bytes);
    (void)write_varint(wave, n_packed);
    (void)write_varint(wave, wave->n);
    write_bytes(wave, base, n_packed);
    (void)write_varint(wave, wave->n);
    end = place(wave); /* chains are counted from the next byte on */
    write_byte(wave, 'Z');
    n_all = write_chains(wave, end);
    write_where(wave);
    write_times(wave);
    end_block(wave, at);
    end = place(wave);
    seek(wave, memory_at);
    write_u64(wave, n_all);
    seek(wave, end);
    fst->n_blocks++;
    fst->n_changes = 0;
    fst->n_text_bytes = 0;
    fst->times[0] = wave->time_ps;
    fst->n_times = 1;
    keep_base(wave, false);
}

static void note(struct wave *wave, uint32_t signal)
{
    struct fst *fst = wave->state;
    const struct wave_one *one = &wave->all[signal];
    uint64_t value = one->value;

    if (one->n_bits == 0) {
        value = fst->n_text_bytes;
        memcpy(fst->texts + value, one->text, strlen(one->text) + 1);
        fst->n_text_bytes += (uint32_t)strlen(one->text) + 1;
    }
    fst->changes[fst->n_changes++] = (struct change){signal, fst->n_times - 1, value};
}

/* A full block goes out at once; the next one begins with the values of this moment. */
static void fst_change(struct wave *wave, uint32_t signal)
{
    const struct fst *fst = wave->state;

    note(wave, signal);
    if (fst->n_changes == MAX_CHANGES || fst->n_text_bytes > MAX_TEXT_BYTES - WAVE_NAME_BYTES)
        flush_block(wave);
}

static void fst_time(struct wave *wave)
{
    struct fst *fst = wave->state;
    const bool is_unused =
        fst->n_times > 1 &&
        (!fst->n_changes || fst->changes[fst->n_changes - 1].step < fst->n_times - 1);

    fst->times[is_unused ? fst->n_times - 1 : fst->n_times++] = wave->time_ps;
}

/* ---- begin and end ---- */

static void *fst_open(struct wave *wave)
{
    (void)wave;
    return calloc(1, sizeof(struct fst));
}

static void fst_close(void *state)
{
    struct fst *fst = state;

    free(fst->names);
    free(fst->packed);
    free(fst->base);
    free(fst->first);
    free(fst->where);
    free(fst);
}

static void fst_begin(struct wave *wave)
{
    struct fst *fst = wave->state;

    for (uint32_t i = 0; i < wave->n; i++)
        fst->n_base_bytes += wave->all[i].n_bits;
    fst->packed_room = compressBound((uLong)(fst->n_base_bytes + CHAIN_BYTES));
    fst->packed = malloc(fst->packed_room);
    fst->base = malloc(fst->n_base_bytes + 1);
    fst->first = calloc(wave->n + 1, sizeof(*fst->first));
    fst->where = calloc(wave->n + 1, sizeof(*fst->where));
    if (!fst->packed || !fst->base || !fst->first || !fst->where) {
        wave->error = SIM_ENOMEM;
        return;
    }
    write_header(wave);
    keep_base(wave, true);
    fst->n_times = 1; /* time 0 */
    for (uint32_t i = 0; i < wave->n; i++)
        fst_change(wave, i);
}

static void fst_finish(struct wave *wave)
{
    const struct fst *fst = wave->state;

    if (fst->n_changes)
        flush_block(wave);
    write_widths(wave);
    if (!wave->error)
        write_names(wave);
    seek(wave, 0);
    write_header(wave);
    if (!wave->error && fseeko(wave->out, 0, SEEK_END) != 0)
        wave->error = SIM_EIO;
}

const struct wave_ops wave_fst = {fst_open,  fst_close, fst_scope,  fst_declare,
                                  fst_begin, fst_time,  fst_change, fst_finish};
