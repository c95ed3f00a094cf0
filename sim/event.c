/* SPDX-License-Identifier: BSD-2-Clause
 * event.c - the event core: a timing wheel for what is later, a heap for what is next.
 * Knows: time and order. Must not know: what an event means.
 *
 * Time is cut into granules of 512 ps. `ready`, a pairing heap in exact order, holds every event
 * up to and including the current granule. Later events wait unordered in slots: the slot of a
 * granule is given by the highest bit in which it differs from the current one (near: one slot
 * per granule; far: 64 slots per level, each level 64 times as coarse). When `ready` is empty, the
 * first occupied slot is the next in time: a near one goes to `ready`, a far one is spread over
 * the levels below. So order never depends on the wheel, only speed does. */
#include "sim/event.h"

#include "sim/diag.h"
#include "sim/snapshot.h"
#include "sim/time.h"

#include <stddef.h>
#include <stdlib.h>

#define RANK_SHIFT 56u
#define PORT_SHIFT 40u

#define GRANULE_LOG2 9u
#define NEAR_LOG2 12u
#define NEAR_SLOTS (1u << NEAR_LOG2)
#define FAR_LOG2 6u
#define FAR_SLOTS (1u << FAR_LOG2)
#define FAR_LEVELS 8u /* 9 + 12 + 8 * 6 bits: more than a time has */

struct sim_queue {
    uint64_t now_ps;
    uint64_t granule;      /* every event of it and before it is in ready */
    uint64_t slots_min_ps; /* earliest time in the slots; 0 = not known */
    struct sim_event *ready;
    uint64_t near_words; /* which words of near_bits are not 0 */
    uint64_t near_bits[NEAR_SLOTS / 64];
    uint32_t far_levels; /* which words of far_bits are not 0 */
    uint64_t far_bits[FAR_LEVELS];
    struct sim_event *slot[NEAR_SLOTS + FAR_LEVELS * FAR_SLOTS];
};

static uint32_t first_bit(uint64_t word)
{
    return (uint32_t)__builtin_ctzll(word);
}

/* ---- the heap: child = first child, next = next sibling, prev_link = the link to us ---- */

/* No branch on the outcome: it is chance, and a wrong guess costs more than the comparison. */
static inline bool is_before(const struct sim_event *a, const struct sim_event *b)
{
    const bool is_same_time = a->time_ps == b->time_ps;

    SIM_BUG_ON(is_same_time & (a->key == b->key)); /* a shared source: the order would be chance */
    return (a->time_ps < b->time_ps) | (is_same_time & (a->key < b->key));
}

/* Two roots become one. The loser is the winner's first child. */
static inline struct sim_event *heap_meld(struct sim_event *a, struct sim_event *b)
{
    const bool a_wins = is_before(a, b);
    struct sim_event *winner = a_wins ? a : b;
    struct sim_event *loser = a_wins ? b : a;

    loser->next = winner->child;
    if (loser->next)
        loser->next->prev_link = &loser->next;
    loser->prev_link = &winner->child;
    winner->child = loser;
    return winner;
}

/* The children of a removed root become one root: in pairs from the left, then all from the right.
 */
static struct sim_event *heap_merge(struct sim_event *first)
{
    struct sim_event *pairs = NULL;
    struct sim_event *root;

    if (!first || !first->next)
        return first;
    while (first) {
        struct sim_event *a = first;
        struct sim_event *b = first->next;

        first = b ? b->next : NULL;
        if (b)
            a = heap_meld(a, b);
        a->next = pairs;
        pairs = a;
    }
    root = pairs;
    while (root->next) {
        struct sim_event *b = root->next;
        struct sim_event *rest = b->next;

        root = heap_meld(root, b);
        root->next = rest;
    }
    return root;
}

static inline void ready_set_root(struct sim_queue *queue, struct sim_event *root)
{
    queue->ready = root;
    if (root) {
        root->next = NULL;
        root->prev_link = &queue->ready;
    }
}

static inline void ready_add(struct sim_queue *queue, struct sim_event *event)
{
    event->child = NULL;
    ready_set_root(queue, queue->ready ? heap_meld(queue->ready, event) : event);
}

static void unlink_event(struct sim_event *event)
{
    *event->prev_link = event->next;
    if (event->next)
        event->next->prev_link = event->prev_link;
    event->prev_link = NULL;
}

static void ready_remove(struct sim_queue *queue, struct sim_event *event)
{
    struct sim_event *orphans = heap_merge(event->child);

    unlink_event(event);
    if (orphans)
        ready_set_root(queue, queue->ready ? heap_meld(queue->ready, orphans) : orphans);
}

/* ---- the wheel ---- */

static uint32_t slot_of(const struct sim_queue *queue, uint64_t granule)
{
    const uint64_t differ = granule ^ queue->granule;
    uint32_t level;

    if (differ < NEAR_SLOTS)
        return (uint32_t)granule & (NEAR_SLOTS - 1);
    level = (63u - (uint32_t)__builtin_clzll(differ) - NEAR_LOG2) / FAR_LOG2;
    return NEAR_SLOTS + level * FAR_SLOTS +
           ((uint32_t)(granule >> (NEAR_LOG2 + level * FAR_LOG2)) & (FAR_SLOTS - 1));
}

static void unmark_slot(struct sim_queue *queue, uint32_t slot)
{
    const uint32_t word = slot / 64;
    const uint64_t bit = UINT64_C(1) << slot % 64;

    if (slot < NEAR_SLOTS) {
        queue->near_bits[word] &= ~bit;
        if (!queue->near_bits[word])
            queue->near_words &= ~(UINT64_C(1) << word);
    } else {
        queue->far_bits[word - NEAR_SLOTS / 64] &= ~bit;
        if (!queue->far_bits[word - NEAR_SLOTS / 64])
            queue->far_levels &= ~(1u << (word - NEAR_SLOTS / 64));
    }
}

/* The first occupied slot in time, and its first granule. Return: false if all are empty.
 * Occupied slots are all after the current granule, and a level before the coarser ones. */
static bool first_slot(const struct sim_queue *queue, uint32_t *slot, uint64_t *granule)
{
    uint32_t level, shift, index;

    if (queue->near_words) {
        const uint32_t word = first_bit(queue->near_words);

        *slot = word * 64 + first_bit(queue->near_bits[word]);
        *granule = (queue->granule & ~(uint64_t)(NEAR_SLOTS - 1)) | *slot;
        return true;
    }
    if (!queue->far_levels)
        return false;
    level = first_bit(queue->far_levels);
    index = first_bit(queue->far_bits[level]);
    shift = NEAR_LOG2 + level * FAR_LOG2;
    *slot = NEAR_SLOTS + level * FAR_SLOTS + index;
    *granule = (queue->granule >> (shift + FAR_LOG2) << (shift + FAR_LOG2)) | (uint64_t)index
                                                                                  << shift;
    return true;
}

static void slot_push(struct sim_queue *queue, uint32_t slot, struct sim_event *event)
{
    struct sim_event **head = &queue->slot[slot];

    event->next = *head;
    if (event->next)
        event->next->prev_link = &event->next;
    event->prev_link = head;
    *head = event;
}

static void place_far(struct sim_queue *queue, struct sim_event *event)
{
    const uint32_t slot = slot_of(queue, event->time_ps >> GRANULE_LOG2);
    const uint32_t level = (slot - NEAR_SLOTS) / FAR_SLOTS;

    slot_push(queue, slot, event);
    queue->far_bits[level] |= UINT64_C(1) << slot % FAR_SLOTS;
    queue->far_levels |= 1u << level;
}

static inline void place(struct sim_queue *queue, struct sim_event *event)
{
    const uint64_t granule = event->time_ps >> GRANULE_LOG2;
    const uint32_t slot = (uint32_t)granule & (NEAR_SLOTS - 1);

    if (granule <= queue->granule) {
        ready_add(queue, event);
    } else if ((granule ^ queue->granule) >= NEAR_SLOTS) {
        place_far(queue, event);
    } else {
        slot_push(queue, slot, event);
        queue->near_bits[slot / 64] |= UINT64_C(1) << slot % 64;
        queue->near_words |= UINT64_C(1) << slot / 64;
    }
}

/* The first occupied near slot goes to ready, unless it is after granule @limit. */
static bool open_near(struct sim_queue *queue, uint64_t limit)
{
    const uint32_t word = first_bit(queue->near_words);
    const uint64_t bits = queue->near_bits[word];
    const uint64_t rest = bits & (bits - 1);
    const uint32_t slot = word * 64 + first_bit(bits);
    const uint64_t granule = (queue->granule & ~(uint64_t)(NEAR_SLOTS - 1)) | slot;
    struct sim_event *event, *next;

    if (granule > limit)
        return false;
    queue->near_bits[word] = rest;
    queue->near_words &= ~((uint64_t)!rest << word);
    queue->granule = granule;
    queue->slots_min_ps = 0;
    event = queue->slot[slot];
    queue->slot[slot] = NULL;
    next = event->next;
    event->child = NULL;
    ready_set_root(queue, event);
    for (event = next; event; event = next) {
        next = event->next;
        ready_add(queue, event);
    }
    return true;
}

/* The first occupied far slot is spread over finer ones, unless it begins after granule @limit. */
static bool open_far(struct sim_queue *queue, uint64_t limit)
{
    struct sim_event *event, *next;
    uint64_t granule;
    uint32_t slot;

    if (!first_slot(queue, &slot, &granule) || granule > limit)
        return false;
    unmark_slot(queue, slot);
    event = queue->slot[slot];
    queue->slot[slot] = NULL;
    queue->granule = granule;
    queue->slots_min_ps = 0;
    for (; event; event = next) {
        next = event->next;
        place(queue, event);
    }
    return true;
}

static inline bool is_due(struct sim_queue *queue, uint64_t until_ps)
{
    const uint64_t limit = until_ps >> GRANULE_LOG2;

    while (!queue->ready) {
        if (!(queue->near_words ? open_near(queue, limit) : open_far(queue, limit)))
            return false;
    }
    return queue->ready->time_ps <= until_ps;
}

static void run_first(struct sim_queue *queue)
{
    struct sim_event *event = queue->ready;

    ready_set_root(queue, heap_merge(event->child));
    event->prev_link = NULL;
    queue->now_ps = event->time_ps;
    event->fn(event->ctx);
}

/* ---- public ---- */

struct sim_queue *sim_queue_new(void)
{
    return calloc(1, sizeof(struct sim_queue));
}

void sim_queue_free(struct sim_queue *queue)
{
    free(queue);
}

uint64_t sim_queue_now_ps(const struct sim_queue *queue)
{
    return queue->now_ps;
}

void sim_queue_at(struct sim_queue *queue, struct sim_source *source, uint64_t time_ps,
                  struct sim_event *event)
{
    SIM_BUG_ON(time_ps < queue->now_ps || time_ps == SIM_TIME_NEVER);
    SIM_BUG_ON(event->prev_link);
    SIM_BUG_ON(source->next >> PORT_SHIFT);
    event->time_ps = time_ps;
    event->key = (uint64_t)source->rank << RANK_SHIFT | (uint64_t)source->port << PORT_SHIFT |
                 source->next++;
    place(queue, event);
    if (time_ps < queue->slots_min_ps && time_ps >> GRANULE_LOG2 > queue->granule)
        queue->slots_min_ps = time_ps;
}

void sim_queue_cancel(struct sim_queue *queue, struct sim_event *event)
{
    const uint64_t granule = event->time_ps >> GRANULE_LOG2;
    uint32_t slot;

    if (!event->prev_link)
        return;
    if (granule <= queue->granule) {
        ready_remove(queue, event);
        return;
    }
    unlink_event(event);
    slot = slot_of(queue, granule);
    if (!queue->slot[slot])
        unmark_slot(queue, slot);
    if (event->time_ps == queue->slots_min_ps)
        queue->slots_min_ps = 0;
}

uint64_t sim_queue_next_ps(struct sim_queue *queue)
{
    const struct sim_event *event;
    uint64_t granule;
    uint32_t slot;

    if (queue->ready)
        return queue->ready->time_ps;
    if (queue->slots_min_ps)
        return queue->slots_min_ps;
    queue->slots_min_ps = SIM_TIME_NEVER;
    if (!first_slot(queue, &slot, &granule))
        return SIM_TIME_NEVER;
    for (event = queue->slot[slot]; event; event = event->next) {
        if (event->time_ps < queue->slots_min_ps)
            queue->slots_min_ps = event->time_ps;
    }
    return queue->slots_min_ps;
}

uint64_t sim_queue_advance(struct sim_queue *queue, uint64_t until_ps)
{
    uint64_t n_run = 0;

    SIM_BUG_ON(until_ps < queue->now_ps);
    while (is_due(queue, until_ps)) {
        run_first(queue);
        n_run++;
    }
    if (until_ps != SIM_TIME_NEVER) {
        /* No occupied slot begins at or before until_ps, so no event changes its slot. */
        queue->now_ps = until_ps;
        if (until_ps >> GRANULE_LOG2 > queue->granule)
            queue->granule = until_ps >> GRANULE_LOG2;
    }
    return n_run;
}

bool sim_queue_run_one(struct sim_queue *queue)
{
    if (!is_due(queue, SIM_TIME_NEVER))
        return false;
    run_first(queue);
    return true;
}

int sim_queue_state(struct sim_queue *queue, struct sim_snapshot *snapshot)
{
    return sim_snapshot_add(snapshot, queue, sizeof(*queue));
}
