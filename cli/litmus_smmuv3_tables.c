/* SPDX-License-Identifier: BSD-2-Clause
 * litmus_smmuv3_tables.c - page tables of litmus tests: 4 KiB granule, levels 1 to 3, 39 bits.
 * Knows: descriptors by name. Must not know: bit positions, entries of configuration. */
#include "cli/litmus_smmuv3.h"
#include "sim/diag.h"

#include <string.h>

enum {
    ROOT_LEVEL = 1,
    LEAF_LEVEL = 3,
    PAGE_LOG2 = 12,
    INDEX_BITS = 9,
    PTE_BYTES = 8,
    MEMATTR_NORMAL_WB = 15, /* stage 2: write-back, inner and outer */
    FIRST_DOMAIN = 0xd0,
};

#define KNOWN_PAGE "size pa prot level to"

/* ---- places ---------------------------------------------------------------------------------- */

static unsigned level_shift(unsigned level)
{
    return PAGE_LOG2 + INDEX_BITS * (LEAF_LEVEL - level);
}

static uint64_t index_bytes(uint64_t iova, unsigned level)
{
    return (iova >> level_shift(level) & ((1u << INDEX_BITS) - 1)) * PTE_BYTES;
}

static enum sim_structure pte_structure(const struct lsm_object *table)
{
    return table->stage == 2 ? SIM_S_PTE_S2 : SIM_S_PTE_S1;
}

static uint64_t table_address(uint64_t word)
{
    return smmu_S1_TABLE_4K_OA_addr(&word);
}

static uint64_t table_word(const struct lsm_object *table, uint64_t next)
{
    uint64_t word = next; /* the address field is in place */

    if (table->stage == 2) {
        smmu_S2_TABLE_4K_put_Valid(&word, 1);
        smmu_S2_TABLE_4K_put_Kind(&word, 1);
    } else {
        smmu_S1_TABLE_4K_put_Valid(&word, 1);
        smmu_S1_TABLE_4K_put_Kind(&word, 1);
    }
    return word;
}

static uint64_t new_table_page(struct litmus *litmus, struct lsm_object *table)
{
    const uint64_t pa = lsm_page(litmus, SIM_S_PAGES, LSM_PAGE);

    if (table->n_pages < LSM_MAX_PAGES)
        table->pages[table->n_pages++] = pa;
    return pa;
}

/* Where the descriptor of @iova lies at @level; tables above are made. 0: no memory. */
static uint64_t descriptor_place(struct litmus *litmus, struct lsm_object *table, uint64_t iova,
                                 unsigned level)
{
    uint64_t pa = table->pa;

    for (unsigned at = table->level; at < level; at++) {
        const uint64_t place = pa + index_bytes(iova, at);
        const uint64_t word = sim_mem_read64(litmus->view, place);

        if (smmu_S1_TABLE_4K_Valid(&word)) {
            pa = table_address(word);
            continue;
        }
        pa = new_table_page(litmus, table);
        if (!pa || litmus_store(litmus, pte_structure(table), place, table_word(table, pa)))
            return 0;
    }
    return pa + index_bytes(iova, level);
}

/* ---- words ----------------------------------------------------------------------------------- */

static uint64_t leaf_s1(uint64_t pa, uint8_t prot, bool is_page)
{
    uint64_t word = pa;

    smmu_S1_PAGE_4K_put_Valid(&word, 1);
    smmu_S1_PAGE_4K_put_Kind(&word, is_page);
    smmu_S1_PAGE_4K_put_AP(&word,
                           prot & SIM_PROT_W ? SMMU_S1_PAGE_4K_AP_RW : SMMU_S1_PAGE_4K_AP_RO);
    smmu_S1_PAGE_4K_put_SH(&word, SMMU_S1_PAGE_4K_SH_ISH);
    smmu_S1_PAGE_4K_put_AF(&word, 1);
    smmu_S1_PAGE_4K_put_nG(&word, 1);
    return word;
}

static uint64_t leaf_s2(uint64_t pa, uint8_t prot, bool is_page)
{
    uint64_t word = pa;

    smmu_S2_PAGE_4K_put_Valid(&word, 1);
    smmu_S2_PAGE_4K_put_Kind(&word, is_page);
    smmu_S2_PAGE_4K_put_MemAttr(&word, MEMATTR_NORMAL_WB);
    smmu_S2_PAGE_4K_put_S2AP(&word, prot & SIM_PROT_RW);
    smmu_S2_PAGE_4K_put_SH(&word, SMMU_S2_PAGE_4K_SH_ISH);
    smmu_S2_PAGE_4K_put_AF(&word, 1);
    return word;
}

static uint64_t leaf_word(const struct lsm_object *table, uint64_t pa, uint8_t prot, unsigned level)
{
    return table->stage == 2 ? leaf_s2(pa, prot, level == LEAF_LEVEL)
                             : leaf_s1(pa, prot, level == LEAF_LEVEL);
}

static const struct hw_layout *leaf_layout(const struct lsm_object *table, unsigned level)
{
    if (table->stage == 2)
        return level == LEAF_LEVEL ? &smmu_layout_S2_PAGE_4K : &smmu_layout_S2_BLOCK_4K_L2;
    return level == LEAF_LEVEL ? &smmu_layout_S1_PAGE_4K : &smmu_layout_S1_BLOCK_4K_L2;
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

/* ---- verbs ----------------------------------------------------------------------------------- */

int lsm_verb_pgtable(struct litmus *litmus, const struct sim_text *text,
                     const struct sim_stmt *stmt)
{
    struct lsm *lsm = lsm_of(litmus);
    struct lsm_object *table = &lsm->objects[lsm->n_objects];
    uint64_t place;

    if (lsm->n_objects == LSM_MAX_OBJECTS || lsm_find(litmus, litmus_pos(stmt, 0)))
        return sim_text_fail(text, litmus_pos(stmt, 0), "the name is taken, or there are too many");
    litmus_word(litmus_pos(stmt, 0), table->name, sizeof(table->name));
    table->kind = LSM_PGTABLE;
    table->stage = (unsigned)litmus_number(stmt, "stage", 1);
    table->level = (unsigned)litmus_number(stmt, "level", ROOT_LEVEL);
    if (table->stage < 1 || table->stage > 2 || table->level < ROOT_LEVEL ||
        table->level > LEAF_LEVEL)
        return sim_text_fail(text, stmt->verb, "stages are 1 and 2, levels 1 to 3");
    table->domain = FIRST_DOMAIN + lsm->n_objects;
    table->pa = new_table_page(litmus, table);
    if (!table->pa)
        return SIM_ENOMEM;
    lsm->n_objects++;
    if (!litmus_has_word(stmt, "tables"))
        return 0;
    place = descriptor_place(litmus, table, LSM_TABLES, LEAF_LEVEL - 1);
    return place ? litmus_store(litmus, pte_structure(table), place,
                                leaf_word(table, LSM_TABLES, SIM_PROT_RW, LEAF_LEVEL - 1))
                 : SIM_ENOMEM;
}

/* The promise of a page: marks of a map around its stores, those of new tables too. */
static int mark_map(struct litmus *litmus, const struct lsm_object *table, uint64_t iova,
                    uint64_t size, bool is_begin)
{
    struct sim_record *rec = litmus_record(litmus, is_begin ? SIM_R_BEGIN : SIM_R_END);

    if (!rec)
        return SIM_ENOMEM;
    if (is_begin)
        rec->mark = (struct sim_rec_mark){.dev = SIM_NO_DEV,
                                          .pasid = UINT32_MAX,
                                          .domain = table->domain,
                                          .a = iova,
                                          .b = size,
                                          .op = SIM_OP_MAP};
    else
        rec->mark_end = (struct sim_rec_mark_end){.dev = SIM_NO_DEV,
                                                  .pasid = UINT32_MAX,
                                                  .domain = table->domain,
                                                  .a = iova,
                                                  .b = size,
                                                  .op = SIM_OP_MAP};
    return 0;
}

static int promise(struct litmus *litmus, const struct lsm_object *table,
                   const struct sim_rec_map *map)
{
    struct sim_record *rec = litmus_record(litmus, SIM_R_MAP);

    if (!rec)
        return SIM_ENOMEM;
    rec->map = *map;
    rec->map.domain = table->domain;
    rec->flags |= SIM_RF_PROT;
    return 0;
}

int lsm_verb_page(struct litmus *litmus, const struct sim_text *text, const struct sim_stmt *stmt)
{
    struct lsm_object *table = lsm_kind_of(litmus, text, litmus_pos(stmt, 0), LSM_PGTABLE);
    const bool has_prot = litmus_pos(stmt, 3) != stmt->verb;
    const uint64_t size = litmus_number(stmt, "size", LSM_PAGE);
    const unsigned level = size == LSM_PAGE ? LEAF_LEVEL : LEAF_LEVEL - 1;
    struct sim_rec_map map = {
        .iova = litmus_pos(stmt, 1)->number, .pa = litmus_pos(stmt, 2)->number, .size = size};
    uint64_t place, word;
    int err;

    if (!table)
        return SIM_EFORMAT;
    if (size != UINT64_C(1) << level_shift(level) || level < table->level)
        return sim_text_fail(text, stmt->verb, "a page has 4K, a block 2M");
    err = parse_prot(text, has_prot ? litmus_pos(stmt, 3) : NULL, &map.prot);
    word = leaf_word(table, map.pa, map.prot, level);
    if (!err)
        err = litmus_fields(litmus, text, stmt, leaf_layout(table, level), KNOWN_PAGE, &word);
    if (err)
        return err;
    err = mark_map(litmus, table, map.iova, size, true);
    place = err ? 0 : descriptor_place(litmus, table, map.iova, level);
    err = place ? litmus_store(litmus, pte_structure(table), place, word) : SIM_ENOMEM;
    if (!err)
        err = promise(litmus, table, &map);
    return err ? err : mark_map(litmus, table, map.iova, size, false);
}

static int pte_word(const struct litmus *litmus, const struct sim_text *text,
                    const struct sim_stmt *stmt, const struct lsm_object *table, uint64_t *word)
{
    const struct sim_token *what = litmus_pos(stmt, 2);
    const bool is_page = sim_token_is(what, "page");
    const struct sim_arg *to = litmus_key(stmt, "to");
    const struct sim_arg *prot = litmus_key(stmt, "prot");
    const struct lsm_object *next;
    uint8_t bits = 0;
    int err;

    *word = 0;
    if (sim_token_is(what, "invalid"))
        return 0;
    if (sim_token_is(what, "table")) {
        next = to ? lsm_kind_of(litmus, text, to->value, LSM_PGTABLE) : NULL;
        if (!next)
            return sim_text_fail(text, what, "a table descriptor needs to=TABLE");
        *word = table_word(table, next->pa);
        return 0;
    }
    if (!is_page && !sim_token_is(what, "block"))
        return sim_text_fail(text, what, "no descriptor (page, block, table, invalid)");
    err = parse_prot(text, prot ? prot->value : NULL, &bits);
    *word =
        leaf_word(table, litmus_number(stmt, "pa", 0), bits, is_page ? LEAF_LEVEL : LEAF_LEVEL - 1);
    return err ? err
               : litmus_fields(litmus, text, stmt,
                               leaf_layout(table, is_page ? LEAF_LEVEL : LEAF_LEVEL - 1),
                               KNOWN_PAGE, word);
}

int lsm_verb_pte(struct litmus *litmus, const struct sim_text *text, const struct sim_stmt *stmt)
{
    struct lsm_object *table = lsm_kind_of(litmus, text, litmus_pos(stmt, 0), LSM_PGTABLE);
    const bool is_higher =
        sim_token_is(litmus_pos(stmt, 2), "block") || sim_token_is(litmus_pos(stmt, 2), "table");
    const uint64_t level = litmus_number(stmt, "level", is_higher ? LEAF_LEVEL - 1 : LEAF_LEVEL);
    uint64_t place, word;
    int err;

    if (!table)
        return SIM_EFORMAT;
    if (level < table->level || level > LEAF_LEVEL)
        return sim_text_fail(text, stmt->verb, "levels are 1 to 3, and not above the root");
    err = pte_word(litmus, text, stmt, table, &word);
    if (err)
        return err;
    place = descriptor_place(litmus, table, litmus_pos(stmt, 1)->number, (unsigned)level);
    return place ? litmus_store(litmus, pte_structure(table), place, word) : SIM_ENOMEM;
}

int lsm_verb_release(struct litmus *litmus, const struct sim_text *text,
                     const struct sim_stmt *stmt)
{
    const struct lsm_object *table = lsm_kind_of(litmus, text, litmus_pos(stmt, 0), LSM_PGTABLE);

    if (!table)
        return SIM_EFORMAT;
    for (unsigned i = 0; i < table->n_pages; i++) {
        struct sim_record *rec = litmus_record(litmus, SIM_R_FREE);

        if (!rec)
            return SIM_ENOMEM;
        rec->memfree.structure = SIM_S_PAGES;
        rec->memfree.pa = table->pages[i];
        rec->memfree.size = LSM_PAGE;
    }
    return 0;
}
