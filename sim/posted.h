/* SPDX-License-Identifier: BSD-2-Clause
 * posted.h - stores that hardware does not see yet: in a CPU's cache, in a buffer before memory.
 * Knows: words as they were. Must not know: who stores, why a line is flushed.
 *
 * Memory has what was stored, at once: software sees its own stores. To hardware the words are
 * hidden: reads that do not snoop get what was there before until the line has left the cache; all
 * reads do as long as the word is in the buffer. A machine puts sim_posted_hide in front of its
 * model's reads (sim_mem_port_view). */
#ifndef SIM_POSTED_H
#define SIM_POSTED_H

#include "sim/mem.h"
#include "sim/port.h"

#ifdef __cplusplus
extern "C" {
#endif

#define SIM_POSTED_MAX 256u

/** struct sim_posted - zeroed: nothing is hidden. @has_buffer: lines leave the cache for a buffer,
 * not for memory; a snooped read finds a word that still is in the cache. */
struct sim_posted {
    struct sim_posted_word {
        uint64_t pa, old;
        bool is_in_buffer;
    } word[SIM_POSTED_MAX];
    uint32_t n_words;
    bool has_buffer;
};

/** sim_posted_store - one aligned word goes to memory and into the cache. Return: 0; SIM_EFULL: as
 * many are hidden as there can be; SIM_EINVAL: not aligned; what sim_mem_write64 has. */
int sim_posted_store(struct sim_posted *posted, struct sim_mem *mem, uint64_t pa, uint64_t value);

/** sim_posted_flush_line - the 64 bytes around @pa leave the cache. */
void sim_posted_flush_line(struct sim_posted *posted, uint64_t pa);

/** sim_posted_flush_buffer - what is in the buffer goes to memory. */
void sim_posted_flush_buffer(struct sim_posted *posted);

/** sim_posted_hide - give a read that has been done the words that it cannot see as they were. */
void sim_posted_hide(const struct sim_posted *posted, struct sim_access *access);

#ifdef __cplusplus
}
#endif
#endif
