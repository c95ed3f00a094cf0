/* SPDX-License-Identifier: BSD-2-Clause
 * explore_ids.h - which ID registers the explorer's units have.
 * Knows: configuration, models' defaults. Must not know: options. */
#ifndef CLI_EXPLORE_IDS_H
#define CLI_EXPLORE_IDS_H

#include "check/explore.h"
#include "cli/config.h"

/** explore_set_ids - ID registers: the model's own, then the stream's, then the user's. */
void explore_set_ids(const struct config *config, const struct rpl_scan *scan, struct xpl *xpl);

#endif
