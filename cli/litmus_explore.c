/* SPDX-License-Identifier: BSD-2-Clause
 * litmus_explore.c - what a litmus test asks of all permitted hardware.
 * Knows: the explorer's report, walks of page tables. Must not know: any layout.
 *
 * The explorer's outcomes are roots of tables; a test asks for addresses. So a table is walked as
 * it stands at the end of the test. */
#include "check/explore.h"
#include "cli/litmus.h"
#include "kernel-glue/replay/rpl_scan.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define MAX_WALK 8u

struct litmus_explored {
    const struct litmus *litmus;
    struct rpl_scanner *scanner;
    struct xpl *xpl;
    const struct xpl_report *report;
    struct chk_arch_unit unit;
};

/* ---- running it ------------------------------------------------------------------------------ */

static int put_all(const struct litmus *litmus, int (*put)(void *ctx, const struct sim_record *rec),
                   void *ctx)
{
    int err = 0;

    for (size_t i = 0; i < litmus->n_acts && !err; i++) {
        if (litmus->acts[i].kind == LITMUS_ACT_RECORD)
            err = put(ctx, &litmus->acts[i].rec);
    }
    return err;
}

/* The registers as they are at the end. */
static void follow_registers(struct litmus_explored *explored)
{
    const struct litmus *litmus = explored->litmus;
    const struct chk_arch *arch = litmus->arch->check;

    arch->init(&explored->unit);
    for (size_t i = 0; i < litmus->n_acts; i++) {
        const struct litmus_act *act = &litmus->acts[i];

        if (act->kind != LITMUS_ACT_RECORD)
            continue;
        if (act->rec.kind == SIM_R_MMIO_READ)
            arch->set(&explored->unit, act->rec.mmio_read.offset, act->rec.mmio_read.value);
        else if (act->rec.kind == SIM_R_MMIO_WRITE)
            (void)arch->write(&explored->unit, act->rec.mmio.offset, act->rec.mmio.width,
                              act->rec.mmio.value);
    }
}

static int run(struct litmus_explored *explored)
{
    const struct litmus *litmus = explored->litmus;
    const struct chk_arch *archs[] = {litmus->arch->check};
    const struct rpl_scan *scan;
    struct xpl_params params;
    int err = put_all(litmus, rpl_scanner_put, explored->scanner);

    if (err)
        return err;
    scan = rpl_scanner_end(explored->scanner);
    xpl_defaults(&params);
    params.atom_bytes = litmus_atom_bytes(litmus);
    params.has_all_ats = true; /* pci-ats is the only way to turn it on */
    explored->xpl = xpl_new(&params, archs, 1, scan->devices, scan->n_endpoints);
    if (!explored->xpl)
        return SIM_ENOMEM;
    err = xpl_unit(explored->xpl, 0, archs[0]->arch);
    for (size_t i = 0; i < litmus->n_acts && !err; i++) {
        const struct sim_record *rec = &litmus->acts[i].rec;

        if (litmus->acts[i].kind == LITMUS_ACT_RECORD && rec->kind == SIM_R_MMIO_READ)
            err = xpl_set(explored->xpl, 0, rec->mmio_read.offset, rec->mmio_read.value);
    }
    err = err ? err : put_all(litmus, xpl_put, explored->xpl);
    err = err ? err : xpl_finish(explored->xpl);
    explored->report = xpl_get_report(explored->xpl);
    follow_registers(explored);
    return err;
}

struct litmus_explored *litmus_explore(const struct litmus *litmus)
{
    struct litmus_explored *explored = calloc(1, sizeof(*explored));

    if (!explored)
        return NULL;
    explored->litmus = litmus;
    explored->scanner = rpl_scanner_new();
    if (explored->scanner && run(explored) == 0)
        return explored;
    litmus_explored_free(explored);
    return NULL;
}

void litmus_explored_free(struct litmus_explored *explored)
{
    if (!explored)
        return;
    xpl_free(explored->xpl);
    rpl_scanner_free(explored->scanner);
    free(explored);
}

/* ---- classes --------------------------------------------------------------------------------- */

static enum litmus_answer ask_class(const struct litmus_explored *explored,
                                    const struct litmus_classes *classes, char *why, size_t n_bytes)
{
    const struct xpl_op *op;
    enum chk_class worst;

    if (classes->op >= explored->report->n_ops) {
        (void)snprintf(why, n_bytes, "the operation was not explored");
        return LITMUS_UNKNOWN;
    }
    op = &explored->report->ops[classes->op];
    worst = classes->part == LITMUS_ENTRY ? op->entry_worst[XPL_ARCHITECTURE]
            : classes->part == LITMUS_TLB ? op->tlb_worst[XPL_ARCHITECTURE]
                                          : op->worst[XPL_ARCHITECTURE];
    (void)snprintf(why, n_bytes, "the verdict is %s%s%s", chk_class_name(worst),
                   op->inconclusive ? ", inconclusive: " : "",
                   op->inconclusive && op->why ? op->why : "");
    if (op->inconclusive && worst == CHK_HITLESS)
        return LITMUS_UNKNOWN;
    for (uint32_t i = 0; i < classes->n; i++) {
        if (strcmp(classes->name[i], chk_class_name(worst)) == 0)
            return LITMUS_YES;
    }
    return LITMUS_NO;
}

/* ---- outcomes -------------------------------------------------------------------------------- */

/* Where @iova leads through the tables of a target. Return: false if nowhere. */
static bool walk(const struct litmus_explored *explored, const struct chk_target *target,
                 uint64_t iova, uint64_t *pa)
{
    const struct chk_arch *arch = explored->litmus->arch->check;
    const struct chk_tag *tag = &target->tlb[0].tag;
    const struct chk_regime *regime = &target->tlb[0].regime;
    struct chk_table tables[2];
    struct chk_table table;
    const unsigned n = arch->roots(&explored->unit, tag, regime, tables);

    if (!n)
        return false;
    table = n > 1 && iova >= tables[1].first ? tables[1] : tables[0];
    for (unsigned step = 0; step < MAX_WALK; step++) {
        const uint64_t index = (iova - table.first) >> table.span_log2;
        const uint64_t word =
            sim_mem_read64(explored->litmus->view, table.address + index * sizeof(uint64_t));
        struct chk_pte pte;

        if (iova < table.first || index >= table.n_entries)
            return false;
        table.first += index << table.span_log2; /* of this entry */
        arch->pte(&explored->unit, tag, regime, &table, word, &pte);
        if (pte.kind == CHK_PTE_INVALID)
            return false;
        if (pte.kind == CHK_PTE_LEAF) {
            *pa = pte.pa | (iova & ((UINT64_C(1) << table.span_log2) - 1));
            return true;
        }
        table = pte.next;
    }
    return false;
}

/* Is the outcome that answer? -1: it cannot be told. */
static int is_answer(const struct litmus_explored *explored, const struct chk_target *target,
                     uint64_t iova, const struct litmus_outcome *outcome)
{
    uint64_t pa = iova;
    const bool wants_refusal = outcome->kind != LITMUS_PA;

    if (target->kind == CHK_REFUSED) {
        if (outcome->kind == LITMUS_EVENT)
            return target->event == outcome->event;
        if (outcome->kind == LITMUS_ABORT)
            return target->event == 0;
        if (outcome->kind == LITMUS_RAZ)
            return target->refusal == CHK_REFUSAL_SILENT;
        return wants_refusal;
    }
    if (target->kind == CHK_BYPASS)
        return !wants_refusal && outcome->pa == iova;
    if (target->kind == CHK_OPAQUE || target->n_tlbs != 1)
        return -1;
    if (!walk(explored, target, iova, &pa))
        return wants_refusal && outcome->kind != LITMUS_ABORT;
    return !wants_refusal && outcome->pa == pa;
}

/* What requests of the last operation's device may meet from its begin on. */
static const struct xpl_slot *find_slot(const struct xpl_op *op,
                                        const struct litmus_request *request)
{
    const uint32_t pasid = request->has_pasid ? request->pasid : CHK_NO_PASID;

    for (uint32_t i = 0; i < op->n_slots; i++) {
        if (op->slots[i].request.requester == request->requester &&
            op->slots[i].request.pasid == pasid)
            return &op->slots[i];
    }
    return NULL;
}

static bool in_phase(const struct litmus_question *question, enum xpl_phase phase)
{
    return phase == XPL_AFTER ? question->wants_after
                              : phase == XPL_DURING && question->wants_during;
}

static enum litmus_answer ask_exists(const struct litmus_explored *explored,
                                     const struct litmus_question *question,
                                     const struct xpl_slot *slot, char *why, size_t n_bytes)
{
    const struct litmus_request *request = &question->request;

    for (unsigned k = 0; k < request->n_outcomes; k++) {
        bool has = false;
        bool is_unknown = false;

        for (uint32_t i = 0; i < slot->n_outcomes && !has; i++) {
            const int is =
                is_answer(explored, &slot->outcomes[i].target, request->iova, &request->outcome[k]);

            if (!in_phase(question, slot->outcomes[i].phase))
                continue;
            has = is == 1;
            is_unknown = is_unknown || is < 0;
        }
        if (has)
            continue;
        (void)snprintf(why, n_bytes, "no outcome gives answer %u", k + 1);
        return is_unknown ? LITMUS_UNKNOWN : LITMUS_NO;
    }
    return LITMUS_YES;
}

static enum litmus_answer ask_forall(const struct litmus_explored *explored,
                                     const struct litmus_question *question,
                                     const struct xpl_slot *slot, char *why, size_t n_bytes)
{
    const struct litmus_request *request = &question->request;

    for (uint32_t i = 0; i < slot->n_outcomes; i++) {
        const struct chk_target *target = &slot->outcomes[i].target;
        bool is_permitted = false;
        uint64_t pa = 0;

        if (!in_phase(question, slot->outcomes[i].phase))
            continue;
        for (unsigned k = 0; k < request->n_outcomes && !is_permitted; k++) {
            const int is = is_answer(explored, target, request->iova, &request->outcome[k]);

            if (is < 0) {
                (void)snprintf(why, n_bytes, "a guest's tables are not looked into");
                return LITMUS_UNKNOWN;
            }
            is_permitted = is == 1;
        }
        if (is_permitted)
            continue;
        if (target->kind == CHK_REFUSED)
            (void)snprintf(why, n_bytes, "it may be refused: %s",
                           target->event ? explored->litmus->arch->event_name(target->event)
                                         : "abort");
        else if (target->kind == CHK_TRANSLATED && !walk(explored, target, request->iova, &pa))
            (void)snprintf(why, n_bytes, "it may meet a table that does not map it");
        else
            (void)snprintf(why, n_bytes, "it may get to pa 0x%" PRIx64,
                           target->kind == CHK_BYPASS ? request->iova : pa);
        return LITMUS_NO;
    }
    return LITMUS_YES;
}

enum litmus_answer litmus_ask(const struct litmus_explored *explored, const struct litmus_act *act,
                              char *why, size_t n_bytes)
{
    const struct litmus_question *question = &act->question;
    const struct xpl_slot *slot;
    enum litmus_answer answer;

    why[0] = '\0';
    if (!explored) {
        (void)snprintf(why, n_bytes, "no memory to explore");
        return LITMUS_UNKNOWN;
    }
    if (act->kind == LITMUS_ACT_CLASS)
        return ask_class(explored, &act->classes, why, n_bytes);
    if (question->op >= explored->report->n_ops ||
        !(slot = find_slot(&explored->report->ops[question->op], &question->request))) {
        (void)snprintf(why, n_bytes, "requests of this stream were not explored");
        return LITMUS_UNKNOWN;
    }
    answer = act->kind == LITMUS_ACT_EXISTS ? ask_exists(explored, question, slot, why, n_bytes)
                                            : ask_forall(explored, question, slot, why, n_bytes);
    if (answer == LITMUS_YES && act->kind == LITMUS_ACT_FORALL && slot->inconclusive) {
        (void)snprintf(why, n_bytes, "inconclusive: %s", slot->why ? slot->why : "");
        return LITMUS_UNKNOWN;
    }
    return answer;
}
