/* SPDX-License-Identifier: BSD-2-Clause
 * cmp_private.h - acts, names and intervals.
 * Knows: what the files of this folder share. Must not know: one architecture. */
#ifndef CMP_PRIVATE_H
#define CMP_PRIVATE_H

#include "kernel-glue/compare/cmp.h"
#include "models/common/hw_print.h"
#include "sim/mem.h"

#include <uthash.h>

enum { CMP_MAX_REFS = 4, CMP_PAGE_LOG2 = 12, CMP_MAX_UNITS = 8, CMP_MAX_OPEN = 1024 };

/* Kinds of names. Each has partners of its own. */
enum cmp_space {
    CMP_S_NONE,   /* not a name: must be equal */
    CMP_S_IGNORE, /* depends on how full a queue was */
    CMP_S_PAGE,   /* table or queue memory */
    CMP_S_DATA,   /* what devices reach: partners for one operation only */
    CMP_S_ENTRY,  /* an entry that a device selects */
    CMP_S_STREAM,
    CMP_S_ASID,
    CMP_S_DOMAIN, /* VMID, domain-id */
    CMP_N_SPACES
};

/** struct cmp_name - @life: how often it was handed out before, where that can be seen. No holes:
 * it is a key. */
struct cmp_name {
    uint64_t value;
    uint32_t space;
    uint32_t life;
};

/* ---- what a stream's memory holds at the moment ---- */

/* A page of memory that a driver allocated. @parent: descriptor that points here, 0 = none. */
struct cmp_page {
    uint64_t number;
    uint64_t first; /* page where its allocation begins */
    uint64_t parent;
    uint32_t life;
    bool is_table;
    UT_hash_handle hh;
};

/* Entries that once were valid, by kind. */
struct cmp_entry {
    uint64_t pa;
    UT_hash_handle hh;
};

enum cmp_list { CMP_L_FIRST, CMP_L_STREAM, CMP_L_CONTEXT_TABLE, CMP_L_CONTEXT, CMP_N_LISTS };

struct cmp_world {
    struct sim_mem *mem;
    struct cmp_page *pages;
    struct cmp_entry *lists[CMP_N_LISTS];
    struct {
        uint64_t base, cfg;
        bool is_known, is_on;
    } unit[CMP_MAX_UNITS];
    bool is_wide_ctx; /* VT-d, scalable mode */
};

int cmp_world_init(struct cmp_world *world);
void cmp_world_fini(struct cmp_world *world);
struct cmp_page *cmp_page_find(const struct cmp_world *world, uint64_t pa);
int cmp_page_alloc(struct cmp_world *world, const struct sim_rec_memory *memory);
void cmp_page_free(struct cmp_world *world, const struct sim_rec_memfree *memory);
/** cmp_page_first - the page number where the allocation of @pa begins. */
uint64_t cmp_page_first(const struct cmp_world *world, uint64_t pa);
/** cmp_list_add - remember an entry. Return: 0 or SIM_ENOMEM. */
int cmp_list_add(struct cmp_world *world, enum cmp_list list, uint64_t pa);

/* ---- architectures ---- */

/** struct cmp_rule - fields called @field in layouts called @layout (NULL = any) are names. */
struct cmp_rule {
    const char *layout, *field;
    enum cmp_space space;
};

/**
 * struct cmp_arch - what differs between architectures.
 * @rules:    fields; the first that fits counts. Addresses that no rule names are pages.
 * @decoder:  of a structure, NULL = not known.
 * @place:    log2 of the bytes that an entry's position is a name for.
 * @reg:      layout of a register, NULL = not known.
 * @note_reg: a register was written.
 * @note_entry: an entry has changed (@pa of its first byte, @index of the word).
 * @is_live:  can hardware reach the entry, if it is valid in @before or @after?
 */
struct cmp_arch {
    const struct cmp_rule *rules;
    size_t n_rules;
    uint8_t command; /* SIM_S_* of a command */
    const struct hw_decoder *(*decoder)(uint8_t structure);
    unsigned (*place)(const struct cmp_world *world, uint8_t structure, enum cmp_space *space);
    unsigned (*entry_bytes)(const struct cmp_world *world, uint8_t structure);
    const struct hw_layout *(*reg)(uint64_t offset, const char **name);
    void (*note_reg)(struct cmp_world *world, const struct sim_rec_mmio *mmio);
    int (*note_entry)(struct cmp_world *world, uint8_t structure, uint64_t pa,
                      const uint64_t *words);
    bool (*is_live)(const struct cmp_world *world, uint8_t structure, uint64_t pa,
                    const uint64_t *before, const uint64_t *after);
};

extern const struct cmp_arch cmp_smmuv3;
extern const struct cmp_arch cmp_vtd;

/* ---- acts ---- */

enum cmp_act_kind {
    CMP_ACT_STORE,
    CMP_ACT_COMMAND,
    CMP_ACT_REGISTER,
    CMP_ACT_WAIT,
    CMP_ACT_BARRIER,
    CMP_ACT_BEGIN,
    CMP_ACT_END,
};

/**
 * struct cmp_act - a record, as far as it is compared.
 * @layout:  of the words, NULL if not known. @index: which word of the entry a store changes.
 * @where, @offset: the place, as a name and what must be equal.
 * @plain:   the words, or a register's value, without the names in them.
 * @before, @after: the whole entry (STORE).
 * @is_loose: a register write that no barrier orders behind this CPU's last store.
 * @partner: of BEGIN: the index of its END, SIZE_MAX if it has none.
 */
struct cmp_act {
    uint8_t kind, structure, index, n_refs, op;
    bool is_live, is_loose;
    uint16_t cpu;
    int32_t ret;
    uint64_t time_ns, ip, pa, offset, seq;
    const struct hw_layout *layout;
    const char *title; /* of a register */
    struct cmp_name where;
    struct cmp_name refs[CMP_MAX_REFS];
    const struct hw_field *ref_fields[CMP_MAX_REFS];
    uint64_t plain[2], words[2];
    uint64_t before[HW_MAX_WORDS], after[HW_MAX_WORDS];
    size_t partner;
};

struct cmp_stream {
    const struct cmp_arch *arch;
    struct cmp_world world;
    struct rpl_tables *tables;
    struct cmp_act *acts;
    size_t n_acts, room;
    struct cmp_counts counts;
    size_t open[CMP_MAX_OPEN]; /* BEGINs without an END so far */
    size_t n_open;
    uint64_t n_records;
};

/** cmp_act_structure - what a store goes to, page tables of any stage alike. */
uint8_t cmp_act_structure(const struct cmp_act *act);

/* Hash of what must be equal of an act's place, and of its place and value. */
uint64_t cmp_act_slot(const struct cmp_act *act);
uint64_t cmp_act_shape(const struct cmp_act *act);

/** cmp_item_text - in words, into @text (CMP_TEXT_BYTES). */
struct cmp_item;
void cmp_item_text(const struct cmp_item *item, char *text);
/** cmp_values_text - the fields in which two acts of one place differ, names with their partner
 * excepted. */
struct cmp_names;
void cmp_values_text(const struct cmp_names *names, const struct cmp_act *a,
                     const struct cmp_act *b, char *text);

/* ---- partners ---- */

struct cmp_pair {
    struct cmp_name from, to;
    UT_hash_handle hh;
};

struct cmp_names {
    struct cmp_pair *pairs[CMP_N_SIDES][CMP_N_SPACES]; /* from A to B, and back */
};

void cmp_names_free(struct cmp_names *names);
/** cmp_names_fit - could @a and @b be partners? */
bool cmp_names_fit(const struct cmp_names *names, const struct cmp_name *a,
                   const struct cmp_name *b);
/** cmp_names_are - are they partners already? */
bool cmp_names_are(const struct cmp_names *names, const struct cmp_name *a,
                   const struct cmp_name *b);
/** cmp_names_bind - they are, from now on. Return: 0 or SIM_ENOMEM. */
int cmp_names_bind(struct cmp_names *names, const struct cmp_name *a, const struct cmp_name *b);
/** cmp_names_forget - the partners of one kind of names. */
void cmp_names_forget(struct cmp_names *names, enum cmp_space space);
const struct cmp_name *cmp_names_partner(const struct cmp_names *names, int side,
                                         const struct cmp_name *name);
const char *cmp_space_word(enum cmp_space space);

/* ---- intervals ---- */

/** struct cmp_item - what an interval has: an act, or all stores of it to a word that is not live.
 * @first: the first of them; act: the last. @n_acts. @partner: its index on the other side. */
struct cmp_item {
    const struct cmp_act *first, *act;
    uint64_t slot, shape;
    uint32_t n_acts, interval;
    size_t partner;
};

struct cmp_interval {
    size_t first, n; /* items */
};

/** struct cmp_side - one side of a part. */
struct cmp_side {
    const struct cmp_stream *stream;
    struct cmp_item *items;
    size_t n_items;
    struct cmp_interval *intervals;
    size_t n_intervals;
    uint64_t begin_ns;
    bool has_result;
    int32_t ret;
};

/** struct cmp_span - acts of a part: those of one CPU (or all), between two. */
struct cmp_span {
    size_t first, end; /* acts, end excluded */
    uint16_t cpu;
    bool any_cpu, has;
    uint8_t op, after; /* CMP_NO_OP: what is between @after, operation @number, and the next */
    uint64_t number;
};

/** cmp_side_make - the intervals of a span. Return: 0 or SIM_ENOMEM. */
int cmp_side_make(struct cmp_side *side, const struct cmp_stream *stream,
                  const struct cmp_span *span, const struct cmp_options *options, bool barriers);
void cmp_side_free(struct cmp_side *side);

/** cmp_align - which interval of A goes with which of B. @pairs: for each interval of A the index
 * in B, or SIZE_MAX. Return: 0 or SIM_ENOMEM. */
int cmp_align(const struct cmp_side *a, const struct cmp_side *b, size_t *pairs);

/* ---- comparing ---- */

struct cmp_run {
    const struct cmp_options *options;
    struct cmp_names names;
    struct cmp_report *report;
    struct cmp_part *part;
    size_t diffs_room;
};

/** cmp_match - compare the two sides of a part. Return: 0 or SIM_ENOMEM. */
int cmp_match(struct cmp_run *run, struct cmp_side *a, struct cmp_side *b);

/** cmp_add - one more difference, empty but for its kind; NULL without memory or if there are
 * too many (then *@err is 0). */
struct cmp_diff *cmp_add(struct cmp_run *run, enum cmp_kind kind, int *err);

#endif
