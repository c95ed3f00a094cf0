/* SPDX-License-Identifier: BSD-2-Clause
 * litmus_smmuv3_entries.c - STEs, CDs and their tables in litmus tests.
 * Knows: entries by their fields, what a driver writes into them. Must not know: bit positions. */
#include "cli/litmus_smmuv3.h"
#include "sim/diag.h"

#include <stdlib.h>
#include <string.h>

enum {
    INPUT_SIZE = 25, /* 64 minus 39 bits */
    S2_START_LEVEL1 = 1,
    MAIR_NORMAL_WB = 0xff,
    /* Types of domains in marks, as a Linux kernel counts them. */
    TYPE_BLOCKED = 0,
    TYPE_PAGING = 1,
    TYPE_IDENTITY = 4,
    TYPE_NESTED = 6,
};

#define KNOWN_ENTRY "cds table vmid asid"

/* ---- places ---------------------------------------------------------------------------------- */

uint64_t lsm_ste_pa(struct litmus *litmus, uint64_t sid)
{
    struct lsm *lsm = lsm_of(litmus);
    const uint64_t group = sid >> LSM_SID_LOG2;
    const uint64_t in_group = sid & ((1u << LSM_SID_LOG2) - 1);

    if (!lsm->has_two_levels)
        return group ? 0 : LSM_STRTAB + sid * LSM_ENTRY_BYTES;
    if (group >= sizeof(lsm->stes_l2) / sizeof(lsm->stes_l2[0]))
        return 0;
    if (!lsm->stes_l2[group])
        lsm->stes_l2[group] = lsm_page(litmus, SIM_S_STE, LSM_PAGE);
    return lsm->stes_l2[group] ? lsm->stes_l2[group] + in_group * LSM_ENTRY_BYTES : 0;
}

static uint64_t cd_pa(struct litmus *litmus, struct lsm_object *cds, uint64_t ssid)
{
    const uint64_t group = ssid >> LSM_SSID_SPLIT;

    if (ssid >> cds->max_log2)
        return 0;
    if (!cds->has_two_levels)
        return cds->pa + ssid * LSM_ENTRY_BYTES;
    if (group >= sizeof(cds->l2) / sizeof(cds->l2[0]))
        return 0;
    if (!cds->l2[group])
        cds->l2[group] = lsm_page(litmus, SIM_S_CD, LSM_PAGE);
    return cds->l2[group] ? cds->l2[group] + (ssid & ((1u << LSM_SSID_SPLIT) - 1)) * LSM_ENTRY_BYTES
                          : 0;
}

static bool parse_index(const char *word, uint64_t *index)
{
    char *end = NULL;

    if (word[0] < '0' || word[0] > '9')
        return false;
    *index = strtoull(word, &end, 0);
    return *end == '\0';
}

/* What is behind "cd." or "l1cd.": the table's name, a dot, a number. */
static struct lsm_object *cds_of(struct litmus *litmus, char *name, uint64_t *index)
{
    struct lsm *lsm = lsm_of(litmus);
    char *dot = strrchr(name, '.');

    if (!dot || !parse_index(dot + 1, index))
        return NULL;
    *dot = '\0';
    for (unsigned i = 0; i < lsm->n_objects; i++) {
        if (lsm->objects[i].kind == LSM_CDTABLE && strcmp(lsm->objects[i].name, name) == 0)
            return &lsm->objects[i];
    }
    return NULL;
}

/* ste.8, cd.C.0, l1std.0, l1cd.C.0 */
static int find_entry(struct litmus *litmus, const struct sim_text *text,
                      const struct sim_token *token, struct lsm_entry *entry)
{
    char word[LITMUS_NAME_BYTES];
    struct lsm_object *cds = NULL;
    uint64_t index = 0;

    litmus_word(token, word, sizeof(word));
    memset(entry, 0, sizeof(*entry));
    if (strncmp(word, "ste.", 4) == 0 && parse_index(word + 4, &index)) {
        *entry = (struct lsm_entry){&smmu_layout_STE, SIM_S_STE, lsm_ste_pa(litmus, index),
                                    SMMU_WORDS_STE};
    } else if (strncmp(word, "l1std.", 6) == 0 && parse_index(word + 6, &index) && index < 4) {
        *entry = (struct lsm_entry){&smmu_layout_L1STD, SIM_S_L1STD,
                                    LSM_STRTAB + index * sizeof(uint64_t), SMMU_WORDS_L1STD};
    } else if (strncmp(word, "cd.", 3) == 0 && (cds = cds_of(litmus, word + 3, &index)) != NULL) {
        *entry =
            (struct lsm_entry){&smmu_layout_CD, SIM_S_CD, cd_pa(litmus, cds, index), SMMU_WORDS_CD};
    } else if (strncmp(word, "l1cd.", 5) == 0 && (cds = cds_of(litmus, word + 5, &index)) != NULL &&
               cds->has_two_levels && index < sizeof(cds->l2) / sizeof(cds->l2[0])) {
        *entry = (struct lsm_entry){&smmu_layout_L1CD, SIM_S_L1CD,
                                    cds->pa + index * sizeof(uint64_t), SMMU_WORDS_L1CD};
    }
    return entry->pa ? 0
                     : sim_text_fail(text, token,
                                     "no entry (ste.SID, l1std.N, cd.TABLE.SSID, l1cd.TABLE.N)");
}

/* ---- words of entries ------------------------------------------------------------------------ */

static void put_s1(uint64_t *words, const struct lsm_object *cds)
{
    smmu_STE_put_S1ContextPtr(words, cds->pa >> SMMU_LSB_STE_S1ContextPtr % 64);
    smmu_STE_put_S1CDMax(words, cds->max_log2);
    smmu_STE_put_S1Fmt(words, cds->has_two_levels);
    smmu_STE_put_S1DSS(words, SMMU_STE_S1DSS_SSID0);
    smmu_STE_put_S1CIR(words, SMMU_STE_S1CIR_WBRA);
    smmu_STE_put_S1COR(words, SMMU_STE_S1COR_WBRA);
    smmu_STE_put_S1CSH(words, SMMU_STE_S1CSH_ISH);
}

static void put_s2(uint64_t *words, const struct lsm_object *table, uint64_t vmid)
{
    smmu_STE_put_SHCFG(words, SMMU_STE_SHCFG_INCOMING);
    smmu_STE_put_S2VMID(words, vmid);
    smmu_STE_put_S2T0SZ(words, INPUT_SIZE);
    smmu_STE_put_S2SL0(words, S2_START_LEVEL1);
    smmu_STE_put_S2IR0(words, SMMU_STE_S2IR0_WBRA);
    smmu_STE_put_S2OR0(words, SMMU_STE_S2OR0_WBRA);
    smmu_STE_put_S2SH0(words, SMMU_STE_S2SH0_ISH);
    smmu_STE_put_S2PS(words, SMMU_STE_S2PS_B48);
    smmu_STE_put_S2AA64(words, SMMU_STE_S2AA64_V8_64);
    smmu_STE_put_S2PTW(words, 1);
    smmu_STE_put_S2R(words, 1);
    smmu_STE_put_S2TTB(words, table->pa >> SMMU_LSB_STE_S2TTB % 64);
}

static int ste_words(const struct litmus *litmus, const struct sim_text *text,
                     const struct sim_stmt *stmt, const struct sim_token *what, uint64_t *words)
{
    const struct sim_arg *cds = litmus_key(stmt, "cds");
    const struct sim_arg *table = litmus_key(stmt, "table");
    const bool is_nested = sim_token_is(what, "nested");
    const bool has_s1 = is_nested || sim_token_is(what, "s1");
    const bool has_s2 = is_nested || sim_token_is(what, "s2");
    const struct lsm_object *object;

    memset(words, 0, sizeof(uint64_t) * HW_MAX_WORDS);
    if (has_s1 != (cds != NULL) || has_s2 != (table != NULL))
        return sim_text_fail(text, what, "s1 needs cds=, s2 table=, nested both, others neither");
    smmu_STE_put_V(words, !sim_token_is(what, "invalid"));
    if (has_s1) {
        object = lsm_kind_of(litmus, text, cds->value, LSM_CDTABLE);
        if (!object)
            return SIM_EFORMAT;
        put_s1(words, object);
    }
    if (has_s2) {
        object = lsm_kind_of(litmus, text, table->value, LSM_PGTABLE);
        if (!object)
            return SIM_EFORMAT;
        put_s2(words, object, litmus_number(stmt, "vmid", 0));
    }
    if (has_s1 || has_s2)
        smmu_STE_put_Config(words, is_nested ? SMMU_STE_Config_NESTED
                                   : has_s1  ? SMMU_STE_Config_S1
                                             : SMMU_STE_Config_S2);
    if (sim_token_is(what, "bypass")) {
        smmu_STE_put_Config(words, SMMU_STE_Config_BYPASS);
        smmu_STE_put_SHCFG(words, SMMU_STE_SHCFG_INCOMING);
    } else if (!has_s1 && !has_s2 && !sim_token_is(what, "abort") &&
               !sim_token_is(what, "invalid")) {
        return sim_text_fail(text, what, "no such STE (s1, s2, nested, bypass, abort, invalid)");
    }
    return litmus_fields(litmus, text, stmt, &smmu_layout_STE, KNOWN_ENTRY, words);
}

/* What Linux writes into the CD of a domain, or nothing for "none". */
static int cd_words(const struct litmus *litmus, const struct sim_text *text,
                    const struct sim_stmt *stmt, const struct sim_token *name, uint64_t *words)
{
    const struct lsm_object *table = NULL;

    memset(words, 0, sizeof(uint64_t) * HW_MAX_WORDS);
    if (!sim_token_is(name, "none")) {
        table = lsm_kind_of(litmus, text, name, LSM_PGTABLE);
        if (!table)
            return SIM_EFORMAT;
        smmu_CD_put_T0SZ(words, INPUT_SIZE);
        smmu_CD_put_IR0(words, SMMU_CD_IR0_WBWA);
        smmu_CD_put_OR0(words, SMMU_CD_OR0_WBWA);
        smmu_CD_put_SH0(words, SMMU_CD_SH0_ISH);
        smmu_CD_put_EPD1(words, 1);
        smmu_CD_put_V(words, 1);
        smmu_CD_put_IPS(words, SMMU_CD_IPS_B48);
        smmu_CD_put_AA64(words, 1);
        smmu_CD_put_R(words, 1);
        smmu_CD_put_A(words, 1);
        smmu_CD_put_ASET(words, 1);
        smmu_CD_put_ASID(words, litmus_number(stmt, "asid", 0));
        smmu_CD_put_TTB0(words, table->pa >> SMMU_LSB_CD_TTB0 % 64);
        smmu_CD_put_MAIR0(words, MAIR_NORMAL_WB);
    }
    return litmus_fields(litmus, text, stmt, &smmu_layout_CD, KNOWN_ENTRY, words);
}

/* ---- verbs of the set-up --------------------------------------------------------------------- */

int lsm_verb_cdtable(struct litmus *litmus, const struct sim_text *text,
                     const struct sim_stmt *stmt)
{
    struct lsm *lsm = lsm_of(litmus);
    struct lsm_object *cds = &lsm->objects[lsm->n_objects];
    uint64_t n_bytes;

    if (lsm->n_objects == LSM_MAX_OBJECTS || lsm_find(litmus, litmus_pos(stmt, 0)))
        return sim_text_fail(text, litmus_pos(stmt, 0), "the name is taken, or there are too many");
    litmus_word(litmus_pos(stmt, 0), cds->name, sizeof(cds->name));
    cds->kind = LSM_CDTABLE;
    cds->has_two_levels = litmus_number(stmt, "levels", 1) == 2;
    cds->max_log2 = (unsigned)litmus_number(stmt, "max", cds->has_two_levels ? 8 : 0);
    if (cds->max_log2 > 8)
        return sim_text_fail(text, stmt->verb, "a test has at most 256 CDs in a table (max=8)");
    n_bytes = cds->has_two_levels ? LSM_PAGE : (uint64_t)LSM_ENTRY_BYTES << cds->max_log2;
    cds->pa = lsm_page(litmus, cds->has_two_levels ? SIM_S_L1CD : SIM_S_CD,
                       n_bytes < LSM_PAGE ? LSM_PAGE : n_bytes);
    if (!cds->pa)
        return SIM_ENOMEM;
    lsm->n_objects++;
    return 0;
}

static int link_cd_group(struct litmus *litmus, const struct lsm_object *cds, uint64_t ssid)
{
    const uint64_t group = ssid >> LSM_SSID_SPLIT;
    uint64_t word = cds->l2[group]; /* the address field is in place */

    smmu_L1CD_put_V(&word, 1);
    return litmus_store(litmus, SIM_S_L1CD, cds->pa + group * sizeof(uint64_t), word);
}

int lsm_verb_cd(struct litmus *litmus, const struct sim_text *text, const struct sim_stmt *stmt)
{
    struct lsm *lsm = lsm_of(litmus);
    struct lsm_object *cds = lsm_kind_of(litmus, text, litmus_pos(stmt, 0), LSM_CDTABLE);
    const uint64_t ssid = litmus_pos(stmt, 1)->number;
    uint64_t words[HW_MAX_WORDS];
    uint64_t pa;
    int err;

    if (!cds)
        return SIM_EFORMAT;
    pa = cd_pa(litmus, cds, ssid);
    if (!pa || !lsm->is_init)
        return sim_text_fail(text, stmt->verb, "outside its table, or after init");
    err = cd_words(litmus, text, stmt, litmus_pos(stmt, 2), words);
    for (unsigned i = 0; i < SMMU_WORDS_CD && !err; i++)
        err = words[i] ? litmus_store(litmus, SIM_S_CD, pa + i * sizeof(uint64_t), words[i]) : 0;
    if (!err && cds->has_two_levels && !litmus_has_word(stmt, "unlinked"))
        err = link_cd_group(litmus, cds, ssid);
    if (err || sim_token_is(litmus_pos(stmt, 2), "none"))
        return err;
    if (ssid == 0)
        cds->first = lsm_find(litmus, litmus_pos(stmt, 2));
    else if (lsm->n_pasids < LSM_MAX_STES)
        lsm->pasids[lsm->n_pasids++] =
            (struct lsm_pasid){cds, (uint32_t)ssid, lsm_find(litmus, litmus_pos(stmt, 2))->domain};
    return 0;
}

/* Which domain the marks name. */
static void name_domain(const struct litmus *litmus, const struct sim_stmt *stmt,
                        const struct sim_token *what, struct lsm_ste *ste)
{
    const struct sim_arg *cds = litmus_key(stmt, "cds");
    const struct sim_arg *table = litmus_key(stmt, "table");
    const struct lsm_object *object = cds ? lsm_find(litmus, cds->value) : NULL;

    ste->type = TYPE_BLOCKED;
    if (object && sim_token_is(what, "nested")) {
        ste->type = TYPE_NESTED;
        ste->domain = object->pa;
    } else if (object) {
        ste->type = TYPE_PAGING;
        ste->domain = object->first ? object->first->domain : 0;
    } else if (table) {
        ste->type = TYPE_PAGING;
        ste->domain = lsm_find(litmus, table->value)->domain;
    } else if (sim_token_is(what, "bypass")) {
        ste->type = TYPE_IDENTITY;
        ste->domain = 1;
    }
    ste->is_quiet = ste->domain == 0;
}

int lsm_verb_ste(struct litmus *litmus, const struct sim_text *text, const struct sim_stmt *stmt)
{
    struct lsm *lsm = lsm_of(litmus);
    struct lsm_ste *ste = &lsm->stes[lsm->n_stes];
    struct sim_record *rec;
    int err;

    if (lsm->n_stes == LSM_MAX_STES || !lsm->is_init)
        return sim_text_fail(text, stmt->verb, "too many, or after init");
    ste->sid = (uint32_t)litmus_pos(stmt, 0)->number;
    ste->is_unlinked = litmus_has_word(stmt, "unlinked");
    if (!lsm_ste_pa(litmus, litmus_pos(stmt, 0)->number))
        return sim_text_fail(text, litmus_pos(stmt, 0), "the stream table is smaller");
    err = ste_words(litmus, text, stmt, litmus_pos(stmt, 1), ste->words);
    if (err)
        return err;
    name_domain(litmus, stmt, litmus_pos(stmt, 1), ste);
    rec = litmus_record(litmus, SIM_R_DEVICE);
    if (!rec)
        return SIM_ENOMEM;
    rec->device.dev = lsm->n_stes;
    rec->device.requester = ste->sid;
    rec->device.name = (struct sim_str){"device", sizeof("device") - 1};
    lsm->n_stes++;
    return 0;
}

int lsm_verb_strtab(struct litmus *litmus, const struct sim_text *text, const struct sim_stmt *stmt)
{
    struct lsm *lsm = lsm_of(litmus);

    if (lsm->n_stes || !lsm->is_init)
        return sim_text_fail(text, stmt->verb, "strtab comes first in init");
    lsm->has_two_levels = litmus_number(stmt, "levels", 1) == 2;
    return 0;
}

int lsm_link_stes(struct litmus *litmus)
{
    const struct lsm *lsm = lsm_of(litmus);

    for (unsigned i = 0; lsm->has_two_levels && i < lsm->n_stes; i++) {
        const uint64_t group = lsm->stes[i].sid >> LSM_SID_LOG2;
        uint64_t word = lsm->stes_l2[group]; /* the address field is in place */
        int err;

        smmu_L1STD_put_Span(&word, LSM_SID_LOG2 + 1);
        err = lsm->stes[i].is_unlinked
                  ? 0
                  : litmus_store(litmus, SIM_S_L1STD, LSM_STRTAB + group * sizeof(word), word);
        if (err)
            return err;
    }
    return 0;
}

int lsm_verb_image(struct litmus *litmus, const struct sim_text *text, const struct sim_stmt *stmt)
{
    struct lsm *lsm = lsm_of(litmus);
    struct lsm_object *image = &lsm->objects[lsm->n_objects];
    const struct sim_token *what = litmus_pos(stmt, 1);
    int err;

    if (lsm->n_objects == LSM_MAX_OBJECTS || lsm_find(litmus, litmus_pos(stmt, 0)))
        return sim_text_fail(text, litmus_pos(stmt, 0), "the name is taken, or there are too many");
    litmus_word(litmus_pos(stmt, 0), image->name, sizeof(image->name));
    image->kind = LSM_IMAGE;
    image->is_cd = sim_token_is(what, "cd");
    if (!image->is_cd && !sim_token_is(what, "ste"))
        return sim_text_fail(text, what, "an image is one of an ste or a cd");
    err = image->is_cd ? cd_words(litmus, text, stmt, litmus_pos(stmt, 2), image->words)
                       : ste_words(litmus, text, stmt, litmus_pos(stmt, 2), image->words);
    if (!err)
        lsm->n_objects++;
    return err;
}

/* ---- verbs of the body ----------------------------------------------------------------------- */

static int put_atomic(struct litmus *litmus, const struct lsm_entry *entry, const uint64_t *words,
                      uint64_t index)
{
    struct sim_record *rec = litmus_record(litmus, SIM_R_STORE);
    const uint64_t pa = entry->pa + index * sizeof(uint64_t);

    if (!rec)
        return SIM_ENOMEM;
    rec->store.structure = (uint8_t)entry->structure;
    rec->store.pa = pa;
    rec->store.width = 2 * sizeof(uint64_t);
    rec->store.value = words[index];
    rec->store.value_hi = words[index + 1];
    rec->flags |= SIM_RF_ATOMIC;
    return sim_mem_write(litmus->view, pa, &words[index], 2 * sizeof(uint64_t));
}

int lsm_verb_put(struct litmus *litmus, const struct sim_text *text, const struct sim_stmt *stmt)
{
    const bool is_zero = sim_token_is(litmus_pos(stmt, 1), "zero");
    static const uint64_t zero[HW_MAX_WORDS];
    const struct sim_arg *list = litmus_key(stmt, "words");
    const struct lsm_object *image =
        is_zero ? NULL : lsm_kind_of(litmus, text, litmus_pos(stmt, 1), LSM_IMAGE);
    const uint64_t *words = is_zero ? zero : image ? image->words : NULL;
    const bool is_atomic = litmus_has_word(stmt, "atomic");
    struct lsm_entry entry;
    int err = words ? find_entry(litmus, text, litmus_pos(stmt, 0), &entry) : SIM_EFORMAT;

    if (err)
        return err;
    if (is_atomic && (list->n_values != 2 || list->value[0].number % 2 ||
                      list->value[2].number != list->value[0].number + 1))
        return sim_text_fail(text, list->value, "atomic takes two words, the first one even");
    for (uint32_t i = 0; i < list->n_values && !err; i++) {
        const uint64_t index = list->value[2 * (size_t)i].number;

        if (index >= entry.n_words)
            return sim_text_fail(text, &list->value[2 * (size_t)i], "the entry has no such word");
        if (is_atomic)
            return put_atomic(litmus, &entry, words, index);
        err = litmus_store(litmus, entry.structure, entry.pa + index * sizeof(uint64_t),
                           words[index]);
    }
    return err;
}

int lsm_verb_set(struct litmus *litmus, const struct sim_text *text, const struct sim_stmt *stmt)
{
    uint64_t before[HW_MAX_WORDS] = {0};
    uint64_t after[HW_MAX_WORDS];
    struct lsm_entry entry;
    unsigned word = HW_MAX_WORDS;
    int err = find_entry(litmus, text, litmus_pos(stmt, 0), &entry);

    if (err)
        return err;
    sim_mem_read(litmus->view, entry.pa, before, entry.n_words * sizeof(uint64_t));
    memcpy(after, before, sizeof(after));
    err = litmus_fields(litmus, text, stmt, entry.layout, "", after);
    for (uint32_t i = 1; i < stmt->n_args && !err; i++) {
        char name[LITMUS_NAME_BYTES];
        const struct hw_field *field;

        litmus_word(stmt->args[i].key, name, sizeof(name));
        field = hw_field_find(entry.layout, name);
        if (word < HW_MAX_WORDS && field->lsb / 64U != word)
            return sim_text_fail(text, stmt->args[i].key, "one store changes one word of 64 bits");
        word = field->lsb / 64U;
    }
    if (err)
        return err;
    if (word == HW_MAX_WORDS)
        return sim_text_fail(text, stmt->verb, "set needs a field");
    return litmus_store(litmus, entry.structure, entry.pa + word * sizeof(uint64_t), after[word]);
}
