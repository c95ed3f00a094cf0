/* SPDX-License-Identifier: BSD-2-Clause
 * order_hits_test.cpp - what a hit says: where it was seen, what began it, in which operation; and
 * what the rules remember of marks, devices and memory. */
#include "tests/unit/check/order_script.h"

using namespace order_test;

namespace
{

/* An output address that changes in place. */
const char *const kBbm = "store PTE 0x82000 0xa0004f43\n";

TEST(Hit, SaysWhereItWasSeen)
{
    const Checked got(CHK_START_LIVE,
                      "@5000/3 store PTE 0x82000 0xa0004f43 ip=0xffff8000802712f0\n");
    const chk_hit &hit = got.hit(0);

    EXPECT_EQ(CHK_RULE_PTE_BBM, hit.rule);
    EXPECT_EQ(first_of(CHK_START_LIVE), hit.seq);
    EXPECT_EQ(hit.seq, hit.since_seq);
    EXPECT_EQ(5000u, hit.time_ns);
    EXPECT_EQ(3u, hit.cpu);
    EXPECT_TRUE(hit.has_ip);
    EXPECT_EQ(0xffff8000802712f0u, hit.ip);
}

TEST(Hit, OutsideOfOperationsNamesNone)
{
    const Checked got(CHK_START_LIVE, kBbm);

    EXPECT_FALSE(got.hit(0).has_op);
    EXPECT_EQ(SIM_NO_DEV, got.hit(0).dev);
    EXPECT_EQ(UINT32_MAX, got.hit(0).pasid);
    EXPECT_FALSE(got.hit(0).has_ip);
}

TEST(Hit, NamesTheUnit)
{
    const Checked got(CHK_START_RESET, "iommu 7 smmuv3 0x9070000 0x20000\n"
                                       "mmio_write 0x24 0x0 iommu=7\n");

    EXPECT_EQ(7u, got.hit(0).iommu);
}

TEST(Hit, NamesTheInstructionOfARegisterWrite)
{
    const Checked got(CHK_START_RESET, "mmio_write 0x24 0x0 ip=0x1234\n");

    EXPECT_TRUE(got.hit(0).has_ip);
    EXPECT_EQ(0x1234u, got.hit(0).ip);
}

TEST(Hit, NamesNoInstructionWhereNoneWasRecorded)
{
    const Checked got(CHK_START_RESET, "mmio_write 0x24 0x0\n");

    EXPECT_FALSE(got.hit(0).has_ip);
    EXPECT_EQ(0u, got.hit(0).ip);
}

TEST(Hit, NamesThePasid)
{
    const Checked got(CHK_START_LIVE, std::string("begin set_pasid dev=7 pasid=0x5\n") + kBbm);

    EXPECT_TRUE(got.hit(0).has_op);
    EXPECT_EQ(SIM_OP_SET_PASID, got.hit(0).op);
    EXPECT_EQ(7u, got.hit(0).dev);
    EXPECT_EQ(5u, got.hit(0).pasid);
}

/* The operation's end is where it comes out, the store is what it is about. */
TEST(Hit, AtTheEndOfAnOperationNamesTheStore)
{
    const Checked got(CHK_START_LIVE, "begin drv_attach dev=0 pasid=0x3\n"
                                      "store STE 0x10800 0x1 ip=0x77\n"
                                      "barrier write\n"
                                      "end drv_attach dev=0 pasid=0x3\n"
                                      "barrier write\n");
    const uint64_t first = first_of(CHK_START_LIVE);
    const chk_hit &hit = got.hit(0);

    EXPECT_EQ(CHK_RULE_STE_NO_CFGI, hit.rule);
    EXPECT_EQ(first + 3, hit.seq);
    EXPECT_EQ(first + 1, hit.since_seq);
    EXPECT_TRUE(hit.has_ip);
    EXPECT_EQ(0x77u, hit.ip);
    EXPECT_TRUE(hit.has_op);
    EXPECT_EQ(SIM_OP_DRV_ATTACH, hit.op);
    EXPECT_EQ(0u, hit.dev);
    EXPECT_EQ(3u, hit.pasid);
}

/* Nobody's: the last record only happens to be the last. */
TEST(Hit, AtTheEndOfTheStreamHasNoCpuAndNoOperation)
{
    const Checked got(CHK_START_LIVE, "@9000/1 begin drv_attach dev=0\n"
                                      "@9000/1 store STE 0x10800 0x1\n");
    const chk_hit &hit = got.hit(0);

    EXPECT_EQ(CHK_RULE_STE_NO_CFGI, hit.rule);
    EXPECT_EQ(first_of(CHK_START_LIVE) + 1, hit.seq);
    EXPECT_EQ(hit.seq, hit.since_seq);
    EXPECT_FALSE(hit.has_op);
    EXPECT_EQ(0u, hit.time_ns);
    EXPECT_EQ(0u, hit.cpu);
}

TEST(Hit, OfAnAdviceIsNoViolation)
{
    const Checked got(CHK_START_READY, "wait reg 0x24 mask=0x1 value=0x0 ret=-110\n");

    EXPECT_EQ(1u, got.report().count[CHK_RULE_WAIT_GAVE_UP]);
    EXPECT_EQ(0u, got.report().n_violations);
}

TEST(Hit, OfEveryOtherKindIsAViolation)
{
    const Checked got(CHK_START_LIVE, std::string(kBbm) + "mmio_write 0x24 0x0\n");

    EXPECT_EQ(2u, got.report().n_violations);
}

/* ---- marks ---- */

/* What a store says that breaks a rule behind the @lines. */
const chk_hit last_hit(const Checked &got)
{
    return got.hit(got.report().n_hits - 1);
}

TEST(Marks, ThatEndedAreNotNamed)
{
    const Checked got(CHK_START_LIVE, std::string("begin map domain=0xc a=0x0 b=0x1000\n"
                                                  "end map domain=0xc a=0x0 b=0x1000\n") +
                                          kBbm);

    EXPECT_FALSE(last_hit(got).has_op);
}

TEST(Marks, InnermostIsNamed)
{
    const Checked got(CHK_START_LIVE, std::string("begin replace dev=1\nbegin drv_attach dev=2\n"
                                                  "begin map dev=3\nend map dev=3\n") +
                                          kBbm);

    EXPECT_EQ(SIM_OP_DRV_ATTACH, last_hit(got).op);
    EXPECT_EQ(2u, last_hit(got).dev);
}

TEST(Marks, OfAnotherCpuAreNotNamed)
{
    const Checked got(CHK_START_LIVE, std::string("@+1/1 begin replace dev=1\n@+1/0 ") + kBbm);

    EXPECT_FALSE(last_hit(got).has_op);
}

TEST(Marks, ThatLostTheirEndGoWithTheOneAround)
{
    const Checked got(CHK_START_LIVE, std::string("begin replace dev=1\nbegin drv_attach dev=2\n"
                                                  "begin map dev=3\nend replace dev=1\n") +
                                          kBbm);

    EXPECT_FALSE(last_hit(got).has_op);
}

TEST(Marks, EndsWithoutBeginMeanNothing)
{
    const Checked got(CHK_START_LIVE,
                      std::string("begin replace dev=1\nend drv_attach dev=2\n") + kBbm);

    EXPECT_EQ(SIM_OP_REPLACE, last_hit(got).op);
}

/* Eight are kept on one CPU; a ninth is not, and its end does not matter. */
TEST(Marks, BeyondTheEighthAreNotKept)
{
    std::string lines;

    for (unsigned i = 0; i < 8; i++)
        lines += "begin replace dev=" + std::to_string(i) + "\n";
    for (unsigned i = 0; i < 4; i++)
        lines += "begin map dev=9\n";
    const Checked deep(CHK_START_LIVE, lines + kBbm);
    const Checked back(CHK_START_LIVE, lines + "end map dev=9\nend replace dev=7\n" + kBbm);

    EXPECT_EQ(SIM_OP_REPLACE, last_hit(deep).op);
    EXPECT_EQ(7u, last_hit(deep).dev);
    EXPECT_EQ(6u, last_hit(back).dev);
}

/* ---- domains with a flush queue ---- */

Script lazy(const char *attaches, const char *begin, const char *end)
{
    return Script()
        .line(attaches)
        .line(std::string("begin unmap ") + begin)
        .line("store PTE 0x82008 0x0")
        .line(std::string("end unmap ") + end);
}

/* a=0xb: paging, with a flush queue */
const char *const kTwoLazy = "begin drv_attach dev=0 domain=0xa a=0xb\n"
                             "end drv_attach dev=0 domain=0xa a=0xb\n"
                             "begin drv_attach dev=0 domain=0xc a=0xb\n"
                             "end drv_attach dev=0 domain=0xc a=0xb\n";

TEST(LazyDomains, AreExcusedEach)
{
    EXPECT_LEGAL(lazy(kTwoLazy, "domain=0xa", "domain=0xa"));
    EXPECT_LEGAL(lazy(kTwoLazy, "domain=0xc", "domain=0xc"));
    EXPECT_RULE(lazy(kTwoLazy, "domain=0xd", "domain=0xd"), "smmu-unmap-no-tlbi");
}

TEST(LazyDomains, AnAddressThatIsUsedForAnotherKindIsStrictAgain)
{
    const std::string again = std::string(kTwoLazy) + "begin drv_attach dev=0 domain=0xc a=0x1\n"
                                                      "end drv_attach dev=0 domain=0xc a=0x1\n";

    EXPECT_LEGAL(lazy(again.c_str(), "domain=0xa", "domain=0xa"));
    EXPECT_RULE(lazy(again.c_str(), "domain=0xc", "domain=0xc"), "smmu-unmap-no-tlbi");
}

TEST(LazyDomains, OnlyADriversAttachSaysWhatKindADomainIs)
{
    EXPECT_RULE(lazy("begin attach dev=0 domain=0xa a=0xb\nend attach dev=0 domain=0xa a=0xb\n",
                     "domain=0xa", "domain=0xa"),
                "smmu-unmap-no-tlbi");
}

TEST(LazyDomains, AreKnownFromTheEndIfTheBeginNamesNone)
{
    EXPECT_LEGAL(lazy(kTwoLazy, "", "domain=0xa"));
    EXPECT_RULE(lazy(kTwoLazy, "", ""), "smmu-unmap-no-tlbi");
}

TEST(LazyDomains, AreThoseOfTheBeginIfBothNameOne)
{
    EXPECT_LEGAL(lazy(kTwoLazy, "domain=0xa", "domain=0xd"));
    EXPECT_RULE(lazy(kTwoLazy, "domain=0xd", "domain=0xa"), "smmu-unmap-no-tlbi");
}

/* ---- devices ---- */

/* StreamID 0x20 may use ATS, 0x21 is not in use. */
Script ats_on(const char *devices, unsigned dev)
{
    return Script()
        .line("store STE 0x10808 0x10000000")
        .cfgi_ste()
        .line(devices)
        .line("ats " + std::to_string(dev) + " on");
}

TEST(Devices, HaveAllTheirStreams)
{
    EXPECT_LEGAL(ats_on("device 0 \"0000:00:04.0\" requester=0x20", 0));
    EXPECT_RULE(ats_on("device 0 \"0000:00:04.0\" requester=0x21", 0), "smmu-ats-on-early");
}

TEST(Devices, OfWhichNoStreamIsKnownAreNotJudged)
{
    EXPECT_LEGAL(ats_on("device 1 \"0000:00:05.0\"", 1));
}

TEST(Devices, ThatShareAStreamAreTwo)
{
    EXPECT_RULE(ats_on("device 1 \"0000:00:04.1\" requester=0x20", 1)
                    .line("store STE 0x10808 0x0")
                    .cfgi_ste(),
                "smmu-eats-off-late");
}

TEST(Devices, ThatAreNamedAgainAreTheSame)
{
    const Checked got(CHK_START_LIVE, "device 0 \"0000:00:04.0\" requester=0x20\nats 0 on\n");

    EXPECT_EQ(1u, got.report().count[CHK_RULE_ATS_ON_EARLY]) << got.text();
}

TEST(Devices, WhoseAtsWentOffAgainHaveNone)
{
    EXPECT_LEGAL(ats_on("", 0).line("ats 0 off").line("store STE 0x10808 0x0").cfgi_ste());
}

/* ---- memory ---- */

/* Enabled with a stream table at 0x18000, of which nothing is known. */
const char *const kUnknownTable = "mmio_write 0x80 0x18000 width=8\nmmio_write 0x88 0x6\n"
                                  "mmio_write 0x90 0x30006 width=8\nmmio_write 0x98 0x0\n"
                                  "mmio_write 0x9c 0x0\nmmio_write 0x20 0x8\n"
                                  "wait reg 0x24 mask=0x5df value=0x8\n"
                                  "store CMD 0x30000 0x4 value_hi=0x1f width=16\n"
                                  "store CMD 0x30010 0x30 width=16\n"
                                  "store CMD 0x30020 0x46 width=16\nmmio_write 0x98 0x3\n"
                                  "wait queue 0x30000 index=2\nmmio_write 0x20 0x9\n"
                                  "wait reg 0x24 mask=0x5df value=0x9\n";

bool says(const Checked &got, const char *what)
{
    return got.text().find(what) != std::string::npos;
}

TEST(Memory, ThatIsNotKnownIsWhatTheStoreReplaced)
{
    const Checked got(CHK_START_RESET,
                      std::string(kUnknownTable) + "store STE 0x18800 0x1 old=0x2000b\n");

    EXPECT_TRUE(says(got, "smmu-ste-no-cfgi: STE 0x18800 of StreamID 0x20, SubstreamID 0x0: q0 was "
                          "0x2000b, is 0x1"))
        << got.text();
}

TEST(Memory, OfWhichNobodyTellsIsZero)
{
    const Checked got(CHK_START_RESET, std::string(kUnknownTable) + "store STE 0x18800 0x1\n");

    EXPECT_TRUE(says(got, "q0 was 0x0, is 0x1")) << got.text();
}

/* Half of a word tells nothing of the other half. */
TEST(Memory, IsNotWhatANarrowStoreReplaced)
{
    const Checked got(CHK_START_RESET,
                      std::string(kUnknownTable) + "store STE 0x18800 0x1 old=0x2000b width=4\n");

    EXPECT_TRUE(says(got, "q0 was 0x0, is 0x1")) << got.text();
}

TEST(Memory, ThatIsKnownIsBelieved)
{
    const Checked got(CHK_START_LIVE, "store STE 0x10800 0x1 old=0x77\n");

    EXPECT_TRUE(says(got, "q0 was 0x2000b, is 0x1")) << got.text();
}

/* 256 STEs at 0x68000 were written, and given back. */
TEST(Memory, ThatWasFreedIsNotKnown)
{
    const char *const two_levels = "mmio_write 0x20 0x1e\nwait reg 0x24 mask=0x5df value=0x1e\n"
                                   "memory L1STD 0x60000 0x40\nmmio_write 0x80 0x60000 width=8\n"
                                   "mmio_write 0x88 0x10209\nmmio_write 0x20 0x1f\n"
                                   "wait reg 0x24 mask=0x5df value=0x1f\n"
                                   "memory STE 0x68000 0x4000\n";
    const auto linked = [&](const char *before) {
        return Script(CHK_START_READY)
            .line(two_levels)
            .line(before)
            .line("store L1STD 0x60008 0x68009")
            .cmd(0x10000000003)
            .sync();
    };

    EXPECT_LEGAL(linked(""));
    EXPECT_RULE(linked("free STE 0x68000 0x4000"), "smmu-table-unwritten");
    EXPECT_RULE(linked("free STE 0x6bff8 0x8"), "smmu-table-unwritten");
}

/* ---- names ---- */

TEST(Kinds, HaveNames)
{
    EXPECT_STREQ("arch", chk_rule_kind_name(CHK_RULE_ARCH));
    EXPECT_STREQ("state", chk_rule_kind_name(CHK_RULE_STATE));
    EXPECT_STREQ("advice", chk_rule_kind_name(CHK_RULE_ADVICE));
}

} // namespace
