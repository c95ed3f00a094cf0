// SPDX-License-Identifier: BSD-2-Clause
// Links between TBUs and the TCU: who starts when, and what a CMD_SYNC pays for others' messages.
// Cycles of preset mmu600: micro TLB 2, main TLB of the TBU 3, one look-up begun per cycle, link 8,
// configuration 3, a leaf in the walk cache 4 and a step 1, a command 150 + 2, CMD_SYNC 72.
#include "tests/unit/models/smmuv3/timing_bench.h"

namespace
{

using namespace timing;

constexpr uint64_t kKnown = 2 + 3 + 8 + 3 + 5 + 8; // the TCU has the leaf, the TBU does not

Tune every(uint32_t link_interval, uint32_t n_tbus = 1)
{
    return [=](smmu_param &p) {
        p.link_interval = link_interval;
        p.n_tbus = n_tbus;
    };
}

// Until no link is busy.
void rest(Bench &b)
{
    test_machine_run_until(b.m(), test_machine_now_ps(b.m()) + 10000 * kNs);
}

// The TCU knows stream 0 and the leaves of the first @n pages.
void know(Bench &b, unsigned n)
{
    for (unsigned i = 0; i < n; i++)
        b.ask(1, kIova + 0x1000 * i);
    b.ask(0, kBlock);
    rest(b);
}

TEST(SmmuLink, RequestsOfOneTbuStartOneAfterTheOther)
{
    Bench b("mmu600", 150, every(100));
    Dma d[3];

    know(b, 3);
    const uint64_t start_ns = b.now_ns();
    for (unsigned i = 0; i < 3; i++)
        ASSERT_TRUE(b.submit(d[i], 0, kIova + 0x1000 * i));
    b.settle();
    // Two page sizes in use: one more look-up.
    EXPECT_EQ(d[0].done_ns - start_ns, kKnown + 1);
    EXPECT_EQ(d[1].done_ns - start_ns, kKnown + 1 + 100);
    EXPECT_EQ(d[2].done_ns - start_ns, kKnown + 1 + 200);
}

TEST(SmmuLink, EachTbuHasItsOwn)
{
    Bench b("mmu600", 150, every(100, 2));
    Dma d[2];

    know(b, 2);
    for (uint8_t i = 0; i < 2; i++)
        ASSERT_TRUE(b.submit(d[i], 0, kIova + 0x1000 * i, i));
    b.settle();
    // TBU 0 has pages of two sizes, TBU 1 none.
    EXPECT_EQ(d[0].done_ns, d[1].done_ns + 1);
}

// Walks that end together: their answers leave one after the other.
TEST(SmmuLink, AnswersOfOneTbuStartOneAfterTheOther)
{
    Bench b("mmu600", 150, every(1));
    Dma d[2];

    b.ask(0, kIova);
    const uint64_t start_ns = b.now_ns();
    ASSERT_TRUE(b.submit(d[0], 0, kIova + 0x1000));
    ASSERT_TRUE(b.submit(d[1], 0, kIova + 0x1040)); // shares the walk
    b.settle();
    EXPECT_EQ(d[0].done_ns - start_ns, 2u + 3 + 8 + 3 + 9 + 151 + 8);
    EXPECT_EQ(d[1].done_ns, d[0].done_ns + 1);
}

TEST(SmmuLink, NoIntervalIsNoLimit)
{
    Bench b("mmu600", 150, [](smmu_param &p) {
        p.link_interval = 0;
        p.tbu_lookup_slots = 0;
    });
    Dma d[2];

    know(b, 2);
    for (unsigned i = 0; i < 2; i++)
        ASSERT_TRUE(b.submit(d[i], 0, kIova + 0x1000 * i));
    b.settle();
    EXPECT_EQ(d[0].done_ns, d[1].done_ns);
}

TEST(SmmuLink, InvalidationAndSyncShareItWithEachOther)
{
    Bench b("mmu600", 150, every(1000));

    // TLBI_NH_ALL at 152, TCU swept at 168; starts down then, arrives 176, TBU swept 240, starts up
    // then. CMD_SYNC at 304 starts down at 1168, arrives 1176, starts up at 1240, arrives 1248.
    b.command(0x10);
    b.command(0x46);
    EXPECT_EQ(b.ring(), 1248u + 72);
}

// Ten requests start every 100 cycles from 5 on; the acknowledge of the CMD_SYNC is the eleventh.
uint64_t sync_among_requests(uint32_t n_tbus, uint8_t tbu)
{
    Bench b("mmu600", 150, every(100, n_tbus));
    Dma d[10];

    know(b, 10);
    b.command(0x1000000000012, kBlock | 1); // one page size is left
    b.command(0x46);
    b.ring();
    rest(b);
    for (unsigned i = 0; i < 10; i++)
        EXPECT_TRUE(b.submit(d[i], 0, kIova + 0x1000 * i, tbu));
    b.command(0x46);
    return b.ring();
}

TEST(SmmuLink, SyncWaitsBehindRequests)
{
    EXPECT_EQ(sync_among_requests(1, 0), 5u + 10 * 100 + 8 + 72);
}

TEST(SmmuLink, SyncWaitsForTheSlowestTbu)
{
    EXPECT_EQ(sync_among_requests(4, 3), 5u + 10 * 100 + 8 + 72);
}

TEST(SmmuLink, SyncOfManyIdleTbusCostsNoMore)
{
    Bench b("mmu600", 150, every(1, 16));

    b.command(0x46);
    EXPECT_EQ(b.ring(), 150u + 2 + 16 + 72);
}

TEST(SmmuLink, EveryTbuIsSwept)
{
    Bench b("mmu600", 150, every(7, 3));

    for (uint8_t tbu = 0; tbu < 3; tbu++)
        EXPECT_EQ(b.target(0, kIova, tbu), kPa);
    test_machine_store(b.m(), kTables + 0x3000, 0x900000 | kPage);
    b.command(0x1000000000012, kIova | 1);
    b.command(0x46);
    b.ring();
    for (uint8_t tbu = 0; tbu < 3; tbu++)
        EXPECT_EQ(b.target(0, kIova, tbu), 0x900000u);
}

TEST(SmmuLink, OneFactTellsOfTheWholeSweep)
{
    Bench b("mmu600", 150, every(7, 3));
    unsigned n_facts = 0;

    for (uint8_t tbu = 0; tbu < 3; tbu++)
        b.ask(0, kIova, tbu);
    b.command(0x1000000000012, kIova | 1);
    b.command(0x46);
    b.ring();
    for (size_t i = 0; i < test_machine_n_facts(b.m()); i++) {
        const sim_fact &fact = test_machine_facts(b.m())[i];

        if (fact.kind != SIM_FACT_TLB_SWEPT)
            continue;
        n_facts++;
        EXPECT_EQ(fact.arg[1], 3u * 2 + 1); // micro and main TLB of each TBU, a leaf in the TCU
    }
    EXPECT_EQ(n_facts, 1u);
}

} // namespace
