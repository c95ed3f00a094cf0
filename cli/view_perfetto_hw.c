/* SPDX-License-Identifier: BSD-2-Clause
 * view_perfetto_hw.c - a replay as tracks for Perfetto: IOMMUs and devices.
 * Knows: facts, answers to requests. Must not know: verdicts, the format's numbers. */
#include "cli/view_perfetto.h"

#include "cli/replay_unit.h"

#include <string.h>

/* ---- acts of hardware ---- */

static void count(struct view_perfetto *view, uint64_t track, uint64_t time_ps, uint64_t value)
{
    pftrace_open(&view->trace, PFTRACE_COUNTER, track, time_ps, NULL);
    pftrace_value(&view->trace, value);
    pftrace_send(&view->trace);
}

static void open_instant(struct view_perfetto *view, const struct sim_fact *fact, uint64_t track,
                         const char *name)
{
    pftrace_open(&view->trace, PFTRACE_INSTANT, track, fact->time_ps, name);
    pftrace_category(&view->trace, sim_fact_infos[fact->kind].json);
}

/* All arguments that the fact has, under their own names. */
static void note_arguments(struct pftrace *trace, const struct sim_fact *fact)
{
    const struct sim_fact_info *info = &sim_fact_infos[fact->kind];

    for (unsigned i = 0; i < SIM_FACT_MAX_ARGS; i++) {
        const char *name = info->arg[i];
        const bool is_address = strcmp(name, "pa") == 0 || strcmp(name, "iova") == 0 ||
                                strcmp(name, "word0") == 0 || strcmp(name, "word1") == 0;

        if (strcmp(name, "-") == 0)
            continue;
        if (strcmp(name, "pasid") == 0 && fact->arg[i] == SIM_NO_PASID)
            pftrace_text(trace, name, "none");
        else if (is_address)
            pftrace_address(trace, name, fact->arg[i]);
        else
            pftrace_number(trace, name, fact->arg[i]);
    }
}

static void executed(struct view_perfetto *view, const struct sim_fact *fact, size_t index)
{
    struct unit *unit = &view->unit[index];
    const char *name = view_command(view->scan->units[index].arch, fact->arg[1], fact->arg[2]);
    unsigned i = 0;

    while (i < MAX_LANES && unit->lane[i].is_used)
        i++;
    if (i < MAX_LANES && i == unit->n_lanes) {
        pftrace_track(&view->trace, unit_track(index, UNIT_LANES + i), unit_track(index, UNIT_SELF),
                      "commands");
        unit->n_lanes++;
    }
    if (i < MAX_LANES)
        unit->lane[i] = (struct lane){true, {fact->arg[1], fact->arg[2]}};
    pftrace_open(&view->trace, i < MAX_LANES ? PFTRACE_BEGIN : PFTRACE_INSTANT,
                 unit_track(index, UNIT_LANES + (i < MAX_LANES ? i : 0)), fact->time_ps, name);
    pftrace_category(&view->trace, "command");
    note_arguments(&view->trace, fact);
    pftrace_send(&view->trace);
}

static void end_lane(struct view_perfetto *view, size_t index, unsigned lane, uint64_t time_ps)
{
    view->unit[index].lane[lane].is_used = false;
    pftrace_open(&view->trace, PFTRACE_END, unit_track(index, UNIT_LANES + lane), time_ps, NULL);
    pftrace_send(&view->trace);
}

void view_perfetto_end_commands(struct view_perfetto *view, uint64_t end_ps)
{
    for (size_t unit = 0; unit < view->scan->n_units; unit++) {
        for (unsigned i = 0; i < MAX_LANES; i++) {
            if (view->unit[unit].lane[i].is_used)
                end_lane(view, unit, i, end_ps);
        }
    }
}

/* Of equal commands it does not matter which one is over. */
static void completed(struct view_perfetto *view, const struct sim_fact *fact, size_t index)
{
    for (unsigned i = 0; i < MAX_LANES; i++) {
        const struct lane *lane = &view->unit[index].lane[i];

        if (lane->is_used && lane->words[0] == fact->arg[1] && lane->words[1] == fact->arg[2]) {
            end_lane(view, index, i, fact->time_ps);
            return;
        }
    }
}

static void event(struct view_perfetto *view, const struct sim_fact *fact, size_t index)
{
    const uint8_t arch = view->scan->units[index].arch;
    const bool is_fault =
        fact->kind == SIM_FACT_EVENT_RECORDED || fact->kind == SIM_FACT_EVENT_LOST;
    const char *name =
        is_fault ? replay_names(arch)->event(fact->arg[0]) : sim_fact_infos[fact->kind].json;

    open_instant(view, fact, unit_track(index, UNIT_EVENTS), name);
    note_arguments(&view->trace, fact);
    pftrace_send(&view->trace);
}

static void looked_up(struct view_perfetto *view, const struct sim_fact *fact, size_t index)
{
    struct unit *unit = &view->unit[index];
    const uint64_t level = fact->arg[3];
    const bool is_hit = fact->arg[4] != 0;

    if (level >= LEVELS)
        return;
    count(view, unit_track(index, (is_hit ? UNIT_HITS : UNIT_MISSES) + (unsigned)level),
          fact->time_ps, is_hit ? ++unit->hits[level] : ++unit->misses[level]);
}

static void issued(struct view_perfetto *view, const struct sim_fact *fact)
{
    const size_t i = view_endpoint(view->scan, (uint32_t)fact->arg[0], fact->arg[1]);

    if (i != VIEW_NO_ENDPOINT)
        count(view, endpoint_track(i, ENDPOINT_IN_FLIGHT), fact->time_ps, ++view->in_flight[i]);
}

static void ats(struct view_perfetto *view, const struct sim_fact *fact, size_t index)
{
    uint64_t *n = &view->unit[index].n_ats;

    if (fact->kind == SIM_FACT_ATS_INV_SENT)
        ++*n;
    else if (*n)
        --*n;
    count(view, unit_track(index, UNIT_ATS), fact->time_ps, *n);
}

void view_perfetto_fact(void *ctx, const struct sim_fact *fact, size_t index)
{
    struct view_perfetto *view = ctx;

    switch (fact->kind) {
    case SIM_FACT_CMD_EXECUTED:
        executed(view, fact, index);
        break;
    case SIM_FACT_CMD_COMPLETED:
        completed(view, fact, index);
        break;
    case SIM_FACT_SYNC_VISIBLE:
        open_instant(view, fact, unit_track(index, UNIT_SYNCS), "visible");
        pftrace_number(&view->trace, "slot", fact->arg[1]);
        pftrace_send(&view->trace);
        break;
    case SIM_FACT_TLB_SWEPT:
        open_instant(view, fact, unit_track(index, UNIT_SWEEPS), "sweep");
        note_arguments(&view->trace, fact);
        pftrace_send(&view->trace);
        break;
    case SIM_FACT_QUEUE_MOVED:
        count(view, unit_track(index, UNIT_DEPTH), fact->time_ps, fact->arg[3]);
        break;
    case SIM_FACT_TLB_LOOKED_UP:
        looked_up(view, fact, index);
        break;
    case SIM_FACT_DMA_ISSUED:
        issued(view, fact);
        break;
    case SIM_FACT_ATS_INV_SENT:
    case SIM_FACT_ATS_INV_DONE:
        ats(view, fact, index);
        break;
    case SIM_FACT_EVENT_RECORDED:
    case SIM_FACT_EVENT_LOST:
    case SIM_FACT_QUEUE_OVERFLOW:
    case SIM_FACT_UNIMPL:
    case SIM_FACT_UNKNOWN_READ:
        event(view, fact, index);
        break;
    default:
        break;
    }
}

/* ---- requests ---- */

static uint8_t endpoint_arch(const struct view_perfetto *view, size_t endpoint)
{
    const struct rpl_scan *scan = view->scan;

    for (size_t i = 0; i < scan->n_units; i++) {
        if (scan->units[i].iommu == scan->devices[endpoint].iommu)
            return scan->units[i].arch;
    }
    return SIM_ARCH_UNKNOWN;
}

void view_perfetto_note_event(struct view_perfetto *view, size_t endpoint, uint32_t code)
{
    if (code)
        pftrace_text(&view->trace, "event",
                     replay_names(endpoint_arch(view, endpoint))->event(code));
}

void view_perfetto_dma(void *ctx, const struct sim_dma_seen *seen, size_t i)
{
    struct view_perfetto *view = ctx;
    struct pftrace *trace = &view->trace;

    if (i == VIEW_NO_ENDPOINT)
        return;
    view->in_flight[i] -= view->in_flight[i] > 0;
    count(view, endpoint_track(i, ENDPOINT_IN_FLIGHT), seen->answer_ps, view->in_flight[i]);
    pftrace_open(trace, PFTRACE_COUNTER, endpoint_track(i, ENDPOINT_LATENCY), seen->answer_ps,
                 NULL);
    pftrace_value_ns(trace, seen->answer_ps - seen->issue_ps);
    pftrace_send(trace);
    if (seen->status == SIM_DMA_OK)
        return;
    pftrace_open(trace, PFTRACE_INSTANT, endpoint_track(i, ENDPOINT_REFUSED), seen->answer_ps,
                 view_answer(seen->status));
    pftrace_category(trace, "refused");
    view_perfetto_note_event(view, i, seen->event);
    pftrace_address(trace, "iova", seen->iova);
    pftrace_text(trace, "access", seen->access & SIM_DMA_WRITE ? "write" : "read");
    pftrace_ns(trace, "issued_ns", seen->issue_ps);
    pftrace_send(trace);
}
