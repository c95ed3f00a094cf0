/* SPDX-License-Identifier: BSD-2-Clause
 * arena.c - all memory of the kernel half, and what each piece of it turns out to be.
 * Knows: allocations, pointers in registers and tables. Must not know: who allocates what for. */
#include "kernel-glue/linux/host/host.h"

#include "sim/diag.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>

/* Pointers must be the same in each run, so that runs are. */
#define ARENA_AT ((void *)UINT64_C(0x200000000000))
#define FREED_BYTE 0x6a /* an invalid entry of every kind */
#define FREED_WORD UINT64_C(0x6a6a6a6a6a6a6a6a)
#define SMALL_CLASSES (HOST_ORDERS * 4)

const struct host_arena *host_arena(void)
{
    return &host_the()->memory.arena;
}

int host_memory_init(struct lnx *lnx)
{
    struct host_memory *memory = &lnx->memory;
    void *bytes = mmap(ARENA_AT, HOST_ARENA_BYTES, PROT_READ | PROT_WRITE,
                       MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE | MAP_FIXED_NOREPLACE, -1, 0);

    if (bytes == MAP_FAILED)
        return SIM_ENOMEM;
    memory->arena = (struct host_arena){bytes, HOST_ARENA_BYTES, HOST_TABLE_BYTES, HOST_ARENA_PA};
    memory->heap = HOST_TABLE_BYTES;
    memory->owner = malloc(HOST_TABLE_PAGES * sizeof(*memory->owner));
    memory->next_free = calloc(HOST_TABLE_PAGES, sizeof(*memory->next_free));
    if (!memory->owner || !memory->next_free)
        return SIM_ENOMEM;
    memset(memory->owner, 0xff, HOST_TABLE_PAGES * sizeof(*memory->owner));
    return 0;
}

void host_memory_free(struct lnx *lnx)
{
    if (lnx->memory.arena.bytes)
        (void)munmap(lnx->memory.arena.bytes, HOST_ARENA_BYTES);
    free(lnx->memory.owner);
    free(lnx->memory.next_free);
    free(lnx->memory.tables);
}

uint64_t host_pa(const struct lnx *lnx, const void *p)
{
    return HOST_ARENA_PA + (uint64_t)((const char *)p - lnx->memory.arena.bytes);
}

bool host_is_table(const struct lnx *lnx, const void *p)
{
    return (uint64_t)((const char *)p - lnx->memory.arena.bytes) < HOST_TABLE_BYTES;
}

uint32_t host_table_at(const struct lnx *lnx, uint64_t pa)
{
    const uint64_t page = (pa - HOST_ARENA_PA) / HOST_PAGE_BYTES;

    return pa >= HOST_ARENA_PA && page < HOST_TABLE_PAGES ? lnx->memory.owner[page] : HOST_NO_TABLE;
}

/* ---- what only software uses: size classes, a word with the size before each piece ---- */

static unsigned class_of(uint64_t n_bytes)
{
    unsigned i = 0;

    while (UINT64_C(32) << i < n_bytes)
        i++;
    return i;
}

void *host_malloc(unsigned long n_bytes)
{
    struct host_memory *memory = &host_the()->memory;
    const unsigned i = class_of(n_bytes + 16);
    uint64_t *piece;

    if (i >= SMALL_CLASSES)
        host_die("the driver asks for %lu bytes", n_bytes);
    piece = memory->free_small[i];
    if (piece) {
        memory->free_small[i] = *(void **)(void *)(piece + 2);
        memset(piece, 0, UINT64_C(32) << i);
    } else {
        if (memory->heap + (UINT64_C(32) << i) > HOST_ARENA_BYTES)
            host_die("the driver's memory is full");
        piece = (uint64_t *)(void *)(memory->arena.bytes + memory->heap);
        memory->heap += UINT64_C(32) << i;
    }
    piece[0] = n_bytes;
    return piece + 2;
}

unsigned long host_size(void *p)
{
    return ((const uint64_t *)p)[-2];
}

void host_free(void *p)
{
    struct host_memory *memory = &host_the()->memory;
    uint64_t *piece = (uint64_t *)p - 2;
    const unsigned i = class_of(piece[0] + 16);

    if ((uint64_t)((char *)p - memory->arena.bytes) >= HOST_ARENA_BYTES)
        return; /* a constant of the driver */
    memset(p, FREED_BYTE, piece[0]);
    *(void **)p = memory->free_small[i];
    memory->free_small[i] = piece;
}

void *host_realloc(void *p, unsigned long n_bytes)
{
    void *q = host_malloc(n_bytes);

    if (p) {
        memcpy(q, p, host_size(p) < n_bytes ? host_size(p) : n_bytes);
        host_free(p);
    }
    return q;
}

void host_writable(void *p, unsigned long n_bytes)
{
    char *first = (char *)p - (uint64_t)p % HOST_PAGE_BYTES;
    const char *last = (const char *)p + n_bytes;

    if (mprotect(first, (size_t)(last - first), PROT_READ | PROT_WRITE))
        host_die("constants of the driver cannot be changed");
}

/* ---- what hardware may see: blocks of 2^i pages ---- */

static unsigned order_of(uint64_t n_bytes)
{
    unsigned order = 0;

    while (HOST_PAGE_BYTES << order < n_bytes)
        order++;
    if (order >= HOST_ORDERS)
        host_die("the driver asks for %llu bytes in one piece", (unsigned long long)n_bytes);
    return order;
}

static uint64_t take_block(struct host_memory *memory, unsigned order)
{
    const uint64_t n_bytes = HOST_PAGE_BYTES << order;
    uint64_t offset;

    if (memory->free_pages[order]) {
        offset = memory->free_pages[order] - 1;
        memory->free_pages[order] = memory->next_free[offset / HOST_PAGE_BYTES];
        return offset;
    }
    offset = (memory->brk + n_bytes - 1) & ~(n_bytes - 1);
    if (offset + n_bytes > HOST_TABLE_BYTES)
        host_die("the driver's memory for tables is full");
    memory->brk = offset + n_bytes;
    return offset;
}

static uint32_t new_table(struct host_memory *memory, uint64_t pa, uint64_t n_bytes, uint8_t kind)
{
    if (memory->n_tables == memory->tables_room) {
        memory->tables_room = memory->tables_room ? memory->tables_room * 2 : 256;
        memory->tables = realloc(memory->tables, memory->tables_room * sizeof(*memory->tables));
        if (!memory->tables)
            host_die("no memory");
    }
    memory->tables[memory->n_tables] = (struct host_table){pa, n_bytes, kind, true};
    return memory->n_tables++;
}

void *host_table_alloc(unsigned long n_bytes, unsigned long align, int use)
{
    struct lnx *lnx = host_the();
    struct host_memory *memory = &lnx->memory;
    const unsigned order = order_of(n_bytes > align ? n_bytes : align);
    struct sim_record rec;
    uint64_t offset;
    uint32_t table;

    host_close_store(lnx);
    offset = take_block(memory, order);
    table = new_table(memory, HOST_ARENA_PA + offset, n_bytes,
                      use == HOST_USE_PAGES ? lnx->arch->pages : SIM_S_OTHER);
    for (uint64_t i = 0; i < UINT64_C(1) << order; i++)
        memory->owner[offset / HOST_PAGE_BYTES + i] = table;
    memset(memory->arena.bytes + offset, 0, n_bytes);
    sim_record_init(&rec, SIM_R_MEMORY);
    rec.memory.pa = HOST_ARENA_PA + offset;
    rec.memory.size = (n_bytes + 7) & ~UINT64_C(7);
    rec.memory.structure = memory->tables[table].kind;
    host_act(lnx, &rec, table);
    return memory->arena.bytes + offset;
}

/* Hardware that still reads here must not find what it found before. */
void host_table_free(void *p, unsigned long n_bytes)
{
    struct lnx *lnx = host_the();
    struct host_memory *memory = &lnx->memory;
    const uint64_t pa = host_pa(lnx, p);
    const uint32_t table = host_table_at(lnx, pa);
    struct sim_record rec;
    unsigned order;

    host_close_store(lnx);
    if (table == HOST_NO_TABLE || memory->tables[table].pa != pa || !memory->tables[table].is_live)
        host_die("the driver frees what it does not have");
    (void)n_bytes;
    order = order_of(memory->tables[table].n_bytes);
    memory->tables[table].is_live = false;
    sim_record_init(&rec, SIM_R_FREE);
    rec.memfree.pa = pa;
    rec.memfree.size = (memory->tables[table].n_bytes + 7) & ~UINT64_C(7);
    rec.memfree.structure = memory->tables[table].kind;
    host_act(lnx, &rec, table);
    memset(p, FREED_BYTE, rec.memfree.size);
    sim_record_init(&rec, SIM_R_MEMORY);
    rec.memory.pa = pa;
    rec.memory.size = (memory->tables[table].n_bytes + 7) & ~UINT64_C(7);
    rec.memory.fill = FREED_WORD;
    rec.memory.structure = SIM_S_OTHER;
    host_act(lnx, &rec, HOST_NO_TABLE);
    memory->next_free[(pa - HOST_ARENA_PA) / HOST_PAGE_BYTES] = memory->free_pages[order];
    memory->free_pages[order] = pa - HOST_ARENA_PA + 1;
}

/* ---- what a table is shows where a pointer to it is put ---- */

void host_learn(struct lnx *lnx, uint64_t pa, enum sim_structure kind)
{
    const uint32_t table = host_table_at(lnx, pa);
    const uint8_t known = table == HOST_NO_TABLE ? SIM_S_OTHER : lnx->memory.tables[table].kind;

    if (table != HOST_NO_TABLE &&
        (known == SIM_S_OTHER || (known == lnx->arch->pages && lnx->arch->pages_may_be_all)))
        lnx->memory.tables[table].kind = (uint8_t)kind;
}

/* ---- was every store seen? ---- */

void host_check_complete(struct lnx *lnx)
{
    const char *bytes = lnx->memory.arena.bytes;

    for (uint64_t at = 0; at < lnx->memory.brk; at += 8) {
        uint64_t word;

        memcpy(&word, bytes + at, sizeof(word));
        if (word == sim_mem_read64(lnx->mem, HOST_ARENA_PA + at))
            continue;
        if (!lnx->stats.n_missed++)
            lnx->stats.missed_pa = HOST_ARENA_PA + at;
    }
}
