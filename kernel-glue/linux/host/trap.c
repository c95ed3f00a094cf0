/* SPDX-License-Identifier: BSD-2-Clause
 * trap.c - what an x86 kernel's WARN and BUG do: an instruction that no processor has.
 * Knows: signals. Must not know: where the kernel half has put such instructions. */
#include "kernel-glue/linux/host/host.h"

#include <signal.h>
#include <stdlib.h>
#include <string.h>

#ifdef __x86_64__ /* the kernel half is of that machine */
static void trapped(int number, siginfo_t *info, void *where)
{
    ucontext_t *context = where;
    greg_t *ip = &context->uc_mcontext.gregs[REG_RIP];
    const unsigned long n_bytes = ksh_trap((unsigned long)*ip);

    (void)number;
    (void)info;
    if (!n_bytes)
        abort();
    *ip += (greg_t)n_bytes;
}

void host_trap_init(void)
{
    struct sigaction action;

    memset(&action, 0, sizeof(action));
    action.sa_sigaction = trapped;
    action.sa_flags = SA_SIGINFO | SA_NODEFER; /* a warning is a message, which may change CPUs */
    (void)sigaction(SIGILL, &action, NULL);
}
#else
void host_trap_init(void)
{
}
#endif
