// SPDX-License-Identifier: GPL-2.0
// tables_x86.c - a process's tables as an x86 kernel has them: four levels of 512 entries. Each
// store to them is announced, as a compiler does it for the driver's own.
#include "kernel-glue/linux/kshim/ksh.h"

#include <linux/io-pgtable.h>
#include <linux/mm.h>

#define LEVELS 4
#define ENTRIES 512

struct tables {
    struct io_pgtable_ops ops;
    u64 *root;
};

void announce_store(void *at) __asm__("__tsan_volatile_write8");

static void put(u64 *at, u64 value)
{
    announce_store(at);
    *at = value;
}

static u64 *new_table(void)
{
    return host_table_alloc(PAGE_SIZE, PAGE_SIZE, HOST_USE_PAGES);
}

static u64 *next_of(u64 entry)
{
    return __va(entry & PTE_PFN_MASK);
}

/* The entry of @va in the last level; NULL if there is no table and none is to be made. */
static u64 *entry_of(struct tables *tables, unsigned long va, bool make)
{
    u64 *table = tables->root;

    for (int level = LEVELS - 1; level > 0; level--) {
        u64 *at = &table[(va >> (PAGE_SHIFT + 9 * level)) % ENTRIES];

        if (!*at && !make)
            return NULL;
        if (!*at)
            put(at, __pa(new_table()) | _PAGE_PRESENT | _PAGE_RW | _PAGE_USER | _PAGE_ACCESSED);
        table = next_of(*at);
    }
    return &table[(va >> PAGE_SHIFT) % ENTRIES];
}

static int map_pages(struct io_pgtable_ops *ops, unsigned long va, phys_addr_t pa, size_t size,
                     size_t count, int prot, gfp_t gfp, size_t *mapped)
{
    struct tables *tables = container_of(ops, struct tables, ops);

    put(entry_of(tables, va, true), pa | _PAGE_PRESENT | _PAGE_USER | _PAGE_ACCESSED |
                                        (prot & IOMMU_WRITE ? _PAGE_RW | _PAGE_DIRTY : 0));
    *mapped = size;
    return 0;
}

static size_t unmap_pages(struct io_pgtable_ops *ops, unsigned long va, size_t size, size_t count,
                          struct iommu_iotlb_gather *gather)
{
    put(entry_of(container_of(ops, struct tables, ops), va, true), 0);
    return size;
}

static phys_addr_t iova_to_phys(struct io_pgtable_ops *ops, unsigned long va)
{
    const u64 *entry = entry_of(container_of(ops, struct tables, ops), va, false);

    return entry && *entry ? (*entry & PTE_PFN_MASK) : 0;
}

struct io_pgtable_ops *ksh_tables_new(struct mm_struct *mm)
{
    struct tables *tables = host_malloc(sizeof(*tables));

    tables->ops.map_pages = map_pages;
    tables->ops.unmap_pages = unmap_pages;
    tables->ops.iova_to_phys = iova_to_phys;
    tables->root = new_table();
    mm->pgd = (pgd_t *)tables->root;
    return &tables->ops;
}

static void free_table(u64 *table, int level)
{
    for (int i = 0; level > 0 && i < ENTRIES; i++) {
        if (table[i])
            free_table(next_of(table[i]), level - 1);
    }
    host_sync();
    host_table_free(table, PAGE_SIZE);
}

void ksh_tables_free(struct io_pgtable_ops *ops)
{
    struct tables *tables = container_of(ops, struct tables, ops);

    free_table(tables->root, LEVELS - 1);
    host_free(tables);
}
