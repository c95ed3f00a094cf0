/* SPDX-License-Identifier: BSD-2-Clause
 * ord_setup.c - rules of setting up: tables and queues are in place before they are enabled.
 * Knows: registers. Must not know: entries. */
#include "check/smmuv3/ord_smmu.h"

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#define EVT_BYTES 32u
#define SPLIT_4K 6u
#define SPLIT_16K 8u
#define SPLIT_64K 10u

/* ---- Queues ------------------------------------------------------------------------------------
 */

static void check_queue_base(struct ord_smmu *smmu, const struct ord_unit *unit, const char *name,
                             uint64_t value, const unsigned sizes[2])
{
    const unsigned log2 = (unsigned)smmu_CMDQ_BASE_LOG2SIZE(&value);
    const unsigned max = sizes[0];
    const unsigned used = unit->has_caps && log2 > max ? max : log2;
    const uint64_t n_bytes = (uint64_t)sizes[1] << used;

    if (unit->has_caps && log2 > max)
        ord_hit(smmu->order, CHK_RULE_QUEUE_SIZE, unit->iommu,
                "%s_BASE.LOG2SIZE is %u, the SMMU has at most %u", name, log2, max);
    if (smmu_CMDQ_BASE_ADDR_addr(&value) & (n_bytes - 1))
        ord_hit(smmu->order, CHK_RULE_QUEUE_ALIGN, unit->iommu,
                "%s_BASE 0x%" PRIx64 " is not aligned to its %" PRIu64 " bytes", name,
                smmu_CMDQ_BASE_ADDR_addr(&value), n_bytes);
}

/* The three BASE registers have one layout; which of their limits counts is in IDR1. */
static void set_cmdq(struct ord_smmu *smmu, struct ord_unit *unit, uint64_t value)
{
    const uint64_t idr1 = unit->idr.idr1;
    const unsigned sizes[2] = {(unsigned)smmu_IDR1_CMDQS(&idr1), SMMU_WORDS_CMD_SYNC * 8};
    struct ord_cmdq *cmdq = &unit->cmdq;
    void *slots = cmdq->slots;

    check_queue_base(smmu, unit, "CMDQ", value, sizes);
    cmdq->has_base = true;
    cmdq->log2 = (uint32_t)smmu_CMDQ_BASE_LOG2SIZE(&value);
    if (unit->has_caps && cmdq->log2 > sizes[0])
        cmdq->log2 = sizes[0];
    cmdq->base = smmu_CMDQ_BASE_ADDR_addr(&value) & ~(((uint64_t)sizes[1] << cmdq->log2) - 1);
    if (cmdq->log2 > 19 || !ord_room(smmu->order, &slots, &cmdq->slots_room,
                                     (UINT64_C(1) << cmdq->log2) - 1, sizeof(*cmdq->slots)))
        return;
    cmdq->slots = slots;
    memset(cmdq->slots, 0, cmdq->slots_room * sizeof(*cmdq->slots));
}

static void set_outq(struct ord_smmu *smmu, struct ord_unit *unit, struct ord_outq *queue,
                     uint64_t value)
{
    const uint64_t idr1 = unit->idr.idr1;
    const bool is_evtq = queue == &unit->evtq;
    const unsigned max = (unsigned)(is_evtq ? smmu_IDR1_EVENTQS(&idr1) : smmu_IDR1_PRIQS(&idr1));
    const unsigned sizes[2] = {max, is_evtq ? EVT_BYTES : SMMU_WORDS_PRI * 8};

    check_queue_base(smmu, unit, is_evtq ? "EVENTQ" : "PRIQ", value, sizes);
    queue->has_base = true;
    queue->log2 = (uint32_t)smmu_EVENTQ_BASE_LOG2SIZE(&value);
    if (unit->has_caps && queue->log2 > max)
        queue->log2 = max;
    queue->base = smmu_EVENTQ_BASE_ADDR_addr(&value);
}

/* ---- Stream table ------------------------------------------------------------------------------
 */

static void check_strtab_cfg(struct ord_smmu *smmu, const struct ord_unit *unit, uint64_t value)
{
    const uint64_t fmt = smmu_STRTAB_BASE_CFG_FMT(&value);
    const uint64_t split = smmu_STRTAB_BASE_CFG_SPLIT(&value);
    const uint64_t log2 = smmu_STRTAB_BASE_CFG_LOG2SIZE(&value);
    const char *what = NULL;

    if (fmt > 1)
        what = "FMT is reserved";
    else if (fmt == 1 && split != SPLIT_4K && split != SPLIT_16K && split != SPLIT_64K)
        what = "SPLIT is reserved";
    else if (fmt == 1 && unit->has_caps && !unit->caps.st_level)
        what = "two levels are not implemented";
    else if (unit->has_caps && log2 > unit->caps.sid_bits)
        what = "LOG2SIZE is above IDR1.SIDSIZE";
    if (what)
        ord_hit(smmu->order, CHK_RULE_STRTAB_CFG, unit->iommu, "STRTAB_BASE_CFG 0x%" PRIx64 ": %s",
                value, what);
}

static void check_strtab(struct ord_smmu *smmu, struct ord_unit *unit)
{
    const uint64_t address = smmu_STRTAB_BASE_ADDR_addr(&unit->strtab_base);

    if (unit->strtab.base != address)
        ord_hit(smmu->order, CHK_RULE_STRTAB_ALIGN, unit->iommu,
                "STRTAB_BASE 0x%" PRIx64 " is taken as 0x%" PRIx64, address, unit->strtab.base);
}

static void set_strtab(struct ord_smmu *smmu, struct ord_unit *unit)
{
    struct smmu_caps caps = unit->caps;

    if (!unit->has_caps) {
        caps.sid_bits = 32;
        caps.st_level = true;
    }
    smmu_strtab_parse(unit->strtab_base, (uint32_t)unit->strtab_cfg, &caps, &unit->strtab);
    ord_entry_rescan(smmu, unit);
}

/* ---- Writes ------------------------------------------------------------------------------------
 */

void ord_setup_write(struct ord_smmu *smmu, struct ord_unit *unit, const struct hw_reg *reg,
                     uint64_t value)
{
    switch (reg->offset) {
    case SMMU_REG_CMDQ_BASE:
        set_cmdq(smmu, unit, value);
        break;
    case SMMU_REG_CMDQ_CONS:
        unit->cmdq.cons = (uint32_t)smmu_CMDQ_CONS_RD(&value);
        unit->cmdq.has_cons = true;
        break;
    case SMMU_REG_EVENTQ_BASE:
        set_outq(smmu, unit, &unit->evtq, value);
        break;
    case SMMU_REG_EVENTQ_PROD:
        unit->evtq.has_prod = true;
        break;
    case SMMU_REG_PRIQ_BASE:
        set_outq(smmu, unit, &unit->priq, value);
        break;
    case SMMU_REG_PRIQ_PROD:
        unit->priq.has_prod = true;
        break;
    case SMMU_REG_STRTAB_BASE:
        unit->strtab_base = value;
        unit->has_strtab_base = true;
        set_strtab(smmu, unit);
        break;
    case SMMU_REG_STRTAB_BASE_CFG:
        check_strtab_cfg(smmu, unit, value);
        unit->strtab_cfg = value;
        unit->has_strtab_cfg = true;
        set_strtab(smmu, unit);
        break;
    case SMMU_REG_CR2:
        unit->cr2 = value;
        break;
    case SMMU_REG_GERROR_IRQ_CFG0:
        unit->has_msi[0] = true;
        break;
    case SMMU_REG_PRIQ_IRQ_CFG0:
        unit->has_msi[1] = true;
        break;
    case SMMU_REG_EVENTQ_IRQ_CFG0:
        unit->has_msi[2] = true;
        break;
    default:
        break;
    }
}

/* ---- Enabling ----------------------------------------------------------------------------------
 */

static void check_queue(struct ord_smmu *smmu, const struct ord_unit *unit, const char *name,
                        const bool has[3])
{
    const uint64_t idr1 = unit->idr.idr1;

    if (!has[0] && !smmu_IDR1_QUEUES_PRESET(&idr1))
        ord_hit(smmu->order, CHK_RULE_QUEUE_BEFORE_BASE, unit->iommu,
                "%s is enabled, %s_BASE was never written", name, name);
    else if (!has[1] || !has[2])
        ord_hit(smmu->order, CHK_RULE_QUEUE_BEFORE_POINTERS, unit->iommu,
                "%s is enabled, %s_%s was never written", name, name, has[1] ? "CONS" : "PROD");
}

/* Caches hold anything until they were told to drop it; later, until tables changed unseen. */
static void check_clean(struct ord_smmu *smmu, struct ord_unit *unit)
{
    if (unit->was_on || (unit->has_cfgi_all && unit->has_tlbi_all))
        return;
    ord_hit(smmu->order, CHK_RULE_ENABLE_BEFORE_INV, unit->iommu,
            "SMMUEN is set before a %s was complete",
            unit->has_cfgi_all ? "TLBI_NSNH_ALL" : "CFGI_ALL");
}

static void enable_smmu(struct ord_smmu *smmu, struct ord_unit *unit)
{
    const uint64_t idr1 = unit->idr.idr1;

    if ((!unit->has_strtab_base || !unit->has_strtab_cfg) && !smmu_IDR1_TABLES_PRESET(&idr1))
        ord_hit(smmu->order, CHK_RULE_ENABLE_BEFORE_TABLE, unit->iommu,
                "SMMUEN is set, %s was never written",
                unit->has_strtab_base ? "STRTAB_BASE_CFG" : "STRTAB_BASE");
    else
        check_strtab(smmu, unit);
    check_clean(smmu, unit);
    unit->was_on = true;
    ord_entry_rescan(smmu, unit);
}

void ord_setup_enable(struct ord_smmu *smmu, struct ord_unit *unit, uint64_t rising)
{
    const bool cmdq[3] = {unit->cmdq.has_base, unit->cmdq.has_prod, unit->cmdq.has_cons};
    const bool evtq[3] = {unit->evtq.has_base, unit->evtq.has_prod, unit->evtq.has_cons};
    const bool priq[3] = {unit->priq.has_base, unit->priq.has_prod, unit->priq.has_cons};

    if (rising & ORD_BITS(CR0, CMDQEN)) {
        check_queue(smmu, unit, "CMDQ", cmdq);
        ord_queue_enabled(smmu, unit);
    }
    if (rising & ORD_BITS(CR0, EVENTQEN))
        check_queue(smmu, unit, "EVENTQ", evtq);
    if (rising & ORD_BITS(CR0, PRIQEN))
        check_queue(smmu, unit, "PRIQ", priq);
    if (rising & ORD_BITS(CR0, SMMUEN))
        enable_smmu(smmu, unit);
}

void ord_setup_irq(struct ord_smmu *smmu, struct ord_unit *unit, uint64_t rising)
{
    static const struct {
        uint64_t bit;
        const char *name;
    } sources[3] = {{ORD_BITS(IRQ_CTRL, GERROR_IRQEN), "GERROR"},
                    {ORD_BITS(IRQ_CTRL, PRIQ_IRQEN), "PRIQ"},
                    {ORD_BITS(IRQ_CTRL, EVENTQ_IRQEN), "EVENTQ"}};
    const uint64_t idr0 = unit->idr.idr0;

    if (!unit->has_caps || !smmu_IDR0_MSI(&idr0))
        return;
    for (size_t i = 0; i < 3; i++) {
        if ((rising & sources[i].bit) && !unit->has_msi[i])
            ord_hit(smmu->order, CHK_RULE_IRQ_BEFORE_MSI, unit->iommu,
                    "%s_IRQEN is set, %s_IRQ_CFG0 was never written", sources[i].name,
                    sources[i].name);
    }
}
