/* SPDX-License-Identifier: BSD-2-Clause
 * timings.h - machines that must all come to the same answers: presets, modes, and odd ones. */
#ifndef TESTS_PROPERTY_TIMINGS_H
#define TESTS_PROPERTY_TIMINGS_H

#include "models/smmuv3/smmu.h"

#include <ostream>

namespace timings
{

// step_cycles 0: that of the preset. Long steps leave what was read waiting, for invalidations to
// come between.
struct Timing {
    const char *name;
    const char *preset;
    uint32_t step_cycles;
    uint32_t cache_mode = 0;
    void (*tune)(smmu_param &) = nullptr;
    bool stalls = false;
};

enum : uint32_t { NEVER = 1, ALWAYS_MISS, HOLD, RANDOM };

// Everything small, so that entries are in each other's way.
inline void crowd(smmu_param &p)
{
    p.utlb_entries = 2;
    p.cfg_entries = p.cfg_ways = 1;
    if (p.tlb_entries)
        p.tlb_entries = p.tlb_ways = 2;
    if (p.tbu_tlb_entries)
        p.tbu_tlb_entries = p.tbu_tlb_ways = 2;
    p.walk_entries = p.walk_ways = 2;
}

// Few slots, slow links.
inline void choke(smmu_param &p)
{
    crowd(p);
    p.tbu_slots = p.tcu_slots = 3;
    p.walk_slots = p.cfg_slots = 1;
    p.link_interval = 9;
    p.port_cycles = 5;
}

inline void next_page(smmu_param &p)
{
    p.prefetch = 1;
}

inline void reachable(smmu_param &p)
{
    p.prefetch = 2;
}

inline void contiguous(smmu_param &p)
{
    p.contig = 1;
    p.prefetch = 1;
}

inline const Timing kTimings[] = {
    {"zero", "zero", 0},
    {"mmu600", "mmu600", 0},
    {"gem5", "gem5", 0},
    {"mmu700", "mmu700", 0},
    {"mmu500", "mmu500-walkers", 0},
    {"server", "server-arm", 0},
    {"slow", "mmu600", 400},
    {"zero_never", "zero", 0, NEVER},
    {"mmu600_never", "mmu600", 0, NEVER},
    {"gem5_never", "gem5", 40, NEVER},
    {"zero_always_miss", "zero", 0, ALWAYS_MISS},
    {"mmu600_always_miss", "mmu600", 0, ALWAYS_MISS},
    {"zero_hold", "zero", 0, HOLD},
    {"mmu600_hold", "mmu600", 0, HOLD},
    {"mmu700_hold", "mmu700", 40, HOLD},
    {"crowded_hold", "mmu600", 0, HOLD, crowd},
    {"zero_random", "zero", 0, RANDOM},
    {"mmu600_random", "mmu600", 0, RANDOM},
    {"mmu500_random", "mmu500-walkers", 40, RANDOM},
    {"crowded_random", "gem5", 0, RANDOM, crowd},
    {"crowded", "mmu600", 0, 0, crowd},
    {"choked", "mmu600", 0, 0, choke},
    {"next_page", "mmu600", 0, 0, next_page},
    {"next_page_slow", "mmu500-walkers", 400, 0, next_page},
    {"reachable", "mmu600", 0, 0, reachable},
    {"reachable_held", "gem5", 40, HOLD, reachable},
    {"reachable_at_once", "zero", 0, 0, reachable},
    {"contiguous", "mmu700", 0, RANDOM, contiguous},
    {"choked_gem5", "gem5", 40, 0, choke},
    {"stalls", "zero", 0, 0, nullptr, true},
    {"slow_stalls", "mmu600", 400, 0, nullptr, true},
};

inline void PrintTo(const Timing &timing, std::ostream *out)
{
    *out << timing.name;
}

} // namespace timings

#endif
