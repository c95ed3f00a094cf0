// SPDX-License-Identifier: BSD-2-Clause
// intent_test.cpp - which answers software's promises allow, moment by moment.
// Knows: intent.h, records. Must not know: how ranges are kept.
#include "tests/unit/sim/intent_fixture.h"

namespace
{

TEST(Intent, AMapMayBeUsedFromItsBeginAndMustWorkFromItsEnd)
{
    Intent i;
    const uint64_t begin = i.begin(SIM_OP_MAP, 0x1000, 0x1000);
    const uint64_t map = i.map(0x1000, 0x80000000, 0x1000);
    const uint64_t end = i.end(SIM_OP_MAP, 0x1000, 0x1000);

    EXPECT_EQ(i.at(0x1004, begin - 1), "refuse");
    EXPECT_EQ(i.at(0x1004, begin), "80000004 refuse");
    EXPECT_EQ(i.at(0x1004, map), "80000004 refuse");
    EXPECT_EQ(i.at(0x1004, end), "80000004");
    EXPECT_EQ(i.at(0x1fff, end + 100), "80000fff");
    EXPECT_EQ(i.at(0x2000, end), "refuse");
    EXPECT_EQ(i.at(0xfff, end), "refuse");
}

TEST(Intent, AnUnmapMayRefuseFromItsBeginAndMustNotBeUsedFromItsEnd)
{
    Intent i;
    uint64_t begin, unmap, end;

    i.map(0x1000, 0x80000000, 0x1000);
    begin = i.begin(SIM_OP_UNMAP, 0x1000, 0x1000);
    unmap = i.unmap(0x1000, 0x1000, 0x1000);
    end = i.end(SIM_OP_UNMAP, 0x1000, 0x1000);
    EXPECT_EQ(i.at(0x1000, begin - 1), "80000000");
    EXPECT_EQ(i.at(0x1000, begin), "80000000 refuse");
    EXPECT_EQ(i.at(0x1000, unmap), "80000000 refuse");
    EXPECT_EQ(i.at(0x1000, end), "refuse");
    EXPECT_EQ(i.ask(0x1000, begin - 1, end), "80000000 refuse");
    EXPECT_EQ(i.ask(0x1000, end, end + 5), "refuse");
}

// A driver clears entries before its UNMAP record comes: what the record will say is not known yet.
TEST(Intent, WhatAnUnmapAnnouncesMayBeRefusedAtOnce)
{
    Intent i;
    uint64_t begin;

    i.map(0x1000, 0x80000000, 0x4000);
    begin = i.begin(SIM_OP_UNMAP, 0x2000, 0x1000);
    EXPECT_EQ(i.at(0x2000, begin), "80001000 refuse");
    EXPECT_EQ(i.at(0x1000, begin), "80000000");
    EXPECT_EQ(i.at(0x3000, begin), "80002000");
    EXPECT_EQ(i.ranges(), "1000+1000>80000000 3000+2000>80002000");
}

// A driver writes entries before its MAP record comes.
TEST(Intent, WhatAMapAnnouncesIsOpaqueUntilItsRecord)
{
    Intent i;
    const uint64_t begin = i.begin(SIM_OP_MAP, 0x1000, 0x2000);
    uint64_t map;

    EXPECT_EQ(i.at(0x1000, begin), "refuse ?");
    EXPECT_EQ(i.at(0x1000, begin - 1), "refuse");
    EXPECT_EQ(i.at(0x3000, begin), "refuse");
    EXPECT_EQ(i.ask(0x1000, begin, begin, kOther), "refuse");
    map = i.map(0x1000, 0x80000000, 0x1000);
    EXPECT_EQ(i.at(0x1000, map), "80000000 refuse");
    EXPECT_EQ(i.at(0x2000, map), "refuse ?");
    i.end(SIM_OP_MAP, 0x1000, 0x2000);
    EXPECT_EQ(i.at(0x2000, map), "refuse");
}

TEST(Intent, AShortUnmapRemovesOnlyWhatItSays)
{
    Intent i;
    uint64_t begin, end;

    i.map(0x1000, 0x80000000, 0x4000);
    begin = i.begin(SIM_OP_UNMAP, 0x1000, 0x4000);
    i.unmap(0x1000, 0x4000, 0x1000);
    end = i.end(SIM_OP_UNMAP, 0x1000, 0x4000);
    EXPECT_EQ(i.at(0x1fff, end), "refuse");
    EXPECT_EQ(i.at(0x2000, end), "80001000");
    EXPECT_EQ(i.ask(0x2000, begin - 1, end), "80001000");
    EXPECT_EQ(i.ranges(), "2000+3000>80001000");
}

TEST(Intent, AnUnmapWithoutARecordRemovesNothing)
{
    Intent i;

    i.map(0x1000, 0x80000000, 0x4000);
    i.begin(SIM_OP_UNMAP, 0x2000, 0x1000);
    i.end(SIM_OP_UNMAP, 0x2000, 0x1000);
    EXPECT_EQ(i.at(0x2000, i.seq), "80001000");
}

TEST(Intent, AnUnmapSplitsARange)
{
    Intent i;

    i.map(0x1000, 0x80000000, 0x5000);
    i.begin(SIM_OP_UNMAP, 0x2000, 0x2000);
    i.unmap(0x2000, 0x2000, 0x2000);
    i.end(SIM_OP_UNMAP, 0x2000, 0x2000);
    EXPECT_EQ(i.ranges(), "1000+1000>80000000 4000+2000>80003000");
    EXPECT_EQ(i.at(0x1fff, i.seq), "80000fff");
    EXPECT_EQ(i.at(0x2000, i.seq), "refuse");
    EXPECT_EQ(i.at(0x3fff, i.seq), "refuse");
    EXPECT_EQ(i.at(0x4000, i.seq), "80003000");
}

TEST(Intent, AnUnmapMayRemoveMoreThanItAnnounced)
{
    Intent i;
    uint64_t begin;

    i.map(0x1000, 0x80000000, 0x4000);
    begin = i.begin(SIM_OP_UNMAP, 0x2000, 0x1000);
    i.unmap(0x1000, 0x4000, 0x4000); // a block of the table
    EXPECT_EQ(i.at(0x1000, begin), "80000000 refuse");
    i.end(SIM_OP_UNMAP, 0x2000, 0x1000);
    EXPECT_EQ(i.at(0x1000, i.seq), "refuse");
    EXPECT_EQ(i.at(0x4fff, i.seq), "refuse");
    EXPECT_EQ(i.ranges(), "");
}

TEST(Intent, AFailedMapNeverWas)
{
    Intent i;
    uint64_t begin, end;

    i.map(0x1000, 0x70000000, 0x1000);
    begin = i.begin(SIM_OP_MAP, 0x1000, 0x2000);
    i.map(0x1000, 0x80000000, 0x2000);
    end = i.end(SIM_OP_MAP, 0x1000, 0x2000, -12);
    EXPECT_EQ(i.at(0x1000, begin), "70000000 80000000"); // it may have been seen
    EXPECT_EQ(i.at(0x2000, begin), "80001000 refuse");
    EXPECT_EQ(i.at(0x1000, end), "70000000");
    EXPECT_EQ(i.at(0x2000, end), "refuse");
    EXPECT_EQ(i.ranges(), "1000+1000>70000000");
}

TEST(Intent, WithoutAMarkRecordsCountAtTheirOwnMoment)
{
    Intent i;
    const uint64_t map = i.map(0x1000, 0x80000000, 0x1000);
    const uint64_t unmap = i.unmap(0x1000, 0x1000, 0x1000);

    EXPECT_EQ(i.at(0x1000, map - 1), "refuse");
    EXPECT_EQ(i.at(0x1000, map), "80000000");
    EXPECT_EQ(i.at(0x1000, unmap - 1), "80000000");
    EXPECT_EQ(i.at(0x1000, unmap), "refuse");
}

TEST(Intent, AMarkOfTheOtherKindDoesNotCount)
{
    Intent i;
    uint64_t map;

    i.begin(SIM_OP_UNMAP);
    map = i.map(0x1000, 0x80000000, 0x1000);
    EXPECT_EQ(i.at(0x1000, map), "80000000");
}

TEST(Intent, ANewerMapReplacesTheOlderOneAtItsEnd)
{
    Intent i;
    uint64_t begin, end;

    i.map(0x1000, 0x70000000, 0x3000);
    begin = i.begin(SIM_OP_MAP, 0x2000, 0x1000);
    i.map(0x2000, 0x80000000, 0x1000);
    end = i.end(SIM_OP_MAP, 0x2000, 0x1000);
    EXPECT_EQ(i.at(0x2000, begin - 1), "70001000");
    EXPECT_EQ(i.at(0x2000, begin), "70001000 80000000"); // and none may be refused
    EXPECT_EQ(i.at(0x2000, end), "80000000");
    EXPECT_EQ(i.ask(0x2000, begin - 1, end), "70001000 80000000");
    EXPECT_EQ(i.at(0x1000, end), "70000000");
    EXPECT_EQ(i.at(0x3000, end), "70002000");
    EXPECT_EQ(i.ranges(), "1000+1000>70000000 2000+1000>80000000 3000+1000>70002000");
}

TEST(Intent, AnIntervalUnitesItsMoments)
{
    Intent i;
    const uint64_t first = i.map(0x1000, 0x80000000, 0x1000);
    const uint64_t gone = i.unmap(0x1000, 0x1000, 0x1000);
    const uint64_t again = i.map(0x1000, 0x90000000, 0x1000);

    EXPECT_EQ(i.ask(0x1000, first, first), "80000000");
    EXPECT_EQ(i.ask(0x1000, first, gone), "80000000 refuse");
    EXPECT_EQ(i.ask(0x1000, first, again), "80000000 90000000 refuse");
    EXPECT_EQ(i.ask(0x1000, gone, again), "90000000 refuse");
    EXPECT_EQ(i.ask(0x1000, again, again), "90000000");
}

TEST(Intent, MoreTargetsThanFitAreOpaque)
{
    Intent i;

    for (uint64_t n = 1; n <= SIM_INTENT_TARGETS; n++)
        i.map(0x1000, n << 28, 0x1000);
    EXPECT_EQ(i.ask(0x1000, 1, i.seq), "10000000 20000000 30000000 40000000");
    i.map(0x1000, 0x50000000, 0x1000);
    EXPECT_EQ(i.ask(0x1000, 1, i.seq).back(), '?');
    EXPECT_EQ(i.at(0x1000, i.seq), "50000000");
}

TEST(Intent, KindsWithoutATable)
{
    Intent i;

    i.map(0x1000, 0x80000000, 0x1000);
    EXPECT_EQ(i.ask(0x1000, 1, 1, kDomain, SIM_DOMAIN_BLOCKED), "refuse");
    EXPECT_EQ(i.ask(0x1234, 1, 1, kDomain, SIM_DOMAIN_IDENTITY), "1234");
    EXPECT_EQ(i.ask(0x1000, 1, 1, kDomain, SIM_DOMAIN_OPAQUE), "?");
    EXPECT_EQ(i.ask(0x1000, 1, 1, kOther, SIM_DOMAIN_PAGING), "refuse");
}

TEST(Intent, PermissionsComeWithTheirTarget)
{
    Intent i;
    sim_intent_answer answer;

    i.map(0x1000, 0x80000000, 0x1000, kDomain, 0, SIM_PROT_R);
    i.map(0x1000, 0x80000000, 0x1000, kDomain, 0, SIM_PROT_RW);
    i.map(0x2000, 0x80000000, 0x1000);
    sim_intent_ask(i.intent, kDomain, SIM_DOMAIN_PAGING, 0x1000, 2, 2, &answer);
    ASSERT_EQ(answer.n_targets, 1u);
    EXPECT_TRUE(answer.has_prot[0]);
    EXPECT_EQ(answer.prot[0], SIM_PROT_RW);
    sim_intent_ask(i.intent, kDomain, SIM_DOMAIN_PAGING, 0x1000, 1, 2, &answer);
    EXPECT_EQ(answer.n_targets, 2u);
    sim_intent_ask(i.intent, kDomain, SIM_DOMAIN_PAGING, 0x2000, 3, 3, &answer);
    EXPECT_FALSE(answer.has_prot[0]);
}

TEST(Intent, TheEndOfTheAddressSpace)
{
    Intent i;

    i.map(0xfffffffffffff000, 0x80000000, 0x1000);
    i.map(0, 0, 0); // nothing
    EXPECT_EQ(i.at(UINT64_MAX, i.seq), "80000fff");
    i.unmap(0xfffffffffffff800, 0x800, 0x800);
    EXPECT_EQ(i.at(UINT64_MAX, i.seq), "refuse");
    EXPECT_EQ(i.ranges(), "fffffffffffff000+800>80000000");
}

TEST(Intent, FindGivesTheFirstRangeThatEndsAtOrAfter)
{
    Intent i;

    i.map(0x3000, 0x83000000, 0x1000);
    i.map(0x1000, 0x81000000, 0x1000);
    EXPECT_EQ(sim_intent_find(i.intent, kDomain, 0), 0u);
    EXPECT_EQ(sim_intent_find(i.intent, kDomain, 0x1fff), 0u);
    EXPECT_EQ(sim_intent_find(i.intent, kDomain, 0x2000), 1u);
    EXPECT_EQ(sim_intent_find(i.intent, kDomain, 0x4000), 2u);
    EXPECT_EQ(sim_intent_find(i.intent, kOther, 0), 0u);
}

TEST(Intent, TheGenerationGrowsWithEveryChange)
{
    Intent i;
    uint64_t last = sim_intent_generation(i.intent);
    const auto grew = [&] {
        const uint64_t now = sim_intent_generation(i.intent);
        const bool did = now > last;

        last = now;
        return did;
    };

    i.begin(SIM_OP_MAP, 0x1000, 0x1000);
    EXPECT_TRUE(grew());
    i.map(0x1000, 0x80000000, 0x1000);
    EXPECT_TRUE(grew());
    i.end(SIM_OP_MAP, 0x1000, 0x1000);
    EXPECT_TRUE(grew());
    i.begin(SIM_OP_ATTACH);
    i.end(SIM_OP_ATTACH);
    EXPECT_FALSE(grew());
    i.begin(SIM_OP_UNMAP, 0x1000, 0x1000);
    EXPECT_TRUE(grew());
    i.unmap(0x1000, 0x1000, 0x1000);
    EXPECT_TRUE(grew());
    i.end(SIM_OP_UNMAP, 0x1000, 0x1000);
    EXPECT_TRUE(grew());
}

TEST(Intent, ForgettingKeepsWhatCanStillBeAsked)
{
    Intent i;

    for (uint64_t n = 0; n < 1000; n++) {
        i.map(0x1000, n << 12, 0x1000);
        i.unmap(0x1000, 0x1000, 0x1000);
        sim_intent_forget(i.intent, i.seq - 1); // the moment of the map may still be asked for
        char expected[40];
        snprintf(expected, sizeof(expected), "%llx refuse",
                 static_cast<unsigned long long>(n << 12));
        ASSERT_EQ(i.ask(0x1000, i.seq - 1, i.seq), expected);
        ASSERT_EQ(i.at(0x1000, i.seq), "refuse");
    }
}

TEST(Intent, EndlessBeginsAreBounded)
{
    Intent i;

    for (int n = 0; n < 5000; n++)
        i.begin(SIM_OP_MAP, 0x1000, 0x1000);
    i.map(0x1000, 0x80000000, 0x1000);
    i.end(SIM_OP_MAP, 0x1000, 0x1000);
    EXPECT_EQ(i.ranges(), "1000+1000>80000000");
}

} // namespace
