/* SPDX-License-Identifier: BSD-2-Clause
 * ord_cmd_check.c - rules of a command alone: is it offered, are its fields what they may be?
 * Knows: layouts, ID registers. Must not know: what is cached. */
#include "check/smmuv3/ord_smmu.h"

#include <inttypes.h>

static void hit(struct ord_smmu *smmu, const struct ord_unit *unit, enum chk_rule_id rule,
                const uint64_t *cmd, const char *what)
{
    ord_hit(smmu->order, rule, unit->iommu, "%s 0x%" PRIx64 " 0x%" PRIx64 ": %s",
            smmu_cmd_name(smmu_UNKNOWN_CMD_op(cmd)), cmd[0], cmd[1], what);
}

/* ---- Is it offered? ----------------------------------------------------------------------------
 */

static const char *tlbi_missing(const struct smmu_caps *caps, uint64_t op)
{
    switch (op) {
    case SMMU_CMD_TLBI_NH_ALL:
    case SMMU_CMD_TLBI_NH_ASID:
    case SMMU_CMD_TLBI_NH_VA:
    case SMMU_CMD_TLBI_NH_VAA:
        return caps->s1p ? NULL : "IDR0.S1P is 0";
    case SMMU_CMD_TLBI_EL2_ALL:
    case SMMU_CMD_TLBI_EL2_ASID:
    case SMMU_CMD_TLBI_EL2_VA:
    case SMMU_CMD_TLBI_EL2_VAA:
        return caps->hyp ? NULL : "IDR0.Hyp is 0";
    case SMMU_CMD_TLBI_S12_VMALL:
    case SMMU_CMD_TLBI_S2_IPA:
        return caps->s2p ? NULL : "IDR0.S2P is 0";
    default:
        return NULL;
    }
}

static const char *missing(const struct ord_unit *unit, uint64_t op)
{
    const struct smmu_caps *caps = &unit->caps;
    const uint64_t idr0 = unit->idr.idr0;

    if (smmu_cmd_is_secure(op))
        return "for the Secure queue alone";
    if (smmu_cmd_layout(op) == &smmu_layout_UNKNOWN_CMD)
        return "no such command";
    if (!unit->has_caps)
        return NULL;
    switch (op) {
    case SMMU_CMD_CFGI_CD:
    case SMMU_CMD_CFGI_CD_ALL:
        return caps->s1p ? NULL : "IDR0.S1P is 0";
    case SMMU_CMD_CFGI_VMS_PIDM:
        return caps->mpam ? NULL : "IDR3.MPAM is 0";
    case SMMU_CMD_ATC_INV:
        return caps->ats ? NULL : "IDR0.ATS is 0";
    case SMMU_CMD_PRI_RESP:
        return smmu_IDR0_PRI(&idr0) ? NULL : "IDR0.PRI is 0";
    case SMMU_CMD_RESUME:
    case SMMU_CMD_STALL_TERM:
        return caps->stall_model != SMMU_IDR0_STALL_MODEL_TERMINATE
                   ? NULL
                   : "IDR0.STALL_MODEL is terminate only";
    case SMMU_CMD_DPTI_ALL:
    case SMMU_CMD_DPTI_PA:
        return caps->dpt ? NULL : "IDR3.DPT is 0";
    default:
        return tlbi_missing(caps, op);
    }
}

/* ---- Fields ------------------------------------------------------------------------------------
 */

static const char *bad_code(const uint64_t *cmd)
{
    const uint64_t op = smmu_UNKNOWN_CMD_op(cmd);

    if (smmu_CFGI_STE_SSec(cmd))
        return "SSec is 1";
    if (op == SMMU_CMD_SYNC && smmu_CMD_SYNC_CS(cmd) > SMMU_CMD_SYNC_CS_SEV)
        return "CS is reserved";
    if (op == SMMU_CMD_PRI_RESP && smmu_PRI_RESP_Resp(cmd) > SMMU_PRI_RESP_Resp_SUCCESS)
        return "Resp is reserved";
    return NULL;
}

static bool is_by_address(uint64_t op)
{
    const struct hw_layout *layout = smmu_cmd_layout(op);

    return hw_field_find(layout, "TTL") != NULL;
}

/* Bits of an address that must be 0, by granule and level (4.4.1.1). */
static unsigned aligned_log2(unsigned granule_log2, uint64_t ttl)
{
    const unsigned per_level = granule_log2 - 3;

    if (ttl == SMMU_TLBI_NH_VA_TTL_ANY || (ttl == SMMU_TLBI_NH_VA_TTL_LEVEL1 && granule_log2 == 14))
        return granule_log2;
    return granule_log2 + per_level * (unsigned)(SMMU_TLBI_NH_VA_TTL_LEVEL3 - ttl);
}

static void check_range(struct ord_smmu *smmu, const struct ord_unit *unit, const uint64_t *cmd)
{
    const uint64_t tg = smmu_TLBI_NH_VA_TG(cmd);
    const uint64_t ttl = smmu_TLBI_NH_VA_TTL(cmd);
    const uint64_t num = smmu_TLBI_NH_VA_NUM(cmd);
    const uint64_t scale = smmu_TLBI_NH_VA_SCALE(cmd);
    const uint64_t address = smmu_TLBI_NH_VA_Addr_addr(cmd);

    if (unit->has_caps && !unit->caps.ril) {
        if (tg | ttl | num | scale)
            hit(smmu, unit, CHK_RULE_TLBI_RANGE_NO_RIL, cmd, "a range or level, and IDR3.RIL is 0");
        return;
    }
    if (tg == SMMU_TLBI_NH_VA_TG_NONE)
        return;
    if (num == 0 && scale == 0 && ttl == 0)
        hit(smmu, unit, CHK_RULE_TLBI_RESERVED_RANGE, cmd, "TG with NUM, SCALE and TTL 0");
    else if (address & ((UINT64_C(1) << aligned_log2(smmu_tlbi_tg_log2(tg), ttl)) - 1))
        hit(smmu, unit, CHK_RULE_TLBI_UNALIGNED, cmd, "Addr is not aligned to what TTL says");
}

static void check_tags(struct ord_smmu *smmu, const struct ord_unit *unit, const uint64_t *cmd)
{
    const struct hw_layout *layout = smmu_cmd_layout(smmu_UNKNOWN_CMD_op(cmd));
    const unsigned narrow = 8;

    if (hw_field_find(layout, "ASID") && !unit->caps.asid16 &&
        smmu_TLBI_NH_ASID_ASID(cmd) >> narrow)
        hit(smmu, unit, CHK_RULE_ASID_WIDTH, cmd, "an ASID of more than 8 bits");
    if (hw_field_find(layout, "VMID") && !unit->caps.vmid16 && smmu_TLBI_NH_ALL_VMID(cmd) >> narrow)
        hit(smmu, unit, CHK_RULE_VMID_WIDTH, cmd, "a VMID of more than 8 bits");
    if (hw_field_find(layout, "SID") && smmu_CFGI_STE_SID(cmd) >> unit->caps.sid_bits)
        hit(smmu, unit, CHK_RULE_SID_RANGE, cmd, "a StreamID above IDR1.SIDSIZE");
    if (hw_field_find(layout, "SSID") && smmu_CFGI_CD_SSID(cmd) >> unit->caps.ssid_bits)
        hit(smmu, unit, CHK_RULE_SSID_RANGE, cmd, "a SubstreamID above IDR1.SSIDSIZE");
}

static void check_sync(struct ord_smmu *smmu, const struct ord_unit *unit, const uint64_t *cmd)
{
    const uint64_t idr0 = unit->idr.idr0;

    if (unit->has_caps && !smmu_IDR0_MSI(&idr0) && smmu_CMD_SYNC_MSIAddr(cmd) &&
        smmu_CMD_SYNC_CS(cmd) == SMMU_CMD_SYNC_CS_IRQ)
        hit(smmu, unit, CHK_RULE_SYNC_NO_MSI, cmd, "an MSI is asked for, and IDR0.MSI is 0");
}

static bool is_ignored(const struct ord_unit *unit, uint64_t op)
{
    return unit->is_cr0_known && !ord_is_on(unit) &&
           (op == SMMU_CMD_ATC_INV || op == SMMU_CMD_PRI_RESP);
}

void ord_cmd_check(struct ord_smmu *smmu, const struct ord_unit *unit, const uint64_t *cmd)
{
    const uint64_t op = smmu_UNKNOWN_CMD_op(cmd);
    const struct hw_layout *layout = smmu_cmd_layout(op);
    const char *what = missing(unit, op);
    uint64_t reserved[HW_MAX_WORDS] = {0};

    if (what) {
        hit(smmu, unit, CHK_RULE_CMD_UNSUPPORTED, cmd, what);
        return;
    }
    what = bad_code(cmd);
    if (what)
        hit(smmu, unit, CHK_RULE_CMD_ENCODING, cmd, what);
    if (layout != &smmu_layout_IMPDEF_CMD && hw_reserved_set(layout, cmd, reserved))
        hit(smmu, unit, CHK_RULE_CMD_RESERVED, cmd, "reserved bits are set");
    if (is_by_address(op))
        check_range(smmu, unit, cmd);
    if (unit->has_caps)
        check_tags(smmu, unit, cmd);
    if (op == SMMU_CMD_SYNC)
        check_sync(smmu, unit, cmd);
    if (is_ignored(unit, op))
        hit(smmu, unit, CHK_RULE_CMD_IGNORED, cmd, "ignored while SMMUEN is 0");
}
