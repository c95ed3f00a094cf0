/* SPDX-License-Identifier: BSD-2-Clause
 * observe.c - the calls that the compiler puts before each load and store of the driver.
 * Knows: addresses, widths. Must not know: what lies there.
 *
 * A call comes before its store, so the new value is read at the next call, register access,
 * barrier or function of the kernel: until then the store is pending. The names with two
 * underscores are those of gcc's thread sanitizer, whose library is not linked. */
#include "kernel-glue/linux/host/host.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#define IP ((uint64_t)__builtin_return_address(0))

static uint64_t peek(const char *at, uint32_t n_bytes)
{
    uint64_t value = 0;

    memcpy(&value, at, n_bytes);
    return value;
}

void host_close_store(struct lnx *lnx)
{
    const struct host_pending store = lnx->pending;

    if (!store.is_on)
        return;
    lnx->pending.is_on = false;
    host_act_store(lnx, &store);
}

static void announce(struct lnx *lnx, void *at, uint32_t n_bytes, uint64_t ip)
{
    lnx->pending = (struct host_pending){
        .is_on = true, .at = at, .n_bytes = n_bytes, .old = peek(at, n_bytes), .ip = ip};
}

static void before_store(void *at, uint32_t n_bytes, uint64_t ip)
{
    struct lnx *lnx = host_the();

    host_close_store(lnx);
    if (!lnx->is_up)
        return;
    host_point(lnx);
    if (host_is_table(lnx, at))
        announce(lnx, at, n_bytes, ip);
}

static void before_load(const void *at)
{
    struct lnx *lnx = host_the();

    if (lnx->pending.is_on && at == lnx->pending.at)
        host_close_store(lnx);
}

/* Software looks at what others change. */
static void before_look(const void *at)
{
    struct lnx *lnx = host_the();

    host_close_store(lnx);
    if (!lnx->is_up)
        return;
    host_look_memory(lnx, at);
}

/* The compiler splits a copy of a structure as it likes; the hook has only its whole range. It is
 * announced word by word, and since the copy is one act for us, its words are seen one after the
 * other at the end. */
static void before_range(void *at, unsigned long n_bytes, uint64_t ip)
{
    struct lnx *lnx = host_the();

    host_close_store(lnx);
    if (!lnx->is_up || !host_is_table(lnx, at))
        return;
    if (n_bytes <= 8) {
        announce(lnx, at, (uint32_t)n_bytes, ip);
        return;
    }
    announce(lnx, at, 8, ip);
    lnx->pending.n_bytes = (uint32_t)n_bytes;
}

/* HOOK - a function of ours under the compiler's name for it. */
#define HOOK(name, args, symbol)                                                                   \
    void name args __asm__(symbol);                                                                \
    void name args

#define HOOKS(n)                                                                                   \
    HOOK(hook_write##n, (void *at), "__tsan_write" #n)                                             \
    {                                                                                              \
        before_store(at, n, IP);                                                                   \
    }                                                                                              \
    HOOK(hook_volatile_write##n, (void *at), "__tsan_volatile_write" #n)                           \
    {                                                                                              \
        before_store(at, n, IP);                                                                   \
    }                                                                                              \
    HOOK(hook_unaligned_write##n, (void *at), "__tsan_unaligned_write" #n)                         \
    {                                                                                              \
        before_store(at, n, IP);                                                                   \
    }                                                                                              \
    HOOK(hook_read##n, (const void *at), "__tsan_read" #n)                                         \
    {                                                                                              \
        before_load(at);                                                                           \
    }                                                                                              \
    HOOK(hook_volatile_read##n, (const void *at), "__tsan_volatile_read" #n)                       \
    {                                                                                              \
        before_look(at);                                                                           \
    }                                                                                              \
    HOOK(hook_unaligned_read##n, (const void *at), "__tsan_unaligned_read" #n)                     \
    {                                                                                              \
        before_load(at);                                                                           \
    }
HOOKS(1)
HOOKS(2)
HOOKS(4)
HOOKS(8)

HOOK(hook_write16, (void *at), "__tsan_write16")
{
    before_range(at, 16, IP);
}
HOOK(hook_volatile_write16, (void *at), "__tsan_volatile_write16")
{
    before_range(at, 16, IP);
}
HOOK(hook_read16, (const void *at), "__tsan_read16")
{
    before_load(at);
}
HOOK(hook_volatile_read16, (const void *at), "__tsan_volatile_read16")
{
    before_look(at);
}
HOOK(hook_init, (void), "__tsan_init")
{
}
HOOK(hook_func_entry, (const void *at), "__tsan_func_entry")
{
    (void)at;
}
HOOK(hook_func_exit, (void), "__tsan_func_exit")
{
}
HOOK(hook_read_range, (const void *at, unsigned long n_bytes), "__tsan_read_range")
{
    (void)n_bytes;
    before_load(at);
}
HOOK(hook_write_range, (void *at, unsigned long n_bytes), "__tsan_write_range")
{
    before_range(at, n_bytes, IP);
}
HOOK(hook_signal_fence, (int order), "__tsan_atomic_signal_fence")
{
    (void)order;
    host_close_store(host_the());
}

/* Atomics in assembly, which the compiler cannot see. Bit 0 of @type: it stores. A compare and
 * exchange tells of its old operand as well, which is no store to memory of tables. */
HOOK(hook_atomic, (char *at, unsigned long n_bytes, int type), "__kcsan_check_access")
{
    struct lnx *lnx = host_the();

    if (lnx->pending.is_on && lnx->pending.is_atomic && !host_is_table(lnx, at))
        return;
    host_close_store(lnx);
    if (!lnx->is_up)
        return;
    host_point(lnx);
    if (type & 1 && host_is_table(lnx, at)) {
        announce(lnx, at, (uint32_t)n_bytes, IP);
        lnx->pending.is_atomic = true;
    }
}

/* ---- the driver's memset and its relatives: word by word, where hardware may look ---- */

void *host_memset(void *to, int byte, size_t n_bytes);
void *host_memcpy(void *to, const void *from, size_t n_bytes);
void *host_memmove(void *to, const void *from, size_t n_bytes);

static bool is_words(const void *to, size_t n_bytes)
{
    return host_is_table(host_the(), to) && n_bytes % 8 == 0 && (uint64_t)to % 8 == 0;
}

void *host_memset(void *to, int byte, size_t n_bytes)
{
    if (!is_words(to, n_bytes))
        return memset(to, byte, n_bytes);
    for (size_t i = 0; i < n_bytes; i += 8) {
        before_store((char *)to + i, 8, IP);
        memset((char *)to + i, byte, 8);
    }
    return to;
}

void *host_memcpy(void *to, const void *from, size_t n_bytes)
{
    if (!is_words(to, n_bytes))
        return memcpy(to, from, n_bytes);
    for (size_t i = 0; i < n_bytes; i += 8) {
        before_store((char *)to + i, 8, IP);
        memcpy((char *)to + i, (const char *)from + i, 8);
    }
    return to;
}

void *host_memmove(void *to, const void *from, size_t n_bytes)
{
    const char *first = from;

    if (is_words(to, n_bytes) && ((const char *)to <= first || (const char *)to >= first + n_bytes))
        return host_memcpy(to, from, n_bytes);
    return memmove(to, from, n_bytes);
}
