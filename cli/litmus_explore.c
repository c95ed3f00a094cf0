/* SPDX-License-Identifier: BSD-2-Clause
 * litmus_explore.c - what a litmus test asks of all permitted hardware.
 * Knows: the explorer's report. Must not know: how a report of ours looks. */
#include "cli/litmus.h"

#include <stdio.h>

enum litmus_answer litmus_ask(const struct litmus *litmus, const struct litmus_act *act, char *why,
                              size_t n_bytes)
{
    (void)litmus;
    (void)act;
    (void)snprintf(why, n_bytes, "this program has no explorer");
    return LITMUS_UNKNOWN;
}
