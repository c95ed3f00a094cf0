// SPDX-License-Identifier: GPL-2.0
// iommufd.c - a user of /dev/iommu: every act goes through iommufd's own ioctl handler. What VFIO
// would do for that user (bind, attach, replace, detach) calls iommufd's functions for drivers.
#include "kernel-glue/linux/kshim/ksh.h"

#include <linux/fs.h>
#include <linux/iommufd.h>
#include <linux/miscdevice.h>
#include <linux/pci.h>
#include <uapi/linux/iommufd.h>

#include "kernel-glue/linux/boundary_user.h"
#include "kernel-glue/linux/kshim/user.h"

#define MAX_OBJECTS 256

static struct file *user_file;
static struct iommufd_device *bound[MAX_OBJECTS];
static unsigned int numbers[MAX_OBJECTS];   /* of bound devices, in records */
static unsigned int fault_fds[MAX_OBJECTS]; /* of fault queues */

static int call(unsigned int request, void *arg)
{
    return ksh_user_iommufd->fops->unlocked_ioctl(user_file, request, (unsigned long)arg);
}

static int number_of(unsigned int object)
{
    if (object >= MAX_OBJECTS)
        host_die("more than %d objects of iommufd", MAX_OBJECTS);
    return object;
}

int ksh_fd_open(void)
{
    if (!ksh_user_iommufd)
        return -ENODEV;
    ksh_user_init();
    user_file = ksh_user_file_new(ksh_user_iommufd->fops, NULL);
    return user_file->f_op->open(NULL, user_file);
}

int ksh_fd_close(void)
{
    ksh_user_files_close();
    return user_file->f_op->release(NULL, user_file);
}

int ksh_fd_bind(struct ksh_device *device, unsigned int *dev)
{
    struct iommufd_device *idev =
        iommufd_device_bind(user_file->private_data, ksh_device_dev(device), dev);

    if (IS_ERR(idev))
        return PTR_ERR(idev);
    bound[number_of(*dev)] = idev;
    numbers[*dev] = ksh_dev_number(ksh_device_dev(device));
    return 0;
}

int ksh_fd_unbind(unsigned int dev)
{
    iommufd_device_unbind(bound[number_of(dev)]);
    bound[dev] = NULL;
    return 0;
}

int ksh_fd_destroy(unsigned int id)
{
    struct iommu_destroy arg = {.size = sizeof(arg), .id = id};

    return call(IOMMU_DESTROY, &arg);
}

/* ---- address spaces ---- */

int ksh_fd_ioas(unsigned int *id)
{
    struct iommu_ioas_alloc arg = {.size = sizeof(arg)};
    int err = call(IOMMU_IOAS_ALLOC, &arg);

    *id = arg.out_ioas_id;
    return err;
}

static unsigned int map_flags(int prot)
{
    return IOMMU_IOAS_MAP_FIXED_IOVA | (prot & 1 ? IOMMU_IOAS_MAP_READABLE : 0) |
           (prot & 2 ? IOMMU_IOAS_MAP_WRITEABLE : 0);
}

int ksh_fd_map(unsigned int ioas, const struct ksh_fd_range *range)
{
    struct iommu_ioas_map arg = {.size = sizeof(arg),
                                 .flags = map_flags(range->prot),
                                 .ioas_id = ioas,
                                 .user_va = range->pa,
                                 .length = range->n_bytes,
                                 .iova = range->iova};

    return call(IOMMU_IOAS_MAP, &arg);
}

int ksh_fd_copy(unsigned int ioas, const struct ksh_fd_range *range, unsigned int from)
{
    struct iommu_ioas_copy arg = {.size = sizeof(arg),
                                  .flags = map_flags(range->prot),
                                  .dst_ioas_id = ioas,
                                  .src_ioas_id = from,
                                  .length = range->n_bytes,
                                  .dst_iova = range->iova,
                                  .src_iova = range->pa};

    return call(IOMMU_IOAS_COPY, &arg);
}

int ksh_fd_unmap(unsigned int ioas, host_u64 iova, host_u64 n_bytes)
{
    struct iommu_ioas_unmap arg = {
        .size = sizeof(arg), .ioas_id = ioas, .iova = iova, .length = n_bytes};

    return call(IOMMU_IOAS_UNMAP, &arg);
}

int ksh_fd_allow(unsigned int ioas, const host_u64 (*ranges)[2], unsigned int n)
{
    struct iommu_ioas_allow_iovas arg = {
        .size = sizeof(arg), .ioas_id = ioas, .num_iovas = n, .allowed_iovas = (uintptr_t)ranges};

    return call(IOMMU_IOAS_ALLOW_IOVAS, &arg);
}

/* ---- page tables, a virtual machine's IOMMU ---- */

static int hwpt_alloc(struct iommu_hwpt_alloc *arg, unsigned int fault, unsigned int *id)
{
    int err;

    arg->size = sizeof(*arg);
#if AT_LEAST(6, 11)
    if (fault) {
        arg->flags |= IOMMU_HWPT_FAULT_ID_VALID;
        arg->fault_id = fault;
    }
#endif
    err = call(IOMMU_HWPT_ALLOC, arg);
    *id = arg->out_hwpt_id;
    return err;
}

int ksh_fd_hwpt(const struct ksh_fd_hwpt *wanted, unsigned int *id)
{
    struct iommu_hwpt_alloc arg = {.dev_id = wanted->dev, .pt_id = wanted->ioas};

    if (wanted->flags & KSH_NEST_PARENT)
        arg.flags |= IOMMU_HWPT_ALLOC_NEST_PARENT;
    if (wanted->flags & KSH_DIRTY)
        arg.flags |= IOMMU_HWPT_ALLOC_DIRTY_TRACKING;
#if AT_LEAST(6, 14)
    if (wanted->flags & KSH_FOR_PASID)
        arg.flags |= IOMMU_HWPT_ALLOC_PASID;
#endif
    return hwpt_alloc(&arg, wanted->fault, id);
}

int ksh_fd_dirty(unsigned int hwpt, int on)
{
    struct iommu_hwpt_set_dirty_tracking arg = {
        .size = sizeof(arg), .flags = on ? IOMMU_HWPT_DIRTY_TRACKING_ENABLE : 0, .hwpt_id = hwpt};

    return call(IOMMU_HWPT_SET_DIRTY_TRACKING, &arg);
}

#if ON_X86 && AT_LEAST(6, 6)
/* A guest's table stands on the host's directly. */
int ksh_fd_viommu(unsigned int dev, unsigned int parent, unsigned int *id)
{
    return -EOPNOTSUPP;
}
int ksh_fd_vdevice(unsigned int viommu, unsigned int dev, host_u64 virt_id, unsigned int *id)
{
    return -EOPNOTSUPP;
}

int ksh_fd_nested(const struct ksh_fd_nested *wanted, unsigned int *id)
{
    struct iommu_hwpt_vtd_s1 data = {
        .flags = wanted->flags, .pgtbl_addr = wanted->root, .addr_width = 48};
    struct iommu_hwpt_alloc arg = {.dev_id = wanted->dev,
                                   .pt_id = wanted->over,
                                   .data_type = IOMMU_HWPT_DATA_VTD_S1,
                                   .data_len = sizeof(data),
                                   .data_uptr = (uintptr_t)&data};

    return hwpt_alloc(&arg, wanted->fault, id);
}

#define MAX_COMMANDS 8

int ksh_fd_invalidate(unsigned int in, const host_u64 (*commands)[2], unsigned int n,
                      unsigned int *n_done)
{
    struct iommu_hwpt_vtd_s1_invalidate data[MAX_COMMANDS] = {};
    struct iommu_hwpt_invalidate arg = {.size = sizeof(arg),
                                        .hwpt_id = in,
                                        .data_uptr = (uintptr_t)data,
                                        .data_type = IOMMU_HWPT_INVALIDATE_DATA_VTD_S1,
                                        .entry_len = sizeof(data[0]),
                                        .entry_num = n};
    int err;

    for (unsigned int i = 0; i < n && i < MAX_COMMANDS; i++) {
        data[i].addr = commands[i][0];
        data[i].npages = commands[i][1];
    }
    err = call(IOMMU_HWPT_INVALIDATE, &arg);
    *n_done = arg.entry_num;
    return err;
}
#elif AT_LEAST(6, 13)
int ksh_fd_viommu(unsigned int dev, unsigned int parent, unsigned int *id)
{
    struct iommu_viommu_alloc arg = {.size = sizeof(arg),
                                     .type = IOMMU_VIOMMU_TYPE_ARM_SMMUV3,
                                     .dev_id = dev,
                                     .hwpt_id = parent};
    int err = call(IOMMU_VIOMMU_ALLOC, &arg);

    *id = arg.out_viommu_id;
    return err;
}

int ksh_fd_vdevice(unsigned int viommu, unsigned int dev, host_u64 virt_id, unsigned int *id)
{
    struct iommu_vdevice_alloc arg = {
        .size = sizeof(arg), .viommu_id = viommu, .dev_id = dev, .virt_id = virt_id};
    int err = call(IOMMU_VDEVICE_ALLOC, &arg);

    *id = arg.out_vdevice_id;
    return err;
}

int ksh_fd_nested(const struct ksh_fd_nested *wanted, unsigned int *id)
{
    struct iommu_hwpt_arm_smmuv3 data = {
        .ste = {cpu_to_le64(wanted->ste[0]), cpu_to_le64(wanted->ste[1])}};
    struct iommu_hwpt_alloc arg = {.dev_id = wanted->dev,
                                   .pt_id = wanted->over,
                                   .data_type = IOMMU_HWPT_DATA_ARM_SMMUV3,
                                   .data_len = sizeof(data),
                                   .data_uptr = (uintptr_t)&data};

    return hwpt_alloc(&arg, wanted->fault, id);
}

int ksh_fd_invalidate(unsigned int in, const host_u64 (*commands)[2], unsigned int n,
                      unsigned int *n_done)
{
    struct iommu_hwpt_invalidate arg = {.size = sizeof(arg),
                                        .hwpt_id = in,
                                        .data_uptr = (uintptr_t)commands,
                                        .data_type = IOMMU_VIOMMU_INVALIDATE_DATA_ARM_SMMUV3,
                                        .entry_len = sizeof(*commands),
                                        .entry_num = n};
    int err = call(IOMMU_HWPT_INVALIDATE, &arg);

    *n_done = arg.entry_num;
    return err;
}
#else
int ksh_fd_viommu(unsigned int dev, unsigned int parent, unsigned int *id)
{
    return -EOPNOTSUPP;
}
int ksh_fd_vdevice(unsigned int viommu, unsigned int dev, host_u64 virt_id, unsigned int *id)
{
    return -EOPNOTSUPP;
}
int ksh_fd_nested(const struct ksh_fd_nested *wanted, unsigned int *id)
{
    return -EOPNOTSUPP;
}
int ksh_fd_invalidate(unsigned int in, const host_u64 (*commands)[2], unsigned int n,
                      unsigned int *n_done)
{
    return -EOPNOTSUPP;
}
#endif

/* ---- attaching ---- */

#if AT_LEAST(6, 15)
#define FOR_PASID(pasid) (pasid) == HOST_NO_PASID ? IOMMU_NO_PASID : (pasid),
#define CAN_PASID 1
#else
#define FOR_PASID(pasid)
#define CAN_PASID 0
#endif

static struct host_mark mark_of(int op, unsigned int dev, unsigned int table, unsigned int pasid)
{
    return (struct host_mark){.op = op, .dev = numbers[dev], .pasid = pasid, .a = table};
}

int ksh_fd_attach(unsigned int dev, unsigned int table, unsigned int pasid)
{
    const struct host_mark mark = mark_of(
        pasid == HOST_NO_PASID ? HOST_OP_ATTACH : HOST_OP_SET_PASID, number_of(dev), table, pasid);
    int err;

    if (pasid != HOST_NO_PASID && !CAN_PASID)
        return -EOPNOTSUPP;
    host_begin(&mark);
    err = iommufd_device_attach(bound[dev], FOR_PASID(pasid) & table);
    host_end(&mark, err);
    return err;
}

int ksh_fd_replace(unsigned int dev, unsigned int table, unsigned int pasid)
{
    const struct host_mark mark =
        mark_of(pasid == HOST_NO_PASID ? HOST_OP_REPLACE : HOST_OP_REPLACE_PASID, number_of(dev),
                table, pasid);
    int err;

    if (pasid != HOST_NO_PASID && !CAN_PASID)
        return -EOPNOTSUPP;
    host_begin(&mark);
    err = iommufd_device_replace(bound[dev], FOR_PASID(pasid) & table);
    host_end(&mark, err);
    return err;
}

int ksh_fd_detach(unsigned int dev, unsigned int pasid)
{
    const struct host_mark mark = mark_of(
        pasid == HOST_NO_PASID ? HOST_OP_DETACH : HOST_OP_REMOVE_PASID, number_of(dev), 0, pasid);

    if (pasid != HOST_NO_PASID && !CAN_PASID)
        return -EOPNOTSUPP;
    host_begin(&mark);
#if CAN_PASID
    iommufd_device_detach(bound[dev], pasid == HOST_NO_PASID ? IOMMU_NO_PASID : pasid);
#else
    iommufd_device_detach(bound[dev]);
#endif
    host_end(&mark, 0);
    return 0;
}

/* ---- fault queues ---- */

#if AT_LEAST(6, 11)
int ksh_fd_fault_queue(unsigned int *id)
{
    struct iommu_fault_alloc arg = {.size = sizeof(arg)};
    int err = call(IOMMU_FAULT_QUEUE_ALLOC, &arg);

    if (err)
        return err;
    *id = arg.out_fault_id;
    fault_fds[number_of(*id)] = arg.out_fault_fd;
    return 0;
}

int ksh_fd_fault_read(unsigned int id, struct ksh_fd_fault *fault)
{
    struct file *file = ksh_user_file(fault_fds[number_of(id)]);
    struct iommu_hwpt_pgfault raw = {};
    loff_t at = 0;
    ssize_t n = file->f_op->read(file, (char __user *)&raw, sizeof(raw), &at);

    if (n <= 0)
        return n;
    *fault = (struct ksh_fd_fault){.dev = raw.dev_id,
                                   .pasid = raw.pasid,
                                   .has_pasid = raw.flags & IOMMU_PGFAULT_FLAGS_PASID_VALID,
                                   .is_last = !!(raw.flags & IOMMU_PGFAULT_FLAGS_LAST_PAGE),
                                   .group = raw.grpid,
                                   .perm = raw.perm,
                                   .cookie = raw.cookie,
                                   .address = raw.addr};
    return 1;
}

int ksh_fd_fault_respond(unsigned int id, unsigned int cookie, unsigned int code)
{
    struct file *file = ksh_user_file(fault_fds[number_of(id)]);
    struct iommu_hwpt_page_response response = {.cookie = cookie, .code = code};
    loff_t at = 0;
    ssize_t n = file->f_op->write(file, (const char __user *)&response, sizeof(response), &at);

    return n < 0 ? n : 0;
}
#else
int ksh_fd_fault_queue(unsigned int *id)
{
    return -EOPNOTSUPP;
}
int ksh_fd_fault_read(unsigned int id, struct ksh_fd_fault *fault)
{
    return -EOPNOTSUPP;
}
int ksh_fd_fault_respond(unsigned int id, unsigned int cookie, unsigned int code)
{
    return -EOPNOTSUPP;
}
#endif
