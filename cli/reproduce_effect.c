/* SPDX-License-Identifier: BSD-2-Clause
 * reproduce_effect.c - what a target comes to for one address, and which addresses tell most.
 * Knows: walks of tables in memory. Must not know: machines. */
#include "cli/reproduce_private.h"

#include <string.h>

#define MAX_STEPS 8u
#define LEAVES 3u /* of one target */
#define ENTRIES_TRIED 512u
#define ANY_IOVA UINT64_C(0x1000)

/* Tables that lead to a target. @below: of nested ones, the stage that tables and results of the
 * first go through. */
struct walker {
    const struct reproduce_job *job;
    const struct sim_mem *mem;
    struct chk_tag tag;
    struct chk_regime regime, below;
    bool is_nested;
};

static bool set_up(struct walker *walker, const struct reproduce_job *job,
                   const struct sim_mem *mem, const struct chk_target *target)
{
    enum reproduce_stages stages;

    *walker = (struct walker){.job = job, .mem = mem};
    if (target->n_tlbs != 1 || (target->kind != CHK_TRANSLATED && target->kind != CHK_OPAQUE))
        return false;
    walker->tag = reproduce_tag(job->stream, target);
    stages = reproduce_split(job->stream, target, &walker->regime, &walker->below);
    walker->is_nested = stages == REPRODUCE_TWO;
    return stages != REPRODUCE_UNKNOWN;
}

static unsigned roots_of(const struct walker *walker, const struct chk_regime *regime,
                         struct chk_table roots[2])
{
    return walker->job->stream->arch->roots(&walker->job->unit, &walker->tag, regime, roots);
}

/* What the entry at @address says, which is that of @table for its first address. */
static void decode_at(const struct walker *walker, const struct chk_regime *regime,
                      const struct chk_table *table, uint64_t address, struct chk_pte *pte)
{
    walker->job->stream->arch->pte(&walker->job->unit, &walker->tag, regime, table,
                                   sim_mem_read64(walker->mem, address), pte);
}

/* The root that has @iova; without entries: none. */
static struct chk_table root_of(const struct walker *walker, const struct chk_regime *regime,
                                uint64_t iova)
{
    struct chk_table roots[2] = {{0}};
    const unsigned n = roots_of(walker, regime, roots);

    return n > 1 && iova >= roots[1].first ? roots[1] : roots[0];
}

/* The entry of @iova becomes the first one of @table. Return: its address, 0: there is none. */
static uint64_t aim(struct chk_table *table, uint64_t iova)
{
    const uint64_t index = (iova - table->first) >> table->span_log2;

    if (iova < table->first || index >= table->n_entries)
        return 0;
    table->first += index << table->span_log2;
    return table->address + index * sizeof(uint64_t);
}

static bool is_leaf(const struct chk_pte *pte, const struct chk_table *table, uint64_t iova,
                    uint64_t *pa)
{
    if (pte->kind != CHK_PTE_LEAF || pte->is_faulting)
        return false;
    *pa = pte->pa | (iova & ((UINT64_C(1) << table->span_log2) - 1));
    return true;
}

/* Through one stage. */
static bool walk_one(const struct walker *walker, const struct chk_regime *regime, uint64_t iova,
                     uint64_t *pa)
{
    struct chk_table table = root_of(walker, regime, iova);

    for (unsigned step = 0; step < MAX_STEPS; step++) {
        const uint64_t address = aim(&table, iova);
        struct chk_pte pte = {.kind = CHK_PTE_INVALID};

        if (address)
            decode_at(walker, regime, &table, address, &pte);
        if (pte.kind != CHK_PTE_TABLE)
            return is_leaf(&pte, &table, iova, pa);
        table = pte.next;
    }
    return false;
}

static bool through_below(const struct walker *walker, uint64_t *address)
{
    return !walker->is_nested || walk_one(walker, &walker->below, *address, address);
}

static void decode(const struct walker *walker, const struct chk_table *table, uint64_t address,
                   struct chk_pte *pte)
{
    *pte = (struct chk_pte){.kind = CHK_PTE_INVALID};
    if (address && through_below(walker, &address))
        decode_at(walker, &walker->regime, table, address, pte);
}

static bool walk(const struct walker *walker, uint64_t iova, uint64_t *pa)
{
    struct chk_table table = root_of(walker, &walker->regime, iova);

    for (unsigned step = 0; step < MAX_STEPS; step++) {
        const uint64_t address = aim(&table, iova);
        struct chk_pte pte;

        decode(walker, &table, address, &pte);
        if (pte.kind != CHK_PTE_TABLE)
            return is_leaf(&pte, &table, iova, pa) && through_below(walker, pa);
        table = pte.next;
    }
    return false;
}

void reproduce_effect(const struct reproduce_job *job, const struct sim_mem *mem,
                      const struct chk_target *target, uint64_t iova,
                      struct reproduce_effect *effect)
{
    struct walker walker;

    *effect = (struct reproduce_effect){.is_known = true, .pa = iova};
    if (target->kind == CHK_REFUSED)
        effect->is_refused = true;
    else if (target->kind == CHK_BYPASS)
        return;
    else if (set_up(&walker, job, mem, target))
        effect->is_refused = !walk(&walker, iova, &effect->pa);
    else
        effect->is_known = false;
}

bool reproduce_is_same(const struct reproduce_effect *a, const struct reproduce_effect *b)
{
    if (!a->is_known || !b->is_known)
        return false;
    return a->is_refused == b->is_refused && (a->is_refused || a->pa == b->pa);
}

/* ---- addresses ---- */

static void add(struct reproduce_job *job, const struct chk_request *request, uint64_t iova)
{
    for (uint32_t i = 0; i < job->n_requests; i++) {
        if (job->requests[i].iova == iova &&
            memcmp(&job->requests[i].request, request, sizeof(*request)) == 0)
            return;
    }
    if (job->n_requests < REPRODUCE_REQUESTS)
        job->requests[job->n_requests++] = (struct reproduce_request){*request, iova};
}

/* The first leaves below @table, depth first. @iova: of each, up to @n_max. Return: how many. */
static unsigned leaves(const struct reproduce_job *job, const struct sim_mem *mem,
                       const struct chk_target *target, uint64_t *iova, unsigned n_max)
{
    struct chk_table stack[MAX_STEPS];
    uint64_t next[MAX_STEPS] = {0};
    struct walker walker;
    unsigned n = 0, tried = 0;
    int depth =
        set_up(&walker, job, mem, target) && roots_of(&walker, &walker.regime, stack) ? 0 : -1;

    while (depth >= 0 && n < n_max && tried++ < ENTRIES_TRIED * MAX_STEPS) {
        struct chk_table table = stack[depth];
        struct chk_pte pte;

        if (next[depth] >= table.n_entries) {
            depth--;
            continue;
        }
        table.first += next[depth] << table.span_log2; /* of this entry */
        decode(&walker, &table, table.address + next[depth]++ * sizeof(uint64_t), &pte);
        if (pte.kind == CHK_PTE_LEAF && !pte.is_faulting)
            iova[n++] = table.first;
        if (pte.kind != CHK_PTE_TABLE || depth + 1 >= (int)MAX_STEPS)
            continue;
        stack[++depth] = pte.next;
        next[depth] = 0;
    }
    return n;
}

static void add_leaves(struct reproduce_job *job, const struct sim_mem *mem,
                       const struct chk_request *request, const struct chk_target *target)
{
    uint64_t iova[LEAVES];
    const unsigned n = leaves(job, mem, target, iova, LEAVES);

    for (unsigned i = 0; i < n; i++)
        add(job, request, iova[i]);
    if (!n)
        add(job, request, ANY_IOVA);
}

/* Anybody may file a translation, or use a table. */
static void add_for_all(struct reproduce_job *job, uint64_t iova)
{
    const struct rpl_scan *scan = job->stream->scan;

    for (size_t i = 0; i < scan->n_endpoints; i++) {
        const struct sim_device *device = &scan->devices[i];

        for (uint32_t r = 0; r < device->n_requesters; r++) {
            const struct chk_request request = {device->requester[r],
                                                device->has_pasid ? device->pasid : CHK_NO_PASID};

            add(job, &request, iova);
        }
    }
}

bool reproduce_is_whole(const struct xpl_table *table)
{
    return table->first == 0 && table->last == 0 && table->page == 0;
}

bool reproduce_is_about(const struct xpl_op *op, const struct chk_request *request)
{
    for (uint32_t i = 0; i < op->n_slots; i++) {
        if (op->slots[i].is_switched &&
            memcmp(&op->slots[i].request, request, sizeof(*request)) == 0)
            return true;
    }
    return false;
}

static void add_table(struct reproduce_job *job, const struct xpl_table *table)
{
    const bool is_all = table->first == 0 && table->last == UINT64_MAX;

    add_for_all(job, is_all ? ANY_IOVA : table->first);
    if (!is_all && table->last > table->first + ANY_IOVA)
        add_for_all(job, table->first + ANY_IOVA);
}

static void add_slots(struct reproduce_job *job, const struct sim_mem *mem)
{
    for (uint32_t i = 0; i < job->op->n_slots; i++) {
        const struct xpl_slot *slot = &job->op->slots[i];

        add_leaves(job, mem, &slot->request, &slot->old_target);
        add_leaves(job, mem, &slot->request, &slot->new_target);
    }
}

void reproduce_choose(struct reproduce_job *job, const struct sim_mem *mem)
{
    const struct xpl_op *op = job->op;

    for (uint32_t w = 0; w < job->result->n_wanted; w++) {
        const struct reproduce_wanted *wanted = &job->result->wanted[w];
        uint64_t iova;

        if (wanted->is_table) {
            add_table(job, &op->tables[wanted->table]);
            if (reproduce_is_whole(&op->tables[wanted->table]))
                add_slots(job, mem);
            continue;
        }
        const struct xpl_slot *slot = &op->slots[wanted->slot];

        add_leaves(job, mem, &slot->request, &slot->old_target);
        add_leaves(job, mem, &slot->request, &slot->new_target);
        add_leaves(job, mem, &slot->request, &slot->outcomes[wanted->outcome].target);
        if (slot->outcomes[wanted->outcome].source == XPL_TLB &&
            leaves(job, mem, &slot->outcomes[wanted->outcome].target, &iova, 1))
            add_for_all(job, iova);
    }
}
