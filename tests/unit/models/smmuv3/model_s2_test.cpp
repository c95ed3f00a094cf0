// SPDX-License-Identifier: BSD-2-Clause
// Stage 2 alone: one walk per granule, start level and size of the input, tables side by side, each
// descriptor at the place that its index says, and what of it stays (4.2, 4.4, 4.5 of the facts).
#include "tests/unit/models/smmuv3/machine_bench.h"

namespace
{

using namespace machine;

struct Descriptor {
    uint64_t at, value;
};

struct Walk {
    const char *name;
    uint64_t q2; // of the STE: S2R AA64 S2PS=5, then what the name says
    uint64_t ttb;
    uint64_t ipa;
    std::vector<Descriptor> descriptors;
    uint64_t pa;
    uint8_t page_log2;
    uint32_t idr3 = kIdr3;
    uint32_t idr5 = kIdr5;
};
MACHINE_CASES(Walk)

const uint32_t kStt = kIdr3 | 0x200, kOas52 = 0x76;

// 0x123456789abc in 4K: indexes 0x24 0xd1 0xb3 0x189, each times 8.
// 0x923456789abc in 16K: 0x1 0x123 0x22b 0x1e2; in 64K: 0x24 0x11a2 0x1678.
// Side by side: the first index has up to four bits more.
const Walk walks[] = {
    {"4k_level_0_48_bits",
     0x40d359000000000,
     0x80000,
     0x123456789abc,
     {{0x80120, 0x81003}, {0x81688, 0x82003}, {0x82598, 0x83003}, {0x83c48, 0x7770007ff}},
     0x777000abc,
     12},
    {"4k_level_0_40_bits_smallest",
     0x40d359800000000,
     0x80000,
     0xb456789abc,
     {{0x80008, 0x81003}, {0x81688, 0x82003}, {0x82598, 0x83003}, {0x83c48, 0x7770007ff}},
     0x777000abc,
     12},
    {"4k_level_1_39_bits",
     0x40d355900000000,
     0x81000,
     0x3456789abc,
     {{0x81688, 0x82003}, {0x82598, 0x83003}, {0x83c48, 0x7770007ff}},
     0x777000abc,
     12},
    {"4k_level_1_40_bits_2_tables",
     0x40d355800000000,
     0x84000,
     0xb456789abc,
     {{0x85688, 0x82003}, {0x82598, 0x83003}, {0x83c48, 0x7770007ff}},
     0x777000abc,
     12},
    {"4k_level_1_43_bits_16_tables",
     0x40d355500000000,
     0x90000,
     0x7b456789abc,
     {{0x9f688, 0x82003}, {0x82598, 0x83003}, {0x83c48, 0x7770007ff}},
     0x777000abc,
     12},
    {"4k_level_1_31_bits_smallest",
     0x40d356100000000,
     0x81000,
     0x56789abc,
     {{0x81008, 0x82003}, {0x82598, 0x83003}, {0x83c48, 0x7770007ff}},
     0x777000abc,
     12},
    {"4k_level_2_30_bits",
     0x40d352200000000,
     0x82000,
     0x16789abc,
     {{0x82598, 0x83003}, {0x83c48, 0x7770007ff}},
     0x777000abc,
     12},
    {"4k_level_2_34_bits_16_tables",
     0x40d351e00000000,
     0x90000,
     0x356789abc,
     {{0x9d598, 0x83003}, {0x83c48, 0x7770007ff}},
     0x777000abc,
     12},
    {"4k_level_2_25_bits",
     0x40d352700000000,
     0x82000,
     0x789abc,
     {{0x82018, 0x83003}, {0x83c48, 0x7770007ff}},
     0x777000abc,
     12},
    {"4k_level_2_22_bits_smallest",
     0x40d352a00000000,
     0x82000,
     0x389abc,
     {{0x82008, 0x83003}, {0x83c48, 0x7770007ff}},
     0x777000abc,
     12,
     kStt},
    {"4k_level_3_25_bits_16_tables",
     0x40d35e700000000,
     0x90000,
     0x1789abc,
     {{0x9bc48, 0x7770007ff}},
     0x777000abc,
     12,
     kStt},
    {"4k_level_3_21_bits",
     0x40d35eb00000000,
     0x83000,
     0x189abc,
     {{0x83c48, 0x7770007ff}},
     0x777000abc,
     12,
     kStt},
    {"4k_level_3_16_bits_smallest",
     0x40d35f000000000,
     0x83000,
     0x9abc,
     {{0x83048, 0x7770007ff}},
     0x777000abc,
     12,
     kStt},
    {"4k_block_of_1g",
     0x40d359000000000,
     0x80000,
     0x123456789abc,
     {{0x80120, 0x81003}, {0x81688, 0x7400007fd}},
     0x756789abc,
     30},
    {"4k_block_of_1g_at_the_start",
     0x40d355500000000,
     0x90000,
     0x7b456789abc,
     {{0x9f688, 0x7400007fd}},
     0x756789abc,
     30},
    {"4k_block_of_2m",
     0x40d359000000000,
     0x80000,
     0x123456789abc,
     {{0x80120, 0x81003}, {0x81688, 0x82003}, {0x82598, 0x7770007fd}},
     0x777189abc,
     21},
    {"16k_level_1_47_bits",
     0x40db59100000000,
     0x84000,
     0x123456789abc,
     {{0x84918, 0x88003}, {0x89158, 0x8c003}, {0x8cf10, 0x7770007ff}},
     0x777001abc,
     14},
    {"16k_level_1_48_bits_2_tables",
     0x40db59000000000,
     0x90000,
     0x923456789abc,
     {{0x94918, 0x88003}, {0x89158, 0x8c003}, {0x8cf10, 0x7770007ff}},
     0x777001abc,
     14},
    {"16k_level_1_37_bits_smallest",
     0x40db59b00000000,
     0x84000,
     0x1456789abc,
     {{0x84008, 0x88003}, {0x89158, 0x8c003}, {0x8cf10, 0x7770007ff}},
     0x777001abc,
     14},
    {"16k_level_2_36_bits",
     0x40db55c00000000,
     0x88000,
     0x456789abc,
     {{0x89158, 0x8c003}, {0x8cf10, 0x7770007ff}},
     0x777001abc,
     14},
    {"16k_level_2_40_bits_16_tables",
     0x40db55800000000,
     0xc0000,
     0xb456789abc,
     {{0xed158, 0x8c003}, {0x8cf10, 0x7770007ff}},
     0x777001abc,
     14},
    {"16k_level_3_25_bits",
     0x40db52700000000,
     0x8c000,
     0x1789abc,
     {{0x8ef10, 0x7770007ff}},
     0x777001abc,
     14},
    {"16k_level_3_29_bits_16_tables",
     0x40db52300000000,
     0xc0000,
     0x16789abc,
     {{0xecf10, 0x7770007ff}},
     0x777001abc,
     14},
    {"16k_block_of_32m",
     0x40db59100000000,
     0x84000,
     0x123456789abc,
     {{0x84918, 0x88003}, {0x89158, 0x7760007fd}},
     0x776789abc,
     25},
    {"64k_level_1_48_bits",
     0x40d759000000000,
     0x80000,
     0x923456789abc,
     {{0x80120, 0x90003}, {0x98d10, 0xa0003}, {0xab3c0, 0x7770007ff}},
     0x777009abc,
     16},
    {"64k_level_1_43_bits_smallest",
     0x40d759500000000,
     0x80000,
     0x63456789abc,
     {{0x80008, 0x90003}, {0x98d10, 0xa0003}, {0xab3c0, 0x7770007ff}},
     0x777009abc,
     16},
    {"64k_level_2_42_bits",
     0x40d755600000000,
     0x90000,
     0x23456789abc,
     {{0x98d10, 0xa0003}, {0xab3c0, 0x7770007ff}},
     0x777009abc,
     16},
    {"64k_level_2_46_bits_16_tables",
     0x40d755200000000,
     0x100000,
     0x323456789abc,
     {{0x1c8d10, 0xa0003}, {0xab3c0, 0x7770007ff}},
     0x777009abc,
     16},
    {"64k_level_3_29_bits",
     0x40d752300000000,
     0xa0000,
     0x16789abc,
     {{0xab3c0, 0x7770007ff}},
     0x777009abc,
     16},
    {"64k_level_3_33_bits_16_tables",
     0x40d751f00000000,
     0x100000,
     0x156789abc,
     {{0x1ab3c0, 0x7770007ff}},
     0x777009abc,
     16},
    {"64k_block_of_512m",
     0x40d759000000000,
     0x80000,
     0x923456789abc,
     {{0x80120, 0x90003}, {0x98d10, 0x7600007fd}},
     0x776789abc,
     29},
    {"64k_level_1_52_bits", // and bits 51 to 48 of the page in bits 15 to 12
     0x40e758c00000000,
     0x80000,
     0x9923456789abc,
     {{0x81320, 0x90003}, {0x98d10, 0xa0003}, {0xab3c0, 0x7770057ff}},
     0x5000777009abc,
     16,
     kIdr3,
     kOas52},
    {"table_base_is_aligned_to_its_size",
     0x40d355900000000,
     0x81ff0,
     0x3456789abc,
     {{0x81688, 0x82003}, {0x82598, 0x83003}, {0x83c48, 0x7770007ff}},
     0x777000abc,
     12},
    {"table_base_is_aligned_to_all_tables",
     0x40d355500000000,
     0x9bff0,
     0x7b456789abc,
     {{0x9f688, 0x82003}, {0x82598, 0x83003}, {0x83c48, 0x7770007ff}},
     0x777000abc,
     12},
    {"last_output_below_s2ps", // S2PS=0: 32 bits
     0x408355900000000,
     0x81000,
     0x3456789abc,
     {{0x81688, 0x82003}, {0x82598, 0x83003}, {0x83c48, 0xfffff7ff}},
     0xfffffabc,
     12},
    {"last_input",
     0x40d355900000000,
     0x81000,
     0x7fffffffff,
     {{0x81ff8, 0x82003}, {0x82ff8, 0x83003}, {0x83ff8, 0x7770007ff}},
     0x777000fff,
     12},
};

class SmmuS2Walk : public testing::TestWithParam<Walk>
{
  protected:
    static Config config()
    {
        Config c;

        c.smmu.ids.idr3 = GetParam().idr3;
        c.smmu.ids.idr5 = GetParam().idr5;
        return c;
    }
    static void prepare(Bench &b)
    {
        b.ste(1, {0xd, 0, GetParam().q2, GetParam().ttb}); // V, Config=110
        for (const Descriptor &d : GetParam().descriptors)
            b.store(d.at, d.value);
        b.boot();
    }
};
INSTANTIATE_TEST_SUITE_P(Levels, SmmuS2Walk, testing::ValuesIn(walks), name_of<Walk>);

TEST_P(SmmuS2Walk, LeadsToTheAddress)
{
    Bench b(config());
    std::vector<uint64_t> expected{0x10040};

    prepare(b);
    const Answer a = b.dma(1, GetParam().ipa);
    EXPECT_EQ(a.status, SIM_DMA_OK);
    EXPECT_EQ(a.pa, GetParam().pa);
    EXPECT_EQ(a.page_log2, GetParam().page_log2);
    EXPECT_EQ(b.n_events(), 0u);
    // The STE, each level once, and nothing the second time.
    for (const Descriptor &d : GetParam().descriptors)
        expected.push_back(d.at);
    EXPECT_EQ(b.reads(), expected);
    EXPECT_EQ(b.target(1, GetParam().ipa), GetParam().pa);
    EXPECT_EQ(b.reads(), expected);
}

TEST_P(SmmuS2Walk, InvalidAtEachLevel)
{
    for (const Descriptor &d : GetParam().descriptors) {
        Bench b(config());
        const uint64_t ipa = GetParam().ipa;

        prepare(b);
        b.store(d.at, d.value & ~1ull);
        EXPECT_EQ(b.dma(1, ipa).event, F_TRANSLATION);
        expect_events(b, {{0x100000010, kS2 | kInput | kRead, ipa, ipa >> 12 << 12}});
        // Nothing of a fault is kept.
        b.store(d.at, d.value);
        EXPECT_EQ(b.target(1, ipa), GetParam().pa);
    }
}

// Recorded even if the STE says S2R=0.
TEST_P(SmmuS2Walk, AbortAtEachLevel)
{
    for (const uint64_t s2r : {UINT64_C(0), UINT64_C(0x400000000000000)}) {
        for (const Descriptor &d : GetParam().descriptors) {
            Bench b(config());
            const uint64_t ipa = GetParam().ipa;

            prepare(b);
            b.store(0x10050, (GetParam().q2 & ~UINT64_C(0x400000000000000)) | s2r);
            test_machine_break(b.m, d.at, 8);
            const Answer a = b.dma(1, ipa);
            EXPECT_EQ(a.status, SIM_DMA_ABORT);
            expect_events(b, {{0x10000000b, kS2 | kInput | kRead, ipa, d.at}});
            b.store(d.at, d.value);
            EXPECT_EQ(b.target(1, ipa), GetParam().pa);
        }
    }
}

uint64_t reversed(uint64_t value)
{
    uint64_t other = 0;

    for (unsigned i = 0; i < 8; i++)
        other |= (value >> (8 * i) & 0xff) << (8 * (7 - i));
    return other;
}

// S2ENDI is for the tables of stage 2 (TTENDIAN=0 allows it).
TEST_P(SmmuS2Walk, BigEndianTables)
{
    Config c = config();

    c.idr0(0x600000, 0);
    Bench b(c);

    prepare(b);
    b.store(0x10050, GetParam().q2 | 0x10000000000000);
    for (const Descriptor &d : GetParam().descriptors)
        b.store(d.at, reversed(d.value));
    EXPECT_EQ(b.target(1, GetParam().ipa), GetParam().pa);
}

// ---- what is no walk ----

TEST(SmmuS2Case, BigEndianTablesAreRefusedIfThereAreNone)
{
    Bench b;

    b.make_s2_stream(1, 0, 7);
    b.ste(1, {0xd, 0, s2_q2(7) | 0x10000000000000, s2_space(0)});
    b.boot();
    EXPECT_EQ(b.dma(1, 0x1000).event, C_BAD_STE);
    expect_events(b, {{0x100000004, 0, 0, 0}});
}

// Stage 1 has its own order of bytes.
TEST(SmmuS2Case, EachStageHasItsOrderOfBytes)
{
    for (const bool is_s2_big : {false, true}) {
        Config c;

        c.idr0(0x600000, 0);
        Bench b(c);

        b.make_nested(1, 0, 0, 1, 7);
        if (is_s2_big) {
            b.store(0x10050, s2_q2(7) | 0x10000000000000);
            for (uint64_t at = s2_space(0); at < s2_space(1); at += 8)
                b.store(at, reversed(b.load(at)));
        } else {
            b.store(cds_of(1), cd_q0(1) | 0x8000);
            for (uint64_t at = space(0); at < space(1); at += 8)
                b.store(at, reversed(b.load(at)));
        }
        b.boot();
        EXPECT_EQ(b.target(1, 0x1000), 0x1000201000u) << is_s2_big;
    }
}

// 3.2: nothing but CDs tells substreams apart.
TEST(SmmuS2Case, ASubstreamIsRefused)
{
    for (const uint64_t ssid : {0u, 1u, 0xfffffu}) {
        Bench b;

        b.make_s2_stream(1, 0, 7);
        // S1CDMax and S1DSS are not looked at.
        b.ste(1, {0x100000000000000d, 2, s2_q2(7), s2_space(0)});
        b.boot();
        EXPECT_EQ(b.dma(1, 0x1000, SIM_DMA_READ, static_cast<int64_t>(ssid)).status, SIM_DMA_ABORT);
        expect_events(b, {{0x100000008 | ssid << 12, 0, 0, 0}});
        EXPECT_EQ(b.target(1, 0x1000), 0x1000u);
    }
}

// One VMID is one address space, whichever stream asks; another VMID is not.
TEST(SmmuS2Case, StreamsOfOneVmidShareTranslations)
{
    Bench b;

    b.make_s2_stream(1, 0, 7);
    b.make_s2_stream(2, 0, 7);
    b.make_s2_stream(3, 0, 0x107);
    b.boot();
    for (uint32_t sid = 1; sid < 4; sid++) {
        EXPECT_EQ(b.target(sid, 0x201000), 0x1000201000u);
        EXPECT_EQ(b.n_accesses(s2_slot(0, 0x201000), 8), sid < 3 ? 1u : 2u);
    }
}

// Stage 1 entries of a VMID do not answer for stage 2, or the other way round.
TEST(SmmuS2Case, StagesOfOneVmidAreToldApart)
{
    for (const uint32_t first : {1u, 2u, 3u}) {
        Bench b;

        b.make_stream(1, 0, 1, 7);
        b.make_s2_stream(2, 0, 7);
        b.make_nested(3, 1, 0, 2, 7);
        b.store(leaf_slot(0, 0x1000), global_page(0x201000));
        b.store(leaf_slot(1, 0x1000), global_page(0x301000));
        b.boot();
        for (uint32_t i = 0; i < 3; i++) {
            const uint32_t sid = 1 + (first + i) % 3;
            const uint64_t pas[] = {0x201000, 0x1000, 0x1000301000};

            EXPECT_EQ(b.target(sid, 0x1000), pas[sid - 1]) << sid;
        }
    }
}

// What a page grants is the same the first time and when it is cached, by whom ever.
TEST(SmmuS2Case, AHitGrantsTheSame)
{
    const unsigned both = SIM_DMA_READ | SIM_DMA_WRITE | SIM_DMA_EXECUTE;
    const std::pair<uint64_t, unsigned> rows[] = {
        {0x2017ff, both},
        {0x20177f, SIM_DMA_READ | SIM_DMA_EXECUTE},
        {0x4000000020177f, SIM_DMA_READ},
        {0x400000002017ff, SIM_DMA_READ | SIM_DMA_WRITE},
        {0x6000000020177f, SIM_DMA_READ}, // execution is for the privileged
    };

    for (const auto &row : rows) {
        Bench b;

        b.make_s2_stream(1, 0, 7);
        b.make_s2_stream(2, 0, 7);
        b.store(s2_slot(0, 0x1000), row.first);
        b.boot();
        EXPECT_EQ(b.dma(1, 0x1000).granted, row.second) << row.first;
        EXPECT_EQ(b.dma(1, 0x1000).granted, row.second) << row.first;
        EXPECT_EQ(b.dma(2, 0x1000).granted, row.second) << row.first;
    }
}

// Cached by an allowed access, a page still refuses the other one: in the micro TLB, and for a
// stream that finds it in the main one.
TEST(SmmuS2Case, AHitIsCheckedToo)
{
    Bench b;

    b.make_s2_stream(1, 0, 7);
    b.make_s2_stream(2, 0, 7);
    b.store(s2_slot(0, 0x201000), 0x20177f); // S2AP=1
    b.boot();
    ASSERT_EQ(b.target(1, 0x201000), 0x201000u);
    for (uint32_t sid = 1; sid < 3; sid++) {
        EXPECT_EQ(b.dma(sid, 0x201123, SIM_DMA_WRITE).event, F_PERMISSION);
        ASSERT_EQ(b.n_events(), sid);
        EXPECT_EQ(b.event(sid - 1)[1] & ~kTableRead, kS2 | kInput);
        EXPECT_EQ(b.event(sid - 1)[2], 0x201123u);
        EXPECT_EQ(b.event(sid - 1)[3], 0x201000u);
    }
    EXPECT_EQ(b.target(2, 0x201008), 0x201008u);
}

} // namespace
