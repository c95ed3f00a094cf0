/* SPDX-License-Identifier: BSD-2-Clause
 * vtd_qi_check.c - which descriptors may be executed (4, 4.3).
 * Knows: modes, widths, types, reserved bits and values. Must not know: time, who runs
 * when. Everything here is pure. */
#include "models/vtd/vtd_control.h"

/* Is the queue's width one that goes with the mode? Legacy mode takes both. */
static bool is_width_good(const struct vtd *vtd)
{
    const bool is_wide = vtd_IQA_DW(&vtd->reg[VTD_RI_IQA]) == VTD_IQA_DW_256;

    if (is_wide)
        return vtd->caps.smts || vtd->caps.adms;
    return vtd->root.mode == VTD_MODE_LEGACY;
}

/* Does this unit have the type, in this mode and width? */
static bool is_type_good(const struct vtd *vtd, unsigned type)
{
    const struct vtd_caps *caps = &vtd->caps;
    const bool is_narrow = vtd_IQA_DW(&vtd->reg[VTD_RI_IQA]) != VTD_IQA_DW_256;

    if (vtd_qi_is_wide(type) && (is_narrow || vtd->root.mode == VTD_MODE_LEGACY))
        return false;
    switch (type) {
    case VTD_QI_CC_INV:
    case VTD_QI_IOTLB_INV:
    case VTD_QI_WAIT:
        return true;
    case VTD_QI_PIOTLB_INV:
    case VTD_QI_PC_INV:
        return caps->smts;
    case VTD_QI_DEVTLB_INV:
    case VTD_QI_PDEVTLB_INV:
        return caps->dt;
    case VTD_QI_IEC_INV:
        return caps->ir;
    case VTD_QI_PGRP_RESP:
        return caps->prs;
    case VTD_QI_HPT_INV:
        return caps->hpts;
    default:
        return false;
    }
}

/* A field that names its values has one of them. */
static bool are_values_named(const struct hw_layout *layout, const uint64_t *words)
{
    for (size_t i = 0; i < layout->n_fields; i++) {
        const struct hw_field *field = &layout->fields[i];
        const uint64_t value = hw_get(words, field->msb, field->lsb);

        if (hw_has_encodings(layout, field->name) && !hw_encoding_find(layout, field->name, value))
            return false;
    }
    return true;
}

/* The domain of a descriptor that names one: bits above the unit's width are reserved (1.1, ND). */
static bool is_domain_good(const struct vtd_caps *caps, unsigned type, const uint64_t *words)
{
    uint64_t did = 0;

    if (type == VTD_QI_CC_INV)
        did = vtd_CC_INV_DID(words);
    else if (type == VTD_QI_IOTLB_INV)
        did = vtd_IOTLB_INV_DID(words);
    else if (type == VTD_QI_PIOTLB_INV)
        did = vtd_PIOTLB_INV_DID(words);
    else if (type == VTD_QI_PC_INV)
        did = vtd_PC_INV_DID(words);
    return did >> caps->did_bits == 0;
}

/* A unit that does not throttle by physical function takes none (1.2, DIT). */
static bool is_function_good(const struct vtd_caps *caps, unsigned type, const uint64_t *words)
{
    if (caps->dit)
        return true;
    return type == VTD_QI_DEVTLB_INV
               ? !vtd_DEVTLB_INV_PFSID_LO(words) && !vtd_DEVTLB_INV_PFSID_HI(words)
               : !vtd_PDEVTLB_INV_PFSID_LO(words) && !vtd_PDEVTLB_INV_PFSID_HI(words);
}

/* What only some units take. */
static bool are_limits_kept(const struct vtd_caps *caps, unsigned type, const uint64_t *words)
{
    uint64_t base;
    unsigned n_log2;

    switch (type) {
    case VTD_QI_IOTLB_INV:
        return vtd_IOTLB_INV_G(words) != VTD_IOTLB_INV_G_page ||
               (caps->psi && vtd_IOTLB_INV_AM(words) <= caps->mamv);
    case VTD_QI_IEC_INV:
        return vtd_IEC_INV_G(words) != VTD_IEC_INV_G_index || vtd_IEC_INV_IM(words) <= caps->mhmv;
    case VTD_QI_WAIT:
        return !vtd_WAIT_PD(words) || caps->pds;
    case VTD_QI_DEVTLB_INV:
    case VTD_QI_PDEVTLB_INV:
        return vtd_devtlb_range(words, &base, &n_log2) && is_function_good(caps, type, words);
    default:
        return true;
    }
}

bool vtd_qi_is_well_formed(const struct vtd_caps *caps, const uint64_t *words)
{
    const unsigned type = vtd_qi_type(words);
    const struct hw_layout *layout = vtd_qi_layout(type);
    uint64_t bits[HW_MAX_WORDS] = {0};

    return !hw_reserved_set(layout, words, bits) && are_values_named(layout, words) &&
           are_limits_kept(caps, type, words) && is_domain_good(caps, type, words);
}

unsigned vtd_qi_check(const struct vtd *vtd, const uint64_t *words)
{
    if (vtd->root.mode == VTD_MODE_INVALID)
        return VTD_IQERCD_IQEI_MODE;
    if (!is_width_good(vtd))
        return VTD_IQERCD_IQEI_WIDTH;
    if (!is_type_good(vtd, vtd_qi_type(words)))
        return VTD_IQERCD_IQEI_TYPE;
    if (!vtd_qi_is_well_formed(&vtd->caps, words))
        return VTD_IQERCD_IQEI_RESERVED;
    return VTD_IQERCD_IQEI_NONE;
}

/* ---- what a descriptor drops (4.2) ---- */

static void sweep_cc(const uint64_t *words, struct vtd_sweep *sweep)
{
    switch (vtd_CC_INV_G(words)) {
    case VTD_CC_INV_G_global:
        sweep->kind = VTD_SWEEP_CC_GLOBAL;
        return;
    case VTD_CC_INV_G_domain:
        sweep->kind = VTD_SWEEP_CC_DOMAIN;
        break;
    default:
        sweep->kind = VTD_SWEEP_CC_DEVICE;
        break;
    }
    sweep->did = (uint32_t)vtd_CC_INV_DID(words);
    sweep->source_id = (uint16_t)vtd_CC_INV_SID(words);
    sweep->function_mask = (uint8_t)vtd_CC_INV_FM(words);
}

static void sweep_pc(const uint64_t *words, struct vtd_sweep *sweep)
{
    switch (vtd_PC_INV_G(words)) {
    case VTD_PC_INV_G_global:
        sweep->kind = VTD_SWEEP_PC_GLOBAL;
        return;
    case VTD_PC_INV_G_domain:
        sweep->kind = VTD_SWEEP_PC_DOMAIN;
        break;
    default:
        sweep->kind = VTD_SWEEP_PC_PASID;
        break;
    }
    sweep->did = (uint32_t)vtd_PC_INV_DID(words);
    sweep->pasid = (uint32_t)vtd_PC_INV_PASID(words);
}

static void sweep_tlb(const uint64_t *words, struct vtd_sweep *sweep)
{
    switch (vtd_IOTLB_INV_G(words)) {
    case VTD_IOTLB_INV_G_global:
        sweep->kind = VTD_SWEEP_TLB_GLOBAL;
        return;
    case VTD_IOTLB_INV_G_domain:
        sweep->kind = VTD_SWEEP_TLB_DOMAIN;
        break;
    default:
        sweep->kind = VTD_SWEEP_TLB_PAGE;
        break;
    }
    sweep->did = (uint32_t)vtd_IOTLB_INV_DID(words);
    sweep->address = vtd_IOTLB_INV_ADDR_addr(words);
    sweep->am = (unsigned)vtd_IOTLB_INV_AM(words);
    sweep->is_leaf_only = vtd_IOTLB_INV_IH(words) != 0;
}

static void sweep_ptlb(const uint64_t *words, struct vtd_sweep *sweep)
{
    sweep->kind = vtd_PIOTLB_INV_G(words) == VTD_PIOTLB_INV_G_page ? VTD_SWEEP_PTLB_PAGE
                                                                   : VTD_SWEEP_PTLB_PASID;
    sweep->did = (uint32_t)vtd_PIOTLB_INV_DID(words);
    sweep->pasid = (uint32_t)vtd_PIOTLB_INV_PASID(words);
    sweep->address = vtd_PIOTLB_INV_ADDR_addr(words);
    sweep->am = (unsigned)vtd_PIOTLB_INV_AM(words);
    sweep->is_leaf_only = vtd_PIOTLB_INV_IH(words) != 0;
}

bool vtd_qi_sweep(const uint64_t *words, struct vtd_sweep *sweep)
{
    *sweep = (struct vtd_sweep){0};
    switch (vtd_qi_type(words)) {
    case VTD_QI_CC_INV:
        sweep_cc(words, sweep);
        return true;
    case VTD_QI_PC_INV:
        sweep_pc(words, sweep);
        return true;
    case VTD_QI_IOTLB_INV:
        sweep_tlb(words, sweep);
        return true;
    case VTD_QI_PIOTLB_INV:
        sweep_ptlb(words, sweep);
        return true;
    default:
        return false;
    }
}
