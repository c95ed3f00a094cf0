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
enum {
    ORDER_UP,
    ORDER_DOWN,
    ORDER_FIRST_LAST,
    ORDER_RANDOM,
};

static void look_up(struct vtd_job *job);

void vtd_cfg_start(struct vtd_job *job)
{
    job->cfg_step = HAS_NOTHING;
    vtd_job_wake(job, VTD_JOB_CFG, job->vtd->param.cfg_cycles);
}

/* ---- fetches ---- */

/* Which pieces of an entry are read when. */
static void choose_order(struct vtd *vtd, uint32_t n_pieces, uint32_t order[VTD_ENTRY_WORDS])
{
    for (uint32_t n = 0; n < n_pieces; n++) {
        switch (vtd->param.atom_order) {
        case ORDER_DOWN:
            order[n] = n_pieces - 1 - n;
            break;
        case ORDER_FIRST_LAST:
            order[n] = (n + 1) % n_pieces;
            break;
        case ORDER_UP:
        case ORDER_RANDOM:
        default:
            order[n] = n;
            break;
        }
    }
    for (uint32_t n = n_pieces; vtd->param.atom_order == ORDER_RANDOM && n > 1; n--) {
        const uint32_t other = (uint32_t)sim_rng_below(&vtd->rng, n);
        const uint32_t kept = order[n - 1];

        order[n - 1] = order[other];
        order[other] = kept;
    }
}

static void release_fetch(struct vtd_fetch *fetch, struct vtd *vtd)
{
    struct vtd_job *next;

    fetch->is_busy = false;
    fetch->job = NULL;
    vtd->fetch_slots.n_free++;
    while (vtd->fetch_slots.n_free && (next = hw_fifo_take(&vtd->fetch_slots.waiting)))
        look_up(next);
}

static void ask_piece(void *ctx)
{
    struct vtd_piece *piece = ctx;
    struct vtd_fetch *fetch = piece->fetch;

    fetch->n_asked++;
    sim_port_access(&fetch->vtd->port, &fetch->access[piece->index]);
}

static struct vtd_fetch *free_fetch(struct vtd *vtd)
{
    struct vtd_fetch *fetch = vtd->fetches;

    while (fetch->is_busy)
        fetch++;
    return fetch;
}

static void start_fetch(struct vtd_job *job, enum sim_structure structure, uint64_t pa,
                        uint32_t n_bytes)
{
    struct vtd *vtd = job->vtd;
    const uint32_t atom_bytes = vtd->param.atom_bytes;
    const uint32_t piece_bytes = n_bytes < atom_bytes ? n_bytes : atom_bytes;
    uint32_t order[VTD_ENTRY_WORDS] = {0};
    struct vtd_fetch *fetch;

    if (vtd->fetch_slots.n_free == 0) {
        hw_fifo_put(&vtd->fetch_slots.waiting, &job->link);
        return;
    }
    vtd->fetch_slots.n_free--;
    fetch = free_fetch(vtd);
    fetch->is_busy = true;
    fetch->job = job;
    job->fetch = fetch;
    fetch->pa = pa;
    fetch->n_bytes = n_bytes;
    fetch->n_pieces = n_bytes / piece_bytes;
    fetch->n_left = fetch->n_pieces;
    fetch->n_asked = 0;
    fetch->has_abort = false;
    fetch->structure = (uint8_t)structure;
    vtd->stats.n_cfg_reads++;
    choose_order(vtd, fetch->n_pieces, order);
    for (uint32_t n = 0; n < fetch->n_pieces; n++) {
        struct sim_access *access = &fetch->access[order[n]];

        access->pa = pa + (uint64_t)order[n] * piece_bytes;
        access->n_bytes = piece_bytes;
        access->structure = fetch->structure;
        access->is_unsnooped = vtd_is_unsnooped(vtd);
        vtd_wake(vtd, &fetch->piece[order[n]].event, (uint64_t)n * vtd->param.atom_cycles);
    }
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

static void fetched(struct vtd_fetch *fetch)
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

static void piece_read(void *ctx)
{
    const struct vtd_piece *piece = ctx;
    struct vtd_fetch *fetch = piece->fetch;
    const struct sim_access *access = &fetch->access[piece->index];
    struct vtd *vtd = fetch->vtd;
    const uint32_t first = piece->index * access->n_bytes / 8;
    uint64_t words[2] = {0};

    for (uint32_t i = 0; i < access->n_bytes; i++)
        words[i / 8] |= (uint64_t)access->data[i] << (8 * (i % 8));
    if (access->status != SIM_ACCESS_OK)
        fetch->has_abort = true;
    fetch->words[first] = words[0];
    if (access->n_bytes > 8)
        fetch->words[first + 1] = words[1];
    vtd_fact(vtd, SIM_FACT_ATOM_FETCHED, fetch->structure, access->pa,
             (const uint64_t[3]){words[0], words[1], access->n_bytes});
    if (--fetch->n_left)
        return;
    if (fetch->job)
        fetched(fetch);
    release_fetch(fetch, vtd);
}

void vtd_cfg_abandon(struct vtd_job *job)
{
    struct vtd_fetch *fetch = job->fetch;
    struct vtd *vtd = job->vtd;

    if (!fetch)
        return;
    job->fetch = NULL;
    fetch->job = NULL;
    for (uint32_t i = 0; i < fetch->n_pieces; i++) {
        if (!sim_event_is_scheduled(&fetch->piece[i].event))
            continue;
        sim_queue_cancel(vtd->queue, &fetch->piece[i].event);
        fetch->n_left--;
    }
    if (fetch->n_left == 0)
        release_fetch(fetch, vtd);
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

void vtd_cfg_init(struct vtd *vtd)
{
    for (uint32_t i = 0; i < vtd->n_fetches; i++) {
        struct vtd_fetch *fetch = &vtd->fetches[i];

        fetch->vtd = vtd;
        for (uint32_t j = 0; j < VTD_ENTRY_WORDS; j++) {
            struct vtd_piece *piece = &fetch->piece[j];

            piece->fetch = fetch;
            piece->index = j;
            piece->event = (struct sim_event){.fn = ask_piece, .ctx = piece};
            fetch->access[j].op = SIM_ACCESS_READ;
            fetch->access[j].done = (struct sim_wake){piece_read, piece};
        }
    }
}
