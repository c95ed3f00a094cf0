/* SPDX-License-Identifier: BSD-2-Clause
 * hw_ahead.c - reads a queue of commands ahead of what consumes them.
 * Knows: positions, reads under way, reads in vain. Must not know: what a command is. */
#include "models/common/hw_ahead.h"

#include "models/common/hw_bytes.h"

#include <string.h>

static void command_read(void *ctx)
{
    struct hw_ahead_slot *slot = ctx;
    struct hw_ahead *ahead = slot->ahead;

    if (slot->is_dropped) {
        slot->is_dropped = false;
        slot->state = HW_AHEAD_IDLE;
        ahead->ops->took(ahead->owner, NULL);
        return;
    }
    memset(slot->words, 0, sizeof(slot->words));
    hw_bytes_get(slot->words, slot->access.data, slot->access.n_bytes);
    slot->state = slot->access.status == SIM_ACCESS_OK ? HW_AHEAD_READ : HW_AHEAD_ABORTED;
    ahead->ops->took(ahead->owner, slot);
}

void hw_ahead_init(struct hw_ahead *ahead, const struct hw_ahead_ops *ops, void *owner,
                   uint32_t n_slots)
{
    memset(ahead, 0, sizeof(*ahead));
    ahead->ops = ops;
    ahead->owner = owner;
    ahead->n_slots = n_slots;
    for (uint32_t i = 0; i < n_slots; i++) {
        struct hw_ahead_slot *slot = &ahead->slot[i];

        slot->ahead = ahead;
        slot->access.op = SIM_ACCESS_READ;
        slot->access.done = (struct sim_wake){command_read, slot};
    }
}

void hw_ahead_read(struct hw_ahead *ahead, uint32_t end)
{
    for (uint32_t i = 0; i < ahead->n_slots; i++) {
        struct hw_ahead_slot *slot = &ahead->slot[i];

        if (slot->state != HW_AHEAD_IDLE)
            continue;
        if (ahead->next == end)
            return;
        slot->state = HW_AHEAD_READING;
        slot->pos = ahead->next;
        ahead->next = ahead->ops->next(ahead->owner, slot->pos);
        ahead->ops->ask(ahead->owner, slot);
    }
}

struct hw_ahead_slot *hw_ahead_at(struct hw_ahead *ahead, uint32_t pos)
{
    for (uint32_t i = 0; i < ahead->n_slots; i++) {
        struct hw_ahead_slot *slot = &ahead->slot[i];

        if (slot->state != HW_AHEAD_IDLE && !slot->is_dropped && slot->pos == pos)
            return slot;
    }
    return NULL;
}

void hw_ahead_drop(struct hw_ahead *ahead)
{
    for (uint32_t i = 0; i < ahead->n_slots; i++) {
        struct hw_ahead_slot *slot = &ahead->slot[i];

        if (slot->state == HW_AHEAD_READING)
            slot->is_dropped = true;
        else
            slot->state = HW_AHEAD_IDLE;
    }
}

bool hw_ahead_is_idle(const struct hw_ahead *ahead)
{
    for (uint32_t i = 0; i < ahead->n_slots; i++) {
        if (ahead->slot[i].state != HW_AHEAD_IDLE && !ahead->slot[i].is_dropped)
            return false;
    }
    return true;
}
