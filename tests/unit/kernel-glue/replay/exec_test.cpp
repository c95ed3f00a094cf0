// SPDX-License-Identifier: BSD-2-Clause
// Records one after the other: what each does, when it takes effect, how waits close the loop.
// Costs of the preset "server" are typed here: store 1 ns, register write 50, read 100, barrier 20,
// poll 50.
#include <gtest/gtest.h>

#include "sim/diag.h"
#include "tests/unit/kernel-glue/replay/replay_machine.h"

namespace replay
{
namespace
{

Stage with(const std::string &text)
{
    Stage stage;

    stage.text = unit_line + text;
    return stage;
}

TEST(ReplayOrder, RecordsAreNumberedFromOneInTheirOrder)
{
    std::string text;

    for (int i = 0; i < 10000; i++)
        text += i % 3 ? "@1 store CD 0x1000 0x1\n" : "@1/7 begin alloc\n";
    const Outcome outcome = replay(with(text));
    ASSERT_EQ(outcome.records.size(), 10001u);
    for (size_t i = 0; i < outcome.records.size(); i++) {
        EXPECT_EQ(outcome.records[i].seq, i + 1);
        if (i) {
            EXPECT_EQ(outcome.records[i].kind, (i - 1) % 3 ? SIM_R_STORE : SIM_R_BEGIN);
            EXPECT_EQ(outcome.records[i].start_ps, outcome.records[i - 1].end_ps);
        }
    }
    EXPECT_EQ(outcome.stats.n_records, 10001u);
}

struct CostCase {
    const char *name;
    const char *text; // its last statement is measured
    uint64_t ps;
};

class Cost : public testing::TestWithParam<CostCase>
{
};

TEST_P(Cost, OfOneRecord)
{
    const Outcome outcome = replay(with(GetParam().text));
    const Seen last = outcome.records.back();

    EXPECT_EQ(last.end_ps - last.start_ps, GetParam().ps);
}

const CostCase costs[] = {
    {"Store", "@1 store CD 0x1000 0x1\n", 1000},
    {"StoreOf16Bytes", "@1 store CD 0x1000 0x1 width=16\n", 2000},
    {"AtomicStoreOf16Bytes", "@1 store CD 0x1000 0x1 width=16 atomic\n", 1000},
    {"StoreOf4Bytes", "@1 store OTHER 0x1004 0x1 width=4\n", 1000},
    {"RegisterWriteWithImpliedBarrier", "@1 mmio_write 0x80 0x1\n", 70000},
    {"RegisterWriteWithRecordedBarriers", "@1 meta barriers recorded\n@1 mmio_write 0x80 0x1\n",
     50000},
    {"RegisterRead", "@1 mmio_read 0x80 0x1\n", 100000},
    {"Barrier", "@1 meta barriers recorded\n@1 barrier write\n", 20000},
    {"Memory", "@1 memory PAGES 0x1000 0x1000\n", 0},
    {"Mark", "@1 mark \"hello\"\n", 0},
    {"WaitForMemory", "@1 store OTHER 0x1000 0x7\n@1 wait mem 0x1000 mask=0xf value=0x7\n", 0},
    {"WaitForARegister", "@1 wait reg 0x24 mask=0x1 value=0x0\n", 100000},
};

INSTANTIATE_TEST_SUITE_P(Model, Cost, testing::ValuesIn(costs),
                         [](const auto &row) { return row.param.name; });

TEST(ReplayCost, IsNothingWithCpuTimeZero)
{
    Stage stage = with("@1 store CD 0x1000 0x1 width=16\n@900 mmio_write 0x80 0x1\n"
                       "@901 mmio_read 0x80 0x1\n");

    stage.config.cpu_time = RPL_CPU_ZERO;
    const Outcome outcome = replay(stage);
    EXPECT_EQ(outcome.records.back().end_ps, 0u);
}

TEST(ReplayStore, WritesMemory)
{
    Stage stage = with("@1 store CD 0x1000 0x1111222233334444\n"
                       "@1 store CD 0x1010 0x5 value_hi=0x6 width=16\n"
                       "@1 store OTHER 0x1022 0xabcd width=2\n"
                       "@1 memory PAGES 0x2000 0x10 fill=0x77\n"
                       "@1 free PAGES 0x2000 0x10\n");

    stage.look_at = {0x1000, 0x1010, 0x1018, 0x1020, 0x2008};
    const Outcome outcome = replay(stage);
    EXPECT_EQ(outcome.memory.at(0x1000), 0x1111222233334444u);
    EXPECT_EQ(outcome.memory.at(0x1010), 5u);
    EXPECT_EQ(outcome.memory.at(0x1018), 6u);
    EXPECT_EQ(outcome.memory.at(0x1020), 0xabcd0000u);
    EXPECT_EQ(outcome.memory.at(0x2008), 0x77u); // hardware may still read what was freed
}

// Two requests read a table's entries 0 and 1, 1.5 ns after a 16-byte store of both has begun.
std::vector<sim_dma_seen> requests_during_store(const char *atomic)
{
    Stage stage = with(std::string("@1 dma 0x8 0x0 64 r\n@1 dma 0x8 0x1000 64 r\n"
                                   "@1 store OTHER 0x0 0x5001 value_hi=0x6001 width=16 ") +
                       atomic + "\n");

    stage.dma_ps = 1500;
    return replay(stage).answers;
}

TEST(ReplayStore, Of16BytesIsSeenHalfDone)
{
    const auto answers = requests_during_store("");

    ASSERT_EQ(answers.size(), 2u);
    EXPECT_EQ(answers[0].status, SIM_DMA_OK);
    EXPECT_EQ(answers[0].pa, 0x5000u);
    EXPECT_EQ(answers[1].status, SIM_DMA_ABORT);
    EXPECT_EQ(answers[1].answer_seq, 4u); // the store has begun to take effect
}

TEST(ReplayStore, AtomicOf16BytesIsSeenWhole)
{
    const auto answers = requests_during_store("atomic");

    ASSERT_EQ(answers.size(), 2u);
    EXPECT_EQ(answers[0].pa, 0x5000u);
    EXPECT_EQ(answers[1].pa, 0x6000u);
}

TEST(ReplayMmio, WriteReachesItsUnitAtTheEndOfItsCost)
{
    const Outcome outcome = replay(with("@1 mmio_write 0x80 0x123456789a width=8\n"));

    EXPECT_EQ(outcome.writes, (std::vector<Write>{{70000, STRTAB_BASE, 0x123456789a}}));
}

TEST(ReplayMmio, WriteToAUnitThatIsNotThereGoesNowhere)
{
    const Outcome outcome = replay(with("@1 mmio_write 0x80 0x1 iommu=3\n"));

    EXPECT_TRUE(outcome.writes.empty());
    EXPECT_EQ(outcome.records.size(), 2u);
}

TEST(ReplayMmio, FactsOfAWriteCarryItsNumber)
{
    const Outcome outcome = replay(with("@1 mmio_write 0x80 0x1\n"));

    ASSERT_EQ(outcome.facts.size(), 1u);
    EXPECT_EQ(outcome.facts[0].kind, SIM_FACT_REG_WRITTEN);
    EXPECT_EQ(outcome.facts[0].seq, 2u);
}

/* ---- waits: enabled at 70 ns, acknowledged ack_ps later, looks at 170, 320, 470 ns ---- */

struct WaitCase {
    const char *name;
    uint64_t ack_ps;
    uint64_t end_ps;
};

class WaitReg : public testing::TestWithParam<WaitCase>
{
};

TEST_P(WaitReg, EndsWithTheFirstLookThatSeesIt)
{
    Stage stage = with("@1 mmio_write 0x20 0x8\n@2 wait reg 0x24 mask=0x8 value=0x8\n"
                       "@3 store CD 0x1000 0x1\n");

    stage.ack_ps = GetParam().ack_ps;
    const Outcome outcome = replay(stage);
    ASSERT_EQ(outcome.records.size(), 4u);
    EXPECT_EQ(outcome.records[2].start_ps, 70000u);
    EXPECT_EQ(outcome.records[2].end_ps, GetParam().end_ps);
    EXPECT_EQ(outcome.records[3].start_ps, GetParam().end_ps); // later records are delayed
    EXPECT_EQ(outcome.stats.n_wait_timeouts, 0u);
}

const WaitCase reg_waits[] = {
    {"AtTheFirstLook", 20000, 170000},
    {"JustBeforeTheFirstLook", 99999, 170000},
    // At one instant software goes first: it does not see what hardware does then.
    {"AtTheInstantOfTheFirstLook", 100000, 320000},
    {"AtTheSecondLook", 249999, 320000},
    {"AtTheThird", 250000, 470000},
};

INSTANTIATE_TEST_SUITE_P(Model, WaitReg, testing::ValuesIn(reg_waits),
                         [](const auto &row) { return row.param.name; });

const char queue_text[] = "@1 mmio_write 0x90 0x100004 width=8\n" // 16 slots at 0x100000
                          "@2 mmio_write 0x98 0x2\n@3 wait queue 0x100000 index=1\n";

TEST(ReplayWait, ForAQueueSlotClosesTheLoop)
{
    Stage stage = with(queue_text);

    stage.sync_ps = 300000; // 140 + 300 = 440 ns; looks at 240, 390, 540
    EXPECT_EQ(replay(stage).records.back().end_ps, 540000u);
}

TEST(ReplayWait, WithoutCostsEndsWithTheHardware)
{
    Stage stage = with(queue_text);

    stage.config.cpu_time = RPL_CPU_ZERO;
    stage.sync_ps = 123456;
    EXPECT_EQ(replay(stage).records.back().end_ps, 123456u);
}

TEST(ReplayWait, ForASlotThatIsDoneTakesOneLook)
{
    Stage stage = with(std::string(queue_text) + "@9 wait queue 0x100000 index=0\n");

    const Outcome outcome = replay(stage);
    EXPECT_EQ(outcome.records.back().end_ps - outcome.records.back().start_ps, 100000u);
}

struct SlotCase {
    const char *name;
    const char *cons, *prod;
    int index;
    bool is_done;
};

class WaitSlot : public testing::TestWithParam<SlotCase>
{
};

// The unit does not move its read pointer here; 4 slots, so pointers count to 7.
TEST_P(WaitSlot, IsDoneUnlessBetweenThePointers)
{
    Stage stage = with("@1 mmio_write 0x90 0x100002 width=8\n@1 mmio_write 0x9c " +
                       std::string(GetParam().cons) + "\n@1 mmio_write 0x98 " + GetParam().prod +
                       "\n@2 wait queue 0x100000 index=" + std::to_string(GetParam().index) + "\n");

    stage.sync_comes = false;
    EXPECT_EQ(replay(stage).stats.n_wait_timeouts, GetParam().is_done ? 0u : 1u);
}

const SlotCase slots[] = {
    {"Empty", "0x0", "0x0", 0, true},
    {"FirstPending", "0x0", "0x2", 0, false},
    {"LastPending", "0x0", "0x2", 1, false},
    {"NotYetWritten", "0x0", "0x2", 2, true},
    {"Passed", "0x1", "0x2", 0, true},
    {"FullFirst", "0x0", "0x4", 0, false},
    {"FullLast", "0x0", "0x4", 3, false},
    {"WrappedPending", "0x3", "0x5", 0, false},
    {"WrappedPassed", "0x3", "0x5", 2, true},
    {"WrapBitOfBoth", "0x7", "0x1", 3, false},
    {"AroundTheWrapBit", "0x7", "0x1", 0, false},
    {"AroundTheWrapBitNotYet", "0x7", "0x1", 1, true},
};

INSTANTIATE_TEST_SUITE_P(Queue, WaitSlot, testing::ValuesIn(slots),
                         [](const auto &row) { return row.param.name; });

TEST(ReplayWait, ForRoomInTheCommandQueueEndsWhenItIsEmpty)
{
    // The stream's machine was seen at 1; ours is at 2 when software looks.
    Stage stage = with("@1 mmio_write 0x90 0x100004 width=8\n@2 mmio_write 0x98 0x2\n"
                       "@3 wait reg 0x9c mask=0x3 value=0x1\n");

    EXPECT_EQ(replay(stage).stats.n_wait_timeouts, 0u);
}

TEST(ReplayWait, EndsAtOnceWhenNothingCanHappenAnyMore)
{
    Stage stage = with("@1 wait reg 0x24 mask=0x1 value=0x1\n");

    const Outcome outcome = replay(stage);
    EXPECT_EQ(outcome.stats.n_wait_timeouts, 1u);
    EXPECT_EQ(outcome.records.back().end_ps, 100000u);
    EXPECT_TRUE(outcome.records.back().gave_up);
}

TEST(ReplayWait, SixteenThatNeverEndAreWaitedForNoMore)
{
    std::string lines = "@1 mmio_write 0x98 0x1\n";

    for (int i = 0; i < 18; i++)
        lines += "@1 wait mem 0x1000 mask=0x1 value=0x1\n";
    Stage stage = with(lines.c_str());
    stage.config.cpu.wait_limit_us = 2;
    stage.sync_ps = 900000000; // something is still to come
    const Outcome outcome = replay(stage);
    const Seen &early = outcome.records[outcome.records.size() - 3];
    const Seen &late = outcome.records.back();

    EXPECT_EQ(outcome.stats.n_wait_timeouts, 18u);
    EXPECT_EQ(early.end_ps - early.start_ps, 2000000u);
    EXPECT_LT(late.end_ps - late.start_ps, 200000u);
}

TEST(ReplayWait, IsGivenUpAfterTheLimit)
{
    Stage stage = with("@1 mmio_write 0x98 0x1\n@1 wait mem 0x1000 mask=0x1 value=0x1\n");

    stage.config.cpu.wait_limit_us = 2;
    stage.sync_ps = 900000000; // something is still to come
    const Outcome outcome = replay(stage);
    EXPECT_EQ(outcome.stats.n_wait_timeouts, 1u);
    EXPECT_EQ(outcome.records.back().end_ps - outcome.records.back().start_ps, 2000000u);
}

TEST(ReplayWait, ThatFailedInTheStreamIsNotWaitedForLonger)
{
    Stage stage = with(
        "@1 mmio_write 0x98 0x1\n@1 wait mem 0x1000 mask=0x1 value=0x1 took_ns=500 ret=-110\n");

    stage.sync_ps = 900000000;
    const Outcome outcome = replay(stage);
    EXPECT_EQ(outcome.stats.n_wait_timeouts, 0u);
    EXPECT_EQ(outcome.records.back().end_ps - outcome.records.back().start_ps, 500000u);
}

/* ---- quiet time ---- */

const char two_operations[] =
    "@1 begin replace dev=1\n@1 store CD 0x1000 0x1\n@1 end replace dev=1\n"
    "@1 begin map domain=0x1 a=0x0 b=0x1000\n@1 end map domain=0x1\n"
    "@1 store CD 0x1000 0x1\n";

TEST(ReplayQuiet, StandsBeforeTheFirstAndAfterEachOperation)
{
    Stage stage = with(two_operations);

    stage.config.cpu.quiet_ns = 5000;
    stage.config.cpu.quiet_map_ns = 300;
    const Outcome outcome = replay(stage);
    EXPECT_EQ(outcome.records[1].start_ps, 5000000u);  // begin
    EXPECT_EQ(outcome.records[2].start_ps, 5000000u);  // inside: none
    EXPECT_EQ(outcome.records[4].start_ps, 10001000u); // after the replace
    EXPECT_EQ(outcome.records[6].start_ps, 10301000u); // after the map
    EXPECT_EQ(outcome.stats.end_ps, 10302000u + 5000000u);
}

TEST(ReplayQuiet, DoesNotComeWhileAnotherCpuIsInsideAnOperation)
{
    Stage stage =
        with("@1 begin replace dev=1\n@1/1 begin map domain=0x1\n@1/1 end map domain=0x1\n"
             "@1 store CD 0x1000 0x1\n@1 end replace dev=1\n@1 store CD 0x1000 0x1\n");

    stage.config.cpu.quiet_ns = 5000;
    stage.config.cpu.quiet_map_ns = 300;
    const Outcome outcome = replay(stage);
    EXPECT_EQ(outcome.records[4].start_ps, 5000000u);
    EXPECT_EQ(outcome.records[6].start_ps, 10001000u);
}

TEST(ReplayQuiet, ComesAfterTheOutermostMarkOnly)
{
    Stage stage = with("@1 begin attach dev=1\n@1 begin drv_attach dev=1\n@1 end drv_attach dev=1\n"
                       "@1 store CD 0x1000 0x1\n@1 end attach dev=1\n@1 store CD 0x1000 0x1\n");

    stage.config.cpu.quiet_ns = 5000;
    const Outcome outcome = replay(stage);
    EXPECT_EQ(outcome.records[4].start_ps, 5000000u);
    EXPECT_EQ(outcome.records[6].start_ps, 10001000u);
}

/* ---- the stream's own stamps ---- */

Stage stamped(rpl_cpu_time mode, uint32_t scale_ppm)
{
    Stage stage = with("@1000 begin replace dev=1\n@1200 store CD 0x1000 0x1\n"
                       "@1300 mmio_write 0x20 0x8\n@9300 wait reg 0x24 mask=0x8 value=0x8 "
                       "took_ns=7900\n@9400 end replace dev=1\n@99999999 begin replace dev=1\n");

    stage.config.cpu_time = mode;
    stage.config.scale_ppm = scale_ppm;
    stage.config.cpu.quiet_ns = 5000;
    return stage;
}

TEST(ReplayStamps, GiveSoftwareItsTimeAndTheModelItsOwn)
{
    const Outcome outcome = replay(stamped(RPL_CPU_TRACE, 0));

    // The unit's line is at 0: 1000 ns lie before the first operation.
    EXPECT_EQ(outcome.records[1].start_ps, 1000000u);
    EXPECT_EQ(outcome.records[2].end_ps, 1200000u);
    EXPECT_EQ(outcome.records[3].end_ps, 1300000u);
    EXPECT_EQ(outcome.records[4].start_ps, 1400000u); // 9300 - 7900
    EXPECT_EQ(outcome.records[4].end_ps, 1500000u);   // one look; 7900 ns were the other machine's
    EXPECT_EQ(outcome.records[5].end_ps, 1600000u);
    EXPECT_EQ(outcome.records[6].start_ps, 6600000u); // a long pause is cut to quiet_ns
}

TEST(ReplayStamps, AreScaled)
{
    const Outcome outcome = replay(stamped(RPL_CPU_SCALE, 500000));

    EXPECT_EQ(outcome.records[1].start_ps, 500000u);
    EXPECT_EQ(outcome.records[2].end_ps, 600000u);
    EXPECT_EQ(outcome.records[5].end_ps, 850000u);
    EXPECT_EQ(outcome.records[6].start_ps, 5850000u);
}

TEST(ReplayStamps, ThatGoBackCountAsNoTime)
{
    Stage stage = with("@1000 store CD 0x1000 0x1\n@1000 store CD 0x1000 0x1\n");

    stage.config.cpu_time = RPL_CPU_TRACE;
    const Outcome outcome = replay(stage);
    EXPECT_EQ(outcome.records[2].start_ps, outcome.records[1].end_ps);
}

/* ---- requests of the stream ---- */

TEST(ReplayDma, IsAnsweredByTheUnit)
{
    Stage stage = with("@1 device 3 \"0000:00:01.0\" requester=0x8\n"
                       "@1 mmio_write 0x80 0x10000 width=8\n@1 store OTHER 0x10008 0x7001\n"
                       "@1 dma 0x8 0x1234 64 w pasid=0x5\n@1 dma 0x9 0x2000 64 r\n");

    const Outcome outcome = replay(stage);
    ASSERT_EQ(outcome.answers.size(), 2u);
    EXPECT_EQ(outcome.answers[0].dev, 3u);
    EXPECT_EQ(outcome.answers[0].requester, 8u);
    EXPECT_EQ(outcome.answers[0].pasid, 5u);
    EXPECT_TRUE(outcome.answers[0].has_pasid);
    EXPECT_EQ(outcome.answers[0].access, SIM_DMA_WRITE);
    EXPECT_EQ(outcome.answers[0].pa, 0x7234u);
    EXPECT_EQ(outcome.answers[0].issue_seq, 5u);
    EXPECT_EQ(outcome.answers[0].answer_seq, 6u);
    EXPECT_EQ(outcome.answers[0].issue_ps, 71000u);
    EXPECT_EQ(outcome.answers[0].answer_ps, 171000u);
    EXPECT_EQ(outcome.answers[1].dev, SIM_NO_DEV);
    EXPECT_FALSE(outcome.answers[1].has_pasid);
    EXPECT_EQ(outcome.answers[1].status, SIM_DMA_ABORT);
}

TEST(ReplayDma, WaitsForRoomAndLosesNothing)
{
    std::string text;

    for (int i = 0; i < 200; i++)
        text += "@1 dma 0x8 0x1000 64 r\n";
    Stage stage = with(text);
    stage.n_slots = 3;
    const Outcome outcome = replay(stage);
    EXPECT_EQ(outcome.answers.size(), 200u);
    EXPECT_GE(outcome.stats.end_ps, 200u / 3 * 100000u); // three at a time
}

TEST(ReplayError, MemoryThatIsFullIsReported)
{
    Stage stage = with("");

    for (uint64_t pa = 0; pa < 1u << 28; pa += 4096)
        stage.text += "@1 store OTHER 0x" + [pa] {
            char hex[32];
            snprintf(hex, sizeof(hex), "%llx", static_cast<unsigned long long>(pa));
            return std::string(hex);
        }() + " 0x1\n";
    EXPECT_EQ(replay(stage).error, SIM_ENOMEM);
}

} // namespace
} // namespace replay
