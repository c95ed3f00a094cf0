/* SPDX-License-Identifier: BSD-2-Clause
 * explore_reproduce.h - iommusim explore --reproduce: all operations that are not hitless.
 * Knows: reports, what replays showed. Must not know: options. */
#ifndef CLI_EXPLORE_REPRODUCE_H
#define CLI_EXPLORE_REPRODUCE_H

#include "cli/explore_report.h"
#include "cli/reproduce.h"

/** explore_reproduce - fill result->reproduced. @only: number of one operation, from 1; 0 = all.
 * Return: 0 or SIM_E... */
int explore_reproduce(struct explore_result *result, const struct reproduce_stream *stream,
                      uint64_t only);
void explore_reproduced_free(struct explore_result *result);

/** explore_is_unshown - is there a class of an operation that was tried, and no replay showed it?
 */
bool explore_is_unshown(const struct explore_result *result);

/** explore_print_reproduced - a line or two for each class of each operation; nothing without
 * --reproduce. */
void explore_print_reproduced(const struct explore_result *result);

/** explore_reproduced_json - the same of operation @op. Return: NULL without memory. */
json_t *explore_reproduced_json(const struct explore_result *result, size_t op);

#endif
