/* SPDX-License-Identifier: BSD-2-Clause
 * lines.h - source lines behind what is printed of a record.
 * Knows: --vmlinux and --kaslr. Must not know: where records come from. */
#ifndef CLI_LINES_H
#define CLI_LINES_H

#include "kernel-glue/trace/trc_line.h"
#include "sim/record.h"

/**
 * lines_open - for --vmlinux @path and --kaslr @slide (NULL = 0).
 * Return: 0 and @lines (NULL if @path is); else an exit code, after a message.
 */
int lines_open(const char *path, const char *slide, struct trc_lines **lines);
/** lines_close - says if the file turned out to be damaged. Return: an exit code. */
int lines_close(struct trc_lines *lines);

/** lines_ip - the instruction that a record names, 0 = none. */
uint64_t lines_ip(const struct sim_record *rec);

/** lines_append - "  <- function, file:line" behind @text (room for @n_bytes), if @lines (or NULL)
 * knows instruction @ip. */
void lines_append(struct trc_lines *lines, uint64_t ip, char *text, size_t n_bytes);

#endif
