// SPDX-License-Identifier: GPL-2.0
// marks.c - tells the host when the driver attaches a domain, and when something is mapped. A
// driver's tables of operations lead here first, so that its own calls, and those of the iommu
// core, are seen.
#include "kernel-glue/linux/kshim/ksh.h"

#define MAX_TABLES 16

/* What stands in the driver's place, and what stood there. */
struct table {
    struct iommu_domain_ops seen;
    const struct iommu_domain_ops *real;
};
static struct table tables[MAX_TABLES];
static int n_tables;

static const struct table *table_of(const struct iommu_domain_ops *seen)
{
    return container_of(seen, struct table, seen);
}

#if AT_LEAST(6, 19) /* the driver is told what was attached before */
#define ATTACH_PARAMS struct iommu_domain *domain, struct device *dev, struct iommu_domain *old
#define ATTACH_ARGS domain, dev, old
#else
#define ATTACH_PARAMS struct iommu_domain *domain, struct device *dev
#define ATTACH_ARGS domain, dev
#endif

static int marked_attach(ATTACH_PARAMS)
{
    const struct host_mark mark = {.op = HOST_OP_DRV_ATTACH,
                                   .dev = ksh_dev_number(dev),
                                   .pasid = HOST_NO_PASID,
                                   .domain = domain,
                                   .a = domain->type};
    int err;

    host_begin(&mark);
    err = table_of(domain->ops)->real->attach_dev(ATTACH_ARGS);
    host_end(&mark, err);
    return err;
}

static const struct iommu_domain_ops *marked(const struct iommu_domain_ops *real)
{
    if (!real || !real->attach_dev)
        return real;
    for (int i = 0; i < n_tables; i++) {
        if (tables[i].real == real || &tables[i].seen == real)
            return &tables[i].seen;
    }
    if (n_tables == MAX_TABLES)
        host_die("more than %d tables of domain operations", MAX_TABLES);
    tables[n_tables].real = real;
    tables[n_tables].seen = *real;
    tables[n_tables].seen.attach_dev = marked_attach;
    return &tables[n_tables++].seen;
}

void ksh_marks_domain(struct iommu_domain *domain)
{
    domain->ops = marked(domain->ops);
}

/* A table that user space asks for is marked from the start: a driver may know its own by their
 * operations. */
#if AT_LEAST(6, 14)
static struct iommu_domain *(*real_alloc)(struct device *dev, u32 flags,
                                          const struct iommu_user_data *data);

static struct iommu_domain *marked_alloc(struct device *dev, u32 flags,
                                         const struct iommu_user_data *data)
{
    struct iommu_domain *domain = real_alloc(dev, flags, data);

    if (!IS_ERR(domain))
        ksh_marks_domain(domain);
    return domain;
}
#define ALLOC_USER domain_alloc_paging_flags
#elif AT_LEAST(6, 7)
static struct iommu_domain *(*real_alloc)(struct device *dev, u32 flags,
                                          struct iommu_domain *parent,
                                          const struct iommu_user_data *data);

static struct iommu_domain *marked_alloc(struct device *dev, u32 flags, struct iommu_domain *parent,
                                         const struct iommu_user_data *data)
{
    struct iommu_domain *domain = real_alloc(dev, flags, parent, data);

    if (!IS_ERR(domain))
        ksh_marks_domain(domain);
    return domain;
}
#define ALLOC_USER domain_alloc_user
#endif

void ksh_marks_ops(const struct iommu_ops *ops)
{
    struct iommu_ops *writable = (struct iommu_ops *)ops;

    host_writable(writable, sizeof(*writable)); /* constant since some release */
    writable->default_domain_ops = marked(ops->default_domain_ops);
#ifdef ALLOC_USER
    if (ops->ALLOC_USER && ops->ALLOC_USER != marked_alloc) {
        real_alloc = ops->ALLOC_USER;
        writable->ALLOC_USER = marked_alloc;
    }
#endif
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
