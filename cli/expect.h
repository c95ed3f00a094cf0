/* SPDX-License-Identifier: BSD-2-Clause
 * expect.h - what somebody expects of a replay, and where the result differs.
 * Knows: the YAML of docs/config.md, reports of the check. Must not know: how they came about. */
#ifndef CLI_EXPECT_H
#define CLI_EXPECT_H

#include "check/chk.h"
#include "check/chk_order.h"
#include "sim/diag.h"

#include <stdio.h>

struct expect;

/** expect_read - Return: NULL, and @diag says why, with file and line. */
struct expect *expect_read(const char *path, struct sim_diag *diag);
void expect_free(struct expect *expect);

/** expect_compare - write every difference to @out, one a line. Return: how many there are. */
size_t expect_compare(const struct expect *expect, const struct chk_report *report, FILE *out);

/** expect_compare_rules - the same for protocol rules, if the file has "rules". */
size_t expect_compare_rules(const struct expect *expect, const struct chk_order_report *report,
                            FILE *out);

#endif
