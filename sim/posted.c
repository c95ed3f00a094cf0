/* SPDX-License-Identifier: BSD-2-Clause
 * posted.c - stores that hardware does not see yet.
 * Knows: words as they were. Must not know: who stores, why a line is flushed. */
#include "sim/posted.h"

#include "sim/diag.h"

enum { LINE_BYTES = 64, WORD_BYTES = 8 };

static struct sim_posted_word *find(struct sim_posted *posted, uint64_t pa)
{
    for (uint32_t i = 0; i < posted->n_words; i++) {
        if (posted->word[i].pa == pa)
            return &posted->word[i];
    }
    return NULL;
}

/* A word that is hidden already shows what it was before the first of its stores, in the cache
 * again. That hardware sees the one between, from the buffer, is possible and not modelled. */
int sim_posted_store(struct sim_posted *posted, struct sim_mem *mem, uint64_t pa, uint64_t value)
{
    struct sim_posted_word *word = find(posted, pa);
    const uint64_t old = sim_mem_read64(mem, pa);
    int err;

    if (pa % WORD_BYTES)
        return SIM_EINVAL;
    if (!word && posted->n_words == SIM_POSTED_MAX)
        return SIM_EFULL;
    err = sim_mem_write64(mem, pa, value);
    if (err)
        return err;
    if (!word) {
        word = &posted->word[posted->n_words++];
        *word = (struct sim_posted_word){.pa = pa, .old = old};
    }
    word->is_in_buffer = false;
    return 0;
}

static void drop(struct sim_posted *posted, uint32_t i)
{
    posted->word[i] = posted->word[--posted->n_words];
}

void sim_posted_flush_line(struct sim_posted *posted, uint64_t pa)
{
    for (uint32_t i = posted->n_words; i-- > 0;) {
        struct sim_posted_word *word = &posted->word[i];

        if (word->pa / LINE_BYTES != pa / LINE_BYTES)
            continue;
        if (posted->has_buffer)
            word->is_in_buffer = true;
        else
            drop(posted, i);
    }
}

void sim_posted_flush_buffer(struct sim_posted *posted)
{
    for (uint32_t i = posted->n_words; i-- > 0;) {
        if (posted->word[i].is_in_buffer)
            drop(posted, i);
    }
}

static void hide_word(const struct sim_posted_word *word, struct sim_access *access)
{
    for (unsigned i = 0; i < WORD_BYTES; i++) {
        const uint64_t at = word->pa + i - access->pa; /* wraps around if before it */

        if (at < access->n_bytes)
            access->data[at] = (uint8_t)(word->old >> (8 * i));
    }
}

void sim_posted_hide(const struct sim_posted *posted, struct sim_access *access)
{
    for (uint32_t i = 0; i < posted->n_words; i++) {
        if (access->is_unsnooped || posted->word[i].is_in_buffer)
            hide_word(&posted->word[i], access);
    }
}
