// SPDX-License-Identifier: BSD-2-Clause
// What an SMMUv3's driver answers to its hardware: the stream's answers are left out, ours are made
// from what the unit produces. Values are typed from the register map.
#include <gtest/gtest.h>

#include "tests/unit/kernel-glue/replay/replay_machine.h"

namespace replay
{
namespace
{

// Register writes take 70 ns each: the doorbell rings at 350 ns, events are there at 650 ns.
const char enabled[] = "@1 mmio_write 0x90 0x100004 width=8\n" // 16 commands at 0x100000
                       "@1 mmio_write 0xa0 0x200004 width=8\n" // 16 events at 0x200000
                       "@1 mmio_write 0x50 0x5\n"              // GERROR_IRQEN, EVENTQ_IRQEN
                       "@1 mmio_write 0x20 0xd\n";             // SMMUEN, EVENTQEN, CMDQEN
const char doorbell[] = "@1 mmio_write 0x98 0x1\n";
const uint64_t event_ps = 650000;

Stage with(const std::string &text)
{
    Stage stage;

    stage.text = unit_line + text;
    stage.event_at_prod = 1;
    return stage;
}

std::vector<Write> writes_to(const Outcome &outcome, uint64_t offset)
{
    std::vector<Write> found;

    for (const Write &write : outcome.writes) {
        if (write.offset == offset)
            found.push_back(write);
    }
    return found;
}

TEST(Responder, TakesEventsOneByOne)
{
    Stage stage = with(std::string(enabled) + doorbell);

    stage.n_events = 3;
    const Outcome outcome = replay(stage);
    EXPECT_EQ(writes_to(outcome, EVENTQ_CONS),
              (std::vector<Write>{{event_ps + 1200000, EVENTQ_CONS, 1},
                                  {event_ps + 1400000, EVENTQ_CONS, 2},
                                  {event_ps + 1600000, EVENTQ_CONS, 3}}));
    EXPECT_EQ(outcome.stats.n_responses, 3u);
}

TEST(Responder, TakesABatch)
{
    Stage stage = with(std::string(enabled) + doorbell);

    stage.n_events = 3;
    stage.config.cpu.respond_batch = 2;
    EXPECT_EQ(writes_to(replay(stage), EVENTQ_CONS),
              (std::vector<Write>{{event_ps + 1400000, EVENTQ_CONS, 2},
                                  {event_ps + 1600000, EVENTQ_CONS, 3}}));
}

TEST(Responder, TakesNoTimeWithCpuTimeZero)
{
    Stage stage = with(std::string(enabled) + doorbell);

    stage.n_events = 2;
    stage.config.cpu_time = RPL_CPU_ZERO;
    EXPECT_EQ(writes_to(replay(stage), EVENTQ_CONS),
              (std::vector<Write>{{300000, EVENTQ_CONS, 1}, {300000, EVENTQ_CONS, 2}}));
}

TEST(Responder, HearsNothingWithoutTheInterrupt)
{
    Stage stage = with(std::string(enabled) + "@1 mmio_write 0x50 0x0\n" + doorbell);

    stage.n_events = 3;
    EXPECT_TRUE(writes_to(replay(stage), EVENTQ_CONS).empty());
}

TEST(Responder, PointersWrapAround)
{
    // 2 entries: pointers count modulo 4. Both are set to 3 before the queue is enabled.
    Stage stage = with("@1 mmio_write 0x100a8 0x3\n@1 mmio_write 0x100ac 0x3\n" +
                       std::string(enabled) + "@1 mmio_write 0xa0 0x200001 width=8\n" + doorbell);

    stage.n_events = 2;
    const auto writes = writes_to(replay(stage), EVENTQ_CONS);
    ASSERT_EQ(writes.size(), 3u);
    EXPECT_EQ(writes[0].value, 3u); // the stream's own
    EXPECT_EQ(writes[1].value, 0u);
    EXPECT_EQ(writes[2].value, 1u);
}

TEST(Responder, AcknowledgesAnOverflowWhenTheQueueIsEmpty)
{
    Stage stage = with(std::string(enabled) + doorbell);

    stage.n_events = 0x80000001; // one record, and OVFLG
    EXPECT_EQ(writes_to(replay(stage), EVENTQ_CONS),
              (std::vector<Write>{{event_ps + 1200000, EVENTQ_CONS, 1},
                                  {event_ps + 1200000, EVENTQ_CONS, 0x80000001}}));
}

TEST(Responder, MakesABadCommandHarmlessAndAcknowledges)
{
    Stage stage =
        with(std::string(enabled) + "@1 store CMD 0x100000 0xff value_hi=0x1 width=16\n"
                                    "@1 mmio_write 0x98 0x1\n@1 wait queue 0x100000 index=0\n");

    stage.look_at = {0x100000, 0x100008};
    const Outcome outcome = replay(stage);
    EXPECT_EQ(outcome.memory.at(0x100000), 0xc02046u); // CMD_SYNC, CS=SEV, MSH=inner shareable
    EXPECT_EQ(outcome.memory.at(0x100008), 0u);
    // The store takes 2 ns: the doorbell rings at 352 ns.
    EXPECT_EQ(writes_to(outcome, GERRORN), (std::vector<Write>{{652000 + 1200000, GERRORN, 1}}));
    EXPECT_EQ(outcome.stats.n_wait_timeouts, 0u);
}

TEST(Responder, LetsTheMachineComeToRest)
{
    // A command that stays bad: the error comes again with every acknowledge.
    Stage stage = with(std::string(enabled) + "@1 store CMD 0x100000 0xff width=16\n" + doorbell);

    stage.is_stubborn = true;
    EXPECT_EQ(replay(stage).error, 0);
}

// ---- what hardware waits for ----

// Records of 32 bytes at 0x200000: word 0 has number and StreamID, word 1 Stall (bit 31) and STAG.
std::string event(unsigned index, const std::string &q0, const std::string &q1)
{
    const unsigned at = 0x200000 + 32 * index;

    return "@1 store OTHER " + std::to_string(at) + " " + q0 + "\n@1 store OTHER " +
           std::to_string(at + 8) + " " + q1 + "\n";
}

// Four stores of 1 ns come before the doorbell.
Stage with_stall(uint32_t stall_answer)
{
    Stage stage = with(event(0, "0x700000010", "0x80000005") + event(1, "0x700000010", "0x5") +
                       enabled + doorbell);

    stage.n_events = 2;
    stage.config.cpu.stall_answer = stall_answer;
    return stage;
}

TEST(Responder, EndsAStallInAnAbort)
{
    const Outcome outcome = replay(with_stall(0));

    EXPECT_EQ(outcome.given, (std::vector<Given>{{event_ps + 4000 + 1200000, 0x700002044, 0x5}}));
    EXPECT_EQ(writes_to(outcome, EVENTQ_CONS).size(), 2u);
    EXPECT_EQ(outcome.stats.n_responses, 3u);
}

TEST(Responder, EndsAStallAsItIsTold)
{
    // Action in bits 13:12: 1 = try again, 0 = zeros; bit 13 does not count when trying again.
    const Outcome retry = replay(with_stall(1)), raz_wi = replay(with_stall(2));

    ASSERT_EQ(retry.given.size(), 1u);
    EXPECT_EQ(retry.given[0].q0 & ~0x2000ull, 0x700001044u);
    ASSERT_EQ(raz_wi.given.size(), 1u);
    EXPECT_EQ(raz_wi.given[0].q0, 0x700000044u);
}

TEST(Responder, RetriesTakeTimeWhateverTheClock)
{
    Stage stage = with_stall(1);

    stage.config.cpu_time = RPL_CPU_ZERO;
    const Outcome outcome = replay(stage);
    ASSERT_EQ(outcome.given.size(), 1u);
    EXPECT_EQ(outcome.given[0].time_ps, 1300000u);
}

TEST(Responder, AnswersOnlyWhatStalls)
{
    // C_BAD_STE has no such bit, and nor has F_BAD_ATS_TREQ, where it says that a read was wanted.
    Stage stage = with(event(0, "0x700000004", "0x80000005") +
                       event(1, "0x700000005", "0x80000005") + enabled + doorbell);

    stage.n_events = 2;
    EXPECT_TRUE(replay(stage).given.empty());
}

TEST(Responder, GrantsPageRequests)
{
    // Records of 16 bytes at 0x300000: the first of a group, its last with PASID 9, a stop marker.
    Stage stage = with("@1 mmio_write 0xc0 0x300004 width=8\n"
                       "@1 store OTHER 0x300000 0x1000000000000007\n"
                       "@1 store OTHER 0x300008 0x1003\n"
                       "@1 store OTHER 0x300010 0xd000000900000007\n"
                       "@1 store OTHER 0x300018 0x2003\n"
                       "@1 store OTHER 0x300020 0xc000000900000007\n"
                       "@1 mmio_write 0x90 0x100004 width=8\n"
                       "@1 mmio_write 0x50 0x2\n"
                       "@1 mmio_write 0x20 0xb\n" +
                       std::string(doorbell));

    stage.n_pages = 3;
    const Outcome outcome = replay(stage);
    ASSERT_EQ(outcome.given.size(), 1u);
    EXPECT_EQ(outcome.given[0].q0, 0x700009841u); // SSV, SSID 9
    EXPECT_EQ(outcome.given[0].q1, 0x2003u);      // success, group 3
    const auto writes = writes_to(outcome, PRIQ_CONS);
    ASSERT_EQ(writes.size(), 3u);
    EXPECT_EQ(writes[2].value, 3u);
}

struct CommandCase {
    const char *name;
    const char *text;
    uint64_t stored;
    uint64_t n_answers;
};

class Command : public testing::TestWithParam<CommandCase>
{
};

TEST_P(Command, KeepsItsSlot)
{
    Stage stage = with(std::string(enabled) + GetParam().text);

    stage.look_at = {0x100010, 0x100018};
    const Outcome outcome = replay(stage);
    EXPECT_EQ(outcome.memory.at(0x100010), GetParam().stored);
    EXPECT_EQ(outcome.memory.at(0x100018), 5u);
    EXPECT_EQ(outcome.stats.n_answers, GetParam().n_answers);
}

// What answers another machine's hardware is about a stream that nobody has; the rest stays.
const CommandCase commands[] = {
    {"Resume", "@1 store CMD 0x100010 0x700001044 value_hi=0x5 width=16\n", 0xffffffff00001044, 1},
    {"ResumeAtOnce", "@1 store CMD 0x100010 0x700001044 value_hi=0x5 width=16 atomic\n",
     0xffffffff00001044, 1},
    {"ResumeInTwoStores", "@1 store CMD 0x100010 0x700001044\n@1 store CMD 0x100018 0x5\n",
     0xffffffff00001044, 1},
    {"PageResponse", "@1 store CMD 0x100010 0x700009841 value_hi=0x5 width=16\n",
     0xffffffff00009841, 1},
    {"StallTerm", "@1 store CMD 0x100010 0x700000045 value_hi=0x5 width=16\n", 0x700000045, 0},
    {"Sync", "@1 store CMD 0x100010 0x46 value_hi=0x5 width=16\n", 0x46, 0},
    {"NotACommand", "@1 store OTHER 0x100010 0x700001044 value_hi=0x5 width=16\n", 0x700001044, 0},
    {"SecondWordOfACommand", "@1 store CMD 0x100010 0x46\n@1 store CMD 0x100018 0x5\n", 0x46, 0},
};

INSTANTIATE_TEST_SUITE_P(Stream, Command, testing::ValuesIn(commands),
                         [](const auto &row) { return row.param.name; });

TEST(Commands, SecondWordThatLooksLikeOne)
{
    Stage stage = with(std::string(enabled) + "@1 store CMD 0x100018 0x700000044\n");

    stage.look_at = {0x100018};
    EXPECT_EQ(replay(stage).memory.at(0x100018), 0x700000044u);
}

struct AnswerCase {
    const char *name;
    const char *text;
};

class Answer : public testing::TestWithParam<AnswerCase>
{
};

TEST_P(Answer, IsNotReplayedWhileTheUnitRuns)
{
    const Outcome outcome = replay(with(std::string(enabled) + GetParam().text));

    EXPECT_EQ(outcome.writes.size(), 4u); // only those of `enabled`
    EXPECT_EQ(outcome.stats.n_answers, 1u);
    EXPECT_EQ(outcome.stats.n_wait_timeouts, 0u);
    EXPECT_EQ(outcome.records.back().start_ps, outcome.records.back().end_ps);
    EXPECT_EQ(outcome.records.back().seq, 6u); // whoever watches still sees it
}

const AnswerCase answers[] = {
    {"EventQueueRead", "@1 mmio_write 0x100ac 0x1\n"},
    {"GlobalError", "@1 mmio_write 0x64 0x1\n"},
    {"LookAtTheEventQueue", "@1 mmio_read 0x100a8 0x1\n"},
    {"LooksAtTheEventQueue", "@1 wait reg 0x100a8 mask=0x3 value=0x1 polls=2\n"},
    {"LookAtGlobalErrors", "@1 mmio_read 0x60 0x1\n"},
};

INSTANTIATE_TEST_SUITE_P(Stream, Answer, testing::ValuesIn(answers),
                         [](const auto &row) { return row.param.name; });

class Init : public testing::TestWithParam<AnswerCase>
{
};

TEST_P(Init, IsReplayedBeforeTheUnitRuns)
{
    const Outcome outcome = replay(with(GetParam().text));

    EXPECT_EQ(outcome.writes.size(), 1u);
    EXPECT_EQ(outcome.stats.n_answers, 0u);
}

const AnswerCase inits[] = {
    {"EventQueueWrite", "@1 mmio_write 0x100a8 0x0\n"},
    {"EventQueueRead", "@1 mmio_write 0x100ac 0x0\n"},
    {"PageQueueRead", "@1 mmio_write 0x100cc 0x0\n"},
    {"GlobalError", "@1 mmio_write 0x64 0x0\n"},
};

INSTANTIATE_TEST_SUITE_P(Stream, Init, testing::ValuesIn(inits),
                         [](const auto &row) { return row.param.name; });

TEST(Answers, OfAStreamThatBeginsInTheMiddleAreNotReplayed)
{
    const Outcome outcome =
        replay(with("@1 mmio_read 0x20 0xd\n@1 mmio_write 0x100ac 0x1\n@1 mmio_write 0x98 0x1\n"));

    EXPECT_EQ(outcome.stats.n_answers, 1u);
}

TEST(Answers, OfAnotherArchitectureAreReplayed)
{
    Stage stage = with(std::string(enabled) + "@1 mmio_write 0x64 0x1\n");

    stage.arch = SIM_ARCH_VTD;
    EXPECT_EQ(replay(stage).writes.size(), 5u);
}

} // namespace
} // namespace replay
