/* SPDX-License-Identifier: BSD-2-Clause
 * trn.h - one transition: a device, or a PASID of it, goes from one state to another.
 * Knows: states, what each architecture and each driver permits, lines of scenarios. Must not know:
 * models, verdicts, how a scenario is run. Meaning: docs/transitions.md.
 *
 * A cell is one entry of the table "replace against detach and attach". It runs, or it is illegal
 * (the architecture or the interface forbids it, with the place that says so), or a driver does not
 * offer it. */
#ifndef TRN_H
#define TRN_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

#ifdef __cplusplus
extern "C" {
#endif

#define TRN_NO_PASID UINT32_MAX
#define TRN_PASID_BITS 6u
#define TRN_MAX_PASID ((UINT32_C(1) << TRN_PASID_BITS) - 1)

enum trn_state {
    TRN_BLOCKED,      /* nothing attached: every request is refused */
    TRN_IDENTITY,     /* no translation */
    TRN_S1,           /* a page table of the host: first stage */
    TRN_S2,           /* a page table of the host: second stage */
    TRN_NESTED_A,     /* a guest's table over a parent */
    TRN_NESTED_B,     /* the same guest's table over another parent */
    TRN_NESTED_A2,    /* another table of the guest over the parent of nested:A */
    TRN_SVA,          /* a process's memory, under a PASID */
    TRN_TABLE_A,      /* a table of all PASIDs: SMMUv3's CD table, VT-d's PASID directory */
    TRN_TABLE_B,      /* another one of the same size */
    TRN_TABLE_GROWN,  /* a larger one */
    TRN_TABLE_SHRUNK, /* a smaller one */
    TRN_N_STATES
};

enum trn_by { TRN_REPLACE, TRN_DETACH_ATTACH, TRN_N_BYS };
enum trn_load { TRN_IDLE, TRN_NIC, TRN_NVME, TRN_N_LOADS };
enum trn_kind { TRN_RUNS, TRN_ILLEGAL, TRN_NOT_OFFERED, TRN_N_KINDS };

/** enum trn_rule - who forbids it: the architecture, what the kernel offers to user space, or one
 * driver. */
enum trn_rule { TRN_RULE_NONE, TRN_RULE_ARCHITECTURE, TRN_RULE_INTERFACE, TRN_RULE_DRIVER };

/** struct trn_cell - @arch: SIM_ARCH_... @driver: name of a reference driver. @has_ats: the device
 * can, so that drivers switch it on where they do. */
struct trn_cell {
    uint8_t arch;
    enum trn_state from, to;
    enum trn_by by;
    enum trn_load load;
    uint32_t pasid;
    bool has_ats;
    const char *driver;
};

/** struct trn_judgement - @reason, @section: static; NULL if it runs. */
struct trn_judgement {
    enum trn_kind kind;
    enum trn_rule rule;
    const char *reason;
    const char *section;
};

/** trn_judge - may the cell be run, and if not, who says so and where? */
void trn_judge(const struct trn_cell *cell, struct trn_judgement *judgement);

/* Words of the axes: "s1", "detach-attach", "nic", "not-offered", "architecture". */
const char *trn_state_name(enum trn_state state);
const char *trn_state_doc(enum trn_state state);
const char *trn_by_name(enum trn_by by);
const char *trn_load_name(enum trn_load load);
const char *trn_kind_name(enum trn_kind kind);
const char *trn_rule_name(enum trn_rule rule);

/** trn_state_find, ... - by word, aliases too (fs: s1, ss: s2). Return: false if it is none. */
bool trn_state_find(const char *word, enum trn_state *state);
bool trn_by_find(const char *word, enum trn_by *by);
bool trn_load_find(const char *word, enum trn_load *load);

bool trn_is_nested(enum trn_state state);
bool trn_is_table(enum trn_state state);
/** trn_is_open - do some requests of a device in this state get through? */
bool trn_is_open(enum trn_state state);

/** struct trn_scale - @n_bytes: what each domain maps, a multiple of 4 KiB. @has_large_leaves:
 * memory lies so that leaves can be as large as the driver makes them; else they have 4 KiB. */
struct trn_scale {
    uint64_t n_bytes;
    bool has_large_leaves;
};

/** trn_scale_default - 256 KiB in pages of 4 KiB. */
struct trn_scale trn_scale_default(void);

/** trn_mapped - addresses that both ends map, if they map anything. */
void trn_mapped(const struct trn_scale *scale, uint64_t *first, uint64_t *last);

/**
 * trn_scenario - the cell as lines of iommusim-text/1, for objects (docs/objects.md).
 * @n_setup: how many lines come before the transition itself.
 * Return: the text, to be freed; NULL without memory.
 */
char *trn_scenario(const struct trn_cell *cell, const struct trn_scale *scale, size_t *n_setup);

#ifdef __cplusplus
}
#endif
#endif
