// SPDX-License-Identifier: BSD-2-Clause
// Instants, probes on a copy of the state, and the traffic that goes on beside them.
#include <gtest/gtest.h>

#include <algorithm>
#include <set>

#include "sim/traffic/traffic.h"
#include "tests/unit/kernel-glue/replay/replay_machine.h"

namespace replay
{
namespace
{

// The unit's table is at 0x10000; entry 1 is page 0x1000 of IOVA. Domains 0xa and 0xb both map it,
// 0xa also maps 0x3000 and 0xb 0x5000. A pause is a wait that failed.
const char tables[] = "@0 iommu 0 smmuv3 0x9050000 0x10e00\n"
                      "@1 device 0 \"0000:00:01.0\" requester=0x8\n"
                      "@1 mmio_write 0x90 0x100004 width=8\n"
                      "@1 mmio_write 0x80 0x10000 width=8\n"
                      "@1 store OTHER 0x10008 0x7001\n"
                      "@1 map 0xa 0x1000 0x7000 0x1000\n@1 map 0xb 0x1000 0x8000 0x1000\n"
                      "@1 map 0xa 0x3000 0x9000 0x1000\n@1 map 0xb 0x5000 0xa000 0x1000\n";
const char attach[] = "@2 begin drv_attach dev=0 domain=0xa a=0x1\n"
                      "@2 end drv_attach dev=0 domain=0xa a=0x1\n";
const char pause[] = "@5 wait mem 0xf000 mask=0x1 value=0x1 took_ns=20000 ret=-110\n";
const char replace_begin[] = "@3 begin replace dev=0\n"
                             "@3 begin drv_attach dev=0 domain=0xb a=0x1\n";
const char swap[] = "@3 store CD 0x10008 0x0\n" // broken...
                    "@3 mmio_write 0x98 0x1\n@3 wait queue 0x100000 index=0\n"
                    "@3 store CD 0x10008 0x8001\n"; // ...before made
const char replace_end[] = "@3 end drv_attach dev=0 domain=0xb a=0x1\n@3 end replace dev=0\n";

Stage with(const std::string &text)
{
    Stage stage;

    stage.text = tables + text;
    return stage;
}

Stage one_replace()
{
    Stage stage = with(std::string(attach) + replace_begin + swap + replace_end);

    stage.config.cpu.quiet_ns = 2000;
    return stage;
}

void add_traffic(Stage *stage)
{
    sim_param_preset(&traffic_params, "default", &stage->config.traffic);
    stage->config.traffic.kind = TRAFFIC_RANDOM;
    stage->config.seed = 7;
}

// Two register writes and a store come first: the attach begins at 141 ns + quiet time.
const uint64_t attach_ps = 141000 + 2000000;
const uint64_t replace_ps = attach_ps + 2000000;
const uint64_t broken_ps = replace_ps + 1000;
const uint64_t doorbell_ps = broken_ps + 70000;
const uint64_t sync_ps = doorbell_ps + 300000;
const uint64_t made_ps = doorbell_ps + 400000 + 1000; // looks at 100, 250, 400 ns

TEST(Instants, AreTheActsInsideOperationsAndTheQuietTime)
{
    // The end of the attach and the begin of the switch, then what the switch does; its end comes
    // with its last store.
    EXPECT_EQ(replay(one_replace()).instants,
              (std::vector<uint64_t>{2141000, 4141000, broken_ps, doorbell_ps, sync_ps, made_ps}));
}

// What was promised changes at the end of an operation: after it, the old must be gone.
TEST(Instants, TheEndOfAnOperationIsOne)
{
    Stage stage = with("@2 begin unmap domain=0xa a=0x3000 b=0x1000\n"
                       "@2 barrier full\n@2 end unmap domain=0xa\n");

    EXPECT_EQ(replay(stage).instants.size(), 1u);
}

TEST(Instants, BothHalvesOfAStoreCount)
{
    Stage stage = with("@2 begin drv_attach dev=0 domain=0xa a=0x1\n"
                       "@2 store CD 0x10000 0x1 width=16\n@2 end drv_attach dev=0\n");

    EXPECT_EQ(replay(stage).instants, (std::vector<uint64_t>{142000, 143000}));
}

TEST(Instants, OfAnAnswerOfTheStreamDoNotCount)
{
    Stage stage = with("@1 mmio_write 0x20 0x4\n@2 begin drv_attach dev=0 domain=0xa a=0x1\n"
                       "@2 mmio_write 0x100ac 0x1\n@2 end drv_attach dev=0\n");

    EXPECT_EQ(replay(stage).instants, (std::vector<uint64_t>{211000})); // the end alone
}

TEST(Instants, OfAMapThatStandsAloneCountUnlessSwitchedOff)
{
    Stage stage = with("@2 begin map domain=0xa a=0x3000 b=0x1000\n"
                       "@2 store PTE 0x10018 0x9001\n@2 end map domain=0xa\n");

    stage.config.probe.map_ops = 0;
    EXPECT_TRUE(replay(stage).instants.empty());
    stage.config.probe.map_ops = 1;
    EXPECT_EQ(replay(stage).instants, (std::vector<uint64_t>{142000}));
}

TEST(Instants, OfAMapInsideAReplaceCount)
{
    Stage stage = with("@2 begin replace dev=0\n@2 begin map domain=0xa a=0x3000 b=0x1000\n"
                       "@2 store PTE 0x10018 0x9001\n@2 end map domain=0xa\n"
                       "@2 end replace dev=0\n");

    EXPECT_EQ(replay(stage).instants, (std::vector<uint64_t>{141000, 142000}));
}

TEST(Instants, OfALongOperationAreThinnedButNotThoseOfItsSwitch)
{
    std::string text = attach;

    text += "@3 begin replace dev=0\n@3 begin map domain=0xb a=0x0 b=0x1000\n";
    for (int i = 0; i < 5000; i++)
        text += "@3 store PTE 0x20000 0x1\n";
    text += "@3 end map domain=0xb\n@3 begin drv_attach dev=0 domain=0xb a=0x1\n";
    for (int i = 0; i < 40; i++)
        text += "@3 store CD 0x10008 0x8001\n";
    text += replace_end;
    Stage stage = with(text);
    stage.config.probe.max_instants = 100;
    const Outcome outcome = replay(stage);
    EXPECT_EQ(outcome.instants.size(), 100u);
    EXPECT_EQ(outcome.stats.n_instants, 100u);
    EXPECT_EQ(outcome.stats.n_instants_left_out, 4942u);
    const uint64_t switch_ps = 141000 + 5000000; // nothing rests here: quiet times are 0
    const auto n_switch = std::count_if(outcome.instants.begin(), outcome.instants.end(),
                                        [=](uint64_t t) { return t > switch_ps; });
    EXPECT_EQ(n_switch, 40);
    // Spread over the whole build: no gap is longer than 5 times the mean.
    for (size_t i = 1; i < 60; i++)
        EXPECT_LE(outcome.instants[i] - outcome.instants[i - 1], 5 * 5000000u / 60);
}

/* ---- probes ---- */

Stage probed(uint64_t at_ps)
{
    Stage stage = one_replace();

    stage.probe_at = {at_ps};
    stage.config.probe.around_ps = 0;
    return stage;
}

struct ViewCase {
    const char *name;
    uint64_t at_ps; // a request takes 100 ns until it reads the table
    int status;
    uint64_t pa;
    uint64_t issue_seq, answer_seq;
};

class View : public testing::TestWithParam<ViewCase>
{
};

// Records 1..9 make the tables, 10 and 11 the attach; 12 and 13 begin the replace, 14 breaks, 15
// rings, 16 waits, 17 makes, 18 and 19 end it.
TEST_P(View, OfARequestAtOneInstant)
{
    const Outcome outcome = replay(probed(GetParam().at_ps));

    ASSERT_GE(outcome.probes.size(), 1u);
    const sim_dma_seen &probe = outcome.probes[0];
    EXPECT_EQ(probe.iova, 0x1000u);
    EXPECT_EQ(probe.requester, 8u);
    EXPECT_EQ(probe.dev, 0u);
    EXPECT_EQ(probe.issue_ps, GetParam().at_ps);
    EXPECT_EQ(probe.answer_ps, GetParam().at_ps + 100000);
    EXPECT_EQ(probe.status, GetParam().status);
    EXPECT_EQ(probe.pa, GetParam().pa);
    EXPECT_EQ(probe.event, GetParam().pa ? 0u : 0x10u);
    EXPECT_EQ(probe.issue_seq, GetParam().issue_seq);
    EXPECT_EQ(probe.answer_seq, GetParam().answer_seq);
    EXPECT_EQ(outcome.answers.size(), 0u);
}

const ViewCase views[] = {
    {"OldUntilTheTableIsRead", broken_ps - 100001, SIM_DMA_OK, 0x7000, 11, 13},
    // At one instant software goes first.
    {"BrokenWhenReadWithTheStore", broken_ps - 100000, SIM_DMA_ABORT, 0, 11, 14},
    {"BrokenInBetween", doorbell_ps, SIM_DMA_ABORT, 0, 15, 15},
    {"BrokenUntilMade", made_ps - 100001, SIM_DMA_ABORT, 0, 15, 16},
    {"MadeWhenReadWithTheStore", made_ps - 100000, SIM_DMA_OK, 0x8000, 15, 19},
    {"NewAfterwards", made_ps + 5000, SIM_DMA_OK, 0x8000, 19, 19},
};

INSTANTIATE_TEST_SUITE_P(Probe, View, testing::ValuesIn(views),
                         [](const auto &row) { return row.param.name; });

TEST(Probe, LooksBeforeAtAndAfterAnInstant)
{
    Stage stage = probed(broken_ps);

    stage.config.probe.around_ps = 700;
    const Outcome outcome = replay(stage);
    ASSERT_EQ(outcome.probes.size(), 3u);
    EXPECT_EQ(outcome.probes[0].issue_ps, broken_ps - 700);
    EXPECT_EQ(outcome.probes[1].issue_ps, broken_ps);
    EXPECT_EQ(outcome.probes[2].issue_ps, broken_ps + 700);
    EXPECT_EQ(outcome.stats.n_probes, 3u);
}

TEST(Probe, InstantsThatFallTogetherAreOne)
{
    Stage stage = probed(broken_ps);

    stage.probe_at = {broken_ps, broken_ps + 700, broken_ps + 1400};
    stage.config.probe.around_ps = 700;
    EXPECT_EQ(replay(stage).probes.size(), 5u);
}

TEST(Probe, IsToldAfterTheRecordsItCouldKnowAndBeforeTheNext)
{
    Stage stage = one_replace();

    stage.config.probe.around_ps = 50000;
    for (uint64_t t = replace_ps - 90000; t < made_ps + 200000; t += 7777)
        stage.probe_at.push_back(t);
    const Outcome outcome = replay(stage);
    ASSERT_GT(outcome.probes.size(), 200u);
    for (size_t i = 0; i < outcome.probes.size(); i++)
        EXPECT_EQ(outcome.probe_told[i], outcome.probes[i].answer_seq);
}

// The only slot is taken by a request of the stream, for 100 ns from when it is sent.
Stage without_a_slot(const std::string &dmas)
{
    Stage stage = one_replace();

    stage.text = std::string(tables) + attach + replace_begin + dmas + swap + replace_end;
    stage.n_slots = 1;
    stage.config.probe.around_ps = 0;
    stage.probe_at = {replace_ps};
    return stage;
}

TEST(Probe, ThatFindsNoSlotTriesAgain)
{
    const Outcome outcome = replay(without_a_slot("@2 dma 0x8 0x1000 64 r\n"));
    ASSERT_EQ(outcome.probes.size(), 1u);
    EXPECT_EQ(outcome.probes[0].issue_ps, replace_ps + 100000);
    ASSERT_EQ(outcome.answers.size(), 1u);
    EXPECT_EQ(outcome.answers[0].answer_ps, replace_ps + 100000);
}

TEST(Probe, TakesTheFirstSlotThoughOthersWaitForIt)
{
    const Outcome outcome =
        replay(without_a_slot("@2 dma 0x8 0x1000 64 r\n@2 dma 0x8 0x1000 64 r\n"));
    ASSERT_EQ(outcome.probes.size(), 1u);
    EXPECT_EQ(outcome.probes[0].issue_ps, replace_ps + 100000);
}

TEST(Probe, WithoutAnAnswerIsCountedAndToldAsPending)
{
    Stage stage = probed(broken_ps);

    stage.config.probe.limit_ns = 99;
    const Outcome outcome = replay(stage);
    ASSERT_EQ(outcome.probes.size(), 1u);
    EXPECT_EQ(outcome.probes[0].status, SIM_DMA_PENDING);
    EXPECT_EQ(outcome.stats.n_probes_unanswered, 1u);
}

TEST(Probe, TellsWhatMakesItsAnswerDoubtful)
{
    Stage stage = probed(broken_ps);

    stage.emits_unknown = true;
    const Outcome outcome = replay(stage);
    ASSERT_EQ(outcome.probes.size(), 1u);
    const auto n = std::count_if(outcome.facts.begin(), outcome.facts.end(), [&](const Fact &fact) {
        return fact.kind == SIM_FACT_UNKNOWN_READ && fact.seq == outcome.probes[0].answer_seq;
    });
    EXPECT_EQ(n, 1);
}

TEST(Probe, AlternatesReadsAndWritesOverSpreadAddresses)
{
    Stage stage = probed(replace_ps + 500);

    stage.text = std::string("@0 iommu 0 smmuv3 0x9050000 0x10e00\n"
                             "@1 device 0 \"0000:00:01.0\" requester=0x8\n"
                             "@1 map 0xa 0x100000 0x7000000 0x10000\n"
                             "@1 map 0xb 0x102000 0x7000000 0x20000\n"
                             "@1 map 0xa 0x400000 0x7000000 0x4000\n"
                             "@1 map 0xb 0x400000 0x7000000 0x3000\n"
                             "@1 map 0xa 0x500000 0x7000000 0x5000\n"
                             "@1 map 0xb 0x500000 0x7000000 0x6000\n"
                             "@1 map 0xa 0x900000 0x7000000 0x1000\n") +
                 attach + replace_begin + "@3 store CD 0x10008 0x0\n" + replace_end;
    stage.probe_at = {4000500};
    const Outcome outcome = replay(stage);
    ASSERT_EQ(outcome.probes.size(), 3u);
    EXPECT_EQ(outcome.probes[0].iova, 0x102000u); // first page of what is common
    EXPECT_EQ(outcome.probes[0].access, SIM_DMA_READ);
    EXPECT_EQ(outcome.probes[1].iova, 0x401000u); // middle of the middle
    EXPECT_EQ(outcome.probes[1].access, SIM_DMA_WRITE);
    EXPECT_EQ(outcome.probes[2].iova, 0x504000u); // last page
    EXPECT_EQ(outcome.probes[2].access, SIM_DMA_READ);
}

std::set<uint64_t> probed_addresses(const std::string &text, uint64_t at_ps)
{
    Stage stage;
    std::set<uint64_t> found;

    stage.text = "@0 iommu 0 smmuv3 0x9050000 0x10e00\n"
                 "@1 device 0 \"0000:00:01.0\" requester=0x8\n" +
                 text;
    stage.config.probe.around_ps = 0;
    stage.probe_at = {at_ps};
    for (const sim_dma_seen &probe : replay(stage).probes)
        found.insert(probe.iova);
    return found;
}

TEST(Probe, WithoutCommonAddressesTriesTheFirstOfEach)
{
    EXPECT_EQ(
        probed_addresses("@1 map 0xa 0x1000 0x7000 0x1000\n@1 map 0xb 0x9000 0x7000 0x4000\n" +
                             std::string(attach) + replace_begin + "@3 store CD 0x10008 0x0\n" +
                             replace_end,
                         500),
        (std::set<uint64_t>{0x1000, 0x9000}));
}

TEST(Probe, OfADetachTriesWhatTheOldDomainMapped)
{
    EXPECT_EQ(probed_addresses("@1 map 0xa 0x1000 0x7000 0x3000\n" + std::string(attach) +
                                   "@3 begin detach dev=0\n@3 begin drv_attach dev=0 domain=0x1\n"
                                   "@3 store CD 0x10008 0x0\n@3 end drv_attach dev=0 domain=0x1\n"
                                   "@3 end detach dev=0\n",
                               500),
              (std::set<uint64_t>{0x1000, 0x2000, 0x3000}));
}

TEST(Probe, OfAnAttachTriesWhatWillBeMapped)
{
    EXPECT_EQ(probed_addresses("@3 begin attach dev=0\n"
                               "@3 begin drv_attach dev=0 domain=0xc a=0x1\n"
                               "@3 store CD 0x10008 0x0\n"
                               "@3 end drv_attach dev=0 domain=0xc a=0x1\n"
                               "@3 begin map domain=0xc a=0x8000 b=0x1000\n"
                               "@3 map 0xc 0x8000 0x7000 0x1000\n@3 end map domain=0xc\n"
                               "@3 end attach dev=0\n",
                               500),
              (std::set<uint64_t>{0x8000}));
}

TEST(Probe, OfAMapTriesItsRange)
{
    Stage stage = with(std::string(attach) + "@3 begin map domain=0xa a=0x8000 b=0x3000\n" +
                       "@3 store PTE 0x10040 0x0\n@3 end map domain=0xa\n");

    stage.config.probe.map_ops = 1;
    stage.config.probe.around_ps = 0;
    stage.probe_at = {141500};
    const Outcome outcome = replay(stage);
    ASSERT_EQ(outcome.probes.size(), 3u);
    EXPECT_EQ(outcome.probes[0].iova, 0x8000u);
    EXPECT_EQ(outcome.probes[1].iova, 0x9000u);
    EXPECT_EQ(outcome.probes[2].iova, 0xa000u);
}

TEST(Probe, OfAPasidCarriesIt)
{
    Stage stage = with("@2 map 0xb 0x1000 0x17000 0x9000\n"
                       "@2 begin set_pasid dev=0 pasid=0x5 domain=0xb\n"
                       "@2 store CD 0x10008 0x0\n"
                       "@2 end set_pasid dev=0 pasid=0x5 domain=0xb\n");

    stage.config.probe.around_ps = 0;
    stage.probe_at = {141500};
    const Outcome outcome = replay(stage);
    ASSERT_FALSE(outcome.probes.empty());
    for (const sim_dma_seen &probe : outcome.probes) {
        EXPECT_TRUE(probe.has_pasid);
        EXPECT_EQ(probe.pasid, 5u);
    }
}

// After its end the page must be gone: that is the moment to look at it, though no domain has it
// now.
TEST(Probe, OfAnUnmapOfOnePageStaysAtThatPage)
{
    Stage stage = with(std::string(attach) + "@3 begin unmap domain=0xa a=0x3000 b=0x1000\n" +
                       "@3 store PTE 0x10018 0x0\n@3 unmap 0xa 0x3000 0x1000 0x1000\n"
                       "@3 end unmap domain=0xa\n@3 store PTE 0x10020 0x0\n");

    stage.config.probe.map_ops = 1;
    stage.config.probe.around_ps = 0;
    stage.probe_at = {141500, 142500};
    const Outcome outcome = replay(stage);
    ASSERT_EQ(outcome.probes.size(), 2u);
    EXPECT_EQ(outcome.probes[0].iova, 0x3000u);
    EXPECT_EQ(outcome.probes[1].iova, 0x3000u);
}

// Once another operation is looked at, its device is a bystander, and tries what it has.
TEST(Probe, OfABystanderDoesNotStayAtAPageThatIsGone)
{
    Stage stage = with("@1 device 1 \"0000:00:02.0\" requester=0x10\n"
                       "@1 map 0xd 0x6000 0x7000 0x1000\n"
                       "@2 begin drv_attach dev=1 domain=0xd a=0x1\n"
                       "@2 end drv_attach dev=1 domain=0xd a=0x1\n" +
                       std::string(attach) +
                       "@3 begin unmap domain=0xa a=0x1000 b=0x1000\n"
                       "@3 unmap 0xa 0x1000 0x1000 0x1000\n@3 end unmap domain=0xa\n"
                       "@3 begin unmap domain=0xd a=0x6000 b=0x1000\n"
                       "@3 store PTE 0x10030 0x0\n@3 end unmap domain=0xd\n");

    stage.config.probe.map_ops = 1;
    stage.config.probe.around_ps = 0;
    stage.probe_at = {141500};
    const Outcome outcome = replay(stage);
    ASSERT_EQ(outcome.probes.size(), 2u);
    EXPECT_EQ(outcome.probes[0].iova, 0x3000u);
    EXPECT_EQ(outcome.probes[1].iova, 0x6000u);
}

// Of six maps with a bound of three each second one is looked at: their moments are the stores.
TEST(Instants, OfManyMapsAreSpreadEvenly)
{
    std::string maps;

    for (int i = 0; i < 6; i++)
        maps += "@2 begin map domain=0xa a=0x3000 b=0x1000\n@2 store PTE 0x10018 0x9001\n"
                "@2 end map domain=0xa\n";
    Stage stage = with(maps);
    stage.config.probe.max_map_ops = 6;
    const Outcome all = replay(stage);
    stage.config.probe.max_map_ops = 3;
    const Outcome half = replay(stage);
    ASSERT_EQ(all.instants.size(), 6u);
    ASSERT_EQ(half.instants.size(), 3u);
    for (size_t i = 0; i < 3; i++)
        EXPECT_EQ(half.instants[i], all.instants[2 * i]);
    EXPECT_EQ(all.stats.n_map_ops_left_out, 0u);
    EXPECT_EQ(half.stats.n_map_ops_left_out, 3u);
}

TEST(Probe, LooksAtABystanderOnce)
{
    Stage stage = with("@1 device 1 \"0000:00:02.0\" requester=0x10\n"
                       "@1 map 0xd 0x1000 0x7000 0x9000\n"
                       "@2 begin drv_attach dev=1 domain=0xd a=0x1\n"
                       "@2 end drv_attach dev=1 domain=0xd a=0x1\n" +
                       std::string(attach) + replace_begin + swap + replace_end);

    stage.config.probe.around_ps = 0;
    stage.probe_at = {141500};
    const Outcome outcome = replay(stage);
    ASSERT_EQ(outcome.probes.size(), 2u);
    EXPECT_EQ(outcome.probes[0].requester, 8u);
    EXPECT_EQ(outcome.probes[1].requester, 0x10u);
}

/* ---- no trace ---- */

class Mode : public testing::TestWithParam<rpl_cpu_time>
{
};

TEST_P(Mode, ProbesLeaveNoTrace)
{
    Stage stage = with(std::string(attach) + pause + replace_begin + pause + swap + replace_end +
                       "@4 store OTHER 0x30000 0x1\n" + "@4 begin replace dev=0\n" +
                       "@4 begin drv_attach dev=0 domain=0xa a=0x1\n" +
                       "@4 store CD 0x10000 0x1 value_hi=0x7001 width=16\n@4 mmio_write 0x98 0x2\n"
                       "@4 wait queue 0x100000 index=1\n"
                       "@4 end drv_attach dev=0 domain=0xa a=0x1\n@4 end replace dev=0\n"
                       "@4 dma 0x8 0x1000 64 r\n@4 dma 0x8 0x2000 64 r\n");
    stage.text = "@0 iommu 0 smmuv3 0x9050000 0x10e00\n@0 mmio_write 0xa0 0x200004 width=8\n"
                 "@0 mmio_write 0x50 0x5\n@0 mmio_write 0x20 0xd\n" +
                 stage.text;
    stage.config.cpu_time = GetParam();
    stage.config.scale_ppm = 300000;
    stage.event_at_prod = 1;
    stage.n_events = 5; // the handler is at work too
    stage.look_at = {0x10008, 0x10010, 0x30000};
    stage.config.cpu.quiet_ns = 3000;
    add_traffic(&stage);
    const Outcome plain = replay(stage);
    stage.probe_at = plain.instants;
    const Outcome looked_at = replay(stage);

    ASSERT_GT(plain.answers.size(), 100u);
    ASSERT_GT(looked_at.probes.size(), 300u);
    EXPECT_EQ(plain.facts, looked_at.facts);
    EXPECT_EQ(plain.writes, looked_at.writes);
    EXPECT_EQ(plain.memory, looked_at.memory);
    EXPECT_EQ(plain.stats.end_ps, looked_at.stats.end_ps);
    EXPECT_EQ(plain.stats.n_responses, looked_at.stats.n_responses);
    EXPECT_EQ(plain.stats.n_records, looked_at.stats.n_records);
    ASSERT_EQ(plain.records.size(), looked_at.records.size());
    for (size_t i = 0; i < plain.records.size(); i++) {
        EXPECT_EQ(plain.records[i].start_ps, looked_at.records[i].start_ps);
        EXPECT_EQ(plain.records[i].end_ps, looked_at.records[i].end_ps);
    }
    ASSERT_EQ(plain.answers.size(), looked_at.answers.size());
    for (size_t i = 0; i < plain.answers.size(); i++) {
        EXPECT_EQ(plain.answers[i].issue_ps, looked_at.answers[i].issue_ps);
        EXPECT_EQ(plain.answers[i].answer_ps, looked_at.answers[i].answer_ps);
        EXPECT_EQ(plain.answers[i].iova, looked_at.answers[i].iova);
        EXPECT_EQ(plain.answers[i].pa, looked_at.answers[i].pa);
    }
}

INSTANTIATE_TEST_SUITE_P(CpuTime, Mode,
                         testing::Values(RPL_CPU_MODEL, RPL_CPU_TRACE, RPL_CPU_ZERO,
                                         RPL_CPU_SCALE));

TEST(Replay, TwoRunsAreTheSame)
{
    Stage stage = one_replace();

    add_traffic(&stage);
    const Outcome first = replay(stage);
    const Outcome second = replay(stage);
    EXPECT_EQ(first.facts, second.facts);
    EXPECT_EQ(first.instants, second.instants);
    EXPECT_EQ(first.stats.end_ps, second.stats.end_ps);
}

/* ---- traffic follows the domain ---- */

// Addresses of the pages that requests asked for while records first..last were the newest.
std::set<uint64_t> pages(const Outcome &outcome, uint64_t first_seq, uint64_t last_seq)
{
    std::set<uint64_t> found;

    for (const sim_dma_seen &answer : outcome.answers) {
        if (answer.issue_seq >= first_seq && answer.issue_seq <= last_seq)
            found.insert(answer.iova & ~0xfffull);
    }
    return found;
}

Stage with_traffic(const std::string &text)
{
    Stage stage = with(text);

    stage.config.cpu.quiet_ns = 20000;
    add_traffic(&stage);
    return stage;
}

TEST(Traffic, UsesWhatTheDomainMaps)
{
    const Outcome outcome = replay(with_traffic(attach));

    EXPECT_TRUE(pages(outcome, 0, 10).empty()); // nothing before the attach is over
    EXPECT_EQ(pages(outcome, 11, 99), (std::set<uint64_t>{0x1000, 0x3000}));
}

TEST(Traffic, UsesWhatBothDomainsMapInsideASwitch)
{
    const Outcome outcome =
        replay(with_traffic(std::string(attach) + replace_begin + pause + replace_end));

    EXPECT_EQ(pages(outcome, 11, 11), (std::set<uint64_t>{0x1000, 0x3000}));
    EXPECT_EQ(pages(outcome, 13, 14), (std::set<uint64_t>{0x1000}));
    EXPECT_EQ(pages(outcome, 16, 99), (std::set<uint64_t>{0x1000, 0x5000}));
}

TEST(Traffic, GoesBackToTheOldDomainWhenTheSwitchFails)
{
    const Outcome outcome = replay(with_traffic(
        std::string(attach) + replace_begin + pause +
        "@3 end drv_attach dev=0 domain=0xb a=0x1 ret=-22\n@3 end replace dev=0 ret=-22\n"));

    EXPECT_EQ(pages(outcome, 13, 14), (std::set<uint64_t>{0x1000}));
    EXPECT_EQ(pages(outcome, 16, 99), (std::set<uint64_t>{0x1000, 0x3000}));
}

TEST(Traffic, GoesOnAfterADetach)
{
    const Outcome outcome = replay(with_traffic(
        std::string(attach) + "@3 begin detach dev=0\n@3 begin drv_attach dev=0 domain=0x1\n" +
        pause + "@3 end drv_attach dev=0 domain=0x1\n@3 end detach dev=0\n"));

    EXPECT_EQ(pages(outcome, 13, 14), (std::set<uint64_t>{0x1000, 0x3000}));
    EXPECT_FALSE(pages(outcome, 16, 99).empty());
}

} // namespace
} // namespace replay
