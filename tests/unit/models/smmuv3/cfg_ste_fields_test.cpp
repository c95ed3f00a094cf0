// SPDX-License-Identifier: BSD-2-Clause
// What a legal STE says: raw words, and every plain field worked out by hand from the bit positions
// in the facts.
#include "tests/unit/models/smmuv3/cfg_case.h"

namespace
{

using cfg::Fields;
using cfg::rich;
using cfg::traced;

void add_s2(const smmu_s2 &s, Fields *out)
{
    const Fields s2 = {{"is_lpae", s.is_lpae},
                       {"t0sz", s.t0sz},
                       {"start_level", s.start_level},
                       {"granule_log2", s.granule_log2},
                       {"ps_bits", s.ps_bits},
                       {"ds", s.ds},
                       {"ttb", static_cast<int64_t>(s.ttb)},
                       {"s2ir", s.walk.inner},
                       {"s2or", s.walk.outer},
                       {"s2sh", s.walk.sh},
                       {"s2_big_endian", s.is_big_endian},
                       {"affd", s.affd},
                       {"ptw", s.ptw},
                       {"s", s.s},
                       {"r", s.r},
                       {"ha", s.ha},
                       {"hd", s.hd},
                       {"haft", s.haft},
                       {"fwb", s.fwb}};

    out->insert(s2.begin(), s2.end());
}

Fields fields_of(const smmu_ste &s)
{
    Fields out = {{"config", s.config},
                  {"is_abort", s.is_abort},
                  {"has_s1", s.has_s1},
                  {"has_s2", s.has_s2},
                  {"world", s.world},
                  {"s1_context_ptr", static_cast<int64_t>(s.s1_context_ptr)},
                  {"s1_fmt", s.s1_fmt},
                  {"s1_cd_max", s.s1_cd_max},
                  {"s1_dss", s.s1_dss},
                  {"s1cir", s.cd_fetch.inner},
                  {"s1cor", s.cd_fetch.outer},
                  {"s1csh", s.cd_fetch.sh},
                  {"s1stalld", s.s1stalld},
                  {"eats", s.eats},
                  {"vmid", s.vmid},
                  {"has_mem_attr", s.overrides.has_mem_attr},
                  {"mem_attr", s.overrides.mem_attr},
                  {"has_alloc", s.overrides.has_alloc},
                  {"read_alloc", s.overrides.read_alloc},
                  {"write_alloc", s.overrides.write_alloc},
                  {"is_transient", s.overrides.is_transient},
                  {"sh", s.overrides.sh},
                  {"priv", s.overrides.priv},
                  {"inst", s.overrides.inst},
                  {"mev", s.mev},
                  {"ppar", s.ppar},
                  {"has_vms", s.has_vms},
                  {"vms_ptr", static_cast<int64_t>(s.vms_ptr)}};

    add_s2(s.s2, &out);
    return out;
}

struct Ste {
    const char *name;
    smmu_idr idr;
    bool ats_check, e2h;
    std::vector<uint64_t> words;
    Fields fields;
};

void PrintTo(const Ste &c, std::ostream *out)
{
    *out << c.name;
}

class SmmuSte : public testing::TestWithParam<Ste>
{
};

TEST_P(SmmuSte, EveryFieldIsAsWorkedOutByHand)
{
    const Ste &c = GetParam();
    const cfg::Entry raw(c.words);
    const smmu_caps caps = cfg::caps_of(c.idr);
    const smmu_ctrl ctrl = {c.ats_check, c.e2h, false};
    smmu_ste ste;

    EXPECT_EQ(smmu_ste_decode(raw.words, &caps, &ctrl, &ste), 0);
    EXPECT_STREQ(cfg::text(ste.rule), "legal");
    cfg::expect_fields(fields_of(ste), c.fields);
}

// A shareability that comes in with the transaction.
const std::pair<const std::string, int64_t> sh_in = {"sh", SMMU_SH_INCOMING};
const smmu_idr with_mpam = {0x080c168b, 0x0c000510, 0x1584, 0x75};
const smmu_idr with_lpae = {0x080c168f, 0x0c000510, 0x1504, 0x75};
const smmu_idr with_dpt = {0x080c168b, 0x0c000510, 0x9504, 0x75};
const smmu_idr with_httu_3 = {0x080c16cb, 0x0c000510, 0x1504, 0x75};
const smmu_idr with_ds = {0x080c168b, 0x0c000510, 0x1704, 0xf6};
const smmu_idr without_overrides = {0x080c168b, 0x510, 0x1504, 0x75};
const smmu_idr without_hyp = {0x080c148b, 0x0c000510, 0x1504, 0x75};
const smmu_idr without_ats = {0x080c128b, 0x0c000510, 0x1504, 0x75};
const smmu_idr without_s2p = {0x080c168a, 0x0c000510, 0x1504, 0x75};

const Ste stes[] = {
    {"traced",
     traced,
     false,
     false,
     {0x40f0a00b, 0xd6},
     {{"config", SMMU_CONFIG_S1},
      {"has_s1", 1},
      {"s1_context_ptr", 0x40f0a000},
      {"s1cir", SMMU_CACHE_WB_ALLOC},
      {"s1cor", SMMU_CACHE_WB_ALLOC},
      {"s1csh", SMMU_SH_INNER},
      sh_in}},
    {"abort",
     rich,
     true,
     true,
     {0x6000000040f0a021, 0xe31f0b0000000, 0x5ec2b9400001234},
     {{"is_abort", 1}, sh_in}},
    {"bypass",
     rich,
     true,
     true,
     {9, 0xe315f90080000, 7},
     {{"config", SMMU_CONFIG_BYPASS},
      {"has_mem_attr", 1},
      {"mem_attr", 15},
      {"has_alloc", 1},
      {"write_alloc", 1},
      {"sh", SMMU_SH_INNER},
      {"priv", SMMU_PRIV_UNPRIVILEGED},
      {"inst", SMMU_INST_INSTRUCTION}}},
    {"bypass_without_overrides",
     without_overrides,
     true,
     true,
     {9, 0xe315f90080000, 7},
     {{"config", SMMU_CONFIG_BYPASS}, sh_in}},
    {"bypass_incoming",
     rich,
     false,
     false,
     {9, 0x0005100000000000},
     {{"config", SMMU_CONFIG_BYPASS}, sh_in}},
    // Nested, everything set. The offered S1STALLD is legal with STALL_MODEL=0.
    {"nested",
     rich,
     true,
     false,
     {0x6000000040f0a02f, 0xb21b82a0c00e6, 0x5ec2b9400001234, 0x40fee000},
     {{"config", SMMU_CONFIG_NESTED},
      {"has_s1", 1},
      {"has_s2", 1},
      {"s1_context_ptr", 0x40f0a000},
      {"s1_fmt", SMMU_CDTAB_TWO_LEVEL_64K},
      {"s1_cd_max", 12},
      {"s1_dss", SMMU_DSS_SSID0},
      {"s1cir", SMMU_CACHE_WB_ALLOC},
      {"s1cor", SMMU_CACHE_WT},
      {"s1csh", SMMU_SH_INNER},
      {"s1stalld", 1},
      {"eats", SMMU_EATS_SPLIT},
      {"vmid", 0x1234},
      {"has_mem_attr", 1},
      {"mem_attr", 0},
      {"has_alloc", 1},
      {"read_alloc", 1},
      {"is_transient", 1},
      {"sh", SMMU_SH_OUTER},
      {"priv", SMMU_PRIV_PRIVILEGED},
      {"inst", SMMU_INST_DATA},
      {"mev", 1},
      {"ppar", 1},
      {"t0sz", 20},
      {"start_level", 0},
      {"granule_log2", 12},
      {"ps_bits", 44},
      {"ttb", 0x40fee000},
      {"s2ir", SMMU_CACHE_WB},
      {"s2or", SMMU_CACHE_WT},
      {"s2sh", SMMU_SH_OUTER},
      {"affd", 1},
      {"ptw", 1},
      {"r", 1},
      {"ha", 1},
      {"hd", 1},
      {"fwb", 1}}},
    {"s2_stalling_big_endian",
     rich,
     false,
     false,
     {0xd, 0, 0x29d355800000007, 0x40fee000},
     {{"config", SMMU_CONFIG_S2},
      {"has_s2", 1},
      {"vmid", 7},
      {"t0sz", 24},
      {"start_level", 1},
      {"granule_log2", 12},
      {"ps_bits", 48},
      {"ttb", 0x40fee000},
      {"s2ir", SMMU_CACHE_WB_ALLOC},
      {"s2or", SMMU_CACHE_WB_ALLOC},
      {"s2sh", SMMU_SH_INNER},
      {"s2_big_endian", 1},
      {"s", 1}}},
    // S2HD without S2HA does nothing. S2PS is 48 bits.
    {"s2_dirty_alone",
     rich,
     false,
     false,
     {0xd, 0, 0x48d355800000007, 0x40fee000},
     {{"config", SMMU_CONFIG_S2},
      {"has_s2", 1},
      {"vmid", 7},
      {"t0sz", 24},
      {"start_level", 1},
      {"granule_log2", 12},
      {"ps_bits", 48},
      {"ttb", 0x40fee000},
      {"s2ir", SMMU_CACHE_WB_ALLOC},
      {"s2or", SMMU_CACHE_WB_ALLOC},
      {"s2sh", SMMU_SH_INNER},
      {"r", 1}}},
    // S2PS asks for 52 bits, OAS gives 48; S2SL0=1 of 64 KiB is level 2.
    {"s2_64k",
     rich,
     false,
     false,
     {0xd, 0, 0x40e755800000007, 0x40fee000},
     {{"config", SMMU_CONFIG_S2},
      {"has_s2", 1},
      {"vmid", 7},
      {"t0sz", 24},
      {"start_level", 2},
      {"granule_log2", 16},
      {"ps_bits", 48},
      {"ttb", 0x40fee000},
      {"s2ir", SMMU_CACHE_WB_ALLOC},
      {"s2or", SMMU_CACHE_WB_ALLOC},
      {"s2sh", SMMU_SH_INNER},
      {"r", 1}}},
    {"s2_ds_level_minus_1",
     with_ds,
     false,
     false,
     {0xd, 0, 0x40e350c00000007, 0x40fee00c},
     {{"config", SMMU_CONFIG_S2},
      {"has_s2", 1},
      {"vmid", 7},
      {"t0sz", 12},
      {"start_level", -1},
      {"granule_log2", 12},
      {"ps_bits", 52},
      {"ds", 1},
      {"ttb", 0x40fee000},
      {"s2ir", SMMU_CACHE_WB_ALLOC},
      {"s2or", SMMU_CACHE_WB_ALLOC},
      {"s2sh", SMMU_SH_INNER},
      {"r", 1}}},
    {"s2_lpae",
     with_lpae,
     false,
     false,
     {0xd, 0, 0x405355800000007, 0x40fee000},
     {{"config", SMMU_CONFIG_S2},
      {"has_s2", 1},
      {"vmid", 7},
      {"is_lpae", 1},
      {"s2ir", SMMU_CACHE_WB_ALLOC},
      {"s2or", SMMU_CACHE_WB_ALLOC},
      {"s2sh", SMMU_SH_INNER},
      {"r", 1}}},
    // S2HAFT needs HTTU=3 (IDR0 bits 7:6).
    {"s2_haft",
     with_httu_3,
     false,
     false,
     {0xd, 0x80000, 0xd0d355800000007, 0x40fee000},
     {{"config", SMMU_CONFIG_S2},
      {"has_s2", 1},
      {"vmid", 7},
      {"t0sz", 24},
      {"start_level", 1},
      {"granule_log2", 12},
      {"ps_bits", 48},
      {"ttb", 0x40fee000},
      {"s2ir", SMMU_CACHE_WB_ALLOC},
      {"s2or", SMMU_CACHE_WB_ALLOC},
      {"s2sh", SMMU_SH_INNER},
      {"r", 1},
      {"ha", 1},
      {"mev", 1},
      {"haft", 1}}},
    {"s2_haft_not_offered",
     rich,
     false,
     false,
     {0xd, 0x80000, 0xd0d355800000007, 0x40fee000},
     {{"config", SMMU_CONFIG_S2},
      {"has_s2", 1},
      {"vmid", 7},
      {"t0sz", 24},
      {"start_level", 1},
      {"granule_log2", 12},
      {"ps_bits", 48},
      {"ttb", 0x40fee000},
      {"s2ir", SMMU_CACHE_WB_ALLOC},
      {"s2or", SMMU_CACHE_WB_ALLOC},
      {"s2sh", SMMU_SH_INNER},
      {"r", 1},
      {"ha", 1},
      {"mev", 1}}},
    {"s1_mev",
     rich,
     false,
     false,
     {0x40f0a00b, 0x80000},
     {{"config", SMMU_CONFIG_S1},
      {"has_s1", 1},
      {"s1_context_ptr", 0x40f0a000},
      sh_in,
      {"mev", 1}}},
    {"vms",
     with_mpam,
     false,
     false,
     {0x40f0a00f, 0x4000000, 0x40d355800000007, 0x40fee000, 0, 0x40f30000},
     {{"config", SMMU_CONFIG_NESTED},
      {"has_s1", 1},
      {"has_s2", 1},
      {"s1_context_ptr", 0x40f0a000},
      {"vmid", 7},
      {"t0sz", 24},
      {"start_level", 1},
      {"granule_log2", 12},
      {"ps_bits", 48},
      {"ttb", 0x40fee000},
      {"s2ir", SMMU_CACHE_WB_ALLOC},
      {"s2or", SMMU_CACHE_WB_ALLOC},
      {"s2sh", SMMU_SH_INNER},
      {"r", 1},
      {"has_vms", 1},
      {"vms_ptr", 0x40f30000}}},
    // Stage 1 alone: type overrides are for what S1DSS lets around it, permissions for all.
    {"s1_types_unused",
     rich,
     false,
     false,
     {0x40f0a00b, 0x2311f00000000},
     {{"config", SMMU_CONFIG_S1},
      {"has_s1", 1},
      {"s1_context_ptr", 0x40f0a000},
      sh_in,
      {"priv", SMMU_PRIV_UNPRIVILEGED}}},
    {"s1_types_of_dss_bypass",
     rich,
     false,
     false,
     {0x2000000040f0a00b, 0x311f00000001},
     {{"config", SMMU_CONFIG_S1},
      {"has_s1", 1},
      {"s1_context_ptr", 0x40f0a000},
      {"s1_cd_max", 4},
      {"s1_dss", SMMU_DSS_BYPASS},
      {"has_mem_attr", 1},
      {"mem_attr", 15},
      {"has_alloc", 1},
      {"sh", SMMU_SH_INNER}}},
    {"s1_one_cd_has_no_fmt_and_dss",
     rich,
     false,
     false,
     {0x40f0a01b, 0x301f00000001},
     {{"config", SMMU_CONFIG_S1}, {"has_s1", 1}, {"s1_context_ptr", 0x40f0a000}, sh_in}},
    {"s1_fmt_3_is_linear_dss_3_terminates",
     rich,
     false,
     false,
     {0x2000000040f0a03b, 3},
     {{"config", SMMU_CONFIG_S1},
      {"has_s1", 1},
      {"s1_context_ptr", 0x40f0a000},
      {"s1_cd_max", 4},
      sh_in}},
    {"el1_has_a_vmid",
     rich,
     false,
     true,
     {0x40f0a00b, 0, 7},
     {{"config", SMMU_CONFIG_S1},
      {"has_s1", 1},
      {"s1_context_ptr", 0x40f0a000},
      {"vmid", 7},
      sh_in}},
    {"el1_has_no_vmid_without_s2p",
     without_s2p,
     false,
     true,
     {0x40f0a00b, 0, 7},
     {{"config", SMMU_CONFIG_S1}, {"has_s1", 1}, {"s1_context_ptr", 0x40f0a000}, sh_in}},
    {"el2",
     rich,
     false,
     false,
     {0x40f0a00b, 0x80000000, 7},
     {{"config", SMMU_CONFIG_S1},
      {"has_s1", 1},
      {"s1_context_ptr", 0x40f0a000},
      {"world", SMMU_WORLD_EL2},
      sh_in}},
    {"el2_e2h",
     rich,
     false,
     true,
     {0x40f0a00b, 0x80000000, 7},
     {{"config", SMMU_CONFIG_S1},
      {"has_s1", 1},
      {"s1_context_ptr", 0x40f0a000},
      {"world", SMMU_WORLD_EL2_E2H},
      sh_in}},
    {"el2_without_hyp",
     without_hyp,
     false,
     true,
     {0x40f0a00b, 0x80000000, 7},
     {{"config", SMMU_CONFIG_S1},
      {"has_s1", 1},
      {"s1_context_ptr", 0x40f0a000},
      {"vmid", 7},
      sh_in}},
};
INSTANTIATE_TEST_SUITE_P(Words, SmmuSte, testing::ValuesIn(stes), cfg::name_of<Ste>);

TEST(SmmuSteWorld, IsEl1AboveStage2WhateverStrw)
{
    const cfg::Entry raw({0x40f0a00f, 0x80000000, 0x40d355800000007, 0x40fee000});
    const smmu_caps caps = cfg::caps_of(rich);
    const smmu_ctrl ctrl = {false, true, false};
    smmu_ste ste;

    EXPECT_EQ(smmu_ste_decode(raw.words, &caps, &ctrl, &ste), 0);
    EXPECT_EQ(ste.world, SMMU_WORLD_NS_EL1);
    EXPECT_EQ(ste.vmid, 7u);
}

// EATS in effect, of a nested STE: word 1 bits 29:28.
struct Eats {
    const char *name;
    smmu_idr idr;
    bool ats_check;
    uint64_t word0, word1;
    smmu_eats expected;
};

void PrintTo(const Eats &c, std::ostream *out)
{
    *out << c.name;
}

class SmmuSteEats : public testing::TestWithParam<Eats>
{
};

TEST_P(SmmuSteEats, InEffect)
{
    const Eats &c = GetParam();
    const cfg::Entry raw({c.word0, c.word1, 0x40d355800000007, 0x40fee000});
    const smmu_caps caps = cfg::caps_of(c.idr);
    const smmu_ctrl ctrl = {c.ats_check, false, false};
    smmu_ste ste;

    EXPECT_EQ(smmu_ste_decode(raw.words, &caps, &ctrl, &ste), 0);
    EXPECT_EQ(ste.eats, c.expected);
}

const Eats eats[] = {
    {"off", rich, true, 0x40f0a00f, 0, SMMU_EATS_OFF},
    {"full", rich, true, 0x40f0a00f, 0x10000000, SMMU_EATS_FULL},
    {"full_unchecked", rich, false, 0x40f0a00f, 0x10000000, SMMU_EATS_FULL},
    {"full_without_ats", without_ats, true, 0x40f0a00f, 0x10000000, SMMU_EATS_OFF},
    {"full_of_s2", rich, true, 0xd, 0x10000000, SMMU_EATS_FULL},
    {"full_of_bypass", rich, true, 0x9, 0x10000000, SMMU_EATS_OFF},
    {"full_of_abort", rich, true, 0x1, 0x10000000, SMMU_EATS_OFF},
    {"split", rich, true, 0x40f0a00f, 0x20000000, SMMU_EATS_SPLIT},
    {"split_unchecked", rich, false, 0x40f0a00f, 0x20000000, SMMU_EATS_OFF},
    {"split_without_ats", without_ats, true, 0x40f0a00f, 0x20000000, SMMU_EATS_OFF},
    {"dpt_not_offered", rich, true, 0x40f0a00f, 0x30000000, SMMU_EATS_OFF},
    {"dpt", with_dpt, true, 0x40f0a00f, 0x30000000, SMMU_EATS_DPT},
    {"dpt_unchecked", with_dpt, false, 0x40f0a00f, 0x30000000, SMMU_EATS_OFF},
};
INSTANTIATE_TEST_SUITE_P(Codes, SmmuSteEats, testing::ValuesIn(eats), cfg::name_of<Eats>);

// MemAttr, word 1 bits 35:32 with MTCFG, bit 36: 4, 8 and 12 are Device-nGnRnE, which is 0.
TEST(SmmuSteMemAttr, ReservedCodesAreTheStrictestDevice)
{
    const unsigned expected[16] = {0, 1, 2, 3, 0, 5, 6, 7, 0, 9, 10, 11, 0, 13, 14, 15};
    const smmu_caps caps = cfg::caps_of(rich);
    const smmu_ctrl ctrl = {false, false, false};

    for (uint64_t code = 0; code < 16; code++) {
        const cfg::Entry raw({9, 0x1000000000 | code << 32});
        smmu_ste ste;

        EXPECT_EQ(smmu_ste_decode(raw.words, &caps, &ctrl, &ste), 0);
        EXPECT_EQ(ste.overrides.mem_attr, expected[code]) << code;
    }
}

} // namespace
