/* SPDX-License-Identifier: BSD-2-Clause
 * drv_vtd.c - the reference drivers of VT-d: their names, and in what they differ.
 * Knows: policies (struct dvtd_policy says what each member means). Must not know: registers,
 * tables. */
#include "kernel-glue/drivers/drv_vtd.h"

#include "kernel-glue/drivers/drv_vtd_private.h"

#include <stdlib.h>

static const struct dvtd_policy linux_6_12 = {
    .refuses_read_only = true,
    .pasid_replace = DVTD_REPLACE_NEVER,
};
static const struct dvtd_policy linux_6_15 = {
    .keeps_ats = true,
    .clears_at_once = true,
    .prefers_first_stage = true,
    .refuses_read_only = true,
    .pasid_replace = DVTD_REPLACE_COPY,
};
static const struct dvtd_policy linux_7 = {
    .keeps_ats = true,
    .orders_tables = true,
    .flushes_before_ats = true,
    .has_pre_from_start = true,
    .prefers_first_stage = true,
    .refuses_read_only = true,
    .pasid_replace = DVTD_REPLACE_TEARDOWN,
};
static const struct dvtd_policy best = {
    .is_hitless = true,
    .keeps_ats = true,
    .has_pre_from_start = true,
};

static int create(const struct drv_port *port, uint64_t base, const struct dvtd_policy *policy,
                  struct drv **drv)
{
    struct drv *new = calloc(1, sizeof(*new));

    if (!new)
        return -ENOMEM;
    new->port = *port;
    new->base = base;
    new->policy = policy;
    *drv = new;
    return 0;
}

static int create_linux_6_12(const struct drv_port *port, uint64_t base, struct drv **drv)
{
    return create(port, base, &linux_6_12, drv);
}

static int create_linux_6_15(const struct drv_port *port, uint64_t base, struct drv **drv)
{
    return create(port, base, &linux_6_15, drv);
}

static int create_linux_7(const struct drv_port *port, uint64_t base, struct drv **drv)
{
    return create(port, base, &linux_7, drv);
}

static int create_best(const struct drv_port *port, uint64_t base, struct drv **drv)
{
    return create(port, base, &best, drv);
}

/* Records are over: what is left is memory of ours. */
static void destroy(struct drv *drv)
{
    if (!drv)
        return;
    while (drv->devices) {
        struct drv_device *device = drv->devices;

        drv->devices = device->next;
        while (device->atts)
            dvtd_att_free(device->atts);
        free(device);
    }
    while (drv->domains) {
        struct drv_domain *domain = drv->domains;

        drv->domains = domain->next;
        free(domain);
    }
    free(drv->freed);
    free(drv->dids);
    free(drv);
}

static bool fits(const struct drv_domain *domain, const struct drv_device *device)
{
    return dvtd_fits(domain->drv, domain, device);
}

static uint64_t table_root(const struct drv_domain *domain)
{
    return domain->root;
}

#define DRIVER(its_name, its_create, its_doc)                                                      \
    {                                                                                              \
        .name = (its_name), .arch = SIM_ARCH_VTD, .doc = (its_doc), .create = (its_create),        \
        .destroy = destroy, .start = dvtd_start, .stop = dvtd_stop, .device_add = dvtd_device_add, \
        .device_remove = dvtd_device_remove, .domain_alloc = dvtd_domain_alloc,                    \
        .domain_free = dvtd_domain_free, .attach = dvtd_attach, .map = dvtd_map,                   \
        .unmap = dvtd_unmap, .flush = dvtd_flush, .invalidate = dvtd_invalidate,                   \
        .dirty_tracking = dvtd_dirty_tracking, .read_dirty = dvtd_read_dirty,                      \
        .respond = dvtd_respond, .page_sizes = dvtd_page_sizes, .aperture_end = dvtd_aperture_end, \
        .fits = fits, .next_fault = dvtd_next_fault, .enforce_coherency = dvtd_enforce_coherency,  \
        .reserved = dvtd_reserved, .process_exit = dvtd_process_exit, .table_root = table_root,    \
    }

static const struct drv_ops drivers[] = {
    DRIVER("linux-6.12", create_linux_6_12,
           "Linux 6.12: a switch clears the entry, ATS is off in between"),
    DRIVER("linux-6.15", create_linux_6_15,
           "Linux 6.13 to 6.19.3: a PASID's entry is overwritten while hardware reads it"),
    DRIVER("linux-7", create_linux_7, "Linux 7.0: a switch clears the entry, ATS stays on"),
    DRIVER("best", create_best,
           "the shortest way that VT-d allows: nothing is refused, one wait per flush"),
};

const struct drv_ops *drv_vtd(uint32_t n)
{
    return n < sizeof(drivers) / sizeof(drivers[0]) ? &drivers[n] : NULL;
}
