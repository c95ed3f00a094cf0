/* SPDX-License-Identifier: BSD-2-Clause
 * time.h - picoseconds in the kernel, cycles in models, nanoseconds in traces.
 * The one place that converts. */
#ifndef SIM_TIME_H
#define SIM_TIME_H

#include <stdint.h>

#define SIM_TIME_NEVER UINT64_MAX
#define SIM_PS_PER_NS UINT64_C(1000)

/** sim_ps_from_ns - saturates at SIM_TIME_NEVER - 1 instead of wrapping. */
static inline uint64_t sim_ps_from_ns(uint64_t time_ns)
{
    const uint64_t limit = (SIM_TIME_NEVER - 1) / SIM_PS_PER_NS;

    return time_ns > limit ? SIM_TIME_NEVER - 1 : time_ns * SIM_PS_PER_NS;
}

static inline uint64_t sim_ns_from_ps(uint64_t time_ps)
{
    return time_ps / SIM_PS_PER_NS;
}

/** sim_ps_from_cycles - @period_ps: length of one cycle of the clock that counts. */
static inline uint64_t sim_ps_from_cycles(uint64_t n_cycles, uint64_t period_ps)
{
    return n_cycles * period_ps;
}

#endif
