/* SPDX-License-Identifier: BSD-2-Clause
 * view_perfetto.c - a replay as tracks for Perfetto: software, and what the verdict rests on.
 * Knows: which tracks there are, what is noted. Must not know: the format's numbers.
 *
 * Three processes: software has a track for each CPU, each IOMMU is one, and the devices are one.
 * What overlaps on one track (commands that run at the same time) is spread over tracks of the same
 * name, which the viewer shows as one. */
#include "cli/view_perfetto.h"

#include "cli/replay_unit.h"

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

/* ---- tracks ---- */

static void declare_unit(struct view_perfetto *view, size_t index)
{
    static const char *const hits[LEVELS] = {"micro TLB hits", "TBU TLB hits", "TLB hits"};
    static const char *const misses[LEVELS] = {"micro TLB misses", "TBU TLB misses", "TLB misses"};
    const struct rpl_scan_unit *unit = &view->scan->units[index];
    const uint64_t self = unit_track(index, UNIT_SELF);
    struct pftrace *trace = &view->trace;
    char name[VIEW_NAME_BYTES];

    (void)snprintf(name, sizeof(name), "IOMMU %" PRIu16 " (%s)", unit->iommu,
                   sim_enum_word(SIM_SHOW_ARCH, unit->arch));
    pftrace_process(trace, self, PID_UNITS + (uint32_t)index, name);
    pftrace_track(trace, unit_track(index, UNIT_EVENTS), self, "events");
    pftrace_track(trace, unit_track(index, UNIT_SWEEPS), self, "sweeps of TLBs");
    pftrace_track(trace, unit_track(index, UNIT_SYNCS), self, "syncs that software can see");
    pftrace_counter(trace, unit_track(index, UNIT_DEPTH), self, "commands in the queue",
                    PFTRACE_UNIT_COUNT);
    pftrace_counter(trace, unit_track(index, UNIT_ATS), self, "ATC invalidations out",
                    PFTRACE_UNIT_COUNT);
    for (unsigned i = unit->arch == SIM_ARCH_VTD ? LEVELS - 1 : 0; i < LEVELS; i++) {
        pftrace_counter(trace, unit_track(index, UNIT_HITS + i), self, hits[i], PFTRACE_UNIT_COUNT);
        pftrace_counter(trace, unit_track(index, UNIT_MISSES + i), self, misses[i],
                        PFTRACE_UNIT_COUNT);
    }
}

static void declare_endpoint(struct view_perfetto *view, size_t index)
{
    const uint64_t self = endpoint_track(index, ENDPOINT_SELF);
    struct pftrace *trace = &view->trace;
    char name[VIEW_NAME_BYTES];

    (void)view_endpoint_name(&view->scan->devices[index], name);
    pftrace_track(trace, self, TRACK_DEVICES, name);
    pftrace_track(trace, endpoint_track(index, ENDPOINT_REFUSED), self, "refused requests");
    pftrace_track(trace, endpoint_track(index, ENDPOINT_BAD), self, "answers that must not be");
    pftrace_counter(trace, endpoint_track(index, ENDPOINT_IN_FLIGHT), self, "requests in flight",
                    PFTRACE_UNIT_COUNT);
    pftrace_counter(trace, endpoint_track(index, ENDPOINT_LATENCY), self, "latency",
                    PFTRACE_UNIT_NS);
}

static void declare(struct view_perfetto *view)
{
    pftrace_process(&view->trace, TRACK_SOFTWARE, PID_SOFTWARE, "software");
    for (size_t i = 0; i < view->scan->n_units; i++)
        declare_unit(view, i);
    pftrace_process(&view->trace, TRACK_DEVICES, PID_DEVICES, "devices");
    for (size_t i = 0; i < view->scan->n_endpoints; i++)
        declare_endpoint(view, i);
}

static uint64_t cpu_track(struct view_perfetto *view, uint16_t cpu)
{
    const uint64_t track = TRACK_CPUS + (uint64_t)cpu;
    char name[VIEW_NAME_BYTES];

    if (!view->has_track[cpu]) {
        view->has_track[cpu] = true;
        (void)snprintf(name, sizeof(name), "CPU %" PRIu16, cpu);
        pftrace_track(&view->trace, track, TRACK_SOFTWARE, name);
    }
    return track;
}

/* ---- operations ---- */

static bool is_bad(const struct chk_stretch *stretch)
{
    return stretch->result == CHK_RESULT_REFUSED || stretch->result == CHK_RESULT_MIXED ||
           stretch->result == CHK_RESULT_STALE;
}

static bool has_bad(const struct chk_op *op)
{
    size_t i = 0;

    while (i < op->n_stretches && !is_bad(&op->stretches[i]))
        i++;
    return i < op->n_stretches;
}

static void note_counts(struct pftrace *trace, const char *key, const struct chk_counts *counts)
{
    char text[PFTRACE_TEXT_BYTES] = "";
    size_t n = 0;

    for (size_t i = 0; i < counts->n && n < sizeof(text); i++)
        n += (size_t)snprintf(text + n, sizeof(text) - n, "%s%s %" PRIu64, i ? ", " : "",
                              counts->of[i].name, counts->of[i].n);
    if (counts->n)
        pftrace_text(trace, key, text);
}

/* Verdict and probes are of the verdict run, times of the cost run: as in every report. */
static void note_operation(struct pftrace *trace, const struct chk_op *verdict,
                           const struct chk_op *cost)
{
    pftrace_text(trace, "verdict", replay_verdict(verdict));
    pftrace_flag(trace, "safe", verdict->safe);
    pftrace_flag(trace, "hitless", verdict->hitless);
    pftrace_flag(trace, "inconclusive", verdict->inconclusive);
    if (verdict->why)
        pftrace_text(trace, "why", verdict->why);
    if (verdict->note)
        pftrace_text(trace, "note", verdict->note);
    pftrace_signed(trace, "ret", verdict->ret);
    pftrace_ns(trace, "hw_ns", cost->hw_ps);
    pftrace_ns(trace, "cpu_ns", cost->cpu_ps);
    pftrace_ns(trace, "dma_blocked_ns", cost->dma_blocked_ps);
    pftrace_ns(trace, "refill_ns", cost->refill_ps);
    note_counts(trace, "stores", &cost->stores);
    note_counts(trace, "commands", &cost->commands);
    note_counts(trace, "events", &cost->events);
    pftrace_number(trace, "syncs", cost->syncs);
    pftrace_number(trace, "mmio_writes", cost->mmio_writes);
    pftrace_number(trace, "tlb_swept", cost->swept);
    pftrace_number(trace, "tlb_killed", cost->killed);
    pftrace_number(trace, "tlb_collateral", cost->collateral);
    pftrace_number(trace, "requests", cost->dma.issued);
    pftrace_number(trace, "requests_refused", cost->dma.faulted);
    pftrace_number(trace, "probes", verdict->probes.issued);
}

static const char *device_name(const struct view_perfetto *view, uint32_t dev)
{
    for (size_t i = 0; i < view->scan->n_devices; i++) {
        if (view->scan->devices[i].dev == dev)
            return view->scan->devices[i].name;
    }
    return "";
}

static void opened(void *ctx, uint16_t cpu, const struct view_cpu *marks, uint64_t time_ps)
{
    struct view_perfetto *view = ctx;
    const struct view_mark *mark = &marks->mark[marks->n - 1];
    struct pftrace *trace = &view->trace;
    const char *device = device_name(view, mark->dev);
    const uint64_t track = cpu_track(view, cpu);
    char name[2 * VIEW_NAME_BYTES];

    (void)snprintf(name, sizeof(name), "%s%s%s%s%s",
                   sim_enum_word(SIM_SHOW_OP, mark->judged ? mark->judged->op : mark->op),
                   device[0] ? " " : "", device, mark->judged ? ": " : "",
                   mark->judged ? replay_verdict(mark->judged) : "");
    pftrace_open(trace, PFTRACE_BEGIN, track, time_ps, name);
    pftrace_category(trace, mark->judged ? "operation" : "mark");
    if (mark->judged) {
        pftrace_number(trace, "operation", mark->index + 1);
        note_operation(trace, mark->judged, &view->result->costs->ops[mark->index]);
        if (has_bad(mark->judged))
            pftrace_flow(trace, mark->index + 1);
    }
    pftrace_send(trace);
    view->depth[cpu] = (uint8_t)marks->n;
}

static void closed(void *ctx, uint16_t cpu, const struct view_cpu *marks, uint64_t time_ps)
{
    struct view_perfetto *view = ctx;

    for (; view->depth[cpu] > marks->n; view->depth[cpu]--) {
        pftrace_open(&view->trace, PFTRACE_END, cpu_track(view, cpu), time_ps, NULL);
        pftrace_send(&view->trace);
    }
}

/* ---- acts of software ---- */

/* A command's own name, a structure's, or the words before the value: "write CR0". */
static const char *act_name(const struct sim_record *rec, const char *text, char *name, size_t room)
{
    size_t n;

    if (rec->kind == SIM_R_STORE) {
        const struct sim_rec_store *store = &rec->store;
        const bool is_smmu = store->structure == SIM_S_CMD;
        const char *command = is_smmu || store->structure == SIM_S_QI
                                  ? replay_names(is_smmu ? SIM_ARCH_SMMUV3 : SIM_ARCH_VTD)
                                        ->command(store->value, store->value_hi)
                                  : NULL;

        return command ? command : sim_structure_infos[store->structure].json_name;
    }
    if (rec->kind != SIM_R_MMIO_WRITE && rec->kind != SIM_R_MMIO_READ)
        return sim_record_infos[rec->kind].verb;
    n = strcspn(text, "=");
    while (n && text[n - 1] == ' ')
        n--;
    (void)snprintf(name, room, "%.*s", (int)n, text);
    return name;
}

static const char *category(uint8_t kind)
{
    switch (kind) {
    case SIM_R_STORE:
        return "store";
    case SIM_R_MMIO_WRITE:
    case SIM_R_MMIO_READ:
        return "register";
    case SIM_R_WAIT:
        return "wait";
    case SIM_R_BARRIER:
        return "barrier";
    default:
        return "other";
    }
}

/* What takes time is a slice, what does not is an instant. */
static void act(void *ctx, const struct sim_record_seen *seen, const char *text)
{
    struct view_perfetto *view = ctx;
    struct pftrace *trace = &view->trace;
    const struct sim_record *rec = seen->rec;
    const bool takes_time = seen->end_ps > seen->start_ps || rec->kind == SIM_R_WAIT;
    uint64_t track;
    char name[VIEW_NAME_BYTES];

    if (rec->kind == SIM_R_META || rec->kind == SIM_R_IOMMU || rec->kind == SIM_R_DEVICE)
        return;
    track = cpu_track(view, rec->cpu);
    pftrace_open(trace, takes_time ? PFTRACE_BEGIN : PFTRACE_INSTANT, track, seen->start_ps,
                 act_name(rec, text, name, sizeof(name)));
    pftrace_category(trace, category(rec->kind));
    pftrace_text(trace, "text", text);
    pftrace_number(trace, "record", seen->seq);
    if (takes_time)
        pftrace_ns(trace, "took_ns", seen->end_ps - seen->start_ps);
    if (seen->gave_up)
        pftrace_flag(trace, "gave_up", true);
    pftrace_send(trace);
    if (!takes_time)
        return;
    pftrace_open(trace, PFTRACE_END, track, seen->end_ps, NULL);
    pftrace_send(trace);
}

/* ---- answers that must not be ---- */

struct bad {
    const struct chk_stretch *stretch;
    size_t op;
};

static int by_time(const void *a, const void *b)
{
    const struct bad *x = a, *y = b;

    if (x->stretch->first_ps != y->stretch->first_ps)
        return x->stretch->first_ps < y->stretch->first_ps ? -1 : 1;
    return x->op < y->op ? -1 : x->op > y->op; /* those of one operation differ in time */
}

static void write_bad(struct view_perfetto *view, const struct bad *bad)
{
    const struct chk_stretch *stretch = bad->stretch;
    const struct chk_op *op = &view->result->verdicts->ops[bad->op];
    const size_t i = view_endpoint(view->scan, stretch->requester,
                                   op->pasid == UINT32_MAX ? SIM_NO_PASID : op->pasid);
    struct pftrace *trace = &view->trace;

    if (i == VIEW_NO_ENDPOINT)
        return;
    pftrace_open(trace, PFTRACE_INSTANT, endpoint_track(i, ENDPOINT_BAD), stretch->first_ps,
                 replay_dma_result(stretch->result));
    pftrace_category(trace, stretch->is_probe ? "probe" : "request");
    pftrace_number(trace, "operation", bad->op + 1);
    pftrace_number(trace, "answers", stretch->n);
    pftrace_ns(trace, "last_ns", stretch->last_ps);
    view_perfetto_note_event(view, i, stretch->event);
    pftrace_address(trace, "iova", stretch->iova);
    pftrace_address(trace, "pa", stretch->pa);
    pftrace_flow(trace, bad->op + 1);
    pftrace_send(trace);
}

static int write_all_bad(struct view_perfetto *view)
{
    const struct chk_report *report = view->result->verdicts;
    struct bad *all;
    size_t n = 0;

    for (size_t op = 0; op < report->n_ops; op++) {
        for (size_t i = 0; i < report->ops[op].n_stretches; i++)
            n += is_bad(&report->ops[op].stretches[i]);
    }
    all = calloc(n + 1, sizeof(*all));
    if (!all)
        return SIM_ENOMEM;
    n = 0;
    for (size_t op = 0; op < report->n_ops; op++) {
        for (size_t i = 0; i < report->ops[op].n_stretches; i++) {
            if (is_bad(&report->ops[op].stretches[i]))
                all[n++] = (struct bad){&report->ops[op].stretches[i], op};
        }
    }
    qsort(all, n, sizeof(*all), by_time);
    for (size_t i = 0; i < n; i++)
        write_bad(view, &all[i]);
    free(all);
    return 0;
}

/* ---- begin and end ---- */

static int finish(void *ctx, uint64_t end_ps)
{
    struct view_perfetto *view = ctx;
    int err;

    view_perfetto_end_commands(view, end_ps);
    err = write_all_bad(view);
    if (!err && (fflush(view->trace.out) != 0 || ferror(view->trace.out)))
        err = SIM_EIO;
    return err;
}

static void release(void *ctx)
{
    struct view_perfetto *view = ctx;

    free(view->in_flight);
    free(view);
}

struct view_sink view_perfetto_new(FILE *out, const struct replay_result *result)
{
    struct view_sink sink = {.wants_text = true,
                             .opened = opened,
                             .closed = closed,
                             .act = act,
                             .fact = view_perfetto_fact,
                             .dma = view_perfetto_dma,
                             .finish = finish,
                             .free = release};
    struct view_perfetto *view = calloc(1, sizeof(*view));

    if (!view)
        return sink;
    view->result = result;
    view->scan = result->scan;
    view->in_flight = calloc(result->scan->n_endpoints + 1, sizeof(*view->in_flight));
    if (!view->in_flight) {
        free(view);
        return sink;
    }
    pftrace_init(&view->trace, out);
    declare(view);
    sink.ctx = view;
    return sink;
}
