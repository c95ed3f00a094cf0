/* SPDX-License-Identifier: BSD-2-Clause
 * vtd_ids.c - capability registers: what a remapping unit says that it has (1.1, 1.2).
 * Knows: their fields. Must not know: what is made of them. */
#include "models/vtd/vtd.h"
#include "models/vtd/vtd_layout.h"

/* Multiples of 16: behind the fixed registers that the model has. */
enum {
    IOTLB_AT = 0x50,
    FRCD_AT = 0x60,
};

static uint64_t default_cap(void)
{
    uint64_t cap = 0;

    vtd_CAP_put_ND(&cap, 6);
    vtd_CAP_put_PLMR(&cap, 1);
    vtd_CAP_put_PHMR(&cap, 1);
    vtd_CAP_put_SAGAW(&cap, 0x6); /* 39 and 48 bits */
    vtd_CAP_put_MGAW(&cap, 47);
    vtd_CAP_put_ZLR(&cap, 1);
    vtd_CAP_put_FRO(&cap, FRCD_AT);
    vtd_CAP_put_SSLPS(&cap, VTD_CAP_SSLPS_2M_1G);
    vtd_CAP_put_PSI(&cap, 1);
    vtd_CAP_put_NFR(&cap, 7);
    vtd_CAP_put_MAMV(&cap, 18);
    vtd_CAP_put_DWD(&cap, 1);
    vtd_CAP_put_DRD(&cap, 1);
    vtd_CAP_put_FS1GP(&cap, 1);
    vtd_CAP_put_FS5LP(&cap, 1);
    return cap;
}

static void put_scalable(uint64_t *ecap)
{
    vtd_ECAP_put_NEST(ecap, 1);
    vtd_ECAP_put_PRS(ecap, 1);
    vtd_ECAP_put_SRS(ecap, 1);
    vtd_ECAP_put_EAFS(ecap, 1);
    vtd_ECAP_put_PSS(ecap, 19);
    vtd_ECAP_put_PASID(ecap, 1);
    vtd_ECAP_put_PDS(ecap, 1);
    vtd_ECAP_put_SMTS(ecap, 1);
    vtd_ECAP_put_SSADS(ecap, 1);
    vtd_ECAP_put_SSTS(ecap, 1);
    vtd_ECAP_put_FSTS(ecap, 1);
    vtd_ECAP_put_SMPWCS(ecap, 1);
    vtd_ECAP_put_RPS(ecap, 1);
    vtd_ECAP_put_ADMS(ecap, 1);
    vtd_ECAP_put_RPRIVS(ecap, 1);
    vtd_ECAP_put_SMS(ecap, 1);
}

static uint64_t default_ecap(void)
{
    uint64_t ecap = 0;

    vtd_ECAP_put_C(&ecap, 1);
    vtd_ECAP_put_QI(&ecap, 1);
    vtd_ECAP_put_DT(&ecap, 1);
    vtd_ECAP_put_IR(&ecap, 1);
    vtd_ECAP_put_EIM(&ecap, 1);
    vtd_ECAP_put_PT(&ecap, 1);
    vtd_ECAP_put_SC(&ecap, 1);
    vtd_ECAP_put_IRO(&ecap, IOTLB_AT);
    vtd_ECAP_put_MHMV(&ecap, 15);
    vtd_ECAP_put_NWFS(&ecap, 1);
    vtd_ECAP_put_DIT(&ecap, 1);
    put_scalable(&ecap);
    return ecap;
}

void vtd_ids_default(struct vtd_ids *ids)
{
    uint64_t ver = 0;

    vtd_VER_put_MAX(&ver, 5);
    *ids = (struct vtd_ids){.ver = (uint32_t)ver, .cap = default_cap(), .ecap = default_ecap()};
}

bool vtd_ids_set(struct vtd_ids *ids, uint64_t offset, uint64_t value)
{
    switch (offset) {
    case VTD_REG_VER:
        ids->ver = (uint32_t)value;
        return true;
    case VTD_REG_CAP:
        ids->cap = value;
        return true;
    case VTD_REG_ECAP:
        ids->ecap = value;
        return true;
    default:
        return false;
    }
}
