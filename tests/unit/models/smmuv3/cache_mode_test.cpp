// SPDX-License-Identifier: BSD-2-Clause
// cache_mode: what conforming hardware may do with its caches, each in the extreme.
#include "tests/unit/models/smmuv3/timing_bench.h"

namespace
{

using namespace timing;

Tune mode(uint32_t cache_mode)
{
    return [=](smmu_param &p) { p.cache_mode = cache_mode; };
}

enum : uint32_t { NORMAL, NEVER, ALWAYS_MISS, HOLD, RANDOM };

// Reads of memory that the second of two equal requests makes: STE in 8 pieces, CD in 8, 4 levels.
unsigned reads_again(uint32_t cache_mode)
{
    Bench b("mmu600", 150, mode(cache_mode));

    b.ask(0, kIova);
    const size_t before = test_machine_n_accesses(b.m());
    b.ask(0, kIova);
    return static_cast<unsigned>(test_machine_n_accesses(b.m()) - before);
}

TEST(SmmuCacheMode, NormalFindsEverything)
{
    EXPECT_EQ(reads_again(NORMAL), 0u);
}

TEST(SmmuCacheMode, NeverReadsEverythingAnew)
{
    EXPECT_EQ(reads_again(NEVER), 8u + 8 + 4);
}

TEST(SmmuCacheMode, AlwaysMissReadsEverythingAnew)
{
    EXPECT_EQ(reads_again(ALWAYS_MISS), 8u + 8 + 4);
}

TEST(SmmuCacheMode, AlwaysMissStillHasWhatItSweeps)
{
    for (const uint32_t m : {NEVER, ALWAYS_MISS}) {
        Bench b("mmu600", 150, mode(m));

        b.ask(0, kIova);
        b.command(0x10);
        b.command(0x46);
        b.ring();
        for (size_t i = 0; i < test_machine_n_facts(b.m()); i++) {
            const sim_fact &fact = test_machine_facts(b.m())[i];

            if (fact.kind == SIM_FACT_TLB_SWEPT) {
                // Three tables and a leaf, main TLB, micro TLB.
                EXPECT_EQ(fact.arg[1], m == NEVER ? 0u : 6u);
            }
        }
    }
}

// The micro TLB has 32 entries; 8 times as many ways hold 256.
TEST(SmmuCacheMode, HoldForgetsNothingThatWasNotInvalidated)
{
    Bench b("mmu600", 150, mode(HOLD));

    for (unsigned i = 0; i < 128; i++)
        b.ask(0, kIova + 0x1000 * i);
    for (unsigned i = 0; i < 128; i++)
        EXPECT_EQ(b.ask(0, kIova + 0x1000 * i), 2u) << i;
}

TEST(SmmuCacheMode, HoldTakesNothingMoreWhenFull)
{
    Bench b("mmu600", 150, [](smmu_param &p) {
        p.cache_mode = HOLD;
        p.utlb_entries = 8;
    });

    for (unsigned i = 0; i < 65; i++)
        b.ask(0, kIova + 0x1000 * i);
    EXPECT_EQ(b.ask(0, kIova + 0x1000 * 63), 2u);
    EXPECT_EQ(b.ask(0, kIova + 0x1000 * 64), 5u); // of the main TLB
    EXPECT_EQ(b.ask(0, kIova), 2u);
}

// Stale for as long as nobody invalidates, and not a moment longer.
TEST(SmmuCacheMode, HoldEndsWithTheInvalidation)
{
    Bench b("mmu600", 150, mode(HOLD));

    EXPECT_EQ(b.target(0, kIova), kPa);
    test_machine_store(b.m(), kTables + 0x3000, 0x900000 | kPage);
    for (unsigned i = 1; i < 128; i++)
        b.ask(0, kIova + 0x1000 * i);
    EXPECT_EQ(b.target(0, kIova), kPa);
    b.command(0x1000000000012, kIova | 1);
    b.command(0x46);
    b.ring();
    EXPECT_EQ(b.target(0, kIova), 0x900000u);
}

std::vector<uint64_t> times(uint32_t seed)
{
    Bench b("mmu600", 150, [=](smmu_param &p) {
        p.cache_mode = RANDOM;
        p.seed = seed;
    });
    std::vector<uint64_t> took;

    for (unsigned i = 0; i < 400; i++)
        took.push_back(b.ask(0, kIova + 0x1000 * (i % 4)));
    return took;
}

TEST(SmmuCacheMode, RandomLosesEntriesNowAndThen)
{
    unsigned n_misses = 0;

    for (const uint64_t ns : times(1))
        n_misses += ns != 2;
    EXPECT_GT(n_misses, 4u + 5);
    EXPECT_LT(n_misses, 200u);
}

TEST(SmmuCacheMode, RandomIsTheSameForTheSameSeedOnly)
{
    EXPECT_EQ(times(1), times(1));
    EXPECT_NE(times(1), times(2));
}

} // namespace
