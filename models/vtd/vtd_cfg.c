/* SPDX-License-Identifier: BSD-2-Clause
 * vtd_cfg.c - finds root, context, PASID directory and PASID entry of a request: caches, then
 * memory, piece by piece (3.4, 9).
 * Knows: fetch slots, configuration caches. Must not know: what the fields mean
 * (vtd_cfg_decode.h), what happens to the request afterwards. */
#include "models/vtd/vtd_xlate.h"

#include <string.h>

/* What a job has found so far. */
enum {
    HAS_NOTHING,
    HAS_ROOT, /* entry_pa is that of the context entry */
    HAS_CTX,  /* in ctx, and pasid */
    HAS_DIR,  /* entry_pa is that of the PASID entry */
};

enum {
    KEY_LEGACY_SHIFT = 40, /* context entries of the two modes are kept apart */
    KEY_PASID_SHIFT = 16,
};

/* Values of atom_order. */
static const enum hw_fetch_order orders[] = {HW_FETCH_UP, HW_FETCH_DOWN, HW_FETCH_FIRST_LAST,
                                             HW_FETCH_RANDOM};

static void look_up(struct vtd_job *job);

void vtd_cfg_start(struct vtd_job *job)
{
    job->cfg_step = HAS_NOTHING;
    vtd_job_wake(job, VTD_JOB_CFG, job->vtd->param.cfg_cycles);
}

/* ---- fetches ---- */

static void ask_piece(struct hw_fetch *fetch, struct sim_access *access)
{
    const struct vtd *vtd = fetch->fetcher->owner;

    sim_port_access(&vtd->port, access);
}

static void took_piece(const struct hw_fetch *fetch, const struct sim_access *access,
                       const uint64_t *words)
{
    vtd_fact(fetch->fetcher->owner, SIM_FACT_ATOM_FETCHED, fetch->structure, access->pa,
             (const uint64_t[3]){words[0], words[1], access->n_bytes});
}

static void slot_is_free(void *job)
{
    look_up(job);
}

static void start_fetch(struct vtd_job *job, enum sim_structure structure, uint64_t pa,
                        uint32_t n_bytes)
{
    struct vtd *vtd = job->vtd;
    const struct vtd_param *param = &vtd->param;
    struct hw_fetch_what what = {
        .pa = pa,
        .n_bytes = n_bytes,
        .piece_bytes = n_bytes < param->atom_bytes ? n_bytes : param->atom_bytes,
        .structure = (uint8_t)structure,
        .is_unsnooped = vtd_is_unsnooped(vtd),
        .gap_ps = (uint64_t)param->atom_cycles * param->clock_ps,
    };

    if (!hw_fetch_may(&vtd->fetcher, &job->link))
        return;
    hw_fetch_arrange(orders[param->atom_order], n_bytes / what.piece_bytes, &vtd->rng, what.order);
    vtd->stats.n_cfg_reads++;
    job->fetch = hw_fetch_start(&vtd->fetcher, job, &what);
}

/* ---- what is kept ---- */

static struct hw_tlb_tag ctx_tag(const struct vtd_job *job)
{
    const uint64_t legacy = (uint64_t)vtd_is_legacy(job) << KEY_LEGACY_SHIFT;

    return (struct hw_tlb_tag){HW_TLB_VALID | legacy | job->request.source_id, UINT64_MAX, 0, 0};
}

static struct hw_tlb_tag pasid_tag(const struct vtd_job *job)
{
    const uint64_t pasid = (uint64_t)job->pasid << KEY_PASID_SHIFT;

    return (struct hw_tlb_tag){HW_TLB_VALID | pasid | job->request.source_id, UINT64_MAX, 0, 0};
}

static uint32_t find(struct hw_tlb *tlb, const struct hw_tlb_tag *tag)
{
    const uint32_t index = hw_tlb_find(tlb, hw_tlb_set(tlb, tag->key), tag->key, 0);

    if (index != HW_TLB_NONE)
        hw_tlb_hit(tlb, index);
    return index;
}

/* Place for an entry, or HW_TLB_NONE if it may not be kept: an invalidation came between, or it is
 * none and such are not kept (6.2). */
static uint32_t keep(const struct vtd_job *job, struct hw_tlb *tlb, const struct hw_tlb_tag *tag,
                     enum sim_structure structure, bool is_good)
{
    const struct vtd *vtd = job->vtd;
    uint32_t index;
    bool had_victim;

    if (!vtd_may_keep(job) || (!is_good && !vtd_keeps_faults(vtd)))
        return HW_TLB_NONE;
    index = hw_tlb_put(tlb, hw_tlb_set(tlb, tag->key), tag, &had_victim);
    if (index != HW_TLB_NONE)
        vtd_fact(vtd, SIM_FACT_ENTRY_CACHED, structure, job->request.source_id,
                 (const uint64_t[3]){structure == SIM_S_PASID ? job->pasid : SIM_NO_PASID,
                                     job->fetch->pa, is_good});
    return index;
}

/* Return: false if the context entry ends the look-up. */
static bool use_ctx(struct vtd_job *job, const struct vtd_ctx_view *view);
static void use_pasid(struct vtd_job *job, const struct vtd_pasid_view *view);

/* A context entry, or why there is none: perhaps kept, then used. */
static void took_ctx(struct vtd_job *job, const struct vtd_ctx_view *view)
{
    struct vtd_caches *cache = &job->vtd->cache;
    const struct hw_tlb_tag tag = ctx_tag(job);
    const uint32_t index = keep(job, &cache->ctx, &tag, SIM_S_CTX, view->fault == 0);

    if (index != HW_TLB_NONE)
        cache->ctx_data[index] = *view;
    job->fetch = NULL;
    if (use_ctx(job, view))
        look_up(job);
}

static void took_pasid(struct vtd_job *job, const struct vtd_pasid_view *view)
{
    struct vtd_caches *cache = &job->vtd->cache;
    const struct hw_tlb_tag tag = pasid_tag(job);
    const uint32_t index = keep(job, &cache->pasid, &tag, SIM_S_PASID, view->fault == 0);

    if (index != HW_TLB_NONE)
        cache->pasid_data[index] = *view;
    job->fetch = NULL;
    use_pasid(job, view);
}

/* ---- what was read ---- */

static void read_root(struct vtd_job *job, const uint64_t *words)
{
    struct vtd_ctx_view view;

    memset(&view, 0, sizeof(view));
    view.is_scalable = !vtd_is_legacy(job);
    view.fault =
        vtd_root_decode(words, &job->root, job->request.source_id, &job->vtd->caps, &job->entry_pa);
    if (view.fault) {
        took_ctx(job, &view);
        return;
    }
    job->fetch = NULL;
    job->cfg_step = HAS_ROOT;
    look_up(job);
}

static void read_ctx(struct vtd_job *job, const uint64_t *words)
{
    struct vtd_ctx_view view;

    memset(&view, 0, sizeof(view));
    view.is_scalable = !vtd_is_legacy(job);
    if (view.is_scalable)
        view.fault = vtd_ctx_decode(words, &job->vtd->caps, &view.ctx);
    else
        view.fault = vtd_ctx_legacy_decode(words, &job->vtd->caps, &view.legacy);
    took_ctx(job, &view);
}

static void read_dir(struct vtd_job *job, const uint64_t *words)
{
    struct vtd_pasid_view view;

    memset(&view, 0, sizeof(view));
    view.fault =
        vtd_pasid_dir_decode(words[0], job->pasid, &job->vtd->caps, &view.fpd, &job->entry_pa);
    if (view.fault) {
        took_pasid(job, &view);
        return;
    }
    job->fpd = view.fpd;
    job->fetch = NULL;
    job->cfg_step = HAS_DIR;
    look_up(job);
}

static void read_pasid(struct vtd_job *job, const uint64_t *words)
{
    struct vtd_pasid_view view;

    memset(&view, 0, sizeof(view));
    view.fault = vtd_pasid_decode(words, &job->vtd->caps, &view.pasid);
    view.fpd = view.pasid.fpd;
    view.did = view.pasid.did;
    took_pasid(job, &view);
}

/* 5.1: none of these is qualified, and none is kept. */
static int access_error(const struct vtd_job *job, uint8_t structure)
{
    const bool is_legacy = vtd_is_legacy(job);

    if (structure == SIM_S_ROOT)
        return is_legacy ? VTD_F_08h : VTD_F_38h;
    if (structure == SIM_S_CTX)
        return is_legacy ? VTD_F_09h : VTD_F_40h;
    return structure == SIM_S_PASID_DIR ? VTD_F_50h : VTD_F_58h;
}

static void fetched(struct hw_fetch *fetch)
{
    struct vtd_job *job = fetch->job;

    if (fetch->has_abort) {
        job->fetch = NULL;
        vtd_xlate_fault(job, access_error(job, fetch->structure));
    } else if (fetch->structure == SIM_S_ROOT) {
        read_root(job, fetch->words);
    } else if (fetch->structure == SIM_S_CTX) {
        read_ctx(job, fetch->words);
    } else if (fetch->structure == SIM_S_PASID_DIR) {
        read_dir(job, fetch->words);
    } else {
        read_pasid(job, fetch->words);
    }
}

void vtd_cfg_abandon(struct vtd_job *job)
{
    struct hw_fetch *fetch = job->fetch;

    job->fetch = NULL;
    if (fetch)
        hw_fetch_abandon(fetch);
}

/* ---- the way through the tables ---- */

static void take_legacy(struct vtd_job *job, const struct vtd_ctx_legacy *ctx)
{
    memset(&job->config, 0, sizeof(job->config));
    job->config.fpd = ctx->fpd;
    job->config.did = ctx->did;
    job->config.pasid.pgtt = ctx->is_pass ? VTD_PGTT_PT : VTD_PGTT_SS;
    job->config.pasid.did = ctx->did;
    job->config.pasid.ss = ctx->ss;
}

static void use_legacy(struct vtd_job *job, const struct vtd_ctx_legacy *ctx)
{
    const int fault = vtd_ctx_legacy_refuses(ctx, &job->request);

    if (fault) {
        vtd_xlate_fault(job, fault);
    } else if (job->request.kind == VTD_REQUEST_TRANSLATED) {
        vtd_xlate_translated(job);
    } else {
        take_legacy(job, ctx);
        vtd_xlate_configured(job);
    }
}

static bool use_ctx(struct vtd_job *job, const struct vtd_ctx_view *view)
{
    int fault = view->fault;

    job->fpd = view->is_scalable ? view->ctx.fpd : view->legacy.fpd;
    if (!fault && !view->is_scalable) {
        use_legacy(job, &view->legacy);
        return false;
    }
    if (!fault)
        fault = vtd_ctx_refuses(&view->ctx, &job->vtd->caps, &job->request, &job->pasid);
    if (fault) {
        vtd_xlate_fault(job, fault);
        return false;
    }
    if (job->request.kind == VTD_REQUEST_TRANSLATED) {
        vtd_xlate_translated(job);
        return false;
    }
    job->ctx = view->ctx;
    if (!job->request.has_pasid && view->ctx.rid_priv)
        job->access_bits |= VTD_PT_SUPERVISOR;
    job->cfg_step = HAS_CTX;
    return true;
}

static void use_pasid(struct vtd_job *job, const struct vtd_pasid_view *view)
{
    job->fpd = view->fpd;
    if (view->fault) {
        vtd_xlate_fault(job, view->fault);
        return;
    }
    job->config = *view;
    vtd_xlate_configured(job);
}

/* Return: does the look-up go on now? */
static bool look_up_ctx(struct vtd_job *job)
{
    struct vtd_caches *cache = &job->vtd->cache;
    const struct hw_tlb_tag tag = ctx_tag(job);
    const uint32_t index = find(&cache->ctx, &tag);

    if (index != HW_TLB_NONE)
        return use_ctx(job, &cache->ctx_data[index]);
    if (job->cfg_step == HAS_ROOT)
        start_fetch(job, SIM_S_CTX, job->entry_pa,
                    vtd_is_legacy(job) ? VTD_CTX_LEGACY_BYTES : VTD_CTX_BYTES);
    else
        start_fetch(job, SIM_S_ROOT, vtd_root_address(&job->root, job->request.source_id),
                    VTD_ROOT_BYTES);
    return false;
}

static void look_up_pasid(struct vtd_job *job)
{
    struct vtd_caches *cache = &job->vtd->cache;
    const struct hw_tlb_tag tag = pasid_tag(job);
    const uint32_t index = find(&cache->pasid, &tag);

    if (index != HW_TLB_NONE)
        use_pasid(job, &cache->pasid_data[index]);
    else if (job->cfg_step == HAS_DIR)
        start_fetch(job, SIM_S_PASID, job->entry_pa, VTD_PASID_BYTES);
    else
        start_fetch(job, SIM_S_PASID_DIR, vtd_pasid_dir_address(&job->ctx, job->pasid),
                    VTD_PASID_DIR_BYTES);
}

static void look_up(struct vtd_job *job)
{
    if (job->vtd->param.cache_mode == HW_CACHE_RANDOM)
        vtd_cache_shake(job->vtd);
    if (job->cfg_step >= HAS_CTX || look_up_ctx(job))
        look_up_pasid(job);
}

void vtd_cfg_lookup(struct vtd_job *job)
{
    look_up(job);
}

static const struct hw_fetch_ops fetch_ops = {
    .ask = ask_piece,
    .took = took_piece,
    .done = fetched,
    .again = slot_is_free,
};

int vtd_cfg_new(struct vtd *vtd)
{
    vtd->fetcher = (struct hw_fetcher){
        .ops = &fetch_ops, .owner = vtd, .queue = vtd->queue, .source = &vtd->source};
    return hw_fetcher_new(&vtd->fetcher, vtd->param.cfg_slots);
}
