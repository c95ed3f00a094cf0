/* SPDX-License-Identifier: BSD-2-Clause
 * pftrace.h - writes a trace for Perfetto: tracks, slices, instants, counters.
 * Knows: the few messages of Perfetto's format that we need. Must not know: what is on a track.
 *
 * The format is protobuf. A writer of our own is shorter than the description that a library would
 * need: five kinds of fields, written once from front to back. */
#ifndef CLI_PFTRACE_H
#define CLI_PFTRACE_H

#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

#ifdef __cplusplus
extern "C" {
#endif

#define PFTRACE_PACKET_BYTES 16384u
#define PFTRACE_TEXT_BYTES 1024u /* of one text; longer ones are cut */

/** struct pftrace - a trace that is being written. @out: the caller's; errors are the stream's. */
struct pftrace {
    FILE *out;
    uint64_t n_packets;
    size_t n_bytes;
    uint8_t bytes[PFTRACE_PACKET_BYTES]; /* the packet that is being made */
    size_t event_at;                     /* where its event begins */
};

/** enum pftrace_type - what an event is. A counter's value is given by pftrace_value. */
enum pftrace_type {
    PFTRACE_BEGIN = 1,
    PFTRACE_END = 2,
    PFTRACE_INSTANT = 3,
    PFTRACE_COUNTER = 4,
};

enum pftrace_unit {
    PFTRACE_UNIT_NS = 1,
    PFTRACE_UNIT_COUNT = 2,
};

void pftrace_init(struct pftrace *trace, FILE *out);

/** pftrace_process, pftrace_track, pftrace_counter - a track of its own; @uuid is any number but 0
 * that no other track has. @parent: declared before. */
void pftrace_process(struct pftrace *trace, uint64_t uuid, uint32_t pid, const char *name);
void pftrace_track(struct pftrace *trace, uint64_t uuid, uint64_t parent, const char *name);
void pftrace_counter(struct pftrace *trace, uint64_t uuid, uint64_t parent, const char *name,
                     enum pftrace_unit unit);

/** pftrace_open - an event begins: @time_ps becomes whole nanoseconds. @name: NULL for an end and a
 * counter. What belongs to it follows, then pftrace_send. */
void pftrace_open(struct pftrace *trace, enum pftrace_type type, uint64_t track, uint64_t time_ps,
                  const char *name);
void pftrace_category(struct pftrace *trace, const char *category);
void pftrace_text(struct pftrace *trace, const char *key, const char *text);
void pftrace_number(struct pftrace *trace, const char *key, uint64_t value);
void pftrace_signed(struct pftrace *trace, const char *key, int64_t value);
void pftrace_address(struct pftrace *trace, const char *key, uint64_t value);
void pftrace_flag(struct pftrace *trace, const char *key, int value);
/** pftrace_ns - picoseconds as nanoseconds with a fraction. */
void pftrace_ns(struct pftrace *trace, const char *key, uint64_t time_ps);
/** pftrace_flow - an arrow joins all events with this number, in the order of time. */
void pftrace_flow(struct pftrace *trace, uint64_t id);
/** pftrace_value, pftrace_value_ns - of a counter. */
void pftrace_value(struct pftrace *trace, uint64_t value);
void pftrace_value_ns(struct pftrace *trace, uint64_t time_ps);
void pftrace_send(struct pftrace *trace);

#ifdef __cplusplus
}
#endif
#endif
