/* SPDX-License-Identifier: BSD-2-Clause
 * ord_vtd.h - what the rules of VT-d remember of a stream, shared by their files.
 * Knows: layouts and pure decoders of VT-d. Must not know: a model's state, time.
 *
 * As with SMMUv3, rules about caches rest on duties: a store to something that a unit may have
 * cached makes one. Each duty has steps, in the order in which they must be done: context cache,
 * PASID cache, IOTLB, device TLB. A descriptor takes a step over, a wait behind it ends it. */
#ifndef ORD_VTD_H
#define ORD_VTD_H

#include "check/chk_order_private.h"
#include "models/vtd/vtd_cfg_decode.h"
#include "models/vtd/vtd_layout.h"

#define ORDV_MAX_UNITS 8u
#define ORDV_WORDS 8u
#define ORDV_NO_INDEX UINT64_MAX
#define ORDV_BY_REGISTER (UINT64_MAX - 1)

/* Bits of a field in its own register or word; a constant, as hw_mask is not. */
#define ORDV_BITS(layout, field)                                                                   \
    ((UINT64_MAX >> (63 - (VTD_MSB_##layout##_##field - VTD_LSB_##layout##_##field)))              \
     << (VTD_LSB_##layout##_##field % 64u))

/* @stored: record of its newest store that was not published; 0 = none. @index: of the descriptor
 * that was published from here last, + 1. @is_told: that it was overwritten too early. */
struct ordv_slot {
    uint64_t stored, index;
    bool is_told;
};

/* Descriptors count from 0 over the whole stream. @head: published. @done: known to be complete.
 * @last_wait: index + 1. @tail: IQT in slots. */
struct ordv_queue {
    struct ordv_slot *slots;
    size_t slots_room;
    bool has_base, has_tail;
    uint64_t iqa;
    uint32_t tail;
    uint64_t head, done, last_wait;
    uint64_t store_seq; /* newest store into it */
    uint64_t error_seq; /* FSTS was read with IQE; 0 = none */
};

enum ordv_step { ORDV_CC, ORDV_PC, ORDV_IOTLB, ORDV_DEV, ORDV_N_STEPS };

/* ORDV_BELOW: a translating entry below another one that changed. */
enum ordv_kind {
    ORDV_ROOT,
    ORDV_CTX_LEGACY,
    ORDV_CTX,
    ORDV_DIR,
    ORDV_PASID,
    ORDV_PTE,
    ORDV_BELOW,
};

/**
 * struct ordv_duty - something that caches may still hold.
 * @needs:   steps; @index: of the descriptor that took a step over.
 * @before:  the entry when the duty began, @did: its domain.
 * @is_cm:   the entry became present, and the unit has caching mode.
 * @is_quiet: only bits changed that nobody reads; they may be read together with the next change.
 * @by_domain: the IOTLB must be invalidated by domain, not by PASID.
 * @first, @last, @is_table: PTE.
 * @by_pasid: PIOTLB_INV took the IOTLB's step over.
 * @done:    a register that did the step was seen to be ready; @index is ORDV_BY_REGISTER till
 * then.
 * @saw_*:   a descriptor that nearly did.
 */
struct ordv_duty {
    enum ordv_kind kind;
    uint16_t cpu;
    uint64_t pa;
    struct ord_since since;
    uint32_t sid, pasid, did;
    uint64_t before[ORDV_WORDS];
    bool needs[ORDV_N_STEPS];
    uint64_t index[ORDV_N_STEPS];
    bool done[ORDV_N_STEPS];
    bool by_domain, is_first_stage, is_table, is_torn, is_cm, is_quiet, by_pasid;
    uint8_t atomic_pairs, plain_pairs;
    bool saw_did[ORDV_N_STEPS], saw_early[ORDV_N_STEPS], saw_pasid, saw_leaf;
    uint64_t first, last;
    uint64_t table; /* root of page tables that the old value led to, 0 = none */
};

/* A context entry that is present, and where a PASID table hangs below it. */
struct ordv_ctx {
    uint32_t sid;
    uint64_t pa;
    bool is_legacy;
    uint64_t directory;
    uint32_t limit, rid_pasid;
    bool has_ats, has_pri;
};

/* A PASID table: page of 64 entries, the first of them is of @first. */
struct ordv_table {
    uint64_t page;
    uint32_t sid, first;
};

/* An entry that became present, and that no descriptor followed yet. @mark: the operation. */
struct ordv_fresh {
    uint64_t pa, head;
    uint64_t seq, mark;
};

/* A way to translate that is in use. @root: second stage, first stage; 0 = none. */
struct ordv_conf {
    uint64_t pa;
    uint32_t sid, pasid, did;
    bool is_fs;        /* what the domain stands for is the first stage alone */
    bool is_unsnooped; /* walks do not see what is in caches */
    uint64_t root[2];
    unsigned levels[2];
};

/* A group of page requests. @since: its request, or its response. */
struct ordv_group {
    uint32_t rid, pasid, prgi;
    bool is_open;
    struct ord_since since;
};

/* A line that was stored to and not flushed. @word: the first of them. */
struct ordv_line {
    uint64_t pa, word;
    struct ord_since since;
    uint16_t cpu;
    bool is_table, is_told;
};

/* Descriptors by one CPU. @last: index + 1 of its newest invalidation. */
struct ordv_issue {
    uint64_t last, last_seq;
};

struct ordv_unit {
    bool is_used;
    uint16_t iommu;
    struct vtd_ids ids;
    bool has_ver, has_cap, has_ecap, has_caps;
    struct vtd_caps caps;
    /* GCMD: @levels: its level bits as written last. @moving: GSTS bits that are waited for, and
     * what they become. @gsts: as it was read last. */
    bool has_levels;
    uint64_t levels, moving, moving_value, gsts;
    bool has_rtaddr, has_root;
    uint64_t rtaddr;
    struct vtd_root root;
    bool flush_needs[ORDV_N_STEPS];
    uint64_t flush_index[ORDV_N_STEPS];
    struct ord_since flush_since;
    struct ordv_queue queue;
    bool has_pqa;
    uint64_t pqa;
    struct ordv_group *groups;
    size_t n_groups, groups_room;
    uint64_t iva;
    uint64_t fsts;
    struct ordv_duty *duties;
    size_t n_duties, duties_room;
    size_t n_entry_duties; /* of them: not of entries of page tables */
    struct ordv_ctx *ctxs;
    size_t n_ctxs, ctxs_room;
    struct ordv_table *tables;
    size_t n_tables, tables_room;
    struct ordv_fresh *fresh;
    size_t n_fresh, fresh_room;
    struct ordv_conf *confs;
    size_t n_confs, confs_room;
    struct ordv_issue *issues;
    size_t issues_room;
    struct ord_since wbf_since; /* a store is in the write buffer; seq 0 = none */
    uint16_t wbf_cpu;
};

/* A page of page-table memory and the descriptor that leads to it. @pa: | 1, 0 = empty place. */
struct ordv_page {
    uint64_t pa, parent;
};

struct ordv {
    struct chk_order *order;
    struct ordv_unit units[ORDV_MAX_UNITS];
    struct ordv_page *pages;
    size_t n_pages, pages_room; /* room: a power of 2 */
    struct ordv_line *lines;
    size_t n_lines, lines_room;
};

struct ordv_command {
    const uint64_t *words;
    uint64_t index;
};

/* ---- ord_vtd.c ---- */
struct ordv_unit *ordv_unit_of(struct ordv *v, uint16_t iommu);
/** ordv_is_on - is translation enabled, or about to be? */
bool ordv_is_on(const struct ordv_unit *unit);
bool ordv_is_scalable(const struct ordv_unit *unit);
/** ordv_read - @n words of memory as they are now. */
void ordv_read(const struct ordv *v, uint64_t pa, uint64_t *words, unsigned n);
struct ordv_issue *ordv_issue_of(struct ordv *v, struct ordv_unit *unit, uint16_t cpu);

/* ---- ord_vtd_regs.c ---- */
void ordv_reg_write(struct ordv *v, const struct sim_rec_mmio *rec);
void ordv_reg_read(struct ordv *v, const struct sim_rec_mmio_read *rec);
void ordv_reg_wait(struct ordv *v, const struct sim_rec_wait *rec);

/* ---- ord_vtd_gcmd.c: global commands ---- */
void ordv_gcmd(struct ordv *v, struct ordv_unit *unit, uint64_t value);
/** ordv_gsts - GSTS bits in @mask are seen to be those of @value. */
void ordv_gsts(struct ordv_unit *unit, uint64_t mask, uint64_t value);
/** ordv_flush_done - what the root table's change needs was done up to unit->queue.done. */
void ordv_flush_command(struct ordv_unit *unit, const struct ordv_command *command);
/** ordv_flush_register - a register did what a descriptor would. */
void ordv_flush_register(struct ordv_unit *unit, enum ordv_step step);
void ordv_flush_finish(struct ordv *v, struct ordv_unit *unit);

/* ---- ord_vtd_queue.c ---- */
void ordv_queue_store(struct ordv *v, uint64_t pa);
void ordv_queue_base(struct ordv *v, struct ordv_unit *unit, uint64_t value);
void ordv_queue_tail(struct ordv *v, struct ordv_unit *unit, uint64_t value);
void ordv_queue_wait(struct ordv *v, struct ordv_unit *unit, const struct sim_rec_wait *rec);
bool ordv_queue_is_on(const struct ordv_unit *unit);

/* ---- ord_vtd_desc.c: what is wrong with a descriptor alone ---- */
/** ordv_desc_check - Return: true if it will be executed. */
bool ordv_desc_check(struct ordv *v, const struct ordv_unit *unit, const uint64_t *words);

/* ---- ord_vtd_duty.c ---- */
struct ordv_duty *ordv_duty_new(struct ordv *v, struct ordv_unit *unit, enum ordv_kind kind);
/** ordv_duty_of - the oldest duty of that place; NULL if none. */
struct ordv_duty *ordv_duty_of(struct ordv_unit *unit, enum ordv_kind kind, uint64_t pa);
void ordv_duty_command(struct ordv_unit *unit, const struct ordv_command *command);
void ordv_duty_complete(struct ordv_unit *unit);
/** ordv_duty_ready - the register of a step was seen to be ready. */
void ordv_duty_ready(struct ordv_unit *unit, enum ordv_step step);
void ordv_duty_end(struct ordv *v, struct ordv_unit *unit, const struct ord_mark *mark,
                   uint16_t cpu);

/* ---- ord_vtd_entry.c ---- */
void ordv_entry_store(struct ordv *v, const struct sim_rec_store *rec,
                      const struct ord_stored *stored);
/** ordv_entry_rescan - the root table moved, or is used from now on. */
void ordv_entry_rescan(struct ordv *v, struct ordv_unit *unit);

/* ---- ord_vtd_ats.c ---- */
/** ordv_has_ats - is ATS of the requester on, and may it be? */
bool ordv_has_ats(const struct ordv *v, const struct ordv_unit *unit, uint32_t sid);
void ordv_ats_record(struct ordv *v, const struct sim_rec_ats *rec);

/* ---- ord_vtd_conf.c ---- */
/** ordv_conf_drop - forget what a requester uses; @pa: only that entry, 0 = all. */
void ordv_conf_drop(struct ordv_unit *unit, uint32_t sid, uint64_t pa);
void ordv_conf_legacy(struct ordv *v, struct ordv_unit *unit, uint32_t sid, uint64_t pa);
/** ordv_conf_pasid - take entry @index of a PASID table, if it translates. */
void ordv_conf_pasid(struct ordv *v, struct ordv_unit *unit, const struct ordv_table *table,
                     unsigned index);
/** ordv_conf_check - the entry at @pa changed: does it agree with others of its domain? */
/* What the entry said when the duty began. Return: false: nothing. */
bool ordv_conf_before(const struct ordv_unit *unit, const struct ordv_duty *duty,
                      struct ordv_conf *conf);
void ordv_conf_check(struct ordv *v, const struct ordv_unit *unit, uint64_t pa);

/* ---- ord_vtd_pte.c ---- */
void ordv_pte_store(struct ordv *v, const struct ord_stored *stored);
void ordv_pte_free(struct ordv *v, const struct sim_rec_memfree *rec);
void ordv_pte_memory(struct ordv *v, const struct sim_rec_memory *rec);
/** ordv_pte_is_walked - does a table hold @pa that the unit walks (@is_unsnooped: past caches)? */
bool ordv_pte_is_walked(const struct ordv *v, const struct ordv_unit *unit, uint64_t pa,
                        bool is_unsnooped);

/* ---- ord_vtd_below.c ---- */
/** ordv_needs_domain - must the IOTLB be invalidated by domain, not by PASID, when a PASID entry
 * changes so? */
bool ordv_needs_domain(const uint64_t *before, const uint64_t *after);
/** ordv_below_add - duties for what translates below the entry of @above, which is @after now. */
void ordv_below_add(struct ordv *v, struct ordv_unit *unit, struct ordv_duty *above,
                    const uint64_t *after);
void ordv_below_free(struct ordv *v, const struct sim_rec_memfree *rec);
/** ordv_entry_is_read - is an entry there that the unit reaches? */
bool ordv_entry_is_read(const struct ordv *v, const struct ordv_unit *unit, uint64_t pa);

/* ---- ord_vtd_late.c ---- */
void ordv_late_store(struct ordv *v, const struct sim_rec_store *rec,
                     const struct ord_stored *stored);
void ordv_late_flush(struct ordv *v, uint64_t pa);
void ordv_late_forget(struct ordv *v, uint64_t first, uint64_t size);
/** ordv_late_command - something is invalidated, which empties the write buffer. */
void ordv_late_command(struct ordv *v, struct ordv_unit *unit);
void ordv_late_wbf(struct ordv_unit *unit);
void ordv_late_end(struct ordv *v, struct ordv_unit *unit, const struct ord_mark *mark,
                   uint16_t cpu);

/* ---- ord_vtd_page.c ---- */
void ordv_page_event(struct ordv *v, const struct sim_rec_event *rec);
void ordv_page_response(struct ordv *v, struct ordv_unit *unit, const uint64_t *words);
void ordv_page_end(struct ordv *v, struct ordv_unit *unit, const struct ord_mark *mark);

#endif
