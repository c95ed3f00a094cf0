// SPDX-License-Identifier: BSD-2-Clause
// What a legal CD says: raw words, and every plain field worked out by hand from the bit positions
// in the facts.
#include "tests/unit/models/smmuv3/cfg_case.h"

namespace
{

using cfg::Fields;
using cfg::rich;
using cfg::traced;

const smmu_idr with_lpae = {0x080c168f, 0x0c000510, 0x1504, 0x75};

void add_half(const smmu_half &h, const std::string &digit, Fields *out)
{
    const Fields half = {{"is_enabled" + digit, h.is_enabled},
                         {"tsz" + digit, h.tsz},
                         {"granule_log2_" + digit, h.granule_log2},
                         {"ttb" + digit, static_cast<int64_t>(h.ttb)},
                         {"ir" + digit, h.walk.inner},
                         {"or" + digit, h.walk.outer},
                         {"sh" + digit, h.walk.sh},
                         {"had" + digit, h.had},
                         {"tbi" + digit, h.tbi},
                         {"e0pd" + digit, h.e0pd}};

    out->insert(half.begin(), half.end());
}

Fields fields_of(const smmu_cd &c)
{
    Fields out = {{"is_lpae", c.is_lpae},
                  {"ips_bits", c.ips_bits},
                  {"asid", c.asid},
                  {"aset", c.aset},
                  {"s", c.s},
                  {"r", c.r},
                  {"a", c.a},
                  {"affd", c.affd},
                  {"ha", c.ha},
                  {"hd", c.hd},
                  {"haft", c.haft},
                  {"wxn", c.wxn},
                  {"uwxn", c.uwxn},
                  {"pan", c.pan},
                  {"epan", c.epan},
                  {"ds", c.ds},
                  {"is_big_endian", c.is_big_endian}};

    add_half(c.half[0], "0", &out);
    add_half(c.half[1], "1", &out);
    for (int i = 0; i < SMMU_MAIR_TYPES; i++)
        out["mair" + std::to_string(i)] = c.mair[i];
    return out;
}

struct Cd {
    const char *name;
    smmu_idr idr;
    smmu_world world;
    std::vector<uint64_t> words;
    Fields fields;
    bool is_clamped = false;
};

void PrintTo(const Cd &c, std::ostream *out)
{
    *out << c.name;
}

class SmmuCd : public testing::TestWithParam<Cd>
{
};

TEST_P(SmmuCd, EveryFieldIsAsWorkedOutByHand)
{
    const Cd &c = GetParam();
    const cfg::Entry raw(c.words);
    smmu_caps caps = cfg::caps_of(c.idr);
    smmu_ste ste = {};
    smmu_cd cd;

    ste.has_s1 = true;
    ste.world = c.world;
    caps.choices.is_txsz_clamped = c.is_clamped;
    EXPECT_EQ(smmu_cd_decode(raw.words, &ste, &caps, &cd), 0);
    EXPECT_STREQ(cfg::text(cd.rule), "legal");
    cfg::expect_fields(fields_of(cd), c.fields);
}

const auto wb = SMMU_CACHE_WB_ALLOC;
const auto in = SMMU_SH_INNER;
const auto ns_el1 = SMMU_WORLD_NS_EL1;
const smmu_idr with_e0pd_epan = {0x080c168b, 0x0c000510, 0x23504, 0x75};
const smmu_idr with_httu_3 = {0x080c16cb, 0x0c000510, 0x1504, 0x75};
const smmu_idr with_vax_ds = {0x080c168b, 0x0c000510, 0x1504, 0x4f5};
const smmu_idr without_had = {0x080c168b, 0x0c000510, 0x1500, 0x75};

const Cd cds[] = {
    // IPS=4, AA64, R, A, ASET, EPD1; memory types 44 ff 04 f4 ff ff ff ff.
    {"traced",
     traced,
     ns_el1,
     {0x2e204c0003510, 0x40f69000, 0, 0xfffffffff404ff44},
     {{"is_enabled0", 1},   {"tsz0", 16},     {"granule_log2_0", 12},
      {"ttb0", 0x40f69000}, {"ir0", wb},      {"or0", wb},
      {"sh0", in},          {"ips_bits", 44}, {"asid", 2},
      {"aset", 1},          {"r", 1},         {"a", 1},
      {"mair0", 0x44},      {"mair1", 0xff},  {"mair2", 0x04},
      {"mair3", 0xf4},      {"mair4", 0xff},  {"mair5", 0xff},
      {"mair6", 0xff},      {"mair7", 0xff}}},
    {"both_halves",
     with_e0pd_epan,
     ns_el1,
     {0xbeef5f5bb35e2959, 0x800000040f69006, 0x40f6a000, 0x7766554433221100},
     {{"is_enabled0", 1},
      {"tsz0", 25},
      {"granule_log2_0", 16},
      {"ttb0", 0x40f69000},
      {"ir0", wb},
      {"or0", SMMU_CACHE_WT},
      {"sh0", SMMU_SH_OUTER},
      {"had0", 1},
      {"tbi0", 1},
      {"e0pd0", 1},
      {"is_enabled1", 1},
      {"tsz1", 30},
      {"granule_log2_1", 14},
      {"ttb1", 0x40f6a000},
      {"ir1", SMMU_CACHE_WB},
      {"sh1", in},
      {"ips_bits", 42},
      {"asid", 0xbeef},
      {"s", 1},
      {"a", 1},
      {"affd", 1},
      {"ha", 1},
      {"hd", 1},
      {"wxn", 1},
      {"pan", 1},
      {"epan", 1},
      {"mair1", 0x11},
      {"mair2", 0x22},
      {"mair3", 0x33},
      {"mair4", 0x44},
      {"mair5", 0x55},
      {"mair6", 0x66},
      {"mair7", 0x77}}},
    // The same words where neither E0PD nor EPAN nor HAD is offered.
    {"both_halves_without_options",
     without_had,
     ns_el1,
     {0xbeef5f5bb35e2959, 0x800000040f69006, 0x40f6a000, 0},
     {{"is_enabled0", 1},
      {"tsz0", 25},
      {"granule_log2_0", 16},
      {"ttb0", 0x40f69000},
      {"ir0", wb},
      {"or0", SMMU_CACHE_WT},
      {"sh0", SMMU_SH_OUTER},
      {"tbi0", 1},
      {"is_enabled1", 1},
      {"tsz1", 30},
      {"granule_log2_1", 14},
      {"ttb1", 0x40f6a000},
      {"ir1", SMMU_CACHE_WB},
      {"sh1", in},
      {"ips_bits", 42},
      {"asid", 0xbeef},
      {"s", 1},
      {"a", 1},
      {"affd", 1},
      {"ha", 1},
      {"hd", 1},
      {"wxn", 1},
      {"pan", 1}}},
    // T1SZ=12 with DS; HD alone does nothing; E0PD1 is not offered.
    {"upper_flags",
     with_vax_ds,
     ns_el1,
     {0x2e6a5b58cb510, 0x40f69000, 0x400000040f6a006},
     {{"is_enabled0", 1},
      {"tsz0", 16},
      {"granule_log2_0", 12},
      {"ttb0", 0x40f69000},
      {"ir0", wb},
      {"or0", wb},
      {"sh0", in},
      {"is_enabled1", 1},
      {"tsz1", 12},
      {"granule_log2_1", 12},
      {"ttb1", 0x40f6a000},
      {"ir1", wb},
      {"or1", wb},
      {"sh1", in},
      {"had1", 1},
      {"tbi1", 1},
      {"ips_bits", 48},
      {"asid", 2},
      {"aset", 1},
      {"r", 1},
      {"a", 1},
      {"uwxn", 1},
      {"ds", 1},
      {"is_big_endian", 1}}},
    // One half, which EPD0=1 does not turn off, and no ASID.
    {"el2",
     rich,
     SMMU_WORLD_EL2,
     {0x26205b5907510, 0x40f69000, 0x40f6a000},
     {{"is_enabled0", 1},
      {"tsz0", 16},
      {"granule_log2_0", 12},
      {"ttb0", 0x40f69000},
      {"ir0", wb},
      {"or0", wb},
      {"sh0", in},
      {"ips_bits", 48},
      {"r", 1},
      {"a", 1}}},
    {"el2_e2h",
     rich,
     SMMU_WORLD_EL2_E2H,
     {0x26205b5907510, 0x40f69000, 0x40f6a000},
     {{"is_enabled1", 1},
      {"tsz1", 16},
      {"granule_log2_1", 12},
      {"ttb1", 0x40f6a000},
      {"ir1", wb},
      {"or1", wb},
      {"sh1", in},
      {"ips_bits", 48},
      {"asid", 2},
      {"r", 1},
      {"a", 1}}},
    // HAFT needs HTTU=3 (IDR0 bits 7:6).
    {"haft",
     with_httu_3,
     ns_el1,
     {0x26a05f5903510, 0x40f69008, 0x40f6a000},
     {{"is_enabled0", 1},
      {"tsz0", 16},
      {"granule_log2_0", 12},
      {"ttb0", 0x40f69000},
      {"ir0", wb},
      {"or0", wb},
      {"sh0", in},
      {"ips_bits", 48},
      {"asid", 2},
      {"r", 1},
      {"a", 1},
      {"ha", 1},
      {"haft", 1}}},
    {"haft_not_offered",
     rich,
     ns_el1,
     {0x26a05f5903510, 0x40f69008, 0x40f6a000},
     {{"is_enabled0", 1},
      {"tsz0", 16},
      {"granule_log2_0", 12},
      {"ttb0", 0x40f69000},
      {"ir0", wb},
      {"or0", wb},
      {"sh0", in},
      {"ips_bits", 48},
      {"asid", 2},
      {"r", 1},
      {"a", 1},
      {"ha", 1}}},
    {"both_off",
     rich,
     ns_el1,
     {0x26205f5907510, 0x40f69000, 0x40f6a000},
     {{"ips_bits", 48}, {"asid", 2}, {"r", 1}, {"a", 1}}},
    {"lpae",
     with_lpae,
     ns_el1,
     {0x26c05b5903510, 0x40f69000, 0x40f6a000},
     {{"is_lpae", 1},
      {"is_enabled0", 1},
      {"ir0", wb},
      {"or0", wb},
      {"sh0", in},
      {"is_enabled1", 1},
      {"ir1", wb},
      {"or1", wb},
      {"sh1", in},
      {"ips_bits", 48},
      {"asid", 2},
      {"r", 1},
      {"a", 1}}},
    {"txsz_0_and_63_clamped",
     rich,
     ns_el1,
     {0x26205b5bf3500, 0x40f69000, 0x40f6a000},
     {{"is_enabled0", 1},
      {"tsz0", 16},
      {"granule_log2_0", 12},
      {"ttb0", 0x40f69000},
      {"ir0", wb},
      {"or0", wb},
      {"sh0", in},
      {"is_enabled1", 1},
      {"tsz1", 39},
      {"granule_log2_1", 12},
      {"ttb1", 0x40f6a000},
      {"ir1", wb},
      {"or1", wb},
      {"sh1", in},
      {"ips_bits", 48},
      {"asid", 2},
      {"r", 1},
      {"a", 1}},
     true},
};
INSTANTIATE_TEST_SUITE_P(Words, SmmuCd, testing::ValuesIn(cds), cfg::name_of<Cd>);

} // namespace
