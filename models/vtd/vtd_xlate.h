/* SPDX-License-Identifier: BSD-2-Clause
 * vtd_xlate.h - what the files of translation call of each other.
 * Knows: everything inside the model. Must not know: anything outside. */
#ifndef VTD_XLATE_H
#define VTD_XLATE_H

#include "models/vtd/vtd_private.h"

#ifdef __cplusplus
extern "C" {
#endif

enum { VTD_PAGE_LOG2 = 12 };

static inline bool vtd_has_fs(const struct vtd_job *job)
{
    const enum vtd_pgtt pgtt = job->config.pasid.pgtt;

    return pgtt == VTD_PGTT_FS || pgtt == VTD_PGTT_NESTED;
}
static inline bool vtd_is_nested(const struct vtd_job *job)
{
    return job->config.pasid.pgtt == VTD_PGTT_NESTED;
}
static inline bool vtd_is_legacy(const struct vtd_job *job)
{
    return job->root.mode != VTD_MODE_SCALABLE;
}
static inline bool vtd_is_tr(const struct vtd_job *job)
{
    return job->request.kind == VTD_REQUEST_TRANSLATION;
}
/** vtd_may_keep - may @job enter what it found into a cache? (rule 1 of vtd_private.h) */
static inline bool vtd_may_keep(const struct vtd_job *job)
{
    return job->epoch == job->vtd->epoch && job->vtd->is_translating &&
           job->vtd->param.cache_mode != HW_CACHE_NEVER;
}
/** vtd_keeps_faults - are faulting results kept? (6.2) */
static inline bool vtd_keeps_faults(const struct vtd *vtd)
{
    return vtd->caps.cm && vtd->param.cm_cache;
}

/** vtd_is_unsnooped - do entries of configuration come past the CPUs' caches? (ECAP.C) */
static inline bool vtd_is_unsnooped(const struct vtd *vtd)
{
    return !vtd->caps.coherent;
}

/* ---- vtd_job.c ---- */

void vtd_job_init(struct vtd *vtd);
/** vtd_job_new - a job of @pool, or NULL if none is free. */
struct vtd_job *vtd_job_new(struct vtd *vtd, struct hw_fifo *pool, struct sim_dma *dma);
/** vtd_job_wake - run the job's next step in @n_cycles. */
void vtd_job_wake(struct vtd_job *job, enum vtd_job_state state, uint64_t n_cycles);
/** vtd_job_land - drains do not wait for it any more. */
void vtd_job_land(struct vtd_job *job);
/** vtd_job_answer - job->status and job->found are what the requester gets. */
void vtd_job_answer(struct vtd_job *job);
/** vtd_job_abort_all - reset: answer everything with an abort. */
void vtd_job_abort_all(struct vtd *vtd);

/* ---- vtd_cfg.c ---- */

/** vtd_cfg_new - Return: 0 or SIM_ENOMEM. */
int vtd_cfg_new(struct vtd *vtd);
/** vtd_cfg_start - find the configuration of @job; goes on in vtd_xlate_configured,
 * vtd_xlate_translated or vtd_xlate_fault. */
void vtd_cfg_start(struct vtd_job *job);
/** vtd_cfg_lookup - the job's event. */
void vtd_cfg_lookup(struct vtd_job *job);
/** vtd_cfg_abandon - reset: nobody wants what @job was fetching. */
void vtd_cfg_abandon(struct vtd_job *job);

/* ---- vtd_xlate.c ---- */

/** vtd_xlate_look - the job's event: is it in the IOTLB? If not, configuration, then a walk. */
void vtd_xlate_look(struct vtd_job *job);
/** vtd_xlate_configured - job->config is known. */
void vtd_xlate_configured(struct vtd_job *job);
/** vtd_xlate_translated - a translated request that its context lets pass. */
void vtd_xlate_translated(struct vtd_job *job);
/** vtd_xlate_found - job->found applies: answer. */
void vtd_xlate_found(struct vtd_job *job);
/** vtd_xlate_fault - it ends with reason @code (5.1). */
void vtd_xlate_fault(struct vtd_job *job, int code);

/* ---- vtd_cache.c, vtd_tlb.c, vtd_psc.c ---- */

/** vtd_caches_new, vtd_caches_free, vtd_caches_clear, vtd_caches_state - of all caches. */
int vtd_caches_new(struct vtd *vtd);
void vtd_caches_free(struct vtd *vtd);
void vtd_caches_clear(struct vtd *vtd);
int vtd_caches_state(struct vtd *vtd, struct sim_snapshot *snapshot);
/** vtd_cache_shake - with cache_mode=random something is looked up: perhaps an entry goes. */
void vtd_cache_shake(struct vtd *vtd);

/** vtd_tlb_key - by what the IOTLB finds @job: source, PASID, privilege. No domain (6.1). */
uint64_t vtd_tlb_key(const struct vtd_job *job);
/** vtd_tlb_find - into job->found. Return: false if there is none. */
bool vtd_tlb_find(struct vtd_job *job);
/** vtd_tlb_fill - keep @entry, which job came to. */
void vtd_tlb_fill(struct vtd_job *job, const struct vtd_translation *entry);
/** vtd_name_of - the name of what @job finds at @address, 2^@size_log2 bytes. */
struct vtd_name vtd_name_of(const struct vtd_job *job, uint64_t address, unsigned size_log2);

/** vtd_psc_find_fs, vtd_psc_find_ss - begin a stage's walk where the caches allow it. @access:
 * VTD_PT_* that the tables must give. Return: how many of them were tried. */
unsigned vtd_psc_find_fs(struct vtd_job *job);
unsigned vtd_psc_find_ss(struct vtd_job *job, unsigned access);
/** vtd_psc_fill_fs, vtd_psc_fill_ss - the step came to another table: keep it. */
void vtd_psc_fill_fs(struct vtd_job *job);
void vtd_psc_fill_ss(struct vtd_job *job);

/* ---- vtd_walk.c: first stage, slots; vtd_ss.c: second stage; vtd_ad.c: A, D, EA ---- */

/** vtd_walk_start - the IOTLB missed. */
void vtd_walk_start(struct vtd_job *job);
/** vtd_replay_end - the job does not wait to be replayed (any more). */
void vtd_replay_end(struct vtd_job *job);
/** vtd_walk_go - the job's event. */
void vtd_walk_go(struct vtd_job *job);
/** vtd_walk_translated - the second stage put the first stage's entry at job->table_pa. */
void vtd_walk_translated(struct vtd_job *job);
/** vtd_walk_combine - the second stage put the page at @pa. */
void vtd_walk_combine(struct vtd_job *job, uint64_t pa, unsigned size_log2, unsigned rights);
/** vtd_walk_updated - the entry has been changed, or was not what it had been (@is_good false). */
void vtd_walk_updated(struct vtd_job *job, bool is_good);
/** vtd_walk_read - read the entry at @pa, of the stage that @structure says, into job->access. */
void vtd_walk_read(struct vtd_job *job, enum sim_structure structure, uint64_t pa,
                   void (*done)(void *ctx));
/** vtd_walk_value - the entry that was read into job->access. */
uint64_t vtd_walk_value(const struct vtd_job *job);
/** vtd_walk_release - give back the walk slot; wakes followers and whoever waits. */
void vtd_walk_release(struct vtd_job *job);

/** vtd_ss_start - find where @gpa is; goes on in vtd_walk_translated, vtd_walk_combine,
 * vtd_xlate_found or vtd_xlate_fault. */
void vtd_ss_start(struct vtd_job *job, uint64_t gpa, enum vtd_ss_why why);
/** vtd_ss_go - the job's event. */
void vtd_ss_go(struct vtd_job *job);
/** vtd_ss_updated - as vtd_walk_updated. */
void vtd_ss_updated(struct vtd_job *job, bool is_good);

/** vtd_ad_fs, vtd_ad_ss - set the bits @set in the entry of the stage that was read last. */
void vtd_ad_fs(struct vtd_job *job, uint64_t set);
void vtd_ad_ss(struct vtd_job *job, uint64_t set);

/* ---- vtd_prefetch.c ---- */

void vtd_prefetch_init(struct vtd *vtd);
void vtd_prefetch_reset(struct vtd *vtd);
/** vtd_prefetch_next - the walk of @job has ended well. */
void vtd_prefetch_next(const struct vtd_job *job);

#ifdef __cplusplus
}
#endif
#endif
