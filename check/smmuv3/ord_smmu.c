/* SPDX-License-Identifier: BSD-2-Clause
 * ord_smmu.c - hands records to the rules of SMMUv3.
 * Knows: records, units. Must not know: a model. */
#include "check/smmuv3/ord_smmu.h"

#include "sim/diag.h"

#include <stdlib.h>
#include <string.h>

static void *create(struct chk_order *order)
{
    struct ord_smmu *smmu = calloc(1, sizeof(*smmu));

    if (smmu)
        smmu->order = order;
    return smmu;
}

static void destroy(void *rules)
{
    struct ord_smmu *smmu = rules;

    if (!smmu)
        return;
    for (size_t i = 0; i < ORD_MAX_UNITS; i++) {
        struct ord_unit *unit = &smmu->units[i];

        free(unit->cmdq.slots);
        free(unit->duties);
        free(unit->stes);
        free(unit->l2);
        free(unit->confs);
        free(unit->tags);
        free(unit->stalls);
        free(unit->issues);
    }
    free(smmu->pages);
    free(smmu);
}

struct ord_unit *ord_unit_of(struct ord_smmu *smmu, uint16_t iommu)
{
    for (size_t i = 0; i < ORD_MAX_UNITS; i++) {
        if (smmu->units[i].is_used && smmu->units[i].iommu == iommu)
            return &smmu->units[i];
    }
    return NULL;
}

static void see_unit(struct ord_smmu *smmu, const struct sim_rec_unit *rec)
{
    if (rec->arch != SIM_ARCH_SMMUV3 || ord_unit_of(smmu, rec->iommu))
        return;
    for (size_t i = 0; i < ORD_MAX_UNITS; i++) {
        if (smmu->units[i].is_used)
            continue;
        smmu->units[i].is_used = true;
        smmu->units[i].iommu = rec->iommu;
        return;
    }
}

bool ord_is_on(const struct ord_unit *unit)
{
    return ((unit->cr0 | unit->cr0_moving) & ORD_BITS(CR0, SMMUEN)) != 0;
}

void ord_read(const struct ord_smmu *smmu, uint64_t pa, uint64_t *words, unsigned n)
{
    for (unsigned i = 0; i < n; i++)
        words[i] = sim_mem_read64(smmu->order->mem, pa + UINT64_C(8) * i);
}

struct ord_issue *ord_issue_of(struct ord_smmu *smmu, struct ord_unit *unit, uint16_t cpu)
{
    void *issues = unit->issues;

    if (!ord_room(smmu->order, &issues, &unit->issues_room, cpu, sizeof(*unit->issues)))
        return NULL;
    unit->issues = issues;
    return &unit->issues[cpu];
}

static void put_store(struct ord_smmu *smmu, const struct sim_record *rec,
                      const struct ord_stored *stored)
{
    switch ((enum sim_structure)rec->store.structure) {
    case SIM_S_CMD:
    case SIM_S_QUEUE:
        ord_queue_store(smmu, stored);
        break;
    case SIM_S_STE:
    case SIM_S_L1STD:
    case SIM_S_CD:
    case SIM_S_L1CD:
        ord_page_see(smmu, stored->pa, false);
        ord_entry_store(smmu, &rec->store, stored);
        break;
    case SIM_S_PTE:
    case SIM_S_PTE_S1:
    case SIM_S_PTE_S2:
        ord_page_see(smmu, stored->pa, true);
        ord_pte_store(smmu, stored);
        break;
    case SIM_S_ROOT:
    case SIM_S_CTX:
    case SIM_S_PASID_DIR:
    case SIM_S_PASID:
    case SIM_S_PTE_VTD:
    case SIM_S_IRTE:
    case SIM_S_QI:
    case SIM_S_EVT:
    case SIM_S_PRI:
    case SIM_S_PRQ:
    case SIM_S_PAGES:
    case SIM_S_OTHER:
    case SIM_N_STRUCTURES:
    default:
        break;
    }
}

static int put(void *rules, const struct sim_record *rec, const struct ord_stored *stored)
{
    struct ord_smmu *smmu = rules;

    if (rec->kind == SIM_R_STORE)
        put_store(smmu, rec, stored);
    else if (rec->kind == SIM_R_MMIO_WRITE)
        ord_reg_write(smmu, &rec->mmio);
    else if (rec->kind == SIM_R_MMIO_READ)
        ord_reg_read(smmu, &rec->mmio_read);
    else if (rec->kind == SIM_R_WAIT)
        ord_reg_wait(smmu, &rec->wait);
    else if (rec->kind == SIM_R_MEMORY)
        ord_pte_memory(smmu, &rec->memory);
    else if (rec->kind == SIM_R_FREE)
        ord_free(smmu, &rec->memfree);
    else if (rec->kind == SIM_R_ATS)
        ord_ats_record(smmu, &rec->ats);
    else if (rec->kind == SIM_R_EVENT)
        ord_ats_event(smmu, &rec->event);
    else if (rec->kind == SIM_R_IOMMU)
        see_unit(smmu, &rec->unit);
    return smmu->order->error;
}

/* Marks around an operation, and those that change no structure, promise nothing by themselves. */
static bool is_deadline(uint8_t op)
{
    return op != SIM_OP_ALLOC && op != SIM_OP_FREE;
}

/* What a CPU has asked for, it must have seen done when its operation ends. */
static void check_syncs(struct ord_smmu *smmu, struct ord_unit *unit, const struct ord_mark *mark,
                        uint16_t cpu)
{
    struct ord_issue *issue = ord_issue_of(smmu, unit, cpu);
    struct ord_since since = {0};

    if (!issue || issue->last <= unit->cmdq.done || issue->last_seq < mark->seq)
        return;
    since.seq = issue->last_seq;
    if (unit->cmdq.last_sync < issue->last)
        ord_hit_since(smmu->order, CHK_RULE_SYNC_MISSING, unit->iommu, &since,
                      "no CMD_SYNC after the invalidation in slot %u (record %llu)",
                      (unsigned)((issue->last - 1) & ((UINT64_C(1) << unit->cmdq.log2) - 1)),
                      (unsigned long long)issue->last_seq);
    else
        ord_hit_since(smmu->order, CHK_RULE_SYNC_UNWAITED, unit->iommu, &since,
                      "nobody saw the CMD_SYNC complete that covers record %llu",
                      (unsigned long long)issue->last_seq);
    issue->last = 0;
}

/* A map may be used when it ends: its descriptors must be on their way to memory by then. */
static void check_map(struct ord_smmu *smmu, struct ord_unit *unit, const struct ord_mark *mark,
                      uint16_t cpu)
{
    const struct chk_order *order = smmu->order;

    if (!order->barriers_recorded || mark->op != SIM_OP_MAP || unit->map_cpu != cpu ||
        unit->map_since.seq < mark->seq || unit->map_since.seq < order->cpus[cpu].order_seq)
        return;
    ord_hit_since(smmu->order, CHK_RULE_BARRIER_MAP, unit->iommu, &unit->map_since,
                  "the store of record %llu is the last, and no barrier follows",
                  (unsigned long long)unit->map_since.seq);
}

static void end(void *rules, const struct ord_mark *mark, uint16_t cpu)
{
    struct ord_smmu *smmu = rules;

    if (!is_deadline(mark->op))
        return;
    for (size_t i = 0; i < ORD_MAX_UNITS; i++) {
        struct ord_unit *unit = &smmu->units[i];

        if (!unit->is_used)
            continue;
        ord_ats_end(smmu, unit, mark);
        check_map(smmu, unit, mark, cpu);
        ord_duty_end(smmu, unit, mark, cpu);
        check_syncs(smmu, unit, mark, cpu);
    }
}

static void finish(void *rules)
{
    struct ord_smmu *smmu = rules;

    for (size_t i = 0; i < ORD_MAX_UNITS; i++) {
        if (smmu->units[i].is_used)
            ord_duty_end(smmu, &smmu->units[i], NULL, 0);
    }
}

const struct ord_arch ord_smmuv3 = {.arch = SIM_ARCH_SMMUV3,
                                    .create = create,
                                    .destroy = destroy,
                                    .put = put,
                                    .end = end,
                                    .finish = finish};
