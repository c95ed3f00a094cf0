/* SPDX-License-Identifier: BSD-2-Clause
 * chk_private.h - what the files of check/ share.
 * Knows: slots, segments, operations that live. Must not know: models, output.
 *
 * A slot is what a request is judged by: one device, or one PASID of it. Its history is a row of
 * segments; in each, the set of allowed domains and the operation in charge stay the same. A
 * request is judged by every segment that it was in flight in.
 *
 * An operation has a place in the report for ever, and a struct chk_live with everything that
 * grows only as long as late answers may come: while it is open, and while one of its slots has
 * it as the newest or second newest. */
#ifndef CHK_PRIVATE_H
#define CHK_PRIVATE_H

#include "check/chk.h"

#define CHK_NONE UINT32_MAX
#define CHK_NO_PASID UINT32_MAX
#define CHK_MAX_OPS (1u << 18)
#define CHK_MAX_SAMPLES 65536u
#define CHK_MAX_STRETCHES 4096u
#define CHK_MAX_PARTS 16u
#define CHK_MAX_DEPTH 16u
#define CHK_MAX_FREED 4096u
#define CHK_N_SEGMENTS 32u
#define CHK_N_WAITING 32u
#define CHK_N_PROBE_ADDRESSES 8u
#define CHK_N_SYNCS 64u
#define CHK_N_NEAR 16u
#define CHK_INTENT_RECORDS 65536u /* how long ago a promise may be asked for */

/* ---- Samples --------------------------------------------------------------------------------- */

/* Every value up to CHK_MAX_SAMPLES of them, then every @stride-th. */
struct chk_sampler {
    uint64_t *value;
    uint32_t n, n_max;
    uint32_t stride, skip;
    uint64_t total, max;
};

/* ---- Slots ----------------------------------------------------------------------------------- */

/* @is_known: false: nothing can be said. @is_lazy: what is unmapped may be served until a flush
 * that the stream does not show. */
struct chk_domain {
    uint64_t id;
    enum sim_domain_kind kind;
    bool is_known, is_lazy;
};

enum chk_phase {
    CHK_PHASE_BEFORE, /* the operation runs, no store of the switch is visible */
    CHK_PHASE_SWITCH,
    CHK_PHASE_AFTER,
    CHK_PHASE_TABLE, /* a map or unmap of the slot's domain runs */
};

/*
 * From the moment @from_seq on, @domain (and @other, if @has_other: the new one of a switch) may
 * answer; @op is in charge.
 * @is_target: CHK_PHASE_SWITCH: of this slot, not of another one of the device.
 * @is_old:    CHK_PHASE_AFTER: no new domain came.
 * @has_failed: the operation did not succeed.
 */
struct chk_segment {
    uint64_t from_seq;
    uint32_t op;
    uint8_t phase;
    bool has_other, is_target, is_old, has_failed;
    struct chk_domain domain, other;
};

/* One judged answer on its way into a stretch. @is_new_only: it is right by the new domain only. */
struct chk_answer {
    uint64_t issue_ps, issue_seq;
    uint64_t iova, pa;
    uint32_t requester, event, op;
    uint8_t result; /* enum chk_result */
    bool is_new_only;
};

/* Answers come in the order of their ends; here they wait until they are in the order of issue. */
struct chk_order {
    struct chk_answer waiting[CHK_N_WAITING];
    uint32_t head, n;
};

/* The stretch that a row of answers goes on with. */
struct chk_cursor {
    uint64_t iova; /* probes: a row for each address */
    uint32_t op, index;
};

struct chk_rows {
    struct chk_order order[2]; /* [is_probe] */
    struct chk_cursor traffic;
    struct chk_cursor probe[CHK_N_PROBE_ADDRESSES];
    uint32_t next_probe;
};

/*
 * @switched_by:  operation that last gave it a domain, or CHK_NONE.
 * @domain_before: domain when the newest operation came.
 * @live:         operations of the newest and second newest window, CHK_NONE.
 * @new_only, @refused_new_only: [is_probe] answers of the running switch that would be wrong if it
 *                failed.
 * @lost_seq:     when events were lost; 0 = nothing is missing.
 */
struct chk_slot {
    uint32_t dev, pasid;
    uint16_t iommu;
    struct chk_domain domain, domain_before;
    struct chk_segment segment[CHK_N_SEGMENTS];
    uint32_t n_segments; /* ever; the newest is n_segments - 1 modulo the room */
    uint32_t switched_by;
    uint32_t live[2];
    uint64_t new_only[2], refused_new_only[2];
    uint64_t lost_seq;
    struct chk_rows *rows; /* NULL before the first answer */
};

/* ---- Operations ------------------------------------------------------------------------------ */

struct chk_run {
    struct chk_stretch stretch;
    bool is_new_only;
};

/*
 * @refs:       1 while open, 1 for each slot that has it among its live ones.
 * @tail:       latencies after the operation's end: also the next one's @before.
 * @tail_taken: operation whose @before has this tail already, or CHK_NONE.
 * @gap_*:      a gap in which requests are refused.
 * @lead_*:     what was done before the first part.
 * @hw_until_ps: end of the last wait's hardware time.
 */
struct chk_live {
    uint32_t op;
    uint32_t refs;
    struct chk_sampler before, during, after, tail, syncs;
    uint32_t tail_taken;
    bool has_gap;
    uint64_t gap_ps, gap_last_ps;
    struct chk_run *runs;
    uint32_t n_runs, n_max_runs;
    struct chk_part parts[CHK_MAX_PARTS];
    uint32_t n_parts;
    bool part_is_open, has_lead;
    struct chk_counts lead_stores, lead_commands;
    uint64_t lead_syncs;
    uint64_t hw_until_ps;
};

/* What an operation's place in the report does not show.
 * @n_in_switch, @n_checked: answers in its switch; those of them that could be judged.
 * @is_off: its unit did not translate while it lasted. */
struct chk_extra {
    uint64_t domain, iova, n_bytes; /* map, unmap */
    uint32_t live;                  /* CHK_NONE once it is finished */
    bool is_table, is_open, has_no_common;
    uint64_t switch_stores;
    uint64_t n_in_switch, n_checked;
    bool is_off;
};

/* ---- CPUs ------------------------------------------------------------------------------------ */

/* An open mark. @slot: what it switches, or NULL. */
struct chk_mark {
    uint8_t op;
    bool has_begun; /* the switch */
    uint32_t dev;
    uint64_t domain, a;
    struct chk_slot *slot;
    struct chk_domain target;
};

struct chk_cpu {
    struct chk_mark mark[CHK_MAX_DEPTH];
    uint32_t depth;
    uint32_t op;       /* of mark[0] */
    uint32_t switcher; /* innermost mark with a slot, CHK_NONE */
    bool is_in_table;  /* the innermost mark is a map or unmap */
    bool has_doorbell;
    uint64_t doorbell_ps;
};

/* ---- The rest -------------------------------------------------------------------------------- */

struct chk_freed {
    uint64_t first, last; /* bytes */
    uint64_t seq;
    uint32_t op;
};

struct chk_sync {
    uint64_t time_ps, queue, index;
    uint32_t iommu;
};

/* A store or register write, for the question which of two came first. */
struct chk_near {
    uint64_t time_ns, address;
    uint32_t op;
    uint16_t cpu, iommu;
    uint8_t kind;
    bool in_switch;
};

/* Records that said so first; 0: none. */
#define CHK_MAX_UNITS 16u
struct chk_power {
    uint64_t off_seq, on_seq;
};

struct chk {
    struct chk_names names;
    const struct sim_device *devices;
    size_t n_devices;
    uint64_t resolution_ns;

    struct sim_intent *intent;
    uint64_t seq, now_ps;
    uint64_t now_ns;
    uint64_t forgotten_seq;
    int error;

    struct chk_op *ops;
    struct chk_extra *extra;
    uint32_t n_ops, n_max_ops;
    struct chk_live **live;
    uint32_t n_live, *idle_live, n_idle_live;

    struct chk_slot **slots; /* by (dev, pasid) */
    size_t n_slots, n_max_slots;
    struct chk_slot *last_slot;

    struct chk_cpu **cpus;
    uint32_t n_cpus;

    struct chk_freed freed[CHK_MAX_FREED]; /* by address, without overlap */
    uint32_t n_freed;

    struct chk_power power[CHK_MAX_UNITS];
    struct chk_sync sync[CHK_N_SYNCS];
    uint64_t n_syncs;
    struct chk_near near[CHK_N_NEAR];
    uint64_t n_near;
    uint32_t doorbell_op; /* who rang last, on any CPU */
    bool has_hole;        /* something not modelled or not known was met ... */
    uint64_t hole_ps;     /* ... last at this moment */
    const char *hole_why;
    const char *blind_why; /* NULL: judging */
    const char *doubt_why; /* NULL: everything was looked at */
    uint64_t lost_seq;     /* where events were lost last, 0 = never */
    bool has_stuck_wait;

    struct chk_report report;
};

#define CHK_STUCK_WAIT "a wait of the software never came to an end here"

/* chk_power.c: did the unit of that number translate nothing from the first record to the last? */
void chk_on_power(struct chk *chk, const struct sim_record_seen *seen);
bool chk_is_off(const struct chk *chk, uint16_t iommu, uint64_t first_seq, uint64_t last_seq);

/* chk_count.c */
void chk_count(struct chk_counts *counts, const char *name, uint64_t n);
void chk_counts_add(struct chk_counts *to, const struct chk_counts *from);
int chk_sample(struct chk_sampler *sampler, uint64_t value);
int chk_sampler_add(struct chk_sampler *to, const struct chk_sampler *from);
void chk_sampler_clear(struct chk_sampler *sampler);
void chk_sampler_sort(struct chk_sampler *sampler);
uint64_t chk_percentile(const struct chk_sampler *sorted, unsigned percent);

/* chk_op.c: the life of an operation. */
uint32_t chk_op_begin(struct chk *chk, const struct sim_record_seen *seen);
void chk_op_device(struct chk *chk, uint32_t op, uint32_t dev);
void chk_op_end(struct chk *chk, uint32_t op, const struct sim_record_seen *seen, int32_t ret);
void chk_op_inconclusive(struct chk *chk, uint32_t op, const char *why);
void chk_op_class(struct chk *chk, uint32_t op, enum chk_class verdict);
struct chk_live *chk_live_of(const struct chk *chk, uint32_t op);
void chk_live_hold(struct chk *chk, uint32_t op);
void chk_live_drop(struct chk *chk, uint32_t op);
void chk_op_judge(struct chk *chk, uint32_t op);

/* chk_part.c */
void chk_part_begin(struct chk *chk, struct chk_live *live, uint8_t op);
void chk_part_end(struct chk *chk, struct chk_live *live);

/* chk_slot.c */
struct chk_slot *chk_slot_find(struct chk *chk, uint32_t dev, uint32_t pasid);
struct chk_slot *chk_slot_get(struct chk *chk, uint32_t dev, uint32_t pasid);
struct chk_segment *chk_newest(struct chk_slot *slot);
void chk_push(struct chk *chk, struct chk_slot *slot, const struct chk_segment *segment);
void chk_enter(struct chk *chk, struct chk_slot *slot, uint32_t op);
void chk_switch_mark(struct chk *chk, struct chk_slot *slot, uint32_t op);
void chk_switch_begin(struct chk *chk, struct chk_slot *slot, const struct chk_domain *target,
                      uint32_t op);
void chk_switch_end(struct chk *chk, struct chk_slot *slot, const struct chk_domain *target,
                    uint32_t op);
void chk_switch_failed(struct chk *chk, struct chk_slot *slot, uint32_t op);
void chk_leave(struct chk *chk, struct chk_slot *slot, uint32_t op);

/* chk_mark.c */
struct chk_cpu *chk_cpu(struct chk *chk, uint16_t number);
void chk_mark_begin(struct chk *chk, const struct sim_record_seen *seen);
void chk_mark_end(struct chk *chk, const struct sim_record_seen *seen);
void chk_mark_finish(struct chk *chk);

/* chk_judge.c */
void chk_judge(struct chk *chk, const struct sim_dma_seen *seen);

/* chk_stretch.c */
void chk_stretch(struct chk *chk, struct chk_slot *slot, const struct chk_answer *answer,
                 bool is_probe);
void chk_stretch_flush(struct chk *chk, struct chk_slot *slot);
void chk_stretch_cut(struct chk *chk, struct chk_slot *slot);
void chk_stretch_failed(struct chk_live *live, uint64_t from_seq);

/* chk_cost.c: what software did and what it waited for. */
void chk_on_store(struct chk *chk, const struct sim_record_seen *seen);
void chk_on_mmio(struct chk *chk, const struct sim_record_seen *seen);
void chk_on_wait(struct chk *chk, const struct sim_record_seen *seen);
void chk_cost_finish(struct chk_op *op, struct chk_live *live);

/* chk_hole.c: what is missing, what is not modelled, what was freed. */
void chk_on_lost(struct chk *chk, uint64_t n);
void chk_on_hole(struct chk *chk, const struct sim_fact *fact);
void chk_near(struct chk *chk, const struct chk_near *near);
void chk_on_free(struct chk *chk, uint64_t pa, uint64_t n_bytes, uint32_t op);
void chk_on_memory(struct chk *chk, uint64_t pa, uint64_t n_bytes);
void chk_on_table_read(struct chk *chk, uint64_t pa);

#endif
