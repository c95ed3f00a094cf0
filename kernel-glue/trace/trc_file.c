/* SPDX-License-Identifier: BSD-2-Clause
 * trc_file.c - looks at the first bytes of a file and calls its reader. */
#include "kernel-glue/trace/trc_file.h"

#include "kernel-glue/trace/trc_child.h"
#include "kernel-glue/trace/trc_ftrace_text.h"
#include "kernel-glue/trace/trc_import.h"
#include "kernel-glue/trace/trc_iotr.h"
#include "kernel-glue/trace/trc_tracedat.h"
#include "sim/text.h"

#include <errno.h>
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#define SNIFF_BYTES 512u

const char *trc_file_kind_name(enum trc_file_kind kind)
{
    static const char *const names[] = {"trace.dat", "ftrace text", ".iotr", ".iotr.txt"};

    return names[kind];
}

/* Counts on the way to the user's sink. */
struct counter {
    const struct sim_record_sink *sink;
    uint64_t *n_records;
};

static int count(void *ctx, const struct sim_record *rec)
{
    const struct counter *counter = ctx;

    (*counter->n_records)++;
    return counter->sink->put(counter->sink->ctx, rec);
}

static int read_kernel_trace(trc_source_fn *source, void *ctx, const struct sim_record_sink *sink,
                             struct trc_file_info *info, struct sim_diag *diag)
{
    struct trc_import *import = trc_import_new(sink, &info->stats, diag);
    const struct trc_event_sink events = {trc_import_event, import};
    int err;
    int finish_err;

    if (!import)
        return sim_diag_text(diag, SIM_ENOMEM, 0, 0, "no memory to import");
    err = trc_child_run(source, ctx, &trc_default_limits, &events, diag);
    if (err == 0 || err == SIM_ETRUNC) {
        finish_err = trc_import_finish(import, err == SIM_ETRUNC);
        err = finish_err ? finish_err : err;
    }
    trc_import_free(import);
    return err;
}

static int read_iotr(FILE *file, const struct sim_record_sink *sink, struct sim_diag *diag)
{
    struct trc_iotr_reader *reader = trc_iotr_reader_new(file, diag);
    const struct trc_iotr_damage *damage;
    const struct sim_record *records;
    size_t n;
    int put_err = 0;
    int err = 0;

    if (!reader)
        return diag->error;
    while (!put_err && (err = trc_iotr_next(reader, &records, &n)) == 1) {
        for (size_t i = 0; i < n && !put_err; i++)
            put_err = sink->put(sink->ctx, &records[i]);
    }
    err = put_err ? put_err : err;
    damage = trc_iotr_get_damage(reader);
    if (err == 0 && damage->n_frames && damage->is_cut && damage->n_records == 0)
        err = sim_diag_bytes(diag, SIM_ETRUNC, damage->offset, "%s; left out: everything from here",
                             damage->reason);
    else if (err == 0 && damage->n_frames)
        err = sim_diag_bytes(diag, SIM_ETRUNC, damage->offset,
                             "%s; left out: %" PRIu64 " frame%s, %s%" PRIu64 " records",
                             damage->reason, damage->n_frames, damage->n_frames == 1 ? "" : "s",
                             damage->is_cut ? "at least " : "", damage->n_records);
    trc_iotr_reader_free(reader);
    return err;
}

static int read_record_text(FILE *file, const struct sim_record_sink *sink, struct sim_diag *diag)
{
    struct sim_text *text = sim_text_open(file, diag);
    struct sim_stmt *stmt = malloc(sizeof(*stmt));
    enum sim_text_kind kind = SIM_TEXT_RECORDS;
    int err;

    if (!text || !stmt) {
        err = sim_diag_text(diag, SIM_ENOMEM, 0, 0, "no memory to read");
        goto out;
    }
    err = sim_text_header(text, &kind);
    if (!err && kind != SIM_TEXT_RECORDS)
        err = sim_text_fail(text, NULL, "not a file of records (iommusim check reads the others)");
    while (!err && (err = sim_text_next(text, stmt)) == 1) {
        struct sim_record rec;

        err = sim_text_record(text, stmt, &rec);
        if (!err)
            err = sink->put(sink->ctx, &rec);
    }
out:
    free(stmt);
    sim_text_close(text);
    return err;
}

/* What a file that begins with @bytes is. */
static int kind_of(const uint8_t *bytes, size_t n, enum trc_file_kind *kind, struct sim_diag *diag)
{
    static const size_t n_version = sizeof(SIM_TEXT_VERSION) - 1;

    if (n == 0)
        return sim_diag_bytes(diag, SIM_EFORMAT, 0, "the file is empty");
    if (trc_is_tracedat(bytes, n))
        *kind = TRC_FILE_TRACE_DAT;
    else if (n >= TRC_IOTR_MAGIC_BYTES && memcmp(bytes, TRC_IOTR_MAGIC, TRC_IOTR_MAGIC_BYTES) == 0)
        *kind = TRC_FILE_IOTR;
    else if (n >= n_version && memcmp(bytes, SIM_TEXT_VERSION, n_version) == 0)
        *kind = TRC_FILE_RECORD_TEXT;
    else if (memchr(bytes, '\0', n))
        return sim_diag_bytes(diag, SIM_EFORMAT, 0,
                              "no trace: neither trace.dat, ftrace text, .iotr nor .iotr.txt");
    else
        *kind = TRC_FILE_FTRACE_TEXT;
    return 0;
}

/* A pipe is copied, because readers look twice; not before it looks like a trace, since it may
 * have no end. */
static FILE *copy_input(FILE *file, struct sim_diag *diag)
{
    FILE *copy = tmpfile();
    enum trc_file_kind kind;
    uint8_t block[65536];
    size_t n = fread(block, 1, sizeof(block), file);

    if (copy && kind_of(block, n, &kind, diag)) {
        (void)fclose(copy);
        return NULL;
    }
    while (copy && n > 0) {
        if (fwrite(block, 1, n, copy) != n) {
            (void)fclose(copy);
            copy = NULL;
        }
        n = fread(block, 1, sizeof(block), file);
    }
    if (!copy)
        (void)sim_diag_text(diag, SIM_EIO, 0, 0, "cannot copy it to a temporary file: %s",
                            strerror(errno));
    else
        rewind(copy);
    return copy;
}

static FILE *open_input(const char *path, struct sim_diag *diag)
{
    const bool is_stdin = strcmp(path, "-") == 0;
    FILE *file = is_stdin ? stdin : fopen(path, "re");
    struct stat info;
    FILE *copy;

    if (!file || fstat(fileno(file), &info)) {
        (void)sim_diag_text(diag, SIM_EIO, 0, 0, "cannot open: %s", strerror(errno));
        return NULL;
    }
    if (S_ISREG(info.st_mode) && !is_stdin)
        return file;
    if (S_ISDIR(info.st_mode)) {
        (void)sim_diag_text(diag, SIM_EIO, 0, 0, "is a directory");
        (void)fclose(file);
        return NULL;
    }
    copy = copy_input(file, diag);
    if (!is_stdin)
        (void)fclose(file);
    return copy;
}

static int find_kind(FILE *file, enum trc_file_kind *kind, struct sim_diag *diag)
{
    uint8_t bytes[SNIFF_BYTES];
    const size_t n = fread(bytes, 1, sizeof(bytes), file);

    rewind(file);
    return kind_of(bytes, n, kind, diag);
}

int trc_file_read(const char *path, const struct sim_record_sink *sink, struct trc_file_info *info,
                  struct sim_diag *diag)
{
    struct counter counter = {sink, &info->n_records};
    const struct sim_record_sink counted = {count, &counter};
    FILE *file = open_input(path, diag);
    char fd_path[64];
    int err;

    if (!file)
        return diag->error;
    err = find_kind(file, &info->kind, diag);
    if (!err) {
        switch (info->kind) {
        case TRC_FILE_TRACE_DAT:
            (void)snprintf(fd_path, sizeof(fd_path), "/dev/fd/%d", fileno(file));
            err = read_kernel_trace(trc_tracedat, fd_path, &counted, info, diag);
            break;
        case TRC_FILE_FTRACE_TEXT:
            err = read_kernel_trace(trc_ftrace_text, file, &counted, info, diag);
            break;
        case TRC_FILE_IOTR:
            err = read_iotr(file, &counted, diag);
            break;
        case TRC_FILE_RECORD_TEXT:
        default:
            err = read_record_text(file, &counted, diag);
            break;
        }
    }
    (void)fclose(file);
    return err;
}
