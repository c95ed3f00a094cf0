/* SPDX-License-Identifier: BSD-2-Clause
 * explore.h - every outcome that conforming hardware may give, and the class of each operation.
 * Knows: records, an architecture's pure functions. Must not know: models, timing, output.
 * Meaning: docs/explore.md.
 *
 * No time passes here. For each structure on the way of a request the explorer keeps what hardware
 * may hold: every value that a piece of it had since the last invalidation that is known complete.
 * All combinations are decoded; each distinct outcome is compared with the old and the new one. */
#ifndef EXPLORE_H
#define EXPLORE_H

#include "check/arch.h"
#include "check/chk.h"
#include "sim/observe.h"

#ifdef __cplusplus
extern "C" {
#endif

/** enum xpl_level - what hardware may fetch without being asked.
 * XPL_ARCHITECTURE: whatever can be reached. XPL_DEPLOYED: nothing of a requester or a PASID before
 * the first operation that concerns it. */
enum xpl_level { XPL_ARCHITECTURE, XPL_DEPLOYED, XPL_N_LEVELS };

/** enum xpl_phase - when a request may meet an outcome. */
enum xpl_phase {
    XPL_BEFORE, /* when the switch begins: what an earlier operation left behind is in it */
    XPL_DURING, /* from the first act of the switch to its end */
    XPL_AFTER,  /* from there to the begin of the next one of this request */
    XPL_N_PHASES
};

/** enum xpl_source - who answers. */
enum xpl_source {
    XPL_ENTRY, /* configuration structures: as if the TLB were empty */
    XPL_TLB,   /* a translation that is filed under the tag of such a view */
    XPL_N_SOURCES
};

/**
 * struct xpl_outcome - one distinct answer to requests of one slot.
 * @target:   for XPL_TLB: tlb[].tag is that of the view, tlb[].regime that of the entry.
 * @verdict:  what it is when it is compared with old and new.
 * @is_old, @is_new: it equals one of them.
 * @is_left_over: it was there before the switch began: an earlier operation is charged.
 * @seq:      record after which it was first possible.
 * @view:     number of the view, for xpl_witness; XPL_NO_VIEW if there is none. Of several ways to
 *            this answer, the one with the latest store.
 */
#define XPL_NO_VIEW UINT32_MAX
struct xpl_outcome {
    enum xpl_phase phase;
    enum xpl_source source;
    enum chk_class verdict;
    bool is_old, is_new, is_left_over;
    uint64_t seq;
    uint32_t view;
    struct chk_target target;
};

/** struct xpl_words - one structure of a view. @atom_seq: of each word, the record that stored it
 * (0 = it was there from the start). @address: where it was fetched. */
struct xpl_words {
    struct chk_key key;
    uint64_t address;
    uint8_t n_words;
    uint64_t word[CHK_MAX_WORDS];
    uint64_t word_seq[CHK_MAX_WORDS];
};

/** struct xpl_view - structures as a request met them, from the first to the last. */
#define XPL_MAX_CHAIN 5u
struct xpl_view {
    uint32_t n_structures;
    struct xpl_words structure[XPL_MAX_CHAIN];
};

/**
 * struct xpl_slot - what one operation did to the requests of one requester and PASID.
 * @is_switched: the operation is about it; else it only shares something.
 * @classes:  [source] bit per enum chk_class; @worst of both.
 * @old_target, @new_target: what memory said before and after.
 * @n_views:  combinations that were decoded, @n_outcomes: distinct results (of all phases).
 */
struct xpl_slot {
    struct chk_request request;
    uint32_t dev;
    uint16_t iommu;
    bool is_switched, inconclusive;
    const char *why;
    uint32_t classes[XPL_N_SOURCES];
    enum chk_class worst;
    struct chk_target old_target, new_target;
    uint64_t n_views;
    struct xpl_outcome *outcomes;
    uint32_t n_outcomes;
};

/** struct xpl_table - what a map, an unmap or a free did to the tables of a domain.
 * @first, @last: input addresses. @page: of a freed or unmapped page, else 0. @seq: the store. */
struct xpl_table {
    enum chk_class verdict;
    struct chk_tag tag;
    uint64_t first, last, page;
    uint64_t seq;
    const char *what; /* a static sentence */
};

/** What is not said of an operation, though nothing is missing (xpl_op.notes). */
enum {
    XPL_NOTE_GUEST = 1 << 0,      /* a guest's tables are compared by their address alone */
    XPL_NOTE_NO_PROMISE = 1 << 1, /* no record says where a switch should lead: as memory says */
    XPL_NOTE_UNUSED = 1 << 2,     /* no request uses the domain: nothing to be wrong for */
    XPL_NOTE_ATC_ORDER = 1 << 3,  /* xpl_params.is_atc_in_order counts */
};
#define XPL_N_NOTES 4u

/** xpl_note_text - a sentence for bit @note (0 to XPL_N_NOTES - 1). */
const char *xpl_note_text(unsigned note);

/** struct xpl_op - one operation. Fields up to @end_seq as in struct chk_op.
 * @worst:    [level] over all slots and tables. @classes: [level] bits.
 * @entry_worst, @tlb_worst: [level] "entry:" and "tlb:". */
struct xpl_op {
    uint8_t op; /* SIM_OP_* */
    uint32_t dev;
    uint32_t pasid;
    uint64_t domain;
    int32_t ret;
    uint64_t begin_seq, end_seq;
    uint64_t begin_ns, end_ns;
    uint64_t stores, commands, syncs;
    uint32_t classes[XPL_N_LEVELS];
    enum chk_class worst[XPL_N_LEVELS];
    enum chk_class entry_worst[XPL_N_LEVELS], tlb_worst[XPL_N_LEVELS];
    uint64_t n_views, n_outcomes;
    bool inconclusive;
    const char *why;
    uint32_t notes;         /* XPL_NOTE_* */
    struct xpl_slot *slots; /* of XPL_ARCHITECTURE */
    uint32_t n_slots;
    struct xpl_table *tables;
    uint32_t n_tables;
    struct xpl_view *views; /* by xpl_outcome.view; those of bad outcomes alone */
    uint32_t n_views_kept;
};

/** struct xpl_report - good until xpl_free. @bad_outside: classes found where no operation is in
 * charge. */
struct xpl_report {
    const struct xpl_op *ops;
    size_t n_ops;
    uint64_t n_records, n_views, n_outcomes;
    uint64_t bad_outside, ops_left_out;
    bool ordering_assumed; /* barriers are implied by records */
    bool inconclusive;
    const char *why;
    enum chk_class worst[XPL_N_LEVELS];
};

/**
 * struct xpl_params - knobs; the report prints each.
 * @atom_bytes: 8 or 16: what hardware reads of an entry at once.
 * @max_values: of one piece of one structure; @max_views: of one request at a time. Beyond either
 *              the operation is inconclusive.
 * @max_tables: page tables that are followed; beyond, every later operation is inconclusive.
 * @has_all_ats: a device without ats records has no ATS. Else an operation on one whose
 *              configuration has ATS on is inconclusive: translated requests are not told.
 * @is_atc_in_order: an invalidation of a device TLB (VT-d, type 3) waits for those of the IOTLB by
 *              PASID before it, too.
 * @same_tag_conflict: true: two tables under one tag may also end in a conflict fault (strict).
 */
struct xpl_params {
    uint32_t atom_bytes;
    uint32_t max_values;
    uint32_t max_views;
    uint32_t max_tables;
    bool same_tag_conflict;
    bool is_atc_in_order;
    bool has_all_ats;
};
void xpl_defaults(struct xpl_params *params);

struct xpl;

/**
 * xpl_new - nothing known yet.
 * @arch: n_arch architectures, borrowed. Units of others make their operations inconclusive.
 * @devices: borrowed; requests of these are explored, besides those that records name. More
 *           requests: the PASIDs that operations and commands name.
 * Return: NULL without memory.
 */
struct xpl *xpl_new(const struct xpl_params *params, const struct chk_arch *const *arch,
                    size_t n_arch, const struct sim_device *devices, size_t n_devices);
void xpl_free(struct xpl *xpl);

/** xpl_unit - a unit exists, before any record says so. Return: 0 or SIM_ENOMEM. */
int xpl_unit(struct xpl *xpl, uint16_t iommu, uint8_t arch);

/** xpl_set - an ID register of a unit that no record tells (a configured one). Return: 0 or
 * SIM_ENOMEM. */
int xpl_set(struct xpl *xpl, uint16_t iommu, uint64_t offset, uint64_t value);

/** xpl_put - put of a struct sim_record_sink. Return: 0 or SIM_ENOMEM. */
int xpl_put(void *xpl, const struct sim_record *rec);

/** xpl_finish - after the last record; closes what is open. Return: 0 or SIM_ENOMEM. */
int xpl_finish(struct xpl *xpl);

const struct xpl_report *xpl_get_report(const struct xpl *xpl);

#ifdef __cplusplus
}
#endif
#endif
