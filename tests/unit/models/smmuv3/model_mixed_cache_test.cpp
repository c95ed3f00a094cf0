// SPDX-License-Identifier: BSD-2-Clause
// Prefetches, the contiguous hint, modes of caches and TLBs of TBUs beside ATS (4.2, 13.6).
#include "tests/unit/models/smmuv3/mixed_bench.h"

namespace
{

using namespace mixed;

// ---- prefetches ----

TEST(SmmuMixedPrefetch, OfAStreamWithAtsReadsWhatARequestNeeds)
{
    for (const uint64_t eats : {kFull, kSplit}) {
        MixedBench b(ats_config());

        b.make_nested(1, 0, 0, 1, 7);
        b.eats(eats);
        b.boot_checked();
        b.run_sync(kSid1 | 0x1); // PREFETCH_CONFIG
        const unsigned n_before = b.n_accesses(kStreams + 64, 64);
        EXPECT_GT(n_before, 0u);
        EXPECT_EQ(b.ask(0x1123).pa, eats == kFull ? 0x1000201123u : 0x201123u);
        EXPECT_EQ(b.n_accesses(kStreams + 64, 64), n_before);
        EXPECT_EQ(b.n_accesses(cds_of(1), 64), 8u); // once
        EXPECT_EQ(b.n_events(), 0u);
    }
}

// 4.2: while SMMUEN=0 they are consumed.
TEST(SmmuMixedPrefetch, IsIgnoredWhileTheSmmuIsOff)
{
    Config c = ats_config();

    c.smmu.param.prefetch = 1;
    MixedBench b(c);
    b.make_stream(1, 0, 1);
    b.boot_checked();
    b.write(CR0, EVENTQEN | CMDQEN);
    b.settle();
    b.run_sync(kSid1 | 0x1);         // PREFETCH_CONFIG
    b.run_sync(kSid1 | 0x2, 0x1000); // PREFETCH_ADDR
    EXPECT_TRUE(b.reads().empty());
    EXPECT_EQ(b.read(GERROR), 0u);
}

// The model ends a prefetch rather than keep a request waiting.
TEST(SmmuMixedPrefetch, TakesNoPlaceThatARequestCouldHave)
{
    Config c = ats_config("mmu600");

    c.smmu.param.prefetch = 1;
    c.smmu.param.tbu_slots = 4;
    MixedBench b(c);
    b.make_stream(1, 0, 1);
    b.boot_checked();
    for (unsigned i = 0; i < 6; i++)
        b.put(kSid1 | 0x2, 0x5); // PREFETCH_ADDR, 32 pages from 0
    b.ring();
    for (unsigned i = 0; i < 60; i++) {
        Request first(1, 0x1000), second(1, 0x2000), third(1, 0x3000), fourth(1, 0x4000);

        test_machine_run_until(b.m, test_machine_now_ps(b.m) + 10000);
        for (Request *r : {&first, &second, &third, &fourth})
            b.submit(*r); // is taken
        b.settle();
        for (const Request *r : {&first, &second, &third, &fourth})
            EXPECT_EQ(r->n_answers, 1u);
        b.put(0x30); // TLBI_NSNH_ALL
        b.put(kSid1 | 0x2, 0x5);
        b.put(kSid1 | 0x2, 0x5);
        b.ring();
    }
    EXPECT_EQ(b.n_events(), 0u);
}

TEST(SmmuMixedPrefetch, OfTheNextPageSetsNoFlagAndMakesNoEvent)
{
    Config c = ats_config("zero", kHttu);

    c.smmu.param.prefetch = 1; // next_page
    MixedBench b(c);
    b.make_updating(kSplit);
    b.store(leaf_slot(0, 0x2000), page(0x202000) & ~kAf);
    b.store(s2_slot(0, 0x203000), s2_page(0x1000203000) & ~kAf);
    b.boot_checked(kRecCfgAts);
    EXPECT_EQ(b.target(1, 0x1123), 0x1000201123u); // 0x2000 is next
    EXPECT_EQ(b.s1_leaf(0x2000), page(0x202000) & ~kAf);
    EXPECT_EQ(b.target(1, 0x2123), 0x1000202123u); // 0x3000 is next
    EXPECT_EQ(b.s2_leaf(0x203000), s2_page(0x1000203000) & ~kAf);
    EXPECT_EQ(b.target(1, 0xf123), 0x100020f123u); // nothing is next
    EXPECT_EQ(b.ask(0x3123).pa, 0x203123u);
    EXPECT_EQ(b.n_events(), 0u);
}

// ---- split-stage ATS beside caches of everything ----

struct Caches {
    const char *name;
    const char *preset;
    uint32_t prefetch, contig, cache_mode;
};
MACHINE_CASES(Caches)

const Caches caches[] = {
    {"mmu600", "mmu600", 0, 0, 0},
    {"mmu600_contig", "mmu600", 0, 1, 0},
    {"mmu600_next_page", "mmu600", 1, 0, 0},
    {"zero_contig_next_page", "zero", 1, 1, 0},
    {"mmu700_reachable", "mmu700", 2, 1, 0},
    {"gem5_hold", "gem5", 1, 1, 3},
    {"zero_random", "zero", 1, 1, 4},
    {"zero_never", "zero", 2, 1, 1},
    {"mmu600_always_miss", "mmu600", 1, 1, 2},
};

class SmmuMixedSplit : public testing::TestWithParam<Caches>
{
};
INSTANTIATE_TEST_SUITE_P(Rows, SmmuMixedSplit, testing::ValuesIn(caches), name_of<Caches>);

// Stage 1 has the contiguous hint: a request for one page learns of 16, but of one only while stage
// 2 has pages.
TEST_P(SmmuMixedSplit, EachKindGetsItsOwnAddress)
{
    Config c = ats_config(GetParam().preset);

    c.smmu.param.prefetch = GetParam().prefetch;
    c.smmu.param.contig = GetParam().contig;
    c.smmu.param.cache_mode = GetParam().cache_mode;
    MixedBench b(c);
    b.make_nested(1, 0, 0, 1, 7);
    b.eats(kSplit);
    for (uint64_t iova = 0; iova < 0x10000; iova += 0x1000)
        b.store(leaf_slot(0, iova), page(page_of(0, iova)) | UINT64_C(1) << 52);
    b.boot_checked();
    for (unsigned round = 0; round < 3; round++) {
        for (uint64_t iova = 0x123; iova < 0x10000; iova += 0x3000) {
            const Answer a = b.ask(iova);

            EXPECT_EQ(a.pa, 0x200000 + iova);
            EXPECT_EQ(a.page_log2, 12);
            EXPECT_EQ(a.granted, kRw);
            EXPECT_EQ(b.target(1, iova), 0x1000200000 + iova);
            EXPECT_EQ(b.send(0x200000 + iova).pa, 0x1000200000 + iova);
        }
        b.store(s2_slot(0, 0x203000), s2_page(0x1000203000) & ~kS2W); // then not
        b.run_sync(0x700000000 | 0x2a, 0x203000);                     // TLBI_S2_IPA
        b.run_sync(0x700000000 | 0x10);                               // TLBI_NH_ALL
        EXPECT_EQ(b.ask(0x3123).granted, kR);
        EXPECT_EQ(b.dma(1, 0x3123, kW).status, SIM_DMA_ABORT);
        b.store(s2_slot(0, 0x203000), s2_page(0x1000203000));
        b.run_sync(0x700000000 | 0x2a, 0x203000);
        b.run_sync(0x700000000 | 0x10);
    }
    EXPECT_EQ(b.n_events(), 3u);
}

} // namespace
