// SPDX-License-Identifier: BSD-2-Clause
// Endpoints with an ATC: hits, requests that ask, page requests (PCIe 10.2, 10.4).
#include "tests/unit/sim/atc_fixture.h"

namespace
{

using namespace atc_fixture;

TEST_F(Atc, PassesOnWhatHasNoAts)
{
    Asked a(0x1000, kRead, 0x30);

    submit(a);
    EXPECT_EQ(behind.taken.front(), &a.dma);
}

TEST_F(Atc, AsksThenSendsTheRequestTranslated)
{
    Asked a(0x1234, kRw, kDevice, 5);

    submit(a);
    ASSERT_EQ(behind.taken.size(), 1u);
    EXPECT_EQ(behind.taken[0]->kind, SIM_DMA_TRANSLATION_REQUEST);
    EXPECT_EQ(behind.taken[0]->iova, 0x1234u);
    EXPECT_TRUE(behind.taken[0]->has_pasid);
    EXPECT_EQ(behind.taken[0]->pasid, 5u);
    EXPECT_EQ(sim_queue_now_ps(queue), 102000u); // hit_ns, link_ns
    answer(0xabc234);
    ASSERT_EQ(behind.taken.size(), 1u);
    EXPECT_EQ(behind.taken[0]->kind, SIM_DMA_TRANSLATED);
    EXPECT_EQ(behind.taken[0]->iova, 0xabc234u);
    EXPECT_FALSE(behind.taken[0]->has_pasid);
    EXPECT_EQ(a.n_answers, 0u);
    answer(0xabc234);
    EXPECT_EQ(a.n_answers, 1u);
    EXPECT_EQ(a.dma.pa, 0xabc234u);
    EXPECT_EQ(a.dma.status, SIM_DMA_OK);
}

TEST_F(Atc, HitsByPagePasidAndRight)
{
    fill(0x1000, 0xabc000);
    fill(0x200000, 0x40000000, 5, 21);
    EXPECT_TRUE(is_hit(0x1fff));
    EXPECT_FALSE(is_hit(0x2000));
    EXPECT_FALSE(is_hit(0x1000, 5));
    EXPECT_TRUE(is_hit(0x3fffff, 5));
    EXPECT_FALSE(is_hit(0x3fffff, 6));
    Asked x(0x1000, SIM_DMA_EXECUTE);
    submit(x);
    EXPECT_EQ(behind.taken.front()->kind, SIM_DMA_TRANSLATION_REQUEST);
}

TEST_F(Atc, NoRightIsAnErrorOfTheDevice)
{
    Asked a(0x1000, kRw);

    submit(a);
    answer(0xabc000, kRead);
    EXPECT_EQ(a.n_answers, 1u);
    EXPECT_EQ(a.dma.status, SIM_DMA_ABORT);
}

TEST_F(Atc, ARefusalIsPassedOn)
{
    Asked a(0x1000);

    submit(a);
    answer(0, 0, 12, SIM_DMA_UR);
    EXPECT_EQ(a.dma.status, SIM_DMA_UR);
    EXPECT_FALSE(is_hit(0x1000));
}

TEST_F(Atc, TheOldestEntryGoesFirst)
{
    sim_atc_param param = defaults();

    param.entries = 2;
    make(param);
    fill(0x1000, 0xa000);
    fill(0x2000, 0xb000);
    fill(0x3000, 0xc000);
    EXPECT_FALSE(is_hit(0x1000));
    EXPECT_TRUE(is_hit(0x3000));
}

TEST_F(Atc, AskedAgainIfTheIommuTakesNothing)
{
    Asked a(0x1000);

    behind.n_refuse = 3;
    submit(a);
    ASSERT_EQ(behind.taken.size(), 1u);
    behind.n_refuse = 2;
    answer(0xa000);
    answer(0);
    EXPECT_EQ(a.n_answers, 1u);
}

TEST_F(Atc, HasABoundOnRequests)
{
    sim_atc_param param = defaults();

    param.slots = 1;
    make(param);
    Asked a(0x1000), b(0x2000);
    submit(a);
    EXPECT_FALSE(front.ops->submit(front.model, &b.dma));
}

TEST_F(Atc, HasABoundOnFunctions)
{
    EXPECT_EQ(sim_atc_switch(atc, 0x21, true, false), 0);
    EXPECT_NE(sim_atc_switch(atc, 0x22, true, false), 0);
    EXPECT_EQ(sim_atc_switch(atc, 0x22, false, false), 0);
}

// ---- page requests ----

TEST_F(Atc, AsksForThePageAndTriesAgain)
{
    sim_page_response response{};
    Asked a(0x1000, kRw);

    ASSERT_EQ(sim_atc_switch(atc, kDevice, true, true), 0);
    submit(a);
    answer(0, 0);
    ASSERT_EQ(behind.pages.size(), 1u);
    EXPECT_EQ(behind.pages[0].address, 0x1000u);
    EXPECT_EQ(behind.pages[0].access, kRw);
    EXPECT_TRUE(behind.pages[0].is_last);
    response.requester = kDevice;
    response.group = behind.pages[0].group;
    sim_atc_page_response(atc, &response);
    run();
    answer(0xa000);
    answer(0);
    EXPECT_EQ(a.n_answers, 1u);
    EXPECT_EQ(a.dma.status, SIM_DMA_OK);
}

// Only so many page requests of a function are outstanding; each answer lets the next one go, in
// the order in which they came.
TEST_F(Atc, HasABoundOnOutstandingPageRequests)
{
    sim_atc_param param = defaults();
    sim_page_response response{};

    param.pri_slots = 2;
    make(param);
    ASSERT_EQ(sim_atc_switch(atc, kDevice, true, true), 0);
    Asked a(0x1000), b(0x2000), c(0x3000), d(0x4000);
    for (Asked *asked : {&a, &b, &c, &d}) {
        submit(*asked);
        answer(0, 0);
    }
    ASSERT_EQ(behind.pages.size(), 2u);
    response.requester = kDevice;
    response.group = behind.pages[1].group;
    sim_atc_page_response(atc, &response);
    run();
    ASSERT_EQ(behind.pages.size(), 3u);
    EXPECT_EQ(behind.pages[2].address, 0x3000u);
    answer(0xb000); // b asks again, and goes on
    answer(0);
    EXPECT_EQ(b.n_answers, 1u);
    response.group = behind.pages[0].group;
    response.code = 1;
    sim_atc_page_response(atc, &response);
    run();
    EXPECT_EQ(a.dma.status, SIM_DMA_ABORT);
    ASSERT_EQ(behind.pages.size(), 4u);
    EXPECT_EQ(behind.pages[3].address, 0x4000u);
}

// What answers nothing lets nobody go.
TEST_F(Atc, AnAnswerToNobodyFreesNoPageRequest)
{
    sim_atc_param param = defaults();
    sim_page_response response{};

    param.pri_slots = 1;
    make(param);
    ASSERT_EQ(sim_atc_switch(atc, kDevice, true, true), 0);
    Asked a(0x1000), b(0x2000);
    for (Asked *asked : {&a, &b}) {
        submit(*asked);
        answer(0, 0);
    }
    response.requester = kDevice;
    response.group = 99;
    sim_atc_page_response(atc, &response);
    run();
    EXPECT_EQ(behind.pages.size(), 1u);
}

TEST_F(Atc, GivesUpWhenThePageIsRefused)
{
    sim_page_response response{};
    Asked a(0x1000, kRw);

    ASSERT_EQ(sim_atc_switch(atc, kDevice, true, true), 0);
    submit(a);
    answer(0, 0);
    response.requester = kDevice;
    response.group = behind.pages.at(0).group;
    response.code = 1;
    sim_atc_page_response(atc, &response);
    run();
    EXPECT_EQ(a.dma.status, SIM_DMA_ABORT);
    EXPECT_EQ(a.n_answers, 1u);
}

TEST_F(Atc, GivesUpAfterAsManyTriesAsItHas)
{
    Asked a(0x1000, kRw);

    ASSERT_EQ(sim_atc_switch(atc, kDevice, true, true), 0);
    submit(a);
    for (int i = 0; i < 2; i++) {
        sim_page_response response{};

        answer(0, 0);
        response.requester = kDevice;
        response.group = behind.pages.back().group;
        sim_atc_page_response(atc, &response);
        run();
    }
    answer(0, 0);
    EXPECT_EQ(a.n_answers, 1u);
    EXPECT_EQ(behind.pages.size(), 2u);
}

TEST_F(Atc, EachRequestHasAsManyTries)
{
    ASSERT_EQ(sim_atc_switch(atc, kDevice, true, true), 0);
    for (unsigned request = 0; request < 2; request++) {
        Asked a(0x1000, kRw);

        submit(a);
        for (int i = 0; i < 2; i++) {
            sim_page_response response{};

            answer(0, 0);
            response.requester = kDevice;
            response.group = behind.pages.back().group;
            sim_atc_page_response(atc, &response);
            run();
        }
        answer(0, 0);
        EXPECT_EQ(a.n_answers, 1u);
    }
    EXPECT_EQ(behind.pages.size(), 4u);
}

TEST_F(Atc, AResponseIsForItsGroupAndItsFunction)
{
    Asked a(0x1000, kRw), b(0x2000, kRw);
    sim_page_response response{};

    ASSERT_EQ(sim_atc_switch(atc, kDevice, true, true), 0);
    submit(a);
    answer(0, 0);
    submit(b);
    answer(0, 0);
    ASSERT_EQ(behind.pages.size(), 2u);
    EXPECT_NE(behind.pages[0].group, behind.pages[1].group);
    response.requester = kDevice + 1;
    response.group = behind.pages[1].group;
    response.code = 1;
    sim_atc_page_response(atc, &response);
    run();
    EXPECT_EQ(a.n_answers + b.n_answers, 0u);
    response.requester = kDevice;
    sim_atc_page_response(atc, &response);
    run();
    EXPECT_EQ(a.n_answers, 0u);
    EXPECT_EQ(b.n_answers, 1u);
    response.group = behind.pages[0].group;
    sim_atc_page_response(atc, &response);
    run();
    EXPECT_EQ(a.n_answers, 1u);
}

TEST_F(Atc, GroupsHaveNineBits)
{
    ASSERT_EQ(sim_atc_switch(atc, kDevice, true, true), 0);
    for (unsigned i = 0; i < 520; i++) {
        sim_page_response response{};
        Asked a(0x1000, kRw);

        submit(a);
        answer(0, 0);
        ASSERT_LT(behind.pages.back().group, 512u);
        response.requester = kDevice;
        response.group = behind.pages.back().group;
        response.code = 1;
        sim_atc_page_response(atc, &response);
        run();
        ASSERT_EQ(a.n_answers, 1u);
    }
}

TEST_F(Atc, WhatIsGrantedToOnePrivilegeIsNotForTheOther)
{
    fill(0x1000, 0xa000, 5);
    Asked a(0x1000, kRead | SIM_DMA_PRIVILEGED, kDevice, 5);

    submit(a);
    EXPECT_EQ(behind.taken.front()->kind, SIM_DMA_TRANSLATION_REQUEST);
}

} // namespace
