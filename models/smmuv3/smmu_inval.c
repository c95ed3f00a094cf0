/* SPDX-License-Identifier: BSD-2-Clause
 * smmu_inval.c - which commands are legal, and what invalidations drop (4.1.3, 4.3, 4.4, 5.4).
 * Knows: command fields, tags of caches. Must not know: time, queues, translations. */
#include "models/smmuv3/smmu_private.h"

/* ---- legal or not (5.2) ---- */

/* Opcodes @first to @last need @bits of ID register @idr. */
struct need {
    uint8_t first, last;
    uint16_t idr;
    uint64_t bits;
};

static const struct need needs[] = {
    {SMMU_CMD_CFGI_CD, SMMU_CMD_CFGI_CD_ALL, SMMU_RI_IDR0, SMMU_MASK(IDR0, S1P)},
    {SMMU_CMD_CFGI_VMS_PIDM, SMMU_CMD_CFGI_VMS_PIDM, SMMU_RI_IDR3, SMMU_MASK(IDR3, MPAM)},
    {SMMU_CMD_TLBI_NH_ALL, SMMU_CMD_TLBI_NH_VAA, SMMU_RI_IDR0, SMMU_MASK(IDR0, S1P)},
    {SMMU_CMD_TLBI_EL2_ALL, SMMU_CMD_TLBI_EL2_VAA, SMMU_RI_IDR0, SMMU_MASK(IDR0, Hyp)},
    {SMMU_CMD_TLBI_S12_VMALL, SMMU_CMD_TLBI_S2_IPA, SMMU_RI_IDR0, SMMU_MASK(IDR0, S2P)},
    {SMMU_CMD_ATC_INV, SMMU_CMD_ATC_INV, SMMU_RI_IDR0, SMMU_MASK(IDR0, ATS)},
    {SMMU_CMD_PRI_RESP, SMMU_CMD_PRI_RESP, SMMU_RI_IDR0, SMMU_MASK(IDR0, PRI)},
    {SMMU_CMD_DPTI_ALL, SMMU_CMD_DPTI_PA, SMMU_RI_IDR3, SMMU_MASK(IDR3, DPT)},
};

static bool has_needs(const struct smmu *smmu, uint64_t opcode)
{
    for (size_t i = 0; i < sizeof(needs) / sizeof(needs[0]); i++) {
        const struct need *n = &needs[i];

        if (opcode >= n->first && opcode <= n->last && !(smmu->reg[n->idr] & n->bits))
            return false;
    }
    return true;
}

static bool is_by_address(uint64_t opcode)
{
    switch (opcode) {
    case SMMU_CMD_TLBI_NH_VA:
    case SMMU_CMD_TLBI_NH_VAA:
    case SMMU_CMD_TLBI_EL2_VA:
    case SMMU_CMD_TLBI_EL2_VAA:
    case SMMU_CMD_TLBI_S2_IPA:
        return true;
    default:
        return false;
    }
}

/* I04: TTL as it counts. */
static unsigned ttl_of(const struct smmu *smmu, const uint64_t *words)
{
    const unsigned ttl = (unsigned)smmu_TLBI_NH_VA_TTL(words);
    const bool is_16k = smmu_TLBI_NH_VA_TG(words) == SMMU_TLBI_NH_VA_TG_G16K;

    return is_16k && ttl == 1 && !smmu->caps.ds ? 0 : ttl;
}

/* I05: one granule at any level says nothing that TG=0 would not. */
static bool is_reserved_range(const struct smmu *smmu, const uint64_t *words)
{
    return smmu->caps.ril && smmu_TLBI_NH_VA_TG(words) && !smmu_TLBI_NH_VA_NUM(words) &&
           !smmu_TLBI_NH_VA_SCALE(words) && !ttl_of(smmu, words);
}

bool smmu_cmd_is_illegal(const struct smmu *smmu, const uint64_t *words)
{
    const uint64_t opcode = smmu_UNKNOWN_CMD_op(words);
    const struct hw_layout *layout = smmu_cmd_layout(opcode);
    uint64_t reserved[2];

    if (layout == &smmu_layout_UNKNOWN_CMD || layout == &smmu_layout_IMPDEF_CMD ||
        smmu_cmd_is_secure(opcode) || smmu_CMD_SYNC_SSec(words) || !has_needs(smmu, opcode))
        return true;
    if (is_by_address(opcode) && is_reserved_range(smmu, words))
        return true;
    if (smmu->param.reserved && hw_reserved_set(layout, words, reserved))
        return true;
    switch (opcode) {
    case SMMU_CMD_SYNC:
        return smmu_CMD_SYNC_CS(words) > SMMU_CMD_SYNC_CS_SEV;
    case SMMU_CMD_PRI_RESP:
        return smmu_PRI_RESP_Resp(words) > SMMU_PRI_RESP_Resp_SUCCESS;
    case SMMU_CMD_RESUME:
    case SMMU_CMD_STALL_TERM:
        return smmu->caps.stall_model == SMMU_IDR0_STALL_MODEL_TERMINATE;
    default:
        return false;
    }
}

static bool is_cfgi(uint64_t opcode)
{
    return opcode >= SMMU_CMD_CFGI_STE && opcode <= SMMU_CMD_CFGI_VMS_PIDM;
}

bool smmu_cmd_is_inval(const uint64_t *words)
{
    const uint64_t opcode = smmu_UNKNOWN_CMD_op(words);

    return is_cfgi(opcode) || (opcode >= SMMU_CMD_TLBI_NH_ALL && opcode <= SMMU_CMD_TLBI_NSNH_ALL);
}

/* ---- configuration (4.3) ---- */

/* Does the command name the stream? */
static bool names_sid(const uint64_t *words, uint32_t sid)
{
    if (smmu_UNKNOWN_CMD_op(words) == SMMU_CMD_CFGI_STE_RANGE) {
        const unsigned bits = (unsigned)smmu_CFGI_STE_RANGE_Range(words) + 1;

        return ((uint64_t)sid ^ smmu_CFGI_STE_RANGE_SID(words)) >> bits == 0;
    }
    return sid == smmu_CFGI_STE_SID(words);
}

static bool names_cd(const uint64_t *words, uint32_t sid, uint32_t index)
{
    if (!names_sid(words, sid))
        return false;
    return smmu_UNKNOWN_CMD_op(words) != SMMU_CMD_CFGI_CD || index == smmu_CFGI_CD_SSID(words);
}

static void fact_dropped(const struct smmu_inval *inval, enum sim_structure structure, uint64_t sid)
{
    smmu_fact(inval->smmu, SIM_FACT_ENTRY_DROPPED, structure, sid,
              (const uint64_t[3]){SIM_NO_PASID});
}

static bool match_ste(void *ctx, const struct hw_tlb_tag *tag, uint32_t index)
{
    const struct smmu_inval *inval = ctx;

    (void)index;
    if (!names_sid(inval->words, smmu_utlb_key_sid(tag->key)))
        return false;
    fact_dropped(inval, SIM_S_STE, smmu_utlb_key_sid(tag->key));
    return true;
}

/* The address of an L1STD's tag is its index: it stands for 2^split StreamIDs. */
static bool match_l1std(void *ctx, const struct hw_tlb_tag *tag, uint32_t index)
{
    const struct smmu_inval *inval = ctx;
    const uint64_t *words = inval->words;
    const unsigned split = inval->smmu->strtab.split;
    uint64_t bits = split;

    (void)index;
    if (smmu_UNKNOWN_CMD_op(words) == SMMU_CMD_CFGI_STE_RANGE &&
        smmu_CFGI_STE_RANGE_Range(words) + 1 > bits)
        bits = smmu_CFGI_STE_RANGE_Range(words) + 1;
    if (((tag->va << split) ^ smmu_CFGI_STE_SID(words)) >> bits)
        return false;
    fact_dropped(inval, SIM_S_L1STD, tag->va << split);
    return true;
}

static bool match_cd(void *ctx, const struct hw_tlb_tag *tag, uint32_t index)
{
    const struct smmu_inval *inval = ctx;

    (void)index;
    if (!names_cd(inval->words, smmu_utlb_key_sid(tag->key), (uint32_t)tag->va))
        return false;
    fact_dropped(inval, SIM_S_CD, smmu_utlb_key_sid(tag->key));
    return true;
}

/* The address of an L1CD's tag is the index of the first CD that it leads to, its mask says to how
 * many. */
static bool match_l1cd(void *ctx, const struct hw_tlb_tag *tag, uint32_t index)
{
    const struct smmu_inval *inval = ctx;
    const uint64_t *words = inval->words;

    (void)index;
    if (!names_sid(words, smmu_utlb_key_sid(tag->key)))
        return false;
    if (smmu_UNKNOWN_CMD_op(words) == SMMU_CMD_CFGI_CD &&
        ((tag->va ^ smmu_CFGI_CD_SSID(words)) & tag->va_mask))
        return false;
    fact_dropped(inval, SIM_S_L1CD, smmu_utlb_key_sid(tag->key));
    return true;
}

static void sweep_configuration(struct smmu_inval *inval)
{
    struct smmu_caches *cache = &inval->smmu->cache;
    const uint64_t *words = inval->words;
    const uint64_t opcode = smmu_UNKNOWN_CMD_op(words);
    const bool is_leaf = smmu_CFGI_STE_Leaf(words) == SMMU_CFGI_STE_Leaf_LAST;

    switch (opcode) {
    case SMMU_CMD_CFGI_STE:
    case SMMU_CMD_CFGI_STE_RANGE:
        (void)hw_tlb_sweep(&cache->ste, match_ste, inval);
        if (opcode == SMMU_CMD_CFGI_STE_RANGE || !is_leaf)
            (void)hw_tlb_sweep(&cache->l1std, match_l1std, inval);
        (void)hw_tlb_sweep(&cache->cd, match_cd, inval);
        (void)hw_tlb_sweep(&cache->l1cd, match_l1cd, inval);
        return;
    case SMMU_CMD_CFGI_CD:
    case SMMU_CMD_CFGI_CD_ALL:
        (void)hw_tlb_sweep(&cache->cd, match_cd, inval);
        if (opcode == SMMU_CMD_CFGI_CD_ALL || !is_leaf)
            (void)hw_tlb_sweep(&cache->l1cd, match_l1cd, inval);
        return;
    default: /* CFGI_VMS_PIDM: no virtual machine structures are cached */
        return;
    }
}

/* ---- translations (4.4, 5.3, 5.4) ---- */

static bool names_vmid(const struct smmu *smmu, const uint64_t *words, unsigned vmid)
{
    const unsigned ignored = (unsigned)smmu_CR0_VMW(&smmu->reg[SMMU_RI_CR0ACK]);
    const unsigned mask = smmu->caps.vmid16 ? 0xffff : 0xff;

    if (!smmu->caps.s2p)
        return true;
    return (((unsigned)smmu_TLBI_NH_ALL_VMID(words) ^ vmid) & mask) >> ignored == 0;
}

static bool names_asid(const struct smmu *smmu, const uint64_t *words, unsigned asid)
{
    const unsigned mask = smmu->caps.asid16 ? 0xffff : 0xff;

    return (((unsigned)smmu_TLBI_NH_ASID_ASID(words) ^ asid) & mask) == 0;
}

/* The address of a command as an entry with or without TBI sees it. */
static uint64_t normal_va(uint64_t va, bool is_tbi)
{
    return is_tbi ? (uint64_t)((int64_t)(va << 8) >> 8) : va;
}

static bool is_range(const struct smmu *smmu, const uint64_t *words)
{
    return smmu->caps.ril && smmu_TLBI_NH_VA_TG(words) != SMMU_TLBI_NH_VA_TG_NONE;
}

/* I01-I03, I07. */
static bool names_address(const struct smmu *smmu, const uint64_t *words,
                          const struct smmu_name *name)
{
    const uint64_t first = normal_va(smmu_TLBI_NH_VA_Addr_addr(words), name->is_tbi);
    const uint64_t size = UINT64_C(1) << name->leaf_log2;
    const uint64_t va = name->va & ~(size - 1);
    uint64_t n_bytes;
    uint64_t last;

    if (!is_range(smmu, words))
        return (first & ~(size - 1)) == va;
    if (smmu_tlbi_tg_log2(smmu_TLBI_NH_VA_TG(words)) != name->granule_log2 ||
        !smmu_tlbi_range(words, &n_bytes))
        return false;
    last = first + (n_bytes - 1) < first ? UINT64_MAX : first + (n_bytes - 1);
    return va <= last && va + (size - 1) >= first;
}

static bool names_world_and_id(const struct smmu *smmu, const uint64_t *words,
                               const struct smmu_name *name)
{
    const bool is_el1 = name->world == SMMU_WORLD_NS_EL1;
    const bool is_e2h = name->world == SMMU_WORLD_EL2_E2H;
    const bool e2h = smmu_CR2_E2H(&smmu->reg[SMMU_RI_CR2]) != 0;
    const bool has_asid = names_asid(smmu, words, name->asid);
    const bool is_s1 = is_el1 && name->stage != SMMU_STAGE_2; /* or both */

    switch (smmu_UNKNOWN_CMD_op(words)) {
    case SMMU_CMD_TLBI_NH_ALL:
    case SMMU_CMD_TLBI_NH_VAA:
        return is_s1 && names_vmid(smmu, words, name->vmid);
    case SMMU_CMD_TLBI_NH_ASID:
        return is_s1 && names_vmid(smmu, words, name->vmid) && !name->is_global && has_asid;
    case SMMU_CMD_TLBI_NH_VA:
        return is_s1 && names_vmid(smmu, words, name->vmid) && (name->is_global || has_asid);
    case SMMU_CMD_TLBI_S12_VMALL:
        return is_el1 && names_vmid(smmu, words, name->vmid);
    case SMMU_CMD_TLBI_S2_IPA: /* not those of both stages: they have no IPA */
        return is_el1 && name->stage == SMMU_STAGE_2 && names_vmid(smmu, words, name->vmid);
    case SMMU_CMD_TLBI_EL2_ALL:
        return !is_el1;
    case SMMU_CMD_TLBI_EL2_ASID:
        return is_e2h && !name->is_global && has_asid;
    case SMMU_CMD_TLBI_EL2_VA:
        return e2h ? is_e2h && (name->is_global || has_asid) : name->world == SMMU_WORLD_EL2;
    case SMMU_CMD_TLBI_EL2_VAA:
        return e2h ? is_e2h : name->world == SMMU_WORLD_EL2;
    case SMMU_CMD_TLBI_NSNH_ALL:
        return is_el1;
    default:
        return false;
    }
}

static bool names_leaf(const struct smmu *smmu, const uint64_t *words, const struct smmu_name *name)
{
    if (!names_world_and_id(smmu, words, name))
        return false;
    if (!is_by_address(smmu_UNKNOWN_CMD_op(words)))
        return true;
    if (is_range(smmu, words) && ttl_of(smmu, words) && (int)ttl_of(smmu, words) != name->level)
        return false;
    return names_address(smmu, words, name);
}

static bool names_table(const struct smmu *smmu, const uint64_t *words,
                        const struct smmu_name *name)
{
    if (!names_world_and_id(smmu, words, name))
        return false;
    if (!is_by_address(smmu_UNKNOWN_CMD_op(words)))
        return true;
    if (smmu_TLBI_NH_VA_Leaf(words) == SMMU_TLBI_NH_VA_Leaf_LAST)
        return false;
    if (is_range(smmu, words) && ttl_of(smmu, words) && name->level >= (int)ttl_of(smmu, words))
        return false;
    return names_address(smmu, words, name);
}

static bool match_tlb(void *ctx, const struct hw_tlb_tag *tag, uint32_t index)
{
    const struct smmu_inval *inval = ctx;

    (void)tag;
    return names_leaf(inval->smmu, inval->words, &inval->smmu->cache.tlb.data[index].name);
}

static bool match_walk(void *ctx, const struct hw_tlb_tag *tag, uint32_t index)
{
    const struct smmu_inval *inval = ctx;
    const struct smmu_walk_entry *entry = &inval->smmu->cache.walk_data[index];

    (void)tag;
    return entry->is_leaf ? names_leaf(inval->smmu, inval->words, &entry->name)
                          : names_table(inval->smmu, inval->words, &entry->name);
}

/* A TBU and the command that it sweeps for. */
struct tbu_sweep {
    struct smmu_inval *inval;
    struct smmu_tbu *tbu;
};

/* TBUs file by stream: what an STE or CD led to goes with it. */
static bool names_in_tbu(const struct smmu_inval *inval, const struct hw_tlb_tag *tag,
                         const struct smmu_name *name)
{
    const uint64_t *words = inval->words;

    if (is_cfgi(smmu_UNKNOWN_CMD_op(words)))
        return names_cd(words, smmu_utlb_key_sid(tag->key), smmu_utlb_key_ssid(tag->key));
    return names_leaf(inval->smmu, words, name);
}

static bool match_tbu_tlb(void *ctx, const struct hw_tlb_tag *tag, uint32_t index)
{
    const struct tbu_sweep *sweep = ctx;

    return names_in_tbu(sweep->inval, tag, &sweep->tbu->tlb.data[index].name);
}

static bool match_utlb(void *ctx, const struct hw_tlb_tag *tag, uint32_t index)
{
    const struct tbu_sweep *sweep = ctx;
    struct smmu_inval *inval = sweep->inval;

    if (names_in_tbu(inval, tag, &sweep->tbu->utlb_data[index].name))
        return true;
    if (is_cfgi(smmu_UNKNOWN_CMD_op(inval->words)))
        return false;
    if (!inval->smmu->param.utlb_invalidate)
        return false;
    inval->collateral++;
    return true;
}

void smmu_inval_sweep_tcu(struct smmu_inval *inval)
{
    struct smmu *smmu = inval->smmu;
    struct smmu_caches *cache = &smmu->cache;

    smmu->epoch++;
    if (is_cfgi(smmu_UNKNOWN_CMD_op(inval->words))) {
        sweep_configuration(inval);
        return;
    }
    inval->killed += hw_tlb_sweep(&cache->tlb.tags, match_tlb, inval);
    inval->visited += hw_tlb_n_entries(&cache->tlb.tags);
    if (smmu->param.walk_entries) {
        inval->killed += hw_tlb_sweep(&cache->walk, match_walk, inval);
        inval->visited += hw_tlb_n_entries(&cache->walk);
    }
}

void smmu_inval_sweep_tbu(struct smmu_inval *inval, uint32_t tbu)
{
    struct smmu_tbu *swept = &inval->smmu->tbu[tbu];
    struct tbu_sweep sweep = {inval, swept};

    inval->smmu->epoch++;
    inval->killed += hw_tlb_sweep(&swept->utlb, match_utlb, &sweep);
    inval->killed += hw_tlb_sweep(&swept->tlb.tags, match_tbu_tlb, &sweep);
    inval->visited += hw_tlb_n_entries(&swept->utlb) + hw_tlb_n_entries(&swept->tlb.tags);
}

uint32_t smmu_inval_n_tcu(const struct smmu *smmu, const uint64_t *words)
{
    const struct smmu_param *param = &smmu->param;

    if (is_cfgi(smmu_UNKNOWN_CMD_op(words)))
        return param->cfg_entries;
    return param->tlb_entries > param->walk_entries ? param->tlb_entries : param->walk_entries;
}

uint32_t smmu_inval_n_tbu(const struct smmu *smmu, const uint64_t *words)
{
    const struct smmu_param *param = &smmu->param;

    (void)words;
    return param->utlb_entries > param->tbu_tlb_entries ? param->utlb_entries
                                                        : param->tbu_tlb_entries;
}
