/* SPDX-License-Identifier: BSD-2-Clause
 * trc_event.h - one event of a kernel trace, the same from trace.dat and from text.
 * Knows: what the events are called and which values they have. Must not know: records. */
#ifndef TRC_EVENT_H
#define TRC_EVENT_H

#include "sim/diag.h"
#include "sim/record.h"

#ifdef __cplusplus
extern "C" {
#endif

#define TRC_MAX_VALUES 8u

enum trc_event_kind {
#define EVENT(kind, system, name) TRC_E_##kind,
#define VALUE(kind, slot, field, key, type, need)
#define END_EVENT(kind)
#include "kernel-glue/trace/trc_event.def"
    TRC_N_EVENTS,
    TRC_E_OTHER = TRC_N_EVENTS, /* an event that is not ours: only its name */
    TRC_E_LOST,                 /* values[0] = how many, 0 = unknown */
    TRC_E_META, /* values[0] = CPUs (0 = unknown), values[1] = clock resolution in ns */
};

enum trc_value_type {
    TRC_NUMBER,
    TRC_STRUCTURE,
    TRC_OP,
    TRC_BARRIER,
    TRC_DEVICE,
    TRC_WORDS,
};

/* Values of TRC_STRUCTURE, TRC_OP and TRC_BARRIER that the kernel calls by a word we do not know.
 */
#define TRC_UNKNOWN_WORD UINT64_MAX

/** struct trc_value_info - one VALUE line. */
struct trc_value_info {
    uint8_t slot;
    uint8_t type;
    bool is_required;
    const char *field;
    const char *key;
};

/** struct trc_event_info - one EVENT. */
struct trc_event_info {
    const char *system;
    const char *name;
    const struct trc_value_info *values;
    unsigned n_values;
};

extern const struct trc_event_info trc_event_infos[TRC_N_EVENTS];

/**
 * struct trc_event - one event.
 * @pid:    of the task; marks nest per task.
 * @has:    bit per slot of values: is it there?
 * @values: by slot; numbers that are negative in the trace are sign-extended.
 * @text:   device, marker text, or the name of a TRC_E_OTHER event. Owned by the source until its
 *          next event.
 */
struct trc_event {
    uint64_t time_ns;
    uint32_t pid;
    uint16_t cpu;
    uint8_t kind;
    uint8_t has;
    uint64_t values[TRC_MAX_VALUES];
    struct sim_str text;
};

/** trc_event_find - kind by name; @system NULL matches any. Return: TRC_E_OTHER if it is not ours.
 */
enum trc_event_kind trc_event_find(const char *system, const char *name, size_t n_name);

/** trc_has_words - are values of this type words in the kernel's text? */
bool trc_has_words(enum trc_value_type type);

/** trc_word_value - the kernel's word to our number, or TRC_UNKNOWN_WORD. */
uint64_t trc_word_value(enum trc_value_type type, const char *word, size_t n_bytes);

/** struct trc_event_sink - who takes events. put returns 0, or SIM_E... to stop. */
struct trc_event_sink {
    int (*put)(void *ctx, const struct trc_event *event);
    void *ctx;
};

/** A source sends TRC_E_META first, then events in the order of the trace.
 * Return: 0; SIM_ETRUNC if the input ends too early but all that was sent is good (diag names the
 * damage); or why the input is refused. */
typedef int trc_source_fn(void *ctx, const struct trc_event_sink *sink, struct sim_diag *diag);

#ifdef __cplusplus
}
#endif
#endif
