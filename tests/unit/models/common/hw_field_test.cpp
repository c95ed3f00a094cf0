// SPDX-License-Identifier: BSD-2-Clause
// Tables of bit fields: accessors, reserved bits, and the rules that every table must keep.
#include <gtest/gtest.h>

#include "models/common/hw_field.h"

namespace
{

const hw_field good_fields[] = {
    {"A", 0, 0, 1, HW_SHOW_NUMBER, "low bit"},
    {"B", 63, 4, 1, HW_SHOW_ADDR, "address"},
    {"C", 127, 64, 2, HW_SHOW_BITS, "second word"},
};
const hw_encoding good_encodings[] = {{"A", 0, "OFF", "off"}, {"A", 1, "ON", "on"}};
const hw_layout good = {"GOOD", "a good table", "0", 128, good_fields, 3, good_encodings, 2};

TEST(HwField, ReadsAndWritesFieldsOfAnyWidth)
{
    uint64_t words[2] = {0xfedcba9876543211, 0x0123456789abcdef};

    EXPECT_EQ(hw_get(words, 0, 0), 1u);
    EXPECT_EQ(hw_get(words, 7, 4), 1u);
    EXPECT_EQ(hw_get(words, 127, 64), 0x0123456789abcdefu);
    EXPECT_EQ(hw_get_addr(words, 63, 4), 0xfedcba9876543210u);
    hw_put(words, 71, 68, 0xff);
    EXPECT_EQ(words[1], 0x0123456789abcdffu);
    hw_put(words, 127, 64, 5);
    EXPECT_EQ(words[1], 5u);
    EXPECT_EQ(words[0], 0xfedcba9876543211u);
}

TEST(HwField, UsedBitsFollowTheConditions)
{
    uint64_t used[2] = {0, 0};

    hw_used(good_fields, 3, 2, used);
    EXPECT_EQ(used[0], 0u);
    EXPECT_EQ(used[1], UINT64_MAX);
}

TEST(HwField, BitsOutsideEveryFieldAreReserved)
{
    const uint64_t words[2] = {0x6, 0};
    uint64_t bits[2] = {0, 0};

    EXPECT_TRUE(hw_reserved_set(&good, words, bits));
    EXPECT_EQ(bits[0], 0x6u);
}

struct BadTable {
    const char *name;
    hw_field field;
    hw_encoding encoding;
    const char *wrong;
};

class HwLayoutCheck : public testing::TestWithParam<BadTable>
{
};

TEST_P(HwLayoutCheck, NamesTheBrokenRule)
{
    const hw_field fields[] = {good_fields[0], GetParam().field};
    const hw_layout layout = {"BAD", "", "", 128, fields, 2, &GetParam().encoding, 1};
    const char *culprit = nullptr;

    EXPECT_STREQ(hw_layout_check(&layout, &culprit), GetParam().wrong);
}

INSTANTIATE_TEST_SUITE_P(
    Rules, HwLayoutCheck,
    testing::Values(
        BadTable{"overlap",
                 {"X", 3, 0, 1, HW_SHOW_NUMBER, ""},
                 {"A", 0, "N", ""},
                 "overlaps another field"},
        BadTable{"straddle",
                 {"X", 64, 60, 1, HW_SHOW_NUMBER, ""},
                 {"A", 0, "N", ""},
                 "straddles two words"},
        BadTable{"beyond",
                 {"X", 128, 128, 1, HW_SHOW_NUMBER, ""},
                 {"A", 0, "N", ""},
                 "beyond the structure"},
        BadTable{
            "reversed", {"X", 4, 5, 1, HW_SHOW_NUMBER, ""}, {"A", 0, "N", ""}, "msb below lsb"},
        BadTable{"unused", {"X", 4, 4, 0, HW_SHOW_NUMBER, ""}, {"A", 0, "N", ""}, "nobody uses it"},
        BadTable{"wide",
                 {"X", 5, 4, 1, HW_SHOW_NUMBER, ""},
                 {"X", 4, "N", ""},
                 "encoding wider than its field"},
        BadTable{"orphan",
                 {"X", 5, 4, 1, HW_SHOW_NUMBER, ""},
                 {"Y", 0, "N", ""},
                 "encoding of a field that is not there"}),
    [](const testing::TestParamInfo<BadTable> &info) { return std::string(info.param.name); });

TEST(HwLayoutCheckGood, AcceptsATableThatKeepsTheRules)
{
    const char *culprit = nullptr;

    EXPECT_EQ(hw_layout_check(&good, &culprit), nullptr);
}

} // namespace
