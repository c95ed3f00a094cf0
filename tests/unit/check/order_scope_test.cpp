/* SPDX-License-Identifier: BSD-2-Clause
 * order_scope_test.cpp - which invalidations an unmap may end with: by command, tag, address, level
 * and piece. Rows: scopes of TLBIs (4.4). */
#include "tests/unit/check/order_script.h"

#include <sstream>

using namespace order_test;

namespace
{

constexpr uint64_t kAsid1 = 1ull << 48;
constexpr uint64_t kAsid2 = 2ull << 48;
constexpr uint64_t kVmid7 = 7ull << 32;

struct Scope {
    const char *name;
    bool is_global;
    uint64_t word0, word1;
    const char *rule; /* that it breaks, or NULL */
};

std::ostream &operator<<(std::ostream &out, const Scope &scope)
{
    return out << scope.name;
}

constexpr const char *kMissing = "smmu-unmap-no-tlbi";
constexpr const char *kWrongTag = "smmu-tlbi-wrong-tag";

/* A page at 0x4000 goes. */
const Scope scopes[] = {
    {"nh_all", false, 0x10, 0, nullptr},
    {"nh_all_of_another_vmid", false, kVmid7 | 0x10, 0, kWrongTag},
    {"nh_all_of_globals", true, 0x10, 0, nullptr},
    {"nh_asid", false, kAsid1 | 0x11, 0, nullptr},
    {"nh_asid_of_another", false, kAsid2 | 0x11, 0, kWrongTag},
    {"nh_asid_of_another_vmid", false, kAsid1 | kVmid7 | 0x11, 0, kWrongTag},
    {"nh_asid_of_globals", true, kAsid1 | 0x11, 0, kMissing},
    {"nh_va", false, kAsid1 | 0x12, 0x4001, nullptr},
    {"nh_va_all_levels", false, kAsid1 | 0x12, 0x4000, nullptr},
    {"nh_va_of_another", false, kAsid2 | 0x12, 0x4001, kWrongTag},
    {"nh_va_of_another_vmid", false, kAsid1 | kVmid7 | 0x12, 0x4001, kWrongTag},
    {"nh_va_of_globals", true, kAsid1 | 0x12, 0x4001, nullptr},
    {"nh_va_of_the_page_before", false, kAsid1 | 0x12, 0x3001, kMissing},
    {"nh_va_of_the_page_behind", false, kAsid1 | 0x12, 0x5001, kMissing},
    {"nh_vaa", false, 0x13, 0x4001, nullptr},
    {"nh_vaa_of_globals", true, 0x13, 0x4001, nullptr},
    {"nh_vaa_of_another_vmid", false, kVmid7 | 0x13, 0x4001, kWrongTag},
    {"nh_vaa_of_another_page", false, 0x13, 0x6001, kMissing},
    {"s12_vmall", false, 0x28, 0, nullptr},
    {"s12_vmall_of_another", false, kVmid7 | 0x28, 0, kWrongTag},
    {"s2_ipa", false, 0x2a, 0x4000, kWrongTag},
    {"nsnh_all", false, 0x30, 0, nullptr},
    {"nsnh_all_of_globals", true, 0x30, 0, nullptr},
    {"level_3", false, kAsid1 | 0x12, 0x4000 | 1 << 10 | 3 << 8 | 1, nullptr},
    {"range_that_ends_with_it", false, kAsid1 | 1 << 12 | 0x12, 0x3000 | 1 << 10 | 1, nullptr},
    {"range_that_ends_before_it", false, kAsid1 | 1 << 12 | 0x12, 0x2000 | 1 << 10 | 1, kMissing},
};

class Scopes : public testing::TestWithParam<Scope>
{
};

TEST_P(Scopes, OfAnUnmap)
{
    Script script;

    script
        .line(GetParam().is_global ? "store PTE 0x82020 0xa0004743"
                                   : "store PTE 0x82020 0xa0004f43")
        .line("begin unmap domain=0xa a=0x4000 b=0x1000")
        .line("store PTE 0x82020 0x0")
        .cmd(GetParam().word0, GetParam().word1)
        .sync()
        .line("end unmap domain=0xa a=0x4000 b=0x1000");
    EXPECT_EQ(GetParam().rule ? std::vector<std::string>{GetParam().rule} : kNone, script.rules())
        << script.text();
}

INSTANTIATE_TEST_SUITE_P(Commands, Scopes, testing::ValuesIn(scopes),
                         [](const auto &row) { return std::string(row.param.name); });

/* ---- pieces: the pages 0x4000 to 0x6000 go, and these are flushed ---- */

struct Pieces {
    const char *name;
    std::vector<uint64_t> pages;
    bool is_legal;
};

std::ostream &operator<<(std::ostream &out, const Pieces &pieces)
{
    return out << pieces.name;
}

const Pieces pieces[] = {
    {"None", {}, false},
    {"First", {0x4000}, false},
    {"Middle", {0x5000}, false},
    {"Last", {0x6000}, false},
    {"AllButTheMiddle", {0x4000, 0x6000}, false},
    {"AllButTheFirst", {0x5000, 0x6000}, false},
    {"AllButTheLast", {0x4000, 0x5000}, false},
    {"Forward", {0x4000, 0x5000, 0x6000}, true},
    {"Backward", {0x6000, 0x5000, 0x4000}, true},
    {"MiddleFirst", {0x5000, 0x4000, 0x6000}, true},
    {"MiddleFirstBackward", {0x5000, 0x6000, 0x4000}, true},
};

class Piece : public testing::TestWithParam<Pieces>
{
};

TEST_P(Piece, OfAnUnmap)
{
    Script script;

    script.line("store PTE 0x82020 0xa0004f43")
        .line("store PTE 0x82028 0xa0005f43")
        .line("store PTE 0x82030 0xa0006f43")
        .line("begin unmap domain=0xa a=0x4000 b=0x3000")
        .line("store PTE 0x82020 0x0")
        .line("store PTE 0x82028 0x0")
        .line("store PTE 0x82030 0x0");
    for (const uint64_t page : GetParam().pages)
        script.cmd(kAsid1 | 0x12, page | 1);
    script.sync().line("end unmap domain=0xa a=0x4000 b=0x3000");
    EXPECT_EQ(GetParam().is_legal ? kNone : std::vector<std::string>{kMissing}, script.rules())
        << script.text();
}

INSTANTIATE_TEST_SUITE_P(Flushed, Piece, testing::ValuesIn(pieces),
                         [](const auto &row) { return std::string(row.param.name); });

/* ---- a table goes ---- */

/* Entries of tables need a command for all levels. */
TEST(TableScope, AFlushOfLeavesAloneKeepsTheTable)
{
    for (const uint64_t leaf : {0u, 1u}) {
        Script script;

        script.line("begin unmap domain=0xa a=0x0 b=0x200000")
            .line("store PTE 0x81000 0x0")
            .cmd(kAsid1 | 9ull << 20 | 0x12, 1 << 10 | leaf) /* 512 pages */
            .sync()
            .line("free PAGES 0x82000 0x1000")
            .line("end unmap domain=0xa a=0x0 b=0x200000");
        EXPECT_EQ(leaf == 0, script.rules().empty()) << leaf << script.text();
    }
}

/* ---- hits ---- */

TEST(Hits, AreCountedBeyondThoseThatAreKept)
{
    Script script;

    for (unsigned i = 0; i < CHK_MAX_HITS + 2; i++)
        script.line("store PTE 0x81008 0xa0200f41")
            .line("store PTE 0x81008 0xa0400f41")
            .line("store PTE 0x81008 0x0");
    std::istringstream text(script.text());
    unsigned n = 0;

    for (std::string hit; std::getline(text, hit);)
        n += hit.rfind("smmu-pte-bbm:", 0) == 0;
    EXPECT_EQ(CHK_MAX_HITS, n);
}

} // namespace
