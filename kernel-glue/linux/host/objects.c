/* SPDX-License-Identifier: BSD-2-Clause
 * objects.c - the objects of a scenario, as iommufd has them: address spaces, page tables made from
 * them, devices attached to tables. Each verb is a few calls of the kernel half.
 * Knows: what iommufd does in which order. Must not know: what the driver makes of it. */
#include "kernel-glue/linux/host/scn.h"

#include "sim/diag.h"
#include "sim/time.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

/* ---- names ---- */

struct scn_object *scn_find(struct lnx *lnx, const struct scn_word *word)
{
    struct host_scenario *scenario = lnx->scenario;

    for (uint32_t i = 0; i < scenario->n_objects; i++) {
        if (!word->is_number && strcmp(scenario->objects[i].name, word->text) == 0)
            return &scenario->objects[i];
    }
    return NULL;
}

/* A place for an object; names of automatic tables are empty. */
static struct scn_object *new_object(struct lnx *lnx, const char *name, enum scn_kind kind)
{
    struct host_scenario *scenario = lnx->scenario;
    struct scn_object *object = NULL;

    for (uint32_t i = 0; i < scenario->n_objects && !object; i++) {
        if (scenario->objects[i].kind == SCN_NONE ||
            (name[0] && strcmp(scenario->objects[i].name, name) == 0))
            object = &scenario->objects[i];
    }
    if (!object && scenario->n_objects == SCN_MAX_OBJECTS)
        host_die("more than %u objects", SCN_MAX_OBJECTS);
    if (!object)
        object = &scenario->objects[scenario->n_objects++];
    memset(object, 0, sizeof(*object));
    object->kind = kind;
    (void)snprintf(object->name, sizeof(object->name), "%s", name);
    return object;
}

struct scn_object *scn_add(struct lnx *lnx, const struct scn_word *word, enum scn_kind kind)
{
    return new_object(lnx, word->text, kind);
}

/* ---- one at a time in an address space, as its rwsem sees to; first come, first served ---- */

static void lock(struct scn_object *ioas)
{
    const uint32_t ticket = ioas->n_tickets++;

    while (ioas->n_served != ticket)
        host_yield();
}

static void unlock(struct scn_object *ioas)
{
    ioas->n_served++;
}

/* ---- what is attached ---- */

struct scn_object **scn_place(struct scn_object *device, uint32_t pasid)
{
    for (size_t i = 0; i < SCN_MAX_PASIDS; i++) {
        if (device->pasids[i].table && device->pasids[i].pasid == pasid)
            return &device->pasids[i].table;
    }
    return NULL;
}

struct scn_object **scn_new_place(struct scn_object *device, uint32_t pasid)
{
    for (size_t i = 0; i < SCN_MAX_PASIDS; i++) {
        if (!device->pasids[i].table) {
            device->pasids[i].pasid = pasid;
            return &device->pasids[i].table;
        }
    }
    return NULL;
}

/* ---- tables ---- */

static bool touches_reserved(struct lnx *lnx, const struct scn_object *ioas,
                             const struct scn_object *device)
{
    const struct host_scenario *scenario = lnx->scenario;

    for (uint32_t i = 0; i < scenario->n_ranges; i++) {
        const struct scn_range *range = &scenario->ranges[i];

        if (range->ioas == ioas && ksh_device_reserved(device->device, range->iova, range->n_bytes))
            return true;
    }
    return false;
}

static int fill(struct lnx *lnx, const struct scn_object *hwpt)
{
    int err = 0;

    for (uint32_t i = 0; i < lnx->scenario->n_ranges && !err; i++) {
        const struct scn_range *range = &lnx->scenario->ranges[i];

        if (range->ioas == hwpt->table)
            err = ksh_map(hwpt->domain, range->iova, range->pa, range->n_bytes, range->prot);
    }
    return err;
}

static void drop(struct lnx *lnx, struct scn_object *hwpt)
{
    lock(hwpt->table);
    for (uint32_t i = 0; i < lnx->scenario->n_ranges; i++) {
        const struct scn_range *range = &lnx->scenario->ranges[i];

        if (range->ioas == hwpt->table)
            (void)ksh_unmap(hwpt->domain, range->iova, range->n_bytes);
    }
    ksh_domain_free(hwpt->domain);
    hwpt->kind = SCN_NONE;
    hwpt->name[0] = 0;
    unlock(hwpt->table);
}

static void leave(struct lnx *lnx, struct scn_object *hwpt)
{
    if (--hwpt->n_users == 0 && hwpt->is_auto)
        drop(lnx, hwpt);
}

/* An address space has at most one automatic table here: all devices have the same SMMU. */
static struct scn_object *automatic(struct lnx *lnx, const struct scn_object *ioas)
{
    for (uint32_t i = 0; i < lnx->scenario->n_objects; i++) {
        struct scn_object *object = &lnx->scenario->objects[i];

        if (object->kind == SCN_HWPT && object->is_auto && object->table == ioas)
            return object;
    }
    return NULL;
}

/**
 * struct target - what a device is going to be attached to. @is_filled: mappings are there already;
 * an attach makes its new table useful first and fills it then, a replace the other way round.
 */
struct target {
    struct scn_object *hwpt;
    bool is_made;
};

static int make_target(struct lnx *lnx, const struct scn_object *device, struct scn_object *table,
                       struct target *target)
{
    void *domain;
    int err;

    *target = (struct target){.hwpt = table->kind == SCN_HWPT ? table : automatic(lnx, table)};
    if (touches_reserved(lnx, table->kind == SCN_HWPT ? table->table : table, device))
        return -EADDRINUSE;
    if (target->hwpt)
        return 0;
    err = ksh_domain_new(device->device, 0, &domain);
    if (err)
        return err;
    target->hwpt = new_object(lnx, "", SCN_HWPT);
    target->hwpt->domain = domain;
    target->hwpt->is_auto = true;
    target->hwpt->table = table;
    target->is_made = true;
    return 0;
}

static int attach(struct lnx *lnx, struct scn_object *device, struct scn_object *table,
                  uint32_t pasid)
{
    struct scn_object **place = scn_new_place(device, pasid);
    struct scn_object *ioas = table->kind == SCN_HWPT ? table->table : table;
    struct target target;
    int err;

    if (!place)
        return -ENOSPC;
    lock(ioas);
    err = make_target(lnx, device, table, &target);
    if (!err)
        err = ksh_attach(device->device, target.hwpt->domain, pasid);
    if (!err && target.is_made)
        err = fill(lnx, target.hwpt);
    unlock(ioas);
    if (!err) {
        *place = target.hwpt;
        target.hwpt->n_users++;
    } else if (target.hwpt && target.is_made) {
        drop(lnx, target.hwpt);
    }
    return err;
}

static int replace(struct lnx *lnx, struct scn_object *device, struct scn_object *table,
                   uint32_t pasid)
{
    struct scn_object **place = scn_place(device, pasid);
    struct scn_object *ioas = table->kind == SCN_HWPT ? table->table : table;
    struct scn_object *before = place ? *place : NULL;
    struct target target;
    int err;

    if (!before)
        return -EINVAL;
    lock(ioas);
    err = make_target(lnx, device, table, &target);
    if (!err && target.is_made)
        err = fill(lnx, target.hwpt);
    unlock(ioas);
    if (!err && target.hwpt == before)
        return 0;
    if (!err) {
        target.hwpt->n_users++;
        err = ksh_replace(device->device, before->domain, target.hwpt->domain, pasid);
        if (err)
            target.hwpt->n_users--;
    }
    if (!err) {
        *place = target.hwpt;
        leave(lnx, before);
    } else if (target.hwpt && target.is_made) {
        drop(lnx, target.hwpt);
    }
    return err;
}

/* ---- verbs: each returns 0 or a negative errno ---- */

static int do_device(struct lnx *lnx, const struct scn_step *step)
{
    struct scn_object *device = scn_find(lnx, &step->words[0]);
    struct ksh_device_info info = {0};
    int err;

    SIM_BUG_ON(!device);
    info.name = device->bdf;
    info.dev = device->dev;
    info.sid = device->sid;
    info.rid = device->rid;
    info.pasid_bits = (unsigned int)scn_number(step, "pasid_bits", 6);
    info.flags =
        (scn_has(step, "ats") ? (unsigned int)KSH_ATS : 0) |
        (scn_has(step, "pasid") || scn_key(step, "pasid_bits") ? (unsigned int)KSH_PASID : 0) |
        (scn_has(step, "pri") ? (unsigned int)KSH_PRI : 0) |
        (scn_has(step, "stall") ? (unsigned int)KSH_STALL : 0);
    err = ksh_device_add(&info, &device->device);
    if (err)
        return err;
    return lnx->config.with_iommufd ? scn_fd_device(device) : ksh_device_claim(device->device);
}

static int do_ioas(struct lnx *lnx, const struct scn_step *step)
{
    (void)scn_add(lnx, &step->words[0], SCN_IOAS);
    return 0;
}

static struct scn_object *first_device(struct lnx *lnx)
{
    for (uint32_t i = 0; i < lnx->scenario->n_objects; i++) {
        if (lnx->scenario->objects[i].kind == SCN_DEVICE && lnx->scenario->objects[i].device)
            return &lnx->scenario->objects[i];
    }
    return NULL;
}

static int do_hwpt(struct lnx *lnx, const struct scn_step *step)
{
    const struct scn_object *device = first_device(lnx);
    struct scn_object *ioas = scn_find(lnx, &step->words[1]);
    const unsigned int flags = KSH_USER |
                               (scn_has(step, "nest-parent") || scn_number(step, "stage", 1) == 2
                                    ? (unsigned int)KSH_NEST_PARENT
                                    : 0) |
                               (scn_has(step, "dirty") ? (unsigned int)KSH_DIRTY : 0) |
                               (scn_number(step, "stage", 0) == 1 ? (unsigned int)KSH_KERNEL : 0);
    void *domain;
    int err;

    if (!ioas || ioas->kind != SCN_IOAS || !device)
        return -ENOENT;
    lock(ioas);
    err = ksh_domain_new(device->device, flags, &domain);
    if (!err) {
        struct scn_object *hwpt = scn_add(lnx, &step->words[0], SCN_HWPT);

        hwpt->domain = domain;
        hwpt->table = ioas;
        err = fill(lnx, hwpt);
    }
    unlock(ioas);
    return err;
}

static int do_destroy(struct lnx *lnx, const struct scn_step *step)
{
    struct host_scenario *scenario = lnx->scenario;
    struct scn_object *object = scn_find(lnx, &step->words[0]);

    if (!object || object->kind == SCN_NONE || object->kind == SCN_DEVICE)
        return -ENOENT;
    if (object->n_users)
        return -EBUSY;
    if (object->kind == SCN_HWPT) {
        drop(lnx, object);
        return 0;
    }
    for (uint32_t i = 0; i < scenario->n_objects; i++) {
        if (scenario->objects[i].kind == SCN_HWPT && scenario->objects[i].table == object)
            return -EBUSY;
    }
    for (uint32_t i = 0; i < scenario->n_ranges; i++) {
        if (scenario->ranges[i].ioas == object)
            scenario->ranges[i].ioas = NULL;
    }
    object->kind = SCN_NONE;
    object->name[0] = 0;
    return 0;
}

/* Places do not move: other CPUs go through them meanwhile. */
static int keep_range(struct host_scenario *scenario, const struct scn_range *range)
{
    uint32_t i = 0;

    while (i < scenario->n_ranges && scenario->ranges[i].ioas)
        i++;
    if (i == SCN_MAX_RANGES)
        return -ENOSPC;
    scenario->ranges[i] = *range;
    if (i == scenario->n_ranges)
        scenario->n_ranges++;
    return 0;
}

static int do_map(struct lnx *lnx, const struct scn_step *step)
{
    struct host_scenario *scenario = lnx->scenario;
    const char *prot = step->n_words > 4 ? step->words[4].text : "rw";
    struct scn_object *ioas = scn_find(lnx, &step->words[0]);
    const struct scn_range range = {ioas, step->words[1].number, step->words[2].number,
                                    step->words[3].number,
                                    (strchr(prot, 'r') ? 1 : 0) | (strchr(prot, 'w') ? 2 : 0)};
    int err = 0;

    if (!ioas || ioas->kind != SCN_IOAS)
        return -ENOENT;
    lock(ioas);
    for (uint32_t i = 0; i < scenario->n_objects && !err; i++) {
        const struct scn_object *hwpt = &scenario->objects[i];

        if (hwpt->kind == SCN_HWPT && hwpt->table == ioas)
            err = ksh_map(hwpt->domain, range.iova, range.pa, range.n_bytes, range.prot);
    }
    if (!err)
        err = keep_range(scenario, &range);
    unlock(ioas);
    return err;
}

static int do_unmap(struct lnx *lnx, const struct scn_step *step)
{
    struct host_scenario *scenario = lnx->scenario;
    struct scn_object *ioas = scn_find(lnx, &step->words[0]);
    const uint64_t iova = step->words[1].number;
    const uint64_t n_bytes = step->words[2].number;
    int err = 0;

    if (!ioas || ioas->kind != SCN_IOAS)
        return -ENOENT;
    lock(ioas);
    for (uint32_t i = 0; i < scenario->n_objects && !err; i++) {
        const struct scn_object *hwpt = &scenario->objects[i];

        if (hwpt->kind == SCN_HWPT && hwpt->table == ioas)
            err = ksh_unmap(hwpt->domain, iova, n_bytes);
    }
    for (uint32_t i = 0; !err && i < scenario->n_ranges; i++) {
        if (scenario->ranges[i].ioas == ioas && scenario->ranges[i].iova - iova < n_bytes)
            scenario->ranges[i].ioas = NULL;
    }
    unlock(ioas);
    return err;
}

static struct host_mark mark_of(int op, const struct scn_object *device, uint32_t pasid)
{
    return (struct host_mark){.op = op, .dev = device->dev, .pasid = pasid};
}

/* Operations on a PASID have the driver's marks alone. */
static int switch_table(struct lnx *lnx, const struct scn_step *step, int op)
{
    struct scn_object *device = scn_find(lnx, &step->words[0]);
    struct scn_object *table = scn_find(lnx, &step->words[1]);
    const uint32_t pasid = (uint32_t)scn_number(step, "pasid", HOST_NO_PASID);
    struct host_mark mark;
    int err;

    if (!device || device->kind != SCN_DEVICE || !table ||
        (table->kind != SCN_IOAS && table->kind != SCN_HWPT))
        return -ENOENT;
    mark = mark_of(op, device, pasid);
    if (pasid == HOST_NO_PASID)
        host_begin(&mark);
    err = op == HOST_OP_ATTACH ? attach(lnx, device, table, pasid)
                               : replace(lnx, device, table, pasid);
    if (pasid == HOST_NO_PASID)
        host_end(&mark, err);
    return err;
}

static int do_attach(struct lnx *lnx, const struct scn_step *step)
{
    return switch_table(lnx, step, HOST_OP_ATTACH);
}

static int do_replace(struct lnx *lnx, const struct scn_step *step)
{
    return switch_table(lnx, step, HOST_OP_REPLACE);
}

static int detach(struct lnx *lnx, struct scn_object *device, uint32_t pasid)
{
    struct scn_object **place = scn_place(device, pasid);
    const struct host_mark mark = mark_of(HOST_OP_DETACH, device, pasid);
    struct scn_object *table = place ? *place : NULL;
    int err;

    if (!table)
        return -EINVAL;
    if (pasid == HOST_NO_PASID)
        host_begin(&mark);
    err = ksh_detach(device->device, table->domain, pasid);
    *place = NULL;
    leave(lnx, table);
    if (pasid == HOST_NO_PASID)
        host_end(&mark, err);
    return err;
}

static int do_detach(struct lnx *lnx, const struct scn_step *step)
{
    struct scn_object *device = scn_find(lnx, &step->words[0]);

    if (!device || device->kind != SCN_DEVICE)
        return -ENOENT;
    return detach(lnx, device, (uint32_t)scn_number(step, "pasid", HOST_NO_PASID));
}

/* ---- verbs ---- */

static int do_fail_next(struct lnx *lnx, const struct scn_step *step)
{
    if (strcmp(step->words[0].text, "command") != 0)
        return -ENOSYS;
    lnx->spoils_command = true;
    return 0;
}

static int do_nothing(struct lnx *lnx, const struct scn_step *step)
{
    (void)lnx;
    (void)step;
    return 0;
}

struct verb {
    const char *name;
    int (*run)(struct lnx *lnx, const struct scn_step *step);
};

static const struct verb verbs[] = {
    {"device", do_device},   {"ioas", do_ioas},       {"hwpt", do_hwpt},
    {"destroy", do_destroy}, {"map", do_map},         {"unmap", do_unmap},
    {"attach", do_attach},   {"replace", do_replace}, {"detach", do_detach},
    {"dma", scn_dma},        {"expect", scn_expect},  {"cpu", do_nothing},
    {"sleep", do_nothing},   {"moment", do_nothing},  {"fail-next", do_fail_next},
};

int scn_run_verb(struct lnx *lnx, const struct scn_step *step)
{
    int err;

    if (scn_fd_run_verb(lnx, step, &err))
        return err;
    for (size_t i = 0; i < sizeof(verbs) / sizeof(verbs[0]); i++) {
        if (strcmp(verbs[i].name, step->verb) == 0)
            return verbs[i].run(lnx, step);
    }
    return -ENOSYS;
}

/* ---- at the end ---- */

void scn_release(struct lnx *lnx)
{
    struct host_scenario *scenario = lnx->scenario;

    scn_fd_release(lnx);
    for (uint32_t i = 0; i < scenario->n_objects && !lnx->config.with_iommufd; i++) {
        struct scn_object *device = &scenario->objects[i];

        if (device->kind != SCN_DEVICE || !device->device)
            continue;
        for (size_t p = 0; p < SCN_MAX_PASIDS; p++) {
            if (device->pasids[p].table)
                (void)detach(lnx, device, device->pasids[p].pasid);
        }
        ksh_device_remove(device->device);
    }
}
