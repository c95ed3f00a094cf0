// SPDX-License-Identifier: BSD-2-Clause
// part_test.cpp - what is counted, and in which stage of an operation.
// Knows: chk.h. Must not know: how stages are kept.
#include "tests/unit/check/stream.h"

namespace
{

using namespace chk_test;

/* A replace as Linux does it: build a table, three steps of the entry, tear the old table down. */
void whole_replace(Stream &s)
{
    s.two_domains();
    s.begin(SIM_OP_REPLACE, kDev);
    s.memory(0x60000, 0x1000);
    s.store(SIM_S_PTE, 0x6100);
    for (uint64_t i = 1; i < 4; i++)
        s.map(kDomB, kIova + i * 0x1000, kPaB + i * 0x1000);
    s.begin(SIM_OP_GROUP_REPLACE, SIM_NO_DEV, kDomB);
    s.begin(SIM_OP_DRV_ATTACH, kDev, kDomB, kTypePaging);
    for (int i = 0; i < 3; i++) {
        s.store(SIM_S_CD, 0x7000);
        s.command_and_sync(kCfgi);
    }
    s.command(kPrefetch);
    s.doorbell();
    s.end(SIM_OP_DRV_ATTACH, kDev, kDomB);
    s.end(SIM_OP_GROUP_REPLACE, SIM_NO_DEV, kDomB);
    s.store(SIM_S_OTHER, 0x7700);
    s.unmap(kDomA, kIova);
    s.unmap(kDomA, kIova + 0x1000);
    s.command_and_sync(kTlbi);
    s.free(0x60000, 0x1000);
    s.end(SIM_OP_REPLACE, kDev);
}

TEST(Parts, OfAReplaceAreBuildSwitchRelease)
{
    Stream s;

    whole_replace(s);
    const chk_op &op = s.last();

    ASSERT_EQ(op.n_parts, 3u);
    EXPECT_EQ(op.parts[0].op, SIM_OP_MAP);
    EXPECT_EQ(counts(op.parts[0].stores), (Counts{{"PTE", 4}}));
    EXPECT_EQ(counts(op.parts[0].commands), Counts{});
    EXPECT_EQ(op.parts[1].op, SIM_OP_DRV_ATTACH);
    EXPECT_EQ(counts(op.parts[1].stores), (Counts{{"CD", 3}}));
    EXPECT_EQ(counts(op.parts[1].commands),
              (Counts{{"CFGI_CD", 3}, {"CMD_SYNC", 3}, {"PREFETCH_CONFIG", 1}}));
    EXPECT_EQ(op.parts[1].syncs, 3u);
    EXPECT_EQ(op.parts[2].op, SIM_OP_UNMAP);
    EXPECT_EQ(counts(op.parts[2].stores), (Counts{{"PTE", 2}}));
    EXPECT_EQ(counts(op.parts[2].commands), (Counts{{"CMD_SYNC", 3}, {"TLBI_NH_VA", 3}}));
    EXPECT_EQ(op.parts[2].syncs, 3u);
}

TEST(Parts, ReachFromTheOperationsBeginToItsEnd)
{
    Stream s;

    whole_replace(s);
    const chk_op &op = s.last();

    ASSERT_EQ(op.n_parts, 3u);
    EXPECT_EQ(op.parts[0].begin_seq, op.begin_seq);
    EXPECT_EQ(op.parts[0].begin_ps, op.begin_ps);
    EXPECT_EQ(op.parts[0].end_seq, op.parts[1].begin_seq);
    EXPECT_EQ(op.parts[0].end_ps, op.parts[1].begin_ps);
    EXPECT_LT(op.parts[1].begin_seq, op.switch_begin_seq);
    EXPECT_EQ(op.parts[1].end_seq, op.switch_end_seq);
    EXPECT_EQ(op.parts[1].end_ps, op.switch_end_ps);
    EXPECT_GT(op.parts[2].begin_seq, op.parts[1].end_seq);
    EXPECT_EQ(op.parts[2].end_seq, op.end_seq);
    EXPECT_EQ(op.parts[2].end_ps, op.end_ps);
}

TEST(Parts, TheWholeHasWhatIsBetweenThem)
{
    Stream s;

    whole_replace(s);
    const chk_op &op = s.last();

    EXPECT_EQ(counts(op.stores), (Counts{{"CD", 3}, {"OTHER", 1}, {"PTE", 6}}));
    EXPECT_EQ(counts(op.commands),
              (Counts{{"CFGI_CD", 3}, {"CMD_SYNC", 6}, {"PREFETCH_CONFIG", 1}, {"TLBI_NH_VA", 3}}));
    EXPECT_EQ(op.syncs, 6u);
    EXPECT_EQ(op.mmio_writes, 7u);
}

/* The kernel attaches an empty table first and then fills it. */
TEST(Parts, MapsAfterTheSwitchAreAPartOfTheirOwn)
{
    Stream s;

    s.begin(SIM_OP_ATTACH, kDev);
    s.store(SIM_S_OTHER);
    s.switch_begin(kDev, kDomA, kTypePaging);
    s.switch_end(kDev, kDomA, kTypePaging);
    s.store(SIM_S_OTHER);
    s.map(kDomA, kIova, kPaA);
    s.map(kDomA, kIova + 0x1000, kPaA + 0x1000);
    s.end(SIM_OP_ATTACH, kDev);
    const chk_op &op = s.last();

    ASSERT_EQ(op.n_parts, 2u);
    EXPECT_EQ(op.parts[0].op, SIM_OP_DRV_ATTACH);
    EXPECT_EQ(counts(op.parts[0].stores), (Counts{{"CD", 1}}));
    EXPECT_EQ(op.parts[1].op, SIM_OP_MAP);
    EXPECT_EQ(counts(op.parts[1].stores), (Counts{{"PTE", 2}}));
}

TEST(Parts, WithoutSwitchAreTheInnerMarks)
{
    Stream s;

    s.two_domains();
    s.begin(SIM_OP_REPLACE, kDev);
    s.map(kDomB, kIova + 0x1000, kPaB);
    s.unmap(kDomB, kIova + 0x1000);
    s.end(SIM_OP_REPLACE, kDev, 0, -98);
    ASSERT_EQ(s.last().n_parts, 2u);
    EXPECT_EQ(s.last().parts[0].op, SIM_OP_MAP);
    EXPECT_EQ(s.last().parts[1].op, SIM_OP_UNMAP);
    EXPECT_EQ(s.last().switch_begin_seq, 0u);
    EXPECT_EQ(s.last().switch_end_seq, 0u);
}

TEST(Parts, MapsAndTopLevelDriverAttachesHaveNone)
{
    Stream s;

    s.two_domains();
    for (size_t i = 0; i < 3; i++)
        EXPECT_EQ(s.op(i).n_parts, 0u);
}

TEST(Parts, DevicesOfAGroupAreOneSwitch)
{
    Stream s;

    s.two_domains();
    s.begin(SIM_OP_REPLACE, kDev);
    s.switch_begin(kDev, kDomB, kTypePaging);
    s.switch_end(kDev, kDomB, kTypePaging);
    s.switch_begin(kOtherDev, kDomB, kTypePaging);
    s.switch_end(kOtherDev, kDomB, kTypePaging);
    s.end(SIM_OP_REPLACE, kDev);
    ASSERT_EQ(s.last().n_parts, 1u);
    EXPECT_EQ(counts(s.last().parts[0].stores), (Counts{{"CD", 2}}));
    EXPECT_EQ(s.last().parts[0].end_seq, s.last().switch_end_seq);
}

/* ---- counting ---- */

TEST(Count, WideStoreIsTwoUnlessAtomic)
{
    Stream s;

    s.begin(SIM_OP_MAP, SIM_NO_DEV, kDomA, kIova, 0x1000);
    s.store(SIM_S_PASID, 0x5000, 1, 16);
    s.store(SIM_S_PASID, 0x5010, 1, 16, true);
    s.store(SIM_S_STE, 0x5020, 1, 4);
    s.end(SIM_OP_MAP);
    EXPECT_EQ(counts(s.last().stores), (Counts{{"PASID", 3}, {"STE", 1}}));
}

TEST(Count, CommandOfTwoHalvesIsOne)
{
    Stream s;

    s.begin(SIM_OP_MAP, SIM_NO_DEV, kDomA, kIova, 0x1000);
    s.store(SIM_S_CMD, 0x40000000, kSync, 8);
    s.store(SIM_S_CMD, 0x40000008, kTlbi, 8);
    s.store(SIM_S_CMD, 0x40000010, kTlbi, 16);
    s.end(SIM_OP_MAP);
    EXPECT_EQ(counts(s.last().commands), (Counts{{"CMD_SYNC", 1}, {"TLBI_NH_VA", 1}}));
    EXPECT_EQ(s.last().syncs, 1u);
}

TEST(Count, WhatIsNoCommandIsNotCounted)
{
    Stream s;

    s.begin(SIM_OP_MAP, SIM_NO_DEV, kDomA, kIova, 0x1000);
    s.command(0xee);
    s.end(SIM_OP_MAP);
    EXPECT_EQ(counts(s.last().commands), Counts{});
    EXPECT_EQ(counts(s.last().stores), Counts{});
}

TEST(Count, OtherCpusActsAreNotTheOperations)
{
    Stream s;

    s.begin(SIM_OP_MAP, SIM_NO_DEV, kDomA, kIova, 0x1000);
    s.cpu = 1;
    s.store(SIM_S_PTE);
    s.command_and_sync(kTlbi);
    s.cpu = 0;
    s.store(SIM_S_CD);
    s.end(SIM_OP_MAP, SIM_NO_DEV, kDomA, 0, kIova);
    EXPECT_EQ(counts(s.last().stores), (Counts{{"CD", 1}}));
    EXPECT_EQ(s.last().mmio_writes, 0u);
}

TEST(Count, EventsOfTheDevicesWindow)
{
    Stream s;

    s.fact(SIM_FACT_EVENT_RECORDED, kBadCd, kSid);
    s.two_domains();
    s.begin(SIM_OP_REPLACE, kDev);
    s.fact(SIM_FACT_EVENT_RECORDED, kBadCd, kSid);
    s.end(SIM_OP_REPLACE, kDev);
    s.fact(SIM_FACT_EVENT_RECORDED, kBadCd, kSid);
    s.fact(SIM_FACT_EVENT_RECORDED, kPermission, kSid);
    s.fact(SIM_FACT_EVENT_RECORDED, kBadCd, kOtherSid);
    s.fact(SIM_FACT_EVENT_RECORDED, kBadCd, kSid, 0, 0, 7);
    s.begin(SIM_OP_DETACH, kDev);
    s.fact(SIM_FACT_EVENT_RECORDED, kBadCd, kSid);
    s.end(SIM_OP_DETACH, kDev);
    EXPECT_EQ(counts(s.op(3).events), (Counts{{"C_BAD_CD", 2}, {"F_PERMISSION", 1}}));
    EXPECT_EQ(counts(s.op(4).events), (Counts{{"C_BAD_CD", 1}}));
}

TEST(Count, SweepsAreTheOperationsThatRangLast)
{
    Stream s;

    s.fact(SIM_FACT_TLB_SWEPT, 100, 100, 100);
    s.two_domains();
    s.unmap_begin(kDomA, kIova);
    s.command(kTlbi);
    s.doorbell();
    s.fact(SIM_FACT_TLB_SWEPT, 64, 5, 3);
    s.end(SIM_OP_UNMAP, SIM_NO_DEV, kDomA, 0, kIova);
    s.fact(SIM_FACT_TLB_SWEPT, 8, 1, 0);
    s.doorbell();
    s.fact(SIM_FACT_TLB_SWEPT, 100, 100, 100);
    EXPECT_EQ(s.last().swept, 72u);
    EXPECT_EQ(s.last().killed, 6u);
    EXPECT_EQ(s.last().collateral, 3u);
    EXPECT_EQ(s.op(0).swept, 0u);
}

TEST(Count, NamesBeyondTheRoomAreOther)
{
    Stream s;

    s.begin(SIM_OP_MAP, SIM_NO_DEV, kDomA, kIova, 0x1000);
    for (uint8_t i = 0; i < SIM_N_STRUCTURES; i++) {
        if (i != SIM_S_CMD && i != SIM_S_QI)
            s.store(i);
    }
    s.end(SIM_OP_MAP);
    EXPECT_LE(s.last().stores.n, CHK_MAX_COUNTS);
    EXPECT_EQ(counts(s.last().stores).at("PTE_S1"), 1u);
    EXPECT_EQ(counts(s.last().stores).at("PTE"), 2u); /* of no known stage, two architectures */
}

} // namespace
