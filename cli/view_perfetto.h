/* SPDX-License-Identifier: BSD-2-Clause
 * view_perfetto.h - what the two halves of Perfetto's view share.
 * Knows: numbers of tracks, what is counted. Must not know: the format. */
#ifndef CLI_VIEW_PERFETTO_H
#define CLI_VIEW_PERFETTO_H

#include "cli/pftrace.h"
#include "cli/view.h"

#define MAX_LANES 32u /* commands of a unit that run at the same time; more are instants */
#define LEVELS 3u     /* of TLBs: fact.def, tlb_looked_up */
#define N_CPUS 65536u

/* Numbers of tracks; a unit and a device have a row of them. */
enum {
    TRACK_SOFTWARE = 1,
    TRACK_DEVICES = 2,
    TRACK_CPUS = 0x100000,
    TRACK_UNITS = 0x200000,
    TRACK_ENDPOINTS = 0x300000,
    ROW = 0x40,
    PID_SOFTWARE = 1,
    PID_DEVICES = 2,
    PID_UNITS = 10,
};

enum unit_track {
    UNIT_SELF,
    UNIT_EVENTS,
    UNIT_SWEEPS,
    UNIT_SYNCS,
    UNIT_DEPTH,
    UNIT_ATS,
    UNIT_HITS,
    UNIT_MISSES = UNIT_HITS + LEVELS,
    UNIT_LANES = UNIT_MISSES + LEVELS, /* MAX_LANES of them */
};
_Static_assert(UNIT_LANES + MAX_LANES <= ROW, "a row has room for all");

enum endpoint_track {
    ENDPOINT_SELF,
    ENDPOINT_REFUSED,
    ENDPOINT_BAD,
    ENDPOINT_IN_FLIGHT,
    ENDPOINT_LATENCY,
};

/* A command that runs. */
struct lane {
    bool is_used;
    uint64_t words[2];
};

struct unit {
    struct lane lane[MAX_LANES];
    unsigned n_lanes; /* that have a track */
    uint64_t hits[LEVELS], misses[LEVELS];
    uint64_t n_ats;
};

struct view_perfetto {
    struct pftrace trace;
    const struct replay_result *result;
    const struct rpl_scan *scan;
    struct unit unit[RPL_SCAN_MAX_UNITS];
    uint64_t *in_flight; /* of each endpoint */
    bool has_track[N_CPUS];
    uint8_t depth[N_CPUS]; /* open slices */
};

static inline uint64_t unit_track(size_t unit, unsigned track)
{
    return TRACK_UNITS + unit * ROW + track;
}

static inline uint64_t endpoint_track(size_t endpoint, unsigned track)
{
    return TRACK_ENDPOINTS + endpoint * ROW + track;
}

/* ---- view_perfetto_hw.c ---- */

/** view_perfetto_fact, view_perfetto_dma - of struct view_sink. */
void view_perfetto_fact(void *view, const struct sim_fact *fact, size_t unit);
void view_perfetto_dma(void *view, const struct sim_dma_seen *seen, size_t endpoint);

/** view_perfetto_end_commands - those that still run end at @end_ps. */
void view_perfetto_end_commands(struct view_perfetto *view, uint64_t end_ps);

/** view_perfetto_note_event - the name of an event of the endpoint's unit; nothing if @code is 0.
 */
void view_perfetto_note_event(struct view_perfetto *view, size_t endpoint, uint32_t code);

#endif
