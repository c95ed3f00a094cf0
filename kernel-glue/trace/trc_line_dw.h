/* SPDX-License-Identifier: BSD-2-Clause
 * trc_line_dw.h - lines by libdw, in the process that calls.
 * Knows: DWARF. Must not know: children, addresses at run time. */
#ifndef TRC_LINE_DW_H
#define TRC_LINE_DW_H

#include "kernel-glue/trace/trc_line.h"

struct trc_dw;

/** trc_dw_open - Return: NULL with @diag; without libdw always (SIM_EUNIMPL). The caller's process
 * ends with it: nothing is closed. */
struct trc_dw *trc_dw_open(const char *path, struct sim_diag *diag);
/** trc_dw_find - @address as linked. */
void trc_dw_find(struct trc_dw *dw, uint64_t address, struct trc_place *place);

#endif
