/* SPDX-License-Identifier: BSD-2-Clause
 * ord_vtd_gcmd.c - rules of global commands and of what must be there before one (11.4.4).
 * Knows: GCMD, GSTS, RTADDR. Must not know: what entries mean. */
#include "check/vtd/ord_vtd.h"

#include <inttypes.h>

#define GCMD_BIT(field) ORDV_BITS(GCMD, field)
#define ONE_SHOTS (GCMD_BIT(SRTP) | GCMD_BIT(SFL) | GCMD_BIT(WBF) | GCMD_BIT(SIRTP))

static bool is_one_bit(uint64_t mask)
{
    return (mask & (mask - 1)) == 0;
}

/* One-shots that are 1 in GSTS as it was read last: whoever writes GSTS back asks for them again.
 * Bits of GCMD and GSTS have the same places. */
static uint64_t written_back(const struct ordv_unit *unit, uint64_t value)
{
    return value & unit->gsts & ONE_SHOTS;
}

static void check_bits(struct ordv *v, const struct ordv_unit *unit, uint64_t value)
{
    const uint64_t asked = vtd_gcmd_wait_mask(unit->levels, value);

    if (unit->moving)
        ord_hit(v->order, CHK_RULE_VTD_GCMD_UNACKED, unit->iommu,
                "0x%" PRIx64 " written, GSTS bits 0x%" PRIx64 " do not answer the last command yet",
                value, unit->moving);
    else if (!unit->has_levels || is_one_bit(asked))
        return;
    else if (written_back(unit, value))
        ord_hit(v->order, CHK_RULE_VTD_GCMD_ONE_SHOT, unit->iommu,
                "0x%" PRIx64 " written: 0x%" PRIx64 " was read from GSTS", value,
                written_back(unit, value));
    else
        ord_hit(v->order, CHK_RULE_VTD_GCMD_TWO, unit->iommu,
                "0x%" PRIx64 " -> 0x%" PRIx64 ": 0x%" PRIx64 " at once", unit->levels, value,
                asked);
}

/* ---- Root table ------------------------------------------------------------------------------ */

static void latch_root(struct ordv *v, struct ordv_unit *unit)
{
    struct vtd_root root;

    if (!unit->has_rtaddr) {
        ord_hit(v->order, CHK_RULE_VTD_SRTP_EARLY, unit->iommu,
                "SRTP is set, RTADDR was not written");
        return;
    }
    vtd_root_parse(unit->rtaddr, &unit->caps, &root);
    if (ordv_is_on(unit) && unit->has_root && unit->has_caps && !unit->caps.esrtps &&
        root.mode != unit->root.mode)
        ord_hit(v->order, CHK_RULE_VTD_TTM_LIVE, unit->iommu,
                "TTM of 0x%" PRIx64 " is another one, TE is set and CAP.ESRTPS is 0", unit->rtaddr);
    unit->root = root;
    unit->has_root = true;
    for (unsigned i = 0; i < ORDV_N_STEPS; i++)
        unit->flush_index[i] = ORDV_NO_INDEX;
    unit->flush_needs[ORDV_CC] = !unit->caps.esrtps && unit->has_caps;
    unit->flush_needs[ORDV_IOTLB] = unit->flush_needs[ORDV_CC];
    unit->flush_needs[ORDV_PC] = unit->flush_needs[ORDV_CC] && root.mode == VTD_MODE_SCALABLE;
    unit->flush_since = ord_here(v->order);
    ordv_entry_rescan(v, unit);
}

static enum ordv_step global_step(const uint64_t *words)
{
    switch (vtd_qi_type(words)) {
    case VTD_QI_CC_INV:
        return vtd_CC_INV_G(words) == VTD_CC_INV_G_global ? ORDV_CC : ORDV_N_STEPS;
    case VTD_QI_PC_INV:
        return vtd_PC_INV_G(words) == VTD_PC_INV_G_global ? ORDV_PC : ORDV_N_STEPS;
    case VTD_QI_IOTLB_INV:
        return vtd_IOTLB_INV_G(words) == VTD_IOTLB_INV_G_global ? ORDV_IOTLB : ORDV_N_STEPS;
    default:
        return ORDV_N_STEPS;
    }
}

void ordv_flush_command(struct ordv_unit *unit, const struct ordv_command *command)
{
    const enum ordv_step step = global_step(command->words);

    if (step != ORDV_N_STEPS && unit->flush_needs[step])
        unit->flush_index[step] = command->index;
}

void ordv_flush_register(struct ordv_unit *unit, enum ordv_step step)
{
    unit->flush_needs[step] = false;
}

void ordv_flush_finish(struct ordv *v, struct ordv_unit *unit)
{
    static const char *const names[ORDV_N_STEPS] = {"context cache", "PASID cache", "IOTLB", ""};

    if (!ordv_is_on(unit))
        return;
    for (unsigned i = 0; i < ORDV_N_STEPS; i++) {
        if (!unit->flush_needs[i] || unit->flush_index[i] < unit->queue.done)
            continue;
        ord_hit_since(v->order, CHK_RULE_VTD_ROOT_NO_FLUSH, unit->iommu, &unit->flush_since,
                      "no global invalidation of the %s is complete since SRTP", names[i]);
        break;
    }
    for (unsigned i = 0; i < ORDV_N_STEPS; i++)
        unit->flush_needs[i] = false;
}

/* ---- Levels ---------------------------------------------------------------------------------- */

static void check_rising(struct ordv *v, struct ordv_unit *unit, uint64_t rising)
{
    if ((rising & GCMD_BIT(TE)) && !unit->has_root)
        ord_hit(v->order, CHK_RULE_VTD_TE_EARLY, unit->iommu, "TE is set, SRTP never was");
    if ((rising & GCMD_BIT(QIE)) && (!unit->queue.has_base || !unit->queue.has_tail))
        ord_hit(v->order, CHK_RULE_VTD_QIE_EARLY, unit->iommu, "QIE is set, %s was not written",
                unit->queue.has_base ? "IQT" : "IQA");
}

static void check_falling(struct ordv *v, const struct ordv_unit *unit, uint64_t falling)
{
    const struct ordv_queue *queue = &unit->queue;

    if ((falling & GCMD_BIT(QIE)) && queue->done < queue->head)
        ord_hit(v->order, CHK_RULE_VTD_QIE_BUSY, unit->iommu,
                "QIE is cleared, and of %" PRIu64 " descriptors nobody saw a wait complete",
                queue->head - queue->done);
}

void ordv_gcmd(struct ordv *v, struct ordv_unit *unit, uint64_t value)
{
    const uint64_t levels = value & ~ONE_SHOTS;
    const uint64_t before = unit->has_levels ? unit->levels : levels;

    check_bits(v, unit, value);
    check_rising(v, unit, levels & ~before);
    check_falling(v, unit, before & ~levels);
    unit->moving = vtd_gcmd_wait_mask(before, value);
    unit->moving_value = vtd_gcmd_wait_value(before, value);
    if (value & GCMD_BIT(SRTP))
        latch_root(v, unit);
    if (value & GCMD_BIT(WBF))
        ordv_late_wbf(unit);
    unit->levels = levels;
    unit->has_levels = true;
    if (levels & ~before & GCMD_BIT(TE)) {
        ordv_flush_finish(v, unit);
        ordv_entry_rescan(v, unit);
    }
}

void ordv_gsts(struct ordv_unit *unit, uint64_t mask, uint64_t value)
{
    unit->moving &= ~(mask & ~(value ^ unit->moving_value));
}
