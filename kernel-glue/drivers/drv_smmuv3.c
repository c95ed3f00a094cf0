/* SPDX-License-Identifier: BSD-2-Clause
 * drv_smmuv3.c - the SMMUv3 drivers as the rest of the house sees them.
 * Knows: policies, what a driver can be asked. Must not know: how anything is done. */
#include "kernel-glue/drivers/drv_smmuv3.h"

#include "kernel-glue/drivers/drv_all.h"

#include <errno.h>
#include <stdlib.h>

static const struct dsm_policy linux_6_12 = {.splits_blocks = true, .n_atom = 1};

static const struct dsm_policy linux_7 = {.has_nesting = true,
                                          .has_safe_bits = true,
                                          .flushes_idle_tags = true,
                                          .has_lists = true,
                                          .replaces_pasids = true,
                                          .n_atom = 1};

static const struct dsm_policy best = {.has_nesting = true,
                                       .has_safe_bits = true,
                                       .replaces_pasids = true,
                                       .is_short = true,
                                       .n_atom = 1};

static const struct dsm_policy best_16 = {.has_nesting = true,
                                          .has_safe_bits = true,
                                          .replaces_pasids = true,
                                          .is_short = true,
                                          .n_atom = 2};

static int create(const struct drv_port *port, const struct dsm_policy *policy, struct drv **drv)
{
    struct drv *made = calloc(1, sizeof(*made));

    if (!made)
        return -ENOMEM;
    made->port = *port;
    made->policy = policy;
    *drv = made;
    return 0;
}

#define CREATE(policy)                                                                             \
    static int create_##policy(const struct drv_port *port, uint64_t base, struct drv **drv)       \
    {                                                                                              \
        (void)base;                                                                                \
        return create(port, &(policy), drv);                                                       \
    }
CREATE(linux_6_12)
CREATE(linux_7)
CREATE(best)
CREATE(best_16)
#undef CREATE

static void destroy(struct drv *drv)
{
    dsm_strtab_forget(drv);
    free(drv);
}

static int start(struct drv *drv)
{
    const int err = dsm_start(drv);

    drv->asids.n = UINT32_C(1) << drv->caps.asid_bits;
    drv->vmids.n = UINT32_C(1) << drv->caps.vmid_bits;
    return err;
}

static void unlink_device(struct drv_device *device)
{
    for (struct drv_device **at = &device->drv->devices; *at; at = &(*at)->next) {
        if (*at == device) {
            *at = device->next;
            return;
        }
    }
}

/* As Linux: a linear CD table has no more CDs than one second-level table. */
static uint8_t ssid_bits(const struct drv *drv, const struct drv_device_info *info)
{
    uint8_t bits = drv->caps.ssid_bits;

    if (!drv->caps.cd2l && bits > DSM_L2_CDS_LOG2)
        bits = DSM_L2_CDS_LOG2;
    return info->pasid_bits < bits ? info->pasid_bits : bits;
}

static int device_add(struct drv *drv, const struct drv_device_info *info, struct drv_domain *first,
                      struct drv_device **device)
{
    struct drv_device *made = calloc(1, sizeof(*made));
    int err;

    if (!made)
        return -ENOMEM;
    *made = (struct drv_device){
        .drv = drv, .info = *info, .ssid_bits = ssid_bits(drv, info), .next = drv->devices};
    err = dsm_strtab_add(made);
    drv->devices = made;
    if (!err && first)
        err = dsm_attach_device(made, first);
    if (err) {
        unlink_device(made);
        free(made);
        return err;
    }
    *device = made;
    return 0;
}

static void device_remove(struct drv *drv, struct drv_device *device)
{
    struct drv_domain nothing = {.drv = drv, .spec = {.kind = DRV_BLOCKED}};

    while (device->pasids && dsm_attach_pasid(device, device->pasids->pasid, &nothing) == 0) {
    }
    if (device->domain && device->domain->spec.kind != DRV_BLOCKED)
        (void)dsm_attach_device(device, &nothing);
    dsm_forget_device(device);
    dsm_cdtab_free(device);
    unlink_device(device);
    free(device);
}

static int flush(struct drv *drv, struct drv_domain *domain)
{
    (void)drv;
    return domain->stage ? dsm_inval_domain(domain) : 0;
}

static uint64_t page_sizes(const struct drv_domain *domain)
{
    return domain->stage ? domain->pt.page_sizes : 0;
}

static uint64_t aperture_end(const struct drv_domain *domain)
{
    return domain->stage ? (UINT64_C(1) << domain->pt.ias) - 1 : UINT64_MAX;
}

static bool fits(const struct drv_domain *domain, const struct drv_device *device)
{
    return domain->drv == device->drv;
}

static int enforce_coherency(struct drv *drv, struct drv_domain *domain)
{
    (void)domain;
    return drv->caps.is_coherent ? 0 : -EOPNOTSUPP;
}

static uint64_t table_root(const struct drv_domain *domain)
{
    return domain->stage ? domain->pt.root : 0;
}

/* Where the kernel's driver lets devices find their interrupts. */
static bool reserved(const struct drv *drv, uint32_t n, struct drv_range *range)
{
    (void)drv;
    if (n)
        return false;
    *range = (struct drv_range){.first = 0x8000000, .last = 0x80fffff};
    return true;
}

#define DRIVER(policy, word, text)                                                                 \
    static const struct drv_ops ops_##policy = {.name = (word),                                    \
                                                .arch = SIM_ARCH_SMMUV3,                           \
                                                .doc = (text),                                     \
                                                .create = create_##policy,                         \
                                                .destroy = destroy,                                \
                                                .start = start,                                    \
                                                .stop = dsm_stop,                                  \
                                                .device_add = device_add,                          \
                                                .device_remove = device_remove,                    \
                                                .domain_alloc = dsm_domain_alloc,                  \
                                                .domain_free = dsm_domain_free,                    \
                                                .attach = dsm_attach,                              \
                                                .map = dsm_map,                                    \
                                                .unmap = dsm_unmap,                                \
                                                .flush = flush,                                    \
                                                .invalidate = dsm_invalidate,                      \
                                                .dirty_tracking = dsm_dirty_tracking,              \
                                                .read_dirty = dsm_read_dirty,                      \
                                                .respond = dsm_respond,                            \
                                                .page_sizes = page_sizes,                          \
                                                .aperture_end = aperture_end,                      \
                                                .fits = fits,                                      \
                                                .next_fault = dsm_next_fault,                      \
                                                .process_exit = dsm_process_exit,                  \
                                                .table_root = table_root,                          \
                                                .guest_table = dsm_guest_table,                    \
                                                .enforce_coherency = enforce_coherency,            \
                                                .reserved = reserved};
DRIVER(linux_6_12, "linux-6.12", "as arm-smmu-v3 of Linux 6.12")
DRIVER(linux_7, "linux-7",
       "as arm-smmu-v3 of Linux 7.x: nesting, tags flushed with their last user")
DRIVER(best, "best", "the shortest hitless sequences, with stores of 8 bytes")
DRIVER(best_16, "best-16", "the same where CPUs store and the SMMU reads 16 bytes at once")
#undef DRIVER

const struct drv_ops *const drv_smmuv3_drivers[] = {&ops_linux_6_12, &ops_linux_7, &ops_best,
                                                    &ops_best_16, NULL};
