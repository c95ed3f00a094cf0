/* SPDX-License-Identifier: BSD-2-Clause
 * iofd_access.c - emulated devices: they reach memory by pins, and are told before it goes away.
 * Knows: address spaces. Must not know: page tables, hardware. */
#include "kernel-glue/objects/iofd_private.h"

#include <errno.h>
#include <stdlib.h>

int iofd_access_alloc(struct iofd *fd, const struct iofd_access_ops *ops, uint32_t *id)
{
    struct iofd_access *access = iofd_object_new(fd, sizeof(*access), IOFD_ACCESS);

    if (!access)
        return -ENOMEM;
    access->ops = *ops;
    *id = access->obj.id;
    return 0;
}

/* ---- its address space ---- */

/* Nothing new is pinned while the device is told to let go of everything. */
static int change_ioas(struct iofd *fd, struct iofd_access *access, struct iofd_ioas *ioas)
{
    struct iofd_ioas *old = access->ioas;
    int err = 0;

    if (old != access->pinned)
        return -EBUSY; /* somebody is in the middle of it */
    if (old == ioas)
        return 0;
    if (ioas) {
        access->ioas = ioas;
        err = iofd_ioas_align(fd, ioas);
        if (!err)
            ioas->obj.users++;
    }
    access->ioas = err ? old : NULL;
    if (err)
        return err;
    if (old) {
        access->ops.unmap(access->ops.ctx, 0, UINT64_MAX);
        while (access->n_pins) /* what it has not let go of, in spite of that */
            (void)iofd_unpin(fd, access->obj.id, access->pins[0].first,
                             access->pins[0].last - access->pins[0].first + 1);
        old->obj.users--;
    }
    access->ioas = ioas;
    access->pinned = ioas;
    if (old)
        (void)iofd_ioas_align(fd, old); /* it does not become coarser */
    return 0;
}

int iofd_access_attach(struct iofd *fd, struct iofd_access *access, uint32_t id, bool replaces)
{
    struct iofd_ioas *ioas = iofd_object(fd, id, IOFD_IOAS);

    if (replaces && !access->ioas)
        return -ENOENT;
    if (!replaces && access->ioas)
        return -EINVAL;
    return ioas ? change_ioas(fd, access, ioas) : -ENOENT;
}

int iofd_access_detach(struct iofd *fd, struct iofd_access *access)
{
    return access->ioas ? change_ioas(fd, access, NULL) : -EINVAL;
}

void iofd_access_drop(struct iofd *fd, struct iofd_access *access)
{
    if (access->ioas)
        (void)change_ioas(fd, access, NULL);
    free(access->pins);
    iofd_object_free(fd, &access->obj);
}

void iofd_access_tell(struct iofd *fd, struct iofd_ioas *ioas, uint64_t iova, uint64_t n_bytes)
{
    for (uint32_t i = 0; i < fd->n_objects; i++) {
        const struct iofd_access *access = iofd_object(fd, i + 1, IOFD_ACCESS);

        if (access && access->pinned == ioas)
            access->ops.unmap(access->ops.ctx, iova, n_bytes);
    }
}

/* ---- pins ---- */

static void count_pins(struct iofd_ioas *ioas, uint64_t first, uint64_t last, bool on)
{
    uint32_t i = iofd_area_at(ioas->areas, ioas->n_areas, first);

    for (; i < ioas->n_areas && ioas->areas[i].first <= last; i++) {
        if (on)
            ioas->areas[i].n_pins++;
        else
            ioas->areas[i].n_pins--;
    }
}

/* Of one area, from @at on: is it a whole page, and does it go on as one? */
static bool is_whole(const struct iofd_area *area, uint64_t at, uint64_t last)
{
    if ((area->pa + (at - area->first)) % IOFD_PAGE_BYTES)
        return false;
    return area->last >= last || (area->pa + (area->last - area->first) + 1) % IOFD_PAGE_BYTES == 0;
}

/* Area by area, up to the first hole: what comes first is what the caller hears of. */
static int check_pin(const struct iofd_ioas *ioas, uint64_t first, uint64_t last, bool is_write)
{
    uint32_t i = iofd_area_at(ioas->areas, ioas->n_areas, first);

    for (uint64_t at = first; i < ioas->n_areas && ioas->areas[i].first <= at; i++) {
        const struct iofd_area *area = &ioas->areas[i];

        if (area->is_leaving || !is_whole(area, at, last))
            return -EINVAL;
        if (!(area->prot & (is_write ? SIM_PROT_W : SIM_PROT_R)))
            return -EPERM;
        if (area->last >= last)
            return 0;
        at = area->last + 1;
    }
    return -ENOENT;
}

int iofd_pin(struct iofd *fd, uint32_t id, uint64_t iova, uint64_t n_bytes, bool is_write)
{
    struct iofd_access *access = iofd_object(fd, id, IOFD_ACCESS);
    int err;

    if (!access)
        return -ENOENT;
    if (!n_bytes)
        return -EINVAL;
    if (n_bytes - 1 > UINT64_MAX - iova)
        return -EOVERFLOW;
    if (!access->ioas)
        return -ENOENT;
    err = check_pin(access->ioas, iova, iova + (n_bytes - 1), is_write);
    if (err)
        return err;
    if (!iofd_grow(fd, &access->pins, access->n_pins, &access->pins_room, sizeof(*access->pins)))
        return -ENOMEM;
    access->pins[access->n_pins++] = (struct iofd_pin){iova, iova + (n_bytes - 1)};
    count_pins(access->ioas, iova, iova + (n_bytes - 1), true);
    return 0;
}

int iofd_unpin(struct iofd *fd, uint32_t id, uint64_t iova, uint64_t n_bytes)
{
    struct iofd_access *access = iofd_object(fd, id, IOFD_ACCESS);

    if (!access)
        return -ENOENT;
    for (uint32_t i = 0; i < access->n_pins && n_bytes; i++) {
        const struct iofd_pin pin = access->pins[i];

        if (pin.first != iova || pin.last != iova + (n_bytes - 1))
            continue;
        access->pins[i] = access->pins[--access->n_pins];
        count_pins(access->pinned, pin.first, pin.last, false);
        return 0;
    }
    return -EINVAL;
}
