/* SPDX-License-Identifier: BSD-2-Clause
 * vtd_caps.c - capability registers to features and limits.
 * Knows: VER, CAP, ECAP and what they limit. Must not know: time, memory, structures. */
#include "models/vtd/vtd_caps.h"

#include "models/vtd/vtd_layout.h"

enum {
    DID_BITS_MIN = 4,
    DID_BITS_PER_ND = 2,
    DID_BITS_MAX = 16,
    PASID_BITS_MAX = 20,
    ADDRESS_BITS_MAX = 52,
    AW_LEVELS_BASE = 2, /* AW 1 has 3 levels */
    AW_MAX = 3,
};

static unsigned min_unsigned(unsigned a, unsigned b)
{
    return a < b ? a : b;
}

static void parse_cap(const uint64_t *cap, struct vtd_caps *caps)
{
    const unsigned nd = (unsigned)vtd_CAP_ND(cap);
    const uint64_t sslps = vtd_CAP_SSLPS(cap);

    caps->did_bits = min_unsigned(DID_BITS_MIN + DID_BITS_PER_ND * nd, DID_BITS_MAX);
    caps->afl = vtd_CAP_AFL(cap) != 0;
    caps->rwbf = vtd_CAP_RWBF(cap) != 0;
    caps->plmr = vtd_CAP_PLMR(cap) != 0;
    caps->phmr = vtd_CAP_PHMR(cap) != 0;
    caps->cm = vtd_CAP_CM(cap) != 0;
    caps->sagaw = (unsigned)vtd_CAP_SAGAW(cap);
    caps->mgaw_bits = (unsigned)vtd_CAP_MGAW(cap) + 1;
    caps->haw_bits = min_unsigned(caps->mgaw_bits, ADDRESS_BITS_MAX);
    caps->zlr = vtd_CAP_ZLR(cap) != 0;
    caps->frcd_offset = vtd_frcd_offset(*cap);
    caps->n_frcd = vtd_n_frcd(*cap);
    caps->ss_2m = sslps == VTD_CAP_SSLPS_2M || sslps == VTD_CAP_SSLPS_2M_1G;
    caps->ss_1g = sslps == VTD_CAP_SSLPS_2M_1G;
    caps->psi = vtd_CAP_PSI(cap) != 0;
    caps->mamv = (unsigned)vtd_CAP_MAMV(cap);
    caps->dwd = vtd_CAP_DWD(cap) != 0;
    caps->drd = vtd_CAP_DRD(cap) != 0;
    caps->fs_1g = vtd_CAP_FS1GP(cap) != 0;
    caps->fs_5_level = vtd_CAP_FS5LP(cap) != 0;
    caps->esirtps = vtd_CAP_ESIRTPS(cap) != 0;
    caps->esrtps = vtd_CAP_ESRTPS(cap) != 0;
}

static void parse_ecap_base(const uint64_t *ecap, struct vtd_caps *caps)
{
    caps->coherent = vtd_ECAP_C(ecap) != 0;
    caps->qi = vtd_ECAP_QI(ecap) != 0;
    caps->dt = caps->qi && vtd_ECAP_DT(ecap);
    caps->ir = caps->qi && vtd_ECAP_IR(ecap);
    caps->eim = caps->ir && vtd_ECAP_EIM(ecap);
    caps->pt = vtd_ECAP_PT(ecap) != 0;
    caps->sc = vtd_ECAP_SC(ecap) != 0;
    caps->iotlb_offset = vtd_iotlb_offset(*ecap);
    caps->mhmv = (unsigned)vtd_ECAP_MHMV(ecap);
    caps->mts = vtd_ECAP_MTS(ecap) != 0;
    caps->pasid_bits =
        vtd_ECAP_PASID(ecap) ? min_unsigned((unsigned)vtd_ECAP_PSS(ecap) + 1, PASID_BITS_MAX) : 0;
    caps->srs = vtd_ECAP_SRS(ecap) != 0;
    caps->nwfs = vtd_ECAP_NWFS(ecap) != 0;
    caps->dit = vtd_ECAP_DIT(ecap) != 0;
    caps->pds = caps->dt && vtd_ECAP_PDS(ecap);
}

static void parse_ecap_scalable(const uint64_t *ecap, struct vtd_caps *caps)
{
    caps->smts = caps->qi && vtd_ECAP_SMTS(ecap);
    caps->smpwcs = vtd_ECAP_SMPWCS(ecap) != 0;
    caps->ssts = vtd_ECAP_SSTS(ecap) != 0;
    caps->fsts = vtd_ECAP_FSTS(ecap) != 0;
    caps->nest = caps->smts && caps->fsts && caps->ssts && vtd_ECAP_NEST(ecap);
    caps->prs = caps->dt && caps->smts && vtd_ECAP_PRS(ecap);
    caps->eafs = caps->fsts && caps->smpwcs && vtd_ECAP_EAFS(ecap);
    caps->ssads = caps->smpwcs && vtd_ECAP_SSADS(ecap);
    caps->rps = vtd_ECAP_RPS(ecap) != 0;
    caps->adms = vtd_ECAP_ADMS(ecap) != 0;
    caps->rprivs = caps->srs && vtd_ECAP_RPRIVS(ecap);
    caps->hpts = vtd_ECAP_HPTS(ecap) != 0;
    caps->ptrs = vtd_ECAP_PTRS(ecap) != 0;
    caps->ssirws = vtd_ECAP_SSIRWS(ecap) != 0;
    caps->sms = vtd_ECAP_SMS(ecap) != 0;
}

void vtd_caps_parse(const struct vtd_ids *raw, struct vtd_caps *caps)
{
    const struct vtd_caps none = {0};
    const uint64_t ver = raw->ver;

    *caps = none;
    caps->ver_max = (unsigned)vtd_VER_MAX(&ver);
    parse_cap(&raw->cap, caps);
    parse_ecap_base(&raw->ecap, caps);
    parse_ecap_scalable(&raw->ecap, caps);
}

unsigned vtd_caps_aw_levels(const struct vtd_caps *caps, uint64_t aw)
{
    if (aw == 0 || aw > AW_MAX || !(caps->sagaw & 1u << aw))
        return 0;
    return (unsigned)aw + AW_LEVELS_BASE;
}

unsigned vtd_caps_aw_max(const struct vtd_caps *caps)
{
    for (unsigned aw = AW_MAX; aw > 0; aw--) {
        if (caps->sagaw & 1u << aw)
            return aw;
    }
    return 0;
}
