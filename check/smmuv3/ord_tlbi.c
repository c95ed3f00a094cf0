/* SPDX-License-Identifier: BSD-2-Clause
 * ord_tlbi.c - what a TLB invalidation covers (4.4).
 * Knows: commands, tags, ranges. Must not know: page tables. */
#include "check/smmuv3/ord_smmu.h"

bool ord_tlbi_is(uint64_t op)
{
    switch (op) {
    case SMMU_CMD_TLBI_NH_ALL:
    case SMMU_CMD_TLBI_NH_ASID:
    case SMMU_CMD_TLBI_NH_VA:
    case SMMU_CMD_TLBI_NH_VAA:
    case SMMU_CMD_TLBI_EL2_ALL:
    case SMMU_CMD_TLBI_EL2_ASID:
    case SMMU_CMD_TLBI_EL2_VA:
    case SMMU_CMD_TLBI_EL2_VAA:
    case SMMU_CMD_TLBI_S12_VMALL:
    case SMMU_CMD_TLBI_S2_IPA:
    case SMMU_CMD_TLBI_NSNH_ALL:
        return true;
    default:
        return false;
    }
}

bool ord_tlbi_covers_tag(const uint64_t *cmd, bool is_s2, uint32_t vmid, uint32_t asid)
{
    const bool is_vmid = smmu_TLBI_NH_ALL_VMID(cmd) == vmid;
    const bool is_asid = smmu_TLBI_NH_ASID_ASID(cmd) == asid;

    switch (smmu_UNKNOWN_CMD_op(cmd)) {
    case SMMU_CMD_TLBI_NSNH_ALL:
        return vmid != ORD_EL2;
    case SMMU_CMD_TLBI_EL2_ALL:
    case SMMU_CMD_TLBI_EL2_VAA:
        return vmid == ORD_EL2;
    case SMMU_CMD_TLBI_EL2_ASID:
    case SMMU_CMD_TLBI_EL2_VA: /* without E2H there are no ASIDs, and 0 stands for that */
        return vmid == ORD_EL2 && (is_asid || asid == 0);
    case SMMU_CMD_TLBI_S12_VMALL:
        return is_vmid;
    case SMMU_CMD_TLBI_S2_IPA:
        return is_s2 && is_vmid;
    case SMMU_CMD_TLBI_NH_ALL:
    case SMMU_CMD_TLBI_NH_VAA:
        return !is_s2 && is_vmid;
    case SMMU_CMD_TLBI_NH_ASID:
    case SMMU_CMD_TLBI_NH_VA:
        return !is_s2 && is_vmid && is_asid;
    default:
        return false;
    }
}

bool ord_tlbi_drops_tag(const uint64_t *cmd, bool is_s2, uint32_t vmid, uint32_t asid)
{
    switch (smmu_UNKNOWN_CMD_op(cmd)) {
    case SMMU_CMD_TLBI_NH_VA:
    case SMMU_CMD_TLBI_NH_VAA:
    case SMMU_CMD_TLBI_EL2_VA:
    case SMMU_CMD_TLBI_EL2_VAA:
    case SMMU_CMD_TLBI_S2_IPA:
        return false;
    default:
        return ord_tlbi_covers_tag(cmd, is_s2, vmid, asid);
    }
}

static bool is_by_address(uint64_t op)
{
    return op == SMMU_CMD_TLBI_NH_VA || op == SMMU_CMD_TLBI_NH_VAA || op == SMMU_CMD_TLBI_EL2_VA ||
           op == SMMU_CMD_TLBI_EL2_VAA || op == SMMU_CMD_TLBI_S2_IPA;
}

/* Bits of an address that a table can translate: TBI and sign extension do not count. */
static uint64_t plain(uint64_t address)
{
    return address & ((UINT64_C(1) << 56) - 1);
}

/* The addresses of a command, grown to whole descriptors of 2^@leaf_log2 bytes. */
static void range_of(const uint64_t *cmd, uint8_t leaf_log2, uint64_t *first, uint64_t *last)
{
    const uint64_t unit = UINT64_C(1) << leaf_log2;
    const uint64_t address = plain(smmu_TLBI_NH_VA_Addr_addr(cmd)); /* of an IPA, too */
    uint64_t n_bytes = 1;

    *first = 0;
    *last = UINT64_MAX;
    if (!is_by_address(smmu_UNKNOWN_CMD_op(cmd)))
        return;
    if (smmu_tlbi_range(cmd, &n_bytes) && n_bytes == UINT64_MAX)
        return;
    *first = address & ~(unit - 1);
    *last = (address + n_bytes - 1) | (unit - 1);
}

static bool level_fits(const struct ord_duty *duty, const uint64_t *cmd)
{
    const uint64_t ttl = smmu_TLBI_NH_VA_TTL(cmd);

    return duty->is_table || !is_by_address(smmu_UNKNOWN_CMD_op(cmd)) ||
           smmu_TLBI_NH_VA_TG(cmd) == SMMU_TLBI_NH_VA_TG_NONE || ttl == 0 ||
           (int)ttl == duty->level;
}

/* NH_ASID and EL2_ASID leave what is found under any ASID. */
static bool keeps_globals(uint64_t op)
{
    return op == SMMU_CMD_TLBI_NH_ASID || op == SMMU_CMD_TLBI_EL2_ASID;
}

static bool drops_combined(const struct ord_duty *duty, const uint64_t *cmd)
{
    const uint64_t op = smmu_UNKNOWN_CMD_op(cmd);
    const bool is_vmid = smmu_TLBI_NH_ALL_VMID(cmd) == duty->vmid;

    return op == SMMU_CMD_TLBI_NSNH_ALL ||
           (is_vmid && (op == SMMU_CMD_TLBI_NH_ALL || op == SMMU_CMD_TLBI_S12_VMALL));
}

static bool keeps_tables(const uint64_t *cmd)
{
    return is_by_address(smmu_UNKNOWN_CMD_op(cmd)) &&
           smmu_TLBI_NH_VA_Leaf(cmd) == SMMU_TLBI_NH_VA_Leaf_LAST;
}

/* The middle is gone: what lies behind becomes a duty of its own. */
static void split(struct ord_smmu *smmu, struct ord_unit *unit, size_t i, uint64_t last)
{
    const struct ord_duty whole = unit->duties[i];
    struct ord_duty *rest = ord_duty_new(smmu, unit, whole.kind);

    if (!rest)
        return;
    *rest = whole;
    rest->first = last + 1;
}

void ord_tlbi_apply(struct ord_smmu *smmu, struct ord_unit *unit, size_t i,
                    const struct ord_command *command)
{
    struct ord_duty *duty = &unit->duties[i];
    const uint64_t *cmd = command->words;
    uint64_t first, last;

    if (duty->needs_s1) {
        if (duty->index == ORD_NO_INDEX && drops_combined(duty, cmd))
            duty->index = command->index;
        return;
    }
    range_of(cmd, duty->leaf_log2, &first, &last);
    if (duty->index != ORD_NO_INDEX || last < duty->first || first > duty->last)
        return;
    if (!ord_tlbi_covers_tag(cmd, duty->key_s2, duty->vmid, duty->asid)) {
        duty->saw_other = true;
        return;
    }
    if (duty->is_table && keeps_tables(cmd)) {
        duty->saw_leaf = true;
        return;
    }
    if (!level_fits(duty, cmd) || (duty->is_global && keeps_globals(smmu_UNKNOWN_CMD_op(cmd))))
        return;
    if (first <= duty->first && last >= duty->last) {
        duty->index = command->index;
        unit->ats = *duty;
        return;
    }
    if (first > duty->first && last < duty->last) {
        split(smmu, unit, i, last);
        duty = &unit->duties[i];
        duty->last = first - 1;
    } else if (first <= duty->first) {
        duty->first = last + 1;
    } else {
        duty->last = first - 1;
    }
}
