/* SPDX-License-Identifier: BSD-2-Clause
 * ord_duty.c - what caches may still hold, and who takes care of it.
 * Knows: configuration commands, duties. Must not know: how duties come about. */
#include "check/smmuv3/ord_smmu.h"

#include <inttypes.h>
#include <string.h>

struct ord_duty *ord_duty_new(struct ord_smmu *smmu, struct ord_unit *unit, enum ord_duty_kind kind)
{
    void *duties = unit->duties;
    struct ord_duty *duty;

    if (!ord_room(smmu->order, &duties, &unit->duties_room, unit->n_duties, sizeof(*unit->duties)))
        return NULL;
    unit->duties = duties;
    duty = &unit->duties[unit->n_duties++];
    memset(duty, 0, sizeof(*duty));
    duty->kind = kind;
    duty->cpu = smmu->order->rec->cpu;
    duty->since = ord_here(smmu->order);
    duty->index = ORD_NO_INDEX;
    return duty;
}

struct ord_duty *ord_duty_of(struct ord_unit *unit, enum ord_duty_kind kind, uint64_t pa,
                             uint32_t sid)
{
    for (size_t i = 0; i < unit->n_duties; i++) {
        struct ord_duty *duty = &unit->duties[i];

        if (duty->kind == kind && duty->pa == pa && duty->sid == sid)
            return duty;
    }
    return NULL;
}

/* ---- Configuration commands --------------------------------------------------------------------
 */

/* StreamIDs that a CFGI command names. Return: false if it is none. */
static bool cfgi_sids(const uint64_t *cmd, uint64_t *first, uint64_t *last)
{
    const uint64_t op = smmu_UNKNOWN_CMD_op(cmd);
    const uint64_t sid = smmu_CFGI_STE_SID(cmd);

    if (op == SMMU_CMD_CFGI_STE_RANGE) {
        const uint64_t n = UINT64_C(1) << (smmu_CFGI_STE_RANGE_Range(cmd) + 1);

        *first = sid & ~(n - 1);
        *last = *first + n - 1;
        return true;
    }
    *first = sid;
    *last = sid;
    return op == SMMU_CMD_CFGI_STE || op == SMMU_CMD_CFGI_CD || op == SMMU_CMD_CFGI_CD_ALL;
}

static bool is_for_ste(uint64_t op)
{
    return op == SMMU_CMD_CFGI_STE || op == SMMU_CMD_CFGI_STE_RANGE;
}

/* First-level descriptors go with Leaf=0 and with ranges (4.3). */
static bool drops_level1(const uint64_t *cmd)
{
    const uint64_t op = smmu_UNKNOWN_CMD_op(cmd);

    return op == SMMU_CMD_CFGI_STE_RANGE || op == SMMU_CMD_CFGI_CD_ALL ||
           smmu_CFGI_STE_Leaf(cmd) == SMMU_CFGI_STE_Leaf_ALL;
}

static bool covers_cd(const struct ord_duty *duty, const uint64_t *cmd)
{
    const uint64_t op = smmu_UNKNOWN_CMD_op(cmd);

    if (is_for_ste(op) || op == SMMU_CMD_CFGI_CD_ALL)
        return true;
    if (duty->kind == ORD_DUTY_CD)
        return smmu_CFGI_CD_SSID(cmd) == duty->ssid;
    /* any SubstreamID of the second-level table */
    return smmu_CFGI_CD_SSID(cmd) - duty->ssid < duty->last && drops_level1(cmd);
}

static bool covers_config(const struct ord_duty *duty, const uint64_t *cmd)
{
    const uint64_t op = smmu_UNKNOWN_CMD_op(cmd);
    uint64_t first, last;

    if (!cfgi_sids(cmd, &first, &last))
        return false;
    switch (duty->kind) {
    case ORD_DUTY_STE:
        return is_for_ste(op) && duty->sid >= first && duty->sid <= last;
    case ORD_DUTY_L1STD:
        return is_for_ste(op) && drops_level1(cmd) && duty->sid <= last &&
               first < (uint64_t)duty->sid + duty->n_sids;
    case ORD_DUTY_CD:
    case ORD_DUTY_L1CD:
        return duty->sid >= first && duty->sid <= last && covers_cd(duty, cmd);
    case ORD_DUTY_ATSCHK: /* every STE: a range of all */
        return is_for_ste(op) && first == 0 && last >= UINT32_MAX;
    case ORD_DUTY_PTE:
    case ORD_DUTY_RIGHTS:
    case ORD_DUTY_TAG:
    default:
        return false;
    }
}

static void note_idle(struct ord_unit *unit, const struct ord_command *command)
{
    struct ord_idle *idle;
    uint64_t first, last;

    if (!cfgi_sids(command->words, &first, &last))
        return;
    idle = &unit->idle[unit->n_idle++ % ORD_N_IDLE];
    memcpy(idle->cmd, command->words, sizeof(idle->cmd));
    idle->seq = command->seq;
    idle->cpu = command->cpu;
}

/* ---- Tags --------------------------------------------------------------------------------------
 */

/* A tag's old entries may come back while the old configuration may still be cached. */
bool ord_is_settled(const struct ord_unit *unit, uint64_t pa)
{
    for (size_t i = 0; i < unit->n_duties; i++) {
        const struct ord_duty *duty = &unit->duties[i];

        if ((duty->kind == ORD_DUTY_CD || duty->kind == ORD_DUTY_STE) && duty->pa == pa)
            return false;
    }
    return true;
}

static void apply_tlbi(struct ord_smmu *smmu, struct ord_unit *unit, size_t i,
                       const struct ord_command *command)
{
    struct ord_duty *duty = &unit->duties[i];

    if (duty->kind == ORD_DUTY_PTE || duty->kind == ORD_DUTY_RIGHTS)
        ord_tlbi_apply(smmu, unit, i, command);
    else if (duty->kind == ORD_DUTY_TAG && duty->index == ORD_NO_INDEX &&
             ord_tlbi_drops_tag(command->words, duty->key_s2, duty->vmid, duty->asid) &&
             ord_is_settled(unit, duty->pa))
        duty->index = command->index;
}

void ord_duty_command(struct ord_smmu *smmu, struct ord_unit *unit,
                      const struct ord_command *command)
{
    const size_t n = unit->n_duties; /* those that are made here need nothing from it */
    const bool is_tlbi = ord_tlbi_is(smmu_UNKNOWN_CMD_op(command->words));
    bool is_idle = true;

    for (size_t i = 0; i < n; i++) {
        struct ord_duty *duty = &unit->duties[i];

        if (is_tlbi) {
            apply_tlbi(smmu, unit, i, command);
        } else if (covers_config(duty, command->words)) {
            is_idle = false;
            if (duty->index == ORD_NO_INDEX)
                duty->index = command->index;
        }
    }
    if (is_idle && !is_tlbi)
        note_idle(unit, command);
}

void ord_duty_complete(struct ord_unit *unit)
{
    size_t n = 0;

    for (size_t i = 0; i < unit->n_duties; i++) {
        const struct ord_duty *duty = &unit->duties[i];

        if (duty->index >= unit->cmdq.done)
            unit->duties[n++] = *duty;
    }
    unit->n_duties = n;
}

/* ---- The end of an operation -------------------------------------------------------------------
 */

/* Did this CPU send the right command in this operation, but before the store? */
static bool came_early(const struct ord_unit *unit, const struct ord_duty *duty, uint64_t from_seq)
{
    for (size_t i = 0; i < ORD_N_IDLE; i++) {
        const struct ord_idle *idle = &unit->idle[i];

        if (idle->seq && idle->cpu == duty->cpu && idle->seq >= from_seq &&
            idle->seq < duty->since.seq && covers_config(duty, idle->cmd))
            return true;
    }
    return false;
}

static void tell_config(struct ord_smmu *smmu, const struct ord_unit *unit,
                        const struct ord_duty *duty, uint64_t from_seq)
{
    static const enum chk_rule_id rules[] = {[ORD_DUTY_STE] = CHK_RULE_STE_NO_CFGI,
                                             [ORD_DUTY_CD] = CHK_RULE_CD_NO_CFGI,
                                             [ORD_DUTY_L1STD] = CHK_RULE_L1STD_NO_CFGI,
                                             [ORD_DUTY_L1CD] = CHK_RULE_L1CD_NO_CFGI,
                                             [ORD_DUTY_ATSCHK] = CHK_RULE_ATSCHK_NO_CFGI};
    static const char *const names[] = {[ORD_DUTY_STE] = "STE",
                                        [ORD_DUTY_CD] = "CD",
                                        [ORD_DUTY_L1STD] = "L1STD",
                                        [ORD_DUTY_L1CD] = "L1CD",
                                        [ORD_DUTY_ATSCHK] = "CR0.ATSCHK"};
    enum chk_rule_id rule = rules[duty->kind];

    if (from_seq && came_early(unit, duty, from_seq))
        rule = CHK_RULE_CFGI_EARLY;
    if (duty->kind == ORD_DUTY_ATSCHK)
        ord_hit_since(smmu->order, rule, unit->iommu, &duty->since,
                      "CR0.ATSCHK changed at record %" PRIu64 ", STEs may still hold the old one",
                      duty->since.seq);
    else
        ord_hit_since(smmu->order, rule, unit->iommu, &duty->since,
                      "%s 0x%" PRIx64 " of StreamID 0x%x, SubstreamID 0x%x: q0 was 0x%" PRIx64
                      ", is 0x%" PRIx64,
                      names[duty->kind], duty->pa, duty->sid, duty->ssid, duty->before[0],
                      sim_mem_read64(smmu->order->mem, duty->pa));
}

static void tell_tlb(struct ord_smmu *smmu, const struct ord_unit *unit,
                     const struct ord_duty *duty)
{
    enum chk_rule_id rule = CHK_RULE_UNMAP_NO_TLBI;

    if (duty->needs_s1)
        rule = CHK_RULE_TLBI_STAGE2_ONLY;
    else if (duty->kind == ORD_DUTY_RIGHTS)
        rule = CHK_RULE_PTE_RIGHTS_NO_TLBI;
    else if (duty->saw_leaf)
        rule = CHK_RULE_TLBI_LEAF_ONLY;
    else if (duty->saw_other)
        rule = CHK_RULE_TLBI_WRONG_TAG;
    ord_hit_since(smmu->order, rule, unit->iommu, &duty->since,
                  "0x%" PRIx64 "-0x%" PRIx64 " under %s %u: descriptor 0x%" PRIx64 " was 0x%" PRIx64
                  ", is 0x%" PRIx64,
                  duty->first, duty->last, duty->key_s2 ? "VMID" : "ASID",
                  duty->key_s2 ? duty->vmid : duty->asid, duty->pa, duty->before[0],
                  sim_mem_read64(smmu->order->mem, duty->pa));
}

static void tell(struct ord_smmu *smmu, const struct ord_unit *unit, const struct ord_duty *duty,
                 uint64_t from_seq)
{
    switch (duty->kind) {
    case ORD_DUTY_PTE:
    case ORD_DUTY_RIGHTS:
        tell_tlb(smmu, unit, duty);
        break;
    case ORD_DUTY_TAG:
        ord_hit_since(smmu->order, duty->key_s2 ? CHK_RULE_VMID_REUSED : CHK_RULE_ASID_REUSED,
                      unit->iommu, &duty->since,
                      "%s %u led to 0x%" PRIx64 ", leads to 0x%" PRIx64 " now, and was not flushed",
                      duty->key_s2 ? "VMID" : "ASID", duty->key_s2 ? duty->vmid : duty->asid,
                      duty->before[0], duty->before[1]);
        break;
    case ORD_DUTY_STE:
    case ORD_DUTY_CD:
    case ORD_DUTY_L1STD:
    case ORD_DUTY_L1CD:
    case ORD_DUTY_ATSCHK:
    default:
        tell_config(smmu, unit, duty, from_seq);
        break;
    }
}

/* In a domain with a flush queue, translations may stay a while. */
static bool is_excused(const struct ord_smmu *smmu, const struct ord_duty *duty,
                       const struct ord_mark *mark)
{
    return duty->kind == ORD_DUTY_PTE && mark && ord_is_lazy(smmu->order, mark->domain);
}

void ord_duty_end(struct ord_smmu *smmu, struct ord_unit *unit, const struct ord_mark *mark,
                  uint16_t cpu)
{
    const uint64_t from_seq = mark ? mark->seq : 0;
    size_t n = 0;

    for (size_t i = 0; i < unit->n_duties; i++) {
        struct ord_duty *duty = &unit->duties[i];
        const bool is_due = duty->index == ORD_NO_INDEX && (!mark || duty->cpu == cpu) &&
                            duty->since.seq >= from_seq;

        if (is_due && !duty->is_judged && !is_excused(smmu, duty, mark))
            tell(smmu, unit, duty, from_seq);
        duty->is_judged |= is_due;
        /* Configuration stays: later stores to the entry are still part of the same change. */
        if (!is_due || duty->kind == ORD_DUTY_STE || duty->kind == ORD_DUTY_CD ||
            duty->kind == ORD_DUTY_L1STD || duty->kind == ORD_DUTY_L1CD)
            unit->duties[n++] = *duty;
    }
    unit->n_duties = n;
}

/* ---- Memory that is given back -----------------------------------------------------------------
 */

static bool meets(uint64_t pa, uint64_t n_bytes, uint64_t other, uint64_t other_bytes)
{
    return other_bytes && other < pa + n_bytes && pa < other + other_bytes;
}

void ord_duty_free(struct ord_smmu *smmu, struct ord_unit *unit, uint64_t pa, uint64_t n_bytes)
{
    for (size_t i = 0; i < unit->n_duties; i++) {
        const struct ord_duty *duty = &unit->duties[i];

        if (!meets(pa, n_bytes, duty->table_pa, duty->table_bytes) &&
            !meets(pa, n_bytes, duty->root, duty->root ? 8 : 0))
            continue;
        ord_hit_since(smmu->order, CHK_RULE_TABLE_FREED_EARLY, unit->iommu, &duty->since,
                      "0x%" PRIx64 " was reached through 0x%" PRIx64 " until record %" PRIu64
                      ", and %s",
                      pa, duty->pa, duty->since.seq,
                      duty->index == ORD_NO_INDEX ? "nothing was invalidated since"
                                                  : "nobody saw the invalidation complete");
        return;
    }
}
