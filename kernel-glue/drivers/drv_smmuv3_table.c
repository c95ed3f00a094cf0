/* SPDX-License-Identifier: BSD-2-Clause
 * drv_smmuv3_table.c - where the entries lie: stream table, CD tables (8.1, 8.5).
 * Knows: levels, sizes, first-level entries. Must not know: what an STE or CD says. */
#include "kernel-glue/drivers/drv_smmuv3.h"

#include <errno.h>
#include <stdlib.h>

enum {
    MAX_STRTAB_LOG2 = 25, /* of a two-level table: 2^17 first-level entries */
    L1_BYTES = DSM_L1_BYTES,
    CD_TABLE_LOG2 = DSM_L2_CDS_LOG2,
};

/* ---- stream table ---- */

uint32_t dsm_strtab_log2(const struct drv *drv)
{
    if (drv->caps.two_level && drv->caps.sid_bits > MAX_STRTAB_LOG2)
        return MAX_STRTAB_LOG2;
    return drv->caps.sid_bits;
}

/* Hardware does not see the table yet. */
static int block_all(struct drv *drv, uint64_t table, uint32_t n)
{
    struct drv_device nobody = {.drv = drv};
    uint64_t ste[DSM_WORDS];
    int err = 0;

    dsm_make_abort(&nobody, ste);
    for (uint32_t i = 0; !err && i < n; i++) {
        /* The word with V is the last. */
        for (uint32_t left = DSM_WORDS; !err && left > 0; left--) {
            const uint64_t pa = table + (uint64_t)i * DSM_ENTRY_BYTES + (left - 1) * sizeof(*ste);

            if (ste[left - 1])
                err = dsm_store(drv, SIM_S_STE, pa, ste[left - 1]);
        }
    }
    return err;
}

int dsm_strtab_alloc(struct drv *drv)
{
    const uint32_t log2 = dsm_strtab_log2(drv);
    int err;

    if (!drv->caps.two_level) {
        err = drv->port.alloc(drv->port.ctx, (uint64_t)DSM_ENTRY_BYTES << log2, SIM_S_STE,
                              &drv->strtab);
        return err ? err : block_all(drv, drv->strtab, UINT32_C(1) << log2);
    }
    drv->n_l1 = UINT32_C(1) << (log2 - DSM_SPLIT);
    drv->l2 = calloc(drv->n_l1, sizeof(*drv->l2));
    if (!drv->l2)
        return -ENOMEM;
    return drv->port.alloc(drv->port.ctx, (uint64_t)drv->n_l1 * L1_BYTES, SIM_S_L1STD,
                           &drv->strtab);
}

void dsm_strtab_forget(struct drv *drv)
{
    free(drv->l2);
    drv->l2 = NULL;
    drv->strtab = 0;
}

void dsm_strtab_free(struct drv *drv)
{
    const uint64_t n_bytes = drv->caps.two_level ? (uint64_t)drv->n_l1 * L1_BYTES
                                                 : (uint64_t)DSM_ENTRY_BYTES << drv->caps.sid_bits;

    for (uint32_t i = 0; drv->l2 && i < drv->n_l1; i++) {
        if (drv->l2[i])
            drv->port.free(drv->port.ctx, drv->l2[i], DSM_ENTRY_BYTES << DSM_SPLIT);
    }
    if (drv->strtab)
        drv->port.free(drv->port.ctx, drv->strtab, n_bytes);
    dsm_strtab_forget(drv);
}

int dsm_cfgi_ste(struct drv_device *device, bool is_leaf)
{
    uint64_t cmd[2];

    dsm_cmd(cmd, SMMU_CMD_CFGI_STE);
    smmu_CFGI_STE_put_SID(cmd, device->info.requester);
    smmu_CFGI_STE_put_Leaf(cmd, is_leaf ? SMMU_CFGI_STE_Leaf_LAST : SMMU_CFGI_STE_Leaf_ALL);
    return dsm_issue_one(device->drv, cmd, true);
}

int dsm_l1std_store(struct drv *drv, uint32_t index, uint64_t table)
{
    uint64_t l1std = table;

    smmu_L1STD_put_Span(&l1std, DSM_SPLIT + 1);
    return dsm_store(drv, SIM_S_L1STD, drv->strtab + (uint64_t)index * L1_BYTES, l1std);
}

static int add_l2(struct drv_device *device, uint32_t index)
{
    struct drv *drv = device->drv;
    uint64_t table;
    int err = drv->port.alloc(drv->port.ctx, DSM_ENTRY_BYTES << DSM_SPLIT, SIM_S_STE, &table);

    if (err)
        return err;
    err = block_all(drv, table, UINT32_C(1) << DSM_SPLIT);
    if (!err && drv->policy->is_short)
        err = dsm_barrier(drv, SIM_BARRIER_WRITE);
    if (err) {
        drv->port.free(drv->port.ctx, table, DSM_ENTRY_BYTES << DSM_SPLIT);
        return err;
    }
    drv->l2[index] = table;
    err = dsm_l1std_store(drv, index, table);
    /* The kernel does not tell the SMMU, which may have kept the empty descriptor. */
    return err || !drv->policy->is_short ? err : dsm_cfgi_ste(device, false);
}

int dsm_strtab_add(struct drv_device *device)
{
    struct drv *drv = device->drv;
    const uint32_t sid = device->info.requester;

    if (sid >> dsm_strtab_log2(drv))
        return -ERANGE;
    if (!drv->caps.two_level || drv->l2[sid >> DSM_SPLIT])
        return 0;
    return add_l2(device, sid >> DSM_SPLIT);
}

struct dsm_entry dsm_ste(struct drv_device *device)
{
    const struct drv *drv = device->drv;
    const uint32_t sid = device->info.requester;
    const uint32_t index = sid & ((UINT32_C(1) << DSM_SPLIT) - 1);
    const uint64_t pa = drv->caps.two_level
                            ? drv->l2[sid >> DSM_SPLIT] + (uint64_t)index * DSM_ENTRY_BYTES
                            : drv->strtab + (uint64_t)sid * DSM_ENTRY_BYTES;

    return (struct dsm_entry){
        .device = device, .structure = SIM_S_STE, .pa = pa, .is_reachable = true};
}

int dsm_ste_write(struct drv_device *device, const uint64_t *target)
{
    const struct dsm_entry entry = dsm_ste(device);
    const bool is_short = device->drv->policy->is_short;
    const uint32_t atoms = dsm_entry_atoms(&entry, target);
    uint64_t cmd[2];
    int err;

    if (is_short && device->drv->caps.two_level && atoms & (atoms - 1))
        return dsm_strtab_swap(device, target);
    err = dsm_entry_write(&entry, target);
    if (err || is_short)
        return err;
    dsm_cmd(cmd, SMMU_CMD_PREFETCH_CONFIG);
    smmu_PREFETCH_CONFIG_put_SID(cmd, device->info.requester);
    return dsm_issue_one(device->drv, cmd, false);
}

bool dsm_has_cdtab_in_ste(struct drv_device *device)
{
    const struct dsm_entry entry = dsm_ste(device);
    uint64_t ste[DSM_WORDS];

    dsm_entry_load(&entry, ste);
    return smmu_STE_V(ste) && smmu_STE_Config(ste) == SMMU_STE_Config_S1;
}

/* ---- CD tables ---- */

uint64_t dsm_cdtab_bytes(const struct dsm_cdtab *table)
{
    return table->is_two_level ? (uint64_t)table->n_l1 * L1_BYTES
                               : (uint64_t)DSM_ENTRY_BYTES << table->log2;
}

int dsm_cfgi_cd(struct drv_device *device, uint32_t ssid, bool is_leaf)
{
    uint64_t cmd[2];

    dsm_cmd(cmd, SMMU_CMD_CFGI_CD);
    smmu_CFGI_CD_put_SID(cmd, device->info.requester);
    smmu_CFGI_CD_put_SSID(cmd, ssid);
    smmu_CFGI_CD_put_Leaf(cmd, is_leaf ? SMMU_CFGI_CD_Leaf_LAST : SMMU_CFGI_CD_Leaf_ALL);
    return dsm_issue_one(device->drv, cmd, true);
}

static int table_alloc(struct drv_device *device)
{
    struct drv *drv = device->drv;
    struct dsm_cdtab *table = &device->cdtab;

    table->log2 = device->ssid_bits;
    table->is_two_level = drv->caps.cd2l && table->log2 > CD_TABLE_LOG2;
    if (!table->is_two_level)
        return drv->port.alloc(drv->port.ctx, (uint64_t)DSM_ENTRY_BYTES << table->log2, SIM_S_CD,
                               &table->pa);
    table->n_l1 = UINT32_C(1) << (table->log2 - CD_TABLE_LOG2);
    table->l2 = calloc(table->n_l1, sizeof(*table->l2));
    if (!table->l2)
        return -ENOMEM;
    return drv->port.alloc(drv->port.ctx, (uint64_t)table->n_l1 * L1_BYTES, SIM_S_L1CD, &table->pa);
}

static int l2_alloc(struct drv_device *device, uint32_t ssid)
{
    const uint32_t index = ssid >> CD_TABLE_LOG2;
    struct drv *drv = device->drv;
    struct dsm_cdtab *table = &device->cdtab;
    uint64_t l1cd;
    int err = drv->port.alloc(drv->port.ctx, DSM_L2_BYTES, SIM_S_CD, &table->l2[index]);

    if (err)
        return err;
    l1cd = table->l2[index];
    smmu_L1CD_put_V(&l1cd, 1);
    if (drv->policy->is_short)
        err = dsm_barrier(drv, SIM_BARRIER_WRITE);
    if (!err)
        err = dsm_store(drv, SIM_S_L1CD, table->pa + (uint64_t)index * L1_BYTES, l1cd);
    if (err || (drv->policy->is_short && !dsm_has_cdtab_in_ste(device)))
        return err;
    return dsm_cfgi_cd(device, ssid, false);
}

int dsm_cd_alloc(struct drv_device *device, uint32_t ssid)
{
    struct dsm_cdtab *table = &device->cdtab;
    int err = 0;

    if (!table->pa)
        err = table_alloc(device);
    if (err) {
        free(table->l2);
        *table = (struct dsm_cdtab){0};
        return err;
    }
    if (!table->is_two_level || table->l2[ssid >> CD_TABLE_LOG2])
        return 0;
    return l2_alloc(device, ssid);
}

void dsm_cdtab_free(struct drv_device *device)
{
    struct dsm_cdtab *table = &device->cdtab;

    for (uint32_t i = 0; table->l2 && i < table->n_l1; i++) {
        if (table->l2[i])
            dsm_free(device->drv, table->l2[i], DSM_L2_BYTES);
    }
    if (table->pa)
        dsm_free(device->drv, table->pa, dsm_cdtab_bytes(table));
    free(table->l2);
    *table = (struct dsm_cdtab){0};
}

/* ---- CDs ---- */

/* A short driver says nothing about CDs that the STE does not lead to. */
static bool is_reachable(struct drv_device *device)
{
    return !device->drv->policy->is_short || dsm_has_cdtab_in_ste(device);
}

bool dsm_cd(struct drv_device *device, uint32_t ssid, struct dsm_entry *entry)
{
    const struct dsm_cdtab *table = &device->cdtab;
    uint64_t pa = table->pa + (uint64_t)ssid * DSM_ENTRY_BYTES;

    if (!table->pa)
        return false;
    if (table->is_two_level) {
        if (!table->l2[ssid >> CD_TABLE_LOG2])
            return false;
        pa = table->l2[ssid >> CD_TABLE_LOG2] +
             (uint64_t)(ssid & (DSM_L2_CDS - 1)) * DSM_ENTRY_BYTES;
    }
    *entry = (struct dsm_entry){.device = device,
                                .structure = SIM_S_CD,
                                .ssid = ssid,
                                .pa = pa,
                                .is_reachable = is_reachable(device)};
    return true;
}

int dsm_cd_write(struct drv_device *device, uint32_t ssid, const uint64_t *target)
{
    struct dsm_entry entry;

    return dsm_cd(device, ssid, &entry) ? dsm_entry_write(&entry, target) : -ENOENT;
}

int dsm_cd_clear(struct drv_device *device, uint32_t ssid)
{
    const uint64_t off[DSM_WORDS] = {0};
    struct dsm_entry entry;

    if (!dsm_cd(device, ssid, &entry))
        return 0;
    if (device->drv->policy->is_short && !entry.is_reachable)
        return 0; /* nobody sees it; the next attach overwrites it */
    return dsm_entry_write(&entry, off);
}
