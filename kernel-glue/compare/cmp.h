/* SPDX-License-Identifier: BSD-2-Clause
 * cmp.h - do two streams of records do the same to an IOMMU?
 * Knows: records, layouts, which fields are names. Must not know: models, files.
 *
 * An operation is cut at barriers, register writes and waits. Within such an interval hardware may
 * see the stores in any order, so only the last value of each word counts, except that stores to
 * entries that hardware can reach (live ones) are compared one by one. Commands are compared in
 * their order. Addresses, StreamIDs and tags may differ as long as each has one partner. */
#ifndef CMP_H
#define CMP_H

#include "sim/record.h"

#ifdef __cplusplus
extern "C" {
#endif

enum { CMP_A, CMP_B, CMP_N_SIDES };

#define CMP_TEXT_BYTES 640u

struct cmp_stream;

/** cmp_stream_new - a stream without records. Return: NULL without memory. */
struct cmp_stream *cmp_stream_new(void);
void cmp_stream_free(struct cmp_stream *stream);
/** cmp_stream_put - put of a struct sim_record_sink. Return: 0, SIM_ENOMEM, or SIM_ERANGE: more
 * acts than fit. */
int cmp_stream_put(void *stream, const struct sim_record *rec);
/** cmp_stream_end - there are no more: finds the stage of page tables. */
void cmp_stream_end(struct cmp_stream *stream);

/** struct cmp_counts - what a stream has. */
struct cmp_counts {
    uint64_t n_acts, n_ops, n_lost, n_barriers;
};
void cmp_stream_counts(const struct cmp_stream *stream, struct cmp_counts *counts);

/** cmp_stream_n_ops - how many operations @op, at any depth, the stream has. */
uint64_t cmp_stream_n_ops(const struct cmp_stream *stream, uint8_t op);

/** enum cmp_barriers - do barriers end an interval? AUTO: if both streams have some. */
enum cmp_barriers { CMP_BARRIERS_AUTO, CMP_BARRIERS_YES, CMP_BARRIERS_NO };

/**
 * struct cmp_options - what is compared.
 * @wants_op: only operations @op; else all that are part of no other, and what is between them.
 * @number:   which of them on each side, from 1; 0 = all, one after the other.
 * @skip:     bit per SIM_OP_*: operations inside that are left out.
 */
struct cmp_options {
    bool wants_op;
    uint8_t op;
    uint64_t number[CMP_N_SIDES];
    uint32_t skip;
    enum cmp_barriers barriers;
};

/* What a difference is about. Numbers may change, words (cmp_kind_word) not. */
enum cmp_kind {
    CMP_OPERATION, /* an operation that the other stream does not have */
    CMP_RESULT,    /* it ended otherwise */
    CMP_VALUE,     /* the same word, command or register gets another value */
    CMP_NAME,      /* ... with an address, StreamID or tag that had another partner before */
    CMP_MISSING,   /* one side does it, the other does not */
    CMP_ORDER,     /* both do it, in another interval or order */
    CMP_LIVE,      /* the entry is live on one side only */
    CMP_EXTRA, /* not a difference: a value that a word had for a moment, and nobody could see */
    CMP_N_KINDS
};

/** cmp_kind_word - "value", "order"... as reports say it. */
const char *cmp_kind_word(enum cmp_kind kind);

/** struct cmp_place - one side of a difference; @has: false = not there. @time_ns of the record,
 * @begin_ns of its operation. @interval counts from 1. @ip: 0 = not recorded. */
struct cmp_place {
    bool has;
    uint16_t cpu;
    uint32_t interval;
    uint64_t time_ns, begin_ns, ip;
    char text[CMP_TEXT_BYTES];
};

/** struct cmp_diff - @what: one sentence. */
struct cmp_diff {
    enum cmp_kind kind;
    char what[CMP_TEXT_BYTES];
    struct cmp_place side[CMP_N_SIDES];
};

/**
 * struct cmp_part - an operation, or what lies between two.
 * @op: SIM_OP_*. @number: counts its kind from 1. CMP_NO_OP: what follows operation @number of kind
 * @after; that is CMP_NO_OP too before the first.
 * @first, @n: its differences. @n_real: those that are not CMP_EXTRA.
 */
#define CMP_NO_OP UINT8_MAX
struct cmp_part {
    uint8_t op, after;
    uint64_t number[CMP_N_SIDES];
    bool has[CMP_N_SIDES];
    uint64_t n_intervals[CMP_N_SIDES], n_stores[CMP_N_SIDES], n_commands[CMP_N_SIDES];
    size_t first, n, n_real;
};

/** struct cmp_report - @is_cut: there are more differences than are kept; n_real counts all. */
struct cmp_report {
    struct cmp_part *parts;
    size_t n_parts;
    struct cmp_diff *diffs;
    size_t n_diffs;
    uint64_t n_real, n_extra;
    bool is_cut, used_barriers;
};

/** cmp_run - compare. Return: 0 or SIM_ENOMEM. @report is for cmp_report_free in either case. */
int cmp_run(const struct cmp_stream *a, const struct cmp_stream *b,
            const struct cmp_options *options, struct cmp_report *report);
void cmp_report_free(struct cmp_report *report);

#ifdef __cplusplus
}
#endif
#endif
