// SPDX-License-Identifier: BSD-2-Clause
// model_update_test.cpp - hardware sets A, EA and D in entries of both stages (3.1, 3.2, 3.3).
#include "tests/unit/models/vtd/stage_bench.h"

namespace
{

using namespace stage;

constexpr unsigned R = SIM_DMA_READ, W = SIM_DMA_WRITE;
constexpr uint64_t kA = 0x5000;
constexpr uint64_t kSsade = 0x200; // in word 0 of a PASID entry

// First-stage tables and leaf without A; the leaf without D too.
void fresh_fs(Bench &b)
{
    for (unsigned level = 0; level < 3; level++)
        b.store(space(1) + 0x1000 * level, fs_fresh(space(1) + 0x1000 * (level + 1)));
    b.store(leaf_slot(1, kA), fs_fresh(page_of(1, kA)));
}

TEST(FirstStage, ReadSetsAOfEveryLevel)
{
    Bench b;

    boot_scalable(b);
    fresh_fs(b);
    EXPECT_EQ(b.target(kSid, kA, kFs), page_of(1, kA));
    for (unsigned level = 0; level < 3; level++)
        EXPECT_EQ(b.load(space(1) + 0x1000 * level), (space(1) + 0x1000 * (level + 1)) | 0x27);
    EXPECT_EQ(b.load(leaf_slot(1, kA)), page_of(1, kA) | 0x27);
    EXPECT_EQ(b.n_facts(SIM_FACT_PTE_UPDATED), 4u);
}

TEST(FirstStage, WriteSetsAAndDInOneUpdate)
{
    Bench b;

    boot_scalable(b);
    fresh_fs(b);
    EXPECT_EQ(b.dma(kSid, kA, W, kFs).status, SIM_DMA_OK);
    EXPECT_EQ(b.load(leaf_slot(1, kA)), page_of(1, kA) | 0x67);
    EXPECT_EQ(b.n_facts(SIM_FACT_PTE_UPDATED), 4u);
    EXPECT_EQ(b.n_facts(SIM_FACT_WALK_STEP), 4u); // and read once
}

TEST(FirstStage, WriteAfterReadStillSetsD)
{
    Bench b;

    boot_scalable(b);
    fresh_fs(b);
    b.dma(kSid, kA, R, kFs);
    EXPECT_EQ(b.dma(kSid, kA, W, kFs).status, SIM_DMA_OK);
    EXPECT_EQ(b.load(leaf_slot(1, kA)), page_of(1, kA) | 0x67);
    const unsigned n = b.n_facts(SIM_FACT_PTE_UPDATED);
    b.dma(kSid, kA, W, kFs);
    EXPECT_EQ(b.n_facts(SIM_FACT_PTE_UPDATED), n);
}

TEST(FirstStage, SetsEaOnlyWithEafe)
{
    Bench b;

    boot_scalable(b);
    b.store(pasid_slot(kSid, kFs) + 16, space(1) | 0x80); // EAFE
    EXPECT_EQ(b.target(kSid, kA, kFs), page_of(1, kA));
    EXPECT_EQ(b.load(leaf_slot(1, kA)), page_of(1, kA) | 0x467);
    EXPECT_EQ(b.load(space(1)), (space(1) + 0x1000) | 0x427);
}

TEST(FirstStage, RefusedAccessChangesNothing)
{
    Bench b;

    boot_scalable(b);
    b.store(leaf_slot(1, kA), page_of(1, kA) | 0x5); // read-only
    EXPECT_EQ(b.dma(kSid, kA, W, kFs).event, 0x85u);
    EXPECT_EQ(b.load(leaf_slot(1, kA)), page_of(1, kA) | 0x5);
}

TEST(FirstStage, UpdateThatMemoryRefusesIs91AndRecordedForTranslationRequestsToo)
{
    for (const auto kind : {SIM_DMA_UNTRANSLATED, SIM_DMA_TRANSLATION_REQUEST}) {
        Bench b(Config().memory(100000));

        boot_scalable(b);
        b.target(kSid, 0x6000, kFs); // configuration and tables are cached
        b.store(leaf_slot(1, kA), fs_fresh(page_of(1, kA)));
        Request r(kSid, kA, R, kFs, kind);
        b.submit(r);
        // Between the read of the leaf and the update.
        while (b.n_facts(SIM_FACT_WALK_STEP) < 5)
            ASSERT_TRUE(test_machine_step(b.m));
        test_machine_break(b.m, leaf_slot(1, kA), 8);
        b.settle();
        EXPECT_EQ(r.dma.event, 0x91u);
        EXPECT_EQ(r.dma.status, kind == SIM_DMA_UNTRANSLATED ? SIM_DMA_UR : SIM_DMA_OK);
        EXPECT_EQ(r.dma.granted, 0);
        EXPECT_EQ(b.n_records(), 1u);
    }
}

TEST(FirstStage, EntryThatChangedMeanwhileIsReadAgain)
{
    Bench b(Config().memory(100000));

    boot_scalable(b);
    b.target(kSid, 0x6000, kFs);
    b.store(leaf_slot(1, kA), fs_fresh(page_of(1, kA)));
    Request r(kSid, kA, R, kFs);
    b.submit(r);
    while (b.n_facts(SIM_FACT_WALK_STEP) < 5)
        ASSERT_TRUE(test_machine_step(b.m));
    b.store(leaf_slot(1, kA), fs_fresh(page_of(1, 0x7000)));
    b.settle();
    EXPECT_EQ(r.dma.pa, page_of(1, 0x7000));
    EXPECT_EQ(b.load(leaf_slot(1, kA)), page_of(1, 0x7000) | 0x27);
}

TEST(FirstStage, NotSnoopedWalksAreGoodWhileNothingIsToBeSet)
{
    Bench b;

    boot_scalable(b);
    b.store(pasid_slot(kSid, kFs) + 8, 0x11); // PWSNP=0
    EXPECT_EQ(b.target(kSid, kA, kFs), page_of(1, kA));
}

TEST(SecondStage, SetsNothingWithoutSsade)
{
    Bench b;

    boot_scalable(b);
    EXPECT_EQ(b.dma(kSid, kA, W, kSs).status, SIM_DMA_OK);
    EXPECT_EQ(b.load(leaf_slot(2, kA)), page_of(2, kA) | 0x3);
    EXPECT_EQ(b.n_facts(SIM_FACT_PTE_UPDATED), 0u);
}

TEST(SecondStage, SetsAOfEveryLevelAndDWithSsade)
{
    Bench b;

    boot_scalable(b);
    b.store(pasid_slot(kSid, kSs), space(2) | 0x89 | kSsade);
    EXPECT_EQ(b.dma(kSid, kA, R, kSs).status, SIM_DMA_OK);
    EXPECT_EQ(b.load(space(2)), (space(2) + 0x1000) | 0x103);
    EXPECT_EQ(b.load(space(2) + 0x2000), (space(2) + 0x3000) | 0x103);
    EXPECT_EQ(b.load(leaf_slot(2, kA)), page_of(2, kA) | 0x103);
    EXPECT_EQ(b.dma(kSid, kA, W, kSs).status, SIM_DMA_OK);
    EXPECT_EQ(b.load(leaf_slot(2, kA)), page_of(2, kA) | 0x303);
}

TEST(SecondStage, EntryThatChangedMeanwhileIsReadAgain)
{
    Bench b(Config().memory(100000));

    boot_scalable(b);
    b.store(pasid_slot(kSid, kSs), space(2) | 0x89 | kSsade);
    b.target(kSid, 0x6000, kSs);
    Request r(kSid, kA, W, kSs);
    b.submit(r);
    while (b.n_facts(SIM_FACT_WALK_STEP) < 5)
        ASSERT_TRUE(test_machine_step(b.m));
    b.store(leaf_slot(2, kA), ss_entry(page_of(2, 0x7000)));
    b.settle();
    EXPECT_EQ(r.dma.pa, page_of(2, 0x7000));
    EXPECT_EQ(b.load(leaf_slot(2, kA)), page_of(2, 0x7000) | 0x303);
    EXPECT_EQ(b.n_facts(SIM_FACT_WALK_STEP), 6u);
}

TEST(SecondStage, UpdateThatMemoryRefusesIs7d)
{
    Bench b(Config().memory(100000));

    boot_scalable(b);
    b.store(pasid_slot(kSid, kSs), space(2) | 0x89 | kSsade);
    b.target(kSid, 0x6000, kSs);
    Request r(kSid, kA, R, kSs);
    b.submit(r);
    while (b.n_facts(SIM_FACT_WALK_STEP) < 5)
        ASSERT_TRUE(test_machine_step(b.m));
    test_machine_break(b.m, leaf_slot(2, kA), 8);
    b.settle();
    EXPECT_EQ(r.dma.event, 0x7du);
}

TEST(Nested, UpdatesOfTheFirstStageGoToTheGuestsMemory)
{
    Bench b;

    boot_scalable(b);
    b.store(guest_slot(kA), fs_fresh(0x8000 + kA));
    EXPECT_EQ(b.dma(kSid, kA, W, kNested).status, SIM_DMA_OK);
    EXPECT_EQ(b.load(guest_slot(kA)), (0x8000 + kA) | 0x67);
}

TEST(Nested, WithSsadeTheGuestsTablesGetDirty)
{
    Bench b;

    boot_scalable(b);
    b.store(pasid_slot(kSid, kNested), space(3) | 0xc9 | kSsade);
    EXPECT_EQ(b.dma(kSid, kA, R, kNested).status, SIM_DMA_OK);
    for (uint64_t table = 0; table < 0x4000; table += 0x1000)
        EXPECT_EQ(b.load(leaf_slot(3, table)), guest(table) | 0x303);
    EXPECT_EQ(b.load(leaf_slot(3, 0x8000 + kA)), nested_page(kA) | 0x103); // read: A alone
    EXPECT_EQ(b.dma(kSid, kA, W, kNested).status, SIM_DMA_OK);
    EXPECT_EQ(b.load(leaf_slot(3, 0x8000 + kA)), nested_page(kA) | 0x303);
}

// ---- translation requests ----

TEST(TranslationRequest, SetsDIfTheDeviceMeansToWrite)
{
    for (const unsigned access : {R, R | W}) {
        Bench b;

        boot_scalable(b);
        b.store(leaf_slot(1, kA), fs_fresh(page_of(1, kA)));
        const Answer a = b.dma(kSid, kA, access, kFs, SIM_DMA_TRANSLATION_REQUEST);
        EXPECT_EQ(a.status, SIM_DMA_OK);
        EXPECT_EQ(a.granted, access);
        EXPECT_EQ(b.load(leaf_slot(1, kA)), page_of(1, kA) | (access & W ? 0x67 : 0x27));
    }
}

TEST(TranslationRequest, ThatMeansToWriteIsNotServedByACleanEntry)
{
    Bench b;

    boot_scalable(b);
    b.store(leaf_slot(1, kA), fs_fresh(page_of(1, kA)));
    EXPECT_EQ(b.dma(kSid, kA, R, kFs, SIM_DMA_TRANSLATION_REQUEST).granted, R);
    EXPECT_EQ(b.dma(kSid, kA, R | W, kFs, SIM_DMA_TRANSLATION_REQUEST).granted, R | W);
    EXPECT_EQ(b.load(leaf_slot(1, kA)), page_of(1, kA) | 0x67);
}

TEST(TranslationRequest, WithoutNwfsGetsWhatThereIsAndDirtiesIt)
{
    Bench b(Config().ecap(UINT64_C(1) << 33, 0)); // NWFS=0

    boot_scalable(b);
    b.store(leaf_slot(1, kA), fs_fresh(page_of(1, kA)));
    const Answer a = b.dma(kSid, kA, R, kFs, SIM_DMA_TRANSLATION_REQUEST);
    EXPECT_EQ(a.granted, R | W);
    EXPECT_EQ(b.load(leaf_slot(1, kA)), page_of(1, kA) | 0x67);
}

TEST(TranslationRequest, LeavesReadOnlyPagesClean)
{
    Bench b;

    boot_scalable(b);
    b.store(leaf_slot(1, kA), page_of(1, kA) | 0x5);
    const Answer a = b.dma(kSid, kA, R | W, kFs, SIM_DMA_TRANSLATION_REQUEST);
    EXPECT_EQ(a.status, SIM_DMA_OK);
    EXPECT_EQ(a.granted, R);
    EXPECT_EQ(a.event, 0u);
    EXPECT_EQ(b.load(leaf_slot(1, kA)), page_of(1, kA) | 0x25);
    EXPECT_EQ(b.n_records(), 0u);
}

TEST(TranslationRequest, OfNestedPagesSetsDWhereBothStagesLetIt)
{
    Bench b;

    boot_scalable(b);
    b.store(pasid_slot(kSid, kNested), space(3) | 0xc9 | kSsade);
    b.store(guest_slot(kA), 0x8000 | kA | 0x25); // read-only
    Answer a = b.dma(kSid, kA, R | W, kNested, SIM_DMA_TRANSLATION_REQUEST);
    EXPECT_EQ(a.granted, R);
    EXPECT_EQ(b.load(leaf_slot(3, 0x8000 + kA)), nested_page(kA) | 0x103);
    a = b.dma(kSid, 0x6000, R | W, kNested, SIM_DMA_TRANSLATION_REQUEST);
    EXPECT_EQ(a.granted, R | W);
    EXPECT_EQ(a.pa, nested_page(0x6000));
    EXPECT_EQ(b.load(leaf_slot(3, 0xe000)), nested_page(0x6000) | 0x303);
}

TEST(TranslationRequest, OfWriteOnlyPagesGetsWrite)
{
    Bench b;

    boot_scalable(b);
    b.store(leaf_slot(2, kA), page_of(2, kA) | 0x2);
    const Answer a = b.dma(kSid, kA, R | W, kSs, SIM_DMA_TRANSLATION_REQUEST);
    EXPECT_EQ(a.status, SIM_DMA_OK);
    EXPECT_EQ(a.granted, W);
}

TEST(TranslationRequest, OfPassThroughIsIdentity)
{
    Bench b;

    boot_scalable(b);
    const Answer a = b.dma(kSid, kA, R | W, kPass, SIM_DMA_TRANSLATION_REQUEST);
    EXPECT_EQ(a.pa, kA);
    EXPECT_EQ(a.granted, R | W);
}

TEST(TranslationRequest, ForInterruptsGrantsWriteAlone)
{
    Bench b;

    boot_scalable(b);
    const Answer a = b.dma(kSid, 0xfee01000, R | W, kNoPasid, SIM_DMA_TRANSLATION_REQUEST);
    EXPECT_EQ(a.status, SIM_DMA_OK);
    EXPECT_EQ(a.granted, W);
    EXPECT_EQ(a.event, 0u);
    // With a PASID it is memory.
    EXPECT_EQ(b.dma(kSid, 0xfee01000, R, kSs, SIM_DMA_TRANSLATION_REQUEST).event, 0x79u);
}

TEST(TranslatedRequest, GoesWhereItSaysUpToTheHostsWidth)
{
    Bench b;
    uint64_t out = 0x55;

    boot_scalable(b);
    Request w(kSid, page_of(2, kA), W, kNoPasid, SIM_DMA_TRANSLATED);
    w.dma.data = &out;
    b.submit(w);
    b.settle();
    EXPECT_EQ(w.dma.status, SIM_DMA_OK);
    EXPECT_EQ(b.load(page_of(2, kA)), 0x55u);
    EXPECT_EQ(b.n_facts(SIM_FACT_WALK_STEP), 0u);
    const Answer a = b.dma(kSid, UINT64_C(1) << 48, R, kNoPasid, SIM_DMA_TRANSLATED);
    EXPECT_EQ(a.event, 0x83u);
    EXPECT_EQ(a.status, SIM_DMA_UR);
}

TEST(TranslatedRequest, WithPasidIsRefusedWithoutEptr)
{
    Bench b;

    boot_scalable(b);
    EXPECT_EQ(b.dma(kSid, kA, R, kSs, SIM_DMA_TRANSLATED).event, 0x49u);
}

TEST(Interrupt, IsNotModelledAndMovesNoByte)
{
    Bench b;
    uint64_t out = 0x4021;

    boot_scalable(b);
    b.store(0xfee00000, UINT64_C(0));
    Request w(kSid, 0xfee00000, W);
    w.dma.data = &out;
    b.submit(w);
    b.settle();
    EXPECT_EQ(w.dma.status, SIM_DMA_OK);
    EXPECT_EQ(b.load(0xfee00000), 0u);
    EXPECT_EQ(b.n_facts(SIM_FACT_UNIMPL), 1u);
    EXPECT_EQ(b.dma(kSid, 0xfee00000).event, 0x87u); // a read is none
}

} // namespace
