/* SPDX-License-Identifier: BSD-2-Clause
 * litmus_vtd_tables.c - page tables of litmus tests: both stages, 4 levels, 48 bits.
 * Knows: entries by name. Must not know: bit positions, entries of configuration. */
#include "cli/litmus_vtd.h"
#include "models/vtd/vtd_pt.h"

enum {
    LEVELS = 4,
    INDEX_BITS = 9,
    PTE_BYTES = 8,
    FIRST_DOMAIN = 0xd0,
};

static uint64_t index_bytes(uint64_t iova, unsigned level)
{
    return (iova >> vtd_pt_log2(level) & ((1u << INDEX_BITS) - 1)) * PTE_BYTES;
}

/* A table, or a page of @level (0: a table). */
static uint64_t make_pte(const struct lvt_object *table, uint64_t pa, uint8_t prot, unsigned level)
{
    uint64_t word = pa; /* the address field is in place */

    if (table->stage == 2) {
        vtd_PTE_SS_put_R(&word, !level || (prot & SIM_PROT_R) != 0);
        vtd_PTE_SS_put_W(&word, !level || (prot & SIM_PROT_W) != 0);
        vtd_PTE_SS_put_PS(&word, level > 1);
        return word;
    }
    vtd_PTE_FS_put_P(&word, 1);
    vtd_PTE_FS_put_RW(&word, !level || (prot & SIM_PROT_W) != 0);
    vtd_PTE_FS_put_US(&word, 1);
    vtd_PTE_FS_put_A(&word, 1);
    vtd_PTE_FS_put_D(&word, level != 0);
    vtd_PTE_FS_put_PS(&word, level > 1);
    return word;
}

static enum sim_structure structure_of(const struct lvt_object *table)
{
    return table->stage == 2 ? SIM_S_PTE_S2 : SIM_S_PTE_S1;
}

static uint64_t new_table_page(struct litmus *litmus, struct lvt_object *table)
{
    const uint64_t pa = lvt_page(litmus, SIM_S_PAGES);

    if (pa && table->n_pages < LVT_MAX_PAGES)
        table->pages[table->n_pages++] = pa;
    return pa;
}

/* Where the entry of @iova lies at @level; tables above are made. 0: no memory. */
static uint64_t place_of(struct litmus *litmus, struct lvt_object *table, uint64_t iova,
                         unsigned level)
{
    uint64_t pa = table->pa;

    for (unsigned at = LEVELS; at > level; at--) {
        const uint64_t place = pa + index_bytes(iova, at);
        const uint64_t word = sim_mem_read64(litmus->view, place);

        if (word) {
            pa = vtd_PTE_SS_ADDR_addr(&word);
            continue;
        }
        pa = new_table_page(litmus, table);
        if (!pa || litmus_store(litmus, structure_of(table), place, make_pte(table, pa, 0, 0)))
            return 0;
    }
    return pa + index_bytes(iova, level);
}

static struct lvt_object *table_of(const struct litmus *litmus, const struct sim_text *text,
                                   const struct sim_token *word)
{
    struct lvt_object *table = lvt_find(litmus, word);

    if (table && table->kind == LVT_PGTABLE)
        return table;
    (void)sim_text_fail(text, word, "no page table of that name");
    return NULL;
}

static int parse_prot(const struct sim_text *text, const struct sim_token *word, uint8_t *prot)
{
    uint64_t value = SIM_PROT_RW;

    if (word && (word->kind != SIM_TOKEN_WORD ||
                 !sim_enum_value(SIM_SHOW_PROT, word->bytes, word->n_bytes, &value)))
        return sim_text_fail(text, word, "no permissions (r, w, rw)");
    *prot = (uint8_t)value;
    return 0;
}

int lvt_verb_pgtable(struct litmus *litmus, const struct sim_text *text,
                     const struct sim_stmt *stmt)
{
    struct lvt_object *table = lvt_new_object(litmus, text, litmus_pos(stmt, 0), LVT_PGTABLE);

    if (!table)
        return SIM_EFORMAT;
    table->stage = (unsigned)litmus_number(stmt, "stage", 2);
    if (table->stage < 1 || table->stage > 2)
        return sim_text_fail(text, stmt->verb, "stages are 1 and 2");
    table->domain = FIRST_DOMAIN + lvt_of(litmus)->n_objects;
    table->pa = new_table_page(litmus, table);
    return table->pa ? 0 : SIM_ENOMEM;
}

/* The promise of a page: a map around its store. */
static int promise(struct litmus *litmus, const struct lvt_object *table, uint64_t iova,
                   uint64_t pa, uint8_t prot)
{
    struct sim_record *rec = litmus_record(litmus, SIM_R_MAP);
    const struct sim_rec_mark end = {.dev = SIM_NO_DEV,
                                     .pasid = UINT32_MAX,
                                     .domain = table->domain,
                                     .a = iova,
                                     .b = LVT_PAGE,
                                     .op = SIM_OP_MAP};

    if (!rec)
        return SIM_ENOMEM;
    rec->map = (struct sim_rec_map){
        .domain = table->domain, .iova = iova, .pa = pa, .size = LVT_PAGE, .prot = prot};
    rec->flags |= SIM_RF_PROT;
    return litmus_mark(litmus, false, &end);
}

int lvt_verb_page(struct litmus *litmus, const struct sim_text *text, const struct sim_stmt *stmt)
{
    struct lvt_object *table = table_of(litmus, text, litmus_pos(stmt, 0));
    const uint64_t iova = litmus_pos(stmt, 1)->number;
    const uint64_t pa = litmus_pos(stmt, 2)->number;
    const struct sim_token *word = litmus_pos(stmt, 3);
    struct sim_rec_mark begin = {
        .dev = SIM_NO_DEV, .pasid = UINT32_MAX, .a = iova, .b = LVT_PAGE, .op = SIM_OP_MAP};
    uint8_t prot = SIM_PROT_RW;
    uint64_t place;
    int err;

    if (!table)
        return SIM_EFORMAT;
    begin.domain = table->domain;
    err = word == stmt->verb ? 0 : parse_prot(text, word, &prot);
    err = err ? err : litmus_mark(litmus, true, &begin);
    if (err)
        return err;
    place = place_of(litmus, table, iova, 1);
    if (!place || litmus_store(litmus, structure_of(table), place, make_pte(table, pa, prot, 1)))
        return SIM_ENOMEM;
    return promise(litmus, table, iova, pa, prot);
}

int lvt_verb_pte(struct litmus *litmus, const struct sim_text *text, const struct sim_stmt *stmt)
{
    struct lvt_object *table = table_of(litmus, text, litmus_pos(stmt, 0));
    const struct sim_arg *prot_arg = litmus_key(stmt, "prot");
    const unsigned level = (unsigned)litmus_number(stmt, "level", 1);
    const bool is_page = sim_token_is(litmus_pos(stmt, 2), "page");
    uint8_t prot = SIM_PROT_RW;
    uint64_t place, word;

    if (!table || parse_prot(text, prot_arg ? prot_arg->value : NULL, &prot))
        return SIM_EFORMAT;
    if (level < 1 || level > LEVELS || (!is_page && !sim_token_is(litmus_pos(stmt, 2), "invalid")))
        return sim_text_fail(text, litmus_pos(stmt, 2), "page or invalid, of level 1 to 4");
    place = place_of(litmus, table, litmus_pos(stmt, 1)->number, level);
    word = is_page ? make_pte(table, litmus_number(stmt, "pa", 0), prot, level) : 0;
    return place ? litmus_store(litmus, structure_of(table), place, word) : SIM_ENOMEM;
}

int lvt_verb_release(struct litmus *litmus, const struct sim_text *text,
                     const struct sim_stmt *stmt)
{
    const struct lvt_object *table = table_of(litmus, text, litmus_pos(stmt, 0));

    if (!table)
        return SIM_EFORMAT;
    for (unsigned i = 0; i < table->n_pages; i++) {
        struct sim_record *rec = litmus_record(litmus, SIM_R_FREE);

        if (!rec)
            return SIM_ENOMEM;
        rec->memfree.structure = SIM_S_PAGES;
        rec->memfree.pa = table->pages[i];
        rec->memfree.size = LVT_PAGE;
    }
    return 0;
}
