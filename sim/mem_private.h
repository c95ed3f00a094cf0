/* SPDX-License-Identifier: BSD-2-Clause
 * mem_private.h - what mem.c and its journal share: pages and their index.
 * Knows: the layout of memory. Must not know: who asks. */
#ifndef SIM_MEM_PRIVATE_H
#define SIM_MEM_PRIVATE_H

#include "sim/mem.h"

#ifdef __cplusplus
extern "C" {
#endif

#define PAGE_LOG2 12u
#define PAGE_BYTES (1u << PAGE_LOG2)
#define PAGE_OFFSET_MASK (PAGE_BYTES - 1u)
#define WORD_BYTES 8u

struct page_data {
    uint8_t bytes[PAGE_BYTES];
    uint8_t known[PAGE_BYTES / 8]; /* one bit per byte */
};

/* One page. tag: page number + 1, 0 = no page. data NULL: every word is @fill and known. */
struct page {
    uint64_t tag;
    uint64_t fill;
    struct page_data *data;
};

/* A page as it was when the journal was opened. */
struct saved_page {
    struct page page;
    bool existed;
};

/* Pages that have changed since; an open hash by tag, at most 3/4 full. */
struct journal {
    bool is_open;
    struct saved_page *lines;
    uint64_t n_lines; /* 0 or a power of two */
    uint64_t n_saved;
};

struct sim_mem {
    struct page *lines; /* linear probing, at most 3/4 full */
    uint64_t n_lines;   /* 0 or a power of two */
    uint64_t n_pages;
    uint64_t n_data;
    uint64_t max_bytes;
    struct journal journal;
};

static inline uint64_t tag_of(uint64_t pa)
{
    return (pa >> PAGE_LOG2) + 1;
}

static inline uint64_t line_of(uint64_t tag, uint64_t n_lines)
{
    const uint64_t mixed = tag * UINT64_C(0x9e3779b97f4a7c15);

    return (mixed ^ mixed >> 32) & (n_lines - 1);
}

static inline struct page *find_page(const struct sim_mem *mem, uint64_t tag)
{
    uint64_t line;

    if (!mem->n_lines)
        return NULL;
    line = line_of(tag, mem->n_lines);
    while (mem->lines[line].tag != tag) {
        if (!mem->lines[line].tag)
            return NULL;
        line = (line + 1) & (mem->n_lines - 1);
    }
    return &mem->lines[line];
}

/* sim_mem_insert_page - the index has room and no page of that tag. Its data is counted. */
void sim_mem_insert_page(struct sim_mem *mem, const struct page *page);
/* sim_mem_remove_page - @page leaves the index, its data is freed. Other pages may move. */
void sim_mem_remove_page(struct sim_mem *mem, struct page *page);

/* sim_mem_journal_save - the pages first_tag..last_tag are about to change; @absent_too: also those
 * that there are none of yet. Nothing without an open journal. Return: 0 or SIM_ENOMEM. */
int sim_mem_journal_save(struct sim_mem *mem, uint64_t first_tag, uint64_t last_tag,
                         bool absent_too);
/* sim_mem_journal_free - when memory goes. */
void sim_mem_journal_free(struct sim_mem *mem);

#ifdef __cplusplus
}
#endif
#endif
