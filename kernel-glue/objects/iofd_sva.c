/* SPDX-License-Identifier: BSD-2-Clause
 * iofd_sva.c - processes whose memory devices share: one PASID each, pages that come in when a
 * device touches them.
 * Knows: pages of a process. Must not know: the CPU's table format. */
#include "kernel-glue/objects/iofd_private.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

int iofd_process_alloc(struct iofd *fd, uint32_t *id)
{
    struct iofd_process *process = iofd_object_new(fd, sizeof(*process), IOFD_PROCESS);

    if (!process)
        return -ENOMEM;
    *id = process->obj.id;
    return 0;
}

int iofd_process_tell(struct iofd *fd, uint32_t id)
{
    struct iofd_process *process = iofd_object(fd, id, IOFD_PROCESS);

    if (!process)
        return -ENOENT;
    process->is_told = true;
    return 0;
}

/* ---- memory ---- */

int iofd_process_map(struct iofd *fd, uint32_t id, const struct iofd_range *range)
{
    struct iofd_process *process = iofd_object(fd, id, IOFD_PROCESS);
    const struct iofd_area area = {.first = range->iova,
                                   .last = range->iova + (range->n_bytes - 1),
                                   .pa = range->pa,
                                   .prot = range->prot};
    uint32_t i;

    if (!process || process->has_ended)
        return -ENOENT;
    if (!range->n_bytes || (range->iova | range->pa | range->n_bytes) % IOFD_PAGE_BYTES)
        return -EINVAL;
    if (range->n_bytes - 1 > UINT64_MAX - range->iova)
        return -EOVERFLOW;
    i = iofd_area_at(process->areas, process->n_areas, area.first);
    if (i < process->n_areas && process->areas[i].first <= area.last)
        return -EEXIST;
    if (!iofd_grow(fd, &process->areas, process->n_areas, &process->areas_room, sizeof(area)))
        return -ENOMEM;
    memmove(&process->areas[i + 1], &process->areas[i], (process->n_areas - i) * sizeof(area));
    process->areas[i] = area;
    process->n_areas++;
    return 0;
}

static void page_out(struct iofd *fd, struct iofd_process *process, uint64_t iova, uint64_t n_bytes)
{
    bool any = false;
    uint32_t n = 0;
    uint64_t n_unmapped;

    for (uint32_t i = 0; i < process->n_touched; i++) {
        if (process->touched[i] - iova < n_bytes)
            any = true;
        else
            process->touched[n++] = process->touched[i];
    }
    process->n_touched = n;
    if (!any || !process->domain)
        return;
    (void)fd->config.ops->unmap(fd->config.drv, process->domain, iova, n_bytes, &n_unmapped);
    if (process->is_told)
        iofd_tell_unmap(fd, process->name, iova, n_bytes);
}

/* Whole ranges only, as they were mapped. */
int iofd_process_unmap(struct iofd *fd, uint32_t id, uint64_t iova, uint64_t n_bytes)
{
    struct iofd_process *process = iofd_object(fd, id, IOFD_PROCESS);
    uint32_t i;

    if (!process || process->has_ended)
        return -ENOENT;
    i = iofd_area_at(process->areas, process->n_areas, iova);
    if (i == process->n_areas || process->areas[i].first != iova ||
        process->areas[i].last != iova + (n_bytes - 1))
        return -ENOENT;
    process->n_areas--;
    memmove(&process->areas[i], &process->areas[i + 1],
            (process->n_areas - i) * sizeof(*process->areas));
    page_out(fd, process, iova, n_bytes);
    return 0;
}

static int page_in(struct iofd *fd, const struct iofd_process *process, uint64_t page)
{
    const uint32_t i = iofd_area_at(process->areas, process->n_areas, page);
    const struct iofd_area *area = &process->areas[i];
    const struct iofd_area one = {.first = page,
                                  .last = page + (IOFD_PAGE_BYTES - 1),
                                  .pa = area->pa + (page - area->first),
                                  .prot = area->prot};
    int err;

    if (!process->domain)
        return 0;
    err = fd->config.ops->map(fd->config.drv, process->domain, page, one.pa, IOFD_PAGE_BYTES,
                              one.prot | SIM_PROT_X);
    if (!err && process->is_told)
        iofd_tell_map(fd, process->name, &one);
    return err;
}

static int touch(struct iofd *fd, struct iofd_process *process, uint64_t page, uint8_t prot)
{
    const uint32_t i = iofd_area_at(process->areas, process->n_areas, page);
    const struct iofd_area *area = &process->areas[i];
    int err;

    if (process->has_ended || i == process->n_areas || area->first > page || !(area->prot & prot))
        return -EFAULT;
    for (uint32_t k = 0; k < process->n_touched; k++) {
        if (process->touched[k] == page)
            return 0;
    }
    if (!iofd_grow(fd, &process->touched, process->n_touched, &process->touched_room,
                   sizeof(*process->touched)))
        return -ENOMEM;
    err = page_in(fd, process, page);
    if (!err)
        process->touched[process->n_touched++] = page;
    return err;
}

bool iofd_process_fault(struct iofd *fd, struct iofd_process *process,
                        const struct drv_fault *fault)
{
    const uint64_t page = fault->iova & ~(IOFD_PAGE_BYTES - 1);

    return touch(fd, process, page, fault->is_write ? SIM_PROT_W : SIM_PROT_R) == 0;
}

int iofd_process_touch(struct iofd *fd, uint32_t id, uint64_t va, uint64_t n_bytes)
{
    struct iofd_process *process = iofd_object(fd, id, IOFD_PROCESS);
    int err = process ? 0 : -ENOENT;

    for (uint64_t at = 0; !err && at < n_bytes; at += IOFD_PAGE_BYTES)
        err = touch(fd, process, (va + at) & ~(IOFD_PAGE_BYTES - 1), SIM_PROT_R | SIM_PROT_W);
    return err;
}

/* ---- the end ---- */

/* Once hardware has let go of the whole table its pages may go without a word. */
static void let_go(struct iofd *fd, struct iofd_process *process)
{
    if (process->domain && fd->config.ops->process_exit) {
        (void)fd->config.ops->process_exit(fd->config.drv, process->domain);
        process->n_touched = 0;
    }
    while (process->n_touched)
        page_out(fd, process, process->touched[process->n_touched - 1], IOFD_PAGE_BYTES);
    process->n_areas = 0;
}

void iofd_process_drop(struct iofd *fd, struct iofd_process *process)
{
    if (!process->has_ended)
        let_go(fd, process);
    if (process->domain)
        fd->config.ops->domain_free(fd->config.drv, process->domain);
    free(process->areas);
    free(process->touched);
    iofd_object_free(fd, &process->obj);
}

/* Its devices stay attached to nothing; the last one that leaves takes the rest along. */
int iofd_process_exit(struct iofd *fd, uint32_t id)
{
    struct iofd_process *process = iofd_object(fd, id, IOFD_PROCESS);

    if (!process || process->has_ended)
        return -ENOENT;
    if (!process->obj.users) {
        iofd_process_drop(fd, process);
        return 0;
    }
    let_go(fd, process);
    process->has_ended = true;
    return 0;
}

/* ---- devices ---- */

static int prepare_domain(struct iofd *fd, struct iofd_process *process,
                          const struct iofd_device *device)
{
    struct drv_domain_spec spec = {.kind = DRV_SVA, .flags = DRV_FAULTS};
    int err = 0;

    if (!process->domain) {
        err = iofd_domain_new(fd, &spec, device, &process->domain);
        process->name = spec.id;
        if (err)
            process->domain = NULL;
        for (uint32_t i = 0; !err && i < process->n_touched; i++)
            err = page_in(fd, process, process->touched[i]);
    }
    return err;
}

static int prepare(struct iofd *fd, struct iofd_process *process, const struct iofd_device *device)
{
    const int err = prepare_domain(fd, process, device);

    if (!err && !process->pasid)
        process->pasid = ++fd->last_pasid;
    return err;
}

int iofd_process_root(struct iofd *fd, uint32_t process_id, uint32_t device_id, uint64_t *root)
{
    struct iofd_process *process = iofd_object(fd, process_id, IOFD_PROCESS);
    const struct iofd_device *device = iofd_object(fd, device_id, IOFD_DEVICE);
    int err;

    if (!process || !device || process->has_ended)
        return -ENOENT;
    if (!fd->config.ops->table_root)
        return -EOPNOTSUPP;
    err = prepare_domain(fd, process, device);
    if (!err)
        *root = fd->config.ops->table_root(process->domain);
    return err;
}

/* A kernel marks nothing here. Who wants to know what a process maps wants to know whose it is. */
static int switch_marked(struct iofd *fd, const struct iofd_device *device,
                         const struct iofd_process *process, uint8_t op)
{
    const struct sim_record mark =
        iofd_mark(op, device->info.drv.dev, process->pasid, process->name);
    struct drv_domain *to = op == SIM_OP_SET_PASID ? process->domain : fd->blocked;
    int err;

    if (process->is_told)
        iofd_begin(fd, &mark);
    err = iofd_switch(fd, device->group, process->pasid, to, fd->blocked);
    return process->is_told ? iofd_end(fd, &mark, err) : err;
}

static int bind_locked(struct iofd *fd, struct iofd_device *device, struct iofd_process *process)
{
    struct iofd_attach *attach;
    int err = prepare(fd, process, device);

    if (err)
        return err;
    if (process->pasid >> device->info.drv.pasid_bits)
        return -EOVERFLOW;
    if (iofd_attach_of(device->group, process->pasid))
        return -EBUSY;
    err = iofd_place_add(fd, device, process->pasid, &attach);
    if (err)
        return err;
    attach->process = process;
    err = switch_marked(fd, device, process, SIM_OP_SET_PASID);
    if (err)
        (void)iofd_place_remove(device, process->pasid);
    else
        process->obj.users++;
    return err;
}

int iofd_sva_bind(struct iofd *fd, uint32_t device_id, uint32_t process_id, uint32_t *pasid)
{
    struct iofd_device *device = iofd_object(fd, device_id, IOFD_DEVICE);
    struct iofd_process *process = iofd_object(fd, process_id, IOFD_PROCESS);
    int err;

    if (!device || !process || process->has_ended)
        return -ENOENT;
    if (!device->info.drv.pasid_bits || !(device->info.drv.flags & (DRV_PRI | DRV_STALL)))
        return -EINVAL;
    err = iofd_lock(fd, &device->group->lock);
    if (err)
        return err;
    err = bind_locked(fd, device, process);
    iofd_unlock(&device->group->lock);
    *pasid = process->pasid;
    return err;
}

int iofd_sva_unbind(struct iofd *fd, struct iofd_device *device, uint32_t pasid)
{
    struct iofd_process *process = iofd_attach_of(device->group, pasid)->process;
    const int err = iofd_lock(fd, &device->group->lock);

    if (err)
        return err;
    (void)switch_marked(fd, device, process, SIM_OP_REMOVE_PASID);
    (void)iofd_place_remove(device, pasid);
    iofd_unlock(&device->group->lock);
    if (--process->obj.users == 0 && process->has_ended)
        iofd_process_drop(fd, process);
    return 0;
}
