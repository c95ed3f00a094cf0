// SPDX-License-Identifier: BSD-2-Clause
// What a device with ATS may ask and send (3.9.1, 4.8 of the facts): each row for translation
// requests and for translated transactions, with what is recorded.
#include "tests/unit/models/smmuv3/machine_bench.h"

namespace
{

using namespace machine;

constexpr uint32_t kAts = 0x400, kNs1Ats = 0x800, kRecErr = 0x800000; // IDR0
constexpr uint32_t kAtsChk = 0x10;                                    // CR0
constexpr uint64_t kFull = 0x10000000, kSplit = 0x20000000;           // STE q1: EATS
constexpr uint32_t F_BAD_ATS_TREQ = 0x05, F_TRANSL_FORBIDDEN = 0x07;
constexpr uint64_t kSid1 = UINT64_C(1) << 32;
constexpr unsigned kRw = SIM_DMA_READ | SIM_DMA_WRITE;
constexpr unsigned kRwx = kRw | SIM_DMA_EXECUTE;

struct AtsBench : Bench {
    explicit AtsBench(uint32_t more = 0, uint32_t less = 0)
        : Bench(Config().idr0(less, kAts | kRecErr | more))
    {
    }
    void boot_checked(uint32_t cr2 = 0x2)
    {
        Boot how;

        how.cr0 = ALL_ON | kAtsChk;
        how.cr2 = cr2;
        boot(how);
    }
    Answer ats(sim_dma_kind kind, uint32_t sid, uint64_t iova, unsigned access = kRw,
               int64_t ssid = kNoSsid)
    {
        Request r(sid, iova, access, ssid);

        r.dma.kind = static_cast<uint8_t>(kind);
        submit(r);
        settle();
        EXPECT_EQ(r.n_answers, 1u);
        return {r.dma.status, r.dma.pa, r.dma.event, r.dma.page_log2, r.dma.granted};
    }
    Answer ask(uint32_t sid, uint64_t iova, unsigned access = kRw, int64_t ssid = kNoSsid)
    {
        return ats(SIM_DMA_TRANSLATION_REQUEST, sid, iova, access, ssid);
    }
    Answer send(uint32_t sid, uint64_t pa, unsigned access = SIM_DMA_READ)
    {
        return ats(SIM_DMA_TRANSLATED, sid, pa, access);
    }
    // A stream with stage 1 and full ATS.
    void make_ats_stream(uint32_t sid, unsigned n, uint64_t asid)
    {
        make_stream(sid, n, asid);
        store(kStreams + 64 * sid + 8, kFull);
    }
    void make_ats_nested(uint64_t eats)
    {
        make_nested(1, 0, 0, 1, 7);
        store(kStreams + 64 + 8, eats);
    }
};

void expect_answer(const Answer &a, uint64_t pa, unsigned granted, unsigned page_log2 = 12)
{
    EXPECT_EQ(a.status, SIM_DMA_OK);
    EXPECT_EQ(a.pa, pa);
    EXPECT_EQ(a.granted, granted);
    EXPECT_EQ(a.page_log2, page_log2);
}

void expect_nothing_granted(const Answer &a)
{
    EXPECT_EQ(a.status, SIM_DMA_OK);
    EXPECT_EQ(a.granted, 0);
    EXPECT_EQ(a.page_log2, 12); // the smallest translation unit
}

// ---- translation requests: not allowed ----

TEST(SmmuAtsRequest, IsUnsupportedAndRecordedWhileTheSmmuIsOff)
{
    AtsBench b;
    Boot how;

    b.make_ats_stream(1, 0, 1);
    how.cr0 = EVENTQEN | CMDQEN;
    b.boot(how);
    EXPECT_EQ(b.ask(1, 0x1123).status, SIM_DMA_UR);
    expect_events(b, {{F_BAD_ATS_TREQ | kSid1, 0xc0000000, 0x1000, 0}}); // R 31, W 30
}

TEST(SmmuAtsRequest, IsUnsupportedAndRecordedUnderBypass)
{
    AtsBench b;

    b.ste(1, {0x9, kFull}); // Config=100
    b.boot_checked();
    EXPECT_EQ(b.ask(1, 0x1123, SIM_DMA_READ).status, SIM_DMA_UR);
    expect_events(b, {{F_BAD_ATS_TREQ | kSid1, 0x80000000, 0x1000, 0}});
}

TEST(SmmuAtsRequest, IsUnsupportedAndRecordedWithoutEats)
{
    AtsBench b;

    b.make_stream(1, 0, 1);
    b.boot_checked();
    EXPECT_EQ(b.ask(1, 0x2000, kRwx | SIM_DMA_PRIVILEGED).status, SIM_DMA_UR);
    expect_events(b, {{F_BAD_ATS_TREQ | kSid1, 0xf0000000, 0x2000, 0}}); // R W X P
}

TEST(SmmuAtsRequest, OfAPasidTellsIt)
{
    AtsBench b;

    b.make_stream(1, 0, 1);
    b.boot_checked();
    EXPECT_EQ(b.ask(1, 0x2000, kRw, 0x45).status, SIM_DMA_UR);
    expect_events(b, {{0x45805 | kSid1, 0xc0000000, 0x2000, 0}});
}

TEST(SmmuAtsRequest, SplitStageCountsAsOffWithoutAtschk)
{
    AtsBench b;

    b.make_ats_nested(kSplit);
    b.boot();
    EXPECT_EQ(b.ask(1, 0x1000).status, SIM_DMA_UR);
    EXPECT_EQ(b.event(0)[0], F_BAD_ATS_TREQ | kSid1);
}

TEST(SmmuAtsRequest, IsUnsupportedWithoutARecordUnderAbort)
{
    AtsBench b;

    b.ste(1, {0x1, kFull}); // Config=000
    b.boot_checked();
    EXPECT_EQ(b.ask(1, 0x1000).status, SIM_DMA_UR);
    EXPECT_EQ(b.n_events(), 0u);
}

TEST(SmmuAtsRequest, IsUnsupportedIfTheSmmuHasNoAts)
{
    Bench plain{Config()};

    plain.make_stream(1, 0, 1);
    plain.store(kStreams + 64 + 8, kFull); // ignored
    plain.boot();
    Request r(1, 0x1000);
    r.dma.kind = SIM_DMA_TRANSLATION_REQUEST;
    plain.submit(r);
    plain.settle();
    EXPECT_EQ(r.dma.status, SIM_DMA_UR);
}

// ---- errors of configuration: completer abort, recorded only if CR2.REC_CFG_ATS says so ----

struct BadConfig {
    const char *name;
    uint32_t event;
    void (*make)(AtsBench &b);
    uint32_t sid;
    int64_t ssid;
};
MACHINE_CASES(BadConfig)

const BadConfig bad_configs[] = {
    {"stream_beyond_the_table", C_BAD_STREAMID, [](AtsBench &) {}, 256, kNoSsid},
    {"ste_not_valid", C_BAD_STE, [](AtsBench &) {}, 1, kNoSsid},
    {"ste_cannot_be_read", F_STE_FETCH,
     [](AtsBench &b) { test_machine_break(b.m, kStreams + 64, 64); }, 1, kNoSsid},
    {"no_substreams", C_BAD_SUBSTREAMID, [](AtsBench &b) { b.make_ats_stream(1, 0, 1); }, 1, 3},
    {"stream_disabled", F_STREAM_DISABLED,
     [](AtsBench &b) {
         b.make_ats_stream(1, 0, 1);
         b.store(kStreams + 64, cds_of(1) | 0xb | UINT64_C(4) << 59); // 16 CDs, S1DSS=0
     },
     1, kNoSsid},
    {"cd_not_valid", C_BAD_CD,
     [](AtsBench &b) {
         b.make_ats_stream(1, 0, 1);
         b.store(cds_of(1), 0);
     },
     1, kNoSsid},
    {"cd_cannot_be_read", F_CD_FETCH,
     [](AtsBench &b) {
         b.make_ats_stream(1, 0, 1);
         test_machine_break(b.m, cds_of(1), 64);
     },
     1, kNoSsid},
    {"table_cannot_be_read", F_WALK_EABT,
     [](AtsBench &b) {
         b.make_ats_stream(1, 0, 1);
         test_machine_break(b.m, leaf_slot(0, 0x1000), 8);
     },
     1, kNoSsid},
};

class SmmuAtsBadConfig : public testing::TestWithParam<BadConfig>
{
};
INSTANTIATE_TEST_SUITE_P(Rows, SmmuAtsBadConfig, testing::ValuesIn(bad_configs),
                         name_of<BadConfig>);

TEST_P(SmmuAtsBadConfig, RequestIsAbortedSilently)
{
    const BadConfig &c = GetParam();
    AtsBench b;

    c.make(b);
    b.boot_checked();
    EXPECT_EQ(b.ask(c.sid, 0x1000, kRw, c.ssid).status, SIM_DMA_ABORT);
    EXPECT_EQ(b.n_events(), 0u);
}

TEST_P(SmmuAtsBadConfig, RequestIsRecordedWithRecCfgAts)
{
    const BadConfig &c = GetParam();
    AtsBench b;

    c.make(b);
    b.boot_checked(0xa); // RECINVSID, REC_CFG_ATS
    EXPECT_EQ(b.ask(c.sid, 0x1000, kRw, c.ssid).status, SIM_DMA_ABORT);
    ASSERT_EQ(b.n_events(), 1u);
    EXPECT_EQ(b.event(0)[0] & 0xff, c.event);
}

TEST(SmmuAtsRequest, BadStreamIdNeedsRecinvsidToo)
{
    AtsBench b;

    b.boot_checked(0x8);
    EXPECT_EQ(b.ask(256, 0x1000).status, SIM_DMA_ABORT);
    EXPECT_EQ(b.n_events(), 0u);
    EXPECT_EQ(b.send(256, 0x1000).status, SIM_DMA_ABORT); // of these it does not
    EXPECT_EQ(b.n_events(), 1u);
}

// ---- translation requests: answered ----

TEST(SmmuAtsRequest, LearnsPageAndRights)
{
    AtsBench b;

    b.make_ats_stream(1, 0, 1);
    b.boot_checked();
    expect_answer(b.ask(1, 0x1123), 0x201123, kRw);
    expect_answer(b.ask(1, 0x1123, SIM_DMA_READ), 0x201123, SIM_DMA_READ); // no more than asked for
    EXPECT_EQ(b.n_events(), 0u);
}

TEST(SmmuAtsRequest, TellsTheSizeOfABlock)
{
    AtsBench b;

    b.make_ats_stream(1, 0, 1);
    b.store(space(0) + 0x1000 + 8, block(0x40000000)); // 2 MiB at 0x200000
    b.boot_checked();
    expect_answer(b.ask(1, 0x234567), 0x40034567, kRw, 21);
}

TEST(SmmuAtsRequest, NoFaultIsRecorded)
{
    AtsBench b;

    b.make_ats_stream(1, 0, 1);
    b.store(leaf_slot(0, 0x1000), 0);                                  // F_TRANSLATION
    b.store(leaf_slot(0, 0x2000), page(0x202000) & ~UINT64_C(0x400));  // F_ACCESS
    b.store(leaf_slot(0, 0x3000), page(0x203000) | UINT64_C(1) << 47); // good: 48 bits
    b.boot_checked(0xa);
    expect_nothing_granted(b.ask(1, 0x1000));
    expect_nothing_granted(b.ask(1, 0x2000));
    expect_nothing_granted(b.ask(1, UINT64_C(1) << 40)); // beyond 39 bits
    expect_answer(b.ask(1, 0x3000), 0x800000203000, kRw);
    EXPECT_EQ(b.n_events(), 0u);
}

TEST(SmmuAtsRequest, AddressTooLargeGrantsNothing)
{
    AtsBench b;

    b.make_ats_stream(1, 0, 1);
    b.store(cds_of(1), cd_q0(1) & ~UINT64_C(0x700000000)); // IPS=0: 32 bits
    b.store(leaf_slot(0, 0x1000), page(UINT64_C(1) << 32));
    b.boot_checked(0xa);
    expect_nothing_granted(b.ask(1, 0x1000));
    EXPECT_EQ(b.n_events(), 0u);
}

TEST(SmmuAtsRequest, GetsTheSubsetThatIsPermitted)
{
    AtsBench b;

    b.make_ats_stream(1, 0, 1);
    b.store(leaf_slot(0, 0x1000), page(0x201000) | 0x80); // read only
    b.store(leaf_slot(0, 0x2000), 0x202000 | 0xf03);      // privileged only
    b.boot_checked(0xa);
    expect_answer(b.ask(1, 0x1000), 0x201000, SIM_DMA_READ);
    expect_nothing_granted(b.ask(1, 0x2000));
    expect_answer(b.ask(1, 0x2000, kRw | SIM_DMA_PRIVILEGED), 0x202000, kRw);
    EXPECT_EQ(b.n_events(), 0u);
}

TEST(SmmuAtsRequest, GetsExecutionOnlyIfAsked)
{
    AtsBench b;

    b.make_ats_stream(1, 0, 1);
    b.store(leaf_slot(0, 0x1000), page(0x201000) | 0x80);                     // read only
    b.store(leaf_slot(0, 0x2000), page(0x202000) | 0x80 | UINT64_C(1) << 54); // UXN
    b.boot_checked();
    expect_answer(b.ask(1, 0x1000, kRwx), 0x201000, SIM_DMA_READ | SIM_DMA_EXECUTE);
    expect_answer(b.ask(1, 0x2000, kRwx), 0x202000, SIM_DMA_READ);
}

TEST(SmmuAtsRequest, IsIdentityWhenStageOneIsSkipped)
{
    AtsBench b;

    b.make_ats_stream(1, 0, 1);
    b.store(kStreams + 64, {cds_of(1) | 0xb | UINT64_C(4) << 59, kFull | 1}); // S1DSS=01
    b.boot_checked();
    expect_answer(b.ask(1, 0x123456), 0x123456, kRw);
}

TEST(SmmuAtsRequest, OfBothStagesGetsThePhysicalAddress)
{
    AtsBench b;

    b.make_ats_nested(kFull);
    b.boot_checked();
    expect_answer(b.ask(1, 0x1123), 0x1000201123, kRw);
    EXPECT_EQ(b.n_events(), 0u);
}

TEST(SmmuAtsRequest, SplitStageGetsTheIntermediateAddressAndBothStagesRights)
{
    AtsBench b;

    b.make_ats_nested(kSplit);
    b.store(s2_slot(0, 0x202000), (s2_page(0x1000202000) & ~UINT64_C(0x80))); // S2AP=01: read
    b.store(s2_slot(0, 0x203000), 0);
    b.boot_checked();
    expect_answer(b.ask(1, 0x1123), 0x201123, kRw);
    expect_answer(b.ask(1, 0x2123), 0x202123, SIM_DMA_READ);
    expect_nothing_granted(b.ask(1, 0x3123));
    // What the TLB keeps for requests without ATS is not taken for it, nor the other way round.
    EXPECT_EQ(b.target(1, 0x1123), 0x1000201123u);
    expect_answer(b.ask(1, 0x1123), 0x201123, kRw);
    EXPECT_EQ(b.n_events(), 0u);
}

TEST(SmmuAtsRequest, StageTwoFaultsOfTablesGrantNothing)
{
    AtsBench b;

    b.make_ats_nested(kFull);
    b.store(s2_slot(0, space(0) + 0x2000), 0); // of the last table
    b.boot_checked(0xa);
    expect_nothing_granted(b.ask(1, 0x1000));
    b.store(s2_slot(0, cds_of(1)), 0); // of the CD
    b.run_sync(0x10000000003, 1);      // CFGI_STE SID 0x100: nothing of ours
    b.run_sync(kSid1 | 0x3, 1);        // CFGI_STE
    b.run_sync(0x30);                  // TLBI_NSNH_ALL
    expect_nothing_granted(b.ask(1, 0x1000));
    EXPECT_EQ(b.n_events(), 0u);
}

// HA and HD: a request sets the access flag, and one that would write the dirty state.
TEST(SmmuAtsRequest, UpdatesAccessFlagAndDirtyState)
{
    AtsBench b(0x80); // HTTU=2
    const uint64_t clean = (page(0x201000) | 0x80 | UINT64_C(1) << 51) & ~UINT64_C(0x400);

    b.make_ats_stream(1, 0, 1);
    b.store(cds_of(1), cd_q0(1) | UINT64_C(3) << 42); // HD, HA
    b.store(leaf_slot(0, 0x1000), clean);
    b.boot_checked();
    expect_answer(b.ask(1, 0x1000, SIM_DMA_READ), 0x201000, SIM_DMA_READ);
    EXPECT_EQ(b.load(leaf_slot(0, 0x1000)), clean | 0x400);
    expect_answer(b.ask(1, 0x1000, kRw), 0x201000, kRw);
    EXPECT_EQ(b.load(leaf_slot(0, 0x1000)), (clean | 0x400) & ~UINT64_C(0x80));
    expect_nothing_granted(b.ask(1, 0x10000));
}

TEST(SmmuAtsRequest, LeavesNothingInTheMicroTlb)
{
    AtsBench b;

    b.make_ats_stream(1, 0, 1);
    b.boot_checked();
    expect_answer(b.ask(1, 0x1000), 0x201000, kRw);
    b.ask(1, 0x1000);
    EXPECT_EQ(smmu_get_stats(test_machine_iommu(b.m)->model)->n_utlb_hits, 0u);
    EXPECT_EQ(smmu_get_stats(test_machine_iommu(b.m)->model)->n_tlb_hits,
              1u); // but in the main TLB
}

// ---- translated transactions ----

TEST(SmmuAtsTranslated, PassesUncheckedWithoutAtschk)
{
    AtsBench b;

    b.boot(); // the STE is not even valid
    EXPECT_EQ(b.send(1, 0x234567).pa, 0x234567u);
    EXPECT_EQ(b.send(1, UINT64_C(1) << 48).status, SIM_DMA_ABORT); // beyond OAS
    EXPECT_EQ(b.n_events(), 0u);
}

TEST(SmmuAtsTranslated, IsForbiddenWhileTheSmmuIsOff)
{
    AtsBench b;
    Boot how;

    how.cr0 = EVENTQEN | CMDQEN;
    b.boot(how);
    EXPECT_EQ(b.send(1, 0x234567).status, SIM_DMA_ABORT);
    EXPECT_EQ(b.send(1, 0x234567, SIM_DMA_WRITE).status, SIM_DMA_ABORT);
    expect_events(b, {{F_TRANSL_FORBIDDEN | kSid1, kRead, 0x234567, 0},
                      {F_TRANSL_FORBIDDEN | kSid1, 0, 0x234567, 0}});
}

TEST(SmmuAtsTranslated, IsForbiddenWithoutEatsAndUnderBypass)
{
    AtsBench b;

    b.make_stream(1, 0, 1);
    b.ste(2, {0x9, kFull});
    b.boot_checked();
    EXPECT_EQ(b.send(1, 0x234567).status, SIM_DMA_ABORT);
    EXPECT_EQ(b.send(2, 0x234567).status, SIM_DMA_ABORT);
    expect_events(b, {{F_TRANSL_FORBIDDEN | kSid1, kRead, 0x234567, 0},
                      {F_TRANSL_FORBIDDEN | 2 * kSid1, kRead, 0x234567, 0}});
}

TEST(SmmuAtsTranslated, IsAbortedSilentlyUnderAbortAndBadSte)
{
    AtsBench b;

    b.ste(1, {0x1, kFull}); // Config=000
    b.boot_checked();
    EXPECT_EQ(b.send(1, 0x1000).status, SIM_DMA_ABORT);
    EXPECT_EQ(b.send(2, 0x1000).status, SIM_DMA_ABORT); // V=0
    EXPECT_EQ(b.n_events(), 0u);
}

TEST(SmmuAtsTranslated, BadSteIsRecordedWithRecCfgAts)
{
    AtsBench b;

    b.boot_checked(0x8);
    EXPECT_EQ(b.send(2, 0x1000).status, SIM_DMA_ABORT);
    expect_events(b, {{C_BAD_STE | 2 * kSid1, 0, 0, 0}});
}

TEST(SmmuAtsTranslated, OfFullAtsPassesWithoutTranslation)
{
    AtsBench b;

    b.make_ats_nested(kFull);
    b.boot_checked();
    EXPECT_EQ(b.send(1, 0x1123).pa, 0x1123u);
    EXPECT_EQ(b.reads().size(), 1u); // the STE
}

TEST(SmmuAtsTranslated, OfSplitStageGoesThroughStageTwo)
{
    AtsBench b;

    b.make_ats_nested(kSplit);
    b.store(s2_slot(0, 0x202000), 0);
    b.boot_checked();
    EXPECT_EQ(b.send(1, 0x201123).pa, 0x1000201123u);
    EXPECT_EQ(b.send(1, 0x202123).status, SIM_DMA_ABORT);
    expect_events(b, {{F_TRANSLATION | kSid1, kRead | kS2 | kInput, 0x202123, 0x202000}});
}

TEST(SmmuAtsTranslated, SplitStageIsIllegalWithNs1ats)
{
    AtsBench b(kNs1Ats);

    b.make_ats_nested(kSplit);
    b.boot_checked(0x8);
    EXPECT_EQ(b.send(1, 0x201123).status, SIM_DMA_ABORT);
    expect_events(b, {{C_BAD_STE | kSid1, 0, 0, 0}});
}

TEST(SmmuAtsTranslated, MovesData)
{
    AtsBench b;
    uint64_t word = 0;
    Request r(1, 0x201128);

    b.make_ats_stream(1, 0, 1);
    b.store(0x201128, 0x1122334455667788);
    b.boot_checked();
    r.dma.kind = SIM_DMA_TRANSLATED;
    r.dma.data = &word;
    b.submit(r);
    b.settle();
    EXPECT_EQ(word, 0x1122334455667788u);
}

} // namespace
