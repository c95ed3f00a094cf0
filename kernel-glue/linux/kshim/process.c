// SPDX-License-Identifier: GPL-2.0
// process.c - processes that share their memory with devices. Their tables have the format of their
// CPU (tables_*.c), and each store to them is seen. A page is there once somebody has touched it.
#include "kernel-glue/linux/kshim/ksh.h"

#include <linux/io-pgtable.h>
#include <linux/maple_tree.h>
#include <linux/mm.h>
#include <linux/mmu_notifier.h>
#include <linux/sched/mm.h>

#include "kernel-glue/linux/boundary_user.h"

#define MAX_RANGES 32
#define MAX_NOTIFIERS 16
#define MAX_PROCESSES 16
#define MAX_BONDS 64

struct stretch {
    struct vm_area_struct vma;
    host_u64 pa;
    int prot;
};

struct ksh_process {
    struct mm_struct mm;
    struct io_pgtable_ops *tables;
    struct stretch ranges[MAX_RANGES];
    int n_ranges;
    struct mmu_notifier *notifiers[MAX_NOTIFIERS];
};

static struct ksh_process *processes[MAX_PROCESSES];
static int n_processes;

struct ksh_process *ksh_process_new(void)
{
    struct ksh_process *process = host_malloc(sizeof(*process));

    if (n_processes == MAX_PROCESSES)
        host_die("more than %d processes", MAX_PROCESSES);
    process->tables = ksh_tables_new(&process->mm);
    if (!process->tables)
        host_die("no page table for a process");
    atomic_set(&process->mm.mm_users, 1);
    atomic_set(&process->mm.mm_count, 1);
    init_rwsem(&process->mm.mmap_lock);
    processes[n_processes++] = process;
    return process;
}

host_u64 ksh_process_root(const struct ksh_process *process)
{
    return __pa(process->mm.pgd);
}

static struct ksh_process *process_of(const struct mm_struct *mm)
{
    return container_of(mm, struct ksh_process, mm);
}

/* ---- ranges ---- */

int ksh_process_map(struct ksh_process *process, const struct ksh_fd_range *range)
{
    struct stretch *r = &process->ranges[process->n_ranges];

    if (process->n_ranges == MAX_RANGES)
        return -ENOMEM;
    r->vma.vm_mm = &process->mm;
    r->vma.vm_start = range->iova;
    r->vma.vm_end = range->iova + range->n_bytes;
    vm_flags_init(&r->vma, (range->prot & 1 ? VM_READ : 0) | (range->prot & 2 ? VM_WRITE : 0));
    r->pa = range->pa;
    r->prot = range->prot;
    process->n_ranges++;
    return 0;
}

static struct stretch *range_at(struct ksh_process *process, host_u64 va)
{
    for (int i = 0; i < process->n_ranges; i++) {
        struct stretch *r = &process->ranges[i];

        if (va >= r->vma.vm_start && va < r->vma.vm_end)
            return r;
    }
    return NULL;
}

int ksh_process_touch(struct ksh_process *process, host_u64 va, int is_write)
{
    struct stretch *r = range_at(process, va);
    unsigned long page = va & PAGE_MASK;
    size_t mapped = 0;
    int prot;

    if (!r || (is_write && !(r->prot & 2)))
        return -EFAULT;
    if (process->tables->iova_to_phys(process->tables, page))
        return 0;
    prot = IOMMU_CACHE | (r->prot & 1 ? IOMMU_READ : 0) | (r->prot & 2 ? IOMMU_WRITE : 0);
    return process->tables->map_pages(process->tables, page, r->pa + (page - r->vma.vm_start),
                                      PAGE_SIZE, 1, prot, GFP_KERNEL, &mapped);
}

static void tell(struct ksh_process *process, unsigned long start, unsigned long end)
{
    for (int i = 0; i < MAX_NOTIFIERS; i++) {
        struct mmu_notifier *mn = process->notifiers[i];

        if (mn)
            mn->ops->arch_invalidate_secondary_tlbs(mn, &process->mm, start, end);
    }
}

int ksh_process_unmap(struct ksh_process *process, host_u64 va, host_u64 n_bytes)
{
    struct stretch *r = range_at(process, va);

    if (!r || r->vma.vm_start != va || r->vma.vm_end != va + n_bytes)
        return -ENOENT;
    for (host_u64 page = va; page < va + n_bytes; page += PAGE_SIZE) {
        if (process->tables->iova_to_phys(process->tables, page))
            process->tables->unmap_pages(process->tables, page, PAGE_SIZE, 1, NULL);
    }
    host_sync();
    memcpy(r, &process->ranges[--process->n_ranges], sizeof(*r)); /* a field is constant */
    tell(process, va, va + n_bytes);
    return 0;
}

void ksh_process_exit(struct ksh_process *process)
{
    for (int i = 0; i < MAX_NOTIFIERS; i++) {
        struct mmu_notifier *mn = process->notifiers[i];

        if (mn)
            mn->ops->release(mn, &process->mm);
    }
    ksh_tables_free(process->tables);
    process->tables = NULL;
    process->n_ranges = 0;
    atomic_set(&process->mm.mm_users, 0);
}

/* ---- what the kernel's memory management would do ---- */

K(int, mmu_notifier_register, (struct mmu_notifier * mn, struct mm_struct *mm))
{
    struct ksh_process *process = process_of(mm);

    mn->mm = mm;
    for (int i = 0; i < MAX_NOTIFIERS; i++) {
        if (!process->notifiers[i]) {
            process->notifiers[i] = mn;
            return 0;
        }
    }
    return -ENOMEM;
}
K(void, mmu_notifier_put, (struct mmu_notifier * mn))
{
    struct ksh_process *process = process_of(mn->mm);

    for (int i = 0; i < MAX_NOTIFIERS; i++) {
        if (process->notifiers[i] == mn)
            process->notifiers[i] = NULL;
    }
    mn->ops->free_notifier(mn);
}
K(void, mmu_notifier_synchronize, (void))
{
}
K(void, mmput, (struct mm_struct * mm))
{
    atomic_dec(&mm->mm_users);
}

/* vma_lookup() asks the tree of a memory's ranges. */
K(void *, mtree_load, (struct maple_tree * tree, unsigned long va))
{
    for (int i = 0; i < n_processes; i++) {
        struct stretch *r;

        if (&processes[i]->mm.mm_mt != tree)
            continue;
        r = range_at(processes[i], va);
        return r ? &r->vma : NULL;
    }
    return NULL;
}
K(vm_fault_t, handle_mm_fault,
  (struct vm_area_struct * vma, unsigned long va, unsigned int flags, struct pt_regs *regs))
{
    int err = ksh_process_touch(process_of(vma->vm_mm), va, !!(flags & FAULT_FLAG_WRITE));

    return err ? VM_FAULT_SIGSEGV : 0;
}

/* ---- binding ---- */

struct bond {
    struct ksh_device *device;
    struct iommu_sva *handle;
    unsigned int pasid;
};
static struct bond bonds[MAX_BONDS];

#if AT_LEAST(6, 16)
static int can_share(struct device *dev)
{
    return 0;
}
#else
static int can_share(struct device *dev)
{
    static struct device *enabled[MAX_BONDS];
    int i, err;

    for (i = 0; i < MAX_BONDS && enabled[i]; i++) {
        if (enabled[i] == dev)
            return 0;
    }
    iommu_dev_enable_feature(dev, IOMMU_DEV_FEAT_IOPF); /* none: faults end */
    err = iommu_dev_enable_feature(dev, IOMMU_DEV_FEAT_SVA);
    if (!err && i < MAX_BONDS)
        enabled[i] = dev;
    return err;
}
#endif

int ksh_sva_bind(struct ksh_device *device, struct ksh_process *process, unsigned int *pasid)
{
    struct device *dev = ksh_device_dev(device);
    struct bond *bond = bonds;
    int err = can_share(dev);

    while (bond < bonds + MAX_BONDS && bond->handle)
        bond++;
    if (bond == bonds + MAX_BONDS)
        return -ENOMEM;
    if (err)
        return err;
    bond->handle = iommu_sva_bind_device(dev, &process->mm);
    if (IS_ERR(bond->handle)) {
        err = PTR_ERR(bond->handle);
        bond->handle = NULL;
        return err;
    }
    bond->device = device;
    bond->pasid = *pasid = iommu_sva_get_pasid(bond->handle);
    return 0;
}

void ksh_sva_unbind(struct ksh_device *device, unsigned int pasid)
{
    for (struct bond *bond = bonds; bond < bonds + MAX_BONDS; bond++) {
        if (bond->handle && bond->device == device && bond->pasid == pasid) {
            iommu_sva_unbind_device(bond->handle);
            bond->handle = NULL;
            return;
        }
    }
}
