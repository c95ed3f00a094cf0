// SPDX-License-Identifier: BSD-2-Clause
// What is read before anybody asks: the next page, by command, whatever can be reached.
#include "tests/unit/models/smmuv3/timing_bench.h"

namespace
{

using namespace timing;

enum : uint32_t { NONE, NEXT_PAGE, REACHABLE };

Tune with(uint32_t prefetch, uint32_t cache_mode = 0)
{
    return [=](smmu_param &p) {
        p.prefetch = prefetch;
        p.cache_mode = cache_mode;
    };
}

// E14: a linear walk, one page after the other, each when the one before has long been answered.
TEST(SmmuPrefetch, NextPageLeavesNoReadForASlowLinearWalk)
{
    Bench b("mmu600", 150, with(NEXT_PAGE));

    b.ask(0, kIova);
    for (unsigned page = 1; page < 16; page++)
        // To the TCU 2 + 3 + 8, configuration 3, the leaf 4 and a step 1, 8.
        EXPECT_EQ(b.ask(0, kIova + 0x1000 * page), 2u + 3 + 8 + 3 + 5 + 8);
    EXPECT_EQ(b.stats().n_tbu_hits + b.stats().n_utlb_hits, 0u); // TBUs miss as before
    EXPECT_EQ(b.n_reads(SIM_S_PTE_S1), 4u + 16);                 // one page too many
}

// The gap is shorter than a walk: who comes next waits for the prefetch, and gains what it began
// earlier; the number of reads is the same.
TEST(SmmuPrefetch, NextPageOfAFastOneIsStillOnItsWay)
{
    Bench b("mmu600", 150, with(NEXT_PAGE));
    Dma first, second;

    b.ask(0, kIova + 0x8000);
    ASSERT_TRUE(b.submit(first, 0, kIova));
    ASSERT_TRUE(b.submit(second, 0, kIova + 0x1000));
    b.settle();
    EXPECT_EQ(second.done_ns, first.done_ns + 1); // both missed, side by side
    EXPECT_EQ(second.dma.pa, kPa + 0x1000);
}

TEST(SmmuPrefetch, NoneReadsNothingMore)
{
    Bench b("mmu600", 150, with(NONE));

    b.ask(0, kIova);
    EXPECT_EQ(b.n_reads(SIM_S_PTE_S1), 4u);
}

// The page behind the last one is not mapped.
TEST(SmmuPrefetch, FaultsOfPrefetchesAreSilent)
{
    Bench b("mmu600", 150, with(NEXT_PAGE));

    b.ask(0, kIova + 0x1000 * 127);
    EXPECT_EQ(b.n_reads(SIM_S_PTE_S1), 5u);
    EXPECT_EQ(b.stats().n_events, 0u);
    EXPECT_EQ(b.stats().n_faults, 0u);
}

TEST(SmmuPrefetch, NoAccessFlagIsSetForAPrefetch)
{
    Bench b("mmu600", 150, with(NEXT_PAGE), 0x80); // HTTU=2
    const uint64_t leaf = kTables + 0x3000 + 8, value = (kPa + 0x1000) | (kPage & ~0x400u);

    test_machine_store(b.m(), kCd, kCd0 | UINT64_C(1) << 43); // HA
    test_machine_store(b.m(), leaf, value);
    b.ask(0, kIova);
    EXPECT_EQ(b.n_reads(SIM_S_PTE_S1), 5u);
    EXPECT_EQ(test_machine_load(b.m(), leaf), value);
}

TEST(SmmuPrefetch, AnInvalidationMeanwhileKeepsItOut)
{
    Bench b("mmu600", 150, with(NEXT_PAGE));
    Dma d;

    b.ask(0, kIova + 0x8000);
    ASSERT_TRUE(b.submit(d, 0, kIova));
    while (!d.is_done)
        ASSERT_TRUE(test_machine_step(b.m()));
    test_machine_store(b.m(), kTables + 0x3008, 0x900000 | kPage); // under the prefetch's nose
    b.command(0x1000000000012, (kIova + 0x1000) | 1);
    b.command(0x46);
    b.ring();
    EXPECT_EQ(b.target(0, kIova + 0x1000), 0x900000u);
}

TEST(SmmuPrefetch, SyncWaitsForIt)
{
    Bench b("mmu600", 1000, with(NEXT_PAGE));
    Dma d;

    b.ask(0, kIova + 0x8000);
    ASSERT_TRUE(b.submit(d, 0, kIova));
    while (!d.is_done)
        ASSERT_TRUE(test_machine_step(b.m()));
    // It began with the answer, 8 cycles ago: 3 + 9 + 1000 + 1 from there. The command is read in
    // the same time, and is decoded later: 1000 + 2, to the TBU and back, floor.
    b.command(0x46);
    EXPECT_EQ(b.ring(), 1000u + 2 + 16 + 72);
    // With a command that takes no time to read it is the prefetch that counts.
    Bench far("mmu600", 1000, [](smmu_param &p) {
        p.prefetch = NEXT_PAGE;
        p.sync_cycles = p.cmd_cycles = 0;
        p.link_cycles = p.link_interval = 0;
        p.step_cycles = 200;
    });
    far.ask(0, kIova + 0x8000);
    ASSERT_TRUE(far.submit(d, 0, kIova));
    while (!d.is_done)
        ASSERT_TRUE(test_machine_step(far.m()));
    far.command(0x46);
    // Configuration 3, two levels 8, a step, the read, a step.
    EXPECT_EQ(far.ring(), 3u + 8 + 200 + 1000 + 200);
}

// PREFETCH_ADDR of stream 0: q1 has Size in 4:0, Stride in 9:5, the address from 12.
TEST(SmmuPrefetch, CommandTranslatesAhead)
{
    Bench b("mmu600", 150, with(NEXT_PAGE));

    b.command(0x02, kIova | 1); // two pages
    b.command(0x46);
    b.ring();
    EXPECT_EQ(b.ask(0, kIova + 0x1000), 2u + 3 + 8 + 3 + 5 + 8);
}

TEST(SmmuPrefetch, CommandHasAStride)
{
    Bench b("mmu600", 150, with(NEXT_PAGE));

    b.command(0x02, kIova | 3 << 5 | 1); // pages 0 and 8
    b.command(0x46);
    b.ring();
    EXPECT_EQ(b.n_reads(SIM_S_PTE_S1), 8u); // side by side, each from the top
    EXPECT_EQ(b.ask(0, kIova + 0x8000), 2u + 3 + 8 + 3 + 5 + 8);
}

TEST(SmmuPrefetch, CommandIsAHintThatNobodyNeedFollow)
{
    Bench b("mmu600", 150, with(NONE));

    b.command(0x02, kIova | 1);
    b.command(0x46);
    b.ring();
    EXPECT_EQ(b.n_reads(SIM_S_STE), 0u);
}

// K01, K02: what is read is in the tables, and of streams that nobody asked for too.
TEST(SmmuPrefetch, ReachableReadsWhatNobodyAskedFor)
{
    Bench b("mmu600", 150, with(REACHABLE, 1)); // nothing cached: each look reads
    unsigned n_of_stream_1 = 0;

    for (unsigned i = 0; i < 50; i++)
        b.ask(0, kIova);
    for (size_t i = 0; i < test_machine_n_accesses(b.m()); i++) {
        const test_machine_access &access = test_machine_accesses(b.m())[i];

        if (access.structure != SIM_S_STE)
            continue;
        EXPECT_GE(access.pa, kStrtab);
        EXPECT_LT(access.pa, kStrtab + 2 * 64);
        n_of_stream_1 += access.pa == kStrtab + 64;
    }
    EXPECT_GT(n_of_stream_1, 2u);
    EXPECT_EQ(b.stats().n_events, 0u);
}

TEST(SmmuPrefetch, WhatWasReachedIsStaleUntilItIsInvalidated)
{
    bool was_stale = false;

    for (uint32_t seed = 0; seed < 20; seed++) {
        Bench b("mmu600", 150, [=](smmu_param &p) {
            p.prefetch = REACHABLE;
            p.seed = seed;
        });

        for (unsigned i = 0; i < 8; i++)
            b.ask(0, kIova + 0x1000 * i);             // nobody asks for stream 1
        test_machine_store(b.m(), kStrtab + 64, 0x9); // bypass
        was_stale |= b.target(1, kIova) == kPa;
        b.command(0x100000003, 1); // CFGI_STE
        b.command(0x46);
        b.ring();
        EXPECT_EQ(b.target(1, kIova), kIova);
    }
    EXPECT_TRUE(was_stale);
}

} // namespace
