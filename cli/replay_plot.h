/* SPDX-License-Identifier: BSD-2-Clause
 * replay_plot.h - the result of a replay as pictures.
 * Knows: reports, gnuplot. Must not know: how the runs were made. */
#ifndef CLI_REPLAY_PLOT_H
#define CLI_REPLAY_PLOT_H

#include "cli/replay.h"

/**
 * replay_plot - write latency, operation and cost as .png and .svg into @folder, with the data
 * (.csv) and the script (.gp) of each, so that it can be drawn again by hand.
 * @op: the operation of the picture "operation", which @watch saw; n_ops = leave it out.
 * Return: CLI_OK, or CLI_INTERNAL after a message.
 */
int replay_plot(const struct replay_result *result, size_t op, const struct watch *watch,
                const char *folder);

/* The scripts, made from cli/plots/ by CMake. */
extern const char plot_latency_gp[];
extern const char plot_operation_gp[];
extern const char plot_cost_gp[];

#endif
