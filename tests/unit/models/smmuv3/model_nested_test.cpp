// SPDX-License-Identifier: BSD-2-Clause
// Both stages: how often and in which order memory is read, which event each failure of it makes,
// what the stages give together (2.3, 3.1, 3.5, 4.2, 4.5, 4.6 of the facts).
#include "tests/unit/models/smmuv3/machine_bench.h"

namespace
{

using namespace machine;

const char *const presets[] = {"zero", "mmu600", "gem5", "mmu700"};

std::vector<uint64_t> addresses_of_deep(size_t first)
{
    std::vector<uint64_t> some;

    for (size_t i = first; i < deep_reads.size(); i++)
        some.push_back(deep_reads[i].at);
    return some;
}

// ---- 4.5: how many reads ----

TEST(SmmuNestedReads, ColdWithTwoLevelTablesIs36)
{
    for (const char *preset : presets) {
        Bench b{Config(preset)};

        b.make_deep();
        b.boot_deep();
        EXPECT_EQ(b.target(1, kDeepVa, kDeepSsid), kDeepPa) << preset;
        EXPECT_EQ(b.reads().size(), 36u);
        EXPECT_EQ(b.reads(), addresses_of_deep(0)) << preset;
        EXPECT_EQ(b.target(1, kDeepVa, kDeepSsid), kDeepPa) << preset;
        EXPECT_EQ(b.reads().size(), 36u) << preset;
        EXPECT_EQ(b.n_events(), 0u);
    }
}

TEST(SmmuNestedReads, ColdWithLinearTablesIs30)
{
    Bench b;
    std::vector<uint64_t> expected{0x10040};

    b.make_deep();
    b.store(0x10040, 0x1044443314f); // one CD
    b.boot();
    EXPECT_EQ(b.target(1, kDeepVa), kDeepPa);
    EXPECT_EQ(b.reads().size(), 30u);
    for (const uint64_t at : addresses_of_deep(7)) // from stage 2 of the CD on
        expected.push_back(at);
    EXPECT_EQ(b.reads(), expected);
}

TEST(SmmuNestedReads, WithConfigurationKnownIs24)
{
    Bench b;

    b.make_deep();
    b.boot_deep();
    b.run_sync(0x100045801 | 0x800); // PREFETCH_CONFIG
    EXPECT_EQ(b.reads().size(), 12u);
    EXPECT_EQ(b.target(1, kDeepVa, kDeepSsid), kDeepPa);
    EXPECT_EQ(b.reads().size(), 36u);
}

// Of n and m levels: (n + 1) * (m + 1) - 1.
struct Levels {
    const char *name;
    unsigned n, m;    // 0: the stage is off
    unsigned n_walk;  // descriptors, the CD's apart
    unsigned n_of_cd; // descriptors of stage 2 to find the CD
};
MACHINE_CASES(Levels)

class SmmuNestedLevels : public testing::TestWithParam<Levels>
{
};
const Levels levels[] = {
    {"s1_4", 4, 0, 4, 0},      {"s1_3", 3, 0, 3, 0},      {"s1_2", 2, 0, 2, 0},
    {"s2_4", 0, 4, 4, 0},      {"s2_3", 0, 3, 3, 0},      {"s2_2", 0, 2, 2, 0},
    {"s2_1", 0, 1, 1, 0},      {"both_4_4", 4, 4, 24, 4}, {"both_4_3", 4, 3, 19, 3},
    {"both_4_2", 4, 2, 14, 2}, {"both_4_1", 4, 1, 9, 1},  {"both_3_4", 3, 4, 19, 4},
    {"both_3_3", 3, 3, 15, 3}, {"both_3_2", 3, 2, 11, 2}, {"both_3_1", 3, 1, 7, 1},
    {"both_2_4", 2, 4, 14, 4}, {"both_2_3", 2, 3, 11, 3}, {"both_2_2", 2, 2, 8, 2},
    {"both_2_1", 2, 1, 5, 1},
};
INSTANTIATE_TEST_SUITE_P(Reads, SmmuNestedLevels, testing::ValuesIn(levels), name_of<Levels>);

TEST_P(SmmuNestedLevels, Count)
{
    const Levels &l = GetParam();
    const uint64_t cd_q0s[] = {0, 0, 0x16205c0000022, 0x16205c0000019, 0x16205c0000010};
    const uint64_t q2s[] = {0, 0x40d35eb00000007, 0x40d352200000007, 0x40d355900000007,
                            0x40d359000000007};
    const uint64_t configs[] = {0xb, 0xd, 0xf}; // 101, 110, 111
    const uint64_t config = configs[l.n && l.m ? 2 : l.m ? 1 : 0];
    Config c;

    c.smmu.ids.idr3 |= 0x200; // STT: level 3 alone
    c.smmu.param.walk_entries = 0;
    Bench b(c);

    b.ste(1, {0x41000 | config, 0, q2s[l.m], l.m ? 0x104000 - 0x1000 * l.m : 0});
    b.cd(1, 0, {cd_q0s[l.n], 0x84000 - 0x1000 * l.n, 0, 0xff});
    b.store(0x80000, 0x81003);
    b.store(0x81000, 0x82003);
    b.store(0x82000, 0x83003);
    b.store(0x83008, 0x1abf43); // page 1
    b.store(0x100000, 0x101003);
    b.store(0x101000, 0x102003);
    b.store(0x102000, 0x103003);
    for (uint64_t page = 0; page < 0x200; page++)
        b.store(0x103000 + 8 * page, page << 12 | 0x7ff);
    b.boot();
    EXPECT_EQ(b.target(1, 0x1123), l.n ? 0x1ab123u : 0x1123u);
    EXPECT_EQ(b.reads().size(), 1 + (l.n ? 1 + l.n_of_cd : 0) + l.n_walk);
}

// Stage 2 keeps what it found: the tables of stage 1 for the next page, the page for an alias.
TEST(SmmuNestedReads, StageTwoKeepsWhatItFound)
{
    Bench b;
    size_t n;

    b.make_nested(1, 0, 0, 1, 7);
    b.store(leaf_slot(0, 0x5000), page(0x201000));
    b.boot();
    ASSERT_EQ(b.target(1, 0x1000), 0x1000201000u);
    n = b.reads().size();
    EXPECT_EQ(b.target(1, 0x2000), 0x1000202000u); // a descriptor of each stage
    EXPECT_EQ(b.reads().size(), n + 2);
    EXPECT_EQ(b.target(1, 0x5000), 0x1000201000u); // of stage 1 alone
    EXPECT_EQ(b.reads().size(), n + 3);
}

// ---- 4.6: every read fails once ----

class SmmuNestedAbort : public testing::TestWithParam<Read>
{
};
INSTANTIATE_TEST_SUITE_P(Reads, SmmuNestedAbort, testing::ValuesIn(deep_reads), name_of<Read>);

// Recorded with its place, whatever S2R and CD.R say, and nothing of it is kept.
TEST_P(SmmuNestedAbort, IsRecorded)
{
    const Read &r = GetParam();
    const uint64_t q0 = 0x100045800, va = kDeepVa;

    for (const bool is_silent : {false, true}) {
        Bench b;

        b.make_deep(is_silent ? 0xd359000000007 : 0x40d359000000007);
        if (is_silent)
            b.store(0x210140, 0x14205c0000010); // R=0
        b.boot_deep();
        test_machine_break(b.m, r.at, 8);
        const uint64_t value = r.at == 0x210140 && is_silent ? 0x14205c0000010 : r.value;
        const Answer a = b.dma(1, kDeepVa, SIM_DMA_READ, kDeepSsid);
        EXPECT_EQ(a.status, SIM_DMA_ABORT);
        switch (r.purpose) {
        case Purpose::STREAM:
            expect_events(b, {{q0 | F_STE_FETCH, 0, 0, r.at}});
            break;
        case Purpose::CD:
            expect_events(b, {{q0 | F_CD_FETCH, 0, 0, r.at}});
            break;
        case Purpose::TT:
            expect_events(b, {{q0 | F_WALK_EABT, kTable | kRead, va, r.at}});
            break;
        case Purpose::S2_OF_CD:
            expect_events(b, {{q0 | F_WALK_EABT, kS2 | kRead, va, r.at}});
            break;
        case Purpose::S2_OF_TT:
            expect_events(b, {{q0 | F_WALK_EABT, kS2 | kTable | kRead, va, r.at}});
            break;
        case Purpose::S2_OF_IN:
            expect_events(b, {{q0 | F_WALK_EABT, kS2 | kInput | kRead, va, r.at}});
            break;
        }
        // What was not reached was not read.
        EXPECT_EQ(b.reads().back(), r.at);
        b.store(r.at, value);
        EXPECT_EQ(b.target(1, kDeepVa, kDeepSsid), kDeepPa);
    }
}

// ---- stage 1 faults ----

struct S1Fault {
    const char *name;
    uint64_t at, value;
    uint32_t event;
    unsigned access = SIM_DMA_READ;
};
MACHINE_CASES(S1Fault)

class SmmuNestedS1 : public testing::TestWithParam<S1Fault>
{
  protected:
    Bench b;

    // CD.R and CD.A; stage 2 without S2R has no say.
    Answer run(uint64_t cd_q0)
    {
        b.make_nested(1, 0, 0, 1, 7);
        b.store(0x10050, s2_q2(7) & ~UINT64_C(0x400000000000000));
        b.store(0x41000, cd_q0);
        // Level 1 leads to a page that stage 2 refuses: stage 1 comes first.
        b.store(s2_slot(0, 0x201000), 0);
        b.store(GetParam().at, GetParam().value);
        b.boot();
        return b.dma(1, 0x1abc, GetParam().access);
    }
};
const S1Fault s1_faults[] = {
    {"level_1_invalid", 0x80000, 0x81002, F_TRANSLATION},
    {"level_2_invalid", 0x81000, 0x82002, F_TRANSLATION},
    {"level_3_invalid", 0x82008, 0x201f42, F_TRANSLATION},
    {"level_3_block", 0x82008, 0x201f41, F_TRANSLATION},
    {"level_1_too_large", 0x80000, 0x100000081003, F_ADDR_SIZE},
    {"level_2_too_large", 0x81000, 0x100000082003, F_ADDR_SIZE},
    {"level_3_too_large", 0x82008, 0x100000201f43, F_ADDR_SIZE},
    {"access_flag", 0x82008, 0x201b43, F_ACCESS},
    {"user_read", 0x82008, 0x201f03, F_PERMISSION},
    {"write", 0x82008, 0x201fc3, F_PERMISSION, SIM_DMA_WRITE},
};
INSTANTIATE_TEST_SUITE_P(Rows, SmmuNestedS1, testing::ValuesIn(s1_faults), name_of<S1Fault>);

TEST_P(SmmuNestedS1, IsAFaultOfStage1)
{
    const Answer a = run(0x16204c0000019); // IPS=4: 44 bits

    EXPECT_EQ(a.status, SIM_DMA_ABORT);
    EXPECT_EQ(a.event, GetParam().event);
    ASSERT_EQ(b.n_events(), 1u);
    EXPECT_EQ(b.event(0)[0], 0x100000000 | GetParam().event);
    EXPECT_EQ(b.event(0)[1] & ~kTableRead,
              kInput | (GetParam().access == SIM_DMA_READ ? kRead : 0));
    EXPECT_EQ(b.event(0)[2], 0x1abcu);
}

TEST_P(SmmuNestedS1, IsSilentWithoutR)
{
    EXPECT_EQ(run(0x14204c0000019).status, SIM_DMA_ABORT);
    EXPECT_EQ(b.n_events(), 0u);
}

TEST_P(SmmuNestedS1, ReadsZeroWithoutA)
{
    EXPECT_EQ(run(0x12204c0000019).status, SIM_DMA_RAZ_WI);
    EXPECT_EQ(b.n_events(), 1u);
}

// Stage 2 never ends so, and has its own flag for records: CD.A and CD.R are 0 here.
TEST(SmmuNestedCase, FlagsAreThoseOfTheStageThatFaults)
{
    for (const uint64_t ipa :
         {cds_of(1), space(0), space(0) + 0x1000, space(0) + 0x2000, UINT64_C(0x201000)}) {
        Bench b;

        b.make_nested(1, 0, 0, 1, 7);
        b.store(0x41000, 0x10205c0000019);
        b.store(s2_slot(0, ipa), 0);
        b.boot();
        EXPECT_EQ(b.dma(1, 0x1000).status, SIM_DMA_ABORT);
        EXPECT_EQ(b.n_events(), 1u);
    }
}

// ---- both together: sizes ----

struct Descriptor {
    uint64_t at, value;
};

struct Size {
    const char *name;
    std::vector<Descriptor> descriptors;
    uint64_t pa;
    uint8_t page_log2;
    bool is_s1_larger;
    uint64_t cd_q0 = 0x16205c0000019, q2 = 0x40d355900000007;
};
MACHINE_CASES(Size)

// Virtual 0x40834567: indexes 1, 4, 0x34; intermediate 0x80834567: 2, 4, 0x34. Tables of stage 1 at
// 0x80000, 0x81000, 0x82000, of stage 2 at 0x100000, 0x105000, 0x106000. In 64K: 2 and 0x83, 4 and
// 0x83, stage 2 at 0x150000 and 0x160000. In 16K: 0x20 and 0x20d.
constexpr uint64_t kVa = 0x40834567;
constexpr Descriptor kS1Tables[] = {{0x80008, 0x81003}, {0x81020, 0x82003}};
constexpr Descriptor kS2Tables[] = {{0x100010, 0x105003}, {0x105020, 0x106003}};
constexpr Descriptor kS1Page = {0x821a0, 0x80834f43}, kS2Page = {0x1061a0, 0x5777000007ff};
constexpr Descriptor kS1Block2m = {0x81020, 0x80800f41}, kS2Block2m = {0x105020, 0x5777000007fd};
constexpr Descriptor kS1Block1g = {0x80008, 0x80000f41}, kS2Block1g = {0x100010, 0x5700000007fd};
constexpr uint64_t k64kS2 = 0x40d755600000007;
constexpr Descriptor k64kS2All = {0x150000, 0x7fd}; // the first 512M, where the tables are

const Size sizes[] = {
    {"page_page",
     {kS1Tables[0], kS1Tables[1], kS1Page, kS2Tables[0], kS2Tables[1], kS2Page},
     0x577700000567,
     12,
     false},
    {"page_2m",
     {kS1Tables[0], kS1Tables[1], kS1Page, kS2Tables[0], kS2Block2m},
     0x577700034567,
     12,
     false},
    {"page_1g", {kS1Tables[0], kS1Tables[1], kS1Page, kS2Block1g}, 0x570000834567, 12, false},
    {"2m_page",
     {kS1Tables[0], kS1Block2m, kS2Tables[0], kS2Tables[1], kS2Page},
     0x577700000567,
     12,
     true},
    {"2m_2m", {kS1Tables[0], kS1Block2m, kS2Tables[0], kS2Block2m}, 0x577700034567, 21, false},
    {"2m_1g", {kS1Tables[0], kS1Block2m, kS2Block1g}, 0x570000834567, 21, false},
    {"1g_page", {kS1Block1g, kS2Tables[0], kS2Tables[1], kS2Page}, 0x577700000567, 12, true},
    {"1g_2m", {kS1Block1g, kS2Tables[0], kS2Block2m}, 0x577700034567, 21, true},
    {"1g_1g", {kS1Block1g, kS2Block1g}, 0x570000834567, 30, false},
    {"page_of_64k_page_of_4k",
     {{0x80010, 0x90003}, {0x90418, 0x80830f43}, kS2Tables[0], kS2Tables[1], kS2Page},
     0x577700000567,
     12,
     true,
     0x16205c0000056},
    {"page_of_4k_page_of_64k",
     {kS1Tables[0],
      kS1Tables[1],
      kS1Page,
      k64kS2All,
      {0x150020, 0x160003},
      {0x160418, 0x5777000007ff}},
     0x577700004567,
     12,
     false,
     0x16205c0000019,
     k64kS2},
    {"page_of_16k_page_of_64k",
     {{0x80100, 0x84003},
      {0x85068, 0x80834f43},
      k64kS2All,
      {0x150020, 0x160003},
      {0x160418, 0x5777000007ff}},
     0x577700004567,
     14,
     false,
     0x16205c000009c,
     k64kS2},
};

class SmmuNestedSize : public testing::TestWithParam<Size>
{
};
INSTANTIATE_TEST_SUITE_P(Rows, SmmuNestedSize, testing::ValuesIn(sizes), name_of<Size>);

TEST_P(SmmuNestedSize, IsTheSmallerOne)
{
    const Size &s = GetParam();
    Bench b;
    size_t n;

    b.make_s2_space(0);
    b.ste(1, {0x4100f, 0, s.q2, s.q2 == k64kS2 ? 0x150000u : s2_space(0)});
    b.cd(1, 0, {s.cd_q0, 0x80000, 0, 0xff});
    for (const Descriptor &d : s.descriptors)
        b.store(d.at, d.value);
    b.boot();
    const Answer a = b.dma(1, kVa);
    EXPECT_EQ(a.status, SIM_DMA_OK);
    EXPECT_EQ(a.pa, s.pa);
    EXPECT_EQ(a.page_log2, s.page_log2);
    // All of that page is known, and nothing beside it: there is no such page, says the stage
    // whose page ends there.
    n = b.reads().size();
    for (const uint64_t bit : {UINT64_C(8), UINT64_C(1) << (s.page_log2 - 1)})
        EXPECT_EQ(b.target(1, kVa ^ bit), s.pa ^ bit);
    EXPECT_EQ(b.reads().size(), n);
    EXPECT_EQ(b.dma(1, kVa ^ UINT64_C(1) << s.page_log2).event, F_TRANSLATION);
    ASSERT_EQ(b.n_events(), 1u);
    EXPECT_EQ(b.event(0)[1], kInput | kRead | (s.is_s1_larger ? kS2 : 0));
}

// ---- both together: rights ----

// 4.3 and 4.4 of the facts.
constexpr unsigned kR = SIM_DMA_READ, kW = SIM_DMA_WRITE, kX = SIM_DMA_EXECUTE;
constexpr unsigned kP = SIM_DMA_PRIVILEGED;

unsigned s1_rights(unsigned ap, bool pxn, bool uxn, bool is_privileged)
{
    const bool is_user_writable = ap == 1;
    const unsigned user[] = {0, kR | kW, 0, kR}, privileged[] = {kR | kW, kR | kW, kR, kR};
    const bool x = is_privileged ? !pxn && !is_user_writable : !uxn;

    return (is_privileged ? privileged[ap] : user[ap]) | (x ? kX : 0);
}

unsigned s2_rights(unsigned s2ap, unsigned xn, bool is_privileged)
{
    const bool user_x[] = {true, true, false, false}, privileged_x[] = {true, false, false, true};

    const bool x = is_privileged ? privileged_x[xn] : user_x[xn];

    return (s2ap & 1 ? kR : 0) | (s2ap & 2 ? kW : 0) | (x ? kX : 0);
}

// Each of six accesses, twice: what was allowed is cached the second time, and decides no more.
void check_rights(Bench &b, const std::array<unsigned, 2> &s1, const std::array<unsigned, 2> &s2)
{
    const unsigned needs[] = {kR, kW, kX};
    const unsigned accesses[] = {kR, kW, kR | kX};

    for (unsigned i = 0; i < 12; i++) {
        const bool is_privileged = i & 1;
        const unsigned which = i / 2 % 3, need = needs[which];
        const bool s1_ok = s1[is_privileged] & need, s2_ok = s2[is_privileged] & need;
        const uint32_t n = b.n_events();
        const Answer a = b.dma(1, 0x1000, accesses[which] | (is_privileged ? kP : 0));

        EXPECT_EQ(a.event, s1_ok && s2_ok ? NO_EVENT : F_PERMISSION);
        ASSERT_EQ(b.n_events(), s1_ok && s2_ok ? n : n + 1);
        if (s1_ok && s2_ok) {
            EXPECT_EQ(a.granted, s1[is_privileged] & s2[is_privileged]);
        } else {
            EXPECT_EQ(b.event(n)[1] & kS2, s1_ok ? kS2 : 0);
        }
    }
}

TEST(SmmuNestedRights, AreThoseThatBothGive)
{
    for (unsigned i = 0; i < 256; i++) {
        const unsigned ap = i & 3, s2ap = i >> 2 & 3, xn = i >> 4 & 3;
        const bool pxn = i & 64, uxn = i & 128;
        Bench b;

        b.make_nested(1, 0, 0, 1, 7);
        b.store(leaf_slot(0, 0x1000),
                0x201f03 | ap << 6 | (pxn ? UINT64_C(1) << 53 : 0) | (uxn ? UINT64_C(1) << 54 : 0));
        b.store(s2_slot(0, 0x201000), 0x20173f | s2ap << 6 | uint64_t(xn) << 53);
        b.boot();
        SCOPED_TRACE(i);
        check_rights(b, {s1_rights(ap, pxn, uxn, false), s1_rights(ap, pxn, uxn, true)},
                     {s2_rights(s2ap, xn, false), s2_rights(s2ap, xn, true)});
    }
}

// ---- S1DSS: requests without a SubstreamID skip stage 1, and no CD is read for them ----

class SmmuNestedBypass : public testing::Test
{
  protected:
    Bench b;

    void prepare()
    {
        b.make_nested(1, 0, 0, 1, 7);
        b.ste(1, {0x100000000004100f, 1, s2_q2(7), s2_space(0)}); // 4 CDs, S1DSS=01
        b.boot();
    }
};

TEST_F(SmmuNestedBypass, GoesThroughStage2Alone)
{
    prepare();
    EXPECT_EQ(b.target(1, 0x201000), 0x1000201000u);
    EXPECT_EQ(b.reads(), (std::vector<uint64_t>{0x10040, 0x100000, 0x101008, 0x103008}));
    EXPECT_EQ(b.target(1, 0x1000, 0), 0x1000201000u); // with SSID 0: both
    EXPECT_EQ(b.target(1, 0x1000), 0x1000u);
    EXPECT_EQ(b.target(1, 0x1000, 0), 0x1000201000u);
}

// Whatever went before: a slot that served both stages serves stage 2 alone next time.
TEST(SmmuNestedBypassCase, NothingIsLeftOfOtherRequests)
{
    Config c;

    c.smmu.param.utlb_entries = 1; // so that hardly anything is answered there
    Bench b(c);

    b.make_nested(1, 0, 0, 1, 7);
    b.ste(1, {0x100000000004100f, 1, s2_q2(7), s2_space(0)});
    for (uint64_t iova = 0; iova < 0x8000; iova += 0x1000)
        b.store(leaf_slot(0, iova), (0x200000 + iova) | 0xfc3); // read-only
    b.boot();
    for (uint64_t i = 0; i < 2000; i++) {
        const uint64_t iova = (i & 7) << 12;

        ASSERT_EQ(b.target(1, iova, 0), 0x1000200000 + iova);
    }
    for (uint64_t i = 0; i < 2000; i++) {
        const uint64_t iova = 0x201000 + ((i & 7) << 12);
        const Answer a = b.dma(1, iova, SIM_DMA_WRITE);

        ASSERT_EQ(a.status, SIM_DMA_OK);
        ASSERT_EQ(a.pa, 0x1000000000 + iova);
    }
}

TEST_F(SmmuNestedBypass, FaultsAreOfStage2)
{
    prepare();
    b.store(s2_slot(0, 0x201000), 0);
    EXPECT_EQ(b.dma(1, 0x201abc).event, F_TRANSLATION);
    expect_events(b, {{0x100000010, kS2 | kInput | kRead, 0x201abc, 0x201000}});
}

TEST_F(SmmuNestedBypass, T04_AboveTheRangeOfStage2)
{
    prepare();
    EXPECT_EQ(b.dma(1, 0x8000000abc).event, F_TRANSLATION);
    expect_events(b, {{0x100000010, kS2 | kInput | kRead, 0x8000000abc, 0x8000000000}});
}

TEST_F(SmmuNestedBypass, T05_AboveIas)
{
    prepare();
    EXPECT_EQ(b.dma(1, 0x1000000000abc).status, SIM_DMA_ABORT);
    ASSERT_EQ(b.n_events(), 1u);
    EXPECT_EQ(b.event(0)[0], 0x100000011u);
    EXPECT_EQ(b.event(0)[1], kInput | kRead);
    EXPECT_EQ(b.event(0)[2], 0x1000000000abcu);
}

// ---- CDs behind stage 2 ----

TEST(SmmuNestedCd, IllegalOnesAreWhatTheyAre)
{
    Bench b;

    b.make_deep();
    b.store(0x200008, 0x10444433000); // V=0
    b.boot_deep();
    EXPECT_EQ(b.dma(1, kDeepVa, SIM_DMA_READ, kDeepSsid).event, C_BAD_SUBSTREAMID);
    b.store(0x200008, 0x10444433001);
    b.store(0x210140, 0x1620540000010); // V=0
    b.run_sync(0x100045005);            // CFGI_CD
    EXPECT_EQ(b.dma(1, kDeepVa, SIM_DMA_READ, kDeepSsid).event, C_BAD_CD);
    expect_events(b, {{0x100045008, 0, 0, 0}, {0x10004580a, 0, 0, 0}});
}

// E08: an address of the CD that no stage 2 could take.
TEST(SmmuNestedCd, PointerAboveIasIsAChoice)
{
    for (const bool is_checked : {false, true}) {
        Config c;

        c.smmu.choices.is_nested_cd_ptr_checked = is_checked;
        Bench b(c);

        b.make_nested(1, 0, 0, 1, 7);
        b.store(0x10040, 0x100000004100f);
        b.boot();
        EXPECT_EQ(b.dma(1, 0x1abc).status, SIM_DMA_ABORT);
        if (is_checked)
            expect_events(b, {{0x100000004, 0, 0, 0}});
        else
            expect_events(b, {{0x100000010, kS2 | kRead, 0x1abc, 0x1000000041000}});
    }
}

// One CD belongs to one stream (7.1), its translations to VMID and ASID.
TEST(SmmuNestedCd, StreamsOfOneVmidAndAsidShareTranslations)
{
    Bench b;

    b.make_nested(1, 0, 0, 1, 7);
    b.make_nested(2, 0, 0, 1, 7);
    b.boot();
    ASSERT_EQ(b.target(1, 0x1000), 0x1000201000u);
    const size_t n = b.reads().size();
    ASSERT_EQ(b.target(2, 0x1000), 0x1000201000u);
    EXPECT_EQ(b.reads().size(), n + 3); // STE, stage 2 of the CD, CD
}

} // namespace
