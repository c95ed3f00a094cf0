// SPDX-License-Identifier: BSD-2-Clause
// Invalidations of an ATC, resets, and ATS that goes off and on (PCIe 10.3).
#include "tests/unit/sim/atc_fixture.h"

namespace
{

using namespace atc_fixture;

// ---- invalidations ----

struct Named {
    const char *name;
    uint64_t address, n_bytes;
    int pasid;
    bool is_global, is_whole;
    bool drops_plain, drops_5, drops_6; // pages at 0x1000 without PASID, with 5, with 6
};

TEST_F(Atc, DropsWhatIsNamed)
{
    const Named rows[] = {
        {"everything", 0, 0, -1, false, true, true, true, true},
        {"page_of_all", 0x1000, 0x1000, -1, false, true, true, true, true},
        {"other_page", 0x2000, 0x1000, -1, false, true, false, false, false},
        {"range_over_it", 0x0, 0x4000, -1, false, true, true, true, true},
        {"plain", 0, 0, -1, false, false, true, false, false},
        {"page_of_plain", 0x1000, 0x1000, -1, false, false, true, false, false},
        {"page_of_pasid", 0x1000, 0x1000, 5, false, false, false, true, false},
        {"all_of_pasid", 0, 0, 5, false, false, false, true, false},
        {"global", 0x1000, 0x1000, 5, true, false, false, true, true},
    };

    for (const Named &row : rows) {
        SCOPED_TRACE(row.name);
        make(defaults());
        fill(0x1000, 0xa000);
        fill(0x1000, 0xb000, 5);
        fill(0x1000, 0xc000, 6);
        sim_ats_inv message = inv(row.address, row.n_bytes, row.pasid, row.is_global);
        message.is_whole = row.is_whole;
        invalidate(message);
        EXPECT_EQ(is_hit(0x1000), !row.drops_plain);
        EXPECT_EQ(is_hit(0x1000, 5), !row.drops_5);
        EXPECT_EQ(is_hit(0x1000, 6), !row.drops_6);
    }
}

// An endpoint may drop more than an invalidation without PASID names.
TEST_F(Atc, AnEndpointMayDropWhatHasAPasidWithoutBeingAsked)
{
    sim_atc_param param = defaults();

    param.plain_drops_all = 1;
    make(param);
    fill(0x1000, 0xa000);
    fill(0x1000, 0xb000, 5);
    invalidate(inv(0, 0));
    EXPECT_FALSE(is_hit(0x1000));
    EXPECT_FALSE(is_hit(0x1000, 5));
}

// What is under way with a PASID is not what it names: nobody waits for it.
TEST_F(Atc, APlainInvalidationDoesNotWaitForRequestsWithAPasid)
{
    fill(0x1000, 0xa000, 5);
    Asked a(0x1000, kRead, kDevice, 5);
    submit(a); // translated, in flight
    invalidate(inv(0, 0));
    EXPECT_EQ(behind.completed.size(), 1u);
    answer(0);
}

TEST_F(Atc, DropsALargePageByAnyOfIts)
{
    fill(0x200000, 0x40000000, -1, 21);
    invalidate(inv(0x3ff000, 0x1000));
    EXPECT_FALSE(is_hit(0x200000));
}

TEST_F(Atc, AnswersAfterLinkAndWork)
{
    invalidate(inv(0, 0));
    EXPECT_EQ(behind.completed, std::vector<uint32_t>{7});
    EXPECT_EQ(sim_queue_now_ps(queue), 250000u); // link, work, link
}

TEST_F(Atc, AnswersAlsoForWhoHasNone)
{
    sim_ats_inv message = inv(0, 0);

    message.requester = 0x99;
    invalidate(message);
    EXPECT_EQ(behind.completed.size(), 1u);
}

TEST_F(Atc, WaitsForRequestsThatUseTheTranslation)
{
    fill(0x1000, 0xa000);
    Asked a(0x1000), other(0x1000, kRead, kDevice, 5);
    submit(a); // translated, in flight
    invalidate(inv(0x1000, 0x1000));
    EXPECT_TRUE(behind.completed.empty());
    answer(0);
    EXPECT_EQ(a.n_answers, 1u);
    EXPECT_EQ(behind.completed.size(), 1u);
}

TEST_F(Atc, DoesNotWaitForOthers)
{
    fill(0x1000, 0xa000);
    Asked a(0x1000);
    submit(a);
    invalidate(inv(0x2000, 0x1000));
    EXPECT_EQ(behind.completed.size(), 1u);
    answer(0);
}

TEST_F(Atc, ATranslationAskedForBeforeIsNotUsedAfter)
{
    Asked a(0x1000);

    submit(a);
    invalidate(inv(0x1000, 0x1000));
    EXPECT_EQ(behind.completed.size(), 1u);                             // nothing uses it yet
    answer(0xa000);                                                     // the old one
    ASSERT_EQ(behind.taken.front()->kind, SIM_DMA_TRANSLATION_REQUEST); // asked again
    answer(0xb000);
    EXPECT_EQ(behind.taken.front()->iova, 0xb000u);
    answer(0);
    EXPECT_EQ(a.n_answers, 1u);
}

// The answer is for 2 MiB, and the page beside the one that was asked for is not valid any more.
TEST_F(Atc, OfALargeAnswerOnlyThePageIsKeptIfAnotherPartWasInvalidated)
{
    Asked a(0x201000);

    submit(a);
    invalidate(inv(0x202000, 0x1000));
    EXPECT_EQ(behind.completed.size(), 1u);
    answer(0x40001000, kRw, 21);
    ASSERT_EQ(behind.taken.front()->kind, SIM_DMA_TRANSLATED); // the page itself is good
    EXPECT_EQ(behind.taken.front()->iova, 0x40001000u);
    answer(0);
    EXPECT_EQ(a.n_answers, 1u);
    EXPECT_TRUE(is_hit(0x201ff8));
    EXPECT_FALSE(is_hit(0x202000));
    EXPECT_FALSE(is_hit(0x200ff8));
}

TEST_F(Atc, OfALargeAnswerAllIsKeptIfOnlyAnotherPasidWasInvalidated)
{
    Asked a(0x201000, kRead, kDevice, 5);

    submit(a);
    invalidate(inv(0x202000, 0x1000, 6));
    answer(0x40001000, kRw, 21);
    answer(0);
    EXPECT_TRUE(is_hit(0x202000, 5));
}

TEST_F(Atc, ALargeAnswerIsKeptAgainByTheNextRequestOfTheSlot)
{
    Asked a(0x201000), b(0x401000);

    submit(a);
    invalidate(inv(0x202000, 0x1000));
    answer(0x40001000, kRw, 21);
    answer(0);
    submit(b);
    answer(0x50001000, kRw, 21);
    answer(0);
    EXPECT_TRUE(is_hit(0x5ff000));
}

TEST_F(Atc, MayNeverAnswer)
{
    sim_atc_param param = defaults();

    param.inv_lost_permille = 1000;
    make(param);
    fill(0x1000, 0xa000);
    invalidate(inv(0, 0));
    EXPECT_TRUE(behind.completed.empty());
    EXPECT_TRUE(is_hit(0x1000)); // it never came
}

TEST_F(Atc, MayAnswerInAnotherOrder)
{
    sim_atc_param param = defaults();
    bool is_reordered = false;

    param.inv_jitter_ns = 1000;
    make(param);
    for (uint32_t itag = 0; itag < 20; itag++) {
        const sim_ats_inv message = inv(0, 0, -1, false, itag);
        sim_atc_inv(atc, &message);
    }
    run();
    ASSERT_EQ(behind.completed.size(), 20u);
    for (uint32_t i = 0; i < 20; i++)
        is_reordered |= behind.completed[i] != i;
    EXPECT_TRUE(is_reordered);
}

TEST_F(Atc, FunctionResetDropsAllAndAnswersNothing)
{
    fill(0x1000, 0xa000);
    const sim_ats_inv message = inv(0, 0);
    sim_atc_inv(atc, &message);
    sim_atc_function_reset(atc, kDevice);
    run();
    EXPECT_TRUE(behind.completed.empty());
    Asked a(0x1000);
    submit(a);
    EXPECT_EQ(behind.taken.front(), &a.dma); // ATS is off
    behind.taken.clear();
    ASSERT_EQ(sim_atc_switch(atc, kDevice, true, false), 0);
    EXPECT_FALSE(is_hit(0x1000));
}

TEST_F(Atc, SwitchingOnEmptiesIt)
{
    fill(0x1000, 0xa000);
    ASSERT_EQ(sim_atc_switch(atc, kDevice, true, true), 0); // was on
    EXPECT_TRUE(is_hit(0x1000));
    ASSERT_EQ(sim_atc_switch(atc, kDevice, false, false), 0);
    ASSERT_EQ(sim_atc_switch(atc, kDevice, true, false), 0);
    EXPECT_FALSE(is_hit(0x1000));
}

TEST_F(Atc, TheSecondInvalidationIsCarriedOutToo)
{
    invalidate(inv(0, 0));
    fill(0x1000, 0xa000);
    invalidate(inv(0, 0));
    EXPECT_EQ(behind.completed.size(), 2u);
    EXPECT_FALSE(is_hit(0x1000));
}

// Nothing has been sent yet, but what waits to be sent is not looked up again.
TEST_F(Atc, WaitsForRequestsThatTheIommuHasNotTaken)
{
    fill(0x1000, 0xa000);
    Asked a(0x1000);
    behind.n_refuse = 1000; // a microsecond
    ASSERT_TRUE(front.ops->submit(front.model, &a.dma));
    (void)sim_queue_advance(queue, sim_queue_now_ps(queue) + 10000);
    const sim_ats_inv message = inv(0x1000, 0x1000);
    sim_atc_inv(atc, &message);
    run();
    ASSERT_EQ(behind.taken.size(), 1u);
    EXPECT_EQ(behind.taken[0]->iova, 0xa000u);
    EXPECT_TRUE(behind.completed.empty());
    answer(0);
    EXPECT_EQ(behind.completed.size(), 1u);
}

// The answer has been sent before the invalidation has come.
TEST_F(Atc, ATranslationOnItsWayBackIsNotUsedAfter)
{
    sim_atc_param param = defaults();

    param.inv_ns = 0;
    make(param);
    Asked a(0x1000);
    submit(a);
    const sim_ats_inv message = inv(0x1000, 0x1000);
    sim_atc_inv(atc, &message); // both take as long
    answer(0xa000);
    EXPECT_EQ(behind.completed.size(), 1u);
    ASSERT_EQ(behind.taken.size(), 1u);
    EXPECT_EQ(behind.taken[0]->kind, SIM_DMA_TRANSLATION_REQUEST);
    answer(0xb000);
    EXPECT_EQ(behind.taken.front()->iova, 0xb000u);
    answer(0);
}

constexpr uint32_t kOther = 0x21;

TEST_F(Atc, DoesNotWaitForOtherFunctions)
{
    ASSERT_EQ(sim_atc_switch(atc, kOther, true, false), 0);
    fill(0x1000, 0xa000);
    Asked a(0x1000);
    submit(a);
    sim_ats_inv message = inv(0, 0);
    message.requester = kOther;
    invalidate(message);
    EXPECT_EQ(behind.completed.size(), 1u);
    answer(0);
}

TEST_F(Atc, FunctionResetLeavesOtherFunctionsAlone)
{
    ASSERT_EQ(sim_atc_switch(atc, kOther, true, false), 0);
    sim_ats_inv message = inv(0, 0);
    message.requester = kOther;
    sim_atc_inv(atc, &message);
    sim_atc_function_reset(atc, kDevice);
    run();
    EXPECT_EQ(behind.completed.size(), 1u);
}

// A request that the forgotten invalidation waited for has nothing to do with the next one.
TEST_F(Atc, FunctionResetForgetsWhoWaitedForWhom)
{
    ASSERT_EQ(sim_atc_switch(atc, kOther, true, false), 0);
    fill(0x1000, 0xa000);
    Asked a(0x1000), b(0x1000, kRead, kOther);
    submit(a);
    invalidate(inv(0, 0)); // waits for a
    sim_atc_function_reset(atc, kDevice);
    ASSERT_TRUE(front.ops->submit(front.model, &b.dma));
    run();
    std::swap(behind.taken[0], behind.taken[1]);
    answer(0xb000); // b is sent translated
    sim_ats_inv message = inv(0, 0);
    message.requester = kOther;
    invalidate(message); // waits for b
    answer(0);           // a ends
    EXPECT_TRUE(behind.completed.empty());
    answer(0);
    EXPECT_EQ(behind.completed.size(), 1u);
}

// ---- ATS goes off while requests are on their way ----

TEST_F(Atc, SwitchedOffATranslationOnItsWayIsNotUsed)
{
    Asked a(0x1234, kRw, kDevice, 5);

    submit(a);
    ASSERT_EQ(sim_atc_switch(atc, kDevice, false, false), 0);
    answer(0xa234);
    ASSERT_EQ(behind.taken.size(), 1u);
    EXPECT_EQ(behind.taken[0]->kind, SIM_DMA_UNTRANSLATED);
    EXPECT_EQ(behind.taken[0]->iova, 0x1234u);
    EXPECT_EQ(behind.taken[0]->access, kRw);
    EXPECT_TRUE(behind.taken[0]->has_pasid);
    EXPECT_EQ(behind.taken[0]->pasid, 5u);
    answer(0xa234);
    EXPECT_EQ(a.n_answers, 1u);
    EXPECT_EQ(a.dma.status, SIM_DMA_OK);
    EXPECT_EQ(a.dma.pa, 0xa234u);
}

TEST_F(Atc, SwitchedOffWhatIsBeingLookedUpGoesUntranslated)
{
    fill(0x1000, 0xa000);
    Asked a(0x1000);
    ASSERT_TRUE(front.ops->submit(front.model, &a.dma));
    ASSERT_EQ(sim_atc_switch(atc, kDevice, false, false), 0);
    run();
    ASSERT_EQ(behind.taken.size(), 1u);
    EXPECT_EQ(behind.taken[0]->kind, SIM_DMA_UNTRANSLATED);
    answer(0);
    EXPECT_EQ(a.n_answers, 1u);
}

// Software switches ATS off, invalidates, and takes the page back.
TEST_F(Atc, SwitchedOffAnInvalidationStillWaitsForWhatWasSentTranslated)
{
    fill(0x1000, 0xa000);
    Asked a(0x1000);
    submit(a);
    ASSERT_EQ(sim_atc_switch(atc, kDevice, false, false), 0);
    invalidate(inv(0, 0));
    EXPECT_TRUE(behind.completed.empty());
    answer(0);
    EXPECT_EQ(behind.completed.size(), 1u);
}

TEST_F(Atc, SwitchedOffAnInvalidationDoesNotWaitForWhatIsSentUntranslated)
{
    Asked a(0x1000);

    submit(a);
    ASSERT_EQ(sim_atc_switch(atc, kDevice, false, false), 0);
    answer(0xa000);
    invalidate(inv(0, 0));
    EXPECT_EQ(behind.completed.size(), 1u);
    answer(0);
    EXPECT_EQ(a.n_answers, 1u);
}

TEST_F(Atc, OffAndOnAgainKeepsNothingThatWasInvalidatedBetween)
{
    Asked a(0x1000);

    submit(a);
    ASSERT_EQ(sim_atc_switch(atc, kDevice, false, false), 0);
    invalidate(inv(0x1000, 0x1000));
    ASSERT_EQ(sim_atc_switch(atc, kDevice, true, false), 0);
    answer(0xa000); // the old one
    EXPECT_EQ(behind.taken.front()->kind, SIM_DMA_TRANSLATION_REQUEST);
    answer(0xb000);
    answer(0);
    EXPECT_EQ(a.n_answers, 1u);
}

} // namespace
