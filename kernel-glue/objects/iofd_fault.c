/* SPDX-License-Identifier: BSD-2-Clause
 * iofd_fault.c - page requests: from hardware to the queue of whom they concern, and answers back.
 * Knows: groups of page requests, who is attached where. Must not know: stalls, PRI, queues of
 * hardware. */
#include "kernel-glue/objects/iofd_private.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

int iofd_faultq_alloc(struct iofd *fd, uint32_t *id)
{
    struct iofd_faultq *faultq = iofd_object_new(fd, sizeof(*faultq), IOFD_FAULTQ);

    if (!faultq)
        return -ENOMEM;
    *id = faultq->obj.id;
    return 0;
}

/* ---- answering ---- */

static void respond(struct iofd *fd, const struct drv_fault *fault, bool is_success)
{
    if (fd->config.ops->respond)
        (void)fd->config.ops->respond(fd->config.drv, fault, is_success);
}

/* One answer for the whole group: that of its last page. */
static void end_group(struct iofd *fd, struct iofd_faultq *faultq, uint32_t i, bool is_success)
{
    const struct iofd_pages group = faultq->groups[i];

    faultq->n_groups--;
    memmove(&faultq->groups[i], &faultq->groups[i + 1],
            (faultq->n_groups - i) * sizeof(*faultq->groups));
    if (group.is_complete)
        respond(fd, &group.pages[group.n_pages - 1], is_success);
}

void iofd_faults_refuse(struct iofd *fd, struct iofd_faultq *faultq,
                        const struct iofd_device *device, uint32_t pasid)
{
    for (uint32_t i = faultq->n_groups; i > 0; i--) {
        const struct iofd_pages *group = &faultq->groups[i - 1];

        if (!device || (group->device == device && group->pages[0].pasid == pasid))
            end_group(fd, faultq, i - 1, false);
    }
}

void iofd_faultq_drop(struct iofd *fd, struct iofd_faultq *faultq)
{
    iofd_faults_refuse(fd, faultq, NULL, IOFD_NO_PASID);
    free(faultq->groups);
    iofd_object_free(fd, &faultq->obj);
}

/* ---- receiving ---- */

static struct iofd_device *device_of(const struct iofd *fd, const struct drv_device *wanted)
{
    for (uint32_t i = 0; i < fd->n_objects; i++) {
        struct iofd_device *device = iofd_object(fd, i + 1, IOFD_DEVICE);

        if (device && device->device == wanted)
            return device;
    }
    return NULL;
}

static struct iofd_pages *open_group(struct iofd_faultq *faultq, const struct iofd_device *device,
                                     const struct drv_fault *fault)
{
    for (uint32_t i = 0; i < faultq->n_groups; i++) {
        struct iofd_pages *group = &faultq->groups[i];

        if (!group->is_complete && group->device == device &&
            group->pages[0].group == fault->group && group->pages[0].pasid == fault->pasid)
            return group;
    }
    return NULL;
}

static bool add_page(struct iofd *fd, struct iofd_faultq *faultq, struct iofd_device *device,
                     const struct drv_fault *fault)
{
    struct iofd_pages *group = open_group(faultq, device, fault);

    if (!group) {
        if (!iofd_grow(fd, &faultq->groups, faultq->n_groups, &faultq->groups_room,
                       sizeof(*faultq->groups)))
            return false;
        group = &faultq->groups[faultq->n_groups++];
        memset(group, 0, sizeof(*group));
        group->device = device;
    }
    if (group->n_pages == IOFD_FAULT_PAGES)
        return false;
    group->pages[group->n_pages++] = *fault;
    group->is_complete = fault->is_last;
    group->since_ns = fd->config.now_ns ? fd->config.now_ns(fd->config.ctx) : 0;
    return true;
}

/* Who has no handler gets a refusal, as from the kernel. */
static void take(struct iofd *fd, const struct drv_fault *fault)
{
    struct iofd_device *device = device_of(fd, fault->device);
    const struct iofd_attach *attach = device ? iofd_attach_of(device->group, fault->pasid) : NULL;

    if (attach && attach->process)
        respond(fd, fault, iofd_process_fault(fd, attach->process, fault));
    else if (!attach || !attach->hwpt->faultq || !add_page(fd, attach->hwpt->faultq, device, fault))
        respond(fd, fault, false);
}

static void refuse_old(struct iofd *fd, struct iofd_faultq *faultq)
{
    const uint64_t now_ns = fd->config.now_ns(fd->config.ctx);

    while (faultq->n_groups && now_ns - faultq->groups[0].since_ns > fd->config.fault_limit_ns)
        end_group(fd, faultq, 0, false);
}

uint32_t iofd_poll_faults(struct iofd *fd)
{
    struct drv_fault fault;
    uint32_t n = 0;

    while (fd->config.ops->next_fault && fd->config.ops->next_fault(fd->config.drv, &fault)) {
        take(fd, &fault);
        n++;
    }
    for (uint32_t i = 0; fd->config.now_ns && fd->config.fault_limit_ns && i < fd->n_objects; i++) {
        struct iofd_faultq *faultq = iofd_object(fd, i + 1, IOFD_FAULTQ);

        if (faultq)
            refuse_old(fd, faultq);
    }
    return n;
}

/* ---- the user's side ---- */

static void show(const struct iofd *fd, const struct iofd_pages *group, uint32_t i,
                 struct iofd_fault *page)
{
    const struct drv_fault *fault = &group->pages[i];
    const uint32_t device = group->device->obj.id;

    *page = (struct iofd_fault){.device = device,
                                .label = group->device->label,
                                .pasid = iofd_pasid_guest(fd, device, fault->pasid),
                                .group = fault->group,
                                .cookie = group->cookie,
                                .iova = fault->iova,
                                .is_write = fault->is_write,
                                .is_last = fault->is_last};
}

int iofd_fault_read(struct iofd *fd, uint32_t id, struct iofd_fault *pages, uint32_t max)
{
    struct iofd_faultq *faultq = iofd_object(fd, id, IOFD_FAULTQ);

    if (!faultq)
        return -ENOENT;
    for (uint32_t i = 0; i < faultq->n_groups; i++) {
        struct iofd_pages *group = &faultq->groups[i];

        if (!group->is_complete || group->cookie)
            continue;
        if (group->n_pages > max)
            return -EINVAL;
        group->cookie = ++faultq->last_cookie;
        for (uint32_t k = 0; k < group->n_pages; k++)
            show(fd, group, k, &pages[k]);
        return (int)group->n_pages;
    }
    return 0;
}

int iofd_fault_respond(struct iofd *fd, uint32_t id, uint32_t cookie, bool is_success)
{
    struct iofd_faultq *faultq = iofd_object(fd, id, IOFD_FAULTQ);

    if (!faultq)
        return -ENOENT;
    for (uint32_t i = 0; cookie && i < faultq->n_groups; i++) {
        if (faultq->groups[i].cookie == cookie) {
            end_group(fd, faultq, i, is_success);
            return 0;
        }
    }
    return -EINVAL;
}
