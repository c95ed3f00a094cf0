// SPDX-License-Identifier: BSD-2-Clause
// bound_test.cpp - much of everything: figures stay right where memory is limited.
// Knows: chk.h. Must not know: the limits themselves, except as round numbers far beyond.
#include "tests/unit/check/stream.h"

namespace
{

using namespace chk_test;

TEST(Bound, PercentilesOfMoreRequestsThanAreKept)
{
    constexpr uint64_t n = 1000000;
    Stream s;

    s.two_domains();
    s.begin(SIM_OP_REPLACE, kDev);
    s.switch_begin(kDev, kDomB, kTypePaging);
    for (uint64_t i = 0; i < n; i++) {
        sim_dma_seen seen = s.request();

        seen.pa = kPaA;
        seen.answer_ps = seen.issue_ps + 1 + i * 7919 % n; /* each of 1..n once */
        s.answer(seen);
    }
    s.switch_end(kDev, kDomB, kTypePaging);
    s.end(SIM_OP_REPLACE, kDev);
    EXPECT_EQ(s.last().during.n, n);
    EXPECT_EQ(s.last().during.max, n);
    EXPECT_NEAR(static_cast<double>(s.last().during.p50), n / 2, n / 100);
    EXPECT_NEAR(static_cast<double>(s.last().during.p99), n / 100 * 99, n / 100);
    EXPECT_EQ(s.last().n_stretches, 1u);
    EXPECT_EQ(s.last().stretches[0].n, n);
}

TEST(Bound, RefillCountsThoseThatWereNotKept)
{
    constexpr uint64_t n = 300000;
    Stream s;

    s.two_domains();
    s.served(kPaA); /* 100 ps */
    s.begin(SIM_OP_REPLACE, kDev);
    s.switch_begin(kDev, kDomB, kTypePaging);
    s.switch_end(kDev, kDomB, kTypePaging);
    for (uint64_t i = 0; i < n; i++) {
        sim_dma_seen seen = s.request();

        seen.pa = kPaB;
        seen.answer_ps = seen.issue_ps + 110;
        s.answer(seen);
    }
    s.end(SIM_OP_REPLACE, kDev);
    EXPECT_NEAR(static_cast<double>(s.last().refill_ps), n * 10.0, n * 0.1);
}

TEST(Bound, ManyOperationsOneAfterTheOther)
{
    constexpr size_t n = 3000;
    Stream s;

    s.two_domains();
    for (uint64_t i = 0; i < n; i++) {
        const uint64_t iova = 0x2000000 + i * 0x1000;

        s.map(kDomA, iova, kPaA + iova);
        s.served(kPaA + iova, iova);
        s.unmap(kDomA, iova);
        s.refused(iova);
    }
    ASSERT_EQ(s.report().n_ops, 3 + 2 * n);
    for (size_t i = 3; i < s.report().n_ops; i++) {
        ASSERT_EQ(classes(s.op(i)), "") << i;
        ASSERT_EQ(s.op(i).dma.issued, 1u) << i;
        ASSERT_EQ(s.op(i).n_stretches, 1u) << i;
    }
    EXPECT_EQ(s.report().worst, CHK_HITLESS);
}

TEST(Bound, RequestThatOutlivesManyOperationsIsNotJudgedByWhatIsForgotten)
{
    Stream s;
    sim_dma_seen seen;

    s.two_domains();
    seen = s.request();
    for (uint64_t i = 0; i < 100; i++)
        s.unmap(kDomA, 0x5000000), s.map(kDomA, 0x5000000, kPaB);
    seen.answer_seq = s.seq;
    seen.pa = 0xdead0000;
    s.answer(seen);
    for (size_t i = 0; i < s.report().n_ops; i++)
        EXPECT_EQ(classes(s.op(i)), "") << i;
}

TEST(Bound, ManyDevicesAndCpus)
{
    Stream s;

    s.map(kDomA, kIova, kPaA);
    for (uint32_t i = 500; i > 0; i--) {
        s.cpu = static_cast<uint16_t>(i * 131);
        s.pasid = i * 17 % 500;
        s.begin(SIM_OP_SET_PASID, kDev, kDomA);
        s.store(SIM_S_CD);
        s.end(SIM_OP_SET_PASID, kDev, kDomA);
    }
    for (uint32_t pasid = 0; pasid < 500; pasid++) {
        sim_dma_seen seen = s.request();

        seen.has_pasid = true;
        seen.pasid = pasid;
        seen.pa = kPaA;
        s.answer(seen);
    }
    EXPECT_EQ(s.report().bad_outside, 0u);
    uint64_t good = 0;
    for (size_t i = 0; i < s.report().n_ops; i++)
        good += s.op(i).dma.new_ + s.op(i).dma.old_ + s.op(i).dma.same;
    EXPECT_EQ(good, 500u);
}

} // namespace
