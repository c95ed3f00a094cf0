/* SPDX-License-Identifier: BSD-2-Clause
 * trc_import.h - events of a kernel trace to records.
 * Knows: what each event means for an IOMMU. Must not know: file formats.
 *
 * Events that belong together become one record: a register write and its end, the polls of a
 * wait, the parts of a sync. What becomes of every event is counted (trc_stats.h). */
#ifndef TRC_IMPORT_H
#define TRC_IMPORT_H

#include "kernel-glue/trace/trc_event.h"
#include "kernel-glue/trace/trc_stats.h"

#ifdef __cplusplus
extern "C" {
#endif

struct trc_import;

/** trc_import_new - @sink and @stats are borrowed until free. Return: NULL without memory. */
struct trc_import *trc_import_new(const struct sim_record_sink *sink, struct trc_stats *stats,
                                  struct sim_diag *diag);
void trc_import_free(struct trc_import *import);

/** trc_import_event - put of struct trc_event_sink; ctx is the importer. Return: 0 or SIM_E... */
int trc_import_event(void *ctx, const struct trc_event *event);

/** trc_import_finish - what is still open is closed. With @is_cut, a LOST record ends the stream.
 */
int trc_import_finish(struct trc_import *import, bool is_cut);

#ifdef __cplusplus
}
#endif
#endif
