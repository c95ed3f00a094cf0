/* SPDX-License-Identifier: BSD-2-Clause
 * log.c - the driver's messages, and its ways to give up.
 * Knows: the C library's printf. Must not know: what is said. */
#include "kernel-glue/linux/host/host.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define MAX_FORMAT 512u
#define MAX_MESSAGES 60u

/* The kernel's letters after %p mean nothing here: the pointer is printed. */
static void plain_format(const char *from, char *to)
{
    size_t n = 0;

    while (*from && n < MAX_FORMAT - 1) {
        to[n++] = *from++;
        if (to[n - 1] != '%' || *from != 'p')
            continue;
        to[n++] = *from++;
        while ((*from >= 'a' && *from <= 'z') || (*from >= 'A' && *from <= 'Z'))
            from++;
    }
    to[n] = 0;
}

int host_vsnprintf(char *to, unsigned long n, const char *fmt, __builtin_va_list args)
{
    char plain[MAX_FORMAT];

    plain_format(fmt, plain);
    /* NOLINTNEXTLINE(clang-analyzer-valist.Uninitialized): the caller has started it */
    return vsnprintf(to, n, plain, args);
}

int host_snprintf(char *to, size_t n, const char *fmt, ...);
int host_scnprintf(char *to, size_t n, const char *fmt, ...);
int host_sprintf(char *to, const char *fmt, ...);

int host_snprintf(char *to, size_t n, const char *fmt, ...)
{
    va_list args;
    int n_bytes;

    va_start(args, fmt);
    n_bytes = host_vsnprintf(to, n, fmt, args);
    va_end(args);
    return n_bytes;
}

int host_scnprintf(char *to, size_t n, const char *fmt, ...)
{
    va_list args;
    int n_bytes;

    va_start(args, fmt);
    n_bytes = host_vsnprintf(to, n, fmt, args);
    va_end(args);
    return n_bytes < (int)n ? n_bytes : (int)n - 1;
}

int host_sprintf(char *to, const char *fmt, ...)
{
    va_list args;
    int n_bytes;

    va_start(args, fmt);
    n_bytes = host_vsnprintf(to, MAX_FORMAT, fmt, args);
    va_end(args);
    return n_bytes;
}

void host_vlog(const char *level, const char *who, const char *fmt, __builtin_va_list args)
{
    struct lnx *lnx = host_the();
    char text[MAX_FORMAT];

    host_close_store(lnx);
    (void)host_vsnprintf(text, sizeof(text), fmt, args);
    if (strcmp(level, "error") == 0)
        lnx->stats.n_errors++;
    if (lnx->config.is_quiet || ++lnx->n_messages > MAX_MESSAGES)
        return;
    (void)fprintf(stderr, "%12.3f us  %s: %s: %s%s", (double)host_now_ps(lnx) / 1e6, level, who,
                  text, text[0] && text[strlen(text) - 1] == '\n' ? "" : "\n");
}

void host_log(const char *fmt, ...)
{
    va_list args;

    va_start(args, fmt);
    host_vlog("note", "kshim", fmt, args);
    va_end(args);
}

void host_warn(const char *file, int line)
{
    struct lnx *lnx = host_the();

    lnx->stats.n_warnings++;
    host_log("WARN_ON at %s:%d", file, line);
}

void host_die(const char *fmt, ...)
{
    va_list args;

    (void)fflush(stdout);
    (void)fputs("iommusim-linux: ", stderr);
    va_start(args, fmt);
    /* NOLINTNEXTLINE(clang-analyzer-valist.Uninitialized): wrong where files are many */
    (void)vfprintf(stderr, fmt, args);
    va_end(args);
    (void)fputc('\n', stderr);
    exit(5);
}

int host_try(void (*fn)(void *), void *arg)
{
    struct host_cpu *cpu = host_this(host_the());
    sigjmp_buf here;
    sigjmp_buf *before = cpu->catcher;
    const int thrown = sigsetjmp(here, 0);

    if (!thrown) {
        cpu->catcher = &here;
        fn(arg);
    }
    cpu->catcher = before;
    return thrown;
}

void host_throw(void)
{
    struct host_cpu *cpu = host_this(host_the());

    if (!cpu->catcher)
        host_die("nobody catches what a test has thrown");
    siglongjmp(*cpu->catcher, 1);
}
