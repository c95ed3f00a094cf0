/* SPDX-License-Identifier: BSD-2-Clause
 * rpl_tables.c - which stage a page of an SMMUv3's page tables belongs to.
 * Knows: the addresses in CDs, STEs and table descriptors. Must not know: models. */
#define HASH_NONFATAL_OOM 1
#include "kernel-glue/replay/rpl_tables.h"

#include "models/smmuv3/smmu_layout.h"
#include "sim/diag.h"

#include <stdlib.h>
#include <uthash.h>

enum {
    PAGE_LOG2 = 12,
    ENTRY_BYTES = 64, /* of STEs and CDs */
    WORD_BYTES = 8,
    MAX_DEPTH = 8,   /* levels of one table; more would be a loop */
    MAX_PAGES = 256, /* of one allocation: 16 concatenated tables of 64 KiB */
};

/* 4 KiB of table memory. @first: the page where its allocation begins; what follows holds there.
 * @parent: the page whose descriptor points here, 0 = none. @was: what it was the last time that it
 * was handed out, as far as that was found out. */
struct page {
    uint64_t number;
    uint64_t first;
    uint64_t parent;
    uint8_t structure; /* if a CD or STE points here; else SIM_S_PTE */
    uint8_t was;
    UT_hash_handle hh;
};

struct rpl_tables {
    struct page *pages;
};

struct rpl_tables *rpl_tables_new(void)
{
    return calloc(1, sizeof(struct rpl_tables));
}

void rpl_tables_free(struct rpl_tables *tables)
{
    struct page *page = tables ? tables->pages : NULL;

    if (!tables)
        return;
    HASH_CLEAR(hh, tables->pages); /* the table; its elements still form a list */
    while (page) {
        struct page *next = page->hh.next;

        free(page);
        page = next;
    }
    free(tables);
}

static struct page *find_number(const struct rpl_tables *tables, uint64_t number)
{
    struct page *page;

    HASH_FIND(hh, tables->pages, &number, sizeof(number), page);
    return page;
}

/* The first page of the allocation that @pa lies in, or NULL. */
static struct page *find(const struct rpl_tables *tables, uint64_t pa)
{
    struct page *page = find_number(tables, pa >> PAGE_LOG2);

    return page && page->first != page->number ? find_number(tables, page->first) : page;
}

/* Up to a page that a CD or STE points to. */
static enum sim_structure climb(const struct rpl_tables *tables, const struct page *page)
{
    for (unsigned depth = 0; page && depth < MAX_DEPTH; depth++) {
        if (page->structure != SIM_S_PTE)
            return (enum sim_structure)page->structure;
        page = page->parent ? find_number(tables, page->parent) : NULL;
    }
    return SIM_S_PTE;
}

static int add(struct rpl_tables *tables, uint64_t number, uint64_t first)
{
    struct page *page = find_number(tables, number);

    if (!page) {
        page = calloc(1, sizeof(*page));
        if (!page)
            return SIM_ENOMEM;
        page->number = number;
        page->first = number;
        page->structure = SIM_S_PTE;
        page->was = SIM_S_PTE;
        HASH_ADD(hh, tables->pages, number, sizeof(page->number), page);
        if (!page->hh.tbl) { /* there was no memory for the index */
            free(page);
            return SIM_ENOMEM;
        }
    }
    if (rpl_tables_structure(tables, number << PAGE_LOG2) != SIM_S_PTE)
        page->was = (uint8_t)rpl_tables_structure(tables, number << PAGE_LOG2);
    page->first = first;
    page->parent = 0;
    page->structure = SIM_S_PTE;
    return 0;
}

/* Memory that may become a table. What is too large for one is not. */
static int allocate(struct rpl_tables *tables, const struct sim_rec_memory *memory)
{
    const uint64_t first = memory->pa >> PAGE_LOG2;
    const uint64_t n = memory->size >> PAGE_LOG2;
    int err = 0;

    if (memory->structure != SIM_S_PAGES && memory->structure != SIM_S_PTE)
        return 0;
    for (uint64_t i = 0; i < n && n <= MAX_PAGES && !err; i++)
        err = add(tables, first + i, first);
    return err;
}

static void set_root(struct rpl_tables *tables, uint64_t pa, enum sim_structure structure)
{
    struct page *page = find(tables, pa);

    if (pa && page)
        page->structure = (uint8_t)structure;
}

/* A descriptor with both low bits set leads to a table or to a page of data. */
static void link_child(struct rpl_tables *tables, const struct sim_rec_store *store)
{
    const struct page *page = find(tables, store->pa);
    struct page *child;

    if (!page || !smmu_S1_TABLE_Valid(&store->value) || !smmu_S1_TABLE_Kind(&store->value))
        return;
    child = find(tables, smmu_S1_TABLE_OA_addr(&store->value));
    if (child && child != page)
        child->parent = page->number;
}

int rpl_tables_record(struct rpl_tables *tables, const struct sim_record *rec)
{
    const struct sim_rec_store *store = &rec->store;
    uint64_t words[ENTRY_BYTES / WORD_BYTES] = {0};

    if (rec->kind == SIM_R_MEMORY)
        return allocate(tables, &rec->memory);
    if (rec->kind != SIM_R_STORE || store->width != WORD_BYTES)
        return 0;
    words[store->pa % ENTRY_BYTES / WORD_BYTES] = store->value;
    if (store->structure == SIM_S_PTE) {
        link_child(tables, store);
    } else if (store->structure == SIM_S_CD) {
        set_root(tables, smmu_CD_TTB0_addr(words), SIM_S_PTE_S1);
        set_root(tables, smmu_CD_TTB1_addr(words), SIM_S_PTE_S1);
    } else if (store->structure == SIM_S_STE) {
        set_root(tables, smmu_STE_S2TTB_addr(words), SIM_S_PTE_S2);
    }
    return 0;
}

enum sim_structure rpl_tables_structure(const struct rpl_tables *tables, uint64_t pa)
{
    const struct page *page = find_number(tables, pa >> PAGE_LOG2);
    enum sim_structure structure = climb(tables, find(tables, pa));

    if (structure == SIM_S_PTE && page)
        structure = (enum sim_structure)page->was;
    return structure;
}

void rpl_tables_stage(const struct rpl_tables *tables, const struct sim_record *rec,
                      struct sim_record *staged)
{
    *staged = *rec;
    if (tables && rec->kind == SIM_R_STORE && rec->store.structure == SIM_S_PTE)
        staged->store.structure = (uint8_t)rpl_tables_structure(tables, rec->store.pa);
}
