// SPDX-License-Identifier: BSD-2-Clause
// What things cost with the default preset, added up by hand from the parameters:
// micro TLB 2, main TLB of the TBU 3, link 8, configuration 3, walk cache 4 per level, step 1,
// decode 2, CMD_SYNC 72 cycles of 1 ns; atoms 1 cycle apart; memory 150 ns.
#include "tests/unit/models/smmuv3/timing_bench.h"

namespace
{

using namespace timing;

// 2 + 3 + 8 + 3, two entries of 150 + 7 (the last atom leaves 7 cycles after the first), four
// levels of walk cache tried (16) and a step (1), four reads with a step each, 8.
constexpr uint64_t kCold = 2 + 3 + 8 + 3 + 2 * 157 + 17 + 4 * 151 + 8;

TEST(SmmuTiming, ColdRequestReadsSteCdAndFourLevels)
{
    Bench b;

    EXPECT_EQ(b.ask(0, kIova), kCold);
}

TEST(SmmuTiming, MicroTlbHitTakesTwoCycles)
{
    Bench b;

    b.ask(0, kIova);
    EXPECT_EQ(b.ask(0, kIova + 0x40), 2u);
}

TEST(SmmuTiming, TableInTheWalkCacheLeavesOneRead)
{
    Bench b;

    b.ask(0, kIova);
    // To the TCU 2 + 3 + 8, configuration 3, two levels of walk cache and a step, one read and a
    // step, 8.
    EXPECT_EQ(b.ask(0, kIova + 0x1000), 2u + 3 + 8 + 3 + 9 + 151 + 8);
}

TEST(SmmuTiming, LeafInTheWalkCacheLeavesNone)
{
    Bench b;

    b.ask(1, kIova + 0x1000);
    b.ask(0, kIova);
    EXPECT_EQ(b.ask(1, kIova), 2u + 3 + 8 + 3 + 5 + 8);
}

TEST(SmmuTiming, MainTlbOfTheTcuIsLookedUpFirstIfThereIsOne)
{
    Bench b("mmu600", 150, [](smmu_param &p) { p.tlb_entries = 1024; });

    b.ask(1, kIova + 0x1000);
    b.ask(0, kIova);
    EXPECT_EQ(b.ask(1, kIova), 2u + 3 + 8 + 3 + 3 + 8);
}

TEST(SmmuTiming, SyncOnAnEmptyQueueTakes240Ns)
{
    Bench b;

    // One read of the command, decode 2, to the TBU and back 16, floor 72 (timing facts, I1).
    b.command(0x46);
    EXPECT_EQ(b.ring(), 150u + 2 + 16 + 72);
}

TEST(SmmuTiming, CommandsAreReadOneAfterTheOther)
{
    Bench b;

    b.command(0x02); // PREFETCH_ADDR twice: hints that cost their reading only
    b.command(0x02);
    b.command(0x46);
    EXPECT_EQ(b.ring(), 3u * 152 + 16 + 72);
}

// E8: N invalidations and a CMD_SYNC; each costs a read of memory.
TEST(SmmuTiming, DrainingTheQueueIsLinearInItsLength)
{
    for (const unsigned n : {1u, 16u, 200u}) {
        Bench b;

        for (unsigned i = 0; i < n; i++)
            b.command(0x1000000000012, (kIova + 0x1000 * i) | 1); // TLBI_NH_VA
        b.command(0x46);
        EXPECT_EQ(b.ring(), (n + 1) * 152u + 16 + 72) << n;
    }
}

TEST(SmmuTiming, AnInvalidationIsDoneBeforeTheNextCommandIsRead)
{
    Bench b;

    // TLBI_NH_ALL, consumed at 152: 16 cycles for 256 entries, link 8, 64 cycles for the 1024 of
    // the TBU, link 8: done at 248. The SYNC is decoded at 304.
    b.command(0x10);
    b.command(0x46);
    EXPECT_EQ(b.ring(), 2u * 152 + 16 + 72);
}

TEST(SmmuTiming, SyncWaitsForTheSweep)
{
    Bench b("mmu600", 150, [](smmu_param &p) { p.sweep_per_cycle = 1; });

    // One entry a cycle: 256 and 1024 cycles, twice the link.
    b.command(0x10);
    b.command(0x46);
    EXPECT_EQ(b.ring(), 152u + 256 + 8 + 1024 + 8 + 16 + 72);
}

TEST(SmmuTiming, SyncWaitsForAWalkThatBeganBefore)
{
    Bench b;
    Dma d;

    ASSERT_TRUE(b.submit(d, 0, kIova));
    b.command(0x46);
    EXPECT_EQ(b.ring(), kCold); // later than the 240 ns of the SYNC itself
}

// ---- other presets ----

// E7: the measured server, with the queue in memory near and far.
TEST(SmmuTiming, ServerSyncTakes240NsNearAnd550NsFar)
{
    Bench near("server-arm", 150), far("server-arm", 460);

    near.command(0x46);
    EXPECT_EQ(near.ring(), 240u);
    far.command(0x46);
    EXPECT_EQ(far.ring(), 550u);
}

// E12: a hit takes two clocks; eight misses, then the TBU takes nothing until one is over.
TEST(SmmuTiming, NinthMissStallsTheTbuOfAnMmu500)
{
    Bench b("mmu500-walkers");
    Dma miss[8], ninth, hit;

    b.ask(0, kIova);
    EXPECT_EQ(b.ask(0, kIova), 2u);
    for (unsigned i = 0; i < 8; i++)
        ASSERT_TRUE(b.submit(miss[i], 0, kIova + 0x1000 * (i + 1)));
    ASSERT_TRUE(b.submit(hit, 0, kIova)); // nobody is stuck yet
    EXPECT_FALSE(b.submit(ninth, 0, kIova + 0x9000));
    EXPECT_FALSE(b.submit(hit, 0, kIova));
    b.settle();
    EXPECT_TRUE(b.submit(hit, 0, kIova));
}

TEST(SmmuTiming, HitsPassANinthMissElsewhere)
{
    Bench b("mmu500-walkers", 150, [](smmu_param &p) { p.hit_under_miss = 1; });
    Dma miss[8], ninth, hit;

    b.ask(0, kIova);
    for (unsigned i = 0; i < 8; i++)
        ASSERT_TRUE(b.submit(miss[i], 0, kIova + 0x1000 * (i + 1)));
    EXPECT_FALSE(b.submit(ninth, 0, kIova + 0x9000));
    EXPECT_TRUE(b.submit(hit, 0, kIova));
}

// Eight walks at once: one read each, when tables above are known; the ninth starts after.
TEST(SmmuTiming, EightWalksAtOnceInAnMmu500)
{
    Bench b("mmu500-walkers", 150, [](smmu_param &p) { p.tbu_slots = 16; });
    Dma d[16];

    b.ask(0, kIova);
    const uint64_t start_ns = b.now_ns();
    for (unsigned i = 0; i < 16; i++)
        ASSERT_TRUE(b.submit(d[i], 0, kIova + 0x1000 * (i + 1)));
    b.settle();
    // They cross the link one cycle after the other; 2 + 8 + 3, main TLB of the TCU 3, walk cache 4
    // and step 1, a read and a step, 8.
    EXPECT_EQ(d[7].done_ns - start_ns, 7u + 2 + 8 + 3 + 3 + 5 + 151 + 8);
    EXPECT_EQ(d[8].done_ns - d[0].done_ns, 5u + 151);
    EXPECT_EQ(d[15].done_ns - d[7].done_ns, 5u + 151);
}

} // namespace
