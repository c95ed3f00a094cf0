/* SPDX-License-Identifier: BSD-2-Clause
 * smmu_ste_decode.c - a stream table entry: which rule it breaks, else what it says (5.2).
 * Knows: STE layout, features. Must not know: time, memory, how an STE is found. */
#include <stddef.h>

#include "models/smmuv3/smmu_cfg_decode.h"
#include "models/smmuv3/smmu_layout.h"

enum {
    LOG2_4K = 12,
    LOG2_16K = 14,
    LOG2_64K = 16,
    ADDRESS_BITS = 64,
    SMALL_TTB_BITS = 48, /* all that a table base has without 64 KiB granule or DS */
    T0SZ_MIN = 16,       /* 48 bits */
    T0SZ_MIN_LARGE = 12, /* 52 bits: 64 KiB granule or DS */
    SMALL_VMID_BITS = 8,
    MEMATTR_NGNRNE = 0, /* Device-nGnRnE; what the codes below mean too (13.1.5) */
    MEMATTR_RESERVED1 = 4,
    MEMATTR_RESERVED2 = 8,
    MEMATTR_RESERVED3 = 12,
    ALLOC_TRANSIENT = 1 << 0, /* ALLOCCFG is 1RWT */
    ALLOC_WRITE = 1 << 1,
    ALLOC_READ = 1 << 2,
    ALLOC_OVERRIDE = 1 << 3,
};

/** struct ste_view - raw words, and what every rule asks of them. */
struct ste_view {
    const uint64_t *ste;
    const struct smmu_caps *caps;
    enum smmu_ste_config config;
    bool has_s1, has_s2;
    bool is_strw_used;
    bool is_vmid_used;
    bool is_s2_lpae;
    bool is_s2_ds;
    unsigned s2_granule_log2;
    unsigned s2_ps_bits;
    unsigned s1_cd_max;
};

static enum smmu_ste_config decode_config(uint64_t config)
{
    switch (config) {
    case SMMU_STE_Config_BYPASS:
        return SMMU_CONFIG_BYPASS;
    case SMMU_STE_Config_S1:
        return SMMU_CONFIG_S1;
    case SMMU_STE_Config_S2:
        return SMMU_CONFIG_S2;
    case SMMU_STE_Config_NESTED:
        return SMMU_CONFIG_NESTED;
    default:
        return SMMU_CONFIG_ABORT;
    }
}

static struct ste_view view_of(const uint64_t *ste, const struct smmu_caps *caps)
{
    struct ste_view v = {.ste = ste, .caps = caps};
    const unsigned ps_bits = smmu_address_bits(smmu_STE_S2PS(ste));

    v.config = decode_config(smmu_STE_Config(ste));
    v.has_s1 = v.config == SMMU_CONFIG_S1 || v.config == SMMU_CONFIG_NESTED;
    v.has_s2 = v.config == SMMU_CONFIG_S2 || v.config == SMMU_CONFIG_NESTED;
    v.is_strw_used = v.config == SMMU_CONFIG_S1 && caps->hyp;
    v.is_vmid_used = caps->s2p && (v.has_s1 || v.has_s2) &&
                     !(v.is_strw_used && smmu_STE_STRW(ste) != SMMU_STE_STRW_EL1);
    v.is_s2_lpae = smmu_STE_S2AA64(ste) == SMMU_STE_S2AA64_LPAE;
    v.is_s2_ds = caps->ds && smmu_STE_S2DS(ste) != 0;
    v.s2_granule_log2 = smmu_s2tg_log2(smmu_STE_S2TG(ste));
    v.s2_ps_bits = ps_bits < caps->oas_bits ? ps_bits : caps->oas_bits;
    v.s1_cd_max = caps->ssid_bits > 0 ? (unsigned)smmu_STE_S1CDMax(ste) : 0;
    return v;
}

/* ---- rules: each function returns NULL, or the first that is broken --------------------------*/

static const char *check_stages(const struct ste_view *v)
{
    if ((v->has_s1 && !v->caps->s1p) || (v->has_s2 && !v->caps->s2p))
        return "E03";
    return NULL;
}

/* Whatever CR0.ATSCHK says: an STE is as illegal as it would be with it. */
static const char *check_ats(const struct ste_view *v)
{
    const bool is_s2_stall = smmu_STE_S2S(v->ste) != 0;

    if (!v->caps->ats || v->config == SMMU_CONFIG_BYPASS)
        return NULL;
    switch (smmu_STE_EATS(v->ste)) {
    case SMMU_STE_EATS_FULL:
        return v->has_s2 && is_s2_stall ? "E04" : NULL;
    case SMMU_STE_EATS_SPLIT:
        return v->config != SMMU_CONFIG_NESTED || is_s2_stall || v->caps->ns1ats ? "E04" : NULL;
    case SMMU_STE_EATS_DPT:
        if (!v->caps->dpt)
            return NULL; /* acts as OFF */
        if (v->is_strw_used && smmu_STE_STRW(v->ste) != SMMU_STE_STRW_EL1)
            return "E04";
        return v->has_s2 && is_s2_stall ? "E04" : NULL;
    default:
        return NULL;
    }
}

static const char *check_strw(const struct ste_view *v)
{
    const uint64_t strw = smmu_STE_STRW(v->ste);

    if (v->is_strw_used && strw != SMMU_STE_STRW_EL1 && strw != SMMU_STE_STRW_EL2)
        return "E05";
    return NULL;
}

static bool is_cd_pointer_too_large(const struct ste_view *v)
{
    const uint64_t pointer = smmu_STE_S1ContextPtr_addr(v->ste);

    if (!v->has_s2)
        return !smmu_address_fits(pointer, v->caps->oas_bits);
    return v->caps->choices.is_nested_cd_ptr_checked &&
           !smmu_address_fits(pointer, v->caps->ias_bits);
}

static const char *check_s1(const struct ste_view *v)
{
    const uint64_t fmt = smmu_STE_S1Fmt(v->ste);
    const bool is_two_level = fmt == SMMU_STE_S1Fmt_TWO_4K || fmt == SMMU_STE_S1Fmt_TWO_64K;

    if (!v->has_s1)
        return NULL;
    if (smmu_STE_S1STALLD(v->ste) && v->caps->stall_model != SMMU_IDR0_STALL_MODEL_BOTH)
        return "E06";
    if (v->s1_cd_max > v->caps->ssid_bits)
        return "E07";
    if (v->s1_cd_max > 0 && is_two_level && !v->caps->cd2l)
        return "E07";
    return is_cd_pointer_too_large(v) ? "E08" : NULL;
}

static const char *check_s2_format(const struct ste_view *v)
{
    if (v->is_s2_lpae ? !v->caps->ttf_lpae : !v->caps->ttf_v8_64)
        return "E09";
    return v->is_s2_lpae && v->caps->fwb && smmu_STE_S2FWB(v->ste) ? "E09" : NULL;
}

static const char *check_s2_stall(const struct ste_view *v)
{
    const bool is_stall = smmu_STE_S2S(v->ste) != 0;

    if (is_stall && v->caps->stall_model == SMMU_IDR0_STALL_MODEL_TERMINATE)
        return "E10";
    return !is_stall && v->caps->stall_model == SMMU_IDR0_STALL_MODEL_STALL ? "E10" : NULL;
}

static const char *check_s2_update(const struct ste_view *v)
{
    const bool ha = smmu_STE_S2HA(v->ste) != 0;
    const bool hd = smmu_STE_S2HD(v->ste) != 0;
    const bool haft = v->caps->httu == SMMU_IDR0_HTTU_TABLES && smmu_STE_S2HAFT(v->ste);

    if ((ha || hd) && (v->is_s2_lpae || v->caps->httu == SMMU_IDR0_HTTU_NONE))
        return "E11";
    if (hd && v->caps->httu == SMMU_IDR0_HTTU_ACCESS)
        return "E11";
    return haft && !ha ? "E11" : NULL;
}

static bool is_s2_large(const struct ste_view *v)
{
    return v->s2_granule_log2 == LOG2_64K || v->is_s2_ds;
}

static bool is_t0sz_outside(const struct ste_view *v)
{
    const unsigned t0sz = (unsigned)smmu_STE_S2T0SZ(v->ste);
    const unsigned min = is_s2_large(v) ? T0SZ_MIN_LARGE : T0SZ_MIN;

    return t0sz < min || t0sz < ADDRESS_BITS - v->caps->ias_bits ||
           t0sz > smmu_caps_txsz_max(v->caps, v->s2_granule_log2);
}

/** struct s2_start - the input sizes that a start level takes, up to 16 tables side by side.
 * @t0sz_min_ds: with DS; @needs_ds, @needs_stt: the level is reserved without. */
struct s2_start {
    unsigned granule_log2;
    int level;
    unsigned t0sz_min, t0sz_min_ds, t0sz_max;
    bool needs_ds, needs_stt;
};

/* Level -1 takes what is left of 52 bits above level 0, and its tables never stand side by side. */
static const struct s2_start s2_starts[] = {
    {LOG2_4K, -1, 12, 12, 15, true, false},  {LOG2_4K, 0, 16, 12, 24, false, false},
    {LOG2_4K, 1, 21, 21, 33, false, false},  {LOG2_4K, 2, 30, 30, 42, false, false},
    {LOG2_4K, 3, 39, 39, 48, false, true},   {LOG2_16K, 0, 12, 12, 16, true, false},
    {LOG2_16K, 1, 16, 13, 27, false, false}, {LOG2_16K, 2, 24, 24, 38, false, false},
    {LOG2_16K, 3, 35, 35, 48, false, false}, {LOG2_64K, 1, 12, 12, 21, false, false},
    {LOG2_64K, 2, 18, 18, 34, false, false}, {LOG2_64K, 3, 31, 31, 47, false, false},
};

static int s2_start_level(const struct ste_view *v)
{
    uint64_t words[SMMU_WORDS_STE];

    for (size_t i = 0; i < SMMU_WORDS_STE; i++)
        words[i] = v->ste[i];
    smmu_STE_put_S2DS(words, v->is_s2_ds); /* reserved if the SMMU has no DS */
    return smmu_s2_start_level(words);
}

static bool is_start_level_wrong(const struct ste_view *v)
{
    const unsigned t0sz = (unsigned)smmu_STE_S2T0SZ(v->ste);
    const int level = s2_start_level(v);

    for (size_t i = 0; i < sizeof(s2_starts) / sizeof(s2_starts[0]); i++) {
        const struct s2_start *s = &s2_starts[i];
        const unsigned min = v->is_s2_ds ? s->t0sz_min_ds : s->t0sz_min;

        if (s->granule_log2 != v->s2_granule_log2 || s->level != level)
            continue;
        return (s->needs_ds && !v->is_s2_ds) || (s->needs_stt && !v->caps->stt) || t0sz < min ||
               t0sz > s->t0sz_max;
    }
    return true;
}

static const char *check_s2_tables(const struct ste_view *v)
{
    const uint64_t ttb = smmu_STE_S2TTB_addr(v->ste);

    if (v->is_s2_lpae)
        return NULL;
    if (!smmu_caps_has_granule(v->caps, v->s2_granule_log2))
        return "E12";
    if (!smmu_address_fits(ttb, v->s2_ps_bits))
        return "E13";
    if (!is_s2_large(v) && !smmu_address_fits(ttb, SMALL_TTB_BITS))
        return "E13";
    if (is_t0sz_outside(v))
        return "E14";
    return is_start_level_wrong(v) ? "E15" : NULL;
}

static const char *check_s2(const struct ste_view *v)
{
    const char *rule = NULL;

    if (!v->has_s2)
        return NULL;
    rule = check_s2_format(v);
    if (!rule)
        rule = check_s2_stall(v);
    if (!rule)
        rule = check_s2_update(v);
    if (!rule)
        rule = check_s2_tables(v);
    if (!rule && !smmu_caps_allows_endian(v->caps, smmu_STE_S2ENDI(v->ste) != 0))
        rule = "E16";
    return rule;
}

static const char *check_vmid(const struct ste_view *v)
{
    if (v->is_vmid_used && !v->caps->vmid16 &&
        !smmu_address_fits(smmu_STE_S2VMID(v->ste), SMALL_VMID_BITS))
        return "E17";
    return NULL;
}

/* The structure maps the partitions that a guest writes into its CDs (17.3). */
static bool has_vms(const struct ste_view *v)
{
    return v->config == SMMU_CONFIG_NESTED && v->caps->mpam && smmu_STE_S1MPAM(v->ste);
}

static const char *check_vms(const struct ste_view *v)
{
    if (has_vms(v) && !smmu_address_fits(smmu_STE_VMSPtr_addr(v->ste), v->caps->oas_bits))
        return "E18";
    return NULL;
}

static const char *broken_rule(const struct ste_view *v)
{
    static const char *(*const checks[])(const struct ste_view *) = {
        check_stages, check_ats, check_strw, check_s1, check_s2, check_vmid, check_vms,
    };
    const char *rule = NULL;

    if (!smmu_STE_V(v->ste))
        return "E01";
    if (v->config == SMMU_CONFIG_ABORT)
        return NULL; /* E02 */
    for (size_t i = 0; i < sizeof(checks) / sizeof(checks[0]) && !rule; i++)
        rule = checks[i](v);
    return rule;
}

/* ---- meaning ---------------------------------------------------------------------------------*/

static enum smmu_world decode_world(const struct ste_view *v, const struct smmu_ctrl *ctrl)
{
    if (!v->is_strw_used || smmu_STE_STRW(v->ste) != SMMU_STE_STRW_EL2)
        return SMMU_WORLD_NS_EL1;
    return ctrl->e2h ? SMMU_WORLD_EL2_E2H : SMMU_WORLD_EL2;
}

static enum smmu_eats decode_eats(const struct ste_view *v, const struct smmu_ctrl *ctrl)
{
    if (!v->caps->ats || v->config == SMMU_CONFIG_BYPASS)
        return SMMU_EATS_OFF;
    switch (smmu_STE_EATS(v->ste)) {
    case SMMU_STE_EATS_FULL:
        return SMMU_EATS_FULL;
    case SMMU_STE_EATS_SPLIT: /* Translated transactions must be checked for these two */
        return ctrl->ats_check ? SMMU_EATS_SPLIT : SMMU_EATS_OFF;
    case SMMU_STE_EATS_DPT:
        return ctrl->ats_check && v->caps->dpt ? SMMU_EATS_DPT : SMMU_EATS_OFF;
    default:
        return SMMU_EATS_OFF;
    }
}

static enum smmu_cacheability decode_cache(uint64_t code)
{
    switch (code) {
    case SMMU_STE_S1CIR_WBRA:
        return SMMU_CACHE_WB_ALLOC;
    case SMMU_STE_S1CIR_WT:
        return SMMU_CACHE_WT;
    case SMMU_STE_S1CIR_WB:
        return SMMU_CACHE_WB;
    default:
        return SMMU_CACHE_NON;
    }
}

/* Of an access of the SMMU itself: nothing comes in with it. */
static enum smmu_shareability decode_table_sh(uint64_t code)
{
    switch (code) {
    case SMMU_STE_S1CSH_OSH:
        return SMMU_SH_OUTER;
    case SMMU_STE_S1CSH_ISH:
        return SMMU_SH_INNER;
    default:
        return SMMU_SH_NON;
    }
}

static enum smmu_shareability decode_sh_override(uint64_t code)
{
    return code == SMMU_STE_SHCFG_INCOMING ? SMMU_SH_INCOMING : decode_table_sh(code);
}

static enum smmu_dss decode_dss(uint64_t code)
{
    switch (code) {
    case SMMU_STE_S1DSS_BYPASS:
        return SMMU_DSS_BYPASS;
    case SMMU_STE_S1DSS_SSID0:
        return SMMU_DSS_SSID0;
    default:
        return SMMU_DSS_TERMINATE;
    }
}

static enum smmu_cd_table_format decode_s1_fmt(uint64_t code)
{
    switch (code) {
    case SMMU_STE_S1Fmt_TWO_4K:
        return SMMU_CDTAB_TWO_LEVEL_4K;
    case SMMU_STE_S1Fmt_TWO_64K:
        return SMMU_CDTAB_TWO_LEVEL_64K;
    default:
        return SMMU_CDTAB_LINEAR;
    }
}

static void decode_s1(const struct ste_view *v, struct smmu_ste *out)
{
    out->s1_context_ptr = smmu_STE_S1ContextPtr_addr(v->ste);
    out->s1_cd_max = v->s1_cd_max;
    if (v->s1_cd_max > 0) {
        out->s1_fmt = decode_s1_fmt(smmu_STE_S1Fmt(v->ste));
        out->s1_dss = decode_dss(smmu_STE_S1DSS(v->ste));
    }
    out->cd_fetch.inner = decode_cache(smmu_STE_S1CIR(v->ste));
    out->cd_fetch.outer = decode_cache(smmu_STE_S1COR(v->ste));
    out->cd_fetch.sh = decode_table_sh(smmu_STE_S1CSH(v->ste));
    out->s1stalld = smmu_STE_S1STALLD(v->ste) != 0;
    out->ppar = smmu_STE_PPAR(v->ste) != 0;
}

static void decode_s2_tables(const struct ste_view *v, struct smmu_s2 *s2)
{
    s2->t0sz = (unsigned)smmu_STE_S2T0SZ(v->ste);
    s2->start_level = s2_start_level(v);
    s2->granule_log2 = v->s2_granule_log2;
    s2->ps_bits = v->s2_ps_bits;
    s2->ds = v->is_s2_ds;
    s2->ttb = smmu_STE_S2TTB_addr(v->ste);
}

static void decode_s2(const struct ste_view *v, struct smmu_s2 *s2)
{
    const uint64_t *ste = v->ste;

    s2->is_lpae = v->is_s2_lpae;
    if (!v->is_s2_lpae)
        decode_s2_tables(v, s2);
    s2->walk.inner = decode_cache(smmu_STE_S2IR0(ste));
    s2->walk.outer = decode_cache(smmu_STE_S2OR0(ste));
    s2->walk.sh = decode_table_sh(smmu_STE_S2SH0(ste));
    s2->is_big_endian = smmu_STE_S2ENDI(ste) != 0;
    s2->affd = smmu_STE_S2AFFD(ste) != 0;
    s2->ptw = smmu_STE_S2PTW(ste) != 0;
    s2->s = smmu_STE_S2S(ste) != 0;
    s2->r = smmu_STE_S2R(ste) != 0;
    s2->ha = smmu_STE_S2HA(ste) != 0;
    s2->hd = s2->ha && smmu_STE_S2HD(ste) != 0;
    s2->haft = v->caps->httu == SMMU_IDR0_HTTU_TABLES && smmu_STE_S2HAFT(ste) != 0;
    s2->fwb = v->caps->fwb && smmu_STE_S2FWB(ste) != 0;
}

static unsigned decode_mem_attr(uint64_t code)
{
    switch (code) {
    case MEMATTR_RESERVED1:
    case MEMATTR_RESERVED2:
    case MEMATTR_RESERVED3:
        return MEMATTR_NGNRNE;
    default:
        return (unsigned)code;
    }
}

static void decode_type_overrides(const uint64_t *ste, struct smmu_overrides *out)
{
    const uint64_t alloc = smmu_STE_ALLOCCFG(ste);

    out->sh = decode_sh_override(smmu_STE_SHCFG(ste));
    out->has_mem_attr = smmu_STE_MTCFG(ste) != 0;
    if (out->has_mem_attr)
        out->mem_attr = decode_mem_attr(smmu_STE_MemAttr(ste));
    out->has_alloc = (alloc & ALLOC_OVERRIDE) != 0;
    if (out->has_alloc) {
        out->read_alloc = (alloc & ALLOC_READ) != 0;
        out->write_alloc = (alloc & ALLOC_WRITE) != 0;
        out->is_transient = (alloc & ALLOC_TRANSIENT) != 0;
    }
}

static void decode_permission_overrides(const uint64_t *ste, struct smmu_overrides *out)
{
    const uint64_t priv = smmu_STE_PRIVCFG(ste);
    const uint64_t inst = smmu_STE_INSTCFG(ste);

    if (priv == SMMU_STE_PRIVCFG_UNPRIVILEGED)
        out->priv = SMMU_PRIV_UNPRIVILEGED;
    else if (priv == SMMU_STE_PRIVCFG_PRIVILEGED)
        out->priv = SMMU_PRIV_PRIVILEGED;
    if (inst == SMMU_STE_INSTCFG_DATA)
        out->inst = SMMU_INST_DATA;
    else if (inst == SMMU_STE_INSTCFG_INSTRUCTION)
        out->inst = SMMU_INST_INSTRUCTION;
}

/* With stage 1 alone, types come from its tables, except for what skips it. */
static void decode_overrides(const struct ste_view *v, struct smmu_ste *out)
{
    const bool has_types = v->config != SMMU_CONFIG_S1 || out->s1_dss == SMMU_DSS_BYPASS;

    out->overrides.sh = SMMU_SH_INCOMING;
    if (v->caps->attr_types_ovr && has_types)
        decode_type_overrides(v->ste, &out->overrides);
    if (v->caps->attr_perms_ovr)
        decode_permission_overrides(v->ste, &out->overrides);
}

static void decode_ste(const struct ste_view *v, const struct smmu_ctrl *ctrl, struct smmu_ste *out)
{
    out->has_s1 = v->has_s1;
    out->has_s2 = v->has_s2;
    out->world = decode_world(v, ctrl);
    out->eats = decode_eats(v, ctrl);
    out->vmid = v->is_vmid_used ? (unsigned)smmu_STE_S2VMID(v->ste) : 0;
    if (v->has_s1)
        decode_s1(v, out);
    if (v->has_s2)
        decode_s2(v, &out->s2);
    if (v->has_s1 || v->has_s2)
        out->mev = smmu_STE_MEV(v->ste) != 0;
    decode_overrides(v, out);
    out->has_vms = has_vms(v);
    if (out->has_vms)
        out->vms_ptr = smmu_STE_VMSPtr_addr(v->ste);
}

int smmu_ste_decode(const uint64_t *ste, const struct smmu_caps *caps, const struct smmu_ctrl *ctrl,
                    struct smmu_ste *out)
{
    const struct smmu_ste none = {.overrides = {.sh = SMMU_SH_INCOMING}};
    const struct ste_view v = view_of(ste, caps);

    *out = none;
    out->rule = broken_rule(&v);
    if (out->rule)
        return SMMU_EVT_C_BAD_STE;
    out->config = v.config;
    out->is_abort = v.config == SMMU_CONFIG_ABORT;
    if (!out->is_abort)
        decode_ste(&v, ctrl, out);
    return 0;
}
