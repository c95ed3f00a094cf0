/* SPDX-License-Identifier: BSD-2-Clause
 * trc_ftrace_text.h - events from ftrace's text, as in /sys/kernel/tracing/trace.
 * Knows: lines. Must not know: what the events mean. */
#ifndef TRC_FTRACE_TEXT_H
#define TRC_FTRACE_TEXT_H

#include "kernel-glue/trace/trc_event.h"

#ifdef __cplusplus
extern "C" {
#endif

/** trc_ftrace_text - a trc_source_fn; @ctx is a FILE * at its beginning. */
int trc_ftrace_text(void *ctx, const struct trc_event_sink *sink, struct sim_diag *diag);

#ifdef __cplusplus
}
#endif
#endif
