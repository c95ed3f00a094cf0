/* SPDX-License-Identifier: BSD-2-Clause
 * ord_vtd_regs.c - rules of registers: who may write what, and when.
 * Knows: registers. Must not know: what their values make of memory. */
#include "check/vtd/ord_vtd.h"

#include <inttypes.h>

#define VER_WITHOUT_REGISTERS 6u /* from then on CCMD and IOTLB reject everything */

/* ---- A write alone --------------------------------------------------------------------------- */

static bool check_access(struct ordv *v, uint16_t iommu, const struct hw_reg *reg,
                         const struct sim_rec_mmio *rec)
{
    const uint64_t value = rec->value << ((rec->offset - reg->offset) * 8);
    const uint64_t bad = value & ~reg->writable;

    if (rec->width > reg->n_bytes || (rec->width == 8 && rec->offset % 8)) {
        ord_hit(v->order, CHK_RULE_VTD_REG_SIZE, iommu,
                "%u bytes at 0x%" PRIx64 ": %s has %u bytes at 0x%x", rec->width, rec->offset,
                reg->name, reg->n_bytes, reg->offset);
        return false;
    }
    if (reg->access == HW_RO) {
        ord_hit(v->order, CHK_RULE_VTD_REG_READ_ONLY, iommu, "0x%" PRIx64 " written to %s",
                rec->value, reg->name);
        return false;
    }
    if (bad && reg->access != HW_W1C) /* drivers clear old status bits, too */
        ord_hit(v->order, CHK_RULE_VTD_REG_RESERVED, iommu,
                "0x%" PRIx64 " written to %s: bits 0x%" PRIx64 " are reserved", value, reg->name,
                bad);
    return true;
}

/* ---- Invalidation by register ---------------------------------------------------------------- */

static void check_by_register(struct ordv *v, const struct ordv_unit *unit, const char *name)
{
    if (ordv_queue_is_on(unit))
        ord_hit(v->order, CHK_RULE_VTD_REG_INVAL_QUEUE, unit->iommu,
                "%s is started while QIE is set", name);
    else if (unit->has_caps && unit->caps.ver_max >= VER_WITHOUT_REGISTERS)
        ord_hit(v->order, CHK_RULE_VTD_REG_INVAL_MODE, unit->iommu,
                "%s is started, and the version is %u", name, unit->caps.ver_max);
    else if (unit->has_root && unit->root.mode != VTD_MODE_LEGACY)
        ord_hit(v->order, CHK_RULE_VTD_REG_INVAL_MODE, unit->iommu,
                "%s is started, and the mode is not legacy", name);
}

/* What a register asks for, as a descriptor; both count granularities alike. */
static void run(struct ordv *v, struct ordv_unit *unit, const uint64_t *words)
{
    const struct ordv_command command = {words, ORDV_BY_REGISTER};

    if (ordv_queue_is_on(unit) || ordv_is_scalable(unit) || !unit->has_caps ||
        unit->caps.ver_max >= VER_WITHOUT_REGISTERS)
        return;
    ordv_late_command(v, unit);
    ordv_duty_command(unit, &command);
}

static void run_ccmd(struct ordv *v, struct ordv_unit *unit, const uint64_t *ccmd)
{
    uint64_t words[HW_MAX_WORDS] = {0};

    vtd_CC_INV_put_TYPE(words, VTD_QI_CC_INV);
    vtd_CC_INV_put_G(words, vtd_CCMD_CIRG(ccmd));
    vtd_CC_INV_put_DID(words, vtd_CCMD_DID(ccmd));
    vtd_CC_INV_put_SID(words, vtd_CCMD_SID(ccmd));
    vtd_CC_INV_put_FM(words, vtd_CCMD_FM(ccmd));
    if (vtd_CCMD_CIRG(ccmd) != VTD_CCMD_CIRG_none)
        run(v, unit, words);
}

static void run_iotlb(struct ordv *v, struct ordv_unit *unit, const uint64_t *iotlb)
{
    uint64_t words[HW_MAX_WORDS] = {0};

    vtd_IOTLB_INV_put_TYPE(words, VTD_QI_IOTLB_INV);
    vtd_IOTLB_INV_put_G(words, vtd_IOTLB_IIRG(iotlb));
    vtd_IOTLB_INV_put_DID(words, vtd_IOTLB_DID(iotlb));
    vtd_IOTLB_INV_put_AM(words, vtd_IVA_AM(&unit->iva));
    vtd_IOTLB_INV_put_IH(words, vtd_IVA_IH(&unit->iva));
    vtd_IOTLB_INV_put_ADDR(words, vtd_IVA_ADDR(&unit->iva));
    if (vtd_IOTLB_IIRG(iotlb) != VTD_IOTLB_IIRG_none)
        run(v, unit, words);
}

static void write_ccmd(struct ordv *v, struct ordv_unit *unit, uint64_t value)
{
    if (!vtd_CCMD_ICC(&value))
        return;
    check_by_register(v, unit, "CCMD");
    if (vtd_CCMD_CIRG(&value) == VTD_CCMD_CIRG_global)
        ordv_flush_register(unit, ORDV_CC);
    run_ccmd(v, unit, &value);
}

/* IVA and IOTLB are where ECAP.IRO says. */
static bool write_iotlb(struct ordv *v, struct ordv_unit *unit, const struct sim_rec_mmio *rec)
{
    const uint64_t at = unit->caps.iotlb_offset + UINT64_C(8);

    if (unit->has_caps && rec->offset == unit->caps.iotlb_offset && rec->width == 8)
        unit->iva = rec->value;
    if (!unit->has_caps || rec->offset < at || rec->offset >= at + 8)
        return false;
    if (rec->offset == at && rec->width == 8 && vtd_IOTLB_IVT(&rec->value)) {
        check_by_register(v, unit, "IOTLB");
        if (vtd_IOTLB_IIRG(&rec->value) == VTD_IOTLB_IIRG_global)
            ordv_flush_register(unit, ORDV_IOTLB);
        run_iotlb(v, unit, &rec->value);
    }
    return true;
}

/* ---- Faults and page requests ---------------------------------------------------------------- */

/* A descriptor that stopped the queue is read again; as it stands, it stops it again. */
static void write_fsts(struct ordv *v, struct ordv_unit *unit, uint64_t value)
{
    struct ordv_queue *queue = &unit->queue;

    if (vtd_FSTS_IQE(&value)) {
        if (queue->error_seq && queue->store_seq < queue->error_seq)
            ord_hit(v->order, CHK_RULE_VTD_IQE_SAME, unit->iommu,
                    "IQE is cleared, no descriptor was stored since it was read");
        queue->error_seq = 0;
    }
    if (vtd_FSTS_ITE(&value)) /* waits were aborted, and slots are free */
        queue->done = queue->head;
    if (vtd_FSTS_PFO(&value) && vtd_FSTS_PFO(&unit->fsts) && vtd_FSTS_PPF(&unit->fsts))
        ord_hit(v->order, CHK_RULE_VTD_PFO_EARLY, unit->iommu,
                "PFO is cleared, FSTS was read as 0x%" PRIx64 " and no record was cleared since",
                unit->fsts);
    unit->fsts &= ~value;
}

/* F of any record is cleared: software has read it. */
static bool write_frcd(struct ordv_unit *unit, const struct sim_rec_mmio *rec)
{
    const uint64_t first = unit->caps.frcd_offset;
    const uint64_t bytes = 16;

    if (!unit->has_caps || rec->offset < first || rec->offset >= first + bytes * unit->caps.n_frcd)
        return false;
    unit->fsts &= ~ORDV_BITS(FSTS, PPF);
    return true;
}

static void write_pqt(struct ordv *v, const struct ordv_unit *unit, uint64_t value)
{
    if (unit->has_pqa && ordv_is_on(unit))
        ord_hit(v->order, CHK_RULE_VTD_PQT_WRITTEN, unit->iommu,
                "0x%" PRIx64 " written to PQT, which is the hardware's", value);
}

/* ---- Dispatch -------------------------------------------------------------------------------- */

static void write_known(struct ordv *v, struct ordv_unit *unit, const struct hw_reg *reg,
                        uint64_t value)
{
    switch (reg->offset) {
    case VTD_REG_GCMD:
        ordv_gcmd(v, unit, value);
        break;
    case VTD_REG_RTADDR:
        unit->rtaddr = value;
        unit->has_rtaddr = true;
        break;
    case VTD_REG_CCMD:
        write_ccmd(v, unit, value);
        break;
    case VTD_REG_FSTS:
        write_fsts(v, unit, value);
        break;
    case VTD_REG_IQA:
        ordv_queue_base(v, unit, value);
        break;
    case VTD_REG_IQT:
        ordv_queue_tail(v, unit, value);
        break;
    case VTD_REG_PQA:
        unit->has_pqa = true;
        unit->pqa = value;
        break;
    case VTD_REG_PQT:
        write_pqt(v, unit, value);
        break;
    default:
        break;
    }
}

/* The value of a 64-bit register of which one half is written. */
static uint64_t merged(const struct ordv_unit *unit, const struct hw_reg *reg,
                       const struct sim_rec_mmio *rec)
{
    const unsigned shift = (unsigned)(rec->offset - reg->offset) * 8;
    const uint64_t mask = (rec->width == 8 ? UINT64_MAX : UINT32_MAX) << shift;
    uint64_t old = 0;

    if (reg->offset == VTD_REG_RTADDR)
        old = unit->rtaddr;
    else if (reg->offset == VTD_REG_IQA)
        old = unit->queue.iqa;
    return (old & ~mask) | (rec->value << shift & mask);
}

void ordv_reg_write(struct ordv *v, const struct sim_rec_mmio *rec)
{
    struct ordv_unit *unit = ordv_unit_of(v, rec->iommu);
    const struct hw_reg *reg;

    if (!unit || write_iotlb(v, unit, rec) || write_frcd(unit, rec))
        return;
    reg = vtd_reg_at((uint32_t)rec->offset);
    if (reg && check_access(v, rec->iommu, reg, rec))
        write_known(v, unit, reg, merged(unit, reg, rec));
}

/* ---- Reads ----------------------------------------------------------------------------------- */

static void read_ids(struct ordv_unit *unit, const struct sim_rec_mmio_read *rec)
{
    if (rec->offset == VTD_REG_VER) {
        unit->ids.ver = (uint32_t)rec->value;
        unit->has_ver = true;
    } else if (rec->offset == VTD_REG_CAP) {
        unit->ids.cap = rec->value;
        unit->has_cap = true;
    } else if (rec->offset == VTD_REG_ECAP) {
        unit->ids.ecap = rec->value;
        unit->has_ecap = true;
    } else {
        return;
    }
    unit->has_caps = unit->has_ver && unit->has_cap && unit->has_ecap;
    vtd_caps_parse(&unit->ids, &unit->caps);
}

static void read_gsts(struct ordv_unit *unit, uint64_t value)
{
    ordv_gsts(unit, UINT64_MAX, value);
    unit->gsts = value;
    if (unit->has_levels)
        return;
    unit->levels = value & (ORDV_BITS(GCMD, TE) | ORDV_BITS(GCMD, QIE) | ORDV_BITS(GCMD, IRE) |
                            ORDV_BITS(GCMD, CFI));
    unit->has_levels = true;
}

void ordv_reg_read(struct ordv *v, const struct sim_rec_mmio_read *rec)
{
    struct ordv_unit *unit = ordv_unit_of(v, rec->iommu);

    if (!unit)
        return;
    read_ids(unit, rec);
    if (rec->offset == VTD_REG_GSTS)
        read_gsts(unit, rec->value);
    if (rec->offset != VTD_REG_FSTS)
        return;
    unit->fsts = rec->value;
    if (vtd_FSTS_IQE(&rec->value) && !unit->queue.error_seq)
        unit->queue.error_seq = v->order->seq;
}

/* CCMD, or IOTLB: what was asked for is done when the bit that asked is clear. */
static void wait_register(struct ordv_unit *unit, const struct sim_rec_wait *rec)
{
    const uint64_t at = unit->caps.iotlb_offset + UINT64_C(8);

    if (rec->addr == VTD_REG_CCMD && vtd_CCMD_ICC(&rec->mask) && !vtd_CCMD_ICC(&rec->value))
        ordv_duty_ready(unit, ORDV_CC);
    else if (unit->has_caps && rec->addr == at && vtd_IOTLB_IVT(&rec->mask) &&
             !vtd_IOTLB_IVT(&rec->value))
        ordv_duty_ready(unit, ORDV_IOTLB);
}

void ordv_reg_wait(struct ordv *v, const struct sim_rec_wait *rec)
{
    struct ordv_unit *unit = ordv_unit_of(v, rec->iommu);

    if (!unit)
        return;
    if (rec->ret)
        ord_hit(v->order, CHK_RULE_VTD_WAIT_GAVE_UP, unit->iommu,
                "the wait for %s 0x%" PRIx64 " ended with %d",
                sim_enum_word(SIM_SHOW_COND, rec->cond), rec->addr, rec->ret);
    else if (rec->cond == SIM_COND_QUEUE || rec->cond == SIM_COND_MEM)
        ordv_queue_wait(v, unit, rec);
    else if (rec->cond == SIM_COND_REG && rec->addr == VTD_REG_GSTS)
        ordv_gsts(unit, rec->mask, rec->value);
    else if (rec->cond == SIM_COND_REG)
        wait_register(unit, rec);
}
