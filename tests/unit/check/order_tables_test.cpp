/* SPDX-License-Identifier: BSD-2-Clause
 * order_tables_test.cpp - page tables, devices with ATS and whole streams: what is legal, and what
 * it would take for the same to be wrong. */
#include "tests/unit/check/order_script.h"

using namespace order_test;

namespace
{

/* ---- page tables ---- */

TEST(LegalTables, AnInvalidDescriptorThatBecomesValid)
{
    EXPECT_LEGAL(Script()
                     .line("begin map domain=0xa a=0x4000 b=0x1000")
                     .line("store PTE 0x82020 0xa0004f43")
                     .line("end map domain=0xa a=0x4000 b=0x1000"));
}

TEST(LegalTables, ABlockInPlaceOfATableAfterItsFlush)
{
    EXPECT_LEGAL(Script()
                     .line("begin map domain=0xa a=0x0 b=0x200000")
                     .line("store PTE 0x81000 0x0")
                     .cmd(0x1000000900012, 0x400)
                     .sync()
                     .line("free PAGES 0x82000 0x1000")
                     .line("store PTE 0x81000 0xa0000f41")
                     .line("end map domain=0xa a=0x0 b=0x200000"));
}

TEST(LegalTables, ABlockInPlaceOfALiveTable)
{
    EXPECT_RULE(Script().line("store PTE 0x81000 0xa0000f41"), "smmu-pte-bbm");
}

TEST(LegalTables, ABlockThatIsSplitInPlace)
{
    EXPECT_RULE(Script()
                    .line("store PTE 0x81008 0xa0200f41")
                    .line("memory PAGES 0x83000 0x1000")
                    .line("store PTE 0x81008 0x83003"),
                "smmu-pte-bbm");
}

TEST(LegalTables, ABlockThatIsSplitWhereHardwareAllowsIt)
{
    EXPECT_LEGAL(Script()
                     .line("mmio_read 0xc 0x1504") /* BBML 2 */
                     .line("store PTE 0x81008 0xa0200f41")
                     .line("memory PAGES 0x83000 0x1000")
                     .line("store PTE 0x81008 0x83003"));
}

TEST(LegalTables, AMemoryTypeThatChangesInPlace)
{
    EXPECT_RULE(Script().line("store PTE 0x82000 0xa0000f47"), "smmu-pte-bbm");
}

TEST(LegalTables, ATableThatLostTheRaceForItsPlace)
{
    EXPECT_LEGAL(Script().line("memory PAGES 0x83000 0x1000").line("free PAGES 0x83000 0x1000"));
}

TEST(LegalTables, AnUnmapWithAFlushQueue)
{
    EXPECT_LEGAL(Script()
                     .line("begin drv_attach dev=0 domain=0xa a=0xb")
                     .line("end drv_attach dev=0 domain=0xa a=0xb")
                     .line("begin unmap domain=0xa a=0x1000 b=0x1000")
                     .line("store PTE 0x82008 0x0")
                     .line("unmap 0xa 0x1000 0x1000 0x1000")
                     .line("end unmap domain=0xa a=0x1000 b=0x1000"));
}

TEST(LegalTables, AnUnmapOfATableThatNobodyUses)
{
    EXPECT_LEGAL(replaced()
                     .line("begin unmap domain=0xa a=0x1000 b=0x1000")
                     .line("store PTE 0x82008 0x0")
                     .line("unmap 0xa 0x1000 0x1000 0x1000")
                     .line("end unmap domain=0xa a=0x1000 b=0x1000"));
}

TEST(LegalTables, TheAccessFlagAndBitsLeftToSoftware)
{
    EXPECT_LEGAL(Script().line("store PTE 0x82008 0x80000000a0001f43"));
}

TEST(LegalTables, AGlobalDescriptorAndAFlushOfTheAsid)
{
    Script global;

    global
        .line("store PTE 0x82020 0xa0004743") /* nG is 0 */
        .line("begin unmap domain=0xa a=0x4000 b=0x1000")
        .line("store PTE 0x82020 0x0")
        .cmd(kTlbiAsid1)
        .sync()
        .line("end unmap domain=0xa a=0x4000 b=0x1000");
    EXPECT_RULE(global, "smmu-unmap-no-tlbi");
}

TEST(LegalTables, AGlobalDescriptorAndATlbiByAddress)
{
    Script global;

    global.line("store PTE 0x82020 0xa0004743")
        .line("begin unmap domain=0xa a=0x4000 b=0x1000")
        .line("store PTE 0x82020 0x0")
        .cmd(0x1000000000012, 0x4001)
        .sync()
        .line("end unmap domain=0xa a=0x4000 b=0x1000");
    EXPECT_LEGAL(global);
}

TEST(LegalTables, ARootThatIsFreedBeforeItsSteIsInvalidated)
{
    EXPECT_RULE(Script().line("store STE 0x10800 0x1").line("free PAGES 0x80000 0x1000").cfgi_ste(),
                "smmu-table-freed-early");
}

/* ---- devices with ATS ---- */

Script switched_with_ats(bool has_atc_inv)
{
    Script script;

    script.line("store STE 0x10808 0x10000000")
        .cfgi_ste()
        .line("ats 0 on")
        .line("begin drv_attach dev=0 domain=0xb a=0x1")
        .line(kCdOff)
        .cfgi_cd()
        .line("store CD 0x20008 0x90000")
        .cfgi_cd()
        .line(kCdB)
        .cfgi_cd();
    if (has_atc_inv)
        script.cmd(0x2000000040, 0x34).sync();
    return script.line("end drv_attach dev=0 domain=0xb a=0x1");
}

TEST(LegalAts, ASwitchThatEndsWithAtcInv)
{
    EXPECT_LEGAL(switched_with_ats(true));
}

TEST(LegalAts, ASwitchThatEndsWithout)
{
    EXPECT_RULE(switched_with_ats(false), "smmu-atc-missing");
}

/* ---- streams ---- */

TEST(Streams, AHitNamesTheInstruction)
{
    const Checked torn(CHK_START_LIVE, "store PTE 0x82000 0xa0004f43 ip=0xffff8000802712f0\n");

    ASSERT_EQ(1u, torn.report().n_hits);
    EXPECT_TRUE(torn.report().hits[0].has_ip);
    EXPECT_EQ(0xffff8000802712f0u, torn.report().hits[0].ip);
}

TEST(Streams, AHitNamesOperationAndDevice)
{
    const Checked torn(CHK_START_LIVE, "begin drv_attach dev=7\nstore PTE 0x82000 0xa0004f43\n");

    ASSERT_EQ(1u, torn.report().n_hits);
    EXPECT_TRUE(torn.report().hits[0].has_op);
    EXPECT_EQ(SIM_OP_DRV_ATTACH, torn.report().hits[0].op);
    EXPECT_EQ(7u, torn.report().hits[0].dev);
}

TEST(Streams, APriQueuesPointersAreJudgedAsTheEventQueues)
{
    EXPECT_RULE(
        Script(CHK_START_READY).line("mmio_read 0x100c8 0x1").line("mmio_write 0x100cc 0x2"),
        "smmu-outq-cons-beyond");
}

TEST(Streams, OneOfTwoInvalidationsIsNotEnoughToBegin)
{
    const std::string queue = "mmio_write 0x80 0x10000 width=8\nmmio_write 0x88 0x6\n"
                              "mmio_write 0x90 0x30006 width=8\nmmio_write 0x98 0x0\n"
                              "mmio_write 0x9c 0x0\nmmio_write 0x20 0x8\n"
                              "wait reg 0x24 mask=0x5df value=0x8\n"
                              "store CMD 0x30000 0x4 value_hi=0x1f width=16\n"
                              "store CMD 0x30010 0x46 width=16\nmmio_write 0x98 0x2\n"
                              "wait queue 0x30000 index=1\nmmio_write 0x20 0x9\n";

    EXPECT_EQ(std::vector<std::string>{"smmu-enable-before-inv"},
              Checked(CHK_START_RESET, queue).rules());
}

TEST(Streams, NothingIsJudgedAfterRecordsAreLost)
{
    const Checked lost(CHK_START_LIVE, "lost 3\nstore PTE 0x82000 0xa0004f43\n");

    EXPECT_EQ(kNone, lost.rules());
    EXPECT_NE(0u, lost.report().blind_seq);
}

TEST(Streams, MemoryThatIsFreedWhileNothingTranslates)
{
    EXPECT_LEGAL(Script(CHK_START_RESET).line("free PAGES 0x80000 0x3000"));
}

TEST(Streams, WhatIsAllowedIsCountedAndIsNoViolation)
{
    chk_order *order = chk_order_new();

    chk_order_allow(order, CHK_RULE_REG_READ_ONLY, "a test");
    for (const char *offset : {"iommu", "write"}) {
        sim_record rec;

        if (offset[0] == 'i') {
            sim_record_init(&rec, SIM_R_IOMMU);
            rec.unit.arch = SIM_ARCH_SMMUV3;
        } else {
            sim_record_init(&rec, SIM_R_MMIO_WRITE);
            rec.mmio.offset = 0x24;
        }
        ASSERT_EQ(0, chk_order_put(order, &rec));
    }
    ASSERT_EQ(0, chk_order_finish(order));
    EXPECT_EQ(1u, chk_order_get_report(order)->count[CHK_RULE_REG_READ_ONLY]);
    EXPECT_EQ(0u, chk_order_get_report(order)->n_violations);
    EXPECT_STREQ("a test", chk_order_get_report(order)->reason[CHK_RULE_REG_READ_ONLY]);
    chk_order_free(order);
}

} // namespace
