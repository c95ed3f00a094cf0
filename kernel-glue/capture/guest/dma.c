/* SPDX-License-Identifier: BSD-2-Clause
 * dma.c - requests of QEMU's edu device: where do they end, and what happens during a replace?
 *
 * The device has a buffer that only its own DMA can reach. It is kept loaded with TOKEN: a write
 * probe looks where the token appears. */
#include "kernel-glue/capture/guest/guest.h"

#include <time.h>
#include <unistd.h>

/* Registers from BAR + 0x80, in words of 8 bytes. */
enum { EDU_SOURCE, EDU_TARGET, EDU_COUNT, EDU_COMMAND };
#define EDU_BUFFER 0x40000u
#define EDU_START 1u
#define EDU_TO_MEMORY 2u

/* The device waits so long, on a whole millisecond of the emulator's clock. */
#define EDU_DELAY_NS UINT64_C(100000000)
#define MS_NS UINT64_C(1000000)

#define MAILBOX_ANSWER 0u
#define MAILBOX_TOKEN 1u

static uint64_t now_ns(void)
{
    struct timespec time;

    (void)clock_gettime(CLOCK_MONOTONIC, &time);
    return (uint64_t)time.tv_sec * UINT64_C(1000000000) + (uint64_t)time.tv_nsec;
}

static void start(const struct object *device, uint64_t iova, bool is_write)
{
    volatile uint64_t *engine = device->device.engine;

    engine[EDU_SOURCE] = is_write ? EDU_BUFFER : iova;
    engine[EDU_TARGET] = is_write ? iova : EDU_BUFFER;
    engine[EDU_COUNT] = 8;
    engine[EDU_COMMAND] = EDU_START | (is_write ? EDU_TO_MEMORY : 0);
}

static bool is_busy(const struct object *device)
{
    return device->device.engine[EDU_COMMAND] & EDU_START;
}

int dma_run(const struct guest *guest, const struct object *device, uint64_t iova, bool is_write)
{
    const char access = is_write ? 'w' : 'r';
    int n_left = 2000;

    if (!device->device.engine)
        return -1;
    guest_mark(guest, "BEGIN DMA dev=%s iova=0x%llx access=%c", device->device.bdf,
               (unsigned long long)iova, access);
    start(device, iova, is_write);
    while (is_busy(device) && n_left-- > 0)
        usleep(1000);
    guest_mark(guest, "END DMA dev=%s rc=%d", device->device.bdf, n_left < 0 ? -1 : 0);
    return n_left < 0 ? -1 : 0;
}

/* Where a table maps the mailbox, or 0. */
static uint64_t mailbox_iova(const struct guest *guest, const struct object *table)
{
    while (table && table->kind == KIND_HWPT)
        table = table->table;
    for (unsigned i = 0; table && i < guest->n_ranges; i++) {
        const struct range *range = &guest->ranges[i];

        if (range->ioas == table && MAILBOX_PA - range->pa < range->n_bytes)
            return range->iova + (MAILBOX_PA - range->pa);
    }
    return 0;
}

static void load_token(const struct guest *guest, const struct object *device)
{
    const uint64_t mailbox = mailbox_iova(guest, device->table);

    guest_at(guest, MAILBOX_PA)[MAILBOX_TOKEN] = TOKEN;
    if (mailbox)
        (void)dma_run(guest, device, mailbox + 8, false);
}

/* Take the token away again, and say where it was. */
static uint64_t find_token(const struct guest *guest, uint64_t iova)
{
    uint64_t found = 0;

    for (unsigned i = 0; i < guest->n_ranges; i++) {
        const struct range *range = &guest->ranges[i];

        for (uint64_t at = iova & 4095; at < range->n_bytes; at += 4096) {
            uint64_t *word = guest_at(guest, range->pa + at);

            if (*word == TOKEN && range->pa + at != MAILBOX_PA + 8) {
                found = range->pa + at;
                *word = found;
            }
        }
    }
    return found;
}

static uint64_t probe_read(const struct guest *guest, const struct object *device, uint64_t iova)
{
    const uint64_t mailbox = mailbox_iova(guest, device->table);
    volatile uint64_t *answer = &guest_at(guest, MAILBOX_PA)[MAILBOX_ANSWER];
    uint64_t got;

    *answer = 0;
    load_token(guest, device);
    (void)dma_run(guest, device, iova, false);
    if (mailbox)
        (void)dma_run(guest, device, mailbox, true);
    got = *answer;
    load_token(guest, device);
    return got == TOKEN ? 0 : got;
}

uint64_t dma_probe(struct guest *guest, const struct object *device, uint64_t iova, bool is_write)
{
    if (!is_write)
        return probe_read(guest, device, iova);
    load_token(guest, device);
    (void)find_token(guest, iova);
    (void)dma_run(guest, device, iova, true);
    return find_token(guest, iova);
}

/* How far into a millisecond the device's answers come. */
static uint64_t find_phase(const struct aim *aim)
{
    start(aim->device, aim->iova, true);
    usleep(98000);
    while (is_busy(aim->device))
        ;
    return now_ns() % MS_NS;
}

/* Return: where the write landed. @due: when. */
static const char *one_try(struct guest *guest, const struct aim *aim, uint64_t delay_ns,
                           struct object *table, uint64_t *due)
{
    const struct object *before = aim->device->table;
    const uint64_t phase = find_phase(aim);
    uint64_t began, pa, since;

    (void)find_token(guest, aim->iova);
    /* Start soon after a millisecond, so that it is clear which one the device will take. */
    do
        since = (now_ns() + MS_NS - phase) % MS_NS;
    while (since < 100000 || since > 300000);
    start(aim->device, aim->iova, true);
    began = now_ns();
    *due = began - (began + MS_NS - phase) % MS_NS + EDU_DELAY_NS;
    usleep(97000);
    while (now_ns() + delay_ns < *due)
        ;
    (void)vfio_attach(guest, aim->device, table);
    while (is_busy(aim->device))
        ;
    pa = find_token(guest, aim->iova);
    if (!pa)
        return "lost";
    return pa == guest_pa(guest, before, aim->iova) ? "old" : "new";
}

void dma_aim(struct guest *guest, const struct aim *aim)
{
    unsigned n_tries = 0, n_lost = 0;

    load_token(guest, aim->device);
    for (uint64_t delay_ns = aim->first; delay_ns <= aim->last; delay_ns += aim->step) {
        struct object *table = aim->tables[n_tries % aim->n_tables];
        uint64_t due;
        const char *where = one_try(guest, aim, delay_ns, table, &due);

        n_tries++;
        n_lost += where[0] == 'l';
        guest_mark(guest, "RACE delay_ns=%llu due_ns=%llu write=%s", (unsigned long long)delay_ns,
                   (unsigned long long)due, where);
    }
    guest_mark(guest, "RACE_SUM tries=%u lost=%u", n_tries, n_lost);
}
