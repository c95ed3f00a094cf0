/* SPDX-License-Identifier: BSD-2-Clause
 * vtd_control.h - what the files of the control side call of each other: registers, handshakes,
 * drains, events, faults, queues.
 * Knows: shapes. Must not know: how a translation works. For the model's own files. */
#ifndef VTD_CONTROL_H
#define VTD_CONTROL_H

#include "models/vtd/vtd_private.h"

#include <string.h>

#ifdef __cplusplus
extern "C" {
#endif

/* The bits of a field in its register (a constant: for tables). */
#define VTD_MASK(layout, field)                                                                    \
    (UINT64_MAX >> (63 - (VTD_MSB_##layout##_##field - VTD_LSB_##layout##_##field))                \
                       << VTD_LSB_##layout##_##field)

static inline void vtd_event_make(struct sim_event *event, void (*fn)(void *ctx), void *ctx)
{
    memset(event, 0, sizeof(*event));
    event->fn = fn;
    event->ctx = ctx;
}

/* ---- vtd_mmio.c ---- */

void vtd_mmio_reset(struct vtd *vtd);
/** vtd_reg_effect - a register of hardware's changed: tell whoever reads facts. */
void vtd_reg_effect(const struct vtd *vtd, enum vtd_reg_index reg);

/* ---- vtd_drain.c: who waits for requests that have begun ---- */

void vtd_drain_init(struct vtd *vtd);
void vtd_drain_reset(struct vtd *vtd);
/** vtd_drain_ticket - from now on every request that has begun is waited for. */
uint64_t vtd_drain_ticket(struct vtd *vtd);
/** vtd_drain_is_over - have all of them ended? vtd_progress is called when that changes. */
bool vtd_drain_is_over(const struct vtd *vtd, uint64_t ticket);
/** vtd_drain_wanted - VTD_DRAIN_* that an IOTLB invalidation with these bits waits for (4.4).
 * vtd_drain_has - have these of the ticket's requests ended, and all others found their way? */
enum { VTD_DRAIN_READS = 1, VTD_DRAIN_WRITES = 2, VTD_DRAIN_ALL = 3 };
unsigned vtd_drain_wanted(const struct vtd *vtd, bool has_dr, bool has_dw);
bool vtd_drain_has(const struct vtd *vtd, uint64_t ticket, unsigned what);
/** vtd_look_again - handshakes and descriptors look for progress, as an event of this instant. */
void vtd_look_again(struct vtd *vtd);

/* ---- vtd_gcmd.c ---- */

void vtd_gcmd_init(struct vtd *vtd);
void vtd_gcmd_reset(struct vtd *vtd);
/** vtd_gcmd_write - a store to GCMD. vtd_pmen_write - one to PMEN; bits that software may change.
 */
void vtd_gcmd_write(struct vtd *vtd, uint32_t value);
void vtd_pmen_write(struct vtd *vtd, uint32_t value);
void vtd_gcmd_progress(struct vtd *vtd);

/* ---- vtd_reg_inval.c ---- */

void vtd_reg_inval_init(struct vtd *vtd);
void vtd_reg_inval_reset(struct vtd *vtd);
/** vtd_ccmd_write, vtd_iotlb_write - the value with the trigger bit was stored. */
void vtd_ccmd_write(struct vtd *vtd);
void vtd_iotlb_write(struct vtd *vtd);
void vtd_reg_inval_progress(struct vtd *vtd);
/** vtd_inval_cycles - how long @sweep takes. */
uint64_t vtd_inval_cycles(const struct vtd *vtd, const struct vtd_sweep *sweep);

/* ---- vtd_event.c (1.5) ---- */

void vtd_event_init(struct vtd *vtd);
void vtd_event_reset(struct vtd *vtd);
/** vtd_event_set - bits of the status register of @which become 1: a message if none was. */
void vtd_event_set(struct vtd *vtd, enum vtd_message which, uint64_t bits);
/** vtd_event_clear - bits become 0: nothing is pending any more if none is left. */
void vtd_event_clear(struct vtd *vtd, enum vtd_message which, uint64_t bits);
/** vtd_event_control - software wrote the control register of @which. */
void vtd_event_control(struct vtd *vtd, enum vtd_message which, uint32_t value);

/* ---- vtd_fault.c (5.2, 5.3) ---- */

void vtd_fault_init(struct vtd *vtd);
void vtd_fault_reset(struct vtd *vtd);
/** vtd_frcd_clear - software stored 1 to F of record @index. */
void vtd_frcd_clear(struct vtd *vtd, uint32_t index);
/** vtd_fault_index_reset - neither translation nor interrupt remapping is on any more. */
void vtd_fault_index_reset(struct vtd *vtd);

/* ---- vtd_qi.c (4.3) ---- */

void vtd_qi_init(struct vtd *vtd);
void vtd_qi_reset(struct vtd *vtd);
/** vtd_qi_kick - the consumer looks again: tail, enable, error cleared, or progress. */
void vtd_qi_kick(struct vtd *vtd);
/** vtd_qi_moved - head or tail has changed: for who watches. */
void vtd_qi_moved(const struct vtd *vtd);
/** vtd_qi_room - it may have waited for room. */
void vtd_qi_room(struct vtd *vtd);
/** vtd_qi_open, vtd_qi_close - QIE goes to 1, to 0. vtd_qi_is_idle - is nothing being read or
 * worked on? */
void vtd_qi_open(struct vtd *vtd);
void vtd_qi_close(struct vtd *vtd);
bool vtd_qi_is_idle(const struct vtd *vtd);
/** vtd_qi_timed_out - ITE: a device did not answer. */
void vtd_qi_timed_out(struct vtd *vtd, uint16_t source_id);
/** vtd_qi_index - which descriptor of the queue is at @offset. */
uint32_t vtd_qi_index(const struct vtd *vtd, uint32_t offset);

/* ---- vtd_qi_check.c ---- */

/** vtd_qi_check - 0, or why @words (4) may not be executed: IQERCD.IQEI. */
unsigned vtd_qi_check(const struct vtd *vtd, const uint64_t *words);
/** vtd_qi_sweep - what a descriptor drops of this unit's caches. Return: false: nothing. */
bool vtd_qi_sweep(const uint64_t *words, struct vtd_sweep *sweep);

/* ---- vtd_qi_run.c (4.4) ---- */

void vtd_qi_run_init(struct vtd *vtd);
void vtd_qi_run_reset(struct vtd *vtd);
/** vtd_qi_has_room, vtd_qi_take - a descriptor leaves the queue. */
bool vtd_qi_has_room(struct vtd *vtd);
void vtd_qi_take(struct vtd *vtd, const uint64_t *words, uint32_t offset);
/** vtd_qi_progress - start what may start, complete what has been waited for. */
void vtd_qi_progress(struct vtd *vtd);
/** vtd_qi_answered - a device answered. vtd_qi_abort - it did not. */
void vtd_qi_answered(struct vtd_pending *pending);
void vtd_qi_abort(struct vtd_pending *pending);

/* ---- vtd_devtlb.c ---- */

void vtd_devtlb_init(struct vtd *vtd);
void vtd_devtlb_reset(struct vtd *vtd);
bool vtd_devtlb_may_send(const struct vtd *vtd, const uint64_t *words);
void vtd_devtlb_send(struct vtd_pending *pending);
void vtd_ats_complete(void *model, uint32_t itag);

/* ---- vtd_prq.c (5.4) ---- */

void vtd_prq_reset(struct vtd *vtd);
/** vtd_prq_respond - PGRP_RESP. */
void vtd_prq_respond(const struct vtd *vtd, const uint64_t *words);
void vtd_answer(void *model, const uint64_t words[2]);

#ifdef __cplusplus
}
#endif
#endif
