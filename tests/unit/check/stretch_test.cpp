// SPDX-License-Identifier: BSD-2-Clause
// stretch_test.cpp - rows of equal answers.
// Knows: chk.h. Must not know: how answers are put in order.
#include "tests/unit/check/stream.h"

#include <algorithm>
#include <vector>

namespace
{

using namespace chk_test;

void at(Stream &s, uint64_t issue_ps, uint64_t pa, bool is_probe = false, uint64_t iova = kIova)
{
    sim_dma_seen seen = s.request();

    seen.issue_ps = issue_ps;
    seen.answer_ps = issue_ps + 10;
    seen.iova = iova;
    seen.pa = pa;
    seen.is_probe = is_probe;
    seen.status = pa ? SIM_DMA_OK : SIM_DMA_ABORT;
    seen.event = pa ? 0 : kBadCd;
    s.answer(seen);
}

template <typename F> void in_switch(Stream &s, F inside, int32_t ret = 0)
{
    s.two_domains();
    s.begin(SIM_OP_REPLACE, kDev);
    s.switch_begin(kDev, kDomB, kTypePaging);
    inside();
    s.switch_end(kDev, kDomB, kTypePaging, ret);
    s.end(SIM_OP_REPLACE, kDev, 0, ret);
}

std::string row(const chk_op &op, bool is_probe = false)
{
    static const char *const names[] = {"old",     "new",   "same",  "refused-ok",
                                        "refused", "mixed", "stale", "unchecked"};
    std::string out;

    for (size_t i = 0; i < op.n_stretches; i++) {
        if (op.stretches[i].is_probe == is_probe)
            out += (out.empty() ? "" : " ") + std::to_string(op.stretches[i].n) + "*" +
                   names[op.stretches[i].result];
    }
    return out;
}

TEST(Stretch, EqualAnswersAreOne)
{
    Stream s;

    in_switch(s, [&] {
        for (uint64_t t = 0; t < 5; t++)
            at(s, 1000 + t, kPaA);
        for (uint64_t t = 0; t < 3; t++)
            at(s, 2000 + t, 0);
        at(s, 3000, kPaB);
    });
    ASSERT_EQ(row(s.last()), "5*old 3*refused 1*new");
    const chk_stretch &refused = s.last().stretches[1];

    EXPECT_EQ(refused.first_ps, 2000u);
    EXPECT_EQ(refused.last_ps, 2002u);
    EXPECT_EQ(refused.event, kBadCd);
    EXPECT_EQ(refused.requester, kSid);
    EXPECT_EQ(s.last().stretches[0].iova, kIova);
    EXPECT_EQ(s.last().stretches[0].pa, kPaA);
    EXPECT_FALSE(s.last().stretches_cut);
}

TEST(Stretch, OrderIsThatOfIssue)
{
    Stream s;

    in_switch(s, [&] {
        at(s, 1001, kPaA);
        at(s, 2000, 0);
        at(s, 1000, kPaA);
        at(s, 3000, kPaB);
        at(s, 1999, 0);
        at(s, 1002, kPaA);
    });
    EXPECT_EQ(row(s.last()), "3*old 2*refused 1*new");
}

TEST(Stretch, ManyOutOfOrderByLessThanTheRoom)
{
    Stream s;

    in_switch(s, [&] {
        for (uint64_t t = 0; t < 1000; t++) {
            const uint64_t issue = t / 16 * 16 + (15 - t % 16);

            at(s, 1000 + issue, issue < 500 ? kPaA : kPaB);
        }
    });
    EXPECT_EQ(row(s.last()), "500*old 500*new");
}

TEST(Stretch, ProbesHaveARowForEachAddress)
{
    Stream s;

    in_switch(s, [&] {
        for (uint64_t t = 0; t < 4; t++) {
            at(s, 1000 + t, kPaA, true);
            at(s, 1000 + t, kPaA + 0x100, true, kIova + 0x100);
            at(s, 1000 + t, kPaB);
        }
        at(s, 2000, 0, true);
    });
    EXPECT_EQ(row(s.last()), "4*new");
    EXPECT_EQ(row(s.last(), true), "4*old 4*old 1*refused");
}

TEST(Stretch, GoesToTheWindowOfItsOperation)
{
    Stream s;

    in_switch(s, [&] { at(s, s.ps, kPaA); });
    at(s, s.ps, kPaB);
    s.begin(SIM_OP_REPLACE, kDev);
    at(s, s.ps + 1, kPaB);
    s.end(SIM_OP_REPLACE, kDev);
    EXPECT_EQ(row(s.op(3)), "1*old 1*new");
    EXPECT_EQ(row(s.op(4)), "1*old");
}

TEST(Stretch, OfAFailedSwitchIsNamedByTheOldDomain)
{
    Stream s;

    in_switch(
        s,
        [&] {
            at(s, 1000, kPaA);
            at(s, 2000, kPaB);
            at(s, 3000, kPaA);
        },
        -22);
    EXPECT_EQ(row(s.last()), "1*old 1*mixed 1*old");
}

TEST(Stretch, RefusalsOfTwoKindsAreTwo)
{
    Stream s;

    in_switch(s, [&] {
        s.refused(kIova, kBadCd);
        s.refused(kIova, kPermission + 1);
    });
    EXPECT_EQ(row(s.last()), "1*refused 1*refused");
}

/* One refusal that old makes, too, and one that it does not. */
TEST(Stretch, OfAFailedSwitchTakesBackWhatOldDoesNotAllow)
{
    Stream s;

    s.two_domains();
    s.begin(SIM_OP_REPLACE, kDev);
    s.switch_begin(kDev, kBlocked, kTypeBlocked);
    s.refused(0x7777000);
    s.refresh();
    s.refused();
    s.switch_end(kDev, kBlocked, kTypeBlocked, -22);
    s.end(SIM_OP_REPLACE, kDev, 0, -22);
    EXPECT_EQ(row(s.last()), "1*refused-ok 1*refused");
}

TEST(Stretch, OfAnEarlierSwitchIsLeftAlone)
{
    Stream s;

    s.two_domains();
    s.begin(SIM_OP_REPLACE, kDev);
    s.switch_begin(kDev, kDomB, kTypePaging);
    s.served(kPaB);
    s.switch_end(kDev, kDomB, kTypePaging);
    s.switch_begin(kDev, kDomA, kTypePaging);
    s.served(kPaA);
    s.switch_end(kDev, kDomA, kTypePaging, -22);
    s.end(SIM_OP_REPLACE, kDev);
    EXPECT_EQ(row(s.last()), "1*new 1*mixed");
}

TEST(Stretch, NumberIsLimited)
{
    Stream s;

    in_switch(s, [&] {
        for (uint64_t t = 0; t < 10000; t++)
            at(s, 1000 + t, t % 2 ? kPaA : kPaB);
    });
    EXPECT_EQ(s.last().n_stretches, 4096u);
    EXPECT_TRUE(s.last().stretches_cut);
    EXPECT_EQ(s.last().dma.issued, 10000u);
}

} // namespace
