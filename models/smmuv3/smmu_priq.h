/* SPDX-License-Identifier: BSD-2-Clause
 * smmu_priq.h - what the rest of the model asks of page requests (3.9, 8).
 * Knows: jobs. Must not know: who sends page requests. */
#ifndef SMMU_PRIQ_H
#define SMMU_PRIQ_H

#include "sim/iommu.h"

#ifdef __cplusplus
extern "C" {
#endif

struct smmu;
struct smmu_job;
struct smmu_ste;

/** smmu_priq_jobs - how many page requests may be under way. */
uint32_t smmu_priq_jobs(const struct smmu *smmu);
/** smmu_priq_request - a device's page request; of struct sim_iommu_ops. */
void smmu_priq_request(void *model, const struct sim_page_request *request);
/** smmu_priq_made - the job's event: its record has been made. */
void smmu_priq_made(struct smmu_job *job);
/** smmu_priq_looked_up - answer as the STE says; NULL: there is none. The record that the job had
 * is done with. */
void smmu_priq_looked_up(struct smmu_job *job, const struct smmu_ste *ste);
/** smmu_priq_drop_waiting - PRIQEN goes to 0: refuse what is not being written. */
void smmu_priq_drop_waiting(struct smmu *smmu);
/** smmu_priq_respond - CMD_PRI_RESP. */
void smmu_priq_respond(const struct smmu *smmu, const uint64_t *words);
/** smmu_priq_reset - the jobs are ended by the caller. */
void smmu_priq_reset(struct smmu *smmu);

#ifdef __cplusplus
}
#endif
#endif
