/* SPDX-License-Identifier: BSD-2-Clause
 * import_report.h - what iommusim import tells: counts and differences, as tables or JSON. */
#ifndef CLI_IMPORT_REPORT_H
#define CLI_IMPORT_REPORT_H

#include "kernel-glue/trace/trc_file.h"
#include "kernel-glue/trace/trc_verify.h"

/** import_report_stats - the table of events, on standard output. */
void import_report_stats(const struct trc_file_info *info);

/** import_report_verify - the marks and the differing words, on standard output. */
void import_report_verify(const struct trc_verify *verify);

/** import_report_json - both, as JSON; @verify and @damage may be NULL. Return: exit code. */
int import_report_json(const char *input, const struct trc_file_info *info,
                       const struct trc_verify *verify, const struct sim_diag *damage);

/** import_verify_is_good - every mark found, every word there and equal? */
bool import_verify_is_good(const struct trc_verify *verify);

#endif
