/* SPDX-License-Identifier: BSD-2-Clause
 * iofd_areas.c - ranges of an address space: what is mapped, what is forbidden, what is promised.
 * Knows: ranges. Must not know: page tables, devices. */
#include "kernel-glue/objects/iofd_private.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

/* ---- what is mapped: ascending, so that the first one at or behind an address is found fast ----
 */

uint32_t iofd_area_at(const struct iofd_area *areas, uint32_t n, uint64_t iova)
{
    uint32_t low = 0;
    uint32_t high = n;

    while (low < high) {
        const uint32_t middle = low + (high - low) / 2;

        if (areas[middle].last < iova)
            low = middle + 1;
        else
            high = middle;
    }
    return low;
}

static bool has_area(const struct iofd_ioas *ioas, uint64_t first, uint64_t last)
{
    const uint32_t i = iofd_area_at(ioas->areas, ioas->n_areas, first);

    return i < ioas->n_areas && ioas->areas[i].first <= last;
}

int iofd_area_insert(struct iofd *fd, struct iofd_ioas *ioas, const struct iofd_area *area)
{
    const uint32_t i = iofd_area_at(ioas->areas, ioas->n_areas, area->first);

    if (!iofd_grow(fd, &ioas->areas, ioas->n_areas, &ioas->areas_room, sizeof(*area)))
        return -ENOMEM;
    memmove(&ioas->areas[i + 1], &ioas->areas[i], (ioas->n_areas - i) * sizeof(*area));
    ioas->areas[i] = *area;
    ioas->n_areas++;
    return 0;
}

void iofd_area_remove(struct iofd_ioas *ioas, uint32_t i)
{
    ioas->n_areas--;
    memmove(&ioas->areas[i], &ioas->areas[i + 1], (ioas->n_areas - i) * sizeof(*ioas->areas));
}

bool iofd_is_mapped(const struct iofd_ioas *ioas, uint64_t first, uint64_t last)
{
    uint32_t i = iofd_area_at(ioas->areas, ioas->n_areas, first);

    for (; i < ioas->n_areas && ioas->areas[i].first <= first; i++) {
        if (ioas->areas[i].last >= last)
            return true;
        first = ioas->areas[i].last + 1;
    }
    return false;
}

/* ---- what is forbidden, and what is promised ---- */

static bool is_reserved(const struct iofd_ioas *ioas, uint64_t first, uint64_t last)
{
    for (uint32_t i = 0; i < ioas->n_reserved; i++) {
        if (ioas->reserved[i].first <= last && ioas->reserved[i].last >= first)
            return true;
    }
    return false;
}

static bool is_allowed(const struct iofd_ioas *ioas, uint64_t first, uint64_t last)
{
    for (uint32_t i = 0; i < ioas->n_allowed; i++) {
        if (ioas->allowed[i].first <= last && ioas->allowed[i].last >= first)
            return true;
    }
    return false;
}

int iofd_reserve(struct iofd *fd, struct iofd_ioas *ioas, const struct iofd_reserved *range)
{
    if (has_area(ioas, range->first, range->last) || is_allowed(ioas, range->first, range->last))
        return -EADDRINUSE;
    if (!iofd_grow(fd, &ioas->reserved, ioas->n_reserved, &ioas->reserved_room, sizeof(*range)))
        return -ENOMEM;
    ioas->reserved[ioas->n_reserved++] = *range;
    return 0;
}

void iofd_ioas_release(struct iofd_ioas *ioas, const void *owner)
{
    uint32_t n = 0;

    for (uint32_t i = 0; i < ioas->n_reserved; i++) {
        if (ioas->reserved[i].owner != owner)
            ioas->reserved[n++] = ioas->reserved[i];
    }
    ioas->n_reserved = n;
}

int iofd_check_iova(const struct iofd_ioas *ioas, uint64_t iova, uint64_t n_bytes)
{
    if (iova & (ioas->alignment - 1))
        return -EINVAL;
    if (n_bytes - 1 > UINT64_MAX - iova)
        return -EOVERFLOW;
    if (is_reserved(ioas, iova, iova + (n_bytes - 1)))
        return -EINVAL;
    return has_area(ioas, iova, iova + (n_bytes - 1)) ? -EEXIST : 0;
}

/* ---- choosing an address ---- */

/* Where the first thing in the way of [first, last] ends. Return: false if nothing is. */
static bool first_obstacle(const struct iofd_ioas *ioas, uint64_t first, uint64_t last,
                           uint64_t *end)
{
    const uint32_t a = iofd_area_at(ioas->areas, ioas->n_areas, first);

    for (uint32_t i = 0; i < ioas->n_reserved; i++) {
        if (ioas->reserved[i].first <= last && ioas->reserved[i].last >= first) {
            *end = ioas->reserved[i].last;
            return true;
        }
    }
    if (a == ioas->n_areas || ioas->areas[a].first > last)
        return false;
    *end = ioas->areas[a].last;
    return true;
}

static bool choose_in(const struct iofd_ioas *ioas, const struct drv_range *range,
                      const struct iofd_range *memory, uint64_t alignment, uint64_t *iova)
{
    const uint64_t n_bytes = memory->n_bytes;
    uint64_t first = range->first;
    uint64_t end;

    while (first <= UINT64_MAX - (alignment - 1)) {
        first = (first + alignment - 1) & ~(alignment - 1);
        first |= memory->pa % IOFD_PAGE_BYTES;
        if (first > range->last || range->last - first < n_bytes - 1)
            return false;
        if (!first_obstacle(ioas, first, first + (n_bytes - 1), &end)) {
            *iova = first;
            return true;
        }
        if (end == UINT64_MAX)
            return false;
        first = end + 1;
    }
    return false;
}

/* Never 0, which too many people take for nothing. An offset within a page is that of the memory.
 */
int iofd_choose_iova(const struct iofd_ioas *ioas, const struct iofd_range *range,
                     uint64_t alignment, uint64_t *iova)
{
    const struct drv_range everything = {IOFD_PAGE_BYTES, UINT64_MAX - IOFD_PAGE_BYTES};

    if (alignment < ioas->alignment)
        return -EINVAL;
    if (!ioas->n_allowed)
        return choose_in(ioas, &everything, range, alignment, iova) ? 0 : -ENOSPC;
    for (uint32_t i = 0; i < ioas->n_allowed; i++) {
        if (choose_in(ioas, &ioas->allowed[i], range, alignment, iova))
            return 0;
    }
    return -ENOSPC;
}

/* ---- telling the user ---- */

static int ascending(const void *a, const void *b)
{
    const struct iofd_reserved *left = a;
    const struct iofd_reserved *right = b;

    return left->first < right->first ? -1 : left->first > right->first;
}

int iofd_ranges(const struct iofd *fd, uint32_t id, struct drv_range *ranges, uint32_t max,
                uint64_t *alignment)
{
    const struct iofd_ioas *ioas = iofd_object(fd, id, IOFD_IOAS);
    uint64_t first = 0;
    uint32_t n = 0;

    if (!ioas)
        return -ENOENT;
    if (alignment)
        *alignment = ioas->alignment;
    if (ioas->n_reserved) /* their order says nothing to anybody else */
        qsort(ioas->reserved, ioas->n_reserved, sizeof(*ioas->reserved), ascending);
    for (uint32_t i = 0; i < ioas->n_reserved; i++) {
        const struct iofd_reserved *reserved = &ioas->reserved[i];

        if (reserved->first > first && n++ < max)
            ranges[n - 1] = (struct drv_range){first, reserved->first - 1};
        if (reserved->last == UINT64_MAX)
            return (int)n;
        if (reserved->last >= first)
            first = reserved->last + 1;
    }
    if (n++ < max)
        ranges[n - 1] = (struct drv_range){first, UINT64_MAX};
    return (int)n;
}
