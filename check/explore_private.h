/* SPDX-License-Identifier: BSD-2-Clause
 * explore_private.h - what the files of the explorer share.
 * Knows: items, streams, operations that live. Must not know: any layout, output.
 *
 * An item is one structure that hardware may hold: a cache's key, and the place it was fetched
 * from. It is made of atoms; an atom has every value that it may have been fetched with. A stream
 * is a requester with or without a PASID. A core explores one level of prefetching. */
#ifndef EXPLORE_PRIVATE_H
#define EXPLORE_PRIVATE_H

#include "check/explore.h"
#include "sim/diag.h"
#include "sim/intent.h"
#include "sim/mem.h"

#define XPL_NONE UINT32_MAX
#define XPL_NEVER UINT64_MAX
#define XPL_IN_LINE (UINT64_MAX - 1)   /* gone when a line of a cache is flushed */
#define XPL_IN_BUFFER (UINT64_MAX - 2) /* ... when a buffer is emptied */
#define XPL_NOBODY UINT16_MAX          /* no CPU has this number */
#define XPL_BUCKETS 1024u
#define XPL_SLOTS 8192u /* of a command queue, whose contents are remembered */
#define XPL_DEPTH 16u
#define XPL_MAX_OPS (1u << 18)

/* A store that something else has not seen yet, and is not ordered. */
struct xpl_over {
    uint64_t seq;
    uint64_t cpu;
};

/*
 * @since: the oldest record that stored it, @word_first: the newest of each word. @gone: when a
 * later store is visible for sure. XPL_NEVER: it is in memory now, or it lacks the stores @over,
 * none of which is ordered yet; those are of the words @lacks (a bit each). XPL_IN_LINE,
 * XPL_IN_BUFFER: a later store may not have reached memory; it is there, or in the buffer, since
 * @late. @whole_since: of an entry's first atom: what is read with it is not older than that
 * record. Since then memory says that the entry is there, or what a cache had of it is gone.
 */
#define XPL_OVERS 4u
struct xpl_value {
    uint64_t word[2];
    uint64_t since, gone, late, whole_since;
    uint64_t word_first[2];
    struct xpl_over over[XPL_OVERS];
    uint32_t n_over, lacks;
};

struct xpl_atom {
    struct xpl_value *value;
    uint32_t n, n_max;
};

/* @by_key, @by_place: chains of the two hash tables. @pass: enumeration that reached it last.
 * @reach_since: what leads to it can not be older. */
struct xpl_item {
    struct chk_key key;
    uint32_t unit;
    uint64_t address;
    uint8_t n_words, words_per_atom;
    bool is_live, is_reached, is_unknown, is_matched;
    uint32_t pass;
    uint32_t by_key, by_place;
    uint64_t reach_since;
    struct xpl_atom atom[CHK_MAX_WORDS];
};

/* One look-up on its way; @parent and @word make the witness. */
struct xpl_node {
    struct chk_chain chain;
    uint64_t newest, since; /* latest and earliest that all of it was stored */
    uint64_t hash;
    uint32_t parent;
    struct xpl_words words;
    bool is_unknown;
};

/* A distinct answer. @newest: latest store in it. @fresh_seq: when it was seen first. */
struct xpl_seen {
    struct chk_target target;
    enum xpl_source source;
    uint64_t newest, fresh_seq;
    bool is_unknown, is_exposed;
    struct xpl_view view;
};

struct xpl_list {
    struct xpl_seen *seen;
    uint32_t n, n_max;
};

/*
 * @op:     in charge: its switch runs, or was the last. @slot: of its report. @closed_op: that was
 *          in charge last.
 * @memory: what memory says now. @now: what hardware may answer now.
 * @is_searched: without a PASID: for those that its requester uses.
 * @has_older: other requests of the requester were switched before it was known.
 * @domain: @has_domain: that a mark said it should use, of kind @domain_kind.
 * @refusals_charged: that stay; an earlier operation is charged with them.
 */
struct xpl_stream {
    struct chk_request request;
    uint32_t unit, dev;
    bool is_started, is_dirty, in_switch, is_lent, is_bystander, is_cut, has_memory, is_charged,
        has_older, is_searched;
    uint32_t op, slot, closed_op;
    uint64_t begin_seq, lost_seq;
    struct chk_target memory, old_target, new_target;
    struct xpl_list now, before, during, after, atc;
    bool has_ats, is_ats_told, has_domain;
    enum sim_domain_kind domain_kind;
    uint64_t domain, domain_seq; /* the record that said so */
    uint64_t n_views, window_views;
    uint64_t refusals_charged;
};

/* Translations of one regime under one tag. @since: filed first. @globals: which halves have leaves
 * that are found under any id, a bit each. */
struct xpl_tlb {
    struct chk_tag tag;
    struct chk_regime regime;
    uint64_t since, newest;
    uint32_t unit, op;
    uint32_t made_op; /* that made it, or made it again */
    uint8_t globals;
    uint32_t kind; /* of the target that filed it */
    bool is_live, is_made, was_made, is_unsnooped;
};

/*
 * A descriptor that was changed, as translations may still have it; leaves in a row are one run.
 * @pte: as it was (the first). @page_first, @page_last: the memory that it leads to.
 * @is_scattered: somewhere in there, with gaps: beyond XPL_MAX_RUNS the pieces are not kept.
 * @gone: when the change is visible for sure; XPL_IN_LINE: not before its lines are in memory.
 * @from, @to: the descriptors' own addresses, if @is_late, @is_unsnooped: read past the caches.
 * @is_combined: of a guest's tables and these: any address. @is_below: of a table that a descriptor
 * above does not lead to any more.
 */
#define XPL_MAX_RUNS 1024u
#define XPL_RECENT 8u
struct xpl_run {
    struct chk_tag tag;
    struct chk_regime regime;
    struct chk_pte pte;
    uint64_t first, last, seq, last_seq, gone;
    uint64_t page_first, page_last;
    uint64_t from, to;
    uint32_t unit, op;
    int level;
    uint16_t cpu;
    uint8_t span_log2;
    bool is_live, is_told, is_combined, is_atc, is_below, is_scattered, is_unsnooped, is_late;
    uint32_t dev; /* is_atc: whose */
    struct chk_request request;
};

/* A guest whose tables are filed together with those below them, under the VMID @space. */
struct xpl_guest {
    uint32_t unit, world, space;
    bool is_live, is_made, was_made;
};

/* A page of a table that @tlb's root leads to. */
struct xpl_place {
    struct chk_table table;
    uint64_t page;
    uint32_t tlb, next;
};

struct xpl_command {
    struct chk_command command;
    uint64_t position, door_seq;
    bool is_doubted; /* chk_command.is_overtaken, whatever the knob says */
};

struct xpl_started {
    struct xpl_command command;
    uint32_t by;
};

#define XPL_SLOT_WORDS 4u
struct xpl_queue_slot {
    uint64_t word[XPL_SLOT_WORDS];
    uint64_t index, seq;
    uint16_t cpu;
    bool is_new;
};

struct xpl_unit {
    uint16_t iommu;
    bool is_ours;   /* its architecture is known here */
    bool is_set_up; /* a register was written: its state is known */
    const struct chk_arch *arch;
    struct chk_arch_unit regs;
    struct xpl_queue_slot *slot; /* XPL_SLOTS */
    uint64_t position;           /* commands published */
    uint32_t prod;
    struct xpl_command *pending;
    uint32_t n_pending, n_max_pending;
    struct xpl_started *started; /* by registers, not known to be complete */
    uint32_t n_started, n_max_started;
    uint64_t flush_seq; /* stores up to this record have left the write buffer */
};

/* A store that its CPU has not put a barrier after: others may see @old for a while. */
struct xpl_loose {
    uint64_t pa, old[2], seq;
    uint32_t n_words;
    uint16_t cpu;
    bool is_over;
};

/* A store that hardware may miss because it is in a cache, or, since record @left, in a buffer.
 * @is_oldest_kept: there are more of its line. */
#define XPL_MAX_LATE 32u /* of one line */
#define XPL_LATE_BUCKETS 65536u
struct xpl_late {
    uint64_t pa, old[2], word[2], seq, left;
    uint32_t n_words, next;
    uint16_t cpu;
    bool is_oldest_kept;
};

struct xpl_mark {
    uint8_t op;
    uint32_t dev, pasid;
    uint64_t domain, a, b;
    bool is_switch;
};

/* An operation on a device that may have ATS, as far as its configuration goes. @slot: XPL_NONE: of
 * tables. Without any ats record of the device it is inconclusive. */
struct xpl_ats_open {
    uint32_t op, slot, dev;
};

struct xpl_cpu {
    struct xpl_mark mark[XPL_DEPTH];
    uint32_t depth, op;
    uint32_t n_deeper;  /* marks that are not kept */
    uint64_t store_seq; /* its newest store that is not ordered; 0 = none */
    uint64_t map_seq;   /* the same of a descriptor that became valid */
};

/* A page of tables that a map of @domain stored to. */
struct xpl_owner {
    uint64_t page, domain;
    uint32_t next;
};

/* What ats records told of a device. */
struct xpl_ats_told {
    uint32_t dev;
    bool is_on;
};

/* Which group a device is in. */
struct xpl_member {
    uint32_t dev, group;
};

struct xpl_core {
    const struct xpl_params *params;
    enum xpl_level level;
    const struct chk_arch *const *arch;
    size_t n_arch;
    const struct sim_device *devices;
    size_t n_devices;
    int error;

    struct sim_mem *mem;
    struct sim_intent *intent;
    bool is_intent_lost; /* records were: promises may be missing */
    uint64_t seq, now_ns;
    uint16_t cpu;
    bool is_recorded; /* barriers are in the stream */
    bool is_in_order; /* stores are visible in their order */
    bool keeps_loose; /* the store of this record may be seen late */

    struct xpl_unit *units;
    uint32_t n_units, n_max_units;
    struct xpl_item *items;
    uint32_t n_items, n_max_items;
    uint32_t by_key[XPL_BUCKETS], by_place[XPL_BUCKETS];
    struct xpl_loose *loose;
    uint32_t n_loose, n_max_loose;
    struct xpl_late *lates;
    uint32_t n_lates, n_max_lates, idle_late;
    uint32_t *by_line; /* XPL_LATE_BUCKETS; NULL: none is late */
    uint64_t store_pa; /* of this record */
    bool is_relinked;  /* a table is linked where something translated before */
    struct xpl_stream *streams;
    uint32_t n_streams, n_max_streams;
    struct xpl_tlb *tlbs;
    uint32_t n_tlbs, n_max_tlbs;
    struct xpl_guest *guests;
    uint32_t n_guests, n_max_guests;
    struct xpl_run *runs;
    uint32_t n_runs, n_max_runs, first_idle_run, n_live_runs;
    uint32_t recent_run[XPL_RECENT], next_recent;
    struct xpl_place *places;
    uint32_t n_places, n_max_places, idle_place;
    uint32_t by_page[XPL_BUCKETS];
    struct xpl_ats_open *ats_open;
    uint32_t n_ats_open, n_max_ats_open;
    struct xpl_ats_told *ats_told;
    uint32_t n_ats_told, n_max_ats_told;
    struct xpl_owner *owners;
    uint32_t n_owners, n_max_owners;
    uint32_t by_owned[XPL_BUCKETS];
    struct xpl_member *members;
    uint32_t n_members, n_max_members;
    struct xpl_cpu *cpus;
    uint32_t n_cpus, n_max_cpus;
    struct xpl_op *ops;
    uint32_t n_ops, n_max_ops;
    struct xpl_node *nodes;
    uint32_t n_nodes, n_max_nodes;
    uint32_t pass;
    uint64_t act_seq; /* 0, or: a command of an ordered queue acts, before those behind it */
    uint64_t n_views, n_outcomes, bad_outside, ops_left_out;
    bool is_incomplete, values_left_out;
    const char *tables_left_out; /* why changes of some are not seen */
    const char *why;
};

/* Why an operation is inconclusive. */
#define XPL_MORE_VIEWS "a request had more views than the explorer tries (max_views)"
#define XPL_MORE_VALUES "a structure had more values than the explorer keeps (max_values)"

/* Entries that belong to no requester. */
static inline bool xpl_is_shared(uint32_t structure)
{
    return structure == SIM_S_L1STD || structure == SIM_S_ROOT;
}

/* explore.c */
bool xpl_grow(struct xpl_core *core, void **list, uint32_t n, uint32_t *n_max, size_t size);

/* explore_hold.c: what caches may hold of configuration. */
uint32_t xpl_item_reach(struct xpl_core *core, uint32_t unit, const struct chk_chain *chain,
                        uint64_t since);
uint32_t xpl_item_first(const struct xpl_core *core, uint32_t unit, const struct chk_key *key);
uint32_t xpl_item_next(const struct xpl_core *core, uint32_t item);
void xpl_hold_store(struct xpl_core *core, uint64_t pa, const uint64_t *words, unsigned n_words,
                    bool is_atomic);
void xpl_settle(struct xpl_core *core, uint16_t cpu, uint64_t before);
void xpl_hold_settle(struct xpl_core *core, uint16_t cpu, uint64_t before);
/* @requester: CHK_NO_ID: entries that belong to none. */
void xpl_hold_unreached(struct xpl_core *core, uint32_t unit, uint32_t requester);
void xpl_hold_purge(struct xpl_core *core, uint32_t unit, const struct xpl_command *command);
bool xpl_hold_reaches(const struct xpl_core *core, uint64_t first, uint64_t last);
void xpl_hold_free(struct xpl_core *core);
void xpl_hold_value(struct xpl_core *core, struct xpl_atom *atom, const struct xpl_value *value);
void xpl_value_settle(struct xpl_value *value, uint64_t gone);
uint32_t xpl_item_in_line(const struct xpl_core *core, uint64_t pa); /* xpl_item.by_place: more */

/* explore_keep.c: what no cache keeps, by how an entry begins. */
void xpl_first_words(const struct xpl_item *item, const struct xpl_value *value, uint64_t *words);
bool xpl_keeps(const struct xpl_core *core, const struct xpl_item *item,
               const struct xpl_value *value);
bool xpl_is_present(const struct xpl_core *core, const struct xpl_item *item,
                    const struct xpl_value *value);
/* It goes, if memory does not show it any more. */
void xpl_hold_forget(const struct xpl_core *core, struct xpl_item *item);

/* explore_line.c: values that are late. */
void xpl_line_value(const struct xpl_core *core, uint32_t unit, struct xpl_value *value,
                    uint64_t seq, bool is_in_cache);
unsigned xpl_line_find(struct xpl_core *core, const struct xpl_item *item,
                       const struct xpl_late **list);
uint64_t xpl_line_undone(const struct xpl_core *core, uint64_t pa,
                         const struct xpl_late *const *list, unsigned n);
void xpl_line_fetch(struct xpl_core *core, struct xpl_item *item, const struct xpl_late *late);
void xpl_hold_flush_line(struct xpl_core *core, uint64_t pa);
void xpl_hold_flush_buffer(struct xpl_core *core, uint32_t unit, uint64_t before);

/* explore_late.c: stores that hardware may not see yet. */
void xpl_loose_hold(struct xpl_core *core, const struct xpl_item *item, struct xpl_atom *atom,
                    uint64_t pa, const struct xpl_value *current);
/* Does @unit read its configuration past the caches, and does the stream tell what was flushed? */
bool xpl_late_is_unsnooped(const struct xpl_core *core, uint32_t unit);
bool xpl_late_is_buffered(const struct xpl_core *core, uint32_t unit);
/* Before memory has them. */
void xpl_late_store(struct xpl_core *core, uint64_t pa, const uint64_t *words, unsigned n_words);
/* Stores to the line of @pa that a read may miss, oldest first, into @list of XPL_MAX_LATE. */
unsigned xpl_late_find(struct xpl_core *core, uint32_t unit, bool is_unsnooped, uint64_t pa,
                       const struct xpl_late **list);
bool xpl_late_is_any(struct xpl_core *core, uint32_t unit, bool is_unsnooped, uint64_t first,
                     uint64_t last);
void xpl_late_flush_line(struct xpl_core *core, uint64_t pa);
/* Stores before record @before have left the buffer. */
void xpl_late_flush_buffer(struct xpl_core *core, uint32_t unit, uint64_t before);
void xpl_late_fill(struct xpl_core *core, uint64_t first, uint64_t last);
/* Does a read of @unit not find the store for sure? */
bool xpl_late_is_missed(const struct xpl_core *core, uint32_t unit, bool is_unsnooped,
                        const struct xpl_late *late);
/* The newest store of @cpu (XPL_NOBODY: any) after record @since that xpl_pte_misses; 0: none. */
uint64_t xpl_late_map(struct xpl_core *core, uint16_t cpu, uint64_t since, uint32_t op);
void xpl_late_free(struct xpl_core *core);

/* explore_view.c: what a request may meet. */
struct xpl_stream *xpl_stream_get(struct xpl_core *core, uint32_t unit, uint32_t dev,
                                  const struct chk_request *request);
void xpl_stream_dirty(struct xpl_core *core, uint32_t unit, uint32_t requester, bool is_all);
void xpl_look(struct xpl_core *core);
void xpl_read_memory(const struct xpl_core *core, uint32_t unit, const struct chk_request *request,
                     struct chk_target *target);
void xpl_list_add(struct xpl_core *core, struct xpl_list *list, const struct xpl_seen *seen);

/* explore_queue.c: commands. */
bool xpl_queue_store(struct xpl_core *core, const struct sim_rec_store *store);
void xpl_queue_publish(struct xpl_core *core, uint32_t unit);
void xpl_queue_wait(struct xpl_core *core, const struct sim_rec_wait *wait);
/* A write of the register @offset may have started commands. */
void xpl_queue_start(struct xpl_core *core, uint32_t unit, uint64_t offset);

/* explore_tlb.c: translations. */
void xpl_tlb_make(struct xpl_core *core);
void xpl_tlb_purge(struct xpl_core *core, uint32_t unit, const struct xpl_command *command);
void xpl_tlb_look(struct xpl_core *core);
bool xpl_tlb_is_found(const struct chk_tag *tag, bool is_global, const struct chk_tag *by);
bool xpl_was_exposed(const struct xpl_stream *stream, const struct xpl_seen *met);

/* explore_guest.c: both stages in one. */
void xpl_guest_forget(struct xpl_core *core);
void xpl_guest_make(struct xpl_core *core, uint32_t unit, const struct chk_target *target);
void xpl_guest_purge(struct xpl_core *core, uint32_t unit, const struct chk_command *command);
bool xpl_guest_was_here(const struct xpl_core *core, uint32_t unit, const struct chk_tag *tag);
bool xpl_guest_is_here(const struct xpl_core *core, uint32_t unit, const struct chk_tag *tag);

/* explore_place.c: which pages are tables. */
#define XPL_SHARED 16u /* tags that one table serves at a time */
void xpl_place_decode(const struct xpl_core *core, const struct xpl_tlb *tlb,
                      const struct chk_table *table, uint32_t index, uint64_t word,
                      struct chk_pte *pte);
/* A valid descriptor of a tree: entry @index of @table. */
typedef void xpl_found(struct xpl_core *core, uint32_t tlb, const struct chk_table *table,
                       uint32_t index, const struct chk_pte *pte);
void xpl_place_add(struct xpl_core *core, uint32_t tlb, const struct chk_table *table);
void xpl_place_leaf(struct xpl_core *core, uint32_t tlb, const struct chk_table *table,
                    uint32_t index, const struct chk_pte *pte);
void xpl_place_drop(struct xpl_core *core, uint32_t tlb, const struct chk_table *table,
                    xpl_found *found);
unsigned xpl_place_find(struct xpl_core *core, uint64_t pa, struct xpl_place *found);
unsigned xpl_place_pages(const struct xpl_core *core, uint64_t first, uint64_t last,
                         uint64_t *pages, unsigned n_max);
bool xpl_place_is_in(const struct xpl_core *core, uint64_t page);
void xpl_place_follow(struct xpl_core *core, uint32_t tlb);
/* @table and every table below it. */
void xpl_place_each(struct xpl_core *core, uint32_t tlb, const struct chk_table *table,
                    void (*enter)(struct xpl_core *, uint32_t, const struct chk_table *));
void xpl_place_forget(struct xpl_core *core, uint32_t tlb);

/* explore_run.c: what was in tables before. */
void xpl_run_add(struct xpl_core *core, const struct xpl_run *run);
void xpl_run_drop(struct xpl_core *core, uint32_t index);
void xpl_run_cut(struct xpl_core *core, uint32_t index, const struct chk_command *c);

/* explore_pte.c: page tables. */
void xpl_pte_store(struct xpl_core *core, uint64_t pa, uint64_t old, uint64_t word);
void xpl_pte_purge(struct xpl_core *core, uint32_t unit, const struct xpl_command *command,
                   bool is_combined);
void xpl_pte_free(struct xpl_core *core, uint64_t first, uint64_t last);
void xpl_pte_settle(struct xpl_core *core, uint16_t cpu, uint64_t before);
void xpl_pte_wake(struct xpl_core *core, uint32_t tlb);
void xpl_pte_wake_guest(struct xpl_core *core, const struct xpl_guest *guest);
void xpl_pte_end(struct xpl_core *core, const struct xpl_mark *mark);
void xpl_pte_fill(struct xpl_core *core, uint64_t first, uint64_t last, uint64_t fill);

/* explore_walk.c: walks that miss a store. */
/* A table is linked: what was in it before its stores are visible may be read. */
void xpl_pte_link(struct xpl_core *core, uint32_t tlb, const struct chk_table *table,
                  bool is_relinked);
/* @unit: XPL_NONE: the line of @pa was flushed; else the unit's buffer, of what it has from before
 * record @before. */
void xpl_pte_flush(struct xpl_core *core, uint32_t unit, uint64_t pa, uint64_t before);
/* May a walk that operation @op (XPL_NONE: any) led to take an address as not mapped because it
 * misses the store? */
bool xpl_pte_misses(struct xpl_core *core, const struct xpl_late *late, uint32_t op);
/* New tables under a root: what may be missed of them. */
void xpl_pte_follow(struct xpl_core *core, uint32_t tlb, bool is_relinked);

void xpl_pte_purge_atc(struct xpl_core *core, const struct xpl_stream *stream,
                       const struct xpl_command *command);

/* explore_atc.c: what devices keep. */
void xpl_atc_switch(struct xpl_core *core, const struct sim_rec_ats *rec);
void xpl_atc_answers(struct xpl_core *core, const struct xpl_stream *stream,
                     const struct xpl_list *list, uint32_t op, uint32_t slot,
                     const struct chk_tag *tag);
void xpl_atc_inherit(const struct xpl_core *core, struct xpl_stream *stream);
void xpl_atc_refuse(struct xpl_core *core, const struct xpl_stream *stream, struct xpl_list *to);
void xpl_atc_finish(struct xpl_core *core);
void xpl_atc_look(struct xpl_core *core);
void xpl_atc_purge(struct xpl_core *core, uint32_t unit, const struct xpl_command *command);

/* explore_owner.c: whose tables, whose group. */
void xpl_owner_store(struct xpl_core *core, uint64_t pa);
void xpl_owner_free(struct xpl_core *core, uint64_t first, uint64_t last);
uint64_t xpl_owner_of(const struct xpl_core *core, uint64_t pa);
void xpl_group_change(struct xpl_core *core, const struct sim_rec_group *rec);
bool xpl_group_is_shared(const struct xpl_core *core, uint32_t dev);

/* explore_intent.c: what was promised. */
void xpl_intent_end(struct xpl_core *core, uint32_t op, const struct xpl_mark *mark, int32_t ret,
                    bool is_told);

/* explore_op.c: operations and verdicts. */
struct xpl_cpu *xpl_cpu_of(struct xpl_core *core, uint16_t number);
uint32_t xpl_op_now(const struct xpl_core *core);
/* A switch of the requests of @stream, by operation @op. */
void xpl_begin_switch(struct xpl_core *core, struct xpl_stream *stream, uint32_t op, bool is_lent);
void xpl_end_switch(struct xpl_core *core, struct xpl_stream *stream, int32_t ret);
void xpl_lend(struct xpl_core *core, struct xpl_stream *stream);
void xpl_bystander(struct xpl_core *core, struct xpl_stream *stream, uint32_t op);
struct xpl_list *xpl_window(struct xpl_stream *stream); /* NULL: nobody is in charge */
void xpl_see(struct xpl_core *core, struct xpl_stream *stream, const struct xpl_seen *seen);
void xpl_op_class(struct xpl_core *core, uint32_t op, enum xpl_source source,
                  enum chk_class verdict);
void xpl_op_table(struct xpl_core *core, uint32_t op, const struct xpl_table *table);
void xpl_op_promise(struct xpl_core *core, uint32_t op, const struct xpl_table *table);
void xpl_op_hole(struct xpl_core *core, uint32_t op, const char *why);
void xpl_op_close_all(struct xpl_core *core);
void xpl_op_free(struct xpl_op *op);

/* explore_mark.c: where operations begin and end. */
void xpl_mark_begin(struct xpl_core *core, const struct sim_rec_mark *rec);
void xpl_mark_end(struct xpl_core *core, const struct sim_rec_mark_end *rec);
void xpl_mark_finish(struct xpl_core *core);

#endif
