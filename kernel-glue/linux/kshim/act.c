// SPDX-License-Identifier: GPL-2.0
// act.c - what user space and buses would have the kernel do: find a device, attach, map. Through
// the real iommu core; the marks are those of a traced kernel.
#include "kernel-glue/linux/kshim/ksh.h"

#include <linux/pci.h>
#include <linux/slab.h>
#if AT_LEAST(6, 6)
#include <linux/iommufd.h>
#include <uapi/linux/iommufd.h>
#endif

#if AT_LEAST(6, 6)
#include <iommu-priv.h>
#endif

struct ksh_device {
    struct pci_dev pci;
    struct pci_bus bus;
    struct ksh_device_info info;
    struct iommu_group *group;
    char name[32];
#if AT_LEAST(6, 13)
    struct iommu_attach_handle handles[2]; /* a replace has both */
    int n_attached;
#endif
};

/* ---- devices ---- */

static struct ksh_device *device_of(const struct device *dev)
{
    return container_of(to_pci_dev(dev), struct ksh_device, pci);
}

struct device *ksh_device_dev(struct ksh_device *device)
{
    return &device->pci.dev;
}

int ksh_device_can_stall(const struct device *dev)
{
    return dev->bus == &pci_bus_type && device_of(dev)->info.flags & KSH_STALL;
}

unsigned int ksh_dev_number(const struct device *dev)
{
    return dev->bus == &pci_bus_type ? device_of(dev)->info.dev : HOST_NO_DEV;
}

int ksh_device_add(const struct ksh_device_info *info, struct ksh_device **out)
{
    struct ksh_device *device = host_malloc(sizeof(*device));
    struct device *dev = &device->pci.dev;
    int err;

    device->info = *info;
    strscpy(device->name, info->name, sizeof(device->name));
    device->bus.number = info->rid >> 8;
    INIT_LIST_HEAD(&device->bus.devices);
    device->pci.bus = &device->bus;
    device->pci.devfn = info->rid & 0xff;
    device->pci.pri_cap = info->flags & KSH_PRI ? 1 : 0;
    device->pci.ats_cap = info->flags & KSH_ATS ? 1 : 0;
    device->pci.pasid_cap = info->flags & KSH_PASID ? info->pasid_bits : 0;
    dev->bus = (void *)&pci_bus_type;
    dev->init_name = device->name;
    ksh_dev_known(dev);
    err = ksh_machine_device(dev, info);
    if (!err)
        err = iommu_probe_device(dev);
    if (err)
        return err;
    device->group = iommu_group_get(dev);
    *out = device;
    return 0;
}

int ksh_device_claim(struct ksh_device *device)
{
    return iommu_group_claim_dma_owner(device->group, device);
}

void ksh_device_remove(struct ksh_device *device)
{
    iommu_group_release_dma_owner(device->group);
    iommu_group_put(device->group);
}

int ksh_device_reserved(struct ksh_device *device, host_u64 iova, host_u64 n_bytes)
{
    struct iommu_resv_region *region;
    LIST_HEAD(regions);
    int touches = 0;

    iommu_get_resv_regions(&device->pci.dev, &regions);
    list_for_each_entry(region, &regions, list)
    {
        if (region->type != IOMMU_RESV_DIRECT_RELAXABLE && iova < region->start + region->length &&
            region->start < iova + n_bytes)
            touches = 1;
    }
    iommu_put_resv_regions(&device->pci.dev, &regions);
    return touches;
}

/* ---- domains ---- */

#if AT_LEAST(6, 13)
static struct iommu_domain *new_domain(struct device *dev, unsigned int flags)
{
    return iommu_paging_domain_alloc_flags(
        dev, flags & KSH_NEST_PARENT ? IOMMU_HWPT_ALLOC_NEST_PARENT : 0);
}
#else
static struct iommu_domain *complete_domain(struct iommu_domain *domain,
                                            const struct iommu_ops *ops, unsigned int type)
{
    if (IS_ERR_OR_NULL(domain))
        return domain ?: ERR_PTR(-ENOMEM);
    domain->type = type;
    domain->owner = ops;
    domain->pgsize_bitmap = domain->pgsize_bitmap ?: ops->pgsize_bitmap;
    domain->ops = domain->ops ?: ops->default_domain_ops;
    return domain;
}

/* A driver that makes tables for user space in its own way is asked to, as iommufd does. */
static struct iommu_domain *new_domain(struct device *dev, unsigned int flags)
{
    const struct iommu_ops *ops = dev_iommu_ops(dev);
#if AT_LEAST(6, 7)
    u32 wanted = flags & KSH_DIRTY ? IOMMU_HWPT_ALLOC_DIRTY_TRACKING : 0;

    if (flags & KSH_NEST_PARENT)
        wanted |= IOMMU_HWPT_ALLOC_NEST_PARENT;
    if (ops->domain_alloc_user && !(flags & KSH_KERNEL))
        return complete_domain(ops->domain_alloc_user(dev, wanted, NULL, NULL), ops,
                               IOMMU_DOMAIN_UNMANAGED);
    if (flags & KSH_USER && wanted)
        return ERR_PTR(-EOPNOTSUPP);
#endif
    if (flags & KSH_KERNEL && ops->domain_alloc)
        return complete_domain(ops->domain_alloc(IOMMU_DOMAIN_DMA), ops, IOMMU_DOMAIN_UNMANAGED);
#if AT_LEAST(6, 11)
    return iommu_paging_domain_alloc(dev);
#else
    return iommu_domain_alloc(dev->bus) ?: ERR_PTR(-ENOMEM);
#endif
}
#endif

int ksh_domain_new(struct ksh_device *device, unsigned int flags, void **out)
{
    struct iommu_domain *domain;

#if AT_LEAST(6, 7)
    if (flags & KSH_DIRTY && !device_iommu_capable(&device->pci.dev, IOMMU_CAP_DIRTY_TRACKING))
        return -EOPNOTSUPP;
#endif
    domain = new_domain(&device->pci.dev, flags);
    if (IS_ERR(domain))
        return PTR_ERR(domain);
    /* As iommufd, which a kernel's own tables have nothing to do with. */
    if (!(flags & KSH_KERNEL) && domain->ops->enforce_cache_coherency &&
        device_iommu_capable(&device->pci.dev, IOMMU_CAP_ENFORCE_CACHE_COHERENCY))
        domain->ops->enforce_cache_coherency(domain);
    ksh_marks_domain(domain);
    *out = domain;
    return 0;
}

void ksh_domain_free(void *domain)
{
    const struct host_mark mark = {
        .op = HOST_OP_FREE, .dev = HOST_NO_DEV, .pasid = HOST_NO_PASID, .domain = domain};

    host_begin(&mark);
    iommu_domain_free(domain);
    host_end(&mark, 0);
}

/* ---- attaching ---- */

static struct host_mark mark_of(int op, const struct ksh_device *device, const void *domain,
                                unsigned int pasid)
{
    return (struct host_mark){.op = op, .dev = device->info.dev, .pasid = pasid, .domain = domain};
}

#if AT_LEAST(6, 15)
static struct iommu_attach_handle *new_handle(void)
{
    return host_malloc(sizeof(struct iommu_attach_handle));
}
#endif

static int attach_pasid(struct ksh_device *device, void *domain, unsigned int pasid)
{
    const struct host_mark mark = mark_of(HOST_OP_SET_PASID, device, domain, pasid);
    int err;

    host_begin(&mark);
#if AT_LEAST(6, 15) /* whoever replaces must have attached with a handle */
    err = iommu_attach_device_pasid(domain, &device->pci.dev, pasid, new_handle());
#elif AT_LEAST(6, 10)
    err = iommu_attach_device_pasid(domain, &device->pci.dev, pasid, NULL);
#else
    err = iommu_attach_device_pasid(domain, &device->pci.dev, pasid);
#endif
    host_end(&mark, err);
    return err;
}

/* The group's own marks carry its domain, not a device. */
static struct host_mark group_mark(int op, const void *domain)
{
    return (struct host_mark){
        .op = op, .dev = HOST_NO_DEV, .pasid = HOST_NO_PASID, .domain = domain};
}

#if AT_LEAST(6, 13) /* whoever replaces must have attached with a handle */
static int attach_domain(struct ksh_device *device, struct iommu_domain *domain)
{
    return iommu_attach_group_handle(domain, device->group,
                                     &device->handles[++device->n_attached % 2]);
}

static void detach_domain(struct ksh_device *device, struct iommu_domain *domain)
{
    iommu_detach_group_handle(domain, device->group);
}
#else
static int attach_domain(struct ksh_device *device, struct iommu_domain *domain)
{
    return iommu_attach_group(domain, device->group);
}

static void detach_domain(struct ksh_device *device, struct iommu_domain *domain)
{
    iommu_detach_group(domain, device->group);
}
#endif

int ksh_attach(struct ksh_device *device, void *domain, unsigned int pasid)
{
    const struct host_mark mark = group_mark(HOST_OP_GROUP_ATTACH, domain);
    int err;

    if (pasid != HOST_NO_PASID)
        return attach_pasid(device, domain, pasid);
    host_begin(&mark);
    err = attach_domain(device, domain);
    host_end(&mark, err);
    return err;
}

static int replace_domain(struct ksh_device *device, void *old, void *domain)
{
#if AT_LEAST(6, 13)
    return iommu_replace_group_handle(device->group, domain,
                                      &device->handles[++device->n_attached % 2]);
#elif AT_LEAST(6, 6)
    return iommu_group_replace_domain(device->group, domain);
#else
    iommu_detach_group(old, device->group);
    return iommu_attach_group(domain, device->group);
#endif
}

#if AT_LEAST(6, 15)
static int swap_pasid(struct device *dev, void *old, void *domain, unsigned int pasid)
{
    return iommu_replace_device_pasid(domain, dev, pasid, new_handle());
}
static int can_swap_pasid(const struct iommu_domain *domain)
{
    return 1;
}
#else
/* A driver that patches/ has taught it says so. */
extern const int lnx_replaces_pasids __attribute__((weak));
typedef int (*set_pasid)(struct iommu_domain *domain, struct device *dev, ioasid_t pasid,
                         struct iommu_domain *old);

static int swap_pasid(struct device *dev, void *old, void *domain, unsigned int pasid)
{
    const struct iommu_domain *into = domain;

    return ((set_pasid)into->ops->set_dev_pasid)(domain, dev, pasid, old);
}
static int can_swap_pasid(const struct iommu_domain *domain)
{
    return &lnx_replaces_pasids != NULL;
}
#endif

static int replace_pasid(struct ksh_device *device, void *old, void *domain, unsigned int pasid)
{
    const struct host_mark mark = mark_of(HOST_OP_REPLACE_PASID, device, domain, pasid);
    int err;

    if (!can_swap_pasid(domain)) {
        ksh_detach(device, old, pasid);
        return attach_pasid(device, domain, pasid);
    }
    host_begin(&mark);
    err = swap_pasid(&device->pci.dev, old, domain, pasid);
    host_end(&mark, err);
    return err;
}

int ksh_replace(struct ksh_device *device, void *old, void *domain, unsigned int pasid)
{
    const struct host_mark mark = group_mark(HOST_OP_GROUP_REPLACE, domain);
    int err;

    if (pasid != HOST_NO_PASID)
        return replace_pasid(device, old, domain, pasid);
    host_begin(&mark);
    err = replace_domain(device, old, domain);
    host_end(&mark, err);
    return err;
}

int ksh_detach(struct ksh_device *device, void *domain, unsigned int pasid)
{
    struct host_mark mark = group_mark(HOST_OP_GROUP_DETACH, domain);

    if (pasid != HOST_NO_PASID)
        mark = mark_of(HOST_OP_REMOVE_PASID, device, domain, pasid);
    host_begin(&mark);
    if (pasid != HOST_NO_PASID)
        iommu_detach_device_pasid(domain, &device->pci.dev, pasid);
    else
        detach_domain(device, domain);
    host_end(&mark, 0);
    return 0;
}

/* ---- mapping ---- */

int ksh_map(void *domain, host_u64 iova, host_u64 pa, host_u64 n_bytes, int prot)
{
    int bits = (prot & 1 ? IOMMU_READ : 0) | (prot & 2 ? IOMMU_WRITE : 0) | IOMMU_CACHE;

    return ksh_marked_map(domain, iova, pa, n_bytes, bits);
}

int ksh_unmap(void *domain, host_u64 iova, host_u64 n_bytes)
{
    return ksh_marked_unmap(domain, iova, n_bytes) == n_bytes ? 0 : -ENOENT;
}

host_u64 ksh_iova_to_phys(void *domain, host_u64 iova)
{
    return iommu_iova_to_phys(domain, iova);
}
