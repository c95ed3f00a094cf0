/* SPDX-License-Identifier: BSD-2-Clause
 * record.h - one act of software.
 * Knows: the shape of every record (record.def). Must not know: where records come from, what a
 * replay makes of them. */
#ifndef SIM_RECORD_H
#define SIM_RECORD_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#ifdef __cplusplus
extern "C" {
#endif

/** enum sim_structure - see structure.def. */
enum sim_structure {
#define S(name, trace, json, bytes, doc) SIM_S_##name,
#include "sim/structure.def"
#undef S
    SIM_N_STRUCTURES
};

/** struct sim_structure_info - one line of structure.def. */
struct sim_structure_info {
    const char *name;
    const char *trace_name;
    const char *json_name;
    unsigned n_bytes;
    const char *doc;
};
extern const struct sim_structure_info sim_structure_infos[SIM_N_STRUCTURES];

/** struct sim_str - bytes that somebody else owns; not terminated, may hold any byte. */
struct sim_str {
    const char *bytes;
    uint32_t n_bytes;
};

#define SIM_STR_MAX_BYTES 1024u /* a longer text is cut at import, and said so */
#define SIM_NO_DEV UINT32_MAX

/* Flags of a record: which optional fields are there, and words. */
enum sim_record_flag {
    SIM_RF_ATOMIC = 1 << 0,
    SIM_RF_OLD = 1 << 1,
    SIM_RF_IP = 1 << 2,
    SIM_RF_PROT = 1 << 3,
};

enum sim_record_kind {
#define RECORD(kind, member, code, verb, doc) SIM_R_##kind = (code),
#define FIELD(kind, member, field, ctype, show, place, dflt, flag, doc)
#define WORD(kind, word, flag, doc)
#define END_RECORD(kind, member)
#include "sim/record.def"
    SIM_N_RECORD_KINDS
};

#define ENUM(type, name, value, word) SIM_##type##_##name = (value),
enum sim_record_enum {
#include "sim/record.def"
};

/* struct sim_rec_store, struct sim_rec_mmio, ... */
#define RECORD(kind, member, code, verb, doc) struct sim_rec_##member {
#define FIELD(kind, member, field, ctype, show, place, dflt, flag, doc) ctype field;
#define WORD(kind, word, flag, doc)
#define END_RECORD(kind, member)                                                                   \
    }                                                                                              \
    ;
#include "sim/record.def"

/**
 * struct sim_record - one cache line.
 * @time_ns: since an origin that the whole stream shares.
 * @kind:    enum sim_record_kind, tells which member counts.
 * @flags:   enum sim_record_flag.
 * @cpu:     who did it. Records of one CPU are in program order.
 */
struct sim_record {
    uint64_t time_ns;
    uint8_t kind;
    uint8_t flags;
    uint16_t cpu;
    union {
#define RECORD(kind, member, code, verb, doc) struct sim_rec_##member member;
#define FIELD(kind, member, field, ctype, show, place, dflt, flag, doc)
#define WORD(kind, word, flag, doc)
#define END_RECORD(kind, member)
#include "sim/record.def"
    };
};

/* How a field is shown and parsed. */
enum sim_show {
    SIM_SHOW_HEX,
    SIM_SHOW_DEC,
    SIM_SHOW_INT,
    SIM_SHOW_STR,
    SIM_SHOW_STRUCTURE,
    SIM_SHOW_ARCH, /* from here on: the enumerations of record.def, in their order there */
    SIM_SHOW_OP,
    SIM_SHOW_COND,
    SIM_SHOW_BARRIER,
    SIM_SHOW_ONOFF,
    SIM_SHOW_MEMBER,
    SIM_SHOW_PROT,
    SIM_N_SHOWS
};

/* Where a field stands in the text: 0 = as "name=value", n = the n-th word after the verb. */
#define SIM_PLACE_KEY 0
#define SIM_PLACE_POS(n) (n)

/** struct sim_field_info - one FIELD line. @offset, @n_bytes: where it lies in struct sim_record.
 */
struct sim_field_info {
    const char *name;
    uint16_t offset;
    uint8_t n_bytes;
    uint8_t show;
    uint8_t place;
    uint8_t flag;
    uint64_t dflt;
    const char *doc;
};

/** struct sim_word_info - one WORD line. */
struct sim_word_info {
    const char *word;
    uint8_t flag;
    const char *doc;
};

/** struct sim_record_info - one record kind; name is NULL for numbers not in use. */
struct sim_record_info {
    const char *name;
    const char *verb;
    const char *doc;
    const struct sim_field_info *fields;
    uint8_t n_fields;
    uint8_t n_positions;
    uint8_t n_strings;
    uint8_t n_words;
    uint8_t flags; /* all flags that the kind may have */
    const struct sim_word_info *words;
};

extern const struct sim_record_info sim_record_infos[SIM_N_RECORD_KINDS];

/** sim_record_init - all fields at their defaults, flags and time 0. */
void sim_record_init(struct sim_record *rec, enum sim_record_kind kind);

/** sim_field_get, sim_field_set - an integer field by table (strings: use the member). INT fields
 * are sign-extended. */
uint64_t sim_field_get(const struct sim_record *rec, const struct sim_field_info *field);
void sim_field_set(struct sim_record *rec, const struct sim_field_info *field, uint64_t value);
/** sim_field_fits - can the field hold @value? */
bool sim_field_fits(const struct sim_field_info *field, uint64_t value);

/** sim_field_str - the string of a SIM_SHOW_STR field. */
struct sim_str *sim_field_str(struct sim_record *rec, const struct sim_field_info *field);

/** sim_record_field - field by name, NULL if the kind has none. */
const struct sim_field_info *sim_record_field(enum sim_record_kind kind, const char *name);

/** sim_enum_word - the word for a value of an enumeration (STRUCTURE, ARCH...), NULL if none. */
const char *sim_enum_word(enum sim_show show, uint64_t value);
/** sim_enum_value - Return: true and @value if @word (@n_bytes long) names one. */
bool sim_enum_value(enum sim_show show, const char *word, size_t n_bytes, uint64_t *value);

/**
 * sim_record_check - is the record one that a replay can take?
 *
 * Kinds, enumerations, flags, widths, alignment, ranges that would wrap around.
 * Return: NULL, or a static sentence.
 */
const char *sim_record_check(const struct sim_record *rec);

/** struct sim_record_sink - who takes records, in order. put returns 0 or SIM_E...; the record
 * and its strings are the caller's again when it returns. */
struct sim_record_sink {
    int (*put)(void *ctx, const struct sim_record *rec);
    void *ctx;
};

#ifdef __cplusplus
}
#endif
#endif
