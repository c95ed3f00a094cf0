/* SPDX-License-Identifier: BSD-2-Clause
 * trc_reorder.h - keeps the order of records while some of them wait for their final form.
 * Knows: slots in order. Must not know: why a record waits. */
#ifndef TRC_REORDER_H
#define TRC_REORDER_H

#include "sim/record.h"

#ifdef __cplusplus
extern "C" {
#endif

#define TRC_REORDER_SLOTS 4096u

struct trc_reorder;

/** trc_reorder_new - records leave to @sink, borrowed. Return: NULL without memory. */
struct trc_reorder *trc_reorder_new(const struct sim_record_sink *sink);
void trc_reorder_free(struct trc_reorder *reorder);

/** trc_reorder_put - a record that is final. Strings are copied if it must wait. */
int trc_reorder_put(struct trc_reorder *reorder, const struct sim_record *rec);

/**
 * trc_reorder_hold - keep a place for a record that is not final yet (it has no strings).
 * @ticket: names the place.
 * There must be room: see trc_reorder_oldest.
 */
void trc_reorder_hold(struct trc_reorder *reorder, uint64_t *ticket);

/** trc_reorder_fill - what the place gets. @rec NULL: nothing. Return: 0 or the sink's error. */
int trc_reorder_fill(struct trc_reorder *reorder, uint64_t ticket, const struct sim_record *rec);

/** trc_reorder_oldest - if no slot is free, the place that must be filled first. */
bool trc_reorder_oldest(const struct trc_reorder *reorder, uint64_t *ticket);

#ifdef __cplusplus
}
#endif
#endif
