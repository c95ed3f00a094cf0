/* SPDX-License-Identifier: BSD-2-Clause
 * rpl_beside.c - software that is there itself: each act takes effect before the next one is known.
 * Knows: the loop of a replay, costs. Must not know: who the software is.
 *
 * Time passes as in a replay of the same records, to the picosecond: an act starts when the one
 * before is done, and a wait looks when a WAIT record would. */
#include "kernel-glue/replay/rpl_private.h"

#include "sim/diag.h"
#include "sim/time.h"

static void arrived(void *ctx)
{
    ((struct rpl *)ctx)->beside.has_arrived = true;
}

void rpl_beside(struct rpl *rpl, void (*irq)(void *ctx, uint16_t iommu, enum sim_irq source),
                void *ctx)
{
    SIM_BUG_ON(rpl->n_put || rpl->probes.snapshot);
    rpl->beside.is_on = true;
    rpl->beside.irq = irq;
    rpl->beside.ctx = ctx;
    rpl->beside.arrival.fn = arrived;
    rpl->beside.arrival.ctx = rpl;
}

uint64_t rpl_free_ps(const struct rpl *rpl)
{
    const uint64_t now_ps = rpl_now(rpl);

    return rpl->live.free_ps > now_ps ? rpl->live.free_ps : now_ps;
}

uint64_t rpl_reg_read(const struct rpl *rpl, uint32_t unit, uint64_t offset, uint32_t n_bytes)
{
    const struct sim_iommu *model = &rpl->machine->units[unit].model;

    return model->ops->reg_read(model->model, offset, n_bytes);
}

bool rpl_step(struct rpl *rpl)
{
    return sim_queue_run_one(rpl->machine->queue);
}

int rpl_do(struct rpl *rpl, struct sim_record *rec)
{
    int err = rpl_put(rpl, rec);

    if (!err) {
        rpl_run_records(rpl, 0);
        err = rpl->error;
    }
    if (!err && rec->kind == SIM_R_MMIO_READ) {
        const uint32_t unit = rpl_unit_index(rpl, rec->mmio_read.iommu);

        SIM_BUG_ON(unit == RPL_NO_UNIT);
        rec->mmio_read.value = rpl_reg_read(rpl, unit, rec->mmio_read.offset, rec->mmio_read.width);
    }
    return err;
}

/* Events of software come first at an instant, so that a look does not see what happens with it. */
static void run_to(struct rpl *rpl, uint64_t due_ps)
{
    struct sim_queue *queue = rpl->machine->queue;

    rpl->beside.has_arrived = false;
    sim_queue_at(queue, &rpl->live.software_source, due_ps, &rpl->beside.arrival);
    while (!rpl->beside.has_arrived)
        SIM_BUG_ON(!sim_queue_run_one(queue));
}

bool rpl_look(struct rpl *rpl, uint64_t n_before, bool is_memory)
{
    struct sim_queue *queue = rpl->machine->queue;
    const uint64_t cost_ps = rpl_exec_look_cost(rpl, is_memory) + (n_before ? rpl->cost.poll : 0);

    if (cost_ps || !n_before) {
        run_to(rpl, rpl_free_ps(rpl) + cost_ps);
    } else { /* when something else has happened, and after all of that instant */
        if (sim_queue_next_ps(queue) == SIM_TIME_NEVER)
            return false;
        (void)sim_queue_advance(queue, sim_queue_next_ps(queue));
    }
    rpl->live.free_ps = rpl_now(rpl);
    return true;
}

int rpl_looked(struct rpl *rpl, const struct sim_record *rec, uint64_t start_ps)
{
    struct rpl_live *live = &rpl->live;

    live->start_ps = start_ps;
    live->due_ps = rpl_now(rpl);
    live->gave_up = false;
    rpl_exec_advance_seq(rpl);
    rpl_exec_tell(rpl, rec, live->due_ps);
    return rpl->error;
}
