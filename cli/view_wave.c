/* SPDX-License-Identifier: BSD-2-Clause
 * view_wave.c - a replay as signals: VCD and FST.
 * Knows: which signals there are. Must not know: formats.
 *
 * A signal changes when it is told, so a request counts from when it was sent to its answer. */
#include "cli/view.h"

#include "cli/replay_unit.h"

#include <inttypes.h>
#include <stdlib.h>

#define MAX_CPUS 256u /* that have signals; others are left out */
#define INDEX_BITS 20u
#define COUNT_BITS 32u
#define LEVELS 3u /* of TLBs: fact.def, tlb_looked_up */

struct cpu_signals {
    uint32_t operation, step, waited;
};

struct unit_signals {
    uint32_t written, read, waiting;
    uint32_t command, syncs;
    uint32_t hits[LEVELS], misses[LEVELS];
    uint32_t faults, lost;
};

struct device_signals {
    uint32_t in_flight, answer, is_refused, refused, latency;
};

/* What has been counted so far. */
struct unit_counts {
    uint64_t hits[LEVELS], misses[LEVELS];
    uint64_t syncs, faults, lost;
};

struct device_counts {
    uint64_t in_flight, refused;
};

struct view_wave {
    struct wave *wave;
    const struct rpl_scan *scan;
    uint32_t n_cpus;
    struct cpu_signals *cpu;
    struct unit_signals unit[RPL_SCAN_MAX_UNITS];
    struct unit_counts unit_count[RPL_SCAN_MAX_UNITS];
    struct device_signals *device;
    struct device_counts *device_count;
};

/* ---- what there is ---- */

static void declare_cpus(struct view_wave *view)
{
    struct wave *wave = view->wave;
    char name[VIEW_NAME_BYTES];

    wave_scope(wave, "software");
    for (uint32_t i = 0; i < view->n_cpus; i++) {
        (void)snprintf(name, sizeof(name), "cpu%" PRIu32, i);
        wave_scope(wave, name);
        view->cpu[i].operation = wave_text(wave, "operation");
        view->cpu[i].step = wave_text(wave, "innermost");
        view->cpu[i].waited = wave_signal(wave, "last_wait_ps", 64);
        wave_up(wave);
    }
    wave_up(wave);
}

static void declare_unit(struct view_wave *view, size_t index)
{
    static const char *const hits[LEVELS] = {"utlb_hits", "tbu_hits", "tlb_hits"};
    static const char *const misses[LEVELS] = {"utlb_misses", "tbu_misses", "tlb_misses"};
    struct unit_signals *unit = &view->unit[index];
    const bool is_vtd = view->scan->units[index].arch == SIM_ARCH_VTD;
    struct wave *wave = view->wave;
    char name[VIEW_NAME_BYTES];

    (void)snprintf(name, sizeof(name), "iommu%" PRIu16, view->scan->units[index].iommu);
    wave_scope(wave, name);
    unit->written = wave_signal(wave, is_vtd ? "queue_tail" : "queue_prod", INDEX_BITS);
    unit->read = wave_signal(wave, is_vtd ? "queue_head" : "queue_cons", INDEX_BITS);
    unit->waiting = wave_signal(wave, "queue_depth", INDEX_BITS);
    unit->command = wave_text(wave, "command");
    unit->syncs = wave_signal(wave, "syncs_pending", 8);
    for (unsigned level = is_vtd ? LEVELS - 1 : 0; level < LEVELS; level++) {
        unit->hits[level] = wave_signal(wave, hits[level], COUNT_BITS);
        unit->misses[level] = wave_signal(wave, misses[level], COUNT_BITS);
    }
    unit->faults = wave_signal(wave, "faults", COUNT_BITS);
    unit->lost = wave_signal(wave, "faults_lost", COUNT_BITS);
    wave_up(wave);
}

static void declare_devices(struct view_wave *view)
{
    struct wave *wave = view->wave;
    char name[VIEW_NAME_BYTES];

    wave_scope(wave, "devices");
    for (size_t i = 0; i < view->scan->n_endpoints; i++) {
        struct device_signals *device = &view->device[i];

        wave_scope(wave, view_endpoint_name(&view->scan->devices[i], name));
        device->in_flight = wave_signal(wave, "in_flight", 16);
        device->answer = wave_text(wave, "answer");
        device->is_refused = wave_signal(wave, "blocked", 1);
        device->refused = wave_signal(wave, "refused", COUNT_BITS);
        device->latency = wave_signal(wave, "latency_ps", 64);
        wave_up(wave);
    }
    wave_up(wave);
}

/* ---- what happens ---- */

static void show_marks(const struct view_wave *view, uint16_t cpu, const struct view_cpu *marks,
                       uint64_t time_ps)
{
    if (cpu >= view->n_cpus)
        return;
    wave_time(view->wave, time_ps);
    wave_set_text(view->wave, view->cpu[cpu].operation,
                  marks->n ? sim_enum_word(SIM_SHOW_OP, marks->mark[0].op) : "-");
    wave_set_text(view->wave, view->cpu[cpu].step,
                  marks->n ? sim_enum_word(SIM_SHOW_OP, marks->mark[marks->n - 1].op) : "-");
}

static void changed(void *ctx, uint16_t cpu, const struct view_cpu *marks, uint64_t time_ps)
{
    show_marks(ctx, cpu, marks, time_ps);
}

static void act(void *ctx, const struct sim_record_seen *seen, const char *text)
{
    const struct view_wave *view = ctx;

    (void)text;
    if (seen->rec->kind != SIM_R_WAIT || seen->rec->cpu >= view->n_cpus)
        return;
    wave_time(view->wave, seen->end_ps);
    wave_set(view->wave, view->cpu[seen->rec->cpu].waited, seen->end_ps - seen->start_ps);
}

static void looked_up(struct view_wave *view, size_t unit, const struct sim_fact *fact)
{
    struct unit_counts *count = &view->unit_count[unit];
    const uint64_t level = fact->arg[3];
    const bool is_hit = fact->arg[4] != 0;

    if (level >= LEVELS)
        return;
    if (is_hit)
        wave_set(view->wave, view->unit[unit].hits[level], ++count->hits[level]);
    else
        wave_set(view->wave, view->unit[unit].misses[level], ++count->misses[level]);
}

static void command(struct view_wave *view, size_t unit, const struct sim_fact *fact)
{
    const uint8_t arch = view->scan->units[unit].arch;
    const bool begins = fact->kind == SIM_FACT_CMD_EXECUTED;
    uint64_t *syncs = &view->unit_count[unit].syncs;

    if (begins)
        wave_set_text(view->wave, view->unit[unit].command,
                      view_command(arch, fact->arg[1], fact->arg[2]));
    if (!replay_names(arch)->is_sync(fact->arg[1], fact->arg[2]))
        return;
    if (begins)
        ++*syncs;
    else if (*syncs)
        --*syncs;
    wave_set(view->wave, view->unit[unit].syncs, *syncs);
}

static void issued(struct view_wave *view, const struct sim_fact *fact)
{
    const size_t i = view_endpoint(view->scan, (uint32_t)fact->arg[0], fact->arg[1]);

    if (i != VIEW_NO_ENDPOINT)
        wave_set(view->wave, view->device[i].in_flight, ++view->device_count[i].in_flight);
}

static void on_fact(void *ctx, const struct sim_fact *fact, size_t index)
{
    struct view_wave *view = ctx;
    const struct unit_signals *unit = &view->unit[index];
    struct unit_counts *count = &view->unit_count[index];
    struct wave *wave = view->wave;

    wave_time(wave, fact->time_ps);
    switch (fact->kind) {
    case SIM_FACT_QUEUE_MOVED:
        wave_set(wave, unit->written, fact->arg[1]);
        wave_set(wave, unit->read, fact->arg[2]);
        wave_set(wave, unit->waiting, fact->arg[3]);
        break;
    case SIM_FACT_CMD_EXECUTED:
    case SIM_FACT_CMD_COMPLETED:
        command(view, index, fact);
        break;
    case SIM_FACT_TLB_LOOKED_UP:
        looked_up(view, index, fact);
        break;
    case SIM_FACT_EVENT_RECORDED:
        wave_set(wave, unit->faults, ++count->faults);
        break;
    case SIM_FACT_EVENT_LOST:
        wave_set(wave, unit->lost, ++count->lost);
        break;
    case SIM_FACT_DMA_ISSUED:
        issued(view, fact);
        break;
    default:
        break;
    }
}

static void on_dma(void *ctx, const struct sim_dma_seen *seen, size_t endpoint)
{
    struct view_wave *view = ctx;
    const bool is_refused = seen->status != SIM_DMA_OK;
    const struct device_signals *device;
    struct device_counts *count;

    if (endpoint == VIEW_NO_ENDPOINT)
        return;
    device = &view->device[endpoint];
    count = &view->device_count[endpoint];
    count->in_flight -= count->in_flight > 0;
    count->refused += is_refused;
    wave_time(view->wave, seen->answer_ps);
    wave_set(view->wave, device->in_flight, count->in_flight);
    wave_set_text(view->wave, device->answer, view_answer(seen->status));
    wave_set(view->wave, device->is_refused, is_refused);
    wave_set(view->wave, device->refused, count->refused);
    wave_set(view->wave, device->latency, seen->answer_ps - seen->issue_ps);
}

/* ---- begin and end ---- */

static int finish(void *ctx, uint64_t end_ps)
{
    const struct view_wave *view = ctx;

    wave_time(view->wave, end_ps);
    return wave_finish(view->wave);
}

static void release(void *ctx)
{
    struct view_wave *view = ctx;

    wave_free(view->wave);
    free(view->cpu);
    free(view->device);
    free(view->device_count);
    free(view);
}

struct view_sink view_wave_new(FILE *out, enum wave_format format,
                               const struct replay_result *result)
{
    struct view_sink made = {.opened = changed,
                             .closed = changed,
                             .act = act,
                             .fact = on_fact,
                             .dma = on_dma,
                             .finish = finish,
                             .free = release};
    struct view_wave *view = calloc(1, sizeof(*view));
    const size_t n_devices = result->scan->n_endpoints + 1; /* calloc(0) may give NULL */

    if (!view)
        return made;
    view->scan = result->scan;
    view->n_cpus = result->scan->max_cpu + 1u;
    if (view->n_cpus > MAX_CPUS)
        view->n_cpus = MAX_CPUS;
    view->wave = wave_new(format, out);
    view->cpu = calloc(view->n_cpus, sizeof(*view->cpu));
    view->device = calloc(n_devices, sizeof(*view->device));
    view->device_count = calloc(n_devices, sizeof(*view->device_count));
    if (!view->wave || !view->cpu || !view->device || !view->device_count) {
        release(view);
        return made;
    }
    declare_cpus(view);
    for (size_t i = 0; i < view->scan->n_units; i++)
        declare_unit(view, i);
    declare_devices(view);
    wave_begin(view->wave);
    made.ctx = view;
    return made;
}
