// SPDX-License-Identifier: BSD-2-Clause
// Bits that no field covers, typed by hand from the facts (for entries without a bit list there:
// from public drivers). A field moved or stretched by one bit changes its row.
#include <gtest/gtest.h>

#include <cstring>
#include <string>

#include "models/vtd/vtd_layout.h"

namespace
{

const uint64_t all = UINT64_MAX;

struct Reserved {
    const char *layout;
    uint64_t bits[8];
};

class VtdReserved : public testing::TestWithParam<Reserved>
{
};

TEST_P(VtdReserved, BitsAreAsTheFactsSay)
{
    const Reserved &c = GetParam();
    const hw_layout *layout = nullptr;
    uint64_t ones[HW_MAX_WORDS] = {0}, bits[HW_MAX_WORDS] = {0};

    for (size_t i = 0; i < vtd_n_layouts; i++) {
        if (strcmp(vtd_layouts[i]->name, c.layout) == 0)
            layout = vtd_layouts[i];
    }
    ASSERT_NE(layout, nullptr);
    for (unsigned i = 0; i < layout->n_bits; i++)
        ones[i / 64] |= 1ull << i % 64;
    (void)hw_reserved_set(layout, ones, bits);
    for (unsigned i = 0; i < HW_MAX_WORDS; i++)
        EXPECT_EQ(bits[i], c.bits[i]) << "word " << i;
}

const Reserved rows[] = {
    {"VER", {0xffffff00}},
    {"CAP", {0x060000400000e000}},
    {"ECAP", {0x80400001190c0020}},
    {"GCMD", {0x007fffff}},
    {"GSTS", {0x007fffff}},
    {"RTADDR", {0x37f}},
    {"CCMD", {0x07fffffc00000000}},
    {"FSTS", {0xffff0000}},
    {"FECTL", {0x3fffffff}},
    {"FEDATA", {0}},
    {"FEADDR", {0x3}},
    {"FEUADDR", {0}},
    {"AFLOG", {0x1ff}},
    {"PMEN", {0x7ffffffe}},
    {"PLMBASE", {0xfff}},
    {"PLMLIMIT", {0xfff}},
    {"PHMBASE", {0xfff}},
    {"PHMLIMIT", {0xfff}},
    {"IQH", {0xfffffffffff8000f}},
    {"IQT", {0xfffffffffff8000f}},
    {"IQA", {0x7f8}},
    {"ICS", {0xfffffffe}},
    {"IQERCD", {0xfffffff0}},
    {"IRTA", {0x7f0}},
    {"PQH", {0xfffffffffff8001f}},
    {"PQT", {0xfffffffffff8001f}},
    {"PQA", {0xff8}},
    {"PRS", {0xfffffffc}},
    {"MTRRCAP", {0xfffffffffffffa00}},
    {"MTRRDEF", {0xfffffffffffff300}},
    {"FIX64K_00000", {0}},
    {"PHYSBASE0", {0xf00}},
    {"PHYSMASK0", {0x7ff}},
    {"PERFCAP", {0xff8bffe0e0800000}},
    {"PERFINTRSTS", {0xfffffffe}},
    {"PERFEVNTCAP0", {0xfffffffff0000000}},
    {"ECMD", {0xff00}},
    {"ECRSP", {0}},
    {"VCMD", {0xff00}},
    {"VCRSP", {0}},
    {"VCCAP", {0xfffffffffffffffe}},
    {"IVA", {0xf80}},
    {"IOTLB", {0x49fc0000ffffffff}},
    {"FRCD", {0xfff, 0x0fff0000}},
    {"FAULT", {0xffffffffffffff00}},
    {"ROOT_LEGACY", {0xffe, all}},
    {"ROOT", {0xffe, 0xffe}},
    {"CTX_LEGACY", {0xff0, 0xffffffffff000080}},
    {"CTX", {0x180, 0xffffffffffe00000, all, all}},
    {"PASID_DIR", {0xffc}},
    {"PASID", {0xc20, 0xf87f0000, 0xf02, all, 0xff8, 0xffffffffffff0000, all, all}},
    {"PRQ", {0xffc000000000fc00, 0, 0, 0}},
    {"PTE_FS", {0}},
    {"PTE_SS", {0}},
    {"CC_INV", {0xfffc00000000f1c0, all, all, all}},
    {"IOTLB_INV", {0xffffffff0000f100, 0xf80, all, all}},
    {"DEVTLB_INV", {0x000f0000ffe001f0, 0xffe, all, all}},
    {"IEC_INV", {0xffff000007fff1e0, all, all, all}},
    {"WAIT", {0xfffff100, 0x3, all, all}},
    {"PIOTLB_INV", {0xfff000000000f1c0, 0xf80, all, all}},
    {"PC_INV", {0xfff000000000f1c0, all, all, all}},
    {"PDEVTLB_INV", {0, 0x7fe, all, all}},
    {"PGRP_RESP", {0xfff00000000001e0, 0xfffffffffffff003, all, all}},
    {"IRTE", {0xff007000, 0xfffffffffff00000}},
    {"IRTE_POSTED", {0x0000003fff0030fc, 0xfff00000}},
};
INSTANTIATE_TEST_SUITE_P(Facts, VtdReserved, testing::ValuesIn(rows),
                         [](const testing::TestParamInfo<Reserved> &param) {
                             return std::string(param.param.layout);
                         });

} // namespace
