/* SPDX-License-Identifier: BSD-2-Clause
 * drv_smmuv3_domain.c - domains: which there can be, their tags and tables.
 * Knows: ASIDs, VMIDs, what the SMMU offers. Must not know: devices' entries. */
#include "kernel-glue/drivers/drv_smmuv3.h"

#include <errno.h>
#include <stdlib.h>

static int tag_alloc(struct dsm_tags *tags, uint32_t *tag)
{
    for (uint32_t i = 1; i < tags->n; i++) {
        if (tags->is_used[i / 8] >> i % 8 & 1)
            continue;
        tags->is_used[i / 8] |= (uint8_t)(1u << i % 8);
        *tag = i;
        return 0;
    }
    return -ENOSPC;
}

static void tag_free(struct dsm_tags *tags, uint32_t tag)
{
    tags->is_used[tag / 8] &= (uint8_t) ~(1u << tag % 8);
}

static struct dsm_tags *tags_of(struct drv_domain *domain)
{
    return domain->stage == 1 ? &domain->drv->asids : &domain->drv->vmids;
}

static int stage_of(const struct drv *drv, const struct drv_domain_spec *spec)
{
    int stage = spec->stage;

    if (spec->flags & DRV_NEST_PARENT) {
        if (!drv->policy->has_nesting || !drv->caps.s1 || !drv->caps.s2 || stage == 1)
            return -EOPNOTSUPP;
        stage = 2;
    }
    if (!stage)
        stage = drv->caps.s1 ? 1 : 2;
    if ((stage == 1 && !drv->caps.s1) || (stage == 2 && !drv->caps.s2))
        return -EOPNOTSUPP;
    if (spec->flags & DRV_DIRTY && (stage != 1 || !drv->caps.dirty))
        return -EOPNOTSUPP;
    return stage;
}

static int table_alloc(struct drv_domain *domain)
{
    int err = dsm_pt_alloc(domain);

    if (!err)
        err = tag_alloc(tags_of(domain), &domain->tag);
    if (err) {
        dsm_pt_free(domain);
        return err;
    }
    domain->is_ours = true;
    return 0;
}

static int paging_alloc(struct drv_domain *domain)
{
    const int stage = stage_of(domain->drv, &domain->spec);

    if (stage < 0)
        return stage;
    domain->stage = (uint8_t)stage;
    return table_alloc(domain);
}

/* A process's table is somebody else's, or made here in the same shape. */
static int process_alloc(struct drv_domain *domain)
{
    int err;

    if (!domain->drv->caps.s1 || !domain->drv->caps.is_coherent)
        return -EOPNOTSUPP;
    domain->stage = 1;
    if (!domain->spec.root)
        return table_alloc(domain);
    dsm_pt_shape(domain);
    domain->pt.root = domain->spec.root;
    err = tag_alloc(tags_of(domain), &domain->tag);
    return err;
}

static int nested_check(const struct drv *drv, const struct drv_domain_spec *spec)
{
    if (!drv->policy->has_nesting)
        return -EOPNOTSUPP;
    if (!spec->parent || !(spec->parent->spec.flags & DRV_NEST_PARENT))
        return -EINVAL;
    return dsm_check_guest(spec->guest);
}

static int fill(struct drv_domain *domain)
{
    switch (domain->spec.kind) {
    case DRV_BLOCKED:
    case DRV_IDENTITY:
        return 0;
    case DRV_PAGING:
        return paging_alloc(domain);
    case DRV_NESTED:
        return nested_check(domain->drv, &domain->spec);
    case DRV_SVA:
        return process_alloc(domain);
    default:
        return -EINVAL;
    }
}

int dsm_domain_alloc(struct drv *drv, const struct drv_domain_spec *spec,
                     const struct drv_device *for_device, struct drv_domain **domain)
{
    struct drv_domain *made = calloc(1, sizeof(*made));
    int err;

    (void)for_device;
    if (!made)
        return -ENOMEM;
    made->drv = drv;
    made->spec = *spec;
    err = fill(made);
    if (err) {
        free(made);
        return err;
    }
    *domain = made;
    return 0;
}

/* The tag may belong to somebody else from here on. Where idle tags are flushed at once, it is gone
 * from the TLB already. */
void dsm_domain_free(struct drv *drv, struct drv_domain *domain)
{
    if (domain->tag) {
        if (drv->policy->is_short)
            (void)dsm_inval_dormant(domain, domain->was_used);
        else if (!drv->policy->flushes_idle_tags)
            (void)dsm_inval_domain(domain);
        tag_free(tags_of(domain), domain->tag);
    }
    if (domain->is_ours)
        dsm_pt_free(domain);
    dsm_guest_free(domain);
    free(domain);
}
