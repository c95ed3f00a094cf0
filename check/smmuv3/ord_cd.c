/* SPDX-License-Identifier: BSD-2-Clause
 * ord_cd.c - stores into CD tables that a stream can reach.
 * Knows: CD tables, decoded CDs. Must not know: page tables. */
#include "check/smmuv3/ord_smmu.h"

#include <inttypes.h>
#include <string.h>

#define CD_BYTES (UINT64_C(8) * SMMU_WORDS_CD)
#define L1CD_BYTES UINT64_C(8)

static unsigned split_of(const struct smmu_ste *ste)
{
    enum { SPLIT_4K = 6, SPLIT_64K = 10 };

    return ste->s1_fmt == SMMU_CDTAB_TWO_LEVEL_64K ? SPLIT_64K : SPLIT_4K;
}

static bool is_two_level(const struct smmu_ste *ste)
{
    return ste->s1_fmt != SMMU_CDTAB_LINEAR && ste->s1_cd_max > 0;
}

/* Number of first-level descriptors. */
static uint64_t n_l1(const struct smmu_ste *ste)
{
    const unsigned split = split_of(ste);

    return ste->s1_cd_max > split ? UINT64_C(1) << (ste->s1_cd_max - split) : 1;
}

uint64_t ord_cd_table_bytes(const struct smmu_ste *ste)
{
    return is_two_level(ste) ? n_l1(ste) * L1CD_BYTES : CD_BYTES << ste->s1_cd_max;
}

uint64_t ord_cd_address(const struct ord_smmu *smmu, const struct ord_ste *live, uint32_t index)
{
    const struct smmu_ste *ste = &live->ste;
    uint64_t l1cd, n;

    if (!is_two_level(ste))
        return smmu_cd_address(ste, index);
    l1cd = sim_mem_read64(smmu->order->mem, smmu_l1cd_address(ste, index));
    if (!smmu_L1CD_V(&l1cd))
        return 0;
    n = UINT64_C(1) << split_of(ste);
    return (smmu_L1CD_L2Ptr_addr(&l1cd) & ~(n * CD_BYTES - 1)) + (index & (n - 1)) * CD_BYTES;
}

/* Which CD of the stream lies at @pa? */
static bool find_ssid(const struct ord_smmu *smmu, const struct ord_ste *live, uint64_t pa,
                      uint32_t *ssid)
{
    const struct smmu_ste *ste = &live->ste;
    const uint64_t base = smmu_cd_address(ste, 0);
    const unsigned split = split_of(ste);

    if (!is_two_level(ste)) {
        *ssid = (uint32_t)((pa - base) / CD_BYTES);
        return pa >= base && (pa - base) / CD_BYTES < UINT64_C(1) << ste->s1_cd_max;
    }
    for (uint64_t i = 0; i < n_l1(ste); i++) {
        const uint64_t l2 = ord_cd_address(smmu, live, (uint32_t)(i << split));

        if (l2 == 0 || pa < l2 || (pa - l2) / CD_BYTES >= UINT64_C(1) << split)
            continue;
        *ssid = (uint32_t)((i << split) + (pa - l2) / CD_BYTES);
        return true;
    }
    return false;
}

void ord_cd_illegal(struct ord_smmu *smmu, struct ord_unit *unit, const struct ord_ste *live,
                    uint32_t index)
{
    const uint64_t pa = ord_cd_address(smmu, live, index);
    uint64_t words[ORD_WORDS];
    struct smmu_cd cd;

    if (!pa)
        return;
    ord_read(smmu, pa, words, ORD_WORDS);
    if (smmu_CD_V(words) && smmu_cd_decode(words, &live->ste, &unit->caps, &cd))
        ord_hit(smmu->order, CHK_RULE_CD_ILLEGAL, unit->iommu,
                "CD 0x%x of StreamID 0x%x is illegal (%s): q0 0x%" PRIx64 " q1 0x%" PRIx64, index,
                live->sid, cd.rule ? cd.rule : "?", words[0], words[1]);
}

/* ---- CD ----------------------------------------------------------------------------------------
 */

static void cd_changed(struct ord_smmu *smmu, struct ord_unit *unit, size_t i, uint32_t ssid,
                       const struct ord_stored *stored, bool is_first)
{
    const uint64_t pa = stored->pa & ~(CD_BYTES - 1);
    const struct ord_ste live = unit->stes[i];
    const bool is_atomic = (smmu->order->rec->flags & SIM_RF_ATOMIC) != 0;
    struct ord_duty *duty = ord_duty_new(smmu, unit, ORD_DUTY_CD);

    if (!duty)
        return;
    duty->pa = pa;
    duty->sid = live.sid;
    duty->ssid = ssid;
    ord_read(smmu, pa, duty->before, ORD_WORDS);
    for (unsigned k = 0; k < stored->n_words; k++)
        duty->before[(stored->pa - pa) / 8 + k] = stored->before[k];
    if (smmu_CD_V(duty->before) && !smmu_CD_EPD0(duty->before))
        duty->root = smmu_CD_TTB0_addr(duty->before);
    if (!is_first)
        duty->is_torn = true; /* told once, for the first stream */
    ord_torn_check(smmu, unit, duty, is_atomic, stored);
    if (is_first)
        ord_cd_illegal(smmu, unit, &live, ssid);
    ord_conf_refresh(smmu, unit, live.sid);
}

/* ---- First-level descriptors -------------------------------------------------------------------
 */

static void check_l1cd(struct ord_smmu *smmu, const struct ord_unit *unit,
                       const struct smmu_ste *ste, uint64_t l1cd)
{
    const uint64_t n_bytes = CD_BYTES << split_of(ste);
    const uint64_t pa = smmu_L1CD_L2Ptr_addr(&l1cd);

    if (!smmu_L1CD_V(&l1cd))
        return;
    if (pa & (n_bytes - 1))
        ord_hit(smmu->order, CHK_RULE_TABLE_ALIGN, unit->iommu,
                "L1CD.L2Ptr 0x%" PRIx64 " is not aligned to its %" PRIu64 " bytes", pa, n_bytes);
    ord_pointer_check(smmu, unit->iommu, "L1CD.L2Ptr", pa & ~(n_bytes - 1), n_bytes);
}

static void l1cd_changed(struct ord_smmu *smmu, struct ord_unit *unit, size_t i,
                         const struct ord_stored *stored)
{
    const struct ord_ste live = unit->stes[i];
    const uint64_t base = smmu_l1cd_address(&live.ste, 0);
    const unsigned split = split_of(&live.ste);
    const uint64_t index = (stored->pa - base) / L1CD_BYTES;
    struct ord_duty *duty;

    if (!is_two_level(&live.ste) || stored->pa < base || index >= n_l1(&live.ste))
        return;
    check_l1cd(smmu, unit, &live.ste, stored->after[0]);
    duty = ord_duty_new(smmu, unit, ORD_DUTY_L1CD);
    if (!duty)
        return;
    duty->pa = stored->pa;
    duty->sid = live.sid;
    duty->ssid = (uint32_t)(index << split);
    duty->last = UINT64_C(1) << split;
    duty->before[0] = stored->before[0];
    if (smmu_L1CD_V(stored->before)) {
        duty->table_pa = smmu_L1CD_L2Ptr_addr(stored->before);
        duty->table_bytes = CD_BYTES << split;
    }
    ord_conf_refresh(smmu, unit, live.sid);
}

void ord_cd_store(struct ord_smmu *smmu, struct ord_unit *unit, const struct ord_stored *stored,
                  bool is_l1)
{
    bool is_first = true;
    uint32_t ssid;

    for (size_t i = 0; i < unit->n_stes; i++) {
        const struct smmu_ste *ste = &unit->stes[i].ste;

        if (!ste->has_s1 || ste->has_s2)
            continue; /* a guest's tables are at addresses that nobody here can read */
        if (is_l1)
            l1cd_changed(smmu, unit, i, stored);
        if (is_l1 || !find_ssid(smmu, &unit->stes[i], stored->pa & ~(CD_BYTES - 1), &ssid))
            continue;
        cd_changed(smmu, unit, i, ssid, stored, is_first);
        is_first = false; /* a table that streams share is told of once */
    }
}
