/* SPDX-License-Identifier: BSD-2-Clause
 * ord_free.c - memory goes back to the allocator: can hardware still reach it?
 * Knows: what is live, duties. Must not know: how either came about. */
#include "check/smmuv3/ord_smmu.h"

#include <inttypes.h>

#define STE_BYTES (UINT64_C(8) * SMMU_WORDS_STE)
#define PAGE_BYTES UINT64_C(4096)

struct range {
    uint64_t pa, n_bytes;
};

static bool meets(const struct range *range, uint64_t pa, uint64_t n_bytes)
{
    return n_bytes && pa < range->pa + range->n_bytes && range->pa < pa + n_bytes;
}

static const char *live_table(const struct ord_unit *unit, const struct range *range)
{
    const struct smmu_strtab *strtab = &unit->strtab;
    const bool is_linear = strtab->fmt == SMMU_STRTAB_LINEAR;
    const uint64_t bytes = is_linear ? STE_BYTES << strtab->log2size
                           : strtab->log2size > strtab->split
                               ? UINT64_C(8) << (strtab->log2size - strtab->split)
                               : 8;

    if (ord_queue_holds(unit, range->pa, range->n_bytes))
        return "the command queue";
    if (!ord_is_on(unit) || !unit->has_strtab_base || !unit->has_strtab_cfg)
        return NULL;
    if (meets(range, strtab->base, bytes))
        return "the stream table";
    for (size_t i = 0; i < unit->n_l2; i++) {
        if (meets(range, unit->l2[i].pa, (uint64_t)unit->l2[i].n_stes * STE_BYTES))
            return "a second-level stream table";
    }
    for (size_t i = 0; i < unit->n_stes; i++) {
        const struct smmu_ste *ste = &unit->stes[i].ste;

        if (ste->has_s1 && !ste->has_s2 &&
            meets(range, smmu_cd_address(ste, 0), ord_cd_table_bytes(ste)))
            return "a CD table";
    }
    for (size_t i = 0; i < unit->n_confs; i++) {
        const struct ord_conf *conf = &unit->confs[i];

        if ((conf->has_half[0] && meets(range, conf->root[0], 8)) ||
            (conf->has_half[1] && meets(range, conf->root[1], 8)))
            return "a page table's root";
    }
    return NULL;
}

/* Does a live table lead to the page, over others? */
static bool is_linked(const struct ord_smmu *smmu, const struct ord_unit *unit, uint64_t pa)
{
    const struct ord_page *page = ord_page_of(smmu, pa);

    for (unsigned depth = 0; depth < 5 && page && page->parent; depth++) {
        const struct range top = {page->parent & ~(PAGE_BYTES - 1), PAGE_BYTES};
        const uint64_t word = sim_mem_read64(smmu->order->mem, page->parent);

        if (!smmu_PTE_INVALID_Valid(&word) ||
            smmu_S1_TABLE_OA_addr(&word) != (page->pa & ~(PAGE_BYTES - 1)))
            return false;
        for (size_t i = 0; i < unit->n_confs; i++) {
            const struct ord_conf *conf = &unit->confs[i];

            if ((conf->has_half[0] && meets(&top, conf->root[0], 8)) ||
                (conf->has_half[1] && meets(&top, conf->root[1], 8)))
                return true;
        }
        page = ord_page_of(smmu, page->parent);
    }
    return false;
}

static void check_unit(struct ord_smmu *smmu, struct ord_unit *unit, const struct range *range)
{
    const char *what = live_table(unit, range);

    for (uint64_t at = range->pa; !what && at < range->pa + range->n_bytes; at += PAGE_BYTES)
        what = is_linked(smmu, unit, at) ? "a page table that a live one leads to" : NULL;
    if (what)
        ord_hit(smmu->order, CHK_RULE_TABLE_FREED_LINKED, unit->iommu,
                "0x%" PRIx64 ", %" PRIu64 " bytes: %s lies there", range->pa, range->n_bytes, what);
    else
        ord_duty_free(smmu, unit, range->pa, range->n_bytes);
}

void ord_free(struct ord_smmu *smmu, const struct sim_rec_memfree *rec)
{
    const struct range range = {rec->pa, rec->size};

    for (size_t i = 0; i < ORD_MAX_UNITS; i++) {
        if (smmu->units[i].is_used)
            check_unit(smmu, &smmu->units[i], &range);
    }
    for (uint64_t at = rec->pa & ~(PAGE_BYTES - 1); at < rec->pa + rec->size; at += PAGE_BYTES) {
        struct ord_page *page = ord_page_of(smmu, at);

        if (page)
            page->is_table = false;
    }
}
