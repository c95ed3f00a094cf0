// SPDX-License-Identifier: BSD-2-Clause
// Rules of validity of a CD, D01 to D10: one row is one CD, its words worked out by hand from the
// bit positions in the facts, reached from some STE, on some SMMU (IDR0, 1, 3, 5).
#include "tests/unit/models/smmuv3/cfg_case.h"

namespace
{

using cfg::rich;

enum Choice {
    DEFAULTS,
    CLAMPED, // D08 as SMMUv3.0 may treat it
};

struct CdRule {
    const char *name;
    smmu_idr idr;
    smmu_ste ste;
    std::vector<uint64_t> cd;
    const char *rule;
    Choice choice = DEFAULTS;
};

void PrintTo(const CdRule &c, std::ostream *out)
{
    *out << c.name;
}

smmu_ste ste_of(smmu_world world)
{
    smmu_ste ste = {};

    ste.config = SMMU_CONFIG_S1;
    ste.has_s1 = true;
    ste.world = world;
    return ste;
}

smmu_ste nested_of(bool is_lpae)
{
    smmu_ste ste = ste_of(SMMU_WORLD_NS_EL1);

    ste.config = SMMU_CONFIG_NESTED;
    ste.has_s2 = true;
    ste.s2.is_lpae = is_lpae;
    return ste;
}

smmu_ste stalld_of()
{
    smmu_ste ste = ste_of(SMMU_WORLD_NS_EL1);

    ste.s1stalld = true;
    return ste;
}

const smmu_ste el1 = ste_of(SMMU_WORLD_NS_EL1);
const smmu_ste el2 = ste_of(SMMU_WORLD_EL2);
const smmu_ste el2_e2h = ste_of(SMMU_WORLD_EL2_E2H);
const smmu_ste nested = nested_of(false);
const smmu_ste nested_lpae = nested_of(true);
const smmu_ste stalld = stalld_of();

class SmmuCdRules : public testing::TestWithParam<CdRule>
{
};

TEST_P(SmmuCdRules, BreaksThatRuleOrNone)
{
    const CdRule &c = GetParam();
    const cfg::Entry raw(c.cd);
    smmu_caps caps = cfg::caps_of(c.idr);
    smmu_cd cd;

    caps.choices.is_txsz_clamped = c.choice == CLAMPED;
    EXPECT_EQ(smmu_cd_decode(raw.words, &c.ste, &caps, &cd), c.rule ? cfg::C_BAD_CD : 0);
    EXPECT_STREQ(cfg::text(cd.rule), cfg::text(c.rule));
}

// V, word 0 bit 31.
const CdRule d01_rows[] = {
    {"V1", rich, el1, {0x26205b5903510, 0x40f69000, 0x40f6a000}, nullptr},
    {"V0", rich, el1, {0x2620535903510, 0x40f69000, 0x40f6a000}, "D01"},
    {"V0_hides_all",
     {0xd0c168b, 0xc000510, 0x1504, 0x75},
     el1,
     {0x23205359035d0, 0x40f69000, 0x40f6a000},
     "D01"},
};
INSTANTIATE_TEST_SUITE_P(D01, SmmuCdRules, testing::ValuesIn(d01_rows), cfg::name_of<CdRule>);

// S, word 0 bit 44.
const CdRule d02_rows[] = {
    {"s_0_stall_model_0", rich, el1, {0x26205b5903510, 0x40f69000, 0x40f6a000}, nullptr},
    {"s_1_stall_model_0", rich, el1, {0x27205b5903510, 0x40f69000, 0x40f6a000}, nullptr},
    {"s_0_stall_model_1",
     {0x90c168b, 0xc000510, 0x1504, 0x75},
     el1,
     {0x26205b5903510, 0x40f69000, 0x40f6a000},
     nullptr},
    {"s_1_stall_model_1",
     {0x90c168b, 0xc000510, 0x1504, 0x75},
     el1,
     {0x27205b5903510, 0x40f69000, 0x40f6a000},
     "D02"},
    {"s_0_stall_model_2",
     {0xa0c168b, 0xc000510, 0x1504, 0x75},
     el1,
     {0x26205b5903510, 0x40f69000, 0x40f6a000},
     "D02"},
    {"s_1_stall_model_2",
     {0xa0c168b, 0xc000510, 0x1504, 0x75},
     el1,
     {0x27205b5903510, 0x40f69000, 0x40f6a000},
     nullptr},
    {"s_0_stalld", rich, stalld, {0x26205b5903510, 0x40f69000, 0x40f6a000}, nullptr},
    {"s_1_stalld", rich, stalld, {0x27205b5903510, 0x40f69000, 0x40f6a000}, "D02"},
};
INSTANTIATE_TEST_SUITE_P(D02, SmmuCdRules, testing::ValuesIn(d02_rows), cfg::name_of<CdRule>);

// A, word 0 bit 46. R has no rule.
const CdRule d03_rows[] = {
    {"a_0_term_model_0", rich, el1, {0x22205b5903510, 0x40f69000, 0x40f6a000}, nullptr},
    {"a_1_term_model_0", rich, el1, {0x26205b5903510, 0x40f69000, 0x40f6a000}, nullptr},
    {"a_0_term_model_1",
     {0xc0c168b, 0xc000510, 0x1504, 0x75},
     el1,
     {0x22205b5903510, 0x40f69000, 0x40f6a000},
     "D03"},
    {"a_1_term_model_1",
     {0xc0c168b, 0xc000510, 0x1504, 0x75},
     el1,
     {0x26205b5903510, 0x40f69000, 0x40f6a000},
     nullptr},
    {"r_0", rich, el1, {0x24205b5903510, 0x40f69000, 0x40f6a000}, nullptr},
};
INSTANTIATE_TEST_SUITE_P(D03, SmmuCdRules, testing::ValuesIn(d03_rows), cfg::name_of<CdRule>);

// AA64, word 0 bit 41.
const CdRule d04_rows[] = {
    {"aa64_0_ttf_1",
     {0x80c1687, 0xc000510, 0x1504, 0x75},
     el1,
     {0x26005b5903510, 0x40f69000, 0x40f6a000},
     nullptr},
    {"aa64_1_ttf_1",
     {0x80c1687, 0xc000510, 0x1504, 0x75},
     el1,
     {0x26205b5903510, 0x40f69000, 0x40f6a000},
     "D04"},
    {"aa64_0_ttf_2", rich, el1, {0x26005b5903510, 0x40f69000, 0x40f6a000}, "D04"},
    {"aa64_1_ttf_2", rich, el1, {0x26205b5903510, 0x40f69000, 0x40f6a000}, nullptr},
    {"aa64_0_ttf_3",
     {0x80c168f, 0xc000510, 0x1504, 0x75},
     el1,
     {0x26005b5903510, 0x40f69000, 0x40f6a000},
     nullptr},
    {"aa64_1_ttf_3",
     {0x80c168f, 0xc000510, 0x1504, 0x75},
     el1,
     {0x26205b5903510, 0x40f69000, 0x40f6a000},
     nullptr},
    {"aa64_1_above_v8_64",
     {0x80c168f, 0xc000510, 0x1504, 0x75},
     nested,
     {0x26205b5903510, 0x40f69000, 0x40f6a000},
     nullptr},
    {"aa64_1_above_lpae",
     {0x80c168f, 0xc000510, 0x1504, 0x75},
     nested_lpae,
     {0x26205b5903510, 0x40f69000, 0x40f6a000},
     "D04"},
    {"aa64_0_above_v8_64",
     {0x80c168f, 0xc000510, 0x1504, 0x75},
     nested,
     {0x26005b5903510, 0x40f69000, 0x40f6a000},
     nullptr},
    {"aa64_0_above_lpae",
     {0x80c168f, 0xc000510, 0x1504, 0x75},
     nested_lpae,
     {0x26005b5903510, 0x40f69000, 0x40f6a000},
     nullptr},
    {"aa64_0_el2",
     {0x80c168f, 0xc000510, 0x1504, 0x75},
     el2,
     {0x26005b5903510, 0x40f69000, 0x40f6a000},
     nullptr},
    {"aa64_0_el2_e2h",
     {0x80c168f, 0xc000510, 0x1504, 0x75},
     el2_e2h,
     {0x26005b5903510, 0x40f69000, 0x40f6a000},
     "D04"},
    {"aa64_1_el2_e2h",
     {0x80c168f, 0xc000510, 0x1504, 0x75},
     el2_e2h,
     {0x26205b5903510, 0x40f69000, 0x40f6a000},
     nullptr},
};
INSTANTIATE_TEST_SUITE_P(D04, SmmuCdRules, testing::ValuesIn(d04_rows), cfg::name_of<CdRule>);

// ENDI, word 0 bit 15: ignored if nothing is walked.
const CdRule d05_rows[] = {
    {"endi_0_ttendian_0", rich, el1, {0x26205b5903510, 0x40f69000, 0x40f6a000}, nullptr},
    {"endi_1_ttendian_0", rich, el1, {0x26205b590b510, 0x40f69000, 0x40f6a000}, nullptr},
    {"endi_0_ttendian_2",
     {0x84c168b, 0xc000510, 0x1504, 0x75},
     el1,
     {0x26205b5903510, 0x40f69000, 0x40f6a000},
     nullptr},
    {"endi_1_ttendian_2",
     {0x84c168b, 0xc000510, 0x1504, 0x75},
     el1,
     {0x26205b590b510, 0x40f69000, 0x40f6a000},
     "D05"},
    {"endi_0_ttendian_3",
     {0x86c168b, 0xc000510, 0x1504, 0x75},
     el1,
     {0x26205b5903510, 0x40f69000, 0x40f6a000},
     "D05"},
    {"endi_1_ttendian_3",
     {0x86c168b, 0xc000510, 0x1504, 0x75},
     el1,
     {0x26205b590b510, 0x40f69000, 0x40f6a000},
     nullptr},
    {"endi_1_ttendian_2_epd0_1_epd1_0",
     {0x84c168b, 0xc000510, 0x1504, 0x75},
     el1,
     {0x26205b590f510, 0x40f69000, 0x40f6a000},
     "D05"},
    {"endi_1_ttendian_2_epd0_0_epd1_1",
     {0x84c168b, 0xc000510, 0x1504, 0x75},
     el1,
     {0x26205f590b510, 0x40f69000, 0x40f6a000},
     "D05"},
    {"endi_1_ttendian_2_epd0_1_epd1_1",
     {0x84c168b, 0xc000510, 0x1504, 0x75},
     el1,
     {0x26205f590f510, 0x40f69000, 0x40f6a000},
     nullptr},
    {"endi_1_ttendian_2_el2_ignores_epd",
     {0x84c168b, 0xc000510, 0x1504, 0x75},
     el2,
     {0x26205f590f510, 0x40f69000, 0x40f6a000},
     "D05"},
};
INSTANTIATE_TEST_SUITE_P(D05, SmmuCdRules, testing::ValuesIn(d05_rows), cfg::name_of<CdRule>);

// HA, HD: word 0 bits 43, 42; HAFT, word 1 bit 3.
const CdRule d06_rows[] = {
    {"httu_0_ha_0_hd_0",
     {0x80c160b, 0xc000510, 0x1504, 0x75},
     el1,
     {0x26205b5903510, 0x40f69000, 0x40f6a000},
     nullptr},
    {"httu_0_ha_1_hd_0",
     {0x80c160b, 0xc000510, 0x1504, 0x75},
     el1,
     {0x26a05b5903510, 0x40f69000, 0x40f6a000},
     "D06"},
    {"httu_0_ha_0_hd_1",
     {0x80c160b, 0xc000510, 0x1504, 0x75},
     el1,
     {0x26605b5903510, 0x40f69000, 0x40f6a000},
     "D06"},
    {"httu_0_ha_1_hd_1",
     {0x80c160b, 0xc000510, 0x1504, 0x75},
     el1,
     {0x26e05b5903510, 0x40f69000, 0x40f6a000},
     "D06"},
    {"httu_1_ha_1_hd_0",
     {0x80c164b, 0xc000510, 0x1504, 0x75},
     el1,
     {0x26a05b5903510, 0x40f69000, 0x40f6a000},
     nullptr},
    {"httu_1_ha_0_hd_1",
     {0x80c164b, 0xc000510, 0x1504, 0x75},
     el1,
     {0x26605b5903510, 0x40f69000, 0x40f6a000},
     "D06"},
    {"httu_1_ha_1_hd_1",
     {0x80c164b, 0xc000510, 0x1504, 0x75},
     el1,
     {0x26e05b5903510, 0x40f69000, 0x40f6a000},
     "D06"},
    {"httu_2_ha_1_hd_0", rich, el1, {0x26a05b5903510, 0x40f69000, 0x40f6a000}, nullptr},
    {"httu_2_ha_0_hd_1", rich, el1, {0x26605b5903510, 0x40f69000, 0x40f6a000}, nullptr},
    {"httu_2_ha_1_hd_1", rich, el1, {0x26e05b5903510, 0x40f69000, 0x40f6a000}, nullptr},
    {"haft_without_ha",
     {0x80c16cb, 0xc000510, 0x1504, 0x75},
     el1,
     {0x26205b5903510, 0x40f69008, 0x40f6a000},
     "D06"},
    {"haft_with_ha",
     {0x80c16cb, 0xc000510, 0x1504, 0x75},
     el1,
     {0x26a05b5903510, 0x40f69008, 0x40f6a000},
     nullptr},
    {"haft_not_offered", rich, el1, {0x26205b5903510, 0x40f69008, 0x40f6a000}, nullptr},
    {"ha_of_lpae_ignored",
     {0x80c160f, 0xc000510, 0x1504, 0x75},
     el1,
     {0x26c05b5903510, 0x40f69000, 0x40f6a000},
     nullptr},
};
INSTANTIATE_TEST_SUITE_P(D06, SmmuCdRules, testing::ValuesIn(d06_rows), cfg::name_of<CdRule>);

// ASID, word 0 bits 63:48.
const CdRule d07_rows[] = {
    {"asid_ff_of_8",
     {0x80c068b, 0xc000510, 0x1504, 0x75},
     el1,
     {0xff6205b5903510, 0x40f69000, 0x40f6a000},
     nullptr},
    {"asid_100_of_8",
     {0x80c068b, 0xc000510, 0x1504, 0x75},
     el1,
     {0x1006205b5903510, 0x40f69000, 0x40f6a000},
     "D07"},
    {"asid_ffff_of_16", rich, el1, {0xffff6205b5903510, 0x40f69000, 0x40f6a000}, nullptr},
    {"asid_100_of_8_e2h",
     {0x80c068b, 0xc000510, 0x1504, 0x75},
     el2_e2h,
     {0x1006205b5903510, 0x40f69000, 0x40f6a000},
     "D07"},
    {"asid_100_of_8_el2_ignored",
     {0x80c068b, 0xc000510, 0x1504, 0x75},
     el2,
     {0x1006205b5903510, 0x40f69000, 0x40f6a000},
     nullptr},
};
INSTANTIATE_TEST_SUITE_P(D07, SmmuCdRules, testing::ValuesIn(d07_rows), cfg::name_of<CdRule>);

// Of several broken rules the first counts.
const CdRule order_rows[] = {
    {"d02_before_d03",
     {0xd0c168b, 0xc000510, 0x1504, 0x75},
     el1,
     {0x23205b5903510, 0x40f69000, 0x40f6a000},
     "D02"},
    {"d03_before_d04",
     {0xc0c168b, 0xc000510, 0x1504, 0x75},
     el1,
     {0x22005b5903510, 0x40f69000, 0x40f6a000},
     "D03"},
    {"d04_before_d05",
     {0x84c168b, 0xc000510, 0x1504, 0x75},
     el1,
     {0x26005b590b510, 0x40f69000, 0x40f6a000},
     "D04"},
    {"d05_before_d06",
     {0x84c160b, 0xc000510, 0x1504, 0x75},
     el1,
     {0x26a05b590b510, 0x40f69000, 0x40f6a000},
     "D05"},
    {"d06_before_d07",
     {0x80c060b, 0xc000510, 0x1504, 0x75},
     el1,
     {0x1006a05b5903510, 0x40f69000, 0x40f6a000},
     "D06"},
    {"d07_before_d08",
     {0x80c068b, 0xc000510, 0x1504, 0x75},
     el1,
     {0x1006205b5903500, 0x40f69000, 0x40f6a000},
     "D07"},
    {"d08_before_d09", rich, el1, {0x26205b59035c0, 0x40f69000, 0x40f6a000}, "D08"},
    {"d09_before_d10", rich, el1, {0x26205b59035d0, 0x4000000000000, 0x40f6a000}, "D09"},
};
INSTANTIATE_TEST_SUITE_P(Order, SmmuCdRules, testing::ValuesIn(order_rows), cfg::name_of<CdRule>);

} // namespace
