/* SPDX-License-Identifier: BSD-2-Clause
 * sweep.c - the table of a sweep, as parts of a page. */
#include "cli/report/report.h"

void report_sweep(FILE *out, const struct result *result, const char *id)
{
    (void)out;
    (void)result;
    (void)id;
}
