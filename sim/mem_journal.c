/* SPDX-License-Identifier: BSD-2-Clause
 * mem_journal.c - undo what memory has seen since a moment, page by page.
 * Knows: the layout of memory. Must not know: who asks, or why a change is undone.
 *
 * At the first change of a page its bytes move into the journal and a copy takes their place. So
 * undoing needs no memory and cannot fail. */
#include "sim/diag.h"
#include "sim/mem_private.h"

#include <stdlib.h>
#include <string.h>

#define MIN_LINES 64u /* power of two */

/* The line that @tag has, or would take. There is always an empty one. */
static struct saved_page *saved_line(const struct journal *journal, uint64_t tag)
{
    uint64_t line = line_of(tag, journal->n_lines);

    while (journal->lines[line].page.tag && journal->lines[line].page.tag != tag)
        line = (line + 1) & (journal->n_lines - 1);
    return &journal->lines[line];
}

static int reserve_line(struct journal *journal)
{
    const struct journal old = *journal;
    struct saved_page *lines;

    if (old.n_saved < old.n_lines / 4 * 3)
        return 0;
    lines = calloc(old.n_lines ? 2 * old.n_lines : MIN_LINES, sizeof(*lines));
    if (!lines)
        return SIM_ENOMEM;
    journal->lines = lines;
    journal->n_lines = old.n_lines ? 2 * old.n_lines : MIN_LINES;
    for (uint64_t i = 0; i < old.n_lines; i++) {
        if (old.lines[i].page.tag)
            *saved_line(journal, old.lines[i].page.tag) = old.lines[i];
    }
    free(old.lines);
    return 0;
}

static int save(struct sim_mem *mem, uint64_t tag, struct page *page)
{
    struct journal *journal = &mem->journal;
    struct saved_page saved = {.page.tag = tag};
    struct page_data *copy;

    if (journal->n_lines && saved_line(journal, tag)->page.tag)
        return 0;
    if (reserve_line(journal))
        return SIM_ENOMEM;
    if (page) {
        saved = (struct saved_page){*page, true};
        if (page->data) {
            copy = malloc(sizeof(*copy));
            if (!copy)
                return SIM_ENOMEM;
            memcpy(copy, page->data, sizeof(*copy));
            page->data = copy;
        }
    }
    *saved_line(journal, tag) = saved;
    journal->n_saved++;
    return 0;
}

int sim_mem_journal_save(struct sim_mem *mem, uint64_t first_tag, uint64_t last_tag,
                         bool absent_too)
{
    if (!mem->journal.is_open)
        return 0;
    /* The range may be far longer than the index. Saving moves no page in it. */
    if (!absent_too && last_tag - first_tag > mem->n_lines) {
        for (uint64_t i = 0; i < mem->n_lines; i++) {
            struct page *page = &mem->lines[i];

            if (page->tag && page->tag >= first_tag && page->tag <= last_tag &&
                save(mem, page->tag, page))
                return SIM_ENOMEM;
        }
        return 0;
    }
    for (uint64_t tag = first_tag; tag <= last_tag; tag++) {
        struct page *page = find_page(mem, tag);

        if ((page || absent_too) && save(mem, tag, page))
            return SIM_ENOMEM;
    }
    return 0;
}

/* Forget what is saved. A table that one long try has blown up does not slow down the others. */
static void clear(struct journal *journal)
{
    if (journal->n_lines > MIN_LINES && journal->n_saved < journal->n_lines / 8) {
        free(journal->lines);
        journal->lines = NULL;
        journal->n_lines = 0;
    }
    for (uint64_t i = 0; i < journal->n_lines; i++)
        journal->lines[i] = (struct saved_page){.existed = false};
    journal->n_saved = 0;
}

void sim_mem_journal_begin(struct sim_mem *mem)
{
    SIM_BUG_ON(mem->journal.is_open);
    mem->journal.is_open = true;
}

void sim_mem_journal_rollback(struct sim_mem *mem)
{
    struct journal *journal = &mem->journal;

    SIM_BUG_ON(!journal->is_open);
    if (!journal->n_saved)
        return;
    /* First all changed pages leave, so that the index, which held the old ones once, has room. */
    for (uint64_t i = 0; i < journal->n_lines; i++) {
        const uint64_t tag = journal->lines[i].page.tag;
        struct page *page = tag ? find_page(mem, tag) : NULL;

        if (page)
            sim_mem_remove_page(mem, page);
    }
    for (uint64_t i = 0; i < journal->n_lines; i++) {
        if (journal->lines[i].existed)
            sim_mem_insert_page(mem, &journal->lines[i].page);
    }
    clear(journal);
}

static void free_saved(struct journal *journal)
{
    for (uint64_t i = 0; i < journal->n_lines; i++)
        free(journal->lines[i].page.data);
}

void sim_mem_journal_end(struct sim_mem *mem)
{
    SIM_BUG_ON(!mem->journal.is_open);
    free_saved(&mem->journal);
    clear(&mem->journal);
    mem->journal.is_open = false;
}

void sim_mem_journal_free(struct sim_mem *mem)
{
    free_saved(&mem->journal);
    free(mem->journal.lines);
}
