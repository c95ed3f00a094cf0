/* SPDX-License-Identifier: BSD-2-Clause
 * mem.h - sparse physical memory, and a port in front of it.
 * Knows: pages, bytes, which bytes were ever written. Must not know: what they mean.
 *
 * A byte that nobody wrote or declared reads as 0 and is unknown: sim_mem_is_known tells. */
#ifndef SIM_MEM_H
#define SIM_MEM_H

#include "sim/port.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#ifdef __cplusplus
extern "C" {
#endif

struct sim_mem;
struct sim_snapshot;

/**
 * sim_mem_new - empty memory.
 * @max_bytes: how much memory it may take from the host, for bytes and for the index of pages;
 *             a change beyond gives SIM_ENOMEM.
 */
struct sim_mem *sim_mem_new(uint64_t max_bytes);
void sim_mem_free(struct sim_mem *mem);

/** sim_mem_read - copy bytes out; unknown ones, and those past the last address, read 0. Any
 * alignment and length. */
void sim_mem_read(const struct sim_mem *mem, uint64_t pa, void *data, size_t n_bytes);
/** sim_mem_write - Return: 0, SIM_ENOMEM (nothing written) or SIM_ERANGE (wraps around). */
int sim_mem_write(struct sim_mem *mem, uint64_t pa, const void *data, size_t n_bytes);

/** sim_mem_read64, sim_mem_write64 - one little-endian word; fast if aligned. */
uint64_t sim_mem_read64(const struct sim_mem *mem, uint64_t pa);
int sim_mem_write64(struct sim_mem *mem, uint64_t pa, uint64_t value);

/** sim_mem_fill64 - set a range to one repeated word; pa and n_bytes multiples of 8, else
 * SIM_EINVAL. A whole page filled with one word takes a line of the index and no backing memory
 * until somebody writes something else into it. Otherwise like sim_mem_write. */
int sim_mem_fill64(struct sim_mem *mem, uint64_t pa, uint64_t n_bytes, uint64_t value);

/** sim_mem_forget - make a range unknown again (its page went back to the allocator). A piece of
 * a filled page needs backing for the rest. Return: 0, SIM_ENOMEM or SIM_ERANGE, like a write. */
int sim_mem_forget(struct sim_mem *mem, uint64_t pa, uint64_t n_bytes);

/** sim_mem_is_known - has every byte of the range been written or declared? */
bool sim_mem_is_known(const struct sim_mem *mem, uint64_t pa, uint64_t n_bytes);

/** sim_mem_backing_bytes - host memory that pages and their index take now, without a journal. */
uint64_t sim_mem_backing_bytes(const struct sim_mem *mem);

/**
 * sim_mem_journal_begin - from now on keep what the journal needs to undo every change.
 *
 * Memory goes on as before, and readers see what is new. A page is copied at its first change,
 * beyond max_bytes: at most as much again as there was at the begin. A change that has no memory
 * for its copies gives SIM_ENOMEM and nothing is written. One journal at a time (else: our bug).
 */
void sim_mem_journal_begin(struct sim_mem *mem);
/** sim_mem_journal_rollback - every byte, and whether it is known, as at the begin; the journal
 * stays open, so that another try can follow. */
void sim_mem_journal_rollback(struct sim_mem *mem);
/** sim_mem_journal_end - keep memory as it is now, forget the journal. */
void sim_mem_journal_end(struct sim_mem *mem);

/** struct sim_mem_timing - all 0 gives a memory that answers at once (still as an event). */
struct sim_mem_timing {
    uint64_t latency_ps;  /* from request to completion, unloaded */
    uint64_t interval_ps; /* between two accesses of the port: bandwidth */
    uint32_t n_slots;     /* accesses in flight; further ones queue. 0 = no limit */
};

/**
 * sim_mem_access - do now what @access asks; sets data and status. What a port does at completion.
 * @unknown_aborts: an access to a byte that is not known is an external abort.
 * A write that memory has no room for is an external abort too, and so is one that wraps around.
 */
void sim_mem_access(struct sim_mem *mem, struct sim_access *access, bool unknown_aborts);

struct sim_mem_port;

/**
 * sim_mem_port_new - a port in front of @mem. Both are borrowed until free.
 * @port_number: the sim_source port of its completions.
 * @unknown_aborts: see sim_mem_access.
 * Return: NULL without memory (n_slots times 8 bytes are needed).
 */
struct sim_mem_port *sim_mem_port_new(struct sim_mem *mem, struct sim_queue *queue,
                                      const struct sim_mem_timing *timing, uint16_t port_number,
                                      bool unknown_aborts);
/** sim_mem_port_free - nothing may be in flight, or the queue never runs again. */
void sim_mem_port_free(struct sim_mem_port *port);
/** sim_mem_port_access - the access function for struct sim_port_ops; ctx is the sim_mem_port. */
void sim_mem_port_access(void *mem_port, struct sim_access *access);
/** sim_mem_port_watch - @wrote is called when bytes of a write or a swap are in memory. */
void sim_mem_port_watch(struct sim_mem_port *port,
                        void (*wrote)(void *ctx, const struct sim_access *access), void *ctx);
/** sim_mem_port_view - @see may change what a read has got, before the model looks at it: stores
 * that hardware does not see yet. */
void sim_mem_port_view(struct sim_mem_port *port, void (*see)(void *ctx, struct sim_access *access),
                       void *ctx);
/** sim_mem_port_state - add the port's regions; accesses in flight are their owners' to add, and
 * bytes are the journal's. Return: 0 or SIM_ENOMEM. */
int sim_mem_port_state(struct sim_mem_port *port, struct sim_snapshot *snapshot);

#ifdef __cplusplus
}
#endif
#endif
