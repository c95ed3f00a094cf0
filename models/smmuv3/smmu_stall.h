/* SPDX-License-Identifier: BSD-2-Clause
 * smmu_stall.h - what the rest of the model asks of stalled transactions (3.12.2).
 * Knows: jobs. Must not know: why one failed. */
#ifndef SMMU_STALL_H
#define SMMU_STALL_H

#include <stdbool.h>
#include <stdint.h>

#ifdef __cplusplus
extern "C" {
#endif

struct smmu;
struct smmu_job;

/** smmu_stall_slots - how many may be stalled at once (IDR5.STALL_MAX, and what the pool has). */
uint32_t smmu_stall_slots(const struct smmu *smmu);
/** smmu_stall_begin - @job has failed and waits for software; its record is made but for STAG and
 * Stall. Without a free STAG it waits for one, and tries again then. */
void smmu_stall_begin(struct smmu_job *job);
/** smmu_stall_recorded - software can see the record: RESUME finds the job from now on. */
void smmu_stall_recorded(struct smmu_job *job);
/** smmu_stall_retry - try again as a new transaction. */
void smmu_stall_retry(struct smmu_job *job);
/** smmu_stall_release - @job is over: its STAG goes to whoever waits. */
void smmu_stall_release(struct smmu_job *job);
/** smmu_stall_resume, smmu_stall_term - the commands (4.7.1, 4.7.2). */
void smmu_stall_resume(struct smmu *smmu, const uint64_t *words);
void smmu_stall_term(struct smmu *smmu, const uint64_t *words);
/** smmu_stall_end_all - SMMUEN goes to 0: all end in an abort (R11). */
void smmu_stall_end_all(struct smmu *smmu);
/** smmu_stall_reset - forget who is stalled; the jobs are ended by the caller. */
void smmu_stall_reset(struct smmu *smmu);

#ifdef __cplusplus
}
#endif
#endif
