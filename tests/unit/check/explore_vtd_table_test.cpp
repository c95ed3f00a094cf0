/* SPDX-License-Identifier: BSD-2-Clause
 * explore_vtd_table_test.cpp - page tables of VT-d: which invalidation lets go of a descriptor
 * that was changed (facts 4.2), domain by domain and page by page. */
#include <gtest/gtest.h>

#include "tests/unit/check/explore_vtd_stream.h"

using namespace vtd_test;

namespace
{

constexpr uint64_t kIova = 0x7f000000;
constexpr uint64_t kPage = 0x30000000;

/* Four levels: 39-47, 30-38, 21-29, 12-20; all tables behind kTableA. */
constexpr uint64_t kLevel3 = kTableA + 0x1000;
constexpr uint64_t kLevel2 = kTableA + 0x2000;
constexpr uint64_t kLevel1 = kTableA + 0x3000;
constexpr uint64_t kEntry3 = kLevel3 + 8 * 1;     /* 0x7f000000 >> 30 */
constexpr uint64_t kEntry2 = kLevel2 + 8 * 0x1f8; /* bits 29:21 */
constexpr uint64_t kEntry1 = kLevel1;

void map(Stream &s, uint64_t bits)
{
    s.store(kTableA, kLevel3 | bits, SIM_S_PTE_VTD);
    s.store(kEntry3, kLevel2 | bits, SIM_S_PTE_VTD);
    s.store(kEntry2, kLevel1 | bits, SIM_S_PTE_VTD);
    s.store(kEntry1, kPage | bits, SIM_S_PTE_VTD);
    s.store(kEntry1 + 8, (kPage + 0x1000) | bits, SIM_S_PTE_VTD);
}

enum Kind { kSecond, kFirst, kNested, kLegacy };

struct Row {
    const char *name;
    Kind kind;
    bool is_table; /* the page is freed with its table */
    uint64_t q0, q1;
    chk_class verdict;
};

std::ostream &operator<<(std::ostream &out, const Row &row)
{
    return out << row.name;
}

constexpr uint64_t kDomain = 0xe2 | 4 << 16;
constexpr uint64_t kOtherDomain = 0xe2 | 5 << 16;
constexpr uint64_t kPages = 0xf2 | 4 << 16;
constexpr uint64_t kByPasid = 0x26 | 4 << 16;
constexpr uint64_t kByPasidPages = 0x36 | 4 << 16;
constexpr uint64_t kHint = 1 << 6;

const Row rows[] = {
    {"ss_global", kSecond, false, 0xd2, 0, CHK_HITLESS},
    {"ss_domain", kSecond, false, kDomain, 0, CHK_HITLESS},
    {"ss_other_domain", kSecond, false, kOtherDomain, 0, CHK_STALE},
    {"ss_page", kSecond, false, kPages, kIova, CHK_HITLESS},
    {"ss_page_hint", kSecond, false, kPages, kIova | kHint, CHK_HITLESS},
    {"ss_two_pages", kSecond, false, kPages, kIova | 1, CHK_HITLESS},
    {"ss_next_page", kSecond, false, kPages, kIova + 0x1000, CHK_STALE},
    {"ss_by_pasid", kSecond, false, kByPasid, 0, CHK_HITLESS},
    {"ss_by_pasid_page", kSecond, false, kByPasidPages, kIova, CHK_STALE},
    {"ss_other_pasid", kSecond, false, kByPasid | 1ull << 32, 0, CHK_STALE},
    {"fs_domain", kFirst, false, kDomain, 0, CHK_HITLESS},
    {"fs_by_pasid", kFirst, false, kByPasid, 0, CHK_HITLESS},
    {"fs_by_pasid_page", kFirst, false, kByPasidPages, kIova, CHK_HITLESS},
    {"fs_by_pasid_next_page", kFirst, false, kByPasidPages, kIova + 0x1000, CHK_STALE},
    {"fs_other_pasid", kFirst, false, kByPasid | 1ull << 32, 0, CHK_STALE},
    {"nested_domain", kNested, false, kDomain, 0, CHK_HITLESS},
    {"nested_page", kNested, false, kPages, kIova, CHK_HITLESS},
    {"nested_by_pasid_page", kNested, false, kByPasidPages, kIova, CHK_STALE},
    {"legacy_domain", kLegacy, false, kDomain, 0, CHK_HITLESS},
    {"legacy_page", kLegacy, false, kPages, kIova, CHK_HITLESS},
    {"legacy_by_pasid", kLegacy, false, kByPasid, 0, CHK_STALE},
    {"nothing", kSecond, false, 0, 0, CHK_STALE},
    {"config_alone", kSecond, false, 0x37, 0, CHK_STALE},

    /* A page of tables goes back to the allocator. */
    {"ss_table_domain", kSecond, true, kDomain, 0, CHK_HITLESS},
    {"ss_table_pages", kSecond, true, kPages, kIova | 9, CHK_HITLESS},
    {"ss_table_pages_hint", kSecond, true, kPages, kIova | 9 | kHint, CHK_DANGLES},
    {"ss_table_by_pasid", kSecond, true, kByPasid, 0, CHK_DANGLES},
    {"fs_table_by_pasid", kFirst, true, kByPasid, 0, CHK_HITLESS},
    {"fs_table_by_pasid_pages", kFirst, true, kByPasidPages, kIova | 9, CHK_HITLESS},
    {"fs_table_by_pasid_pages_hint", kFirst, true, kByPasidPages, kIova | 9 | kHint, CHK_DANGLES},
};

class VtdUnmap : public testing::TestWithParam<Row>
{
};

TEST_P(VtdUnmap, HasItsClass)
{
    const Row &row = GetParam();
    Stream s(kCap, row.kind != kLegacy);

    map(s, row.kind == kFirst ? 0x27 : 3);
    if (row.kind == kLegacy)
        s.store16(legacy_at(kSid), legacy(4, kTableA)[0], legacy(4, kTableA)[1], SIM_S_CTX);
    else
        s.has(0, row.kind == kSecond  ? ss(4, kTableA)
                 : row.kind == kFirst ? fs(4, kTableA)
                                      : nested(4, kTableA, 0x40000));
    s.on();
    s.begin(SIM_OP_UNMAP, UINT32_MAX);
    if (row.is_table)
        s.store(kEntry2, 0, SIM_S_PTE_VTD);
    else
        s.store(kEntry1, 0, SIM_S_PTE_VTD);
    if (row.q0)
        s.descriptor(row.q0, row.q1);
    s.wait();
    if (row.is_table)
        s.free_page(kLevel1);
    s.end(SIM_OP_UNMAP, UINT32_MAX);
    EXPECT_EQ(chk_class_name(row.verdict), std::string(chk_class_name(s.last())));
}

INSTANTIATE_TEST_SUITE_P(Pages, VtdUnmap, testing::ValuesIn(rows),
                         [](const testing::TestParamInfo<Row> &param) { return param.param.name; });

/* ---- how one descriptor is read ---- */

chk_pte pte_of(bool is_first, int level, uint64_t word)
{
    chk_arch_unit unit;
    chk_regime regime = {};
    const chk_tag tag = {};
    chk_table table = {};
    chk_pte pte;

    arch_vtd.init(&unit);
    arch_vtd.set(&unit, 0x8, kCap);
    arch_vtd.set(&unit, 0x10, kEcap);
    regime.field[ARCH_VTD_CLASS] = is_first ? ARCH_VTD_FS : ARCH_VTD_SS;
    regime.field[ARCH_VTD_FS_LEVELS] = 4;
    regime.field[ARCH_VTD_SS_LEVELS] = 4 << 8 | 48;
    table.first = kIova;
    table.level = static_cast<int16_t>(5 - level);
    arch_vtd.pte(&unit, &tag, &regime, &table, word, &pte);
    return pte;
}

TEST(VtdPte, SecondStage)
{
    EXPECT_EQ(uint32_t{CHK_PTE_INVALID}, pte_of(false, 1, kPage).kind);
    EXPECT_EQ(uint32_t{CHK_PTE_LEAF}, pte_of(false, 1, kPage | 1).kind);
    EXPECT_EQ(kPage, pte_of(false, 1, kPage | 1).pa);
    EXPECT_EQ(SIM_PROT_R, pte_of(false, 1, kPage | 1).prot);
    EXPECT_EQ(SIM_PROT_R | SIM_PROT_W, pte_of(false, 1, kPage | 3).prot);
    EXPECT_EQ(uint32_t{CHK_PTE_TABLE}, pte_of(false, 2, kLevel1 | 3).kind);
    EXPECT_EQ(kLevel1, pte_of(false, 2, kLevel1 | 3).next.address);
    EXPECT_EQ(12, pte_of(false, 2, kLevel1 | 3).next.span_log2);
    EXPECT_EQ(uint32_t{CHK_PTE_LEAF}, pte_of(false, 2, 0x40000000 | 0x83).kind);
    EXPECT_EQ(uint32_t{CHK_PTE_INVALID}, pte_of(false, 4, 0x40000000 | 0x83).kind); /* PS above */
    EXPECT_EQ(uint32_t{CHK_PTE_INVALID}, pte_of(false, 1, kPage | 1ull << 50 | 3).kind);
}

TEST(VtdPte, FirstStage)
{
    EXPECT_EQ(uint32_t{CHK_PTE_INVALID}, pte_of(true, 1, kPage | 6).kind);
    EXPECT_EQ(uint32_t{CHK_PTE_LEAF}, pte_of(true, 1, kPage | 7).kind);
    EXPECT_EQ(SIM_PROT_R | SIM_PROT_W, pte_of(true, 1, kPage | 7).prot);
    EXPECT_EQ(SIM_PROT_R, pte_of(true, 1, kPage | 5).prot);
    EXPECT_EQ(0, pte_of(true, 1, kPage | 3).prot); /* supervisor alone */
    EXPECT_EQ(uint32_t{CHK_PTE_TABLE}, pte_of(true, 3, kLevel2 | 7).kind);
    EXPECT_EQ(kLevel2, pte_of(true, 3, kLevel2 | 7).next.address);
}

TEST(VtdPte, RootsOfBothHalvesAndOfTheSecondStage)
{
    chk_arch_unit unit;
    chk_regime regime = {};
    const chk_tag tag = {};
    chk_table root[2];

    arch_vtd.init(&unit);
    regime.root[0] = kTableA;
    EXPECT_EQ(0u, arch_vtd.roots(&unit, &tag, &regime, root));
    regime.field[ARCH_VTD_CLASS] = ARCH_VTD_FS;
    regime.field[ARCH_VTD_FS_LEVELS] = 4;
    ASSERT_EQ(2u, arch_vtd.roots(&unit, &tag, &regime, root));
    EXPECT_EQ(256u, root[0].n_entries);
    EXPECT_EQ(kTableA + 0x800, root[1].address);
    EXPECT_EQ(0xffff800000000000u, root[1].first);
    regime.field[ARCH_VTD_CLASS] = ARCH_VTD_SS;
    regime.field[ARCH_VTD_SS_LEVELS] = 3 << 8 | 39;
    ASSERT_EQ(1u, arch_vtd.roots(&unit, &tag, &regime, root));
    EXPECT_EQ(512u, root[0].n_entries);
    EXPECT_EQ(30, root[0].span_log2);
}

} // namespace
