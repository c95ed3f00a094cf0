// SPDX-License-Identifier: BSD-2-Clause
// From a StreamID to an STE (S01 to S08) and from a SubstreamID to a CD (3.2, C01 to C03):
// addresses and events worked out by hand.
#include "tests/unit/models/smmuv3/cfg_case.h"

namespace
{

using cfg::rich;

// The rich SMMU has ST_LEVEL=1 (IDR0 bit 27) and SIDSIZE=16 (IDR1 bits 5:0).
struct Table {
    const char *name;
    uint32_t idr0, idr1;
    uint64_t base_reg;
    uint32_t cfg_reg;
    smmu_strtab expected;
};

void PrintTo(const Table &c, std::ostream *out)
{
    *out << c.name;
}

class SmmuStrtab : public testing::TestWithParam<Table>
{
};

TEST_P(SmmuStrtab, IsReadFromItsTwoRegisters)
{
    const Table &c = GetParam();
    const smmu_caps caps = cfg::caps_of({c.idr0, c.idr1, 0, 0});
    smmu_strtab strtab;

    smmu_strtab_parse(c.base_reg, c.cfg_reg, &caps, &strtab);
    EXPECT_EQ(strtab.base, c.expected.base);
    EXPECT_EQ(strtab.log2size, c.expected.log2size);
    EXPECT_EQ(strtab.fmt, c.expected.fmt);
    EXPECT_EQ(strtab.split, c.expected.split);
}

const auto linear = SMMU_STRTAB_LINEAR;
const auto two = SMMU_STRTAB_TWO_LEVEL;
const Table tables[] = {
    {"S01_log2size_below_sidsize", 0x08000000, 16, 0x40e00000, 8, {0x40e00000, 8, linear, 0}},
    {"S01_log2size_above_sidsize", 0x08000000, 8, 0x40e00000, 16, {0x40e00000, 8, linear, 0}},
    {"S01_log2size_63", 0x08000000, 16, 0x40c00000, 63, {0x40c00000, 16, linear, 0}},
    {"S01_sidsize_32", 0x08000000, 32, 0x4000000000, 32, {0x4000000000, 32, linear, 0}},
    {"S02_fmt_1", 0x08000000, 16, 0x40e71000, 0x10210, {0x40e71000, 16, two, 8}},
    {"S02_fmt_2", 0x08000000, 16, 0x40c00000, 0x20210, {0x40c00000, 16, linear, 0}},
    {"S02_fmt_3", 0x08000000, 16, 0x40c00000, 0x30210, {0x40c00000, 16, linear, 0}},
    {"S02_fmt_1_without_st_level", 0, 16, 0x40c00000, 0x10210, {0x40c00000, 16, linear, 0}},
    {"S02_split_6", 0x08000000, 16, 0x40e72000, 0x10190, {0x40e72000, 16, two, 6}},
    {"S02_split_10", 0x08000000, 16, 0x40e71000, 0x10290, {0x40e71000, 16, two, 10}},
    {"S02_split_0", 0x08000000, 16, 0x40e72000, 0x10010, {0x40e72000, 16, two, 6}},
    {"S02_split_7", 0x08000000, 16, 0x40e72000, 0x101d0, {0x40e72000, 16, two, 6}},
    {"S02_split_9", 0x08000000, 16, 0x40e72000, 0x10250, {0x40e72000, 16, two, 6}},
    {"S02_split_31", 0x08000000, 16, 0x40e72000, 0x107d0, {0x40e72000, 16, two, 6}},
    {"S03_low_bits_drop", 0x08000000, 16, 0x40f00fc0, 4, {0x40f00c00, 4, linear, 0}},
    {"S03_read_allocate_is_no_address",
     0x08000000,
     16,
     0x4000000040f00000,
     4,
     {0x40f00000, 4, linear, 0}},
    {"S04_256_l1stds", 0x08000000, 16, 0x40e71fc0, 0x10210, {0x40e71800, 16, two, 8}},
    {"S04_16_l1stds", 0x08000000, 16, 0x40e71fc0, 0x1020c, {0x40e71f80, 12, two, 8}},
    {"S04_8_l1stds", 0x08000000, 16, 0x40e71fc0, 0x1020b, {0x40e71fc0, 11, two, 8}},
    {"S04_one_l1std", 0x08000000, 16, 0x40e71fc0, 0x10208, {0x40e71fc0, 8, two, 8}},
    {"S04_log2size_below_split", 0x08000000, 16, 0x40e71fc0, 0x10204, {0x40e71fc0, 4, two, 8}},
};
INSTANTIATE_TEST_SUITE_P(Registers, SmmuStrtab, testing::ValuesIn(tables), cfg::name_of<Table>);

TEST(SmmuStreamId, MustBeBelowTheSizeOfTheTable)
{
    const smmu_strtab of_8_bits = {0, 8, SMMU_STRTAB_LINEAR, 0};
    const smmu_strtab of_0_bits = {0, 0, SMMU_STRTAB_LINEAR, 0};
    const smmu_strtab of_32_bits = {0, 32, SMMU_STRTAB_LINEAR, 0};

    EXPECT_EQ(smmu_strtab_check_sid(&of_8_bits, 255), 0);
    EXPECT_EQ(smmu_strtab_check_sid(&of_8_bits, 256), cfg::C_BAD_STREAMID);
    EXPECT_EQ(smmu_strtab_check_sid(&of_0_bits, 0), 0);
    EXPECT_EQ(smmu_strtab_check_sid(&of_0_bits, 1), cfg::C_BAD_STREAMID);
    EXPECT_EQ(smmu_strtab_check_sid(&of_32_bits, 0xffffffff), 0);
}

TEST(SmmuStreamId, IsTheIndexOfALinearTable)
{
    const smmu_strtab strtab = {0x40f00c00, 4, SMMU_STRTAB_LINEAR, 0};
    const smmu_strtab large = {0x4000000000, 32, SMMU_STRTAB_LINEAR, 0};

    EXPECT_EQ(smmu_ste_address(&strtab, 0), 0x40f00c00u);
    EXPECT_EQ(smmu_ste_address(&strtab, 5), 0x40f00d40u);
    EXPECT_EQ(smmu_ste_address(&large, 0xffffffff), 0x7fffffffc0u);
}

TEST(SmmuStreamId, IsSplitInATwoLevelTable)
{
    const smmu_strtab by_6 = {0x40e72000, 16, SMMU_STRTAB_TWO_LEVEL, 6};
    const smmu_strtab by_8 = {0x40e71800, 16, SMMU_STRTAB_TWO_LEVEL, 8};
    const smmu_strtab by_10 = {0x40e71000, 16, SMMU_STRTAB_TWO_LEVEL, 10};
    const smmu_strtab one = {0x40e71fc0, 4, SMMU_STRTAB_TWO_LEVEL, 8};

    EXPECT_EQ(smmu_l1std_address(&by_6, 0x1234), 0x40e72240u);  // 0x48 * 8
    EXPECT_EQ(smmu_l1std_address(&by_8, 0x1234), 0x40e71890u);  // 0x12 * 8
    EXPECT_EQ(smmu_l1std_address(&by_10, 0x1234), 0x40e71020u); // 0x4 * 8
    EXPECT_EQ(smmu_l1std_address(&by_8, 0xff), 0x40e71800u);
    EXPECT_EQ(smmu_l1std_address(&by_8, 0x100), 0x40e71808u);
    EXPECT_EQ(smmu_l1std_address(&one, 15), 0x40e71fc0u);
}

// Span is bits 4:0, L2Ptr bits 55:6. address 0: C_BAD_STREAMID.
struct L1std {
    const char *name;
    uint64_t l1std;
    uint32_t sid;
    unsigned split;
    uint64_t address;
};

void PrintTo(const L1std &c, std::ostream *out)
{
    *out << c.name;
}

class SmmuL1std : public testing::TestWithParam<L1std>
{
};

TEST_P(SmmuL1std, LeadsToTheSteOrNowhere)
{
    const L1std &c = GetParam();
    const smmu_strtab strtab = {0x40e71000, 16, SMMU_STRTAB_TWO_LEVEL, c.split};
    uint64_t address = 0;

    EXPECT_EQ(smmu_l1std_check(c.l1std, c.sid, &strtab, &address),
              c.address ? 0 : cfg::C_BAD_STREAMID);
    EXPECT_EQ(address, c.address);
}

const L1std l1stds[] = {
    {"S05_span_4_is_8_stes", 0x40f20004, 0x107, 8, 0x40f201c0},
    {"S06_span_4_ends_at_8", 0x40f20004, 0x108, 8, 0},
    {"S05_span_1_is_one_ste", 0x40f20fc1, 0x100, 8, 0x40f20fc0},
    {"S06_span_1_ends_at_1", 0x40f20fc1, 0x101, 8, 0},
    {"S05_span_0", 0x40f20000, 0x100, 8, 0},
    {"S05_span_9_of_split_8", 0x40f20009, 0x1ff, 8, 0x40f23fc0},
    {"S05_span_10_of_split_8", 0x40f2000a, 0x100, 8, 0},
    {"S05_span_7_of_split_6", 0x40f20007, 0x13f, 6, 0x40f20fc0},
    {"S05_span_8_of_split_6", 0x40f20008, 0x100, 6, 0},
    {"S05_span_11_of_split_10", 0x40f2000b, 0x7ff, 10, 0x40f2ffc0},
    {"S05_span_12_is_reserved", 0x40f2000c, 0x400, 10, 0},
    {"S05_span_31_is_reserved", 0x40f2001f, 0x400, 10, 0},
    {"S05_low_bits_drop", 0x40f20fc4, 0x101, 8, 0x40f20e40},
    {"S05_widest_pointer", 0xffffffffffffc1, 0x100, 8, 0xffffffffffffc0},
    {"S05_high_bits_drop", 0xff00000040f20001, 0x100, 8, 0x40f20000},
};
INSTANTIATE_TEST_SUITE_P(Spans, SmmuL1std, testing::ValuesIn(l1stds), cfg::name_of<L1std>);

TEST(SmmuStreamId, ThatIsBadIsRecordedOnlyOnRequest) // S07
{
    const smmu_ctrl silent = {false, false, false};
    const smmu_ctrl recording = {false, false, true};

    EXPECT_FALSE(smmu_cfg_is_recorded(cfg::C_BAD_STREAMID, &silent));
    EXPECT_TRUE(smmu_cfg_is_recorded(cfg::C_BAD_STREAMID, &recording));
    for (int event : {cfg::F_STE_FETCH, cfg::C_BAD_STE, cfg::F_STREAM_DISABLED,
                      cfg::C_BAD_SUBSTREAMID, cfg::C_BAD_CD})
        EXPECT_TRUE(smmu_cfg_is_recorded(event, &silent)) << event;
}

TEST(SmmuSteFetch, BeyondTheOutputSizeFailsOrIsCut) // S08; OAS is 48 bits
{
    smmu_caps caps = cfg::caps_of(rich);
    uint64_t last = 0xffffffffffc0, beyond = 0x1000040f20000;

    EXPECT_EQ(smmu_ste_fetch_check(&caps, &last), 0);
    EXPECT_EQ(last, 0xffffffffffc0u);
    EXPECT_EQ(smmu_ste_fetch_check(&caps, &beyond), cfg::F_STE_FETCH);
    EXPECT_EQ(beyond, 0x1000040f20000u);
    caps.choices.is_ste_fetch_truncated = true;
    EXPECT_EQ(smmu_ste_fetch_check(&caps, &beyond), 0);
    EXPECT_EQ(beyond, 0x40f20000u);
}

/* ---- 3.2, the whole matrix -------------------------------------------------------------------*/

// What a cell of the matrix says: an event number, or one of these.
enum {
    BYPASS = 0x100,
    CD_0,
    CD_SSID,
    SILENT_ABORT,
};

enum Incoming {
    NO_SSID,
    SSID_0,
    SSID_TOO_LARGE,
    SSID_OTHER,
};

// Columns: stage 1 off; one CD; several CDs with S1DSS = 0, 1, 2, 3.
const int matrix[4][6] = {
    /* NO_SSID */ {BYPASS, CD_0, cfg::F_STREAM_DISABLED, BYPASS, CD_0, cfg::F_STREAM_DISABLED},
    /* SSID_0 */
    {cfg::C_BAD_SUBSTREAMID, cfg::C_BAD_SUBSTREAMID, CD_0, CD_0, cfg::F_STREAM_DISABLED, CD_0},
    /* SSID_TOO_LARGE */
    {cfg::C_BAD_SUBSTREAMID, cfg::C_BAD_SUBSTREAMID, cfg::C_BAD_SUBSTREAMID, cfg::C_BAD_SUBSTREAMID,
     cfg::C_BAD_SUBSTREAMID, cfg::C_BAD_SUBSTREAMID},
    /* SSID_OTHER */
    {cfg::C_BAD_SUBSTREAMID, cfg::C_BAD_SUBSTREAMID, CD_SSID, CD_SSID, CD_SSID, CD_SSID},
};

struct Cell {
    unsigned config, ssidsize, s1cdmax, s1dss;
};

int column_of(const Cell &c)
{
    if (c.config == 4 || c.config == 6)
        return 0;
    return c.s1cdmax == 0 || c.ssidsize == 0 ? 1 : 2 + static_cast<int>(c.s1dss);
}

void expect_cell(const Cell &c, bool ssv, uint32_t ssid, int expected)
{
    const smmu_caps caps = cfg::caps_of({rich.idr0, 0x10 | c.ssidsize << 6, rich.idr3, rich.idr5});
    const smmu_ctrl ctrl = {true, false, false};
    const cfg::Entry raw({0x40f0a001 | uint64_t{c.config} << 1 | uint64_t{c.s1cdmax} << 59, c.s1dss,
                          0x040d355800000007, 0x40fee000});
    smmu_cd_choice choice = {SMMU_CD_USE_ABORT, 0xffff};
    smmu_ste ste;

    SCOPED_TRACE(testing::Message()
                 << "Config " << c.config << " SSIDSIZE " << c.ssidsize << " S1CDMax " << c.s1cdmax
                 << " S1DSS " << c.s1dss << " SSV " << ssv << " SSID " << ssid);
    ASSERT_EQ(smmu_ste_decode(raw.words, &caps, &ctrl, &ste), 0);
    if (expected < BYPASS) {
        EXPECT_EQ(smmu_ssid_decode(&ste, &caps, ssv, ssid, &choice), expected);
        EXPECT_EQ(choice.index, 0xffffu);
        return;
    }
    EXPECT_EQ(smmu_ssid_decode(&ste, &caps, ssv, ssid, &choice), 0);
    EXPECT_EQ(choice.use, expected == BYPASS         ? SMMU_CD_USE_BYPASS
                          : expected == SILENT_ABORT ? SMMU_CD_USE_ABORT
                                                     : SMMU_CD_USE_INDEX);
    EXPECT_EQ(choice.index, expected == CD_SSID ? ssid : 0);
}

void expect_cell_and_all_ssids(const Cell &c)
{
    const int *column = &matrix[0][column_of(c)];
    const uint32_t n_cds = 1u << c.s1cdmax;

    expect_cell(c, false, 0, column[NO_SSID * 6]);
    expect_cell(c, false, 5, column[NO_SSID * 6]); // SSID means nothing without SSV
    expect_cell(c, true, 0, column[SSID_0 * 6]);
    for (uint32_t ssid : {1u, 2u, 63u, 64u, n_cds - 1, n_cds, n_cds + 1, 0xfffffu}) {
        if (ssid != 0)
            expect_cell(c, true, ssid, column[(ssid >= n_cds ? SSID_TOO_LARGE : SSID_OTHER) * 6]);
    }
}

TEST(SmmuSsid, EveryCellOfTheMatrix)
{
    for (unsigned config = 4; config < 8; config++) {
        for (unsigned s1dss = 0; s1dss < 4; s1dss++) {
            for (unsigned s1cdmax : {0u, 1u, 6u, 10u, 20u})
                expect_cell_and_all_ssids({config, 20, s1cdmax, s1dss});
            for (unsigned s1cdmax : {0u, 1u, 6u}) // without substreams S1CDMax is not looked at
                expect_cell_and_all_ssids({config, 0, s1cdmax, s1dss});
        }
    }
}

TEST(SmmuSsid, DoesNotMatterToAnAbort)
{
    for (unsigned config = 0; config < 4; config++) {
        for (bool ssv : {false, true})
            expect_cell({config, 20, 4, 0}, ssv, 0xfffff, SILENT_ABORT);
    }
}

/* ---- CD tables -------------------------------------------------------------------------------*/

smmu_ste ste_with(uint64_t context_ptr, smmu_cd_table_format fmt, unsigned s1_cd_max, bool has_s2)
{
    smmu_ste ste = {};

    ste.has_s1 = true;
    ste.has_s2 = has_s2;
    ste.s1_context_ptr = context_ptr;
    ste.s1_fmt = fmt;
    ste.s1_cd_max = s1_cd_max;
    return ste;
}

TEST(SmmuCdTable, LinearIsIndexedAndAligned) // C01
{
    const smmu_ste one = ste_with(0x40f0afc0, SMMU_CDTAB_LINEAR, 0, false);
    const smmu_ste sixteen = ste_with(0x40f0afc0, SMMU_CDTAB_LINEAR, 4, false);
    const smmu_ste all = ste_with(0x47ffffc0, SMMU_CDTAB_LINEAR, 20, true);

    EXPECT_EQ(smmu_cd_address(&one, 0), 0x40f0afc0u);
    EXPECT_EQ(smmu_cd_address(&sixteen, 0), 0x40f0ac00u);
    EXPECT_EQ(smmu_cd_address(&sixteen, 3), 0x40f0acc0u);
    EXPECT_EQ(smmu_cd_address(&all, 0xfffff), 0x47ffffc0u);
    EXPECT_EQ(smmu_cd_address(&all, 0), 0x44000000u);
}

TEST(SmmuCdTable, FirstLevelIsIndexedAboveTheSplit) // C02
{
    const smmu_ste by_4k = ste_with(0x40f0afc0, SMMU_CDTAB_TWO_LEVEL_4K, 10, false);
    const smmu_ste by_64k = ste_with(0x40f0afc0, SMMU_CDTAB_TWO_LEVEL_64K, 12, false);
    const smmu_ste small = ste_with(0x40f0afc0, SMMU_CDTAB_TWO_LEVEL_4K, 4, false);
    const smmu_ste large = ste_with(0x40f3ffc0, SMMU_CDTAB_TWO_LEVEL_4K, 20, false);

    EXPECT_EQ(smmu_l1cd_address(&by_4k, 63), 0x40f0af80u); // 16 L1CDs: aligned to 128
    EXPECT_EQ(smmu_l1cd_address(&by_4k, 64), 0x40f0af88u);
    EXPECT_EQ(smmu_l1cd_address(&by_4k, 1023), 0x40f0aff8u);
    EXPECT_EQ(smmu_l1cd_address(&by_64k, 1023), 0x40f0afc0u);
    EXPECT_EQ(smmu_l1cd_address(&by_64k, 1024), 0x40f0afc8u);
    EXPECT_EQ(smmu_l1cd_address(&by_64k, 4095), 0x40f0afd8u);
    EXPECT_EQ(smmu_l1cd_address(&small, 15), 0x40f0afc0u);
    EXPECT_EQ(smmu_l1cd_address(&large, 0xfffff), 0x40f3fff8u); // 16384 L1CDs: 128 KiB
    EXPECT_EQ(smmu_l1cd_address(&large, 0), 0x40f20000u);
}

// V is bit 0, L2Ptr bits 55:12. address 0: C_BAD_SUBSTREAMID. OAS and IAS are 48 bits.
struct L1cd {
    const char *name;
    uint64_t l1cd;
    smmu_cd_table_format fmt;
    uint32_t index;
    bool has_s2, is_checked;
    uint64_t address;
};

void PrintTo(const L1cd &c, std::ostream *out)
{
    *out << c.name;
}

class SmmuL1cd : public testing::TestWithParam<L1cd>
{
};

TEST_P(SmmuL1cd, LeadsToTheCdOrNowhere)
{
    const L1cd &c = GetParam();
    const smmu_ste ste = ste_with(0x40f0a000, c.fmt, 20, c.has_s2);
    smmu_caps caps = cfg::caps_of(rich);
    uint64_t address = 0;

    caps.choices.is_nested_cd_ptr_checked = c.is_checked;
    EXPECT_EQ(smmu_l1cd_check(c.l1cd, c.index, &ste, &caps, &address),
              c.address ? 0 : cfg::C_BAD_SUBSTREAMID);
    EXPECT_EQ(address, c.address);
}

const auto by_4k = SMMU_CDTAB_TWO_LEVEL_4K;
const auto by_64k = SMMU_CDTAB_TWO_LEVEL_64K;
const L1cd l1cds[] = {
    {"C02_4k_63", 0x40f13001, by_4k, 63, false, false, 0x40f13fc0},
    {"C02_4k_64", 0x40f13001, by_4k, 64, false, false, 0x40f13000},
    {"C02_64k_63", 0x40f10001, by_64k, 63, false, false, 0x40f10fc0},
    {"C02_64k_64", 0x40f10001, by_64k, 64, false, false, 0x40f11000},
    {"C02_64k_1023", 0x40f10001, by_64k, 1023, false, false, 0x40f1ffc0},
    {"C02_64k_1024", 0x40f10001, by_64k, 1024, false, false, 0x40f10000},
    {"C02_64k_low_bits_drop", 0x40f13001, by_64k, 1025, false, false, 0x40f10040},
    {"C03_invalid", 0x40f13000, by_4k, 0, false, false, 0},
    {"C03_invalid_nested", 0x40f13000, by_4k, 0, true, false, 0},
    {"C03_last_of_48", 0xfffffffff001, by_4k, 0, false, false, 0xfffffffff000},
    {"C03_first_beyond_48", 0x1000000000001, by_4k, 0, false, false, 0},
    {"C03_nested_left_to_s2", 0x1000000000001, by_4k, 0, true, false, 0x1000000000000},
    {"C03_nested_checked", 0x1000000000001, by_4k, 0, true, true, 0},
    {"C03_nested_last_checked", 0xfffffffff001, by_4k, 0, true, true, 0xfffffffff000},
};
INSTANTIATE_TEST_SUITE_P(Pointers, SmmuL1cd, testing::ValuesIn(l1cds), cfg::name_of<L1cd>);

} // namespace
