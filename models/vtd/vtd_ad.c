/* SPDX-License-Identifier: BSD-2-Clause
 * vtd_ad.c - hardware sets accessed, extended-accessed and dirty bits in entries of both stages
 * (3.6.2, 3.7.2, 3.8.1).
 * Knows: entries, atomic updates in memory, what forbids one. Must not know: when an update is
 * wanted (vtd_pt.c says so).
 *
 * The entry in memory is changed only if it still is what the walk read. If not, software or
 * another unit was quicker, and the entry is read again. */
#include "models/vtd/vtd_xlate.h"

enum { ENTRY_BYTES = 8 };

static void swap(struct vtd_job *job, enum sim_structure structure, uint64_t pa, uint64_t old,
                 void (*done)(void *ctx))
{
    const uint64_t value = old | job->update;

    job->access = (struct sim_access){
        .pa = pa,
        .n_bytes = ENTRY_BYTES,
        .op = SIM_ACCESS_CAS,
        .structure = (uint8_t)structure,
        .done = {done, job},
    };
    hw_bytes_put(job->access.compare, &old, ENTRY_BYTES);
    hw_bytes_put(job->access.data, &value, ENTRY_BYTES);
    job->is_reading = true;
    sim_port_access(&job->vtd->port, &job->access);
}

/* Return: is there anything to go on with? @old: what had been read; @fault: if memory refuses. */
static bool swapped(struct vtd_job *job, uint64_t old, int fault)
{
    job->is_reading = false;
    if (job->is_zombie) {
        vtd_job_free(job);
        return false;
    }
    if (job->access.status != SIM_ACCESS_OK) {
        vtd_xlate_fault(job, fault);
        return false;
    }
    if (vtd_walk_value(job) == old)
        vtd_fact(job->vtd, SIM_FACT_PTE_UPDATED, job->access.structure, job->access.pa,
                 (const uint64_t[3]){old, old | job->update});
    return true;
}

static void fs_done(void *ctx)
{
    struct vtd_job *job = ctx;

    if (swapped(job, job->fs_entry, VTD_F_91h))
        vtd_walk_updated(job, vtd_walk_value(job) == job->fs_entry);
}

static void ss_done(void *ctx)
{
    struct vtd_job *job = ctx;

    if (swapped(job, job->ss_entry, VTD_F_7Dh))
        vtd_ss_updated(job, vtd_walk_value(job) == job->ss_entry);
}

/* Nobody changes memory for a prefetch. Nested: the second stage must let the entry be written. */
void vtd_ad_fs(struct vtd_job *job, uint64_t set)
{
    job->update = set;
    if (job->is_prefetch)
        vtd_job_free(job);
    else if (!job->config.pasid.fs.is_snooped)
        vtd_xlate_fault(job, VTD_F_90h);
    else if (vtd_is_nested(job) && !(job->table_rights & VTD_PT_W))
        vtd_xlate_fault(job, VTD_F_77h);
    else
        swap(job, SIM_S_PTE_S1, job->table_pa, job->fs_entry, fs_done);
}

void vtd_ad_ss(struct vtd_job *job, uint64_t set)
{
    job->update = set;
    if (job->is_prefetch)
        vtd_job_free(job);
    else if (!job->config.pasid.ss.is_snooped)
        vtd_xlate_fault(job, VTD_F_7Ch);
    else
        swap(job, SIM_S_PTE_S2, job->ss_step.descriptor, job->ss_entry, ss_done);
}
