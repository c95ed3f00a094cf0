/* SPDX-License-Identifier: BSD-2-Clause
 * hw_fetch.c - reads entries piece by piece.
 * Knows: pieces, their order, slots. Must not know: what an entry is, what is done with it. */
#include "models/common/hw_fetch.h"

#include "models/common/hw_bytes.h"
#include "sim/diag.h"

#include <stdlib.h>

static uint32_t place_of(enum hw_fetch_order how, uint32_t i, uint32_t n)
{
    switch (how) {
    case HW_FETCH_DOWN:
        return n - 1 - i;
    case HW_FETCH_FIRST_LAST:
        return (i + 1) % n;
    case HW_FETCH_FIRST_REST_DOWN:
        return i == 0 ? 0 : n - i;
    case HW_FETCH_UP:
    case HW_FETCH_RANDOM:
        break;
    }
    return i;
}

void hw_fetch_arrange(enum hw_fetch_order how, uint32_t n, struct sim_rng *rng,
                      uint32_t order[HW_MAX_WORDS])
{
    for (uint32_t i = 0; i < n; i++)
        order[i] = place_of(how, i, n);
    for (uint32_t i = n; how == HW_FETCH_RANDOM && i > 1; i--) {
        const uint32_t other = (uint32_t)sim_rng_below(rng, i);
        const uint32_t kept = order[i - 1];

        order[i - 1] = order[other];
        order[other] = kept;
    }
}

/* ---- one entry ---- */

static void release(struct hw_fetch *fetch)
{
    struct hw_fetcher *fetcher = fetch->fetcher;
    void *next;

    fetch->is_busy = false;
    fetch->job = NULL;
    fetcher->slots.n_free++;
    while (fetcher->slots.n_free && (next = hw_fifo_take(&fetcher->slots.waiting)))
        fetcher->ops->again(next);
}

static void ask(void *ctx)
{
    struct hw_fetch_piece *piece = ctx;
    struct hw_fetch *fetch = piece->fetch;

    fetch->fetcher->ops->ask(fetch, &fetch->access[piece->index]);
    fetch->n_asked++;
}

static void piece_read(void *ctx)
{
    const struct hw_fetch_piece *piece = ctx;
    struct hw_fetch *fetch = piece->fetch;
    const struct sim_access *access = &fetch->access[piece->index];
    uint64_t *words = &fetch->words[(size_t)piece->index * access->n_bytes / sizeof(uint64_t)];
    uint64_t both[2] = {0};

    if (access->status != SIM_ACCESS_OK && !fetch->has_abort) {
        fetch->has_abort = true;
        fetch->abort_pa = access->pa;
    }
    hw_bytes_get(both, access->data, access->n_bytes);
    words[0] = both[0];
    if (access->n_bytes > sizeof(uint64_t))
        words[1] = both[1];
    fetch->fetcher->ops->took(fetch, access, both);
    if (--fetch->n_left)
        return;
    if (fetch->job)
        fetch->fetcher->ops->done(fetch);
    release(fetch);
}

bool hw_fetch_may(struct hw_fetcher *fetcher, struct hw_link *link)
{
    if (fetcher->slots.n_free)
        return true;
    hw_fifo_put(&fetcher->slots.waiting, link);
    return false;
}

struct hw_fetch *hw_fetch_start(struct hw_fetcher *fetcher, void *job,
                                const struct hw_fetch_what *what)
{
    const uint64_t now_ps = sim_queue_now_ps(fetcher->queue);
    struct hw_fetch *fetch = fetcher->fetches;

    fetcher->slots.n_free--;
    while (fetch->is_busy)
        fetch++;
    fetch->is_busy = true;
    fetch->job = job;
    fetch->pa = what->pa;
    fetch->n_pieces = what->n_bytes / what->piece_bytes;
    fetch->n_left = fetch->n_pieces;
    fetch->n_asked = 0;
    fetch->has_abort = false;
    fetch->structure = what->structure;
    for (uint32_t i = 0; i < fetch->n_pieces; i++) {
        const uint32_t at = what->order[i];
        struct sim_access *access = &fetch->access[at];

        access->pa = what->pa + (uint64_t)at * what->piece_bytes;
        access->n_bytes = what->piece_bytes;
        access->structure = what->structure;
        access->is_unsnooped = what->is_unsnooped;
        sim_queue_at(fetcher->queue, fetcher->source, now_ps + i * what->gap_ps,
                     &fetch->piece[at].event);
    }
    return fetch;
}

void hw_fetch_abandon(struct hw_fetch *fetch)
{
    fetch->job = NULL;
    for (uint32_t i = 0; i < fetch->n_pieces; i++) {
        if (!sim_event_is_scheduled(&fetch->piece[i].event))
            continue;
        sim_queue_cancel(fetch->fetcher->queue, &fetch->piece[i].event);
        fetch->n_left--;
    }
    if (fetch->n_left == 0)
        release(fetch);
}

/* ---- all of them ---- */

static void init(struct hw_fetcher *fetcher, struct hw_fetch *fetch)
{
    fetch->fetcher = fetcher;
    for (uint32_t i = 0; i < HW_MAX_WORDS; i++) {
        struct hw_fetch_piece *piece = &fetch->piece[i];

        piece->fetch = fetch;
        piece->index = i;
        piece->event = (struct sim_event){.fn = ask, .ctx = piece};
        fetch->access[i].op = SIM_ACCESS_READ;
        fetch->access[i].done = (struct sim_wake){piece_read, piece};
    }
}

int hw_fetcher_new(struct hw_fetcher *fetcher, uint32_t n)
{
    fetcher->fetches = calloc(n, sizeof(fetcher->fetches[0]));
    if (!fetcher->fetches)
        return SIM_ENOMEM;
    fetcher->n_fetches = n;
    fetcher->slots = (struct hw_slots){.n_free = n};
    for (uint32_t i = 0; i < n; i++)
        init(fetcher, &fetcher->fetches[i]);
    return 0;
}

void hw_fetcher_free(struct hw_fetcher *fetcher)
{
    free(fetcher->fetches);
    fetcher->fetches = NULL;
}

int hw_fetcher_state(const struct hw_fetcher *fetcher, struct sim_snapshot *snapshot)
{
    return sim_snapshot_add(snapshot, fetcher->fetches,
                            fetcher->n_fetches * sizeof(fetcher->fetches[0]));
}
