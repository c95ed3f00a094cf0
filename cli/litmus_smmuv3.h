/* SPDX-License-Identifier: BSD-2-Clause
 * litmus_smmuv3.h - what the SMMUv3 words of litmus tests share.
 * Knows: where tables and queues lie, what a test has named. Must not know: runs, answers. */
#ifndef CLI_LITMUS_SMMUV3_H
#define CLI_LITMUS_SMMUV3_H

#include "cli/litmus.h"
#include "models/smmuv3/smmu_layout.h"

#ifdef __cplusplus
extern "C" {
#endif

/* The machine of every test. Tables of a test come from the range of TABLES on, in one block of
 * 2 MiB, so that one descriptor of a parent can map them all. */
#define LSM_STRTAB UINT64_C(0x10000)
#define LSM_CMDQ UINT64_C(0x30000)
#define LSM_EVTQ UINT64_C(0x40000)
#define LSM_TABLES UINT64_C(0x200000)
#define LSM_TABLES_END UINT64_C(0x400000)
#define LSM_PAGE UINT64_C(4096)

enum {
    LSM_CMDQ_LOG2 = 8,
    LSM_EVTQ_LOG2 = 7,
    LSM_SID_LOG2 = 6, /* of a linear table, and of one group of two levels */
    LSM_SID_LOG2_TWO = 8,
    LSM_SSID_SPLIT = 6,
    LSM_ENTRY_BYTES = 64,
    LSM_MAX_OBJECTS = 64,
    LSM_MAX_PAGES = 64, /* of one page table */
    LSM_MAX_STES = 16,
    LSM_MAX_REGS = 16,
};

enum lsm_kind { LSM_PGTABLE, LSM_CDTABLE, LSM_IMAGE };

/**
 * struct lsm_object - something that a test has named.
 * @pa:     LSM_PGTABLE: its root; LSM_CDTABLE: its first level.
 * @stage, @level: of a page table and of its root. @domain: number in marks.
 * @pages:  LSM_PGTABLE: what it takes, the root first.
 * @l2:     LSM_CDTABLE of two levels: second-level tables, 0 = none yet.
 * @words:  LSM_IMAGE. @is_cd: it is one of a CD, else of an STE.
 * @first:  LSM_CDTABLE: the page table of CD 0, for marks; or NULL.
 */
struct lsm_object {
    char name[LITMUS_NAME_BYTES];
    enum lsm_kind kind;
    uint64_t pa;
    unsigned stage, level;
    uint64_t domain;
    uint64_t pages[LSM_MAX_PAGES];
    unsigned n_pages;
    unsigned max_log2;
    bool has_two_levels, is_cd;
    uint64_t l2[4];
    uint64_t words[HW_MAX_WORDS];
    const struct lsm_object *first;
};

/** struct lsm_ste - an STE of the set-up. @what: s1, s2...; @is_unlinked: its group stays away. */
struct lsm_ste {
    uint32_t sid;
    bool is_unlinked, is_quiet;
    uint64_t words[HW_MAX_WORDS];
    uint64_t domain, type; /* for marks */
};

/** struct lsm_pasid - a CD of the set-up that a PASID uses. */
struct lsm_pasid {
    const struct lsm_object *cds;
    uint32_t pasid;
    uint64_t domain;
};

struct lsm {
    struct lsm_object objects[LSM_MAX_OBJECTS];
    unsigned n_objects;
    struct lsm_ste stes[LSM_MAX_STES];
    unsigned n_stes;
    struct lsm_pasid pasids[LSM_MAX_STES];
    unsigned n_pasids;
    struct {
        const struct hw_reg *reg;
        uint64_t value;
    } regs[LSM_MAX_REGS];
    unsigned n_regs;
    uint64_t next_page;
    uint64_t stes_l2[4]; /* of two levels: second-level tables */
    bool has_two_levels;
    bool is_init;
    uint32_t prod;      /* write pointer, wrap bit included */
    uint32_t last_sync; /* its slot */
    bool has_sync;
};

/** struct lsm_entry - where an entry lies, and how its bits are. */
struct lsm_entry {
    const struct hw_layout *layout;
    enum sim_structure structure;
    uint64_t pa;
    unsigned n_words;
};

/** lsm_of - the SMMUv3 part of a test. */
static inline struct lsm *lsm_of(const struct litmus *litmus)
{
    return litmus->own;
}

/** lsm_layout - by name, or NULL. */
const struct hw_layout *lsm_layout(const char *name);

/** lsm_find - what the word names, or NULL. */
struct lsm_object *lsm_find(const struct litmus *litmus, const struct sim_token *word);
/** lsm_kind_of - the same, of one kind, else an error. */
struct lsm_object *lsm_kind_of(const struct litmus *litmus, const struct sim_text *text,
                               const struct sim_token *word, enum lsm_kind kind);
/** lsm_page - @n_bytes of zeros for tables, aligned to their size if that is a power of two.
 * Return: 0 and an error if none are left. */
uint64_t lsm_page(struct litmus *litmus, enum sim_structure what, uint64_t n_bytes);

/** lsm_place, lsm_domain - as struct litmus_arch has them. */
bool lsm_place(const struct litmus *litmus, const struct sim_token *token, uint64_t *value);
int lsm_domain(const struct litmus *litmus, const struct sim_text *text,
               const struct sim_token *word, struct litmus_op *op);

/** lsm_dev - number of the device with that StreamID: its place among the STEs; UINT32_MAX. */
uint32_t lsm_dev(const struct lsm *lsm, uint64_t sid);

/** lsm_command - two words into the next slot. */
int lsm_command(struct litmus *litmus, const uint64_t *words);
/** lsm_doorbell - the write pointer moves; unless @is_relaxed, behind a barrier.
 * lsm_await, lsm_sync - the last CMD_SYNC; all of it. */
int lsm_doorbell(struct litmus *litmus, bool is_relaxed);
int lsm_await(struct litmus *litmus);
int lsm_sync(struct litmus *litmus);

/** lsm_write_reg - a register by name; its value is kept. */
int lsm_write_reg(struct litmus *litmus, const char *name, uint64_t value);
/** lsm_poll - software waits until a register or 8 bytes of memory hold the value. */
int lsm_poll(struct litmus *litmus, bool is_reg, uint64_t at, uint64_t mask, uint64_t value);

/** lsm_verb - by name, or NULL. */
const struct litmus_verb *lsm_verb(const struct sim_token *word);

/* Verbs of the other files. */
int lsm_verb_init(struct litmus *litmus, const struct sim_text *text, const struct sim_stmt *stmt);
int lsm_verb_done(struct litmus *litmus, const struct sim_text *text, const struct sim_stmt *stmt);
int lsm_verb_next_event(struct litmus *litmus, const struct sim_text *text,
                        const struct sim_stmt *stmt);
int lsm_verb_strtab(struct litmus *litmus, const struct sim_text *text,
                    const struct sim_stmt *stmt);
int lsm_verb_pgtable(struct litmus *litmus, const struct sim_text *text,
                     const struct sim_stmt *stmt);
int lsm_verb_page(struct litmus *litmus, const struct sim_text *text, const struct sim_stmt *stmt);
int lsm_verb_pte(struct litmus *litmus, const struct sim_text *text, const struct sim_stmt *stmt);
int lsm_verb_release(struct litmus *litmus, const struct sim_text *text,
                     const struct sim_stmt *stmt);
int lsm_verb_cdtable(struct litmus *litmus, const struct sim_text *text,
                     const struct sim_stmt *stmt);
int lsm_verb_cd(struct litmus *litmus, const struct sim_text *text, const struct sim_stmt *stmt);
int lsm_verb_ste(struct litmus *litmus, const struct sim_text *text, const struct sim_stmt *stmt);
int lsm_verb_image(struct litmus *litmus, const struct sim_text *text, const struct sim_stmt *stmt);
int lsm_verb_put(struct litmus *litmus, const struct sim_text *text, const struct sim_stmt *stmt);
int lsm_verb_set(struct litmus *litmus, const struct sim_text *text, const struct sim_stmt *stmt);

/** lsm_link_stes - second-level tables of the StreamIDs of the set-up, linked unless it says no. */
int lsm_link_stes(struct litmus *litmus);
/** lsm_ste_pa - where the STE lies; in two levels its table is made. 0: no place. */
uint64_t lsm_ste_pa(struct litmus *litmus, uint64_t sid);

#ifdef __cplusplus
}
#endif
#endif
