/* SPDX-License-Identifier: BSD-2-Clause
 * iofd_device.c - devices and their groups: who is there, what hardware has for them.
 * Knows: members of a group, domains. Must not know: address spaces, page tables' contents. */
#include "kernel-glue/objects/iofd_private.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

/* ---- what is attached ---- */

struct iofd_attach *iofd_attach_of(const struct iofd_group *group, uint32_t pasid)
{
    for (uint32_t i = 0; i < group->n_attaches; i++) {
        if (group->attaches[i].pasid == pasid)
            return &group->attaches[i];
    }
    return NULL;
}

bool iofd_device_has(const struct iofd_device *device, uint32_t pasid)
{
    for (uint32_t i = 0; i < device->n_pasids; i++) {
        if (device->pasids[i] == pasid)
            return true;
    }
    return false;
}

/* Nothing is left to fail once hardware has switched: the places come before. */
int iofd_place_add(struct iofd *fd, struct iofd_device *device, uint32_t pasid,
                   struct iofd_attach **attach)
{
    struct iofd_group *group = device->group;

    if (!iofd_grow(fd, &device->pasids, device->n_pasids, &device->pasids_room,
                   sizeof(*device->pasids)))
        return -ENOMEM;
    *attach = iofd_attach_of(group, pasid);
    if (!*attach) {
        if (!iofd_grow(fd, &group->attaches, group->n_attaches, &group->attaches_room,
                       sizeof(*group->attaches)))
            return -ENOMEM;
        *attach = &group->attaches[group->n_attaches++];
        **attach = (struct iofd_attach){.pasid = pasid};
    }
    (*attach)->n_devices++;
    device->pasids[device->n_pasids++] = pasid;
    device->obj.users++;
    return 0;
}

/* Return: was it the last member that had it? */
bool iofd_place_remove(struct iofd_device *device, uint32_t pasid)
{
    struct iofd_group *group = device->group;
    struct iofd_attach *attach = iofd_attach_of(group, pasid);
    uint32_t i = 0;

    while (device->pasids[i] != pasid)
        i++;
    device->pasids[i] = device->pasids[--device->n_pasids];
    device->obj.users--;
    if (--attach->n_devices)
        return false;
    *attach = group->attaches[--group->n_attaches];
    return true;
}

/* ---- hardware ---- */

static int switch_one(struct iofd *fd, const struct iofd_device *device, uint32_t pasid,
                      struct drv_domain *to)
{
    return fd->config.ops->attach(fd->config.drv, device->device, pasid, to);
}

/* A driver may have changed the device that fails already: it is attached to the old table again,
 * like those before it. (The kernel's core does so without a PASID only.) */
static void switch_back(struct iofd *fd, const struct iofd_group *group, uint32_t last,
                        uint32_t pasid, struct drv_domain *from)
{
    for (uint32_t i = 0; i <= last; i++)
        (void)switch_one(fd, group->members[i], pasid, from);
}

/* There is nothing to go back to, and what the devices used goes next: the others are not spared
 * because one fails, and that one is asked again. */
static int switch_surely(struct iofd *fd, const struct iofd_group *group, uint32_t pasid,
                         struct drv_domain *to)
{
    int result = 0;

    for (uint32_t i = 0; i < group->n_members; i++) {
        int err = switch_one(fd, group->members[i], pasid, to);

        if (err)
            err = switch_one(fd, group->members[i], pasid, to);
        result = err ? err : result;
    }
    return result;
}

int iofd_switch(struct iofd *fd, struct iofd_group *group, uint32_t pasid, struct drv_domain *to,
                struct drv_domain *from)
{
    if (to == from)
        return switch_surely(fd, group, pasid, to);
    for (uint32_t i = 0; i < group->n_members; i++) {
        const int err = switch_one(fd, group->members[i], pasid, to);

        if (err) {
            switch_back(fd, group, i, pasid, from);
            return err;
        }
    }
    return 0;
}

/* ---- groups ---- */

static struct iofd_group *find_group(struct iofd *fd, uint32_t number)
{
    for (uint32_t i = 0; number != IOFD_NO_GROUP && i < fd->n_groups; i++) {
        if (fd->groups[i]->number == number)
            return fd->groups[i];
    }
    return NULL;
}

static struct iofd_group *join(struct iofd *fd, struct iofd_device *device)
{
    struct iofd_group *group = find_group(fd, device->info.group);

    if (!group) {
        group = fd->n_groups < IOFD_MAX_GROUPS ? iofd_zalloc(fd, sizeof(*group)) : NULL;
        if (!group)
            return NULL;
        group->number = device->info.group;
        fd->groups[fd->n_groups++] = group;
    }
    if (group->n_members == IOFD_MAX_MEMBERS)
        return NULL;
    group->members[group->n_members++] = device;
    return group;
}

static void leave(struct iofd *fd, const struct iofd_device *device)
{
    struct iofd_group *group = device->group;
    uint32_t i = 0;

    while (group->members[i] != device)
        i++;
    memmove(&group->members[i], &group->members[i + 1],
            (--group->n_members - i) * sizeof(struct iofd_device *));
    if (group->n_members)
        return;
    for (i = 0; fd->groups[i] != group; i++)
        continue;
    fd->groups[i] = fd->groups[--fd->n_groups];
    free(group->attaches);
    free(group);
}

/* ---- binding ---- */

static bool is_bound(const struct iofd *fd, uint32_t dev)
{
    for (uint32_t i = 0; i < fd->n_objects; i++) {
        const struct iofd_device *device = iofd_object(fd, i + 1, IOFD_DEVICE);

        if (device && device->info.drv.dev == dev)
            return true;
    }
    return false;
}

/* A device that joins a group which is in use already gets what the others have. */
static struct drv_domain *domain_for(const struct iofd *fd, const struct iofd_device *device)
{
    const struct iofd_attach *attach = iofd_attach_of(device->group, IOFD_NO_PASID);

    return attach ? attach->hwpt->domain : fd->blocked;
}

static struct drv_domain *default_of(const struct iofd *fd, const struct iofd_device *device)
{
    return device->info.default_kind == DRV_IDENTITY ? fd->identity : fd->blocked;
}

/* The driver has it from the machine's boot on, or from an earlier user. */
static int make_known(struct iofd *fd, struct iofd_device *device)
{
    struct iofd_known known = {.dev = device->info.drv.dev};
    int err;

    for (uint32_t i = 0; i < fd->n_known; i++) {
        if (fd->known[i].dev == known.dev) {
            device->device = fd->known[i].device;
            return 0;
        }
    }
    if (!iofd_grow(fd, &fd->known, fd->n_known, &fd->known_room, sizeof(known)))
        return -ENOMEM;
    err = fd->config.ops->device_add(fd->config.drv, &device->info.drv, default_of(fd, device),
                                     &known.device);
    if (err)
        return err;
    fd->known[fd->n_known++] = known;
    device->device = known.device;
    return 0;
}

static int bring_up(struct iofd *fd, struct iofd_device *device)
{
    const int err = make_known(fd, device);

    return err ? err : switch_one(fd, device, IOFD_NO_PASID, domain_for(fd, device));
}

int iofd_bind(struct iofd *fd, const struct iofd_device_info *info, uint32_t *id)
{
    struct iofd_device *device;
    int err;

    if (is_bound(fd, info->drv.dev))
        return -EBUSY;
    device = iofd_object_new(fd, sizeof(*device), IOFD_DEVICE);
    if (!device)
        return -ENOMEM;
    device->info = *info;
    device->label = info->drv.dev;
    device->group = join(fd, device);
    err = device->group ? bring_up(fd, device) : -ENOMEM;
    if (err) {
        if (device->group)
            leave(fd, device);
        iofd_object_free(fd, &device->obj);
        return err;
    }
    *id = device->obj.id;
    return 0;
}

/* The kernel takes it back, to its default domain. */
void iofd_device_drop(struct iofd *fd, struct iofd_device *device)
{
    if (device->info.default_kind == DRV_IDENTITY)
        (void)switch_one(fd, device, IOFD_NO_PASID, fd->identity);
    leave(fd, device);
    free(device->pasids);
    free(device->names);
    iofd_object_free(fd, &device->obj);
}

/* ---- what a user asks for ---- */

uint32_t iofd_attached(const struct iofd *fd, uint32_t id, uint32_t pasid)
{
    const struct iofd_device *device = iofd_object(fd, id, IOFD_DEVICE);
    const struct iofd_access *access = iofd_object(fd, id, IOFD_ACCESS);
    const struct iofd_attach *attach;

    if (access)
        return access->ioas ? access->ioas->obj.id : 0;
    if (!device || !iofd_device_has(device, pasid))
        return 0;
    attach = iofd_attach_of(device->group, pasid);
    return attach->hwpt ? attach->hwpt->obj.id : attach->process->obj.id;
}

int iofd_attach(struct iofd *fd, uint32_t id, uint32_t pasid, uint32_t table)
{
    struct iofd_device *device = iofd_object(fd, id, IOFD_DEVICE);
    struct iofd_access *access = iofd_object(fd, id, IOFD_ACCESS);

    if (access)
        return iofd_access_attach(fd, access, table, false);
    return device ? iofd_device_attach(fd, device, pasid, table) : -ENOENT;
}

int iofd_replace(struct iofd *fd, uint32_t id, uint32_t pasid, uint32_t table)
{
    struct iofd_device *device = iofd_object(fd, id, IOFD_DEVICE);
    struct iofd_access *access = iofd_object(fd, id, IOFD_ACCESS);

    if (access)
        return iofd_access_attach(fd, access, table, true);
    return device ? iofd_device_replace(fd, device, pasid, table) : -ENOENT;
}

int iofd_detach(struct iofd *fd, uint32_t id, uint32_t pasid)
{
    struct iofd_device *device = iofd_object(fd, id, IOFD_DEVICE);
    struct iofd_access *access = iofd_object(fd, id, IOFD_ACCESS);

    if (access)
        return iofd_access_detach(fd, access);
    return device ? iofd_device_detach(fd, device, pasid) : -ENOENT;
}
