/* SPDX-License-Identifier: BSD-2-Clause
 * smmuv3_driver.c - the smallest driver of an SMMUv3: one device, two domains, two ways to replace.
 * Knows: registers and tables as the architecture has them. Must not know: the simulator's inside.
 */
#include <inttypes.h>
#include <iommusim/iommusim.h>
#include <stdio.h>
#include <stdlib.h>

enum { CR0 = 0x20, CR0ACK = 0x24, STRTAB_BASE = 0x80, STRTAB_BASE_CFG = 0x88 };
enum { CMDQ_BASE = 0x90, CMDQ_PROD = 0x98, CMDQ_CONS = 0x9c, QUEUE_LOG2 = 6 };
enum { EVENTQ_BASE = 0xa0, EVENTQ_PROD = 0x100a8, EVENTQ_CONS = 0x100ac };
enum { CMDQEN = 8, EVENTQEN = 4, SMMUEN = 1 };
enum { STRTAB = 0x10000, CMDQ = 0x20000, EVENTQ = 0x30000 };
enum { SID = 0x20, STE = STRTAB + SID * 64, IOVA = 0x1000, PAGE = 0x1000 };

struct driver {
    struct iommusim *sim;
    unsigned prod; /* next slot of the command queue */
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

static void reg(struct driver *drv, uint64_t offset, uint32_t n_bytes, uint64_t value)
{
    must(iommusim_reg_write(drv->sim, offset, n_bytes, value), "register");
}

static void enable(struct driver *drv, uint64_t bits)
{
    reg(drv, CR0, 4, bits);
    must(iommusim_wait_reg(drv->sim, CR0ACK, bits, bits, IOMMUSIM_NEVER), "CR0ACK");
}

/* One command and a CMD_SYNC, and until it is complete. */
static void command(struct driver *drv, uint64_t word0, uint64_t word1)
{
    const uint64_t words[2][2] = {{word0, word1}, {0x46, 0}};
    const unsigned size = 1u << QUEUE_LOG2;

    for (unsigned i = 0; i < 2; i++, drv->prod++)
        must(iommusim_store_pair(drv->sim, IOMMUSIM_S_CMD, CMDQ + drv->prod % size * 16, words[i],
                                 0),
             "cmd");
    must(iommusim_barrier(drv->sim, IOMMUSIM_BARRIER_FULL, 0), "barrier");
    reg(drv, CMDQ_PROD, 4, drv->prod % (2 * size));
    must(iommusim_wait_slot(drv->sim, CMDQ, (drv->prod - 1) % size, IOMMUSIM_NEVER), "CMD_SYNC");
}

static void changed_ste(struct driver *drv)
{
    command(drv, 0x03 | (uint64_t)SID << 32, 1); /* CFGI_STE, leaf */
}

static void set_up(struct driver *drv)
{
    must(iommusim_memory(drv->sim, IOMMUSIM_S_STE, STRTAB, 64 * 64), "stream table");
    must(iommusim_memory(drv->sim, IOMMUSIM_S_QUEUE, CMDQ, PAGE), "command queue");
    must(iommusim_memory(drv->sim, IOMMUSIM_S_QUEUE, EVENTQ, PAGE), "event queue");
    reg(drv, CR0, 4, 0); /* whatever was on goes off */
    must(iommusim_wait_reg(drv->sim, CR0ACK, SMMUEN, 0, IOMMUSIM_NEVER), "CR0ACK");
    reg(drv, STRTAB_BASE, 8, STRTAB);
    reg(drv, STRTAB_BASE_CFG, 4, 6); /* 64 streams */
    reg(drv, CMDQ_BASE, 8, CMDQ | QUEUE_LOG2);
    reg(drv, CMDQ_PROD, 4, 0);
    reg(drv, CMDQ_CONS, 4, 0);
    reg(drv, EVENTQ_BASE, 8, EVENTQ | QUEUE_LOG2);
    reg(drv, EVENTQ_PROD, 4, 0);
    reg(drv, EVENTQ_CONS, 4, 0);
    put(drv, IOMMUSIM_S_STE, STE, 1); /* V, abort */
    enable(drv, CMDQEN);
    command(drv, 0x04, 31); /* CFGI_ALL */
    command(drv, 0x30, 0);  /* TLBI_NSNH_ALL */
    enable(drv, CMDQEN | EVENTQEN);
    enable(drv, CMDQEN | EVENTQEN | SMMUEN);
}

/* A context descriptor at @at and three levels of tables behind it: one page. */
static void make_domain(struct driver *drv, uint64_t number, uint64_t at, uint64_t pa)
{
    const struct iommusim_range range = {number, IOVA, pa, PAGE, IOMMUSIM_READ | IOMMUSIM_WRITE};
    const uint64_t table = at + PAGE;

    must(iommusim_memory(drv->sim, IOMMUSIM_S_CD, at, PAGE), "CD");
    must(iommusim_memory(drv->sim, IOMMUSIM_S_PAGES, table, 3 * PAGE), "page tables");
    must(iommusim_map_begin(drv->sim, &range), "map");
    put(drv, IOMMUSIM_S_PTE, table + 2 * PAGE + 8, pa | 0xf43); /* AF, inner shareable, EL0, nG */
    put(drv, IOMMUSIM_S_PTE, table + PAGE, (table + 2 * PAGE) | 3);
    put(drv, IOMMUSIM_S_PTE, table, (table + PAGE) | 3);
    must(iommusim_map_end(drv->sim, &range), "map");
    put(drv, IOMMUSIM_S_CD, at + 24, 0xff); /* MAIR */
    put(drv, IOMMUSIM_S_CD, at + 8, table);
    /* ASID, R, A, AA64, IPS 48 bits, V, EPD1, walks cacheable, T0SZ 25 */
    put(drv, IOMMUSIM_S_CD, at, number << 48 | 0x6205c0003519);
}

/* Stage 1 with the CD at @cd. By way of an invalid entry, or with the one store that is enough. */
static void attach(struct driver *drv, enum iommusim_op op, uint64_t domain, uint64_t cd,
                   int is_broken)
{
    const struct iommusim_mark mark = {
        .op = op, .pasid = IOMMUSIM_NO_PASID, .domain = domain, .a = 1};

    must(iommusim_switch_begin(drv->sim, &mark), "mark");
    if (is_broken) {
        put(drv, IOMMUSIM_S_STE, STE, 0);
        changed_ste(drv);
    }
    if (op == IOMMUSIM_OP_ATTACH) {
        put(drv, IOMMUSIM_S_STE, STE + 8, 0x1000000000d4); /* SHCFG, cacheable CD reads */
        changed_ste(drv);
    }
    put(drv, IOMMUSIM_S_STE, STE, cd | 0xb); /* stage 1, V */
    changed_ste(drv);
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
                                       .requester = SID,
                                       .pasid = IOMMUSIM_NO_PASID,
                                       .access = IOMMUSIM_READ,
                                       .done = answered,
                                       .ctx = &device};
    must(iommusim_submit(drv->sim, &device.dma), "submit");
    must(iommusim_advance(drv->sim, 1000000), "advance"); /* 1 us */
    attach(drv, IOMMUSIM_OP_REPLACE, to_new ? 2 : 1, to_new ? 0x50000 : 0x40000, is_broken);
    must(iommusim_advance(drv->sim, 1000000), "advance");
    device.is_on = 0;
    must(iommusim_run(drv->sim), "run");
    printf("replace, %s: A %s, B %s, %s\n", how, device.n_old ? "yes" : "no",
           device.n_new ? "yes" : "no", device.n_refused ? "refused in between" : "none refused");
}

int main(int argc, char **argv)
{
    struct iommusim_config *config = iommusim_config_new(IOMMUSIM_SMMUV3);
    struct iommusim_dma dma = {.iova = IOVA + 8,
                               .n_bytes = 4,
                               .requester = SID,
                               .pasid = IOMMUSIM_NO_PASID,
                               .access = IOMMUSIM_READ};
    struct driver drv = {NULL, 0};

    if (!config)
        return 1;
    must(iommusim_new(config, NULL, &drv.sim), "new");
    iommusim_config_free(config);
    if (argc > 1)
        must(iommusim_record_start(drv.sim, argv[1], 0x9050000), argv[1]);
    must(iommusim_mark_device(drv.sim, 0, "dev0", SID), "device");
    set_up(&drv);
    make_domain(&drv, 1, 0x40000, 0x80000000);
    make_domain(&drv, 2, 0x50000, 0x90000000);
    must(iommusim_dma_wait(drv.sim, &dma), "dma");
    printf("before attach: %s\n", iommusim_status_name(dma.status));
    attach(&drv, IOMMUSIM_OP_ATTACH, 1, 0x40000, 0);
    must(iommusim_dma_wait(drv.sim, &dma), "dma");
    printf("attached: %s at 0x%" PRIx64 "\n", iommusim_status_name(dma.status), dma.pa);
    replace(&drv, "by way of invalid", 1, 1);
    replace(&drv, "in one store", 0, 0);
    if (argc > 1)
        must(iommusim_record_stop(drv.sim), argv[1]);
    iommusim_free(drv.sim);
    return 0;
}
