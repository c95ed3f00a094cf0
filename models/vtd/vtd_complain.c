/* SPDX-License-Identifier: BSD-2-Clause
 * vtd_complain.c - what is wrong with a structure, as far as its own words tell.
 * Knows: layouts, fault codes. Must not know: capabilities, the order in which hardware checks. */
#include "models/vtd/vtd_decode.h"

#include <inttypes.h>

/* The fault that a request meets when hardware reads these words. */
static void complain_fault(struct hw_decoded *out, enum vtd_fault_code code, const char *why)
{
    const struct vtd_fault *fault = vtd_fault_find(code);

    hw_complain(out, "%s (%s): %s", fault->name, fault->id, why);
}

/* Is any bit of @words set that no field of @layout covers? */
static bool has_reserved(const struct hw_layout *layout, const uint64_t *words)
{
    uint64_t bits[HW_MAX_WORDS] = {0};

    return hw_reserved_set(layout, words, bits);
}

/* Does @field, which lists its encodings, hold a value that has none? */
static bool is_unnamed(const struct hw_layout *layout, const char *field, uint64_t value)
{
    return !hw_encoding_find(layout, field, value);
}

void vtd_complain_root(const uint64_t *words, const struct hw_hints *hints, struct hw_decoded *out)
{
    uint64_t bits[HW_MAX_WORDS] = {0};

    if (hints && hints->is_legacy) {
        if (vtd_ROOT_LEGACY_P(words) && has_reserved(&vtd_layout_ROOT_LEGACY, words))
            complain_fault(out, VTD_F_0Ah, "reserved bits set");
        return;
    }
    (void)hw_reserved_set(&vtd_layout_ROOT, words, bits);
    if (vtd_ROOT_LP(words) && bits[0])
        complain_fault(out, VTD_F_3Ah, "reserved bits set in the lower half");
    if (vtd_ROOT_UP(words) && bits[1])
        complain_fault(out, VTD_F_3Ah, "reserved bits set in the upper half");
}

static void complain_ctx_legacy(const uint64_t *words, struct hw_decoded *out)
{
    const struct hw_layout *layout = &vtd_layout_CTX_LEGACY;

    if (!vtd_CTX_LEGACY_P(words))
        return;
    if (has_reserved(layout, words))
        complain_fault(out, VTD_F_0Bh, "reserved bits set");
    if (is_unnamed(layout, "TT", vtd_CTX_LEGACY_TT(words)))
        complain_fault(out, VTD_F_03h, "TT is reserved");
    if (is_unnamed(layout, "AW", vtd_CTX_LEGACY_AW(words)))
        complain_fault(out, VTD_F_03h, "AW is reserved");
}

void vtd_complain_ctx(const uint64_t *words, const struct hw_hints *hints, struct hw_decoded *out)
{
    if (hints && hints->is_legacy) {
        complain_ctx_legacy(words, out);
        return;
    }
    if (!vtd_CTX_P(words))
        return;
    if (has_reserved(&vtd_layout_CTX, words))
        complain_fault(out, VTD_F_42h, "reserved bits set");
    if (vtd_CTX_PRE(words) && !vtd_CTX_DTE(words))
        complain_fault(out, VTD_F_43h, "PRE=1 needs DTE=1");
    if (vtd_CTX_EPTR(words) && !vtd_CTX_PASIDE(words))
        complain_fault(out, VTD_F_43h, "EPTR=1 needs PASIDE=1");
    /* 2^(PDTS + 7) directory entries, 64 PASIDs behind each */
    if (vtd_CTX_RID_PASID(words) >> (vtd_CTX_PDTS(words) + 13))
        complain_fault(out, VTD_F_43h, "RID_PASID lies beyond the directory");
}

void vtd_complain_pasid_dir(const uint64_t *words, const struct hw_hints *hints,
                            struct hw_decoded *out)
{
    (void)hints;
    if (vtd_PASID_DIR_P(words) && has_reserved(&vtd_layout_PASID_DIR, words))
        complain_fault(out, VTD_F_52h, "reserved bits set");
}

void vtd_complain_pasid(const uint64_t *words, const struct hw_hints *hints, struct hw_decoded *out)
{
    const struct hw_layout *layout = &vtd_layout_PASID;
    const uint32_t used = vtd_pasid_conditions(words);

    (void)hints;
    if (!vtd_PASID_P(words))
        return;
    if (has_reserved(layout, words))
        complain_fault(out, VTD_F_5Ah, "reserved bits set");
    if (is_unnamed(layout, "PGTT", vtd_PASID_PGTT(words)))
        complain_fault(out, VTD_F_5Bh, "PGTT is reserved");
    if (used & VTD_USED_SS_NESTED && is_unnamed(layout, "AW", vtd_PASID_AW(words)))
        complain_fault(out, VTD_F_5Bh, "AW is reserved");
    if (used & VTD_USED_FS_NESTED && is_unnamed(layout, "FSPM", vtd_PASID_FSPM(words)))
        complain_fault(out, VTD_F_5Bh, "FSPM is reserved");
}

/* Entry levels: 1 maps 4 KiB, 2 may map 2 MiB, 3 may map 1 GiB; 0 = not known. */
static unsigned level_of(const struct hw_hints *hints)
{
    return hints && hints->level ? hints->level - 1u : 0u;
}

/* Page frame bits that a large page at @level leaves unused: 9 per level. */
static uint64_t unused_frame_bits(unsigned level)
{
    return (UINT64_C(1) << 9 * (level - 1)) - 1;
}

void vtd_complain_pte_fs(const uint64_t *words, const struct hw_hints *hints,
                         struct hw_decoded *out)
{
    const unsigned level = level_of(hints);

    if (!vtd_PTE_FS_P(words) || !vtd_PTE_FS_PS(words))
        return;
    if (level > 3)
        complain_fault(out, VTD_F_72h, "PS must be 0 at levels 4 and 5");
    /* the lowest frame bit of a large page is its PAT bit */
    if ((level == 2 || level == 3) && vtd_PTE_FS_ADDR(words) & unused_frame_bits(level) & ~1u)
        complain_fault(out, VTD_F_72h, "address bits below the large page must be 0");
}

static void complain_ss(struct hw_decoded *out, const char *why)
{
    hw_complain(out, "%s, in legacy mode %s: %s", vtd_fault_find(VTD_F_7Ah)->name,
                vtd_fault_find(VTD_F_0Ch)->name, why);
}

void vtd_complain_pte_ss(const uint64_t *words, const struct hw_hints *hints,
                         struct hw_decoded *out)
{
    const unsigned level = level_of(hints);
    const bool is_large = vtd_PTE_SS_PS(words) != 0;

    if (!vtd_PTE_SS_R(words) && !vtd_PTE_SS_W(words))
        return;
    if (is_large && level > 3)
        complain_ss(out, "PS must be 0 at levels 4 and 5");
    if (is_large && (level == 2 || level == 3) && vtd_PTE_SS_ADDR(words) & unused_frame_bits(level))
        complain_ss(out, "address bits below the large page must be 0");
    if (!is_large && level > 1 && vtd_PTE_SS_SNP(words))
        complain_ss(out, "SNP must be 0 in an entry that names a table");
}

static void complain_iqei(struct hw_decoded *out, unsigned iqei, const char *why)
{
    hw_complain(out, "IQE, IQEI %u: %s", iqei, why);
}

void vtd_complain_qi(const uint64_t *words, const struct hw_hints *hints, struct hw_decoded *out)
{
    const unsigned type = vtd_qi_type(words);
    const struct hw_layout *layout = vtd_qi_layout(type);
    const uint32_t used = vtd_qi_conditions(words);
    const bool is_devtlb = type == VTD_QI_DEVTLB_INV || type == VTD_QI_PDEVTLB_INV;
    uint64_t base;
    unsigned n_log2;

    (void)hints;
    if (layout == &vtd_layout_UNKNOWN) {
        hw_complain(out, "IQE, IQEI %d: no descriptor has type %02Xh", VTD_IQERCD_IQEI_TYPE, type);
        return;
    }
    if (has_reserved(layout, words))
        complain_iqei(out, VTD_IQERCD_IQEI_RESERVED, "reserved bits set");
    for (size_t i = 0; i < layout->n_fields; i++) {
        const struct hw_field *field = &layout->fields[i];
        const uint64_t value = hw_get(words, field->msb, field->lsb);

        if (field->used & used && hw_has_encodings(layout, field->name) &&
            is_unnamed(layout, field->name, value))
            hw_complain(out, "IQE, IQEI %d: %s value %" PRIu64 " is reserved",
                        VTD_IQERCD_IQEI_RESERVED, field->name, value);
    }
    if (is_devtlb && !vtd_devtlb_range(words, &base, &n_log2))
        hw_complain(out, "S=1 with every address bit 1 codes no size");
}

void vtd_complain_frcd(const uint64_t *words, const struct hw_hints *hints, struct hw_decoded *out)
{
    const unsigned code = (unsigned)vtd_FRCD_FR(words);

    (void)hints;
    if (!vtd_FRCD_F(words))
        return;
    if (!vtd_fault_find(code))
        hw_complain(out, "FR: %02Xh is not a reason code", code);
    if (!vtd_FRCD_PP(words) && vtd_FRCD_PV(words))
        hw_complain(out, "PV must be 0 in a record without PASID (PP=0)");
}

void vtd_complain_prq(const uint64_t *words, const struct hw_hints *hints, struct hw_decoded *out)
{
    (void)hints;
    if (vtd_PRQ_PDP(words) || vtd_PRQ_PD_LO(words) || vtd_PRQ_PD_HI(words))
        hw_complain(out, "private data exists in old revisions only");
}

void vtd_complain_irte(const uint64_t *words, const struct hw_hints *hints, struct hw_decoded *out)
{
    const bool is_posted = vtd_IRTE_IM(words) == VTD_IRTE_POSTED_IM_POSTED;
    const struct hw_layout *layout = is_posted ? &vtd_layout_IRTE_POSTED : &vtd_layout_IRTE;

    (void)hints;
    if (!vtd_IRTE_P(words))
        return;
    if (has_reserved(layout, words))
        complain_fault(out, VTD_F_24h, "reserved bits set");
    if (is_unnamed(layout, "SVT", vtd_IRTE_SVT(words)))
        complain_fault(out, VTD_F_24h, "SVT is reserved");
    if (!is_posted && is_unnamed(layout, "DLM", vtd_IRTE_DLM(words)))
        complain_fault(out, VTD_F_24h, "DLM is reserved");
}

void vtd_complain_fault(const uint64_t *words, const struct hw_hints *hints, struct hw_decoded *out)
{
    const unsigned code = (unsigned)vtd_FAULT_CODE(words);

    (void)hints;
    if (!vtd_fault_find(code))
        hw_complain(out, "%02Xh is not a reason code", code);
}

void vtd_complain_reg(const struct hw_layout *layout, const uint64_t *words, struct hw_decoded *out)
{
    if (layout == &vtd_layout_RTADDR) {
        if (is_unnamed(layout, "TTM", vtd_RTADDR_TTM(words)))
            complain_fault(out, VTD_F_30h, "TTM is reserved");
        if (vtd_RTADDR_SSIRWE(words) && vtd_RTADDR_TTM(words) == VTD_RTADDR_TTM_LEGACY)
            complain_fault(out, VTD_F_30h, "SSIRWE=1 in legacy mode");
    }
    if (layout == &vtd_layout_CCMD && vtd_CCMD_ICC(words) &&
        vtd_CCMD_CIRG(words) == VTD_CCMD_CIRG_none)
        hw_complain(out, "ICC=1 with a reserved granularity");
    if (layout == &vtd_layout_IOTLB && vtd_IOTLB_IVT(words) &&
        vtd_IOTLB_IIRG(words) == VTD_IOTLB_IIRG_none)
        hw_complain(out, "IVT=1 with a reserved granularity");
}
