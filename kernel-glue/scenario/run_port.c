/* SPDX-License-Identifier: BSD-2-Clause
 * run_port.c - the world as a reference driver sees it: its acts take effect on the machine and
 * are kept, its memory is the machine's.
 * Knows: records, blocks of pages. Must not know: why a driver acts. */
#include "kernel-glue/scenario/run_private.h"

#include "models/smmuv3/smmu_layout.h"
#include "models/vtd/vtd_layout.h"
#include "sim/time.h"

#include <errno.h>
#include <stdlib.h>

#define PAGE_BYTES UINT64_C(4096)
#define FREED_WORD UINT64_C(0xa5a5a5a5a5a5a5a4) /* no valid entry of any table */
#define TIMEOUT_NS 1000u                        /* a wait that fails because it is told to */

/* ---- records ---- */

uint64_t run_now_ps(const struct run *run)
{
    return rpl_free_ps(run->rpl);
}

static bool keep(struct run *run, const struct sim_record *rec)
{
    if (run->n_kept == run->kept_room) {
        const size_t room = run->kept_room ? run->kept_room * 2 : 4096;
        struct sim_record *kept = realloc(run->kept, room * sizeof(*kept));

        if (!kept)
            return false;
        run->kept = kept;
        run->kept_room = room;
    }
    run->kept[run->n_kept] = *rec;
    run->kept[run->n_kept++].time_ns = run->rpl ? run_now_ps(run) / SIM_PS_PER_NS : 0;
    run->stats.n_records++;
    return true;
}

static bool fails(struct run *run, enum run_fail what)
{
    if (run->fail != what || !run->fail_in || --run->fail_in)
        return false;
    run->fail = RUN_FAIL_NOTHING;
    return true;
}

/* The wait's record says that the driver gave up, so a replay does the same. */
static int wait_for(struct run *run, struct sim_record *rec)
{
    const uint64_t n_before = rpl_get_stats(run->rpl)->n_wait_timeouts;
    const uint64_t start_ps = run_now_ps(run);
    const bool is_told = fails(run, RUN_FAIL_STEP);

    run->stats.n_waits++;
    run->stats.n_steps++;
    if (is_told) {
        rec->wait.ret = -ETIMEDOUT;
        rec->wait.took_ns = TIMEOUT_NS;
    }
    run->stats.error = rpl_do(run->rpl, rec);
    if (rpl_get_stats(run->rpl)->n_wait_timeouts != n_before)
        rec->wait.ret = -ETIMEDOUT;
    if (rec->wait.ret)
        run->stats.n_timeouts++;
    if (!is_told)
        rec->wait.took_ns = (uint32_t)((run_now_ps(run) - start_ps) / SIM_PS_PER_NS);
    return rec->wait.ret;
}

/* Bits flip on the way to memory. The second half of a wide descriptor has no type. */
static void spoil(struct run *run, struct sim_record *rec)
{
    uint64_t *word = &rec->store.value;

    if (run->fail != RUN_FAIL_COMMAND || rec->store.pa % 16)
        return;
    if (rec->store.structure == SIM_S_CMD && smmu_UNKNOWN_CMD_op(word) != SMMU_CMD_SYNC &&
        fails(run, RUN_FAIL_COMMAND))
        smmu_UNKNOWN_CMD_put_op(word, UINT8_MAX);
    else if (rec->store.structure == SIM_S_QI && vtd_qi_type(word) &&
             vtd_qi_type(word) != VTD_QI_WAIT && fails(run, RUN_FAIL_COMMAND))
        vtd_UNKNOWN_put_TYPE(word, UINT8_MAX);
}

int run_act(struct run *run, struct sim_record *rec)
{
    int err = 0;

    if (run->is_over)
        return 0;
    if (run->stats.error)
        return -EIO;
    run_aimed(run);
    rec->cpu = run->cpu;
    if (rec->kind == SIM_R_STORE)
        spoil(run, rec);
    if (rec->kind == SIM_R_WAIT)
        err = wait_for(run, rec);
    else
        run->stats.error = rpl_do(run->rpl, rec);
    if (!run->stats.error && !keep(run, rec))
        run->stats.error = SIM_ENOMEM;
    return run->stats.error ? -EIO : err;
}

static int port_record(void *ctx, const struct sim_record *rec)
{
    struct sim_record copy = *rec;

    return run_act(ctx, &copy);
}

static uint64_t port_read(void *ctx, uint64_t offset, uint32_t n_bytes)
{
    struct run *run = ctx;
    struct sim_record rec;

    sim_record_init(&rec, SIM_R_MMIO_READ);
    rec.mmio_read.offset = offset;
    rec.mmio_read.width = (uint8_t)n_bytes;
    (void)run_act(run, &rec);
    return rec.mmio_read.value;
}

static uint64_t port_load(void *ctx, uint64_t pa)
{
    return sim_mem_read64(((struct run *)ctx)->mem, pa);
}

/* ---- memory ---- */

static struct run_block *block_at(const struct run_memory *memory, uint64_t pa)
{
    uint32_t low = 0;
    uint32_t high = memory->n_blocks;

    while (low < high) {
        const uint32_t middle = low + (high - low) / 2;

        if (memory->blocks[middle].pa < pa)
            low = middle + 1;
        else
            high = middle;
    }
    return low < memory->n_blocks && memory->blocks[low].pa == pa ? &memory->blocks[low] : NULL;
}

/* Aligned to its own size; what is skipped for that is lost, which is little. */
static struct run_block *new_block(struct run_memory *memory, uint32_t order)
{
    const uint64_t n_bytes = PAGE_BYTES << order;
    const uint64_t at = (memory->brk + n_bytes - 1) & ~(n_bytes - 1);

    if (at + n_bytes > RUN_TABLES_BYTES)
        return NULL;
    if (memory->n_blocks == memory->room) {
        const uint32_t room = memory->room ? memory->room * 2 : 256;
        struct run_block *blocks = realloc(memory->blocks, room * sizeof(*blocks));

        if (!blocks)
            return NULL;
        memory->blocks = blocks;
        memory->room = room;
    }
    memory->brk = at + n_bytes;
    memory->blocks[memory->n_blocks] = (struct run_block){RUN_TABLES_PA + at, order, 0, 0, false};
    return &memory->blocks[memory->n_blocks++];
}

static struct run_block *take_block(struct run_memory *memory, uint64_t n_bytes)
{
    struct run_block *block;
    uint32_t order = 0;

    while (order < RUN_ORDERS && PAGE_BYTES << order < n_bytes)
        order++;
    if (order == RUN_ORDERS)
        return NULL;
    if (!memory->free_blocks[order])
        return new_block(memory, order);
    block = &memory->blocks[memory->free_blocks[order] - 1];
    memory->free_blocks[order] = block->next;
    return block;
}

/* What a kernel's trace calls memory that is handed out: a queue, pages for tables. */
static uint8_t memory_kind(uint8_t structure)
{
    switch (structure) {
    case SIM_S_CMD:
    case SIM_S_QI:
    case SIM_S_EVT:
    case SIM_S_PRI:
    case SIM_S_PRQ:
        return SIM_S_QUEUE;
    case SIM_S_PTE:
    case SIM_S_PTE_VTD:
    case SIM_S_PTE_S1:
    case SIM_S_PTE_S2:
        return SIM_S_PAGES;
    default:
        return structure;
    }
}

bool run_may_alloc(void *ctx)
{
    struct run *run = ctx;

    run->stats.n_allocs++;
    return !fails(run, RUN_FAIL_ALLOC);
}

static int port_alloc(void *ctx, uint64_t n_bytes, uint8_t structure, uint64_t *pa)
{
    struct run *run = ctx;
    struct run_block *block;
    struct sim_record rec;

    if (!run_may_alloc(run) || fails(run, RUN_FAIL_TABLE))
        return -ENOMEM;
    block = take_block(&run->memory, n_bytes);
    if (!block)
        return -ENOMEM;
    block->is_live = true;
    block->structure = memory_kind(structure);
    run->memory.n_live_bytes += PAGE_BYTES << block->order;
    run->stats.n_live_bytes = run->memory.n_live_bytes;
    *pa = block->pa;
    sim_record_init(&rec, SIM_R_MEMORY);
    rec.memory.pa = block->pa;
    rec.memory.size = (n_bytes + 7) & ~UINT64_C(7);
    rec.memory.structure = block->structure;
    return run_act(run, &rec);
}

/* Hardware that still reads there must not find what it found before. */
static void port_free(void *ctx, uint64_t pa, uint64_t n_bytes)
{
    struct run *run = ctx;
    struct run_block *block = block_at(&run->memory, pa);
    struct sim_record rec;

    SIM_BUG_ON(!block || !block->is_live);
    sim_record_init(&rec, SIM_R_FREE);
    rec.memfree.pa = pa;
    rec.memfree.size = (n_bytes + 7) & ~UINT64_C(7);
    rec.memfree.structure = block->structure;
    (void)run_act(run, &rec);
    sim_record_init(&rec, SIM_R_MEMORY);
    rec.memory.pa = pa;
    rec.memory.size = (n_bytes + 7) & ~UINT64_C(7);
    rec.memory.fill = FREED_WORD;
    rec.memory.structure = SIM_S_OTHER;
    (void)run_act(run, &rec);
    block->is_live = false;
    block->next = run->memory.free_blocks[block->order];
    run->memory.free_blocks[block->order] = (uint32_t)(block - run->memory.blocks) + 1;
    run->memory.n_live_bytes -= PAGE_BYTES << block->order;
    run->stats.n_live_bytes = run->memory.n_live_bytes;
}

void run_port_init(struct run *run)
{
    run->port = (struct drv_port){.ctx = run,
                                  .record = port_record,
                                  .alloc = port_alloc,
                                  .free = port_free,
                                  .load = port_load,
                                  .read = port_read};
}

void run_port_free(struct run *run)
{
    free(run->memory.blocks);
    free(run->kept);
}

void run_fail(struct run *run, enum run_fail what, uint64_t n)
{
    run->fail = what;
    run->fail_in = n;
    run->stats.n_steps = 0;
    run->stats.n_allocs = 0;
}
