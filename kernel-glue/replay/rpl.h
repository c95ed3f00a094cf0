/* SPDX-License-Identifier: BSD-2-Clause
 * rpl.h - executes a stream of records against IOMMU models.
 * Knows: records, time, memory, ports, traffic. Must not know: any model inside, any verdict.
 *
 * Order: records take effect in their order. A WAIT takes as long as the model takes, and delays
 * every later record of every CPU alike. What software wrote in answer to hardware (queue heads,
 * error acknowledges) is not replayed: a responder answers what this model produced. */
#ifndef RPL_H
#define RPL_H

#include "kernel-glue/replay/rpl_scan.h"
#include "sim/atc/atc.h"
#include "sim/mem.h"
#include "sim/observe.h"
#include "sim/param.h"
#include "sim/snapshot.h"
#include "sim/traffic/traffic.h"

#ifdef __cplusplus
extern "C" {
#endif

enum rpl_cpu_time {
    RPL_CPU_MODEL, /* ns per store, access, barrier, poll: struct rpl_cpu */
    RPL_CPU_TRACE, /* the trace's stamps: an upper bound */
    RPL_CPU_ZERO,
    RPL_CPU_SCALE, /* the trace's stamps times scale_ppm */
};

/** struct rpl_cpu - what software costs; see rpl_cpu.def. */
struct rpl_cpu {
#define P(name, unit, zero, server, min, max, source, doc) uint32_t name;
#include "kernel-glue/replay/rpl_cpu.def"
#undef P
};
extern const struct sim_param_table rpl_cpu_params;

/** struct rpl_probe - where and how densely probes look; see rpl_probe.def. */
struct rpl_probe {
#define P(name, unit, deflt, min, max, source, doc) uint32_t name;
#include "kernel-glue/replay/rpl_probe.def"
#undef P
};
extern const struct sim_param_table rpl_probe_params;

/** struct rpl_config - @tells_requests: the observer gets a fact dma_issued for each request that a
 * device sends, beside the answer. @has_gap: between a detach (without a PASID or with one) and
 * what follows @gap_ns pass instead of cpu.quiet_ns: whoever detached attaches at once. @last: if
 * it is not 0, requests and probes go nowhere but to [@first, @last]. */
struct rpl_config {
    bool tells_requests;
    enum rpl_cpu_time cpu_time;
    uint32_t scale_ppm;
    struct rpl_cpu cpu;
    struct rpl_probe probe;
    struct traffic_config traffic;
    uint64_t seed;
    bool has_gap;
    uint64_t gap_ns;
    uint64_t first, last;
};

/** struct rpl_unit - one IOMMU of the machine, built and bound by the caller.
 * @atc: the endpoints in front of it, which ATS records switch; NULL if there are none (@model is
 *       the IOMMU itself then, else what the endpoints look like). */
struct rpl_unit {
    uint16_t iommu;
    enum sim_record_enum arch; /* SIM_ARCH_SMMUV3, ... */
    struct sim_iommu model;
    struct sim_atc *atc;
};

/**
 * struct rpl_machine - everything that a replay drives. All borrowed until rpl_free.
 * @mem:   stores go here; the units' ports read it.
 * @units: at most RPL_MAX_UNITS.
 * @run_one: NULL, or: runs the next event of @queue, for a kernel that keeps the time itself.
 *          Return: false if there is none. Without probes only.
 * @posted: NULL, or: stores that hardware does not see yet; the caller hides them from the units'
 *          reads. @is_cached: until their line is flushed; else they are in a buffer at once.
 */
#define RPL_MAX_UNITS 8u
struct rpl_machine {
    struct sim_queue *queue;
    struct sim_mem *mem;
    struct rpl_unit units[RPL_MAX_UNITS];
    size_t n_units;
    bool (*run_one)(void *ctx);
    void *run_ctx;
    struct sim_posted *posted;
    bool is_cached;
};

struct rpl;

/** rpl_new - @config, @machine, @scan and @observer are borrowed until rpl_free.
 * Return: NULL without memory. */
struct rpl *rpl_new(const struct rpl_config *config, const struct rpl_machine *machine,
                    const struct rpl_scan *scan, const struct sim_observer *observer);
void rpl_free(struct rpl *rpl);

/** rpl_put - take the next record; put of a struct sim_record_sink. It is copied, and executed when
 * the look-ahead is full or at the end; who watches gets it without its strings. Return: 0 or
 * SIM_E... */
int rpl_put(void *rpl, const struct sim_record *rec);

/** rpl_finish - execute what is left, let the machine come to rest. Return: 0 or SIM_E... */
int rpl_finish(struct rpl *rpl);

/** rpl_on_fact - the caller hands every fact of the units' taps to this. It has the type of
 * struct sim_tap's emit. */
void rpl_on_fact(void *rpl, const struct sim_fact *fact);
/** rpl_on_irq - the caller hands the units' interrupts to this (wired ones; MSIs are writes). */
void rpl_on_irq(struct rpl *rpl, uint16_t iommu, enum sim_irq source, bool level);
/** rpl_facts_wanted - fact kinds that the replay itself and its observer need. */
uint64_t rpl_facts_wanted(const struct rpl *rpl);

/**
 * rpl_snapshot - turn on probes: @snapshot has all regions of the machine (not those of rpl, which
 * adds its own and those of its traffic), @instants are the moments to probe, ascending, found by
 * a run without probes (see rpl_instants). Call before the first rpl_put. Return: 0 or SIM_ENOMEM.
 */
int rpl_snapshot(struct rpl *rpl, struct sim_snapshot *snapshot, const uint64_t *instants_ps,
                 size_t n_instants);

/** rpl_instants - moments of this run, inside operations and the quiet time after them, at which
 * what a request sees may have changed; ascending, without doubles; good until rpl_free. After
 * rpl_finish; a run with probes finds none. */
const uint64_t *rpl_instants(const struct rpl *rpl, size_t *n_instants);

/**
 * struct rpl_stats - what a replay did.
 * @n_records:            executed.
 * @n_answers:            recorded acts that answered another machine's hardware: not replayed.
 * @n_responses:          register writes of the responder, and its answers to what hardware waits
 * for.
 * @n_wait_timeouts:      waits whose condition did not come (see wait_limit_us).
 * @n_probes:             sent. @n_probes_unanswered: of them, without an answer in probe.limit_ns.
 * @n_instants:           found by this run. @n_instants_left_out: beyond probe.max_instants; of
 * them
 *                        @n_switch_instants_left_out are of a switch.
 * @n_map_ops_left_out:   maps and unmaps that no probe looked at (see probe.max_map_ops).
 * @end_ps:               when the machine had come to rest.
 */
struct rpl_stats {
    uint64_t n_records, n_answers, n_responses;
    uint64_t n_wait_timeouts;
    uint64_t n_probes, n_probes_unanswered;
    uint64_t n_instants, n_instants_left_out, n_switch_instants_left_out;
    uint64_t n_map_ops_left_out;
    uint64_t end_ps;
};
const struct rpl_stats *rpl_get_stats(const struct rpl *rpl);

/* ---- Software that runs beside the machine (rpl_beside.c) -------------------------------------
 * A driver that is there itself, instead of a stream of what one did: each of its acts takes
 * effect before it goes on, what it reads is what the machine has then, and interrupts go to it. No
 * responder, no probes. Its acts, kept as records, give the same run when they are replayed. */

/** rpl_beside - call before the first record. @irq: an interrupt is due; only to be noted there. */
void rpl_beside(struct rpl *rpl, void (*irq)(void *ctx, uint16_t iommu, enum sim_irq source),
                void *ctx);

/** rpl_do - @rec takes effect now, at its cost; of an MMIO_READ, @rec gets the value. Return: 0 or
 * SIM_E... */
int rpl_do(struct rpl *rpl, struct sim_record *rec);

/**
 * rpl_look - time passes as it does for a look of a WAIT record.
 * @n_before:  looks of this wait so far. @is_memory: at memory, which costs nothing.
 * Return: false if nothing will happen any more; no time has passed then.
 */
bool rpl_look(struct rpl *rpl, uint64_t n_before, bool is_memory);

/** rpl_looked - the wait that began at @start_ps is over: its record takes effect, at no cost. */
int rpl_looked(struct rpl *rpl, const struct sim_record *rec, uint64_t start_ps);

/** rpl_free_ps - when software is done with its last act: a wait begins then. */
uint64_t rpl_free_ps(const struct rpl *rpl);

/** rpl_reg_read - a register as it is now; no time passes. */
uint64_t rpl_reg_read(const struct rpl *rpl, uint32_t unit, uint64_t offset, uint32_t n_bytes);

/** rpl_step - one event of the machine. Return: false if there was none. */
bool rpl_step(struct rpl *rpl);

#ifdef __cplusplus
}
#endif
#endif
