/* SPDX-License-Identifier: BSD-2-Clause
 * vtd_qi.h - the invalidation queue inside the model, device-TLB invalidations, page requests.
 * Knows: shapes. Must not know: what an invalidation drops, how a translation works. */
#ifndef VTD_QI_H
#define VTD_QI_H

#include "models/common/hw_ahead.h"
#include "sim/event.h"
#include "sim/iommu.h"
#include "sim/port.h"

#include <stdbool.h>
#include <stdint.h>

#ifdef __cplusplus
extern "C" {
#endif

struct vtd;

enum {
    VTD_MAX_PENDING = 64, /* descriptors fetched and not complete */
    VTD_MAX_DEVTLB = 64,
    VTD_MAX_PRQ_SLOTS = 64,
    VTD_MAX_FAULT_SLOTS = 64,
    VTD_MAX_FAULTS = 64, /* on their way to a record */
    VTD_DESCRIPTOR_WORDS = HW_AHEAD_WORDS,
};

/* One descriptor that was fetched and found good, until it is complete. */
struct vtd_pending {
    struct vtd *vtd;
    struct sim_event event;   /* its work is done */
    struct sim_access access; /* a wait's status */
    enum vtd_pending_state {
        VTD_PENDING_FREE,
        VTD_PENDING_WAITING,  /* may not run yet */
        VTD_PENDING_RUNNING,  /* sweeping, or a wait that counts its cycles */
        VTD_PENDING_DRAINING, /* for requests that began before */
        VTD_PENDING_SENT,     /* to a device, which has not answered */
        VTD_PENDING_WRITING,  /* its status */
    } state;
    bool is_stale; /* reset while its status was being written */
    uint8_t type;
    uint32_t offset;
    uint64_t ready_ps; /* a wait: not before */
    uint64_t ticket;   /* of a drain */
    uint8_t drained;   /* VTD_DRAIN_*: what of it */
    bool has_pages;    /* a wait for page requests: n_put as it was after that drain */
    uint64_t pages;
    uint64_t words[VTD_DESCRIPTOR_WORDS];
};

/* The invalidation queue's consumer. @line: those in pending, oldest first. */
struct vtd_qi_state {
    bool is_closing; /* QIE goes to 0: nothing more is read */
    bool is_blocked; /* no room for one more in line */
    struct sim_event decode;
    struct hw_ahead ahead; /* positions: offsets in the queue */
    struct vtd_pending pending[VTD_MAX_PENDING];
    uint8_t line[VTD_MAX_PENDING];
    uint32_t n_line;
};

/* An invalidation that was sent to a device. @generation: answers to older ones do not count. */
struct vtd_devtlb_slot {
    struct vtd *vtd;
    struct sim_event timeout;
    struct vtd_pending *pending;
    uint16_t source_id, function_id;
    uint32_t generation;
    bool is_busy;
};
struct vtd_devtlb {
    uint32_t n_sent;
    struct vtd_devtlb_slot slot[VTD_MAX_DEVTLB];
};

/* Page requests whose device may ask: how many were put into line, and have left it. */
struct vtd_prq_state {
    uint32_t n_writing;
    uint64_t n_put, n_ended;
};

/* Faults on their way to records (5.3). */
struct vtd_fault_slot {
    struct vtd *vtd;
    struct sim_event event;
    bool is_busy;
    uint64_t words[2];
};
struct vtd_faults {
    struct vtd_fault_slot slot[VTD_MAX_FAULT_SLOTS];
    uint64_t waiting[VTD_MAX_FAULTS][2];
    uint32_t n_busy, first, n_waiting;
};

#ifdef __cplusplus
}
#endif
#endif
