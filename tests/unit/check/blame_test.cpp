// SPDX-License-Identifier: BSD-2-Clause
// blame_test.cpp - which operation a wrong answer is charged to; PASIDs.
// Knows: chk.h. Must not know: segments, slots.
#include "tests/unit/check/stream.h"

namespace
{

using namespace chk_test;

constexpr uint64_t kWild = 0xdead0000, kPage2 = kIova + 0x1000;

/* ---- who is to blame ---- */

TEST(Blame, ReleaseIsNotTheSwitchs)
{
    Stream s;

    s.two_domains();
    s.begin(SIM_OP_REPLACE, kDev);
    s.switch_begin(kDev, kDomB, kTypePaging);
    s.served(kPaA);
    s.switch_end(kDev, kDomB, kTypePaging);
    s.unmap_begin(kDomA, kIova);
    s.served(kPaB);
    s.unmap_end(kDomA, kIova);
    s.end(SIM_OP_REPLACE, kDev);
    s.served(kPaB);
    EXPECT_TRUE(s.last().hitless);
}

TEST(Blame, StaleAnswerIsTheUnmapsThoughAnotherCameLater)
{
    Stream s;

    s.map(kDomA, kIova, kPaA);
    s.map(kDomA, kPage2, kPaA + 0x1000);
    s.switch_begin(kDev, kDomA, kTypePaging);
    s.switch_end(kDev, kDomA, kTypePaging);
    s.unmap(kDomA, kIova);
    s.unmap(kDomA, kPage2);
    s.served(kPaA);
    EXPECT_EQ(classes(s.op(3)), "STALE");
    EXPECT_EQ(s.op(3).dma.stale, 1u);
    EXPECT_EQ(classes(s.op(4)), "");
}

/* The page has a new place; what is served from the old one is the unmap's, not the map's. */
TEST(Blame, TargetOfBeforeTheUnmapIsTheUnmapsAfterANewMapToo)
{
    Stream s;

    s.two_domains();
    s.unmap(kDomA, kIova);
    s.map(kDomA, kIova, kPaB);
    s.served(kPaA);
    EXPECT_EQ(classes(s.op(3)), "STALE");
    EXPECT_EQ(classes(s.op(4)), "");
}

TEST(Blame, TargetThatNeverWasIsTheNewestOperations)
{
    Stream s;

    s.two_domains();
    s.unmap(kDomA, kIova);
    s.map(kDomA, kIova, kPaB);
    s.served(kWild);
    EXPECT_EQ(classes(s.op(3)), "");
    EXPECT_EQ(classes(s.op(4)), "STALE");
}

TEST(Blame, RefusalIsTheMapsThoughAnotherCameLater)
{
    Stream s;

    s.two_domains();
    s.map(kDomA, kPage2, kPaA + 0x1000);
    s.map(kDomA, kPage2 + 0x1000, kPaA + 0x2000);
    s.refused(kPage2);
    EXPECT_EQ(classes(s.op(3)), "STALE-REFUSAL");
    EXPECT_EQ(classes(s.op(4)), "");
}

/* It may have worked until now. */
TEST(Blame, RefusalInsideAnotherOperationIsThatOnes)
{
    Stream s;

    s.two_domains();
    s.map(kDomA, kPage2, kPaA + 0x1000);
    s.unmap_begin(kDomA, kIova);
    s.refused(kPage2);
    s.unmap_end(kDomA, kIova);
    EXPECT_EQ(classes(s.op(3)), "");
    EXPECT_EQ(classes(s.op(4)), "BREAKS");
}

TEST(Blame, RefusalThatWentOnBeforeIsNotTheOtherOperations)
{
    Stream s;

    s.two_domains();
    s.map(kDomA, kPage2, kPaA + 0x1000);
    s.refused(kPage2);
    s.unmap_begin(kDomA, kIova);
    s.refused(kPage2);
    s.unmap_end(kDomA, kIova);
    EXPECT_EQ(classes(s.op(3)), "STALE-REFUSAL");
    EXPECT_EQ(classes(s.op(4)), "");
}

TEST(Blame, LeftoverIsChargedOnce)
{
    Stream s;

    s.two_domains();
    s.begin(SIM_OP_REPLACE, kDev);
    s.switch_begin(kDev, kDomB, kTypePaging);
    s.switch_end(kDev, kDomB, kTypePaging);
    s.end(SIM_OP_REPLACE, kDev);
    s.served(kPaA);
    s.map(kDomB, kPage2, kPaB + 0x1000);
    s.served(kPaA);
    s.begin(SIM_OP_REPLACE, kDev);
    s.served(kPaA);
    s.end(SIM_OP_REPLACE, kDev);
    EXPECT_EQ(classes(s.op(3)), "STALE");
    EXPECT_EQ(s.op(3).dma.stale, 3u);
    EXPECT_EQ(classes(s.op(4)), "");
    EXPECT_EQ(classes(s.op(5)), "");
}

struct NextRow {
    const char *name;
    uint64_t pa; /* served inside the next switch, from B to nowhere */
    bool was_stale;
    const char *last, *next;
};

class NextSwitch : public testing::TestWithParam<NextRow>
{
};

TEST_P(NextSwitch, IsNotChargedWithWhatTheLastOneLeft)
{
    Stream s;

    s.two_domains();
    s.begin(SIM_OP_REPLACE, kDev); /* 3 */
    s.switch_begin(kDev, kDomB, kTypePaging);
    s.switch_end(kDev, kDomB, kTypePaging);
    s.end(SIM_OP_REPLACE, kDev);
    if (GetParam().was_stale)
        s.served(kPaA);
    s.begin(SIM_OP_DETACH, kDev); /* 4 */
    s.switch_begin(kDev, kBlocked, kTypeBlocked);
    GetParam().pa ? s.served(GetParam().pa) : s.refused();
    s.switch_end(kDev, kBlocked, kTypeBlocked);
    s.end(SIM_OP_DETACH, kDev);
    EXPECT_EQ(classes(s.op(3)), GetParam().last);
    EXPECT_EQ(classes(s.op(4)), GetParam().next);
}

const NextRow kNexts[] = {
    {"OldOfTheLastOne", kPaA, true, "STALE", ""},
    {"OldOfTheLastOneForTheFirstTime", kPaA, false, "", "TORN"},
    {"AnotherTarget", kWild, true, "STALE", "TORN"},
    {"RightTarget", kPaB, true, "STALE", ""},
    {"RightRefusal", 0, true, "STALE", ""},
};

INSTANTIATE_TEST_SUITE_P(All, NextSwitch, testing::ValuesIn(kNexts),
                         [](const auto &info) { return info.param.name; });

TEST(Blame, RefusalInsideASwitchIsItsOwnEvenAfterOthers)
{
    Stream s;

    s.two_domains();
    s.begin(SIM_OP_REPLACE, kDev);
    s.switch_begin(kDev, kDomB, kTypePaging);
    s.switch_end(kDev, kDomB, kTypePaging);
    s.end(SIM_OP_REPLACE, kDev);
    s.refused();
    s.begin(SIM_OP_REPLACE, kDev);
    s.switch_begin(kDev, kDomA, kTypePaging);
    s.refused();
    s.switch_end(kDev, kDomA, kTypePaging);
    s.end(SIM_OP_REPLACE, kDev);
    EXPECT_EQ(classes(s.op(3)), "STALE-REFUSAL");
    EXPECT_EQ(classes(s.op(4)), "BREAKS");
}

TEST(Blame, UnmapOfAnotherDomainDoesNotTakeTheWindow)
{
    Stream s;

    s.two_domains();
    s.unmap(kDomB, kIova);
    s.refused();
    EXPECT_EQ(classes(s.op(2)), "STALE-REFUSAL");
    EXPECT_EQ(classes(s.op(3)), "");
}

TEST(Blame, OtherDeviceIsNotJudgedByThisOnesSwitch)
{
    Stream s;
    sim_dma_seen seen;

    s.two_domains();
    s.switch_begin(kOtherDev, kDomA, kTypePaging);
    s.switch_end(kOtherDev, kDomA, kTypePaging);
    s.begin(SIM_OP_REPLACE, kDev);
    s.switch_begin(kDev, kDomB, kTypePaging);
    s.served(kPaA);
    seen = s.request();
    seen.dev = kOtherDev;
    seen.requester = kOtherSid;
    seen.pa = kPaB;
    s.answer(seen);
    s.switch_end(kDev, kDomB, kTypePaging);
    s.end(SIM_OP_REPLACE, kDev);
    EXPECT_TRUE(s.last().hitless);
    EXPECT_EQ(classes(s.op(3)), "STALE");
}

TEST(Blame, NothingIsKnownBeforeTheFirstAttach)
{
    Stream s;

    s.map(kDomA, kIova, kPaA);
    s.served(kWild);
    s.switch_begin(kDev, kDomA, kTypePaging);
    s.served(kWild);
    s.refused();
    s.switch_end(kDev, kDomA, kTypePaging);
    EXPECT_EQ(classes(s.last()), "");
    EXPECT_EQ(s.last().dma.unchecked, 2u);
    EXPECT_EQ(s.report().bad_outside, 0u);
    EXPECT_FALSE(s.last().has_old_domain);
}

/* ---- PASIDs ---- */

TEST(Pasid, HasAHistoryOfItsOwn)
{
    Stream s;
    sim_dma_seen seen;

    s.two_domains();
    s.pasid = 5;
    s.begin(SIM_OP_SET_PASID, kDev, kDomB);
    s.store(SIM_S_CD, 0x7140);
    s.end(SIM_OP_SET_PASID, kDev, kDomB);
    seen = s.request();
    seen.has_pasid = true;
    seen.pasid = 5;
    seen.pa = kPaB;
    s.answer(seen);
    s.served(kPaA);
    EXPECT_EQ(s.last().op, SIM_OP_SET_PASID);
    EXPECT_EQ(s.last().pasid, 5u);
    EXPECT_EQ(s.last().dma.new_, 1u);
    EXPECT_EQ(classes(s.last()), "");
}

TEST(Pasid, RemovedOneIsRefused)
{
    Stream s;
    sim_dma_seen seen;

    s.two_domains();
    s.pasid = 5;
    s.begin(SIM_OP_SET_PASID, kDev, kDomB);
    s.store(SIM_S_CD, 0x7140);
    s.end(SIM_OP_SET_PASID, kDev, kDomB);
    s.begin(SIM_OP_REMOVE_PASID, kDev, kDomB);
    s.store(SIM_S_CD, 0x7140, 0);
    s.end(SIM_OP_REMOVE_PASID, kDev, kDomB);
    seen = s.request();
    seen.has_pasid = true;
    seen.pasid = 5;
    seen.pa = kPaB;
    s.answer(seen);
    EXPECT_EQ(s.last().op, SIM_OP_REMOVE_PASID);
    EXPECT_EQ(classes(s.last()), "STALE");
}

sim_dma_seen of_pasid(const Stream &s, uint64_t pa)
{
    sim_dma_seen seen = s.request();

    seen.has_pasid = true;
    seen.pasid = 5;
    seen.pa = pa;
    seen.status = pa ? SIM_DMA_OK : SIM_DMA_ABORT;
    return seen;
}

/* PASID 5 uses domain B. */
void with_pasid(Stream &s)
{
    s.two_domains();
    s.pasid = 5;
    s.begin(SIM_OP_SET_PASID, kDev, kDomB);
    s.store(SIM_S_CD, 0x7140);
    s.end(SIM_OP_SET_PASID, kDev, kDomB);
    s.pasid = kNoPasid;
}

TEST(Pasid, IsNoEvidenceForTheSwitchOfItsDevice)
{
    Stream s;

    with_pasid(s);
    s.begin(SIM_OP_REPLACE, kDev);
    s.switch_begin(kDev, kDomB, kTypePaging);
    s.answer(of_pasid(s, kPaB));
    s.switch_end(kDev, kDomB, kTypePaging);
    s.end(SIM_OP_REPLACE, kDev);
    EXPECT_STREQ(s.last().why, "no request was in flight during the switch");
}

TEST(Pasid, RefusedAfterTheSwitchOfItsDeviceIsAStaleRefusal)
{
    Stream s;

    with_pasid(s);
    s.begin(SIM_OP_REPLACE, kDev);
    s.switch_begin(kDev, kDomB, kTypePaging);
    s.switch_end(kDev, kDomB, kTypePaging);
    s.answer(of_pasid(s, 0));
    s.end(SIM_OP_REPLACE, kDev);
    EXPECT_EQ(classes(s.last()), "STALE-REFUSAL");
}

TEST(Pasid, MapsInsideItsMarkAreNotTheSwitch)
{
    Stream s;

    s.two_domains();
    s.pasid = 5;
    s.begin(SIM_OP_SET_PASID, kDev, kDomB);
    s.pasid = kNoPasid;
    s.map(kDomB, kPage2, kPaB + 0x1000);
    s.store(SIM_S_CD, 0x7140);
    const uint64_t switch_seq = s.seq;
    s.pasid = 5;
    s.end(SIM_OP_SET_PASID, kDev, kDomB);
    EXPECT_EQ(s.last().switch_begin_seq, switch_seq);
    ASSERT_EQ(s.last().n_parts, 1u);
    EXPECT_EQ(s.last().parts[0].op, SIM_OP_MAP);
}

TEST(Pasid, DriversAttachInsideIsTheSwitch)
{
    Stream s;

    s.two_domains();
    s.pasid = 5;
    s.begin(SIM_OP_SET_PASID, kDev, kDomB);
    s.store(SIM_S_OTHER);
    s.begin(SIM_OP_DRV_ATTACH, kDev, kDomB, kTypePaging);
    s.store(SIM_S_CD, 0x7140);
    const uint64_t switch_seq = s.seq;
    s.end(SIM_OP_DRV_ATTACH, kDev, kDomB);
    const uint64_t switched_seq = s.seq;
    s.store(SIM_S_OTHER);
    s.end(SIM_OP_SET_PASID, kDev, kDomB);
    EXPECT_EQ(s.last().switch_begin_seq, switch_seq);
    EXPECT_EQ(s.last().switch_end_seq, switched_seq);
}

TEST(Pasid, IsDisturbedByTheSwitchOfItsDevice)
{
    Stream s;
    sim_dma_seen seen;

    s.two_domains();
    s.pasid = 5;
    s.begin(SIM_OP_SET_PASID, kDev, kDomB);
    s.store(SIM_S_CD, 0x7140);
    s.end(SIM_OP_SET_PASID, kDev, kDomB);
    s.pasid = kNoPasid;
    s.begin(SIM_OP_REPLACE, kDev);
    s.switch_begin(kDev, kDomB, kTypePaging);
    s.served(kPaB);
    seen = s.request();
    seen.has_pasid = true;
    seen.pasid = 5;
    seen.status = SIM_DMA_ABORT;
    s.answer(seen);
    s.switch_end(kDev, kDomB, kTypePaging);
    s.end(SIM_OP_REPLACE, kDev);
    EXPECT_EQ(s.last().op, SIM_OP_REPLACE);
    EXPECT_EQ(classes(s.last()), "BREAKS");
}

} // namespace
