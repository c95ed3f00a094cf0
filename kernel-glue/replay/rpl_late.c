/* SPDX-License-Identifier: BSD-2-Clause
 * rpl_late.c - stores that hardware sees as late as it may: when their line is flushed, or a
 * buffer. Knows: stores, flushes. Must not know: who reads past the caches.
 *
 * Queues are always snooped. When more words are late than are kept, the oldest line leaves its
 * cache, as any line may at any time. */
#include "kernel-glue/replay/rpl_private.h"

#include "sim/diag.h"
#include "sim/posted.h"

enum { WORD_BYTES = 8 };

static bool is_late(const struct rpl *rpl, const struct sim_rec_store *rec)
{
    return rpl->machine->posted && rec->structure != SIM_S_QI && rec->structure != SIM_S_CMD &&
           rec->structure != SIM_S_QUEUE;
}

static int store_word(const struct rpl *rpl, uint64_t pa, uint64_t word)
{
    struct sim_posted *posted = rpl->machine->posted;
    int err = sim_posted_store(posted, rpl->machine->mem, pa, word);

    if (err == SIM_EFULL) {
        sim_posted_flush_line(posted, posted->word[0].pa);
        if (posted->n_words == SIM_POSTED_MAX)
            sim_posted_flush_buffer(posted);
        err = sim_posted_store(posted, rpl->machine->mem, pa, word);
    }
    if (!rpl->machine->is_cached)
        sim_posted_flush_line(posted, pa);
    return err;
}

/* The bytes of a word that a narrow store leaves alone stay. */
static uint64_t merged(const struct rpl *rpl, uint64_t pa, const uint64_t *words, uint32_t n_bytes)
{
    const unsigned shift = 8u * (unsigned)(pa % WORD_BYTES);
    const uint64_t mask = ((UINT64_C(1) << 8u * n_bytes) - 1) << shift;

    return (sim_mem_read64(rpl->machine->mem, pa - pa % WORD_BYTES) & ~mask) |
           (words[0] << shift & mask);
}

int rpl_late_store(const struct rpl *rpl, const struct sim_rec_store *rec, uint64_t pa,
                   const uint64_t *words, uint32_t n_bytes)
{
    int err;

    if (!is_late(rpl, rec))
        return sim_mem_write(rpl->machine->mem, pa, words, n_bytes);
    if (n_bytes < WORD_BYTES)
        return store_word(rpl, pa - pa % WORD_BYTES, merged(rpl, pa, words, n_bytes));
    err = store_word(rpl, pa, words[0]);
    return !err && n_bytes > WORD_BYTES ? store_word(rpl, pa + WORD_BYTES, words[1]) : err;
}

void rpl_late_flush(const struct rpl *rpl, const struct sim_rec_barrier *rec)
{
    if (rpl->machine->posted && rec->what == SIM_BARRIER_FLUSH)
        sim_posted_flush_line(rpl->machine->posted, rec->pa);
}

/* What becomes known without a store is in memory. */
void rpl_late_fill(const struct rpl *rpl, const struct sim_rec_memory *rec)
{
    struct sim_posted *posted = rpl->machine->posted;

    for (uint32_t i = posted ? posted->n_words : 0; i-- > 0;) {
        if (posted->word[i].pa >= rec->pa && posted->word[i].pa - rec->pa < rec->size)
            posted->word[i] = posted->word[--posted->n_words];
    }
}
