/* SPDX-License-Identifier: BSD-2-Clause
 * hw_fetch.h - reads of entries of up to 64 bytes, piece by piece, in an order and at moments that
 * are the implementation's: a store may land between two pieces.
 * Knows: pieces, their order, slots. Must not know: what an entry is, what is done with it. */
#ifndef HW_FETCH_H
#define HW_FETCH_H

#include "models/common/hw_field.h"
#include "models/common/hw_fifo.h"
#include "sim/event.h"
#include "sim/port.h"
#include "sim/rng.h"
#include "sim/snapshot.h"

#ifdef __cplusplus
extern "C" {
#endif

/** enum hw_fetch_order - of @n pieces, which is asked for when. */
enum hw_fetch_order {
    HW_FETCH_UP,
    HW_FETCH_DOWN,
    HW_FETCH_FIRST_LAST,      /* 1, 2, ..., 0 */
    HW_FETCH_FIRST_REST_DOWN, /* 0, n-1, ..., 1 */
    HW_FETCH_RANDOM,
};

/** hw_fetch_arrange - the pieces, into @order; @rng: for RANDOM. */
void hw_fetch_arrange(enum hw_fetch_order how, uint32_t n, struct sim_rng *rng,
                      uint32_t order[HW_MAX_WORDS]);

struct hw_fetcher;

/** struct hw_fetch - one entry being read. @job: who wants it; NULL: nobody any more. */
struct hw_fetch {
    struct hw_fetcher *fetcher;
    void *job;
    struct sim_access access[HW_MAX_WORDS];
    struct hw_fetch_piece {
        struct hw_fetch *fetch;
        uint32_t index;
        struct sim_event event; /* asks for the piece */
    } piece[HW_MAX_WORDS];
    uint64_t pa;
    uint32_t n_pieces, n_left, n_asked;
    uint64_t leave_ps; /* the owner's */
    bool has_abort;
    uint64_t abort_pa; /* of the first piece that was refused */
    uint8_t structure;
    bool is_busy;
    uint64_t words[HW_MAX_WORDS];
};

/** struct hw_fetch_ops - what the owner does. @ask: a piece is to be read, fetch->n_asked have
 * been.
 * @took: a piece has been; @words: 2. @done: all have been, for a job. @again: a slot is free for a
 * job that waited. */
struct hw_fetch_ops {
    void (*ask)(struct hw_fetch *fetch, struct sim_access *access);
    void (*took)(const struct hw_fetch *fetch, const struct sim_access *access,
                 const uint64_t *words);
    void (*done)(struct hw_fetch *fetch);
    void (*again)(void *job);
};

/** struct hw_fetcher - who reads entries. @owner: for the operations. */
struct hw_fetcher {
    const struct hw_fetch_ops *ops;
    void *owner;
    struct sim_queue *queue;
    struct sim_source *source;
    struct hw_slots slots;
    struct hw_fetch *fetches;
    uint32_t n_fetches;
};

/** struct hw_fetch_what - an entry. @piece_bytes: 8 or 16, or all of a smaller entry. @gap_ps: from
 * piece to piece. */
struct hw_fetch_what {
    uint64_t pa;
    uint32_t n_bytes, piece_bytes;
    uint8_t structure; /* enum sim_structure */
    bool is_unsnooped;
    uint32_t order[HW_MAX_WORDS];
    uint64_t gap_ps;
};

/** hw_fetcher_new - @n at once; the other members are the owner's to set, before. Return: 0 or
 * SIM_ENOMEM. */
int hw_fetcher_new(struct hw_fetcher *fetcher, uint32_t n);
void hw_fetcher_free(struct hw_fetcher *fetcher);
/** hw_fetcher_state - what is being read belongs to @snapshot. Return: 0 or SIM_ENOMEM. */
int hw_fetcher_state(const struct hw_fetcher *fetcher, struct sim_snapshot *snapshot);

/** hw_fetch_may - is a slot free? If not, @link (of the job) waits for one. */
bool hw_fetch_may(struct hw_fetcher *fetcher, struct hw_link *link);
/** hw_fetch_start - read @what for @job; hw_fetch_may has said yes. */
struct hw_fetch *hw_fetch_start(struct hw_fetcher *fetcher, void *job,
                                const struct hw_fetch_what *what);
/** hw_fetch_abandon - nobody wants it any more; what is with the port comes back in vain. */
void hw_fetch_abandon(struct hw_fetch *fetch);

#ifdef __cplusplus
}
#endif
#endif
