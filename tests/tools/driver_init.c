/* SPDX-License-Identifier: BSD-2-Clause
 * driver_init.c - from reset to translation, in the order of Linux.
 * Knows: registers. Must not know: what hardware makes of them. */
#include "models/smmuv3/smmu_layout.h"
#include "tests/tools/driver.h"

enum { STRTAB_LOG2 = 6, EVTQ_LOG2 = 7, PRIQ_LOG2 = 7, QUEUE_BYTES = 4096, ALL_STES = 31 };

static void read_id(struct stream *stream, uint64_t offset, uint64_t value)
{
    struct sim_record rec = stream_record(SIM_R_MMIO_READ);

    rec.mmio_read.offset = offset;
    rec.mmio_read.value = value;
    stream_put(stream, &rec);
}

static uint64_t idr0(const struct driver_rules *rules)
{
    uint64_t value = 0;

    smmu_IDR0_put_S2P(&value, 1);
    smmu_IDR0_put_S1P(&value, 1);
    smmu_IDR0_put_TTF(&value, SMMU_IDR0_TTF_V8_64);
    smmu_IDR0_put_COHACC(&value, 1);
    smmu_IDR0_put_Hyp(&value, rules->has_el2);
    smmu_IDR0_put_ATS(&value, rules->has_pci);
    smmu_IDR0_put_PRI(&value, rules->has_pci);
    smmu_IDR0_put_ASID16(&value, 1);
    smmu_IDR0_put_SEV(&value, 1);
    smmu_IDR0_put_VMID16(&value, 1);
    smmu_IDR0_put_CD2L(&value, 1);
    smmu_IDR0_put_TTENDIAN(&value, SMMU_IDR0_TTENDIAN_LITTLE);
    smmu_IDR0_put_STALL_MODEL(&value, SMMU_IDR0_STALL_MODEL_TERMINATE);
    smmu_IDR0_put_ST_LEVEL(&value, SMMU_IDR0_ST_LEVEL_TWO);
    return value;
}

static uint64_t idr1(const struct driver_rules *rules)
{
    uint64_t value = 0;

    smmu_IDR1_put_SIDSIZE(&value, 16);
    smmu_IDR1_put_SSIDSIZE(&value, 16);
    smmu_IDR1_put_PRIQS(&value, rules->has_pci ? 19 : 0);
    smmu_IDR1_put_EVENTQS(&value, 19);
    smmu_IDR1_put_CMDQS(&value, 19);
    smmu_IDR1_put_ATTR_TYPES_OVR(&value, !rules->no_overrides);
    return value;
}

static void read_ids(const struct driver *driver)
{
    struct stream *stream = driver->stream;
    uint64_t idr3 = 0, idr5 = 0;

    smmu_IDR3_put_HAD(&idr3, 1);
    smmu_IDR3_put_XNX(&idr3, 1);
    smmu_IDR3_put_FWB(&idr3, 1);
    smmu_IDR3_put_RIL(&idr3, 1);
    smmu_IDR3_put_BBML(&idr3, SMMU_IDR3_BBML_LEVEL2);
    smmu_IDR5_put_OAS(&idr5, SMMU_IDR5_OAS_B48);
    smmu_IDR5_put_GRAN4K(&idr5, 1);
    read_id(stream, SMMU_REG_IDR0, idr0(&driver->rules));
    read_id(stream, SMMU_REG_IDR1, idr1(&driver->rules));
    read_id(stream, SMMU_REG_IDR3, idr3);
    read_id(stream, SMMU_REG_IDR5, idr5);
}

static void memory(struct stream *stream, uint64_t ste0)
{
    stream_memory(stream, SIM_S_STE, DRIVER_STRTAB, DRIVER_ENTRY_BYTES << STRTAB_LOG2);
    stream_memory(stream, SIM_S_CD, DRIVER_CDS, DRIVER_PAGE);
    stream_memory(stream, SIM_S_QUEUE, STREAM_CMDQ, STREAM_CMD_BYTES << STREAM_CMDQ_LOG2);
    stream_memory(stream, SIM_S_QUEUE, DRIVER_EVTQ, QUEUE_BYTES);
    stream_memory(stream, SIM_S_QUEUE, DRIVER_PRIQ, QUEUE_BYTES);
    if (ste0)
        stream_store(stream, SIM_S_STE, DRIVER_STRTAB + DRIVER_SID * DRIVER_ENTRY_BYTES, ste0);
}

static void set_cr0(struct stream *stream, uint64_t cr0)
{
    stream_reg(stream, SMMU_REG_CR0, cr0, 4);
    stream_wait_reg(stream, SMMU_REG_CR0ACK, smmu_ack_find(SMMU_REG_CR0)->mask, cr0);
}

static void attributes(const struct driver *driver)
{
    uint64_t cr1 = 0, cr2 = 0;

    smmu_CR1_put_QUEUE_IC(&cr1, SMMU_CR1_QUEUE_IC_WB);
    smmu_CR1_put_QUEUE_OC(&cr1, SMMU_CR1_QUEUE_OC_WB);
    smmu_CR1_put_QUEUE_SH(&cr1, SMMU_CR1_QUEUE_SH_ISH);
    smmu_CR1_put_TABLE_IC(&cr1, SMMU_CR1_TABLE_IC_WB);
    smmu_CR1_put_TABLE_OC(&cr1, SMMU_CR1_TABLE_OC_WB);
    smmu_CR1_put_TABLE_SH(&cr1, SMMU_CR1_TABLE_SH_ISH);
    smmu_CR2_put_PTM(&cr2, 1);
    smmu_CR2_put_RECINVSID(&cr2, 1);
    smmu_CR2_put_E2H(&cr2, driver->rules.has_el2);
    stream_reg(driver->stream, SMMU_REG_CR1, cr1, 4);
    stream_reg(driver->stream, SMMU_REG_CR2, cr2, 4);
}

static void stream_table(struct stream *stream)
{
    uint64_t base = DRIVER_STRTAB;
    uint64_t config = 0;

    smmu_STRTAB_BASE_put_RA(&base, 1);
    smmu_STRTAB_BASE_CFG_put_LOG2SIZE(&config, STRTAB_LOG2);
    stream_reg(stream, SMMU_REG_STRTAB_BASE, base, 8);
    stream_reg(stream, SMMU_REG_STRTAB_BASE_CFG, config, 4);
}

static void command_queue(struct stream *stream)
{
    uint64_t base = STREAM_CMDQ;

    smmu_CMDQ_BASE_put_RA(&base, 1);
    smmu_CMDQ_BASE_put_LOG2SIZE(&base, STREAM_CMDQ_LOG2);
    stream_reg(stream, SMMU_REG_CMDQ_BASE, base, 8);
    stream_reg(stream, SMMU_REG_CMDQ_PROD, 0, 4);
    stream_reg(stream, SMMU_REG_CMDQ_CONS, 0, 4);
}

static void forget_all(struct driver *driver)
{
    uint64_t cfgi[SMMU_WORDS_CFGI_STE_RANGE] = {0};

    smmu_CFGI_STE_RANGE_put_op(cfgi, SMMU_CMD_CFGI_STE_RANGE);
    smmu_CFGI_STE_RANGE_put_Range(cfgi, ALL_STES);
    stream_command(driver->stream, cfgi[0], cfgi[1]);
    driver_sync(driver);
    if (driver->rules.has_el2) {
        stream_command(driver->stream, SMMU_CMD_TLBI_EL2_ALL, 0);
        driver_sync(driver);
    }
    stream_command(driver->stream, SMMU_CMD_TLBI_NSNH_ALL, 0);
    driver_sync(driver);
}

/* Registers of PRIQ have the fields of EVENTQ. */
static void output_queue(struct stream *stream, uint64_t at, unsigned log2)
{
    const bool is_pri = at == DRIVER_PRIQ;
    uint64_t base = at;

    smmu_EVENTQ_BASE_put_WA(&base, 1);
    smmu_EVENTQ_BASE_put_LOG2SIZE(&base, log2);
    stream_reg(stream, is_pri ? SMMU_REG_PRIQ_BASE : SMMU_REG_EVENTQ_BASE, base, 8);
    stream_reg(stream, is_pri ? SMMU_REG_PRIQ_PROD : SMMU_REG_EVENTQ_PROD, 0, 4);
    stream_reg(stream, is_pri ? SMMU_REG_PRIQ_CONS : SMMU_REG_EVENTQ_CONS, 0, 4);
}

static void interrupts(const struct driver *driver)
{
    const uint64_t mask = smmu_ack_find(SMMU_REG_IRQ_CTRL)->mask;
    uint64_t enables = 0;

    stream_reg(driver->stream, SMMU_REG_IRQ_CTRL, 0, 4);
    stream_wait_reg(driver->stream, SMMU_REG_IRQ_CTRLACK, mask, 0);
    smmu_IRQ_CTRL_put_EVENTQ_IRQEN(&enables, 1);
    smmu_IRQ_CTRL_put_GERROR_IRQEN(&enables, 1);
    smmu_IRQ_CTRL_put_PRIQ_IRQEN(&enables, driver->rules.has_pci);
    stream_reg(driver->stream, SMMU_REG_IRQ_CTRL, enables, 4);
    stream_wait_reg(driver->stream, SMMU_REG_IRQ_CTRLACK, mask, enables);
}

void driver_init(struct driver *driver, uint64_t ste0)
{
    struct stream *stream = driver->stream;
    uint64_t cr0 = 0;

    stream_unit(stream, DRIVER_SID);
    read_ids(driver);
    memory(stream, ste0);
    driver->ste[0] = ste0;
    set_cr0(stream, cr0);
    attributes(driver);
    stream_table(stream);
    command_queue(stream);
    smmu_CR0_put_CMDQEN(&cr0, 1);
    set_cr0(stream, cr0);
    forget_all(driver);
    output_queue(stream, DRIVER_EVTQ, EVTQ_LOG2);
    smmu_CR0_put_EVENTQEN(&cr0, 1);
    set_cr0(stream, cr0);
    if (driver->rules.has_pci) {
        output_queue(stream, DRIVER_PRIQ, PRIQ_LOG2);
        smmu_CR0_put_PRIQEN(&cr0, 1);
        set_cr0(stream, cr0);
        smmu_CR0_put_ATSCHK(&cr0, 1);
        set_cr0(stream, cr0);
    }
    interrupts(driver);
    smmu_CR0_put_SMMUEN(&cr0, 1);
    set_cr0(stream, cr0);
}
