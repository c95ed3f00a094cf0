/* SPDX-License-Identifier: BSD-2-Clause
 * save.h - records that a run made, to a file of records.
 * Knows: whole files, .iotr. Must not know: who made the records. */
#ifndef CLI_SAVE_H
#define CLI_SAVE_H

#include "sim/record.h"

#include <stdio.h>

/** struct save_source - who has the records. @put_all: all of them into @sink; return: 0, or what
 * the sink returned. */
struct save_source {
    int (*put_all)(const void *ctx, const struct sim_record_sink *sink);
    const void *ctx;
};

/** save_records - to @path as .iotr, whole or not at all. Return: CLI_OK, or what the program ends
 * with, after a message. */
int save_records(const char *path, const struct save_source *source);

/** save_stream - to a file that is open for writing. Return: the same. */
int save_stream(FILE *file, const struct save_source *source);

#endif
