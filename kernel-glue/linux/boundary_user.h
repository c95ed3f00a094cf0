/* SPDX-License-Identifier: BSD-2-Clause
 * boundary_user.h - what a process does with the kernel half: /dev/iommu, shared virtual addresses,
 * KUnit. Goes with boundary.h.
 * Knows: numbers and pointers. Must not know: types of a kernel, types of the simulator.
 *
 * Results are 0 or a negative errno; -EOPNOTSUPP where the tree has no such thing. */
#ifndef LNX_BOUNDARY_USER_H
#define LNX_BOUNDARY_USER_H

#include "kernel-glue/linux/boundary.h"

#ifdef __cplusplus
extern "C" {
#endif

/* ---- iommufd, through its ioctls; numbers of objects are iommufd's ----------------------------
 */

/** ksh_fd_open - opens /dev/iommu. Return: -ENODEV if iommufd is not linked in. */
int ksh_fd_open(void);
/** ksh_fd_close - as the end of a process: what is left of its objects goes. */
int ksh_fd_close(void);
/** ksh_fd_bind - as VFIO does for a user who opened a device's file; claims it. */
int ksh_fd_bind(struct ksh_device *device, unsigned int *dev);
int ksh_fd_unbind(unsigned int dev);
int ksh_fd_destroy(unsigned int id);

int ksh_fd_ioas(unsigned int *id);
/** struct ksh_fd_range - @pa: the user's memory; an address of it is the physical one. */
struct ksh_fd_range {
    host_u64 iova, pa, n_bytes;
    int prot; /* 1 read, 2 write */
};
int ksh_fd_map(unsigned int ioas, const struct ksh_fd_range *range);
/** ksh_fd_copy - @pa of @range is an IOVA of @from here. */
int ksh_fd_copy(unsigned int ioas, const struct ksh_fd_range *range, unsigned int from);
int ksh_fd_unmap(unsigned int ioas, host_u64 iova, host_u64 n_bytes);

/** ksh_fd_allow - @ranges: first and last address of each of @n. */
int ksh_fd_allow(unsigned int ioas, const host_u64 (*ranges)[2], unsigned int n);

/** struct ksh_fd_hwpt - a page table. @flags: KSH_NEST_PARENT, KSH_DIRTY, KSH_FOR_PASID. @fault: a
 * fault queue, 0 for none. */
struct ksh_fd_hwpt {
    unsigned int dev, ioas, flags, fault;
};
int ksh_fd_hwpt(const struct ksh_fd_hwpt *wanted, unsigned int *id);
/** ksh_fd_dirty - dirty tracking is switched on or off. */
int ksh_fd_dirty(unsigned int hwpt, int on);

/** ksh_fd_viommu - what a virtual machine sees of an IOMMU, above a nest parent. */
int ksh_fd_viommu(unsigned int dev, unsigned int parent, unsigned int *id);
/** ksh_fd_vdevice - @virt_id: the StreamID that the guest uses for @dev. */
int ksh_fd_vdevice(unsigned int viommu, unsigned int dev, host_u64 virt_id, unsigned int *id);

/** struct ksh_fd_nested - a guest's stage 1. @over: what stands below it: a vIOMMU (SMMUv3), or the
 * nest parent (VT-d). @ste: SMMUv3, the first two words of a stream table entry. @root, @flags:
 * VT-d, where its table is for the guest, and bits of iommufd (SRE, EAFE, WPE). */
struct ksh_fd_nested {
    unsigned int dev, over, fault;
    host_u64 ste[2];
    host_u64 root, flags;
};
int ksh_fd_nested(const struct ksh_fd_nested *wanted, unsigned int *id);
/** ksh_fd_invalidate - a guest's commands; VT-d: first address and number of pages. @in: a vIOMMU,
 * or VT-d: a nested table. @n_done: how many the kernel took. */
int ksh_fd_invalidate(unsigned int in, const host_u64 (*commands)[2], unsigned int n,
                      unsigned int *n_done);

/* @pasid: HOST_NO_PASID for the device itself. @table: an IOAS or a page table. */
int ksh_fd_attach(unsigned int dev, unsigned int table, unsigned int pasid);
int ksh_fd_replace(unsigned int dev, unsigned int table, unsigned int pasid);
int ksh_fd_detach(unsigned int dev, unsigned int pasid);

/* ---- fault queues ------------------------------------------------------------------------------
 */

/** struct ksh_fd_fault - a page request that user space reads. @perm: as iommufd has it. */
struct ksh_fd_fault {
    unsigned int dev, pasid, has_pasid, is_last, group, perm, cookie;
    host_u64 address;
};
int ksh_fd_fault_queue(unsigned int *id);
/** ksh_fd_fault_read - Return: 1 and @fault, 0 if there is none, or a negative errno. */
int ksh_fd_fault_read(unsigned int id, struct ksh_fd_fault *fault);
/** ksh_fd_fault_respond - @code: 0 success, 1 invalid. */
int ksh_fd_fault_respond(unsigned int id, unsigned int cookie, unsigned int code);

/* ---- shared virtual addresses ------------------------------------------------------------------
 */

/** struct ksh_process - a process whose memory devices may share: its tables have the format of
 * its CPU and are filled when somebody touches a page. */
struct ksh_process;
struct ksh_process *ksh_process_new(void);
/** ksh_process_root - where its tables begin. */
host_u64 ksh_process_root(const struct ksh_process *process);
/** ksh_process_exit - its memory goes, devices that are bound or not. */
void ksh_process_exit(struct ksh_process *process);
/** ksh_process_map - pages that a fault will bring in. */
int ksh_process_map(struct ksh_process *process, const struct ksh_fd_range *range);
/** ksh_process_unmap - they go, and devices are told. */
int ksh_process_unmap(struct ksh_process *process, host_u64 va, host_u64 n_bytes);
/** ksh_process_touch - a page is brought in, as if the process had touched it. */
int ksh_process_touch(struct ksh_process *process, host_u64 va, int is_write);
int ksh_sva_bind(struct ksh_device *device, struct ksh_process *process, unsigned int *pasid);
void ksh_sva_unbind(struct ksh_device *device, unsigned int pasid);

/* ---- KUnit --------------------------------------------------------------------------------------
 */

/** struct host_kunit - a table entry that a test has the driver write. @is_cd: a context
 * descriptor, else a stream table entry. */
struct host_kunit {
    const char *test;
    int is_cd;
    host_u64 initial[8];
};
/** host_kunit_begin - Return: the entry to be written, where each store to it is a record. */
host_u64 *host_kunit_begin(const struct host_kunit *kunit);
/** host_kunit_sync - the writer would tell the hardware now, and wait. */
void host_kunit_sync(void);
void host_kunit_end(void);

/** ksh_kunit_run - every suite that is linked in; instead of ksh_boot. Return: how many suites
 * failed, or -ENODEV. */
int ksh_kunit_run(void);

#ifdef __cplusplus
}
#endif
#endif
