/* SPDX-License-Identifier: BSD-2-Clause
 * smmu_mmio.c - the register pages: widths, guards, handshakes (6.2, 6.3).
 * Knows: every register's rules. Must not know: what queues and translations do. */
#include "models/smmuv3/smmu_priq.h"
#include "models/smmuv3/smmu_private.h"
#include "models/smmuv3/smmu_stall.h"
#include "sim/diag.h"

enum {
    PAGE1 = 0x10000, /* offset of page 1; smmu_regs has it in its offsets */
};

#define CR0_QUEUES (SMMU_MASK(CR0, CMDQEN) | SMMU_MASK(CR0, EVENTQEN) | SMMU_MASK(CR0, PRIQEN))
#define CR1_QUEUES (SMMU_MASK(CR1, QUEUE_IC) | SMMU_MASK(CR1, QUEUE_OC) | SMMU_MASK(CR1, QUEUE_SH))
#define CR1_TABLES (SMMU_MASK(CR1, TABLE_IC) | SMMU_MASK(CR1, TABLE_OC) | SMMU_MASK(CR1, TABLE_SH))

/* R06, R14: @bits of register @reg must not be written while a bit of @guard is set in @enable or
 * in its acknowledge, which is the register after it. */
struct guard {
    uint16_t reg;
    uint16_t enable, ack;
    uint64_t bits;
    uint64_t guard;
};

#define BY_CR0(reg, bits, field)                                                                   \
    {                                                                                              \
        SMMU_RI_##reg, SMMU_RI_CR0, SMMU_RI_CR0ACK, bits, field                                    \
    }
#define BY_IRQ(reg, field)                                                                         \
    {                                                                                              \
        SMMU_RI_##reg, SMMU_RI_IRQ_CTRL, SMMU_RI_IRQ_CTRLACK, UINT64_MAX,                          \
            SMMU_MASK(IRQ_CTRL, field)                                                             \
    }

static const struct guard guards[] = {
    BY_CR0(CR1, CR1_TABLES, SMMU_MASK(CR0, SMMUEN)),
    BY_CR0(CR1, CR1_QUEUES, CR0_QUEUES),
    BY_CR0(CR2, UINT64_MAX, SMMU_MASK(CR0, SMMUEN)),
    BY_CR0(STRTAB_BASE, UINT64_MAX, SMMU_MASK(CR0, SMMUEN)),
    BY_CR0(STRTAB_BASE_CFG, UINT64_MAX, SMMU_MASK(CR0, SMMUEN)),
    BY_CR0(CMDQ_BASE, UINT64_MAX, SMMU_MASK(CR0, CMDQEN)),
    BY_CR0(CMDQ_CONS, UINT64_MAX, SMMU_MASK(CR0, CMDQEN)),
    BY_CR0(EVENTQ_BASE, UINT64_MAX, SMMU_MASK(CR0, EVENTQEN)),
    BY_CR0(EVENTQ_PROD, UINT64_MAX, SMMU_MASK(CR0, EVENTQEN)),
    BY_CR0(PRIQ_BASE, UINT64_MAX, SMMU_MASK(CR0, PRIQEN)),
    BY_CR0(PRIQ_PROD, UINT64_MAX, SMMU_MASK(CR0, PRIQEN)),
    BY_IRQ(GERROR_IRQ_CFG0, GERROR_IRQEN),
    BY_IRQ(GERROR_IRQ_CFG1, GERROR_IRQEN),
    BY_IRQ(GERROR_IRQ_CFG2, GERROR_IRQEN),
    BY_IRQ(EVENTQ_IRQ_CFG0, EVENTQ_IRQEN),
    BY_IRQ(EVENTQ_IRQ_CFG1, EVENTQ_IRQEN),
    BY_IRQ(EVENTQ_IRQ_CFG2, EVENTQ_IRQEN),
    BY_IRQ(PRIQ_IRQ_CFG0, PRIQ_IRQEN),
    BY_IRQ(PRIQ_IRQ_CFG1, PRIQ_IRQEN),
    BY_IRQ(PRIQ_IRQ_CFG2, PRIQ_IRQEN),
};

/* Registers @first to @last exist only with a feature: @bits of IDR register @idr. */
struct feature {
    uint16_t first, last;
    uint16_t idr;
    uint64_t bits;
};

static const struct feature features[] = {
    {SMMU_RI_PRIQ_BASE, SMMU_RI_PRIQ_IRQ_CFG2, SMMU_RI_IDR0, SMMU_MASK(IDR0, PRI)},
    {SMMU_RI_PRIQ_PROD, SMMU_RI_PRIQ_CONS, SMMU_RI_IDR0, SMMU_MASK(IDR0, PRI)},
    {SMMU_RI_GATOS_CTRL, SMMU_RI_GATOS_PAR, SMMU_RI_IDR0, SMMU_MASK(IDR0, ATOS)},
    {SMMU_RI_VATOS_SEL, SMMU_RI_VATOS_SEL, SMMU_RI_IDR0, SMMU_MASK(IDR0, VATOS)},
    {SMMU_RI_MPAMIDR, SMMU_RI_GBPMPAM, SMMU_RI_IDR3, SMMU_MASK(IDR3, MPAM)},
    {SMMU_RI_S2PII, SMMU_RI_S2PII, SMMU_RI_IDR3, SMMU_MASK(IDR3, S2PI)},
    {SMMU_RI_DPT_BASE, SMMU_RI_DPT_CFG_FAR, SMMU_RI_IDR3, SMMU_MASK(IDR3, DPT)},
    {SMMU_RI_GERROR_IRQ_CFG0, SMMU_RI_GERROR_IRQ_CFG2, SMMU_RI_IDR0, SMMU_MASK(IDR0, MSI)},
    {SMMU_RI_EVENTQ_IRQ_CFG0, SMMU_RI_EVENTQ_IRQ_CFG2, SMMU_RI_IDR0, SMMU_MASK(IDR0, MSI)},
};

static bool is_implemented(const struct smmu *smmu, uint32_t reg)
{
    for (size_t i = 0; i < sizeof(features) / sizeof(features[0]); i++) {
        const struct feature *f = &features[i];

        if (reg >= f->first && reg <= f->last && !(smmu->reg[f->idr] & f->bits))
            return false;
    }
    return true;
}

/* Bits of a register that this SMMU has, of those that are writable at all. */
static uint64_t writable_bits(const struct smmu *smmu, uint32_t reg)
{
    const uint64_t *idr0 = &smmu->reg[SMMU_RI_IDR0];
    uint64_t bits = smmu_regs[reg].writable;

    if (!is_implemented(smmu, reg))
        return 0;
    if (reg == SMMU_RI_CR0) {
        bits &= ~SMMU_MASK(CR0, DPT_WALK_EN);
        bits &= smmu_IDR0_PRI(idr0) ? UINT64_MAX : ~SMMU_MASK(CR0, PRIQEN);
        bits &= smmu_IDR0_ATS(idr0) ? UINT64_MAX : ~SMMU_MASK(CR0, ATSCHK);
        bits &= smmu_IDR0_VMW(idr0) ? UINT64_MAX : ~SMMU_MASK(CR0, VMW);
    } else if (reg == SMMU_RI_CR2) {
        bits &= smmu_IDR0_ATSRECERR(idr0) ? UINT64_MAX : ~SMMU_MASK(CR2, REC_CFG_ATS);
        bits &= smmu_IDR0_Hyp(idr0) ? UINT64_MAX : ~SMMU_MASK(CR2, E2H);
    } else if (reg == SMMU_RI_IRQ_CTRL) {
        bits &= smmu_IDR0_PRI(idr0) ? UINT64_MAX : ~SMMU_MASK(IRQ_CTRL, PRIQ_IRQEN);
    } else if (reg == SMMU_RI_STRTAB_BASE_CFG && !smmu->caps.st_level) {
        bits &= ~(SMMU_MASK(STRTAB_BASE_CFG, FMT) | SMMU_MASK(STRTAB_BASE_CFG, SPLIT));
    }
    return bits;
}

/* Bits that a guard protects now (R06). */
static uint64_t guarded_bits(const struct smmu *smmu, uint32_t reg)
{
    uint64_t bits = 0;

    for (size_t i = 0; i < sizeof(guards) / sizeof(guards[0]); i++) {
        const struct guard *g = &guards[i];

        if (g->reg == reg && ((smmu->reg[g->enable] | smmu->reg[g->ack]) & g->guard))
            bits |= g->bits;
    }
    /* CMDQ_CONS is read-only while the queue runs, whatever the version says of guards. */
    if (smmu->param.guards && reg != SMMU_RI_CMDQ_CONS)
        return 0;
    return bits;
}

/* ---- handshakes ---- */

static void take_strtab(struct smmu *smmu)
{
    const uint64_t *cr2 = &smmu->reg[SMMU_RI_CR2];

    smmu_strtab_parse(smmu->reg[SMMU_RI_STRTAB_BASE], (uint32_t)smmu->reg[SMMU_RI_STRTAB_BASE_CFG],
                      &smmu->caps, &smmu->strtab);
    smmu->ctrl.e2h = smmu_CR2_E2H(cr2) != 0;
    smmu->ctrl.rec_inv_sid = smmu_CR2_RECINVSID(cr2) != 0;
    smmu->rec_cfg_ats = smmu_CR2_REC_CFG_ATS(cr2) != 0;
}

/* What comes in after SMMUEN was cleared does not count: a device that never rests would keep it.
 */
static bool is_translating(const struct smmu *smmu)
{
    return smmu->n_translating != 0;
}

/* Which of the bits in transition have arrived (R10-R12). */
static uint64_t arrived_bits(struct smmu *smmu, uint64_t changing)
{
    const uint64_t *cr0 = &smmu->reg[SMMU_RI_CR0];
    uint64_t arrived = changing;

    /* Dropping records ends jobs, and what follows looks at what is left of those. */
    if ((changing & SMMU_MASK(CR0, EVENTQEN)) && !smmu_CR0_EVENTQEN(cr0)) {
        smmu_evt_drop_waiting(smmu);
        if (smmu->n_events_writing)
            arrived &= ~SMMU_MASK(CR0, EVENTQEN);
    }
    if ((changing & SMMU_MASK(CR0, PRIQEN)) && !smmu_CR0_PRIQEN(cr0)) {
        smmu_priq_drop_waiting(smmu);
        if (smmu->n_pages_writing)
            arrived &= ~SMMU_MASK(CR0, PRIQEN);
    }
    if (changing & SMMU_MASK(CR0, SMMUEN)) {
        if (smmu_CR0_SMMUEN(cr0))
            take_strtab(smmu);
        smmu->is_enabled = smmu_CR0_SMMUEN(cr0) != 0;
        if (!smmu->is_enabled)
            smmu_stall_end_all(smmu);
        smmu_prefetch_reachable(smmu, 0, false, 0);
        if (!smmu->is_enabled &&
            (is_translating(smmu) || smmu_now(smmu) < smmu->translated_until_ps))
            arrived &= ~SMMU_MASK(CR0, SMMUEN);
    }
    if ((changing & SMMU_MASK(CR0, CMDQEN)) && !smmu_CR0_CMDQEN(cr0) && smmu_cmdq_is_busy(smmu))
        arrived &= ~SMMU_MASK(CR0, CMDQEN);
    return arrived;
}

static void cr0_settle(void *ctx)
{
    struct smmu *smmu = ctx;
    uint64_t *ack = &smmu->reg[SMMU_RI_CR0ACK];
    const uint64_t changing = smmu->reg[SMMU_RI_CR0] ^ *ack;
    uint64_t arrived;

    smmu->is_cr0_due = false; /* jobs that end in here do not settle once more */
    arrived = arrived_bits(smmu, changing);
    *ack ^= arrived;
    smmu->is_cr0_due = changing != arrived;
    smmu->ctrl.ats_check = smmu_CR0_ATSCHK(ack) != 0;
    if (arrived)
        smmu_fact(smmu, SIM_FACT_REG_WRITTEN, SMMU_REG_CR0ACK, 4, (const uint64_t[3]){*ack});
    if (smmu->is_cr0_due && !is_translating(smmu) && smmu_now(smmu) < smmu->translated_until_ps)
        sim_queue_at(smmu->queue, &smmu->source, smmu->translated_until_ps, &smmu->cr0_ack);
    if ((arrived & SMMU_MASK(CR0, CMDQEN)) && !smmu_CR0_CMDQEN(ack))
        smmu_cmdq_disabled(smmu);
    else if (arrived & SMMU_MASK(CR0, CMDQEN))
        smmu_cmdq_kick(smmu);
    if (arrived & SMMU_MASK(CR0, EVENTQEN))
        smmu_evt_kick(smmu);
}

static void irq_settle(void *ctx)
{
    struct smmu *smmu = ctx;
    uint64_t *ack = &smmu->reg[SMMU_RI_IRQ_CTRLACK];
    const uint64_t changing = smmu->reg[SMMU_RI_IRQ_CTRL] ^ *ack;
    uint64_t arrived = 0;

    /* R33: an enable is cleared once the MSIs sent for it are visible. */
    for (uint64_t left = changing; left; left &= left - 1) {
        const uint64_t bit = left & -left;

        if (!(*ack & bit) || smmu_irq_drained(smmu, bit))
            arrived |= bit;
    }
    *ack ^= arrived;
    smmu->is_irq_due = changing != arrived;
}

static void gbpa_settle(void *ctx)
{
    struct smmu *smmu = ctx;

    smmu->reg[SMMU_RI_GBPA] = smmu->gbpa_next;
    smmu_fact(smmu, SIM_FACT_REG_WRITTEN, SMMU_REG_GBPA, 4, (const uint64_t[3]){smmu->gbpa_next});
}

void smmu_mmio_progress(struct smmu *smmu)
{
    if (smmu->is_cr0_due && !sim_event_is_scheduled(&smmu->cr0_ack))
        cr0_settle(smmu);
    if (smmu->is_irq_due)
        irq_settle(smmu);
}

/* A field in transition keeps the value that it is going to (R10). */
static void write_enables(struct smmu *smmu, uint32_t reg, uint32_t ack_reg, uint64_t value,
                          struct sim_event *settle)
{
    const uint64_t changing = smmu->reg[reg] ^ smmu->reg[ack_reg];

    smmu->reg[reg] = (value & ~changing) | (smmu->reg[reg] & changing);
    if (smmu->reg[reg] != smmu->reg[ack_reg] && !sim_event_is_scheduled(settle))
        smmu_wake(smmu, settle, smmu->param.reg_cycles);
}

/* R30: only a write with Update=1, and none while the last is under way. */
static void write_gbpa(struct smmu *smmu, uint64_t value)
{
    if (!smmu_GBPA_Update(&value) || smmu_GBPA_Update(&smmu->reg[SMMU_RI_GBPA]))
        return;
    smmu_GBPA_put_Update(&smmu->reg[SMMU_RI_GBPA], 1);
    smmu_GBPA_put_Update(&value, 0);
    smmu->gbpa_next = value;
    smmu_wake(smmu, &smmu->gbpa_ack, smmu->param.reg_cycles);
}

/* ---- access ---- */

/* Index of the register that an access goes to, or SMMU_N_REGS: nothing is there (R02-R04). */
static uint32_t find_reg(const struct smmu *smmu, uint64_t *offset, uint32_t n_bytes)
{
    const struct hw_reg *reg;

    if ((n_bytes != 4 && n_bytes != 8) || *offset % n_bytes)
        return SMMU_N_REGS;
    reg = smmu_reg_at(*offset);
    if (!reg && smmu->param.page1_alias && *offset < PAGE1) {
        reg = smmu_reg_at(*offset + PAGE1);
        *offset += PAGE1;
    }
    if (!reg || n_bytes > reg->n_bytes)
        return SMMU_N_REGS;
    return (uint32_t)(reg - smmu_regs);
}

/* Is the access to the upper half of a 64-bit register? Elements of arrays count from their own
 * start. */
static bool is_upper_half(uint32_t reg, uint64_t offset, uint32_t n_bytes)
{
    return n_bytes == 4 && smmu_regs[reg].n_bytes == 8 && (offset - smmu_regs[reg].offset) % 8 == 4;
}

uint64_t smmu_reg_read(void *model, uint64_t offset, uint32_t n_bytes)
{
    const struct smmu *smmu = model;
    const uint32_t reg = find_reg(smmu, &offset, n_bytes);

    if (reg == SMMU_N_REGS || !is_implemented(smmu, reg))
        return 0;
    if (is_upper_half(reg, offset, n_bytes))
        return smmu->reg[reg] >> 32;
    return n_bytes == 4 ? (uint32_t)smmu->reg[reg] : smmu->reg[reg];
}

static void store(struct smmu *smmu, uint32_t reg, uint64_t value)
{
    smmu->reg[reg] = value;
    switch (reg) {
    case SMMU_RI_CMDQ_PROD:
        smmu_cmdq_moved(smmu);
        smmu_prefetch_reachable(smmu, smmu->prefetcher.sid, false, 0);
        smmu_cmdq_kick(smmu);
        smmu_evt_kick(smmu);
        return;
    case SMMU_RI_GERRORN:
        smmu_cmdq_kick(smmu);
        smmu_evt_kick(smmu);
        return;
    case SMMU_RI_EVENTQ_CONS:
        smmu_evt_kick(smmu);
        return;
    case SMMU_RI_GATOS_CTRL:
        smmu_fact_unimpl(smmu, SMMU_UNIMPL_REGISTER, SMMU_REG_GATOS_CTRL);
        return;
    default:
        return;
    }
}

void smmu_reg_write(void *model, uint64_t offset, uint32_t n_bytes, uint64_t value)
{
    struct smmu *smmu = model;
    const uint32_t reg = find_reg(smmu, &offset, n_bytes);
    uint64_t bits;

    if (reg == SMMU_N_REGS || smmu_regs[reg].access == HW_RO)
        return;
    bits = writable_bits(smmu, reg) & ~guarded_bits(smmu, reg);
    if (is_upper_half(reg, offset, n_bytes)) {
        value <<= 32;
        bits &= UINT64_MAX << 32;
    } else if (n_bytes == 4) {
        bits &= UINT32_MAX;
    }
    value = (smmu->reg[reg] & ~bits) | (value & bits);
    smmu_fact(smmu, SIM_FACT_REG_WRITTEN, offset, n_bytes, (const uint64_t[3]){value});
    if (reg == SMMU_RI_CR0)
        write_enables(smmu, reg, SMMU_RI_CR0ACK, value, &smmu->cr0_ack);
    else if (reg == SMMU_RI_IRQ_CTRL)
        write_enables(smmu, reg, SMMU_RI_IRQ_CTRLACK, value, &smmu->irq_ack);
    else if (reg == SMMU_RI_GBPA)
        write_gbpa(smmu, value);
    else
        store(smmu, reg, value);
}

void smmu_mmio_reset(struct smmu *smmu)
{
    const struct smmu_ids *ids = &smmu->config.ids;

    sim_queue_cancel(smmu->queue, &smmu->cr0_ack);
    sim_queue_cancel(smmu->queue, &smmu->irq_ack);
    sim_queue_cancel(smmu->queue, &smmu->gbpa_ack);
    smmu_event_init(&smmu->cr0_ack, cr0_settle, smmu);
    smmu_event_init(&smmu->irq_ack, irq_settle, smmu);
    smmu_event_init(&smmu->gbpa_ack, gbpa_settle, smmu);
    for (uint32_t i = 0; i < SMMU_N_REGS; i++)
        smmu->reg[i] = smmu_regs[i].reset;
    smmu->reg[SMMU_RI_IDR0] = ids->idr0;
    smmu->reg[SMMU_RI_IDR1] = ids->idr1;
    smmu->reg[SMMU_RI_IDR2] = ids->idr2;
    smmu->reg[SMMU_RI_IDR3] = ids->idr3;
    smmu->reg[SMMU_RI_IDR4] = ids->idr4;
    smmu->reg[SMMU_RI_IDR5] = ids->idr5;
    smmu->reg[SMMU_RI_IIDR] = ids->iidr;
    smmu->reg[SMMU_RI_AIDR] = ids->aidr;
    smmu->is_enabled = false;
    smmu->is_cr0_due = false;
    smmu->is_irq_due = false;
    smmu->ctrl = (struct smmu_ctrl){0};
    smmu->rec_cfg_ats = false;
}
