/* SPDX-License-Identifier: BSD-2-Clause
 * hw_ahead.h - a queue of commands in memory, read ahead of what consumes them.
 * Knows: positions, reads under way, reads in vain. Must not know: how positions follow one
 * another, what a command is. */
#ifndef HW_AHEAD_H
#define HW_AHEAD_H

#include "sim/port.h"

#ifdef __cplusplus
extern "C" {
#endif

enum {
    HW_AHEAD_SLOTS = 64,
    HW_AHEAD_WORDS = 4, /* of the largest command */
};

enum hw_ahead_state { HW_AHEAD_IDLE, HW_AHEAD_READING, HW_AHEAD_READ, HW_AHEAD_ABORTED };

struct hw_ahead;

/** struct hw_ahead_slot - one command. @words: beyond its size 0. */
struct hw_ahead_slot {
    struct hw_ahead *ahead;
    struct sim_access access;
    enum hw_ahead_state state;
    bool is_dropped; /* read in vain */
    uint32_t pos;
    uint64_t words[HW_AHEAD_WORDS];
};

/** struct hw_ahead_ops - what the owner does. @next: the position after. @ask: read the command at
 * slot->pos; access.done is set. @took: it has been read, or (@slot NULL) one that was dropped. */
struct hw_ahead_ops {
    uint32_t (*next)(const void *owner, uint32_t pos);
    void (*ask)(void *owner, struct hw_ahead_slot *slot);
    void (*took)(void *owner, const struct hw_ahead_slot *slot);
};

/** struct hw_ahead - @n_slots: how many are read at once. @next: position that is read next. */
struct hw_ahead {
    const struct hw_ahead_ops *ops;
    void *owner;
    uint32_t n_slots;
    uint32_t next;
    struct hw_ahead_slot slot[HW_AHEAD_SLOTS];
};

/** hw_ahead_init - nothing is read. @n_slots: 1..HW_AHEAD_SLOTS. */
void hw_ahead_init(struct hw_ahead *ahead, const struct hw_ahead_ops *ops, void *owner,
                   uint32_t n_slots);
/** hw_ahead_read - read all before @end for which there are slots. */
void hw_ahead_read(struct hw_ahead *ahead, uint32_t end);
/** hw_ahead_at - the slot of the command at @pos, or NULL: nobody has asked for it. */
struct hw_ahead_slot *hw_ahead_at(struct hw_ahead *ahead, uint32_t pos);
/** hw_ahead_drop - what was read is not to be used; a read that is under way ends in vain. */
void hw_ahead_drop(struct hw_ahead *ahead);
/** hw_ahead_is_idle - is nothing read? What was dropped does not count. */
bool hw_ahead_is_idle(const struct hw_ahead *ahead);

#ifdef __cplusplus
}
#endif
#endif
