// SPDX-License-Identifier: BSD-2-Clause
// pt_test.cpp - page table entries of both stages, one at a time (3.1, 3.2), and the reasons that
// belong to what a walk came to (5.1). Words are typed from the tables of fields.
#include <gtest/gtest.h>

#include "models/vtd/vtd_cfg_decode.h"
#include "models/vtd/vtd_pt.h"

namespace
{

constexpr uint64_t bit(unsigned n)
{
    return UINT64_C(1) << n;
}

constexpr uint8_t R = VTD_PT_R, W = VTD_PT_W;
constexpr uint64_t kVa = 0x123456789abc; // indices: 24h, d1h, b3h, 189h; offset abch

vtd_pt_fs fs_of(uint8_t levels = 4)
{
    return {0x1000, levels, 48, true, false, false};
}

vtd_pt_ss ss_of(uint8_t levels = 4)
{
    return {0x1000, levels, static_cast<uint8_t>(12 + 9 * levels), 48, true, true, true, false,
            false,  false};
}

// ---- first stage ----

TEST(FirstStage, WalkGoesDownByNineBits)
{
    const vtd_pt_fs pt = fs_of();
    const uint64_t slots[] = {0x1000 + 8 * 0x24, 0x2000 + 8 * 0xd1, 0x3000 + 8 * 0xb3,
                              0x4000 + 8 * 0x189};
    vtd_pt_step step;

    vtd_pt_fs_begin(&pt, kVa, &step);
    for (unsigned i = 0; i < 4; i++) {
        ASSERT_EQ(step.state, VTD_PT_TABLE);
        EXPECT_EQ(step.address, slots[i]);
        EXPECT_EQ(step.level, 4 - i);
        vtd_pt_fs_next(&pt, kVa, 0x1000 * (i + 2) | 0x67, &step);
        EXPECT_EQ(step.descriptor, slots[i]);
    }
    ASSERT_EQ(step.state, VTD_PT_LEAF);
    EXPECT_EQ(step.leaf.pa, 0x5abcu);
    EXPECT_EQ(step.leaf.page_log2, 12);
    EXPECT_EQ(step.leaf.rights, R | W);
    EXPECT_TRUE(step.leaf.is_user && step.leaf.is_dirty);
}

TEST(FirstStage, FiveLevelsBeginAtBit48)
{
    const vtd_pt_fs pt = fs_of(5);
    vtd_pt_step step;

    vtd_pt_fs_begin(&pt, UINT64_C(0x00a5000000000000), &step);
    EXPECT_EQ(step.state, VTD_PT_TABLE);
    EXPECT_EQ(step.address, 0x1000u + 8 * 0xa5);
    EXPECT_EQ(step.level, 5);
}

TEST(FirstStage, AddressesMustBeCanonical)
{
    const uint64_t good4[] = {0, 0x7fffffffffff, 0xffff800000000000, UINT64_MAX};
    const uint64_t bad4[] = {0x800000000000, 0xffff7fffffffffff, bit(63), 0x0001000000000000};
    const uint64_t good5[] = {0x00ffffffffffffff, 0xff00000000000000};
    const uint64_t bad5[] = {0x0100000000000000, 0xfeffffffffffffff};
    const vtd_pt_fs four = fs_of(4), five = fs_of(5);
    vtd_pt_step step;

    for (const uint64_t va : good4)
        EXPECT_EQ((vtd_pt_fs_begin(&four, va, &step), step.state), VTD_PT_TABLE) << va;
    for (const uint64_t va : bad4)
        EXPECT_EQ((vtd_pt_fs_begin(&four, va, &step), step.state), VTD_PT_LIMIT) << va;
    for (const uint64_t va : good5)
        EXPECT_EQ((vtd_pt_fs_begin(&five, va, &step), step.state), VTD_PT_TABLE) << va;
    for (const uint64_t va : bad5)
        EXPECT_EQ((vtd_pt_fs_begin(&five, va, &step), step.state), VTD_PT_LIMIT) << va;
}

// One entry at one level.
struct Entry {
    const char *name;
    unsigned level;
    uint64_t entry;
    vtd_pt_state state;
    unsigned page_log2; // of a leaf
};

void PrintTo(const Entry &e, std::ostream *out)
{
    *out << e.name;
}

const Entry fs_entries[] = {
    {"table_of_level_5", 5, 0x5027, VTD_PT_TABLE, 0},
    {"table_of_level_2", 2, 0x5027, VTD_PT_TABLE, 0},
    {"page", 1, 0x5067, VTD_PT_LEAF, 12},
    {"page_with_pat", 1, 0x50e7, VTD_PT_LEAF, 12},
    {"page_2m", 2, 0x2000e7, VTD_PT_LEAF, 21},
    {"page_2m_with_pat", 2, 0x2010e7, VTD_PT_LEAF, 21},
    {"page_1g", 3, 0x400000e7, VTD_PT_LEAF, 30},
    {"page_1g_with_pat", 3, 0x400010e7, VTD_PT_LEAF, 30},
    {"not_present", 1, 0x5066, VTD_PT_NOT_PRESENT, 0},
    {"not_present_before_reserved", 4, 0x50e6, VTD_PT_NOT_PRESENT, 0},
    {"ps_of_level_4", 4, 0x50a7, VTD_PT_RESERVED, 0},
    {"ps_of_level_5", 5, 0x50a7, VTD_PT_RESERVED, 0},
    {"bit_13_of_2m", 2, 0x2020e7, VTD_PT_RESERVED, 0},
    {"bit_20_of_2m", 2, 0x3000e7, VTD_PT_RESERVED, 0},
    {"bit_13_of_1g", 3, 0x400020e7, VTD_PT_RESERVED, 0},
    {"bit_29_of_1g", 3, 0x600000e7, VTD_PT_RESERVED, 0},
    {"bit_48", 1, bit(48) | 0x67, VTD_PT_RESERVED, 0},
    {"bit_51", 4, bit(51) | 0x27, VTD_PT_RESERVED, 0},
    {"bits_62_to_52_are_ignored", 1, UINT64_C(0x7ff) << 52 | 0x5067, VTD_PT_LEAF, 12},
    {"execute_disable_is_ignored", 1, bit(63) | 0x5067, VTD_PT_LEAF, 12},
    {"ignored_low_bits", 1, 0x5b67, VTD_PT_LEAF, 12},
};

// A step before the entry of @level.
vtd_pt_step at_level(unsigned level)
{
    vtd_pt_step step = {};

    step.state = VTD_PT_TABLE;
    step.level = static_cast<uint8_t>(level);
    step.rights = R | W;
    step.is_user = true;
    step.address = 0x9000;
    return step;
}

class EachFs : public testing::TestWithParam<Entry>
{
};

TEST_P(EachFs, EntryIsThat)
{
    const Entry &e = GetParam();
    const vtd_pt_fs pt = fs_of(5);
    vtd_pt_step step = at_level(e.level);

    vtd_pt_fs_next(&pt, 0, e.entry, &step);
    EXPECT_EQ(step.state, e.state);
    if (e.state == VTD_PT_LEAF) {
        EXPECT_EQ(step.leaf.page_log2, e.page_log2);
        EXPECT_EQ(step.leaf.level, e.level);
    }
}

INSTANTIATE_TEST_SUITE_P(Table, EachFs, testing::ValuesIn(fs_entries),
                         [](const testing::TestParamInfo<Entry> &row) { return row.param.name; });

TEST(FirstStage, GigabytePagesNeedFs1gp)
{
    vtd_pt_fs pt = fs_of();
    vtd_pt_step step = at_level(3);

    pt.has_1g = false;
    vtd_pt_fs_next(&pt, 0, 0x400000e7, &step);
    EXPECT_EQ(step.state, VTD_PT_RESERVED);
}

TEST(FirstStage, LargePagesKeepTheOffset)
{
    const vtd_pt_fs pt = fs_of();
    vtd_pt_step step = at_level(2);

    vtd_pt_fs_next(&pt, kVa, 0x2010e7, &step);
    EXPECT_EQ(step.leaf.pa, 0x200000u | (kVa & 0x1fffff));
    EXPECT_EQ(step.leaf.memory_type, 4); // PAT
    step = at_level(3);
    vtd_pt_fs_next(&pt, kVa, 0x400000ff, &step);
    EXPECT_EQ(step.leaf.pa, 0x40000000u | (kVa & 0x3fffffff));
    EXPECT_EQ(step.leaf.memory_type, 3); // PCD, PWT
}

TEST(FirstStage, RightsAreThoseOfEveryLevel)
{
    const vtd_pt_fs pt = fs_of();
    vtd_pt_step step = at_level(2);

    vtd_pt_fs_next(&pt, 0, 0x5025, &step); // no R/W
    EXPECT_EQ(step.rights, R);
    vtd_pt_fs_next(&pt, 0, 0x5063, &step); // no U/S
    EXPECT_EQ(step.leaf.rights, R);
    EXPECT_FALSE(step.leaf.is_user);
}

TEST(FirstStage, TellsWhatIsToBeSet)
{
    vtd_pt_fs pt = fs_of();
    vtd_pt_step step = at_level(2);

    vtd_pt_fs_next(&pt, 0, 0x5007, &step);
    EXPECT_EQ(step.set, 0x20u); // A
    vtd_pt_fs_next(&pt, 0, 0x5027, &step);
    EXPECT_EQ(step.set, 0u);
    pt.eafe = true;
    step = at_level(1);
    vtd_pt_fs_next(&pt, 0, 0x5007, &step);
    EXPECT_EQ(step.set, 0x420u); // EA too
    step = at_level(1);
    vtd_pt_fs_next(&pt, 0, 0x5427, &step);
    EXPECT_EQ(step.set, 0u);
}

struct Check {
    const char *name;
    unsigned access;
    uint8_t rights;
    bool is_user, is_dirty, wpe;
    vtd_pt_state state;
    uint64_t set;
};

TEST(FirstStage, ChecksUserThenWrite)
{
    const unsigned S = VTD_PT_SUPERVISOR;
    const Check rows[] = {
        {"read", R, R, true, false, false, VTD_PT_LEAF, 0},
        {"write", W, R | W, true, true, false, VTD_PT_LEAF, 0},
        {"first write", W, R | W, true, false, false, VTD_PT_LEAF, 0x40},
        {"write to read-only", W, R, true, true, false, VTD_PT_NO_WRITE, 0},
        {"user to supervisor's", R, R, false, false, false, VTD_PT_NO_USER, 0},
        {"user writes supervisor's", W, R, false, false, false, VTD_PT_NO_USER, 0},
        {"supervisor to supervisor's", R | S, R, false, false, false, VTD_PT_LEAF, 0},
        {"supervisor writes read-only", W | S, R, true, false, false, VTD_PT_LEAF, 0x40},
        {"supervisor writes, WPE", W | S, R, true, false, true, VTD_PT_NO_WRITE, 0},
        {"read and write", R | W, R, true, true, false, VTD_PT_NO_WRITE, 0},
    };

    for (const Check &c : rows) {
        vtd_pt_fs pt = fs_of();
        vtd_pt_leaf leaf = {};

        pt.wpe = c.wpe;
        leaf.rights = c.rights;
        leaf.is_user = c.is_user;
        leaf.is_dirty = c.is_dirty;
        const vtd_pt_verdict v = vtd_pt_fs_check(&pt, &leaf, c.access);
        EXPECT_EQ(v.state, c.state) << c.name;
        EXPECT_EQ(v.set, c.set) << c.name;
    }
}

// ---- second stage ----

TEST(SecondStage, BeginsAtItsWidth)
{
    const uint64_t last[] = {0x7fffffffff, 0xffffffffffff, 0x1ffffffffffffff};

    for (uint8_t levels = 3; levels <= 5; levels++) {
        const vtd_pt_ss pt = ss_of(levels);
        vtd_pt_step step;

        vtd_pt_ss_begin(&pt, last[levels - 3], &step);
        EXPECT_EQ(step.state, VTD_PT_TABLE);
        EXPECT_EQ(step.address, 0x1ff8u);
        EXPECT_EQ(step.level, levels);
        vtd_pt_ss_begin(&pt, last[levels - 3] + 1, &step);
        EXPECT_EQ(step.state, VTD_PT_LIMIT);
    }
}

const Entry ss_entries[] = {
    {"table_of_level_5", 5, 0x5003, VTD_PT_TABLE, 0},
    {"table_of_level_2", 2, 0x5003, VTD_PT_TABLE, 0},
    {"table_with_read_alone", 2, 0x5001, VTD_PT_TABLE, 0},
    {"page", 1, 0x5003, VTD_PT_LEAF, 12},
    {"page_that_snoops", 1, 0x5803, VTD_PT_LEAF, 12},
    {"page_with_bit_7", 1, 0x5083, VTD_PT_LEAF, 12},
    {"page_2m", 2, 0x200083, VTD_PT_LEAF, 21},
    {"page_1g", 3, 0x40000083, VTD_PT_LEAF, 30},
    {"no_right", 1, 0x5004, VTD_PT_NOT_PRESENT, 0},
    {"write_alone_to_be_read", 1, 0x5002, VTD_PT_NO_READ, 0},
    {"no_right_before_reserved", 4, 0x5080, VTD_PT_NOT_PRESENT, 0},
    {"ps_of_level_4", 4, 0x5083, VTD_PT_RESERVED, 0},
    {"ps_of_level_5", 5, 0x5083, VTD_PT_RESERVED, 0},
    {"bit_12_of_2m", 2, 0x201083, VTD_PT_RESERVED, 0},
    {"bit_20_of_2m", 2, 0x300083, VTD_PT_RESERVED, 0},
    {"bit_12_of_1g", 3, 0x40001083, VTD_PT_RESERVED, 0},
    {"bit_29_of_1g", 3, 0x60000083, VTD_PT_RESERVED, 0},
    {"snp_of_a_table", 2, 0x5803, VTD_PT_RESERVED, 0},
    {"snp_of_2m", 2, 0x200883, VTD_PT_LEAF, 21},
    {"bit_48", 1, bit(48) | 0x3, VTD_PT_RESERVED, 0},
    {"bit_51", 3, bit(51) | 0x3, VTD_PT_RESERVED, 0},
    {"bits_63_to_52_are_ignored", 1, UINT64_C(0xfff) << 52 | 0x5003, VTD_PT_LEAF, 12},
    {"execute_and_bit_10_are_ignored", 1, 0x5407, VTD_PT_LEAF, 12},
};

class EachSs : public testing::TestWithParam<Entry>
{
};

TEST_P(EachSs, EntryIsThatToAReader)
{
    const Entry &e = GetParam();
    const vtd_pt_ss pt = ss_of(5);
    vtd_pt_step step = at_level(e.level);

    vtd_pt_ss_next(&pt, 0, R, e.entry, &step);
    EXPECT_EQ(step.state, e.state);
    if (e.state == VTD_PT_LEAF) {
        EXPECT_EQ(step.leaf.page_log2, e.page_log2);
    }
}

INSTANTIATE_TEST_SUITE_P(Table, EachSs, testing::ValuesIn(ss_entries),
                         [](const testing::TestParamInfo<Entry> &row) { return row.param.name; });

TEST(SecondStage, LargePagesAndSnpNeedCapabilities)
{
    vtd_pt_ss pt = ss_of();
    vtd_pt_step step = at_level(3);

    pt.has_1g = false;
    vtd_pt_ss_next(&pt, 0, R, 0x40000083, &step);
    EXPECT_EQ(step.state, VTD_PT_RESERVED);
    pt.has_2m = false;
    step = at_level(2);
    vtd_pt_ss_next(&pt, 0, R, 0x200083, &step);
    EXPECT_EQ(step.state, VTD_PT_RESERVED);
    pt.has_sc = false;
    step = at_level(1);
    vtd_pt_ss_next(&pt, 0, R, 0x5803, &step);
    EXPECT_EQ(step.state, VTD_PT_RESERVED);
}

TEST(SecondStage, RightsAreThoseOfEveryLevel)
{
    const vtd_pt_ss pt = ss_of();
    vtd_pt_step step = at_level(2);

    vtd_pt_ss_next(&pt, 0, 0, 0x5001, &step);
    EXPECT_EQ(step.rights, R);
    vtd_pt_ss_next(&pt, 0, 0, 0x5003, &step);
    EXPECT_EQ(step.leaf.rights, R);
    step = at_level(2);
    vtd_pt_ss_next(&pt, 0, 0, 0x5001, &step);
    vtd_pt_ss_next(&pt, 0, 0, 0x5002, &step);
    EXPECT_EQ(step.state, VTD_PT_NOT_PRESENT);
}

TEST(SecondStage, MemoryTypesAreReadWithMts)
{
    vtd_pt_ss pt = ss_of();
    vtd_pt_step step = at_level(1);

    vtd_pt_ss_next(&pt, 0, R, 0x5073, &step); // EMT 6, IPAT
    EXPECT_EQ(step.leaf.memory_type, 0);
    pt.has_mts = true;
    step = at_level(1);
    vtd_pt_ss_next(&pt, 0, R, 0x5073, &step);
    EXPECT_EQ(step.leaf.memory_type, 6);
    EXPECT_TRUE(step.leaf.ipat);
}

TEST(SecondStage, TellsWhatIsToBeSetWithSsade)
{
    vtd_pt_ss pt = ss_of();
    vtd_pt_step step = at_level(2);

    vtd_pt_ss_next(&pt, 0, R, 0x5003, &step);
    EXPECT_EQ(step.set, 0u);
    pt.is_ad_on = true;
    step = at_level(2);
    vtd_pt_ss_next(&pt, 0, R, 0x5003, &step);
    EXPECT_EQ(step.set, 0x100u);
    vtd_pt_ss_next(&pt, 0, R, 0x5103, &step);
    EXPECT_EQ(step.set, 0u);
    EXPECT_EQ(vtd_pt_ss_check(&pt, &step.leaf, R).set, 0u);
    EXPECT_EQ(vtd_pt_ss_check(&pt, &step.leaf, W).set, 0x200u);
    step = at_level(1);
    vtd_pt_ss_next(&pt, 0, R, 0x5303, &step);
    EXPECT_EQ(vtd_pt_ss_check(&pt, &step.leaf, W).set, 0u);
}

TEST(SecondStage, ChecksRights)
{
    const unsigned Z = VTD_PT_ZERO_LENGTH;

    for (const bool zlr : {false, true}) {
        const Check rows[] = {
            {"read", R, R, true, false, false, VTD_PT_LEAF, 0},
            {"read of write-only", R, W, true, false, false, VTD_PT_NO_READ, 0},
            {"zero-length read of write-only", R | Z, W, true, false, false,
             zlr ? VTD_PT_LEAF : VTD_PT_NO_READ, 0},
            {"write", W, W, true, false, false, VTD_PT_LEAF, 0},
            {"write to read-only", W, R, true, false, false, VTD_PT_NO_WRITE, 0},
            {"atomic", R | W, R, true, false, false, VTD_PT_NO_WRITE, 0},
            {"atomic to write-only", R | W, W, true, false, false, VTD_PT_NO_READ, 0},
            {"nothing asked", 0, R, true, false, false, VTD_PT_LEAF, 0},
        };

        for (const Check &c : rows) {
            vtd_pt_ss pt = ss_of();
            vtd_pt_leaf leaf = {};

            pt.has_zlr = zlr;
            leaf.rights = c.rights;
            EXPECT_EQ(vtd_pt_ss_check(&pt, &leaf, c.access).state, c.state) << c.name;
        }
    }
}

TEST(Resume, GoesOnInTheMiddle)
{
    vtd_pt_step step = at_level(2);

    step.state = VTD_PT_LEAF;
    vtd_pt_resume(0x7000, kVa, &step);
    EXPECT_EQ(step.state, VTD_PT_TABLE);
    EXPECT_EQ(step.address, 0x7000u + 8 * 0xb3);
    EXPECT_EQ(step.level, 2);
}

// ---- reasons ----

TEST(Reasons, OfTheFirstStage)
{
    EXPECT_EQ(vtd_pt_fs_fault(VTD_PT_LIMIT), 0x80);
    EXPECT_EQ(vtd_pt_fs_fault(VTD_PT_NOT_PRESENT), 0x71);
    EXPECT_EQ(vtd_pt_fs_fault(VTD_PT_RESERVED), 0x72);
    EXPECT_EQ(vtd_pt_fs_fault(VTD_PT_NO_USER), 0x81);
    EXPECT_EQ(vtd_pt_fs_fault(VTD_PT_NO_WRITE), 0x85);
    EXPECT_EQ(vtd_pt_fs_fault(VTD_PT_LEAF), 0);
}

struct Reason {
    vtd_pt_use use;
    int limit, reserved, not_present, no_write, no_read;
};

TEST(Reasons, OfTheSecondStageDependOnWhatItIsFor)
{
    const Reason rows[] = {
        {VTD_PT_USE_LEGACY, 0x04, 0x0c, 0x06, 0x05, 0x06},
        {VTD_PT_USE_SS, 0x84, 0x7a, 0x79, 0x85, 0x86},
        {VTD_PT_USE_NESTED, 0x74, 0x7a, 0x79, 0x85, 0x86},
        {VTD_PT_USE_FS_ROOT, 0x74, 0x7a, 0x79, 0x75, 0x75},
        {VTD_PT_USE_FS_TABLE, 0x74, 0x7a, 0x79, 0x76, 0x76},
        {VTD_PT_USE_FS_UPDATE, 0x74, 0x7a, 0x79, 0x77, 0x77},
    };

    for (const Reason &r : rows) {
        EXPECT_EQ(vtd_pt_ss_fault(VTD_PT_LIMIT, r.use, R), r.limit);
        EXPECT_EQ(vtd_pt_ss_fault(VTD_PT_RESERVED, r.use, R), r.reserved);
        EXPECT_EQ(vtd_pt_ss_fault(VTD_PT_NOT_PRESENT, r.use, R), r.not_present);
        EXPECT_EQ(vtd_pt_ss_fault(VTD_PT_NO_WRITE, r.use, W), r.no_write);
        EXPECT_EQ(vtd_pt_ss_fault(VTD_PT_NO_READ, r.use, R), r.no_read);
    }
    EXPECT_EQ(vtd_pt_ss_fault(VTD_PT_NOT_PRESENT, VTD_PT_USE_LEGACY, W), 0x05);
}

} // namespace
