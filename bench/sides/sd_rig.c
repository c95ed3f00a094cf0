/* SPDX-License-Identifier: BSD-2-Clause
 * sd_rig.c - binds queue, memory, unit and device together; page tables of both maps.
 * Knows: who is connected to whom. Must not know: what a word means, what is measured. */
#include "bench/sides/sd_rig.h"

#include "bench/bench.h"
#include "sim/diag.h"
#include "sim/event.h"
#include "sim/record.h"
#include "sim/time.h"

#include <stdlib.h>

enum {
    TOP_SHIFT = 39,
    LEVEL_BITS = 9,
    N_LEVELS = 4,
    ENTRIES = 512,
    ENTRY_BYTES = 64,
    CONTEXT_BYTES = 32,
};

#define TABLES UINT64_C(0x1000000)
#define MAX_BACKING_BYTES (UINT64_C(1) << 28)

/* ---- what the unit sees of the world ---- */

/* An entry that is read in pieces counts once. */
static bool is_counted(const struct sim_access *access)
{
    const unsigned s = access->structure;

    if (access->op != SIM_ACCESS_READ || s == SIM_S_CMD || s == SIM_S_QI)
        return false;
    if (s == SIM_S_STE || s == SIM_S_CD || s == SIM_S_PASID)
        return access->pa % ENTRY_BYTES == 0;
    return s != SIM_S_CTX || access->pa % CONTEXT_BYTES == 0;
}

static void on_access(void *ctx, struct sim_access *access)
{
    struct sd_rig *rig = ctx;

    if (is_counted(access))
        rig->reads++;
    sim_mem_port_access(rig->mem_port, access);
}

/* ---- page tables ---- */

static uint64_t data_of(unsigned map, uint64_t iova)
{
    return iova + (map + 1) * SD_SHIFT;
}

static uint64_t slot_in(uint64_t table, unsigned level, uint64_t iova)
{
    return table + (iova >> (TOP_SHIFT - LEVEL_BITS * level) & (ENTRIES - 1)) * sizeof(uint64_t);
}

/* A table for this part of the window, at a place that follows from where the others are. */
static uint64_t descend(struct sd_rig *rig, unsigned map, uint64_t iova)
{
    uint64_t table = rig->root[map];

    for (unsigned level = 0; level + 1 < N_LEVELS; level++) {
        const uint64_t slot = slot_in(table, level, iova);
        uint64_t word = sim_mem_read64(rig->mem, slot);

        if (!word) {
            word = rig->arch->entry(rig->stage, rig->next_table, SD_TABLE);
            sd_put(rig, slot, word);
            rig->next_table += SD_PAGE;
        }
        table = word & (SD_SHIFT - 1) & ~(SD_PAGE - 1);
    }
    return slot_in(table, N_LEVELS - 1, iova);
}

static void map_pages(struct sd_rig *rig, unsigned map, uint64_t iova, unsigned n)
{
    for (unsigned i = 0; i < n; i++, iova += SD_PAGE)
        sd_put(rig, descend(rig, map, iova),
               rig->arch->entry(rig->stage, data_of(map, iova), SD_LEAF));
}

static void make_tables(struct sd_rig *rig)
{
    rig->next_table = TABLES;
    for (unsigned map = 0; map < SD_N_MAPS; map++) {
        rig->root[map] = rig->next_table;
        rig->next_table += SD_PAGE;
        map_pages(rig, map, SD_WINDOW, SD_N_PAGES);
        map_pages(rig, map, SD_VICTIM, SD_RANGE_PAGES);
    }
}

void sd_set_page(struct sd_rig *rig, uint64_t iova, bool is_mapped)
{
    sd_store(rig, descend(rig, rig->map, iova),
             is_mapped ? rig->arch->entry(rig->stage, data_of(rig->map, iova), SD_LEAF) : 0);
}

void sd_set_victim(struct sd_rig *rig, unsigned n, bool is_mapped)
{
    for (unsigned i = 0; i < n; i++)
        sd_set_page(rig, SD_VICTIM + i * SD_PAGE, is_mapped);
    rig->is_unmapped = !is_mapped;
}

/* ---- life ---- */

static void tick(void *ctx);

struct sd_rig *sd_rig_new(const struct sd_arch *arch, const char *preset, unsigned stage,
                          uint32_t entries)
{
    static const struct sim_port_ops ops = {
        .access = on_access,
        .irq = bench_no_irq,
        .ats_inv = bench_no_ats_inv,
        .page_response = bench_no_page_response,
    };
    const struct sim_mem_timing timing = {.latency_ps = SD_MEM_PS};
    struct sd_rig *rig = calloc(1, sizeof(*rig));

    SIM_BUG_ON(!rig);
    rig->arch = arch;
    rig->stage = stage;
    rig->samples = calloc(SD_MAX_SAMPLES, sizeof(*rig->samples));
    rig->queue = sim_queue_new();
    rig->mem = sim_mem_new(MAX_BACKING_BYTES);
    SIM_BUG_ON(!rig->samples || !rig->queue || !rig->mem);
    rig->mem_port = sim_mem_port_new(rig->mem, rig->queue, &timing, 0, false);
    SIM_BUG_ON(!rig->mem_port);
    rig->port = (struct sim_port){&ops, rig};
    rig->source = (struct sim_source){.rank = SIM_RANK_ENDPOINT};
    rig->tick = (struct sim_event){.fn = tick, .ctx = rig};
    rig->is_settled = true;
    rig->is_stopped = true;
    sim_rng_seed(&rig->rng, 1);
    arch->make(rig, preset, entries);
    make_tables(rig);
    arch->boot(rig);
    return rig;
}

void sd_rig_free(struct sd_rig *rig)
{
    rig->is_stopped = true;
    sd_idle(rig);
    rig->iommu.ops->free(rig->iommu.model);
    sim_mem_port_free(rig->mem_port);
    sim_mem_free(rig->mem);
    sim_queue_free(rig->queue);
    free(rig->samples);
    free(rig);
}

uint64_t sd_now_ps(const struct sd_rig *rig)
{
    return sim_queue_now_ps(rig->queue);
}

void sd_advance(struct sd_rig *rig, uint64_t until_ps)
{
    (void)sim_queue_advance(rig->queue, until_ps);
}

void sd_idle(struct sd_rig *rig)
{
    sd_advance(rig, SIM_TIME_NEVER);
}

void sd_step(struct sd_rig *rig)
{
    SIM_BUG_ON(!sim_queue_run_one(rig->queue));
}

void sd_put(struct sd_rig *rig, uint64_t pa, uint64_t word)
{
    SIM_BUG_ON(sim_mem_write64(rig->mem, pa, word));
}

void sd_store(struct sd_rig *rig, uint64_t pa, uint64_t word)
{
    sd_put(rig, pa, word);
    rig->stores++;
}

/* No event can come between the halves. */
void sd_store16(struct sd_rig *rig, uint64_t pa, const uint64_t words[2])
{
    sd_put(rig, pa, words[0]);
    sd_put(rig, pa + sizeof(words[0]), words[1]);
    rig->stores++;
}

void sd_reg_write(struct sd_rig *rig, uint64_t offset, uint32_t n_bytes, uint64_t value)
{
    rig->iommu.ops->reg_write(rig->iommu.model, offset, n_bytes, value);
}

uint64_t sd_reg_read(const struct sd_rig *rig, uint64_t offset, uint32_t n_bytes)
{
    return rig->iommu.ops->reg_read(rig->iommu.model, offset, n_bytes);
}

/* ---- the device ---- */

static void offer_outside(struct sd_rig *rig)
{
    while (rig->outside && rig->iommu.ops->submit(rig->iommu.model, &rig->outside->dma))
        rig->outside = rig->outside->next;
}

/* What began and ended with nothing going on must get what software means it to get. */
static void check(const struct sd_rig *rig, const struct sd_request *request)
{
    const struct sim_dma *dma = &request->dma;
    const bool is_refused = dma->status != SIM_DMA_OK;
    const bool is_known = request->was_settled && rig->is_settled && request->moves == rig->moves;

    SIM_BUG_ON(!is_refused && dma->pa != data_of(0, dma->iova) && dma->pa != data_of(1, dma->iova));
    if (!is_known)
        return;
    SIM_BUG_ON(is_refused != (rig->is_blocked || (request->is_probe && rig->is_unmapped)));
    SIM_BUG_ON(!is_refused && dma->pa != data_of(rig->map, dma->iova));
}

static void answered(void *ctx)
{
    struct sd_request *request = ctx;
    struct sd_rig *rig = request->rig;

    request->is_open = false;
    check(rig, request);
    if (!request->is_probe) {
        SIM_BUG_ON(rig->n_samples == SD_MAX_SAMPLES);
        rig->samples[rig->n_samples++] =
            (struct sd_sample){request->start_ps, sd_now_ps(rig) - request->start_ps,
                               request->dma.status != SIM_DMA_OK};
    }
    offer_outside(rig);
}

static void send(struct sd_rig *rig, uint64_t iova, bool is_probe)
{
    struct sd_request **link = &rig->outside;
    struct sd_request *request = rig->request;

    while (request->is_open) {
        request++;
        SIM_BUG_ON(request == rig->request + SD_MAX_REQUESTS);
    }
    *request = (struct sd_request){
        .dma = {.iova = iova,
                .n_bytes = ENTRY_BYTES,
                .requester = SD_DEVICE,
                .access = SIM_DMA_READ,
                .done = {.fn = answered, .ctx = request}},
        .rig = rig,
        .start_ps = sd_now_ps(rig),
        .moves = rig->moves,
        .is_open = true,
        .is_probe = is_probe,
        .was_settled = rig->is_settled,
    };
    while (*link)
        link = &(*link)->next;
    *link = request;
    offer_outside(rig);
}

static void tick(void *ctx)
{
    struct sd_rig *rig = ctx;

    if (rig->is_stopped)
        return;
    send(rig, SD_WINDOW + sim_rng_below(&rig->rng, SD_N_PAGES) * SD_PAGE, false);
    sim_queue_at(rig->queue, &rig->source, sd_now_ps(rig) + SD_INTERVAL_PS, &rig->tick);
}

void sd_start(struct sd_rig *rig)
{
    rig->is_stopped = false;
    sim_queue_at(rig->queue, &rig->source, sd_now_ps(rig), &rig->tick);
}

uint64_t sd_ask(struct sd_rig *rig, uint64_t iova)
{
    send(rig, iova, false);
    sd_idle(rig);
    return rig->samples[rig->n_samples - 1].took_ps;
}

void sd_probe(struct sd_rig *rig)
{
    send(rig, SD_VICTIM, true);
}
