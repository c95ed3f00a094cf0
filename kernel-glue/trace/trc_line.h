/* SPDX-License-Identifier: BSD-2-Clause
 * trc_line.h - the function, file and line of an instruction, from a program's debug information.
 * Knows: programs and kernels with DWARF (vmlinux, a driver built for user space). Must not know:
 * records.
 *
 * The file is read in a child with limits, as traces are: a damaged one ends the child, and the
 * caller is told. Address space layout is taken off by the caller's slide. */
#ifndef TRC_LINE_H
#define TRC_LINE_H

#include "sim/diag.h"

#include <stddef.h>
#include <stdint.h>

#ifdef __cplusplus
extern "C" {
#endif

enum { TRC_MAX_FRAMES = 8, TRC_FUNCTION_BYTES = 64, TRC_PATH_BYTES = 160 };

/** struct trc_frame - @line: 0 = not known. @file: relative to the folder of compilation where it
 * lies below it. */
struct trc_frame {
    char function[TRC_FUNCTION_BYTES];
    char file[TRC_PATH_BYTES];
    uint32_t line;
};

/** struct trc_place - the innermost function first, then those that it was inlined into; the last
 * one is the function itself. @n: 0 = the program has no such instruction. */
struct trc_place {
    uint32_t n;
    struct trc_frame frames[TRC_MAX_FRAMES];
};

struct trc_lines;

/**
 * trc_lines_open - debug information of a program.
 * @slide: address where it ran minus address where it was linked (KASLR); 0 for most.
 * Return: NULL with @diag: SIM_EUNIMPL built without libdw; SIM_EIO cannot be read; SIM_EFORMAT no
 * ELF program, no debug information, or damaged.
 */
struct trc_lines *trc_lines_open(const char *path, uint64_t slide, struct sim_diag *diag);
void trc_lines_close(struct trc_lines *lines);

/**
 * trc_lines_find - where is instruction @ip?
 * Return: NULL if not known, if the program has no such instruction, or if the file turned out to
 * be damaged (trc_lines_broken). Good until trc_lines_close.
 */
const struct trc_place *trc_lines_find(struct trc_lines *lines, uint64_t ip);

/** trc_lines_broken - has reading failed since it was opened? NULL, or a sentence. */
const char *trc_lines_broken(const struct trc_lines *lines);

/**
 * trc_place_text - "entry_set, arm-smmu-v3.c:1140 (in arm_smmu_write_entry, arm-smmu-v3.c:1203)":
 * files without their folders. Return: @text, which is cut at @n_bytes.
 */
const char *trc_place_text(const struct trc_place *place, char *text, size_t n_bytes);

#ifdef __cplusplus
}
#endif
#endif
