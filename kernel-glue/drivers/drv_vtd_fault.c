/* SPDX-License-Identifier: BSD-2-Clause
 * drv_vtd_fault.c - what hardware reports: page requests, and faults that nobody can mend.
 * Knows: the page request queue, fault records, page group responses. Must not know: who maps. */
#include "kernel-glue/drivers/drv_vtd_private.h"

enum { PRQ_BYTES = 65536, REQUEST_BYTES = 32, RECORD_BYTES = 16, HALF = 32 };

/* ---- answers ---- */

/* Kernels before 7 say that it was the last page, which hardware ignores. */
static int answer(struct drv *drv, const uint64_t *request, uint64_t code)
{
    const bool is_told = !drv->policy->is_hitless && !drv->policy->orders_tables;
    uint64_t words[1][2] = {{VTD_QI_PGRP_RESP, 0}};

    vtd_PGRP_RESP_put_PP(words[0], vtd_PRQ_PP(request));
    vtd_PGRP_RESP_put_RC(words[0], code);
    vtd_PGRP_RESP_put_RID(words[0], vtd_PRQ_RID(request));
    vtd_PGRP_RESP_put_PASID(words[0], vtd_PRQ_PASID(request));
    vtd_PGRP_RESP_put_PRGI(words[0], vtd_PRQ_PRGI(request));
    vtd_PGRP_RESP_put_IGN_LPIG(words[0], is_told);
    return dvtd_submit(drv, (const uint64_t(*)[2])words, 1, false);
}

int dvtd_respond(struct drv *drv, const struct drv_fault *fault, bool is_success)
{
    uint64_t request[VTD_WORDS_PRQ] = {0};
    int err;

    if (!fault->is_last)
        return 0; /* a group is answered at its last page */
    vtd_PRQ_put_PP(request, fault->pasid != DRV_NO_PASID);
    vtd_PRQ_put_RID(request, fault->device->info.requester);
    vtd_PRQ_put_PASID(request, fault->pasid == DRV_NO_PASID ? 0 : fault->pasid);
    vtd_PRQ_put_PRGI(request, fault->group);
    (void)dvtd_take_error(drv);
    err = answer(drv, request, is_success ? VTD_PGRP_RESP_RC_SUCCESS : VTD_PGRP_RESP_RC_INVALID);
    (void)dvtd_take_error(drv);
    return err;
}

/* ---- page requests ---- */

static struct drv_device *device_of(const struct drv *drv, uint64_t requester)
{
    struct drv_device *device = drv->devices;

    while (device && device->info.requester != requester)
        device = device->next;
    return device;
}

static bool is_stop_marker(const uint64_t *request)
{
    return vtd_PRQ_LPIG(request) && !vtd_PRQ_R(request) && !vtd_PRQ_W(request);
}

/* Somebody waits for faults of what the request is about. */
static bool is_wanted(struct drv_device *device, const uint64_t *request)
{
    const uint32_t pasid = vtd_PRQ_PP(request) ? (uint32_t)vtd_PRQ_PASID(request) : 0;
    const struct dvtd_att *att = device ? dvtd_att_find(device, pasid) : NULL;

    return att && dvtd_wants_faults(att->domain);
}

/* Linux takes no requests without PASID, by supervisors, or to execute. */
static bool is_good(const struct drv *drv, const uint64_t *request)
{
    const bool is_plain = !vtd_PRQ_PMR(request) && !vtd_PRQ_EXR(request);

    return is_plain && (vtd_PRQ_PP(request) || drv->policy->is_hitless);
}

static void fill(struct drv_fault *fault, struct drv_device *device, const uint64_t *request)
{
    fault->device = device;
    fault->pasid = vtd_PRQ_PP(request) ? (uint32_t)vtd_PRQ_PASID(request) : DRV_NO_PASID;
    fault->group = (uint32_t)vtd_PRQ_PRGI(request);
    fault->tag = 0;
    fault->iova = vtd_PRQ_ADDR_addr(request);
    fault->is_write = vtd_PRQ_W(request);
    fault->is_last = vtd_PRQ_LPIG(request);
}

/* The next request of the ring's part that was read. Return: it is for software. */
static bool take(struct drv *drv, struct drv_fault *fault)
{
    uint64_t request[VTD_WORDS_PRQ];
    struct drv_device *device;

    dvtd_load_words(drv, drv->prq + drv->prq_head, request, VTD_WORDS_PRQ);
    drv->prq_head = (drv->prq_head + REQUEST_BYTES) % PRQ_BYTES;
    if (is_stop_marker(request))
        return false;
    device = device_of(drv, vtd_PRQ_RID(request));
    if (is_good(drv, request) && is_wanted(device, request)) {
        fill(fault, device, request);
        return true;
    }
    if (vtd_PRQ_LPIG(request))
        (void)answer(drv, request, VTD_PGRP_RESP_RC_INVALID);
    return false;
}

/* An interrupt of the queue's own would say as much as PPR. */
static void look(struct drv *drv)
{
    uint64_t status = dvtd_read(drv, VTD_REG_PRS, 4), clear = 0;

    if (!vtd_PRS_PPR(&status))
        return;
    vtd_PRS_put_PPR(&clear, 1);
    dvtd_write(drv, VTD_REG_PRS, clear, 4);
    drv->prq_tail = (uint32_t)dvtd_read(drv, VTD_REG_PQT, 8);
    drv->prq_head = (uint32_t)dvtd_read(drv, VTD_REG_PQH, 8);
}

static void looked(struct drv *drv)
{
    uint64_t status, clear = 0;

    dvtd_write(drv, VTD_REG_PQH, drv->prq_tail, 8);
    status = dvtd_read(drv, VTD_REG_PRS, 4);
    if (!vtd_PRS_PRO(&status))
        return;
    vtd_PRS_put_PRO(&clear, 1);
    dvtd_write(drv, VTD_REG_PRS, clear, 4);
}

static bool next_request(struct drv *drv, struct drv_fault *fault)
{
    if (!drv->prq)
        return false;
    if (drv->prq_head == drv->prq_tail)
        look(drv);
    while (drv->prq_head != drv->prq_tail) {
        const bool is_for_software = take(drv, fault);

        if (drv->prq_head == drv->prq_tail)
            looked(drv);
        if (is_for_software)
            return true;
    }
    return false;
}

/* ---- faults ---- */

/* As the handler of Linux: records in their order, from the first that is pending. */
static void read_faults(struct drv *drv)
{
    const uint32_t first = vtd_frcd_offset(drv->cap);
    uint64_t status = dvtd_read(drv, VTD_REG_FSTS, 4), clear = 0, full[VTD_WORDS_FRCD] = {0};
    uint64_t i = vtd_FSTS_FRI(&status);

    if (!vtd_FSTS_PPF(&status) && !vtd_FSTS_PFO(&status))
        return;
    vtd_FRCD_put_F(full, 1);
    for (unsigned n = 0; n < vtd_n_frcd(drv->cap); n++) {
        const uint32_t at = first + (uint32_t)i * RECORD_BYTES;

        if (!(dvtd_read(drv, at + 12, 4) & full[1] >> HALF))
            break;
        (void)dvtd_read(drv, at + 8, 4);
        (void)dvtd_read(drv, at, 8);
        dvtd_write(drv, at + 12, full[1] >> HALF, 4);
        i = (i + 1) % vtd_n_frcd(drv->cap);
    }
    vtd_FSTS_put_PFO(&clear, 1);
    vtd_FSTS_put_PPF(&clear, 1);
    vtd_FSTS_put_PRO(&clear, 1);
    dvtd_write(drv, VTD_REG_FSTS, clear, 4);
}

bool dvtd_next_fault(struct drv *drv, struct drv_fault *fault)
{
    if (next_request(drv, fault))
        return true;
    read_faults(drv);
    return false;
}

/* ---- draining ---- */

/* Page requests of a PASID are in the queue when this is over, or were answered by hardware; what
 * is there and nobody wants any more is refused when it is read. */
void dvtd_drain(struct drv *drv, const struct drv_device *device, uint32_t pasid)
{
    const uint16_t did = dvtd_rid_did(device);
    struct dvtd_batch batch;

    if (!device->is_pri_on)
        return;
    (void)dvtd_read(drv, VTD_REG_PQT, 8);
    (void)dvtd_read(drv, VTD_REG_PQH, 8);
    dvtd_batch_init(&batch, drv);
    batch.drains = true;
    dvtd_fence(&batch);
    if (pasid == 0)
        dvtd_iotlb_inv(&batch, VTD_IOTLB_INV_G_domain, did);
    else
        dvtd_piotlb(&batch, did, pasid);
    dvtd_devtlb(&batch, device, pasid, 0, DVTD_ALL_PAGES);
    dvtd_batch_run(&batch);
    (void)dvtd_read(drv, VTD_REG_PRS, 4);
}
