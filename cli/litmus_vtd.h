/* SPDX-License-Identifier: BSD-2-Clause
 * litmus_vtd.h - what the VT-d words of litmus tests share.
 * Knows: where tables and queues lie, what a test has named. Must not know: runs, answers. */
#ifndef CLI_LITMUS_VTD_H
#define CLI_LITMUS_VTD_H

#include "cli/litmus.h"
#include "models/vtd/vtd_layout.h"

#ifdef __cplusplus
extern "C" {
#endif

/* The machine of every test: sources below 128 on bus 0, PASIDs below 64. */
#define LVT_ROOT UINT64_C(0x10000)
#define LVT_CONTEXTS UINT64_C(0x11000)
#define LVT_QUEUE UINT64_C(0x30000)
#define LVT_STATUS UINT64_C(0x40000) /* of wait descriptors: each has a word of its own */
#define LVT_TABLES UINT64_C(0x200000)
#define LVT_TABLES_END UINT64_C(0x400000)
#define LVT_PAGE UINT64_C(4096)

enum {
    LVT_MAX_OBJECTS = 64,
    LVT_MAX_PAGES = 64, /* of one page table */
    LVT_MAX_DEVICES = 16,
    LVT_MAX_ENTRIES = 32,
    LVT_MAX_SID = 127,
    LVT_MAX_PASID = 63,
    LVT_MAX_WAITS = 512,
    LVT_STATUS_BYTES = 8,
    LVT_DONE = 2,
    LVT_PASID_BYTES = 64,
};

enum lvt_kind { LVT_PGTABLE, LVT_IMAGE };

/** struct lvt_object - a page table (@pa: of its root, @pages: all, the root first), or @words of
 * an entry: of a context of legacy mode if @is_ctx, else of a PASID table. */
struct lvt_object {
    char name[LITMUS_NAME_BYTES];
    enum lvt_kind kind;
    uint64_t pa;
    unsigned stage;
    uint64_t domain;
    uint64_t pages[LVT_MAX_PAGES];
    unsigned n_pages;
    bool is_ctx;
    uint64_t words[HW_MAX_WORDS];
};

/** struct lvt_device - a source; its number is its place. @directory, @pasids: 0 in legacy mode. */
struct lvt_device {
    uint32_t sid;
    uint64_t directory, pasids;
};

/** struct lvt_entry - an entry that is there from the start. @table: of the domain, or NULL. */
struct lvt_entry {
    uint32_t dev;
    uint32_t pasid; /* UINT32_MAX: of requests without one */
    uint64_t words[HW_MAX_WORDS];
    const struct lvt_object *table;
    bool is_pass, is_none;
};

struct lvt {
    struct lvt_object objects[LVT_MAX_OBJECTS];
    unsigned n_objects;
    struct lvt_device devices[LVT_MAX_DEVICES];
    unsigned n_devices;
    struct lvt_entry entries[LVT_MAX_ENTRIES];
    unsigned n_entries;
    bool is_init, is_legacy, is_scalable;
    uint64_t next_page;
    uint32_t tail, n_waits;
    uint64_t gcmd;
    size_t n_flushed; /* acts whose stores were written back */
};

static inline struct lvt *lvt_of(const struct litmus *litmus)
{
    return (struct lvt *)litmus->own;
}

/* litmus_vtd.c: names, fields, descriptors, registers. */
const struct litmus_verb *lvt_verb(const struct sim_token *word);
struct lvt_object *lvt_find(const struct litmus *litmus, const struct sim_token *word);
struct lvt_object *lvt_new_object(struct litmus *litmus, const struct sim_text *text,
                                  const struct sim_token *word, enum lvt_kind kind);
/** lvt_page - a new page of zeros. Return: its address, 0 after a message. */
uint64_t lvt_page(struct litmus *litmus, enum sim_structure what);
/** lvt_place, lvt_domain - as struct litmus_arch has them. */
bool lvt_place(const struct litmus *litmus, const struct sim_token *word, uint64_t *value);
int lvt_domain(const struct litmus *litmus, const struct sim_text *text,
               const struct sim_token *word, struct litmus_op *op);
int lvt_command(struct litmus *litmus, const uint64_t *words);
/** lvt_sync - a wait descriptor, the doorbell, and the wait for its status. */
int lvt_sync(struct litmus *litmus);
int lvt_write(struct litmus *litmus, uint32_t offset, uint32_t n_bytes, uint64_t value);
int lvt_poll(struct litmus *litmus, uint32_t offset, uint64_t mask, uint64_t value);

/* litmus_vtd_entries.c: context and PASID entries. */
int lvt_verb_ctx(struct litmus *litmus, const struct sim_text *text, const struct sim_stmt *stmt);
int lvt_verb_pasid(struct litmus *litmus, const struct sim_text *text, const struct sim_stmt *stmt);
int lvt_verb_image(struct litmus *litmus, const struct sim_text *text, const struct sim_stmt *stmt);
int lvt_verb_put(struct litmus *litmus, const struct sim_text *text, const struct sim_stmt *stmt);
int lvt_verb_set(struct litmus *litmus, const struct sim_text *text, const struct sim_stmt *stmt);
/** lvt_entry_pa - where the entry of a device is. @pasid: UINT32_MAX = of requests without. */
uint64_t lvt_entry_pa(const struct lvt *lvt, uint32_t dev, uint32_t pasid);
uint32_t lvt_dev(const struct lvt *lvt, uint64_t sid);

/* litmus_vtd_tables.c: page tables of 4 levels. */
int lvt_verb_pgtable(struct litmus *litmus, const struct sim_text *text,
                     const struct sim_stmt *stmt);
int lvt_verb_page(struct litmus *litmus, const struct sim_text *text, const struct sim_stmt *stmt);
int lvt_verb_pte(struct litmus *litmus, const struct sim_text *text, const struct sim_stmt *stmt);
int lvt_verb_release(struct litmus *litmus, const struct sim_text *text,
                     const struct sim_stmt *stmt);

/* litmus_vtd_setup.c */
int lvt_verb_init(struct litmus *litmus, const struct sim_text *text, const struct sim_stmt *stmt);
int lvt_verb_done(struct litmus *litmus, const struct sim_text *text, const struct sim_stmt *stmt);

/* litmus_vtd_ops.c */
int lvt_verb_flush(struct litmus *litmus, const struct sim_text *text, const struct sim_stmt *stmt);
/** lvt_flush - what `flush` does. */
int lvt_flush(struct litmus *litmus);
int lvt_verb_next_event(struct litmus *litmus, const struct sim_text *text,
                        const struct sim_stmt *stmt);

/* litmus_vtd_arch.c */
void lvt_ids(const struct config *config, struct vtd_ids *ids);

#ifdef __cplusplus
}
#endif
#endif
