/* SPDX-License-Identifier: BSD-2-Clause
 * stub_iommu.c - jobs of the stub: one for the command ring, one per DMA slot.
 * Knows: port, event order, facts. Must not know: any architecture, any kernel around it. */
#include "tests/shim/stub_iommu.h"

#include "sim/diag.h"

#include <stdlib.h>
#include <string.h>

#define ATOM_BYTES 4u
#define PAGE_LOG2 12u
#define STRUCTURE 0u

struct stub;

enum cmd_state {
    CMD_IDLE,
    CMD_FETCH,   /* the access is with the port */
    CMD_EXECUTE, /* the event is scheduled */
    CMD_WRITE,   /* the access is with the port */
};

enum dma_state {
    DMA_FREE,
    DMA_START, /* arbitration: the event is scheduled */
    DMA_ATOM0, /* the access is with the port */
    DMA_ATOM1,
    DMA_ANSWER, /* the event is scheduled */
};

/* is_dropped: a reset came while the port had the access; what it brings is nobody's. */
struct stub_dma {
    struct stub *stub;
    enum dma_state state;
    bool is_dropped;
    struct sim_dma *dma;
    uint64_t entry;
    struct sim_access access;
    struct sim_event event;
};

struct stub {
    struct stub_config config;
    struct sim_source source;
    uint64_t ctrl, cmd_base, table_base;
    uint32_t head, tail;

    enum cmd_state cmd_state;
    bool cmd_is_dropped;
    uint64_t cmd[2];
    struct sim_access access;
    struct sim_event event;

    struct stub_dma slots[STUB_MAX_SLOTS];
};

static void emit(const struct stub *stub, enum sim_fact_kind kind, uint64_t a0, uint64_t a1,
                 uint64_t a2, uint64_t a3)
{
    const struct sim_fact fact = {.time_ps = sim_queue_now_ps(stub->config.queue),
                                  .kind = kind,
                                  .iommu = stub->config.number,
                                  .arg = {a0, a1, a2, a3}};

    sim_tap_emit(stub->config.tap, &fact);
}

static void after(struct stub *stub, uint64_t n_cycles, struct sim_event *event)
{
    struct sim_queue *queue = stub->config.queue;

    sim_queue_at(queue, &stub->source, sim_queue_now_ps(queue) + n_cycles * stub->config.period_ps,
                 event);
}

/* ---- commands ---- */

static void cmd_start(struct stub *stub)
{
    if (stub->cmd_state != CMD_IDLE || !(stub->ctrl & 1) || stub->head == stub->tail)
        return;
    stub->cmd_state = CMD_FETCH;
    stub->access.op = SIM_ACCESS_READ;
    stub->access.pa = stub->cmd_base + (uint64_t)stub->head * STUB_CMD_BYTES;
    stub->access.n_bytes = STUB_CMD_BYTES;
    sim_port_access(stub->config.port, &stub->access);
}

static void cmd_finish(struct stub *stub)
{
    emit(stub, SIM_FACT_CMD_COMPLETED, stub->cmd[0] & 0xff, stub->cmd[0], stub->cmd[1], 0);
    stub->head = (stub->head + 1) % STUB_CMD_ENTRIES;
    stub->cmd_state = CMD_IDLE;
    cmd_start(stub);
}

static void cmd_executed(struct stub *stub)
{
    const uint64_t value = stub->cmd[0] >> 32;

    if ((stub->cmd[0] & 0xff) != STUB_OP_SYNC) {
        cmd_finish(stub);
        return;
    }
    stub->cmd_state = CMD_WRITE;
    stub->access.op = SIM_ACCESS_WRITE;
    stub->access.pa = stub->cmd[1];
    stub->access.n_bytes = sizeof(value);
    memcpy(stub->access.data, &value, sizeof(value));
    sim_port_access(stub->config.port, &stub->access);
}

static void cmd_event(void *ctx)
{
    cmd_executed(ctx);
}

static void cmd_access_done(void *ctx)
{
    struct stub *stub = ctx;
    const struct sim_port *port = stub->config.port;
    uint64_t cycles = stub->config.exec_cycles;

    if (stub->cmd_is_dropped) {
        stub->cmd_is_dropped = false;
        stub->cmd_state = CMD_IDLE;
        cmd_start(stub);
        return;
    }
    if (stub->cmd_state == CMD_WRITE) {
        emit(stub, SIM_FACT_SYNC_VISIBLE, 0, stub->head, 0, 0);
        port->ops->irq(port->ctx, SIM_IRQ_CMD_SYNC, true);
        cmd_finish(stub);
        return;
    }
    memset(stub->cmd, 0, sizeof(stub->cmd));
    if (stub->access.status == SIM_ACCESS_OK)
        memcpy(stub->cmd, stub->access.data, sizeof(stub->cmd));
    emit(stub, SIM_FACT_CMD_FETCHED, stub->access.pa, stub->cmd[0], stub->cmd[1], 0);
    emit(stub, SIM_FACT_CMD_EXECUTED, stub->cmd[0] & 0xff, stub->cmd[0], stub->cmd[1], 0);
    if ((stub->cmd[0] & 0xff) == STUB_OP_WAIT)
        cycles += stub->cmd[1];
    stub->cmd_state = CMD_EXECUTE;
    after(stub, cycles, &stub->event);
}

/* ---- DMA ---- */

static void dma_answer(struct stub_dma *job)
{
    struct sim_dma *dma = job->dma;

    dma->status = job->entry & STUB_ENTRY_VALID ? SIM_DMA_OK : SIM_DMA_ABORT;
    dma->pa = 0;
    dma->page_log2 = PAGE_LOG2;
    dma->granted = 0;
    if (dma->status == SIM_DMA_OK) {
        dma->pa = job->entry >> PAGE_LOG2 << PAGE_LOG2 | (dma->iova & ((1u << PAGE_LOG2) - 1));
        dma->granted = SIM_DMA_READ | SIM_DMA_WRITE;
    }
    emit(job->stub, SIM_FACT_DMA_ANSWERED, dma->requester, SIM_NO_PASID, dma->iova, dma->pa);
    job->state = DMA_FREE;
    after(job->stub, 0, &dma->done);
}

static void dma_read_atom(struct stub_dma *job, uint32_t atom)
{
    struct stub *stub = job->stub;
    const uint64_t index = (job->dma->iova >> PAGE_LOG2) % STUB_TABLE_ENTRIES;

    job->access.op = SIM_ACCESS_READ;
    job->access.pa = stub->table_base + index * sizeof(job->entry) + (uint64_t)atom * ATOM_BYTES;
    job->access.n_bytes = ATOM_BYTES;
    sim_port_access(stub->config.port, &job->access);
}

static void dma_event(void *ctx)
{
    struct stub_dma *job = ctx;

    if (job->state == DMA_ANSWER || !(job->stub->ctrl & 1)) {
        dma_answer(job);
        return;
    }
    job->state = DMA_ATOM0;
    dma_read_atom(job, 0);
}

static void dma_access_done(void *ctx)
{
    struct stub_dma *job = ctx;
    uint32_t atom = 0;

    if (job->is_dropped) {
        job->is_dropped = false;
        job->state = DMA_FREE;
        return;
    }
    if (job->access.status == SIM_ACCESS_OK)
        memcpy(&atom, job->access.data, sizeof(atom));
    emit(job->stub, SIM_FACT_ATOM_FETCHED, STRUCTURE, job->access.pa, atom, 0);
    if (job->state == DMA_ATOM0) {
        job->entry = atom;
        job->state = DMA_ATOM1;
        dma_read_atom(job, 1);
        return;
    }
    job->entry |= (uint64_t)atom << 32;
    job->state = DMA_ANSWER;
    after(job->stub, 1, &job->event);
}

static bool stub_submit(void *model, struct sim_dma *dma)
{
    struct stub *stub = model;

    for (uint32_t i = 0; i < stub->config.n_slots; i++) {
        struct stub_dma *job = &stub->slots[i];

        if (job->state != DMA_FREE)
            continue;
        job->dma = dma;
        job->entry = 0;
        job->state = DMA_START;
        dma->status = SIM_DMA_PENDING;
        emit(stub, SIM_FACT_DMA_ISSUED, dma->requester, SIM_NO_PASID, dma->iova, dma->access);
        after(stub, 1, &job->event);
        return true;
    }
    return false;
}

/* ---- registers and the rest ---- */

static uint64_t stub_reg_read(void *model, uint64_t offset, uint32_t n_bytes)
{
    const struct stub *stub = model;

    (void)n_bytes;
    switch (offset) {
    case STUB_CTRL:
        return stub->ctrl;
    case STUB_CMD_BASE:
        return stub->cmd_base;
    case STUB_CMD_TAIL:
        return stub->tail;
    case STUB_CMD_HEAD:
        return stub->head;
    case STUB_TABLE_BASE:
        return stub->table_base;
    default:
        return 0;
    }
}

static void stub_reg_write(void *model, uint64_t offset, uint32_t n_bytes, uint64_t value)
{
    struct stub *stub = model;

    emit(stub, SIM_FACT_REG_WRITTEN, offset, n_bytes, value, 0);
    switch (offset) {
    case STUB_CTRL:
        stub->ctrl = value & 1;
        break;
    case STUB_CMD_BASE:
        stub->cmd_base = value & ~(uint64_t)(STUB_CMD_BYTES - 1);
        break;
    case STUB_CMD_TAIL:
        stub->tail = (uint32_t)value % STUB_CMD_ENTRIES;
        break;
    case STUB_TABLE_BASE:
        stub->table_base = value & ~(uint64_t)((1u << PAGE_LOG2) - 1);
        break;
    default:
        break;
    }
    cmd_start(stub);
}

/* Registers go to 0, the command is dropped, every DMA in flight is answered with an abort. */
static void stub_reset(void *model)
{
    struct stub *stub = model;

    stub->ctrl = stub->cmd_base = stub->table_base = 0;
    stub->head = stub->tail = 0;
    if (stub->cmd_state == CMD_EXECUTE) {
        sim_queue_cancel(stub->config.queue, &stub->event);
        stub->cmd_state = CMD_IDLE;
    }
    stub->cmd_is_dropped = stub->cmd_state != CMD_IDLE;
    for (uint32_t i = 0; i < stub->config.n_slots; i++) {
        struct stub_dma *job = &stub->slots[i];
        const bool is_with_port = job->state == DMA_ATOM0 || job->state == DMA_ATOM1;

        if (job->state == DMA_FREE || job->is_dropped)
            continue;
        sim_queue_cancel(stub->config.queue, &job->event);
        job->entry = 0;
        dma_answer(job);
        if (is_with_port) {
            job->is_dropped = true;
            job->state = DMA_ATOM0;
        }
    }
}

static void stub_ats_complete(void *model, uint32_t itag)
{
    (void)model;
    (void)itag;
}

static void stub_page_request(void *model, const struct sim_page_request *request)
{
    (void)model;
    (void)request;
}

static uint64_t stub_next_event_ps(void *model)
{
    const struct stub *stub = model;

    return sim_queue_next_ps(stub->config.queue);
}

static void stub_advance(void *model, uint64_t until_ps)
{
    const struct stub *stub = model;

    (void)sim_queue_advance(stub->config.queue, until_ps);
}

static const struct sim_iommu_ops stub_ops = {
    .reg_read = stub_reg_read,
    .reg_write = stub_reg_write,
    .submit = stub_submit,
    .ats_complete = stub_ats_complete,
    .page_request = stub_page_request,
    .reset = stub_reset,
    .next_event_ps = stub_next_event_ps,
    .advance = stub_advance,
    .free = free,
};

struct sim_iommu stub_iommu_new(const struct stub_config *config)
{
    struct stub *stub = calloc(1, sizeof(*stub));

    SIM_BUG_ON(!config->n_slots || config->n_slots > STUB_MAX_SLOTS);
    if (!stub)
        return (struct sim_iommu){NULL, NULL};
    stub->config = *config;
    stub->source = (struct sim_source){.rank = SIM_RANK_IOMMU, .port = config->number};
    stub->event.fn = cmd_event;
    stub->event.ctx = stub;
    stub->access.done.fn = cmd_access_done;
    stub->access.done.ctx = stub;
    for (uint32_t i = 0; i < config->n_slots; i++) {
        struct stub_dma *job = &stub->slots[i];

        job->stub = stub;
        job->event.fn = dma_event;
        job->event.ctx = job;
        job->access.done.fn = dma_access_done;
        job->access.done.ctx = job;
    }
    return (struct sim_iommu){&stub_ops, stub};
}
