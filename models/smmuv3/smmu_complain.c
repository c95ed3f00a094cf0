/* SPDX-License-Identifier: BSD-2-Clause
 * smmu_complain.c - what is wrong with raw words, as far as they alone tell.
 * Knows: layouts, the rules of validity. Must not know: ID registers, other structures. */
#include "models/smmuv3/smmu_decode.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

enum {
    LOG2_4K = 12,
    LOG2_16K = 14,
    LOG2_64K = 16,
    LAST_LEVEL = 3,
    TXSZ_MIN = 16,       /* 48 bits */
    TXSZ_MIN_LARGE = 12, /* 52 bits: 64 KiB granule or DS */
    TXSZ_MAX = 48,
    TXSZ_MAX_64K = 47,
    SMALL_ADDRESS_BITS = 48, /* all that a table base has without 64 KiB granule or DS */
};

static bool fits(uint64_t address, unsigned n_bits)
{
    return n_bits >= 64 || address >> n_bits == 0;
}

void smmu_complain_l1std(const uint64_t *words, const struct hw_hints *hints,
                         struct hw_decoded *out)
{
    const uint64_t span = smmu_L1STD_Span(words);
    const uint64_t n_bytes = sizeof(uint64_t) * SMMU_WORDS_STE * smmu_l1std_stes(span);

    (void)hints;
    if (n_bytes == 0) {
        hw_complain(out, "C_BAD_STREAMID (S05): Span=%" PRIu64 " %s: no StreamID here is valid",
                    span, span ? "is reserved and acts as 0" : "is invalid");
        return;
    }
    if (smmu_L1STD_L2Ptr_addr(words) & (n_bytes - 1))
        hw_complain(out,
                    "L2Ptr is not aligned to its table (S05): the bits below 0x%" PRIx64
                    " are taken as 0",
                    n_bytes);
}

/** struct s2_start - input sizes that go with a stage 2 start level (facts 4.4). */
struct s2_start {
    unsigned granule_log2;
    int level;
    unsigned t0sz_min, t0sz_min_ds, t0sz_max;
};

static const struct s2_start s2_starts[] = {
    {LOG2_4K, 2, 30, 30, 42},  {LOG2_4K, 1, 21, 21, 33},  {LOG2_4K, 0, 16, 12, 24},
    {LOG2_4K, 3, 39, 39, 48},  {LOG2_16K, 3, 35, 35, 48}, {LOG2_16K, 2, 24, 24, 38},
    {LOG2_16K, 1, 16, 13, 27}, {LOG2_16K, 0, 12, 12, 16}, {LOG2_64K, 3, 31, 31, 47},
    {LOG2_64K, 2, 18, 18, 34}, {LOG2_64K, 1, 12, 12, 21},
};

static bool is_start_consistent(const uint64_t *ste, unsigned granule)
{
    const uint64_t t0sz = smmu_STE_S2T0SZ(ste);
    const int level = smmu_s2_start_level(ste);
    const bool is_large = smmu_STE_S2DS(ste) != 0;

    /* Levels that exist with DS only; how far -1 reaches is not in the facts. */
    if (level == -1)
        return true;
    if (granule == LOG2_16K && level == 0 && !is_large)
        return false;
    for (size_t i = 0; i < sizeof(s2_starts) / sizeof(s2_starts[0]); i++) {
        const struct s2_start *s = &s2_starts[i];

        if (s->granule_log2 == granule && s->level == level)
            return t0sz >= (is_large ? s->t0sz_min_ds : s->t0sz_min) && t0sz <= s->t0sz_max;
    }
    return false;
}

static unsigned txsz_min(unsigned granule, bool is_ds)
{
    return granule == LOG2_64K || is_ds ? TXSZ_MIN_LARGE : TXSZ_MIN;
}

static unsigned txsz_max(unsigned granule)
{
    return granule == LOG2_64K ? TXSZ_MAX_64K : TXSZ_MAX;
}

static void complain_s2_table(const uint64_t *ste, struct hw_decoded *out)
{
    const unsigned granule = smmu_s2tg_log2(smmu_STE_S2TG(ste));
    const unsigned ps_bits = smmu_address_bits(smmu_STE_S2PS(ste));
    const uint64_t t0sz = smmu_STE_S2T0SZ(ste);
    const uint64_t ttb = smmu_STE_S2TTB_addr(ste);
    const bool is_ds = smmu_STE_S2DS(ste) != 0;

    if (granule == 0) {
        hw_complain(out, "C_BAD_STE (E12): S2TG=%" PRIu64 " is reserved", smmu_STE_S2TG(ste));
        return;
    }
    if (!fits(ttb, ps_bits))
        hw_complain(out, "C_BAD_STE (E13): S2TTB does not fit S2PS, %u bits", ps_bits);
    if (granule != LOG2_64K && !is_ds && !fits(ttb, SMALL_ADDRESS_BITS))
        hw_complain(out, "C_BAD_STE (E13): S2TTB above 48 bits needs a 64 KiB granule or S2DS");
    if (t0sz < txsz_min(granule, is_ds) || t0sz > txsz_max(granule))
        hw_complain(out, "C_BAD_STE (E14): S2T0SZ=%" PRIu64 " is outside %u..%u", t0sz,
                    txsz_min(granule, is_ds), txsz_max(granule));
    else if (!is_start_consistent(ste, granule))
        hw_complain(
            out, "C_BAD_STE (E15): S2SL0=%" PRIu64 " does not go with S2T0SZ=%" PRIu64 " and S2TG",
            smmu_STE_S2SL0(ste), t0sz);
}

static void complain_s2(const uint64_t *ste, struct hw_decoded *out)
{
    const bool is_lpae = smmu_STE_S2AA64(ste) == SMMU_STE_S2AA64_LPAE;

    if (is_lpae && smmu_STE_S2FWB(ste))
        hw_complain(out, "C_BAD_STE (E09): S2FWB=1 with LPAE tables");
    if (is_lpae && (smmu_STE_S2HA(ste) || smmu_STE_S2HD(ste)))
        hw_complain(out, "C_BAD_STE (E11): S2HA or S2HD with LPAE tables");
    if (smmu_STE_S2HAFT(ste) && !smmu_STE_S2HA(ste))
        hw_complain(out, "C_BAD_STE (E11): S2HAFT=1 without S2HA");
    if (!is_lpae)
        complain_s2_table(ste, out);
}

/* Only where ATS is implemented (IDR0.ATS); elsewhere EATS is ignored. */
static void complain_eats(const uint64_t *ste, struct hw_decoded *out)
{
    const uint64_t eats = smmu_STE_EATS(ste);
    const uint64_t config = smmu_STE_Config(ste);
    const bool is_s2_stall = smmu_STE_S2S(ste) != 0;

    if (eats == SMMU_STE_EATS_SPLIT && (config != SMMU_STE_Config_NESTED || is_s2_stall))
        hw_complain(out, "C_BAD_STE (E04, if IDR0.ATS=1): EATS=SPLIT needs Config=NESTED, S2S=0");
    if (eats == SMMU_STE_EATS_FULL && config != SMMU_STE_Config_S1 && is_s2_stall)
        hw_complain(out, "C_BAD_STE (E04, if IDR0.ATS=1): EATS=FULL with S2S=1");
}

void smmu_complain_ste(const uint64_t *words, const struct hw_hints *hints, struct hw_decoded *out)
{
    const uint32_t conditions = smmu_ste_conditions(words);
    const uint64_t strw = smmu_STE_STRW(words);

    (void)hints;
    if (!smmu_STE_V(words)) {
        hw_complain(out, "C_BAD_STE (E01): V=0");
        return;
    }
    if (conditions & SMMU_USED_WALK)
        complain_eats(words, out);
    if (conditions & SMMU_USED_STRW && strw != SMMU_STE_STRW_EL1 && strw != SMMU_STE_STRW_EL2)
        hw_complain(out, "C_BAD_STE (E05): STRW=%" PRIu64 " is reserved (if IDR0.Hyp=1)", strw);
    if (conditions & SMMU_USED_S2)
        complain_s2(words, out);
}

void smmu_complain_l1cd(const uint64_t *words, const struct hw_hints *hints, struct hw_decoded *out)
{
    (void)hints;
    if (!smmu_L1CD_V(words))
        hw_complain(out, "C_BAD_SUBSTREAMID (C03): V=0");
}

/** struct half - one half of a CD's address space. */
struct half {
    char digit;
    unsigned granule_log2;
    uint64_t code, txsz, ttb;
};

static void complain_half(const uint64_t *cd, const struct half *half, struct hw_decoded *out)
{
    const unsigned granule = half->granule_log2;
    const unsigned ips_bits = smmu_address_bits(smmu_CD_IPS(cd));
    const bool is_ds = smmu_CD_DS(cd) != 0;

    if (granule == 0)
        hw_complain(out, "C_BAD_CD (D09): TG%c=%" PRIu64 " is reserved", half->digit, half->code);
    else if (half->txsz < txsz_min(granule, is_ds) || half->txsz > txsz_max(granule))
        hw_complain(out, "C_BAD_CD (D08): T%cSZ=%" PRIu64 " is outside %u..%u", half->digit,
                    half->txsz, txsz_min(granule, is_ds), txsz_max(granule));
    if (!fits(half->ttb, ips_bits))
        hw_complain(out, "C_BAD_CD (D10): TTB%c does not fit IPS, %u bits", half->digit, ips_bits);
    if (granule != LOG2_64K && !is_ds && !fits(half->ttb, SMALL_ADDRESS_BITS))
        hw_complain(out, "C_BAD_CD (D10): TTB%c above 48 bits needs a 64 KiB granule or DS",
                    half->digit);
}

void smmu_complain_cd(const uint64_t *words, const struct hw_hints *hints, struct hw_decoded *out)
{
    const uint32_t conditions = smmu_cd_conditions(words);
    const struct half lower = {'0', smmu_tg0_log2(smmu_CD_TG0(words)), smmu_CD_TG0(words),
                               smmu_CD_T0SZ(words), smmu_CD_TTB0_addr(words)};
    const struct half upper = {'1', smmu_tg1_log2(smmu_CD_TG1(words)), smmu_CD_TG1(words),
                               smmu_CD_T1SZ(words), smmu_CD_TTB1_addr(words)};

    (void)hints;
    if (!smmu_CD_V(words)) {
        hw_complain(out, "C_BAD_CD (D01): V=0");
        return;
    }
    if (smmu_CD_HAFT(words) && !smmu_CD_HA(words))
        hw_complain(out, "C_BAD_CD (D06): HAFT=1 without HA");
    if (smmu_CD_AA64(words) == SMMU_CD_AA64_LPAE)
        return; /* TxSZ and TGx mean something else there */
    if (conditions & SMMU_USED_HALF0)
        complain_half(words, &lower, out);
    if (conditions & SMMU_USED_HALF1)
        complain_half(words, &upper, out);
}

void smmu_complain_pte(const uint64_t *words, const struct hw_hints *hints, struct hw_decoded *out)
{
    const struct hw_field *af = hw_field_find(out->layout, "AF");
    const unsigned level = hints && hints->level ? hints->level - 1u : 0;

    if (!smmu_PTE_INVALID_Valid(words))
        hw_complain(out, "F_TRANSLATION: the descriptor is invalid");
    else if (level > LAST_LEVEL)
        hw_complain(out, "there is no level %u", level);
    else if (out->layout == &smmu_layout_PTE_INVALID)
        hw_complain(out,
                    level == LAST_LEVEL ? "F_TRANSLATION: bit 1 is 0 at level %u: reserved"
                                        : "F_TRANSLATION: no block at level %u with this "
                                          "granule",
                    level);
    else if (af && !hw_get(words, af->msb, af->lsb))
        hw_complain(out, "F_ACCESS: AF=0, unless AFFD or hardware update is on");
}

/* Alignment that a level hint asks of the address (I06): the size of a leaf at that level. */
static void complain_tlbi_address(const uint64_t *cmd, unsigned granule, struct hw_decoded *out)
{
    const uint64_t ttl = smmu_TLBI_NH_VA_TTL(cmd);
    const unsigned level = ttl == SMMU_TLBI_NH_VA_TTL_ANY ? LAST_LEVEL : (unsigned)ttl;
    const uint64_t n_bytes = UINT64_C(1) << (granule + (LAST_LEVEL - level) * (granule - 3));

    if (granule == LOG2_16K && ttl == SMMU_TLBI_NH_VA_TTL_LEVEL1)
        return; /* acts as any level without DS */
    if (smmu_TLBI_NH_VA_Addr_addr(cmd) & (n_bytes - 1))
        hw_complain(out, "Addr is not aligned to 0x%" PRIx64 ": the range is unpredictable (I06)",
                    n_bytes);
}

static void complain_tlbi(const uint64_t *cmd, struct hw_decoded *out)
{
    const unsigned granule = smmu_tlbi_tg_log2(smmu_TLBI_NH_VA_TG(cmd));
    const uint64_t ttl = smmu_TLBI_NH_VA_TTL(cmd);
    const bool is_range = smmu_TLBI_NH_VA_NUM(cmd) || smmu_TLBI_NH_VA_SCALE(cmd);

    if (granule == 0) {
        if (is_range || ttl != SMMU_TLBI_NH_VA_TTL_ANY)
            hw_complain(out, "NUM, SCALE and TTL must be 0 without TG (I01)");
        return;
    }
    if (!is_range && ttl == SMMU_TLBI_NH_VA_TTL_ANY)
        hw_complain(out, "CERROR_ILL (I05): TG with NUM=0, SCALE=0 and TTL=0");
    if (!is_range && ttl == SMMU_TLBI_NH_VA_TTL_LEVEL1 && granule == LOG2_16K)
        hw_complain(out, "CERROR_ILL (I05, if IDR5.DS=0): 16 KiB, NUM=0, SCALE=0 and TTL=1");
    complain_tlbi_address(cmd, granule, out);
}

void smmu_complain_cmd(const uint64_t *words, const struct hw_hints *hints, struct hw_decoded *out)
{
    const uint64_t op = smmu_UNKNOWN_CMD_op(words);

    (void)hints;
    if (out->layout == &smmu_layout_UNKNOWN_CMD)
        hw_complain(out, "CERROR_ILL: opcode 0x%02" PRIx64 " is unknown", op);
    else if (smmu_cmd_is_secure(op))
        hw_complain(out, "CERROR_ILL: %s in a Non-secure queue", out->layout->name);
    else if (smmu_CFGI_STE_SSec(words))
        hw_complain(out, "CERROR_ILL: SSec=1 in a Non-secure queue");
    if (hw_field_find(out->layout, "TG"))
        complain_tlbi(words, out);
    if (op == SMMU_CMD_SYNC && !hw_encoding_find(out->layout, "CS", smmu_CMD_SYNC_CS(words)))
        hw_complain(out, "CERROR_ILL: CS=%" PRIu64, smmu_CMD_SYNC_CS(words));
    if (op == SMMU_CMD_PRI_RESP &&
        !hw_encoding_find(out->layout, "Resp", smmu_PRI_RESP_Resp(words)))
        hw_complain(out, "CERROR_ILL: Resp=%" PRIu64, smmu_PRI_RESP_Resp(words));
}

void smmu_complain_evt(const uint64_t *words, const struct hw_hints *hints, struct hw_decoded *out)
{
    (void)hints;
    if (out->layout == &smmu_layout_UNKNOWN_EVT)
        hw_complain(out, "event number 0x%02" PRIx64 " is unknown", smmu_UNKNOWN_EVT_number(words));
}

void smmu_complain_pri(const uint64_t *words, const struct hw_hints *hints, struct hw_decoded *out)
{
    (void)hints;
    if (!smmu_PRI_SSV(words) && (smmu_PRI_X(words) || smmu_PRI_Priv(words)))
        hw_complain(out, "X and Priv are 0 in a request without PASID");
}
