/* SPDX-License-Identifier: BSD-2-Clause
 * vtd_drain.c - who waits until requests that have begun are over.
 * Knows: one drain at a time, shared by all who asked before it began. Must not know: what a
 * request does.
 *
 * A ticket is the number of a drain. Whoever asks while a drain runs gets the next one, for
 * requests have begun since that one did. */
#include "models/vtd/vtd_control.h"

static bool is_running(const struct vtd_drain *drain)
{
    return drain->n_begun != drain->n_over;
}

static void begin(struct vtd *vtd)
{
    vtd->drain.n_begun++;
    vtd_drain_begin(vtd);
}

uint64_t vtd_drain_ticket(struct vtd *vtd)
{
    struct vtd_drain *drain = &vtd->drain;

    if (is_running(drain)) {
        drain->wanted = drain->n_begun + 1;
    } else {
        begin(vtd);
        drain->wanted = drain->n_begun;
    }
    vtd_progress(vtd);
    return drain->wanted;
}

bool vtd_drain_is_over(const struct vtd *vtd, uint64_t ticket)
{
    return vtd->drain.n_over >= ticket;
}

unsigned vtd_drain_wanted(const struct vtd *vtd, bool has_dr, bool has_dw)
{
    if (vtd->caps.ver_max >= VTD_VER_DRAINS)
        return VTD_DRAIN_ALL;
    return (has_dr && vtd->caps.drd ? (unsigned)VTD_DRAIN_READS : 0) |
           (has_dw && vtd->caps.dwd ? (unsigned)VTD_DRAIN_WRITES : 0);
}

/* A drain that has not begun yet is waited for as a whole. */
bool vtd_drain_has(const struct vtd *vtd, uint64_t ticket, unsigned what)
{
    const struct vtd_drain *drain = &vtd->drain;

    if (vtd_drain_is_over(vtd, ticket))
        return true;
    return what != VTD_DRAIN_ALL && is_running(drain) && drain->n_begun == ticket &&
           vtd_are_drained(vtd, what & VTD_DRAIN_READS, what & VTD_DRAIN_WRITES);
}

/* Whoever waits looks whether that is over. */
static void progress(void *ctx)
{
    struct vtd *vtd = ctx;
    struct vtd_drain *drain = &vtd->drain;

    while (is_running(drain) && vtd_is_drained(vtd)) {
        drain->n_over++;
        if (drain->wanted > drain->n_over)
            begin(vtd);
    }
    vtd_gcmd_progress(vtd);
    vtd_reg_inval_progress(vtd);
    vtd_qi_progress(vtd);
}

void vtd_look_again(struct vtd *vtd)
{
    if (!sim_event_is_scheduled(&vtd->drain.progress))
        vtd_wake(vtd, &vtd->drain.progress, 0);
}

void vtd_progress(struct vtd *vtd)
{
    if (is_running(&vtd->drain) && (vtd_is_drained(vtd) || vtd->caps.ver_max < VTD_VER_DRAINS))
        vtd_look_again(vtd);
}

void vtd_drain_init(struct vtd *vtd)
{
    vtd_event_make(&vtd->drain.progress, progress, vtd);
}

void vtd_drain_reset(struct vtd *vtd)
{
    struct vtd_drain *drain = &vtd->drain;

    sim_queue_cancel(vtd->queue, &drain->progress);
    drain->n_over = drain->n_begun;
    drain->wanted = drain->n_begun;
}
