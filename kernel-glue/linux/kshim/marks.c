// SPDX-License-Identifier: GPL-2.0
// marks.c - tells the host when the driver attaches a domain, and when something is mapped. A
// driver's tables of operations lead here first, so that its own calls, and those of the iommu
// core, are seen.
#include "kernel-glue/linux/kshim/ksh.h"

#define MAX_TABLES 16

#if AT_LEAST(6, 19) /* the driver is told what was attached before */
#define ATTACH_PARAMS struct iommu_domain *domain, struct device *dev, struct iommu_domain *old
#define ATTACH_ARGS domain, dev, old
#else
#define ATTACH_PARAMS struct iommu_domain *domain, struct device *dev
#define ATTACH_ARGS domain, dev
#endif

typedef int (*attach_fn)(ATTACH_PARAMS);

/* A driver knows its tables by their addresses, so they stay where they are and one entry changes.
 * @real: what stood there. */
struct table {
    const struct iommu_domain_ops *ops;
    attach_fn real;
};
static struct table tables[MAX_TABLES];
static int n_tables;

static const struct table *table_of(const struct iommu_domain_ops *ops)
{
    for (int i = 0; i < n_tables; i++) {
        if (tables[i].ops == ops)
            return &tables[i];
    }
    return NULL;
}

static int marked_attach(ATTACH_PARAMS)
{
    const struct host_mark mark = {.op = HOST_OP_DRV_ATTACH,
                                   .dev = ksh_dev_number(dev),
                                   .pasid = HOST_NO_PASID,
                                   .domain = domain,
                                   .a = domain->type};
    int err;

    host_begin(&mark);
    err = table_of(domain->ops)->real(ATTACH_ARGS);
    host_end(&mark, err);
    return err;
}

static void mark(const struct iommu_domain_ops *ops)
{
    struct iommu_domain_ops *writable = (struct iommu_domain_ops *)ops;

    if (!ops || !ops->attach_dev || table_of(ops))
        return;
    if (n_tables == MAX_TABLES)
        host_die("more than %d tables of domain operations", MAX_TABLES);
    tables[n_tables].ops = ops;
    tables[n_tables++].real = ops->attach_dev;
    host_writable(writable, sizeof(*writable));
    writable->attach_dev = marked_attach;
}

void ksh_marks_domain(struct iommu_domain *domain)
{
    mark(domain->ops);
}

void ksh_marks_ops(const struct iommu_ops *ops)
{
    mark(ops->default_domain_ops);
    if (ops->identity_domain)
        ksh_marks_domain(ops->identity_domain);
    if (ops->blocked_domain)
        ksh_marks_domain(ops->blocked_domain);
}

/* The driver's call of iommu_device_register comes here; build.sh sees to it. */
int ksh_iommu_device_register(struct iommu_device *iommu, const struct iommu_ops *ops,
                              struct device *dev)
{
    ksh_marks_ops(ops);
    return iommu_device_register(iommu, ops, dev);
}

/* ---- mappings ---- */

static int prot_bits(int prot)
{
    return (prot & IOMMU_READ ? 1 : 0) | (prot & IOMMU_WRITE ? 2 : 0) |
           (prot & IOMMU_NOEXEC ? 0 : 4);
}

int ksh_marked_map(struct iommu_domain *domain, unsigned long iova, phys_addr_t pa, size_t size,
                   int prot)
{
    const struct host_mark mark = {.op = HOST_OP_MAP,
                                   .dev = HOST_NO_DEV,
                                   .pasid = HOST_NO_PASID,
                                   .domain = domain,
                                   .a = iova,
                                   .b = size};
    int err;

    host_begin(&mark);
#if AT_LEAST(6, 3)
    err = iommu_map(domain, iova, pa, size, prot, GFP_KERNEL);
#else
    err = iommu_map(domain, iova, pa, size, prot);
#endif
    if (!err)
        host_mapped(domain, iova, pa, size, prot_bits(prot));
    host_end(&mark, err);
    return err;
}

size_t ksh_marked_unmap(struct iommu_domain *domain, unsigned long iova, size_t size)
{
    const struct host_mark mark = {.op = HOST_OP_UNMAP,
                                   .dev = HOST_NO_DEV,
                                   .pasid = HOST_NO_PASID,
                                   .domain = domain,
                                   .a = iova,
                                   .b = size};
    size_t n;

    host_begin(&mark);
    n = iommu_unmap(domain, iova, size);
    host_unmapped(domain, iova, size, n);
    host_end(&mark, 0);
    return n;
}
