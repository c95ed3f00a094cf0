/* SPDX-License-Identifier: BSD-2-Clause
 * cpu.c - simulated CPUs: coroutines that change only between two acts, in an order that a seed
 * gives; and interrupts, which run on whatever CPU is there.
 * Knows: stacks, times. Must not know: what anybody runs. */
#include "kernel-glue/linux/host/host.h"

#include "sim/diag.h"
#include "sim/time.h"

#include <stdlib.h>
#include <string.h>

#define SWITCH_ONE_IN 4u
#define MAX_IDLE 1000000u
#define PAUSES 16u /* before software is taken to wait for something else than time */
#define SETTLE_PS UINT64_C(20000000)
#define THREAD_CPU (HOST_MAX_CPUS - 1) /* threaded handlers have a CPU of their own */

int host_cpu(void)
{
    return (int)host_the()->cpu;
}

bool host_cpu_is_live(const struct lnx *lnx, uint32_t number)
{
    return lnx->cpus[number].is_live;
}

/* ---- changing ---- */

static bool can_run(const struct host_cpu *cpu)
{
    return cpu->is_live && !cpu->is_blocked;
}

static void change_to(struct lnx *lnx, uint32_t number)
{
    struct host_cpu *from = host_this(lnx);

    lnx->cpu = number;
    lnx->stats.n_switches++;
    (void)swapcontext(&from->context, &lnx->cpus[number].context);
}

/* Another one that can run, chosen by chance; this one if there is none. */
static uint32_t choose(struct lnx *lnx)
{
    uint32_t others[HOST_MAX_CPUS];
    uint32_t n = 0;

    for (uint32_t i = 0; i < HOST_MAX_CPUS; i++) {
        if (i != lnx->cpu && can_run(&lnx->cpus[i]))
            others[n++] = i;
    }
    return n ? others[sim_rng_below(&lnx->rng, n)] : lnx->cpu;
}

static void finish(struct lnx *lnx)
{
    struct host_cpu *cpu = host_this(lnx);
    uint32_t next;

    host_close_store(lnx);
    host_close_wait(lnx);
    cpu->is_live = false;
    if (lnx->cpu == 0) {
        lnx->is_over = true;
        (void)setcontext(&lnx->outside);
    }
    next = choose(lnx);
    SIM_BUG_ON(next == lnx->cpu); /* CPU 0 lives as long as any */
    change_to(lnx, next);
}

static void enter(void)
{
    struct lnx *lnx = host_the();
    struct host_cpu *cpu = host_this(lnx);

    cpu->fn(cpu->arg);
    finish(host_the());
}

uint32_t host_cpu_start(struct lnx *lnx, uint32_t number, void (*fn)(void *), void *arg)
{
    const size_t n_bytes = ksh_stack_bytes();
    struct host_cpu *cpu = &lnx->cpus[number];

    SIM_BUG_ON(number >= HOST_MAX_CPUS || cpu->is_live);
    if (!cpu->stack)
        cpu->stack = aligned_alloc(n_bytes, n_bytes);
    if (!cpu->stack)
        host_die("no memory");
    memset(cpu->stack, 0, HOST_PAGE_BYTES);
    ksh_thread(cpu->stack);
    (void)getcontext(&cpu->context);
    cpu->context.uc_stack.ss_sp = (char *)cpu->stack + HOST_PAGE_BYTES;
    cpu->context.uc_stack.ss_size = n_bytes - HOST_PAGE_BYTES;
    cpu->context.uc_link = NULL;
    makecontext(&cpu->context, enter, 0);
    cpu->fn = fn;
    cpu->arg = arg;
    cpu->is_used = cpu->is_live = cpu->irqs_on = true;
    cpu->is_blocked = false;
    cpu->has_sync = false;
    cpu->wait.kind = HOST_WAIT_NONE;
    return number;
}

void host_spawn(void (*fn)(void *), void *arg)
{
    struct lnx *lnx = host_the();

    for (uint32_t i = 1; i < THREAD_CPU; i++) {
        if (!lnx->cpus[i].is_live) {
            (void)host_cpu_start(lnx, i, fn, arg);
            return;
        }
    }
    host_die("more than %u CPUs", THREAD_CPU);
}

int host_cpu_run(struct lnx *lnx, void (*fn)(void *), void *arg)
{
    lnx->cpu = host_cpu_start(lnx, 0, fn, arg);
    lnx->is_over = false;
    (void)getcontext(&lnx->outside);
    if (!lnx->is_over)
        (void)setcontext(&lnx->cpus[0].context);
    return lnx->stats.error;
}

/* ---- interrupts ---- */

static void note(struct lnx *lnx, uint32_t number)
{
    if (number >= HOST_MAX_IRQS || lnx->irqs[number].is_pending)
        return;
    lnx->irqs[number].is_pending = true;
    lnx->irqs[number].due_ps = host_now_ps(lnx) + sim_ps_from_ns(lnx->config.irq_ns);
    lnx->any_irq = true;
}

void host_note_irq(void *ctx, uint16_t iommu, enum sim_irq source)
{
    struct lnx *lnx = ctx;
    const int number = lnx->arch->irq_of(source);

    (void)iommu;
    if (number >= 0)
        note(lnx, (uint32_t)number);
}

void host_note_msi(struct lnx *lnx, uint32_t data)
{
    note(lnx, data);
}

static void take_irqs(struct lnx *lnx);

/* Threaded handlers, for ever: each in turn, as long as one is due. */
static void run_threads(void *arg)
{
    struct lnx *lnx = arg;

    for (;;) {
        bool has_run = false;

        if (lnx->any_irq)
            take_irqs(lnx);
        for (uint32_t i = 0; i < lnx->n_handlers; i++) {
            if (!lnx->handlers[i].is_thread_due)
                continue;
            lnx->handlers[i].is_thread_due = false;
            lnx->handlers[i].thread(lnx->handlers[i].arg);
            has_run = true;
        }
        host_close_store(lnx);
        host_close_wait(lnx);
        if (has_run)
            continue;
        host_this(lnx)->is_blocked = true;
        change_to(lnx, choose(lnx));
    }
}

static void wake_threads(struct lnx *lnx)
{
    struct host_cpu *cpu = &lnx->cpus[THREAD_CPU];

    if (!cpu->is_live)
        (void)host_cpu_start(lnx, THREAD_CPU, run_threads, lnx);
    cpu->is_blocked = false;
}

static void take_irq(struct lnx *lnx, uint32_t number)
{
    struct host_cpu *cpu = host_this(lnx);
    const struct host_wait wait = cpu->wait; /* the handler does not end it */
    const bool had_sync = cpu->has_sync;
    const uint32_t slot = cpu->sync_slot;
    const uint64_t status_pa = cpu->status_pa;

    cpu->wait.kind = HOST_WAIT_NONE;
    cpu->has_sync = false;
    lnx->irqs[number].is_pending = false;
    lnx->stats.n_interrupts++;
    cpu->irqs_on = false;
    for (uint32_t i = 0; i < lnx->n_handlers; i++) {
        struct host_handler *handler = &lnx->handlers[i];

        if (handler->irq != (int)number || !handler->hard(handler->arg))
            continue;
        handler->is_thread_due = true;
        wake_threads(lnx);
    }
    host_close_store(lnx);
    host_close_wait(lnx);
    cpu->irqs_on = true;
    cpu->wait = wait;
    cpu->has_sync = had_sync;
    cpu->sync_slot = slot;
    cpu->status_pa = status_pa;
}

static void take_irqs(struct lnx *lnx)
{
    const uint64_t now_ps = host_now_ps(lnx);
    bool any = false;

    for (uint32_t i = 0; i < HOST_MAX_IRQS; i++) {
        if (!lnx->irqs[i].is_pending)
            continue;
        if (lnx->irqs[i].due_ps <= now_ps)
            take_irq(lnx, i);
        else
            any = true;
    }
    lnx->any_irq = any;
}

static bool is_due(const struct lnx *lnx)
{
    const uint64_t now_ps = host_now_ps(lnx);

    for (uint32_t i = 0; i < HOST_MAX_IRQS; i++) {
        if (lnx->irqs[i].is_pending && lnx->irqs[i].due_ps <= now_ps)
            return true;
    }
    return false;
}

/* A CPU that takes none leaves them to that of the threaded handlers. */
static void interrupts(struct lnx *lnx)
{
    if (!lnx->any_irq)
        return;
    if (host_this(lnx)->irqs_on)
        take_irqs(lnx);
    else if (is_due(lnx))
        wake_threads(lnx);
}

int host_irqs_set(int is_on)
{
    struct host_cpu *cpu = host_this(host_the());
    const int before = cpu->irqs_on;

    cpu->irqs_on = is_on != 0;
    return before;
}

void host_irq_request(int irq, int (*hard)(void *), void (*thread)(void *), void *arg)
{
    struct lnx *lnx = host_the();

    if (lnx->n_handlers == HOST_MAX_HANDLERS)
        host_die("more than %u interrupt handlers", HOST_MAX_HANDLERS);
    lnx->handlers[lnx->n_handlers++] =
        (struct host_handler){.irq = irq, .hard = hard, .thread = thread, .arg = arg};
}

void host_irq_free(int irq, const void *arg)
{
    struct lnx *lnx = host_the();

    for (uint32_t i = 0; i < lnx->n_handlers; i++) {
        if (lnx->handlers[i].irq == irq && lnx->handlers[i].arg == arg)
            lnx->handlers[i] = lnx->handlers[--lnx->n_handlers];
    }
}

/* ---- where CPUs may change ---- */

void host_point(struct lnx *lnx)
{
    interrupts(lnx);
    host_aim(lnx);
    if (sim_rng_below(&lnx->rng, SWITCH_ONE_IN) == 0) {
        const uint32_t next = choose(lnx);

        if (next != lnx->cpu)
            change_to(lnx, next);
    }
}

/* Software waits for other software, or pauses before or between looks at hardware, which have
 * their own time. Alone, and without a look, it lets time pass. */
void host_yield(void)
{
    struct lnx *lnx = host_the();
    uint32_t next;

    host_close_store(lnx);
    interrupts(lnx);
    next = choose(lnx);
    if (++lnx->n_idle > MAX_IDLE)
        host_die("every CPU waits for another one");
    if (next != lnx->cpu)
        change_to(lnx, next);
    else if (lnx->n_idle > PAUSES)
        (void)rpl_step(lnx->rpl);
}

/* CPU 0 has nothing to do: whatever others have to do is done. Faults that do not end would keep
 * their handler at work for ever: they get so much time. */
void host_settle(struct lnx *lnx)
{
    const uint64_t limit_ps = host_now_ps(lnx) + SETTLE_PS;

    host_close_store(lnx);
    host_close_wait(lnx);
    while ((lnx->any_irq || can_run(&lnx->cpus[THREAD_CPU])) && host_now_ps(lnx) < limit_ps) {
        if (lnx->any_irq)
            take_irqs(lnx);
        if (can_run(&lnx->cpus[THREAD_CPU]))
            change_to(lnx, THREAD_CPU);
        else if (lnx->any_irq && !rpl_step(lnx->rpl) && !rpl_look(lnx->rpl, 0, false))
            return;
    }
}

/* One step of hardware, or a little time until an interrupt is due; what interrupts ask for is
 * done: a stalled request waits for it. Return: false if nothing will happen any more. */
bool host_pass(struct lnx *lnx)
{
    if (!rpl_step(lnx->rpl) && !(lnx->any_irq && rpl_look(lnx->rpl, 0, false)))
        return false;
    if (lnx->any_irq)
        host_settle(lnx);
    return true;
}

/* ---- time ---- */

host_u64 host_now_ns(void)
{
    const struct lnx *lnx = host_the();

    return host_now_ps(lnx) / SIM_PS_PER_NS + lnx->skew_ns;
}

/* Pauses between two looks are those of a WAIT; others are of the driver's clock alone. */
void host_delay(unsigned long ns)
{
    struct lnx *lnx = host_the();

    if (host_this(lnx)->wait.kind == HOST_WAIT_NONE)
        lnx->skew_ns += ns;
    host_yield();
}
