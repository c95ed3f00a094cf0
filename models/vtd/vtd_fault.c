/* SPDX-License-Identifier: BSD-2-Clause
 * vtd_fault.c - which faults are recorded, and where (5.1 to 5.3).
 * Knows: records, their ring, overflow. Must not know: why a translation failed. */
#include "models/vtd/vtd_control.h"

/* ---- the ring of records ---- */

/* Of any source, or of one. */
static bool is_pending(const struct vtd *vtd, const uint64_t *of_source)
{
    for (uint32_t i = 0; i < vtd->caps.n_frcd; i++) {
        const uint64_t *words = vtd->frcd[i];

        if (vtd_FRCD_F(words) && (!of_source || vtd_FRCD_SID(words) == vtd_FRCD_SID(of_source)))
            return true;
    }
    return false;
}

static void fact_about(const struct vtd *vtd, enum sim_fact_kind kind, const uint64_t *words,
                       uint64_t pa)
{
    const uint64_t pasid = vtd_FRCD_PP(words) ? vtd_FRCD_PV(words) : SIM_NO_PASID;

    vtd_fact(vtd, kind, vtd_FRCD_FR(words), vtd_FRCD_SID(words),
             (const uint64_t[3]){pasid, vtd_FRCD_FI_addr(words), pa});
}

/* First the record, then F, then PPF and the message. */
static void publish(struct vtd *vtd, const uint64_t *words)
{
    const uint32_t index = vtd->frcd_next;

    vtd->frcd[index][0] = words[0];
    vtd->frcd[index][1] = words[1];
    vtd_FRCD_put_F(vtd->frcd[index], 1);
    vtd->frcd_next = (index + 1) % vtd->caps.n_frcd;
    fact_about(vtd, SIM_FACT_EVENT_RECORDED, words, 0);
    if (!vtd_FSTS_PPF(&vtd->reg[VTD_RI_FSTS]))
        vtd_FSTS_put_FRI(&vtd->reg[VTD_RI_FSTS], index);
    vtd_event_set(vtd, VTD_MESSAGE_FAULT, VTD_MASK(FSTS, PPF));
}

static void lose(struct vtd *vtd, const uint64_t *words)
{
    fact_about(vtd, SIM_FACT_EVENT_LOST, words, 0);
}

static void record(struct vtd *vtd, const uint64_t *words)
{
    const bool is_merged = vtd->param.fault_merge && is_pending(vtd, words);

    if (vtd_FSTS_PFO(&vtd->reg[VTD_RI_FSTS]) || is_merged) {
        lose(vtd, words);
    } else if (vtd_FRCD_F(vtd->frcd[vtd->frcd_next])) {
        lose(vtd, words);
        vtd_event_set(vtd, VTD_MESSAGE_FAULT, VTD_MASK(FSTS, PFO));
    } else {
        publish(vtd, words);
    }
}

void vtd_frcd_clear(struct vtd *vtd, uint32_t index)
{
    vtd_FRCD_put_F(vtd->frcd[index], 0);
    if (!is_pending(vtd, NULL))
        vtd_event_clear(vtd, VTD_MESSAGE_FAULT, VTD_MASK(FSTS, PPF));
}

void vtd_fault_index_reset(struct vtd *vtd)
{
    vtd->frcd_next = 0;
}

/* ---- making records takes time ---- */

static void copy(uint64_t *to, const uint64_t *from)
{
    to[0] = from[0];
    to[1] = from[1];
}

static void start(struct vtd *vtd, const uint64_t *words)
{
    struct vtd_fault_slot *slot = vtd->faults.slot;

    while (slot->is_busy)
        slot++;
    slot->is_busy = true;
    vtd->faults.n_busy++;
    copy(slot->words, words);
    vtd_wake(vtd, &slot->event, vtd->param.fault_cycles);
}

static void made(void *ctx)
{
    struct vtd_fault_slot *slot = ctx;
    struct vtd *vtd = slot->vtd;
    struct vtd_faults *faults = &vtd->faults;

    slot->is_busy = false;
    faults->n_busy--;
    record(vtd, slot->words);
    if (faults->n_waiting) {
        const uint32_t first = faults->first;

        faults->first = (first + 1) % VTD_MAX_FAULTS;
        faults->n_waiting--;
        start(vtd, faults->waiting[first]);
    }
}

static void make(struct vtd *vtd, const uint64_t *words)
{
    struct vtd_faults *faults = &vtd->faults;

    if (faults->n_busy < vtd->param.fault_slots) {
        start(vtd, words);
    } else if (faults->n_waiting < VTD_MAX_FAULTS) {
        copy(faults->waiting[(faults->first + faults->n_waiting) % VTD_MAX_FAULTS], words);
        faults->n_waiting++;
    } else { /* faster than they can be made */
        lose(vtd, words);
        vtd_event_set(vtd, VTD_MESSAGE_FAULT, VTD_MASK(FSTS, PFO));
    }
}

/* ---- what is recorded (5.1) ---- */

static bool is_recorded(const struct vtd_request *request, unsigned code, bool fpd)
{
    const struct vtd_fault *fault = vtd_fault_find(code);

    if (!fault)
        return true;
    if (fault->rec == VTD_FAULT_Q && fpd)
        return false;
    return request->kind != VTD_REQUEST_TRANSLATION || fault->is_tr_recorded;
}

/* {T1, T2}: 00 write, 01 page request, 10 read. */
static void put_type(uint64_t *words, const struct vtd_request *request, unsigned access_bits)
{
    const bool is_page = request->kind == VTD_REQUEST_PAGE;

    vtd_FRCD_put_T1(words, !is_page && !(access_bits & VTD_PT_W));
    vtd_FRCD_put_T2(words, is_page);
    if (request->kind == VTD_REQUEST_TRANSLATION)
        vtd_FRCD_put_AT(words, VTD_FRCD_AT_TR);
    else if (request->kind == VTD_REQUEST_TRANSLATED)
        vtd_FRCD_put_AT(words, VTD_FRCD_AT_TD);
}

void vtd_fault_put(struct vtd *vtd, const struct vtd_request *request, int code, bool fpd,
                   unsigned access_bits, uint64_t address)
{
    uint64_t words[2] = {0, 0};

    if (!is_recorded(request, (unsigned)code, fpd))
        return;
    vtd_FRCD_put_FI(words, address >> VTD_LSB_FRCD_FI);
    vtd_FRCD_put_SID(words, request->source_id);
    vtd_FRCD_put_FR(words, (unsigned)code);
    put_type(words, request, access_bits);
    if (request->has_pasid) {
        vtd_FRCD_put_PP(words, 1);
        vtd_FRCD_put_PV(words, request->pasid);
        vtd_FRCD_put_PRIV(words, (access_bits & VTD_PT_SUPERVISOR) != 0);
        vtd_FRCD_put_EXE(words, request->is_exec);
    }
    make(vtd, words);
}

void vtd_fault_init(struct vtd *vtd)
{
    for (uint32_t i = 0; i < VTD_MAX_FAULT_SLOTS; i++) {
        vtd->faults.slot[i].vtd = vtd;
        vtd_event_make(&vtd->faults.slot[i].event, made, &vtd->faults.slot[i]);
    }
}

void vtd_fault_reset(struct vtd *vtd)
{
    for (uint32_t i = 0; i < VTD_MAX_FAULT_SLOTS; i++) {
        sim_queue_cancel(vtd->queue, &vtd->faults.slot[i].event);
        vtd->faults.slot[i].is_busy = false;
    }
    vtd->faults.n_busy = 0;
    vtd->faults.n_waiting = 0;
    vtd->faults.first = 0;
}
