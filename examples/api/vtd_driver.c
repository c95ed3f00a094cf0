/* SPDX-License-Identifier: BSD-2-Clause
 * vtd_driver.c - the smallest driver of a VT-d unit: one device, two domains, two ways to replace.
 * Knows: registers and tables as the architecture has them. Must not know: the simulator's inside.
 */
#include <inttypes.h>
#include <iommusim/iommusim.h>
#include <stdio.h>
#include <stdlib.h>

enum { GCMD = 0x18, GSTS = 0x1c, RTADDR = 0x20, IQT = 0x88, IQA = 0x90, QUEUE_SLOTS = 256 };
#define TE 0x80000000u
#define SRTP 0x40000000u
#define QIE 0x04000000u
enum { ROOT = 0x10000, CONTEXTS = 0x11000, QUEUE = 0x20000, STATUS = 0x30000 };
enum { RID = 0x20, CONTEXT = CONTEXTS + RID * 16, IOVA = 0x1000, PAGE = 0x1000 };

struct driver {
    struct iommusim *sim;
    unsigned tail; /* next slot of the invalidation queue */
};

struct device {
    struct iommusim *sim;
    struct iommusim_dma dma;
    unsigned n_old, n_new, n_refused;
    int is_on;
};

static void must(int error, const char *what)
{
    if (error) {
        fprintf(stderr, "%s: %s\n", what, iommusim_error_name(error));
        exit(1);
    }
}

static void put(struct driver *drv, enum iommusim_structure what, uint64_t pa, uint64_t value)
{
    must(iommusim_store(drv->sim, what, pa, value, 8), "store");
}

/* A bit of GCMD goes on; those that are on stay on. */
static void enable(struct driver *drv, uint32_t bit)
{
    const uint64_t is_on = iommusim_reg_read(drv->sim, GSTS, 4) & (TE | QIE);

    must(iommusim_reg_write(drv->sim, GCMD, 4, is_on | bit), "GCMD");
    must(iommusim_wait_reg(drv->sim, GSTS, bit, bit, IOMMUSIM_NEVER), "GSTS");
}

static void descriptor(struct driver *drv, uint64_t word0, uint64_t word1)
{
    const uint64_t words[2] = {word0, word1};

    must(iommusim_store_pair(drv->sim, IOMMUSIM_S_QI, QUEUE + drv->tail++ % QUEUE_SLOTS * 16, words,
                             0),
         "QI");
}

/* What is in the queue, and a wait descriptor that stores 2 to the status word. */
static void flush(struct driver *drv)
{
    put(drv, IOMMUSIM_S_OTHER, STATUS, 0);
    descriptor(drv, 0x25 | UINT64_C(2) << 32, STATUS);
    must(iommusim_barrier(drv->sim, IOMMUSIM_BARRIER_FULL, 0), "barrier");
    must(iommusim_reg_write(drv->sim, IQT, 8, drv->tail % QUEUE_SLOTS * 16), "IQT");
    must(iommusim_wait_memory(drv->sim, STATUS, UINT32_MAX, 2, IOMMUSIM_NEVER), "wait descriptor");
}

/* The context entry has changed; @domain is that of the old one. The IOTLB comes second. */
static void changed_context(struct driver *drv, uint64_t domain)
{
    descriptor(drv, 0x31 | domain << 16 | (uint64_t)RID << 32, 0);
    flush(drv);
    descriptor(drv, 0xe2 | domain << 16, 0);
    flush(drv);
}

static void set_up(struct driver *drv)
{
    must(iommusim_memory(drv->sim, IOMMUSIM_S_ROOT, ROOT, PAGE), "root table");
    must(iommusim_memory(drv->sim, IOMMUSIM_S_CTX, CONTEXTS, PAGE), "context table");
    must(iommusim_memory(drv->sim, IOMMUSIM_S_QUEUE, QUEUE, PAGE), "queue");
    must(iommusim_memory(drv->sim, IOMMUSIM_S_OTHER, STATUS, PAGE), "status");
    put(drv, IOMMUSIM_S_ROOT, ROOT, CONTEXTS | 1); /* bus 0 */
    must(iommusim_reg_write(drv->sim, IQT, 8, 0), "IQT");
    must(iommusim_reg_write(drv->sim, IQA, 8, QUEUE), "IQA"); /* 256 descriptors of 16 bytes */
    enable(drv, QIE);
    must(iommusim_reg_write(drv->sim, RTADDR, 8, ROOT), "RTADDR"); /* legacy mode */
    enable(drv, SRTP);
    descriptor(drv, 0x11, 0); /* every context */
    flush(drv);
    descriptor(drv, 0xd2, 0); /* the whole IOTLB */
    flush(drv);
    enable(drv, TE);
}

/* Three levels of second-stage tables at @table: one page. */
static void make_domain(struct driver *drv, uint64_t number, uint64_t table, uint64_t pa)
{
    const struct iommusim_range range = {number, IOVA, pa, PAGE, IOMMUSIM_READ | IOMMUSIM_WRITE};

    must(iommusim_memory(drv->sim, IOMMUSIM_S_PAGES, table, 3 * PAGE), "page tables");
    must(iommusim_map_begin(drv->sim, &range), "map");
    put(drv, IOMMUSIM_S_PTE_VTD, table + 2 * PAGE + 8, pa | 3);
    put(drv, IOMMUSIM_S_PTE_VTD, table + PAGE, (table + 2 * PAGE) | 3);
    put(drv, IOMMUSIM_S_PTE_VTD, table, (table + PAGE) | 3);
    must(iommusim_map_end(drv->sim, &range), "map");
}

/* The device to domain @domain, with the table at @table. @old: its domain before, 0 for none. By
 * way of an absent entry, or with one store of 16 bytes. */
static void attach(struct driver *drv, uint64_t old, uint64_t domain, uint64_t table, int is_broken)
{
    const enum iommusim_op op = old ? IOMMUSIM_OP_REPLACE : IOMMUSIM_OP_ATTACH;
    const uint64_t words[2] = {table | 1, domain << 8 | 1}; /* P; 39 bits */
    const struct iommusim_mark mark = {
        .op = op, .pasid = IOMMUSIM_NO_PASID, .domain = domain, .a = 1};

    must(iommusim_switch_begin(drv->sim, &mark), "mark");
    if (is_broken) {
        put(drv, IOMMUSIM_S_CTX, CONTEXT, 0);
        changed_context(drv, old);
        put(drv, IOMMUSIM_S_CTX, CONTEXT + 8, words[1]);
        put(drv, IOMMUSIM_S_CTX, CONTEXT, words[0]);
    } else {
        must(iommusim_store_pair(drv->sim, IOMMUSIM_S_CTX, CONTEXT, words, 1), "context");
        if (old)
            changed_context(drv, old);
    }
    must(iommusim_switch_end(drv->sim, &mark), "mark");
}

/* The device never rests: whenever a read is answered, it sends the next. */
static void answered(void *ctx, struct iommusim_dma *dma)
{
    struct device *device = ctx;

    if (dma->status != IOMMUSIM_DONE)
        device->n_refused++;
    else if (dma->pa < 0x90000000)
        device->n_old++;
    else
        device->n_new++;
    if (device->is_on)
        must(iommusim_submit(device->sim, dma), "submit");
}

static void replace(struct driver *drv, const char *how, int to_new, int is_broken)
{
    struct device device = {.sim = drv->sim, .is_on = 1};

    device.dma = (struct iommusim_dma){.iova = IOVA,
                                       .n_bytes = 64,
                                       .requester = RID,
                                       .pasid = IOMMUSIM_NO_PASID,
                                       .access = IOMMUSIM_READ,
                                       .done = answered,
                                       .ctx = &device};
    must(iommusim_submit(drv->sim, &device.dma), "submit");
    must(iommusim_advance(drv->sim, 1000000), "advance"); /* 1 us */
    attach(drv, to_new ? 1 : 2, to_new ? 2 : 1, to_new ? 0x50000 : 0x40000, is_broken);
    must(iommusim_advance(drv->sim, 1000000), "advance");
    device.is_on = 0;
    must(iommusim_run(drv->sim), "run");
    printf("replace, %s: A %s, B %s, %s\n", how, device.n_old ? "yes" : "no",
           device.n_new ? "yes" : "no", device.n_refused ? "refused in between" : "none refused");
}

int main(int argc, char **argv)
{
    struct iommusim_config *config = iommusim_config_new(IOMMUSIM_VTD);
    struct iommusim_dma dma = {.iova = IOVA + 8,
                               .n_bytes = 4,
                               .requester = RID,
                               .pasid = IOMMUSIM_NO_PASID,
                               .access = IOMMUSIM_READ};
    struct driver drv = {NULL, 0};

    if (!config)
        return 1;
    must(iommusim_new(config, NULL, &drv.sim), "new");
    iommusim_config_free(config);
    if (argc > 1)
        must(iommusim_record_start(drv.sim, argv[1], 0xfed90000), argv[1]);
    must(iommusim_mark_device(drv.sim, 0, "dev0", RID), "device");
    set_up(&drv);
    make_domain(&drv, 1, 0x40000, 0x80000000);
    make_domain(&drv, 2, 0x50000, 0x90000000);
    must(iommusim_dma_wait(drv.sim, &dma), "dma");
    printf("before attach: %s\n", iommusim_status_name(dma.status));
    attach(&drv, 0, 1, 0x40000, 0);
    must(iommusim_dma_wait(drv.sim, &dma), "dma");
    printf("attached: %s at 0x%" PRIx64 "\n", iommusim_status_name(dma.status), dma.pa);
    replace(&drv, "by way of absent", 1, 1);
    replace(&drv, "in one store", 0, 0);
    if (argc > 1)
        must(iommusim_record_stop(drv.sim), argv[1]);
    iommusim_free(drv.sim);
    return 0;
}
