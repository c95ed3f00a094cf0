/* SPDX-License-Identifier: BSD-2-Clause
 * drv_vtd_attach.c - who is attached to what, and how Linux changes it.
 * Knows: domains, devices, DIDs; the order of tear-down, ATS and set-up. Must not know: fields of
 * entries.
 *
 * What fails: a request without PASID is refused after the old domain went, as in Linux, and the
 * device stays blocked; whoever asked attaches the old one again. A PASID keeps what it had. */
#include "kernel-glue/drivers/drv_vtd_private.h"

#include <stdlib.h>

enum { BITS = 64 };

/* ---- attachments ---- */

struct dvtd_att *dvtd_att_find(const struct drv_device *device, uint32_t pasid)
{
    struct dvtd_att *att = device->atts;

    while (att && att->pasid != pasid)
        att = att->next;
    return att;
}

struct dvtd_att *dvtd_att_new(struct drv_device *device, uint32_t pasid)
{
    struct dvtd_att *att = calloc(1, sizeof(*att));

    if (!att)
        return NULL;
    att->device = device;
    att->pasid = pasid;
    att->next = device->atts;
    device->atts = att;
    return att;
}

void dvtd_att_free(struct dvtd_att *att)
{
    struct dvtd_att **link = &att->device->atts;

    while (*link != att)
        link = &(*link)->next;
    *link = att->next;
    free(att);
}

bool dvtd_wants_faults(const struct drv_domain *domain)
{
    return domain->spec.flags & DRV_FAULTS || domain->spec.kind == DRV_SVA;
}

void dvtd_att_link(struct dvtd_att *att, struct drv_domain *domain, uint16_t did)
{
    struct dvtd_att **end = &domain->atts;

    att->domain = domain;
    att->did = did;
    att->has_devtlb = att->device->is_ats_on;
    att->next_of_domain = NULL;
    att->next_of_parent = NULL;
    while (*end)
        end = &(*end)->next_of_domain;
    *end = att;
    if (domain->spec.kind == DRV_NESTED) {
        end = &domain->spec.parent->nested;
        while (*end)
            end = &(*end)->next_of_parent;
        *end = att;
    }
    att->device->n_fault_users += dvtd_wants_faults(domain);
}

void dvtd_att_unlink(struct dvtd_att *att)
{
    struct drv_domain *domain = att->domain;
    struct dvtd_att **link = &domain->atts;

    while (*link != att)
        link = &(*link)->next_of_domain;
    *link = att->next_of_domain;
    if (domain->spec.kind == DRV_NESTED) {
        link = &domain->spec.parent->nested;
        while (*link != att)
            link = &(*link)->next_of_parent;
        *link = att->next_of_parent;
    }
    att->device->n_fault_users -= dvtd_wants_faults(domain);
    att->domain = NULL;
}

uint16_t dvtd_rid_did(const struct drv_device *device)
{
    const struct dvtd_att *att = dvtd_att_find(device, 0);

    return att ? att->did : DVTD_DID_SHARED;
}

/* ---- DIDs ---- */

static bool shares_did(const struct drv_domain *domain)
{
    return domain->spec.kind == DRV_IDENTITY || domain->spec.kind == DRV_SVA;
}

int dvtd_did_get(struct drv *drv, struct drv_domain *domain, uint16_t *did)
{
    *did = DVTD_DID_SHARED;
    if (shares_did(domain))
        return 0;
    if (domain->did_users == 0) {
        uint32_t free_did = DVTD_DID_FIRST;

        while (free_did < drv->n_dids && drv->dids[free_did / BITS] >> free_did % BITS & 1)
            free_did++;
        if (free_did == drv->n_dids)
            return -ENOSPC;
        drv->dids[free_did / BITS] |= UINT64_C(1) << free_did % BITS;
        domain->did = (uint16_t)free_did;
    }
    domain->did_users++;
    *did = domain->did;
    return 0;
}

void dvtd_did_put(struct drv *drv, struct drv_domain *domain)
{
    if (shares_did(domain) || --domain->did_users)
        return;
    drv->dids[domain->did / BITS] &= ~(UINT64_C(1) << domain->did % BITS);
}

/* ---- requests without PASID ---- */

static bool switches_ats(const struct drv *drv)
{
    return !drv->is_scalable || !drv->policy->keeps_ats;
}

/* Linux 6.12 leaves ATS off under a nested domain. */
static bool wants_ats(const struct drv *drv, const struct drv_device *device,
                      const struct drv_domain *domain)
{
    return dvtd_may_ats(drv, device) && (domain->spec.kind == DRV_PAGING ||
                                         (drv->is_scalable && domain->spec.kind == DRV_IDENTITY));
}

/* The device loses what it has; afterwards everything it asks is refused. */
static int block(struct drv *drv, struct dvtd_att *att)
{
    struct drv_device *device = att->device;
    struct drv_domain *old = att->domain;
    const bool is_late = !drv->is_scalable && drv->policy->flushes_before_ats;
    uint64_t pa;
    int err;

    dvtd_att_unlink(att);
    if (switches_ats(drv) && !is_late)
        dvtd_set_ats(drv, device, false, false);
    err = dvtd_att_at(drv, device, 0, &pa);
    if (!err)
        dvtd_tear_down(att, drv, pa);
    if (is_late)
        dvtd_set_ats(drv, device, false, false);
    if (device->n_fault_users == 0)
        dvtd_allow_page_requests(drv, device, false);
    dvtd_did_put(drv, old);
    dvtd_att_free(att);
    return err ? err : dvtd_take_error(drv);
}

/* Into an entry that is not present. */
static int enter(struct drv *drv, struct drv_device *device, uint32_t pasid,
                 struct drv_domain *domain)
{
    struct dvtd_att *att = dvtd_att_new(device, pasid);
    uint16_t did;
    uint64_t pa;
    int err;

    if (!att)
        return -ENOMEM;
    err = dvtd_did_get(drv, domain, &did);
    if (err) {
        dvtd_att_free(att);
        return err;
    }
    att->domain = domain;
    att->did = did;
    err = dvtd_att_at(drv, device, pasid, &pa);
    if (!err) {
        dvtd_setup(att, drv, pa);
        err = dvtd_take_error(drv);
        if (err)
            dvtd_tear_down(att, drv, pa);
        (void)dvtd_take_error(drv);
    }
    if (err) {
        dvtd_did_put(drv, domain);
        dvtd_att_free(att);
        return err;
    }
    if (pasid == 0 && switches_ats(drv) && wants_ats(drv, device, domain))
        dvtd_set_ats(drv, device, true, device->is_pri_on);
    dvtd_att_link(att, domain, did);
    if (device->n_fault_users)
        dvtd_allow_page_requests(drv, device, true);
    return dvtd_take_error(drv);
}

static int linux_switch(struct drv *drv, struct drv_device *device, struct drv_domain *domain)
{
    struct dvtd_att *att = dvtd_att_find(device, 0);
    int err = 0;

    if (att)
        err = block(drv, att);
    if (err || domain->spec.kind == DRV_BLOCKED)
        return err;
    if (!dvtd_fits(drv, domain, device))
        return -EINVAL;
    return enter(drv, device, 0, domain);
}

/* ---- PASIDs ---- */

int dvtd_check_pasid(const struct drv *drv, const struct drv_device *device, uint32_t pasid,
                     const struct drv_domain *domain)
{
    if (!drv->is_scalable || !vtd_ECAP_PASID(&drv->ecap) || !device->info.pasid_bits)
        return -EOPNOTSUPP;
    if (pasid == 0 || pasid >> device->info.pasid_bits || pasid >= device->pasid_end)
        return -EINVAL;
    return domain->spec.kind == DRV_BLOCKED || dvtd_fits(drv, domain, device) ? 0 : -EINVAL;
}

/* What Linux 6.12 has not got yet, or wants to be on before. */
static int linux_pasid_refusal(const struct drv *drv, const struct drv_device *device,
                               const struct drv_domain *domain)
{
    if (drv->policy->pasid_replace != DVTD_REPLACE_NEVER)
        return 0;
    if (domain->spec.kind == DRV_NESTED)
        return -EOPNOTSUPP;
    if (domain->spec.kind == DRV_SVA && !device->is_ats_on)
        return -EINVAL;
    return domain->spec.flags & DRV_DIRTY ? -EINVAL : 0;
}

static void leave(struct drv *drv, struct dvtd_att *att, uint64_t pa)
{
    struct drv_device *device = att->device;
    struct drv_domain *old = att->domain;

    dvtd_att_unlink(att);
    dvtd_tear_down(att, drv, pa);
    if (device->n_fault_users == 0)
        dvtd_allow_page_requests(drv, device, false);
    dvtd_did_put(drv, old);
    dvtd_att_free(att);
}

/* @att gets @domain instead of what it has. */
static void exchange(struct drv *drv, struct dvtd_att *att, uint64_t pa, struct drv_domain *domain,
                     uint16_t did)
{
    const uint16_t old_did = att->did;

    if (drv->policy->pasid_replace == DVTD_REPLACE_TEARDOWN)
        dvtd_tear_down(att, drv, pa);
    dvtd_att_unlink(att);
    dvtd_att_link(att, domain, did);
    if (drv->policy->pasid_replace == DVTD_REPLACE_COPY)
        dvtd_copy_over(att, drv, pa, old_did);
    else
        dvtd_setup(att, drv, pa);
}

static int replace_pasid(struct drv *drv, struct dvtd_att *att, uint64_t pa,
                         struct drv_domain *domain)
{
    struct drv_domain *old = att->domain;
    const uint16_t old_did = att->did;
    uint16_t did;
    int err;

    if (drv->policy->pasid_replace == DVTD_REPLACE_NEVER)
        return -EBUSY;
    err = dvtd_did_get(drv, domain, &did);
    if (err)
        return err;
    exchange(drv, att, pa, domain, did);
    err = dvtd_take_error(drv);
    if (err) {
        exchange(drv, att, pa, old, old_did);
        (void)dvtd_take_error(drv);
        old = domain;
    }
    dvtd_did_put(drv, old);
    return err;
}

static int linux_switch_pasid(struct drv *drv, struct drv_device *device, uint32_t pasid,
                              struct drv_domain *domain)
{
    struct dvtd_att *att = dvtd_att_find(device, pasid);
    uint64_t pa;
    int err = dvtd_check_pasid(drv, device, pasid, domain);

    if (!err)
        err = linux_pasid_refusal(drv, device, domain);
    if (err || (!att && domain->spec.kind == DRV_BLOCKED))
        return err;
    if (!att)
        return enter(drv, device, pasid, domain);
    err = dvtd_pasid_at(drv, device, pasid, &pa);
    if (err)
        return err;
    if (domain->spec.kind == DRV_BLOCKED) {
        leave(drv, att, pa);
        return dvtd_take_error(drv);
    }
    return replace_pasid(drv, att, pa, domain);
}

/* ---- a process ends before its PASIDs are given back ---- */

/* Refused without a record from here on (FPD); page requests are drained when the PASID goes. */
int dvtd_process_exit(struct drv *drv, struct drv_domain *domain)
{
    (void)dvtd_take_error(drv);
    for (struct dvtd_att *att = domain->atts; att; att = att->next_of_domain) {
        uint64_t pa;
        const int err = dvtd_att_at(drv, att->device, att->pasid, &pa);

        if (err)
            return err;
        dvtd_silence(att, drv, pa);
    }
    return dvtd_take_error(drv);
}

/* ---- all drivers ---- */

static int do_switch(struct drv *drv, struct drv_device *device, uint32_t pasid,
                     struct drv_domain *domain)
{
    const bool is_rid = pasid == DRV_NO_PASID;

    if (drv->policy->is_hitless)
        return dvtd_best_switch(drv, device, is_rid ? 0 : pasid, domain);
    return is_rid ? linux_switch(drv, device, domain)
                  : linux_switch_pasid(drv, device, pasid, domain);
}

int dvtd_attach(struct drv *drv, struct drv_device *device, uint32_t pasid,
                struct drv_domain *domain)
{
    int err;

    (void)dvtd_take_error(drv);
    if (pasid != DRV_NO_PASID)
        return pasid == 0 ? -EINVAL : do_switch(drv, device, pasid, domain);
    dvtd_mark(drv, SIM_R_BEGIN, device, domain, 0);
    err = do_switch(drv, device, pasid, domain);
    dvtd_mark(drv, SIM_R_END, device, domain, err);
    return err;
}
