/* SPDX-License-Identifier: BSD-2-Clause
 * ord_vtd_desc.c - rules of a descriptor alone: is it offered, are its fields what they may be?
 * Knows: layouts, capabilities. Must not know: what is cached. */
#include "check/vtd/ord_vtd.h"

#include <inttypes.h>

static bool hit(struct ordv *v, const struct ordv_unit *unit, enum chk_rule_id rule,
                const uint64_t *words, const char *what)
{
    const char *name = vtd_qi_layout(vtd_qi_type(words))->name;

    ord_hit(v->order, rule, unit->iommu, "%s 0x%" PRIx64 " 0x%" PRIx64 ": %s", name, words[0],
            words[1], what);
    return false;
}

/* What the type needs and is not there; NULL if nothing. */
static const char *missing(const struct ordv_unit *unit, unsigned type)
{
    const struct vtd_caps *caps = &unit->caps;

    if (vtd_qi_layout(type) == &vtd_layout_UNKNOWN)
        return "no such descriptor";
    if (!unit->has_caps)
        return NULL;
    switch (type) {
    case VTD_QI_DEVTLB_INV:
    case VTD_QI_PDEVTLB_INV:
        return caps->dt ? NULL : "ECAP.DT is 0";
    case VTD_QI_IEC_INV:
        return caps->ir ? NULL : "ECAP.IR is 0";
    case VTD_QI_PIOTLB_INV:
    case VTD_QI_PC_INV:
        return caps->smts ? NULL : "ECAP.SMTS is 0";
    case VTD_QI_PGRP_RESP:
        return caps->prs ? NULL : "ECAP.PRS is 0";
    case VTD_QI_HPT_INV:
        return caps->hpts ? NULL : "ECAP.HPTS is 0";
    default:
        return NULL;
    }
}

static bool is_granularity_known(unsigned type, const uint64_t *words)
{
    switch (type) {
    case VTD_QI_CC_INV:
        return vtd_CC_INV_G(words) != 0;
    case VTD_QI_IOTLB_INV:
        return vtd_IOTLB_INV_G(words) != 0;
    case VTD_QI_PIOTLB_INV:
        return vtd_PIOTLB_INV_G(words) >= VTD_PIOTLB_INV_G_pasid;
    case VTD_QI_PC_INV: {
        const unsigned reserved = 2;

        return vtd_PC_INV_G(words) != reserved;
    }
    default:
        return true;
    }
}

/* Addresses that IOTLB_INV takes. */
static bool check_pages(struct ordv *v, const struct ordv_unit *unit, const uint64_t *words)
{
    if (vtd_IOTLB_INV_G(words) != VTD_IOTLB_INV_G_page || !unit->has_caps)
        return true;
    if (!unit->caps.psi)
        return hit(v, unit, CHK_RULE_VTD_PAGE_NO_PSI, words, "by page, and CAP.PSI is 0");
    if (vtd_IOTLB_INV_AM(words) > unit->caps.mamv)
        return hit(v, unit, CHK_RULE_VTD_AM_BEYOND, words, "AM is larger than CAP.MAMV");
    return true;
}

static bool check_wait(struct ordv *v, const struct ordv_unit *unit, const uint64_t *words)
{
    if (unit->has_caps && vtd_WAIT_PD(words) && !unit->caps.pds)
        return hit(v, unit, CHK_RULE_VTD_WAIT_PD, words, "PD is set, and ECAP.PDS is 0");
    if (!vtd_WAIT_SW(words) && !vtd_WAIT_IF(words) && !vtd_WAIT_FN(words))
        (void)hit(v, unit, CHK_RULE_VTD_WAIT_SILENT, words, "neither SW, IF nor FN is set");
    return true;
}

static bool names_domain(const uint64_t *words)
{
    return (vtd_qi_conditions(words) & VTD_USED_DOMAIN) != 0 ||
           vtd_qi_type(words) == VTD_QI_PIOTLB_INV;
}

/* All four have it in the same place. */
static void check_domain(struct ordv *v, const struct ordv_unit *unit, const uint64_t *words)
{
    const uint64_t did = vtd_CC_INV_DID(words);

    if (unit->has_caps && names_domain(words) && did >> unit->caps.did_bits)
        (void)hit(v, unit, CHK_RULE_VTD_DID_WIDTH, words, "a domain wider than CAP.ND");
}

/* The ring goes with the mode of the tables. */
static bool check_ring(struct ordv *v, const struct ordv_unit *unit, const uint64_t *words)
{
    const bool is_narrow = vtd_IQA_DW(&unit->queue.iqa) != VTD_IQA_DW_256;

    if (is_narrow && ordv_is_scalable(unit))
        return hit(v, unit, CHK_RULE_VTD_RING_NARROW, words,
                   "in a queue of 128-bit descriptors, and the mode is scalable");
    if (is_narrow && vtd_qi_is_wide(vtd_qi_type(words)))
        return hit(v, unit, CHK_RULE_VTD_DESC_NARROW, words, "in a queue of 128-bit descriptors");
    return true;
}

bool ordv_desc_check(struct ordv *v, const struct ordv_unit *unit, const uint64_t *words)
{
    const unsigned type = vtd_qi_type(words);
    const char *what = missing(unit, type);
    uint64_t reserved[HW_MAX_WORDS] = {0};

    if (!check_ring(v, unit, words))
        return false;
    if (what)
        return hit(v, unit, CHK_RULE_VTD_DESC_UNSUPPORTED, words, what);
    if (hw_reserved_set(vtd_qi_layout(type), words, reserved))
        return hit(v, unit, CHK_RULE_VTD_DESC_RESERVED, words, "reserved bits are set");
    if (!is_granularity_known(type, words))
        return hit(v, unit, CHK_RULE_VTD_DESC_GRANULARITY, words, "the granularity is reserved");
    if (type == VTD_QI_IOTLB_INV && !check_pages(v, unit, words))
        return false;
    if (type == VTD_QI_WAIT && !check_wait(v, unit, words))
        return false;
    check_domain(v, unit, words);
    return true;
}
