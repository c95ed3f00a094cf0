// SPDX-License-Identifier: GPL-2.0
// tables_arm64.c - a process's tables as an arm64 kernel has them: the tree's own io-pgtable code
// makes them.
#include "kernel-glue/linux/kshim/ksh.h"

#include <linux/io-pgtable.h>
#include <linux/mm.h>

/* Whoever shares the tables is told by the process, not by its table code. */
static void flush_all(void *cookie)
{
}
static void flush_walk(unsigned long iova, size_t size, size_t granule, void *cookie)
{
}
static void flush_page(struct iommu_iotlb_gather *gather, unsigned long iova, size_t granule,
                       void *cookie)
{
}
static const struct iommu_flush_ops no_flush = {
    .tlb_flush_all = flush_all, .tlb_flush_walk = flush_walk, .tlb_add_page = flush_page};

struct io_pgtable_ops *ksh_tables_new(struct mm_struct *mm)
{
    static struct device nobody;
    struct io_pgtable_cfg *config = host_malloc(sizeof(*config));
    struct io_pgtable_ops *tables;

    *config = (struct io_pgtable_cfg){.pgsize_bitmap = PAGE_SIZE,
                                      .ias = 48,
                                      .oas = 48,
                                      .coherent_walk = true,
                                      .tlb = &no_flush,
                                      .iommu_dev = &nobody};
    tables = alloc_io_pgtable_ops(ARM_64_LPAE_S1, config, config);
    if (tables)
        mm->pgd = __va(config->arm_lpae_s1_cfg.ttbr);
    return tables;
}

void ksh_tables_free(struct io_pgtable_ops *tables)
{
    free_io_pgtable_ops(tables);
}
