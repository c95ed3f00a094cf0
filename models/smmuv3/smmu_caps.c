/* SPDX-License-Identifier: BSD-2-Clause
 * smmu_caps.c - ID registers to features and limits.
 * Knows: ID registers and what they limit. Must not know: time, memory, structures. */
#include "models/smmuv3/smmu_caps.h"

#include "models/smmuv3/smmu_layout.h"

enum {
    LOG2_4K = 12,
    LOG2_16K = 14,
    LOG2_64K = 16,
    SID_BITS_MAX = 32,
    SSID_BITS_MAX = 20,
    LPAE_IPA_BITS = 40,
    TXSZ_MAX = 39, /* 25 bits */
    TXSZ_MAX_STT = 48,
    TXSZ_MAX_STT_64K = 47,
};

static unsigned min_unsigned(unsigned a, unsigned b)
{
    return a < b ? a : b;
}

static void parse_idr0(uint64_t word, struct smmu_caps *caps)
{
    const uint64_t ttf = smmu_IDR0_TTF(&word);

    caps->s1p = smmu_IDR0_S1P(&word) != 0;
    caps->s2p = smmu_IDR0_S2P(&word) != 0;
    caps->ttf_lpae = ttf == SMMU_IDR0_TTF_LPAE || ttf == SMMU_IDR0_TTF_BOTH;
    caps->ttf_v8_64 = ttf == SMMU_IDR0_TTF_V8_64 || ttf == SMMU_IDR0_TTF_BOTH;
    caps->httu = (unsigned)smmu_IDR0_HTTU(&word);
    caps->hyp = smmu_IDR0_Hyp(&word) != 0;
    caps->ats = smmu_IDR0_ATS(&word) != 0;
    caps->ns1ats = smmu_IDR0_NS1ATS(&word) != 0;
    caps->asid16 = smmu_IDR0_ASID16(&word) != 0;
    caps->vmid16 = smmu_IDR0_VMID16(&word) != 0;
    caps->cd2l = smmu_IDR0_CD2L(&word) != 0;
    caps->ttendian = (unsigned)smmu_IDR0_TTENDIAN(&word);
    caps->stall_model = (unsigned)smmu_IDR0_STALL_MODEL(&word);
    caps->term_model = smmu_IDR0_TERM_MODEL(&word) == SMMU_IDR0_TERM_MODEL_ABORT;
    caps->st_level = smmu_IDR0_ST_LEVEL(&word) == SMMU_IDR0_ST_LEVEL_TWO;
}

static void parse_idr1(uint64_t word, struct smmu_caps *caps)
{
    caps->sid_bits = min_unsigned((unsigned)smmu_IDR1_SIDSIZE(&word), SID_BITS_MAX);
    caps->ssid_bits = min_unsigned((unsigned)smmu_IDR1_SSIDSIZE(&word), SSID_BITS_MAX);
    caps->attr_perms_ovr = smmu_IDR1_ATTR_PERMS_OVR(&word) != 0;
    caps->attr_types_ovr = smmu_IDR1_ATTR_TYPES_OVR(&word) != 0;
}

static void parse_idr3(uint64_t word, struct smmu_caps *caps)
{
    caps->had = smmu_IDR3_HAD(&word) != 0;
    caps->mpam = smmu_IDR3_MPAM(&word) != 0;
    caps->fwb = smmu_IDR3_FWB(&word) != 0;
    caps->xnx = smmu_IDR3_XNX(&word) != 0;
    caps->stt = smmu_IDR3_STT(&word) != 0;
    caps->ril = smmu_IDR3_RIL(&word) != 0;
    caps->bbml = (unsigned)smmu_IDR3_BBML(&word);
    caps->e0pd = smmu_IDR3_E0PD(&word) != 0;
    caps->dpt = smmu_IDR3_DPT(&word) != 0;
    caps->epan = smmu_IDR3_EPAN(&word) != 0;
}

static unsigned vax_bits(uint64_t code)
{
    switch (code) {
    case SMMU_IDR5_VAX_B52:
        return 52;
    case SMMU_IDR5_VAX_B56:
        return 56;
    default:
        return 48;
    }
}

static void parse_idr5(uint64_t word, struct smmu_caps *caps)
{
    caps->oas_bits = smmu_address_bits(smmu_IDR5_OAS(&word));
    caps->gran4k = smmu_IDR5_GRAN4K(&word) != 0;
    caps->gran16k = smmu_IDR5_GRAN16K(&word) != 0;
    caps->gran64k = smmu_IDR5_GRAN64K(&word) != 0;
    caps->ds = smmu_IDR5_DS(&word) != 0;
    caps->vax_bits = vax_bits(smmu_IDR5_VAX(&word));
}

void smmu_caps_parse(const struct smmu_idr *raw, struct smmu_caps *caps)
{
    const struct smmu_caps none = {0};

    *caps = none;
    parse_idr0(raw->idr0, caps);
    parse_idr1(raw->idr1, caps);
    parse_idr3(raw->idr3, caps);
    parse_idr5(raw->idr5, caps);
    if (caps->ttf_v8_64)
        caps->ias_bits = caps->oas_bits;
    if (caps->ttf_lpae && caps->ias_bits < LPAE_IPA_BITS)
        caps->ias_bits = LPAE_IPA_BITS;
}

bool smmu_caps_has_granule(const struct smmu_caps *caps, unsigned granule_log2)
{
    switch (granule_log2) {
    case LOG2_4K:
        return caps->gran4k;
    case LOG2_16K:
        return caps->gran16k;
    case LOG2_64K:
        return caps->gran64k;
    default:
        return false;
    }
}

bool smmu_caps_allows_endian(const struct smmu_caps *caps, bool is_big_endian)
{
    return caps->ttendian !=
           (unsigned)(is_big_endian ? SMMU_IDR0_TTENDIAN_LITTLE : SMMU_IDR0_TTENDIAN_BIG);
}

unsigned smmu_caps_txsz_max(const struct smmu_caps *caps, unsigned granule_log2)
{
    if (!caps->stt)
        return TXSZ_MAX;
    return granule_log2 == LOG2_64K ? TXSZ_MAX_STT_64K : TXSZ_MAX_STT;
}
