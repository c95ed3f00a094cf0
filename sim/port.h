/* SPDX-License-Identifier: BSD-2-Clause
 * port.h - all that a model sees of the world.
 * Knows: addresses, bytes, completions. Must not know: who is behind it. sim_mem is one
 * implementation, a platform's TLM socket another.
 *
 * Rules that every implementation keeps:
 * - Nothing completes inside the call that asked for it. The completion is an event of rank
 *   SIM_RANK_MEMORY in the queue that the model lives in, numbered by the port.
 * - A read's bytes are those in memory at the instant of its completion; a write's bytes are in
 *   memory from the instant of its completion. One access of at most 16 aligned bytes is one
 *   atom; longer ones are the caller's to split.
 * - The request belongs to the port from the call to its completion, then to the model again. */
#ifndef SIM_PORT_H
#define SIM_PORT_H

#include "sim/event.h"

#include <stdbool.h>
#include <stdint.h>

#ifdef __cplusplus
extern "C" {
#endif

#define SIM_ACCESS_MAX_BYTES 64u

enum sim_access_op {
    SIM_ACCESS_READ,
    SIM_ACCESS_WRITE,
    /* compare @compare with memory; if equal write @data; @data gets the value before. 8 or 16
     * bytes, aligned. A/D updates and PASID entries need no other atomic. */
    SIM_ACCESS_CAS,
};

enum sim_access_status {
    SIM_ACCESS_OK,
    SIM_ACCESS_ABORT, /* external abort: nothing there, or refused */
};

/**
 * struct sim_access - one access of the model to memory; embedded in the model's jobs.
 * @pa:        first byte.
 * @n_bytes:   1..SIM_ACCESS_MAX_BYTES.
 * @structure: enum sim_structure: what the model reads there, for facts and statistics.
 * @is_unsnooped: a read that does not look into the CPUs' caches: a store is seen once its line has
 *             left them. Machines that keep no stores back need not care.
 * @data:      bytes in memory order.
 * @compare:   SIM_ACCESS_CAS only.
 * @status:    set at completion.
 * @done:      called at completion, from the port's event. The model sets done.fn and done.ctx.
 * @event, @port: the port's, while the access is in flight.
 */
struct sim_access {
    uint64_t pa;
    uint32_t n_bytes;
    uint8_t op;
    uint8_t structure;
    uint8_t status;
    bool is_unsnooped;
    uint8_t data[SIM_ACCESS_MAX_BYTES];
    uint8_t compare[16];
    struct sim_wake done;
    struct sim_event event;
    void *port;
};

/** enum sim_irq - interrupt sources of both architectures; wired level or edge. */
enum sim_irq {
    SIM_IRQ_GERROR,   /* SMMUv3 global error */
    SIM_IRQ_EVENTQ,   /* SMMUv3 event queue not empty */
    SIM_IRQ_PRIQ,     /* SMMUv3 page request queue */
    SIM_IRQ_CMD_SYNC, /* SMMUv3 CMD_SYNC, CS=IRQ without an MSI */
    SIM_IRQ_SEV,      /* SMMUv3 CMD_SYNC, CS=SEV: event to the CPUs */
    SIM_IRQ_FAULT,    /* VT-d fault event */
    SIM_IRQ_INV,      /* VT-d invalidation completion event */
    SIM_IRQ_PAGE_REQ, /* VT-d page request event */
};

/**
 * struct sim_ats_inv - an invalidation that the IOMMU sends to an endpoint's ATC.
 * @itag: the endpoint answers with it (ats_complete).
 */
struct sim_ats_inv {
    uint32_t requester;
    uint32_t pasid;
    bool has_pasid;
    bool is_global; /* all PASIDs */
    bool is_whole;  /* without a PASID: what was cached with one, too */
    uint32_t itag;
    uint64_t address;
    uint64_t n_bytes; /* power of two; 0 = everything */
};

/** struct sim_page_response - the IOMMU's answer to a page request group. */
struct sim_page_response {
    uint32_t requester;
    uint32_t pasid;
    bool has_pasid;
    uint16_t group;
    uint8_t code; /* PCIe: 0 success, 1 invalid request, 15 failure */
};

struct sim_port_ops {
    void (*access)(void *ctx, struct sim_access *access);
    void (*irq)(void *ctx, enum sim_irq source, bool level);
    void (*ats_inv)(void *ctx, const struct sim_ats_inv *inv);
    void (*page_response)(void *ctx, const struct sim_page_response *response);
    /* The IOMMU empties the buffer that stores pass on their way to memory (VT-d: CAP.RWBF). NULL:
     * there is none. */
    void (*flush_writes)(void *ctx);
};

/** struct sim_port - one direction: model to world. @ctx is the implementation's. */
struct sim_port {
    const struct sim_port_ops *ops;
    void *ctx;
};

static inline void sim_port_access(const struct sim_port *port, struct sim_access *access)
{
    port->ops->access(port->ctx, access);
}

#ifdef __cplusplus
}
#endif
#endif
