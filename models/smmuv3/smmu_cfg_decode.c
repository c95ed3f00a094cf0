/* SPDX-License-Identifier: BSD-2-Clause
 * smmu_cfg_decode.c - from a StreamID to its STE, from a SubstreamID to its CD.
 * Knows: shapes of the two tables. Must not know: time, memory, what is in an STE's words. */
#include "models/smmuv3/smmu_cfg_decode.h"

#include "models/smmuv3/smmu_layout.h"

enum {
    LOG2_WORD = 3,   /* an L1STD or L1CD */
    LOG2_STRUCT = 6, /* an STE or CD; also the least alignment of a table */
    SPLIT_CD_4K = 6, /* CDs in a second-level table, log2 */
    SPLIT_CD_64K = 10,
};

static uint64_t low_bits(uint64_t value, unsigned n_bits)
{
    return value & ((UINT64_C(1) << n_bits) - 1);
}

static uint64_t align_down(uint64_t address, unsigned log2)
{
    return address - low_bits(address, log2);
}

/* Log2 of the bytes of a first level that tells @n_bits of an index apart from @split upwards. */
static unsigned first_level_log2(unsigned n_bits, unsigned split)
{
    const unsigned log2 = LOG2_WORD + (n_bits > split ? n_bits - split : 0);

    return log2 > LOG2_STRUCT ? log2 : LOG2_STRUCT;
}

bool smmu_cfg_is_recorded(int event, const struct smmu_ctrl *ctrl)
{
    return event != SMMU_EVT_C_BAD_STREAMID || ctrl->rec_inv_sid;
}

/* The three that the architecture names; all others behave as the first (6.3.25). */
static unsigned effective_split(uint64_t split)
{
    return split == 8 || split == 10 ? (unsigned)split : 6;
}

void smmu_strtab_parse(uint64_t base, uint32_t base_cfg, const struct smmu_caps *caps,
                       struct smmu_strtab *out)
{
    const uint64_t cfg = base_cfg;
    const unsigned log2size = (unsigned)smmu_STRTAB_BASE_CFG_LOG2SIZE(&cfg);
    unsigned table_log2 = 0;

    out->log2size = log2size < caps->sid_bits ? log2size : caps->sid_bits;
    if (caps->st_level && smmu_STRTAB_BASE_CFG_FMT(&cfg) == SMMU_STRTAB_BASE_CFG_FMT_TWO) {
        out->fmt = SMMU_STRTAB_TWO_LEVEL;
        out->split = effective_split(smmu_STRTAB_BASE_CFG_SPLIT(&cfg));
        table_log2 = first_level_log2(out->log2size, out->split);
    } else {
        out->fmt = SMMU_STRTAB_LINEAR;
        out->split = 0;
        table_log2 = out->log2size + LOG2_STRUCT;
    }
    out->base = align_down(smmu_STRTAB_BASE_ADDR_addr(&base), table_log2);
}

int smmu_strtab_check_sid(const struct smmu_strtab *strtab, uint32_t sid)
{
    return smmu_address_fits(sid, strtab->log2size) ? 0 : SMMU_EVT_C_BAD_STREAMID;
}

uint64_t smmu_ste_address(const struct smmu_strtab *strtab, uint32_t sid)
{
    return strtab->base + ((uint64_t)sid << LOG2_STRUCT);
}

uint64_t smmu_l1std_address(const struct smmu_strtab *strtab, uint32_t sid)
{
    return strtab->base + ((uint64_t)(sid >> strtab->split) << LOG2_WORD);
}

int smmu_l1std_check(uint64_t l1std, uint32_t sid, const struct smmu_strtab *strtab,
                     uint64_t *address)
{
    const unsigned n_stes = smmu_l1std_stes(smmu_L1STD_Span(&l1std));
    const uint64_t index = low_bits(sid, strtab->split);
    const uint64_t n_bytes = (uint64_t)n_stes << LOG2_STRUCT;
    const uint64_t table = smmu_L1STD_L2Ptr_addr(&l1std);

    if (n_stes > 1u << strtab->split || index >= n_stes) /* no index is below 0 STEs */
        return SMMU_EVT_C_BAD_STREAMID;
    *address = (table & ~(n_bytes - 1)) + (index << LOG2_STRUCT);
    return 0;
}

int smmu_ste_fetch_check(const struct smmu_caps *caps, uint64_t *address)
{
    if (smmu_address_fits(*address, caps->oas_bits))
        return 0;
    if (!caps->choices.is_ste_fetch_truncated)
        return SMMU_EVT_F_STE_FETCH;
    *address = low_bits(*address, caps->oas_bits);
    return 0;
}

/* A transaction without SubstreamID, in a stream that has substreams. */
static int decode_no_ssid(const struct smmu_ste *ste, struct smmu_cd_choice *out)
{
    const struct smmu_cd_choice bypass = {SMMU_CD_USE_BYPASS, 0};
    const struct smmu_cd_choice first = {SMMU_CD_USE_INDEX, 0};

    switch (ste->s1_dss) {
    case SMMU_DSS_BYPASS:
        *out = bypass;
        return 0;
    case SMMU_DSS_SSID0:
        *out = first;
        return 0;
    case SMMU_DSS_TERMINATE:
    default:
        return SMMU_EVT_F_STREAM_DISABLED;
    }
}

int smmu_ssid_decode(const struct smmu_ste *ste, const struct smmu_caps *caps, bool ssv,
                     uint32_t ssid, struct smmu_cd_choice *out)
{
    const bool has_substreams = ste->has_s1 && ste->s1_cd_max > 0 && caps->ssid_bits > 0;

    if (ste->is_abort) { /* before any look at the SubstreamID */
        out->use = SMMU_CD_USE_ABORT;
        out->index = 0;
        return 0;
    }
    if (ssv && (!has_substreams || !smmu_address_fits(ssid, ste->s1_cd_max)))
        return SMMU_EVT_C_BAD_SUBSTREAMID;
    if (ssv && ssid == 0 && ste->s1_dss == SMMU_DSS_SSID0)
        return SMMU_EVT_F_STREAM_DISABLED; /* CD 0 is for those without */
    if (!ssv && has_substreams)
        return decode_no_ssid(ste, out);
    out->use = ste->has_s1 ? SMMU_CD_USE_INDEX : SMMU_CD_USE_BYPASS;
    out->index = ssv ? ssid : 0;
    return 0;
}

static unsigned cd_split(const struct smmu_ste *ste)
{
    return ste->s1_fmt == SMMU_CDTAB_TWO_LEVEL_64K ? SPLIT_CD_64K : SPLIT_CD_4K;
}

uint64_t smmu_cd_address(const struct smmu_ste *ste, uint32_t index)
{
    return align_down(ste->s1_context_ptr, ste->s1_cd_max + LOG2_STRUCT) +
           ((uint64_t)index << LOG2_STRUCT);
}

uint64_t smmu_l1cd_address(const struct smmu_ste *ste, uint32_t index)
{
    const unsigned split = cd_split(ste);

    return align_down(ste->s1_context_ptr, first_level_log2(ste->s1_cd_max, split)) +
           ((uint64_t)(index >> split) << LOG2_WORD);
}

/* Stage 1 only: an address beyond OAS is never read (3.4.3, from 3.1 on). With stage 2 it is an
 * IPA, and who finds that it is too large is left open. */
int smmu_l1cd_check(uint64_t l1cd, uint32_t index, const struct smmu_ste *ste,
                    const struct smmu_caps *caps, uint64_t *address)
{
    const unsigned split = cd_split(ste);
    const uint64_t table = smmu_L1CD_L2Ptr_addr(&l1cd);
    const unsigned n_bits = ste->has_s2 ? caps->ias_bits : caps->oas_bits;
    const bool is_checked = !ste->has_s2 || caps->choices.is_nested_cd_ptr_checked;

    if (!smmu_L1CD_V(&l1cd) || (is_checked && !smmu_address_fits(table, n_bits)))
        return SMMU_EVT_C_BAD_SUBSTREAMID;
    *address = align_down(table, split + LOG2_STRUCT) + (low_bits(index, split) << LOG2_STRUCT);
    return 0;
}
