/* SPDX-License-Identifier: BSD-2-Clause
 * outfile.h - an output file that appears whole or not at all.
 * Knows: temporary file, fsync, rename. Must not know: what is written. */
#ifndef SIM_OUTFILE_H
#define SIM_OUTFILE_H

#include "sim/diag.h"

#include <stdbool.h>
#include <stdio.h>

#ifdef __cplusplus
extern "C" {
#endif

struct sim_outfile;

/**
 * sim_outfile_open - start writing @path.
 *
 * Bytes go to a temporary file beside it; "-" is standard output. A path that exists and is not a
 * regular file (a pipe, /dev/null) is written directly. Return: NULL, and @diag says why.
 */
struct sim_outfile *sim_outfile_open(const char *path, struct sim_diag *diag);

/** sim_outfile_stream - where to write. */
FILE *sim_outfile_stream(const struct sim_outfile *out);

/** sim_outfile_commit - flush, fsync, give the file its name; frees @out. Return: 0 or SIM_EIO. */
int sim_outfile_commit(struct sim_outfile *out, struct sim_diag *diag);

/** sim_outfile_abort - remove what was written; frees @out. NULL is allowed. */
void sim_outfile_abort(struct sim_outfile *out);

/**
 * sim_outfile_remove_stale - remove the temporary file @path if its writer is gone.
 *
 * Its writer holds a lock (flock) as long as it lives. Whose file system has no locks keeps it.
 * Return: was it removed?
 */
bool sim_outfile_remove_stale(const char *path);

#ifdef __cplusplus
}
#endif
#endif
