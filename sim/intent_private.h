/* SPDX-License-Identifier: BSD-2-Clause
 * intent_private.h - what the files of intent share: ranges, domains, open marks.
 * Knows: ranges and moments. Must not know: who asks. */
#ifndef SIM_INTENT_PRIVATE_H
#define SIM_INTENT_PRIVATE_H

#include "sim/intent.h"

#define HASH_NONFATAL_OOM 1
#include <uthash.h>

#define MAX_MARKS 1024u /* open at once; the oldest is closed for the next */

#ifdef __cplusplus
extern "C" {
#endif

/*
 * One piece of a mapping: bytes @iova..@last of @domain lead to @pa...
 * Usable at the moments @may <= t < @end, and sure to work at @must <= t < @refuse.
 * @is_removed: for what an open unmap has taken out: it stays out.
 */
struct range {
    uint64_t domain;
    uint64_t iova, last, pa;
    uint64_t may, must, refuse, end;
    uint8_t prot;
    bool has_prot;
    bool is_removed;
};

/* Sorted: of one domain, ascending, without overlap. */
struct range_list {
    struct range *of;
    size_t n, n_max;
    bool is_unsorted;
};

struct domain {
    uint64_t id;
    struct range_list live; /* sorted */
    struct range_list gone; /* end ascends */
    UT_hash_handle hh;
};

/* @iova..@last: what BEGIN announced, if @has_range. */
struct mark {
    uint16_t cpu;
    uint8_t op;
    bool has_range;
    uint64_t domain;
    uint64_t iova, last;
    uint64_t begin_seq;
    struct range_list items;
};

struct sim_intent {
    struct domain *domains;
    struct mark marks[MAX_MARKS]; /* in the order of their BEGINs */
    size_t n_marks;
    struct range_list spare; /* memory of the mark closed last */
    uint64_t generation;
    size_t n_gone, n_gone_swept;
};

/* sim_intent_domain - NULL if nothing was ever mapped in it. */
struct domain *sim_intent_domain(const struct sim_intent *intent, uint64_t id);

void sim_ranges_free(struct range_list *list);

/* sim_ranges_find - in a sorted list: the first that ends at @iova or after it. */
size_t sim_ranges_find(const struct range_list *list, uint64_t iova);

/* sim_ranges_overlap - has a sorted list anything at the addresses of @range? */
bool sim_ranges_overlap(const struct range_list *list, const struct range *range);

/* sim_ranges_push - @range becomes the last. Return: 0 or SIM_ENOMEM, like all below. */
int sim_ranges_push(struct range_list *list, const struct range *range);

/* sim_ranges_insert - into a sorted list, where nothing overlaps @range. */
int sim_ranges_insert(struct range_list *list, const struct range *range);

/* sim_ranges_split - no range of @domain shall cross the boundary before byte @at. */
int sim_ranges_split(struct range_list *list, uint64_t domain, uint64_t at);

/* sim_ranges_take - cut the addresses of @what in its domain out of @from and push them to @to. */
int sim_ranges_take(struct range_list *from, const struct range *what, struct range_list *to);

/* sim_ranges_drop - the first @n leave. */
void sim_ranges_drop(struct range_list *list, size_t n);

#ifdef __cplusplus
}
#endif
#endif
