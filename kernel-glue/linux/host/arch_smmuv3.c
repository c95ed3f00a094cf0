/* SPDX-License-Identifier: BSD-2-Clause
 * arch_smmuv3.c - what the host of Arm's driver has to know of an SMMUv3: where its tables show
 * what they are, its command queue, its interrupts. Knows: registers, entries, commands. Must not
 * know: why the driver does what it does. */
#include "kernel-glue/linux/host/host.h"

#include "models/smmuv3/smmu_layout.h"

#include <errno.h>

#define CMD_BYTES 16u

/* Firmware that tells the truth: the driver believes it more than this register. */
static bool is_incoherent(const struct lnx *lnx)
{
    const uint64_t idr0 = rpl_reg_read(lnx->rpl, 0, SMMU_REG_IDR0, 4);

    return !smmu_IDR0_COHACC(&idr0);
}

static int irq_of(enum sim_irq source)
{
    switch (source) {
    case SIM_IRQ_EVENTQ:
        return 40;
    case SIM_IRQ_PRIQ:
        return 41;
    case SIM_IRQ_GERROR:
        return 42;
    case SIM_IRQ_CMD_SYNC:
    case SIM_IRQ_SEV:
    case SIM_IRQ_FAULT:
    case SIM_IRQ_INV:
    case SIM_IRQ_PAGE_REQ:
    default:
        return -1;
    }
}

/* ---- tables ---- */

static void learn_stream_table(struct lnx *lnx)
{
    const uint64_t *cfg = &lnx->strtab_cfg;

    if (lnx->strtab_base)
        host_learn(lnx, smmu_STRTAB_BASE_ADDR_addr(&lnx->strtab_base),
                   smmu_STRTAB_BASE_CFG_FMT(cfg) ? SIM_S_L1STD : SIM_S_STE);
}

static void registered(struct lnx *lnx, uint64_t offset, uint64_t value)
{
    switch (offset) {
    case SMMU_REG_STRTAB_BASE:
        lnx->strtab_base = value;
        break;
    case SMMU_REG_STRTAB_BASE_CFG:
        lnx->strtab_cfg = value;
        learn_stream_table(lnx);
        break;
    case SMMU_REG_CMDQ_BASE:
        lnx->cmdq_base = smmu_CMDQ_BASE_ADDR_addr(&value);
        lnx->cmdq_size = UINT64_C(1) << smmu_CMDQ_BASE_LOG2SIZE(&value);
        host_learn(lnx, lnx->cmdq_base, SIM_S_CMD);
        break;
    case SMMU_REG_CMDQ_PROD:
        lnx->cmdq_prod = value;
        break;
    case SMMU_REG_EVENTQ_BASE:
        host_learn(lnx, smmu_EVENTQ_BASE_ADDR_addr(&value), SIM_S_EVT);
        break;
    case SMMU_REG_PRIQ_BASE:
        host_learn(lnx, smmu_PRIQ_BASE_ADDR_addr(&value), SIM_S_PRI);
        break;
    default:
        break;
    }
}

/* A driver links its second levels before any STE shows what the first one is. */
static void learn_second_levels(struct lnx *lnx, uint64_t pa)
{
    const uint32_t number = host_table_at(lnx, pa);
    struct host_table table;

    if (number == HOST_NO_TABLE)
        return;
    table = lnx->memory.tables[number];
    for (uint64_t at = table.pa; at < table.pa + table.n_bytes; at += sizeof(uint64_t)) {
        const uint64_t word = sim_mem_read64(lnx->mem, at);

        if (smmu_L1CD_V(&word))
            host_learn(lnx, smmu_L1CD_L2Ptr_addr(&word), SIM_S_CD);
    }
}

static void learn_ste(struct lnx *lnx, const uint64_t *ste)
{
    const uint64_t config = smmu_STE_Config(ste);
    const uint64_t contexts = smmu_STE_S1ContextPtr_addr(ste);

    if (!smmu_STE_V(ste) || (config != SMMU_STE_Config_S1 && config != SMMU_STE_Config_NESTED))
        return;
    if (!smmu_STE_S1CDMax(ste) || !smmu_STE_S1Fmt(ste)) {
        host_learn(lnx, contexts, SIM_S_CD);
        return;
    }
    host_learn(lnx, contexts, SIM_S_L1CD);
    learn_second_levels(lnx, contexts);
}

static void stored(struct lnx *lnx, uint64_t pa, uint32_t table, const uint64_t *word)
{
    const uint8_t kind = lnx->memory.tables[table].kind;

    if (kind == SIM_S_L1STD)
        host_learn(lnx, smmu_L1STD_L2Ptr_addr(word), SIM_S_STE);
    else if (kind == SIM_S_L1CD)
        host_learn(lnx, smmu_L1CD_L2Ptr_addr(word), SIM_S_CD);
    else if (kind == SIM_S_STE && pa % 64 < 8)
        learn_ste(lnx, word);
}

/* ---- commands ---- */

static bool is_command(const struct lnx *lnx, uint64_t pa)
{
    return pa % CMD_BYTES == 0 && pa - lnx->cmdq_base < lnx->cmdq_size * CMD_BYTES;
}

/* A CMD_SYNC of this CPU is what it waits for next. */
static void commanded(struct lnx *lnx, uint64_t pa, uint64_t word)
{
    struct host_cpu *cpu = host_this(lnx);

    if (!is_command(lnx, pa))
        return;
    cpu->has_sync = smmu_UNKNOWN_CMD_op(&word) == SMMU_CMD_SYNC;
    if (cpu->has_sync)
        cpu->sync_slot = (uint32_t)((pa - lnx->cmdq_base) / CMD_BYTES);
}

/* The next command that is no CMD_SYNC has an opcode that nobody knows. */
static bool spoil(struct lnx *lnx, uint64_t pa, uint64_t *word)
{
    if (!is_command(lnx, pa) || smmu_UNKNOWN_CMD_op(word) == SMMU_CMD_SYNC)
        return false;
    smmu_UNKNOWN_CMD_put_op(word, UINT8_MAX);
    return true;
}

/* ---- waits ---- */

/* The word that a CMD_SYNC's message clears is in its slot. */
static enum host_wait_kind awaits(struct lnx *lnx, uint64_t pa)
{
    const uint64_t slot = lnx->cmdq_base / CMD_BYTES + host_this(lnx)->sync_slot;

    return pa / CMD_BYTES == slot ? HOST_WAIT_MEM : HOST_WAIT_NONE;
}

static bool is_poll(struct lnx *lnx, uint64_t offset)
{
    (void)lnx;
    return offset == SMMU_REG_CMDQ_CONS;
}

static bool is_beside(struct lnx *lnx, uint64_t offset)
{
    (void)lnx;
    (void)offset;
    return false;
}

static bool acked(struct lnx *lnx, uint64_t offset, uint64_t value, struct trc_ack *ack)
{
    (void)lnx;
    return trc_ack_find(SIM_ARCH_SMMUV3, offset, 0, value, ack);
}

static bool slot_is_done(const struct lnx *lnx, uint32_t slot, uint64_t cons)
{
    const uint64_t mask = lnx->cmdq_size * 2 - 1;
    const uint64_t from = smmu_CMDQ_CONS_RD(&cons);
    const uint64_t n = (smmu_CMDQ_PROD_WR(&lnx->cmdq_prod) - from) & mask;

    return ((slot - from) & (lnx->cmdq_size - 1)) >= n;
}

static bool waited(struct lnx *lnx, const struct host_wait *wait, struct sim_rec_wait *rec)
{
    const uint32_t slot = host_this(lnx)->sync_slot;

    if (wait->kind == HOST_WAIT_MEM) {
        rec->cond = SIM_COND_MEM;
        rec->addr = wait->addr & ~UINT64_C(7);
        rec->mask = UINT32_MAX;
        rec->ret = (uint32_t)sim_mem_read64(lnx->mem, rec->addr) ? -ETIMEDOUT : 0;
        return true;
    }
    rec->cond = SIM_COND_QUEUE;
    rec->addr = lnx->cmdq_base;
    rec->index = slot;
    rec->ret = slot_is_done(lnx, slot, wait->value) ? 0 : -ETIMEDOUT;
    return true;
}

const struct host_arch host_arch_smmuv3 = {.arch = SIM_ARCH_SMMUV3,
                                           .pages = SIM_S_PTE,
                                           .has_viommu = true,
                                           .queue = SIM_S_CMD,
                                           .base = UINT64_C(0x2b400000),
                                           .n_bytes = UINT64_C(0x20000),
                                           .is_incoherent = is_incoherent,
                                           .irq_of = irq_of,
                                           .registered = registered,
                                           .stored = stored,
                                           .commanded = commanded,
                                           .spoil = spoil,
                                           .awaits = awaits,
                                           .is_poll = is_poll,
                                           .is_beside = is_beside,
                                           .acked = acked,
                                           .waited = waited};
