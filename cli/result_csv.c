/* SPDX-License-Identifier: BSD-2-Clause
 * result_csv.c - the table that iommusim sweep writes, one operation per row. */
#include "cli/result_private.h"

int result_read_csv(struct result *result, const char *path, struct sim_diag *diag)
{
    (void)result;
    (void)path;
    return sim_diag_text(diag, SIM_EFORMAT, 0, 0, "tables of sweeps are not understood yet");
}
