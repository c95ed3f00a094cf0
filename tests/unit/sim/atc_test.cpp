// SPDX-License-Identifier: BSD-2-Clause
// Endpoints with an ATC, in front of an IOMMU that answers as it is told.
#include "sim/atc/atc.h"

#include <gtest/gtest.h>

#include <deque>
#include <vector>

namespace
{

constexpr unsigned kRead = SIM_DMA_READ, kRw = SIM_DMA_READ | SIM_DMA_WRITE;
constexpr uint32_t kDevice = 0x20;

// An IOMMU that keeps what comes until the test answers it.
struct Behind {
    std::deque<sim_dma *> taken;
    std::vector<uint32_t> completed;
    std::vector<sim_page_request> pages;
    unsigned n_refuse = 0;

    static bool submit(void *model, sim_dma *dma)
    {
        Behind *b = static_cast<Behind *>(model);

        if (b->n_refuse) {
            b->n_refuse--;
            return false;
        }
        b->taken.push_back(dma);
        return true;
    }
    static void complete(void *model, uint32_t itag)
    {
        static_cast<Behind *>(model)->completed.push_back(itag);
    }
    static void page_request(void *model, const sim_page_request *request)
    {
        static_cast<Behind *>(model)->pages.push_back(*request);
    }
};

struct Asked {
    sim_dma dma{};
    unsigned n_answers = 0;

    Asked(uint64_t iova, unsigned access = kRead, uint32_t requester = kDevice, int pasid = -1)
    {
        dma.iova = iova;
        dma.n_bytes = 64;
        dma.requester = requester;
        dma.access = static_cast<uint8_t>(access);
        dma.has_pasid = pasid >= 0;
        dma.pasid = pasid >= 0 ? static_cast<uint32_t>(pasid) : 0;
        dma.done.ctx = this;
        dma.done.fn = [](void *ctx) { static_cast<Asked *>(ctx)->n_answers++; };
    }
    Asked(const Asked &) = delete;
    Asked &operator=(const Asked &) = delete;
};

sim_atc_param defaults()
{
    sim_atc_param param;

    EXPECT_EQ(sim_param_preset(&sim_atc_params, "default", &param), 0);
    return param;
}

class Atc : public testing::Test
{
  protected:
    void make(const sim_atc_param &param)
    {
        sim_atc_wiring wiring{};

        sim_atc_free(atc);
        wiring.queue = queue;
        wiring.behind = {&ops, &behind};
        wiring.n_functions = 2;
        wiring.seed = 1;
        atc = sim_atc_new(&param, &wiring);
        front = sim_atc_front(atc);
        ASSERT_EQ(sim_atc_switch(atc, kDevice, true, false), 0);
    }
    void SetUp() override
    {
        ops.submit = Behind::submit;
        ops.ats_complete = Behind::complete;
        ops.page_request = Behind::page_request;
        queue = sim_queue_new();
        make(defaults());
    }
    void TearDown() override
    {
        sim_atc_free(atc);
        sim_queue_free(queue);
    }
    void submit(Asked &asked)
    {
        ASSERT_TRUE(front.ops->submit(front.model, &asked.dma));
        run();
    }
    void run()
    {
        while (sim_queue_run_one(queue))
            continue;
    }
    // Answers the oldest request that the IOMMU has.
    void answer(uint64_t pa, unsigned granted = kRw, unsigned page_log2 = 12,
                sim_dma_status status = SIM_DMA_OK)
    {
        sim_dma *dma = behind.taken.front();

        behind.taken.pop_front();
        dma->pa = pa;
        dma->granted = static_cast<uint8_t>(granted);
        dma->page_log2 = static_cast<uint8_t>(page_log2);
        dma->status = static_cast<uint8_t>(status);
        dma->done.fn(dma->done.ctx);
        run();
    }
    sim_ats_inv inv(uint64_t address, uint64_t n_bytes, int pasid = -1, bool is_global = false,
                    uint32_t itag = 7)
    {
        sim_ats_inv message{};

        message.requester = kDevice;
        message.address = address;
        message.n_bytes = n_bytes;
        message.has_pasid = pasid >= 0;
        message.pasid = pasid >= 0 ? static_cast<uint32_t>(pasid) : 0;
        message.is_global = is_global;
        message.itag = itag;
        return message;
    }
    void invalidate(const sim_ats_inv &message)
    {
        sim_atc_inv(atc, &message);
        run();
    }
    // The translation of that page is in the ATC.
    void fill(uint64_t iova, uint64_t pa, int pasid = -1, unsigned page_log2 = 12)
    {
        Asked a(iova, kRead, kDevice, pasid);

        submit(a);
        answer(pa, kRw, page_log2);
        answer(0);
        ASSERT_EQ(a.n_answers, 1u);
    }
    bool is_hit(uint64_t iova, int pasid = -1)
    {
        Asked a(iova, kRead, kDevice, pasid);

        submit(a);
        const bool hit = behind.taken.front()->kind == SIM_DMA_TRANSLATED;
        if (!hit)
            answer(0, 0);
        else
            answer(0);
        EXPECT_EQ(a.n_answers, 1u);
        return hit;
    }

    sim_iommu_ops ops{};
    Behind behind;
    sim_queue *queue = nullptr;
    sim_atc *atc = nullptr;
    sim_iommu front{};
};

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

// ---- invalidations ----

struct Named {
    const char *name;
    uint64_t address, n_bytes;
    int pasid;
    bool is_global;
    bool drops_plain, drops_5, drops_6; // pages at 0x1000 without PASID, with 5, with 6
};

TEST_F(Atc, DropsWhatIsNamed)
{
    const Named rows[] = {
        {"everything", 0, 0, -1, false, true, true, true},
        {"page_of_all", 0x1000, 0x1000, -1, false, true, true, true},
        {"other_page", 0x2000, 0x1000, -1, false, false, false, false},
        {"range_over_it", 0x0, 0x4000, -1, false, true, true, true},
        {"page_of_pasid", 0x1000, 0x1000, 5, false, false, true, false},
        {"all_of_pasid", 0, 0, 5, false, false, true, false},
        {"global", 0x1000, 0x1000, 5, true, false, true, true},
    };

    for (const Named &row : rows) {
        SCOPED_TRACE(row.name);
        make(defaults());
        fill(0x1000, 0xa000);
        fill(0x1000, 0xb000, 5);
        fill(0x1000, 0xc000, 6);
        invalidate(inv(row.address, row.n_bytes, row.pasid, row.is_global));
        EXPECT_EQ(is_hit(0x1000), !row.drops_plain);
        EXPECT_EQ(is_hit(0x1000, 5), !row.drops_5);
        EXPECT_EQ(is_hit(0x1000, 6), !row.drops_6);
    }
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

} // namespace
