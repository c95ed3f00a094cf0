/* SPDX-License-Identifier: GPL-2.0
 * ksh.h - what the files of kshim/ share.
 * Knows: the kernel's headers and boundary.h. Must not know: the C library, the simulator.
 *
 * kshim/ gives a driver the functions of a kernel that are not linked in. It is compiled with the
 * headers of the tree that the driver comes from. */
#ifndef KSH_H
#define KSH_H

#include <linux/device.h>
#include <linux/iommu.h>
#include <linux/kernel.h>
#include <linux/platform_device.h>
#include <linux/version.h>

#include "kernel-glue/linux/boundary.h"

/* K - define the kernel's function NAME under a C name of our own. Its prototype in the headers
 * (const here, one more argument there, a macro in the next release) cannot clash. */
#define K(ret, name, args)                                                                         \
    ret shim_##name args __asm__(#name);                                                           \
    ret shim_##name args
#define KDATA(type, name, ...)                                                                     \
    extern type shim_##name __VA_ARGS__ __asm__(#name);                                            \
    type shim_##name __VA_ARGS__

#if defined(CONFIG_X86_64) && !defined(CONFIG_UML)
#define ON_X86 1
#else
#define ON_X86 0
#endif
#define AT_LEAST(a, b) (LINUX_VERSION_CODE >= KERNEL_VERSION(a, b, 0))

#define KSH_UNIT_PA (ON_X86 ? 0xfed90000UL : 0x2b400000UL)
#define KSH_UNIT_BYTES (ON_X86 ? 0x1000UL : 0x20000UL)
#define KSH_MMIO_BIAS 0x4d4d0000000UL /* where the driver believes that registers are */

/* mem.c */
extern bool ksh_is_incoherent; /* hardware reads memory behind the caches */
void ksh_mem_init(void);
/* device.c */
extern struct platform_driver *ksh_driver;
void ksh_dev_known(struct device *dev);
void ksh_dev_forgotten(struct device *dev);
void ksh_devres_release(void);
/* sync.c */
void ksh_rcu_drain(void);
/* misc.c */
enum ksh_initcalls { KSH_INITCALLS_EARLY, KSH_INITCALLS_LATE };
void ksh_initcalls(enum ksh_initcalls which);
/* act.c */
struct device *ksh_device_dev(struct ksh_device *device);
int ksh_device_can_stall(const struct device *dev);
/* machine_*.c: what firmware says of a device */
int ksh_machine_device(struct device *dev, const struct ksh_device_info *info);
/* tables_*.c: a process's page tables, as its CPU has them */
struct io_pgtable_ops;
struct io_pgtable_ops *ksh_tables_new(struct mm_struct *mm);
void ksh_tables_free(struct io_pgtable_ops *tables);
/* marks.c */
void ksh_marks_ops(const struct iommu_ops *ops);
void ksh_marks_domain(struct iommu_domain *domain);
unsigned int ksh_dev_number(const struct device *dev);
int ksh_marked_map(struct iommu_domain *domain, unsigned long iova, phys_addr_t pa, size_t size,
                   int prot);
size_t ksh_marked_unmap(struct iommu_domain *domain, unsigned long iova, size_t size);

#endif
