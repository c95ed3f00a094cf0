/* SPDX-License-Identifier: BSD-2-Clause
 * view.c - a whole replay for viewers: files, marks, and who gets what. */
#include "cli/view.h"

#include "cli/replay_unit.h"
#include "cli/story.h"
#include "sim/outfile.h"

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#define N_CPUS 65536u
#define MAX_SINKS 3u

struct target {
    const char *path;
    struct sim_outfile *out;
    struct view_sink sink;
};

/* @next_op: the first operation that has not begun. */
struct view {
    const struct replay_result *result;
    struct view_cpu **cpus; /* of N_CPUS, NULL: has had no mark */
    struct story *story;
    size_t next_op;
    struct target target[MAX_SINKS];
    size_t n_targets;
    uint64_t end_ps;
    int error;
};

bool view_wanted(const struct view_paths *paths)
{
    return paths->perfetto || paths->fst || paths->vcd;
}

/* ---- names ---- */

size_t view_endpoint(const struct rpl_scan *scan, uint32_t requester, uint64_t pasid)
{
    for (size_t i = 0; i < scan->n_endpoints; i++) {
        const struct sim_device *device = &scan->devices[i];

        if (device->has_pasid != (pasid != SIM_NO_PASID) ||
            (device->has_pasid && device->pasid != pasid))
            continue;
        for (uint32_t r = 0; r < device->n_requesters; r++) {
            if (device->requester[r] == requester)
                return i;
        }
    }
    return VIEW_NO_ENDPOINT;
}

const char *view_endpoint_name(const struct sim_device *device, char name[VIEW_NAME_BYTES])
{
    int n = snprintf(name, VIEW_NAME_BYTES, "%s", device->name[0] ? device->name : "device");

    if (!device->name[0])
        n += snprintf(name + n, VIEW_NAME_BYTES - (size_t)n, " %" PRIu32, device->dev);
    if (device->has_pasid)
        (void)snprintf(name + n, VIEW_NAME_BYTES - (size_t)n, " PASID 0x%" PRIx32, device->pasid);
    return name;
}

const char *view_answer(uint8_t status)
{
    switch ((enum sim_dma_status)status) {
    case SIM_DMA_OK:
        return "ok";
    case SIM_DMA_ABORT:
        return "abort";
    case SIM_DMA_UR:
        return "ur";
    case SIM_DMA_RAZ_WI:
        return "raz_wi";
    case SIM_DMA_PENDING:
    default:
        return "none";
    }
}

const char *view_command(uint8_t arch, uint64_t word0, uint64_t word1)
{
    const char *name = replay_names(arch)->command(word0, word1);

    return name ? name : "unknown";
}

/* ---- marks ---- */

static struct view_cpu *cpu_of(struct view *view, uint16_t number)
{
    if (!view->cpus[number]) {
        view->cpus[number] = calloc(1, sizeof(struct view_cpu));
        if (!view->cpus[number])
            view->error = SIM_ENOMEM;
    }
    return view->cpus[number];
}

static void close_to(struct view *view, uint16_t number, unsigned n, uint64_t time_ps)
{
    struct view_cpu *cpu = view->cpus[number];

    cpu->n = n;
    for (size_t i = 0; i < view->n_targets; i++)
        view->target[i].sink.closed(view->target[i].sink.ctx, number, cpu, time_ps);
}

/* An operation whose END is missing is over when the report says so: at the BEGIN of another. */
static void close_ended(struct view *view, uint16_t number, uint64_t seq)
{
    const struct view_cpu *cpu = view->cpus[number];

    for (unsigned i = 0; i < cpu->n; i++) {
        const struct chk_op *judged = cpu->mark[i].judged;

        if (judged && judged->end_seq && judged->end_seq <= seq) {
            close_to(view, number, i, judged->end_ps);
            return;
        }
    }
}

static void open_mark(struct view *view, const struct sim_record_seen *seen)
{
    const struct chk_report *report = view->result->verdicts;
    const struct sim_record *rec = seen->rec;
    struct view_cpu *cpu = view->cpus[rec->cpu];
    struct view_mark mark = {.op = rec->mark.op, .dev = rec->mark.dev};

    while (view->next_op < report->n_ops && report->ops[view->next_op].begin_seq < seen->seq)
        view->next_op++;
    if (view->next_op < report->n_ops && report->ops[view->next_op].begin_seq == seen->seq) {
        mark.judged = &report->ops[view->next_op];
        mark.index = view->next_op;
    }
    if (cpu->n == VIEW_MAX_DEPTH)
        return;
    cpu->mark[cpu->n++] = mark;
    for (size_t i = 0; i < view->n_targets; i++)
        view->target[i].sink.opened(view->target[i].sink.ctx, rec->cpu, cpu, seen->end_ps);
}

/* Return: place of the innermost open mark of @rec's kind plus 1, 0 if there is none. */
static unsigned find_mark(const struct view_cpu *cpu, const struct sim_record *rec, bool same_dev)
{
    unsigned i = cpu ? cpu->n : 0;

    while (i && (cpu->mark[i - 1].op != rec->mark_end.op ||
                 (same_dev && cpu->mark[i - 1].dev != rec->mark_end.dev)))
        i--;
    return i;
}

/* A task may have moved to another CPU since. */
static void close_mark(struct view *view, const struct sim_record_seen *seen)
{
    const struct sim_record *rec = seen->rec;
    uint16_t number = rec->cpu;
    unsigned n = find_mark(view->cpus[number], rec, false);

    for (uint32_t i = 0; !n && rec->mark_end.dev != SIM_NO_DEV && i < N_CPUS; i++) {
        n = find_mark(view->cpus[i], rec, true);
        number = (uint16_t)i;
    }
    if (n)
        close_to(view, number, n - 1, seen->end_ps);
}

/* ---- what the run tells ---- */

static void on_act(struct view *view, const struct sim_record_seen *seen)
{
    char line[STORY_LINE_BYTES];

    if (view->story && story_line(view->story, seen->rec, line))
        view->error = SIM_ENOMEM;
    if (view->story && seen->rec->kind == SIM_R_WAIT) /* how it waited in the trace is not meant */
        line[strcspn(line, ",")] = '\0';
    for (size_t i = 0; i < view->n_targets && !view->error; i++) {
        const struct view_sink *sink = &view->target[i].sink;

        if (seen->rec->kind != SIM_R_BEGIN && seen->rec->kind != SIM_R_END)
            sink->act(sink->ctx, seen, sink->wants_text ? line : NULL);
    }
}

static void on_record(void *ctx, const struct sim_record_seen *seen)
{
    struct view *view = ctx;

    if (view->error || !cpu_of(view, seen->rec->cpu))
        return;
    if (seen->end_ps > view->end_ps)
        view->end_ps = seen->end_ps;
    if (seen->rec->kind == SIM_R_END)
        close_mark(view, seen);
    close_ended(view, seen->rec->cpu, seen->seq);
    on_act(view, seen);
    if (seen->rec->kind == SIM_R_BEGIN)
        open_mark(view, seen);
}

static void on_fact(void *ctx, const struct sim_fact *fact, uint64_t seq)
{
    struct view *view = ctx;
    const struct rpl_scan *scan = view->result->scan;
    size_t unit = 0;

    (void)seq;
    while (unit < scan->n_units && scan->units[unit].iommu != fact->iommu)
        unit++;
    if (view->error || unit == scan->n_units)
        return;
    if (fact->time_ps > view->end_ps)
        view->end_ps = fact->time_ps;
    for (size_t i = 0; i < view->n_targets; i++)
        view->target[i].sink.fact(view->target[i].sink.ctx, fact, unit);
}

static void on_dma(void *ctx, const struct sim_dma_seen *seen)
{
    struct view *view = ctx;
    size_t endpoint;

    if (view->error || seen->is_probe)
        return;
    if (seen->answer_ps > view->end_ps)
        view->end_ps = seen->answer_ps;
    endpoint = view_endpoint(view->result->scan, seen->requester,
                             seen->has_pasid ? seen->pasid : SIM_NO_PASID);
    for (size_t i = 0; i < view->n_targets; i++)
        view->target[i].sink.dma(view->target[i].sink.ctx, seen, endpoint);
}

/* ---- files ---- */

static int no_memory(void)
{
    cli_error("no memory");
    return CLI_INTERNAL;
}

static int add_target(struct view *view, const char *path, bool is_perfetto,
                      enum wave_format format)
{
    struct target *target = &view->target[view->n_targets];
    struct sim_diag diag;
    FILE *out;

    if (!path)
        return CLI_OK;
    sim_diag_init(&diag, path);
    target->path = path;
    target->out = sim_outfile_open(path, &diag);
    if (!target->out)
        return cli_report(&diag, false);
    view->n_targets++;
    out = sim_outfile_stream(target->out);
    target->sink = is_perfetto ? view_perfetto_new(out, view->result)
                               : view_wave_new(out, format, view->result);
    if (!target->sink.ctx)
        return no_memory();
    if (target->sink.wants_text && !view->story)
        view->story = story_new();
    return target->sink.wants_text && !view->story ? no_memory() : CLI_OK;
}

static int open_all(struct view *view, const struct view_paths *paths)
{
    int code = add_target(view, paths->perfetto, true, WAVE_VCD);

    if (code == CLI_OK)
        code = add_target(view, paths->fst, false, WAVE_FST);
    if (code == CLI_OK)
        code = add_target(view, paths->vcd, false, WAVE_VCD);
    return code;
}

static int finish(struct view *view)
{
    for (uint32_t i = 0; i < N_CPUS; i++) {
        if (view->cpus[i] && view->cpus[i]->n)
            close_to(view, (uint16_t)i, 0, view->end_ps);
    }
    for (size_t i = 0; i < view->n_targets; i++) {
        struct target *target = &view->target[i];
        const int err = target->sink.finish(target->sink.ctx, view->end_ps);
        struct sim_diag diag;

        if (err == SIM_ENOMEM)
            return no_memory();
        if (!err)
            continue;
        sim_diag_init(&diag, target->path);
        (void)sim_diag_text(&diag, SIM_EIO, 0, 0, "it cannot be written");
        return cli_report(&diag, false);
    }
    return CLI_OK;
}

static int commit(struct view *view)
{
    for (size_t i = 0; i < view->n_targets; i++) {
        struct sim_outfile *out = view->target[i].out;
        struct sim_diag diag;

        sim_diag_init(&diag, view->target[i].path);
        view->target[i].out = NULL;
        if (sim_outfile_commit(out, &diag))
            return cli_report(&diag, false);
    }
    return CLI_OK;
}

static void close_all(struct view *view)
{
    for (size_t i = 0; i < view->n_targets; i++) {
        if (view->target[i].sink.ctx)
            view->target[i].sink.free(view->target[i].sink.ctx);
        sim_outfile_abort(view->target[i].out);
    }
    for (uint32_t i = 0; view->cpus && i < N_CPUS; i++)
        free(view->cpus[i]);
    free(view->cpus);
    story_free(view->story);
}

int view_write(struct replay *replay, const struct replay_result *result,
               const struct view_paths *paths)
{
    struct view view = {.result = result, .cpus = calloc(N_CPUS, sizeof(struct view_cpu *))};
    const struct sim_observer observer = {on_record, on_fact, on_dma, &view};
    int code = view.cpus ? open_all(&view, paths) : no_memory();

    if (code == CLI_OK)
        code = replay_again(replay, "view", &observer);
    if (code == CLI_OK && view.error)
        code = no_memory();
    if (code == CLI_OK)
        code = finish(&view);
    if (code == CLI_OK)
        code = commit(&view);
    close_all(&view);
    return code;
}
