/* SPDX-License-Identifier: BSD-2-Clause
 * si_machine.c - one VT-d unit in legacy mode, memory, tables, and a NIC that asks at random.
 * Knows: public headers of the model, tables. Must not know: what was measured.
 *
 * What is not translation (link, root complex, the data's memory) is one fixed time. The page
 * tables are read from simulated memory, a line of which takes MEMORY_PS. */
#include "bench/bench.h"
#include "bench/silicon/si.h"
#include "models/vtd/vtd.h"
#include "models/vtd/vtd_layout.h"
#include "sim/diag.h"
#include "sim/event.h"
#include "sim/mem.h"
#include "sim/record.h"
#include "sim/rng.h"
#include "sim/time.h"

#include <stdlib.h>

enum {
    SOURCE_ID = 0x0100, /* 01:00.0 */
    MAX_TRANSACTIONS = 64,
    MAX_PIECES = 2,
    WRITE_PIECE_BYTES = 256, /* a posted write is cut into packets of so much payload */
    TABLE_BYTES = 4096,
    ENTRIES = 512,
    LEVEL_BITS = 9,
    PAGE_LOG2 = 12,
    WARM_UP = 4096,
};

#define ROOT UINT64_C(0x10000)
#define CONTEXT UINT64_C(0x11000)
#define TABLES UINT64_C(0x20000)    /* PML4, PDPT, PD, then page tables */
#define PAGES UINT64_C(0x200000000) /* what the window is mapped to */
#define WINDOW UINT64_C(0x40000000) /* its I/O virtual address */
#define MEMORY_PS UINT64_C(150000)

struct nic;

/* One read or write of the NIC. */
struct transaction {
    struct nic *nic;
    struct sim_dma piece[MAX_PIECES];
    uint32_t n_pieces, n_submitted, n_answered;
    uint64_t start_ps;
    struct sim_event over;
    bool is_open;
};

struct nic {
    struct sim_queue *queue;
    struct sim_mem *mem;
    struct sim_mem_port *mem_port;
    struct sim_iommu iommu;
    struct sim_source source;
    struct sim_rng rng;
    struct si_load load;
    uint64_t base_ps, interval_ps, next_start_ps;
    struct sim_event start;
    struct transaction transaction[MAX_TRANSACTIONS];
    uint32_t n_open, n_left;
    uint64_t n_done, n_counted, sum_ps, first_ps, last_ps;
    uint64_t n_reads, n_leaf_reads;
};

/* ---- what the unit sees of the world ---- */

static void on_access(void *ctx, struct sim_access *access)
{
    struct nic *nic = ctx;

    if (access->structure == SIM_S_PTE_S2)
        nic->n_reads++;
    sim_mem_port_access(nic->mem_port, access);
}

/* ---- tables ---- */

static void put(struct nic *nic, uint64_t pa, uint64_t word)
{
    SIM_BUG_ON(sim_mem_write64(nic->mem, pa, word));
}

static uint64_t entry_of(uint64_t pa, bool is_large)
{
    uint64_t entry = 0;

    vtd_PTE_SS_put_R(&entry, 1);
    vtd_PTE_SS_put_W(&entry, 1);
    vtd_PTE_SS_put_PS(&entry, is_large);
    vtd_PTE_SS_put_ADDR(&entry, pa >> VTD_LSB_PTE_SS_ADDR);
    return entry;
}

static uint64_t index_of(uint64_t iova, unsigned level)
{
    return iova >> (PAGE_LOG2 + LEVEL_BITS * (level - 1)) & (ENTRIES - 1);
}

/* One table of each upper level is enough for a window of up to 1 GiB. */
static void map_window(struct nic *nic)
{
    const uint64_t n_bytes = (uint64_t)nic->load.window_kib << 10;
    const uint64_t step = UINT64_C(1) << nic->load.leaf_log2;
    const uint64_t pml4 = TABLES, pdpt = TABLES + TABLE_BYTES,
                   pd = TABLES + UINT64_C(2) * TABLE_BYTES;
    const bool is_large = nic->load.leaf_log2 != PAGE_LOG2;

    put(nic, pml4 + 8 * index_of(WINDOW, 4), entry_of(pdpt, false));
    put(nic, pdpt + 8 * index_of(WINDOW, 3), entry_of(pd, false));
    for (uint64_t at = 0; at < n_bytes; at += step) {
        const uint64_t iova = WINDOW + at;
        const uint64_t pt = pd + TABLE_BYTES * (1 + index_of(iova, 2));

        put(nic, pd + 8 * index_of(iova, 2), entry_of(is_large ? PAGES + at : pt, is_large));
        if (!is_large)
            put(nic, pt + 8 * index_of(iova, 1), entry_of(PAGES + at, false));
    }
}

static void make_tables(struct nic *nic)
{
    uint64_t root[VTD_WORDS_ROOT_LEGACY] = {0};
    uint64_t context[VTD_WORDS_CTX_LEGACY] = {0};
    const uint64_t slot = CONTEXT + (SOURCE_ID & 0xff) * sizeof(context);

    vtd_ROOT_LEGACY_put_P(root, 1);
    vtd_ROOT_LEGACY_put_CTP(root, CONTEXT >> PAGE_LOG2);
    vtd_CTX_LEGACY_put_P(context, 1);
    vtd_CTX_LEGACY_put_SSPTPTR(context, TABLES >> PAGE_LOG2);
    vtd_CTX_LEGACY_put_AW(context, VTD_CTX_LEGACY_AW_48);
    vtd_CTX_LEGACY_put_DID(context, 1);
    SIM_BUG_ON(sim_mem_fill64(nic->mem, TABLES, (uint64_t)TABLE_BYTES * (4 + ENTRIES), 0));
    SIM_BUG_ON(sim_mem_write(nic->mem, ROOT + (SOURCE_ID >> 8) * sizeof(root), root, sizeof(root)));
    SIM_BUG_ON(sim_mem_write(nic->mem, slot, context, sizeof(context)));
    map_window(nic);
}

/* ---- the unit ---- */

static void command(struct nic *nic, uint32_t bits)
{
    nic->iommu.ops->reg_write(nic->iommu.model, VTD_REG_GCMD, 4, bits);
    (void)sim_queue_advance(nic->queue, SIM_TIME_NEVER);
}

static void boot(struct nic *nic)
{
    uint64_t root_pointer = 0, translate = 0, status;

    vtd_GCMD_put_SRTP(&root_pointer, 1);
    vtd_GCMD_put_TE(&translate, 1);
    nic->iommu.ops->reg_write(nic->iommu.model, VTD_REG_RTADDR, 8, ROOT);
    command(nic, (uint32_t)root_pointer);
    command(nic, (uint32_t)translate);
    status = nic->iommu.ops->reg_read(nic->iommu.model, VTD_REG_GSTS, 4);
    SIM_BUG_ON(!vtd_GSTS_TES(&status));
}

static void make_unit(struct nic *nic, const struct si_machine *machine, int hazard)
{
    static const struct sim_port_ops ops = {
        .access = on_access,
        .irq = bench_no_irq,
        .ats_inv = bench_no_ats_inv,
        .page_response = bench_no_page_response,
    };
    const struct sim_port port = {&ops, nic};
    struct vtd_config config;

    vtd_config_default(&config);
    SIM_BUG_ON(sim_param_preset(&vtd_params, machine->preset, &config.param));
    if (hazard >= 0)
        config.param.same_page = (uint32_t)hazard;
    config.ids.cap = machine->cap;
    config.ids.ecap = machine->ecap;
    SIM_BUG_ON(vtd_new(&config, nic->queue, &port, NULL, &nic->iommu));
}

/* ---- transactions ---- */

static bool offer(struct transaction *t)
{
    struct nic *nic = t->nic;

    while (t->n_submitted < t->n_pieces) {
        if (!nic->iommu.ops->submit(nic->iommu.model, &t->piece[t->n_submitted]))
            return false;
        t->n_submitted++;
    }
    return true;
}

/* What was pushed back is offered again whenever something is answered. */
static void offer_waiting(struct nic *nic)
{
    for (uint32_t i = 0; i < nic->load.n_in_flight; i++) {
        struct transaction *t = &nic->transaction[i];

        if (t->is_open && t->n_submitted < t->n_pieces && !offer(t))
            return;
    }
}

static void want_start(struct nic *nic)
{
    const uint64_t now = sim_queue_now_ps(nic->queue);

    if (sim_event_is_scheduled(&nic->start) || nic->n_left == 0 ||
        nic->n_open == nic->load.n_in_flight)
        return;
    sim_queue_at(nic->queue, &nic->source, nic->next_start_ps > now ? nic->next_start_ps : now,
                 &nic->start);
}

static void is_over(void *ctx)
{
    struct transaction *t = ctx;
    struct nic *nic = t->nic;
    const uint64_t now = sim_queue_now_ps(nic->queue);

    t->is_open = false;
    nic->n_open--;
    nic->n_done++;
    if (nic->n_done == WARM_UP) {
        nic->first_ps = now;
        nic->n_leaf_reads = nic->n_reads;
    } else if (nic->n_done > WARM_UP) {
        nic->n_counted++;
        nic->sum_ps += now - t->start_ps;
        nic->last_ps = now;
    }
    want_start(nic);
}

/* A read is over when its data is there, a posted write as soon as it may go. */
static void answered(void *ctx)
{
    struct transaction *t = ctx;
    struct nic *nic = t->nic;

    for (uint32_t i = 0; i < t->n_answered + 1; i++)
        SIM_BUG_ON(t->piece[i].status != SIM_DMA_OK && t->piece[i].status != SIM_DMA_PENDING);
    t->n_answered++;
    if (t->n_answered == t->n_pieces)
        sim_queue_at(nic->queue, &nic->source,
                     sim_queue_now_ps(nic->queue) + (nic->load.is_write ? 0 : nic->base_ps),
                     &t->over);
    offer_waiting(nic);
}

static struct transaction *free_transaction(struct nic *nic)
{
    uint32_t i = 0;

    while (nic->transaction[i].is_open)
        i++;
    return &nic->transaction[i];
}

static void start_one(void *ctx)
{
    struct nic *nic = ctx;
    struct transaction *t = free_transaction(nic);
    const struct si_load *load = &nic->load;
    const uint64_t n_places = ((uint64_t)load->window_kib << 10) / load->n_bytes;
    const uint64_t iova = WINDOW + sim_rng_below(&nic->rng, n_places) * load->n_bytes;
    const uint32_t piece = load->is_write ? WRITE_PIECE_BYTES : load->n_bytes;

    t->n_pieces = (load->n_bytes + piece - 1) / piece;
    SIM_BUG_ON(t->n_pieces > MAX_PIECES);
    for (uint32_t i = 0; i < t->n_pieces; i++) {
        t->piece[i] = (struct sim_dma){
            .iova = iova + (uint64_t)i * piece,
            .n_bytes = load->n_bytes < piece ? load->n_bytes : piece,
            .requester = SOURCE_ID,
            .access = load->is_write ? SIM_DMA_WRITE : SIM_DMA_READ,
            .done = {.fn = answered, .ctx = t},
        };
    }
    t->n_submitted = 0;
    t->n_answered = 0;
    t->is_open = true;
    t->start_ps = sim_queue_now_ps(nic->queue);
    nic->n_open++;
    nic->n_left--;
    nic->next_start_ps = t->start_ps + nic->interval_ps;
    (void)offer(t);
    want_start(nic);
}

/* ---- one run ---- */

static uint64_t ps_of(double ns)
{
    return (uint64_t)(ns * SIM_PS_PER_NS + 0.5);
}

static void prepare(struct nic *nic, const struct si_machine *machine, const struct si_load *load)
{
    const struct sim_mem_timing timing = {.latency_ps = MEMORY_PS};

    nic->load = *load;
    nic->base_ps = ps_of(machine->base_ns + load->extra_ns);
    nic->interval_ps = ps_of(load->interval_ns);
    nic->n_left = load->n_samples + WARM_UP;
    nic->source = (struct sim_source){.rank = SIM_RANK_ENDPOINT};
    sim_rng_seed(&nic->rng, load->window_kib);
    nic->queue = sim_queue_new();
    nic->mem = sim_mem_new(UINT64_C(1) << 28);
    SIM_BUG_ON(!nic->queue || !nic->mem || load->n_in_flight > MAX_TRANSACTIONS);
    nic->mem_port = sim_mem_port_new(nic->mem, nic->queue, &timing, 0, false);
    SIM_BUG_ON(!nic->mem_port);
    nic->start = (struct sim_event){.fn = start_one, .ctx = nic};
    for (uint32_t i = 0; i < MAX_TRANSACTIONS; i++) {
        nic->transaction[i].nic = nic;
        nic->transaction[i].over = (struct sim_event){.fn = is_over, .ctx = &nic->transaction[i]};
    }
}

void si_run(const struct si_machine *machine, const struct si_load *load, int hazard,
            struct si_result *result)
{
    struct nic *nic = calloc(1, sizeof(*nic));
    double n;

    SIM_BUG_ON(!nic);
    prepare(nic, machine, load);
    make_unit(nic, machine, hazard);
    make_tables(nic);
    boot(nic);
    want_start(nic);
    (void)sim_queue_advance(nic->queue, SIM_TIME_NEVER);
    SIM_BUG_ON(nic->n_open || nic->n_left || nic->n_counted != load->n_samples);
    n = (double)nic->n_counted;
    result->mean_ns = (double)nic->sum_ps / n / SIM_PS_PER_NS;
    result->mps = n * 1e6 / (double)(nic->last_ps - nic->first_ps);
    result->reads = (double)(nic->n_reads - nic->n_leaf_reads) / n;
    nic->iommu.ops->free(nic->iommu.model);
    sim_mem_port_free(nic->mem_port);
    sim_mem_free(nic->mem);
    sim_queue_free(nic->queue);
    free(nic);
}
