/* SPDX-License-Identifier: BSD-2-Clause
 * replay_watch.h - looks closely at one operation of a run: every record in words, with times; and
 * samples the requests of the whole run.
 * Knows: records, requests. Must not know: verdicts, formats of output. */
#ifndef CLI_REPLAY_WATCH_H
#define CLI_REPLAY_WATCH_H

#include "sim/observe.h"

/**
 * struct watch_item - one record of the operation.
 * @text:   what it says; owned by the watch.
 * @name:   a command's name, else NULL.
 * @op:     BEGIN and END: which.
 * @depth:  of nested marks around it, on its CPU.
 * @hw_start_ps, @hw_end_ps: a WAIT: from the last register write before it to the moment at which
 *          software could see the end; both 0 for other records.
 */
struct watch_item {
    char *text;
    const char *name;
    uint64_t start_ps, end_ps;
    uint64_t hw_start_ps, hw_end_ps;
    uint16_t cpu;
    uint8_t kind, structure, op, depth;
};

/** struct watch_sample - one request of the traffic. */
struct watch_sample {
    uint64_t issue_ps, latency_ps;
    uint32_t dev;
    uint8_t status;
};

#define WATCH_MAX_ITEMS 65536u
#define WATCH_MAX_SAMPLES 262144u

/**
 * struct watch - @items: records first_seq.. in order. @n_unwatched: records of the operation
 * behind the first WATCH_MAX_ITEMS. @samples: every @sample_stride-th request, and every refused
 * one as long as there is room.
 */
struct watch {
    uint64_t first_seq, last_seq;
    struct watch_item *items;
    size_t n_items;
    uint64_t n_unwatched;
    struct watch_sample *samples;
    size_t n_samples;
    uint64_t sample_stride;
    struct watch_state *state;
};

/** watch_new - of records first_seq..last_seq (last < first: of none). @wants_samples: collect
 * requests too. Return: NULL without memory. */
struct watch *watch_new(uint64_t first_seq, uint64_t last_seq, bool wants_samples);
void watch_free(struct watch *watch);

/** watch_lines - tell the source line of each store; @lines stays the caller's. */
struct trc_lines;
void watch_lines(struct watch *watch, struct trc_lines *lines);

/** watch_put - put of a struct sim_record_sink: each record, before it goes to the replay.
 * Return: 0 or SIM_ENOMEM. */
int watch_put(void *watch, const struct sim_record *rec);

/** watch_observer - for the replay. */
struct sim_observer watch_observer(struct watch *watch);

#endif
