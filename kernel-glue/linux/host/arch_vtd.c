/* SPDX-License-Identifier: BSD-2-Clause
 * arch_vtd.c - what the host of Intel's driver has to know of a VT-d unit: where its tables show
 * what they are, its invalidation queue, its interrupts. Knows: registers, entries, descriptors.
 * Must not know: why the driver does what it does.
 *
 * The status words of wait descriptors lie in memory that no other table is in, and the driver's
 * own stores to them are no records: only what the unit writes there counts. */
#include "kernel-glue/linux/host/host.h"

#include "models/vtd/vtd_layout.h"

#include <errno.h>

enum {
    NARROW_BYTES = 16,
    WIDE_BYTES = 32,
    PAGE_LOG2 = 12,
    CTX_BYTES = 32,
};

static int irq_of(enum sim_irq source)
{
    switch (source) {
    case SIM_IRQ_FAULT:
        return 40;
    case SIM_IRQ_PAGE_REQ:
        return 41;
    case SIM_IRQ_EVENTQ:
    case SIM_IRQ_PRIQ:
    case SIM_IRQ_GERROR:
    case SIM_IRQ_CMD_SYNC:
    case SIM_IRQ_SEV:
    case SIM_IRQ_INV:
    default:
        return -1;
    }
}

/* ---- tables ---- */

static void registered(struct lnx *lnx, uint64_t offset, uint64_t value)
{
    switch (offset) {
    case VTD_REG_GCMD:
        lnx->gcmd = value;
        break;
    case VTD_REG_RTADDR:
        lnx->is_scalable = vtd_RTADDR_TTM(&value) == VTD_RTADDR_TTM_SCALABLE;
        host_learn(lnx, vtd_RTADDR_RTA_addr(&value), SIM_S_ROOT);
        break;
    case VTD_REG_IQA:
        lnx->cmdq_base = vtd_IQA_IQA_addr(&value);
        lnx->cmd_bytes = vtd_IQA_DW(&value) ? WIDE_BYTES : NARROW_BYTES;
        lnx->cmdq_size = (UINT64_C(1) << (vtd_IQA_QS(&value) + PAGE_LOG2)) / lnx->cmd_bytes;
        host_learn(lnx, lnx->cmdq_base, SIM_S_QI);
        break;
    case VTD_REG_PQA:
        host_learn(lnx, vtd_PQA_PQA_addr(&value), SIM_S_PRQ);
        break;
    default:
        break;
    }
}

/* Each word of an entry that has a pointer; a null pointer leads to no table. */
static void learn_context(struct lnx *lnx, uint64_t pa, const uint64_t *word)
{
    if (lnx->is_scalable && pa % CTX_BYTES < 8)
        host_learn(lnx, vtd_CTX_PASIDDIRPTR_addr(word), SIM_S_PASID_DIR);
}

static void stored(struct lnx *lnx, uint64_t pa, uint32_t table, const uint64_t *word)
{
    switch (lnx->memory.tables[table].kind) {
    case SIM_S_ROOT: /* both halves of a scalable one have a pointer at the same place */
        host_learn(lnx, vtd_ROOT_LEGACY_CTP_addr(word), SIM_S_CTX);
        break;
    case SIM_S_CTX:
        learn_context(lnx, pa, word);
        break;
    case SIM_S_PASID_DIR:
        host_learn(lnx, vtd_PASID_DIR_SMPTBLPTR_addr(word), SIM_S_PASID);
        break;
    default:
        break;
    }
}

/* ---- descriptors ---- */

static bool is_descriptor(const struct lnx *lnx, uint64_t pa)
{
    return lnx->cmd_bytes && pa - lnx->cmdq_base < lnx->cmdq_size * lnx->cmd_bytes;
}

/* A wait of this CPU is what it waits for next, if it writes a status. */
static void commanded(struct lnx *lnx, uint64_t pa, uint64_t word)
{
    struct host_cpu *cpu = host_this(lnx);
    uint64_t words[VTD_WORDS_WAIT] = {0};

    if (!is_descriptor(lnx, pa))
        return;
    if (pa % lnx->cmd_bytes == 0) {
        words[0] = word;
        cpu->has_sync = vtd_qi_type(words) == VTD_QI_WAIT && vtd_WAIT_SW(words);
        cpu->sync_slot = (uint32_t)((pa - lnx->cmdq_base) / lnx->cmd_bytes);
    } else if (pa % lnx->cmd_bytes == 8) {
        words[1] = word;
        cpu->status_pa = vtd_WAIT_ADDR_addr(words);
    }
}

/* A descriptor that nobody knows. */
static bool spoil(struct lnx *lnx, uint64_t pa, uint64_t *word)
{
    if (!is_descriptor(lnx, pa) || pa % lnx->cmd_bytes || vtd_qi_type(word) == VTD_QI_WAIT)
        return false;
    *word |= UINT64_C(0xf);
    return true;
}

/* ---- waits ---- */

static enum host_wait_kind awaits(struct lnx *lnx, uint64_t pa)
{
    return pa == host_this(lnx)->status_pa ? HOST_WAIT_QUEUE : HOST_WAIT_NONE;
}

static bool is_poll(struct lnx *lnx, uint64_t offset)
{
    (void)lnx;
    (void)offset;
    return false;
}

/* Between two looks at the status the driver asks whether the queue has stopped. */
static bool is_beside(struct lnx *lnx, uint64_t offset)
{
    (void)lnx;
    return trc_is_sync_poll(SIM_ARCH_VTD, offset);
}

static bool acked(struct lnx *lnx, uint64_t offset, uint64_t value, struct trc_ack *ack)
{
    const uint64_t ecap = rpl_reg_read(lnx->rpl, 0, VTD_REG_ECAP, 8);

    if (offset != vtd_iotlb_offset(ecap) + VTD_REG_IOTLB)
        return trc_ack_find(SIM_ARCH_VTD, offset, lnx->gcmd, value, ack);
    *ack = (struct trc_ack){.offset = offset};
    vtd_IOTLB_put_IVT(&ack->mask, 1);
    return vtd_IOTLB_IVT(&value) != 0;
}

static bool waited(struct lnx *lnx, const struct host_wait *wait, struct sim_rec_wait *rec)
{
    const struct host_cpu *cpu = host_this(lnx);
    uint64_t words[VTD_WORDS_WAIT] = {0};

    words[0] = sim_mem_read64(lnx->mem, lnx->cmdq_base + cpu->sync_slot * lnx->cmd_bytes);
    rec->cond = SIM_COND_QUEUE;
    rec->addr = lnx->cmdq_base;
    rec->index = cpu->sync_slot;
    rec->ret = wait->value == vtd_WAIT_DATA(words) ? 0 : -ETIMEDOUT;
    return true;
}

const struct host_arch host_arch_vtd = {.arch = SIM_ARCH_VTD,
                                        .pages = SIM_S_PTE_VTD,
                                        .pages_may_be_all = true,
                                        .queue = SIM_S_QI,
                                        .base = UINT64_C(0xfed90000),
                                        .n_bytes = UINT64_C(0x1000),
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
