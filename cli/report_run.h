/* SPDX-License-Identifier: BSD-2-Clause
 * report_run.h - a run of a stream, for a page.
 * Knows: replays. Must not know: HTML. */
#ifndef CLI_REPORT_RUN_H
#define CLI_REPORT_RUN_H

#include "cli/replay.h"
#include "cli/report/report.h"

/**
 * report_run - replay @path (@input: its name for people), and tell one operation.
 * Return: CLI_OK and @side, for report_side_free; or the exit code.
 */
int report_run(const struct replay_options *options, const struct config *config, const char *path,
               const char *input, struct report_side *side);

#endif
