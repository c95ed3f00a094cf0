/* SPDX-License-Identifier: BSD-2-Clause
 * intent.h - what software promised: which address of which domain leads where, and since when.
 * Knows: domains, ranges, and the order of records. Must not know: any table format or model.
 *
 * Time here is the number of a record in its stream (seq), the clock on which promises are made:
 * the moment s is what lies between record s, which has taken effect, and record s + 1. A map may
 * be used from the moment of its BEGIN and must work from that of its END; what an unmap removes
 * may be refused from the moment of its BEGIN and must not be used from that of its END on. Ranges
 * that are gone stay known until sim_intent_forget, because a request that is in flight may still
 * be answered by them. */
#ifndef SIM_INTENT_H
#define SIM_INTENT_H

#include "sim/record.h"

#ifdef __cplusplus
extern "C" {
#endif

enum sim_domain_kind {
    SIM_DOMAIN_BLOCKED,  /* refuses everything */
    SIM_DOMAIN_IDENTITY, /* address = physical address */
    SIM_DOMAIN_PAGING,   /* what was mapped */
    SIM_DOMAIN_OPAQUE,   /* a guest's or a process's own tables: no promise is known */
};

#define SIM_SEQ_NEVER UINT64_MAX

struct sim_intent;

struct sim_intent *sim_intent_new(void);
void sim_intent_free(struct sim_intent *intent);

/**
 * sim_intent_record - take BEGIN, END, MAP and UNMAP; other records change nothing.
 *
 * @seq grows by one per record. MAP and UNMAP belong to the innermost open map or unmap of their
 * CPU (or of another one that announced their range, since a task may move); with none, they take
 * effect at their own moment. A map that ends with an error never was; of an unmap only the bytes
 * that UNMAP records name are gone, but from its BEGIN on all that it announced may be refused. A
 * domain that is freed, or allocated anew at the same address, loses what it had.
 * Return: 0 or SIM_ENOMEM.
 */
int sim_intent_record(struct sim_intent *intent, const struct sim_record *rec, uint64_t seq);

/** struct sim_intent_answer - every answer that was allowed at some moment of an interval.
 * @n_targets: different pairs of physical address and permission (at most SIM_INTENT_TARGETS; more:
 *             is_opaque).
 * @prot:      SIM_PROT_*: permission bits of that target, if @has_prot.
 * @refusal:   a refusal was allowed at some moment.
 * @is_opaque: nothing can be said; also while a map has begun whose MAP is still to come. */
#define SIM_INTENT_TARGETS 4u
struct sim_intent_answer {
    unsigned n_targets;
    uint64_t pa[SIM_INTENT_TARGETS];
    uint8_t prot[SIM_INTENT_TARGETS];
    bool has_prot[SIM_INTENT_TARGETS];
    bool refusal;
    bool is_opaque;
};

/** sim_intent_ask - the answers for byte @iova of @domain at any moment in [first, last], which
 * must not be before a sim_intent_forget. What later records tell of these moments is not in it. */
void sim_intent_ask(const struct sim_intent *intent, uint64_t domain, enum sim_domain_kind kind,
                    uint64_t iova, uint64_t first_seq, uint64_t last_seq,
                    struct sim_intent_answer *out);

/** sim_intent_n_ranges, sim_intent_range - ranges of @domain that must work at this moment, by
 * address. For traffic and probes, which want addresses to try. */
size_t sim_intent_n_ranges(const struct sim_intent *intent, uint64_t domain);
void sim_intent_range(const struct sim_intent *intent, uint64_t domain, size_t index,
                      uint64_t *iova, uint64_t *size, uint64_t *pa);

/** sim_intent_find - index of the first of those ranges that ends at @iova or after it;
 * sim_intent_n_ranges if none does. */
size_t sim_intent_find(const struct sim_intent *intent, uint64_t domain, uint64_t iova);

/** sim_intent_generation - grows with every change of any domain: what was derived is outdated. */
uint64_t sim_intent_generation(const struct sim_intent *intent);

/** sim_intent_forget - no question about a moment before @seq will come: drop what ended before. */
void sim_intent_forget(struct sim_intent *intent, uint64_t seq);

#ifdef __cplusplus
}
#endif
#endif
