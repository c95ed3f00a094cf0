/* SPDX-License-Identifier: BSD-2-Clause
 * order_command_test.cpp - which commands a machine has, and CDs in two levels of tables.
 * Rows: ID registers that commands need (4.1.3, 6.3). */
#include "tests/unit/check/order_script.h"

#include <algorithm>

using namespace order_test;

namespace
{

bool breaks(const Script &script, const char *rule)
{
    const std::vector<std::string> rules = script.rules();

    return std::find(rules.begin(), rules.end(), rule) != rules.end();
}

struct Need {
    const char *name;
    uint64_t offset, without, with; /* of the ID register */
    uint64_t word0, word1;
};

std::ostream &operator<<(std::ostream &out, const Need &need)
{
    return out << need.name;
}

constexpr uint64_t kIdr0 = 0x849641b; /* S1, ATS, MSI, PRI, two-level CDs, stalls */
constexpr uint64_t kIdr3 = 0x504;

const Need needs[] = {
    {"cfgi_cd", 0, (kIdr0 & ~2ull) | 1, kIdr0, 0x5, 1},
    {"cfgi_cd_all", 0, (kIdr0 & ~2ull) | 1, kIdr0, 0x6, 0},
    {"tlbi_nh_all", 0, (kIdr0 & ~2ull) | 1, kIdr0, 0x10, 0},
    {"tlbi_nh_asid", 0, (kIdr0 & ~2ull) | 1, kIdr0, 0x11, 0},
    {"tlbi_nh_va", 0, (kIdr0 & ~2ull) | 1, kIdr0, 0x12, 0},
    {"tlbi_nh_vaa", 0, (kIdr0 & ~2ull) | 1, kIdr0, 0x13, 0},
    {"tlbi_el2_all", 0, kIdr0, kIdr0 | 1 << 9, 0x20, 0},
    {"tlbi_el2_asid", 0, kIdr0, kIdr0 | 1 << 9, 0x21, 0},
    {"tlbi_el2_va", 0, kIdr0, kIdr0 | 1 << 9, 0x22, 0},
    {"tlbi_el2_vaa", 0, kIdr0, kIdr0 | 1 << 9, 0x23, 0},
    {"tlbi_s12_vmall", 0, kIdr0 & ~1ull, kIdr0 | 1, 0x28, 0},
    {"tlbi_s2_ipa", 0, kIdr0 & ~1ull, kIdr0 | 1, 0x2a, 0},
    {"atc_inv", 0, kIdr0 & ~(1ull << 10), kIdr0, 0x40, 52},
    {"pri_resp", 0, kIdr0 & ~(1ull << 16), kIdr0, 0x41, 0},
    {"resume", 0, kIdr0 | 1 << 24, kIdr0, 0x44, 0},
    {"stall_term", 0, kIdr0 | 1 << 24, kIdr0, 0x45, 0},
    {"cfgi_vms_pidm", 0xc, kIdr3, kIdr3 | 1 << 7, 0x7, 0},
    {"dpti_all", 0xc, kIdr3, kIdr3 | 1 << 15, 0x70, 0},
    {"dpti_pa", 0xc, kIdr3, kIdr3 | 1 << 15, 0x73, 0},
};

class Needs : public testing::TestWithParam<Need>
{
};

TEST_P(Needs, ABitOfAnIdRegister)
{
    for (const bool has_it : {false, true}) {
        char id[64];

        snprintf(id, sizeof(id), "mmio_read 0x%" PRIx64 " 0x%" PRIx64, GetParam().offset,
                 has_it ? GetParam().with : GetParam().without);
        EXPECT_NE(
            has_it,
            breaks(Script(CHK_START_READY).line(id).cmd(GetParam().word0, GetParam().word1).sync(),
                   "smmu-cmd-unsupported"))
            << has_it;
    }
}

INSTANTIATE_TEST_SUITE_P(Commands, Needs, testing::ValuesIn(needs),
                         [](const auto &row) { return std::string(row.param.name); });

/* ---- 256 CDs in four tables of 4 KiB; that of SubstreamID 65 is the second one of the second ----
 */

Script two_levels(const char *store, unsigned ssid)
{
    return Script()
        .line("memory L1CD 0x70000 0x40")
        .line("memory CD 0x71000 0x1000")
        .line("memory CD 0x72000 0x1000")
        .line("store CD 0x72048 0x80000")
        .line("store CD 0x72058 0xff44")
        .line("store CD 0x72040 0x1e204c0003519")
        .line("store L1CD 0x70000 0x71001")
        .line("store L1CD 0x70008 0x72001")
        .line("store STE 0x10848 0xd6") /* S1DSS=SSID0 */
        .line("store STE 0x10840 0x400000000007001b")
        .cfgi_ste(0x21)
        .line("begin drv_attach dev=0 domain=0xa a=0x1")
        .line(store)
        .cmd(0x2100000005 | uint64_t{ssid} << 12, 1)
        .sync()
        .line("end drv_attach dev=0 domain=0xa a=0x1");
}

TEST(TwoLevels, ACdOfTheSecondTableNeedsACommandWithItsSubstreamId)
{
    EXPECT_FALSE(breaks(two_levels("store CD 0x72040 0x1c204c0003519", 65), "smmu-cd-no-cfgi"));
    EXPECT_TRUE(breaks(two_levels("store CD 0x72040 0x1c204c0003519", 64), "smmu-cd-no-cfgi"));
    EXPECT_TRUE(breaks(two_levels("store CD 0x72040 0x1c204c0003519", 1), "smmu-cd-no-cfgi"));
}

/* ---- two streams with one CD ---- */

TEST(SharedCd, IsToldOnceWhenItIsTorn)
{
    const std::string text = Script()
                                 .line("store STE 0x10840 0x2000b")
                                 .cfgi_ste(0x21)
                                 .line("begin drv_attach dev=0 domain=0xa a=0x1")
                                 .line("store CD 0x20018 0x44ff")
                                 .line("store CD 0x20000 0x1e20cc0003519")
                                 .cmd(0x2000000005, 1)
                                 .cmd(0x2100000005, 1)
                                 .sync()
                                 .line("end drv_attach dev=0 domain=0xa a=0x1")
                                 .text();
    const size_t first = text.find("smmu-cd-torn:");

    ASSERT_NE(std::string::npos, first) << text;
    EXPECT_EQ(std::string::npos, text.find("smmu-cd-torn:", first + 1)) << text;
}

/* ---- a CD with V=0 has no tag ---- */

TEST(SharedCd, WithoutValidHasNoAsid)
{
    EXPECT_LEGAL(Script()
                     .line("memory CD 0x21000 0x40")
                     .line("store STE 0x10840 0x2100b")
                     .cfgi_ste(0x21)
                     .line("memory CD 0x22000 0x40")
                     .line("memory PAGES 0x90000 0x1000")
                     .line("store CD 0x22008 0x90000")
                     .line("store CD 0x22018 0xff44")
                     .line("store CD 0x22000 0x0e204c0003519") /* ASID 0 */
                     .line("store STE 0x10880 0x2200b")
                     .cfgi_ste(0x22));
}

} // namespace
