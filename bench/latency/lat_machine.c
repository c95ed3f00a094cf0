/* SPDX-License-Identifier: BSD-2-Clause
 * lat_machine.c - binds queue, memory and model together, sends requests and commands.
 * Knows: registers, who is connected to whom. Must not know: tables, what is measured. */
#include "bench/latency/lat_machine.h"

#include "bench/bench.h"
#include "bench/latency/lat_private.h"
#include "models/smmuv3/smmu_layout.h"
#include "sim/diag.h"
#include "sim/record.h"
#include "sim/time.h"

#include <stdlib.h>
#include <string.h>

enum {
    CMDQ_LOG2 = 13, /* 8192 commands */
    COMMAND_BYTES = 16,
    ENTRY_BYTES = 64,
};

#define CMDQ UINT64_C(0x40000)
#define MAX_BACKING_BYTES (UINT64_C(1) << 30)

/* ---- plans ---- */

void lat_plan_init(struct lat_plan *plan, const char *preset)
{
    *plan = (struct lat_plan){.mem_ps = LAT_MEM_PS, .s1_leaf = 3};
    smmu_config_default(&plan->smmu);
    SIM_BUG_ON(sim_param_preset(&smmu_params, preset, &plan->smmu.param));
    if (strcmp(preset, "zero") == 0)
        plan->smmu.param.clock_ps = SIM_PS_PER_NS;
}

bool lat_set(struct lat_plan *plan, const char *name, uint64_t value)
{
    const struct sim_param *param = sim_param_find(&smmu_params, name);

    return param && sim_param_set(param, value, &plan->smmu.param) == 0;
}

bool lat_set_word(struct lat_plan *plan, const char *name, const char *word)
{
    const struct sim_param *param = sim_param_find(&smmu_params, name);
    uint64_t value;

    return param && sim_param_word(param, word, &value) == 0 && lat_set(plan, name, value);
}

uint32_t lat_get(const struct lat_plan *plan, const char *name)
{
    const struct sim_param *param = sim_param_find(&smmu_params, name);

    return param ? sim_param_get(param, &plan->smmu.param) : 0;
}

uint32_t lat_max(const char *name)
{
    const struct sim_param *param = sim_param_find(&smmu_params, name);

    return param ? param->max : 0;
}

/* ---- what the SMMU sees of the world ---- */

/* Entries are read in pieces: the first one counts for all. */
static void on_access(void *ctx, struct sim_access *access)
{
    struct lat_machine *m = ctx;
    const bool is_entry = access->structure == SIM_S_STE || access->structure == SIM_S_CD;

    if (access->op == SIM_ACCESS_READ && access->structure != SIM_S_CMD &&
        (!is_entry || access->pa % ENTRY_BYTES == 0))
        m->n_reads[access->structure]++;
    sim_mem_port_access(m->mem_port, access);
}

/* ---- life ---- */

static void write_reg(struct lat_machine *m, uint64_t offset, uint32_t n_bytes, uint64_t value)
{
    m->smmu.ops->reg_write(m->smmu.model, offset, n_bytes, value);
}

static void boot(struct lat_machine *m)
{
    uint64_t cmdq = CMDQ;
    uint64_t cfg = 0;
    uint64_t cr0 = 0;

    smmu_STRTAB_BASE_CFG_put_LOG2SIZE(&cfg, LAT_SID_BITS);
    if (m->plan.two_level) {
        smmu_STRTAB_BASE_CFG_put_FMT(&cfg, SMMU_STRTAB_BASE_CFG_FMT_TWO);
        smmu_STRTAB_BASE_CFG_put_SPLIT(&cfg, LAT_SPLIT);
    }
    smmu_CMDQ_BASE_put_LOG2SIZE(&cmdq, CMDQ_LOG2);
    smmu_CR0_put_SMMUEN(&cr0, !m->plan.is_off);
    smmu_CR0_put_CMDQEN(&cr0, 1);
    write_reg(m, SMMU_REG_STRTAB_BASE, 8, LAT_STRTAB);
    write_reg(m, SMMU_REG_STRTAB_BASE_CFG, 4, cfg);
    write_reg(m, SMMU_REG_CMDQ_BASE, 8, cmdq);
    write_reg(m, SMMU_REG_CR0, 4, cr0);
    lat_idle(m);
    SIM_BUG_ON(m->smmu.ops->reg_read(m->smmu.model, SMMU_REG_CR0ACK, 4) != cr0);
}

struct lat_machine *lat_new(const struct lat_plan *plan)
{
    static const struct sim_port_ops ops = {
        .access = on_access,
        .irq = bench_no_irq,
        .ats_inv = bench_no_ats_inv,
        .page_response = bench_no_page_response,
    };
    const struct sim_mem_timing timing = {.latency_ps = plan->mem_ps};
    struct lat_machine *m = calloc(1, sizeof(*m));

    SIM_BUG_ON(!m);
    m->plan = *plan;
    m->queue = sim_queue_new();
    m->mem = sim_mem_new(MAX_BACKING_BYTES);
    SIM_BUG_ON(!m->queue || !m->mem);
    m->mem_port = sim_mem_port_new(m->mem, m->queue, &timing, 0, false);
    SIM_BUG_ON(!m->mem_port);
    m->port = (struct sim_port){&ops, m};
    SIM_BUG_ON(smmu_new(&m->plan.smmu, m->queue, &m->port, NULL, &m->smmu));
    lat_make_tables(m);
    boot(m);
    return m;
}

void lat_free(struct lat_machine *m)
{
    lat_idle(m);
    m->smmu.ops->free(m->smmu.model);
    sim_mem_port_free(m->mem_port);
    sim_mem_free(m->mem);
    sim_queue_free(m->queue);
    free(m);
}

uint64_t lat_now_ps(const struct lat_machine *m)
{
    return sim_queue_now_ps(m->queue);
}

void lat_wait(struct lat_machine *m, uint64_t ps)
{
    (void)sim_queue_advance(m->queue, lat_now_ps(m) + ps);
}

void lat_idle(struct lat_machine *m)
{
    (void)sim_queue_advance(m->queue, SIM_TIME_NEVER);
}

uint64_t lat_reads(const struct lat_machine *m)
{
    uint64_t n = 0;

    for (unsigned i = 0; i < LAT_MAX_STRUCTURES; i++)
        n += m->n_reads[i];
    return n;
}

uint64_t lat_reads_of(const struct lat_machine *m, unsigned structure)
{
    return m->n_reads[structure];
}

/* ---- requests ---- */

static bool offer(struct lat_machine *m, struct lat_request *request)
{
    return m->smmu.ops->submit(m->smmu.model, &request->dma);
}

/* What waits outside is offered again, the oldest first; one that is refused holds back nobody:
 * that is for the TBU to decide. */
static void offer_waiting(struct lat_machine *m)
{
    for (unsigned tbu = 0; tbu < LAT_MAX_TBUS; tbu++) {
        struct lat_request **link = &m->outside[tbu];

        while (*link) {
            if (offer(m, *link))
                *link = (*link)->next;
            else
                link = &(*link)->next;
        }
    }
}

static void wait_outside(struct lat_machine *m, struct lat_request *request)
{
    struct lat_request **link = &m->outside[request->dma.tbu];

    while (*link)
        link = &(*link)->next;
    *link = request;
}

static void next_of_load(struct lat_machine *m, struct lat_request *request)
{
    struct lat_load *load = request->load;
    const uint64_t now_ps = lat_now_ps(m);

    load->sum_ps += now_ps - request->start_ps;
    load->end_ps = now_ps;
    load->n_open--;
    if (load->n_left == 0)
        return;
    load->n_left--;
    load->n_open++;
    lat_send(m, (unsigned)(request - m->request), request->dma.tbu,
             load->next(load->ctx, request->dma.tbu));
    request->load = load;
}

static void answered(void *ctx)
{
    struct lat_request *request = ctx;
    struct lat_machine *m = request->machine;
    const uint64_t shift = m->plan.is_off ? 0 : LAT_SHIFT;

    SIM_BUG_ON(request->dma.status != SIM_DMA_OK);
    SIM_BUG_ON(request->dma.pa != request->dma.iova + shift);
    request->end_ps = lat_now_ps(m);
    request->is_open = false;
    offer_waiting(m);
    if (request->load)
        next_of_load(m, request);
}

void lat_send(struct lat_machine *m, unsigned i, unsigned tbu, uint64_t iova)
{
    struct lat_request *request = &m->request[i];

    SIM_BUG_ON(i >= LAT_MAX_REQUESTS || tbu >= LAT_MAX_TBUS || request->is_open);
    *request = (struct lat_request){
        .dma = {.iova = iova,
                .n_bytes = ENTRY_BYTES,
                .requester = LAT_SID,
                .access = SIM_DMA_READ,
                .tbu = (uint8_t)tbu,
                .done = {.fn = answered, .ctx = request}},
        .machine = m,
        .start_ps = lat_now_ps(m),
        .is_open = true,
    };
    if (!offer(m, request))
        wait_outside(m, request);
}

uint64_t lat_took_ps(const struct lat_machine *m, unsigned i)
{
    SIM_BUG_ON(m->request[i].is_open);
    return m->request[i].end_ps - m->request[i].start_ps;
}

uint64_t lat_ask(struct lat_machine *m, unsigned tbu, uint64_t iova)
{
    lat_send(m, 0, tbu, iova);
    lat_idle(m);
    return lat_took_ps(m, 0);
}

void lat_start(struct lat_machine *m, struct lat_load *load)
{
    unsigned n = load->n_in_flight * load->n_tbus;

    SIM_BUG_ON(n > LAT_MAX_REQUESTS);
    if (n > load->n_requests)
        n = (unsigned)load->n_requests;
    load->begin_ps = lat_now_ps(m);
    load->end_ps = load->begin_ps;
    load->sum_ps = 0;
    load->n_left = load->n_requests - n;
    load->n_open = n;
    for (unsigned i = 0; i < n; i++) {
        const unsigned tbu = i % load->n_tbus;

        lat_send(m, i, tbu, load->next(load->ctx, tbu));
        m->request[i].load = load;
    }
}

void lat_stop(struct lat_load *load)
{
    load->n_left = 0;
}

void lat_run(struct lat_machine *m, struct lat_load *load)
{
    lat_start(m, load);
    lat_idle(m);
    SIM_BUG_ON(load->n_open);
}

/* ---- commands ---- */

void lat_command(struct lat_machine *m, const uint64_t *words)
{
    const uint64_t slot = m->prod & ((1u << CMDQ_LOG2) - 1);

    SIM_BUG_ON(sim_mem_write(m->mem, CMDQ + slot * COMMAND_BYTES, words, COMMAND_BYTES));
    m->prod = (m->prod + 1) & ((2u << CMDQ_LOG2) - 1);
}

void lat_put_sync(struct lat_machine *m)
{
    uint64_t words[SMMU_WORDS_CMD_SYNC] = {0};

    smmu_CMD_SYNC_put_op(words, SMMU_CMD_SYNC);
    lat_command(m, words);
}

uint64_t lat_ring(struct lat_machine *m)
{
    const uint64_t start_ps = lat_now_ps(m);

    write_reg(m, SMMU_REG_CMDQ_PROD, 4, m->prod);
    while (m->smmu.ops->reg_read(m->smmu.model, SMMU_REG_CMDQ_CONS, 4) != m->prod)
        SIM_BUG_ON(!sim_queue_run_one(m->queue));
    return lat_now_ps(m) - start_ps;
}

void lat_warm(struct lat_machine *m)
{
    uint64_t words[SMMU_WORDS_PREFETCH_CONFIG] = {0};

    smmu_PREFETCH_CONFIG_put_op(words, SMMU_CMD_PREFETCH_CONFIG);
    smmu_PREFETCH_CONFIG_put_SID(words, LAT_SID);
    lat_command(m, words);
    (void)lat_ring(m);
    lat_idle(m);
}
