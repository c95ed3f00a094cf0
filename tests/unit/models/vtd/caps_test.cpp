// SPDX-License-Identifier: BSD-2-Clause
// caps_test.cpp - capability registers to features (1.1, 1.2).
#include <gtest/gtest.h>

#include "models/vtd/vtd_caps.h"

namespace
{

vtd_caps parse(uint64_t cap, uint64_t ecap, uint32_t ver = 0x50)
{
    const vtd_ids ids = {ver, cap, ecap};
    vtd_caps caps;

    vtd_caps_parse(&ids, &caps);
    return caps;
}

TEST(Cap, NothingIsThereWithoutBits)
{
    const vtd_caps caps = parse(0, 0, 0x10);

    EXPECT_EQ(caps.ver_max, 1u);
    EXPECT_EQ(caps.did_bits, 4u);
    EXPECT_EQ(caps.mgaw_bits, 1u);
    EXPECT_EQ(caps.n_frcd, 1u);
    EXPECT_FALSE(caps.rwbf || caps.cm || caps.zlr || caps.psi || caps.fs_1g || caps.fs_5_level);
    EXPECT_FALSE(caps.ss_2m || caps.ss_1g || caps.esrtps || caps.esirtps);
    EXPECT_FALSE(caps.qi || caps.smts || caps.nest || caps.coherent || caps.dt);
    EXPECT_EQ(caps.pasid_bits, 0u);
    EXPECT_FALSE(caps.choices.is_aw_checked_always);
}

TEST(Cap, DomainBitsAreFourAndTwoForEach)
{
    EXPECT_EQ(parse(0x2, 0).did_bits, 8u);
    EXPECT_EQ(parse(0x6, 0).did_bits, 16u);
    EXPECT_EQ(parse(0x7, 0).did_bits, 16u);
}

TEST(Cap, FieldsAreAtTheirPlaces)
{
    EXPECT_TRUE(parse(UINT64_C(1) << 3, 0).afl);
    EXPECT_TRUE(parse(UINT64_C(1) << 4, 0).rwbf);
    EXPECT_TRUE(parse(UINT64_C(1) << 5, 0).plmr);
    EXPECT_TRUE(parse(UINT64_C(1) << 6, 0).phmr);
    EXPECT_TRUE(parse(UINT64_C(1) << 7, 0).cm);
    EXPECT_EQ(parse(UINT64_C(0xe) << 8, 0).sagaw, 0xeu);
    EXPECT_EQ(parse(UINT64_C(47) << 16, 0).mgaw_bits, 48u);
    EXPECT_EQ(parse(UINT64_C(56) << 16, 0).haw_bits, 52u);
    EXPECT_TRUE(parse(UINT64_C(1) << 22, 0).zlr);
    EXPECT_EQ(parse(UINT64_C(0x60) << 24, 0).frcd_offset, 0x600u);
    EXPECT_TRUE(parse(UINT64_C(1) << 39, 0).psi);
    EXPECT_EQ(parse(UINT64_C(7) << 40, 0).n_frcd, 8u);
    EXPECT_EQ(parse(UINT64_C(18) << 48, 0).mamv, 18u);
    EXPECT_TRUE(parse(UINT64_C(1) << 54, 0).dwd);
    EXPECT_TRUE(parse(UINT64_C(1) << 55, 0).drd);
    EXPECT_TRUE(parse(UINT64_C(1) << 56, 0).fs_1g);
    EXPECT_TRUE(parse(UINT64_C(1) << 60, 0).fs_5_level);
    EXPECT_TRUE(parse(UINT64_C(1) << 62, 0).esirtps);
    EXPECT_TRUE(parse(UINT64_C(1) << 63, 0).esrtps);
}

// Of SSLPS only 0, 1 and 3 mean something.
TEST(Cap, LargePagesOfTheSecondStage)
{
    const bool m2[] = {false, true, false, true}, g1[] = {false, false, false, true};

    for (uint64_t sslps = 0; sslps < 4; sslps++) {
        EXPECT_EQ(parse(sslps << 34, 0).ss_2m, m2[sslps]) << sslps;
        EXPECT_EQ(parse(sslps << 34, 0).ss_1g, g1[sslps]) << sslps;
    }
}

constexpr uint64_t bit(unsigned n)
{
    return UINT64_C(1) << n;
}

// A bit, what it needs besides, and the feature.
struct Need {
    const char *name;
    unsigned feature;
    uint64_t needs;
    bool (*is_there)(const vtd_caps &caps);
};

void PrintTo(const Need &n, std::ostream *out)
{
    *out << n.name;
}

const Need needs[] = {
    {"coherent", 0, 0, [](const vtd_caps &c) { return c.coherent; }},
    {"qi", 1, 0, [](const vtd_caps &c) { return c.qi; }},
    {"device_tlb", 2, bit(1), [](const vtd_caps &c) { return c.dt; }},
    {"interrupts", 3, bit(1), [](const vtd_caps &c) { return c.ir; }},
    {"x2apic", 4, bit(3) | bit(1), [](const vtd_caps &c) { return c.eim; }},
    {"pass_through", 6, 0, [](const vtd_caps &c) { return c.pt; }},
    {"snoop_control", 7, 0, [](const vtd_caps &c) { return c.sc; }},
    {"memory_types", 25, 0, [](const vtd_caps &c) { return c.mts; }},
    {"nested", 26, bit(43) | bit(1) | bit(46) | bit(47), [](const vtd_caps &c) { return c.nest; }},
    {"page_requests", 29, bit(2) | bit(1) | bit(43), [](const vtd_caps &c) { return c.prs; }},
    {"supervisor", 31, 0, [](const vtd_caps &c) { return c.srs; }},
    {"no_write_flag", 33, 0, [](const vtd_caps &c) { return c.nwfs; }},
    {"extended_accessed", 34, bit(47) | bit(48), [](const vtd_caps &c) { return c.eafs; }},
    {"pasid", 40, 0, [](const vtd_caps &c) { return c.pasid_bits == 1; }},
    {"throttling", 41, 0, [](const vtd_caps &c) { return c.dit; }},
    {"drain_of_page_requests", 42, bit(2) | bit(1), [](const vtd_caps &c) { return c.pds; }},
    {"scalable", 43, bit(1), [](const vtd_caps &c) { return c.smts; }},
    {"second_stage_ad", 45, bit(48), [](const vtd_caps &c) { return c.ssads; }},
    {"second_stage", 46, 0, [](const vtd_caps &c) { return c.ssts; }},
    {"first_stage", 47, 0, [](const vtd_caps &c) { return c.fsts; }},
    {"snooped_walks", 48, 0, [](const vtd_caps &c) { return c.smpwcs; }},
    {"rid_pasid", 49, 0, [](const vtd_caps &c) { return c.rps; }},
    {"abort_mode", 52, 0, [](const vtd_caps &c) { return c.adms; }},
    {"rid_priv", 53, bit(31), [](const vtd_caps &c) { return c.rprivs; }},
    {"host_permissions", 55, 0, [](const vtd_caps &c) { return c.hpts; }},
    {"pasid_of_translated", 56, 0, [](const vtd_caps &c) { return c.ptrs; }},
    {"internal_rights", 57, 0, [](const vtd_caps &c) { return c.ssirws; }},
    {"stop_marker", 58, 0, [](const vtd_caps &c) { return c.sms; }},
};

class EachFeature : public testing::TestWithParam<Need>
{
};

TEST_P(EachFeature, NeedsItsBitAndEachOfTheOthers)
{
    const Need &n = GetParam();
    const uint64_t all = bit(n.feature) | n.needs;

    EXPECT_TRUE(n.is_there(parse(0, all)));
    for (unsigned i = 0; i < 64; i++) {
        if (all & bit(i)) {
            EXPECT_FALSE(n.is_there(parse(0, all & ~bit(i)))) << "bit " << i;
        } else if (i != 35) { // of PSS
            EXPECT_EQ(n.is_there(parse(0, all | bit(i))), n.feature != 40 || i < 35 || i > 39)
                << "bit " << i;
        }
    }
}

INSTANTIATE_TEST_SUITE_P(Ecap, EachFeature, testing::ValuesIn(needs),
                         [](const testing::TestParamInfo<Need> &row) { return row.param.name; });

TEST(Ecap, PasidsHaveOneBitMoreThanPss)
{
    EXPECT_EQ(parse(0, bit(40) | UINT64_C(19) << 35).pasid_bits, 20u);
    EXPECT_EQ(parse(0, bit(40) | UINT64_C(7) << 35).pasid_bits, 8u);
    EXPECT_EQ(parse(0, bit(40) | UINT64_C(31) << 35).pasid_bits, 20u);
    EXPECT_EQ(parse(0, UINT64_C(19) << 35).pasid_bits, 0u);
}

TEST(Ecap, OffsetsAreInUnitsOf16)
{
    EXPECT_EQ(parse(0, UINT64_C(0x50) << 8).iotlb_offset, 0x500u);
    EXPECT_EQ(parse(0, UINT64_C(9) << 20).mhmv, 9u);
}

TEST(Widths, AreThoseOfSagaw)
{
    const vtd_caps caps = parse(UINT64_C(0x6) << 8, 0), old = parse(UINT64_C(0x1f) << 8, 0);

    EXPECT_EQ(vtd_caps_aw_levels(&caps, 0), 0u);
    EXPECT_EQ(vtd_caps_aw_levels(&caps, 1), 3u);
    EXPECT_EQ(vtd_caps_aw_levels(&caps, 2), 4u);
    EXPECT_EQ(vtd_caps_aw_levels(&caps, 3), 0u);
    EXPECT_EQ(vtd_caps_aw_levels(&old, 3), 5u);
    EXPECT_EQ(vtd_caps_aw_levels(&old, 4), 0u);
    EXPECT_EQ(vtd_caps_aw_levels(&old, 0), 0u);
    EXPECT_EQ(vtd_caps_aw_max(&caps), 2u);
    EXPECT_EQ(vtd_caps_aw_max(&old), 3u);
}

TEST(Widths, LimitAddresses)
{
    EXPECT_TRUE(vtd_address_fits(0xffffffffffff, 48));
    EXPECT_FALSE(vtd_address_fits(0x1000000000000, 48));
    EXPECT_TRUE(vtd_address_fits(UINT64_MAX, 64));
}

} // namespace
