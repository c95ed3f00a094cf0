/* SPDX-License-Identifier: BSD-2-Clause
 * iofd_ioas.c - address spaces: what is mapped there is in all of their page tables.
 * Knows: ranges, page tables of an address space. Must not know: devices' attachments. */
#include "kernel-glue/objects/iofd_private.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#define MAX_TELLS 101u /* an emulated device that was asked so often does not listen */
#define MAX_CHOSEN_ALIGNMENT (UINT64_C(2) << 20)

int iofd_ioas_alloc(struct iofd *fd, uint32_t *id)
{
    struct iofd_ioas *ioas = iofd_object_new(fd, sizeof(*ioas), IOFD_IOAS);

    if (!ioas)
        return -ENOMEM;
    ioas->alignment = 1;
    *id = ioas->obj.id;
    return 0;
}

void iofd_ioas_drop(struct iofd *fd, struct iofd_ioas *ioas)
{
    free(ioas->areas);
    free(ioas->tables);
    free(ioas->reserved);
    free(ioas->allowed);
    iofd_object_free(fd, &ioas->obj);
}

/* ---- page tables of an address space ----
 * The order in which iommufd goes through them can be seen in records: tables in the order in which
 * they were added (the last one takes the place of one that goes), but what an area's memory is
 * remembered by is emptied last. */

static void unmap_in_tables(struct iofd *fd, const struct iofd_ioas *ioas,
                            const struct iofd_area *area, int *err)
{
    for (uint32_t i = 0; i <= ioas->n_tables; i++) {
        const bool is_last = i == ioas->n_tables;
        const struct iofd_hwpt *hwpt = is_last ? area->storage : ioas->tables[i];
        int now;

        if (!hwpt || (!is_last && hwpt == area->storage))
            continue;
        now = iofd_domain_unmap(fd, hwpt->domain, hwpt->name, area);
        if (now && !*err)
            *err = now;
    }
}

static int map_in_tables(struct iofd *fd, const struct iofd_ioas *ioas,
                         const struct iofd_area *area)
{
    for (uint32_t i = 0; i < ioas->n_tables; i++) {
        const struct iofd_hwpt *hwpt = ioas->tables[i];
        const int err = iofd_domain_map(fd, hwpt->domain, hwpt->name, area);

        for (uint32_t k = 0; err && k < i; k++)
            (void)iofd_domain_unmap(fd, ioas->tables[k]->domain, ioas->tables[k]->name, area);
        if (err)
            return err;
    }
    return 0;
}

static int fill(struct iofd *fd, const struct iofd_ioas *ioas, const struct iofd_hwpt *hwpt)
{
    for (uint32_t i = 0; i < ioas->n_areas; i++) {
        const int err = iofd_domain_map(fd, hwpt->domain, hwpt->name, &ioas->areas[i]);

        for (uint32_t k = 0; err && k < i; k++)
            (void)iofd_domain_unmap(fd, hwpt->domain, hwpt->name, &ioas->areas[k]);
        if (err)
            return err;
    }
    return 0;
}

/* What @old remembered, another one has to: any will do. */
static void store_in(const struct iofd_ioas *ioas, const struct iofd_hwpt *old)
{
    for (uint32_t i = 0; i < ioas->n_areas; i++) {
        if (ioas->areas[i].storage == old)
            ioas->areas[i].storage = ioas->n_tables ? ioas->tables[0] : NULL;
    }
}

/* Do all mappings keep to a coarser alignment? */
static int check_alignment(const struct iofd_ioas *ioas, uint64_t alignment)
{
    for (uint32_t i = 0; i < ioas->n_areas; i++) {
        const struct iofd_area *area = &ioas->areas[i];

        if ((area->first | (area->last + 1) | area->pa) & (alignment - 1))
            return -EADDRINUSE;
    }
    return 0;
}

int iofd_ioas_align(struct iofd *fd, struct iofd_ioas *ioas)
{
    uint64_t alignment = 1;
    int err = 0;

    for (uint32_t i = 0; i < ioas->n_tables; i++) {
        if (ioas->tables[i]->page_bytes > alignment)
            alignment = ioas->tables[i]->page_bytes;
    }
    for (uint32_t i = 0; i < fd->n_objects; i++) {
        const struct iofd_access *access = iofd_object(fd, i + 1, IOFD_ACCESS);

        if (access && access->ioas == ioas && IOFD_PAGE_BYTES > alignment)
            alignment = IOFD_PAGE_BYTES;
    }
    if (alignment > ioas->alignment)
        err = check_alignment(ioas, alignment);
    if (!err)
        ioas->alignment = alignment;
    return err;
}

int iofd_ioas_add(struct iofd *fd, struct iofd_ioas *ioas, struct iofd_hwpt *hwpt)
{
    const struct iofd_reserved beyond = {hwpt->aperture_end + 1, UINT64_MAX, hwpt};
    int err = hwpt->page_bytes > IOFD_PAGE_BYTES ? -EINVAL : 0;

    if (!err && hwpt->page_bytes > ioas->alignment)
        err = check_alignment(ioas, hwpt->page_bytes);
    if (!err && hwpt->aperture_end != UINT64_MAX)
        err = iofd_reserve(fd, ioas, &beyond);
    /* NOLINTNEXTLINE(bugprone-sizeof-expression): an array of pointers */
    if (!err && !iofd_grow(fd, &ioas->tables, ioas->n_tables, &ioas->tables_room, sizeof(hwpt)))
        err = -ENOMEM;
    if (!err)
        err = fill(fd, ioas, hwpt);
    if (err) {
        iofd_ioas_release(ioas, hwpt);
        return err;
    }
    hwpt->is_filled = true;
    ioas->tables[ioas->n_tables++] = hwpt;
    store_in(ioas, NULL);
    (void)iofd_ioas_align(fd, ioas); /* was looked at above */
    return 0;
}

void iofd_ioas_remove(struct iofd *fd, struct iofd_ioas *ioas, struct iofd_hwpt *hwpt)
{
    uint32_t at = 0;

    if (!hwpt->is_filled)
        return;
    while (ioas->tables[at] != hwpt)
        at++;
    ioas->tables[at] = ioas->tables[--ioas->n_tables];
    store_in(ioas, hwpt);
    for (uint32_t i = 0; i < ioas->n_areas; i++)
        (void)iofd_domain_unmap(fd, hwpt->domain, hwpt->name, &ioas->areas[i]);
    hwpt->is_filled = false;
    iofd_ioas_release(ioas, hwpt);
    (void)iofd_ioas_align(fd, ioas); /* it does not become coarser */
}

int iofd_ioas_reserve(struct iofd *fd, struct iofd_ioas *ioas, const struct iofd_device *device)
{
    struct drv_range range;
    int err = 0;

    for (uint32_t n = 0; !err && fd->config.ops->reserved; n++) {
        if (!fd->config.ops->reserved(fd->config.drv, n, &range))
            break;
        err = iofd_reserve(fd, ioas, &(struct iofd_reserved){range.first, range.last, device});
    }
    if (err)
        iofd_ioas_release(ioas, device);
    return err;
}

/* ---- mapping ---- */

static int check_range(const struct iofd_range *range)
{
    if (range->iova == UINT64_MAX || range->n_bytes == UINT64_MAX)
        return -EOVERFLOW;
    return range->prot & SIM_PROT_RW ? 0 : -EINVAL;
}

static int check_memory(const struct iofd_range *range)
{
    if (!range->n_bytes || range->n_bytes > UINT64_MAX - IOFD_PAGE_BYTES)
        return -EINVAL;
    return range->n_bytes > UINT64_MAX - range->pa ? -EOVERFLOW : 0;
}

static int map_locked(struct iofd *fd, struct iofd_ioas *ioas, const struct iofd_range *range)
{
    const struct iofd_area area = {.first = range->iova,
                                   .last = range->iova + (range->n_bytes - 1),
                                   .pa = range->pa,
                                   .process = fd->process,
                                   .flags = range->flags,
                                   .prot = range->prot & SIM_PROT_RW};
    uint32_t at;
    int err = 0;

    if (!range->n_bytes || range->n_bytes & (ioas->alignment - 1))
        err = -EINVAL;
    if (!err)
        err = iofd_check_iova(ioas, range->iova, range->n_bytes);
    if (!err && range->prot & SIM_PROT_W && range->flags & IOFD_MAP_READ_ONLY)
        err = -EPERM;
    if (!err && range->pa & (ioas->alignment - 1))
        err = -EINVAL;
    if (!err)
        err = iofd_area_insert(fd, ioas, &area);
    if (err)
        return err;
    err = map_in_tables(fd, ioas, &area);
    at = iofd_area_at(ioas->areas, ioas->n_areas, area.first);
    if (err)
        iofd_area_remove(ioas, at);
    else
        ioas->areas[at].storage = ioas->n_tables ? ioas->tables[0] : NULL;
    return err;
}

/* Memory that was given only to be read stays so for whoever gets a copy. */
static int map_anew(struct iofd *fd, struct iofd_ioas *ioas, struct iofd_range range)
{
    if (!(range.prot & SIM_PROT_W))
        range.flags |= IOFD_MAP_READ_ONLY;
    return map_locked(fd, ioas, &range);
}

int iofd_map(struct iofd *fd, uint32_t id, const struct iofd_range *range)
{
    struct iofd_ioas *ioas;
    int err = check_range(range);

    if (err)
        return err;
    ioas = iofd_object(fd, id, IOFD_IOAS);
    if (!ioas)
        return -ENOENT;
    err = check_memory(range);
    if (!err)
        err = iofd_lock(fd, &ioas->lock);
    if (err)
        return err;
    err = map_anew(fd, ioas, *range);
    iofd_unlock(&ioas->lock);
    return err;
}

/* As coarse as the size and the memory's own alignment are, so that large pages are possible. */
static uint64_t chosen_alignment(const struct iofd_range *range)
{
    uint64_t alignment = 1;

    while (alignment < range->n_bytes && alignment < MAX_CHOSEN_ALIGNMENT)
        alignment *= 2;
    while (alignment > 1 && range->pa & (alignment - 1))
        alignment /= 2;
    return alignment;
}

int iofd_map_anywhere(struct iofd *fd, uint32_t id, struct iofd_range *range)
{
    struct iofd_ioas *ioas;
    int err = check_range(range);

    if (err)
        return err;
    ioas = iofd_object(fd, id, IOFD_IOAS);
    if (!ioas)
        return -ENOENT;
    err = check_memory(range);
    if (!err && range->n_bytes & (ioas->alignment - 1))
        err = -EINVAL;
    if (!err && range->n_bytes >= UINT64_MAX / 2)
        err = -EOVERFLOW;
    if (!err)
        err = iofd_lock(fd, &ioas->lock);
    if (err)
        return err;
    err = iofd_choose_iova(ioas, range, chosen_alignment(range), &range->iova);
    if (!err)
        err = map_anew(fd, ioas, *range);
    iofd_unlock(&ioas->lock);
    return err;
}

/* ---- unmapping ---- */

/* Emulated devices are told, without the lock, since they come back to unpin. */
static int wait_for_pins(struct iofd *fd, struct iofd_ioas *ioas, uint64_t first, uint64_t last)
{
    for (uint32_t n = 0; n < MAX_TELLS; n++) {
        const uint32_t i = iofd_area_at(ioas->areas, ioas->n_areas, first);

        if (i == ioas->n_areas || ioas->areas[i].first != first || !ioas->areas[i].n_pins)
            return 0;
        ioas->areas[i].is_leaving = true;
        iofd_unlock(&ioas->lock);
        iofd_access_tell(fd, ioas, first, last - first + 1);
        ioas->lock.is_held = true;
    }
    return -EDEADLK;
}

static int unmap_one(struct iofd *fd, struct iofd_ioas *ioas, struct iofd_area area)
{
    uint32_t i;
    int err = area.n_pins ? wait_for_pins(fd, ioas, area.first, area.last) : 0;

    if (err)
        return err;
    unmap_in_tables(fd, ioas, &area, &err);
    i = iofd_area_at(ioas->areas, ioas->n_areas, area.first);
    if (i < ioas->n_areas && ioas->areas[i].first == area.first)
        iofd_area_remove(ioas, i);
    return err;
}

static int unmap_locked(struct iofd *fd, struct iofd_ioas *ioas, uint64_t first, uint64_t last,
                        uint64_t *n_unmapped)
{
    for (;;) {
        const uint32_t i = iofd_area_at(ioas->areas, ioas->n_areas, first);
        struct iofd_area area;
        int err;

        if (i == ioas->n_areas || ioas->areas[i].first > last)
            return 0;
        area = ioas->areas[i];
        if (area.first < first || area.last > last)
            return -ENOENT;
        err = unmap_one(fd, ioas, area);
        if (err)
            return err;
        *n_unmapped += area.last - area.first + 1;
        if (area.last == last)
            return 0;
        first = area.last + 1;
    }
}

int iofd_unmap(struct iofd *fd, uint32_t id, uint64_t iova, uint64_t n_bytes, uint64_t *n_unmapped)
{
    struct iofd_ioas *ioas = iofd_object(fd, id, IOFD_IOAS);
    const bool is_all = iova == 0 && n_bytes == UINT64_MAX;
    uint64_t n = 0;
    int err;

    if (!ioas)
        return -ENOENT;
    if (!is_all && (iova == UINT64_MAX || n_bytes == UINT64_MAX))
        return -EOVERFLOW;
    if (!n_bytes)
        return -EINVAL;
    if (n_bytes - 1 > UINT64_MAX - iova)
        return -EOVERFLOW;
    err = iofd_lock(fd, &ioas->lock);
    if (err)
        return err;
    err = unmap_locked(fd, ioas, iova, is_all ? UINT64_MAX : iova + (n_bytes - 1), &n);
    iofd_unlock(&ioas->lock);
    if (n_unmapped)
        *n_unmapped = n;
    return !err && !n && !is_all ? -ENOENT : err;
}

/* ---- copying ---- */

/* All pieces have their places before the first one is mapped. */
static int check_pieces(const struct iofd_ioas *to, const struct iofd_ioas *from,
                        const struct iofd_range *range)
{
    const uint64_t last = range->pa + (range->n_bytes - 1);
    int err = range->n_bytes & (to->alignment - 1) ? -EINVAL : 0;

    if (!err)
        err = iofd_check_iova(to, range->iova, range->n_bytes);
    for (uint32_t i = iofd_area_at(from->areas, from->n_areas, range->pa);
         !err && i < from->n_areas && from->areas[i].first <= last; i++) {
        const struct iofd_area *area = &from->areas[i];
        const uint64_t at = area->first > range->pa ? area->first : range->pa;

        if (range->prot & SIM_PROT_W && area->flags & IOFD_MAP_READ_ONLY)
            err = -EPERM;
        else if ((area->pa + (at - area->first)) & (to->alignment - 1))
            err = -EINVAL;
    }
    return err;
}

static int copy_pieces(struct iofd *fd, struct iofd_ioas *to, const struct iofd_ioas *from,
                       const struct iofd_range *range)
{
    uint64_t at = range->pa;
    uint64_t n_left = range->n_bytes;
    int err = 0;

    while (!err && n_left) {
        const struct iofd_area area = from->areas[iofd_area_at(from->areas, from->n_areas, at)];
        struct iofd_range piece = *range;

        piece.n_bytes = area.last - at + 1 < n_left ? area.last - at + 1 : n_left;
        piece.iova = range->iova + (at - range->pa);
        piece.pa = area.pa + (at - area.first);
        piece.flags = area.flags;
        err = map_locked(fd, to, &piece);
        if (err)
            break;
        at += piece.n_bytes;
        n_left -= piece.n_bytes;
    }
    if (err && at != range->pa) { /* all of it or nothing */
        uint64_t n = 0;

        (void)unmap_locked(fd, to, range->iova, range->iova + (at - range->pa - 1), &n);
    }
    return err;
}

int iofd_copy(struct iofd *fd, uint32_t to_id, uint32_t from_id, const struct iofd_range *range)
{
    struct iofd_ioas *from, *to;
    int err;

    if (range->n_bytes == UINT64_MAX || range->pa == UINT64_MAX || range->iova == UINT64_MAX)
        return -EOVERFLOW;
    if (!(range->prot & SIM_PROT_RW))
        return -EINVAL;
    from = iofd_object(fd, from_id, IOFD_IOAS);
    if (!from)
        return -ENOENT;
    if (!range->n_bytes)
        return -EINVAL;
    if (range->n_bytes - 1 > UINT64_MAX - range->pa)
        return -EOVERFLOW;
    if (!iofd_is_mapped(from, range->pa, range->pa + (range->n_bytes - 1)))
        return -ENOENT;
    to = iofd_object(fd, to_id, IOFD_IOAS);
    if (!to)
        return -ENOENT;
    err = iofd_lock(fd, &to->lock);
    if (err)
        return err;
    err = check_pieces(to, from, range);
    if (!err)
        err = copy_pieces(fd, to, from, range);
    iofd_unlock(&to->lock);
    return err;
}

/* ---- promises, processes ---- */

int iofd_allow(struct iofd *fd, uint32_t id, const struct drv_range *ranges, uint32_t n)
{
    struct iofd_ioas *ioas = iofd_object(fd, id, IOFD_IOAS);
    struct drv_range *allowed;

    if (!ioas)
        return -ENOENT;
    for (uint32_t i = 0; i < n; i++) {
        if (ranges[i].first >= ranges[i].last)
            return -EINVAL;
        for (uint32_t k = 0; k < i; k++) {
            if (ranges[k].first <= ranges[i].last && ranges[k].last >= ranges[i].first)
                return -EINVAL;
        }
    }
    for (uint32_t i = 0; i < n; i++) {
        for (uint32_t k = 0; k < ioas->n_reserved; k++) {
            if (ioas->reserved[k].first <= ranges[i].last &&
                ioas->reserved[k].last >= ranges[i].first)
                return -EADDRINUSE;
        }
    }
    allowed = iofd_zalloc(fd, (n + 1) * sizeof(*allowed));
    if (!allowed)
        return -ENOMEM;
    if (n)
        memcpy(allowed, ranges, n * sizeof(*allowed));
    free(ioas->allowed);
    ioas->allowed = allowed;
    ioas->n_allowed = n;
    return 0;
}

int iofd_change_process(struct iofd *fd, uint64_t process)
{
    for (uint32_t pass = 0; pass < 2; pass++) {
        for (uint32_t i = 0; i < fd->n_objects; i++) {
            struct iofd_ioas *ioas = iofd_object(fd, i + 1, IOFD_IOAS);

            for (uint32_t k = 0; ioas && k < ioas->n_areas; k++) {
                if (pass)
                    ioas->areas[k].process = process;
                else if (!(ioas->areas[k].flags & IOFD_MAP_FILE))
                    return -EINVAL;
            }
        }
    }
    fd->process = process;
    return 0;
}

/* Memory is pinned while a page table or an emulated device may reach it. */
uint64_t iofd_pinned_bytes(const struct iofd *fd, uint64_t process)
{
    uint64_t n = 0;

    for (uint32_t i = 0; i < fd->n_objects; i++) {
        const struct iofd_ioas *ioas = iofd_object(fd, i + 1, IOFD_IOAS);

        for (uint32_t k = 0; ioas && k < ioas->n_areas; k++) {
            const struct iofd_area *area = &ioas->areas[k];

            if (area->process == process && (ioas->n_tables || area->n_pins))
                n += area->last - area->first + 1;
        }
    }
    return n;
}
