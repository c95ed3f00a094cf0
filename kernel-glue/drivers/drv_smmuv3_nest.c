/* SPDX-License-Identifier: BSD-2-Clause
 * drv_smmuv3_nest.c - what a guest may say: its STE and its commands (8.2).
 * Knows: which bits and commands are a guest's. Must not know: how a nested domain is attached. */
#include "kernel-glue/drivers/drv_smmuv3.h"

#include <errno.h>
#include <string.h>

#define GUEST_PAGE_BYTES UINT64_C(4096)

static void allowed_bits(uint64_t *words)
{
    memset(words, 0, DSM_WORDS * sizeof(*words));
    smmu_STE_put_V(words, UINT64_MAX);
    smmu_STE_put_Config(words, UINT64_MAX);
    smmu_STE_put_S1Fmt(words, UINT64_MAX);
    smmu_STE_put_S1ContextPtr(words, UINT64_MAX);
    smmu_STE_put_S1CDMax(words, UINT64_MAX);
    smmu_STE_put_S1DSS(words, UINT64_MAX);
    smmu_STE_put_S1CIR(words, UINT64_MAX);
    smmu_STE_put_S1COR(words, UINT64_MAX);
    smmu_STE_put_S1CSH(words, UINT64_MAX);
    smmu_STE_put_S1STALLD(words, UINT64_MAX);
    smmu_STE_put_EATS(words, UINT64_MAX);
}

int dsm_check_guest(const uint64_t *guest)
{
    uint64_t allowed[DSM_WORDS];
    const uint64_t config = smmu_STE_Config(guest);

    if (!smmu_STE_V(guest)) /* an abort, whatever else it says */
        return 0;
    allowed_bits(allowed);
    if (guest[0] & ~allowed[0] || guest[1] & ~allowed[1])
        return -EIO;
    if (config != SMMU_STE_Config_ABORT && config != SMMU_STE_Config_BYPASS &&
        config != SMMU_STE_Config_S1)
        return -EIO;
    return smmu_STE_EATS(guest) > SMMU_STE_EATS_FULL ? -EIO : 0;
}

static uint64_t guest_bytes(uint8_t pasid_bits)
{
    const uint64_t n_bytes = (uint64_t)DSM_ENTRY_BYTES << pasid_bits;

    return n_bytes < GUEST_PAGE_BYTES ? GUEST_PAGE_BYTES : n_bytes;
}

/* As a guest would have it in its memory, which is the host's one to one. */
int dsm_guest_table(struct drv *drv, struct drv_domain *domain, struct drv_device *device,
                    uint8_t pasid_bits, uint64_t *pa)
{
    uint64_t cd[DSM_WORDS];
    int err;

    *pa = domain->guest_cds;
    if (*pa)
        return domain->guest_log2 == pasid_bits ? 0 : -EBUSY;
    err = drv->port.alloc(drv->port.ctx, guest_bytes(pasid_bits), SIM_S_CD, pa);
    if (err)
        return err;
    domain->guest_cds = *pa;
    domain->guest_log2 = pasid_bits;
    dsm_make_cd(device, domain, cd);
    for (uint32_t n = DSM_WORDS; !err && n > 0; n--) {
        if (cd[n - 1])
            err = dsm_store(drv, SIM_S_CD, *pa + UINT64_C(8) * (n - 1), cd[n - 1]);
    }
    return err ? err : dsm_barrier(drv, SIM_BARRIER_WRITE);
}

void dsm_guest_free(struct drv_domain *domain)
{
    struct drv *drv = domain->drv;

    if (domain->guest_cds)
        drv->port.free(drv->port.ctx, domain->guest_cds, guest_bytes(domain->guest_log2));
}

/* The guest's StreamID has been replaced by the caller's device. Return: false: not a guest's. */
static bool translate(const struct drv_domain *parent, const struct drv_device *device,
                      uint64_t *cmd)
{
    switch (smmu_UNKNOWN_CMD_op(cmd)) {
    case SMMU_CMD_TLBI_NSNH_ALL:
        dsm_cmd(cmd, SMMU_CMD_TLBI_NH_ALL);
        smmu_TLBI_NH_ALL_put_VMID(cmd, parent->tag);
        return true;
    case SMMU_CMD_TLBI_NH_ALL:
        smmu_TLBI_NH_ASID_put_ASID(cmd, 0);
        smmu_TLBI_NH_ALL_put_VMID(cmd, parent->tag);
        return true;
    case SMMU_CMD_TLBI_NH_ASID:
    case SMMU_CMD_TLBI_NH_VA:
    case SMMU_CMD_TLBI_NH_VAA:
        smmu_TLBI_NH_VA_put_VMID(cmd, parent->tag);
        return true;
    case SMMU_CMD_ATC_INV:
    case SMMU_CMD_CFGI_CD:
    case SMMU_CMD_CFGI_CD_ALL:
        if (!device)
            return false;
        smmu_CFGI_CD_put_SID(cmd, device->info.requester);
        return true;
    default:
        return false;
    }
}

int dsm_invalidate(struct drv *drv, struct drv_domain *domain, struct drv_device *device,
                   const uint64_t *words, uint32_t n, uint32_t *n_done)
{
    const struct drv_domain *parent =
        domain->spec.kind == DRV_NESTED ? domain->spec.parent : domain;
    struct dsm_batch batch = {.n = 0};
    uint32_t i;
    int err = 0;

    *n_done = 0;
    if (!drv->policy->has_nesting || !(parent->spec.flags & DRV_NEST_PARENT))
        return -EOPNOTSUPP;
    for (i = 0; !err && i < n; i++) {
        uint64_t cmd[2] = {words[2 * (size_t)i], words[2 * (size_t)i + 1]};

        if (!translate(parent, device, cmd))
            break;
        err = dsm_batch_add(drv, &batch, cmd);
    }
    if (!err && i)
        err = dsm_batch_sync(drv, &batch);
    if (err)
        return err;
    *n_done = i;
    return i == n ? 0 : -EIO;
}
