/* SPDX-License-Identifier: BSD-2-Clause
 * atc_private.h - the state of endpoints, for their own files only. */
#ifndef SIM_ATC_PRIVATE_H
#define SIM_ATC_PRIVATE_H

#include "sim/atc/atc.h"
#include "sim/rng.h"

enum {
    ATC_MAX_INVS = 64, /* at once; bits of struct atc_slot.held_by */
};

struct atc_entry {
    uint64_t va, pa;
    uint32_t pasid;
    bool is_valid;
    bool has_pasid, is_privileged;
    uint8_t page_log2;
    uint8_t granted;
};

/* @next: entry that goes next when all are taken. */
struct atc_function {
    uint32_t requester;
    bool is_used, has_ats, has_pri;
    uint32_t next;
    struct atc_entry *entries;
};

enum atc_slot_state {
    ATC_FREE,
    ATC_LOOKUP,    /* the ATC is being looked up */
    ATC_ASK,       /* a translation request is on its way, or finds no slot in the IOMMU */
    ATC_ASKED,     /* it is being worked on */
    ATC_ANSWER,    /* its answer is on its way back */
    ATC_PAGE_WAIT, /* software is asked to make the page present */
    ATC_PAGE_HELD, /* as many are asked for as may be */
    ATC_SEND,      /* a translated request finds no slot in the IOMMU */
    ATC_SENT,      /* it is on its way */
};

/* One request of a function. @held_by: invalidations that wait for its end. */
struct atc_slot {
    struct sim_atc *atc;
    struct atc_function *function;
    enum atc_slot_state state;
    struct sim_dma *from; /* the requester's */
    struct sim_dma dma;   /* as it goes to the IOMMU */
    struct sim_event event;
    uint64_t held_by;
    bool is_void;   /* invalidated while it was asked for */
    bool is_narrow; /* something else was: the answer may reach as far, its first 4 KiB do not */
    uint16_t group;
    uint32_t n_tries;
    uint64_t turn; /* of those that are held */
};

/* One invalidation. @function: NULL if nobody ever had such an ATC. */
struct atc_inv {
    struct sim_atc *atc;
    struct atc_function *function;
    struct sim_ats_inv message;
    struct sim_event event;
    bool is_busy, is_done;
    uint32_t n_held;
};

struct sim_atc {
    struct sim_atc_param param;
    struct sim_queue *queue;
    struct sim_iommu behind;
    struct sim_source source;
    struct sim_rng rng;
    uint32_t n_functions;
    struct atc_function *functions;
    struct atc_entry *entries; /* of all functions */
    struct atc_slot *slots;
    struct atc_inv invs[ATC_MAX_INVS];
    uint16_t next_group;
    uint64_t next_turn;
    struct sim_atc_stats stats;
};

/* ---- atc.c ---- */

struct atc_function *atc_function_of(struct sim_atc *atc, uint32_t requester);
void atc_wake(struct sim_atc *atc, struct sim_event *event, uint64_t delay_ns);

/* ---- atc_inv.c ---- */

void atc_inv_init(struct sim_atc *atc);
/** atc_inv_release - @slot does not use its translation any more. */
void atc_inv_release(struct sim_atc *atc, struct atc_slot *slot);
/** atc_inv_forget - those for @function are never answered. */
void atc_inv_forget(struct sim_atc *atc, const struct atc_function *function);
void atc_flush(struct sim_atc *atc, struct atc_function *function);

#endif
