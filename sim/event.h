/* SPDX-License-Identifier: BSD-2-Clause
 * event.h - the event core: what happens next, and in which order.
 * Knows: time and order. Must not know: what an event means.
 *
 * One total order: (time, rank of the component, port of the component, number in the port).
 * The number is counted by the port that schedules, so the order does not depend on which
 * component was asked first, and another kernel (SystemC) that keeps the key keeps the order.
 *
 * Events are owned by the caller and linked in place: scheduling allocates nothing. */
#ifndef SIM_EVENT_H
#define SIM_EVENT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#ifdef __cplusplus
extern "C" {
#endif

/* At one instant, lower ranks go first. Software's stores land before hardware looks. */
enum sim_rank {
    SIM_RANK_SOFTWARE = 0,
    SIM_RANK_MEMORY = 1,
    SIM_RANK_LINK = 2,
    SIM_RANK_IOMMU = 3,
    SIM_RANK_ENDPOINT = 4,
    SIM_RANK_OBSERVER = 5,
};

/**
 * struct sim_source - one port of one component: who schedules.
 * @next: how many events this port has scheduled; it numbers them (40 bits).
 *
 * One source per (rank, port) and queue: two events of one instant with one key are our bug.
 */
struct sim_source {
    uint8_t rank;
    uint16_t port;
    uint64_t next;
};

/** struct sim_wake - whom to call. */
struct sim_wake {
    void (*fn)(void *ctx);
    void *ctx;
};

/**
 * struct sim_event - one thing that will happen. Zero it once, set fn and ctx, schedule it again
 * and again; it must not move in memory while it is scheduled.
 * @key: rank, port and number packed so that one comparison orders events of one instant.
 */
struct sim_event {
    uint64_t time_ps;
    uint64_t key;
    void (*fn)(void *ctx);
    void *ctx;
    struct sim_event *next;
    struct sim_event *child;
    struct sim_event **prev_link; /* NULL while not scheduled */
};

struct sim_queue;
struct sim_snapshot;

/** sim_queue_new - an empty queue at time 0. Return: NULL without memory. */
struct sim_queue *sim_queue_new(void);
/** sim_queue_free - events that are still scheduled must be zeroed before they are used again. */
void sim_queue_free(struct sim_queue *queue);

/** sim_queue_now_ps - time of the event that runs, or of the last advance. */
uint64_t sim_queue_now_ps(const struct sim_queue *queue);

/**
 * sim_queue_at - schedule @event at @time_ps, numbered by @source.
 *
 * @time_ps must not be in the past nor SIM_TIME_NEVER; @event must not be scheduled already
 * (all: our bug).
 * At the current instant the event still runs, after the one that runs now.
 */
void sim_queue_at(struct sim_queue *queue, struct sim_source *source, uint64_t time_ps,
                  struct sim_event *event);

/** sim_queue_cancel - take @event out; nothing happens if it is not scheduled. */
void sim_queue_cancel(struct sim_queue *queue, struct sim_event *event);

static inline bool sim_event_is_scheduled(const struct sim_event *event)
{
    return event->prev_link != NULL;
}

/** sim_queue_next_ps - time of the next event, SIM_TIME_NEVER if there is none. Moves nothing: to
 * look far ahead does not make the events before that time slower. */
uint64_t sim_queue_next_ps(struct sim_queue *queue);

/**
 * sim_queue_advance - run, in order, every event up to and including @until_ps, those scheduled
 * meanwhile too; then the time is @until_ps. SIM_TIME_NEVER: until none is left; the time stays
 * that of the last one. Not to be called from an event. Return: how many ran.
 */
uint64_t sim_queue_advance(struct sim_queue *queue, uint64_t until_ps);

/** sim_queue_run_one - run the next event, if any. Return: whether there was one. */
bool sim_queue_run_one(struct sim_queue *queue);

/** sim_queue_state - add the queue's region; events and sources are their owners' to add.
 * Return: 0 or SIM_ENOMEM. */
int sim_queue_state(struct sim_queue *queue, struct sim_snapshot *snapshot);

#ifdef __cplusplus
}
#endif
#endif
