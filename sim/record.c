/* SPDX-License-Identifier: BSD-2-Clause
 * record.c - the tables of record.def and what follows from them. */
#include "sim/record.h"

#include <assert.h>
#include <string.h>

static_assert(sizeof(struct sim_record) == 64, "a record is one cache line");

const struct sim_structure_info sim_structure_infos[SIM_N_STRUCTURES] = {
#define S(name, trace, json, bytes, doc) {#name, trace, json, bytes, doc},
#include "sim/structure.def"
#undef S
};

#define RECORD(kind, member, code, verb, doc) static const struct sim_field_info fields_##kind[] = {
#define FIELD(kind, member, field, ctype, show, place, dflt, flag, doc)                            \
    {#field,                                                                                       \
     offsetof(struct sim_record, member.field),                                                    \
     sizeof(ctype),                                                                                \
     SIM_SHOW_##show,                                                                              \
     SIM_PLACE_##place,                                                                            \
     flag,                                                                                         \
     (uint64_t)(dflt),                                                                             \
     doc},
#define WORD(kind, word, flag, doc)
#define END_RECORD(kind, member)                                                                   \
    }                                                                                              \
    ;
#include "sim/record.def"

#define RECORD(kind, member, code, verb, doc) static const struct sim_word_info words_##kind[] = {
#define FIELD(kind, member, field, ctype, show, place, dflt, flag, doc)
#define WORD(kind, word, flag, doc) {word, flag, doc},
#define END_RECORD(kind, member)                                                                   \
    {                                                                                              \
        NULL, 0, NULL                                                                              \
    }                                                                                              \
    }                                                                                              \
    ;
#include "sim/record.def"

#define POS(n) 1
#define KEY 0
#define RECORD(kind, member, code, verb, doc) enum { positions_##kind = 0
#define FIELD(kind, member, field, ctype, show, place, dflt, flag, doc) +place
#define WORD(kind, word, flag, doc)
#define END_RECORD(kind, member)                                                                   \
    }                                                                                              \
    ;
#include "sim/record.def"
#undef POS
#undef KEY

#define RECORD(kind, member, code, verb, doc) enum { strings_##kind = 0
#define FIELD(kind, member, field, ctype, show, place, dflt, flag, doc)                            \
    +(SIM_SHOW_##show == SIM_SHOW_STR)
#define WORD(kind, word, flag, doc)
#define END_RECORD(kind, member)                                                                   \
    }                                                                                              \
    ;
#include "sim/record.def"

#define RECORD(kind, member, code, verb, doc) enum { flags_##kind = 0
#define FIELD(kind, member, field, ctype, show, place, dflt, flag, doc) | (flag)
#define WORD(kind, word, flag, doc) | (flag)
#define END_RECORD(kind, member)                                                                   \
    }                                                                                              \
    ;
#include "sim/record.def"

const struct sim_record_info sim_record_infos[SIM_N_RECORD_KINDS] = {
#define RECORD(kind, member, code, verb, doc)                                                      \
    [code] = {#kind,                                                                               \
              verb,                                                                                \
              doc,                                                                                 \
              fields_##kind,                                                                       \
              sizeof(fields_##kind) / sizeof(fields_##kind[0]),                                    \
              positions_##kind,                                                                    \
              strings_##kind,                                                                      \
              sizeof(words_##kind) / sizeof(words_##kind[0]) - 1,                                  \
              flags_##kind,                                                                        \
              words_##kind},
#define FIELD(kind, member, field, ctype, show, place, dflt, flag, doc)
#define WORD(kind, word, flag, doc)
#define END_RECORD(kind, member)
#include "sim/record.def"
};

#define MAX_ENUM_VALUES 16u

static const char *const enum_words[SIM_N_SHOWS][MAX_ENUM_VALUES] = {
#define ENUM(type, name, value, word) [SIM_SHOW_##type][value] = (word),
#include "sim/record.def"
};

void sim_record_init(struct sim_record *rec, enum sim_record_kind kind)
{
    const struct sim_record_info *info = &sim_record_infos[kind];

    memset(rec, 0, sizeof(*rec));
    rec->kind = (uint8_t)kind;
    for (unsigned i = 0; i < info->n_fields; i++) {
        if (info->fields[i].dflt)
            sim_field_set(rec, &info->fields[i], info->fields[i].dflt);
    }
}

uint64_t sim_field_get(const struct sim_record *rec, const struct sim_field_info *field)
{
    const char *at = (const char *)rec + field->offset;
    uint64_t u64;
    uint32_t u32;
    uint16_t u16;
    int32_t i32;

    if (field->show == SIM_SHOW_INT) {
        memcpy(&i32, at, sizeof(i32));
        return (uint64_t)(int64_t)i32;
    }
    switch (field->n_bytes) {
    case 1:
        return *(const uint8_t *)at;
    case 2:
        memcpy(&u16, at, sizeof(u16));
        return u16;
    case 4:
        memcpy(&u32, at, sizeof(u32));
        return u32;
    default:
        memcpy(&u64, at, sizeof(u64));
        return u64;
    }
}

void sim_field_set(struct sim_record *rec, const struct sim_field_info *field, uint64_t value)
{
    char *at = (char *)rec + field->offset;
    const uint32_t u32 = (uint32_t)value;
    const uint16_t u16 = (uint16_t)value;

    switch (field->n_bytes) {
    case 1:
        *(uint8_t *)at = (uint8_t)value;
        break;
    case 2:
        memcpy(at, &u16, sizeof(u16));
        break;
    case 4:
        memcpy(at, &u32, sizeof(u32));
        break;
    default:
        memcpy(at, &value, sizeof(value));
        break;
    }
}

bool sim_field_fits(const struct sim_field_info *field, uint64_t value)
{
    if (field->show == SIM_SHOW_INT)
        return (int64_t)value >= INT32_MIN && (int64_t)value <= INT32_MAX;
    return field->n_bytes == 8 || value < UINT64_C(1) << field->n_bytes * 8;
}

struct sim_str *sim_field_str(struct sim_record *rec, const struct sim_field_info *field)
{
    return (struct sim_str *)(void *)((char *)rec + field->offset);
}

const struct sim_field_info *sim_record_field(enum sim_record_kind kind, const char *name)
{
    const struct sim_record_info *info = &sim_record_infos[kind];

    for (unsigned i = 0; i < info->n_fields; i++) {
        if (strcmp(info->fields[i].name, name) == 0)
            return &info->fields[i];
    }
    return NULL;
}

const char *sim_enum_word(enum sim_show show, uint64_t value)
{
    if (show == SIM_SHOW_STRUCTURE)
        return value < SIM_N_STRUCTURES ? sim_structure_infos[value].name : NULL;
    return value < MAX_ENUM_VALUES ? enum_words[show][value] : NULL;
}

static bool word_is(const char *name, const char *word, size_t n_bytes)
{
    return strlen(name) == n_bytes && memcmp(name, word, n_bytes) == 0;
}

bool sim_enum_value(enum sim_show show, const char *word, size_t n_bytes, uint64_t *value)
{
    for (unsigned i = 0; show == SIM_SHOW_STRUCTURE && i < SIM_N_STRUCTURES; i++) {
        if (word_is(sim_structure_infos[i].name, word, n_bytes)) {
            *value = i;
            return true;
        }
    }
    for (unsigned i = 0; i < MAX_ENUM_VALUES; i++) {
        if (enum_words[show][i] && word_is(enum_words[show][i], word, n_bytes)) {
            *value = i;
            return true;
        }
    }
    return false;
}

static const char *check_range(uint64_t first, uint64_t n_bytes, uint64_t align)
{
    if (first % align || n_bytes % align)
        return "address and size must be multiples of 8";
    if (n_bytes && first + (n_bytes - 1) < first)
        return "the range wraps around the end of the address space";
    return NULL;
}

static const char *check_store(const struct sim_rec_store *store, uint8_t flags)
{
    const uint8_t width = store->width;

    if (width != 1 && width != 2 && width != 4 && width != 8 && width != 16)
        return "width of a store must be 1, 2, 4, 8 or 16";
    if (store->pa % width)
        return "a store must be aligned to its width";
    if (width < 8 && store->value >> width * 8)
        return "value wider than the store";
    if (width != 16 && store->value_hi)
        return "value_hi needs width=16";
    if (width != 16 && (flags & SIM_RF_ATOMIC))
        return "atomic needs width=16";
    return NULL;
}

static const char *check_mmio(uint64_t offset, uint8_t width, uint64_t value)
{
    if (width != 4 && width != 8)
        return "width of a register access must be 4 or 8";
    if (width == 4 && value > UINT32_MAX)
        return "value wider than the register access";
    if (offset % 4)
        return "register offset must be a multiple of 4";
    return NULL;
}

static const char *check_dma(const struct sim_rec_dma *dma)
{
    if (dma->access != SIM_PROT_R && dma->access != SIM_PROT_W && dma->access != SIM_PROT_RW &&
        dma->access != SIM_PROT_X)
        return "access of a dma must be r, w, rw or x";
    return check_range(dma->iova, dma->n_bytes, 1);
}

static const char *check_fields(const struct sim_record *rec, const struct sim_record_info *info)
{
    for (unsigned i = 0; i < info->n_fields; i++) {
        const struct sim_field_info *field = &info->fields[i];

        if (field->show >= SIM_SHOW_STRUCTURE &&
            !sim_enum_word((enum sim_show)field->show, sim_field_get(rec, field)))
            return "unknown value of an enumeration";
    }
    return NULL;
}

const char *sim_record_check(const struct sim_record *rec)
{
    const struct sim_record_info *info;
    const char *wrong;

    if (rec->kind >= SIM_N_RECORD_KINDS || !sim_record_infos[rec->kind].name)
        return "unknown kind of record";
    info = &sim_record_infos[rec->kind];
    if (rec->flags & ~info->flags)
        return "a flag that this kind of record does not have";
    wrong = check_fields(rec, info);
    if (wrong)
        return wrong;
    switch (rec->kind) {
    case SIM_R_STORE:
        return check_store(&rec->store, rec->flags);
    case SIM_R_MMIO_WRITE:
        return check_mmio(rec->mmio.offset, rec->mmio.width, rec->mmio.value);
    case SIM_R_MMIO_READ:
        return check_mmio(rec->mmio_read.offset, rec->mmio_read.width, rec->mmio_read.value);
    case SIM_R_MEMORY:
        return check_range(rec->memory.pa, rec->memory.size, 8);
    case SIM_R_FREE:
        return check_range(rec->memfree.pa, rec->memfree.size, 1);
    case SIM_R_MAP:
        wrong = check_range(rec->map.iova, rec->map.size, 1);
        return wrong ? wrong : check_range(rec->map.pa, rec->map.size, 1);
    case SIM_R_IOMMU:
        return check_range(rec->unit.base, rec->unit.size, 1);
    case SIM_R_DMA:
        return check_dma(&rec->dma);
    case SIM_R_UNMAP:
        return check_range(rec->unmap.iova, rec->unmap.size, 1);
    case SIM_R_EVENT:
        return rec->event.n_words >= 1 && rec->event.n_words <= 4 ? NULL : "n_words must be 1 to 4";
    default:
        return NULL;
    }
}
