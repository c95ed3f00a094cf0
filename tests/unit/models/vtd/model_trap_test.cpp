// SPDX-License-Identifier: BSD-2-Clause
// model_trap_test.cpp - what drivers and models get wrong: domains in look-ups, torn entries,
// caching mode, prefetches that hold old chunks (6.1, 6.2, 6.5, 9).
#include "tests/unit/models/vtd/stage_bench.h"

#include <memory>

namespace
{

using namespace stage;

constexpr unsigned R = SIM_DMA_READ, W = SIM_DMA_WRITE;
constexpr uint64_t kA = 0x5000;

std::vector<uint64_t> tlb_domain(uint64_t did)
{
    return {did << 16 | 0xe2};
}
std::vector<uint64_t> ptlb_pasid(uint64_t did, uint64_t pasid)
{
    return {pasid << 32 | did << 16 | 0x26};
}
std::vector<uint64_t> pc_pasid(uint64_t did, uint64_t pasid)
{
    return {pasid << 32 | did << 16 | 0x17};
}

// ---- the domain is a name, not a key ----

TEST(Domain, NewOneNeverMissesAnOldTranslation)
{
    Bench b;

    boot_scalable(b);
    EXPECT_EQ(b.target(kSid, kA, kSs), page_of(2, kA));
    b.pasid(kSid, kSs, pasid_ss(space(0), 0x22));
    b.run_wait(pc_pasid(0x12, kSs));
    b.run_wait(tlb_domain(0x22)); // the wrong one
    EXPECT_EQ(b.target(kSid, kA, kSs), page_of(2, kA));
    b.run_wait(tlb_domain(0x12));
    EXPECT_EQ(b.target(kSid, kA, kSs), page_of(0, kA));
}

TEST(Domain, OfALegacyEntryLikewise)
{
    Bench b;

    boot_legacy(b);
    b.make_ss(2);
    EXPECT_EQ(b.target(kSid, kA), page_of(0, kA));
    b.ctx(kSid, ctx_ss(space(2), 0x22));
    b.run_wait({UINT64_C(0x10) << 32 | 0x10 << 16 | 0x31}); // context, device, old domain
    b.run_wait(tlb_domain(0x22));
    EXPECT_EQ(b.target(kSid, kA), page_of(0, kA));
    b.run_wait(tlb_domain(0x10));
    EXPECT_EQ(b.target(kSid, kA), page_of(2, kA));
}

// Tables of the second stage are found by domain: who shares one gets them.
TEST(Domain, OfAnotherTablePoisonsWhoSharesIt)
{
    Bench b;

    boot_scalable(b);
    b.device(kSid + 1);
    b.pasid(kSid + 1, 0, pasid_ss(space(0), 0x12)); // not the table of domain 12
    EXPECT_EQ(b.target(kSid, kA, kSs), page_of(2, kA));
    EXPECT_EQ(b.target(kSid + 1, 0x6000), page_of(2, 0x6000));
}

TEST(Look, UpIsBySourceAndPasid)
{
    Bench b;

    boot_scalable(b);
    b.device(kSid + 1);
    b.pasid(kSid + 1, 0, pasid_ss(space(2), 0x30));
    b.pasid(kSid + 1, kSs, pasid_ss(space(0), 0x31));
    EXPECT_EQ(b.target(kSid, kA), page_of(0, kA));
    EXPECT_EQ(b.target(kSid + 1, kA), page_of(2, kA));
    EXPECT_EQ(b.target(kSid, kA, kSs), page_of(2, kA));
    EXPECT_EQ(b.target(kSid + 1, kA, kSs), page_of(0, kA));
    EXPECT_EQ(b.target(kSid, kA), page_of(0, kA));
}

// What is in the IOTLB serves on, though its entry has gone (7.5 without the second step).
TEST(Look, UpDoesNotAskForTheEntryAgain)
{
    Bench b;

    boot_scalable(b);
    b.target(kSid, kA, kSs);
    b.store(pasid_slot(kSid, kSs), 0);
    b.run_wait(pc_pasid(0x12, kSs));
    EXPECT_EQ(b.target(kSid, kA, kSs), page_of(2, kA));
    EXPECT_EQ(b.dma(kSid, 0x6000, R, kSs).event, 0x59u);
    b.run_wait(tlb_domain(0x12));
    EXPECT_EQ(b.dma(kSid, kA, R, kSs).event, 0x59u);
}

TEST(Look, UpOfAnExplicitPasidMayHitWhatRidPasidLeft)
{
    for (const uint32_t rid_hit : {0u, 1u}) {
        Config config;

        config.vtd.param.rid_hit = rid_hit;
        Bench b(config);

        boot_scalable(b);
        b.target(kSid, kA);
        const Answer a = b.dma(kSid, kA, R, 0); // RID_PASID's value, but explicit
        EXPECT_EQ(a.event, rid_hit ? 0u : 0x48u);
    }
}

TEST(Look, UpOfAnotherPasidDoesNot)
{
    Config config;

    config.vtd.param.rid_hit = 1;
    Bench b(config);

    boot_scalable(b);
    EXPECT_EQ(b.target(kSid, kA), page_of(0, kA));
    EXPECT_EQ(b.target(kSid, kA, kSs), page_of(2, kA));
}

TEST(Look, UpOfContextEntriesIsByMode)
{
    Bench b;

    boot_legacy(b);
    EXPECT_EQ(b.target(kSid, kA), page_of(0, kA));
    b.make_ss(2);
    b.device(kSid);
    b.pasid(kSid, 0, pasid_ss(space(2), 0x12));
    b.write64(RTADDR, kRoots | SCALABLE); // and no invalidation
    b.command(SRTP);
    EXPECT_EQ(b.target(kSid, 0x6000), page_of(2, 0x6000));
}

TEST(Look, UpOfALargePageStillMindsTheInterruptRange)
{
    Bench b;

    boot_scalable(b);
    b.store(space(2) + 0x2008, 0xfee00083); // 2 MiB
    EXPECT_EQ(b.dma(kSid, 0x300000, R, kSs).pa, 0xfef00000u);
    EXPECT_EQ(b.dma(kSid, 0x200000, R, kSs).event, 0x87u);
}

// ---- torn entries ----

struct Order {
    const char *name;
    uint32_t order;
};

VTDM_CASES(Order)

const Order orders[] = {{"up", 0}, {"down", 1}, {"first_last", 2}, {"random", 3}};

class Torn : public testing::TestWithParam<Order>
{
  protected:
    // Ask while @stores change the entry after @n of its four chunks were read.
    struct Result {
        uint64_t target;
        uint32_t event;
        bool is_first_old; // which state of chunk 0 was read
    };
    Result ask(int64_t pasid, const std::vector<uint64_t> &entry, unsigned n)
    {
        Config config;

        config.vtd.param.atom_order = GetParam().order;
        config.vtd.param.atom_cycles = 1000;
        bench_ = std::make_unique<Bench>(config);
        Bench &b = *bench_;

        boot_scalable(b);
        b.make_fs(6);
        b.make_ss(7);
        const uint64_t at = pasid_slot(kSid, static_cast<uint32_t>(pasid));
        const uint64_t before = b.load(at);
        Request r(kSid, kA, R, pasid);
        b.submit(r);
        while (n_chunks(at) < n)
            EXPECT_TRUE(test_machine_step(b.m));
        b.store(at, entry);
        b.settle();
        EXPECT_EQ(r.n_answers, 1u);
        return {r.dma.status == SIM_DMA_OK ? r.dma.pa : 0, r.dma.event, first_chunk(at) == before};
    }
    unsigned n_chunks(uint64_t at) const
    {
        unsigned n = 0;

        for (size_t i = 0; i < test_machine_n_facts(bench_->m); i++) {
            const sim_fact &f = test_machine_facts(bench_->m)[i];

            n += f.kind == SIM_FACT_ATOM_FETCHED && f.arg[1] - at < 64;
        }
        return n;
    }
    uint64_t first_chunk(uint64_t at) const
    {
        for (size_t i = 0; i < test_machine_n_facts(bench_->m); i++) {
            const sim_fact &f = test_machine_facts(bench_->m)[i];

            if (f.kind == SIM_FACT_ATOM_FETCHED && f.arg[1] == at)
                return f.arg[2];
        }
        return 0;
    }
    std::unique_ptr<Bench> bench_;
};

// FS to FS with another domain: the table of one under the domain of the other.
TEST_P(Torn, AssignedEntryMayBeMixed)
{
    bool is_mixed = false;

    for (unsigned n = 1; n < 4; n++) {
        const Result r = ask(kFs, {0x49, 0x800021, space(6)}, n);
        const bool is_new_table = r.target == page_of(6, kA);

        EXPECT_TRUE(is_new_table || r.target == page_of(1, kA));
        // Both words of chunk 0 are what tells the domain.
        Bench &b = *bench_;
        const unsigned reads = b.n_accesses(leaf_slot(is_new_table ? 6 : 1, kA), 8);
        b.run_wait(ptlb_pasid(is_new_table ? 0x21 : 0x11, kFs)); // the domain of that table
        b.target(kSid, kA, kFs);
        if (b.n_accesses(leaf_slot(is_new_table ? 6 : 1, kA), 8) == reads)
            is_mixed = true; // it is still there: under the other domain
    }
    EXPECT_TRUE(is_mixed);
}

// SS to SS: table and domain are in chunk 0, which is one atom.
TEST_P(Torn, ChangeOfChunk0AloneIsNeverMixed)
{
    for (unsigned n = 0; n <= 4; n++) {
        const Result r = ask(kSs, {space(7) | 0x89, 0x800022}, n);
        const bool is_new = r.target == page_of(7, kA);

        EXPECT_TRUE(is_new || r.target == page_of(2, kA));
        EXPECT_EQ(is_new, !r.is_first_old);
        Bench &b = *bench_;
        const uint64_t leaf = leaf_slot(is_new ? 7 : 2, kA);
        const unsigned reads = b.n_accesses(leaf, 8);
        b.run_wait(pc_pasid(is_new ? 0x22 : 0x12, kSs));
        b.run_wait(tlb_domain(is_new ? 0x22 : 0x12));
        EXPECT_EQ(b.target(kSid, kA, kSs), page_of(7, kA));
        EXPECT_EQ(b.n_accesses(leaf, 8), reads + (is_new ? 1u : 0u));
    }
}

// FS to FS of one domain: the table is in chunk 1.
TEST_P(Torn, ChangeOfChunk1AloneIsNeverMixed)
{
    for (unsigned n = 0; n <= 4; n++) {
        const Result r = ask(kFs, {0x49, 0x800011, space(6)}, n);

        EXPECT_TRUE(r.target == page_of(6, kA) || r.target == page_of(1, kA));
        EXPECT_EQ(r.event, 0u);
    }
}

// SS to FS with chunk 1 unprepared: chunk 0 new, chunk 1 old and empty.
TEST_P(Torn, OtherTypeMayBeReadWithoutItsTable)
{
    bool is_broken = false;

    for (unsigned n = 1; n < 4; n++) {
        const Result r = ask(kSs, {0x49, 0x800021, space(6)}, n);

        if (r.target != page_of(6, kA) && r.target != page_of(2, kA))
            is_broken = true;
    }
    if (GetParam().order != 3) { // at random: perhaps
        EXPECT_EQ(is_broken, GetParam().order != 0);
    }
}

INSTANTIATE_TEST_SUITE_P(Orders, Torn, testing::ValuesIn(orders), name_of<Order>);

// ---- caching mode ----

constexpr uint64_t kCm = 0x80;

TEST(CachingMode, OffMeansThatNothingIsKeptOfFaults)
{
    Bench b;

    boot_scalable(b);
    b.pasid(kSid, kSs, {});
    EXPECT_EQ(b.dma(kSid, kA, R, kSs).event, 0x59u);
    b.pasid(kSid, kSs, pasid_ss(space(2), 0x12));
    EXPECT_EQ(b.target(kSid, kA, kSs), page_of(2, kA));
}

TEST(CachingMode, KeepsThatAPasidEntryIsNotThereUnderDomain0)
{
    Bench b(Config().cap(0, kCm));

    boot_scalable(b);
    b.pasid(kSid, kSs, {});
    EXPECT_EQ(b.dma(kSid, kA, R, kSs).event, 0x59u);
    b.pasid(kSid, kSs, pasid_ss(space(2), 0x12));
    EXPECT_EQ(b.dma(kSid, kA, R, kSs).event, 0x59u);
    b.run_wait(pc_pasid(0x12, kSs)); // not its name
    EXPECT_EQ(b.dma(kSid, kA, R, kSs).event, 0x59u);
    b.run_wait(pc_pasid(0, kSs));
    EXPECT_EQ(b.target(kSid, kA, kSs), page_of(2, kA));
}

TEST(CachingMode, KeepsThatADirectoryEntryIsNotThere)
{
    Bench b(Config().cap(0, kCm));

    boot_scalable(b);
    b.store(dir_of(kSid), 0);
    EXPECT_EQ(b.dma(kSid, kA, R, kSs).event, 0x51u);
    b.store(dir_of(kSid), (dir_of(kSid) + 0x1000) | 1);
    EXPECT_EQ(b.dma(kSid, kA, R, kSs).event, 0x51u);
    b.run_wait(pc_pasid(0, kSs));
    EXPECT_EQ(b.target(kSid, kA, kSs), page_of(2, kA));
}

TEST(CachingMode, KeepsThatAContextEntryIsNotThereUnderDomain0)
{
    Bench b(Config().cap(0, kCm));

    boot_legacy(b);
    b.ctx(kSid, {0, 0});
    EXPECT_EQ(b.dma(kSid, kA).event, 0x02u);
    b.ctx(kSid, ctx_ss(space(0), 0x10));
    EXPECT_EQ(b.dma(kSid, kA).event, 0x02u);
    b.run_wait({UINT64_C(0x10) << 32 | 0x10 << 16 | 0x31}); // device, domain 10
    EXPECT_EQ(b.dma(kSid, kA).event, 0x02u);
    b.run_wait({UINT64_C(0x10) << 32 | 0x31}); // device, domain 0
    EXPECT_EQ(b.target(kSid, kA), page_of(0, kA));
}

TEST(CachingMode, KeepsThatARootEntryLeadsNowhere)
{
    Bench b(Config().cap(0, kCm));

    boot_legacy(b);
    b.store(kRoots, 0);
    EXPECT_EQ(b.dma(kSid, kA).event, 0x01u);
    b.store(kRoots, kCtxs | 1);
    EXPECT_EQ(b.dma(kSid, kA).event, 0x01u);
    b.run_wait({0x11});
    EXPECT_EQ(b.target(kSid, kA), page_of(0, kA));
}

TEST(CachingMode, KeepsThatASecondStagePageIsNotThereUnderItsDomain)
{
    Bench b(Config().cap(0, kCm));

    boot_scalable(b);
    b.store(leaf_slot(2, kA), 0);
    EXPECT_EQ(b.dma(kSid, kA, R, kSs).event, 0x79u);
    b.store(leaf_slot(2, kA), ss_entry(page_of(2, kA)));
    EXPECT_EQ(b.dma(kSid, kA, R, kSs).event, 0x79u);
    b.run_wait({UINT64_C(0x12) << 16 | 0xf2, kA | 0x40});
    EXPECT_EQ(b.target(kSid, kA, kSs), page_of(2, kA));
}

TEST(CachingMode, TellsReadersFromWritersOfALegacyPage)
{
    Bench b(Config().cap(0, kCm));

    boot_legacy(b);
    b.store(leaf_slot(0, kA), 0);
    EXPECT_EQ(b.dma(kSid, kA, R).event, 0x06u);
    EXPECT_EQ(b.dma(kSid, kA, W).event, 0x05u);
}

TEST(CachingMode, KeepsNothingOfFirstStagePages)
{
    Bench b(Config().cap(0, kCm));

    boot_scalable(b);
    b.store(leaf_slot(1, kA), 0);
    EXPECT_EQ(b.dma(kSid, kA, R, kFs).event, 0x71u);
    b.store(leaf_slot(1, kA), fs_page(page_of(1, kA)));
    EXPECT_EQ(b.target(kSid, kA, kFs), page_of(1, kA));
}

TEST(CachingMode, KeepsNothingOfNestedPages)
{
    Bench b(Config().cap(0, kCm));

    boot_scalable(b);
    b.store(leaf_slot(3, 0xd000), 0);
    EXPECT_EQ(b.dma(kSid, kA, R, kNested).event, 0x79u);
    b.store(leaf_slot(3, 0xd000), ss_entry(guest(0xd000)));
    EXPECT_EQ(b.target(kSid, kA, kNested), nested_page(kA));
}

TEST(CachingMode, KeepsFpdWithTheFault)
{
    Bench b(Config().cap(0, kCm));

    boot_scalable(b);
    b.store(pasid_slot(kSid, kSs), space(2) | 0x8b);
    b.store(leaf_slot(2, kA), 0);
    for (unsigned i = 0; i < 2; i++)
        EXPECT_EQ(b.dma(kSid, kA, R, kSs).event, 0x79u);
    EXPECT_EQ(b.n_records(), 0u);
}

TEST(CachingMode, MayStillKeepNothing)
{
    Config config;

    config.cap(0, kCm);
    config.vtd.param.cm_cache = 0;
    Bench b(config);

    boot_scalable(b);
    b.pasid(kSid, kSs, {});
    EXPECT_EQ(b.dma(kSid, kA, R, kSs).event, 0x59u);
    b.pasid(kSid, kSs, pasid_ss(space(2), 0x12));
    EXPECT_EQ(b.target(kSid, kA, kSs), page_of(2, kA));
}

// ---- invalidations and what is on its way ----

// The leaf was read, the result is to come: longer than an invalidation takes.
TEST(InFlight, WhatBeganBeforeAnInvalidationIsNotKept)
{
    Config config;

    config.vtd.param.step_cycles = 10000;
    Bench b(config);

    boot_scalable(b);
    b.target(kSid, 0x6000, kSs);
    Request r(kSid, kA, R, kSs);
    b.submit(r);
    const size_t n = b.n_facts(SIM_FACT_WALK_STEP);
    while (b.n_facts(SIM_FACT_WALK_STEP) == n)
        ASSERT_TRUE(test_machine_step(b.m));
    b.store(leaf_slot(2, kA), ss_entry(page_of(2, 0x7000)));
    b.put({UINT64_C(0x12) << 16 | 0xf2, kA | 0x40});
    b.ring();
    while (b.n_facts(SIM_FACT_TLB_SWEPT) == 0)
        ASSERT_TRUE(test_machine_step(b.m));
    EXPECT_EQ(r.n_answers, 0u);
    b.settle();
    EXPECT_EQ(r.dma.pa, page_of(2, kA));
    EXPECT_EQ(b.target(kSid, kA, kSs), page_of(2, 0x7000));
}

TEST(InFlight, RequestsOfAfterwardsDoNotGetWhatBeganBefore)
{
    Config config;

    config.vtd.param.step_cycles = 10000;
    Bench b(config);

    boot_scalable(b);
    b.target(kSid, 0x6000, kSs);
    Request before(kSid, kA, R, kSs), after(kSid, kA, R, kSs);
    b.submit(before);
    const size_t n = b.n_facts(SIM_FACT_WALK_STEP);
    while (b.n_facts(SIM_FACT_WALK_STEP) == n)
        ASSERT_TRUE(test_machine_step(b.m));
    b.store(leaf_slot(2, kA), ss_entry(page_of(2, 0x7000)));
    b.put({UINT64_C(0x12) << 16 | 0xf2, kA | 0x40});
    b.ring();
    while (b.n_facts(SIM_FACT_TLB_SWEPT) == 0)
        ASSERT_TRUE(test_machine_step(b.m));
    b.submit(after);
    b.settle();
    EXPECT_EQ(after.dma.pa, page_of(2, 0x7000));
}

TEST(InFlight, AWaitIsAfterTheRequestsThatBeganBeforeIt)
{
    Bench b(Config().memory(1000000));
    uint64_t out = 0x77;

    boot_scalable(b);
    Request r(kSid, kA, W, kSs);
    r.dma.data = &out;
    b.submit(r);
    b.put(tlb_domain(0x12));
    b.put(Bench::wait_for(0, 9));
    b.ring();
    while (b.status(0) != 9)
        ASSERT_TRUE(test_machine_step(b.m));
    EXPECT_EQ(b.load(page_of(2, kA)), 0x77u);
}

} // namespace
