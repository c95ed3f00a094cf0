// SPDX-License-Identifier: GPL-2.0
// misc.c - messages, the current task, initcalls, what KUnit needs, names of other releases.
#include "kernel-glue/linux/kshim/ksh.h"

#include <kunit/test.h>
#include <linux/init.h>
#include <linux/ratelimit.h>
#include <linux/sched.h>
#include <linux/string.h>

/* ---- messages ---- */

#define DEVLOG(fn, level)                                                                          \
    K(void, fn, (const struct device *d, const char *fmt, ...))                                    \
    {                                                                                              \
        va_list args;                                                                              \
                                                                                                   \
        va_start(args, fmt);                                                                       \
        host_vlog(level, d ? dev_name(d) : "(null)", fmt, args);                                   \
        va_end(args);                                                                              \
    }
DEVLOG(_dev_err, "error")
DEVLOG(_dev_warn, "warning")
DEVLOG(_dev_info, "info")
DEVLOG(_dev_notice, "notice")
DEVLOG(_dev_crit, "error")

static const char *level_of(const char **fmt)
{
    char digit;

    if ((*fmt)[0] != KERN_SOH_ASCII || !(*fmt)[1])
        return "info";
    digit = (*fmt)[1];
    *fmt += 2;
    return digit <= '3' ? "error" : digit == '4' ? "warning" : "info";
}

K(int, _printk, (const char *fmt, ...))
{
    const char *level = level_of(&fmt);
    va_list args;

    va_start(args, fmt);
    host_vlog(level, "kernel", fmt, args);
    va_end(args);
    return 0;
}
K(void, warn_slowpath_fmt, (const char *file, int line, unsigned taint, const char *fmt, ...))
{
    va_list args;

    host_warn(file, line);
    if (!fmt)
        return;
    va_start(args, fmt);
    host_vlog("warning", "WARN", fmt, args);
    va_end(args);
}
K(void, __warn_printk, (const char *fmt, ...))
{
    va_list args;

    va_start(args, fmt);
    host_vlog("warning", "WARN", fmt, args);
    va_end(args);
}
K(void, panic, (const char *fmt, ...))
{
    host_die("panic: %s", fmt);
}
K(int, ___ratelimit, (struct ratelimit_state * rs, const char *f))
{
    return 1;
}
K(void, refcount_warn_saturate, (refcount_t * r, enum refcount_saturation_type t))
{
    host_die("a reference count of the driver is saturated (%d)", t);
}
K(void, add_taint, (unsigned flag, enum lockdep_ok ok))
{
}
K(const char *, dev_driver_string, (const struct device *d))
{
    return "driver";
}

/* ---- strings ---- */

K(size_t, strlcat, (char *d, const char *s, size_t n))
{
    size_t k = strlen(d);

    if (k < n)
        snprintf(d + k, n - k, "%s", s);
    return k + strlen(s);
}
K(ssize_t, sized_strscpy, (char *d, const char *s, size_t n))
{
    snprintf(d, n, "%s", s);
    return strlen(d);
}
K(char *, kasprintf, (gfp_t f, const char *fmt, ...))
{
    char *text = host_malloc(256);
    va_list args;

    va_start(args, fmt);
    vsnprintf(text, 256, fmt, args);
    va_end(args);
    return text;
}
K(unsigned int, __get_random_u32_below, (unsigned int n))
{
    static u64 state = 1;

    state = state * 6364136223846793005ULL + 1442695040888963407ULL;
    return (state >> 33) % n;
}

/* ---- the current task ---- */

static struct task_struct task;

#if ON_X86
#if AT_LEAST(6, 15) || !AT_LEAST(6, 2)
KDATA(struct task_struct *, current_task);
KDATA(struct task_struct *, const_current_task);
void ksh_thread(void *stack)
{
    shim_current_task = shim_const_current_task = &task;
}
#else
KDATA(struct pcpu_hot, pcpu_hot);
KDATA(struct pcpu_hot, const_pcpu_hot);
void ksh_thread(void *stack)
{
    shim_pcpu_hot.current_task = shim_const_pcpu_hot.current_task = &task;
}
#endif
#elif defined(CONFIG_THREAD_INFO_IN_TASK)
KDATA(struct task_struct *, cpu_tasks, [8]);
void ksh_thread(void *stack)
{
    shim_cpu_tasks[0] = &task;
}
#else
/* The headers find the task at the foot of the stack. */
void ksh_thread(void *stack)
{
    ((struct thread_info *)stack)->task = &task;
}
#endif

unsigned long ksh_stack_bytes(void)
{
    return 256 << 10; /* CONFIG_KERNEL_STACK_ORDER=6 */
}

/* ---- initcalls ---- */

extern initcall_entry_t lnx_initcalls[], lnx_initcalls_late[], lnx_initcalls_end[];

void ksh_initcalls(enum ksh_initcalls which)
{
    const bool is_late = which == KSH_INITCALLS_LATE;
    initcall_entry_t *entry = is_late ? lnx_initcalls_late : lnx_initcalls;
    initcall_entry_t *end = is_late ? lnx_initcalls_end : lnx_initcalls_late;

    for (; entry < end; entry++) {
        int err = initcall_from_entry(entry)();

        if (err && err != -ENODEV)
            host_log("initcall %p: %d\n", (void *)initcall_from_entry(entry), err);
    }
}

/* ---- KUnit: what lib/kunit takes from the scheduler ---- */

K(void, kunit_try_catch_throw, (struct kunit_try_catch * tc))
{
    tc->try_result = -EFAULT;
    host_throw();
}
static void run_case(void *p)
{
    struct kunit_try_catch *tc = p;

    tc->try_result = -EINTR;
    tc->try(tc->context);
    if (tc->try_result == -EINTR)
        tc->try_result = 0;
}
K(void, kunit_try_catch_run, (struct kunit_try_catch * tc, void *context))
{
    tc->context = context;
    host_try(run_case, tc);
    if (tc->try_result)
        tc->catch (context);
}
K(int, kunit_bus_init, (void))
{
    return 0;
}
K(void, kunit_bus_shutdown, (void))
{
}
K(void, kunit_free_boot_suites, (void))
{
}
KDATA(bool, static_key_initialized) = true;
KDATA(char, __start_rodata, [1]);
KDATA(char, __end_rodata, [1]);

#if ON_X86
K(int, iommu_get_dma_cookie, (struct iommu_domain * d))
{
    return 0;
}
K(void, iommu_put_dma_cookie, (struct iommu_domain * d))
{
}
K(void, iommu_setup_dma_ops, (struct device * d))
{
}
K(void, iommu_dma_get_resv_regions, (struct device * d, struct list_head *l))
{
}
#if AT_LEAST(6, 15)
KDATA(int, __preempt_count);
KDATA(int, cpu_number);
K(void, preempt_schedule_thunk, (void))
{
}
#endif
#endif
