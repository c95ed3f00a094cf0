// SPDX-License-Identifier: BSD-2-Clause
// What ID registers offer: raw words, and every plain field worked out by hand from the bit
// positions in the facts.
#include "tests/unit/models/smmuv3/cfg_case.h"

namespace
{

using cfg::Fields;
using cfg::rich;
using cfg::traced;

Fields fields_of(const smmu_caps &c)
{
    return {{"s1p", c.s1p},
            {"s2p", c.s2p},
            {"ttf_lpae", c.ttf_lpae},
            {"ttf_v8_64", c.ttf_v8_64},
            {"httu", c.httu},
            {"hyp", c.hyp},
            {"ats", c.ats},
            {"ns1ats", c.ns1ats},
            {"asid16", c.asid16},
            {"vmid16", c.vmid16},
            {"cd2l", c.cd2l},
            {"ttendian", c.ttendian},
            {"stall_model", c.stall_model},
            {"term_model", c.term_model},
            {"st_level", c.st_level},
            {"sid_bits", c.sid_bits},
            {"ssid_bits", c.ssid_bits},
            {"attr_perms_ovr", c.attr_perms_ovr},
            {"attr_types_ovr", c.attr_types_ovr},
            {"had", c.had},
            {"mpam", c.mpam},
            {"fwb", c.fwb},
            {"stt", c.stt},
            {"ril", c.ril},
            {"e0pd", c.e0pd},
            {"dpt", c.dpt},
            {"epan", c.epan},
            {"bbml", c.bbml},
            {"oas_bits", c.oas_bits},
            {"ias_bits", c.ias_bits},
            {"vax_bits", c.vax_bits},
            {"gran4k", c.gran4k},
            {"gran16k", c.gran16k},
            {"gran64k", c.gran64k},
            {"ds", c.ds},
            {"is_ste_fetch_truncated", c.choices.is_ste_fetch_truncated},
            {"is_nested_cd_ptr_checked", c.choices.is_nested_cd_ptr_checked},
            {"is_txsz_clamped", c.choices.is_txsz_clamped}};
}

struct Caps {
    const char *name;
    smmu_idr idr;
    Fields fields;
};

void PrintTo(const Caps &c, std::ostream *out)
{
    *out << c.name;
}

class SmmuCaps : public testing::TestWithParam<Caps>
{
};

TEST_P(SmmuCaps, EveryFieldIsAsWorkedOutByHand)
{
    cfg::expect_fields(fields_of(cfg::caps_of(GetParam().idr)), GetParam().fields);
}

const Caps all_caps[] = {
    {"traced",
     traced,
     {{"s1p", 1},
      {"ttf_v8_64", 1},
      {"asid16", 1},
      {"ttendian", 2},
      {"st_level", 1},
      {"term_model", 1},
      {"stall_model", 1},
      {"sid_bits", 16},
      {"had", 1},
      {"ril", 1},
      {"bbml", 2},
      {"oas_bits", 44},
      {"ias_bits", 44},
      {"vax_bits", 48},
      {"gran4k", 1},
      {"gran16k", 1},
      {"gran64k", 1}}},
    {"rich",
     rich,
     {{"s1p", 1},
      {"s2p", 1},
      {"ttf_v8_64", 1},
      {"httu", 2},
      {"hyp", 1},
      {"ats", 1},
      {"asid16", 1},
      {"vmid16", 1},
      {"cd2l", 1},
      {"st_level", 1},
      {"attr_perms_ovr", 1},
      {"attr_types_ovr", 1},
      {"sid_bits", 16},
      {"ssid_bits", 20},
      {"had", 1},
      {"fwb", 1},
      {"ril", 1},
      {"bbml", 2},
      {"oas_bits", 48},
      {"ias_bits", 48},
      {"vax_bits", 48},
      {"gran4k", 1},
      {"gran16k", 1},
      {"gran64k", 1}}},
    // TTF=1 and OAS=0: an intermediate address has 40 bits. NS1ATS, STALL_MODEL=2, TTENDIAN=3.
    {"lpae",
     {0x02600804, 0, 0, 0},
     {{"ttf_lpae", 1},
      {"ns1ats", 1},
      {"stall_model", 2},
      {"ttendian", 3},
      {"oas_bits", 32},
      {"ias_bits", 40},
      {"vax_bits", 48}}},
    {"both_formats_small",
     {0xc, 0, 0, 1},
     {{"ttf_lpae", 1}, {"ttf_v8_64", 1}, {"oas_bits", 36}, {"ias_bits", 40}, {"vax_bits", 48}}},
    {"both_formats_large",
     {0xc, 0, 0, 6},
     {{"ttf_lpae", 1}, {"ttf_v8_64", 1}, {"oas_bits", 52}, {"ias_bits", 52}, {"vax_bits", 48}}},
    // MPAM 7, STT 9, E0PD 13, DPT 15, EPAN 17; OAS=7, DS 7, VAX=1.
    {"newer",
     {0xc8, 0x20, 0x2a280, 0x487},
     {{"ttf_v8_64", 1},
      {"httu", 3},
      {"sid_bits", 32},
      {"mpam", 1},
      {"stt", 1},
      {"e0pd", 1},
      {"dpt", 1},
      {"epan", 1},
      {"oas_bits", 56},
      {"ias_bits", 56},
      {"vax_bits", 52},
      {"ds", 1}}},
    // SIDSIZE=63 and SSIDSIZE=31 are above what the architecture has.
    {"too_large",
     {0, 0x7ff, 0, 0x800},
     {{"sid_bits", 32}, {"ssid_bits", 20}, {"oas_bits", 32}, {"vax_bits", 56}}},
};
INSTANTIATE_TEST_SUITE_P(Registers, SmmuCaps, testing::ValuesIn(all_caps), cfg::name_of<Caps>);

} // namespace
