// SPDX-License-Identifier: GPL-2.0
// fdmarks.c - what iommufd asks of the iommu core, with the marks of a traced kernel. The build has
// iommufd's objects call ksh_fd_NAME() for NAME().
#include "kernel-glue/linux/kshim/ksh.h"

#include <linux/iommu.h>

#include <iommu-priv.h> /* drivers/iommu */

#if AT_LEAST(6, 11)

int ksh_fd_iommu_map(struct iommu_domain *domain, unsigned long iova, phys_addr_t pa, size_t size,
                     int prot, gfp_t gfp);
int ksh_fd_iommu_map(struct iommu_domain *domain, unsigned long iova, phys_addr_t pa, size_t size,
                     int prot, gfp_t gfp)
{
    return ksh_marked_map(domain, iova, pa, size, prot);
}

size_t ksh_fd_iommu_unmap(struct iommu_domain *domain, unsigned long iova, size_t size);
size_t ksh_fd_iommu_unmap(struct iommu_domain *domain, unsigned long iova, size_t size)
{
    return ksh_marked_unmap(domain, iova, size);
}

static struct host_mark mark_of(int op, struct iommu_domain *domain)
{
    return (struct host_mark){
        .op = op, .dev = HOST_NO_DEV, .pasid = HOST_NO_PASID, .domain = domain};
}

int ksh_fd_iommu_attach_group_handle(struct iommu_domain *domain, struct iommu_group *group,
                                     struct iommu_attach_handle *handle);
int ksh_fd_iommu_attach_group_handle(struct iommu_domain *domain, struct iommu_group *group,
                                     struct iommu_attach_handle *handle)
{
    const struct host_mark mark = mark_of(HOST_OP_GROUP_ATTACH, domain);
    int err;

    ksh_marks_domain(domain);
    host_begin(&mark);
    err = iommu_attach_group_handle(domain, group, handle);
    host_end(&mark, err);
    return err;
}

int ksh_fd_iommu_replace_group_handle(struct iommu_group *group, struct iommu_domain *domain,
                                      struct iommu_attach_handle *handle);
int ksh_fd_iommu_replace_group_handle(struct iommu_group *group, struct iommu_domain *domain,
                                      struct iommu_attach_handle *handle)
{
    const struct host_mark mark = mark_of(HOST_OP_GROUP_REPLACE, domain);
    int err;

    if (domain)
        ksh_marks_domain(domain);
    host_begin(&mark);
    err = iommu_replace_group_handle(group, domain, handle);
    host_end(&mark, err);
    return err;
}

void ksh_fd_iommu_detach_group_handle(struct iommu_domain *domain, struct iommu_group *group);
void ksh_fd_iommu_detach_group_handle(struct iommu_domain *domain, struct iommu_group *group)
{
    const struct host_mark mark = mark_of(HOST_OP_GROUP_DETACH, domain);

    host_begin(&mark);
    iommu_detach_group_handle(domain, group);
    host_end(&mark, 0);
}
#endif
