/* SPDX-License-Identifier: BSD-2-Clause
 * ord_pte.c - stores into page tables that somebody can reach.
 * Knows: descriptors of VMSAv8-64, pages of tables and what leads to them. Must not know: commands.
 * Limit: tables of the 4 KiB granule are followed, others are not judged. */
#include "check/smmuv3/ord_smmu.h"

#include "sim/diag.h"

#include <inttypes.h>
#include <stdlib.h>

#define PAGE_BYTES UINT64_C(4096)
#define MAX_PATH 6u
#define G4K_LOG2 12u
#define INDEX_BITS 9u
#define LAST_LEVEL 3
#define IN_USE 1u /* low bit of ord_page.pa */

/* ---- Pages -------------------------------------------------------------------------------------
 */

static size_t place_of(const struct ord_smmu *smmu, uint64_t pa)
{
    const uint64_t mixed = (pa >> G4K_LOG2) * UINT64_C(0x9e3779b97f4a7c15);
    size_t i = (size_t)(mixed >> 20) & (smmu->pages_room - 1);

    while (smmu->pages[i].pa && smmu->pages[i].pa != (pa | IN_USE))
        i = (i + 1) & (smmu->pages_room - 1);
    return i;
}

struct ord_page *ord_page_of(const struct ord_smmu *smmu, uint64_t pa)
{
    struct ord_page *page;

    if (!smmu->pages_room)
        return NULL;
    page = &smmu->pages[place_of(smmu, pa & ~(PAGE_BYTES - 1))];
    return page->pa ? page : NULL;
}

static bool grow(struct ord_smmu *smmu)
{
    struct ord_page *old = smmu->pages;
    const size_t n_old = smmu->pages_room;
    struct ord_page *pages;

    if (smmu->n_pages * 2 < smmu->pages_room)
        return true;
    pages = calloc(n_old ? n_old * 2 : 256, sizeof(*pages));
    if (!pages) {
        smmu->order->error = SIM_ENOMEM;
        return false;
    }
    smmu->pages = pages;
    smmu->pages_room = n_old ? n_old * 2 : 256;
    for (size_t i = 0; i < n_old; i++) {
        if (old[i].pa)
            pages[place_of(smmu, old[i].pa & ~(uint64_t)IN_USE)] = old[i];
    }
    free(old);
    return true;
}

static struct ord_page *make_page(struct ord_smmu *smmu, uint64_t pa)
{
    struct ord_page *page;

    if (!grow(smmu))
        return NULL;
    page = &smmu->pages[place_of(smmu, pa & ~(PAGE_BYTES - 1))];
    if (!page->pa) {
        page->pa = (pa & ~(PAGE_BYTES - 1)) | IN_USE;
        smmu->n_pages++;
    }
    return page;
}

void ord_page_see(struct ord_smmu *smmu, uint64_t pa, bool is_table)
{
    struct ord_page *page = make_page(smmu, pa);

    if (!page)
        return;
    page->is_table |= is_table;
    page->store_seq = smmu->order->seq;
    page->store_cpu = smmu->order->rec->cpu;
}

void ord_pte_memory(struct ord_smmu *smmu, const struct sim_rec_memory *rec)
{
    const bool is_table = rec->structure == SIM_S_PAGES || rec->structure == SIM_S_PTE ||
                          rec->structure == SIM_S_PTE_S1 || rec->structure == SIM_S_PTE_S2;

    if (!is_table || rec->size > PAGE_BYTES * 1024)
        return;
    for (uint64_t at = rec->pa & ~(PAGE_BYTES - 1); at < rec->pa + rec->size; at += PAGE_BYTES) {
        struct ord_page *page = make_page(smmu, at);

        if (!page)
            return;
        page->is_table = true;
    }
}

void ord_pointer_check(struct ord_smmu *smmu, uint16_t iommu, const char *what, uint64_t pa,
                       uint64_t n_bytes)
{
    const struct chk_order *order = smmu->order;
    const struct ord_page *page = ord_page_of(smmu, pa);
    const struct ord_cpu *cpu = ord_cpu_of(smmu->order, order->rec->cpu);

    if (!sim_mem_is_known(order->mem, pa, n_bytes))
        ord_hit(smmu->order, CHK_RULE_TABLE_UNWRITTEN, iommu,
                "%s leads to 0x%" PRIx64 ", and not all of its %" PRIu64 " bytes were written",
                what, pa, n_bytes);
    if (order->barriers_recorded && page && cpu && page->store_seq > cpu->order_seq &&
        page->store_cpu == order->rec->cpu)
        ord_hit(smmu->order, CHK_RULE_BARRIER_POINTER, iommu,
                "%s leads to 0x%" PRIx64 ", stored at record %" PRIu64 ", no barrier since", what,
                pa, page->store_seq);
}

/* ---- Who reaches a descriptor ------------------------------------------------------------------
 */

static bool is_valid(uint64_t descriptor)
{
    return smmu_PTE_INVALID_Valid(&descriptor) != 0;
}

static uint64_t output(uint64_t descriptor)
{
    return smmu_S1_PAGE_4K_OA_addr(&descriptor);
}

/* With the level unknown: a descriptor that leads to a page that is known to be a table. */
static bool is_table(const struct ord_smmu *smmu, uint64_t descriptor)
{
    const struct ord_page *page = ord_page_of(smmu, output(descriptor));

    return is_valid(descriptor) && smmu_S1_TABLE_Kind(&descriptor) && page && page->is_table;
}

/* Addresses of descriptors from @pa up to one that nothing leads to. Return: how many. */
static unsigned climb(const struct ord_smmu *smmu, uint64_t pa, uint64_t path[MAX_PATH])
{
    unsigned n = 0;

    path[n++] = pa;
    while (n < MAX_PATH) {
        const struct ord_page *page = ord_page_of(smmu, path[n - 1]);
        uint64_t parent;

        if (!page || !page->parent)
            break;
        parent = sim_mem_read64(smmu->order->mem, page->parent);
        if (!is_valid(parent) || output(parent) != (page->pa & ~(uint64_t)IN_USE))
            break;
        path[n++] = page->parent;
    }
    return n;
}

/* Where a descriptor is in an address space. */
struct place {
    uint64_t first;
    uint8_t span_log2;
    int8_t level;
};

/* Where the half of TTB1 begins, as TLBIs are compared: without the byte that may be a tag. */
static uint64_t upper_half(unsigned tsz)
{
    return UINT64_MAX << (64 - tsz) & (UINT64_MAX >> 8);
}

static bool locate_half(const struct ord_conf *conf, unsigned half, const uint64_t *path,
                        unsigned n, struct place *place)
{
    const int8_t start = conf->level[half];
    const unsigned start_log2 = G4K_LOG2 + INDEX_BITS * (unsigned)(LAST_LEVEL - start);
    const uint64_t n_entries = UINT64_C(1) << (64 - conf->tsz[half] - start_log2);
    const uint64_t root = conf->root[half] & ~(n_entries * 8 - 1);
    const uint64_t top = path[n - 1];

    if (!conf->has_half[half] || conf->granule_log2[half] != G4K_LOG2 || top < root ||
        (top - root) / 8 >= n_entries || start + (int)n - 1 > LAST_LEVEL)
        return false;
    place->first = ((top - root) / 8 << start_log2) + (half ? upper_half(conf->tsz[half]) : 0);
    place->level = (int8_t)(start + (int)n - 1);
    for (unsigned i = 1; i < n; i++)
        place->first += (path[n - 1 - i] % PAGE_BYTES / 8) << (start_log2 - i * INDEX_BITS);
    place->span_log2 = (uint8_t)(start_log2 - (n - 1) * INDEX_BITS);
    return true;
}

static bool locate(const struct ord_conf *conf, const uint64_t *path, unsigned n,
                   struct place *place)
{
    return locate_half(conf, 0, path, n, place) ||
           (conf->has_half[1] && locate_half(conf, 1, path, n, place));
}

/* The same table under the same tag was looked at already. */
static bool is_repeat(const struct ord_unit *unit, size_t i)
{
    const struct ord_conf *conf = &unit->confs[i];

    for (size_t k = 0; k < i; k++) {
        const struct ord_conf *other = &unit->confs[k];

        if (other->is_s2 == conf->is_s2 && other->vmid == conf->vmid && other->asid == conf->asid &&
            other->root[0] == conf->root[0] && other->root[1] == conf->root[1])
            return true;
    }
    return false;
}

/* ---- A change of a live descriptor -------------------------------------------------------------
 */

struct change {
    uint64_t pa, before, after;
    const struct ord_conf *conf;
    struct place place;
};

static bool has_valid_children(const struct ord_smmu *smmu, uint64_t table)
{
    for (uint64_t at = table; at < table + PAGE_BYTES; at += 8) {
        if (is_valid(sim_mem_read64(smmu->order->mem, at)))
            return true;
    }
    return false;
}

/* A run of neighbours is one duty. */
static bool joins(struct ord_duty *duty, const struct ord_smmu *smmu, const struct change *change,
                  enum ord_duty_kind kind)
{
    const struct ord_conf *conf = change->conf;

    if (duty->kind != kind || duty->index != ORD_NO_INDEX || duty->is_table || duty->needs_s1 ||
        duty->is_global != (!conf->is_s2 && !smmu_S1_PAGE_nG(&change->before)) ||
        duty->cpu != smmu->order->rec->cpu || duty->key_s2 != conf->is_s2 ||
        duty->vmid != conf->vmid || duty->asid != conf->asid ||
        duty->leaf_log2 != change->place.span_log2 || duty->saw_other ||
        duty->last + 1 != change->place.first)
        return false;
    duty->last += UINT64_C(1) << duty->leaf_log2;
    return true;
}

/* Entries of both stages in one stay when stage 2 alone is invalidated (4.4.3). */
static void add_combined(struct ord_smmu *smmu, struct ord_unit *unit, const struct change *change,
                         enum ord_duty_kind kind)
{
    struct ord_duty *duty = ord_duty_new(smmu, unit, kind);

    if (!duty)
        return;
    duty->pa = change->pa;
    duty->before[0] = change->before;
    duty->needs_s1 = true;
    duty->key_s2 = true;
    duty->vmid = change->conf->vmid;
    duty->first = change->place.first;
    duty->last = change->place.first;
}

static bool has_combined(const struct ord_smmu *smmu, const struct ord_unit *unit,
                         const struct change *change)
{
    for (size_t i = 0; i < unit->n_duties; i++) {
        const struct ord_duty *duty = &unit->duties[i];

        if (duty->needs_s1 && duty->index == ORD_NO_INDEX && duty->vmid == change->conf->vmid &&
            duty->cpu == smmu->order->rec->cpu)
            return true;
    }
    return false;
}

static void add_duty(struct ord_smmu *smmu, struct ord_unit *unit, const struct change *change,
                     enum ord_duty_kind kind)
{
    const bool was_table = change->place.level != LAST_LEVEL && smmu_S1_BLOCK_Kind(&change->before);
    const struct place place = change->place;
    struct ord_duty *duty;

    if (change->conf->is_nested && !has_combined(smmu, unit, change))
        add_combined(smmu, unit, change, kind);
    if (!was_table && unit->n_duties > 0 &&
        joins(&unit->duties[unit->n_duties - 1], smmu, change, kind))
        return;
    duty = ord_duty_new(smmu, unit, kind);
    if (!duty)
        return;
    duty->pa = change->pa;
    duty->before[0] = change->before;
    duty->key_s2 = change->conf->is_s2;
    duty->vmid = change->conf->vmid;
    duty->asid = change->conf->asid;
    duty->first = place.first;
    duty->last = place.first + ((UINT64_C(1) << place.span_log2) - 1);
    duty->leaf_log2 = place.span_log2;
    duty->level = place.level;
    duty->is_table = was_table;
    duty->is_global = !was_table && !change->conf->is_s2 && !smmu_S1_PAGE_nG(&change->before);
    if (!was_table)
        return;
    duty->table_pa = output(change->before);
    duty->table_bytes = PAGE_BYTES;
    if (has_valid_children(smmu, duty->table_pa))
        duty->leaf_log2 = G4K_LOG2; /* each of them may be in a TLB */
}

/* What a TLB shows besides the address and the rights. */
static bool attributes_differ(const struct change *change)
{
    const uint64_t *a = &change->before, *b = &change->after;

    if (change->conf->is_s2)
        return smmu_S2_PAGE_MemAttr(a) != smmu_S2_PAGE_MemAttr(b) ||
               smmu_S2_PAGE_SH(a) != smmu_S2_PAGE_SH(b);
    return smmu_S1_PAGE_AttrIndx(a) != smmu_S1_PAGE_AttrIndx(b) ||
           smmu_S1_PAGE_SH(a) != smmu_S1_PAGE_SH(b) || smmu_S1_PAGE_nG(a) != smmu_S1_PAGE_nG(b);
}

/* Something that was allowed is not any more. */
static bool rights_shrink(const struct change *change)
{
    const uint64_t *a = &change->before, *b = &change->after;

    if (change->conf->is_s2)
        return (smmu_S2_PAGE_S2AP(a) & ~smmu_S2_PAGE_S2AP(b)) != 0 ||
               (smmu_S2_PAGE_XN(a) == 0 && smmu_S2_PAGE_XN(b) != 0);
    return (smmu_S1_PAGE_AP(a) & SMMU_S1_PAGE_AP_RW & ~smmu_S1_PAGE_AP(b)) != 0 ||
           smmu_S1_PAGE_AP(a) >> 1 < smmu_S1_PAGE_AP(b) >> 1 ||
           smmu_S1_PAGE_UXN(a) < smmu_S1_PAGE_UXN(b) || smmu_S1_PAGE_PXN(a) < smmu_S1_PAGE_PXN(b);
}

/* A size may change in place with BBML=2, or with BBML=1 and nT (3.21.1). */
static bool may_resize(const struct ord_unit *unit, const struct change *change)
{
    const uint64_t leaf = smmu_S1_BLOCK_Kind(&change->before) ? change->after : change->before;

    if (!unit->has_caps || unit->caps.bbml >= SMMU_IDR3_BBML_LEVEL2)
        return true;
    return unit->caps.bbml == SMMU_IDR3_BBML_LEVEL1 && smmu_S1_BLOCK_nT(&leaf);
}

static void tell_bbm(struct ord_smmu *smmu, const struct ord_unit *unit,
                     const struct change *change, const char *what)
{
    ord_hit(smmu->order, CHK_RULE_PTE_BBM, unit->iommu,
            "%s of descriptor 0x%" PRIx64 " (address 0x%" PRIx64 ", %s %u) changes: 0x%" PRIx64
            " -> 0x%" PRIx64,
            what, change->pa, change->place.first, change->conf->is_s2 ? "VMID" : "ASID",
            change->conf->is_s2 ? change->conf->vmid : change->conf->asid, change->before,
            change->after);
}

static void changed(struct ord_smmu *smmu, struct ord_unit *unit, const struct change *change)
{
    const bool is_last = change->place.level == LAST_LEVEL;
    const bool was_table = !is_last && smmu_S1_BLOCK_Kind(&change->before);
    const bool is_table_now = !is_last && smmu_S1_BLOCK_Kind(&change->after);
    const bool is_resized = is_valid(change->after) && was_table != is_table_now;

    if (!is_valid(change->before)) { /* what is not valid is never cached */
        unit->map_since = ord_here(smmu->order);
        unit->map_cpu = smmu->order->rec->cpu;
        return;
    }
    if (is_resized && !may_resize(unit, change))
        tell_bbm(smmu, unit, change, "size");
    else if (!is_valid(change->after) || (is_resized && was_table))
        add_duty(smmu, unit, change, ORD_DUTY_PTE); /* a table may still be walked */
    else if (is_resized)
        return;
    else if (output(change->before) != output(change->after))
        tell_bbm(smmu, unit, change, was_table ? "next table" : "output address");
    else if (!was_table && attributes_differ(change))
        tell_bbm(smmu, unit, change, "memory type");
    else if (!was_table && rights_shrink(change))
        add_duty(smmu, unit, change, ORD_DUTY_RIGHTS);
}

/* A descriptor that leads to a table now. */
static void link_table(struct ord_smmu *smmu, struct ord_unit *unit, const struct change *change)
{
    if (change->place.level == LAST_LEVEL || !is_table(smmu, change->after) ||
        (is_valid(change->before) && output(change->before) == output(change->after)))
        return;
    ord_pointer_check(smmu, unit->iommu, "a table descriptor", output(change->after), PAGE_BYTES);
}

static void store_word(struct ord_smmu *smmu, const struct ord_stored *stored, unsigned word)
{
    struct change change = {
        stored->pa + UINT64_C(8) * word, stored->before[word], stored->after[word], NULL, {0}};
    uint64_t path[MAX_PATH];
    const unsigned n = climb(smmu, change.pa, path);
    struct ord_page *child =
        is_table(smmu, change.after) ? ord_page_of(smmu, output(change.after)) : NULL;

    for (size_t u = 0; u < ORD_MAX_UNITS; u++) {
        struct ord_unit *unit = &smmu->units[u];

        for (size_t i = 0; unit->is_used && i < unit->n_confs; i++) {
            change.conf = &unit->confs[i];
            if (is_repeat(unit, i) || !locate(change.conf, path, n, &change.place))
                continue;
            changed(smmu, unit, &change);
            link_table(smmu, unit, &change);
        }
    }
    if (child)
        child->parent = change.pa;
}

void ord_pte_store(struct ord_smmu *smmu, const struct ord_stored *stored)
{
    for (unsigned i = 0; i < stored->n_words; i++) {
        if (stored->before[i] != stored->after[i])
            store_word(smmu, stored, i);
    }
}
