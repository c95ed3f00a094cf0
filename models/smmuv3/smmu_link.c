/* SPDX-License-Identifier: BSD-2-Clause
 * smmu_link.c - what takes a few things per cycle.
 * Knows: cycles. Must not know: what begins in them. */
#include "models/smmuv3/smmu_link.h"

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
