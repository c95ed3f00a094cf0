/* SPDX-License-Identifier: BSD-2-Clause
 * reproduce_feed.c - the stream of one plan: when devices ask, and what comes later than recorded.
 * Knows: records, plans. Must not know: machines. */
#include "cli/reproduce_private.h"

#define WARM_RECORDS 200u /* before the operation */

static bool is_config(const struct sim_record *rec)
{
    return rec->kind == SIM_R_STORE && reproduce_is_config(rec->store.structure);
}

/* Caches are filled when operations end, and before entries change. */
static bool warms_after(const struct reproduce_job *job, uint64_t seq)
{
    const struct sim_record *rec = &job->stream->records[seq - 1];

    return seq + 1 == job->op->begin_seq || rec->kind == SIM_R_END ||
           (seq + WARM_RECORDS > job->op->begin_seq && is_config(rec + 1) &&
            (!is_config(rec) || rec->store.structure != rec[1].store.structure));
}

bool reproduce_asks_after(const struct reproduce_job *job, const struct reproduce_plan *plan,
                          uint64_t seq)
{
    if (seq < job->op->begin_seq && plan->has_warmth)
        return warms_after(job, seq);
    return seq == plan->first || (seq >= plan->next && seq >= plan->first);
}

bool reproduce_ends_delay(const struct reproduce_job *job, const struct reproduce_plan *plan,
                          const struct sim_record *rec)
{
    const struct sim_record *delayed = &job->stream->records[plan->delayed - 1];

    return rec->cpu == delayed->cpu &&
           (rec->kind == SIM_R_BARRIER ||
            (rec->kind == SIM_R_STORE && rec->store.pa / 16 == delayed->store.pa / 16));
}

/* The next command of the same interval, whose turn it becomes; NULL: there is none. */
static const struct sim_record *next_command(const struct reproduce_job *job, uint64_t seq)
{
    const struct sim_record *records = job->stream->records;

    for (uint64_t i = seq; i < job->last && records[i].kind == SIM_R_STORE; i++) {
        if (reproduce_is_command(records[i].store.structure))
            return reproduce_is_sync(job->stream, &records[i]) ? NULL : &records[i];
    }
    return NULL;
}

bool reproduce_may_swap(const struct reproduce_job *job, uint64_t seq)
{
    const struct sim_record *rec = &job->stream->records[seq - 1];

    return rec->kind == SIM_R_STORE && reproduce_is_command(rec->store.structure) &&
           next_command(job, seq) && !reproduce_is_sync(job->stream, rec);
}

/* The record as it is put: two commands have each other's words. */
struct sim_record reproduce_as_put(const struct reproduce_job *job,
                                   const struct reproduce_plan *plan, uint64_t seq)
{
    const uint64_t swapped = plan->swapped;
    const struct sim_record *first = swapped ? &job->stream->records[swapped - 1] : NULL;
    const struct sim_record *second = swapped ? next_command(job, swapped) : NULL;
    struct sim_record rec = job->stream->records[seq - 1];
    const struct sim_record *other = NULL;

    if (first && second && seq == swapped)
        other = second;
    else if (first && second && second == &job->stream->records[seq - 1])
        other = first;
    if (other) {
        rec.store.value = other->store.value;
        rec.store.value_hi = other->store.value_hi;
    }
    return rec;
}
