/* SPDX-License-Identifier: BSD-2-Clause
 * smmu_httu.c - hardware updates of the access flag and of the dirty state in a leaf (3.13).
 * Knows: descriptors, atomic updates in memory. Must not know: when an update is wanted
 * (smmu_pt.c, smmu_pt_s2.c say so), what the translation is for.
 *
 * The descriptor in memory is changed only if it still is what the walk read. If not, software or
 * another unit was quicker, and the descriptor is read again. */
#include "models/smmuv3/smmu_private.h"

enum {
    DESCRIPTOR_BYTES = 8,
};

/* Each bit of AP[2:1] has a meaning of its own, and so has each of S2AP. */
enum {
    S1_READ_ONLY = SMMU_S1_PAGE_AP_PRIV_RO,
    S2_WRITE = SMMU_S2_PAGE_S2AP_W,
};

static void put_descriptor(uint8_t *bytes, uint64_t value, bool is_big_endian)
{
    for (unsigned i = 0; i < DESCRIPTOR_BYTES; i++) {
        const unsigned place = is_big_endian ? DESCRIPTOR_BYTES - 1 - i : i;

        bytes[i] = (uint8_t)(value >> (8 * place));
    }
}

/* The leaf as it is after the update. */
static uint64_t updated(const struct smmu_job *job)
{
    uint64_t value = job->httu_old;

    if (job->httu_stage == SMMU_STAGE_1) {
        smmu_S1_PAGE_put_AF(&value, 1);
        if (job->httu_dirty)
            smmu_S1_PAGE_put_AP(&value, smmu_S1_PAGE_AP(&value) & ~(uint64_t)S1_READ_ONLY);
    } else {
        smmu_S2_PAGE_put_AF(&value, 1);
        if (job->httu_dirty)
            smmu_S2_PAGE_put_S2AP(&value, smmu_S2_PAGE_S2AP(&value) | S2_WRITE);
    }
    return value;
}

static void written(void *ctx)
{
    struct smmu_job *job = ctx;
    const bool is_s1 = job->httu_stage == SMMU_STAGE_1;
    const bool is_big_endian = is_s1 ? job->cd.is_big_endian : job->ste.s2.is_big_endian;
    const uint64_t before = smmu_descriptor_of(job, is_big_endian);
    struct smmu *smmu = job->smmu;

    job->is_reading = false;
    if (job->is_zombie) {
        smmu_job_free(job);
        return;
    }
    if (job->access.status == SIM_ACCESS_OK && before == job->httu_old)
        smmu_fact(smmu, SIM_FACT_PTE_UPDATED, is_s1 ? SIM_S_PTE_S1 : SIM_S_PTE_S2, job->access.pa,
                  (const uint64_t[3]){before, updated(job)});
    if (is_s1)
        smmu_walk_updated(job, job->access.status == SIM_ACCESS_OK, before == job->httu_old);
    else
        smmu_s2_updated(job, job->access.status == SIM_ACCESS_OK, before == job->httu_old);
}

void smmu_httu_write(struct smmu_job *job, uint64_t pa)
{
    const bool is_s1 = job->httu_stage == SMMU_STAGE_1;
    const bool is_big_endian = is_s1 ? job->cd.is_big_endian : job->ste.s2.is_big_endian;

    job->access = (struct sim_access){
        .pa = pa,
        .n_bytes = DESCRIPTOR_BYTES,
        .op = SIM_ACCESS_CAS,
        .structure = is_s1 ? SIM_S_PTE_S1 : SIM_S_PTE_S2,
        .done = {written, job},
    };
    put_descriptor(job->access.compare, job->httu_old, is_big_endian);
    put_descriptor(job->access.data, updated(job), is_big_endian);
    job->is_reading = true;
    smmu_port_access(job->smmu, &job->access);
}

void smmu_httu_start(struct smmu_job *job, enum smmu_stage stage, uint64_t descriptor,
                     bool is_dirty)
{
    job->httu_stage = (uint8_t)stage;
    job->httu_old = descriptor;
    job->httu_dirty = is_dirty;
}
