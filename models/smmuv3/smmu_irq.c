/* SPDX-License-Identifier: BSD-2-Clause
 * smmu_irq.c - global errors, wired interrupts and MSIs (3.18, 6.3.19).
 * Knows: enables, MSI registers. Must not know: why somebody raises something. */
#include "models/smmuv3/smmu_private.h"

/* What each source is in the registers. CMD_SYNC has no enable: the command asks for it. */
struct source {
    uint64_t enable; /* of IRQ_CTRL */
    uint64_t error;  /* of GERROR: its MSI was aborted */
    enum smmu_reg_index cfg0, cfg1;
};

static const struct source sources[SMMU_N_MSI] = {
    [SMMU_MSI_CMDQ] = {.error = SMMU_MASK(GERROR, MSI_CMDQ_ABT_ERR)},
    [SMMU_MSI_EVENTQ] = {SMMU_MASK(IRQ_CTRL, EVENTQ_IRQEN), SMMU_MASK(GERROR, MSI_EVENTQ_ABT_ERR),
                         SMMU_RI_EVENTQ_IRQ_CFG0, SMMU_RI_EVENTQ_IRQ_CFG1},
    [SMMU_MSI_GERROR] = {SMMU_MASK(IRQ_CTRL, GERROR_IRQEN), SMMU_MASK(GERROR, MSI_GERROR_ABT_ERR),
                         SMMU_RI_GERROR_IRQ_CFG0, SMMU_RI_GERROR_IRQ_CFG1},
    [SMMU_MSI_PRIQ] = {SMMU_MASK(IRQ_CTRL, PRIQ_IRQEN), SMMU_MASK(GERROR, MSI_PRIQ_ABT_ERR),
                       SMMU_RI_PRIQ_IRQ_CFG0, SMMU_RI_PRIQ_IRQ_CFG1},
};

static void go(void *smmu, struct sim_access *access)
{
    smmu_port_access(smmu, access);
}

/* Y08, 1.6: an aborted MSI is an error of its own; that of GERROR raises no interrupt. */
static void msi_done(void *ctx)
{
    struct hw_msi *msi = ctx;
    struct smmu *smmu = msi->owner;

    if (!hw_msi_ended(msi))
        smmu_gerror_raise(smmu, sources[msi - smmu->msi].error);
    hw_msi_again(msi);
    smmu_cmdq_progress(smmu);
    smmu_mmio_progress(smmu);
}

void smmu_irq_init(struct smmu *smmu)
{
    for (uint32_t i = 0; i < SMMU_N_MSI; i++) {
        smmu->msi[i].owner = smmu;
        smmu->msi[i].go = go;
        smmu->msi[i].access.done = (struct sim_wake){msi_done, &smmu->msi[i]};
    }
}

void smmu_irq_reset(struct smmu *smmu)
{
    for (uint32_t i = 0; i < SMMU_N_MSI; i++)
        hw_msi_reset(&smmu->msi[i]);
}

void smmu_msi_send(struct smmu *smmu, enum smmu_msi_source source, uint64_t address, uint32_t data)
{
    hw_msi_post(&smmu->msi[source], address, data);
}

bool smmu_irq_drained(const struct smmu *smmu, uint64_t mask)
{
    for (uint32_t i = 0; i < SMMU_N_MSI; i++) {
        if ((sources[i].enable & mask) && smmu->msi[i].is_busy)
            return false;
    }
    return true;
}

/* Enabled in effect, wire and MSI both (R42). */
static void interrupt(struct smmu *smmu, enum smmu_msi_source source, enum sim_irq wire)
{
    const uint64_t *cfg0 = &smmu->reg[sources[source].cfg0];
    const uint64_t *cfg1 = &smmu->reg[sources[source].cfg1];
    const uint64_t address = smmu_GERROR_IRQ_CFG0_ADDR_addr(cfg0);

    if (!(smmu->reg[SMMU_RI_IRQ_CTRLACK] & sources[source].enable))
        return;
    if (smmu_IDR0_MSI(&smmu->reg[SMMU_RI_IDR0]) && address)
        smmu_msi_send(smmu, source, address, (uint32_t)smmu_GERROR_IRQ_CFG1_DATA(cfg1));
    smmu->port.ops->irq(smmu->port.ctx, wire, true);
}

void smmu_irq_eventq(struct smmu *smmu)
{
    interrupt(smmu, SMMU_MSI_EVENTQ, SIM_IRQ_EVENTQ);
}

void smmu_irq_priq(struct smmu *smmu)
{
    interrupt(smmu, SMMU_MSI_PRIQ, SIM_IRQ_PRIQ);
}

bool smmu_gerror_is_active(const struct smmu *smmu, uint64_t mask)
{
    return ((smmu->reg[SMMU_RI_GERROR] ^ smmu->reg[SMMU_RI_GERRORN]) & mask) != 0;
}

void smmu_gerror_raise(struct smmu *smmu, uint64_t mask)
{
    if (smmu_gerror_is_active(smmu, mask))
        return;
    smmu->reg[SMMU_RI_GERROR] ^= mask;
    smmu_fact(smmu, SIM_FACT_REG_WRITTEN, SMMU_REG_GERROR, 4,
              (const uint64_t[3]){smmu->reg[SMMU_RI_GERROR]});
    if (mask != SMMU_MASK(GERROR, MSI_GERROR_ABT_ERR))
        interrupt(smmu, SMMU_MSI_GERROR, SIM_IRQ_GERROR);
}
