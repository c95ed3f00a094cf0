/* SPDX-License-Identifier: BSD-2-Clause
 * trc_event.c - tables of kernel events. */
#include "kernel-glue/trace/trc_event.h"

#include <string.h>

#define MUST true
#define MAY false
#define EVENT(kind, system, name) static const struct trc_value_info values_##kind[] = {
#define VALUE(kind, slot, field, key, type, need) {slot, TRC_##type, need, field, key},
#define END_EVENT(kind)                                                                            \
    {                                                                                              \
        0, 0, false, NULL, NULL                                                                    \
    }                                                                                              \
    }                                                                                              \
    ;
#include "kernel-glue/trace/trc_event.def"
#undef MUST
#undef MAY

const struct trc_event_info trc_event_infos[TRC_N_EVENTS] = {
#define EVENT(kind, system, name)                                                                  \
    {system, name, values_##kind, sizeof(values_##kind) / sizeof(values_##kind[0]) - 1},
#define VALUE(kind, slot, field, key, type, need)
#define END_EVENT(kind)
#include "kernel-glue/trace/trc_event.def"
};

struct op_name {
    const char *word;
    uint8_t op;
};

static const struct op_name op_names[] = {
#define OPNAME(word, op) {word, SIM_OP_##op},
#include "kernel-glue/trace/trc_event.def"
};

static bool is_word(const char *name, const char *word, size_t n_bytes)
{
    return strlen(name) == n_bytes && memcmp(name, word, n_bytes) == 0;
}

enum trc_event_kind trc_event_find(const char *system, const char *name, size_t n_name)
{
    for (unsigned i = 0; i < TRC_N_EVENTS; i++) {
        const struct trc_event_info *info = &trc_event_infos[i];

        if (is_word(info->name, name, n_name) && (!system || strcmp(system, info->system) == 0))
            return (enum trc_event_kind)i;
    }
    return TRC_E_OTHER;
}

uint64_t trc_structure_value(const char *word, size_t n_bytes)
{
    for (unsigned i = 0; n_bytes && i < SIM_N_STRUCTURES; i++) {
        if (is_word(sim_structure_infos[i].trace_name, word, n_bytes))
            return i;
    }
    return TRC_UNKNOWN_WORD;
}

uint64_t trc_op_value(const char *word, size_t n_bytes)
{
    for (size_t i = 0; i < sizeof(op_names) / sizeof(op_names[0]); i++) {
        if (is_word(op_names[i].word, word, n_bytes))
            return op_names[i].op;
    }
    return TRC_UNKNOWN_WORD;
}
