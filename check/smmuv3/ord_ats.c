/* SPDX-License-Identifier: BSD-2-Clause
 * ord_ats.c - rules of devices that translate themselves, and of stalled transactions.
 * Knows: EATS, ATC_INV, RESUME, event records. Must not know: page tables. */
#include "check/smmuv3/ord_smmu.h"

#include <inttypes.h>
#include <string.h>

/* ---- EATS --------------------------------------------------------------------------------------
 */

static bool has_ats(const struct ord_smmu *smmu, uint32_t sid)
{
    const struct chk_order *order = smmu->order;

    for (size_t i = 0; i < order->n_devices; i++) {
        if (order->devices[i].requester == sid && order->devices[i].has_ats)
            return true;
    }
    return false;
}

void ord_ats_eats(struct ord_smmu *smmu, struct ord_unit *unit, uint32_t sid, uint64_t before,
                  uint64_t after)
{
    const bool was_split = before == SMMU_STE_EATS_SPLIT;
    const bool is_split = after == SMMU_STE_EATS_SPLIT;

    if (before == after || before == SMMU_STE_EATS_OFF)
        return;
    if (after != SMMU_STE_EATS_OFF && was_split != is_split)
        ord_hit(smmu->order, CHK_RULE_EATS_DIRECT, unit->iommu, "EATS of StreamID 0x%x: %u -> %u",
                sid, (unsigned)before, (unsigned)after);
    else if (after == SMMU_STE_EATS_OFF && has_ats(smmu, sid))
        ord_hit(smmu->order, CHK_RULE_EATS_OFF_LATE, unit->iommu,
                "EATS of StreamID 0x%x: %u -> 0, its device still has ATS on", sid,
                (unsigned)before);
}

static void check_on(struct ord_smmu *smmu, struct ord_unit *unit, uint32_t sid)
{
    const uint64_t pa = ord_ste_of(smmu, unit, sid);
    uint64_t words[ORD_WORDS];

    if (!pa || !ord_is_on(unit))
        return;
    ord_read(smmu, pa, words, ORD_WORDS);
    if (!smmu_STE_V(words) || smmu_STE_EATS(words) == SMMU_STE_EATS_OFF)
        ord_hit(smmu->order, CHK_RULE_ATS_ON_EARLY, unit->iommu,
                "ATS of StreamID 0x%x is switched on, its STE has V=%u EATS=%u", sid,
                (unsigned)smmu_STE_V(words), (unsigned)smmu_STE_EATS(words));
    else if (!ord_is_settled(unit, pa))
        ord_hit(smmu->order, CHK_RULE_ATS_ON_EARLY, unit->iommu,
                "ATS of StreamID 0x%x is switched on before the CFGI of its STE was complete", sid);
}

void ord_ats_record(struct ord_smmu *smmu, const struct sim_rec_ats *rec)
{
    const struct chk_order *order = smmu->order;

    for (size_t i = 0; rec->on == SIM_ONOFF_ON && i < order->n_devices; i++) {
        if (order->devices[i].dev != rec->dev)
            continue;
        for (size_t u = 0; u < ORD_MAX_UNITS; u++) {
            if (smmu->units[u].is_used)
                check_on(smmu, &smmu->units[u], order->devices[i].requester);
        }
    }
}

/* ---- Unmaps ------------------------------------------------------------------------------------
 */

/* The newest ATC_INV for the stream, as index + 1; 0 if none is in the queue's memory. */
static uint64_t last_atc_inv(const struct ord_unit *unit, uint32_t sid)
{
    const struct ord_cmdq *cmdq = &unit->cmdq;
    uint64_t newest = 0;

    for (size_t i = 0; cmdq->slots && i < (size_t)1 << cmdq->log2; i++) {
        const struct ord_slot *slot = &cmdq->slots[i];

        if (smmu_UNKNOWN_CMD_op(slot->cmd) == SMMU_CMD_ATC_INV &&
            smmu_ATC_INV_SID(slot->cmd) == sid && slot->index > newest)
            newest = slot->index;
    }
    return newest;
}

static bool has_tag(const struct ord_unit *unit, const struct ord_duty *duty, uint32_t sid)
{
    for (size_t i = 0; i < unit->n_confs; i++) {
        const struct ord_conf *conf = &unit->confs[i];

        if (conf->sid == sid && conf->is_s2 == duty->key_s2 && conf->vmid == duty->vmid &&
            (conf->is_s2 || conf->asid == duty->asid))
            return true;
    }
    return false;
}

static void check_device(struct ord_smmu *smmu, struct ord_unit *unit, const struct ord_mark *mark,
                         const struct ord_device *device)
{
    const uint32_t sid = device->requester;
    uint64_t newest;

    if (!device->has_ats || unit->ats.since.seq < mark->seq || !has_tag(unit, &unit->ats, sid))
        return;
    newest = last_atc_inv(unit, sid);
    if (newest > unit->ats.index)
        return;
    ord_hit_since(smmu->order, CHK_RULE_ATC_MISSING, unit->iommu, &unit->ats.since,
                  "no ATC_INV for StreamID 0x%x after the TLBI of 0x%" PRIx64 "-0x%" PRIx64, sid,
                  unit->ats.first, unit->ats.last);
}

void ord_ats_moved(struct ord_smmu *smmu, struct ord_unit *unit, uint32_t sid)
{
    if (!has_ats(smmu, sid))
        return;
    unit->atc_since = ord_here(smmu->order);
    unit->atc_sid = sid;
    unit->atc_head = unit->cmdq.head;
}

/* A device that uses another table now, or none. */
static void check_moved(struct ord_smmu *smmu, struct ord_unit *unit, const struct ord_mark *mark)
{
    if (unit->atc_since.seq <= mark->seq || mark->op == SIM_OP_MAP || mark->op == SIM_OP_UNMAP)
        return;
    if (last_atc_inv(unit, unit->atc_sid) <= unit->atc_head)
        ord_hit_since(smmu->order, CHK_RULE_ATC_MISSING, unit->iommu, &unit->atc_since,
                      "no ATC_INV for StreamID 0x%x after its table changed", unit->atc_sid);
    unit->atc_since.seq = 0;
}

static void check_stalls(struct ord_smmu *smmu, struct ord_unit *unit,
                         const struct ord_device *device)
{
    for (size_t i = 0; i < unit->n_stalls; i++) {
        struct ord_stall *stall = &unit->stalls[i];
        const struct ord_since since = {stall->seq, 0, false};

        if (!stall->is_open || stall->sid != device->requester)
            continue;
        stall->is_open = false;
        ord_hit_since(smmu->order, CHK_RULE_STALL_OPEN, unit->iommu, &since,
                      "StreamID 0x%x has a stalled transaction, STAG 0x%x, that nobody answered",
                      stall->sid, stall->stag);
    }
}

void ord_ats_end(struct ord_smmu *smmu, struct ord_unit *unit, const struct ord_mark *mark)
{
    const struct chk_order *order = smmu->order;

    check_moved(smmu, unit, mark);
    for (size_t i = 0; i < order->n_devices; i++) {
        if (mark->op == SIM_OP_UNMAP)
            check_device(smmu, unit, mark, &order->devices[i]);
        if ((mark->op == SIM_OP_DETACH || mark->op == SIM_OP_REMOVE_PASID) &&
            order->devices[i].dev == mark->dev)
            check_stalls(smmu, unit, &order->devices[i]);
    }
}

/* ---- Stalls ------------------------------------------------------------------------------------
 */

static bool has_stall(const uint64_t *event)
{
    switch (smmu_UNKNOWN_EVT_number(event)) {
    case SMMU_EVT_F_TRANSLATION:
    case SMMU_EVT_F_ADDR_SIZE:
    case SMMU_EVT_F_ACCESS:
    case SMMU_EVT_F_PERMISSION:
        return smmu_F_TRANSLATION_Stall(event) != 0;
    default:
        return false;
    }
}

static bool is_in_queue(const struct ord_unit *unit, uint64_t pa)
{
    const uint64_t n_bytes = (uint64_t)(SMMU_WORDS_F_TRANSLATION * 8u) << unit->evtq.log2;

    return unit->evtq.has_base && pa >= unit->evtq.base && pa - unit->evtq.base < n_bytes;
}

void ord_ats_event(struct ord_smmu *smmu, const struct sim_rec_event *rec)
{
    const uint64_t words[4] = {rec->word0, rec->word1, rec->word2, rec->word3};

    for (size_t u = 0; u < ORD_MAX_UNITS; u++) {
        struct ord_unit *unit = &smmu->units[u];
        void *stalls = unit->stalls;

        if (!unit->is_used || !is_in_queue(unit, rec->pa))
            continue;
        unit->saw_events = true;
        if (!has_stall(words) || !ord_room(smmu->order, &stalls, &unit->stalls_room, unit->n_stalls,
                                           sizeof(*unit->stalls)))
            continue;
        unit->stalls = stalls;
        unit->stalls[unit->n_stalls++] =
            (struct ord_stall){(uint32_t)smmu_F_TRANSLATION_SID(words),
                               (uint32_t)smmu_F_TRANSLATION_STAG(words), smmu->order->seq, true};
    }
}

static void resume(struct ord_smmu *smmu, struct ord_unit *unit, const uint64_t *cmd)
{
    const uint32_t sid = (uint32_t)smmu_RESUME_SID(cmd), stag = (uint32_t)smmu_RESUME_STAG(cmd);
    bool is_known = false;

    for (size_t i = 0; i < unit->n_stalls; i++) {
        struct ord_stall *stall = &unit->stalls[i];

        if (stall->sid != sid || stall->stag != stag)
            continue;
        is_known = true;
        stall->is_open = false;
    }
    if (!is_known && unit->saw_events)
        ord_hit(smmu->order, CHK_RULE_RESUME_UNKNOWN, unit->iommu,
                "RESUME of StreamID 0x%x, STAG 0x%x: no event ever told of it", sid, stag);
}

void ord_ats_command(struct ord_smmu *smmu, struct ord_unit *unit,
                     const struct ord_command *command)
{
    const uint64_t op = smmu_UNKNOWN_CMD_op(command->words);

    if (op == SMMU_CMD_RESUME)
        resume(smmu, unit, command->words);
    if (op != SMMU_CMD_STALL_TERM)
        return;
    for (size_t i = 0; i < unit->n_stalls; i++) {
        if (unit->stalls[i].sid == smmu_STALL_TERM_SID(command->words))
            unit->stalls[i].is_open = false;
    }
}
