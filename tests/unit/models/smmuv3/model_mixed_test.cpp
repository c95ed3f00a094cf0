// SPDX-License-Identifier: BSD-2-Clause
// Parts of the model that meet: ATS with stage 2, with walks that are shared, with stalls, with a
// full event queue (3.9.1, 3.12, 3.13.7, 7.2, 13.7).
#include "tests/unit/models/smmuv3/mixed_bench.h"

namespace
{

using namespace mixed;

// ---- flags in memory, of both stages (3.13.7) ----

constexpr uint64_t kClean1 = kS1Ro | kDbm;

// Pages 1: clean in both stages.
void make_clean(MixedBench &b, uint64_t eats)
{
    b.make_updating(eats);
    b.store(leaf_slot(0, 0x1000), page(0x201000) | kClean1);
    b.store(s2_slot(0, 0x201000), (s2_page(0x1000201000) & ~kS2W) | kDbm);
}

TEST(SmmuMixedUpdate, ARequestToWriteMakesBothStagesDirty)
{
    for (const char *preset : presets) {
        MixedBench b(ats_config(preset, kHttu));

        make_clean(b, kFull);
        b.boot_checked();
        const Answer a = b.ask(0x1123);
        EXPECT_EQ(a.pa, 0x1000201123u) << preset;
        EXPECT_EQ(a.granted, kRw) << preset;
        EXPECT_EQ(b.s1_leaf(0x1000), page(0x201000) | kDbm) << preset;
        EXPECT_EQ(b.s2_leaf(0x201000), s2_page(0x1000201000) | kDbm) << preset;
    }
}

TEST(SmmuMixedUpdate, ARequestToReadMakesNothingDirty)
{
    for (const char *preset : presets) {
        MixedBench b(ats_config(preset, kHttu));

        make_clean(b, kFull);
        b.boot_checked();
        EXPECT_EQ(b.ask(0x1123, kR).granted, kR) << preset;
        EXPECT_EQ(b.s1_leaf(0x1000), page(0x201000) | kClean1) << preset;
        EXPECT_EQ(b.s2_leaf(0x201000), (s2_page(0x1000201000) & ~kS2W) | kDbm) << preset;
    }
}

TEST(SmmuMixedUpdate, WhatStageOneMakesReadOnlyStaysCleanInBoth)
{
    for (const char *preset : presets) {
        MixedBench b(ats_config(preset, kHttu));

        make_clean(b, kFull);
        b.store(leaf_slot(0, 0x1000), page(0x201000) | kS1Ro); // no DBM
        b.boot_checked();
        for (unsigned i = 0; i < 2; i++) { // the second finds stage 2 in caches
            EXPECT_EQ(b.ask(0x1123).granted, kR) << preset;
            EXPECT_EQ(b.s1_leaf(0x1000), page(0x201000) | kS1Ro) << preset;
            EXPECT_EQ(b.s2_leaf(0x201000), (s2_page(0x1000201000) & ~kS2W) | kDbm) << preset;
        }
    }
}

TEST(SmmuMixedUpdate, ARequestSetsTheAccessFlagOfBothStages)
{
    for (const char *preset : presets) {
        MixedBench b(ats_config(preset, kHttu));

        b.make_updating(kFull);
        b.store(leaf_slot(0, 0x1000), page(0x201000) & ~kAf);
        b.store(s2_slot(0, 0x201000), s2_page(0x1000201000) & ~kAf);
        b.store(s2_slot(0, space(0) + 0x2000), s2_page(space(0) + 0x2000) & ~kAf);
        b.boot_checked();
        EXPECT_EQ(b.ask(0x1123, kR).granted, kR) << preset;
        EXPECT_EQ(b.s1_leaf(0x1000), page(0x201000)) << preset;
        EXPECT_EQ(b.s2_leaf(0x201000), s2_page(0x1000201000)) << preset;
        EXPECT_EQ(b.s2_leaf(space(0) + 0x2000), s2_page(space(0) + 0x2000)) << preset;
    }
}

// What stage 1 does not let in is not looked up in stage 2 at all.
TEST(SmmuMixedUpdate, ARequestWithoutAnyRightInStageOneLeavesStageTwoAlone)
{
    MixedBench b(ats_config("zero", kHttu));

    b.make_updating(kFull);
    b.store(leaf_slot(0, 0x1000), 0x201000 | 0xf03); // privileged only
    b.store(s2_slot(0, 0x201000), s2_page(0x1000201000) & ~kAf);
    b.boot_checked(kRecCfgAts);
    EXPECT_EQ(b.ask(0x1123).granted, 0u);
    EXPECT_EQ(b.s2_leaf(0x201000), s2_page(0x1000201000) & ~kAf);
    EXPECT_EQ(b.n_accesses(s2_slot(0, 0x201000), 8), 0u);
    EXPECT_EQ(b.n_events(), 0u);
}

// A translated write under split-stage ATS is the first that stage 2 may see.
TEST(SmmuMixedUpdate, ATranslatedWriteMakesStageTwoDirty)
{
    MixedBench b(ats_config("zero", kHttu));

    make_clean(b, kSplit);
    b.boot_checked();
    EXPECT_EQ(b.send(0x201123, kR).pa, 0x1000201123u);
    EXPECT_EQ(b.s2_leaf(0x201000), (s2_page(0x1000201000) & ~kS2W) | kDbm);
    EXPECT_EQ(b.send(0x201123, kW).pa, 0x1000201123u);
    EXPECT_EQ(b.s2_leaf(0x201000), s2_page(0x1000201000) | kDbm);
}

// ---- what a request is granted (13.7.1) ----

constexpr unsigned kX = SIM_DMA_EXECUTE, kPriv8 = SIM_DMA_PRIVILEGED;
constexpr uint64_t kPrivateRw = 0x703, kSharedRw = 0x743; // pages: AP=00, AP=01
constexpr uint64_t kUxn = UINT64_C(1) << 54;
constexpr uint64_t kInstData = UINT64_C(2) << 50, kInstInst = UINT64_C(3) << 50; // STE q1
constexpr uint64_t kUnprivileged = UINT64_C(2) << 48, kPrivileged = UINT64_C(3) << 48;

struct Rights {
    const char *name;
    uint64_t overrides;
    uint64_t leaf;
    unsigned asked, granted;
};
MACHINE_CASES(Rights)

const Rights rights[] = {
    {"read_and_write", 0, kSharedRw, kRw, kRw},
    {"no_more_than_asked", 0, kSharedRw, kR, kR},
    {"all", 0, kSharedRw, kRw | kX, kRw | kX},
    {"not_executable", 0, kSharedRw | kUxn, kRw | kX, kRw},
    {"execute_only_is_nothing", 0, kPrivateRw, kRw | kX, 0},
    {"execute_only_as_instructions", kInstInst, kPrivateRw, kR | kX, kR | kX},
    {"execute_only_as_instructions_not_asked", kInstInst, kPrivateRw, kR, kR},
    {"not_executable_as_instructions", kInstInst, kSharedRw | kUxn, kRw | kX, kW},
    {"not_executable_as_data", kInstData, kSharedRw | kUxn, kR | kX, kR | kX},
    {"privileged", 0, kPrivateRw | kUxn, kRw | kPriv8, kRw},
    {"made_privileged", kPrivileged, kPrivateRw | kUxn, kRw, kRw},
    {"made_unprivileged", kUnprivileged, kPrivateRw | kUxn, kRw | kPriv8, 0},
};

class SmmuMixedRights : public testing::TestWithParam<Rights>
{
};
INSTANTIATE_TEST_SUITE_P(Rows, SmmuMixedRights, testing::ValuesIn(rights), name_of<Rights>);

TEST_P(SmmuMixedRights, AreWhatIsAskedForAndPermitted)
{
    const Rights &t = GetParam();
    MixedBench b(ats_config());
    Request r(1, 0x1123, t.asked, 3);

    b.make_stream(1, 0, 1);
    b.store(kStreams + 64, {cds_of(1) | 0xb | UINT64_C(4) << 59, kFull | t.overrides}); // 16 CDs
    b.cd(1, 3, {cd_q0(1), space(0), 0, 0xff});
    b.store(leaf_slot(0, 0x1000), 0x201000 | t.leaf);
    b.boot_checked(kRecCfgAts);
    r.dma.kind = SIM_DMA_TRANSLATION_REQUEST;
    b.submit(r);
    b.settle();
    EXPECT_EQ(r.dma.status, SIM_DMA_OK);
    EXPECT_EQ(r.dma.granted, t.granted);
    EXPECT_EQ(b.n_events(), 0u);
}

// ---- one walk for two requests of a page ----

// What each of two requests gets that come at the same time, one of them a translation request.
struct Twins {
    const char *name;
    bool is_nested;
    uint64_t s1_bits, s2_clear, s2_set; // of the two leaves
    unsigned asked;                     // by the translation request
    unsigned access;                    // of the other
    unsigned granted;
    uint8_t status;
    uint64_t s1_after; // bits as s1_bits
};
MACHINE_CASES(Twins)

const Twins twins[] = {
    {"all_allowed", false, 0, 0, 0, kRw, kW, kRw, SIM_DMA_OK, 0},
    {"read_only", false, kS1Ro, 0, 0, kRw, kR, kR, SIM_DMA_OK, kS1Ro},
    {"read_only_and_a_write", false, kS1Ro, 0, 0, kRw, kW, kR, SIM_DMA_ABORT, kS1Ro},
    {"clean_both_read", false, kClean1, 0, 0, kR, kR, kR, SIM_DMA_OK, kClean1},
    {"clean_and_a_write", false, kClean1, 0, 0, kR, kW, kR, SIM_DMA_OK, kDbm},
    {"clean_and_asked_to_write", false, kClean1, 0, 0, kRw, kR, kRw, SIM_DMA_OK, kDbm},
    {"nested_all_allowed", true, 0, 0, 0, kRw, kW, kRw, SIM_DMA_OK, 0},
    {"nested_clean_and_a_write", true, kClean1, 0, 0, kR, kW, kR, SIM_DMA_OK, kDbm},
    {"nested_clean_and_asked_to_write", true, kClean1, 0, 0, kRw, kR, kRw, SIM_DMA_OK, kDbm},
    {"nested_read_only_in_stage_two", true, 0, kS2W, 0, kRw, kR, kR, SIM_DMA_OK, 0},
    // Nothing for who asks to read, and all for who only writes.
    {"nested_write_only_in_stage_two", true, 0, kS2R, 0, kR, kW, 0, SIM_DMA_OK, 0},
};

class SmmuMixedTwins : public testing::TestWithParam<Twins>
{
};
INSTANTIATE_TEST_SUITE_P(Rows, SmmuMixedTwins, testing::ValuesIn(twins), name_of<Twins>);

void run_twins(const char *preset, const Twins &t, bool is_ats_first, uint64_t apart_ps)
{
    MixedBench b(ats_config(preset, kHttu));
    Request asks(1, 0x1120, t.asked), uses(1, 0x1128, t.access);

    if (t.is_nested) {
        b.make_updating(kFull);
        if (!(t.s1_bits & kDbm))
            b.store(cds_of(1), cd_q0(1));
        b.store(s2_slot(0, 0x201000), (s2_page(0x1000201000) & ~t.s2_clear) | t.s2_set);
    } else {
        b.make_stream(1, 0, 1);
        b.store(cds_of(1), cd_q0(1) | kHaHd);
        b.eats(kFull);
    }
    b.store(leaf_slot(0, 0x1000), page(0x201000) | t.s1_bits);
    b.boot_checked();
    asks.dma.kind = SIM_DMA_TRANSLATION_REQUEST;
    b.submit(is_ats_first ? asks : uses);
    test_machine_run_until(b.m, test_machine_now_ps(b.m) + apart_ps);
    b.submit(is_ats_first ? uses : asks);
    b.settle();
    const uint64_t pa = t.is_nested ? 0x1000201000 : 0x201000;
    EXPECT_EQ(asks.n_answers, 1u);
    EXPECT_EQ(uses.n_answers, 1u);
    EXPECT_EQ(asks.dma.status, SIM_DMA_OK);
    // Who asks to read may be given more once another has made the page dirty, but need not.
    EXPECT_EQ(asks.dma.granted, t.granted);
    if (t.granted) {
        EXPECT_EQ(asks.dma.pa, pa | 0x120);
    }
    EXPECT_EQ(uses.dma.status, t.status);
    if (t.status == SIM_DMA_OK) {
        EXPECT_EQ(uses.dma.pa, pa | 0x128);
    }
    EXPECT_EQ(b.n_events(), t.status == SIM_DMA_OK ? 0u : 1u);
    EXPECT_EQ(b.s1_leaf(0x1000), page(0x201000) | t.s1_after);
}

TEST_P(SmmuMixedTwins, EachGetsItsOwn)
{
    for (const char *preset : presets) {
        for (const bool is_ats_first : {false, true}) {
            for (uint64_t apart_ps = 0; apart_ps < 400000; apart_ps += 25000) {
                SCOPED_TRACE(testing::Message()
                             << preset << (is_ats_first ? " ats first " : " ") << apart_ps);
                run_twins(preset, GetParam(), is_ats_first, apart_ps);
            }
        }
    }
}

// ---- an address that the system does not have (3.9.1.1) ----

TEST(SmmuMixedTranslated, BeyondOasIsAbortedSilentlyAlsoIfChecked)
{
    MixedBench b(ats_config());

    b.make_stream(1, 0, 1);
    b.eats(kFull);
    b.boot_checked(kRecCfgAts);
    EXPECT_EQ(b.send((UINT64_C(1) << 48) - 8).status, SIM_DMA_OK);
    EXPECT_EQ(b.send(UINT64_C(1) << 48).status, SIM_DMA_ABORT);
    EXPECT_EQ(b.n_events(), 0u);
}

TEST(SmmuMixedTranslated, BeyondIasIsAFaultOfStageOneUnderSplitStage)
{
    MixedBench b(ats_config());

    b.make_nested(1, 0, 0, 1, 7);
    b.eats(kSplit);
    b.boot_checked();
    EXPECT_EQ(b.send(UINT64_C(1) << 48).status, SIM_DMA_ABORT);
    expect_events(b, {{F_ADDR_SIZE | kSid1, kRead | kInput, UINT64_C(1) << 48, 0}});
}

// Without a PASID it is data, whatever the device meant.
TEST(SmmuMixedTranslated, AnInstructionFetchIsReadThroughStageTwo)
{
    MixedBench b(ats_config());

    b.make_nested(1, 0, 0, 1, 7);
    b.eats(kSplit);
    b.store(s2_slot(0, 0x201000), s2_page(0x1000201000) & ~kS2R);
    b.boot_checked();
    EXPECT_EQ(b.send(0x202000, kX).status, SIM_DMA_OK);
    EXPECT_EQ(b.send(0x201000, kX).status, SIM_DMA_ABORT);
    expect_events(b, {{F_PERMISSION | kSid1, kRead | kS2 | kInput, 0x201000, 0x201000}});
}

// ---- stalls (3.12): for requests without ATS only ----

Config stalling()
{
    Config c = ats_config();

    c.idr0(kStallModel, 0);
    c.smmu.ids.idr5 = 0x75 | 4 << 16; // STALL_MAX
    return c;
}

constexpr uint64_t kCdS = 0x100000000000, kStall = 0x80000000;

TEST(SmmuMixedStall, ATranslationRequestDoesNotStall)
{
    MixedBench b(stalling());

    b.make_stream(1, 0, 1);
    b.cd(1, 0, {cd_q0(1) | kCdS, space(0), 0, 0xff});
    b.eats(kFull);
    b.boot_checked(kRecCfgAts);
    EXPECT_EQ(b.ask(0x10000).granted, 0u); // nothing is mapped there
    EXPECT_EQ(b.n_events(), 0u);
}

// The other way round: a request that stalls does not keep one that asks, nor a CMD_SYNC.
TEST(SmmuMixedStall, AStallIsInNobodysWay)
{
    MixedBench b(stalling());
    Request stalls(1, 0x10000);

    b.make_stream(1, 0, 1);
    b.cd(1, 0, {cd_q0(1) | kCdS, space(0), 0, 0xff});
    b.eats(kFull);
    b.boot_checked(kRecCfgAts);
    b.submit(stalls);
    b.settle();
    expect_events(b, {{F_TRANSLATION | kSid1, kStall | kRead | kInput, 0x10000, 0}});
    EXPECT_EQ(b.ask(0x10000).granted, 0u);
    EXPECT_EQ(b.ask(0x1000).granted, kRw);
    b.run_sync(0x30); // TLBI_NSNH_ALL
    EXPECT_EQ(stalls.n_answers, 0u);
    EXPECT_EQ(b.n_events(), 1u);
    b.store(leaf_slot(0, 0x10000), page(0x210000));
    EXPECT_EQ(b.ask(0x10000).pa, 0x210000u);
    b.run(kSid1 | 0x1044, 0); // RESUME, retry
    EXPECT_EQ(stalls.n_answers, 1u);
    EXPECT_EQ(stalls.dma.pa, 0x210000u);
}

TEST(SmmuMixedStall, ATranslationRequestThatFollowsAStallingOneIsAnswered)
{
    for (const bool is_ats_first : {false, true}) {
        MixedBench b(stalling());
        Request stalls(1, 0x10000), asks(1, 0x10000);

        b.make_stream(1, 0, 1);
        b.cd(1, 0, {cd_q0(1) | kCdS, space(0), 0, 0xff});
        b.eats(kFull);
        b.boot_checked(kRecCfgAts);
        asks.dma.kind = SIM_DMA_TRANSLATION_REQUEST;
        b.submit(is_ats_first ? asks : stalls);
        b.submit(is_ats_first ? stalls : asks);
        b.settle();
        EXPECT_EQ(asks.n_answers, 1u);
        EXPECT_EQ(asks.dma.status, SIM_DMA_OK);
        EXPECT_EQ(asks.dma.granted, 0u);
        EXPECT_EQ(stalls.n_answers, 0u);
        EXPECT_EQ(b.n_events(), 1u);
        b.write(CR0, 0);
        b.settle();
        EXPECT_EQ(b.read(CR0ACK), 0u);
        EXPECT_EQ(stalls.dma.status, SIM_DMA_ABORT);
    }
}

// ---- a full event queue ----

TEST(SmmuMixedFull, RecordsOfAtsAreLostAndTheRequestsAnswered)
{
    MixedBench b(ats_config("mmu600"));

    b.boot_checked(kRecCfgAts, kEvtq); // one record
    EXPECT_EQ(b.ask(0x1000).status, SIM_DMA_ABORT);
    EXPECT_EQ(b.ask(0x1000).status, SIM_DMA_ABORT);
    EXPECT_EQ(b.send(0x1000).status, SIM_DMA_ABORT);
    EXPECT_EQ(b.read(EVENTQ_PROD), 0x80000001u);
    b.run_sync(0x30);
    b.write(EVENTQ_CONS, 0x80000001);
    b.settle();
    EXPECT_EQ(b.read(EVENTQ_PROD), 0x80000001u); // what was lost stays lost
    EXPECT_EQ(b.send(0x1000).status, SIM_DMA_ABORT);
    EXPECT_EQ(b.read(EVENTQ_PROD), 0x80000000u);
    EXPECT_EQ(b.event(0)[0], C_BAD_STE | kSid1);
}

} // namespace
