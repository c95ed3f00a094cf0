/* SPDX-License-Identifier: BSD-2-Clause
 * litmus_smmuv3.c - SMMUv3 words of litmus tests: names, fields, commands, registers.
 * Knows: the tables of bits. Must not know: runs. */
#include "cli/litmus_smmuv3.h"
#include "sim/diag.h"

#include <stdlib.h>
#include <string.h>

/* ---- names ----------------------------------------------------------------------------------- */

const struct hw_layout *lsm_layout(const char *name)
{
    for (size_t i = 0; i < smmu_n_layouts; i++) {
        if (strcmp(smmu_layouts[i]->name, name) == 0)
            return smmu_layouts[i];
    }
    return NULL;
}

struct lsm_object *lsm_find(const struct litmus *litmus, const struct sim_token *word)
{
    struct lsm *lsm = lsm_of(litmus);

    for (unsigned i = 0; i < lsm->n_objects; i++) {
        if (sim_token_is(word, lsm->objects[i].name))
            return &lsm->objects[i];
    }
    return NULL;
}

struct lsm_object *lsm_kind_of(const struct litmus *litmus, const struct sim_text *text,
                               const struct sim_token *word, enum lsm_kind kind)
{
    static const char *const kinds[] = {"page table", "table of context descriptors", "image"};
    struct lsm_object *object = lsm_find(litmus, word);

    if (object && object->kind == kind)
        return object;
    (void)sim_text_fail(text, word, "no %s of that name", kinds[kind]);
    return NULL;
}

uint64_t lsm_page(struct litmus *litmus, enum sim_structure what, uint64_t n_bytes)
{
    struct lsm *lsm = lsm_of(litmus);
    const uint64_t pa = (lsm->next_page + n_bytes - 1) / n_bytes * n_bytes;

    if (pa + n_bytes > LSM_TABLES_END) {
        (void)sim_diag_text(&litmus->diag, SIM_ERANGE, litmus->line, 1,
                            "the tables of a test have 2 MiB");
        return 0;
    }
    lsm->next_page = pa + n_bytes;
    return litmus_memory(litmus, what, pa, n_bytes) ? 0 : pa;
}

uint32_t lsm_dev(const struct lsm *lsm, uint64_t sid)
{
    for (unsigned i = 0; i < lsm->n_stes; i++) {
        if (lsm->stes[i].sid == sid)
            return i;
    }
    return SIM_NO_DEV;
}

/* ---- places ---------------------------------------------------------------------------------- */

/* stes.0, cds.C.0: second-level tables. */
bool lsm_place(const struct litmus *litmus, const struct sim_token *token, uint64_t *value)
{
    const struct lsm *lsm = lsm_of(litmus);
    const struct lsm_object *object = lsm_find(litmus, token);
    char word[LITMUS_NAME_BYTES];

    litmus_word(token, word, sizeof(word));
    if (object && object->kind != LSM_IMAGE) {
        *value = object->pa;
        return true;
    }
    if (strncmp(word, "stes.", 5) == 0 && word[5] >= '0' && word[5] <= '3') {
        *value = lsm->stes_l2[word[5] - '0'];
        return *value != 0;
    }
    for (unsigned i = 0; strncmp(word, "cds.", 4) == 0 && i < lsm->n_objects; i++) {
        const size_t n = strlen(lsm->objects[i].name);
        const char *rest = word + 4 + n;

        if (strncmp(word + 4, lsm->objects[i].name, n) == 0 && rest[0] == '.' && rest[1] >= '0' &&
            rest[1] <= '3' && lsm->objects[i].kind == LSM_CDTABLE) {
            *value = lsm->objects[i].l2[rest[1] - '0'];
            return *value != 0;
        }
    }
    return false;
}

/* ---- commands -------------------------------------------------------------------------------- */

int lsm_command(struct litmus *litmus, const uint64_t *words)
{
    struct lsm *lsm = lsm_of(litmus);
    const uint32_t slot = lsm->prod & ((1u << LSM_CMDQ_LOG2) - 1);
    struct sim_record *rec = litmus_record(litmus, SIM_R_STORE);

    if (!rec)
        return SIM_ENOMEM;
    rec->store.structure = SIM_S_CMD;
    rec->store.pa = LSM_CMDQ + (uint64_t)slot * SMMU_WORDS_CMD_SYNC * sizeof(uint64_t);
    rec->store.width = SMMU_WORDS_CMD_SYNC * sizeof(uint64_t);
    rec->store.value = words[0];
    rec->store.value_hi = words[1];
    if (smmu_CMD_SYNC_op(words) == SMMU_CMD_SYNC) {
        lsm->last_sync = slot;
        lsm->has_sync = true;
    }
    lsm->prod = (lsm->prod + 1) & ((2u << LSM_CMDQ_LOG2) - 1);
    return 0;
}

int lsm_doorbell(struct litmus *litmus, bool is_relaxed)
{
    const int err = is_relaxed ? 0 : litmus_barrier(litmus);

    return err ? err : litmus_write(litmus, SMMU_REG_CMDQ_PROD, 4, lsm_of(litmus)->prod);
}

int lsm_await(struct litmus *litmus)
{
    struct sim_record *rec = litmus_record(litmus, SIM_R_WAIT);

    if (!rec)
        return SIM_ENOMEM;
    rec->wait.cond = SIM_COND_QUEUE;
    rec->wait.addr = LSM_CMDQ;
    rec->wait.index = lsm_of(litmus)->last_sync;
    return 0;
}

int lsm_sync(struct litmus *litmus)
{
    uint64_t words[SMMU_WORDS_CMD_SYNC] = {0};
    int err;

    smmu_CMD_SYNC_put_op(words, SMMU_CMD_SYNC);
    err = lsm_command(litmus, words);
    if (!err)
        err = lsm_doorbell(litmus, false);
    return err ? err : lsm_await(litmus);
}

static int verb_cmd(struct litmus *litmus, const struct sim_text *text, const struct sim_stmt *stmt)
{
    uint64_t words[HW_MAX_WORDS] = {0};
    char name[LITMUS_NAME_BYTES];
    const struct hw_layout *layout = NULL;
    unsigned op = 0;
    int err;

    litmus_word(litmus_pos(stmt, 0), name, sizeof(name));
    if (strcmp(name, "SYNC") == 0)
        (void)strcpy(name, "CMD_SYNC");
    while (op < 256 && strcmp(smmu_cmd_name(op), name) != 0)
        op++;
    if (op < 256)
        layout = smmu_cmd_layout(op);
    if (!layout)
        return sim_text_fail(text, litmus_pos(stmt, 0), "no command of SMMUv3");
    smmu_UNKNOWN_CMD_put_op(words, op);
    err = litmus_fields(litmus, text, stmt, layout, "", words);
    return err ? err : lsm_command(litmus, words);
}

static int verb_doorbell(struct litmus *litmus, const struct sim_text *text,
                         const struct sim_stmt *stmt)
{
    (void)text;
    return lsm_doorbell(litmus, litmus_has_word(stmt, "relaxed"));
}

static int verb_await(struct litmus *litmus, const struct sim_text *text,
                      const struct sim_stmt *stmt)
{
    if (!lsm_of(litmus)->has_sync)
        return sim_text_fail(text, stmt->verb, "there is no CMD_SYNC to wait for");
    return lsm_await(litmus);
}

static int verb_sync(struct litmus *litmus, const struct sim_text *text,
                     const struct sim_stmt *stmt)
{
    (void)text;
    (void)stmt;
    return lsm_sync(litmus);
}

/* ---- registers ------------------------------------------------------------------------------- */

static const struct hw_reg *find_reg(const struct sim_token *word)
{
    char name[LITMUS_NAME_BYTES];

    litmus_word(word, name, sizeof(name));
    return smmu_reg_find(name);
}

/* What was written last; a register that nobody wrote is 0. NULL: too many registers. */
static uint64_t *reg_value(struct lsm *lsm, const struct hw_reg *reg)
{
    for (unsigned i = 0; i < lsm->n_regs; i++) {
        if (lsm->regs[i].reg == reg)
            return &lsm->regs[i].value;
    }
    if (lsm->n_regs == LSM_MAX_REGS)
        return NULL;
    lsm->regs[lsm->n_regs].reg = reg;
    return &lsm->regs[lsm->n_regs++].value;
}

int lsm_write_reg(struct litmus *litmus, const char *name, uint64_t value)
{
    const struct hw_reg *reg = smmu_reg_find(name);
    uint64_t *kept = reg_value(lsm_of(litmus), reg);

    SIM_BUG_ON(!reg || !kept);
    *kept = value;
    if (litmus_barrier(litmus))
        return SIM_ENOMEM;
    return litmus_write(litmus, reg->offset, reg->n_bytes, value);
}

static int verb_write(struct litmus *litmus, const struct sim_text *text,
                      const struct sim_stmt *stmt)
{
    const struct hw_reg *reg = find_reg(litmus_pos(stmt, 0));
    uint64_t *value = reg ? reg_value(lsm_of(litmus), reg) : NULL;
    int err;

    if (!value)
        return sim_text_fail(text, litmus_pos(stmt, 0), "no register, or too many of them");
    if (stmt->n_args > 1 && !stmt->args[1].key)
        *value = litmus_pos(stmt, 1)->number;
    err = litmus_fields(litmus, text, stmt, reg->layout, "", value);
    err = err ? err : litmus_barrier(litmus);
    return err ? err : litmus_write(litmus, reg->offset, reg->n_bytes, *value);
}

static int parse_place(const struct sim_text *text, const struct sim_stmt *stmt, bool *is_reg,
                       uint64_t *at, uint64_t *n_bytes)
{
    const struct sim_token *where = litmus_pos(stmt, 1);
    const struct hw_reg *reg;

    *is_reg = sim_token_is(litmus_pos(stmt, 0), "reg");
    *n_bytes = litmus_number(stmt, "width", 8);
    *at = where->number;
    if (!*is_reg)
        return sim_token_is(litmus_pos(stmt, 0), "mem") && where->kind == SIM_TOKEN_NUMBER &&
                       (*n_bytes == 4 || *n_bytes == 8)
                   ? 0
                   : sim_text_fail(text, where, "reg NAME, or mem ADDRESS of 4 or 8 bytes");
    reg = where->kind == SIM_TOKEN_WORD ? find_reg(where) : NULL;
    if (!reg)
        return sim_text_fail(text, where, "no register of SMMUv3");
    *at = reg->offset;
    *n_bytes = reg->n_bytes;
    return 0;
}

static int verb_read(struct litmus *litmus, const struct sim_text *text,
                     const struct sim_stmt *stmt)
{
    struct litmus_act *act = litmus_add(litmus, LITMUS_ACT_READ);
    uint64_t n_bytes;
    int err;

    if (!act)
        return SIM_ENOMEM;
    err = parse_place(text, stmt, &act->read.is_reg, &act->read.at, &n_bytes);
    if (err)
        return err;
    act->read.n_bytes = (uint8_t)n_bytes;
    act->read.mask = litmus_number(stmt, "mask", UINT64_MAX >> (64 - 8 * n_bytes));
    act->read.value = litmus_number(stmt, "value", 0);
    return 0;
}

int lsm_poll(struct litmus *litmus, bool is_reg, uint64_t at, uint64_t mask, uint64_t value)
{
    struct sim_record *rec = litmus_record(litmus, SIM_R_WAIT);

    if (!rec)
        return SIM_ENOMEM;
    rec->wait.cond = is_reg ? SIM_COND_REG : SIM_COND_MEM;
    rec->wait.addr = at;
    rec->wait.mask = mask;
    rec->wait.value = value;
    return 0;
}

static int verb_poll(struct litmus *litmus, const struct sim_text *text,
                     const struct sim_stmt *stmt)
{
    bool is_reg;
    uint64_t at, n_bytes;
    const int err = parse_place(text, stmt, &is_reg, &at, &n_bytes);

    return err ? err
               : lsm_poll(litmus, is_reg, at, litmus_number(stmt, "mask", UINT32_MAX),
                          litmus_number(stmt, "value", 0));
}

static const struct litmus_verb verbs[] = {
    {"init", lsm_verb_init},
    {"strtab", lsm_verb_strtab},
    {"pgtable", lsm_verb_pgtable},
    {"page", lsm_verb_page},
    {"cdtable", lsm_verb_cdtable},
    {"cd", lsm_verb_cd},
    {"ste", lsm_verb_ste},
    {"image", lsm_verb_image},
    {"done", lsm_verb_done},
    {"put", lsm_verb_put},
    {"set", lsm_verb_set},
    {"pte", lsm_verb_pte},
    {"release", lsm_verb_release},
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
    {"next-event", lsm_verb_next_event},
};

const struct litmus_verb *lsm_verb(const struct sim_token *word)
{
    return litmus_find_verb(verbs, sizeof(verbs) / sizeof(verbs[0]), word);
}
