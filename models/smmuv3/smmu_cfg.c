/* SPDX-License-Identifier: BSD-2-Clause
 * smmu_cfg.c - finds STE and CD of a transaction: caches, then memory, piece by piece (3.21.3).
 * Knows: fetch slots, configuration caches. Must not know: what the fields mean
 * (smmu_cfg_decode.h), what happens to the transaction afterwards. */
#include "models/smmuv3/smmu_priq.h"
#include "models/smmuv3/smmu_private.h"

/* What a job has found so far. */
enum {
    HAS_NOTHING,
    HAS_L1STD, /* in l1_word */
    HAS_STE,   /* in ste, and cd_index */
    HAS_L1CD,  /* in l1_word */
};

enum {
    L1_BYTES = 8,
    ENTRY_BYTES = 64,
    WIDE_OAS = 52,
    SPLIT_4K = 6, /* SubstreamID bits of a second-level table (5.2, S1Fmt) */
    SPLIT_64K = 10,
};

static void begin(struct smmu_job *job)
{
    job->cfg_step = HAS_NOTHING;
    smmu_job_wake(job, SMMU_JOB_CFG, job->smmu->param.cfg_cycles);
}

void smmu_cfg_start(struct smmu_job *job)
{
    begin(job);
}

/* Look again: something was fetched, or a fetch slot is free. */
static void look_up(struct smmu_job *job);

/* ---- fetches ---- */

/* Pieces without a cycle between them are one request of the port. */
static void ask_piece(struct hw_fetch *fetch, struct sim_access *access)
{
    struct smmu *smmu = fetch->fetcher->owner;

    if (smmu->param.atom_cycles || fetch->n_asked == 0)
        fetch->leave_ps = smmu_port_take(smmu, 1);
    smmu_port_leave(smmu, access, fetch->leave_ps);
}

static void took_piece(const struct hw_fetch *fetch, const struct sim_access *access,
                       const uint64_t *words)
{
    smmu_fact(fetch->fetcher->owner, SIM_FACT_ATOM_FETCHED, fetch->structure, access->pa,
              (const uint64_t[3]){words[0], words[1], access->n_bytes});
}

static void slot_is_free(void *job)
{
    look_up(job);
}

static void start_fetch(struct smmu_job *job, enum sim_structure structure, uint64_t pa,
                        uint32_t n_bytes)
{
    struct smmu *smmu = job->smmu;
    const struct smmu_param *param = &smmu->param;
    struct hw_fetch_what what = {
        .pa = pa,
        .n_bytes = n_bytes,
        .piece_bytes = n_bytes < param->atom_bytes ? n_bytes : param->atom_bytes,
        .structure = (uint8_t)structure,
        .gap_ps = (uint64_t)param->atom_cycles * param->clock_ps,
    };

    if (!hw_fetch_may(&smmu->fetcher, &job->link))
        return;
    /* atom_order counts as enum hw_fetch_order does */
    hw_fetch_arrange((enum hw_fetch_order)param->atom_order, n_bytes / what.piece_bytes, NULL,
                     what.order);
    smmu->stats.n_cfg_reads++;
    job->fetch = hw_fetch_start(&smmu->fetcher, job, &what);
}

/* ---- caching what was fetched ---- */

static unsigned cd_split(const struct smmu_ste *ste)
{
    return ste->s1_fmt == SMMU_CDTAB_TWO_LEVEL_64K ? SPLIT_64K : SPLIT_4K;
}

static struct hw_tlb_tag l1std_tag(const struct smmu_job *job)
{
    return (struct hw_tlb_tag){HW_TLB_VALID, UINT64_MAX, job->sid >> job->smmu->strtab.split,
                               UINT64_MAX};
}

static struct hw_tlb_tag ste_tag(const struct smmu_job *job)
{
    return (struct hw_tlb_tag){smmu_stream_key(job->sid), UINT64_MAX, 0, 0};
}

/* The mask says how many CDs the L1CD leads to: CFGI_CD compares under it. */
static struct hw_tlb_tag l1cd_tag(const struct smmu_job *job)
{
    const uint64_t mask = UINT64_MAX << cd_split(&job->ste);

    return (struct hw_tlb_tag){smmu_stream_key(job->sid), UINT64_MAX, job->cd_index & mask, mask};
}

static struct hw_tlb_tag cd_tag(const struct smmu_job *job)
{
    return (struct hw_tlb_tag){smmu_stream_key(job->sid), UINT64_MAX, job->cd_index, UINT64_MAX};
}

static uint32_t set_of(const struct hw_tlb *tlb, const struct hw_tlb_tag *tag)
{
    return hw_tlb_set(tlb, tag->key * 31 + tag->va);
}

static uint32_t find(const struct hw_tlb *tlb, const struct hw_tlb_tag *tag)
{
    return hw_tlb_find(tlb, set_of(tlb, tag), tag->key, tag->va);
}

/* Place for an entry, or HW_TLB_NONE if it may not be kept: an invalidation came between, or it is
 * none and such are not kept (7.1). */
static uint32_t keep(struct smmu_job *job, struct hw_tlb *tlb, const struct hw_tlb_tag *tag,
                     bool is_good)
{
    struct smmu *smmu = job->smmu;
    uint32_t index;
    bool had_victim;

    if (job->epoch != smmu->epoch || !smmu->is_enabled || (!is_good && !smmu->param.cfg_negative) ||
        smmu->param.cache_mode == HW_CACHE_NEVER)
        return HW_TLB_NONE;
    index = hw_tlb_put(tlb, set_of(tlb, tag), tag, &had_victim);
    if (index == HW_TLB_NONE)
        return HW_TLB_NONE;
    smmu_fact(smmu, SIM_FACT_ENTRY_CACHED, job->fetch->structure, job->sid,
              (const uint64_t[3]){job->ssv ? job->ssid : SIM_NO_PASID, job->fetch->pa, is_good});
    return index;
}

/* ---- CD to what translations need ---- */

static void take_half(const struct smmu_job *job, const struct smmu_cd *cd, unsigned i,
                      struct smmu_cd_view *view)
{
    const struct smmu_half *half = &cd->half[i];

    view->e0pd[i] = half->e0pd && job->smmu->caps.e0pd;
    view->half[i] = (struct smmu_pt_s1){
        .ttb = half->ttb,
        .tsz = (uint8_t)half->tsz,
        .granule_log2 = (uint8_t)half->granule_log2,
        .output_bits = (uint8_t)cd->ips_bits,
        .sh = (uint8_t)half->walk.sh,
        .epd = !half->is_enabled,
        .tbi = half->tbi,
        .had = half->had,
        .ds = cd->ds,
        .oas_52 = job->smmu->caps.oas_bits >= WIDE_OAS,
        .affd = cd->affd,
        .ha = cd->ha,
        .hd = cd->hd,
        .wxn = cd->wxn,
        .uwxn = cd->uwxn,
        .pan = cd->pan,
        .epan = cd->epan,
        .one_privilege = job->ste.world == SMMU_WORLD_EL2,
    };
}

static void decode_cd(const struct smmu_job *job, const uint64_t *words, struct smmu_cd_view *view)
{
    struct smmu_cd cd;

    *view = (struct smmu_cd_view){.event = smmu_cd_decode(words, &job->ste, &job->smmu->caps, &cd)};
    if (view->event)
        return;
    if (cd.is_lpae)
        view->unimpl = SMMU_UNIMPL_LPAE;
    else if (cd.haft)
        view->unimpl = SMMU_UNIMPL_HTTU;
    view->asid = (uint16_t)cd.asid;
    view->s = cd.s;
    view->r = cd.r;
    view->a = cd.a;
    view->is_big_endian = cd.is_big_endian;
    view->has_upper = job->ste.world != SMMU_WORLD_EL2;
    take_half(job, &cd, 0, view);
    take_half(job, &cd, 1, view);
}

static void decode_ste(const struct smmu *smmu, const uint64_t *words, struct smmu_ste_view *view)
{
    const struct smmu_s2 *s2 = &view->ste.s2;

    memset(view, 0, sizeof(*view));
    view->event = smmu_ste_decode(words, &smmu->caps, &smmu->ctrl, &view->ste);
    if (view->event || !view->ste.has_s2)
        return;
    if (s2->is_lpae)
        view->unimpl = SMMU_UNIMPL_LPAE;
    else if (s2->haft)
        view->unimpl = SMMU_UNIMPL_HTTU;
    if (!s2->is_lpae)
        smmu_pt_s2_from_ste(s2, &smmu->caps, smmu->caps.xnx, &view->s2);
}

/* ---- what was read ---- */

static void took_l1(struct smmu_job *job, const struct hw_fetch *fetch)
{
    struct smmu_caches *cache = &job->smmu->cache;
    const bool is_l1std = fetch->structure == SIM_S_L1STD;
    const struct hw_tlb_tag tag = is_l1std ? l1std_tag(job) : l1cd_tag(job);
    const uint64_t word = fetch->words[0];
    const bool is_good = is_l1std ? smmu_L1STD_Span(&word) != 0 : smmu_L1CD_V(&word) != 0;
    const uint32_t index = keep(job, is_l1std ? &cache->l1std : &cache->l1cd, &tag, is_good);

    if (index != HW_TLB_NONE)
        (is_l1std ? cache->l1std_data : cache->l1cd_data)[index] = word;
    job->l1_word = word;
    job->cfg_step = is_l1std ? HAS_L1STD : HAS_L1CD;
}

/* Return: false if the STE ends the lookup. */
static bool use_ste(struct smmu_job *job, const struct smmu_ste_view *view);
static void use_cd(struct smmu_job *job, const struct smmu_cd_view *view);

static void took_ste(struct smmu_job *job, const struct hw_fetch *fetch)
{
    struct smmu *smmu = job->smmu;
    const struct hw_tlb_tag tag = ste_tag(job);
    struct smmu_ste_view view;
    uint32_t index;

    decode_ste(smmu, fetch->words, &view);
    index = keep(job, &smmu->cache.ste, &tag, view.event == 0);
    if (index != HW_TLB_NONE)
        smmu->cache.ste_data[index] = view;
    job->fetch = NULL;
    if (use_ste(job, &view))
        look_up(job);
}

static void took_cd(struct smmu_job *job, const struct hw_fetch *fetch)
{
    struct smmu *smmu = job->smmu;
    const struct hw_tlb_tag tag = cd_tag(job);
    struct smmu_cd_view view;
    uint32_t index;

    decode_cd(job, fetch->words, &view);
    index = keep(job, &smmu->cache.cd, &tag, view.event == 0);
    if (index != HW_TLB_NONE)
        smmu->cache.cd_data[index] = view;
    job->fetch = NULL;
    use_cd(job, &view);
}

static void fetched(struct hw_fetch *fetch)
{
    struct smmu_job *job = fetch->job;
    const bool is_stream = fetch->structure == SIM_S_L1STD || fetch->structure == SIM_S_STE;

    if (fetch->has_abort) { /* S08, C05: never kept */
        job->fetch = NULL;
        smmu_xlate_config_fault(job, is_stream ? SMMU_EVT_F_STE_FETCH : SMMU_EVT_F_CD_FETCH,
                                fetch->abort_pa);
    } else if (fetch->structure == SIM_S_STE) {
        took_ste(job, fetch);
    } else if (fetch->structure == SIM_S_CD) {
        took_cd(job, fetch);
    } else {
        took_l1(job, fetch);
        job->fetch = NULL;
        look_up(job);
    }
}

void smmu_cfg_abandon(struct smmu_job *job)
{
    struct hw_fetch *fetch = job->fetch;

    job->fetch = NULL;
    if (fetch)
        hw_fetch_abandon(fetch);
}

/* ---- the way through the tables ---- */

/* What cannot be modelled is refused; a prefetch just ends. */
static void refuse(struct smmu_job *job)
{
    if (job->is_prefetch)
        smmu_job_free(job);
    else
        smmu_xlate_refuse(job, SIM_DMA_ABORT);
}

/* Under stage 2, CD tables have intermediate addresses (C04). */
static void fetch_cd(struct smmu_job *job, enum sim_structure structure, uint64_t address)
{
    job->cd_structure = (uint8_t)structure;
    if (job->ste.has_s2)
        smmu_s2_translate(job, address, SMMU_S2_USE_CD);
    else
        smmu_cfg_translated(job, address);
}

void smmu_cfg_translated(struct smmu_job *job, uint64_t pa)
{
    const enum sim_structure structure = (enum sim_structure)job->cd_structure;

    start_fetch(job, structure, pa, structure == SIM_S_CD ? ENTRY_BYTES : L1_BYTES);
}

static void use_cd(struct smmu_job *job, const struct smmu_cd_view *view)
{
    if (view->event) {
        smmu_xlate_config_fault(job, view->event, 0);
        return;
    }
    job->cd = *view;
    if (view->unimpl && !job->is_prefetch)
        smmu_fact_unimpl(job->smmu, (enum smmu_unimpl)view->unimpl, job->sid);
    if (view->unimpl == SMMU_UNIMPL_LPAE) {
        refuse(job);
        return;
    }
    smmu_xlate_configured(job, SMMU_CD_USE_INDEX);
}

static bool use_ste(struct smmu_job *job, const struct smmu_ste_view *view)
{
    struct smmu_cd_choice choice;
    int event = view->event;

    if (job->is_page && !event) {
        smmu_priq_looked_up(job, &view->ste);
        return false;
    }
    if (!event) {
        job->ste = view->ste;
        job->s2 = view->s2;
        if (view->unimpl && !job->is_prefetch)
            smmu_fact_unimpl(job->smmu, (enum smmu_unimpl)view->unimpl, job->sid);
        if (view->unimpl == SMMU_UNIMPL_LPAE) {
            refuse(job);
            return false;
        }
        if (smmu_ats_ends_at_ste(job))
            return false;
        event = smmu_ssid_decode(&job->ste, &job->smmu->caps, job->ssv, job->ssid, &choice);
    }
    if (event) {
        smmu_xlate_config_fault(job, event, 0);
        return false;
    }
    if (choice.use != SMMU_CD_USE_INDEX) {
        smmu_xlate_configured(job, choice.use);
        return false;
    }
    job->cd_index = choice.index;
    job->cfg_step = HAS_STE;
    return true;
}

static void look_up_cd(struct smmu_job *job)
{
    struct smmu *smmu = job->smmu;
    const struct smmu_ste *ste = &job->ste;
    const struct hw_tlb_tag tag = cd_tag(job);
    const uint32_t index = find(&smmu->cache.cd, &tag);
    uint64_t address;
    int event;

    if (index != HW_TLB_NONE) {
        use_cd(job, &smmu->cache.cd_data[index]);
        return;
    }
    if (ste->s1_fmt == SMMU_CDTAB_LINEAR) {
        fetch_cd(job, SIM_S_CD, smmu_cd_address(ste, job->cd_index));
        return;
    }
    if (job->cfg_step != HAS_L1CD) {
        const struct hw_tlb_tag l1_tag = l1cd_tag(job);
        const uint32_t l1 = find(&smmu->cache.l1cd, &l1_tag);

        if (l1 == HW_TLB_NONE) {
            fetch_cd(job, SIM_S_L1CD, smmu_l1cd_address(ste, job->cd_index));
            return;
        }
        job->l1_word = smmu->cache.l1cd_data[l1];
    }
    event = smmu_l1cd_check(job->l1_word, job->cd_index, ste, &smmu->caps, &address);
    if (event)
        smmu_xlate_config_fault(job, event, 0);
    else
        fetch_cd(job, SIM_S_CD, address);
}

/* STE at @address, unless that is beyond what the SMMU can address. */
static void fetch_stream(struct smmu_job *job, enum sim_structure structure, uint64_t address,
                         uint32_t n_bytes)
{
    const int event = smmu_ste_fetch_check(&job->smmu->caps, &address);

    if (event)
        smmu_xlate_config_fault(job, event, address);
    else
        start_fetch(job, structure, address, n_bytes);
}

static void look_up_ste(struct smmu_job *job)
{
    struct smmu *smmu = job->smmu;
    const struct smmu_strtab *strtab = &smmu->strtab;
    const struct hw_tlb_tag l1_tag = l1std_tag(job);
    uint64_t address;
    uint32_t l1;
    int event;

    if (strtab->fmt == SMMU_STRTAB_LINEAR) {
        fetch_stream(job, SIM_S_STE, smmu_ste_address(strtab, job->sid), ENTRY_BYTES);
        return;
    }
    if (job->cfg_step != HAS_L1STD) {
        l1 = find(&smmu->cache.l1std, &l1_tag);
        if (l1 == HW_TLB_NONE) {
            fetch_stream(job, SIM_S_L1STD, smmu_l1std_address(strtab, job->sid), L1_BYTES);
            return;
        }
        job->l1_word = smmu->cache.l1std_data[l1];
    }
    event = smmu_l1std_check(job->l1_word, job->sid, strtab, &address);
    if (event)
        smmu_xlate_config_fault(job, event, 0);
    else
        fetch_stream(job, SIM_S_STE, address, ENTRY_BYTES);
}

static void look_up(struct smmu_job *job)
{
    struct smmu *smmu = job->smmu;

    if (smmu->param.cache_mode == HW_CACHE_RANDOM)
        smmu_cache_shake(smmu);
    if (job->cfg_step < HAS_STE) {
        const struct hw_tlb_tag tag = ste_tag(job);
        const uint32_t index = find(&smmu->cache.ste, &tag);
        const int event = smmu_strtab_check_sid(&smmu->strtab, job->sid);

        if (event) {
            smmu_xlate_config_fault(job, event, 0);
            return;
        }
        if (index == HW_TLB_NONE) {
            look_up_ste(job);
            return;
        }
        if (!use_ste(job, &smmu->cache.ste_data[index]))
            return;
    }
    look_up_cd(job);
}

void smmu_cfg_lookup(struct smmu_job *job)
{
    look_up(job);
}

static const struct hw_fetch_ops fetch_ops = {
    .ask = ask_piece,
    .took = took_piece,
    .done = fetched,
    .again = slot_is_free,
};

int smmu_cfg_new(struct smmu *smmu)
{
    smmu->fetcher = (struct hw_fetcher){
        .ops = &fetch_ops, .owner = smmu, .queue = smmu->queue, .source = &smmu->source};
    return hw_fetcher_new(&smmu->fetcher, smmu->param.cfg_slots);
}
