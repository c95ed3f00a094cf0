/* SPDX-License-Identifier: BSD-2-Clause
 * smmu_ats.h - ATS inside the model: state of ATC invalidations, what smmu_ats.c is asked for.
 * Knows: shapes. Must not know: how a translation works. */
#ifndef SMMU_ATS_H
#define SMMU_ATS_H

#include "sim/event.h"

#include <stdbool.h>
#include <stdint.h>

#ifdef __cplusplus
extern "C" {
#endif

struct smmu;
struct smmu_job;

enum {
    SMMU_MAX_ATC_SLOTS = 64,
};

/* One CMD_ATC_INV on its way to an endpoint. @generation: answers to older ones do not count. */
struct smmu_atc_inv {
    struct smmu *smmu;
    struct sim_event timeout;
    uint64_t words[2];
    uint32_t generation;
    bool is_busy;
};

struct smmu_atc {
    struct smmu_atc_inv slot[SMMU_MAX_ATC_SLOTS];
    uint32_t n_busy;
    bool has_timed_out; /* since the last CMD_SYNC that told of it */
};

/** smmu_ats_refuse_disabled - SMMUEN=0: what R32 says. */
void smmu_ats_refuse_disabled(struct smmu_job *job);
/** smmu_ats_ends_at_ste - the STE of @job is known and good: does that decide it? It has been ended
 * then. */
bool smmu_ats_ends_at_ste(struct smmu_job *job);
/** smmu_ats_answer_nothing - success with no right granted. */
void smmu_ats_answer_nothing(struct smmu_job *job);
/** smmu_ats_granted - rights that a translation request gets of job->found: SMMU_PT_* bits. */
uint8_t smmu_ats_granted(const struct smmu_job *job);
/** smmu_ats_found - answer a translation request with job->found. */
void smmu_ats_found(struct smmu_job *job);
/** smmu_ats_is_recorded - is the configuration error @number recorded for this kind of request? */
bool smmu_ats_is_recorded(const struct smmu_job *job, int number);
/** smmu_ats_is_split - a translation request that is answered with what stage 1 gives. */
bool smmu_ats_is_split(const struct smmu_job *job);
/** smmu_atc_inv_send - CMD_ATC_INV. Return: false if no slot is free. */
bool smmu_atc_inv_send(struct smmu *smmu, const uint64_t *words);
/** smmu_ats_complete - an endpoint's answer; of struct sim_iommu_ops. */
void smmu_ats_complete(void *model, uint32_t itag);
void smmu_ats_init(struct smmu *smmu);
void smmu_ats_reset(struct smmu *smmu);

#ifdef __cplusplus
}
#endif
#endif
