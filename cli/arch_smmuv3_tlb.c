/* SPDX-License-Identifier: BSD-2-Clause
 * arch_smmuv3_tlb.c - SMMUv3 for check/: what a TLB can show, and what commands drop.
 * Knows: layouts of commands, the model's rules of matching. Must not know: the model's caches. */
#include "cli/arch_smmuv3.h"

#include "models/smmuv3/smmu_layout.h"

#include <string.h>

enum {
    SMALL_ID_MASK = 0xff,
    LARGE_ID_MASK = 0xffff,
    L1CD_SPLIT_SHIFT = 24, /* arch_smmuv3_l1cd_index */
    TTL_16K_RESERVED = 1,
};

/* ---- regimes ---- */

/* All of a CD but who it is and how it answers faults (7.1: A, R, S are in no TLB). */
void arch_smmuv3_s1_regime(const uint64_t *cd, const uint64_t *used, struct chk_regime *regime)
{
    uint64_t words[SMMU_WORDS_CD];

    memset(regime, 0, sizeof(*regime));
    for (unsigned i = 0; i < SMMU_WORDS_CD; i++)
        words[i] = cd[i] & used[i];
    smmu_CD_put_ASID(words, 0);
    smmu_CD_put_A(words, 0);
    smmu_CD_put_R(words, 0);
    smmu_CD_put_S(words, 0);
    regime->root[0] = smmu_CD_TTB0_addr(words);
    regime->root[1] = smmu_CD_TTB1_addr(words);
    memcpy(regime->field, words, sizeof(words));
}

/* The list of 7.3: all of stage 2 but faults; @used: its fields. */
void arch_smmuv3_s2_regime(const uint64_t *ste, const uint64_t *used, struct chk_regime *regime)
{
    uint64_t words[SMMU_WORDS_STE];

    memset(regime, 0, sizeof(*regime));
    for (unsigned i = 0; i < SMMU_WORDS_STE; i++)
        words[i] = ste[i] & used[i];
    smmu_STE_put_MEV(words, 0);
    smmu_STE_put_EATS(words, 0);
    smmu_STE_put_S2S(words, 0);
    smmu_STE_put_S2R(words, 0);
    regime->root[0] = smmu_STE_S2TTB_addr(words);
    memcpy(regime->field, words, sizeof(words));
}

/* ---- commands ---- */

static bool is_offered(const struct smmu_caps *caps, uint64_t opcode)
{
    switch (opcode) {
    case SMMU_CMD_CFGI_CD:
    case SMMU_CMD_CFGI_CD_ALL:
    case SMMU_CMD_TLBI_NH_ALL:
    case SMMU_CMD_TLBI_NH_ASID:
    case SMMU_CMD_TLBI_NH_VA:
    case SMMU_CMD_TLBI_NH_VAA:
        return caps->s1p;
    case SMMU_CMD_TLBI_EL2_ALL:
    case SMMU_CMD_TLBI_EL2_ASID:
    case SMMU_CMD_TLBI_EL2_VA:
    case SMMU_CMD_TLBI_EL2_VAA:
        return caps->hyp;
    case SMMU_CMD_TLBI_S12_VMALL:
    case SMMU_CMD_TLBI_S2_IPA:
        return caps->s2p;
    case SMMU_CMD_ATC_INV:
        return caps->ats;
    default:
        return true;
    }
}

static bool is_by_address(uint64_t opcode)
{
    return opcode == SMMU_CMD_TLBI_NH_VA || opcode == SMMU_CMD_TLBI_NH_VAA ||
           opcode == SMMU_CMD_TLBI_EL2_VA || opcode == SMMU_CMD_TLBI_EL2_VAA ||
           opcode == SMMU_CMD_TLBI_S2_IPA;
}

/* I05: one granule at any level is what TG=0 says; with TG it is reserved. */
static bool is_reserved_range(const struct smmu_caps *caps, const uint64_t *words)
{
    const bool is_16k = smmu_TLBI_NH_VA_TG(words) == SMMU_TLBI_NH_VA_TG_G16K;
    const uint64_t ttl = smmu_TLBI_NH_VA_TTL(words);

    return caps->ril && smmu_TLBI_NH_VA_TG(words) && !smmu_TLBI_NH_VA_NUM(words) &&
           !smmu_TLBI_NH_VA_SCALE(words) && (!ttl || (is_16k && ttl == 1 && !caps->ds));
}

static uint32_t kind_of(const struct smmu_caps *caps, const uint64_t *words)
{
    const uint64_t opcode = smmu_UNKNOWN_CMD_op(words);
    const struct hw_layout *layout = smmu_cmd_layout(opcode);

    if (layout == &smmu_layout_UNKNOWN_CMD || layout == &smmu_layout_IMPDEF_CMD ||
        smmu_cmd_is_secure(opcode) || smmu_CMD_SYNC_SSec(words) || !is_offered(caps, opcode))
        return CHK_COMMAND_ILLEGAL;
    if (is_by_address(opcode) && is_reserved_range(caps, words))
        return CHK_COMMAND_ILLEGAL;
    if (opcode >= SMMU_CMD_CFGI_STE && opcode <= SMMU_CMD_CFGI_CD_ALL)
        return CHK_COMMAND_CONFIG;
    if (opcode >= SMMU_CMD_TLBI_NH_ALL && opcode <= SMMU_CMD_TLBI_NSNH_ALL)
        return CHK_COMMAND_TLB;
    switch (opcode) {
    case SMMU_CMD_SYNC:
        return smmu_CMD_SYNC_CS(words) > SMMU_CMD_SYNC_CS_SEV ? CHK_COMMAND_ILLEGAL
                                                              : CHK_COMMAND_SYNC;
    case SMMU_CMD_ATC_INV:
        return CHK_COMMAND_ATC;
    case SMMU_CMD_PREFETCH_CONFIG:
    case SMMU_CMD_PREFETCH_ADDR:
        return CHK_COMMAND_PREFETCH;
    default:
        return CHK_COMMAND_OTHER;
    }
}

static void take_range(const struct smmu_caps *caps, const uint64_t *words,
                       struct chk_command *command)
{
    uint64_t n_bytes = 1;

    command->first = smmu_TLBI_NH_VA_Addr_addr(words);
    command->is_leaf = smmu_TLBI_NH_VA_Leaf(words) == SMMU_TLBI_NH_VA_Leaf_LAST;
    command->has_range = caps->ril && smmu_tlbi_range(words, &n_bytes);
    command->last = command->first + (n_bytes - 1);
    if (command->last < command->first)
        command->last = UINT64_MAX;
}

static void take_names(const uint64_t *words, struct chk_command *command)
{
    switch (smmu_UNKNOWN_CMD_op(words)) {
    case SMMU_CMD_CFGI_CD:
        command->pasid = (uint32_t)smmu_CFGI_CD_SSID(words);
        command->requester = (uint32_t)smmu_CFGI_CD_SID(words);
        command->is_leaf = smmu_CFGI_CD_Leaf(words) == SMMU_CFGI_CD_Leaf_LAST;
        break;
    case SMMU_CMD_CFGI_STE:
        command->is_leaf = smmu_CFGI_STE_Leaf(words) == SMMU_CFGI_STE_Leaf_LAST;
        command->requester = (uint32_t)smmu_CFGI_STE_SID(words);
        break;
    case SMMU_CMD_CFGI_CD_ALL:
        command->requester = (uint32_t)smmu_CFGI_CD_ALL_SID(words);
        break;
    case SMMU_CMD_ATC_INV:
    case SMMU_CMD_PREFETCH_CONFIG:
    case SMMU_CMD_PREFETCH_ADDR:
        command->requester = (uint32_t)smmu_ATC_INV_SID(words);
        if (smmu_ATC_INV_SSV(words))
            command->pasid = (uint32_t)smmu_ATC_INV_SSID(words);
        break;
    case SMMU_CMD_TLBI_NH_VA:
    case SMMU_CMD_TLBI_NH_ASID:
        command->id = (uint32_t)smmu_TLBI_NH_ASID_ASID(words);
        command->space = (uint32_t)smmu_TLBI_NH_ASID_VMID(words);
        break;
    case SMMU_CMD_TLBI_NH_ALL:
    case SMMU_CMD_TLBI_NH_VAA:
    case SMMU_CMD_TLBI_S12_VMALL:
    case SMMU_CMD_TLBI_S2_IPA:
        command->space = (uint32_t)smmu_TLBI_NH_ALL_VMID(words);
        break;
    case SMMU_CMD_TLBI_EL2_ASID:
    case SMMU_CMD_TLBI_EL2_VA:
        command->id = (uint32_t)smmu_TLBI_EL2_ASID_ASID(words);
        break;
    default:
        break;
    }
}

static void take_atc_range(const uint64_t *words, struct chk_command *command)
{
    const unsigned log2 = (unsigned)smmu_ATC_INV_Size(words);

    command->first = smmu_ATC_INV_Addr_addr(words);
    if (log2 >= 52)
        return;
    command->first &= ~((UINT64_C(4096) << log2) - 1);
    command->last = command->first + ((UINT64_C(4096) << log2) - 1);
}

void arch_smmuv3_command(const struct chk_arch_unit *unit, const uint64_t *words,
                         struct chk_command *command)
{
    const struct smmu_caps *caps = &arch_smmuv3_look(unit)->caps;
    const uint64_t opcode = smmu_UNKNOWN_CMD_op(words);

    memset(command, 0, sizeof(*command));
    command->kind = kind_of(caps, words);
    command->requester = CHK_NO_ID;
    command->pasid = CHK_NO_PASID;
    command->space = CHK_NO_ID;
    command->id = CHK_NO_ID;
    command->last = UINT64_MAX;
    command->words[0] = words[0];
    command->words[1] = words[1];
    command->name = smmu_cmd_name(opcode);
    if (opcode == SMMU_CMD_CFGI_STE_RANGE && smmu_CFGI_STE_RANGE_Range(words) == 31)
        command->name = "CFGI_ALL";
    take_names(words, command);
    if (is_by_address(opcode))
        take_range(caps, words, command);
    else if (opcode == SMMU_CMD_ATC_INV)
        take_atc_range(words, command);
    if (opcode != SMMU_CMD_SYNC || smmu_CMD_SYNC_CS(words) != SMMU_CMD_SYNC_CS_IRQ)
        return;
    command->signal = smmu_CMD_SYNC_MSIAddr_addr(words);
    command->signal_value = smmu_CMD_SYNC_MSIData(words);
}

/* ---- configuration (4.3) ---- */

static bool names_sid(const uint64_t *words, uint32_t sid, unsigned split)
{
    unsigned bits = split;

    if (smmu_UNKNOWN_CMD_op(words) == SMMU_CMD_CFGI_STE_RANGE &&
        smmu_CFGI_STE_RANGE_Range(words) + 1 > bits)
        bits = (unsigned)smmu_CFGI_STE_RANGE_Range(words) + 1;
    return ((uint64_t)sid ^ smmu_CFGI_STE_SID(words)) >> bits == 0;
}

static bool drops_cd(const struct chk_command *command, const struct chk_key *key)
{
    const uint64_t opcode = smmu_UNKNOWN_CMD_op(command->words);
    const unsigned split = key->index >> L1CD_SPLIT_SHIFT;

    if (!names_sid(command->words, key->requester, 0))
        return false;
    if (opcode != SMMU_CMD_CFGI_CD)
        return true;
    if (key->structure == SIM_S_CD)
        return command->pasid == key->index;
    return !command->is_leaf && arch_smmuv3_l1cd_index(command->pasid, split) == key->index;
}

bool arch_smmuv3_drops_config(const struct chk_arch_unit *unit, const struct chk_command *command,
                              const struct chk_key *key)
{
    const struct arch_smmuv3_unit *s = arch_smmuv3_look(unit);
    const uint64_t opcode = smmu_UNKNOWN_CMD_op(command->words);
    const bool is_ste = opcode == SMMU_CMD_CFGI_STE || opcode == SMMU_CMD_CFGI_STE_RANGE;
    struct smmu_strtab strtab;

    if (command->kind != CHK_COMMAND_CONFIG)
        return false;
    switch (key->structure) {
    case SIM_S_L1STD:
        smmu_strtab_parse(s->strtab_base, (uint32_t)s->strtab_base_cfg, &s->caps, &strtab);
        return is_ste && !command->is_leaf &&
               names_sid(command->words, key->index << strtab.split, strtab.split);
    case SIM_S_STE:
        return is_ste && names_sid(command->words, key->requester, 0);
    default:
        return drops_cd(command, key);
    }
}

/* ---- translations (4.4, 5.3, 5.4) ---- */

static bool names_space(const struct arch_smmuv3_unit *s, const struct chk_command *command,
                        const struct chk_tag *tag)
{
    const unsigned ignored = (unsigned)smmu_CR0_VMW(&s->cr0);
    const uint32_t mask = s->caps.vmid16 ? LARGE_ID_MASK : SMALL_ID_MASK;

    return !s->caps.s2p || ((command->space ^ tag->space) & mask) >> ignored == 0;
}

/* Which of a guest's ASIDs an entry has is not known: none is named. */
static bool names_id(const struct arch_smmuv3_unit *s, const struct chk_command *command,
                     const struct chk_tag *tag)
{
    const uint32_t mask = s->caps.asid16 ? LARGE_ID_MASK : SMALL_ID_MASK;

    return tag->id != CHK_NO_ID && ((command->id ^ tag->id) & mask) == 0;
}

static bool names_tag(const struct arch_smmuv3_unit *s, const struct chk_command *command,
                      const struct chk_tlb_entry *entry)
{
    const struct chk_tag *tag = &entry->tag;
    const bool is_el1 = tag->world == SMMU_WORLD_NS_EL1;
    const bool is_e2h = tag->world == SMMU_WORLD_EL2_E2H;
    const bool e2h = smmu_CR2_E2H(&s->cr2) != 0;
    const bool is_s1 = is_el1 && tag->stage == 1;

    switch (smmu_UNKNOWN_CMD_op(command->words)) {
    case SMMU_CMD_TLBI_NH_ALL:
    case SMMU_CMD_TLBI_NH_VAA:
        return is_s1 && names_space(s, command, tag);
    case SMMU_CMD_TLBI_NH_ASID:
        return is_s1 && names_space(s, command, tag) && !entry->is_global &&
               names_id(s, command, tag);
    case SMMU_CMD_TLBI_NH_VA:
        return is_s1 && names_space(s, command, tag) &&
               (entry->is_global || names_id(s, command, tag));
    case SMMU_CMD_TLBI_S12_VMALL:
        return is_el1 && names_space(s, command, tag);
    case SMMU_CMD_TLBI_S2_IPA:
        return is_el1 && tag->stage == 2 && !entry->is_combined && names_space(s, command, tag);
    case SMMU_CMD_TLBI_EL2_ALL:
        return !is_el1;
    case SMMU_CMD_TLBI_EL2_ASID:
        return is_e2h && !entry->is_global && names_id(s, command, tag);
    case SMMU_CMD_TLBI_EL2_VA:
        return e2h ? is_e2h && (entry->is_global || names_id(s, command, tag)) : !is_el1 && !is_e2h;
    case SMMU_CMD_TLBI_EL2_VAA:
        return e2h ? is_e2h : !is_el1 && !is_e2h;
    case SMMU_CMD_TLBI_NSNH_ALL:
        return is_el1;
    default:
        return false;
    }
}

/* I01 to I04: does the command name the level and the address? */
static bool names_place(const struct arch_smmuv3_unit *s, const struct chk_command *command,
                        const struct chk_tlb_entry *entry)
{
    const uint64_t *words = command->words;
    unsigned ttl = (unsigned)smmu_TLBI_NH_VA_TTL(words);

    if (entry->is_table && command->is_leaf)
        return false;
    if (!command->has_range)
        return command->first <= entry->last && command->first >= entry->first;
    if (smmu_TLBI_NH_VA_TG(words) == SMMU_TLBI_NH_VA_TG_G16K && ttl == TTL_16K_RESERVED &&
        !s->caps.ds)
        ttl = 0;
    if (entry->granule_log2 && smmu_tlbi_tg_log2(smmu_TLBI_NH_VA_TG(words)) != entry->granule_log2)
        return false;
    if (ttl && (entry->is_table ? entry->level >= (int)ttl : entry->level != (int)ttl))
        return false;
    return entry->first <= command->last && entry->last >= command->first;
}

bool arch_smmuv3_drops_tlb(const struct chk_arch_unit *unit, const struct chk_command *command,
                           const struct chk_tlb_entry *entry)
{
    const struct arch_smmuv3_unit *s = arch_smmuv3_look(unit);

    if (command->kind != CHK_COMMAND_TLB || !names_tag(s, command, entry))
        return false;
    return !is_by_address(smmu_UNKNOWN_CMD_op(command->words)) || names_place(s, command, entry);
}
