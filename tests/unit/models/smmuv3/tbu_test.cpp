// SPDX-License-Identifier: BSD-2-Clause
// The TBU: its main TLB, look-ups one page size after the other, several of them.
// Cycles of preset mmu600 unless said: micro TLB 2, link 8, configuration 3, main TLB of the TBU 3.
#include "tests/unit/models/smmuv3/timing_bench.h"

namespace
{

using namespace timing;

// A TBU with a main TLB and a micro TLB of one entry, so that the main TLB is what answers.
void with_main_tlb(smmu_param &p)
{
    p.utlb_entries = 1;
    p.tbu_tlb_entries = 64;
    p.tbu_tlb_ways = 4;
    p.tbu_tlb_cycles = 3;
    p.tbu_lookup_slots = 1;
}

TEST(SmmuTbu, MainTlbAnswersWithoutTheLink)
{
    Bench b("mmu600", 150, with_main_tlb);

    b.ask(0, kIova);
    b.ask(0, kIova + 0x1000);
    EXPECT_EQ(b.ask(0, kIova), 2u + 3);
    EXPECT_EQ(b.stats().n_tbu_hits, 1u);
}

TEST(SmmuTbu, WhatTheMainTlbGaveIsInTheMicroTlbThen)
{
    Bench b("mmu600", 150, with_main_tlb);

    b.ask(0, kIova);
    b.ask(0, kIova + 0x1000);
    b.ask(0, kIova);
    EXPECT_EQ(b.ask(0, kIova), 2u);
}

TEST(SmmuTbu, MainTlbIsByStream)
{
    Bench b("mmu600", 150, with_main_tlb);

    b.ask(0, kIova);
    b.ask(1, kIova); // same ASID, same table, but another stream
    EXPECT_EQ(b.stats().n_tbu_hits, 0u);
}

TEST(SmmuTbu, EachTbuHasItsOwn)
{
    Bench b("mmu600", 150, [](smmu_param &p) {
        with_main_tlb(p);
        p.n_tbus = 16;
    });

    b.ask(0, kIova, 15);
    b.ask(0, kIova, 14);
    EXPECT_EQ(b.stats().n_tbu_hits, 0u);
    EXPECT_EQ(b.stats().n_utlb_hits, 0u);
    EXPECT_EQ(b.ask(0, kIova, 15), 2u);
}

// E13: one look-up per page size that is in use, one after the other.
TEST(SmmuTbu, EachPageSizeInUseCostsALookup)
{
    Bench b("mmu600", 150, with_main_tlb);

    b.ask(0, kIova);
    b.ask(0, kBlock);
    b.ask(0, kIova + 0x1000); // the micro TLB forgets the block
    EXPECT_EQ(b.ask(0, kBlock), 2u + 1 + 3);
    EXPECT_EQ(b.ask(0, kIova), 2u + 1 + 3);
}

// Of hits, how many cycles apart the answers are.
uint64_t spacing(uint32_t lookup_slots, uint64_t first, uint64_t second)
{
    Bench b("mmu600", 150, [lookup_slots](smmu_param &p) {
        with_main_tlb(p);
        p.tbu_lookup_slots = lookup_slots;
    });
    Dma one, two;

    b.ask(0, first);
    b.ask(0, second);
    b.ask(0, kIova + 0x2000);
    EXPECT_TRUE(b.submit(one, 0, first));
    EXPECT_TRUE(b.submit(two, 0, second));
    b.settle();
    EXPECT_EQ(b.stats().n_tbu_hits, 2u);
    return two.done_ns - one.done_ns;
}

TEST(SmmuTbu, OneLookupBeginsPerCycle)
{
    EXPECT_EQ(spacing(1, kIova, kIova + 0x1000), 1u);
}

TEST(SmmuTbu, TwoPageSizesHalveTheThroughput)
{
    EXPECT_EQ(spacing(1, kIova, kBlock), 2u);
}

TEST(SmmuTbu, TwoLookupSlotsDoubleIt)
{
    EXPECT_EQ(spacing(2, kIova, kBlock), 1u);
    EXPECT_EQ(spacing(2, kIova, kIova + 0x1000), 0u);
}

TEST(SmmuTbu, NoLimitOfLookupsMeansAtOnce)
{
    EXPECT_EQ(spacing(0, kIova, kBlock), 0u);
}

// Does the command take what kIova of stream 0 leads to out of the main TLB?
bool is_dropped(uint64_t word0, uint64_t word1)
{
    Bench b("mmu600", 150, with_main_tlb);

    b.ask(0, kIova);
    b.ask(0, kIova + 0x1000);
    b.command(word0, word1);
    b.command(0x46);
    b.ring();
    b.ask(0, kIova);
    return b.stats().n_tbu_hits == 0;
}

TEST(SmmuTbu, CommandsThatNameAnEntryDropIt)
{
    EXPECT_TRUE(is_dropped(0x10, 0));                    // TLBI_NH_ALL
    EXPECT_TRUE(is_dropped(0x1000000000011, 0));         // TLBI_NH_ASID
    EXPECT_TRUE(is_dropped(0x1000000000012, kIova | 1)); // TLBI_NH_VA
    EXPECT_TRUE(is_dropped(0x13, kIova | 1));            // TLBI_NH_VAA
    EXPECT_TRUE(is_dropped(0x30, 0));                    // TLBI_NSNH_ALL
    EXPECT_TRUE(is_dropped(0x3, 1));                     // CFGI_STE
    EXPECT_TRUE(is_dropped(0x4, 0x1f));                  // CFGI_ALL
    EXPECT_TRUE(is_dropped(0x5, 1));                     // CFGI_CD
}

TEST(SmmuTbu, CommandsThatDoNotNameItLeaveIt)
{
    EXPECT_FALSE(is_dropped(0x2000000000011, 0));                    // another ASID
    EXPECT_FALSE(is_dropped(0x1000000000012, (kIova + 0x2000) | 1)); // another page
    EXPECT_FALSE(is_dropped(0x100000003, 1));                        // another stream
    EXPECT_FALSE(is_dropped(0x20, 0));                               // EL2
}

TEST(SmmuTbu, PageSizesInUseAreThoseThatAreLeft)
{
    Bench b("mmu600", 150, with_main_tlb);

    b.ask(0, kBlock);
    b.command(0x1000000000012, kBlock | 1);
    b.command(0x46);
    b.ring();
    b.ask(0, kIova);
    b.ask(0, kIova + 0x1000);
    EXPECT_EQ(b.ask(0, kIova), 2u + 3);
}

TEST(SmmuTbu, AnInvalidationSweepsTheLargerArray)
{
    Bench b("mmu600", 150, [](smmu_param &p) {
        with_main_tlb(p);
        p.tbu_tlb_entries = 2048;
        p.sweep_per_cycle = 1;
    });

    b.command(0x10);
    b.command(0x46);
    // The command 152; 256 entries of the TCU, 2048 of the TBU, the link twice; CMD_SYNC.
    EXPECT_EQ(b.ring(), 152u + 256 + 8 + 2048 + 8 + 16 + 72);
}

TEST(SmmuTbu, WithoutAMainTlbInTheTcuItWalks)
{
    Bench b("mmu600", 150, [](smmu_param &p) {
        with_main_tlb(p);
        p.tlb_entries = 0;
    });

    b.ask(0, kIova);
    b.ask(1, kIova);
    EXPECT_EQ(b.stats().n_tlb_hits, 0u);
    EXPECT_EQ(b.stats().n_walks, 2u);
}

TEST(SmmuTbu, RequestsOfOnePageShareOneWalkWithoutAMainTlb)
{
    Bench b("mmu600", 150, [](smmu_param &p) { p.tlb_entries = 0; });
    Dma d[3];

    b.ask(0, kIova + 0x1000); // configuration and tables are known
    const uint64_t start_ns = b.now_ns();
    for (Dma &dma : d)
        EXPECT_TRUE(b.submit(dma, 0, kIova));
    b.settle();
    for (unsigned i = 0; i < 3; i++) {
        EXPECT_EQ(d[i].dma.pa, kPa);
        // 2 + 3 + 8 + 3, two levels of walk cache and a step, one read and a step, 8; the answers
        // leave one cycle after the other.
        EXPECT_EQ(d[i].done_ns - start_ns, 2u + 3 + 8 + 3 + 9 + 151 + 8 + i);
    }
    EXPECT_EQ(b.stats().n_walks, 2u);
}

} // namespace
