// SPDX-License-Identifier: BSD-2-Clause
// hole_test.cpp - what makes a verdict inconclusive, and what does not.
// Knows: chk.h. Must not know: how operations are kept.
#include "tests/unit/check/stream.h"

namespace
{

using namespace chk_test;

/* A replace with evidence; @inside happens in the switch. */
template <typename F> void replace(Stream &s, F inside, bool has_evidence = true)
{
    s.begin(SIM_OP_REPLACE, kDev);
    s.switch_begin(kDev, kDomB, kTypePaging);
    if (has_evidence)
        s.served(kPaA);
    inside();
    s.switch_end(kDev, kDomB, kTypePaging);
    s.end(SIM_OP_REPLACE, kDev);
}

const auto kNothing = [] {};

TEST(Inconclusive, NotAnOrdinaryReplace)
{
    Stream s;

    s.two_domains();
    replace(s, kNothing);
    EXPECT_FALSE(s.last().inconclusive);
    EXPECT_EQ(s.last().why, nullptr);
}

TEST(Inconclusive, NoRequestInTheSwitch)
{
    Stream s;

    s.two_domains();
    s.served(kPaA);
    replace(s, kNothing, false);
    s.served(kPaB);
    EXPECT_STREQ(s.last().why, "no request was in flight during the switch");
    EXPECT_FALSE(s.last().hitless);
    EXPECT_TRUE(s.last().safe);
    EXPECT_EQ(s.last().worst, CHK_HITLESS);
    EXPECT_TRUE(s.report().inconclusive);
}

TEST(Inconclusive, ProbeInTheSwitchIsEvidence)
{
    Stream s;

    s.two_domains();
    replace(
        s,
        [&] {
            sim_dma_seen seen = s.request();

            seen.is_probe = true;
            seen.pa = kPaA;
            s.answer(seen);
        },
        false);
    EXPECT_FALSE(s.last().inconclusive);
    EXPECT_TRUE(s.last().hitless);
    EXPECT_EQ(s.last().probes.issued, 1u);
    EXPECT_EQ(s.last().dma.issued, 0u);
}

TEST(Inconclusive, RequestOfAnotherDeviceIsNoEvidence)
{
    Stream s;

    s.two_domains();
    s.switch_begin(kOtherDev, kDomA, kTypePaging);
    s.switch_end(kOtherDev, kDomA, kTypePaging);
    replace(
        s,
        [&] {
            sim_dma_seen seen = s.request();

            seen.dev = kOtherDev;
            seen.requester = kOtherSid;
            seen.pa = kPaA;
            s.answer(seen);
        },
        false);
    EXPECT_TRUE(s.last().inconclusive);
}

TEST(Inconclusive, NeverHidesAWorseClass)
{
    Stream s;

    s.two_domains();
    replace(s, [&] {
        s.served(0xdead0000);
        s.fact(SIM_FACT_UNIMPL);
    });
    EXPECT_TRUE(s.last().inconclusive);
    EXPECT_EQ(s.last().worst, CHK_TORN);
    EXPECT_FALSE(s.last().safe);
    EXPECT_EQ(s.report().worst, CHK_TORN);
}

TEST(Inconclusive, UnknownStreamId)
{
    Stream s;

    s.begin(SIM_OP_ATTACH, kNamelessDev);
    s.end(SIM_OP_ATTACH, kNamelessDev);
    s.begin(SIM_OP_ATTACH, 77);
    s.end(SIM_OP_ATTACH, 77);
    s.begin(SIM_OP_ATTACH);
    s.end(SIM_OP_ATTACH);
    s.map(kDomA, kIova, kPaA);
    for (size_t i = 0; i < 3; i++)
        EXPECT_STREQ(s.op(i).why, "the trace does not tell the device's StreamID") << i;
    EXPECT_STREQ(s.op(0).device, "platform");
    EXPECT_FALSE(s.op(0).has_requester);
    EXPECT_FALSE(s.op(3).inconclusive);
}

/* ---- lost events ---- */

TEST(Lost, SpoilsWhatIsOpenAndWhatFollowsToTheNextSwitch)
{
    Stream s;

    s.two_domains();
    replace(s, kNothing);          /* 3 */
    s.begin(SIM_OP_REPLACE, kDev); /* 4 */
    s.lost(7);
    s.end(SIM_OP_REPLACE, kDev, 0, -5);
    s.begin(SIM_OP_REPLACE, kDev); /* 5: nothing is known better afterwards */
    s.end(SIM_OP_REPLACE, kDev, 0, -5);
    s.begin(SIM_OP_REPLACE, kDev); /* 6 */
    s.switch_begin(kDev, kDomA, kTypePaging);
    s.served(kPaB);
    s.switch_end(kDev, kDomA, kTypePaging);
    s.end(SIM_OP_REPLACE, kDev);
    s.begin(SIM_OP_REPLACE, kDev); /* 7 */
    s.switch_begin(kDev, kDomB, kTypePaging);
    s.served(kPaA);
    s.switch_end(kDev, kDomB, kTypePaging);
    s.end(SIM_OP_REPLACE, kDev);
    EXPECT_FALSE(s.op(3).inconclusive);
    EXPECT_STREQ(s.op(4).why, "events were lost inside the operation");
    EXPECT_STREQ(s.op(5).why, "events were lost before the operation");
    EXPECT_TRUE(s.op(6).inconclusive);
    EXPECT_FALSE(s.op(7).inconclusive) << s.op(7).why;
    EXPECT_EQ(s.report().lost_events, 7u);
    EXPECT_STREQ(s.report().why, "events were lost");
}

/* What was lost inside may have come after its switch. */
TEST(Lost, InsideAnOperationIsNotHealedByIt)
{
    Stream s;

    s.two_domains();
    replace(s, [&] { s.lost(1); });
    s.begin(SIM_OP_DETACH, kDev);
    s.end(SIM_OP_DETACH, kDev);
    EXPECT_TRUE(s.op(3).inconclusive);
    EXPECT_TRUE(s.op(4).inconclusive);
}

TEST(Lost, IsNotHealedByAnOperationThatSwitchesNothing)
{
    Stream s;

    s.two_domains();
    s.lost(1);
    s.begin(SIM_OP_REPLACE, kDev);
    s.end(SIM_OP_REPLACE, kDev);
    s.begin(SIM_OP_REPLACE, kDev);
    s.end(SIM_OP_REPLACE, kDev);
    EXPECT_TRUE(s.last().inconclusive);
}

TEST(Lost, SpoilsTheOtherDevicesToo)
{
    Stream s;

    s.two_domains();
    s.switch_begin(kOtherDev, kDomA, kTypePaging);
    s.switch_end(kOtherDev, kDomA, kTypePaging);
    s.lost(0);
    s.begin(SIM_OP_DETACH, kOtherDev);
    s.end(SIM_OP_DETACH, kOtherDev);
    EXPECT_TRUE(s.last().inconclusive);
    EXPECT_EQ(s.report().lost_events, 1u);
}

TEST(Lost, AnswersAreNotJudgedUntilTheNextSwitch)
{
    Stream s;

    s.two_domains();
    s.served(0xdead0000);
    s.lost(1);
    s.served(0xdead0000);
    EXPECT_EQ(s.last().dma.stale, 1u);
    EXPECT_EQ(s.last().dma.unchecked, 1u);
}

/* ---- not modelled, not known ---- */

TEST(Hole, InsideSpoilsTheOperation)
{
    for (uint32_t kind : {SIM_FACT_UNIMPL, SIM_FACT_UNKNOWN_READ}) {
        Stream s;

        s.two_domains();
        replace(s, [&] { s.fact(kind); });
        EXPECT_TRUE(s.last().inconclusive);
        EXPECT_EQ(s.report().unimplemented, kind == SIM_FACT_UNIMPL);
        EXPECT_EQ(s.report().unknown_reads, kind == SIM_FACT_UNKNOWN_READ);
    }
}

TEST(Hole, OutsideSpoilsNothing)
{
    Stream s;

    s.fact(SIM_FACT_UNIMPL);
    s.two_domains();
    s.refresh();
    s.fact(SIM_FACT_UNKNOWN_READ);
    s.refresh();
    replace(s, kNothing);
    for (size_t i = 0; i < s.report().n_ops; i++) {
        EXPECT_EQ(s.op(i).inconclusive, i == 2) << i; /* the first attach has no evidence */
    }
}

TEST(Hole, WhileARequestIsInFlightSpoilsItsWindow)
{
    Stream s;
    sim_dma_seen seen;

    s.two_domains();
    replace(s, kNothing);
    s.refresh();
    seen = s.request();
    s.refresh();
    s.fact(SIM_FACT_UNKNOWN_READ);
    s.refresh();
    seen.answer_ps = s.ps;
    seen.pa = kPaB;
    s.answer(seen);
    EXPECT_STREQ(s.last().why, "hardware read memory whose contents are not known");
}

TEST(Hole, DriverThatGaveUpWaiting)
{
    Stream s;

    s.two_domains();
    replace(s, [&] { s.wait(0, 1000, -110); });
    EXPECT_STREQ(s.last().why, "the driver gave up waiting");
}

/* ---- two CPUs ---- */

struct NearRow {
    const char *name;
    uint64_t resolution_ns, apart_ns;
    bool other_cpu, same_word, is_doorbell, in_switch;
    bool inconclusive;
};

class Near : public testing::TestWithParam<NearRow>
{
};

TEST_P(Near, RecordsOfTwoCpus)
{
    const NearRow &row = GetParam();
    const auto act = [&](Stream &s, bool is_same) {
        if (row.is_doorbell)
            s.doorbell(is_same ? 0x98 : 0x9c);
        else
            s.store(SIM_S_CD, is_same ? 0x7000 : 0x7008);
    };
    Stream s(row.resolution_ns);

    s.two_domains();
    if (!row.in_switch)
        s.begin(SIM_OP_REPLACE, kDev);
    replace(s, [&] {
        if (!row.in_switch)
            return;
        s.trace_ns = 500000;
        act(s, true);
        s.cpu = row.other_cpu;
        s.trace_ns = 500000 + row.apart_ns;
        act(s, row.same_word);
        s.cpu = 0;
        s.trace_ns = 600000;
    });
    EXPECT_EQ(s.last().inconclusive, row.inconclusive);
}

const NearRow kNears[] = {
    {"SameWord", 10, 9, true, true, false, true, true},
    {"SameDoorbell", 10, 9, true, true, true, true, true},
    {"FarEnough", 10, 10, true, true, false, true, false},
    {"OneCpu", 10, 9, false, true, false, true, false},
    {"OtherWord", 10, 9, true, false, false, true, false},
    {"OtherRegister", 10, 9, true, false, true, true, false},
    {"ResolutionNotKnown", 0, 0, true, true, false, true, false},
};

INSTANTIATE_TEST_SUITE_P(All, Near, testing::ValuesIn(kNears),
                         [](const auto &info) { return info.param.name; });

TEST(Near, OutsideOfSwitchesTheOrderDoesNotMatter)
{
    Stream s(10);

    s.two_domains();
    s.trace_ns = 500000;
    s.unmap_begin(kDomB, kIova);
    s.store(SIM_S_PTE, 0x6800);
    s.cpu = 1;
    s.trace_ns -= 5;
    s.store(SIM_S_PTE, 0x6800);
    s.cpu = 0;
    s.unmap_end(kDomB, kIova);
    EXPECT_FALSE(s.last().inconclusive);
}

// Without drv_attach marks nobody knows where the switch is, and nothing is sent to the device.
TEST(Inconclusive, SwitchThatIsNotMarked)
{
    Stream s;

    s.two_domains();
    s.begin(SIM_OP_REPLACE, kDev);
    s.store(SIM_S_CD);
    s.end(SIM_OP_REPLACE, kDev);
    EXPECT_TRUE(s.last().inconclusive);
    EXPECT_FALSE(s.last().hitless);
}

TEST(Inconclusive, WaitThatNeverCameToItsEnd)
{
    Stream s;

    s.two_domains();
    replace(s, [&] {
        sim_record rec = s.make(SIM_R_WAIT);

        rec.wait.cond = SIM_COND_QUEUE;
        s.put(rec, kStepPs, true);
    });
    EXPECT_TRUE(s.last().inconclusive);
    EXPECT_FALSE(s.last().hitless);
}

TEST(Inconclusive, WaitThatNeverCameToItsEndOutsideOfOperations)
{
    Stream s;

    s.two_domains();
    sim_record rec = s.make(SIM_R_WAIT);
    s.put(rec, kStepPs, true);
    EXPECT_TRUE(s.report().inconclusive);
}

// The hardware was set up before the stream: what it does here says nothing.
TEST(Inconclusive, WrongAnswersOfAStreamThatBeginsInTheMiddleAreNotHeld)
{
    Stream s;

    s.blind("the stream begins late");
    s.two_domains();
    replace(s, [&] { s.served(0x123000); });
    EXPECT_EQ(s.last().worst, CHK_HITLESS);
    EXPECT_FALSE(s.last().hitless);
    EXPECT_STREQ(s.last().why, "the stream begins late");
    EXPECT_TRUE(s.report().inconclusive);
}

} // namespace
