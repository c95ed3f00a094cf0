/* SPDX-License-Identifier: BSD-2-Clause
 * trc_file.h - records out of any file that has some: trace.dat, ftrace text, .iotr, .iotr.txt.
 * Knows: which reader a file needs. Must not know: who takes the records. */
#ifndef TRC_FILE_H
#define TRC_FILE_H

#include "kernel-glue/trace/trc_stats.h"
#include "sim/diag.h"
#include "sim/record.h"

#ifdef __cplusplus
extern "C" {
#endif

enum trc_file_kind {
    TRC_FILE_TRACE_DAT,
    TRC_FILE_FTRACE_TEXT,
    TRC_FILE_IOTR,
    TRC_FILE_RECORD_TEXT,
};

/** struct trc_file_info - what was read. @stats has events for kernel traces only. */
struct trc_file_info {
    enum trc_file_kind kind;
    uint64_t n_records;
    struct trc_stats stats;
};

/**
 * trc_file_read - all records of @path ("-": standard input), in order, to @sink.
 *
 * Return: 0; SIM_ETRUNC if a part of the file is damaged and left out: then LOST records stand in
 * its place and @diag names the damage; another SIM_E... if the file is refused (@sink may have
 * had records already), or what @sink returned.
 */
int trc_file_read(const char *path, const struct sim_record_sink *sink, struct trc_file_info *info,
                  struct sim_diag *diag);

/** trc_file_kind_name - "trace.dat", "ftrace text", ".iotr", ".iotr.txt". */
const char *trc_file_kind_name(enum trc_file_kind kind);

#ifdef __cplusplus
}
#endif
#endif
