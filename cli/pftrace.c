/* SPDX-License-Identifier: BSD-2-Clause
 * pftrace.c - writes a trace for Perfetto. Numbers of fields are those of its public .proto files:
 * trace_packet, track_descriptor, process_descriptor, counter_descriptor, track_event,
 * debug_annotation. */
#include "cli/pftrace.h"

#include "sim/diag.h"
#include "sim/time.h"

#include <string.h>

enum wire {
    WIRE_VARINT = 0,
    WIRE_64 = 1,
    WIRE_BYTES = 2,
};

enum field {
    TRACE_PACKET = 1,
    PACKET_TIMESTAMP = 8,
    PACKET_SEQUENCE = 10,
    PACKET_EVENT = 11,
    PACKET_FLAGS = 13,
    PACKET_TRACK = 60,
    TRACK_UUID = 1,
    TRACK_NAME = 2,
    TRACK_PROCESS = 3,
    TRACK_PARENT = 5,
    TRACK_COUNTER = 8,
    PROCESS_PID = 1,
    PROCESS_NAME = 6,
    COUNTER_UNIT = 3,
    EVENT_ANNOTATION = 4,
    EVENT_TYPE = 9,
    EVENT_TRACK = 11,
    EVENT_CATEGORY = 22,
    EVENT_NAME = 23,
    EVENT_VALUE = 30,
    EVENT_DOUBLE_VALUE = 44,
    EVENT_FLOW = 47,
    NOTE_BOOL = 2,
    NOTE_UINT = 3,
    NOTE_INT = 4,
    NOTE_DOUBLE = 5,
    NOTE_TEXT = 6,
    NOTE_POINTER = 7,
    NOTE_NAME = 10,
};

#define SEQUENCE 1u          /* all packets are of one writer */
#define FLAG_STATE_CLEARED 1 /* in the first one: nothing before it is meant */
#define VARINT_BYTES 10u

/* ---- fields ---- */

static size_t make_varint(uint8_t *to, uint64_t value)
{
    size_t n = 0;

    for (; value > 0x7f; value >>= 7)
        to[n++] = (uint8_t)(value | 0x80);
    to[n++] = (uint8_t)value;
    return n;
}

static void put_varint(struct pftrace *trace, uint64_t value)
{
    SIM_BUG_ON(trace->n_bytes + VARINT_BYTES > sizeof(trace->bytes));
    trace->n_bytes += make_varint(trace->bytes + trace->n_bytes, value);
}

static void put_tag(struct pftrace *trace, unsigned field, enum wire wire)
{
    put_varint(trace, (uint64_t)field << 3 | wire);
}

static void put_uint(struct pftrace *trace, unsigned field, uint64_t value)
{
    put_tag(trace, field, WIRE_VARINT);
    put_varint(trace, value);
}

static void put_64(struct pftrace *trace, unsigned field, uint64_t value)
{
    put_tag(trace, field, WIRE_64);
    SIM_BUG_ON(trace->n_bytes + 8 > sizeof(trace->bytes));
    for (unsigned shift = 0; shift < 64; shift += 8)
        trace->bytes[trace->n_bytes++] = (uint8_t)(value >> shift);
}

static void put_double(struct pftrace *trace, unsigned field, double value)
{
    uint64_t bits;

    memcpy(&bits, &value, sizeof(bits));
    put_64(trace, field, bits);
}

/* A text of protobuf is UTF-8; ours come out of files. */
static void put_text(struct pftrace *trace, unsigned field, const char *text)
{
    const size_t n = strnlen(text, PFTRACE_TEXT_BYTES);

    put_tag(trace, field, WIRE_BYTES);
    put_varint(trace, n);
    SIM_BUG_ON(trace->n_bytes + n > sizeof(trace->bytes));
    for (size_t i = 0; i < n; i++)
        trace->bytes[trace->n_bytes++] = (unsigned char)text[i] < 0x80 ? (uint8_t)text[i] : '?';
}

/* A message inside: its length is known at its end, and then goes before it. */
static size_t open_message(struct pftrace *trace, unsigned field)
{
    put_tag(trace, field, WIRE_BYTES);
    return trace->n_bytes;
}

static void close_message(struct pftrace *trace, size_t at)
{
    const size_t n = trace->n_bytes - at;
    uint8_t length[VARINT_BYTES];
    const size_t n_length = make_varint(length, n);

    SIM_BUG_ON(trace->n_bytes + n_length > sizeof(trace->bytes));
    memmove(trace->bytes + at + n_length, trace->bytes + at, n);
    memcpy(trace->bytes + at, length, n_length);
    trace->n_bytes += n_length;
}

/* ---- packets ---- */

void pftrace_init(struct pftrace *trace, FILE *out)
{
    memset(trace, 0, sizeof(*trace));
    trace->out = out;
}

static void send(struct pftrace *trace)
{
    uint8_t head[2 * VARINT_BYTES];
    size_t n;

    put_uint(trace, PACKET_SEQUENCE, SEQUENCE);
    if (trace->n_packets++ == 0)
        put_uint(trace, PACKET_FLAGS, FLAG_STATE_CLEARED);
    n = make_varint(head, TRACE_PACKET << 3 | WIRE_BYTES);
    n += make_varint(head + n, trace->n_bytes);
    (void)fwrite(head, 1, n, trace->out);
    (void)fwrite(trace->bytes, 1, trace->n_bytes, trace->out);
    trace->n_bytes = 0;
}

static size_t open_track(struct pftrace *trace, uint64_t uuid, uint64_t parent, const char *name)
{
    const size_t at = open_message(trace, PACKET_TRACK);

    put_uint(trace, TRACK_UUID, uuid);
    if (parent)
        put_uint(trace, TRACK_PARENT, parent);
    put_text(trace, TRACK_NAME, name);
    return at;
}

void pftrace_process(struct pftrace *trace, uint64_t uuid, uint32_t pid, const char *name)
{
    const size_t at = open_track(trace, uuid, 0, name);
    const size_t process = open_message(trace, TRACK_PROCESS);

    put_uint(trace, PROCESS_PID, pid);
    put_text(trace, PROCESS_NAME, name);
    close_message(trace, process);
    close_message(trace, at);
    send(trace);
}

void pftrace_track(struct pftrace *trace, uint64_t uuid, uint64_t parent, const char *name)
{
    close_message(trace, open_track(trace, uuid, parent, name));
    send(trace);
}

void pftrace_counter(struct pftrace *trace, uint64_t uuid, uint64_t parent, const char *name,
                     enum pftrace_unit unit)
{
    const size_t at = open_track(trace, uuid, parent, name);
    const size_t counter = open_message(trace, TRACK_COUNTER);

    put_uint(trace, COUNTER_UNIT, unit);
    close_message(trace, counter);
    close_message(trace, at);
    send(trace);
}

/* ---- events ---- */

void pftrace_open(struct pftrace *trace, enum pftrace_type type, uint64_t track, uint64_t time_ps,
                  const char *name)
{
    put_uint(trace, PACKET_TIMESTAMP, sim_ns_from_ps(time_ps));
    trace->event_at = open_message(trace, PACKET_EVENT);
    put_uint(trace, EVENT_TYPE, type);
    put_uint(trace, EVENT_TRACK, track);
    if (name)
        put_text(trace, EVENT_NAME, name);
}

void pftrace_category(struct pftrace *trace, const char *category)
{
    put_text(trace, EVENT_CATEGORY, category);
}

static size_t open_note(struct pftrace *trace, const char *key)
{
    const size_t at = open_message(trace, EVENT_ANNOTATION);

    put_text(trace, NOTE_NAME, key);
    return at;
}

void pftrace_text(struct pftrace *trace, const char *key, const char *text)
{
    const size_t at = open_note(trace, key);

    put_text(trace, NOTE_TEXT, text);
    close_message(trace, at);
}

void pftrace_number(struct pftrace *trace, const char *key, uint64_t value)
{
    const size_t at = open_note(trace, key);

    put_uint(trace, NOTE_UINT, value);
    close_message(trace, at);
}

void pftrace_signed(struct pftrace *trace, const char *key, int64_t value)
{
    const size_t at = open_note(trace, key);

    put_uint(trace, NOTE_INT, (uint64_t)value);
    close_message(trace, at);
}

void pftrace_address(struct pftrace *trace, const char *key, uint64_t value)
{
    const size_t at = open_note(trace, key);

    put_uint(trace, NOTE_POINTER, value);
    close_message(trace, at);
}

void pftrace_flag(struct pftrace *trace, const char *key, int value)
{
    const size_t at = open_note(trace, key);

    put_uint(trace, NOTE_BOOL, value != 0);
    close_message(trace, at);
}

void pftrace_ns(struct pftrace *trace, const char *key, uint64_t time_ps)
{
    const size_t at = open_note(trace, key);

    put_double(trace, NOTE_DOUBLE, (double)time_ps / (double)SIM_PS_PER_NS);
    close_message(trace, at);
}

void pftrace_flow(struct pftrace *trace, uint64_t id)
{
    put_64(trace, EVENT_FLOW, id);
}

void pftrace_value(struct pftrace *trace, uint64_t value)
{
    put_uint(trace, EVENT_VALUE, value);
}

void pftrace_value_ns(struct pftrace *trace, uint64_t time_ps)
{
    put_double(trace, EVENT_DOUBLE_VALUE, (double)time_ps / (double)SIM_PS_PER_NS);
}

void pftrace_send(struct pftrace *trace)
{
    close_message(trace, trace->event_at);
    send(trace);
}
