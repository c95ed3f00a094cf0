/* SPDX-License-Identifier: BSD-2-Clause
 * trc_iotr_write.c - writes .iotr files. */
#include "kernel-glue/trace/trc_iotr.h"
#include "kernel-glue/trace/trc_iotr_format.h"

#include <assert.h>
#include <errno.h>
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>
#include <xxhash.h>
#include <zstd.h>

#define MAX_VARINT_BYTES 10u
#define STRING_ARENA_BYTES (4u << 20)
#define COMPRESSION_LEVEL 1

struct trc_iotr_writer {
    FILE *file;
    struct sim_diag *diag;
    ZSTD_CCtx *zstd;
    uint64_t n_written; /* records in frames already on disk */
    uint32_t n_records;
    size_t n_string_bytes;
    size_t n_packed_max;
    size_t n_raw;
    char *strings;
    uint8_t *raw;
    uint8_t *packed;
    uint16_t *of_kind; /* indices of the records of one kind */
    struct sim_record *records;
};

static int fail_io(struct trc_iotr_writer *writer)
{
    return sim_diag_text(writer->diag, SIM_EIO, 0, 0, "cannot write: %s", strerror(errno));
}

static int write_bytes(struct trc_iotr_writer *writer, const void *bytes, size_t n_bytes)
{
    return fwrite(bytes, 1, n_bytes, writer->file) == n_bytes ? 0 : fail_io(writer);
}

static int write_file_header(struct trc_iotr_writer *writer)
{
    uint8_t header[IOTR_FILE_HEADER_BYTES] = {0};

    for (unsigned i = 0; i < TRC_IOTR_MAGIC_BYTES; i++)
        header[i] = (uint8_t)TRC_IOTR_MAGIC[i];
    iotr_put_le(header + 8, IOTR_VERSION_MAJOR, 2);
    iotr_put_le(header + 10, IOTR_VERSION_MINOR, 2);
    iotr_put_le(header + 24, XXH64(header, 24, 0), 8);
    return write_bytes(writer, header, sizeof(header));
}

struct trc_iotr_writer *trc_iotr_writer_new(FILE *file, struct sim_diag *diag)
{
    struct trc_iotr_writer *writer = calloc(1, sizeof(*writer));

    if (!writer)
        goto out_of_memory;
    writer->file = file;
    writer->diag = diag;
    writer->n_packed_max = ZSTD_compressBound(TRC_IOTR_MAX_RAW_BYTES);
    writer->zstd = ZSTD_createCCtx();
    writer->strings = malloc(STRING_ARENA_BYTES);
    writer->raw = malloc(TRC_IOTR_MAX_RAW_BYTES);
    writer->packed = malloc(writer->n_packed_max);
    writer->of_kind = malloc(TRC_IOTR_FRAME_RECORDS * sizeof(writer->of_kind[0]));
    writer->records = malloc(TRC_IOTR_FRAME_RECORDS * sizeof(writer->records[0]));
    if (!writer->zstd || !writer->strings || !writer->raw || !writer->packed || !writer->of_kind ||
        !writer->records)
        goto out_of_memory;
    if (write_file_header(writer))
        goto out;
    return writer;
out_of_memory:
    (void)sim_diag_text(diag, SIM_ENOMEM, 0, 0, "no memory to write");
out:
    trc_iotr_writer_free(writer);
    return NULL;
}

void trc_iotr_writer_free(struct trc_iotr_writer *writer)
{
    if (!writer)
        return;
    ZSTD_freeCCtx(writer->zstd);
    free(writer->strings);
    free(writer->raw);
    free(writer->packed);
    free(writer->of_kind);
    free(writer->records);
    free(writer);
}

static uint8_t *put_varint(uint8_t *at, uint64_t value)
{
    while (value >= 0x80) {
        *at++ = (uint8_t)(value | 0x80);
        value >>= 7;
    }
    *at++ = (uint8_t)value;
    return at;
}

static uint8_t *put_delta(uint8_t *at, uint64_t value, uint64_t before)
{
    const uint64_t delta = value - before;

    return put_varint(at, delta << 1 ^ (0 - (delta >> 63)));
}

/* Columns are built in place: header first, its length filled in at the end. The raw buffer is
 * large enough for every column of a full frame (see the check in trc_iotr_put). */
static uint8_t *begin_column(struct trc_iotr_writer *writer, const char *kind, const char *field,
                             enum iotr_encoding encoding)
{
    uint8_t *header = writer->raw + writer->n_raw;
    const int n_name = snprintf((char *)header + IOTR_COLUMN_HEADER_BYTES, 64, "%s%s%s", kind,
                                *field ? "." : "", field);

    header[0] = (uint8_t)n_name;
    header[1] = (uint8_t)encoding;
    return header + IOTR_COLUMN_HEADER_BYTES + n_name;
}

static void end_column(struct trc_iotr_writer *writer, const uint8_t *data, const uint8_t *end)
{
    iotr_put_le(writer->raw + writer->n_raw + 2, (uint64_t)(end - data), 4);
    writer->n_raw = (size_t)(end - writer->raw);
}

static void write_common(struct trc_iotr_writer *writer)
{
    const struct sim_record *records = writer->records;
    const uint32_t n = writer->n_records;
    uint8_t any_flags = 0;
    uint16_t any_cpu = 0;
    uint64_t before = 0;
    uint8_t *data = begin_column(writer, "kind", "", IOTR_BYTES);
    uint8_t *at = data;

    for (uint32_t i = 0; i < n; i++) {
        *at++ = records[i].kind;
        any_flags |= records[i].flags;
        any_cpu |= records[i].cpu;
    }
    end_column(writer, data, at);
    at = data = begin_column(writer, "time_ns", "", IOTR_DELTA);
    for (uint32_t i = 0; i < n; i++) {
        at = put_delta(at, records[i].time_ns, before);
        before = records[i].time_ns;
    }
    end_column(writer, data, at);
    if (any_flags) {
        at = data = begin_column(writer, "flags", "", IOTR_BYTES);
        for (uint32_t i = 0; i < n; i++)
            *at++ = records[i].flags;
        end_column(writer, data, at);
    }
    if (any_cpu) {
        before = 0;
        at = data = begin_column(writer, "cpu", "", IOTR_DELTA);
        for (uint32_t i = 0; i < n; i++) {
            at = put_delta(at, records[i].cpu, before);
            before = records[i].cpu;
        }
        end_column(writer, data, at);
    }
}

static void write_strings(struct trc_iotr_writer *writer, const char *kind,
                          const struct sim_field_info *field, uint32_t n)
{
    uint8_t *data = begin_column(writer, kind, field->name, IOTR_STRING);
    uint8_t *at = data;

    for (uint32_t i = 0; i < n; i++) {
        const struct sim_str *str = sim_field_str(&writer->records[writer->of_kind[i]], field);

        at = put_varint(at, str->n_bytes);
        memcpy(at, str->bytes, str->n_bytes);
        at += str->n_bytes;
    }
    end_column(writer, data, at);
}

/* A column of nothing but defaults is left out. */
static bool is_all_default(const struct trc_iotr_writer *writer, const struct sim_field_info *field,
                           uint32_t n)
{
    for (uint32_t i = 0; i < n; i++) {
        if (sim_field_get(&writer->records[writer->of_kind[i]], field) != field->dflt)
            return false;
    }
    return true;
}

static void write_numbers(struct trc_iotr_writer *writer, const char *kind,
                          const struct sim_field_info *field, uint32_t n)
{
    uint64_t before = 0;
    uint8_t *data;
    uint8_t *at;

    if (is_all_default(writer, field, n))
        return;
    at = data = begin_column(writer, kind, field->name, IOTR_DELTA);
    for (uint32_t i = 0; i < n; i++) {
        const uint64_t value = sim_field_get(&writer->records[writer->of_kind[i]], field);

        at = put_delta(at, value, before);
        before = value;
    }
    end_column(writer, data, at);
}

static void write_kind(struct trc_iotr_writer *writer, unsigned kind)
{
    const struct sim_record_info *info = &sim_record_infos[kind];
    uint32_t n = 0;

    for (uint32_t i = 0; i < writer->n_records; i++) {
        if (writer->records[i].kind == kind)
            writer->of_kind[n++] = (uint16_t)i;
    }
    for (unsigned i = 0; n && i < info->n_fields; i++) {
        if (info->fields[i].show == SIM_SHOW_STR)
            write_strings(writer, info->name, &info->fields[i], n);
        else
            write_numbers(writer, info->name, &info->fields[i], n);
    }
}

static int write_frame(struct trc_iotr_writer *writer, uint32_t magic, size_t n_packed)
{
    uint8_t header[IOTR_FRAME_HEADER_BYTES];
    int err;

    iotr_put_le(header, magic, 4);
    iotr_put_le(header + 4, writer->n_records, 4);
    iotr_put_le(header + 8, writer->n_raw, 4);
    iotr_put_le(header + 12, n_packed, 4);
    iotr_put_le(header + 16, writer->n_written, 8);
    iotr_put_le(header + 24, XXH64(writer->packed, n_packed, 0), 8);
    iotr_put_le(header + 32, XXH64(header, 32, 0), 8);
    err = write_bytes(writer, header, sizeof(header));
    return err ? err : write_bytes(writer, writer->packed, n_packed);
}

static int flush(struct trc_iotr_writer *writer)
{
    bool is_there[256] = {false};
    size_t n_packed;
    int err;

    writer->n_raw = 0;
    write_common(writer);
    for (uint32_t i = 0; i < writer->n_records; i++)
        is_there[writer->records[i].kind] = true;
    for (unsigned kind = 0; kind < SIM_N_RECORD_KINDS; kind++) {
        if (is_there[kind])
            write_kind(writer, kind);
    }
    n_packed = ZSTD_compressCCtx(writer->zstd, writer->packed, writer->n_packed_max, writer->raw,
                                 writer->n_raw, COMPRESSION_LEVEL);
    if (ZSTD_isError(n_packed))
        return sim_diag_text(writer->diag, SIM_EIO, 0, 0, "cannot compress: %s",
                             ZSTD_getErrorName(n_packed));
    err = write_frame(writer, IOTR_FRAME_MAGIC, n_packed);
    writer->n_written += writer->n_records;
    writer->n_records = 0;
    writer->n_string_bytes = 0;
    return err;
}

/* Strings of a record into the arena; false if it is full. */
static bool keep_strings(struct trc_iotr_writer *writer, struct sim_record *rec)
{
    const struct sim_record_info *info = &sim_record_infos[rec->kind];

    for (unsigned i = 0; info->n_strings && i < info->n_fields; i++) {
        struct sim_str *str;
        char *copy = writer->strings + writer->n_string_bytes;

        if (info->fields[i].show != SIM_SHOW_STR)
            continue;
        str = sim_field_str(rec, &info->fields[i]);
        if (str->n_bytes > STRING_ARENA_BYTES - writer->n_string_bytes)
            return false;
        if (str->n_bytes)
            memcpy(copy, str->bytes, str->n_bytes);
        str->bytes = copy;
        writer->n_string_bytes += str->n_bytes;
    }
    return true;
}

static bool strings_too_long(const struct sim_record *rec)
{
    const struct sim_record_info *info = &sim_record_infos[rec->kind];
    struct sim_record copy;

    if (info->n_strings == 0)
        return false;
    copy = *rec;
    for (unsigned i = 0; i < info->n_fields; i++) {
        if (info->fields[i].show == SIM_SHOW_STR &&
            sim_field_str(&copy, &info->fields[i])->n_bytes > SIM_STR_MAX_BYTES)
            return true;
    }
    return false;
}

int trc_iotr_put(void *ctx, const struct sim_record *rec)
{
    struct trc_iotr_writer *writer = ctx;
    const char *wrong = sim_record_check(rec);
    int err;

    /* 2 common columns of a byte and 2 varints, 7 fields of a varint, and the strings. */
    static_assert(TRC_IOTR_FRAME_RECORDS * (2 + 9 * MAX_VARINT_BYTES) + STRING_ARENA_BYTES +
                          (64U << 10) <
                      TRC_IOTR_MAX_RAW_BYTES,
                  "a full frame fits its buffer");
    if (!wrong && strings_too_long(rec))
        wrong = "a text is longer than 1024 bytes";
    if (wrong)
        return sim_diag_text(writer->diag, SIM_EINVAL, 0, 0, "record %" PRIu64 ": %s",
                             writer->n_written + writer->n_records, wrong);
    if (writer->n_records == TRC_IOTR_FRAME_RECORDS) {
        err = flush(writer);
        if (err)
            return err;
    }
    writer->records[writer->n_records] = *rec;
    if (!keep_strings(writer, &writer->records[writer->n_records])) {
        err = flush(writer);
        if (err)
            return err;
        writer->records[0] = *rec;
        SIM_BUG_ON(!keep_strings(writer, &writer->records[0]));
    }
    writer->n_records++;
    return 0;
}

int trc_iotr_finish(struct trc_iotr_writer *writer)
{
    int err = 0;

    if (writer->n_records)
        err = flush(writer);
    writer->n_raw = 0;
    if (!err)
        err = write_frame(writer, IOTR_END_MAGIC, 0);
    if (!err && fflush(writer->file) != 0)
        err = fail_io(writer);
    return err;
}
