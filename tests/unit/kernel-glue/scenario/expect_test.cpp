/* SPDX-License-Identifier: BSD-2-Clause
 * expect_test.cpp - an expect line that is wrong fails, and what expect lines look at. */
#include "tests/unit/kernel-glue/scenario/bench.h"

#include "kernel-glue/scenario/run.h"

#include <cerrno>
#include <gtest/gtest.h>

namespace
{

class Expect : public ::testing::Test
{
  protected:
    void SetUp() override
    {
        ASSERT_TRUE(bench.is_up());
        ASSERT_EQ(bench.lines(), 0);
        ASSERT_EQ(bench.line("attach d0 ha"), 0);
        ASSERT_EQ(bench.line("expect users ha*1"), 0);
        ASSERT_EQ(bench.line("replace d0 hb"), 0);
    }
    Bench bench{"smmuv3", "linux-6.12", "tests/scenario/fail-base.scn"};
};

TEST_F(Expect, AReplaceOfStage1ByStage1IsTheseCommands)
{
    EXPECT_EQ(bench.line("expect commands CFGI_CD*3 CMD_SYNC*3 PREFETCH_CONFIG"), 0);
}

TEST_F(Expect, OneTooManyOneTooFewOrAnotherOneIsWrong)
{
    EXPECT_EQ(bench.line("expect commands CFGI_CD*2 CMD_SYNC*3 PREFETCH_CONFIG"), -EPROTO);
    EXPECT_EQ(bench.line("expect commands CFGI_CD*4 CMD_SYNC*3 PREFETCH_CONFIG"), -EPROTO);
    EXPECT_EQ(bench.line("expect commands CFGI_CD*3 CMD_SYNC*3"), -EPROTO);
    EXPECT_EQ(bench.line("expect commands CFGI_CD*3 CMD_SYNC*3 PREFETCH_CONFIG CFGI_STE"), -EPROTO);
    EXPECT_EQ(bench.line("expect commands"), -EPROTO);
}

TEST_F(Expect, ExpectsInARowLookAtTheSame)
{
    EXPECT_EQ(bench.line("expect dma d0 0x1000000 r -> pa 0x80100000"), 0);
    EXPECT_EQ(bench.line("expect commands CFGI_CD*3 CMD_SYNC*3 PREFETCH_CONFIG"), 0);
    EXPECT_EQ(bench.line("replace d0 hb"), 0);
    EXPECT_EQ(bench.line("expect commands"), 0);
    EXPECT_EQ(bench.line("expect nothing"), 0);
}

TEST_F(Expect, SomethingIsNotNothing)
{
    EXPECT_EQ(bench.line("expect nothing"), -EPROTO);
}

TEST_F(Expect, AnotherPlaceIsWrong)
{
    EXPECT_EQ(bench.line("expect dma d0 0x1000000 r -> pa 0x80000000"), -EIO);
    EXPECT_EQ(bench.line("expect dma d0 0x1000000 r -> fault"), -EIO);
    EXPECT_EQ(bench.line("expect dma d0 0x9000000 r -> pa 0x80000000"), -EIO);
    EXPECT_EQ(bench.line("expect dma d0 0x9000000 r -> fault"), 0);
    EXPECT_EQ(bench.line("expect dma nobody 0x1000000 r -> fault"), -ENOENT);
    EXPECT_EQ(bench.line("expect dma d0 0x1000000 r"), -EINVAL);
}

TEST_F(Expect, OthersUsersAreWrong)
{
    EXPECT_EQ(bench.line("expect users hb*1"), 0);
    EXPECT_EQ(bench.line("expect users hb*2"), -EPROTO);
    EXPECT_EQ(bench.line("expect unused hb"), -EPROTO);
    EXPECT_EQ(bench.line("expect unused ha"), 0);
    EXPECT_EQ(bench.line("expect users nobody*1"), -ENOENT);
}

TEST_F(Expect, EventsAreSeen)
{
    EXPECT_EQ(bench.line("expect no-events"), 0);
    EXPECT_EQ(bench.line("expect events"), -EPROTO);
    EXPECT_EQ(bench.line("dma d0 0x9000000 r"), -EIO);
    EXPECT_EQ(bench.line("expect events"), 0);
    EXPECT_EQ(bench.line("expect no-events"), -EPROTO);
}

TEST_F(Expect, WhatNobodyKnowsIsNoExpectation)
{
    EXPECT_EQ(bench.line("expect miracles"), -ENOSYS);
    EXPECT_EQ(bench.line("bogus"), -EINVAL);
}

TEST_F(Expect, AFailureComesWhereItIsAskedFor)
{
    ASSERT_EQ(bench.line("fail-next step=2"), 0);
    EXPECT_EQ(bench.line("replace d0 ha"), -ETIMEDOUT);
    EXPECT_EQ(bench.stats().n_timeouts, 1u);
    ASSERT_EQ(bench.line("fail-next alloc"), 0);
    EXPECT_EQ(bench.line("ioas more"), -ENOMEM);
    EXPECT_EQ(bench.line("ioas more"), 0);
    EXPECT_EQ(bench.line("fail-next weather"), -ENOSYS);
}

} // namespace
