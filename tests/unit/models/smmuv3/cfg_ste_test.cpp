// SPDX-License-Identifier: BSD-2-Clause
// Rules of validity of an STE, E01 to E08: one row is one STE, its words worked out by
// hand from the bit positions in the facts, on an SMMU that may lack something (IDR0, 1, 3, 5).
#include "tests/unit/models/smmuv3/cfg_rule_case.h"

namespace
{

using namespace cfg;

class SmmuSteRules : public testing::TestWithParam<SteRule>
{
};

TEST_P(SmmuSteRules, BreaksThatRuleOrNone)
{
    expect_ste_rule(GetParam());
}

// V=0 is illegal whatever else there is; E02: Config=0xx is legal whatever else there is.
const SteRule e01_rows[] = {
    {"V0", rich, {0}, "E01"},
    {"V0_whatever_else", rich, {0xc, 0, 0x40d355800000007, 0x40fee000}, "E01"},
    {"V0_with_abort", rich, {0, 0x40000000}, "E01"},
    {"config_0_and_nothing_else", rich, {1}, nullptr},
    {"config_1_and_nothing_else", rich, {3}, nullptr},
    {"config_2_and_nothing_else", rich, {5}, nullptr},
    {"config_3_and_nothing_else", rich, {7}, nullptr},
    {"abort_hides_all_rules",
     {0x80c1688, 0xc000510, 0x1504, 0x75},
     {0xf8ff000000000001, 0x60000000, 0x40df55800000007, 0x40fee000},
     nullptr},
};
INSTANTIATE_TEST_SUITE_P(E01, SmmuSteRules, testing::ValuesIn(e01_rows), cfg::name_of<SteRule>);

// A stage that the SMMU does not have.
const SteRule e03_rows[] = {
    {"s1_of_s1", rich, {0x40f0a00b}, nullptr},
    {"s1_without_s1p", {0x80c1689, 0xc000510, 0x1504, 0x75}, {0x40f0a00b}, "E03"},
    {"s1_without_s2p", {0x80c168a, 0xc000510, 0x1504, 0x75}, {0x40f0a00b}, nullptr},
    {"s2_of_s2", rich, {0xd, 0, 0x40d355800000007, 0x40fee000}, nullptr},
    {"s2_without_s2p",
     {0x80c168a, 0xc000510, 0x1504, 0x75},
     {0xd, 0, 0x40d355800000007, 0x40fee000},
     "E03"},
    {"s2_without_s1p",
     {0x80c1689, 0xc000510, 0x1504, 0x75},
     {0xd, 0, 0x40d355800000007, 0x40fee000},
     nullptr},
    {"nested_of_both", rich, {0x40f0a00f, 0, 0x40d355800000007, 0x40fee000}, nullptr},
    {"nested_without_s2p",
     {0x80c168a, 0xc000510, 0x1504, 0x75},
     {0x40f0a00f, 0, 0x40d355800000007, 0x40fee000},
     "E03"},
    {"nested_without_s1p",
     {0x80c1689, 0xc000510, 0x1504, 0x75},
     {0x40f0a00f, 0, 0x40d355800000007, 0x40fee000},
     "E03"},
    {"bypass_without_any", {0x80c1688, 0xc000510, 0x1504, 0x75}, {9}, nullptr},
};
INSTANTIATE_TEST_SUITE_P(E03, SmmuSteRules, testing::ValuesIn(e03_rows), cfg::name_of<SteRule>);

// ATS. Bits 93:92 of the STE are EATS, word 1 bits 29:28.
const SteRule e04_rows[] = {
    {"split_of_nested", rich, {0x40f0a00f, 0x20000000, 0x40d355800000007, 0x40fee000}, nullptr},
    {"split_of_nested_stalling",
     rich,
     {0x40f0a00f, 0x20000000, 0x60d355800000007, 0x40fee000},
     "E04"},
    {"split_of_nested_unchecked",
     rich,
     {0x40f0a00f, 0x20000000, 0x40d355800000007, 0x40fee000},
     nullptr,
     UNCHECKED},
    {"split_of_s1_unchecked", rich, {0x40f0a00b, 0x20000000}, "E04", UNCHECKED},
    {"split_not_offered",
     {0x80c1e8b, 0xc000510, 0x1504, 0x75},
     {0x40f0a00f, 0x20000000, 0x40d355800000007, 0x40fee000},
     "E04"},
    {"split_of_s1", rich, {0x40f0a00b, 0x20000000}, "E04"},
    {"split_of_s2", rich, {0xd, 0x20000000, 0x40d355800000007, 0x40fee000}, "E04"},
    {"split_of_bypass", rich, {9, 0x20000000}, nullptr},
    {"split_of_s1_without_ats",
     {0x80c128b, 0xc000510, 0x1504, 0x75},
     {0x40f0a00b, 0x20000000},
     nullptr},
    {"full_of_s1", rich, {0x40f0a00b, 0x10000000}, nullptr},
    {"full_of_s1_s2s", rich, {0x40f0a00b, 0x10000000, 0x200000000000000}, nullptr},
    {"full_of_s2", rich, {0xd, 0x10000000, 0x40d355800000007, 0x40fee000}, nullptr},
    {"full_of_s2_stalling", rich, {0xd, 0x10000000, 0x60d355800000007, 0x40fee000}, "E04"},
    {"full_of_nested", rich, {0x40f0a00f, 0x10000000, 0x40d355800000007, 0x40fee000}, nullptr},
    {"full_of_nested_stalling",
     rich,
     {0x40f0a00f, 0x10000000, 0x60d355800000007, 0x40fee000},
     "E04"},
    {"full_of_nested_stalling_without_ats",
     {0x80c128b, 0xc000510, 0x1504, 0x75},
     {0x40f0a00f, 0x10000000, 0x60d355800000007, 0x40fee000},
     nullptr},
    {"off_of_s2_stalling", rich, {0xd, 0, 0x60d355800000007, 0x40fee000}, nullptr},
    {"dpt_of_el1", {0x80c168b, 0xc000510, 0x9504, 0x75}, {0x40f0a00b, 0x30000000}, nullptr},
    {"dpt_of_el2", {0x80c168b, 0xc000510, 0x9504, 0x75}, {0x40f0a00b, 0xb0000000}, "E04"},
    {"dpt_of_el2_not_offered", rich, {0x40f0a00b, 0xb0000000}, nullptr},
    {"dpt_of_el2_without_hyp",
     {0x80c148b, 0xc000510, 0x9504, 0x75},
     {0x40f0a00b, 0xb0000000},
     nullptr},
    {"dpt_of_nested_strw_unused",
     {0x80c168b, 0xc000510, 0x9504, 0x75},
     {0x40f0a00f, 0xb0000000, 0x40d355800000007, 0x40fee000},
     nullptr},
    {"dpt_of_s2_stalling",
     {0x80c168b, 0xc000510, 0x9504, 0x75},
     {0xd, 0x30000000, 0x60d355800000007, 0x40fee000},
     "E04"},
    {"dpt_of_s2_stalling_not_offered",
     rich,
     {0xd, 0x30000000, 0x60d355800000007, 0x40fee000},
     nullptr},
    {"ats_comes_before_strw", rich, {0x40f0a00b, 0x60000000}, "E04"},
};
INSTANTIATE_TEST_SUITE_P(E04, SmmuSteRules, testing::ValuesIn(e04_rows), cfg::name_of<SteRule>);

// STRW, word 1 bits 31:30.
const SteRule e05_rows[] = {
    {"strw_0", rich, {0x40f0a00b}, nullptr},
    {"strw_1", rich, {0x40f0a00b, 0x40000000}, "E05"},
    {"strw_2", rich, {0x40f0a00b, 0x80000000}, nullptr},
    {"strw_3", rich, {0x40f0a00b, 0xc0000000}, "E05"},
    {"strw_1_without_hyp", {0x80c148b, 0xc000510, 0x1504, 0x75}, {0x40f0a00b, 0x40000000}, nullptr},
    {"strw_3_without_hyp", {0x80c148b, 0xc000510, 0x1504, 0x75}, {0x40f0a00b, 0xc0000000}, nullptr},
    {"strw_3_of_bypass", rich, {9, 0xc0000000}, nullptr},
    {"strw_3_of_s2", rich, {0xd, 0xc0000000, 0x40d355800000007, 0x40fee000}, nullptr},
    {"strw_3_of_nested", rich, {0x40f0a00f, 0xc0000000, 0x40d355800000007, 0x40fee000}, nullptr},
};
INSTANTIATE_TEST_SUITE_P(E05, SmmuSteRules, testing::ValuesIn(e05_rows), cfg::name_of<SteRule>);

// S1STALLD, word 1 bit 27.
const SteRule e06_rows[] = {
    {"s1stalld", rich, {0x40f0a00b, 0x8000000}, nullptr},
    {"s1stalld_terminate_only",
     {0x90c168b, 0xc000510, 0x1504, 0x75},
     {0x40f0a00b, 0x8000000},
     "E06"},
    {"s1stalld_stall_only", {0xa0c168b, 0xc000510, 0x1504, 0x75}, {0x40f0a00b, 0x8000000}, "E06"},
    {"s1stalld_nested_terminate_only",
     {0x90c168b, 0xc000510, 0x1504, 0x75},
     {0x40f0a00f, 0x8000000, 0x40d355800000007, 0x40fee000},
     "E06"},
    {"s1stalld_of_s2",
     {0x90c168b, 0xc000510, 0x1504, 0x75},
     {0xd, 0x8000000, 0x40d355800000007, 0x40fee000},
     nullptr},
    {"no_s1stalld_terminate_only", {0x90c168b, 0xc000510, 0x1504, 0x75}, {0x40f0a00b}, nullptr},
};
INSTANTIATE_TEST_SUITE_P(E06, SmmuSteRules, testing::ValuesIn(e06_rows), cfg::name_of<SteRule>);

// S1CDMax, word 0 bits 63:59, and S1Fmt, bits 5:4.
const SteRule e07_rows[] = {
    {"s1cdmax_20_of_20", rich, {0xa000000040f0a00b}, nullptr},
    {"s1cdmax_21_of_20", rich, {0xa800000040f0a00b}, "E07"},
    {"s1cdmax_4_of_4", {0x80c168b, 0xc000110, 0x1504, 0x75}, {0x2000000040f0a00b}, nullptr},
    {"s1cdmax_5_of_4", {0x80c168b, 0xc000110, 0x1504, 0x75}, {0x2800000040f0a00b}, "E07"},
    {"s1cdmax_without_substreams",
     {0x80c168b, 0xc000010, 0x1504, 0x75},
     {0xf800000040f0a00b},
     nullptr},
    {"s1cdmax_of_s2", rich, {0xf80000000000000d, 0, 0x40d355800000007, 0x40fee000}, nullptr},
    {"s1cdmax_nested", rich, {0xa800000040f0a00f, 0, 0x40d355800000007, 0x40fee000}, "E07"},
    {"s1fmt_0_without_cd2l", {0x804168b, 0xc000510, 0x1504, 0x75}, {0x800000040f0a00b}, nullptr},
    {"s1fmt_1_without_cd2l", {0x804168b, 0xc000510, 0x1504, 0x75}, {0x800000040f0a01b}, "E07"},
    {"s1fmt_2_without_cd2l", {0x804168b, 0xc000510, 0x1504, 0x75}, {0x800000040f0a02b}, "E07"},
    {"s1fmt_3_without_cd2l", {0x804168b, 0xc000510, 0x1504, 0x75}, {0x800000040f0a03b}, nullptr},
    {"s1fmt_1", rich, {0x800000040f0a01b}, nullptr},
    {"s1fmt_1_without_cd2l_one_cd", {0x804168b, 0xc000510, 0x1504, 0x75}, {0x40f0a01b}, nullptr},
    {"s1fmt_2", rich, {0x800000040f0a02b}, nullptr},
    {"s1fmt_2_without_cd2l_one_cd", {0x804168b, 0xc000510, 0x1504, 0x75}, {0x40f0a02b}, nullptr},
    {"s1fmt_1_without_cd2l_and_substreams",
     {0x804168b, 0xc000010, 0x1504, 0x75},
     {0x800000040f0a01b},
     nullptr},
};
INSTANTIATE_TEST_SUITE_P(E07, SmmuSteRules, testing::ValuesIn(e07_rows), cfg::name_of<SteRule>);

// S1ContextPtr: OAS is 48 bits unless the last register says 0x74 (44) or 0x71 (36).
const SteRule e08_rows[] = {
    {"context_ptr_last_of_48", rich, {0xffffffffffcb}, nullptr},
    {"context_ptr_first_beyond_48", rich, {0x100000000000b}, "E08"},
    {"context_ptr_last_of_44", {0x80c168b, 0xc000510, 0x1504, 0x74}, {0xfffffffffcb}, nullptr},
    {"context_ptr_first_beyond_44", {0x80c168b, 0xc000510, 0x1504, 0x74}, {0x10000000000b}, "E08"},
    {"context_ptr_of_s2", rich, {0x100000000000d, 0, 0x40d355800000007, 0x40fee000}, nullptr},
    {"context_ptr_nested_left_to_s2",
     rich,
     {0x100000000000f, 0, 0x40d355800000007, 0x40fee000},
     nullptr},
    {"context_ptr_nested_checked",
     rich,
     {0x100000000000f, 0, 0x40d355800000007, 0x40fee000},
     "E08",
     NESTED_CHECKED},
    {"context_ptr_nested_last_checked",
     rich,
     {0xffffffffffcf, 0, 0x40d355800000007, 0x40fee000},
     nullptr,
     NESTED_CHECKED},
    {"context_ptr_nested_last_of_ias",
     {0x80c168f, 0xc000510, 0x1504, 0x71},
     {0xffffffffcf, 0, 0x40d355800000007, 0x40fee000},
     nullptr,
     NESTED_CHECKED},
    {"context_ptr_nested_first_beyond_ias",
     {0x80c168f, 0xc000510, 0x1504, 0x71},
     {0x1000000000f, 0, 0x40d355800000007, 0x40fee000},
     "E08",
     NESTED_CHECKED},
};
INSTANTIATE_TEST_SUITE_P(E08, SmmuSteRules, testing::ValuesIn(e08_rows), cfg::name_of<SteRule>);

} // namespace
