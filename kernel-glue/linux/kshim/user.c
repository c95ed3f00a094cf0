// SPDX-License-Identifier: GPL-2.0
// user.c - the user space that iommufd believes in: one process, its memory, its files. An address
// of the process is the physical one, so pinning a page is arithmetic.
#include "kernel-glue/linux/kshim/ksh.h"

#include <linux/anon_inodes.h>
#include <linux/cred.h>
#include <linux/file.h>
#include <linux/fs.h>
#include <linux/miscdevice.h>
#include <linux/mm.h>
#include <linux/msi.h>
#include <linux/pci-ats.h>
#include <linux/pci.h>
#include <linux/sched.h>
#include <linux/sched/signal.h>
#include <linux/sched/user.h>
#include <linux/slab.h>
#include <linux/wait.h>

#include "kernel-glue/linux/kshim/user.h"

/* ---- who calls ---- */

static struct mm_struct user_mm;
static struct user_struct user;
static struct cred user_cred;
static struct signal_struct user_signal;

void ksh_user_init(void)
{
    struct task_struct *task = current;

    if (task->mm)
        return;
    task->mm = task->active_mm = &user_mm;
    task->group_leader = task;
    task->signal = &user_signal;
    user_cred.user = &user;
    rcu_assign_pointer(task->real_cred, &user_cred);
    rcu_assign_pointer(task->cred, &user_cred);
    refcount_set(&task->usage, 1);
    refcount_set(&user.__count, 1);
    atomic_set(&user_mm.mm_users, 1);
    atomic_set(&user_mm.mm_count, 1);
    for (int i = 0; i < RLIM_NLIMITS; i++)
        user_signal.rlim[i].rlim_cur = user_signal.rlim[i].rlim_max = RLIM_INFINITY;
}

K(bool, capable, (int cap))
{
    return true;
}
K(void, free_uid, (struct user_struct * u))
{
}
K(void, __put_task_struct, (struct task_struct * t))
{
}
K(void, __put_task_struct_rcu_cb, (struct rcu_head * h))
{
}
K(void, kthread_use_mm, (struct mm_struct * mm))
{
}
K(void, kthread_unuse_mm, (struct mm_struct * mm))
{
}
K(void, __mmdrop, (struct mm_struct * mm))
{
}
K(int, __account_locked_vm,
  (struct mm_struct * mm, unsigned long n, bool inc, const struct task_struct *t, bool bypass))
{
    return 0;
}

/* ---- its memory ---- */

KDATA(unsigned long, task_size) = -1UL;

K(int, pin_user_pages_fast, (unsigned long va, int n, unsigned int flags, struct page **pages))
{
    for (int i = 0; i < n; i++)
        pages[i] = pfn_to_page((va >> PAGE_SHIFT) + i);
    return n;
}
K(long, pin_user_pages_remote,
  (struct mm_struct * mm, unsigned long va, unsigned long n, unsigned int flags,
   struct page **pages, int *locked))
{
    return shim_pin_user_pages_fast(va, n, flags, pages);
}
K(void, unpin_user_page, (struct page * p))
{
}
K(void, unpin_user_pages, (struct page * *p, unsigned long n))
{
}
K(void, unpin_user_page_range_dirty_lock, (struct page * p, unsigned long n, bool dirty))
{
}
K(int, set_page_dirty_lock, (struct page * p))
{
    return 0;
}
K(unsigned long, raw_copy_from_user, (void *to, const void __user *from, unsigned long n))
{
    memcpy(to, (const void *)from, n);
    return 0;
}
K(unsigned long, raw_copy_to_user, (void __user *to, const void *from, unsigned long n))
{
    memcpy((void *)to, from, n);
    return 0;
}
K(unsigned long, _copy_from_user, (void *to, const void __user *from, unsigned long n))
{
    return shim_raw_copy_from_user(to, from, n);
}
K(unsigned long, _copy_to_user, (void __user *to, const void *from, unsigned long n))
{
    return shim_raw_copy_to_user(to, from, n);
}
K(unsigned long, __clear_user, (void __user *to, unsigned long n))
{
    memset((void *)to, 0, n);
    return 0;
}
K(int, check_zeroed_user, (const void __user *from, size_t n))
{
    const char *bytes = (const void *)from;

    while (n && !*bytes++)
        n--;
    return n == 0;
}
K(unsigned long, get_free_pages_noprof, (gfp_t f, unsigned int order))
{
    return (unsigned long)host_malloc(PAGE_SIZE << order);
}
K(void *, __kvmalloc_node_noprof, (size_t n, gfp_t f, int node))
{
    return host_malloc(n);
}

/* ---- its files ---- */

#define MAX_FILES 64

static struct file *files[MAX_FILES];
static char reserved; /* what a number is taken by before its file is there */

struct file *ksh_user_file(unsigned int fd)
{
    return fd < MAX_FILES && files[fd] != (void *)&reserved ? files[fd] : NULL;
}

struct file *ksh_user_file_new(const struct file_operations *ops, void *data)
{
    struct file *file = host_malloc(sizeof(*file));

    file->f_op = ops;
    file->private_data = data;
#if AT_LEAST(6, 13)
    file_ref_init(&file->f_ref, 1);
#else
    atomic_long_set(&file->f_count, 1);
#endif
    return file;
}

void ksh_user_files_close(void)
{
    for (int fd = 0; fd < MAX_FILES; fd++) {
        struct file *file = ksh_user_file(fd);

        if (file && file->f_op->release)
            file->f_op->release(NULL, file);
        files[fd] = NULL;
    }
}

K(struct file *, anon_inode_getfile,
  (const char *name, const struct file_operations *ops, void *data, int flags))
{
    return ksh_user_file_new(ops, data);
}
K(int, get_unused_fd_flags, (unsigned int flags))
{
    for (int fd = 0; fd < MAX_FILES; fd++) {
        if (!files[fd]) {
            files[fd] = (void *)&reserved;
            return fd;
        }
    }
    return -EMFILE;
}
K(void, put_unused_fd, (unsigned int fd))
{
    files[fd] = NULL;
}
K(void, fd_install, (unsigned int fd, struct file *file))
{
    files[fd] = file;
}
K(struct file *, fget, (unsigned int fd))
{
    return ksh_user_file(fd);
}
/* iommufd's files live as long as the process. */
K(void, fput, (struct file * file))
{
}
K(void, __fput_sync, (struct file * file))
{
}
K(int, nonseekable_open, (struct inode * i, struct file *file))
{
    return 0;
}

struct miscdevice *ksh_user_iommufd;
K(int, misc_register, (struct miscdevice * misc))
{
    if (!strcmp(misc->name, "iommu"))
        ksh_user_iommufd = misc;
    return 0;
}
K(void, misc_deregister, (struct miscdevice * misc))
{
    ksh_user_iommufd = NULL;
}

/* ---- waiting ---- */

K(void, __init_waitqueue_head,
  (struct wait_queue_head * h, const char *n, struct lock_class_key *k))
{
    INIT_LIST_HEAD(&h->head);
    spin_lock_init(&h->lock);
}
K(void, init_wait_entry, (struct wait_queue_entry * e, int flags))
{
    INIT_LIST_HEAD(&e->entry);
}
K(long, prepare_to_wait_event, (struct wait_queue_head * h, struct wait_queue_entry *e, int s))
{
    return 0;
}
K(void, finish_wait, (struct wait_queue_head * h, struct wait_queue_entry *e))
{
}
K(int, __wake_up, (struct wait_queue_head * h, unsigned int mode, int n, void *key))
{
    return 0;
}
K(long, schedule_timeout, (long jiffies))
{
    host_delay(1000000);
    host_yield();
    return jiffies > 0 ? jiffies - 1 : 0;
}

/* ---- the rest of what iommufd asks for ---- */

K(bool, refcount_dec_if_one, (refcount_t * r))
{
    int one = 1;

    return atomic_try_cmpxchg_release(&r->refs, &one, 0);
}
K(bool, msi_device_has_isolated_msi, (struct device * d))
{
    return true;
}
K(int, pci_pasid_status, (struct pci_dev * d))
{
    return d->pasid_cap ? PCI_PASID_CTRL_ENABLE : 0;
}
K(bool, pci_pri_supported, (struct pci_dev * d))
{
    return d->pri_cap;
}
K(int, iommu_get_msi_cookie, (struct iommu_domain * domain, dma_addr_t base))
{
    return 0; /* a message goes where it would go without translation */
}
