/* SPDX-License-Identifier: BSD-2-Clause
 * vtd_prq.c - page requests: the queue, answers (5.4).
 * Knows: records, overflow. Must not know: how a page request is looked up. */
#include "models/vtd/vtd_control.h"

void vtd_prq_reset(struct vtd *vtd)
{
    (void)vtd;
}
void vtd_prq_put(struct vtd_job *job, int fault)
{
    (void)fault;
    vtd_job_free(job);
}
void vtd_answer(void *model, const uint64_t words[2])
{
    (void)model;
    (void)words;
}
void vtd_prq_respond(const struct vtd *vtd, const uint64_t *words)
{
    (void)vtd;
    (void)words;
}
