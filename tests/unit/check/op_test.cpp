// SPDX-License-Identifier: BSD-2-Clause
// op_test.cpp - which marks make an operation, and what is known of it.
// Knows: chk.h. Must not know: how marks are kept.
#include "tests/unit/check/stream.h"

namespace
{

using namespace chk_test;

TEST(Operation, InnerMarksAreNone)
{
    Stream s;

    s.two_domains();
    s.begin(SIM_OP_REPLACE, kDev);
    s.map(kDomB, kIova + 0x1000, kPaB);
    s.begin(SIM_OP_GROUP_REPLACE, SIM_NO_DEV, kDomB);
    s.switch_begin(kDev, kDomB, kTypePaging);
    s.switch_end(kDev, kDomB, kTypePaging);
    s.end(SIM_OP_GROUP_REPLACE, SIM_NO_DEV, kDomB);
    s.unmap(kDomA, kIova);
    s.end(SIM_OP_REPLACE, kDev);
    ASSERT_EQ(s.report().n_ops, 4u);
    EXPECT_EQ(s.op(0).op, SIM_OP_MAP);
    EXPECT_EQ(s.op(1).op, SIM_OP_MAP);
    EXPECT_EQ(s.op(2).op, SIM_OP_ATTACH); /* the driver's attach alone */
    EXPECT_EQ(s.op(3).op, SIM_OP_REPLACE);
}

struct NameRow {
    const char *name;
    uint8_t mark, reported;
};

class OuterMark : public testing::TestWithParam<NameRow>
{
};

TEST_P(OuterMark, IsReportedAs)
{
    Stream s;

    s.begin(GetParam().mark, kDev, kDomA, kIova, 0x1000);
    s.end(GetParam().mark, kDev, kDomA, 0, kIova);
    ASSERT_EQ(s.report().n_ops, 1u);
    EXPECT_EQ(s.op(0).op, GetParam().reported);
}

const NameRow kNames[] = {
    {"Attach", SIM_OP_ATTACH, SIM_OP_ATTACH},
    {"Replace", SIM_OP_REPLACE, SIM_OP_REPLACE},
    {"Detach", SIM_OP_DETACH, SIM_OP_DETACH},
    {"GroupAttach", SIM_OP_GROUP_ATTACH, SIM_OP_ATTACH},
    {"GroupReplace", SIM_OP_GROUP_REPLACE, SIM_OP_REPLACE},
    {"GroupDetach", SIM_OP_GROUP_DETACH, SIM_OP_DETACH},
    {"DriverAttach", SIM_OP_DRV_ATTACH, SIM_OP_ATTACH},
    {"Map", SIM_OP_MAP, SIM_OP_MAP},
    {"Unmap", SIM_OP_UNMAP, SIM_OP_UNMAP},
    {"SetPasid", SIM_OP_SET_PASID, SIM_OP_SET_PASID},
    {"ReplacePasid", SIM_OP_REPLACE_PASID, SIM_OP_REPLACE_PASID},
    {"RemovePasid", SIM_OP_REMOVE_PASID, SIM_OP_REMOVE_PASID},
};

INSTANTIATE_TEST_SUITE_P(All, OuterMark, testing::ValuesIn(kNames),
                         [](const auto &info) { return info.param.name; });

TEST(Operation, AllocationsAreNoneAndHideNone)
{
    Stream s;

    s.begin(SIM_OP_ALLOC, kDev, kDomA);
    s.map(kDomA, kIova, kPaA);
    s.end(SIM_OP_ALLOC, kDev, kDomA);
    s.begin(SIM_OP_FREE, kDev, kDomB);
    s.end(SIM_OP_FREE, kDev, kDomB);
    ASSERT_EQ(s.report().n_ops, 1u);
    EXPECT_EQ(s.op(0).op, SIM_OP_MAP);
}

TEST(Operation, KnowsDeviceDomainsAndTimes)
{
    Stream s;

    s.two_domains();
    s.trace_ns = 70000;
    s.ps = 5000000;
    s.begin(SIM_OP_REPLACE, kDev);
    const uint64_t begin_seq = s.seq, begin_ps = s.ps;
    s.begin(SIM_OP_DRV_ATTACH, kDev, kDomB, kTypePaging);
    s.store(SIM_S_CD);
    const uint64_t switch_seq = s.seq, switch_ps = s.ps;
    s.command_and_sync(kCfgi);
    s.end(SIM_OP_DRV_ATTACH, kDev, kDomB);
    const uint64_t switched_seq = s.seq, switched_ps = s.ps;
    s.trace_ns = 90000;
    s.end(SIM_OP_REPLACE, kDev);
    const chk_op &op = s.last();

    EXPECT_EQ(op.dev, kDev);
    EXPECT_STREQ(op.device, "0000:00:04.0");
    EXPECT_TRUE(op.has_requester);
    EXPECT_EQ(op.requester, kSid);
    EXPECT_EQ(op.pasid, kNoPasid);
    EXPECT_TRUE(op.has_old_domain && op.has_new_domain);
    EXPECT_EQ(op.old_domain, kDomA);
    EXPECT_EQ(op.new_domain, kDomB);
    EXPECT_EQ(op.old_kind, SIM_DOMAIN_PAGING);
    EXPECT_EQ(op.new_kind, SIM_DOMAIN_PAGING);
    EXPECT_EQ(op.trace_begin_ns, 70000u);
    EXPECT_EQ(op.trace_end_ns, 90000u);
    EXPECT_EQ(op.begin_seq, begin_seq);
    EXPECT_EQ(op.begin_ps, begin_ps);
    EXPECT_EQ(op.switch_begin_seq, switch_seq);
    EXPECT_EQ(op.switch_begin_ps, switch_ps);
    EXPECT_EQ(op.switch_end_seq, switched_seq);
    EXPECT_EQ(op.switch_end_ps, switched_ps);
    EXPECT_EQ(op.end_seq, s.seq);
    EXPECT_EQ(op.end_ps, s.ps);
}

struct KindRow {
    const char *name;
    uint64_t type;
    sim_domain_kind kind;
};

class DomainKind : public testing::TestWithParam<KindRow>
{
};

TEST_P(DomainKind, ComesFromTheKernelsType)
{
    Stream s;

    s.switch_begin(kDev, kDomA, GetParam().type);
    s.switch_end(kDev, kDomA, GetParam().type);
    EXPECT_EQ(s.last().new_kind, GetParam().kind);
}

const KindRow kKinds[] = {
    {"Blocked", 0, SIM_DOMAIN_BLOCKED},
    {"Unmanaged", 1, SIM_DOMAIN_PAGING},
    {"Dma", 3, SIM_DOMAIN_PAGING},
    {"Identity", 4, SIM_DOMAIN_IDENTITY},
    {"DmaFlushQueue", 11, SIM_DOMAIN_PAGING},
    {"SharedAddresses", 0x20, SIM_DOMAIN_OPAQUE},
    {"Nested", 0x40, SIM_DOMAIN_OPAQUE},
};

INSTANTIATE_TEST_SUITE_P(All, DomainKind, testing::ValuesIn(kKinds),
                         [](const auto &info) { return info.param.name; });

/* ---- replaces that do nothing ---- */

TEST(NoOp, WithoutAnyAccessIsHitless)
{
    Stream s;

    s.two_domains();
    s.begin(SIM_OP_REPLACE, kDev);
    s.end(SIM_OP_REPLACE, kDev);
    EXPECT_TRUE(s.last().hitless);
    EXPECT_STREQ(s.last().note, "no access at all");
    EXPECT_EQ(s.last().old_domain, kDomA);
    EXPECT_EQ(s.last().new_domain, kDomA);
}

TEST(NoOp, WithALonePrefetchIsHitlessAndSaysSo)
{
    Stream s;

    s.two_domains();
    s.begin(SIM_OP_REPLACE, kDev);
    s.begin(SIM_OP_DRV_ATTACH, kDev, kDomA, kTypePaging);
    s.command(kPrefetch);
    s.doorbell();
    s.end(SIM_OP_DRV_ATTACH, kDev, kDomA);
    s.end(SIM_OP_REPLACE, kDev);
    EXPECT_TRUE(s.last().hitless) << s.last().why;
    EXPECT_STREQ(s.last().note, "a lone PREFETCH_CONFIG");
}

TEST(NoOp, WithAnotherRegisterWriteHasNoSuchNote)
{
    Stream s;

    s.two_domains();
    s.begin(SIM_OP_REPLACE, kDev);
    s.command(kPrefetch);
    s.doorbell();
    s.doorbell(0x20);
    s.end(SIM_OP_REPLACE, kDev);
    EXPECT_EQ(s.last().note, nullptr);
}

TEST(NoOp, WithAnotherCommandHasNoSuchNote)
{
    Stream s;

    s.two_domains();
    s.begin(SIM_OP_REPLACE, kDev);
    s.command(kTlbi);
    s.doorbell();
    s.end(SIM_OP_REPLACE, kDev);
    EXPECT_EQ(s.last().note, nullptr);
}

/* ---- common addresses ---- */

struct CommonRow {
    const char *name;
    uint64_t old_iova, new_iova, old_type, new_type;
    bool has_note;
};

class Common : public testing::TestWithParam<CommonRow>
{
};

TEST_P(Common, Addresses)
{
    Stream s;

    s.map(kDomA, GetParam().old_iova, kPaA);
    s.map(kDomB, 0x1000, kPaB);
    s.map(kDomB, GetParam().new_iova, kPaB + 0x1000);
    s.switch_begin(kDev, kDomA, GetParam().old_type);
    s.switch_end(kDev, kDomA, GetParam().old_type);
    s.begin(SIM_OP_REPLACE, kDev);
    s.switch_begin(kDev, kDomB, GetParam().new_type);
    s.switch_end(kDev, kDomB, GetParam().new_type);
    s.end(SIM_OP_REPLACE, kDev);
    if (GetParam().has_note)
        EXPECT_STREQ(s.last().note, "0 common IOVAs");
    else
        EXPECT_EQ(s.last().note, nullptr);
}

const CommonRow kCommons[] = {
    {"Some", kIova, kIova, kTypePaging, kTypePaging, false},
    {"None", kIova, kIova + 0x1000, kTypePaging, kTypePaging, true},
    {"NoneBelow", kIova, kIova - 0x1000, kTypePaging, kTypePaging, true},
    {"NotAskedIfNewIsBlocked", kIova, kIova + 0x1000, kTypePaging, kTypeBlocked, false},
    {"NotAskedIfOldIsBlocked", kIova, kIova + 0x1000, kTypeBlocked, kTypePaging, false},
};

INSTANTIATE_TEST_SUITE_P(All, Common, testing::ValuesIn(kCommons),
                         [](const auto &info) { return info.param.name; });

/* ---- marks that are not where they should be ---- */

TEST(Mark, UnclosedOneEndsWithItsParent)
{
    Stream s;

    s.two_domains();
    s.begin(SIM_OP_REPLACE, kDev);
    s.switch_begin(kDev, kDomB, kTypePaging);
    s.served(kPaA);
    s.end(SIM_OP_REPLACE, kDev);
    s.served(kPaA);
    EXPECT_EQ(s.last().switch_end_seq, s.last().end_seq);
    EXPECT_EQ(classes(s.last()), "STALE");
}

TEST(Mark, EndWithoutBeginIsNothing)
{
    Stream s;

    s.end(SIM_OP_REPLACE, kDev);
    s.end(SIM_OP_MAP);
    EXPECT_EQ(s.report().n_ops, 0u);
}

TEST(Mark, OperationInsideOneOfItsLevelEndsIt)
{
    Stream s;

    s.two_domains();
    s.begin(SIM_OP_REPLACE, kDev);
    s.begin(SIM_OP_DETACH, kDev);
    s.end(SIM_OP_DETACH, kDev);
    ASSERT_EQ(s.report().n_ops, 5u);
    EXPECT_TRUE(s.op(3).inconclusive);
    EXPECT_STREQ(s.op(3).why, "the operation's end is missing");
    EXPECT_FALSE(s.op(4).inconclusive);
}

TEST(Mark, OperationThatTheStreamCutsIsInconclusive)
{
    Stream s;

    s.two_domains();
    s.begin(SIM_OP_REPLACE, kDev);
    s.store(SIM_S_CD);
    EXPECT_TRUE(s.last().inconclusive);
    EXPECT_EQ(s.last().end_seq, s.seq);
}

TEST(Mark, TwoCpusNestEachForItself)
{
    Stream s;

    s.two_domains();
    s.begin(SIM_OP_REPLACE, kDev);
    s.cpu = 1;
    s.map(kDomA, kIova + 0x1000, kPaA + 0x1000);
    s.cpu = 0;
    s.map(kDomB, kIova + 0x1000, kPaB + 0x1000);
    s.end(SIM_OP_REPLACE, kDev);
    ASSERT_EQ(s.report().n_ops, 5u);
    EXPECT_EQ(s.op(3).op, SIM_OP_REPLACE);
    EXPECT_EQ(s.op(4).op, SIM_OP_MAP);
    EXPECT_EQ(s.op(4).cpu, 1u);
    EXPECT_EQ(s.op(3).n_parts, 1u);
}

TEST(Mark, DomainIsNotKnownAfterASwitchWithoutEnd)
{
    Stream s;

    s.two_domains();
    s.begin(SIM_OP_REPLACE, kDev);
    s.switch_begin(kDev, kDomB, kTypePaging);
    s.begin(SIM_OP_DETACH, kDev);
    s.end(SIM_OP_DETACH, kDev);
    s.served(0xdead0000);
    EXPECT_EQ(classes(s.last()), "");
    EXPECT_EQ(s.last().dma.unchecked, 1u);
}

TEST(Mark, TasksMaySwapTheirCpus)
{
    Stream s;

    s.begin(SIM_OP_MAP, SIM_NO_DEV, kDomA, 0x1000, 0x1000); /* 0 */
    s.cpu = 1;
    s.begin(SIM_OP_MAP, SIM_NO_DEV, kDomA, 0x2000, 0x1000); /* 1 */
    s.end(SIM_OP_MAP, SIM_NO_DEV, kDomA, 0, 0x1000);
    const uint64_t first_end = s.seq;
    s.cpu = 0;
    s.end(SIM_OP_MAP, SIM_NO_DEV, kDomA, 0, 0x2000);
    EXPECT_EQ(s.op(0).end_seq, first_end);
    EXPECT_EQ(s.op(1).end_seq, s.seq);
}

TEST(Mark, TaskMayMoveToAnotherCpu)
{
    Stream s;

    s.two_domains();
    s.begin(SIM_OP_REPLACE, kDev);
    s.cpu = 3;
    s.end(SIM_OP_REPLACE, kDev);
    EXPECT_FALSE(s.last().inconclusive);
    EXPECT_EQ(s.last().end_seq, s.seq);
}

/* The second replace has begun; it waits for a lock that the first one holds. */
TEST(Mark, OperationThatWaitsDoesNotTakeTheDevice)
{
    Stream s;

    s.two_domains();
    s.begin(SIM_OP_REPLACE, kDev);
    s.switch_begin(kDev, kDomB, kTypePaging);
    s.served(kPaA);
    s.cpu = 1;
    s.begin(SIM_OP_REPLACE, kDev);
    s.served(kPaA);
    s.served(kPaB);
    s.cpu = 0;
    s.switch_end(kDev, kDomB, kTypePaging);
    s.served(kPaB);
    s.end(SIM_OP_REPLACE, kDev);
    s.cpu = 1;
    s.begin(SIM_OP_DRV_ATTACH, kDev, kDomA, kTypePaging);
    s.served(kPaB);
    s.store(SIM_S_CD, 0x7000, 0);
    s.served(kPaB);
    s.served(kPaA);
    s.switch_end(kDev, kDomA, kTypePaging);
    s.end(SIM_OP_REPLACE, kDev);
    s.served(kPaA);
    EXPECT_TRUE(s.op(3).hitless) << classes(s.op(3));
    EXPECT_TRUE(s.op(4).hitless) << classes(s.op(4));
    EXPECT_EQ(s.op(3).dma.issued, 4u);
    EXPECT_EQ(s.op(4).dma.issued, 4u);
}

TEST(Mark, MapOfAnotherCpuDoesNotHideTheSwitch)
{
    Stream s;

    s.two_domains();
    s.begin(SIM_OP_REPLACE, kDev);
    s.switch_begin(kDev, kDomB, kTypePaging);
    s.cpu = 1;
    s.map(kDomA, kIova + 0x1000, kPaA + 0x1000);
    s.served(kPaB);
    s.cpu = 0;
    s.switch_end(kDev, kDomB, kTypePaging);
    s.end(SIM_OP_REPLACE, kDev);
    EXPECT_TRUE(s.op(3).hitless) << classes(s.op(3));
    EXPECT_EQ(classes(s.op(4)), "");
}

} // namespace
