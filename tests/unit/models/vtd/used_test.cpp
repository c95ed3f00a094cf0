// SPDX-License-Identifier: BSD-2-Clause
// Which bits of an entry hardware reads, per table type (facts 2.2, 2.3, 2.6). The masks were
// written down from the tables of the facts, bit by bit.
#include <gtest/gtest.h>

#include <string>

#include "models/vtd/vtd_layout.h"

namespace
{

struct Used {
    const char *name;
    uint64_t entry[8];
    uint64_t used[8];
};

class VtdPasidUsed : public testing::TestWithParam<Used>
{
};

TEST_P(VtdPasidUsed, FollowsPgtt)
{
    const Used &c = GetParam();
    uint64_t used[HW_MAX_WORDS] = {0};

    hw_used(vtd_layout_PASID.fields, vtd_layout_PASID.n_fields, vtd_pasid_conditions(c.entry),
            used);
    for (unsigned i = 0; i < 8; i++)
        EXPECT_EQ(used[i], c.used[i]) << "word " << i;
}

std::string used_name(const testing::TestParamInfo<Used> &param)
{
    return param.param.name;
}

INSTANTIATE_TEST_SUITE_P(
    Facts26, VtdPasidUsed,
    testing::Values(
        // P FPD
        Used{"absent", {0x000}, {0x3}}, Used{"absent_but_typed", {0x0c8}, {0x3}},
        // P FPD PGTT | DID PWSNP PGSNP CD PAT | SRE FSPM WPE EAFE FSPTPTR
        Used{"first_stage", {0x041}, {0x1c3, 0xffffffff0380ffff, 0xfffffffffffff09d}},
        // P FPD AW PGTT SSADE SSPTPTR | DID PWSNP PGSNP EMTE
        Used{"second_stage", {0x081}, {0xfffffffffffff3df, 0x000000000580ffff}},
        Used{"nested", {0x0c1}, {0xfffffffffffff3df, 0xffffffff0780ffff, 0xfffffffffffff09d}},
        // P FPD PGTT | DID PGSNP CD PAT
        Used{"pass_through", {0x101}, {0x1c3, 0xffffffff0300ffff}},
        // P FPD PGTT | DID
        Used{"type_0", {0x001}, {0x1c3, 0xffff}}, Used{"type_7", {0x1c1}, {0x1c3, 0xffff}}),
    used_name);

TEST(VtdPasidUsed, HostPermissionFieldsNeedTheContextEntry)
{
    const uint64_t entry[8] = {0x041};
    uint64_t used[HW_MAX_WORDS] = {0};

    hw_used(vtd_layout_PASID.fields, vtd_layout_PASID.n_fields,
            vtd_pasid_conditions(entry) | VTD_USED_HPT, used);
    EXPECT_EQ(used[4], 0xfffffffffffff007u);
    EXPECT_EQ(used[5], 0xffffu);
}

class VtdCtxLegacyUsed : public testing::TestWithParam<Used>
{
};

TEST_P(VtdCtxLegacyUsed, FollowsTt)
{
    const Used &c = GetParam();
    uint64_t used[HW_MAX_WORDS] = {0};

    hw_used(vtd_layout_CTX_LEGACY.fields, vtd_layout_CTX_LEGACY.n_fields,
            vtd_ctx_legacy_conditions(c.entry), used);
    EXPECT_EQ(used[0], c.used[0]);
    EXPECT_EQ(used[1], c.used[1]);
}

INSTANTIATE_TEST_SUITE_P(Facts22, VtdCtxLegacyUsed,
                         testing::Values(Used{"absent", {0x0}, {0x3, 0}},
                                         Used{
                                             "second_stage", {0x1}, {0xfffffffffffff00f, 0xffff07}},
                                         Used{"with_ats", {0x5}, {0xfffffffffffff00f, 0xffff07}},
                                         Used{"pass_through", {0x9}, {0xf, 0xffff07}},
                                         Used{"invalid", {0xd}, {0xf, 0xffff07}}),
                         used_name);

TEST(VtdCtxUsed, AllFieldsIfPresent)
{
    const uint64_t present[4] = {1}, absent[4] = {0};
    uint64_t used[HW_MAX_WORDS] = {0}, used_absent[HW_MAX_WORDS] = {0};

    hw_used(vtd_layout_CTX.fields, vtd_layout_CTX.n_fields, vtd_ctx_conditions(present), used);
    hw_used(vtd_layout_CTX.fields, vtd_layout_CTX.n_fields, vtd_ctx_conditions(absent),
            used_absent);
    EXPECT_EQ(used[0], 0xfffffffffffffe7fu);
    EXPECT_EQ(used[1], 0x1fffffu);
    EXPECT_EQ(used_absent[0], 0x3u);
    EXPECT_EQ(used_absent[1], 0x0u);
}

struct QiUsed {
    const char *name;
    uint64_t words[2];
    uint64_t used[2];
};

class VtdQiUsed : public testing::TestWithParam<QiUsed>
{
};

TEST_P(VtdQiUsed, FollowsGranularity)
{
    const QiUsed &c = GetParam();
    const hw_layout *layout = vtd_qi_layout(vtd_qi_type(c.words));
    uint64_t used[HW_MAX_WORDS] = {0};

    hw_used(layout->fields, layout->n_fields, vtd_qi_conditions(c.words), used);
    EXPECT_EQ(used[0], c.used[0]);
    EXPECT_EQ(used[1], c.used[1]);
}

INSTANTIATE_TEST_SUITE_P(
    Facts4, VtdQiUsed,
    testing::Values(
        QiUsed{"cc_global", {0x11, 0}, {0xe3f, 0}}, QiUsed{"cc_domain", {0x21, 0}, {0xffff0e3f, 0}},
        QiUsed{"cc_device", {0x31, 0}, {0x0003ffffffff0e3f, 0}},
        QiUsed{"iotlb_global", {0x12, 0}, {0xeff, 0}},
        QiUsed{"iotlb_domain", {0x22, 0}, {0xffff0eff, 0}},
        QiUsed{"iotlb_page", {0x32, 0}, {0xffff0eff, 0xfffffffffffff07f}},
        QiUsed{"iec_global", {0x04, 0}, {0xe1f, 0}},
        QiUsed{"iec_index", {0x14, 0}, {0x0000fffff8000e1f, 0}},
        QiUsed{"wait_status", {0x25, 0}, {0xffffffff00000eff, 0xfffffffffffffffc}},
        QiUsed{"wait_fence", {0x45, 0}, {0xeff, 0}},
        QiUsed{"piotlb_pasid", {0x26, 0}, {0x000fffffffff0e3f, 0}},
        QiUsed{"piotlb_page", {0x36, 0}, {0x000fffffffff0e3f, 0xfffffffffffff07f}},
        QiUsed{"pc_global", {0x37, 0}, {0xe3f, 0}}, QiUsed{"pc_domain", {0x07, 0}, {0xffff0e3f, 0}},
        QiUsed{"pc_pasid", {0x17, 0}, {0x000fffffffff0e3f, 0}},
        QiUsed{"pdevtlb_pasid", {0x08, 0}, {0xffffffffffffffff, 0xfffffffffffff801}},
        QiUsed{"pdevtlb_all_pasids", {0x08, 1}, {0xfff00000ffffffff, 0xfffffffffffff801}}),
    [](const testing::TestParamInfo<QiUsed> &param) { return std::string(param.param.name); });

} // namespace
