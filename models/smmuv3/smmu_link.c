/* SPDX-License-Identifier: BSD-2-Clause
 * smmu_link.c - what requests stand in line for: links, pipelines, the request port.
 * Knows: cycles. Must not know: what is asked for. */
#include "models/smmuv3/smmu_private.h"

enum {
    BEAT_BYTES = 16,
};

uint64_t smmu_pipe_begin(struct smmu_pipe *pipe, uint64_t now_ps, uint32_t n, uint32_t per_cycle,
                         uint64_t cycle_ps)
{
    if (!per_cycle)
        return now_ps;
    if (pipe->at_ps < now_ps)
        *pipe = (struct smmu_pipe){.at_ps = now_ps};
    for (uint32_t i = 0; i < n; i++) {
        if (pipe->n_begun == per_cycle) {
            pipe->at_ps += cycle_ps;
            pipe->n_begun = 0;
        }
        pipe->n_begun++;
    }
    return pipe->at_ps;
}

uint64_t smmu_link_cross(const struct smmu *smmu, struct smmu_link *link)
{
    const struct smmu_param *param = &smmu->param;
    const uint64_t now_ps = smmu_now(smmu);
    const uint64_t start_ps = link->free_ps > now_ps ? link->free_ps : now_ps;

    link->free_ps = start_ps + (uint64_t)param->link_interval * param->clock_ps;
    return start_ps + (uint64_t)param->link_cycles * param->clock_ps;
}

/* ---- the TCU's request port ---- */

uint64_t smmu_port_take(struct smmu *smmu, uint32_t n_beats)
{
    const uint64_t now_ps = smmu_now(smmu);

    if (smmu->port_free_ps < now_ps)
        smmu->port_free_ps = now_ps;
    smmu->port_free_ps += (uint64_t)n_beats * smmu->param.port_cycles * smmu->param.clock_ps;
    return smmu->port_free_ps;
}

/* What a reset finds waiting never goes out. */
static void leave(void *ctx)
{
    struct sim_access *access = ctx;
    struct smmu *smmu = access->port;

    if (access->status == smmu->n_resets) {
        sim_port_access(&smmu->port, access);
        return;
    }
    access->status = SIM_ACCESS_ABORT;
    access->done.fn(access->done.ctx);
}

void smmu_port_leave(struct smmu *smmu, struct sim_access *access, uint64_t at_ps)
{
    if (at_ps == smmu_now(smmu)) {
        sim_port_access(&smmu->port, access);
        return;
    }
    /* All of these are ours until the access is in flight. */
    access->port = smmu;
    access->status = smmu->n_resets;
    smmu_event_init(&access->event, leave, access);
    sim_queue_at(smmu->queue, &smmu->source, at_ps, &access->event);
}

void smmu_port_access(struct smmu *smmu, struct sim_access *access)
{
    const bool is_read = access->op == SIM_ACCESS_READ;

    if (!smmu->param.port_cycles) {
        sim_port_access(&smmu->port, access);
        return;
    }
    smmu_port_leave(
        smmu, access,
        smmu_port_take(smmu, is_read ? 1 : (access->n_bytes + BEAT_BYTES - 1) / BEAT_BYTES));
}
