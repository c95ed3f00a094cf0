/* SPDX-License-Identifier: BSD-2-Clause
 * ord_entry.c - stores into the stream table: STEs and first-level descriptors.
 * Knows: the stream table, decoded STEs. Must not know: CDs, page tables. */
#include "check/smmuv3/ord_smmu.h"

#include <inttypes.h>
#include <string.h>

#define STE_BYTES (UINT64_C(8) * SMMU_WORDS_STE)
#define L1STD_BYTES UINT64_C(8)
#define MAX_SCAN (1u << 20) /* StreamIDs that are looked at when a table comes into use */

static struct smmu_ctrl ctrl_of(const struct ord_unit *unit)
{
    return (struct smmu_ctrl){.ats_check = smmu_CR0_ATSCHK(&unit->cr0),
                              .e2h = smmu_CR2_E2H(&unit->cr2),
                              .rec_inv_sid = smmu_CR2_RECINVSID(&unit->cr2)};
}

static bool has_table(const struct ord_unit *unit)
{
    return unit->has_strtab_base && unit->has_strtab_cfg;
}

static bool is_two_level(const struct ord_unit *unit)
{
    return unit->strtab.fmt == SMMU_STRTAB_TWO_LEVEL;
}

/* Number of first-level descriptors. */
static uint64_t n_l1(const struct ord_unit *unit)
{
    const struct smmu_strtab *strtab = &unit->strtab;

    return strtab->log2size > strtab->split ? UINT64_C(1) << (strtab->log2size - strtab->split) : 1;
}

uint64_t ord_ste_of(const struct ord_smmu *smmu, const struct ord_unit *unit, uint32_t sid)
{
    uint64_t pa, l1std;

    if (!has_table(unit) || smmu_strtab_check_sid(&unit->strtab, sid))
        return 0;
    if (!is_two_level(unit))
        return smmu_ste_address(&unit->strtab, sid);
    l1std = sim_mem_read64(smmu->order->mem, smmu_l1std_address(&unit->strtab, sid));
    return smmu_l1std_check(l1std, sid, &unit->strtab, &pa) ? 0 : pa;
}

/* Whose STE lies at @pa? */
static bool find_sid(const struct ord_unit *unit, uint64_t pa, uint32_t *sid)
{
    if (!has_table(unit))
        return false;
    if (!is_two_level(unit)) {
        *sid = (uint32_t)((pa - unit->strtab.base) / STE_BYTES);
        return pa >= unit->strtab.base &&
               (pa - unit->strtab.base) / STE_BYTES < UINT64_C(1) << unit->strtab.log2size;
    }
    for (size_t i = 0; i < unit->n_l2; i++) {
        const struct ord_l2 *l2 = &unit->l2[i];

        if (pa < l2->pa || (pa - l2->pa) / STE_BYTES >= l2->n_stes)
            continue;
        *sid = (l2->index << unit->strtab.split) + (uint32_t)((pa - l2->pa) / STE_BYTES);
        return true;
    }
    return false;
}

/* ---- What is live ------------------------------------------------------------------------------
 */

static struct ord_ste *live_ste(struct ord_unit *unit, uint32_t sid)
{
    for (size_t i = 0; i < unit->n_stes; i++) {
        if (unit->stes[i].sid == sid)
            return &unit->stes[i];
    }
    return NULL;
}

void ord_ste_update(struct ord_smmu *smmu, struct ord_unit *unit, uint32_t sid, uint64_t pa)
{
    const struct smmu_ctrl ctrl = ctrl_of(unit);
    struct ord_ste *live = live_ste(unit, sid);
    void *stes = unit->stes;
    uint64_t words[ORD_WORDS];
    struct smmu_ste ste;

    ord_read(smmu, pa, words, ORD_WORDS);
    if (!unit->has_caps || smmu_ste_decode(words, &unit->caps, &ctrl, &ste) ||
        !(ste.has_s1 || ste.has_s2)) {
        if (live)
            *live = unit->stes[--unit->n_stes];
    } else if (live) {
        *live = (struct ord_ste){sid, pa, ste};
    } else if (ord_room(smmu->order, &stes, &unit->stes_room, unit->n_stes, sizeof(*unit->stes))) {
        unit->stes = stes;
        unit->stes[unit->n_stes++] = (struct ord_ste){sid, pa, ste};
    }
    ord_conf_refresh(smmu, unit, sid);
}

static void scan(struct ord_smmu *smmu, struct ord_unit *unit, uint64_t pa, uint32_t first_sid,
                 uint64_t n)
{
    for (uint64_t i = 0; i < n && i < MAX_SCAN; i++) {
        const uint64_t word = sim_mem_read64(smmu->order->mem, pa + i * STE_BYTES);

        if (smmu_STE_V(&word))
            ord_ste_update(smmu, unit, first_sid + (uint32_t)i, pa + i * STE_BYTES);
    }
}

static void unlink_l2(struct ord_unit *unit, uint32_t index)
{
    size_t n = 0;

    for (size_t i = 0; i < unit->n_l2; i++) {
        if (unit->l2[i].index != index)
            unit->l2[n++] = unit->l2[i];
    }
    unit->n_l2 = n;
}

static void link_l2(struct ord_smmu *smmu, struct ord_unit *unit, uint32_t index, uint64_t l1std)
{
    void *l2 = unit->l2;
    uint64_t pa;

    unlink_l2(unit, index);
    if (smmu_l1std_check(l1std, index << unit->strtab.split, &unit->strtab, &pa) ||
        !ord_room(smmu->order, &l2, &unit->l2_room, unit->n_l2, sizeof(*unit->l2)))
        return;
    unit->l2 = l2;
    unit->l2[unit->n_l2++] = (struct ord_l2){index, pa, smmu_l1std_stes(smmu_L1STD_Span(&l1std))};
    scan(smmu, unit, pa, index << unit->strtab.split, smmu_l1std_stes(smmu_L1STD_Span(&l1std)));
}

void ord_entry_rescan(struct ord_smmu *smmu, struct ord_unit *unit)
{
    unit->n_l2 = 0;
    unit->n_stes = 0;
    unit->n_confs = 0;
    if (!has_table(unit) || !ord_is_on(unit))
        return;
    if (!is_two_level(unit)) {
        scan(smmu, unit, unit->strtab.base, 0, UINT64_C(1) << unit->strtab.log2size);
        return;
    }
    for (uint64_t i = 0; i < n_l1(unit) && i < MAX_SCAN; i++) {
        const uint64_t l1std =
            sim_mem_read64(smmu->order->mem, unit->strtab.base + i * L1STD_BYTES);

        if (smmu_L1STD_Span(&l1std))
            link_l2(smmu, unit, (uint32_t)i, l1std);
    }
}

/* ---- STE ---------------------------------------------------------------------------------------
 */

static void check_legal(struct ord_smmu *smmu, const struct ord_unit *unit, uint32_t sid,
                        const uint64_t *words)
{
    const struct smmu_ctrl ctrl = ctrl_of(unit);
    struct smmu_ste ste;

    if (unit->has_caps && smmu_STE_V(words) && smmu_ste_decode(words, &unit->caps, &ctrl, &ste))
        ord_hit(smmu->order, CHK_RULE_STE_ILLEGAL, unit->iommu,
                "STE of StreamID 0x%x is illegal (%s): q0 0x%" PRIx64 " q1 0x%" PRIx64
                " q2 0x%" PRIx64 " q3 0x%" PRIx64,
                sid, ste.rule ? ste.rule : "?", words[0], words[1], words[2], words[3]);
}

static uint64_t cd_table_pa(const uint64_t *ste)
{
    return smmu_STE_V(ste) ? smmu_STE_S1ContextPtr_addr(ste) : 0;
}

/* A valid STE with stage 1 leads to a CD table. */
static bool leads_to_cds(const uint64_t *ste)
{
    return smmu_STE_V(ste) && smmu_STE_Config(ste) == SMMU_STE_Config_S1;
}

/* The CD table that @ste (valid, stage 1) leads to, for those who free it. */
static void note_table(const struct ord_unit *unit, const uint64_t *ste, struct ord_duty *duty)
{
    const struct smmu_ctrl ctrl = ctrl_of(unit);
    struct smmu_ste decoded;

    if (!leads_to_cds(ste) || !unit->has_caps || smmu_ste_decode(ste, &unit->caps, &ctrl, &decoded))
        return;
    duty->table_pa = decoded.s1_context_ptr;
    duty->table_bytes = ord_cd_table_bytes(&decoded);
}

/* The page table that the stream used until now. */
static uint64_t old_root(const struct ord_unit *unit, uint32_t sid)
{
    for (size_t i = 0; i < unit->n_confs; i++) {
        if (unit->confs[i].sid == sid)
            return unit->confs[i].root[0];
    }
    return 0;
}

static void check_pointer(struct ord_smmu *smmu, struct ord_unit *unit, uint32_t sid,
                          const uint64_t *before, const uint64_t *after)
{
    const struct ord_ste *live = live_ste(unit, sid);
    const uint64_t pa = cd_table_pa(after);
    uint64_t n_bytes;

    if (!live || !leads_to_cds(after) || (leads_to_cds(before) && cd_table_pa(before) == pa))
        return;
    n_bytes = ord_cd_table_bytes(&live->ste);
    if (pa & (n_bytes - 1))
        ord_hit(smmu->order, CHK_RULE_TABLE_ALIGN, unit->iommu,
                "S1ContextPtr 0x%" PRIx64 " of StreamID 0x%x is not aligned to %" PRIu64 " bytes",
                pa, sid, n_bytes);
    ord_pointer_check(smmu, unit->iommu, "S1ContextPtr", pa & ~(n_bytes - 1), n_bytes);
    if (live->ste.s1_cd_max == 0 || live->ste.s1_dss == SMMU_DSS_SSID0)
        ord_cd_illegal(smmu, unit, live, 0);
}

/* Words that an SMMU looks at; the others may hold anything. */
static unsigned n_words_read(const uint64_t *ste)
{
    const uint32_t conditions = smmu_ste_conditions(ste);

    if (conditions & SMMU_USED_S2)
        return ORD_WORDS;
    return conditions & (SMMU_USED_S1 | SMMU_USED_BYPASS) ? 2 : 1;
}

static void check_reserved(struct ord_smmu *smmu, const struct ord_unit *unit, uint32_t sid,
                           const uint64_t *before, const uint64_t *after)
{
    uint64_t old[ORD_WORDS] = {0}, bits[ORD_WORDS] = {0};

    if (!smmu_STE_V(after) || !hw_reserved_set(&smmu_layout_STE, after, bits))
        return;
    (void)hw_reserved_set(&smmu_layout_STE, before, old);
    for (unsigned i = 0; i < n_words_read(after); i++) {
        if (bits[i] && (!smmu_STE_V(before) || bits[i] != old[i]))
            ord_hit(smmu->order, CHK_RULE_ENTRY_RESERVED, unit->iommu,
                    "STE of StreamID 0x%x: reserved bits 0x%" PRIx64 " of q%u are set", sid,
                    bits[i], i);
    }
}

/* The STE as it was before the record at hand. */
static void undo(const struct ord_stored *stored, uint64_t pa, const uint64_t *after,
                 uint64_t *before)
{
    memcpy(before, after, ORD_WORDS * sizeof(*before));
    for (unsigned i = 0; i < stored->n_words; i++)
        before[(stored->pa - pa) / 8 + i] = stored->before[i];
}

static void ste_changed(struct ord_smmu *smmu, struct ord_unit *unit, uint32_t sid, uint64_t pa,
                        const struct ord_stored *stored)
{
    const bool is_atomic = (smmu->order->rec->flags & SIM_RF_ATOMIC) != 0;
    uint64_t before[ORD_WORDS], after[ORD_WORDS];
    struct ord_duty *duty;

    ord_read(smmu, pa, after, ORD_WORDS);
    undo(stored, pa, after, before);
    duty = ord_duty_new(smmu, unit, ORD_DUTY_STE);
    if (!duty)
        return;
    duty->pa = pa;
    duty->sid = sid;
    memcpy(duty->before, before, sizeof(before));
    note_table(unit, before, duty);
    duty->root = old_root(unit, sid);
    ord_torn_check(smmu, unit, duty, is_atomic, stored);
    check_legal(smmu, unit, sid, after);
    check_reserved(smmu, unit, sid, before, after);
    ord_ats_eats(smmu, unit, sid, smmu_STE_V(before) ? smmu_STE_EATS(before) : 0,
                 smmu_STE_V(after) ? smmu_STE_EATS(after) : 0);
    ord_ste_update(smmu, unit, sid, pa);
    check_pointer(smmu, unit, sid, before, after);
}

static void ste_store(struct ord_smmu *smmu, struct ord_unit *unit, const struct ord_stored *stored)
{
    const uint64_t pa = stored->pa & ~(STE_BYTES - 1);
    uint32_t sid;

    if (ord_is_on(unit) && find_sid(unit, pa, &sid))
        ste_changed(smmu, unit, sid, pa, stored);
}

/* ---- First-level descriptors -------------------------------------------------------------------
 */

static void check_l1std(struct ord_smmu *smmu, const struct ord_unit *unit, uint32_t index,
                        uint64_t l1std)
{
    const uint64_t n_bytes = (uint64_t)smmu_l1std_stes(smmu_L1STD_Span(&l1std)) * STE_BYTES;
    const uint64_t pa = smmu_L1STD_L2Ptr_addr(&l1std);
    uint64_t found;

    if (smmu_L1STD_Span(&l1std) == 0)
        return;
    if (smmu_l1std_check(l1std, index << unit->strtab.split, &unit->strtab, &found)) {
        ord_hit(smmu->order, CHK_RULE_L1STD_SPAN, unit->iommu,
                "L1STD 0x%" PRIx64 ": Span %u with SPLIT %u is invalid", l1std,
                (unsigned)smmu_L1STD_Span(&l1std), unit->strtab.split);
        return;
    }
    if (pa & (n_bytes - 1))
        ord_hit(smmu->order, CHK_RULE_TABLE_ALIGN, unit->iommu,
                "L2Ptr 0x%" PRIx64 " is not aligned to its %" PRIu64 " bytes", pa, n_bytes);
    ord_pointer_check(smmu, unit->iommu, "L2Ptr", found, n_bytes);
}

static void l1std_store(struct ord_smmu *smmu, struct ord_unit *unit,
                        const struct ord_stored *stored, unsigned word)
{
    const uint64_t pa = stored->pa + UINT64_C(8) * word;
    const uint64_t index = (pa - unit->strtab.base) / L1STD_BYTES;
    struct ord_duty *duty;
    uint64_t old;

    if (!ord_is_on(unit) || !has_table(unit) || !is_two_level(unit) || pa < unit->strtab.base ||
        index >= n_l1(unit))
        return;
    check_l1std(smmu, unit, (uint32_t)index, stored->after[word]);
    duty = ord_duty_new(smmu, unit, ORD_DUTY_L1STD);
    if (duty) {
        duty->pa = pa;
        duty->sid = (uint32_t)index << unit->strtab.split;
        duty->n_sids = 1u << unit->strtab.split;
        duty->before[0] = stored->before[word];
        if (!smmu_l1std_check(stored->before[word], duty->sid, &unit->strtab, &old)) {
            duty->table_pa = old;
            duty->table_bytes =
                (uint64_t)smmu_l1std_stes(smmu_L1STD_Span(&stored->before[word])) * STE_BYTES;
        }
    }
    link_l2(smmu, unit, (uint32_t)index, stored->after[word]);
}

/* ---- Dispatch ----------------------------------------------------------------------------------
 */

static bool is_change(const struct ord_stored *stored)
{
    for (unsigned i = 0; i < stored->n_words; i++) {
        if (stored->before[i] != stored->after[i])
            return true;
    }
    return false;
}

void ord_entry_store(struct ord_smmu *smmu, const struct sim_rec_store *rec,
                     const struct ord_stored *stored)
{
    if (!is_change(stored))
        return;
    for (size_t i = 0; i < ORD_MAX_UNITS; i++) {
        struct ord_unit *unit = &smmu->units[i];

        if (!unit->is_used)
            continue;
        if (rec->structure == SIM_S_STE)
            ste_store(smmu, unit, stored);
        else if (rec->structure == SIM_S_L1STD)
            for (unsigned k = 0; k < stored->n_words; k++)
                l1std_store(smmu, unit, stored, k);
        else if (ord_is_on(unit))
            ord_cd_store(smmu, unit, stored, rec->structure == SIM_S_L1CD);
    }
}
