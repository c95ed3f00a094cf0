// SPDX-License-Identifier: BSD-2-Clause
// The timed model with all its caches against an uncached walk of the same memory (diff_oracle.h):
// random structures and tables, random changes with the invalidations that belong to them, idle
// between any two. And the other way round: with one invalidation left out, the two must differ.
#include "tests/property/diff_software.h"

#include <gtest/gtest.h>

#include <cstdlib>
#include <iostream>
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

// ---- one command too few

struct Omission {
    const char *name;
    unsigned opcode;
};

const Omission kOmissions[] = {
    {"CFGI_STE", 0x03},       {"CFGI_STE_RANGE", 0x04},
    {"CFGI_CD", 0x05},        {"CFGI_CD_ALL", 0x06},
    {"TLBI_NH_ALL", 0x10},    {"TLBI_NH_ASID", 0x11},
    {"TLBI_NH_VA", 0x12},     {"TLBI_NH_VAA", 0x13},
    {"TLBI_EL2_ALL", 0x20},   {"TLBI_EL2_ASID", 0x21},
    {"TLBI_EL2_VA", 0x22},    {"TLBI_EL2_VAA", 0x23},
    {"TLBI_S12_VMALL", 0x28}, {"TLBI_S2_IPA", 0x2a},
    {"TLBI_NSNH_ALL", 0x30},  {"wait_for_SYNC", diff::kDropWait},
};

void PrintTo(const Omission &omission, std::ostream *out)
{
    *out << omission.name;
}

class SmmuOmission : public testing::TestWithParam<Omission>
{
};

// Not each one can be seen: perhaps the answers stayed the same, a cache was too small, or another
// command did its work.
TEST_P(SmmuOmission, IsFound)
{
    const unsigned n_runs = is_long() ? 2000 : 60;
    const unsigned n_runs_most = 10 * n_runs; // until one is found
    unsigned n_dropped = 0, n_found = 0;
    unsigned n_observable = 0, n_found_of_these = 0;

    for (uint64_t seed = 1; seed <= n_runs || (!n_found && seed <= n_runs_most); seed++) {
        diff::Software software(seed);

        software.machine().drop(GetParam().opcode, static_cast<unsigned>(seed % 3));
        for (unsigned n = 0; n < 300 && !software.machine().has_dropped(); n++)
            software.step();
        for (unsigned n = 0; n < 20 && software.difference().empty(); n++)
            software.step();
        n_dropped += software.machine().has_dropped();
        n_observable += software.was_observable();
        n_found += !software.difference().empty();
        n_found_of_these += software.was_observable() && !software.difference().empty();
        ASSERT_TRUE(software.machine().has_dropped() || software.difference().empty()) << seed;
    }
    std::cout << GetParam().name << " left out " << n_dropped << " times, found " << n_found
              << "; a good answer was another one at once " << n_observable << " times, found "
              << n_found_of_these << "\n";
    EXPECT_GT(n_dropped, n_runs / 5);
    EXPECT_GE(n_found, 1u);
}

INSTANTIATE_TEST_SUITE_P(All, SmmuOmission, testing::ValuesIn(kOmissions),
                         [](const testing::TestParamInfo<Omission> &info) {
                             return info.param.name;
                         });

} // namespace
