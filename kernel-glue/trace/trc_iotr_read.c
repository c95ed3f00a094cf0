/* SPDX-License-Identifier: BSD-2-Clause
 * trc_iotr_read.c - reads .iotr files, whole, cut or damaged.
 * Every length is checked against what is there before it is used. */
#include "kernel-glue/trace/trc_iotr.h"
#include "kernel-glue/trace/trc_iotr_format.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <xxhash.h>
#include <zstd.h>

/* Bytes of the file not yet used; large enough for the largest frame. */
#define INPUT_BYTES (TRC_IOTR_MAX_RAW_BYTES + (1u << 20))
/* Bytes of broken frames in which a reader looks for the next one: a file made of nothing but
 * headers must not cost the square of its length. */
#define MAX_SEARCHED_BYTES (UINT64_C(1) << 30)

struct trc_iotr_reader {
    FILE *file;
    struct sim_diag *diag;
    ZSTD_DCtx *zstd;
    struct trc_iotr_damage damage;
    uint64_t offset;     /* of input[at] in the file */
    uint64_t expected;   /* number of the next record */
    uint64_t time_ns;    /* of the last record handed out */
    uint64_t n_searched; /* bytes of broken frames in which the next one was looked for */
    size_t at, n_input;
    bool is_at_end; /* nothing more can be read from the file */
    bool is_done;
    bool is_skipping; /* looking for the next frame */
    uint8_t *input;
    uint8_t *raw;
    uint16_t *of_kind[SIM_N_RECORD_KINDS];
    uint32_t n_of_kind[SIM_N_RECORD_KINDS];
    uint16_t *kind_indices; /* memory of of_kind */
    struct sim_record *records;
};

/* A frame's header, checked. */
struct frame {
    bool is_end;
    uint32_t n_records;
    uint32_t n_raw;
    uint32_t n_packed;
    uint64_t first;
};

/* Bytes left of a column. */
struct span {
    const uint8_t *at;
    const uint8_t *end;
};

static void damaged(struct trc_iotr_reader *reader, const char *reason)
{
    if (reader->damage.n_frames == 0) {
        reader->damage.offset = reader->offset;
        reader->damage.reason = reason;
    }
    if (!reader->is_skipping)
        reader->damage.n_frames++;
    reader->is_skipping = true;
}

/* Have at least n bytes in input, if the file has them. Return: SIM_EIO, or 0. */
static int fill(struct trc_iotr_reader *reader, size_t n)
{
    if (reader->n_input - reader->at >= n || reader->is_at_end)
        return 0;
    memmove(reader->input, reader->input + reader->at, reader->n_input - reader->at);
    reader->n_input -= reader->at;
    reader->at = 0;
    while (reader->n_input < n) {
        const size_t got =
            fread(reader->input + reader->n_input, 1, INPUT_BYTES - reader->n_input, reader->file);

        if (got == 0 && ferror(reader->file))
            return sim_diag_bytes(reader->diag, SIM_EIO, reader->offset, "cannot read: %s",
                                  strerror(errno));
        if (got == 0) {
            reader->is_at_end = true;
            return 0;
        }
        reader->n_input += got;
    }
    return 0;
}

static size_t available(const struct trc_iotr_reader *reader)
{
    return reader->n_input - reader->at;
}

static void use(struct trc_iotr_reader *reader, size_t n)
{
    reader->at += n;
    reader->offset += n;
}

static int read_file_header(struct trc_iotr_reader *reader)
{
    const uint8_t *header = reader->input;
    int err = fill(reader, IOTR_FILE_HEADER_BYTES);

    if (err)
        return err;
    if (available(reader) < TRC_IOTR_MAGIC_BYTES ||
        memcmp(header, TRC_IOTR_MAGIC, TRC_IOTR_MAGIC_BYTES) != 0)
        return sim_diag_bytes(reader->diag, SIM_EFORMAT, 0, "not an .iotr file");
    if (available(reader) < IOTR_FILE_HEADER_BYTES)
        return sim_diag_bytes(reader->diag, SIM_ETRUNC, available(reader),
                              "the file ends inside its header");
    if (iotr_get_le(header + 24, 8) != XXH64(header, 24, 0))
        return sim_diag_bytes(reader->diag, SIM_EFORMAT, 0, "the file header is damaged");
    if (iotr_get_le(header + 8, 2) != IOTR_VERSION_MAJOR)
        return sim_diag_bytes(reader->diag, SIM_EFORMAT, 8,
                              "format version %u, this program reads version %u",
                              (unsigned)iotr_get_le(header + 8, 2), IOTR_VERSION_MAJOR);
    use(reader, IOTR_FILE_HEADER_BYTES);
    return 0;
}

struct trc_iotr_reader *trc_iotr_reader_new(FILE *file, struct sim_diag *diag)
{
    struct trc_iotr_reader *reader = calloc(1, sizeof(*reader));

    if (!reader)
        goto out_of_memory;
    reader->file = file;
    reader->diag = diag;
    reader->zstd = ZSTD_createDCtx();
    reader->input = malloc(INPUT_BYTES);
    reader->raw = malloc(TRC_IOTR_MAX_RAW_BYTES);
    reader->kind_indices = malloc(TRC_IOTR_FRAME_RECORDS * sizeof(reader->kind_indices[0]));
    reader->records = malloc((TRC_IOTR_FRAME_RECORDS + 1) * sizeof(reader->records[0]));
    if (!reader->zstd || !reader->input || !reader->raw || !reader->kind_indices ||
        !reader->records)
        goto out_of_memory;
    if (read_file_header(reader))
        goto out;
    return reader;
out_of_memory:
    (void)sim_diag_text(diag, SIM_ENOMEM, 0, 0, "no memory to read");
out:
    trc_iotr_reader_free(reader);
    return NULL;
}

void trc_iotr_reader_free(struct trc_iotr_reader *reader)
{
    if (!reader)
        return;
    ZSTD_freeDCtx(reader->zstd);
    free(reader->input);
    free(reader->raw);
    free(reader->kind_indices);
    free(reader->records);
    free(reader);
}

/* A frame's header at the current place? */
static bool parse_frame_header(const struct trc_iotr_reader *reader, struct frame *frame)
{
    const uint8_t *header = reader->input + reader->at;
    uint64_t magic;

    if (available(reader) < IOTR_FRAME_HEADER_BYTES)
        return false;
    magic = iotr_get_le(header, 4);
    if ((magic != IOTR_FRAME_MAGIC && magic != IOTR_END_MAGIC) ||
        iotr_get_le(header + 32, 8) != XXH64(header, 32, 0))
        return false;
    frame->is_end = magic == IOTR_END_MAGIC;
    frame->n_records = (uint32_t)iotr_get_le(header + 4, 4);
    frame->n_raw = (uint32_t)iotr_get_le(header + 8, 4);
    frame->n_packed = (uint32_t)iotr_get_le(header + 12, 4);
    frame->first = iotr_get_le(header + 16, 8);
    return frame->n_records <= TRC_IOTR_FRAME_RECORDS && frame->n_raw <= TRC_IOTR_MAX_RAW_BYTES &&
           frame->n_packed <= INPUT_BYTES - IOTR_FRAME_HEADER_BYTES &&
           (frame->is_end || frame->n_records > 0);
}

static bool get_varint(struct span *span, uint64_t *value)
{
    uint64_t result = 0;

    for (unsigned shift = 0; shift < 70 && span->at < span->end; shift += 7) {
        const uint8_t byte = *span->at++;

        if (shift == 63 && byte > 1)
            return false;
        result |= (uint64_t)(byte & 0x7f) << shift;
        if (byte < 0x80) {
            *value = result;
            return true;
        }
    }
    return false;
}

static bool get_delta(struct span *span, uint64_t *value)
{
    uint64_t zigzag;

    if (!get_varint(span, &zigzag))
        return false;
    *value += zigzag >> 1 ^ (0 - (zigzag & 1));
    return true;
}

static const char *read_kinds(struct trc_iotr_reader *reader, const struct frame *frame,
                              struct span data)
{
    uint32_t counts[256] = {0};
    uint16_t *at = reader->kind_indices;

    if ((size_t)(data.end - data.at) != frame->n_records)
        return "the column of kinds has the wrong length";
    for (uint32_t i = 0; i < frame->n_records; i++)
        counts[data.at[i]]++;
    for (unsigned kind = 0; kind < 256; kind++) {
        if (kind < SIM_N_RECORD_KINDS) {
            reader->of_kind[kind] = at;
            reader->n_of_kind[kind] = 0;
            at += counts[kind];
        }
        if (counts[kind] && (kind >= SIM_N_RECORD_KINDS || !sim_record_infos[kind].name))
            return "a record of an unknown kind";
    }
    for (uint32_t i = 0; i < frame->n_records; i++) {
        const uint8_t kind = data.at[i];

        sim_record_init(&reader->records[i], (enum sim_record_kind)kind);
        reader->of_kind[kind][reader->n_of_kind[kind]++] = (uint16_t)i;
    }
    return NULL;
}

static const char *read_times(struct trc_iotr_reader *reader, const struct frame *frame,
                              struct span data)
{
    uint64_t time_ns = 0;

    for (uint32_t i = 0; i < frame->n_records; i++) {
        if (!get_delta(&data, &time_ns))
            return "a column ends too early";
        reader->records[i].time_ns = time_ns;
    }
    return data.at == data.end ? NULL : "a column is too long";
}

static const char *read_cpus(struct trc_iotr_reader *reader, const struct frame *frame,
                             struct span data)
{
    uint64_t cpu = 0;

    for (uint32_t i = 0; i < frame->n_records; i++) {
        if (!get_delta(&data, &cpu))
            return "a column ends too early";
        if (cpu > UINT16_MAX)
            return "a CPU number above 65535";
        reader->records[i].cpu = (uint16_t)cpu;
    }
    return data.at == data.end ? NULL : "a column is too long";
}

static const char *read_flags(struct trc_iotr_reader *reader, const struct frame *frame,
                              struct span data)
{
    if ((size_t)(data.end - data.at) != frame->n_records)
        return "the column of flags has the wrong length";
    for (uint32_t i = 0; i < frame->n_records; i++)
        reader->records[i].flags = data.at[i];
    return NULL;
}

static const char *read_numbers(struct trc_iotr_reader *reader, unsigned kind,
                                const struct sim_field_info *field, struct span data)
{
    uint64_t value = 0;

    for (uint32_t i = 0; i < reader->n_of_kind[kind]; i++) {
        if (!get_delta(&data, &value))
            return "a column ends too early";
        if (!sim_field_fits(field, value))
            return "a value does not fit its field";
        sim_field_set(&reader->records[reader->of_kind[kind][i]], field, value);
    }
    return data.at == data.end ? NULL : "a column is too long";
}

static const char *read_strings(struct trc_iotr_reader *reader, unsigned kind,
                                const struct sim_field_info *field, struct span data)
{
    for (uint32_t i = 0; i < reader->n_of_kind[kind]; i++) {
        struct sim_str *str = sim_field_str(&reader->records[reader->of_kind[kind][i]], field);
        uint64_t n_bytes;

        if (!get_varint(&data, &n_bytes) || n_bytes > (uint64_t)(data.end - data.at))
            return "a column ends too early";
        if (n_bytes > SIM_STR_MAX_BYTES)
            return "a text is longer than 1024 bytes";
        str->bytes = (const char *)data.at;
        str->n_bytes = (uint32_t)n_bytes;
        data.at += n_bytes;
    }
    return data.at == data.end ? NULL : "a column is too long";
}

static const char *read_field(struct trc_iotr_reader *reader, const char *name, unsigned encoding,
                              struct span data)
{
    const char *dot = strchr(name, '.');

    for (unsigned kind = 0; dot && kind < SIM_N_RECORD_KINDS; kind++) {
        const struct sim_record_info *info = &sim_record_infos[kind];
        const struct sim_field_info *field;

        if (!info->name || strlen(info->name) != (size_t)(dot - name) ||
            memcmp(info->name, name, (size_t)(dot - name)) != 0)
            continue;
        field = sim_record_field((enum sim_record_kind)kind, dot + 1);
        if (!field)
            return NULL; /* of a newer version: not for us */
        if (encoding == IOTR_STRING && field->show == SIM_SHOW_STR)
            return read_strings(reader, kind, field, data);
        if (encoding == IOTR_DELTA && field->show != SIM_SHOW_STR)
            return read_numbers(reader, kind, field, data);
        return "a column has the wrong encoding";
    }
    return NULL;
}

static const char *read_column(struct trc_iotr_reader *reader, const struct frame *frame,
                               const char *name, unsigned encoding, struct span data)
{
    if (strcmp(name, "time_ns") == 0 && encoding == IOTR_DELTA)
        return read_times(reader, frame, data);
    if (strcmp(name, "cpu") == 0 && encoding == IOTR_DELTA)
        return read_cpus(reader, frame, data);
    if (strcmp(name, "flags") == 0 && encoding == IOTR_BYTES)
        return read_flags(reader, frame, data);
    return read_field(reader, name, encoding, data);
}

static const char *read_columns(struct trc_iotr_reader *reader, const struct frame *frame)
{
    struct span rest = {reader->raw, reader->raw + frame->n_raw};
    bool has_kinds = false;

    while (rest.at < rest.end) {
        char name[256];
        const uint8_t *header = rest.at;
        const size_t n_left = (size_t)(rest.end - rest.at);
        const char *wrong;
        struct span data;

        if (n_left < IOTR_COLUMN_HEADER_BYTES ||
            n_left - IOTR_COLUMN_HEADER_BYTES < (size_t)header[0] + iotr_get_le(header + 2, 4))
            return "a column goes beyond its frame";
        memcpy(name, header + IOTR_COLUMN_HEADER_BYTES, header[0]);
        name[header[0]] = '\0';
        data.at = header + IOTR_COLUMN_HEADER_BYTES + header[0];
        data.end = data.at + iotr_get_le(header + 2, 4);
        rest.at = data.end;
        if (strcmp(name, "kind") == 0 && !has_kinds) {
            has_kinds = true;
            wrong = read_kinds(reader, frame, data);
        } else if (!has_kinds) {
            wrong = "the first column must be the kinds";
        } else {
            wrong = read_column(reader, frame, name, header[1], data);
        }
        if (wrong)
            return wrong;
    }
    return has_kinds ? NULL : "no column of kinds";
}

static bool has_right_checksum(const struct trc_iotr_reader *reader, const struct frame *frame)
{
    const uint8_t *header = reader->input + reader->at;

    return iotr_get_le(header + 24, 8) ==
           XXH64(header + IOTR_FRAME_HEADER_BYTES, frame->n_packed, 0);
}

static const char *unpack(struct trc_iotr_reader *reader, const struct frame *frame)
{
    const uint8_t *header = reader->input + reader->at;
    const uint8_t *packed = header + IOTR_FRAME_HEADER_BYTES;
    const char *wrong;
    size_t n_raw;

    n_raw = ZSTD_decompressDCtx(reader->zstd, reader->raw, TRC_IOTR_MAX_RAW_BYTES, packed,
                                frame->n_packed);
    if (ZSTD_isError(n_raw) || n_raw != frame->n_raw)
        return "a frame cannot be decompressed";
    wrong = read_columns(reader, frame);
    for (uint32_t i = 0; !wrong && i < frame->n_records; i++)
        wrong = sim_record_check(&reader->records[i]);
    return wrong;
}

/* Where the magic of a header stands, or NULL. In one go: a file may hold millions of them. */
static const uint8_t *find_magic(const uint8_t *at, size_t n)
{
    const uint8_t *const end = at + n - (n < 3 ? n : 3);

    for (; at < end; at++) {
        if ((*at == 'F' || *at == 'E') &&
            (memcmp(at, "FRAM", 4) == 0 || memcmp(at, "END!", 4) == 0))
            return at;
    }
    return NULL;
}

/* Move on to the next place that could be a frame's header. */
static int skip(struct trc_iotr_reader *reader)
{
    for (;;) {
        const uint8_t *from;
        const uint8_t *found;
        size_t n;
        int err;

        use(reader, 1);
        err = fill(reader, IOTR_FRAME_HEADER_BYTES);
        if (err)
            return err;
        n = available(reader);
        if (n < IOTR_FRAME_HEADER_BYTES) {
            use(reader, n);
            return 0;
        }
        from = reader->input + reader->at;
        found = find_magic(from, n);
        if (found) {
            use(reader, (size_t)(found - from));
            return fill(reader, IOTR_FRAME_HEADER_BYTES);
        }
        use(reader, n - 4);
    }
}

/* The next frame into records. Return: 1, 0 if what lies here is no whole frame (then it has been
 * passed over), or SIM_EIO. */
static int read_frame(struct trc_iotr_reader *reader, struct frame *frame)
{
    const char *wrong = NULL;
    bool is_broken = true;
    size_t n_bytes;
    int err;

    if (!parse_frame_header(reader, frame)) {
        damaged(reader, available(reader) < IOTR_FRAME_HEADER_BYTES
                            ? "the file ends inside a frame"
                            : "no frame where one must begin");
        return skip(reader);
    }
    n_bytes = (size_t)IOTR_FRAME_HEADER_BYTES + frame->n_packed;
    err = fill(reader, n_bytes);
    if (err)
        return err;
    if (available(reader) < n_bytes) {
        wrong = "the file ends inside a frame";
        n_bytes = available(reader);
    } else if (!has_right_checksum(reader, frame)) {
        wrong = "the checksum of a frame is wrong";
    } else {
        is_broken = false;
        wrong = frame->is_end ? NULL : unpack(reader, frame);
    }
    if (wrong)
        damaged(reader, wrong);
    if (is_broken && reader->n_searched + n_bytes <= MAX_SEARCHED_BYTES) {
        reader->n_searched += n_bytes; /* it may lack bytes: then the next one begins inside it */
        return skip(reader);
    }
    use(reader, n_bytes);
    return wrong ? 0 : 1;
}

/* Frames were left out before record number @first: a LOST record goes into their place. */
static bool note_gap(struct trc_iotr_reader *reader, uint64_t first, struct sim_record *lost)
{
    const uint64_t n_lost = first > reader->expected ? first - reader->expected : 0;

    if (!reader->is_skipping && first != reader->expected)
        damaged(reader, "frames are missing");
    if (!reader->is_skipping)
        return false;
    reader->is_skipping = false;
    reader->expected = first;
    reader->damage.n_records += n_lost;
    sim_record_init(lost, SIM_R_LOST);
    lost->time_ns = reader->time_ns;
    lost->lost.n = n_lost;
    return true;
}

static void put_first(struct trc_iotr_reader *reader, const struct sim_record *lost, size_t n)
{
    memmove(&reader->records[1], &reader->records[0], n * sizeof(reader->records[0]));
    reader->records[0] = *lost;
}

/* The end mark, or the end of the file. Return: how many records (LOST) are left to hand out. */
static size_t end_of_file(struct trc_iotr_reader *reader, bool has_mark, uint64_t first)
{
    reader->is_done = true;
    if (!has_mark) {
        damaged(reader, "the file ends without its end mark");
        reader->damage.is_cut = true;
        first = reader->expected;
    } else if (available(reader) > 0) {
        damaged(reader, "bytes after the end mark");
    }
    return note_gap(reader, first, &reader->records[0]) ? 1 : 0;
}

int trc_iotr_next(struct trc_iotr_reader *reader, const struct sim_record **records,
                  size_t *n_records)
{
    *records = reader->records;
    *n_records = 0;
    while (!reader->is_done && *n_records == 0) {
        struct sim_record lost;
        struct frame frame = {0};
        int err = fill(reader, IOTR_FRAME_HEADER_BYTES);

        if (err)
            return err;
        if (available(reader) == 0) {
            *n_records = end_of_file(reader, false, 0);
            continue;
        }
        err = read_frame(reader, &frame);
        if (err < 0)
            return err;
        if (err == 0)
            continue;
        if (frame.is_end) {
            err = fill(reader, 1);
            if (err)
                return err;
            *n_records = end_of_file(reader, true, frame.first);
            continue;
        }
        *n_records = frame.n_records;
        if (note_gap(reader, frame.first, &lost)) {
            put_first(reader, &lost, frame.n_records);
            (*n_records)++;
        }
        reader->expected += frame.n_records;
        reader->time_ns = reader->records[*n_records - 1].time_ns;
    }
    return *n_records ? 1 : 0;
}

const struct trc_iotr_damage *trc_iotr_get_damage(const struct trc_iotr_reader *reader)
{
    return &reader->damage;
}
