/* SPDX-License-Identifier: BSD-2-Clause
 * chk_judge.c - is an answer one that was promised? If not: what is it, and who is to blame?
 * Knows: phases, promises, answers. Must not know: how phases come about. */
#include "check/chk_private.h"
#include "sim/diag.h"

#define MAX_LOOK_BACK 1024u /* operations that may be to blame */

/* What matched, over all segments that the request was in flight in. */
enum found {
    FOUND_OLD = 1u << 0,
    FOUND_NEW = 1u << 1,
    FOUND_SAME = 1u << 2, /* no question of old and new */
};

/*
 * @matched:  enum found bits, of a target.
 * @refused:  the same, of domains that may refuse.
 * @is_open:  nothing can be said of some domain.
 * @is_lazy:  what is gone may still be served.
 * @has_unknown_prot: the address is mapped, with permissions that nobody told.
 */
struct judged {
    const struct chk_segment *issued;   /* in which it was issued, or the oldest known */
    const struct chk_segment *switched; /* the latest switch that it met, or NULL */
    unsigned matched, refused;
    bool is_open, is_lazy, has_unknown_prot;
};

/* ---- What was promised ----------------------------------------------------------------------- */

static uint8_t prot_needed(uint8_t access)
{
    return (uint8_t)((access & SIM_DMA_READ ? SIM_PROT_R : 0) |
                     (access & SIM_DMA_WRITE ? SIM_PROT_W : 0) |
                     (access & SIM_DMA_EXECUTE ? SIM_PROT_X : 0));
}

/* Formats without write-only pages let more reads pass than were asked for; no more writes. */
static bool may_pass(const struct sim_intent_answer *answer, unsigned i, uint8_t needed)
{
    return !answer->has_prot[i] || !(needed & SIM_PROT_W) || (answer->prot[i] & SIM_PROT_W);
}

static void ask(const struct chk *chk, const struct chk_domain *domain,
                const struct sim_dma_seen *seen, const uint64_t during[2], enum found found,
                struct judged *judged)
{
    const uint8_t needed = prot_needed(seen->access);
    struct sim_intent_answer answer;

    if (!domain->is_known) {
        judged->is_open = true;
        return;
    }
    sim_intent_ask(chk->intent, domain->id, domain->kind, seen->iova, during[0], during[1],
                   &answer);
    judged->is_open |= answer.is_opaque;
    judged->is_lazy |= domain->is_lazy;
    if (answer.refusal)
        judged->refused |= found;
    for (unsigned i = 0; i < answer.n_targets; i++) {
        if (answer.pa[i] == seen->pa && may_pass(&answer, i, needed))
            judged->matched |= found;
        if (!answer.has_prot[i])
            judged->has_unknown_prot = true;
        else if (needed & ~answer.prot[i])
            judged->refused |= found;
    }
}

static enum found found_of(const struct chk *chk, const struct chk_segment *segment)
{
    switch ((enum chk_phase)segment->phase) {
    case CHK_PHASE_BEFORE:
    case CHK_PHASE_SWITCH:
        return FOUND_OLD;
    case CHK_PHASE_AFTER:
        if (segment->op == CHK_NONE || chk->extra[segment->op].is_table)
            return FOUND_SAME;
        return segment->is_old ? FOUND_OLD : FOUND_NEW;
    case CHK_PHASE_TABLE:
    default:
        return FOUND_SAME;
    }
}

/* Walk back over the segments of the request's life. Return: false if they are not known. */
static bool find_segments(struct chk_slot *slot, const struct sim_dma_seen *seen, uint32_t *first,
                          uint32_t *last)
{
    const uint32_t oldest =
        slot->n_segments > CHK_N_SEGMENTS ? slot->n_segments - CHK_N_SEGMENTS : 0;
    uint32_t i = slot->n_segments - 1;

    while (i > oldest && slot->segment[i % CHK_N_SEGMENTS].from_seq > seen->answer_seq)
        i--;
    *last = i;
    while (i > oldest && slot->segment[i % CHK_N_SEGMENTS].from_seq > seen->issue_seq)
        i--;
    *first = i;
    return slot->segment[i % CHK_N_SEGMENTS].from_seq <= seen->issue_seq;
}

static void look(const struct chk *chk, struct chk_slot *slot, const struct sim_dma_seen *seen,
                 struct judged *judged)
{
    uint32_t first, last;

    judged->is_open = !find_segments(slot, seen, &first, &last) || chk->blind_why ||
                      chk_is_off(chk, slot->iommu, seen->issue_seq, seen->issue_seq) ||
                      seen->issue_seq < chk->forgotten_seq || seen->status == SIM_DMA_PENDING ||
                      (slot->lost_seq && seen->answer_seq >= slot->lost_seq);
    judged->issued = &slot->segment[first % CHK_N_SEGMENTS];
    for (uint32_t i = first; i <= last; i++) {
        if (slot->segment[i % CHK_N_SEGMENTS].phase == CHK_PHASE_SWITCH)
            judged->switched = &slot->segment[i % CHK_N_SEGMENTS];
    }
    if (judged->is_open)
        return;
    for (uint32_t i = first; i <= last; i++) {
        const struct chk_segment *segment = &slot->segment[i % CHK_N_SEGMENTS];
        const uint64_t from = segment->from_seq,
                       next = i == last ? UINT64_MAX
                                        : slot->segment[(i + 1) % CHK_N_SEGMENTS].from_seq;
        const uint64_t during[2] = {from > seen->issue_seq ? from : seen->issue_seq,
                                    next - 1 < seen->answer_seq ? next - 1 : seen->answer_seq};
        const bool is_before = judged->switched && from < judged->switched->from_seq;

        ask(chk, &segment->domain, seen, during, is_before ? FOUND_OLD : found_of(chk, segment),
            judged);
        if (segment->has_other)
            ask(chk, &segment->other, seen, during, FOUND_NEW, judged);
    }
}

/* ---- Results --------------------------------------------------------------------------------- */

/* A refusal for want of permission, where nobody told the permissions, is not judged. */
static bool is_permission_fault(const struct chk *chk, uint32_t event)
{
    return event && chk->names.is_permission && chk->names.is_permission(event);
}

static enum chk_result result_of(const struct chk *chk, const struct sim_dma_seen *seen,
                                 const struct judged *judged)
{
    if (seen->status == SIM_DMA_OK) {
        if (judged->matched == FOUND_OLD)
            return CHK_RESULT_OLD;
        if (judged->matched == FOUND_NEW)
            return CHK_RESULT_NEW;
        if (judged->matched)
            return CHK_RESULT_SAME;
        if (judged->is_open || (judged->is_lazy && !judged->switched))
            return CHK_RESULT_UNCHECKED;
        return !judged->switched && judged->issued->phase == CHK_PHASE_AFTER ? CHK_RESULT_STALE
                                                                             : CHK_RESULT_MIXED;
    }
    if (judged->refused)
        return CHK_RESULT_REFUSED_OK;
    if (judged->is_open || (judged->has_unknown_prot && is_permission_fault(chk, seen->event)))
        return CHK_RESULT_UNCHECKED;
    return CHK_RESULT_REFUSED;
}

/* ---- Who is to blame ------------------------------------------------------------------------- */

static bool has_left_over(const struct chk *chk, uint32_t op)
{
    return op != CHK_NONE &&
           (chk->ops[op].classes & (1u << CHK_STALE | 1u << CHK_STALE_REFUSAL)) != 0;
}

/* Did the target that was served belong to @domain when @op began? */
static bool was_served(const struct chk *chk, uint32_t op, uint64_t domain,
                       enum sim_domain_kind kind, const struct sim_dma_seen *seen)
{
    const uint64_t seq = chk->ops[op].begin_seq;
    struct sim_intent_answer answer;

    if (seq < chk->forgotten_seq)
        return false;
    sim_intent_ask(chk->intent, domain, kind, seen->iova, seq, seq, &answer);
    for (unsigned i = 0; i < answer.n_targets; i++) {
        if (answer.pa[i] == seen->pa)
            return true;
    }
    return false;
}

/* A map and a refusal: it may have worked before, so while another operation runs it is to blame
 * only if it has been before. An unmap and a target: that it took away. */
static bool is_cause(const struct chk *chk, uint32_t op, const struct chk_slot *slot,
                     const struct sim_dma_seen *seen, bool is_after)
{
    if (seen->status == SIM_DMA_OK)
        return chk->ops[op].op == SIM_OP_UNMAP &&
               was_served(chk, op, slot->domain.id, slot->domain.kind, seen);
    return chk->ops[op].op == SIM_OP_MAP && (is_after || has_left_over(chk, op));
}

/* Did the last switch leave this behind? Inside the next one only what is surely so counts: a
 * target of the domain that it took away. */
static bool was_left_by_switch(const struct chk *chk, const struct chk_slot *slot,
                               const struct sim_dma_seen *seen, enum chk_phase phase)
{
    const uint32_t since = slot->switched_by;

    if (!has_left_over(chk, since))
        return false;
    return phase != CHK_PHASE_SWITCH ||
           (chk->ops[since].has_old_domain &&
            was_served(chk, since, chk->ops[since].old_domain, chk->ops[since].old_kind, seen));
}

/*
 * The operation that ended before the request was issued and left the wrong answer behind: a map
 * or unmap of that address since the last switch, else that switch, if it has done so before.
 * Return: CHK_NONE if there is none.
 */
static uint32_t left_by(const struct chk *chk, const struct chk_slot *slot,
                        const struct sim_dma_seen *seen, enum chk_phase phase)
{
    const uint32_t since = slot->switched_by;
    uint32_t n_left = MAX_LOOK_BACK;

    for (uint32_t i = chk->n_ops; i-- > 0 && i != since && n_left--;) {
        const struct chk_extra *extra = &chk->extra[i];

        if (extra->is_table && !extra->is_open && chk->ops[i].end_seq <= seen->issue_seq &&
            (!extra->domain || extra->domain == slot->domain.id) && seen->iova >= extra->iova &&
            seen->iova - extra->iova < extra->n_bytes &&
            is_cause(chk, i, slot, seen, phase == CHK_PHASE_AFTER))
            return i;
    }
    return was_left_by_switch(chk, slot, seen, phase) ? since : CHK_NONE;
}

/*
 * Give the operation that is to blame its class; what one of the past has left behind is stale, not
 * mixed. Return: that operation.
 */
static uint32_t charge(struct chk *chk, const struct chk_slot *slot,
                       const struct sim_dma_seen *seen, const struct judged *judged,
                       enum chk_result *result)
{
    const bool is_refusal = *result == CHK_RESULT_REFUSED;
    const struct chk_segment *segment = judged->switched ? judged->switched : judged->issued;
    const bool has_failed = segment->has_failed && is_refusal;
    uint32_t op = CHK_NONE;

    if (!is_refusal || (!judged->switched && !has_failed))
        op = left_by(chk, slot, seen, (enum chk_phase)segment->phase);
    if (op == CHK_NONE && (segment->phase != CHK_PHASE_AFTER || has_failed)) {
        chk_op_class(chk, segment->op, is_refusal ? CHK_BREAKS : CHK_TORN);
        return segment->op;
    }
    if (op == CHK_NONE)
        op = segment->op;
    if (!is_refusal)
        *result = CHK_RESULT_STALE;
    chk_op_class(chk, op, is_refusal ? CHK_STALE_REFUSAL : CHK_STALE);
    return op;
}

/* ---- Bookkeeping ----------------------------------------------------------------------------- */

static void count(struct chk_dma *dma, enum chk_result result, bool is_refusal)
{
    dma->issued++;
    dma->faulted += is_refusal;
    switch (result) {
    case CHK_RESULT_OLD:
        dma->old_++;
        break;
    case CHK_RESULT_NEW:
        dma->new_++;
        break;
    case CHK_RESULT_SAME:
        dma->same++;
        break;
    case CHK_RESULT_MIXED:
        dma->mixed++;
        break;
    case CHK_RESULT_STALE:
        dma->stale++;
        break;
    case CHK_RESULT_UNCHECKED:
        dma->unchecked++;
        break;
    case CHK_RESULT_REFUSED:
    case CHK_RESULT_REFUSED_OK:
    default:
        break;
    }
}

static void measure_gap(struct chk_op *op, struct chk_live *live, const struct sim_dma_seen *seen,
                        enum chk_result result)
{
    if (result == CHK_RESULT_REFUSED) {
        if (!live->has_gap || seen->issue_ps < live->gap_ps)
            live->gap_ps = seen->issue_ps;
        if (!live->has_gap || seen->issue_ps > live->gap_last_ps)
            live->gap_last_ps = seen->issue_ps;
        live->has_gap = true;
    } else if (live->has_gap && seen->status == SIM_DMA_OK && seen->issue_ps > live->gap_last_ps) {
        op->dma_blocked_ps += seen->issue_ps - live->gap_ps;
        live->has_gap = false;
    }
}

static void sample(struct chk *chk, struct chk_sampler *sampler, uint64_t latency_ps)
{
    if (chk_sample(sampler, latency_ps))
        chk->error = SIM_ENOMEM;
}

/* By when it was issued. After an operation's end it is before the next one, too. */
static void measure_latency(struct chk *chk, const struct chk_slot *slot,
                            const struct sim_dma_seen *seen, const struct chk_segment *issued)
{
    struct chk_live *live = chk_live_of(chk, issued->op);
    struct chk_live *next = chk_live_of(chk, slot->live[0]);
    const uint64_t latency_ps = seen->answer_ps - seen->issue_ps;

    if (!live)
        return;
    if (issued->phase == CHK_PHASE_BEFORE) {
        sample(chk, &live->before, latency_ps);
    } else if (issued->phase != CHK_PHASE_AFTER) {
        sample(chk, &live->during, latency_ps);
    } else if (chk->extra[issued->op].is_open || seen->issue_seq < chk->ops[issued->op].end_seq) {
        sample(chk, &live->after, latency_ps);
    } else {
        sample(chk, &live->tail, latency_ps);
        if (next && next != live && live->tail_taken == next->op)
            sample(chk, &next->before, latency_ps);
    }
}

static void note_evidence(struct chk *chk, const struct chk_segment *switched,
                          enum chk_result result)
{
    if (!switched || !switched->is_target || switched->op == CHK_NONE)
        return;
    chk->extra[switched->op].n_in_switch++;
    chk->extra[switched->op].n_checked += result != CHK_RESULT_UNCHECKED;
}

static void keep_for_failure(struct chk_slot *slot, const struct sim_dma_seen *seen,
                             enum chk_result result)
{
    if (result == CHK_RESULT_NEW)
        slot->new_only[seen->is_probe]++;
    else
        slot->refused_new_only[seen->is_probe]++;
}

/* Right by the new domain only, in a switch that may still fail. */
static bool is_new_only(const struct judged *judged, enum chk_result result)
{
    if (!judged->switched || !judged->switched->has_other || judged->is_open)
        return false;
    return result == CHK_RESULT_NEW ||
           (result == CHK_RESULT_REFUSED_OK && judged->refused == FOUND_NEW);
}

void chk_judge(struct chk *chk, const struct sim_dma_seen *seen)
{
    struct chk_slot *slot =
        chk_slot_find(chk, seen->dev, seen->has_pasid ? seen->pasid : CHK_NO_PASID);
    struct judged judged = {0};
    struct chk_answer answer;
    enum chk_result result;
    uint32_t window, op;

    if (!slot || !slot->n_segments)
        return;
    look(chk, slot, seen, &judged);
    result = result_of(chk, seen, &judged);
    window = op = judged.switched ? judged.switched->op : judged.issued->op;
    note_evidence(chk, judged.switched, result);
    if (result == CHK_RESULT_REFUSED || result == CHK_RESULT_MIXED || result == CHK_RESULT_STALE)
        op = charge(chk, slot, seen, &judged, &result);
    if (is_new_only(&judged, result) && chk_newest(slot) == judged.switched)
        keep_for_failure(slot, seen, result);
    if (op != CHK_NONE)
        count(seen->is_probe ? &chk->ops[op].probes : &chk->ops[op].dma, result,
              seen->status != SIM_DMA_OK);
    if (window == CHK_NONE)
        return;
    if (seen->is_probe && seen->status == SIM_DMA_PENDING)
        chk_op_inconclusive(chk, window, "a probe had no answer by then: probe.limit_ns");
    if (!seen->is_probe) {
        struct chk_live *live = chk_live_of(chk, window);

        if (live)
            measure_gap(&chk->ops[window], live, seen, result);
        if (seen->status == SIM_DMA_OK)
            measure_latency(chk, slot, seen, judged.issued);
        if (chk->has_hole && chk->hole_ps >= seen->issue_ps && chk->hole_ps <= seen->answer_ps)
            chk_op_inconclusive(chk, window, chk->hole_why);
    }
    answer = (struct chk_answer){.issue_ps = seen->issue_ps,
                                 .issue_seq = seen->issue_seq,
                                 .iova = seen->iova,
                                 .pa = seen->pa,
                                 .requester = seen->requester,
                                 .event = seen->event,
                                 .op = window,
                                 .result = (uint8_t)result,
                                 .is_new_only = is_new_only(&judged, result)};
    chk_stretch(chk, slot, &answer, seen->is_probe);
}
