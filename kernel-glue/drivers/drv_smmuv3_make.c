/* SPDX-License-Identifier: BSD-2-Clause
 * drv_smmuv3_make.c - what STEs and CDs say (8.2).
 * Knows: fields and their values. Must not know: how an entry is changed. */
#include "kernel-glue/drivers/drv_smmuv3.h"

#include <string.h>

/* Memory types of the kernel's page tables: 0 non-cacheable, 1 write-back, 2 device, 3 outer
 * write-back; the upper half is what its sign makes of the last one. */
#define MAIR_OURS UINT64_C(0xfffffffff404ff44)
/* Those of a process: 0-2 device, 3 non-cacheable, 4 write-back, 5 write-through. */
#define MAIR_PROCESS UINT64_C(0xbbff440c0400)

static void clear(uint64_t *words)
{
    memset(words, 0, DSM_WORDS * sizeof(*words));
}

static bool can_stall(const struct drv_device *device)
{
    const struct dsm_caps *caps = &device->drv->caps;

    return caps->must_stall || (caps->has_stalls && device->info.flags & DRV_STALL);
}

static uint64_t size_code(uint32_t bits)
{
    for (uint64_t code = 0; code < 8; code++) {
        if (smmu_address_bits(code) == bits)
            return code;
    }
    return SMMU_IDR5_OAS_B48;
}

static void put_incoming(const struct drv_device *device, uint64_t *ste)
{
    if (device->drv->caps.types_ovr)
        smmu_STE_put_SHCFG(ste, SMMU_STE_SHCFG_INCOMING);
}

static void put_cd_fetches(const struct drv_device *device, uint64_t s1dss, uint64_t *ste)
{
    smmu_STE_put_S1DSS(ste, s1dss);
    smmu_STE_put_S1CIR(ste, SMMU_STE_S1CIR_WBRA);
    smmu_STE_put_S1COR(ste, SMMU_STE_S1COR_WBRA);
    smmu_STE_put_S1CSH(ste, SMMU_STE_S1CSH_ISH);
    smmu_STE_put_S1STALLD(ste, device->drv->caps.has_stalls && !can_stall(device));
}

/* A short driver keeps word 1 the same for all that it can: then word 0 alone decides. */
static void put_common(const struct drv_device *device, uint64_t *ste)
{
    const struct dsm_caps *caps = &device->drv->caps;

    put_incoming(device, ste);
    if (caps->s1)
        put_cd_fetches(device, SMMU_STE_S1DSS_SSID0, ste);
    if (caps->ats && device->info.flags & DRV_ATS)
        smmu_STE_put_EATS(ste, SMMU_STE_EATS_FULL);
}

void dsm_make_abort(struct drv_device *device, uint64_t *ste)
{
    clear(ste);
    smmu_STE_put_V(ste, 1);
    smmu_STE_put_Config(ste, SMMU_STE_Config_ABORT);
    if (device->drv->policy->is_short)
        put_common(device, ste);
}

void dsm_make_bypass(struct drv_device *device, uint64_t *ste)
{
    clear(ste);
    smmu_STE_put_V(ste, 1);
    smmu_STE_put_Config(ste, SMMU_STE_Config_BYPASS);
    put_incoming(device, ste);
    if (device->drv->policy->is_short)
        put_common(device, ste);
}

void dsm_make_cdtable(struct drv_device *device, bool with_ats, uint64_t s1dss, uint64_t *ste)
{
    const struct dsm_cdtab *table = &device->cdtab;

    clear(ste);
    ste[0] = table->pa;
    smmu_STE_put_V(ste, 1);
    smmu_STE_put_Config(ste, SMMU_STE_Config_S1);
    smmu_STE_put_S1Fmt(ste, table->is_two_level ? SMMU_STE_S1Fmt_TWO_64K : SMMU_STE_S1Fmt_LINEAR);
    smmu_STE_put_S1CDMax(ste, table->log2);
    put_cd_fetches(device, s1dss, ste);
    if (s1dss == SMMU_STE_S1DSS_BYPASS || device->drv->policy->is_short)
        put_incoming(device, ste);
    smmu_STE_put_EATS(ste, with_ats ? SMMU_STE_EATS_FULL : SMMU_STE_EATS_OFF);
    smmu_STE_put_STRW(ste, SMMU_STE_STRW_EL1);
}

static void put_s2(const struct drv_device *device, const struct drv_domain *domain, uint64_t *ste)
{
    const struct dsm_caps *caps = &device->drv->caps;
    const struct dsm_pt *pt = &domain->pt;
    const bool is_4k = pt->granule_log2 == 12;
    uint64_t ttb[DSM_WORDS] = {0};

    put_incoming(device, ste);
    smmu_STE_put_S2FWB(ste, caps->fwb && domain->spec.flags & DRV_NEST_PARENT);
    smmu_STE_put_S2VMID(ste, domain->tag);
    smmu_STE_put_S2T0SZ(ste, UINT64_C(64) - pt->ias);
    smmu_STE_put_S2SL0(ste, ~((uint64_t)pt->start_level + is_4k));
    smmu_STE_put_S2IR0(ste, caps->is_coherent ? SMMU_STE_S2IR0_WBRA : SMMU_STE_S2IR0_NC);
    smmu_STE_put_S2OR0(ste, caps->is_coherent ? SMMU_STE_S2OR0_WBRA : SMMU_STE_S2OR0_NC);
    smmu_STE_put_S2SH0(ste, caps->is_coherent ? SMMU_STE_S2SH0_ISH : SMMU_STE_S2SH0_OSH);
    smmu_STE_put_S2TG(ste, is_4k                    ? SMMU_STE_S2TG_G4K
                           : pt->granule_log2 == 14 ? SMMU_STE_S2TG_G16K
                                                    : SMMU_STE_S2TG_G64K);
    smmu_STE_put_S2PS(ste, size_code(pt->oas));
    smmu_STE_put_S2AA64(ste, SMMU_STE_S2AA64_V8_64);
    smmu_STE_put_S2PTW(ste, 1);
    smmu_STE_put_S2R(ste, 1);
    smmu_STE_put_S2S(ste, can_stall(device));
    ttb[SMMU_LSB_STE_S2TTB / 64] = pt->root;
    ste[SMMU_LSB_STE_S2TTB / 64] |= smmu_STE_S2TTB_addr(ttb);
}

void dsm_make_s2(struct drv_device *device, const struct drv_domain *domain, bool with_ats,
                 uint64_t *ste)
{
    clear(ste);
    smmu_STE_put_V(ste, 1);
    smmu_STE_put_Config(ste, SMMU_STE_Config_S2);
    if (device->drv->policy->is_short)
        put_common(device, ste);
    put_s2(device, domain, ste);
    smmu_STE_put_EATS(ste, with_ats ? SMMU_STE_EATS_FULL : SMMU_STE_EATS_OFF);
}

void dsm_make_nested(struct drv_device *device, const struct drv_domain *domain, bool with_ats,
                     uint64_t *ste)
{
    const struct drv_domain *parent = domain->spec.parent;
    const uint64_t *guest = domain->spec.guest;
    const uint64_t config = smmu_STE_V(guest) ? smmu_STE_Config(guest) : SMMU_STE_Config_ABORT;

    if (config == SMMU_STE_Config_BYPASS) {
        dsm_make_s2(device, parent, with_ats, ste);
        return;
    }
    if (config != SMMU_STE_Config_S1) {
        dsm_make_abort(device, ste);
        return;
    }
    clear(ste);
    ste[0] = guest[0];
    ste[1] = guest[1];
    smmu_STE_put_Config(ste, SMMU_STE_Config_NESTED);
    smmu_STE_put_EATS(ste, with_ats ? SMMU_STE_EATS_FULL : SMMU_STE_EATS_OFF);
    smmu_STE_put_MEV(ste, 1);
    put_s2(device, parent, ste);
}

static void put_walks(const struct drv_device *device, const struct dsm_pt *pt, uint64_t *cd)
{
    const bool is_coherent = device->drv->caps.is_coherent;
    uint64_t ttb[DSM_WORDS] = {0};

    smmu_CD_put_T0SZ(cd, UINT64_C(64) - pt->ias);
    smmu_CD_put_TG0(cd, pt->granule_log2 == 12   ? SMMU_CD_TG0_G4K
                        : pt->granule_log2 == 14 ? SMMU_CD_TG0_G16K
                                                 : SMMU_CD_TG0_G64K);
    smmu_CD_put_IR0(cd, is_coherent ? SMMU_CD_IR0_WBWA : SMMU_CD_IR0_NC);
    smmu_CD_put_OR0(cd, is_coherent ? SMMU_CD_OR0_WBWA : SMMU_CD_OR0_NC);
    smmu_CD_put_SH0(cd, is_coherent ? SMMU_CD_SH0_ISH : SMMU_CD_SH0_OSH);
    ttb[SMMU_LSB_CD_TTB0 / 64] = pt->root;
    cd[SMMU_LSB_CD_TTB0 / 64] |= smmu_CD_TTB0_addr(ttb);
}

static void put_rest(const struct drv_device *device, const struct drv_domain *domain, uint64_t *cd)
{
    smmu_CD_put_EPD1(cd, 1);
    smmu_CD_put_V(cd, 1);
    smmu_CD_put_IPS(cd, size_code(domain->pt.oas));
    smmu_CD_put_AA64(cd, SMMU_CD_AA64_V8_64);
    smmu_CD_put_S(cd, can_stall(device));
    smmu_CD_put_R(cd, 1);
    smmu_CD_put_A(cd, 1);
    smmu_CD_put_ASET(cd, 1);
    smmu_CD_put_ASID(cd, domain->tag);
    cd[SMMU_LSB_CD_MAIR0 / 64] = domain->spec.kind == DRV_SVA ? MAIR_PROCESS : MAIR_OURS;
}

void dsm_make_cd(struct drv_device *device, const struct drv_domain *domain, uint64_t *cd)
{
    const bool is_dirty = domain->spec.kind == DRV_PAGING && domain->spec.flags & DRV_DIRTY;

    clear(cd);
    put_walks(device, &domain->pt, cd);
    put_rest(device, domain, cd);
    smmu_CD_put_HA(cd, is_dirty);
    smmu_CD_put_HD(cd, is_dirty);
}

void dsm_make_released_cd(struct drv_device *device, const struct drv_domain *domain, uint64_t *cd)
{
    clear(cd);
    put_rest(device, domain, cd);
    smmu_CD_put_EPD0(cd, 1);
    if (!device->drv->caps.must_stall) {
        smmu_CD_put_S(cd, 0);
        smmu_CD_put_R(cd, 0);
    }
}
