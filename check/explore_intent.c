/* SPDX-License-Identifier: BSD-2-Clause
 * explore_intent.c - does what memory says agree with what was promised?
 * Knows: promises (sim/intent), walks of tables. Must not know: layouts, caches.
 *
 * Whatever hardware may hold is compared with memory (explore_op.c); here memory is compared with
 * MAP and UNMAP records: at the end of each map and unmap for who uses the domain, and of each
 * switch. What no record promises is not judged. */
#include "check/explore_private.h"

#include <string.h>

#define WORD_BYTES 8u
#define PAGE_BYTES 4096u
#define MAX_STEPS 65536u  /* of one map or unmap */
#define MAX_RANGES 16384u /* of one domain at a switch */

/* The kernel's domain types (a of drv_attach). */
#define KERNEL_BLOCKED 0u
#define KERNEL_PAGING 1u /* a bit; the others say who uses the domain */
#define KERNEL_IDENTITY 4u
#define KERNEL_NESTED 0x40u

/* What is asked of an address: may it be refused, may it be served? */
enum {
    ASK_SERVED = 1 << 0,
    ASK_REFUSED = 1 << 1,
    ASK_RIGHTS = 1 << 2,
};

/* What memory says about one address. @last: up to which the same descriptor says it. */
struct walk {
    bool is_served, is_unknown;
    uint64_t pa, last;
    uint8_t prot;
};

struct question {
    struct xpl_core *core;
    const struct xpl_stream *stream;
    uint64_t domain;
    enum sim_domain_kind kind;
    unsigned ask;
    uint32_t op;
    uint32_t told; /* classes, a bit each: one address of each is enough */
};

/* ---- walks ---- */

static uint64_t last_of(const struct chk_table *table)
{
    const uint64_t last_entry = (uint64_t)table->n_entries - 1;

    return table->first + (last_entry << table->span_log2) +
           ((UINT64_C(1) << table->span_log2) - 1);
}

static void walk_table(struct xpl_core *core, const struct xpl_tlb *tlb, struct chk_table table,
                       uint64_t iova, struct walk *walk)
{
    struct chk_pte pte;
    int level;

    do {
        const uint32_t index = (uint32_t)((iova - table.first) >> table.span_log2);
        const uint64_t at = table.address + (uint64_t)index * WORD_BYTES;
        const uint64_t first = table.first + ((uint64_t)index << table.span_log2);

        level = table.level;
        walk->last = first + ((UINT64_C(1) << table.span_log2) - 1);
        walk->is_unknown = !sim_mem_is_known(core->mem, at, WORD_BYTES);
        xpl_place_decode(core, tlb, &table, index, sim_mem_read64(core->mem, at), &pte);
        if (pte.kind == CHK_PTE_LEAF && !pte.is_faulting) {
            walk->is_served = true;
            walk->pa = pte.pa + (iova - first);
            walk->prot = pte.prot;
        }
        table = pte.next;
    } while (pte.kind == CHK_PTE_TABLE && table.level > level && !walk->is_unknown);
}

/* Of a guest's tables, the host's below them: @iova is the guest's physical address. */
static void walk(struct xpl_core *core, const struct xpl_stream *stream, uint64_t iova,
                 struct walk *walk)
{
    const struct chk_target *target = &stream->memory;
    const struct xpl_unit *unit = &core->units[stream->unit];
    struct chk_table root[2];
    struct xpl_tlb tlb;
    unsigned n;

    memset(&tlb, 0, sizeof(tlb));
    *walk = (struct walk){.last = UINT64_MAX};
    if (target->kind == CHK_BYPASS) {
        walk->is_served = true;
        walk->pa = iova;
        walk->prot = SIM_PROT_R | SIM_PROT_W | SIM_PROT_X;
    }
    if (target->kind == CHK_REFUSED || target->kind == CHK_BYPASS || !target->n_tlbs)
        return;
    tlb.unit = stream->unit;
    tlb.tag = target->tlb[0].tag;
    tlb.regime = target->tlb[0].regime;
    n = unit->arch->roots(&unit->regs, &tlb.tag, &tlb.regime, root);
    for (unsigned i = 0; i < n; i++) {
        if (iova >= root[i].first && iova <= last_of(&root[i]))
            walk_table(core, &tlb, root[i], iova, walk);
    }
}

/* ---- one address ---- */

static void tell(struct question *q, uint64_t iova, enum chk_class verdict, const char *what)
{
    struct xpl_table table = {.verdict = verdict,
                              .tag = q->stream->memory.tlb[0].tag,
                              .first = iova,
                              .last = iova,
                              .seq = q->core->seq,
                              .what = what};

    if (q->told >> verdict & 1)
        return;
    q->told |= 1u << verdict;
    xpl_op_promise(q->core, q->op, &table);
}

static bool is_promised(const struct sim_intent_answer *answer, uint64_t pa)
{
    for (unsigned i = 0; i < answer->n_targets; i++) {
        if (answer->pa[i] == pa)
            return true;
    }
    return false;
}

/* Rights of a page whose promise is one. */
static void judge_rights(struct question *q, uint64_t iova, const struct sim_intent_answer *answer,
                         const struct walk *found)
{
    const unsigned wanted = answer->prot[0] & (SIM_PROT_R | SIM_PROT_W);

    if (!(q->ask & ASK_RIGHTS) || answer->n_targets != 1 || !answer->has_prot[0])
        return;
    if (wanted & ~(unsigned)found->prot)
        tell(q, iova, CHK_STALE_REFUSAL, "memory grants less than the map promised");
    else if (found->prot & SIM_PROT_W & ~wanted)
        tell(q, iova, CHK_STALE, "memory lets a device write what was mapped for reading");
}

static void judge(struct question *q, uint64_t iova, const struct walk *found)
{
    struct sim_intent_answer answer;

    sim_intent_ask(q->core->intent, q->domain, q->kind, iova, q->core->seq, q->core->seq, &answer);
    if (answer.is_opaque)
        return;
    if (found->is_unknown)
        xpl_op_hole(q->core, q->op, "a table has a word that the stream does not tell");
    else if (!found->is_served && !answer.refusal && q->ask & ASK_SERVED)
        tell(q, iova, CHK_STALE_REFUSAL, "memory refuses an address that is mapped");
    if (found->is_unknown || !found->is_served)
        return;
    if (is_promised(&answer, found->pa)) {
        if (!answer.refusal)
            judge_rights(q, iova, &answer, found);
    } else if (answer.n_targets && q->ask & ASK_SERVED) {
        tell(q, iova, CHK_STALE, "memory translates an address to another page than was mapped");
    } else if (!answer.n_targets && q->ask & ASK_REFUSED) {
        tell(q, iova, CHK_STALE, "memory still translates an address that is not mapped");
    }
}

/* An address that is refused may hide one that leads to a wrong place. */
static bool is_worst_told(const struct question *q)
{
    return (q->told >> CHK_STALE & 1) != 0;
}

static void judge_at(struct question *q, uint64_t iova)
{
    struct walk found;

    walk(q->core, q->stream, iova, &found);
    judge(q, iova, &found);
}

/* ---- maps and unmaps ---- */

/* The next address after @iova about which a promise or a descriptor may differ; 0 = none. */
static uint64_t next_address(const struct question *q, uint64_t iova, const struct walk *found)
{
    const struct sim_intent *intent = q->core->intent;
    const size_t at = sim_intent_find(intent, q->domain, iova);
    uint64_t next = found->last + 1;
    uint64_t first, size, pa;

    if (at == sim_intent_n_ranges(intent, q->domain))
        return next;
    sim_intent_range(intent, q->domain, at, &first, &size, &pa);
    if (first <= iova)
        first += size;
    return first > iova && (first < next || !next) ? first : next;
}

static void judge_range(struct question *q, uint64_t first, uint64_t last)
{
    uint64_t iova = first;

    for (unsigned i = 0; i < MAX_STEPS; i++) {
        struct walk found;

        walk(q->core, q->stream, iova, &found);
        judge(q, iova, &found);
        if (is_worst_told(q))
            return;
        iova = next_address(q, iova, &found);
        if (iova <= first || iova > last)
            return;
    }
    xpl_op_hole(q->core, q->op, "a map or unmap has more descriptors than the explorer reads");
}

/* Can the answer of memory be compared? Not while its switch runs: that one's end does it. Nor if
 * something was left out: then it is not known which stores change it. */
static bool is_comparable(const struct xpl_core *core, const struct xpl_stream *stream)
{
    return stream->has_memory && !stream->is_cut && !core->values_left_out &&
           core->units[stream->unit].regs.is_on && !core->is_intent_lost;
}

/* Does the request go through the tables of @domain, as far as stores have told? */
static bool goes_through(const struct xpl_core *core, const struct xpl_stream *stream,
                         uint64_t domain)
{
    const struct xpl_unit *unit = &core->units[stream->unit];
    const struct chk_target *now = &stream->memory;
    struct chk_table root[2];
    unsigned n;

    if (now->kind == CHK_REFUSED || !now->n_tlbs)
        return false;
    n = unit->arch->roots(&unit->regs, &now->tlb[0].tag, &now->tlb[0].regime, root);
    for (unsigned i = 0; i < n; i++) {
        if (xpl_owner_of(core, root[i].address) == domain)
            return true;
    }
    return false;
}

static bool uses(const struct xpl_core *core, const struct xpl_stream *stream, uint64_t domain)
{
    if (stream->has_domain && stream->domain == domain &&
        stream->domain_kind == SIM_DOMAIN_PAGING && stream->memory.kind == CHK_TRANSLATED)
        return true;
    return goes_through(core, stream, domain);
}

/* Has an earlier request the same tables? */
static bool is_judged(const struct xpl_core *core, uint32_t index, uint64_t domain)
{
    const struct xpl_stream *stream = &core->streams[index];

    for (uint32_t i = 0; i < index; i++) {
        const struct xpl_stream *other = &core->streams[i];

        if (other->unit == stream->unit && !other->in_switch && uses(core, other, domain) &&
            memcmp(&other->memory.tlb[0], &stream->memory.tlb[0], sizeof(other->memory.tlb[0])) ==
                0)
            return true;
    }
    return false;
}

static void end_table(struct xpl_core *core, uint32_t op, const struct xpl_mark *mark)
{
    const bool is_map = mark->op == SIM_OP_MAP;
    bool is_used = false;

    if ((!is_map && mark->op != SIM_OP_UNMAP) || !mark->domain || !mark->b)
        return;
    for (uint32_t i = 0; i < core->n_streams; i++) {
        const struct xpl_stream *stream = &core->streams[i];
        const bool is_switching = stream->in_switch && !stream->is_bystander;
        struct question q = {
            .core = core,
            .stream = stream,
            .domain = mark->domain,
            .kind = SIM_DOMAIN_PAGING,
            .ask = is_map ? ASK_SERVED | ASK_RIGHTS : ASK_REFUSED,
            .op = op,
        };

        if (!uses(core, stream, mark->domain))
            continue;
        is_used = true;
        if ((is_switching && !stream->is_lent) || !is_comparable(core, stream) ||
            is_judged(core, i, mark->domain))
            continue; /* its switch is judged, or another with the same tables was */
        judge_range(&q, mark->a, mark->a + (mark->b - 1));
    }
    if (!is_used)
        core->ops[op].notes |= XPL_NOTE_UNUSED;
}

/* ---- switches ---- */

/* First, last and one inside of every range that @domain has. */
static void judge_ranges(struct question *q, uint64_t domain)
{
    const size_t n = sim_intent_n_ranges(q->core->intent, domain);

    for (size_t i = 0; i < n && !is_worst_told(q); i++) {
        uint64_t first, size, pa;

        if (i == MAX_RANGES) {
            xpl_op_hole(q->core, q->op, "a domain has more ranges than the explorer asks");
            return;
        }
        sim_intent_range(q->core->intent, domain, i, &first, &size, &pa);
        judge_at(q, first);
        judge_at(q, first + (size - 1));
        judge_at(q, first + size / 2 / PAGE_BYTES * PAGE_BYTES);
    }
}

/* Two stages, or a guest's tables: not walked here. */
static bool is_deep(const struct chk_target *target)
{
    return target->kind == CHK_OPAQUE || (target->kind == CHK_TRANSLATED && target->n_tlbs != 1);
}

static bool has_root(const struct question *q)
{
    const struct xpl_unit *unit = &q->core->units[q->stream->unit];
    const struct chk_target *now = &q->stream->memory;
    struct chk_table root[2];

    return is_deep(now) ||
           unit->arch->roots(&unit->regs, &now->tlb[0].tag, &now->tlb[0].regime, root) > 0;
}

/* An answer that needs no address: of the wrong kind as a whole. Return: false if it is told. */
static bool judge_kind(struct question *q, bool is_same)
{
    const enum chk_kind now = (enum chk_kind)q->stream->memory.kind;
    const bool has_pages = sim_intent_n_ranges(q->core->intent, q->domain) != 0;
    const char *what = NULL;

    if (q->kind == SIM_DOMAIN_IDENTITY && now == CHK_REFUSED) {
        tell(q, 0, CHK_STALE_REFUSAL, "memory refuses requests though they should pass");
        return false;
    }
    if (now == CHK_BYPASS && q->kind == SIM_DOMAIN_BLOCKED)
        what = "memory lets requests pass after a detach";
    else if (now == CHK_OPAQUE && q->kind == SIM_DOMAIN_BLOCKED)
        what = "memory still leads to a guest's tables after a detach";
    else if (now == CHK_BYPASS && q->kind == SIM_DOMAIN_PAGING && !has_pages)
        what = "memory lets requests pass though nothing is mapped";
    else if (now != CHK_REFUSED && now != CHK_BYPASS && is_same && has_root(q) &&
             (q->kind == SIM_DOMAIN_BLOCKED || is_deep(&q->stream->memory)))
        what = "memory still has the old configuration";
    if (what)
        tell(q, 0, CHK_STALE, what);
    return !what;
}

static void judge_switch(struct question *q, const struct xpl_stream *old)
{
    const struct chk_target *now = &q->stream->memory;
    const bool is_other = old->has_domain ? old->domain != q->domain || old->domain_kind != q->kind
                                          : q->kind == SIM_DOMAIN_BLOCKED;
    const bool is_same = is_other && chk_target_equal(now, &q->stream->old_target);
    const bool has_pages = sim_intent_n_ranges(q->core->intent, q->domain) != 0;
    uint32_t told;

    if (!judge_kind(q, is_same) || (is_deep(now) && now->kind != CHK_OPAQUE))
        return;
    if (now->kind == CHK_OPAQUE) { /* below the guest's tables the domain's must be */
        q->ask = ASK_SERVED;
        judge_ranges(q, q->domain);
        return;
    }
    if (q->stream->has_ats && q->kind == SIM_DOMAIN_PAGING && now->kind == CHK_TRANSLATED &&
        !(now->ats & CHK_ATS_ANSWERS))
        tell(q, 0, CHK_STALE_REFUSAL, "memory refuses what a device asks whose ATS is on");
    q->ask = ASK_SERVED;
    if (has_pages || is_same || q->kind == SIM_DOMAIN_BLOCKED)
        q->ask |= ASK_REFUSED; /* else it may be that its maps were not seen */
    told = q->told;
    judge_ranges(q, q->domain);
    if (q->told == told && old->has_domain)
        judge_ranges(q, old->domain);
}

/* What the domain is made of is not known here. */
static void judge_unknown(struct question *q, const struct xpl_stream *old)
{
    const bool is_other =
        !old->has_domain || old->domain != q->domain || old->domain_kind != q->kind;

    if (q->stream->request.pasid != CHK_NO_PASID && q->stream->memory.kind == CHK_REFUSED)
        tell(q, 0, CHK_STALE_REFUSAL, "memory refuses requests with a PASID that was set");
    else if (is_other && !q->core->ops[q->op].stores &&
             chk_target_equal(&q->stream->memory, &q->stream->old_target))
        xpl_op_hole(q->core, q->op, "a switch stored nothing, and no record tells if it should");
}

static enum sim_domain_kind kind_of(const struct xpl_core *core, const struct xpl_mark *mark)
{
    if (mark->op == SIM_OP_REMOVE_PASID)
        return SIM_DOMAIN_BLOCKED;
    if (mark->op == SIM_OP_DRV_ATTACH && mark->a == KERNEL_BLOCKED)
        return SIM_DOMAIN_BLOCKED;
    if (mark->op == SIM_OP_DRV_ATTACH && mark->a == KERNEL_IDENTITY)
        return SIM_DOMAIN_IDENTITY;
    if (mark->op != SIM_OP_DRV_ATTACH && mark->b == KERNEL_IDENTITY)
        return SIM_DOMAIN_IDENTITY;
    if (mark->op != SIM_OP_DRV_ATTACH && mark->b == KERNEL_NESTED)
        return SIM_DOMAIN_OPAQUE;
    if (mark->op == SIM_OP_DRV_ATTACH)
        return mark->a & KERNEL_PAGING ? SIM_DOMAIN_PAGING : SIM_DOMAIN_OPAQUE;
    return sim_intent_n_ranges(core->intent, mark->domain) ? SIM_DOMAIN_PAGING : SIM_DOMAIN_OPAQUE;
}

static bool tells_domain(const struct xpl_mark *mark)
{
    return mark->dev != SIM_NO_DEV &&
           (mark->op == SIM_OP_REMOVE_PASID ||
            (mark->domain && (mark->op == SIM_OP_DRV_ATTACH || mark->op == SIM_OP_SET_PASID ||
                              mark->op == SIM_OP_REPLACE_PASID)));
}

/* The last PASID that goes takes the table of CDs out of the STE: a switch of the device inside. */
static bool is_going(struct xpl_core *core, const struct xpl_stream *stream)
{
    const struct xpl_cpu *cpu = xpl_cpu_of(core, core->cpu);

    for (uint32_t i = 0; cpu && i < cpu->depth; i++) {
        if (cpu->mark[i].op == SIM_OP_REMOVE_PASID && cpu->mark[i].dev == stream->dev &&
            cpu->mark[i].pasid == stream->request.pasid)
            return true;
    }
    return false;
}

/* A switch of the device is no remove_pasid: what a PASID was attached to stays promised. */
static void keep_domain(struct xpl_core *core, uint32_t op, const struct xpl_stream *stream)
{
    struct question q = {core, stream, stream->domain, stream->domain_kind, 0, op, 0};

    if (is_going(core, stream))
        return;
    if (stream->domain_kind == SIM_DOMAIN_PAGING && is_comparable(core, stream))
        judge_switch(&q, stream);
}

static void end_switch(struct xpl_core *core, uint32_t op, const struct xpl_mark *mark)
{
    for (uint32_t i = 0; i < core->n_streams; i++) {
        struct xpl_stream *stream = &core->streams[i];
        const struct xpl_stream old = *stream;
        struct question q = {core, stream, mark->domain, kind_of(core, mark), 0, op, 0};

        if (stream->dev != mark->dev)
            continue;
        if (stream->request.pasid != mark->pasid) {
            if (mark->pasid == CHK_NO_PASID)
                keep_domain(core, op, stream);
            continue;
        }
        stream->has_domain = true;
        stream->domain = q.domain;
        stream->domain_kind = q.kind;
        stream->domain_seq = core->seq;
        if (!is_comparable(core, stream))
            continue;
        if (q.kind == SIM_DOMAIN_OPAQUE) {
            judge_unknown(&q, &old);
            continue;
        }
        core->ops[op].notes &= ~(uint32_t)XPL_NOTE_NO_PROMISE;
        judge_switch(&q, &old);
    }
}

/* A detach that names no domain: whatever is new, it is not the old. */
static void end_detach(struct xpl_core *core, uint32_t op, const struct xpl_mark *mark)
{
    for (uint32_t i = 0; i < core->n_streams; i++) {
        struct xpl_stream *stream = &core->streams[i];
        struct question q = {core, stream, 0, SIM_DOMAIN_BLOCKED, 0, op, 0};

        if (stream->dev != mark->dev || stream->request.pasid != mark->pasid || stream->op != op ||
            stream->is_lent || stream->domain_seq > core->ops[op].begin_seq ||
            !is_comparable(core, stream) || xpl_group_is_shared(core, mark->dev))
            continue;
        if (chk_target_equal(&stream->memory, &stream->old_target))
            (void)judge_kind(&q, true);
    }
}

/* What was known of @dev's domains before record @since is not known any more. */
static void forget(struct xpl_core *core, uint32_t dev, uint64_t since)
{
    for (uint32_t i = 0; i < core->n_streams; i++) {
        struct xpl_stream *stream = &core->streams[i];

        if (stream->dev == dev && stream->domain_seq < since)
            stream->has_domain = false;
    }
}

/* @is_told: @mark's own END is here; else nobody knows what has become of it. */
void xpl_intent_end(struct xpl_core *core, uint32_t op, const struct xpl_mark *mark, int32_t ret,
                    bool is_told)
{
    if (!is_told && mark->is_switch)
        forget(core, mark->dev, XPL_NEVER);
    if (!is_told || ret)
        return; /* what failed promises nothing new */
    if (!mark->is_switch)
        end_table(core, op, mark);
    else if (mark->op == SIM_OP_DETACH)
        end_detach(core, op, mark);
    else if (tells_domain(mark))
        end_switch(core, op, mark);
    if (mark->is_switch && !tells_domain(mark) && core->ops[op].stores)
        forget(core, mark->dev, core->ops[op].begin_seq); /* switched, but where to? */
}
