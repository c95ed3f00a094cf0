/* SPDX-License-Identifier: BSD-2-Clause
 * api_mark.c - whole operations, of the marks that they are made of.
 * Knows: which mark stands in which. Must not know: who reads them. */
#include "api/api_private.h"

/* What was asked for. */
static struct iommusim_mark outer(const struct iommusim_mark *mark)
{
    return (struct iommusim_mark){
        .op = mark->op,
        .device = mark->device,
        .pasid = mark->pasid,
        .ret = mark->ret,
        .a = mark->domain,
    };
}

/* What the driver does of it. */
static struct iommusim_mark inner(const struct iommusim_mark *mark)
{
    struct iommusim_mark driver = *mark;

    driver.op = IOMMUSIM_OP_DRV_ATTACH;
    return driver;
}

int iommusim_switch_begin(struct iommusim *sim, const struct iommusim_mark *mark)
{
    const struct iommusim_mark whole = outer(mark);
    const struct iommusim_mark driver = inner(mark);
    const int error = iommusim_mark_begin(sim, &whole);

    return error ? error : iommusim_mark_begin(sim, &driver);
}

int iommusim_switch_end(struct iommusim *sim, const struct iommusim_mark *mark)
{
    const struct iommusim_mark whole = outer(mark);
    const struct iommusim_mark driver = inner(mark);
    const int error = iommusim_mark_end(sim, &driver);

    return error ? error : iommusim_mark_end(sim, &whole);
}

static struct iommusim_mark of_range(enum iommusim_op op, const struct iommusim_range *range)
{
    return (struct iommusim_mark){
        .op = op,
        .device = IOMMUSIM_NO_DEVICE,
        .pasid = IOMMUSIM_NO_PASID,
        .domain = range->domain,
        .a = range->iova,
        .b = range->n_bytes,
    };
}

int iommusim_map_begin(struct iommusim *sim, const struct iommusim_range *range)
{
    const struct iommusim_mark mark = of_range(IOMMUSIM_OP_MAP, range);

    return iommusim_mark_begin(sim, &mark);
}

int iommusim_map_end(struct iommusim *sim, const struct iommusim_range *range)
{
    const struct iommusim_mark mark = of_range(IOMMUSIM_OP_MAP, range);
    const int error = iommusim_mark_map(sim, range);

    return error ? error : iommusim_mark_end(sim, &mark);
}

int iommusim_unmap_begin(struct iommusim *sim, const struct iommusim_range *range)
{
    const struct iommusim_mark mark = of_range(IOMMUSIM_OP_UNMAP, range);

    return iommusim_mark_begin(sim, &mark);
}

int iommusim_unmap_end(struct iommusim *sim, const struct iommusim_range *range)
{
    const struct iommusim_mark mark = of_range(IOMMUSIM_OP_UNMAP, range);
    const int error = iommusim_mark_unmap(sim, range);

    return error ? error : iommusim_mark_end(sim, &mark);
}
