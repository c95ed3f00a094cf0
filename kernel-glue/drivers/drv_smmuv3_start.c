/* SPDX-License-Identifier: BSD-2-Clause
 * drv_smmuv3_start.c - the unit from reset to translating, and back (8.1).
 * Knows: registers of set-up. Must not know: entries, commands beyond the first three. */
#include "kernel-glue/drivers/drv_smmuv3.h"

#include <errno.h>

enum {
    QUEUE_MAX_LOG2 = 22, /* bytes: the kernel's largest piece of memory in one part */
    IAS_LPAE = 40,
};

static uint32_t id_register(struct drv *drv, uint32_t offset)
{
    return (uint32_t)drv->port.read(drv->port.ctx, offset, 4);
}

static uint8_t smaller(uint64_t a, uint64_t b)
{
    return (uint8_t)(a < b ? a : b);
}

static int probe_idr0(struct dsm_caps *caps, uint64_t word)
{
    const uint64_t format = smmu_IDR0_TTF(&word);

    caps->two_level = smmu_IDR0_ST_LEVEL(&word) == SMMU_IDR0_ST_LEVEL_TWO;
    caps->cd2l = smmu_IDR0_CD2L(&word) != 0;
    caps->pri = smmu_IDR0_PRI(&word) != 0;
    caps->ats = smmu_IDR0_ATS(&word) != 0;
    caps->msi = smmu_IDR0_MSI(&word) != 0;
    caps->hyp = smmu_IDR0_Hyp(&word) != 0;
    caps->is_coherent = smmu_IDR0_COHACC(&word) != 0;
    caps->dirty = smmu_IDR0_HTTU(&word) >= SMMU_IDR0_HTTU_ACCESS_DIRTY && caps->is_coherent;
    caps->has_stalls = smmu_IDR0_STALL_MODEL(&word) != SMMU_IDR0_STALL_MODEL_TERMINATE;
    caps->must_stall = smmu_IDR0_STALL_MODEL(&word) == SMMU_IDR0_STALL_MODEL_STALL;
    caps->s1 = smmu_IDR0_S1P(&word) != 0;
    caps->s2 = smmu_IDR0_S2P(&word) != 0;
    caps->asid_bits = smmu_IDR0_ASID16(&word) ? 16 : 8;
    caps->vmid_bits = smmu_IDR0_VMID16(&word) ? 16 : 8;
    caps->ias = format == SMMU_IDR0_TTF_BOTH ? IAS_LPAE : 0;
    if (smmu_IDR0_TTENDIAN(&word) == SMMU_IDR0_TTENDIAN_BIG)
        return -ENXIO;
    if (format != SMMU_IDR0_TTF_BOTH && format != SMMU_IDR0_TTF_V8_64)
        return -ENXIO;
    return caps->s1 || caps->s2 ? 0 : -ENXIO;
}

static int probe_idr1(struct dsm_caps *caps, uint64_t word)
{
    caps->types_ovr = smmu_IDR1_ATTR_TYPES_OVR(&word) != 0;
    caps->cmdq_log2 = smaller(smmu_IDR1_CMDQS(&word), QUEUE_MAX_LOG2 - 4);
    caps->evtq_log2 = smaller(smmu_IDR1_EVENTQS(&word), QUEUE_MAX_LOG2 - 5);
    caps->priq_log2 = smaller(smmu_IDR1_PRIQS(&word), QUEUE_MAX_LOG2 - 4);
    caps->ssid_bits = (uint8_t)smmu_IDR1_SSIDSIZE(&word);
    caps->sid_bits = (uint8_t)smmu_IDR1_SIDSIZE(&word);
    if (caps->sid_bits <= DSM_SPLIT)
        caps->two_level = false;
    if (smmu_IDR1_TABLES_PRESET(&word) || smmu_IDR1_QUEUES_PRESET(&word) || smmu_IDR1_REL(&word))
        return -ENXIO;
    /* A batch and a CMD_SYNC have to fit. */
    return UINT32_C(1) << caps->cmdq_log2 > DSM_BATCH ? 0 : -ENXIO;
}

static uint8_t address_bits(uint64_t code)
{
    const unsigned bits = smmu_address_bits(code);

    return (uint8_t)(bits == 56 ? 48 : bits);
}

static void probe_idr5(struct dsm_caps *caps, uint64_t word)
{
    if (smmu_IDR5_GRAN64K(&word))
        caps->page_sizes |= UINT64_C(1) << 16 | UINT64_C(1) << 29;
    if (smmu_IDR5_GRAN16K(&word))
        caps->page_sizes |= UINT64_C(1) << 14 | UINT64_C(1) << 25;
    if (smmu_IDR5_GRAN4K(&word))
        caps->page_sizes |= UINT64_C(1) << 12 | UINT64_C(1) << 21 | UINT64_C(1) << 30;
    caps->oas = address_bits(smmu_IDR5_OAS(&word));
    if (caps->oas > 48)
        caps->page_sizes |= UINT64_C(1) << 42;
    if (caps->ias < caps->oas)
        caps->ias = caps->oas;
}

int dsm_probe(struct drv *drv)
{
    struct dsm_caps *caps = &drv->caps;
    uint64_t idr3;
    int err;

    err = probe_idr0(caps, id_register(drv, SMMU_REG_IDR0));
    if (!err)
        err = probe_idr1(caps, id_register(drv, SMMU_REG_IDR1));
    if (err)
        return err;
    idr3 = id_register(drv, SMMU_REG_IDR3);
    caps->ril = smmu_IDR3_RIL(&idr3) != 0;
    caps->fwb = smmu_IDR3_FWB(&idr3) != 0;
    caps->bbml = (uint8_t)smmu_IDR3_BBML(&idr3);
    probe_idr5(caps, id_register(drv, SMMU_REG_IDR5));
    (void)id_register(drv, SMMU_REG_IIDR); /* errata of products: none is known here */
    return caps->page_sizes ? 0 : -ENXIO;
}

/* ---- set-up ---- */

static int queue_alloc(struct drv *drv, struct dsm_queue *queue, uint8_t log2, uint32_t n_bytes)
{
    queue->log2 = log2;
    queue->prod = 0;
    queue->cons = 0;
    return drv->port.alloc(drv->port.ctx, (uint64_t)n_bytes << log2, SIM_S_QUEUE, &queue->pa);
}

static int memory_alloc(struct drv *drv)
{
    int err = queue_alloc(drv, &drv->cmdq, drv->caps.cmdq_log2, DSM_CMD_BYTES);

    if (!err)
        err = queue_alloc(drv, &drv->evtq, drv->caps.evtq_log2, DSM_EVT_BYTES);
    if (!err && drv->caps.pri)
        err = queue_alloc(drv, &drv->priq, drv->caps.priq_log2, DSM_CMD_BYTES);
    return err ? err : dsm_strtab_alloc(drv);
}

static void queue_free(struct drv *drv, struct dsm_queue *queue, uint32_t n_bytes)
{
    if (queue->pa)
        drv->port.free(drv->port.ctx, queue->pa, (uint64_t)n_bytes << queue->log2);
    queue->pa = 0;
}

static void memory_free(struct drv *drv)
{
    dsm_free_held(drv);
    dsm_strtab_free(drv);
    queue_free(drv, &drv->priq, DSM_CMD_BYTES);
    queue_free(drv, &drv->evtq, DSM_EVT_BYTES);
    queue_free(drv, &drv->cmdq, DSM_CMD_BYTES);
}

static uint32_t cr0_mask(void)
{
    return smmu_ack_find(SMMU_REG_CR0)->mask;
}

static int set_cr0(struct drv *drv, uint32_t value)
{
    drv->cr0 = value;
    return dsm_write_sync(drv, SMMU_REG_CR0, SMMU_REG_CR0ACK, cr0_mask(), value);
}

/* Whoever used the unit before: what is still on its way meets an abort, not a bypass. */
static int set_abort(struct drv *drv)
{
    uint64_t gbpa = drv->port.read(drv->port.ctx, SMMU_REG_GBPA, 4), update = 0;

    smmu_GBPA_put_ABORT(&gbpa, 1);
    smmu_GBPA_put_Update(&gbpa, 1);
    smmu_GBPA_put_Update(&update, 1);
    return dsm_write_clear(drv, SMMU_REG_GBPA, (uint32_t)gbpa, (uint32_t)update);
}

static int disable(struct drv *drv)
{
    const uint64_t cr0 = id_register(drv, SMMU_REG_CR0);
    int err = 0;

    if (smmu_CR0_SMMUEN(&cr0))
        err = set_abort(drv);
    return err ? err : set_cr0(drv, 0);
}

static int set_attributes(struct drv *drv)
{
    uint64_t cr1 = 0, cr2 = 0;
    int err;

    smmu_CR1_put_TABLE_SH(&cr1, SMMU_CR1_TABLE_SH_ISH);
    smmu_CR1_put_TABLE_OC(&cr1, SMMU_CR1_TABLE_OC_WB);
    smmu_CR1_put_TABLE_IC(&cr1, SMMU_CR1_TABLE_IC_WB);
    smmu_CR1_put_QUEUE_SH(&cr1, SMMU_CR1_QUEUE_SH_ISH);
    smmu_CR1_put_QUEUE_OC(&cr1, SMMU_CR1_QUEUE_OC_WB);
    smmu_CR1_put_QUEUE_IC(&cr1, SMMU_CR1_QUEUE_IC_WB);
    smmu_CR2_put_PTM(&cr2, 1);
    smmu_CR2_put_RECINVSID(&cr2, 1);
    err = dsm_write(drv, SMMU_REG_CR1, cr1, 4);
    return err ? err : dsm_write(drv, SMMU_REG_CR2, cr2, 4);
}

static int set_strtab(struct drv *drv)
{
    uint64_t base = drv->strtab, cfg = 0;
    int err;

    smmu_STRTAB_BASE_put_RA(&base, 1);
    smmu_STRTAB_BASE_CFG_put_LOG2SIZE(&cfg, dsm_strtab_log2(drv));
    if (drv->caps.two_level) {
        smmu_STRTAB_BASE_CFG_put_FMT(&cfg, SMMU_STRTAB_BASE_CFG_FMT_TWO);
        smmu_STRTAB_BASE_CFG_put_SPLIT(&cfg, DSM_SPLIT);
    }
    err = dsm_write(drv, SMMU_REG_STRTAB_BASE, base, 8);
    return err ? err : dsm_write(drv, SMMU_REG_STRTAB_BASE_CFG, cfg, 4);
}

static uint64_t queue_base(const struct dsm_queue *queue)
{
    uint64_t base = queue->pa;

    smmu_CMDQ_BASE_put_LOG2SIZE(&base, queue->log2);
    smmu_CMDQ_BASE_put_RA(&base, 1);
    return base;
}

static int set_queue(struct drv *drv, const struct dsm_queue *queue, const uint32_t *registers)
{
    int err = dsm_write(drv, registers[0], queue_base(queue), 8);

    if (!err)
        err = dsm_write(drv, registers[1], queue->prod, 4);
    return err ? err : dsm_write(drv, registers[2], queue->cons, 4);
}

static int set_cmdq(struct drv *drv)
{
    static const uint32_t registers[] = {SMMU_REG_CMDQ_BASE, SMMU_REG_CMDQ_PROD,
                                         SMMU_REG_CMDQ_CONS};
    uint64_t cr0 = 0;
    int err = set_queue(drv, &drv->cmdq, registers);

    smmu_CR0_put_CMDQEN(&cr0, 1);
    return err ? err : set_cr0(drv, (uint32_t)cr0);
}

/* The configuration first: what was fetched from it could fill the TLB again. */
static int drop_caches(struct drv *drv)
{
    uint64_t cmd[2];
    int err;

    dsm_cmd(cmd, SMMU_CMD_CFGI_STE_RANGE);
    smmu_CFGI_STE_RANGE_put_Range(cmd, UINT64_MAX);
    err = dsm_issue_one(drv, cmd, true);
    if (!err && drv->caps.hyp) {
        dsm_cmd(cmd, SMMU_CMD_TLBI_EL2_ALL);
        err = dsm_issue_one(drv, cmd, true);
    }
    dsm_cmd(cmd, SMMU_CMD_TLBI_NSNH_ALL);
    return err ? err : dsm_issue_one(drv, cmd, true);
}

static int set_reports(struct drv *drv)
{
    static const uint32_t events[] = {SMMU_REG_EVENTQ_BASE, SMMU_REG_EVENTQ_PROD,
                                      SMMU_REG_EVENTQ_CONS};
    static const uint32_t pages[] = {SMMU_REG_PRIQ_BASE, SMMU_REG_PRIQ_PROD, SMMU_REG_PRIQ_CONS};
    uint64_t cr0 = drv->cr0;
    int err = set_queue(drv, &drv->evtq, events);

    smmu_CR0_put_EVENTQEN(&cr0, 1);
    if (!err)
        err = set_cr0(drv, (uint32_t)cr0);
    if (!err && drv->caps.pri) {
        err = set_queue(drv, &drv->priq, pages);
        smmu_CR0_put_PRIQEN(&cr0, 1);
        if (!err)
            err = set_cr0(drv, (uint32_t)cr0);
    }
    if (!err && drv->caps.ats) {
        smmu_CR0_put_ATSCHK(&cr0, 1);
        err = set_cr0(drv, (uint32_t)cr0);
    }
    return err;
}

static int set_irqs(struct drv *drv)
{
    const uint32_t mask = smmu_ack_find(SMMU_REG_IRQ_CTRL)->mask;
    uint64_t irqs = 0;
    int err = dsm_write_sync(drv, SMMU_REG_IRQ_CTRL, SMMU_REG_IRQ_CTRLACK, mask, 0);

    /* None by messages; Linux clears these without asking for IDR0.MSI. */
    if (!err)
        err = dsm_write(drv, SMMU_REG_GERROR_IRQ_CFG0, 0, 8);
    if (!err)
        err = dsm_write(drv, SMMU_REG_EVENTQ_IRQ_CFG0, 0, 8);
    if (!err && drv->caps.pri)
        err = dsm_write(drv, SMMU_REG_PRIQ_IRQ_CFG0, 0, 8);
    smmu_IRQ_CTRL_put_GERROR_IRQEN(&irqs, 1);
    smmu_IRQ_CTRL_put_EVENTQ_IRQEN(&irqs, 1);
    smmu_IRQ_CTRL_put_PRIQ_IRQEN(&irqs, drv->caps.pri);
    if (err)
        return err;
    return dsm_write_sync(drv, SMMU_REG_IRQ_CTRL, SMMU_REG_IRQ_CTRLACK, mask, (uint32_t)irqs);
}

static int enable(struct drv *drv)
{
    uint64_t cr0;
    int err = disable(drv);

    if (!err)
        err = set_attributes(drv);
    if (!err)
        err = set_strtab(drv);
    if (!err)
        err = set_cmdq(drv);
    if (!err)
        err = drop_caches(drv);
    if (!err)
        err = set_reports(drv);
    if (!err)
        err = set_irqs(drv);
    cr0 = drv->cr0;
    smmu_CR0_put_SMMUEN(&cr0, 1);
    return err ? err : set_cr0(drv, (uint32_t)cr0);
}

int dsm_start(struct drv *drv)
{
    int err = dsm_probe(drv);

    if (!err)
        err = memory_alloc(drv);
    if (!err)
        err = enable(drv);
    if (err)
        memory_free(drv);
    return err;
}

int dsm_stop(struct drv *drv)
{
    const int err = set_cr0(drv, 0);

    if (!err)
        memory_free(drv);
    return err;
}
