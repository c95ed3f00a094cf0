/* SPDX-License-Identifier: BSD-2-Clause
 * ord_vtd_duty.c - duties: what caches may still hold, what takes it away, and what was forgotten.
 * Knows: descriptors, tags (4.2, 6.2, 6.5.2 of the architecture). Must not know: page tables. */
#include "check/vtd/ord_vtd.h"

#include <inttypes.h>
#include <string.h>

struct ordv_duty *ordv_duty_new(struct ordv *v, struct ordv_unit *unit, enum ordv_kind kind)
{
    void *duties = unit->duties;
    struct ordv_duty *duty;

    if (!ord_room(v->order, &duties, &unit->duties_room, unit->n_duties, sizeof(*unit->duties)))
        return NULL;
    unit->duties = duties;
    duty = &unit->duties[unit->n_duties++];
    memset(duty, 0, sizeof(*duty));
    duty->kind = kind;
    unit->n_entry_duties += kind != ORDV_PTE;
    duty->cpu = v->order->rec->cpu;
    duty->since = ord_here(v->order);
    for (unsigned i = 0; i < ORDV_N_STEPS; i++)
        duty->index[i] = ORDV_NO_INDEX;
    return duty;
}

struct ordv_duty *ordv_duty_of(struct ordv_unit *unit, enum ordv_kind kind, uint64_t pa)
{
    for (size_t i = 0; i < unit->n_duties; i++) {
        if (unit->duties[i].kind == kind && unit->duties[i].pa == pa)
            return &unit->duties[i];
    }
    return NULL;
}

/* ---- What a descriptor covers ---------------------------------------------------------------- */

/* FM: function bits that do not count. */
static bool names_source(const uint64_t *words, uint32_t sid)
{
    static const uint32_t ignored[] = {0, 4, 6, 7};

    return ((sid ^ (uint32_t)vtd_CC_INV_SID(words)) & ~ignored[vtd_CC_INV_FM(words)]) == 0;
}

/* With caching mode, what was not present is filed under domain 0, or nobody says under which. */
static bool names_did(struct ordv_duty *duty, enum ordv_step step, uint64_t did)
{
    if (did == duty->did || duty->is_cm)
        return true;
    duty->saw_did[step] = true;
    return false;
}

static bool covers_context(struct ordv_duty *duty, const uint64_t *words)
{
    if (vtd_CC_INV_G(words) == VTD_CC_INV_G_global)
        return true;
    if (duty->kind == ORDV_ROOT)
        return false;
    if (vtd_CC_INV_G(words) == VTD_CC_INV_G_device && !names_source(words, duty->sid))
        return false;
    return duty->kind == ORDV_CTX || duty->kind == ORDV_BELOW ||
           names_did(duty, ORDV_CC, vtd_CC_INV_DID(words));
}

static bool covers_pasid(struct ordv_duty *duty, const uint64_t *words)
{
    if (vtd_PC_INV_G(words) == VTD_PC_INV_G_global || duty->kind == ORDV_DIR)
        return true;
    if (vtd_PC_INV_G(words) == VTD_PC_INV_G_pasid && vtd_PC_INV_PASID(words) != duty->pasid)
        return false;
    return names_did(duty, ORDV_PC, vtd_PC_INV_DID(words));
}

/* Does the range of a descriptor hold all addresses of the duty? */
static bool holds(const struct ordv_duty *duty, uint64_t address, uint64_t am)
{
    const unsigned log2 = (unsigned)am + 12;
    const uint64_t mask = log2 < 64 ? (UINT64_C(1) << log2) - 1 : UINT64_MAX;

    return (address & ~mask) <= duty->first && (address | mask) >= duty->last;
}

static bool covers_by_domain(struct ordv_duty *duty, const uint64_t *words)
{
    if (vtd_IOTLB_INV_G(words) == VTD_IOTLB_INV_G_global)
        return true;
    if (!names_did(duty, ORDV_IOTLB, vtd_IOTLB_INV_DID(words)))
        return false;
    if (vtd_IOTLB_INV_G(words) == VTD_IOTLB_INV_G_domain)
        return true;
    if (duty->kind != ORDV_PTE)
        return false;
    if (duty->is_first_stage) /* all of the domain */
        return true;
    if (!holds(duty, vtd_IOTLB_INV_ADDR_addr(words), vtd_IOTLB_INV_AM(words)))
        return false;
    duty->saw_leaf |= duty->is_table && vtd_IOTLB_INV_IH(words);
    return !duty->is_table || !vtd_IOTLB_INV_IH(words);
}

static bool covers_by_pasid(struct ordv_duty *duty, const uint64_t *words)
{
    const bool is_page = vtd_PIOTLB_INV_G(words) == VTD_PIOTLB_INV_G_page;

    if (duty->by_domain) {
        duty->saw_pasid |= vtd_PIOTLB_INV_DID(words) == duty->did;
        return false;
    }
    if (vtd_PIOTLB_INV_PASID(words) != duty->pasid ||
        !names_did(duty, ORDV_IOTLB, vtd_PIOTLB_INV_DID(words)))
        return false;
    if (!is_page)
        return true;
    if (duty->kind != ORDV_PTE || !duty->is_first_stage ||
        !holds(duty, vtd_PIOTLB_INV_ADDR_addr(words), vtd_PIOTLB_INV_AM(words)))
        return false;
    duty->saw_leaf |= duty->is_table && vtd_PIOTLB_INV_IH(words);
    return !duty->is_table || !vtd_PIOTLB_INV_IH(words);
}

static bool covers_device(const struct ordv_duty *duty, const uint64_t *words, bool is_by_pasid)
{
    const uint64_t sid = is_by_pasid ? vtd_PDEVTLB_INV_SID(words) : vtd_DEVTLB_INV_SID(words);
    uint64_t base = 0;
    unsigned n_log2 = 0;

    if (sid != duty->sid || !vtd_devtlb_range(words, &base, &n_log2))
        return false;
    if (duty->kind == ORDV_PTE)
        return holds(duty, base, n_log2);
    return true;
}

/* ---- Descriptors ----------------------------------------------------------------------------- */

static enum ordv_step step_of(unsigned type)
{
    switch (type) {
    case VTD_QI_CC_INV:
        return ORDV_CC;
    case VTD_QI_PC_INV:
        return ORDV_PC;
    case VTD_QI_IOTLB_INV:
    case VTD_QI_PIOTLB_INV:
        return ORDV_IOTLB;
    case VTD_QI_DEVTLB_INV:
    case VTD_QI_PDEVTLB_INV:
        return ORDV_DEV;
    default:
        return ORDV_N_STEPS;
    }
}

static bool covers(struct ordv_duty *duty, const uint64_t *words)
{
    switch (vtd_qi_type(words)) {
    case VTD_QI_CC_INV:
        return covers_context(duty, words);
    case VTD_QI_PC_INV:
        return covers_pasid(duty, words);
    case VTD_QI_IOTLB_INV:
        return covers_by_domain(duty, words);
    case VTD_QI_PIOTLB_INV:
        return covers_by_pasid(duty, words);
    case VTD_QI_DEVTLB_INV:
        return covers_device(duty, words, false);
    case VTD_QI_PDEVTLB_INV:
        return covers_device(duty, words, true);
    default:
        return false;
    }
}

/* A unit runs the four kinds in this order (6.5.2.11), so descriptors need no wait between them. */
static bool is_next(const struct ordv_duty *duty, enum ordv_step step)
{
    for (unsigned i = 0; i < (unsigned)step; i++) {
        if (duty->needs[i] && duty->index[i] == ORDV_NO_INDEX)
            return false;
    }
    return true;
}

/* DEVTLB_INV waits for IOTLB_INV, but not for PIOTLB_INV: there must be a wait or a fence between.
 */
static bool overtakes(const struct ordv_unit *unit, const struct ordv_duty *duty,
                      const uint64_t *words)
{
    return vtd_qi_type(words) == VTD_QI_DEVTLB_INV && duty->by_pasid &&
           duty->index[ORDV_IOTLB] >= unit->queue.done;
}

static void take_over(struct ordv_duty *duty, enum ordv_step step,
                      const struct ordv_command *command)
{
    duty->index[step] = command->index;
    if (step == ORDV_IOTLB)
        duty->by_pasid = vtd_qi_type(command->words) == VTD_QI_PIOTLB_INV;
}

/* Behind a wait with FN=1 everything starts when what is before it has ended. */
static void see_fence(struct ordv_unit *unit, const uint64_t *words)
{
    if (vtd_qi_type(words) != VTD_QI_WAIT || !vtd_WAIT_FN(words))
        return;
    for (size_t i = 0; i < unit->n_duties; i++)
        unit->duties[i].by_pasid = false;
}

void ordv_duty_command(struct ordv_unit *unit, const struct ordv_command *command)
{
    const enum ordv_step step = step_of(vtd_qi_type(command->words));

    see_fence(unit, command->words);
    if (step == ORDV_N_STEPS)
        return;
    for (size_t i = 0; i < unit->n_duties; i++) {
        struct ordv_duty *duty = &unit->duties[i];

        if (!duty->needs[step] || duty->index[step] != ORDV_NO_INDEX ||
            !covers(duty, command->words))
            continue;
        if (is_next(duty, step) && !overtakes(unit, duty, command->words))
            take_over(duty, step, command);
        else
            duty->saw_early[step] = true;
    }
}

static bool is_done(const struct ordv_unit *unit, const struct ordv_duty *duty)
{
    for (unsigned i = 0; i < ORDV_N_STEPS; i++) {
        if (duty->needs[i] && !duty->done[i] && duty->index[i] >= unit->queue.done)
            return false;
    }
    return true;
}

void ordv_duty_ready(struct ordv_unit *unit, enum ordv_step step)
{
    for (size_t i = 0; i < unit->n_duties; i++) {
        if (unit->duties[i].index[step] == ORDV_BY_REGISTER)
            unit->duties[i].done[step] = true;
    }
    ordv_duty_complete(unit);
}

/* The first @n are left. */
static void keep(struct ordv_unit *unit, size_t n)
{
    unit->n_duties = n;
    unit->n_entry_duties = 0;
    for (size_t i = 0; i < n; i++)
        unit->n_entry_duties += unit->duties[i].kind != ORDV_PTE;
}

void ordv_duty_complete(struct ordv_unit *unit)
{
    size_t n = 0;

    for (size_t i = 0; i < unit->n_duties; i++) {
        if (!is_done(unit, &unit->duties[i]))
            unit->duties[n++] = unit->duties[i];
    }
    keep(unit, n);
}

/* ---- What was forgotten ---------------------------------------------------------------------- */

static enum chk_rule_id iotlb_rule(const struct ordv_duty *duty)
{
    if (duty->saw_leaf)
        return CHK_RULE_VTD_UNMAP_IH;
    if (duty->kind == ORDV_PTE)
        return duty->saw_did[ORDV_IOTLB] ? CHK_RULE_VTD_UNMAP_DID : CHK_RULE_VTD_UNMAP_NO_IOTLB;
    if (duty->saw_early[ORDV_IOTLB])
        return CHK_RULE_VTD_IOTLB_EARLY;
    if (duty->saw_pasid)
        return CHK_RULE_VTD_IOTLB_BY_PASID;
    return duty->saw_did[ORDV_IOTLB] ? CHK_RULE_VTD_IOTLB_DID : CHK_RULE_VTD_IOTLB_MISSING;
}

static enum chk_rule_id rule_of(const struct ordv_duty *duty, enum ordv_step step)
{
    if (duty->is_cm)
        return CHK_RULE_VTD_CM_NO_FLUSH;
    switch (step) {
    case ORDV_CC:
        if (duty->kind == ORDV_ROOT)
            return CHK_RULE_VTD_ROOT_NO_CC;
        return duty->saw_did[ORDV_CC] ? CHK_RULE_VTD_CC_DID : CHK_RULE_VTD_CTX_NO_CC;
    case ORDV_PC:
        if (duty->kind == ORDV_BELOW && duty->needs[ORDV_CC])
            return CHK_RULE_VTD_BELOW_NO_PC;
        if (duty->kind == ORDV_DIR || duty->kind == ORDV_BELOW)
            return CHK_RULE_VTD_DIR_NO_PC;
        return duty->saw_did[ORDV_PC] ? CHK_RULE_VTD_PC_DID : CHK_RULE_VTD_PASID_NO_PC;
    case ORDV_DEV:
        return duty->saw_early[ORDV_DEV] ? CHK_RULE_VTD_DEVTLB_EARLY : CHK_RULE_VTD_DEVTLB_MISSING;
    case ORDV_IOTLB:
    case ORDV_N_STEPS:
    default:
        return iotlb_rule(duty);
    }
}

static enum ordv_step missing_step(const struct ordv_duty *duty)
{
    unsigned i = 0;

    while (i < ORDV_N_STEPS && (!duty->needs[i] || duty->index[i] != ORDV_NO_INDEX))
        i++;
    return (enum ordv_step)i;
}

/* Without the first step, the entry above has a duty of its own. */
static bool is_told_above(const struct ordv_duty *duty, enum ordv_step step)
{
    return duty->kind == ORDV_BELOW && step == ORDV_CC;
}

static void tell(struct ordv *v, const struct ordv_unit *unit, const struct ordv_duty *duty,
                 enum ordv_step step)
{
    static const char *const kinds[] = {"ROOT", "CTX", "CTX", "PASID_DIR", "PASID", "PTE", "entry"};
    static const char *const steps[] = {"context cache", "PASID cache", "IOTLB", "device TLB", ""};

    ord_hit_since(v->order, rule_of(duty, step), unit->iommu, &duty->since,
                  "%s 0x%" PRIx64 " was q0 0x%" PRIx64 " q1 0x%" PRIx64
                  " (requester 0x%x, domain %u): no invalidation of the %s for it",
                  kinds[duty->kind], duty->pa, duty->before[0], duty->before[1], duty->sid,
                  duty->did, steps[step]);
}

void ordv_duty_end(struct ordv *v, struct ordv_unit *unit, const struct ord_mark *mark,
                   uint16_t cpu)
{
    size_t n = 0;

    for (size_t i = 0; i < unit->n_duties; i++) {
        const struct ordv_duty duty = unit->duties[i];
        const enum ordv_step step = missing_step(&duty);
        const bool is_due = !mark || (duty.cpu == cpu && duty.since.seq >= mark->seq);

        if (!is_due || duty.is_quiet || step == ORDV_N_STEPS)
            unit->duties[n++] = duty;
        else if (is_told_above(&duty, step))
            continue;
        else if (duty.kind != ORDV_PTE || !mark || !ord_is_lazy(v->order, mark->domain))
            tell(v, unit, &duty, step);
    }
    keep(unit, n);
}
