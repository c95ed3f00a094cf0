/* SPDX-License-Identifier: BSD-2-Clause
 * ord_cmd.c - a command is published: what it takes care of.
 * Knows: commands. Must not know: what is wrong with one alone (ord_cmd_check.c). */
#include "check/smmuv3/ord_smmu.h"

#include <inttypes.h>

#define RANGE_ALL 31u

static bool is_cfgi(uint64_t op)
{
    return op == SMMU_CMD_CFGI_STE || op == SMMU_CMD_CFGI_STE_RANGE || op == SMMU_CMD_CFGI_CD ||
           op == SMMU_CMD_CFGI_CD_ALL || op == SMMU_CMD_CFGI_VMS_PIDM;
}

/* ATC_INV overtakes what the same CPU asked for before, unless a CMD_SYNC lies between. */
static void check_atc_order(struct ord_smmu *smmu, const struct ord_unit *unit,
                            const struct ord_issue *issue, const struct ord_command *command)
{
    if (issue->unsynced == 0 || issue->unsynced <= unit->cmdq.last_sync)
        return;
    ord_hit(smmu->order, CHK_RULE_ATC_UNORDERED, unit->iommu,
            "ATC_INV 0x%" PRIx64 " 0x%" PRIx64 ": no CMD_SYNC since the TLBI or CFGI before it",
            command->words[0], command->words[1]);
}

static void note_issue(struct ord_smmu *smmu, struct ord_unit *unit,
                       const struct ord_command *command)
{
    const uint64_t op = smmu_UNKNOWN_CMD_op(command->words);
    struct ord_issue *issue = ord_issue_of(smmu, unit, command->cpu);

    if (!issue || (!is_cfgi(op) && !ord_tlbi_is(op) && op != SMMU_CMD_ATC_INV))
        return;
    if (op == SMMU_CMD_ATC_INV)
        check_atc_order(smmu, unit, issue, command);
    else
        issue->unsynced = command->index + 1;
    issue->last = command->index + 1;
    issue->last_seq = command->seq;
}

void ord_command(struct ord_smmu *smmu, struct ord_unit *unit, const struct ord_command *command)
{
    const uint64_t op = smmu_UNKNOWN_CMD_op(command->words);

    ord_cmd_check(smmu, unit, command->words);
    note_issue(smmu, unit, command);
    if (op == SMMU_CMD_CFGI_STE_RANGE && smmu_CFGI_STE_RANGE_Range(command->words) == RANGE_ALL)
        unit->cfgi_all = command->index + 1;
    if (op == SMMU_CMD_TLBI_NSNH_ALL)
        unit->tlbi_all = command->index + 1;
    ord_duty_command(smmu, unit, command);
    ord_tag_command(unit, command);
    ord_ats_command(smmu, unit, command);
}
