/* SPDX-License-Identifier: BSD-2-Clause
 * kunit.c - a machine around one table entry that a unit test has the driver write: a stream table,
 * a command queue and whoever tells the SMMU. What the test calls a sync becomes the commands that
 * the driver itself would send, and a wait for them.
 * Knows: registers, entries, commands. Must not know: what a test expects.
 *
 * Each transition is a stream of its own: from the reset of the SMMU on, with the entry's first
 * value in place before it is switched on. */
#include "kernel-glue/linux/host/host.h"

#include "kernel-glue/linux/boundary_user.h"
#include "models/smmuv3/smmu_layout.h"
#include "sim/diag.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define ENTRY_WORDS 8u
#define ENTRY_BYTES 64u
#define LOG2_STREAMS 6u /* a page of entries */
#define LOG2_COMMANDS 8u
#define LOG2_EVENTS 7u
#define KUNIT_DEV 0u /* StreamID 0, SubstreamID 0 */

void *host_memcpy(void *to, const void *from, size_t n_bytes); /* observe.c: every word is seen */

/** struct kunit - @entry: the one that is written, @ste: of the stream. */
struct kunit {
    char *entry, *ste, *commands, *events;
    uint32_t prod;
    bool began_valid;
    struct lnx_transition now;
};

static struct kunit *the_kunit(void)
{
    struct lnx *lnx = host_the();

    SIM_BUG_ON(!lnx->kunit || !lnx->kunit->entry);
    return lnx->kunit;
}

static struct kunit *make_kunit(struct lnx *lnx)
{
    if (!lnx->kunit)
        lnx->kunit = calloc(1, sizeof(*lnx->kunit));
    if (!lnx->kunit)
        host_die("no memory");
    return lnx->kunit;
}

static uint64_t pa_of(const void *p)
{
    return host_pa(host_the(), p);
}

/* ---- registers and commands ---- */

static void put(uint64_t offset, uint64_t value, int n_bytes)
{
    host_mmio_write(offset, value, n_bytes, NULL);
}

static void enable(uint64_t cr0)
{
    put(SMMU_REG_CR0, cr0, 4);
    while (host_mmio_read(SMMU_REG_CR0ACK, 4, NULL) != cr0)
        host_yield();
    host_close_wait(host_the());
}

static void send(struct kunit *kunit, const uint64_t cmd[2])
{
    const size_t slot = kunit->prod & ((1u << LOG2_COMMANDS) - 1);

    (void)host_memcpy(kunit->commands + slot * 16, cmd, 16);
    kunit->prod = (kunit->prod + 1) & ((2u << LOG2_COMMANDS) - 1);
}

static void send_and_wait(struct kunit *kunit, const uint64_t cmd[2])
{
    uint64_t sync[2] = {SMMU_CMD_SYNC, 0};

    smmu_CMD_SYNC_put_CS(sync, SMMU_CMD_SYNC_CS_SEV);
    send(kunit, cmd);
    send(kunit, sync);
    host_barrier(HOST_BARRIER_WRITE);
    put(SMMU_REG_CMDQ_PROD, kunit->prod, 4);
    for (;;) {
        const uint64_t cons = host_mmio_read(SMMU_REG_CMDQ_CONS, 4, NULL);

        if (smmu_CMDQ_CONS_RD(&cons) == kunit->prod)
            break;
        host_yield();
    }
    host_close_wait(host_the());
}

/* ---- the machine ---- */

static char *new_page(void)
{
    return host_table_alloc(HOST_PAGE_BYTES, HOST_PAGE_BYTES, HOST_USE_DMA);
}

/* An entry that finds the test's context descriptor. */
static void point_to_cd(struct kunit *kunit)
{
    uint64_t ste[ENTRY_WORDS] = {0};

    smmu_STE_put_V(ste, 1);
    smmu_STE_put_Config(ste, SMMU_STE_Config_S1);
    smmu_STE_put_S1ContextPtr(ste, pa_of(kunit->entry) >> SMMU_LSB_STE_S1ContextPtr);
    (void)host_memcpy(kunit->ste, ste, sizeof(ste));
}

static void set_queues(struct kunit *kunit)
{
    uint64_t base = 0;

    smmu_CMDQ_BASE_put_ADDR(&base, pa_of(kunit->commands) >> SMMU_LSB_CMDQ_BASE_ADDR);
    smmu_CMDQ_BASE_put_LOG2SIZE(&base, LOG2_COMMANDS);
    put(SMMU_REG_CMDQ_BASE, base, 8);
    put(SMMU_REG_CMDQ_PROD, 0, 4);
    put(SMMU_REG_CMDQ_CONS, 0, 4);
    base = 0;
    smmu_EVENTQ_BASE_put_ADDR(&base, pa_of(kunit->events) >> SMMU_LSB_EVENTQ_BASE_ADDR);
    smmu_EVENTQ_BASE_put_LOG2SIZE(&base, LOG2_EVENTS);
    put(SMMU_REG_EVENTQ_BASE, base, 8);
    put(SMMU_REG_EVENTQ_PROD, 0, 4);
    put(SMMU_REG_EVENTQ_CONS, 0, 4);
}

static void switch_on(struct kunit *kunit)
{
    uint64_t all[2] = {SMMU_CMD_CFGI_STE_RANGE, 0}, nsnh[2] = {SMMU_CMD_TLBI_NSNH_ALL, 0};
    uint64_t base = 0, cfg = 0, cr0 = 0;

    enable(0);
    smmu_STRTAB_BASE_put_ADDR(&base, pa_of(kunit->ste) >> SMMU_LSB_STRTAB_BASE_ADDR);
    smmu_STRTAB_BASE_CFG_put_LOG2SIZE(&cfg, LOG2_STREAMS);
    put(SMMU_REG_STRTAB_BASE, base, 8);
    put(SMMU_REG_STRTAB_BASE_CFG, cfg, 4);
    set_queues(kunit);
    kunit->prod = 0;
    smmu_CR0_put_CMDQEN(&cr0, 1);
    enable(cr0);
    smmu_CFGI_STE_RANGE_put_Range(all, 31);
    send_and_wait(kunit, all);
    send_and_wait(kunit, nsnh);
    smmu_CR0_put_EVENTQEN(&cr0, 1);
    smmu_CR0_put_SMMUEN(&cr0, 1);
    enable(cr0);
}

/* ---- what a test sees ---- */

static struct host_mark mark_of(int op)
{
    return (struct host_mark){
        .op = op, .dev = KUNIT_DEV, .pasid = HOST_NO_PASID}; /* no domain: entries alone */
}

static bool is_valid(const struct kunit *kunit)
{
    const uint64_t *words = (const uint64_t *)(const void *)kunit->entry;

    return kunit->now.is_cd ? smmu_CD_V(words) : smmu_STE_V(words);
}

host_u64 *host_kunit_begin(const struct host_kunit *wanted)
{
    struct lnx *lnx = host_the();
    struct kunit *kunit = make_kunit(lnx);
    const struct host_mark replace = mark_of(HOST_OP_REPLACE);
    const struct host_mark attach = mark_of(HOST_OP_DRV_ATTACH);

    lnx->n_kept = lnx->n_prelude;
    memset(&kunit->now, 0, sizeof(kunit->now));
    (void)snprintf(kunit->now.test, sizeof(kunit->now.test), "%s", wanted->test);
    kunit->now.is_cd = wanted->is_cd;
    kunit->entry = new_page();
    kunit->ste = wanted->is_cd ? new_page() : kunit->entry;
    kunit->commands = new_page();
    kunit->events = new_page();
    (void)host_memcpy(kunit->entry, wanted->initial, ENTRY_BYTES);
    if (wanted->is_cd)
        point_to_cd(kunit);
    host_close_store(lnx);
    switch_on(kunit);
    kunit->now.n_stores = lnx->stats.n_stores;
    kunit->began_valid = is_valid(kunit);
    host_begin(&replace);
    host_begin(&attach);
    return (host_u64 *)(void *)kunit->entry;
}

void host_kunit_sync(void)
{
    struct kunit *kunit = the_kunit();
    uint64_t ste[2] = {SMMU_CMD_CFGI_STE, 0}, cd[2] = {SMMU_CMD_CFGI_CD, 0};
    uint64_t before;

    host_close_store(host_the());
    kunit->now.was_invalid |= !is_valid(kunit);
    kunit->now.n_syncs++;
    smmu_CFGI_STE_put_Leaf(ste, 1);
    smmu_CFGI_CD_put_Leaf(cd, 1);
    before = host_the()->stats.n_stores;
    send_and_wait(kunit, kunit->now.is_cd ? cd : ste);
    kunit->now.n_stores += host_the()->stats.n_stores - before; /* these are not the driver's */
}

void host_kunit_end(void)
{
    struct lnx *lnx = host_the();
    struct kunit *kunit = the_kunit();
    const struct host_mark replace = mark_of(HOST_OP_REPLACE);
    const struct host_mark attach = mark_of(HOST_OP_DRV_ATTACH);

    host_close_store(lnx);
    kunit->now.n_stores = lnx->stats.n_stores - kunit->now.n_stores;
    kunit->now.was_invalid &= kunit->began_valid && is_valid(kunit);
    host_end(&attach, 0);
    host_end(&replace, 0);
    lnx->transition_done(lnx->transition_ctx, &kunit->now);
    enable(0);
    host_table_free(kunit->entry, HOST_PAGE_BYTES);
    if (kunit->ste != kunit->entry)
        host_table_free(kunit->ste, HOST_PAGE_BYTES);
    host_table_free(kunit->commands, HOST_PAGE_BYTES);
    host_table_free(kunit->events, HOST_PAGE_BYTES);
}

/* ---- the run ---- */

struct suites {
    struct lnx *lnx;
    int n_failed;
};

static void run_suites(void *arg)
{
    struct suites *suites = arg;

    suites->lnx->is_up = true;
    suites->lnx->n_prelude = suites->lnx->n_kept;
    suites->n_failed = ksh_kunit_run();
    host_close_store(suites->lnx);
    host_check_complete(suites->lnx);
    suites->lnx->is_up = false;
}

int lnx_unit_tests(struct lnx *lnx,
                   void (*done)(void *ctx, const struct lnx_transition *transition), void *ctx)
{
    struct suites suites = {.lnx = lnx};

    lnx->transition_done = done;
    lnx->transition_ctx = ctx;
    host_cpu_run(lnx, run_suites, &suites);
    return suites.n_failed;
}
