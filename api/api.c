/* SPDX-License-Identifier: BSD-2-Clause
 * api.c - a simulation: queue, memory and unit bound together; what the unit tells; time.
 * Knows: who is connected to whom. Must not know: what any bit means. */
#include "api/api_private.h"

#include "sim/diag.h"
#include "sim/time.h"

#include <stdlib.h>

/* ---- what the unit tells ---- */

static void on_irq(void *ctx, enum sim_irq source, bool level)
{
    struct iommusim *sim = ctx;

    if (!sim->world.irq)
        return;
    sim->n_inside++;
    sim->world.irq(sim->world.ctx, (enum iommusim_irq)source, level);
    sim->n_inside--;
}

static uint32_t pasid_of(bool has_pasid, uint32_t pasid)
{
    return has_pasid ? pasid : IOMMUSIM_NO_PASID;
}

static void on_ats_inv(void *ctx, const struct sim_ats_inv *inv)
{
    struct iommusim *sim = ctx;
    const struct iommusim_ats_inv theirs = {
        .address = inv->address,
        .n_bytes = inv->n_bytes,
        .requester = inv->requester,
        .pasid = pasid_of(inv->has_pasid, inv->pasid),
        .itag = inv->itag,
        .is_global = inv->is_global,
        .is_whole = inv->is_whole,
    };

    if (!sim->world.ats_inv)
        return;
    sim->n_inside++;
    sim->world.ats_inv(sim->world.ctx, &theirs);
    sim->n_inside--;
}

static void on_page_response(void *ctx, const struct sim_page_response *response)
{
    struct iommusim *sim = ctx;
    const struct iommusim_page_response theirs = {
        .requester = response->requester,
        .pasid = pasid_of(response->has_pasid, response->pasid),
        .group = response->group,
        .code = response->code,
    };

    if (!sim->world.page_response)
        return;
    sim->n_inside++;
    sim->world.page_response(sim->world.ctx, &theirs);
    sim->n_inside--;
}

static void on_fact(void *ctx, const struct sim_fact *fact)
{
    struct iommusim *sim = ctx;
    const struct sim_fact_info *info = &sim_fact_infos[fact->kind];
    struct iommusim_fact theirs = {.time_ps = fact->time_ps, .name = info->json};

    while (theirs.n_args < IOMMUSIM_FACT_ARGS && info->arg[theirs.n_args][0] != '-') {
        theirs.arg_name[theirs.n_args] = info->arg[theirs.n_args];
        theirs.arg[theirs.n_args] = fact->arg[theirs.n_args];
        theirs.n_args++;
    }
    sim->n_inside++;
    sim->world.fact(sim->world.ctx, &theirs);
    sim->n_inside--;
}

static const struct sim_port_ops port_ops = {
    .access = api_memory_access,
    .irq = on_irq,
    .ats_inv = on_ats_inv,
    .page_response = on_page_response,
};

/* ---- life ---- */

static int make(struct iommusim *sim, const struct iommusim_config *config)
{
    const struct smmu_config smmu = api_smmu(config);
    const struct vtd_config vtd = api_vtd(config);

    sim->port = (struct sim_port){&port_ops, sim};
    if (sim->world.fact)
        sim->tap = (struct sim_tap){(UINT64_C(1) << SIM_N_FACTS) - 1, on_fact, sim};
    if (config->arch == IOMMUSIM_VTD)
        return vtd_new(&vtd, sim->queue, &sim->port, &sim->tap, &sim->iommu);
    return smmu_new(&smmu, sim->queue, &sim->port, &sim->tap, &sim->iommu);
}

int iommusim_new(const struct iommusim_config *config, const struct iommusim_world *world,
                 struct iommusim **out)
{
    struct iommusim *sim;
    int error = IOMMUSIM_ENOMEM;

    *out = NULL;
    if (world && (!world->read != !world->write || (world->swap && !world->read)))
        return IOMMUSIM_EINVAL;
    sim = calloc(1, sizeof(*sim));
    if (!sim)
        return IOMMUSIM_ENOMEM;
    sim->arch = config->arch;
    if (world)
        sim->world = *world;
    sim->doorbell = config->doorbell;
    sim->doorbell_bytes = config->doorbell_bytes;
    for (uint32_t i = 0; i < IOMMUSIM_MAX_IN_FLIGHT; i++) {
        sim->requests[i].sim = sim;
        sim->requests[i].next = sim->free_requests;
        sim->free_requests = &sim->requests[i];
    }
    sim->queue = sim_queue_new();
    if (sim->queue)
        error = api_memory_init(sim, config);
    if (!error)
        error = make(sim, config);
    if (error) {
        iommusim_free(sim);
        return error;
    }
    *out = sim;
    return 0;
}

void iommusim_free(struct iommusim *sim)
{
    if (!sim)
        return;
    SIM_BUG_ON(sim->is_running || sim->n_inside);
    api_record_drop(sim);
    if (sim->iommu.ops)
        sim->iommu.ops->free(sim->iommu.model);
    api_memory_end(sim);
    sim_queue_free(sim->queue);
    free(sim);
}

int iommusim_reset(struct iommusim *sim)
{
    if (sim->is_running || api_is_busy(sim))
        return IOMMUSIM_EBUSY;
    sim->iommu.ops->reset(sim->iommu.model);
    return 0;
}

/* ---- time ---- */

uint64_t iommusim_now_ps(const struct iommusim *sim)
{
    return sim_queue_now_ps(sim->queue);
}

uint64_t iommusim_next_ps(struct iommusim *sim)
{
    return sim_queue_next_ps(sim->queue);
}

static void run_until(struct iommusim *sim, uint64_t until_ps)
{
    sim->is_running = true;
    (void)sim_queue_advance(sim->queue, until_ps);
    sim->is_running = false;
}

bool api_step(struct iommusim *sim, uint64_t until_ps)
{
    const uint64_t next_ps = sim_queue_next_ps(sim->queue);

    if (next_ps == SIM_TIME_NEVER || next_ps > until_ps)
        return false;
    run_until(sim, next_ps);
    return true;
}

int iommusim_advance(struct iommusim *sim, uint64_t duration_ps)
{
    const uint64_t now_ps = sim_queue_now_ps(sim->queue);

    if (sim->is_running || api_is_busy(sim))
        return IOMMUSIM_EBUSY;
    if (duration_ps >= SIM_TIME_NEVER - now_ps)
        return IOMMUSIM_ERANGE;
    run_until(sim, now_ps + duration_ps);
    return 0;
}

int iommusim_run(struct iommusim *sim)
{
    if (sim->is_running || api_is_busy(sim))
        return IOMMUSIM_EBUSY;
    run_until(sim, SIM_TIME_NEVER);
    return 0;
}
