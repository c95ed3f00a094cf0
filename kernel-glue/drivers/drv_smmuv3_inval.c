/* SPDX-License-Identifier: BSD-2-Clause
 * drv_smmuv3_inval.c - tells the SMMU and devices what to forget (8.7).
 * Knows: tags, ranges, who uses a domain. Must not know: why. */
#include "kernel-glue/drivers/drv_smmuv3.h"

#include <string.h>

enum {
    NUM_MAX = 31,
    ATC_PAGE_LOG2 = 12,
};

static uint32_t log2_of(uint64_t value)
{
    uint32_t log2 = 0;

    while (value >>= 1)
        log2++;
    return log2;
}

static uint32_t lowest_bit(uint64_t value)
{
    uint32_t bit = 0;

    while (!(value >> bit & 1))
        bit++;
    return bit;
}

static bool is_s1(const struct drv_domain *domain)
{
    return domain->stage == 1;
}

/* ---- TLB ---- */

static void make_tag_cmd(const struct drv_domain *domain, uint64_t *cmd)
{
    if (is_s1(domain)) {
        dsm_cmd(cmd, SMMU_CMD_TLBI_NH_ASID);
        smmu_TLBI_NH_ASID_put_ASID(cmd, domain->tag);
    } else {
        dsm_cmd(cmd, SMMU_CMD_TLBI_S12_VMALL);
        smmu_TLBI_S12_VMALL_put_VMID(cmd, domain->tag);
    }
}

int dsm_inval_tag(struct drv_domain *domain)
{
    uint64_t cmd[2];
    int err;

    make_tag_cmd(domain, cmd);
    err = dsm_issue_one(domain->drv, cmd, true);
    if (!err && !domain->users) {
        domain->was_used = false;
        domain->is_stale = false;
    }
    return err;
}

/* The fields of a range are the same in all commands by address. */
static void make_range_cmd(const struct drv_domain *domain, const struct dsm_range *range,
                           uint64_t *cmd)
{
    const uint32_t page = domain->pt.granule_log2;

    dsm_cmd(cmd, is_s1(domain) ? SMMU_CMD_TLBI_NH_VA : SMMU_CMD_TLBI_S2_IPA);
    if (is_s1(domain))
        smmu_TLBI_NH_VA_put_ASID(cmd, domain->tag);
    else
        smmu_TLBI_S2_IPA_put_VMID(cmd, domain->tag);
    smmu_TLBI_NH_VA_put_Leaf(cmd, range->is_leaf);
    if (!domain->drv->caps.ril)
        return;
    smmu_TLBI_NH_VA_put_TG(cmd, (page - 10) / 2);
    if (range->is_leaf)
        smmu_TLBI_NH_VA_put_TTL(cmd, 4 - (log2_of(range->granule) - 3) / (page - 3));
}

static int add_ranges(struct drv_domain *domain, const struct dsm_range *range,
                      struct dsm_batch *batch)
{
    const uint32_t page = domain->pt.granule_log2;
    const uint64_t end = range->iova + range->n_bytes;
    uint64_t n_pages = range->n_bytes >> page, iova = range->iova, step = range->granule;
    uint64_t cmd[2];
    int err = 0;

    make_range_cmd(domain, range, cmd);
    if (!range->is_leaf && (n_pages & NUM_MAX) == 1)
        n_pages++; /* NUM, SCALE and TTL all 0 mean something else */
    while (!err && iova < end) {
        if (domain->drv->caps.ril) {
            const uint32_t scale = lowest_bit(n_pages);
            const uint64_t n = n_pages >> scale & NUM_MAX;

            smmu_TLBI_NH_VA_put_SCALE(cmd, scale);
            smmu_TLBI_NH_VA_put_NUM(cmd, n - 1);
            step = n << (scale + page);
            n_pages -= n << scale;
        }
        smmu_TLBI_NH_VA_put_Addr(cmd, iova >> SMMU_LSB_TLBI_NH_VA_Addr % 64);
        err = dsm_batch_add(domain->drv, batch, cmd);
        iova += step;
    }
    return err;
}

static bool is_parent(const struct drv_domain *domain)
{
    return !is_s1(domain) && domain->spec.flags & DRV_NEST_PARENT;
}

/* What a guest's stage 1 made of stage 2 is found by no address of stage 2. It goes after the SYNC
 * (5.5, Y02): before that a walk may still take the old stage 2 and leave its result. */
static int inval_guests(struct drv_domain *domain)
{
    uint64_t cmd[2];

    if (!is_parent(domain))
        return 0;
    dsm_cmd(cmd, SMMU_CMD_TLBI_NH_ALL);
    smmu_TLBI_NH_ALL_put_VMID(cmd, domain->tag);
    return dsm_issue_one(domain->drv, cmd, true);
}

/* Without RIL, this many commands take longer than to look everything up again. */
static bool is_too_long(const struct drv_domain *domain, const struct dsm_range *range)
{
    return domain->drv->policy->has_lists && !domain->drv->caps.ril &&
           range->n_bytes / range->granule >= range->granule >> 3;
}

static int inval_by_address(struct drv_domain *domain, const struct dsm_range *range)
{
    struct dsm_batch batch = {.n = 0};
    int err = add_ranges(domain, range, &batch);

    if (!err)
        err = dsm_batch_sync(domain->drv, &batch);
    return err ? err : inval_guests(domain);
}

/* ---- devices' caches ---- */

uint32_t dsm_atc_size(uint64_t iova, uint64_t n_bytes, uint64_t *first)
{
    const uint64_t from = iova >> ATC_PAGE_LOG2;
    const uint64_t to = (iova + n_bytes - 1) >> ATC_PAGE_LOG2;
    uint32_t size;

    *first = 0;
    if (!n_bytes)
        return DSM_ATC_ALL;
    size = from == to ? 0 : log2_of(from ^ to) + 1;
    *first = (from >> size << size) << ATC_PAGE_LOG2;
    return size;
}

static void make_atc_cmd(const struct drv_device *device, uint32_t pasid, uint64_t iova,
                         uint64_t n_bytes, uint64_t *cmd)
{
    uint64_t first;
    const uint32_t size = dsm_atc_size(iova, n_bytes, &first);

    dsm_cmd(cmd, SMMU_CMD_ATC_INV);
    smmu_ATC_INV_put_SID(cmd, device->info.requester);
    smmu_ATC_INV_put_SSV(cmd, pasid != DRV_NO_PASID);
    smmu_ATC_INV_put_SSID(cmd, pasid != DRV_NO_PASID ? pasid : 0);
    smmu_ATC_INV_put_Size(cmd, size);
    smmu_ATC_INV_put_Addr(cmd, first >> SMMU_LSB_ATC_INV_Addr % 64);
}

int dsm_atc_device(struct drv_device *device, uint32_t pasid)
{
    uint64_t cmd[2];

    make_atc_cmd(device, pasid, 0, 0, cmd);
    return dsm_issue_one(device->drv, cmd, true);
}

/* A device that is not under a guest knows addresses of stage 2; Linux 7 does not look. */
static bool forgets_all(const struct dsm_user *user, const struct drv_domain *domain)
{
    return user->is_nested || (domain->drv->policy->has_lists && is_parent(domain));
}

static int atc_users(struct drv_domain *domain, uint64_t iova, uint64_t n_bytes)
{
    struct dsm_batch batch = {.n = 0};
    bool has_some = false;
    int err;

    if (!domain->drv->caps.ats)
        return 0;
    err = dsm_barrier(domain->drv, SIM_BARRIER_FULL); /* who turns its ATS on now sees the TLBI */
    for (const struct dsm_user *user = domain->users; !err && user; user = user->next) {
        uint64_t cmd[2];

        if (!user->device->is_ats_on)
            continue;
        has_some = true;
        make_atc_cmd(user->device, user->pasid, iova, forgets_all(user, domain) ? 0 : n_bytes, cmd);
        err = dsm_batch_add(domain->drv, &batch, cmd);
    }
    return err || !has_some ? err : dsm_batch_sync(domain->drv, &batch);
}

/* ---- both ---- */

/* What is filed under a tag that no entry has is looked up by nobody. A short driver remembers that
 * it is there, Linux 7 has flushed it when the last user went. */
static bool is_idle(struct drv_domain *domain)
{
    const struct dsm_policy *policy = domain->drv->policy;

    if (domain->users || !(policy->flushes_idle_tags || policy->is_short))
        return false;
    domain->is_stale = domain->was_used;
    return true;
}

int dsm_inval_dormant(struct drv_domain *domain, bool is_stale)
{
    if (!domain->drv->policy->is_short || domain->users || !is_stale)
        return 0;
    return dsm_inval_tag(domain);
}

int dsm_inval_range(struct drv_domain *domain, const struct dsm_range *range)
{
    int err;

    if (!range->n_bytes || is_idle(domain))
        return 0;
    err = is_too_long(domain, range) ? dsm_inval_tag(domain) : inval_by_address(domain, range);
    return err ? err : atc_users(domain, range->iova, range->n_bytes);
}

int dsm_inval_domain(struct drv_domain *domain)
{
    int err;

    if (is_idle(domain))
        return 0;
    err = dsm_inval_tag(domain);
    return err ? err : atc_users(domain, 0, 0);
}
