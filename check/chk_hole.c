/* SPDX-License-Identifier: BSD-2-Clause
 * chk_hole.c - what takes a verdict away (events lost, acts not modelled, an order that nobody can
 * tell), and memory that is not the tables' any more.
 * Knows: open operations, freed ranges. Must not know: how answers are judged. */
#include "check/chk_private.h"

#include <string.h>

/* ---- Holes ----------------------------------------------------------------------------------- */

static void spoil_open_ops(struct chk *chk, const char *why)
{
    for (uint32_t i = 0; i < chk->n_cpus; i++) {
        if (chk->cpus[i] && chk->cpus[i]->depth)
            chk_op_inconclusive(chk, chk->cpus[i]->op, why);
    }
}

/* Anything may have happened to any device. */
void chk_on_lost(struct chk *chk, uint64_t n)
{
    chk->report.lost_events += n ? n : 1;
    spoil_open_ops(chk, "events were lost inside the operation");
    chk->lost_seq = chk->seq;
    for (size_t i = 0; i < chk->n_slots; i++)
        chk->slots[i]->lost_seq = chk->seq;
}

/* The architecture has it or the memory had it, and the model did not know. */
void chk_on_hole(struct chk *chk, const struct sim_fact *fact)
{
    const bool is_read = fact->kind == SIM_FACT_UNKNOWN_READ;

    if (is_read)
        chk->report.unknown_reads++;
    else
        chk->report.unimplemented++;
    chk->has_hole = true;
    chk->hole_ps = fact->time_ps;
    chk->hole_why = is_read ? "hardware read memory whose contents are not known"
                            : "something was asked for that is not modelled";
    spoil_open_ops(chk, chk->hole_why);
}

/*
 * Two CPUs changed one word, or one queue's pointer, so close together that the clock cannot tell
 * which came first: whatever was found out of a switch with one of them depends on a guess.
 */
void chk_near(struct chk *chk, const struct chk_near *near)
{
    const uint64_t n = chk->n_near < CHK_N_NEAR ? chk->n_near : CHK_N_NEAR;

    for (uint64_t i = 1; i <= n; i++) {
        const struct chk_near *other = &chk->near[(chk->n_near - i) % CHK_N_NEAR];
        const uint64_t apart_ns = near->time_ns > other->time_ns ? near->time_ns - other->time_ns
                                                                 : other->time_ns - near->time_ns;

        if (apart_ns >= chk->resolution_ns)
            break;
        if (other->cpu == near->cpu || other->kind != near->kind ||
            other->address != near->address || other->iommu != near->iommu)
            continue;
        if (near->in_switch)
            chk_op_inconclusive(chk, near->op, "the order of two CPUs is not known");
        if (other->in_switch)
            chk_op_inconclusive(chk, other->op, "the order of two CPUs is not known");
    }
    chk->near[chk->n_near++ % CHK_N_NEAR] = *near;
}

/* ---- Freed memory ---------------------------------------------------------------------------- */

/* Return: index of the first range that ends at @pa or after it. */
static uint32_t find_freed(const struct chk *chk, uint64_t pa)
{
    uint32_t low = 0, high = chk->n_freed;

    while (low < high) {
        const uint32_t middle = low + (high - low) / 2;

        if (chk->freed[middle].last < pa)
            low = middle + 1;
        else
            high = middle;
    }
    return low;
}

static void remove_freed(struct chk *chk, uint32_t at, uint32_t n)
{
    memmove(&chk->freed[at], &chk->freed[at + n], (chk->n_freed - at - n) * sizeof(*chk->freed));
    chk->n_freed -= n;
}

/* There is always room: the range that was freed first goes. */
static void insert_freed(struct chk *chk, const struct chk_freed *freed)
{
    uint32_t at;

    if (chk->n_freed == CHK_MAX_FREED) {
        uint32_t oldest = 0;

        for (uint32_t i = 1; i < chk->n_freed; i++) {
            if (chk->freed[i].seq < chk->freed[oldest].seq)
                oldest = i;
        }
        remove_freed(chk, oldest, 1);
    }
    at = find_freed(chk, freed->first);
    memmove(&chk->freed[at + 1], &chk->freed[at], (chk->n_freed - at) * sizeof(*chk->freed));
    chk->freed[at] = *freed;
    chk->n_freed++;
}

/* The range is in use again; what lies around it stays freed. */
void chk_on_memory(struct chk *chk, uint64_t pa, uint64_t n_bytes)
{
    const uint64_t last = pa + (n_bytes - 1);
    uint32_t at;

    if (!n_bytes)
        return;
    at = find_freed(chk, pa);
    while (at < chk->n_freed && chk->freed[at].first <= last) {
        const struct chk_freed whole = chk->freed[at];
        struct chk_freed rest = whole;

        remove_freed(chk, at, 1);
        if (whole.first < pa) {
            rest.last = pa - 1;
            insert_freed(chk, &rest);
            at = find_freed(chk, pa);
        }
        if (whole.last > last) {
            rest = whole;
            rest.first = last + 1;
            insert_freed(chk, &rest);
            return;
        }
    }
}

void chk_on_free(struct chk *chk, uint64_t pa, uint64_t n_bytes, uint32_t op)
{
    const struct chk_freed freed = {
        .first = pa, .last = pa + (n_bytes - 1), .seq = chk->seq, .op = op};

    if (!n_bytes)
        return;
    chk_on_memory(chk, pa, n_bytes);
    insert_freed(chk, &freed);
}

/* Hardware has read a part of a table at @pa. */
void chk_on_table_read(struct chk *chk, uint64_t pa)
{
    uint32_t at;

    if (!chk->n_freed)
        return;
    at = find_freed(chk, pa);
    if (at < chk->n_freed && chk->freed[at].first <= pa)
        chk_op_class(chk, chk->freed[at].op, CHK_DANGLES);
}
