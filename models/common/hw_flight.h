/* SPDX-License-Identifier: BSD-2-Clause
 * hw_flight.h - who is under way, in two phases: whoever waits for all that has begun turns the
 * phase, and waits for the other one to empty.
 * Knows: counts. Must not know: what is under way, who waits. */
#ifndef HW_FLIGHT_H
#define HW_FLIGHT_H

#include <stdbool.h>
#include <stdint.h>

#ifdef __cplusplus
extern "C" {
#endif

/** struct hw_flight - all zero: nobody is under way. */
struct hw_flight {
    uint64_t n[2]; /* by phase */
    uint8_t phase;
};

/** hw_flight_begin - one more. Return: its phase, for hw_flight_end. */
static inline uint8_t hw_flight_begin(struct hw_flight *flight)
{
    flight->n[flight->phase]++;
    return flight->phase;
}

static inline void hw_flight_end(struct hw_flight *flight, uint8_t phase)
{
    flight->n[phase]--;
}

/** hw_flight_is_over - have all ended that had begun when the phase was turned? */
static inline bool hw_flight_is_over(const struct hw_flight *flight)
{
    return flight->n[flight->phase ^ 1] == 0;
}

/** hw_flight_turn - who begins from now on is not waited for; hw_flight_is_over must be true. */
static inline void hw_flight_turn(struct hw_flight *flight)
{
    flight->phase ^= 1;
}

#ifdef __cplusplus
}
#endif
#endif
