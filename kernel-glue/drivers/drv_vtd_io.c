/* SPDX-License-Identifier: BSD-2-Clause
 * drv_vtd_io.c - the acts of the VT-d drivers as records.
 * Knows: records, the port. Must not know: in which order acts must come. */
#include "kernel-glue/drivers/drv_vtd_private.h"

static int put(struct drv *drv, const struct sim_record *rec)
{
    const int err = drv->port.record(drv->port.ctx, rec);

    if (err && !drv->error)
        drv->error = err;
    return err;
}

static void put_store(struct drv *drv, const struct sim_rec_store *store, bool is_atomic)
{
    struct sim_record rec;

    sim_record_init(&rec, SIM_R_STORE);
    rec.store = *store;
    if (is_atomic)
        rec.flags = SIM_RF_ATOMIC;
    (void)put(drv, &rec);
}

void dvtd_store(struct drv *drv, uint8_t structure, uint64_t pa, uint64_t value)
{
    const struct sim_rec_store store = {
        .pa = pa, .value = value, .structure = structure, .width = DVTD_ENTRY};

    put_store(drv, &store, false);
}

void dvtd_store16(struct drv *drv, uint8_t structure, uint64_t pa, const uint64_t *words)
{
    const struct sim_rec_store store = {.pa = pa,
                                        .value = words[0],
                                        .value_hi = words[1],
                                        .structure = structure,
                                        .width = 2 * DVTD_ENTRY};

    /* A descriptor has no need to be seen whole: the tail register tells when it is there. */
    put_store(drv, &store, structure != SIM_S_QI);
}

void dvtd_store4(struct drv *drv, uint8_t structure, uint64_t pa, uint32_t value)
{
    const struct sim_rec_store store = {
        .pa = pa, .value = value, .structure = structure, .width = sizeof(value)};

    put_store(drv, &store, false);
}

static void put_barrier(struct drv *drv, enum sim_record_enum what, uint64_t pa)
{
    struct sim_record rec;

    sim_record_init(&rec, SIM_R_BARRIER);
    rec.barrier.what = (uint8_t)what;
    rec.barrier.pa = pa;
    (void)put(drv, &rec);
}

void dvtd_barrier(struct drv *drv)
{
    put_barrier(drv, SIM_BARRIER_WRITE, 0);
}

void dvtd_flush_lines(struct drv *drv, uint64_t pa, uint64_t n_bytes)
{
    const uint64_t end = pa + n_bytes;

    for (uint64_t line = pa - pa % DVTD_LINE; line < end; line += DVTD_LINE)
        put_barrier(drv, SIM_BARRIER_FLUSH, line);
}

void dvtd_flush_table(struct drv *drv, uint64_t pa, uint64_t n_bytes)
{
    if (!drv->is_coherent)
        dvtd_flush_lines(drv, pa, n_bytes);
}

void dvtd_write(struct drv *drv, uint32_t offset, uint64_t value, uint8_t n_bytes)
{
    struct sim_record rec;

    sim_record_init(&rec, SIM_R_MMIO_WRITE);
    rec.mmio.offset = offset;
    rec.mmio.value = value;
    rec.mmio.width = n_bytes;
    (void)put(drv, &rec);
}

uint64_t dvtd_read(struct drv *drv, uint32_t offset, uint8_t n_bytes)
{
    return drv->port.read(drv->port.ctx, offset, n_bytes);
}

int dvtd_wait_reg(struct drv *drv, uint32_t offset, uint64_t mask, uint64_t value)
{
    struct sim_record rec;

    sim_record_init(&rec, SIM_R_WAIT);
    rec.wait.cond = SIM_COND_REG;
    rec.wait.addr = offset;
    rec.wait.mask = mask;
    rec.wait.value = value;
    return put(drv, &rec);
}

int dvtd_wait_slot(struct drv *drv, uint32_t index)
{
    struct sim_record rec;

    sim_record_init(&rec, SIM_R_WAIT);
    rec.wait.cond = SIM_COND_QUEUE;
    rec.wait.addr = drv->queue.base;
    rec.wait.index = index;
    return put(drv, &rec);
}

uint64_t dvtd_load(struct drv *drv, uint64_t pa)
{
    return drv->port.load(drv->port.ctx, pa);
}

void dvtd_load_words(struct drv *drv, uint64_t pa, uint64_t *words, uint32_t n)
{
    for (uint32_t i = 0; i < n; i++)
        words[i] = dvtd_load(drv, pa + UINT64_C(1) * i * DVTD_ENTRY);
}

int dvtd_alloc(struct drv *drv, uint64_t n_bytes, bool is_coherent, uint64_t *pa)
{
    const int err = drv->port.alloc(drv->port.ctx, n_bytes, SIM_S_PAGES, pa);

    if (!err && !is_coherent)
        dvtd_flush_lines(drv, *pa, n_bytes);
    return err;
}

static uint64_t type_of(const struct drv_domain *domain)
{
    switch ((enum drv_domain_kind)domain->spec.kind) {
    case DRV_IDENTITY:
        return DVTD_TYPE_IDENTITY;
    case DRV_PAGING:
        return DVTD_TYPE_PAGING;
    case DRV_NESTED:
        return DVTD_TYPE_NESTED;
    case DRV_SVA:
        return DVTD_TYPE_SVA;
    case DRV_BLOCKED:
    default:
        return DVTD_TYPE_BLOCKED;
    }
}

void dvtd_mark(struct drv *drv, enum sim_record_kind kind, const struct drv_device *device,
               const struct drv_domain *domain, int ret)
{
    struct sim_record rec;

    sim_record_init(&rec, kind);
    rec.mark.op = SIM_OP_DRV_ATTACH;
    rec.mark.dev = device->info.dev;
    rec.mark.domain = domain->spec.id;
    rec.mark.a = type_of(domain);
    rec.mark.ret = ret;
    (void)put(drv, &rec);
}

void dvtd_tell_ats(struct drv *drv, const struct drv_device *device)
{
    struct sim_record rec;

    sim_record_init(&rec, SIM_R_ATS);
    rec.ats.dev = device->info.dev;
    rec.ats.on = device->is_ats_on;
    rec.ats.stu = device->is_ats_on ? device->info.stu : 0;
    rec.ats.pri = device->is_pri_on;
    (void)put(drv, &rec);
}

void dvtd_set_ats(struct drv *drv, struct drv_device *device, bool is_on, bool is_pri_on)
{
    if (device->is_ats_on == is_on && device->is_pri_on == is_pri_on)
        return;
    device->is_ats_on = is_on;
    device->is_pri_on = is_pri_on;
    dvtd_tell_ats(drv, device);
}

int dvtd_take_error(struct drv *drv)
{
    const int err = drv->error;

    drv->error = 0;
    return err;
}
