/* SPDX-License-Identifier: BSD-2-Clause
 * mem_port.c - a port in front of sparse memory: when an access completes, and what it does then.
 * Knows: latency, bandwidth, slots, bytes. Must not know: who asks and what for. */
#include "sim/diag.h"
#include "sim/mem.h"
#include "sim/snapshot.h"

#include <stdlib.h>
#include <string.h>

/* The latency is the same for all, so completions come in the order of the requests and every
 * time is known at the request: an access starts when the one before has been started for
 * interval_ps and the one n_slots before has completed. */
struct sim_mem_port {
    struct sim_mem *mem;
    struct sim_queue *queue;
    struct sim_mem_timing timing;
    struct sim_source source;
    bool unknown_aborts;
    uint64_t next_start_ps;
    uint32_t slot;
    uint64_t *slot_free_ps; /* n_slots: when each one's access completes */
    void (*wrote)(void *ctx, const struct sim_access *access);
    void *wrote_ctx;
    void (*see)(void *ctx, struct sim_access *access);
    void *see_ctx;
};

static int compare_and_swap(struct sim_mem *mem, struct sim_access *access)
{
    uint8_t before[sizeof(access->compare)];
    int error = 0;

    sim_mem_read(mem, access->pa, before, access->n_bytes);
    if (!memcmp(before, access->compare, access->n_bytes))
        error = sim_mem_write(mem, access->pa, access->data, access->n_bytes);
    if (!error)
        memcpy(access->data, before, access->n_bytes);
    return error;
}

void sim_mem_access(struct sim_mem *mem, struct sim_access *access, bool unknown_aborts)
{
    const bool is_write = access->op == SIM_ACCESS_WRITE;
    int error = 0;

    SIM_BUG_ON(!access->n_bytes || access->n_bytes > SIM_ACCESS_MAX_BYTES);
    access->status = SIM_ACCESS_ABORT;
    if (access->pa + (access->n_bytes - 1) < access->pa)
        return;
    if (unknown_aborts && !sim_mem_is_known(mem, access->pa, access->n_bytes))
        return;
    if (is_write) {
        error = sim_mem_write(mem, access->pa, access->data, access->n_bytes);
    } else if (access->op == SIM_ACCESS_READ) {
        sim_mem_read(mem, access->pa, access->data, access->n_bytes);
    } else {
        SIM_BUG_ON(access->n_bytes != 8 && access->n_bytes != 16);
        SIM_BUG_ON(access->pa % access->n_bytes);
        error = compare_and_swap(mem, access);
    }
    if (!error)
        access->status = SIM_ACCESS_OK;
}

struct sim_mem_port *sim_mem_port_new(struct sim_mem *mem, struct sim_queue *queue,
                                      const struct sim_mem_timing *timing, uint16_t port_number,
                                      bool unknown_aborts)
{
    struct sim_mem_port *port = calloc(1, sizeof(*port));

    if (!port)
        return NULL;
    port->mem = mem;
    port->queue = queue;
    port->timing = *timing;
    port->source = (struct sim_source){.rank = SIM_RANK_MEMORY, .port = port_number};
    port->unknown_aborts = unknown_aborts;
    if (timing->n_slots) {
        port->slot_free_ps = calloc(timing->n_slots, sizeof(*port->slot_free_ps));
        if (!port->slot_free_ps) {
            free(port);
            return NULL;
        }
    }
    return port;
}

void sim_mem_port_watch(struct sim_mem_port *port,
                        void (*wrote)(void *ctx, const struct sim_access *access), void *ctx)
{
    port->wrote = wrote;
    port->wrote_ctx = ctx;
}

void sim_mem_port_view(struct sim_mem_port *port, void (*see)(void *ctx, struct sim_access *access),
                       void *ctx)
{
    port->see = see;
    port->see_ctx = ctx;
}

void sim_mem_port_free(struct sim_mem_port *port)
{
    if (!port)
        return;
    free(port->slot_free_ps);
    free(port);
}

static void complete(void *ctx)
{
    struct sim_access *access = ctx;
    const struct sim_mem_port *port = access->port;

    sim_mem_access(port->mem, access, port->unknown_aborts);
    if (port->wrote && access->op != SIM_ACCESS_READ)
        port->wrote(port->wrote_ctx, access);
    if (port->see && access->op == SIM_ACCESS_READ)
        port->see(port->see_ctx, access);
    access->done.fn(access->done.ctx);
}

void sim_mem_port_access(void *mem_port, struct sim_access *access)
{
    struct sim_mem_port *port = mem_port;
    uint64_t start_ps = sim_queue_now_ps(port->queue);
    uint64_t done_ps;

    if (start_ps < port->next_start_ps)
        start_ps = port->next_start_ps;
    if (port->timing.n_slots && start_ps < port->slot_free_ps[port->slot])
        start_ps = port->slot_free_ps[port->slot];
    port->next_start_ps = start_ps + port->timing.interval_ps;
    done_ps = start_ps + port->timing.latency_ps;
    if (port->timing.n_slots) {
        port->slot_free_ps[port->slot] = done_ps;
        if (++port->slot == port->timing.n_slots)
            port->slot = 0;
    }
    access->port = port;
    access->event.fn = complete;
    access->event.ctx = access;
    sim_queue_at(port->queue, &port->source, done_ps, &access->event);
}

int sim_mem_port_state(struct sim_mem_port *port, struct sim_snapshot *snapshot)
{
    const size_t n_bytes = port->timing.n_slots * sizeof(*port->slot_free_ps);
    const int error = sim_snapshot_add(snapshot, port, sizeof(*port));

    return error ? error : sim_snapshot_add(snapshot, port->slot_free_ps, n_bytes);
}
