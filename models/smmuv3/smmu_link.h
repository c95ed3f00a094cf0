/* SPDX-License-Identifier: BSD-2-Clause
 * smmu_link.h - links and pipelines, on which only so much begins in one cycle (smmu_link.c).
 * Knows: cycles. Must not know: what begins in them. For the model's own files. */
#ifndef SMMU_LINK_H
#define SMMU_LINK_H

#include <stdint.h>

#ifdef __cplusplus
extern "C" {
#endif

struct smmu;

/** struct smmu_link - one direction of a link between a TBU and the TCU. */
struct smmu_link {
    uint64_t free_ps; /* when the next message may start */
};

/** smmu_link_cross - a message starts as soon as it may. Return: when it arrives, in ps. */
uint64_t smmu_link_cross(const struct smmu *smmu, struct smmu_link *link);

/** struct smmu_pipe - a pipeline: so many things begin in one cycle, later ones in later cycles. */
struct smmu_pipe {
    uint64_t at_ps;   /* the last cycle in which something began, */
    uint32_t n_begun; /* and how much */
};

/**
 * smmu_pipe_begin - the first cycle from @now_ps on that has room for it.
 * @n: how many begin, one after the other. @per_cycle: 0 = no limit.
 * Return: when the last of them begins, in ps. Calls must come in the order of @now_ps.
 */
uint64_t smmu_pipe_begin(struct smmu_pipe *pipe, uint64_t now_ps, uint32_t n, uint32_t per_cycle,
                         uint64_t cycle_ps);

#ifdef __cplusplus
}
#endif
#endif
