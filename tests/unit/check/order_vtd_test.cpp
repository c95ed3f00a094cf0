/* SPDX-License-Identifier: BSD-2-Clause
 * order_vtd_test.cpp - rules of VT-d beyond their examples: what is legal, and near misses. */
#include "tests/unit/check/order_vtd_script.h"

using namespace order_vtd_test;
using order_test::kNone;

namespace
{

/* ---- Registers ---- */

TEST(VtdRegister, OneOneShotBesideLevelsIsLegal)
{
    EXPECT_LEGAL(Vtd(CHK_START_VTD_READY)
                     .line("mmio_write 0x18 0x8c000000")
                     .line("wait reg 0x1c mask=0x8000000 value=0x0"));
}

TEST(VtdRegister, MaskedStatusIsNotWrittenBack)
{
    EXPECT_LEGAL(Vtd(CHK_START_VTD_READY)
                     .line("mmio_read 0x1c 0xc4000000")
                     .line("mmio_write 0x18 0x84800000")
                     .line("wait reg 0x1c mask=0x800000 value=0x800000"));
}

TEST(VtdRegister, AReadOfStatusAnswersToo)
{
    EXPECT_LEGAL(Vtd(CHK_START_VTD_READY)
                     .line("mmio_write 0x18 0x84800000\nmmio_read 0x1c 0xc4800000")
                     .line("mmio_write 0x18 0x84000000"));
    EXPECT_RULE(Vtd(CHK_START_VTD_READY)
                    .line("mmio_write 0x18 0x84800000\nmmio_read 0x1c 0xc4000000")
                    .line("mmio_write 0x18 0x84000000"),
                "vtd-gcmd-unacked");
}

TEST(VtdRegister, RootNeedsAllThreeFlushes)
{
    const std::string srtp = "mmio_write 0x20 0x10400 width=8\nmmio_write 0x18 0xc4000000\n"
                             "wait reg 0x1c mask=0x40000000 value=0x40000000";

    EXPECT_LEGAL(Vtd(CHK_START_VTD_READY).line(srtp).put(kCcAll).put(kPcAll).put(kIotlbAll).wait());
    EXPECT_RULE(Vtd(CHK_START_VTD_READY).line(srtp).put(kPcAll).put(kIotlbAll).wait(),
                "vtd-root-no-flush");
    EXPECT_RULE(Vtd(CHK_START_VTD_READY).line(srtp).put(kCcAll).put(kIotlbAll).wait(),
                "vtd-root-no-flush");
    EXPECT_RULE(Vtd(CHK_START_VTD_READY).line(srtp).put(kCcAll).put(kPcAll).wait(),
                "vtd-root-no-flush");
}

TEST(VtdRegister, RootNeedsNoFlushIfHardwareDoesIt)
{
    EXPECT_LEGAL(Vtd(CHK_START_VTD_READY)
                     .line("mmio_read 0x8 0x80d2008c222f0602 width=8")
                     .line("mmio_write 0x20 0x10400 width=8\nmmio_write 0x18 0xc4000000")
                     .line("wait reg 0x1c mask=0x40000000 value=0x40000000"));
}

TEST(VtdRegister, OldStatusBitsMayBeCleared)
{
    EXPECT_LEGAL(Vtd(CHK_START_VTD_READY).line("mmio_write 0x34 0x83"));
}

/* ---- Descriptors ---- */

struct Descriptor {
    const char *name;
    uint64_t word0, word1;
    const char *rule; /* NULL = legal */
};

class VtdDescriptor : public testing::TestWithParam<Descriptor>
{
};

TEST_P(VtdDescriptor, AloneBreaks)
{
    const Vtd alone = Vtd(CHK_START_VTD_READY).put(GetParam().word0, GetParam().word1).ring();

    EXPECT_EQ(GetParam().rule ? std::vector<std::string>{GetParam().rule} : kNone, alone.rules())
        << alone.text();
}

/* Hand-typed: 4.1 of the facts, and one bit beside each. */
const Descriptor kDescriptors[] = {
    {"cc_domain", 0x50021, 0, nullptr},
    {"cc_device", 0x00003a1000050031, 0, nullptr},
    {"cc_none", 0x50001, 0, "vtd-descriptor-granularity"},
    {"cc_word_1", 0x11, 0x1000, "vtd-descriptor-reserved"},
    {"iotlb_page", 0x500f2, 0x7f000049, nullptr},
    {"iotlb_am_18", 0x500f2, 0x12, nullptr},
    {"iotlb_am_19", 0x500f2, 0x13, "vtd-am-beyond"},
    {"iotlb_domain_256", 0x10000e2, 0, "vtd-domain-width"},
    {"iotlb_domain_255", 0xff00e2, 0, nullptr},
    {"devtlb", 0x3a103a1000080003, 0x7ffffffffffff001, nullptr},
    {"iec", 0x12310000014, 0, nullptr},
    {"wait_status", 0x200000025, 0x40000, nullptr},
    {"wait_fence", 0x200000045, 0, nullptr},
    {"wait_silent", 0x200000005, 0, "vtd-wait-silent"},
    {"wait_drain", 0x2000000a5, 0x40000, "vtd-wait-drain-unsupported"},
    {"piotlb_pasid", 0x1234500050026, 0, nullptr},
    {"piotlb_none", 0x1234500050016, 0, "vtd-descriptor-granularity"},
    {"piotlb_am_63", 0x1234500050036, 0x3f, nullptr},
    {"pc_domain", 0x50007, 0, nullptr},
    {"pc_reserved", 0x50027, 0, "vtd-descriptor-granularity"},
    {"pdevtlb", 0x3a1123453a100088, 0x7ffffffffffff800, nullptr},
    {"pgrp", 0x000123453a100019, 0xe8, nullptr},
    {"hpt", 0xa, 0, "vtd-descriptor-unsupported"},
    {"none", 0x0, 0, "vtd-descriptor-unsupported"},
};

INSTANTIATE_TEST_SUITE_P(All, VtdDescriptor, testing::ValuesIn(kDescriptors),
                         [](const testing::TestParamInfo<Descriptor> &info) {
                             return std::string(info.param.name);
                         });

TEST(VtdQueue, AStoppedDescriptorMayBeOverwritten)
{
    EXPECT_LEGAL(Vtd(CHK_START_VTD_READY)
                     .put(kCcAll)
                     .ring()
                     .line("mmio_read 0x34 0x10\nstore QI 0x300c0 0xd2 width=16")
                     .line("mmio_write 0x34 0x10"));
}

TEST(VtdQueue, AfterATimeOutSlotsAreFree)
{
    EXPECT_LEGAL(Vtd(CHK_START_VTD_READY)
                     .put(kCcAll)
                     .ring()
                     .line("mmio_read 0x34 0x40\nmmio_write 0x34 0x40")
                     .line("store QI 0x300c0 0xd2 width=16"));
}

TEST(VtdQueue, AStatusWordTellsOfItsWait)
{
    EXPECT_LEGAL(Vtd()
                     .begin()
                     .line(kGone)
                     .put(kPc)
                     .put(kIotlb)
                     .put(0x200000025, 0x40000)
                     .ring()
                     .line("wait mem 0x40000 mask=0xffffffff value=0x2")
                     .end());
    EXPECT_RULE(Vtd()
                    .begin()
                    .line(kGone)
                    .put(kPc)
                    .put(kIotlb)
                    .put(0x200000025, 0x40000)
                    .ring()
                    .line("wait mem 0x40008 mask=0xffffffff value=0x2")
                    .end(),
                "vtd-wait-unwaited");
}

/* ---- Entries ---- */

TEST(VtdEntry, ARootsOtherHalfIsAnEntryOfItsOwn)
{
    EXPECT_LEGAL(Vtd().begin().line("store ROOT 0x10008 0x60001").end());
    EXPECT_RULE(Vtd().begin().line("store ROOT 0x10000 0x60001").end(), "vtd-root-no-invalidation");
}

TEST(VtdEntry, OneWaitBehindAllIsEnough)
{
    EXPECT_LEGAL(Vtd().begin().line(kGone).put(kPc).put(kIotlb).wait().end());
}

TEST(VtdEntry, MoreThanNeededSatisfies)
{
    EXPECT_LEGAL(Vtd().begin().line(kGone).done(kPcDomain).done(kIotlbAll).end());
    EXPECT_LEGAL(Vtd().begin().line(kGone).done(kPcAll).done(kIotlb).end());
}

TEST(VtdEntry, AnInvalidationBeforeTheStoreIsNone)
{
    EXPECT_RULE(Vtd().begin().done(kPc).done(kIotlb).line(kGone).end(),
                "vtd-pasid-no-invalidation");
    EXPECT_RULE(Vtd().begin().done(kPc).line(kGone).done(kIotlb).end(),
                "vtd-pasid-no-invalidation");
}

TEST(VtdEntry, AnotherPasidsInvalidationIsNone)
{
    EXPECT_RULE(Vtd().begin().line(kGone).done(0x100020017).done(kIotlb).end(),
                "vtd-pasid-no-invalidation");
}

TEST(VtdEntry, RepeatedStoresOfWhatIsNotPresentAreLegal)
{
    EXPECT_LEGAL(Vtd()
                     .begin()
                     .line(kGone)
                     .done(kPc)
                     .done(kIotlb)
                     .end()
                     .line("store PASID 0x14000 0x0\nstore PASID 0x14008 0x0")
                     .line("store PASID 0x14008 0x2\nstore PASID 0x14008 0x800002")
                     .line("store PASID 0x14000 0x80000\nstore PASID 0x14000 0x80084")
                     .line("store PASID 0x14000 0x80085"));
}

TEST(VtdEntry, ThatBecomesPresentNeedsNothing)
{
    EXPECT_LEGAL(
        Vtd().begin().line("store PASID 0x14048 0x800002\nstore PASID 0x14040 0x80085").end());
}

TEST(VtdEntry, FaultDisableIsReadByNobody)
{
    EXPECT_LEGAL(Vtd().begin().line("store PASID 0x14000 0x80087").end());
}

TEST(VtdEntry, PiecesWithAnInvalidationBetweenAreNotTorn)
{
    /* to nested and on: the first stage's words are not used before */
    EXPECT_LEGAL(Vtd()
                     .begin()
                     .line("store PASID 0x14010 0x76543001")
                     .done(kPc)
                     .done(kPiotlb)
                     .line("store PASID 0x14000 0x800c5")
                     .done(kPc)
                     .done(kPiotlb)
                     .end());
    EXPECT_RULE(Vtd()
                    .begin()
                    .line("store PASID 0x14010 0x76543001")
                    .line("store PASID 0x14000 0x800c5")
                    .done(kPc)
                    .done(kPiotlb)
                    .end(),
                "vtd-pasid-torn");
}

TEST(VtdEntry, DirtyTrackingNeedsTheDomain)
{
    const char *const tracked = "store PASID 0x14000 0x80285";

    EXPECT_LEGAL(Vtd().begin().line(tracked).done(kPc).done(kIotlb).end());
    EXPECT_RULE(Vtd().begin().line(tracked).done(kPc).done(kPiotlb).end(), "vtd-iotlb-by-pasid");
}

TEST(VtdEntry, TwoPlainStoresOfOneQuantumAreTorn)
{
    EXPECT_RULE(Vtd()
                    .begin()
                    .line("store PASID 0x14000 0x90085\nstore PASID 0x14008 0x800003")
                    .done(kPc)
                    .done(kIotlb)
                    .end(),
                "vtd-pasid-torn");
    EXPECT_RULE(Vtd()
                    .begin()
                    .line("store PASID 0x14000 0x90085 value_hi=0x800003 width=16")
                    .done(kPc)
                    .done(kIotlb)
                    .end(),
                "vtd-pasid-torn");
}

TEST(VtdEntry, LegacyModeLooksAtTheDomain)
{
    const char *const gone = "store CTX 0x11180 0x80000";

    EXPECT_LEGAL(
        Vtd(CHK_START_VTD_LEGACY).begin().line(gone).done(0x1800020031).done(kIotlb).end());
    EXPECT_LEGAL(Vtd(CHK_START_VTD_LEGACY).begin().line(gone).done(0x20021).done(kIotlb).end());
    EXPECT_RULE(Vtd(CHK_START_VTD_LEGACY).begin().line(gone).done(0x1900020031).done(kIotlb).end(),
                "vtd-context-no-invalidation");
    EXPECT_RULE(Vtd(CHK_START_VTD_LEGACY).begin().line(gone).done(0x1800020031).end(),
                "vtd-iotlb-missing");
}

TEST(VtdEntry, FunctionMaskNamesNeighbours)
{
    /* 0x1c is 0x18, if bits 2 to 0 do not count */
    EXPECT_LEGAL(Vtd(CHK_START_VTD_LEGACY)
                     .begin()
                     .line("store CTX 0x11180 0x80000")
                     .done(0x3001c00020031)
                     .done(kIotlb)
                     .end());
}

TEST(VtdDomain, PassThroughAndFirstStageShareOne)
{
    EXPECT_LEGAL(Vtd()
                     .line("store PASID 0x14048 0x1\nstore PASID 0x14040 0x109")
                     .line("store PASID 0x14090 0x95000\nstore PASID 0x14088 0x800001")
                     .line("store PASID 0x14080 0x49"));
}

TEST(VtdDomain, SecondStageAndPassThroughDoNot)
{
    EXPECT_RULE(Vtd().line("store PASID 0x14048 0x2\nstore PASID 0x14040 0x109"),
                "vtd-domain-shared");
}

/* ---- Unmaps ---- */

TEST(VtdUnmap, WiderInvalidationsSatisfy)
{
    EXPECT_LEGAL(Vtd().begin(kUnmap).line(kLeafGone).done(kPage, 0x1000).end());
    EXPECT_LEGAL(Vtd().begin(kUnmap).line(kLeafGone).done(kPage, 0x1040).end());
    EXPECT_LEGAL(Vtd().begin(kUnmap).line(kLeafGone).done(kPage, 0x1).end());
    EXPECT_LEGAL(Vtd().begin(kUnmap).line(kLeafGone).done(kIotlb).end());
}

TEST(VtdUnmap, NeighboursAreNotEnough)
{
    EXPECT_RULE(Vtd().begin(kUnmap).line(kLeafGone).done(kPage, 0x0).end(), "vtd-unmap-no-iotlb");
    EXPECT_RULE(Vtd().begin(kUnmap).line(kLeafGone).done(kPage, 0x2000).end(),
                "vtd-unmap-no-iotlb");
    EXPECT_RULE(Vtd().begin(kUnmap).line(kLeafGone).done(0x20036, 0x1000).end(),
                "vtd-unmap-no-iotlb");
}

TEST(VtdUnmap, AFlushQueueMayBeLate)
{
    EXPECT_LEGAL(
        Vtd().begin("drv_attach dev=0 domain=0xa a=0xb").end().begin(kUnmap).line(kLeafGone).end());
}

TEST(VtdUnmap, ARightThatGoesIsAnUnmap)
{
    EXPECT_RULE(Vtd().begin(kUnmap).line("store PTE_S2 0x82008 0xa0001001").end(),
                "vtd-unmap-no-iotlb");
    EXPECT_LEGAL(Vtd().begin(kUnmap).line("store PTE_S2 0x82008 0xa0001303").end());
}

TEST(VtdUnmap, WhatWasNotPresentNeedsNothing)
{
    EXPECT_LEGAL(Vtd().begin(kUnmap).line("store PTE_S2 0x82020 0xa0004003").end());
}

TEST(VtdUnmap, OfATableNobodyUsesNeedsNothing)
{
    EXPECT_LEGAL(
        Vtd().begin().line(kGone).done(kPc).done(kIotlb).end().begin(kUnmap).line(kLeafGone).end());
}

/* Another CPU may unmap while an entry goes: until the IOTLB is invalidated, its tables are in use.
 */
Vtd unmap_in_a_switch(const char *entry_flush, bool has_own)
{
    Vtd vtd;

    vtd.begin().line(kGone).done(kPc);
    if (entry_flush)
        vtd.line(entry_flush).done(kIotlb);
    vtd.begin(kUnmap).line(kLeafGone);
    if (has_own)
        vtd.done(kPage, 0x1000);
    return vtd.end().done(kIotlb).line("end drv_attach dev=0 domain=0x9 a=0x0");
}

TEST(VtdUnmap, OfATableWhoseEntryIsGoneButNotFlushed)
{
    EXPECT_RULE(unmap_in_a_switch(nullptr, false), "vtd-unmap-no-iotlb");
    EXPECT_LEGAL(unmap_in_a_switch(nullptr, true));
    EXPECT_LEGAL(unmap_in_a_switch("", false));
}

TEST(VtdUnmap, OfATableWhoseContextIsGoneButNotFlushed)
{
    EXPECT_RULE(Vtd(CHK_START_VTD_LEGACY)
                    .begin()
                    .line("store CTX 0x11180 0x80000")
                    .done(0x1800020031)
                    .begin("unmap domain=0xa a=0x0 b=0x1000")
                    .line("store PTE_S2 0x82000 0x0")
                    .end()
                    .done(kIotlb)
                    .line("end drv_attach dev=0 domain=0x9 a=0x0"),
                "vtd-unmap-no-iotlb");
}

TEST(VtdUnmap, AHintIsEnoughForALeafOnly)
{
    const char *const table = "store PTE_S2 0x81000 0x0";

    EXPECT_RULE(Vtd().begin(kUnmap).line(table).done(kPage, 0x49).end(), "vtd-unmap-hint");
    EXPECT_RULE(Vtd().begin(kUnmap).line(table).done(kPage, 0x8).end(), "vtd-unmap-no-iotlb");
    EXPECT_LEGAL(Vtd().begin(kUnmap).line(table).done(kPage, 0x9).end());
}

TEST(VtdFreed, APageThatIsMappedIsNoTable)
{
    EXPECT_LEGAL(Vtd().line("store PTE_S2 0x82030 0x98003\nfree PAGES 0x98000 0x1000"));
    EXPECT_RULE(Vtd().line("store PTE_S2 0x81008 0x98003\nfree PAGES 0x98000 0x1000"),
                "vtd-table-freed-linked");
}

/* Identity maps of low memory have what lies there: tables, too. */
TEST(VtdUnmap, ATableThatIsMappedAsDataIsATableStill)
{
    EXPECT_RULE(Vtd().line("store PTE_S2 0x82030 0x82003").begin(kUnmap).line(kLeafGone).end(),
                "vtd-unmap-no-iotlb");
}

TEST(VtdUnmap, WhatWasDataBeforeItWasGivenOutIsATable)
{
    const char *const data = "store PTE_S2 0x82030 0x98003";
    const char *const table = "memory PAGES 0x98000 0x1000\n"
                              "store PTE_S2 0x81008 0x98003\nstore PTE_S2 0x98000 0xa0009003";
    const char *const mark = "unmap domain=0xa a=0x200000 b=0x1000";

    EXPECT_RULE(Vtd().line(data).line(table).begin(mark).line("store PTE_S2 0x98000 0x0").end(),
                "vtd-unmap-no-iotlb");
    EXPECT_LEGAL(Vtd()
                     .line(data)
                     .line(table)
                     .begin(mark)
                     .line("store PTE_S2 0x98000 0x0")
                     .done(kPage, 0x200000)
                     .end());
}

/* ---- Device TLBs ---- */

Vtd ats()
{
    return Vtd().line("store CTX 0x11300 0x1300d").done(0x1800000031).line("ats 0 on");
}

TEST(VtdAts, EitherDescriptorServes)
{
    EXPECT_LEGAL(
        ats().begin().line(kGone).put(kPc).put(kIotlb).put(kDevtlb, kDevtlbAll).wait().end());
    EXPECT_LEGAL(
        ats().begin().line(kGone).put(kPc).put(kIotlb).put(kPdevtlb, kPdevtlbAll).wait().end());
}

TEST(VtdAts, AnotherDevicesIsNone)
{
    EXPECT_RULE(
        ats().begin().line(kGone).put(kPc).put(kIotlb).put(0x1900000003, kDevtlbAll).wait().end(),
        "vtd-devtlb-missing");
}

TEST(VtdAts, SwitchedOffFirstNeedsNone)
{
    EXPECT_LEGAL(ats().line("ats 0 off").begin().line(kGone).put(kPc).put(kIotlb).wait().end());
}

TEST(VtdAts, TypeThreeOvertakesAnInvalidationByPasid)
{
    const char *const other = "store PASID 0x14008 0x2"; /* PWSNP */

    EXPECT_LEGAL(ats()
                     .begin()
                     .line(other)
                     .put(kPc)
                     .put(kPiotlb)
                     .wait()
                     .put(kDevtlb, kDevtlbAll)
                     .wait()
                     .end());
    EXPECT_RULE(
        ats().begin().line(other).put(kPc).put(kPiotlb).put(kDevtlb, kDevtlbAll).wait().end(),
        "vtd-devtlb-early");
    EXPECT_LEGAL(
        ats().begin().line(other).put(kPc).put(kPiotlb).put(kPdevtlb, kPdevtlbAll).wait().end());
    EXPECT_LEGAL(ats()
                     .begin()
                     .line(other)
                     .put(kPc)
                     .put(kPiotlb)
                     .put(0x200000045) /* a fence */
                     .put(kDevtlb, kDevtlbAll)
                     .wait()
                     .end());
}

TEST(VtdAts, ContextMustBeInvalidatedFirst)
{
    EXPECT_RULE(Vtd().begin().line("store CTX 0x11300 0x1300d\nats 0 on").done(0x1800000031).end(),
                "vtd-ats-on-early");
}

} // namespace
