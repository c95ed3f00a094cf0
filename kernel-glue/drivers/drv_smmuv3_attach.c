/* SPDX-License-Identifier: BSD-2-Clause
 * drv_smmuv3_attach.c - a device gets a domain (8.5, 8.6).
 * Knows: the order of CD, STE, ATS and ATC. Must not know: what entries say. */
#include "kernel-glue/drivers/drv_smmuv3.h"

#include <errno.h>
#include <stdlib.h>

/* ---- who uses a domain ---- */

struct drv_domain *dsm_users_of(struct drv_domain *domain)
{
    if (!domain)
        return NULL;
    if (domain->spec.kind == DRV_NESTED)
        return domain->spec.parent;
    return domain->stage ? domain : NULL;
}

static bool comes_before(const struct dsm_user *user, const struct dsm_switch *sw)
{
    const uint32_t sid = user->device->info.requester, new_sid = sw->device->info.requester;
    const uint32_t pasid = user->pasid == DRV_NO_PASID ? 0 : user->pasid;
    const uint32_t new_pasid = sw->pasid == DRV_NO_PASID ? 0 : sw->pasid;

    return sid != new_sid ? sid < new_sid : pasid < new_pasid;
}

static int user_add(const struct dsm_switch *sw)
{
    struct drv_domain *domain = dsm_users_of(sw->now);
    struct dsm_user *user, **at = domain ? &domain->users : NULL;

    if (!domain)
        return 0;
    user = calloc(1, sizeof(*user));
    if (!user)
        return -ENOMEM;
    while (domain->drv->policy->has_lists && *at && comes_before(*at, sw))
        at = &(*at)->next;
    *user = (struct dsm_user){.device = sw->device,
                              .pasid = sw->pasid,
                              .is_nested = sw->now->spec.kind == DRV_NESTED,
                              .next = *at};
    *at = user;
    domain->was_used = true;
    return 0;
}

/* Of two that are alike, one. */
static void user_remove(const struct dsm_switch *sw, struct drv_domain *of)
{
    struct drv_domain *domain = dsm_users_of(of);
    struct dsm_user **at;

    if (!domain)
        return;
    for (at = &domain->users; *at; at = &(*at)->next) {
        struct dsm_user *user = *at;

        if (user->device != sw->device || user->pasid != sw->pasid ||
            user->is_nested != (of->spec.kind == DRV_NESTED))
            continue;
        *at = user->next;
        free(user);
        return;
    }
}

static void forget_in(struct drv_domain *of, const struct drv_device *device)
{
    struct drv_domain *domain = dsm_users_of(of);
    struct dsm_user **at = domain ? &domain->users : NULL;

    while (at && *at) {
        struct dsm_user *user = *at;

        if (user->device != device) {
            at = &user->next;
            continue;
        }
        *at = user->next;
        free(user);
    }
}

void dsm_forget_device(struct drv_device *device)
{
    forget_in(device->domain, device);
    while (device->pasids) {
        struct dsm_pasid *gone = device->pasids;

        forget_in(gone->domain, device);
        device->pasids = gone->next;
        free(gone);
    }
}

/* ---- ATS around a switch ---- */

static bool can_use_ats(const struct drv_device *device)
{
    return device->drv->caps.ats && device->info.flags & DRV_ATS;
}

/* For its stage 1 a guest decides. */
static bool wants_ats(const struct drv_domain *domain)
{
    const uint64_t *guest = domain->spec.guest;

    if (domain->spec.kind != DRV_NESTED)
        return domain->stage != 0;
    return smmu_STE_V(guest) && smmu_STE_Config(guest) == SMMU_STE_Config_S1 &&
           smmu_STE_EATS(guest) == SMMU_STE_EATS_FULL;
}

int dsm_switch_prepare(struct dsm_switch *sw)
{
    struct drv_domain *domain = dsm_users_of(sw->now);
    int err;

    sw->with_ats = (sw->cd_needs_ats || wants_ats(sw->now)) && can_use_ats(sw->device);
    err = domain ? dsm_inval_dormant(domain, domain->is_stale) : 0;
    if (!err)
        err = user_add(sw);
    if (err || sw->with_ats || !sw->device->is_ats_on)
        return err;
    err = dsm_ats(sw->device, false);
    return err ? err : dsm_barrier(sw->device->drv, SIM_BARRIER_WRITE);
}

static int commit_ats(const struct dsm_switch *sw)
{
    struct drv_device *device = sw->device;
    int err;

    if (!sw->with_ats && !sw->had_ats)
        return 0;
    if (sw->with_ats && sw->had_ats)
        return dsm_atc_device(device, sw->pasid);
    err = dsm_atc_device(device, DRV_NO_PASID);
    return err || !sw->with_ats ? err : dsm_ats(device, true);
}

/* Nobody has the old tag any more: it may be given to somebody else. */
static int flush_idle(struct dsm_switch *sw)
{
    struct drv_domain *domain = dsm_users_of(sw->old);

    if (!sw->device->drv->policy->flushes_idle_tags || !domain || domain->users)
        return 0;
    return dsm_inval_tag(domain);
}

int dsm_switch_forget(struct dsm_switch *sw)
{
    user_remove(sw, sw->old);
    return flush_idle(sw);
}

int dsm_switch_commit(struct dsm_switch *sw)
{
    const int err = commit_ats(sw);

    if (err) {
        user_remove(sw, sw->old);
        return err;
    }
    return dsm_switch_forget(sw);
}

void dsm_switch_abandon(struct dsm_switch *sw)
{
    user_remove(sw, sw->now);
}

/* ---- CD tables ---- */

/* Entries that change in more than one atom need a table of their own to be hitless. */
int dsm_switch_cd(struct dsm_switch *sw, const uint64_t *cd)
{
    const uint32_t ssid = sw->pasid == DRV_NO_PASID ? 0 : sw->pasid;
    struct drv_device *device = sw->device;
    struct dsm_entry entry;
    uint32_t atoms;

    if (!dsm_cd(device, ssid, &entry))
        return -ENOENT;
    atoms = dsm_entry_atoms(&entry, cd);
    if (device->drv->policy->is_short && entry.is_reachable && atoms & (atoms - 1)) {
        const int err = dsm_cdtab_clone(device, ssid, &sw->kept);

        if (err)
            return err;
        (void)dsm_cd(device, ssid, &entry);
        entry.is_reachable = false;
    }
    return dsm_entry_write(&entry, cd);
}

void dsm_switch_back(struct dsm_switch *sw)
{
    const struct dsm_cdtab made = sw->device->cdtab;

    if (!sw->kept.pa)
        return;
    sw->device->cdtab = sw->kept;
    sw->kept = made;
}

void dsm_switch_done(struct dsm_switch *sw)
{
    if (sw->kept.pa)
        dsm_cdtab_drop(sw->device, &sw->kept, sw->pasid == DRV_NO_PASID ? 0 : sw->pasid);
}

/* ---- a device without a PASID ---- */

static uint64_t type_of(const struct drv_domain *domain)
{
    switch (domain->spec.kind) {
    case DRV_IDENTITY:
        return DSM_TYPE_IDENTITY;
    case DRV_PAGING:
        return DSM_TYPE_PAGING;
    case DRV_NESTED:
        return DSM_TYPE_NESTED;
    case DRV_SVA:
        return DSM_TYPE_SVA;
    default:
        return DSM_TYPE_BLOCKED;
    }
}

static int write_s1(struct dsm_switch *sw)
{
    uint64_t cd[DSM_WORDS], ste[DSM_WORDS];
    int err;

    dsm_make_cd(sw->device, sw->now, cd);
    err = dsm_switch_cd(sw, cd);
    if (err)
        return err;
    dsm_make_cdtable(sw->device, sw->with_ats, SMMU_STE_S1DSS_SSID0, ste);
    return dsm_ste_write(sw->device, ste);
}

static int write_s2(struct dsm_switch *sw)
{
    uint64_t ste[DSM_WORDS];
    int err;

    dsm_make_s2(sw->device, sw->now, sw->with_ats, ste);
    err = dsm_ste_write(sw->device, ste);
    return err ? err : dsm_cd_clear(sw->device, 0);
}

static int write_nested(struct dsm_switch *sw)
{
    uint64_t ste[DSM_WORDS];

    dsm_make_nested(sw->device, sw->now, sw->with_ats, ste);
    return dsm_ste_write(sw->device, ste);
}

/* Identity and blocked. With PASIDs in use their table stays, and S1DSS says the rest. */
static int write_plain(struct dsm_switch *sw)
{
    const bool is_identity = sw->now->spec.kind == DRV_IDENTITY;
    uint64_t ste[DSM_WORDS];

    if (sw->cd_needs_ats)
        dsm_make_cdtable(sw->device, sw->with_ats,
                         is_identity ? SMMU_STE_S1DSS_BYPASS : SMMU_STE_S1DSS_TERMINATE, ste);
    else if (is_identity)
        dsm_make_bypass(sw->device, ste);
    else
        dsm_make_abort(sw->device, ste);
    return dsm_ste_write(sw->device, ste);
}

static bool is_plain(const struct drv_domain *domain)
{
    return domain->spec.kind == DRV_IDENTITY || domain->spec.kind == DRV_BLOCKED;
}

static int write_entries(struct dsm_switch *sw)
{
    if (is_plain(sw->now))
        return write_plain(sw);
    if (sw->now->spec.kind == DRV_NESTED)
        return write_nested(sw);
    return sw->now->stage == 1 ? write_s1(sw) : write_s2(sw);
}

static int run(struct dsm_switch *sw)
{
    int err = write_entries(sw);

    if (err) {
        user_remove(sw, sw->old);
        return err;
    }
    err = dsm_switch_commit(sw);
    if (!err && is_plain(sw->now))
        err = dsm_cd_clear(sw->device, 0);
    return err;
}

/* What was not done is undone: the old domain is written again, whatever that says. */
static void roll_back(struct dsm_switch *sw)
{
    struct dsm_switch back = {.device = sw->device,
                              .old = sw->now,
                              .now = sw->old,
                              .pasid = sw->pasid,
                              .had_ats = sw->device->is_ats_on};
    struct drv_domain nothing = {.drv = sw->device->drv, .spec = {.kind = DRV_BLOCKED}};

    if (!back.now)
        back.now = &nothing;
    back.cd_needs_ats = is_plain(back.now) && dsm_has_pasids(sw->device);
    if (dsm_switch_prepare(&back) == 0)
        (void)write_entries(&back);
    (void)dsm_switch_commit(&back);
}

static int check(const struct drv_device *device, const struct drv_domain *domain)
{
    if (domain->spec.kind == DRV_SVA)
        return -EOPNOTSUPP;
    if (dsm_has_pasids(device) && !is_plain(domain) && domain->stage != 1)
        return -EBUSY;
    return 0;
}

static int switch_device(struct dsm_switch *sw)
{
    int err = sw->now->stage == 1 ? dsm_cd_alloc(sw->device, 0) : 0;

    if (!err)
        err = dsm_switch_prepare(sw);
    if (err) {
        dsm_switch_abandon(sw);
        return err;
    }
    err = run(sw);
    if (err) {
        dsm_switch_back(sw);
        roll_back(sw);
    } else {
        sw->device->domain = sw->now;
    }
    dsm_switch_done(sw);
    return err;
}

int dsm_attach_device(struct drv_device *device, struct drv_domain *domain)
{
    struct dsm_switch sw = {.device = device,
                            .old = device->domain,
                            .now = domain,
                            .pasid = DRV_NO_PASID,
                            .cd_needs_ats = is_plain(domain) && dsm_has_pasids(device),
                            .had_ats = device->is_ats_on};
    const uint64_t type = type_of(domain);
    int err = check(device, domain);

    if (err)
        return err;
    err = dsm_begin(device, domain, type);
    return err ? err : dsm_end(device, domain, type, switch_device(&sw));
}

int dsm_attach(struct drv *drv, struct drv_device *device, uint32_t pasid,
               struct drv_domain *domain)
{
    (void)drv;
    if (pasid == DRV_NO_PASID)
        return dsm_attach_device(device, domain);
    return dsm_attach_pasid(device, pasid, domain);
}
