// SPDX-License-Identifier: BSD-2-Clause
// verdict_test.cpp - one answer at one moment: is it a promised one, and if not, which class?
// Knows: chk.h. Must not know: segments, slots.
#include "tests/unit/check/stream.h"

#include <functional>
#include <string>

namespace
{

using namespace chk_test;

constexpr uint64_t kWild = 0xdead0000;

/* Moments of a replace from A to B. */
enum class At { kBuild, kSwitch, kAcrossBegin, kAcrossEnd, kRelease, kAfter };

struct Row {
    const char *name;
    At at;
    uint64_t pa; /* 0: refused */
    const char *classes;
    bool safe;
    const char *counted;
};

/* What is refused or served at @at; begins and ends of requests that cross a border lie one record
 * apart. */
void replace(Stream &s, At at, uint64_t pa)
{
    sim_dma_seen crossing = {};
    const auto now = [&](At moment) {
        if (at == moment)
            pa ? s.served(pa) : s.refused();
    };
    const auto from_here = [&](At moment) {
        if (at == moment)
            crossing = s.request();
    };
    const auto to_here = [&](At moment) {
        if (at != moment)
            return;
        crossing.answer_seq = s.seq;
        crossing.answer_ps = s.ps;
        crossing.pa = pa;
        crossing.status = pa ? SIM_DMA_OK : SIM_DMA_ABORT;
        s.answer(crossing);
    };

    s.two_domains();
    s.begin(SIM_OP_REPLACE, kDev);
    now(At::kBuild);
    s.begin(SIM_OP_DRV_ATTACH, kDev, kDomB, kTypePaging);
    from_here(At::kAcrossBegin);
    s.store(SIM_S_CD, 0x7000, 0);
    s.served(kPaA); /* evidence */
    to_here(At::kAcrossBegin);
    now(At::kSwitch);
    from_here(At::kAcrossEnd);
    s.switch_end(kDev, kDomB, kTypePaging);
    to_here(At::kAcrossEnd);
    now(At::kRelease);
    s.unmap(kDomA, kIova);
    s.end(SIM_OP_REPLACE, kDev);
    now(At::kAfter);
}

class OfReplace : public testing::TestWithParam<Row>
{
};

TEST_P(OfReplace, IsClassed)
{
    const Row &row = GetParam();
    Stream s;

    replace(s, row.at, row.pa);
    const chk_op &op = s.last();
    const std::map<std::string, uint64_t> counted = {
        {"old", op.dma.old_},           {"new", op.dma.new_},    {"same", op.dma.same},
        {"mixed", op.dma.mixed},        {"stale", op.dma.stale}, {"faulted", op.dma.faulted},
        {"unchecked", op.dma.unchecked}};

    EXPECT_EQ(op.op, SIM_OP_REPLACE);
    EXPECT_EQ(classes(op), row.classes);
    EXPECT_EQ(op.safe, row.safe);
    EXPECT_EQ(op.hitless, !*row.classes);
    EXPECT_FALSE(op.inconclusive) << op.why;
    EXPECT_EQ(op.dma.issued, 2u);
    EXPECT_EQ(counted.at(row.counted), row.counted == std::string("old") ? 2u : 1u);
    EXPECT_EQ(s.report().bad_outside, 0u);
}

const Row kRows[] = {
    {"OldBeforeTheSwitch", At::kBuild, kPaA, "", true, "old"},
    {"NewBeforeTheSwitch", At::kBuild, kPaB, "TORN", false, "mixed"},
    {"RefusalBeforeTheSwitch", At::kBuild, 0, "BREAKS", true, "faulted"},
    {"OldInside", At::kSwitch, kPaA, "", true, "old"},
    {"NewInside", At::kSwitch, kPaB, "", true, "new"},
    {"RefusalInside", At::kSwitch, 0, "BREAKS", true, "faulted"},
    {"OtherTargetInside", At::kSwitch, kWild, "TORN", false, "mixed"},
    {"OldAcrossTheBegin", At::kAcrossBegin, kPaA, "", true, "old"},
    {"NewAcrossTheBegin", At::kAcrossBegin, kPaB, "", true, "new"},
    {"RefusalAcrossTheBegin", At::kAcrossBegin, 0, "BREAKS", true, "faulted"},
    {"OldAcrossTheEnd", At::kAcrossEnd, kPaA, "", true, "old"},
    {"NewAcrossTheEnd", At::kAcrossEnd, kPaB, "", true, "new"},
    {"RefusalAcrossTheEnd", At::kAcrossEnd, 0, "BREAKS", true, "faulted"},
    {"NewInTheRelease", At::kRelease, kPaB, "", true, "new"},
    {"OldInTheRelease", At::kRelease, kPaA, "STALE", false, "stale"},
    {"RefusalInTheRelease", At::kRelease, 0, "STALE-REFUSAL", true, "faulted"},
    {"NewAfter", At::kAfter, kPaB, "", true, "new"},
    {"OldAfter", At::kAfter, kPaA, "STALE", false, "stale"},
    {"OtherTargetAfter", At::kAfter, kWild, "STALE", false, "stale"},
    {"RefusalAfter", At::kAfter, 0, "STALE-REFUSAL", true, "faulted"},
};

INSTANTIATE_TEST_SUITE_P(All, OfReplace, testing::ValuesIn(kRows),
                         [](const auto &info) { return info.param.name; });

TEST(Verdict, WorstOfSeveralCounts)
{
    Stream s;

    s.two_domains();
    s.begin(SIM_OP_REPLACE, kDev);
    s.switch_begin(kDev, kDomB, kTypePaging);
    s.refused();
    s.served(kWild);
    s.switch_end(kDev, kDomB, kTypePaging);
    s.refused();
    s.end(SIM_OP_REPLACE, kDev);
    EXPECT_EQ(classes(s.last()), "BREAKS STALE-REFUSAL TORN");
    EXPECT_EQ(s.last().worst, CHK_TORN);
    EXPECT_EQ(s.report().worst, CHK_TORN);
}

TEST(Verdict, FirstByteOfThePageIsNotEnough)
{
    Stream s;

    s.two_domains();
    s.begin(SIM_OP_REPLACE, kDev);
    s.switch_begin(kDev, kDomB, kTypePaging);
    s.served(kPaA + 0x40, kIova + 0x40);
    s.served(kPaA, kIova + 0x40);
    s.switch_end(kDev, kDomB, kTypePaging);
    s.end(SIM_OP_REPLACE, kDev);
    EXPECT_EQ(s.last().dma.old_, 1u);
    EXPECT_EQ(s.last().dma.mixed, 1u);
}

TEST(Verdict, OldAndNewThatAgreeAreTheSame)
{
    Stream s;

    s.map(kDomA, kIova, kPaA);
    s.map(kDomB, kIova, kPaA);
    s.switch_begin(kDev, kDomA, kTypePaging);
    s.switch_end(kDev, kDomA, kTypePaging);
    s.begin(SIM_OP_REPLACE, kDev);
    s.switch_begin(kDev, kDomB, kTypePaging);
    s.served(kPaA);
    s.switch_end(kDev, kDomB, kTypePaging);
    s.end(SIM_OP_REPLACE, kDev);
    EXPECT_EQ(s.last().dma.same, 1u);
    EXPECT_TRUE(s.last().hitless);
}

/* ---- requests that take long ---- */

TEST(LongRequest, FromBeforeTheOperationIsOldInside)
{
    Stream s;
    sim_dma_seen seen;

    s.two_domains();
    seen = s.request();
    s.begin(SIM_OP_REPLACE, kDev);
    s.switch_begin(kDev, kDomB, kTypePaging);
    seen.answer_seq = s.seq;
    seen.pa = kPaA;
    s.answer(seen);
    s.switch_end(kDev, kDomB, kTypePaging);
    s.end(SIM_OP_REPLACE, kDev);
    EXPECT_EQ(s.last().dma.old_, 1u);
    EXPECT_EQ(s.last().dma.same, 0u);
}

/* Old may refuse it only after its time was over. */
TEST(LongRequest, RefusedByNeitherWhileItsTimeWas)
{
    Stream s;
    sim_dma_seen seen;

    s.two_domains();
    s.begin(SIM_OP_REPLACE, kDev);
    s.switch_begin(kDev, kDomB, kTypePaging);
    seen = s.request();
    s.switch_end(kDev, kDomB, kTypePaging);
    s.unmap(kDomA, kIova);
    s.end(SIM_OP_REPLACE, kDev);
    seen.answer_seq = s.seq;
    seen.status = SIM_DMA_ABORT;
    s.answer(seen);
    EXPECT_EQ(classes(s.last()), "BREAKS");
}

/* New would have refused it only before its time came. */
TEST(LongRequest, RefusedByNeitherSinceItsTimeCame)
{
    Stream s;
    sim_dma_seen seen;

    s.map(kDomA, kIova, kPaA);
    s.switch_begin(kDev, kDomA, kTypePaging);
    s.switch_end(kDev, kDomA, kTypePaging);
    seen = s.request();
    s.begin(SIM_OP_REPLACE, kDev);
    s.map(kDomB, kIova, kPaB);
    s.switch_begin(kDev, kDomB, kTypePaging);
    seen.answer_seq = s.seq;
    seen.status = SIM_DMA_ABORT;
    s.answer(seen);
    s.switch_end(kDev, kDomB, kTypePaging);
    s.end(SIM_OP_REPLACE, kDev);
    EXPECT_EQ(classes(s.last()), "BREAKS");
}

/* ---- refusals that old or new make, too ---- */

struct RefusalRow {
    const char *name;
    uint64_t old_type, new_type;
    uint64_t iova;
    const char *inside, *after;
};

class Refusal : public testing::TestWithParam<RefusalRow>
{
};

constexpr uint64_t kDomGuest = 0x77;
constexpr uint64_t kOnlyA = 0x2000000, kOnlyB = 0x3000000;

/* Both domains map kIova and a page of their own; of a guest's, that is not told. */
void switch_types(Stream &s, const RefusalRow &row, bool refuse_inside)
{
    s.map(kDomA, kIova, kPaA);
    s.map(kDomA, kOnlyA, kPaA + 0x1000);
    if (row.new_type != kTypeNested) { /* else nobody tells what the guest maps */
        s.map(kDomB, kIova, kPaB);
        s.map(kDomB, kOnlyB, kPaB + 0x1000);
    }
    s.switch_begin(kDev, kDomA, row.old_type);
    s.switch_end(kDev, kDomA, row.old_type);
    s.begin(SIM_OP_REPLACE, kDev);
    s.switch_begin(kDev, kDomB, row.new_type);
    if (refuse_inside)
        s.refused(row.iova);
    s.switch_end(kDev, kDomB, row.new_type);
    s.end(SIM_OP_REPLACE, kDev);
    if (!refuse_inside)
        s.refused(row.iova);
}

TEST_P(Refusal, Inside)
{
    Stream s;

    switch_types(s, GetParam(), true);
    EXPECT_EQ(classes(s.last()), GetParam().inside);
}

TEST_P(Refusal, After)
{
    Stream s;

    switch_types(s, GetParam(), false);
    EXPECT_EQ(classes(s.last()), GetParam().after);
}

const RefusalRow kRefusals[] = {
    {"BothMap", kTypePaging, kTypePaging, kIova, "BREAKS", "STALE-REFUSAL"},
    {"OldMaps", kTypePaging, kTypePaging, kOnlyA, "", ""},
    {"NewMaps", kTypePaging, kTypePaging, kOnlyB, "", "STALE-REFUSAL"},
    {"OldIsBlocked", kTypeBlocked, kTypePaging, kIova, "", "STALE-REFUSAL"},
    {"NewIsBlocked", kTypePaging, kTypeBlocked, kIova, "", ""},
    {"OldIsIdentity", kTypeIdentity, kTypePaging, kIova, "BREAKS", "STALE-REFUSAL"},
    {"NewIsIdentity", kTypePaging, kTypeIdentity, kOnlyA, "BREAKS", "STALE-REFUSAL"},
    {"NewIsNested", kTypePaging, kTypeNested, kIova, "", ""},
};

INSTANTIATE_TEST_SUITE_P(All, Refusal, testing::ValuesIn(kRefusals),
                         [](const auto &info) { return info.param.name; });

TEST(Verdict, IdentityServesTheAddressItself)
{
    Stream s;

    s.two_domains();
    s.begin(SIM_OP_REPLACE, kDev);
    s.switch_begin(kDev, kDomB, kTypeIdentity);
    s.served(kIova);
    s.switch_end(kDev, kDomB, kTypeIdentity);
    s.end(SIM_OP_REPLACE, kDev);
    s.served(kPaB);
    EXPECT_EQ(s.last().dma.new_, 1u);
    EXPECT_EQ(classes(s.last()), "STALE");
}

TEST(Verdict, WhatANestedDomainShouldAnswerIsNotKnown)
{
    Stream s;

    s.two_domains();
    s.begin(SIM_OP_REPLACE, kDev);
    s.switch_begin(kDev, kDomGuest, kTypeNested);
    s.served(kWild);
    s.switch_end(kDev, kDomGuest, kTypeNested);
    s.end(SIM_OP_REPLACE, kDev);
    EXPECT_EQ(s.last().dma.unchecked, 1u);
    EXPECT_EQ(classes(s.last()), "");
    EXPECT_TRUE(s.last().inconclusive);
}

TEST(Verdict, WhatANestedDomainShouldAnswerIsKnownIfItsMapsAreTold)
{
    Stream s;

    s.two_domains();
    s.begin(SIM_OP_REPLACE, kDev);
    s.switch_begin(kDev, kDomB, kTypeNested);
    s.served(kWild);
    s.switch_end(kDev, kDomB, kTypeNested);
    s.end(SIM_OP_REPLACE, kDev);
    EXPECT_EQ(classes(s.last()), "TORN");
    EXPECT_FALSE(s.last().inconclusive);
}

/* ---- detach ---- */

TEST(Detach, RefusalsInsideAndAfterAreRight)
{
    Stream s;

    s.two_domains();
    s.begin(SIM_OP_DETACH, kDev);
    s.switch_begin(kDev, kBlocked, kTypeBlocked);
    s.served(kPaA);
    s.refused();
    s.switch_end(kDev, kBlocked, kTypeBlocked);
    s.end(SIM_OP_DETACH, kDev);
    s.refused();
    EXPECT_EQ(s.last().op, SIM_OP_DETACH);
    EXPECT_TRUE(s.last().hitless);
    EXPECT_EQ(s.last().dma.faulted, 2u);
    EXPECT_EQ(s.last().dma_blocked_ps, 0u);
}

TEST(Detach, AnAnswerAfterwardsIsStale)
{
    Stream s;

    s.two_domains();
    s.begin(SIM_OP_DETACH, kDev);
    s.switch_begin(kDev, kBlocked, kTypeBlocked);
    s.served(kPaA);
    s.switch_end(kDev, kBlocked, kTypeBlocked);
    s.end(SIM_OP_DETACH, kDev);
    s.served(kPaA);
    EXPECT_EQ(classes(s.last()), "STALE");
}

/* ---- failed operations ---- */

struct FailRow {
    const char *name;
    bool has_switch;
    bool inside; /* or after the operation */
    uint64_t pa;
    const char *classes;
};

class Failed : public testing::TestWithParam<FailRow>
{
};

TEST_P(Failed, OnlyOldIsAllowed)
{
    const FailRow &row = GetParam();
    const auto answer = [&](Stream &s) { row.pa ? s.served(row.pa) : s.refused(); };
    Stream s;

    s.two_domains();
    s.begin(SIM_OP_REPLACE, kDev);
    if (row.has_switch) {
        s.switch_begin(kDev, kDomB, kTypePaging);
        s.served(kPaA);
    }
    if (row.inside)
        answer(s);
    if (row.has_switch)
        s.switch_end(kDev, kDomB, kTypePaging, -22);
    s.end(SIM_OP_REPLACE, kDev, 0, -22);
    if (!row.inside)
        answer(s);
    EXPECT_EQ(s.last().ret, -22);
    EXPECT_EQ(classes(s.last()), row.classes);
    if (*row.classes)
        EXPECT_STREQ(s.last().note, "failed replace disturbed old");
    else
        EXPECT_TRUE(s.last().hitless);
    EXPECT_EQ(s.last().dma.new_, 0u);
    EXPECT_EQ(s.last().old_domain, kDomA);
}

const FailRow kFails[] = {
    {"OldInside", true, true, kPaA, ""},
    {"OldAfter", true, false, kPaA, ""},
    {"RefusalInside", true, true, 0, "BREAKS"},
    {"RefusalAfter", true, false, 0, "BREAKS"},
    {"NewInside", true, true, kPaB, "TORN"},
    {"NewAfter", true, false, kPaB, "STALE"},
    {"OldInsideWithoutSwitch", false, true, kPaA, ""},
    {"OldAfterWithoutSwitch", false, false, kPaA, ""},
    {"RefusalInsideWithoutSwitch", false, true, 0, "BREAKS"},
    {"RefusalAfterWithoutSwitch", false, false, 0, "BREAKS"},
};

INSTANTIATE_TEST_SUITE_P(All, Failed, testing::ValuesIn(kFails),
                         [](const auto &info) { return info.param.name; });

/* The new domain refuses; nobody knew yet that the switch would fail. */
TEST(FailedSwitch, RefusalThatOnlyTheNewDomainMakesBreaks)
{
    Stream s;

    s.two_domains();
    s.begin(SIM_OP_REPLACE, kDev);
    s.switch_begin(kDev, kBlocked, kTypeBlocked);
    s.refused();
    s.switch_end(kDev, kBlocked, kTypeBlocked, -5);
    s.end(SIM_OP_REPLACE, kDev, 0, -5);
    EXPECT_EQ(classes(s.last()), "BREAKS");
}

TEST(FailedSwitch, RefusalThatOldMakesTooIsRight)
{
    Stream s;

    s.two_domains();
    s.begin(SIM_OP_REPLACE, kDev);
    s.switch_begin(kDev, kDomB, kTypePaging);
    s.refused(0x7777000);
    s.switch_end(kDev, kDomB, kTypePaging, -5);
    s.end(SIM_OP_REPLACE, kDev, 0, -5);
    EXPECT_EQ(classes(s.last()), "");
}

/* The first switch of the operation went well; only the second one failed. */
TEST(FailedSwitch, TakesNothingBackThatAnEarlierOneAllowed)
{
    Stream s;

    s.two_domains();
    s.begin(SIM_OP_REPLACE, kDev);
    s.switch_begin(kDev, kBlocked, kTypeBlocked);
    s.refused();
    s.switch_end(kDev, kBlocked, kTypeBlocked);
    s.switch_begin(kDev, kDomB, kTypePaging);
    s.served(kPaB);
    s.switch_end(kDev, kDomB, kTypePaging);
    s.switch_begin(kDev, kDomA, kTypePaging);
    s.served(kPaB);
    s.switch_end(kDev, kDomA, kTypePaging, -5);
    s.end(SIM_OP_REPLACE, kDev);
    EXPECT_EQ(classes(s.last()), "");
    EXPECT_EQ(s.last().dma.new_, 1u);
    EXPECT_EQ(s.last().dma.old_, 1u);
}

TEST(FailedSwitch, AnswerThatComesAfterItsEndIsJudgedByOldAlone)
{
    Stream s;
    sim_dma_seen late;

    s.two_domains();
    s.begin(SIM_OP_REPLACE, kDev);
    s.switch_begin(kDev, kDomB, kTypePaging);
    s.served(kPaA);
    late = s.request();
    s.switch_end(kDev, kDomB, kTypePaging, -5);
    late.answer_seq = s.seq;
    late.pa = kPaB;
    s.answer(late);
    s.end(SIM_OP_REPLACE, kDev, 0, -5);
    EXPECT_EQ(classes(s.last()), "TORN");
}

TEST(FailedSwitch, SecondTryThatSucceedsIsANewSwitch)
{
    Stream s;

    s.two_domains();
    s.begin(SIM_OP_REPLACE, kDev);
    s.begin(SIM_OP_DRV_ATTACH, kDev, kDomB, kTypePaging);
    s.end(SIM_OP_DRV_ATTACH, kDev, kDomB, -22);
    s.switch_begin(kDev, kDomB, kTypePaging);
    s.served(kPaB);
    s.switch_end(kDev, kDomB, kTypePaging);
    s.end(SIM_OP_REPLACE, kDev);
    s.served(kPaB);
    EXPECT_TRUE(s.last().hitless);
    EXPECT_EQ(s.last().dma.new_, 2u);
}

/* A switch that went well and was taken back: meanwhile both were allowed. */
TEST(FailedOperation, RollBackAllowsBothThenOldAlone)
{
    Stream s;

    s.two_domains();
    s.begin(SIM_OP_REPLACE, kDev);
    s.switch_begin(kDev, kDomB, kTypePaging);
    s.served(kPaB);
    s.switch_end(kDev, kDomB, kTypePaging);
    s.switch_begin(kDev, kDomA, kTypePaging);
    s.served(kPaB);
    s.switch_end(kDev, kDomA, kTypePaging);
    s.end(SIM_OP_REPLACE, kDev, 0, -12);
    s.served(kPaA);
    EXPECT_EQ(classes(s.last()), "");
}

TEST(FailedOperation, OldStaysThoughItsSwitchWentWell)
{
    Stream s;

    s.two_domains();
    s.begin(SIM_OP_REPLACE, kDev);
    s.switch_begin(kDev, kDomB, kTypePaging);
    s.served(kPaA);
    s.switch_end(kDev, kDomB, kTypePaging);
    s.end(SIM_OP_REPLACE, kDev, 0, -12);
    s.served(kPaA);
    EXPECT_EQ(classes(s.last()), "");
    EXPECT_EQ(s.last().dma.old_, 2u);
}

} // namespace
