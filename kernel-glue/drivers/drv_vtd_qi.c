/* SPDX-License-Identifier: BSD-2-Clause
 * drv_vtd_qi.c - invalidations: descriptors in the queue, or registers where there is no queue.
 * Knows: descriptors, the tail register, waits. Must not know: what was changed. */
#include "kernel-glue/drivers/drv_vtd_private.h"

#include <string.h>

enum {
    NARROW = 16, /* bytes of a descriptor */
    WIDE = 32,
    STATUS_BYTES = 4,
    STATUS_IN_USE = 1,
    STATUS_DONE = 2,
    MAX_TRIES = 3, /* of a submission that a device's silence aborted */
};

/* ---- the queue ---- */

static uint32_t stride(const struct drv *drv)
{
    return drv->is_scalable ? WIDE : NARROW;
}

static void put_descriptor(struct drv *drv, uint32_t index, const uint64_t *words)
{
    static const uint64_t zero[2];
    const uint64_t pa = drv->queue.base + UINT64_C(1) * index * stride(drv);

    dvtd_store16(drv, SIM_S_QI, pa, words);
    if (stride(drv) == WIDE)
        dvtd_store16(drv, SIM_S_QI, pa + NARROW, zero);
}

static uint64_t status_at(const struct drv *drv, uint32_t index)
{
    return drv->queue.status + UINT64_C(1) * index * STATUS_BYTES;
}

int dvtd_submit_once(struct drv *drv, const uint64_t words[][2], uint32_t n, bool drains,
                     uint32_t *first)
{
    struct dvtd_queue *queue = &drv->queue;
    const uint32_t wait = (queue->head + n) % queue->n;
    uint64_t done[VTD_WORDS_WAIT] = {VTD_QI_WAIT};

    *first = queue->head;
    vtd_WAIT_put_SW(done, 1);
    vtd_WAIT_put_PD(done, drains);
    vtd_WAIT_put_DATA(done, STATUS_DONE);
    done[1] = status_at(drv, wait);
    for (uint32_t i = 0; i < n; i++)
        put_descriptor(drv, (queue->head + i) % queue->n, words[i]);
    dvtd_store4(drv, SIM_S_QUEUE, status_at(drv, wait), STATUS_IN_USE);
    put_descriptor(drv, wait, done);
    queue->head = (wait + 1) % queue->n;
    dvtd_write(drv, VTD_REG_IQT, UINT64_C(1) * queue->head * stride(drv), 4);
    return dvtd_wait_slot(drv, wait);
}

int dvtd_submit(struct drv *drv, const uint64_t words[][2], uint32_t n, bool drains)
{
    const int before = drv->error;
    int err = 0;

    for (unsigned tries = 0; tries < MAX_TRIES; tries++) {
        uint32_t first;

        err = dvtd_submit_once(drv, words, n, drains, &first);
        if (!err)
            break;
        err = dvtd_queue_error(drv, first, n);
        if (err != -EAGAIN)
            break;
    }
    drv->error = before ? before : err;
    return err;
}

void dvtd_batch_init(struct dvtd_batch *batch, struct drv *drv)
{
    batch->drv = drv;
    batch->n = 0;
    batch->drains = false;
}

void dvtd_batch_add(struct dvtd_batch *batch, const uint64_t *words)
{
    memcpy(batch->words[batch->n++], words, sizeof(batch->words[0]));
    if (batch->n == DVTD_BATCH)
        dvtd_batch_run(batch);
}

void dvtd_batch_run(struct dvtd_batch *batch)
{
    if (batch->n)
        (void)dvtd_submit(batch->drv, (const uint64_t(*)[2])batch->words, batch->n, batch->drains);
    batch->n = 0;
}

void dvtd_batch_step(struct dvtd_batch *batch)
{
    if (!batch->drv->policy->is_hitless)
        dvtd_batch_run(batch);
}

/* ---- registers ---- */

static bool has_queue(const struct drv *drv)
{
    return vtd_ECAP_QI(&drv->ecap);
}

static void context_by_register(struct drv *drv, uint64_t granularity, uint16_t did, uint32_t sid)
{
    uint64_t command = 0, mask = 0;

    vtd_CCMD_put_ICC(&mask, 1);
    vtd_CCMD_put_ICC(&command, 1);
    vtd_CCMD_put_CIRG(&command, granularity);
    vtd_CCMD_put_DID(&command, did);
    vtd_CCMD_put_SID(&command, sid);
    dvtd_write(drv, VTD_REG_CCMD, command, 8);
    (void)dvtd_wait_reg(drv, VTD_REG_CCMD, mask, 0);
}

/* @address: with its mask and hint, as in a descriptor; only for pages. */
static void iotlb_by_register(struct drv *drv, uint64_t granularity, uint16_t did, uint64_t address)
{
    const uint32_t offset = vtd_iotlb_offset(drv->ecap);
    uint64_t command = 0, mask = 0;

    vtd_IOTLB_put_IVT(&mask, 1);
    vtd_IOTLB_put_IVT(&command, 1);
    vtd_IOTLB_put_IIRG(&command, granularity);
    vtd_IOTLB_put_DW(&command, vtd_CAP_DWD(&drv->cap));
    vtd_IOTLB_put_DID(&command, did);
    if (granularity == VTD_IOTLB_IIRG_page)
        dvtd_write(drv, offset, address, 8);
    dvtd_write(drv, offset + DVTD_ENTRY, command, 8);
    (void)dvtd_wait_reg(drv, offset + DVTD_ENTRY, mask, 0);
}

/* ---- what is invalidated ---- */

void dvtd_context_inv(struct dvtd_batch *batch, uint64_t granularity, uint16_t did, uint32_t sid)
{
    uint64_t words[2] = {VTD_QI_CC_INV};

    if (!has_queue(batch->drv)) {
        context_by_register(batch->drv, granularity, did, sid);
        return;
    }
    vtd_CC_INV_put_G(words, granularity);
    vtd_CC_INV_put_DID(words, did);
    vtd_CC_INV_put_SID(words, sid);
    dvtd_batch_add(batch, words);
}

static void iotlb(struct dvtd_batch *batch, uint64_t granularity, uint16_t did, uint64_t page)
{
    uint64_t words[2] = {VTD_QI_IOTLB_INV, page};

    if (!has_queue(batch->drv)) {
        iotlb_by_register(batch->drv, granularity, did, page);
        return;
    }
    vtd_IOTLB_INV_put_G(words, granularity);
    vtd_IOTLB_INV_put_DW(words, vtd_CAP_DWD(&batch->drv->cap));
    vtd_IOTLB_INV_put_DR(words, vtd_CAP_DRD(&batch->drv->cap));
    vtd_IOTLB_INV_put_DID(words, did);
    dvtd_batch_add(batch, words);
}

void dvtd_iotlb_inv(struct dvtd_batch *batch, uint64_t granularity, uint16_t did)
{
    iotlb(batch, granularity, did, 0);
}

void dvtd_iotlb_page(struct dvtd_batch *batch, uint16_t did, uint64_t address, unsigned n_log2,
                     bool is_leaf)
{
    uint64_t words[2] = {0, address};

    vtd_IOTLB_INV_put_AM(words, n_log2);
    vtd_IOTLB_INV_put_IH(words, is_leaf);
    iotlb(batch, VTD_IOTLB_INV_G_page, did, words[1]);
}

void dvtd_pasid_inv(struct dvtd_batch *batch, uint64_t granularity, uint16_t did, uint32_t pasid)
{
    uint64_t words[2] = {VTD_QI_PC_INV};

    vtd_PC_INV_put_G(words, granularity);
    vtd_PC_INV_put_DID(words, did);
    vtd_PC_INV_put_PASID(words, pasid);
    dvtd_batch_add(batch, words);
}

static void piotlb(struct dvtd_batch *batch, uint64_t granularity, uint16_t did, uint32_t pasid,
                   uint64_t page)
{
    uint64_t words[2] = {VTD_QI_PIOTLB_INV, page};

    vtd_PIOTLB_INV_put_G(words, granularity);
    vtd_PIOTLB_INV_put_DID(words, did);
    vtd_PIOTLB_INV_put_PASID(words, pasid);
    dvtd_batch_add(batch, words);
}

void dvtd_piotlb(struct dvtd_batch *batch, uint16_t did, uint32_t pasid)
{
    piotlb(batch, VTD_PIOTLB_INV_G_pasid, did, pasid, 0);
}

void dvtd_piotlb_page(struct dvtd_batch *batch, uint16_t did, uint32_t pasid, uint64_t address,
                      unsigned n_log2, bool is_leaf)
{
    uint64_t words[2] = {0, address};

    vtd_PIOTLB_INV_put_AM(words, n_log2);
    vtd_PIOTLB_INV_put_IH(words, is_leaf);
    piotlb(batch, VTD_PIOTLB_INV_G_page, did, pasid, words[1]);
}

/* ADDR of a device-TLB descriptor: ones up to below half the size, then a zero. */
static uint64_t devtlb_address(uint64_t address, unsigned n_log2)
{
    const unsigned half = DVTD_PAGE_LOG2 + n_log2 - 1;

    if (n_log2 == 0)
        return address;
    return (address & ~hw_mask(half, 0)) | hw_mask(half - 1, 0);
}

void dvtd_devtlb(struct dvtd_batch *batch, const struct drv_device *device, uint32_t pasid,
                 uint64_t address, unsigned n_log2)
{
    const uint32_t sid = device->info.requester;
    const uint64_t range = devtlb_address(address, n_log2);
    const uint32_t physical = vtd_ECAP_DIT(&batch->drv->ecap) ? sid : 0;
    uint64_t words[2] = {0, 0};

    /* A device must not be asked while translation is off. */
    if (!vtd_GCMD_TE(&(uint64_t){batch->drv->gcmd}))
        return;
    if (pasid == 0) {
        words[0] = VTD_QI_DEVTLB_INV;
        vtd_DEVTLB_INV_put_ADDR(words, range >> DVTD_PAGE_LOG2);
        vtd_DEVTLB_INV_put_S(words, n_log2 != 0);
        vtd_DEVTLB_INV_put_SID(words, sid);
        vtd_DEVTLB_INV_put_PFSID_LO(words, physical);
        vtd_DEVTLB_INV_put_PFSID_HI(words, physical >> 4);
    } else {
        words[0] = VTD_QI_PDEVTLB_INV;
        vtd_PDEVTLB_INV_put_ADDR(words, range >> DVTD_PAGE_LOG2);
        vtd_PDEVTLB_INV_put_S(words, n_log2 != 0);
        vtd_PDEVTLB_INV_put_SID(words, sid);
        vtd_PDEVTLB_INV_put_PASID(words, pasid);
        vtd_PDEVTLB_INV_put_PFSID_LO(words, physical);
        vtd_PDEVTLB_INV_put_PFSID_HI(words, physical >> 4);
    }
    dvtd_batch_add(batch, words);
}

void dvtd_fence(struct dvtd_batch *batch)
{
    uint64_t words[VTD_WORDS_WAIT] = {VTD_QI_WAIT};

    vtd_WAIT_put_FN(words, 1);
    vtd_WAIT_put_DATA(words, STATUS_DONE);
    dvtd_batch_add(batch, words);
}

void dvtd_write_buffer(struct drv *drv)
{
    uint64_t bit = 0;

    if (!vtd_CAP_RWBF(&drv->cap))
        return;
    vtd_GCMD_put_WBF(&bit, 1);
    (void)dvtd_gcmd_shot(drv, (uint32_t)bit, 0);
}
