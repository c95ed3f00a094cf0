// SPDX-License-Identifier: BSD-2-Clause
// The contiguous hint (bit 52 of a descriptor): one entry for the group, which any address names.
#include "tests/unit/models/smmuv3/timing_bench.h"

#include <ostream>

namespace
{

using namespace timing;

constexpr uint64_t kContig = UINT64_C(1) << 52;
constexpr uint64_t kGroup = kIova + 0x10000; // pages 16 to 31
constexpr uint64_t kGroupPa = kPa + 0x10000;

Tune use(bool is_used)
{
    return [=](smmu_param &p) { p.contig = is_used; };
}

void make_group(Bench &b)
{
    for (uint64_t page = 16; page < 32; page++)
        test_machine_store(b.m(), kTables + 0x3000 + 8 * page,
                           (kPa + 0x1000 * page) | kContig | kPage);
}

TEST(SmmuContig, OneWalkServesTheWholeGroup)
{
    Bench b("mmu600", 150, use(true));

    make_group(b);
    EXPECT_EQ(b.target(0, kGroup + 0x5678), kGroupPa + 0x5678);
    for (uint64_t page = 0; page < 16; page++)
        EXPECT_EQ(b.target(0, kGroup + 0x1000 * page), kGroupPa + 0x1000 * page);
    EXPECT_EQ(b.stats().n_walks, 1u);
}

TEST(SmmuContig, NeighboursOfTheGroupAreNotInIt)
{
    Bench b("mmu600", 150, use(true));

    make_group(b);
    b.ask(0, kGroup);
    b.ask(0, kGroup - 0x1000);
    b.ask(0, kGroup + 0x10000);
    EXPECT_EQ(b.stats().n_walks, 3u);
}

TEST(SmmuContig, IgnoredEachPageHasAWalk)
{
    Bench b("mmu600", 150, use(false));

    make_group(b);
    for (uint64_t page = 0; page < 16; page++)
        EXPECT_EQ(b.target(0, kGroup + 0x1000 * page), kGroupPa + 0x1000 * page);
    EXPECT_EQ(b.stats().n_walks, 16u);
}

TEST(SmmuContig, AnswersTellTheSizeOfTheGroup)
{
    Bench b("mmu600", 150, use(true));
    Dma d;

    make_group(b);
    ASSERT_TRUE(b.submit(d, 0, kGroup));
    b.settle();
    EXPECT_EQ(d.dma.page_log2, 16u);
}

// The address of one page: its own, another one's of the group, beside the group.
struct Name {
    const char *name;
    uint64_t iova;
    bool is_named;
};
void PrintTo(const Name &n, std::ostream *out)
{
    *out << n.name;
}
const Name names[] = {
    {"itself", kGroup + 0x4000, true},   {"the_first", kGroup, true},
    {"the_last", kGroup + 0xf000, true}, {"below", kGroup - 0x1000, false},
    {"above", kGroup + 0x10000, false},
};

class SmmuContigTlbi : public testing::TestWithParam<Name>
{
};
INSTANTIATE_TEST_SUITE_P(Address, SmmuContigTlbi, testing::ValuesIn(names),
                         [](const testing::TestParamInfo<Name> &info) {
                             return std::string(info.param.name);
                         });

// What is in memory changes; who still sees the old page after TLBI_NH_VA?
void expect_named(const char *preset, const Name &n)
{
    Bench b(preset, 150, [](smmu_param &p) { p.contig = 1; });

    make_group(b);
    b.ask(0, kGroup + 0x4000);
    b.ask(0, kGroup + 0x8000);
    for (uint64_t page = 16; page < 32; page++)
        test_machine_store(b.m(), kTables + 0x3000 + 8 * page, (0x900000 + 0x1000 * page) | kPage);
    b.command(0x1000000000012, n.iova | 1);
    b.command(0x46);
    b.ring();
    EXPECT_EQ(b.target(0, kGroup + 0x4000), n.is_named ? 0x914000u : kGroupPa + 0x4000) << preset;
    EXPECT_EQ(b.target(0, kGroup + 0x8000), n.is_named ? 0x918000u : kGroupPa + 0x8000) << preset;
}

TEST_P(SmmuContigTlbi, NamesTheWholeGroup)
{
    for (const char *preset : {"zero", "mmu600", "gem5", "mmu700", "mmu500-walkers"})
        expect_named(preset, GetParam());
}

// Another stream makes entries of its own from leaves that the walk cache keeps: none may be of a
// group that was named meanwhile.
TEST_P(SmmuContigTlbi, LeavesInTheWalkCacheGoWithTheirGroup)
{
    Bench b("mmu600", 150, use(true));

    make_group(b);
    b.ask(0, kGroup + 0x4000);
    for (uint64_t page = 16; page < 32; page++)
        test_machine_store(b.m(), kTables + 0x3000 + 8 * page, (0x900000 + 0x1000 * page) | kPage);
    b.command(0x1000000000012, GetParam().iova | 1);
    b.command(0x46);
    b.ring();
    EXPECT_EQ(b.target(1, kGroup + 0x4000), GetParam().is_named ? 0x914000u : kGroupPa + 0x4000);
}

TEST(SmmuContig, BlocksHaveGroupsToo)
{
    Bench b("mmu600", 150, use(true));

    // 16 blocks of 2 MiB from 0x42000000 on: 32 MiB.
    for (uint64_t block = 16; block < 32; block++)
        test_machine_store(b.m(), kTables + 0x2000 + 8 * block,
                           (0x10000000 + 0x200000 * (block - 16)) | kContig | kLarge);
    EXPECT_EQ(b.target(0, 0x42000000), 0x10000000u);
    EXPECT_EQ(b.target(0, 0x43fff123), 0x11fff123u);
    EXPECT_EQ(b.stats().n_walks, 1u);
}

// Software must not do that; each address still goes where its own descriptor says.
TEST(SmmuContig, DescriptorsThatDoNotFitTheirGroupStandAlone)
{
    Bench b("mmu600", 150, use(true));

    make_group(b);
    test_machine_store(b.m(), kTables + 0x3000 + 8 * 17, 0x905000 | kContig | kPage);
    EXPECT_EQ(b.target(0, kGroup + 0x1000), 0x905000u);
    EXPECT_EQ(b.target(0, kGroup), kGroupPa);
}

// Groups of the other granules: 128 pages of 16K, 32 of 64K, both 2 MiB.
struct Granule {
    const char *name;
    uint64_t cd; // ASID 2, T0SZ 28: starts at level 2; TG0 in bits 7:6
    unsigned page_log2;
};
void PrintTo(const Granule &g, std::ostream *out)
{
    *out << g.name;
}
const Granule granules[] = {
    {"g16k", 0x00026205c000359c, 14},
    {"g64k", 0x00026205c000355c, 16},
};

class SmmuContigGranule : public testing::TestWithParam<Granule>
{
};
INSTANTIATE_TEST_SUITE_P(Granule, SmmuContigGranule, testing::ValuesIn(granules),
                         [](const testing::TestParamInfo<Granule> &info) {
                             return std::string(info.param.name);
                         });

TEST_P(SmmuContigGranule, TwoMegabytesAreOneEntry)
{
    const unsigned log2 = GetParam().page_log2;
    Bench b("mmu600", 150, use(true));

    test_machine_store(b.m(), kCd + 64, GetParam().cd);
    test_machine_store(b.m(), kCd + 64 + 8, 0x180000);
    test_machine_store(b.m(), 0x180000, 0x190000 | kTable);
    for (uint64_t iova = 0x200000; iova < 0x400000; iova += UINT64_C(1) << log2)
        test_machine_store(b.m(), 0x190000 + (iova >> log2) * 8,
                           (0x40000000 + iova) | kContig | kPage);
    EXPECT_EQ(b.target(1, 0x234567), 0x40234567u);
    EXPECT_EQ(b.target(1, 0x200000), 0x40200000u);
    EXPECT_EQ(b.target(1, 0x3fffff), 0x403fffffu);
    EXPECT_EQ(b.stats().n_walks, 1u);
    EXPECT_EQ(b.target(1, 0x1fffff), 0u);
}

} // namespace
