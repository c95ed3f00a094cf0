/* SPDX-License-Identifier: BSD-2-Clause
 * drv_smmuv3_swap.c - a table in the place of a table: what no order of stores to an entry changes
 * without a gap, one store of a pointer does.
 * Knows: tables of STEs and CDs, what leads to them. Must not know: what entries say. */
#include "kernel-glue/drivers/drv_smmuv3.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

struct copy {
    uint64_t from, to, n_bytes;
    uint64_t skip, n_skip; /* bytes in the middle that get other words */
    uint8_t structure;
};

/* New memory is 0 already. */
static int copy(struct drv *drv, const struct copy *copy)
{
    int err = 0;

    for (uint64_t at = 0; !err && at < copy->n_bytes; at += sizeof(uint64_t)) {
        const uint64_t word = drv->port.load(drv->port.ctx, copy->from + at);

        if (word && at - copy->skip >= copy->n_skip)
            err = dsm_store(drv, copy->structure, copy->to + at, word);
    }
    return err;
}

/* ---- CDs: STE.S1ContextPtr ---- */

/* Of a table of two levels, the part that is going to change. */
static int clone_l2(struct drv_device *device, uint32_t index, const struct dsm_cdtab *old)
{
    struct drv *drv = device->drv;
    struct dsm_cdtab *table = &device->cdtab;
    struct copy part = {.from = old->l2[index], .n_bytes = DSM_L2_BYTES, .structure = SIM_S_CD};
    uint64_t l1cd;
    int err;

    table->l2 = calloc(table->n_l1, sizeof(*table->l2));
    if (!table->l2)
        return -ENOMEM;
    memcpy(table->l2, old->l2, table->n_l1 * sizeof(*table->l2));
    err = drv->port.alloc(drv->port.ctx, DSM_L2_BYTES, SIM_S_CD, &part.to);
    if (err) {
        free(table->l2);
        return err;
    }
    table->l2[index] = part.to;
    err = copy(drv, &part);
    l1cd = part.to;
    smmu_L1CD_put_V(&l1cd, 1);
    return err ? err : dsm_store(drv, SIM_S_L1CD, table->pa + (uint64_t)index * DSM_L1_BYTES, l1cd);
}

int dsm_cdtab_clone(struct drv_device *device, uint32_t ssid, struct dsm_cdtab *old)
{
    struct drv *drv = device->drv;
    struct dsm_cdtab *table = &device->cdtab;
    const uint32_t index = ssid >> DSM_L2_CDS_LOG2;
    struct copy top = {.from = table->pa,
                       .n_bytes = dsm_cdtab_bytes(table),
                       .structure = table->is_two_level ? SIM_S_L1CD : SIM_S_CD};
    int err = drv->port.alloc(drv->port.ctx, top.n_bytes, top.structure, &top.to);

    if (err)
        return err;
    if (table->is_two_level) {
        top.skip = (uint64_t)index * DSM_L1_BYTES;
        top.n_skip = DSM_L1_BYTES;
    }
    *old = *table;
    table->pa = top.to;
    err = copy(drv, &top);
    if (!err && table->is_two_level)
        err = clone_l2(device, index, old);
    if (err) {
        drv->port.free(drv->port.ctx, table->pa, top.n_bytes);
        *table = *old;
        old->pa = 0;
    }
    return err;
}

void dsm_cdtab_drop(struct drv_device *device, struct dsm_cdtab *table, uint32_t ssid)
{
    if (table->is_two_level)
        dsm_free(device->drv, table->l2[ssid >> DSM_L2_CDS_LOG2], DSM_L2_BYTES);
    dsm_free(device->drv, table->pa, dsm_cdtab_bytes(table));
    free(table->l2);
    *table = (struct dsm_cdtab){0};
}

/* ---- STEs: L1STD.L2Ptr ---- */

static int fill(struct drv_device *device, uint64_t table, const uint64_t *target)
{
    struct drv *drv = device->drv;
    const uint64_t old = drv->l2[device->info.requester >> DSM_SPLIT];
    const uint64_t at = dsm_ste(device).pa - old;
    const struct copy all = {.from = old,
                             .to = table,
                             .n_bytes = DSM_ENTRY_BYTES << DSM_SPLIT,
                             .skip = at,
                             .n_skip = DSM_ENTRY_BYTES,
                             .structure = SIM_S_STE};
    int err = copy(drv, &all);

    for (uint32_t i = 0; !err && i < DSM_WORDS; i++) {
        if (target[i])
            err = dsm_store(drv, SIM_S_STE, table + at + i * sizeof(*target), target[i]);
    }
    return err ? err : dsm_barrier(drv, SIM_BARRIER_WRITE);
}

/* All entries below the L1STD go: of another device a part may be cached that was read from the old
 * table, whose memory may come back as the next one. */
static int switch_to(struct drv_device *device, uint64_t table)
{
    const uint32_t index = device->info.requester >> DSM_SPLIT;
    const int err = dsm_l1std_store(device->drv, index, table);
    uint64_t cmd[2];

    device->drv->l2[index] = table;
    dsm_cmd(cmd, SMMU_CMD_CFGI_STE_RANGE);
    smmu_CFGI_STE_RANGE_put_SID(cmd, index << DSM_SPLIT);
    smmu_CFGI_STE_RANGE_put_Range(cmd, DSM_SPLIT - 1);
    return err ? err : dsm_issue_one(device->drv, cmd, true);
}

int dsm_strtab_swap(struct drv_device *device, const uint64_t *target)
{
    struct drv_port *port = &device->drv->port;
    const uint64_t n_bytes = DSM_ENTRY_BYTES << DSM_SPLIT;
    const uint64_t old = device->drv->l2[device->info.requester >> DSM_SPLIT];
    uint64_t table;
    int err = port->alloc(port->ctx, n_bytes, SIM_S_STE, &table);

    if (err)
        return err;
    err = fill(device, table, target);
    if (!err)
        err = switch_to(device, table);
    if (err)
        (void)switch_to(device, old);
    dsm_free(device->drv, err ? table : old, n_bytes);
    return err;
}
