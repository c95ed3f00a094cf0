/* SPDX-License-Identifier: BSD-2-Clause
 * bench_xlate.c - host speed of the SMMUv3 model: translations and events per second.
 *
 *   bench_xlate [PRESET [PAGES [MEMORY_NS [PARAMETER=NUMBER...]]]]
 *
 * One stream, 4 KiB pages behind a four-level table, random pages, 16 requests in flight. Without
 * arguments: footprints of 8 to 1 million pages with the default preset and with "zero". */
#include "bench/bench.h"
#include "models/smmuv3/smmu.h"
#include "models/smmuv3/smmu_layout.h"
#include "sim/diag.h"
#include "sim/mem.h"
#include "sim/time.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

enum {
    SID = 0x20,
    IN_FLIGHT = 16,
    STRTAB = 0x10000,
    CD = 0x20000,
    TABLES = 0x100000, /* level 0 first, the others after it */
    PAGE = 4096,
    ENTRIES = 512,
};

#define IOVA UINT64_C(0x100000000)
#define DATA UINT64_C(0x8000000000)

struct request {
    struct sim_dma dma;
    struct bench *bench;
};

struct bench {
    struct sim_queue *queue;
    struct sim_mem *mem;
    struct sim_mem_port *mem_port;
    struct sim_iommu smmu;
    struct request request[IN_FLIGHT];
    uint64_t page_mask;
    uint64_t random;
    uint64_t n_left;
    uint64_t n_wrong;
};

static uint64_t host_ns(void)
{
    struct timespec now;

    (void)clock_gettime(CLOCK_MONOTONIC, &now);
    return (uint64_t)now.tv_sec * 1000000000U + (uint64_t)now.tv_nsec;
}

static void next_request(struct request *request)
{
    struct bench *bench = request->bench;

    bench->random ^= bench->random << 13;
    bench->random ^= bench->random >> 7;
    bench->random ^= bench->random << 17;
    request->dma.iova = IOVA + ((bench->random >> 20) & bench->page_mask) * PAGE;
    SIM_BUG_ON(!bench->smmu.ops->submit(bench->smmu.model, &request->dma));
}

static void answered(void *ctx)
{
    struct request *request = ctx;
    struct bench *bench = request->bench;

    bench->n_wrong +=
        request->dma.status != SIM_DMA_OK || request->dma.pa != request->dma.iova - IOVA + DATA;
    if (bench->n_left == 0)
        return;
    bench->n_left--;
    next_request(request);
}

/* A table for @n_pages pages from IOVA on; tables follow each other in memory. */
static int make_tables(struct sim_mem *mem, uint64_t n_pages)
{
    const unsigned shift[] = {39, 30, 21, 12};
    uint64_t next = TABLES + PAGE;
    int err = 0;

    for (uint64_t i = 0; i < n_pages && !err; i++) {
        const uint64_t iova = IOVA + i * PAGE;
        uint64_t table = TABLES;

        for (unsigned level = 0; level < 4 && !err; level++) {
            const uint64_t pa = table + (iova >> shift[level] & (ENTRIES - 1)) * 8;
            uint64_t entry = sim_mem_read64(mem, pa);

            if (level == 3) /* page: AF, nG, ISH, RW for all */
                entry = (DATA + i * PAGE) | 0xf43;
            else if (!entry) {
                entry = next | 3;
                next += PAGE;
            }
            err = sim_mem_write64(mem, pa, entry);
            table = entry & ~UINT64_C(0xfff);
        }
    }
    return err;
}

/* STE and CD of the stream: stage 1, one CD, 4 KiB, 48 bits. */
static int make_stream(struct sim_mem *mem)
{
    uint64_t ste[8] = {0};
    uint64_t cd[8] = {0};
    int err;

    smmu_STE_put_V(ste, 1);
    smmu_STE_put_Config(ste, SMMU_STE_Config_S1);
    ste[0] |= CD;
    smmu_CD_put_T0SZ(cd, 16);
    smmu_CD_put_EPD1(cd, 1);
    smmu_CD_put_V(cd, 1);
    smmu_CD_put_IPS(cd, SMMU_IDR5_OAS_B48);
    smmu_CD_put_AA64(cd, 1);
    smmu_CD_put_R(cd, 1);
    smmu_CD_put_A(cd, 1);
    smmu_CD_put_ASID(cd, 1);
    cd[1] |= TABLES;
    err = sim_mem_write(mem, STRTAB + SID * sizeof(ste), ste, sizeof(ste));
    return err ? err : sim_mem_write(mem, CD, cd, sizeof(cd));
}

static void enable(struct bench *bench)
{
    const struct sim_iommu *smmu = &bench->smmu;

    smmu->ops->reg_write(smmu->model, SMMU_REG_STRTAB_BASE, 8, STRTAB);
    smmu->ops->reg_write(smmu->model, SMMU_REG_STRTAB_BASE_CFG, 4, 6);
    smmu->ops->reg_write(smmu->model, SMMU_REG_CR0, 4, 1);
    (void)sim_queue_advance(bench->queue, SIM_TIME_NEVER);
}

/** struct what - a machine to measure. @settings: "name=number", until NULL. */
struct what {
    const char *preset;
    uint64_t n_pages, mem_ns;
    char *const *settings;
};

static int set_parameters(char *const *settings, struct smmu_param *param)
{
    for (; settings && *settings; settings++) {
        const char *value = strchr(*settings, '=');
        const struct sim_param *found = NULL;
        char name[64];

        if (value && (size_t)(value - *settings) < sizeof(name)) {
            memcpy(name, *settings, (size_t)(value - *settings));
            name[value - *settings] = '\0';
            found = sim_param_find(&smmu_params, name);
        }
        if (!found || sim_param_set(found, strtoull(value + 1, NULL, 0), param)) {
            (void)fprintf(stderr, "bench_xlate: %s is no setting\n", *settings);
            return SIM_EINVAL;
        }
    }
    return 0;
}

static int make_machine(struct bench *bench, const struct what *what)
{
    const struct sim_mem_timing timing = {.latency_ps = what->mem_ns * SIM_PS_PER_NS};
    static const struct sim_port_ops ops = {.access = sim_mem_port_access, .irq = bench_no_irq};
    struct smmu_config config;
    struct sim_port port;
    int err;

    bench->queue = sim_queue_new();
    bench->mem = sim_mem_new(UINT64_C(1) << 30);
    if (!bench->queue || !bench->mem)
        return SIM_ENOMEM;
    bench->mem_port = sim_mem_port_new(bench->mem, bench->queue, &timing, 0, false);
    if (!bench->mem_port)
        return SIM_ENOMEM;
    err = make_tables(bench->mem, what->n_pages);
    if (!err)
        err = make_stream(bench->mem);
    smmu_config_default(&config);
    if (!err)
        err = sim_param_preset(&smmu_params, what->preset, &config.param);
    if (!err)
        err = set_parameters(what->settings, &config.param);
    port = (struct sim_port){&ops, bench->mem_port};
    if (!err)
        err = smmu_new(&config, bench->queue, &port, NULL, &bench->smmu);
    return err;
}

static void free_machine(struct bench *bench)
{
    if (bench->smmu.ops)
        bench->smmu.ops->free(bench->smmu.model);
    sim_mem_port_free(bench->mem_port);
    sim_mem_free(bench->mem);
    sim_queue_free(bench->queue);
}

static uint64_t run(struct bench *bench, uint64_t n_requests)
{
    uint64_t n_events;

    bench->n_left = n_requests;
    for (unsigned i = 0; i < IN_FLIGHT; i++) {
        bench->n_left--;
        next_request(&bench->request[i]);
    }
    n_events = sim_queue_advance(bench->queue, SIM_TIME_NEVER);
    return n_events;
}

static void start_requests(struct bench *bench)
{
    for (unsigned i = 0; i < IN_FLIGHT; i++) {
        struct request *request = &bench->request[i];

        request->bench = bench;
        request->dma = (struct sim_dma){
            .n_bytes = 64,
            .requester = SID,
            .access = SIM_DMA_READ,
            .done = {.fn = answered, .ctx = request},
        };
    }
}

static int measure(const struct what *what, uint64_t n_requests)
{
    struct bench bench = {.page_mask = what->n_pages - 1, .random = 88172645463325252U};
    const struct smmu_stats *stats;
    struct smmu_stats before;
    uint64_t start_ns, took_ns, n_events;
    double n = (double)n_requests;
    int err = make_machine(&bench, what);

    if (!err) {
        enable(&bench);
        start_requests(&bench);
        (void)run(&bench, n_requests / 4 + IN_FLIGHT); /* warm */
        stats = smmu_get_stats(bench.smmu.model);
        before = *stats;
        start_ns = host_ns();
        n_events = run(&bench, n_requests);
        took_ns = host_ns() - start_ns;
        printf("%-8s %8" PRIu64 " pages  %6.2f M/s  %6.1f ns  %5.2f events each  %6.1f M events/s  "
               "uTLB %5.1f %%  TLB %5.1f %%  %4.2f reads/walk\n",
               what->preset, what->n_pages, 1e3 * n / (double)took_ns, (double)took_ns / n,
               (double)n_events / n, 1e3 * (double)n_events / (double)took_ns,
               100.0 * (double)(stats->n_utlb_hits - before.n_utlb_hits) / n,
               100.0 * (double)(stats->n_tlb_hits - before.n_tlb_hits) / n,
               (double)(stats->n_walk_reads - before.n_walk_reads) /
                   (double)(stats->n_walks - before.n_walks ? stats->n_walks - before.n_walks : 1));
        if (bench.n_wrong)
            (void)fprintf(stderr, "bench_xlate: %" PRIu64 " wrong answers\n", bench.n_wrong);
        err = bench.n_wrong != 0;
    }
    free_machine(&bench);
    return err;
}

int main(int argc, char **argv)
{
    static const uint64_t pages[] = {8, 32, 256, 1024, 4096, 65536, 1048576};
    const char *const presets[] = {"mmu600", "zero"};
    int err = 0;

    if (argc > 1) {
        const struct what what = {argv[1], argc > 2 ? strtoull(argv[2], NULL, 0) : 8,
                                  argc > 3 ? strtoull(argv[3], NULL, 0) : 150,
                                  argc > 4 ? argv + 4 : NULL};

        return measure(&what, 1000000) != 0;
    }
    for (size_t p = 0; p < sizeof(presets) / sizeof(presets[0]) && !err; p++) {
        for (size_t i = 0; i < sizeof(pages) / sizeof(pages[0]) && !err; i++) {
            const struct what what = {presets[p], pages[i], p == 0 ? 150 : 0, NULL};

            err = measure(&what, 4000000);
        }
    }
    return err != 0;
}
