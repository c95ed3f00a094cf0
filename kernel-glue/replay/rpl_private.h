/* SPDX-License-Identifier: BSD-2-Clause
 * rpl_private.h - the replay's state, for its own files only.
 *
 * A fork is this same machine running on from a copy of its state, to see what becomes of one
 * probe. What changes while software runs therefore lies in few regions that can be put back:
 * struct rpl_live, the marks, the devices. What is told to the outside (observer, intent,
 * statistics, instants) is not put back, so a fork does not touch it: see is_fork. */
#ifndef RPL_PRIVATE_H
#define RPL_PRIVATE_H

#include "kernel-glue/replay/rpl.h"
#include "kernel-glue/replay/rpl_marks.h"
#include "sim/intent.h"

#define RPL_RING_RECORDS 4096u /* a power of two */
#define RPL_LOOK_AHEAD 2048u   /* records that a fork finds waiting */
#define RPL_MAX_IOVAS 8u
#define RPL_MAX_DMA 64u
#define RPL_MAX_LONG_WAITS 16u /* in vain: stream and model differ, later ones get one look */
#define RPL_RETRY_PS 1000u     /* a request that found no slot tries again */
#define RPL_STALL_PS 1000000u  /* least time of an event's handler that answers with a retry */
#define RPL_NO_UNIT UINT32_MAX
#define RPL_NO_DEVICE SIZE_MAX

/* Ports of struct sim_source. Traffic has the ports 0, 1, ... of rank ENDPOINT. */
enum rpl_port {
    RPL_PORT_SOFTWARE = 0,  /* rank SOFTWARE */
    RPL_PORT_RESPONDER = 1, /* rank SOFTWARE */
    RPL_PORT_LOOK = 0xffff, /* rank OBSERVER: looks that cost nothing come after all else */
    RPL_PORT_DMA = 0xffff,  /* rank ENDPOINT: requests of DMA records */
};

/** struct rpl_cost - software's costs of this run, in ps. @kind: per record kind. */
struct rpl_cost {
    uint64_t kind[SIM_N_RECORD_KINDS];
    uint64_t look, poll;
    uint64_t irq, respond;
    uint64_t quiet, quiet_map;
    uint64_t wait_limit;
    bool is_stamped; /* records keep the distance of their stamps */
};

enum rpl_phase {
    RPL_NEXT,  /* between two records */
    RPL_START, /* a record takes effect (or a wait looks) at due_ps */
    RPL_HALF,  /* of 16 bytes 8 are stored, the rest follows at due_ps */
};

/** struct rpl_responder - the handlers of one unit's interrupts, as a driver has them. VT-d: @cr0
 * is GCMD, @evtq handles faults. */
struct rpl_responder {
    struct rpl *rpl;
    uint32_t unit;
    uint64_t cr0, irq_ctrl;  /* as software wrote them last */
    uint32_t n_evtq, n_priq; /* records being handled; 0 = the handler is on its way */
    struct sim_event evtq, priq, gerror;
    uint64_t error_ps; /* when the handler of errors ran last, plus 1 */
};

/** struct rpl_dma - one request of a DMA record. */
struct rpl_dma {
    struct rpl *rpl;
    struct sim_dma dma;
    uint64_t issue_ps, issue_seq;
    uint32_t unit;
    bool is_used;
    bool is_refused; /* the model had no slot for it */
};

/**
 * struct rpl_live - what a fork changes and puts back.
 * @seq:      number of the newest record that had an effect.
 * @cursor:   records executed.
 * @free_ps:  when software is done with the last one.
 * @start_ps, @due_ps: of the record in hand.
 * @trace_ns: stamp of the last one.
 * @n_open, @n_watched: CPUs with an open operation, and with one that probes look at.
 * @epoch:    number of the operation that probes look at, or looked at last.
 */
struct rpl_live {
    uint64_t seq;
    uint64_t cursor;
    enum rpl_phase phase;
    bool is_answer;
    bool gave_up; /* the last WAIT never came to its end */
    bool has_begun;
    bool had_operation;
    uint64_t free_ps;
    uint64_t start_ps, due_ps;
    uint64_t trace_ns;
    uint64_t n_open, n_watched, n_switching;
    uint64_t n_maps; /* maps and unmaps that stood alone */
    uint64_t watch_until_ps;
    uint64_t epoch;
    struct sim_source software_source, look_source, responder_source, dma_source;
    struct sim_event software, look, dma_retry;
    struct rpl_responder responders[RPL_MAX_UNITS];
    struct rpl_dma dmas[RPL_MAX_DMA];
};

/** struct rpl_device - what a device is attached to. @generation: of the intent when its addresses
 * were chosen. @is_ranged: they are those of a map or unmap, whatever is mapped meanwhile. */
struct rpl_device {
    uint64_t domain, next_domain;
    enum sim_domain_kind kind, next_kind;
    bool has_domain, is_switching;
    uint64_t epoch; /* of the last operation that was about it */
    uint64_t generation;
    bool is_ranged;
    uint32_t n_iovas;
    uint64_t iova[RPL_MAX_IOVAS];
};

/** struct rpl_instant_list - moments of one kind of one operation: each @stride-th. */
struct rpl_instant_list {
    uint64_t *ps;
    size_t n;
    uint64_t stride, n_seen;
    uint64_t last_ps;
};

/** struct rpl_instants - moments worth a probe. @now: those of the operation that is watched, in a
 * switch and outside one; @all: of those before. */
struct rpl_instants {
    bool is_on;
    struct rpl_instant_list of_switch, of_rest;
    uint64_t *all;
    size_t n_all, room;
};

struct rpl_pending;

/** struct rpl_probes - @snapshot: NULL without probes. @answers: a heap by answer_seq. */
struct rpl_probes {
    struct sim_snapshot *snapshot;
    uint64_t *instants;
    size_t n_instants, next;
    struct sim_dma dma;
    bool is_answered;
    bool has_fact;
    struct sim_fact fact;
    struct rpl_pending *answers;
    size_t n_answers, room;
    uint64_t n_made;
};

/** struct rpl_beside - software that is there itself. @arrival: of the time of its next look. */
struct rpl_beside {
    bool is_on, has_arrived;
    void (*irq)(void *ctx, uint16_t iommu, enum sim_irq source);
    void *ctx;
    struct sim_event arrival;
};

struct rpl {
    const struct rpl_config *config;
    const struct rpl_machine *machine;
    const struct rpl_scan *scan;
    const struct sim_observer *observer;
    struct rpl_cost cost;
    struct sim_intent *intent;
    struct traffic **traffic; /* per device, NULL where there is none */
    struct rpl_device *devices;
    struct rpl_marks *marks;
    size_t n_marks;
    struct sim_record *ring;
    uint64_t n_put;
    struct rpl_live live;
    bool is_fork;
    bool is_over; /* nobody answers the hardware any more */
    int error;    /* the first one */
    uint64_t forgotten_seq;
    struct rpl_instants instants;
    struct rpl_probes probes;
    struct rpl_beside beside;
    struct rpl_stats stats;
};

/* rpl.c */
uint64_t rpl_now(const struct rpl *rpl);
const struct sim_record *rpl_record_at(const struct rpl *rpl, uint64_t index);
uint32_t rpl_unit_index(const struct rpl *rpl, uint16_t iommu);
/* rpl_endpoint_index - of a device (@pasid UINT32_MAX), or of its requests with a PASID. */
size_t rpl_endpoint_index(const struct rpl *rpl, uint32_t dev, uint32_t pasid);
void rpl_fail(struct rpl *rpl, int error);
void rpl_run_records(struct rpl *rpl, uint64_t n_left);
void rpl_tell_dma(struct rpl *rpl, const struct sim_dma_seen *seen);
/** rpl_tell_issued - the other end: a fact for the observer, if it wants requests told. */
void rpl_tell_issued(struct rpl *rpl, uint16_t iommu, const struct sim_dma *dma);

/* rpl_exec.c */
void rpl_exec_init(struct rpl *rpl);
void rpl_exec_kick(struct rpl *rpl);
void rpl_exec_tell(struct rpl *rpl, const struct sim_record *rec, uint64_t end_ps);
void rpl_exec_advance_seq(struct rpl *rpl);
uint64_t rpl_exec_look_cost(const struct rpl *rpl, bool is_memory);

/* rpl_wait.c */
bool rpl_wait_holds(const struct rpl *rpl, const struct sim_rec_wait *wait);

/* rpl_dma.c */
void rpl_dma_init(struct rpl *rpl);
bool rpl_dma_has_room(struct rpl *rpl);
void rpl_dma_record(struct rpl *rpl, const struct sim_rec_dma *rec);
void rpl_dma_seen(struct sim_dma_seen *seen, const struct sim_dma *dma, uint64_t answer_ps,
                  uint64_t answer_seq);

/* rpl_op.c */
void rpl_op_begin(struct rpl *rpl, const struct sim_record *rec);
uint64_t rpl_op_end(struct rpl *rpl, const struct sim_record *rec);
bool rpl_op_is_first(const struct rpl *rpl, const struct sim_record *rec);

/* rpl_target.c: the addresses that probes try */
void rpl_target_choose(struct rpl *rpl, struct rpl_device *device, uint64_t domain, uint64_t other);
void rpl_target_range(struct rpl *rpl, struct rpl_device *device, uint64_t iova, uint64_t size);

/* rpl_instants.c */
int rpl_instants_init(struct rpl *rpl);
void rpl_instants_free(struct rpl *rpl);
void rpl_instant(struct rpl *rpl);
void rpl_instants_close(struct rpl *rpl);

/* rpl_probe.c */
uint64_t rpl_probe_next_ps(const struct rpl *rpl);
void rpl_probe_instant(struct rpl *rpl);
void rpl_probe_deliver(struct rpl *rpl, uint64_t seq);
void rpl_probe_free(struct rpl *rpl);

/* rpl_smmuv3.c */
void rpl_smmuv3_init(struct rpl *rpl, uint32_t unit);
bool rpl_smmuv3_is_answer(const struct rpl *rpl, uint32_t unit, const struct sim_record *rec);
void rpl_smmuv3_written(struct rpl *rpl, uint32_t unit, const struct sim_rec_mmio *rec);
bool rpl_smmuv3_slot_is_done(const struct rpl *rpl, uint32_t unit, uint64_t base, uint32_t index);
bool rpl_smmuv3_reg_is_past(const struct rpl *rpl, uint32_t unit, const struct sim_rec_wait *wait);
uint64_t rpl_smmuv3_stored(struct rpl *rpl, const struct sim_rec_store *rec);
void rpl_smmuv3_interrupt(struct rpl *rpl, uint32_t unit, enum sim_irq source);

/* rpl_vtd.c */
void rpl_vtd_init(struct rpl *rpl, uint32_t unit);
bool rpl_vtd_is_answer(const struct rpl *rpl, uint32_t unit, const struct sim_record *rec);
void rpl_vtd_written(struct rpl *rpl, uint32_t unit, const struct sim_rec_mmio *rec);
bool rpl_vtd_slot_is_done(const struct rpl *rpl, uint32_t unit, uint64_t base, uint32_t index);
void rpl_vtd_stored(const struct rpl *rpl, const struct sim_rec_store *rec);

/* rpl_late.c: stores that hardware sees late. */
/** rpl_late_store - @n_bytes (up to 16) of @rec at @pa. Return: 0 or SIM_E... */
int rpl_late_store(const struct rpl *rpl, const struct sim_rec_store *rec, uint64_t pa,
                   const uint64_t *words, uint32_t n_bytes);
void rpl_late_flush(const struct rpl *rpl, const struct sim_rec_barrier *rec);
void rpl_late_fill(const struct rpl *rpl, const struct sim_rec_memory *rec);
void rpl_vtd_interrupt(struct rpl *rpl, uint32_t unit, enum sim_irq source);
/** rpl_error_delay - from an error's interrupt to the end of its handler; never nothing at all for
 * the second time at one instant, since an error that stays comes again at once. */
uint64_t rpl_error_delay(const struct rpl *rpl, const struct rpl_responder *responder);

#endif
