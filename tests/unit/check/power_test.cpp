// SPDX-License-Identifier: BSD-2-Clause
// power_test.cpp - attaches to a unit that does not translate yet: requests pass, whatever the
// domain. Knows: chk.h. Must not know: how units are switched on.
#include "tests/unit/check/stream.h"

namespace
{

using namespace chk_test;

/* A request that passes untranslated inside the switch, and one after it. */
void attach(Stream &s)
{
    s.switch_begin(kDev, kDomA, kTypePaging);
    s.served(kIova);
    s.switch_end(kDev, kDomA, kTypePaging);
    s.served(kIova);
}

class Power : public testing::Test
{
  public:
    Power()
    {
        s.map(kDomA, kIova, kPaA); /* operation 0 */
    }
    Stream s;
};

TEST_F(Power, AttachToAUnitThatIsOff)
{
    s.power(false);
    attach(s);
    EXPECT_TRUE(s.op(1).hitless);
    EXPECT_STREQ(s.op(1).note, "its IOMMU does not translate yet");
    EXPECT_EQ(s.op(1).dma.unchecked, 2u);
}

TEST_F(Power, ThatIsSwitchedOnLater)
{
    s.power(false);
    attach(s);
    s.power(true);
    s.wait();
    s.served(kPaA);
    EXPECT_TRUE(s.op(1).hitless);
}

TEST_F(Power, UnitsThatNothingIsToldOfAreOn)
{
    attach(s);
    EXPECT_EQ(s.op(1).worst, CHK_STALE);
}

TEST_F(Power, OtherUnitsDoNotCount)
{
    s.power(false, 1);
    attach(s);
    EXPECT_EQ(s.op(1).worst, CHK_STALE);
}

TEST_F(Power, WhatIsSwitchedOnStaysOn)
{
    s.power(true);
    s.power(false);
    attach(s);
    EXPECT_EQ(s.op(1).worst, CHK_STALE);
}

TEST_F(Power, RequestsOfTheSwitchOnItselfMayPass)
{
    s.power(false);
    attach(s);
    s.power(true);
    s.served(kIova); /* before software has seen the answer */
    EXPECT_TRUE(s.op(1).hitless);
}

TEST_F(Power, NoneMayPassAfterwards)
{
    s.power(false);
    attach(s);
    s.power(true);
    s.wait();
    s.served(kIova);
    EXPECT_EQ(s.op(1).worst, CHK_STALE);
}

/* Nobody looked at the part after it. */
TEST_F(Power, SwitchedOnInsideAnAttach)
{
    s.power(false);
    s.switch_begin(kDev, kDomA, kTypePaging);
    s.served(kIova);
    s.power(true);
    s.switch_end(kDev, kDomA, kTypePaging);
    EXPECT_TRUE(s.op(1).inconclusive);
    EXPECT_STREQ(s.op(1).why, "it is not known what the requests should have seen");
}

TEST_F(Power, SwitchedOffInsideAnAttach)
{
    s.switch_begin(kDev, kDomA, kTypePaging);
    s.power(false);
    s.served(kIova);
    s.switch_end(kDev, kDomA, kTypePaging);
    EXPECT_TRUE(s.op(1).inconclusive);
}

} // namespace
