// SPDX-License-Identifier: BSD-2-Clause
// What a VT-d driver does beside its stream: the status words of its waits, answers to faults and
// page requests; and stores that hardware sees late. Values are typed from the register map (facts
// 1, 4, 5.2, 5.4).
#include <algorithm>
#include <gtest/gtest.h>

#include "tests/unit/kernel-glue/replay/replay_machine.h"

namespace replay
{
namespace
{

enum : uint64_t {
    CAP = 0x8,
    GCMD = 0x18,
    FSTS = 0x34,
    IQH = 0x80,
    IQT = 0x88,
    IQA = 0x90,
    PQH = 0xc0,
    PQT = 0xc8,
    PQA = 0xd0,
    PRS = 0xdc,
    FRCD = 0x200, // CAP.FRO 20h; two records
};

const char vtd_line[] = "@0 iommu 0 vtd 0xfed90000 0x1000\n";
const char on[] = "@1 mmio_write 0x8 0x10020000000 width=8\n" // CAP: FRO 20h, NFR 1
                  "@1 mmio_write 0x90 0x100800 width=8\n"     // 256-bit descriptors at 0x100000
                  "@1 mmio_write 0x18 0x84000000\n";          // TE, QIE

Stage with(const std::string &text)
{
    Stage stage;

    stage.text = vtd_line + text;
    stage.arch = SIM_ARCH_VTD;
    return stage;
}

std::vector<uint64_t> values_at(const Outcome &outcome, uint64_t offset)
{
    std::vector<uint64_t> found;

    for (const Write &write : outcome.writes) {
        if (write.offset == offset)
            found.push_back(write.value);
    }
    return found;
}

// ---- waits

// The status word is software's own: before the wait is submitted it says "in use".
TEST(VtdWait, ItsStatusIsThatOfOneThatIsNotDone)
{
    Stage stage =
        with(std::string(on) + "@1 store QI 0x100000 0x200000025 value_hi=0x300000 width=16\n");

    stage.look_at = {0x300000};
    EXPECT_EQ(replay(stage).memory[0x300000], 0xfffffffdu); // not 2
}

TEST(VtdWait, OtherDescriptorsHaveNone)
{
    for (const char *words : {"0x37 value_hi=0x300000", "0x200000045 value_hi=0x300000"}) {
        Stage stage =
            with(std::string(on) + "@1 store QI 0x100000 " + words + " width=16\n"); // PC; FN alone

        stage.look_at = {0x300000};
        EXPECT_EQ(replay(stage).memory[0x300000], 0u) << words;
    }
}

// A wait for a slot is a wait for the status of the descriptor there; who writes none is done when
// the queue is empty.
TEST(VtdWait, IsOverWhenTheStatusIsThere)
{
    const struct {
        const char *name, *lines;
        uint64_t n_timeouts;
    } cases[] = {
        {"status is written",
         "@1 store QI 0x100000 0x200000025 value_hi=0x300000 width=16\n"
         "@2 store OTHER 0x300000 0x2 width=4\n@3 wait queue 0x100000 index=0\n",
         0},
        {"it never is",
         "@1 store QI 0x100000 0x200000025 value_hi=0x300000 width=16\n"
         "@3 wait queue 0x100000 index=0\n",
         1},
        {"no status, IQH is IQT",
         "@1 store QI 0x100000 0x200000045 value_hi=0x300000 width=16\n"
         "@2 mmio_write 0x88 0x20\n@2 mmio_write 0x80 0x20\n@3 wait queue 0x100000 index=0\n",
         0},
        {"no status, IQH is behind",
         "@1 store QI 0x100000 0x200000045 value_hi=0x300000 width=16\n"
         "@2 mmio_write 0x88 0x20\n@3 wait queue 0x100000 index=0\n",
         1},
        {"another queue's", "@3 wait queue 0x700000 index=0\n", 1},
        {"narrow descriptors: slot 1 is at 16",
         "@1 mmio_write 0x90 0x100000 width=8\n"
         "@1 store QI 0x100010 0x200000025 value_hi=0x300000 width=16\n"
         "@2 store OTHER 0x300000 0x2 width=4\n@3 wait queue 0x100000 index=1\n",
         0},
    };

    for (const auto &c : cases)
        EXPECT_EQ(replay(with(std::string(on) + c.lines)).stats.n_wait_timeouts, c.n_timeouts)
            << c.name;
}

// ---- answers to another machine's hardware

TEST(VtdAnswer, FaultsAndPageRequestsOfTheStreamAreNotReplayed)
{
    const struct {
        const char *name, *line;
        uint64_t offset;
        size_t n_replayed;
    } cases[] = {
        {"FSTS", "@2 mmio_write 0x34 0x1\n", FSTS, 0},
        {"F of record 0", "@2 mmio_write 0x20c 0x80000000\n", FRCD + 12, 0},
        {"F of record 1", "@2 mmio_write 0x21c 0x80000000\n", FRCD + 28, 0},
        {"behind the last record", "@2 mmio_write 0x220 0x1\n", FRCD + 32, 1},
        {"PRS", "@2 mmio_write 0xdc 0x1\n", PRS, 0},
        {"PQT", "@2 mmio_write 0xc8 0x0 width=8\n", PQT, 0},
        {"PQH", "@2 mmio_write 0xc0 0x20 width=8\n", PQH, 0},
        {"PQA", "@2 mmio_write 0xd0 0x200004 width=8\n", PQA, 1},
        {"IQT", "@2 mmio_write 0x88 0x20\n", IQT, 1},
    };

    for (const auto &c : cases) {
        const Outcome outcome = replay(with(std::string(on) + c.line));

        EXPECT_EQ(values_at(outcome, c.offset).size(), c.n_replayed) << c.name;
        EXPECT_EQ(outcome.stats.n_answers, 1 - c.n_replayed) << c.name;
    }
}

// Set-up is no answer: with TE and QIE off all is written, with QIE alone the page queue is.
TEST(VtdAnswer, BeforeItRunsAllIsReplayed)
{
    EXPECT_EQ(values_at(replay(with("@2 mmio_write 0x34 0x1\n")), FSTS).size(), 1u);
    EXPECT_EQ(values_at(replay(with("@1 mmio_write 0x18 0x4000000\n"
                                    "@2 mmio_write 0xc0 0x20 width=8\n")),
                        PQH)
                  .size(),
              1u);
    EXPECT_EQ(values_at(replay(with("@1 mmio_write 0x18 0x4000000\n"
                                    "@2 mmio_write 0x34 0x1\n")),
                        FSTS)
                  .size(),
              0u);
}

// ---- the handlers

TEST(VtdHandler, EmptiesFaultRecordsThenTheStatus)
{
    Stage stage = with("@1 mmio_write 0x34 0x2\n" // PPF; before it runs: the unit's own
                       "@1 mmio_write 0x208 0x8000000000000000 width=8\n" +
                       std::string(on) + "@2 mmio_write 0x1000 0x0\n");

    stage.irq_at = 0x1000;
    stage.irq = SIM_IRQ_FAULT;
    const Outcome outcome = replay(stage);
    EXPECT_EQ(values_at(outcome, FRCD + 12), (std::vector<uint64_t>{0x80000000}));
    EXPECT_EQ(values_at(outcome, FRCD + 28), (std::vector<uint64_t>{}));
    EXPECT_EQ(values_at(outcome, FSTS), (std::vector<uint64_t>{0x2, 0x2}));
    EXPECT_EQ(outcome.stats.n_responses, 2u);
}

// R, LPIG and PRGI 1Dh; the second is not the last of its group; the third is a stop marker.
TEST(VtdHandler, AnswersTheLastRequestOfEachGroup)
{
    Stage stage = with("@1 mmio_write 0xd0 0x200000 width=8\n"
                       "@1 store OTHER 0x200000 0x123453a100101 value_hi=0x10ed width=16\n"
                       "@1 store OTHER 0x200020 0x180001 value_hi=0x10e9 width=16\n"
                       "@1 store OTHER 0x200040 0x180001 value_hi=0x1c width=16\n"
                       "@1 mmio_write 0xc8 0x60 width=8\n"
                       "@1 mmio_write 0xdc 0x1\n" +
                       std::string(on) + "@2 mmio_write 0x1000 0x0\n");

    stage.irq_at = 0x1000;
    stage.irq = SIM_IRQ_PAGE_REQ;
    const Outcome outcome = replay(stage);
    ASSERT_GE(outcome.given.size(), 1u);
    EXPECT_EQ(outcome.given.size(), 1u);
    EXPECT_EQ(outcome.given[0].q0, 0x000123453a100019u); // PGRP response, success, PP
    EXPECT_EQ(outcome.given[0].q1, 0xe8u);
    EXPECT_EQ(values_at(outcome, PQH), (std::vector<uint64_t>{0x60}));
}

// The head goes round: 128 requests in a queue of a page.
TEST(VtdHandler, FollowsThePageQueueRound)
{
    Stage stage = with("@1 mmio_write 0xd0 0x200000 width=8\n"
                       "@1 store OTHER 0x200fe0 0x180001 value_hi=0x10ed width=16\n"
                       "@1 store OTHER 0x200000 0x280001 value_hi=0x10ed width=16\n"
                       "@1 mmio_write 0xc0 0xfe0 width=8\n"
                       "@1 mmio_write 0xc8 0x20 width=8\n" +
                       std::string(on) + "@2 mmio_write 0x1000 0x0\n");

    stage.irq_at = 0x1000;
    stage.irq = SIM_IRQ_PAGE_REQ;
    const Outcome outcome = replay(stage);
    ASSERT_EQ(outcome.given.size(), 2u);
    EXPECT_EQ(outcome.given[0].q0, 0x180009u);
    EXPECT_EQ(outcome.given[1].q0, 0x280009u);
    EXPECT_EQ(values_at(outcome, PQH), (std::vector<uint64_t>{0xfe0, 0x20}));
}

// ---- stores that are late

// What the unit does not see at the end, of words stored as the lines say.
std::vector<uint64_t> hidden(const std::string &lines, bool is_cached, bool has_buffer = false)
{
    std::vector<uint64_t> found;
    Stage stage = with("@0 meta \"barriers\" \"recorded\"\n" + lines);

    stage.is_posted = true;
    stage.is_cached = is_cached;
    stage.has_buffer = has_buffer;
    const Outcome outcome = replay(stage);
    for (const sim_posted::sim_posted_word &word : outcome.hidden)
        found.push_back(word.pa);
    return found;
}

TEST(VtdLate, AStoreIsHiddenUntilItsLineIsFlushed)
{
    const std::string store = "@1 store PASID 0x1008 0x5\n";

    EXPECT_EQ(hidden(store, true), (std::vector<uint64_t>{0x1008}));
    EXPECT_EQ(hidden(store + "@2 barrier flush pa=0x1000\n", true), (std::vector<uint64_t>{}));
    EXPECT_EQ(hidden(store + "@2 barrier flush pa=0x1040\n", true),
              (std::vector<uint64_t>{0x1008}));
    EXPECT_EQ(hidden(store + "@2 barrier full\n", true), (std::vector<uint64_t>{0x1008}));
}

TEST(VtdLate, BothHalvesOfAWideStoreAre)
{
    EXPECT_EQ(hidden("@1 store PASID 0x1000 0x5 value_hi=0x6 width=16\n", true),
              (std::vector<uint64_t>{0x1000, 0x1008}));
    EXPECT_EQ(hidden("@1 store PASID 0x1000 0x5 value_hi=0x6 width=16 atomic\n", true),
              (std::vector<uint64_t>{0x1000, 0x1008}));
}

TEST(VtdLate, DescriptorsAreAlwaysSeen)
{
    EXPECT_EQ(hidden("@1 store QI 0x1000 0x37 width=16\n", true), (std::vector<uint64_t>{}));
}

TEST(VtdLate, AFlushedLineStaysInTheBuffer)
{
    EXPECT_EQ(hidden("@1 store PASID 0x1000 0x5\n@2 barrier flush pa=0x1000\n", true, true),
              (std::vector<uint64_t>{0x1000}));
}

// ECAP.C=1, RWBF: no flush in the stream, and no read finds it.
TEST(VtdLate, WithoutACacheItIsInTheBufferAtOnce)
{
    Stage stage = with("@1 store CTX 0x1000 0x5\n");

    stage.is_posted = true;
    stage.has_buffer = true;
    const Outcome outcome = replay(stage);
    ASSERT_EQ(outcome.hidden.size(), 1u);
    EXPECT_TRUE(outcome.hidden[0].is_in_buffer);
}

TEST(VtdLate, NarrowStoresKeepTheRestOfTheWord)
{
    Stage stage = with("@1 store PASID 0x1000 0x1122334455667788\n"
                       "@2 store PASID 0x1004 0xaabbccdd width=4\n");

    stage.is_posted = true;
    stage.is_cached = true;
    stage.look_at = {0x1000};
    EXPECT_EQ(replay(stage).memory[0x1000], 0xaabbccdd55667788u);
}

TEST(VtdLate, MemoryThatBecomesKnownIsThere)
{
    EXPECT_EQ(hidden("@1 store PASID 0x1000 0x5\n@1 store PASID 0x2000 0x5\n"
                     "@2 memory PASID 0x1000 0x1000\n",
                     true),
              (std::vector<uint64_t>{0x2000}));
}

// A line may leave the cache at any time: with too many, the first does.
TEST(VtdLate, OfTooManyTheOldestIsSeen)
{
    std::string lines;

    for (unsigned i = 0; i < 257; i++)
        lines += "@1 store PASID " + std::to_string(0x1000 + i * 64) + " 0x5\n";
    const std::vector<uint64_t> found = hidden(lines, true);
    EXPECT_EQ(found.size(), 256u);
    EXPECT_EQ(std::count(found.begin(), found.end(), 0x1000u), 0);
}

// Set-up comes first: a stream that says so late is not one of recorded barriers.
TEST(VtdLate, BarriersAreToldFromTheStart)
{
    const std::string meta = "@0 meta \"barriers\" \"recorded\"\n";
    const std::string store = "@0 store PASID 0x1000 0x5\n";
    const std::string unit = vtd_line;

    EXPECT_TRUE(rpl_scanner_end(scan(meta + unit + store).get())->is_recorded_from_start);
    EXPECT_FALSE(rpl_scanner_end(scan(unit + store + meta).get())->is_recorded_from_start);
    EXPECT_FALSE(rpl_scanner_end(scan(unit + store).get())->is_recorded_from_start);
}

} // namespace
} // namespace replay
