// SPDX-License-Identifier: BSD-2-Clause
// Which bits of an STE and a CD hardware reads in each configuration. Masks are worked out by hand
// from the facts sheet, 2.5 and 3.3: never from the tables.
#include <gtest/gtest.h>

#include "models/smmuv3/smmu_layout.h"

namespace
{

struct UsedCase {
    const char *name;
    uint64_t words[HW_MAX_WORDS];
    uint64_t used[4];
    uint64_t linux_used[4]; // what the Linux 6.12 driver takes as used: never more than we do
};

void PrintTo(const UsedCase &c, std::ostream *os)
{
    *os << c.name;
}

class SteUsed : public testing::TestWithParam<UsedCase>
{
};

TEST_P(SteUsed, MasksTheWords)
{
    const UsedCase &c = GetParam();
    uint64_t used[HW_MAX_WORDS] = {};

    hw_used(smmu_layout_STE.fields, smmu_layout_STE.n_fields, smmu_ste_conditions(c.words), used);
    for (size_t i = 0; i < HW_MAX_WORDS; i++)
        EXPECT_EQ(used[i], i < 4 ? c.used[i] : 0) << "word " << i;
}

TEST_P(SteUsed, CoversWhatLinuxTakesAsUsed)
{
    const UsedCase &c = GetParam();
    uint64_t used[HW_MAX_WORDS] = {};

    hw_used(smmu_layout_STE.fields, smmu_layout_STE.n_fields, smmu_ste_conditions(c.words), used);
    for (size_t i = 0; i < 4; i++)
        EXPECT_EQ(c.linux_used[i] & ~used[i], 0u) << "word " << i;
}

// q0: V 0, Config 3:1; stage 1 adds S1Fmt 5:4, S1ContextPtr 55:6, S1CDMax 63:59
// q1: S1DSS to S1CSH 7:0, DCP 17, PPAR 18, MEV 19, S2FWB 25, S1STALLD 27, EATS 29:28, STRW 31:30,
//     types (MemAttr 35:32, MTCFG 36, ALLOCCFG 40:37, SHCFG 45:44), PRIVCFG 49:48, INSTCFG 51:50
// q2: S2VMID 15:0, S2T0SZ to S2R 58:32
// q3: S2SL0_2 2, S2DS 3, S2TTB 55:4
// Linux: q1 S1 ff|08000000|f0000000, S2 EATS|SHCFG, bypass SHCFG; q2 VMID, 50:32, 51, 52, 54, 57,
//     58; q3 S2TTB 51:4. Nested: Linux counts STRW too, the architecture ignores it there (2.3);
//     so it does S2VMID of an EL2 stream.
const UsedCase ste_cases[] = {
    {"invalid", {0x0}, {0x1, 0, 0, 0}, {0x1, 0, 0, 0}},
    {"invalid_with_config", {0x40f0a00a, 0xd6}, {0x1, 0, 0, 0}, {0x1, 0, 0, 0}},
    {"abort", {0x1}, {0xf, 0, 0, 0}, {0xf, 0, 0, 0}},
    {"abort_config_3", {0x7}, {0xf, 0, 0, 0}, {0xf, 0, 0, 0}},
    {"bypass", {0x9}, {0xf, 0x000f31ff00000000, 0, 0}, {0xf, 0x0000300000000000, 0, 0}},
    {"s1_terminate",
     {0x000000008000004b, 0x0},
     {0xf8ffffffffffffff, 0x000f0000f80e00ff, 0xffff, 0},
     {0xf8ffffffffffffff, 0x00000000f80000ff, 0xffff, 0}},
    {"s1_linux",
     {0x40f0a00b, 0xd6},
     {0xf8ffffffffffffff, 0x000f0000f80e00ff, 0xffff, 0},
     {0xf8ffffffffffffff, 0x00000000f80000ff, 0xffff, 0}},
    {"s1_dss_bypass",
     {0x40f0a00b, 0xd5},
     {0xf8ffffffffffffff, 0x000f31fff80e00ff, 0xffff, 0},
     {0xf8ffffffffffffff, 0x00003000f80000ff, 0xffff, 0}},
    {"s1_el2_no_vmid",
     {0x40f0a00b, 0x800000d6},
     {0xf8ffffffffffffff, 0x000f0000f80e00ff, 0, 0},
     {0xf8ffffffffffffff, 0x00000000f80000ff, 0, 0}},
    {"s2",
     {0xd},
     {0xf, 0x000f31ff32080000, 0x07ffffff0000ffff, 0x00fffffffffffffc},
     {0xf, 0x0000300030000000, 0x065fffff0000ffff, 0x000ffffffffffff0}},
    {"nested",
     {0x40f0a00f, 0xd6},
     {0xf8ffffffffffffff, 0x000f31ff3a0e00ff, 0x07ffffff0000ffff, 0x00fffffffffffffc},
     {0xf8ffffffffffffff, 0x00003000380000ff, 0x065fffff0000ffff, 0x000ffffffffffff0}},
};
INSTANTIATE_TEST_SUITE_P(Configs, SteUsed, testing::ValuesIn(ste_cases),
                         [](const auto &info) { return std::string(info.param.name); });

class CdUsed : public testing::TestWithParam<UsedCase>
{
};

TEST_P(CdUsed, MasksTheWords)
{
    const UsedCase &c = GetParam();
    uint64_t used[HW_MAX_WORDS] = {};

    hw_used(smmu_layout_CD.fields, smmu_layout_CD.n_fields, smmu_cd_conditions(c.words), used);
    for (size_t i = 0; i < 4; i++)
        EXPECT_EQ(used[i], c.used[i]) << "word " << i;
}

// q0: every bit is a field; EPD0 hides 13:0, EPD1 hides 29:16
// q1: HAD0 1, E0PD0 2, EPAN 59, TTB0 55:4 unless EPD0
// q2: HAD1 1, E0PD1 2, DS 58, TTB1 55:4 unless EPD1
const UsedCase cd_cases[] = {
    {"invalid", {0x0}, {0x80000000, 0, 0, 0}, {}},
    {"invalid_with_rest", {0x2e20440003510, 0x40f69000}, {0x80000000, 0, 0, 0}, {}},
    {"both_halves",
     {0x80000000},
     {UINT64_MAX, 0x08fffffffffffff6, 0x04fffffffffffff6, UINT64_MAX},
     {}},
    {"linux_s1",
     {0x2e204c0003510, 0x40e99000, 0, 0xfffffffff404ff44},
     {0xffffffffc000ffff, 0x08fffffffffffff6, 0x0400000000000006, UINT64_MAX},
     {}},
    {"upper_only",
     {0x80004000},
     {0xffffffffffffc000, 0x0800000000000006, 0x04fffffffffffff6, UINT64_MAX},
     {}},
    {"linux_released",
     {0xc0004000},
     {0xffffffffc000c000, 0x0800000000000006, 0x0400000000000006, UINT64_MAX},
     {}},
};
INSTANTIATE_TEST_SUITE_P(Halves, CdUsed, testing::ValuesIn(cd_cases),
                         [](const auto &info) { return std::string(info.param.name); });

TEST(L1cdUsed, PointerIsReadOnlyIfValid)
{
    const uint64_t invalid = 0x40000000, valid = 0x40000001;

    EXPECT_EQ(smmu_l1cd_conditions(&invalid), static_cast<uint32_t>(SMMU_USED_ALWAYS));
    EXPECT_EQ(smmu_l1cd_conditions(&valid),
              static_cast<uint32_t>(SMMU_USED_ALWAYS | SMMU_USED_VALID));
}

} // namespace
