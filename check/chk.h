/* SPDX-License-Identifier: BSD-2-Clause
 * chk.h - the verdict and the cost of every operation of a replay.
 * Knows: records, facts, answers to requests, promises. Must not know: models, where records come
 * from, how anything is printed. Meaning: docs/verdicts.md. */
#ifndef CHK_H
#define CHK_H

#include "sim/intent.h"
#include "sim/observe.h"

#ifdef __cplusplus
extern "C" {
#endif

/** enum chk_class - rising severity. */
enum chk_class {
    CHK_HITLESS,
    CHK_BREAKS,
    CHK_STALE_REFUSAL,
    CHK_TORN,
    CHK_STALE,
    CHK_POISONS,
    CHK_DANGLES,
    CHK_N_CLASSES
};
const char *chk_class_name(enum chk_class verdict); /* "HITLESS", "STALE-REFUSAL", ... */

/* What counts by name: "CFGI_CD" 3. Names are static strings of whoever named them. */
#define CHK_MAX_COUNTS 24u
struct chk_counts {
    struct {
        const char *name;
        uint64_t n;
    } of[CHK_MAX_COUNTS];
    size_t n;
};

/** struct chk_names - how the architecture calls things: the caller fills it in, so that check/
 * needs no model; any of them may be NULL. @command: NULL for what is no command. @is_sync: is the
 * command a sync or a wait descriptor? @is_permission: may the event be for want of permission?
 * @power: what a register write says of a unit whose requests pass while it is off. */
enum chk_power_effect { CHK_POWER_NONE, CHK_POWER_OFF, CHK_POWER_ON };

struct chk_names {
    const char *(*command)(uint64_t word0, uint64_t word1);
    bool (*is_sync)(uint64_t word0, uint64_t word1);
    const char *(*event)(uint64_t code);
    bool (*is_permission)(uint64_t code);
    enum chk_power_effect (*power)(uint64_t offset, uint64_t value);
};

/** struct chk_part - a stage of an operation: SIM_OP_MAP (build), SIM_OP_DRV_ATTACH (switch),
 * SIM_OP_UNMAP (release). */
struct chk_part {
    uint8_t op; /* SIM_OP_* */
    uint64_t begin_ps, end_ps;
    uint64_t begin_seq, end_seq;
    struct chk_counts stores, commands;
    uint64_t syncs;
};

/** struct chk_dma - requests of one operation's devices, by what their answer was; each is counted
 * at one operation. @faulted: refused, rightly or not. @mixed: neither old nor new, before the end
 * of the switch. @stale: the same after it. @same: old and new agree. @unchecked: nothing was
 * promised. */
struct chk_dma {
    /* NOLINTNEXTLINE(readability-identifier-naming): one of the two is a word of C++ */
    uint64_t issued, old_, new_, same, faulted, mixed, stale, unchecked;
};

/** struct chk_latency - of requests that were not refused, in ps; 0 without any. */
struct chk_latency {
    uint64_t n, p50, p99, max;
};

enum chk_result {
    CHK_RESULT_OLD,
    CHK_RESULT_NEW,
    CHK_RESULT_SAME,
    CHK_RESULT_REFUSED_OK, /* a refusal that was promised */
    CHK_RESULT_REFUSED,    /* a refusal that was not */
    CHK_RESULT_MIXED,
    CHK_RESULT_STALE,
    CHK_RESULT_UNCHECKED,
};

/** struct chk_stretch - answers of one kind, one after the other: what requests saw, over time.
 * For the story and the picture. */
struct chk_stretch {
    enum chk_result result;
    uint64_t first_ps, last_ps; /* issue times */
    uint64_t first_seq, last_seq;
    uint64_t n;
    uint64_t iova, pa; /* of the first one */
    uint32_t requester;
    uint32_t event; /* code, 0 = none */
    bool is_probe;
};

/**
 * struct chk_op - one operation.
 * @classes:   bit per enum chk_class that was seen; @worst is the highest, CHK_HITLESS if none.
 * @safe:      no class above STALE-REFUSAL.
 * @inconclusive, @why: something is missing or not modelled; why is a static sentence.
 * @note:      a static sentence, or NULL ("no common IOVAs", ...).
 * @hw_ps:     time in which software waited for the IOMMU: doorbell to sync visible, summed.
 * @cpu_ps:    the rest of the operation's time.
 * @sync_p50_ps, @sync_max_ps: of the waits that @hw_ps sums up.
 * @dma_blocked_ps: from the first wrongly refused request (its issue) to the first good one after
 *              it (its issue); summed, if there are several such gaps.
 * @refill_ps: what requests after the switch took longer than the median before, summed.
 * @before, @during, @after: of the switch; of an operation without one: of the operation.
 * @stretches_cut: there were more stretches than are kept.
 */
struct chk_op {
    uint8_t op; /* SIM_OP_* */
    uint32_t dev;
    char device[64];
    uint16_t iommu;
    uint32_t requester;
    bool has_requester;
    uint32_t pasid; /* UINT32_MAX = none */
    uint64_t old_domain, new_domain;
    bool has_old_domain, has_new_domain;
    enum sim_domain_kind old_kind, new_kind;
    int32_t ret;
    uint16_t cpu;
    uint64_t trace_begin_ns, trace_end_ns;
    uint64_t begin_ps, end_ps;
    uint64_t begin_seq, end_seq;
    uint64_t switch_begin_seq, switch_end_seq; /* 0, 0 = no switch */
    uint64_t switch_begin_ps, switch_end_ps;
    uint32_t classes;
    enum chk_class worst;
    bool safe, hitless, inconclusive;
    const char *why;
    const char *note;
    struct chk_counts stores, commands, events;
    uint64_t syncs, mmio_writes;
    uint64_t swept, killed, collateral;
    uint64_t hw_ps, cpu_ps, dma_blocked_ps, refill_ps;
    uint64_t sync_p50_ps, sync_max_ps;
    struct chk_dma dma, probes;
    struct chk_latency before, during, after;
    struct chk_part *parts;
    size_t n_parts;
    struct chk_stretch *stretches;
    size_t n_stretches;
    bool stretches_cut;
};

/** struct chk_report - good until chk_free. @bad_outside: answers outside every operation that
 * were not promised, and reads of memory freed there (should be 0). @ops_left_out: operations for
 * which there was no room. @inconclusive, @why: of the first operation or of the whole stream. */
struct chk_report {
    const struct chk_op *ops;
    size_t n_ops;
    uint64_t lost_events;
    uint64_t unknown_reads;
    uint64_t unimplemented;
    uint64_t bad_outside;
    uint64_t ops_left_out;
    bool inconclusive;
    const char *why;
    enum chk_class worst; /* of all operations that are judged */
};

struct chk;

/** chk_new - @devices are borrowed until chk_free. Return: NULL without memory. */
struct chk *chk_new(const struct chk_names *names, const struct sim_device *devices,
                    size_t n_devices, uint64_t resolution_ns);
void chk_free(struct chk *chk);

/** chk_blind - nothing that happens in this stream can be judged; @why is a static sentence. Every
 * operation is inconclusive. To be called before the first record. */
void chk_blind(struct chk *chk, const char *why);

/** chk_doubt - something was not looked at, so that the whole cannot be called hitless; @why is a
 * static sentence. What is found stands. Before chk_finish. */
void chk_doubt(struct chk *chk, const char *why);

/** chk_observer - to be handed to a replay. */
struct sim_observer chk_observer(struct chk *chk);

/** chk_finish - after the last record; judges what is still open. Return: 0 or SIM_ENOMEM (which
 * any earlier call may have met). */
int chk_finish(struct chk *chk);

const struct chk_report *chk_get_report(const struct chk *chk);

#ifdef __cplusplus
}
#endif
#endif
