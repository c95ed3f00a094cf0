/* SPDX-License-Identifier: BSD-2-Clause
 * cmp_world.c - memory of a stream: contents, allocations, entries that were valid once.
 * Knows: pages. Must not know: what an entry says. */
#define HASH_NONFATAL_OOM 1
#include "kernel-glue/compare/cmp_private.h"

#include "sim/diag.h"

#include <stdlib.h>
#include <string.h>

#define MEMORY_LIMIT_BYTES (UINT64_C(256) << 20)
#define MAX_PAGES 4096u /* of one allocation; queues may be larger, their pages are no names */

int cmp_world_init(struct cmp_world *world)
{
    memset(world, 0, sizeof(*world));
    world->mem = sim_mem_new(MEMORY_LIMIT_BYTES);
    return world->mem ? 0 : SIM_ENOMEM;
}

static void free_pages(struct cmp_world *world)
{
    struct cmp_page *page = world->pages;

    HASH_CLEAR(hh, world->pages); /* the table; its elements still form a list */
    while (page) {
        struct cmp_page *next = page->hh.next;

        free(page);
        page = next;
    }
}

static void free_list(struct cmp_world *world, int list)
{
    struct cmp_entry *entry = world->lists[list];

    HASH_CLEAR(hh, world->lists[list]);
    while (entry) {
        struct cmp_entry *next = entry->hh.next;

        free(entry);
        entry = next;
    }
}

void cmp_world_fini(struct cmp_world *world)
{
    free_pages(world);
    for (int list = 0; list < CMP_N_LISTS; list++)
        free_list(world, list);
    sim_mem_free(world->mem);
}

static struct cmp_page *find_number(const struct cmp_world *world, uint64_t number)
{
    struct cmp_page *page;

    HASH_FIND(hh, world->pages, &number, sizeof(number), page);
    return page;
}

struct cmp_page *cmp_page_find(const struct cmp_world *world, uint64_t pa)
{
    return find_number(world, pa >> CMP_PAGE_LOG2);
}

uint64_t cmp_page_first(const struct cmp_world *world, uint64_t pa)
{
    const struct cmp_page *page = cmp_page_find(world, pa);

    return page ? page->first : pa >> CMP_PAGE_LOG2;
}

static int alloc_page(struct cmp_world *world, uint64_t number, uint64_t first)
{
    struct cmp_page *page = find_number(world, number);

    if (!page) {
        page = calloc(1, sizeof(*page));
        if (!page)
            return SIM_ENOMEM;
        page->number = number;
        HASH_ADD(hh, world->pages, number, sizeof(page->number), page);
        if (!page->hh.tbl) {
            free(page);
            return SIM_ENOMEM;
        }
    } else if (!page->is_table || page->first != first) {
        page->life++; /* MEMORY may be said twice of what is one allocation */
    }
    page->first = first;
    page->parent = 0;
    page->is_table = true;
    return 0;
}

int cmp_page_alloc(struct cmp_world *world, const struct sim_rec_memory *memory)
{
    const uint64_t first = memory->pa >> CMP_PAGE_LOG2;
    const uint64_t end = (memory->pa + memory->size - 1) >> CMP_PAGE_LOG2;
    int err = sim_mem_fill64(world->mem, memory->pa, memory->size, memory->fill);

    for (uint64_t number = first; number <= end && number - first < MAX_PAGES && !err; number++)
        err = alloc_page(world, number, first);
    return err ? SIM_ENOMEM : 0;
}

void cmp_page_free(struct cmp_world *world, const struct sim_rec_memfree *memory)
{
    const uint64_t first = memory->pa >> CMP_PAGE_LOG2;
    const uint64_t end = (memory->pa + memory->size - 1) >> CMP_PAGE_LOG2;

    for (uint64_t number = first; number <= end && number - first < MAX_PAGES; number++) {
        struct cmp_page *page = find_number(world, number);

        if (page)
            page->is_table = false;
    }
}

int cmp_list_add(struct cmp_world *world, enum cmp_list list, uint64_t pa)
{
    struct cmp_entry *entry;

    HASH_FIND(hh, world->lists[list], &pa, sizeof(pa), entry);
    if (entry)
        return 0;
    entry = calloc(1, sizeof(*entry));
    if (!entry)
        return SIM_ENOMEM;
    entry->pa = pa;
    HASH_ADD(hh, world->lists[list], pa, sizeof(entry->pa), entry);
    if (entry->hh.tbl)
        return 0;
    free(entry);
    return SIM_ENOMEM;
}
