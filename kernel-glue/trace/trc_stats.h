/* SPDX-License-Identifier: BSD-2-Clause
 * trc_stats.h - what became of every event of a trace: nothing vanishes unexplained.
 * Knows: names and counts. Must not know: why (the importer says so). */
#ifndef TRC_STATS_H
#define TRC_STATS_H

#include "kernel-glue/trace/trc_event.h"

#ifdef __cplusplus
extern "C" {
#endif

#define TRC_MAX_FATES 8u /* of one event */
#define TRC_MAX_OTHER_NAMES 128u

enum trc_fate_kind {
    TRC_FATE_RECORD, /* it became a record (or two) */
    TRC_FATE_FOLDED, /* it is part of the record of another event */
    TRC_FATE_IGNORED,
};

/** struct trc_fate - one line of the table: what happened to some events of one name.
 * @what: record kind, what it was folded into, or why it was ignored; a static string. */
struct trc_fate {
    uint8_t kind;
    const char *what;
    uint64_t n_events;
};

/** struct trc_other - an event that is not ours. */
struct trc_other {
    char name[64];
    uint64_t n_events;
};

struct trc_stats {
    uint64_t n_events;
    uint64_t n_records;
    uint64_t n_lost_marks; /* places where the kernel lost events */
    uint64_t n_lost;       /* events lost there, as far as it says */
    uint64_t n_cut_texts;
    uint64_t n_others_unnamed; /* of names beyond TRC_MAX_OTHER_NAMES */
    uint64_t seen[TRC_N_EVENTS];
    uint8_t n_fates[TRC_N_EVENTS];
    struct trc_fate fates[TRC_N_EVENTS][TRC_MAX_FATES];
    uint32_t n_others;
    struct trc_other others[TRC_MAX_OTHER_NAMES];
};

/** trc_stats_see - an event came in. */
void trc_stats_see(struct trc_stats *stats, const struct trc_event *event);

/** trc_stats_fate - @n_events events of this kind ended so. @what must be a static string. */
void trc_stats_fate(struct trc_stats *stats, enum trc_event_kind event, enum trc_fate_kind kind,
                    const char *what, uint64_t n_events);

/** trc_stats_unexplained - events seen, minus those with a fate. 0 unless we have a bug. */
uint64_t trc_stats_unexplained(const struct trc_stats *stats, enum trc_event_kind event);

#ifdef __cplusplus
}
#endif
#endif
