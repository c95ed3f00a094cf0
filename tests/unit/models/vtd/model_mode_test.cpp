// SPDX-License-Identifier: BSD-2-Clause
// model_mode_test.cpp - what a unit may keep, forget or read ahead, how much it does at once, and
// what a reset leaves of it.
#include "tests/unit/models/vtd/stage_bench.h"

#include <memory>

#include "sim/snapshot.h"

namespace
{

using namespace stage;

constexpr unsigned R = SIM_DMA_READ;
constexpr uint64_t kA = 0x5000;

enum : uint32_t { NORMAL, NEVER, ALWAYS_MISS, HOLD, RANDOM };
enum : uint32_t { NO_PREFETCH, NEXT_PAGE, REACHABLE };

template <typename F> Config tuned(F tune)
{
    Config config;

    tune(config.vtd.param);
    return config;
}

unsigned n_walk_reads(const Bench &b)
{
    return b.n_facts(SIM_FACT_WALK_STEP);
}

// ---- caches ----

TEST(Caches, ThatAlwaysMissAreFilledAndFoundEmpty)
{
    Bench b(tuned([](vtd_param &p) { p.cache_mode = ALWAYS_MISS; }));

    boot_scalable(b);
    for (unsigned i = 1; i <= 3; i++) {
        EXPECT_EQ(b.target(kSid, kA, kSs), page_of(2, kA));
        EXPECT_EQ(n_walk_reads(b), 4 * i);
        EXPECT_EQ(b.n_facts(SIM_FACT_TLB_FILLED), i);
    }
}

TEST(Caches, ThatAlwaysMissStillHaveEntriesToSweep)
{
    Bench b(tuned([](vtd_param &p) { p.cache_mode = ALWAYS_MISS; }));

    boot_scalable(b);
    b.target(kSid, kA, kSs);
    b.run_wait({UINT64_C(0x12) << 16 | 0xe2});
    EXPECT_GT(b.last_fact(SIM_FACT_TLB_SWEPT).arg[1], 0u);
}

TEST(Caches, ThatHoldKeepWhatCameFirst)
{
    Bench b(tuned([](vtd_param &p) {
        p.cache_mode = HOLD;
        p.tlb_entries = 1;
        p.tlb_ways = 1;
    }));

    boot_scalable(b);
    for (uint64_t iova = 0; iova < 0x10000; iova += 0x1000)
        b.target(kSid, iova, kSs);
    const unsigned n = n_walk_reads(b);
    b.target(kSid, 0, kSs); // eight ways
    EXPECT_EQ(n_walk_reads(b), n);
    b.target(kSid, 0xf000, kSs);
    EXPECT_EQ(n_walk_reads(b), n + 1);
}

TEST(Caches, ThatForgetAtRandomTranslateAlike)
{
    Bench b(tuned([](vtd_param &p) { p.cache_mode = RANDOM; }));

    boot_scalable(b);
    for (unsigned i = 0; i < 300; i++) {
        const uint64_t iova = 0x1000 * (i % 8);

        EXPECT_EQ(b.target(kSid, iova, kSs), page_of(2, iova));
        EXPECT_EQ(b.target(kSid, iova, kNested), nested_page(iova));
        EXPECT_EQ(b.target(kSid, iova, kFs), page_of(1, iova));
    }
    EXPECT_GT(n_walk_reads(b), 60u); // more than once for each page
}

TEST(Caches, OfOneEntryHoldOne)
{
    Bench b(tuned([](vtd_param &p) {
        p.tlb_entries = 9;
        p.tlb_reserved = 8;
        p.tlb_ways = 0;
    }));

    boot_scalable(b);
    b.target(kSid, kA, kSs);
    const unsigned n = n_walk_reads(b);
    b.target(kSid, kA, kSs);
    EXPECT_EQ(n_walk_reads(b), n);
    b.target(kSid, 0x6000, kSs);
    b.target(kSid, kA, kSs);
    EXPECT_EQ(n_walk_reads(b), n + 2);
}

TEST(Caches, OfWhichNothingIsLeftAreRefused)
{
    const Config config = tuned([](vtd_param &p) {
        p.tlb_entries = 8;
        p.tlb_reserved = 8;
    });

    EXPECT_EQ(vtd_machine_new(&config), nullptr);
}

TEST(Caches, OfTablesMayBeMissing)
{
    Bench b(tuned([](vtd_param &p) { p.psc_entries = 0; }));

    boot_scalable(b);
    b.target(kSid, kA, kSs);
    b.target(kSid, 0x6000, kSs);
    EXPECT_EQ(n_walk_reads(b), 8u);
    b.run_wait({UINT64_C(0x12) << 16 | 0xe2});
    EXPECT_EQ(b.target(kSid, kA, kSs), page_of(2, kA));
}

TEST(Caches, OfConfigurationServeAllPagesOfADevice)
{
    Bench b;

    boot_scalable(b);
    b.target(kSid, kA, kSs);
    const unsigned n = b.n_facts(SIM_FACT_ATOM_FETCHED);
    EXPECT_EQ(n, 8u);
    EXPECT_EQ(b.n_facts(SIM_FACT_ENTRY_CACHED), 2u);
    b.target(kSid, 0x6000, kSs);
    EXPECT_EQ(b.n_facts(SIM_FACT_ATOM_FETCHED), n);
    b.target(kSid, kA, kFs); // directory and entry
    EXPECT_EQ(b.n_facts(SIM_FACT_ATOM_FETCHED), n + 5);
}

TEST(Caches, OfPagesOfSeveralSizesFindEach)
{
    for (const uint32_t ways : {0u, 4u}) {
        Bench b(tuned([=](vtd_param &p) { p.tlb_ways = ways; }));

        boot_scalable(b);
        b.store(space(2) + 0x2008, 0x10000083);
        b.store(space(2) + 0x1008, 0x80000083);
        for (unsigned i = 0; i < 2; i++) {
            EXPECT_EQ(b.target(kSid, kA, kSs), page_of(2, kA));
            EXPECT_EQ(b.target(kSid, 0x312345 + 0x8000 * i, kSs), 0x10112345u + 0x8000 * i);
            EXPECT_EQ(b.target(kSid, 0x52345678 + 0x800000 * i, kSs), 0x92345678u + 0x800000 * i);
        }
        EXPECT_EQ(b.n_facts(SIM_FACT_TLB_FILLED), 3u);
    }
}

// ---- reading ahead ----

TEST(Prefetch, OfTheNextPageSavesItsWalk)
{
    Bench b(tuned([](vtd_param &p) { p.prefetch = NEXT_PAGE; }));

    boot_scalable(b);
    b.target(kSid, kA, kSs);
    EXPECT_EQ(n_walk_reads(b), 5u);
    b.target(kSid, 0x6000, kSs);
    EXPECT_EQ(n_walk_reads(b), 5u);
}

TEST(Prefetch, OfAMissingPageIsSilent)
{
    Bench b(tuned([](vtd_param &p) { p.prefetch = NEXT_PAGE; }));

    boot_scalable(b);
    EXPECT_EQ(b.target(kSid, 0xf000, kSs), page_of(2, 0xf000));
    EXPECT_EQ(b.n_records(), 0u);
    EXPECT_EQ(n_walk_reads(b), 5u);
}

TEST(Prefetch, ChangesNoMemory)
{
    Bench b(tuned([](vtd_param &p) { p.prefetch = NEXT_PAGE; }));

    boot_scalable(b);
    b.store(leaf_slot(1, 0x6000), fs_fresh(page_of(1, 0x6000)));
    b.target(kSid, kA, kFs);
    EXPECT_EQ(b.load(leaf_slot(1, 0x6000)), fs_fresh(page_of(1, 0x6000)));
    EXPECT_EQ(b.target(kSid, 0x6000, kFs), page_of(1, 0x6000));
    EXPECT_EQ(b.load(leaf_slot(1, 0x6000)), page_of(1, 0x6000) | 0x27);
}

// Entries that nobody has asked for: a chunk that is unused now may be in the cache as it was.
TEST(Prefetch, OfWhateverCanBeReachedReadsOtherPasids)
{
    bool was_read = false;

    for (uint32_t seed = 0; seed < 50 && !was_read; seed++) {
        Bench b(tuned([=](vtd_param &p) {
            p.prefetch = REACHABLE;
            p.seed = seed;
        }));

        boot_scalable(b);
        b.target(kSid, kA, kSs);
        was_read = b.n_accesses(pasid_slot(kSid, kSs ^ 1), 64) != 0; // kNested
        EXPECT_EQ(b.n_records(), 0u);
    }
    EXPECT_TRUE(was_read);
}

// ---- how much at once ----

TEST(Slots, OfRequestsPushBack)
{
    Config config = tuned([](vtd_param &p) { p.request_slots = 2; });
    Bench b(config.memory(100000));
    const sim_iommu *iommu = test_machine_iommu(b.m);
    Request x(kSid, 0x1000, R, kSs), y(kSid, 0x2000, R, kSs), z(kSid, 0x3000, R, kSs);

    boot_scalable(b);
    b.submit(x);
    b.submit(y);
    EXPECT_FALSE(iommu->ops->submit(iommu->model, &z.dma));
    b.settle();
    b.submit(z);
    b.settle();
    EXPECT_EQ(z.dma.pa, page_of(2, 0x3000));
}

TEST(Slots, OfWalksAreTakenInTurn)
{
    Config config = tuned([](vtd_param &p) {
        p.walk_slots = 1;
        p.cfg_slots = 1;
    });
    Bench b(config.memory(100000));
    std::vector<std::unique_ptr<Request>> requests;

    boot_scalable(b);
    for (uint64_t iova = 0; iova < 0x8000; iova += 0x1000) {
        requests.push_back(std::make_unique<Request>(kSid, iova, R, kNested));
        b.submit(*requests.back());
    }
    b.settle();
    for (const auto &r : requests) {
        EXPECT_EQ(r->n_answers, 1u);
        EXPECT_EQ(r->dma.pa, nested_page(r->dma.iova));
    }
}

TEST(Slots, OfMissesStopHitsToo)
{
    Config config = tuned([](vtd_param &p) { p.hit_under_miss = 1; });
    Bench b(config.memory(100000));
    const sim_iommu *iommu = test_machine_iommu(b.m);
    Request x(kSid, 0x1000, R, kSs), y(kSid, 0x2000, R, kSs);
    Request hit(kSid, kA, R, kSs), late(kSid, kA, R, kSs);

    boot_scalable(b);
    b.target(kSid, kA, kSs);
    b.submit(x);
    test_machine_run_until(b.m, test_machine_now_ps(b.m) + 10); // it has missed
    b.submit(hit);                                              // under one miss
    b.submit(y);
    test_machine_run_until(b.m, test_machine_now_ps(b.m) + 10);
    EXPECT_EQ(hit.n_answers, 1u);
    EXPECT_FALSE(iommu->ops->submit(iommu->model, &late.dma));
    b.settle();
    EXPECT_EQ(x.n_answers + y.n_answers, 2u);
}

TEST(Slots, RequestsForAPageThatIsWalkedForMayBeReplayed)
{
    Config config = tuned([](vtd_param &p) {
        p.same_page = 1;
        p.replay_cycles = 1000000;
    });
    Bench b(config.memory(100000));
    Request x(kSid, kA, R, kSs), y(kSid, kA + 64, R, kSs);

    boot_scalable(b);
    b.submit(x);
    b.submit(y);
    test_machine_run_until(b.m, test_machine_now_ps(b.m) + 1000000); // eight reads
    EXPECT_EQ(x.n_answers, 1u);
    EXPECT_EQ(y.n_answers, 0u);
    b.settle();
    EXPECT_EQ(y.dma.pa, page_of(2, kA) + 64);
    EXPECT_EQ(n_walk_reads(b), 4u);
}

TEST(Atoms, OfEightBytesAreMoreReads)
{
    Bench b(tuned([](vtd_param &p) { p.atom_bytes = 8; }));

    boot_scalable(b);
    EXPECT_EQ(b.target(kSid, kA, kNested), nested_page(kA));
    EXPECT_EQ(b.n_facts(SIM_FACT_ATOM_FETCHED), 2u + 4 + 1 + 8);
}

TEST(Atoms, InEveryOrderMakeTheSameEntry)
{
    for (uint32_t order = 0; order < 4; order++) {
        for (const uint32_t cycles : {0u, 7u}) {
            Bench b(tuned([=](vtd_param &p) {
                p.atom_order = order;
                p.atom_cycles = cycles;
            }));

            boot_scalable(b);
            EXPECT_EQ(b.target(kSid, kA, kNested), nested_page(kA));
        }
    }
}

// ---- protected memory ----

TEST(Protected, MemoryIsBlockedWithoutARecord)
{
    for (const bool is_on : {false, true}) {
        Bench b;

        b.make_ss(0);
        b.ctx(kSid, ctx_ss(space(0), 1));
        Boot how;
        how.is_on = is_on;
        b.boot(how);
        b.write(PLMBASE, static_cast<uint32_t>(page_of(0, 0x3000)));
        b.write(PLMLIMIT, static_cast<uint32_t>(page_of(0, 0x4000)));
        b.write(PMEN, 0x80000000);
        b.settle();
        const uint64_t base = is_on ? 0 : page_of(0, 0);
        EXPECT_EQ(b.dma(kSid, base + 0x2ff8).status, SIM_DMA_OK);
        EXPECT_EQ(b.dma(kSid, base + 0x3000).status, SIM_DMA_UR);
        EXPECT_EQ(b.dma(kSid, base + 0x4ff8).status, SIM_DMA_UR);
        EXPECT_EQ(b.dma(kSid, base + 0x5000).status, SIM_DMA_OK);
        EXPECT_EQ(b.n_records(), 0u);
    }
}

TEST(Protected, MemoryMayBeOpenToWhatIsTranslated)
{
    Bench b(tuned([](vtd_param &p) { p.pmr_checked = 0; }));

    boot_legacy(b);
    b.write(PLMBASE, static_cast<uint32_t>(page_of(0, 0x3000)));
    b.write(PLMLIMIT, static_cast<uint32_t>(page_of(0, 0x4000)));
    b.write(PMEN, 0x80000000);
    b.settle();
    EXPECT_EQ(b.dma(kSid, 0x3000).status, SIM_DMA_OK);
}

// ---- reset, snapshots ----

TEST(Reset, AnswersEverythingAndForgetsEverything)
{
    Bench b(Config().memory(100000));
    const sim_iommu *iommu = test_machine_iommu(b.m);
    std::vector<std::unique_ptr<Request>> requests;

    boot_scalable(b);
    b.target(kSid, kA, kSs);
    for (uint64_t iova = 0; iova < 0x8000; iova += 0x1000) {
        requests.push_back(std::make_unique<Request>(kSid, iova, R, kNested));
        b.submit(*requests.back());
    }
    test_machine_run_until(b.m, test_machine_now_ps(b.m) + 350000);
    iommu->ops->reset(iommu->model);
    b.settle();
    for (const auto &r : requests)
        EXPECT_EQ(r->n_answers, 1u);
    const unsigned n = n_walk_reads(b);
    b.boot(scalable());
    EXPECT_EQ(b.target(kSid, kA, kSs), page_of(2, kA));
    EXPECT_EQ(n_walk_reads(b), n + 4);
    EXPECT_EQ(b.target(kSid, kA, kNested), nested_page(kA));
}

TEST(Snapshot, GoesTheSameWayAgain)
{
    Bench b(Config().memory(100000));
    sim_snapshot *snapshot = sim_snapshot_new();
    Request x(kSid, 0x1000, R, kNested), y(kSid, 0x2000, R, kFs);

    boot_scalable(b);
    b.target(kSid, kA, kSs);
    b.submit(x);
    b.submit(y);
    test_machine_run_until(b.m, test_machine_now_ps(b.m) + 250000);
    test_machine_add_state(b.m, snapshot);
    ASSERT_EQ(sim_snapshot_add(snapshot, &x, sizeof(x)), 0);
    ASSERT_EQ(sim_snapshot_add(snapshot, &y, sizeof(y)), 0);
    test_machine_take(b.m, snapshot);
    std::array<uint64_t, 3> ends[2];
    for (auto &end : ends) {
        b.settle();
        end = {x.dma.pa, y.dma.pa, test_machine_now_ps(b.m)};
        EXPECT_EQ(x.n_answers + y.n_answers, 2u);
        test_machine_restore(b.m, snapshot);
        EXPECT_EQ(x.n_answers + y.n_answers, 0u);
    }
    EXPECT_EQ(ends[0], ends[1]);
    EXPECT_EQ(ends[0][0], nested_page(0x1000));
    b.settle();
    sim_snapshot_free(snapshot);
}

} // namespace
