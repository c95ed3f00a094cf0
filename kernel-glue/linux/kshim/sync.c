// SPDX-License-Identifier: GPL-2.0
// sync.c - locks, time, deferred work. Simulated CPUs change only where one of these is called, or
// where the driver touches what others see.
#include "kernel-glue/linux/kshim/ksh.h"

#include <linux/completion.h>
#include <linux/cpuhotplug.h>
#include <linux/delay.h>
#include <linux/interrupt.h>
#include <linux/ktime.h>
#include <linux/mutex.h>
#include <linux/rcupdate.h>
#include <linux/rwsem.h>
#include <linux/spinlock.h>
#include <linux/workqueue.h>

/* ---- interrupts of this CPU ---- */

K(int, um_set_signals, (int on))
{
    return host_irqs_set(on);
}
K(void, block_signals, (void))
{
    host_irqs_set(0);
}
K(void, unblock_signals, (void))
{
    host_irqs_set(1);
}
K(int, um_get_signals, (void))
{
    int on = host_irqs_set(0);

    host_irqs_set(on);
    return on;
}

/* ---- spin locks ---- */

static void spin_lock_raw(raw_spinlock_t *l)
{
    host_sync();
    while (l->raw_lock.slock == 0)
        host_yield();
    l->raw_lock.slock = 0;
}

static void spin_unlock_raw(raw_spinlock_t *l)
{
    host_sync();
    l->raw_lock.slock = 1;
}

K(void, _raw_spin_lock, (raw_spinlock_t * l))
{
    spin_lock_raw(l);
}
K(void, _raw_spin_unlock, (raw_spinlock_t * l))
{
    spin_unlock_raw(l);
}
K(void, _raw_spin_lock_bh, (raw_spinlock_t * l))
{
    spin_lock_raw(l);
}
K(void, _raw_spin_unlock_bh, (raw_spinlock_t * l))
{
    spin_unlock_raw(l);
}
K(void, _raw_spin_lock_irq, (raw_spinlock_t * l))
{
    host_irqs_set(0);
    spin_lock_raw(l);
}
K(void, _raw_spin_unlock_irq, (raw_spinlock_t * l))
{
    spin_unlock_raw(l);
    host_irqs_set(1);
}
K(unsigned long, _raw_spin_lock_irqsave, (raw_spinlock_t * l))
{
    unsigned long flags = host_irqs_set(0);

    spin_lock_raw(l);
    return flags;
}
K(void, _raw_spin_unlock_irqrestore, (raw_spinlock_t * l, unsigned long flags))
{
    spin_unlock_raw(l);
    host_irqs_set(flags);
}
K(int, _raw_spin_trylock, (raw_spinlock_t * l))
{
    host_sync();
    if (l->raw_lock.slock == 0)
        return 0;
    l->raw_lock.slock = 0;
    return 1;
}
K(void, __raw_spin_lock_init,
  (raw_spinlock_t * l, const char *n, struct lock_class_key *k, short inner))
{
    *l = (raw_spinlock_t)__RAW_SPIN_LOCK_UNLOCKED(*l);
}

/* ---- sleeping locks: the first word counts; -1 is a writer ---- */

static void take(long *word, long wanted_max, long next)
{
    host_sync();
    while (*word < 0 || *word > wanted_max)
        host_yield();
    *word = next < 0 ? next : *word + next;
}

K(void, __mutex_init, (struct mutex * m, const char *n, struct lock_class_key *k))
{
    *(long *)m = 0;
}
K(void, mutex_init_generic, (struct mutex * m))
{
    *(long *)m = 0;
}
K(void, mutex_lock, (struct mutex * m))
{
    take((long *)m, 0, -1);
}
K(int, mutex_lock_interruptible, (struct mutex * m))
{
    take((long *)m, 0, -1);
    return 0;
}
K(void, mutex_unlock, (struct mutex * m))
{
    host_sync();
    *(long *)m = 0;
}
K(bool, mutex_is_locked, (struct mutex * m))
{
    return *(long *)m != 0;
}
K(void, __init_rwsem, (struct rw_semaphore * s, const char *n, struct lock_class_key *k))
{
    *(long *)s = 0;
}
K(void, down_read, (struct rw_semaphore * s))
{
    take((long *)s, LONG_MAX - 1, 1);
}
K(void, up_read, (struct rw_semaphore * s))
{
    host_sync();
    --*(long *)s;
}
K(void, down_write, (struct rw_semaphore * s))
{
    take((long *)s, 0, -1);
}
K(void, up_write, (struct rw_semaphore * s))
{
    host_sync();
    *(long *)s = 0;
}
K(void, __rwlock_init, (rwlock_t * l, const char *n, struct lock_class_key *k))
{
    *(int *)l = 0;
}

static void rw_take(rwlock_t *l, int wanted_max, int next)
{
    int *word = (int *)l;

    host_sync();
    while (*word < 0 || *word > wanted_max)
        host_yield();
    *word = next < 0 ? next : *word + next;
}

static void rw_drop(rwlock_t *l)
{
    int *word = (int *)l;

    host_sync();
    *word = *word < 0 ? 0 : *word - 1;
}

K(void, _raw_read_lock, (rwlock_t * l))
{
    rw_take(l, INT_MAX - 1, 1);
}
K(void, _raw_read_unlock, (rwlock_t * l))
{
    rw_drop(l);
}
K(void, _raw_write_lock, (rwlock_t * l))
{
    rw_take(l, 0, -1);
}
K(void, _raw_write_unlock, (rwlock_t * l))
{
    rw_drop(l);
}
K(void, _raw_write_lock_irq, (rwlock_t * l))
{
    host_irqs_set(0);
    rw_take(l, 0, -1);
}
K(void, _raw_write_unlock_irq, (rwlock_t * l))
{
    rw_drop(l);
    host_irqs_set(1);
}
K(unsigned long, _raw_read_lock_irqsave, (rwlock_t * l))
{
    unsigned long flags = host_irqs_set(0);

    rw_take(l, INT_MAX - 1, 1);
    return flags;
}
K(void, _raw_read_unlock_irqrestore, (rwlock_t * l, unsigned long flags))
{
    rw_drop(l);
    host_irqs_set(flags);
}
K(unsigned long, _raw_write_lock_irqsave, (rwlock_t * l))
{
    unsigned long flags = host_irqs_set(0);

    rw_take(l, 0, -1);
    return flags;
}
K(void, _raw_write_unlock_irqrestore, (rwlock_t * l, unsigned long flags))
{
    rw_drop(l);
    host_irqs_set(flags);
}

/* ---- completions ---- */

K(void, __init_swait_queue_head,
  (struct swait_queue_head * q, const char *name, struct lock_class_key *k))
{
    INIT_LIST_HEAD(&q->task_list);
}
K(void, complete, (struct completion * c))
{
    host_sync();
    c->done++;
}
K(bool, completion_done, (struct completion * c))
{
    return c->done != 0;
}
K(void, wait_for_completion, (struct completion * c))
{
    host_sync();
    while (!c->done)
        host_yield();
    c->done--;
}

/* ---- barriers ---- */

K(void, shim_wmb, (void))
{
    host_barrier(HOST_BARRIER_WRITE);
}
K(void, shim_rmb, (void))
{
    host_barrier(HOST_BARRIER_READ);
}
K(void, shim_mb, (void))
{
    host_barrier(HOST_BARRIER_FULL);
}

/* ---- time ---- */

K(void, shim_cpu_relax, (void))
{
    host_yield();
}
K(void, shim_wfe, (void))
{
    host_yield();
}
K(int, __cond_resched, (void))
{
    return 0;
}
K(void, __udelay, (unsigned long us))
{
    host_delay(us * 1000);
}
K(void, __const_udelay, (unsigned long x))
{
    host_delay(x * 1000 / 0x10c7);
}
K(void, usleep_range_state, (unsigned long min, unsigned long max, unsigned int state))
{
    host_delay(min * 1000);
}
K(ktime_t, ktime_get, (void))
{
    return host_now_ns();
}
K(struct timespec64, ns_to_timespec64, (s64 n))
{
    return (struct timespec64){n / NSEC_PER_SEC, n % NSEC_PER_SEC};
}
K(void, set_normalized_timespec64, (struct timespec64 * t, time64_t s, s64 n))
{
    t->tv_sec = s;
    t->tv_nsec = n;
}
K(void, ktime_get_ts64, (struct timespec64 * ts))
{
    *ts = (struct timespec64){0, 0};
}

/* ---- later ---- */

static struct rcu_head *rcu_first, **rcu_last = &rcu_first;

K(void, call_rcu, (struct rcu_head * h, rcu_callback_t f))
{
    h->func = f;
    h->next = NULL;
    *rcu_last = h;
    rcu_last = (struct rcu_head **)&h->next;
}

void ksh_rcu_drain(void)
{
    while (rcu_first) {
        struct rcu_head *h = rcu_first;

        rcu_first = (struct rcu_head *)h->next;
        if (!rcu_first)
            rcu_last = &rcu_first;
        h->func(h);
    }
}
K(void, synchronize_rcu, (void))
{
    ksh_rcu_drain();
}
#if AT_LEAST(6, 3)
static void forget(struct rcu_head *h)
{
}
K(void, kvfree_call_rcu, (struct rcu_head * h, void *p))
{
    if (h)
        shim_call_rcu(h, forget); /* readers may be anywhere: the memory is not used again */
    else
        kfree(p);
}
#endif
K(bool, queue_work_on, (int cpu, struct workqueue_struct *wq, struct work_struct *w))
{
    w->func(w);
    return true;
}
K(struct workqueue_struct *, alloc_workqueue_noprof,
  (const char *fmt, unsigned int flags, int max, ...))
{
    return host_malloc(8);
}
K(struct workqueue_struct *, alloc_workqueue, (const char *fmt, unsigned int flags, int max, ...))
{
    return host_malloc(8);
}
K(void, destroy_workqueue, (struct workqueue_struct * w))
{
}
K(void, __flush_workqueue, (struct workqueue_struct * w))
{
}
K(int, __cpuhp_setup_state,
  (enum cpuhp_state s, const char *n, bool i, int (*a)(unsigned int), int (*b)(unsigned int),
   bool m))
{
    return 0;
}
