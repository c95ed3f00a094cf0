// SPDX-License-Identifier: BSD-2-Clause
// Stage 2 tables, step by step: input ranges, start levels, tables side by side, the way down to
// every leaf. Every descriptor is typed by hand and every expected value was worked out from the
// architecture's tables, never from the code under test.
#include <gtest/gtest.h>

#include <functional>
#include <string>
#include <vector>

#include "models/smmuv3/smmu_cfg_decode.h"
#include "tests/unit/models/smmuv3/pt_s2_case.h"

namespace
{

using pt_s2::make_s2;
using pt_s2::StartRange;

// ---- the first descriptor -----------------------------------------------------------------------

TEST(SmmuPtS2Begin, EveryInputSizeOfEveryStartLevel)
{
    for (const StartRange &r : pt_s2::start_ranges) {
        for (unsigned tsz = r.first_tsz; tsz <= r.last_tsz; tsz++) {
            const smmu_pt_s2 pt = make_s2(r.granule_log2, r.level, tsz);
            const uint64_t last = UINT64_MAX >> tsz;
            const uint64_t last_index = last >> r.low;
            const struct {
                uint64_t ipa, index;
            } probes[] = {
                {0, 0},
                {UINT64_C(1) << r.low, 1},
                {(UINT64_C(1) << r.low) - 1, 0},
                {last, last_index},
                {last_index << r.low, last_index},
            };

            SCOPED_TRACE(testing::Message()
                         << r.granule_log2 << " level " << r.level << " tsz " << tsz);
            for (const auto &p : probes) {
                smmu_pt_s2_step step;

                smmu_pt_s2_begin(&pt, p.ipa, &step);
                EXPECT_EQ(step.at.reason, HW_WALK_TABLE);
                EXPECT_EQ(step.at.stage, 2);
                EXPECT_EQ(step.at.level, r.level);
                EXPECT_EQ(step.at.address, 0x800000 + 8 * p.index) << std::hex << p.ipa;
            }
        }
    }
}

TEST(SmmuPtS2Begin, OutsideTheInputRangeFaults)
{
    for (const StartRange &r : pt_s2::start_ranges) {
        for (unsigned tsz = r.first_tsz; tsz <= r.last_tsz; tsz++) {
            const smmu_pt_s2 pt = make_s2(r.granule_log2, r.level, tsz);
            const uint64_t beyond = (UINT64_MAX >> tsz) + 1;

            for (const uint64_t ipa : {beyond, beyond + 0x1234, beyond * 2, UINT64_MAX}) {
                smmu_pt_s2_step step;

                smmu_pt_s2_begin(&pt, ipa, &step);
                EXPECT_EQ(step.at.reason, HW_WALK_TRANSLATION) << "tsz " << tsz;
                EXPECT_EQ(step.at.stage, 2);
                EXPECT_EQ(step.at.level, 0);
                EXPECT_EQ(step.at.address, ipa);
            }
        }
    }
}

// S2TTB is 0x87ffffff: the bits below the size of all tables side by side are ignored.
struct BaseCase {
    unsigned granule_log2;
    int level;
    unsigned tsz;
    bool is_wide;
    uint64_t ipa, address;
};

const BaseCase base_cases[] = {
    // One table, whole or in part.
    {12, -1, 12, true, 0x0, 0x87ffff80},                // IPA[51:48], 128 bytes
    {12, -1, 12, true, 0x0005000000000000, 0x87ffffa8}, //
    {12, -1, 15, true, 0x0, 0x87ffffc0},                // IPA[48], 16 bytes, but 64 with 52 bits
    {12, -1, 15, true, 0x0001000000000000, 0x87ffffc8},
    {12, 0, 16, false, 0x0, 0x87fff000}, // IPA[47:39]
    {12, 0, 16, false, 0x0000ffffffffffff, 0x87fffff8},
    {12, 0, 20, false, 0x0, 0x87ffff00}, // IPA[43:39], 256 bytes
    {12, 0, 24, false, 0x0, 0x87fffff0}, // IPA[39], 16 bytes
    {12, 0, 24, false, 0x0000008000000000, 0x87fffff8},
    {12, 0, 24, true, 0x0, 0x87ffffc0}, // 64 bytes with 52 bits
    {12, 0, 24, true, 0x0000008000000000, 0x87ffffc8},
    {12, 1, 25, false, 0x0, 0x87fff000}, // IPA[38:30]
    {12, 1, 33, false, 0x0, 0x87fffff0}, // IPA[30]
    {12, 2, 34, false, 0x0, 0x87fff000}, // IPA[29:21]
    {12, 2, 42, false, 0x0, 0x87fffff0}, // IPA[21]
    {12, 3, 43, false, 0x0, 0x87fff000}, // IPA[20:12]
    {12, 3, 48, false, 0x5000, 0x87ffffa8},
    {14, 0, 12, true, 0x0, 0x87ffff00}, // IPA[51:47], 256 bytes
    {14, 0, 16, true, 0x0, 0x87ffffc0}, // IPA[47], but 64 bytes
    {14, 1, 17, false, 0x0, 0x87ffc000},
    {14, 2, 28, false, 0x0, 0x87ffc000},
    {14, 2, 38, false, 0x0, 0x87fffff0}, // IPA[25]
    {14, 3, 39, false, 0x0, 0x87ffc000},
    {14, 3, 48, false, 0xc000, 0x87fffff8}, // IPA[15:14], 32 bytes
    {14, 3, 48, false, 0x0, 0x87ffffe0},
    {16, 1, 12, true, 0x0, 0x87ffe000},  // IPA[51:42], 8 KiB
    {16, 1, 16, false, 0x0, 0x87fffe00}, // IPA[47:42], 512 bytes
    {16, 1, 21, false, 0x0, 0x87fffff0}, // IPA[42]
    {16, 1, 21, true, 0x0, 0x87ffffc0},
    {16, 2, 22, false, 0x0, 0x87ff0000},
    {16, 2, 34, false, 0x0, 0x87fffff0}, // IPA[29]
    {16, 3, 35, false, 0x0, 0x87ff0000},
    {16, 3, 47, false, 0x10000, 0x87fffff8}, // IPA[16]
    // 2, 4, 8, 16 tables of 4 KiB.
    {12, 0, 15, true, 0x0, 0x87ffe000},
    {12, 0, 15, true, 0x0001000000000000, 0x87fff000},
    {12, 0, 12, true, 0x0, 0x87ff0000},
    {12, 0, 12, true, 0x0008000000000000, 0x87ff8000},
    {12, 0, 12, true, 0x000fffffffffffff, 0x87fffff8},
    {12, 1, 24, false, 0x0, 0x87ffe000},
    {12, 1, 24, false, 0x0000008000000000, 0x87fff000},
    {12, 1, 23, false, 0x0, 0x87ffc000},
    {12, 1, 22, false, 0x0, 0x87ff8000},
    {12, 1, 21, false, 0x0, 0x87ff0000},
    {12, 1, 21, false, 0x000007ffffffffff, 0x87fffff8},
    {12, 2, 33, false, 0x0, 0x87ffe000},
    {12, 2, 33, false, 0x40000000, 0x87fff000},
    {12, 2, 30, false, 0x0, 0x87ff0000},
    {12, 2, 30, false, 0x00000003ffffffff, 0x87fffff8},
    {12, 3, 42, false, 0x0, 0x87ffe000},
    {12, 3, 39, false, 0x0, 0x87ff0000},
    {12, 3, 39, false, 0x1ffffff, 0x87fffff8},
    // 2, 16 tables of 16 KiB.
    {14, 1, 16, false, 0x0, 0x87ff8000},
    {14, 1, 16, false, 0x0000800000000000, 0x87ffc000},
    {14, 1, 13, true, 0x0, 0x87fc0000},
    {14, 2, 27, false, 0x0, 0x87ff8000},
    {14, 2, 24, false, 0x0, 0x87fc0000},
    {14, 2, 24, false, 0x000000ffffffffff, 0x87fffff8},
    {14, 3, 38, false, 0x0, 0x87ff8000},
    {14, 3, 35, false, 0x0, 0x87fc0000},
    // 2, 16 tables of 64 KiB.
    {16, 2, 21, false, 0x0, 0x87fe0000},
    {16, 2, 21, false, 0x0000040000000000, 0x87ff0000},
    {16, 2, 18, false, 0x0, 0x87f00000},
    {16, 3, 34, false, 0x0, 0x87fe0000},
    {16, 3, 31, false, 0x0, 0x87f00000},
    {16, 3, 31, false, 0x1ffffffff, 0x87fffff8},
};

TEST(SmmuPtS2Begin, LowBitsOfTheTableAddressAreIgnored)
{
    for (const BaseCase &c : base_cases) {
        smmu_pt_s2 pt = make_s2(c.granule_log2, c.level, c.tsz, c.is_wide);
        smmu_pt_s2_step step;

        pt.ttb = 0x87ffffff;
        smmu_pt_s2_begin(&pt, c.ipa, &step);
        EXPECT_EQ(step.at.level, c.level);
        EXPECT_EQ(step.at.address, c.address) << c.granule_log2 << " level " << c.level << " tsz "
                                              << c.tsz << " ipa " << std::hex << c.ipa;
    }
}

// ---- going down: every granule, start level and leaf level --------------------------------------

// First descriptor of an IPA with one index at each level: 5, 1, 2, 3, 4 from level -1 on with
// 4 KiB, 1, 2, 3, 4 from level 0 with 16 KiB, 1, 2, 3 from level 1 with 64 KiB.
struct Start {
    const char *name;
    unsigned granule_log2;
    bool is_wide;
    int level;
    unsigned tsz;
    uint64_t ipa, first;
};

const Start starts[] = {
    {"4k_level_minus_1", 12, true, -1, 12, 0x0005008080604567, 0x800028},
    {"4k_level_0", 12, false, 0, 16, 0x8080604567, 0x800008},
    {"4k_level_0_wide", 12, true, 0, 16, 0x8080604567, 0x800008},
    {"4k_level_0_wide_16_tables", 12, true, 0, 12, 0x0005008080604567, 0x805008},
    {"4k_level_1", 12, false, 1, 25, 0x80604567, 0x800010},
    {"4k_level_1_16_tables", 12, false, 1, 21, 0x8080604567, 0x801010},
    {"4k_level_1_wide_16_tables", 12, true, 1, 21, 0x8080604567, 0x801010},
    {"4k_level_2", 12, false, 2, 34, 0x604567, 0x800018},
    {"4k_level_2_16_tables", 12, false, 2, 30, 0x80604567, 0x802018},
    {"4k_level_2_wide_16_tables", 12, true, 2, 30, 0x80604567, 0x802018},
    {"4k_level_3", 12, false, 3, 43, 0x4567, 0x800020},
    {"4k_level_3_16_tables", 12, false, 3, 39, 0x604567, 0x803020},
    {"16k_level_0_wide", 14, true, 0, 16, 0x0000802006011567, 0x800008},
    {"16k_level_1", 14, false, 1, 17, 0x2006011567, 0x800010},
    {"16k_level_1_2_tables", 14, false, 1, 16, 0x0000802006011567, 0x804010},
    {"16k_level_1_wide_16_tables", 14, true, 1, 13, 0x0000802006011567, 0x804010},
    {"16k_level_2", 14, false, 2, 28, 0x6011567, 0x800018},
    {"16k_level_2_16_tables", 14, false, 2, 24, 0x2006011567, 0x808018},
    {"16k_level_2_wide_16_tables", 14, true, 2, 24, 0x2006011567, 0x808018},
    {"16k_level_3", 14, false, 3, 39, 0x11567, 0x800020},
    {"16k_level_3_16_tables", 14, false, 3, 35, 0x6011567, 0x80c020},
    {"64k_level_1", 16, false, 1, 16, 0x0000040040034567, 0x800008},
    {"64k_level_1_wide", 16, true, 1, 12, 0x0000040040034567, 0x800008},
    {"64k_level_2", 16, false, 2, 22, 0x40034567, 0x800010},
    {"64k_level_2_16_tables", 16, false, 2, 18, 0x0000040040034567, 0x810010},
    {"64k_level_2_wide_16_tables", 16, true, 2, 18, 0x0000040040034567, 0x810010},
    {"64k_level_3", 16, false, 3, 35, 0x34567, 0x800018},
    {"64k_level_3_16_tables", 16, false, 3, 31, 0x40034567, 0x820018},
};

// The tables below the first: at each level, what leads there and where its descriptor is.
struct Link {
    unsigned granule_log2;
    int level;
    uint64_t table_descriptor, address;
};

const Link links[] = {
    {12, 0, 0x4000003, 0x4000008}, {12, 1, 0x1000003, 0x1000010}, {12, 2, 0x2000003, 0x2000018},
    {12, 3, 0x3000003, 0x3000020}, {14, 1, 0x1000003, 0x1000010}, {14, 2, 0x2000003, 0x2000018},
    {14, 3, 0x3000003, 0x3000020}, {16, 2, 0x2000003, 0x2000010}, {16, 3, 0x3000003, 0x3000018},
};

struct Leaf {
    unsigned granule_log2;
    int level;
    bool is_only_wide;
    uint64_t descriptor, pa;
    unsigned page_log2;
};

const Leaf leaves[] = {
    {12, 0, true, 0x180000004fd, 0x18080604567, 39},
    {12, 1, false, 0xc00004fd, 0xc0604567, 30},
    {12, 2, false, 0x122004fd, 0x12204567, 21},
    {12, 3, false, 0x1234564ff, 0x123456567, 12},
    {14, 1, true, 0x30000004fd, 0x3006011567, 36},
    {14, 2, false, 0x440004fd, 0x44011567, 25},
    {14, 3, false, 0x1234544ff, 0x123455567, 14},
    {16, 1, true, 0x800000004fd, 0x80040034567, 42},
    {16, 2, false, 0x600004fd, 0x60034567, 29},
    {16, 3, false, 0x1234504ff, 0x123454567, 16},
};

void PrintTo(const Start &c, std::ostream *out)
{
    *out << c.name;
}

class SmmuPtS2Descent : public testing::TestWithParam<Start>
{
  protected:
    // Down to the level of the leaf, where the step then stands.
    static void descend(const smmu_pt_s2 &pt, int to_level, smmu_pt_s2_step *step)
    {
        const Start &c = GetParam();

        smmu_pt_s2_begin(&pt, c.ipa, step);
        ASSERT_EQ(step->at.reason, HW_WALK_TABLE);
        ASSERT_EQ(step->at.level, c.level);
        ASSERT_EQ(step->at.address, c.first);
        for (const Link &link : links) {
            if (link.granule_log2 != c.granule_log2 || link.level <= c.level ||
                link.level > to_level)
                continue;
            smmu_pt_s2_next(&pt, c.ipa, link.table_descriptor, step);
            ASSERT_EQ(step->at.reason, HW_WALK_TABLE);
            ASSERT_EQ(step->at.stage, 2);
            ASSERT_EQ(step->at.level, link.level);
            ASSERT_EQ(step->at.address, link.address);
        }
    }
};

TEST_P(SmmuPtS2Descent, EveryLeafBelowIsReached)
{
    const Start &c = GetParam();
    const smmu_pt_s2 pt = make_s2(c.granule_log2, c.level, c.tsz, c.is_wide);
    unsigned n_leaves = 0;

    for (const Leaf &leaf : leaves) {
        smmu_pt_s2_step step;

        if (leaf.granule_log2 != c.granule_log2 || leaf.level < c.level)
            continue;
        SCOPED_TRACE(leaf.level);
        ASSERT_NO_FATAL_FAILURE(descend(pt, leaf.level, &step));
        const uint64_t address = step.at.address;

        smmu_pt_s2_next(&pt, c.ipa, leaf.descriptor, &step);
        n_leaves++;
        EXPECT_EQ(step.descriptor, address);
        EXPECT_EQ(step.at.level, leaf.level);
        EXPECT_EQ(step.at.stage, 2);
        if (leaf.is_only_wide && !c.is_wide) {
            EXPECT_EQ(step.at.reason, HW_WALK_TRANSLATION);
            EXPECT_EQ(step.at.address, c.ipa);
            continue;
        }
        ASSERT_EQ(step.at.reason, HW_WALK_OK);
        EXPECT_EQ(step.at.address, leaf.pa);
        EXPECT_EQ(step.leaf.pa, leaf.pa);
        EXPECT_EQ(step.leaf.level, leaf.level);
        EXPECT_EQ(step.leaf.page_log2, leaf.page_log2);
        EXPECT_EQ(smmu_pt_s2_level_log2(&pt, leaf.level), leaf.page_log2);
        EXPECT_EQ(step.leaf.contig_log2, 0);
    }
    EXPECT_GE(n_leaves, 1);
}

TEST_P(SmmuPtS2Descent, GoesOnAtARememberedTable)
{
    const Start &c = GetParam();
    const smmu_pt_s2 pt = make_s2(c.granule_log2, c.level, c.tsz, c.is_wide);
    smmu_pt_s2_step step;

    if (c.level == 3)
        return; // no table below the first
    ASSERT_NO_FATAL_FAILURE(descend(pt, 3, &step));
    const uint64_t table = step.at.address >> c.granule_log2 << c.granule_log2;
    const uint64_t first = c.ipa >> (2 * c.granule_log2 - 3) << (2 * c.granule_log2 - 3);

    smmu_pt_s2_resume(&pt, first, &step);
    EXPECT_EQ(step.at.address, table);
    smmu_pt_s2_resume(&pt, first + (UINT64_C(7) << c.granule_log2) + 0x123, &step);
    EXPECT_EQ(step.at.address, table + 56);
    EXPECT_EQ(step.at.reason, HW_WALK_TABLE);
    EXPECT_EQ(step.at.level, 3);
}

INSTANTIATE_TEST_SUITE_P(All, SmmuPtS2Descent, testing::ValuesIn(starts),
                         [](const auto &info) { return std::string(info.param.name); });

// ---- from a stream table entry ------------------------------------------------------------------

TEST(SmmuPtS2FromSte, SizesAndAddresses)
{
    smmu_s2 s2 = {};
    smmu_caps caps = {};
    smmu_pt_s2 pt;

    s2.t0sz = 24;
    s2.start_level = -1;
    s2.granule_log2 = 14;
    s2.ps_bits = 44;
    s2.ttb = 0xf123456789ab0;
    s2.walk.sh = SMMU_SH_INNER;
    caps.oas_bits = 48;
    smmu_pt_s2_from_ste(&s2, &caps, false, &pt);
    EXPECT_EQ(pt.tsz, 24);
    EXPECT_EQ(pt.start_level, -1);
    EXPECT_EQ(pt.granule_log2, 14);
    EXPECT_EQ(pt.output_bits, 44);
    EXPECT_EQ(pt.ttb, 0xf123456789ab0);
    EXPECT_EQ(pt.sh, 3);
}

TEST(SmmuPtS2FromSte, EveryFlagIsItsOwn)
{
    struct Flag {
        const char *name;
        std::function<void(smmu_s2 *)> set;
        bool smmu_pt_s2::*is;
    };
    const Flag flags[] = {
        {"ds", [](smmu_s2 *s2) { s2->ds = true; }, &smmu_pt_s2::ds},
        {"affd", [](smmu_s2 *s2) { s2->affd = true; }, &smmu_pt_s2::affd},
        {"ha", [](smmu_s2 *s2) { s2->ha = true; }, &smmu_pt_s2::ha},
        {"hd", [](smmu_s2 *s2) { s2->hd = true; }, &smmu_pt_s2::hd},
        {"ptw", [](smmu_s2 *s2) { s2->ptw = true; }, &smmu_pt_s2::ptw},
        {"fwb", [](smmu_s2 *s2) { s2->fwb = true; }, &smmu_pt_s2::fwb},
    };

    for (const Flag &one : flags) {
        smmu_s2 s2 = {};
        smmu_caps caps = {};
        smmu_pt_s2 pt;

        one.set(&s2);
        smmu_pt_s2_from_ste(&s2, &caps, false, &pt);
        for (const Flag &other : flags)
            EXPECT_EQ(pt.*other.is, one.is == other.is) << one.name << " " << other.name;
    }
}

TEST(SmmuPtS2FromSte, FeaturesOfTheSmmu)
{
    const smmu_s2 s2 = {};
    smmu_caps caps = {};
    smmu_pt_s2 pt;

    caps.oas_bits = 48;
    smmu_pt_s2_from_ste(&s2, &caps, true, &pt);
    EXPECT_FALSE(pt.oas_52);
    EXPECT_TRUE(pt.xnx);
    caps.oas_bits = 52; // whatever S2PS is
    smmu_pt_s2_from_ste(&s2, &caps, false, &pt);
    EXPECT_TRUE(pt.oas_52);
    EXPECT_FALSE(pt.xnx);
}

} // namespace
