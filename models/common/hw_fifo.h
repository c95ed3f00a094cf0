/* SPDX-License-Identifier: BSD-2-Clause
 * hw_fifo.h - who waits for what, first in, first out; slots of something scarce.
 * Knows: links. Must not know: what is linked.
 *
 * What waits has a struct hw_link as its first member, and is in one list at most. */
#ifndef HW_FIFO_H
#define HW_FIFO_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#ifdef __cplusplus
extern "C" {
#endif

struct hw_link {
    struct hw_link *next;
};

/** struct hw_fifo - all zero: nobody waits. */
struct hw_fifo {
    struct hw_link *head, *tail;
};

/** struct hw_slots - free ones, and who waits for one. */
struct hw_slots {
    uint32_t n_free;
    struct hw_fifo waiting;
};

/** hw_fifo_first - who is next, or NULL; a pointer to what the link is the first member of. */
static inline void *hw_fifo_first(const struct hw_fifo *fifo)
{
    return fifo->head;
}

static inline void hw_fifo_put(struct hw_fifo *fifo, struct hw_link *link)
{
    link->next = NULL;
    if (fifo->tail)
        fifo->tail->next = link;
    else
        fifo->head = link;
    fifo->tail = link;
}

/** hw_fifo_take - the first leaves. Return: as hw_fifo_first. */
static inline void *hw_fifo_take(struct hw_fifo *fifo)
{
    struct hw_link *link = fifo->head;

    if (!link)
        return NULL;
    fifo->head = link->next;
    if (!fifo->head)
        fifo->tail = NULL;
    link->next = NULL;
    return link;
}

/** hw_fifo_remove - Return: false if @link is not in it. */
static inline bool hw_fifo_remove(struct hw_fifo *fifo, struct hw_link *link)
{
    struct hw_link *before = NULL;
    struct hw_link *at = fifo->head;

    while (at && at != link) {
        before = at;
        at = at->next;
    }
    if (!at)
        return false;
    if (before)
        before->next = link->next;
    else
        fifo->head = link->next;
    if (fifo->tail == link)
        fifo->tail = before;
    link->next = NULL;
    return true;
}

#ifdef __cplusplus
}
#endif
#endif
