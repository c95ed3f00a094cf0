/* SPDX-License-Identifier: BSD-2-Clause
 * order_queue_test.cpp - rules of queues: which slots are written, published, consumed and
 * complete, by what software has seen. Rows: sections 3.5 and 4.7.3. */
#include "tests/unit/check/order_script.h"

using namespace order_test;

namespace
{

Script ready(const char *lines = "")
{
    return Script(CHK_START_READY).line(lines);
}

/* A command queue of two slots at 0x70020, that nothing was done with yet. */
Script two_slots(const char *lines = "")
{
    return Script(CHK_START_RESET)
        .line("mmio_write 0x90 0x70021 width=8\nmmio_write 0x98 0x0\nmmio_write 0x9c 0x0\n"
              "mmio_write 0x20 0x8\nwait reg 0x24 mask=0x5df value=0x8")
        .line(lines);
}

const char *const kSlot0 = "store CMD 0x70020 0x30 width=16\n";
const char *const kSlot1 = "store CMD 0x70030 0x30 width=16\n";
const char *const kUnwritten = "smmu-cmdq-unwritten";
const char *const kOverrun = "smmu-cmdq-overrun";
const char *const kLive = "smmu-cmdq-slot-live";

/* ---- slots ---- */

TEST(Slot, IsWrittenByOneStoreOrByTwo)
{
    EXPECT_LEGAL(two_slots(kSlot0).line("mmio_write 0x98 0x1"));
    EXPECT_LEGAL(two_slots("store CMD 0x70028 0x0\nstore CMD 0x70020 0x30\nmmio_write 0x98 0x1"));
    EXPECT_RULE(two_slots("store CMD 0x70020 0x30\nmmio_write 0x98 0x1"), kUnwritten);
    EXPECT_RULE(two_slots("store CMD 0x70028 0x0\nmmio_write 0x98 0x1"), kUnwritten);
}

TEST(Slot, IsWrittenAnewInEachLap)
{
    const char *const lap = "mmio_write 0x98 0x2\nmmio_read 0x9c 0x2\n";

    EXPECT_LEGAL(two_slots(kSlot0).line(kSlot1).line(lap).line(kSlot0).line("mmio_write 0x98 0x3"));
    EXPECT_RULE(two_slots(kSlot0).line(kSlot1).line(lap).line("mmio_write 0x98 0x3"), kUnwritten);
}

TEST(Slot, BesideTheQueueIsNone)
{
    EXPECT_LEGAL(two_slots("store CMD 0x70040 0x30 width=16\nstore CMD 0x70010 0x30 width=16"));
    EXPECT_RULE(two_slots("store CMD 0x70010 0x30 width=16\nmmio_write 0x98 0x1"), kUnwritten);
}

/* One at the end of a table of sixteen. */
TEST(Slot, BehindTheLastIsNone)
{
    EXPECT_LEGAL(Script(CHK_START_RESET)
                     .line("mmio_write 0x90 0x70004 width=8\nmmio_write 0x98 0x0\n"
                           "mmio_write 0x9c 0x0\nmmio_write 0x20 0x8\n"
                           "wait reg 0x24 mask=0x5df value=0x8\n"
                           "store CMD 0x70100 0x30 width=16"));
}

TEST(Slot, IsLiveUntilItWasSeenConsumed)
{
    const auto published = [] { return two_slots(kSlot0).line("mmio_write 0x98 0x1"); };

    EXPECT_RULE(published().line(kSlot0), kLive);
    EXPECT_RULE(published().line("store CMD 0x70020 0x31"), kLive);
    EXPECT_RULE(published().line("store CMD 0x70028 0x1"), kLive);
    EXPECT_LEGAL(published().line(kSlot1));
    EXPECT_LEGAL(published().line("mmio_read 0x9c 0x1").line(kSlot0));
    EXPECT_SAYS(published().line(kSlot0), "slot 0 holds TLBI_NSNH_ALL 0x30");
}

TEST(Slot, ThatIsOverwrittenIsToldOnce)
{
    const Script twice = two_slots(kSlot0).line("mmio_write 0x98 0x1").line(kSlot0).line(kSlot0);

    EXPECT_EQ(1u, count_of(twice, CHK_RULE_CMDQ_SLOT_LIVE)) << twice.text();
}

TEST(Slot, ThatWasPublishedHollowMayBeFilled)
{
    EXPECT_RULE(two_slots("mmio_write 0x98 0x1").line(kSlot0), kUnwritten);
}

/* ---- PROD ---- */

TEST(Prod, MayFillTheQueue)
{
    EXPECT_LEGAL(two_slots(kSlot0).line(kSlot1).line("mmio_write 0x98 0x2"));
    EXPECT_RULE(two_slots(kSlot0).line(kSlot1).line("mmio_write 0x98 0x3"), kOverrun);
    EXPECT_RULE(two_slots(kSlot0).line("mmio_write 0x98 0x1").line("mmio_write 0x98 0x3"),
                kOverrun);
}

TEST(Prod, MayFillTheQueueAgainWhenItWasSeenEmpty)
{
    const char *const lap = "mmio_write 0x98 0x2\nmmio_read 0x9c 0x2\n";

    EXPECT_LEGAL(two_slots(kSlot0).line(kSlot1).line(lap).line(kSlot0).line(kSlot1).line(
        "mmio_write 0x98 0x0"));
}

TEST(Prod, ThatOverranBeginsAnew)
{
    const Script again =
        two_slots("mmio_write 0x98 0x3\n").line(kSlot0).line(kSlot1).line("mmio_write 0x98 0x1");

    EXPECT_RULE(again, kOverrun);
    EXPECT_EQ(1u, count_of(again, CHK_RULE_CMDQ_OVERRUN)) << again.text();
}

TEST(Prod, ToldNumbersOfSlots)
{
    EXPECT_SAYS(two_slots(kSlot0).line("mmio_write 0x98 0x1").line("mmio_write 0x98 0x3"),
                "PROD 0x1 -> 0x3: 2 commands, 1 slots are known to be free");
}

/* ---- enabling ---- */

/* A queue of two slots, with these pointers when it is enabled. */
Script enabled(const std::string &prod, const std::string &cons, const std::string &stores = "")
{
    return Script(CHK_START_RESET)
        .line("mmio_write 0x90 0x70021 width=8\nmmio_write 0x98 " + prod + "\nmmio_write 0x9c " +
              cons + "\n" + stores + "mmio_write 0x20 0x8\nwait reg 0x24 mask=0x5df value=0x8");
}

TEST(Enabling, PublishesWhatLiesBetweenThePointers)
{
    EXPECT_LEGAL(enabled("0x0", "0x0"));
    EXPECT_LEGAL(enabled("0x2", "0x1", kSlot1));
    EXPECT_RULE(enabled("0x2", "0x0", kSlot1), kUnwritten);
    EXPECT_LEGAL(enabled("0x2", "0x0", std::string(kSlot0) + kSlot1));
    EXPECT_EQ(2u, count_of(enabled("0x2", "0x0"), CHK_RULE_CMDQ_UNWRITTEN));
}

TEST(Enabling, PublishesNothingWhereThePointersMakeNoSense)
{
    EXPECT_LEGAL(enabled("0x3", "0x0"));
}

TEST(Enabling, NeedsAQueue)
{
    EXPECT_RULE(Script(CHK_START_RESET)
                    .line("mmio_write 0x98 0x1\nmmio_write 0x9c 0x0\nmmio_write 0x20 0x8\n"
                          "wait reg 0x24 mask=0x5df value=0x8\nmmio_read 0x9c 0x0\n"
                          "mmio_write 0x98 0x2\nwait queue 0x0 index=1\nwait mem 0x0"),
                "smmu-queue-before-base");
    EXPECT_RULE(Script(CHK_START_RESET)
                    .line("mmio_write 0x90 0x70021 width=8\nmmio_write 0x98 0x1\n"
                          "mmio_write 0x20 0x8\nwait reg 0x24 mask=0x5df value=0x8"),
                "smmu-queue-before-pointers");
}

/* What was published before is gone, also what nobody saw consumed. */
TEST(Enabling, BeginsAnew)
{
    EXPECT_LEGAL(two_slots(kSlot0)
                     .line("mmio_write 0x98 0x1\nmmio_write 0x20 0x0\n"
                           "wait reg 0x24 mask=0x5df value=0x0\n"
                           "mmio_write 0x98 0x0\nmmio_write 0x9c 0x0\nmmio_write 0x20 0x8\n"
                           "wait reg 0x24 mask=0x5df value=0x8")
                     .line(kSlot0)
                     .line(kSlot1)
                     .line("mmio_write 0x98 0x2"));
}

TEST(Enabling, AfterANewBaseHasEmptySlots)
{
    const Script moved = two_slots(kSlot0).line("mmio_write 0x20 0x0\n"
                                                "wait reg 0x24 mask=0x5df value=0x0\n"
                                                "mmio_write 0x90 0x70021 width=8\n"
                                                "mmio_write 0x20 0x8\n"
                                                "wait reg 0x24 mask=0x5df value=0x8\n"
                                                "mmio_write 0x98 0x1");

    EXPECT_RULE(moved, kUnwritten);
}

/* 2^19 slots are the most that there are, and are followed. */
TEST(Enabling, OfTheLargestQueue)
{
    const char *const unit = "iommusim-text/1 records\niommu 0 smmuv3 0x9050000 0x20000\n"
                             "mmio_write 0x90 0x1000013 width=8\nmmio_write 0x98 0x0\n"
                             "mmio_write 0x9c 0x0\nmmio_write 0x20 0x0\nmmio_write 0x20 0x8\n"
                             "wait reg 0x24 mask=0x5df value=0x8\nmmio_write 0x98 0x1\n";

    EXPECT_EQ(std::vector<std::string>{kUnwritten}, Checked(unit).rules());
}

/* ---- completion ---- */

/* Slots of LIVE: 6 TLBI, 7 CMD_SYNC, 8 a prefetch. */
Script unmapped(const char *seen)
{
    return Script()
        .line("begin unmap domain=0xa a=0x1000 b=0x1000")
        .line("store PTE 0x82008 0x0")
        .cmd(0x1000000000012, 0x1001)
        .cmd(0x46)
        .cmd(0x2000000001)
        .ring()
        .line(seen)
        .line("end unmap domain=0xa a=0x1000 b=0x1000");
}

const char *const kUnwaited = "smmu-sync-unwaited";

TEST(Completion, IsSeenInConsBehindTheSync)
{
    EXPECT_RULE(unmapped(""), kUnwaited);
    EXPECT_RULE(unmapped("mmio_read 0x9c 0x6"), kUnwaited);
    EXPECT_RULE(unmapped("mmio_read 0x9c 0x7"), kUnwaited);
    EXPECT_LEGAL(unmapped("mmio_read 0x9c 0x8"));
    EXPECT_LEGAL(unmapped("mmio_read 0x9c 0x9"));
}

TEST(Completion, IsSeenByAWaitForAllBitsOfThePointer)
{
    EXPECT_LEGAL(unmapped("wait reg 0x9c mask=0xfffff value=0x9"));
    EXPECT_LEGAL(unmapped("wait reg 0x9c mask=0x7f value=0x9"));
    EXPECT_RULE(unmapped("wait reg 0x9c mask=0x3f value=0x9"), kUnwaited);
    EXPECT_RULE(unmapped("wait reg 0x98 mask=0xfffff value=0x9"), kUnwaited);
    EXPECT_RULE(unmapped("wait reg 0x9c mask=0xfffff value=0x7"), kUnwaited);
}

TEST(Completion, IsSeenByAWaitForTheSlot)
{
    EXPECT_LEGAL(unmapped("wait queue 0x30000 index=7"));
    EXPECT_RULE(unmapped("wait queue 0x50000 index=7"), kUnwaited);
    EXPECT_RULE(unmapped("wait mem 0x30000"), kUnwaited);
}

TEST(Completion, IsNotSeenInAnOldValueOfCons)
{
    EXPECT_RULE(unmapped("mmio_read 0x9c 0x4"), kUnwaited);
    EXPECT_RULE(unmapped("mmio_read 0x9c 0x49"), kUnwaited);
}

/* Two MSIs: 0x31000 is written by the CMD_SYNC before the TLBI, 0x31040 by the one behind it. */
TEST(Completion, IsSeenInTheWordOfItsOwnSync)
{
    const auto waits = [](const char *word) {
        return Script()
            .line("begin unmap domain=0xa a=0x1000 b=0x1000")
            .line("store PTE 0x82008 0x0")
            .cmd(0x1046, 0x31000)
            .cmd(0x1000000000012, 0x1001)
            .cmd(0x1046, 0x31040)
            .ring()
            .line(std::string("wait mem ") + word + " mask=0xffffffff value=0x0")
            .line("end unmap domain=0xa a=0x1000 b=0x1000");
    };

    EXPECT_LEGAL(waits("0x31040"));
    EXPECT_RULE(waits("0x31000"), kUnwaited);
    EXPECT_RULE(waits("0x31080"), kUnwaited);
}

/* The command right behind a CMD_SYNC that completed is not complete. */
TEST(Completion, EndsWithTheSync)
{
    EXPECT_RULE(Script()
                    .line("store PTE 0x81000 0x0")
                    .cmd(0x46)
                    .cmd(0x1000000900012, 0x400)
                    .cmd(0x46)
                    .ring()
                    .line("wait queue 0x30000 index=6\nfree PAGES 0x82000 0x1000"),
                "smmu-table-freed-early");
}

TEST(Completion, OfAnotherCpusCommandsIsThatCpusMatter)
{
    const auto by_cpu = [](const char *end) {
        return Script()
            .line("@+1/1 begin drv_attach dev=0 domain=0xa a=0x1")
            .line("@+1/0 begin drv_attach dev=1 domain=0xa a=0x1")
            .cmd(0x2000000003, 1, 1)
            .ring(1)
            .line(end);
    };

    EXPECT_RULE(by_cpu("@+1/1 end drv_attach dev=0 domain=0xa a=0x1"), "smmu-sync-missing");
    EXPECT_LEGAL(by_cpu("@+1/0 end drv_attach dev=1 domain=0xa a=0x1"));
}

TEST(Completion, ThatIsMissingIsToldOnceWithItsRecord)
{
    const Script nested = Script()
                              .line("begin attach dev=0")
                              .line("begin drv_attach dev=0 domain=0xa a=0x1")
                              .cmd(0x2000000003, 1)
                              .ring()
                              .line("end drv_attach dev=0 domain=0xa a=0x1")
                              .line("end attach dev=0");
    const Checked got = nested.checked();

    EXPECT_EQ(1u, got.report().count[CHK_RULE_SYNC_MISSING]) << got.text();
    EXPECT_EQ(first_of(CHK_START_LIVE) + 2, got.hit(0).since_seq);
    EXPECT_EQ(first_of(CHK_START_LIVE) + 4, got.hit(0).seq);
    EXPECT_SAYS(nested, "no CMD_SYNC after the invalidation in slot 6");
}

TEST(Completion, OfWhatWasSentBeforeTheOperationIsNotItsMatter)
{
    EXPECT_LEGAL(
        Script().cmd(0x2000000003, 1).ring().line("begin replace dev=0\nend replace dev=0"));
}

/* alloc and free are no operations: what they ask for may be complete later. */
TEST(Completion, IsNotDueWhenMemoryIsAllocatedOrFreed)
{
    for (const char *op : {"alloc", "free"})
        EXPECT_LEGAL(Script()
                         .line(std::string("begin ") + op + " domain=0xa")
                         .line("store STE 0x10800 0x1")
                         .cmd(0x2000000003, 1)
                         .ring()
                         .line(std::string("end ") + op + " domain=0xa")
                         .sync());
}

/* ---- memory of a queue ---- */

TEST(Memory, OfAQueueThatIsEnabledIsLive)
{
    const char *const linked = "smmu-table-freed-linked";

    EXPECT_RULE(ready("free QUEUE 0x30000 0x400"), linked);
    EXPECT_RULE(ready("free QUEUE 0x303f8 0x8"), linked);
    EXPECT_RULE(ready("free QUEUE 0x2fff8 0x10"), linked);
    EXPECT_LEGAL(ready("free QUEUE 0x30400 0x1000"));
    EXPECT_LEGAL(ready("free QUEUE 0x2f000 0x1000"));
    EXPECT_LEGAL(ready("mmio_write 0x20 0x17\nwait reg 0x24 mask=0x5df value=0x17\n"
                       "free QUEUE 0x30000 0x400"));
    EXPECT_SAYS(ready("free QUEUE 0x30000 0x400"), "1024 bytes: the command queue lies there");
}

/* ---- output queues: each has 64 entries, PROD is read as 5 ---- */

struct Output {
    const char *name;
    uint32_t prod, cons; /* offsets */
};

const Output outputs[] = {{"eventq", 0x100a8, 0x100ac}, {"priq", 0x100c8, 0x100cc}};

class Outputs : public testing::TestWithParam<Output>
{
  protected:
    std::string read(uint32_t value) const
    {
        return access("mmio_read", GetParam().prod, value);
    }
    std::string write(uint32_t value) const
    {
        return access("mmio_write", GetParam().cons, value);
    }

  private:
    static std::string access(const char *verb, uint32_t offset, uint32_t value)
    {
        char line[60];

        snprintf(line, sizeof(line), "%s 0x%x 0x%x\n", verb, offset, value);
        return line;
    }
};

const char *const kBeyond = "smmu-outq-cons-beyond";
const char *const kOvack = "smmu-outq-ovack";

TEST_P(Outputs, ConsFollowsProd)
{
    EXPECT_LEGAL(Script(CHK_START_READY).line(read(5) + write(5)));
    EXPECT_LEGAL(Script(CHK_START_READY).line(read(5) + write(3) + write(5)));
    EXPECT_RULE(Script(CHK_START_READY).line(read(5) + write(6)), kBeyond);
    EXPECT_RULE(Script(CHK_START_READY).line(read(5) + write(3) + write(2)), kBeyond);
    EXPECT_LEGAL(Script(CHK_START_READY).line(read(0x40) + write(0x40)));
    EXPECT_LEGAL(
        Script(CHK_START_READY)
            .line(read(0x40) + write(0x40) + read(0x7f) + write(0x7f) + read(2) + write(2)));
}

/* Bits above the size are not part of the pointer: 0x83 is 3. */
TEST_P(Outputs, ConsHasAsManyBitsAsTheQueueNeeds)
{
    EXPECT_RULE(
        Script(CHK_START_READY)
            .line(read(0x40) + write(0x40) + read(0x7e) + write(0x7e) + read(2) + write(0x83)),
        kBeyond);
}

TEST_P(Outputs, ConsIsNotJudgedByAProdThatWasNotRead)
{
    EXPECT_LEGAL(Script(CHK_START_READY).line(write(6)));
}

TEST_P(Outputs, TheFirstConsIsWhatItIs)
{
    EXPECT_LEGAL(Script(CHK_START_RESET).line(read(5) + write(9)));
}

/* A wait that ended tells a few bits of PROD, not PROD. */
TEST_P(Outputs, AWaitTellsTooLittle)
{
    char wait[80], other[80];

    snprintf(wait, sizeof(wait), "wait reg 0x%x mask=0xf value=0x6\n", GetParam().prod);
    snprintf(other, sizeof(other), "wait reg 0x%x mask=0xf value=0x6\n",
             GetParam().prod == 0x100a8 ? 0x100c8 : 0x100a8);
    EXPECT_LEGAL(Script(CHK_START_READY).line(read(5) + wait + write(6)));
    EXPECT_RULE(Script(CHK_START_READY).line(read(5) + other + write(6)), kBeyond);
}

TEST_P(Outputs, OverflowIsAcknowledgedOnce)
{
    const uint32_t flag = 0x80000000;

    EXPECT_LEGAL(Script(CHK_START_READY).line(read(flag | 5) + write(flag | 5)));
    EXPECT_LEGAL(Script(CHK_START_READY).line(read(flag | 5) + write(5)));
    EXPECT_RULE(Script(CHK_START_READY).line(read(5) + write(flag | 5)), kOvack);
    EXPECT_LEGAL(Script(CHK_START_READY).line(read(flag | 5) + write(flag | 5) + write(flag | 5)));
    EXPECT_RULE(Script(CHK_START_READY).line(read(flag | 5) + write(flag | 5) + write(5)), kOvack);
}

INSTANTIATE_TEST_SUITE_P(Queues, Outputs, testing::ValuesIn(outputs),
                         [](const auto &row) { return std::string(row.param.name); });

} // namespace
