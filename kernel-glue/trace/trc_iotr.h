/* SPDX-License-Identifier: BSD-2-Clause
 * trc_iotr.h - records on disk: .iotr, framed, checksummed, compressed by column.
 * Knows: records and bytes. Must not know: where records come from. Format: docs/iotr-format.md.
 *
 * Frames do not depend on each other, so a cut or damaged file gives back every whole frame, and
 * memory stays the same for any length. */
#ifndef TRC_IOTR_H
#define TRC_IOTR_H

#include "sim/diag.h"
#include "sim/record.h"

#include <stdio.h>

#ifdef __cplusplus
extern "C" {
#endif

#define TRC_IOTR_MAGIC "iotr\r\n\x1a\n"
#define TRC_IOTR_MAGIC_BYTES 8u
#define TRC_IOTR_FRAME_RECORDS 16384u
#define TRC_IOTR_MAX_RAW_BYTES (8u << 20)

struct trc_iotr_writer;

/** trc_iotr_writer_new - writes the file header. @file and @diag are borrowed until free.
 * Return: NULL without memory or if the header cannot be written (then diag says why). */
struct trc_iotr_writer *trc_iotr_writer_new(FILE *file, struct sim_diag *diag);
void trc_iotr_writer_free(struct trc_iotr_writer *writer);

/** trc_iotr_put - append one record, strings copied. Return: 0, SIM_EINVAL (sim_record_check
 * refuses it), SIM_ENOMEM or SIM_EIO. Has the type of struct sim_record_sink's put. */
int trc_iotr_put(void *writer, const struct sim_record *rec);

/** trc_iotr_finish - write the last frame and the end mark; nothing may be put afterwards. */
int trc_iotr_finish(struct trc_iotr_writer *writer);

/**
 * struct trc_iotr_damage - what a reader had to leave out. All 0: the file is whole.
 * @n_frames:  damaged frames, or stretches in which no frame could be found.
 * @n_records: how many records were in them, as far as the frames around them tell.
 * @offset:    first damaged byte.
 * @is_cut:    the end mark is missing.
 * @reason:    of the first damage, a static sentence.
 */
struct trc_iotr_damage {
    uint64_t n_frames;
    uint64_t n_records;
    uint64_t offset;
    bool is_cut;
    const char *reason;
};

struct trc_iotr_reader;

/** trc_iotr_reader_new - reads the file header. Return: NULL if it is not an .iotr file that we
 * can read, or without memory; diag says which. @file and @diag are borrowed until free. */
struct trc_iotr_reader *trc_iotr_reader_new(FILE *file, struct sim_diag *diag);
void trc_iotr_reader_free(struct trc_iotr_reader *reader);

/**
 * trc_iotr_next - the records of the next whole frame.
 *
 * @records: @n_records of them, checked by sim_record_check; they and their strings are good
 *           until the next call. Where frames were left out, a LOST record stands in their place.
 * Return: 1, 0 at the end, SIM_EIO if the file cannot be read.
 */
int trc_iotr_next(struct trc_iotr_reader *reader, const struct sim_record **records,
                  size_t *n_records);

/** trc_iotr_get_damage - what was left out so far. */
const struct trc_iotr_damage *trc_iotr_get_damage(const struct trc_iotr_reader *reader);

#ifdef __cplusplus
}
#endif
#endif
