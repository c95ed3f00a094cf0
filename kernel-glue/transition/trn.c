/* SPDX-License-Identifier: BSD-2-Clause
 * trn.c - the axes of a transition and their words.
 * Knows: words. Must not know: what is legal. */
#include "kernel-glue/transition/trn.h"

#include <string.h>

struct word {
    const char *name, *doc;
};

static const struct word states[TRN_N_STATES] = {
    [TRN_BLOCKED] = {"blocked", "nothing is attached, every request is refused"},
    [TRN_IDENTITY] = {"identity", "requests pass as they are"},
    [TRN_S1] = {"s1", "a page table of the host, first stage"},
    [TRN_S2] = {"s2", "a page table of the host, second stage"},
    [TRN_NESTED_A] = {"nested:A", "a guest's table over a parent"},
    [TRN_NESTED_B] = {"nested:B", "the same table of the guest over another parent"},
    [TRN_NESTED_A2] = {"nested:A2", "another table of the guest over the parent of nested:A"},
    [TRN_SVA] = {"sva", "a process's memory, under a PASID"},
    [TRN_TABLE_A] = {"table:A", "a table of all PASIDs (CD table, PASID directory)"},
    [TRN_TABLE_B] = {"table:B", "another one of the same size"},
    [TRN_TABLE_GROWN] = {"table:grown", "a larger one"},
    [TRN_TABLE_SHRUNK] = {"table:shrunk", "a smaller one"},
};

static const char *const bys[TRN_N_BYS] = {
    [TRN_REPLACE] = "replace",
    [TRN_DETACH_ATTACH] = "detach-attach",
};

static const char *const loads[TRN_N_LOADS] = {
    [TRN_IDLE] = "idle",
    [TRN_NIC] = "nic",
    [TRN_NVME] = "nvme",
};

static const char *const kinds[TRN_N_KINDS] = {
    [TRN_RUNS] = "ran",
    [TRN_ILLEGAL] = "illegal",
    [TRN_NOT_OFFERED] = "not-offered",
};

const char *trn_state_name(enum trn_state state)
{
    return states[state].name;
}

const char *trn_state_doc(enum trn_state state)
{
    return states[state].doc;
}

const char *trn_by_name(enum trn_by by)
{
    return bys[by];
}

const char *trn_load_name(enum trn_load load)
{
    return loads[load];
}

const char *trn_kind_name(enum trn_kind kind)
{
    return kinds[kind];
}

const char *trn_rule_name(enum trn_rule rule)
{
    switch (rule) {
    case TRN_RULE_ARCHITECTURE:
        return "architecture";
    case TRN_RULE_INTERFACE:
        return "interface";
    case TRN_RULE_DRIVER:
        return "driver";
    case TRN_RULE_NONE:
    default:
        return NULL;
    }
}

/* VT-d's own words for the stages. */
bool trn_state_find(const char *word, enum trn_state *state)
{
    if (strcmp(word, "fs") == 0)
        word = states[TRN_S1].name;
    else if (strcmp(word, "ss") == 0)
        word = states[TRN_S2].name;
    for (unsigned i = 0; i < TRN_N_STATES; i++) {
        if (strcmp(states[i].name, word) == 0) {
            *state = (enum trn_state)i;
            return true;
        }
    }
    return false;
}

bool trn_by_find(const char *word, enum trn_by *by)
{
    for (unsigned i = 0; i < TRN_N_BYS; i++) {
        if (strcmp(bys[i], word) == 0) {
            *by = (enum trn_by)i;
            return true;
        }
    }
    return false;
}

bool trn_load_find(const char *word, enum trn_load *load)
{
    for (unsigned i = 0; i < TRN_N_LOADS; i++) {
        if (strcmp(loads[i], word) == 0) {
            *load = (enum trn_load)i;
            return true;
        }
    }
    return false;
}

bool trn_is_nested(enum trn_state state)
{
    return state == TRN_NESTED_A || state == TRN_NESTED_B || state == TRN_NESTED_A2;
}

bool trn_is_table(enum trn_state state)
{
    return state >= TRN_TABLE_A && state <= TRN_TABLE_SHRUNK;
}

bool trn_is_open(enum trn_state state)
{
    return state != TRN_BLOCKED;
}
