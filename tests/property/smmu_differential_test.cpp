// SPDX-License-Identifier: BSD-2-Clause
// The timed model with all its caches against an uncached walk of the same memory (diff_oracle.h):
// random structures and tables, random changes with the invalidations that belong to them, idle
// between any two. And the other way round: with one invalidation left out, the two must differ.
#include "tests/property/diff_software.h"

#include <gtest/gtest.h>

#include <cstdlib>
#include <map>
#include <ostream>
#include <string>

namespace
{

constexpr unsigned kRequestsPerRun = 1000;

// IOMMUSIM_DIFF_SEED=n runs that seed alone.
uint64_t first_seed(uint64_t otherwise)
{
    const char *seed = std::getenv("IOMMUSIM_DIFF_SEED");

    return seed ? std::strtoull(seed, nullptr, 0) : otherwise;
}

bool is_long()
{
    const char *level = std::getenv("IOMMUSIM_TEST_LONG");

    return level && *level == '1';
}

TEST(SmmuDifferential, CachedAndUncachedAgree)
{
    const unsigned n_wanted = first_seed(0) ? 1 : is_long() ? 10000000 : 200000;
    std::map<unsigned, unsigned> events;
    unsigned n_requests = 0, n_good[8] = {};

    for (uint64_t seed = first_seed(1); n_requests < n_wanted; seed++) {
        diff::Software software(seed);

        while (software.n_requests() < kRequestsPerRun) {
            software.step();
            ASSERT_EQ(software.difference(), "") << "IOMMUSIM_DIFF_SEED=" << seed;
        }
        n_requests += software.n_requests();
        for (unsigned config = 0; config < 8; config++)
            n_good[config] += software.n_good(config);
        for (const auto &event : software.events())
            events[event.first] += event.second;
    }
    if (first_seed(0))
        return;
    for (const unsigned config : {4, 5, 6, 7})
        EXPECT_GT(n_good[config], n_requests / 50) << "hardly a good answer with Config " << config;
    for (const unsigned event : {0x2, 0x3, 0x4, 0x6, 0x8, 0x9, 0xa, 0xb, 0x10, 0x11, 0x12, 0x13})
        EXPECT_GT(events[event], n_requests / 10000) << "hardly an event of number " << event;
    std::cout << n_requests << " requests; good by Config: " << n_good[4] << " " << n_good[5] << " "
              << n_good[6] << " " << n_good[7] << "; events:";
    for (const auto &event : events)
        std::cout << " 0x" << std::hex << event.first << std::dec << "=" << event.second;
    std::cout << "\n";
}

} // namespace
