/* SPDX-License-Identifier: BSD-2-Clause
 * iofd_guest.c - what a virtual machine's IOMMU asks for: tables of the guest by their address,
 * invalidations, names of devices and PASIDs that only the guest uses.
 * Knows: which words a guest's configuration and commands have. Must not know: what a guest may
 * say in them (the driver decides), the host's tables. */
#include "kernel-glue/objects/iofd_private.h"
#include "models/smmuv3/smmu_layout.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#define VTD_INVALIDATE_WORDS 3u
#define SMMU_INVALIDATE_WORDS 2u
#define GUEST_LEVELS 4u

/* ---- names of devices ---- */

struct iofd_device *iofd_by_label(const struct iofd *fd, uint32_t label)
{
    for (uint32_t i = 0; i < fd->n_objects; i++) {
        struct iofd_device *device = iofd_object(fd, i + 1, IOFD_DEVICE);

        if (device && device->label == label)
            return device;
    }
    return NULL;
}

int iofd_label(struct iofd *fd, uint32_t id, uint32_t label)
{
    struct iofd_device *device = iofd_object(fd, id, IOFD_DEVICE);
    const struct iofd_device *other = iofd_by_label(fd, label);

    if (!device)
        return -ENOENT;
    if (other && other != device)
        return -EEXIST;
    device->label = label;
    return 0;
}

/* ---- names of PASIDs ---- */

int iofd_pasid_name(struct iofd *fd, uint32_t id, uint32_t guest, uint32_t host)
{
    struct iofd_device *device = iofd_object(fd, id, IOFD_DEVICE);
    uint32_t i = 0;

    if (!device)
        return -ENOENT;
    if (host != IOFD_NO_PASID && host >> device->info.drv.pasid_bits)
        return -EINVAL;
    while (i < device->n_names && device->names[i].guest != guest)
        i++;
    if (host == IOFD_NO_PASID) {
        if (i == device->n_names)
            return -ENOENT;
        device->names[i] = device->names[--device->n_names];
        return 0;
    }
    if (i == device->n_names) {
        if (!iofd_grow(fd, &device->names, device->n_names, &device->names_room,
                       sizeof(*device->names)))
            return -ENOMEM;
        device->n_names++;
    }
    device->names[i] = (struct iofd_name){guest, host};
    return 0;
}

uint32_t iofd_pasid_host(const struct iofd *fd, uint32_t id, uint32_t guest)
{
    const struct iofd_device *device = iofd_object(fd, id, IOFD_DEVICE);

    for (uint32_t i = 0; device && i < device->n_names; i++) {
        if (device->names[i].guest == guest)
            return device->names[i].host;
    }
    return guest;
}

uint32_t iofd_pasid_guest(const struct iofd *fd, uint32_t id, uint32_t host)
{
    const struct iofd_device *device = iofd_object(fd, id, IOFD_DEVICE);

    for (uint32_t i = 0; device && i < device->n_names; i++) {
        if (device->names[i].host == host)
            return device->names[i].guest;
    }
    return host;
}

/* ---- invalidations ---- */

/* A command with a StreamID gets the real one. Return: false: the guest has no such device. */
static bool name_device(const struct iofd *fd, uint64_t *words, struct iofd_device **device)
{
    const uint64_t op = smmu_UNKNOWN_CMD_op(words);
    const bool is_atc = op == SMMU_CMD_ATC_INV;

    if (!is_atc && op != SMMU_CMD_CFGI_CD && op != SMMU_CMD_CFGI_CD_ALL)
        return true;
    *device =
        iofd_by_label(fd, (uint32_t)(is_atc ? smmu_ATC_INV_SID(words) : smmu_CFGI_CD_SID(words)));
    if (!*device)
        return false;
    if (is_atc)
        smmu_ATC_INV_put_SID(words, (*device)->info.drv.requester);
    else
        smmu_CFGI_CD_put_SID(words, (*device)->info.drv.requester);
    return true;
}

/* Return: how many come before the first one that names a device which the guest has not. */
static uint32_t name_devices(const struct iofd *fd, uint64_t *words, uint32_t n,
                             struct iofd_device **device)
{
    uint32_t i = 0;

    while (i < n && name_device(fd, &words[(size_t)SMMU_INVALIDATE_WORDS * i], device))
        i++;
    return i;
}

int iofd_invalidate(struct iofd *fd, uint32_t id, const uint64_t *words, uint32_t n,
                    uint32_t *n_done)
{
    const bool is_vtd = fd->config.ops->arch == SIM_ARCH_VTD;
    const size_t n_words = is_vtd ? VTD_INVALIDATE_WORDS : SMMU_INVALIDATE_WORDS;
    struct iofd_hwpt *hwpt = iofd_hwpt_any(fd, id);
    struct iofd_device *device = NULL;
    uint32_t n_known;
    uint64_t *copy;
    int err = 0;

    *n_done = 0;
    if (!hwpt)
        return -ENOENT;
    if (!hwpt->parent && !(hwpt->flags & IOFD_HWPT_NEST_PARENT))
        return -EINVAL;
    if (!fd->config.ops->invalidate)
        return -EOPNOTSUPP;
    copy = iofd_zalloc(fd, (n + 1) * n_words * sizeof(*copy));
    if (!copy)
        return -ENOMEM;
    memcpy(copy, words, n * n_words * sizeof(*copy));
    n_known = is_vtd ? n : name_devices(fd, copy, n, &device);
    if (n_known)
        err = fd->config.ops->invalidate(fd->config.drv, hwpt->domain,
                                         device ? device->device : NULL, copy, n_known, n_done);
    free(copy);
    return err ? err : n_known < n ? -EIO : 0;
}

/* ---- one nested table for each table of the guest ---- */

static struct iofd_hwpt *find_table(const struct iofd *fd, uint32_t parent, const uint64_t *words)
{
    for (uint32_t i = 0; i < fd->n_objects; i++) {
        struct iofd_hwpt *hwpt = iofd_object(fd, i + 1, IOFD_NESTED);

        if (hwpt && hwpt->n_guest && hwpt->parent->obj.id == parent &&
            memcmp(hwpt->words, words, sizeof(hwpt->words)) == 0)
            return hwpt;
    }
    return NULL;
}

int iofd_guest_table(struct iofd *fd, uint32_t parent, const struct iofd_hwpt_spec *spec,
                     uint32_t *id)
{
    struct iofd_hwpt *hwpt = find_table(fd, parent, spec->words);
    const int err = hwpt ? 0 : iofd_nested_alloc(fd, parent, spec, id);

    if (err)
        return err;
    if (!hwpt)
        hwpt = iofd_object(fd, *id, IOFD_NESTED);
    hwpt->n_guest++;
    hwpt->obj.users++;
    *id = hwpt->obj.id;
    return 0;
}

int iofd_guest_release(struct iofd *fd, uint32_t id)
{
    struct iofd_hwpt *hwpt = iofd_object(fd, id, IOFD_NESTED);

    if (!hwpt || !hwpt->n_guest)
        return -ENOENT;
    if (hwpt->n_guest == 1 && hwpt->obj.users > 1)
        return -EBUSY; /* a device is attached */
    hwpt->n_guest--;
    hwpt->obj.users--;
    if (!hwpt->n_guest)
        iofd_hwpt_drop(fd, hwpt);
    return 0;
}

/* ---- a guest's whole configuration as one call ---- */

static int smmu_words(const struct iofd *fd, const struct iofd_device *device,
                      const struct iofd_guest *guest, uint64_t *words)
{
    smmu_STE_put_V(words, 1);
    if (guest->kind == IOFD_GUEST_ABORT)
        smmu_STE_put_Config(words, SMMU_STE_Config_ABORT);
    else if (guest->kind == IOFD_GUEST_BYPASS)
        smmu_STE_put_Config(words, SMMU_STE_Config_BYPASS);
    if (guest->kind != IOFD_GUEST_TABLE)
        return 0;
    if ((guest->asid_bits != 8 && guest->asid_bits != 16) ||
        guest->asid_bits > fd->config.asid_bits ||
        guest->pasid_bits > device->info.drv.pasid_bits ||
        guest->table & ~smmu_STE_S1ContextPtr_addr(&(uint64_t){UINT64_MAX}))
        return -EINVAL;
    smmu_STE_put_Config(words, SMMU_STE_Config_S1);
    smmu_STE_put_S1CDMax(words, guest->pasid_bits);
    smmu_STE_put_S1Fmt(words, guest->is_two_level ? SMMU_STE_S1Fmt_TWO_4K : SMMU_STE_S1Fmt_LINEAR);
    words[0] |= guest->table;
    if (guest->pasid_bits)
        smmu_STE_put_S1DSS(words, SMMU_STE_S1DSS_SSID0);
    smmu_STE_put_S1CIR(words, 1); /* cached as normal memory is */
    smmu_STE_put_S1COR(words, 1);
    smmu_STE_put_S1CSH(words, 3);
    return 0;
}

static int vtd_words(const struct iofd_guest *guest, uint64_t *words)
{
    if (guest->n_levels != 4 && guest->n_levels != 5)
        return -EINVAL;
    if (guest->table % IOFD_PAGE_BYTES)
        return -EINVAL;
    words[0] = guest->table;
    words[2] = guest->n_levels == 5 ? 57 : 48;
    return 0;
}

/* ---- the stage 1 of a guest that is a process's table ---- */

int iofd_process_words(struct iofd *fd, uint32_t process_id, uint32_t device_id, uint8_t pasid_bits,
                       uint64_t *words)
{
    const struct iofd_device *device = iofd_object(fd, device_id, IOFD_DEVICE);
    struct iofd_guest guest = {.kind = IOFD_GUEST_TABLE,
                               .n_levels = GUEST_LEVELS,
                               .asid_bits = fd->config.asid_bits,
                               .pasid_bits = pasid_bits};
    const struct iofd_process *process;
    int err = iofd_process_root(fd, process_id, device_id, &guest.table);

    if (err)
        return err;
    if (fd->config.ops->arch == SIM_ARCH_VTD)
        return vtd_words(&guest, words);
    if (!fd->config.ops->guest_table)
        return -EOPNOTSUPP;
    process = iofd_object(fd, process_id, IOFD_PROCESS);
    err = fd->config.ops->guest_table(fd->config.drv, process->domain, device->device, pasid_bits,
                                      &guest.table);
    if (!err)
        err = smmu_words(fd, device, &guest, words);
    if (!err && device->info.drv.flags & DRV_ATS)
        smmu_STE_put_EATS(words, SMMU_STE_EATS_FULL);
    return err;
}

/* Where the host has a page of the guest's memory. Return: false: nowhere. */
static bool host_page(const struct iofd_ioas *ioas, uint64_t ipa, uint64_t *pa)
{
    const uint32_t i = iofd_area_at(ioas->areas, ioas->n_areas, ipa);

    if (i == ioas->n_areas || ioas->areas[i].first > ipa)
        return false;
    *pa = ioas->areas[i].pa + (ipa - ioas->areas[i].first);
    return true;
}

int iofd_nested_tell(struct iofd *fd, uint32_t nested_id, uint32_t process_id)
{
    const struct iofd_hwpt *nested = iofd_object(fd, nested_id, IOFD_NESTED);
    const struct iofd_process *process = iofd_object(fd, process_id, IOFD_PROCESS);

    if (!nested || !process)
        return -ENOENT;
    for (uint32_t i = 0; process->is_told && i < process->n_touched; i++) {
        const uint64_t page = process->touched[i];
        const struct iofd_area *area =
            &process->areas[iofd_area_at(process->areas, process->n_areas, page)];
        struct iofd_area told = {
            .first = page, .last = page + (IOFD_PAGE_BYTES - 1), .prot = area->prot};

        if (host_page(nested->parent->ioas, area->pa + (page - area->first), &told.pa))
            iofd_tell_map(fd, nested->name, &told);
    }
    return 0;
}

static int bind_table(struct iofd *fd, uint32_t device, uint32_t pasid, uint32_t table)
{
    return iofd_attached(fd, device, pasid) ? iofd_replace(fd, device, pasid, table)
                                            : iofd_attach(fd, device, pasid, table);
}

/* The new table is there before the old one goes, and stays if the switch fails. */
static int bind_nested(struct iofd *fd, uint32_t device, uint32_t pasid, uint32_t parent,
                       const struct iofd_hwpt_spec *spec)
{
    const uint32_t old = iofd_attached(fd, device, pasid);
    const struct iofd_hwpt *before = iofd_object(fd, old, IOFD_NESTED);
    const bool is_guest = before && before->n_guest;
    uint32_t table;
    int err = iofd_guest_table(fd, parent, spec, &table);

    if (err)
        return err;
    err = bind_table(fd, device, pasid, table);
    if (err || old == table)
        (void)iofd_guest_release(fd, table);
    else if (is_guest)
        (void)iofd_guest_release(fd, old);
    return err;
}

/* VT-d has no entry of a guest that says abort or bypass: the host's own domains do that. */
static int bind_plain(struct iofd *fd, uint32_t device, uint32_t pasid, uint32_t parent,
                      enum iofd_guest_kind kind)
{
    const uint32_t old = iofd_attached(fd, device, pasid);
    const struct iofd_hwpt *before = iofd_object(fd, old, IOFD_NESTED);
    const bool is_guest = before && before->n_guest;
    int err = 0;

    if (kind == IOFD_GUEST_BYPASS)
        err = bind_table(fd, device, pasid, parent);
    else if (old)
        err = iofd_detach(fd, device, pasid);
    if (!err && is_guest)
        (void)iofd_guest_release(fd, old);
    return err;
}

int iofd_guest_bind(struct iofd *fd, uint32_t device_id, uint32_t pasid, uint32_t parent,
                    const struct iofd_guest *guest)
{
    const struct iofd_device *device = iofd_object(fd, device_id, IOFD_DEVICE);
    const bool is_vtd = fd->config.ops->arch == SIM_ARCH_VTD;
    struct iofd_hwpt_spec spec = {.device = device_id};
    int err;

    if (!device)
        return -ENOENT;
    if (is_vtd && guest->kind != IOFD_GUEST_TABLE)
        return bind_plain(fd, device_id, pasid, parent, guest->kind);
    if (!is_vtd && pasid != IOFD_NO_PASID)
        return -EINVAL; /* its PASIDs are in its own table */
    err = is_vtd ? vtd_words(guest, spec.words) : smmu_words(fd, device, guest, spec.words);
    return err ? err : bind_nested(fd, device_id, pasid, parent, &spec);
}
