/* SPDX-License-Identifier: BSD-2-Clause
 * vtd_decode.c - which layout raw words are in, and which of its fields hardware reads.
 * Knows: layouts, conditions. Must not know: capabilities, time, memory. */
#include "models/vtd/vtd_decode.h"

#include <stdio.h>
#include <string.h>

uint32_t vtd_pasid_conditions(const uint64_t *entry)
{
    if (!vtd_PASID_P(entry))
        return VTD_USED_ALWAYS;
    switch (vtd_PASID_PGTT(entry)) {
    case VTD_PASID_PGTT_FS:
        return VTD_USED_ALWAYS | VTD_USED_VALID | VTD_USED_FS;
    case VTD_PASID_PGTT_SS:
        return VTD_USED_ALWAYS | VTD_USED_VALID | VTD_USED_SS;
    case VTD_PASID_PGTT_NESTED:
        return VTD_USED_ALWAYS | VTD_USED_VALID | VTD_USED_NESTED;
    case VTD_PASID_PGTT_PT:
        return VTD_USED_ALWAYS | VTD_USED_VALID | VTD_USED_PT;
    default: /* invalid: 5Bh before anything else is looked at */
        return VTD_USED_ALWAYS | VTD_USED_VALID;
    }
}

uint32_t vtd_ctx_conditions(const uint64_t *entry)
{
    return vtd_CTX_P(entry) ? VTD_USED_ALWAYS | VTD_USED_VALID : VTD_USED_ALWAYS;
}

uint32_t vtd_ctx_legacy_conditions(const uint64_t *entry)
{
    if (!vtd_CTX_LEGACY_P(entry))
        return VTD_USED_ALWAYS;
    switch (vtd_CTX_LEGACY_TT(entry)) {
    case VTD_CTX_LEGACY_TT_SS:
    case VTD_CTX_LEGACY_TT_SS_ATS:
        return VTD_USED_ALWAYS | VTD_USED_VALID | VTD_USED_SS;
    default: /* pass-through ignores the pointer; the fourth value is invalid */
        return VTD_USED_ALWAYS | VTD_USED_VALID;
    }
}

static uint32_t cc_conditions(const uint64_t *words)
{
    switch (vtd_CC_INV_G(words)) {
    case VTD_CC_INV_G_domain:
        return VTD_USED_DOMAIN;
    case VTD_CC_INV_G_device:
        return VTD_USED_DOMAIN | VTD_USED_DEVICE;
    default:
        return 0;
    }
}

static uint32_t iotlb_conditions(const uint64_t *words)
{
    switch (vtd_IOTLB_INV_G(words)) {
    case VTD_IOTLB_INV_G_domain:
        return VTD_USED_DOMAIN;
    case VTD_IOTLB_INV_G_page:
        return VTD_USED_DOMAIN | VTD_USED_PAGE;
    default:
        return 0;
    }
}

static uint32_t pc_conditions(const uint64_t *words)
{
    switch (vtd_PC_INV_G(words)) {
    case VTD_PC_INV_G_domain:
        return VTD_USED_DOMAIN;
    case VTD_PC_INV_G_pasid:
        return VTD_USED_DOMAIN | VTD_USED_PASID;
    default:
        return 0;
    }
}

uint32_t vtd_qi_conditions(const uint64_t *words)
{
    switch (vtd_qi_type(words)) {
    case VTD_QI_CC_INV:
        return VTD_USED_ALWAYS | cc_conditions(words);
    case VTD_QI_IOTLB_INV:
        return VTD_USED_ALWAYS | iotlb_conditions(words);
    case VTD_QI_IEC_INV:
        return VTD_USED_ALWAYS |
               (vtd_IEC_INV_G(words) == VTD_IEC_INV_G_index ? VTD_USED_INDEX : 0u);
    case VTD_QI_WAIT:
        return VTD_USED_ALWAYS | (vtd_WAIT_SW(words) ? VTD_USED_STATUS : 0u);
    case VTD_QI_PIOTLB_INV:
        return VTD_USED_ALWAYS |
               (vtd_PIOTLB_INV_G(words) == VTD_PIOTLB_INV_G_page ? VTD_USED_PAGE : 0u);
    case VTD_QI_PC_INV:
        return VTD_USED_ALWAYS | pc_conditions(words);
    case VTD_QI_PDEVTLB_INV:
        return VTD_USED_ALWAYS |
               (vtd_PDEVTLB_INV_G(words) == VTD_PDEVTLB_INV_G_pasid ? VTD_USED_PASID : 0u);
    case VTD_QI_PGRP_RESP:
        return VTD_USED_ALWAYS | (vtd_PGRP_RESP_PP(words) ? VTD_USED_PASID : 0u);
    default:
        return VTD_USED_ALWAYS;
    }
}

static uint32_t root_conditions(const uint64_t *words, const struct hw_hints *hints)
{
    if (hints && hints->is_legacy)
        return VTD_USED_ALWAYS | (vtd_ROOT_LEGACY_P(words) ? VTD_USED_VALID : 0u);
    return VTD_USED_ALWAYS | (vtd_ROOT_LP(words) ? VTD_USED_LOWER : 0u) |
           (vtd_ROOT_UP(words) ? VTD_USED_UPPER : 0u);
}

static uint32_t ctx_conditions(const uint64_t *words, const struct hw_hints *hints)
{
    return hints && hints->is_legacy ? vtd_ctx_legacy_conditions(words) : vtd_ctx_conditions(words);
}

static uint32_t pasid_dir_conditions(const uint64_t *words, const struct hw_hints *hints)
{
    (void)hints;
    return VTD_USED_ALWAYS | (vtd_PASID_DIR_P(words) ? VTD_USED_VALID : 0u);
}

static uint32_t pasid_conditions(const uint64_t *words, const struct hw_hints *hints)
{
    (void)hints;
    return vtd_pasid_conditions(words);
}

static uint32_t qi_conditions(const uint64_t *words, const struct hw_hints *hints)
{
    (void)hints;
    return vtd_qi_conditions(words);
}

/* Level 1 maps 4 KiB (hint 2); PS maps a large page; an unknown level may be a leaf. */
static uint32_t pte_leaf(bool is_large, const struct hw_hints *hints)
{
    return is_large || !hints || hints->level <= 2 ? VTD_USED_LEAF : 0u;
}

static uint32_t pte_fs_conditions(const uint64_t *words, const struct hw_hints *hints)
{
    if (!vtd_PTE_FS_P(words))
        return VTD_USED_ALWAYS;
    return VTD_USED_ALWAYS | VTD_USED_VALID | pte_leaf(vtd_PTE_FS_PS(words) != 0, hints);
}

static uint32_t pte_ss_conditions(const uint64_t *words, const struct hw_hints *hints)
{
    if (!vtd_PTE_SS_R(words) && !vtd_PTE_SS_W(words))
        return VTD_USED_ALWAYS;
    return VTD_USED_ALWAYS | VTD_USED_VALID | pte_leaf(vtd_PTE_SS_PS(words) != 0, hints);
}

static uint32_t frcd_conditions(const uint64_t *words, const struct hw_hints *hints)
{
    (void)hints;
    return VTD_USED_ALWAYS | (vtd_FRCD_PP(words) ? VTD_USED_PASID : 0u);
}

static uint32_t prq_conditions(const uint64_t *words, const struct hw_hints *hints)
{
    (void)hints;
    return VTD_USED_ALWAYS | (vtd_PRQ_PP(words) ? VTD_USED_PASID : 0u);
}

static uint32_t irte_conditions(const uint64_t *words, const struct hw_hints *hints)
{
    (void)hints;
    return VTD_USED_ALWAYS | (vtd_IRTE_P(words) ? VTD_USED_VALID : 0u);
}

static const struct hw_layout *select_root(const uint64_t *words, const struct hw_hints *hints)
{
    (void)words;
    return hints && hints->is_legacy ? &vtd_layout_ROOT_LEGACY : &vtd_layout_ROOT;
}

static const struct hw_layout *select_ctx(const uint64_t *words, const struct hw_hints *hints)
{
    (void)words;
    return hints && hints->is_legacy ? &vtd_layout_CTX_LEGACY : &vtd_layout_CTX;
}

static const struct hw_layout *select_qi(const uint64_t *words, const struct hw_hints *hints)
{
    (void)hints;
    return vtd_qi_layout(vtd_qi_type(words));
}

static const struct hw_layout *select_irte(const uint64_t *words, const struct hw_hints *hints)
{
    (void)hints;
    return vtd_IRTE_IM(words) == VTD_IRTE_POSTED_IM_POSTED ? &vtd_layout_IRTE_POSTED
                                                           : &vtd_layout_IRTE;
}

/* Decoders whose words are always in the same layout. */
#define SELECT(function, name)                                                                     \
    static const struct hw_layout *function(const uint64_t *words, const struct hw_hints *hints)   \
    {                                                                                              \
        (void)words;                                                                               \
        (void)hints;                                                                               \
        return &vtd_layout_##name;                                                                 \
    }
SELECT(select_pasid_dir, PASID_DIR)
SELECT(select_pasid, PASID)
SELECT(select_pte_fs, PTE_FS)
SELECT(select_pte_ss, PTE_SS)
SELECT(select_frcd, FRCD)
SELECT(select_prq, PRQ)
SELECT(select_fault, FAULT)
#undef SELECT

const struct hw_decoder vtd_decoders[] = {
    {"root", "root table entry", 2, 2, select_root, root_conditions, vtd_explain,
     vtd_complain_root},
    {"ctx", "context table entry", 2, 4, select_ctx, ctx_conditions, vtd_explain, vtd_complain_ctx},
    {"pasid_dir", "PASID directory entry", 1, 1, select_pasid_dir, pasid_dir_conditions,
     vtd_explain, vtd_complain_pasid_dir},
    {"pasid", "PASID table entry", 1, 8, select_pasid, pasid_conditions, vtd_explain,
     vtd_complain_pasid},
    {"pte_fs", "first-stage paging entry", 1, 1, select_pte_fs, pte_fs_conditions, vtd_explain,
     vtd_complain_pte_fs},
    {"pte_ss", "second-stage paging entry", 1, 1, select_pte_ss, pte_ss_conditions, vtd_explain,
     vtd_complain_pte_ss},
    {"qi", "invalidation queue descriptor", 1, 4, select_qi, qi_conditions, vtd_explain,
     vtd_complain_qi},
    {"frcd", "fault record", 2, 2, select_frcd, frcd_conditions, vtd_explain, vtd_complain_frcd},
    {"prq", "page request", 2, 4, select_prq, prq_conditions, vtd_explain, vtd_complain_prq},
    {"irte", "interrupt remapping entry", 2, 2, select_irte, irte_conditions, vtd_explain,
     vtd_complain_irte},
    {"fault", "fault reason code", 1, 1, select_fault, NULL, vtd_explain, vtd_complain_fault},
};
const size_t vtd_n_decoders = sizeof(vtd_decoders) / sizeof(vtd_decoders[0]);

const struct hw_decoder *vtd_decoder_find(const char *word)
{
    for (size_t i = 0; i < vtd_n_decoders; i++) {
        if (strcmp(vtd_decoders[i].word, word) == 0)
            return &vtd_decoders[i];
    }
    return NULL;
}

void vtd_decode_reg(const struct hw_reg *reg, uint64_t value, struct hw_decoded *out)
{
    const uint64_t words[HW_MAX_WORDS] = {value};

    hw_decode_layout(reg->layout, words, out);
    for (size_t i = 0; i < out->n_rows; i++) {
        struct hw_row *row = &out->rows[i];
        const size_t n = strlen(row->meaning);
        char text[HW_TEXT_BYTES];

        vtd_explain(reg->layout, row->field, row->value, words, text, sizeof(text));
        if (text[0])
            (void)snprintf(row->meaning + n, sizeof(row->meaning) - n, "; %s", text);
        row->is_used = row->field->used != VTD_USED_IGNORED;
    }
    vtd_complain_reg(reg->layout, words, out);
}
