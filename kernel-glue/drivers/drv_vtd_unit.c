/* SPDX-License-Identifier: BSD-2-Clause
 * drv_vtd_unit.c - the unit: from reset to translating, and back.
 * Knows: registers and the order of their handshakes. Must not know: devices, domains. */
#include "kernel-glue/drivers/drv_vtd_private.h"

#include <stdlib.h>
#include <string.h>

#define MSI_ADDRESS UINT32_C(0xfee00000)

enum {
    QUEUE_ENTRIES = 256,
    NARROW = 16,
    WIDE = 32,
    STATUS_BYTES = 4 * QUEUE_ENTRIES,
    PRQ_SIZE = 4, /* log2 of pages */
    FAULT_VECTOR = 0x28,
    PAGE_REQUEST_VECTOR = 0x29,
    BITS = 64,
    MIN_AW = 1,
    MAX_AW = 3,
};

/* ---- commands ---- */

/* Write GCMD with the levels that are on and @bit, and wait for the bit's answer in GSTS. */
static int command(struct drv *drv, uint32_t bit, uint32_t value, uint32_t status)
{
    dvtd_write(drv, VTD_REG_GCMD, value, 4);
    return dvtd_wait_reg(drv, VTD_REG_GSTS, bit, status);
}

int dvtd_gcmd_set(struct drv *drv, uint32_t level_bit, bool is_on)
{
    drv->gcmd = is_on ? drv->gcmd | level_bit : drv->gcmd & ~level_bit;
    return command(drv, level_bit, drv->gcmd, is_on ? level_bit : 0);
}

int dvtd_gcmd_shot(struct drv *drv, uint32_t bit, uint32_t status_value)
{
    return command(drv, bit, drv->gcmd | bit, status_value);
}

static uint32_t bit_te(void)
{
    uint64_t bit = 0;

    vtd_GCMD_put_TE(&bit, 1);
    return (uint32_t)bit;
}

static uint32_t bit_qie(void)
{
    uint64_t bit = 0;

    vtd_GCMD_put_QIE(&bit, 1);
    return (uint32_t)bit;
}

/* ---- what the unit is ---- */

/* The widest table that it can walk, and Linux prefers: of both stages where it has both. */
static uint8_t widest(const struct drv *drv)
{
    const uint64_t second = vtd_CAP_SAGAW(&drv->cap);
    const uint64_t first = UINT64_C(1) << VTD_PASID_AW_48 | vtd_CAP_FS5LP(&drv->cap)
                                                                << VTD_PASID_AW_57;
    uint64_t widths = second;

    if (drv->is_scalable && vtd_ECAP_FSTS(&drv->ecap))
        widths = vtd_ECAP_SSTS(&drv->ecap) ? second & first : first;
    for (unsigned aw = MAX_AW; aw >= MIN_AW; aw--) {
        if (widths >> aw & 1)
            return (uint8_t)aw;
    }
    return 0;
}

static int read_unit(struct drv *drv)
{
    drv->cap = dvtd_read(drv, VTD_REG_CAP, 8);
    drv->ecap = dvtd_read(drv, VTD_REG_ECAP, 8);
    drv->ver = (uint32_t)dvtd_read(drv, VTD_REG_VER, 4);
    drv->is_scalable = vtd_ECAP_SMTS(&drv->ecap);
    drv->is_coherent = vtd_ECAP_C(&drv->ecap);
    drv->is_walk_coherent = drv->is_scalable ? vtd_ECAP_SMPWCS(&drv->ecap) : drv->is_coherent;
    drv->agaw = widest(drv);
    drv->n_dids = UINT32_C(1) << (4 + 2 * vtd_CAP_ND(&drv->cap));
    free(drv->dids);
    drv->dids = calloc((drv->n_dids + BITS - 1) / BITS, sizeof(*drv->dids));
    if (!drv->dids)
        return -ENOMEM;
    drv->dids[0] = (UINT64_C(1) << DVTD_DID_FIRST) - 1;
    return drv->agaw ? 0 : -ENODEV;
}

/* ---- what firmware, or another kernel, left on ---- */

static int turn_off(struct drv *drv)
{
    const uint64_t status = dvtd_read(drv, VTD_REG_GSTS, 4);
    int err = 0;

    (void)dvtd_read(drv, VTD_REG_FSTS, 4);
    drv->gcmd = (uint32_t)status & (bit_te() | bit_qie());
    if (vtd_GSTS_QIES(&status)) {
        const uint64_t tail = dvtd_read(drv, VTD_REG_IQT, 4);

        err = dvtd_wait_reg(drv, VTD_REG_IQH, UINT32_MAX, tail);
        if (!err)
            err = dvtd_gcmd_set(drv, bit_qie(), false);
    }
    return err;
}

/* ---- the parts ---- */

static int start_queue(struct drv *drv)
{
    struct dvtd_queue *queue = &drv->queue;
    uint64_t iqa = 0;
    int err;

    if (!vtd_ECAP_QI(&drv->ecap))
        return 0;
    queue->n = QUEUE_ENTRIES;
    queue->bytes = QUEUE_ENTRIES * (drv->is_scalable ? WIDE : NARROW);
    queue->head = 0;
    err = drv->port.alloc(drv->port.ctx, queue->bytes, SIM_S_QUEUE, &queue->base);
    if (err)
        return err;
    err = drv->port.alloc(drv->port.ctx, STATUS_BYTES, SIM_S_QUEUE, &queue->status);
    if (err)
        return err;
    vtd_IQA_put_IQA(&iqa, queue->base >> DVTD_PAGE_LOG2);
    vtd_IQA_put_DW(&iqa, drv->is_scalable);
    vtd_IQA_put_QS(&iqa, drv->is_scalable);
    dvtd_write(drv, VTD_REG_IQT, 0, 4);
    dvtd_write(drv, VTD_REG_IQA, iqa, 8);
    return dvtd_gcmd_set(drv, bit_qie(), true);
}

static void flush_all(struct drv *drv)
{
    struct dvtd_batch batch;

    dvtd_batch_init(&batch, drv);
    dvtd_context_inv(&batch, VTD_CC_INV_G_global, 0, 0);
    dvtd_batch_step(&batch);
    if (drv->is_scalable) {
        dvtd_pasid_inv(&batch, VTD_PC_INV_G_global, 0, 0);
        dvtd_batch_step(&batch);
    }
    dvtd_iotlb_inv(&batch, VTD_IOTLB_INV_G_global, 0);
    dvtd_batch_run(&batch);
}

static int set_root(struct drv *drv)
{
    uint64_t rtaddr = 0, shot = 0;
    int err = dvtd_alloc(drv, DVTD_PAGE, drv->is_coherent, &drv->root);

    if (err)
        return err;
    dvtd_write_buffer(drv);
    vtd_RTADDR_put_RTA(&rtaddr, drv->root >> DVTD_PAGE_LOG2);
    vtd_RTADDR_put_TTM(&rtaddr, drv->is_scalable);
    dvtd_write(drv, VTD_REG_RTADDR, rtaddr, 8);
    vtd_GCMD_put_SRTP(&shot, 1);
    err = dvtd_gcmd_shot(drv, (uint32_t)shot, (uint32_t)shot);
    if (!err && !vtd_CAP_ESRTPS(&drv->cap))
        flush_all(drv);
    return err;
}

static int start_page_requests(struct drv *drv)
{
    uint64_t pqa = PRQ_SIZE;
    int err;

    if (!drv->is_scalable || !vtd_ECAP_PRS(&drv->ecap))
        return 0;
    err = drv->port.alloc(drv->port.ctx, (uint64_t)DVTD_PAGE << PRQ_SIZE, SIM_S_PRQ, &drv->prq);
    if (err)
        return err;
    vtd_PQA_put_PQA(&pqa, drv->prq >> DVTD_PAGE_LOG2);
    dvtd_write(drv, VTD_REG_PEDATA, PAGE_REQUEST_VECTOR, 4);
    dvtd_write(drv, VTD_REG_PEADDR, MSI_ADDRESS, 4);
    dvtd_write(drv, VTD_REG_PEUADDR, 0, 4);
    dvtd_write(drv, VTD_REG_PECTL, 0, 4);
    dvtd_write(drv, VTD_REG_PQH, 0, 8);
    dvtd_write(drv, VTD_REG_PQT, 0, 8);
    dvtd_write(drv, VTD_REG_PQA, pqa, 8);
    return 0;
}

static void start_fault_events(struct drv *drv)
{
    dvtd_write(drv, VTD_REG_FEDATA, FAULT_VECTOR, 4);
    dvtd_write(drv, VTD_REG_FEADDR, MSI_ADDRESS, 4);
    dvtd_write(drv, VTD_REG_FEUADDR, 0, 4);
    dvtd_write(drv, VTD_REG_FECTL, 0, 4);
}

static void end_protected_memory(struct drv *drv)
{
    uint64_t is_on = 0;

    if (!vtd_CAP_PLMR(&drv->cap) && !vtd_CAP_PHMR(&drv->cap))
        return;
    vtd_PMEN_put_PRS(&is_on, 1);
    dvtd_write(drv, VTD_REG_PMEN, 0, 4);
    (void)dvtd_wait_reg(drv, VTD_REG_PMEN, is_on, 0);
}

/* ---- the whole ---- */

static void give_back(struct drv *drv)
{
    const struct drv_port *port = &drv->port;

    if (drv->root)
        port->free(port->ctx, drv->root, DVTD_PAGE);
    if (drv->prq)
        port->free(port->ctx, drv->prq, (uint64_t)DVTD_PAGE << PRQ_SIZE);
    if (drv->queue.status)
        port->free(port->ctx, drv->queue.status, STATUS_BYTES);
    if (drv->queue.base)
        port->free(port->ctx, drv->queue.base, drv->queue.bytes);
    drv->root = 0;
    drv->prq = 0;
    memset(&drv->queue, 0, sizeof(drv->queue));
}

static int start(struct drv *drv)
{
    int err = read_unit(drv);

    if (!err)
        err = turn_off(drv);
    if (!err)
        err = start_queue(drv);
    if (!err && drv->gcmd & bit_te())
        err = dvtd_gcmd_set(drv, bit_te(), false);
    if (!err)
        err = set_root(drv);
    if (!err) {
        dvtd_write_buffer(drv);
        err = start_page_requests(drv);
    }
    if (err)
        return err;
    start_fault_events(drv);
    err = dvtd_gcmd_set(drv, bit_te(), true);
    if (err)
        return err;
    end_protected_memory(drv);
    return dvtd_take_error(drv);
}

int dvtd_start(struct drv *drv)
{
    const int err = start(drv);

    (void)dvtd_take_error(drv);
    drv->is_started = !err;
    if (err) {
        if (drv->gcmd)
            (void)dvtd_stop(drv);
        give_back(drv);
    }
    return err;
}

int dvtd_stop(struct drv *drv)
{
    (void)dvtd_take_error(drv);
    if (drv->gcmd & bit_te())
        (void)dvtd_gcmd_set(drv, bit_te(), false);
    if (drv->gcmd & bit_qie()) {
        (void)dvtd_wait_reg(drv, VTD_REG_IQH, UINT32_MAX, dvtd_read(drv, VTD_REG_IQT, 4));
        (void)dvtd_gcmd_set(drv, bit_qie(), false);
    }
    if (drv->is_started)
        give_back(drv);
    drv->is_started = false;
    return dvtd_take_error(drv);
}
