/* SPDX-License-Identifier: BSD-2-Clause
 * iofd.c - the context: objects by number, who may go and when.
 * Knows: kinds of objects, memory. Must not know: what any of them does. */
#include "kernel-glue/objects/iofd_private.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#define FIRST_NAME UINT64_C(0x100) /* of domains in records */

/* ---- memory ---- */

static bool may_alloc(const struct iofd *fd)
{
    return !fd->config.may_alloc || fd->config.may_alloc(fd->config.ctx);
}

void *iofd_zalloc(struct iofd *fd, size_t n_bytes)
{
    return may_alloc(fd) ? calloc(1, n_bytes) : NULL;
}

/* @at: a pointer to elements of whatever type. */
static void set_pointer(void *at, void *pointer)
{
    memcpy(at, &pointer, sizeof(pointer));
}

bool iofd_grow(struct iofd *fd, void *array, uint32_t n, uint32_t *room, size_t n_bytes)
{
    const uint32_t wanted = *room ? *room * 2 : 4;
    void *now, *grown;

    if (n < *room)
        return true;
    if (!may_alloc(fd))
        return false;
    memcpy(&now, array, sizeof(now));
    grown = realloc(now, wanted * n_bytes);
    if (!grown)
        return false;
    set_pointer(array, grown);
    *room = wanted;
    return true;
}

/* ---- one at a time ---- */

int iofd_lock(struct iofd *fd, struct iofd_lock *lock)
{
    while (lock->is_held) {
        if (!fd->config.yield)
            return -EBUSY;
        fd->config.yield(fd->config.ctx);
    }
    lock->is_held = true;
    return 0;
}

void iofd_unlock(struct iofd_lock *lock)
{
    lock->is_held = false;
}

/* ---- objects ---- */

void *iofd_object_new(struct iofd *fd, size_t n_bytes, enum iofd_kind kind)
{
    struct iofd_obj *obj;

    if (!iofd_grow(fd, &fd->objects, fd->n_objects, &fd->objects_room, sizeof(*fd->objects)))
        return NULL;
    obj = iofd_zalloc(fd, n_bytes);
    if (!obj)
        return NULL;
    obj->kind = kind;
    fd->objects[fd->n_objects++] = (struct iofd_entry){.obj = obj};
    obj->id = fd->n_objects;
    while (fd->objects[fd->first_free].placed)
        fd->first_free++;
    obj->place = fd->first_free;
    fd->objects[obj->place].placed = obj;
    return obj;
}

void iofd_object_free(struct iofd *fd, struct iofd_obj *obj)
{
    fd->objects[obj->id - 1].obj = NULL;
    fd->objects[obj->place].placed = NULL;
    if (obj->place < fd->first_free)
        fd->first_free = obj->place;
    free(obj);
}

struct iofd_obj *iofd_any(const struct iofd *fd, uint32_t id)
{
    return id && id <= fd->n_objects ? fd->objects[id - 1].obj : NULL;
}

void *iofd_object(const struct iofd *fd, uint32_t id, enum iofd_kind kind)
{
    struct iofd_obj *obj = iofd_any(fd, id);

    return obj && obj->kind == kind ? obj : NULL;
}

enum iofd_kind iofd_kind(const struct iofd *fd, uint32_t id)
{
    const struct iofd_obj *obj = iofd_any(fd, id);

    return obj ? obj->kind : IOFD_NONE;
}

uint32_t iofd_users(const struct iofd *fd, uint32_t id)
{
    const struct iofd_obj *obj = iofd_any(fd, id);

    return obj ? obj->users : 0;
}

uint32_t iofd_count(const struct iofd *fd, enum iofd_kind kind)
{
    uint32_t n = 0;

    for (uint32_t i = 0; i < fd->n_objects; i++)
        n += fd->objects[i].obj && (kind == IOFD_NONE || fd->objects[i].obj->kind == kind);
    return n;
}

/* ---- domains that all devices share ---- */

int iofd_domain_new(struct iofd *fd, struct drv_domain_spec *spec, const struct iofd_device *device,
                    struct drv_domain **domain)
{
    spec->id = FIRST_NAME + fd->n_names++;
    return fd->config.ops->domain_alloc(fd->config.drv, spec, device ? device->device : NULL,
                                        domain);
}

static int make_shared(struct iofd *fd)
{
    struct drv_domain_spec spec = {.kind = DRV_BLOCKED};
    int err = iofd_domain_new(fd, &spec, NULL, &fd->blocked);

    if (!err) {
        spec = (struct drv_domain_spec){.kind = DRV_IDENTITY};
        err = iofd_domain_new(fd, &spec, NULL, &fd->identity);
    }
    return err;
}

struct iofd *iofd_new(const struct iofd_config *config)
{
    struct iofd *fd = calloc(1, sizeof(*fd));

    if (!fd)
        return NULL;
    fd->config = *config;
    if (!fd->config.asid_bits)
        fd->config.asid_bits = 16;
    if (make_shared(fd)) {
        iofd_free(fd);
        return NULL;
    }
    return fd;
}

/* ---- going ---- */

static void drop(struct iofd *fd, struct iofd_obj *obj)
{
    switch (obj->kind) {
    case IOFD_IOAS:
        iofd_ioas_drop(fd, (struct iofd_ioas *)obj);
        break;
    case IOFD_HWPT:
    case IOFD_NESTED:
        iofd_hwpt_drop(fd, (struct iofd_hwpt *)obj);
        break;
    case IOFD_DEVICE:
        iofd_device_drop(fd, (struct iofd_device *)obj);
        break;
    case IOFD_ACCESS:
        iofd_access_drop(fd, (struct iofd_access *)obj);
        break;
    case IOFD_FAULTQ:
        iofd_faultq_drop(fd, (struct iofd_faultq *)obj);
        break;
    case IOFD_PROCESS:
        iofd_process_drop(fd, (struct iofd_process *)obj);
        break;
    case IOFD_NONE:
        break;
    }
}

/* An emulated device lets go of its address space by itself; it counts as no user of its own. */
int iofd_destroy(struct iofd *fd, uint32_t id)
{
    struct iofd_obj *obj = iofd_any(fd, id);

    if (!obj)
        return -ENOENT;
    if (obj->users)
        return -EBUSY;
    drop(fd, obj);
    return 0;
}

/* PASIDs in their order; none is the last one. */
static void detach_device(struct iofd *fd, const struct iofd_device *device)
{
    while (device->n_pasids) {
        uint32_t pasid = device->pasids[0];

        for (uint32_t i = 1; i < device->n_pasids; i++) {
            if (device->pasids[i] < pasid)
                pasid = device->pasids[i];
        }
        if (iofd_detach(fd, device->obj.id, pasid))
            return;
    }
}

/* One after the other, as their files are closed. */
static void release_devices(struct iofd *fd)
{
    for (uint32_t i = 0; i < fd->n_objects; i++) {
        struct iofd_device *device = iofd_object(fd, i + 1, IOFD_DEVICE);
        struct iofd_access *access = iofd_object(fd, i + 1, IOFD_ACCESS);

        if (device) {
            detach_device(fd, device);
            iofd_device_drop(fd, device);
        }
        if (access && access->ioas)
            (void)iofd_access_detach(fd, access);
    }
}

/* As a kernel closes the file: whoever is not used by another one, in the order of their places,
 * again and again. What a virtual machine still holds is let go of first. */
void iofd_release(struct iofd *fd)
{
    bool any = true;

    release_devices(fd);
    for (uint32_t i = 0; i < fd->n_objects; i++) {
        struct iofd_hwpt *hwpt = iofd_object(fd, i + 1, IOFD_NESTED);

        if (hwpt)
            hwpt->obj.users = 0;
    }
    while (any) {
        any = false;
        for (uint32_t i = 0; i < fd->n_objects; i++) {
            struct iofd_obj *obj = fd->objects[i].placed;

            if (obj && !obj->users) {
                drop(fd, obj);
                any = true;
            }
        }
    }
}

void iofd_free(struct iofd *fd)
{
    if (!fd)
        return;
    iofd_release(fd);
    for (uint32_t i = 0; i < fd->n_known; i++)
        fd->config.ops->device_remove(fd->config.drv, fd->known[i].device);
    if (fd->identity)
        fd->config.ops->domain_free(fd->config.drv, fd->identity);
    if (fd->blocked)
        fd->config.ops->domain_free(fd->config.drv, fd->blocked);
    free(fd->objects);
    free(fd->known);
    free(fd);
}
