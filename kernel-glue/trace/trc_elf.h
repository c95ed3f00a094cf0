/* SPDX-License-Identifier: BSD-2-Clause
 * trc_elf.h - physical memory out of an ELF core, as an emulator dumps a guest.
 * Knows: libelf. Must not know: records. */
#ifndef TRC_ELF_H
#define TRC_ELF_H

#include "sim/diag.h"

#include <stddef.h>
#include <stdint.h>

#ifdef __cplusplus
extern "C" {
#endif

struct trc_elf;

/** trc_elf_open - Return: NULL if it is no ELF core with physical segments; @diag says why. */
struct trc_elf *trc_elf_open(const char *path, struct sim_diag *diag);
void trc_elf_close(struct trc_elf *elf);

/** trc_elf_read - @n_bytes of physical memory. Return: 0, or SIM_ERANGE if the dump does not have
 * all of them, or SIM_EIO. */
int trc_elf_read(const struct trc_elf *elf, uint64_t pa, void *data, size_t n_bytes);

#ifdef __cplusplus
}
#endif
#endif
