// SPDX-License-Identifier: BSD-2-Clause
// Commands read ahead: in order of the queue, so many at once, in vain if they are dropped.
#include "models/common/hw_ahead.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <vector>

namespace
{

// A queue of four places; what is at position p is p in all bytes.
struct Queue : testing::Test {
    Queue()
    {
        static const hw_ahead_ops ops = {
            [](const void *, uint32_t pos) { return (pos + 1) % 4; },
            [](void *owner, hw_ahead_slot *slot) {
                slot->access.n_bytes = 16;
                static_cast<Queue *>(owner)->asked.push_back(slot);
            },
            [](void *owner, const hw_ahead_slot *slot) {
                static_cast<Queue *>(owner)->took.push_back(slot ? static_cast<int>(slot->pos)
                                                                 : -1);
            },
        };

        hw_ahead_init(&ahead, &ops, this, 2);
    }
    void answer(size_t i, uint8_t status = SIM_ACCESS_OK)
    {
        sim_access &access = asked[i]->access;

        std::fill(access.data, access.data + access.n_bytes, static_cast<uint8_t>(asked[i]->pos));
        access.status = status;
        access.done.fn(access.done.ctx);
    }
    std::vector<uint32_t> positions() const
    {
        std::vector<uint32_t> all;

        for (const hw_ahead_slot *slot : asked)
            all.push_back(slot->pos);
        return all;
    }
    hw_ahead ahead{};
    std::vector<hw_ahead_slot *> asked;
    std::vector<int> took;
};

TEST_F(Queue, SoManyAreReadAtOnce)
{
    hw_ahead_read(&ahead, 3);
    EXPECT_EQ(positions(), (std::vector<uint32_t>{0, 1}));
    EXPECT_EQ(ahead.next, 2u);
}

TEST_F(Queue, TheEndIsNotRead)
{
    ahead.next = 3;
    hw_ahead_read(&ahead, 0);
    EXPECT_EQ(positions(), std::vector<uint32_t>{3});
    hw_ahead_read(&ahead, 0);
    EXPECT_EQ(asked.size(), 1u);
}

TEST_F(Queue, WhatWasReadWaitsInItsSlot)
{
    hw_ahead_read(&ahead, 3);
    EXPECT_EQ(hw_ahead_at(&ahead, 1)->state, HW_AHEAD_READING);
    answer(1);
    ASSERT_NE(hw_ahead_at(&ahead, 1), nullptr);
    EXPECT_EQ(hw_ahead_at(&ahead, 1)->state, HW_AHEAD_READ);
    EXPECT_EQ(hw_ahead_at(&ahead, 1)->words[1], UINT64_C(0x0101010101010101));
    EXPECT_EQ(hw_ahead_at(&ahead, 1)->words[2], 0u);
    EXPECT_EQ(hw_ahead_at(&ahead, 2), nullptr);
    EXPECT_EQ(took, std::vector<int>{1});
}

TEST_F(Queue, ARefusalIsInTheSlot)
{
    hw_ahead_read(&ahead, 1);
    answer(0, SIM_ACCESS_ABORT);
    EXPECT_EQ(hw_ahead_at(&ahead, 0)->state, HW_AHEAD_ABORTED);
}

TEST_F(Queue, WhatIsDroppedIsNotThere)
{
    hw_ahead_read(&ahead, 2);
    answer(0);
    hw_ahead_drop(&ahead);
    EXPECT_EQ(hw_ahead_at(&ahead, 0), nullptr);
    EXPECT_EQ(hw_ahead_at(&ahead, 1), nullptr);
    EXPECT_TRUE(hw_ahead_is_idle(&ahead));
}

TEST_F(Queue, AReadInVainHoldsItsSlotUntilItComesBack)
{
    hw_ahead_read(&ahead, 2);
    hw_ahead_drop(&ahead);
    ahead.next = 0;
    hw_ahead_read(&ahead, 2);
    EXPECT_EQ(asked.size(), 2u);
    answer(0);
    EXPECT_EQ(took, std::vector<int>{-1});
    hw_ahead_read(&ahead, 2);
    EXPECT_EQ(asked.size(), 3u);
    EXPECT_EQ(hw_ahead_at(&ahead, 0)->state, HW_AHEAD_READING);
    EXPECT_FALSE(hw_ahead_is_idle(&ahead));
}

TEST_F(Queue, OfTheSamePositionTheNewReadCounts)
{
    hw_ahead_read(&ahead, 1);
    hw_ahead_drop(&ahead);
    ahead.next = 0;
    hw_ahead_read(&ahead, 1);
    answer(0);
    EXPECT_EQ(hw_ahead_at(&ahead, 0)->state, HW_AHEAD_READING);
    answer(1);
    EXPECT_EQ(hw_ahead_at(&ahead, 0)->state, HW_AHEAD_READ);
}

} // namespace
