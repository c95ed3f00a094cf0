/* SPDX-License-Identifier: BSD-2-Clause
 * trc_tracedat.h - events from trace-cmd's trace.dat.
 * Knows: libtracecmd, libtraceevent. Must not know: what the events mean.
 *
 * libtracecmd trusts its input: run this in a child process only (trc_child.h). */
#ifndef TRC_TRACEDAT_H
#define TRC_TRACEDAT_H

#include "kernel-glue/trace/trc_event.h"

#ifdef __cplusplus
extern "C" {
#endif

/** trc_tracedat - a trc_source_fn; @ctx is the path of the file, a const char *. */
int trc_tracedat(void *ctx, const struct trc_event_sink *sink, struct sim_diag *diag);

/** trc_is_tracedat - do the first bytes of a file say trace.dat? @n_bytes: at least 10. */
bool trc_is_tracedat(const uint8_t *bytes, size_t n_bytes);

#ifdef __cplusplus
}
#endif
#endif
