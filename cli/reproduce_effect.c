/* SPDX-License-Identifier: BSD-2-Clause
 * reproduce_effect.c - what a target comes to for one address, and which addresses tell most.
 * Knows: walks of tables in memory. Must not know: machines. */
#include "cli/reproduce_private.h"

#include <string.h>

#define MAX_STEPS 8u
#define LEAVES 3u /* of one target */
#define ENTRIES_TRIED 512u
#define ANY_IOVA UINT64_C(0x1000)

static unsigned roots_of(const struct reproduce_job *job, const struct chk_target *target,
                         struct chk_table roots[2])
{
    const struct chk_tag tag = reproduce_tag(job->stream, target);

    if (target->kind != CHK_TRANSLATED || target->n_tlbs != 1)
        return 0;
    return job->stream->arch->roots(&job->unit, &tag, &target->tlb[0].regime, roots);
}

static void decode(const struct reproduce_job *job, const struct sim_mem *mem,
                   const struct chk_target *target, struct chk_table *table, uint64_t index,
                   struct chk_pte *pte)
{
    const uint64_t word = sim_mem_read64(mem, table->address + index * sizeof(uint64_t));
    const struct chk_tag tag = reproduce_tag(job->stream, target);

    table->first += index << table->span_log2; /* of this entry */
    job->stream->arch->pte(&job->unit, &tag, &target->tlb[0].regime, table, word, pte);
}

static bool walk(const struct reproduce_job *job, const struct sim_mem *mem,
                 const struct chk_target *target, uint64_t iova, uint64_t *pa)
{
    struct chk_table roots[2];
    const unsigned n = roots_of(job, target, roots);
    struct chk_table table = n > 1 && iova >= roots[1].first ? roots[1] : roots[0];

    for (unsigned step = 0; n && step < MAX_STEPS; step++) {
        const uint64_t index = (iova - table.first) >> table.span_log2;
        struct chk_pte pte;

        if (iova < table.first || index >= table.n_entries)
            return false;
        decode(job, mem, target, &table, index, &pte);
        if (pte.kind == CHK_PTE_INVALID || pte.is_faulting)
            return false;
        if (pte.kind == CHK_PTE_LEAF) {
            *pa = pte.pa | (iova & ((UINT64_C(1) << table.span_log2) - 1));
            return true;
        }
        table = pte.next;
    }
    return false;
}

void reproduce_effect(const struct reproduce_job *job, const struct sim_mem *mem,
                      const struct chk_target *target, uint64_t iova,
                      struct reproduce_effect *effect)
{
    *effect = (struct reproduce_effect){.is_known = true, .pa = iova};
    if (target->kind == CHK_REFUSED)
        effect->is_refused = true;
    else if (target->kind == CHK_OPAQUE || (target->kind == CHK_TRANSLATED && target->n_tlbs != 1))
        effect->is_known = false;
    else if (target->kind == CHK_TRANSLATED)
        effect->is_refused = !walk(job, mem, target, iova, &effect->pa);
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
    unsigned n = 0, tried = 0;
    int depth = (int)roots_of(job, target, stack) ? 0 : -1;

    while (depth >= 0 && n < n_max && tried++ < ENTRIES_TRIED * MAX_STEPS) {
        struct chk_table table = stack[depth];
        struct chk_pte pte;

        if (next[depth] >= table.n_entries) {
            depth--;
            continue;
        }
        decode(job, mem, target, &table, next[depth]++, &pte);
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

static void add_table(struct reproduce_job *job, const struct xpl_table *table)
{
    const bool is_all = table->first == 0 && table->last == UINT64_MAX;

    add_for_all(job, is_all ? ANY_IOVA : table->first);
    if (!is_all && table->last > table->first + ANY_IOVA)
        add_for_all(job, table->first + ANY_IOVA);
}

void reproduce_choose(struct reproduce_job *job, const struct sim_mem *mem)
{
    const struct xpl_op *op = job->op;

    for (uint32_t w = 0; w < job->result->n_wanted; w++) {
        const struct reproduce_wanted *wanted = &job->result->wanted[w];
        uint64_t iova;

        if (wanted->is_table) {
            add_table(job, &op->tables[wanted->table]);
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
