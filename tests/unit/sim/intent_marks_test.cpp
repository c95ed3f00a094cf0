// SPDX-License-Identifier: BSD-2-Clause
// intent_marks_test.cpp - which mark a MAP, an UNMAP or an END belongs to, and what it does to
// others. Knows: intent.h, records. Must not know: how ranges are kept.
#include "tests/unit/sim/intent_fixture.h"

namespace
{

TEST(IntentMarks, MarksOfTwoCpusDoNotMix)
{
    Intent i;
    uint64_t end0;

    i.begin(SIM_OP_MAP, 0x1000, 0x1000, kDomain, 0);
    i.begin(SIM_OP_MAP, 0x1000, 0x1000, kOther, 1);
    i.map(0x1000, 0x80000000, 0x1000, kDomain, 0);
    i.map(0x1000, 0x90000000, 0x1000, kOther, 1);
    end0 = i.end(SIM_OP_MAP, 0x1000, 0x1000, 0, kDomain, 0);
    EXPECT_EQ(i.at(0x1000, end0), "80000000");
    EXPECT_EQ(i.ask(0x1000, end0, end0, kOther), "90000000 refuse");
    i.end(SIM_OP_MAP, 0x1000, 0x1000, 0, kOther, 1);
    EXPECT_EQ(i.ask(0x1000, i.seq, i.seq, kOther), "90000000");
}

TEST(IntentMarks, ATaskMayMoveToAnotherCpu)
{
    Intent i;
    uint64_t begin, end;

    i.map(0x1000, 0x80000000, 0x1000);
    begin = i.begin(SIM_OP_UNMAP, 0x1000, 0x1000, kDomain, 0);
    i.unmap(0x1000, 0x1000, 0x1000, kDomain, 1);
    EXPECT_EQ(i.at(0x1000, i.seq), "80000000 refuse");
    end = i.end(SIM_OP_UNMAP, 0x1000, 0x1000, 0, kDomain, 1);
    EXPECT_EQ(i.ask(0x1000, begin, end - 1), "80000000 refuse");
    EXPECT_EQ(i.at(0x1000, end), "refuse");
}

TEST(IntentMarks, TheMarkOfTheOwnCpuComesFirst)
{
    Intent i;
    const uint64_t begin0 = i.begin(SIM_OP_MAP, 0x1000, 0x1000, kDomain, 0);
    const uint64_t begin1 = i.begin(SIM_OP_MAP, 0x1000, 0x1000, kDomain, 1);

    i.map(0x1000, 0x80000000, 0x1000, kDomain, 0);
    i.end(SIM_OP_MAP, 0x1000, 0x1000, 0, kDomain, 0);
    i.map(0x1000, 0x90000000, 0x1000, kDomain, 1);
    i.end(SIM_OP_MAP, 0x1000, 0x1000, 0, kDomain, 1);
    EXPECT_EQ(i.at(0x1000, begin0), "80000000 refuse");
    EXPECT_EQ(i.at(0x1000, begin1), "80000000 90000000 refuse");
    EXPECT_EQ(i.at(0x1000, i.seq), "90000000");
}

TEST(IntentMarks, TheEndOfAnEnclosingMarkClosesInnerOnes)
{
    Intent i;
    uint64_t end;

    i.map(0x5000, 0x60000000, 0x1000);
    i.begin(SIM_OP_REPLACE);
    i.begin(SIM_OP_MAP, 0x1000, 0x1000);
    i.map(0x1000, 0x80000000, 0x1000);
    i.begin(SIM_OP_UNMAP, 0x5000, 0x1000);
    i.unmap(0x5000, 0x1000, 0x1000);
    end = i.end(SIM_OP_REPLACE, 0, 0, -5);
    EXPECT_EQ(i.at(0x1000, end - 1), "80000000 refuse");
    EXPECT_EQ(i.at(0x1000, end), "80000000");
    EXPECT_EQ(i.at(0x5000, end - 1), "60000000 refuse");
    EXPECT_EQ(i.at(0x5000, end), "refuse");
}

TEST(IntentMarks, AnEndWithoutABeginIsNothing)
{
    Intent i;

    i.map(0x1000, 0x80000000, 0x1000);
    i.end(SIM_OP_UNMAP, 0x1000, 0x1000);
    i.end(SIM_OP_REPLACE);
    EXPECT_EQ(i.at(0x1000, i.seq), "80000000");
}

TEST(IntentMarks, ARecordWithoutADomainTakesThatOfItsMark)
{
    Intent i;
    uint64_t end;

    i.begin(SIM_OP_MAP, 0x1000, 0x1000);
    i.map(0x1000, 0x80000000, 0x1000, 0);
    end = i.end(SIM_OP_MAP, 0x1000, 0x1000);
    EXPECT_EQ(i.at(0x1000, end), "80000000");
    i.begin(SIM_OP_UNMAP, 0x1000, 0x1000);
    i.unmap(0x1000, 0x1000, 0x1000, 0);
    end = i.end(SIM_OP_UNMAP, 0x1000, 0x1000);
    EXPECT_EQ(i.at(0x1000, end), "refuse");
}

TEST(IntentMarks, SeveralMapsInOneMarkCountTogether)
{
    Intent i;
    const uint64_t begin = i.begin(SIM_OP_MAP, 0x1000, 0x3000);
    uint64_t end;

    i.map(0x3000, 0x83000000, 0x1000); // out of order
    i.map(0x1000, 0x81000000, 0x1000);
    i.map(0x2000, 0x82000000, 0x1000);
    EXPECT_EQ(i.at(0x3000, begin), "83000000 refuse");
    EXPECT_EQ(i.at(0x1000, begin), "81000000 refuse");
    EXPECT_EQ(i.ranges(), "");
    end = i.end(SIM_OP_MAP, 0x1000, 0x3000);
    EXPECT_EQ(i.at(0x2000, end), "82000000");
    EXPECT_EQ(i.ranges(), "1000+1000>81000000 2000+1000>82000000 3000+1000>83000000");
}

// A map of several pieces fails in the middle and takes back what it had.
TEST(IntentMarks, AnUnmapInsideAFailingMapTakesBackItsPieces)
{
    Intent i;
    const uint64_t begin = i.begin(SIM_OP_MAP, 0x1000, 0x3000);
    uint64_t inner;

    i.map(0x1000, 0x81000000, 0x1000);
    i.map(0x2000, 0x82000000, 0x1000);
    i.begin(SIM_OP_UNMAP, 0x1000, 0x2000);
    i.unmap(0x1000, 0x2000, 0x2000);
    inner = i.end(SIM_OP_UNMAP, 0x1000, 0x2000);
    EXPECT_EQ(i.at(0x1000, begin), "81000000 refuse ?"); // the outer map still announces it
    i.end(SIM_OP_MAP, 0x1000, 0x3000, -12);
    EXPECT_EQ(i.at(0x1000, begin), "81000000 refuse");
    EXPECT_EQ(i.at(0x1000, inner), "refuse");
}

TEST(IntentMarks, AnUnmapCutsEveryPieceOfAnOpenMap)
{
    Intent i;

    i.begin(SIM_OP_MAP, 0x1000, 0x4000);
    i.map(0x1000, 0x80000000, 0x4000);
    i.map(0x1000, 0x90000000, 0x4000); // the same again, elsewhere
    i.begin(SIM_OP_UNMAP, 0x2000, 0x1000);
    i.unmap(0x2000, 0x1000, 0x1000);
    i.end(SIM_OP_UNMAP, 0x2000, 0x1000);
    i.end(SIM_OP_MAP, 0x1000, 0x4000);
    EXPECT_EQ(i.ranges(), "1000+1000>90000000 3000+2000>90002000");
}

TEST(IntentMarks, AFreedDomainLosesEverything)
{
    Intent i;
    uint64_t begin, end;

    i.map(0x1000, 0x80000000, 0x1000);
    i.map(0x1000, 0x90000000, 0x1000, kOther);
    begin = i.begin(SIM_OP_FREE);
    end = i.end(SIM_OP_FREE);
    EXPECT_EQ(i.at(0x1000, begin), "80000000 refuse");
    EXPECT_EQ(i.at(0x1000, end), "refuse");
    EXPECT_EQ(i.ask(0x1000, end, end, kOther), "90000000");
}

TEST(IntentMarks, ANewDomainAtAnOldAddressIsEmpty)
{
    Intent i;
    uint64_t end;

    i.map(0x1000, 0x80000000, 0x1000);
    i.begin(SIM_OP_ALLOC, 0, 0, 0);
    end = i.end(SIM_OP_ALLOC);
    EXPECT_EQ(i.at(0x1000, end - 1), "80000000");
    EXPECT_EQ(i.at(0x1000, end), "refuse");
    EXPECT_EQ(i.ranges(), "");
}

} // namespace
