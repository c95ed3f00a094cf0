// SPDX-License-Identifier: BSD-2-Clause
// Parts of the model that meet: ATS with stage 2, with walks that are shared, with stalls, with a
// full event queue, with prefetches (3.9.1, 3.12, 3.13.7, 4.2, 7.2, 13.6).
#include "tests/unit/models/smmuv3/machine_bench.h"

namespace
{

using namespace machine;

// IDR0: ATS, ATSRECERR, HTTU=2, STALL_MODEL. CR0: ATSCHK. CR2: RECINVSID, REC_CFG_ATS.
constexpr uint32_t kAts = 0x800400, kHttu = 0x80, kStallModel = 0x3000000;
constexpr uint32_t kAtsChk = 0x10, kRecCfgAts = 0xa;
constexpr uint64_t kFull = 0x10000000, kSplit = 0x20000000; // STE q1: EATS
constexpr uint64_t kHaHd = UINT64_C(3) << 42;               // CD q0
constexpr uint64_t kS2HaHd = UINT64_C(3) << 55;             // STE q2
constexpr uint64_t kS1Ro = 0x80, kAf = 0x400, kDbm = UINT64_C(1) << 51;
constexpr uint64_t kS2R = 0x40, kS2W = 0x80; // S2AP
constexpr uint64_t kSid1 = UINT64_C(1) << 32;
constexpr unsigned kR = SIM_DMA_READ, kW = SIM_DMA_WRITE, kRw = kR | kW;

const char *const presets[] = {"zero", "mmu600", "gem5", "mmu700"};

struct MixedBench : Bench {
    explicit MixedBench(const Config &config) : Bench(config)
    {
    }
    void boot_checked(uint32_t cr2 = 0x2, uint64_t evtq = kEvtq | 7)
    {
        Boot how;

        how.cr0 = ALL_ON | kAtsChk;
        how.cr2 = cr2;
        how.evtq_base = evtq;
        boot(how);
    }
    Answer ats(sim_dma_kind kind, uint64_t iova, unsigned access)
    {
        Request r(1, iova, access);

        r.dma.kind = static_cast<uint8_t>(kind);
        submit(r);
        settle();
        EXPECT_EQ(r.n_answers, 1u);
        return {r.dma.status, r.dma.pa, r.dma.event, r.dma.page_log2, r.dma.granted};
    }
    Answer ask(uint64_t iova, unsigned access = kRw)
    {
        return ats(SIM_DMA_TRANSLATION_REQUEST, iova, access);
    }
    Answer send(uint64_t pa, unsigned access = kR)
    {
        return ats(SIM_DMA_TRANSLATED, pa, access);
    }
    void eats(uint64_t eats)
    {
        store(kStreams + 64 + 8, eats);
    }
    // Stream 1 with both stages, ATS and updates of flags by both.
    void make_updating(uint64_t how)
    {
        make_nested(1, 0, 0, 1, 7);
        store(kStreams + 64 + 16, s2_q2(7) | kS2HaHd);
        store(cds_of(1), cd_q0(1) | kHaHd);
        eats(how);
    }
    uint64_t s1_leaf(uint64_t iova) const
    {
        return load(leaf_slot(0, iova));
    }
    uint64_t s2_leaf(uint64_t ipa) const
    {
        return load(s2_slot(0, ipa));
    }
};

Config ats_config(const char *preset = "zero", uint32_t more = 0)
{
    Config c(preset);

    c.idr0(0, kAts | more);
    c.memory(50000);
    return c;
}

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
    smmu_machine_run_until(b.m, smmu_machine_now_ps(b.m) + apart_ps);
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

// ---- prefetches ----

TEST(SmmuMixedPrefetch, OfAStreamWithAtsReadsWhatARequestNeeds)
{
    for (const uint64_t eats : {kFull, kSplit}) {
        MixedBench b(ats_config());

        b.make_nested(1, 0, 0, 1, 7);
        b.eats(eats);
        b.boot_checked();
        b.run_sync(kSid1 | 0x1); // PREFETCH_CONFIG
        const unsigned n_before = b.n_accesses(kStreams + 64, 64);
        EXPECT_GT(n_before, 0u);
        EXPECT_EQ(b.ask(0x1123).pa, eats == kFull ? 0x1000201123u : 0x201123u);
        EXPECT_EQ(b.n_accesses(kStreams + 64, 64), n_before);
        EXPECT_EQ(b.n_accesses(cds_of(1), 64), 8u); // once
        EXPECT_EQ(b.n_events(), 0u);
    }
}

TEST(SmmuMixedPrefetch, OfTheNextPageSetsNoFlagAndMakesNoEvent)
{
    Config c = ats_config("zero", kHttu);

    c.smmu.param.prefetch = 1; // next_page
    MixedBench b(c);
    b.make_updating(kSplit);
    b.store(leaf_slot(0, 0x2000), page(0x202000) & ~kAf);
    b.store(s2_slot(0, 0x203000), s2_page(0x1000203000) & ~kAf);
    b.boot_checked(kRecCfgAts);
    EXPECT_EQ(b.target(1, 0x1123), 0x1000201123u); // 0x2000 is next
    EXPECT_EQ(b.s1_leaf(0x2000), page(0x202000) & ~kAf);
    EXPECT_EQ(b.target(1, 0x2123), 0x1000202123u); // 0x3000 is next
    EXPECT_EQ(b.s2_leaf(0x203000), s2_page(0x1000203000) & ~kAf);
    EXPECT_EQ(b.target(1, 0xf123), 0x100020f123u); // nothing is next
    EXPECT_EQ(b.ask(0x3123).pa, 0x203123u);
    EXPECT_EQ(b.n_events(), 0u);
}

// ---- split-stage ATS beside caches of everything ----

struct Caches {
    const char *name;
    const char *preset;
    uint32_t prefetch, contig, cache_mode;
};
MACHINE_CASES(Caches)

const Caches caches[] = {
    {"mmu600", "mmu600", 0, 0, 0},
    {"mmu600_contig", "mmu600", 0, 1, 0},
    {"mmu600_next_page", "mmu600", 1, 0, 0},
    {"zero_contig_next_page", "zero", 1, 1, 0},
    {"mmu700_reachable", "mmu700", 2, 1, 0},
    {"gem5_hold", "gem5", 1, 1, 3},
    {"zero_random", "zero", 1, 1, 4},
    {"zero_never", "zero", 2, 1, 1},
    {"mmu600_always_miss", "mmu600", 1, 1, 2},
};

class SmmuMixedSplit : public testing::TestWithParam<Caches>
{
};
INSTANTIATE_TEST_SUITE_P(Rows, SmmuMixedSplit, testing::ValuesIn(caches), name_of<Caches>);

// Stage 1 has the contiguous hint: a request for one page learns of 16, but of one only while stage
// 2 has pages.
TEST_P(SmmuMixedSplit, EachKindGetsItsOwnAddress)
{
    Config c = ats_config(GetParam().preset);

    c.smmu.param.prefetch = GetParam().prefetch;
    c.smmu.param.contig = GetParam().contig;
    c.smmu.param.cache_mode = GetParam().cache_mode;
    MixedBench b(c);
    b.make_nested(1, 0, 0, 1, 7);
    b.eats(kSplit);
    for (uint64_t iova = 0; iova < 0x10000; iova += 0x1000)
        b.store(leaf_slot(0, iova), page(page_of(0, iova)) | UINT64_C(1) << 52);
    b.boot_checked();
    for (unsigned round = 0; round < 3; round++) {
        for (uint64_t iova = 0x123; iova < 0x10000; iova += 0x3000) {
            const Answer a = b.ask(iova);

            EXPECT_EQ(a.pa, 0x200000 + iova);
            EXPECT_EQ(a.page_log2, 12);
            EXPECT_EQ(a.granted, kRw);
            EXPECT_EQ(b.target(1, iova), 0x1000200000 + iova);
            EXPECT_EQ(b.send(0x200000 + iova).pa, 0x1000200000 + iova);
        }
        b.store(s2_slot(0, 0x203000), s2_page(0x1000203000) & ~kS2W); // then not
        b.run_sync(0x700000000 | 0x2a, 0x203000);                     // TLBI_S2_IPA
        b.run_sync(0x700000000 | 0x10);                               // TLBI_NH_ALL
        EXPECT_EQ(b.ask(0x3123).granted, kR);
        EXPECT_EQ(b.dma(1, 0x3123, kW).status, SIM_DMA_ABORT);
        b.store(s2_slot(0, 0x203000), s2_page(0x1000203000));
        b.run_sync(0x700000000 | 0x2a, 0x203000);
        b.run_sync(0x700000000 | 0x10);
    }
    EXPECT_EQ(b.n_events(), 3u);
}

} // namespace
