/* SPDX-License-Identifier: BSD-2-Clause
 * litmus_vtd.c - VT-d words of litmus tests: names, fields, descriptors, registers.
 * Knows: the tables of bits. Must not know: runs. */
#include "cli/litmus_vtd.h"
#include "sim/diag.h"

#include <string.h>

/* ---- names ---- */

struct lvt_object *lvt_find(const struct litmus *litmus, const struct sim_token *word)
{
    struct lvt *lvt = lvt_of(litmus);

    for (unsigned i = 0; i < lvt->n_objects; i++) {
        if (sim_token_is(word, lvt->objects[i].name))
            return &lvt->objects[i];
    }
    return NULL;
}

struct lvt_object *lvt_new_object(struct litmus *litmus, const struct sim_text *text,
                                  const struct sim_token *word, enum lvt_kind kind)
{
    struct lvt *lvt = lvt_of(litmus);
    struct lvt_object *object = &lvt->objects[lvt->n_objects];

    if (lvt->n_objects == LVT_MAX_OBJECTS || lvt_find(litmus, word)) {
        (void)sim_text_fail(text, word, "the name is taken, or there are too many");
        return NULL;
    }
    litmus_word(word, object->name, sizeof(object->name));
    object->kind = kind;
    lvt->n_objects++;
    return object;
}

uint64_t lvt_page(struct litmus *litmus, enum sim_structure what)
{
    struct lvt *lvt = lvt_of(litmus);
    const uint64_t pa = lvt->next_page;

    if (pa + LVT_PAGE > LVT_TABLES_END) {
        (void)sim_diag_text(&litmus->diag, SIM_ERANGE, litmus->line, 1,
                            "the tables of a test have 2 MiB");
        return 0;
    }
    lvt->next_page += LVT_PAGE;
    return litmus_memory(litmus, what, pa, LVT_PAGE) ? 0 : pa;
}

/* ---- places ---- */

bool lvt_place(const struct litmus *litmus, const struct sim_token *word, uint64_t *value)
{
    const struct lvt_object *object = lvt_find(litmus, word);

    if (!object || object->kind != LVT_PGTABLE)
        return false;
    *value = object->pa;
    return true;
}

/* ---- descriptors ---- */

/* 128 slots in a page if they are wide, else 256. */
static uint32_t slot_bytes(const struct lvt *lvt)
{
    return lvt->is_legacy ? 16 : 32;
}

static int store_half(struct litmus *litmus, uint64_t pa, uint64_t low, uint64_t high)
{
    struct sim_record *rec = litmus_record(litmus, SIM_R_STORE);

    if (!rec)
        return SIM_ENOMEM;
    rec->store.structure = SIM_S_QI;
    rec->store.pa = pa;
    rec->store.width = 16;
    rec->store.value = low;
    rec->store.value_hi = high;
    return 0;
}

int lvt_command(struct litmus *litmus, const uint64_t *words)
{
    struct lvt *lvt = lvt_of(litmus);
    const uint64_t pa = LVT_QUEUE + (uint64_t)lvt->tail * slot_bytes(lvt);
    int err = store_half(litmus, pa, words[0], words[1]);

    if (!err && !lvt->is_legacy)
        err = store_half(litmus, pa + 16, words[2], words[3]);
    lvt->tail = (lvt->tail + 1) % ((uint32_t)LVT_PAGE / slot_bytes(lvt));
    return err;
}

static uint64_t status_of(const struct lvt *lvt)
{
    return LVT_STATUS + (uint64_t)lvt->n_waits * LVT_STATUS_BYTES;
}

/* The next wait descriptor, whose status nobody has written yet. */
static int put_wait(struct litmus *litmus)
{
    struct lvt *lvt = lvt_of(litmus);
    uint64_t words[VTD_WORDS_WAIT] = {0};

    lvt->n_waits++;
    SIM_BUG_ON(lvt->n_waits >= LVT_MAX_WAITS);
    vtd_WAIT_put_TYPE(words, VTD_QI_WAIT);
    vtd_WAIT_put_SW(words, 1);
    vtd_WAIT_put_DATA(words, LVT_DONE);
    vtd_WAIT_put_ADDR(words, status_of(lvt) >> (VTD_LSB_WAIT_ADDR % 64));
    return lvt_command(litmus, words);
}

static int ring(struct litmus *litmus)
{
    const struct lvt *lvt = lvt_of(litmus);

    return lvt_write(litmus, VTD_REG_IQT, 4, (uint64_t)lvt->tail * slot_bytes(lvt));
}

static int await(struct litmus *litmus)
{
    struct sim_record *rec = litmus_record(litmus, SIM_R_WAIT);

    if (!rec)
        return SIM_ENOMEM;
    rec->wait.cond = SIM_COND_MEM;
    rec->wait.addr = status_of(lvt_of(litmus));
    rec->wait.mask = UINT32_MAX;
    rec->wait.value = LVT_DONE;
    return 0;
}

int lvt_sync(struct litmus *litmus)
{
    int err = put_wait(litmus);

    err = err ? err : ring(litmus);
    return err ? err : await(litmus);
}

static int verb_cmd(struct litmus *litmus, const struct sim_text *text, const struct sim_stmt *stmt)
{
    uint64_t words[HW_MAX_WORDS] = {0};
    char name[LITMUS_NAME_BYTES];
    unsigned type = 1;
    int err;

    litmus_word(litmus_pos(stmt, 0), name, sizeof(name));
    if (strcmp(name, "SYNC") == 0 || (strcmp(name, "WAIT") == 0 && stmt->n_args == 1))
        return put_wait(litmus);
    while (type < 128 && strcmp(vtd_qi_layout(type)->name, name) != 0)
        type++;
    if (type == 128)
        return sim_text_fail(text, litmus_pos(stmt, 0), "no descriptor of VT-d");
    hw_put(words, VTD_MSB_UNKNOWN_TYPE, VTD_LSB_UNKNOWN_TYPE, type & 0xf);
    hw_put(words, VTD_MSB_UNKNOWN_TYPE_HI, VTD_LSB_UNKNOWN_TYPE_HI, type >> 4);
    err = litmus_fields(litmus, text, stmt, vtd_qi_layout(type), "", words);
    return err ? err : lvt_command(litmus, words);
}

static int verb_doorbell(struct litmus *litmus, const struct sim_text *text,
                         const struct sim_stmt *stmt)
{
    (void)text;
    (void)stmt;
    return ring(litmus);
}

static int verb_await(struct litmus *litmus, const struct sim_text *text,
                      const struct sim_stmt *stmt)
{
    if (!lvt_of(litmus)->n_waits)
        return sim_text_fail(text, stmt->verb, "there is no WAIT to wait for");
    return await(litmus);
}

static int verb_sync(struct litmus *litmus, const struct sim_text *text,
                     const struct sim_stmt *stmt)
{
    (void)text;
    (void)stmt;
    return lvt_sync(litmus);
}

/* ---- registers ---- */

int lvt_write(struct litmus *litmus, uint32_t offset, uint32_t n_bytes, uint64_t value)
{
    return litmus_write(litmus, offset, n_bytes, value);
}

int lvt_poll(struct litmus *litmus, uint32_t offset, uint64_t mask, uint64_t value)
{
    struct sim_record *rec = litmus_record(litmus, SIM_R_WAIT);

    if (!rec)
        return SIM_ENOMEM;
    rec->wait.cond = SIM_COND_REG;
    rec->wait.addr = offset;
    rec->wait.mask = mask;
    rec->wait.value = value;
    return 0;
}

static const struct hw_reg *find_reg(const struct sim_token *word)
{
    char name[LITMUS_NAME_BYTES];

    litmus_word(word, name, sizeof(name));
    return vtd_reg_find(name);
}

/* IVA and IOTLB are where ECAP says. */
static uint32_t offset_of(const struct litmus *litmus, const struct hw_reg *reg)
{
    struct vtd_ids ids;

    if (reg != vtd_reg_find("IVA") && reg != vtd_reg_find("IOTLB"))
        return reg->offset;
    lvt_ids(&litmus->config, &ids);
    return reg->offset + vtd_iotlb_offset(ids.ecap);
}

/* Fields of GCMD that are not named keep what was written last. */
static int verb_write(struct litmus *litmus, const struct sim_text *text,
                      const struct sim_stmt *stmt)
{
    struct lvt *lvt = lvt_of(litmus);
    const struct hw_reg *reg = find_reg(litmus_pos(stmt, 0));
    uint64_t value = 0;
    int err;

    if (!reg)
        return sim_text_fail(text, litmus_pos(stmt, 0), "no register");
    if (reg->offset == VTD_REG_GCMD)
        value = lvt->gcmd;
    if (stmt->n_args > 1 && !stmt->args[1].key)
        value = litmus_pos(stmt, 1)->number;
    err = litmus_fields(litmus, text, stmt, reg->layout, "", &value);
    if (err)
        return err;
    if (reg->offset == VTD_REG_GCMD) {
        lvt->gcmd = value;
        vtd_GCMD_put_SRTP(&lvt->gcmd, 0);
        vtd_GCMD_put_WBF(&lvt->gcmd, 0);
    }
    return lvt_write(litmus, offset_of(litmus, reg), reg->n_bytes, value);
}

static int verb_read(struct litmus *litmus, const struct sim_text *text,
                     const struct sim_stmt *stmt)
{
    const struct hw_reg *reg = find_reg(litmus_pos(stmt, 1));
    struct litmus_act *act;

    if (!sim_token_is(litmus_pos(stmt, 0), "reg") || !reg)
        return sim_text_fail(text, litmus_pos(stmt, 0), "read reg NAME");
    act = litmus_add(litmus, LITMUS_ACT_READ);
    if (!act)
        return SIM_ENOMEM;
    act->read.is_reg = true;
    act->read.at = offset_of(litmus, reg);
    act->read.n_bytes = (uint8_t)reg->n_bytes;
    act->read.mask = litmus_number(stmt, "mask", UINT64_MAX >> (64 - 8 * reg->n_bytes));
    act->read.value = litmus_number(stmt, "value", 0);
    return 0;
}

static int verb_poll(struct litmus *litmus, const struct sim_text *text,
                     const struct sim_stmt *stmt)
{
    const struct hw_reg *reg = find_reg(litmus_pos(stmt, 1));

    if (!sim_token_is(litmus_pos(stmt, 0), "reg") || !reg)
        return sim_text_fail(text, litmus_pos(stmt, 0), "poll reg NAME");
    return lvt_poll(litmus, offset_of(litmus, reg), litmus_number(stmt, "mask", UINT32_MAX),
                    litmus_number(stmt, "value", 0));
}

static const struct litmus_verb verbs[] = {
    {"init", lvt_verb_init},
    {"pgtable", lvt_verb_pgtable},
    {"page", lvt_verb_page},
    {"ctx", lvt_verb_ctx},
    {"pasid", lvt_verb_pasid},
    {"image", lvt_verb_image},
    {"done", lvt_verb_done},
    {"put", lvt_verb_put},
    {"set", lvt_verb_set},
    {"pte", lvt_verb_pte},
    {"release", lvt_verb_release},
    {"cmd", verb_cmd},
    {"doorbell", verb_doorbell},
    {"await", verb_await},
    {"sync", verb_sync},
    {"write", verb_write},
    {"read", verb_read},
    {"poll", verb_poll},
    {"pci-ats", litmus_verb_pci_ats},
    {"op", litmus_verb_op},
    {"endop", litmus_verb_endop},
    {"next-event", lvt_verb_next_event},
    {"flush", lvt_verb_flush},
};

const struct litmus_verb *lvt_verb(const struct sim_token *word)
{
    return litmus_find_verb(verbs, sizeof(verbs) / sizeof(verbs[0]), word);
}
