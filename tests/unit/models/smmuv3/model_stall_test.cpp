// SPDX-License-Identifier: BSD-2-Clause
// What software says to stalled requests: RESUME, STALL_TERM, their tokens (4.7.1, 4.7.2; facts
// V01, V04, V05).
#include "tests/unit/models/smmuv3/stall_bench.h"

#include <algorithm>
#include <memory>
#include <set>

namespace
{

using namespace stall;

// ---- RESUME ----

TEST(SmmuStall, WaitsUntilSoftwareSaysSo)
{
    Bench b(stall_config());
    Request r(1, kHole);

    make_stalling(b, 1, 0, 5);
    b.boot();
    b.submit(r);
    b.settle();
    b.store(leaf_slot(0, kHole), page(page_of(0, kHole)));
    b.run_sync(0x30);
    EXPECT_TRUE(is_stalled(r));
    resume(b, 1, stag_of(b, 0), kRetry);
    EXPECT_TRUE(has_ended(r, SIM_DMA_OK));
    EXPECT_EQ(r.dma.pa, page_of(0, kHole));
    EXPECT_EQ(r.dma.event, NO_EVENT);
    EXPECT_EQ(b.n_events(), 1u);
}

TEST(SmmuStall, V01_RetryIsANewTransaction)
{
    Bench b(stall_config());
    Request r(1, kHole);

    make_stalling(b, 1, 0, 5);
    b.make_space(1);
    b.boot();
    b.submit(r);
    b.settle();
    // Another table, another ASID: all is looked up again.
    b.store(leaf_slot(1, kHole), page(page_of(1, kHole)));
    b.cd(1, 0, {cd_q0(6), space(1), 0, 0xff});
    b.run_sync(0x100000005);
    EXPECT_TRUE(is_stalled(r)); // Y09
    resume(b, 1, stag_of(b, 0), kRetry);
    EXPECT_TRUE(has_ended(r, SIM_DMA_OK));
    EXPECT_EQ(r.dma.pa, page_of(1, kHole));
}

TEST(SmmuStall, V01_WhatARetryFindsIsCached)
{
    Bench b(stall_config());
    Request r(1, kHole);

    make_stalling(b, 1, 0, 5);
    b.boot();
    b.submit(r);
    b.settle();
    b.store(leaf_slot(0, kHole), page(page_of(0, kHole)));
    b.run_sync(0x30); // nothing from before it may be kept
    resume(b, 1, stag_of(b, 0), kRetry);
    const unsigned n_before = b.n_accesses(leaf_slot(0, kHole), 8);
    EXPECT_EQ(b.target(1, kHole), page_of(0, kHole));
    EXPECT_EQ(b.n_accesses(leaf_slot(0, kHole), 8), n_before);
}

TEST(SmmuStall, V01_RetryMayFailOtherwise)
{
    Bench b(stall_config());
    Request r(1, kHole, SIM_DMA_WRITE);

    make_stalling(b, 1, 0, 5);
    b.boot();
    b.submit(r);
    b.settle();
    b.store(leaf_slot(0, kHole), page_of(0, kHole) | 0xfc3); // read-only
    resume(b, 1, stag_of(b, 0), kRetry);
    EXPECT_TRUE(is_stalled(r));
    ASSERT_EQ(b.n_events(), 2u);
    EXPECT_EQ(b.event(1)[0], 0x100000013u);
    EXPECT_EQ(b.event(1)[1] & kStall, kStall);
    b.cd(1, 0, {cd_q0(5), space(0), 0, 0xff}); // S=0
    b.run_sync(0x100000005);
    resume(b, 1, stag_of(b, 1), kRetry);
    EXPECT_TRUE(has_ended(r, SIM_DMA_ABORT));
    ASSERT_EQ(b.n_events(), 3u);
    EXPECT_EQ(b.event(2)[1] & kStall, 0u);
}

TEST(SmmuStall, ResumeEndsInAnAbort)
{
    Bench b(stall_config());
    Request r(1, kHole);

    make_stalling(b, 1, 0, 5);
    b.boot();
    b.submit(r);
    b.settle();
    resume(b, 1, stag_of(b, 0), kAbort);
    EXPECT_TRUE(has_ended(r, SIM_DMA_ABORT));
    EXPECT_EQ(r.dma.event, F_TRANSLATION);
    EXPECT_EQ(b.n_events(), 1u);
}

TEST(SmmuStall, ResumeReadsZero)
{
    Bench b(stall_config());
    Request r(1, kHole);
    uint64_t data = ~uint64_t{0};

    make_stalling(b, 1, 0, 5);
    b.boot();
    r.dma.data = &data;
    b.submit(r);
    b.settle();
    resume(b, 1, stag_of(b, 0), kRazWi);
    EXPECT_TRUE(has_ended(r, SIM_DMA_RAZ_WI));
    EXPECT_EQ(data, 0u);
}

TEST(SmmuStall, AbortIsTheOnlyWayToTerminate)
{
    Bench b(stall_config().idr0(0, kAbortOnly));
    Request r(1, kHole);

    make_stalling(b, 1, 0, 5);
    b.boot();
    b.submit(r);
    b.settle();
    resume(b, 1, stag_of(b, 0), kRazWi);
    EXPECT_TRUE(has_ended(r, SIM_DMA_ABORT));
}

TEST(SmmuStall, ResumeOfNothingDoesNothing)
{
    Bench b(stall_config());
    Request r(1, kHole);

    make_stalling(b, 1, 0, 5);
    b.boot();
    b.submit(r);
    b.settle();
    const uint64_t stag = stag_of(b, 0);
    resume(b, 2, stag, kAbort);
    resume(b, 1, stag + 1, kAbort);
    resume(b, 1, stag ^ 0x8000, kAbort);
    resume(b, 1, 0xffff, kAbort);
    EXPECT_TRUE(is_stalled(r));
    EXPECT_EQ(b.read(GERROR), 0u);
    resume(b, 1, stag, kAbort);
    resume(b, 1, stag, kAbort);
    EXPECT_TRUE(has_ended(r, SIM_DMA_ABORT));
    EXPECT_EQ(b.read(CMDQ_CONS), 6u);
}

TEST(SmmuStall, CommandsAreIllegalWithoutStalls)
{
    for (const uint64_t word : {kRetry, kStallTerm}) {
        Bench b;

        b.boot();
        b.run(word);
        EXPECT_EQ(b.read(GERROR), 0x1u);
        EXPECT_EQ(b.read(CMDQ_CONS), 0x1000000u);
    }
}

// The same past the queue (struct sim_iommu_ops): nobody's slots are touched.
TEST(SmmuStall, AnswerPastTheQueue)
{
    Bench b(stall_config());
    const sim_iommu *iommu = test_machine_iommu(b.m);
    const uint64_t wrong[2] = {sid_of(2) | kAbort, 0}, term[2] = {sid_of(1) | kStallTerm, 0};
    Request r(1, kHole);

    make_stalling(b, 1, 0, 5);
    b.boot();
    b.submit(r);
    b.settle();
    const uint64_t right[2] = {sid_of(1) | kAbort, stag_of(b, 0)};
    iommu->ops->answer(iommu->model, wrong);
    iommu->ops->answer(iommu->model, term);
    b.settle();
    EXPECT_TRUE(is_stalled(r));
    iommu->ops->answer(iommu->model, right);
    b.settle();
    EXPECT_TRUE(has_ended(r, SIM_DMA_ABORT));
    EXPECT_EQ(b.read(CMDQ_CONS), 0u);
    EXPECT_EQ(b.read(GERROR), 0u);
}

// ---- STALL_TERM ----

TEST(SmmuStall, TermEndsThoseOfOneStream)
{
    Bench b(stall_config());
    Request r1(1, kHole), r2(1, kHole + 0x1000), other(2, kHole);

    make_stalling(b, 1, 0, 5);
    make_stalling(b, 2, 1, 6);
    b.boot();
    b.submit(r1);
    b.submit(other);
    b.submit(r2);
    b.settle();
    b.run(sid_of(1) | kStallTerm);
    EXPECT_TRUE(has_ended(r1, SIM_DMA_ABORT));
    EXPECT_TRUE(has_ended(r2, SIM_DMA_ABORT));
    EXPECT_TRUE(is_stalled(other));
    EXPECT_EQ(b.n_events(), 3u);
}

// ---- STAGs ----

TEST(SmmuStall, V04_StagsAreUnique)
{
    Bench b(stall_config());
    std::vector<std::unique_ptr<Request>> all;
    std::set<uint64_t> stags;

    make_stalling(b, 1, 0, 5);
    b.boot();
    for (uint64_t i = 0; i < 16; i++) {
        all.emplace_back(new Request(1, kHole + 0x1000 * i));
        b.submit(*all.back());
    }
    b.settle();
    ASSERT_EQ(b.n_events(), 16u);
    for (uint32_t i = 0; i < 16; i++)
        stags.insert(stag_of(b, i));
    EXPECT_EQ(stags.size(), 16u);
    // Each names its own.
    for (uint32_t i = 0; i < 16; i++) {
        const uint64_t iova = b.event(i)[2];

        resume(b, 1, stag_of(b, i), kAbort);
        EXPECT_TRUE(has_ended(*all[(iova - kHole) >> 12], SIM_DMA_ABORT)) << i;
        EXPECT_EQ(static_cast<size_t>(std::count_if(all.begin(), all.end(),
                                                    [](const auto &r) { return is_stalled(*r); })),
                  15u - i);
    }
}

TEST(SmmuStall, V04_NoMoreThanStallMax)
{
    Bench b(stall_config(0, 2));
    Request r1(1, kHole), r2(1, kHole + 0x1000), r3(1, kHole + 0x2000);

    make_stalling(b, 1, 0, 5);
    b.boot();
    b.submit(r1);
    b.submit(r2);
    b.submit(r3);
    b.settle();
    EXPECT_EQ(b.n_events(), 2u);
    EXPECT_TRUE(is_stalled(r3));
    b.run_sync(0x30); // does not wait for it
    resume(b, 1, stag_of(b, 0), kAbort);
    EXPECT_EQ(b.n_events(), 3u);
    EXPECT_EQ(stag_of(b, 2), stag_of(b, 0));
    EXPECT_EQ(b.event(2)[2], kHole + 0x2000);
    EXPECT_TRUE(is_stalled(r3));
    EXPECT_TRUE(is_stalled(r2));
}

TEST(SmmuStall, V04_WhoWaitsTriesAgain)
{
    Bench b(stall_config(0, 1));
    Request r1(1, kHole), r2(1, kHole + 0x1000), r3(1, kHole + 0x2000);

    make_stalling(b, 1, 0, 5);
    b.boot();
    b.submit(r1);
    b.submit(r2);
    b.submit(r3);
    b.settle();
    EXPECT_EQ(b.n_events(), 1u);
    b.store(leaf_slot(0, kHole + 0x1000), page(page_of(0, kHole + 0x1000)));
    resume(b, 1, stag_of(b, 0), kAbort);
    EXPECT_TRUE(has_ended(r2, SIM_DMA_OK)); // needed no token after all
    EXPECT_TRUE(is_stalled(r3));            // and so it has it
    EXPECT_EQ(b.n_events(), 2u);
    b.run(sid_of(1) | kStallTerm);
    EXPECT_TRUE(has_ended(r3, SIM_DMA_ABORT));
}

TEST(SmmuStall, V04_TermEndsWhoWaitsForAToken)
{
    Bench b(stall_config(0, 1));
    Request r1(1, kHole), r2(1, kHole + 0x1000);

    make_stalling(b, 1, 0, 5);
    b.boot();
    b.submit(r1);
    b.submit(r2);
    b.settle();
    b.run(sid_of(1) | kStallTerm);
    EXPECT_TRUE(has_ended(r1, SIM_DMA_ABORT));
    EXPECT_TRUE(has_ended(r2, SIM_DMA_ABORT));
    EXPECT_EQ(b.n_events(), 1u);
}

TEST(SmmuStall, KeepsItsSlotOfTheTbu)
{
    Config c = stall_config();

    c.smmu.param.tbu_slots = 1;
    c.smmu.param.tcu_slots = 1;
    c.smmu.param.walk_slots = 1;
    Bench b(c);
    const sim_iommu *iommu = test_machine_iommu(b.m);
    Request r1(1, kHole), r2(1, 0x1000);

    make_stalling(b, 1, 0, 5);
    b.boot();
    b.submit(r1);
    b.settle();
    EXPECT_FALSE(iommu->ops->submit(iommu->model, &r2.dma));
    resume(b, 1, stag_of(b, 0), kAbort);
    EXPECT_EQ(b.dma(1, 0x1000).status, SIM_DMA_OK);
}

TEST(SmmuStall, GivesEverythingElseBack)
{
    Config c = stall_config();

    c.smmu.param.tcu_slots = 1;
    c.smmu.param.walk_slots = 1;
    Bench b(c);
    Request r1(1, kHole), r2(1, kHole + 0x1000);

    make_stalling(b, 1, 0, 5);
    b.boot();
    b.submit(r1);
    b.submit(r2);
    b.settle();
    EXPECT_EQ(b.n_events(), 2u);
    EXPECT_EQ(b.dma(1, 0x1000).status, SIM_DMA_OK);
}

// Of two streams: the one that waits goes, the one that has the token stays.
TEST(SmmuStall, V04_TermEndsOnlyWhoWaits)
{
    Bench b(stall_config(0, 1));
    Request r1(1, kHole), r2(2, kHole);

    make_stalling(b, 1, 0, 5);
    make_stalling(b, 2, 1, 6);
    b.boot();
    b.submit(r1);
    b.submit(r2);
    b.settle();
    b.run(sid_of(2) | kStallTerm);
    EXPECT_TRUE(has_ended(r2, SIM_DMA_ABORT));
    EXPECT_TRUE(is_stalled(r1));
    resume(b, 1, stag_of(b, 0), kAbort);
    EXPECT_TRUE(has_ended(r1, SIM_DMA_ABORT));
    b.run_sync(0x30);
    EXPECT_EQ(b.n_events(), 1u);
}

// ---- V05: duplicates ----

TEST(SmmuStall, V05_EachIsRecorded)
{
    Bench b(stall_config());
    Request r1(1, kHole), r2(1, kHole + 8);

    make_stalling(b, 1, 0, 5);
    b.boot();
    b.submit(r1);
    b.submit(r2);
    b.settle();
    EXPECT_EQ(b.n_events(), 2u);
}

Config suppressing(uint32_t max = 16)
{
    Config c = stall_config(0, max);

    c.smmu.param.stall_dup = 1;
    return c;
}

TEST(SmmuStall, V05_OneResumeReleasesAll)
{
    Bench b(suppressing());
    Request other(1, kHole + 0x1000), r1(1, kHole), r2(1, kHole + 8), r3(1, kHole + 0xff8);

    make_stalling(b, 1, 0, 5);
    b.boot();
    b.submit(other);
    b.settle();
    b.submit(r1);
    b.settle();
    b.submit(r2);
    b.submit(r3);
    b.settle();
    EXPECT_EQ(b.n_events(), 2u);
    b.run_sync(0x30);
    b.store(leaf_slot(0, kHole), page(page_of(0, kHole)));
    resume(b, 1, stag_of(b, 1), kRetry);
    EXPECT_TRUE(has_ended(r1, SIM_DMA_OK));
    EXPECT_TRUE(has_ended(r2, SIM_DMA_OK));
    EXPECT_TRUE(has_ended(r3, SIM_DMA_OK));
    EXPECT_EQ(r3.dma.pa, page_of(0, kHole) + 0xff8);
}

TEST(SmmuStall, V05_OthersTryAgainOnTheirOwn)
{
    Bench b(suppressing());
    Request r1(1, kHole), r2(1, kHole + 8);

    make_stalling(b, 1, 0, 5);
    b.boot();
    b.submit(r1);
    b.submit(r2);
    b.settle();
    EXPECT_EQ(b.n_events(), 1u);
    resume(b, 1, stag_of(b, 0), kAbort);
    EXPECT_TRUE(has_ended(r1, SIM_DMA_ABORT));
    EXPECT_TRUE(is_stalled(r2));
    EXPECT_EQ(b.n_events(), 2u);
    EXPECT_EQ(b.event(1)[2], kHole + 8);
}

TEST(SmmuStall, V05_WhateverBecomesOfTheFirst)
{
    Bench b(suppressing());
    Request r1(1, kHole), r2(1, kHole + 8);

    make_stalling(b, 1, 0, 5);
    b.boot();
    b.submit(r1);
    b.submit(r2);
    b.settle();
    b.ste(1, {0});
    b.run_sync(0x100000003, 1);
    resume(b, 1, stag_of(b, 0), kRetry);
    EXPECT_TRUE(has_ended(r1, SIM_DMA_ABORT));
    EXPECT_TRUE(has_ended(r2, SIM_DMA_ABORT));
    EXPECT_EQ(r2.dma.event, C_BAD_STE);
}

// A request that had a token before it became like another one.
TEST(SmmuStall, V05_ADuplicateNeedsNoToken)
{
    Bench b(suppressing(2));
    Request r1(1, kHole), r2(1, kHole + 8), r3(1, kHole + 0x1000);

    make_stalling(b, 1, 0, 5);
    b.boot();
    b.submit(r1);
    b.settle();
    b.store(leaf_slot(0, kHole), page_of(0, kHole) | 0xb43); // AF=0
    b.submit(r2);
    b.settle();
    ASSERT_EQ(b.n_events(), 2u);
    EXPECT_EQ(b.event(1)[0], 0x100000012u);
    b.store(leaf_slot(0, kHole), 0);
    resume(b, 1, stag_of(b, 1), kRetry);
    EXPECT_EQ(b.n_events(), 2u);
    b.submit(r3);
    b.settle();
    EXPECT_EQ(b.n_events(), 3u);
    EXPECT_EQ(stag_of(b, 2), stag_of(b, 1));
    resume(b, 1, stag_of(b, 0), kAbort);
    EXPECT_TRUE(has_ended(r1, SIM_DMA_ABORT));
    EXPECT_EQ(b.n_events(), 4u); // the second, again
}

TEST(SmmuStall, V05_TermEndsDuplicatesToo)
{
    Bench b(suppressing());
    Request r1(1, kHole), r2(1, kHole + 8);

    make_stalling(b, 1, 0, 5);
    b.boot();
    b.submit(r1);
    b.submit(r2);
    b.settle();
    b.run(sid_of(1) | kStallTerm);
    EXPECT_TRUE(has_ended(r1, SIM_DMA_ABORT));
    EXPECT_TRUE(has_ended(r2, SIM_DMA_ABORT));
}

TEST(SmmuStall, V05_AnotherPageAccessOrStreamIsNoDuplicate)
{
    Bench b(suppressing());
    Request r1(1, kHole), r2(1, kHole + 0x1000), r3(1, kHole, SIM_DMA_WRITE), r4(2, kHole);

    make_stalling(b, 1, 0, 5);
    make_stalling(b, 2, 1, 6);
    b.boot();
    b.submit(r1);
    b.submit(r2);
    b.submit(r3);
    b.submit(r4);
    b.settle();
    EXPECT_EQ(b.n_events(), 4u);
}

} // namespace
