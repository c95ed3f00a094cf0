/* SPDX-License-Identifier: BSD-2-Clause
 * reproduce.h - does a replay show what iommusim explore says? Directed replays of one stream.
 * Knows: reports of the explorer, machines, records. Must not know: options, formats of output.
 *
 * A plan is one machine: what it caches, when it gets to its commands, what it reads of an entry
 * before which store, and when devices ask. Each replay tries one plan; whatever bad outcomes its
 * requests show are ticked off. */
#ifndef CLI_REPRODUCE_H
#define CLI_REPRODUCE_H

#include "check/explore.h"
#include "kernel-glue/replay/rpl_scan.h"

#ifdef __cplusplus
extern "C" {
#endif

#define REPRODUCE_HOW_BYTES 192u

/** enum reproduce_kind - how it was seen. */
enum reproduce_kind {
    REPRODUCE_NOT,    /* no plan showed it */
    REPRODUCE_ANSWER, /* a request got what neither the old nor the new gives */
    REPRODUCE_WORDS,  /* hardware served a request by exactly the words of the witness */
    REPRODUCE_PAGE,   /* hardware used the page that had been freed */
};

/**
 * struct reproduce_wanted - a bad outcome, or what is told of a table.
 * @slot, @outcome: indexes in the operation; @table: index, if @is_table.
 * @verdict: its class. @kind, @how: what showed it: the plan in words.
 */
struct reproduce_wanted {
    bool is_table;
    uint32_t slot, outcome, table;
    enum chk_class verdict;
    enum reproduce_kind kind;
    char how[REPRODUCE_HOW_BYTES];
};

/** struct reproduced - one operation. @n_plans: replays it took. */
struct reproduced {
    struct reproduce_wanted *wanted;
    uint32_t n_wanted, n_shown;
    uint64_t n_plans;
};

/**
 * struct reproduce_stream - what is replayed. @records: all of the stream. @arch: pure functions,
 * @atom_bytes: as explored. All borrowed.
 */
struct reproduce_stream {
    const struct sim_record *records;
    size_t n_records;
    const struct rpl_scan *scan;
    const struct chk_arch *arch;
    const struct config *config; /* ID registers that the user gave */
    uint32_t atom_bytes;
};

/** reproduce - plan after plan for one operation, until all is shown or none is left.
 * Return: 0, SIM_ENOMEM, or SIM_E... of the machine. */
int reproduce(const struct reproduce_stream *stream, const struct xpl_op *op,
              struct reproduced *result);
void reproduced_free(struct reproduced *result);

/** reproduce_shows - is at least one outcome of class @verdict shown? */
bool reproduce_shows(const struct reproduced *result, enum chk_class verdict);

#ifdef __cplusplus
}
#endif
#endif
