// SPDX-License-Identifier: BSD-2-Clause
// Stage 2 descriptors one by one: which leaves each level may hold, contiguous groups, attributes,
// output addresses up to 52 bits, and the faults of one step. All of them typed by hand.
#include <gtest/gtest.h>

#include <string>

#include "tests/unit/models/smmuv3/pt_s2_case.h"

namespace
{

// One descriptor, at the level where the walk starts.
smmu_pt_s2_step read_one(const smmu_pt_s2 &pt, uint64_t ipa, uint64_t descriptor)
{
    smmu_pt_s2_step step;

    smmu_pt_s2_begin(&pt, ipa, &step);
    EXPECT_EQ(step.at.reason, HW_WALK_TABLE);
    smmu_pt_s2_next(&pt, ipa, descriptor, &step);
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
    {12, false, 0, 16, 0, 0}, {12, false, 1, 25, 30, 4}, {12, false, 2, 34, 21, 4},
    {12, false, 3, 43, 0, 4}, {12, true, -1, 12, 0, 0},  {12, true, 0, 12, 39, 0},
    {12, true, 1, 21, 30, 4}, {12, true, 2, 30, 21, 4},  {12, true, 3, 39, 0, 4},
    {14, false, 1, 16, 0, 0}, {14, false, 2, 28, 25, 5}, {14, false, 3, 39, 0, 7},
    {14, true, 0, 12, 0, 0},  {14, true, 1, 13, 36, 0},  {14, true, 2, 24, 25, 5},
    {14, true, 3, 35, 0, 7},  {16, false, 1, 16, 0, 0},  {16, false, 2, 22, 29, 5},
    {16, false, 3, 35, 0, 5}, {16, true, 1, 12, 42, 0},  {16, true, 2, 18, 29, 5},
    {16, true, 3, 31, 0, 5},
};

class SmmuPtS2Place : public testing::TestWithParam<Place>
{
  protected:
    smmu_pt_s2_step read(uint64_t descriptor) const
    {
        const Place &p = GetParam();
        const smmu_pt_s2 pt = pt_s2::make_s2(p.granule_log2, p.level, p.tsz, p.is_wide);
        const smmu_pt_s2_step step = read_one(pt, 0x123, descriptor);

        EXPECT_EQ(step.descriptor, 0x800000);
        EXPECT_EQ(step.at.stage, 2);
        return step;
    }

    void expect_fault(uint64_t descriptor) const
    {
        const smmu_pt_s2_step step = read(descriptor);

        EXPECT_EQ(step.at.reason, HW_WALK_TRANSLATION) << std::hex << descriptor;
        EXPECT_EQ(step.at.level, GetParam().level);
        EXPECT_EQ(step.at.address, 0x123);
    }
};

TEST_P(SmmuPtS2Place, InvalidDescriptorFaults)
{
    expect_fault(0x0);
    expect_fault(0x2);
    expect_fault(0x400000080904fe);
    expect_fault(0xfffffffffffffffe);
}

TEST_P(SmmuPtS2Place, BlocksOnlyWhereTheyExist)
{
    const Place &p = GetParam();

    for (const uint64_t contig : {UINT64_C(0), UINT64_C(0x0010000000000000)}) {
        const uint64_t descriptor = 0x4fd | contig;

        if (!p.block_log2) {
            expect_fault(descriptor);
            continue;
        }
        const smmu_pt_s2_step step = read(descriptor);

        EXPECT_EQ(step.at.reason, HW_WALK_OK);
        EXPECT_EQ(step.leaf.level, p.level);
        EXPECT_EQ(step.leaf.page_log2, p.block_log2);
        EXPECT_EQ(step.leaf.contig_log2, contig ? p.contig_log2 : 0);
    }
}

TEST_P(SmmuPtS2Place, BitOneIsATableOrAPage)
{
    const Place &p = GetParam();
    const smmu_pt_s2_step step = read(0x00100000001004ff);

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

INSTANTIATE_TEST_SUITE_P(All, SmmuPtS2Place, testing::ValuesIn(places), [](const auto &info) {
    const Place &p = info.param;

    return "g" + std::to_string(p.granule_log2) + (p.is_wide ? "_wide" : "") +
           (p.level < 0 ? "_level_minus_1" : "_level_" + std::to_string(p.level));
});

// What a stage 1 table would take as limits of all below is nothing here.
TEST(SmmuPtS2Table, HasNoAttributes)
{
    const smmu_pt_s2 pt = pt_s2::make_s2(12, 2, 34);
    smmu_pt_s2_step step;

    smmu_pt_s2_begin(&pt, 0x4567, &step);
    smmu_pt_s2_next(&pt, 0x4567, 0xfff8000003000fff, &step);
    ASSERT_EQ(step.at.reason, HW_WALK_TABLE);
    EXPECT_EQ(step.at.address, 0x3000020);
    smmu_pt_s2_next(&pt, 0x4567, 0x1234564ff, &step);
    ASSERT_EQ(step.at.reason, HW_WALK_OK);
    EXPECT_EQ(smmu_pt_s2_rights(&pt, &step.leaf, true), SMMU_PT_RWX);
    EXPECT_EQ(smmu_pt_s2_rights(&pt, &step.leaf, false), SMMU_PT_RWX);
}

// ---- attributes ---------------------------------------------------------------------------------

struct Attributes {
    uint64_t descriptor; // of a 2 MiB block, or of a 4 KiB page if bit 1 is set
    unsigned mem_attr, s2ap, sh;
    bool af, nt, dbm, uxn, pxn; // with XNX
};

const Attributes attributes[] = {
    {0x1, 0, 0, 0, false, false, false, false, false},
    {0x3, 0, 0, 0, false, false, false, false, false},
    {0x7ff, 15, 3, 3, true, false, false, false, false}, // what a kernel writes for RAM
    {0x004000000809044f, 3, 1, 0, true, false, false, true, true},
    {0x7, 1, 0, 0, false, false, false, false, false},
    {0xb, 2, 0, 0, false, false, false, false, false},
    {0x13, 4, 0, 0, false, false, false, false, false},
    {0x23, 8, 0, 0, false, false, false, false, false},
    {0x43, 0, 1, 0, false, false, false, false, false},
    {0x83, 0, 2, 0, false, false, false, false, false},
    {0x103, 0, 0, 1, false, false, false, false, false},
    {0x203, 0, 0, 2, false, false, false, false, false},
    {0x403, 0, 0, 0, true, false, false, false, false},
    {0x803, 0, 0, 0, false, false, false, false, false}, // no nG here
    {0x10001, 0, 0, 0, false, true, false, false, false},
    {0x10003, 0, 0, 0, false, false, false, false, false}, // address bit 16 of a page
    {0x0004000000000003, 0, 0, 0, false, false, false, false, false},
    {0x0008000000000003, 0, 0, 0, false, false, true, false, false},
    {0x0010000000000003, 0, 0, 0, false, false, false, false, false}, // Contig
    {0x0020000000000003, 0, 0, 0, false, false, false, false, true},
    {0x0040000000000003, 0, 0, 0, false, false, false, true, true},
    {0x0060000000000003, 0, 0, 0, false, false, false, true, false},
    {0xff80000000000003, 0, 0, 0, false, false, false, false, false}, // software, PBHA
    {0xffd8000000010ffd, 15, 3, 3, true, true, true, true, true},
};

TEST(SmmuPtS2Next, AttributesComeFromTheirBits)
{
    for (const Attributes &c : attributes) {
        smmu_pt_s2 pt = c.descriptor & 2 ? pt_s2::make_s2(12, 3, 43) : pt_s2::make_s2(12, 2, 34);

        pt.xnx = true;
        const smmu_pt_s2_step step = read_one(pt, 0, c.descriptor);

        SCOPED_TRACE(testing::Message() << std::hex << c.descriptor);
        ASSERT_EQ(step.at.reason, HW_WALK_OK);
        EXPECT_EQ(step.leaf.mem_attr, c.mem_attr);
        EXPECT_EQ(step.leaf.s2ap, c.s2ap);
        EXPECT_EQ(step.leaf.sh, c.sh);
        EXPECT_EQ(step.leaf.af, c.af);
        EXPECT_EQ(step.leaf.nt, c.nt);
        EXPECT_EQ(step.leaf.dbm, c.dbm);
        EXPECT_EQ(step.leaf.uxn, c.uxn);
        EXPECT_EQ(step.leaf.pxn, c.pxn);
    }
}

TEST(SmmuPtS2Next, WithoutXnxOneBitIsForBothPrivileges)
{
    const struct {
        uint64_t descriptor;
        bool is_never;
    } cases[] = {
        {0x0000000000000403, false},
        {0x0020000000000403, false},
        {0x0040000000000403, true},
        {0x0060000000000403, true},
    };

    for (const auto &c : cases) {
        const smmu_pt_s2_step step = read_one(pt_s2::make_s2(12, 3, 43), 0, c.descriptor);

        EXPECT_EQ(step.leaf.uxn, c.is_never) << std::hex << c.descriptor;
        EXPECT_EQ(step.leaf.pxn, c.is_never) << std::hex << c.descriptor;
    }
}

// Memory types: D device, N normal or whatever stage 1 says, by MemAttr 0 to 15 (13.1.5, D8.6).
TEST(SmmuPtS2Next, DeviceIsToldByMemAttr)
{
    const std::string without_fwb = "DDDDDNNNDNNNDNNN"; // 4, 8, 12 are reserved
    const std::string with_fwb = "DDDDNNNNDDDDNNNN";

    for (const bool fwb : {false, true}) {
        for (unsigned attr = 0; attr < 16; attr++) {
            smmu_pt_s2 pt = pt_s2::make_s2(12, 3, 43);

            pt.fwb = fwb;
            const smmu_pt_s2_step step = read_one(pt, 0, 0x403 + 4 * attr);

            EXPECT_EQ(step.leaf.mem_attr, attr);
            EXPECT_EQ(step.leaf.is_device, (fwb ? with_fwb : without_fwb)[attr] == 'D')
                << attr << " fwb " << fwb;
        }
    }
}

// ---- addresses ----------------------------------------------------------------------------------

struct AddressCase {
    const char *name;
    unsigned granule_log2;
    int level;
    unsigned tsz, output_bits;
    bool is_wide;
    uint64_t ipa, descriptor;
    hw_walk_reason reason;
    uint64_t address; // of the next descriptor, or the output; unless it faults
    unsigned sh;      // of a leaf
};

void PrintTo(const AddressCase &c, std::ostream *out)
{
    *out << c.name;
}

class SmmuPtS2Address : public testing::TestWithParam<AddressCase>
{
};

TEST_P(SmmuPtS2Address, IsTakenFromItsBits)
{
    const AddressCase &c = GetParam();
    const bool is_fault = c.reason != HW_WALK_OK && c.reason != HW_WALK_TABLE;
    smmu_pt_s2 pt = pt_s2::make_s2(c.granule_log2, c.level, c.tsz, c.is_wide);

    pt.output_bits = static_cast<uint8_t>(c.output_bits);
    pt.sh = 1; // a code that no descriptor here has: told from theirs
    const smmu_pt_s2_step step = read_one(pt, c.ipa, c.descriptor);

    EXPECT_EQ(step.at.reason, c.reason);
    EXPECT_EQ(step.at.stage, 2);
    EXPECT_EQ(step.at.address, is_fault ? c.ipa : c.address);
    if (is_fault) {
        EXPECT_EQ(step.at.level, c.level);
    }
    if (c.reason == HW_WALK_OK) {
        EXPECT_EQ(step.leaf.pa, c.address);
        EXPECT_EQ(step.leaf.sh, c.sh);
    }
}

const hw_walk_reason leaf_ok = HW_WALK_OK, table = HW_WALK_TABLE, size = HW_WALK_ADDR_SIZE;

const AddressCase address_cases[] = {
    // A leaf's address ends where its size does; all bits of [47:12] are set here.
    {"4k_page", 12, 3, 43, 48, false, 0x5, 0x0000fffffffff6ff, leaf_ok, 0x0000fffffffff005, 2},
    {"4k_2m", 12, 2, 34, 48, false, 0x5, 0x0000fffffffff6fd, leaf_ok, 0x0000ffffffe00005, 2},
    {"4k_1g", 12, 1, 25, 48, false, 0x5, 0x0000fffffffff6fd, leaf_ok, 0x0000ffffc0000005, 2},
    {"16k_page", 14, 3, 39, 48, false, 0x5, 0x0000fffffffff6ff, leaf_ok, 0x0000ffffffffc005, 2},
    {"16k_32m", 14, 2, 28, 48, false, 0x5, 0x0000fffffffff6fd, leaf_ok, 0x0000fffffe000005, 2},
    {"64k_page", 16, 3, 35, 48, false, 0x5, 0x0000fffffffff6ff, leaf_ok, 0x0000ffffffff0005, 2},
    {"64k_512m", 16, 2, 22, 48, false, 0x5, 0x0000fffffffff6fd, leaf_ok, 0x0000ffffe0000005, 2},
    {"4k_table", 12, 2, 34, 48, false, 0x5, 0x0000fffffffff003, table, 0xfffffffff000, 0},
    {"16k_table", 14, 2, 28, 48, false, 0x5, 0x0000fffffffff003, table, 0xffffffffc000, 0},
    {"64k_table", 16, 2, 22, 48, false, 0x5, 0x0000fffffffff003, table, 0xffffffff0000, 0},
    // 52 bits with 64 KiB: [15:12] are PA[51:48].
    {"64k_wide_page", 16, 3, 31, 52, true, 0x9, 0x12345678a6ff, leaf_ok, 0xa123456780009, 2},
    {"64k_wide_512m", 16, 2, 18, 52, true, 0x9, 0x12342000a6fd, leaf_ok, 0xa123420000009, 2},
    {"64k_wide_4t", 16, 1, 12, 52, true, 0x9, 0x24000000a6fd, leaf_ok, 0xa240000000009, 2},
    {"64k_wide_table", 16, 2, 18, 52, true, 0x9, 0x12345678a003, table, 0xa123456780000, 0},
    {"64k_narrow_page", 16, 3, 35, 48, false, 0x9, 0x12345678a6ff, leaf_ok, 0x123456780009, 2},
    {"64k_narrow_table", 16, 2, 22, 48, false, 0x9, 0x12345678a003, table, 0x123456780000, 0},
    {"64k_wide_ps_48", 16, 3, 35, 48, true, 0x9, 0x1234567816ff, size, 0, 0},
    {"64k_wide_ps_48_table", 16, 2, 22, 48, true, 0x9, 0x123456781003, size, 0, 0},
    // 52 bits with DS: [49:48] in place, [9:8] are PA[51:50]; SH comes from the STE.
    {"4k_ds_page", 12, 3, 39, 52, true, 0x9, 0x11234567897ff, leaf_ok, 0xd123456789009, 1},
    {"4k_ds_512g", 12, 0, 12, 52, true, 0x9, 0x22480000005fd, leaf_ok, 0x6248000000009, 1},
    {"4k_ds_table", 12, 2, 30, 52, true, 0x9, 0x1123456789303, table, 0xd123456789000, 0},
    {"16k_ds_page", 14, 3, 35, 52, true, 0x9, 0x31234567886ff, leaf_ok, 0xb123456788009, 1},
    {"16k_ds_64g", 14, 1, 13, 52, true, 0x9, 0x01230000007fd, leaf_ok, 0xc123000000009, 1},
    {"16k_ds_table", 14, 2, 24, 52, true, 0x9, 0x3123456788203, table, 0xb123456788000, 0},
    {"4k_no_ds_page", 12, 3, 43, 48, false, 0x9, 0x11234567897ff, leaf_ok, 0x123456789009, 3},
    {"4k_no_ds_table", 12, 2, 34, 48, false, 0x9, 0x1123456789303, table, 0x123456789000, 0},
    {"4k_ds_ps_48", 12, 3, 43, 48, true, 0x9, 0x11234567894ff, size, 0, 0},
    {"4k_ds_ps_48_sh", 12, 3, 43, 48, true, 0x9, 0x01234567895ff, size, 0, 0},
    {"4k_ds_ps_48_table", 12, 2, 34, 48, true, 0x9, 0x0123456789103, size, 0, 0},
    // Both sides of every output size (T04).
    {"page_32_in", 12, 3, 43, 32, false, 0xfff, 0xfffff4ff, leaf_ok, 0xffffffff, 0},
    {"page_32_out", 12, 3, 43, 32, false, 0x7, 0x1000004ff, size, 0, 0},
    {"page_36_in", 12, 3, 43, 36, false, 0, 0xffffff4ff, leaf_ok, 0xffffff000, 0},
    {"page_36_out", 12, 3, 43, 36, false, 0, 0x10000004ff, size, 0, 0},
    {"page_40_in", 12, 3, 43, 40, false, 0, 0xfffffff4ff, leaf_ok, 0xfffffff000, 0},
    {"page_40_out", 12, 3, 43, 40, false, 0, 0x100000004ff, size, 0, 0},
    {"page_42_in", 12, 3, 43, 42, false, 0, 0x3fffffff4ff, leaf_ok, 0x3fffffff000, 0},
    {"page_42_out", 12, 3, 43, 42, false, 0, 0x400000004ff, size, 0, 0},
    {"page_44_in", 12, 3, 43, 44, false, 0, 0xffffffff4ff, leaf_ok, 0xffffffff000, 0},
    {"page_44_out", 12, 3, 43, 44, false, 0, 0x1000000004ff, size, 0, 0},
    {"page_44_top", 12, 3, 43, 44, false, 0, 0x8000000004ff, size, 0, 0},
    {"block_32_in", 12, 2, 34, 32, false, 0x1fffff, 0xffe004fd, leaf_ok, 0xffffffff, 0},
    {"block_32_out", 12, 2, 34, 32, false, 0x7, 0x1000004fd, size, 0, 0},
    {"block_32_reserved_bits", 12, 2, 34, 32, false, 0, 0x000ff4fd, leaf_ok, 0x0, 0},
    {"table_32_in", 12, 2, 34, 32, false, 0, 0xfffff003, table, 0xfffff000, 0},
    {"table_32_out", 12, 2, 34, 32, false, 0x7, 0x100000003, size, 0, 0},
    {"table_44_out", 12, 2, 34, 44, false, 0, 0x100000000003, size, 0, 0},
    {"64k_page_40_out", 16, 3, 35, 40, false, 0, 0x100000004ff, size, 0, 0},
    {"16k_page_40_out", 14, 3, 39, 40, false, 0, 0x100000004ff, size, 0, 0},
    // Not valid comes before too large, that before AF and S2AP.
    {"invalid_and_large", 12, 3, 43, 32, false, 0x9, 0x1000004fe, HW_WALK_TRANSLATION, 0, 0},
    {"no_block_and_large", 12, 3, 43, 32, false, 0x9, 0x1000004fd, HW_WALK_TRANSLATION, 0, 0},
    {"large_and_forbidden", 12, 3, 43, 32, false, 0x9, 0x100000003, size, 0, 0},
};

INSTANTIATE_TEST_SUITE_P(All, SmmuPtS2Address, testing::ValuesIn(address_cases),
                         [](const auto &info) { return std::string(info.param.name); });

TEST(SmmuPtS2OtherGranule, Ds64kIsNothing)
{
    smmu_pt_s2 pt = pt_s2::make_s2(16, 3, 35);

    pt.ds = true;
    pt.sh = 1;
    const smmu_pt_s2_step page = read_one(pt, 0, 0x312345678a7ff);

    EXPECT_EQ(page.at.reason, HW_WALK_OK);
    EXPECT_EQ(page.leaf.pa, 0x123456780000);
    EXPECT_EQ(page.leaf.sh, 3);
    pt = pt_s2::make_s2(16, 1, 16);
    pt.ds = true;
    EXPECT_EQ(read_one(pt, 0, 0x4fd).at.reason, HW_WALK_TRANSLATION);
}

TEST(SmmuPtS2OtherGranule, LargeImplementationWithoutDsIsNothing)
{
    smmu_pt_s2 pt = pt_s2::make_s2(12, 3, 43);

    pt.oas_52 = true;
    pt.sh = 1;
    const smmu_pt_s2_step page = read_one(pt, 0, 0x312345678a7ff);

    EXPECT_EQ(page.at.reason, HW_WALK_OK);
    EXPECT_EQ(page.leaf.pa, 0x12345678a000);
    EXPECT_EQ(page.leaf.sh, 3);
    pt = pt_s2::make_s2(12, 0, 16);
    pt.oas_52 = true;
    EXPECT_EQ(read_one(pt, 0, 0x4fd).at.reason, HW_WALK_TRANSLATION);
}

} // namespace
