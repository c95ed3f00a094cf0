/* SPDX-License-Identifier: BSD-2-Clause
 * replay_story_json.c - one operation for machines: its lines, and what a picture of it needs.
 * Knows: the member "story" of the schemas. Must not know: pictures. */
#include "cli/replay.h"
#include "cli/replay_unit.h"

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#define MAX_LINES 2000u
#define MAX_ACTS 2000u
#define MAX_ANSWERS 2000u
#define N_BINS 120u

/* Since the story's begin; what came before it is negative. */
static json_t *json_since(uint64_t ps, uint64_t begin_ps)
{
    return json_real((double)(int64_t)(ps - begin_ps) / 1e3);
}

static json_t *json_line(const char *text, size_t n)
{
    json_t *string = json_stringn(text, n);
    char *ascii;

    if (string)
        return string;
    ascii = strndup(text, n); /* a name out of a file, which may be no UTF-8 */
    for (size_t i = 0; ascii && ascii[i]; i++)
        ascii[i] = (unsigned char)ascii[i] < 0x80 ? ascii[i] : '?';
    string = ascii ? json_string(ascii) : NULL;
    free(ascii);
    return string;
}

/* ---- Lines ---------------------------------------------------------------------------------- */

static void put_lines(json_t *story, const char *text)
{
    json_t *lines = json_array();
    size_t n_left_out = 0;

    while (*text) {
        const size_t n = strcspn(text, "\n");

        if (json_array_size(lines) < MAX_LINES)
            (void)json_array_append_new(lines, json_line(text, n));
        else
            n_left_out++;
        text += n + (text[n] == '\n');
    }
    (void)json_object_set_new(story, "lines", lines);
    (void)json_object_set_new(story, "lines_left_out", json_integer((json_int_t)n_left_out));
}

/* ---- What software did ---------------------------------------------------------------------- */

static const char *lane_of(const struct watch_item *item)
{
    switch (item->kind) {
    case SIM_R_STORE:
        if (item->structure == SIM_S_QI && !item->name) /* the second half of a descriptor */
            return NULL;
        return item->structure == SIM_S_CMD || item->structure == SIM_S_QI ? "command" : "store";
    case SIM_R_WAIT:
        return item->hw_end_ps > item->hw_start_ps ? "wait" : NULL;
    case SIM_R_MMIO_WRITE:
        return "register";
    default:
        return NULL;
    }
}

static json_t *json_act(const struct watch_item *item, uint64_t begin_ps)
{
    const bool is_wait = item->kind == SIM_R_WAIT;
    const char *name = item->name;

    if (!name && item->kind == SIM_R_STORE)
        name = sim_structure_infos[item->structure].json_name;
    return json_pack("{s:s, s:o, s:o, s:s?}", "lane", lane_of(item), "begin_ns",
                     json_since(is_wait ? item->hw_start_ps : item->end_ps, begin_ps), "end_ns",
                     json_since(is_wait ? item->hw_end_ps : item->end_ps, begin_ps), "name", name);
}

static void put_acts(json_t *story, const struct watch *watch, uint64_t begin_ps)
{
    json_t *acts = json_array();
    uint64_t n_left_out = watch->n_unwatched;

    for (size_t i = 0; i < watch->n_items; i++) {
        if (!lane_of(&watch->items[i]))
            continue;
        if (json_array_size(acts) < MAX_ACTS)
            (void)json_array_append_new(acts, json_act(&watch->items[i], begin_ps));
        else
            n_left_out++;
    }
    (void)json_object_set_new(story, "acts", acts);
    (void)json_object_set_new(story, "acts_left_out", json_integer((json_int_t)n_left_out));
}

/* ---- What requests saw ---------------------------------------------------------------------- */

/* Traffic has one row, and each address that probes look at has one. */
static bool is_one_row(const struct chk_stretch *a, const struct chk_stretch *b)
{
    return a->is_probe == b->is_probe && (!a->is_probe || a->iova == b->iova);
}

static bool is_same_answer(const struct chk_stretch *a, const struct chk_stretch *b)
{
    return a->result == b->result && a->event == b->event;
}

bool replay_answer_ends(const struct chk_op *op, size_t index, uint64_t *end_ps)
{
    const struct chk_stretch *stretch = &op->stretches[index];
    size_t before = index;

    while (before > 0 && !is_one_row(&op->stretches[before - 1], stretch))
        before--;
    if (before > 0 && is_same_answer(&op->stretches[before - 1], stretch))
        return false;
    *end_ps = stretch->last_ps;
    for (size_t i = index + 1; i < op->n_stretches; i++) {
        const struct chk_stretch *next = &op->stretches[i];

        if (!is_one_row(next, stretch))
            continue;
        if (!is_same_answer(next, stretch)) {
            *end_ps = next->first_ps;
            return true;
        }
        *end_ps = next->last_ps;
    }
    return true;
}

static json_t *json_answer(const struct chk_names *names, const struct chk_stretch *stretch,
                           uint64_t end_ps, uint64_t begin_ps)
{
    return json_pack(
        "{s:o, s:o, s:o, s:s, s:s?}", "probe",
        stretch->is_probe ? cli_json_hex(stretch->iova) : json_null(), "begin_ns",
        json_since(stretch->first_ps, begin_ps), "end_ns", json_since(end_ps, begin_ps), "answer",
        stretch->result == CHK_RESULT_REFUSED_OK ? "refused" : replay_dma_result(stretch->result),
        "event", stretch->event ? names->event(stretch->event) : NULL);
}

static void put_answers(json_t *story, const struct replay_result *result, size_t first,
                        size_t last)
{
    const struct chk_names *names = replay_names(result->scan->units[0].arch);
    const struct chk_op *ops = result->verdicts->ops;
    json_t *answers = json_array();
    size_t n_left_out = 0;

    for (size_t k = first; k <= last; k++) {
        for (size_t i = 0; i < ops[k].n_stretches; i++) {
            uint64_t end_ps;

            if (!replay_answer_ends(&ops[k], i, &end_ps))
                continue;
            if (json_array_size(answers) == MAX_ANSWERS)
                n_left_out++;
            else
                (void)json_array_append_new(
                    answers, json_answer(names, &ops[k].stretches[i], end_ps, ops[first].begin_ps));
        }
    }
    (void)json_object_set_new(story, "answers", answers);
    (void)json_object_set_new(story, "answers_left_out", json_integer((json_int_t)n_left_out));
}

/* ---- Latency over the run ------------------------------------------------------------------- */

static int by_issue(const void *a, const void *b)
{
    const struct watch_sample *x = a, *y = b;

    return x->issue_ps < y->issue_ps ? -1 : x->issue_ps > y->issue_ps;
}

static int by_latency(const void *a, const void *b)
{
    const struct watch_sample *x = a, *y = b;

    return x->latency_ps < y->latency_ps ? -1 : x->latency_ps > y->latency_ps;
}

/* Those of one bin, which it sorts. */
static json_t *json_bin(struct watch_sample *samples, size_t n, uint64_t begin_ps)
{
    const size_t middle = (n - 1) / 2;
    size_t n_refused = 0;

    for (size_t i = 0; i < n; i++)
        n_refused += samples[i].status != SIM_DMA_OK;
    qsort(samples, n, sizeof(*samples), by_latency);
    return json_pack("{s:f, s:I, s:f, s:f, s:I}", "begin_ns", (double)begin_ps / 1e3, "requests",
                     (json_int_t)n, "p50_ns", (double)samples[middle].latency_ps / 1e3, "max_ns",
                     (double)samples[n - 1].latency_ps / 1e3, "refused", (json_int_t)n_refused);
}

static json_t *json_latency(const struct watch *watch)
{
    json_t *bins = json_array();
    struct watch_sample *samples = malloc((watch->n_samples + 1) * sizeof(*samples));
    uint64_t end_ps = 0, width_ps;
    size_t first = 0;

    if (samples && watch->n_samples) {
        memcpy(samples, watch->samples, watch->n_samples * sizeof(*samples));
        qsort(samples, watch->n_samples, sizeof(*samples), by_issue);
        end_ps = samples[watch->n_samples - 1].issue_ps;
    }
    width_ps = end_ps / N_BINS + 1;
    while (samples && first < watch->n_samples) {
        const uint64_t begin_ps = samples[first].issue_ps / width_ps * width_ps;
        size_t n = 1;

        while (first + n < watch->n_samples && samples[first + n].issue_ps - begin_ps < width_ps)
            n++;
        (void)json_array_append_new(bins, json_bin(&samples[first], n, begin_ps));
        first += n;
    }
    free(samples);
    return json_pack("{s:f, s:I, s:o}", "bin_ns", (double)width_ps / 1e3, "every",
                     (json_int_t)watch->sample_stride, "bins", bins);
}

/* ---- All of it ------------------------------------------------------------------------------ */

static json_t *json_switch(const struct chk_op *first, const struct chk_op *last)
{
    if (!first->switch_begin_seq || last->switch_end_ps <= first->switch_begin_ps)
        return json_null();
    return json_pack("[o, o]", json_since(first->switch_begin_ps, first->begin_ps),
                     json_since(last->switch_end_ps, first->begin_ps));
}

json_t *replay_story_json(const struct replay_result *result, size_t first, size_t last,
                          const struct watch *watch)
{
    const struct chk_op *ops = result->verdicts->ops;
    const uint64_t begin_ps = ops[first].begin_ps;
    char *text = NULL;
    size_t n_bytes = 0;
    FILE *out = open_memstream(&text, &n_bytes);
    int err = out ? replay_tell_lines(result, first, last, watch, out) : SIM_ENOMEM;
    json_t *story = NULL;

    if (out && fclose(out) == 0 && !err)
        story = json_pack("{s:I, s:o, s:o}", "operation", (json_int_t)first + 1, "begin_ns",
                          json_real((double)begin_ps / 1e3), "end_ns",
                          json_since(ops[last].end_ps, begin_ps));
    if (story) {
        (void)json_object_set_new(story, "switch_ns", json_switch(&ops[first], &ops[last]));
        put_lines(story, text);
        put_acts(story, watch, begin_ps);
        put_answers(story, result, first, last);
        (void)json_object_set_new(story, "latency", json_latency(watch));
    }
    free(text);
    return story;
}
