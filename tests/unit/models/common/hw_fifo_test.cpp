// SPDX-License-Identifier: BSD-2-Clause
// Lists: who comes first goes first, who leaves from the middle tears nothing.
#include "models/common/hw_fifo.h"

#include <gtest/gtest.h>

#include <string>

namespace
{

struct Thing {
    hw_link link{};
    char name = '?';
};

struct Fifo : testing::Test {
    Fifo()
    {
        for (unsigned i = 0; i < 3; i++) {
            things[i].name = static_cast<char>('a' + i);
            hw_fifo_put(&fifo, &things[i].link);
        }
    }
    std::string take_all()
    {
        std::string names;

        while (const auto *thing = static_cast<Thing *>(hw_fifo_take(&fifo)))
            names += thing->name;
        return names;
    }
    hw_fifo fifo{};
    Thing things[3];
};

TEST_F(Fifo, FirstInFirstOut)
{
    EXPECT_EQ(take_all(), "abc");
}

TEST_F(Fifo, LookingAtTheFirstTakesNobody)
{
    EXPECT_EQ(static_cast<Thing *>(hw_fifo_first(&fifo))->name, 'a');
    EXPECT_EQ(take_all(), "abc");
    EXPECT_EQ(hw_fifo_first(&fifo), nullptr);
}

TEST_F(Fifo, EmptiedItTakesAgain)
{
    (void)take_all();
    hw_fifo_put(&fifo, &things[1].link);
    hw_fifo_put(&fifo, &things[0].link);
    EXPECT_EQ(take_all(), "ba");
}

TEST_F(Fifo, TheFirstMayLeave)
{
    EXPECT_TRUE(hw_fifo_remove(&fifo, &things[0].link));
    EXPECT_EQ(take_all(), "bc");
}

TEST_F(Fifo, TheMiddleOneMayLeave)
{
    EXPECT_TRUE(hw_fifo_remove(&fifo, &things[1].link));
    EXPECT_EQ(take_all(), "ac");
}

TEST_F(Fifo, TheLastMayLeaveAndTheNextComesBehindTheOthers)
{
    EXPECT_TRUE(hw_fifo_remove(&fifo, &things[2].link));
    hw_fifo_put(&fifo, &things[2].link);
    EXPECT_EQ(take_all(), "abc");
}

TEST_F(Fifo, WhoIsNotInItDoesNotLeave)
{
    Thing stranger;

    EXPECT_FALSE(hw_fifo_remove(&fifo, &stranger.link));
    EXPECT_EQ(take_all(), "abc");
    EXPECT_FALSE(hw_fifo_remove(&fifo, &things[0].link));
}

TEST_F(Fifo, TheOnlyOneLeavesNobodyBehind)
{
    (void)take_all();
    hw_fifo_put(&fifo, &things[0].link);
    EXPECT_TRUE(hw_fifo_remove(&fifo, &things[0].link));
    EXPECT_EQ(hw_fifo_take(&fifo), nullptr);
    hw_fifo_put(&fifo, &things[1].link);
    EXPECT_EQ(take_all(), "b");
}

} // namespace
