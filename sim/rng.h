/* SPDX-License-Identifier: BSD-2-Clause
 * rng.h - chance that repeats: the same seed gives the same numbers on every machine.
 * Knows: numbers. Must not know: what they decide. Not for secrets.
 *
 * A xorshift generator with a multiplied output (Marsaglia 2003, Vigna 2016). */
#ifndef SIM_RNG_H
#define SIM_RNG_H

#include <stdint.h>

#ifdef __cplusplus
extern "C" {
#endif

/** struct sim_rng - its state; never 0 after sim_rng_seed. */
struct sim_rng {
    uint64_t state;
};

/** sim_rng_seed - any seed is good; neighbours give streams that have nothing in common. */
static inline void sim_rng_seed(struct sim_rng *rng, uint64_t seed)
{
    uint64_t mixed = seed + UINT64_C(0x9e3779b97f4a7c15);

    mixed = (mixed ^ mixed >> 30) * UINT64_C(0xbf58476d1ce4e5b9);
    mixed = (mixed ^ mixed >> 27) * UINT64_C(0x94d049bb133111eb);
    mixed ^= mixed >> 31;
    rng->state = mixed ? mixed : 1;
}

/** sim_rng_next - 64 bits, of which the upper ones are better. */
static inline uint64_t sim_rng_next(struct sim_rng *rng)
{
    uint64_t x = rng->state;

    x ^= x >> 12;
    x ^= x << 25;
    x ^= x >> 27;
    rng->state = x;
    return x * UINT64_C(0x2545f4914f6cdd1d);
}

/** sim_rng_below - one of 0..@n - 1, evenly but for one part in 2^32. @n must not be 0. */
static inline uint64_t sim_rng_below(struct sim_rng *rng, uint64_t n)
{
    const uint64_t x = sim_rng_next(rng);

    return n <= UINT32_MAX ? (x >> 32) * n >> 32 : x % n;
}

#ifdef __cplusplus
}
#endif
#endif
