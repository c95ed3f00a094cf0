/* SPDX-License-Identifier: BSD-2-Clause
 * arch_smmuv3.c - SMMUv3 for check/: registers, and the chain from a StreamID to its target.
 * Knows: the model's decoders. Must not know: time, memory, the model's state. */
#include "cli/arch_smmuv3.h"

#include "models/smmuv3/smmu_layout.h"

#include <assert.h>
#include <string.h>

static_assert(sizeof(struct arch_smmuv3_unit) <= sizeof(((struct chk_arch_unit *)0)->state),
              "the state of a unit is too small");
static_assert(sizeof(struct smmu_ste) <= sizeof(((struct chk_chain *)0)->state),
              "the state of a chain is too small");

enum {
    SPLIT_4K = 6, /* CDs in a second-level table, log2 */
    SPLIT_64K = 10,
    COMMAND_BYTES = 16,
    HALF = 32,
    /* chk_target.field */
    FIELD_CONFIG = 0,
    FIELD_OVERRIDES,
    FIELD_CD,          /* 8 words */
    FIELD_S2 = 10,     /* STE words 1 to 3 */
    FIELD_GUEST = 13,  /* table of the guest's CDs */
    FIELD_GUEST_SHAPE, /* how it is read */
};

struct arch_smmuv3_unit *arch_smmuv3_state(struct chk_arch_unit *unit)
{
    return (struct arch_smmuv3_unit *)(void *)unit->state;
}

const struct arch_smmuv3_unit *arch_smmuv3_look(const struct chk_arch_unit *unit)
{
    return (const struct arch_smmuv3_unit *)(const void *)unit->state;
}

/* ---- registers ---- */

static void init(struct chk_arch_unit *unit)
{
    memset(unit, 0, sizeof(*unit));
    unit->slot_bytes = COMMAND_BYTES;
    smmu_caps_parse(&arch_smmuv3_look(unit)->idr, &arch_smmuv3_state(unit)->caps);
}

static void set(struct chk_arch_unit *unit, uint64_t offset, uint64_t value)
{
    struct arch_smmuv3_unit *s = arch_smmuv3_state(unit);

    switch (offset) {
    case SMMU_REG_IDR0:
        s->idr.idr0 = (uint32_t)value;
        unit->is_known = true;
        break;
    case SMMU_REG_IDR1:
        s->idr.idr1 = (uint32_t)value;
        break;
    case SMMU_REG_IDR3:
        s->idr.idr3 = (uint32_t)value;
        break;
    case SMMU_REG_IDR5:
        s->idr.idr5 = (uint32_t)value;
        break;
    default:
        return;
    }
    smmu_caps_parse(&s->idr, &s->caps);
}

/* A 64-bit register may be written in halves. */
static void merge(uint64_t *reg, uint64_t reg_offset, uint64_t offset, uint32_t n_bytes,
                  uint64_t value)
{
    if (n_bytes == sizeof(uint64_t))
        *reg = value;
    else if (offset == reg_offset)
        *reg = (*reg >> HALF) << HALF | (uint32_t)value;
    else
        *reg = (uint32_t)*reg | value << HALF;
}

static enum chk_reg_effect write_cr0(struct chk_arch_unit *unit, uint64_t value)
{
    struct arch_smmuv3_unit *s = arch_smmuv3_state(unit);
    const bool was_on = unit->is_on;
    const bool had_queue = unit->has_queue;
    const bool is_other = smmu_CR0_ATSCHK(&s->cr0) != smmu_CR0_ATSCHK(&value);

    s->cr0 = value;
    unit->is_on = smmu_CR0_SMMUEN(&value) != 0;
    unit->has_queue = smmu_CR0_CMDQEN(&value) != 0;
    if (unit->is_on != was_on)
        return unit->is_on ? CHK_REG_ON : CHK_REG_OFF;
    if (unit->has_queue != had_queue)
        return CHK_REG_QUEUE;
    return is_other ? CHK_REG_CONTROL : CHK_REG_NONE;
}

static enum chk_reg_effect write_queue_base(struct chk_arch_unit *unit, uint64_t offset,
                                            uint32_t n_bytes, uint64_t value)
{
    struct arch_smmuv3_unit *s = arch_smmuv3_state(unit);

    merge(&s->cmdq_base, SMMU_REG_CMDQ_BASE, offset, n_bytes, value);
    unit->queue_log2 = (uint8_t)smmu_CMDQ_BASE_LOG2SIZE(&s->cmdq_base);
    unit->queue_base = smmu_CMDQ_BASE_ADDR_addr(&s->cmdq_base) &
                       ~(((uint64_t)COMMAND_BYTES << unit->queue_log2) - 1);
    return CHK_REG_QUEUE;
}

static enum chk_reg_effect write(struct chk_arch_unit *unit, uint64_t offset, uint32_t n_bytes,
                                 uint64_t value)
{
    struct arch_smmuv3_unit *s = arch_smmuv3_state(unit);

    switch (offset) {
    case SMMU_REG_CR0:
        return write_cr0(unit, value);
    case SMMU_REG_CR2:
        s->cr2 = value;
        return CHK_REG_CONTROL;
    case SMMU_REG_GBPA:
        s->gbpa = value;
        return CHK_REG_CONTROL;
    case SMMU_REG_STRTAB_BASE:
    case SMMU_REG_STRTAB_BASE + 4:
        merge(&s->strtab_base, SMMU_REG_STRTAB_BASE, offset, n_bytes, value);
        return CHK_REG_TABLE;
    case SMMU_REG_STRTAB_BASE_CFG:
        s->strtab_base_cfg = value;
        return CHK_REG_TABLE;
    case SMMU_REG_CMDQ_BASE:
    case SMMU_REG_CMDQ_BASE + 4:
        return write_queue_base(unit, offset, n_bytes, value);
    case SMMU_REG_CMDQ_PROD:
        unit->prod = (uint32_t)smmu_CMDQ_PROD_WR(&value);
        return CHK_REG_PROD;
    default:
        return CHK_REG_NONE;
    }
}

static bool queue_is_past(const struct chk_arch_unit *unit, uint64_t offset, uint64_t value,
                          uint32_t *read_pointer)
{
    (void)unit;
    if (offset != SMMU_REG_CMDQ_CONS)
        return false;
    *read_pointer = (uint32_t)smmu_CMDQ_CONS_RD(&value);
    return true;
}

/* ---- structures ---- */

static unsigned n_words(unsigned structure)
{
    switch (structure) {
    case SIM_S_L1STD:
        return SMMU_WORDS_L1STD;
    case SIM_S_STE:
        return SMMU_WORDS_STE;
    case SIM_S_L1CD:
        return SMMU_WORDS_L1CD;
    case SIM_S_CD:
        return SMMU_WORDS_CD;
    default:
        return 0;
    }
}

static void used(const struct chk_arch_unit *unit, unsigned structure, const uint64_t *words,
                 uint64_t *mask)
{
    const struct hw_layout *layout = NULL;
    uint32_t conditions = SMMU_USED_ALWAYS;

    (void)unit;
    memset(mask, 0, n_words(structure) * sizeof(*mask));
    switch (structure) {
    case SIM_S_L1STD:
        layout = &smmu_layout_L1STD;
        break;
    case SIM_S_STE:
        layout = &smmu_layout_STE;
        conditions = smmu_ste_conditions(words);
        break;
    case SIM_S_L1CD:
        layout = &smmu_layout_L1CD;
        conditions = smmu_l1cd_conditions(words);
        break;
    case SIM_S_CD:
        layout = &smmu_layout_CD;
        conditions = smmu_cd_conditions(words);
        break;
    default:
        return;
    }
    hw_used(layout->fields, layout->n_fields, conditions, mask);
}

/* ---- chains ---- */

static void refuse(struct chk_chain *chain, int event, const char *rule)
{
    chain->is_over = true;
    chain->target.kind = CHK_REFUSED;
    chain->target.refusal = CHK_REFUSAL_LOST;
    chain->target.event = (uint32_t)event;
    chain->target.rule = rule;
}

static void ask(struct chk_chain *chain, unsigned structure, uint32_t index, uint64_t address)
{
    const bool is_shared = structure == SIM_S_L1STD;

    chain->key.structure = structure;
    chain->key.requester = is_shared ? 0 : chain->request.requester;
    chain->key.index = index;
    chain->n_words = (uint8_t)n_words(structure);
    chain->address = address;
}

static void strtab_of(const struct arch_smmuv3_unit *s, struct smmu_strtab *strtab)
{
    smmu_strtab_parse(s->strtab_base, (uint32_t)s->strtab_base_cfg, &s->caps, strtab);
}

static void begin(const struct chk_arch_unit *unit, const struct chk_request *request,
                  struct chk_chain *chain)
{
    const struct arch_smmuv3_unit *s = arch_smmuv3_look(unit);
    struct smmu_strtab strtab;

    memset(chain, 0, sizeof(*chain));
    chain->request = *request;
    if (!smmu_CR0_ATSCHK(&s->cr0))
        chain->target.ats = CHK_ATS_PASSES; /* unchecked */
    if (!unit->is_on) {
        if (smmu_GBPA_ABORT(&s->gbpa)) {
            refuse(chain, 0, "GBPA.ABORT");
            return;
        }
        chain->is_over = true;
        chain->target.kind = CHK_BYPASS;
        return;
    }
    strtab_of(s, &strtab);
    if (smmu_strtab_check_sid(&strtab, request->requester))
        refuse(chain, SMMU_EVT_C_BAD_STREAMID, "S01");
    else if (strtab.fmt == SMMU_STRTAB_TWO_LEVEL)
        ask(chain, SIM_S_L1STD, request->requester >> strtab.split,
            smmu_l1std_address(&strtab, request->requester));
    else
        ask(chain, SIM_S_STE, 0, smmu_ste_address(&strtab, request->requester));
}

static void after_l1std(const struct arch_smmuv3_unit *s, struct chk_chain *chain,
                        const uint64_t *words)
{
    struct smmu_strtab strtab;
    uint64_t address = 0;

    strtab_of(s, &strtab);
    if (smmu_l1std_check(words[0], chain->request.requester, &strtab, &address))
        refuse(chain, SMMU_EVT_C_BAD_STREAMID, "S06");
    else if (smmu_ste_fetch_check(&s->caps, &address))
        refuse(chain, SMMU_EVT_F_STE_FETCH, "S08");
    else
        ask(chain, SIM_S_STE, 0, address);
}

static uint64_t pack_overrides(const struct smmu_overrides *o)
{
    uint64_t packed = (uint64_t)o->sh | (uint64_t)o->priv << 4 | (uint64_t)o->inst << 8;

    if (o->has_mem_attr)
        packed |= UINT64_C(1) << 12 | (uint64_t)o->mem_attr << 16;
    if (o->has_alloc)
        packed |= UINT64_C(1) << 13 | (uint64_t)o->read_alloc << 24 |
                  (uint64_t)o->write_alloc << 25 | (uint64_t)o->is_transient << 26;
    return packed;
}

static void take_tag(struct chk_tag *tag, const struct smmu_ste *ste, unsigned stage, uint32_t asid)
{
    tag->world = (uint32_t)ste->world;
    tag->space = ste->world == SMMU_WORLD_NS_EL1 ? ste->vmid : CHK_NO_ID;
    tag->id = asid;
    tag->requester = CHK_NO_ID;
    tag->stage = stage;
}

/* Stage 2, as the entry @words has it. */
static void take_s2(struct chk_chain *chain, const struct smmu_ste *ste, const uint64_t *words)
{
    struct chk_target *target = &chain->target;
    uint64_t mask[SMMU_WORDS_STE] = {0};
    uint64_t s2[SMMU_WORDS_STE];

    hw_used(smmu_layout_STE.fields, smmu_layout_STE.n_fields, SMMU_USED_S2, mask);
    for (unsigned i = 0; i < SMMU_WORDS_STE; i++)
        s2[i] = words[i] & mask[i];
    smmu_STE_put_MEV(s2, 0); /* reports, and ATS: no part of where a request goes */
    smmu_STE_put_EATS(s2, 0);
    for (unsigned i = 1; i <= 3; i++)
        target->field[FIELD_S2 + i - 1] = s2[i];
    take_tag(&target->tlb[target->n_tlbs].tag, ste, 2, CHK_NO_ID);
    arch_smmuv3_s2_regime(words, mask, &target->tlb[target->n_tlbs].regime);
    target->n_tlbs++;
}

/* S1DSS is about requests without an SSID. */
static void take_guest(struct chk_chain *chain, const struct smmu_ste *ste)
{
    const unsigned s1_dss = chain->request.pasid == CHK_NO_PASID ? (unsigned)ste->s1_dss : 0;
    struct chk_target *target = &chain->target;

    target->kind = CHK_OPAQUE;
    target->field[FIELD_GUEST] = ste->s1_context_ptr;
    target->field[FIELD_GUEST_SHAPE] =
        (uint64_t)ste->s1_fmt | (uint64_t)ste->s1_cd_max << 4 | (uint64_t)s1_dss << 12 |
        (uint64_t)ste->s1stalld << 16 | (uint64_t)ste->cd_fetch.inner << 20 |
        (uint64_t)ste->cd_fetch.outer << 24 | (uint64_t)ste->cd_fetch.sh << 28;
    chain->is_over = true;
}

static void ask_cd(const struct smmu_ste *ste, struct chk_chain *chain, uint32_t index)
{
    const unsigned split = ste->s1_fmt == SMMU_CDTAB_TWO_LEVEL_64K ? SPLIT_64K : SPLIT_4K;

    if (ste->s1_cd_max > 0 && ste->s1_fmt != SMMU_CDTAB_LINEAR)
        ask(chain, SIM_S_L1CD, arch_smmuv3_l1cd_index(index, split), smmu_l1cd_address(ste, index));
    else
        ask(chain, SIM_S_CD, index, smmu_cd_address(ste, index));
}

/* Which CD of the stream, for what follows an L1CD. */
static uint32_t cd_index(const struct arch_smmuv3_unit *s, const struct chk_chain *chain,
                         const struct smmu_ste *ste)
{
    struct smmu_cd_choice choice = {.use = SMMU_CD_USE_ABORT};
    const bool ssv = chain->request.pasid != CHK_NO_PASID;

    (void)smmu_ssid_decode(ste, &s->caps, ssv, ssv ? chain->request.pasid : 0, &choice);
    return choice.index;
}

static void after_ste(const struct arch_smmuv3_unit *s, struct chk_chain *chain,
                      const uint64_t *words)
{
    const struct smmu_ctrl ctrl = {
        .ats_check = smmu_CR0_ATSCHK(&s->cr0) != 0,
        .e2h = smmu_CR2_E2H(&s->cr2) != 0,
        .rec_inv_sid = smmu_CR2_RECINVSID(&s->cr2) != 0,
    };
    const bool ssv = chain->request.pasid != CHK_NO_PASID;
    struct smmu_cd_choice choice = {.use = SMMU_CD_USE_ABORT};
    struct smmu_ste ste;
    int event = smmu_ste_decode(words, &s->caps, &ctrl, &ste);

    if (!event && !ste.is_abort)
        event = smmu_ssid_decode(&ste, &s->caps, ssv, ssv ? chain->request.pasid : 0, &choice);
    if (event || ste.is_abort) {
        refuse(chain, event, ste.rule ? ste.rule : ste.is_abort ? "Config=abort" : "3.2");
        return;
    }
    memcpy(chain->state, &ste, sizeof(ste));
    chain->target.field[FIELD_CONFIG] = (uint64_t)ste.world << 8 | (uint64_t)ste.has_s2 << 4;
    chain->target.field[FIELD_OVERRIDES] = pack_overrides(&ste.overrides);
    if (ste.eats != SMMU_EATS_OFF)
        chain->target.ats = CHK_ATS_ANSWERS | CHK_ATS_PASSES;
    if (ste.has_s2)
        take_s2(chain, &ste, words);
    if (choice.use == SMMU_CD_USE_BYPASS) {
        chain->is_over = true;
        chain->target.kind = ste.has_s2 ? CHK_TRANSLATED : CHK_BYPASS;
        return;
    }
    chain->target.field[FIELD_CONFIG] |= 1;
    if (ste.has_s2)
        take_guest(chain, &ste);
    else
        ask_cd(&ste, chain, choice.index);
}

static void after_l1cd(const struct arch_smmuv3_unit *s, struct chk_chain *chain,
                       const uint64_t *words)
{
    struct smmu_ste ste;
    uint64_t address = 0;
    uint32_t index;

    memcpy(&ste, chain->state, sizeof(ste));
    index = cd_index(s, chain, &ste);
    if (smmu_l1cd_check(words[0], index, &ste, &s->caps, &address))
        refuse(chain, SMMU_EVT_C_BAD_SUBSTREAMID, "C03");
    else
        ask(chain, SIM_S_CD, index, address);
}

static void after_cd(const struct chk_arch_unit *unit, struct chk_chain *chain,
                     const uint64_t *words)
{
    const struct arch_smmuv3_unit *s = arch_smmuv3_look(unit);
    struct chk_target *target = &chain->target;
    uint64_t mask[SMMU_WORDS_CD];
    struct smmu_ste ste;
    struct smmu_cd cd;
    int event;

    memcpy(&ste, chain->state, sizeof(ste));
    event = smmu_cd_decode(words, &ste, &s->caps, &cd);
    if (event) {
        refuse(chain, event, cd.rule);
        return;
    }
    used(unit, SIM_S_CD, words, mask);
    for (unsigned i = 0; i < SMMU_WORDS_CD; i++)
        target->field[FIELD_CD + i] = words[i] & mask[i];
    target->kind = CHK_TRANSLATED;
    take_tag(&target->tlb[0].tag, &ste, 1, ste.world == SMMU_WORLD_EL2 ? CHK_NO_ID : cd.asid);
    arch_smmuv3_s1_regime(words, mask, &target->tlb[0].regime);
    target->n_tlbs = 1;
    chain->is_over = true;
}

static void next(const struct chk_arch_unit *unit, struct chk_chain *chain, const uint64_t *words)
{
    const struct arch_smmuv3_unit *s = arch_smmuv3_look(unit);

    switch (chain->key.structure) {
    case SIM_S_L1STD:
        after_l1std(s, chain, words);
        break;
    case SIM_S_STE:
        after_ste(s, chain, words);
        break;
    case SIM_S_L1CD:
        after_l1cd(s, chain, words);
        break;
    default:
        after_cd(unit, chain, words);
        break;
    }
}

static const char *event(uint32_t code)
{
    return code ? smmu_evt_name(code) : "abort";
}

const struct chk_arch arch_smmuv3 = {
    .arch = SIM_ARCH_SMMUV3,
    .last_level = 3,
    .init = init,
    .set = set,
    .write = write,
    .n_words = n_words,
    .used = used,
    .begin = begin,
    .next = next,
    .command = arch_smmuv3_command,
    .drops_config = arch_smmuv3_drops_config,
    .drops_tlb = arch_smmuv3_drops_tlb,
    .roots = arch_smmuv3_roots,
    .pte = arch_smmuv3_pte,
    .queue_is_past = queue_is_past,
    .event = event,
};
