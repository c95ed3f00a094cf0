// SPDX-License-Identifier: BSD-2-Clause
// pasid_decode_test.cpp - a PASID entry: what is wrong with it, what it says (2.5 to 2.7).
#include <gtest/gtest.h>

#include "models/vtd/vtd_cfg_decode.h"

#include <array>

namespace
{

constexpr uint64_t kCap = 0x11d2078c606f0666, kEcap = 0x0433ef9ea4f050df;

constexpr uint64_t bit(unsigned n)
{
    return UINT64_C(1) << n;
}

vtd_caps caps_of(uint64_t cap = kCap, uint64_t ecap = kEcap)
{
    const vtd_ids ids = {0x50, cap, ecap};
    vtd_caps caps;

    vtd_caps_parse(&ids, &caps);
    return caps;
}

using Entry = std::array<uint64_t, 8>;

int decode(const Entry &entry, const vtd_caps &caps, vtd_pasid *out)
{
    return vtd_pasid_decode(entry.data(), &caps, out);
}

// Examples of 4.1.
constexpr Entry kSs = {0x0000000123456089, 0x0000000000800005};
constexpr Entry kFs = {0x0000000000000049, 0x0000000000800005, 0x0000000123457000};
constexpr Entry kNested = {0x00000001234560c9, 0x0000000000800005, 0x0000000076543001};
constexpr Entry kPass = {0x0000000000000109, 0x0000000000000001};

TEST(Pasid, SecondStage)
{
    vtd_pasid p;

    ASSERT_EQ(decode(kSs, caps_of(), &p), 0);
    EXPECT_EQ(p.pgtt, VTD_PGTT_SS);
    EXPECT_EQ(p.did, 5u);
    EXPECT_EQ(p.ss.table, 0x123456000u);
    EXPECT_EQ(p.ss.levels, 4u);
    EXPECT_EQ(p.ss.input_bits, 48u);
    EXPECT_TRUE(p.ss.is_snooped);
    EXPECT_FALSE(p.ss.is_ad_on || p.is_page_snooped || p.fpd);
    EXPECT_EQ(p.fs.levels, 0u);
}

TEST(Pasid, FirstStage)
{
    Entry entry = kFs;
    vtd_pasid p;

    ASSERT_EQ(decode(entry, caps_of(), &p), 0);
    EXPECT_EQ(p.pgtt, VTD_PGTT_FS);
    EXPECT_EQ(p.fs.table, 0x123457000u);
    EXPECT_EQ(p.fs.levels, 4u);
    EXPECT_TRUE(p.fs.is_snooped);
    EXPECT_FALSE(p.fs.sre || p.fs.wpe || p.fs.eafe);
    EXPECT_EQ(p.ss.levels, 0u);
    entry[2] |= 0x95; // SRE, FSPM 5 levels, WPE, EAFE
    ASSERT_EQ(decode(entry, caps_of(), &p), 0);
    EXPECT_EQ(p.fs.levels, 5u);
    EXPECT_TRUE(p.fs.sre && p.fs.wpe && p.fs.eafe);
}

TEST(Pasid, Nested)
{
    vtd_pasid p;

    ASSERT_EQ(decode(kNested, caps_of(), &p), 0);
    EXPECT_EQ(p.pgtt, VTD_PGTT_NESTED);
    EXPECT_EQ(p.fs.table, 0x76543000u);
    EXPECT_TRUE(p.fs.sre);
    EXPECT_EQ(p.ss.table, 0x123456000u);
    EXPECT_EQ(p.ss.levels, 4u);
}

TEST(Pasid, PassThrough)
{
    vtd_pasid p;

    ASSERT_EQ(decode(kPass, caps_of(), &p), 0);
    EXPECT_EQ(p.pgtt, VTD_PGTT_PT);
    EXPECT_EQ(p.did, 1u);
}

TEST(Pasid, WidthOfTheSecondStageIsAtMostMgaw)
{
    const vtd_caps caps = caps_of((kCap & ~UINT64_C(0x3f0000)) | UINT64_C(45) << 16);
    Entry entry = kSs;
    vtd_pasid p;

    ASSERT_EQ(decode(entry, caps, &p), 0);
    EXPECT_EQ(p.ss.input_bits, 46u);
    entry[0] = 0x0000000123456085;
    ASSERT_EQ(decode(entry, caps, &p), 0);
    EXPECT_EQ(p.ss.input_bits, 39u);
    EXPECT_EQ(p.ss.levels, 3u);
}

// One word changed.
struct Case {
    const char *name;
    Entry entry;
    unsigned word;
    uint64_t clear, set;
    int fault;
    uint64_t without; // of ECAP
    bool fpd;
};

void PrintTo(const Case &c, std::ostream *out)
{
    *out << c.name;
}

const Case cases[] = {
    {"not_present", kSs, 0, 0x1, 0, 0x59, 0, false},
    {"not_present_fpd", kSs, 0, 0x1, 0x2, 0x59, 0, true},
    {"not_present_before_reserved", kSs, 0, 0x1, 0x20, 0x59, 0, false},
    {"fpd", kSs, 0, 0, 0x2, 0, 0, true},
    {"bit_5", kSs, 0, 0, 0x20, 0x5a, 0, false},
    {"bit_10", kSs, 0, 0, 0x400, 0x5a, 0, false},
    {"bit_80", kSs, 1, 0, 0x10000, 0x5a, 0, false},
    {"bit_91", kSs, 1, 0, bit(27), 0x5a, 0, false},
    {"bit_129", kFs, 2, 0, 0x2, 0x5a, 0, false},
    {"bit_133_is_ignored", kFs, 2, 0, 0x20, 0, 0, false},
    {"bit_134_is_ignored", kFs, 2, 0, 0x40, 0, 0, false},
    {"bit_136", kFs, 2, 0, 0x100, 0x5a, 0, false},
    {"bit_192", kSs, 3, 0, 0x1, 0x5a, 0, false},
    {"bit_511", kSs, 7, 0, bit(63), 0x5a, 0, false},
    {"reserved_keeps_fpd", kSs, 7, 0, 0x1, 0x5a, 0, false},
    {"host_permissions", kSs, 4, 0, 0x1000, 0x5a, 0, false},
    {"host_permission_domain", kSs, 5, 0, 0x1, 0x5a, 0, false},
    {"ss_table_beyond_the_host", kSs, 0, 0, bit(48), 0x5a, 0, false},
    {"fs_table_beyond_the_host", kFs, 2, 0, bit(48), 0x5a, 0, false},
    {"aw_without_ssts", kFs, 0, 0, 0, 0x5a, bit(46), false},
    {"ssade_without_ssads", kSs, 0, 0, 0x200, 0x5a, bit(45), false},
    {"fspm_without_fsts", kSs, 2, 0, 0x4, 0x5a, bit(47), false},
    {"wpe_without_fsts", kSs, 2, 0, 0x10, 0x5a, bit(47), false},
    {"fs_table_without_fsts", kSs, 2, 0, 0x1000, 0x5a, bit(47), false},
    {"pwsnp_without_smpwcs", kSs, 0, 0, 0, 0x5a, bit(48), false},
    {"pgsnp", kSs, 1, 0, bit(24), 0, 0, false},
    {"pgsnp_without_sc", kSs, 1, 0, bit(24), 0x5a, bit(7), false},
    {"cd_without_mts", kSs, 1, 0, bit(25), 0x5a, 0, false},
    {"emte_without_mts", kSs, 1, 0, bit(26), 0x5a, 0, false},
    {"pat_without_mts", kSs, 1, 0, bit(32), 0x5a, 0, false},
    {"sre_without_srs", kFs, 2, 0, 0x1, 0x5a, bit(31), false},
    {"eafe_without_eafs", kFs, 2, 0, 0x80, 0x5a, bit(34), false},
    {"pgtt_0", kSs, 0, 0x1c0, 0, 0x5b, 0, false},
    {"pgtt_5", kSs, 0, 0x1c0, 0x140, 0x5b, 0, false},
    {"pgtt_6", kSs, 0, 0x1c0, 0x180, 0x5b, 0, false},
    {"pgtt_7", kSs, 0, 0x1c0, 0x1c0, 0x5b, 0, false},
    {"nested_without_nest", kNested, 0, 0, 0, 0x5b, bit(26), false},
    {"pass_without_pt", kPass, 0, 0, 0, 0x5b, bit(6), false},
    {"ss_aw_0", kSs, 0, 0x1c, 0, 0x5b, 0, false},
    {"ss_57_bits", kSs, 0, 0, 0x4, 0x5b, 0, false},
    {"nested_57_bits", kNested, 0, 0, 0x4, 0x5b, 0, false},
    {"fs_aw_is_not_read", kFs, 0, 0x1c, 0x1c, 0, 0, false},
    {"pass_aw_is_not_read", kPass, 0, 0x1c, 0, 0, 0, false},
    {"fspm_10", kFs, 2, 0, 0x8, 0x5b, 0, false},
    {"fspm_11", kFs, 2, 0, 0xc, 0x5b, 0, false},
    {"nested_fs_table_beyond_the_second_stage", kNested, 2, 0, bit(48), 0x5b, 0, false},
    {"ss_does_not_read_the_first_stage", kSs, 2, 0, bit(50) | 0x1c, 0, 0, false},
};

class EachEntry : public testing::TestWithParam<Case>
{
};

TEST_P(EachEntry, IsGoodOrBadForThisReason)
{
    const Case &c = GetParam();
    Entry entry = c.entry;
    vtd_pasid p;

    entry[c.word] = (entry[c.word] & ~c.clear) | c.set;
    EXPECT_EQ(decode(entry, caps_of(kCap, kEcap & ~c.without), &p), c.fault);
    EXPECT_EQ(p.fpd, c.fpd);
    EXPECT_EQ(p.rule == nullptr, c.fault == 0);
}

INSTANTIATE_TEST_SUITE_P(Pasid, EachEntry, testing::ValuesIn(cases),
                         [](const testing::TestParamInfo<Case> &row) { return row.param.name; });

TEST(Pasid, FiveLevelsNeedFs5lp)
{
    Entry entry = kFs;
    vtd_pasid p;

    entry[2] |= 0x4;
    EXPECT_EQ(decode(entry, caps_of(kCap & ~bit(60)), &p), 0x5b);
}

TEST(Pasid, DomainHasTheWidthOfNd)
{
    Entry entry = kSs;
    vtd_pasid p;

    entry[1] = 0x800100;
    EXPECT_EQ(decode(entry, caps_of(kCap - 4), &p), 0x5a); // ND=2: 8 bits
    EXPECT_EQ(decode(entry, caps_of(), &p), 0);
}

TEST(Pasid, OlderUnitsCheckTheWidthOfEveryType)
{
    vtd_caps caps = caps_of();
    Entry entry = kFs;
    vtd_pasid p;

    caps.choices.is_aw_checked_always = true;
    EXPECT_EQ(decode(entry, caps, &p), 0);
    entry[0] = 0x41;
    EXPECT_EQ(decode(entry, caps, &p), 0x5b);
    entry = kPass;
    entry[0] = 0x101;
    EXPECT_EQ(decode(entry, caps, &p), 0x5b);
}

TEST(Pasid, AUnitWithoutASecondStageMayIgnoreTheWidth)
{
    constexpr uint64_t kNoSecondStage = kEcap & ~bit(46);
    vtd_caps caps = caps_of(kCap, kNoSecondStage);
    Entry entry = kFs;
    vtd_pasid p;

    caps.choices.is_aw_ignored_without_ss = true;
    ASSERT_EQ(decode(entry, caps, &p), 0);
    EXPECT_EQ(p.fs.table, 0x123457000u);
    EXPECT_EQ(decode(kPass, caps, &p), 0);
    entry[0] |= UINT64_C(0x123456000); // SSPTPTR stays reserved
    EXPECT_EQ(decode(entry, caps, &p), 0x5a);
    EXPECT_EQ(decode(kSs, caps, &p), 0x5a);
}

TEST(Pasid, MemoryTypesAreReadWithMts)
{
    Entry entry = kNested;
    vtd_pasid p;

    entry[1] |= UINT64_C(0x00070406) << 32 | bit(25) | bit(26);
    ASSERT_EQ(decode(entry, caps_of(kCap, kEcap | bit(25)), &p), 0);
    EXPECT_EQ(p.pat, 0x00070406u);
    EXPECT_TRUE(p.is_uncached);
    EXPECT_TRUE(p.ss.has_memory_type);
}

} // namespace
