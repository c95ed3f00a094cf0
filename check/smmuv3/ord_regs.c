/* SPDX-License-Identifier: BSD-2-Clause
 * ord_regs.c - rules of registers: who may write what, and when.
 * Knows: registers. Must not know: what their values make of memory (ord_setup.c). */
#include "check/smmuv3/ord_smmu.h"

#include <inttypes.h>

#define REG_HIGH 4u /* offset of the upper half of a 64-bit register */

/* ---- A write alone ----------------------------------------------------------------------------
 */

/* Enhanced command queues are not followed. */
static bool is_ours(const struct hw_reg *reg)
{
    const uint64_t page_bytes = 0x4000;

    return reg->offset / page_bytes != SMMU_REG_CMDQ_CONTROL_PAGE_BASE / page_bytes;
}

/* The bytes of the register that the access covers, as a mask of its value. */
static uint64_t covered(const struct hw_reg *reg, const struct sim_rec_mmio *rec)
{
    const uint64_t shift = (rec->offset - reg->offset) * 8;
    const uint64_t mask = rec->width == 8 ? UINT64_MAX : UINT32_MAX;

    return mask << shift;
}

static bool check_access(struct ord_smmu *smmu, uint16_t iommu, const struct hw_reg *reg,
                         const struct sim_rec_mmio *rec)
{
    const uint64_t value = rec->value << ((rec->offset - reg->offset) * 8);
    const uint64_t bad = value & ~reg->writable;

    if (rec->width > reg->n_bytes || (rec->width == 8 && rec->offset % 8)) {
        ord_hit(smmu->order, CHK_RULE_REG_SIZE, iommu,
                "%u bytes at 0x%" PRIx64 ": %s has %u bytes at 0x%x", rec->width, rec->offset,
                reg->name, reg->n_bytes, reg->offset);
        return false;
    }
    if (reg->access == HW_RO)
        ord_hit(smmu->order, CHK_RULE_REG_READ_ONLY, iommu, "0x%" PRIx64 " written to %s",
                rec->value, reg->name);
    else if (bad)
        ord_hit(smmu->order, CHK_RULE_REG_RESERVED, iommu,
                "0x%" PRIx64 " written to %s: bits 0x%" PRIx64 " are reserved", value, reg->name,
                bad);
    return true;
}

/* ---- Guards: bits in CR0 or IRQ_CTRL that keep a register from being written ------------------
 */

struct guarded {
    uint32_t offset;
    bool is_irq; /* the guard is in IRQ_CTRL */
    uint64_t guard;
    enum chk_rule_id rule;
};

static const struct guarded *guard_of(uint32_t offset)
{
#define CR0_BIT(field) ORD_BITS(CR0, field)
#define IRQ_BIT(field) ORD_BITS(IRQ_CTRL, field)
    static const struct guarded list[] = {
        {SMMU_REG_STRTAB_BASE, false, CR0_BIT(SMMUEN), CHK_RULE_STRTAB_LIVE},
        {SMMU_REG_STRTAB_BASE_CFG, false, CR0_BIT(SMMUEN), CHK_RULE_STRTAB_LIVE},
        {SMMU_REG_CR2, false, CR0_BIT(SMMUEN), CHK_RULE_CR2_LIVE},
        {SMMU_REG_CMDQ_BASE, false, CR0_BIT(CMDQEN), CHK_RULE_CMDQ_BASE_LIVE},
        {SMMU_REG_CMDQ_CONS, false, CR0_BIT(CMDQEN), CHK_RULE_CMDQ_CONS_WRITTEN},
        {SMMU_REG_EVENTQ_BASE, false, CR0_BIT(EVENTQEN), CHK_RULE_OUTQ_BASE_LIVE},
        {SMMU_REG_EVENTQ_PROD, false, CR0_BIT(EVENTQEN), CHK_RULE_OUTQ_PROD_WRITTEN},
        {SMMU_REG_PRIQ_BASE, false, CR0_BIT(PRIQEN), CHK_RULE_OUTQ_BASE_LIVE},
        {SMMU_REG_PRIQ_PROD, false, CR0_BIT(PRIQEN), CHK_RULE_OUTQ_PROD_WRITTEN},
        {SMMU_REG_GERROR_IRQ_CFG0, true, IRQ_BIT(GERROR_IRQEN), CHK_RULE_MSI_LIVE},
        {SMMU_REG_GERROR_IRQ_CFG1, true, IRQ_BIT(GERROR_IRQEN), CHK_RULE_MSI_LIVE},
        {SMMU_REG_GERROR_IRQ_CFG2, true, IRQ_BIT(GERROR_IRQEN), CHK_RULE_MSI_LIVE},
        {SMMU_REG_EVENTQ_IRQ_CFG0, true, IRQ_BIT(EVENTQ_IRQEN), CHK_RULE_MSI_LIVE},
        {SMMU_REG_EVENTQ_IRQ_CFG1, true, IRQ_BIT(EVENTQ_IRQEN), CHK_RULE_MSI_LIVE},
        {SMMU_REG_EVENTQ_IRQ_CFG2, true, IRQ_BIT(EVENTQ_IRQEN), CHK_RULE_MSI_LIVE},
        {SMMU_REG_PRIQ_IRQ_CFG0, true, IRQ_BIT(PRIQ_IRQEN), CHK_RULE_MSI_LIVE},
        {SMMU_REG_PRIQ_IRQ_CFG1, true, IRQ_BIT(PRIQ_IRQEN), CHK_RULE_MSI_LIVE},
        {SMMU_REG_PRIQ_IRQ_CFG2, true, IRQ_BIT(PRIQ_IRQEN), CHK_RULE_MSI_LIVE},
    };
#undef CR0_BIT
#undef IRQ_BIT

    for (size_t i = 0; i < sizeof(list) / sizeof(list[0]); i++) {
        if (list[i].offset == offset)
            return &list[i];
    }
    return NULL;
}

static bool check_guard(struct ord_smmu *smmu, const struct ord_unit *unit,
                        const struct hw_reg *reg, uint64_t value)
{
    const struct guarded *guarded = guard_of(reg->offset);
    const uint64_t state =
        guarded && guarded->is_irq ? unit->irq | unit->irq_moving : unit->cr0 | unit->cr0_moving;

    if (!guarded || !(state & guarded->guard))
        return true;
    ord_hit(smmu->order, guarded->rule, unit->iommu,
            "0x%" PRIx64 " written to %s, %s is 0x%" PRIx64 "%s", value, reg->name,
            guarded->is_irq ? "IRQ_CTRL" : "CR0", guarded->is_irq ? unit->irq : unit->cr0,
            (guarded->is_irq ? unit->irq_moving : unit->cr0_moving) & guarded->guard
                ? ", not acknowledged yet"
                : "");
    return false;
}

/* ---- Registers with a protocol ----------------------------------------------------------------
 */

/* Fields that change again before they were acknowledged. */
static void check_moving(struct ord_smmu *smmu, const struct ord_unit *unit,
                         const struct hw_layout *layout, uint64_t changed, uint64_t moving)
{
    const enum chk_rule_id rule =
        layout == &smmu_layout_CR0 ? CHK_RULE_CR0_UNACKED : CHK_RULE_IRQ_UNACKED;

    for (size_t i = 0; i < layout->n_fields; i++) {
        const struct hw_field *field = &layout->fields[i];
        const uint64_t mask = hw_mask(field->msb, field->lsb);

        if (changed & moving & mask)
            ord_hit(smmu->order, rule, unit->iommu,
                    "%s.%s changes again, its last change is not acknowledged", layout->name,
                    field->name);
    }
}

static void add_atschk(struct ord_smmu *smmu, struct ord_unit *unit, uint64_t changed)
{
    if ((changed & ORD_BITS(CR0, ATSCHK)) && ord_is_on(unit))
        (void)ord_duty_new(smmu, unit, ORD_DUTY_ATSCHK);
}

static void write_cr0(struct ord_smmu *smmu, struct ord_unit *unit, uint64_t value)
{
    const uint64_t next = value & smmu_reg_find("CR0")->writable;
    const uint64_t changed = unit->is_cr0_known ? next ^ unit->cr0 : 0;

    check_moving(smmu, unit, &smmu_layout_CR0, changed, unit->cr0_moving);
    unit->cr0_moving |= changed;
    unit->cr0 = next;
    unit->is_cr0_known = true;
    ord_setup_enable(smmu, unit, changed & next);
    if (!(changed & ORD_BITS(CR0, SMMUEN))) /* else no STE is in use before, or after */
        add_atschk(smmu, unit, changed);
}

static void write_irq_ctrl(struct ord_smmu *smmu, struct ord_unit *unit, uint64_t value)
{
    const uint64_t changed = value ^ unit->irq;

    check_moving(smmu, unit, &smmu_layout_IRQ_CTRL, changed, unit->irq_moving);
    unit->irq_moving |= changed;
    unit->irq = value;
    ord_setup_irq(smmu, unit, changed & value);
}

static void write_gbpa(struct ord_smmu *smmu, struct ord_unit *unit, uint64_t value)
{
    if (unit->is_gbpa_busy)
        ord_hit(smmu->order, CHK_RULE_GBPA_BUSY, unit->iommu,
                "0x%" PRIx64 " written while Update was not seen to read 0", value);
    else if (!smmu_GBPA_Update(&value))
        ord_hit(smmu->order, CHK_RULE_GBPA_NO_UPDATE, unit->iommu,
                "0x%" PRIx64 " written without Update", value);
    unit->is_gbpa_busy = smmu_GBPA_Update(&value);
}

/* Attributes of queues must not change while a queue works, those of tables while they are read. */
static void write_cr1(struct ord_smmu *smmu, struct ord_unit *unit, uint64_t value)
{
    const uint64_t table =
        ORD_BITS(CR1, TABLE_IC) | ORD_BITS(CR1, TABLE_OC) | ORD_BITS(CR1, TABLE_SH);
    const uint64_t queues = ORD_BITS(CR0, CMDQEN) | ORD_BITS(CR0, EVENTQEN) | ORD_BITS(CR0, PRIQEN);
    const uint64_t state = unit->cr0 | unit->cr0_moving;
    const uint64_t changed = unit->has_cr1 ? value ^ unit->cr1 : 0;

    if ((changed & table) && ord_is_on(unit))
        ord_hit(smmu->order, CHK_RULE_CR1_LIVE, unit->iommu,
                "TABLE fields 0x%" PRIx64 " -> 0x%" PRIx64 " with SMMUEN set", unit->cr1, value);
    else if ((changed & ~table) && (state & queues))
        ord_hit(smmu->order, CHK_RULE_CR1_LIVE, unit->iommu,
                "QUEUE fields 0x%" PRIx64 " -> 0x%" PRIx64 " with a queue enabled", unit->cr1,
                value);
    unit->cr1 = value;
    unit->has_cr1 = true;
}

/* A command that stopped the queue is read again; as it stands, it stops it again. */
static void check_fixed(struct ord_smmu *smmu, struct ord_unit *unit)
{
    struct ord_cmdq *cmdq = &unit->cmdq;
    const struct ord_slot *slot;

    if (cmdq->error_seq) {
        slot = &cmdq->slots[cmdq->error_cons & ((1u << cmdq->log2) - 1)];
        if (cmdq->error == SMMU_CMDQ_CONS_ERR_CERROR_ILL && slot->store_seq < cmdq->error_seq)
            ord_hit(smmu->order, CHK_RULE_CERROR_SAME, unit->iommu,
                    "slot %u still holds 0x%" PRIx64 " 0x%" PRIx64,
                    cmdq->error_cons & ((1u << cmdq->log2) - 1), slot->cmd[0], slot->cmd[1]);
    }
    cmdq->error_seq = 0;
}

static void write_gerrorn(struct ord_smmu *smmu, struct ord_unit *unit, uint64_t value)
{
    const uint64_t toggled = value ^ unit->gerrorn;
    const uint64_t active = unit->gerror ^ unit->gerrorn;

    if (unit->is_gerror_known && (toggled & ~active))
        ord_hit(smmu->order, CHK_RULE_GERRORN_INACTIVE, unit->iommu,
                "GERRORN 0x%" PRIx64 " -> 0x%" PRIx64 ", GERROR was read as 0x%" PRIx64,
                unit->gerrorn, value, unit->gerror);
    if (toggled & active & ORD_BITS(GERROR, CMDQ_ERR))
        check_fixed(smmu, unit);
    unit->gerrorn = value;
}

/* ---- Dispatch ----------------------------------------------------------------------------------
 */

static void write_known(struct ord_smmu *smmu, struct ord_unit *unit, const struct hw_reg *reg,
                        uint64_t value)
{
    switch (reg->offset) {
    case SMMU_REG_CR0:
        write_cr0(smmu, unit, value);
        break;
    case SMMU_REG_CR1:
        write_cr1(smmu, unit, value);
        break;
    case SMMU_REG_IRQ_CTRL:
        write_irq_ctrl(smmu, unit, value);
        break;
    case SMMU_REG_GBPA:
        write_gbpa(smmu, unit, value);
        break;
    case SMMU_REG_GERRORN:
        write_gerrorn(smmu, unit, value);
        break;
    case SMMU_REG_CMDQ_PROD:
        ord_queue_prod(smmu, unit, (uint32_t)value);
        break;
    case SMMU_REG_EVENTQ_CONS:
        ord_outq_cons(smmu, unit, &unit->evtq, "EVENTQ", (uint32_t)value);
        break;
    case SMMU_REG_PRIQ_CONS:
        ord_outq_cons(smmu, unit, &unit->priq, "PRIQ", (uint32_t)value);
        break;
    default:
        ord_setup_write(smmu, unit, reg, value);
        break;
    }
}

/* The value of a 64-bit register of which one half is written. */
static uint64_t merged(const struct ord_unit *unit, const struct hw_reg *reg,
                       const struct sim_rec_mmio *rec)
{
    const uint64_t mask = covered(reg, rec);
    const uint64_t value = rec->value << ((rec->offset - reg->offset) * 8);
    uint64_t old = 0;

    if (reg->offset == SMMU_REG_STRTAB_BASE)
        old = unit->strtab_base;
    else if (reg->offset == SMMU_REG_CMDQ_BASE)
        old = unit->cmdq.base | unit->cmdq.log2;
    else if (reg->offset == SMMU_REG_EVENTQ_BASE)
        old = unit->evtq.base | unit->evtq.log2;
    else if (reg->offset == SMMU_REG_PRIQ_BASE)
        old = unit->priq.base | unit->priq.log2;
    return (old & ~mask) | (value & mask);
}

void ord_reg_write(struct ord_smmu *smmu, const struct sim_rec_mmio *rec)
{
    struct ord_unit *unit = ord_unit_of(smmu, rec->iommu);
    const struct hw_reg *reg = smmu_reg_at(rec->offset);
    uint64_t value;

    if (!unit || !reg || !is_ours(reg) || !check_access(smmu, rec->iommu, reg, rec))
        return;
    value = merged(unit, reg, rec);
    if (check_guard(smmu, unit, reg, value))
        write_known(smmu, unit, reg, value);
}

/* ---- Reads -------------------------------------------------------------------------------------
 */

static void read_idr(struct ord_unit *unit, uint64_t offset, uint64_t value)
{
    enum {
        IDR0_SEEN = 1,
        IDR1_SEEN = 2,
        IDR5_SEEN = 8,
        NEEDED = IDR0_SEEN | IDR1_SEEN | IDR5_SEEN
    };

    if (offset == SMMU_REG_IDR0) {
        unit->idr.idr0 = (uint32_t)value;
        unit->idr_known |= IDR0_SEEN;
    } else if (offset == SMMU_REG_IDR1) {
        unit->idr.idr1 = (uint32_t)value;
        unit->idr_known |= IDR1_SEEN;
    } else if (offset == SMMU_REG_IDR3) {
        unit->idr.idr3 = (uint32_t)value;
    } else if (offset == SMMU_REG_IDR5) {
        unit->idr.idr5 = (uint32_t)value;
        unit->idr_known |= IDR5_SEEN;
    } else {
        return;
    }
    unit->has_caps = (unit->idr_known & NEEDED) == NEEDED;
    smmu_caps_parse(&unit->idr, &unit->caps);
}

/* Bits of a register that @mask covers are seen to be those of @value. */
static void see_value(struct ord_unit *unit, uint64_t offset, uint64_t mask, uint64_t value)
{
    switch (offset) {
    case SMMU_REG_CR0ACK:
        unit->cr0_moving &= ~(mask & ~(value ^ unit->cr0));
        break;
    case SMMU_REG_IRQ_CTRLACK:
        unit->irq_moving &= ~(mask & ~(value ^ unit->irq));
        break;
    case SMMU_REG_GBPA:
        if ((mask & ORD_BITS(GBPA, Update)) && !smmu_GBPA_Update(&value))
            unit->is_gbpa_busy = false;
        break;
    default:
        break;
    }
}

void ord_reg_read(struct ord_smmu *smmu, const struct sim_rec_mmio_read *rec)
{
    struct ord_unit *unit = ord_unit_of(smmu, rec->iommu);

    if (!unit)
        return;
    see_value(unit, rec->offset, UINT64_MAX, rec->value);
    read_idr(unit, rec->offset, rec->value);
    if (rec->offset == SMMU_REG_CR0 && !unit->is_cr0_known) {
        unit->cr0 = rec->value;
        unit->is_cr0_known = true;
    } else if (rec->offset == SMMU_REG_GERROR) {
        unit->gerror = rec->value;
        unit->is_gerror_known = true;
    } else if (rec->offset == SMMU_REG_GERRORN) {
        unit->gerrorn = rec->value;
    } else if (rec->offset == SMMU_REG_CMDQ_CONS) {
        ord_queue_cons(smmu, unit, (uint32_t)rec->value);
    } else if (rec->offset == SMMU_REG_EVENTQ_PROD) {
        unit->evtq.prod = (uint32_t)rec->value;
        unit->evtq.is_prod_known = true;
    } else if (rec->offset == SMMU_REG_PRIQ_PROD) {
        unit->priq.prod = (uint32_t)rec->value;
        unit->priq.is_prod_known = true;
    }
}

void ord_reg_wait(struct ord_smmu *smmu, const struct sim_rec_wait *rec)
{
    struct ord_unit *unit = ord_unit_of(smmu, rec->iommu);

    if (!unit)
        return;
    if (rec->ret) {
        ord_hit(smmu->order, CHK_RULE_WAIT_GAVE_UP, unit->iommu,
                "the wait for %s 0x%" PRIx64 " ended with %d",
                sim_enum_word(SIM_SHOW_COND, rec->cond), rec->addr, rec->ret);
        return;
    }
    if (rec->cond != SIM_COND_REG) {
        ord_queue_wait(smmu, rec);
        return;
    }
    see_value(unit, rec->addr, rec->mask, rec->value);
    if (rec->addr == SMMU_REG_CMDQ_CONS &&
        (~rec->mask & ((UINT64_C(2) << unit->cmdq.log2) - 1)) == 0)
        ord_queue_cons(smmu, unit, (uint32_t)rec->value);
    /* Of what a wait saw, only some bits are known. */
    if (rec->addr == SMMU_REG_EVENTQ_PROD)
        unit->evtq.is_prod_known = false;
    if (rec->addr == SMMU_REG_PRIQ_PROD)
        unit->priq.is_prod_known = false;
    if (rec->addr == SMMU_REG_GERROR)
        unit->is_gerror_known = false;
}
