// SPDX-License-Identifier: BSD-2-Clause
// Stage 1 tables, step by step: halves, start levels, indexes, leaves, output addresses. Every
// descriptor is typed by hand and every expected value was worked out from the architecture's
// tables, never from the code under test.
#include <gtest/gtest.h>

#include <vector>

#include "models/smmuv3/smmu_layout.h"
#include "models/smmuv3/smmu_pt.h"

namespace
{

smmu_pt_s1 make_s1(unsigned granule_log2, unsigned tsz)
{
    smmu_pt_s1 pt = {};

    pt.ttb = 0x800000;
    pt.granule_log2 = static_cast<uint8_t>(granule_log2);
    pt.tsz = static_cast<uint8_t>(tsz);
    pt.output_bits = 48;
    return pt;
}

// 52-bit addresses, in the way of the granule.
smmu_pt_s1 make_wide(unsigned granule_log2, unsigned tsz)
{
    smmu_pt_s1 pt = make_s1(granule_log2, tsz);

    pt.output_bits = 52;
    pt.ds = granule_log2 != 16;
    pt.oas_52 = granule_log2 == 16;
    return pt;
}

// ---- halves (T01, T02) --------------------------------------------------------------------------

enum Half { LOWER, UPPER, FAULT };
enum { TBI0 = 1, TBI1 = 2, EPD0 = 4, EPD1 = 8, ONE_HALF = 16 };

struct HalfCase {
    const char *name;
    unsigned t0sz, t1sz, flags;
    uint64_t va;
    Half expected;
};

void PrintTo(const HalfCase &c, std::ostream *out)
{
    *out << c.name;
}

class SmmuPtHalf : public testing::TestWithParam<HalfCase>
{
};

TEST_P(SmmuPtHalf, IsSelectedByTheTopBits)
{
    const HalfCase &c = GetParam();
    smmu_pt_s1 lower = make_s1(12, c.t0sz);
    smmu_pt_s1 upper = make_s1(12, c.t1sz);
    const smmu_pt_s1 *const halves[] = {&lower, &upper, nullptr};

    lower.tbi = c.flags & TBI0;
    upper.tbi = c.flags & TBI1;
    lower.epd = c.flags & EPD0;
    upper.epd = c.flags & EPD1;
    EXPECT_EQ(smmu_pt_select_half(&lower, c.flags & ONE_HALF ? nullptr : &upper, c.va),
              halves[c.expected]);
}

const HalfCase half_cases[] = {
    {"zero", 16, 16, 0, 0x0, LOWER},
    {"ones", 16, 16, 0, 0xffffffffffffffff, UPPER},
    {"lower_16_last", 16, 39, 0, 0x0000ffffffffffff, LOWER},
    {"lower_16_beyond", 16, 39, 0, 0x0001000000000000, FAULT},
    {"upper_16_first", 39, 16, 0, 0xffff000000000000, UPPER},
    {"upper_16_beyond", 39, 16, 0, 0xfffeffffffffffff, FAULT},
    {"lower_12_last", 12, 16, 0, 0x000fffffffffffff, LOWER},
    {"lower_12_beyond", 12, 16, 0, 0x0010000000000000, FAULT},
    {"upper_12_first", 16, 12, 0, 0xfff0000000000000, UPPER},
    {"upper_12_beyond", 16, 12, 0, 0xffefffffffffffff, FAULT},
    {"lower_25_last", 25, 16, 0, 0x0000007fffffffff, LOWER},
    {"lower_25_beyond", 25, 16, 0, 0x0000008000000000, FAULT},
    {"upper_25_first", 16, 25, 0, 0xffffff8000000000, UPPER},
    {"upper_25_beyond", 16, 25, 0, 0xffffff7fffffffff, FAULT},
    {"lower_32_last", 32, 16, 0, 0xffffffff, LOWER},
    {"lower_32_beyond", 32, 16, 0, 0x100000000, FAULT},
    {"lower_39_last", 39, 16, 0, 0x1ffffff, LOWER},
    {"lower_39_beyond", 39, 16, 0, 0x2000000, FAULT},
    {"upper_39_first", 16, 39, 0, 0xfffffffffe000000, UPPER},
    {"upper_39_beyond", 16, 39, 0, 0xfffffffffdffffff, FAULT},
    {"lower_47_last", 47, 16, 0, 0x1ffff, LOWER},
    {"lower_47_beyond", 47, 16, 0, 0x20000, FAULT},
    {"lower_48_last", 48, 16, 0, 0xffff, LOWER},
    {"lower_48_beyond", 48, 16, 0, 0x10000, FAULT},
    {"upper_48_first", 16, 48, 0, 0xffffffffffff0000, UPPER},
    {"upper_48_beyond", 16, 48, 0, 0xfffffffffffeffff, FAULT},
    {"top_byte_counts", 16, 16, 0, 0xa500000000001000, FAULT},
    {"top_bit_counts", 16, 16, 0, 0x8000000000001000, FAULT},
    {"tbi_lower", 16, 16, TBI0, 0xa500000000001000, LOWER},
    {"tbi_lower_last", 16, 16, TBI0, 0xff00ffffffffffff, LOWER},
    {"tbi_lower_beyond", 16, 16, TBI0, 0xff01000000000000, FAULT},
    {"tbi_lower_bit_54", 16, 16, TBI0, 0x0040000000000000, FAULT},
    {"tbi_of_the_other_half", 16, 16, TBI1, 0xa500000000001000, FAULT},
    {"tbi_upper", 16, 16, TBI1, 0x00fffffffffff000, UPPER},
    {"tbi_upper_first", 16, 16, TBI1, 0x5aff000000000000, UPPER},
    {"tbi_upper_beyond", 16, 16, TBI1, 0x5afeffffffffffff, FAULT},
    {"bit_55_selects_without_tbi", 16, 16, 0, 0x00fffffffffff000, FAULT},
    {"epd0", 16, 16, EPD0, 0x1000, FAULT},
    {"epd0_upper_still_works", 16, 16, EPD0, 0xfffffffffffff000, UPPER},
    {"epd1", 16, 16, EPD1, 0xfffffffffffff000, FAULT},
    {"epd1_lower_still_works", 16, 16, EPD1, 0x1000, LOWER},
    {"both_disabled", 16, 16, EPD0 | EPD1, 0x1000, FAULT},
    {"one_half", 16, 16, ONE_HALF, 0x1000, LOWER},
    {"one_half_has_no_upper", 16, 16, ONE_HALF, 0xfffffffffffff000, FAULT},
    {"one_half_tbi", 16, 16, ONE_HALF | TBI0, 0xff00000000001000, LOWER},
    {"one_half_tbi_bit_55", 16, 16, ONE_HALF | TBI0, 0xff80000000001000, FAULT},
};

INSTANTIATE_TEST_SUITE_P(All, SmmuPtHalf, testing::ValuesIn(half_cases),
                         [](const auto &info) { return std::string(info.param.name); });

// ---- the first descriptor -----------------------------------------------------------------------

// All input sizes of one start level; low is the lowest bit of that level's index (4.3).
struct StartRange {
    unsigned granule_log2;
    int level;
    unsigned first_tsz, last_tsz, low;
};

const StartRange start_ranges[] = {
    {12, -1, 12, 15, 48}, {12, 0, 16, 24, 39}, {12, 1, 25, 33, 30}, {12, 2, 34, 42, 21},
    {12, 3, 43, 48, 12},  {14, 0, 12, 16, 47}, {14, 1, 17, 27, 36}, {14, 2, 28, 38, 25},
    {14, 3, 39, 48, 14},  {16, 1, 12, 21, 42}, {16, 2, 22, 34, 29}, {16, 3, 35, 47, 16},
};

TEST(SmmuPtBegin, EveryInputSizeStartsAtItsLevel)
{
    for (const StartRange &r : start_ranges) {
        for (unsigned tsz = r.first_tsz; tsz <= r.last_tsz; tsz++) {
            const smmu_pt_s1 pt = make_s1(r.granule_log2, tsz);
            const uint64_t last = UINT64_MAX >> tsz;
            const uint64_t n_entries = (last >> r.low) + 1;
            const struct {
                uint64_t va, index;
            } probes[] = {
                {0, 0},
                {UINT64_C(1) << r.low, 1},
                {(UINT64_C(1) << r.low) - 1, 0},
                {last, n_entries - 1},
                {~last, 0}, // the first address of an upper half
                {UINT64_MAX, n_entries - 1},
            };

            for (const auto &p : probes) {
                smmu_pt_step step;

                smmu_pt_begin(&pt, p.va, &step);
                EXPECT_EQ(step.at.reason, HW_WALK_TABLE);
                EXPECT_EQ(step.at.stage, 1);
                EXPECT_EQ(step.at.level, r.level) << r.granule_log2 << " tsz " << tsz;
                EXPECT_EQ(step.at.address, 0x800000 + 8 * p.index)
                    << r.granule_log2 << " tsz " << tsz << " va " << std::hex << p.va;
            }
        }
    }
}

// TTB is 0x80ffffff: the bits below the table's size are ignored.
struct BaseCase {
    unsigned granule_log2, tsz;
    bool is_wide;
    int level;
    uint64_t va, address;
};

const BaseCase base_cases[] = {
    {12, 16, false, 0, 0x0, 0x80fff000},                // VA[47:39]
    {12, 16, false, 0, 0x0000ffffffffffff, 0x80fffff8}, //
    {12, 17, false, 0, 0x00007fffffffffff, 0x80fffff8}, // VA[46:39], 2 KiB
    {12, 17, false, 0, 0x0, 0x80fff800},
    {12, 20, false, 0, 0x0000012345678000, 0x80ffff10}, // VA[43:39] = 2, 256 bytes
    {12, 24, false, 0, 0x0000008000000000, 0x80fffff8}, // VA[39], 16 bytes
    {12, 24, false, 0, 0x0, 0x80fffff0},
    {12, 25, false, 1, 0x0, 0x80fff000},        // VA[38:30]
    {12, 25, false, 1, 0x40000000, 0x80fff008}, //
    {12, 32, false, 1, 0xc0000000, 0x80fffff8}, // VA[31:30], 32 bytes
    {12, 32, false, 1, 0x0, 0x80ffffe0},
    {12, 33, false, 1, 0x40000000, 0x80fffff8}, // VA[30]
    {12, 34, false, 2, 0x00600000, 0x80fff018}, // VA[29:21]
    {12, 39, false, 2, 0x01ffffff, 0x80fffff8}, // VA[24:21], 128 bytes
    {12, 39, false, 2, 0x0, 0x80ffff80},
    {12, 42, false, 2, 0x00200000, 0x80fffff8},         // VA[21]
    {12, 43, false, 3, 0x00003000, 0x80fff018},         // VA[20:12]
    {12, 48, false, 3, 0x00005000, 0x80ffffa8},         // VA[15:12]
    {12, 12, true, -1, 0x0005000000000000, 0x80ffffa8}, // VA[51:48], 128 bytes
    {12, 15, true, -1, 0x0, 0x80ffffc0},                // VA[48], 16 bytes, but 64 with 52 bits
    {12, 15, true, -1, 0x0001000000000000, 0x80ffffc8},
    {12, 14, true, -1, 0x0003000000000000, 0x80ffffd8}, // VA[49:48], 32 bytes, but 64
    {14, 16, false, 0, 0x0000800000000000, 0x80fffff8}, // VA[47]
    {14, 17, false, 1, 0x0000003000000000, 0x80ffc018}, // VA[46:36], 16 KiB
    {14, 27, false, 1, 0x0000001000000000, 0x80fffff8}, // VA[36]
    {14, 28, false, 2, 0x0000000002000000, 0x80ffc008}, // VA[35:25]
    {14, 32, false, 2, 0x0, 0x80fffc00},                // VA[31:25], 1 KiB
    {14, 32, false, 2, 0xffffffff, 0x80fffff8},
    {14, 38, false, 2, 0x02000000, 0x80fffff8},        // VA[25]
    {14, 39, false, 3, 0x00008000, 0x80ffc010},        // VA[24:14]
    {14, 48, false, 3, 0x0000c000, 0x80fffff8},        // VA[15:14], 32 bytes
    {14, 12, true, 0, 0x0, 0x80ffff00},                // VA[51:47], 256 bytes
    {14, 12, true, 0, 0x000fffffffffffff, 0x80fffff8}, //
    {16, 12, true, 1, 0x0, 0x80ffe000},                // VA[51:42], 8 KiB
    {16, 12, true, 1, 0x0000040000000000, 0x80ffe008},
    {16, 16, false, 1, 0x0, 0x80fffe00}, // VA[47:42], 512 bytes
    {16, 16, false, 1, 0x0000fc0000000000, 0x80fffff8},
    {16, 21, false, 1, 0x0000040000000000, 0x80fffff8}, // VA[42]
    {16, 22, false, 2, 0x0000000060000000, 0x80ff0018}, // VA[41:29], 64 KiB
    {16, 32, false, 2, 0x0, 0x80ffffc0},                // VA[31:29], 64 bytes
    {16, 34, false, 2, 0x20000000, 0x80fffff8},         // VA[29]
    {16, 35, false, 3, 0x00010000, 0x80ff0008},         // VA[28:16]
    {16, 39, false, 3, 0x0, 0x80fff000},                // VA[24:16], 4 KiB
    {16, 47, false, 3, 0x00010000, 0x80fffff8},         // VA[16]
    {16, 47, true, 3, 0x00010000, 0x80ffffc8},          // 64 bytes with 52 bits
};

TEST(SmmuPtBegin, LowBitsOfTheTableAddressAreIgnored)
{
    for (const BaseCase &c : base_cases) {
        smmu_pt_s1 pt =
            c.is_wide ? make_wide(c.granule_log2, c.tsz) : make_s1(c.granule_log2, c.tsz);
        smmu_pt_step step;

        pt.ttb = 0x80ffffff;
        smmu_pt_begin(&pt, c.va, &step);
        EXPECT_EQ(step.at.level, c.level) << c.granule_log2 << " tsz " << c.tsz;
        EXPECT_EQ(step.at.address, c.address)
            << c.granule_log2 << " tsz " << c.tsz << " va " << std::hex << c.va;
    }
}

// ---- going down ---------------------------------------------------------------------------------

struct Descent {
    const char *name;
    unsigned granule_log2, tsz;
    bool is_wide;
    uint64_t va;
    std::vector<uint64_t> addresses;   // where each descriptor is read
    std::vector<uint64_t> descriptors; // the last one is the leaf
    uint64_t pa;
    unsigned page_log2;
};

const Descent descents[] = {
    // Index 1 at level 0, 2 at level 1, and so on: each from the bits of 4.3.
    {"4k_level_0",
     12,
     16,
     false,
     0x0000008080604567,
     {0x800008, 0x1000010, 0x2000018, 0x3000020},
     {0x1000003, 0x2000003, 0x3000003, 0x123456703},
     0x123456567,
     12},
    {"4k_level_0_all_ones",
     12,
     16,
     false,
     0x0000ffffffffffff,
     {0x800ff8, 0x1000ff8, 0x2000ff8, 0x3000ff8},
     {0x1000003, 0x2000003, 0x3000003, 0x123456703},
     0x123456fff,
     12},
    {"4k_upper_half",
     12,
     25,
     false,
     0xffffff8080604567,
     {0x800010, 0x1000018, 0x2000020},
     {0x1000003, 0x2000003, 0x123456703},
     0x123456567,
     12},
    {"4k_level_minus_1",
     12,
     12,
     true,
     0x0005008080604567,
     {0x800028, 0x4000008, 0x1000010, 0x2000018, 0x3000020},
     {0x4000003, 0x1000003, 0x2000003, 0x3000003, 0x123456403},
     0x123456567,
     12},
    {"16k_level_0",
     14,
     16,
     false,
     0x0000802006011567,
     {0x800008, 0x1000010, 0x2000018, 0x3000020},
     {0x1000003, 0x2000003, 0x3000003, 0x123454703},
     0x123455567,
     14},
    {"16k_all_ones",
     14,
     17,
     false,
     0x00007fffffffffff,
     {0x803ff8, 0x1003ff8, 0x2003ff8},
     {0x1000003, 0x2000003, 0x123454703},
     0x123457fff,
     14},
    {"64k_level_1",
     16,
     16,
     false,
     0x0000040040034567,
     {0x800008, 0x1000010, 0x2000018},
     {0x1000003, 0x2000003, 0x123450703},
     0x123454567,
     16},
    {"64k_all_ones",
     16,
     22,
     false,
     0x000003ffffffffff,
     {0x80fff8, 0x100fff8},
     {0x1000003, 0x123450703},
     0x12345ffff,
     16},
    {"4k_gigabyte",
     12,
     16,
     false,
     0x00000080bfedcba9,
     {0x800008, 0x1000010},
     {0x1000003, 0x80000701},
     0xbfedcba9,
     30},
    {"4k_two_megabytes",
     12,
     25,
     false,
     0x00000000807fedcb,
     {0x800010, 0x1000018},
     {0x1000003, 0x12200701},
     0x123fedcb,
     21},
    {"16k_32_megabytes",
     14,
     17,
     false,
     0x0000002003fedcba,
     {0x800010, 0x1000008},
     {0x1000003, 0x44000701},
     0x45fedcba,
     25},
    {"64k_512_megabytes",
     16,
     16,
     false,
     0x000004003fedcba9,
     {0x800008, 0x1000008},
     {0x1000003, 0x60000701},
     0x7fedcba9,
     29},
    // Captured from a kernel: table 0x40f0e003, the doorbell page of its MSIs, a data page.
    {"linux_table_and_msi_page",
     12,
     34,
     false,
     0x08003040,
     {0x800200, 0x40f0e018},
     {0x40f0e003, 0x60000008090e4b},
     0x08090040,
     12},
    {"linux_table_and_page",
     12,
     34,
     false,
     0x3fffff10,
     {0x800ff8, 0x40f0eff8},
     {0x40f0e003, 0x4060ff47},
     0x4060ff10,
     12},
    // Everything that software may own or that is reserved in a table descriptor.
    {"ignored_table_bits",
     12,
     34,
     false,
     0x3fffff10,
     {0x800ff8, 0x40f0eff8},
     {0x87ff000040f0efff, 0x4060ff47},
     0x4060ff10,
     12},
    // The top byte is in the address if TBI let it pass; it changes nothing.
    {"tagged",
     12,
     34,
     false,
     0xa500000000003567,
     {0x800000, 0x1000018},
     {0x1000003, 0x123456703},
     0x123456567,
     12},
};

TEST(SmmuPtNext, EveryLevelIsReadWhereItsIndexSays)
{
    for (const Descent &c : descents) {
        const smmu_pt_s1 pt =
            c.is_wide ? make_wide(c.granule_log2, c.tsz) : make_s1(c.granule_log2, c.tsz);
        const int first_level =
            4 - static_cast<int>(c.addresses.size()) -
            (c.page_log2 > c.granule_log2
                 ? static_cast<int>((c.page_log2 - c.granule_log2) / (c.granule_log2 - 3))
                 : 0);
        smmu_pt_step step;

        SCOPED_TRACE(c.name);
        ASSERT_EQ(c.addresses.size(), c.descriptors.size());
        smmu_pt_begin(&pt, c.va, &step);
        for (size_t i = 0; i < c.addresses.size(); i++) {
            ASSERT_EQ(step.at.reason, HW_WALK_TABLE);
            EXPECT_EQ(step.at.address, c.addresses[i]) << i;
            EXPECT_EQ(step.at.level, first_level + static_cast<int>(i));
            smmu_pt_next(&pt, c.va, c.descriptors[i], &step);
        }
        ASSERT_EQ(step.at.reason, HW_WALK_OK);
        EXPECT_EQ(step.at.address, c.pa);
        EXPECT_EQ(step.leaf.pa, c.pa);
        EXPECT_EQ(step.leaf.page_log2, c.page_log2);
        EXPECT_EQ(step.leaf.level, step.at.level);
        EXPECT_EQ(step.descriptor, c.addresses.back());
    }
}

// ---- attributes ---------------------------------------------------------------------------------

struct Attributes {
    uint64_t descriptor; // of a 2 MiB block, or of a 4 KiB page if bit 1 is set
    unsigned attr_indx, sh, ap;
    bool dbm, af, ng, nt, uxn, pxn;
};

const Attributes attributes[] = {
    {0x1, 0, 0, 0, false, false, false, false, false, false},
    {0x3, 0, 0, 0, false, false, false, false, false, false},
    {0x4060ff47, 1, 3, 1, false, true, true, false, false, false},
    {0x60000008090e4b, 2, 2, 1, false, true, true, false, true, true},
    {0x7, 1, 0, 0, false, false, false, false, false, false},
    {0xb, 2, 0, 0, false, false, false, false, false, false},
    {0x13, 4, 0, 0, false, false, false, false, false, false},
    {0x23, 0, 0, 0, false, false, false, false, false, false}, // NS
    {0x43, 0, 0, 1, false, false, false, false, false, false},
    {0x83, 0, 0, 2, false, false, false, false, false, false},
    {0x103, 0, 1, 0, false, false, false, false, false, false},
    {0x203, 0, 2, 0, false, false, false, false, false, false},
    {0x403, 0, 0, 0, false, true, false, false, false, false},
    {0x803, 0, 0, 0, false, false, true, false, false, false},
    {0x10001, 0, 0, 0, false, false, false, true, false, false},
    {0x10003, 0, 0, 0, false, false, false, false, false, false}, // address bit 16 of a page
    {0x0004000000000003, 0, 0, 0, false, false, false, false, false, false}, // GP
    {0x0008000000000003, 0, 0, 0, true, false, false, false, false, false},
    {0x0010000000000003, 0, 0, 0, false, false, false, false, false, false}, // Contig
    {0x0020000000000003, 0, 0, 0, false, false, false, false, false, true},
    {0x0040000000000003, 0, 0, 0, false, false, false, false, true, false},
    {0xff80000000000003, 0, 0, 0, false, false, false, false, false, false}, // software, PBHA
    {0xfff8000000010ffd, 7, 3, 3, true, true, true, true, true, true},
};

TEST(SmmuPtNext, AttributesComeFromTheirBits)
{
    for (const Attributes &c : attributes) {
        const smmu_pt_s1 pt = make_s1(12, c.descriptor & 2 ? 43 : 34);
        smmu_pt_step step;

        SCOPED_TRACE(testing::Message() << std::hex << c.descriptor);
        smmu_pt_begin(&pt, 0, &step);
        smmu_pt_next(&pt, 0, c.descriptor, &step);
        ASSERT_EQ(step.at.reason, HW_WALK_OK);
        EXPECT_EQ(step.leaf.attr_indx, c.attr_indx);
        EXPECT_EQ(step.leaf.sh, c.sh);
        EXPECT_EQ(step.leaf.ap, c.ap);
        EXPECT_EQ(step.leaf.dbm, c.dbm);
        EXPECT_EQ(step.leaf.af, c.af);
        EXPECT_EQ(step.leaf.ng, c.ng);
        EXPECT_EQ(step.leaf.nt, c.nt);
        EXPECT_EQ(step.leaf.uxn, c.uxn);
        EXPECT_EQ(step.leaf.pxn, c.pxn);
    }
}

} // namespace
