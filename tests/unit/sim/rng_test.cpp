// SPDX-License-Identifier: BSD-2-Clause
// rng_test.cpp - the same seed gives the same numbers, evenly.
// Knows: rng.h. Must not know: what they decide.
#include "sim/rng.h"

#include <gtest/gtest.h>

#include <vector>

namespace
{

// From a second implementation of the two published algorithms, in another language.
TEST(Rng, KnownNumbers)
{
    sim_rng rng;

    sim_rng_seed(&rng, 0);
    EXPECT_EQ(sim_rng_next(&rng), 0x7bbcb40d550682d0u);
    EXPECT_EQ(sim_rng_next(&rng), 0xde7fe413d00cc9fdu);
    sim_rng_seed(&rng, 42);
    EXPECT_EQ(sim_rng_next(&rng), 0x31b0ece7c4f697a2u);
    EXPECT_EQ(sim_rng_next(&rng), 0x9008a3b1cb686f03u);
}

TEST(Rng, BelowIsEvenAndStaysBelow)
{
    for (uint64_t n : {1ull, 3ull, 100ull, 1ull << 33}) {
        std::vector<int> hits(3);
        sim_rng rng;

        sim_rng_seed(&rng, n);
        for (int i = 0; i < 30000; i++) {
            const uint64_t x = sim_rng_below(&rng, n);

            ASSERT_LT(x, n);
            hits[x * 3 / (n < 3 ? 3 : n)]++;
        }
        for (int h : hits)
            EXPECT_NEAR(h, n < 3 ? h : 10000, 400) << n;
    }
}

} // namespace
