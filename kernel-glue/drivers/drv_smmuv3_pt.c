/* SPDX-License-Identifier: BSD-2-Clause
 * drv_smmuv3_pt.c - page tables: their shape, and mapping (8.2).
 * Knows: VMSAv8-64 descriptors of both stages. Must not know: invalidation. */
#include "kernel-glue/drivers/drv_smmuv3.h"

#include <errno.h>

enum {
    PTE_BYTES_LOG2 = 3,
    MAX_BITS = 48, /* of an address with granules below 64 KiB */
    MAX_CONCAT_LOG2 = 4,
    S1_BITS = 48,
    LAST_LEVEL = DSM_LEVELS - 1,
    ATTR_WB = 1,     /* byte of MAIR */
    S2_WB = 0xf,     /* STE.S2FWB=0 */
    S2_FORCE_WB = 6, /* STE.S2FWB=1 */
    XN_NEVER_S1 = 1,
    SW_IS_FLUSHED = 1 << 4, /* bit 55, as Linux has it */
};

/* ---- shape ---- */

uint32_t dsm_pt_shift(const struct dsm_pt *pt, uint32_t level)
{
    const uint32_t n_bits = pt->granule_log2 - PTE_BYTES_LOG2;

    return pt->granule_log2 + (LAST_LEVEL - level) * n_bits;
}

static uint32_t index_bits(const struct dsm_pt *pt, uint32_t level)
{
    if (level == pt->start_level)
        return pt->root_log2 - PTE_BYTES_LOG2;
    return pt->granule_log2 - PTE_BYTES_LOG2;
}

uint32_t dsm_pt_index(const struct dsm_pt *pt, uint64_t iova, uint32_t level)
{
    const uint64_t mask = (UINT64_C(1) << index_bits(pt, level)) - 1;

    return (uint32_t)(iova >> dsm_pt_shift(pt, level) & mask);
}

uint64_t dsm_pt_entries(const struct dsm_pt *pt, uint32_t index)
{
    const uint32_t n = UINT32_C(1) << (pt->granule_log2 - PTE_BYTES_LOG2);

    return n - (index & (n - 1));
}

static uint64_t sizes_of_granule(uint32_t granule_log2, uint32_t oas)
{
    const uint32_t n_bits = granule_log2 - PTE_BYTES_LOG2;
    uint64_t sizes = UINT64_C(1) << granule_log2 | UINT64_C(1) << (granule_log2 + n_bits);

    if (granule_log2 == 12 || (granule_log2 == 16 && oas > MAX_BITS))
        sizes |= UINT64_C(1) << (granule_log2 + 2 * n_bits);
    return sizes;
}

/* The smallest granule that there is. A root of stage 2 has up to 16 tables, to save a level. */
void dsm_pt_shape(struct drv_domain *domain)
{
    struct dsm_pt *pt = &domain->pt;
    const struct dsm_caps *caps = &domain->drv->caps;
    uint32_t n_bits, va_bits, n_levels;

    pt->granule_log2 = 12;
    while (!(caps->page_sizes >> pt->granule_log2 & 1))
        pt->granule_log2 = (uint8_t)(pt->granule_log2 + 2);
    pt->ias = domain->stage == 1 ? S1_BITS : caps->ias;
    pt->oas = domain->stage == 1 ? caps->ias : caps->oas;
    if (pt->granule_log2 < 16 && pt->ias > MAX_BITS)
        pt->ias = MAX_BITS;
    if (pt->granule_log2 < 16 && pt->oas > MAX_BITS)
        pt->oas = MAX_BITS;
    pt->page_sizes = caps->page_sizes & sizes_of_granule(pt->granule_log2, pt->oas);
    n_bits = pt->granule_log2 - PTE_BYTES_LOG2;
    va_bits = (uint32_t)pt->ias - pt->granule_log2;
    n_levels = (va_bits + n_bits - 1) / n_bits;
    pt->start_level = (uint8_t)(DSM_LEVELS - n_levels);
    pt->root_log2 = (uint8_t)(va_bits - n_bits * (n_levels - 1) + PTE_BYTES_LOG2);
    if (domain->stage == 2 && pt->start_level == 0 &&
        pt->root_log2 - PTE_BYTES_LOG2 <= MAX_CONCAT_LOG2) {
        pt->root_log2 = (uint8_t)(pt->root_log2 + n_bits);
        pt->start_level++;
    }
    pt->structure = domain->stage == 1 ? SIM_S_PTE_S1 : SIM_S_PTE_S2;
}

/* A page at least, as the kernel's allocator gives. */
static uint64_t root_bytes(const struct dsm_pt *pt)
{
    const uint64_t n_bytes = UINT64_C(1) << pt->root_log2;

    return n_bytes < 4096 ? 4096 : n_bytes;
}

int dsm_pt_alloc(struct drv_domain *domain)
{
    struct drv *drv = domain->drv;
    int err;

    dsm_pt_shape(domain);
    err = drv->port.alloc(drv->port.ctx, root_bytes(&domain->pt), SIM_S_PAGES, &domain->pt.root);
    if (!err)
        err = dsm_flush(drv, domain->pt.root, root_bytes(&domain->pt));
    return err ? err : dsm_barrier(drv, SIM_BARRIER_WRITE);
}

/* ---- descriptors ---- */

bool dsm_pte_is_leaf(uint64_t pte, uint32_t level)
{
    return (smmu_S1_PAGE_Kind(&pte) != 0) == (level == LAST_LEVEL);
}

/* With 64 KiB granules bits 51:48 of an address lie in bits 15:12. */
uint64_t dsm_pte_address(const struct dsm_pt *pt, uint64_t pte)
{
    if (pt->granule_log2 == 16)
        return smmu_S1_PAGE_64K_OA_addr(&pte) | smmu_S1_PAGE_64K_OA_51_48(&pte) << MAX_BITS;
    return smmu_S1_PAGE_OA_addr(&pte);
}

uint64_t dsm_pte_with_address(const struct dsm_pt *pt, uint64_t pte, uint64_t pa)
{
    if (pt->granule_log2 == 16) {
        smmu_S1_PAGE_64K_put_OA(&pte, pa >> SMMU_LSB_S1_PAGE_64K_OA);
        smmu_S1_PAGE_64K_put_OA_51_48(&pte, pa >> MAX_BITS);
    } else {
        smmu_S1_PAGE_put_OA(&pte, pa >> SMMU_LSB_S1_PAGE_OA);
    }
    return pte;
}

uint64_t dsm_pte_kind(uint64_t pte, uint32_t level)
{
    smmu_S1_PAGE_put_Valid(&pte, 1);
    smmu_S1_PAGE_put_Kind(&pte, level == LAST_LEVEL);
    return pte;
}

static uint64_t make_leaf(const struct drv_domain *domain, uint8_t prot)
{
    const bool is_forced = domain->drv->caps.fwb && domain->spec.flags & DRV_NEST_PARENT;
    uint64_t pte = 0;

    if (domain->stage == 1) {
        smmu_S1_PAGE_put_nG(&pte, 1);
        smmu_S1_PAGE_put_AP(&pte, prot & SIM_PROT_W ? SMMU_S1_PAGE_AP_RW : SMMU_S1_PAGE_AP_RO);
        smmu_S1_PAGE_put_DBM(&pte, prot & SIM_PROT_W && domain->spec.flags & DRV_DIRTY);
        smmu_S1_PAGE_put_AttrIndx(&pte, ATTR_WB);
        if (!(prot & SIM_PROT_X)) {
            smmu_S1_PAGE_put_PXN(&pte, XN_NEVER_S1);
            smmu_S1_PAGE_put_UXN(&pte, XN_NEVER_S1);
        }
    } else {
        smmu_S2_PAGE_put_S2AP(&pte, prot & SIM_PROT_RW);
        smmu_S2_PAGE_put_MemAttr(&pte, is_forced ? S2_FORCE_WB : S2_WB);
        smmu_S2_PAGE_put_XN(&pte, prot & SIM_PROT_X ? 0 : UINT64_MAX);
    }
    smmu_S1_PAGE_put_SH(&pte, SMMU_S1_PAGE_SH_ISH);
    smmu_S1_PAGE_put_AF(&pte, 1);
    return pte;
}

int dsm_pte_store(struct drv_domain *domain, uint64_t pa, uint64_t pte)
{
    const int err = dsm_store(domain->drv, domain->pt.structure, pa, pte);

    return err ? err : dsm_flush(domain->drv, pa, sizeof(pte));
}

/* Whoever finds the entry of a table must know whether it has been flushed already: software's bit
 * says so, and is stored when that is done. */
int dsm_pt_link(struct drv_domain *domain, uint64_t entry, uint64_t table)
{
    uint64_t pte = dsm_pte_with_address(&domain->pt, 0, table);
    int err = dsm_barrier(domain->drv, SIM_BARRIER_WRITE); /* its entries come first */

    smmu_S1_TABLE_put_Valid(&pte, 1);
    smmu_S1_TABLE_put_Kind(&pte, 1);
    if (!err)
        err = dsm_pte_store(domain, entry, pte);
    if (err || domain->drv->caps.is_coherent)
        return err;
    smmu_S1_TABLE_put_SW(&pte, SW_IS_FLUSHED);
    return dsm_store(domain->drv, domain->pt.structure, entry, pte);
}

/* ---- mapping ---- */

static uint32_t highest_bit(uint64_t value)
{
    uint32_t bit = 0;

    while (value >>= 1)
        bit++;
    return bit;
}

static uint32_t lowest_bit(uint64_t value)
{
    uint32_t bit = 0;

    while (bit < 63 && !(value >> bit & 1))
        bit++;
    return bit;
}

static uint64_t up_to(uint32_t bit)
{
    return bit >= 63 ? UINT64_MAX : (UINT64_C(2) << bit) - 1;
}

/* The largest pages that fit, and how many until larger ones do. */
uint64_t dsm_pt_chunk(const struct dsm_pt *pt, uint64_t both, uint64_t differ, uint64_t n_bytes,
                      uint64_t *n_pages)
{
    uint64_t sizes = pt->page_sizes & up_to(highest_bit(n_bytes));
    uint64_t larger, to_larger;
    uint32_t size;

    if (both)
        sizes &= up_to(lowest_bit(both));
    size = highest_bit(sizes);
    larger = pt->page_sizes & ~up_to(size);
    if (larger) {
        larger = UINT64_C(1) << lowest_bit(larger);
        to_larger = larger - (both & (larger - 1));
        if (!(differ & (larger - 1)) && to_larger + larger <= n_bytes)
            n_bytes = to_larger;
    }
    *n_pages = n_bytes >> size;
    return UINT64_C(1) << size;
}

static int add_table(struct drv_domain *domain, uint64_t entry, uint64_t *table)
{
    struct drv_port *port = &domain->drv->port;
    const uint64_t n_bytes = UINT64_C(1) << domain->pt.granule_log2;
    int err = port->alloc(port->ctx, n_bytes, SIM_S_PAGES, table);

    if (err)
        return err;
    err = dsm_flush(domain->drv, *table, n_bytes);
    if (!err)
        err = dsm_pt_link(domain, entry, *table);
    if (err)
        port->free(port->ctx, *table, n_bytes);
    return err;
}

/* Walks to the table of @level that has @iova, and makes what is missing. */
static int walk(struct drv_domain *domain, uint64_t iova, uint32_t level, uint64_t *entry)
{
    const struct dsm_pt *pt = &domain->pt;
    const struct drv_port *port = &domain->drv->port;
    uint64_t table = pt->root;

    for (uint32_t at = pt->start_level;; at++) {
        uint64_t pte;
        int err = 0;

        *entry = table + (uint64_t)dsm_pt_index(pt, iova, at) * sizeof(pte);
        if (at == level)
            return 0;
        pte = port->load(port->ctx, *entry);
        if (!pte)
            err = add_table(domain, *entry, &table);
        else if (dsm_pte_is_leaf(pte, at))
            err = -EEXIST;
        else
            table = dsm_pte_address(pt, pte);
        if (err)
            return err;
    }
}

static uint32_t level_of(const struct dsm_pt *pt, uint64_t size)
{
    uint32_t level = LAST_LEVEL;

    while (level > pt->start_level && UINT64_C(1) << dsm_pt_shift(pt, level) != size)
        level--;
    return level;
}

/* An empty table in the place of a block: what walks remember of it has to go before it does. */
static int make_way(struct drv_domain *domain, uint64_t entry, uint64_t iova, uint32_t level)
{
    const struct drv_port *port = &domain->drv->port;
    const uint64_t pte = port->load(port->ctx, entry);
    const uint64_t granule = UINT64_C(1) << domain->pt.granule_log2;
    const struct dsm_range range = {.iova = iova,
                                    .n_bytes = UINT64_C(1) << dsm_pt_shift(&domain->pt, level),
                                    .granule = granule};
    int err;

    if (!pte)
        return 0;
    if (dsm_pte_is_leaf(pte, level))
        return -EEXIST;
    err = dsm_pte_store(domain, entry, 0);
    if (!err)
        err = dsm_inval_range(domain, &range);
    dsm_pt_free_below(domain, dsm_pte_address(&domain->pt, pte), level + 1);
    return err;
}

/* As many leaves as fit into one table. */
static int map_leaves(struct drv_domain *domain, const uint64_t *range, uint64_t n, uint64_t leaf,
                      uint64_t *n_done)
{
    const uint64_t iova = range[0], pa = range[1], size = range[2];
    const uint32_t level = level_of(&domain->pt, size);
    const uint64_t room = dsm_pt_entries(&domain->pt, dsm_pt_index(&domain->pt, iova, level));
    uint64_t entry;
    int err = walk(domain, iova, level, &entry);

    n = n < room ? n : room;
    for (uint64_t i = 0; !err && i < n; i++)
        err = make_way(domain, entry + i * sizeof(entry), iova + i * size, level);
    for (uint64_t i = 0; !err && i < n; i++) {
        const uint64_t pte = dsm_pte_with_address(&domain->pt, leaf, pa + i * size);

        err = dsm_store(domain->drv, domain->pt.structure, entry + i * sizeof(entry),
                        dsm_pte_kind(pte, level));
    }
    if (!err)
        err = dsm_flush(domain->drv, entry, n * sizeof(entry));
    *n_done = err ? 0 : n * size;
    return err;
}

int dsm_map(struct drv *drv, struct drv_domain *domain, uint64_t iova, uint64_t pa,
            uint64_t n_bytes, uint8_t prot)
{
    const uint64_t first = iova, end = iova + n_bytes;
    const uint64_t granule = UINT64_C(1) << domain->pt.granule_log2;
    uint64_t n_undone, leaf;
    int err = 0;

    if (!domain->is_ours || !n_bytes || (iova | pa | n_bytes) & (granule - 1))
        return -EINVAL;
    if ((end - 1) >> domain->pt.ias || (pa + n_bytes - 1) >> domain->pt.oas)
        return -ERANGE;
    if (!(prot & SIM_PROT_RW))
        return -EINVAL;
    leaf = make_leaf(domain, prot);
    while (!err && iova < end) {
        uint64_t n, n_done;
        const uint64_t size = dsm_pt_chunk(&domain->pt, iova | pa, iova ^ pa, end - iova, &n);
        const uint64_t range[] = {iova, pa, size};

        err = map_leaves(domain, range, n, leaf, &n_done);
        if (!err)
            err = dsm_barrier(drv, SIM_BARRIER_WRITE);
        iova += n_done;
        pa += n_done;
    }
    if (err && iova > first)
        (void)dsm_unmap(drv, domain, first, iova - first, &n_undone);
    return err;
}
