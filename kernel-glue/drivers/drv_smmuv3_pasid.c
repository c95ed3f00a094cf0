/* SPDX-License-Identifier: BSD-2-Clause
 * drv_smmuv3_pasid.c - a PASID of a device gets a domain, or loses it (8.6).
 * Knows: the order of CD, STE and ATC. Must not know: what entries say. */
#include "kernel-glue/drivers/drv_smmuv3.h"

#include <errno.h>
#include <stdlib.h>

bool dsm_has_pasids(const struct drv_device *device)
{
    return device->pasids != NULL;
}

static struct dsm_pasid *find(const struct drv_device *device, uint32_t pasid)
{
    struct dsm_pasid *at = device->pasids;

    while (at && at->pasid != pasid)
        at = at->next;
    return at;
}

static void forget(struct drv_device *device, uint32_t pasid)
{
    for (struct dsm_pasid **at = &device->pasids; *at; at = &(*at)->next) {
        struct dsm_pasid *gone = *at;

        if (gone->pasid != pasid)
            continue;
        *at = gone->next;
        free(gone);
        return;
    }
}

static bool is_plain(const struct drv_domain *domain)
{
    return !domain || domain->spec.kind == DRV_IDENTITY || domain->spec.kind == DRV_BLOCKED;
}

/* The STE leads to the CD table, also while requests without a PASID pass or are refused. */
static int update_ste(const struct dsm_switch *sw)
{
    struct drv_device *device = sw->device;
    const bool is_bypass = device->domain && device->domain->spec.kind == DRV_IDENTITY;
    const bool is_s1 = !is_plain(device->domain);
    uint64_t now[DSM_WORDS], ste[DSM_WORDS];
    const struct dsm_entry entry = dsm_ste(device);
    const bool is_in = dsm_has_cdtab_in_ste(device);

    dsm_entry_load(&entry, now);
    if (is_in && !sw->kept.pa && (smmu_STE_EATS(now) == SMMU_STE_EATS_FULL) == sw->with_ats)
        return 0;
    dsm_make_cdtable(device, sw->with_ats,
                     is_s1       ? SMMU_STE_S1DSS_SSID0
                     : is_bypass ? SMMU_STE_S1DSS_BYPASS
                                 : SMMU_STE_S1DSS_TERMINATE,
                     ste);
    return dsm_ste_write(device, ste);
}

static int write_cd(struct dsm_switch *sw, const struct drv_domain *domain)
{
    uint64_t cd[DSM_WORDS];
    int err;

    dsm_make_cd(sw->device, domain, cd);
    err = dsm_switch_cd(sw, cd);
    return err ? err : update_ste(sw);
}

/* When the last one goes, the STE needs no CD table any more. */
static int drop_cdtab(struct drv_device *device)
{
    if (dsm_has_pasids(device) || !device->domain || !is_plain(device->domain))
        return 0;
    return dsm_attach_device(device, device->domain);
}

static int take_away(struct drv_device *device, uint32_t pasid)
{
    struct dsm_pasid *at = find(device, pasid);
    struct dsm_switch sw = {.device = device, .pasid = pasid};
    int err;

    if (!at)
        return 0;
    sw.old = at->domain;
    sw.now = at->domain;
    err = dsm_cd_clear(device, pasid);
    if (!err && device->is_ats_on)
        err = dsm_atc_device(device, pasid);
    if (err) { /* what it had is still there, or is put there again */
        (void)write_cd(&sw, at->domain);
        return err;
    }
    forget(device, pasid);
    err = dsm_switch_forget(&sw);
    return err ? err : drop_cdtab(device);
}

static int check(const struct drv_device *device, uint32_t pasid, const struct drv_domain *domain)
{
    const struct drv_domain *base = device->domain;

    if (pasid == 0 || pasid >> device->ssid_bits)
        return -EINVAL;
    if (domain->stage != 1)
        return -EINVAL;
    return is_plain(base) || base->stage == 1 ? 0 : -EINVAL;
}

static void roll_back(struct dsm_switch *sw)
{
    dsm_switch_back(sw);
    dsm_switch_abandon(sw);
    if (sw->old) {
        (void)write_cd(sw, sw->old);
    } else {
        (void)dsm_cd_clear(sw->device, sw->pasid);
        (void)drop_cdtab(sw->device);
    }
}

static int give(struct dsm_switch *sw)
{
    struct dsm_pasid *at = find(sw->device, sw->pasid);
    int err = dsm_cd_alloc(sw->device, sw->pasid);

    if (err)
        return err;
    err = dsm_switch_prepare(sw);
    if (!err)
        err = write_cd(sw, sw->now);
    if (err) {
        roll_back(sw);
        return err;
    }
    if (at) {
        at->domain = sw->now;
    } else {
        at = calloc(1, sizeof(*at));
        if (!at) {
            roll_back(sw);
            return -ENOMEM;
        }
        *at = (struct dsm_pasid){sw->pasid, sw->now, sw->device->pasids};
        sw->device->pasids = at;
    }
    return dsm_switch_commit(sw);
}

int dsm_attach_pasid(struct drv_device *device, uint32_t pasid, struct drv_domain *domain)
{
    struct dsm_switch sw = {
        .device = device, .now = domain, .pasid = pasid, .had_ats = device->is_ats_on};
    const struct dsm_pasid *at;
    int err;

    if (domain->spec.kind == DRV_BLOCKED)
        return take_away(device, pasid);
    err = check(device, pasid, domain);
    if (err)
        return err;
    if (find(device, pasid) && !device->drv->policy->replaces_pasids) {
        err = take_away(device, pasid);
        if (err)
            return err;
    }
    at = find(device, pasid);
    sw.old = at ? at->domain : NULL;
    err = give(&sw);
    dsm_switch_done(&sw);
    return err;
}

/* The entries stay, so that devices are told nothing but that nothing is there. */
int dsm_process_exit(struct drv *drv, struct drv_domain *domain)
{
    int err = 0;

    if (domain->spec.kind != DRV_SVA)
        return -EINVAL;
    for (const struct dsm_user *user = domain->users; !err && user; user = user->next) {
        uint64_t cd[DSM_WORDS];

        dsm_make_released_cd(user->device, domain, cd);
        err = dsm_cd_write(user->device, user->pasid, cd);
    }
    (void)drv;
    return err ? err : dsm_inval_domain(domain);
}
