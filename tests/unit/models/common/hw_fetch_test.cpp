// SPDX-License-Identifier: BSD-2-Clause
// Entries read piece by piece: order, moments, refusals, slots, readers that nobody wants any more.
#include "models/common/hw_fetch.h"

#include "sim/time.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <string>
#include <vector>

namespace
{

constexpr uint64_t GAP_PS = 1000;
constexpr uint64_t PA = 0x4000;

std::string order_of(hw_fetch_order how, uint32_t n, uint64_t seed = 1)
{
    uint32_t order[HW_MAX_WORDS];
    std::string text;
    sim_rng rng;

    sim_rng_seed(&rng, seed);
    hw_fetch_arrange(how, n, &rng, order);
    for (uint32_t i = 0; i < n; i++)
        text += std::to_string(order[i]);
    return text;
}

TEST(HwFetchOrder, EachIsAsItsNameSays)
{
    EXPECT_EQ(order_of(HW_FETCH_UP, 4), "0123");
    EXPECT_EQ(order_of(HW_FETCH_DOWN, 4), "3210");
    EXPECT_EQ(order_of(HW_FETCH_FIRST_LAST, 4), "1230");
    EXPECT_EQ(order_of(HW_FETCH_FIRST_REST_DOWN, 4), "0321");
    EXPECT_EQ(order_of(HW_FETCH_FIRST_REST_DOWN, 8), "07654321");
}

TEST(HwFetchOrder, OnePieceIsTheOnlyOne)
{
    for (const hw_fetch_order how : {HW_FETCH_UP, HW_FETCH_DOWN, HW_FETCH_FIRST_LAST,
                                     HW_FETCH_FIRST_REST_DOWN, HW_FETCH_RANDOM})
        EXPECT_EQ(order_of(how, 1), "0");
}

TEST(HwFetchOrder, RandomComesToEveryOrderOfThree)
{
    std::vector<std::string> seen;

    for (uint64_t seed = 0; seed < 200; seed++) {
        const std::string order = order_of(HW_FETCH_RANDOM, 3, seed);

        if (std::find(seen.begin(), seen.end(), order) == seen.end())
            seen.push_back(order);
    }
    EXPECT_EQ(seen.size(), 6u);
}

struct Job {
    hw_link link{};
    struct Reader *reader = nullptr;
};

// Memory answers when it is told to: pieces stay in asked until then.
struct Reader : testing::Test {
    Reader() : queue(sim_queue_new())
    {
        static const hw_fetch_ops ops = {
            [](hw_fetch *fetch, sim_access *access) {
                auto *r = static_cast<Reader *>(fetch->fetcher->owner);

                r->asked.push_back(access);
                r->asked_ps.push_back(sim_queue_now_ps(r->queue));
            },
            [](const hw_fetch *fetch, const sim_access *, const uint64_t *words) {
                static_cast<Reader *>(fetch->fetcher->owner)->took.push_back(words[0]);
            },
            [](hw_fetch *fetch) {
                auto *r = static_cast<Reader *>(fetch->fetcher->owner);

                r->n_done++;
                r->done = *fetch;
            },
            [](void *job) { static_cast<Job *>(job)->reader->again.push_back(job); },
        };

        job.reader = this;
        fetcher.ops = &ops;
        fetcher.owner = this;
        fetcher.queue = queue;
        fetcher.source = &source;
        EXPECT_EQ(hw_fetcher_new(&fetcher, 1), 0);
    }
    ~Reader() override
    {
        hw_fetcher_free(&fetcher);
        sim_queue_free(queue);
    }
    hw_fetch *start(uint32_t n_bytes, uint32_t piece_bytes, hw_fetch_order how = HW_FETCH_UP)
    {
        hw_fetch_what what = {};

        what.pa = PA;
        what.n_bytes = n_bytes;
        what.piece_bytes = piece_bytes;
        what.structure = 5;
        what.gap_ps = GAP_PS;
        hw_fetch_arrange(how, n_bytes / piece_bytes, nullptr, what.order);
        EXPECT_TRUE(hw_fetch_may(&fetcher, &job.link));
        return hw_fetch_start(&fetcher, &job, &what);
    }
    void answer(size_t i, uint8_t value, uint8_t status = SIM_ACCESS_OK)
    {
        sim_access *access = asked[i];

        std::fill(access->data, access->data + access->n_bytes, value);
        access->status = status;
        access->done.fn(access->done.ctx);
    }
    void run()
    {
        (void)sim_queue_advance(queue, SIM_TIME_NEVER);
    }
    sim_queue *queue;
    sim_source source{};
    hw_fetcher fetcher{};
    Job job;
    std::vector<sim_access *> asked;
    std::vector<uint64_t> asked_ps, took;
    std::vector<void *> again;
    hw_fetch done{};
    unsigned n_done = 0;
};

TEST_F(Reader, PiecesAreAskedForOneGapApartInTheirOrder)
{
    start(64, 16, HW_FETCH_FIRST_LAST);
    run();
    ASSERT_EQ(asked.size(), 4u);
    EXPECT_EQ(asked[0]->pa, PA + 16);
    EXPECT_EQ(asked[1]->pa, PA + 32);
    EXPECT_EQ(asked[2]->pa, PA + 48);
    EXPECT_EQ(asked[3]->pa, PA);
    EXPECT_EQ(asked_ps, (std::vector<uint64_t>{0, 1000, 2000, 3000}));
    EXPECT_EQ(asked[0]->n_bytes, 16u);
    EXPECT_EQ(asked[0]->structure, 5);
    EXPECT_EQ(asked[0]->op, SIM_ACCESS_READ);
}

TEST_F(Reader, EachPieceIsInItsPlaceWhoeverAnswersFirst)
{
    start(16, 8);
    run();
    answer(1, 0x22);
    EXPECT_EQ(n_done, 0u);
    answer(0, 0x11);
    ASSERT_EQ(n_done, 1u);
    EXPECT_EQ(done.words[0], UINT64_C(0x1111111111111111));
    EXPECT_EQ(done.words[1], UINT64_C(0x2222222222222222));
    EXPECT_EQ(took.size(), 2u);
    EXPECT_EQ(done.job, &job);
}

TEST_F(Reader, APieceOf16BytesFillsTwoWords)
{
    start(32, 16);
    run();
    answer(0, 0x11);
    answer(1, 0x22);
    EXPECT_EQ(done.words[1], UINT64_C(0x1111111111111111));
    EXPECT_EQ(done.words[3], UINT64_C(0x2222222222222222));
}

TEST_F(Reader, TheFirstRefusalIsRemembered)
{
    start(32, 8);
    run();
    answer(0, 0);
    answer(2, 0, SIM_ACCESS_ABORT);
    answer(1, 0, SIM_ACCESS_ABORT);
    EXPECT_EQ(n_done, 0u) << "the others are waited for";
    answer(3, 0);
    EXPECT_TRUE(done.has_abort);
    EXPECT_EQ(done.abort_pa, PA + 16);
}

TEST_F(Reader, ARefusalIsForgottenByTheNextEntry)
{
    start(8, 8);
    run();
    answer(0, 0, SIM_ACCESS_ABORT);
    start(8, 8);
    run();
    answer(1, 0);
    EXPECT_FALSE(done.has_abort);
}

TEST_F(Reader, WhoFindsNoSlotWaitsForOne)
{
    Job other;

    other.reader = this;
    start(8, 8);
    EXPECT_FALSE(hw_fetch_may(&fetcher, &other.link));
    run();
    answer(0, 0);
    EXPECT_EQ(again, std::vector<void *>{&other});
    EXPECT_TRUE(hw_fetch_may(&fetcher, &other.link));
}

TEST_F(Reader, WhatNobodyWantsIsNotAskedForButWhatWasAskedForComesBack)
{
    hw_fetch *fetch = start(16, 8);

    (void)sim_queue_advance(queue, 0);
    ASSERT_EQ(asked.size(), 1u);
    hw_fetch_abandon(fetch);
    run();
    EXPECT_EQ(asked.size(), 1u);
    EXPECT_EQ(fetcher.slots.n_free, 0u) << "its slot is held";
    answer(0, 0);
    EXPECT_EQ(n_done, 0u);
    EXPECT_EQ(fetcher.slots.n_free, 1u);
}

TEST_F(Reader, WhatWasNeverAskedForIsGoneAtOnce)
{
    hw_fetch_abandon(start(16, 8));
    EXPECT_EQ(fetcher.slots.n_free, 1u);
    run();
    EXPECT_TRUE(asked.empty());
}

} // namespace
