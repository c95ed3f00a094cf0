// SPDX-License-Identifier: BSD-2-Clause
// From a stream with stage 1 to its CD: which one, what is outside, what cannot be read, what is
// illegal (C01 to C06, D01 to D10; 5.3, 5.4).
#include "tests/unit/models/smmuv3/machine_bench.h"

namespace
{

using namespace machine;

constexpr uint64_t kIova = 0x3000;

// ---- 3.9: who gets which CD ----

// What a request comes to: a CD by its index, no translation, or an event.
enum Outcome { CD0, CD1, CD2, CD3, BYPASS, DISABLED, BAD_SUBSTREAM, SILENT };

struct Matrix {
    const char *name;
    uint64_t q0, q1; // of the STE
    // without SSID, with SSID 0, 1, 3, 4
    std::array<Outcome, 5> outcome;
    uint32_t idr1 = kIdr1;
};
MACHINE_CASES(Matrix)

const Outcome BS = BAD_SUBSTREAM, SD = DISABLED;
const Matrix matrices[] = {
    {"one_cd_dss_0", 0x4100b, 0, {CD0, BS, BS, BS, BS}},
    {"one_cd_dss_1", 0x4100b, 1, {CD0, BS, BS, BS, BS}},
    {"one_cd_dss_2", 0x4100b, 2, {CD0, BS, BS, BS, BS}},
    {"one_cd_dss_3", 0x4100b, 3, {CD0, BS, BS, BS, BS}},
    {"four_cds_dss_0_terminates", 0x100000000004100b, 0, {SD, CD0, CD1, CD3, BS}},
    {"four_cds_dss_1_bypasses", 0x100000000004100b, 1, {BYPASS, CD0, CD1, CD3, BS}},
    {"four_cds_dss_2_uses_cd_0", 0x100000000004100b, 2, {CD0, SD, CD1, CD3, BS}},
    {"four_cds_dss_3_is_0", 0x100000000004100b, 3, {SD, CD0, CD1, CD3, BS}},
    {"format_3_is_linear", 0x100000000004103b, 2, {CD0, SD, CD1, CD3, BS}},
    {"no_substreams_offered_dss_0", 0x100000000004100b, 0, {CD0, BS, BS, BS, BS}, 0xe730010},
    {"no_substreams_offered_dss_1", 0x100000000004100b, 1, {CD0, BS, BS, BS, BS}, 0xe730010},
    {"bypass", 0x9, 0, {BYPASS, BS, BS, BS, BS}},
    {"bypass_ignores_cdmax", 0x1000000000041009, 1, {BYPASS, BS, BS, BS, BS}},
    {"abort", 0x1, 0, {SILENT, SILENT, SILENT, SILENT, SILENT}},
};

class SmmuSubstream : public testing::TestWithParam<Matrix>
{
  protected:
    void expect(Outcome outcome, int64_t ssid)
    {
        Config c;

        c.smmu.ids.idr1 = GetParam().idr1;
        Bench b(c);

        b.make_stream(1, 0, 10);
        for (unsigned i = 1; i < 8; i++) {
            b.make_space(i);
            b.cd(1, i, {cd_q0(10 + i), space(i), 0, 0xff});
        }
        b.ste(1, {GetParam().q0, GetParam().q1});
        b.boot();
        const Answer a = b.dma(1, kIova, SIM_DMA_READ, ssid);
        check(b, a, outcome, ssid);
    }
    static void check(const Bench &b, const Answer &a, Outcome outcome, int64_t ssid)
    {
        const uint64_t number = ssid == kNoSsid ? 0 : static_cast<uint64_t>(ssid);

        EXPECT_EQ(a.status, outcome <= BYPASS ? SIM_DMA_OK : SIM_DMA_ABORT);
        if (outcome <= BYPASS) {
            EXPECT_EQ(a.pa, outcome == BYPASS ? kIova : page_of(outcome, kIova));
        }
        if (outcome == BAD_SUBSTREAM) {
            expect_events(b, {{0x100000008 | number << 12, 0, 0, 0}});
        } else if (outcome == DISABLED) {
            ASSERT_EQ(b.n_events(), 1u);
            EXPECT_EQ(b.event(0)[0] & ~0x800ull, 0x100000006u); // SSV here is not certain
        } else {
            EXPECT_EQ(b.n_events(), 0u);
        }
    }
};
INSTANTIATE_TEST_SUITE_P(C01, SmmuSubstream, testing::ValuesIn(matrices), name_of<Matrix>);

TEST_P(SmmuSubstream, Without)
{
    expect(GetParam().outcome[0], kNoSsid);
}

TEST_P(SmmuSubstream, Ssid0)
{
    expect(GetParam().outcome[1], 0);
}

TEST_P(SmmuSubstream, Ssid1)
{
    expect(GetParam().outcome[2], 1);
}

TEST_P(SmmuSubstream, LastSsid)
{
    expect(GetParam().outcome[3], 3);
}

TEST_P(SmmuSubstream, OneTooMany)
{
    expect(GetParam().outcome[4], 4);
}

// ---- C01, C02: where the CD is ----

struct Place {
    const char *name;
    uint64_t q0; // of the STE
    uint64_t l1cd_at, l1cd;
    uint64_t cd_at;
    uint32_t ssid;
};
MACHINE_CASES(Place)

const Place places[] = {
    {"linear", 0x300000000040000b, 0, 0, 0x4000c0, 3}, // 64 CDs
    {"linear_last", 0x300000000040000b, 0, 0, 0x400fc0, 63},
    {"linear_base_is_aligned_to_its_size", 0x3000000000400fcb, 0, 0, 0x4000c0, 3},
    {"linear_base_keeps_the_bit_above", 0x280000000040084b, 0, 0, 0x4008c0, 3}, // 32 CDs
    // two levels, 64 CDs in a page of 4K, S1CDMax=8
    {"split_6_last_of_first", 0x400000000040001b, 0x400000, 0x500001, 0x500fc0, 63},
    {"split_6_first_of_second", 0x400000000040001b, 0x400008, 0x500001, 0x500000, 64},
    {"split_6_last", 0x400000000040001b, 0x400018, 0x500001, 0x500fc0, 255},
    {"split_6_less_than_a_page", 0x280000000040001b, 0x400000, 0x500001, 0x5001c0, 7},
    {"split_6_level_1_aligned", 0x600000000040005b, 0x400048, 0x500001, 0x500000, 576},
    // two levels, 1024 CDs in a page of 64K, S1CDMax=12
    {"split_10_ssid_1023", 0x600000000040002b, 0x400000, 0x500001, 0x50ffc0, 1023},
    {"split_10_ssid_1024", 0x600000000040002b, 0x400008, 0x500001, 0x500000, 1024},
    {"split_10_last", 0x600000000040002b, 0x400018, 0x500001, 0x50ffc0, 4095},
};

class SmmuCdPlace : public testing::TestWithParam<Place>
{
};
INSTANTIATE_TEST_SUITE_P(C02, SmmuCdPlace, testing::ValuesIn(places), name_of<Place>);

TEST_P(SmmuCdPlace, IsFound)
{
    const Place &p = GetParam();
    Bench b;

    b.make_space(0);
    b.ste(1, {p.q0, 2});
    if (p.l1cd_at)
        b.store(p.l1cd_at, p.l1cd);
    b.store(p.cd_at, {cd_q0(1), space(0), 0, 0xff});
    b.boot();
    EXPECT_EQ(b.target(1, kIova, p.ssid), page_of(0, kIova));
}

// ---- C03, C05: level 1 invalid, or anything that cannot be read ----

TEST(SmmuCd, C03_InvalidL1cdWithSsid)
{
    Bench b;

    b.ste(1, {0x400000000040001b, 2});
    b.store(0x400008, 0x500000); // V=0
    b.boot();
    EXPECT_EQ(b.dma(1, kIova, SIM_DMA_READ, 65).status, SIM_DMA_ABORT);
    expect_events(b, {{0x100041008, 0, 0, 0}});
    EXPECT_EQ(b.n_accesses(0x500000, 0x1000), 0u);
}

TEST(SmmuCd, C03_InvalidL1cdWithoutSsidReportsZero)
{
    Bench b;

    b.ste(1, {0x400000000040001b, 2});
    b.boot();
    EXPECT_EQ(b.dma(1, kIova).status, SIM_DMA_ABORT);
    expect_events(b, {{0x100000008, 0, 0, 0}});
}

TEST(SmmuCd, C03_L1cdPointsAboveOas)
{
    Bench b;

    b.ste(1, {0x400000000040001b, 2});
    b.store(0x400008, 0x1000000500001);
    b.boot();
    EXPECT_EQ(b.dma(1, kIova, SIM_DMA_READ, 65).status, SIM_DMA_ABORT);
    expect_events(b, {{0x100041008, 0, 0, 0}});
}

TEST(SmmuCd, C05_L1cdThatCannotBeRead)
{
    Bench b;

    b.make_space(0);
    b.ste(1, {0x400000000040001b, 2});
    test_machine_break(b.m, 0x400008, 8);
    b.store(0x500040, {cd_q0(1), space(0), 0, 0xff});
    b.boot();
    EXPECT_EQ(b.dma(1, kIova, SIM_DMA_READ, 65).status, SIM_DMA_ABORT);
    expect_events(b, {{0x100041809, 0, 0, 0x400008}});
    b.store(0x400008, 0x500001); // never cached
    EXPECT_EQ(b.target(1, kIova, 65), page_of(0, kIova));
}

TEST(SmmuCd, C05_CdThatCannotBeRead)
{
    Bench b;

    b.make_stream(1, 0, 1);
    test_machine_break(b.m, cds_of(1), 64);
    b.boot();
    EXPECT_EQ(b.dma(1, kIova).status, SIM_DMA_ABORT);
    expect_events(b, {{0x100000009, 0, 0, 0x41000}});
    b.cd(1, 0, {cd_q0(1), space(0), 0, 0xff}); // never cached
    EXPECT_EQ(b.target(1, kIova), page_of(0, kIova));
}

TEST(SmmuCd, C05_CdOfASubstreamThatCannotBeRead)
{
    Bench b;

    b.make_stream(1, 0, 1);
    b.ste(1, {0x100000000004100b, 2});
    test_machine_break(b.m, cds_of(1) + 64 * 2, 64);
    b.boot();
    EXPECT_EQ(b.dma(1, kIova, SIM_DMA_READ, 2).status, SIM_DMA_ABORT);
    expect_events(b, {{0x100002809, 0, 0, 0x41080}});
}

TEST(SmmuCd, C06_NoCdIsReadWithoutStage1)
{
    Bench b;

    b.make_stream(1, 0, 1);
    b.ste(1, {0x41009}); // bypass that has a pointer
    b.boot();
    EXPECT_EQ(b.target(1, kIova), kIova);
    b.run_sync(0x100000001); // PREFETCH_CONFIG
    EXPECT_EQ(b.n_accesses(cds_of(1), 0x1000), 0u);
}

// Without its valid bit, a number is nothing.
TEST(SmmuCd, SsidWithoutSsvIsNone)
{
    Bench b;
    Request r(1, kIova), again(1, kIova);

    b.make_stream(1, 0, 1);
    b.boot();
    for (Request *one : {&r, &again}) {
        one->dma.pasid = 5;
        b.submit(*one);
        b.settle();
        EXPECT_EQ(one->dma.status, SIM_DMA_OK);
    }
    b.cd(1, 0, {0});
    b.run_sync(0x100000005, 0x1); // CFGI_CD of SSID 0
    EXPECT_EQ(b.dma(1, kIova).event, C_BAD_CD);
    expect_events(b, {{0x10000000a, 0, 0, 0}});
}

// ---- D01 to D10 ----

struct Rule {
    const char *name;
    std::vector<uint64_t> cd;
    bool is_bad;
    uint32_t idr0_clear = 0, idr0_set = 0;
    uint32_t idr3_set = 0;
    uint32_t idr5 = kIdr5;
};
MACHINE_CASES(Rule)

// ASID=1, A R AA64 IPS=5, V EPD1, T0SZ=25 unless the name says otherwise.
const Rule rules[] = {
    {"legal", {0x16205c0000019, 0x80000}, false},
    {"all_zero", {0}, true},
    {"D01_invalid", {0x1620540000019, 0x80000}, true},
    {"D02_stall_terminate_only", {0x17205c0000019, 0x80000}, true},
    {"D02_no_stall_stall_only", {0x16205c0000019, 0x80000}, true, 0x1000000, 0x2000000},
    {"D03_raz_wi_offered", {0x12205c0000019, 0x80000}, false},
    {"D03_raz_wi_not_offered", {0x12205c0000019, 0x80000}, true, 0, 0x4000000},
    {"D04_short_format_not_offered", {0x16005c0000019, 0x80000}, true},
    {"D05_big_endian", {0x16205c0008019, 0x80000}, true},
    {"D05_big_endian_no_walks", {0x16205c000c019, 0x80000}, false},
    {"D06_ha", {0x16a05c0000019, 0x80000}, true},
    {"D06_hd", {0x16605c0000019, 0x80000}, true},
    {"D06_ha_offered", {0x16a05c0000019, 0x80000}, false, 0, 0x40},
    {"D06_ha_hd_only_ha_offered", {0x16e05c0000019, 0x80000}, true, 0, 0x40},
    {"D06_ha_hd_offered", {0x16e05c0000019, 0x80000}, false, 0, 0x80},
    {"D07_asid_256_of_8_bits", {0x1006205c0000019, 0x80000}, true, 0x1000},
    {"D07_asid_255_of_8_bits", {0xff6205c0000019, 0x80000}, false, 0x1000},
    {"D07_asid_256_of_16_bits", {0x1006205c0000019, 0x80000}, false},
    {"D08_t0sz_15", {0x16205c000000f, 0x80000}, true},
    {"D08_t0sz_16", {0x16205c0000010, 0x80000}, false},
    {"D08_t0sz_39", {0x16205c0000027, 0x80000}, false},
    {"D08_t0sz_40", {0x16205c0000028, 0x80000}, true},
    {"D08_t0sz_40_small_tables", {0x16205c0000028, 0x80000}, false, 0, 0, 0x200},
    {"D08_t0sz_49_small_tables", {0x16205c0000031, 0x80000}, true, 0, 0, 0x200},
    {"D08_t0sz_15_but_epd0", {0x16205c000400f, 0x80000}, false},
    {"D08_t1sz_40", {0x1620580a80019, 0x80000, 0x80000}, true},
    {"D08_t1sz_25", {0x1620580990019, 0x80000, 0x80000}, false},
    {"D09_tg0_3", {0x16205c00000d9, 0x80000}, true},
    {"D09_tg1_0", {0x1620580190019, 0x80000, 0x80000}, true},
    {"D09_tg1_0_but_epd1", {0x16205c0190019, 0x80000}, false},
    {"D09_no_4k", {0x16205c0000019, 0x80000}, true, 0, 0, 0, 0x65},
    {"D09_no_16k", {0x16205c0000099, 0x80000}, true, 0, 0, 0, 0x55},
    {"D09_no_64k", {0x16205c0000059, 0x80000}, true, 0, 0, 0, 0x35},
    {"D09_no_16k_but_64k", {0x16205c0000059, 0x80000}, false, 0, 0, 0, 0x55},
    {"D10_ttb0_above_ips", {0x16200c0000019, 0x100080000}, true},
    {"D10_ttb0_last_below_ips", {0x16200c0000019, 0xfffff000}, false},
    {"D10_ttb0_above_oas", {0x16205c0000019, 0x100000080000}, true, 0, 0, 0, 0x74},
    {"D10_ttb1_above_ips", {0x1620080990019, 0x80000, 0x100080000}, true},
    {"D10_ttb1_above_ips_but_epd1", {0x16200c0990019, 0x80000, 0x100080000}, false},
    {"D10_ips_7_is_oas", {0x16207c0000019, 0x80000}, false},
    {"both_halves_off", {0x16205c0004019, 0x80000}, false},
};

class SmmuCdRule : public testing::TestWithParam<Rule>
{
};
INSTANTIATE_TEST_SUITE_P(D01toD10, SmmuCdRule, testing::ValuesIn(rules), name_of<Rule>);

TEST_P(SmmuCdRule, IsAnsweredAndRecorded)
{
    const Rule &r = GetParam();
    Config c;

    c.idr0(r.idr0_clear, r.idr0_set);
    c.smmu.ids.idr3 |= r.idr3_set;
    c.smmu.ids.idr5 = r.idr5;
    Bench b(c);

    b.make_stream(1, 0, 1);
    b.cd(1, 0, r.cd);
    b.boot();
    const Answer a = b.dma(1, kIova);
    EXPECT_EQ(a.event == C_BAD_CD, r.is_bad);
    if (r.is_bad) {
        EXPECT_EQ(a.status, SIM_DMA_ABORT);
        expect_events(b, {{0x10000000a, 0, 0, 0}});
    }
}

TEST(SmmuCd, D01_OfASubstream)
{
    Bench b;

    b.make_stream(1, 0, 1);
    b.ste(1, {0x100000000004100b, 2});
    b.boot();
    EXPECT_EQ(b.dma(1, kIova, SIM_DMA_READ, 3).status, SIM_DMA_ABORT);
    expect_events(b, {{0x10000380a, 0, 0, 0}});
}

TEST(SmmuCd, D01_BothHalvesOffFaultsInstead)
{
    Bench b;

    b.make_stream(1, 0, 1);
    b.cd(1, 0, {0x16205c0004019, 0x80000});
    b.boot();
    EXPECT_EQ(b.dma(1, kIova).event, F_TRANSLATION);
    EXPECT_EQ(b.dma(1, 0xffffff8000003000).event, F_TRANSLATION);
}

} // namespace
