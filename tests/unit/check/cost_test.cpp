// SPDX-License-Identifier: BSD-2-Clause
// cost_test.cpp - the arithmetic of times: waits, latencies, blocked requests.
// Knows: chk.h. Must not know: how samples are kept.
#include "tests/unit/check/stream.h"

namespace
{

using namespace chk_test;

void begin_map(Stream &s)
{
    s.begin(SIM_OP_MAP, SIM_NO_DEV, kDomA, kIova, 0x1000);
}

void end_map(Stream &s)
{
    s.end(SIM_OP_MAP, SIM_NO_DEV, kDomA, 0, kIova);
}

/* ---- waits ---- */

/* The doorbell is over at d; the sync is visible at d + 700; polling sees it at d + 2000. */
TEST(Wait, HardwareTimeIsFromDoorbellToVisible)
{
    Stream s;

    begin_map(s);
    s.command(kSync);
    s.doorbell();
    s.ps += 700;
    s.fact(SIM_FACT_SYNC_VISIBLE, 0x40000000, 3);
    s.wait(3, 1300);
    end_map(s);
    EXPECT_EQ(s.last().hw_ps, 700u);
    EXPECT_EQ(s.last().sync_p50_ps, 700u);
    EXPECT_EQ(s.last().sync_max_ps, 700u);
    /* BEGIN's end to END's: store 1000, doorbell 1000, 700, wait 1300, END 1000 */
    EXPECT_EQ(s.last().cpu_ps, 5000u - 700u);
}

TEST(Wait, WithoutTheFactItIsToItsOwnEnd)
{
    Stream s;

    begin_map(s);
    s.doorbell();
    s.wait(3, 4000);
    end_map(s);
    EXPECT_EQ(s.last().hw_ps, 4000u);
}

TEST(Wait, TakesTheSyncOfItsOwnSlot)
{
    Stream s;

    begin_map(s);
    s.doorbell();
    s.ps += 100;
    s.fact(SIM_FACT_SYNC_VISIBLE, 0x40000000, 3);
    s.ps += 100;
    s.fact(SIM_FACT_SYNC_VISIBLE, 0x40000000, 5);
    s.wait(3, 1000);
    end_map(s);
    EXPECT_EQ(s.last().hw_ps, 100u);
}

TEST(Wait, SyncBeforeTheDoorbellIsAnotherOnes)
{
    Stream s;

    begin_map(s);
    s.fact(SIM_FACT_SYNC_VISIBLE, 0x40000000, 3);
    s.doorbell();
    s.wait(3, 900);
    end_map(s);
    EXPECT_EQ(s.last().hw_ps, 900u);
}

TEST(Wait, OfARegisterIsItsOwnTime)
{
    Stream s;

    begin_map(s);
    s.doorbell();
    s.ps += 5000;
    s.wait(0, 800, 0, SIM_COND_REG);
    end_map(s);
    EXPECT_EQ(s.last().hw_ps, 800u);
}

TEST(Wait, TwoForOneDoorbellAreNotCountedTwice)
{
    Stream s;

    begin_map(s);
    s.doorbell();
    s.wait(1, 1000);
    s.wait(2, 500);
    end_map(s);
    EXPECT_EQ(s.last().hw_ps, 1500u);
    EXPECT_EQ(s.last().sync_max_ps, 1000u);
}

TEST(Wait, DoorbellBeforeTheOperationDoesNotCount)
{
    Stream s;

    s.doorbell();
    s.ps += 100000;
    begin_map(s);
    s.wait(1, 600);
    end_map(s);
    EXPECT_EQ(s.last().hw_ps, 600u);
}

TEST(Wait, MedianAndMaximum)
{
    Stream s;

    begin_map(s);
    for (uint64_t takes : {900, 100, 500, 300, 700}) {
        s.doorbell();
        s.wait(1, takes);
    }
    end_map(s);
    EXPECT_EQ(s.last().sync_p50_ps, 500u);
    EXPECT_EQ(s.last().sync_max_ps, 900u);
    EXPECT_EQ(s.last().hw_ps, 2500u);
}

/* ---- latencies ---- */

void takes(Stream &s, uint64_t latency_ps, uint64_t pa = kPaA, bool is_probe = false)
{
    sim_dma_seen seen = s.request();

    seen.answer_ps = seen.issue_ps + latency_ps;
    seen.pa = pa;
    seen.status = pa ? SIM_DMA_OK : SIM_DMA_ABORT;
    seen.is_probe = is_probe;
    s.answer(seen);
}

TEST(Latency, BeforeDuringAfterTheSwitch)
{
    Stream s;

    s.two_domains();
    takes(s, 100); /* after the attach, before the replace */
    s.begin(SIM_OP_REPLACE, kDev);
    takes(s, 200);
    s.switch_begin(kDev, kDomB, kTypePaging);
    takes(s, 5000);
    s.switch_end(kDev, kDomB, kTypePaging);
    takes(s, 700, kPaB);
    s.end(SIM_OP_REPLACE, kDev);
    takes(s, 900, kPaB);
    s.begin(SIM_OP_REPLACE, kDev);
    takes(s, 300, kPaB);
    s.end(SIM_OP_REPLACE, kDev);
    const chk_op &attach = s.op(2), &replace = s.op(3), &next = s.op(4);

    EXPECT_EQ(attach.after.n, 1u);
    EXPECT_EQ(attach.after.max, 100u);
    EXPECT_EQ(replace.before.n, 2u);
    EXPECT_EQ(replace.before.max, 200u);
    EXPECT_EQ(replace.during.n, 1u);
    EXPECT_EQ(replace.during.p50, 5000u);
    EXPECT_EQ(replace.after.n, 2u);
    EXPECT_EQ(replace.after.max, 900u);
    EXPECT_EQ(next.before.n, 2u); /* what came after the first one's end, too */
    EXPECT_EQ(next.before.max, 900u);
}

TEST(Latency, OfMapsIsThatOfTheOperation)
{
    Stream s;

    s.two_domains();
    takes(s, 100);
    s.begin(SIM_OP_MAP, SIM_NO_DEV, kDomA, 0x5000, 0x1000);
    takes(s, 200);
    s.end(SIM_OP_MAP, SIM_NO_DEV, kDomA, 0, 0x5000);
    takes(s, 300);
    EXPECT_EQ(s.last().before.max, 100u);
    EXPECT_EQ(s.last().during.max, 200u);
    EXPECT_EQ(s.last().after.max, 300u);
}

TEST(Latency, ProbesAndRefusalsAreLeftOut)
{
    Stream s;

    s.two_domains();
    s.begin(SIM_OP_REPLACE, kDev);
    s.switch_begin(kDev, kDomB, kTypePaging);
    takes(s, 1000, kPaA, true);
    takes(s, 2000, 0);
    s.switch_end(kDev, kDomB, kTypePaging);
    s.end(SIM_OP_REPLACE, kDev);
    EXPECT_EQ(s.last().during.n, 0u);
    EXPECT_EQ(s.last().during.max, 0u);
}

TEST(Latency, LateAnswerBelongsToWhereItWasIssued)
{
    Stream s;
    sim_dma_seen seen;

    s.two_domains();
    s.begin(SIM_OP_REPLACE, kDev);
    seen = s.request();
    s.switch_begin(kDev, kDomB, kTypePaging);
    s.switch_end(kDev, kDomB, kTypePaging);
    s.end(SIM_OP_REPLACE, kDev);
    seen.answer_seq = s.seq;
    seen.answer_ps = seen.issue_ps + 12345;
    seen.pa = kPaB;
    s.answer(seen);
    EXPECT_EQ(s.last().before.max, 12345u);
    EXPECT_EQ(s.last().after.n, 0u);
}

TEST(Latency, LateAnswerFromBetweenTwoOperationsIsBothOnes)
{
    Stream s;
    sim_dma_seen seen;

    s.two_domains();
    seen = s.request();
    s.begin(SIM_OP_REPLACE, kDev);
    s.end(SIM_OP_REPLACE, kDev);
    seen.answer_seq = s.seq;
    seen.answer_ps = seen.issue_ps + 4321;
    seen.pa = kPaA;
    s.answer(seen);
    EXPECT_EQ(s.op(2).after.max, 4321u);
    EXPECT_EQ(s.op(3).before.max, 4321u);
}

TEST(Latency, OfADeviceWithPasidsCountsOnce)
{
    Stream s;

    s.two_domains();
    s.pasid = 5;
    s.begin(SIM_OP_SET_PASID, kDev, kDomB);
    s.store(SIM_S_CD, 0x7140);
    s.end(SIM_OP_SET_PASID, kDev, kDomB);
    s.pasid = kNoPasid;
    takes(s, 100);
    s.begin(SIM_OP_REPLACE, kDev);
    s.end(SIM_OP_REPLACE, kDev);
    EXPECT_EQ(s.last().before.n, 1u);
}

TEST(Latency, NearestRankPercentiles)
{
    Stream s;

    s.two_domains();
    s.begin(SIM_OP_REPLACE, kDev);
    s.switch_begin(kDev, kDomB, kTypePaging);
    for (uint64_t i = 200; i > 0; i--)
        takes(s, i);
    s.switch_end(kDev, kDomB, kTypePaging);
    s.end(SIM_OP_REPLACE, kDev);
    EXPECT_EQ(s.last().during.n, 200u);
    EXPECT_EQ(s.last().during.p50, 100u);
    EXPECT_EQ(s.last().during.p99, 198u);
    EXPECT_EQ(s.last().during.max, 200u);
}

TEST(Latency, RefillIsWhatWasLongerThanTheMedianBefore)
{
    Stream s;

    s.two_domains();
    for (uint64_t latency : {100, 110, 90})
        takes(s, latency);
    s.begin(SIM_OP_REPLACE, kDev);
    s.switch_begin(kDev, kDomB, kTypePaging);
    s.switch_end(kDev, kDomB, kTypePaging);
    for (uint64_t latency : {600, 50, 100, 300})
        takes(s, latency, kPaB);
    s.end(SIM_OP_REPLACE, kDev);
    takes(s, 250, kPaB);
    EXPECT_EQ(s.last().before.p50, 100u);
    EXPECT_EQ(s.last().refill_ps, 500u + 200u + 150u);
}

/* ---- blocked ---- */

void at(Stream &s, uint64_t issue_ps, uint64_t pa)
{
    sim_dma_seen seen = s.request();

    seen.issue_ps = issue_ps;
    seen.answer_ps = issue_ps + 10;
    seen.pa = pa;
    seen.status = pa ? SIM_DMA_OK : SIM_DMA_ABORT;
    s.answer(seen);
}

struct BlockedRow {
    const char *name;
    std::vector<std::pair<uint64_t, uint64_t>> requests; /* when, where to; 0 = refused */
    uint64_t blocked_ps;
};

class Blocked : public testing::TestWithParam<BlockedRow>
{
};

TEST_P(Blocked, IsFromTheFirstRefusalToTheNextGoodOne)
{
    Stream s;

    s.two_domains();
    s.begin(SIM_OP_REPLACE, kDev);
    s.switch_begin(kDev, kDomB, kTypePaging);
    for (const auto &request : GetParam().requests)
        at(s, request.first, request.second);
    s.switch_end(kDev, kDomB, kTypePaging);
    s.end(SIM_OP_REPLACE, kDev);
    EXPECT_EQ(s.last().dma_blocked_ps, GetParam().blocked_ps);
}

const BlockedRow kBlockeds[] = {
    {"Never", {{100, kPaA}, {200, kPaB}}, 0},
    {"Once", {{100, kPaA}, {200, 0}, {300, 0}, {450, kPaB}, {600, kPaB}}, 250},
    {"Twice", {{100, 0}, {200, kPaA}, {500, 0}, {700, kPaB}}, 300},
    {"ToTheEnd", {{100, 0}, {200, 0}, {900, 0}}, 800},
    {"EarlierOneThatAnswersLater", {{200, 0}, {150, kPaA}, {400, kPaB}}, 200},
    {"EarlierRefusalThatAnswersLater", {{200, 0}, {150, 0}, {400, kPaB}}, 250},
};

INSTANTIATE_TEST_SUITE_P(All, Blocked, testing::ValuesIn(kBlockeds),
                         [](const auto &info) { return info.param.name; });

TEST(Blocked, ProbesDoNotCount)
{
    Stream s;

    s.two_domains();
    s.begin(SIM_OP_REPLACE, kDev);
    s.switch_begin(kDev, kDomB, kTypePaging);
    takes(s, 100, 0, true);
    s.refresh();
    takes(s, 100, kPaA);
    s.switch_end(kDev, kDomB, kTypePaging);
    s.end(SIM_OP_REPLACE, kDev);
    EXPECT_EQ(s.last().dma_blocked_ps, 0u);
    EXPECT_EQ(s.last().probes.faulted, 1u);
    EXPECT_EQ(s.last().dma.faulted, 0u);
    EXPECT_EQ(classes(s.last()), "BREAKS");
}

} // namespace
