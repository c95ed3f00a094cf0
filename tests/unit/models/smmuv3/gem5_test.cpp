// SPDX-License-Identifier: BSD-2-Clause
// Preset gem5 against the cycles that gem5's SMMUv3 model takes from "received" to "forwarded" with
// nothing else under way (E15), for several latencies M of memory. With its default, linear tables.
#include "tests/unit/models/smmuv3/timing_bench.h"

#include <ostream>

namespace
{

using namespace timing;

// Typed by hand: 31 + M, 45 + 4M, 33 + 3M (with two reads of 1 + M for STE and CD), 47 + 6M.
struct Row {
    uint64_t m, walk_cache_hit, whole_walk, new_stream, all_cold;
};
const Row rows[] = {
    {0, 31, 45, 33, 47},
    {20, 51, 125, 93, 167},
    {59, 90, 281, 210, 401},
    {150, 181, 645, 483, 947},
};
void PrintTo(const Row &row, std::ostream *out)
{
    *out << "M=" << row.m;
}

class SmmuGem5 : public testing::TestWithParam<Row>
{
};
INSTANTIATE_TEST_SUITE_P(E15, SmmuGem5, testing::ValuesIn(rows),
                         [](const testing::TestParamInfo<Row> &info) {
                             return "memory_" + std::to_string(info.param.m);
                         });

TEST_P(SmmuGem5, Disabled)
{
    Bench b("gem5", GetParam().m);

    b.write(0x20, 0x8); // CR0: CMDQEN alone
    b.settle();
    EXPECT_EQ(b.ask(0, kIova), 2u);
}

TEST_P(SmmuGem5, MicroTlbHit)
{
    Bench b("gem5", GetParam().m);

    b.ask(0, kIova);
    EXPECT_EQ(b.ask(0, kIova), 2u);
}

TEST_P(SmmuGem5, MainTlbHit)
{
    Bench b("gem5", GetParam().m);

    for (unsigned i = 0; i < 33; i++) // the micro TLB has 32 entries
        b.ask(0, kIova + 0x1000 * i);
    EXPECT_EQ(b.ask(0, kIova), 5u);
}

TEST_P(SmmuGem5, WalkCacheHitAtLevel2)
{
    Bench b("gem5", GetParam().m);

    b.ask(0, kIova);
    EXPECT_EQ(b.ask(0, kIova + 0x1000), GetParam().walk_cache_hit);
}

TEST_P(SmmuGem5, WholeWalk)
{
    Bench b("gem5", GetParam().m);

    b.ask(0, kIova);
    b.command(0x1000000000012, kIova); // TLBI_NH_VA, tables too
    b.command(0x46);
    b.ring();
    EXPECT_EQ(b.ask(0, kIova), GetParam().whole_walk);
}

TEST_P(SmmuGem5, ConfigurationMiss)
{
    Bench b("gem5", GetParam().m);

    b.ask(0, kIova);
    EXPECT_EQ(b.ask(1, kIova + 0x1000), GetParam().new_stream);
}

TEST_P(SmmuGem5, Cold)
{
    Bench b("gem5", GetParam().m);

    EXPECT_EQ(b.ask(0, kIova), GetParam().all_cold);
}

// Two walks that read at the same time: the second request leaves the port a cycle later.
TEST(SmmuGem5Port, IsHeldByOneRequestAtATime)
{
    Bench b("gem5", 100, [](smmu_param &p) { p.tbu_lookup_slots = 0; });
    Dma one, two;

    b.ask(0, kIova);
    ASSERT_TRUE(b.submit(one, 0, kIova + 0x1000));
    ASSERT_TRUE(b.submit(two, 0, kIova + 0x2000));
    b.settle();
    EXPECT_EQ(two.done_ns - one.done_ns, 1u);
}

TEST(SmmuGem5Port, PiecesWithCyclesBetweenThemAreRequestsOfTheirOwn)
{
    // Eight pieces, one cycle apart, each holds the port for 3: the last leaves after 24.
    Bench b("gem5", 100, [](smmu_param &p) {
        p.atom_bytes = 8;
        p.atom_cycles = 1;
        p.port_cycles = 3;
    });

    // 5 + 8 + 3, two entries of 24 + 100, 12 + 1, four reads of 3 + 100 + 1, 8.
    EXPECT_EQ(b.ask(0, kIova), 5u + 8 + 3 + 2 * 124 + 13 + 4 * 104 + 8);
}

// A record of 32 bytes is two beats, the read of an STE one.
TEST(SmmuGem5Port, WritesHoldItForTheirData)
{
    Bench b("gem5", 100, [](smmu_param &p) {
        p.port_cycles = 1000;
        p.link_cycles = p.cfg_cycles = p.utlb_cycles = p.event_cycles = 0;
        p.tbu_tlb_entries = 0;
    });
    Dma bad;

    b.write64(0xa0, 0x50000 | 4); // EVENTQ_BASE, 16 records
    b.write(0x20, 0xd);
    b.settle();
    const uint64_t start_ns = b.now_ns();
    test_machine_store(b.m(), kStrtab + 64, 0); // V=0
    ASSERT_TRUE(b.submit(bad, 1, kIova));
    b.settle();
    EXPECT_EQ(bad.dma.status, SIM_DMA_ABORT);
    EXPECT_EQ(b.now_ns() - start_ns, 1000u + 100 + 2000 + 100);
}

} // namespace
