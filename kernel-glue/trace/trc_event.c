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

struct word_name {
    const char *word;
    uint8_t value;
};

static const struct word_name op_names[] = {
#define OPNAME(word, op) {word, SIM_OP_##op},
#include "kernel-glue/trace/trc_event.def"
};

static const struct word_name barrier_names[] = {
#define BARRIERNAME(word, barrier) {word, SIM_BARRIER_##barrier},
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

bool trc_has_words(enum trc_value_type type)
{
    return type == TRC_STRUCTURE || type == TRC_OP || type == TRC_BARRIER;
}

static uint64_t structure_value(const char *word, size_t n_bytes)
{
    for (unsigned i = 0; n_bytes && i < SIM_N_STRUCTURES; i++) {
        if (is_word(sim_structure_infos[i].trace_name, word, n_bytes))
            return i;
    }
    return TRC_UNKNOWN_WORD;
}

uint64_t trc_word_value(enum trc_value_type type, const char *word, size_t n_bytes)
{
    const struct word_name *names = type == TRC_OP ? op_names : barrier_names;
    const size_t n_names = type == TRC_OP ? sizeof(op_names) / sizeof(op_names[0])
                                          : sizeof(barrier_names) / sizeof(barrier_names[0]);

    if (type == TRC_STRUCTURE)
        return structure_value(word, n_bytes);
    for (size_t i = 0; i < n_names; i++) {
        if (is_word(names[i].word, word, n_bytes))
            return names[i].value;
    }
    return TRC_UNKNOWN_WORD;
}
