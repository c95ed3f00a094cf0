/* SPDX-License-Identifier: BSD-2-Clause
 * replay_watch.c - words on the way in, times on the way out. */
#include "cli/replay_watch.h"

#include "cli/replay_unit.h"

#include "cli/lines.h"
#include "cli/replay_machine.h"
#include "cli/story.h"
#include "sim/diag.h"

#include <stdlib.h>
#include <string.h>

#define N_CPUS 65536u

/* What is known about each CPU. */
struct watch_cpu {
    uint64_t doorbell_ps; /* end of its last register write */
    uint8_t depth;        /* open marks */
};

struct watch_state {
    struct story *story;
    struct trc_lines *lines; /* or NULL */
    struct watch_cpu *cpus;
    uint64_t n_records;
    uint64_t sync_ps; /* when the last sync became visible */
    uint64_t n_requests;
    bool wants_samples;
};

struct watch *watch_new(uint64_t first_seq, uint64_t last_seq, bool wants_samples)
{
    struct watch *watch = calloc(1, sizeof(*watch));
    struct watch_state *state = calloc(1, sizeof(*state));
    const uint64_t n_wanted = last_seq < first_seq ? 0 : last_seq - first_seq + 1;

    if (watch && state) {
        watch->state = state;
        watch->first_seq = first_seq;
        watch->last_seq = last_seq;
        watch->n_unwatched = n_wanted > WATCH_MAX_ITEMS ? n_wanted - WATCH_MAX_ITEMS : 0;
        watch->items = calloc(n_wanted - watch->n_unwatched + 1, sizeof(*watch->items));
        watch->samples = wants_samples ? calloc(WATCH_MAX_SAMPLES, sizeof(*watch->samples)) : NULL;
        watch->sample_stride = 1;
        state->wants_samples = wants_samples;
        state->story = story_new();
        state->cpus = calloc(N_CPUS, sizeof(*state->cpus));
        if (watch->items && state->story && state->cpus && (!wants_samples || watch->samples))
            return watch;
    }
    if (watch)
        watch->state = state;
    else
        free(state);
    watch_free(watch);
    return NULL;
}

void watch_free(struct watch *watch)
{
    if (!watch)
        return;
    for (size_t i = 0; i < watch->n_items; i++)
        free(watch->items[i].text);
    free(watch->items);
    free(watch->samples);
    if (watch->state) {
        story_free(watch->state->story);
        free(watch->state->cpus);
    }
    free(watch->state);
    free(watch);
}

void watch_lines(struct watch *watch, struct trc_lines *lines)
{
    watch->state->lines = lines;
}

static int keep(struct watch *watch, const struct sim_record *rec, const char *line)
{
    struct watch_item *item = &watch->items[watch->n_items];

    /* How often and how long software polled in the trace is not how long it waits here. */
    item->text = rec->kind == SIM_R_WAIT ? strndup(line, strcspn(line, ",")) : strdup(line);
    if (!item->text)
        return SIM_ENOMEM;
    item->kind = rec->kind;
    item->cpu = rec->cpu;
    item->depth = watch->state->cpus[rec->cpu].depth;
    if (rec->kind == SIM_R_STORE) {
        item->structure = rec->store.structure;
        if (item->structure == SIM_S_CMD)
            item->name =
                replay_names(SIM_ARCH_SMMUV3)->command(rec->store.value, rec->store.value_hi);
        else if (item->structure == SIM_S_QI)
            item->name = replay_names(SIM_ARCH_VTD)->command(rec->store.value, rec->store.value_hi);
    }
    if (rec->kind == SIM_R_BEGIN || rec->kind == SIM_R_END)
        item->op = rec->mark.op; /* at the same place in both */
    watch->n_items++;
    return 0;
}

int watch_put(void *ctx, const struct sim_record *rec)
{
    struct watch *watch = ctx;
    struct watch_state *state = watch->state;
    struct watch_cpu *cpu = &state->cpus[rec->cpu];
    const uint64_t seq = ++state->n_records;
    char line[STORY_LINE_BYTES];
    int err;

    if (watch->last_seq < watch->first_seq)
        return 0;
    err = story_line(state->story, rec, line);
    if (rec->kind == SIM_R_END && cpu->depth > 0)
        cpu->depth--;
    if (!err && seq >= watch->first_seq && seq <= watch->last_seq &&
        watch->n_items < WATCH_MAX_ITEMS) {
        lines_append(state->lines, lines_ip(rec), line, sizeof(line));
        err = keep(watch, rec, line);
    }
    if (rec->kind == SIM_R_BEGIN && cpu->depth < UINT8_MAX)
        cpu->depth++;
    return err;
}

static void watch_record(void *ctx, const struct sim_record_seen *seen)
{
    struct watch *watch = ctx;
    struct watch_cpu *cpu = &watch->state->cpus[seen->rec->cpu];
    struct watch_item *item;

    if (seen->rec->kind == SIM_R_MMIO_WRITE)
        cpu->doorbell_ps = seen->end_ps;
    if (seen->seq < watch->first_seq || seen->seq - watch->first_seq >= watch->n_items)
        return;
    item = &watch->items[seen->seq - watch->first_seq];
    item->start_ps = seen->start_ps;
    item->end_ps = seen->end_ps;
    if (seen->rec->kind == SIM_R_WAIT) {
        const uint64_t sync_ps = watch->state->sync_ps;

        item->hw_start_ps = cpu->doorbell_ps ? cpu->doorbell_ps : seen->start_ps;
        item->hw_end_ps = sync_ps > item->hw_start_ps ? sync_ps : seen->end_ps;
    }
}

static void watch_fact(void *ctx, const struct sim_fact *fact, uint64_t seq)
{
    struct watch *watch = ctx;

    (void)seq;
    if (fact->kind == SIM_FACT_SYNC_VISIBLE)
        watch->state->sync_ps = fact->time_ps;
}

/* Full: keep every second of those that went well, and from now on half as many. */
static void thin_out(struct watch *watch)
{
    size_t n = 0;
    bool keeps = true;

    for (size_t i = 0; i < watch->n_samples; i++) {
        const bool is_ok = watch->samples[i].status == SIM_DMA_OK;

        if (!is_ok || keeps)
            watch->samples[n++] = watch->samples[i];
        keeps ^= is_ok;
    }
    watch->n_samples = n;
    watch->sample_stride *= 2;
}

static void watch_dma(void *ctx, const struct sim_dma_seen *seen)
{
    struct watch *watch = ctx;
    struct watch_state *state = watch->state;

    if (!state->wants_samples || seen->is_probe)
        return;
    if (state->n_requests++ % watch->sample_stride != 0 && seen->status == SIM_DMA_OK)
        return;
    if (watch->n_samples == WATCH_MAX_SAMPLES)
        thin_out(watch);
    if (watch->n_samples == WATCH_MAX_SAMPLES) { /* all were refused */
        state->wants_samples = false;
        return;
    }
    watch->samples[watch->n_samples++] =
        (struct watch_sample){.issue_ps = seen->issue_ps,
                              .latency_ps = seen->answer_ps - seen->issue_ps,
                              .dev = seen->dev,
                              .status = seen->status};
}

struct sim_observer watch_observer(struct watch *watch)
{
    return (struct sim_observer){watch_record, watch_fact, watch_dma, watch};
}
