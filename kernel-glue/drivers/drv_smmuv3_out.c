/* SPDX-License-Identifier: BSD-2-Clause
 * drv_smmuv3_out.c - what an SMMUv3 driver does, as records.
 * Knows: the port, kinds of records. Must not know: why something is done. */
#include "kernel-glue/drivers/drv_smmuv3.h"

#include <errno.h>

#define LINE_BYTES UINT64_C(64)

static int put(struct drv *drv, const struct sim_record *rec)
{
    return drv->port.record(drv->port.ctx, rec);
}

int dsm_store(struct drv *drv, uint8_t structure, uint64_t pa, uint64_t value)
{
    struct sim_record rec;

    sim_record_init(&rec, SIM_R_STORE);
    rec.store.structure = structure;
    rec.store.pa = pa;
    rec.store.value = value;
    rec.store.old = drv->port.load(drv->port.ctx, pa);
    rec.flags = SIM_RF_OLD;
    return put(drv, &rec);
}

static int store16(struct drv *drv, uint8_t structure, uint64_t pa, const uint64_t *words,
                   uint8_t flags)
{
    struct sim_record rec;

    sim_record_init(&rec, SIM_R_STORE);
    rec.store.structure = structure;
    rec.store.pa = pa;
    rec.store.value = words[0];
    rec.store.value_hi = words[1];
    rec.store.width = DSM_CMD_BYTES;
    rec.flags = flags;
    return put(drv, &rec);
}

int dsm_store_pair(struct drv *drv, uint8_t structure, uint64_t pa, const uint64_t *words)
{
    return store16(drv, structure, pa, words, SIM_RF_ATOMIC);
}

int dsm_store_cmd(struct drv *drv, uint64_t pa, const uint64_t *cmd)
{
    return store16(drv, SIM_S_CMD, pa, cmd, 0);
}

static int barrier(struct drv *drv, uint8_t what, uint64_t pa)
{
    struct sim_record rec;

    sim_record_init(&rec, SIM_R_BARRIER);
    rec.barrier.what = what;
    rec.barrier.pa = pa;
    return put(drv, &rec);
}

int dsm_barrier(struct drv *drv, uint8_t what)
{
    return barrier(drv, what, 0);
}

int dsm_flush(struct drv *drv, uint64_t pa, uint64_t n_bytes)
{
    const uint64_t end = pa + n_bytes;
    int err = 0;

    for (pa &= ~(LINE_BYTES - 1); !err && !drv->caps.is_coherent && pa < end; pa += LINE_BYTES)
        err = barrier(drv, SIM_BARRIER_FLUSH, pa);
    return err;
}

int dsm_write(struct drv *drv, uint64_t offset, uint64_t value, uint8_t width)
{
    struct sim_record rec;

    sim_record_init(&rec, SIM_R_MMIO_WRITE);
    rec.mmio.offset = offset;
    rec.mmio.value = value;
    rec.mmio.width = width;
    return put(drv, &rec);
}

static int wait_for(struct drv *drv, const struct sim_rec_wait *wait)
{
    struct sim_record rec;

    sim_record_init(&rec, SIM_R_WAIT);
    rec.wait = *wait;
    return put(drv, &rec);
}

int dsm_write_sync(struct drv *drv, uint32_t offset, uint32_t ack, uint32_t mask, uint32_t value)
{
    const struct sim_rec_wait wait = {
        .cond = SIM_COND_REG, .addr = ack, .mask = mask, .value = value & mask};
    const int err = dsm_write(drv, offset, value, 4);

    return err ? err : wait_for(drv, &wait);
}

int dsm_write_clear(struct drv *drv, uint32_t offset, uint32_t value, uint32_t mask)
{
    const struct sim_rec_wait wait = {.cond = SIM_COND_REG, .addr = offset, .mask = mask};
    const int err = dsm_write(drv, offset, value, 4);

    return err ? err : wait_for(drv, &wait);
}

int dsm_wait_mem(struct drv *drv, uint64_t pa)
{
    const struct sim_rec_wait wait = {.cond = SIM_COND_MEM, .addr = pa, .mask = UINT32_MAX};

    return wait_for(drv, &wait);
}

int dsm_wait_slot(struct drv *drv, uint32_t slot)
{
    const struct sim_rec_wait wait = {.cond = SIM_COND_QUEUE, .addr = drv->cmdq.pa, .index = slot};

    return wait_for(drv, &wait);
}

int dsm_ats(struct drv_device *device, bool is_on)
{
    struct sim_record rec;

    sim_record_init(&rec, SIM_R_ATS);
    rec.ats.dev = device->info.dev;
    rec.ats.on = is_on ? SIM_ONOFF_ON : SIM_ONOFF_OFF;
    rec.ats.stu = device->info.stu;
    if (is_on && device->drv->policy->is_short && device->drv->caps.pri &&
        device->info.flags & DRV_PRI)
        rec.ats.pri = SIM_ONOFF_ON;
    device->is_ats_on = is_on;
    return put(device->drv, &rec);
}

int dsm_begin(struct drv_device *device, const struct drv_domain *domain, uint64_t type)
{
    struct sim_record rec;

    sim_record_init(&rec, SIM_R_BEGIN);
    rec.mark.op = SIM_OP_DRV_ATTACH;
    rec.mark.dev = device->info.dev;
    rec.mark.domain = domain->spec.id;
    rec.mark.a = type;
    return put(device->drv, &rec);
}

int dsm_end(struct drv_device *device, const struct drv_domain *domain, uint64_t type, int ret)
{
    struct sim_record rec;
    int err;

    sim_record_init(&rec, SIM_R_END);
    rec.mark_end.op = SIM_OP_DRV_ATTACH;
    rec.mark_end.dev = device->info.dev;
    rec.mark_end.domain = domain->spec.id;
    rec.mark_end.a = type;
    rec.mark_end.ret = ret;
    err = put(device->drv, &rec);
    return ret ? ret : err;
}
