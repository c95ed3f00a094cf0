/* SPDX-License-Identifier: BSD-2-Clause
 * order_register_test.cpp - rules of registers: what may be written when, in which pieces, and what
 * software has seen of it. Rows: sections 6.2 and 6.3. */
#include "tests/unit/check/order_script.h"

using namespace order_test;

namespace
{

Script ready(const char *lines)
{
    return Script(CHK_START_READY).line(lines);
}

Script reset(const char *lines)
{
    return Script(CHK_START_RESET).line(lines);
}

/* ---- accesses ---- */

TEST(Access, ThatIsTooWideHasNoOtherEffect)
{
    EXPECT_RULE(reset("mmio_write 0x44 0x80101000 width=8\nmmio_write 0x44 0x80001000"),
                "smmu-reg-size");
}

TEST(Access, OfEightBytesMustBeAligned)
{
    EXPECT_RULE(reset("mmio_write 0x84 0x0 width=8"), "smmu-reg-size");
}

TEST(Access, ToReadOnlyRegistersIsToldAsThatAlone)
{
    EXPECT_RULE(reset("mmio_write 0x24 0xffffffff"), "smmu-reg-read-only");
}

TEST(Access, ToTheControlPageOfOtherQueuesIsNotJudged)
{
    EXPECT_LEGAL(reset("mmio_write 0x4000 0xffffffffffffffff width=8\n"
                       "mmio_write 0x400c 0xffffffff"));
    EXPECT_RULE(reset("mmio_write 0x100a8 0xffffffff"), "smmu-reg-reserved");
}

TEST(Access, OfUnitsThatAreNotSmmusIsNotJudged)
{
    EXPECT_LEGAL(reset("iommu 3 vtd 0xfed90000 0x1000\nmmio_write 0x24 0x0 iommu=3\n"
                       "mmio_read 0x0 0x0 iommu=3\nwait reg 0x24 iommu=3"));
}

/* ---- registers that a bit of CR0 or IRQ_CTRL guards ---- */

struct Guarded {
    const char *name, *write;
    const char *off; /* clears the bit that guards it */
    const char *rule;
};

std::ostream &operator<<(std::ostream &out, const Guarded &row)
{
    return out << row.name;
}

/* READY: CR0 is 0x1f, IRQ_CTRL 0x7 */
const char *const kNoSmmuEn = "mmio_write 0x20 0x1e\nwait reg 0x24 mask=0x5df value=0x1e\n";
const char *const kNoCmdqEn = "mmio_write 0x20 0x17\nwait reg 0x24 mask=0x5df value=0x17\n";
const char *const kNoEventqEn = "mmio_write 0x20 0x1b\nwait reg 0x24 mask=0x5df value=0x1b\n";
const char *const kNoPriqEn = "mmio_write 0x20 0x1d\nwait reg 0x24 mask=0x5df value=0x1d\n";
const char *const kNoGerrorIrq = "mmio_write 0x50 0x6\nwait reg 0x54 mask=0x7 value=0x6\n";
const char *const kNoPriqIrq = "mmio_write 0x50 0x5\nwait reg 0x54 mask=0x7 value=0x5\n";
const char *const kNoEventqIrq = "mmio_write 0x50 0x3\nwait reg 0x54 mask=0x7 value=0x3\n";

const Guarded guarded[] = {
    {"strtab_base", "mmio_write 0x80 0x10000 width=8", kNoSmmuEn, "smmu-strtab-live"},
    {"strtab_base_cfg", "mmio_write 0x88 0x6", kNoSmmuEn, "smmu-strtab-live"},
    {"cr2", "mmio_write 0x2c 0x6", kNoSmmuEn, "smmu-cr2-live"},
    {"cmdq_base", "mmio_write 0x90 0x30006 width=8", kNoCmdqEn, "smmu-cmdq-base-live"},
    {"cmdq_cons", "mmio_write 0x9c 0x4", kNoCmdqEn, "smmu-cmdq-cons-written"},
    {"eventq_base", "mmio_write 0xa0 0x40006 width=8", kNoEventqEn, "smmu-outq-base-live"},
    {"eventq_prod", "mmio_write 0x100a8 0x0", kNoEventqEn, "smmu-outq-prod-written"},
    {"priq_base", "mmio_write 0xc0 0x50006 width=8", kNoPriqEn, "smmu-outq-base-live"},
    {"priq_prod", "mmio_write 0x100c8 0x0", kNoPriqEn, "smmu-outq-prod-written"},
    {"gerror_irq_cfg0", "mmio_write 0x68 0x0 width=8", kNoGerrorIrq, "smmu-msi-live"},
    {"gerror_irq_cfg1", "mmio_write 0x70 0x0", kNoGerrorIrq, "smmu-msi-live"},
    {"gerror_irq_cfg2", "mmio_write 0x74 0x0", kNoGerrorIrq, "smmu-msi-live"},
    {"eventq_irq_cfg0", "mmio_write 0xb0 0x0 width=8", kNoEventqIrq, "smmu-msi-live"},
    {"eventq_irq_cfg1", "mmio_write 0xb8 0x0", kNoEventqIrq, "smmu-msi-live"},
    {"eventq_irq_cfg2", "mmio_write 0xbc 0x0", kNoEventqIrq, "smmu-msi-live"},
    {"priq_irq_cfg0", "mmio_write 0xd0 0x0 width=8", kNoPriqIrq, "smmu-msi-live"},
    {"priq_irq_cfg1", "mmio_write 0xd8 0x0", kNoPriqIrq, "smmu-msi-live"},
    {"priq_irq_cfg2", "mmio_write 0xdc 0x0", kNoPriqIrq, "smmu-msi-live"},
};

class Guards : public testing::TestWithParam<Guarded>
{
};

TEST_P(Guards, AWriteWhileTheBitIsSet)
{
    EXPECT_RULE(ready(GetParam().write), GetParam().rule);
    EXPECT_LEGAL(ready((std::string(GetParam().off) + GetParam().write).c_str()));
}

/* Until it is acknowledged, the old value counts, too. */
TEST_P(Guards, AWriteBeforeTheBitIsSeenToBeClear)
{
    const std::string off = GetParam().off;

    EXPECT_RULE(ready((off.substr(0, off.find('\n') + 1) + GetParam().write).c_str()),
                GetParam().rule);
}

INSTANTIATE_TEST_SUITE_P(Registers, Guards, testing::ValuesIn(guarded),
                         [](const auto &row) { return std::string(row.param.name); });

TEST(Guard, AWriteThatIsIgnoredMovesNoQueue)
{
    EXPECT_RULE(ready("mmio_write 0x90 0x70006 width=8").cmd(0x30).sync(), "smmu-cmdq-base-live");
}

TEST(Guard, NamesBoth)
{
    EXPECT_SAYS(ready("mmio_write 0x2c 0x6"), "0x6 written to CR2, CR0 is 0x1f");
    EXPECT_SAYS(ready("mmio_write 0x50 0x3\nmmio_write 0xb8 0x5"),
                "0x5 written to EVENTQ_IRQ_CFG1, IRQ_CTRL is 0x3, not acknowledged yet");
}

/* ---- CR1: fields of tables, and of queues ---- */

TEST(Cr1, FieldsOfQueuesAreGuardedByAnyQueue)
{
    EXPECT_LEGAL(ready("mmio_write 0x28 0xd75"));
    EXPECT_RULE(ready("mmio_write 0x28 0xd74"), "smmu-cr1-live");
    for (const char *one : {"0x2", "0x4", "0x8"})
        EXPECT_RULE(ready("")
                        .line(std::string("mmio_write 0x20 ") + one)
                        .line(std::string("wait reg 0x24 mask=0x5df value=") + one)
                        .line("mmio_write 0x28 0xd74"),
                    "smmu-cr1-live");
    EXPECT_LEGAL(ready("mmio_write 0x20 0x0\nwait reg 0x24 mask=0x5df value=0x0\n"
                       "mmio_write 0x28 0xd74"));
}

TEST(Cr1, FieldsOfTablesAreGuardedBySmmuEn)
{
    EXPECT_RULE(ready("mmio_write 0x28 0x575"), "smmu-cr1-live");
    EXPECT_LEGAL(ready((std::string(kNoSmmuEn) + "mmio_write 0x28 0x575").c_str()));
}

/* ---- what software has seen ---- */

TEST(Cr0, IsAcknowledgedByARead)
{
    EXPECT_LEGAL(reset("mmio_write 0x20 0x10\nmmio_read 0x24 0x10\nmmio_write 0x20 0x0"));
    EXPECT_RULE(reset("mmio_write 0x20 0x10\nmmio_read 0x24 0x0\nmmio_write 0x20 0x0"),
                "smmu-cr0-unacked");
}

TEST(Cr0, IsAcknowledgedInTheBitsThatAWaitLookedAt)
{
    EXPECT_RULE(reset("mmio_write 0x20 0x10\nwait reg 0x24 mask=0xf value=0x0\n"
                      "mmio_write 0x20 0x0"),
                "smmu-cr0-unacked");
}

const char *const kUnit = "iommusim-text/1 records\niommu 0 smmuv3 0x9050000 0x20000\n";

TEST(Cr0, IsKnownOnceItWasRead)
{
    const Checked live(std::string(kUnit) +
                       "mmio_read 0x20 0x1\nmmio_write 0x80 0x10000 width=8\n");
    const Checked enables(std::string(kUnit) + "mmio_read 0x20 0x0\nmmio_write 0x20 0x8\n");

    EXPECT_EQ(std::vector<std::string>{"smmu-strtab-live"}, live.rules());
    EXPECT_EQ(std::vector<std::string>{"smmu-queue-before-base"}, enables.rules());
}

TEST(Cr0, ThatWasNeitherReadNorWrittenEnablesNothingAnew)
{
    EXPECT_EQ(kNone, Checked(std::string(kUnit) + "mmio_write 0x20 0x8\n").rules());
}

TEST(Cr0, IsWhatWasWritten)
{
    EXPECT_RULE(ready("mmio_read 0x20 0x0\nmmio_write 0x80 0x10000 width=8"), "smmu-strtab-live");
}

/* CFGI_ALL is 0x4 with Range 31 in word 1. */
TEST(Atschk, IsCapturedWithStesWhicheverWayItChanges)
{
    const auto cleared = [] {
        return ready("mmio_write 0x20 0xf\nwait reg 0x24 mask=0x5df value=0xf");
    };
    const char *const sets = "mmio_write 0x20 0x1f\nwait reg 0x24 mask=0x5df value=0x1f";

    EXPECT_RULE(cleared(), "smmu-atschk-no-cfgi");
    EXPECT_RULE(cleared().cfgi_ste(), "smmu-atschk-no-cfgi");
    EXPECT_RULE(cleared().cmd(4, 30).sync(), "smmu-atschk-no-cfgi");
    EXPECT_LEGAL(cleared().cmd(4, 31).sync());
    EXPECT_RULE(cleared().cmd(4, 31).sync().line(sets), "smmu-atschk-no-cfgi");
    EXPECT_LEGAL(cleared().cmd(4, 31).sync().line(sets).cmd(4, 31).sync());
    EXPECT_SAYS(cleared(), "CR0.ATSCHK changed at record");
}

TEST(Atschk, DoesNotMatterWhileNothingTranslates)
{
    EXPECT_LEGAL(ready("mmio_write 0x20 0x1e\nwait reg 0x24 mask=0x5df value=0x1e\n"
                       "mmio_write 0x20 0xe\nwait reg 0x24 mask=0x5df value=0xe"));
}

/* As a driver does that shuts down. */
TEST(Atschk, MayGoWithSmmuEn)
{
    EXPECT_LEGAL(ready("mmio_write 0x20 0x0\nwait reg 0x24 mask=0x5df value=0x0"));
}

TEST(Gbpa, IsDoneWhenUpdateWasSeenToBeZero)
{
    const char *const kWrite = "mmio_write 0x44 0x80101000\n";
    const auto seen = [&](const char *how) {
        return reset((std::string(kWrite) + how + "\n" + kWrite).c_str());
    };

    EXPECT_LEGAL(seen("wait reg 0x44 mask=0x80000000 value=0x0"));
    EXPECT_LEGAL(seen("mmio_read 0x44 0x101000"));
    EXPECT_RULE(seen("mmio_read 0x44 0x80101000"), "smmu-gbpa-busy");
    EXPECT_RULE(seen("wait reg 0x44 mask=0x1000 value=0x0"), "smmu-gbpa-busy");
    EXPECT_RULE(seen("mmio_read 0x48 0x0"), "smmu-gbpa-busy");
}

TEST(Gerrorn, TogglesWhatIsActive)
{
    EXPECT_LEGAL(ready("mmio_read 0x60 0x4\nmmio_write 0x64 0x4\nmmio_write 0x64 0x4"));
    EXPECT_RULE(ready("mmio_read 0x60 0x4\nmmio_write 0x64 0x4\nmmio_write 0x64 0x0"),
                "smmu-gerrorn-inactive");
}

TEST(Gerrorn, IsWhatWasReadOfIt)
{
    EXPECT_RULE(ready("mmio_read 0x64 0x4\nmmio_read 0x60 0x4\nmmio_write 0x64 0x0"),
                "smmu-gerrorn-inactive");
    EXPECT_LEGAL(ready("mmio_read 0x64 0x4\nmmio_read 0x60 0x0\nmmio_write 0x64 0x0"));
}

TEST(Gerrorn, IsNotJudgedWhereAWaitSawOnlyABitOfGerror)
{
    EXPECT_LEGAL(ready("mmio_read 0x60 0x0\nwait reg 0x60 mask=0x4 value=0x4\n"
                       "mmio_write 0x64 0x4"));
    EXPECT_RULE(ready("mmio_read 0x60 0x0\nwait reg 0x24 mask=0x1 value=0x1\n"
                      "mmio_write 0x64 0x4"),
                "smmu-gerrorn-inactive");
}

TEST(Gerrorn, IsNotJudgedWhereGerrorWasNeverRead)
{
    EXPECT_LEGAL(ready("mmio_write 0x64 0x4"));
}

/* ---- a command that stopped the queue ---- */

Script stopped()
{
    return ready("").cmd(0x2000000001).ring().line("mmio_read 0x60 0x1\nmmio_read 0x9c 0x1000004");
}

TEST(StoppedQueue, IsToldWithSlotAndCommand)
{
    EXPECT_SAYS(stopped().line("mmio_write 0x64 0x1"),
                "smmu-cerror-same: slot 4 still holds 0x2000000001 0x0");
}

TEST(StoppedQueue, IsGoingOnAfterTheAcknowledge)
{
    EXPECT_RULE(stopped()
                    .line("store CMD 0x30040 0x46 width=16")
                    .line("mmio_write 0x64 0x1")
                    .line("store CMD 0x30040 0x30 width=16"),
                "smmu-cmdq-slot-live");
}

TEST(StoppedQueue, HasOneCommandThatMayBeOverwritten)
{
    EXPECT_RULE(ready("")
                    .cmd(0x2000000001)
                    .cmd(0x2000000001)
                    .ring()
                    .line("mmio_read 0x60 0x1\nmmio_read 0x9c 0x1000004")
                    .line("store CMD 0x30050 0x46 width=16"),
                "smmu-cmdq-slot-live");
}

/* ABT (2) is no matter of the command; and without an active error CONS.ERR is an old one. */
TEST(StoppedQueue, IsNotJudgedForOtherErrors)
{
    EXPECT_LEGAL(ready("")
                     .cmd(0x2000000001)
                     .ring()
                     .line("mmio_read 0x60 0x1\nmmio_read 0x9c 0x2000004\nmmio_write 0x64 0x1"));
    EXPECT_RULE(ready("")
                    .cmd(0x2000000001)
                    .ring()
                    .line("mmio_read 0x60 0x0\nmmio_read 0x9c 0x1000004\n"
                          "store CMD 0x30040 0x46 width=16"),
                "smmu-cmdq-slot-live");
}

/* ---- 64-bit registers in halves ---- */

/* The stream table is at 0x1_0001_0000 if both halves count. */
TEST(Halves, OfStrtabBase)
{
    const char *const orders[] = {"mmio_write 0x80 0x10000\nmmio_write 0x84 0x1",
                                  "mmio_write 0x84 0x1\nmmio_write 0x80 0x10000"};

    for (const char *order : orders) {
        const auto moved = [&] {
            return ready(kNoSmmuEn).line(order).line(
                "mmio_write 0x20 0x1f\nwait reg 0x24 mask=0x5df value=0x1f");
        };

        EXPECT_RULE(moved().line("store STE 0x100010800 0x1"), "smmu-ste-no-cfgi");
        EXPECT_LEGAL(moved().line("store STE 0x10800 0x9"));
    }
}

TEST(Halves, OfCmdqBase)
{
    const char *const orders[] = {"mmio_write 0x90 0x30006\nmmio_write 0x94 0x1",
                                  "mmio_write 0x94 0x1\nmmio_write 0x90 0x30006"};

    for (const char *order : orders)
        EXPECT_LEGAL(ready(kNoCmdqEn)
                         .line(order)
                         .line("mmio_write 0x98 0x0\nmmio_write 0x9c 0x0\nmmio_write 0x20 0x1f\n"
                               "wait reg 0x24 mask=0x5df value=0x1f")
                         .line("store CMD 0x130000 0x30 width=16\nmmio_write 0x98 0x0")
                         .line("store CMD 0x100030000 0x30 width=16\nmmio_write 0x98 0x1"));
}

/* An event at slot 5 is one of the queue's: from then on it is known what can be resumed. */
TEST(Halves, OfEventqBase)
{
    const char *const orders[] = {"mmio_write 0xa0 0x40006\nmmio_write 0xa4 0x1",
                                  "mmio_write 0xa4 0x1\nmmio_write 0xa0 0x40006"};

    for (const char *order : orders)
        EXPECT_RULE(ready(kNoEventqEn)
                        .line(order)
                        .line("event 0x1000400a0 4 0x2000000010 word1=0x80000001")
                        .cmd(0x2000001044, 2)
                        .sync(),
                    "smmu-resume-unknown");
}

/* 64 entries: CONS may not go to 6 when PROD is 5. */
TEST(Halves, OfPriqBase)
{
    const char *const orders[] = {"mmio_write 0xc0 0x50006\nmmio_write 0xc4 0x0",
                                  "mmio_write 0xc4 0x0\nmmio_write 0xc0 0x50006"};

    for (const char *order : orders)
        EXPECT_RULE(ready(kNoPriqEn).line(order).line("mmio_read 0x100c8 0x5\n"
                                                      "mmio_write 0x100cc 0x6"),
                    "smmu-outq-cons-beyond");
}

} // namespace
