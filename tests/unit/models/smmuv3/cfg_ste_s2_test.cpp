// SPDX-License-Identifier: BSD-2-Clause
// Rules of validity of an STE, E09 to E18 but E15: one row is one STE, its words worked out by
// hand from the bit positions in the facts, on an SMMU that may lack something (IDR0, 1, 3, 5).
#include "tests/unit/models/smmuv3/cfg_case.h"

namespace
{

using cfg::rich;

enum Choice {
    DEFAULTS,
    UNCHECKED,      // CR0.ATSCHK=0
    NESTED_CHECKED, // E08 also where stage 2 would find it
};

struct SteRule {
    const char *name;
    smmu_idr idr;
    std::vector<uint64_t> ste;
    const char *rule;
    Choice choice = DEFAULTS;
};

void PrintTo(const SteRule &c, std::ostream *out)
{
    *out << c.name;
}

class SmmuSteS2Rules : public testing::TestWithParam<SteRule>
{
};

TEST_P(SmmuSteS2Rules, BreaksThatRuleOrNone)
{
    const SteRule &c = GetParam();
    const cfg::Entry raw(c.ste);
    const smmu_ctrl ctrl = {c.choice != UNCHECKED, false, false};
    smmu_caps caps = cfg::caps_of(c.idr);
    smmu_ste ste;

    caps.choices.is_nested_cd_ptr_checked = c.choice == NESTED_CHECKED;
    EXPECT_EQ(smmu_ste_decode(raw.words, &caps, &ctrl, &ste), c.rule ? cfg::C_BAD_STE : 0);
    EXPECT_STREQ(cfg::text(ste.rule), cfg::text(c.rule));
}

// S2AA64, word 2 bit 51; S2FWB, word 1 bit 25.
const SteRule e09_rows[] = {
    {"s2_lpae_of_both",
     {0x80c168f, 0xc000510, 0x1504, 0x75},
     {0xd, 0, 0x405355800000007, 0x40fee000},
     nullptr},
    {"s2_lpae_of_lpae",
     {0x80c1687, 0xc000510, 0x1504, 0x75},
     {0xd, 0, 0x405355800000007, 0x40fee000},
     nullptr},
    {"s2_lpae_of_v8_64", rich, {0xd, 0, 0x405355800000007, 0x40fee000}, "E09"},
    {"s2_v8_64_of_both",
     {0x80c168f, 0xc000510, 0x1504, 0x75},
     {0xd, 0, 0x40d355800000007, 0x40fee000},
     nullptr},
    {"s2_v8_64_of_lpae",
     {0x80c1687, 0xc000510, 0x1504, 0x75},
     {0xd, 0, 0x40d355800000007, 0x40fee000},
     "E09"},
    {"fwb_of_v8_64", rich, {0xd, 0x2000000, 0x40d355800000007, 0x40fee000}, nullptr},
    {"fwb_of_lpae",
     {0x80c168f, 0xc000510, 0x1504, 0x75},
     {0xd, 0x2000000, 0x405355800000007, 0x40fee000},
     "E09"},
    {"fwb_of_lpae_not_offered",
     {0x80c168f, 0xc000510, 0x1404, 0x75},
     {0xd, 0x2000000, 0x405355800000007, 0x40fee000},
     nullptr},
    {"s2_lpae_of_s1", rich, {0x40f0a00b}, nullptr},
};
INSTANTIATE_TEST_SUITE_P(E09, SmmuSteS2Rules, testing::ValuesIn(e09_rows), cfg::name_of<SteRule>);

// S2S, word 2 bit 57.
const SteRule e10_rows[] = {
    {"s2s_0_stall_model_0", rich, {0xd, 0, 0x40d355800000007, 0x40fee000}, nullptr},
    {"s2s_1_stall_model_0", rich, {0xd, 0, 0x60d355800000007, 0x40fee000}, nullptr},
    {"s2s_0_stall_model_1",
     {0x90c168b, 0xc000510, 0x1504, 0x75},
     {0xd, 0, 0x40d355800000007, 0x40fee000},
     nullptr},
    {"s2s_1_stall_model_1",
     {0x90c168b, 0xc000510, 0x1504, 0x75},
     {0xd, 0, 0x60d355800000007, 0x40fee000},
     "E10"},
    {"s2s_0_stall_model_2",
     {0xa0c168b, 0xc000510, 0x1504, 0x75},
     {0xd, 0, 0x40d355800000007, 0x40fee000},
     "E10"},
    {"s2s_1_stall_model_2",
     {0xa0c168b, 0xc000510, 0x1504, 0x75},
     {0xd, 0, 0x60d355800000007, 0x40fee000},
     nullptr},
    {"s2s_of_s1_terminate_only",
     {0x90c168b, 0xc000510, 0x1504, 0x75},
     {0x40f0a00b, 0, 0x200000000000000},
     nullptr},
    {"s2s_0_of_s1_stall_only", {0xa0c168b, 0xc000510, 0x1504, 0x75}, {0x40f0a00b}, nullptr},
};
INSTANTIATE_TEST_SUITE_P(E10, SmmuSteS2Rules, testing::ValuesIn(e10_rows), cfg::name_of<SteRule>);

// S2HA, S2HD, S2HAFT: word 2 bits 56, 55, 59.
const SteRule e11_rows[] = {
    {"httu_0_ha_0_hd_0",
     {0x80c160b, 0xc000510, 0x1504, 0x75},
     {0xd, 0, 0x40d355800000007, 0x40fee000},
     nullptr},
    {"httu_0_ha_1_hd_0",
     {0x80c160b, 0xc000510, 0x1504, 0x75},
     {0xd, 0, 0x50d355800000007, 0x40fee000},
     "E11"},
    {"httu_0_ha_0_hd_1",
     {0x80c160b, 0xc000510, 0x1504, 0x75},
     {0xd, 0, 0x48d355800000007, 0x40fee000},
     "E11"},
    {"httu_0_ha_1_hd_1",
     {0x80c160b, 0xc000510, 0x1504, 0x75},
     {0xd, 0, 0x58d355800000007, 0x40fee000},
     "E11"},
    {"httu_1_ha_1_hd_0",
     {0x80c164b, 0xc000510, 0x1504, 0x75},
     {0xd, 0, 0x50d355800000007, 0x40fee000},
     nullptr},
    {"httu_1_ha_0_hd_1",
     {0x80c164b, 0xc000510, 0x1504, 0x75},
     {0xd, 0, 0x48d355800000007, 0x40fee000},
     "E11"},
    {"httu_1_ha_1_hd_1",
     {0x80c164b, 0xc000510, 0x1504, 0x75},
     {0xd, 0, 0x58d355800000007, 0x40fee000},
     "E11"},
    {"httu_2_ha_1_hd_0", rich, {0xd, 0, 0x50d355800000007, 0x40fee000}, nullptr},
    {"httu_2_ha_0_hd_1", rich, {0xd, 0, 0x48d355800000007, 0x40fee000}, nullptr},
    {"httu_2_ha_1_hd_1", rich, {0xd, 0, 0x58d355800000007, 0x40fee000}, nullptr},
    {"ha_of_lpae",
     {0x80c168f, 0xc000510, 0x1504, 0x75},
     {0xd, 0, 0x505355800000007, 0x40fee000},
     "E11"},
    {"hd_of_lpae",
     {0x80c168f, 0xc000510, 0x1504, 0x75},
     {0xd, 0, 0x485355800000007, 0x40fee000},
     "E11"},
    {"haft_without_ha",
     {0x80c16cb, 0xc000510, 0x1504, 0x75},
     {0xd, 0, 0xc0d355800000007, 0x40fee000},
     "E11"},
    {"haft_with_ha",
     {0x80c16cb, 0xc000510, 0x1504, 0x75},
     {0xd, 0, 0xd0d355800000007, 0x40fee000},
     nullptr},
    {"haft_not_offered", rich, {0xd, 0, 0xc0d355800000007, 0x40fee000}, nullptr},
    {"ha_of_s1", {0x80c160b, 0xc000510, 0x1504, 0x75}, {0x40f0a00b, 0, 0x100000000000000}, nullptr},
};
INSTANTIATE_TEST_SUITE_P(E11, SmmuSteS2Rules, testing::ValuesIn(e11_rows), cfg::name_of<SteRule>);

// S2TG, word 2 bits 47:46.
const SteRule e12_rows[] = {
    {"s2tg_4k", rich, {0xd, 0, 0x40d355800000007, 0x40fee000}, nullptr},
    {"s2tg_4k_absent",
     {0x80c168b, 0xc000510, 0x1504, 0x65},
     {0xd, 0, 0x40d355800000007, 0x40fee000},
     "E12"},
    {"s2tg_64k", rich, {0xd, 0, 0x40d755800000007, 0x40fee000}, nullptr},
    {"s2tg_64k_absent",
     {0x80c168b, 0xc000510, 0x1504, 0x35},
     {0xd, 0, 0x40d755800000007, 0x40fee000},
     "E12"},
    {"s2tg_16k", rich, {0xd, 0, 0x40db55800000007, 0x40fee000}, nullptr},
    {"s2tg_16k_absent",
     {0x80c168b, 0xc000510, 0x1504, 0x55},
     {0xd, 0, 0x40db55800000007, 0x40fee000},
     "E12"},
    {"s2tg_3", rich, {0xd, 0, 0x40df55800000007, 0x40fee000}, "E12"},
    {"s2tg_3_of_s1", rich, {0x40f0a00b, 0, 0xc00000000000}, nullptr},
    {"s2tg_3_of_lpae",
     {0x80c168f, 0xc000510, 0x1504, 0x75},
     {0xd, 0, 0x405f55800000007, 0x40fee000},
     nullptr},
};
INSTANTIATE_TEST_SUITE_P(E12, SmmuSteS2Rules, testing::ValuesIn(e12_rows), cfg::name_of<SteRule>);

// S2TTB: the smaller of S2PS and OAS, and 48 bits without 64 KiB granule or DS.
const SteRule e13_rows[] = {
    {"s2ttb_last_of_ps_44", rich, {0xd, 0, 0x40c355800000007, 0xffffffff000}, nullptr},
    {"s2ttb_first_beyond_ps_44", rich, {0xd, 0, 0x40c355800000007, 0x100000000000}, "E13"},
    {"s2ttb_last_of_ps_32", rich, {0xd, 0, 0x408355800000007, 0xfffff000}, nullptr},
    {"s2ttb_first_beyond_ps_32", rich, {0xd, 0, 0x408355800000007, 0x100000000}, "E13"},
    {"s2ttb_last_of_oas", rich, {0xd, 0, 0x40e355800000007, 0xfffffffff000}, nullptr},
    {"s2ttb_first_beyond_oas", rich, {0xd, 0, 0x40e355800000007, 0x1000000000000}, "E13"},
    {"s2ttb_48_of_4k",
     {0x80c168b, 0xc000510, 0x1704, 0xf6},
     {0xd, 0, 0x40e355800000007, 0x1000000000000},
     "E13"},
    {"s2ttb_48_of_16k",
     {0x80c168b, 0xc000510, 0x1704, 0xf6},
     {0xd, 0, 0x40eb55800000007, 0x1000000000000},
     "E13"},
    {"s2ttb_48_of_64k",
     {0x80c168b, 0xc000510, 0x1704, 0xf6},
     {0xd, 0, 0x40e755800000007, 0x1000000000000},
     nullptr},
    {"s2ttb_48_of_4k_ds",
     {0x80c168b, 0xc000510, 0x1704, 0xf6},
     {0xd, 0, 0x40e355800000007, 0x1000000000008},
     nullptr},
    {"s2ttb_48_of_4k_ds_not_offered",
     {0x80c168b, 0xc000510, 0x1504, 0x76},
     {0xd, 0, 0x40e355800000007, 0x1000000000008},
     "E13"},
    {"s2ttb_52_of_64k",
     {0x80c168b, 0xc000510, 0x1704, 0xf6},
     {0xd, 0, 0x40e755800000007, 0x10000000000000},
     "E13"},
    {"s2ttb_beyond_of_s1", rich, {0x40f0a00b, 0, 0, 0x8000000000000}, nullptr},
};
INSTANTIATE_TEST_SUITE_P(E13, SmmuSteS2Rules, testing::ValuesIn(e13_rows), cfg::name_of<SteRule>);

// S2T0SZ, word 2 bits 37:32.
const SteRule e14_rows[] = {
    {"t0sz_16_of_48", rich, {0xd, 0, 0x40d359000000007, 0x40fee000}, nullptr},
    {"t0sz_15_of_48", rich, {0xd, 0, 0x40d358f00000007, 0x40fee000}, "E14"},
    {"t0sz_20_of_44",
     {0x80c168b, 0xc000510, 0x1504, 0x74},
     {0xd, 0, 0x40c359400000007, 0x40fee000},
     nullptr},
    {"t0sz_19_of_44",
     {0x80c168b, 0xc000510, 0x1504, 0x74},
     {0xd, 0, 0x40c359300000007, 0x40fee000},
     "E14"},
    {"t0sz_24_of_lpae_ias_40",
     {0x80c168f, 0xc000510, 0x1504, 0x70},
     {0xd, 0, 0x408355800000007, 0x40fee000},
     nullptr},
    {"t0sz_23_of_lpae_ias_40",
     {0x80c168f, 0xc000510, 0x1504, 0x70},
     {0xd, 0, 0x408355700000007, 0x40fee000},
     "E14"},
    {"t0sz_12_64k",
     {0x80c168b, 0xc000510, 0x1504, 0x76},
     {0xd, 0, 0x40d758c00000007, 0x40fee000},
     nullptr},
    {"t0sz_11_64k",
     {0x80c168b, 0xc000510, 0x1504, 0x76},
     {0xd, 0, 0x40d758b00000007, 0x40fee000},
     "E14"},
    {"t0sz_16_64k_of_48", rich, {0xd, 0, 0x40d759000000007, 0x40fee000}, nullptr},
    {"t0sz_15_64k_of_48", rich, {0xd, 0, 0x40d758f00000007, 0x40fee000}, "E14"},
    {"t0sz_16_4k_of_52",
     {0x80c168b, 0xc000510, 0x1504, 0x76},
     {0xd, 0, 0x40d359000000007, 0x40fee000},
     nullptr},
    {"t0sz_15_4k_of_52",
     {0x80c168b, 0xc000510, 0x1504, 0x76},
     {0xd, 0, 0x40d358f00000007, 0x40fee000},
     "E14"},
    {"t0sz_12_4k_ds",
     {0x80c168b, 0xc000510, 0x1704, 0xf6},
     {0xd, 0, 0x40d358c00000007, 0x40fee008},
     nullptr},
    {"t0sz_11_4k_ds",
     {0x80c168b, 0xc000510, 0x1704, 0xf6},
     {0xd, 0, 0x40d358b00000007, 0x40fee008},
     "E14"},
    {"t0sz_12_4k_ds_not_offered",
     {0x80c168b, 0xc000510, 0x1504, 0x76},
     {0xd, 0, 0x40d358c00000007, 0x40fee008},
     "E14"},
    {"t0sz_39", rich, {0xd, 0, 0x40d352700000007, 0x40fee000}, nullptr},
    {"t0sz_40", rich, {0xd, 0, 0x40d352800000007, 0x40fee000}, "E14"},
    {"t0sz_39_64k", rich, {0xd, 0, 0x40d752700000007, 0x40fee000}, nullptr},
    {"t0sz_40_64k", rich, {0xd, 0, 0x40d752800000007, 0x40fee000}, "E14"},
    {"t0sz_48_stt",
     {0x80c168b, 0xc000510, 0x1704, 0xf6},
     {0xd, 0, 0x40d35f000000007, 0x40fee000},
     nullptr},
    {"t0sz_49_stt",
     {0x80c168b, 0xc000510, 0x1704, 0xf6},
     {0xd, 0, 0x40d35f100000007, 0x40fee000},
     "E14"},
    {"t0sz_48_16k_stt",
     {0x80c168b, 0xc000510, 0x1704, 0xf6},
     {0xd, 0, 0x40db53000000007, 0x40fee000},
     nullptr},
    {"t0sz_49_16k_stt",
     {0x80c168b, 0xc000510, 0x1704, 0xf6},
     {0xd, 0, 0x40db53100000007, 0x40fee000},
     "E14"},
    {"t0sz_47_64k_stt",
     {0x80c168b, 0xc000510, 0x1704, 0xf6},
     {0xd, 0, 0x40d752f00000007, 0x40fee000},
     nullptr},
    {"t0sz_48_64k_stt",
     {0x80c168b, 0xc000510, 0x1704, 0xf6},
     {0xd, 0, 0x40d753000000007, 0x40fee000},
     "E14"},
    {"t0sz_0_of_s1", rich, {0x40f0a00b}, nullptr},
    {"t0sz_0_of_lpae",
     {0x80c168f, 0xc000510, 0x1504, 0x75},
     {0xd, 0, 0x405354000000007, 0x40fee000},
     nullptr},
};
INSTANTIATE_TEST_SUITE_P(E14, SmmuSteS2Rules, testing::ValuesIn(e14_rows), cfg::name_of<SteRule>);

// S2ENDI, word 2 bit 52.
const SteRule e16_rows[] = {
    {"s2endi_0_ttendian_0", rich, {0xd, 0, 0x40d355800000007, 0x40fee000}, nullptr},
    {"s2endi_1_ttendian_0", rich, {0xd, 0, 0x41d355800000007, 0x40fee000}, nullptr},
    {"s2endi_0_ttendian_2",
     {0x84c168b, 0xc000510, 0x1504, 0x75},
     {0xd, 0, 0x40d355800000007, 0x40fee000},
     nullptr},
    {"s2endi_1_ttendian_2",
     {0x84c168b, 0xc000510, 0x1504, 0x75},
     {0xd, 0, 0x41d355800000007, 0x40fee000},
     "E16"},
    {"s2endi_0_ttendian_3",
     {0x86c168b, 0xc000510, 0x1504, 0x75},
     {0xd, 0, 0x40d355800000007, 0x40fee000},
     "E16"},
    {"s2endi_1_ttendian_3",
     {0x86c168b, 0xc000510, 0x1504, 0x75},
     {0xd, 0, 0x41d355800000007, 0x40fee000},
     nullptr},
    {"s2endi_of_s1",
     {0x84c168b, 0xc000510, 0x1504, 0x75},
     {0x40f0a00b, 0, 0x10000000000000},
     nullptr},
    {"s2endi_of_nested",
     {0x84c168b, 0xc000510, 0x1504, 0x75},
     {0x40f0a00f, 0, 0x41d355800000007, 0x40fee000},
     "E16"},
};
INSTANTIATE_TEST_SUITE_P(E16, SmmuSteS2Rules, testing::ValuesIn(e16_rows), cfg::name_of<SteRule>);

// S2VMID, word 2 bits 15:0.
const SteRule e17_rows[] = {
    {"vmid_ff",
     {0x808168b, 0xc000510, 0x1504, 0x75},
     {0xd, 0, 0x40d3558000000ff, 0x40fee000},
     nullptr},
    {"vmid_100",
     {0x808168b, 0xc000510, 0x1504, 0x75},
     {0xd, 0, 0x40d355800000100, 0x40fee000},
     "E17"},
    {"vmid_ffff_of_16", rich, {0xd, 0, 0x40d35580000ffff, 0x40fee000}, nullptr},
    {"vmid_100_nested",
     {0x808168b, 0xc000510, 0x1504, 0x75},
     {0x40f0a00f, 0, 0x40d355800000100, 0x40fee000},
     "E17"},
    {"vmid_100_s1", {0x808168b, 0xc000510, 0x1504, 0x75}, {0x40f0a00b, 0, 0x100}, "E17"},
    {"vmid_ff_s1", {0x808168b, 0xc000510, 0x1504, 0x75}, {0x40f0a00b, 0, 0xff}, nullptr},
    {"vmid_100_s1_without_s2p",
     {0x808168a, 0xc000510, 0x1504, 0x75},
     {0x40f0a00b, 0, 0x100},
     nullptr},
    {"vmid_100_bypass", {0x808168b, 0xc000510, 0x1504, 0x75}, {9, 0, 0x100}, nullptr},
    {"vmid_100_el2",
     {0x808168b, 0xc000510, 0x1504, 0x75},
     {0x40f0a00b, 0x80000000, 0x100},
     nullptr},
    {"vmid_100_el2_without_hyp",
     {0x808148b, 0xc000510, 0x1504, 0x75},
     {0x40f0a00b, 0x80000000, 0x100},
     "E17"},
    {"vmid_100_nested_strw_unused",
     {0x808168b, 0xc000510, 0x1504, 0x75},
     {0x40f0a00f, 0x80000000, 0x40d355800000100, 0x40fee000},
     "E17"},
};
INSTANTIATE_TEST_SUITE_P(E17, SmmuSteS2Rules, testing::ValuesIn(e17_rows), cfg::name_of<SteRule>);

// VMSPtr, word 5 bits 55:12; S1MPAM, word 1 bit 26.
const SteRule e18_rows[] = {
    {"vms_last_of_48",
     {0x80c168b, 0xc000510, 0x1584, 0x75},
     {0x40f0a00f, 0x4000000, 0x40d355800000007, 0x40fee000, 0, 0xfffffffff000},
     nullptr},
    {"vms_first_beyond_48",
     {0x80c168b, 0xc000510, 0x1584, 0x75},
     {0x40f0a00f, 0x4000000, 0x40d355800000007, 0x40fee000, 0, 0x1000000000000},
     "E18"},
    {"vms_without_mpam",
     rich,
     {0x40f0a00f, 0x4000000, 0x40d355800000007, 0x40fee000, 0, 0x1000000000000},
     nullptr},
    {"vms_without_s1mpam",
     {0x80c168b, 0xc000510, 0x1584, 0x75},
     {0x40f0a00f, 0, 0x40d355800000007, 0x40fee000, 0, 0x1000000000000},
     nullptr},
    {"vms_of_s1",
     {0x80c168b, 0xc000510, 0x1584, 0x75},
     {0x40f0a00b, 0x4000000, 0, 0, 0, 0x1000000000000},
     nullptr},
    {"vms_of_s2",
     {0x80c168b, 0xc000510, 0x1584, 0x75},
     {0xd, 0x4000000, 0x40d355800000007, 0x40fee000, 0, 0x1000000000000},
     nullptr},
};
INSTANTIATE_TEST_SUITE_P(E18, SmmuSteS2Rules, testing::ValuesIn(e18_rows), cfg::name_of<SteRule>);

} // namespace
