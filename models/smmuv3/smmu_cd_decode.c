/* SPDX-License-Identifier: BSD-2-Clause
 * smmu_cd_decode.c - a context descriptor: which rule it breaks, else what it says (5.4).
 * Knows: CD layout, features, decoded STEs. Must not know: time, memory, how a CD is found. */
#include <stddef.h>

#include "models/smmuv3/smmu_cfg_decode.h"
#include "models/smmuv3/smmu_layout.h"

enum {
    LOG2_64K = 16,
    SMALL_TTB_BITS = 48, /* all that a table base has without 64 KiB granule or DS */
    TXSZ_MIN = 16,       /* 48 bits */
    TXSZ_MIN_LARGE = 12, /* 52 bits: VAX, and 64 KiB granule or DS */
    LARGE_VA_BITS = 52,
    SMALL_ASID_BITS = 8,
    MAIR_BITS = 8,  /* of one type */
    MAIR_TYPES = 4, /* in one MAIR */
};

/** struct raw_half - the fields of one half. */
struct raw_half {
    bool is_enabled;
    unsigned granule_log2;
    unsigned txsz;
    uint64_t ttb;
    uint64_t inner, outer, sh;
    bool had, tbi, e0pd;
};

/** struct cd_view - raw words, and what every rule asks of them. */
struct cd_view {
    const uint64_t *cd;
    const struct smmu_ste *ste;
    const struct smmu_caps *caps;
    bool is_lpae;
    bool is_ds;
    bool has_asid;
    unsigned ips_bits;
    struct raw_half half[SMMU_CD_HALVES];
};

static struct raw_half lower_half(const uint64_t *cd)
{
    const struct raw_half half = {
        .is_enabled = smmu_CD_EPD0(cd) == 0,
        .granule_log2 = smmu_tg0_log2(smmu_CD_TG0(cd)),
        .txsz = (unsigned)smmu_CD_T0SZ(cd),
        .ttb = smmu_CD_TTB0_addr(cd),
        .inner = smmu_CD_IR0(cd),
        .outer = smmu_CD_OR0(cd),
        .sh = smmu_CD_SH0(cd),
        .had = smmu_CD_HAD0(cd) != 0,
        .tbi = smmu_CD_TBI0(cd) != 0,
        .e0pd = smmu_CD_E0PD0(cd) != 0,
    };

    return half;
}

static struct raw_half upper_half(const uint64_t *cd)
{
    const struct raw_half half = {
        .is_enabled = smmu_CD_EPD1(cd) == 0,
        .granule_log2 = smmu_tg1_log2(smmu_CD_TG1(cd)),
        .txsz = (unsigned)smmu_CD_T1SZ(cd),
        .ttb = smmu_CD_TTB1_addr(cd),
        .inner = smmu_CD_IR1(cd),
        .outer = smmu_CD_OR1(cd),
        .sh = smmu_CD_SH1(cd),
        .had = smmu_CD_HAD1(cd) != 0,
        .tbi = smmu_CD_TBI1(cd) != 0,
        .e0pd = smmu_CD_E0PD1(cd) != 0,
    };

    return half;
}

static struct cd_view view_of(const uint64_t *cd, const struct smmu_ste *ste,
                              const struct smmu_caps *caps)
{
    struct cd_view v = {.cd = cd, .ste = ste, .caps = caps};
    const unsigned ips_bits = smmu_address_bits(smmu_CD_IPS(cd));

    v.is_lpae = smmu_CD_AA64(cd) == SMMU_CD_AA64_LPAE;
    v.is_ds = caps->ds && smmu_CD_DS(cd) != 0;
    v.has_asid = ste->world != SMMU_WORLD_EL2;
    v.ips_bits = ips_bits < caps->oas_bits ? ips_bits : caps->oas_bits;
    v.half[0] = lower_half(cd);
    v.half[1] = upper_half(cd);
    if (ste->world == SMMU_WORLD_EL2) { /* one half, which cannot be turned off */
        v.half[0].is_enabled = true;
        v.half[1].is_enabled = false;
    }
    return v;
}

/* ---- rules: each function returns NULL, or the first that is broken --------------------------*/

static const char *check_faults(const struct cd_view *v)
{
    const bool is_stall = smmu_CD_S(v->cd) != 0;
    const unsigned model = v->caps->stall_model;

    if (is_stall && (model == SMMU_IDR0_STALL_MODEL_TERMINATE || v->ste->s1stalld))
        return "D02";
    if (!is_stall && model == SMMU_IDR0_STALL_MODEL_STALL)
        return "D02";
    return v->caps->term_model && !smmu_CD_A(v->cd) ? "D03" : NULL;
}

static const char *check_format(const struct cd_view *v)
{
    if (v->is_lpae)
        return !v->caps->ttf_lpae || v->ste->world == SMMU_WORLD_EL2_E2H ? "D04" : NULL;
    return !v->caps->ttf_v8_64 || (v->ste->has_s2 && v->ste->s2.is_lpae) ? "D04" : NULL;
}

static const char *check_endian(const struct cd_view *v)
{
    const bool is_walked = v->half[0].is_enabled || v->half[1].is_enabled;

    if (is_walked && !smmu_caps_allows_endian(v->caps, smmu_CD_ENDI(v->cd) != 0))
        return "D05";
    return NULL;
}

/* LPAE tables have no such bits, and the fields are not looked at. */
static const char *check_update(const struct cd_view *v)
{
    const bool ha = smmu_CD_HA(v->cd) != 0;
    const bool hd = smmu_CD_HD(v->cd) != 0;
    const bool haft = v->caps->httu == SMMU_IDR0_HTTU_TABLES && smmu_CD_HAFT(v->cd);

    if (v->is_lpae)
        return NULL;
    if ((ha || hd) && v->caps->httu == SMMU_IDR0_HTTU_NONE)
        return "D06";
    if (hd && v->caps->httu == SMMU_IDR0_HTTU_ACCESS)
        return "D06";
    return haft && !ha ? "D06" : NULL;
}

static const char *check_asid(const struct cd_view *v)
{
    if (v->has_asid && !v->caps->asid16 && !smmu_address_fits(smmu_CD_ASID(v->cd), SMALL_ASID_BITS))
        return "D07";
    return NULL;
}

static bool is_large(const struct cd_view *v, const struct raw_half *half)
{
    return half->granule_log2 == LOG2_64K || v->is_ds;
}

/* The legal value nearest to TxSZ: TxSZ itself unless it is out of range. */
static unsigned nearest_txsz(const struct cd_view *v, const struct raw_half *half)
{
    const bool is_large_va = v->caps->vax_bits >= LARGE_VA_BITS && is_large(v, half);
    const unsigned min = is_large_va ? TXSZ_MIN_LARGE : TXSZ_MIN;
    const unsigned max = smmu_caps_txsz_max(v->caps, half->granule_log2);

    if (half->txsz < min)
        return min;
    return half->txsz > max ? max : half->txsz;
}

static const char *check_half(const struct cd_view *v, const struct raw_half *half)
{
    if (!half->is_enabled)
        return NULL;
    if (nearest_txsz(v, half) != half->txsz && !v->caps->choices.is_txsz_clamped)
        return "D08";
    if (!smmu_caps_has_granule(v->caps, half->granule_log2))
        return "D09";
    if (!smmu_address_fits(half->ttb, v->ips_bits))
        return "D10";
    return !is_large(v, half) && !smmu_address_fits(half->ttb, SMALL_TTB_BITS) ? "D10" : NULL;
}

static const char *check_halves(const struct cd_view *v)
{
    const char *rule = NULL;

    for (size_t i = 0; i < SMMU_CD_HALVES && !v->is_lpae && !rule; i++)
        rule = check_half(v, &v->half[i]);
    return rule;
}

static const char *broken_rule(const struct cd_view *v)
{
    static const char *(*const checks[])(const struct cd_view *) = {
        check_faults, check_format, check_endian, check_update, check_asid, check_halves,
    };
    const char *rule = smmu_CD_V(v->cd) ? NULL : "D01";

    for (size_t i = 0; i < sizeof(checks) / sizeof(checks[0]) && !rule; i++)
        rule = checks[i](v);
    return rule;
}

/* ---- meaning ---------------------------------------------------------------------------------*/

static enum smmu_cacheability decode_cache(uint64_t code)
{
    switch (code) {
    case SMMU_CD_IR0_WBWA:
        return SMMU_CACHE_WB_ALLOC;
    case SMMU_CD_IR0_WT:
        return SMMU_CACHE_WT;
    case SMMU_CD_IR0_WB:
        return SMMU_CACHE_WB;
    default:
        return SMMU_CACHE_NON;
    }
}

static enum smmu_shareability decode_sh(uint64_t code)
{
    switch (code) {
    case SMMU_CD_SH0_OSH:
        return SMMU_SH_OUTER;
    case SMMU_CD_SH0_ISH:
        return SMMU_SH_INNER;
    default:
        return SMMU_SH_NON;
    }
}

static void decode_half(const struct cd_view *v, const struct raw_half *half, struct smmu_half *out)
{
    out->is_enabled = half->is_enabled;
    out->had = v->caps->had && half->had;
    out->tbi = half->tbi;
    out->e0pd = v->caps->e0pd && half->e0pd;
    if (!half->is_enabled)
        return;
    out->walk.inner = decode_cache(half->inner);
    out->walk.outer = decode_cache(half->outer);
    out->walk.sh = decode_sh(half->sh);
    if (v->is_lpae)
        return;
    out->tsz = nearest_txsz(v, half);
    out->granule_log2 = half->granule_log2;
    out->ttb = half->ttb;
}

static void decode_mair(const uint64_t *cd, uint8_t *mair)
{
    const uint64_t words[] = {smmu_CD_MAIR0(cd), smmu_CD_MAIR1(cd)};

    for (size_t i = 0; i < SMMU_MAIR_TYPES; i++)
        mair[i] = (uint8_t)(words[i / MAIR_TYPES] >> (i % MAIR_TYPES * MAIR_BITS));
}

static void decode_flags(const struct cd_view *v, struct smmu_cd *out)
{
    const uint64_t *cd = v->cd;

    out->s = smmu_CD_S(cd) != 0;
    out->r = smmu_CD_R(cd) != 0;
    out->a = smmu_CD_A(cd) != 0;
    out->affd = smmu_CD_AFFD(cd) != 0;
    out->ha = !v->is_lpae && smmu_CD_HA(cd) != 0;
    out->hd = out->ha && smmu_CD_HD(cd) != 0;
    out->haft = out->ha && v->caps->httu == SMMU_IDR0_HTTU_TABLES && smmu_CD_HAFT(cd) != 0;
    out->wxn = smmu_CD_WXN(cd) != 0;
    out->uwxn = smmu_CD_UWXN(cd) != 0;
    out->pan = smmu_CD_PAN(cd) != 0;
    out->epan = v->caps->epan && smmu_CD_EPAN(cd) != 0;
    out->ds = v->is_ds;
    out->is_big_endian = smmu_CD_ENDI(cd) != 0;
    out->aset = smmu_CD_ASET(cd) != 0;
}

int smmu_cd_decode(const uint64_t *cd, const struct smmu_ste *ste, const struct smmu_caps *caps,
                   struct smmu_cd *out)
{
    const struct smmu_cd none = {0};
    const struct cd_view v = view_of(cd, ste, caps);

    *out = none;
    out->rule = broken_rule(&v);
    if (out->rule)
        return SMMU_EVT_C_BAD_CD;
    out->is_lpae = v.is_lpae;
    for (size_t i = 0; i < SMMU_CD_HALVES; i++)
        decode_half(&v, &v.half[i], &out->half[i]);
    out->ips_bits = v.ips_bits;
    out->asid = v.has_asid ? (unsigned)smmu_CD_ASID(cd) : 0;
    decode_flags(&v, out);
    decode_mair(cd, out->mair);
    return 0;
}
