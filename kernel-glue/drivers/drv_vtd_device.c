/* SPDX-License-Identifier: BSD-2-Clause
 * drv_vtd_device.c - a device's way through the tables: root, context, PASID directory.
 * Knows: those tables. Must not know: domains' page tables. */
#include "kernel-glue/drivers/drv_vtd_private.h"

#include <stdlib.h>

enum {
    ROOT_BYTES = 16,
    LEGACY_BYTES = 16,
    SCALABLE_BYTES = 32,
    HALF = 128, /* devices of a bus that share a context table in scalable mode */
    TABLE_ENTRIES = 64,
    PASID_BYTES = 64,
    MIN_DIRECTORY_LOG2 = 7, /* entries, with PDTS = 0 */
};

/* ---- where entries are ---- */

/* The root entry's word that has the context table, and its bit for "there is one". */
int dvtd_context_at(struct drv *drv, const struct drv_device *device, uint64_t *pa)
{
    const uint32_t bus = device->info.requester >> 8 & 0xff;
    const uint32_t devfn = device->info.requester & 0xff;
    const bool is_upper = drv->is_scalable && devfn >= HALF;
    const uint64_t root =
        drv->root + UINT64_C(1) * bus * ROOT_BYTES + (is_upper ? (uint64_t)DVTD_ENTRY : 0);
    uint64_t word = dvtd_load(drv, root);
    uint64_t table = 0;

    if (!vtd_ROOT_LEGACY_P(&word)) {
        const int err = dvtd_alloc(drv, DVTD_PAGE, drv->is_coherent, &table);

        if (err)
            return err;
        word = table;
        vtd_ROOT_LEGACY_put_P(&word, 1);
        dvtd_store(drv, SIM_S_ROOT, root, word);
        dvtd_flush_table(drv, root, DVTD_ENTRY);
    }
    *pa = vtd_ROOT_LEGACY_CTP_addr(&word) + (drv->is_scalable
                                                 ? UINT64_C(1) * (devfn % HALF) * SCALABLE_BYTES
                                                 : UINT64_C(1) * devfn * LEGACY_BYTES);
    return 0;
}

int dvtd_pasid_at(struct drv *drv, const struct drv_device *device, uint32_t pasid, uint64_t *pa)
{
    const uint64_t at = device->directory + UINT64_C(1) * (pasid / TABLE_ENTRIES) * DVTD_ENTRY;
    uint64_t word = dvtd_load(drv, at);
    uint64_t table = 0;

    if (!vtd_PASID_DIR_P(&word)) {
        const int err = dvtd_alloc(drv, DVTD_PAGE, drv->is_coherent, &table);

        if (err)
            return err;
        word = table;
        vtd_PASID_DIR_put_P(&word, 1);
        dvtd_store(drv, SIM_S_PASID_DIR, at, word);
        dvtd_flush_table(drv, at, DVTD_ENTRY);
    }
    *pa = vtd_PASID_DIR_SMPTBLPTR_addr(&word) + UINT64_C(1) * (pasid % TABLE_ENTRIES) * PASID_BYTES;
    return 0;
}

int dvtd_att_at(struct drv *drv, const struct drv_device *device, uint32_t pasid, uint64_t *pa)
{
    return drv->is_scalable ? dvtd_pasid_at(drv, device, pasid, pa)
                            : dvtd_context_at(drv, device, pa);
}

/* ---- scalable mode: the context entry ---- */

/* The directory is as large as the whole pages that hold its entries. */
static int make_directory(struct drv *drv, struct drv_device *device)
{
    const bool has_pasids = device->info.pasid_bits && vtd_ECAP_PASID(&drv->ecap);
    const uint32_t wanted =
        has_pasids ? (UINT32_C(1) << device->info.pasid_bits) / TABLE_ENTRIES * DVTD_ENTRY : 0;

    device->directory_bytes = DVTD_PAGE;
    while (device->directory_bytes < wanted)
        device->directory_bytes *= 2;
    device->pasid_end = device->directory_bytes / DVTD_ENTRY * TABLE_ENTRIES;
    return dvtd_alloc(drv, device->directory_bytes, drv->is_coherent, &device->directory);
}

static uint64_t pdts_of(const struct drv_device *device)
{
    uint64_t pdts = 0;

    while (device->pasid_end / TABLE_ENTRIES >> (MIN_DIRECTORY_LOG2 + pdts) > 1)
        pdts++;
    return pdts;
}

bool dvtd_may_ats(const struct drv *drv, const struct drv_device *device)
{
    return device->info.flags & DRV_ATS && vtd_ECAP_DT(&drv->ecap);
}

static bool may_pri(const struct drv *drv, const struct drv_device *device)
{
    return dvtd_may_ats(drv, device) && device->info.flags & DRV_PRI && vtd_ECAP_PRS(&drv->ecap) &&
           vtd_ECAP_PDS(&drv->ecap);
}

static void put_context(struct drv *drv, uint64_t pa, const uint64_t *words, unsigned word)
{
    dvtd_store(drv, SIM_S_CTX, pa + UINT64_C(1) * word * DVTD_ENTRY, words[word]);
}

static void fill_context(struct drv *drv, const struct drv_device *device, uint64_t pa)
{
    uint64_t words[VTD_WORDS_CTX] = {0};

    put_context(drv, pa, words, 0);
    put_context(drv, pa, words, 1);
    vtd_CTX_put_PASIDDIRPTR(words, device->directory >> DVTD_PAGE_LOG2);
    vtd_CTX_put_PDTS(words, pdts_of(device));
    put_context(drv, pa, words, 0);
    put_context(drv, pa, words, 1); /* RID_PASID is 0 */
    vtd_CTX_put_DTE(words, dvtd_may_ats(drv, device));
    vtd_CTX_put_PASIDE(words, device->info.pasid_bits && vtd_ECAP_PASID(&drv->ecap));
    vtd_CTX_put_PRE(words, may_pri(drv, device) && drv->policy->has_pre_from_start);
    put_context(drv, pa, words, 0);
    dvtd_barrier(drv);
    vtd_CTX_put_P(words, 1);
    put_context(drv, pa, words, 0);
    dvtd_flush_table(drv, pa, LEGACY_BYTES);
}

static int add_scalable(struct drv *drv, struct drv_device *device)
{
    struct dvtd_batch batch;
    uint64_t pa;
    int err = make_directory(drv, device);

    if (!err)
        err = dvtd_context_at(drv, device, &pa);
    if (err)
        return err;
    fill_context(drv, device, pa);
    dvtd_batch_init(&batch, drv);
    if (vtd_CAP_CM(&drv->cap)) {
        dvtd_context_inv(&batch, VTD_CC_INV_G_device, 0, device->info.requester);
        dvtd_batch_step(&batch);
        dvtd_iotlb_inv(&batch, VTD_IOTLB_INV_G_domain, 0);
        dvtd_batch_run(&batch);
    } else if (drv->policy->is_hitless) {
        dvtd_write_buffer(drv); /* Linux does not */
    }
    if (drv->policy->keeps_ats && dvtd_may_ats(drv, device))
        dvtd_set_ats(drv, device, true, may_pri(drv, device) && drv->policy->has_pre_from_start);
    return dvtd_take_error(drv);
}

/* What is left of a context entry's translations in the device and in the unit. */
static void flush_context(struct drv *drv, const struct drv_device *device)
{
    struct dvtd_batch batch;

    dvtd_batch_init(&batch, drv);
    dvtd_context_inv(&batch, VTD_CC_INV_G_device, 0, device->info.requester);
    dvtd_batch_step(&batch);
    if (device->is_ats_on)
        dvtd_devtlb(&batch, device, 0, 0, DVTD_ALL_PAGES);
    dvtd_batch_run(&batch);
}

void dvtd_allow_page_requests(struct drv *drv, struct drv_device *device, bool is_on)
{
    uint64_t pa, word;

    if (drv->policy->has_pre_from_start || !may_pri(drv, device) || device->is_pri_on == is_on ||
        (is_on && !device->is_ats_on) || dvtd_context_at(drv, device, &pa))
        return;
    word = dvtd_load(drv, pa);
    vtd_CTX_put_PRE(&word, is_on);
    dvtd_store(drv, SIM_S_CTX, pa, word);
    dvtd_flush_table(drv, pa, LEGACY_BYTES);
    flush_context(drv, device);
    dvtd_set_ats(drv, device, device->is_ats_on, is_on);
}

/* ---- coming and going ---- */

static void free_pasid_tables(struct drv *drv, const struct drv_device *device)
{
    for (uint64_t at = 0; at < device->directory_bytes; at += DVTD_ENTRY) {
        const uint64_t word = dvtd_load(drv, device->directory + at);

        if (vtd_PASID_DIR_P(&word))
            drv->port.free(drv->port.ctx, vtd_PASID_DIR_SMPTBLPTR_addr(&word), DVTD_PAGE);
    }
    drv->port.free(drv->port.ctx, device->directory, device->directory_bytes);
}

static void remove_context(struct drv *drv, struct drv_device *device)
{
    uint64_t pa, word;

    if (!device->directory)
        return;
    if (dvtd_context_at(drv, device, &pa))
        return;
    word = dvtd_load(drv, pa);
    if (vtd_CTX_P(&word)) {
        vtd_CTX_put_P(&word, 0);
        dvtd_store(drv, SIM_S_CTX, pa, word);
        dvtd_barrier(drv);
        dvtd_flush_table(drv, pa, LEGACY_BYTES);
        flush_context(drv, device);
        dvtd_store(drv, SIM_S_CTX, pa, 0);
        dvtd_store(drv, SIM_S_CTX, pa + DVTD_ENTRY, 0);
        dvtd_flush_table(drv, pa, LEGACY_BYTES);
    }
    dvtd_set_ats(drv, device, false, false);
    free_pasid_tables(drv, device);
    device->directory = 0;
}

/* Everything is detached before the device goes: entries must be gone before their tables. */
static void detach_all(struct drv *drv, struct drv_device *device)
{
    struct drv_domain blocked = {.spec = {.kind = DRV_BLOCKED}};

    while (device->atts) {
        const uint32_t pasid = device->atts->pasid;

        (void)dvtd_attach(drv, device, pasid ? pasid : DRV_NO_PASID, &blocked);
        if (device->atts && device->atts->pasid == pasid) { /* no wait ended: hardware is gone */
            dvtd_att_unlink(device->atts);
            dvtd_att_free(device->atts);
        }
    }
}

static void forget(struct drv *drv, struct drv_device *device)
{
    struct drv_device **link = &drv->devices;

    while (*link && *link != device)
        link = &(*link)->next;
    if (*link)
        *link = device->next;
    free(device);
}

int dvtd_device_add(struct drv *drv, const struct drv_device_info *info, struct drv_domain *first,
                    struct drv_device **device)
{
    struct drv_device *new;
    int err = 0;

    /* PCI: a requester-id is bus, device and function; a PASID has 20 bits. */
    if (info->requester > UINT16_MAX || info->pasid_bits > 20)
        return -ERANGE;
    new = calloc(1, sizeof(*new));
    if (!new)
        return -ENOMEM;
    new->info = *info;
    new->next = drv->devices;
    drv->devices = new;
    if (dvtd_may_ats(drv, new))
        dvtd_tell_ats(drv, new);
    if (drv->is_scalable)
        err = add_scalable(drv, new);
    if (!err && first && first->spec.kind != DRV_BLOCKED)
        err = dvtd_attach(drv, new, DRV_NO_PASID, first);
    if (err) {
        dvtd_device_remove(drv, new);
        return err;
    }
    *device = new;
    return 0;
}

void dvtd_device_remove(struct drv *drv, struct drv_device *device)
{
    detach_all(drv, device);
    if (drv->is_scalable)
        remove_context(drv, device);
    (void)dvtd_take_error(drv);
    forget(drv, device);
}
