/* SPDX-License-Identifier: BSD-2-Clause
 * iofd_hwpt.c - page tables: made with the driver's help, filled, and gone when nobody uses them.
 * Knows: domains of a driver. Must not know: devices' attachments, formats of tables. */
#include "kernel-glue/objects/iofd_private.h"

#include <errno.h>
#include <string.h>

struct iofd_hwpt *iofd_hwpt_any(const struct iofd *fd, uint32_t id)
{
    struct iofd_hwpt *hwpt = iofd_object(fd, id, IOFD_HWPT);

    return hwpt ? hwpt : iofd_object(fd, id, IOFD_NESTED);
}

/* ---- making one ---- */

static uint32_t driver_flags(const struct iofd_hwpt_spec *spec)
{
    return (spec->flags & IOFD_HWPT_NEST_PARENT ? (uint32_t)DRV_NEST_PARENT : 0) |
           (spec->flags & IOFD_HWPT_DIRTY ? (uint32_t)DRV_DIRTY : 0) |
           (spec->faultq ? (uint32_t)DRV_FAULTS : 0);
}

static uint8_t driver_kind(const struct iofd_hwpt *hwpt)
{
    if (hwpt->parent)
        return DRV_NESTED;
    return hwpt->flags & IOFD_HWPT_IDENTITY ? DRV_IDENTITY : DRV_PAGING;
}

/* Where hardware can ignore no-snoop, it does so in all tables; some devices must have it. A first
 * stage that is asked for is a kernel's own kind of table, which does without. */
static int ask_driver(struct iofd *fd, struct iofd_hwpt *hwpt, const struct iofd_hwpt_spec *spec)
{
    const struct iofd_device *device = iofd_object(fd, spec->device, IOFD_DEVICE);
    struct drv_domain_spec wanted = {.kind = driver_kind(hwpt),
                                     .stage = spec->stage,
                                     .flags = driver_flags(spec),
                                     .parent = hwpt->parent ? hwpt->parent->domain : NULL};
    const struct drv_ops *ops = fd->config.ops;
    int err;

    memcpy(wanted.guest, spec->words, sizeof(wanted.guest));
    err = iofd_domain_new(fd, &wanted, device, &hwpt->domain);
    if (err) {
        hwpt->domain = NULL;
        return err;
    }
    hwpt->name = wanted.id;
    if (wanted.kind != DRV_PAGING) {
        hwpt->aperture_end = UINT64_MAX;
    } else {
        const uint64_t sizes = ops->page_sizes(hwpt->domain);

        hwpt->aperture_end = ops->aperture_end(hwpt->domain);
        hwpt->page_bytes = sizes & (~sizes + 1);
    }
    if (wanted.kind == DRV_PAGING && device && ops->enforce_coherency &&
        (spec->stage != 1 || device->info.may_skip_snoop)) {
        err = ops->enforce_coherency(fd->config.drv, hwpt->domain);
        hwpt->is_coherent = !err;
    }
    return err && device->info.may_skip_snoop ? err : 0;
}

/* Return: a table without an address space or parent yet, which iofd_hwpt_drop takes. */
static int new_table(struct iofd *fd, enum iofd_kind kind, const struct iofd_hwpt_spec *spec,
                     struct iofd_hwpt **made)
{
    struct iofd_faultq *faultq = iofd_object(fd, spec->faultq, IOFD_FAULTQ);

    if (spec->faultq && !faultq)
        return -ENOENT;
    *made = iofd_object_new(fd, sizeof(**made), kind);
    if (!*made)
        return -ENOMEM;
    (*made)->flags = spec->flags;
    (*made)->faultq = faultq;
    memcpy((*made)->words, spec->words, sizeof(spec->words));
    if (faultq)
        faultq->obj.users++;
    return 0;
}

int iofd_hwpt_make(struct iofd *fd, struct iofd_ioas *ioas, const struct iofd_hwpt_spec *spec,
                   struct iofd_hwpt **made)
{
    struct iofd_hwpt *hwpt;
    int err = new_table(fd, IOFD_HWPT, spec, &hwpt);

    if (err)
        return err;
    hwpt->ioas = ioas;
    ioas->obj.users++;
    err = ask_driver(fd, hwpt, spec);
    if (err) {
        iofd_hwpt_drop(fd, hwpt);
        return err;
    }
    *made = hwpt;
    return 0;
}

int iofd_hwpt_alloc(struct iofd *fd, uint32_t id, const struct iofd_hwpt_spec *spec, uint32_t *made)
{
    const uint32_t known = IOFD_HWPT_NEST_PARENT | IOFD_HWPT_DIRTY | IOFD_HWPT_PASID;
    const bool is_identity = spec->flags & IOFD_HWPT_IDENTITY;
    struct iofd_ioas *ioas = iofd_object(fd, id, IOFD_IOAS);
    struct iofd_hwpt *hwpt;
    int err;

    if (!iofd_object(fd, spec->device, IOFD_DEVICE))
        return -ENOENT;
    if (!ioas)
        return -EINVAL;
    if ((spec->flags & ~known && !is_identity) ||
        (spec->faultq && spec->flags & IOFD_HWPT_NEST_PARENT))
        return -EOPNOTSUPP;
    err = iofd_lock(fd, &ioas->lock);
    if (err)
        return err;
    err = iofd_hwpt_make(fd, ioas, spec, &hwpt);
    if (!err) {
        err = is_identity ? 0 : iofd_ioas_add(fd, ioas, hwpt);
        if (err)
            iofd_hwpt_drop(fd, hwpt);
        else
            *made = hwpt->obj.id;
    }
    iofd_unlock(&ioas->lock);
    return err;
}

int iofd_nested_alloc(struct iofd *fd, uint32_t id, const struct iofd_hwpt_spec *spec,
                      uint32_t *made)
{
    struct iofd_hwpt *parent = iofd_object(fd, id, IOFD_HWPT);
    struct iofd_hwpt *hwpt;
    int err;

    if (!iofd_object(fd, spec->device, IOFD_DEVICE))
        return -ENOENT;
    if (!parent)
        return -EINVAL;
    if (spec->flags & ~(uint32_t)IOFD_HWPT_PASID)
        return -EOPNOTSUPP;
    if (parent->is_auto || !(parent->flags & IOFD_HWPT_NEST_PARENT))
        return -EINVAL;
    err = new_table(fd, IOFD_NESTED, spec, &hwpt);
    if (err)
        return err;
    hwpt->parent = parent;
    parent->obj.users++;
    err = ask_driver(fd, hwpt, spec);
    if (err)
        iofd_hwpt_drop(fd, hwpt);
    else
        *made = hwpt->obj.id;
    return err;
}

/* ---- going ---- */

void iofd_hwpt_drop(struct iofd *fd, struct iofd_hwpt *hwpt)
{
    if (hwpt->ioas)
        iofd_ioas_remove(fd, hwpt->ioas, hwpt);
    if (hwpt->domain)
        iofd_domain_drop(fd, hwpt->domain, hwpt->name);
    if (hwpt->ioas)
        hwpt->ioas->obj.users--;
    if (hwpt->parent)
        hwpt->parent->obj.users--;
    if (hwpt->faultq)
        hwpt->faultq->obj.users--;
    iofd_object_free(fd, &hwpt->obj);
}

void iofd_hwpt_put(struct iofd *fd, struct iofd_hwpt *hwpt)
{
    if (--hwpt->obj.users == 0 && hwpt->is_auto)
        iofd_hwpt_drop(fd, hwpt);
}

/* ---- dirty pages ---- */

static int read_area(struct iofd *fd, const struct iofd_hwpt *hwpt, uint64_t first, uint64_t last,
                     const struct iofd_dirty *dirty)
{
    return fd->config.ops->read_dirty(fd->config.drv, hwpt->domain, first, last - first + 1,
                                      dirty ? dirty->seen : NULL, dirty ? dirty->ctx : NULL);
}

static int can_track(const struct iofd *fd, const struct iofd_hwpt *hwpt)
{
    if (!hwpt)
        return -ENOENT;
    return hwpt->flags & IOFD_HWPT_DIRTY && fd->config.ops->dirty_tracking &&
                   fd->config.ops->read_dirty
               ? 0
               : -EOPNOTSUPP;
}

/* What is reported later was written after this. */
int iofd_dirty_tracking(struct iofd *fd, uint32_t id, bool on)
{
    struct iofd_hwpt *hwpt = iofd_object(fd, id, IOFD_HWPT);
    int err = can_track(fd, hwpt);

    for (uint32_t i = 0; !err && on && i < hwpt->ioas->n_areas; i++)
        err = read_area(fd, hwpt, hwpt->ioas->areas[i].first, hwpt->ioas->areas[i].last, NULL);
    return err ? err : fd->config.ops->dirty_tracking(fd->config.drv, hwpt->domain, on);
}

static int check_dirty(const struct iofd_hwpt *hwpt, const struct iofd_dirty *dirty)
{
    const uint64_t last = dirty->iova + (dirty->n_bytes - 1);

    if (!dirty->n_bytes)
        return -EINVAL;
    if (dirty->n_bytes - 1 > UINT64_MAX - dirty->iova)
        return -EOVERFLOW;
    if ((dirty->iova | (last + 1)) & (hwpt->ioas->alignment - 1))
        return -EINVAL;
    if (!dirty->page_bytes || (dirty->iova | (last + 1)) & (dirty->page_bytes - 1))
        return -EINVAL;
    return 0;
}

int iofd_read_dirty(struct iofd *fd, uint32_t id, const struct iofd_dirty *dirty)
{
    const struct iofd_hwpt *hwpt = iofd_object(fd, id, IOFD_HWPT);
    int err = hwpt ? check_dirty(hwpt, dirty) : -ENOENT;
    const struct iofd_ioas *ioas;
    uint64_t at = dirty->iova;
    uint64_t last;

    if (!err)
        err = can_track(fd, hwpt);
    if (err)
        return err;
    ioas = hwpt->ioas;
    last = dirty->iova + (dirty->n_bytes - 1);
    for (uint32_t i = iofd_area_at(ioas->areas, ioas->n_areas, at);
         !err && i < ioas->n_areas && ioas->areas[i].first <= at && at <= last; i++) {
        const struct iofd_area *area = &ioas->areas[i];

        err = read_area(fd, hwpt, at, area->last < last ? area->last : last, dirty);
        if (area->last == UINT64_MAX)
            break;
        at = area->last + 1;
    }
    return err;
}

bool iofd_is_coherent(const struct iofd *fd, uint32_t id)
{
    const struct iofd_hwpt *hwpt = iofd_object(fd, id, IOFD_HWPT);

    return hwpt && hwpt->is_coherent;
}
