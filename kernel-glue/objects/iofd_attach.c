/* SPDX-License-Identifier: BSD-2-Clause
 * iofd_attach.c - attach, replace, detach: in which order references are taken, hardware switches,
 * and references go.
 * Knows: groups, page tables, address spaces. Must not know: what a driver does to switch.
 *
 * Everything that can fail comes before hardware switches, or is undone by switching back. An old
 * table loses its users after hardware let go of it. */
#include "kernel-glue/objects/iofd_private.h"

#include <errno.h>

/** struct change - one operation. @is_marked: has hardware been asked, between marks? */
struct change {
    struct iofd *fd;
    struct iofd_device *device;
    uint32_t pasid, table;
    bool replaces;
    bool *is_marked;
};

static struct iofd_ioas *ioas_of(const struct iofd_hwpt *hwpt)
{
    return hwpt->parent ? hwpt->parent->ioas : hwpt->ioas;
}

/* ---- may it? ---- */

static int check_pasid(const struct change *change, const struct iofd_hwpt *hwpt)
{
    const struct iofd_group *group = change->device->group;
    const struct iofd_attach *own = iofd_attach_of(group, IOFD_NO_PASID);
    const bool by_flag = change->fd->config.pasid_by_flag;
    const bool is_fit = !by_flag || hwpt->flags & IOFD_HWPT_PASID;

    if (change->pasid == IOFD_NO_PASID)
        return is_fit || group->n_attaches == (own ? 1u : 0u) ? 0 : -EINVAL;
    if (!change->pasid || change->pasid >> change->device->info.drv.pasid_bits)
        return -EINVAL;
    if (by_flag && own && own->hwpt && !(own->hwpt->flags & IOFD_HWPT_PASID))
        return -EINVAL;
    return is_fit ? 0 : -EINVAL;
}

/* VT-d's driver has a word of its own for devices that cannot wait. */
static int check_fit(const struct change *change, const struct iofd_hwpt *hwpt)
{
    const struct iofd_group *group = change->device->group;
    const uint32_t can_wait = DRV_PRI | DRV_STALL;
    const bool is_vtd = change->fd->config.ops->arch == SIM_ARCH_VTD;
    const int err = check_pasid(change, hwpt);

    for (uint32_t i = 0; !err && i < group->n_members; i++) {
        const struct iofd_device *member = group->members[i];

        if (!change->fd->config.ops->fits(hwpt->domain, member->device))
            return -EINVAL;
        if (hwpt->faultq && !(member->info.drv.flags & can_wait))
            return is_vtd ? -ENODEV : -EINVAL;
    }
    return err;
}

/* ---- the core's part: the whole group, between the marks of a traced kernel ---- */

/* The kernel's numbers of domains that are no table of an address space. The mark of a PASID tells
 * them; that of a device is the driver's. */
enum kernel_domain { KERNEL_NOT_TOLD = 0, KERNEL_IDENTITY = 4, KERNEL_NESTED = 0x40 };

static enum kernel_domain type_of(const struct iofd_hwpt *hwpt)
{
    if (hwpt->parent)
        return KERNEL_NESTED;
    return hwpt->flags & IOFD_HWPT_IDENTITY ? KERNEL_IDENTITY : KERNEL_NOT_TOLD;
}

static int switch_group(const struct change *change, uint8_t op, const struct iofd_hwpt *hwpt,
                        struct drv_domain *to, struct drv_domain *from)
{
    const bool is_pasid = change->pasid != IOFD_NO_PASID;
    struct sim_record mark = iofd_mark(op, is_pasid ? change->device->info.drv.dev : SIM_NO_DEV,
                                       change->pasid, hwpt->name);

    mark.mark.a = is_pasid ? change->table : 0;
    mark.mark.b = is_pasid && to == hwpt->domain ? (uint64_t)type_of(hwpt) : 0;
    if (change->is_marked)
        *change->is_marked = true;
    iofd_begin(change->fd, &mark);
    return iofd_end(change->fd, &mark,
                    iofd_switch(change->fd, change->device->group, change->pasid, to, from));
}

static uint8_t op_for(const struct change *change, uint8_t group_op, uint8_t pasid_op)
{
    return change->pasid == IOFD_NO_PASID ? group_op : pasid_op;
}

/* ---- attach to one table ---- */

static int attach_first(const struct change *change, struct iofd_hwpt *hwpt)
{
    const int err = check_fit(change, hwpt);

    if (err)
        return err;
    return switch_group(change, op_for(change, SIM_OP_GROUP_ATTACH, SIM_OP_SET_PASID), hwpt,
                        hwpt->domain, change->fd->blocked);
}

static int attach_locked(const struct change *change, struct iofd_hwpt *hwpt)
{
    struct iofd_group *group = change->device->group;
    const bool is_own = change->pasid == IOFD_NO_PASID;
    struct iofd_attach *attach = iofd_attach_of(group, change->pasid);
    int err;

    if (iofd_device_has(change->device, change->pasid))
        return -EBUSY;
    if (attach && attach->hwpt != hwpt)
        return -EINVAL;
    err = is_own ? iofd_ioas_reserve(change->fd, ioas_of(hwpt), change->device) : 0;
    if (err)
        return err;
    err = iofd_place_add(change->fd, change->device, change->pasid, &attach);
    if (!err && attach->n_devices == 1) {
        attach->hwpt = hwpt;
        err = attach_first(change, hwpt);
        if (err)
            (void)iofd_place_remove(change->device, change->pasid);
    }
    if (err && is_own)
        iofd_ioas_release(ioas_of(hwpt), change->device);
    return err;
}

/* ---- replace by one table ---- */

static int reserve_all(const struct change *change, struct iofd_ioas *ioas)
{
    const struct iofd_group *group = change->device->group;

    for (uint32_t i = 0; i < group->n_members; i++) {
        int err = 0;

        if (iofd_device_has(group->members[i], change->pasid))
            err = iofd_ioas_reserve(change->fd, ioas, group->members[i]);
        while (err && i > 0)
            iofd_ioas_release(ioas, group->members[--i]);
        if (err)
            return err;
    }
    return 0;
}

static void release_all(const struct change *change, struct iofd_ioas *ioas)
{
    const struct iofd_group *group = change->device->group;

    for (uint32_t i = 0; i < group->n_members; i++) {
        if (iofd_device_has(group->members[i], change->pasid))
            iofd_ioas_release(ioas, group->members[i]);
    }
}

static void refuse_waiting(const struct change *change, const struct iofd_hwpt *old)
{
    const struct iofd_group *group = change->device->group;

    for (uint32_t i = 0; old->faultq && i < group->n_members; i++)
        iofd_faults_refuse(change->fd, old->faultq, group->members[i], change->pasid);
}

/* Hardware has let go of the old table, which may vanish here. */
static void move_users(const struct change *change, struct iofd_hwpt *hwpt, struct iofd_hwpt *old)
{
    const uint32_t n = iofd_attach_of(change->device->group, change->pasid)->n_devices;

    hwpt->obj.users += n - 1; /* the caller has one already */
    for (uint32_t i = 0; i < n; i++)
        iofd_hwpt_put(change->fd, old);
}

static int replace_locked(const struct change *change, struct iofd_hwpt *hwpt)
{
    struct iofd_attach *attach = iofd_attach_of(change->device->group, change->pasid);
    struct iofd_hwpt *old = attach ? attach->hwpt : NULL;
    bool reserves;
    int err;

    if (!old || !iofd_device_has(change->device, change->pasid))
        return -EINVAL;
    if (old == hwpt)
        return 1;
    reserves = change->pasid == IOFD_NO_PASID && ioas_of(hwpt) != ioas_of(old);
    err = reserves ? reserve_all(change, ioas_of(hwpt)) : 0;
    if (err)
        return err;
    err = check_fit(change, hwpt);
    if (!err)
        err = switch_group(change, op_for(change, SIM_OP_GROUP_REPLACE, SIM_OP_REPLACE_PASID), hwpt,
                           hwpt->domain, old->domain);
    if (err) {
        if (reserves)
            release_all(change, ioas_of(hwpt));
        return err;
    }
    attach->hwpt = hwpt;
    refuse_waiting(change, old);
    if (reserves)
        release_all(change, ioas_of(old));
    move_users(change, hwpt, old);
    return 0;
}

/* ---- either ---- */

/* The user is there before hardware is: nobody can destroy the table meanwhile. */
static int change_to(const struct change *change, struct iofd_hwpt *hwpt)
{
    struct iofd_group *group = change->device->group;
    int err = iofd_lock(change->fd, &group->lock);

    if (err)
        return err;
    hwpt->obj.users++;
    err = change->replaces ? replace_locked(change, hwpt) : attach_locked(change, hwpt);
    if (err)
        hwpt->obj.users--;
    iofd_unlock(&group->lock);
    return err > 0 ? 0 : err;
}

static int detach_from(const struct change *change, struct iofd_hwpt *hwpt);

/* An attach makes its new table useful first and fills it then, since some drivers finish a table
 * only when it is attached; a replace the other way round. */
static int change_to_new(const struct change *change, struct iofd_ioas *ioas)
{
    const struct iofd_hwpt_spec spec = {.device = change->device->obj.id};
    struct iofd_hwpt *hwpt;
    int err = iofd_hwpt_make(change->fd, ioas, &spec, &hwpt);

    if (err)
        return err;
    if (change->replaces) {
        err = iofd_ioas_add(change->fd, ioas, hwpt);
        if (!err)
            err = change_to(change, hwpt);
    } else {
        err = change_to(change, hwpt);
        if (!err) {
            err = iofd_ioas_add(change->fd, ioas, hwpt);
            if (err)
                (void)detach_from(change, hwpt);
        }
    }
    if (err)
        iofd_hwpt_drop(change->fd, hwpt);
    else
        hwpt->is_auto = true;
    return err;
}

/* Every automatic table of the address space that fits is as good as any other. */
static int change_to_ioas(const struct change *change, struct iofd_ioas *ioas)
{
    for (uint32_t i = 0; i < change->fd->n_objects; i++) {
        struct iofd_hwpt *hwpt = iofd_object(change->fd, i + 1, IOFD_HWPT);
        int err;

        if (!hwpt || hwpt->ioas != ioas || !hwpt->is_auto)
            continue;
        err = change_to(change, hwpt);
        if (err != -EINVAL)
            return err;
    }
    return change_to_new(change, ioas);
}

static int check_table(const struct change *change)
{
    const struct iofd_group *group = change->device->group;
    const struct iofd_attach *attach = iofd_attach_of(group, change->pasid);

    if (!iofd_any(change->fd, change->table))
        return -ENOENT;
    if (!iofd_hwpt_any(change->fd, change->table) &&
        !iofd_object(change->fd, change->table, IOFD_IOAS))
        return -EINVAL;
    if (change->replaces)
        return attach && attach->hwpt && iofd_device_has(change->device, change->pasid) ? 0
                                                                                        : -EINVAL;
    return iofd_device_has(change->device, change->pasid) ? -EBUSY : 0;
}

static int run_change(const struct change *change)
{
    struct iofd_ioas *ioas = iofd_object(change->fd, change->table, IOFD_IOAS);
    struct iofd_hwpt *hwpt = iofd_hwpt_any(change->fd, change->table);
    int err = check_table(change);

    if (err)
        return err;
    if (hwpt)
        return change_to(change, hwpt);
    err = iofd_lock(change->fd, &ioas->lock);
    if (err)
        return err;
    ioas->obj.users++;
    err = change_to_ioas(change, ioas);
    ioas->obj.users--;
    iofd_unlock(&ioas->lock);
    return err;
}

/* A PASID's operation is marked where hardware switches, or where it is refused. */
static int run_marked(struct change *change, uint8_t op)
{
    const bool is_own = change->pasid == IOFD_NO_PASID;
    struct sim_record mark = iofd_mark(op, change->device->info.drv.dev, change->pasid, 0);
    bool is_marked = is_own;
    int err;

    change->is_marked = &is_marked;
    mark.mark.a = change->table;
    if (is_own)
        iofd_begin(change->fd, &mark);
    err = run_change(change);
    change->is_marked = NULL;
    if (!err && !is_own)
        return 0;
    if (!is_marked)
        iofd_begin(change->fd, &mark);
    return is_own || !is_marked ? iofd_end(change->fd, &mark, err) : err;
}

int iofd_device_attach(struct iofd *fd, struct iofd_device *device, uint32_t pasid, uint32_t table)
{
    struct change change = {fd, device, pasid, table, false, NULL};

    return run_marked(&change, op_for(&change, SIM_OP_ATTACH, SIM_OP_SET_PASID));
}

int iofd_device_replace(struct iofd *fd, struct iofd_device *device, uint32_t pasid, uint32_t table)
{
    struct change change = {fd, device, pasid, table, true, NULL};

    return run_marked(&change, op_for(&change, SIM_OP_REPLACE, SIM_OP_REPLACE_PASID));
}

/* ---- detach ---- */

/* What a driver answers to that has no consequence: the device must not stay attached. */
static int detach_from(const struct change *change, struct iofd_hwpt *hwpt)
{
    struct iofd_group *group = change->device->group;
    const int err = iofd_lock(change->fd, &group->lock);

    if (err)
        return err;
    if (iofd_attach_of(group, change->pasid)->n_devices == 1) {
        (void)switch_group(change, op_for(change, SIM_OP_GROUP_DETACH, SIM_OP_REMOVE_PASID), hwpt,
                           change->fd->blocked, change->fd->blocked);
        refuse_waiting(change, hwpt);
    }
    (void)iofd_place_remove(change->device, change->pasid);
    if (change->pasid == IOFD_NO_PASID)
        iofd_ioas_release(ioas_of(hwpt), change->device);
    iofd_unlock(&group->lock);
    hwpt->obj.users--;
    return 0;
}

static int detach_marked(const struct change *change, struct iofd_hwpt *hwpt)
{
    const struct sim_record mark =
        iofd_mark(SIM_OP_DETACH, change->device->info.drv.dev, IOFD_NO_PASID, 0);
    const bool is_own = change->pasid == IOFD_NO_PASID;
    int err;

    if (is_own)
        iofd_begin(change->fd, &mark);
    err = detach_from(change, hwpt);
    if (!err && !hwpt->obj.users && hwpt->is_auto)
        iofd_hwpt_drop(change->fd, hwpt);
    return is_own ? iofd_end(change->fd, &mark, err) : err;
}

int iofd_device_detach(struct iofd *fd, struct iofd_device *device, uint32_t pasid)
{
    const struct change change = {fd, device, pasid, 0, false, NULL};
    const struct iofd_attach *attach = iofd_attach_of(device->group, pasid);

    if (!attach || !iofd_device_has(device, pasid))
        return -EINVAL;
    return attach->hwpt ? detach_marked(&change, attach->hwpt) : iofd_sva_unbind(fd, device, pasid);
}
