/* SPDX-License-Identifier: BSD-2-Clause
 * ord_vtd.c - hands records to the rules of VT-d.
 * Knows: records, units. Must not know: a model. */
#include "check/vtd/ord_vtd.h"

#include "sim/diag.h"

#include <stdlib.h>

static void *create(struct chk_order *order)
{
    struct ordv *v = calloc(1, sizeof(*v));

    if (v)
        v->order = order;
    return v;
}

static void destroy(void *rules)
{
    struct ordv *v = rules;

    if (!v)
        return;
    for (size_t i = 0; i < ORDV_MAX_UNITS; i++) {
        struct ordv_unit *unit = &v->units[i];

        free(unit->queue.slots);
        free(unit->duties);
        free(unit->ctxs);
        free(unit->tables);
        free(unit->fresh);
        free(unit->confs);
        free(unit->issues);
        free(unit->groups);
    }
    free(v->pages);
    free(v->lines);
    free(v);
}

struct ordv_unit *ordv_unit_of(struct ordv *v, uint16_t iommu)
{
    for (size_t i = 0; i < ORDV_MAX_UNITS; i++) {
        if (v->units[i].is_used && v->units[i].iommu == iommu)
            return &v->units[i];
    }
    return NULL;
}

static void see_unit(struct ordv *v, const struct sim_rec_unit *rec)
{
    if (rec->arch != SIM_ARCH_VTD || ordv_unit_of(v, rec->iommu))
        return;
    for (size_t i = 0; i < ORDV_MAX_UNITS; i++) {
        if (v->units[i].is_used)
            continue;
        v->units[i].is_used = true;
        v->units[i].iommu = rec->iommu;
        return;
    }
}

bool ordv_is_on(const struct ordv_unit *unit)
{
    return (unit->levels & ORDV_BITS(GCMD, TE)) != 0;
}

bool ordv_is_scalable(const struct ordv_unit *unit)
{
    return unit->has_root && unit->root.mode == VTD_MODE_SCALABLE;
}

void ordv_read(const struct ordv *v, uint64_t pa, uint64_t *words, unsigned n)
{
    for (unsigned i = 0; i < n; i++)
        words[i] = sim_mem_read64(v->order->mem, pa + UINT64_C(8) * i);
}

struct ordv_issue *ordv_issue_of(struct ordv *v, struct ordv_unit *unit, uint16_t cpu)
{
    void *issues = unit->issues;

    if (!ord_room(v->order, &issues, &unit->issues_room, cpu, sizeof(*unit->issues)))
        return NULL;
    unit->issues = issues;
    return &unit->issues[cpu];
}

static bool has_units(const struct ordv *v)
{
    return v->units[0].is_used;
}

static bool is_pte(uint8_t structure)
{
    return structure == SIM_S_PTE_VTD || structure == SIM_S_PTE_S1 || structure == SIM_S_PTE_S2;
}

static void put_store(struct ordv *v, const struct sim_record *rec, const struct ord_stored *stored)
{
    if (rec->store.structure == SIM_S_QI) {
        ordv_queue_store(v, stored->pa);
        return;
    }
    if (is_pte(rec->store.structure))
        ordv_pte_store(v, stored);
    else
        ordv_entry_store(v, &rec->store, stored);
    ordv_late_store(v, &rec->store, stored);
}

static void put_memory(struct ordv *v, const struct sim_record *rec)
{
    if (rec->kind == SIM_R_MEMORY) {
        ordv_pte_memory(v, &rec->memory);
        ordv_late_forget(v, rec->memory.pa, rec->memory.size);
    } else if (rec->kind == SIM_R_BARRIER && rec->barrier.what == SIM_BARRIER_FLUSH) {
        ordv_late_flush(v, rec->barrier.pa);
    }
}

static int put(void *rules, const struct sim_record *rec, const struct ord_stored *stored)
{
    struct ordv *v = rules;

    if (rec->kind == SIM_R_IOMMU)
        see_unit(v, &rec->unit);
    if (!has_units(v))
        return 0;
    put_memory(v, rec);
    if (rec->kind == SIM_R_STORE) {
        put_store(v, rec, stored);
    } else if (rec->kind == SIM_R_ATS) {
        ordv_ats_record(v, &rec->ats);
    } else if (rec->kind == SIM_R_FREE) {
        ordv_below_free(v, &rec->memfree);
        ordv_pte_free(v, &rec->memfree);
    } else if (rec->kind == SIM_R_EVENT) {
        ordv_page_event(v, &rec->event);
    } else if (rec->kind == SIM_R_MMIO_WRITE) {
        ordv_reg_write(v, &rec->mmio);
    } else if (rec->kind == SIM_R_MMIO_READ) {
        ordv_reg_read(v, &rec->mmio_read);
    } else if (rec->kind == SIM_R_WAIT) {
        ordv_reg_wait(v, &rec->wait);
    }
    return v->order->error;
}

/* Marks around an operation, and those that change no structure, promise nothing by themselves. */
static bool is_deadline(uint8_t op)
{
    return op != SIM_OP_ALLOC && op != SIM_OP_FREE;
}

/* What a CPU has asked for, it must have seen done when its operation ends. */
static void check_waits(struct ordv *v, struct ordv_unit *unit, const struct ord_mark *mark,
                        uint16_t cpu)
{
    struct ordv_issue *issue = ordv_issue_of(v, unit, cpu);
    struct ord_since since = {0};

    if (!issue || issue->last <= unit->queue.done || issue->last_seq < mark->seq)
        return;
    since.seq = issue->last_seq;
    if (unit->queue.last_wait < issue->last)
        ord_hit_since(v->order, CHK_RULE_VTD_WAIT_MISSING, unit->iommu, &since,
                      "no wait descriptor after the invalidation published by record %llu",
                      (unsigned long long)issue->last_seq);
    else
        ord_hit_since(v->order, CHK_RULE_VTD_WAIT_UNWAITED, unit->iommu, &since,
                      "nobody saw the wait complete that covers record %llu",
                      (unsigned long long)issue->last_seq);
    issue->last = 0;
}

static void end(void *rules, const struct ord_mark *mark, uint16_t cpu)
{
    struct ordv *v = rules;

    if (!is_deadline(mark->op))
        return;
    for (size_t i = 0; i < ORDV_MAX_UNITS; i++) {
        struct ordv_unit *unit = &v->units[i];

        if (!unit->is_used)
            continue;
        ordv_duty_end(v, unit, mark, cpu);
        ordv_late_end(v, unit, mark, cpu);
        ordv_page_end(v, unit, mark);
        check_waits(v, unit, mark, cpu);
    }
}

static void finish(void *rules)
{
    struct ordv *v = rules;

    for (size_t i = 0; i < ORDV_MAX_UNITS; i++) {
        struct ordv_unit *unit = &v->units[i];

        if (!unit->is_used)
            continue;
        ordv_duty_end(v, unit, NULL, 0);
        ordv_flush_finish(v, unit);
    }
}

const struct ord_arch ord_vtd = {.arch = SIM_ARCH_VTD,
                                 .create = create,
                                 .destroy = destroy,
                                 .put = put,
                                 .end = end,
                                 .finish = finish};
