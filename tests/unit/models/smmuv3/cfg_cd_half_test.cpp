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

class SmmuCdHalfRules : public testing::TestWithParam<CdRule>
{
};

TEST_P(SmmuCdHalfRules, BreaksThatRuleOrNone)
{
    const CdRule &c = GetParam();
    const cfg::Entry raw(c.cd);
    smmu_caps caps = cfg::caps_of(c.idr);
    smmu_cd cd;

    caps.choices.is_txsz_clamped = c.choice == CLAMPED;
    EXPECT_EQ(smmu_cd_decode(raw.words, &c.ste, &caps, &cd), c.rule ? cfg::C_BAD_CD : 0);
    EXPECT_STREQ(cfg::text(cd.rule), cfg::text(c.rule));
}

// T0SZ, word 0 bits 5:0, and T1SZ, bits 21:16.
const CdRule d08_rows[] = {
    {"t0sz_15_4k", rich, el1, {0x26205b590350f, 0x40f69000, 0x40f6a000}, "D08"},
    {"t0sz_16_4k", rich, el1, {0x26205b5903510, 0x40f69000, 0x40f6a000}, nullptr},
    {"t0sz_39_4k", rich, el1, {0x26205b5903527, 0x40f69000, 0x40f6a000}, nullptr},
    {"t0sz_40_4k", rich, el1, {0x26205b5903528, 0x40f69000, 0x40f6a000}, "D08"},
    {"t0sz_48_4k_stt",
     {0x80c168b, 0xc000510, 0x1704, 0x75},
     el1,
     {0x26205b5903530, 0x40f69000, 0x40f6a000},
     nullptr},
    {"t0sz_49_4k_stt",
     {0x80c168b, 0xc000510, 0x1704, 0x75},
     el1,
     {0x26205b5903531, 0x40f69000, 0x40f6a000},
     "D08"},
    {"t0sz_16_4k_vax",
     {0x80c168b, 0xc000510, 0x1504, 0x475},
     el1,
     {0x26205b5903510, 0x40f69000, 0x40f6a000},
     nullptr},
    {"t0sz_15_4k_vax",
     {0x80c168b, 0xc000510, 0x1504, 0x475},
     el1,
     {0x26205b590350f, 0x40f69000, 0x40f6a000},
     "D08"},
    {"t0sz_12_4k_vax_ds",
     {0x80c168b, 0xc000510, 0x1504, 0x4f5},
     el1,
     {0x26205b590350c, 0x40f69000, 0x400000040f6a000},
     nullptr},
    {"t0sz_11_4k_vax_ds",
     {0x80c168b, 0xc000510, 0x1504, 0x4f5},
     el1,
     {0x26205b590350b, 0x40f69000, 0x400000040f6a000},
     "D08"},
    {"t0sz_15_64k", rich, el1, {0x26205b590354f, 0x40f69000, 0x40f6a000}, "D08"},
    {"t0sz_16_64k", rich, el1, {0x26205b5903550, 0x40f69000, 0x40f6a000}, nullptr},
    {"t0sz_39_64k", rich, el1, {0x26205b5903567, 0x40f69000, 0x40f6a000}, nullptr},
    {"t0sz_40_64k", rich, el1, {0x26205b5903568, 0x40f69000, 0x40f6a000}, "D08"},
    {"t0sz_47_64k_stt",
     {0x80c168b, 0xc000510, 0x1704, 0x75},
     el1,
     {0x26205b590356f, 0x40f69000, 0x40f6a000},
     nullptr},
    {"t0sz_48_64k_stt",
     {0x80c168b, 0xc000510, 0x1704, 0x75},
     el1,
     {0x26205b5903570, 0x40f69000, 0x40f6a000},
     "D08"},
    {"t0sz_12_64k_vax",
     {0x80c168b, 0xc000510, 0x1504, 0x475},
     el1,
     {0x26205b590354c, 0x40f69000, 0x40f6a000},
     nullptr},
    {"t0sz_11_64k_vax",
     {0x80c168b, 0xc000510, 0x1504, 0x475},
     el1,
     {0x26205b590354b, 0x40f69000, 0x40f6a000},
     "D08"},
    {"t0sz_12_64k_vax_ds",
     {0x80c168b, 0xc000510, 0x1504, 0x4f5},
     el1,
     {0x26205b590354c, 0x40f69000, 0x400000040f6a000},
     nullptr},
    {"t0sz_11_64k_vax_ds",
     {0x80c168b, 0xc000510, 0x1504, 0x4f5},
     el1,
     {0x26205b590354b, 0x40f69000, 0x400000040f6a000},
     "D08"},
    {"t0sz_15_16k", rich, el1, {0x26205b590358f, 0x40f69000, 0x40f6a000}, "D08"},
    {"t0sz_16_16k", rich, el1, {0x26205b5903590, 0x40f69000, 0x40f6a000}, nullptr},
    {"t0sz_39_16k", rich, el1, {0x26205b59035a7, 0x40f69000, 0x40f6a000}, nullptr},
    {"t0sz_40_16k", rich, el1, {0x26205b59035a8, 0x40f69000, 0x40f6a000}, "D08"},
    {"t0sz_48_16k_stt",
     {0x80c168b, 0xc000510, 0x1704, 0x75},
     el1,
     {0x26205b59035b0, 0x40f69000, 0x40f6a000},
     nullptr},
    {"t0sz_49_16k_stt",
     {0x80c168b, 0xc000510, 0x1704, 0x75},
     el1,
     {0x26205b59035b1, 0x40f69000, 0x40f6a000},
     "D08"},
    {"t0sz_16_16k_vax",
     {0x80c168b, 0xc000510, 0x1504, 0x475},
     el1,
     {0x26205b5903590, 0x40f69000, 0x40f6a000},
     nullptr},
    {"t0sz_15_16k_vax",
     {0x80c168b, 0xc000510, 0x1504, 0x475},
     el1,
     {0x26205b590358f, 0x40f69000, 0x40f6a000},
     "D08"},
    {"t0sz_12_16k_vax_ds",
     {0x80c168b, 0xc000510, 0x1504, 0x4f5},
     el1,
     {0x26205b590358c, 0x40f69000, 0x400000040f6a000},
     nullptr},
    {"t0sz_11_16k_vax_ds",
     {0x80c168b, 0xc000510, 0x1504, 0x4f5},
     el1,
     {0x26205b590358b, 0x40f69000, 0x400000040f6a000},
     "D08"},
    {"t0sz_0_off", rich, el1, {0x26205b5907500, 0x40f69000, 0x40f6a000}, nullptr},
    {"t0sz_63_off", rich, el1, {0x26205b590753f, 0x40f69000, 0x40f6a000}, nullptr},
    {"t1sz_15_4k", rich, el1, {0x26205b58f3510, 0x40f69000, 0x40f6a000}, "D08"},
    {"t1sz_16_4k", rich, el1, {0x26205b5903510, 0x40f69000, 0x40f6a000}, nullptr},
    {"t1sz_39_4k", rich, el1, {0x26205b5a73510, 0x40f69000, 0x40f6a000}, nullptr},
    {"t1sz_40_4k", rich, el1, {0x26205b5a83510, 0x40f69000, 0x40f6a000}, "D08"},
    {"t1sz_48_4k_stt",
     {0x80c168b, 0xc000510, 0x1704, 0x75},
     el1,
     {0x26205b5b03510, 0x40f69000, 0x40f6a000},
     nullptr},
    {"t1sz_49_4k_stt",
     {0x80c168b, 0xc000510, 0x1704, 0x75},
     el1,
     {0x26205b5b13510, 0x40f69000, 0x40f6a000},
     "D08"},
    {"t1sz_16_4k_vax",
     {0x80c168b, 0xc000510, 0x1504, 0x475},
     el1,
     {0x26205b5903510, 0x40f69000, 0x40f6a000},
     nullptr},
    {"t1sz_15_4k_vax",
     {0x80c168b, 0xc000510, 0x1504, 0x475},
     el1,
     {0x26205b58f3510, 0x40f69000, 0x40f6a000},
     "D08"},
    {"t1sz_12_4k_vax_ds",
     {0x80c168b, 0xc000510, 0x1504, 0x4f5},
     el1,
     {0x26205b58c3510, 0x40f69000, 0x400000040f6a000},
     nullptr},
    {"t1sz_11_4k_vax_ds",
     {0x80c168b, 0xc000510, 0x1504, 0x4f5},
     el1,
     {0x26205b58b3510, 0x40f69000, 0x400000040f6a000},
     "D08"},
    {"t1sz_15_64k", rich, el1, {0x26205b5cf3510, 0x40f69000, 0x40f6a000}, "D08"},
    {"t1sz_16_64k", rich, el1, {0x26205b5d03510, 0x40f69000, 0x40f6a000}, nullptr},
    {"t1sz_39_64k", rich, el1, {0x26205b5e73510, 0x40f69000, 0x40f6a000}, nullptr},
    {"t1sz_40_64k", rich, el1, {0x26205b5e83510, 0x40f69000, 0x40f6a000}, "D08"},
    {"t1sz_47_64k_stt",
     {0x80c168b, 0xc000510, 0x1704, 0x75},
     el1,
     {0x26205b5ef3510, 0x40f69000, 0x40f6a000},
     nullptr},
    {"t1sz_48_64k_stt",
     {0x80c168b, 0xc000510, 0x1704, 0x75},
     el1,
     {0x26205b5f03510, 0x40f69000, 0x40f6a000},
     "D08"},
    {"t1sz_12_64k_vax",
     {0x80c168b, 0xc000510, 0x1504, 0x475},
     el1,
     {0x26205b5cc3510, 0x40f69000, 0x40f6a000},
     nullptr},
    {"t1sz_11_64k_vax",
     {0x80c168b, 0xc000510, 0x1504, 0x475},
     el1,
     {0x26205b5cb3510, 0x40f69000, 0x40f6a000},
     "D08"},
    {"t1sz_12_64k_vax_ds",
     {0x80c168b, 0xc000510, 0x1504, 0x4f5},
     el1,
     {0x26205b5cc3510, 0x40f69000, 0x400000040f6a000},
     nullptr},
    {"t1sz_11_64k_vax_ds",
     {0x80c168b, 0xc000510, 0x1504, 0x4f5},
     el1,
     {0x26205b5cb3510, 0x40f69000, 0x400000040f6a000},
     "D08"},
    {"t1sz_15_16k", rich, el1, {0x26205b54f3510, 0x40f69000, 0x40f6a000}, "D08"},
    {"t1sz_16_16k", rich, el1, {0x26205b5503510, 0x40f69000, 0x40f6a000}, nullptr},
    {"t1sz_39_16k", rich, el1, {0x26205b5673510, 0x40f69000, 0x40f6a000}, nullptr},
    {"t1sz_40_16k", rich, el1, {0x26205b5683510, 0x40f69000, 0x40f6a000}, "D08"},
    {"t1sz_48_16k_stt",
     {0x80c168b, 0xc000510, 0x1704, 0x75},
     el1,
     {0x26205b5703510, 0x40f69000, 0x40f6a000},
     nullptr},
    {"t1sz_49_16k_stt",
     {0x80c168b, 0xc000510, 0x1704, 0x75},
     el1,
     {0x26205b5713510, 0x40f69000, 0x40f6a000},
     "D08"},
    {"t1sz_16_16k_vax",
     {0x80c168b, 0xc000510, 0x1504, 0x475},
     el1,
     {0x26205b5503510, 0x40f69000, 0x40f6a000},
     nullptr},
    {"t1sz_15_16k_vax",
     {0x80c168b, 0xc000510, 0x1504, 0x475},
     el1,
     {0x26205b54f3510, 0x40f69000, 0x40f6a000},
     "D08"},
    {"t1sz_12_16k_vax_ds",
     {0x80c168b, 0xc000510, 0x1504, 0x4f5},
     el1,
     {0x26205b54c3510, 0x40f69000, 0x400000040f6a000},
     nullptr},
    {"t1sz_11_16k_vax_ds",
     {0x80c168b, 0xc000510, 0x1504, 0x4f5},
     el1,
     {0x26205b54b3510, 0x40f69000, 0x400000040f6a000},
     "D08"},
    {"t1sz_0_off", rich, el1, {0x26205f5803510, 0x40f69000, 0x40f6a000}, nullptr},
    {"t1sz_63_off", rich, el1, {0x26205f5bf3510, 0x40f69000, 0x40f6a000}, nullptr},
    {"t0sz_12_4k_ds_without_vax",
     {0x80c168b, 0xc000510, 0x1504, 0xf5},
     el1,
     {0x26205b590350c, 0x40f69000, 0x400000040f6a000},
     "D08"},
    {"t0sz_12_4k_vax_ds_not_offered",
     {0x80c168b, 0xc000510, 0x1504, 0x475},
     el1,
     {0x26205b590350c, 0x40f69000, 0x400000040f6a000},
     "D08"},
    {"t0sz_12_64k_vax_2",
     {0x80c168b, 0xc000510, 0x1504, 0x875},
     el1,
     {0x26205b590354c, 0x40f69000, 0x40f6a000},
     nullptr},
    {"t0sz_0_off_el2_ignores_epd", rich, el2, {0x26205b5907500, 0x40f69000, 0x40f6a000}, "D08"},
    {"t1sz_0_el2_has_no_upper_half", rich, el2, {0x26205b5803510, 0x40f69000, 0x40f6a000}, nullptr},
    {"t1sz_0_el2_e2h", rich, el2_e2h, {0x26205b5803510, 0x40f69000, 0x40f6a000}, "D08"},
    {"t0sz_0_clamped", rich, el1, {0x26205b5903500, 0x40f69000, 0x40f6a000}, nullptr, CLAMPED},
    {"t1sz_63_clamped", rich, el1, {0x26205b5bf3510, 0x40f69000, 0x40f6a000}, nullptr, CLAMPED},
};
INSTANTIATE_TEST_SUITE_P(D08, SmmuCdHalfRules, testing::ValuesIn(d08_rows), cfg::name_of<CdRule>);

// TG0, word 0 bits 7:6, and TG1, bits 23:22, which are coded unlike each other.
const CdRule d09_rows[] = {
    {"tg0_4k", rich, el1, {0x26205b5903510, 0x40f69000, 0x40f6a000}, nullptr},
    {"tg0_4k_absent",
     {0x80c168b, 0xc000510, 0x1504, 0x65},
     el1,
     {0x26205f5903510, 0x40f69000, 0x40f6a000},
     "D09"},
    {"tg0_64k", rich, el1, {0x26205b5903550, 0x40f69000, 0x40f6a000}, nullptr},
    {"tg0_64k_absent",
     {0x80c168b, 0xc000510, 0x1504, 0x35},
     el1,
     {0x26205f5903550, 0x40f69000, 0x40f6a000},
     "D09"},
    {"tg0_16k", rich, el1, {0x26205b5903590, 0x40f69000, 0x40f6a000}, nullptr},
    {"tg0_16k_absent",
     {0x80c168b, 0xc000510, 0x1504, 0x55},
     el1,
     {0x26205f5903590, 0x40f69000, 0x40f6a000},
     "D09"},
    {"tg0_3", rich, el1, {0x26205b59035d0, 0x40f69000, 0x40f6a000}, "D09"},
    {"tg0_3_off", rich, el1, {0x26205b59075d0, 0x40f69000, 0x40f6a000}, nullptr},
    {"tg1_4k", rich, el1, {0x26205b5903510, 0x40f69000, 0x40f6a000}, nullptr},
    {"tg1_4k_absent",
     {0x80c168b, 0xc000510, 0x1504, 0x65},
     el1,
     {0x26205b5907510, 0x40f69000, 0x40f6a000},
     "D09"},
    {"tg1_64k", rich, el1, {0x26205b5d03510, 0x40f69000, 0x40f6a000}, nullptr},
    {"tg1_64k_absent",
     {0x80c168b, 0xc000510, 0x1504, 0x35},
     el1,
     {0x26205b5d07510, 0x40f69000, 0x40f6a000},
     "D09"},
    {"tg1_16k", rich, el1, {0x26205b5503510, 0x40f69000, 0x40f6a000}, nullptr},
    {"tg1_16k_absent",
     {0x80c168b, 0xc000510, 0x1504, 0x55},
     el1,
     {0x26205b5507510, 0x40f69000, 0x40f6a000},
     "D09"},
    {"tg1_0", rich, el1, {0x26205b5103510, 0x40f69000, 0x40f6a000}, "D09"},
    {"tg1_0_off", rich, el1, {0x26205f5103510, 0x40f69000, 0x40f6a000}, nullptr},
    {"both_off", rich, el1, {0x26205f50075c0, 0x40f69000, 0x40f6a000}, nullptr},
};
INSTANTIATE_TEST_SUITE_P(D09, SmmuCdHalfRules, testing::ValuesIn(d09_rows), cfg::name_of<CdRule>);

// TTB0, word 1, and TTB1, word 2: the smaller of IPS and OAS, and 48 bits without 64 KiB or DS.
const CdRule d10_rows[] = {
    {"ttb0_last_of_ips_44", rich, el1, {0x26204b5903510, 0xffffffff000, 0x40f6a000}, nullptr},
    {"ttb0_first_beyond_ips_44", rich, el1, {0x26204b5903510, 0x100000000000, 0x40f6a000}, "D10"},
    {"ttb0_first_beyond_ips_44_off",
     rich,
     el1,
     {0x26204b5907510, 0x100000000000, 0x40f6a000},
     nullptr},
    {"ttb0_last_of_oas_44",
     {0x80c168b, 0xc000510, 0x1504, 0x74},
     el1,
     {0x26205b5903510, 0xffffffff000, 0x40f6a000},
     nullptr},
    {"ttb0_first_beyond_oas_44",
     {0x80c168b, 0xc000510, 0x1504, 0x74},
     el1,
     {0x26205b5903510, 0x100000000000, 0x40f6a000},
     "D10"},
    {"ttb0_48_of_4k",
     {0x80c168b, 0xc000510, 0x1504, 0x76},
     el1,
     {0x26206b5903510, 0x1000000000000, 0x40f6a000},
     "D10"},
    {"ttb0_48_of_16k",
     {0x80c168b, 0xc000510, 0x1504, 0x76},
     el1,
     {0x26206b5903590, 0x1000000000000, 0x40f6a000},
     "D10"},
    {"ttb0_48_of_64k",
     {0x80c168b, 0xc000510, 0x1504, 0x76},
     el1,
     {0x26206b5903550, 0x1000000000000, 0x40f6a000},
     nullptr},
    {"ttb0_48_of_4k_ds",
     {0x80c168b, 0xc000510, 0x1504, 0xf6},
     el1,
     {0x26206b5903510, 0x1000000000000, 0x400000040f6a000},
     nullptr},
    {"ttb0_48_of_4k_ds_not_offered",
     {0x80c168b, 0xc000510, 0x1504, 0x76},
     el1,
     {0x26206b5903510, 0x1000000000000, 0x400000040f6a000},
     "D10"},
    {"ttb0_52_of_64k",
     {0x80c168b, 0xc000510, 0x1504, 0x76},
     el1,
     {0x26206b5903550, 0x10000000000000, 0x40f6a000},
     "D10"},
    {"ttb1_last_of_ips_44", rich, el1, {0x26204b5903510, 0x40f69000, 0xffffffff000}, nullptr},
    {"ttb1_first_beyond_ips_44", rich, el1, {0x26204b5903510, 0x40f69000, 0x100000000000}, "D10"},
    {"ttb1_first_beyond_ips_44_off",
     rich,
     el1,
     {0x26204f5903510, 0x40f69000, 0x100000000000},
     nullptr},
    {"ttb1_last_of_oas_44",
     {0x80c168b, 0xc000510, 0x1504, 0x74},
     el1,
     {0x26205b5903510, 0x40f69000, 0xffffffff000},
     nullptr},
    {"ttb1_first_beyond_oas_44",
     {0x80c168b, 0xc000510, 0x1504, 0x74},
     el1,
     {0x26205b5903510, 0x40f69000, 0x100000000000},
     "D10"},
    {"ttb1_48_of_4k",
     {0x80c168b, 0xc000510, 0x1504, 0x76},
     el1,
     {0x26206b5903510, 0x40f69000, 0x1000000000000},
     "D10"},
    {"ttb1_48_of_16k",
     {0x80c168b, 0xc000510, 0x1504, 0x76},
     el1,
     {0x26206b5503510, 0x40f69000, 0x1000000000000},
     "D10"},
    {"ttb1_48_of_64k",
     {0x80c168b, 0xc000510, 0x1504, 0x76},
     el1,
     {0x26206b5d03510, 0x40f69000, 0x1000000000000},
     nullptr},
    {"ttb1_48_of_4k_ds",
     {0x80c168b, 0xc000510, 0x1504, 0xf6},
     el1,
     {0x26206b5903510, 0x40f69000, 0x401000000000000},
     nullptr},
    {"ttb1_48_of_4k_ds_not_offered",
     {0x80c168b, 0xc000510, 0x1504, 0x76},
     el1,
     {0x26206b5903510, 0x40f69000, 0x401000000000000},
     "D10"},
    {"ttb1_52_of_64k",
     {0x80c168b, 0xc000510, 0x1504, 0x76},
     el1,
     {0x26206b5d03510, 0x40f69000, 0x10000000000000},
     "D10"},
    {"ttb1_beyond_el2_has_no_upper_half",
     rich,
     el2,
     {0x26205b5903510, 0x40f69000, 0x4000000000000},
     nullptr},
};
INSTANTIATE_TEST_SUITE_P(D10, SmmuCdHalfRules, testing::ValuesIn(d10_rows), cfg::name_of<CdRule>);

} // namespace
