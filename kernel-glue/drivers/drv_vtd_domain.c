/* SPDX-License-Identifier: BSD-2-Clause
 * drv_vtd_domain.c - domains: which a unit can have, and whom they suit.
 * Knows: capabilities, widths. Must not know: entries of any table. */
#include "kernel-glue/drivers/drv_vtd_private.h"

#include <stdlib.h>

enum {
    WIDTH_4_LEVELS = 48,
    WIDTH_5_LEVELS = 57,
    LEVELS_OF_AW_1 = 3,
    BITS_PER_LEVEL = 9,
    GUEST_FLAGS_KNOWN = 7,
    GUEST_SRE = 1 << 0,
    GUEST_EAFE = 1 << 1,
    LOG2_4K = 12,
    LOG2_2M = 21,
    LOG2_1G = 30,
};
enum { GUEST_ROOT, GUEST_FLAGS, GUEST_WIDTH };

/* ---- what a unit can ---- */

static bool can_first(const struct drv *drv)
{
    return drv->is_scalable && vtd_ECAP_FSTS(&drv->ecap) && drv->agaw >= VTD_PASID_AW_48;
}

static bool can_second(const struct drv *drv)
{
    return !drv->is_scalable || vtd_ECAP_SSTS(&drv->ecap);
}

static bool can_nest(const struct drv *drv)
{
    return drv->is_scalable && vtd_ECAP_NEST(&drv->ecap) && can_first(drv) && can_second(drv);
}

static bool can_track_dirty(const struct drv *drv)
{
    return drv->is_scalable && vtd_ECAP_SSADS(&drv->ecap) && can_second(drv);
}

/* log2 of leaves above 4 KiB: 0, 1 (2 MiB) or 2 (and 1 GiB). */
unsigned dvtd_super_levels(const struct drv *drv, uint8_t stage)
{
    if (stage == 1)
        return 1 + (unsigned)vtd_CAP_FS1GP(&drv->cap);
    return vtd_CAP_SSLPS(&drv->cap) == 0 ? 0 : vtd_CAP_SSLPS(&drv->cap) == 1 ? 1 : 2;
}

/* ---- checks at allocation ---- */

static int check_paging(const struct drv *drv, const struct drv_domain_spec *spec)
{
    if (spec->flags & DRV_NEST_PARENT && !can_nest(drv))
        return -EOPNOTSUPP;
    if (spec->flags & DRV_DIRTY && !can_track_dirty(drv))
        return -EOPNOTSUPP;
    if (spec->stage == 1)
        return can_first(drv) && !(spec->flags & (DRV_NEST_PARENT | DRV_DIRTY)) ? 0 : -EOPNOTSUPP;
    if (spec->stage == 2)
        return can_second(drv) ? 0 : -EOPNOTSUPP;
    return can_first(drv) || can_second(drv) ? 0 : -EOPNOTSUPP;
}

static int check_nested(const struct drv *drv, const struct drv_domain_spec *spec)
{
    if (!can_nest(drv))
        return -EOPNOTSUPP;
    if (!spec->parent || !(spec->parent->spec.flags & DRV_NEST_PARENT))
        return -EINVAL;
    return spec->guest[GUEST_FLAGS] & ~(uint64_t)GUEST_FLAGS_KNOWN ? -EOPNOTSUPP : 0;
}

static int check(const struct drv *drv, const struct drv_domain_spec *spec)
{
    switch ((enum drv_domain_kind)spec->kind) {
    case DRV_BLOCKED:
        return 0;
    case DRV_IDENTITY:
        return vtd_ECAP_PT(&drv->ecap) ? 0 : -EOPNOTSUPP;
    case DRV_PAGING:
        return check_paging(drv, spec);
    case DRV_NESTED:
        return check_nested(drv, spec);
    case DRV_SVA:
        return can_first(drv) ? 0 : -EOPNOTSUPP;
    default:
        return -EINVAL;
    }
}

static uint8_t stage_of(const struct drv *drv, const struct drv_domain_spec *spec)
{
    if (spec->kind == DRV_SVA || spec->kind == DRV_NESTED)
        return 1;
    if (spec->stage)
        return spec->stage;
    if (spec->flags & (DRV_NEST_PARENT | DRV_DIRTY) || !can_first(drv))
        return 2;
    return !can_second(drv) || drv->policy->prefers_first_stage ? 1 : 2;
}

/* ---- life ---- */

static void set_width(const struct drv *drv, struct drv_domain *domain)
{
    const unsigned mgaw = (unsigned)vtd_CAP_MGAW(&drv->cap) + 1;
    unsigned bits;

    domain->agaw = drv->agaw;
    domain->levels = (uint8_t)(drv->agaw + LEVELS_OF_AW_1 - 1);
    bits = LOG2_4K + (unsigned)BITS_PER_LEVEL * domain->levels;
    if (bits > mgaw)
        bits = mgaw;
    domain->address_bits = (uint8_t)(domain->stage == 1 ? bits - 1 : bits);
}

int dvtd_domain_alloc(struct drv *drv, const struct drv_domain_spec *spec,
                      const struct drv_device *device, struct drv_domain **domain)
{
    struct drv_domain *new;
    int err = check(drv, spec);

    (void)device;
    if (err)
        return err;
    new = calloc(1, sizeof(*new));
    if (!new)
        return -ENOMEM;
    new->drv = drv;
    new->spec = *spec;
    new->stage = stage_of(drv, spec);
    set_width(drv, new);
    new->super_levels = (uint8_t)dvtd_super_levels(drv, new->stage);
    new->root = spec->root;
    new->owns_root = spec->kind == DRV_PAGING || (spec->kind == DRV_SVA && !spec->root);
    if (new->owns_root)
        err = dvtd_new_table(drv, new, &new->root);
    if (err) {
        free(new);
        return err;
    }
    if (spec->kind == DRV_NESTED)
        spec->parent->n_children++;
    new->next = drv->domains;
    drv->domains = new;
    *domain = new;
    return 0;
}

void dvtd_domain_free(struct drv *drv, struct drv_domain *domain)
{
    struct drv_domain **link = &drv->domains;

    while (*link != domain)
        link = &(*link)->next;
    *link = domain->next;
    if (domain->owns_root)
        dvtd_free_tables(drv, domain);
    if (domain->spec.kind == DRV_NESTED)
        domain->spec.parent->n_children--;
    free(domain);
}

/* ---- whom it suits ---- */

static bool guest_fits(const struct drv *drv, const struct drv_domain *domain)
{
    const uint64_t width = domain->spec.guest[GUEST_WIDTH];
    const uint64_t flags = domain->spec.guest[GUEST_FLAGS];

    if (width != WIDTH_4_LEVELS && !(width == WIDTH_5_LEVELS && vtd_CAP_FS5LP(&drv->cap)))
        return false;
    if (flags & GUEST_SRE && !vtd_ECAP_SRS(&drv->ecap))
        return false;
    return !(flags & GUEST_EAFE && !vtd_ECAP_EAFS(&drv->ecap));
}

bool dvtd_fits(const struct drv *drv, const struct drv_domain *domain,
               const struct drv_device *device)
{
    (void)device;
    if (domain->spec.kind == DRV_NESTED)
        return guest_fits(drv, domain);
    return domain->spec.kind != DRV_SVA || drv->is_scalable;
}

uint64_t dvtd_page_sizes(const struct drv_domain *domain)
{
    uint64_t bits = UINT64_C(1) << LOG2_4K;

    if (domain->super_levels > 0)
        bits |= UINT64_C(1) << LOG2_2M;
    if (domain->super_levels > 1)
        bits |= UINT64_C(1) << LOG2_1G;
    return bits;
}

uint64_t dvtd_aperture_end(const struct drv_domain *domain)
{
    return domain->address_bits >= 64 ? UINT64_MAX : (UINT64_C(1) << domain->address_bits) - 1;
}

bool dvtd_reserved(const struct drv *drv, uint32_t n, struct drv_range *range)
{
    (void)drv;
    if (n)
        return false;
    range->first = 0xfee00000;
    range->last = 0xfeefffff;
    return true;
}

/* ---- no-snoop is ignored ---- */

static void snoop_pasid(struct drv *drv, const struct dvtd_att *att)
{
    struct dvtd_batch batch;
    uint64_t pa, words[VTD_WORDS_PASID];

    if (dvtd_pasid_at(drv, att->device, att->pasid, &pa))
        return;
    dvtd_load_words(drv, pa, words, VTD_WORDS_PASID);
    vtd_PASID_put_PGSNP(words, 1);
    dvtd_store(drv, SIM_S_PASID, pa + DVTD_ENTRY, words[1]);
    dvtd_flush_table(drv, pa, sizeof(words));
    dvtd_batch_init(&batch, drv);
    dvtd_pasid_inv(&batch, VTD_PC_INV_G_pasid, att->did, att->pasid);
    dvtd_batch_step(&batch);
    dvtd_piotlb(&batch, att->did, att->pasid);
    dvtd_batch_step(&batch);
    if (att->device->is_ats_on)
        dvtd_devtlb(&batch, att->device, att->pasid, 0, DVTD_ALL_PAGES);
    dvtd_batch_run(&batch);
}

/* A second stage has a bit per page: what is mapped from now on has it, so nothing may be mapped
 * before. A first stage has one per PASID entry. */
int dvtd_enforce_coherency(struct drv *drv, struct drv_domain *domain)
{
    if (domain->spec.kind != DRV_PAGING || !vtd_ECAP_SC(&drv->ecap))
        return -EOPNOTSUPP;
    if (domain->snoops)
        return 0;
    if (domain->stage == 2 && domain->has_mappings)
        return -EOPNOTSUPP;
    (void)dvtd_take_error(drv);
    domain->snoops = true;
    for (struct dvtd_att *att = domain->atts; att && domain->stage == 1; att = att->next_of_domain)
        snoop_pasid(drv, att);
    return dvtd_take_error(drv);
}
