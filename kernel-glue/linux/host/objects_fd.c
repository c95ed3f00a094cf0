/* SPDX-License-Identifier: BSD-2-Clause
 * objects_fd.c - a scenario's objects as a user of /dev/iommu has them: each act is an ioctl that
 * the tree's own iommufd answers. Also processes whose memory devices share. Knows: verbs, numbers
 * of iommufd's objects. Must not know: drivers, time.
 *
 * A virtual machine's IOMMU is made for a nest parent when the first entry of a guest is put above
 * it (SMMUv3); the guest's StreamID of a device is the device's number in the scenario. */
#include "kernel-glue/linux/host/scn.h"

#include "kernel-glue/linux/boundary_user.h"
#include "sim/diag.h"

#include <errno.h>
#include <string.h>

/* Only a user of iommufd can do what these lines ask for. */
bool scn_fd_wants(const struct scn_step *step)
{
    return strcmp(step->verb, "nested") == 0 || strcmp(step->verb, "invalidate") == 0 ||
           strcmp(step->verb, "respond") == 0 || strcmp(step->verb, "copy") == 0 ||
           strcmp(step->verb, "allow") == 0 || strcmp(step->verb, "dirty") == 0 ||
           (strcmp(step->verb, "hwpt") == 0 &&
            (scn_has(step, "nest-parent") || scn_has(step, "faults")));
}

static struct scn_object *object_of(struct lnx *lnx, const struct scn_step *step, unsigned i,
                                    enum scn_kind kind)
{
    struct scn_object *object = scn_find(lnx, &step->words[i]);

    if (!object || (kind != SCN_NONE && object->kind != kind))
        host_die("line %u: %s is no such object", step->line, step->words[i].text);
    return object;
}

/* For what iommufd wants a device's number for: the first one of the scenario. */
static struct scn_object *any_device(struct lnx *lnx)
{
    struct host_scenario *scenario = lnx->scenario;

    for (uint32_t i = 0; i < scenario->n_objects; i++) {
        if (scenario->objects[i].kind == SCN_DEVICE && scenario->objects[i].device)
            return &scenario->objects[i];
    }
    host_die("a page table needs a device");
}

static int prot_of(const char *text)
{
    return (strchr(text, 'r') ? 1 : 0) | (strchr(text, 'w') ? 2 : 0);
}

/* ---- objects ---- */

static int fd_ioas(struct lnx *lnx, const struct scn_step *step)
{
    return ksh_fd_ioas(&scn_add(lnx, &step->words[0], SCN_IOAS)->id);
}

static int fd_faults(const struct scn_step *step, struct scn_object *table)
{
    return scn_has(step, "faults") ? ksh_fd_fault_queue(&table->faults) : 0;
}

static int fd_hwpt(struct lnx *lnx, const struct scn_step *step)
{
    struct scn_object *ioas = object_of(lnx, step, 1, SCN_IOAS);
    struct scn_object *hwpt = scn_add(lnx, &step->words[0], SCN_HWPT);
    struct ksh_fd_hwpt wanted = {.dev = any_device(lnx)->id, .ioas = ioas->id};
    int err = fd_faults(step, hwpt);

    wanted.flags = (scn_has(step, "nest-parent") ? KSH_NEST_PARENT : 0) |
                   (scn_has(step, "dirty") ? KSH_DIRTY : 0) |
                   (scn_has(step, "pasid") ? KSH_FOR_PASID : 0);
    wanted.fault = hwpt->faults;
    return err ? err : ksh_fd_hwpt(&wanted, &hwpt->id);
}

/* Every device of the scenario is one of the guest's. */
static int make_viommu(struct lnx *lnx, struct scn_object *parent)
{
    struct host_scenario *scenario = lnx->scenario;
    int err = ksh_fd_viommu(any_device(lnx)->id, parent->id, &parent->viommu);

    for (uint32_t i = 0; i < scenario->n_objects && !err; i++) {
        struct scn_object *device = &scenario->objects[i];
        unsigned id;

        if (device->kind == SCN_DEVICE && device->device && !device->vdevice) {
            err = ksh_fd_vdevice(parent->viommu, device->id, device->dev, &id);
            device->vdevice = err ? 0 : id;
        }
    }
    return err;
}

/* Its page tables are those of a process, which has the same addresses below. */
static const struct scn_object *guest_of(struct lnx *lnx, const struct scn_step *step)
{
    const struct scn_object *process = scn_find(lnx, scn_key(step, "process"));

    if (!process || process->kind != SCN_PROCESS)
        host_die("line %u: no such process", step->line);
    return process;
}

static int fd_nested(struct lnx *lnx, const struct scn_step *step)
{
    struct scn_object *parent = object_of(lnx, step, 1, SCN_HWPT);
    struct scn_object *nested = scn_add(lnx, &step->words[0], SCN_NESTED);
    const struct scn_word *ste = scn_key(step, "ste");
    struct ksh_fd_nested wanted = {.dev = any_device(lnx)->id};
    int err = fd_faults(step, nested);

    nested->table = parent;
    if (!err && !parent->viommu && lnx->arch->has_viommu)
        err = make_viommu(lnx, parent);
    if (err)
        return err;
    wanted.over = lnx->arch->has_viommu ? parent->viommu : parent->id;
    wanted.root = scn_number(step, "pgtbl", 0);
    wanted.flags = scn_number(step, "flags", 0);
    if (scn_key(step, "process"))
        wanted.root = ksh_process_root(guest_of(lnx, step)->process);
    wanted.fault = nested->faults;
    for (unsigned i = 0; ste && i < 2 && i < ste->n_values; i++)
        wanted.ste[i] = ste->values[i];
    return ksh_fd_nested(&wanted, &nested->id);
}

static int fd_destroy(struct lnx *lnx, const struct scn_step *step)
{
    struct scn_object *object = object_of(lnx, step, 0, SCN_NONE);
    int err;

    if (object->viommu) {
        for (uint32_t i = 0; i < lnx->scenario->n_objects; i++) {
            struct scn_object *device = &lnx->scenario->objects[i];

            if (device->kind == SCN_DEVICE && device->vdevice)
                (void)ksh_fd_destroy(device->vdevice);
            device->vdevice = 0;
        }
        (void)ksh_fd_destroy(object->viommu);
        object->viommu = 0;
    }
    err = ksh_fd_destroy(object->id);
    if (!err && object->faults)
        (void)ksh_fd_destroy(object->faults);
    if (!err)
        object->kind = SCN_NONE;
    return err;
}

/* ---- operations ---- */

static struct ksh_fd_range range_of(const struct scn_step *step, unsigned pa, unsigned size)
{
    return (struct ksh_fd_range){
        .iova = step->words[1].number,
        .pa = step->words[pa].number,
        .n_bytes = step->words[size].number,
        .prot = step->n_words > 4 && !step->words[4].is_number ? prot_of(step->words[4].text) : 3};
}

static int fd_map(struct lnx *lnx, const struct scn_step *step)
{
    const struct scn_object *ioas = object_of(lnx, step, 0, SCN_IOAS);
    const struct ksh_fd_range range = range_of(step, 2, 3);

    return ksh_fd_map(ioas->id, &range);
}

static int fd_copy(struct lnx *lnx, const struct scn_step *step)
{
    const struct scn_object *to = object_of(lnx, step, 0, SCN_IOAS);
    const struct scn_object *from = object_of(lnx, step, 3, SCN_IOAS);
    const struct ksh_fd_range range = range_of(step, 4, 2);

    return ksh_fd_copy(to->id, &range, from->id);
}

static int fd_unmap(struct lnx *lnx, const struct scn_step *step)
{
    const struct scn_object *ioas = object_of(lnx, step, 0, SCN_IOAS);

    return ksh_fd_unmap(ioas->id, step->words[1].number, step->words[2].number);
}

static int fd_allow(struct lnx *lnx, const struct scn_step *step)
{
    const struct scn_word *word = scn_key(step, "ranges");
    host_u64 ranges[SCN_MAX_VALUES / 2][2] = {{0}};
    unsigned n = 0;

    for (; word && 2 * n + 1 < word->n_values; n++) {
        ranges[n][0] = word->values[(size_t)2 * n];
        ranges[n][1] = word->values[(size_t)2 * n + 1];
    }
    return ksh_fd_allow(object_of(lnx, step, 0, SCN_IOAS)->id, (const host_u64(*)[2])ranges, n);
}

/* Who reads a bitmap needs memory of a user that the kernel's half can pin: there is none. */
static int fd_dirty(struct lnx *lnx, const struct scn_step *step)
{
    const char *what = step->words[1].text;

    if (strcmp(what, "on") != 0 && strcmp(what, "off") != 0)
        return -ENOSYS;
    return ksh_fd_dirty(object_of(lnx, step, 0, SCN_HWPT)->id, what[1] == 'n');
}

static unsigned pasid_of(const struct scn_step *step)
{
    return (unsigned)scn_number(step, "pasid", HOST_NO_PASID);
}

/* iommufd trusts its caller: one attach, then one detach, of a device or of a PASID. VFIO keeps
 * count. */
static int fd_attach(struct lnx *lnx, const struct scn_step *step)
{
    struct scn_object *device = object_of(lnx, step, 0, SCN_DEVICE);
    struct scn_object *table = object_of(lnx, step, 1, SCN_NONE);
    struct scn_object **place = scn_new_place(device, pasid_of(step));
    int err;

    if (scn_place(device, pasid_of(step)))
        return -EBUSY;
    if (!place)
        return -ENOSPC;
    err = ksh_fd_attach(device->id, table->id, pasid_of(step));
    if (!err)
        *place = table;
    return err;
}

static int fd_replace(struct lnx *lnx, const struct scn_step *step)
{
    struct scn_object *device = object_of(lnx, step, 0, SCN_DEVICE);
    const struct scn_object *table = object_of(lnx, step, 1, SCN_NONE);

    if (!scn_place(device, pasid_of(step)))
        return -EINVAL;
    return ksh_fd_replace(device->id, table->id, pasid_of(step));
}

static int fd_detach(struct lnx *lnx, const struct scn_step *step)
{
    struct scn_object *device = object_of(lnx, step, 0, SCN_DEVICE);
    struct scn_object **place = scn_place(device, pasid_of(step));

    if (!place)
        return -EINVAL;
    *place = NULL;
    return ksh_fd_detach(device->id, pasid_of(step));
}

/* "cmd=" holds pairs of words; the kernel takes all of them or stops at a bad one. */
static int fd_invalidate(struct lnx *lnx, const struct scn_step *step)
{
    const struct scn_object *table = object_of(lnx, step, 0, SCN_NONE);
    const struct scn_object *parent = table->kind == SCN_NESTED ? table->table : table;
    const struct scn_word *cmd = scn_key(step, "cmd");
    host_u64 commands[SCN_MAX_VALUES / 2][2] = {{0}};
    unsigned n_done = 0;
    unsigned n = 0;

    for (unsigned i = 0; cmd && i < cmd->n_values && i < SCN_MAX_VALUES; i++) {
        commands[i / 2][i % 2] = cmd->values[i];
        n = i / 2 + 1;
    }
    return ksh_fd_invalidate(lnx->arch->has_viommu ? parent->viommu : table->id,
                             (const host_u64(*)[2])commands, n, &n_done);
}

/* The oldest request in the fault queue of what the device is attached to. */
static int fd_respond(struct lnx *lnx, const struct scn_step *step)
{
    const struct scn_object *device = object_of(lnx, step, 0, SCN_DEVICE);
    const unsigned code = strcmp(step->words[1].text, "success") == 0 ? 0 : 1;
    struct ksh_fd_fault fault;
    int err = -ENOENT;

    host_settle(lnx);
    for (uint32_t i = 0; i < lnx->scenario->n_objects; i++) {
        const struct scn_object *table = &lnx->scenario->objects[i];

        if (!table->faults)
            continue;
        err = ksh_fd_fault_read(table->faults, &fault);
        if (err > 0)
            return fault.dev != device->id
                       ? -EXDEV
                       : ksh_fd_fault_respond(table->faults, fault.cookie, code);
    }
    return err ? err : -ENOENT;
}

/* ---- processes whose memory devices share ---- */

static int process_new(struct lnx *lnx, const struct scn_step *step)
{
    scn_add(lnx, &step->words[0], SCN_PROCESS)->process = ksh_process_new();
    return 0;
}

static int process_destroy(struct lnx *lnx, const struct scn_step *step)
{
    ksh_process_exit(object_of(lnx, step, 0, SCN_PROCESS)->process);
    return 0;
}

static int process_map(struct lnx *lnx, const struct scn_step *step)
{
    const struct ksh_fd_range range = range_of(step, 2, 3);

    return ksh_process_map(object_of(lnx, step, 0, SCN_PROCESS)->process, &range);
}

static int process_unmap(struct lnx *lnx, const struct scn_step *step)
{
    return ksh_process_unmap(object_of(lnx, step, 0, SCN_PROCESS)->process, step->words[1].number,
                             step->words[2].number);
}

static int process_touch(struct lnx *lnx, const struct scn_step *step)
{
    struct ksh_process *process = object_of(lnx, step, 0, SCN_PROCESS)->process;
    int err = 0;

    for (uint64_t at = 0; at < step->words[2].number && !err; at += HOST_PAGE_BYTES) {
        err = ksh_process_touch(process, step->words[1].number + at, 1);
        if (err)
            err = ksh_process_touch(process, step->words[1].number + at, 0);
    }
    return err;
}

/* The kernel chooses the PASID; a line may say which one must come out. */
static int process_attach(struct lnx *lnx, const struct scn_step *step)
{
    struct scn_object *device = object_of(lnx, step, 0, SCN_DEVICE);
    const struct scn_object *process = object_of(lnx, step, 1, SCN_PROCESS);
    unsigned pasid;
    int err = ksh_sva_bind(device->device, process->process, &pasid);

    if (!err && pasid_of(step) != HOST_NO_PASID && pasid_of(step) != pasid)
        host_die("line %u: the kernel gave PASID %u", step->line, pasid);
    if (!err)
        device->shared_pasid = pasid;
    return err;
}

static int process_detach(struct lnx *lnx, const struct scn_step *step)
{
    struct scn_object *device = object_of(lnx, step, 0, SCN_DEVICE);

    ksh_sva_unbind(device->device, device->shared_pasid);
    device->shared_pasid = 0;
    return 0;
}

/* ---- verbs ---- */

struct fd_verb {
    const char *verb;
    int (*run)(struct lnx *lnx, const struct scn_step *step);
};

static const struct fd_verb fd_verbs[] = {
    {"ioas", fd_ioas},
    {"hwpt", fd_hwpt},
    {"nested", fd_nested},
    {"destroy", fd_destroy},
    {"map", fd_map},
    {"copy", fd_copy},
    {"unmap", fd_unmap},
    {"allow", fd_allow},
    {"dirty", fd_dirty},
    {"attach", fd_attach},
    {"replace", fd_replace},
    {"detach", fd_detach},
    {"invalidate", fd_invalidate},
    {"respond", fd_respond},
};

static const struct fd_verb process_verbs[] = {
    {"destroy", process_destroy}, {"map", process_map},       {"unmap", process_unmap},
    {"attach", process_attach},   {"detach", process_detach}, {"touch", process_touch},
};

static int (*find_verb(const struct fd_verb *verbs, size_t n,
                       const char *verb))(struct lnx *lnx, const struct scn_step *step)
{
    for (size_t i = 0; i < n; i++) {
        if (strcmp(verb, verbs[i].verb) == 0)
            return verbs[i].run;
    }
    return NULL;
}

/* Is it about a process, or a PASID that shares one's memory? */
static bool is_of_process(struct lnx *lnx, const struct scn_step *step)
{
    const struct scn_object *device = scn_find(lnx, &step->words[0]);
    const uint32_t pasid = pasid_of(step);

    for (unsigned i = 0; i < 2 && i < step->n_words; i++) {
        const struct scn_object *object = scn_find(lnx, &step->words[i]);

        if (object && object->kind == SCN_PROCESS)
            return true;
    }
    return strcmp(step->verb, "detach") == 0 && device && device->shared_pasid &&
           device->shared_pasid == pasid;
}

bool scn_fd_run_verb(struct lnx *lnx, const struct scn_step *step, int *err)
{
    int (*run)(struct lnx * lnx, const struct scn_step *step) = NULL;

    if (strcmp(step->verb, "process") == 0)
        run = process_new;
    else if (is_of_process(lnx, step))
        run = find_verb(process_verbs, sizeof(process_verbs) / sizeof(*process_verbs), step->verb);
    else if (lnx->config.with_iommufd)
        run = find_verb(fd_verbs, sizeof(fd_verbs) / sizeof(*fd_verbs), step->verb);
    if (run)
        *err = run(lnx, step);
    return run != NULL;
}

/* ---- from boot to the end ---- */

int scn_fd_device(struct scn_object *device)
{
    return ksh_fd_bind(device->device, &device->id);
}

/* PASIDs in their order, as VFIO; none is the last one. */
static void leave_all(struct scn_object *device)
{
    for (;;) {
        size_t next = SCN_MAX_PASIDS;

        for (size_t p = 0; p < SCN_MAX_PASIDS; p++) {
            if (device->pasids[p].table &&
                (next == SCN_MAX_PASIDS || device->pasids[p].pasid < device->pasids[next].pasid))
                next = p;
        }
        if (next == SCN_MAX_PASIDS)
            return;
        (void)ksh_fd_detach(device->id, device->pasids[next].pasid);
        device->pasids[next].table = NULL;
    }
}

void scn_fd_release(struct lnx *lnx)
{
    struct host_scenario *scenario = lnx->scenario;

    for (uint32_t i = 0; i < scenario->n_objects; i++) {
        struct scn_object *device = &scenario->objects[i];

        if (device->kind != SCN_DEVICE || !device->device)
            continue;
        if (device->shared_pasid)
            ksh_sva_unbind(device->device, device->shared_pasid);
        if (!lnx->config.with_iommufd)
            continue;
        leave_all(device);
        if (device->vdevice)
            (void)ksh_fd_destroy(device->vdevice);
        (void)ksh_fd_unbind(device->id);
    }
    if (lnx->config.with_iommufd)
        (void)ksh_fd_close();
}
