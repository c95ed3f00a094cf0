/* SPDX-License-Identifier: BSD-2-Clause
 * order_vtd_late_test.cpp - rules of VT-d: lines and buffers, what hangs below an entry, memory
 * that is given back, page requests, invalidations by registers. */
#include "tests/unit/check/order_vtd_script.h"

using namespace order_vtd_test;
using order_test::kNone;

namespace
{

const char *const kRecorded = "meta \"barriers\" \"recorded\"";
const char *const kNotSnooped = "mmio_read 0x10 0x3e998a4000f4e width=8"; /* ECAP.C=0 */
const char *const kThere = "store PASID 0x14000 0x80085";
const char *const kFlush = "barrier flush pa=0x14000";

/* The device is blocked. */
Vtd blocked()
{
    return Vtd().begin().line(kGone).done(kPc).done(kIotlb).end();
}

/* ---- Lines ---- */

TEST(VtdLine, MattersWhereNobodySnoopsAndBarriersAreTold)
{
    EXPECT_LEGAL(blocked().begin().line(kThere).end());
    EXPECT_LEGAL(blocked().line(kRecorded).begin().line(kThere).end());
    EXPECT_LEGAL(blocked().line(kNotSnooped).begin().line(kThere).end());
    EXPECT_RULE(blocked().line(kRecorded).line(kNotSnooped).begin().line(kThere).end(),
                "vtd-line-not-flushed");
    EXPECT_LEGAL(
        blocked().line(kRecorded).line(kNotSnooped).begin().line(kThere).line(kFlush).end());
}

TEST(VtdLine, AnotherOneIsNotIt)
{
    EXPECT_RULE(blocked()
                    .line(kRecorded)
                    .line(kNotSnooped)
                    .begin()
                    .line(kThere)
                    .line("barrier flush pa=0x14040")
                    .end(),
                "vtd-line-not-flushed");
}

TEST(VtdLine, WhatIsNotPresentNeedsNoFlush)
{
    EXPECT_LEGAL(blocked()
                     .line(kRecorded)
                     .line(kNotSnooped)
                     .begin()
                     .line("store PASID 0x14008 0x800003")
                     .end());
}

TEST(VtdLine, WhatNobodyReachesNeedsNoFlush)
{
    EXPECT_LEGAL(Vtd()
                     .line(kRecorded)
                     .line(kNotSnooped)
                     .begin()
                     .line("memory PASID 0x70000 0x1000\nstore PASID 0x70000 0x80085")
                     .end());
}

TEST(VtdLine, IsFlushedBeforeTheInvalidation)
{
    EXPECT_RULE(Vtd()
                    .line(kRecorded)
                    .line(kNotSnooped)
                    .begin()
                    .line(kGone)
                    .done(kPc)
                    .line(kFlush)
                    .done(kIotlb)
                    .end(),
                "vtd-line-flushed-late");
    EXPECT_LEGAL(Vtd()
                     .line(kRecorded)
                     .line(kNotSnooped)
                     .begin()
                     .line(kGone)
                     .line(kFlush)
                     .done(kPc)
                     .done(kIotlb)
                     .end());
}

/* The entry says PWSNP=1 (0x800002) or 0: ECAP.C is for the others. */
TEST(VtdLine, OfPageTablesIsFlushedIfWalksAreNotSnooped)
{
    const auto stream = [](bool is_pwsnp, bool is_flushed) {
        Vtd s = blocked().line(kRecorded).line(is_pwsnp ? "store PASID 0x14008 0x800002"
                                                        : "store PASID 0x14008 0x2");

        s.begin().line(kThere).end().begin(kUnmap).line(kLeafGone);
        if (is_flushed)
            s.line("barrier flush pa=0x82000");
        return s.done(kPage, 0x1000).end();
    };

    EXPECT_LEGAL(stream(true, false));
    EXPECT_LEGAL(stream(false, true));
    EXPECT_RULE(stream(false, false), "vtd-line-flushed-late");
}

/* ---- The write buffer ---- */

Vtd buffered()
{
    return Vtd(CHK_START_VTD_LEGACY)
        .begin()
        .line("store CTX 0x11180 0x80000")
        .done(0x1800020031)
        .done(kIotlb)
        .end()
        .line("mmio_read 0x8 0xd2008c222f0612 width=8");
}

TEST(VtdBuffer, IsEmptiedByWbfOrAnInvalidation)
{
    const char *const there = "store CTX 0x11180 0x80001";
    const char *const wbf = "mmio_write 0x18 0x8c000000\nwait reg 0x1c mask=0x8000000 value=0x0";

    EXPECT_RULE(buffered().begin().line(there).end(), "vtd-write-buffer-not-flushed");
    EXPECT_RULE(buffered().begin().line(wbf).line(there).end(), "vtd-write-buffer-not-flushed");
    EXPECT_LEGAL(buffered().begin().line(there).line(wbf).end());
    EXPECT_LEGAL(buffered().begin().line(there).done(kIotlb).end());
    EXPECT_LEGAL(buffered().begin().line("store CTX 0x11180 0x80000").end());
}

/* ---- What hangs below ---- */

TEST(VtdBelow, AContextThatGoesTakesItsPasidEntries)
{
    const char *const gone = "store CTX 0x11300 0x13008";

    EXPECT_LEGAL(Vtd().begin().line(gone).done(0x1800000031).done(kPcDomain).done(kIotlb).end());
    EXPECT_LEGAL(Vtd().begin().line(gone).put(kCcAll).put(kPcAll).put(kIotlbAll).wait().end());
    EXPECT_RULE(Vtd().begin().line(gone).done(0x1800000031).done(kIotlb).end(),
                "vtd-context-no-pasid-cache");
    EXPECT_RULE(Vtd().begin().line(gone).done(0x1800000031).done(kPcDomain).end(),
                "vtd-iotlb-missing");
    EXPECT_RULE(Vtd().begin().line(gone).done(0x1800000031).done(0x30007).done(kIotlb).end(),
                "vtd-context-no-pasid-cache");
}

/* Requests without a PASID use another one from now on. */
TEST(VtdBelow, SoDoesOneWithAnotherRidPasid)
{
    const char *const moved = "store CTX 0x11308 0x1";

    EXPECT_LEGAL(Vtd().begin().line(moved).done(0x1800000031).done(kPcDomain).done(kIotlb).end());
    EXPECT_RULE(Vtd().begin().line(moved).done(0x1800000031).end(), "vtd-context-no-pasid-cache");
}

/* PRE and DTE lead nowhere else. */
TEST(VtdBelow, AContextThatLeadsWhereItDidTakesNone)
{
    EXPECT_LEGAL(Vtd().begin().line("store CTX 0x11300 0x1300d").done(0x1800000031).end());
}

TEST(VtdBelow, WithoutPresentEntriesThereIsNothing)
{
    EXPECT_LEGAL(blocked().begin().line("store CTX 0x11300 0x13008").done(0x1800000031).end());
}

TEST(VtdBelow, ADirectoryEntryTakesItsPasidEntries)
{
    const char *const gone = "store PASID_DIR 0x13000 0x14000";

    EXPECT_LEGAL(Vtd().begin().line(gone).done(kPc).done(kIotlb).end());
    EXPECT_RULE(Vtd().begin().line(gone).done(kPc).end(), "vtd-iotlb-missing");
    EXPECT_RULE(Vtd().begin().line(gone).done(kIotlb).end(), "vtd-directory-no-invalidation");
    EXPECT_RULE(Vtd().begin().line(gone).done(0x100020017).done(kIotlb).end(),
                "vtd-directory-no-invalidation");
}

/* What translations say does not change if the new table has the same words. */
TEST(VtdBelow, ACopyOfThePasidTableChangesNoTranslation)
{
    const std::string copy = "memory PAGES 0x91000 0x1000\nstore PASID 0x91000 0x80085\n"
                             "store PASID 0x91008 0x800002\nstore PASID_DIR 0x13000 0x91001";
    const std::string other = "memory PAGES 0x91000 0x1000\nstore PASID 0x91000 0x80085\n"
                              "store PASID 0x91008 0x800003\nstore PASID_DIR 0x13000 0x91001";

    EXPECT_LEGAL(Vtd().begin().line(copy).done(kPcAll).end());
    EXPECT_RULE(Vtd().begin().line(copy).end(), "vtd-directory-no-invalidation");
    EXPECT_RULE(Vtd().begin().line(other).done(kPcAll).end(), "vtd-iotlb-missing");
}

TEST(VtdBelow, ARootEntryTakesAllOfItsHalf)
{
    const char *const gone = "store ROOT 0x10000 0x0";

    EXPECT_LEGAL(Vtd().begin().line(gone).done(kCcAll).done(kPcAll).done(kIotlbAll).end());
    EXPECT_RULE(Vtd().begin().line(gone).done(kCcAll).done(kPcAll).end(), "vtd-iotlb-missing");
    EXPECT_RULE(Vtd().begin().line(gone).done(kCcAll).done(kIotlbAll).end(),
                "vtd-context-no-pasid-cache");
}

TEST(VtdEntry, AnotherSecondStageOfOneDomainNeedsTheDomain)
{
    const char *const moved = "memory PAGES 0x90000 0x1000\nstore PASID 0x14000 0x90085";

    EXPECT_LEGAL(Vtd().begin().line(moved).done(kPc).done(kIotlb).end());
    EXPECT_RULE(Vtd().begin().line(moved).done(kPc).done(kPiotlb).end(), "vtd-iotlb-by-pasid");
}

/* ---- Memory that is given back ---- */

TEST(VtdFreed, TablesOfEntriesAreReadToo)
{
    for (const char *const what : {"free ROOT 0x10000 0x1000", "free CTX 0x11000 0x1000",
                                   "free PASID_DIR 0x13000 0x1000", "free PASID 0x14000 0x1000"})
        EXPECT_RULE(Vtd().line(what), "vtd-table-freed-linked");
    EXPECT_LEGAL(Vtd().line("free PASID 0x71000 0x1000"));
}

TEST(VtdFreed, ADirectoryIsFreeWhenItsContextWasInvalidated)
{
    const char *const gone = "store CTX 0x11300 0x13008";
    const char *const freed = "free PASID_DIR 0x13000 0x1000\nfree PASID 0x14000 0x1000";

    EXPECT_LEGAL(
        Vtd().begin().line(gone).done(0x1800000031).done(kPcDomain).done(kIotlb).line(freed).end());
    EXPECT_RULE(Vtd()
                    .begin()
                    .line(gone)
                    .line("free PASID_DIR 0x13000 0x1000")
                    .done(0x1800000031)
                    .done(kPcDomain)
                    .done(kIotlb)
                    .end(),
                "vtd-table-freed-early");
}

TEST(VtdFreed, APasidTableIsFreeWhenItsDirectoryEntryWasInvalidated)
{
    const char *const gone = "store PASID_DIR 0x13000 0x14000";

    EXPECT_LEGAL(
        Vtd().begin().line(gone).done(kPc).done(kIotlb).line("free PASID 0x14000 0x1000").end());
    EXPECT_RULE(
        Vtd().begin().line(gone).line("free PASID 0x14000 0x1000").done(kPc).done(kIotlb).end(),
        "vtd-table-freed-early");
}

/* ---- Page requests ---- */

/* Group 1Dh of requester 18h; PASID 5 in the second. */
const char *const kQueueOf = "mmio_write 0xc0 0x0 width=8\nmmio_write 0xc8 0x0 width=8\n"
                             "mmio_write 0xd0 0x50000 width=8";
const char *const kRequest = "event 0x50000 4 0x180001 word1=0x10ed";
const char *const kWithPasid = "event 0x50020 4 0x500180101 word1=0x10ed";
const char *const kDetach = "detach dev=0 domain=0xa";

TEST(VtdPage, EachGroupHasOneResponse)
{
    EXPECT_LEGAL(Vtd().line(kQueueOf).line(kRequest).done(0x180009, 0xe8));
    EXPECT_RULE(Vtd().line(kQueueOf).line(kRequest).done(0x180009, 0xe8).done(0x180009, 0xe8),
                "vtd-page-response-twice");
    EXPECT_LEGAL(Vtd()
                     .line(kQueueOf)
                     .line(kRequest)
                     .done(0x180009, 0xe8)
                     .line(kRequest)
                     .done(0x180009, 0xe8));
    EXPECT_LEGAL(Vtd() /* one of a PASID, one without */
                     .line(kQueueOf)
                     .line(kRequest)
                     .line(kWithPasid)
                     .done(0x180009, 0xe8)
                     .done(0x500180019, 0xe8));
}

TEST(VtdPage, OneThatNobodySawIsNotCounted)
{
    EXPECT_LEGAL(Vtd().line(kQueueOf).done(0x180009, 0xe8).done(0x180009, 0xe8));
}

TEST(VtdPage, NoneIsLeftWhenTheDeviceIsDetached)
{
    EXPECT_RULE(
        Vtd().line(kQueueOf).line(kRequest).begin(kDetach).line(kGone).done(kPc).done(kIotlb).end(),
        "vtd-page-unanswered");
    EXPECT_LEGAL(Vtd() /* of a PASID that stays; not the last of its group; a stop marker */
                     .line(kQueueOf)
                     .line(kWithPasid)
                     .line("event 0x50040 4 0x180001 word1=0x10e9")
                     .line("event 0x50060 4 0x180001 word1=0x1c")
                     .begin(kDetach)
                     .line(kGone)
                     .done(kPc)
                     .done(kIotlb)
                     .end());
}

/* ---- Registers ---- */

/* ECAP.IRO is 0fh: IVA at 0xf0, IOTLB at 0xf8. */
TEST(VtdRegister, InvalidatesAsDescriptorsDo)
{
    const auto stream = [](const char *ccmd, const char *iotlb) {
        Vtd s = Vtd(CHK_START_VTD_LEGACY);

        s.line("mmio_write 0x18 0x80000000\nwait reg 0x1c mask=0x4000000 value=0x0");
        s.begin().line("store CTX 0x11180 0x80000").line(ccmd);
        s.line("wait reg 0x28 mask=0x8000000000000000 value=0x0").line(iotlb);
        return s.line("wait reg 0xf8 mask=0x8000000000000000 value=0x0").end();
    };
    const char *const ccmd = "mmio_write 0x28 0xe000000000180002 width=8";
    const char *const iotlb = "mmio_write 0xf8 0xa000000200000000 width=8";

    EXPECT_LEGAL(stream(ccmd, iotlb));
    EXPECT_RULE(stream("mmio_write 0x28 0xe000000000180003 width=8", iotlb),
                "vtd-context-other-domain");
    EXPECT_RULE(stream(ccmd, "mmio_write 0xf8 0xa000000300000000 width=8"),
                "vtd-iotlb-other-domain");
}

} // namespace
