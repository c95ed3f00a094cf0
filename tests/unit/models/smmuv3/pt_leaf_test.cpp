// SPDX-License-Identifier: BSD-2-Clause
// Stage 1 descriptors one by one: which leaves each level may hold, contiguous groups, output
// addresses up to 52 bits, and the faults of one step. All of them typed by hand.
#include <gtest/gtest.h>

#include "models/smmuv3/smmu_pt.h"

namespace
{

// One descriptor, at the level where a walk of @tsz starts.
struct OneRead {
    unsigned granule_log2, tsz, output_bits;
    bool is_wide;
    uint64_t va, descriptor;
};

smmu_pt_step read_one(const OneRead &c)
{
    smmu_pt_s1 pt = {};
    smmu_pt_step step;

    pt.ttb = 0x800000;
    pt.granule_log2 = static_cast<uint8_t>(c.granule_log2);
    pt.tsz = static_cast<uint8_t>(c.tsz);
    pt.output_bits = static_cast<uint8_t>(c.output_bits);
    pt.sh = 1; // a code that no descriptor here has: told from theirs
    pt.ds = c.is_wide && c.granule_log2 != 16;
    pt.oas_52 = c.is_wide && c.granule_log2 == 16;
    smmu_pt_begin(&pt, c.va, &step);
    smmu_pt_next(&pt, c.va, c.descriptor, &step);
    return step;
}

// ---- leaves (4.3) -------------------------------------------------------------------------------

struct Place {
    unsigned granule_log2;
    bool is_wide;
    int level;
    unsigned tsz;
    unsigned block_log2;  // 0: no block here
    unsigned contig_log2; // of a leaf with its contiguous bit set
};

const Place places[] = {
    {12, false, 0, 16, 0, 0},  {12, false, 1, 25, 30, 4}, {12, false, 2, 34, 21, 4},
    {12, false, 3, 43, 0, 4},  {12, true, -1, 12, 0, 0},  {12, true, 0, 16, 39, 0},
    {12, true, 1, 25, 30, 4},  {12, true, 2, 34, 21, 4},  {12, true, 3, 43, 0, 4},
    {14, false, 0, 16, 0, 0},  {14, false, 1, 17, 0, 0},  {14, false, 2, 28, 25, 5},
    {14, false, 3, 39, 0, 7},  {14, true, 0, 12, 0, 0},   {14, true, 1, 17, 36, 0},
    {14, true, 2, 28, 25, 5},  {14, true, 3, 39, 0, 7},   {16, false, 1, 16, 0, 0},
    {16, false, 2, 22, 29, 5}, {16, false, 3, 35, 0, 5},  {16, true, 1, 12, 42, 0},
    {16, true, 2, 22, 29, 5},  {16, true, 3, 35, 0, 5},
};

class SmmuPtPlace : public testing::TestWithParam<Place>
{
  protected:
    smmu_pt_step read(uint64_t descriptor) const
    {
        const Place &p = GetParam();
        const smmu_pt_step step =
            read_one({p.granule_log2, p.tsz, p.is_wide ? 52u : 48u, p.is_wide, 0x123, descriptor});

        EXPECT_EQ(step.descriptor, 0x800000);
        return step;
    }

    void expect_fault(uint64_t descriptor) const
    {
        const smmu_pt_step step = read(descriptor);

        EXPECT_EQ(step.at.reason, HW_WALK_TRANSLATION) << std::hex << descriptor;
        EXPECT_EQ(step.at.level, GetParam().level);
        EXPECT_EQ(step.at.address, 0x123);
    }
};

TEST_P(SmmuPtPlace, InvalidDescriptorFaults)
{
    expect_fault(0x0);
    expect_fault(0x2);
    expect_fault(0x60000008090e4a);
    expect_fault(0xfffffffffffffffe);
}

TEST_P(SmmuPtPlace, BlocksOnlyWhereTheyExist)
{
    const Place &p = GetParam();

    for (const uint64_t contig : {UINT64_C(0), UINT64_C(0x0010000000000000)}) {
        const uint64_t descriptor = 0x401 | contig;

        if (!p.block_log2) {
            expect_fault(descriptor);
            continue;
        }
        const smmu_pt_step step = read(descriptor);

        EXPECT_EQ(step.at.reason, HW_WALK_OK);
        EXPECT_EQ(step.leaf.level, p.level);
        EXPECT_EQ(step.leaf.page_log2, p.block_log2);
        EXPECT_EQ(step.leaf.contig_log2, contig ? p.contig_log2 : 0);
    }
}

TEST_P(SmmuPtPlace, BitOneIsATableOrAPage)
{
    const Place &p = GetParam();
    const smmu_pt_step step = read(0x0010000000100403);

    if (p.level < 3) {
        EXPECT_EQ(step.at.reason, HW_WALK_TABLE);
        EXPECT_EQ(step.at.level, p.level + 1);
        EXPECT_EQ(step.at.address, 0x100000);
        return;
    }
    EXPECT_EQ(step.at.reason, HW_WALK_OK);
    EXPECT_EQ(step.leaf.level, 3);
    EXPECT_EQ(step.leaf.page_log2, p.granule_log2);
    EXPECT_EQ(step.leaf.contig_log2, p.contig_log2);
    EXPECT_EQ(step.leaf.pa, 0x100123);
}

INSTANTIATE_TEST_SUITE_P(All, SmmuPtPlace, testing::ValuesIn(places), [](const auto &info) {
    const Place &p = info.param;

    return "g" + std::to_string(p.granule_log2) + (p.is_wide ? "_wide" : "") +
           (p.level < 0 ? "_level_minus_1" : "_level_" + std::to_string(p.level));
});

// ---- addresses ----------------------------------------------------------------------------------

struct AddressCase {
    const char *name;
    OneRead read;
    hw_walk_reason reason;
    uint64_t address; // of the next descriptor, or the output; unless it faults
    unsigned sh;      // of a leaf
};

void PrintTo(const AddressCase &c, std::ostream *out)
{
    *out << c.name;
}

class SmmuPtAddress : public testing::TestWithParam<AddressCase>
{
};

TEST_P(SmmuPtAddress, IsTakenFromItsBits)
{
    const AddressCase &c = GetParam();
    const smmu_pt_step step = read_one(c.read);
    const bool is_fault = c.reason == HW_WALK_ADDR_SIZE;

    EXPECT_EQ(step.at.reason, c.reason);
    EXPECT_EQ(step.at.stage, 1);
    EXPECT_EQ(step.at.address, is_fault ? c.read.va : c.address);
    if (c.reason == HW_WALK_OK) {
        EXPECT_EQ(step.leaf.pa, c.address);
        EXPECT_EQ(step.leaf.sh, c.sh);
    }
}

const AddressCase address_cases[] = {
    // A leaf's address ends where its size does; all bits of [47:12] are set here.
    {"4k_page", {12, 43, 48, false, 0x5, 0x0000fffffffff603}, HW_WALK_OK, 0x0000fffffffff005, 2},
    {"4k_2m", {12, 34, 48, false, 0x5, 0x0000fffffffff601}, HW_WALK_OK, 0x0000ffffffe00005, 2},
    {"4k_1g", {12, 25, 48, false, 0x5, 0x0000fffffffff601}, HW_WALK_OK, 0x0000ffffc0000005, 2},
    {"16k_page", {14, 39, 48, false, 0x5, 0x0000fffffffff603}, HW_WALK_OK, 0x0000ffffffffc005, 2},
    {"16k_32m", {14, 28, 48, false, 0x5, 0x0000fffffffff601}, HW_WALK_OK, 0x0000fffffe000005, 2},
    {"64k_page", {16, 35, 48, false, 0x5, 0x0000fffffffff603}, HW_WALK_OK, 0x0000ffffffff0005, 2},
    {"64k_512m", {16, 22, 48, false, 0x5, 0x0000fffffffff601}, HW_WALK_OK, 0x0000ffffe0000005, 2},
    {"4k_table", {12, 34, 48, false, 0x5, 0x0000fffffffff003}, HW_WALK_TABLE, 0xfffffffff000, 0},
    {"16k_table", {14, 28, 48, false, 0x5, 0x0000fffffffff003}, HW_WALK_TABLE, 0xffffffffc000, 0},
    {"64k_table", {16, 22, 48, false, 0x5, 0x0000fffffffff003}, HW_WALK_TABLE, 0xffffffff0000, 0},
    // 52 bits with 64 KiB: [15:12] are PA[51:48].
    {"64k_wide_page", {16, 35, 52, true, 0x9, 0x12345678a603}, HW_WALK_OK, 0xa123456780009, 2},
    {"64k_wide_512m", {16, 22, 52, true, 0x9, 0x12342000a601}, HW_WALK_OK, 0xa123420000009, 2},
    {"64k_wide_4t", {16, 12, 52, true, 0x9, 0x24000000a601}, HW_WALK_OK, 0xa240000000009, 2},
    {"64k_wide_table", {16, 22, 52, true, 0x9, 0x12345678a003}, HW_WALK_TABLE, 0xa123456780000, 0},
    {"64k_wide_last", {16, 35, 52, true, 0xffff, 0xfffffffff603}, HW_WALK_OK, 0xfffffffffffff, 2},
    {"64k_narrow_page", {16, 35, 48, false, 0x9, 0x12345678a603}, HW_WALK_OK, 0x123456780009, 2},
    {"64k_narrow_table",
     {16, 22, 48, false, 0x9, 0x12345678a003},
     HW_WALK_TABLE,
     0x123456780000,
     0},
    {"64k_wide_ips_48", {16, 35, 48, true, 0x9, 0x123456781603}, HW_WALK_ADDR_SIZE, 0, 0},
    {"64k_wide_ips_48_table", {16, 22, 48, true, 0x9, 0x123456781003}, HW_WALK_ADDR_SIZE, 0, 0},
    // 52 bits with DS: [49:48] in place, [9:8] are PA[51:50]; SH comes from the CD.
    {"4k_ds_page", {12, 43, 52, true, 0x9, 0x1123456789703}, HW_WALK_OK, 0xd123456789009, 1},
    {"4k_ds_512g", {12, 16, 52, true, 0x9, 0x2248000000501}, HW_WALK_OK, 0x6248000000009, 1},
    {"4k_ds_table", {12, 34, 52, true, 0x9, 0x1123456789303}, HW_WALK_TABLE, 0xd123456789000, 0},
    {"16k_ds_page", {14, 39, 52, true, 0x9, 0x3123456788603}, HW_WALK_OK, 0xb123456788009, 1},
    {"16k_ds_64g", {14, 17, 52, true, 0x9, 0x0123000000701}, HW_WALK_OK, 0xc123000000009, 1},
    {"16k_ds_table", {14, 28, 52, true, 0x9, 0x3123456788203}, HW_WALK_TABLE, 0xb123456788000, 0},
    {"4k_no_ds_page", {12, 43, 48, false, 0x9, 0x1123456789703}, HW_WALK_OK, 0x123456789009, 3},
    {"4k_no_ds_table", {12, 34, 48, false, 9, 0x1123456789303}, HW_WALK_TABLE, 0x123456789000, 0},
    {"4k_ds_ips_48", {12, 43, 48, true, 0x9, 0x1123456789403}, HW_WALK_ADDR_SIZE, 0, 0},
    {"4k_ds_ips_48_sh", {12, 43, 48, true, 0x9, 0x0123456789503}, HW_WALK_ADDR_SIZE, 0, 0},
    {"4k_ds_ips_48_table", {12, 34, 48, true, 0x9, 0x0123456789103}, HW_WALK_ADDR_SIZE, 0, 0},
    // Both sides of every output size (T03).
    {"page_32_in", {12, 43, 32, false, 0xfff, 0xfffff403}, HW_WALK_OK, 0xffffffff, 0},
    {"page_32_out", {12, 43, 32, false, 0, 0x100000403}, HW_WALK_ADDR_SIZE, 0, 0},
    {"page_36_in", {12, 43, 36, false, 0, 0xffffff403}, HW_WALK_OK, 0xffffff000, 0},
    {"page_36_out", {12, 43, 36, false, 0, 0x1000000403}, HW_WALK_ADDR_SIZE, 0, 0},
    {"page_40_in", {12, 43, 40, false, 0, 0xfffffff403}, HW_WALK_OK, 0xfffffff000, 0},
    {"page_40_out", {12, 43, 40, false, 0, 0x10000000403}, HW_WALK_ADDR_SIZE, 0, 0},
    {"page_42_in", {12, 43, 42, false, 0, 0x3fffffff403}, HW_WALK_OK, 0x3fffffff000, 0},
    {"page_42_out", {12, 43, 42, false, 0, 0x40000000403}, HW_WALK_ADDR_SIZE, 0, 0},
    {"page_44_in", {12, 43, 44, false, 0, 0xffffffff403}, HW_WALK_OK, 0xffffffff000, 0},
    {"page_44_out", {12, 43, 44, false, 0, 0x100000000403}, HW_WALK_ADDR_SIZE, 0, 0},
    {"page_44_top", {12, 43, 44, false, 0, 0x800000000403}, HW_WALK_ADDR_SIZE, 0, 0},
    {"block_32_in", {12, 34, 32, false, 0x1fffff, 0xffe00401}, HW_WALK_OK, 0xffffffff, 0},
    {"block_32_out", {12, 34, 32, false, 0, 0x100000401}, HW_WALK_ADDR_SIZE, 0, 0},
    {"block_32_reserved_bits", {12, 34, 32, false, 0, 0x000ff401}, HW_WALK_OK, 0x0, 0},
    {"table_32_in", {12, 34, 32, false, 0, 0xfffff003}, HW_WALK_TABLE, 0xfffff000, 0},
    {"table_32_out", {12, 34, 32, false, 0, 0x100000003}, HW_WALK_ADDR_SIZE, 0, 0},
    {"table_44_in", {12, 34, 44, false, 0, 0xffffffff003}, HW_WALK_TABLE, 0xffffffff000, 0},
    {"table_44_out", {12, 34, 44, false, 0, 0x100000000003}, HW_WALK_ADDR_SIZE, 0, 0},
    {"64k_page_40_out", {16, 35, 40, false, 0, 0x10000000403}, HW_WALK_ADDR_SIZE, 0, 0},
    {"16k_page_40_out", {14, 39, 40, false, 0, 0x10000000403}, HW_WALK_ADDR_SIZE, 0, 0},
    // Not valid comes before too large.
    {"invalid_and_large", {12, 43, 32, false, 0x9, 0x100000402}, HW_WALK_TRANSLATION, 0x9, 0},
    {"no_block_and_large", {12, 43, 32, false, 0x9, 0x100000401}, HW_WALK_TRANSLATION, 0x9, 0},
};

INSTANTIATE_TEST_SUITE_P(All, SmmuPtAddress, testing::ValuesIn(address_cases),
                         [](const auto &info) { return std::string(info.param.name); });

// ---- what belongs to another granule ------------------------------------------------------------

smmu_pt_step read_with(unsigned granule_log2, unsigned tsz, bool ds, bool oas_52,
                       uint64_t descriptor)
{
    smmu_pt_s1 pt = {};
    smmu_pt_step step;

    pt.granule_log2 = static_cast<uint8_t>(granule_log2);
    pt.tsz = static_cast<uint8_t>(tsz);
    pt.output_bits = 48;
    pt.sh = 1;
    pt.ds = ds;
    pt.oas_52 = oas_52;
    smmu_pt_begin(&pt, 0, &step);
    smmu_pt_next(&pt, 0, descriptor, &step);
    return step;
}

TEST(SmmuPtOtherGranule, Ds64kIsNothing)
{
    const smmu_pt_step page = read_with(16, 35, true, false, 0x312345678a703);

    EXPECT_EQ(page.at.reason, HW_WALK_OK);
    EXPECT_EQ(page.leaf.pa, 0x123456780000);
    EXPECT_EQ(page.leaf.sh, 3);
    EXPECT_EQ(read_with(16, 16, true, false, 0x401).at.reason, HW_WALK_TRANSLATION);
}

TEST(SmmuPtOtherGranule, LargeImplementationWithoutDsIsNothing)
{
    const smmu_pt_step page = read_with(12, 43, false, true, 0x312345678a703);

    EXPECT_EQ(page.at.reason, HW_WALK_OK);
    EXPECT_EQ(page.leaf.pa, 0x12345678a000);
    EXPECT_EQ(page.leaf.sh, 3);
    EXPECT_EQ(read_with(12, 16, false, true, 0x401).at.reason, HW_WALK_TRANSLATION);
    EXPECT_EQ(read_with(14, 17, false, true, 0x401).at.reason, HW_WALK_TRANSLATION);
}

} // namespace
