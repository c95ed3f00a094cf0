/* SPDX-License-Identifier: BSD-2-Clause
 * litmus_vtd_entries.c - context and PASID entries of litmus tests.
 * Knows: fields by name. Must not know: bit positions, runs. */
#include "cli/litmus_vtd.h"
#include "sim/diag.h"

#include <stdlib.h>
#include <string.h>

enum { AW_48 = VTD_PASID_AW_48, WORD_BYTES = 8 };

/* ---- devices ---- */

uint32_t lvt_dev(const struct lvt *lvt, uint64_t sid)
{
    for (unsigned i = 0; i < lvt->n_devices; i++) {
        if (lvt->devices[i].sid == sid)
            return i;
    }
    return SIM_NO_DEV;
}

static int new_device(struct litmus *litmus, uint32_t sid)
{
    struct lvt *lvt = lvt_of(litmus);
    struct lvt_device *device = &lvt->devices[lvt->n_devices];
    struct sim_record *rec = litmus_record(litmus, SIM_R_DEVICE);

    if (!rec)
        return SIM_ENOMEM;
    rec->device.dev = lvt->n_devices;
    rec->device.name = (struct sim_str){"device", sizeof("device") - 1};
    rec->device.requester = sid;
    *device = (struct lvt_device){.sid = sid};
    lvt->n_devices++;
    if (lvt->is_legacy)
        return 0;
    device->directory = lvt_page(litmus, SIM_S_PASID_DIR);
    device->pasids = lvt_page(litmus, SIM_S_PASID);
    return device->directory && device->pasids ? 0 : SIM_ENOMEM;
}

static int device_of(struct litmus *litmus, const struct sim_text *text,
                     const struct sim_token *word, uint32_t *dev)
{
    struct lvt *lvt = lvt_of(litmus);
    int err;

    *dev = lvt_dev(lvt, word->number);
    if (*dev != SIM_NO_DEV)
        return 0;
    if (word->number > LVT_MAX_SID || lvt->n_devices == LVT_MAX_DEVICES)
        return sim_text_fail(text, word, "sources are below 128, and there are 16 at most");
    *dev = lvt->n_devices;
    err = new_device(litmus, (uint32_t)word->number);
    return err;
}

uint64_t lvt_entry_pa(const struct lvt *lvt, uint32_t dev, uint32_t pasid)
{
    const struct lvt_device *device = &lvt->devices[dev];

    if (lvt->is_legacy)
        return LVT_CONTEXTS + (uint64_t)device->sid * VTD_WORDS_CTX_LEGACY * WORD_BYTES;
    return device->pasids + (pasid == UINT32_MAX ? 0 : (uint64_t)pasid * LVT_PASID_BYTES);
}

/* ---- words ---- */

static const char *const kinds[] = {"none", "fs", "ss", "nested", "pass"};
enum { KIND_NONE, KIND_FS, KIND_SS, KIND_NESTED, KIND_PASS, N_KINDS };

static unsigned kind_of(const struct sim_token *word)
{
    unsigned kind = 0;

    while (kind < N_KINDS && !sim_token_is(word, kinds[kind]))
        kind++;
    return kind;
}

/* As Linux fills them (7.4). */
static void fill_pasid(unsigned kind, uint64_t table, uint64_t *words)
{
    static const uint8_t pgtt[N_KINDS] = {0, VTD_PASID_PGTT_FS, VTD_PASID_PGTT_SS,
                                          VTD_PASID_PGTT_NESTED, VTD_PASID_PGTT_PT};

    if (kind == KIND_NONE)
        return;
    vtd_PASID_put_P(words, 1);
    vtd_PASID_put_PGTT(words, pgtt[kind]);
    vtd_PASID_put_AW(words, AW_48);
    vtd_PASID_put_PWSNP(words, 1);
    if (kind == KIND_FS)
        vtd_PASID_put_FSPTPTR(words, table >> (VTD_LSB_PASID_FSPTPTR % 64));
    else
        vtd_PASID_put_SSPTPTR(words, table >> VTD_LSB_PASID_SSPTPTR);
    if (kind == KIND_NESTED)
        vtd_PASID_put_SRE(words, 1);
    if (kind == KIND_PASS)
        vtd_PASID_put_DID(words, 1);
}

static void fill_ctx(unsigned kind, uint64_t table, uint64_t *words)
{
    if (kind == KIND_NONE)
        return;
    vtd_CTX_LEGACY_put_P(words, 1);
    vtd_CTX_LEGACY_put_AW(words, VTD_CTX_LEGACY_AW_48);
    vtd_CTX_LEGACY_put_SSPTPTR(words, table >> VTD_LSB_CTX_LEGACY_SSPTPTR);
    if (kind == KIND_PASS)
        vtd_CTX_LEGACY_put_TT(words, VTD_CTX_LEGACY_TT_PT);
    if (kind == KIND_PASS)
        vtd_CTX_LEGACY_put_DID(words, 1);
}

/* An entry of @what kind: from table= and the fields that are named. */
static int make_words(const struct litmus *litmus, const struct sim_text *text,
                      const struct sim_stmt *stmt, bool is_ctx, const struct sim_token *what,
                      struct lvt_entry *out)
{
    const struct sim_arg *arg = litmus_key(stmt, "table");
    const struct lvt_object *table = arg ? lvt_find(litmus, arg->value) : NULL;
    const unsigned kind = kind_of(what);
    uint64_t root = 0;

    if (kind == N_KINDS || (is_ctx && (kind == KIND_FS || kind == KIND_NESTED)))
        return sim_text_fail(text, what,
                             "an entry is none, ss or pass; of a PASID also fs, nested");
    if (arg && (!table || table->kind != LVT_PGTABLE))
        return sim_text_fail(text, arg->value, "no page table of that name");
    if (table)
        root = table->pa;
    if (is_ctx)
        fill_ctx(kind, root, out->words);
    else
        fill_pasid(kind, root, out->words);
    out->table = table;
    return litmus_fields(litmus, text, stmt, is_ctx ? &vtd_layout_CTX_LEGACY : &vtd_layout_PASID,
                         "table", out->words);
}

/* ---- entries that are there from the start ---- */

static int add_entry(struct litmus *litmus, const struct sim_text *text,
                     const struct sim_stmt *stmt, uint32_t pasid, const struct sim_token *what)
{
    struct lvt *lvt = lvt_of(litmus);
    struct lvt_entry *entry = &lvt->entries[lvt->n_entries];
    int err;

    if (lvt->n_entries == LVT_MAX_ENTRIES || !lvt->is_init)
        return sim_text_fail(text, stmt->verb, "too many entries, or no init");
    err = device_of(litmus, text, litmus_pos(stmt, 0), &entry->dev);
    err = err ? err : make_words(litmus, text, stmt, lvt->is_legacy, what, entry);
    if (err)
        return err;
    entry->pasid = pasid;
    entry->is_none = kind_of(what) == KIND_NONE;
    entry->is_pass = kind_of(what) == KIND_PASS;
    lvt->n_entries++;
    return 0;
}

int lvt_verb_ctx(struct litmus *litmus, const struct sim_text *text, const struct sim_stmt *stmt)
{
    struct lvt *lvt = lvt_of(litmus);

    if (lvt->is_scalable)
        return sim_text_fail(text, stmt->verb, "a test is in legacy or in scalable mode");
    lvt->is_legacy = true;
    return add_entry(litmus, text, stmt, UINT32_MAX, litmus_pos(stmt, 1));
}

int lvt_verb_pasid(struct litmus *litmus, const struct sim_text *text, const struct sim_stmt *stmt)
{
    struct lvt *lvt = lvt_of(litmus);
    const struct sim_token *number = litmus_pos(stmt, 1);
    const bool has_pasid = number->kind == SIM_TOKEN_NUMBER;

    if (lvt->is_legacy)
        return sim_text_fail(text, stmt->verb, "a test is in legacy or in scalable mode");
    if (has_pasid && (number->number == 0 || number->number > LVT_MAX_PASID))
        return sim_text_fail(text, number,
                             "PASIDs are from 1 to 63; - is that of requests without");
    lvt->is_scalable = true;
    return add_entry(litmus, text, stmt, has_pasid ? (uint32_t)number->number : UINT32_MAX,
                     litmus_pos(stmt, 2));
}

int lvt_verb_image(struct litmus *litmus, const struct sim_text *text, const struct sim_stmt *stmt)
{
    struct lvt_object *image = lvt_new_object(litmus, text, litmus_pos(stmt, 0), LVT_IMAGE);
    struct lvt_entry entry = {.dev = SIM_NO_DEV};
    int err;

    if (!image)
        return SIM_EFORMAT;
    image->is_ctx = sim_token_is(litmus_pos(stmt, 1), "ctx");
    if (!image->is_ctx && !sim_token_is(litmus_pos(stmt, 1), "pasid"))
        return sim_text_fail(text, litmus_pos(stmt, 1), "an image is of a ctx or a pasid");
    err = make_words(litmus, text, stmt, image->is_ctx, litmus_pos(stmt, 2), &entry);
    memcpy(image->words, entry.words, sizeof(image->words));
    return err;
}

/* ---- stores ---- */

/* ctx.8, pasid.8, pasid.8.5. Return: 0 if it is none. */
static uint64_t entry_place(const struct litmus *litmus, const struct sim_token *token,
                            enum sim_structure *structure)
{
    const struct lvt *lvt = lvt_of(litmus);
    char word[LITMUS_NAME_BYTES];
    const char *dot;
    char *end = NULL;
    uint32_t pasid = UINT32_MAX;
    uint32_t dev;

    litmus_word(token, word, sizeof(word));
    *structure = strncmp(word, "ctx.", 4) == 0 ? SIM_S_CTX : SIM_S_PASID;
    if (strncmp(word, lvt->is_legacy ? "ctx." : "pasid.", lvt->is_legacy ? 4 : 6) != 0)
        return 0;
    dot = strchr(word, '.');
    dev = lvt_dev(lvt, strtoul(dot + 1, &end, 0));
    if (*end == '.')
        pasid = (uint32_t)strtoul(end + 1, &end, 0);
    if (dev == SIM_NO_DEV || *end || (pasid != UINT32_MAX && pasid > LVT_MAX_PASID))
        return 0;
    return lvt_entry_pa(lvt, dev, pasid);
}

static int store_atomic(struct litmus *litmus, enum sim_structure structure, uint64_t pa,
                        const uint64_t *words)
{
    struct sim_record *rec = litmus_record(litmus, SIM_R_STORE);

    if (!rec)
        return SIM_ENOMEM;
    rec->store.structure = (uint8_t)structure;
    rec->store.pa = pa;
    rec->store.width = 16;
    rec->store.value = words[0];
    rec->store.value_hi = words[1];
    rec->flags |= SIM_RF_ATOMIC;
    return sim_mem_write(litmus->view, pa, words, 16);
}

int lvt_verb_put(struct litmus *litmus, const struct sim_text *text, const struct sim_stmt *stmt)
{
    static const uint64_t zeros[HW_MAX_WORDS];
    const struct sim_arg *list = litmus_key(stmt, "words");
    const struct lvt_object *image = lvt_find(litmus, litmus_pos(stmt, 1));
    const uint64_t *words = image ? image->words : zeros;
    const bool is_atomic = litmus_has_word(stmt, "atomic");
    enum sim_structure structure;
    const uint64_t pa = entry_place(litmus, litmus_pos(stmt, 0), &structure);
    const uint32_t n_words = structure == SIM_S_CTX ? VTD_WORDS_CTX_LEGACY : VTD_WORDS_PASID;
    int err = 0;

    if (!pa)
        return sim_text_fail(text, litmus_pos(stmt, 0), "no entry of that name");
    if (!image && !sim_token_is(litmus_pos(stmt, 1), "zero"))
        return sim_text_fail(text, litmus_pos(stmt, 1), "no image of that name");
    if (is_atomic && (list->n_values != 2 || list->value[0].number % 2 ||
                      list->value[2].number != list->value[0].number + 1))
        return sim_text_fail(text, list->value, "atomic takes two words, the first one even");
    for (uint32_t i = 0; i < list->n_values && !err; i++) {
        const uint64_t index = list->value[2 * (size_t)i].number;

        if (index >= n_words)
            return sim_text_fail(text, &list->value[2 * (size_t)i], "the entry has no such word");
        if (is_atomic)
            return store_atomic(litmus, structure, pa + index * WORD_BYTES, words + index);
        err = litmus_store(litmus, structure, pa + index * WORD_BYTES, words[index]);
    }
    return err;
}

int lvt_verb_set(struct litmus *litmus, const struct sim_text *text, const struct sim_stmt *stmt)
{
    enum sim_structure structure;
    const uint64_t pa = entry_place(litmus, litmus_pos(stmt, 0), &structure);
    const uint32_t n_words = structure == SIM_S_CTX ? VTD_WORDS_CTX_LEGACY : VTD_WORDS_PASID;
    uint64_t old[HW_MAX_WORDS] = {0};
    uint64_t words[HW_MAX_WORDS];
    int err;

    if (!pa)
        return sim_text_fail(text, litmus_pos(stmt, 0), "no entry of that name");
    sim_mem_read(litmus->view, pa, old, n_words * sizeof(old[0]));
    memcpy(words, old, sizeof(words));
    err = litmus_fields(litmus, text, stmt,
                        structure == SIM_S_CTX ? &vtd_layout_CTX_LEGACY : &vtd_layout_PASID, "",
                        words);
    for (uint32_t w = 0; w < n_words && !err; w++) {
        if (words[w] != old[w])
            err = litmus_store(litmus, structure, pa + (uint64_t)w * WORD_BYTES, words[w]);
    }
    return err;
}
